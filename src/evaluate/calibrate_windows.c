/* Calibration on all windows of recordings, and how each class pools them. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "base/memory.h"
#include "dataset/prepare_item.h"
#include "evaluate/calibration.h"
#include "evaluate/reliability.h"
#include "evaluate/scoring.h"
#include "predict/predictor.h"

/** A model's probabilities for all windows of recordings, with the recordings' labels. */
typedef struct window_predictions {
    size_t records, windows, classes;
    size_t *first;        /**< [records + 1], where each record's windows begin; then `windows` */
    uint8_t *labels;      /**< [records][classes] */
    float *probabilities; /**< [windows][classes] */
    size_t capacity;      /**< windows that there is room for */
} window_predictions;

static void window_predictions_free(window_predictions *w) {
    free(w->first);
    free(w->labels);
    free(w->probabilities);
    *w = (window_predictions){0};
}

/** Append the `count` windows of a recording. */
static lw_status append(window_predictions *w, const float *probabilities, size_t count, lw_error *err) {
    if (w->capacity < w->windows + count) {
        const size_t wanted = 2 * (w->windows + count);
        float *grown = realloc(w->probabilities, wanted * w->classes * sizeof *grown);
        if (!grown)
            return lw_fail_no_memory(err, "the predictions");
        w->probabilities = grown;
        w->capacity = wanted;
    }
    memcpy(w->probabilities + w->windows * w->classes, probabilities, count * w->classes * sizeof *probabilities);
    w->windows += count;
    w->records += count > 0;
    w->first[w->records] = w->windows;
    return LW_OK;
}

/** Recording `i`: left out when it cannot be used; only what ends everything is a failure. */
static lw_status add(window_predictions *w, lw_predictor *predictor, const lw_record_list *list, size_t i,
                     lw_error *err) {
    lw_record *record = NULL;
    size_t used = 0;
    lw_status status = lw_record_read(lw_record_list_path(list, i), &predictor->record, &record, err);
    if (status == LW_OK)
        status = lw_predictor_windows(predictor, record, &used, err);
    if (status == LW_OK)
        status = lw_record_labels(list, i, record, lw_model_classes(predictor->model),
                                  w->labels + w->records * w->classes, err);
    if (status == LW_OK)
        status = append(w, predictor->windows.probabilities, used, err);
    lw_record_free(&record);
    return status == LW_ERR_NO_MEMORY || status == LW_ERR_ARGUMENT ? status : LW_OK;
}

/** Predict the windows of all recordings of `list`; those that cannot be used are left out. */
static lw_status predict_list(const lw_model *model, const lw_record_list *list, const lw_predictor_options *how,
                              window_predictions *out, lw_error *err) {
    const size_t total = lw_record_list_count(list);
    window_predictions w = {.classes = lw_class_count(lw_model_classes(model))};
    lw_predictor *predictor = NULL;
    w.first = lw_calloc(total + 1, sizeof *w.first);
    w.labels = lw_calloc(total + 1, w.classes);
    lw_status status = w.first && w.labels ? LW_OK : lw_fail_no_memory(err, "the predictions");
    if (status == LW_OK)
        status = lw_predictor_create(model, how, &predictor, err);
    for (size_t i = 0; status == LW_OK && i < total; i++)
        status = add(&w, predictor, list, i, err);
    if (status == LW_OK && w.records == 0)
        status = lw_fail(err, LW_ERR_NO_SIGNAL, "none of the %zu recordings can be used", total);
    lw_predictor_free(&predictor);
    if (status == LW_OK)
        *out = w;
    else
        window_predictions_free(&w);
    return status;
}

/** The AUROC of one class when its windows are pooled like this; NaN where it has none. */
static double pooled_auroc(const window_predictions *w, size_t class, lw_pooling pooling, lw_curve_point *points) {
    double auroc, auprc;
    for (size_t r = 0; r < w->records; r++) {
        const float *one = w->probabilities + w->first[r] * w->classes + class;
        double sum = 0, most = 0;
        const size_t windows = w->first[r + 1] - w->first[r];
        for (size_t i = 0; i < windows; i++) {
            sum += (double)one[i * w->classes];
            most = fmax(most, (double)one[i * w->classes]);
        }
        points[r] =
            (lw_curve_point){pooling == LW_POOL_MAX ? most : sum / (double)windows, w->labels[r * w->classes + class]};
    }
    lw_curve_areas(points, w->records, &auroc, &auprc);
    return auroc;
}

/** Each class by what ranks its records better; by the mean where that is the same. */
static lw_status choose_pooling(const window_predictions *w, lw_pooling *pooling, lw_error *err) {
    lw_curve_point *points = lw_calloc(w->records, sizeof *points);
    if (!points)
        return lw_fail_no_memory(err, "the curves");
    for (size_t c = 0; c < w->classes; c++) {
        const double mean = pooled_auroc(w, c, LW_POOL_MEAN, points), most = pooled_auroc(w, c, LW_POOL_MAX, points);
        pooling[c] = most > mean ? LW_POOL_MAX : LW_POOL_MEAN;
    }
    free(points);
    return LW_OK;
}

/** The task of all windows, each with its record's labels: free() the labels. */
static lw_reliability_task window_task(const window_predictions *w, uint8_t **labels) {
    *labels = lw_calloc(w->windows, w->classes);
    for (size_t r = 0; *labels && r < w->records; r++)
        for (size_t i = w->first[r]; i < w->first[r + 1]; i++)
            memcpy(*labels + i * w->classes, w->labels + r * w->classes, w->classes);
    return (lw_reliability_task){w->windows, w->classes, w->probabilities, *labels};
}

/** Predict, with another temperature where asked for. */
static lw_status predict(lw_model *model, const lw_record_list *list, const lw_predictor_options *how, bool temperature,
                         window_predictions *w, lw_calibration *out, lw_error *err) {
    uint8_t *labels = NULL;
    lw_status status = predict_list(model, list, how, w, err);
    if (status != LW_OK)
        return status;
    lw_reliability_task task = window_task(w, &labels);
    if (!labels)
        return lw_fail_no_memory(err, "the windows' labels");
    out->temperature = lw_model_temperature(model);
    out->ece_before = lw_expected_calibration_error(&task);
    out->brier_before = lw_brier_score(&task);
    if (temperature) {
        out->temperature *= lw_temperature_search(&task);
        window_predictions_free(w);
        status = lw_model_set_temperature(model, out->temperature, err);
        if (status == LW_OK)
            status = predict_list(model, list, how, w, err);
        task.probabilities = w->probabilities;
    }
    out->ece_after = status == LW_OK ? lw_expected_calibration_error(&task) : 0;
    out->brier_after = status == LW_OK ? lw_brier_score(&task) : 0;
    free(labels);
    return status;
}

/** Pooling, then thresholds on what it gives. */
static lw_status decide(lw_model *model, const window_predictions *w, double step_s,
                        const lw_calibrate_options *options, lw_calibration *out, lw_error *err) {
    lw_pooling *pooling = lw_calloc(w->classes, sizeof *pooling);
    float *pooled = lw_calloc(w->records, w->classes * sizeof *pooled);
    lw_status status =
        pooling && pooled ? choose_pooling(w, pooling, err) : lw_fail_no_memory(err, "the pooled predictions");
    for (size_t r = 0; status == LW_OK && r < w->records; r++)
        lw_pool_windows(w->probabilities + w->first[r] * w->classes, w->first[r + 1] - w->first[r], w->classes, pooling,
                        pooled + r * w->classes);
    if (status == LW_OK)
        status = lw_calibrate_before(model, w->records, w->labels, pooled, options, &out->metric_before, err);
    if (status == LW_OK)
        status = lw_calibrate_thresholds(model, w->records, w->labels, pooled, options, out, err);
    if (status == LW_OK)
        status = lw_model_set_pooling(model, step_s, pooling, err);
    free(pooling);
    free(pooled);
    return status;
}

lw_status lw_calibrate_windows(lw_model *model, const lw_record_list *list, const lw_record_options *record,
                               double step_s, const lw_calibrate_options *options, lw_calibration *out, lw_error *err) {
    const lw_predictor_options how = {.size = sizeof how,
                                      .threads = options->threads,
                                      .memory_bytes = options->memory_bytes,
                                      .window_step_s = step_s,
                                      .record = record};
    const double temperature = lw_model_temperature(model);
    window_predictions w = {0};
    lw_calibration made = {0};
    lw_status status = predict(model, list, &how, options->temperature, &w, &made, err);
    if (status == LW_OK)
        status = decide(model, &w, step_s, options, &made, err);
    if (status != LW_OK && options->temperature && lw_model_set_temperature(model, temperature, NULL) != LW_OK)
        status = LW_ERR_NO_MEMORY;
    if (status == LW_OK) {
        made.records = w.records;
        *out = made;
    }
    window_predictions_free(&w);
    return status;
}
