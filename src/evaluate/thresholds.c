/* This file searches for the decision thresholds of the highest Challenge metric. */
#include "evaluate/scoring.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "base/memory.h"

/*
 * The reward of a record with labels x and outputs y is
 *
 *     sum of W[j][k] over j in x, k in y / max(|x or y|, 1),
 *
 * which with worth[k] = sum of W[j][k] over j in x is
 *
 *     sum of worth[k] over y / max(|x| + |y without x|, 1):
 *
 * two running sums, so that one class more or less costs no more than an addition. The metric is linear in the sum over
 * records.
 */

/** A gain below this, in records, is rounding. */
static const double least_gain = 1e-9;
enum { PASSES_MAX = 50 };

/** A record's outputs so far. */
typedef struct standing {
    double worth;  /**< of the scored classes that are positive */
    double others; /**< positive scored classes that are no label */
    double labels;
    size_t columns; /**< that are positive */
} standing;

/** One cell of the predictions, for sorting. */
typedef struct cell {
    float probability;
    uint32_t record, column;
} cell;

/** The scored classes of a column: one as a rule. */
typedef struct column_classes {
    size_t count;
    size_t at[LW_CLASS_CODES_MAX];
} column_classes;

typedef struct search {
    const lw_threshold_task *task;
    size_t records, columns, classes;
    column_classes *scored;   /**< [columns] */
    uint8_t *labels;          /**< [records][classes] */
    double *worth;            /**< [records][classes] */
    uint8_t *positive;        /**< [records][classes], how many positive columns a class has */
    standing *standing;       /**< [records] */
    double inactive, correct; /**< sums over the records */
} search;

static void search_free(search *s) {
    free(s->scored);
    free(s->labels);
    free(s->worth);
    free(s->positive);
    free(s->standing);
}

/** The reward of outputs of which `extra` are no label. */
static double reward_of(double worth, double labels, double extra) {
    double either = labels + extra;
    return worth / (either > 1 ? either : 1);
}

/** Make column `column` of record `r` positive (sign 1) or no longer positive (-1). */
static void toggle(search *s, size_t r, size_t column, int sign) {
    standing *now = &s->standing[r];
    now->columns = sign > 0 ? now->columns + 1 : now->columns - 1;
    for (size_t i = 0; i < s->scored[column].count; i++) {
        size_t at = r * s->classes + s->scored[column].at[i];
        bool before = s->positive[at] > 0;
        s->positive[at] = (uint8_t)(s->positive[at] + sign);
        if ((s->positive[at] > 0) == before)
            continue;
        now->worth += sign * s->worth[at];
        now->others += s->labels[at] ? 0 : sign;
    }
}

/** The reward of a record's outputs, the fallback included. */
static double record_score(search *s, size_t r) {
    const int fallback = s->task->fallback;
    const bool alone = s->standing[r].columns == 0 && fallback >= 0;
    if (alone)
        toggle(s, r, (size_t)fallback, 1);
    const standing *now = &s->standing[r];
    const double score = reward_of(now->worth, now->labels, now->others);
    if (alone)
        toggle(s, r, (size_t)fallback, -1);
    return score;
}

static double total_score(search *s) {
    double sum = 0;
    for (size_t r = 0; r < s->records; r++)
        sum += record_score(s, r);
    return sum;
}

static void clear_outputs(search *s) {
    memset(s->positive, 0, s->records * s->classes);
    for (size_t r = 0; r < s->records; r++)
        s->standing[r] = (standing){.labels = s->standing[r].labels};
}

/** Labels and worths of record `r`, and its part of the metric's two ends. */
static void begin_record(search *s, size_t r) {
    const lw_scoring *scoring = s->task->scoring;
    const uint8_t *given = s->task->labels + r * s->columns;
    uint8_t *labels = s->labels + r * s->classes;
    double *worth = s->worth + r * s->classes, count = 0, all = 0;
    for (size_t c = 0; c < s->columns; c++)
        for (size_t i = 0; given[c] && i < s->scored[c].count; i++)
            labels[s->scored[c].at[i]] = 1;
    for (size_t j = 0; j < s->classes; j++) {
        count += labels[j];
        for (size_t k = 0; labels[j] && k < s->classes; k++)
            worth[k] += scoring->rewards[j * s->classes + k];
    }
    for (size_t k = 0; k < s->classes; k++)
        all += labels[k] ? worth[k] : 0;
    s->standing[r].labels = count;
    s->correct += reward_of(all, count, 0);
    s->inactive += reward_of(worth[scoring->normal], count, labels[scoring->normal] ? 0 : 1);
}

static lw_status search_create(const lw_threshold_task *task, search *out, lw_error *err) {
    search s = {.task = task,
                .records = task->records,
                .columns = lw_class_count(task->classes),
                .classes = lw_class_count(task->scoring->classes)};
    size_t cells;
    if (task->records == 0 || task->records > UINT32_MAX)
        return lw_fail(err, LW_ERR_ARGUMENT, "%zu records to choose thresholds on", task->records);
    if (lw_size_mul(s.records, s.classes, &cells)) {
        s.scored = lw_calloc(s.columns, sizeof *s.scored);
        s.labels = lw_calloc(cells, sizeof *s.labels);
        s.worth = lw_calloc(cells, sizeof *s.worth);
        s.positive = lw_calloc(cells, sizeof *s.positive);
        s.standing = lw_calloc(s.records, sizeof *s.standing);
    }
    if (!s.scored || !s.labels || !s.worth || !s.positive || !s.standing) {
        search_free(&s);
        return lw_fail_no_memory(err, "the thresholds");
    }
    for (size_t c = 0; c < s.columns; c++)
        for (size_t k = 0; k < s.classes; k++)
            if (lw_classes_share_code(task->classes, c, task->scoring->classes, k))
                s.scored[c].at[s.scored[c].count++] = k; /* at most one a code */
    for (size_t r = 0; r < s.records; r++)
        begin_record(&s, r);
    *out = s;
    return LW_OK;
}

static float probability_at(const search *s, size_t r, size_t column) {
    return s->task->probabilities[r * s->columns + column];
}

/** Make the columns that reach their thresholds positive; returns the Challenge metric. */
static double apply(search *s, const double *thresholds) {
    const double range = s->correct - s->inactive;
    clear_outputs(s);
    for (size_t r = 0; r < s->records; r++)
        for (size_t c = 0; c < s->columns; c++)
            if ((double)probability_at(s, r, c) >= thresholds[c])
                toggle(s, r, c, 1);
    return range != 0 ? (total_score(s) - s->inactive) / range : 0;
}

/** Highest probability first; records and columns make the order of equal ones the same everywhere. */
static int compare_cells(const void *a, const void *b) {
    const cell *x = a, *y = b;
    if (x->probability < y->probability || x->probability > y->probability)
        return x->probability > y->probability ? -1 : 1;
    if (x->record != y->record)
        return x->record < y->record ? -1 : 1;
    return x->column < y->column ? -1 : x->column > y->column;
}

/**
 * The threshold of highest total score when cells become positive one after the other, from the highest probability
 * down. On entry none of them is positive; on return all are. *best is raised where a cut beats it, and *threshold then
 * set.
 */
static void sweep(search *s, const cell *cells, size_t count, double *best, double *threshold) {
    double total = total_score(s);
    assert(count > 0);
    for (size_t i = 0; i <= count; i++) {
        const double above = i > 0 ? (double)cells[i - 1].probability : 1;
        const double below = i < count ? (double)cells[i].probability : 0;
        if ((i == count || below < above) && total > *best + least_gain) {
            *best = total;
            *threshold = i == 0 ? 1 : i == count ? 0 : (above + below) / 2;
        }
        if (i == count)
            break;
        const double before = record_score(s, cells[i].record);
        toggle(s, cells[i].record, cells[i].column, 1);
        total += record_score(s, cells[i].record) - before;
    }
}

/** cells[columns][records] */
static void fill_cells(const search *s, cell *cells) {
    for (size_t c = 0; c < s->columns; c++)
        for (size_t r = 0; r < s->records; r++)
            cells[c * s->records + r] = (cell){probability_at(s, r, c), (uint32_t)r, (uint32_t)c};
}

/** Find the best threshold for all columns, and write it to each. `cells`: [records x columns]. */
static void find_common(search *s, cell *cells, double *thresholds, lw_threshold_result *result) {
    fill_cells(s, cells);
    const size_t count = s->records * s->columns;
    qsort(cells, count, sizeof *cells, compare_cells);
    for (size_t c = 0; c < s->columns; c++)
        thresholds[c] = 0.5;
    apply(s, thresholds);
    double best = total_score(s);
    result->common = 0.5;
    clear_outputs(s);
    sweep(s, cells, count, &best, &result->common);
    for (size_t c = 0; c < s->columns; c++)
        thresholds[c] = result->common;
}

/** Find the best threshold of one column, the others as they are; returns whether it moved. `cells`: [records], the
 * column's. */
static bool improve_column(search *s, size_t column, const cell *cells, double *threshold) {
    const double before = *threshold;
    double best = total_score(s);
    for (size_t i = 0; i < s->records && (double)cells[i].probability >= before; i++)
        toggle(s, cells[i].record, column, -1);
    sweep(s, cells, s->records, &best, threshold);
    for (size_t i = s->records; i-- > 0 && (double)cells[i].probability < *threshold;)
        toggle(s, cells[i].record, column, -1);
    return *threshold != before;
}

lw_status lw_thresholds_metric(const lw_threshold_task *task, const double *thresholds, double *metric, lw_error *err) {
    search s;
    lw_status status = search_create(task, &s, err);
    if (status != LW_OK)
        return status;
    *metric = apply(&s, thresholds);
    search_free(&s);
    return LW_OK;
}

lw_status lw_thresholds_search(const lw_threshold_task *task, double *thresholds, lw_threshold_result *result,
                               lw_error *err) {
    search s;
    lw_status status = search_create(task, &s, err);
    if (status != LW_OK)
        return status;
    size_t count;
    cell *cells = lw_size_mul(s.records, s.columns, &count) ? lw_calloc(count, sizeof *cells) : NULL;
    if (!cells) {
        search_free(&s);
        return lw_fail_no_memory(err, "the thresholds");
    }
    find_common(&s, cells, thresholds, result);
    result->metric_common = apply(&s, thresholds);
    fill_cells(&s, cells);
    for (size_t c = 0; c < s.columns; c++)
        qsort(cells + c * s.records, s.records, sizeof *cells, compare_cells);
    bool moved = true;
    for (size_t pass = 0; moved && pass < PASSES_MAX; pass++) {
        moved = false;
        for (size_t c = 0; c < s.columns; c++)
            moved |= improve_column(&s, c, cells + c * s.records, &thresholds[c]);
    }
    /* Once more from the start, because the running sums have gathered rounding. */
    result->metric = apply(&s, thresholds);
    free(cells);
    search_free(&s);
    return LW_OK;
}
