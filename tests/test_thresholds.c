/* These tests hold thresholds against trying every combination, and intervals against scoring every sample anew. */
#include "support.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/random.h"
#include "evaluate/scoring.h"

enum { RECORDS = 12, COLUMNS = 3 };

/* Atrial fibrillation, premature atrial beats (two codes that count as one), and sinus rhythm. */
static const char classes_json[] = "[{\"codes\":[\"164889003\"],\"abbreviation\":\"AF\"},"
                                   "{\"codes\":[\"284470004\"],\"abbreviation\":\"PAC\"},"
                                   "{\"codes\":[\"426783006\"],\"abbreviation\":\"NSR\"}]";
static const char equal_json[] = "[{\"codes\":[\"284470004\"],\"abbreviation\":\"PAC\"},"
                                 "{\"codes\":[\"63593006\"],\"abbreviation\":\"SVPB\"},"
                                 "{\"codes\":[\"0\"],\"abbreviation\":\"unscored\"}]";

typedef struct problem {
    lw_class_list *classes;
    lw_scoring scoring;
    uint8_t labels[RECORDS * COLUMNS];
    float probabilities[RECORDS * COLUMNS];
    lw_threshold_task task;
} problem;

/** Random labels, and probabilities that correlate with them; few distinct values, so that there are ties. */
static void begin(problem *p, const char *json, uint64_t seed, int fallback) {
    lw_error err = {0};
    memset(p, 0, sizeof *p);
    lwt_assert_ok(lw_class_list_parse(json, &p->classes, &err), &err);
    lwt_assert_ok(lw_scoring_create(2021, NULL, &p->scoring, &err), &err);
    lw_random random = lw_random_start(seed, LW_RANDOM_SYNTH, 0);
    for (size_t i = 0; i < RECORDS * COLUMNS; i++) {
        p->labels[i] = lw_random_uniform(&random) < 0.4;
        double value = 0.25 * p->labels[i] + 0.75 * lw_random_uniform(&random);
        p->probabilities[i] = (float)(floor(value * 20) / 20);
    }
    p->task = (lw_threshold_task){&p->scoring, p->classes, RECORDS, p->labels, p->probabilities, fallback};
}

static void end(problem *p) {
    lw_scoring_free(&p->scoring);
    lw_class_list_free(&p->classes);
}

/** The metric from the definition of decisions and the official score. */
static double metric_of(const problem *p, const double *thresholds) {
    lw_error err = {0};
    uint8_t decisions[RECORDS * COLUMNS];
    double probabilities[RECORDS * COLUMNS];
    for (size_t r = 0; r < RECORDS; r++) {
        size_t positive = 0;
        for (size_t k = 0; k < COLUMNS; k++) {
            size_t at = r * COLUMNS + k;
            probabilities[at] = (double)p->probabilities[at];
            decisions[at] = probabilities[at] >= thresholds[k];
            positive += decisions[at];
        }
        if (positive == 0 && p->task.fallback >= 0)
            decisions[r * COLUMNS + (size_t)p->task.fallback] = 1;
    }
    lw_scores scores = {0};
    lwt_assert_ok(lw_evaluate(2021, p->classes, RECORDS, p->labels, decisions, probabilities, &scores, &err), &err);
    double metric = scores.challenge_metric;
    lw_scores_free(&scores);
    return metric;
}

/** The cuts worth trying: on a grid of twentieths, all that tell values apart. */
static double cut(size_t i) { return i == 0 ? 0 : i == 21 ? 1 : ((double)i - 0.5) / 20; }

static void the_metric_is_the_official_one(void **state) {
    (void)state;
    for (uint64_t seed = 0; seed < 40; seed++) {
        problem p;
        lw_error err = {0};
        begin(&p, seed % 2 ? classes_json : equal_json, seed, (int)(seed % 4) - 1);
        const double thresholds[COLUMNS] = {0.3, 0.5, 0.4 + 0.01 * (double)seed};
        double metric;
        lwt_assert_ok(lw_thresholds_metric(&p.task, thresholds, &metric, &err), &err);
        lwt_assert_close(metric, metric_of(&p, thresholds), 1e-12, 0);
        end(&p);
    }
}

static void the_common_threshold_is_the_best(void **state) {
    (void)state;
    for (uint64_t seed = 0; seed < 40; seed++) {
        problem p;
        lw_error err = {0};
        double thresholds[COLUMNS], best = -INFINITY;
        lw_threshold_result result;
        begin(&p, seed % 2 ? classes_json : equal_json, seed, (int)(seed % 4) - 1);
        lwt_assert_ok(lw_thresholds_search(&p.task, thresholds, &result, &err), &err);
        for (size_t i = 0; i <= 21; i++) {
            const double same[COLUMNS] = {cut(i), cut(i), cut(i)};
            best = fmax(best, metric_of(&p, same));
        }
        lwt_assert_close(result.metric_common, best, 1e-9, 0);
        const double same[COLUMNS] = {result.common, result.common, result.common};
        lwt_assert_close(metric_of(&p, same), best, 1e-9, 0);
        end(&p);
    }
}

/** The best of all combinations. */
static double exhaustive(const problem *p) {
    double best = -INFINITY;
    for (size_t a = 0; a <= 21; a++)
        for (size_t b = 0; b <= 21; b++)
            for (size_t c = 0; c <= 21; c++) {
                const double thresholds[COLUMNS] = {cut(a), cut(b), cut(c)};
                double metric;
                lw_error err = {0};
                lwt_assert_ok(lw_thresholds_metric(&p->task, thresholds, &metric, &err), &err);
                best = fmax(best, metric);
            }
    return best;
}

/* Never above the optimum, no single threshold can be improved, and on most small problems the optimum itself. */
static void the_search_reaches_the_optimum(void **state) {
    (void)state;
    enum { PROBLEMS = 20 };
    size_t reached = 0;
    for (uint64_t seed = 0; seed < PROBLEMS; seed++) {
        problem p;
        lw_error err = {0};
        double thresholds[COLUMNS];
        lw_threshold_result result;
        begin(&p, classes_json, 100 + seed, seed % 2 ? 2 : -1);
        lwt_assert_ok(lw_thresholds_search(&p.task, thresholds, &result, &err), &err);
        lwt_assert_close(result.metric, metric_of(&p, thresholds), 1e-12, 0);
        assert_true(result.metric >= result.metric_common - 1e-12);
        for (size_t k = 0; k < COLUMNS; k++)
            for (size_t i = 0; i <= 21; i++) {
                double other[COLUMNS];
                memcpy(other, thresholds, sizeof other);
                other[k] = cut(i);
                assert_true(metric_of(&p, other) <= result.metric + 1e-8);
            }
        const double best = exhaustive(&p);
        assert_true(result.metric <= best + 1e-9);
        reached += result.metric >= best - 1e-9;
        end(&p);
    }
    assert_true(reached >= PROBLEMS * 3 / 4);
}

/* Classes that can be told apart get a perfect score; an unscored column keeps the common threshold. */
static void separable_classes_are_separated(void **state) {
    (void)state;
    problem p;
    lw_error err = {0};
    double thresholds[COLUMNS];
    lw_threshold_result result;
    begin(&p, classes_json, 5, -1);
    for (size_t r = 0; r < RECORDS; r++)
        for (size_t k = 0; k < COLUMNS; k++) {
            p.labels[r * COLUMNS + k] = r % 3 == k;
            p.probabilities[r * COLUMNS + k] = (float)(r % 3 == k ? 0.2 + 0.3 * (double)k : 0.1 + 0.3 * (double)k);
        }
    lwt_assert_ok(lw_thresholds_search(&p.task, thresholds, &result, &err), &err);
    lwt_assert_close(result.metric, 1.0, 1e-12, 0);
    assert_true(result.metric_common < 0.99);
    end(&p);
    begin(&p, equal_json, 6, -1);
    lwt_assert_ok(lw_thresholds_search(&p.task, thresholds, &result, &err), &err);
    lwt_assert_close(thresholds[2], result.common, 0, 0);
    p.task.records = 0;
    lwt_assert_fails(lw_thresholds_search(&p.task, thresholds, &result, &err), LW_ERR_ARGUMENT, &err, "0 records");
    end(&p);
}

/** Answers of the problem at threshold 0.5. */
/* Every threshold between 0.1 and 0.8 separates; none is better than the one half of the start. */
static void a_threshold_stays_where_none_is_better(void **state) {
    (void)state;
    problem p;
    lw_error err = {0};
    double thresholds[COLUMNS];
    lw_threshold_result result;
    begin(&p, classes_json, 1, -1);
    for (size_t i = 0; i < RECORDS * COLUMNS; i++)
        p.probabilities[i] = p.labels[i] ? 0.8f : 0.1f;
    lwt_assert_ok(lw_thresholds_search(&p.task, thresholds, &result, &err), &err);
    assert_true(result.common == 0.5);
    for (size_t k = 0; k < COLUMNS; k++)
        assert_true(thresholds[k] == 0.5);
    end(&p);
}

/* No threshold lies above a probability of 1: all is called, although the fallback alone would be right. */
static void what_is_certain_is_called_at_any_threshold(void **state) {
    (void)state;
    problem p;
    lw_error err = {0};
    double thresholds[COLUMNS];
    lw_threshold_result result;
    begin(&p, classes_json, 3, 2);
    for (size_t i = 0; i < RECORDS * COLUMNS; i++) {
        p.labels[i] = i % COLUMNS == 2;
        p.probabilities[i] = 1;
    }
    lwt_assert_ok(lw_thresholds_search(&p.task, thresholds, &result, &err), &err);
    assert_true(result.common == 0.5);
    for (size_t k = 0; k < COLUMNS; k++)
        assert_true(thresholds[k] == 0.5);
    lwt_assert_close(result.metric, metric_of(&p, thresholds), 1e-12, 0);
    end(&p);
}

static lw_answers answers_of(const problem *p) {
    lw_error err = {0};
    lw_answers answers = {0};
    uint8_t decisions[RECORDS * COLUMNS];
    double probabilities[RECORDS * COLUMNS];
    for (size_t i = 0; i < RECORDS * COLUMNS; i++) {
        probabilities[i] = (double)p->probabilities[i];
        decisions[i] = probabilities[i] >= 0.5;
    }
    lwt_assert_ok(
        lw_answers_join(&p->scoring, p->classes, RECORDS, p->labels, decisions, probabilities, &answers, &err), &err);
    return answers;
}

/* With one replicate both ends are that sample's score, which is drawn again here and scored as any records are. */
static void a_replicate_is_the_score_of_a_sample(void **state) {
    (void)state;
    problem p;
    lw_error err = {0};
    begin(&p, classes_json, 9, -1);
    lw_answers answers = answers_of(&p), sample = answers_of(&p);
    for (uint64_t seed = 0; seed < 20; seed++) {
        lw_intervals intervals;
        lw_class_intervals classes[LW_CLASSES_MAX];
        lw_scores scores = {0};
        lwt_assert_ok(lw_intervals_bootstrap(&p.scoring, &answers, seed, 1, 1, &intervals, classes, &err), &err);
        lw_random random = lw_random_start(seed, LW_RANDOM_BOOTSTRAP, 0);
        for (size_t r = 0; r < RECORDS; r++) {
            size_t from = lw_random_below(&random, RECORDS) * answers.classes, to = r * answers.classes;
            memcpy(sample.labels + to, answers.labels + from, answers.classes);
            memcpy(sample.decisions + to, answers.decisions + from, answers.classes);
            memcpy(sample.scores + to, answers.scores + from, answers.classes * sizeof *answers.scores);
        }
        lwt_assert_ok(lw_score(&p.scoring, &sample, &scores, &err), &err);
        lwt_assert_close(intervals.challenge_metric.low, scores.challenge_metric, 1e-12, 0);
        lwt_assert_close(intervals.challenge_metric.high, scores.challenge_metric, 1e-12, 0);
        lwt_assert_close(intervals.auroc.low, scores.auroc, 1e-12, 0);
        lwt_assert_close(intervals.auprc.high, scores.auprc, 1e-12, 0);
        lwt_assert_close(intervals.accuracy.low, scores.accuracy, 1e-12, 0);
        lwt_assert_close(intervals.f_measure.high, scores.f_measure, 1e-12, 0);
        for (size_t k = 0; k < scores.class_count; k++) {
            lwt_assert_close(classes[k].auroc.low, scores.per_class[k].auroc, 1e-12, 0);
            lwt_assert_close(classes[k].auprc.high, scores.per_class[k].auprc, 1e-12, 0);
            lwt_assert_close(classes[k].f_measure.low, scores.per_class[k].f_measure, 1e-12, 0);
        }
        lw_scores_free(&scores);
    }
    lw_answers_free(&answers);
    lw_answers_free(&sample);
    end(&p);
}

static void intervals_hold_the_score_on_any_threads(void **state) {
    (void)state;
    problem p;
    lw_error err = {0};
    begin(&p, classes_json, 9, -1);
    lw_answers answers = answers_of(&p);
    lw_scores scores = {0};
    lw_intervals one, three;
    lwt_assert_ok(lw_score(&p.scoring, &answers, &scores, &err), &err);
    lwt_assert_ok(lw_intervals_bootstrap(&p.scoring, &answers, 1, 500, 1, &one, NULL, &err), &err);
    lwt_assert_ok(lw_intervals_bootstrap(&p.scoring, &answers, 1, 500, 3, &three, NULL, &err), &err);
    assert_memory_equal(&one, &three, sizeof one);
    assert_true(one.challenge_metric.low < scores.challenge_metric);
    assert_true(one.challenge_metric.high > scores.challenge_metric);
    assert_true(one.auroc.low < scores.auroc && one.auroc.high > scores.auroc);
    lw_scores_free(&scores);
    lw_answers_free(&answers);
    end(&p);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_metric_is_the_official_one),
        cmocka_unit_test(the_common_threshold_is_the_best),
        cmocka_unit_test(the_search_reaches_the_optimum),
        cmocka_unit_test(separable_classes_are_separated),
        cmocka_unit_test(a_threshold_stays_where_none_is_better),
        cmocka_unit_test(what_is_certain_is_called_at_any_threshold),
        cmocka_unit_test(a_replicate_is_the_score_of_a_sample),
        cmocka_unit_test(intervals_hold_the_score_on_any_threads),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
