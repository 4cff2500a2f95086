/* This file keeps the predictions of records that a model was not trained on, scores them, and writes them as the
 * Challenge's files. */
#include "lab/crossval_internal.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "base/file.h"
#include "base/memory.h"
#include "base/text.h"
#include "evaluate/folders.h"
#include "evaluate/scoring.h"
#include "leadwise/report.h"
#include "predict/predictor.h"
#include "report/escape.h"
#include "train/options_table.h"

const char *lw_rule_name(lw_rule rule) {
    static const char *const names[LW_RULE_COUNT] = {"plain", "fallback", "tuned"};
    assert(rule < LW_RULE_COUNT);
    return names[rule];
}

void lw_pool_free(lw_pool *pool) {
    for (size_t i = 0; i < pool->rejected_count; i++)
        free(pool->rejected_names[i]);
    free(pool->rejected_names);
    free(pool->labels);
    free(pool->probabilities);
    for (size_t rule = 0; rule < LW_RULE_COUNT; rule++)
        free(pool->decisions[rule]);
    *pool = (lw_pool){0};
}

/* ---- Rejected records */

static int compare_names(const void *a, const void *b) { return strcmp(*(char *const *)a, *(char *const *)b); }

static lw_status fail_name(const char *name, lw_error *err) {
    return lw_fail(err, LW_ERR_ARGUMENT, "record %.200s: no output file can have its name", name);
}

/** Append record `i` of `set`, its labels in the columns of the data set; until all are found, they are the only ones. */
static lw_status add_rejected(const lw_label_set *set, size_t i, const lw_scoring *scoring, lw_pool *pool,
                              lw_error *err) {
    char **names = realloc(pool->rejected_names, (pool->rejected_count + 1) * sizeof *names);
    pool->rejected_names = names ? names : pool->rejected_names;
    uint8_t *labels = realloc(pool->labels, (pool->rejected_count + 1) * pool->class_count);
    pool->labels = labels ? labels : pool->labels;
    char *name = lw_strdup(set->names[i]);
    if (!names || !labels || !name) {
        free(name);
        return lw_fail_no_memory(err, "the rejected records");
    }
    uint8_t *row = labels + pool->rejected_count * pool->class_count;
    memset(row, 0, pool->class_count);
    for (size_t j = 0; j < set->classes; j++)
        for (size_t k = 0; set->labels[i * set->classes + j] && k < pool->class_count; k++)
            row[k] |= lw_classes_share_code(lw_dataset_classes(pool->dataset), k, scoring->classes, j);
    names[pool->rejected_count++] = name;
    return LW_OK;
}

/** Find the records of `folder` that have labels, but no signals in the data set. */
static lw_status find_rejected(const lw_scoring *scoring, const char *folder, lw_pool *pool, lw_error *err) {
    lw_label_set set = {0};
    const lw_notes no_notes = {0};
    lw_status status = lw_label_set_read(folder, scoring, &no_notes, &set, err);
    bool *prepared = lw_calloc(set.count + 1, sizeof *prepared);
    if (status == LW_OK && !prepared)
        status = lw_fail_no_memory(err, "the rejected records");
    for (size_t i = 0; status == LW_OK && i < lw_dataset_record_count(pool->dataset); i++) {
        const char *name = lw_dataset_name(pool->dataset, i);
        char **at = bsearch(&name, set.names, set.count, sizeof *set.names, compare_names);
        if (at)
            prepared[at - set.names] = true;
    }
    for (size_t i = 0; status == LW_OK && i < set.count; i++)
        if (!prepared[i] && !lw_is_file_name(set.names[i]))
            status = fail_name(set.names[i], err);
        else if (!prepared[i])
            status = add_rejected(&set, i, scoring, pool, err);
    free(prepared);
    lw_label_set_free(&set);
    return status;
}

/* ---- The table */

static lw_status check_names(const lw_dataset *dataset, lw_error *err) {
    for (size_t i = 0; i < lw_dataset_record_count(dataset); i++) {
        const char *name = lw_dataset_name(dataset, i);
        if (strchr(name, '/'))
            return lw_fail(err, LW_ERR_ARGUMENT,
                           "record %s shares its name with a record of another folder, so that no output file can be "
                           "named after it",
                           name);
        if (!lw_is_file_name(name))
            return fail_name(name, err);
    }
    return LW_OK;
}

static lw_status allocate(lw_pool *pool, lw_error *err) {
    size_t cells;
    bool whole = lw_size_mul(pool->row_count, pool->class_count, &cells);
    if (whole) {
        pool->labels = lw_calloc(cells, sizeof *pool->labels);
        pool->probabilities = lw_calloc(cells, sizeof *pool->probabilities);
        whole = pool->labels && pool->probabilities;
    }
    for (size_t rule = 0; whole && rule < LW_RULE_COUNT; rule++) {
        pool->decisions[rule] = lw_calloc(cells, sizeof *pool->decisions[rule]);
        whole = pool->decisions[rule];
    }
    return whole ? LW_OK : lw_fail_no_memory(err, "the predictions");
}

lw_status lw_pool_create(const lw_dataset *dataset, const lw_scoring *scoring, const char *const *label_folders,
                         size_t label_folder_count, lw_pool *out, lw_error *err) {
    const size_t records = lw_dataset_record_count(dataset);
    lw_pool pool = {.dataset = dataset, .class_count = lw_class_count(lw_dataset_classes(dataset))};
    lw_status status = check_names(dataset, err);
    for (size_t i = 0; status == LW_OK && i < label_folder_count; i++)
        status = find_rejected(scoring, label_folders[i], &pool, err);
    uint8_t *rejected_labels = pool.labels;
    pool.labels = NULL;
    pool.row_count = records + pool.rejected_count;
    if (status == LW_OK)
        status = allocate(&pool, err);
    for (size_t i = 0; status == LW_OK && i < pool.row_count; i++)
        memcpy(pool.labels + i * pool.class_count,
               i < records ? lw_dataset_labels(dataset, i) : rejected_labels + (i - records) * pool.class_count,
               pool.class_count);
    free(rejected_labels);
    if (status == LW_OK)
        *out = pool;
    else
        lw_pool_free(&pool);
    return status;
}

/* ---- Predictions */

/** decisions[classes] of one record. `thresholds` NULL: 0.5 for all. */
static void decide(const float *probabilities, size_t classes, const double *thresholds, int fallback,
                   uint8_t *decisions) {
    bool any = false;
    for (size_t k = 0; k < classes; k++) {
        decisions[k] = (double)probabilities[k] >= (thresholds ? thresholds[k] : 0.5);
        any |= decisions[k] != 0;
    }
    if (!any && fallback >= 0)
        decisions[fallback] = 1;
}

/** Take in the probabilities [classes] of record `row`. */
static void set_row(lw_pool *pool, size_t row, const float *probabilities, int fallback, const double *thresholds) {
    assert(row < pool->row_count && fallback < (int)pool->class_count);
    const size_t at = row * pool->class_count;
    memcpy(pool->probabilities + at, probabilities, pool->class_count * sizeof *probabilities);
    decide(probabilities, pool->class_count, NULL, -1, pool->decisions[LW_RULE_PLAIN] + at);
    decide(probabilities, pool->class_count, NULL, fallback, pool->decisions[LW_RULE_FALLBACK] + at);
    decide(probabilities, pool->class_count, thresholds, fallback, pool->decisions[LW_RULE_TUNED] + at);
}

lw_predict_how lw_predict_how_of(const lw_train_options *train) {
    return (lw_predict_how){train->threads, train->memory_bytes, train->tuning};
}

size_t lw_predicted_records(const lw_split *split) {
    return split->count[LW_SPLIT_VALIDATION] + split->count[LW_SPLIT_TEST];
}

lw_status lw_predict_split(const lw_model *model, const lw_dataset *dataset, const lw_split *split, lw_predict_how how,
                           float *probabilities, lw_error *err) {
    const size_t validation = split->count[LW_SPLIT_VALIDATION], test = split->count[LW_SPLIT_TEST];
    const size_t classes = lw_class_count(lw_dataset_classes(dataset));
    lw_status status =
        lw_predict_index(model, dataset, split->index[LW_SPLIT_VALIDATION], validation, how, probabilities, err);
    return status == LW_OK ? lw_predict_index(model, dataset, split->index[LW_SPLIT_TEST], test, how,
                                              probabilities + validation * classes, err)
                           : status;
}

/** Thresholds from probabilities[validation records][classes]. */
static lw_status tune_thresholds(const lw_dataset *dataset, const lw_split *split, const lw_scoring *scoring,
                                 int fallback, const float *probabilities, double *thresholds, lw_error *err) {
    const size_t count = split->count[LW_SPLIT_VALIDATION], *index = split->index[LW_SPLIT_VALIDATION];
    const size_t classes = lw_class_count(lw_dataset_classes(dataset));
    uint8_t *labels = lw_calloc(count * classes, sizeof *labels);
    if (!labels)
        return lw_fail_no_memory(err, "the thresholds");
    for (size_t i = 0; i < count; i++)
        memcpy(labels + i * classes, lw_dataset_labels(dataset, index[i]), classes);
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

lw_status lw_pool_add_predictions(const lw_dataset *dataset, const lw_split *split, const lw_scoring *scoring,
                                  int fallback, const float *probabilities, double *thresholds, lw_pool *pool,
                                  lw_error *err) {
    const size_t count = split->count[LW_SPLIT_TEST], *index = split->index[LW_SPLIT_TEST];
    const float *test = probabilities + split->count[LW_SPLIT_VALIDATION] * pool->class_count;
    lw_status status = tune_thresholds(dataset, split, scoring, fallback, probabilities, thresholds, err);
    for (size_t i = 0; status == LW_OK && i < count; i++)
        set_row(pool, index[i], test + i * pool->class_count, fallback, thresholds);
    return status;
}

/* ---- Scores and files */

/** What a probability reads as that was written with nine digits. */
static double as_written(float probability, lw_text *scratch) {
    double read = (double)probability;
    scratch->length = 0;
    lw_text_printf(scratch, "%.9g", (double)probability);
    if (!scratch->failed)
        lw_span_double((lw_span){scratch->data, scratch->length}, &read);
    return read;
}

lw_status lw_pool_answers(const lw_pool *pool, const lw_scoring *scoring, lw_rule rule, const size_t *index,
                          size_t count, lw_answers *out, lw_error *err) {
    assert(count <= pool->row_count); /* so that count * classes does not overflow */
    const size_t classes = pool->class_count;
    uint8_t *labels = lw_calloc(count, classes), *decisions = lw_calloc(count, classes);
    double *probabilities = lw_calloc(count * classes, sizeof *probabilities);
    lw_text scratch = {.failed = !labels || !decisions || !probabilities};
    for (size_t i = 0; !scratch.failed && i < count; i++) {
        const size_t row = index ? index[i] : i;
        memcpy(labels + i * classes, pool->labels + row * classes, classes);
        memcpy(decisions + i * classes, pool->decisions[rule] + row * classes, classes);
        for (size_t k = 0; k < classes; k++)
            probabilities[i * classes + k] = as_written(pool->probabilities[row * classes + k], &scratch);
    }
    lw_status status = scratch.failed ? lw_fail_no_memory(err, "the predictions")
                                      : lw_answers_join(scoring, lw_dataset_classes(pool->dataset), count, labels,
                                                        decisions, probabilities, out, err);
    lw_text_free(&scratch);
    free(labels);
    free(decisions);
    free(probabilities);
    return status;
}

lw_status lw_pool_write_outputs(const lw_pool *pool, const char *folder, lw_error *err) {
    const size_t records = lw_dataset_record_count(pool->dataset);
    lw_status status = lw_folder_create(folder, err);
    for (size_t i = 0; status == LW_OK && i < pool->row_count; i++) {
        const lw_prediction prediction = {.record = i < records ? lw_dataset_name(pool->dataset, i)
                                                                : pool->rejected_names[i - records],
                                          .status = LW_OK,
                                          .probabilities = pool->probabilities + i * pool->class_count,
                                          .decisions = pool->decisions[LW_RULE_FALLBACK] + i * pool->class_count};
        status = lw_prediction_write_challenge(folder, lw_dataset_classes(pool->dataset), &prediction, err);
    }
    return status;
}
