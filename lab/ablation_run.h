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

enum { LW_ABLATION_NAME = 96 };
/** Folder of run `i` below the ablation's: "mixup/seed2". */
void lw_ablation_run_name(const lw_ablation_options *options, size_t i, char name[LW_ABLATION_NAME]);

/** How run `i`, of options that were checked, trains. @return LW_OK or LW_ERR_ARGUMENT */
lw_status lw_ablation_run_options(const lw_ablation_options *options, size_t i, lw_train_options *out, lw_error *err);

#endif
