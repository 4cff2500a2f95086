/**
 * @file schedule.h
 * When the learning rate is halved, and when training stops.
 *
 * Two counters of epochs, as Keras' ReduceLROnPlateau (factor 0.5, min_delta 0, cooldown 0) and EarlyStopping keep
 * them. Both start again at an epoch whose validation loss is lower than every one before; an equal loss is no
 * improvement. The first also starts again when the rate is halved, so that a long plateau halves it every
 * `patience_halve` epochs; the second then stops training.
 */
#ifndef LW_TRAIN_SCHEDULE_H
#define LW_TRAIN_SCHEDULE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef struct lw_schedule {
    double learning_rate;
    double best_loss;    /**< infinite before the first epoch */
    size_t best_epoch;   /**< from 1; 0 before */
    size_t since_best;   /**< epochs */
    size_t since_change; /**< epochs since the best one or the last halving */
    bool stopped;        /**< training is over */
} lw_schedule;

lw_schedule lw_schedule_start(double learning_rate);
/**
 * Take in the validation loss of `epoch` (from 1).
 * @param patience_halve, patience_stop  epochs without a lower loss; 0: never
 * @return whether the loss is the lowest so far
 */
bool lw_schedule_update(lw_schedule *schedule, size_t epoch, double validation_loss, size_t patience_halve,
                        size_t patience_stop);

/**
 * What the rate is multiplied by in step number `step` (from 1) of `total`: step / warmup up to `warmup` steps (not
 * necessarily whole); from there 1, or, `cosine`, half a cosine from 1 down to 0 at the end of step `total`.
 *
 * Source: Goyal et al., "Accurate, large minibatch SGD", 2017, section 2.2; Loshchilov and Hutter, "SGDR", 2017,
 * without restarts.
 */
double lw_schedule_factor(bool cosine, uint64_t step, double warmup, uint64_t total);

#endif
