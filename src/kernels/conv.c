/* Convolution: this file checks shapes, chooses the cheapest method, calls it, and holds what methods share. */
#include "kernels/conv.h"

#include <assert.h>
#include <limits.h>
#include <stdint.h>
#include <stdlib.h>

#include "base/error.h"
#include "base/memory.h"
#include "base/parallel.h"
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
        return lw_fail(
            err, LW_ERR_ARGUMENT,
            "%d records at once through a convolution of %d to %d channels, %d x %d samples, kernel %d x %d, "
            "stride %d, on %d threads, expected at least 1 of each and fewer than 2^31 values",
            s->n, s->c_in, s->c_out, s->h, s->t_in, s->kh, s->kw, s->stride, use->threads);
    return LW_OK;
}

/** A conv filled up to its kernels. */
static lw_status start(const lw_conv_shape *shape, const lw_conv_use *use, lw_conv *conv, lw_error *err) {
    lw_status status = check_shape(shape, use, err);
    if (status != LW_OK)
        return status;
    conv->shape = *shape;
    conv->use = *use;
    conv->t_out = lw_conv_t_out(shape);
    conv->pad_h = lw_conv_pad_before(shape->h, shape->kh, 1);
    conv->pad_t = lw_conv_pad_before(shape->t_in, shape->kw, shape->stride);
    return lw_kernels_find(use->tuning.isa, &conv->kernels, err);
}

static lw_status finish(const lw_conv *planned, lw_conv **out, lw_error *err) {
    lw_conv *conv = lw_calloc(1, sizeof *conv);
    if (!conv)
        return lw_fail_no_memory(err, "a network's convolutions");
    *conv = *planned;
    lw_status status = conv->method->plan(conv, err);
    if (status == LW_OK)
        *out = conv;
    else
        free(conv);
    return status;
}

/** The methods there are, by their number in lw_tuning; direct sums do every shape. */
static const lw_conv_method *const methods[] = {
    [LW_CONV_DIRECT] = &lw_conv_direct,
    [LW_CONV_SPECTRAL] = &lw_conv_spectral,
    [LW_CONV_WINOGRAD] = &lw_conv_winograd,
    [LW_CONV_REFERENCE] = &lw_conv_reference,
};

/** Set the cheapest method, or the one that is forced where it can do the layer. */
static void choose(lw_conv *conv) {
    const int forced = (int)conv->use.tuning.method;
    conv->method = &lw_conv_direct;
    conv->cost = conv->method->cost(conv);
    assert(isfinite(conv->cost.seconds));
    if (lw_conv_chunk(conv) == 0)
        return;
    for (int i = LW_CONV_DIRECT + 1; i < (int)(sizeof methods / sizeof methods[0]); i++) {
        if (forced != LW_CONV_PLANNED && forced != i)
            continue;
        const lw_conv_cost cost = methods[i]->cost(conv);
        if (cost.seconds < conv->cost.seconds || (forced == i && isfinite(cost.seconds))) {
            conv->method = methods[i];
            conv->cost = cost;
        }
    }
}

lw_status lw_conv_create(const lw_conv_shape *shape, const lw_conv_use *use, lw_conv **out, lw_error *err) {
    lw_conv conv = {0};
    lw_status status = start(shape, use, &conv, err);
    if (status != LW_OK)
        return status;
    choose(&conv);
    return finish(&conv, out, err);
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
    assert(n >= 1 && n <= conv->shape.n);
    conv->method->forward(conv, n, x, packed, bias, relu, y, kept, scratch);
}

void lw_conv_backward(const lw_conv *conv, int n, const float *x, const float *dy, const float *packed,
                      const float *kept, float *dx, float *dweight, float *dbias, float *scratch) {
    assert(n >= 1 && n <= conv->shape.n);
    conv->method->backward(conv, n, x, dy, packed, kept, dx, dweight, dbias, scratch);
}

double lw_conv_operations(const lw_conv *conv, bool backward) {
    return backward ? conv->cost.backward_operations : conv->cost.forward_operations;
}

const char *lw_conv_describe(const lw_conv *conv) { return conv->description; }

/* ---- What methods share */

int lw_conv_priced_records(const lw_conv *conv) {
    enum { INFERENCE_RECORDS = 2 };
    return conv->use.training ? conv->shape.n : INFERENCE_RECORDS;
}

int lw_conv_chunk(const lw_conv *conv) {
    const int halvings = conv->use.thrift - 2, n = conv->shape.n;
    const int records = conv->use.training ? n : lw_most(n, LW_CONV_INFERENCE_BATCH);
    return halvings <= 0 ? n : halvings < 31 ? lw_least(n, records >> halvings) : 0;
}

double lw_conv_seconds(const lw_conv *conv, double operations, double share) {
    const double peak_of_lane = 8.7e9; /* two multiply-adds a cycle */
    return operations / (peak_of_lane * conv->kernels->lanes * share);
}

double lw_conv_moving(double bytes) {
    const double bytes_second = 40e9;
    return bytes / bytes_second;
}

int lw_thread_number(void) {
#ifdef _OPENMP
    return omp_get_thread_num();
#else
    return 0;
#endif
}

/** Slices of a sum over rows: enough for any number of threads, always the same. */
enum { SLICES = 64 };

ptrdiff_t lw_bias_gradient_floats(int channels) { return SLICES * lw_round_line(channels); }

void lw_bias_gradient(const lw_conv *conv, const float *dy, ptrdiff_t rows, float *dbias, float *scratch) {
    const int channels = conv->shape.c_out;
    const ptrdiff_t stride = lw_round_line(channels);
#pragma omp parallel for num_threads(conv->use.threads)
    for (int slice = 0; slice < SLICES; slice++) {
        ptrdiff_t begin = rows * slice / SLICES, end = rows * (slice + 1) / SLICES;
        conv->kernels->column_sums(dy + begin * channels, end - begin, channels, scratch + slice * stride);
    }
    for (int c = 0; c < channels; c++) {
        double sum = 0.0;
        for (int slice = 0; slice < SLICES; slice++)
            sum += (double)scratch[slice * stride + c];
        dbias[c] = (float)sum;
    }
}
