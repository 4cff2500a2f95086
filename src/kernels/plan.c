#include "kernels/plan.h"

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "base/memory.h"
#include "kernels/cpu.h"
#include "kernels/direct_vector.h"
#include "kernels/gemm.h"
#include "kernels/isa/kernels_table.h"
#include "kernels/plan_cost.h"
#include "kernels/winograd.h"

/** One "T=64" of LEADWISE_CONV's second half. */
static bool parse_item(const char *item, lw_conv_tuning *tuning) {
    int used = 0;
    if (sscanf(item, "T=%d%n", &tuning->points_t, &used) == 1 && item[used] == '\0')
        return tuning->points_t > 0;
    if (sscanf(item, "L=%d%n", &tuning->points_l, &used) == 1 && item[used] == '\0')
        return tuning->points_l > 0;
    if (sscanf(item, "chunk=%d%n", &tuning->chunk, &used) == 1 && item[used] == '\0')
        return tuning->chunk > 0;
    return false;
}

/** "direct", "winograd", "spectral", "spectral:T=64,L=8,chunk=4". */
static bool parse_method(const char *text, lw_conv_tuning *tuning) {
    if (strcmp(text, "direct") == 0) {
        tuning->method = LW_CONV_DIRECT;
        return true;
    }
    if (strcmp(text, "winograd") == 0) {
        tuning->method = LW_CONV_WINOGRAD;
        return true;
    }
    const size_t name = strlen("spectral");
    if (strncmp(text, "spectral", name) != 0 || (text[name] != '\0' && text[name] != ':'))
        return false;
    tuning->method = LW_CONV_SPECTRAL;
    while (text[strcspn(text, ":,")] != '\0') {
        text += strcspn(text, ":,") + 1;
        char item[32];
        snprintf(item, sizeof item, "%.*s", (int)strcspn(text, ","), text);
        if (!parse_item(item, tuning))
            return false;
    }
    return true;
}

/** What is forced: by the caller, else by the environment. */
static lw_status read_tuning(const lw_conv_use *use, lw_conv_tuning *tuning, lw_error *err) {
    *tuning = (lw_conv_tuning){0};
    if (use->tuning != NULL) {
        *tuning = *use->tuning;
        return LW_OK;
    }
    const char *isa_name = getenv("LEADWISE_ISA"), *method = getenv("LEADWISE_CONV");
    lw_isa isa = LW_ISA_BEST;
    if (isa_name != NULL && !lw_isa_parse(isa_name, &isa))
        return lw_fail(err, LW_ERR_ARGUMENT,
                       "LEADWISE_ISA is \"%s\", expected best, scalar, sse2, neon, avx2 or avx512", isa_name);
    tuning->isa = (int)isa;
    if (method != NULL && !parse_method(method, tuning))
        return lw_fail(err, LW_ERR_ARGUMENT,
                       "LEADWISE_CONV is \"%s\", expected direct, winograd, spectral or spectral:T=...,L=...,chunk=...",
                       method);
    return LW_OK;
}

static lw_status find_kernels(const lw_conv_tuning *tuning, const lw_kernels **kernels, lw_error *err) {
    *kernels = lw_kernels_of((lw_isa)tuning->isa);
    if (*kernels == NULL)
        return lw_fail(err, LW_ERR_ARGUMENT, "instruction set %s is not in this build or not in this processor",
                       lw_isa_name((lw_isa)tuning->isa));
    return LW_OK;
}

lw_status lw_plan_kernels(const lw_conv_use *use, const lw_kernels **kernels, lw_error *err) {
    lw_conv_tuning tuning;
    lw_status status = read_tuning(use, &tuning, err);
    return status == LW_OK ? find_kernels(&tuning, kernels, err) : status;
}

bool lw_plan_streams(const float *block, ptrdiff_t floats) {
    enum { CACHED_FLOATS = 2 << 20 }; /* 8 MB: beyond any second-level cache */
    return floats > CACHED_FLOATS && (uintptr_t)block % LW_ALIGNMENT == 0;
}

/** The longest transform worth trying for an axis: a little more than one tile over everything needs. */
static int longest(int extent, int taps, int pad) {
    const int whole = extent + taps - 1 - pad, most = whole + whole / 8 + 8;
    return most < LW_FFT_POINTS_MAX ? most : LW_FFT_POINTS_MAX;
}

/** The next length to try after `points` (0: the first); 0 at the end. */
static int next_points(int points, int extent, int taps, int pad, int forced) {
    if (forced > 0)
        return points == 0 ? forced : 0;
    const int last = longest(extent, taps, pad);
    for (points = points < taps ? taps : points + 1; points <= last; points++)
        if (lw_fft_supports(points))
            return points;
    return 0;
}

static bool axis_fits(int extent, int taps, int pad) { return next_points(0, extent, taps, pad, 0) != 0; }

bool lw_plan_spectral_fits(const lw_conv_shape *s) {
    return axis_fits(s->t_in, s->kw, (s->kw - 1) / 2) && axis_fits(s->h, s->kh, (s->kh - 1) / 2);
}

/**
 * The shape that is priced. Inference is priced for a batch between one recording, where reading the weights costs most,
 * and many: every session then computes a recording by the same plan, and so to the same bytes.
 */
static lw_conv_shape priced_shape(const lw_conv_shape *shape, const lw_conv_use *use) {
    enum { INFERENCE_RECORDS = 4 };
    lw_conv_shape priced = *shape;
    if (!use->training)
        priced.n = INFERENCE_RECORDS;
    return priced;
}

/** The cheapest lengths among those allowed; infinitely dear when there are none. */
static double cheapest_spectral(const lw_conv_shape *shape, const lw_conv_use *use, const lw_kernels *kernels,
                                const lw_conv_tuning *tuning, lw_spectral_choice *choice) {
    const lw_conv_shape priced = priced_shape(shape, use), *s = &priced;
    const int most = lw_plan_chunk(shape, use);
    const int pad_t = (s->kw - 1) / 2, pad_h = (s->kh - 1) / 2;
    double best = __builtin_inf();
    int points_t = 0;
    while ((points_t = next_points(points_t, s->t_in, s->kw, pad_t, tuning->points_t)) != 0) {
        int points_l = 0;
        while ((points_l = next_points(points_l, s->h, s->kh, pad_h, tuning->points_l)) != 0) {
            if (lw_spectral_valid(points_t, s->t_in, s->kw, pad_t) < 1 ||
                lw_spectral_valid(points_l, s->h, s->kh, pad_h) < 1 || !lw_fft_supports(points_t) ||
                !lw_fft_supports(points_l))
                continue;
            lw_spectral_choice candidate = {.points_t = points_t, .points_l = points_l};
            const double seconds = lw_cost_spectral(s, use, kernels, tuning->chunk, &candidate);
            if (seconds < best) {
                best = seconds;
                *choice = candidate;
            }
        }
    }
    choice->chunk = tuning->chunk > 0 && tuning->chunk < most ? tuning->chunk : most;
    return best;
}

lw_status lw_plan_spectral(const lw_conv_shape *s, const lw_conv_use *use, const lw_kernels **kernels,
                           lw_spectral_choice *choice, lw_error *err) {
    lw_conv_tuning tuning;
    lw_status status = read_tuning(use, &tuning, err);
    if (status == LW_OK)
        status = find_kernels(&tuning, kernels, err);
    if (status != LW_OK)
        return status;
    if (cheapest_spectral(s, use, *kernels, &tuning, choice) == __builtin_inf())
        return lw_fail(err, LW_ERR_ARGUMENT,
                       "no transforms of %d x %d points for a %d x %d kernel: expected products of 2, 3 and 5 not "
                       "shorter than the kernel",
                       tuning.points_l, tuning.points_t, s->kh, s->kw);
    return LW_OK;
}

int lw_plan_chunk(const lw_conv_shape *shape, const lw_conv_use *use) {
    const int halvings = use->thrift - 2;
    return halvings <= 0 ? shape->n : halvings < 31 ? shape->n >> halvings : 0;
}

int lw_plan_winograd_chunk(const lw_conv_shape *s, const lw_conv_use *use) {
    enum { MATRICES_FLOATS = 8 << 20 };
    const double tiles = lw_ceil_div(s->h, LW_WINOGRAD_OUT_L) * lw_ceil_div(s->t_in, LW_WINOGRAD_OUT_T);
    const double record = LW_WINOGRAD_IN_L * LW_WINOGRAD_IN_T * tiles * (s->c_in + s->c_out);
    const double fit = MATRICES_FLOATS / record;
    const int most = lw_plan_chunk(s, use);
    return fit < 1.0 ? 1 : fit > most ? most : (int)fit;
}

/**
 * A training batch this small is a gradient check, not work: it takes the direct sums, which stay close to the
 * definition element by element, where a transform spreads its rounding over a row. One rounding can turn a ReLU, and
 * one ReLU moves a small gradient by 1e-3.
 */
enum { EXACT_BATCH = 4 };

/** Where the method is forced, direct sums do what it cannot. */
static const lw_conv_method *forced(int method, const lw_conv_shape *shape, const lw_conv_use *use) {
    if (method == LW_CONV_SPECTRAL && lw_conv_spectral.supports(shape, use))
        return &lw_conv_spectral;
    if (method == LW_CONV_WINOGRAD && lw_conv_winograd.supports(shape, use))
        return &lw_conv_winograd;
    return &lw_conv_direct_vector;
}

const lw_conv_method *lw_conv_choose(const lw_conv_shape *shape, const lw_conv_use *use) {
    lw_conv_tuning tuning;
    const lw_kernels *kernels;
    lw_spectral_choice choice;
    /* A failure here comes back, with its sentence, when the method plans. */
    if (read_tuning(use, &tuning, NULL) != LW_OK || find_kernels(&tuning, &kernels, NULL) != LW_OK)
        return &lw_conv_direct_vector;
    if (tuning.method != LW_CONV_PLANNED)
        return forced((int)tuning.method, shape, use);
    if ((use->training && shape->n <= EXACT_BATCH) || lw_plan_chunk(shape, use) == 0)
        return &lw_conv_direct_vector;
    const lw_conv_shape priced = priced_shape(shape, use);
    const lw_conv_method *best = &lw_conv_direct_vector;
    double least = lw_cost_direct(&priced, use, kernels);
    if (lw_conv_spectral.supports(shape, use)) {
        const double seconds = cheapest_spectral(shape, use, kernels, &tuning, &choice);
        best = seconds < least ? &lw_conv_spectral : best;
        least = seconds < least ? seconds : least;
    }
    if (lw_conv_winograd.supports(shape, use) && lw_cost_winograd(&priced, kernels) < least)
        best = &lw_conv_winograd;
    return best;
}
