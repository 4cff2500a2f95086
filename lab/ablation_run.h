/**
 * @file ablation_run.h
 * The runs of an ablation: run i is the baseline (i < seeds) or an item, with one of the seeds.
 */
#ifndef LW_LAB_ABLATION_RUN_H
#define LW_LAB_ABLATION_RUN_H

#include "lab/ablation.h"

/** Rows of the report that are no change. */
#define LW_ABLATION_BASELINE "baseline"
#define LW_ABLATION_ENSEMBLE "ensemble"

/** Whether the options are possible, every item's among them. @return LW_OK or LW_ERR_ARGUMENT */
lw_status lw_ablation_check(const lw_ablation_options *options, lw_error *err);

/** How many runs there are. */
size_t lw_ablation_runs(const lw_ablation_options *options);

/**
 * Switch `item` on in `options`, or off where they have it. "schedule" sets "stop-after" too, as lw_train_options_set
 * does. @return LW_OK or LW_ERR_ARGUMENT (an unknown key, or a value that it cannot have); `options` is then as before
 */
lw_status lw_ablation_apply(const lw_ablation_item *item, lw_train_options *options, lw_error *err);

enum { LW_ABLATION_NAME = 96 };
/** Folder of run `i` below the ablation's: "mixup/seed2". */
void lw_ablation_run_name(const lw_ablation_options *options, size_t i, char name[LW_ABLATION_NAME]);

/** How run `i`, of options that were checked, trains. @return LW_OK or LW_ERR_ARGUMENT */
lw_status lw_ablation_run_options(const lw_ablation_options *options, size_t i, lw_train_options *out, lw_error *err);

/** The baseline, a change, or the ensemble. Borrowed. */
typedef struct lw_ablation_row {
    const char *name, *change; /**< "mixup", "mixup=0.2" */
    const lw_ablation_result *result;
} lw_ablation_row;

/** Borrowed. */
typedef struct lw_ablation_table {
    size_t rows;
    const lw_ablation_row *row; /**< [rows], the baseline first */
    bool ensemble;              /**< whether the last row is the baseline's seeds as one model */
    size_t seeds, train_records, test_records, replicates;
} lw_ablation_table;

/**
 * Write results.csv (a line for each row and rule, numbers at full precision) and report.html (a self-contained page, no
 * script) into `folder`, atomically. @return LW_OK, LW_ERR_IO or LW_ERR_NO_MEMORY
 */
lw_status lw_ablation_write(const lw_ablation_table *table, const char *folder, lw_error *err);

#endif
