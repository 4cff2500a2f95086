/**
 * @file scoring.h
 * What is scored (classes and rewards), the records' answers to it, and the scores that follow.
 */
#ifndef LW_EVALUATE_SCORING_H
#define LW_EVALUATE_SCORING_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "leadwise/evaluate.h"

/** The scored classes in the order of the reward matrix. Zero-initialise; lw_scoring_free it. */
typedef struct lw_scoring {
    int year;
    lw_class_list *classes;
    double *rewards; /**< [classes][classes] */
    size_t normal;   /**< class of sinus rhythm */
} lw_scoring;

/**
 * The scoring of `year`.
 * @param weights  path of a reward matrix in the Challenge's CSV format, or NULL for the year's own. Classes that the
 *                 year scores as equal are joined; their rows and columns must be the same.
 * @return LW_OK, LW_ERR_ARGUMENT (another year), LW_ERR_IO, LW_ERR_FORMAT (file and line named) or LW_ERR_NO_MEMORY
 */
lw_status lw_scoring_create(int year, const char *weights, lw_scoring *out, lw_error *err);
void lw_scoring_free(lw_scoring *scoring);

/** Reads the classes and rewards of a matrix file into `scoring`, whose year is set; see lw_scoring_create. */
lw_status lw_rewards_read(const char *path, lw_scoring *scoring, lw_error *err);

/** Labels and outputs of records, [records][classes] each. lw_answers_free it. */
typedef struct lw_answers {
    size_t records, classes;
    uint8_t *labels;    /**< 0 or 1 */
    uint8_t *decisions; /**< 0 or 1 */
    double *scores;     /**< not NaN */
} lw_answers;

/** All zero. LW_ERR_NO_MEMORY. */
lw_status lw_answers_create(size_t records, size_t classes, lw_answers *out, lw_error *err);
void lw_answers_free(lw_answers *answers);

/** Several outputs of a record that count as one class. Zero-initialise, add each, then ask. */
typedef struct lw_joined {
    bool positive; /**< one of them is */
    bool finite;   /**< one of the scores is */
    double sum;
    size_t count;
} lw_joined;

/** One more output of the class. 2020 leaves NaN out of the mean; 2021 takes every score that is not finite as 0. */
void lw_joined_add(lw_joined *joined, int year, bool positive, double score);
/** The mean; 0 where no score was finite. */
double lw_joined_score(const lw_joined *joined);

/**
 * Answers by scored class from columns of `classes`, [records][classes] each; columns that hold a code of one scored
 * class are joined, those of none left out. lw_answers_free *out.
 * @return LW_OK, LW_ERR_ARGUMENT (no record) or LW_ERR_NO_MEMORY
 */
lw_status lw_answers_join(const lw_scoring *scoring, const lw_class_list *classes, size_t records,
                          const uint8_t *labels, const uint8_t *decisions, const double *probabilities, lw_answers *out,
                          lw_error *err);

/** Whether class `i` of `a` and class `j` of `b` have a code in common. */
bool lw_classes_share_code(const lw_class_list *a, size_t i, const lw_class_list *b, size_t j);

/** All scores of `answers`. `out` is lw_scores_free'd by the caller. LW_OK or LW_ERR_NO_MEMORY. */
lw_status lw_score(const lw_scoring *scoring, const lw_answers *answers, lw_scores *out, lw_error *err);

/** One record's place on the curves of a class. */
typedef struct lw_curve_point {
    double score;     /**< not NaN */
    uint8_t positive; /**< 0 or 1 */
} lw_curve_point;

/**
 * Both areas over the distinct scores, in O(n log n): AUROC sums (step of the true positive rate) * (mean of the true
 * negative rate at both ends); AUPRC sums (step of the true positive rate) * (precision). AUROC is NaN without a
 * positive or without a negative record, AUPRC without a positive one.
 *
 * @param points [count], sorted in place from the highest score down
 * Threads: safe. Source: compute_auc of physionetchallenges/evaluation-2020 and evaluation-2021.
 */
void lw_curve_areas(lw_curve_point *points, size_t count, double *auroc, double *auprc);

#endif
