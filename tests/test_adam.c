/* Tests that compare Adam with PyTorch's formula in double, and with itself for other numbers of threads. */
#include "support.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "train/optimiser.h"

/* More than one thread's block, and a remainder. */
enum { COUNT = 50021, STEPS = 5 };

static const lw_adam adam = {1e-3, 0.9, 0.999, 1e-7};

static void gradients_of_step(float *gradients, int step) {
    lwt_fill(gradients, COUNT, (uint32_t)step);
    for (int i = 0; i < COUNT; i += 7)
        gradients[i] *= 1e-6f; /* where epsilon matters */
}

static void take_steps(float *values, float *m, float *v, int threads) {
    float *gradients = malloc(COUNT * sizeof *gradients);
    assert_non_null(gradients);
    lwt_fill(values, COUNT, 99);
    memset(m, 0, COUNT * sizeof *m);
    memset(v, 0, COUNT * sizeof *v);
    for (int step = 1; step <= STEPS; step++) {
        gradients_of_step(gradients, step);
        lw_adam_step(&adam, (uint64_t)step, COUNT, gradients, m, v, values, threads);
    }
    free(gradients);
}

static void equals_pytorchs_formula(void **state) {
    (void)state;
    float *arrays = calloc(4 * COUNT, sizeof *arrays), *gradients = arrays + 3 * COUNT;
    double *x = calloc(COUNT, sizeof *x), *m = calloc(COUNT, sizeof *m), *v = calloc(COUNT, sizeof *v);
    assert_true(arrays && x && m && v);
    take_steps(arrays, arrays + COUNT, arrays + 2 * COUNT, 2);
    lwt_fill(gradients, COUNT, 99);
    for (int i = 0; i < COUNT; i++)
        x[i] = gradients[i];
    for (int step = 1; step <= STEPS; step++) {
        gradients_of_step(gradients, step);
        double correction1 = 1 - pow(0.9, step), correction2 = 1 - pow(0.999, step);
        for (int i = 0; i < COUNT; i++) {
            double g = gradients[i];
            m[i] = 0.9 * m[i] + 0.1 * g;
            v[i] = 0.999 * v[i] + 0.001 * g * g;
            x[i] -= 1e-3 / correction1 * m[i] / (sqrt(v[i]) / sqrt(correction2) + 1e-7);
        }
    }
    for (int i = 0; i < COUNT; i++)
        lwt_assert_close(arrays[i], x[i], 3e-7, 0);
    free(arrays);
    free(x);
    free(m);
    free(v);
}

static void does_not_depend_on_threads(void **state) {
    (void)state;
    float *one = calloc(3 * COUNT, sizeof *one), *three = calloc(3 * COUNT, sizeof *three);
    assert_true(one && three);
    take_steps(one, one + COUNT, one + 2 * COUNT, 1);
    take_steps(three, three + COUNT, three + 2 * COUNT, 3);
    assert_memory_equal(one, three, 3 * COUNT * sizeof *one);
    free(one);
    free(three);
}

/* AdamW as Loshchilov and Hutter's algorithm 2 has it, with PyTorch's scaling of the decay by the rate. */
static void decay_is_decoupled(void **state) {
    (void)state;
    enum { FEW = 1000 };
    const double decay = 3;
    float gradients[FEW], values[FEW], m[FEW] = {0}, v[FEW] = {0};
    double x[FEW], dm[FEW] = {0}, dv[FEW] = {0};
    lwt_fill(values, FEW, 42);
    for (int i = 0; i < FEW; i++)
        x[i] = values[i];
    for (int step = 1; step <= STEPS; step++) {
        lwt_fill(gradients, FEW, (uint32_t)step);
        lw_weight_decay(1e-3 * decay, FEW, values);
        lw_adam_step(&adam, (uint64_t)step, FEW, gradients, m, v, values, 1);
        for (int i = 0; i < FEW; i++) {
            const double g = gradients[i];
            dm[i] = 0.9 * dm[i] + 0.1 * g;
            dv[i] = 0.999 * dv[i] + 0.001 * g * g;
            const double rising = dm[i] / (1 - pow(0.9, step)), spread = sqrt(dv[i] / (1 - pow(0.999, step)));
            x[i] = x[i] - 1e-3 * decay * x[i] - 1e-3 * rising / (spread + 1e-7);
        }
    }
    assert_true(lwt_max_error(values, x, FEW) < 1e-6);
}

/* The average written out: every earlier value with its product of decays. */
static void an_average_forgets_as_it_should(void **state) {
    (void)state;
    enum { UPDATES = 40 };
    const double decay = 0.7;
    float average[1] = {5}, value[1];
    double expected = 5;
    for (int step = 1; step <= UPDATES; step++) {
        value[0] = (float)sin(step);
        lw_average_update(decay, (uint64_t)step, 1, value, average);
        const double ramp = (1.0 + step) / (10.0 + step), d = ramp < decay ? ramp : decay;
        expected = d * expected + (1 - d) * value[0];
        lwt_assert_close(average[0], expected, 1e-6, 0);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(equals_pytorchs_formula),
        cmocka_unit_test(does_not_depend_on_threads),
        cmocka_unit_test(decay_is_decoupled),
        cmocka_unit_test(an_average_forgets_as_it_should),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
