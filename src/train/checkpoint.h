/**
 * @file checkpoint.h
 * All of a training run's state, and its two files.
 *
 * A folder keeps the last two checkpoints, checkpoint-a.safetensors and checkpoint-b.safetensors, written in turn. Each
 * holds a SHA-256 of its contents: one that a full disk or a lost power left torn is known as such, and the other is
 * used.
 */
#ifndef LW_TRAIN_CHECKPOINT_H
#define LW_TRAIN_CHECKPOINT_H

#include <stdint.h>

#include "train/run_folder.h"
#include "train/schedule.h"

/** What a run needs to go on as if it had never stopped. */
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

/** Zeroed arrays, an average only where asked for, and the state before the first step. @return LW_OK or
 * LW_ERR_NO_MEMORY */
lw_status lw_train_state_create(size_t total, size_t trainable, double learning_rate, bool averaged,
                                lw_train_state *out, lw_error *err);
void lw_train_state_free(lw_train_state *state);

/**
 * Write the state over the older of the two files, atomically.
 * @param configuration  JSON of configuration.h, stored with it
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

/** Remove both files, if there. @return LW_OK, LW_ERR_IO or LW_ERR_NO_MEMORY */
lw_status lw_checkpoint_remove(const char *folder, lw_error *err);

#endif
