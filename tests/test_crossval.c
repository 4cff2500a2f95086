/* Tests of whole cross-validations: each record is predicted by the fold that was not trained on it, the files repeat
 * the scores, and the bytes are the same after a stop and a resume, and for any number of threads. */
#include "model_support.h"
#include "train_support.h"

#include <jansson.h>
#include <math.h>

#include "lab/study.h"

enum { FOLDS = 2 };

static lw_train_options train;

static lw_crossval_options crossval_options(void) {
    lw_crossval_options options = lw_crossval_options_default();
    options.fold_count = FOLDS;
    options.replicate_count = 50;
    train = lwt_train_options();
    train.epochs = 2;
    options.train = &train;
    return options;
}

static bool stop(void *context, size_t fold, size_t folds, const lw_train_progress *progress) {
    lwt_stopper *stopper = context;
    assert_true(fold < folds);
    return lwt_stop(stopper, progress);
}

static lw_status cross(const lwt_training *t, const lw_crossval_options *options, const char *name,
                       lwt_stopper *stopper, lw_error *err) {
    return lw_crossval(t->network, t->dataset, options, lwt_temp_path(name), stopper ? stop : NULL, stopper, NULL, err);
}

static json_t *results_of(const char *name) { return lwt_run_json(name, "results.json"); }

static double at(const json_t *object, const char *part, const char *key) {
    return json_number_value(json_object_get(json_object_get(object, part), key));
}

static void assert_same_results(const char *a, const char *b) {
    lwt_assert_same_file(a, b, "results.json");
    lwt_assert_same_file(a, b, "fold0/model.safetensors");
    lwt_assert_same_file(a, b, "fold1/model.safetensors");
    lwt_assert_same_file(a, b, "model.safetensors");
    lwt_assert_same_file(a, b, "outputs/R007.csv");
}

/* The files of the outputs, scored as anybody would, give the pooled scores. */
static void the_outputs_repeat_the_pooled_scores(void **state) {
    (void)state;
    lw_error err = {0};
    lwt_training t = lwt_training_create();
    const lw_crossval_options options = crossval_options();
    lwt_assert_ok(cross(&t, &options, "repeat", NULL, &err), &err);
    json_t *results = results_of("repeat");
    const lw_evaluate_options how = {.size = sizeof how, .year = 2021};
    lw_evaluation evaluation = {.replicate_count = 0};
    lwt_assert_ok(
        lw_evaluate_folders(lwt_temp_path("training-data"), lwt_temp_path("repeat/outputs"), &how, &evaluation, &err),
        &err);
    const lw_scores scores = evaluation.scores;
    assert_int_equal(scores.record_count, LWT_RECORDS);
    assert_int_equal(json_integer_value(json_object_get(results, "records")), LWT_RECORDS);
    lwt_assert_close(at(results, "pooled", "challenge_metric"), scores.challenge_metric, 1e-12, 0);
    lwt_assert_close(at(results, "pooled", "auroc"), scores.auroc, 1e-12, 0);
    lwt_assert_close(at(results, "pooled", "auprc"), scores.auprc, 1e-12, 0);
    lwt_assert_close(at(results, "pooled", "accuracy"), scores.accuracy, 1e-12, 0);
    lwt_assert_close(at(results, "pooled", "f_measure"), scores.f_measure, 1e-12, 0);
    lw_evaluation_free(&evaluation);
    json_decref(results);
    lwt_training_free(&t);
}

/** The record's two probabilities in its output file. */
static void read_output(const char *run, const char *record, double probabilities[LWT_CLASSES]) {
    char file[64];
    snprintf(file, sizeof file, "outputs/%s.csv", record);
    char *text = lwt_run_file(run, file, NULL), *line = text;
    for (int i = 0; i < 3; i++)
        line = strchr(line, '\n') + 1;
    assert_int_equal(sscanf(line, "%lf,%lf", &probabilities[0], &probabilities[1]), LWT_CLASSES);
    free(text);
}

/* Each record's output is that of the model of the fold that has it in its test split, and each is in one. */
static void each_record_is_predicted_by_the_fold_that_tests_it(void **state) {
    (void)state;
    lw_error err = {0};
    lwt_training t = lwt_training_create();
    lw_crossval_options options = crossval_options();
    options.kind = LW_FOLDS_STRATIFIED;
    lwt_assert_ok(cross(&t, &options, "unseen", NULL, &err), &err);
    size_t judged = 0;
    for (int fold = 0; fold < FOLDS; fold++) {
        char name[32];
        snprintf(name, sizeof name, "unseen/fold%d", fold);
        json_t *run = lwt_run_json(name, "run.json"), *splits = json_object_get(run, "splits"), *record;
        lw_model *model = lwt_run_model(name);
        size_t i;
        json_array_foreach(json_object_get(splits, "test"), i, record) {
            const char *called = json_string_value(record);
            double written[LWT_CLASSES];
            float probabilities[LWT_CLASSES];
            const size_t number = (size_t)atoi(called + 1); /* R007 is record 7 */
            read_output("unseen", called, written);
            lwt_predict(model, 1, lw_dataset_signals(t.dataset, number), probabilities);
            for (size_t k = 0; k < LWT_CLASSES; k++)
                lwt_assert_close(written[k], (double)probabilities[k], 0, 1e-5);
            judged++;
        }
        lw_model_free(&model);
        json_decref(run);
    }
    assert_int_equal(judged, LWT_RECORDS);
    lwt_training_free(&t);
}

/* Stopped in the second epoch of the first fold, in the second fold, and between; then resumed. */
static void a_resumed_run_ends_with_the_same_bytes(void **state) {
    (void)state;
    lw_error err = {0};
    lwt_training t = lwt_training_create();
    lw_crossval_options options = crossval_options();
    lwt_stopper watch = {0};
    lwt_assert_ok(cross(&t, &options, "whole", &watch, &err), &err);
    for (size_t stop_at = 2; stop_at < watch.calls; stop_at += 3) {
        lwt_stopper stopper = {.stop_at = stop_at};
        train.resume = false;
        lwt_assert_fails(cross(&t, &options, "stopped", &stopper, &err), LW_ERR_INTERRUPTED, &err, "checkpoint");
        train.resume = true;
        stopper = (lwt_stopper){.stop_at = 2};
        const lw_status again = cross(&t, &options, "stopped", &stopper, &err); /* and stopped once more */
        assert_true(again == LW_ERR_INTERRUPTED || again == LW_OK);
        lwt_assert_ok(cross(&t, &options, "stopped", NULL, &err), &err);
        assert_same_results("whole", "stopped");
    }
    /* Finished: every fold is left alone. */
    lwt_stopper none = {0};
    lwt_assert_ok(cross(&t, &options, "stopped", &none, &err), &err);
    assert_int_equal(none.calls, 0);
    assert_same_results("whole", "stopped");
    lwt_training_free(&t);
}

static void the_seed_changes_the_results_and_threads_do_not(void **state) {
    (void)state;
    lw_error err = {0};
    lwt_training t = lwt_training_create();
    lw_crossval_options options = crossval_options();
    lwt_assert_ok(cross(&t, &options, "one", NULL, &err), &err);
    train.threads = 3;
    lwt_assert_ok(cross(&t, &options, "three", NULL, &err), &err);
    assert_same_results("one", "three");
    train.seed++;
    lwt_assert_ok(cross(&t, &options, "other", NULL, &err), &err);
    json_t *a = results_of("one"), *b = results_of("other");
    assert_true(at(a, "pooled", "auroc") != at(b, "pooled", "auroc"));
    json_decref(a);
    json_decref(b);
    lwt_training_free(&t);
}

/* The mean and deviation of two folds, by hand, under every rule; and what the rules are named after. */
static void the_folds_are_summed_up(void **state) {
    (void)state;
    static const char *const rules[] = {"plain", "fallback", "tuned"};
    lw_error err = {0};
    lwt_training t = lwt_training_create();
    const lw_crossval_options options = crossval_options();
    lwt_assert_ok(cross(&t, &options, "sums", NULL, &err), &err);
    json_t *results = results_of("sums");
    for (size_t i = 0; i < 3; i++) {
        const json_t *rule = json_object_get(json_object_get(results, "rules"), rules[i]);
        const json_t *folds = json_object_get(rule, "folds");
        assert_int_equal(json_array_size(folds), FOLDS);
        double a = json_number_value(json_object_get(json_array_get(folds, 0), "auroc"));
        double b = json_number_value(json_object_get(json_array_get(folds, 1), "auroc"));
        lwt_assert_close(at(rule, "mean", "auroc"), (a + b) / 2, 1e-12, 0);
        lwt_assert_close(at(rule, "deviation", "auroc"), fabs(a - b) / sqrt(2), 1e-12, 0);
        const json_t *interval = json_object_get(json_object_get(rule, "intervals"), "auroc");
        assert_true(json_number_value(json_array_get(interval, 0)) <= at(rule, "pooled", "auroc"));
        assert_true(json_number_value(json_array_get(interval, 1)) >= at(rule, "pooled", "auroc"));
    }
    lwt_assert_close(at(results, "pooled", "challenge_metric"),
                     at(json_object_get(json_object_get(results, "rules"), "fallback"), "pooled", "challenge_metric"),
                     0, 0);
    json_decref(results);
    lwt_training_free(&t);
}

/** A header that holds nothing but the diagnoses. */
static void write_header(const char *folder, const char *name, const char *codes) {
    char path[128], text[128];
    snprintf(path, sizeof path, "%s/%s.hea", folder, name);
    const int length = snprintf(text, sizeof text, "%s 0 500 0\n#Dx: %s\n", name, codes);
    lwt_write_file(lwt_temp_path(path), text, (size_t)length);
}

/* A record that could not be prepared counts as one in which nothing was found, and has such a file. */
static void rejected_records_count_as_nothing_found(void **state) {
    (void)state;
    lw_error err = {0};
    lwt_training t = lwt_training_create();
    lw_crossval_options options = crossval_options();
    lwt_assert_ok(cross(&t, &options, "rejected", NULL, &err), &err); /* makes the folder */
    char name[16];
    for (size_t i = 0; i < LWT_RECORDS; i++) {
        snprintf(name, sizeof name, "R%03zu", i);
        write_header("rejected", name, i % 2 ? "164889003" : "426783006");
    }
    write_header("rejected", "broken", "164889003,426783006");
    const char *folder = lwt_temp_path("rejected");
    options.label_folders = &folder;
    options.label_folder_count = 1;
    lwt_assert_ok(cross(&t, &options, "with-rejected", NULL, &err), &err);
    json_t *results = results_of("with-rejected"), *without = results_of("rejected");
    assert_int_equal(json_integer_value(json_object_get(results, "rejected")), 1);
    char *output = lwt_run_file("with-rejected", "outputs/broken.csv", NULL);
    assert_string_equal(output, "#broken\n426783006,164889003\n0,0\n0,0\n");
    free(output);
    lw_evaluation evaluation = {.replicate_count = 0};
    const lw_evaluate_options how = {.size = sizeof how, .year = 2021};
    lwt_assert_ok(lw_evaluate_folders(folder, lwt_temp_path("with-rejected/outputs"), &how, &evaluation, &err), &err);
    const lw_scores scores = evaluation.scores;
    lwt_assert_close(at(results, "pooled", "challenge_metric"), scores.challenge_metric, 1e-12, 0);
    lwt_assert_close(at(results, "pooled", "auroc"), scores.auroc, 1e-12, 0);
    assert_true(at(results, "pooled", "challenge_metric") != at(without, "pooled", "challenge_metric"));
    lwt_assert_close(at(results, "mean", "auroc"), at(without, "mean", "auroc"), 0, 0);
    lw_evaluation_free(&evaluation);
    json_decref(results);
    json_decref(without);
    lwt_training_free(&t);
}

static void what_cannot_work_is_said_before_training(void **state) {
    (void)state;
    lw_error err = {0};
    lwt_training t = lwt_training_create();
    lw_crossval_options options = crossval_options();
    lwt_stopper watch = {0};
    options.fold_count = LWT_RECORDS + 1;
    lwt_assert_fails(cross(&t, &options, "bad", &watch, &err), LW_ERR_ARGUMENT, &err, "41 folds for 40 groups");
    options = crossval_options();
    options.kind = LW_FOLDS_SOURCE;
    lwt_assert_fails(cross(&t, &options, "bad", &watch, &err), LW_ERR_ARGUMENT, &err, "one source");
    options = crossval_options();
    train.epochs = 0;
    lwt_assert_fails(cross(&t, &options, "bad", &watch, &err), LW_ERR_ARGUMENT, &err, "epochs");
    options = crossval_options();
    options.groups = "/nowhere.csv";
    lwt_assert_fails(cross(&t, &options, "bad", &watch, &err), LW_ERR_IO, &err, "nowhere");
    assert_int_equal(watch.calls, 0);
    lwt_training_free(&t);
}

/** Metric of decisions on the probabilities of the output files by `thresholds`, then by the fallback. */
static double metric_of(const lwt_training *t, const double *probabilities, const double *thresholds, int fallback) {
    const size_t records = lw_dataset_record_count(t->dataset);
    lw_scores scores = {0};
    lw_error err = {0};
    uint8_t *labels = calloc(records, LWT_CLASSES), *decisions = calloc(records, LWT_CLASSES);
    for (size_t i = 0; i < records; i++) {
        bool any = false;
        memcpy(labels + i * LWT_CLASSES, lw_dataset_labels(t->dataset, i), LWT_CLASSES);
        for (size_t k = 0; k < LWT_CLASSES; k++) {
            decisions[i * LWT_CLASSES + k] = probabilities[i * LWT_CLASSES + k] >= thresholds[k];
            any = any || decisions[i * LWT_CLASSES + k];
        }
        if (!any && fallback >= 0)
            decisions[i * LWT_CLASSES + (size_t)fallback] = 1;
    }
    lwt_assert_ok(
        lw_evaluate(2021, lw_dataset_classes(t->dataset), records, labels, decisions, probabilities, &scores, &err),
        &err);
    const double metric = scores.challenge_metric;
    lw_scores_free(&scores);
    free(labels);
    free(decisions);
    return metric;
}

/* No other threshold of one class scores higher on the probabilities of records that a fold was not trained on. */
static void the_ensemble_is_tuned_on_unseen_records(void **state) {
    (void)state;
    lw_error err = {0};
    lwt_training t = lwt_training_create();
    lw_crossval_options options = crossval_options();
    train.tune_thresholds = true;
    lwt_assert_ok(cross(&t, &options, "tuned", NULL, &err), &err);
    lw_model *model = lwt_run_model("tuned");
    const size_t records = lw_dataset_record_count(t.dataset);
    double *probabilities = calloc(records * LWT_CLASSES, sizeof *probabilities);
    for (size_t i = 0; i < records; i++)
        read_output("tuned", lw_dataset_name(t.dataset, i), probabilities + i * LWT_CLASSES);
    const char *code = lw_model_fallback(model);
    const int fallback = code ? lw_class_find(lw_model_classes(model), code) : -1;
    const double *chosen = lw_model_thresholds(model);
    const double best = metric_of(&t, probabilities, chosen, fallback);
    const double half[LWT_CLASSES] = {0.5, 0.5};
    assert_true(best >= metric_of(&t, probabilities, half, fallback));
    for (size_t k = 0; k < LWT_CLASSES; k++)
        for (int step = 0; step <= 100; step++) {
            double other[LWT_CLASSES] = {chosen[0], chosen[1]};
            other[k] = step / 100.0;
            assert_true(metric_of(&t, probabilities, other, fallback) <= best + 1e-12);
        }
    assert_true(fabs(chosen[0] - 0.5) > 1e-9 || fabs(chosen[1] - 0.5) > 1e-9);
    free(probabilities);
    lw_model_free(&model);
    lwt_training_free(&t);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_outputs_repeat_the_pooled_scores),
        cmocka_unit_test(each_record_is_predicted_by_the_fold_that_tests_it),
        cmocka_unit_test(a_resumed_run_ends_with_the_same_bytes),
        cmocka_unit_test(the_seed_changes_the_results_and_threads_do_not),
        cmocka_unit_test(the_folds_are_summed_up),
        cmocka_unit_test(rejected_records_count_as_nothing_found),
        cmocka_unit_test(the_ensemble_is_tuned_on_unseen_records),
        cmocka_unit_test(what_cannot_work_is_said_before_training),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
