/* This file says what is scored, by the year or by a file of rewards, and scores answers that are in memory. */
#define _GNU_SOURCE /* strsep */

#include "evaluate/scoring.h"

#include <assert.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "base/file.h"
#include "base/memory.h"
#include "base/text.h"
#include "labels/labels.h"

void lw_scoring_free(lw_scoring *scoring) {
    lw_class_list_free(&scoring->classes);
    free(scoring->rewards);
    *scoring = (lw_scoring){0};
}

/* ---- A reward matrix in the Challenge's CSV format: ",a,b|c" and then a row "a,1.0,0.5" for each class */

enum { REWARDS_BYTES_MAX = 16 << 20 };

/* The matrix of the file, and the class of each of its columns. */
typedef struct table {
    const char *path;
    size_t columns;
    lw_span names[LW_CLASSES_MAX];
    size_t class_of[LW_CLASSES_MAX];
    double *values; /* [columns][columns] */
} table;

/* Adds the column called `name`: its class is that of its codes and, where it has a single one, of the code that the
 * year scores as equal to it. */
static lw_status add_column(table *rewards, lw_scoring *scoring, lw_span name, lw_error *err) {
    char text[LW_CLASS_CODES_MAX * 64];
    if (name.length >= sizeof text)
        return lw_fail(err, LW_ERR_FORMAT, "%s:1: class name of %zu bytes", rewards->path, name.length);
    memcpy(text, name.at, name.length);
    text[name.length] = '\0';
    const char *codes[LW_CLASS_CODES_MAX + 1];
    size_t count = 0;
    for (char *rest = text; rest && count <= LW_CLASS_CODES_MAX;)
        codes[count++] = strsep(&rest, "|");
    /* 2020's file has a column for each of two equal codes: the second finds the class that the first made. */
    int class_of = count == 1 ? lw_class_find(scoring->classes, codes[0]) : -1;
    if (class_of < 0) {
        const lw_diagnosis *known = lw_diagnosis_find(codes[0]);
        const char *equal = count == 1 ? lw_code_equal(codes[0], scoring->year) : NULL;
        lw_error inner = {LW_OK, ""};
        if (equal)
            codes[count++] = equal;
        lw_status status =
            lw_class_list_add(scoring->classes, codes, count, known ? known->abbreviation : codes[0], &inner);
        if (status != LW_OK)
            return lw_fail(err, status, "%s:1: %s", rewards->path, inner.message);
        class_of = (int)lw_class_count(scoring->classes) - 1;
    }
    rewards->class_of[rewards->columns] = (size_t)class_of;
    rewards->names[rewards->columns++] = name;
    return LW_OK;
}

static lw_status read_names(table *rewards, lw_scoring *scoring, lw_span line, lw_error *err) {
    lw_span field;
    if (!lw_span_field(&line, ',', &field) || lw_span_trim(field).length != 0)
        return lw_fail(err, LW_ERR_FORMAT, "%s:1: expected \",code,code...\"", rewards->path);
    while (lw_span_field(&line, ',', &field)) {
        if (rewards->columns == LW_CLASSES_MAX)
            return lw_fail(err, LW_ERR_FORMAT, "%s:1: more than %d classes", rewards->path, LW_CLASSES_MAX);
        lw_status status = add_column(rewards, scoring, lw_span_trim(field), err);
        if (status != LW_OK)
            return status;
    }
    if (rewards->columns == 0)
        return lw_fail(err, LW_ERR_FORMAT, "%s:1: no class", rewards->path);
    return LW_OK;
}

static lw_status read_row(table *rewards, size_t row, lw_span line, lw_error *err) {
    lw_span field, name = rewards->names[row];
    if (!lw_span_field(&line, ',', &field) || lw_span_trim(field).length != name.length ||
        memcmp(lw_span_trim(field).at, name.at, name.length) != 0)
        return lw_fail(err, LW_ERR_FORMAT, "%s:%zu: expected the row of %.*s, as the columns are ordered",
                       rewards->path, row + 2, (int)name.length, name.at);
    size_t column = 0;
    for (; column < rewards->columns && lw_span_field(&line, ',', &field); column++)
        if (!lw_span_double(lw_span_trim(field), &rewards->values[row * rewards->columns + column]))
            return lw_fail(err, LW_ERR_FORMAT, "%s:%zu: reward %zu is not a number", rewards->path, row + 2,
                           column + 1);
    if (column != rewards->columns || lw_span_field(&line, ',', &field))
        return lw_fail(err, LW_ERR_FORMAT, "%s:%zu: expected %zu rewards", rewards->path, row + 2, rewards->columns);
    return LW_OK;
}

/* One cell for each pair of classes; the cells of equal codes must agree, as in the official scorer. */
static lw_status join_equal(const table *rewards, lw_scoring *scoring, lw_error *err) {
    size_t classes = lw_class_count(scoring->classes), columns = rewards->columns;
    bool *filled = lw_calloc(classes * classes, sizeof *filled);
    scoring->rewards = lw_calloc(classes * classes, sizeof *scoring->rewards);
    if (!filled || !scoring->rewards) {
        free(filled);
        return lw_fail_no_memory(err, "a reward matrix");
    }
    lw_status status = LW_OK;
    for (size_t j = 0; status == LW_OK && j < columns; j++)
        for (size_t k = 0; status == LW_OK && k < columns; k++) {
            size_t cell = rewards->class_of[j] * classes + rewards->class_of[k];
            double value = rewards->values[j * columns + k];
            if (filled[cell] && scoring->rewards[cell] != value)
                status = lw_fail(err, LW_ERR_FORMAT, "%s:%zu: reward %zu differs from that of an equal class",
                                 rewards->path, j + 2, k + 1);
            scoring->rewards[cell] = value;
            filled[cell] = true;
        }
    free(filled);
    return status;
}

static lw_status parse_rewards(table *rewards, lw_scoring *scoring, lw_bytes bytes, lw_error *err) {
    const char *cursor = (const char *)bytes.data, *end = cursor + bytes.length;
    lw_span line;
    if (!bytes.length || !lw_span_line(&cursor, end, &line))
        return lw_fail(err, LW_ERR_FORMAT, "%s:1: the file is empty", rewards->path);
    lw_status status = read_names(rewards, scoring, lw_without_byte_order_mark(line), err);
    if (status != LW_OK)
        return status;
    rewards->values = lw_calloc(rewards->columns * rewards->columns, sizeof *rewards->values);
    if (!rewards->values)
        return lw_fail_no_memory(err, "a reward matrix");
    for (size_t row = 0; status == LW_OK && row < rewards->columns; row++)
        status = lw_span_line(&cursor, end, &line)
                     ? read_row(rewards, row, line, err)
                     : lw_fail(err, LW_ERR_FORMAT, "%s:%zu: the file ends, expected %zu rows of rewards", rewards->path,
                               row + 2, rewards->columns);
    return status == LW_OK ? join_equal(rewards, scoring, err) : status;
}

static lw_status read_rewards(const char *path, lw_scoring *scoring, lw_error *err) {
    table *rewards = lw_calloc(1, sizeof *rewards);
    scoring->classes = lw_class_list_create();
    if (!rewards || !scoring->classes) {
        free(rewards);
        return lw_fail_no_memory(err, "a reward matrix");
    }
    rewards->path = path;
    lw_bytes bytes = {0};
    lw_status status = lw_bytes_read(path, REWARDS_BYTES_MAX, &bytes, err);
    if (status == LW_OK)
        status = parse_rewards(rewards, scoring, bytes, err);
    lw_bytes_free(&bytes);
    free(rewards->values);
    free(rewards);
    return status;
}

/* ---- What is scored */

static lw_status rewards_of_year(lw_scoring *scoring, const lw_scored_year *year, lw_error *err) {
    lw_status status = lw_class_list_scored(scoring->year, true, &scoring->classes, err);
    if (status != LW_OK)
        return status;
    size_t classes = year->class_count;
    scoring->rewards = lw_calloc(classes * classes, sizeof *scoring->rewards);
    if (!scoring->rewards)
        return lw_fail_no_memory(err, "a reward matrix");
    for (size_t j = 0; j < classes; j++)
        for (size_t k = 0; k < classes; k++)
            scoring->rewards[j * classes + k] = lw_scored_reward(year, j, k);
    return LW_OK;
}

lw_status lw_scoring_create(int year, const char *weights, lw_scoring *out, lw_error *err) {
    const lw_scored_year *scored = lw_scored_year_find(year);
    if (!scored)
        return lw_fail(err, LW_ERR_ARGUMENT, "the Challenge of year %d has no such score, expected 2020 or 2021", year);
    lw_scoring scoring = {.year = year};
    lw_status status = weights ? read_rewards(weights, &scoring, err) : rewards_of_year(&scoring, scored, err);
    int normal = status == LW_OK ? lw_class_find(scoring.classes, LW_CODE_NSR) : 0;
    if (normal < 0)
        status = lw_fail(err, LW_ERR_FORMAT, "%s: sinus rhythm (%s) is not among its classes", weights, LW_CODE_NSR);
    if (status != LW_OK) {
        lw_scoring_free(&scoring);
        return status;
    }
    scoring.normal = (size_t)normal;
    *out = scoring;
    return LW_OK;
}

void lw_answers_free(lw_answers *answers) {
    free(answers->labels);
    free(answers->decisions);
    free(answers->scores);
    *answers = (lw_answers){0};
}

lw_status lw_answers_create(size_t records, size_t classes, lw_answers *out, lw_error *err) {
    size_t cells;
    if (!lw_size_mul(records, classes, &cells))
        return lw_fail_no_memory(err, "the records' answers");
    lw_answers answers = {records, classes, lw_calloc(cells, sizeof *answers.labels),
                          lw_calloc(cells, sizeof *answers.decisions), lw_calloc(cells, sizeof *answers.scores)};
    if (!answers.labels || !answers.decisions || !answers.scores) {
        lw_answers_free(&answers);
        return lw_fail_no_memory(err, "the records' answers");
    }
    *out = answers;
    return LW_OK;
}

void lw_joined_add(lw_joined *joined, int year, bool positive, double score) {
    joined->positive |= positive;
    joined->finite |= isfinite(score) != 0;
    if (year == 2020 && isnan(score))
        return;
    joined->sum += year == 2020 || isfinite(score) ? score : 0;
    joined->count++;
}

double lw_joined_score(const lw_joined *joined) {
    double mean = joined->finite ? joined->sum / (double)joined->count : 0;
    return isnan(mean) ? 0 : mean;
}

bool lw_classes_share_code(const lw_class_list *a, size_t i, const lw_class_list *b, size_t j) {
    for (size_t k = 0; k < lw_class_code_count(a, i); k++)
        if (lw_class_find(b, lw_class_code(a, i, k)) == (int)j)
            return true;
    return false;
}

lw_status lw_answers_join(const lw_scoring *scoring, const lw_class_list *classes, size_t records,
                          const uint8_t *labels, const uint8_t *decisions, const double *probabilities, lw_answers *out,
                          lw_error *err) {
    if (records == 0)
        return lw_fail(err, LW_ERR_ARGUMENT, "no record to score");
    const size_t columns = lw_class_count(classes);
    assert(columns <= LW_CLASSES_MAX);
    lw_status status = lw_answers_create(records, lw_class_count(scoring->classes), out, err);
    for (size_t k = 0; status == LW_OK && k < out->classes; k++) {
        size_t member[LW_CLASSES_MAX], member_count = 0;
        for (size_t i = 0; i < columns; i++)
            if (lw_classes_share_code(classes, i, scoring->classes, k))
                member[member_count++] = i;
        for (size_t r = 0; member_count && r < records; r++) {
            lw_joined joined = {0};
            const size_t cell = r * out->classes + k;
            for (size_t m = 0; m < member_count; m++) {
                const size_t at = r * columns + member[m];
                out->labels[cell] |= labels[at] != 0;
                lw_joined_add(&joined, scoring->year, decisions[at] != 0, probabilities[at]);
            }
            out->decisions[cell] = joined.positive;
            out->scores[cell] = lw_joined_score(&joined);
        }
    }
    return status;
}

lw_status lw_evaluate(int year, const lw_class_list *classes, size_t records, const uint8_t *labels,
                      const uint8_t *decisions, const double *probabilities, lw_scores *out, lw_error *err) {
    lw_scoring scoring = {0};
    lw_answers answers = {0};
    lw_status status = lw_scoring_create(year, NULL, &scoring, err);
    if (status == LW_OK)
        status = lw_answers_join(&scoring, classes, records, labels, decisions, probabilities, &answers, err);
    if (status == LW_OK)
        status = lw_score(&scoring, &answers, out, err);
    lw_answers_free(&answers);
    lw_scoring_free(&scoring);
    return status;
}
