/*
 * Convolution as a sum over taps and channels, in the vector kernels of the processor: any shape, best for short
 * kernels, strides and few channels.
 *
 * With channels innermost, the samples under a kernel are one contiguous window of kw * c_in floats, so that a lead tap
 * of a row of outputs is a matrix product
 *
 *     [outputs][window] x [window][c_out]
 *
 * whose left rows overlap in memory: they lie stride * c_in floats apart. All three computations have this form:
 *
 *     forward          rows: outputs; windows of x
 *     data gradient    rows: inputs of one residue modulo the stride; windows of dy, taps of that residue in reverse
 *     weight gradient  rows: taps and channels; depth: outputs (transposed windows), summed over leads and records
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "base/memory.h"
#include "kernels/conv_method.h"

/** Rows of outputs [record][lead][sample] from windows of inputs: forward, or one residue of the data gradient. */
typedef struct direct_pass {
    int c_in, c_out;
    int samples_in;          /**< a lead's, of the tensor read */
    int samples_out;         /**< a lead's, of the tensor written */
    int rows;                /**< a lead's outputs in this pass */
    int out_first, out_step; /**< row r is sample out_first + r * out_step */
    int in_first, in_step;   /**< its window starts at sample in_first + r * in_step, may lie partly outside */
    int taps;                /**< samples of a window; 0: all outputs are 0 */
    int leads, lead_taps, lead_pad;
    ptrdiff_t packed; /**< where its weights start: [panel][lead tap][taps * c_in][panel's channels padded] */
    ptrdiff_t packed_floats;
    /** Which taps they are: lead tap i is kernel row i (or, `flipped`, kh - 1 - i), tap m is column first + m * step.
     */
    int tap_first, tap_step;
    bool flipped; /**< data gradient: kernel mirrored, c_in and c_out exchanged */
} direct_pass;

typedef struct direct_layout {
    direct_pass forward;
    direct_pass *data; /**< owned: [stride], NULL unless planned */
    int data_count;
    ptrdiff_t window_floats; /**< a thread's padded copy of a window that reaches over an edge */
    int slices;              /**< parts of the sum over records and leads in the weight gradient */
    ptrdiff_t slice_floats;
} direct_layout;

enum {
    BLOCK_ROWS = 72,           /* output rows a job at most: inputs and outputs stay in cache */
    TILE_ROWS = 6,             /* a job's rows are a multiple of this: of most register tiles */
    B_CHUNK_FLOATS = 36 << 10, /* weights at a time: a part of the second-level cache */
    BLOCK_OUTPUTS = 64         /* outputs a block of the weight gradient: windows and gradients stay in cache */
};

static const direct_layout *plan_of(const lw_conv *conv) { return conv->plan; }

/** Channels of a full panel. */
static int panel_channels(const lw_kernels *k) { return k->panel_vectors * k->lanes; }

static ptrdiff_t padded_channels(const lw_kernels *k, int channels) {
    return (ptrdiff_t)lw_ceil_div(channels, k->lanes) * k->lanes;
}

static lw_conv_cost direct_cost(const lw_conv *conv) {
    const lw_conv_shape *s = &conv->shape;
    const double records = lw_conv_priced_records(conv), positions = records * s->h * conv->t_out;
    const double taps = 2.0 * s->kh * s->kw * s->c_in;
    const double tensors = 4.0 * records * s->h * ((double)s->t_in * s->c_in + (double)conv->t_out * s->c_out);
    const double forward =
        lw_conv_seconds(conv, positions * taps * (double)padded_channels(conv->kernels, s->c_out), LW_SHARE_REAL) +
        lw_conv_moving(tensors);
    const double operations = taps * s->n * s->h * conv->t_out * s->c_out;
    return (lw_conv_cost){
        .seconds = conv->use.training ? 3.0 * forward : forward,
        .forward_operations = operations,
        .backward_operations = lw_conv_backward_products(conv) * operations,
    };
}

static ptrdiff_t window_length(const direct_pass *p) { return (ptrdiff_t)p->taps * p->c_in; }

static void place_weights(const lw_kernels *k, direct_pass *pass, ptrdiff_t *end) {
    pass->packed = *end;
    pass->packed_floats = lw_round_line(pass->lead_taps * window_length(pass) * padded_channels(k, pass->c_out));
    *end += pass->packed_floats;
}

static direct_pass forward_pass(const lw_conv *conv) {
    const lw_conv_shape *s = &conv->shape;
    return (direct_pass){
        .c_in = s->c_in,
        .c_out = s->c_out,
        .samples_in = s->t_in,
        .samples_out = conv->t_out,
        .rows = conv->t_out,
        .out_step = 1,
        .in_first = -conv->pad_t,
        .in_step = s->stride,
        .taps = s->kw,
        .leads = s->h,
        .lead_taps = s->kh,
        .lead_pad = conv->pad_h,
        .tap_step = 1,
    };
}

/**
 * Inputs i with (i + pad) mod stride = residue, i = stride u + residue - pad, get
 * dx[i] = sum over m of dy[u - m] w[residue + stride m].
 */
static direct_pass data_pass(const lw_conv *conv, int residue) {
    const lw_conv_shape *s = &conv->shape;
    const int taps = residue < s->kw ? lw_ceil_div(s->kw - residue, s->stride) : 0;
    const int u_first = lw_ceil_div(conv->pad_t > residue ? conv->pad_t - residue : 0, s->stride);
    const int first = u_first * s->stride + residue - conv->pad_t;
    return (direct_pass){
        .c_in = s->c_out,
        .c_out = s->c_in,
        .samples_in = conv->t_out,
        .samples_out = s->t_in,
        .rows = first < s->t_in ? lw_ceil_div(s->t_in - first, s->stride) : 0,
        .out_first = first,
        .out_step = s->stride,
        .in_first = u_first - (taps - 1),
        .in_step = 1,
        .taps = taps,
        .leads = s->h,
        .lead_taps = s->kh,
        .lead_pad = s->kh - 1 - conv->pad_h,
        .tap_first = residue + (taps - 1) * s->stride,
        .tap_step = -s->stride,
        .flipped = true,
    };
}

/** Output rows a job: as even as whole register tiles allow. */
static int block_rows(const direct_pass *p) {
    const int blocks = lw_ceil_div(p->rows, BLOCK_ROWS);
    return blocks == 0 ? 1 : lw_ceil_div(lw_ceil_div(p->rows, blocks), TILE_ROWS) * TILE_ROWS;
}

static ptrdiff_t window_floats(const direct_pass *p, int rows) {
    return ((ptrdiff_t)(rows - 1) * p->in_step + p->taps) * p->c_in;
}

/** Floats of scratch of weight_gradient. */
static ptrdiff_t weight_floats(const lw_conv *conv, const direct_layout *plan) {
    const direct_pass *p = &plan->forward;
    const ptrdiff_t window = ((ptrdiff_t)(BLOCK_OUTPUTS - 1) * p->in_step + p->taps) * p->c_in;
    return plan->slices * plan->slice_floats + conv->use.threads * lw_round_line(window);
}

static void plan_sizes(lw_conv *conv, direct_layout *plan) {
    ptrdiff_t packed = 0;
    place_weights(conv->kernels, &plan->forward, &packed);
    plan->window_floats = window_floats(&plan->forward, BLOCK_ROWS);
    for (int i = 0; i < plan->data_count; i++) {
        place_weights(conv->kernels, &plan->data[i], &packed);
        const ptrdiff_t floats = window_floats(&plan->data[i], BLOCK_ROWS);
        plan->window_floats = floats > plan->window_floats ? floats : plan->window_floats;
    }
    plan->window_floats = lw_round_line(plan->window_floats);
    ptrdiff_t scratch = conv->use.threads * plan->window_floats;
    if (conv->use.training) {
        const ptrdiff_t weight = weight_floats(conv, plan);
        const ptrdiff_t bias = lw_bias_gradient_floats(conv->shape.c_out);
        scratch = weight > scratch ? weight : scratch;
        scratch = bias > scratch ? bias : scratch;
    }
    conv->packed_floats = (size_t)packed;
    conv->scratch_floats = (size_t)scratch;
    conv->kept_floats = 0;
}

/** The weight gradient's sum is cut into as many slices as keep their total moderate, whatever the number of threads.
 */
static void plan_slices(const lw_conv *conv, direct_layout *plan) {
    enum { SLICES_MAX = 16, SLICES_FLOATS = 8 << 20 };
    const lw_conv_shape *s = &conv->shape;
    plan->slice_floats = lw_round_line((ptrdiff_t)s->kh * s->kw * s->c_in * s->c_out);
    const ptrdiff_t fit = SLICES_FLOATS / plan->slice_floats;
    plan->slices = fit < 1 ? 1 : fit > SLICES_MAX ? SLICES_MAX : (int)fit;
}

static void direct_unplan(lw_conv *conv) {
    direct_layout *plan = conv->plan;
    free(plan->data);
    free(plan);
    conv->plan = NULL;
}

static lw_status direct_plan(lw_conv *conv, lw_error *err) {
    direct_layout *plan = lw_calloc(1, sizeof *plan);
    if (!plan)
        return lw_fail_no_memory(err, "a network's convolutions");
    conv->plan = plan;
    plan->forward = forward_pass(conv);
    plan_slices(conv, plan);
    if (conv->use.training && conv->use.input_gradient) {
        plan->data = lw_calloc((size_t)conv->shape.stride, sizeof *plan->data);
        if (!plan->data) {
            direct_unplan(conv);
            return lw_fail_no_memory(err, "a network's convolutions");
        }
        plan->data_count = conv->shape.stride;
        for (int residue = 0; residue < plan->data_count; residue++)
            plan->data[residue] = data_pass(conv, residue);
    }
    plan_sizes(conv, plan);
    snprintf(conv->description, sizeof conv->description, "direct %s", lw_isa_name(conv->kernels->isa));
    return LW_OK;
}

/** The kernel's element for lead tap i, tap m, and channels of the tensors read and written. */
static float weight_at(const lw_conv_shape *s, const direct_pass *p, const float *weight, int i, int m, int c_read,
                       int c_written) {
    const int o = p->flipped ? c_read : c_written, c = p->flipped ? c_written : c_read;
    const int row = p->flipped ? s->kh - 1 - i : i, column = p->tap_first + m * p->tap_step;
    return weight[(((ptrdiff_t)o * s->c_in + c) * s->kh + row) * s->kw + column];
}

/** Pack one panel's weights of one lead tap. */
static void pack_panel(const lw_conv_shape *s, const direct_pass *p, const lw_kernels *k, const float *weight,
                       int panel, int i, float *to) {
    const int first = panel * panel_channels(k), count = lw_least(panel_channels(k), p->c_out - first);
    const int width = (int)padded_channels(k, count);
    for (int m = 0; m < p->taps; m++) {
        for (int c = 0; c < p->c_in; c++, to += width) {
            for (int o = 0; o < count; o++)
                to[o] = weight_at(s, p, weight, i, m, c, first + o);
            for (int o = count; o < width; o++)
                to[o] = 0.0f;
        }
    }
}

/** Where a panel's weights of one lead tap lie within the pass's. */
static ptrdiff_t panel_offset(const direct_pass *p, const lw_kernels *k, int panel, int i) {
    const int first = panel * panel_channels(k), count = lw_least(panel_channels(k), p->c_out - first);
    return window_length(p) * ((ptrdiff_t)first * p->lead_taps + i * padded_channels(k, count));
}

static void pack_pass(const lw_conv *conv, const direct_pass *p, const float *weight, float *packed) {
    const lw_kernels *k = conv->kernels;
    const int panels = lw_ceil_div(p->c_out, panel_channels(k));
#pragma omp parallel for collapse(2) num_threads(conv->use.threads)
    for (int panel = 0; panel < panels; panel++)
        for (int i = 0; i < p->lead_taps; i++)
            pack_panel(&conv->shape, p, k, weight, panel, i, packed + p->packed + panel_offset(p, k, panel, i));
}

static void direct_pack(const lw_conv *conv, const float *weight, float *packed, float *scratch) {
    (void)scratch;
    const direct_layout *plan = plan_of(conv);
    pack_pass(conv, &plan->forward, weight, packed);
    for (int i = 0; i < plan->data_count; i++)
        pack_pass(conv, &plan->data[i], weight, packed);
}

/**
 * The inputs under rows [first, first + count) of a pass in one lead: in place when all exist, else copied to `copy`
 * with zeros around.
 */
static const float *window_of(const direct_pass *p, const float *lead, int first, int count, float *copy) {
    const int begin = p->in_first + first * p->in_step;
    const int length = (count - 1) * p->in_step + p->taps;
    if (begin >= 0 && begin + length <= p->samples_in)
        return lead + (ptrdiff_t)begin * p->c_in;
    for (int t = 0; t < length; t++) {
        const int from = begin + t;
        float *to = copy + (ptrdiff_t)t * p->c_in;
        if (from >= 0 && from < p->samples_in)
            memcpy(to, lead + (ptrdiff_t)from * p->c_in, (size_t)p->c_in * sizeof *to);
        else
            memset(to, 0, (size_t)p->c_in * sizeof *to);
    }
    return copy;
}

/** A job: rows [first, first + count) of lead h of a record. */
typedef struct row_block {
    const float *record; /**< the tensor read */
    float *out;          /**< its row `first` in the tensor written */
    int h, first, count;
} row_block;

/**
 * Add one lead tap's part of a block, a chunk of depth at a time, all panels. `start` and `end`: the first and the last
 * part of the sum, with bias and relu.
 */
static void add_lead_tap(const lw_kernels *k, const direct_pass *p, const row_block *block, const float *a,
                         const float *weights, int i, const float *bias, bool start, bool relu) {
    const int panel = panel_channels(k);
    const int depth = (int)window_length(p),
              chunks = depth > 0 ? lw_ceil_div(depth * lw_least(panel, p->c_out), B_CHUNK_FLOATS) : 1;
    for (int chunk = 0; chunk < chunks; chunk++) {
        const int begin = depth * chunk / chunks, end = depth * (chunk + 1) / chunks;
        for (int first = 0; first < p->c_out; first += panel) {
            const int columns = lw_least(panel, p->c_out - first);
            const ptrdiff_t width = padded_channels(k, columns);
            const lw_real_product product = {
                .rows = block->count,
                .depth = end - begin,
                .columns = columns,
                .a = a + begin,
                .a_row = (ptrdiff_t)p->in_step * p->c_in,
                .a_step = 1,
                .b = weights + panel_offset(p, k, first / panel, i) + begin * width,
                .b_step = width,
                .c = block->out + first,
                .c_row = (ptrdiff_t)p->out_step * p->c_out,
                .bias = bias ? bias + first : NULL,
                .accumulate = !start || chunk > 0,
                .relu = relu && chunk + 1 == chunks,
            };
            k->real_product(&product);
        }
    }
}

static void compute_block(const lw_kernels *k, const direct_pass *p, const row_block *block, const float *weights,
                          const float *bias, bool relu, float *copy) {
    const int i_first = p->lead_pad > block->h ? p->lead_pad - block->h : 0;
    const int i_end = lw_least(p->lead_taps, p->leads - block->h + p->lead_pad);
    for (int i = i_first; i < i_end; i++) {
        const ptrdiff_t lead = block->h + i - p->lead_pad;
        const float *from = block->record + lead * p->samples_in * p->c_in;
        const float *a = window_of(p, from, block->first, block->count, copy);
        add_lead_tap(k, p, block, a, weights, i, bias, i == i_first, relu && i + 1 == i_end);
    }
}

static void run_pass(const lw_conv *conv, const direct_pass *p, int n, const float *in, const float *packed,
                     const float *bias, bool relu, float *out, float *scratch) {
    const direct_layout *plan = plan_of(conv);
    const int size = block_rows(p), blocks = lw_ceil_div(p->rows, size), jobs = n * p->leads * blocks;
    const float *weights = packed + p->packed;
#pragma omp parallel num_threads(conv->use.threads)
    {
        float *copy = scratch + lw_thread_number() * plan->window_floats;
#pragma omp for schedule(dynamic, 2)
        for (int job = 0; job < jobs; job++) {
            const int b = job % blocks, h = job / blocks % p->leads, record = job / blocks / p->leads;
            const int first = b * size;
            const ptrdiff_t row =
                ((ptrdiff_t)record * p->leads + h) * p->samples_out + p->out_first + (ptrdiff_t)first * p->out_step;
            const row_block block = {
                .record = in + (ptrdiff_t)record * p->leads * p->samples_in * p->c_in,
                .out = out + row * p->c_out,
                .h = h,
                .first = first,
                .count = lw_least(size, p->rows - first),
            };
            compute_block(conv->kernels, p, &block, weights, bias, relu, copy);
        }
    }
}

/*
 * dw[i][j, c][o] = sum over records, leads h and outputs t of x[h + i - pad][t stride + j - pad][c] dy[h][t][o].
 * The sum over (record, lead) is cut into slices with a gradient each, added up in order at the end: the same sum for
 * any number of threads. Within a slice outputs come in blocks whose windows and gradients stay in the cache.
 */

/** Add a block's part to the gradient of one lead tap, [window][c_out]. */
static void add_block(const lw_conv *conv, const float *window, const float *dy, int count, float *dw) {
    const direct_pass *p = &plan_of(conv)->forward;
    const int panel = panel_channels(conv->kernels);
    for (int first = 0; first < p->c_out; first += panel) {
        const lw_real_product product = {
            .rows = p->taps * p->c_in,
            .depth = count,
            .columns = lw_least(panel, p->c_out - first),
            .a = window,
            .a_row = 1,
            .a_step = (ptrdiff_t)p->in_step * p->c_in,
            .b = dy + first,
            .b_step = p->c_out,
            .b_partial = true,
            .c = dw + first,
            .c_row = p->c_out,
            .accumulate = true,
        };
        conv->kernels->real_product(&product);
    }
}

/** One slice of one lead tap: (record, lead) pairs [begin, end). */
static void sum_slice(const lw_conv *conv, int i, ptrdiff_t begin, ptrdiff_t end, const float *x, const float *dy,
                      float *dw, float *copy) {
    const direct_pass *p = &plan_of(conv)->forward;
    memset(dw, 0, (size_t)p->taps * (size_t)p->c_in * (size_t)p->c_out * sizeof *dw);
    for (ptrdiff_t pair = begin; pair < end; pair++) {
        const ptrdiff_t h = pair % p->leads + i - p->lead_pad;
        if (h < 0 || h >= p->leads)
            continue;
        const float *lead = x + (pair - pair % p->leads + h) * p->samples_in * p->c_in;
        for (int first = 0; first < p->rows; first += BLOCK_OUTPUTS) {
            const int count = lw_least(BLOCK_OUTPUTS, p->rows - first);
            add_block(conv, window_of(p, lead, first, count, copy), dy + (pair * p->rows + first) * p->c_out, count,
                      dw);
        }
    }
}

/** Add the slices of one input channel and lay the sum out as [c_out][c_in][kh][kw]. */
static void collect(const lw_conv_shape *s, const direct_layout *plan, int c, const float *slices, float *dweight) {
    for (int tap = 0; tap < s->kh * s->kw; tap++) {
        const float *from = slices + ((ptrdiff_t)tap * s->c_in + c) * s->c_out;
        for (int o = 0; o < s->c_out; o++) {
            float sum = 0.0f;
            for (int slice = 0; slice < plan->slices; slice++)
                sum += from[slice * plan->slice_floats + o];
            dweight[((ptrdiff_t)o * s->c_in + c) * s->kh * s->kw + tap] = sum;
        }
    }
}

static void weight_gradient(const lw_conv *conv, int n, const float *x, const float *dy, float *dweight,
                            float *scratch) {
    const direct_layout *plan = conv->plan;
    const lw_conv_shape *s = &conv->shape;
    const int jobs = plan->slices * s->kh;
    const ptrdiff_t pairs = (ptrdiff_t)n * s->h, tap_floats = (ptrdiff_t)s->kw * s->c_in * s->c_out;
    const ptrdiff_t copies = plan->slices * plan->slice_floats;
    const ptrdiff_t copy_floats = (weight_floats(conv, plan) - copies) / conv->use.threads;
#pragma omp parallel num_threads(conv->use.threads)
    {
        float *copy = scratch + copies + lw_thread_number() * copy_floats;
#pragma omp for schedule(dynamic)
        for (int job = 0; job < jobs; job++) {
            const int i = job % s->kh, slice = job / s->kh;
            sum_slice(conv, i, pairs * slice / plan->slices, pairs * (slice + 1) / plan->slices, x, dy,
                      scratch + slice * plan->slice_floats + i * tap_floats, copy);
        }
#pragma omp for
        for (int c = 0; c < s->c_in; c++)
            collect(s, plan, c, scratch, dweight);
    }
}

static void direct_forward(const lw_conv *conv, int n, const float *x, const float *packed, const float *bias,
                           bool relu, float *y, float *kept, float *scratch) {
    (void)kept;
    run_pass(conv, &plan_of(conv)->forward, n, x, packed, bias, relu, y, scratch);
}

static void direct_backward(const lw_conv *conv, int n, const float *x, const float *dy, const float *packed,
                            const float *kept, float *dx, float *dweight, float *dbias, float *scratch) {
    (void)kept;
    const direct_layout *plan = plan_of(conv);
    for (int i = 0; i < plan->data_count; i++)
        run_pass(conv, &plan->data[i], n, dy, packed, NULL, false, dx, scratch);
    weight_gradient(conv, n, x, dy, dweight, scratch);
    if (dbias)
        lw_bias_gradient(conv, dy, (ptrdiff_t)n * conv->shape.h * conv->t_out, dbias, scratch);
}

const lw_conv_method lw_conv_direct = {
    .name = "direct",
    .cost = direct_cost,
    .plan = direct_plan,
    .unplan = direct_unplan,
    .pack = direct_pack,
    .forward = direct_forward,
    .backward = direct_backward,
};
