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

/** The course of the learning rate. */
typedef enum lw_schedule_kind {
    LW_SCHEDULE_PLATEAU, /**< halved when the validation loss has not fallen for some epochs, as in the papers */
    LW_SCHEDULE_COSINE   /**< half a cosine over all steps, from the learning rate down to 0 */
} lw_schedule_kind;

/** The epoch whose weights become the model. */
typedef enum lw_keep {
    LW_KEEP_BEST_LOSS,   /**< of the lowest validation loss, as in the papers */
    LW_KEEP_BEST_METRIC, /**< of the highest Challenge metric on the validation records, with the model's fallback */
    LW_KEEP_LAST
} lw_keep;

/** Changes to a training record that leave its diagnoses as they are; drawn anew in each epoch. Joined by |. */
typedef enum lw_augmentation {
    LW_AUGMENT_SHIFT = 1,     /**< in time, up to 2 s to either side; zeros come in */
    LW_AUGMENT_SCALE = 2,     /**< gain: up to e^0.2 either way in all leads alike, and up to e^0.1 in each */
    LW_AUGMENT_WANDER = 4,    /**< a wave of 0.1-0.5 Hz, up to 0.3 standard deviations high */
    LW_AUGMENT_NOISE = 8,     /**< white, up to 0.1; and in half of the records a burst of muscle noise, up to 0.3 */
    LW_AUGMENT_RESAMPLE = 16, /**< time stretched by up to 10 % either way */
    LW_AUGMENT_CUTOUT = 32,   /**< all leads zero for 0.2-2 s */
    LW_AUGMENT_ALL = 63,
    LW_AUGMENT_UNKNOWN = 64 /**< no augmentation: lw_train_options_check refuses it */
} lw_augmentation;

/** The set of a list "shift,noise", "all" or "none"; a name that is none of them gives LW_AUGMENT_UNKNOWN. */
unsigned lw_augment_parse(const char *list);

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
    bool set_split_seed;         /**< whether split_seed applies; else the split is drawn by `seed`, as the rest */
    uint64_t split_seed;         /**< of what is trained and judged on, so that runs of other seeds share it */
    int year;                    /**< of the Challenge metric: 2020 or 2021 */
    const char *fallback;        /**< of the model's decision: SNOMED code, or NULL for none */

    /* Beyond the papers; the defaults are off. */
    double weight_decay;       /**< AdamW's, on the weights of convolutions and dense layers: 0 */
    lw_schedule_kind schedule; /**< LW_SCHEDULE_PLATEAU. With a cosine, patience_halve is not used, patience_stop is */
    double warmup_epochs;      /**< the rate rises from 0, linearly in steps, over so many epochs: 0 */
    lw_keep keep;              /**< LW_KEEP_BEST_LOSS; it is always the loss that patience_... look at */
    double mixup;     /**< each record is mixed with another of its batch, with weights Beta(mixup, mixup): 0 */
    unsigned augment; /**< set of lw_augmentation: 0 */
    /**
     * Probability that a record is seen with some of the network's leads only, the others zero: half of the time one of
     * the Challenge's lead sets that the network has whole, else each lead with even odds, at least one: 0
     */
    double lead_dropout;
    bool label_mask;    /**< a class that no training record of a source carries is left out of that source's loss */
    double metric_loss; /**< weight of a loss by the Challenge metric of the probabilities, added to the papers': 0 */
    /** Weight of a second head's loss, which is that by the metric; the model has the first head alone. 0: no such head
     */
    double metric_head;
    double average; /**< decay of a moving average of the weights, which is validated and kept instead: 0, none */
    /**
     * The model's thresholds maximise the metric on the validation records, instead of being 0.5; they are set when the
     * run ends. An epoch's validation metric is then that of the best common threshold
     */
    bool tune_thresholds;

    int threads; /**< 0: all cores; the result does not depend on it */
    bool resume; /**< go on from RUN_DIR's last checkpoint, if any */
    /** Memory of maps, weights and spectra at most: three quarters for training, one for validation. 0: no limit */
    size_t memory_bytes;
    const lw_cluster *cluster; /**< whose ranks divide each batch, borrowed; NULL: this process alone */
} lw_train_options;

lw_train_options lw_train_options_default(void);
/** A sentence that says what is wrong with `options`, or NULL. */
const char *lw_train_options_check(const lw_train_options *options);

/**
 * Set options by name: pairs KEY=VALUE apart by spaces ("schedule=cosine warmup=2"), keys and values as on the command
 * line: epochs, batch, learning-rate, halve-after, stop-after, and those beyond the papers; "schedule" also sets
 * stop-after to its default, 0 for a cosine. On failure `options` is as before.
 * @return LW_OK or LW_ERR_ARGUMENT (an unknown key, or a value that it cannot have)
 */
LW_CHECK_RESULT lw_status lw_train_options_set(lw_train_options *options, const char *pairs, lw_error *err);
/** Whether both have the same value for `key`; false where there is no such key. */
bool lw_train_options_agree(const lw_train_options *a, const lw_train_options *b, const char *key);

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

/** What a progress hook is told. */
typedef struct lw_train_progress {
    size_t epoch, epochs; /**< from 1 */
    size_t step, steps;   /**< of this epoch, from 1; step == steps at an epoch's end */
    double loss;          /**< running mean over the epoch */
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
    size_t epochs, best_epoch;   /**< the model's weights are those of best_epoch */
    double best_validation_loss; /**< in that epoch */
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
 * options->cluster: every rank calls this with the same arguments, takes its part of each batch, and ends with the same
 * parameters and result; batch norm and loss are those of the whole batch. Rank 0 alone writes. A stop, by any rank's
 * hook, is one of all after the same step; so is a failure. Same bytes for the same number of ranks, and after a
 * resume; another number, also on resuming, rounds differently.
 *
 * options->resume: a run that was finished is left alone (already_finished), but goes on when more epochs are
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
