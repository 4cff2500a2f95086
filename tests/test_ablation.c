/* Changes of training by name, and an ablation of two of them: what it reports is what the runs' own files say, and
 * nothing of it depends on jobs or on a stop. */
#include "train_support.h"

#include <jansson.h>
#include <math.h>

#include "leadwise/ablation.h"

enum { SEEDS = 2, FALLBACK = 1, TUNED = 2 };

/* ---- Options by name */

static void options_are_set_by_name(void **state) {
    (void)state;
    lw_error err = {0};
    lw_train_options o = lw_train_options_default();
    lwt_assert_ok(lw_train_options_set(&o, "schedule=cosine  warmup=2 mixup=0.25 augment=shift,noise keep=last", &err),
                  &err);
    assert_int_equal(o.schedule, LW_SCHEDULE_COSINE);
    assert_int_equal(o.patience_stop, 0);
    lwt_assert_close(o.warmup_epochs, 2, 0, 0);
    lwt_assert_close(o.mixup, 0.25, 0, 0);
    assert_int_equal(o.augment, LW_AUGMENT_SHIFT | LW_AUGMENT_NOISE);
    assert_int_equal(o.keep, LW_KEEP_LAST);
    lwt_assert_ok(lw_train_options_set(&o, "label-mask=true batch=7 stop-after=3 learning-rate=0.5", &err), &err);
    assert_true(o.label_mask);
    assert_int_equal(o.batch, 7);
    assert_int_equal(o.patience_stop, 3);
    lwt_assert_close(o.learning_rate, 0.5, 0, 0);
    lwt_assert_ok(lw_train_options_set(&o, "label-mask=false schedule=plateau", &err), &err);
    assert_false(o.label_mask);
    assert_int_equal(o.patience_stop, 10);
    lwt_assert_ok(lw_train_options_set(&o, "", &err), &err);
}

static void wrong_options_change_nothing(void **state) {
    (void)state;
    static const char *const wrong[][2] = {
        {"mixup", "KEY=VALUE"},       {"=3", "option"},      {"mixap=0.2", "mixap"},    {"mixup=x", "mixup"},
        {"mixup=", "mixup"},          {"batch=-1", "batch"}, {"label-mask=yes", "yes"}, {"schedule=linear", "linear"},
        {"augment=shift,zap", "zap"}, {"keep=all", "all"},   {"batch=0", "batch"},      {"mixup=0.2 mixap=1", "mixap"},
    };
    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++) {
        lw_error err = {0};
        lw_train_options o = lw_train_options_default();
        lwt_assert_fails(lw_train_options_set(&o, wrong[i][0], &err), LW_ERR_ARGUMENT, &err, wrong[i][1]);
        lwt_assert_close(o.mixup, 0, 0, 0);
    }
}

/* Every change that is tried by default can be switched on and off again. */
static void changes_are_switched_on_where_they_are_off(void **state) {
    (void)state;
    lw_error err = {0};
    const lw_ablation_item *item;
    for (size_t i = 0; (item = lw_ablation_item_at(i)) != NULL; i++) {
        lw_train_options o = lw_train_options_default();
        assert_false(lw_ablation_is_on(&o, item));
        lwt_assert_ok(lw_train_options_set(&o, item->on, &err), &err);
        assert_true(lw_ablation_is_on(&o, item));
        lwt_assert_ok(lw_train_options_set(&o, item->off, &err), &err);
        assert_false(lw_ablation_is_on(&o, item));
    }
}

/* ---- An ablation */

static const lw_ablation_item items[] = {{"fast", "learning-rate=0.02", "learning-rate=0.001"},
                                         {"nothing", "mixup=0", NULL}};

static lw_ablation_options small_options(void) {
    lw_ablation_options options = lw_ablation_options_default();
    options.train = lwt_train_options();
    options.train.epochs = 2;
    options.items = items;
    options.item_count = 2;
    options.seeds = SEEDS;
    options.replicates = 40;
    return options;
}

/** Counts calls, and stops at one of them. */
static bool on_step(void *context, const char *run, const lw_train_progress *progress) {
    assert_non_null(strstr(run, "/seed"));
    return lwt_stop(context, progress);
}

static lw_status ablate(const lwt_training *t, const lw_ablation_options *options, const char *name,
                        lwt_stopper *stopper, lw_error *err) {
    return lw_ablation_run(t->network, t->dataset, options, lwt_temp_path(name), stopper != NULL ? on_step : NULL,
                           stopper, err);
}

static json_t *run_of(const char *ablation, const char *change, size_t seed) {
    char file[96];
    snprintf(file, sizeof file, "%s/seed%zu/run.json", change, seed);
    char *text = lwt_run_file(ablation, file, NULL);
    json_t *root = json_loads(text, 0, NULL);
    assert_non_null(root);
    free(text);
    return root;
}

/** Mean over the seeds of a score that the runs' own files give for their test records. */
static double mean_of(const char *ablation, const char *change, const char *key) {
    double sum = 0;
    for (size_t s = 0; s < SEEDS; s++) {
        json_t *run = run_of(ablation, change, s);
        const json_t *scores = json_object_get(json_object_get(run, "test"), "with_fallback");
        assert_true(json_is_number(json_object_get(scores, key)));
        sum += json_number_value(json_object_get(scores, key));
        json_decref(run);
    }
    return sum / SEEDS;
}

static void the_report_is_what_the_runs_say(void **state) {
    (void)state;
    lw_error err = {0};
    lwt_training t = lwt_training_create();
    const lw_ablation_options options = small_options();
    lw_ablation_result results[3];
    lwt_assert_ok(ablate(&t, &options, "ablation", NULL, &err), &err);
    lwt_assert_ok(lw_ablation_report(t.dataset, &options, lwt_temp_path("ablation"), results, &err), &err);
    const char *const names[] = {"baseline", "fast", "nothing"};
    for (size_t i = 0; i < 3; i++) {
        lwt_assert_close(results[i].metric[FALLBACK], mean_of("ablation", names[i], "challenge_metric"), 1e-6, 0);
        lwt_assert_close(results[i].auroc, mean_of("ablation", names[i], "auroc"), 1e-6, 0);
        lwt_assert_close(results[i].metric_gain[TUNED].value, results[i].metric[TUNED] - results[0].metric[TUNED],
                         1e-12, 0);
        lwt_assert_close(results[i].auroc_gain.value, results[i].auroc - results[0].auroc, 1e-12, 0);
    }
    /* Equal runs differ on no sample of the records. */
    lwt_assert_close(results[2].auroc_gain.low, 0, 0, 0);
    lwt_assert_close(results[2].auroc_gain.high, 0, 0, 0);
    assert_true(results[1].auroc_gain.low <= results[1].auroc_gain.high);
    char *csv = lwt_run_file("ablation", "results.csv", NULL), *page = lwt_run_file("ablation", "report.html", NULL);
    assert_non_null(strstr(csv, "fast,learning-rate=0.02,2,tuned,"));
    assert_non_null(strstr(page, "learning-rate=0.02"));
    assert_null(strstr(page, "<script"));
    free(csv);
    free(page);
    lwt_training_free(&t);
}

/* One split for all seeds and changes; the seeds differ otherwise. */
static void all_runs_have_one_split(void **state) {
    (void)state;
    lw_error err = {0};
    lwt_training t = lwt_training_create();
    lw_ablation_options options = small_options();
    lwt_assert_ok(ablate(&t, &options, "split", NULL, &err), &err);
    json_t *first = run_of("split", "baseline", 0), *second = run_of("split", "fast", 1);
    assert_true(json_equal(json_object_get(first, "splits"), json_object_get(second, "splits")));
    json_decref(second);
    second = run_of("split", "baseline", 1);
    assert_false(
        json_equal(json_object_get(first, "best_validation_loss"), json_object_get(second, "best_validation_loss")));
    json_decref(second);
    options.train.set_split_seed = true;
    options.train.split_seed = options.train.seed + 1;
    options.item_count = 0;
    lwt_assert_ok(ablate(&t, &options, "split2", NULL, &err), &err);
    second = run_of("split2", "baseline", 0);
    assert_false(json_equal(json_object_get(first, "splits"), json_object_get(second, "splits")));
    json_decref(first);
    json_decref(second);
    lwt_training_free(&t);
}

static void jobs_and_stops_change_nothing(void **state) {
    (void)state;
    lw_error err = {0};
    lwt_training t = lwt_training_create();
    lw_ablation_options options = small_options();
    lwt_stopper watch = {0}, stopper = {.stop_at = 7}, none = {0};
    lwt_assert_ok(ablate(&t, &options, "alone", &watch, &err), &err);
    options.jobs = 2;
    options.train.threads = 2;
    lwt_assert_fails(ablate(&t, &options, "jobs", &stopper, &err), LW_ERR_INTERRUPTED, &err, "checkpoint");
    options.train.resume = true;
    lwt_assert_ok(ablate(&t, &options, "jobs", NULL, &err), &err);
    lwt_assert_same_file("alone", "jobs", "baseline/seed1/model.safetensors");
    lwt_assert_same_file("alone", "jobs", "fast/seed1/model.safetensors");
    lwt_assert_same_file("alone", "jobs", "nothing/seed0/model.safetensors");
    lwt_assert_ok(ablate(&t, &options, "jobs", &none, &err), &err);
    assert_int_equal(none.calls, 0);
    lwt_training_free(&t);
}

static void what_cannot_work_is_said_before_training(void **state) {
    (void)state;
    lw_error err = {0};
    lwt_training t = lwt_training_create();
    lwt_stopper watch = {0};
    lw_ablation_options options = small_options();
    lw_ablation_item odd = {"../up", "mixup=0.2", NULL};
    options.items = &odd;
    options.item_count = 1;
    lwt_assert_fails(ablate(&t, &options, "bad", &watch, &err), LW_ERR_ARGUMENT, &err, "../up");
    odd = (lw_ablation_item){"odd", "mixap=0.2", NULL};
    lwt_assert_fails(ablate(&t, &options, "bad", &watch, &err), LW_ERR_ARGUMENT, &err, "mixap");
    const lw_ablation_item twice[] = {items[0], items[0]};
    options.items = twice;
    options.item_count = 2;
    lwt_assert_fails(ablate(&t, &options, "bad", &watch, &err), LW_ERR_ARGUMENT, &err, "two changes");
    options = small_options();
    options.train.test_fraction = 0;
    lwt_assert_fails(ablate(&t, &options, "bad", &watch, &err), LW_ERR_ARGUMENT, &err, "test");
    options = small_options();
    lw_ablation_result results[3];
    lwt_assert_fails(lw_ablation_report(t.dataset, &options, lwt_temp_path("none"), results, &err), LW_ERR_IO, &err,
                     "baseline/seed0");
    assert_int_equal(watch.calls, 0);
    lwt_training_free(&t);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(options_are_set_by_name),
        cmocka_unit_test(wrong_options_change_nothing),
        cmocka_unit_test(changes_are_switched_on_where_they_are_off),
        cmocka_unit_test(the_report_is_what_the_runs_say),
        cmocka_unit_test(all_runs_have_one_split),
        cmocka_unit_test(jobs_and_stops_change_nothing),
        cmocka_unit_test(what_cannot_work_is_said_before_training),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
