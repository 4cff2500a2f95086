/* Scoring of answers that are in memory already. */
#include "leadwise/evaluate.h"

#include "base/error.h"
#include "evaluate/scoring.h"

/* What the scorer needs of the caller's arrays. */
typedef struct columns {
    const lw_class_list *classes;
    const uint8_t *labels, *decisions;
    const double *probabilities;
} columns;

bool lw_classes_share_code(const lw_class_list *a, size_t i, const lw_class_list *b, size_t j) {
    for (size_t k = 0; k < lw_class_code_count(a, i); k++)
        if (lw_class_find(b, lw_class_code(a, i, k)) == (int)j)
            return true;
    return false;
}

/* Joins the columns that hold a code of scored class `k` into the class's column of `answers`. */
static void join_columns(const columns *from, const lw_scoring *scoring, size_t k, lw_answers *answers) {
    size_t count = lw_class_count(from->classes), members = 0;
    size_t member[LW_CLASSES_MAX];
    for (size_t i = 0; i < count; i++)
        if (lw_classes_share_code(from->classes, i, scoring->classes, k))
            member[members++] = i;
    for (size_t r = 0; members && r < answers->records; r++) {
        lw_joined joined = {0};
        size_t cell = r * answers->classes + k;
        for (size_t m = 0; m < members; m++) {
            size_t at = r * count + member[m];
            answers->labels[cell] |= from->labels[at] != 0;
            lw_joined_add(&joined, scoring->year, from->decisions[at] != 0, from->probabilities[at]);
        }
        answers->decisions[cell] = joined.positive;
        answers->scores[cell] = lw_joined_score(&joined);
    }
}

lw_status lw_answers_join(const lw_scoring *scoring, const lw_class_list *classes, size_t records,
                          const uint8_t *labels, const uint8_t *decisions, const double *probabilities, lw_answers *out,
                          lw_error *err) {
    if (records == 0)
        return lw_fail(err, LW_ERR_ARGUMENT, "no record to score");
    lw_answers answers = {0};
    lw_status status = lw_answers_create(records, lw_class_count(scoring->classes), &answers, err);
    if (status != LW_OK)
        return status;
    columns from = {classes, labels, decisions, probabilities};
    for (size_t k = 0; k < answers.classes; k++)
        join_columns(&from, scoring, k, &answers);
    *out = answers;
    return LW_OK;
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
