/**
 * @file average.h
 * A moving average of the weights, which judges better than the weights of any one step.
 */
#ifndef LW_TRAIN_AVERAGE_H
#define LW_TRAIN_AVERAGE_H

#include <stddef.h>
#include <stdint.h>

/**
 * average[count] += (1 - d) (values - average) after step number `step` (from 1), where d is `decay`, but at most
 * (1 + step) / (10 + step), so that the first values do not stay.
 *
 * Source: Polyak and Juditsky, "Acceleration of stochastic approximation by averaging", 1992; the ramp is that of
 * TensorFlow's ExponentialMovingAverage.
 */
void lw_average_update(double decay, uint64_t step, size_t count, const float *values, float *average);

#endif
