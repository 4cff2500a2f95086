/* These tests hold every layer but the convolution, in every instruction set, against its definition in double, and
 * gradients against central differences of that. */
#include "support.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/random.h"
#include "kernels/isa/kernels_table.h"

/** Of the instruction set whose turn it is. */
static const lw_kernels *kernels;

static void *array(size_t count, size_t bytes) {
    void *block = calloc(count, bytes);
    assert_non_null(block);
    return block;
}

static float *filled(size_t count, uint32_t seed) {
    float *values = array(count, sizeof *values);
    lwt_fill(values, count, seed);
    return values;
}

/* ---- Norm */

/** A mean a thousand deviations away from 0 costs no digits. */
static void mean_and_variance_equal_the_definition(void **state) {
    (void)state;
    const lw_map map = {3, 4, 29, 21, 2, kernels};
    const size_t count = lw_map_floats(&map);
    float *z = filled(count, 1), *scratch = array(lw_map_scratch_floats(&map), sizeof *scratch);
    double mean[21], variance[21];
    for (size_t i = 0; i < count; i++)
        z[i] += i % 21 == 5 ? 1000.0f : (float)(i % 21);
    lw_norm_statistics(&map, z, mean, variance, scratch);
    for (size_t c = 0; c < 21; c++) {
        double want_mean = 0.0, want_variance = 0.0, positions = (double)(count / 21);
        for (size_t i = c; i < count; i += 21)
            want_mean += (double)z[i] / positions;
        for (size_t i = c; i < count; i += 21)
            want_variance += pow((double)z[i] - want_mean, 2.0) / positions;
        lwt_assert_close(mean[c], want_mean, 0.0, 1e-6);
        lwt_assert_close(variance[c], want_variance, 0.0, 1e-5);
    }
    free(z);
    free(scratch);
}

/** A constant channel has variance 0, not a little less. */
static void a_constant_has_no_variance(void **state) {
    (void)state;
    const lw_map map = {2, 1, 7, 1, 1, kernels};
    float z[14], scratch[4];
    double mean, variance;
    for (size_t i = 0; i < 14; i++)
        z[i] = 0.1f;
    lw_norm_statistics(&map, z, &mean, &variance, scratch);
    lwt_assert_close(mean, (double)0.1f, 1e-12, 0.0);
    assert_true(variance == 0.0);
}

/* ---- The elementwise part: one problem, computed by the library and in double. */

enum { N = 2, H = 3, T = 5, C = 19, POSITIONS = H * T, COUNT = N * POSITIONS * C };

typedef struct elementwise {
    float *z, *skip, *gate, *mean, *rstd, *gain, *offset, *dy;
    uint8_t *keep;
    lw_dropout_mask drop;
    bool with_skip;
} elementwise;

static elementwise make_elementwise(bool with_skip, bool with_keep) {
    elementwise e = {filled(COUNT, 1), filled(COUNT, 2), filled(N * C, 3), filled(C, 4), filled(C, 5), filled(C, 6),
                     filled(C, 7),     filled(COUNT, 8), array(COUNT, 1),  {NULL, 1.0f}, with_skip};
    for (size_t c = 0; c < C; c++)
        e.rstd[c] = 1.5f + e.rstd[c];
    for (size_t i = 0; i < COUNT; i++)
        e.keep[i] = i % 3 != 0;
    if (with_keep)
        e.drop = (lw_dropout_mask){e.keep, 1.5f};
    return e;
}

static void free_elementwise(elementwise *e) {
    float *const all[] = {e->z, e->skip, e->gate, e->mean, e->rstd, e->gain, e->offset, e->dy};
    for (size_t i = 0; i < sizeof all / sizeof all[0]; i++)
        free(all[i]);
    free(e->keep);
}

/** s and a at element i, from z's value there. */
static double activation(const elementwise *e, size_t i, double z) {
    const size_t c = i % C;
    double zhat = (z - (double)e->mean[c]) * (double)e->rstd[c];
    return fmax((double)e->gain[c] * zhat + (double)e->offset[c], 0.0);
}

static double output(const elementwise *e, size_t i, double z) {
    double s = (double)e->gate[i / (POSITIONS * C) * C + i % C] * activation(e, i, z);
    if (e->drop.keep)
        s *= e->drop.keep[i] ? (double)e->drop.scale : 0.0;
    return e->with_skip ? fmax(s + (double)e->skip[i], 0.0) : s;
}

static void the_output_of_a_block_equals_the_definition(void **state) {
    (void)state;
    for (int kind = 0; kind < 4; kind++) {
        elementwise e = make_elementwise(kind & 1, kind & 2);
        const lw_map map = {N, H, T, C, 2, kernels};
        float *y = array(COUNT, sizeof *y);
        lw_block_output(&map, e.z, (lw_norm){e.mean, e.rstd, e.gain, e.offset}, e.gate, e.drop,
                        e.with_skip ? e.skip : NULL, y);
        for (size_t i = 0; i < COUNT; i++)
            lwt_assert_close((double)y[i], output(&e, i, (double)e.z[i]), 1e-6, 1e-6);
        free(y);
        free_elementwise(&e);
    }
}

static void activity_counts_what_is_above_zero(void **state) {
    (void)state;
    elementwise e = make_elementwise(false, false);
    const lw_map map = {N, H, T, C, 2, kernels};
    float active[N * C], active_zhat[N * C], *scratch = array(lw_map_scratch_floats(&map), sizeof *scratch);
    lw_norm_activity(&map, e.z, (lw_norm){e.mean, e.rstd, e.gain, e.offset}, active, active_zhat, scratch);
    for (size_t n = 0; n < N; n++)
        for (size_t c = 0; c < C; c++) {
            double on = 0.0, mean = 0.0, got;
            for (size_t i = n * POSITIONS * C + c; i < (n + 1) * POSITIONS * C; i += C) {
                on += activation(&e, i, (double)e.z[i]) > 0.0;
                mean += activation(&e, i, (double)e.z[i]) / POSITIONS;
            }
            assert_true((double)active[n * C + c] == on);
            got = ((double)e.gain[c] * (double)active_zhat[n * C + c] + (double)e.offset[c] * on) / POSITIONS;
            lwt_assert_close(got, mean, 1e-6, 1e-6);
        }
    free(scratch);
    free_elementwise(&e);
}

/** Without batch statistics, dz is the derivative of sum(dy * y) + sum(spread * a): differences in double. */
static void the_gradient_of_a_block_equals_the_definition(void **state) {
    (void)state;
    for (int kind = 0; kind < 4; kind++) {
        elementwise e = make_elementwise(kind & 1, kind & 2);
        const lw_map map = {N, H, T, C, 2, kernels};
        const lw_norm norm = {e.mean, e.rstd, e.gain, e.offset};
        float *y = array(COUNT, sizeof *y), *u = array(COUNT, sizeof *u), *half = array(COUNT, sizeof *half);
        float *dz = array(COUNT, sizeof *dz), *spread = filled(N * C, 9);
        float *scratch = array(lw_map_scratch_floats(&map), sizeof *scratch);
        float sum_u[N * C], sum_u_zhat[N * C], zero[C] = {0};
        lw_block_output(&map, e.z, norm, e.gate, e.drop, e.with_skip ? e.skip : NULL, y);
        for (size_t i = 0; i < COUNT; i++)
            u[i] = half[i] = 0.5f * e.dy[i];
        lw_block_backward_sums(&map, u, half, e.with_skip ? y : NULL, e.z, norm, e.drop, sum_u, sum_u_zhat, scratch);
        memcpy(dz, e.z, COUNT * sizeof *dz);
        lw_block_backward_input(&map, u, norm, e.gate, spread, e.drop, zero, zero, dz);
        double want_u[N * C] = {0}, want_u_zhat[N * C] = {0};
        for (size_t i = 0; i < COUNT; i++) {
            const size_t c = i % C, nc = i / (POSITIONS * C) * C + c;
            const double z = (double)e.z[i], step = 1e-6, dy = (double)e.dy[i];
            double slope = (output(&e, i, z + step) - output(&e, i, z - step)) / (2.0 * step);
            double slope_a = (activation(&e, i, z + step) - activation(&e, i, z - step)) / (2.0 * step);
            lwt_assert_close((double)dz[i], dy * slope + (double)spread[nc] * slope_a, 1e-5, 1e-5);
            double through = e.with_skip && !(y[i] > 0.0f) ? 0.0 : dy;
            lwt_assert_close((double)u[i], through, 1e-7, 0.0);
            if (e.drop.keep)
                through *= e.drop.keep[i] ? (double)e.drop.scale : 0.0;
            if (activation(&e, i, z) > 0.0) {
                want_u[nc] += through;
                want_u_zhat[nc] += through * (z - (double)e.mean[c]) * (double)e.rstd[c];
            }
        }
        for (size_t i = 0; i < N * C; i++) {
            lwt_assert_close((double)sum_u[i], want_u[i], 1e-5, 1e-5);
            lwt_assert_close((double)sum_u_zhat[i], want_u_zhat[i], 1e-5, 1e-5);
        }
        free(y);
        free(u);
        free(half);
        free(dz);
        free(spread);
        free(scratch);
        free_elementwise(&e);
    }
}

/** dz with the means of batch norm taken off: gain rstd (g - mean_g - zhat mean_g_zhat). */
static void the_gradient_of_batch_norm_has_all_its_terms(void **state) {
    (void)state;
    const lw_map map = {1, 1, 2, 1, 1, kernels};
    const float mean = 1, rstd = 0.5f, gain = 4, offset = 10, gate = 3, spread = 0.25f, mean_g = 2, mean_g_zhat = -1;
    float u[2] = {1, 2}, z[2] = {3, -1};
    lw_block_backward_input(&map, u, (lw_norm){&mean, &rstd, &gain, &offset}, &gate, &spread,
                            (lw_dropout_mask){NULL, 1}, &mean_g, &mean_g_zhat, z);
    /* zhat 1 and -1, both active: g 3.25 and 6.25. */
    assert_true(z[0] == 2.0f * (3.25f - 2.0f + 1.0f));
    assert_true(z[1] == 2.0f * (6.25f - 2.0f - 1.0f));
}

static void merging_gates_adds_and_cuts_at_zero(void **state) {
    (void)state;
    const lw_map map = {2, 1, 1, 2, 1, kernels};
    const float gate[4] = {2, 0.5f, -1, 1}, skip[4] = {-1, -5, 2, 0};
    float y[4] = {1, 2, 3, 4}, plain[4] = {1, -2, 3, 4};
    lw_block_merge(&map, gate, skip, y);
    assert_true(y[0] == 1.0f && y[1] == 0.0f && y[2] == 0.0f && y[3] == 4.0f);
    lw_block_merge(&map, NULL, skip, y);
    assert_true(y[0] == 0.0f && y[1] == 0.0f && y[2] == 2.0f && y[3] == 4.0f);
    lw_block_merge(&map, gate, NULL, plain);
    assert_true(plain[0] == 2.0f && plain[1] == -1.0f && plain[2] == -3.0f && plain[3] == 4.0f);
    float a[4] = {1, 2, 3, 4};
    const float b[4] = {10, 20, 30, 40}, masked_by[4] = {1, 0, -1, 2};
    lw_relu_backward(&map, a, b, masked_by);
    assert_true(a[0] == 11.0f && a[1] == 0.0f && a[2] == 0.0f && a[3] == 44.0f);
    lw_relu_backward(&map, a, NULL, masked_by);
    assert_true(a[0] == 11.0f && a[3] == 44.0f);
}

/* ---- Pooling */

static void pooling_equals_the_definition(void **state) {
    (void)state;
    const lw_map map = {N, H, T, C, 2, kernels};
    float *x = filled(COUNT, 1), *dx = array(COUNT, sizeof *dx), *scratch = array(lw_map_scratch_floats(&map), 4);
    float mean[N * 40] = {0}, flat[COUNT];
    lw_pool_forward(&map, x, 40, mean + 3, scratch);
    lw_flatten_forward(&map, x, POSITIONS * C, flat);
    lw_pool_backward(&map, mean + 3, 40, dx);
    for (size_t n = 0; n < N; n++)
        for (size_t c = 0; c < C; c++) {
            double want = 0.0;
            for (size_t p = 0; p < POSITIONS; p++) {
                want += (double)x[(n * POSITIONS + p) * C + c] / POSITIONS;
                assert_true(flat[(n * C + c) * POSITIONS + p] == x[(n * POSITIONS + p) * C + c]);
                lwt_assert_close((double)dx[(n * POSITIONS + p) * C + c], (double)mean[n * 40 + 3 + c] / POSITIONS, 0.0,
                                 1e-6);
            }
            lwt_assert_close((double)mean[n * 40 + 3 + c], want, 1e-7, 1e-6);
        }
    assert_true(mean[2] == 0.0f && mean[3 + C] == 0.0f);
    lw_flatten_backward(&map, flat, POSITIONS * C, dx);
    assert_memory_equal(dx, x, COUNT * sizeof *x);
    free(x);
    free(dx);
    free(scratch);
}

/* ---- Dense and attention */

static void a_dense_layer_equals_the_definition(void **state) {
    (void)state;
    enum { ROWS = 3, IN = 37, OUT = 5 };
    const lw_dense dense = {ROWS, IN, OUT, 2, kernels};
    float *x = filled(ROWS * IN, 1), *w = filled(OUT * IN, 2), *b = filled(OUT, 3), *dy = filled(ROWS * OUT, 4);
    float y[ROWS * OUT], dx[ROWS * IN], dw[OUT * IN], db[OUT];
    lw_dense_forward(dense, x, w, b, y);
    lw_dense_backward(dense, x, dy, w, dx, dw, db);
    for (size_t o = 0; o < OUT; o++) {
        double bias = 0.0;
        for (size_t n = 0; n < ROWS; n++) {
            double want = (double)b[o];
            for (size_t i = 0; i < IN; i++)
                want += (double)x[n * IN + i] * (double)w[o * IN + i];
            lwt_assert_close((double)y[n * OUT + o], want, 1e-6, 1e-6);
            bias += (double)dy[n * OUT + o];
        }
        lwt_assert_close((double)db[o], bias, 1e-6, 1e-6);
        for (size_t i = 0; i < IN; i++) {
            double want = 0.0;
            for (size_t n = 0; n < ROWS; n++)
                want += (double)x[n * IN + i] * (double)dy[n * OUT + o];
            lwt_assert_close((double)dw[o * IN + i], want, 1e-6, 1e-6);
        }
    }
    for (size_t k = 0; k < ROWS * IN; k++) {
        double want = 0.0;
        for (size_t o = 0; o < OUT; o++)
            want += (double)dy[k / IN * OUT + o] * (double)w[o * IN + k % IN];
        lwt_assert_close((double)dx[k], want, 1e-6, 1e-6);
    }
    free(x);
    free(w);
    free(b);
    free(dy);
}

enum {
    A_N = 3,
    A_C = 20,
    A_R = 4,
    A_SW = 0,
    A_SB = A_R * A_C,
    A_EW = A_SB + A_R,
    A_EB = A_EW + A_C * A_R,
    A_MEAN = A_EB + A_C,
    A_ALL = A_MEAN + A_N * A_C
};

/** sum of dgate * gate, all in double; p holds parameters, then the means. */
static double attention_loss(const double *p, const float *dgate, double *gates) {
    double loss = 0.0;
    for (size_t n = 0; n < A_N; n++) {
        double hidden[A_R];
        for (size_t r = 0; r < A_R; r++) {
            hidden[r] = p[A_SB + r];
            for (size_t c = 0; c < A_C; c++)
                hidden[r] += p[A_SW + r * A_C + c] * p[A_MEAN + n * A_C + c];
            hidden[r] = fmax(hidden[r], 0.0);
        }
        for (size_t c = 0; c < A_C; c++) {
            double sum = p[A_EB + c];
            for (size_t r = 0; r < A_R; r++)
                sum += p[A_EW + c * A_R + r] * hidden[r];
            gates[n * A_C + c] = 1.0 / (1.0 + exp(-sum));
            loss += gates[n * A_C + c] * (double)dgate[n * A_C + c];
        }
    }
    return loss;
}

static void attention_equals_the_definition(void **state) {
    (void)state;
    float *p = filled(A_ALL, 1), *dgate = filled(A_N * A_C, 2), got[A_ALL], gate[A_N * A_C], spent[A_N * A_C];
    float hidden[A_N * A_R], dhidden[A_N * A_R];
    double wide[A_ALL], gates[A_N * A_C];
    for (size_t i = 0; i < A_ALL; i++)
        wide[i] = (double)p[i];
    const lw_map map = {A_N, 1, 1, A_C, 2, kernels};
    const lw_attention attention = {A_R, p + A_SW, p + A_SB, p + A_EW, p + A_EB};
    const lw_attention_gradient gradient = {got + A_SW, got + A_SB, got + A_EW, got + A_EB};
    lw_attention_forward(&map, &attention, p + A_MEAN, hidden, gate);
    attention_loss(wide, dgate, gates);
    assert_true(lwt_max_error(gate, gates, A_N * A_C) < 1e-6);
    memcpy(spent, dgate, sizeof spent);
    lw_attention_backward(&map, &attention, p + A_MEAN, hidden, gate, spent, dhidden, got + A_MEAN, &gradient);
    for (size_t i = 0; i < A_ALL; i++) {
        const double held = wide[i], step = 1e-6;
        wide[i] = held + step;
        double above = attention_loss(wide, dgate, gates);
        wide[i] = held - step;
        double below = attention_loss(wide, dgate, gates);
        wide[i] = held;
        lwt_assert_close((double)got[i], (above - below) / (2.0 * step), 1e-6, 1e-4);
    }
    free(p);
    free(dgate);
}

/* ---- Dropout */

/** The share dropped is the rate, within five deviations; the draws change with every part of the key and only with it.
 */
static void dropout_keeps_the_expected_share(void **state) {
    (void)state;
    enum { DRAWS = 40000 };
    static uint8_t first[DRAWS], other[DRAWS];
    const lw_dropout_draw base = {1, 2, 3, 4, 0.2};
    const lw_dropout_draw others[] = {
        {9, 2, 3, 4, 0.2}, {1, 9, 3, 4, 0.2}, {1, 2, 9, 4, 0.2}, {1, 2, 3, 9, 0.2}, {1, 2, 3 + (1ull << 32), 4, 0.2}};
    size_t dropped = 0;
    lw_dropout_fill(kernels, base, first, DRAWS);
    for (size_t i = 0; i < DRAWS; i++)
        dropped += !first[i];
    assert_true(fabs((double)dropped / DRAWS - 0.2) < 5.0 * sqrt(0.2 * 0.8 / DRAWS));
    lw_dropout_fill(kernels, base, other, DRAWS / 2);
    assert_memory_equal(first, other, DRAWS / 2);
    for (size_t k = 0; k < sizeof others / sizeof others[0]; k++) {
        size_t differ = 0;
        lw_dropout_fill(kernels, others[k], other, DRAWS);
        for (size_t i = 0; i < DRAWS; i++)
            differ += first[i] != other[i];
        assert_true(fabs((double)differ / DRAWS - 0.32) < 5.0 * sqrt(0.32 * 0.68 / DRAWS));
    }
    lw_dropout_fill(kernels, (lw_dropout_draw){1, 2, 3, 4, 0.0}, other, 100);
    for (size_t i = 0; i < 100; i++)
        assert_true(other[i] == 1);
}

/** The vectorised draws are those of the sequential generator, at any count, ragged or not. */
static void dropout_depends_on_seed_epoch_layer_and_record(void **state) {
    (void)state;
    const lw_dropout_draw draw = {7, 5, 1ull << 40, 2, 0.37};
    const uint32_t counter[4] = {0, 1u << 8, 5, 2}, key[2] = {7, 0};
    uint32_t mixed[4];
    lw_philox4x32(counter, key, mixed);
    for (size_t count = 0; count < 200; count += 7) {
        uint8_t keep[201];
        memset(keep, 9, sizeof keep);
        lw_dropout_fill(kernels, draw, keep, count);
        lw_random random = lw_random_start(7, LW_RANDOM_DROPOUT, (uint64_t)mixed[0] << 32 | mixed[1]);
        for (size_t i = 0; i < count; i++)
            assert_int_equal(keep[i], (double)lw_random_u32(&random) >= 0.37 * 0x1p32);
        assert_int_equal(keep[count], 9);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(mean_and_variance_equal_the_definition),
        cmocka_unit_test(a_constant_has_no_variance),
        cmocka_unit_test(the_output_of_a_block_equals_the_definition),
        cmocka_unit_test(activity_counts_what_is_above_zero),
        cmocka_unit_test(the_gradient_of_a_block_equals_the_definition),
        cmocka_unit_test(the_gradient_of_batch_norm_has_all_its_terms),
        cmocka_unit_test(merging_gates_adds_and_cuts_at_zero),
        cmocka_unit_test(pooling_equals_the_definition),
        cmocka_unit_test(a_dense_layer_equals_the_definition),
        cmocka_unit_test(attention_equals_the_definition),
        cmocka_unit_test(dropout_keeps_the_expected_share),
        cmocka_unit_test(dropout_depends_on_seed_epoch_layer_and_record),
    };
    int failures = 0;
    for (int isa = LW_ISA_SCALAR; isa < LW_ISA_COUNT; isa++) {
        kernels = lw_kernels_of((lw_isa)isa);
        if (kernels)
            failures += cmocka_run_group_tests_name(lw_isa_name((lw_isa)isa), tests, NULL, NULL);
    }
    return failures;
}
