/**
 * @file frames.h
 * The samples of a recording as a file of 16-bit numbers holds them.
 *
 * They take a quarter of the memory of millivolts in double. Preparation reads them as they are; the doubles behind
 * lw_record_signal_mv are made lead by lead when somebody asks for them.
 */
#ifndef LW_RECORD_FRAMES_H
#define LW_RECORD_FRAMES_H

#include <pthread.h>

#include "base/file.h"
#include "record/record_internal.h"

enum { LW_ADC_MISSING = INT16_MIN };

struct lw_frames {
    pthread_mutex_t lock;               /**< of `expanded` and of the doubles */
    bool expanded[LW_RECORD_MAX_LEADS]; /**< the lead's doubles are there */
    const int16_t *adc;                 /**< [samples][leads]; LW_ADC_MISSING: missing */
    lw_bytes store;                     /**< what they lie in: ends LW_BYTES_SPARE behind them, so that vectors may be
                                             read across their end */
};

/**
 * Memory for the samples of a record that has its shape, but for the frames: room for doubles that stays untouched
 * until it is needed. False when out of memory or beyond LW_RECORD_MAX_VALUES.
 */
bool lw_frames_allocate(lw_record *record);
/**
 * Make the little-endian numbers from `at` on the record's frames, where they lie or in a copy. They are all there.
 * @param store what `at` lies in, LW_BYTES_SPARE behind it, and is taken; empty when it is another's
 * @return false when out of memory
 */
bool lw_frames_set(lw_record *record, const uint8_t *at, lw_bytes store);
/** NULL is fine. */
void lw_frames_free(lw_frames *frames);

/** Make the doubles of a lead unless they are there; the record has frames. Threads: safe. */
void lw_frames_expand(const lw_record *record, size_t lead);

/** Sums and extremes of frames, eight frames side by side so that vectors of any number of leads are whole. */
typedef struct lw_frames_tally {
    size_t leads;
    uint16_t sum[8 * LW_RECORD_MAX_LEADS]; /**< modulo 2^16, as checksums are */
    int16_t low[8 * LW_RECORD_MAX_LEADS];
    int16_t high[8 * LW_RECORD_MAX_LEADS];
} lw_frames_tally;

void lw_frames_tally_start(lw_frames_tally *tally, size_t leads);
/** Add `frames` frames at `adc`. */
void lw_frames_tally_add(lw_frames_tally *tally, const int16_t *adc, size_t frames);
/** What the samples of a lead add up to, modulo 2^16. */
uint16_t lw_frames_tally_sum(const lw_frames_tally *tally, size_t lead);

/** lw_record_measure for a record with frames, all of which `tally` has seen. */
void lw_frames_measure(lw_record *record, const lw_frames_tally *tally);

/** A lead as it is stored: scale * adc[t * stride] + offset is sample t in mV. */
typedef struct lw_stored_lead {
    const int16_t *adc;
    size_t stride;
    double scale, offset;
} lw_stored_lead;

/** The lead as it is stored; false when only its doubles are there, or when samples are missing. */
bool lw_record_stored_lead(const lw_record *record, size_t lead, lw_stored_lead *out);

#endif
