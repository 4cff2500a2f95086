/**
 * @file lanes.h
 * The inner loops of preparation: up to eight leads at once, side by side in memory.
 *
 * A "row" is the LW_LANES doubles of one instant; `rows` is [t][LW_LANES] and LW_ALIGNMENT-aligned. Only the first
 * `lanes` of a row, 1 to LW_LANES and rounded up to whole vectors, are read and written. lanes_body.h is compiled once
 * per instruction set; all of the sets compute the same and may differ in the last bit (fused multiply-add).
 */
#ifndef LW_SIGNAL_LANES_H
#define LW_SIGNAL_LANES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/isa/isa.h"

enum {
    LW_LANES = 8,
    LW_SECTIONS_MAX = 10,
    LW_FIR_BLOCK = 8, /**< outputs of `resample` that are made together */
    LW_FIR_REACH = 10 /**< half the length of a resampling filter, in zeros of its sinc: outputs, when up is 1 */
};

/** Second-order section: y = b0 x + b1 x' + b2 x'' - a1 y' - a2 y''. */
typedef struct lw_biquad {
    double b[3];
    double a[2]; /**< a1, a2; a0 is 1 */
} lw_biquad;

/** Which rows and which taps make the outputs of one call of `resample`. */
typedef struct lw_fir_job {
    const double *rows;   /**< [t][LW_LANES], the first tap of the first output; to be there for whole blocks */
    const double *phases; /**< [up][taps]; when up is 1, symmetric, and taps is 2 LW_FIR_REACH down + 1 */
    size_t up, down, taps;
    size_t phase;   /**< of the first output, below `up` */
    size_t outputs; /**< at least 1 */
    size_t lanes;
} lw_fir_job;

typedef struct lw_lane_kernels {
    lw_isa isa;
    size_t width; /**< doubles a vector */
    /** Whether every sample lies within +-limit (a NaN does not). */
    bool (*all_within)(const double *samples, size_t count, double limit);
    /** rows[t][l] = scale[l] * adc[t * stride + l] + offset[l] for `count` rows; may read LW_LANES numbers a row,
     * whatever the stride. */
    void (*load)(const int16_t *adc, size_t stride, size_t count, size_t lanes, const double *scale,
                 const double *offset, double *rows);
    /** rows[t][l] += base[l] + slope[l] * t for `count` rows. */
    void (*add_line)(const double *base, const double *slope, size_t count, size_t lanes, double *rows);
    /** out [outputs][LW_LANES]: output i is the product of phase (phase + i down) mod up with the rows from (phase + i
     * down) / up. */
    void (*resample)(const lw_fir_job *job, double *out);
    /** Sections one after the other over `count` rows in place, `step` doubles apart, from `state`
     * [sections][2][LW_LANES] on. */
    void (*filter)(double *row, size_t count, ptrdiff_t step, size_t lanes, const lw_biquad *section, size_t sections,
                   const double *state);
    /** Mean and population deviation of every lane, [LW_LANES] each, over `count` rows, at least 1. */
    void (*measure)(const double *rows, size_t count, size_t lanes, double *mean, double *deviation);
} lw_lane_kernels;

/** The i-th set that this processor can run, fastest first; NULL past the last. Threads: safe. */
const lw_lane_kernels *lw_lane_kernels_get(size_t i);
/** The set for a group of `lanes` leads on an instruction set that this processor has: of two widths the lesser where
 * half of a vector would stay empty. Threads: safe. */
const lw_lane_kernels *lw_lane_kernels_for(lw_isa isa, size_t lanes);

#endif
