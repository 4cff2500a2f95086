/**
 * @file prepare_internal.h
 * The stages of lw_prepare_record one by one, as tests and benchmarks use them.
 */
#ifndef LW_SIGNAL_PREPARE_INTERNAL_H
#define LW_SIGNAL_PREPARE_INTERNAL_H

#include "leadwise/signal.h"
#include "signal/lanes.h"

/* ---- leads and gaps (leads.c) ---- */

/** How to get a lead out of a recording: factor[0] * lead[0] + factor[1] * lead[1]. */
typedef struct lw_lead_source {
    size_t count;     /**< 0: can't be had; 1: as recorded; 2: derived */
    size_t lead[2];   /**< of the recording */
    double factor[2]; /**< derived leads only */
} lw_lead_source;

/** Find the lead called `name`, or derive a limb lead that the recording lacks from two others: I and II where both are
 * there. */
lw_lead_source lw_lead_find_source(const lw_record *record, const char *name);
/** lw_record_copy_mv of a lead that can be had, recorded or derived; a sample is NaN where one that it needs is. */
size_t lw_lead_source_copy(const lw_record *record, const lw_lead_source *source, size_t first, size_t count,
                           double *out);

/** A sample that is not a number, or beyond this (a million volts: a damaged text file), counts as missing. */
#define LW_SAMPLE_LIMIT_MV 1e9

/**
 * Replace missing samples by linear interpolation between their neighbours, at the edges by the nearest valid one.
 * @return how many were missing; `count` when none was valid (and then nothing is changed)
 */
size_t lw_gaps_fill(double *samples, size_t count);

/** Whether max - min < 1e-6 mV; no sample missing, count > 0. */
bool lw_signal_is_flat(const double *samples, size_t count);

/* ---- stretches (prepare.c) ---- */

/** Every lead that the preparer needs is there, or may be missing while another is there, and is a voltage.
 * @return LW_OK, LW_ERR_LEAD or LW_ERR_UNIT */
lw_status lw_preparer_check_leads(const lw_preparer *preparer, const lw_record *record, lw_error *err);

/** lw_prepare_windows for samples first to first + samples - 1 of `record`, as if they were all; `start` is from their
 * beginning. */
lw_status lw_prepare_stretch(lw_preparer *preparer, const lw_record *record, size_t first, size_t samples,
                             const size_t *start, size_t count, float *signals, lw_prepared_info *info, lw_error *err);

/* ---- resampling (resample.c) ---- */

typedef struct lw_ratio {
    size_t up, down;
} lw_ratio;

/** Closest fraction to `value` (in [1e-4, 1e4]) whose denominator is at most `limit`: Python's
 * Fraction(value).limit_denominator(limit). */
lw_ratio lw_ratio_closest(double value, size_t limit);

/**
 * Polyphase resampling by up / down: y[i] = sum over j of x[j] h[i down - j up], with h a sinc of cutoff 1 / max(up,
 * down) under a Kaiser window (beta 5) of half-length 10 max(up, down), sum(h) = up, and zeros beyond both ends of x.
 * With LW_ENDS_LINE x goes on, beyond its ends, as the straight line through its first and its last sample; and where
 * phases differ in their gain for a constant (up > 1) the mean of x is taken off before and put back after, so that an
 * offset passes unchanged. Source: scipy.signal.resample_poly, padtype "constant" and "line" (without the mean). Immutable once designed.
 */
typedef struct lw_resampler {
    lw_ratio ratio;
    lw_ends ends;
    size_t reach;        /**< taps before the current input sample */
    size_t taps;         /**< a phase */
    size_t tile_outputs; /**< outputs made from one tile of input, whole blocks */
    size_t tile_rows;
    double *phases; /**< [up][taps]; NULL for ratio 1, which copies */
} lw_resampler;

/** False when out of memory. lw_resampler_release it. */
bool lw_resampler_design(lw_ratio ratio, lw_ends ends, lw_resampler *out);
void lw_resampler_release(lw_resampler *resampler);
/** ceil(samples * up / down) */
size_t lw_resampler_length(const lw_resampler *resampler, size_t samples);
/** The preparer's resampler for recordings of `rate_hz`, designed on first use. NULL when out of memory. */
const lw_resampler *lw_preparer_resampler(lw_preparer *preparer, double rate_hz);

/** One lead of up to LW_LANES, from the one or the other source; zeroed: a lead of zeros. */
typedef struct lw_lane {
    const double *mv;   /**< [samples] in mV */
    const int16_t *adc; /**< sample t in mV is scale * adc[t * stride] + offset */
    size_t stride;      /**< the same for all lanes that have adc */
    double scale, offset;
} lw_lane;

/**
 * @param lanes  [LW_LANES], the first `count` of which count. Lane 0's adc is followed by LW_LANES - 1 readable numbers
 *               after every sample
 * @param tile   scratch, tile_rows rows
 * @param out    lw_resampler_length(samples) rows
 */
void lw_resampler_run(const lw_resampler *resampler, const lw_lane_kernels *kernels, const lw_lane *lanes, size_t count,
                      size_t samples, double *tile, double *out);

/* ---- band-pass (bandpass.c) ---- */

/** Butterworth band-pass for filtering forward and backward. Immutable once designed. */
typedef struct lw_bandpass {
    size_t sections; /**< = the order */
    size_t edge;     /**< samples of odd extension at each end; a signal must be longer */
    lw_biquad section[LW_SECTIONS_MAX];
    double rest[LW_SECTIONS_MAX][2]; /**< state after an endless input of 1 */
} lw_bandpass;

/** scipy.signal.butter(order, band_hz, "bandpass", fs=rate_hz, output="sos"); order in [1, 10], 0 < band < rate / 2. */
lw_bandpass lw_bandpass_design(int order, const double band_hz[2], double rate_hz);

/**
 * scipy.signal.sosfiltfilt in place. `rows` holds edge rows of room, `samples` rows of signal, edge rows of room. Only
 * the rows from `first` on are finished: the backward pass stops there. Of each row, the first `lanes` are a signal.
 */
void lw_bandpass_run(const lw_bandpass *bandpass, const lw_lane_kernels *kernels, double *rows, size_t samples,
                     size_t first, size_t lanes);

#endif
