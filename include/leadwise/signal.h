/**
 * @file signal.h
 * From a recording in millivolts to a network's input: leads, gaps, resampling, band-pass, window, z-score. And
 * synthetic
 * recordings.
 */
#ifndef LEADWISE_SIGNAL_H
#define LEADWISE_SIGNAL_H

#include <stdint.h>

#include "leadwise/record.h"

#ifdef __cplusplus
extern "C" {
#endif

enum { LW_LEADS_MAX = 64, LW_LEAD_NAME_MAX = 16 };

/** A lead set in the order of the network's rows. */
typedef struct lw_lead_set {
    size_t count;
    char name[LW_LEADS_MAX][LW_LEAD_NAME_MAX];
} lw_lead_set;

/**
 * "12", "6", "4", "3", "2" (the Challenge's sets: 12 = I II III aVR aVL aVF V1-V6, 6 = the limb leads,
 * 4 = I II III V2, 3 = I II V2, 2 = I II) or names joined by commas.
 * @return LW_OK or LW_ERR_ARGUMENT (empty, repeated or overlong name)
 */
LW_CHECK_RESULT lw_status lw_lead_set_parse(const char *text, lw_lead_set *out, lw_error *err);

/** The row of a lead that is not there. */
#define LW_NO_ROW SIZE_MAX
/** rows[leads->count]: where each of `leads` stands in `there`, or LW_NO_ROW. @return how many are there */
size_t lw_lead_set_rows(const lw_lead_set *leads, const lw_lead_set *there, size_t rows[LW_LEADS_MAX]);

/** What the resampler assumes beyond both ends of a recording. */
typedef enum lw_ends {
    LW_ENDS_ZERO, /**< zeros: an electrode's offset becomes a step at both ends, which the band-pass spreads over seconds */
    LW_ENDS_LINE /**< the straight line through the first and the last sample: an offset changes nothing */
} lw_ends;

/** How signals are prepared; a model carries its own. */
typedef struct lw_preprocessing {
    double rate_hz;    /**< 100 */
    double band_hz[2]; /**< 0.05, 35 (2021) or 0.05, 20 (2020) */
    int filter_order;  /**< 3: Butterworth, forward and backward */
    double window_s;   /**< 10 */
    lw_ends ends;      /**< LW_ENDS_LINE; models whose file does not say it have LW_ENDS_ZERO */
} lw_preprocessing;

/** The 2021 paper's: 100 Hz, 0.05-35 Hz, order 3, 10 s; and ends of lines. */
lw_preprocessing lw_preprocessing_default(void);
/** Whether signals prepared by one are what the other expects. */
bool lw_preprocessing_equal(const lw_preprocessing *a, const lw_preprocessing *b);
/** Samples in the window: round(window_s * rate_hz). */
size_t lw_preprocessing_sample_count(const lw_preprocessing *preprocessing);

/** What happened to one lead on the way. */
typedef enum lw_lead_flag {
    LW_LEAD_FLAT = 1,    /**< constant: zeros */
    LW_LEAD_MISSING = 2, /**< no valid sample, or (where allowed) not in the recording: zeros */
    LW_LEAD_DERIVED = 4, /**< computed from two other limb leads */
    LW_LEAD_FILLED = 8   /**< some missing samples were interpolated */
} lw_lead_flag;

typedef struct lw_prepared_info {
    uint8_t lead_flags[LW_LEADS_MAX]; /**< OR of lw_lead_flag, by row */
    size_t filled_samples;            /**< over all rows, at the recording's rate */
    size_t window_samples;            /**< real samples in the window; the rest is padding */
} lw_prepared_info;

/** Scratch memory that is kept from record to record; one a thread. */
typedef struct lw_preparer lw_preparer;

/**
 * Design the filter once. @param allow_missing_leads  a lead that can't be had is zeros instead of LW_ERR_LEAD, as
 * long as one of the leads can
 * @return LW_OK, LW_ERR_ARGUMENT (rate outside 20-1000 Hz, band outside (0, rate/2), order outside 1-10, window outside
 * one sample to an hour, no leads) or LW_ERR_NO_MEMORY
 */
LW_CHECK_RESULT lw_status lw_preparer_create(const lw_lead_set *leads, const lw_preprocessing *preprocessing,
                                             bool allow_missing_leads, lw_preparer **out, lw_error *err);
void lw_preparer_free(lw_preparer **preparer);

/**
 * Pin the instruction set that the preparer's loops run on; a new preparer has LW_ISA_BEST. Sets may differ in the last
 * bit of a double.
 * @return LW_OK or LW_ERR_ARGUMENT (not in this build or not in this processor)
 */
LW_CHECK_RESULT lw_status lw_preparer_set_isa(lw_preparer *preparer, lw_isa isa, lw_error *err);

/**
 * Prepare the window that begins `start_s` seconds into the recording (0: the papers' first 10 s); the filter sees all
 * of the recording. A sample that is not a finite number within +-1e9 mV counts as missing.
 *
 * @param signals  [leads][samples] float32, zero mean and unit deviation per lead over its real samples; never a NaN.
 * Unspecified on failure
 * @param info     may be NULL
 * @return LW_OK, LW_ERR_UNIT, LW_ERR_LEAD, LW_ERR_TOO_SHORT (under 22 samples at 100 Hz for order 3), LW_ERR_NO_SIGNAL,
 *         LW_ERR_ARGUMENT (start_s outside the recording, or only its header was read) or LW_ERR_NO_MEMORY
 * Threads: one preparer a thread. Equals scipy.signal's resample_poly and sosfiltfilt to 1e-4.
 */
LW_CHECK_RESULT lw_status lw_prepare_record(lw_preparer *preparer, const lw_record *record, double start_s,
                                            float *signals, lw_prepared_info *info, lw_error *err);

/** Whether any of the `leads` rows of a window holds a signal: one without is nothing for a network. */
bool lw_prepared_has_signal(const lw_prepared_info *info, size_t leads);

/** How windows lie over a recording: one every `step` samples, the last one back to where the recording ends. */
typedef struct lw_window_grid {
    size_t length; /**< of the recording, in samples of the prepared rate, as the next */
    size_t window, step;
    size_t count; /**< 1 where the recording is no longer than a window */
} lw_window_grid;

/**
 * The grid over `samples` samples at `rate_hz`, with a window every `step_s` seconds (at least a sample).
 * @return LW_OK, LW_ERR_ARGUMENT (step_s) or LW_ERR_NO_MEMORY
 */
LW_CHECK_RESULT lw_status lw_window_grid_over(lw_preparer *preparer, double rate_hz, size_t samples, double step_s,
                                              lw_window_grid *out, lw_error *err);
/** Where window i begins. */
size_t lw_window_grid_start(const lw_window_grid *grid, size_t i);

/**
 * Prepare `count` windows, which begin at `start` [count] (rising) in samples of the prepared rate, in one pass over
 * the filtered recording. Window by window what lw_prepare_record gives, but that a lead without a valid sample within
 * a window is missing in it: a recording may lie blank for minutes.
 *
 * @param signals  [count][leads][samples]
 * @param info     [count]; ask lw_prepared_has_signal before a window is used
 * @return as lw_prepare_record, but for LW_ERR_NO_SIGNAL
 */
LW_CHECK_RESULT lw_status lw_prepare_windows(lw_preparer *preparer, const lw_record *record, const size_t *start,
                                             size_t count, float *signals, lw_prepared_info *info, lw_error *err);

/* ---- Quality */

enum {
    LW_QUALITY_FINDINGS_MAX = 256, /**< findings that are kept */
    LW_QUALITY_SENTENCE_MAX = 400  /**< bytes of a sentence */
};

/** What a window of a recording is worth. */
typedef struct lw_quality {
    double score;         /**< 0 (worthless) to 1, over the leads that are there */
    size_t moving_count;  /**< leads that are there and not constant for most of the window */
    size_t usable_count;  /**< leads that show heart beats */
    double seconds;       /**< of the window */
    const char *reversed; /**< which electrodes are exchanged: "right and left arm"; NULL: none, as far as is seen */
    size_t finding_count;
    lw_quality_finding finding[LW_QUALITY_FINDINGS_MAX]; /**< by mark, then by lead */
} lw_quality;

/** Memory to measure quality with; one a thread. */
typedef struct lw_quality_meter lw_quality_meter;

/**
 * Get ready to measure windows of up to `longest_s` seconds of `leads`.
 * @return LW_OK, LW_ERR_ARGUMENT (longest_s outside 0 to 3600) or LW_ERR_NO_MEMORY
 */
LW_CHECK_RESULT lw_status lw_quality_meter_create(const lw_lead_set *leads, double longest_s, lw_quality_meter **out,
                                                  lw_error *err);
void lw_quality_meter_free(lw_quality_meter **meter);

/**
 * Measure the window of samples first to first + samples - 1 of a recording, at its own rate and before any filter: a
 * prepared signal has lost its rails and its unit. Of a longer window the first longest_s seconds are measured. Nothing
 * is allocated.
 *
 * @param record  holds samples, a lead that is no voltage counts as not recorded
 * @param out     names of leads are borrowed from the meter, seconds are the recording's
 * Threads: one meter a thread
 */
void lw_quality_measure(lw_quality_meter *meter, const lw_record *record, size_t first, size_t samples,
                        lw_quality *out);

/**
 * One sentence on all findings of a mark: "leads V1, V2: noise hides the heart beats (NOISE)".
 * @return whether there is one: there are such findings, and they are not normal (DERIVED, RESAMPLED)
 */
bool lw_quality_sentence(const lw_quality *quality, lw_quality_mark mark, char text[LW_QUALITY_SENTENCE_MAX]);

/* ---- Synthetic recordings
 *
 * Source: McSharry, Clifford, Tarassenko and Smith, "A dynamical model for generating synthetic electrocardiogram
 * signals", IEEE TBME 50(3), 2003; three orthogonal components as Sameni et al., EURASIP JASP 2007; twelve leads by a
 * fixed lead-field projection.
 */

/** Name of the i-th rhythm or finding that can be asked for ("NSR", "AF", ...), NULL past the last. */
const char *lw_synth_kind(size_t i);

/** What to draw. Zero but for `size`, or NULL: all drawn, without noise, under seed 0. */
typedef struct lw_synth_options {
    size_t size; /**< sizeof(lw_synth_options) */
    uint64_t seed;
    double rate_hz;    /**< 50 to 20,000; 0: drawn from 257, 500, 1000 */
    double duration_s; /**< 1 to 3600; 0: drawn, mostly 10. An early beat (PAC, PVC) is sure to be there from 5 s on */
    double noise_mv;   /**< white noise of an electrode, to which hum, muscle and wander keep a proportion; 0: none;
                          negative: drawn */
    const char *kinds; /**< comma-separated, NSR where no rhythm is named; NULL: drawn, two in five NSR alone, the rest
                          a mixture */
} lw_synth_options;

/**
 * Recording number `index` of the series under `options->seed`: 12 leads in mV with age, sex and diagnoses. Same seed
 * and index, same record. III = II - I and the augmented leads hold exactly, noise included.
 * @return LW_OK, LW_ERR_ARGUMENT (the options' size; a number out of range; a kind unknown or contradicting another) or
 * LW_ERR_NO_MEMORY
 */
LW_CHECK_RESULT lw_status lw_synth_record(const lw_synth_options *options, uint64_t index, lw_record **out,
                                          lw_error *err);

#ifdef __cplusplus
}
#endif
#endif
