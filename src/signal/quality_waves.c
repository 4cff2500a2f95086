/* This file finds what tells heart beats from other pulses: the lead returns after a beat, and between beats stand the
 * smooth bumps of P and T waves. */
#include <math.h>

#include "signal/quality_internal.h"

/* A window around a beat, in seconds: its steep part, where the lead has returned, and where waves may stand. Waves end
 * before the next beat and begin after the one before; `wave_s` is half of a wave at most. */
static const double steep_s = 0.06, return_s = 0.1, broad_s = 0.18, after_s = 0.55, before_s = 0.28, near_s = 0.05,
                    margin_s = 0.09, level_s = 0.09, wave_s = 0.2;
/* Of a wave in the mean beat: its steepest block and its least height, over its height and the beat's; of one between
 * two beats: its least height over the beat's and over the noise, in mV, and the steepest slope beside it. */
static const double steepest = 0.42, least_mean_height = 0.04, least_height = 0.02, heights_of_noise = 2.0,
                    least_height_mv = 0.006, edge = 0.6;

enum { STRETCH_MOST = LW_BLOCK_RATE_MOST }; /* blocks of a stretch of the mean beat: under a second */

/** Blocks begin to end - 1, from a beat on; a stretch before it has negative numbers. */
typedef struct stretch {
    ptrdiff_t begin, end;
} stretch;

/** A bump of `x`: the top, the lowest points to both sides, and the height above the higher one; `sign` -1 turns it over. */
typedef struct bump {
    ptrdiff_t top, left, right;
    double height, sign;
} bump;

static bump highest_bump(const double *x, ptrdiff_t count, double sign) {
    double left_low[STRETCH_MOST], low = INFINITY;
    bump best = {.height = 0, .sign = sign};
    for (ptrdiff_t i = 0; i < count; i++)
        left_low[i] = low = fmin(low, sign * x[i]);
    low = INFINITY;
    for (ptrdiff_t i = count - 1; i >= 0; i--) {
        low = fmin(low, sign * x[i]);
        const double height = sign * x[i] - fmax(low, left_low[i]);
        if (height > best.height) {
            best.height = height;
            best.top = i;
        }
    }
    best.left = best.right = best.top;
    for (ptrdiff_t i = best.top; i >= 0; i--)
        best.left = sign * x[i] < sign * x[best.left] ? i : best.left;
    for (ptrdiff_t i = best.top; i < count; i++)
        best.right = sign * x[i] < sign * x[best.right] ? i : best.right;
    return best;
}

/** Beats that have the stretch whole inside the window: those from the `first` on, `count` of them. */
typedef struct beats {
    size_t first, count;
} beats;

static beats beats_with(const lw_quality_meter *m, stretch s) {
    beats out = {0};
    while (out.first < m->beat_count && (ptrdiff_t)m->beat[out.first] + s.begin < 0)
        out.first++;
    for (size_t k = out.first; k < m->beat_count && (ptrdiff_t)m->beat[k] + s.end <= (ptrdiff_t)m->blocks; k++)
        out.count++;
    return out;
}

/** How surely the difference of two blocks of a beat is above 0: its mean over the beats, over the mean's error. */
static double sureness(const lw_quality_meter *m, const float *x, beats used, ptrdiff_t one, ptrdiff_t other,
                       double sign, double beat) {
    const double n = (double)used.count, least_error = 1e-3 * beat + 1e-4;
    double sum = 0, squares = 0;
    for (size_t k = used.first; k < used.first + used.count; k++) {
        const ptrdiff_t at = (ptrdiff_t)m->beat[k];
        const double d = sign * ((double)x[at + one] - (double)x[at + other]);
        sum += d;
        squares += d * d;
    }
    const double variance = fmax(squares - sum * sum / n, 0) / (n - 1);
    return sum / n / (sqrt(variance / n) + least_error);
}

/** How surely the mean beat has a wave within the stretch: 0 where there is none, or it is too steep or too low. */
static double mean_wave(const lw_quality_meter *m, const float *x, stretch s, double beat) {
    const ptrdiff_t count = s.end - s.begin;
    const beats used = beats_with(m, s);
    double mean[STRETCH_MOST] = {0}, steep = 0;
    if (used.count < 3 || count < 6 || count > STRETCH_MOST)
        return 0;
    for (size_t k = used.first; k < used.first + used.count; k++)
        for (ptrdiff_t i = 0; i < count; i++)
            mean[i] += (double)x[(ptrdiff_t)m->beat[k] + s.begin + i] / (double)used.count;
    const bump up = highest_bump(mean, count, 1), down = highest_bump(mean, count, -1);
    const bump it = up.height >= down.height ? up : down;
    for (ptrdiff_t i = it.left + 1; i < it.right; i++)
        steep = fmax(steep, fabs(mean[i + 1] - mean[i - 1]) / 2);
    if (!(it.height > least_mean_height * beat) || steep > steepest * it.height)
        return 0;
    return fmin(sureness(m, x, used, s.begin + it.top, s.begin + it.left, it.sign, beat),
                sureness(m, x, used, s.begin + it.top, s.begin + it.right, it.sign, beat));
}

/** A time between beats that three quarters of them exceed, in blocks. */
static double short_interval(const lw_quality_meter *m) {
    size_t apart[LW_BEATS_MAX];
    const size_t count = m->beat_count > 1 ? m->beat_count - 1 : 0;
    for (size_t k = 0; k < count; k++) {
        const size_t interval = m->beat[k + 1] - m->beat[k];
        size_t at = k;
        for (; at > 0 && apart[at - 1] > interval; at--)
            apart[at] = apart[at - 1];
        apart[at] = interval;
    }
    return count > 0 ? (double)apart[count / 4] : m->block_hz;
}

/** Mean change across a beat, from `reach` blocks before to as many after it, over the mean range within. */
static double step_across(const lw_quality_meter *m, const float *x, size_t reach) {
    double step = 0, range = 0;
    for (size_t k = 0; k < m->beat_count; k++) {
        if (m->beat[k] < reach || m->beat[k] + reach >= m->blocks)
            continue;
        const float *from = x + m->beat[k] - reach;
        float low = from[0], high = from[0];
        for (size_t i = 1; i <= 2 * reach; i++) {
            low = from[i] < low ? from[i] : low;
            high = from[i] > high ? from[i] : high;
        }
        step += (double)fabsf(from[2 * reach] - from[0]);
        range += (double)(high - low);
    }
    return range > 0 ? step / range : 1;
}

/** The same where it is least: a narrow beat has returned after 100 ms, a broad one after 180. */
static double step_of_beats(const lw_quality_meter *m, const float *x) {
    double least = 1;
    for (double reach_s = return_s; reach_s < 0.2; reach_s += 0.04)
        least = fmin(least, step_across(m, x, (size_t)(reach_s * m->block_hz)));
    return least;
}

/** Mean change of slope at the beats over the mean slope there; and the mean over the beats of their steepest slope. */
static double roughness(const lw_quality_meter *m, const float *x, double *steep) {
    const size_t reach = (size_t)(steep_s * m->block_hz);
    double slopes = 0, bends = 0;
    *steep = 0;
    for (size_t k = 0; k < m->beat_count; k++) {
        const size_t from = m->beat[k] > reach ? m->beat[k] - reach : 1;
        float most = 0;
        for (size_t b = from > 0 ? from : 1; b < m->beat[k] + reach && b + 1 < m->blocks; b++) {
            slopes += (double)fabsf(x[b] - x[b - 1]);
            bends += (double)fabsf(x[b + 1] - 2 * x[b] + x[b - 1]);
            most = fmaxf(most, fabsf(x[b + 1] - x[b - 1]) / 2);
        }
        *steep += (double)most / (double)m->beat_count;
    }
    return slopes > 0 ? bends / slopes : 2;
}

static double smooth(const float *x, size_t b) { return ((double)x[b - 1] + (double)x[b] + (double)x[b + 1]) / 3; }

/** Height of the extremum at block b of the smoothed lead, within `reach` to both sides of a stretch. */
static double height_at(const float *x, size_t b, size_t begin, size_t end, size_t reach, double sign) {
    double left = INFINITY, right = INFINITY;
    for (size_t i = b; i > begin && b - i < reach; i--)
        left = fmin(left, sign * smooth(x, i - 1));
    for (size_t i = b + 1; i < end && i - b <= reach; i++)
        right = fmin(right, sign * smooth(x, i));
    return sign * smooth(x, b) - fmax(left, right);
}

/** Whether the lead has a wave of some height between blocks begin and end, and no edge as steep as a beat. */
static bool has_wave(const lw_quality_meter *m, const float *x, size_t begin, size_t end, double height, double steep) {
    const size_t reach = (size_t)(wave_s * m->block_hz);
    bool found = false;
    for (size_t b = begin; b + 1 < end; b++) {
        const double before = smooth(x, b) - (b > begin ? smooth(x, b - 1) : 0),
                     after = smooth(x, b + 1) - smooth(x, b);
        if (fabs(after) > steep)
            return false;
        if (b > begin && !found && (before >= 0) != (after >= 0))
            found = height_at(x, b, begin, end, reach, before >= 0 ? 1 : -1) > height;
    }
    return found;
}

/** Share of the intervals between beats in which the lead has a wave. */
static double share_with_waves(const lw_quality_meter *m, const float *x, const lw_lead_measures *lead, double steep,
                               double after_beat_s) {
    const size_t margin = (size_t)(return_s * m->block_hz), after_beat = (size_t)(after_beat_s * m->block_hz);
    const double height = fmax(least_height_mv, fmax(least_height * lead->beat, heights_of_noise * lead->noise));
    size_t with = 0;
    for (size_t k = 0; k + 1 < m->beat_count; k++) {
        const size_t begin = m->beat[k] + after_beat, end = m->beat[k + 1] - margin;
        with += begin + 3 < end && begin > 0 && end < m->blocks && has_wave(m, x, begin, end, height, edge * steep);
    }
    return m->beat_count > 1 ? (double)with / (double)(m->beat_count - 1) : 0;
}

/** The level before a beat: the mean of three blocks where the PR segment lies. */
static double level_before(const lw_quality_meter *m, const float *x, size_t beat, size_t *at) {
    const size_t back = (size_t)(level_s * m->block_hz);
    *at = beat > back + 1 ? beat - back : 1;
    return ((double)x[*at - 1] + (double)x[*at] + (double)x[*at + 1]) / 3;
}

/** The lead without its baseline, a line from the level before a beat to that before the next, in the scratch. */
static const float *level_lead(lw_quality_meter *m, const float *x) {
    size_t from = 0, to = 0;
    double low = 0, high = 0;
    for (size_t k = 0; k <= m->beat_count; k++) {
        if (k < m->beat_count)
            high = level_before(m, x, m->beat[k], &to);
        low = k == 0 ? high : low;
        const size_t end = k < m->beat_count ? to : m->blocks;
        const double slope = k > 0 && k < m->beat_count && to > from ? (high - low) / (double)(to - from) : 0;
        for (size_t b = k > 0 ? from : 0; b < end; b++)
            m->scratch[b] = (float)((double)x[b] - low - slope * (double)(b - from));
        from = to;
        low = high;
    }
    return m->scratch;
}

void lw_quality_find_waves(lw_quality_meter *m) {
    const double hz = m->block_hz, interval = short_interval(m);
    const ptrdiff_t end = (ptrdiff_t)fmin(after_s * hz, interval - margin_s * hz);
    const stretch after = {(ptrdiff_t)(return_s * hz), end}, after_broad = {(ptrdiff_t)(broad_s * hz), end};
    const stretch before = {-(ptrdiff_t)fmin(before_s * hz, interval - return_s * hz), -(ptrdiff_t)(near_s * hz)};
    for (size_t l = 0; l < m->leads.count; l++) {
        lw_lead_measures *lead = &m->lead[l];
        double steep;
        if (!(lead->valid > 0 && lead->high > lead->low) || m->blocks < 3)
            continue;
        const float *x = level_lead(m, m->mean + l * m->capacity);
        lead->step = step_of_beats(m, x);
        lead->rough = roughness(m, x, &steep);
        lead->wave = fmax(mean_wave(m, x, before, lead->beat),
                          fmax(mean_wave(m, x, after, lead->beat), mean_wave(m, x, after_broad, lead->beat)));
        lead->waves = fmax(share_with_waves(m, x, lead, steep, return_s), share_with_waves(m, x, lead, steep, broad_s));
    }
}
