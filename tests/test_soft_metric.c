/* The metric as a loss: equal to the official score where probabilities are 0 and 1, its gradient by finite
 * differences, and outputs that do not count. */
#include "support.h"

#include <math.h>
#include <stdlib.h>

#include "leadwise/evaluate.h"
#include "train/loss.h"

enum { N = 50, OUTPUTS = 30, COUNT = N * OUTPUTS };

/* The classes of 2021, one an output and so four of them twice, and random labels of them. */
typedef struct soft_case {
    lw_class_list *classes;
    uint8_t labels[COUNT];
    float targets[COUNT], logits[COUNT], dlogits[COUNT];
    lw_soft_metric *metric;
} soft_case;

static soft_case *case_create(void) {
    lw_error err = {0};
    soft_case *c = calloc(1, sizeof *c);
    assert_non_null(c);
    lwt_assert_ok(lw_class_list_scored(2021, false, &c->classes, &err), &err);
    assert_int_equal(lw_class_count(c->classes), OUTPUTS);
    lwt_fill(c->logits, COUNT, 3);
    for (size_t i = 0; i < N; i++) {
        const char *codes[OUTPUTS];
        size_t count = 0;
        for (size_t k = 0; k < OUTPUTS; k++)
            if (c->logits[i * OUTPUTS + k] > 0.85f)
                codes[count++] = lw_class_code(c->classes, k, 0);
        lw_class_labels(c->classes, codes, count, c->labels + i * OUTPUTS);
    }
    for (size_t i = 0; i < COUNT; i++)
        c->targets[i] = c->labels[i];
    lwt_assert_ok(lw_soft_metric_create(2021, c->classes, N, c->labels, &c->metric, &err), &err);
    return c;
}

static void case_free(soft_case *c) {
    lw_soft_metric_free(&c->metric);
    lw_class_list_free(&c->classes);
    free(c);
}

static void certain_probabilities_give_the_official_score(void **state) {
    (void)state;
    lw_error err = {0};
    soft_case *c = case_create();
    for (uint32_t round = 0; round < 10; round++) {
        uint8_t decisions[COUNT];
        double probabilities[COUNT];
        float random[COUNT];
        lw_scores scores = {0};
        lwt_fill(random, COUNT, 100 + round);
        for (size_t i = 0; i < COUNT; i++) {
            /* Mostly the labels, so that the score is not about zero. */
            decisions[i] = random[i] > 0.9f ? 1 : random[i] < -0.9f ? 0 : c->labels[i];
            probabilities[i] = decisions[i];
            c->logits[i] = decisions[i] ? 100.0f : -100.0f;
        }
        lwt_assert_ok(lw_evaluate(2021, c->classes, N, c->labels, decisions, probabilities, &scores, &err), &err);
        const double loss = lw_soft_metric_loss(c->metric, 2, N, c->logits, c->targets, NULL, c->dlogits);
        lwt_assert_close(1 - loss / 2, scores.challenge_metric, 1e-12, 0);
        lw_scores_free(&scores);
    }
    case_free(c);
}

/* Labels as mixing makes them, some outputs that do not count; the loss in double is differentiated numerically. */
static void gradient_equals_finite_differences(void **state) {
    (void)state;
    soft_case *c = case_create();
    uint8_t known[COUNT];
    float random[COUNT], none[COUNT] = {0};
    lwt_fill(random, COUNT, 8);
    for (size_t i = 0; i < COUNT; i++) {
        c->targets[i] = i % 5 == 0 ? (random[i] + 1) / 4 : c->targets[i];
        c->logits[i] = 4 * random[i];
        known[i] = i % 7 != 0;
    }
    for (int masked = 0; masked < 2; masked++) {
        const uint8_t *mask = masked ? known : NULL;
        for (size_t i = 0; i < COUNT; i++)
            c->dlogits[i] = 0.25f; /* the gradient is added */
        lw_soft_metric_loss(c->metric, 3, N, c->logits, c->targets, mask, c->dlogits);
        for (size_t i = 0; i < COUNT; i += 3) {
            const float at = c->logits[i], h = 0x1p-9f; /* exact in float */
            c->logits[i] = at + h;
            const double step = (double)c->logits[i] - at;
            const double above = lw_soft_metric_loss(c->metric, 3, N, c->logits, c->targets, mask, none);
            c->logits[i] = at - h;
            const double below = lw_soft_metric_loss(c->metric, 3, N, c->logits, c->targets, mask, none);
            c->logits[i] = at;
            lwt_assert_close(c->dlogits[i] - 0.25, (above - below) / (2 * step), 1e-6, 2e-4);
            if (masked && known[i] == 0)
                assert_true(c->dlogits[i] == 0.25f);
        }
    }
    case_free(c);
}

static void records_without_a_score_are_refused(void **state) {
    (void)state;
    lw_error err = {0};
    lw_class_list *classes = NULL;
    lw_soft_metric *metric = NULL;
    lwt_assert_ok(lw_class_list_scored(2021, true, &classes, &err), &err);
    uint8_t labels[4 * 26] = {0};
    for (size_t i = 0; i < 3; i++)
        labels[i * 26 + (size_t)lw_class_find(classes, LW_CODE_NSR)] = 1;
    lwt_assert_fails(lw_soft_metric_create(2021, classes, 4, labels, &metric, &err), LW_ERR_ARGUMENT, &err,
                     "another diagnosis");
    lw_class_list_free(&classes);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(certain_probabilities_give_the_official_score),
        cmocka_unit_test(gradient_equals_finite_differences),
        cmocka_unit_test(records_without_a_score_are_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
