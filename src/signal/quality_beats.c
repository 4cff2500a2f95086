/* The heart beats that leads have in common, and how clearly and how alike each lead shows them. */
#include <math.h>
#include <string.h>

#include "signal/quality_internal.h"

static const double refractory_s = 0.26, smoothing_s = 0.1, around_s = 0.064, beat_reach_s = 0.08, away_s = 0.14;

/** Whether a lead can show beats. */
static bool counts(const lw_lead_measures *lead) { return lead->valid > 0 && lead->high > lead->low; }

/** Add a lead's steepness, over its mean, to the envelope. */
static void add_envelope(lw_quality_meter *m, size_t l) {
    const float *slope = m->slope + l * m->capacity;
    double sum = 0;
    for (size_t b = 0; b < m->blocks; b++)
        sum += (double)fabsf(slope[b]);
    const float scale = sum > 0 ? (float)((double)m->blocks / sum) : 0;
    for (size_t b = 0; b < m->blocks; b++)
        m->envelope[b] += scale * fabsf(slope[b]);
}

/** The running mean over `smoothing_s`, in place. */
static void smooth_envelope(lw_quality_meter *m) {
    const size_t half = (size_t)(smoothing_s * m->block_hz / 2);
    double sum = 0;
    memcpy(m->scratch, m->envelope, m->blocks * sizeof *m->envelope);
    for (size_t b = 0; b < m->blocks + half; b++) {
        sum += b < m->blocks ? (double)m->scratch[b] : 0;
        sum -= b > 2 * half ? (double)m->scratch[b - 2 * half - 1] : 0;
        if (b >= half)
            m->envelope[b - half] = (float)(sum / (double)(2 * half + 1));
    }
}

/** Maxima of the envelope above `limit`, none within `apart` blocks of a larger one. */
static void pick_beats(lw_quality_meter *m, float limit, size_t apart) {
    const float *e = m->envelope;
    m->beat_count = 0;
    for (size_t b = 0; b < m->blocks; b++) {
        size_t *last = &m->beat[m->beat_count - (m->beat_count > 0)];
        if (e[b] < limit)
            continue;
        if (m->beat_count > 0 && b - *last < apart) {
            if (e[b] > e[*last])
                *last = b;
        } else if (m->beat_count < LW_BEATS_MAX) {
            m->beat[m->beat_count++] = b;
        }
    }
}

/** Move each beat to the centre of the squared steepness around it, `scratch`, where all leads agree on it. */
static void centre_beats(lw_quality_meter *m) {
    const size_t reach = (size_t)(smoothing_s * m->block_hz / 2);
    for (size_t k = 0; k < m->beat_count; k++) {
        const size_t from = m->beat[k] > reach ? m->beat[k] - reach : 0;
        const size_t to = m->beat[k] + reach < m->blocks ? m->beat[k] + reach : m->blocks - 1;
        double sum = 0, moment = 0;
        for (size_t b = from; b <= to; b++) {
            const double power = (double)m->scratch[b] * (double)m->scratch[b];
            sum += power;
            moment += power * (double)(b - from);
        }
        if (sum > 0)
            m->beat[k] = from + (size_t)(moment / sum + 0.5);
    }
}

/** A limit between the mean of the envelope and the mean of its maxima over stretches of a second. */
static float beat_limit(const lw_quality_meter *m) {
    const size_t second = (size_t)m->block_hz;
    double sum = 0, maxima = 0;
    size_t stretches = 0;
    for (size_t b = 0; b < m->blocks; b += second, stretches++) {
        float most = 0;
        for (size_t i = b; i < b + second && i < m->blocks; i++) {
            sum += (double)m->envelope[i];
            most = m->envelope[i] > most ? m->envelope[i] : most;
        }
        maxima += (double)most;
    }
    const double mean = sum / (double)m->blocks;
    return (float)(mean + 0.4 * (maxima / (double)stretches - mean));
}

/** Mean range within a beat, mean slope at beats over that between them, and the largest jump between beats. */
static void measure_contrast(const lw_quality_meter *m, size_t l, lw_lead_measures *out) {
    const float *mean = m->mean + l * m->capacity, *slope = m->slope + l * m->capacity;
    const size_t reach = (size_t)(beat_reach_s * m->block_hz), away = (size_t)(away_s * m->block_hz);
    double at = 0, between = 0, range = 0, bend = 0;
    float jump = 0;
    size_t at_count = 0, between_count = 0, next = 0;
    for (size_t b = 0; b < m->blocks; b++) {
        while (next < m->beat_count && m->beat[next] + away < b)
            next++;
        const size_t beat = next < m->beat_count ? m->beat[next] : m->blocks + away + 1;
        const size_t distance = beat > b ? beat - b : b - beat;
        const double steep = (double)fabsf(slope[b]);
        if (distance <= reach / 2) {
            at += steep;
            at_count++;
        } else if (distance > away) {
            between += steep;
            between_count++;
            bend += b > 0 && b + 1 < m->blocks ? (double)fabsf(mean[b + 1] - 2 * mean[b] + mean[b - 1]) : 0;
            if (b > 0 && fabsf(mean[b] - mean[b - 1]) > jump) {
                jump = fabsf(mean[b] - mean[b - 1]);
                out->jump_at = b;
            }
        }
    }
    for (size_t k = 0; k < m->beat_count; k++) {
        const size_t from = m->beat[k] > reach ? m->beat[k] - reach : 0, to = m->beat[k] + reach;
        float low = mean[from], high = mean[from];
        for (size_t b = from; b <= to && b < m->blocks; b++) {
            low = mean[b] < low ? mean[b] : low;
            high = mean[b] > high ? mean[b] : high;
        }
        range += (double)(high - low);
    }
    out->beat = m->beat_count > 0 ? range / (double)m->beat_count : 0;
    out->jump = (double)jump;
    out->noise = between_count > 0 ? bend / (double)between_count : 0;
    out->contrast =
        at_count > 0 && between_count > 0 && between > 0 ? at / (double)at_count * (double)between_count / between : 0;
}

/** Mean correlation of the slopes of two different beats. */
static double coherence(const lw_quality_meter *m, size_t l) {
    enum { REACH_MOST = 16 };
    const float *slope = m->slope + l * m->capacity;
    const size_t wide = (size_t)(around_s * m->block_hz), reach = wide < REACH_MOST ? wide : REACH_MOST;
    double sum[2 * REACH_MOST + 1] = {0}, whole = 0;
    size_t used = 0;
    for (size_t k = 0; k < m->beat_count; k++) {
        const size_t beat = m->beat[k];
        if (beat < reach || beat + reach >= m->blocks)
            continue;
        const float *x = slope + beat - reach;
        double power = 0;
        for (size_t i = 0; i <= 2 * reach; i++)
            power += (double)x[i] * (double)x[i];
        used++;
        if (!(power > 0))
            continue;
        const double scale = 1 / sqrt(power);
        for (size_t i = 0; i <= 2 * reach; i++)
            sum[i] += scale * (double)x[i];
    }
    if (used < 2)
        return (double)NAN;
    for (size_t i = 0; i <= 2 * reach; i++)
        whole += sum[i] * sum[i];
    return (whole - (double)used) / ((double)used * (double)(used - 1));
}

void lw_quality_find_beats(lw_quality_meter *m) {
    memset(m->envelope, 0, m->blocks * sizeof *m->envelope);
    for (size_t l = 0; l < m->leads.count; l++)
        if (counts(&m->lead[l]))
            add_envelope(m, l);
    smooth_envelope(m);
    pick_beats(m, m->blocks > 0 ? beat_limit(m) : 0, (size_t)(refractory_s * m->block_hz));
    centre_beats(m);
    for (size_t l = 0; l < m->leads.count; l++)
        if (counts(&m->lead[l])) {
            measure_contrast(m, l, &m->lead[l]);
            m->lead[l].coherence = coherence(m, l);
        }
}
