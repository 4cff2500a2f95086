/* What is scored, and the scoring of answers that are in memory. */
#include "evaluate/scoring.h"

#include <assert.h>
#include <math.h>
#include <stdlib.h>

#include "base/error.h"
#include "base/memory.h"
#include "labels/tables.h"

void lw_scoring_free(lw_scoring *scoring) {
    lw_class_list_free(&scoring->classes);
    free(scoring->rewards);
    *scoring = (lw_scoring){0};
}

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
    lw_status status = weights ? lw_rewards_read(weights, &scoring, err) : rewards_of_year(&scoring, scored, err);
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
