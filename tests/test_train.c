/* Tests of whole trainings: the loss falls, a run repeats, options take effect, and misfits are refused. */
#include "lab/bench.h"
#include "train_support.h"

#include "dataset/split.h"
#include "train/trainer.h"

static void learns_what_can_be_learned(void **state) {
    (void)state;
    lw_error err = {0};
    lwt_training t = lwt_training_create();
    t.options.epochs = 60; /* so that the running statistics, 0.99 of what they were at each step, arrive */
    t.options.patience_stop = 0;
    t.options.learning_rate = 1e-2;
    lw_train_result result = {0};
    lwt_stopper watch = {0};
    lwt_assert_ok(lwt_train(&t, "learn", &watch, &result, &err), &err);
    assert_true(result.best_validation_loss < 0.2);
    assert_true(lwt_history_value("learn", result.epoch_count, 1) < 0.25);
    assert_true(result.best_epoch >= 1 && result.best_epoch <= result.epoch_count);
    assert_true(watch.last.epoch_done && watch.last.epoch == result.epoch_count && watch.last.step_count == 4);
    lwt_training_free(&t);
}

static void does_not_depend_on_threads(void **state) {
    (void)state;
    lwt_training t = lwt_training_create();
    lwt_assert_threads_change_nothing(&t, 2, "one", "two");
    lwt_training_free(&t);
}

static void the_seed_matters(void **state) {
    (void)state;
    lw_error err = {0};
    lwt_training t = lwt_training_create();
    t.options.epochs = 1;
    lwt_assert_ok(lwt_train(&t, "seed-11", NULL, NULL, &err), &err);
    t.options.seed = 12;
    lwt_assert_ok(lwt_train(&t, "seed-12", NULL, NULL, &err), &err);
    assert_true(lwt_history_value("seed-11", 1, 1) != lwt_history_value("seed-12", 1, 1));
    lwt_training_free(&t);
}

static void the_hook_is_called_after_every_step_and_epoch(void **state) {
    (void)state;
    lw_error err = {0};
    lwt_training t = lwt_training_create();
    lwt_stopper watch = {0};
    lwt_assert_ok(lwt_train(&t, "hook", &watch, NULL, &err), &err);
    /* 40 records: 8 to test, 3 of the other 32 to validate, 29 in batches of 8; and once for each epoch. */
    assert_int_equal(watch.calls, LWT_EPOCHS * (4 + 1));
    lwt_training_free(&t);
}

static void the_run_file_describes_the_run(void **state) {
    (void)state;
    lw_error err = {0};
    lwt_training t = lwt_training_create();
    t.options.epochs = 2;
    lwt_assert_ok(lwt_train(&t, "told", NULL, NULL, &err), &err);
    json_t *root = lwt_run_json("told", "run.json");
    assert_true(json_is_true(json_object_get(root, "finished")));
    assert_int_equal(json_integer_value(json_object_get(root, "epochs")), 2);
    const json_t *splits = json_object_get(root, "splits");
    assert_int_equal(json_array_size(json_object_get(splits, "train")), 29);
    assert_int_equal(json_array_size(json_object_get(splits, "validation")), 3);
    assert_int_equal(json_array_size(json_object_get(splits, "test")), 8);
    const json_t *classes = json_object_get(root, "classes"), *test = json_object_get(root, "test");
    json_int_t first = json_integer_value(json_object_get(json_array_get(classes, 0), "training_records"));
    json_int_t second = json_integer_value(json_object_get(json_array_get(classes, 1), "training_records"));
    assert_int_equal(first + second, 29); /* every record is of one of the two */
    double weight = json_real_value(json_object_get(json_array_get(classes, 0), "weight"));
    lwt_assert_close(weight, fmax(0, -log2((double)first / 29 + 0.01)), 1e-12, 0);
    assert_int_equal(json_integer_value(json_object_get(json_object_get(test, "with_fallback"), "records")), 8);
    assert_true(json_is_number(json_object_get(json_object_get(test, "without_fallback"), "challenge_metric")));
    json_decref(root);
    lwt_training_free(&t);
}

static json_int_t patients_at(const json_t *root, const char *part, const char *key) {
    return json_integer_value(json_object_get(json_object_get(json_object_get(root, "patients"), part), key));
}

/* Ten patients of three records each, ten records of unknown ones. */
static void the_run_file_counts_patients(void **state) {
    (void)state;
    lw_error err = {0};
    lwt_training t = lwt_training_create();
    lw_text table = {0};
    lw_text_puts(&table, "record,group\n");
    for (size_t i = 0; i < 30; i++)
        lw_text_printf(&table, "R%03zu,%zu\n", i, i / 3);
    lwt_write_file(lwt_temp_path("ten.csv"), table.data, table.length);
    lw_text_free(&table);
    const lw_train_run run = {.size = sizeof run, .threads = 1, .group_file = lwt_temp_path("ten.csv")};
    lwt_assert_ok(lw_train_options_set_run(&t.options, &run, &err), &err);
    t.options.epochs = 1;
    lwt_assert_ok(lwt_train(&t, "patients", NULL, NULL, &err), &err);
    json_t *root = lwt_run_json("patients", "run.json");
    static const char *const parts[] = {"train", "validation", "test"};
    json_int_t known = 0, unknown = 0;
    for (size_t part = 0; part < 3; part++) {
        const json_t *names = json_object_get(json_object_get(root, "splits"), parts[part]);
        size_t of[11] = {0};
        for (size_t i = 0; i < json_array_size(names); i++) {
            const long number = strtol(json_string_value(json_array_get(names, i)) + 1, NULL, 10);
            of[number < 30 ? number / 3 : 10]++;
        }
        json_int_t whole = 0;
        for (size_t p = 0; p < 10; p++) {
            assert_true(of[p] == 0 || of[p] == 3);
            whole += of[p] == 3;
        }
        assert_int_equal(patients_at(root, parts[part], "patients"), whole);
        assert_int_equal(patients_at(root, parts[part], "unknown_records"), of[10]);
        known += whole;
        unknown += (json_int_t)of[10];
    }
    assert_int_equal(known, 10);
    assert_int_equal(unknown, 10);
    json_decref(root);
    /* Other patients divide the records otherwise: that is another run. */
    const lw_train_run again = {.size = sizeof again, .threads = 1, .resume = true};
    lwt_assert_ok(lw_train_options_set_run(&t.options, &again, &err), &err);
    lwt_assert_fails(lwt_train(&t, "patients", NULL, NULL, &err), LW_ERR_MISMATCH, &err, "split_sha256");
    t.options.resume = false;
    t.options.group_file = "/nowhere.csv";
    lwt_assert_fails(lwt_train(&t, "nowhere", NULL, NULL, &err), LW_ERR_IO, &err, "/nowhere.csv");
    lwt_training_free(&t);
}

static void data_without_a_label_are_refused(void **state) {
    (void)state;
    lw_error err = {0};
    lwt_training t = lwt_training_create();
    lwt_data data = lwt_data_create(LWT_RECORDS, 2);
    memset(data.labels, 0, LWT_RECORDS * LWT_CLASSES);
    lw_dataset_free(&t.dataset);
    t.dataset = lwt_data_open(&data, NULL, "unlabelled");
    lwt_assert_fails(lwt_train(&t, "unlabelled-run", NULL, NULL, &err), LW_ERR_FORMAT, &err,
                     "none of 40 recordings has a diagnosis that is one of the 2 classes");
    lwt_data_free(&data);
    lwt_training_free(&t);
}

static void a_batch_larger_than_the_data_is_one_step(void **state) {
    (void)state;
    lw_error err = {0};
    lwt_training t = lwt_training_create();
    lwt_stopper watch = {0};
    t.options.batch = 1000;
    t.options.epochs = 1;
    t.options.test_fraction = 0;
    lwt_assert_ok(lwt_train(&t, "large-batch", &watch, NULL, &err), &err);
    assert_int_equal(watch.last.step_count, 1);
    lwt_training_free(&t);
}

static void a_last_batch_of_one_record_is_fine(void **state) {
    (void)state;
    lw_error err = {0};
    lwt_training t = lwt_training_create();
    lwt_stopper watch = {0};
    t.options.batch = 28;
    t.options.epochs = 2;
    lwt_assert_ok(lwt_train(&t, "last-of-one", &watch, NULL, &err), &err);
    assert_int_equal(watch.last.step_count, 2);
    assert_true(isfinite(watch.last.loss));
    lwt_training_free(&t);
}

/* Train on data in which a training record's samples are `value`. */
static void train_with(float value, lw_status expected, const char *name, const char *part) {
    lw_error err = {0};
    lwt_training t = lwt_training_create();
    lw_split split = {0};
    lwt_assert_ok(lw_split_random(t.dataset, NULL, t.options.seed, 0.2, 0.1, &split, &err), &err);
    size_t record = split.index[LW_SPLIT_TRAIN][0];
    lwt_data data = lwt_data_create(LWT_RECORDS, 0.5f);
    for (size_t i = 0; i < LWT_LEADS * LWT_SAMPLES; i++)
        data.signals[record * LWT_LEADS * LWT_SAMPLES + i] = value;
    lw_dataset_free(&t.dataset);
    t.dataset = lwt_data_open(&data, NULL, "poisoned-data");
    lw_status status = lwt_train(&t, name, NULL, NULL, &err);
    lwt_assert_fails(status, expected, &err, part);
    assert_non_null(strstr(err.message, lw_dataset_name(t.dataset, record)));
    assert_non_null(strstr(err.message, "epoch 1, step"));
    lwt_data_free(&data);
    lw_split_free(&split);
    lwt_training_free(&t);
}

static void a_nan_sample_is_named(void **state) {
    (void)state;
    train_with(NAN, LW_ERR_NOT_FINITE, "nan", "a prepared sample is not finite");
}

static void a_sample_that_is_no_z_score_is_named(void **state) {
    (void)state;
    train_with(1e6f, LW_ERR_FORMAT, "million", "a prepared sample is no z-score");
    train_with(3e38f, LW_ERR_FORMAT, "largest", "a prepared sample is no z-score");
}

static void an_overflow_names_its_batch(void **state) {
    (void)state;
    lw_error err = {0};
    lwt_training t = lwt_training_create();
    lw_split split = {0};
    lw_trainer trainer = {0};
    lwt_assert_ok(lw_split_random(t.dataset, NULL, t.options.seed, 0.2, 0.1, &split, &err), &err);
    lwt_assert_ok(lw_trainer_create(t.network, t.dataset, &split, &t.options, lwt_temp_dir(), &trainer, &err), &err);
    for (size_t i = 0; i < trainer.state.trainable; i++)
        trainer.state.values[i] = 3e38f;
    lwt_assert_fails(lw_trainer_step(&trainer, &err), LW_ERR_NOT_FINITE, &err, "is not finite; records R");
    assert_non_null(strstr(err.message, "epoch 1, step 1"));
    lw_trainer_free(&trainer);
    lw_split_free(&split);
    lwt_training_free(&t);
}

/* A network for II and I reads, by name, what one for I and II reads from a file with the rows exchanged. */
static void leads_are_picked_by_name(void **state) {
    (void)state;
    lw_error err = {0};
    lwt_training t = lwt_training_create();
    lwt_data data = lwt_data_create(LWT_RECORDS, 2);
    const lw_network_options turned = {.size = sizeof turned, .leads = &(lw_lead_set){2, {"II", "I"}}};
    lw_network_free(&t.network);
    lwt_assert_ok(lw_network_parse(lwt_network_json, &turned, &t.network, &err), &err);
    lwt_assert_ok(lwt_train(&t, "turned-leads", NULL, NULL, &err), &err);
    lwt_training_free(&t);
    for (size_t i = 0; i < LWT_RECORDS; i++)
        for (size_t k = 0; k < LWT_SAMPLES; k++) {
            float *record = data.signals + i * LWT_LEADS * LWT_SAMPLES, first = record[k];
            record[k] = record[LWT_SAMPLES + k];
            record[LWT_SAMPLES + k] = first;
        }
    t = (lwt_training){lwt_narrow_network(), lwt_data_open(&data, NULL, "turned-rows"), lwt_train_options()};
    lwt_assert_ok(lwt_train(&t, "turned-rows-run", NULL, NULL, &err), &err);
    lwt_assert_same_file("turned-leads", "turned-rows-run", "history.csv");
    lwt_training_free(&t);
    t = lwt_training_create();
    lwt_assert_ok(lwt_train(&t, "straight", NULL, NULL, &err), &err);
    assert_true(lwt_history_value("straight", LWT_EPOCHS, 1) != lwt_history_value("turned-leads", LWT_EPOCHS, 1));
    lwt_training_free(&t);
    lwt_data_free(&data);
}

/** The file of `data` with another lead V5 between its two, of zeros. */
static lw_dataset *open_with_zeros(const lwt_data *data, const char *name) {
    lw_error err = {0};
    lw_dataset *dataset = NULL;
    lw_safetensors *file = NULL;
    float *signals = calloc(LWT_RECORDS * 3 * LWT_SAMPLES, sizeof *signals);
    assert_non_null(signals);
    for (size_t i = 0; i < LWT_RECORDS * LWT_LEADS; i++)
        memcpy(signals + (i / LWT_LEADS * 3 + i % LWT_LEADS * 2) * LWT_SAMPLES, data->signals + i * LWT_SAMPLES,
               LWT_SAMPLES * sizeof *signals);
    const char *two = lwt_temp_path("two-leads-again"), *three = lwt_temp_path(name);
    lwt_data_write(data, NULL, two);
    const lw_safetensors_limits limits = {1 << 20, 16};
    lwt_assert_ok(lw_safetensors_open(two, limits, &file, &err), &err);
    const lw_tensor_spec tensors[] = {
        {"signals", LW_DTYPE_F32, 3, {LWT_RECORDS, 3, LWT_SAMPLES}, signals},
        {"labels", LW_DTYPE_U8, 2, {LWT_RECORDS, LWT_CLASSES}, data->labels},
        {"signal_hash", LW_DTYPE_U32, 2, {LWT_RECORDS, 2}, data->hashes},
    };
    const lw_metadata_item metadata[] = {{"leadwise.records", lw_safetensors_metadata(file, "leadwise.records")},
                                         {"leadwise.classes", LWT_CLASSES_JSON},
                                         {"leadwise.leads", "[\"I\",\"V5\",\"II\"]"},
                                         {"leadwise.preprocessing", LWT_PREPROCESSING_JSON}};
    lwt_assert_ok(lw_safetensors_write(three, tensors, 3, metadata, 4, &err), &err);
    lwt_assert_ok(lw_dataset_open(three, &dataset, &err), &err);
    lw_safetensors_free(&file);
    free(signals);
    return dataset;
}

/* A network that can do without leads learns from a file without one what it learns from one that holds zeros. */
static void a_missing_lead_is_zeros(void **state) {
    (void)state;
    lw_error err = {0};
    lwt_data data = lwt_data_create(LWT_RECORDS, 2);
    const lw_network_options three = {.size = sizeof three, .leads = &(lw_lead_set){3, {"I", "V5", "II"}}},
                             any = {.size = sizeof any, .leads = three.leads, .missing_leads = true};
    lwt_training t = {NULL, lwt_data_open(&data, NULL, "two-leads"), lwt_train_options()};
    lwt_assert_ok(lw_network_parse(lwt_network_json, &three, &t.network, &err), &err);
    lwt_assert_fails(lwt_train(&t, "lacking", NULL, NULL, &err), LW_ERR_MISMATCH, &err, "not V5");
    lw_network_free(&t.network);
    lwt_assert_ok(lw_network_parse(lwt_network_json, &any, &t.network, &err), &err);
    lwt_assert_ok(lwt_train(&t, "without-v5", NULL, NULL, &err), &err);
    lwt_training_free(&t);

    t = (lwt_training){NULL, open_with_zeros(&data, "three-leads"), lwt_train_options()};
    lwt_assert_ok(lw_network_parse(lwt_network_json, &any, &t.network, &err), &err);
    lwt_assert_ok(lwt_train(&t, "zero-v5", NULL, NULL, &err), &err);
    lwt_assert_same_file("without-v5", "zero-v5", "model.safetensors");
    lwt_training_free(&t);
    lwt_data_free(&data);
}

static void what_does_not_fit_is_refused(void **state) {
    (void)state;
    lw_error err = {0};
    lwt_training t = lwt_training_create();
    lw_network_free(&t.network);
    lwt_assert_ok(lw_network_load(lwt_source_path("configs/multiscale2021.json"), NULL, &t.network, &err), &err);
    lwt_assert_fails(lwt_train(&t, "misfit", NULL, NULL, &err), LW_ERR_MISMATCH, &err, "2 leads");
    lw_network_free(&t.network);
    t.network = lwt_narrow_network();
    strcpy(t.options.fallback, "10370003");
    lwt_assert_fails(lwt_train(&t, "misfit", NULL, NULL, &err), LW_ERR_ARGUMENT, &err, "10370003");
    strcpy(t.options.fallback, "none");
    t.options.batch = 0;
    lwt_assert_fails(lwt_train(&t, "misfit", NULL, NULL, &err), LW_ERR_ARGUMENT, &err, "batch");
    lwt_training_free(&t);
}

static void a_step_can_be_measured(void **state) {
    (void)state;
    lw_error err = {0};
    lw_network *network = lwt_narrow_network();
    double seconds[3] = {-1, -1, -1};
    lwt_assert_ok(lw_bench_training(network, &(lw_bench_options){.batch = 4, .threads = 1, .repeat = 2}, seconds, &err),
                  &err);
    assert_true(seconds[0] > 0 && seconds[1] > 0 && seconds[2] == -1);
    lwt_assert_fails(lw_bench_training(network, &(lw_bench_options){.threads = 1, .repeat = 2}, seconds, &err),
                     LW_ERR_ARGUMENT, &err, NULL);
    lw_network_free(&network);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(learns_what_can_be_learned),
        cmocka_unit_test(does_not_depend_on_threads),
        cmocka_unit_test(the_seed_matters),
        cmocka_unit_test(the_hook_is_called_after_every_step_and_epoch),
        cmocka_unit_test(the_run_file_describes_the_run),
        cmocka_unit_test(the_run_file_counts_patients),
        cmocka_unit_test(data_without_a_label_are_refused),
        cmocka_unit_test(a_batch_larger_than_the_data_is_one_step),
        cmocka_unit_test(a_last_batch_of_one_record_is_fine),
        cmocka_unit_test(a_nan_sample_is_named),
        cmocka_unit_test(a_sample_that_is_no_z_score_is_named),
        cmocka_unit_test(an_overflow_names_its_batch),
        cmocka_unit_test(leads_are_picked_by_name),
        cmocka_unit_test(a_missing_lead_is_zeros),
        cmocka_unit_test(what_does_not_fit_is_refused),
        cmocka_unit_test(a_step_can_be_measured),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
