/**
 * @file trainer.h
 * One training run in memory: a step, an epoch's end. The loop around it is in train.c.
 */
#ifndef LW_TRAIN_TRAINER_H
#define LW_TRAIN_TRAINER_H

#include "dataset/batch.h"
#include "dataset/split.h"
#include "evaluate/thresholds.h"
#include "network/engine.h"
#include "train/judge.h"
#include "train/loss.h"
#include "train/options_table.h"
#include "train/run_folder.h"
#include "train/second_head.h"
#include "train/variation.h"

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
    lw_judge judge;
    lw_batch batch;
    lw_variation variation;
    lw_label_mask *mask;         /**< NULL: every label counts */
    uint8_t *known;              /**< [batch_records][classes], labels of the batch that count */
    lw_soft_metric *soft_metric; /**< NULL: no such loss */
    size_t *order;               /**< training records in the order of the epoch `order_epoch` */
    uint64_t order_epoch;
    float *logits, *dlogits;    /**< [batch_records][outputs of what is trained] */
    float *gradients;           /**< [trainable] */
    size_t *positives;          /**< [classes], training records with each class */
    double *class_weights;      /**< [classes] */
    double *thresholds;         /**< [classes], tuned on the validation records where the options say so */
    lw_threshold_result tuning; /**< what they are worth there */
    bool tuned;                 /**< they are those of the kept weights, and the model's */
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
