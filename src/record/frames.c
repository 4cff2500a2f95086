/** @file frames.c */
#include "record/frames.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "record/lead_name.h"

static const bool little_endian = __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__;

bool lw_frames_allocate(lw_record *record) {
    size_t values;
    if (!lw_size_mul(record->leads, record->samples, &values) || values > LW_RECORD_MAX_VALUES)
        return false;
    lw_frames *frames = malloc(sizeof *frames);
    double *signal_mv = malloc((values ? values : 1) * sizeof *signal_mv);
    if (!frames || !signal_mv) {
        free(frames);
        free(signal_mv);
        return false;
    }
    *frames = (lw_frames){.lock = PTHREAD_MUTEX_INITIALIZER};
    record->frames = frames;
    record->signal_mv = signal_mv;
    return true;
}

void lw_frames_free(lw_frames *frames) {
    if (!frames)
        return;
    pthread_mutex_destroy(&frames->lock);
    lw_bytes_free(&frames->store);
    free(frames);
}

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
    const bool stays = store.data && (uintptr_t)at % _Alignof(int16_t) == 0 && little_endian;
    lw_frames *frames = record->frames;
    frames->store = stays ? store : copy_little16(at, record->leads * record->samples);
    frames->adc = (const int16_t *)(const void *)(stays ? at : frames->store.data);
    if (!stays)
        lw_bytes_free(&store);
    return frames->adc != NULL;
}

static double unit_mv(const lw_lead *lead) {
    return lead->voltage ? lw_unit_mv((lw_span){lead->unit, strlen(lead->unit)}) : 1.0;
}

static void expand(const lw_record *record, size_t lead) {
    const lw_lead *it = &record->lead[lead];
    const int16_t *adc = record->frames->adc + lead;
    double *x = record->signal_mv + lead * record->samples;
    const double mv = unit_mv(it);
    for (size_t t = 0; t < record->samples; t++)
        x[t] = lw_sample_mv(adc[t * record->leads], LW_ADC_MISSING, it->baseline, it->gain, mv);
}

void lw_frames_expand(const lw_record *record, size_t lead) {
    lw_frames *frames = record->frames;
    pthread_mutex_lock(&frames->lock);
    if (!frames->expanded[lead])
        expand(record, lead);
    frames->expanded[lead] = true;
    pthread_mutex_unlock(&frames->lock);
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

/** Extremes of a lead's valid samples and the number of the others. */
typedef struct extent {
    int16_t low, high;
    size_t missing;
} extent;

static extent tally_extent(const lw_frames_tally *tally, size_t lead) {
    extent it = {INT16_MAX, INT16_MIN, 0};
    for (size_t i = lead; i < 8 * tally->leads; i += tally->leads) {
        it.low = tally->low[i] < it.low ? tally->low[i] : it.low;
        it.high = tally->high[i] > it.high ? tally->high[i] : it.high;
    }
    return it;
}

static extent valid_extent(const lw_record *record, size_t lead) {
    extent it = {INT16_MAX, INT16_MIN, 0};
    const int16_t *adc = record->frames->adc + lead;
    for (size_t t = 0; t < record->samples; t++) {
        const int16_t x = adc[t * record->leads];
        if (x == LW_ADC_MISSING) {
            it.missing++;
            continue;
        }
        it.low = x < it.low ? x : it.low;
        it.high = x > it.high ? x : it.high;
    }
    return it;
}

void lw_frames_measure(lw_record *record, const lw_frames_tally *tally) {
    for (size_t l = 0; l < record->leads; l++) {
        lw_lead *lead = &record->lead[l];
        extent it = tally_extent(tally, l);
        if (it.low == LW_ADC_MISSING)
            it = valid_extent(record, l);
        const double mv = unit_mv(lead);
        lead->missing = it.missing;
        lead->flat = it.missing < record->samples &&
                     lw_sample_mv(it.high, LW_ADC_MISSING, lead->baseline, lead->gain, mv) -
                             lw_sample_mv(it.low, LW_ADC_MISSING, lead->baseline, lead->gain, mv) <
                         LW_FLAT_MV;
    }
}

bool lw_record_stored_lead(const lw_record *record, size_t lead, lw_stored_lead *out) {
    const lw_lead *it = &record->lead[lead];
    if (!record->frames || it->missing > 0)
        return false;
    const double scale = unit_mv(it) / it->gain;
    *out = (lw_stored_lead){record->frames->adc + lead, record->leads, scale, -it->baseline * scale};
    return true;
}
