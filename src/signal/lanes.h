/**
 * @file lanes.h
 * The inner loops of preparation: eight leads at once, side by side in memory.
 *
 * A "row" is the LW_LANES doubles of one instant; `rows` is [t][LW_LANES] and LW_ALIGNMENT-aligned. lanes_body.h is
 * compiled once per instruction set; all of the sets compute the same and may differ in the last bit (fused
 * multiply-add).
 */
#ifndef LW_SIGNAL_LANES_H
#define LW_SIGNAL_LANES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { LW_LANES = 8, LW_SECTIONS_MAX = 10 };

/** Second-order section: y = b0 x + b1 x' + b2 x'' - a1 y' - a2 y''. */
typedef struct lw_biquad {
    double b[3];
    double a[2]; /**< a1, a2; a0 is 1 */
} lw_biquad;

/** Which rows and which taps make the outputs of one call of `resample`. */
typedef struct lw_fir_job {
    const double *rows;   /**< [t][LW_LANES], the first tap of the first output */
    const double *phases; /**< [up][taps] */
    size_t up, down, taps;
    size_t phase;   /**< of the first output, below `up` */
    size_t outputs; /**< at least 1 */
} lw_fir_job;

typedef struct lw_lane_kernels {
    const char *name; /**< "avx512", "avx2", "plain" */
    /** Whether every sample lies within +-limit (a NaN does not). */
    bool (*all_within)(const double *samples, size_t count, double limit);
    /** rows[t][l] = scale[l] * adc[t * stride + l] + offset[l] for `count` rows; reads LW_LANES numbers a row, whatever
     * the stride. */
    void (*load)(const int16_t *adc, size_t stride, size_t count, const double *scale, const double *offset,
                 double *rows);
    /** out [outputs][LW_LANES]: output i is the product of phase (phase + i down) mod up with the rows from (phase + i
     * down) / up. */
    void (*resample)(const lw_fir_job *job, double *out);
    /** Sections one after the other over `count` rows in place, `step` doubles apart, from `state`
     * [sections][2][LW_LANES] on. */
    void (*filter)(double *row, size_t count, ptrdiff_t step, const lw_biquad *section, size_t sections,
                   const double *state);
    /** Mean and population deviation of every lane, [LW_LANES] each, over `count` rows, at least 1. */
    void (*measure)(const double *rows, size_t count, double *mean, double *deviation);
} lw_lane_kernels;

/** The i-th set that this processor can run, fastest first; NULL past the last. Threads: safe. */
const lw_lane_kernels *lw_lane_kernels_get(size_t i);

#endif
