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
    free(judge->records);
    free(judge->targets);
    free(judge->known);
    free(judge->logits);
    free(judge->labels);
    free(judge->probabilities);
    *judge = (lw_judge){0};
}

static lw_status allocate(lw_judge *j, size_t max_records, lw_error *err) {
    size_t cells, predictions;
    if (lw_size_mul(j->max_batch, j->classes, &cells) && lw_size_mul(max_records, j->classes, &predictions)) {
        j->records = lw_calloc(j->max_batch, sizeof *j->records);
        j->targets = lw_calloc(cells, sizeof *j->targets);
        j->known = lw_calloc(cells, sizeof *j->known);
        j->logits = lw_calloc(predictions, sizeof *j->logits);
        j->labels = lw_calloc(predictions, 1);
        j->probabilities = lw_calloc(predictions, sizeof *j->probabilities);
    }
    bool whole = j->records != NULL && j->targets != NULL && j->known != NULL && j->logits != NULL &&
                 j->labels != NULL && j->probabilities != NULL;
    return whole ? LW_OK : lw_fail_no_memory(err, "validation");
}

lw_status lw_judge_create(const lw_network *network, const lw_dataset *dataset, size_t max_records, size_t max_batch,
                          int threads, size_t memory_bytes, size_t memory_whole_bytes, lw_judge *out, lw_error *err) {
    lw_judge j = {.dataset = dataset,
                  .max_batch = max_batch < max_records ? max_batch : max_records,
                  .classes = lw_class_count(lw_dataset_classes(dataset))};
    const lw_engine_options plan = {.max_batch = j.max_batch,
                                    .threads = threads,
                                    .memory_bytes = memory_bytes,
                                    .memory_whole_bytes = memory_whole_bytes};
    lw_status status = lw_predictor_create_bare(network, &plan, &j.predictor, err);
    if (status == LW_OK)
        status = allocate(&j, max_records, err);
    if (status != LW_OK) {
        lw_judge_free(&j);
        return status;
    }
    *out = j;
    return LW_OK;
}

static lw_status keep_logits(void *context, const lw_prediction *prediction, lw_error *err) {
    lw_judge *j = context;
    if (prediction->status != LW_OK)
        return lw_fail(err, prediction->status, "%s", prediction->sentence);
    memcpy(j->logits + j->done * j->classes, prediction->probabilities, j->classes * sizeof *j->logits);
    j->done++;
    return LW_OK;
}

/** The summed losses of `n` records index[first] and on. */
static double batch_loss(lw_judge *j, const size_t *index, size_t first, size_t n, const double *class_weights) {
    for (size_t i = 0; i < n; i++) {
        j->records[i] = index[first + i];
        for (size_t k = 0; k < j->classes; k++)
            j->targets[i * j->classes + k] = lw_dataset_labels(j->dataset, index[first + i])[k];
    }
    if (j->mask != NULL)
        lw_label_mask_fill(j->mask, j->records, n, j->known);
    return lw_loss(n, j->classes, j->logits + first * j->classes, j->targets, class_weights,
                   j->mask != NULL ? j->known : NULL, NULL) *
           (double)n;
}

/** Records to predict, and the sum of their losses. */
typedef struct prediction {
    lw_judge *judge;
    const size_t *index;
    size_t count;
    const double *class_weights;
    double sum;
} prediction;

/** Predict this rank's part of the records. */
static lw_status predict_part(void *context, lw_error *err) {
    prediction *p = context;
    lw_judge *j = p->judge;
    const lw_part part = lw_cluster_part(j->cluster, p->count);
    const size_t end = part.first + part.count;
    j->done = part.first;
    lw_status status =
        lw_predictor_run_prepared(j->predictor, j->dataset, p->index + part.first, part.count, keep_logits, j, err);
    for (size_t at = part.first; status == LW_OK && at < end; at += j->max_batch)
        p->sum += batch_loss(j, p->index, at, end - at < j->max_batch ? end - at : j->max_batch, p->class_weights);
    for (size_t i = part.first * j->classes; status == LW_OK && i < end * j->classes; i++)
        j->probabilities[i] = lw_sigmoid((double)j->logits[i]);
    return status;
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
    prediction p = {j, index, count, class_weights, 0};
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
