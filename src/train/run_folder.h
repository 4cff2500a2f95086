/**
 * @file run_folder.h
 * The files of a run's folder: history.csv, run.json with its configuration, and the checkpoints.
 */
#ifndef LW_TRAIN_RUN_FOLDER_H
#define LW_TRAIN_RUN_FOLDER_H

#include "dataset/split.h"
#include "evaluate/scoring.h"
#include "leadwise/train.h"
#include "train/optimiser.h"

#define LW_RUN_MODEL "model.safetensors"
#define LW_RUN_HISTORY "history.csv"
#define LW_RUN_FILE "run.json"
#define LW_CHECKPOINT_A "checkpoint-a.safetensors"
#define LW_CHECKPOINT_B "checkpoint-b.safetensors"

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
/** Write history.csv, atomically; it holds no times, so that equal runs give equal bytes. @return LW_OK, LW_ERR_IO or
 * LW_ERR_NO_MEMORY */
lw_status lw_history_write(const lw_history *history, const char *folder, lw_error *err);

/**
 * The configuration of a run: equal configurations give equal bytes.
 *
 * The number of epochs is left out, for a run may be continued to more, except where the schedule is laid out over
 * them; so is the number of threads, on which the result does not depend. Options beyond the papers are in it where
 * they are on.
 *
 * *out is a JSON object: lw_string_free it. The data set is read once, for its hash.
 * @return LW_OK or LW_ERR_NO_MEMORY
 */
lw_status lw_configuration_write(const lw_network *network, const lw_dataset *dataset, const lw_split *split,
                                 const lw_train_options *options, char **out, lw_error *err);

enum { LW_DIFFERENCE_BYTES = 288 };
/** Whether two configurations differ; then `difference` says in what, as "batch was 64, now 32". */
bool lw_configuration_differs(const char *before, const char *now, char difference[LW_DIFFERENCE_BYTES]);

/** The contents of a run.json. */
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

/* ---- Checkpoints
 * A folder keeps the last two, written in turn. Each holds a SHA-256 of its contents, by which one that a full disk or
 * a lost power left torn is found, and the other is used. */

/** The state of a run, by which it goes on as if it had never stopped. */
typedef struct lw_train_state {
    size_t total, trainable; /**< floats */
    float *values;           /**< [total], running statistics included */
    float *best_values;      /**< [total], the model's parameters at the epoch to be kept so far, and zeros */
    float *average;          /**< [total], the weights' moving average; NULL: none is kept */
    float *m, *v;            /**< [trainable], Adam's moments */
    uint64_t epoch;          /**< now under way, from 1 */
    uint64_t step;           /**< its steps that are done */
    uint64_t adam_steps;     /**< of all epochs */
    uint64_t saves;          /**< checkpoints written so far */
    double loss_sum;         /**< over the epoch's records so far */
    lw_schedule schedule;
    lw_history history;
} lw_train_state;

/** Zeroed arrays, an average where `averaged`, and the state before the first step. @return LW_OK or
 * LW_ERR_NO_MEMORY */
lw_status lw_train_state_create(size_t total, size_t trainable, double learning_rate, bool averaged,
                                lw_train_state *out, lw_error *err);
void lw_train_state_free(lw_train_state *state);

/**
 * Write the state over the older of the two files, atomically.
 * @param configuration  JSON of lw_configuration_write, stored with it
 * @return LW_OK, LW_ERR_IO, LW_ERR_NO_MEMORY or LW_ERR_NOT_FINITE (a value is NaN or infinite: nothing is written)
 */
lw_status lw_checkpoint_save(lw_train_state *state, const char *folder, const char *configuration, lw_error *err);

/**
 * Read the newer of the valid checkpoints in `folder` into `state`, which was created with the network's sizes. *found
 * is false, and `state` untouched, where there is none at all.
 * @return LW_OK, LW_ERR_IO, LW_ERR_MODEL (there are files, but none is valid), LW_ERR_MISMATCH (it was saved under
 * another configuration; what differs is named) or LW_ERR_NO_MEMORY
 */
lw_status lw_checkpoint_load(const char *folder, const char *configuration, lw_train_state *state, bool *found,
                             lw_error *err);

#endif
