/**
 * @file scoring.h
 * The scored classes with their rewards, the answers of records, their scores and intervals, and the thresholds and
 * temperature that raise them.
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

/** Several outputs of a record that count as one class. Zero-initialise, add each, then take the score. */
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

/* ---- Bootstrap over records */

/**
 * The scores of `replicates` samples of the records with replacement, into metrics[replicates] and aurocs[replicates]
 * (NaN where undefined). Replicate b draws from its own stream of `seed`: the result does not depend on `threads`, and
 * answers of as many records are sampled alike, so that replicates of two of them make pairs.
 * @return LW_OK or LW_ERR_NO_MEMORY
 */
lw_status lw_intervals_replicates(const lw_scoring *scoring, const lw_answers *answers, uint64_t seed,
                                  size_t replicates, int threads, double *metrics, double *aurocs, lw_error *err);

/** The 2.5th and 97.5th percentiles (interpolated) of values[count], which are sorted in place, those that are NaN left
 * out. */
lw_interval lw_interval_of(double *values, size_t count);

/**
 * 95 % intervals: the 2.5th and 97.5th percentiles (interpolated) of the scores of `replicates` samples of the records
 * with replacement. Replicate b draws from its own stream of `seed`: the result does not depend on `threads`.
 *
 * @param replicates  1 or more
 * @param classes     [answers->classes], NULL: none is found
 * @return LW_OK or LW_ERR_NO_MEMORY
 * Source: Efron and Tibshirani, "An introduction to the bootstrap", 1993, section 13.3.
 */
lw_status lw_intervals_bootstrap(const lw_scoring *scoring, const lw_answers *answers, uint64_t seed, size_t replicates,
                                 int threads, lw_intervals *out, lw_class_intervals *classes, lw_error *err);

/* ---- Decision thresholds that maximise the Challenge metric */

/** Predictions to choose thresholds on. Borrowed. */
typedef struct lw_threshold_task {
    const lw_scoring *scoring;
    const lw_class_list *classes; /**< of the columns */
    size_t records;
    const uint8_t *labels;      /**< [records][columns] */
    const float *probabilities; /**< [records][columns], in [0, 1] */
    int fallback;               /**< column that is positive when no other is, or -1 */
} lw_threshold_task;

/** What was found. */
typedef struct lw_threshold_result {
    double common, metric_common; /**< the best threshold for all columns, and its metric */
    double metric;                /**< of the thresholds by column */
} lw_threshold_result;

/** The Challenge metric when column k is positive at thresholds[k] or more; 0 where every answer scores the same. */
lw_status lw_thresholds_metric(const lw_threshold_task *task, const double *thresholds, double *metric, lw_error *err);

/**
 * thresholds[columns], in [0, 1]: first the best common one; then, column after column and again until nothing gains,
 * the best one of the column with the others fixed. A column moves only for a higher metric, so that one without
 * influence keeps the common threshold. Thresholds lie midway between neighbouring probabilities; 1 where the column is
 * better never positive. No single threshold of the result can be improved; a better combination may exist.
 *
 * Time: O(records x columns x log) to sort, then O(records x columns) a pass.
 * @return LW_OK, LW_ERR_ARGUMENT (no record) or LW_ERR_NO_MEMORY. Threads: safe.
 */
lw_status lw_thresholds_search(const lw_threshold_task *task, double *thresholds, lw_threshold_result *result,
                               lw_error *err);

/* ---- Reliability of probabilities: calibration error, Brier score, and the temperature that lowers them */

/** Probabilities and the labels that belong to them. Borrowed. */
typedef struct lw_reliability_task {
    size_t records, classes;
    const float *probabilities; /**< [records][classes] */
    const uint8_t *labels;      /**< [records][classes] */
} lw_reliability_task;

/**
 * Expected calibration error: in each of 15 bins of equal width, the distance between the mean probability and the
 * share of positives, weighted by how many records are in the bin; averaged over the classes.
 * Source: Guo et al., "On calibration of modern neural networks", ICML 2017, section 2, one class at a time.
 */
double lw_expected_calibration_error(const lw_reliability_task *task);
/** Mean squared distance of probabilities and labels, over records and classes. */
double lw_brier_score(const lw_reliability_task *task);

/**
 * The temperature that the log-odds must be divided by for the lowest binary cross-entropy, within 0.02 to 50.
 * Probabilities of 0 and 1 count as 1e-7 off. Source: Guo et al., section 4.2.
 */
double lw_temperature_search(const lw_reliability_task *task);

#endif
