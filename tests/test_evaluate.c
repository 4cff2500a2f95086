/* These tests hold scores against the official scorers' answers and against the definitions, computed the slow way. */
#include "support.h"

#include <jansson.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "evaluate/scoring.h"
#include "leadwise/evaluate.h"

static const double tolerance = 1e-12;

static double number_of(const json_t *value) { return json_is_null(value) ? NAN : json_number_value(value); }

static void check_class(const json_t *expected, const char *key, size_t k, double got) {
    lwt_assert_close(got, number_of(json_array_get(json_object_get(expected, key), k)), tolerance, 0);
}

static void check_sum_of_costs(const lw_scores *scores) {
    double sum = 0;
    for (size_t i = 0; i < scores->class_count * scores->class_count; i++)
        sum += scores->confusion_cost[i];
    bool constant = scores->correct_score == scores->inactive_score;
    lwt_assert_close(sum, constant ? 0 : 1 - scores->challenge_metric, tolerance, 0);
}

static void check_answer(const json_t *expected, const lw_scores *scores) {
    const struct {
        const char *key;
        double got;
    } numbers[] = {
        {"auroc", scores->auroc},
        {"auprc", scores->auprc},
        {"accuracy", scores->accuracy},
        {"f_measure", scores->f_measure},
        {"f_beta_2", scores->f_beta_2},
        {"g_beta_2", scores->g_beta_2},
        {"challenge_metric", scores->challenge_metric},
    };
    for (size_t i = 0; i < sizeof numbers / sizeof *numbers; i++)
        lwt_assert_close(numbers[i].got, number_of(json_object_get(expected, numbers[i].key)), tolerance, 0);
    lwt_assert_close(scores->observed_score, number_of(json_object_get(expected, "observed_score")), 0, tolerance);
    lwt_assert_close(scores->correct_score, number_of(json_object_get(expected, "correct_score")), 0, tolerance);
    lwt_assert_close(scores->inactive_score, number_of(json_object_get(expected, "inactive_score")), 0, tolerance);
    assert_int_equal(scores->record_count, json_integer_value(json_object_get(expected, "records")));
    const json_t *classes = json_object_get(expected, "classes");
    assert_int_equal(scores->class_count, json_array_size(classes));
    for (size_t k = 0; k < scores->class_count; k++) {
        const lw_class_scores *one = &scores->per_class[k];
        char code[64];
        snprintf(code, sizeof code, "%s", json_string_value(json_array_get(classes, k)));
        assert_non_null(strstr(one->name, strtok(code, "|")));
        check_class(expected, "n_positive", k, (double)one->positive_count);
        check_class(expected, "auroc_per_class", k, one->auroc);
        check_class(expected, "auprc_per_class", k, one->auprc);
        check_class(expected, "f_measure_per_class", k, one->f_measure);
        assert_int_equal(one->true_positive_count + one->false_positive_count + one->false_negative_count +
                             one->true_negative_count,
                         scores->record_count);
    }
}

/** Scores FOLDER/labels and FOLDER/outputs; `answer` has what an independent scorer gave. */
static void check_folders(const char *folder, const char *answer, const char *weights) {
    char labels[1100], outputs[1100];
    json_t *expected = json_load_file(answer, 0, NULL);
    assert_non_null(expected);
    snprintf(labels, sizeof labels, "%s/labels", folder);
    snprintf(outputs, sizeof outputs, "%s/outputs", folder);
    for (int official = 0; official <= 1; official++) {
        const lw_evaluate_options options = {.size = sizeof options,
                                             .year = (int)json_integer_value(json_object_get(expected, "year")),
                                             .official = official,
                                             .weights = weights};
        lw_evaluation evaluation = {.replicate_count = 0};
        lw_error err = {0};
        lwt_assert_ok(lw_evaluate_folders(labels, outputs, &options, &evaluation, &err), &err);
        check_answer(expected, &evaluation.scores);
        check_sum_of_costs(&evaluation.scores);
        lw_evaluation_free(&evaluation);
    }
    json_decref(expected);
}

/* By tests/data/scorer.py, which is written from the definition. */
static void folders_score_as_an_independent_scorer_scores_them(void **state) {
    (void)state;
    for (int year = 2020; year <= 2021; year++) {
        char folder[64], answer[96], weights[64];
        snprintf(folder, sizeof folder, "tests/data/scores%d", year);
        snprintf(answer, sizeof answer, "%s/scores_%d.json", folder, year);
        snprintf(weights, sizeof weights, "tests/data/weights_%d.csv", year);
        check_folders(lwt_source_path(folder), lwt_source_path(answer), NULL);
        check_folders(lwt_source_path(folder), lwt_source_path(answer), lwt_source_path(weights));
    }
}

static void folders_score_as_the_official_scorers_score_them(void **state) {
    (void)state;
    static const char *const fixtures[] = {"y2020_allneg",  "y2020_basic",    "y2020_edge",   "y2020_inactive",
                                           "y2020_perfect", "y2021_allneg",   "y2021_basic",  "y2021_edge",
                                           "y2021_groups",  "y2021_inactive", "y2021_perfect"};
    for (size_t i = 0; i < sizeof fixtures / sizeof *fixtures; i++) {
        char folder[64], answer[96];
        snprintf(folder, sizeof folder, "reference/metric/%s", fixtures[i]);
        snprintf(answer, sizeof answer, "%s/expected.json", folder);
        check_folders(lwt_shared(folder), lwt_shared(answer), NULL);
    }
}

/* A generator of random numbers that shares no code with the library. */
static uint32_t draw(uint32_t *seed) {
    *seed = *seed * 1664525U + 1013904223U;
    return *seed >> 8;
}

/* Records with random labels, decisions and scores with many ties, one column for each code. */
typedef struct sample {
    int year;
    size_t records, columns;
    lw_class_list *classes;
    uint8_t *labels, *decisions;
    double *probabilities;
} sample;

static sample draw_sample(int year, size_t records, uint32_t seed) {
    sample drawn = {.year = year, .records = records};
    lw_error err = {0};
    lwt_assert_ok(lw_class_list_scored(year, false, &drawn.classes, &err), &err);
    drawn.columns = lw_class_count(drawn.classes);
    size_t cells = records * drawn.columns;
    drawn.labels = malloc(cells);
    drawn.decisions = malloc(cells);
    drawn.probabilities = malloc(cells * sizeof(double));
    for (size_t i = 0; i < cells; i++) {
        drawn.labels[i] = draw(&seed) % 11 == 0;
        drawn.decisions[i] = draw(&seed) % 9 == 0 || (drawn.labels[i] && draw(&seed) % 2);
        drawn.probabilities[i] = (double)(draw(&seed) % 50 + 20 * drawn.decisions[i]) / 70;
    }
    return drawn;
}

static void free_sample(sample *drawn) {
    lw_class_list_free(&drawn->classes);
    free(drawn->labels);
    free(drawn->decisions);
    free(drawn->probabilities);
}

/* Labels, decisions and mean score of record r in merged class k, looked up code by code. */
static void merged_cell(const sample *drawn, const lw_class_list *merged, size_t r, size_t k, int *label, int *decision,
                        double *score) {
    double sum = 0;
    int count = 0;
    *label = *decision = 0;
    for (size_t c = 0; c < lw_class_code_count(merged, k); c++) {
        size_t at = r * drawn->columns + (size_t)lw_class_find(drawn->classes, lw_class_code(merged, k, c));
        *label |= drawn->labels[at];
        *decision |= drawn->decisions[at];
        sum += drawn->probabilities[at];
        count++;
    }
    *score = sum / count;
}

/* The same answers as a table of merged classes. */
static lw_answers merged_answers(const sample *drawn, const lw_class_list *merged) {
    lw_answers answers = {0};
    lw_error err = {0};
    lwt_assert_ok(lw_answers_create(drawn->records, lw_class_count(merged), &answers, &err), &err);
    for (size_t r = 0; r < answers.records; r++)
        for (size_t k = 0; k < answers.classes; k++) {
            int label, decision;
            size_t cell = r * answers.classes + k;
            merged_cell(drawn, merged, r, k, &label, &decision, &answers.scores[cell]);
            answers.labels[cell] = (uint8_t)label;
            answers.decisions[cell] = (uint8_t)decision;
        }
    return answers;
}

/* AUROC as the chance that a positive record scores above a negative one, a tie counting half. */
static double naive_auroc(const lw_answers *answers, size_t k) {
    double wins = 0, pairs = 0;
    for (size_t p = 0; p < answers->records; p++)
        for (size_t n = 0; n < answers->records; n++) {
            size_t positive = p * answers->classes + k, negative = n * answers->classes + k;
            if (!answers->labels[positive] || answers->labels[negative])
                continue;
            double difference = answers->scores[positive] - answers->scores[negative];
            wins += difference > 0 ? 1 : difference == 0 ? 0.5 : 0;
            pairs += 1;
        }
    return pairs > 0 ? wins / pairs : NAN;
}

/* AUPRC as the mean, over positive records, of the precision among the records that score at least as high. */
static double naive_auprc(const lw_answers *answers, size_t k) {
    double sum = 0, positives = 0;
    for (size_t p = 0; p < answers->records; p++) {
        size_t at = p * answers->classes + k;
        double called = 0, right = 0;
        for (size_t r = 0; answers->labels[at] && r < answers->records; r++)
            if (answers->scores[r * answers->classes + k] >= answers->scores[at]) {
                called += 1;
                right += answers->labels[r * answers->classes + k];
            }
        sum += answers->labels[at] ? right / called : 0;
        positives += answers->labels[at];
    }
    return positives > 0 ? sum / positives : NAN;
}

/* Credit of one row of outputs against one of labels, from the definition. */
static double naive_credit(const lw_scoring *scoring, const uint8_t *x, const uint8_t *y, size_t classes) {
    double sum = 0, either = 0;
    for (size_t j = 0; j < classes; j++)
        either += x[j] || y[j];
    for (size_t j = 0; j < classes; j++)
        for (size_t k = 0; k < classes; k++)
            if (x[j] && y[k])
                sum += scoring->rewards[j * classes + k] / fmax(either, 1);
    return sum;
}

static void check_metric(const lw_scoring *scoring, const lw_answers *answers, const lw_scores *scores) {
    double observed = 0, correct = 0, inactive = 0;
    uint8_t normal[LW_CLASSES_MAX] = {0};
    normal[lw_class_find(scoring->classes, LW_CODE_NSR)] = 1;
    for (size_t r = 0; r < answers->records; r++) {
        const uint8_t *x = answers->labels + r * answers->classes, *y = answers->decisions + r * answers->classes;
        observed += naive_credit(scoring, x, y, answers->classes);
        correct += naive_credit(scoring, x, x, answers->classes);
        inactive += naive_credit(scoring, x, normal, answers->classes);
    }
    lwt_assert_close(scores->observed_score, observed, 0, tolerance);
    lwt_assert_close(scores->correct_score, correct, 0, tolerance);
    lwt_assert_close(scores->inactive_score, inactive, 0, tolerance);
    lwt_assert_close(scores->challenge_metric, (observed - inactive) / (correct - inactive), 1e-11, 0);
}

static void check_macro(const lw_answers *answers, const lw_scores *scores) {
    double auroc = 0, auprc = 0, f_measure = 0, f_beta = 0, g_beta = 0, right = 0;
    size_t classes = answers->classes;
    for (size_t k = 0; k < classes; k++) {
        double tp = 0, miss = 0, share_tp = 0, share_fp = 0, share_fn = 0;
        for (size_t r = 0; r < answers->records; r++) {
            const uint8_t *x = answers->labels + r * classes, *y = answers->decisions + r * classes;
            double labels = 0;
            for (size_t j = 0; j < classes; j++)
                labels += x[j];
            labels = fmax(labels, 1);
            tp += x[k] && y[k];
            miss += x[k] != y[k];
            share_tp += (x[k] && y[k]) / labels;
            share_fp += (!x[k] && y[k]) / labels;
            share_fn += (x[k] && !y[k]) / labels;
            if (k == 0)
                right += memcmp(x, y, classes) == 0;
        }
        lwt_assert_close(scores->per_class[k].f_measure, 2 * tp / (2 * tp + miss), tolerance, 0);
        lwt_assert_close(scores->per_class[k].auroc, naive_auroc(answers, k), tolerance, 0);
        lwt_assert_close(scores->per_class[k].auprc, naive_auprc(answers, k), tolerance, 0);
        auroc += scores->per_class[k].auroc / (double)classes;
        auprc += scores->per_class[k].auprc / (double)classes;
        f_measure += scores->per_class[k].f_measure / (double)classes;
        f_beta += 5 * share_tp / (5 * share_tp + share_fp + 4 * share_fn) / (double)classes;
        g_beta += share_tp / (share_tp + share_fp + 2 * share_fn) / (double)classes;
    }
    lwt_assert_close(scores->auroc, auroc, tolerance, 0);
    lwt_assert_close(scores->auprc, auprc, tolerance, 0);
    lwt_assert_close(scores->f_measure, f_measure, tolerance, 0);
    lwt_assert_close(scores->accuracy, right / (double)answers->records, 0, 0);
    lwt_assert_close(scores->f_beta_2, scores->year == 2020 ? f_beta : NAN, tolerance, 0);
    lwt_assert_close(scores->g_beta_2, scores->year == 2020 ? g_beta : NAN, tolerance, 0);
}

static void definitions_hold_on_random_answers(void **state) {
    (void)state;
    for (int year = 2020; year <= 2021; year++) {
        sample drawn = draw_sample(year, 300, (uint32_t)year);
        lw_scoring scoring = {0};
        lw_scores scores = {0};
        lw_error err = {0};
        lwt_assert_ok(lw_scoring_create(year, NULL, &scoring, &err), &err);
        lwt_assert_ok(lw_evaluate(year, drawn.classes, drawn.records, drawn.labels, drawn.decisions,
                                  drawn.probabilities, &scores, &err),
                      &err);
        lw_answers answers = merged_answers(&drawn, scoring.classes);
        check_metric(&scoring, &answers, &scores);
        check_macro(&answers, &scores);
        check_sum_of_costs(&scores);
        lw_scores_free(&scores);
        lw_answers_free(&answers);
        lw_scoring_free(&scoring);
        free_sample(&drawn);
    }
}

/* Scores two columns: sinus rhythm and atrial fibrillation, whose reward for each other is 0.25. */
static lw_scores score_two(size_t records, const uint8_t *labels, const uint8_t *decisions) {
    static const char json[] = "[{\"codes\": [\"426783006\"], \"abbreviation\": \"NSR\"},"
                               " {\"codes\": [\"164889003\"], \"abbreviation\": \"AF\"}]";
    lw_class_list *classes = NULL;
    lw_scores scores = {0};
    lw_error err = {0};
    double probabilities[16];
    for (size_t i = 0; i < 2 * records; i++)
        probabilities[i] = decisions[i];
    lwt_assert_ok(lw_class_list_parse(json, &classes, &err), &err);
    lwt_assert_ok(lw_evaluate(2020, classes, records, labels, decisions, probabilities, &scores, &err), &err);
    lw_class_list_free(&classes);
    return scores;
}

static void costs_go_to_the_confusions_that_caused_them(void **state) {
    (void)state;
    enum { AF = 1, NSR = 20, CLASSES = 24 };
    /* Two records of AF; one is called AF, the other sinus rhythm too: its reward is (1 + 0.25) / 2 in place of 1. */
    static const uint8_t labels[] = {0, 1, 0, 1}, decisions[] = {0, 1, 1, 1};
    lw_scores scores = score_two(2, labels, decisions);
    lwt_assert_close(scores.observed_score, 1.625, tolerance, 0);
    lwt_assert_close(scores.correct_score, 2, tolerance, 0);
    lwt_assert_close(scores.inactive_score, 0.25, tolerance, 0); /* 2 * 0.25 / 2 */
    lwt_assert_close(scores.confusion_cost[AF * CLASSES + NSR], 0.375 / 1.75, tolerance, 0);
    lwt_assert_close(scores.confusion_cost[AF * CLASSES + AF], 0, 0, 0);
    check_sum_of_costs(&scores);
    lw_scores_free(&scores);
    /* Called sinus rhythm instead: 1/2 is lost by missing AF, (1 - 0.25) / 2 by what was called; the range is 0.875. */
    scores = score_two(1, labels, (const uint8_t[]){1, 0});
    lwt_assert_close(scores.confusion_cost[AF * CLASSES + AF], 0.5 / 0.875, tolerance, 0);
    lwt_assert_close(scores.confusion_cost[AF * CLASSES + NSR], 0.375 / 0.875, tolerance, 0);
    lwt_assert_close(scores.challenge_metric, 0, tolerance, 0);
    check_sum_of_costs(&scores);
    lw_scores_free(&scores);
}

static void nothing_to_win_scores_zero(void **state) {
    (void)state;
    /* Only sinus rhythm in the labels: the inactive answer is the correct one. */
    static const uint8_t labels[] = {1, 0, 1, 0}, decisions[] = {0, 1, 1, 1};
    lw_scores scores = score_two(2, labels, decisions);
    assert_true(scores.correct_score == scores.inactive_score);
    assert_true(scores.challenge_metric == 0);
    check_sum_of_costs(&scores);
    for (size_t i = 0; i < scores.class_count * scores.class_count; i++)
        assert_true(scores.confusion_cost[i] == 0);
    assert_true(isnan(scores.per_class[20].auroc));
    lwt_assert_close(scores.per_class[20].auprc, 1, 0, 0);
    lw_scores_free(&scores);
    assert_null(scores.per_class);
    assert_null(scores.confusion_cost);
}

static void undefined_areas_are_nan(void **state) {
    (void)state;
    lw_curve_point all_negative[] = {{0.1, 0}, {0.2, 0}}, all_positive[] = {{0.1, 1}, {0.2, 1}};
    lw_curve_point infinite[] = {{-INFINITY, 0}, {INFINITY, 1}, {0.5, 0}};
    double auroc, auprc;
    lw_curve_areas(all_negative, 2, &auroc, &auprc);
    assert_true(isnan(auroc) && isnan(auprc));
    lw_curve_areas(all_positive, 2, &auroc, &auprc);
    assert_true(isnan(auroc) && auprc == 1);
    lw_curve_areas(infinite, 3, &auroc, &auprc);
    assert_true(auroc == 1 && auprc == 1);
}

static void joined_scores_follow_the_year(void **state) {
    (void)state;
    static const struct {
        double scores[2];
        double expected_2020, expected_2021;
    } cases[] = {
        {{0.2, 0.6}, 0.4, 0.4},
        {{NAN, 0.6}, 0.6, 0.3},
        {{NAN, NAN}, 0, 0},
        {{INFINITY, NAN}, 0, 0},
        {{INFINITY, 0.5}, INFINITY, 0.25},
        {{INFINITY, -INFINITY}, 0, 0},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        for (int year = 2020; year <= 2021; year++) {
            lw_joined joined = {0};
            lw_joined_add(&joined, year, false, cases[i].scores[0]);
            lw_joined_add(&joined, year, false, cases[i].scores[1]);
            double expected = year == 2020 ? cases[i].expected_2020 : cases[i].expected_2021;
            if (isinf(expected))
                assert_true(lw_joined_score(&joined) == expected);
            else
                lwt_assert_close(lw_joined_score(&joined), expected, 1e-15, 0);
            assert_false(joined.positive);
        }
}

static void bad_arguments_are_refused(void **state) {
    (void)state;
    sample drawn = draw_sample(2020, 1, 1);
    lw_scores scores = {0};
    lw_error err = {0};
    lwt_assert_fails(
        lw_evaluate(2020, drawn.classes, 0, drawn.labels, drawn.decisions, drawn.probabilities, &scores, &err),
        LW_ERR_ARGUMENT, &err, "no record to score");
    lwt_assert_fails(
        lw_evaluate(2022, drawn.classes, 1, drawn.labels, drawn.decisions, drawn.probabilities, &scores, &err),
        LW_ERR_ARGUMENT, &err, "2022");
    assert_null(scores.per_class);
    free_sample(&drawn);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(folders_score_as_an_independent_scorer_scores_them),
        cmocka_unit_test(folders_score_as_the_official_scorers_score_them),
        cmocka_unit_test(definitions_hold_on_random_answers),
        cmocka_unit_test(costs_go_to_the_confusions_that_caused_them),
        cmocka_unit_test(nothing_to_win_scores_zero),
        cmocka_unit_test(undefined_areas_are_nan),
        cmocka_unit_test(joined_scores_follow_the_year),
        cmocka_unit_test(bad_arguments_are_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
