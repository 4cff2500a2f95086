/**
 * @file run_folder.h
 * The files of a run's folder: history.csv and run.json.
 */
#ifndef LW_TRAIN_RUN_FOLDER_H
#define LW_TRAIN_RUN_FOLDER_H

#include "dataset/split.h"
#include "evaluate/thresholds.h"
#include "leadwise/train.h"

#define LW_RUN_MODEL "model.safetensors"
#define LW_RUN_HISTORY "history.csv"
#define LW_RUN_FILE "run.json"

/** Remove file `name` of `folder`; fine when it is not there. @return LW_OK, LW_ERR_IO or LW_ERR_NO_MEMORY */
lw_status lw_run_folder_remove(const char *folder, const char *name, lw_error *err);

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

/** Everything that goes into run.json. Borrowed. */
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

/** What run.json says. */
typedef struct lw_run_outcome {
    bool finished;
    bool stopped_early; /**< by the validation loss, so that more epochs would change nothing */
    lw_train_result result;
    size_t epochs_asked, batch;
    size_t filters;      /**< of the network's first block; 0 where it has none */
    char *configuration; /**< JSON; lw_string_free it */
} lw_run_outcome;

/**
 * Read the run.json of `folder`. All that is read of a run that has not finished is `finished`.
 * @return LW_OK, LW_ERR_IO (also where there is none), LW_ERR_FORMAT or LW_ERR_NO_MEMORY
 */
lw_status lw_run_file_read(const char *folder, lw_run_outcome *out, lw_error *err);

#endif
