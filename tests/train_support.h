/**
 * @file train_support.h
 * A narrow network and small data, whose training takes less than a second.
 */
#ifndef LW_TESTS_TRAIN_SUPPORT_H
#define LW_TESTS_TRAIN_SUPPORT_H

#include "dataset_support.h"

#include <math.h>

#include <jansson.h>

#include "leadwise/model.h"
#include "train/options_table.h"

enum { LWT_RECORDS = 40, LWT_EPOCHS = 4 };

/** Network and data. */
typedef struct lwt_training {
    lw_network *network;
    lw_dataset *dataset;
    lw_train_options options;
} lwt_training;

/** Two branches with every part that a block can have; its input is that of lwt_data. */
static const char lwt_network_json[] =
    "{\"name\": \"narrow\", \"leads\": [\"I\", \"II\"], \"samples\": 200, \"branches\": ["
    "{\"decimate\": 1, \"blocks\": ["
    "{\"filters\": 4, \"kernel\": [1, 15], \"stride\": 2, \"skip\": \"conv\", \"norm\": true, \"attention\": true, "
    "\"dropout\": 0.2},"
    "{\"filters\": 4, \"kernel\": [2, 9], \"stride\": 1, \"skip\": \"identity\", \"norm\": true, \"attention\": true, "
    "\"dropout\": 0.2}]},"
    "{\"decimate\": 4, \"blocks\": ["
    "{\"filters\": 4, \"kernel\": [1, 9], \"stride\": 2, \"skip\": \"conv\", \"norm\": true, \"attention\": false, "
    "\"dropout\": 0.2}]}],"
    "\"outputs\": 2, \"head\": \"gap\", \"dropout\": \"spatial\", \"attention_reduction\": 16, "
    "\"batch_norm\": {\"epsilon\": 0.001, \"momentum\": 0.99}}";

static inline lw_network *lwt_narrow_network(void) {
    lw_error err = {0};
    lw_network *network = NULL;
    lwt_assert_ok(lw_network_parse(lwt_network_json, NULL, &network, &err), &err);
    return network;
}

static inline lw_train_options lwt_train_options(void) {
    lw_train_options options;
    lw_train_options_reset(&options);
    options.seed = 11;
    options.epochs = LWT_EPOCHS;
    options.batch = 8;
    options.threads = 1;
    return options;
}

static inline lwt_training lwt_training_create(void) {
    lwt_data data = lwt_data_create(LWT_RECORDS, 2);
    lwt_training t = {lwt_narrow_network(), lwt_data_open(&data, NULL, "training-data"), lwt_train_options()};
    lwt_data_free(&data);
    return t;
}

static inline void lwt_training_free(lwt_training *t) {
    lw_network_free(&t->network);
    lw_dataset_free(&t->dataset);
}

/** A hook that stops at its `stop_at`-th call; 0: never. */
typedef struct lwt_stopper {
    size_t calls, stop_at;
    lw_train_progress last;
} lwt_stopper;

static inline bool lwt_stop(void *context, const lw_train_progress *progress) {
    lwt_stopper *stopper = context;
    stopper->last = *progress;
    return ++stopper->calls != stopper->stop_at;
}

/** Train into the temporary folder `name`. */
static inline lw_status lwt_train(const lwt_training *t, const char *name, lwt_stopper *stopper,
                                  lw_train_result *result, lw_error *err) {
    return lw_train(t->network, t->dataset, &t->options, lwt_temp_path(name), !stopper ? NULL : lwt_stop, stopper,
                    result, err);
}

/** File `file` of the temporary folder `run`. free() it. */
static inline char *lwt_run_file(const char *run, const char *file, size_t *length) {
    char name[200];
    snprintf(name, sizeof name, "%s/%s", run, file);
    return lwt_read_file(lwt_temp_path(name), length);
}

/** The JSON file `file` of the temporary folder `run`. json_decref() it. */
static inline json_t *lwt_run_json(const char *run, const char *file) {
    char *text = lwt_run_file(run, file, NULL);
    json_t *root = json_loads(text, 0, NULL);
    assert_non_null(root);
    free(text);
    return root;
}

/** The model of the temporary folder `run`. lw_model_free() it. */
static inline lw_model *lwt_run_model(const char *run) {
    char name[256];
    lw_error err = {0};
    lw_model *model = NULL;
    snprintf(name, sizeof name, "%s/model.safetensors", run);
    lwt_assert_ok(lw_model_load(lwt_temp_path(name), &model, &err), &err);
    return model;
}

/** Column `column` (from 0) of row `epoch` (from 1) of a run's history; NaN past the last row. */
static inline double lwt_history_value(const char *run, size_t epoch, int column) {
    char *text = lwt_run_file(run, "history.csv", NULL), *at = text;
    for (size_t i = 0; i < epoch && at; i++) {
        at = strchr(at, '\n');
        at = at && at[1] != '\0' ? at + 1 : NULL;
    }
    for (; column > 0 && at; column--)
        at = strchr(at, ',') + 1;
    const double value = at ? strtod(at, NULL) : NAN;
    free(text);
    return value;
}

static inline void lwt_assert_same_file(const char *run_a, const char *run_b, const char *file) {
    size_t length_a, length_b;
    char *a = lwt_run_file(run_a, file, &length_a), *b = lwt_run_file(run_b, file, &length_b);
    assert_int_equal(length_a, length_b);
    assert_memory_equal(a, b, length_a);
    free(a);
    free(b);
}

static inline void lwt_assert_same_run(const char *run_a, const char *run_b) {
    lwt_assert_same_file(run_a, run_b, "model.safetensors");
    lwt_assert_same_file(run_a, run_b, "history.csv");
    lwt_assert_same_file(run_a, run_b, "run.json");
}

/** A run into `name` that is stopped after every step and resumed ends with the bytes of one that is not stopped. */
static inline void lwt_assert_stops_change_nothing(lwt_training *t, const char *whole, const char *name) {
    lw_error err = {0};
    t->options.resume = false;
    lwt_assert_ok(lwt_train(t, whole, NULL, NULL, &err), &err);
    t->options.resume = true;
    lw_status status = LW_ERR_INTERRUPTED;
    int stops = 0;
    for (; status == LW_ERR_INTERRUPTED && stops < 100; stops++) {
        lwt_stopper stopper = {.stop_at = 1};
        status = lwt_train(t, name, &stopper, NULL, &err);
    }
    lwt_assert_ok(status, &err);
    assert_true(stops > LWT_EPOCHS * 4);
    lwt_assert_same_run(whole, name);
}

/** A run of `threads` threads into `many` ends with the model and history of a run of one into `one`. */
static inline void lwt_assert_threads_change_nothing(lwt_training *t, int threads, const char *one, const char *many) {
    lw_error err = {0};
    lwt_assert_ok(lwt_train(t, one, NULL, NULL, &err), &err);
    t->options.threads = threads;
    lwt_assert_ok(lwt_train(t, many, NULL, NULL, &err), &err);
    lwt_assert_same_file(one, many, "model.safetensors");
    lwt_assert_same_file(one, many, "history.csv");
}

#endif
