/* Tests of changes by name and of an ablation of two of them: its report repeats the files of its runs, and depends
 * neither on the number of jobs nor on a stop. */
#include "model_support.h"
#include "train_support.h"

#include <jansson.h>
#include <math.h>

#include "evaluate/scoring.h"
#include "lab/ablation.h"
#include "leadwise/model.h"
#include "train/variation.h"

enum { SEEDS = 2, FALLBACK = 1, TUNED = 2, REPLICATES = 40 };

/* ---- Changes by name */

static lw_status apply(const char *pairs, lw_train_options *options, lw_error *err) {
    const lw_ablation_item item = {.name = "mine", .on = pairs};
    return lw_ablation_apply(&item, options, err);
}

static void options_are_set_by_pairs(void **state) {
    (void)state;
    lw_error err = {0};
    lw_train_options o = lwt_train_options();
    lwt_assert_ok(apply("schedule=cosine  warmup=2 mixup=0.25 augment=shift,noise keep=last", &o, &err), &err);
    assert_int_equal(o.schedule, LW_SCHEDULE_COSINE);
    assert_int_equal(o.patience_stop, 0);
    lwt_assert_close(o.warmup_epochs, 2, 0, 0);
    lwt_assert_close(o.mixup, 0.25, 0, 0);
    assert_int_equal(o.augment, LW_AUGMENT_SHIFT | LW_AUGMENT_NOISE);
    assert_int_equal(o.keep, LW_KEEP_LAST);
    lwt_assert_ok(apply("label-mask=true batch=7 stop-after=3 learning-rate=0.5", &o, &err), &err);
    assert_true(o.label_mask);
    assert_int_equal(o.batch, 7);
    assert_int_equal(o.patience_stop, 3);
    lwt_assert_close(o.learning_rate, 0.5, 0, 0);
    lwt_assert_ok(apply("label-mask=false schedule=plateau", &o, &err), &err);
    assert_false(o.label_mask);
    assert_int_equal(o.patience_stop, 10);
    lwt_assert_ok(apply("", &o, &err), &err);
}

static void wrong_pairs_change_nothing(void **state) {
    (void)state;
    static const char *const wrong[][2] = {
        {"mixup", "KEY=VALUE"},
        {"=3", "option"},
        {"mixap=0.2", "mixap"},
        {"mixup=x", "mixup"},
        {"mixup=", "mixup"},
        {"batch=-1", "batch"},
        {"label-mask=yes", "yes"},
        {"schedule=linear", "linear"},
        {"augment=shift,zap", "zap"},
        {"keep=all", "all"},
        {"batch=0", "batch"},
        {"mixup=0.2 mixap=1", "mixap"},
        {"mixup=0.2 warmup=4", "warmup"},
    };
    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++) {
        lw_error err = {0};
        lw_train_options o = lwt_train_options();
        lwt_assert_fails(apply(wrong[i][0], &o, &err), LW_ERR_ARGUMENT, &err, wrong[i][1]);
        lwt_assert_close(o.mixup, 0, 0, 0);
    }
}

/* Every change that is tried by default can be switched on and off again. */
static void changes_are_switched_on_where_they_are_off(void **state) {
    (void)state;
    lw_error err = {0};
    const lw_ablation_item *item;
    for (size_t i = 0; (item = lw_ablation_item_at(i)); i++) {
        lw_train_options o = lwt_train_options();
        assert_false(lw_ablation_is_on(&o, item));
        lwt_assert_ok(lw_ablation_apply(item, &o, &err), &err);
        assert_true(lw_ablation_is_on(&o, item));
        lwt_assert_ok(lw_ablation_apply(item, &o, &err), &err);
        assert_false(lw_ablation_is_on(&o, item));
    }
}

/* ---- An ablation */

static const lw_ablation_item items[] = {{.name = "fast", .on = "learning-rate=0.02", .off = "learning-rate=0.001"},
                                         {.name = "nothing", .on = "mixup=0"}};

static lw_train_options train;

static lw_ablation_options small_options(void) {
    lw_ablation_options options = lw_ablation_options_default();
    train = lwt_train_options();
    train.epochs = 2;
    options.train = &train;
    options.items = items;
    options.item_count = 2;
    options.ensemble = false;
    options.seed_count = SEEDS;
    options.replicate_count = REPLICATES;
    return options;
}

/** Counts calls, and stops at one of them. */
static bool on_step(void *context, const char *run, const lw_train_progress *progress) {
    assert_non_null(strstr(run, "/seed"));
    return lwt_stop(context, progress);
}

static lw_status ablate(const lwt_training *t, const lw_ablation_options *options, const char *name,
                        lwt_stopper *stopper, lw_error *err) {
    return lw_ablation_run(t->network, t->dataset, options, lwt_temp_path(name), stopper ? on_step : NULL, stopper,
                           err);
}

static json_t *run_of(const char *ablation, const char *change, size_t seed) {
    char file[96];
    snprintf(file, sizeof file, "%s/seed%zu/run.json", change, seed);
    return lwt_run_json(ablation, file);
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
        lwt_assert_close(results[i].score[FALLBACK], mean_of("ablation", names[i], "challenge_metric"), 1e-6, 0);
        lwt_assert_close(results[i].score[LW_ABLATION_AUROC], mean_of("ablation", names[i], "auroc"), 1e-6, 0);
        lwt_assert_close(results[i].gain[TUNED].value, results[i].score[TUNED] - results[0].score[TUNED], 1e-12, 0);
        lwt_assert_close(results[i].gain[LW_ABLATION_AUROC].value,
                         results[i].score[LW_ABLATION_AUROC] - results[0].score[LW_ABLATION_AUROC], 1e-12, 0);
    }
    /* Equal runs differ on no sample of the records. */
    lwt_assert_close(results[2].gain[LW_ABLATION_AUROC].low, 0, 0, 0);
    lwt_assert_close(results[2].gain[LW_ABLATION_AUROC].high, 0, 0, 0);
    assert_true(results[1].gain[LW_ABLATION_AUROC].low <= results[1].gain[LW_ABLATION_AUROC].high);
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
    train.set_split_seed = true;
    train.split_seed = train.seed + 1;
    options.item_count = 0;
    lwt_assert_ok(ablate(&t, &options, "split2", NULL, &err), &err);
    second = run_of("split2", "baseline", 0);
    assert_false(json_equal(json_object_get(first, "splits"), json_object_get(second, "splits")));
    json_decref(first);
    json_decref(second);
    lwt_training_free(&t);
}

/* ---- Networks of changes */

static lw_model *model_of(const char *ablation, const char *change, size_t seed) {
    char run[200];
    snprintf(run, sizeof run, "%s/%s/seed%zu", ablation, change, seed);
    return lwt_run_model(run);
}

static lw_network *changed_network(const lw_network_options *options) {
    lw_error err = {0};
    lw_network *network = NULL;
    lwt_assert_ok(lw_network_parse(lwt_network_json, options, &network, &err), &err);
    return network;
}

static void a_change_is_trained_on_its_network(void **state) {
    (void)state;
    lw_error err = {0};
    lwt_training t = lwt_training_create();
    lw_network *told = changed_network(&(lw_network_options){.size = sizeof(lw_network_options), .inputs = "age,sex"}),
               *equal = changed_network(NULL);
    const lw_ablation_item changed[] = {
        {.name = "told", .on = "mixup=0.2", .network = told, .shown = "inputs and mixup"},
        {.name = "equal", .on = "", .network = equal}};
    lw_ablation_options options = small_options();
    lw_ablation_result results[3];
    options.items = changed;
    lwt_assert_ok(ablate(&t, &options, "networks", NULL, &err), &err);
    lwt_assert_ok(lw_ablation_report(t.dataset, &options, lwt_temp_path("networks"), results, &err), &err);
    for (size_t s = 0; s < SEEDS; s++) {
        lw_model *model = model_of("networks", "told", s), *baseline = model_of("networks", "baseline", s);
        assert_int_equal(lw_network_input_count(lw_model_network(model)), 2);
        assert_int_equal(lw_network_input_count(lw_model_network(baseline)), 0);
        lw_model_free(&model);
        lw_model_free(&baseline);
    }
    json_t *run = run_of("networks", "told", 1);
    lwt_assert_close(json_number_value(json_object_get(json_object_get(run, "configuration"), "mixup")), 0.2, 0, 0);
    json_decref(run);
    lwt_assert_close(results[1].score[LW_ABLATION_AUROC], mean_of("networks", "told", "auroc"), 1e-6, 0);
    lwt_assert_close(results[2].score[LW_ABLATION_AUROC], results[0].score[LW_ABLATION_AUROC], 0, 0);
    char *csv = lwt_run_file("networks", "results.csv", NULL);
    assert_non_null(strstr(csv, "\ntold,inputs and mixup,2,plain,"));
    free(csv);
    lw_network_free(&told);
    lw_network_free(&equal);
    lwt_training_free(&t);
}

/* ---- The ensemble */

/** Records of one part of a run's split, and the probabilities of two models for them. */
typedef struct part {
    size_t count, index[LWT_RECORDS];
    uint8_t labels[LWT_RECORDS * LWT_CLASSES];
    float said[SEEDS][LWT_RECORDS * LWT_CLASSES];
    float mean[LWT_RECORDS * LWT_CLASSES]; /**< of both, by lw_model_combine */
} part;

static void find_records(const lw_dataset *dataset, const json_t *names, part *p) {
    for (p->count = 0; p->count < json_array_size(names); p->count++) {
        size_t i = 0;
        while (strcmp(lw_dataset_name(dataset, i), json_string_value(json_array_get(names, p->count))) != 0)
            i++;
        p->index[p->count] = i;
        memcpy(p->labels + p->count * LWT_CLASSES, lw_dataset_labels(dataset, i), LWT_CLASSES);
    }
}

static void predict(const lw_model *model, const lw_dataset *dataset, const part *p, float *said) {
    for (size_t i = 0; i < p->count; i++)
        lwt_predict(model, 1, lw_dataset_signals(dataset, p->index[i]), said + i * LWT_CLASSES);
}

/** Probabilities of both seeds of the baseline and of their ensemble for the validation and the test records. */
static void predict_parts(const lwt_training *t, const char *ablation, part *validation, part *test) {
    lw_error err = {0};
    lw_model *models[SEEDS], *both = NULL;
    json_t *run = run_of(ablation, "baseline", 0), *splits = json_object_get(run, "splits");
    find_records(t->dataset, json_object_get(splits, "validation"), validation);
    find_records(t->dataset, json_object_get(splits, "test"), test);
    json_decref(run);
    for (size_t s = 0; s < SEEDS; s++) {
        models[s] = model_of(ablation, "baseline", s);
        predict(models[s], t->dataset, validation, validation->said[s]);
        predict(models[s], t->dataset, test, test->said[s]);
    }
    lwt_assert_ok(lw_model_combine((const lw_model *const *)models, SEEDS, LW_COMBINE_MEAN, &both, &err), &err);
    predict(both, t->dataset, validation, validation->mean);
    predict(both, t->dataset, test, test->mean);
    for (size_t s = 0; s < SEEDS; s++)
        lw_model_free(&models[s]);
    lw_model_free(&both);
}

/** Answers of the test records: positive at the thresholds, with class 0, of sinus rhythm, as the fallback. */
static lw_answers answer(const lw_dataset *dataset, const lw_scoring *scoring, const part *test, const float *said,
                         const double *thresholds) {
    uint8_t decisions[LWT_RECORDS * LWT_CLASSES];
    double probabilities[LWT_RECORDS * LWT_CLASSES];
    lw_answers answers = {0};
    lw_error err = {0};
    for (size_t i = 0; i < test->count * LWT_CLASSES; i++) {
        probabilities[i] = (double)said[i];
        decisions[i] = probabilities[i] >= thresholds[i % LWT_CLASSES];
    }
    for (size_t i = 0; i < test->count; i++)
        decisions[i * LWT_CLASSES] |= decisions[i * LWT_CLASSES + 1] == 0;
    lwt_assert_ok(lw_answers_join(scoring, lw_dataset_classes(dataset), test->count, test->labels, decisions,
                                  probabilities, &answers, &err),
                  &err);
    return answers;
}

/** Metric and AUROC of one set of answers, and of its samples. */
typedef struct scored {
    double metric, auroc, metrics[REPLICATES], aurocs[REPLICATES];
} scored;

static scored score(const lw_dataset *dataset, const lw_scoring *scoring, const part *test, const float *said,
                    const double *thresholds) {
    lw_answers answers = answer(dataset, scoring, test, said, thresholds);
    lw_scores scores = {0};
    lw_error err = {0};
    scored out;
    lwt_assert_ok(lw_score(scoring, &answers, &scores, &err), &err);
    lwt_assert_ok(lw_intervals_replicates(scoring, &answers, lwt_train_options().seed, REPLICATES, 1, out.metrics,
                                          out.aurocs, &err),
                  &err);
    out.metric = scores.challenge_metric;
    out.auroc = scores.auroc;
    lw_scores_free(&scores);
    lw_answers_free(&answers);
    return out;
}

static void assert_gain(const lw_gain *gain, double value, double *replicates) {
    const lw_interval interval = lw_interval_of(replicates, REPLICATES);
    lwt_assert_close(gain->value, value, 1e-12, 0);
    lwt_assert_close(gain->low, interval.low, 1e-12, 0);
    lwt_assert_close(gain->high, interval.high, 1e-12, 0);
}

/** The ensemble's result, from the probabilities of the models, its thresholds and those of each single model. */
static void assert_ensemble(const lwt_training *t, const part *test, double thresholds[SEEDS + 1][LWT_CLASSES],
                            size_t rule, const lw_ablation_result *result) {
    lw_scoring scoring = {0};
    lw_error err = {0};
    double metrics[REPLICATES], aurocs[REPLICATES];
    lwt_assert_ok(lw_scoring_create(t->options.year, NULL, &scoring, &err), &err);
    const scored both = score(t->dataset, &scoring, test, test->mean, thresholds[SEEDS]);
    const scored a = score(t->dataset, &scoring, test, test->said[0], thresholds[0]);
    const scored b = score(t->dataset, &scoring, test, test->said[1], thresholds[1]);
    lwt_assert_close(result->score[rule], both.metric, 1e-12, 0);
    lwt_assert_close(result->score[LW_ABLATION_AUROC], both.auroc, 1e-12, 0);
    for (size_t i = 0; i < REPLICATES; i++) {
        metrics[i] = both.metrics[i] - (a.metrics[i] + b.metrics[i]) / 2;
        aurocs[i] = both.aurocs[i] - (a.aurocs[i] + b.aurocs[i]) / 2;
    }
    assert_gain(&result->gain[rule], both.metric - (a.metric + b.metric) / 2, metrics);
    assert_gain(&result->gain[LW_ABLATION_AUROC], both.auroc - (a.auroc + b.auroc) / 2, aurocs);
    lw_scoring_free(&scoring);
}

static void tune(const lwt_training *t, const part *validation, const float *said, double *thresholds) {
    lw_scoring scoring = {0};
    lw_error err = {0};
    lw_threshold_result found;
    lwt_assert_ok(lw_scoring_create(t->options.year, NULL, &scoring, &err), &err);
    const lw_threshold_task task = {.scoring = &scoring,
                                    .classes = lw_dataset_classes(t->dataset),
                                    .records = validation->count,
                                    .labels = validation->labels,
                                    .probabilities = said};
    lwt_assert_ok(lw_thresholds_search(&task, thresholds, &found, &err), &err);
    lw_scoring_free(&scoring);
}

static void the_ensemble_is_the_seeds_as_one_model(void **state) {
    (void)state;
    lw_error err = {0};
    lwt_training t = lwt_training_create();
    lw_ablation_options options = small_options();
    lw_ablation_result results[4], without[3];
    static part validation, test;
    double plain[SEEDS + 1][LWT_CLASSES], tuned[SEEDS + 1][LWT_CLASSES];
    lwt_assert_ok(ablate(&t, &options, "ensemble", NULL, &err), &err);
    assert_int_equal(lw_ablation_result_count(&options), 3);
    lwt_assert_ok(lw_ablation_report(t.dataset, &options, lwt_temp_path("ensemble"), without, &err), &err);
    options.ensemble = true;
    assert_int_equal(lw_ablation_result_count(&options), 4);
    lwt_assert_ok(lw_ablation_report(t.dataset, &options, lwt_temp_path("ensemble"), results, &err), &err);
    assert_memory_equal(without, results, sizeof without);
    predict_parts(&t, "ensemble", &validation, &test);
    for (size_t s = 0; s <= SEEDS; s++) {
        tune(&t, &validation, s < SEEDS ? validation.said[s] : validation.mean, tuned[s]);
        plain[s][0] = plain[s][1] = 0.5;
    }
    assert_ensemble(&t, &test, plain, FALLBACK, &results[3]);
    assert_ensemble(&t, &test, tuned, TUNED, &results[3]);
    options.seed_count = 1;
    assert_int_equal(lw_ablation_result_count(&options), 3);
    lwt_training_free(&t);
}

/* ---- What changes nothing, and what cannot work */

static void jobs_and_stops_change_nothing(void **state) {
    (void)state;
    lw_error err = {0};
    lwt_training t = lwt_training_create();
    lw_ablation_options options = small_options();
    lwt_stopper watch = {0}, stopper = {.stop_at = 7}, none = {0};
    lwt_assert_ok(ablate(&t, &options, "alone", &watch, &err), &err);
    options.job_count = 2;
    train.threads = 2;
    lwt_assert_fails(ablate(&t, &options, "jobs", &stopper, &err), LW_ERR_INTERRUPTED, &err, "checkpoint");
    train.resume = true;
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
    lw_ablation_item odd = {.name = "../up", .on = "mixup=0.2"};
    options.items = &odd;
    options.item_count = 1;
    lwt_assert_fails(ablate(&t, &options, "bad", &watch, &err), LW_ERR_ARGUMENT, &err, "../up");
    odd = (lw_ablation_item){.name = "odd", .on = "mixap=0.2"};
    lwt_assert_fails(ablate(&t, &options, "bad", &watch, &err), LW_ERR_ARGUMENT, &err, "mixap");
    const lw_ablation_item twice[] = {items[0], items[0]};
    options.items = twice;
    options.item_count = 2;
    lwt_assert_fails(ablate(&t, &options, "bad", &watch, &err), LW_ERR_ARGUMENT, &err, "two changes");
    options = small_options();
    train.test_fraction = 0;
    lwt_assert_fails(ablate(&t, &options, "bad", &watch, &err), LW_ERR_ARGUMENT, &err, "test");
    options = small_options();
    lw_network *wide = changed_network(&(lw_network_options){.size = sizeof(lw_network_options), .output_count = 3});
    const lw_ablation_item unfit = {.name = "unfit", .on = "", .network = wide};
    options.items = &unfit;
    options.item_count = 1;
    lwt_assert_fails(ablate(&t, &options, "bad", &watch, &err), LW_ERR_ARGUMENT, &err, "3 outputs");
    lw_network_free(&wide);
    odd = (lw_ablation_item){.name = "ensemble", .on = "mixup=0.2"};
    options.items = &odd;
    lwt_assert_fails(ablate(&t, &options, "bad", &watch, &err), LW_ERR_ARGUMENT, &err, "called ensemble");
    options = small_options();
    lw_ablation_result results[3];
    lwt_assert_fails(lw_ablation_report(t.dataset, &options, lwt_temp_path("none"), results, &err), LW_ERR_IO, &err,
                     "baseline/seed0");
    assert_int_equal(watch.calls, 0);
    lwt_training_free(&t);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(options_are_set_by_pairs),
        cmocka_unit_test(wrong_pairs_change_nothing),
        cmocka_unit_test(changes_are_switched_on_where_they_are_off),
        cmocka_unit_test(the_report_is_what_the_runs_say),
        cmocka_unit_test(all_runs_have_one_split),
        cmocka_unit_test(a_change_is_trained_on_its_network),
        cmocka_unit_test(the_ensemble_is_the_seeds_as_one_model),
        cmocka_unit_test(jobs_and_stops_change_nothing),
        cmocka_unit_test(what_cannot_work_is_said_before_training),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
