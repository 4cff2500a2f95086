/* These tests hold scores of sources, sexes and age bands against the definitions, computed the slow way over the
 * records of each. */
#include "support.h"

#include <jansson.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "evaluate/scoring.h"
#include "leadwise/evaluate.h"
#include "leadwise/report.h"

enum { RECORDS = 90, CLASSES = 3, SOURCES = 3, PEOPLE = 9 };

static const char *const codes[CLASSES] = {"426783006", "164889003", "164890007"}; /* NSR, AF, AFL */
static const char *const source_names[SOURCES] = {"north|1", "south", "west"};

/* Fields of headers and the groups that follow from them: edges of the bands, and fields without a value. */
static const struct {
    const char *comments, *sex, *age;
} people[PEOPLE] = {
    {"#Age: 39\n#Sex: Male\n", "male", "<40"},           {"# Age: 40\n# Sex: F\n", "female", "40-59"},
    {"#<age>: 59\n#<sex>: Female\n", "female", "40-59"}, {"#Age: 60\n#Sex: M\n", "male", "60-79"},
    {"#Age: 79\n#Sex: Unknown\n", "unknown", "60-79"},   {"#Age: 80\n#Sex: Female\n", "female", ">=80"},
    {"#Age: NaN\n#Sex: Male\n", "male", "unknown"},      {"#Age: 300\n", "unknown", "unknown"},
    {"#Age: 0.5\n#Sex: Female\n", "female", "<40"},
};

/* Everything that the files hold. */
typedef struct world {
    char labels[512], outputs[512];
    int person[RECORDS], source[RECORDS];
    uint8_t x[RECORDS][CLASSES], y[RECORDS][CLASSES];
    double score[RECORDS][CLASSES];
} world;

static void make_folder(const char *path) { assert_int_equal(mkdir(path, 0700), 0); }

static void write_header(const world *w, size_t r) {
    char path[1024], text[1024], list[128] = "";
    for (size_t k = 0; k < CLASSES; k++)
        if (w->x[r][k])
            snprintf(list + strlen(list), sizeof list - strlen(list), "%s%s", *list ? "," : "", codes[k]);
    snprintf(path, sizeof path, "%s/%s/R%03zu.hea", w->labels, source_names[w->source[r]], r);
    snprintf(text, sizeof text, "R%03zu 1 500 5000\nR%03zu.mat 16+24 1000/mV 16 0 0 0 0 I\n%s#Dx: %s\n", r, r,
             people[w->person[r]].comments, list);
    lwt_write_file(path, text, strlen(text));
}

static void write_output(const world *w, size_t r, const char *folder) {
    char path[1024], text[1024];
    snprintf(path, sizeof path, "%s/R%03zu.csv", folder, r);
    snprintf(text, sizeof text, "#R%03zu\n%s,%s,%s\n%d,%d,%d\n%.17g,%.17g,%.17g\n", r, codes[0], codes[1], codes[2],
             w->y[r][0], w->y[r][1], w->y[r][2], w->score[r][0], w->score[r][1], w->score[r][2]);
    lwt_write_file(path, text, strlen(text));
}

static world *new_world(const char *name) {
    static world w;
    float draws[RECORDS * CLASSES * 3];
    char path[600];
    lwt_fill(draws, RECORDS * CLASSES * 3, 11);
    snprintf(path, sizeof path, "%s-labels", name);
    snprintf(w.labels, sizeof w.labels, "%s", lwt_temp_path(path));
    snprintf(path, sizeof path, "%s-outputs", name);
    snprintf(w.outputs, sizeof w.outputs, "%s", lwt_temp_path(path));
    make_folder(w.labels);
    make_folder(w.outputs);
    for (size_t s = 0; s < SOURCES; s++) {
        snprintf(path, sizeof path, "%s/%s", w.labels, source_names[s]);
        make_folder(path);
    }
    for (size_t r = 0; r < RECORDS; r++) {
        w.person[r] = (int)(r % PEOPLE);
        w.source[r] = (int)(r * r % 7 % SOURCES);
        for (size_t k = 0; k < CLASSES; k++) {
            const float *draw = draws + (r * CLASSES + k) * 3;
            w.x[r][k] = draw[0] > 0.2f;
            w.y[r][k] = draw[1] > 0.1f;
            w.score[r][k] = floor(4 * (double)draw[2]) + w.x[r][k]; /* with ties */
        }
        write_header(&w, r);
        write_output(&w, r, w.outputs);
    }
    return &w;
}

/* Whether record r is in the group, by the tables above. */
static bool belongs(const world *w, size_t r, const lw_group_scores *group) {
    const char *name = group->by == LW_BY_SEX   ? people[w->person[r]].sex
                       : group->by == LW_BY_AGE ? people[w->person[r]].age
                                                : source_names[w->source[r]];
    return strcmp(name, group->name) == 0;
}

/* Rewards of y for x over the number of classes in either. */
static double credit(const lw_scoring *scoring, const uint8_t *x, const uint8_t *y) {
    double sum = 0, either = 0;
    size_t n = lw_class_count(scoring->classes);
    for (size_t j = 0; j < CLASSES; j++)
        either += x[j] || y[j];
    for (size_t j = 0; j < CLASSES; j++)
        for (size_t k = 0; k < CLASSES; k++)
            if (x[j] && y[k])
                sum += scoring->rewards[(size_t)lw_class_find(scoring->classes, codes[j]) * n +
                                        (size_t)lw_class_find(scoring->classes, codes[k])];
    return sum / fmax(either, 1);
}

static double naive_metric(const world *w, const lw_scoring *scoring, const lw_group_scores *group) {
    const uint8_t normal[CLASSES] = {1, 0, 0};
    double observed = 0, correct = 0, inactive = 0;
    for (size_t r = 0; r < RECORDS; r++) {
        if (!belongs(w, r, group))
            continue;
        observed += credit(scoring, w->x[r], w->y[r]);
        correct += credit(scoring, w->x[r], w->x[r]);
        inactive += credit(scoring, w->x[r], normal);
    }
    return (observed - inactive) / (correct - inactive);
}

/* The chance that a positive record of the group scores above a negative one, a tie counting half. */
static double naive_auroc(const world *w, const lw_group_scores *group, size_t k) {
    double wins = 0, pairs = 0;
    for (size_t p = 0; p < RECORDS; p++)
        for (size_t n = 0; n < RECORDS; n++) {
            if (!w->x[p][k] || w->x[n][k] || !belongs(w, p, group) || !belongs(w, n, group))
                continue;
            wins += w->score[p][k] > w->score[n][k] ? 1 : w->score[p][k] == w->score[n][k] ? 0.5 : 0;
            pairs += 1;
        }
    return pairs > 0 ? wins / pairs : NAN;
}

static void check_class(const world *w, const lw_group_scores *group, size_t k, const lw_class_scores *got) {
    double tp = 0, fp = 0, fn = 0, tn = 0;
    for (size_t r = 0; r < RECORDS; r++) {
        if (!belongs(w, r, group))
            continue;
        tp += w->x[r][k] && w->y[r][k];
        fp += !w->x[r][k] && w->y[r][k];
        fn += w->x[r][k] && !w->y[r][k];
        tn += !w->x[r][k] && !w->y[r][k];
    }
    lwt_assert_close(got->sensitivity, tp / (tp + fn), 1e-15, 0);
    lwt_assert_close(got->specificity, tn / (tn + fp), 1e-15, 0);
    lwt_assert_close(got->positive_predictive_value, tp / (tp + fp), 1e-15, 0);
    lwt_assert_close(got->auroc, naive_auroc(w, group, k), 1e-12, 0);
}

static size_t check_group(const world *w, const lw_scoring *scoring, const lw_group_scores *group) {
    size_t records = 0, right = 0;
    double auroc = 0;
    for (size_t r = 0; r < RECORDS; r++) {
        records += belongs(w, r, group);
        right += belongs(w, r, group) && memcmp(w->x[r], w->y[r], CLASSES) == 0;
    }
    assert_true(records > 0);
    assert_int_equal(group->scores.record_count, records);
    lwt_assert_close(group->scores.accuracy, (double)right / (double)records, 1e-15, 0);
    lwt_assert_close(group->scores.challenge_metric, naive_metric(w, scoring, group), 1e-12, 0);
    for (size_t k = 0; k < CLASSES; k++) {
        check_class(w, group, k, &group->scores.per_class[lw_class_find(scoring->classes, codes[k])]);
        auroc += naive_auroc(w, group, k) / CLASSES;
    }
    lwt_assert_close(group->scores.auroc, auroc, 1e-12, 0);
    return records;
}

static lw_evaluation evaluate(const char *labels, const char *outputs, lw_evaluate_options how) {
    how.size = sizeof how;
    how.year = 2021;
    lw_evaluation evaluation = {.replicate_count = 0};
    lw_error err = {0};
    lwt_assert_ok(lw_evaluate_folders(labels, outputs, &how, &evaluation, &err), &err);
    return evaluation;
}

static void groups_partition_the_records_and_are_scored_alone(void **state) {
    (void)state;
    static const char *const expected[] = {"north|1", "south", "west",  "female", "male",   "unknown",
                                           "<40",     "40-59", "60-79", ">=80",   "unknown"};
    const world *w = new_world("alone");
    lw_evaluation all =
        evaluate(w->labels, w->outputs, (lw_evaluate_options){.by = LW_BY_SOURCE | LW_BY_SEX | LW_BY_AGE});
    lw_scoring scoring = {0};
    lw_error err = {0};
    size_t records[LW_BY_AGE + 1] = {0}, hits[LW_BY_AGE + 1] = {0};
    lwt_assert_ok(lw_scoring_create(2021, NULL, &scoring, &err), &err);
    const size_t af = (size_t)lw_class_find(scoring.classes, codes[1]);
    assert_int_equal(all.group_count, sizeof expected / sizeof *expected);
    for (size_t g = 0; g < all.group_count; g++) {
        assert_string_equal(all.groups[g].name, expected[g]);
        records[all.groups[g].by] += check_group(w, &scoring, &all.groups[g]);
        hits[all.groups[g].by] += all.groups[g].scores.per_class[af].true_positive_count;
    }
    for (unsigned by = LW_BY_SOURCE; by <= LW_BY_AGE; by <<= 1) {
        assert_int_equal(records[by], RECORDS);
        assert_int_equal(hits[by], all.scores.per_class[af].true_positive_count);
    }
    assert_true(all.replicate_count == 0 && !all.class_intervals);
    lw_scoring_free(&scoring);
    lw_evaluation_free(&all);
    assert_null(all.groups);
}

/* A group's intervals are those of its records evaluated alone, whatever the threads; so are a class's. */
static void intervals_of_a_group_are_of_its_records(void **state) {
    (void)state;
    const world *w = new_world("intervals");
    char folder[600], alone[600];
    snprintf(folder, sizeof folder, "%s/%s", w->labels, source_names[0]);
    snprintf(alone, sizeof alone, "%s", lwt_temp_path("north-outputs"));
    make_folder(alone);
    for (size_t r = 0; r < RECORDS; r++)
        if (w->source[r] == 0)
            write_output(w, r, alone);
    lw_evaluation all =
        evaluate(w->labels, w->outputs,
                 (lw_evaluate_options){.by = LW_BY_SOURCE, .replicate_count = 200, .seed = 5, .threads = 3});
    lw_evaluation one = evaluate(folder, alone, (lw_evaluate_options){.replicate_count = 200, .seed = 5, .threads = 1});
    assert_int_equal(all.group_count, SOURCES);
    assert_memory_equal(&all.groups[0].intervals, &one.intervals, sizeof one.intervals);
    assert_true(one.intervals.auroc.low < one.scores.auroc && one.scores.auroc < one.intervals.auroc.high);
    assert_true(one.intervals.auroc.low < all.intervals.auroc.low); /* fewer records: wider */
    assert_true(all.intervals.accuracy.low < all.scores.accuracy);
    for (size_t k = 0; k < all.scores.class_count; k++) {
        const lw_class_intervals *of = &all.class_intervals[k];
        const lw_class_scores *scores = &all.scores.per_class[k];
        if (scores->positive_count == 0)
            assert_true(isnan(of->auroc.low) && isnan(of->auprc.high));
        else
            assert_true(of->auprc.low < scores->auprc && scores->auprc < of->auprc.high &&
                        of->f_measure.low < scores->f_measure && scores->f_measure < of->f_measure.high);
    }
    lw_evaluation_free(&all);
    lw_evaluation_free(&one);
}

static double number_in(const json_t *object, const char *key) {
    const json_t *value = json_object_get(object, key);
    assert_true(json_is_number(value));
    return json_number_value(value);
}

static void check_interval(const json_t *object, const char *key, lw_interval expected) {
    const json_t *ends = json_object_get(json_object_get(object, "intervals"), key);
    assert_int_equal(json_array_size(ends), 2);
    assert_true(json_number_value(json_array_get(ends, 0)) == expected.low);
    assert_true(json_number_value(json_array_get(ends, 1)) == expected.high);
}

static void json_holds_groups_and_intervals_bit_for_bit(void **state) {
    (void)state;
    const world *w = new_world("json");
    lw_evaluation all = evaluate(w->labels, w->outputs, (lw_evaluate_options){.by = LW_BY_SEX, .replicate_count = 50});
    char *text = NULL;
    lw_error err = {0};
    lwt_assert_ok(lw_evaluation_json(&all, &text, &err), &err);
    json_t *object = json_loads(text, JSON_REJECT_DUPLICATES, NULL);
    assert_non_null(object);
    assert_true(number_in(object, "challenge_metric") == all.scores.challenge_metric);
    assert_true(number_in(json_object_get(object, "intervals"), "level") == 0.95);
    assert_true(number_in(json_object_get(object, "intervals"), "replicates") == 50);
    check_interval(object, "f_measure", all.intervals.f_measure);
    const json_t *af = json_array_get(json_object_get(object, "classes"), 0);
    assert_true(number_in(af, "sensitivity") == all.scores.per_class[0].sensitivity);
    assert_true(number_in(af, "positive_predictive_value") == all.scores.per_class[0].positive_predictive_value);
    check_interval(af, "auprc", all.class_intervals[0].auprc);
    const json_t *groups = json_object_get(object, "groups"), *sexes = json_object_get(groups, "sex");
    assert_int_equal(json_object_size(groups), 1);
    assert_int_equal(json_array_size(sexes), all.group_count);
    for (size_t g = 0; g < all.group_count; g++) {
        const json_t *one = json_array_get(sexes, g);
        assert_string_equal(json_string_value(json_object_get(one, "name")), all.groups[g].name);
        assert_true(number_in(one, "records") == (double)all.groups[g].scores.record_count);
        assert_true(number_in(one, "auprc") == all.groups[g].scores.auprc);
        check_interval(one, "challenge_metric", all.groups[g].intervals.challenge_metric);
    }
    json_decref(object);
    lw_string_free(&text);
    lw_evaluation_free(&all);
}

static void a_card_holds_every_group(void **state) {
    (void)state;
    const world *w = new_world("card");
    char row[256], *text = NULL;
    lw_error err = {0};
    lw_evaluation all =
        evaluate(w->labels, w->outputs, (lw_evaluate_options){.by = LW_BY_SOURCE | LW_BY_AGE, .replicate_count = 50});
    lwt_assert_ok(lw_evaluation_card(&all, "Test <b> \x1b[1m", &text, &err), &err);
    assert_true(strncmp(text, "## Test \\<b\\> \\\\x1b\\[1m\n", 24) == 0);
    assert_non_null(strstr(text, "90 records; classes and metric of the Challenge of 2021."));
    snprintf(row, sizeof row, "\n| north\\|1 | %zu | %.3f (%.3f to %.3f) |", all.groups[0].scores.record_count,
             all.groups[0].scores.challenge_metric, all.groups[0].intervals.challenge_metric.low,
             all.groups[0].intervals.challenge_metric.high);
    assert_non_null(strstr(text, row));
    assert_non_null(strstr(text, "\n| \\>=80 |"));
    snprintf(row, sizeof row, "\n| AF | %zu | %.3f | %.3f | %.3f |", all.scores.per_class[0].positive_count,
             all.scores.per_class[0].sensitivity, all.scores.per_class[0].specificity,
             all.scores.per_class[0].positive_predictive_value);
    assert_non_null(strstr(text, row));
    assert_null(strchr(text, '\x1b'));
    lw_string_free(&text);
    lw_evaluation_free(&all);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(groups_partition_the_records_and_are_scored_alone),
        cmocka_unit_test(intervals_of_a_group_are_of_its_records),
        cmocka_unit_test(json_holds_groups_and_intervals_bit_for_bit),
        cmocka_unit_test(a_card_holds_every_group),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
