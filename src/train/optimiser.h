/**
 * @file optimiser.h
 * Steps of the weights on flat arrays, and the schedule of the learning rate.
 */
#ifndef LW_TRAIN_OPTIMISER_H
#define LW_TRAIN_OPTIMISER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef struct lw_adam {
    double learning_rate, beta1, beta2, epsilon;
} lw_adam;

/**
 * Step number `step` (from 1):
 *
 *     m = beta1 m + (1 - beta1) g,  v = beta2 v + (1 - beta2) g^2
 *     x -= rate / (1 - beta1^step) * m / (sqrt(v) / sqrt(1 - beta2^step) + epsilon)
 *
 * in float32, the two corrections in double. All arrays are [count]; moments start at zero. The result is the same for
 * any number of threads.
 *
 * Source: Kingma and Ba, "Adam: a method for stochastic optimization", 2015; epsilon where PyTorch adds it.
 */
void lw_adam_step(const lw_adam *adam, uint64_t step, size_t count, const float *gradients, float *m, float *v,
                  float *values, int threads);

/**
 * Decoupled weight decay, values[count] *= 1 - shrink, before the step; shrink is the step's learning rate times the
 * decay.
 *
 * Source: Loshchilov and Hutter, "Decoupled weight decay regularization", 2019, as PyTorch's AdamW scales it.
 */
void lw_weight_decay(double shrink, size_t count, float *values);

/**
 * average[count] += (1 - d) (values - average) after step number `step` (from 1), where d is `decay`, but at most
 * (1 + step) / (10 + step), so that the first values do not stay.
 *
 * Source: Polyak and Juditsky, "Acceleration of stochastic approximation by averaging", 1992; the ramp is that of
 * TensorFlow's ExponentialMovingAverage.
 */
void lw_average_update(double decay, uint64_t step, size_t count, const float *values, float *average);

/**
 * The halving of the learning rate and the end of training: two counters of epochs, as Keras' ReduceLROnPlateau
 * (factor 0.5, min_delta 0, cooldown 0) and EarlyStopping keep them. Both start again at an epoch whose validation loss
 * is lower than every one before; an equal loss is no improvement. The first also starts again when the rate is halved,
 * so that a long plateau halves it every `patience_halve` epochs; the second then stops training.
 */
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
 * Move the schedule on by the validation loss of `epoch` (from 1).
 * @param patience_halve, patience_stop  epochs without a lower loss; 0: never
 * @return whether the loss is the lowest so far
 */
bool lw_schedule_update(lw_schedule *schedule, size_t epoch, double validation_loss, size_t patience_halve,
                        size_t patience_stop);

/**
 * The factor of the rate in step number `step` (from 1) of `total`: step / warmup up to `warmup` steps (not
 * necessarily whole); from there 1, or, `cosine`, half a cosine from 1 down to 0 at the end of step `total`.
 *
 * Source: Goyal et al., "Accurate, large minibatch SGD", 2017, section 2.2; Loshchilov and Hutter, "SGDR", 2017,
 * without restarts.
 */
double lw_schedule_factor(bool cosine, uint64_t step, double warmup, uint64_t total);

#endif
