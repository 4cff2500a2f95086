/**
 * @file reliability.h
 * Whether probabilities are what they say: calibration error, Brier score, and the temperature that mends them.
 */
#ifndef LW_EVALUATE_RELIABILITY_H
#define LW_EVALUATE_RELIABILITY_H

#include <stddef.h>
#include <stdint.h>

/** What was predicted and what was true. Borrowed. */
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
