/* This file takes over 16-bit samples as a file interleaves them, and adds up and measures them. */
#include "record/record_internal.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

static const bool little_endian = __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__;

/** Numbers of the file in this machine's order, with LW_BYTES_SPARE behind them; empty when out of memory. */
static lw_bytes copy_little16(const uint8_t *at, size_t count) {
    int16_t *adc = malloc(count * sizeof *adc + LW_BYTES_SPARE);
    if (!adc)
        return (lw_bytes){0};
    memcpy(adc, at, count * sizeof *adc);
    memset(adc + count, 0, LW_BYTES_SPARE);
    for (size_t i = 0; i < count && !little_endian; i++)
        adc[i] = (int16_t)__builtin_bswap16((uint16_t)adc[i]);
    return (lw_bytes){.data = (const uint8_t *)adc, .length = count * sizeof *adc};
}

bool lw_frames_set(lw_record *record, const uint8_t *at, lw_bytes store) {
    assert(record->lead && !record->signal_mv && !record->adc);
    const bool stays = store.data && (uintptr_t)at % _Alignof(int16_t) == 0 && little_endian;
    record->store = stays ? store : copy_little16(at, record->leads * record->samples);
    record->adc = (const int16_t *)(const void *)(stays ? at : record->store.data);
    if (!stays)
        lw_bytes_free(&store);
    return record->adc;
}

void lw_frames_tally_start(lw_frames_tally *tally, size_t leads) {
    tally->leads = leads;
    for (size_t i = 0; i < 8 * leads; i++) {
        tally->sum[i] = 0;
        tally->low[i] = INT16_MAX;
        tally->high[i] = INT16_MIN;
    }
}

/* Add `count` samples, each `stride` after the one before, to each of the eight places from `first` on. Compilers make
 * one vector of eight, which stays in a register. */
static void add_eight(lw_frames_tally *tally, size_t first, const int16_t *adc, size_t stride, size_t count) {
    int16_t low[8], high[8];
    uint16_t sum[8];
    memcpy(low, tally->low + first, sizeof low);
    memcpy(high, tally->high + first, sizeof high);
    memcpy(sum, tally->sum + first, sizeof sum);
    for (size_t i = 0; i < count; i++) {
        const int16_t *x = adc + i * stride;
        for (size_t j = 0; j < 8; j++) {
            low[j] = x[j] < low[j] ? x[j] : low[j];
            high[j] = x[j] > high[j] ? x[j] : high[j];
            sum[j] = (uint16_t)(sum[j] + (uint16_t)x[j]);
        }
    }
    memcpy(tally->low + first, low, sizeof low);
    memcpy(tally->high + first, high, sizeof high);
    memcpy(tally->sum + first, sum, sizeof sum);
}

static void add_one(lw_frames_tally *tally, size_t i, int16_t x) {
    tally->low[i] = x < tally->low[i] ? x : tally->low[i];
    tally->high[i] = x > tally->high[i] ? x : tally->high[i];
    tally->sum[i] = (uint16_t)(tally->sum[i] + (uint16_t)x);
}

void lw_frames_tally_add(lw_frames_tally *tally, const int16_t *adc, size_t frames) {
    const size_t width = 8 * tally->leads, count = frames * tally->leads, rounds = frames / 8;
    for (size_t i = 0; i < width; i += 8)
        add_eight(tally, i, adc + i, width, rounds);
    for (size_t i = rounds * width; i < count; i++)
        add_one(tally, i - rounds * width, adc[i]);
}

uint16_t lw_frames_tally_sum(const lw_frames_tally *tally, size_t lead) {
    uint16_t sum = 0;
    for (size_t i = lead; i < 8 * tally->leads; i += tally->leads)
        sum = (uint16_t)(sum + tally->sum[i]);
    return sum;
}

void lw_frames_measure(lw_record *record, const lw_frames_tally *tally) {
    assert(record->adc && tally->leads == record->leads);
    for (size_t l = 0; l < record->leads; l++) {
        lw_lead *lead = &record->lead[l];
        int16_t low = INT16_MAX, high = INT16_MIN;
        lead->missing_count = 0;
        for (size_t i = l; i < 8 * tally->leads; i += tally->leads) {
            low = tally->low[i] < low ? tally->low[i] : low;
            high = tally->high[i] > high ? tally->high[i] : high;
        }
        if (low == LW_ADC_MISSING) { /* some are missing: the extremes of the others take a pass of their own */
            low = INT16_MAX;
            for (size_t t = 0; t < record->samples; t++) {
                const int16_t x = record->adc[t * record->leads + l];
                lead->missing_count += x == LW_ADC_MISSING;
                low = x < low && x != LW_ADC_MISSING ? x : low;
            }
        }
        const double mv = lw_lead_unit_mv(lead);
        lead->flat = lead->missing_count < record->samples &&
                     fabs(lw_sample_mv(high, LW_ADC_MISSING, lead->baseline, lead->gain, mv) -
                          lw_sample_mv(low, LW_ADC_MISSING, lead->baseline, lead->gain, mv)) < LW_FLAT_MV;
    }
}
