/*
 * Direct convolution as products with overlapping rows.
 *
 * With channels innermost, the samples under a kernel at output t are one contiguous window of kw * c_in floats that
 * starts at t * stride * c_in of a zero-padded row. So each lead tap is a matrix product [t_out][window] x
 * [window][c_out] whose left rows overlap; all lead taps are summed in registers. The data gradient is the same with
 * flipped weights, once per residue of the input position modulo the stride; the weight gradient is the transposed
 * product.
 */
#include <stdio.h>
#include <string.h>

#include "base/memory.h"
#include "kernels/conv_method.h"
#include "kernels/target.h"

/** A register block: positions x channels. Twelve AVX2 or six AVX-512 accumulators. */
enum { BLOCK_T = 6, BLOCK_C = 16 };

/** Products summed on their own before they join the total: rounding then grows with the square root of far fewer
 * terms. */
enum { CHUNK = 64 };

typedef float vec __attribute__((vector_size(BLOCK_C * sizeof(float)), aligned(4), may_alias));
typedef int vec_mask __attribute__((vector_size(BLOCK_C * sizeof(int))));

static size_t blocks_of(int channels) { return ((size_t)channels + BLOCK_C - 1) / BLOCK_C; }

static int ceil_div(int a, int b) { return (a + b - 1) / b; }

static int at_least(int a, int b) { return a > b ? a : b; }

/** One output row for one block of channels. */
typedef struct window_product {
    const float *x; /**< padded rows, [rows][x_row] */
    size_t x_row, x_step;
    size_t rows, window;
    const float *w;    /**< [rows][window][BLOCK_C] */
    const float *bias; /**< [BLOCK_C] */
    float *y;          /**< positions y_step apart */
    size_t y_step;
    int positions;
    size_t channels; /**< of the block that exist */
    bool relu;
} window_product;

LW_TARGET_CLONES
static void multiply_windows(const window_product *job) {
    const size_t step = job->x_step;
    for (int t = 0; t < job->positions; t += BLOCK_T) {
        /* The last block is moved back so that it is full: some positions come out twice, with equal values. */
        int start = t + BLOCK_T <= job->positions ? t : at_least(job->positions - BLOCK_T, 0);
        vec bias = *(const vec *)job->bias;
        vec sum[BLOCK_T] = {bias, bias, bias, bias, bias, bias};
        for (size_t r = 0; r < job->rows; r++) {
            const float *x = job->x + r * job->x_row + (size_t)start * step;
            const float *w = job->w + r * job->window * BLOCK_C;
            for (size_t begin = 0; begin < job->window; begin += CHUNK) {
                size_t end = begin + CHUNK < job->window ? begin + CHUNK : job->window;
                vec part[BLOCK_T] = {{0}};
                for (size_t j = begin; j < end; j++) {
                    vec wj = *(const vec *)(w + j * BLOCK_C);
#pragma GCC unroll 6
                    for (size_t i = 0; i < BLOCK_T; i++)
                        part[i] += x[i * step + j] * wj;
                }
                for (size_t i = 0; i < BLOCK_T; i++)
                    sum[i] += part[i];
            }
        }
        int count = job->positions < BLOCK_T ? job->positions : BLOCK_T;
        for (int i = 0; i < count; i++) {
            vec value = sum[i];
            if (job->relu)
                value = (vec)((vec_mask)value & (vec_mask)(value > 0.0f));
            memcpy(job->y + (size_t)(start + i) * job->y_step, &value, job->channels * sizeof(float));
        }
    }
}

/** dw [window][BLOCK_C] += sum over t of x[t * step + j] * dy[t][BLOCK_C]. */
LW_TARGET_CLONES
static void add_window_gradient(const float *x, size_t step, const float *dy, size_t positions, size_t window,
                                float *dw) {
    for (size_t j = 0; j < window; j += BLOCK_T) {
        /* Moved back as above; rows that the block before has added are left alone. */
        size_t start = j + BLOCK_T <= window || window < BLOCK_T ? j : window - BLOCK_T;
        vec sum[BLOCK_T] = {{0}};
        for (size_t t = 0; t < positions; t++) {
            const float *xt = x + t * step + start;
            vec dyt = *(const vec *)(dy + t * BLOCK_C);
#pragma GCC unroll 6
            for (size_t i = 0; i < BLOCK_T; i++)
                sum[i] += xt[i] * dyt;
        }
        for (size_t i = j - start; i < BLOCK_T && start + i < window; i++)
            *(vec *)(dw + (start + i) * BLOCK_C) += sum[i];
    }
}

/* Shapes of the scratch blocks and of the two packed forms. */

/** Positions of a padded input row: what full register blocks read. */
static size_t padded_in(const lw_conv *conv) {
    const lw_conv_shape *s = &conv->shape;
    return (size_t)((at_least(conv->t_out, BLOCK_T) - 1) * s->stride + s->kw);
}

static size_t padded_in_floats(const lw_conv *conv) { return padded_in(conv) * (size_t)conv->shape.c_in + BLOCK_T; }

/** Zeros before an output row for the data gradient: the most taps any residue has. */
static int padded_out_before(const lw_conv *conv) { return ceil_div(conv->shape.kw, conv->shape.stride); }

static size_t padded_out(const lw_conv *conv) {
    const lw_conv_shape *s = &conv->shape;
    return (size_t)(padded_out_before(conv) + ceil_div(conv->pad_t, s->stride) +
                    at_least(ceil_div(s->t_in, s->stride), BLOCK_T) + 1);
}

static size_t forward_weight_floats(const lw_conv_shape *s) {
    return blocks_of(s->c_out) * BLOCK_C * (size_t)s->kh * (size_t)s->kw * (size_t)s->c_in;
}

static size_t flipped_weight_floats(const lw_conv_shape *s) {
    return blocks_of(s->c_in) * BLOCK_C * (size_t)s->kh * (size_t)s->kw * (size_t)s->c_out;
}

static size_t larger(size_t a, size_t b) { return a > b ? a : b; }

static bool supports(const lw_conv_shape *shape, const lw_conv_use *use) {
    (void)shape;
    (void)use;
    return true;
}

static lw_status plan(lw_conv *conv, lw_error *err) {
    (void)err;
    const lw_conv_shape *s = &conv->shape;
    const size_t threads = (size_t)conv->use.threads, kh = (size_t)s->kh;
    conv->packed_floats = forward_weight_floats(s);
    conv->scratch_floats = threads * kh * padded_in_floats(conv);
    if (conv->use.training) {
        size_t part = padded_in_floats(conv) + (size_t)conv->t_out * BLOCK_C;
        conv->scratch_floats = larger(conv->scratch_floats, forward_weight_floats(s) + threads * part);
    }
    if (conv->use.training && conv->use.input_gradient) {
        conv->packed_floats += flipped_weight_floats(s);
        conv->scratch_floats = larger(conv->scratch_floats, threads * kh * padded_out(conv) * (size_t)s->c_out);
    }
    snprintf(conv->description, sizeof conv->description, "direct %dx%d", BLOCK_T, BLOCK_C);
    return LW_OK;
}

static float weight_at(const lw_conv_shape *s, const float *weight, int co, int ci, int kh, int kw) {
    return weight[(((size_t)co * (size_t)s->c_in + (size_t)ci) * (size_t)s->kh + (size_t)kh) * (size_t)s->kw +
                  (size_t)kw];
}

/** packed [block of c_out][kh][kw][c_in][BLOCK_C], missing channels 0. */
static void pack_forward(const lw_conv_shape *s, const float *weight, float *packed) {
    for (int block = 0; block < s->c_out; block += BLOCK_C)
        for (int kh = 0; kh < s->kh; kh++)
            for (int kw = 0; kw < s->kw; kw++)
                for (int ci = 0; ci < s->c_in; ci++)
                    for (int co = block; co < block + BLOCK_C; co++)
                        *packed++ = co < s->c_out ? weight_at(s, weight, co, ci, kh, kw) : 0.0f;
}

/** Taps kw = residue + m * stride, for m below this. */
static int residue_taps(const lw_conv_shape *s, int residue) {
    return residue < s->kw ? ceil_div(s->kw - residue, s->stride) : 0;
}

/** packed [residue][block of c_in][kh flipped][taps of the residue, flipped][c_out][BLOCK_C]. */
static void pack_flipped(const lw_conv_shape *s, const float *weight, float *packed) {
    for (int residue = 0; residue < s->stride; residue++)
        for (int block = 0; block < s->c_in; block += BLOCK_C)
            for (int kh = s->kh - 1; kh >= 0; kh--)
                for (int m = residue_taps(s, residue) - 1; m >= 0; m--)
                    for (int co = 0; co < s->c_out; co++)
                        for (int ci = block; ci < block + BLOCK_C; ci++)
                            *packed++ = ci < s->c_in ? weight_at(s, weight, co, ci, kh, residue + m * s->stride) : 0.0f;
}

static void pack(const lw_conv *conv, const float *weight, float *packed, float *scratch) {
    (void)scratch;
    pack_forward(&conv->shape, weight, packed);
    if (conv->use.training && conv->use.input_gradient)
        pack_flipped(&conv->shape, weight, packed + forward_weight_floats(&conv->shape));
}

/** Copy a row of `t_count` x c floats to padded[total][c] at position `before`, zeros around it. */
static void pad_row(const float *row, int t_count, size_t c, size_t before, size_t total, float *padded) {
    size_t copied = (size_t)t_count < total - before ? (size_t)t_count : total - before;
    memset(padded, 0, before * c * sizeof *padded);
    memcpy(padded + before * c, row, copied * c * sizeof *padded);
    memset(padded + (before + copied) * c, 0, (total - before - copied) * c * sizeof *padded);
}

/** Leads under a kernel of kh taps at lead h: taps [first, last) fall on leads h + tap - pad that exist. */
static void lead_taps(const lw_conv_shape *s, int h, int pad, int *first, int *last) {
    *first = at_least(pad - h, 0);
    *last = s->kh - at_least(h - pad + s->kh - s->h, 0);
}

/** Part `part` of `parts` of `total` pieces of work begins here. */
static size_t part_begin(size_t total, int part, int parts) { return total * (size_t)part / (size_t)parts; }

static void forward_row(const lw_conv *conv, size_t row, const float *x, const float *packed, const float *bias,
                        bool relu, float *y, float *padded) {
    const lw_conv_shape *s = &conv->shape;
    const size_t c_in = (size_t)s->c_in, c_out = (size_t)s->c_out, window = (size_t)s->kw * c_in;
    const int h = (int)(row % (size_t)s->h);
    int first, last;
    lead_taps(s, h, conv->pad_h, &first, &last);
    window_product job = {.x = padded,
                          .x_row = padded_in_floats(conv),
                          .x_step = (size_t)s->stride * c_in,
                          .rows = (size_t)(last - first),
                          .window = window,
                          .y_step = c_out,
                          .positions = conv->t_out,
                          .relu = relu};
    for (int tap = first; tap < last; tap++) {
        size_t from = row + (size_t)tap - (size_t)conv->pad_h;
        pad_row(x + from * (size_t)s->t_in * c_in, s->t_in, c_in, (size_t)conv->pad_t, padded_in(conv),
                padded + (size_t)(tap - first) * job.x_row);
    }
    for (size_t block = 0; block < blocks_of(s->c_out); block++) {
        float offset[BLOCK_C] = {0};
        size_t c = block * BLOCK_C;
        job.channels = c_out - c < BLOCK_C ? c_out - c : BLOCK_C;
        if (bias)
            memcpy(offset, bias + c, job.channels * sizeof *offset);
        job.bias = offset;
        job.w = packed + (block * (size_t)s->kh + (size_t)first) * window * BLOCK_C;
        job.y = y + row * (size_t)conv->t_out * c_out + c;
        multiply_windows(&job);
    }
}

static void forward(const lw_conv *conv, int n, const float *x, const float *packed, const float *bias, bool relu,
                    float *y, float *kept, float *scratch) {
    (void)kept;
    const size_t rows = (size_t)n * (size_t)conv->shape.h;
    const int threads = conv->use.threads;
#pragma omp parallel for num_threads(threads) schedule(static)
    for (int part = 0; part < threads; part++) {
        float *padded = scratch + (size_t)part * (size_t)conv->shape.kh * padded_in_floats(conv);
        for (size_t row = part_begin(rows, part, threads); row < part_begin(rows, part + 1, threads); row++)
            forward_row(conv, row, x, packed, bias, relu, y, padded);
    }
}

/** The positions of one residue in one row of dx; `flipped` is that residue's part of the packed weights. */
static void input_gradient_residue(const lw_conv *conv, int residue, const float *padded, size_t taps_h,
                                   size_t first_tap, const float *flipped, float *dx) {
    const lw_conv_shape *s = &conv->shape;
    const size_t c_in = (size_t)s->c_in, c_out = (size_t)s->c_out;
    const int taps = residue_taps(s, residue);
    /* Input t = residue - pad + stride * j meets output j - m under tap residue + stride * m. */
    const int j_first = residue >= conv->pad_t ? 0 : ceil_div(conv->pad_t - residue, s->stride);
    const int t_first = residue - conv->pad_t + s->stride * j_first;
    const float zero[BLOCK_C] = {0};
    window_product job = {.x_row = padded_out(conv) * c_out,
                          .x_step = c_out,
                          .rows = taps ? taps_h : 0,
                          .window = (size_t)taps * c_out,
                          .bias = zero,
                          .y_step = (size_t)s->stride * c_in,
                          .positions = t_first < s->t_in ? ceil_div(s->t_in - t_first, s->stride) : 0};
    job.x = padded + (size_t)(padded_out_before(conv) + j_first - at_least(taps - 1, 0)) * c_out;
    for (size_t block = 0; block < blocks_of(s->c_in) && job.positions > 0; block++) {
        size_t c = block * BLOCK_C;
        job.channels = c_in - c < BLOCK_C ? c_in - c : BLOCK_C;
        job.w = flipped + (block * (size_t)s->kh + first_tap) * job.window * BLOCK_C;
        job.y = dx + (size_t)t_first * c_in + c;
        multiply_windows(&job);
    }
}

static void input_gradient_row(const lw_conv *conv, size_t row, const float *dy, const float *flipped, float *dx,
                               float *padded) {
    const lw_conv_shape *s = &conv->shape;
    const size_t c_out = (size_t)s->c_out;
    const int pad = s->kh - 1 - conv->pad_h;
    int first, last;
    lead_taps(s, (int)(row % (size_t)s->h), pad, &first, &last);
    for (int tap = first; tap < last; tap++) {
        size_t from = row + (size_t)tap - (size_t)pad;
        pad_row(dy + from * (size_t)conv->t_out * c_out, conv->t_out, c_out, (size_t)padded_out_before(conv),
                padded_out(conv), padded + (size_t)(tap - first) * padded_out(conv) * c_out);
    }
    const float *weights = flipped;
    for (int residue = 0; residue < s->stride; residue++) {
        input_gradient_residue(conv, residue, padded, (size_t)(last - first), (size_t)first, weights,
                               dx + row * (size_t)s->t_in * (size_t)s->c_in);
        weights += blocks_of(s->c_in) * BLOCK_C * (size_t)s->kh * (size_t)residue_taps(s, residue) * c_out;
    }
}

static void input_gradient(const lw_conv *conv, int n, const float *dy, const float *packed, float *dx,
                           float *scratch) {
    const lw_conv_shape *s = &conv->shape;
    const size_t rows = (size_t)n * (size_t)s->h;
    const int threads = conv->use.threads;
#pragma omp parallel for num_threads(threads) schedule(static)
    for (int part = 0; part < threads; part++) {
        float *padded = scratch + (size_t)part * (size_t)s->kh * padded_out(conv) * (size_t)s->c_out;
        for (size_t row = part_begin(rows, part, threads); row < part_begin(rows, part + 1, threads); row++)
            input_gradient_row(conv, row, dy, packed + forward_weight_floats(s), dx, padded);
    }
}

/** BLOCK_C channels of a row [positions][c_out] from channel c on, as [positions][BLOCK_C] with zeros for missing ones.
 */
static void gather_channels(const float *row, size_t positions, size_t c_out, size_t c, float *gathered) {
    size_t channels = c_out - c < BLOCK_C ? c_out - c : BLOCK_C;
    for (size_t t = 0; t < positions; t++) {
        memset(gathered + t * BLOCK_C, 0, BLOCK_C * sizeof *gathered);
        memcpy(gathered + t * BLOCK_C, row + t * c_out + c, channels * sizeof *gathered);
    }
}

/** One lead tap and one block of output channels of the weight gradient: dw [kw * c_in][BLOCK_C]. */
static void weight_gradient_tap(const lw_conv *conv, int n, int tap, size_t block, const float *x, const float *dy,
                                float *dw, float *scratch) {
    const lw_conv_shape *s = &conv->shape;
    const size_t c_in = (size_t)s->c_in, c_out = (size_t)s->c_out, window = (size_t)s->kw * c_in;
    const int first = at_least(conv->pad_h - tap, 0), last = s->h - at_least(tap - conv->pad_h, 0);
    float *padded = scratch, *gathered = scratch + padded_in_floats(conv);
    memset(dw, 0, window * BLOCK_C * sizeof *dw);
    for (int i = 0; i < n; i++)
        for (int h = first; h < last; h++) {
            size_t row_out = (size_t)i * (size_t)s->h + (size_t)h;
            size_t row_in = row_out + (size_t)tap - (size_t)conv->pad_h;
            pad_row(x + row_in * (size_t)s->t_in * c_in, s->t_in, c_in, (size_t)conv->pad_t, padded_in(conv), padded);
            gather_channels(dy + row_out * (size_t)conv->t_out * c_out, (size_t)conv->t_out, c_out, block * BLOCK_C,
                            gathered);
            add_window_gradient(padded, (size_t)s->stride * c_in, gathered, (size_t)conv->t_out, window, dw);
        }
}

/** From packed gradients of one lead tap and block to [c_out][c_in][kh][kw]. */
static void unpack_tap(const lw_conv_shape *s, int tap, size_t block, const float *dw, float *dweight) {
    for (int k = 0; k < s->kw; k++)
        for (int ci = 0; ci < s->c_in; ci++, dw += BLOCK_C)
            for (size_t c = 0; c < BLOCK_C && block * BLOCK_C + c < (size_t)s->c_out; c++) {
                size_t channel = (block * BLOCK_C + c) * (size_t)s->c_in + (size_t)ci;
                dweight[(channel * (size_t)s->kh + (size_t)tap) * (size_t)s->kw + (size_t)k] = dw[c];
            }
}

static void weight_gradient(const lw_conv *conv, int n, const float *x, const float *dy, float *dweight,
                            float *scratch) {
    const lw_conv_shape *s = &conv->shape;
    const size_t window = (size_t)s->kw * (size_t)s->c_in, tasks = blocks_of(s->c_out) * (size_t)s->kh;
    const int threads = conv->use.threads;
    float *parts = scratch + forward_weight_floats(s);
    const size_t part_floats = padded_in_floats(conv) + (size_t)conv->t_out * BLOCK_C;
#pragma omp parallel for num_threads(threads) schedule(static)
    for (int part = 0; part < threads; part++)
        for (size_t task = part_begin(tasks, part, threads); task < part_begin(tasks, part + 1, threads); task++) {
            float *dw = scratch + task * window * BLOCK_C;
            int tap = (int)(task % (size_t)s->kh);
            size_t block = task / (size_t)s->kh;
            weight_gradient_tap(conv, n, tap, block, x, dy, dw, parts + (size_t)part * part_floats);
            unpack_tap(s, tap, block, dw, dweight);
        }
}

/** Sums within a row in float, over rows in double: as exact as it need be, and in one order. */
static void bias_gradient(const lw_conv *conv, int n, const float *dy, float *dbias) {
    const size_t rows = (size_t)n * (size_t)conv->shape.h, t_out = (size_t)conv->t_out;
    const size_t c_out = (size_t)conv->shape.c_out;
#pragma omp parallel for num_threads(conv->use.threads) schedule(static)
    for (size_t block = 0; block < blocks_of(conv->shape.c_out); block++) {
        double total[BLOCK_C] = {0};
        size_t channels = c_out - block * BLOCK_C < BLOCK_C ? c_out - block * BLOCK_C : BLOCK_C;
        for (size_t row = 0; row < rows; row++) {
            float sum[BLOCK_C] = {0};
            for (size_t t = 0; t < t_out; t++)
                for (size_t c = 0; c < channels; c++)
                    sum[c] += dy[(row * t_out + t) * c_out + block * BLOCK_C + c];
            for (size_t c = 0; c < channels; c++)
                total[c] += (double)sum[c];
        }
        for (size_t c = 0; c < channels; c++)
            dbias[block * BLOCK_C + c] = (float)total[c];
    }
}

static void backward(const lw_conv *conv, int n, const float *x, const float *dy, const float *packed,
                     const float *kept, float *dx, float *dweight, float *dbias, float *scratch) {
    (void)kept;
    weight_gradient(conv, n, x, dy, dweight, scratch);
    if (dbias)
        bias_gradient(conv, n, dy, dbias);
    if (conv->use.input_gradient)
        input_gradient(conv, n, dy, packed, dx, scratch);
}

const lw_conv_method lw_conv_direct = {"direct", supports, plan, NULL, pack, forward, backward};
