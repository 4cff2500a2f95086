/* Calibration on all windows of recordings, and how each class pools them. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "base/memory.h"
#include "evaluate/calibration.h"
#include "evaluate/reliability.h"
#include "evaluate/scoring.h"
#include "evaluate/window_predictions.h"

/** The AUROC of one class when its windows are pooled like this; NaN where it has none. */
static double pooled_auroc(const lw_window_predictions *w, size_t class, lw_pooling pooling, lw_curve_point *points) {
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
static lw_status choose_pooling(const lw_window_predictions *w, lw_pooling *pooling, lw_error *err) {
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
static lw_reliability_task window_task(const lw_window_predictions *w, uint8_t **labels) {
    *labels = lw_calloc(w->windows, w->classes);
    for (size_t r = 0; *labels && r < w->records; r++)
        for (size_t i = w->first[r]; i < w->first[r + 1]; i++)
            memcpy(*labels + i * w->classes, w->labels + r * w->classes, w->classes);
    return (lw_reliability_task){w->windows, w->classes, w->probabilities, *labels};
}

/** What lw_calibrate_windows is given. */
typedef struct window_data {
    const lw_record_list *list;
    const lw_record_options *record;
    double step_s;
} window_data;

/** Predict, with another temperature where asked for. */
static lw_status predict(lw_model *model, const window_data *data, const lw_calibrate_options *options,
                         lw_window_predictions *w, lw_calibration *out, lw_error *err) {
    uint8_t *labels = NULL;
    lw_status status = lw_window_predictions_make(model, data->list, data->record, data->step_s, options->threads,
                                                  options->memory_bytes, w, err);
    if (status != LW_OK)
        return status;
    lw_reliability_task task = window_task(w, &labels);
    if (!labels)
        return lw_fail_no_memory(err, "the windows' labels");
    out->temperature = lw_model_temperature(model);
    out->ece_before = lw_expected_calibration_error(&task);
    out->brier_before = lw_brier_score(&task);
    if (options->temperature) {
        out->temperature *= lw_temperature_search(&task);
        lw_window_predictions_free(w);
        status = lw_model_set_temperature(model, out->temperature, err);
        if (status == LW_OK)
            status = lw_window_predictions_make(model, data->list, data->record, data->step_s, options->threads,
                                                options->memory_bytes, w, err);
        task.probabilities = w->probabilities;
    }
    out->ece_after = status == LW_OK ? lw_expected_calibration_error(&task) : 0;
    out->brier_after = status == LW_OK ? lw_brier_score(&task) : 0;
    free(labels);
    return status;
}

/** Pooling, then thresholds on what it gives. */
static lw_status decide(lw_model *model, const lw_window_predictions *w, double step_s,
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
    const window_data data = {list, record, step_s};
    const double temperature = lw_model_temperature(model);
    lw_window_predictions w = {0};
    lw_calibration made = {0};
    lw_status status = predict(model, &data, options, &w, &made, err);
    if (status == LW_OK)
        status = decide(model, &w, step_s, options, &made, err);
    if (status != LW_OK && options->temperature && lw_model_set_temperature(model, temperature, NULL) != LW_OK)
        status = LW_ERR_NO_MEMORY;
    if (status == LW_OK) {
        made.records = w.records;
        *out = made;
    }
    lw_window_predictions_free(&w);
    return status;
}
