/**
 * @file conv_method.h
 * What a convolution method offers to conv.c: a table of functions behind the calls of conv.h.
 *
 * To add a method: fill an lw_conv_method in its own file, declare it in a header of its own (direct_vector.h,
 * spectral.h and winograd.h are the methods there are), add its cost to plan_cost.c, and let lw_conv_choose (plan.c)
 * pick it for the shapes where it wins. tests/test_conv.c compares every method with "reference" on random shapes.
 */
#ifndef LW_KERNELS_CONV_METHOD_H
#define LW_KERNELS_CONV_METHOD_H

#include "kernels/conv.h"

typedef struct lw_conv_method {
    const char *name; /**< "reference", "direct", ... */
    /** Whether the method can do this shape and use at all. */
    bool (*supports)(const lw_conv_shape *shape, const lw_conv_use *use);
    /**
     * Set packed_floats, kept_floats, scratch_floats, description and (if it needs one) plan of a `conv` whose other
     * fields are filled. On failure nothing is left allocated. A pure function of shape and use.
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
    const lw_conv_method *method;
    void *plan; /**< the method's own, or NULL */
    size_t packed_floats, kept_floats, scratch_floats;
    double forward_operations, backward_operations; /**< lw_conv_operations */
    char description[64];                           /**< lw_conv_describe */
};

/** The definition, in double: slow, for tests. */
extern const lw_conv_method lw_conv_reference;

/** The method for a shape and use: the same on every run and every machine with the same vector length. */
const lw_conv_method *lw_conv_choose(const lw_conv_shape *shape, const lw_conv_use *use);

/** lw_conv_create with the method given; for tests and benchmarks. LW_ERR_ARGUMENT also when it does not do the shape.
 */
lw_status lw_conv_create_with(const lw_conv_method *method, const lw_conv_shape *shape, const lw_conv_use *use,
                              lw_conv **out, lw_error *err);

#endif
