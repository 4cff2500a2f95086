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

static size_t count_at(const json_t *object, const char *key) {
    const json_int_t value = json_integer_value(json_object_get(object, key));
    return value > 0 ? (size_t)value : 0;
}

/** Scores that measures_json wrote; false where there are none. */
static bool read_measures(const json_t *object, size_t *record_count, lw_measures *out) {
    if (!json_is_object(object))
        return false;
    *record_count = count_at(object, "records");
    for (size_t m = 0; m < LW_MEASURE_COUNT; m++) {
        const json_t *value = json_object_get(object, lw_measure_name((lw_measure)m));
        out->value[m] = json_is_number(value) ? json_number_value(value) : NAN;
    }
    return true;
}

lw_status lw_run_file_read(const char *folder, lw_run_outcome *out, lw_error *err) {
    *out = (lw_run_outcome){0};
    json_t *root = NULL;
    lw_status status = lw_json_read(folder, LW_RUN_FILE, &root, err);
    const json_t *configuration = json_object_get(root, "configuration");
    if (status != LW_OK || !json_is_true(json_object_get(root, "finished")) || !json_is_object(configuration)) {
        json_decref(root);
        return status;
    }
    const json_t *scores = json_object_get(root, "test");
    const json_t *branches = json_object_get(json_object_get(configuration, "network"), "branches");
    const json_t *blocks = json_object_get(json_array_get(branches, 0), "blocks");
    lw_train_result *result = &out->result;
    lw_train_test *test = &result->test;
    out->stopped_early = json_is_true(json_object_get(root, "stopped_early"));
    out->epochs_asked = count_at(root, "epochs_asked");
    out->batch = count_at(configuration, "batch");
    out->filters = count_at(json_array_get(blocks, 0), "filters");
    out->configuration = json_dumps(configuration, JSON_COMPACT);
    out->finished = out->configuration;
    result->epoch_count = count_at(root, "epochs");
    result->best_epoch = count_at(root, "best_epoch");
    result->best_validation_loss = json_number_value(json_object_get(root, "best_validation_loss"));
    result->already_finished = true;
    (void)read_measures(json_object_get(scores, "without_fallback"), &test->record_count, &test->plain);
    test->has_fallback = read_measures(json_object_get(scores, "with_fallback"), &test->record_count, &test->fallback);
    test->has_tuned = read_measures(json_object_get(scores, "tuned"), &test->record_count, &test->tuned);
    json_decref(root);
    return out->finished ? LW_OK : lw_fail_no_memory(err, LW_RUN_FILE);
}
