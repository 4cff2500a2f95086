/* Tests that a run which was stopped anywhere and resumed ends with the bytes of one that was not stopped. */
#include "train_support.h"

#include <math.h>
#include <unistd.h>

#include "base/file.h"
#include "train/run_folder.h"

static const char *const slots[2] = {"checkpoint-a.safetensors", "checkpoint-b.safetensors"};

static const char *run_path(const char *run, const char *file) {
    char name[200];
    snprintf(name, sizeof name, "%s/%s", run, file);
    return lwt_temp_path(name);
}

/* The uninterrupted run, for comparison. */
static void train_whole(lwt_training *t) {
    lw_error err = {0};
    t->options.resume = false;
    lwt_assert_ok(lwt_train(t, "whole", NULL, NULL, &err), &err);
    t->options.resume = true;
}

static void stopped_at(const lwt_training *t, const char *run, size_t call) {
    lw_error err = {0};
    lwt_stopper stopper = {.stop_at = call};
    lwt_assert_fails(lwt_train(t, run, &stopper, NULL, &err), LW_ERR_INTERRUPTED, &err, "stopped in epoch");
}

static void one_stop_anywhere_changes_nothing(void **state) {
    (void)state;
    lw_error err = {0};
    lwt_training t = lwt_training_create();
    train_whole(&t);
    /* Five calls an epoch: in its middle, after its last step, after its validation, and at the very end. */
    static const size_t calls[] = {1, 3, 4, 5, 6, 9, 10, 17, 19, 20};
    for (size_t i = 0; i < sizeof calls / sizeof calls[0]; i++) {
        char run[32];
        snprintf(run, sizeof run, "stop-%zu", calls[i]);
        stopped_at(&t, run, calls[i]);
        lw_train_result result = {0};
        lwt_assert_ok(lwt_train(&t, run, NULL, &result, &err), &err);
        assert_int_equal(result.epoch_count, LWT_EPOCHS);
        assert_false(result.already_finished);
        lwt_assert_same_run("whole", run);
    }
    lwt_training_free(&t);
}

static void stopping_at_every_step_changes_nothing(void **state) {
    (void)state;
    lwt_training t = lwt_training_create();
    lwt_assert_stops_change_nothing(&t, "whole", "every-step");
    lwt_training_free(&t);
}

/* Cut a file short. */
static void tear(const char *path) {
    size_t length;
    free(lwt_read_file(path, &length));
    assert_int_equal(truncate(path, (off_t)(length - 1000)), 0);
}

/* Flip one bit near the end of a file, where weights or moments lie. */
static void spoil(const char *path) {
    size_t length;
    char *data = lwt_read_file(path, &length);
    data[length / 2] ^= 4;
    lwt_write_file(path, data, length);
    free(data);
}

static void a_damaged_checkpoint_gives_way_to_the_other(void **state) {
    (void)state;
    lw_error err = {0};
    lwt_training t = lwt_training_create();
    train_whole(&t);
    void (*const damages[])(const char *) = {tear, spoil};
    for (size_t i = 0; i < 4; i++) {
        char run[32];
        snprintf(run, sizeof run, "damage-%zu", i);
        stopped_at(&t, run, 12); /* two epochs have each left a checkpoint, the stop a third */
        damages[i / 2](run_path(run, slots[i % 2]));
        lwt_assert_ok(lwt_train(&t, run, NULL, NULL, &err), &err);
        lwt_assert_same_run("whole", run);
    }
    lwt_training_free(&t);
}

/* Its hash is right, for the library wrote it. */
static void a_checkpoint_that_no_training_can_reach_is_refused(void **state) {
    (void)state;
    static const struct {
        uint64_t epoch, step;
        double rate;
    } cases[] = {{(uint64_t)-5, 1, 1e-3}, {2, UINT64_C(1) << 62, 1e-3}, {0, 1, 1e-3}, {2, 1, (double)NAN}, {2, 1, -1}};
    const char *folder = lwt_temp_path("unreached");
    lw_error err = {0};
    lwt_assert_ok(lw_folder_create(folder, &err), &err);
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        lw_train_state made = {0}, read = {0};
        bool found;
        lwt_assert_ok(lw_train_state_create(4, 4, 1e-3, false, &made, &err), &err);
        lwt_assert_ok(lw_train_state_create(4, 4, 1e-3, false, &read, &err), &err);
        made.epoch = cases[i].epoch;
        made.step = cases[i].step;
        made.schedule.learning_rate = cases[i].rate;
        for (int slot = 0; slot < 2; slot++)
            lwt_assert_ok(lw_checkpoint_save(&made, folder, "{}", &err), &err);
        lwt_assert_fails(lw_checkpoint_load(folder, "{}", &read, &found, &err), LW_ERR_MODEL, &err, "damaged");
        lw_train_state_free(&made);
        lw_train_state_free(&read);
    }
}

static void two_damaged_checkpoints_are_an_error(void **state) {
    (void)state;
    lw_error err = {0};
    lwt_training t = lwt_training_create();
    t.options.resume = true;
    stopped_at(&t, "both", 12);
    tear(run_path("both", slots[0]));
    spoil(run_path("both", slots[1]));
    lwt_assert_fails(lwt_train(&t, "both", NULL, NULL, &err), LW_ERR_MODEL, &err, "checkpoint-");
    /* Without resume, the folder is the caller's to use anew. */
    t.options.resume = false;
    lwt_assert_ok(lwt_train(&t, "both", NULL, NULL, &err), &err);
    lwt_training_free(&t);
}

static void another_configuration_is_refused(void **state) {
    (void)state;
    lw_error err = {0};
    lwt_training t = lwt_training_create();
    t.options.resume = true;
    stopped_at(&t, "other", 7);
    t.options.seed = 12;
    lwt_assert_fails(lwt_train(&t, "other", NULL, NULL, &err), LW_ERR_MISMATCH, &err, "another configuration");
    t.options.seed = 11;
    t.options.learning_rate = 2e-3;
    lwt_assert_fails(lwt_train(&t, "other", NULL, NULL, &err), LW_ERR_MISMATCH, &err,
                     "learning_rate was 0.001, now 0.002");
    t.options.learning_rate = 1e-3;
    lwt_data data = lwt_data_create(LWT_RECORDS, 0.25f);
    lw_dataset_free(&t.dataset);
    t.dataset = lwt_data_open(&data, NULL, "other-data");
    lwt_assert_fails(lwt_train(&t, "other", NULL, NULL, &err), LW_ERR_MISMATCH, &err, "data_sha256");
    lwt_data_free(&data);
    lwt_training_free(&t);
}

static void a_finished_run_is_left_alone(void **state) {
    (void)state;
    lw_error err = {0};
    lwt_training t = lwt_training_create();
    train_whole(&t);
    lw_train_result first = {0}, again = {0};
    lwt_assert_ok(lwt_train(&t, "finished", NULL, &first, &err), &err); /* nothing to resume: begins anew */
    assert_false(first.already_finished);
    lwt_stopper watch = {0};
    lwt_assert_ok(lwt_train(&t, "finished", &watch, &again, &err), &err);
    assert_true(again.already_finished && watch.calls == 0);
    assert_int_equal(again.epoch_count, first.epoch_count);
    assert_int_equal(again.best_epoch, first.best_epoch);
    lwt_assert_close(again.best_validation_loss, first.best_validation_loss, 0, 1e-15);
    lwt_assert_same_run("whole", "finished");
    t.options.batch = 4;
    lwt_assert_fails(lwt_train(&t, "finished", NULL, NULL, &err), LW_ERR_MISMATCH, &err, "batch was 8, now 4");
    lwt_training_free(&t);
}

static void a_run_file_with_a_wrong_value_is_refused(void **state) {
    (void)state;
    static const struct {
        const char *json, *sentence;
    } cases[] = {
        {"{\"finished\": 1}", "run.json: 'finished' is wrong, expected true or false"},
        {"{\"finished\": true}", "run.json: 'configuration' is missing or wrong, expected an object"},
        {"{\"finished\": true, \"configuration\": {}, \"epochs\": -1}", "run.json: 'epochs' is wrong"},
        {"{\"finished\": true, \"configuration\": {\"batch\": 1.5}}", "run.json: 'batch' is wrong"},
        {"{\"finished\": true, \"configuration\": {}, \"best_validation_loss\": \"x\"}", "expected a number or null"},
        {"{\"finished\": true, \"configuration\": {}, \"test\": {\"tuned\": []}}", "run.json: 'tuned' is wrong"},
    };
    lw_run_outcome outcome;
    lw_error err = {0};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        lwt_write_file(lwt_temp_path(LW_RUN_FILE), cases[i].json, strlen(cases[i].json));
        lwt_assert_fails(lw_run_file_read(lwt_temp_dir(), &outcome, &err), LW_ERR_FORMAT, &err, cases[i].sentence);
        assert_false(outcome.finished || outcome.configuration);
    }
    static const char bare[] = "{\"finished\": true, \"configuration\": {}}";
    lwt_write_file(lwt_temp_path(LW_RUN_FILE), bare, sizeof bare - 1);
    lwt_assert_ok(lw_run_file_read(lwt_temp_dir(), &outcome, &err), &err);
    assert_true(outcome.finished && outcome.result.epoch_count == 0);
    lw_string_free(&outcome.configuration);
}

static void a_finished_run_goes_on_to_more_epochs(void **state) {
    (void)state;
    lw_error err = {0};
    lwt_training t = lwt_training_create();
    train_whole(&t);
    t.options.epochs = 2;
    lwt_assert_ok(lwt_train(&t, "longer", NULL, NULL, &err), &err);
    t.options.epochs = LWT_EPOCHS;
    lw_train_result result = {0};
    lwt_assert_ok(lwt_train(&t, "longer", NULL, &result, &err), &err);
    assert_int_equal(result.epoch_count, LWT_EPOCHS);
    lwt_assert_same_run("whole", "longer");
    lwt_training_free(&t);
}

static void a_new_run_removes_the_old_one(void **state) {
    (void)state;
    lw_error err = {0};
    lwt_training t = lwt_training_create();
    train_whole(&t);
    lwt_assert_ok(lwt_train(&t, "anew", NULL, NULL, &err), &err);
    t.options.resume = false;
    stopped_at(&t, "anew", 2);
    assert_int_not_equal(access(run_path("anew", "model.safetensors"), F_OK), 0);
    assert_int_not_equal(access(run_path("anew", "history.csv"), F_OK), 0);
    t.options.resume = true;
    lwt_assert_ok(lwt_train(&t, "anew", NULL, NULL, &err), &err);
    lwt_assert_same_run("whole", "anew");
    lwt_training_free(&t);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(one_stop_anywhere_changes_nothing),
        cmocka_unit_test(stopping_at_every_step_changes_nothing),
        cmocka_unit_test(a_damaged_checkpoint_gives_way_to_the_other),
        cmocka_unit_test(two_damaged_checkpoints_are_an_error),
        cmocka_unit_test(a_checkpoint_that_no_training_can_reach_is_refused),
        cmocka_unit_test(another_configuration_is_refused),
        cmocka_unit_test(a_finished_run_is_left_alone),
        cmocka_unit_test(a_run_file_with_a_wrong_value_is_refused),
        cmocka_unit_test(a_finished_run_goes_on_to_more_epochs),
        cmocka_unit_test(a_new_run_removes_the_old_one),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
