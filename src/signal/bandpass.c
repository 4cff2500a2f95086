/* This file designs the Butterworth band-pass in sections, and pads for it. */
#include <complex.h>
#include <math.h>
#include <string.h>

#include "base/memory.h"
#include "signal/prepare_internal.h"

/* s = 4 (z - 1) / (z + 1): the bilinear transform at a sampling rate of 2, scipy's convention. */
static double complex to_digital(double complex s) { return (4.0 + s) / (4.0 - s); }

/* One section with both poles given (conjugates, or both real) and zeros at z = +1 or -1. */
static lw_biquad section_of(double complex p, double complex q, double zero_a, double zero_b) {
    return (lw_biquad){{1.0, -(zero_a + zero_b), zero_a * zero_b}, {-creal(p + q), creal(p * q)}};
}

/* State of transposed direct form II after an endless constant input of 1 (scipy.signal.sosfilt_zi). */
static void set_rest(lw_bandpass *bandpass) {
    double level = 1.0;
    for (size_t s = 0; s < bandpass->sections; s++) {
        const lw_biquad *q = &bandpass->section[s];
        const double c1 = q->b[1] - q->a[0] * q->b[0], c2 = q->b[2] - q->a[1] * q->b[0];
        const double sum_a = 1.0 + q->a[0] + q->a[1], first = (c1 + c2) / sum_a;
        bandpass->rest[s][0] = level * first;
        bandpass->rest[s][1] = level * ((1.0 + q->a[0]) * first - c1);
        level *= (q->b[0] + q->b[1] + q->b[2]) / sum_a;
    }
}

/*
 * Each pole of the low-pass prototype becomes two of the band-pass, one near each band edge. Poles near the upper edge
 * get both zeros at Nyquist, those near the lower edge both at 0, and the pair from the real pole of odd orders one of
 * each: scipy's pairing, which keeps every section tame. The high ones come first, with the gain.
 */
lw_bandpass lw_bandpass_design(int order, const double band_hz[2], double rate_hz) {
    const double pi = 3.14159265358979323846;
    const double low = 4.0 * tan(pi * band_hz[0] / rate_hz), high = 4.0 * tan(pi * band_hz[1] / rate_hz);
    const double width = high - low;
    lw_bandpass bandpass = {.sections = (size_t)order, .edge = 3 * (2 * (size_t)order + 1)};
    double complex gain = 1.0;
    for (int i = 0; i < (order + 1) / 2; i++) {
        const double complex prototype = -cexp(-I * pi * (order - 1 - 2 * i) / (2.0 * order));
        const double complex centre = prototype * width / 2.0, spread = csqrt(centre * centre - low * high);
        double complex upper = centre + spread, lower = centre - spread;
        if (2 * i + 1 == order) {
            gain *= width * 4.0 / ((4.0 - upper) * (4.0 - lower));
            bandpass.section[i] = section_of(to_digital(upper), to_digital(lower), 1.0, -1.0);
            continue;
        }
        if (cabs(upper) < cabs(lower)) {
            const double complex swapped = upper;
            upper = lower, lower = swapped;
        }
        const double magnitude = cabs((4.0 - upper) * (4.0 - lower));
        gain *= width * width * 16.0 / (magnitude * magnitude);
        bandpass.section[i] = section_of(to_digital(upper), conj(to_digital(upper)), -1.0, -1.0);
        bandpass.section[order - 1 - i] = section_of(to_digital(lower), conj(to_digital(lower)), 1.0, 1.0);
    }
    for (size_t k = 0; k < 3; k++)
        bandpass.section[0].b[k] *= creal(gain);
    set_rest(&bandpass);
    return bandpass;
}

/* The state at rest for the level in `row`, so that the filter starts without a step. */
static void start_at(const lw_bandpass *bandpass, const double *row, double *state) {
    for (size_t s = 0; s < bandpass->sections; s++)
        for (size_t i = 0; i < 2; i++)
            for (size_t l = 0; l < LW_LANES; l++)
                state[(2 * s + i) * LW_LANES + l] = bandpass->rest[s][i] * row[l];
}

/* Continue the signal beyond both ends, turned about its end points. */
static void extend_odd(double *rows, size_t samples, size_t edge) {
    double *first = rows + edge * LW_LANES, *last = first + (samples - 1) * LW_LANES;
    for (size_t i = 1; i <= edge; i++) {
        const ptrdiff_t offset = (ptrdiff_t)(i * LW_LANES);
        for (ptrdiff_t l = 0; l < LW_LANES; l++) {
            first[l - offset] = 2.0 * first[l] - first[l + offset];
            last[l + offset] = 2.0 * last[l] - last[l - offset];
        }
    }
}

void lw_bandpass_run(const lw_bandpass *bandpass, const lw_lane_kernels *kernels, double *rows, size_t samples,
                     size_t first, size_t lanes) {
    _Alignas(LW_ALIGNMENT) double state[LW_SECTIONS_MAX * 2 * LW_LANES];
    const size_t total = samples + 2 * bandpass->edge;
    double *end = rows + (total - 1) * LW_LANES;
    extend_odd(rows, samples, bandpass->edge);
    start_at(bandpass, rows, state);
    kernels->filter(rows, total, LW_LANES, lanes, bandpass->section, bandpass->sections, state);
    start_at(bandpass, end, state);
    kernels->filter(end, total - bandpass->edge - first, -LW_LANES, lanes, bandpass->section, bandpass->sections,
                    state);
}
