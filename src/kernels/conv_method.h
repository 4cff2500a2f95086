/**
 * @file conv_method.h
 * What a convolution method offers to conv.c: a table of functions behind the calls of conv.h, and what methods share.
 *
 * To add a method: write one file that fills an lw_conv_method, declare it below, and add its row to methods[] in conv.c.
 * tests/test_conv.c compares every method with "reference" on random shapes.
 */
#ifndef LW_KERNELS_CONV_METHOD_H
#define LW_KERNELS_CONV_METHOD_H

#include <math.h>

#include "kernels/conv.h"
#include "kernels/isa/kernels_table.h"

/** What a method costs for a layer, and the choices that make it so. */
typedef struct lw_conv_cost {
    double seconds; /**< on a processor like those of lw_conv_seconds; INFINITY: the method cannot do this layer */
    double forward_operations, backward_operations; /**< lw_conv_operations */
    int points_t,
        points_l; /**< spectral: lengths of the transforms along samples and leads; 1 along leads when kh = 1 */
    int chunk;    /**< records computed at a time */
} lw_conv_cost;

typedef struct lw_conv_method {
    const char *name; /**< "reference", "direct", ... */
    /** Price the layer of a `conv` that is filled up to `kernels`, for lw_conv_priced_records. A pure function. */
    lw_conv_cost (*cost)(const lw_conv *conv);
    /**
     * Set packed_floats, kept_floats, scratch_floats, description and (if it needs one) plan of a `conv` whose other
     * fields are filled, `cost` among them. On failure nothing is left allocated.
     */
    lw_status (*plan)(lw_conv *conv, lw_error *err);
    /** Release `plan`; NULL when the method has none. */
    void (*unplan)(lw_conv *conv);
    /** The next three as their namesakes in conv.h. */
    void (*pack)(const lw_conv *conv, const float *weight, float *packed, float *scratch);
    void (*forward)(const lw_conv *conv, int n, const float *x, const float *packed, const float *bias, bool relu,
                    float *y, float *kept, float *scratch);
    void (*backward)(const lw_conv *conv, int n, const float *x, const float *dy, const float *packed,
                     const float *kept, float *dx, float *dweight, float *dbias, float *scratch);
} lw_conv_method;

struct lw_conv {
    lw_conv_shape shape;
    lw_conv_use use;
    int t_out;        /**< samples out */
    int pad_h, pad_t; /**< "same" padding before the first lead, before the first sample */
    const lw_kernels *kernels;
    const lw_conv_method *method;
    lw_conv_cost cost; /**< of the method, for this layer */
    void *plan;        /**< the method's own, or NULL */
    size_t packed_floats, kept_floats, scratch_floats;
    char description[64]; /**< lw_conv_describe */
};

/** The definition, in double, for tests and benchmarks: it is slower than direct sums in plain C, so only force takes it. */
extern const lw_conv_method lw_conv_reference;
/** Sums over taps and channels in vector kernels: any shape (direct.c). */
extern const lw_conv_method lw_conv_direct;
/** Products in the frequency domain: stride 1 (spectral.c). */
extern const lw_conv_method lw_conv_spectral;
/** Winograd's short algorithms: inference, 3 x 3, stride 1 (winograd.c). */
extern const lw_conv_method lw_conv_winograd;

/* ---- Pricing */

/**
 * Records that a layer is priced for: the batch of training. Inference is priced for a batch between one recording, where
 * reading the weights costs most, and many: every session then computes a recording by the same plan, to the same bytes.
 */
int lw_conv_priced_records(const lw_conv *conv);

/** Records at a time at most, as use.thrift has it: shape.n without any; 0: direct sums only, which for inference does not
 * depend on a shape.n up to LW_CONV_INFERENCE_BATCH. */
int lw_conv_chunk(const lw_conv *conv);

/** Products that backward takes for one of forward: for the weights and the input, which first layers do without. */
static inline double lw_conv_backward_products(const lw_conv *conv) {
    return !conv->use.training ? 0.0 : conv->use.input_gradient ? 2.0 : 1.0;
}

/** Shares of the vector units' peak that a method's parts reach, as `leadwise bench layers` measures them. */
#define LW_SHARE_REAL 0.75      /* real products over overlapping windows */
#define LW_SHARE_COMPLEX 0.90   /* complex products */
#define LW_SHARE_TRANSFORM 0.19 /* transforms: bound by loads and stores */

/** Seconds of arithmetic at a share of the peak of one thread at 2.7 GHz with two vector units: only ratios matter. */
double lw_conv_seconds(const lw_conv *conv, double operations, double share);
/** Seconds to move so many bytes beyond the second-level cache. */
double lw_conv_moving(double bytes);

/* ---- Sums and sizes */

/** Whole parts of size b that cover a. */
static inline int lw_ceil_div(int a, int b) { return (a + b - 1) / b; }
/** `floats` rounded up, so that what follows in a block starts at a cache line. */
static inline ptrdiff_t lw_round_line(ptrdiff_t floats) { return (floats + 15) & ~(ptrdiff_t)15; }
static inline int lw_least(int a, int b) { return a < b ? a : b; }
static inline int lw_most(int a, int b) { return a > b ? a : b; }

/** The calling thread's number within its team. */
int lw_thread_number(void);

/** Floats of scratch of lw_bias_gradient. */
ptrdiff_t lw_bias_gradient_floats(int channels);
/** dbias[channels] = sum over rows of dy[rows][channels], in an order that does not depend on the number of threads. */
void lw_bias_gradient(const lw_conv *conv, const float *dy, ptrdiff_t rows, float *dbias, float *scratch);

#endif
