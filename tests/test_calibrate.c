/* Tests of calibration: decisions by the chosen thresholds score as reported, and the model file keeps them. */
#include "model_support.h"
#include "train_support.h"

#include <math.h>

#include "lab/study.h"

/** A model after a few epochs, and the data. */
static lw_model *trained(lwt_training *t) {
    lw_error err = {0};
    *t = lwt_training_create();
    lwt_assert_ok(lwt_train(t, "calibrate", NULL, NULL, &err), &err);
    return lwt_run_model("calibrate");
}

/** The metric of the model's decisions on all records. */
static double decided(const lw_model *model, const lw_dataset *dataset) {
    lw_error err = {0};
    float probabilities[LWT_CLASSES];
    uint8_t labels[LWT_RECORDS * LWT_CLASSES], decisions[LWT_RECORDS * LWT_CLASSES];
    double doubles[LWT_RECORDS * LWT_CLASSES];
    for (size_t i = 0; i < LWT_RECORDS; i++) {
        lwt_predict(model, 1, lw_dataset_signals(dataset, i), probabilities);
        lw_model_decide(model, probabilities, decisions + i * LWT_CLASSES);
        memcpy(labels + i * LWT_CLASSES, lw_dataset_labels(dataset, i), LWT_CLASSES);
        for (size_t k = 0; k < LWT_CLASSES; k++)
            doubles[i * LWT_CLASSES + k] = (double)probabilities[k];
    }
    lw_scores scores = {0};
    lwt_assert_ok(
        lw_evaluate(2021, lw_dataset_classes(dataset), LWT_RECORDS, labels, decisions, doubles, &scores, &err), &err);
    const double metric = scores.challenge_metric;
    lw_scores_free(&scores);
    return metric;
}

static void the_model_scores_as_promised(void **state) {
    (void)state;
    lw_error err = {0};
    lwt_training t;
    lw_model *model = trained(&t), *loaded = NULL;
    const lw_calibrate_options options = {.size = sizeof options, .year = 2021, .threads = 1};
    lw_calibration made;
    const double before = decided(model, t.dataset);
    lwt_assert_ok(lw_calibrate(model, t.dataset, &options, &made, &err), &err);
    lwt_assert_close(made.metric_before, before, 1e-12, 0);
    lwt_assert_close(made.metric_after, decided(model, t.dataset), 1e-12, 0);
    assert_true(made.metric_common >= made.metric_before - 1e-12);
    assert_true(made.metric_after >= made.metric_common - 1e-12);
    assert_true(made.metric_after > made.metric_before + 0.01);
    assert_string_equal(lw_model_fallback(model), LW_CODE_NSR);
    lwt_assert_ok(lw_model_save(model, lwt_temp_path("calibrated.safetensors"), &err), &err);
    lwt_assert_ok(lw_model_load(lwt_temp_path("calibrated.safetensors"), &loaded, &err), &err);
    for (size_t k = 0; k < LWT_CLASSES; k++)
        lwt_assert_close(lw_model_thresholds(loaded)[k], lw_model_thresholds(model)[k], 0, 0);
    lw_model_free(&loaded);
    lw_model_free(&model);
    lwt_training_free(&t);
}

static void the_fallback_is_replaced(void **state) {
    (void)state;
    lw_error err = {0};
    lwt_training t;
    lw_model *model = trained(&t);
    lw_calibration made;
    lw_calibrate_options options = {.size = sizeof options, .year = 2021, .threads = 2, .fallback = ""};
    lwt_assert_ok(lw_calibrate(model, t.dataset, &options, &made, &err), &err);
    assert_null(lw_model_fallback(model));
    lwt_assert_close(made.metric_after, decided(model, t.dataset), 1e-12, 0);
    options.fallback = "164889003";
    lwt_assert_ok(lw_calibrate(model, t.dataset, &options, &made, &err), &err);
    assert_string_equal(lw_model_fallback(model), "164889003");
    lwt_assert_close(made.metric_after, decided(model, t.dataset), 1e-12, 0);
    lw_model_free(&model);
    lwt_training_free(&t);
}

static void what_does_not_fit_leaves_the_model_as_it_was(void **state) {
    (void)state;
    lw_error err = {0};
    lwt_training t;
    lw_model *model = trained(&t), *other = NULL;
    lw_class_list *classes = NULL;
    char sha256[65], afterwards[65];
    lwt_assert_ok(lw_model_sha256(model, sha256, &err), &err);
    lw_calibrate_options options = {.size = sizeof options, .year = 2021, .threads = 1, .fallback = "270492004"};
    lwt_assert_fails(lw_calibrate(model, t.dataset, &options, NULL, &err), LW_ERR_ARGUMENT, &err, "270492004");
    options = (lw_calibrate_options){
        .size = sizeof(lw_calibrate_options), .year = 2021, .threads = 1, .weights = "/nowhere/weights.csv"};
    lwt_assert_fails(lw_calibrate(model, t.dataset, &options, NULL, &err), LW_ERR_IO, &err, "nowhere");
    options = (lw_calibrate_options){.size = sizeof(lw_calibrate_options), .year = 1999, .threads = 1};
    lwt_assert_fails(lw_calibrate(model, t.dataset, &options, NULL, &err), LW_ERR_ARGUMENT, &err, "1999");
    lwt_assert_ok(lw_model_sha256(model, afterwards, &err), &err);
    assert_string_equal(afterwards, sha256);
    options.year = 2021;
    lwt_assert_ok(lw_class_list_parse("[{\"codes\":[\"1\"],\"abbreviation\":\"A\"},"
                                      "{\"codes\":[\"2\"],\"abbreviation\":\"B\"}]",
                                      &classes, &err),
                  &err);
    lwt_assert_ok(lw_model_untrained(t.network, lw_dataset_preprocessing(t.dataset), classes, 1, &other, &err), &err);
    lwt_assert_fails(lw_calibrate(other, t.dataset, &options, NULL, &err), LW_ERR_MISMATCH, &err, "classes");
    lw_model_free(&other);
    lw_preprocessing band = *lw_dataset_preprocessing(t.dataset);
    band.band_hz[1] = 20;
    lwt_assert_ok(lw_model_untrained(t.network, &band, lw_dataset_classes(t.dataset), 1, &other, &err), &err);
    lwt_assert_fails(lw_calibrate(other, t.dataset, &options, NULL, &err), LW_ERR_MISMATCH, &err, "preprocessing");
    lw_model_free(&other);
    lw_model_free(&model);
    lw_class_list_free(&classes);
    lwt_training_free(&t);
}

/** Binary cross-entropy of the model's probabilities of all records. */
static double cross_entropy(const lw_model *model, const lw_dataset *dataset) {
    double sum = 0;
    for (size_t i = 0; i < LWT_RECORDS; i++) {
        float probabilities[LWT_CLASSES];
        lwt_predict(model, 1, lw_dataset_signals(dataset, i), probabilities);
        for (size_t k = 0; k < LWT_CLASSES; k++)
            sum -= log(lw_dataset_labels(dataset, i)[k] ? (double)probabilities[k] : 1 - (double)probabilities[k]);
    }
    return sum;
}

/* The temperature lowers the cross-entropy of sessions, is kept in the file, and is the same when chosen again. */
static void a_temperature_is_kept(void **state) {
    (void)state;
    lw_error err = {0};
    lwt_training t;
    lw_model *one = trained(&t), *two = NULL, *pair = NULL;
    lwt_assert_ok(lw_model_load(lwt_temp_path("calibrate/model.safetensors"), &two, &err), &err);
    lwt_assert_ok(lw_model_combine((const lw_model *[2]){one, two}, 2, LW_COMBINE_MEAN, &pair, &err), &err);
    lw_model *const models[] = {one, pair}; /* two equal models predict as one, at any temperature */
    double temperature[2];
    for (size_t i = 0; i < 2; i++) {
        const lw_calibrate_options options = {.size = sizeof options, .year = 2021, .temperature = true, .threads = 1};
        lw_model *loaded = NULL;
        lw_calibration made, again;
        char sha256[65], expected[65];
        /* With thresholds other than 0.5, which a temperature moves no record over. */
        const lw_calibrate_options thresholds_only = {.size = sizeof thresholds_only, .year = 2021, .threads = 1};
        lwt_assert_ok(lw_calibrate(models[i], t.dataset, &thresholds_only, &made, &err), &err);
        const double before = cross_entropy(models[i], t.dataset), own = decided(models[i], t.dataset);
        lwt_assert_ok(lw_calibrate(models[i], t.dataset, &options, &made, &err), &err);
        assert_true(cross_entropy(models[i], t.dataset) < before - 1e-3);
        lwt_assert_close(made.metric_before, own, 1e-12, 0);
        lwt_assert_close(made.metric_after, decided(models[i], t.dataset), 1e-12, 0);
        lwt_assert_close(lw_model_temperature(models[i]), made.temperature, 0, 0);
        lwt_assert_ok(lw_model_save(models[i], lwt_temp_path("tempered.safetensors"), &err), &err);
        lwt_assert_ok(lw_model_load(lwt_temp_path("tempered.safetensors"), &loaded, &err), &err);
        lwt_assert_close(lw_model_temperature(loaded), made.temperature, 0, 0);
        lwt_assert_ok(lw_model_sha256(loaded, sha256, &err), &err);
        lwt_assert_ok(lw_model_sha256(models[i], expected, &err), &err);
        assert_string_equal(sha256, expected);
        lwt_assert_ok(lw_calibrate(loaded, t.dataset, &options, &again, &err), &err);
        lwt_assert_close(again.temperature, made.temperature, 0, 1e-4);
        lwt_assert_close(again.ece_before, made.ece_after, 1e-4, 0);
        lwt_assert_close(again.brier_before, made.brier_after, 1e-5, 0);
        temperature[i] = made.temperature;
        lw_model_free(&loaded);
    }
    lwt_assert_close(temperature[0], temperature[1], 0, 1e-4);
    lw_model_free(&one);
    lw_model_free(&two);
    lw_model_free(&pair);
    lwt_training_free(&t);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_model_scores_as_promised),
        cmocka_unit_test(a_temperature_is_kept),
        cmocka_unit_test(the_fallback_is_replaced),
        cmocka_unit_test(what_does_not_fit_leaves_the_model_as_it_was),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
