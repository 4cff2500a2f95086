/**
 * @file adam.h
 * Steps of the weights: Adam, decay, and the moving average, on flat arrays.
 */
#ifndef LW_TRAIN_ADAM_H
#define LW_TRAIN_ADAM_H

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

#endif
