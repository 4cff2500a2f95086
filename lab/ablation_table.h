/**
 * @file ablation_table.h
 * What changes of training were worth, as CSV and as a page.
 */
#ifndef LW_LAB_ABLATION_TABLE_H
#define LW_LAB_ABLATION_TABLE_H

#include <stdbool.h>
#include <stddef.h>

#include "leadwise/leadwise.h"

/** What a score gained over the baseline's, with its 95 % interval. */
typedef struct lw_gain {
    double value, low, high;
} lw_gain;

enum { LW_ABLATION_MEASURES = 4 }; /* the Challenge metric by three rules, and AUROC */

/** The baseline, a change, or the ensemble. */
typedef struct lw_ablation_row {
    const char *name, *change; /**< "mixup", "mixup=0.2" */
    double score[LW_ABLATION_MEASURES];
    lw_gain gain[LW_ABLATION_MEASURES];
} lw_ablation_row;

/** Borrowed. */
typedef struct lw_ablation_table {
    size_t rows;
    const lw_ablation_row *row; /**< [rows], the baseline first */
    const char *const *rules;   /**< [LW_ABLATION_MEASURES - 1], by which the metrics decide */
    bool ensemble;              /**< whether the last row is the baseline's seeds as one model */
    size_t seeds, train_records, test_records, replicates;
} lw_ablation_table;

/** A line for each row and rule, numbers at full precision. Atomically. @return LW_OK, LW_ERR_IO or LW_ERR_NO_MEMORY */
lw_status lw_ablation_csv_write(const lw_ablation_table *table, const char *path, lw_error *err);

/** A self-contained HTML page, no script. Atomically. @return LW_OK, LW_ERR_IO or LW_ERR_NO_MEMORY */
lw_status lw_ablation_page_write(const lw_ablation_table *table, const char *path, lw_error *err);

#endif
