#include "train/judge.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "base/memory.h"
#include "base/ranks.h"
#include "train/loss.h"

static const double decision_threshold = 0.5;

void lw_judge_free(lw_judge *judge) {
    lw_predictor_free(&judge->predictor);
    free(judge->targets);
    free(judge->known);
    free(judge->labels);
    free(judge->probabilities);
    *judge = (lw_judge){0};
}

lw_status lw_judge_create(const lw_network *network, const lw_dataset *dataset, size_t max_records, size_t max_batch,
                          int threads, const lw_tuning *tuning, size_t memory_bytes, size_t memory_whole_bytes,
                          lw_judge *out, lw_error *err) {
    lw_judge j = {.dataset = dataset, .classes = lw_class_count(lw_dataset_classes(dataset))};
    const lw_engine_options plan = {.max_batch = max_batch < max_records ? max_batch : max_records,
                                    .threads = threads,
                                    .memory_bytes = memory_bytes,
                                    .tuning = *tuning,
                                    .memory_whole_bytes = memory_whole_bytes};
    lw_status status = lw_predictor_create_bare(network, &plan, &j.predictor, err);
    j.targets = lw_calloc(j.classes, sizeof *j.targets);
    j.known = lw_calloc(j.classes, sizeof *j.known);
    j.labels = lw_calloc(max_records, j.classes);
    j.probabilities = lw_calloc(max_records, j.classes * sizeof *j.probabilities);
    if (status == LW_OK && !(j.targets && j.known && j.labels && j.probabilities))
        status = lw_fail_no_memory(err, "validation");
    if (status == LW_OK)
        *out = j;
    else
        lw_judge_free(&j);
    return status;
}

/** Records to predict, how many of them have been, and the sum of their losses. */
typedef struct prediction {
    lw_judge *judge;
    const size_t *index;
    size_t count, done;
    const double *class_weights;
    double sum;
} prediction;

/** Take the next record's logits. */
static lw_status add_record(void *context, const lw_prediction *record, lw_error *err) {
    prediction *p = context;
    lw_judge *j = p->judge;
    const uint64_t number = record->index;
    if (record->status != LW_OK)
        return lw_fail(err, record->status, "%s", record->sentence);
    for (size_t k = 0; k < j->classes; k++) {
        j->targets[k] = lw_dataset_labels(j->dataset, number)[k];
        j->probabilities[p->done * j->classes + k] = lw_sigmoid((double)record->probabilities[k]);
    }
    if (j->mask != NULL)
        lw_label_mask_fill(j->mask, &number, 1, j->known);
    p->sum += lw_loss(1, j->classes, record->probabilities, j->targets, p->class_weights,
                      j->mask != NULL ? j->known : NULL, NULL);
    p->done++;
    return LW_OK;
}

/** Predict this rank's part of the records. */
static lw_status predict_part(void *context, lw_error *err) {
    prediction *p = context;
    const lw_part part = lw_cluster_part(p->judge->cluster, p->count);
    p->done = part.first;
    return lw_predictor_run_prepared(p->judge->predictor, p->judge->dataset, p->index + part.first, part.count,
                                     add_record, p, err);
}

/** Each rank has predicted its part: put them together. */
static void join_parts(lw_judge *j, size_t count, double *sum) {
    if (!lw_cluster_shares(j->cluster))
        return;
    j->cluster->sum(j->cluster->context, j->probabilities, count * j->classes);
    j->cluster->sum(j->cluster->context, sum, 1);
}

lw_status lw_judge_predict(lw_judge *j, const float *values, const size_t *index, size_t count,
                           const double *class_weights, double *loss, lw_error *err) {
    prediction p = {.judge = j, .index = index, .count = count, .class_weights = class_weights};
    lw_predictor_load(j->predictor, values);
    memset(j->probabilities, 0, count * j->classes * sizeof *j->probabilities);
    lw_status status = lw_collective_run(j->cluster, LW_EVERY_RANK, predict_part, &p, err);
    if (status != LW_OK)
        return status;
    join_parts(j, count, &p.sum);
    for (size_t i = 0; i < count; i++)
        memcpy(j->labels + i * j->classes, lw_dataset_labels(j->dataset, index[i]), j->classes);
    if (!isfinite(p.sum))
        return lw_fail(err, LW_ERR_NOT_FINITE, "the loss on %zu records is not finite", count);
    j->index = index;
    j->count = count;
    *loss = p.sum / (double)count;
    return LW_OK;
}

/** decisions[classes] of one record. `fallback` is a class, or -1. */
static void decide(const double *probabilities, size_t classes, const double *thresholds, int fallback,
                   uint8_t *decisions) {
    bool any = false;
    for (size_t k = 0; k < classes; k++) {
        /* A model predicts in float: that is how its thresholds were found. */
        decisions[k] =
            thresholds != NULL ? (float)probabilities[k] >= thresholds[k] : probabilities[k] >= decision_threshold;
        any |= decisions[k] != 0;
    }
    if (!any && fallback >= 0)
        decisions[fallback] = 1;
}

lw_status lw_judge_score(const lw_judge *j, int year, const double *thresholds, const char *fallback, lw_scores *out,
                         lw_error *err) {
    const lw_class_list *classes = lw_dataset_classes(j->dataset);
    uint8_t *decisions = lw_calloc(j->count, j->classes);
    if (decisions == NULL)
        return lw_fail_no_memory(err, "validation");
    int class = fallback == NULL ? -1 : lw_class_find(classes, fallback);
    for (size_t i = 0; i < j->count; i++)
        decide(j->probabilities + i * j->classes, j->classes, thresholds, class, decisions + i * j->classes);
    lw_status status = lw_evaluate(year, classes, j->count, j->labels, decisions, j->probabilities, out, err);
    free(decisions);
    if (status != LW_ERR_ARGUMENT)
        return status;
    *out = (lw_scores){.year = year,
                       .records = j->count,
                       .auroc = NAN,
                       .auprc = NAN,
                       .accuracy = NAN,
                       .f_measure = NAN,
                       .f_beta_2 = NAN,
                       .g_beta_2 = NAN,
                       .challenge_metric = NAN};
    return LW_OK;
}
