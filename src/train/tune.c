#include "train/tune.h"

#include <stdlib.h>

#include "base/error.h"
#include "base/memory.h"

lw_status lw_tune_thresholds(const lw_judge *judge, int year, const char *fallback, double *thresholds,
                             lw_threshold_result *found, lw_error *err) {
    const lw_class_list *classes = lw_dataset_classes(judge->dataset);
    lw_scoring scoring = {0};
    float *probabilities = lw_calloc(judge->count, judge->classes * sizeof *probabilities);
    if (probabilities == NULL)
        return lw_fail_no_memory(err, "the thresholds");
    /* A model predicts in float. */
    for (size_t i = 0; i < judge->count * judge->classes; i++)
        probabilities[i] = (float)judge->probabilities[i];
    const lw_threshold_task task = {.scoring = &scoring,
                                    .classes = classes,
                                    .records = judge->count,
                                    .labels = judge->labels,
                                    .probabilities = probabilities,
                                    .fallback = fallback == NULL ? -1 : lw_class_find(classes, fallback)};
    lw_status status = lw_scoring_create(year, NULL, &scoring, err);
    if (status == LW_OK)
        status = lw_thresholds_search(&task, thresholds, found, err);
    lw_scoring_free(&scoring);
    free(probabilities);
    return status;
}
