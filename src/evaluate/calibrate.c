#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "base/memory.h"
#include "evaluate/calibration.h"
#include "evaluate/reliability.h"
#include "evaluate/thresholds.h"
#include "predict/predictor.h"

/** A data set that the model has predicted. */
typedef struct predicted {
    size_t records, classes;
    uint8_t *labels;
    float *probabilities;
} predicted;

static void predicted_free(predicted *p) {
    free(p->labels);
    free(p->probabilities);
}

static lw_status predicted_create(const lw_dataset *dataset, predicted *out, lw_error *err) {
    predicted p = {.records = lw_dataset_record_count(dataset), .classes = lw_class_count(lw_dataset_classes(dataset))};
    size_t cells;
    if (lw_size_mul(p.records, p.classes, &cells)) {
        p.labels = lw_calloc(cells, sizeof *p.labels);
        p.probabilities = lw_calloc(cells, sizeof *p.probabilities);
    }
    if (p.labels == NULL || p.probabilities == NULL) {
        predicted_free(&p);
        return lw_fail_no_memory(err, "the predictions");
    }
    for (size_t i = 0; i < p.records; i++)
        memcpy(p.labels + i * p.classes, lw_dataset_labels(dataset, i), p.classes);
    *out = p;
    return LW_OK;
}

/** Column of the fallback that the calibrated model will have; -1: none. */
static lw_status find_fallback(const lw_model *model, const char *code, int *column, lw_error *err) {
    *column = code != NULL && *code != '\0' ? lw_class_find(lw_model_classes(model), code) : -1;
    if (code != NULL && *code != '\0' && *column < 0)
        return lw_fail(err, LW_ERR_ARGUMENT, "fallback %s is no code of any class", code);
    return LW_OK;
}

/** thresholds[classes] that do best; what they gain into `out`. */
static lw_status choose(const lw_model *model, lw_threshold_task *task, const lw_calibrate_options *options,
                        double *thresholds, lw_calibration *out, lw_error *err) {
    lw_threshold_result found;
    const char *fallback = options->fallback != NULL ? options->fallback : lw_model_fallback(model);
    lw_status status = find_fallback(model, fallback, &task->fallback, err);
    if (status == LW_OK)
        status = lw_thresholds_search(task, thresholds, &found, err);
    if (status != LW_OK)
        return status;
    out->records = task->records;
    out->common_threshold = found.common;
    out->metric_common = found.metric_common;
    out->metric_after = found.metric;
    return LW_OK;
}

lw_status lw_calibrate_before(const lw_model *model, size_t records, const uint8_t *labels, const float *probabilities,
                              const lw_calibrate_options *options, double *metric, lw_error *err) {
    lw_scoring scoring = {0};
    lw_threshold_task task = {.scoring = &scoring,
                              .classes = lw_model_classes(model),
                              .records = records,
                              .labels = labels,
                              .probabilities = probabilities};
    lw_status status = lw_scoring_create(options->year, options->weights, &scoring, err);
    if (status == LW_OK)
        status = find_fallback(model, lw_model_fallback(model), &task.fallback, err);
    if (status == LW_OK)
        status = lw_thresholds_metric(&task, lw_model_thresholds(model), metric, err);
    lw_scoring_free(&scoring);
    return status;
}

lw_status lw_calibrate_thresholds(lw_model *model, size_t records, const uint8_t *labels, const float *probabilities,
                                  const lw_calibrate_options *options, lw_calibration *out, lw_error *err) {
    lw_scoring scoring = {0};
    double *thresholds = lw_calloc(lw_class_count(lw_model_classes(model)), sizeof *thresholds);
    lw_threshold_task task = {.scoring = &scoring,
                              .classes = lw_model_classes(model),
                              .records = records,
                              .labels = labels,
                              .probabilities = probabilities};
    lw_status status = thresholds == NULL ? lw_fail_no_memory(err, "the thresholds")
                                          : lw_scoring_create(options->year, options->weights, &scoring, err);
    if (status == LW_OK)
        status = choose(model, &task, options, thresholds, out, err);
    if (status == LW_OK)
        status = lw_model_set_decision(model, thresholds, options->fallback, err);
    lw_scoring_free(&scoring);
    free(thresholds);
    return status;
}

/** Predict the data set, with another temperature where asked for, and say how reliable that is. */
static lw_status predict(lw_model *model, const lw_dataset *dataset, const lw_calibrate_options *options, predicted *p,
                         lw_calibration *out, lw_error *err) {
    const lw_reliability_task task = {p->records, p->classes, p->probabilities, p->labels};
    lw_status status = lw_predict_index(model, dataset, NULL, p->records, options->threads, options->memory_bytes,
                                        p->probabilities, err);
    if (status == LW_OK)
        status = lw_calibrate_before(model, p->records, p->labels, p->probabilities, options, &out->metric_before, err);
    if (status != LW_OK)
        return status;
    out->temperature = lw_model_temperature(model);
    out->ece_before = out->ece_after = lw_expected_calibration_error(&task);
    out->brier_before = out->brier_after = lw_brier_score(&task);
    if (!options->temperature)
        return LW_OK;
    out->temperature *= lw_temperature_search(&task);
    status = lw_model_set_temperature(model, out->temperature, err);
    if (status == LW_OK) /* again, so that thresholds are chosen on just what the model will say */
        status = lw_predict_index(model, dataset, NULL, p->records, options->threads, options->memory_bytes,
                                  p->probabilities, err);
    out->ece_after = lw_expected_calibration_error(&task);
    out->brier_after = lw_brier_score(&task);
    return status;
}

lw_status lw_calibrate(lw_model *model, const lw_dataset *dataset, const lw_calibrate_options *options,
                       lw_calibration *out, lw_error *err) {
    predicted p = {0};
    lw_calibration made = {0};
    const double temperature = lw_model_temperature(model);
    lw_status status = predicted_create(dataset, &p, err);
    if (status == LW_OK)
        status = predict(model, dataset, options, &p, &made, err);
    if (status == LW_OK)
        status = lw_calibrate_thresholds(model, p.records, p.labels, p.probabilities, options, &made, err);
    if (status != LW_OK && options->temperature && lw_model_set_temperature(model, temperature, NULL) != LW_OK)
        status = LW_ERR_NO_MEMORY;
    if (status == LW_OK && out != NULL)
        *out = made;
    predicted_free(&p);
    return status;
}
