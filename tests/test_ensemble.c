/* These tests check that ensembles combine the probabilities of their members, their files, and weights rounded to
 * halves. */
#include "train_support.h"

#include <math.h>

#include "base/floats.h"
#include "base/hash.h"
#include "model/model_internal.h"
#include "network/network_internal.h"

enum { MEMBERS = 4, RECORDS = 5 };

static const lw_preprocessing two_seconds = {
    .rate_hz = 100.0, .band_hz = {0.05, 35.0}, .filter_order = 3, .window_s = 2.0};

/** An untrained model, with running statistics as after some training. */
static lw_model *make_model(uint64_t seed) {
    lw_error err = {0};
    lw_model *model = NULL;
    lw_class_list *classes = NULL;
    lw_network *network = lwt_narrow_network();
    lwt_assert_ok(lw_class_list_parse(LWT_CLASSES_JSON, &classes, &err), &err);
    lwt_assert_ok(lw_model_untrained(network, &two_seconds, classes, seed, &model, &err), &err);
    for (size_t i = model->table->trainable; i < model->table->total; i++)
        model->values[i] += 0.1f * (float)((i * 7 + seed) % 5);
    lw_class_list_free(&classes);
    lw_network_free(&network);
    return model;
}

static void fill_signals(float *signals) { lwt_fill(signals, RECORDS * LWT_LEADS * LWT_SAMPLES, 3); }

/** probabilities[RECORDS][LWT_CLASSES], in batches of 3. */
static void predict_with(const lw_model *model, bool brief, float *probabilities) {
    static float signals[RECORDS * LWT_LEADS * LWT_SAMPLES];
    lw_error err = {0};
    lw_session *session = NULL;
    fill_signals(signals);
    const lw_session_options options = {.size = sizeof options, .max_batch = 3, .threads = 1, .brief = brief};
    lwt_assert_ok(lw_session_create(model, &options, &session, &err), &err);
    lwt_assert_ok(lw_session_predict(session, 3, signals, NULL, probabilities, &err), &err);
    lwt_assert_ok(lw_session_predict(session, 2, signals + 3 * LWT_LEADS * LWT_SAMPLES, NULL,
                                     probabilities + 3 * LWT_CLASSES, &err),
                  &err);
    lw_session_free(&session);
}

static void predict(const lw_model *model, float *probabilities) { predict_with(model, false, probabilities); }

typedef struct family {
    lw_model *model[MEMBERS];
    float probabilities[MEMBERS][RECORDS * LWT_CLASSES];
} family;

static void family_create(family *f) {
    for (size_t m = 0; m < MEMBERS; m++) {
        f->model[m] = make_model(m + 1);
        predict(f->model[m], f->probabilities[m]);
    }
}

static void family_free(family *f) {
    for (size_t m = 0; m < MEMBERS; m++)
        lw_model_free(&f->model[m]);
}

static lw_model *combined(const family *f, size_t count, lw_combine combine) {
    lw_error err = {0};
    lw_model *model = NULL;
    lwt_assert_ok(lw_model_combine((const lw_model *const *)f->model, count, combine, &model, &err), &err);
    return model;
}

static int compare_doubles(const void *a, const void *b) {
    const double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

static void it_says_the_mean_or_the_median(void **state) {
    (void)state;
    family f;
    family_create(&f);
    for (size_t count = 2; count <= MEMBERS; count++)
        for (int median = 0; median < 2; median++) {
            float got[RECORDS * LWT_CLASSES], brief[RECORDS * LWT_CLASSES];
            lw_model *model = combined(&f, count, median ? LW_COMBINE_MEDIAN : LW_COMBINE_MEAN);
            predict(model, got);
            predict_with(model, true, brief);
            for (size_t i = 0; i < RECORDS * LWT_CLASSES; i++) {
                double values[MEMBERS], sum = 0;
                for (size_t m = 0; m < count; m++)
                    sum += values[m] = (double)f.probabilities[m][i];
                qsort(values, count, sizeof *values, compare_doubles);
                const double middle = (values[(count - 1) / 2] + values[count / 2]) / 2;
                const double want = median ? middle : sum / (double)count;
                lwt_assert_close((double)got[i], want, 1e-7, 0);
                lwt_assert_close((double)brief[i], want, 1e-6, 0);
            }
            lw_model_free(&model);
        }
    family_free(&f);
}

static void assert_hash(const lw_model *model, const char *expected) {
    char hex[LW_SHA256_HEX];
    lw_error err = {0};
    lwt_assert_ok(lw_model_sha256(model, hex, &err), &err);
    assert_string_equal(hex, expected);
}

static void one_member_is_the_model_itself(void **state) {
    (void)state;
    family f;
    family_create(&f);
    lw_model *model = combined(&f, 1, LW_COMBINE_MEAN);
    char hex[LW_SHA256_HEX];
    lw_error err = {0};
    lwt_assert_ok(lw_model_sha256(f.model[0], hex, &err), &err);
    assert_hash(model, hex);
    lw_model_free(&model);
    family_free(&f);
}

/** Saved, loaded, saved again: the same bytes, of the hash that the model names, saying the same. */
static void assert_file_holds(const lw_model *model, const char *name) {
    lw_error err = {0};
    lw_model *loaded = NULL;
    char hex[LW_SHA256_HEX];
    size_t length = 0, again_length = 0;
    float before[RECORDS * LWT_CLASSES], after[RECORDS * LWT_CLASSES];
    lwt_assert_ok(lw_model_save(model, lwt_temp_path(name), &err), &err);
    lwt_assert_ok(lw_model_load(lwt_temp_path(name), &loaded, &err), &err);
    lwt_assert_ok(lw_model_save(loaded, lwt_temp_path("again"), &err), &err);
    char *bytes = lwt_read_file(lwt_temp_path(name), &length);
    char *again = lwt_read_file(lwt_temp_path("again"), &again_length);
    assert_int_equal(length, again_length);
    assert_memory_equal(bytes, again, length);
    lw_sha256_of(bytes, length, hex);
    assert_hash(model, hex);
    assert_hash(loaded, hex);
    assert_int_equal(lw_model_member_count(loaded), lw_model_member_count(model));
    assert_int_equal(lw_model_combination(loaded), lw_model_combination(model));
    assert_int_equal(lw_model_tensor_count(loaded), lw_model_tensor_count(model));
    predict(model, before);
    predict(loaded, after);
    assert_memory_equal(before, after, sizeof before);
    free(bytes);
    free(again);
    lw_model_free(&loaded);
}

static void its_file_holds_it(void **state) {
    (void)state;
    family f;
    family_create(&f);
    lw_model *model = combined(&f, 3, LW_COMBINE_MEDIAN), *more = NULL;
    lw_error err = {0};
    assert_int_equal(lw_model_member_count(model), 3);
    assert_int_equal(lw_model_tensor_count(model), 3 * lw_model_tensor_count(f.model[0]));
    assert_file_holds(model, "ensemble");
    const lw_model *both[] = {model, f.model[3]};
    lwt_assert_ok(lw_model_combine(both, 2, LW_COMBINE_MEAN, &more, &err), &err);
    assert_int_equal(lw_model_member_count(more), 4);
    assert_memory_equal(more->values + 3 * more->table->total, f.model[3]->values, more->table->total * sizeof(float));
    lw_model_free(&more);
    lw_model_free(&model);
    family_free(&f);
}

static void only_like_models_are_combined(void **state) {
    (void)state;
    lw_error err = {0};
    lw_model *one = make_model(1), *two = make_model(2), *made = NULL;
    const lw_model *const pair[] = {one, two};
    lw_model *many[LW_MEMBERS_MAX + 1];
    for (size_t i = 0; i <= LW_MEMBERS_MAX; i++)
        many[i] = one;
    lwt_assert_fails(lw_model_combine(pair, 0, LW_COMBINE_MEAN, &made, &err), LW_ERR_ARGUMENT, &err, "0 members");
    lwt_assert_fails(lw_model_combine((const lw_model *const *)many, LW_MEMBERS_MAX + 1, LW_COMBINE_MEAN, &made, &err),
                     LW_ERR_ARGUMENT, &err, "65 members, expected 1 to 64");
    two->preprocessing.band_hz[1] = 20;
    lwt_assert_fails(lw_model_combine(pair, 2, LW_COMBINE_MEAN, &made, &err), LW_ERR_MISMATCH, &err,
                     "model 2 has another preprocessing");
    two->preprocessing.band_hz[1] = 35;
    lwt_assert_ok(lw_model_set_decision(two, (const double[2]){0.2, 0.4}, LW_CODE_NSR, &err), &err);
    lwt_assert_fails(lw_model_combine(pair, 2, LW_COMBINE_MEAN, &made, &err), LW_ERR_MISMATCH, &err, "fallback");
    lwt_assert_ok(lw_model_set_decision(one, NULL, LW_CODE_NSR, &err), &err);
    lwt_assert_ok(lw_model_combine(pair, 2, LW_COMBINE_MEAN, &made, &err), &err);
    lwt_assert_close(lw_model_thresholds(made)[0], 0.35, 1e-15, 0);
    lwt_assert_close(lw_model_thresholds(made)[1], 0.45, 1e-15, 0);
    lw_model_free(&made);
    two->network->epsilon = 0.002;
    lwt_assert_fails(lw_model_combine(pair, 2, LW_COMBINE_MEAN, &made, &err), LW_ERR_MISMATCH, &err, "network");
    assert_null(made);
    lw_model_free(&one);
    lw_model_free(&two);
}

/* Weights become the nearest halves, running statistics stay; the file is near half as large. */
static void weights_are_rounded(void **state) {
    (void)state;
    family f;
    family_create(&f);
    lw_error err = {0};
    lw_model *model = combined(&f, 2, LW_COMBINE_MEAN), *exact = combined(&f, 2, LW_COMBINE_MEAN);
    const size_t total = model->table->total, trainable = model->table->trainable;
    float before[RECORDS * LWT_CLASSES], after[RECORDS * LWT_CLASSES];
    predict(model, before);
    lwt_assert_ok(lw_model_round(model, &err), &err);
    predict(model, after);
    for (size_t i = 0; i < 2 * total; i++) {
        const float was = exact->values[i];
        assert_true(model->values[i] == (i % total < trainable ? lw_half_to_float(lw_half_from_float(was)) : was));
    }
    for (size_t i = 0; i < RECORDS * LWT_CLASSES; i++)
        lwt_assert_close((double)after[i], (double)before[i], 1e-3, 0);
    assert_memory_not_equal(before, after, sizeof before);
    assert_true(lw_model_is_rounded(model) && !lw_model_is_rounded(exact));
    assert_file_holds(model, "rounded");
    model->values[total + 3] = 70000.0f;
    lwt_assert_fails(lw_model_round(model, &err), LW_ERR_ARGUMENT, &err, "weight 3 of member 1 is 70000");
    lw_model_free(&model);
    lw_model_free(&exact);
    family_free(&f);
}

/** The file of an ensemble with one string of its header replaced by another of the same length. */
static void expect_refused(const char *from, const char *to, const char *sentence) {
    size_t length = 0;
    lw_error err = {0};
    lw_model *model = NULL;
    char *bytes = lwt_read_file(lwt_temp_path("pair"), &length);
    char *at = bytes + 8;
    assert_int_equal(strlen(from), strlen(to));
    while (strncmp(at, from, strlen(from)) != 0)
        at++;
    memcpy(at, to, strlen(to));
    lwt_assert_fails(lw_model_parse(bytes, length, "pair", &model, &err), LW_ERR_MODEL, &err, sentence);
    assert_null(model);
    free(bytes);
}

static void broken_ensembles_are_refused(void **state) {
    (void)state;
    family f;
    family_create(&f);
    lw_error err = {0};
    lw_model *model = combined(&f, 2, LW_COMBINE_MEAN);
    lwt_assert_ok(lw_model_save(model, lwt_temp_path("pair"), &err), &err);
    expect_refused("\\\"members\\\": 2", "\\\"members\\\": 3", "tensor member2.branch0.block0.conv.weight is missing");
    expect_refused("\\\"members\\\": 2", "\\\"members\\\": 1", "leadwise.ensemble: 'members' is wrong");
    expect_refused("\\\"members\\\": 2", "\\\"members\\\":-2", "leadwise.ensemble: 'members' is wrong");
    expect_refused("\\\"members\\\": 2", "\\\"members\\\":99", "leadwise.ensemble: 'members' is wrong");
    expect_refused("\\\"mean\\\"", "\\\"meat\\\"", "'combine' is \"meat\"");
    expect_refused("leadwise.ensemble", "leadwise.ensemblE", "tensor branch0.block0.conv.weight is missing");
    expect_refused("member1.head.bias", "member2.head.bias", "tensor member1.head.bias is missing");
    lw_model_free(&model);
    family_free(&f);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(it_says_the_mean_or_the_median),
        cmocka_unit_test(one_member_is_the_model_itself),
        cmocka_unit_test(its_file_holds_it),
        cmocka_unit_test(only_like_models_are_combined),
        cmocka_unit_test(weights_are_rounded),
        cmocka_unit_test(broken_ensembles_are_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
