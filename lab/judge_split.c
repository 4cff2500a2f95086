#include "lab/judge_split.h"

#include <stdlib.h>

#include "base/error.h"
#include "base/memory.h"
#include "evaluate/scoring.h"
#include "predict/predictor.h"

size_t lw_predicted_records(const lw_split *split) {
    return split->count[LW_SPLIT_VALIDATION] + split->count[LW_SPLIT_TEST];
}

lw_status lw_predict_split(const lw_model *model, const lw_dataset *dataset, const lw_split *split, int threads,
                           size_t memory_bytes, float *probabilities, lw_error *err) {
    const size_t validation = split->count[LW_SPLIT_VALIDATION], test = split->count[LW_SPLIT_TEST];
    const size_t classes = lw_class_count(lw_dataset_classes(dataset));
    lw_status status = lw_predict_index(model, dataset, split->index[LW_SPLIT_VALIDATION], validation, threads,
                                        memory_bytes, probabilities, err);
    return status == LW_OK ? lw_predict_index(model, dataset, split->index[LW_SPLIT_TEST], test, threads, memory_bytes,
                                              probabilities + validation * classes, err)
                           : status;
}

/** Thresholds from probabilities[validation records][classes]. */
static lw_status tune(const lw_dataset *dataset, const lw_split *split, const lw_scoring *scoring, int fallback,
                      const float *probabilities, double *thresholds, lw_error *err) {
    const size_t count = split->count[LW_SPLIT_VALIDATION], *index = split->index[LW_SPLIT_VALIDATION];
    const size_t classes = lw_class_count(lw_dataset_classes(dataset));
    uint8_t *labels = lw_calloc(count * classes, sizeof *labels);
    if (labels == NULL)
        return lw_fail_no_memory(err, "the thresholds");
    for (size_t i = 0; i < count; i++)
        for (size_t k = 0; k < classes; k++)
            labels[i * classes + k] = lw_dataset_labels(dataset, index[i])[k];
    const lw_threshold_task task = {.scoring = scoring,
                                    .classes = lw_dataset_classes(dataset),
                                    .records = count,
                                    .labels = labels,
                                    .probabilities = probabilities,
                                    .fallback = fallback};
    lw_threshold_result result;
    lw_status status = lw_thresholds_search(&task, thresholds, &result, err);
    free(labels);
    return status;
}

lw_status lw_judge_predictions(const lw_dataset *dataset, const lw_split *split, const lw_scoring *scoring,
                               int fallback, const float *probabilities, double *thresholds, lw_pool *pool,
                               lw_error *err) {
    const size_t count = split->count[LW_SPLIT_TEST], *index = split->index[LW_SPLIT_TEST];
    const float *test = probabilities + split->count[LW_SPLIT_VALIDATION] * pool->classes;
    lw_status status = tune(dataset, split, scoring, fallback, probabilities, thresholds, err);
    for (size_t i = 0; status == LW_OK && i < count; i++)
        lw_pool_set(pool, index[i], test + i * pool->classes, fallback, thresholds);
    return status;
}

lw_status lw_judge_split(const lw_model *model, const lw_dataset *dataset, const lw_split *split,
                         const lw_scoring *scoring, int fallback, int threads, size_t memory_bytes, double *thresholds,
                         lw_pool *pool, lw_error *err) {
    float *probabilities = lw_calloc(lw_predicted_records(split) * pool->classes, sizeof *probabilities);
    if (probabilities == NULL)
        return lw_fail_no_memory(err, "the predictions");
    lw_status status = lw_predict_split(model, dataset, split, threads, memory_bytes, probabilities, err);
    if (status == LW_OK)
        status = lw_judge_predictions(dataset, split, scoring, fallback, probabilities, thresholds, pool, err);
    free(probabilities);
    return status;
}
