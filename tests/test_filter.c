/* Tests that compare the band-pass with the formula of Butterworth, the sections of SciPy and a loop in double. */
#include "support.h"

#include <complex.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "base/safetensors.h"
#include "signal/prepare_internal.h"

static const double pi = 3.14159265358979323846;

/* The Butterworth band-pass by its formula: 1 / sqrt(1 + u^2n), u the warped frequency's distance from the centre. */
static double definition_magnitude(int order, const double band_hz[2], double rate_hz, double hz) {
    const double low = tan(pi * band_hz[0] / rate_hz), high = tan(pi * band_hz[1] / rate_hz);
    const double at = tan(pi * hz / rate_hz), u = (at * at - low * high) / (at * (high - low));
    return 1.0 / sqrt(1.0 + pow(u, 2 * order));
}

static double magnitude(const lw_bandpass *bandpass, double hz, double rate_hz) {
    const double complex back = cexp(-2.0 * I * pi * hz / rate_hz);
    double complex response = 1.0;
    for (size_t s = 0; s < bandpass->sections; s++) {
        const lw_biquad *q = &bandpass->section[s];
        response *= (q->b[0] + back * (q->b[1] + back * q->b[2])) / (1.0 + back * (q->a[0] + back * q->a[1]));
    }
    return cabs(response);
}

static void the_response_is_butterworths(void **state) {
    (void)state;
    static const double bands[][2] = {{0.05, 35.0}, {0.05, 20.0}, {0.5, 40.0}, {8.0, 12.0}, {1.0, 49.0}};
    for (size_t b = 0; b < sizeof bands / sizeof *bands; b++)
        for (int order = 1; order <= 5; order++) {
            const lw_bandpass bandpass = lw_bandpass_design(order, bands[b], 100.0);
            assert_int_equal(bandpass.edge, 3 * (2 * order + 1));
            for (double hz = 0.02; hz < 50.0; hz *= 1.3) {
                const double expected = definition_magnitude(order, bands[b], 100.0, hz);
                lwt_assert_close(magnitude(&bandpass, hz, 100.0), expected, 1e-9, 1e-6);
            }
        }
}

static void every_section_is_stable(void **state) {
    (void)state;
    const double band[2] = {0.05, 35.0};
    for (int order = 1; order <= LW_SECTIONS_MAX; order++) {
        const lw_bandpass bandpass = lw_bandpass_design(order, band, 100.0);
        for (size_t s = 0; s < bandpass.sections; s++) {
            assert_true(fabs(bandpass.section[s].a[1]) < 1.0);
            assert_true(fabs(bandpass.section[s].a[0]) < 1.0 + bandpass.section[s].a[1]);
        }
    }
}

static void the_sections_equal_scipys(void **state) {
    (void)state;
    const char *path = lwt_source_path("tests/data/prepared/prepared.safetensors");
    lw_safetensors *golden = NULL;
    lw_error err;
    lwt_assert_ok(lw_safetensors_open(path, (lw_safetensors_limits){1 << 20, 1000}, &golden, &err), &err);
    const double bands[2][2] = {{0.05, 35.0}, {0.05, 20.0}};
    static const char *const names[2] = {"sos.35", "sos.20"};
    for (size_t b = 0; b < 2; b++) {
        const lw_tensor *tensor = lw_safetensors_find(golden, names[b]);
        assert_non_null(tensor);
        double sos[3][6];
        assert_int_equal(tensor->bytes, sizeof sos);
        memcpy(sos, tensor->data, sizeof sos);
        const lw_bandpass bandpass = lw_bandpass_design(3, bands[b], 100.0);
        for (size_t s = 0; s < 3; s++)
            for (size_t k = 0; k < 3; k++) {
                lwt_assert_close(bandpass.section[s].b[k], sos[s][k], 1e-14, 0.0);
                lwt_assert_close(k ? bandpass.section[s].a[k - 1] : 1.0, sos[s][3 + k], 1e-14, 0.0);
            }
    }
    lw_safetensors_free(&golden);
}

/* One pass in direct form I, whose history states explicitly that the filter rests at the level of the first sample. */
static void definition_pass(const lw_bandpass *bandpass, double *x, size_t count) {
    double level = x[0];
    for (size_t s = 0; s < bandpass->sections; s++) {
        const lw_biquad *q = &bandpass->section[s];
        const double gain = (q->b[0] + q->b[1] + q->b[2]) / (1.0 + q->a[0] + q->a[1]);
        long double x1 = level, x2 = level, y1 = level * gain, y2 = level * gain;
        for (size_t t = 0; t < count; t++) {
            const long double y = q->b[0] * x[t] + q->b[1] * x1 + q->b[2] * x2 - q->a[0] * y1 - q->a[1] * y2;
            x2 = x1, x1 = x[t], y2 = y1, y1 = y;
            x[t] = (double)y;
        }
        level *= gain;
    }
}

static void reverse(double *x, size_t count) {
    for (size_t i = 0; i < count / 2; i++) {
        const double held = x[i];
        x[i] = x[count - 1 - i];
        x[count - 1 - i] = held;
    }
}

/* Forward and backward over the oddly extended signal; result in x. */
static void definition_filter(const lw_bandpass *bandpass, double *x, size_t samples) {
    const size_t edge = bandpass->edge, total = samples + 2 * edge;
    double *extended = calloc(total, sizeof *extended);
    assert_non_null(extended);
    for (size_t i = 0; i < total; i++)
        extended[i] = i < edge              ? 2.0 * x[0] - x[edge - i]
                      : i >= edge + samples ? 2.0 * x[samples - 1] - x[2 * samples + edge - 2 - i]
                                            : x[i - edge];
    definition_pass(bandpass, extended, total);
    reverse(extended, total);
    definition_pass(bandpass, extended, total);
    reverse(extended, total);
    memcpy(x, extended + edge, samples * sizeof *x);
    free(extended);
}

/* Lane l of the rows at sample t, a different mixture in each lane. */
static double example(size_t t, size_t l) {
    const double s = (double)t / 100.0;
    return 0.3 * (double)l + sin(2.0 * pi * (1.0 + (double)l) * s) + 0.5 * cos(2.0 * pi * 0.11 * s) + 0.02 * s;
}

static void check_filter(int order, size_t samples, size_t first, size_t lanes, const lw_lane_kernels *kernels) {
    const double band[2] = {0.05, 35.0};
    const lw_bandpass bandpass = lw_bandpass_design(order, band, 100.0);
    double *rows = lw_aligned_alloc((samples + 2 * bandpass.edge) * LW_LANES * sizeof *rows);
    double *expected = calloc(samples, sizeof *expected);
    assert_true(rows && expected);
    double *signal = rows + bandpass.edge * LW_LANES;
    for (size_t t = 0; t < samples; t++)
        for (size_t l = 0; l < LW_LANES; l++)
            signal[t * LW_LANES + l] = example(t, l);
    lw_bandpass_run(&bandpass, kernels, rows, samples, first, lanes);
    for (size_t l = 0; l < lanes; l++) {
        for (size_t t = 0; t < samples; t++)
            expected[t] = example(t, l);
        definition_filter(&bandpass, expected, samples);
        for (size_t t = first; t < samples; t++)
            lwt_assert_close(signal[t * LW_LANES + l], expected[t], 1e-9, 0.0);
    }
    lw_aligned_free(rows);
    free(expected);
}

static void filtering_equals_the_definition(void **state) {
    (void)state;
    for (size_t k = 0; lw_lane_kernels_get(k); k++) {
        check_filter(3, 22, 0, LW_LANES, lw_lane_kernels_get(k));
        check_filter(3, 1000, 0, LW_LANES, lw_lane_kernels_get(k));
        check_filter(3, 2500, 1400, LW_LANES, lw_lane_kernels_get(k));
        for (int order = 1; order <= LW_SECTIONS_MAX; order++)
            check_filter(order, 300, 0, 1 + (size_t)order % LW_LANES, lw_lane_kernels_get(k));
    }
}

/* What is in the band passes unshifted, what is outside is weakened twice, once a direction. */
static void a_sine_keeps_its_phase_and_gets_the_designed_gain(void **state) {
    (void)state;
    enum { SAMPLES = 60000, MIDDLE = SAMPLES / 2 }; /* long: the low edge forgets the ends slowly */
    const double band[2] = {0.05, 35.0}, tones_hz[LW_LANES] = {1.0, 5.0, 10.0, 20.0, 30.0, 35.0, 40.0, 48.0};
    const lw_bandpass bandpass = lw_bandpass_design(3, band, 100.0);
    double *rows = lw_aligned_alloc((SAMPLES + 2 * bandpass.edge) * LW_LANES * sizeof *rows);
    assert_non_null(rows);
    double *signal = rows + bandpass.edge * LW_LANES;
    for (size_t t = 0; t < SAMPLES; t++)
        for (size_t l = 0; l < LW_LANES; l++)
            signal[t * LW_LANES + l] = 3.0 + sin(2.0 * pi * tones_hz[l] * (double)t / 100.0);
    lw_bandpass_run(&bandpass, lw_lane_kernels_get(0), rows, SAMPLES, 0, LW_LANES);
    for (size_t l = 0; l < LW_LANES; l++) {
        const double gain = pow(definition_magnitude(3, band, 100.0, tones_hz[l]), 2.0);
        for (size_t t = MIDDLE; t < MIDDLE + 100; t++)
            lwt_assert_close(signal[t * LW_LANES + l], gain * sin(2.0 * pi * tones_hz[l] * (double)t / 100.0), 1e-6,
                             0.0);
    }
    lw_aligned_free(rows);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_response_is_butterworths),
        cmocka_unit_test(every_section_is_stable),
        cmocka_unit_test(the_sections_equal_scipys),
        cmocka_unit_test(filtering_equals_the_definition),
        cmocka_unit_test(a_sine_keeps_its_phase_and_gets_the_designed_gain),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
