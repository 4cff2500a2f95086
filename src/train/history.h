/**
 * @file history.h
 * One row an epoch: history.csv.
 */
#ifndef LW_TRAIN_HISTORY_H
#define LW_TRAIN_HISTORY_H

#include "leadwise/status.h"

#include <stddef.h>

/** Doubles only, so that a checkpoint holds it as one tensor. */
typedef struct lw_history_row {
    double epoch; /**< from 1 */
    double loss;  /**< mean over the training records, in training mode */
    double validation_loss;
    double validation_metric; /**< Challenge metric at 0.5, or, thresholds being tuned, at the best common threshold */
    double validation_auroc;
    double learning_rate; /**< in the epoch's last step */
    double best;          /**< 1: its weights are the model so far */
} lw_history_row;

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
