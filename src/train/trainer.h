/**
 * @file trainer.h
 * A training run in memory: a step, the end of an epoch, validation. The loop around it is in train.c.
 */
#ifndef LW_TRAIN_TRAINER_H
#define LW_TRAIN_TRAINER_H

#include "dataset/batch.h"
#include "dataset/split.h"
#include "evaluate/scoring.h"
#include "network/engine.h"
#include "predict/predictor.h"
#include "train/loss.h"
#include "train/options_table.h"
#include "train/run_folder.h"
#include "train/second_head.h"
#include "train/variation.h"

/** A network ready to predict records of a data set. Zero-initialise, lw_validator_create, lw_validator_free. */
typedef struct lw_validator {
    const lw_dataset *dataset; /**< borrowed */
    const lw_cluster
        *cluster; /**< whose ranks divide the records, and each of which ends with all; borrowed, NULL: alone */
    lw_predictor *predictor;
    size_t classes, capacity;  /**< records that there is room for */
    const lw_label_mask *mask; /**< labels that the loss leaves out; borrowed, NULL: none */
    size_t count;              /**< records predicted last */
    uint8_t *labels;           /**< [count][classes] */
    double *probabilities;     /**< [count][classes] */
} lw_validator;

/**
 * @param max_records  of one prediction at most; `max_batch` of them in one pass of the network
 * @param memory_bytes  of the network at most, 0: no limit; a part of memory_whole_bytes, which error sentences name
 * @return LW_OK, LW_ERR_ARGUMENT or LW_ERR_NO_MEMORY
 */
lw_status lw_validator_create(const lw_network *network, const lw_dataset *dataset, size_t max_records,
                              size_t max_batch, int threads, const lw_tuning *tuning, size_t memory_bytes,
                              size_t memory_whole_bytes, lw_validator *out, lw_error *err);
void lw_validator_free(lw_validator *validator);

/**
 * Predict records index[count] with the parameters `values`, as a saved model would; their mean weighted loss in *loss.
 * @return LW_OK or LW_ERR_NOT_FINITE (a sample, or the loss)
 */
lw_status lw_validator_predict(lw_validator *validator, const float *values, const size_t *index, size_t count,
                               const double *class_weights, double *loss, lw_error *err);

/**
 * Score the last prediction: positive at thresholds[classes] (NULL: 0.5) or more; a record without a positive class
 * gets the class of `fallback` (SNOMED code; NULL, or a code of no class: none). A class list of which the year
 * scores nothing gives NaN everywhere. lw_scores_free *out.
 */
lw_status lw_validator_score(const lw_validator *validator, int year, const double *thresholds, const char *fallback,
                             lw_scores *out, lw_error *err);

/**
 * thresholds[classes] that maximise the year's metric on the records that were predicted last.
 * @param fallback  SNOMED code of the model's fallback, or NULL
 * @return LW_OK or LW_ERR_NO_MEMORY
 */
lw_status lw_validator_tune(const lw_validator *validator, int year, const char *fallback, double *thresholds,
                            lw_threshold_result *found, lw_error *err);

/** Zero-initialise, lw_trainer_create, lw_trainer_free. Pointers to const are borrowed. */
typedef struct lw_trainer {
    const lw_network *network;
    const lw_dataset *dataset;
    const lw_split *split;
    const lw_train_options *options;
    const char *folder;
    int threads;
    size_t batch_records;      /**< the batch of all ranks, or all training records where they are fewer */
    size_t steps;              /**< an epoch's */
    lw_second_head second;     /**< empty: there is none, and `network` itself is trained */
    lw_parameter_table *table; /**< of what is trained */
    lw_engine *engine;
    lw_validator validator;
    lw_batch batch;
    lw_variation variation;
    lw_label_mask *mask;         /**< NULL: every label counts */
    uint8_t *known;              /**< [batch_records][classes], labels of the batch that count; NULL: all do */
    lw_soft_metric *soft_metric; /**< NULL: no such loss */
    size_t *order;               /**< training records in the order of the epoch `order_epoch` */
    uint64_t order_epoch;
    float *logits, *dlogits;    /**< [batch_records][outputs of what is trained] */
    float *gradients;           /**< [trainable] */
    size_t *positives;          /**< [classes], training records with each class */
    double *class_weights;      /**< [classes] */
    double *thresholds;         /**< [classes], tuned on the validation records where the options include that */
    lw_threshold_result tuning; /**< their metrics there */
    bool tuned;                 /**< they are those of the kept weights, and the model's */
    lw_patient_counts patients; /**< of the split */
    lw_train_state state;
} lw_trainer;

/**
 * Allocate everything, with initial weights from the options' seed.
 * @return LW_OK, LW_ERR_ARGUMENT, LW_ERR_MISMATCH (network and data) or LW_ERR_NO_MEMORY
 */
lw_status lw_trainer_create(const lw_network *network, const lw_dataset *dataset, const lw_split *split,
                            const lw_train_options *options, const char *folder, lw_trainer *out, lw_error *err);
void lw_trainer_free(lw_trainer *trainer);

/** The next step of the epoch under way. @return LW_OK or LW_ERR_NOT_FINITE (epoch, step and records named; the run
 * cannot go on) */
lw_status lw_trainer_step(lw_trainer *trainer, lw_error *err);

/** The learning rate of the last step taken. */
double lw_trainer_rate(const lw_trainer *trainer);

/** The fallback that the test is scored with besides: the model's, else sinus rhythm; NULL where no class has it. */
const char *lw_trainer_test_fallback(const lw_trainer *trainer);

/**
 * Write run.json, atomically.
 * @param configuration  JSON of lw_configuration_write
 * @param result         so far
 * @return LW_OK, LW_ERR_IO or LW_ERR_NO_MEMORY
 */
lw_status lw_run_file_write(const lw_trainer *trainer, const char *configuration, const lw_train_result *result,
                            bool finished, lw_error *err);

/** Training records that the epoch's steps so far have seen. */
size_t lw_trainer_records_done(const lw_trainer *trainer);

/**
 * After an epoch's last step: validate, add a row to the history, move the schedule on, keep the best weights, begin
 * the next epoch.
 * @return LW_OK, LW_ERR_NOT_FINITE or LW_ERR_NO_MEMORY
 */
lw_status lw_trainer_end_epoch(lw_trainer *trainer, lw_error *err);

/** Choose the model's thresholds by the kept weights and the validation records. @return LW_OK, LW_ERR_NOT_FINITE or
 * LW_ERR_NO_MEMORY */
lw_status lw_trainer_tune(lw_trainer *trainer, lw_error *err);

/** Write the kept epoch's weights as a model file into the run's folder. @return LW_OK, LW_ERR_IO or LW_ERR_NO_MEMORY
 */
lw_status lw_trainer_save_model(const lw_trainer *trainer, lw_error *err);

#endif
