/**
 * @file plan_cost.h
 * What a convolution costs, in seconds on a processor like those the constants were taken from; only ratios matter.
 *
 * Arithmetic at a share of the vector units' peak, plus bytes moved beyond the second-level cache. Training counts
 * forward, both gradients and one packing of the weights a batch; inference packs once in a model's life, which counts
 * nothing. The number of threads does not enter, because other tiles would give other roundings: results are the same
 * for any number.
 */
#ifndef LW_KERNELS_PLAN_COST_H
#define LW_KERNELS_PLAN_COST_H

#include "kernels/conv.h"
#include "kernels/isa/kernels_table.h"
#include "kernels/spectral.h"

/** Seconds of a whole batch; fills choice->chunk (`chunk` unless 0) and choice->keep for the points given. */
double lw_cost_spectral(const lw_conv_shape *shape, const lw_conv_use *use, const lw_kernels *kernels, int chunk,
                        lw_spectral_choice *choice);

/** Operations of a batch's forward pass and of its backward pass as a method carries them out, transforms counted as
 * usual: 5 n log2 n a complex one of n points. */
typedef struct lw_operations {
    double forward, backward;
} lw_operations;

lw_operations lw_operations_direct(const lw_conv_shape *shape, const lw_conv_use *use);
lw_operations lw_operations_spectral(const lw_conv_shape *shape, const lw_conv_use *use, const lw_kernels *kernels,
                                     const lw_spectral_choice *choice);
lw_operations lw_operations_winograd(const lw_conv_shape *shape, const lw_kernels *kernels);

/** Seconds of a whole batch's inference. */
double lw_cost_winograd(const lw_conv_shape *shape, const lw_kernels *kernels);

/** Seconds of a whole batch. */
double lw_cost_direct(const lw_conv_shape *shape, const lw_conv_use *use, const lw_kernels *kernels);

#endif
