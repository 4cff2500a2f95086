/* These tests hold the weighted loss against its definition in double, its gradient against finite differences, and its
 * behaviour far out. */
#include "support.h"

#include <math.h>

#include "train/loss.h"

enum { N = 5, CLASSES = 7, COUNT = N * CLASSES };

static void make_case(float *logits, float *targets, double *weights) {
    float random[COUNT];
    lwt_fill(logits, COUNT, 1);
    lwt_fill(random, COUNT, 2);
    for (int i = 0; i < COUNT; i++) {
        logits[i] *= 4;
        targets[i] = i % 3 == 0 ? (random[i] + 1) / 2 : random[i] > 0.3f; /* some as mixing makes them */
    }
    for (int k = 0; k < CLASSES; k++)
        weights[k] = 0.5 + k;
}

/* Equation (1) as it is printed. */
static double defined_loss(const double *logits, const float *targets, const double *weights) {
    double sum = 0;
    for (int i = 0; i < COUNT; i++) {
        double h = 1 / (1 + exp(-logits[i]));
        sum -= weights[i % CLASSES] * (targets[i] * log(h) + (1 - targets[i]) * log(1 - h));
    }
    return sum / COUNT;
}

static void equals_the_definition(void **state) {
    (void)state;
    float logits[COUNT];
    double exact[COUNT], weights[CLASSES];
    float targets[COUNT];
    make_case(logits, targets, weights);
    for (int i = 0; i < COUNT; i++)
        exact[i] = logits[i];
    lwt_assert_close(lw_loss(N, CLASSES, logits, targets, weights, NULL, NULL), defined_loss(exact, targets, weights),
                     0, 1e-12);
}

static void gradient_equals_finite_differences(void **state) {
    (void)state;
    float logits[COUNT], dlogits[COUNT];
    double exact[COUNT], weights[CLASSES];
    float targets[COUNT];
    make_case(logits, targets, weights);
    lw_loss(N, CLASSES, logits, targets, weights, NULL, dlogits);
    for (int i = 0; i < COUNT; i++)
        exact[i] = logits[i];
    for (int i = 0; i < COUNT; i++) {
        const double h = 1e-5;
        exact[i] = logits[i] + h;
        double above = defined_loss(exact, targets, weights);
        exact[i] = logits[i] - h;
        double below = defined_loss(exact, targets, weights);
        exact[i] = logits[i];
        lwt_assert_close(dlogits[i], (above - below) / (2 * h), 1e-9, 1e-6);
    }
}

static void what_is_not_known_adds_nothing(void **state) {
    (void)state;
    float logits[COUNT], targets[COUNT], all[COUNT], some[COUNT];
    double weights[CLASSES], sum = 0;
    uint8_t known[COUNT];
    make_case(logits, targets, weights);
    lw_loss(N, CLASSES, logits, targets, weights, NULL, all);
    for (int i = 0; i < COUNT; i++) {
        known[i] = i % 3 != 1;
        const double h = 1 / (1 + exp(-(double)logits[i]));
        if (known[i])
            sum -= weights[i % CLASSES] * (targets[i] * log(h) + (1 - targets[i]) * log(1 - h));
    }
    lwt_assert_close(lw_loss(N, CLASSES, logits, targets, weights, known, some), sum / COUNT, 0, 1e-12);
    for (int i = 0; i < COUNT; i++)
        assert_true(some[i] == (known[i] ? all[i] : 0));
}

static void large_logits_neither_overflow_nor_vanish(void **state) {
    (void)state;
    const float logits[] = {1e4f, -1e4f, 1e4f, -1e4f};
    const float targets[] = {1, 0, 0, 1};
    const double weights[] = {2, 2, 2, 2};
    float dlogits[4];
    /* Two right answers cost nothing, two wrong ones their distance. */
    lwt_assert_close(lw_loss(1, 4, logits, targets, weights, NULL, dlogits), 2 * (1e4 + 1e4) / 4, 0, 1e-12);
    assert_true(dlogits[0] == 0 && dlogits[1] == 0);
    lwt_assert_close(dlogits[2], 0.5, 0, 1e-7);
    lwt_assert_close(dlogits[3], -0.5, 0, 1e-7);
}

static void nan_is_not_hidden(void **state) {
    (void)state;
    const float logits[] = {0, NAN};
    const float targets[] = {0, 0};
    const double weights[] = {1, 1};
    assert_true(isnan(lw_loss(1, 2, logits, targets, weights, NULL, NULL)));
}

static void sigmoid_is_exact_at_both_ends(void **state) {
    (void)state;
    assert_true(lw_sigmoid(0) == 0.5);
    lwt_assert_close(lw_sigmoid(-50), exp(-50), 0, 1e-14);
    assert_true(lw_sigmoid(1000) == 1 && lw_sigmoid(-1000) == 0);
}

static void class_weights_are_equation_two_clamped(void **state) {
    (void)state;
    const size_t positives[] = {0, 10, 50, 99, 100};
    double weights[5];
    lw_class_weights(positives, 5, 100, 0.01, weights);
    lwt_assert_close(weights[0], log(100) / log(2), 0, 1e-12);
    lwt_assert_close(weights[1], log(1 / 0.11) / log(2), 0, 1e-12);
    lwt_assert_close(weights[2], log(1 / 0.51) / log(2), 0, 1e-12);
    lwt_assert_close(weights[3], 0, 1e-12, 0);
    assert_true(weights[4] == 0); /* log2(1 / 1.01) is negative */
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(equals_the_definition),
        cmocka_unit_test(gradient_equals_finite_differences),
        cmocka_unit_test(what_is_not_known_adds_nothing),
        cmocka_unit_test(large_logits_neither_overflow_nor_vanish),
        cmocka_unit_test(nan_is_not_hidden),
        cmocka_unit_test(sigmoid_is_exact_at_both_ends),
        cmocka_unit_test(class_weights_are_equation_two_clamped),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
