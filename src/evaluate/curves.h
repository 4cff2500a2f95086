/**
 * @file curves.h
 * Areas under the two curves of one class, as the official scorers define them.
 */
#ifndef LW_EVALUATE_CURVES_H
#define LW_EVALUATE_CURVES_H

#include <stddef.h>
#include <stdint.h>

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
