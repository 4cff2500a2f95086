/**
 * @file train.h
 * Training: split, weighted loss, Adam, schedule, early stopping, checkpoints.
 */
#ifndef LEADWISE_TRAIN_H
#define LEADWISE_TRAIN_H

#include "leadwise/cluster.h"
#include "leadwise/dataset.h"
#include "leadwise/evaluate.h"
#include "leadwise/model.h"

#ifdef __cplusplus
extern "C" {
#endif

/** What kind of value an option of training has. */
typedef enum lw_option_kind {
    LW_OPTION_FLAG,   /**< true or false */
    LW_OPTION_WHOLE,  /**< a whole number */
    LW_OPTION_REAL,   /**< a finite number */
    LW_OPTION_CHOICE, /**< one of `choices` */
    LW_OPTION_SET,    /**< some of `choices`, joined by commas; or all, or none */
    LW_OPTION_TEXT
} lw_option_kind;

/** An option of training, as a program shows it. */
typedef struct lw_train_option {
    const char *key;
    lw_option_kind kind;
    const char *argument; /**< what stands for the value in help texts: "RATE"; NULL for a flag */
    const char *value;    /**< the default; NULL: it depends on another option, as `help` says */
    double low, high;     /**< the range of a number, both ends within it; high 0: no upper limit */
    bool above_low;       /**< `low` itself is outside */
    const char *choices;  /**< names joined by commas; NULL: none */
    const char *best;     /**< the value of the recipe that raised the scores; NULL: the default */
    const char *help;     /**< one phrase, lower case, no full stop */
} lw_train_option;

/**
 * The i-th option, NULL past the last. A program makes its help, its checks and its configuration files from these. The
 * recipe that raised the scores is every option with a `best` set to it:
 *
 *     for (size_t i = 0; (option = lw_train_option_at(i)) && status == LW_OK; i++)
 *         if (option->best)
 *             status = lw_train_options_set(options, option->key, option->best, &err);
 *
 * Threads: safe.
 */
const lw_train_option *lw_train_option_at(size_t i);

/** Everything that shapes a run besides network and data, and how the call is to be carried out. Opaque. */
typedef struct lw_train_options lw_train_options;

/**
 * Options with their defaults: the papers' training. lw_train_options_free them.
 * @return LW_OK or LW_ERR_NO_MEMORY
 */
LW_CHECK_RESULT lw_status lw_train_options_create(lw_train_options **out, lw_error *err);
LW_CHECK_RESULT lw_status lw_train_options_copy(const lw_train_options *options, lw_train_options **out, lw_error *err);
void lw_train_options_free(lw_train_options **options);

/**
 * Set one option by its key:
 *
 *     lw_train_options_set(options, "schedule", "cosine", &err)
 *
 * "schedule" also sets "stop-after" to the default that goes with it, so set that one after it. On failure `options`
 * is as before.
 * @return LW_OK or LW_ERR_ARGUMENT (no such key; a value outside the range, which the sentence names)
 */
LW_CHECK_RESULT lw_status lw_train_options_set(lw_train_options *options, const char *key, const char *value,
                                               lw_error *err);

enum { LW_TRAIN_VALUE = 64 };
/**
 * The value of an option as a text that lw_train_options_set reads, into value[LW_TRAIN_VALUE], which is returned; NULL
 * where there is no such key.
 */
const char *lw_train_options_get(const lw_train_options *options, const char *key, char value[LW_TRAIN_VALUE]);

/** Whether the options go together, as far as that shows without data. @return LW_OK or LW_ERR_ARGUMENT */
LW_CHECK_RESULT lw_status lw_train_options_check(const lw_train_options *options, lw_error *err);

/** How a call trains; but for `group_file` its result does not depend on it. Zero-initialise, and set `size`. */
typedef struct lw_train_run {
    size_t size; /**< sizeof(lw_train_run) */
    int threads; /**< 0: all cores */
    bool resume; /**< go on from the run folder's last checkpoint, if any */
    /** How much memory maps, weights and spectra may take: training gets three quarters, validation one. 0: no limit */
    size_t memory_bytes;
    lw_tuning tuning;          /**< what is forced upon the kernels; zeros: nothing */
    const lw_cluster *cluster; /**< whose ranks divide each batch, borrowed; NULL: this process alone */
    /** Table with the columns `record` and `group`, borrowed: records of one group, a patient, are all trained on, all validated
     * on or all tested on, as those of one group of the data set are. NULL: none */
    const char *group_file;
} lw_train_run;

/**
 * Set how a call trains; `run` NULL: all cores, no resuming, no limit and no cluster, with which options begin.
 * @return LW_OK or LW_ERR_ARGUMENT (size)
 */
LW_CHECK_RESULT lw_status lw_train_options_set_run(lw_train_options *options, const lw_train_run *run, lw_error *err);

/** An epoch, as a line of history.csv has it. Doubles only: a checkpoint holds the rows as one tensor. */
typedef struct lw_history_row {
    double epoch; /**< from 1 */
    double loss;  /**< mean over the training records, in training mode */
    double validation_loss;
    double validation_metric; /**< Challenge metric at 0.5, or, thresholds being tuned, at the best common threshold */
    double validation_auroc;
    double learning_rate; /**< in the epoch's last step */
    double best;          /**< 1: its weights are the model so far */
} lw_history_row;

/** The state of a training, for a progress hook. */
typedef struct lw_train_progress {
    size_t epoch, epoch_count; /**< from 1 */
    size_t step, step_count;   /**< of this epoch, from 1; step == step_count at an epoch's end */
    double loss;               /**< running mean over the epoch */
    double learning_rate;
    double records_per_s, eta_s; /**< of training, and to the epoch's last step; 0 before the first */
    bool epoch_done;             /**< validated; the next three are valid */
    double validation_loss, validation_metric;
    bool best; /**< its weights are the model so far */
} lw_train_progress;

/**
 * Called after every step, and once more when an epoch has been validated (epoch_done). Return false to stop there: a
 * checkpoint is saved and lw_train returns LW_ERR_INTERRUPTED.
 */
typedef bool lw_train_fn(void *context, const lw_train_progress *progress);

/** Scores of a run's test records by each way to decide that applies. */
typedef struct lw_train_test {
    size_t record_count; /**< 0: no record was kept apart, and the rest is meaningless */
    bool has_fallback;   /**< a class is positive where no other is: the model's fallback, else sinus rhythm */
    bool has_tuned;      /**< the model has thresholds of its own */
    lw_measures plain, fallback, tuned; /**< at 0.5; there with the fallback; at the model's thresholds */
} lw_train_test;

/** Summary of a finished run. */
typedef struct lw_train_result {
    size_t epoch_count, best_epoch; /**< the model's weights are those of best_epoch */
    double best_validation_loss;    /**< in that epoch */
    lw_train_test test;
    bool already_finished; /**< a finished run was resumed: nothing was done */
} lw_train_result;

/**
 * Train `network` on a prepared file and leave in `run_folder` (created where needed): model.safetensors (weights of
 * the best epoch, saved whenever there is a better one), history.csv, run.json (configuration, seeds, splits, class
 * counts and weights, versions, data hash, and at the end "finished": true and the test split's scores at threshold
 * 0.5, and at tuned ones where asked for), and the last two checkpoints, written after every epoch, every minute, and
 * when stopped.
 *
 * The data may have more leads than the network reads: its own are picked by name.
 *
 * Same seed, network and data: same bytes of model and history, for any number of threads, and after a stop and a
 * resume.
 *
 * With a cluster, every rank calls this with the same arguments, takes its part of each batch, and ends with the same
 * parameters and result; batch norm and loss are those of the whole batch. Rank 0 alone writes. A stop, by any rank's
 * hook, is one of all after the same step; so is a failure. Same bytes for the same number of ranks, and after a
 * resume; another number, also on resuming, rounds differently.
 *
 * When resuming, a run that was finished is left alone (already_finished), but goes on when more epochs are
 * asked for and it had not stopped by itself (a cosine is laid out over its epochs: other epochs are another
 * configuration); a folder without a checkpoint begins anew; another configuration or other
 * data is LW_ERR_MISMATCH. Without it an earlier run's files are removed.
 * @return LW_OK, LW_ERR_ARGUMENT, LW_ERR_MISMATCH (a lead is missing, length or classes are not the network's; resume:
 * see above), LW_ERR_NOT_FINITE (step and records named; last good checkpoint intact), LW_ERR_INTERRUPTED, LW_ERR_MODEL
 * (checkpoint), LW_ERR_IO, LW_ERR_NO_MEMORY
 *
 * Source: both papers, section 2; schedule as Keras' ReduceLROnPlateau and EarlyStopping.
 */
LW_CHECK_RESULT lw_status lw_train(const lw_network *network, const lw_dataset *dataset,
                                   const lw_train_options *options, const char *run_folder, lw_train_fn *progress,
                                   void *context, lw_train_result *result, lw_error *err);

#ifdef __cplusplus
}
#endif
#endif
