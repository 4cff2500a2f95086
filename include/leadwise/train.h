/**
 * @file train.h
 * Training: split, weighted loss, Adam, schedule, early stopping, checkpoints.
 */
#ifndef LEADWISE_TRAIN_H
#define LEADWISE_TRAIN_H

#include "leadwise/dataset.h"
#include "leadwise/evaluate.h"
#include "leadwise/model.h"

#ifdef __cplusplus
extern "C" {
#endif

/** Everything that shapes a run besides network and data. lw_train_options_default() gives the papers' values. */
typedef struct lw_train_options {
    uint64_t seed;
    size_t epochs;               /**< at most: 100 */
    size_t batch;                /**< 64 */
    double learning_rate;        /**< 1e-3 */
    double beta1, beta2;         /**< 0.9, 0.999 */
    double epsilon;              /**< Adam's, 1e-7 */
    size_t patience_halve;       /**< halve the rate after so many epochs without a lower validation loss: 5 */
    size_t patience_stop;        /**< and stop after so many: 10; 0: never */
    double class_weight_epsilon; /**< of equation (2): 0.01 */
    double test_fraction;        /**< 0.2; 0: no test split */
    double validation_fraction;  /**< of what is left: 0.1 */
    int year;                    /**< of the Challenge metric: 2020 or 2021 */
    const char *fallback;        /**< of the model's decision: SNOMED code, or NULL for none */
    int threads;                 /**< 0: all cores; the result does not depend on it */
    bool resume;                 /**< go on from RUN_DIR's last checkpoint, if any */
} lw_train_options;

lw_train_options lw_train_options_default(void);
/** A sentence that says what is wrong with `options`, or NULL. */
const char *lw_train_options_check(const lw_train_options *options);

/** What a progress hook is told. */
typedef struct lw_train_progress {
    size_t epoch, epochs; /**< from 1 */
    size_t step, steps;   /**< of this epoch, from 1; step == steps at an epoch's end */
    double loss;          /**< running mean over the epoch */
    double learning_rate;
    double records_per_s, eta_s; /**< of training, and to the epoch's last step; 0 before the first */
    bool epoch_done;             /**< validated; the next three are valid */
    double validation_loss, validation_metric;
    bool best; /**< lowest validation loss so far */
} lw_train_progress;

/**
 * Called after every step, and once more when an epoch has been validated (epoch_done). Return false to stop there: a
 * checkpoint is saved and lw_train returns LW_ERR_INTERRUPTED.
 */
typedef bool lw_train_fn(void *context, const lw_train_progress *progress);

/** Summary of a finished run. */
typedef struct lw_train_result {
    size_t epochs, best_epoch;
    double best_validation_loss;
    bool already_finished; /**< --resume on a finished run: nothing was done */
} lw_train_result;

/**
 * Train `network` on a prepared file and leave in `run_folder` (created where needed): model.safetensors (weights of
 * the best epoch, saved whenever there is a better one), history.csv, run.json (configuration, seeds, splits, class
 * counts and weights, versions, data hash, and at the end "finished": true and the test split's scores at threshold
 * 0.5), and the last two checkpoints, written after every epoch, every minute, and when stopped.
 *
 * The data may have more leads than the network reads: its own are picked by name.
 *
 * Same seed, network and data: same bytes of model and history, for any number of threads, and after a stop and a
 * resume.
 *
 * options->resume: a run that was finished is left alone (already_finished), but goes on when more epochs are
 * asked for and it had not stopped by itself; a folder without a checkpoint begins anew; another configuration or other
 * data is LW_ERR_MISMATCH. Without it an earlier run's files are removed.
 * @return LW_OK, LW_ERR_ARGUMENT, LW_ERR_MISMATCH (a lead is missing, length or classes are not the network's; resume: see
 * above), LW_ERR_NOT_FINITE (step and records named; last good checkpoint intact), LW_ERR_INTERRUPTED, LW_ERR_MODEL
 * (checkpoint), LW_ERR_IO, LW_ERR_NO_MEMORY
 *
 * Source: both papers, section 2; schedule as Keras' ReduceLROnPlateau and EarlyStopping.
 */
LW_CHECK_RESULT lw_status lw_train(const lw_network *network, const lw_dataset *dataset,
                                   const lw_train_options *options, const char *run_folder, lw_train_fn *progress,
                                   void *context, lw_train_result *result, lw_error *err);

/**
 * Measured seconds of whole training steps (forward, loss, backward, Adam) on random data, for benchmarks: fills
 * seconds[repeat], after one step that is not counted.
 * @return LW_OK, LW_ERR_ARGUMENT or LW_ERR_NO_MEMORY
 */
LW_CHECK_RESULT lw_status lw_train_measure_step(const lw_network *network, size_t batch, int threads, size_t repeat,
                                                double *seconds, lw_error *err);

#ifdef __cplusplus
}
#endif
#endif
