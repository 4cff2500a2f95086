/**
 * @file run_file.h
 * run.json: what a run was, and how it ended.
 */
#ifndef LW_TRAIN_RUN_FILE_H
#define LW_TRAIN_RUN_FILE_H

#include "dataset/split.h"
#include "evaluate/thresholds.h"
#include "leadwise/train.h"

/** Everything that goes into the file. Borrowed. */
typedef struct lw_run_description {
    const char *configuration; /**< JSON of configuration.h */
    const lw_dataset *dataset;
    const lw_split *split;
    const size_t *positives;     /**< [classes], training records with each class */
    const double *class_weights; /**< [classes] */
    size_t epochs_asked;
    int threads;
    int year; /**< of the test's scores */
    bool finished, stopped_early;
    const lw_train_result *result;     /**< so far */
    const char *fallback;              /**< SNOMED code of the test's scores with a fallback */
    const double *thresholds;          /**< [classes], tuned on the validation records; NULL: not tuned */
    const lw_threshold_result *tuning; /**< what they are worth there */
} lw_run_description;

/** Write it, atomically. @return LW_OK, LW_ERR_IO or LW_ERR_NO_MEMORY */
lw_status lw_run_file_write(const lw_run_description *run, const char *folder, lw_error *err);

/** What an earlier run left. */
typedef struct lw_run_outcome {
    bool finished;
    bool stopped_early; /**< by the validation loss, so that more epochs would change nothing */
    lw_train_result result;
    size_t epochs_asked, batch;
    size_t filters;      /**< of the network's first block; 0 where it has none */
    char *configuration; /**< JSON; lw_string_free it */
} lw_run_outcome;

/**
 * Read the file in `folder`. All that is read of a run that has not finished is `finished`.
 * @return LW_OK, LW_ERR_IO (also where there is none), LW_ERR_FORMAT or LW_ERR_NO_MEMORY
 */
lw_status lw_run_file_read(const char *folder, lw_run_outcome *out, lw_error *err);

#endif
