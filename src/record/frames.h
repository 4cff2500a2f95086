/**
 * @file frames.h
 * Samples kept as a file of 16-bit numbers holds them: a quarter of the memory of millivolts in double, and preparing
 * reads them as they are.
 */
#ifndef LW_RECORD_FRAMES_H
#define LW_RECORD_FRAMES_H

#include "record/record_internal.h"

/**
 * Make the little-endian numbers from `at` on the samples of a record that has its shape: where they lie, or in a copy.
 * They are all there.
 * @param store what `at` lies in, LW_BYTES_SPARE behind it, and is taken; empty when it is another's
 * @return false when out of memory
 */
bool lw_frames_set(lw_record *record, const uint8_t *at, lw_bytes store);

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

#endif
