/**
 * @file history.h
 * One row an epoch: history.csv.
 */
#ifndef LW_TRAIN_HISTORY_H
#define LW_TRAIN_HISTORY_H

#include "leadwise/train.h"

enum { LW_HISTORY_COLUMNS = sizeof(lw_history_row) / sizeof(double) };

/** Zero-initialise. */
typedef struct lw_history {
    lw_history_row *rows;
    size_t count, capacity;
} lw_history;

/** @return LW_OK or LW_ERR_NO_MEMORY */
lw_status lw_history_append(lw_history *history, lw_history_row row, lw_error *err);
void lw_history_free(lw_history *history);
/** Write it as CSV, atomically; no times in it, so that equal runs give equal bytes. @return LW_OK, LW_ERR_IO or
 * LW_ERR_NO_MEMORY */
lw_status lw_history_write(const lw_history *history, const char *path, lw_error *err);

#endif
