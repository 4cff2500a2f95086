#include "prepared_scores.h"

#include <stdlib.h>
#include <string.h>

#include "messages.h"
#include "predictor.h"

/** Everything lw_evaluate wants: [records][classes] each. */
typedef struct table {
    size_t records, classes;
    uint8_t *labels, *decisions;
    double *probabilities;
} table;

static lw_status on_prediction(void *context, const char *path, const lw_prediction *prediction, lw_error *err) {
    table *rows = context;
    const size_t at = rows->records * rows->classes;
    (void)path;
    (void)err;
    memcpy(rows->decisions + at, prediction->decisions, rows->classes);
    for (size_t i = 0; i < rows->classes; i++) {
        rows->probabilities[at + i] = prediction->probabilities[i];
    }
    rows->records++;
    return LW_OK;
}

static lw_status fill(cli_predictor *predictor, const lw_dataset *dataset, size_t batch, table *rows, lw_error *err) {
    const size_t total = lw_dataset_record_count(dataset);
    lw_status status = LW_OK;
    for (size_t i = 0; i < total; i++) {
        memcpy(rows->labels + i * rows->classes, lw_dataset_labels(dataset, i), rows->classes);
    }
    for (size_t i = 0; i < total && status == LW_OK; i += batch) {
        const size_t n = total - i < batch ? total - i : batch;
        status = cli_predictor_run_prepared(predictor, dataset, i, n, on_prediction, rows, err);
    }
    return status;
}

lw_status cli_score_prepared(const lw_model *model, const lw_dataset *dataset, const char *shown, int year, int threads,
                             lw_scores *out, lw_error *err) {
    enum { BATCH = 32 };
    cli_predictor *predictor = NULL;
    const size_t records = lw_dataset_record_count(dataset), classes = lw_class_count(lw_model_classes(model));
    lw_status status = cli_predictor_check(model, NULL, dataset, shown, err);
    if (status == LW_OK) {
        const lw_session_options how = {.max_batch = BATCH, .threads = threads};
        status = cli_predictor_create(model, NULL, &how, &predictor, err);
    }
    if (status != LW_OK) {
        return status;
    }
    table rows = {.classes = classes,
                  .labels = cli_calloc(records * classes, 1),
                  .decisions = cli_calloc(records * classes, 1),
                  .probabilities = cli_calloc(records * classes, sizeof *rows.probabilities)};
    status = fill(predictor, dataset, BATCH, &rows, err);
    if (status == LW_OK) {
        status = lw_evaluate(year, lw_model_classes(model), records, rows.labels, rows.decisions, rows.probabilities,
                             out, err);
    }
    free(rows.labels);
    free(rows.decisions);
    free(rows.probabilities);
    cli_predictor_free(&predictor);
    return status;
}
