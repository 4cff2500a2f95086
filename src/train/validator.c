/* This file validates: it computes the loss, the scores and the thresholds of weights on some records. */
#include "train/trainer.h"

#include <assert.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "base/memory.h"
#include "base/parallel.h"
#include "train/loss.h"

void lw_validator_free(lw_validator *validator) {
    lw_predictor_free(&validator->predictor);
    free(validator->labels);
    free(validator->probabilities);
    *validator = (lw_validator){0};
}

lw_status lw_validator_create(const lw_network *network, const lw_dataset *dataset, size_t max_records,
                              size_t max_batch, int threads, const lw_tuning *tuning, size_t memory_bytes,
                              size_t memory_whole_bytes, lw_validator *out, lw_error *err) {
    lw_validator v = {
        .dataset = dataset, .capacity = max_records, .classes = lw_class_count(lw_dataset_classes(dataset))};
    const lw_engine_options plan = {.max_batch = max_batch < max_records ? max_batch : max_records,
                                    .threads = threads,
                                    .memory_bytes = memory_bytes,
                                    .tuning = *tuning,
                                    .memory_whole_bytes = memory_whole_bytes};
    lw_status status = lw_predictor_create_bare(network, &plan, &v.predictor, err);
    v.labels = lw_calloc(max_records, v.classes);
    v.probabilities = lw_calloc(max_records, v.classes * sizeof *v.probabilities);
    if (status == LW_OK && !(v.labels && v.probabilities))
        status = lw_fail_no_memory(err, "validation");
    if (status == LW_OK)
        *out = v;
    else
        lw_validator_free(&v);
    return status;
}

/** A prediction: its records, the number that is done, and the sum of their losses. */
typedef struct prediction {
    lw_validator *validator;
    const size_t *index;
    size_t count, done;
    const double *class_weights;
    double sum;
} prediction;

/** Add the next record's loss, and keep its probabilities. */
static lw_status add_record(void *context, const lw_prediction *record, lw_error *err) {
    prediction *p = context;
    lw_validator *v = p->validator;
    const uint64_t number = record->index;
    float targets[LW_CLASSES_MAX];
    uint8_t known[LW_CLASSES_MAX];
    if (record->status != LW_OK)
        return lw_fail(err, record->status, "%s", record->sentence);
    for (size_t k = 0; k < v->classes; k++) {
        targets[k] = lw_dataset_labels(v->dataset, number)[k];
        v->probabilities[p->done * v->classes + k] = lw_sigmoid((double)record->probabilities[k]);
    }
    if (v->mask)
        lw_label_mask_fill(v->mask, &number, 1, known);
    p->sum += lw_loss(1, v->classes, record->probabilities, targets, p->class_weights, v->mask ? known : NULL, NULL);
    p->done++;
    return LW_OK;
}

/** Predict this rank's part of the records. */
static lw_status predict_part(void *context, lw_error *err) {
    prediction *p = context;
    const lw_part part = lw_cluster_part(p->validator->cluster, p->count);
    p->done = part.first;
    return lw_predictor_run_prepared(p->validator->predictor, p->validator->dataset, p->index + part.first, part.count,
                                     add_record, p, err);
}

lw_status lw_validator_predict(lw_validator *v, const float *values, const size_t *index, size_t count,
                               const double *class_weights, double *loss, lw_error *err) {
    prediction p = {.validator = v, .index = index, .count = count, .class_weights = class_weights};
    assert(count > 0 && count <= v->capacity);
    lw_predictor_load(v->predictor, values);
    memset(v->probabilities, 0, count * v->classes * sizeof *v->probabilities);
    lw_status status = lw_collective_run(v->cluster, LW_EVERY_RANK, predict_part, &p, err);
    if (status != LW_OK)
        return status;
    if (lw_cluster_shares(v->cluster)) {
        v->cluster->sum(v->cluster->context, v->probabilities, count * v->classes);
        v->cluster->sum(v->cluster->context, &p.sum, 1);
    }
    for (size_t i = 0; i < count; i++)
        memcpy(v->labels + i * v->classes, lw_dataset_labels(v->dataset, index[i]), v->classes);
    if (!isfinite(p.sum))
        return lw_fail(err, LW_ERR_NOT_FINITE, "the loss on %zu records is not finite", count);
    v->count = count;
    *loss = p.sum / (double)count;
    return LW_OK;
}

lw_status lw_validator_score(const lw_validator *v, int year, const double *thresholds, const char *fallback,
                             lw_scores *out, lw_error *err) {
    const lw_class_list *classes = lw_dataset_classes(v->dataset);
    const int column = fallback ? lw_class_find(classes, fallback) : -1;
    uint8_t *decisions = lw_calloc(v->count, v->classes);
    if (!decisions)
        return lw_fail_no_memory(err, "validation");
    for (size_t i = 0; i < v->count; i++) {
        const double *probabilities = v->probabilities + i * v->classes;
        bool any = false;
        for (size_t k = 0; k < v->classes; k++) {
            /* A model predicts in float: its thresholds are found on that. */
            const bool positive = thresholds ? (float)probabilities[k] >= thresholds[k] : probabilities[k] >= 0.5;
            decisions[i * v->classes + k] = positive;
            any |= positive;
        }
        if (!any && column >= 0)
            decisions[i * v->classes + (size_t)column] = 1;
    }
    lw_status status = lw_evaluate(year, classes, v->count, v->labels, decisions, v->probabilities, out, err);
    free(decisions);
    if (status != LW_ERR_ARGUMENT)
        return status;
    *out = (lw_scores){.year = year,
                       .record_count = v->count,
                       .auroc = NAN,
                       .auprc = NAN,
                       .accuracy = NAN,
                       .f_measure = NAN,
                       .f_beta_2 = NAN,
                       .g_beta_2 = NAN,
                       .challenge_metric = NAN};
    return LW_OK;
}

lw_status lw_validator_tune(const lw_validator *v, int year, const char *fallback, double *thresholds,
                            lw_threshold_result *found, lw_error *err) {
    const lw_class_list *classes = lw_dataset_classes(v->dataset);
    lw_scoring scoring = {0};
    float *probabilities = lw_calloc(v->count, v->classes * sizeof *probabilities);
    if (!probabilities)
        return lw_fail_no_memory(err, "the thresholds");
    /* A model predicts in float: thresholds are chosen on what it will compare with them. */
    for (size_t i = 0; i < v->count * v->classes; i++)
        probabilities[i] = (float)v->probabilities[i];
    const lw_threshold_task task = {.scoring = &scoring,
                                    .classes = classes,
                                    .records = v->count,
                                    .labels = v->labels,
                                    .probabilities = probabilities,
                                    .fallback = fallback ? lw_class_find(classes, fallback) : -1};
    lw_status status = lw_scoring_create(year, NULL, &scoring, err);
    if (status == LW_OK)
        status = lw_thresholds_search(&task, thresholds, found, err);
    lw_scoring_free(&scoring);
    free(probabilities);
    return status;
}
