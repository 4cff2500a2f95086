/* The files of a run's folder: history.csv, an epoch a line; run.json, written when a run begins and ends. */
#include "train/run_folder.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/error.h"
#include "base/file.h"
#include "base/json.h"

lw_status lw_run_folder_remove(const char *folder, const char *name, lw_error *err) {
    char *path = lw_path_join(folder, name);
    if (!path)
        return lw_fail_no_memory(err, "a path");
    lw_status status = LW_OK;
    if (unlink(path) != 0 && errno != ENOENT)
        status = lw_fail(err, LW_ERR_IO, "%s: cannot remove: %s", path, strerror(errno));
    free(path);
    return status;
}

/* ---- history.csv */

lw_status lw_history_append(lw_history *history, lw_history_row row, lw_error *err) {
    if (history->count == history->capacity) {
        size_t capacity = history->capacity == 0 ? 32 : 2 * history->capacity;
        lw_history_row *rows = realloc(history->rows, capacity * sizeof *rows);
        if (!rows)
            return lw_fail_no_memory(err, "the history");
        history->rows = rows;
        history->capacity = capacity;
    }
    history->rows[history->count++] = row;
    return LW_OK;
}

void lw_history_free(lw_history *history) {
    free(history->rows);
    *history = (lw_history){0};
}

lw_status lw_history_write(const lw_history *history, const char *folder, lw_error *err) {
    char *path = lw_path_join(folder, LW_RUN_HISTORY);
    lw_text text = {0};
    lw_text_puts(&text, "epoch,loss,validation_loss,validation_metric,validation_auroc,learning_rate,best\n");
    for (size_t i = 0; i < history->count; i++) {
        const lw_history_row *r = &history->rows[i];
        lw_text_printf(&text, "%.0f,%.9g,%.9g,%.9g,%.9g,%.9g,%.0f\n", r->epoch, r->loss, r->validation_loss,
                       r->validation_metric, r->validation_auroc, r->learning_rate, r->best);
    }
    lw_status status =
        !path || text.failed ? lw_fail_no_memory(err, "the history") : lw_file_write(path, text.data, text.length, err);
    lw_text_free(&text);
    free(path);
    return status;
}

/* ---- run.json */

/** A count, 0 where it is not there. */
static lw_status count_at(lw_json_place place, const json_t *object, const char *key, size_t *out) {
    enum { COUNT_MAX = 1000000000 };
    long long value = 0;
    const lw_status status =
        json_object_get(object, key) ? lw_json_integer(place, object, key, 0, COUNT_MAX, &value) : LW_OK;
    *out = (size_t)value;
    return status;
}

/** A true or false, false where it is not there. */
static lw_status flag_at(lw_json_place place, const json_t *object, const char *key, bool *out) {
    const json_t *value = json_object_get(object, key);
    *out = json_is_true(value);
    if (value && !json_is_boolean(value))
        return lw_fail(place.err, place.status, "%s: '%s' is wrong, expected true or false", place.shown, key);
    return LW_OK;
}

/** A number, NaN where it is null or not there. */
static lw_status number_at(lw_json_place place, const json_t *object, const char *key, double *out) {
    const json_t *value = json_object_get(object, key);
    *out = json_is_number(value) ? json_number_value(value) : NAN;
    if (value && !json_is_number(value) && !json_is_null(value))
        return lw_fail(place.err, place.status, "%s: '%s' is wrong, expected a number or null", place.shown, key);
    return LW_OK;
}

/** Scores that measures_json wrote, where there are any: *there. */
static lw_status read_measures(lw_json_place place, const json_t *object, const char *key, size_t *record_count,
                               lw_measures *out, bool *there) {
    const json_t *measures = json_object_get(object, key);
    *there = measures;
    if (measures && !json_is_object(measures))
        return lw_fail(place.err, place.status, "%s: '%s' is wrong, expected an object", place.shown, key);
    lw_status status = count_at(place, measures, "records", record_count);
    for (size_t m = 0; status == LW_OK && m < LW_MEASURE_COUNT; m++)
        status = number_at(place, measures, lw_measure_name((lw_measure)m), &out->value[m]);
    return status;
}

static lw_status read_test(lw_json_place place, const json_t *scores, lw_train_test *test) {
    bool plain;
    lw_status status = read_measures(place, scores, "without_fallback", &test->record_count, &test->plain, &plain);
    if (status == LW_OK)
        status =
            read_measures(place, scores, "with_fallback", &test->record_count, &test->fallback, &test->has_fallback);
    if (status == LW_OK)
        status = read_measures(place, scores, "tuned", &test->record_count, &test->tuned, &test->has_tuned);
    return status;
}

/** What a finished run left. */
static lw_status read_outcome(lw_json_place place, const json_t *root, const json_t *configuration,
                              lw_run_outcome *out) {
    lw_train_result *result = &out->result;
    const json_t *branches = json_object_get(json_object_get(configuration, "network"), "branches");
    const json_t *blocks = json_object_get(json_array_get(branches, 0), "blocks");
    result->already_finished = true;
    lw_status status = flag_at(place, root, "stopped_early", &out->stopped_early);
    if (status == LW_OK)
        status = count_at(place, root, "epochs_asked", &out->epochs_asked);
    if (status == LW_OK)
        status = count_at(place, configuration, "batch", &out->batch);
    if (status == LW_OK)
        status = count_at(place, json_array_get(blocks, 0), "filters", &out->filters);
    if (status == LW_OK)
        status = count_at(place, root, "epochs", &result->epoch_count);
    if (status == LW_OK)
        status = count_at(place, root, "best_epoch", &result->best_epoch);
    if (status == LW_OK)
        status = number_at(place, root, "best_validation_loss", &result->best_validation_loss);
    if (status == LW_OK)
        status = read_test(place, json_object_get(root, "test"), &result->test);
    if (status != LW_OK)
        return status;
    out->configuration = json_dumps(configuration, JSON_COMPACT);
    return out->configuration ? LW_OK : lw_fail_no_memory(place.err, LW_RUN_FILE);
}

lw_status lw_run_file_read(const char *folder, lw_run_outcome *out, lw_error *err) {
    *out = (lw_run_outcome){0};
    json_t *root = NULL;
    lw_status status = lw_json_read(folder, LW_RUN_FILE, &root, err);
    char *path = status == LW_OK ? lw_path_join(folder, LW_RUN_FILE) : NULL;
    if (status == LW_OK && !path)
        status = lw_fail_no_memory(err, LW_RUN_FILE);
    const lw_json_place place = {path, LW_ERR_FORMAT, err};
    const json_t *configuration = json_object_get(root, "configuration");
    bool finished = false;
    if (status == LW_OK)
        status = flag_at(place, root, "finished", &finished);
    if (status == LW_OK && finished && !json_is_object(configuration))
        status = lw_fail(err, LW_ERR_FORMAT, "%s: 'configuration' is missing or wrong, expected an object", path);
    if (status == LW_OK && finished)
        status = read_outcome(place, root, configuration, out);
    out->finished = finished && status == LW_OK;
    json_decref(root);
    free(path);
    return status;
}
