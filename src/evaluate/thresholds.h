/**
 * @file thresholds.h
 * Decision thresholds that maximise the Challenge metric.
 */
#ifndef LW_EVALUATE_THRESHOLDS_H
#define LW_EVALUATE_THRESHOLDS_H

#include "evaluate/scoring.h"

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

#endif
