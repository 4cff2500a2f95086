#include "train/run_file.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "base/file.h"
#include "base/json.h"
#include "train/run_folder.h"

enum { RUN_FILE_LIMIT = 512 << 20 };

/** JSON has no NaN. */
static json_t *number(double value) { return isfinite(value) ? json_real(value) : json_null(); }

static json_t *scores_json(const lw_scores *s) {
    return json_pack("{s:I, s:o, s:o, s:o, s:o, s:o, s:o, s:o}", "records", (json_int_t)s->records, "challenge_metric",
                     number(s->challenge_metric), "auroc", number(s->auroc), "auprc", number(s->auprc), "accuracy",
                     number(s->accuracy), "f_measure", number(s->f_measure), "f_beta_2", number(s->f_beta_2),
                     "g_beta_2", number(s->g_beta_2));
}

/** Append `value`, which is taken; when that fails, *array becomes NULL, and so whatever is made of it. */
static void append(json_t **array, json_t *value) {
    if (json_array_append_new(*array, value) == 0)
        return;
    json_decref(*array);
    *array = NULL;
}

/** Set `key` to `value`, which is taken; likewise. */
static void set(json_t **object, const char *key, json_t *value) {
    if (json_object_set_new(*object, key, value) == 0)
        return;
    json_decref(*object);
    *object = NULL;
}

static json_t *test_json(const lw_run_description *run) {
    if (run->plain_scores == NULL)
        return json_null();
    json_t *test = json_pack("{s:f, s:i, s:o}", "threshold", 0.5, "year", run->plain_scores->year, "without_fallback",
                             scores_json(run->plain_scores));
    if (run->fallback_scores != NULL) {
        set(&test, "fallback", json_string(run->fallback));
        set(&test, "with_fallback", scores_json(run->fallback_scores));
    }
    if (run->tuned_scores != NULL)
        set(&test, "tuned", scores_json(run->tuned_scores));
    return test;
}

/** What was found on the validation records. */
static json_t *tuning_json(const lw_run_description *run) {
    json_t *thresholds = json_array();
    for (size_t k = 0; k < lw_class_count(lw_dataset_classes(run->dataset)); k++)
        append(&thresholds, json_real(run->thresholds[k]));
    return json_pack("{s:f, s:f, s:f, s:o}", "common_threshold", run->tuning->common, "validation_metric_common",
                     run->tuning->metric_common, "validation_metric", run->tuning->metric, "thresholds", thresholds);
}

static json_t *names_json(const lw_run_description *run, lw_split_part part) {
    json_t *array = json_array();
    for (size_t i = 0; i < run->split->count[part]; i++)
        append(&array, json_string(lw_dataset_name(run->dataset, run->split->index[part][i])));
    return array;
}

static json_t *splits_json(const lw_run_description *run) {
    return json_pack("{s:o, s:o, s:o}", "train", names_json(run, LW_SPLIT_TRAIN), "validation",
                     names_json(run, LW_SPLIT_VALIDATION), "test", names_json(run, LW_SPLIT_TEST));
}

static json_t *codes_json(const lw_class_list *classes, size_t i) {
    json_t *array = json_array();
    for (size_t k = 0; k < lw_class_code_count(classes, i); k++)
        append(&array, json_string(lw_class_code(classes, i, k)));
    return array;
}

static json_t *classes_json(const lw_run_description *run) {
    const lw_class_list *classes = lw_dataset_classes(run->dataset);
    json_t *array = json_array();
    for (size_t i = 0; i < lw_class_count(classes); i++)
        append(&array, json_pack("{s:o, s:s, s:I, s:f}", "codes", codes_json(classes, i), "abbreviation",
                                 lw_class_abbreviation(classes, i), "training_records", (json_int_t)run->positives[i],
                                 "weight", run->class_weights[i]));
    return array;
}

static json_t *run_json(const lw_run_description *run) {
    json_t *configuration = json_loads(run->configuration, 0, NULL);
    if (configuration == NULL)
        return NULL;
    return json_pack("{s:{s:s, s:s, s:s}, s:i, s:o, s:I, s:b, s:b, s:I, s:I, s:o, s:o, s:o, s:o}", "versions",
                     "leadwise", lw_version(), "compiler", __VERSION__, "jansson", JANSSON_VERSION, "threads",
                     run->threads, "configuration", configuration, "epochs_asked", (json_int_t)run->epochs_asked,
                     "finished", run->finished, "stopped_early", run->stopped_early, "epochs",
                     (json_int_t)run->result.epochs, "best_epoch", (json_int_t)run->result.best_epoch,
                     "best_validation_loss", number(run->result.best_validation_loss), "test", test_json(run),
                     "classes", classes_json(run), "splits", splits_json(run));
}

lw_status lw_run_file_write(const lw_run_description *run, const char *folder, lw_error *err) {
    json_t *root = run_json(run);
    if (run->thresholds != NULL)
        set(&root, "tuning", tuning_json(run));
    char *text = root == NULL ? NULL : json_dumps(root, JSON_INDENT(1));
    char *path = lw_path_join(folder, LW_RUN_FILE);
    json_decref(root);
    lw_status status = text == NULL || path == NULL ? lw_fail_no_memory(err, LW_RUN_FILE)
                                                    : lw_file_write(path, text, strlen(text), err);
    free(text);
    free(path);
    return status;
}

static lw_status read_outcome(const json_t *root, lw_run_outcome *out, lw_error *err) {
    const json_t *configuration = json_object_get(root, "configuration");
    if (!json_is_true(json_object_get(root, "finished")) || !json_is_object(configuration))
        return LW_OK;
    lw_run_outcome read = {
        .finished = true,
        .stopped_early = json_is_true(json_object_get(root, "stopped_early")),
        .result = {.epochs = (size_t)json_integer_value(json_object_get(root, "epochs")),
                   .best_epoch = (size_t)json_integer_value(json_object_get(root, "best_epoch")),
                   .best_validation_loss = json_number_value(json_object_get(root, "best_validation_loss")),
                   .already_finished = true},
        .configuration = json_dumps(configuration, JSON_COMPACT),
    };
    if (read.configuration == NULL)
        return lw_fail_no_memory(err, LW_RUN_FILE);
    *out = read;
    return LW_OK;
}

lw_status lw_run_file_read(const char *folder, lw_run_outcome *out, lw_error *err) {
    *out = (lw_run_outcome){0};
    char *path = lw_path_join(folder, LW_RUN_FILE);
    if (path == NULL)
        return lw_fail_no_memory(err, "a path");
    lw_bytes bytes = {0};
    json_t *root = NULL;
    lw_json_place place = {path, LW_ERR_MODEL, err};
    lw_status status = lw_bytes_read(path, RUN_FILE_LIMIT, &bytes, err);
    if (status == LW_OK && bytes.length > 0)
        status = lw_json_parse_object(place, (const char *)bytes.data, bytes.length, &root);
    if (status == LW_OK && root != NULL)
        status = read_outcome(root, out, err);
    json_decref(root);
    lw_bytes_free(&bytes);
    free(path);
    /* Absent or damaged: no outcome. */
    return status == LW_ERR_NO_MEMORY ? status : LW_OK;
}
