#include "kernels/spectral.h"

#include <stdio.h>
#include <stdlib.h>

#include "base/error.h"
#include "base/memory.h"
#include "kernels/gemm.h"
#include "kernels/plan.h"
#include "kernels/plan_cost.h"

static const lw_spectral_plan *plan_of(const lw_conv *conv) { return conv->plan; }

static int min_int(int a, int b) { return a < b ? a : b; }
static int max_int(int a, int b) { return a > b ? a : b; }

int lw_spectral_valid(int points, int extent, int taps, int pad) {
    if (points < taps)
        return 0;
    return points >= extent + taps - 1 - pad ? extent : points - taps + 1;
}

/** The input elements of tile `i`. */
static lw_tile tile_of_input(const lw_spectral_axis *axis, int i) {
    const int origin = i * axis->valid - axis->pad;
    lw_tile tile = {.begin = 0, .end = axis->extent, .origin = origin, .reversed = true};
    if (axis->tiles > 1) {
        tile.begin = max_int(0, origin);
        tile.end = min_int(axis->extent, origin + axis->fft.points);
    }
    return tile;
}

/** The output elements of tile `i`. */
static lw_tile tile_of_output(const lw_spectral_axis *axis, int i) {
    const int begin = i * axis->valid;
    return (lw_tile){.begin = begin, .end = min_int(axis->extent, begin + axis->valid), .origin = begin};
}

static lw_tile tile_of(const lw_spectral_axis *axis, lw_side side, int i) {
    return side == LW_SIDE_IN ? tile_of_input(axis, i) : tile_of_output(axis, i);
}

static lw_status plan_axis(int points, int extent, int taps, int pad, lw_spectral_axis *axis, lw_error *err) {
    axis->extent = extent;
    axis->taps = taps;
    axis->pad = pad;
    axis->valid = lw_spectral_valid(points, extent, taps, pad);
    axis->tiles = lw_ceil_div(extent, axis->valid);
    return lw_fft_plan(points, &axis->fft, err);
}

static lw_status plan_side(const lw_spectral_plan *plan, lw_side which, int channels, lw_spectral_side *side,
                           lw_error *err) {
    const int lanes = plan->kernels->lanes;
    side->channels = channels;
    side->groups = lw_ceil_div(channels, lanes);
    side->tile_l = lw_calloc((size_t)plan->l.tiles, sizeof *side->tile_l);
    if (side->tile_l == NULL)
        return lw_fail_no_memory(err, "a convolution's tiles");
    for (int i = 0; i < plan->l.tiles; i++)
        side->tile_l[i] = tile_of(&plan->l, which, i);
    const ptrdiff_t rows = (ptrdiff_t)plan->choice.chunk * plan->t.tiles * plan->l.tiles;
    side->plane_stride = lw_round_line(rows * side->groups * lanes);
    /* One line more than two planes: a power of two from bin to bin would crowd a few sets of the caches. */
    side->bin_stride = 2 * side->plane_stride + lw_round_line(1);
    side->floats = plan->bins * side->bin_stride;
    return LW_OK;
}

static void spectral_unplan(lw_conv *conv) {
    lw_spectral_plan *plan = conv->plan;
    lw_fft_release(&plan->t.fft);
    lw_fft_release(&plan->l.fft);
    free(plan->in.tile_l);
    free(plan->out.tile_l);
    free(plan);
    conv->plan = NULL;
}

static void plan_sizes(lw_conv *conv, lw_spectral_plan *plan) {
    const lw_conv_shape *s = &conv->shape;
    const int lanes = plan->kernels->lanes, threads = conv->use.threads;
    plan->panels = lw_ceil_div(plan->out.groups, 2);
    plan->weight_stride = (ptrdiff_t)plan->panels * s->c_in * 4 * lanes + lw_round_line(1);
    plan->taps_floats = lw_round_line((ptrdiff_t)s->kh * s->kw * s->c_in * plan->panels * 2 * lanes);
    plan->work_floats =
        lw_round_line(plan->kernels->spectral_work_floats(&plan->t.fft, &plan->l.fft, max_int(s->h, s->kh)));
    plan->turned_floats = lw_round_line((ptrdiff_t)lw_ceil_div(plan->in.groups, 2) * s->c_out * 4 * lanes);
    const ptrdiff_t work = threads * plan->work_floats;
    const ptrdiff_t forward = work + plan->out.floats + (plan->choice.keep ? 0 : plan->in.floats);
    const ptrdiff_t backward = conv->use.training ? lw_spectral_backward_floats(conv, plan) : 0;
    ptrdiff_t most = work + plan->taps_floats;
    most = forward > most ? forward : most;
    most = backward > most ? backward : most;
    conv->scratch_floats = (size_t)most;
    conv->packed_floats = (size_t)(plan->bins * plan->weight_stride);
    conv->kept_floats = plan->choice.keep ? (size_t)(plan->in.floats * lw_ceil_div(s->n, plan->choice.chunk)) : 0;
}

static lw_status spectral_plan(lw_conv *conv, lw_error *err) {
    const lw_conv_shape *s = &conv->shape;
    lw_spectral_plan *plan = lw_calloc(1, sizeof *plan);
    if (plan == NULL)
        return lw_fail_no_memory(err, "a convolution's plan");
    conv->plan = plan;
    lw_status status = lw_plan_spectral(s, &conv->use, &plan->kernels, &plan->choice, err);
    if (status == LW_OK)
        status = plan_axis(plan->choice.points_t, s->t_in, s->kw, conv->pad_t, &plan->t, err);
    if (status == LW_OK)
        status = plan_axis(plan->choice.points_l, s->h, s->kh, conv->pad_h, &plan->l, err);
    if (status == LW_OK) {
        plan->bins = (plan->t.fft.points / 2 + 1) * plan->l.fft.points;
        plan->taps_l = (lw_tile){.begin = 0, .end = s->kh};
        status = plan_side(plan, LW_SIDE_IN, s->c_in, &plan->in, err);
    }
    if (status == LW_OK)
        status = plan_side(plan, LW_SIDE_OUT, s->c_out, &plan->out, err);
    if (status != LW_OK) {
        spectral_unplan(conv);
        return status;
    }
    plan_sizes(conv, plan);
    const lw_operations operations = lw_operations_spectral(s, &conv->use, plan->kernels, &plan->choice);
    conv->forward_operations = operations.forward;
    conv->backward_operations = operations.backward;
    snprintf(conv->description, sizeof conv->description, "spectral T=%d L=%d chunk=%d%s %s", plan->t.fft.points,
             plan->l.fft.points, plan->choice.chunk, plan->choice.keep ? " kept" : "", lw_isa_name(plan->kernels->isa));
    return LW_OK;
}

static bool spectral_supports(const lw_conv_shape *shape, const lw_conv_use *use) {
    (void)use;
    return shape->stride == 1 && lw_plan_spectral_fits(shape);
}

/** The patch of two groups of channels in tile `q` of a record on one side. */
static lw_spectral_patch patch_of(const lw_conv *conv, lw_side which, int q, int pair) {
    const lw_spectral_plan *plan = plan_of(conv);
    const lw_spectral_side *side = which == LW_SIDE_IN ? &plan->in : &plan->out;
    const int lanes = plan->kernels->lanes;
    return (lw_spectral_patch){
        .fft_t = &plan->t.fft,
        .fft_l = &plan->l.fft,
        .tile_t = tile_of(&plan->t, which, q),
        .tile_l = side->tile_l,
        .tile_l_count = plan->l.tiles,
        .leads = plan->l.extent,
        .channels = min_int(2 * lanes, side->channels - pair * 2 * lanes),
        .lead_stride = (ptrdiff_t)plan->t.extent * side->channels,
        .sample_stride = side->channels,
        .bin_stride = side->bin_stride,
        .plane_stride = side->plane_stride,
        .tile_stride = (ptrdiff_t)side->groups * lanes,
    };
}

/** Where a patch lies: its first element in a tensor, and in the spectra of a chunk. */
typedef struct lw_spectral_place {
    ptrdiff_t tensor, spectrum;
} lw_spectral_place;

static lw_spectral_place place_of(const lw_conv *conv, lw_side which, int record, int q, int pair) {
    const lw_spectral_plan *plan = plan_of(conv);
    const lw_spectral_side *side = which == LW_SIDE_IN ? &plan->in : &plan->out;
    const ptrdiff_t channel = (ptrdiff_t)pair * 2 * plan->kernels->lanes;
    const ptrdiff_t row = ((ptrdiff_t)record * plan->t.tiles + q) * plan->l.tiles;
    return (lw_spectral_place){
        .tensor = (ptrdiff_t)record * plan->l.extent * plan->t.extent * side->channels + channel,
        .spectrum = row * side->groups * plan->kernels->lanes + channel,
    };
}

static int pairs_of(const lw_spectral_plan *plan, lw_side side) {
    return lw_ceil_div(side == LW_SIDE_IN ? plan->in.groups : plan->out.groups, 2);
}

void lw_spectral_analyse(const lw_conv *conv, lw_side side, int count, const float *x, float *spectrum, float *work) {
    const lw_spectral_plan *plan = plan_of(conv);
    const int pairs = pairs_of(plan, side), tiles = plan->t.tiles, jobs = count * tiles * pairs;
    const bool stream = lw_plan_streams(spectrum, side == LW_SIDE_IN ? plan->in.floats : plan->out.floats);
#pragma omp parallel num_threads(conv->use.threads)
    {
        float *own = work + lw_thread_number() * plan->work_floats;
#pragma omp for schedule(dynamic)
        for (int job = 0; job < jobs; job++) {
            const int pair = job % pairs, q = job / pairs % tiles, record = job / pairs / tiles;
            const lw_spectral_patch patch = patch_of(conv, side, q, pair);
            const lw_spectral_place at = place_of(conv, side, record, q, pair);
            plan->kernels->analyse(&patch, x + at.tensor, spectrum + at.spectrum, stream, own);
        }
        plan->kernels->fence();
    }
}

/** Set the channels of a patch to zero in the whole record, before tiles add to it. */
static void clear_channels(const lw_spectral_patch *patch, int samples, float *x) {
    for (int h = 0; h < patch->leads; h++)
        for (int t = 0; t < samples; t++)
            for (int c = 0; c < patch->channels; c++)
                x[h * patch->lead_stride + t * patch->sample_stride + c] = 0.0f;
}

void lw_spectral_synthesise(const lw_conv *conv, lw_side side, int count, const float *spectrum,
                            const lw_spectral_finish *finish, float *x, float *work) {
    const lw_spectral_plan *plan = plan_of(conv);
    const int pairs = pairs_of(plan, side), tiles = plan->t.tiles, jobs = count * pairs;
    lw_spectral_finish how = *finish;
    how.add = side == LW_SIDE_IN && tiles > 1;
#pragma omp parallel num_threads(conv->use.threads)
    {
        float *own = work + lw_thread_number() * plan->work_floats;
#pragma omp for schedule(dynamic)
        for (int job = 0; job < jobs; job++) {
            const int pair = job % pairs, record = job / pairs;
            lw_spectral_finish pair_how = how;
            if (how.bias != NULL)
                pair_how.bias = how.bias + pair * 2 * plan->kernels->lanes;
            for (int q = 0; q < tiles; q++) {
                const lw_spectral_patch patch = patch_of(conv, side, q, pair);
                const lw_spectral_place at = place_of(conv, side, record, q, pair);
                if (how.add && q == 0)
                    clear_channels(&patch, plan->t.extent, x + at.tensor);
                plan->kernels->synthesise(&patch, spectrum + at.spectrum, &pair_how, x + at.tensor, own);
            }
        }
    }
}

lw_spectral_patch lw_spectral_weight_patch(const lw_conv *conv, int panel) {
    const lw_spectral_plan *plan = plan_of(conv);
    const int lanes = plan->kernels->lanes;
    const ptrdiff_t padded = (ptrdiff_t)plan->panels * 2 * lanes;
    return (lw_spectral_patch){
        .fft_t = &plan->t.fft,
        .fft_l = &plan->l.fft,
        .tile_t = {.begin = 0, .end = conv->shape.kw},
        .tile_l = &plan->taps_l,
        .tile_l_count = 1,
        .leads = conv->shape.kh,
        /* Whole vectors, but only those that products fill: half a pair of rubbish would spoil the other half. */
        .channels = min_int(2, plan->out.groups - 2 * panel) * lanes,
        .lead_stride = conv->shape.kw * conv->shape.c_in * padded,
        .sample_stride = conv->shape.c_in * padded,
        .bin_stride = plan->weight_stride,
        .plane_stride = 2 * lanes,
    };
}

/** weight [c_out][c_in][kh][kw] to taps [kh][kw][c_in][c_out padded with zeros], one input channel. */
static void lay_out_taps(const lw_conv_shape *s, int c, ptrdiff_t padded, const float *weight, float *taps) {
    const int area = s->kh * s->kw;
    for (int tap = 0; tap < area; tap++) {
        float *to = taps + ((ptrdiff_t)tap * s->c_in + c) * padded;
        for (int o = 0; o < s->c_out; o++)
            to[o] = weight[((ptrdiff_t)o * s->c_in + c) * area + tap];
        for (ptrdiff_t o = s->c_out; o < padded; o++)
            to[o] = 0.0f;
    }
}

static void spectral_pack(const lw_conv *conv, const float *weight, float *packed, float *scratch) {
    const lw_spectral_plan *plan = plan_of(conv);
    const lw_conv_shape *s = &conv->shape;
    const ptrdiff_t panel = 2 * plan->kernels->lanes, padded = plan->panels * panel;
    const bool stream = lw_plan_streams(packed, plan->bins * plan->weight_stride);
    float *taps = scratch + conv->use.threads * plan->work_floats;
#pragma omp parallel num_threads(conv->use.threads)
    {
        float *own = scratch + lw_thread_number() * plan->work_floats;
#pragma omp for schedule(dynamic)
        for (int c = 0; c < s->c_in; c++) {
            lay_out_taps(s, c, padded, weight, taps);
            for (int g = 0; g < plan->panels; g++) {
                const lw_spectral_patch patch = lw_spectral_weight_patch(conv, g);
                plan->kernels->analyse(&patch, taps + c * padded + g * panel,
                                       packed + ((ptrdiff_t)g * s->c_in + c) * 2 * panel, stream, own);
            }
        }
        plan->kernels->fence();
    }
}

/** conj(Y) = X' W at every frequency, for `rows` rows. */
static void multiply(const lw_conv *conv, int rows, const float *x, const float *packed, float *y) {
    const lw_spectral_plan *plan = plan_of(conv);
    const int lanes = plan->kernels->lanes;
    const lw_complex_product all = {
        .rows = rows,
        .depth = plan->in.channels,
        .groups = plan->out.groups,
        .a_row = (ptrdiff_t)plan->in.groups * lanes,
        .a_step = 1,
        .a_plane = plan->in.plane_stride,
        .b_step = 4 * lanes,
        .b_plane = 2 * lanes,
        .b_panel = (ptrdiff_t)plan->in.channels * 4 * lanes,
        .c_row = (ptrdiff_t)plan->out.groups * lanes,
        .c_plane = plan->out.plane_stride,
        .c_panel = 2 * lanes,
    };
#pragma omp parallel for schedule(dynamic, 4) num_threads(conv->use.threads)
    for (int bin = 0; bin < plan->bins; bin++) {
        lw_complex_product product = all;
        product.a = x + bin * plan->in.bin_stride;
        product.b = packed + bin * plan->weight_stride;
        product.c = y + bin * plan->out.bin_stride;
        plan->kernels->complex_product(&product);
    }
}

static void spectral_forward(const lw_conv *conv, int n, const float *x, const float *packed, const float *bias,
                             bool relu, float *y, float *kept, float *scratch) {
    const lw_spectral_plan *plan = plan_of(conv);
    const lw_conv_shape *s = &conv->shape;
    const ptrdiff_t record_in = (ptrdiff_t)s->h * s->t_in * s->c_in, record_out = (ptrdiff_t)s->h * s->t_in * s->c_out;
    const lw_spectral_finish finish = {
        .scale = 1.0f / (float)(plan->t.fft.points * plan->l.fft.points), .bias = bias, .relu = relu};
    float *y_spectrum = scratch + conv->use.threads * plan->work_floats;
    float *x_spectrum = plan->choice.keep ? kept : y_spectrum + plan->out.floats;
    for (int first = 0; first < n; first += plan->choice.chunk) {
        const int count = min_int(plan->choice.chunk, n - first);
        lw_spectral_analyse(conv, LW_SIDE_IN, count, x + first * record_in, x_spectrum, scratch);
        multiply(conv, count * plan->t.tiles * plan->l.tiles, x_spectrum, packed, y_spectrum);
        lw_spectral_synthesise(conv, LW_SIDE_OUT, count, y_spectrum, &finish, y + first * record_out, scratch);
        if (plan->choice.keep)
            x_spectrum += plan->in.floats;
    }
}

const lw_conv_method lw_conv_spectral = {
    .name = "spectral",
    .supports = spectral_supports,
    .plan = spectral_plan,
    .unplan = spectral_unplan,
    .pack = spectral_pack,
    .forward = spectral_forward,
    .backward = lw_spectral_backward,
};
