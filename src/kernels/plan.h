/**
 * @file plan.h
 * The planner: which method, which tiles, for a layer.
 *
 * A cost model in seconds, a pure function of shape, training and vector length: the same plan on every run
 * and for any number of threads. A plan for inference does not depend on the number of records either. Nothing is timed at start-up.
 * Environment, for tests and benchmarks (lw_conv_use.tuning wins over it): LEADWISE_ISA, a name of cpu.h;
 * LEADWISE_CONV, "direct", "winograd", "spectral" or "spectral:T=64,L=8,chunk=4" (any of the three). A layer that the
 * method cannot do is done directly.
 */
#ifndef LW_KERNELS_PLAN_H
#define LW_KERNELS_PLAN_H

#include <stddef.h>

#include "kernels/conv_method.h"
#include "kernels/spectral.h"

/** The kernels to use. @return LW_OK, or LW_ERR_ARGUMENT: unknown, not built, or not for this processor. */
lw_status lw_plan_kernels(const lw_conv_use *use, const lw_kernels **kernels, lw_error *err);

/** Whether transforms of a supported length fit this shape at all. */
bool lw_plan_spectral_fits(const lw_conv_shape *shape);

/** The cheapest spectral plan of a shape that fits. @return LW_OK or LW_ERR_ARGUMENT (forced to what cannot be). */
lw_status lw_plan_spectral(const lw_conv_shape *shape, const lw_conv_use *use, const lw_kernels **kernels,
                           lw_spectral_choice *choice, lw_error *err);

/** Records at a time at most, as use->thrift has it: shape->n without any; 0: direct sums only. */
int lw_plan_chunk(const lw_conv_shape *shape, const lw_conv_use *use);

/**
 * How many records Winograd's method takes at a time: several share each reading of the weights, but their matrices
 * stay within 32 MB.
 */
int lw_plan_winograd_chunk(const lw_conv_shape *shape, const lw_conv_use *use);

/** Whether a block of so many floats, written in scattered order and read later, had better go past the caches (and
 * may: it is aligned). */
bool lw_plan_streams(const float *block, ptrdiff_t floats);

#endif
