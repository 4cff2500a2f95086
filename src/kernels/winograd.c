/*
 * This file computes convolutions with 3 x 3 kernels and stride 1 by Winograd's short algorithms, for inference: a third
 * of the multiplications of the definition, with weights only 24 / 9 as large.
 *
 * 2 x 4 outputs (leads x samples) at a time are
 *
 *     Y = A_l^T [(G_l w G_t^T) * (B_l^T x B_t)] A_t,
 *
 * where * multiplies the 4 x 6 transformed weights and inputs element by element. Summed over input channels, each of
 * the 24 elements is a matrix product over all tiles. Along leads it is F(2,3) with the points 0, 1, -1 and infinity;
 * along samples F(4,3) with 0, 1, -1, 1/2, -2 and infinity, whose rounding errors are smaller than those of 0, 1, -1, 2,
 * -2: 1e-6 of the largest output in a layer of 256 channels. Source: A. Lavin and S. Gray, Fast Algorithms for Convolutional Neural Networks, CVPR 2016; the
 * choice of points: B. Barabasz et al., Error Analysis and Improving the Accuracy of Winograd Convolution for Deep
 * Neural Networks, 2020.
 */
#include <stdio.h>
#include <stdlib.h>

#include "base/error.h"
#include "base/memory.h"
#include "kernels/conv_method.h"

enum {
    TAPS = 3,
    POINTS_L = LW_WINOGRAD_IN_L,
    POINTS_T = LW_WINOGRAD_IN_T,
    POINTS = POINTS_L * POINTS_T,
    KERNELS = 16 /* transformed side by side: whole vectors for the compiler */
};

/** G_l and G_t: weights to points. */
static const float weights_l[POINTS_L][TAPS] = {{1, 0, 0}, {0.5f, 0.5f, 0.5f}, {0.5f, -0.5f, 0.5f}, {0, 0, 1}};
static const float weights_t[POINTS_T][TAPS] = {{1, 0, 0},
                                                {1.0f / 3, 1.0f / 3, 1.0f / 3},
                                                {1.0f / 3, -1.0f / 3, 1.0f / 3},
                                                {32.0f / 15, 16.0f / 15, 8.0f / 15},
                                                {1.0f / 15, -2.0f / 15, 4.0f / 15},
                                                {0, 0, 1}};

typedef struct winograd_plan {
    int tiles_l, tiles_t;          /**< of a record */
    int chunk;                     /**< records at a time */
    ptrdiff_t in_row, out_row;     /**< channels padded to whole vectors */
    ptrdiff_t in_point, out_point; /**< from point to point: a chunk's rows */
    ptrdiff_t weight_point;        /**< packed: [point][panel][c_in][panel's channels padded] */
} winograd_plan;

static int panel_channels(const lw_conv *conv) { return conv->kernels->panel_vectors * conv->kernels->lanes; }

static ptrdiff_t whole_vectors(const lw_conv *conv, int channels) {
    return (ptrdiff_t)lw_ceil_div(channels, conv->kernels->lanes) * conv->kernels->lanes;
}

/** Several records share each reading of the weights, but their matrices stay within 32 MB. */
static int records_at_a_time(const lw_conv *conv, double tiles) {
    enum { MATRICES_FLOATS = 8 << 20 };
    const double fit = MATRICES_FLOATS / (POINTS * tiles * (conv->shape.c_in + conv->shape.c_out));
    const int most = lw_conv_chunk(conv);
    return fit < 1.0 ? 1 : fit > most ? most : (int)fit;
}

static lw_conv_cost winograd_cost(const lw_conv *conv) {
    const lw_conv_shape *s = &conv->shape;
    if (conv->use.training || s->kh != TAPS || s->kw != TAPS || s->stride != 1)
        return (lw_conv_cost){.seconds = INFINITY};
    const double tiles = lw_ceil_div(s->h, LW_WINOGRAD_OUT_L) * lw_ceil_div(s->t_in, LW_WINOGRAD_OUT_T);
    const double rows = tiles * lw_conv_priced_records(conv), channels = (double)whole_vectors(conv, s->c_out);
    const double both = (double)whole_vectors(conv, s->c_in) + channels;
    const double product = 2.0 * POINTS * rows * s->c_in * channels, transform = 5.0 * POINTS * rows * both;
    const double bytes = 4.0 * POINTS * (rows * both + (double)s->c_in * s->c_out);
    return (lw_conv_cost){
        .seconds = lw_conv_seconds(conv, product, LW_SHARE_REAL) +
                   lw_conv_seconds(conv, transform, LW_SHARE_TRANSFORM) + lw_conv_moving(bytes),
        .forward_operations = (product + transform) * s->n / lw_conv_priced_records(conv),
        .chunk = records_at_a_time(conv, tiles),
    };
}

static lw_status winograd_plan_layer(lw_conv *conv, lw_error *err) {
    const lw_conv_shape *s = &conv->shape;
    winograd_plan *plan = lw_calloc(1, sizeof *plan);
    if (!plan)
        return lw_fail_no_memory(err, "a network's convolutions");
    plan->tiles_l = lw_ceil_div(s->h, LW_WINOGRAD_OUT_L);
    plan->tiles_t = lw_ceil_div(s->t_in, LW_WINOGRAD_OUT_T);
    plan->chunk = conv->cost.chunk;
    plan->in_row = whole_vectors(conv, s->c_in);
    plan->out_row = whole_vectors(conv, s->c_out);
    const ptrdiff_t rows = (ptrdiff_t)plan->chunk * plan->tiles_l * plan->tiles_t;
    /* A line more than the rows, so that points do not crowd a few sets of the caches. */
    plan->in_point = lw_round_line(rows * plan->in_row) + lw_round_line(1);
    plan->out_point = lw_round_line(rows * plan->out_row) + lw_round_line(1);
    plan->weight_point = lw_round_line(s->c_in * plan->out_row);
    conv->plan = plan;
    conv->packed_floats = (size_t)(POINTS * plan->weight_point);
    conv->scratch_floats = (size_t)(POINTS * (plan->in_point + plan->out_point));
    conv->kept_floats = 0;
    snprintf(conv->description, sizeof conv->description, "winograd 2x4 chunk=%d %s", plan->chunk,
             lw_isa_name(conv->kernels->isa));
    return LW_OK;
}

static void winograd_unplan(lw_conv *conv) {
    free(conv->plan);
    conv->plan = NULL;
}

/** G_l w G_t^T of KERNELS kernels side by side. */
static void transform_kernels(float weight[TAPS * TAPS][KERNELS], float points[POINTS][KERNELS]) {
    float half[POINTS_L][TAPS][KERNELS];
    for (int i = 0; i < POINTS_L; i++)
        for (int j = 0; j < TAPS; j++)
            for (int o = 0; o < KERNELS; o++)
                half[i][j][o] = weights_l[i][0] * weight[j][o] + weights_l[i][1] * weight[TAPS + j][o] +
                                weights_l[i][2] * weight[2 * TAPS + j][o];
    for (int i = 0; i < POINTS_L; i++)
        for (int j = 0; j < POINTS_T; j++)
            for (int o = 0; o < KERNELS; o++)
                points[i * POINTS_T + j][o] =
                    weights_t[j][0] * half[i][0][o] + weights_t[j][1] * half[i][1][o] + weights_t[j][2] * half[i][2][o];
}

/** Where output channel o of input channel c lies within a point's weights. */
static ptrdiff_t packed_index(const lw_conv *conv, int c, int o) {
    const winograd_plan *plan = conv->plan;
    const int panel = panel_channels(conv), first = o / panel * panel;
    const ptrdiff_t width = plan->out_row - first < panel ? plan->out_row - first : panel;
    return (ptrdiff_t)first * conv->shape.c_in + c * width + (o - first);
}

/** Output channels [first, first + KERNELS) of all input channels; those that do not exist have zero weights. */
static void pack_block(const lw_conv *conv, int first, const float *weight, float *packed) {
    const winograd_plan *plan = conv->plan;
    const lw_conv_shape *s = &conv->shape;
    const int stored = lw_least(KERNELS, (int)plan->out_row - first);
    for (int c = 0; c < s->c_in; c++) {
        float taps[TAPS * TAPS][KERNELS] = {{0}}, points[POINTS][KERNELS];
        for (int o = 0; o < KERNELS && first + o < s->c_out; o++)
            for (int tap = 0; tap < TAPS * TAPS; tap++)
                taps[tap][o] = weight[((ptrdiff_t)(first + o) * s->c_in + c) * TAPS * TAPS + tap];
        transform_kernels(taps, points);
        for (int p = 0; p < POINTS; p++)
            for (int o = 0; o < stored; o++)
                packed[p * plan->weight_point + packed_index(conv, c, first + o)] = points[p][o];
    }
}

static void winograd_pack(const lw_conv *conv, const float *weight, float *packed, float *scratch) {
    (void)scratch;
    const winograd_plan *plan = conv->plan;
#pragma omp parallel for num_threads(conv->use.threads)
    for (int first = 0; first < (int)plan->out_row; first += KERNELS)
        pack_block(conv, first, weight, packed);
}

/** The tile of a record on the side with so many channels. */
static lw_winograd_tile tile_of(const lw_conv *conv, int tile, int channels, ptrdiff_t point_stride) {
    const winograd_plan *plan = conv->plan;
    return (lw_winograd_tile){.lead = tile / plan->tiles_t * LW_WINOGRAD_OUT_L,
                              .sample = tile % plan->tiles_t * LW_WINOGRAD_OUT_T,
                              .leads = conv->shape.h,
                              .samples = conv->shape.t_in,
                              .channels = channels,
                              .point_stride = point_stride};
}

/** One panel of one point's product for `rows` tiles. */
static void multiply(const lw_conv *conv, int point, int first, int rows, const float *in, const float *packed,
                     float *out) {
    const winograd_plan *plan = conv->plan;
    const int columns = lw_least(panel_channels(conv), (int)plan->out_row - first);
    const lw_real_product product = {
        .rows = rows,
        .depth = conv->shape.c_in,
        .columns = columns,
        .a = in + point * plan->in_point,
        .a_row = plan->in_row,
        .a_step = 1,
        .b = packed + point * plan->weight_point + (ptrdiff_t)first * conv->shape.c_in,
        .b_step = columns,
        .c = out + point * plan->out_point + first,
        .c_row = plan->out_row,
    };
    conv->kernels->real_product(&product);
}

static void forward_chunk(const lw_conv *conv, int count, const float *x, const float *packed, const float *bias,
                          bool relu, float *y, float *scratch) {
    const winograd_plan *plan = conv->plan;
    const lw_conv_shape *s = &conv->shape;
    const int tiles = plan->tiles_l * plan->tiles_t, rows = count * tiles, panel = panel_channels(conv);
    const int panels = lw_ceil_div(s->c_out, panel);
    const ptrdiff_t positions = (ptrdiff_t)s->h * s->t_in;
    float *in = scratch, *out = scratch + POINTS * plan->in_point;
#pragma omp parallel num_threads(conv->use.threads)
    {
#pragma omp for schedule(static)
        for (int row = 0; row < rows; row++) {
            const lw_winograd_tile tile = tile_of(conv, row % tiles, s->c_in, plan->in_point);
            conv->kernels->winograd_input(&tile, x + row / tiles * positions * s->c_in, in + row * plan->in_row);
        }
#pragma omp for schedule(dynamic)
        for (int job = 0; job < POINTS * panels; job++)
            multiply(conv, job / panels, job % panels * panel, rows, in, packed, out);
#pragma omp for schedule(static)
        for (int row = 0; row < rows; row++) {
            const lw_winograd_tile tile = tile_of(conv, row % tiles, s->c_out, plan->out_point);
            conv->kernels->winograd_output(&tile, out + row * plan->out_row, bias, relu,
                                           y + row / tiles * positions * s->c_out);
        }
    }
}

static void winograd_forward(const lw_conv *conv, int n, const float *x, const float *packed, const float *bias,
                             bool relu, float *y, float *kept, float *scratch) {
    (void)kept;
    const winograd_plan *plan = conv->plan;
    const lw_conv_shape *s = &conv->shape;
    const ptrdiff_t positions = (ptrdiff_t)s->h * s->t_in;
    for (int first = 0; first < n; first += plan->chunk)
        forward_chunk(conv, lw_least(plan->chunk, n - first), x + first * positions * s->c_in, packed, bias, relu,
                      y + first * positions * s->c_out, scratch);
}

const lw_conv_method lw_conv_winograd = {
    .name = "winograd",
    .cost = winograd_cost,
    .plan = winograd_plan_layer,
    .unplan = winograd_unplan,
    .pack = winograd_pack,
    .forward = winograd_forward,
};
