/* This file resamples by polyphase filters: it finds the ratio and makes the filter. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "signal/prepare_internal.h"

/*
 * Python's algorithm on the double's exact fraction n / d: walk the continued fraction until the next denominator
 * passes the limit, then choose between the last convergent and the best fraction between the last two. d < 2^53 *
 * 2^14, so 128 bits hold everything.
 */
lw_ratio lw_ratio_closest(double value, size_t limit) {
    int exponent;
    const double mantissa = frexp(value, &exponent);
    unsigned __int128 n = (unsigned __int128)ldexp(mantissa, 53), d = 1;
    if (exponent > 53)
        n <<= exponent - 53;
    else
        d <<= 53 - exponent;
    while (n % 2 == 0 && d % 2 == 0)
        n /= 2, d /= 2;
    const unsigned __int128 denominator = d;
    if (denominator <= limit)
        return (lw_ratio){(size_t)n, (size_t)d};

    unsigned __int128 p0 = 0, q0 = 1, p1 = 1, q1 = 0;
    for (;;) {
        const unsigned __int128 a = n / d, q2 = q0 + a * q1;
        if (q2 > limit)
            break;
        const unsigned __int128 p2 = p0 + a * p1, rest = n - a * d;
        p0 = p1, q0 = q1, p1 = p2, q1 = q2;
        n = d, d = rest;
    }
    const unsigned __int128 k = (limit - q0) / q1;
    const bool convergent_is_closer = 2 * d * (q0 + k * q1) <= denominator;
    if (convergent_is_closer)
        return (lw_ratio){(size_t)p1, (size_t)q1};
    return (lw_ratio){(size_t)(p0 + k * p1), (size_t)(q0 + k * q1)};
}

/* Modified Bessel function of order 0 by its power series, whose terms are all positive. */
static double bessel_i0(double x) {
    double sum = 1.0, term = 1.0;
    for (int k = 1; term > 1e-17 * sum; k++) {
        term *= (x / 2.0 / k) * (x / 2.0 / k);
        sum += term;
    }
    return sum;
}

/* h[2 half + 1]: low-pass at 1 / widest of the Nyquist frequency, sum(h) = gain. */
static void design_lowpass(double *h, size_t half, size_t widest, double gain) {
    const double pi = 3.14159265358979323846, beta = 5.0;
    double sum = 0.0;
    for (size_t i = 0; i <= 2 * half; i++) {
        const double m = (double)i - (double)half, at = m / (double)half, phase = pi * m / (double)widest;
        const double window = bessel_i0(beta * sqrt(1.0 - at * at)) / bessel_i0(beta);
        h[i] = (m == 0.0 ? 1.0 : sin(phase) / phase) * window;
        sum += h[i];
    }
    for (size_t i = 0; i <= 2 * half; i++)
        h[i] *= gain / sum;
}

/* Tap k of a phase meets the input sample k - reach after the current one. */
static void split_phases(const double *h, size_t half, const lw_resampler *r) {
    for (size_t phase = 0; phase < r->ratio.up; phase++)
        for (size_t k = 0; k < r->taps; k++) {
            const size_t ahead = half + phase + r->reach * r->ratio.up, back = k * r->ratio.up;
            if (ahead >= back && ahead - back <= 2 * half)
                r->phases[phase * r->taps + k] = h[ahead - back];
        }
}

static size_t whole_blocks(size_t outputs) { return (outputs + LW_FIR_BLOCK - 1) / LW_FIR_BLOCK * LW_FIR_BLOCK; }

bool lw_resampler_design(lw_ratio ratio, lw_ends ends, lw_resampler *out) {
    enum { TILE_ROWS = 1024 }; /* 64 kB: its second-level cache is enough, and tiles share few rows */
    *out = (lw_resampler){.ratio = ratio, .ends = ends, .taps = 1, .tile_outputs = TILE_ROWS, .tile_rows = TILE_ROWS};
    if (ratio.up == ratio.down)
        return true;

    const size_t widest = ratio.up > ratio.down ? ratio.up : ratio.down, half = LW_FIR_REACH * widest;
    out->reach = half / ratio.up;
    out->taps = 2 * out->reach + 1 + (ratio.up > 1); /* a phase other than 0 may reach one sample further ahead */
    out->tile_outputs = whole_blocks(TILE_ROWS * ratio.up / ratio.down + 1);
    out->tile_rows = ((out->tile_outputs - 1) * ratio.down + ratio.up - 1) / ratio.up + out->taps;
    double *h = lw_calloc(2 * half + 1, sizeof *h);
    out->phases = lw_calloc(ratio.up * out->taps, sizeof *out->phases);
    const bool ok = h && out->phases;
    if (ok) {
        design_lowpass(h, half, widest, (double)ratio.up);
        split_phases(h, half, out);
    } else {
        lw_resampler_release(out);
    }
    free(h);
    return ok;
}

void lw_resampler_release(lw_resampler *resampler) {
    free(resampler->phases);
    *resampler = (lw_resampler){0};
}

size_t lw_resampler_length(const lw_resampler *resampler, size_t samples) {
    return (samples * resampler->ratio.up + resampler->ratio.down - 1) / resampler->ratio.down;
}

static void load_lane(const lw_lane *lane, size_t from, size_t count, double *row) {
    if (lane->mv)
        for (size_t t = 0; t < count; t++)
            row[t * LW_LANES] = lane->mv[from + t];
    else if (lane->adc)
        for (size_t t = 0; t < count; t++)
            row[t * LW_LANES] = lane->scale * lane->adc[(from + t) * lane->stride] + lane->offset;
    else
        for (size_t t = 0; t < count; t++)
            row[t * LW_LANES] = 0.0;
}

/** Some leads on their way to rows. */
typedef struct loading {
    const lw_lane *lanes;
    size_t count, samples;
    const lw_lane_kernels *kernels;
    lw_ends ends;
    bool subtracts;                         /**< whether there is a `middle` */
    double middle[LW_LANES];                /**< taken off every sample, and put back into every output */
    double base[LW_LANES], slope[LW_LANES]; /**< beyond the ends, without `middle`, sample t is base + slope t */
} loading;

static double sample_of(const lw_lane *lane, size_t t) {
    double row[1];
    load_lane(lane, t, 1, row);
    return row[0];
}

/** The mean of a lead. */
static double mean_of(const lw_lane *lane, size_t samples) {
    double sum = 0.0;
    int64_t adc_sum = 0;
    for (size_t t = 0; lane->mv && t < samples; t++)
        sum += lane->mv[t];
    for (size_t t = 0; lane->adc && t < samples; t++)
        adc_sum += lane->adc[t * lane->stride];
    if (lane->adc)
        sum = lane->scale * (double)adc_sum + lane->offset * (double)samples;
    return sum / (double)samples;
}

/**
 * Set the lines beyond the ends. A filter whose phases differ in their gain for a constant (up > 1) would make a ripple of
 * an electrode's offset, so the mean is kept from it.
 */
static void find_lines(loading *it) {
    for (size_t l = 0; l < it->count; l++) {
        const lw_lane *lane = &it->lanes[l];
        const double first = sample_of(lane, 0), last = sample_of(lane, it->samples - 1);
        it->middle[l] = it->subtracts ? mean_of(lane, it->samples) : 0.0;
        it->base[l] = first - it->middle[l];
        it->slope[l] = it->samples > 1 ? (last - first) / (double)(it->samples - 1) : 0.0;
    }
}

/** Make `count` rows from sample `t` on, all of them beyond the same end. */
static void extend(const loading *it, double t, size_t count, double *rows) {
    double base[LW_LANES];
    memset(rows, 0, count * LW_LANES * sizeof *rows);
    if (it->ends == LW_ENDS_ZERO)
        return;
    for (size_t l = 0; l < LW_LANES; l++)
        base[l] = it->base[l] + it->slope[l] * t;
    it->kernels->add_line(base, it->slope, count, it->count, rows);
}

/** rows[t] += sign * middle. */
static void add_middle(const loading *it, double sign, size_t count, double *rows) {
    static const double level[LW_LANES] = {0};
    double base[LW_LANES];
    for (size_t l = 0; l < LW_LANES; l++)
        base[l] = sign * it->middle[l];
    it->kernels->add_line(base, level, count, it->count, rows);
}

/* Leads that lie side by side in the recording, as nearly all do, are loaded together; what is not there, or is to come
 * from elsewhere, is loaded as zeros first. */
static void load(const loading *it, size_t from, size_t count, double *rows) {
    const lw_lane *lanes = it->lanes;
    double scale[LW_LANES] = {0}, offset[LW_LANES] = {0};
    bool together[LW_LANES] = {false};
    for (size_t l = 0; l < it->count; l++) {
        together[l] = lanes[0].adc && (lanes[l].adc == lanes[0].adc + l || (!lanes[l].adc && !lanes[l].mv));
        if (together[l])
            scale[l] = lanes[l].scale, offset[l] = lanes[l].offset;
    }
    if (together[0])
        it->kernels->load(lanes[0].adc + from * lanes[0].stride, lanes[0].stride, count, it->count, scale, offset,
                          rows);
    for (size_t l = 0; l < it->count; l++)
        if (!together[l])
            load_lane(&lanes[l], from, count, rows + l);
}

/* `count` rows of the signal with `before` rows ahead of it and others behind it, from row `start` on; some are of the
 * signal. */
static void load_rows(const loading *it, size_t before, size_t start, size_t count, double *rows) {
    const size_t ahead = start < before ? before - start : 0, from = start + ahead - before;
    const size_t real = it->samples - from < count - ahead ? it->samples - from : count - ahead;
    extend(it, (double)start - (double)before, ahead, rows);
    load(it, from, real, rows + ahead * LW_LANES);
    if (it->subtracts)
        add_middle(it, -1.0, real, rows + ahead * LW_LANES);
    extend(it, (double)(from + real), count - ahead - real, rows + (ahead + real) * LW_LANES);
}

void lw_resampler_run(const lw_resampler *resampler, const lw_lane_kernels *kernels, const lw_lane *lanes, size_t count,
                      size_t samples, double *tile, double *out) {
    loading it = {.lanes = lanes, .count = count, .samples = samples, .kernels = kernels};
    const size_t up = resampler->ratio.up, down = resampler->ratio.down,
                 length = lw_resampler_length(resampler, samples);
    if (!resampler->phases) {
        load(&it, 0, length, out);
        return;
    }
    it.ends = resampler->ends;
    it.subtracts = it.ends == LW_ENDS_LINE && up > 1;
    if (it.ends == LW_ENDS_LINE)
        find_lines(&it);
    for (size_t first = 0; first < length; first += resampler->tile_outputs) {
        const size_t left = length - first;
        const lw_fir_job job = {.rows = tile,
                                .phases = resampler->phases,
                                .up = up,
                                .down = down,
                                .taps = resampler->taps,
                                .phase = first * down % up,
                                .outputs = left < resampler->tile_outputs ? left : resampler->tile_outputs,
                                .lanes = count};
        const size_t rows = (job.phase + (whole_blocks(job.outputs) - 1) * down) / up + job.taps;
        load_rows(&it, resampler->reach, first * down / up, rows, tile);
        kernels->resample(&job, out + first * LW_LANES);
        if (it.subtracts)
            add_middle(&it, 1.0, job.outputs, out + first * LW_LANES);
    }
}
