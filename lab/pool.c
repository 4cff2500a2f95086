#include "lab/pool.h"

#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "base/file.h"
#include "base/memory.h"
#include "base/text.h"
#include "evaluate/folders.h"
#include "leadwise/report.h"
#include "report/escape.h"

const char *lw_rule_name(lw_rule rule) {
    static const char *const names[LW_RULE_COUNT] = {"plain", "fallback", "tuned"};
    return names[rule];
}

void lw_pool_free(lw_pool *pool) {
    for (size_t i = 0; i < pool->rejected; i++)
        free(pool->rejected_names[i]);
    free(pool->rejected_names);
    free(pool->labels);
    free(pool->probabilities);
    for (size_t rule = 0; rule < LW_RULE_COUNT; rule++)
        free(pool->decisions[rule]);
    *pool = (lw_pool){0};
}

/* ---- Rejected records */

/** Records that have labels, but no signals in the data set. */
typedef struct rejects {
    char **names;    /**< owned */
    uint8_t *labels; /**< [count][classes] of the data set */
    size_t count, classes;
} rejects;

static void rejects_free(rejects *r) {
    for (size_t i = 0; i < r->count; i++)
        free(r->names[i]);
    free(r->names);
    free(r->labels);
    *r = (rejects){0};
}

static int compare_names(const void *a, const void *b) { return strcmp(*(char *const *)a, *(char *const *)b); }

static lw_status fail_name(const char *name, lw_error *err) {
    return lw_fail(err, LW_ERR_ARGUMENT, "record %.200s: no output file can have its name", name);
}

/** Append record `i` of `set`, its labels in the columns of `classes`. */
static lw_status add_reject(const lw_label_set *set, size_t i, const lw_scoring *scoring, const lw_class_list *classes,
                            rejects *r, lw_error *err) {
    char **names = realloc(r->names, (r->count + 1) * sizeof *names);
    r->names = names != NULL ? names : r->names;
    uint8_t *labels = realloc(r->labels, (r->count + 1) * r->classes);
    r->labels = labels != NULL ? labels : r->labels;
    char *name = lw_strdup(set->names[i]);
    if (names == NULL || labels == NULL || name == NULL) {
        free(name);
        return lw_fail_no_memory(err, "the rejected records");
    }
    uint8_t *row = labels + r->count * r->classes;
    memset(row, 0, r->classes);
    for (size_t j = 0; j < set->classes; j++)
        for (size_t k = 0; set->labels[i * set->classes + j] && k < r->classes; k++)
            row[k] |= lw_classes_share_code(classes, k, scoring->classes, j);
    names[r->count++] = name;
    return LW_OK;
}

static lw_status find_in_folder(const lw_dataset *dataset, const lw_scoring *scoring, const char *folder, rejects *r,
                                lw_error *err) {
    lw_label_set set = {0};
    const lw_notes no_notes = {0};
    lw_status status = lw_label_set_read(folder, scoring, &no_notes, &set, err);
    bool *prepared = lw_calloc(set.count + 1, sizeof *prepared);
    if (status == LW_OK && prepared == NULL)
        status = lw_fail_no_memory(err, "the rejected records");
    for (size_t i = 0; status == LW_OK && i < lw_dataset_record_count(dataset); i++) {
        const char *name = lw_dataset_name(dataset, i);
        char **at = bsearch(&name, set.names, set.count, sizeof *set.names, compare_names);
        if (at != NULL)
            prepared[at - set.names] = true;
    }
    for (size_t i = 0; status == LW_OK && i < set.count; i++)
        if (!prepared[i] && !lw_is_file_name(set.names[i]))
            status = fail_name(set.names[i], err);
        else if (!prepared[i])
            status = add_reject(&set, i, scoring, lw_dataset_classes(dataset), r, err);
    free(prepared);
    lw_label_set_free(&set);
    return status;
}

/* ---- The table */

static lw_status check_names(const lw_dataset *dataset, lw_error *err) {
    for (size_t i = 0; i < lw_dataset_record_count(dataset); i++) {
        const char *name = lw_dataset_name(dataset, i);
        if (strchr(name, '/') != NULL)
            return lw_fail(err, LW_ERR_ARGUMENT,
                           "record %s shares its name with a record of another folder, so that "
                           "no output file can be named after it",
                           name);
        if (!lw_is_file_name(name))
            return fail_name(name, err);
    }
    return LW_OK;
}

static lw_status allocate(lw_pool *pool, lw_error *err) {
    size_t cells;
    bool whole = lw_size_mul(pool->rows, pool->classes, &cells);
    if (whole) {
        pool->labels = lw_calloc(cells, sizeof *pool->labels);
        pool->probabilities = lw_calloc(cells, sizeof *pool->probabilities);
        whole = pool->labels != NULL && pool->probabilities != NULL;
    }
    for (size_t rule = 0; whole && rule < LW_RULE_COUNT; rule++) {
        pool->decisions[rule] = lw_calloc(cells, sizeof *pool->decisions[rule]);
        whole = pool->decisions[rule] != NULL;
    }
    return whole ? LW_OK : lw_fail_no_memory(err, "the predictions");
}

/** Rows for the data set and `r`, whose names move to the pool. */
static lw_status fill(const lw_dataset *dataset, rejects *r, lw_pool *pool, lw_error *err) {
    const size_t records = lw_dataset_record_count(dataset);
    *pool = (lw_pool){.dataset = dataset, .rows = records + r->count, .classes = r->classes};
    lw_status status = allocate(pool, err);
    if (status != LW_OK)
        return status;
    for (size_t i = 0; i < records; i++)
        memcpy(pool->labels + i * pool->classes, lw_dataset_labels(dataset, i), pool->classes);
    if (r->count > 0)
        memcpy(pool->labels + records * pool->classes, r->labels, r->count * pool->classes);
    pool->rejected = r->count;
    pool->rejected_names = r->names;
    r->names = NULL;
    r->count = 0;
    return LW_OK;
}

lw_status lw_pool_create(const lw_dataset *dataset, const lw_scoring *scoring, const char *const *label_folders,
                         size_t label_folder_count, lw_pool *out, lw_error *err) {
    rejects rejected = {.classes = lw_class_count(lw_dataset_classes(dataset))};
    lw_pool pool = {0};
    lw_status status = check_names(dataset, err);
    for (size_t i = 0; status == LW_OK && i < label_folder_count; i++)
        status = find_in_folder(dataset, scoring, label_folders[i], &rejected, err);
    if (status == LW_OK)
        status = fill(dataset, &rejected, &pool, err);
    rejects_free(&rejected);
    if (status == LW_OK)
        *out = pool;
    else
        lw_pool_free(&pool);
    return status;
}

/** decisions[classes] of one record. `thresholds` NULL: 0.5 for all. */
static void decide(const float *probabilities, size_t classes, const double *thresholds, int fallback,
                   uint8_t *decisions) {
    bool any = false;
    for (size_t k = 0; k < classes; k++) {
        decisions[k] = (double)probabilities[k] >= (thresholds != NULL ? thresholds[k] : 0.5);
        any |= decisions[k] != 0;
    }
    if (!any && fallback >= 0)
        decisions[fallback] = 1;
}

void lw_pool_set(lw_pool *pool, size_t row, const float *probabilities, int fallback, const double *thresholds) {
    const size_t at = row * pool->classes;
    memcpy(pool->probabilities + at, probabilities, pool->classes * sizeof *probabilities);
    decide(probabilities, pool->classes, NULL, -1, pool->decisions[LW_RULE_PLAIN] + at);
    decide(probabilities, pool->classes, NULL, fallback, pool->decisions[LW_RULE_FALLBACK] + at);
    decide(probabilities, pool->classes, thresholds, fallback, pool->decisions[LW_RULE_TUNED] + at);
}

/** What a probability reads as that was written with nine digits. */
static double as_written(float probability, lw_text *scratch) {
    double read = (double)probability;
    scratch->length = 0;
    lw_text_printf(scratch, "%.9g", (double)probability);
    if (!scratch->failed)
        lw_span_double((lw_span){scratch->data, scratch->length}, &read);
    return read;
}

/** The rows that an answer is made from, copied together. */
typedef struct selection {
    uint8_t *labels, *decisions;
    double *probabilities;
} selection;

static bool select_rows(const lw_pool *pool, lw_rule rule, const size_t *index, size_t count, selection *out) {
    const size_t classes = pool->classes;
    size_t cells;
    if (!lw_size_mul(count, classes, &cells))
        return false;
    lw_text scratch = {0};
    out->labels = lw_calloc(cells, sizeof *out->labels);
    out->decisions = lw_calloc(cells, sizeof *out->decisions);
    out->probabilities = lw_calloc(cells, sizeof *out->probabilities);
    bool whole = out->labels != NULL && out->decisions != NULL && out->probabilities != NULL;
    for (size_t i = 0; whole && i < count; i++) {
        const size_t row = index != NULL ? index[i] : i;
        memcpy(out->labels + i * classes, pool->labels + row * classes, classes);
        memcpy(out->decisions + i * classes, pool->decisions[rule] + row * classes, classes);
        for (size_t k = 0; k < classes; k++)
            out->probabilities[i * classes + k] = as_written(pool->probabilities[row * classes + k], &scratch);
        whole = !scratch.failed;
    }
    lw_text_free(&scratch);
    return whole;
}

lw_status lw_pool_answers(const lw_pool *pool, const lw_scoring *scoring, lw_rule rule, const size_t *index,
                          size_t count, lw_answers *out, lw_error *err) {
    selection rows = {0};
    lw_status status = LW_OK;
    if (select_rows(pool, rule, index, count, &rows))
        status = lw_answers_join(scoring, lw_dataset_classes(pool->dataset), count, rows.labels, rows.decisions,
                                 rows.probabilities, out, err);
    else
        status = lw_fail_no_memory(err, "the predictions");
    free(rows.labels);
    free(rows.decisions);
    free(rows.probabilities);
    return status;
}

lw_status lw_pool_write_outputs(const lw_pool *pool, const char *folder, lw_error *err) {
    const size_t records = lw_dataset_record_count(pool->dataset);
    lw_status status = lw_folder_create(folder, err);
    for (size_t i = 0; status == LW_OK && i < pool->rows; i++) {
        const lw_prediction prediction = {.record = i < records ? lw_dataset_name(pool->dataset, i)
                                                                : pool->rejected_names[i - records],
                                          .status = LW_OK,
                                          .probabilities = pool->probabilities + i * pool->classes,
                                          .decisions = pool->decisions[LW_RULE_FALLBACK] + i * pool->classes};
        status = lw_prediction_write_challenge(folder, lw_dataset_classes(pool->dataset), &prediction, err);
    }
    return status;
}
