/* Tests of the options beyond the papers in whole runs: each has an effect, is recorded, and survives a stop. */
#include "model_support.h"
#include "train_support.h"

#include "dataset/split.h"
#include "leadwise/evaluate.h"
#include "leadwise/model.h"
#include "network/engine.h"
#include "train/variation.h"

/* Everything at once. */
static lw_train_options everything(void) {
    lw_train_options o = lwt_train_options();
    o.weight_decay = 0.5;
    o.schedule = LW_SCHEDULE_COSINE;
    o.warmup_epochs = 0.6;
    o.patience_stop = 0;
    o.keep = LW_KEEP_BEST_METRIC;
    o.mixup = 0.25;
    o.augment = LW_AUGMENT_ALL;
    o.lead_dropout = 0.4;
    o.label_mask = true;
    o.metric_loss = 0.5;
    o.metric_head = 0.5;
    o.average = 0.9;
    o.tune_thresholds = true;
    return o;
}

/* Data of two sources, of which one never has the second class; one class is rarer than the other. */
static lwt_training training_create(void) {
    lwt_data data = lwt_data_create(LWT_RECORDS, 2);
    data.sources = calloc(LWT_RECORDS, sizeof *data.sources);
    assert_non_null(data.sources);
    for (size_t i = 0; i < LWT_RECORDS; i++) {
        data.sources[i] = i % 4 == 0;
        data.labels[i * LWT_CLASSES] = i % 2 == 0 || i % 5 == 0;
    }
    lwt_training t = {lwt_narrow_network(), lwt_data_open(&data, NULL, "recipe-data"), lwt_train_options()};
    lwt_data_free(&data);
    return t;
}

static void each_option_takes_part(void **state) {
    (void)state;
    enum { OPTIONS = 10 };
    lw_error err = {0};
    lwt_training t = training_create();
    t.options.epochs = 1;
    lwt_assert_ok(lwt_train(&t, "plain", NULL, NULL, &err), &err);
    const lw_train_options plain = t.options, all = everything();
    lw_train_options one[OPTIONS];
    for (size_t i = 0; i < OPTIONS; i++)
        one[i] = plain;
    one[0].weight_decay = all.weight_decay;
    one[1].schedule = all.schedule;
    one[2].warmup_epochs = all.warmup_epochs;
    one[3].mixup = all.mixup;
    one[4].augment = LW_AUGMENT_SCALE;
    one[5].lead_dropout = all.lead_dropout;
    one[6].label_mask = true;
    one[7].metric_loss = all.metric_loss;
    one[8].average = all.average;
    one[9].metric_head = all.metric_head;
    char *before = lwt_run_file("plain", "history.csv", NULL);
    for (size_t i = 0; i < OPTIONS; i++) {
        t.options = one[i];
        lwt_assert_ok(lwt_train(&t, "one-more", NULL, NULL, &err), &err);
        char *after = lwt_run_file("one-more", "history.csv", NULL);
        assert_string_not_equal(before, after);
        free(after);
    }
    free(before);
    lwt_training_free(&t);
}

static void stopping_at_every_step_changes_nothing(void **state) {
    (void)state;
    lwt_training t = training_create();
    t.options = everything();
    lwt_assert_stops_change_nothing(&t, "whole", "stopped");
    lwt_training_free(&t);
}

static void threads_change_nothing(void **state) {
    (void)state;
    lwt_training t = training_create();
    t.options = everything();
    lwt_assert_threads_change_nothing(&t, 3, "one-thread", "three-threads");
    lwt_training_free(&t);
}

static json_t *configuration_of(const char *run) {
    json_t *root = lwt_run_json(run, "run.json"), *configuration = json_incref(json_object_get(root, "configuration"));
    assert_non_null(configuration);
    json_decref(root);
    return configuration;
}

/* A run of the papers' recipe has the keys that it always had, so that runs begun before there were more go on. */
static void only_what_is_on_is_written(void **state) {
    (void)state;
    lw_error err = {0};
    lwt_training t = training_create();
    t.options.epochs = 1;
    lwt_assert_ok(lwt_train(&t, "papers", NULL, NULL, &err), &err);
    json_t *papers = configuration_of("papers");
    assert_int_equal(json_object_size(papers), 16);
    t.options = everything();
    t.options.epochs = 1;
    lwt_assert_ok(lwt_train(&t, "recipe", NULL, NULL, &err), &err);
    json_t *recipe = configuration_of("recipe");
    assert_string_equal(json_string_value(json_object_get(recipe, "schedule")), "cosine");
    assert_string_equal(json_string_value(json_object_get(recipe, "keep")), "best-metric");
    assert_string_equal(json_string_value(json_object_get(recipe, "augment")),
                        "shift,scale,wander,noise,resample,cutout");
    lwt_assert_close(json_real_value(json_object_get(recipe, "mixup")), 0.25, 0, 0);
    json_decref(papers);
    json_decref(recipe);
    t.options.resume = true;
    t.options.mixup = 0;
    lwt_assert_fails(lwt_train(&t, "recipe", NULL, NULL, &err), LW_ERR_MISMATCH, &err, "mixup was 0.25, now not set");
    t.options.mixup = 0.25;
    t.options.epochs = 2;
    lwt_assert_fails(lwt_train(&t, "recipe", NULL, NULL, &err), LW_ERR_MISMATCH, &err, "epochs was 1, now 2");
    lwt_training_free(&t);
}

static void the_kept_epoch_is_the_one_asked_for(void **state) {
    (void)state;
    enum { METRIC = 3, RATE = 5, BEST = 6 };
    lw_error err = {0};
    lwt_training t = training_create();
    lw_train_result result = {0};
    t.options.epochs = 12;
    t.options.learning_rate = 1e-2;
    t.options.schedule = LW_SCHEDULE_COSINE;
    t.options.patience_stop = 0;
    t.options.keep = LW_KEEP_BEST_METRIC;
    lwt_assert_ok(lwt_train(&t, "metric", NULL, &result, &err), &err);
    size_t best = 1;
    for (size_t epoch = 2; epoch <= 12; epoch++)
        best = lwt_history_value("metric", epoch, METRIC) > lwt_history_value("metric", best, METRIC) ? epoch : best;
    assert_int_equal(result.best_epoch, best);
    lwt_assert_close(result.best_validation_loss, lwt_history_value("metric", best, 2), 0, 1e-8);
    /* Four steps an epoch: the rate of the last step of each, by the definition. */
    for (size_t epoch = 1; epoch <= 12; epoch++) {
        const double expected = 1e-2 * 0.5 * (1 + cos(3.14159265358979 * (4.0 * (double)epoch - 1) / 48));
        lwt_assert_close(lwt_history_value("metric", epoch, RATE), expected, 1e-12, 1e-7);
    }
    t.options.keep = LW_KEEP_LAST;
    lwt_assert_ok(lwt_train(&t, "last", NULL, &result, &err), &err);
    assert_int_equal(result.best_epoch, 12);
    assert_true(lwt_history_value("last", 12, BEST) == 1);
    lwt_training_free(&t);
}

/* The rate is so small that Adam changes nothing, so that the decay alone remains. */
static void decay_shrinks_weights_and_nothing_else(void **state) {
    (void)state;
    lw_error err = {0};
    lwt_training t = training_create();
    t.options.epochs = 1;
    t.options.learning_rate = 1e-6;
    t.options.keep = LW_KEEP_LAST;
    lwt_assert_ok(lwt_train(&t, "no-decay", NULL, NULL, &err), &err);
    t.options.weight_decay = 100;
    lwt_assert_ok(lwt_train(&t, "decay", NULL, NULL, &err), &err);
    lw_parameter_table *table = NULL;
    lwt_assert_ok(lw_parameter_table_create(t.network, &table, &err), &err);
    lw_safetensors *files[2] = {NULL, NULL};
    const lw_safetensors_limits limits = {16 << 20, 1000};
    char path[64];
    for (size_t i = 0; i < 2; i++) {
        snprintf(path, sizeof path, "%s/model.safetensors", i == 0 ? "no-decay" : "decay");
        lwt_assert_ok(lw_safetensors_open(lwt_temp_path(path), limits, &files[i], &err), &err);
    }
    for (size_t i = 0; i < table->count; i++) {
        const lw_parameter *item = &table->item[i];
        if (!item->trainable)
            continue;
        const float *before = lw_safetensors_find(files[0], item->name)->data;
        const float *after = lw_safetensors_find(files[1], item->name)->data;
        const double shrunk = item->rank > 1 ? pow(1 - 1e-4, 4) : 1;
        for (size_t k = 0; k < item->elements; k++)
            lwt_assert_close(after[k], shrunk * before[k], 2e-6, 0);
    }
    lw_safetensors_free(&files[0]);
    lw_safetensors_free(&files[1]);
    lw_parameter_table_free(&table);
    lwt_training_free(&t);
}

/* The metric of the model in folder `run` on a part of the split, by its own thresholds and fallback. */
static double model_metric(const lwt_training *t, const char *run, lw_split_part part) {
    lw_error err = {0};
    lw_split split = {0};
    lw_model *model = lwt_run_model(run);
    lw_scores scores = {0};
    lwt_assert_ok(lw_split_random(t->dataset, NULL, t->options.seed, t->options.test_fraction,
                                  t->options.validation_fraction, &split, &err),
                  &err);
    uint8_t labels[LWT_RECORDS * LWT_CLASSES], decisions[LWT_RECORDS * LWT_CLASSES];
    double scored[LWT_RECORDS * LWT_CLASSES];
    for (size_t i = 0; i < split.count[part]; i++) {
        const size_t record = split.index[part][i];
        float probabilities[LWT_CLASSES];
        lwt_predict(model, 1, lw_dataset_signals(t->dataset, record), probabilities);
        lw_model_decide(model, probabilities, decisions + i * LWT_CLASSES);
        for (size_t k = 0; k < LWT_CLASSES; k++) {
            labels[i * LWT_CLASSES + k] = lw_dataset_labels(t->dataset, record)[k];
            scored[i * LWT_CLASSES + k] = probabilities[k];
        }
    }
    lwt_assert_ok(
        lw_evaluate(2021, lw_dataset_classes(t->dataset), split.count[part], labels, decisions, scored, &scores, &err),
        &err);
    const double metric = scores.challenge_metric;
    lw_scores_free(&scores);
    lw_model_free(&model);
    lw_split_free(&split);
    return metric;
}

static void the_model_has_the_tuned_thresholds(void **state) {
    (void)state;
    lw_error err = {0};
    lwt_training t = training_create();
    t.options.epochs = 6;
    t.options.learning_rate = 1e-2;
    t.options.validation_fraction = 0.4;
    t.options.tune_thresholds = true;
    lwt_assert_ok(lwt_train(&t, "tuned", NULL, NULL, &err), &err);
    json_t *root = lwt_run_json("tuned", "run.json");
    const json_t *tuning = json_object_get(root, "tuning"), *thresholds = json_object_get(tuning, "thresholds");
    const json_t *test = json_object_get(json_object_get(root, "test"), "tuned");
    assert_int_equal(json_array_size(thresholds), LWT_CLASSES);
    lw_model *model = lwt_run_model("tuned");
    bool moved = false;
    for (size_t k = 0; k < LWT_CLASSES; k++) {
        assert_true(lw_model_thresholds(model)[k] == json_real_value(json_array_get(thresholds, k)));
        moved |= lw_model_thresholds(model)[k] != 0.5;
    }
    assert_true(moved);
    lwt_assert_close(model_metric(&t, "tuned", LW_SPLIT_VALIDATION),
                     json_real_value(json_object_get(tuning, "validation_metric")), 1e-12, 0);
    lwt_assert_close(model_metric(&t, "tuned", LW_SPLIT_TEST),
                     json_real_value(json_object_get(test, "challenge_metric")), 1e-12, 0);
    lw_model_free(&model);
    json_decref(root);
    lwt_training_free(&t);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_option_takes_part),
        cmocka_unit_test(stopping_at_every_step_changes_nothing),
        cmocka_unit_test(threads_change_nothing),
        cmocka_unit_test(only_what_is_on_is_written),
        cmocka_unit_test(the_kept_epoch_is_the_one_asked_for),
        cmocka_unit_test(decay_shrinks_weights_and_nothing_else),
        cmocka_unit_test(the_model_has_the_tuned_thresholds),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
