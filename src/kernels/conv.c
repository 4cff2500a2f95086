#include "kernels/conv.h"

#include <limits.h>
#include <stdint.h>
#include <stdlib.h>

#include "base/error.h"
#include "base/memory.h"
#include "kernels/conv_method.h"

int lw_conv_pad_before(int in, int k, int stride) {
    int out = (in + stride - 1) / stride;
    int total = (out - 1) * stride + k - in;
    return total > 0 ? total / 2 : 0;
}

/** Far beyond any use, and small enough for sums with it to fit in an int. */
enum { STRIDE_MOST = 65536 };

/** Whether the product of `count` dimensions, each at least 1, stays within an int. */
static bool product_fits(const int *dimension, size_t count) {
    int64_t product = 1;
    for (size_t i = 0; i < count; i++) {
        if (dimension[i] < 1)
            return false;
        product *= dimension[i];
        if (product > INT_MAX)
            return false;
    }
    return true;
}

static lw_status check_shape(const lw_conv_shape *s, const lw_conv_use *use, lw_error *err) {
    const int input[] = {s->n, s->h, s->t_in, s->c_in};
    const int output[] = {s->n, s->h, s->t_in, s->c_out};
    const int weight[] = {s->c_out, s->c_in, s->kh, s->kw};
    if (!product_fits(input, 4) || !product_fits(output, 4) || !product_fits(weight, 4) || s->stride < 1 ||
        s->stride > STRIDE_MOST || use->threads < 1)
        return lw_fail(err, LW_ERR_ARGUMENT,
                       "convolution of %d records, %d to %d channels, %d x %d samples, kernel %d x %d, stride %d, %d "
                       "threads: expected dimensions of at least 1 and products below 2^31",
                       s->n, s->c_in, s->c_out, s->h, s->t_in, s->kh, s->kw, s->stride, use->threads);
    return LW_OK;
}

lw_status lw_conv_create_with(const lw_conv_method *method, const lw_conv_shape *shape, const lw_conv_use *use,
                              lw_conv **out, lw_error *err) {
    lw_status status = check_shape(shape, use, err);
    if (status != LW_OK)
        return status;
    if (!method->supports(shape, use))
        return lw_fail(err, LW_ERR_ARGUMENT, "convolution method %s does not do this shape", method->name);
    lw_conv *conv = lw_calloc(1, sizeof *conv);
    if (!conv)
        return lw_fail_no_memory(err, "a convolution's plan");
    conv->shape = *shape;
    conv->use = *use;
    conv->t_out = lw_conv_t_out(shape);
    conv->pad_h = lw_conv_pad_before(shape->h, shape->kh, 1);
    conv->pad_t = lw_conv_pad_before(shape->t_in, shape->kw, shape->stride);
    conv->method = method;
    status = method->plan(conv, err);
    if (status != LW_OK) {
        free(conv);
        return status;
    }
    *out = conv;
    return LW_OK;
}

lw_status lw_conv_create(const lw_conv_shape *shape, const lw_conv_use *use, lw_conv **out, lw_error *err) {
    lw_status status = check_shape(shape, use, err);
    if (status != LW_OK)
        return status;
    return lw_conv_create_with(lw_conv_choose(shape, use), shape, use, out, err);
}

void lw_conv_free(lw_conv **conv) {
    if (!conv || !*conv)
        return;
    if ((*conv)->method->unplan)
        (*conv)->method->unplan(*conv);
    free(*conv);
    *conv = NULL;
}

size_t lw_conv_packed_floats(const lw_conv *conv) { return conv->packed_floats; }

size_t lw_conv_kept_floats(const lw_conv *conv) { return conv->kept_floats; }

size_t lw_conv_scratch_floats(const lw_conv *conv) { return conv->scratch_floats; }

void lw_conv_pack(const lw_conv *conv, const float *weight, float *packed, float *scratch) {
    conv->method->pack(conv, weight, packed, scratch);
}

void lw_conv_forward(const lw_conv *conv, int n, const float *x, const float *packed, const float *bias, bool relu,
                     float *y, float *kept, float *scratch) {
    conv->method->forward(conv, n, x, packed, bias, relu, y, kept, scratch);
}

void lw_conv_backward(const lw_conv *conv, int n, const float *x, const float *dy, const float *packed,
                      const float *kept, float *dx, float *dweight, float *dbias, float *scratch) {
    conv->method->backward(conv, n, x, dy, packed, kept, dx, dweight, dbias, scratch);
}

double lw_conv_operations(const lw_conv *conv, bool backward) {
    return backward ? conv->backward_operations : conv->forward_operations;
}

const char *lw_conv_describe(const lw_conv *conv) { return conv->description; }
