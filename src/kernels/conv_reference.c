/* This file is the definition of the convolution and of its gradients, summed in double. */
#include <stdio.h>
#include <string.h>

#include "kernels/conv_method.h"

static size_t weight_floats(const lw_conv_shape *s) {
    return (size_t)s->c_out * (size_t)s->c_in * (size_t)s->kh * (size_t)s->kw;
}

static lw_conv_cost cost(const lw_conv *conv) {
    const lw_conv_shape *s = &conv->shape;
    const double operations = 2.0 * (double)weight_floats(s) * s->h * conv->t_out, operations_second = 1e8;
    const double passes = conv->use.training ? 3.0 : 1.0;
    return (lw_conv_cost){
        .seconds = passes * operations * lw_conv_priced_records(conv) / operations_second,
        .forward_operations = operations * s->n,
        .backward_operations = operations * s->n * lw_conv_backward_products(conv),
    };
}

static lw_status plan(lw_conv *conv, lw_error *err) {
    (void)err;
    conv->packed_floats = weight_floats(&conv->shape);
    snprintf(conv->description, sizeof conv->description, "reference");
    return LW_OK;
}

static void pack(const lw_conv *conv, const float *weight, float *packed, float *scratch) {
    (void)scratch;
    memcpy(packed, weight, conv->packed_floats * sizeof *packed);
}

/** Index of (n, h, t, c) in a tensor of `t_count` samples and `c_count` channels. */
static size_t at(const lw_conv *conv, int n, int h, int t, int c, int t_count, int c_count) {
    return (((size_t)n * (size_t)conv->shape.h + (size_t)h) * (size_t)t_count + (size_t)t) * (size_t)c_count +
           (size_t)c;
}

static size_t at_weight(const lw_conv_shape *s, int c_out, int c_in, int kh, int kw) {
    return (((size_t)c_out * (size_t)s->c_in + (size_t)c_in) * (size_t)s->kh + (size_t)kh) * (size_t)s->kw + (size_t)kw;
}

static double output(const lw_conv *conv, int n, int h, int t, int co, const float *x, const float *weight) {
    const lw_conv_shape *s = &conv->shape;
    double sum = 0.0;
    for (int kh = 0; kh < s->kh; kh++) {
        int hi = h + kh - conv->pad_h;
        if (hi < 0 || hi >= s->h)
            continue;
        for (int kw = 0; kw < s->kw; kw++) {
            int ti = t * s->stride + kw - conv->pad_t;
            if (ti < 0 || ti >= s->t_in)
                continue;
            for (int ci = 0; ci < s->c_in; ci++)
                sum +=
                    (double)x[at(conv, n, hi, ti, ci, s->t_in, s->c_in)] * (double)weight[at_weight(s, co, ci, kh, kw)];
        }
    }
    return sum;
}

static void forward(const lw_conv *conv, int n, const float *x, const float *packed, const float *bias, bool relu,
                    float *y, float *kept, float *scratch) {
    const lw_conv_shape *s = &conv->shape;
    (void)kept;
    (void)scratch;
    for (int i = 0; i < n; i++)
        for (int h = 0; h < s->h; h++)
            for (int t = 0; t < conv->t_out; t++)
                for (int co = 0; co < s->c_out; co++) {
                    double sum = output(conv, i, h, t, co, x, packed) + (bias ? (double)bias[co] : 0.0);
                    y[at(conv, i, h, t, co, conv->t_out, s->c_out)] = relu && sum < 0.0 ? 0.0f : (float)sum;
                }
}

static double input_gradient(const lw_conv *conv, int n, int h, int t, int ci, const float *dy, const float *weight) {
    const lw_conv_shape *s = &conv->shape;
    double sum = 0.0;
    for (int kh = 0; kh < s->kh; kh++) {
        int ho = h - kh + conv->pad_h;
        if (ho < 0 || ho >= s->h)
            continue;
        for (int kw = 0; kw < s->kw; kw++) {
            int scaled = t - kw + conv->pad_t;
            if (scaled < 0 || scaled % s->stride != 0 || scaled / s->stride >= conv->t_out)
                continue;
            for (int co = 0; co < s->c_out; co++)
                sum += (double)dy[at(conv, n, ho, scaled / s->stride, co, conv->t_out, s->c_out)] *
                       (double)weight[at_weight(s, co, ci, kh, kw)];
        }
    }
    return sum;
}

static double weight_gradient(const lw_conv *conv, int n, int co, int ci, int kh, int kw, const float *x,
                              const float *dy) {
    const lw_conv_shape *s = &conv->shape;
    double sum = 0.0;
    for (int i = 0; i < n; i++)
        for (int h = 0; h < s->h; h++) {
            int hi = h + kh - conv->pad_h;
            if (hi < 0 || hi >= s->h)
                continue;
            for (int t = 0; t < conv->t_out; t++) {
                int ti = t * s->stride + kw - conv->pad_t;
                if (ti < 0 || ti >= s->t_in)
                    continue;
                sum += (double)x[at(conv, i, hi, ti, ci, s->t_in, s->c_in)] *
                       (double)dy[at(conv, i, h, t, co, conv->t_out, s->c_out)];
            }
        }
    return sum;
}

static double bias_gradient(const lw_conv *conv, int n, int co, const float *dy) {
    size_t positions = (size_t)n * (size_t)conv->shape.h * (size_t)conv->t_out;
    double sum = 0.0;
    for (size_t p = 0; p < positions; p++)
        sum += (double)dy[p * (size_t)conv->shape.c_out + (size_t)co];
    return sum;
}

static void backward(const lw_conv *conv, int n, const float *x, const float *dy, const float *packed,
                     const float *kept, float *dx, float *dweight, float *dbias, float *scratch) {
    const lw_conv_shape *s = &conv->shape;
    (void)kept;
    (void)scratch;
    for (int co = 0; co < s->c_out; co++) {
        for (int ci = 0; ci < s->c_in; ci++)
            for (int kh = 0; kh < s->kh; kh++)
                for (int kw = 0; kw < s->kw; kw++)
                    dweight[at_weight(s, co, ci, kh, kw)] = (float)weight_gradient(conv, n, co, ci, kh, kw, x, dy);
        if (dbias)
            dbias[co] = (float)bias_gradient(conv, n, co, dy);
    }
    if (!dx)
        return;
    for (int i = 0; i < n; i++)
        for (int h = 0; h < s->h; h++)
            for (int t = 0; t < s->t_in; t++)
                for (int ci = 0; ci < s->c_in; ci++)
                    dx[at(conv, i, h, t, ci, s->t_in, s->c_in)] = (float)input_gradient(conv, i, h, t, ci, dy, packed);
}

const lw_conv_method lw_conv_reference = {"reference", cost, plan, NULL, pack, forward, backward};
