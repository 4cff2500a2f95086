/* This file calibrates a model on a data set or on all windows of recordings: temperature, pooling and thresholds. */
#include <assert.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "base/memory.h"
#include "dataset/batch.h"
#include "dataset/prepared_internal.h"
#include "evaluate/scoring.h"
#include "predict/predictor.h"

/** A calibration: its model, options and data, and the model's probabilities with the recordings' labels. */
typedef struct calibration {
    lw_model *model;
    const lw_calibrate_options *options;
    const lw_dataset *dataset;       /**< records of one window each; NULL: all windows of the recordings of `list` */
    const lw_record_list *list;      /**< NULL with a data set, as the next */
    const lw_predictor_options *how; /**< of the windows */
    lw_scoring scoring;
    size_t records, windows, classes;
    size_t *first;          /**< [records + 1], where each record's windows begin; then `windows` */
    uint8_t *labels;        /**< [records][classes] */
    uint8_t *window_labels; /**< [windows][classes], those of the window's recording; unused with a data set */
    float *probabilities;   /**< [windows][classes] */
    size_t capacity;        /**< windows that there is room for */
} calibration;

/** Make room for `count` windows, and keep those that are there. */
static lw_status reserve(calibration *c, size_t count, lw_error *err) {
    size_t cells, bytes;
    if (!lw_size_mul(count, c->classes, &cells) || !lw_size_mul(cells, sizeof *c->probabilities, &bytes))
        return lw_fail_no_memory(err, "the predictions");
    float *probabilities = realloc(c->probabilities, bytes);
    c->probabilities = probabilities ? probabilities : c->probabilities;
    uint8_t *labels = realloc(c->window_labels, cells);
    c->window_labels = labels ? labels : c->window_labels;
    if (!probabilities || !labels)
        return lw_fail_no_memory(err, "the predictions");
    c->capacity = count;
    return LW_OK;
}

/** Append the windows of recording `i`. A recording that cannot be used is left out; a failure ends the calibration. */
static lw_status append(calibration *c, lw_predictor *predictor, size_t i, lw_error *err) {
    lw_record *record = NULL;
    size_t used = 0;
    uint8_t *labels = c->labels + c->records * c->classes;
    lw_status status = lw_record_read(lw_record_list_path(c->list, i), &predictor->record, &record, err);
    if (status == LW_OK)
        status = lw_predictor_windows(predictor, record, &used, err);
    if (status == LW_OK)
        status = lw_record_labels(c->list, i, record, lw_model_classes(c->model), labels, err);
    if (status == LW_OK && c->windows + used > c->capacity)
        status = reserve(c, 2 * (c->windows + used), err);
    lw_record_free(&record);
    if (status != LW_OK)
        return status == LW_ERR_NO_MEMORY || status == LW_ERR_ARGUMENT ? status : LW_OK;
    for (size_t w = 0; w < used; w++) {
        const size_t cell = (c->windows + w) * c->classes;
        memcpy(c->window_labels + cell, labels, c->classes);
        memcpy(c->probabilities + cell, predictor->windows.probabilities + w * c->classes,
               c->classes * sizeof *c->probabilities);
    }
    c->windows += used;
    c->records += used > 0;
    c->first[c->records] = c->windows;
    return LW_OK;
}

/** Predict everything with the model as it is by now. */
static lw_status predict(calibration *c, lw_error *err) {
    if (c->dataset)
        return lw_predict_index(c->model, c->dataset, NULL, c->records,
                                (lw_predict_how){c->options->threads, c->options->memory_bytes, c->options->tuning},
                                c->probabilities, err);
    const size_t total = lw_record_list_count(c->list);
    lw_predictor *predictor = NULL;
    lw_status status = lw_predictor_create(c->model, c->how, &predictor, err);
    c->records = c->windows = 0;
    for (size_t i = 0; status == LW_OK && i < total; i++)
        status = append(c, predictor, i, err);
    if (status == LW_OK && c->records == 0)
        status = lw_fail(err, LW_ERR_NO_SIGNAL, "none of the %zu recordings can be used", total);
    lw_predictor_free(&predictor);
    return status;
}

static lw_threshold_task threshold_task(const calibration *c, const float *probabilities, const char *fallback) {
    return (lw_threshold_task){.scoring = &c->scoring,
                               .classes = lw_model_classes(c->model),
                               .records = c->records,
                               .labels = c->labels,
                               .probabilities = probabilities,
                               .fallback =
                                   fallback && *fallback ? lw_class_find(lw_model_classes(c->model), fallback) : -1};
}

/** The Challenge metric of the model's decisions on `probabilities` [records][classes]. */
static lw_status find_metric(const calibration *c, const float *probabilities, double *metric, lw_error *err) {
    const lw_threshold_task task = threshold_task(c, probabilities, lw_model_fallback(c->model));
    return lw_thresholds_metric(&task, lw_model_thresholds(c->model), metric, err);
}

/** Give the model the thresholds that do best on `probabilities` [records][classes], and the options' fallback. */
static lw_status set_thresholds(calibration *c, const float *probabilities, lw_calibration *out, lw_error *err) {
    const char *fallback = c->options->fallback ? c->options->fallback : lw_model_fallback(c->model);
    const lw_threshold_task task = threshold_task(c, probabilities, fallback);
    double thresholds[LW_CLASSES_MAX];
    lw_threshold_result found;
    lw_status status = lw_thresholds_search(&task, thresholds, &found, err);
    if (status == LW_OK)
        status = lw_model_set_decision(c->model, thresholds, c->options->fallback, err);
    if (status != LW_OK)
        return status;
    out->record_count = c->records;
    out->common_threshold = found.common;
    out->metric_common = found.metric_common;
    out->metric_after = found.metric;
    return LW_OK;
}

/** Whether a record has a label. LW_OK or LW_ERR_FORMAT. */
static lw_status check_labels(const calibration *c, lw_error *err) {
    return memchr(c->labels, 1, c->records * c->classes)
               ? LW_OK
               : lw_fail(err, LW_ERR_FORMAT, LW_NO_LABEL_SENTENCE, c->records, c->classes);
}

/** Predict, at a better temperature where the options include that, and measure the reliability. */
static lw_status temper(calibration *c, lw_calibration *out, lw_error *err) {
    lw_status status = c->dataset ? check_labels(c, err) : LW_OK;
    if (status == LW_OK)
        status = predict(c, err);
    if (status == LW_OK && !c->dataset)
        status = check_labels(c, err);
    if (status == LW_OK && c->dataset)
        status = find_metric(c, c->probabilities, &out->metric_before, err);
    if (status != LW_OK)
        return status;
    lw_reliability_task task = {c->windows, c->classes, c->probabilities, c->dataset ? c->labels : c->window_labels};
    out->temperature = lw_model_temperature(c->model);
    out->ece_before = out->ece_after = lw_expected_calibration_error(&task);
    out->brier_before = out->brier_after = lw_brier_score(&task);
    if (!c->options->temperature)
        return LW_OK;
    out->temperature *= lw_temperature_search(&task);
    status = lw_model_set_temperature(c->model, out->temperature, err);
    /* Again, so that thresholds are chosen on exactly what the model will predict. */
    if (status == LW_OK)
        status = predict(c, err);
    if (status != LW_OK)
        return status;
    assert(c->windows == task.records);
    out->ece_after = lw_expected_calibration_error(&task);
    out->brier_after = lw_brier_score(&task);
    return LW_OK;
}

/** The AUROC of one class when its windows are pooled in this way; NaN where it has none. */
static double pooled_auroc(const calibration *c, size_t class, lw_pooling pooling, lw_curve_point *points) {
    double auroc, auprc;
    for (size_t r = 0; r < c->records; r++) {
        const float *one = c->probabilities + c->first[r] * c->classes + class;
        double sum = 0, most = 0;
        const size_t windows = c->first[r + 1] - c->first[r];
        for (size_t i = 0; i < windows; i++) {
            sum += (double)one[i * c->classes];
            most = fmax(most, (double)one[i * c->classes]);
        }
        points[r] =
            (lw_curve_point){pooling == LW_POOL_MAX ? most : sum / (double)windows, c->labels[r * c->classes + class]};
    }
    lw_curve_areas(points, c->records, &auroc, &auprc);
    return auroc;
}

/** Pool each class by the mean or the maximum, whichever has the higher AUROC, by the mean where they are equal; then
 * choose thresholds on the pooled probabilities. */
static lw_status set_pooling(calibration *c, lw_calibration *out, lw_error *err) {
    lw_pooling pooling[LW_CLASSES_MAX];
    lw_curve_point *points = lw_calloc(c->records, sizeof *points);
    float *pooled = lw_calloc(c->records, c->classes * sizeof *pooled);
    lw_status status = points && pooled ? LW_OK : lw_fail_no_memory(err, "the pooled predictions");
    for (size_t k = 0; status == LW_OK && k < c->classes; k++) {
        const double mean = pooled_auroc(c, k, LW_POOL_MEAN, points), most = pooled_auroc(c, k, LW_POOL_MAX, points);
        pooling[k] = most > mean ? LW_POOL_MAX : LW_POOL_MEAN;
    }
    for (size_t r = 0; status == LW_OK && r < c->records; r++)
        lw_pool_windows(c->probabilities + c->first[r] * c->classes, c->first[r + 1] - c->first[r], c->classes, pooling,
                        pooled + r * c->classes);
    if (status == LW_OK)
        status = find_metric(c, pooled, &out->metric_before, err);
    if (status == LW_OK)
        status = set_thresholds(c, pooled, out, err);
    if (status == LW_OK)
        status = lw_model_set_pooling(c->model, c->how->window_step_s, pooling, err);
    free(points);
    free(pooled);
    return status;
}

/** Allocate for all records; those of a data set have their labels already. */
static lw_status allocate(calibration *c, lw_error *err) {
    const size_t total = c->dataset ? lw_dataset_record_count(c->dataset) : lw_record_list_count(c->list);
    size_t cells;
    if (lw_size_mul(total + 1, c->classes, &cells)) {
        c->first = lw_calloc(total + 1, sizeof *c->first);
        c->labels = lw_calloc(cells, sizeof *c->labels);
    }
    if (!c->first || !c->labels)
        return lw_fail_no_memory(err, "the predictions");
    if (!c->dataset)
        return LW_OK;
    c->records = c->windows = total;
    for (size_t i = 0; i < total; i++)
        memcpy(c->labels + i * c->classes, lw_dataset_labels(c->dataset, i), c->classes);
    return reserve(c, total, err);
}

static lw_status calibrate(calibration *c, lw_calibration *out, lw_error *err) {
    const lw_calibrate_options *o = c->options;
    const double temperature = lw_model_temperature(c->model);
    lw_calibration made = {0};
    c->classes = lw_class_count(lw_model_classes(c->model));
    assert(c->classes <= LW_CLASSES_MAX);
    if (o->fallback && *o->fallback && lw_class_find(lw_model_classes(c->model), o->fallback) < 0)
        return lw_fail(err, LW_ERR_ARGUMENT, "fallback %s is no code of any class", o->fallback);
    lw_status status = lw_scoring_create(o->year, o->weights, &c->scoring, err);
    if (status == LW_OK)
        status = allocate(c, err);
    if (status == LW_OK)
        status = temper(c, &made, err);
    if (status == LW_OK)
        status = c->dataset ? set_thresholds(c, c->probabilities, &made, err) : set_pooling(c, &made, err);
    if (status != LW_OK && o->temperature && lw_model_set_temperature(c->model, temperature, NULL) != LW_OK)
        status = LW_ERR_NO_MEMORY;
    if (status == LW_OK && out)
        *out = made;
    lw_scoring_free(&c->scoring);
    free(c->first);
    free(c->labels);
    free(c->window_labels);
    free(c->probabilities);
    return status;
}

static lw_status take_options(const lw_calibrate_options *given, lw_calibrate_options *own, lw_error *err) {
    lw_status status = lw_options_take(own, sizeof *own, given, "lw_calibrate_options", err);
    if (status == LW_OK && own->year == 0)
        own->year = 2021;
    return status;
}

lw_status lw_calibrate(lw_model *model, const lw_dataset *dataset, const lw_calibrate_options *options,
                       lw_calibration *out, lw_error *err) {
    lw_calibrate_options own;
    lw_status status = take_options(options, &own, err);
    calibration c = {.model = model, .options = &own, .dataset = dataset};
    return status == LW_OK ? calibrate(&c, out, err) : status;
}

lw_status lw_calibrate_windows(lw_model *model, const lw_record_list *list, const lw_record_options *record,
                               double step_s, const lw_calibrate_options *options, lw_calibration *out, lw_error *err) {
    lw_calibrate_options own;
    lw_status status = take_options(options, &own, err);
    if (status != LW_OK)
        return status;
    const lw_predictor_options how = {.size = sizeof how,
                                      .threads = own.threads,
                                      .memory_bytes = own.memory_bytes,
                                      .tuning = own.tuning,
                                      .window_step_s = step_s,
                                      .record = record};
    calibration c = {.model = model, .options = &own, .list = list, .how = &how};
    return calibrate(&c, out, err);
}
