/**
 * @file conv.h
 * Convolution behind one narrow interface: a plan chooses the method, callers own all memory.
 *
 * Activations are float32 [n][h][t][c] (records, leads, samples, channels; channels innermost), weights are as in model
 * files, [c_out][c_in][kh][kw]. Stride 1 along leads; along samples `stride`; padding "same" as TensorFlow means it:
 * out = ceil(in / s), total = max((out - 1) s + k - in, 0), total / 2 before (rounded down), the rest after.
 *
 * Results are the same bytes for any number of threads. Kernels cannot fail: shapes are checked when planned.
 */
#ifndef LW_KERNELS_CONV_H
#define LW_KERNELS_CONV_H

#include <stdbool.h>
#include <stddef.h>

#include "leadwise/leadwise.h"

typedef struct lw_conv_shape {
    int n; /**< records a batch at most */
    int c_in, c_out;
    int h;      /**< leads, in and out */
    int t_in;   /**< samples in; out = ceil(t_in / stride) */
    int kh, kw; /**< taps along leads, along samples */
    int stride; /**< along samples */
} lw_conv_shape;

/** Samples out. */
static inline int lw_conv_t_out(const lw_conv_shape *shape) {
    return (shape->t_in + shape->stride - 1) / shape->stride;
}

/** "Same" padding before the first element of a row of `in`. */
int lw_conv_pad_before(int in, int k, int stride);

/** Thrift halves at least so many records for inference, so that it chooses the same methods for fewer. */
enum { LW_CONV_INFERENCE_BATCH = 32 };

/** What the plan is for. */
typedef struct lw_conv_use {
    bool training;       /**< forward keeps what backward needs */
    bool input_gradient; /**< backward computes dx (false for a network's first layers) */
    int threads;         /**< at least 1 */
    /**
     * How much memory counts more than time, 0: not at all. From 2 on spectra are computed again rather than kept, and
     * at most n >> (thrift - 2) records are transformed at a time; where that is 0, sums are direct. Inference takes
     * LW_CONV_INFERENCE_BATCH for a smaller n.
     */
    int thrift;
    lw_tuning tuning; /**< what is forced upon the planner; zeros: nothing */
} lw_conv_use;

typedef struct lw_conv lw_conv;

/**
 * Plan a convolution: the cheapest of the methods that do this shape, or the one that `use` forces; where that one cannot
 * do the shape, direct sums. The plan is a pure function of shape, use and vector length. For inference method and
 * transform lengths do not depend on shape.n, threads or (until sums are direct) thrift, so that a recording's results
 * are the same bytes in every batch.
 * @return LW_OK, LW_ERR_ARGUMENT (a dimension below 1, a product over 2^31, an instruction set that is not here) or
 * LW_ERR_NO_MEMORY
 */
lw_status lw_conv_create(const lw_conv_shape *shape, const lw_conv_use *use, lw_conv **out, lw_error *err);
void lw_conv_free(lw_conv **conv);

/** Floats of weights in the method's own form: filled by lw_conv_pack whenever the weights change. */
size_t lw_conv_packed_floats(const lw_conv *conv);
/** Floats kept between forward and backward (training only); one such block per layer. */
size_t lw_conv_kept_floats(const lw_conv *conv);
/** Floats of scratch during a call; layers share one block of the largest size. */
size_t lw_conv_scratch_floats(const lw_conv *conv);

void lw_conv_pack(const lw_conv *conv, const float *weight, float *packed, float *scratch);

/**
 * y [n][h][t_out][c_out] = x * weight (+ bias[c_out] unless NULL), then max(., 0) when `relu`. n <= shape.n.
 * `kept` is NULL unless training.
 */
void lw_conv_forward(const lw_conv *conv, int n, const float *x, const float *packed, const float *bias, bool relu,
                     float *y, float *kept, float *scratch);

/**
 * dweight [c_out][c_in][kh][kw] and dbias [c_out] (NULL: not wanted) are overwritten with their gradients, dx with its
 * own (NULL only when planned without input_gradient). x, packed and kept as in the forward call.
 */
void lw_conv_backward(const lw_conv *conv, int n, const float *x, const float *dy, const float *packed,
                      const float *kept, float *dx, float *dweight, float *dbias, float *scratch);

/** Operations of a forward pass (or a backward one; 0 unless training) over shape.n records as the method carries them
 * out. */
double lw_conv_operations(const lw_conv *conv, bool backward);

/** Method and tile in one line, for `bench plan`: "direct 6x4", "spectral T=270 L=15". Valid as long as the plan. */
const char *lw_conv_describe(const lw_conv *conv);

#endif
