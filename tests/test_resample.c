/* Tests that compare resampling and its ratios with the definition in double and with the fractions of Python. */
#include "support.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "signal/prepare_internal.h"

static const double pi = 3.14159265358979323846;

/* The values are those of Python's Fraction(100 / rate).limit_denominator(1000). */
static void the_ratio_is_the_one_of_pythons_fractions(void **state) {
    (void)state;
    static const struct {
        double rate_hz;
        size_t up, down;
    } cases[] = {{500, 1, 5},     {1000, 1, 10},       {257, 100, 257},     {360, 5, 18},        {250, 2, 5},
                 {128, 25, 32},   {100, 1, 1},         {50, 2, 1},          {1000.0 / 3, 3, 10}, {333.3, 3, 10},
                 {20000, 1, 200}, {977.3, 97, 948},    {51.3, 1000, 513},   {999.7, 1, 10},      {180.18, 111, 200},
                 {62.5, 8, 5},    {123.456, 793, 979}, {4000.0 / 7, 7, 40}, {19999.9, 1, 200}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        const lw_ratio ratio = lw_ratio_closest(100.0 / cases[i].rate_hz, 1000);
        assert_int_equal(ratio.up, cases[i].up);
        assert_int_equal(ratio.down, cases[i].down);
    }
}

/* I0(x) = mean of exp(x cos a) over a turn; the trapezoid rule on a periodic function converges at once. */
static double bessel_i0(double x) {
    enum { POINTS = 64 };
    double sum = 0.0;
    for (int i = 0; i < POINTS; i++)
        sum += exp(x * cos(2.0 * pi * i / POINTS));
    return sum / POINTS;
}

/* Kaiser-windowed sinc of scipy.signal.resample_poly, sum = up. */
static double *definition_filter(lw_ratio ratio, size_t *half) {
    const size_t widest = ratio.up > ratio.down ? ratio.up : ratio.down;
    *half = 10 * widest;
    double *h = calloc(2 * *half + 1, sizeof *h), sum = 0.0;
    assert_non_null(h);
    for (size_t i = 0; i <= 2 * *half; i++) {
        const double m = (double)i - (double)*half, edge = m / (double)*half, x = pi * m / (double)widest;
        h[i] = (m == 0.0 ? 1.0 : sin(x) / x) * bessel_i0(5.0 * sqrt(1.0 - edge * edge));
        sum += h[i];
    }
    for (size_t i = 0; i <= 2 * *half; i++)
        h[i] *= (double)ratio.up / sum;
    return h;
}

/* y[i] = sum of x[j] h[i down - j up + half] */
static double definition_output(const double *h, size_t half, lw_ratio ratio, const double *x, size_t samples,
                                size_t i) {
    double sum = 0.0;
    for (size_t j = 0; j < samples; j++) {
        const long long at = (long long)(i * ratio.down) - (long long)(j * ratio.up) + (long long)half;
        if (at >= 0 && at <= (long long)(2 * half))
            sum += x[j] * h[at];
    }
    return sum;
}

static void fill_lanes(double *x, size_t count) {
    float *noise = malloc(count * sizeof *noise);
    assert_non_null(noise);
    lwt_fill(noise, count, 5);
    for (size_t i = 0; i < count; i++)
        x[i] = noise[i];
    free(noise);
}

/* Out of `lanes` leads of noise; lw_aligned_free it. */
static double *resample_noise(const lw_resampler *resampler, size_t samples, size_t lanes, const double *x,
                              const lw_lane_kernels *kernels) {
    const size_t length = lw_resampler_length(resampler, samples);
    double *tile = lw_aligned_alloc(resampler->tile_rows * LW_LANES * sizeof *tile);
    double *out = lw_aligned_alloc(length * LW_LANES * sizeof *out);
    assert_true(tile && out);
    lw_lane lane[LW_LANES] = {{0}};
    for (size_t l = 0; l < lanes; l++)
        lane[l].mv = x + l * samples;
    lw_resampler_run(resampler, kernels, lane, lanes, samples, tile, out);
    lw_aligned_free(tile);
    return out;
}

static void check_against_definition(lw_ratio ratio, size_t samples, size_t lanes, const lw_lane_kernels *kernels) {
    lw_resampler resampler;
    assert_true(lw_resampler_design(ratio, LW_ENDS_ZERO, &resampler));
    const size_t length = lw_resampler_length(&resampler, samples);
    assert_int_equal(length, (samples * ratio.up + ratio.down - 1) / ratio.down);
    double *x = lw_calloc(lanes * samples, sizeof *x);
    assert_non_null(x);
    fill_lanes(x, lanes * samples);
    double *out = resample_noise(&resampler, samples, lanes, x, kernels);

    size_t half;
    double *h = definition_filter(ratio, &half);
    for (size_t l = 0; l < lanes; l++)
        for (size_t i = 0; i < length; i += 1 + length / 97)
            lwt_assert_close(out[i * LW_LANES + l], definition_output(h, half, ratio, x + l * samples, samples, i),
                             1e-12, 0.0);
    free(h);
    free(x);
    lw_aligned_free(out);
    lw_resampler_release(&resampler);
}

static void resampling_equals_the_definition(void **state) {
    (void)state;
    static const struct {
        lw_ratio ratio;
        size_t samples;
    } cases[] = {{{1, 5}, 1},   {{1, 5}, 2503},    {{1, 10}, 7001},    {{100, 257}, 1500}, {{5, 18}, 1800},
                 {{2, 1}, 700}, {{1, 200}, 30000}, {{1000, 513}, 600}, {{793, 979}, 1300}, {{25, 32}, 3}};
    for (size_t k = 0; lw_lane_kernels_get(k); k++)
        for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
            check_against_definition(cases[i].ratio, cases[i].samples, LW_LANES, lw_lane_kernels_get(k));
}

/* Whole ratios have kernels of their own: any length, a tile's end anywhere, and any number of leads. */
static void decimation_equals_the_definition(void **state) {
    (void)state;
    float draw[3];
    for (size_t k = 0; lw_lane_kernels_get(k); k++)
        for (uint32_t round = 0; round < 60; round++) {
            lwt_fill(draw, 3, 100 + round); /* -1 to 1 */
            const size_t down = round % 3 == 0 ? 5 : round % 3 == 1 ? 10 : 2 + (size_t)(6.0 * (draw[0] + 1.0));
            const size_t samples = 1 + (size_t)((round < 30 ? 100.0 : 2000.0) * (draw[1] + 1.0));
            const size_t lanes = 1 + (size_t)(3.99 * (draw[2] + 1.0));
            check_against_definition((lw_ratio){1, down}, samples, lanes, lw_lane_kernels_get(k));
        }
}

/* A lead is prepared alike, to the last bit, whether few others or many are beside it. */
static void few_leads_give_the_same_bits(void **state) {
    (void)state;
    enum { SAMPLES = 2999, FEW = 3 };
    static const lw_ratio ratios[] = {{1, 5}, {1, 10}, {1, 3}, {5, 18}};
    double *x = lw_calloc(LW_LANES * SAMPLES, sizeof *x);
    assert_non_null(x);
    fill_lanes(x, LW_LANES * SAMPLES);
    for (size_t i = 0; i < sizeof ratios / sizeof *ratios; i++) {
        lw_resampler resampler;
        assert_true(lw_resampler_design(ratios[i], LW_ENDS_ZERO, &resampler));
        double *many = resample_noise(&resampler, SAMPLES, LW_LANES, x, lw_lane_kernels_get(0));
        double *few =
            resample_noise(&resampler, SAMPLES, FEW, x, lw_lane_kernels_for(lw_lane_kernels_get(0)->isa, FEW));
        for (size_t t = 0; t < lw_resampler_length(&resampler, SAMPLES); t++)
            assert_memory_equal(few + t * LW_LANES, many + t * LW_LANES, FEW * sizeof *few);
        lw_aligned_free(many);
        lw_aligned_free(few);
        lw_resampler_release(&resampler);
    }
    free(x);
}

static void a_ratio_of_one_copies(void **state) {
    (void)state;
    enum { SAMPLES = 30 };
    lw_resampler resampler;
    assert_true(lw_resampler_design((lw_ratio){1, 1}, LW_ENDS_ZERO, &resampler));
    double x[SAMPLES], *out = lw_aligned_alloc(SAMPLES * LW_LANES * sizeof *out);
    assert_non_null(out);
    fill_lanes(x, SAMPLES);
    const lw_lane lanes[LW_LANES] = {{.mv = x}, {.mv = x}, {.mv = x}, {.mv = x},
                                     {.mv = x}, {.mv = x}, {.mv = x}, {.mv = x}};
    lw_resampler_run(&resampler, lw_lane_kernels_get(0), lanes, LW_LANES, SAMPLES, NULL, out);
    for (size_t t = 0; t < SAMPLES; t++)
        for (size_t l = 0; l < LW_LANES; l++)
            assert_true(out[t * LW_LANES + l] == x[t]);
    lw_aligned_free(out);
    lw_resampler_release(&resampler);
}

/* A 7 Hz sine stays itself, away from the ends. */
static void a_sine_is_kept(void **state) {
    (void)state;
    enum { SAMPLES = 3000, RATE = 360 };
    lw_resampler resampler;
    assert_true(lw_resampler_design(lw_ratio_closest(100.0 / RATE, 1000), LW_ENDS_ZERO, &resampler));
    static double x[SAMPLES];
    for (size_t t = 0; t < SAMPLES; t++)
        x[t] = sin(2.0 * pi * 7.0 * (double)t / RATE);
    const lw_lane lanes[LW_LANES] = {{.mv = x}, {.mv = x}, {.mv = x}, {.mv = x},
                                     {.mv = x}, {.mv = x}, {.mv = x}, {.mv = x}};
    const size_t length = lw_resampler_length(&resampler, SAMPLES);
    double *tile = lw_aligned_alloc(resampler.tile_rows * LW_LANES * sizeof *tile);
    double *out = lw_aligned_alloc(length * LW_LANES * sizeof *out);
    assert_true(tile && out);
    lw_resampler_run(&resampler, lw_lane_kernels_get(0), lanes, LW_LANES, SAMPLES, tile, out);
    for (size_t i = 20; i + 20 < length; i++)
        lwt_assert_close(out[i * LW_LANES], sin(2.0 * pi * 7.0 * (double)i / 100.0), 2e-3, 0.0);
    lw_aligned_free(tile);
    lw_aligned_free(out);
    lw_resampler_release(&resampler);
}

/* A sample out of limits, or not a number, is found at any position. */
static void all_within_sees_every_sample(void **state) {
    (void)state;
    enum { SAMPLES = 37 };
    static const double bad[] = {NAN, INFINITY, -INFINITY, 2.5, -2.5};
    for (size_t k = 0; lw_lane_kernels_get(k); k++) {
        const lw_lane_kernels *kernels = lw_lane_kernels_get(k);
        double x[SAMPLES];
        fill_lanes(x, SAMPLES);
        assert_true(kernels->all_within(x, SAMPLES, 2.0));
        assert_true(kernels->all_within(x, 0, 2.0));
        for (size_t t = 0; t < SAMPLES; t++)
            for (size_t b = 0; b < sizeof bad / sizeof *bad; b++) {
                const double kept = x[t];
                x[t] = bad[b];
                assert_false(kernels->all_within(x, SAMPLES, 2.0));
                x[t] = kept;
            }
    }
}

/* Rows from 16-bit frames: stored side by side, in another order, beside doubles and beside nothing. */
static void check_loading(const lw_lane_kernels *kernels, const int *column) {
    enum { STRIDE = 12, SAMPLES = 57, NOTHING = -1, DOUBLES = -2 };
    int16_t adc[SAMPLES * STRIDE + LW_LANES];
    double mv[SAMPLES];
    lw_lane lanes[LW_LANES] = {{0}};
    for (size_t i = 0; i < SAMPLES * STRIDE + LW_LANES; i++)
        adc[i] = (int16_t)(i * 7919);
    fill_lanes(mv, SAMPLES);
    for (size_t l = 0; l < LW_LANES; l++) {
        if (column[l] >= 0)
            lanes[l] = (lw_lane){NULL, adc + column[l], STRIDE, 0.005 * (double)(l + 1), (double)l - 3.0};
        if (column[l] == DOUBLES)
            lanes[l].mv = mv;
    }
    lw_resampler resampler;
    assert_true(lw_resampler_design((lw_ratio){1, 1}, LW_ENDS_ZERO, &resampler));
    double *out = lw_aligned_alloc(SAMPLES * LW_LANES * sizeof *out);
    assert_non_null(out);
    lw_resampler_run(&resampler, kernels, lanes, LW_LANES, SAMPLES, NULL, out);
    for (size_t t = 0; t < SAMPLES; t++)
        for (size_t l = 0; l < LW_LANES; l++) {
            double expected = column[l] == DOUBLES ? mv[t] : 0.0;
            if (column[l] >= 0)
                expected = 0.005 * (double)(l + 1) * adc[t * STRIDE + (size_t)column[l]] + (double)l - 3.0;
            lwt_assert_close(out[t * LW_LANES + l], expected, 1e-12, 0.0);
        }
    lw_aligned_free(out);
    lw_resampler_release(&resampler);
}

static void lanes_load_every_mixture_of_leads(void **state) {
    (void)state;
    static const int columns[][LW_LANES] = {
        {0, 1, 2, 3, 4, 5, 6, 7},     {8, 9, 10, 11, -1, -1, -1, -1},   {7, 6, 5, 4, 3, 2, 1, 0},
        {0, -2, 2, -1, 4, -2, 6, -1}, {-1, 1, 2, 3, -2, 5, 6, 7},       {-2, -2, -2, -2, -2, -2, -2, -2},
        {0, 1, 2, 7, -1, -1, -1, -1}, {11, -1, -1, -1, -1, -1, -1, -1}, {0, 0, 1, 1, 2, 2, 3, 3}};
    for (size_t k = 0; lw_lane_kernels_get(k); k++)
        for (size_t i = 0; i < sizeof columns / sizeof *columns; i++)
            check_loading(lw_lane_kernels_get(k), columns[i]);
}

static void mean_and_deviation_equal_the_definition(void **state) {
    (void)state;
    enum { MOST = 61 };
    _Alignas(LW_ALIGNMENT) double rows[MOST * LW_LANES];
    double mean[LW_LANES], deviation[LW_LANES];
    fill_lanes(rows, MOST * LW_LANES);
    for (size_t k = 0; lw_lane_kernels_get(k); k++)
        for (size_t count = 1; count <= MOST; count++) {
            lw_lane_kernels_get(k)->measure(rows, count, LW_LANES, mean, deviation);
            for (size_t l = 0; l < LW_LANES; l++) {
                double sum = 0.0, squares = 0.0;
                for (size_t t = 0; t < count; t++)
                    sum += rows[t * LW_LANES + l];
                for (size_t t = 0; t < count; t++)
                    squares += pow(rows[t * LW_LANES + l] - sum / (double)count, 2.0);
                lwt_assert_close(mean[l], sum / (double)count, 1e-14, 0.0);
                lwt_assert_close(deviation[l], sqrt(squares / (double)count), 1e-14, 0.0);
            }
        }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_ratio_is_the_one_of_pythons_fractions),
        cmocka_unit_test(resampling_equals_the_definition),
        cmocka_unit_test(decimation_equals_the_definition),
        cmocka_unit_test(few_leads_give_the_same_bits),
        cmocka_unit_test(a_ratio_of_one_copies),
        cmocka_unit_test(a_sine_is_kept),
        cmocka_unit_test(all_within_sees_every_sample),
        cmocka_unit_test(lanes_load_every_mixture_of_leads),
        cmocka_unit_test(mean_and_deviation_equal_the_definition),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
