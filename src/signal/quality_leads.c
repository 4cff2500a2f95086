/* This file measures a window of each lead in blocks of about 8 ms: extremes, constant stretches, rails, wander and
 * noise. */
#include <math.h>
#include <string.h>

#include "record/record_internal.h"
#include "signal/prepare_internal.h"
#include "signal/quality_internal.h"

enum { PIECE = 512 };

static const double flat_stretch_s = 1.5, rail_stretch_s = 0.03, wander_s = 0.6, least_alike = 0.95;

/** Where a lead's samples come from, and how far they have been read. */
typedef struct reader {
    const lw_record *record;
    lw_lead_source source;
    lw_lead_view view; /**< of a lead that is as recorded */
    size_t at;         /**< the next sample */
} reader;

/** The next `count` samples, at most PIECE. */
static void read_piece(reader *r, size_t count, double *out) {
    const lw_lead_view *v = &r->view;
    if (r->source.count == 1 && v->adc && r->record->lead[r->source.lead[0]].missing_count == 0)
        for (size_t t = 0; t < count; t++)
            out[t] = v->scale * v->adc[(r->at + t) * v->stride] + v->offset;
    else
        (void)lw_lead_source_copy(r->record, &r->source, r->at, count, out);
    r->at += count;
}

/** One block: the mean, least and largest of its valid samples. @return how many those are */
static size_t take_block(const double *x, size_t count, float *mean, float *low, float *high) {
    double sum = 0, least = INFINITY, most = -INFINITY;
    size_t valid = 0;
    for (size_t t = 0; t < count; t++) {
        if (!(fabs(x[t]) <= LW_SAMPLE_LIMIT_MV))
            continue;
        valid++;
        sum += x[t];
        least = x[t] < least ? x[t] : least;
        most = x[t] > most ? x[t] : most;
    }
    *mean = (float)(sum / (double)valid);
    *low = (float)least;
    *high = (float)most;
    return valid;
}

/** Fill mean, low and high of a lead; a block without a valid sample repeats the one before. @return valid samples */
static size_t take_blocks(lw_quality_meter *m, reader *r, size_t per_block, float *mean, lw_lead_measures *out) {
    double piece[PIECE];
    size_t valid = 0, first_valid = m->blocks;
    const size_t batch = per_block < PIECE ? PIECE / per_block : 1;
    for (size_t b = 0; b < m->blocks;) {
        const size_t blocks = batch < m->blocks - b ? batch : m->blocks - b;
        read_piece(r, blocks * per_block, piece);
        for (size_t i = 0; i < blocks; i++, b++) {
            const size_t got = take_block(piece + i * per_block, per_block, &mean[b], &m->low[b], &m->high[b]);
            valid += got;
            if (got > 0 && first_valid == m->blocks)
                first_valid = b;
            if (got < per_block) {
                out->gap_begin = out->gap_end > 0 ? out->gap_begin : b;
                out->gap_end = b + 1;
            }
            if (got == 0 && first_valid < b)
                mean[b] = m->low[b] = m->high[b] = mean[b - 1];
        }
    }
    for (size_t b = 0; b < first_valid && first_valid < m->blocks; b++)
        mean[b] = m->low[b] = m->high[b] = mean[first_valid];
    return valid;
}

/** A stretch of blocks begin to end - 1 that are constant is over: count it as flat, and as railed at an extreme. */
static void end_stretch(const lw_quality_meter *m, size_t begin, size_t end, lw_lead_measures *out) {
    const double length = (double)(end - begin), share = length / (double)m->blocks;
    const double level = (double)m->low[begin];
    if (length >= flat_stretch_s * m->block_hz)
        out->flat += share;
    if (length >= rail_stretch_s * m->block_hz && out->high > out->low &&
        (level - out->low < LW_FLAT_MV || out->high - level < LW_FLAT_MV))
        out->railed += share;
    if (end - begin > out->flat_end - out->flat_begin) {
        out->flat_begin = begin;
        out->flat_end = end;
    }
}

/** Extremes of a lead, and its constant stretches. */
static void measure_stretches(const lw_quality_meter *m, lw_lead_measures *out) {
    float least = m->low[0], most = m->high[0];
    for (size_t b = 1; b < m->blocks; b++) {
        least = m->low[b] < least ? m->low[b] : least;
        most = m->high[b] > most ? m->high[b] : most;
    }
    out->low = (double)least;
    out->high = (double)most;
    size_t begin = 0;
    float low = m->low[0], high = m->high[0];
    for (size_t b = 1; b < m->blocks; b++) {
        low = m->low[b] < low ? m->low[b] : low;
        high = m->high[b] > high ? m->high[b] : high;
        if (high - low < (float)LW_FLAT_MV)
            continue;
        if (b - begin > 1)
            end_stretch(m, begin, b, out);
        begin = b;
        low = m->low[b];
        high = m->high[b];
    }
    if (m->blocks - begin > 1 || m->blocks == 1)
        end_stretch(m, begin, m->blocks, out);
}

static double range_of_baseline(const lw_quality_meter *m, const float *mean) {
    const size_t length = (size_t)(wander_s * m->block_hz);
    double sum = 0, low = INFINITY, high = -INFINITY;
    for (size_t b = 0; b < m->blocks; b++) {
        sum += (double)mean[b] - (b >= length ? (double)mean[b - length] : 0.0);
        if (b + 1 >= length || b + 1 == m->blocks) {
            const double baseline = sum / (double)(b + 1 < length ? b + 1 : length);
            low = baseline < low ? baseline : low;
            high = baseline > high ? baseline : high;
        }
    }
    return high - low;
}

/** slope[b]: of a straight line through about 40 ms around block b, which 50 and 60 Hz hardly pass; mV a block. */
static void take_slope(const lw_quality_meter *m, const float *mean, float *slope) {
    memset(slope, 0, m->blocks * sizeof *slope);
    for (size_t b = 2; b + 2 < m->blocks; b++)
        slope[b] = (mean[b + 2] + mean[b + 1] - mean[b - 1] - mean[b - 2]) / 6.0f;
}

/** Whether two leads of a recording have the same samples in the window; nearly all differ in the first few. */
static bool are_equal(const lw_record *record, size_t one, size_t other, size_t first, size_t samples) {
    double x[PIECE], y[PIECE];
    for (size_t at = 0, count = 16; at < samples; at += count, count = PIECE) {
        count = count < samples - at ? count : samples - at;
        (void)lw_record_copy_mv(record, one, first + at, count, x);
        (void)lw_record_copy_mv(record, other, first + at, count, y);
        for (size_t t = 0; t < count; t++)
            if (x[t] != y[t] && !(isnan(x[t]) && isnan(y[t])))
                return false;
    }
    return true;
}

/** Whether a lead's samples stand in the recording under another lead's name too, or those that it is derived from do. A
 * further signal that is no lead, as "ECG I filtered", may be a copy. */
static bool has_duplicate(const lw_record *record, const lw_lead_source *source, size_t first, size_t samples) {
    if (source->count == 2)
        return are_equal(record, source->lead[0], source->lead[1], first, samples);
    for (size_t l = 0; l < record->leads; l++)
        if (lw_lead_canonical(lw_span_of(record->lead[l].name)) &&
            strcmp(record->lead[l].name, record->lead[source->lead[0]].name) != 0 &&
            are_equal(record, source->lead[0], l, first, samples))
            return true;
    return false;
}

/** Whether two leads are alike up to their size and sign, by their slopes. */
static bool are_alike(const lw_quality_meter *m, size_t one, size_t other) {
    const float *x = m->slope + one * m->capacity, *y = m->slope + other * m->capacity;
    double xx = 0, yy = 0, xy = 0;
    for (size_t b = 0; b < m->blocks; b++) {
        xx += (double)x[b] * (double)x[b];
        yy += (double)y[b] * (double)y[b];
        xy += (double)x[b] * (double)y[b];
    }
    return xy * xy > least_alike * least_alike * xx * yy;
}

/** Mark leads that are one signal: three or more, all alike. Of 1,130 recordings of 12 leads none has leads that alike. */
static void mark_one_signal(lw_quality_meter *m) {
    size_t row[LW_LEADS_MAX], count = 0;
    for (size_t l = 0; l < m->leads.count; l++)
        if (m->lead[l].valid > 0 && !m->lead[l].derived && m->lead[l].high - m->lead[l].low >= LW_FLAT_MV)
            row[count++] = l;
    for (size_t i = 1; i < count; i++)
        if (!are_alike(m, row[0], row[i]))
            return;
    for (size_t i = 0; i < count && count >= 3; i++)
        m->lead[row[i]].duplicate = true;
}

void lw_quality_take_leads(lw_quality_meter *m, const lw_record *record, size_t first, size_t samples) {
    const double per = record->rate_hz / LW_BLOCK_RATE_HZ;
    const size_t per_block = per < 1.5 ? 1 : (size_t)(per + 0.5);
    m->block_hz = record->rate_hz / (double)per_block;
    m->blocks = samples / per_block < m->capacity ? samples / per_block : m->capacity;
    memset(m->lead, 0, sizeof m->lead);
    for (size_t l = 0; l < m->leads.count && m->blocks > 0; l++) {
        reader r = {.record = record, .source = lw_lead_find_source(record, m->leads.name[l]), .at = first};
        float *mean = m->mean + l * m->capacity;
        lw_lead_measures *out = &m->lead[l];
        bool voltage = r.source.count > 0;
        for (size_t i = 0; i < r.source.count; i++)
            voltage &= record->lead[r.source.lead[i]].voltage;
        if (!voltage)
            continue;
        if (r.source.count == 1)
            r.view = lw_record_view(record, r.source.lead[0]);
        out->present = true;
        out->derived = r.source.count == 2;
        out->valid = (double)take_blocks(m, &r, per_block, mean, out) / (double)(m->blocks * per_block);
        if (out->valid > 0) {
            measure_stretches(m, out);
            out->wander = range_of_baseline(m, mean);
            take_slope(m, mean, m->slope + l * m->capacity);
            out->duplicate = out->high > out->low && has_duplicate(record, &r.source, first, m->blocks * per_block);
        }
    }
    mark_one_signal(m);
}
