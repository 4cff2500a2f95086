/**
 * @file crossval_results.h
 * results.json of a cross-validation.
 */
#ifndef LW_LAB_CROSSVAL_RESULTS_H
#define LW_LAB_CROSSVAL_RESULTS_H

#include "lab/folds.h"
#include "lab/pool.h"
#include "lab/study.h"

#define LW_CROSSVAL_RESULTS "results.json"

/** What is known of one fold. */
typedef struct lw_fold_outcome {
    lw_split split;
    lw_train_result trained;
    double *thresholds; /**< [classes], tuned */
    lw_model *model;    /**< owned */
} lw_fold_outcome;

/** Everything that goes into the file. Borrowed. */
typedef struct lw_crossval_outcome {
    const lw_crossval_options *options;
    const lw_scoring *scoring;
    const lw_pool *pool;
    const lw_folds *folds;
    const lw_fold_outcome *outcomes; /**< [folds->count] */
} lw_crossval_outcome;

/** Score everything and write the file into `folder`, atomically. LW_OK, LW_ERR_IO or LW_ERR_NO_MEMORY. */
lw_status lw_crossval_results_write(const lw_crossval_outcome *outcome, const char *folder, lw_crossval_result *result,
                                    lw_error *err);

/**
 * Whether `folder` holds the file that lw_crossval_results_write would write, as far as can be said without predicting:
 * by options, data, and how each fold's training went; then its scores in *result. Thresholds may be empty.
 */
bool lw_crossval_results_stand(const lw_crossval_outcome *outcome, const char *folder, lw_crossval_result *result);

/** Read the file in `folder`. LW_OK, LW_ERR_IO, LW_ERR_FORMAT or LW_ERR_NO_MEMORY. */
lw_status lw_crossval_results_read(const char *folder, lw_crossval_result *out, lw_error *err);

#endif
