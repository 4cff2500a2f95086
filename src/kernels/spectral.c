/*
 * Convolution with stride 1 in the frequency domain: far fewer operations than a direct sum for long kernels.
 *
 * Forward is a correlation along samples and along leads,
 *
 *     y[m] = sum_j x[m + j - pad] w[j].
 *
 * With X, W, Y the transforms of a tile,
 *
 *     Y = X conj(W)        dX = dY W        dW = X conj(dY).
 *
 * The input side is kept reversed, X' = conj(X), which makes every conjugate free:
 *
 *     conj(Y) = X' W       dX = dY W^T      conj(dW) = X'^T dY.
 *
 * At each frequency X' and Y are matrices [row][channel], W is [c_in][c_out]; a row is a tile of a record.
 *
 * Tiles (overlap-save): along an axis, `points` input elements give points - taps + 1 outputs that no wrap-around has
 * touched. When points >= extent + the padding after it, one transform takes the whole row instead: what wraps around
 * meets zeros only. The data gradient of overlapping tiles adds up (overlap-add), so that one transform of dy serves
 * both gradients.
 *
 * Memory, with k = 0 ... points_t / 2 and l = 0 ... points_l - 1:
 *
 *     spectra of one side    [k][l][re, im][row][channels padded to vectors]
 *     weights                [k][l][panel of two vectors][c_in][re, im][panel]
 */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/error.h"
#include "base/memory.h"
#include "kernels/conv_method.h"

/** One axis of the tiling. */
typedef struct spectral_axis {
    lw_fft fft;
    int extent; /**< elements of the tensor */
    int taps, pad;
    int tiles; /**< 1: the transform takes all */
    int valid; /**< outputs a tile */
} spectral_axis;

/** Input or output of the layer. */
typedef struct spectral_side {
    int channels, groups;               /**< groups of `lanes` channels, the last padded */
    lw_tile *tile_l;                    /**< owned: [l.tiles] */
    ptrdiff_t plane_stride, bin_stride; /**< of a chunk's spectra */
    ptrdiff_t floats;                   /**< of a chunk's spectra */
} spectral_side;

typedef struct spectral_layout {
    int chunk; /**< records transformed at a time */
    bool keep; /**< training: the input's spectra stay for backward rather than being computed again */
    spectral_axis t, l;
    spectral_side in, out;
    lw_tile taps_l;          /**< the weights' leads as one tile */
    int bins;                /**< (points_t / 2 + 1) * points_l */
    int panels;              /**< of c_out: pairs of groups */
    ptrdiff_t weight_stride; /**< from bin to bin of packed weights */
    ptrdiff_t taps_floats;   /**< weights as [kh][kw][c_in][panels * 2 lanes] */
    ptrdiff_t work_floats;   /**< a thread's */
    ptrdiff_t turned_floats; /**< a thread's transposed bin of weights (backward) */
} spectral_layout;

/** Which side of the layer a patch belongs to. */
typedef enum side_name { SIDE_IN, SIDE_OUT } side_name;

static const spectral_layout *plan_of(const lw_conv *conv) { return conv->plan; }

/** Outputs that a tile of so many points yields, or `extent` when one tile takes all; 0 when it is too short. */
static int valid_outputs(int points, int extent, int taps, int pad) {
    if (points < taps)
        return 0;
    return points >= extent + taps - 1 - pad ? extent : points - taps + 1;
}

/* ---- Pricing */

static double log2_int(int n) {
    double bits = 0.0;
    for (; n > 1; n /= 2)
        bits += n >= 4 ? 1.0 : (double)n / 2.0;
    return bits;
}

/** Training keeps the input's spectra unless memory counts more. */
static bool keeps(const lw_conv *conv) { return conv->use.training && conv->use.thrift < 2; }

/**
 * What transforms of so many points cost: operations of products and transforms, 5 n log2 n for a complex transform of n
 * points, and bytes of spectra, weights and tensors. Training counts forward, both gradients and one packing of the
 * weights a batch; inference packs once in a model's life, which counts nothing.
 */
static lw_conv_cost cost_of(const lw_conv *conv, int points_t, int points_l) {
    const lw_conv_shape *s = &conv->shape;
    const int tiles_t = lw_ceil_div(s->t_in, valid_outputs(points_t, s->t_in, s->kw, conv->pad_t));
    const int tiles_l = lw_ceil_div(s->h, valid_outputs(points_l, s->h, s->kh, conv->pad_h));
    const int lanes = conv->kernels->lanes, most = lw_conv_chunk(conv), forced = conv->use.tuning.chunk;
    const int chunk = forced > 0 && forced < most ? forced : most;
    const double n = lw_conv_priced_records(conv), passes = conv->use.training ? lw_ceil_div(s->n, chunk) : 1;
    const double bins = (points_t / 2 + 1) * points_l, rows = n * tiles_t * tiles_l;
    const double c_in = lw_ceil_div(s->c_in, lanes) * lanes, c_out = lw_ceil_div(s->c_out, lanes) * lanes;
    const double row_t = 2.5 * points_t * log2_int(points_t), row_l = 5.0 * bins * log2_int(points_l);
    const double product = 8.0 * bins * rows * s->c_in * c_out;
    const double transform = (row_t * s->h * tiles_t + row_l * tiles_t * tiles_l) * n * (c_in + c_out);
    const double weight_transform = (row_t * s->kh + row_l) * s->c_in * c_out;
    const double weights = 8.0 * bins * s->c_in * c_out, spectra = 8.0 * bins * rows * (c_in + c_out);
    const double tensors = 4.0 * n * s->h * s->t_in * (s->c_in + s->c_out);
    const double forward = lw_conv_seconds(conv, product, LW_SHARE_COMPLEX) +
                           lw_conv_seconds(conv, transform, LW_SHARE_TRANSFORM) +
                           lw_conv_moving(2.0 * spectra + tensors + passes * weights);
    const double training = 3.0 * forward + 2.0 * lw_conv_seconds(conv, weight_transform, LW_SHARE_TRANSFORM) +
                            lw_conv_moving((1.0 + 2.0 * passes) * weights);
    const double backward = lw_conv_backward_products(conv) * product + transform + weight_transform;
    return (lw_conv_cost){
        .seconds = conv->use.training ? training : forward,
        .forward_operations = (product + transform) * s->n / n,
        .backward_operations = conv->use.training ? backward : 0.0,
        .points_t = points_t,
        .points_l = points_l,
        .chunk = chunk,
    };
}

/** The next length to try after `points` (0: the first), up to a little more than one tile over everything needs; 0 at the
 * end. */
static int next_points(int points, int extent, int taps, int pad, int forced) {
    const int whole = extent + taps - 1 - pad, last = lw_least(whole + whole / 8 + 8, LW_FFT_POINTS_MAX);
    if (forced > 0)
        return points == 0 && lw_fft_supports(forced) && forced >= taps ? forced : 0;
    for (points = points < taps ? taps : points + 1; points <= last; points++)
        if (lw_fft_supports(points))
            return points;
    return 0;
}

/** The cheapest lengths among those allowed. */
static lw_conv_cost spectral_cost(const lw_conv *conv) {
    const lw_conv_shape *s = &conv->shape;
    const lw_tuning *forced = &conv->use.tuning;
    lw_conv_cost best = {.seconds = INFINITY};
    if (s->stride != 1 || lw_conv_chunk(conv) == 0)
        return best;
    for (int t = 0; (t = next_points(t, s->t_in, s->kw, conv->pad_t, forced->points_t)) != 0;)
        for (int l = 0; (l = next_points(l, s->h, s->kh, conv->pad_h, forced->points_l)) != 0;) {
            const lw_conv_cost cost = cost_of(conv, t, l);
            if (cost.seconds < best.seconds)
                best = cost;
        }
    return best;
}

/* ---- Plan */

/** The input elements of tile `i`. */
static lw_tile tile_of_input(const spectral_axis *axis, int i) {
    const int origin = i * axis->valid - axis->pad;
    lw_tile tile = {.begin = 0, .end = axis->extent, .origin = origin, .reversed = true};
    if (axis->tiles > 1) {
        tile.begin = lw_most(0, origin);
        tile.end = lw_least(axis->extent, origin + axis->fft.points);
    }
    return tile;
}

/** The output elements of tile `i`. */
static lw_tile tile_of_output(const spectral_axis *axis, int i) {
    const int begin = i * axis->valid;
    return (lw_tile){.begin = begin, .end = lw_least(axis->extent, begin + axis->valid), .origin = begin};
}

static lw_tile tile_of(const spectral_axis *axis, side_name side, int i) {
    return side == SIDE_IN ? tile_of_input(axis, i) : tile_of_output(axis, i);
}

static lw_status plan_axis(int points, int extent, int taps, int pad, spectral_axis *axis, lw_error *err) {
    axis->extent = extent;
    axis->taps = taps;
    axis->pad = pad;
    axis->valid = valid_outputs(points, extent, taps, pad);
    axis->tiles = lw_ceil_div(extent, axis->valid);
    return lw_fft_plan(points, &axis->fft, err);
}

static lw_status plan_side(const lw_kernels *k, const spectral_layout *plan, side_name which, int channels,
                           spectral_side *side, lw_error *err) {
    const int lanes = k->lanes;
    side->channels = channels;
    side->groups = lw_ceil_div(channels, lanes);
    side->tile_l = lw_calloc((size_t)plan->l.tiles, sizeof *side->tile_l);
    if (!side->tile_l)
        return lw_fail_no_memory(err, "a network's convolutions");
    for (int i = 0; i < plan->l.tiles; i++)
        side->tile_l[i] = tile_of(&plan->l, which, i);
    const ptrdiff_t rows = (ptrdiff_t)plan->chunk * plan->t.tiles * plan->l.tiles;
    side->plane_stride = lw_round_line(rows * side->groups * lanes);
    /* One line more than two planes: a power of two from bin to bin would crowd a few sets of the caches. */
    side->bin_stride = 2 * side->plane_stride + lw_round_line(1);
    side->floats = plan->bins * side->bin_stride;
    return LW_OK;
}

static void spectral_unplan(lw_conv *conv) {
    spectral_layout *plan = conv->plan;
    lw_fft_release(&plan->t.fft);
    lw_fft_release(&plan->l.fft);
    free(plan->in.tile_l);
    free(plan->out.tile_l);
    free(plan);
    conv->plan = NULL;
}

/** Scratch of backward, in this order. */
typedef struct backward_memory {
    float *work;    /**< threads' transform buffers */
    float *turned;  /**< threads' transposed bins of weights */
    float *dy, *dx; /**< spectra of a chunk */
    float *x;       /**< spectra of a chunk, unless kept by forward */
    float *dw;      /**< spectra of the weight gradient */
    float *taps;    /**< the weight gradient as [kh][kw][c_in][c_out padded] */
    float *bias;
    float *end;
} backward_memory;

static backward_memory lay_out(const lw_conv *conv, const spectral_layout *plan, float *scratch) {
    const int threads = conv->use.threads;
    backward_memory m = {.work = scratch};
    m.turned = m.work + threads * plan->work_floats;
    m.dy = m.turned + threads * plan->turned_floats;
    m.dx = m.dy + plan->out.floats;
    m.x = m.dx + (conv->use.input_gradient ? plan->in.floats : 0);
    m.dw = m.x + (plan->keep ? 0 : plan->in.floats);
    m.taps = m.dw + plan->bins * plan->weight_stride;
    m.bias = m.taps + plan->taps_floats;
    m.end = m.bias + lw_bias_gradient_floats(conv->shape.c_out);
    return m;
}

/** Floats of scratch that backward needs. */
static ptrdiff_t backward_floats(const lw_conv *conv, const spectral_layout *plan) {
    float *const nowhere = NULL;
    const backward_memory m = lay_out(conv, plan, nowhere);
    return m.end - m.work;
}

static void plan_sizes(lw_conv *conv, spectral_layout *plan) {
    const lw_conv_shape *s = &conv->shape;
    const int lanes = conv->kernels->lanes, threads = conv->use.threads;
    plan->panels = lw_ceil_div(plan->out.groups, 2);
    plan->weight_stride = (ptrdiff_t)plan->panels * s->c_in * 4 * lanes + lw_round_line(1);
    plan->taps_floats = lw_round_line((ptrdiff_t)s->kh * s->kw * s->c_in * plan->panels * 2 * lanes);
    plan->work_floats =
        lw_round_line(conv->kernels->spectral_work_floats(&plan->t.fft, &plan->l.fft, lw_most(s->h, s->kh)));
    plan->turned_floats = lw_round_line((ptrdiff_t)lw_ceil_div(plan->in.groups, 2) * s->c_out * 4 * lanes);
    const ptrdiff_t work = threads * plan->work_floats;
    const ptrdiff_t forward = work + plan->out.floats + (plan->keep ? 0 : plan->in.floats);
    const ptrdiff_t backward = conv->use.training ? backward_floats(conv, plan) : 0;
    ptrdiff_t most = work + plan->taps_floats;
    most = forward > most ? forward : most;
    most = backward > most ? backward : most;
    conv->scratch_floats = (size_t)most;
    conv->packed_floats = (size_t)(plan->bins * plan->weight_stride);
    conv->kept_floats = plan->keep ? (size_t)(plan->in.floats * lw_ceil_div(s->n, plan->chunk)) : 0;
}

static lw_status spectral_plan(lw_conv *conv, lw_error *err) {
    const lw_conv_shape *s = &conv->shape;
    spectral_layout *plan = lw_calloc(1, sizeof *plan);
    if (!plan)
        return lw_fail_no_memory(err, "a network's convolutions");
    conv->plan = plan;
    plan->chunk = conv->cost.chunk;
    plan->keep = keeps(conv);
    lw_status status = plan_axis(conv->cost.points_t, s->t_in, s->kw, conv->pad_t, &plan->t, err);
    if (status == LW_OK)
        status = plan_axis(conv->cost.points_l, s->h, s->kh, conv->pad_h, &plan->l, err);
    if (status == LW_OK) {
        plan->bins = (plan->t.fft.points / 2 + 1) * plan->l.fft.points;
        plan->taps_l = (lw_tile){.begin = 0, .end = s->kh};
        status = plan_side(conv->kernels, plan, SIDE_IN, s->c_in, &plan->in, err);
    }
    if (status == LW_OK)
        status = plan_side(conv->kernels, plan, SIDE_OUT, s->c_out, &plan->out, err);
    if (status != LW_OK) {
        spectral_unplan(conv);
        return status;
    }
    plan_sizes(conv, plan);
    snprintf(conv->description, sizeof conv->description, "spectral T=%d L=%d chunk=%d%s %s", plan->t.fft.points,
             plan->l.fft.points, plan->chunk, plan->keep ? " kept" : "", lw_isa_name(conv->kernels->isa));
    return LW_OK;
}

/** The patch of two groups of channels in tile `q` of a record on one side. */
static lw_spectral_patch patch_of(const lw_conv *conv, side_name which, int q, int pair) {
    const spectral_layout *plan = plan_of(conv);
    const spectral_side *side = which == SIDE_IN ? &plan->in : &plan->out;
    const int lanes = conv->kernels->lanes;
    return (lw_spectral_patch){
        .fft_t = &plan->t.fft,
        .fft_l = &plan->l.fft,
        .tile_t = tile_of(&plan->t, which, q),
        .tile_l = side->tile_l,
        .tile_l_count = plan->l.tiles,
        .leads = plan->l.extent,
        .channels = lw_least(2 * lanes, side->channels - pair * 2 * lanes),
        .lead_stride = (ptrdiff_t)plan->t.extent * side->channels,
        .sample_stride = side->channels,
        .bin_stride = side->bin_stride,
        .plane_stride = side->plane_stride,
        .tile_stride = (ptrdiff_t)side->groups * lanes,
    };
}

/** Where a patch lies: its first element in a tensor, and in the spectra of a chunk. */
typedef struct spectral_place {
    ptrdiff_t tensor, spectrum;
} spectral_place;

static spectral_place place_of(const lw_conv *conv, side_name which, int record, int q, int pair) {
    const spectral_layout *plan = plan_of(conv);
    const spectral_side *side = which == SIDE_IN ? &plan->in : &plan->out;
    const ptrdiff_t channel = (ptrdiff_t)pair * 2 * conv->kernels->lanes;
    const ptrdiff_t row = ((ptrdiff_t)record * plan->t.tiles + q) * plan->l.tiles;
    return (spectral_place){
        .tensor = (ptrdiff_t)record * plan->l.extent * plan->t.extent * side->channels + channel,
        .spectrum = row * side->groups * conv->kernels->lanes + channel,
    };
}

static int pairs_of(const spectral_layout *plan, side_name side) {
    return lw_ceil_div(side == SIDE_IN ? plan->in.groups : plan->out.groups, 2);
}

/** Whether a block of so many floats, written in scattered order and read later, had better go past the caches (and may:
 * it is aligned). */
static bool goes_past_caches(const float *block, ptrdiff_t floats) {
    enum { CACHED_FLOATS = 2 << 20 }; /* 8 MB: beyond any second-level cache */
    return floats > CACHED_FLOATS && (uintptr_t)block % LW_ALIGNMENT == 0;
}

/** Spectra of the tensor [count][h][t][channels] of one side. */
static void analyse(const lw_conv *conv, side_name side, int count, const float *x, float *spectrum, float *work) {
    const spectral_layout *plan = plan_of(conv);
    const int pairs = pairs_of(plan, side), tiles = plan->t.tiles, jobs = count * tiles * pairs;
    const bool stream = goes_past_caches(spectrum, side == SIDE_IN ? plan->in.floats : plan->out.floats);
#pragma omp parallel num_threads(conv->use.threads)
    {
        float *own = work + lw_thread_number() * plan->work_floats;
#pragma omp for schedule(dynamic)
        for (int job = 0; job < jobs; job++) {
            const int pair = job % pairs, q = job / pairs % tiles, record = job / pairs / tiles;
            const lw_spectral_patch patch = patch_of(conv, side, q, pair);
            const spectral_place at = place_of(conv, side, record, q, pair);
            conv->kernels->analyse(&patch, x + at.tensor, spectrum + at.spectrum, stream, own);
        }
        conv->kernels->fence();
    }
}

/** Set the channels of a patch to zero in the whole record, before tiles add to it. */
static void clear_channels(const lw_spectral_patch *patch, int samples, float *x) {
    for (int h = 0; h < patch->leads; h++)
        for (int t = 0; t < samples; t++)
            for (int c = 0; c < patch->channels; c++)
                x[h * patch->lead_stride + t * patch->sample_stride + c] = 0.0f;
}

/** The tensor of one side from its spectra; overlapping tiles of the input side are added up. */
static void synthesise(const lw_conv *conv, side_name side, int count, const float *spectrum,
                       const lw_spectral_finish *finish, float *x, float *work) {
    const spectral_layout *plan = plan_of(conv);
    const int pairs = pairs_of(plan, side), tiles = plan->t.tiles, jobs = count * pairs;
    lw_spectral_finish how = *finish;
    how.add = side == SIDE_IN && tiles > 1;
#pragma omp parallel num_threads(conv->use.threads)
    {
        float *own = work + lw_thread_number() * plan->work_floats;
#pragma omp for schedule(dynamic)
        for (int job = 0; job < jobs; job++) {
            const int pair = job % pairs, record = job / pairs;
            lw_spectral_finish pair_how = how;
            if (how.bias)
                pair_how.bias = how.bias + pair * 2 * conv->kernels->lanes;
            for (int q = 0; q < tiles; q++) {
                const lw_spectral_patch patch = patch_of(conv, side, q, pair);
                const spectral_place at = place_of(conv, side, record, q, pair);
                if (how.add && q == 0)
                    clear_channels(&patch, plan->t.extent, x + at.tensor);
                conv->kernels->synthesise(&patch, spectrum + at.spectrum, &pair_how, x + at.tensor, own);
            }
        }
    }
}

/** The patch of all taps of one input channel and one panel, for analysis and synthesis of weights in `taps_floats` form. */
static lw_spectral_patch weight_patch(const lw_conv *conv, int panel) {
    const spectral_layout *plan = plan_of(conv);
    const int lanes = conv->kernels->lanes;
    const ptrdiff_t padded = (ptrdiff_t)plan->panels * 2 * lanes;
    return (lw_spectral_patch){
        .fft_t = &plan->t.fft,
        .fft_l = &plan->l.fft,
        .tile_t = {.begin = 0, .end = conv->shape.kw},
        .tile_l = &plan->taps_l,
        .tile_l_count = 1,
        .leads = conv->shape.kh,
        /* Whole vectors, but only those that products fill: half a pair of rubbish would spoil the other half. */
        .channels = lw_least(2, plan->out.groups - 2 * panel) * lanes,
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
    const spectral_layout *plan = plan_of(conv);
    const lw_conv_shape *s = &conv->shape;
    const ptrdiff_t panel = 2 * conv->kernels->lanes, padded = plan->panels * panel;
    const bool stream = goes_past_caches(packed, plan->bins * plan->weight_stride);
    float *taps = scratch + conv->use.threads * plan->work_floats;
#pragma omp parallel num_threads(conv->use.threads)
    {
        float *own = scratch + lw_thread_number() * plan->work_floats;
#pragma omp for schedule(dynamic)
        for (int c = 0; c < s->c_in; c++) {
            lay_out_taps(s, c, padded, weight, taps);
            for (int g = 0; g < plan->panels; g++) {
                const lw_spectral_patch patch = weight_patch(conv, g);
                conv->kernels->analyse(&patch, taps + c * padded + g * panel,
                                       packed + ((ptrdiff_t)g * s->c_in + c) * 2 * panel, stream, own);
            }
        }
        conv->kernels->fence();
    }
}

/** conj(Y) = X' W at every frequency, for `rows` rows. */
static void multiply(const lw_conv *conv, int rows, const float *x, const float *packed, float *y) {
    const spectral_layout *plan = plan_of(conv);
    const int lanes = conv->kernels->lanes;
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
        conv->kernels->complex_product(&product);
    }
}

static void spectral_forward(const lw_conv *conv, int n, const float *x, const float *packed, const float *bias,
                             bool relu, float *y, float *kept, float *scratch) {
    const spectral_layout *plan = plan_of(conv);
    const lw_conv_shape *s = &conv->shape;
    const ptrdiff_t record_in = (ptrdiff_t)s->h * s->t_in * s->c_in, record_out = (ptrdiff_t)s->h * s->t_in * s->c_out;
    const lw_spectral_finish finish = {
        .scale = 1.0f / (float)(plan->t.fft.points * plan->l.fft.points), .bias = bias, .relu = relu};
    float *y_spectrum = scratch + conv->use.threads * plan->work_floats;
    float *x_spectrum = plan->keep ? kept : y_spectrum + plan->out.floats;
    for (int first = 0; first < n; first += plan->chunk) {
        const int count = lw_least(plan->chunk, n - first);
        analyse(conv, SIDE_IN, count, x + first * record_in, x_spectrum, scratch);
        multiply(conv, count * plan->t.tiles * plan->l.tiles, x_spectrum, packed, y_spectrum);
        synthesise(conv, SIDE_OUT, count, y_spectrum, &finish, y + first * record_out, scratch);
        if (plan->keep)
            x_spectrum += plan->in.floats;
    }
}

/* ---- Backward */

/** dX = dY W^T at every frequency. */
static lw_complex_product data_product(const lw_conv *conv, int rows) {
    const spectral_layout *plan = conv->plan;
    const int lanes = conv->kernels->lanes;
    return (lw_complex_product){
        .rows = rows,
        .depth = plan->out.channels,
        .groups = plan->in.groups,
        .a_row = (ptrdiff_t)plan->out.groups * lanes,
        .a_step = 1,
        .a_plane = plan->out.plane_stride,
        .b_step = 4 * lanes,
        .b_plane = 2 * lanes,
        .b_panel = (ptrdiff_t)plan->out.channels * 4 * lanes,
        .c_row = (ptrdiff_t)plan->in.groups * lanes,
        .c_plane = plan->in.plane_stride,
        .c_panel = 2 * lanes,
    };
}

/** conj(dW) = X'^T dY at every frequency: its rows are input channels, its depth is the rows of the spectra. */
static lw_complex_product weight_product(const lw_conv *conv, int rows, bool accumulate) {
    const spectral_layout *plan = conv->plan;
    const int lanes = conv->kernels->lanes;
    return (lw_complex_product){
        .rows = plan->in.channels,
        .depth = rows,
        .groups = plan->out.groups,
        .a_row = 1,
        .a_step = (ptrdiff_t)plan->in.groups * lanes,
        .a_plane = plan->in.plane_stride,
        .b_step = (ptrdiff_t)plan->out.groups * lanes,
        .b_plane = plan->out.plane_stride,
        .b_panel = 2 * lanes,
        .c_row = 4 * lanes,
        .c_plane = 2 * lanes,
        .c_panel = (ptrdiff_t)plan->in.channels * 4 * lanes,
        .accumulate = accumulate,
    };
}

/** Both products of a chunk, bin by bin, while the bin of dy is in the cache. */
static void multiply_back(const lw_conv *conv, int count, const float *x, const float *packed, bool accumulate,
                          const backward_memory *m) {
    const spectral_layout *plan = conv->plan;
    const int rows = count * plan->t.tiles * plan->l.tiles;
    const lw_complex_product data = data_product(conv, rows), weight = weight_product(conv, rows, accumulate);
#pragma omp parallel for schedule(dynamic, 4) num_threads(conv->use.threads)
    for (int bin = 0; bin < plan->bins; bin++) {
        const float *dy = m->dy + bin * plan->out.bin_stride;
        lw_complex_product product = weight;
        product.a = x + bin * plan->in.bin_stride;
        product.b = dy;
        product.c = m->dw + bin * plan->weight_stride;
        conv->kernels->complex_product(&product);
        if (!conv->use.input_gradient)
            continue;
        float *turned = m->turned + lw_thread_number() * plan->turned_floats;
        conv->kernels->transpose_bin(plan->in.channels, plan->out.channels, packed + bin * plan->weight_stride, turned);
        product = data;
        product.a = dy;
        product.b = turned;
        product.c = m->dx + bin * plan->in.bin_stride;
        conv->kernels->complex_product(&product);
    }
}

/** taps [kh][kw][c_in][padded] to dweight [c_out][c_in][kh][kw], one input channel. */
static void collect_taps(const lw_conv_shape *s, int c, ptrdiff_t padded, const float *taps, float *dweight) {
    const int area = s->kh * s->kw;
    for (int o = 0; o < s->c_out; o++)
        for (int tap = 0; tap < area; tap++)
            dweight[((ptrdiff_t)o * s->c_in + c) * area + tap] = taps[((ptrdiff_t)tap * s->c_in + c) * padded + o];
}

static void weight_gradient(const lw_conv *conv, const backward_memory *m, float *dweight) {
    const spectral_layout *plan = conv->plan;
    const lw_conv_shape *s = &conv->shape;
    const ptrdiff_t panel = 2 * conv->kernels->lanes, padded = plan->panels * panel;
    const lw_spectral_finish finish = {.scale = 1.0f / (float)(plan->t.fft.points * plan->l.fft.points)};
#pragma omp parallel num_threads(conv->use.threads)
    {
        float *own = m->work + lw_thread_number() * plan->work_floats;
#pragma omp for schedule(dynamic)
        for (int c = 0; c < s->c_in; c++) {
            for (int g = 0; g < plan->panels; g++) {
                const lw_spectral_patch patch = weight_patch(conv, g);
                conv->kernels->synthesise(&patch, m->dw + ((ptrdiff_t)g * s->c_in + c) * 2 * panel, &finish,
                                          m->taps + c * padded + g * panel, own);
            }
            collect_taps(s, c, padded, m->taps, dweight);
        }
    }
}

static void spectral_backward(const lw_conv *conv, int n, const float *x, const float *dy, const float *packed,
                              const float *kept, float *dx, float *dweight, float *dbias, float *scratch) {
    const spectral_layout *plan = conv->plan;
    const lw_conv_shape *s = &conv->shape;
    const ptrdiff_t positions = (ptrdiff_t)s->h * s->t_in;
    const backward_memory m = lay_out(conv, plan, scratch);
    const lw_spectral_finish finish = {.scale = 1.0f / (float)(plan->t.fft.points * plan->l.fft.points)};
    for (int first = 0; first < n; first += plan->chunk) {
        const int count = n - first < plan->chunk ? n - first : plan->chunk;
        const float *x_spectrum = plan->keep ? kept + first / plan->chunk * plan->in.floats : m.x;
        if (!plan->keep)
            analyse(conv, SIDE_IN, count, x + first * positions * s->c_in, m.x, m.work);
        analyse(conv, SIDE_OUT, count, dy + first * positions * s->c_out, m.dy, m.work);
        multiply_back(conv, count, x_spectrum, packed, first > 0, &m);
        if (conv->use.input_gradient)
            synthesise(conv, SIDE_IN, count, m.dx, &finish, dx + first * positions * s->c_in, m.work);
    }
    weight_gradient(conv, &m, dweight);
    if (dbias)
        lw_bias_gradient(conv, dy, n * positions, dbias, m.bias);
}

const lw_conv_method lw_conv_spectral = {
    .name = "spectral",
    .cost = spectral_cost,
    .plan = spectral_plan,
    .unplan = spectral_unplan,
    .pack = spectral_pack,
    .forward = spectral_forward,
    .backward = spectral_backward,
};
