/**
 * @file intervals.h
 * How sure a score is: bootstrap over records.
 */
#ifndef LW_EVALUATE_INTERVALS_H
#define LW_EVALUATE_INTERVALS_H

#include "evaluate/scoring.h"

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
 * @param classes     [answers->classes], NULL: not wanted
 * @return LW_OK or LW_ERR_NO_MEMORY
 * Source: Efron and Tibshirani, "An introduction to the bootstrap", 1993, section 13.3.
 */
lw_status lw_intervals_bootstrap(const lw_scoring *scoring, const lw_answers *answers, uint64_t seed, size_t replicates,
                                 int threads, lw_intervals *out, lw_class_intervals *classes, lw_error *err);

#endif
