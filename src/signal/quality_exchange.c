/* Exchanged names and electrodes: what the identities of the limb leads and the shape of the heart beat say. */
#include <math.h>
#include <string.h>

#include "signal/quality_internal.h"

enum { LIMB_LEADS = 6, IDENTITIES = 4 };

static const char *const limb_leads[LIMB_LEADS] = {"I", "II", "III", "aVR", "aVL", "aVF"};

/** The row of a usable lead, or LW_NO_ROW. */
static size_t find(const lw_quality_meter *m, const char *name) {
    for (size_t l = 0; l < m->leads.count; l++)
        if (strcmp(m->leads.name[l], name) == 0)
            return m->lead[l].usable ? l : LW_NO_ROW;
    return LW_NO_ROW;
}

/* ---- Names: Einthoven's and Goldberger's identities */

/** Sums that are 0 of right limb leads: I - II + III, and of each augmented lead with two of these. */
static const double identities[IDENTITIES][LIMB_LEADS] = {
    {1, -1, 1, 0, 0, 0}, {0.5, 0.5, 0, 1, 0, 0}, {-0.5, 0, 0.5, 0, 1, 0}, {0, -0.5, -0.5, 0, 0, 1}};

/** Products of the limb leads' slopes, of which `there` leads are recorded. */
typedef struct limbs {
    double product[LIMB_LEADS][LIMB_LEADS];
    bool there[LIMB_LEADS];
} limbs;

static limbs take_limbs(const lw_quality_meter *m) {
    limbs out = {0};
    size_t row[LIMB_LEADS];
    for (size_t i = 0; i < LIMB_LEADS; i++) {
        row[i] = find(m, limb_leads[i]);
        out.there[i] = row[i] != LW_NO_ROW && !m->lead[row[i]].derived;
    }
    for (size_t i = 0; i < LIMB_LEADS; i++)
        for (size_t j = 0; j <= i; j++) {
            if (!out.there[i] || !out.there[j])
                continue;
            const float *x = m->slope + row[i] * m->capacity, *y = m->slope + row[j] * m->capacity;
            float sum = 0;
            for (size_t b = 0; b < m->blocks; b++)
                sum += x[b] * y[b];
            out.product[i][j] = out.product[j][i] = (double)sum;
        }
    return out;
}

/** How far the identities fail, over the power of the leads in them, when lead i is source[i] times sign[i]. */
static double misfit(const limbs *it, const size_t *source, const double *sign) {
    double failed = 0, power = 0;
    for (size_t k = 0; k < IDENTITIES; k++) {
        bool whole = true;
        for (size_t i = 0; i < LIMB_LEADS; i++)
            whole &= identities[k][i] == 0 || it->there[i];
        for (size_t i = 0; i < LIMB_LEADS && whole; i++)
            for (size_t j = 0; j < LIMB_LEADS; j++) {
                const double c = identities[k][i] * identities[k][j];
                failed += c * sign[i] * sign[j] * it->product[source[i]][source[j]];
                power += i == j ? c * it->product[source[i]][source[i]] : 0;
            }
    }
    return power > 0 ? failed / power : 0;
}

/** The least misfit after one lead is turned over, or two or three exchange their names. */
static double mended_misfit(const limbs *it) {
    double best = INFINITY;
    for (size_t i = 0; i < LIMB_LEADS; i++) {
        double sign[LIMB_LEADS] = {1, 1, 1, 1, 1, 1};
        size_t source[LIMB_LEADS] = {0, 1, 2, 3, 4, 5};
        sign[i] = -1;
        best = it->there[i] ? fmin(best, misfit(it, source, sign)) : best;
        sign[i] = 1;
        for (size_t j = 0; j < LIMB_LEADS; j++) {
            if (j == i || !it->there[i] || !it->there[j])
                continue;
            source[i] = j;
            source[j] = i;
            best = fmin(best, misfit(it, source, sign));
            for (size_t k = 0; k < LIMB_LEADS; k++) {
                if (k == i || k == j || !it->there[k])
                    continue;
                const size_t i_was = source[i], k_was = source[k];
                source[i] = k_was;
                source[k] = i_was;
                best = fmin(best, misfit(it, source, sign));
                source[i] = i_was;
                source[k] = k_was;
            }
            source[i] = i;
            source[j] = j;
        }
    }
    return best;
}

static bool names_are_wrong(const lw_quality_meter *m) {
    static const size_t as_named[LIMB_LEADS] = {0, 1, 2, 3, 4, 5};
    static const double as_signed[LIMB_LEADS] = {1, 1, 1, 1, 1, 1};
    const limbs it = take_limbs(m);
    const double found = misfit(&it, as_named, as_signed);
    return found > 0.1 && mended_misfit(&it) < fmin(0.02, 0.1 * found);
}

/* ---- Electrodes: the shape of the mean heart beat
 *
 * Exchanged electrodes satisfy the identities under wrong names. Criteria: with the arms exchanged lead I is opposed to
 * V6 in QRS, T and P, and aVR is upright (Heden et al., Am J Cardiol 75, 1995; Batchvarov, Malik and Camm, Europace 9,
 * 2007; in dextrocardia V6 follows lead I); with right arm and left leg exchanged, II is opposed to V6; with V1 and V2
 * exchanged, R and T fall from "V1" to "V2" and "V1" is nearer to V3, while the P wave of aVR is nearer to "V2" (after
 * Kors and van Herpen, Am J Cardiol 88, 2001, who compare each lead with what the others predict). */

enum { BEAT_MOST = 160 };

static const double before_s = 0.3, after_s = 0.45;
/** Of the mean beat, in seconds from the steepest point of QRS. */
static const struct {
    double begin, end;
} qrs = {-0.06, 0.07}, qrs_and_t = {-0.06, 0.42}, t_wave = {0.12, 0.42}, p_wave = {-0.24, -0.08},
  level = {-0.09, -0.06};

/** The mean beat of a lead. */
typedef struct shape {
    double hz;
    double mv[BEAT_MOST];
} shape;

/** A part of a mean beat, in blocks. */
typedef struct part {
    size_t begin, end;
} part;

static part part_of(const shape *x, double begin_s, double end_s) {
    const double at = floor(before_s * x->hz);
    return (part){(size_t)(at + floor(begin_s * x->hz + 0.5)), (size_t)(at + floor(end_s * x->hz + 0.5))};
}

/** @return false where fewer than two beats lie whole in the window */
static bool mean_beat(const lw_quality_meter *m, size_t lead, shape *out) {
    const float *x = m->mean + lead * m->capacity;
    const size_t before = (size_t)(before_s * m->block_hz), after = (size_t)(after_s * m->block_hz);
    size_t used = 0;
    *out = (shape){.hz = m->block_hz};
    for (size_t k = 0; k < m->beat_count; k++) {
        if (m->beat[k] < before || m->beat[k] + after > m->blocks)
            continue;
        used++;
        for (size_t i = 0; i < before + after; i++)
            out->mv[i] += (double)x[m->beat[k] - before + i];
    }
    const part base = part_of(out, level.begin, level.end);
    double zero = 0;
    for (size_t i = base.begin; i < base.end; i++)
        zero += out->mv[i] / (double)(base.end - base.begin);
    for (size_t i = 0; i < before + after && used > 0; i++)
        out->mv[i] = (out->mv[i] - zero) / (double)used;
    return used >= 2;
}

static double correlation(const shape *x, const shape *y, part p) {
    const double n = (double)(p.end - p.begin);
    double mx = 0, my = 0, xx = 0, yy = 0, xy = 0;
    for (size_t i = p.begin; i < p.end; i++) {
        mx += x->mv[i] / n;
        my += y->mv[i] / n;
    }
    for (size_t i = p.begin; i < p.end; i++) {
        xx += (x->mv[i] - mx) * (x->mv[i] - mx);
        yy += (y->mv[i] - my) * (y->mv[i] - my);
        xy += (x->mv[i] - mx) * (y->mv[i] - my);
    }
    return xx > 0 && yy > 0 ? xy / sqrt(xx * yy) : 0;
}

/** -1 (all below the level before QRS) to 1 (all above). */
static double uprightness(const shape *x, part p) {
    double sum = 0, size = 0;
    for (size_t i = p.begin; i < p.end; i++) {
        sum += x->mv[i];
        size += fabs(x->mv[i]);
    }
    return size > 0 ? sum / size : 0;
}

/** The largest sample of a part. */
static double top(const shape *x, part p) {
    double most = x->mv[p.begin];
    for (size_t i = p.begin; i < p.end; i++)
        most = fmax(most, x->mv[i]);
    return most;
}

static double range(const shape *x, part p) {
    double low = x->mv[p.begin];
    for (size_t i = p.begin; i < p.end; i++)
        low = fmin(low, x->mv[i]);
    return top(x, p) - low;
}

/** How far two beats are apart: 0 where they are the same, 1 where they have nothing in common. */
static double distance(const shape *x, const shape *y, part p) {
    double apart = 0, power = 0;
    for (size_t i = p.begin; i < p.end; i++) {
        apart += (x->mv[i] - y->mv[i]) * (x->mv[i] - y->mv[i]);
        power += x->mv[i] * x->mv[i] + y->mv[i] * y->mv[i];
    }
    return power > 0 ? sqrt(apart / power) : 0;
}

/** Mean beats of the leads that the criteria compare. @return whether all `count` are usable */
static bool take_shapes(const lw_quality_meter *m, const char *const *names, size_t count, shape *out) {
    for (size_t i = 0; i < count; i++) {
        const size_t row = find(m, names[i]);
        if (row == LW_NO_ROW || !mean_beat(m, row, &out[i]))
            return false;
    }
    return true;
}

static bool arms_are_exchanged(const lw_quality_meter *m) {
    shape x[3];
    if (!take_shapes(m, (const char *const[]){"I", "V6", "aVR"}, 3, x))
        return false;
    const part q = part_of(x, qrs.begin, qrs.end), w = part_of(x, qrs_and_t.begin, qrs_and_t.end);
    const part p = part_of(x, p_wave.begin, p_wave.end);
    return correlation(&x[0], &x[1], q) + correlation(&x[0], &x[1], w) + 0.5 * correlation(&x[0], &x[1], p) +
               0.5 * uprightness(&x[0], q) - 0.5 * uprightness(&x[2], q) <
           -0.6;
}

static bool leg_is_exchanged(const lw_quality_meter *m) {
    shape x[2];
    if (!take_shapes(m, (const char *const[]){"II", "V6"}, 2, x))
        return false;
    return correlation(&x[0], &x[1], part_of(x, qrs_and_t.begin, qrs_and_t.end)) +
               correlation(&x[0], &x[1], part_of(x, p_wave.begin, p_wave.end)) <
           -1.2;
}

static bool chest_is_exchanged(const lw_quality_meter *m) {
    shape x[4];
    if (!take_shapes(m, (const char *const[]){"V1", "V2", "V3", "aVR"}, 4, x))
        return false;
    const part q = part_of(x, qrs.begin, qrs.end), w = part_of(x, qrs_and_t.begin, qrs_and_t.end);
    const part t = part_of(x, t_wave.begin, t_wave.end), p = part_of(x, p_wave.begin, p_wave.end);
    const double nearer = distance(&x[0], &x[2], w) - distance(&x[1], &x[2], w);
    const double r = (top(&x[1], q) - top(&x[0], q)) / (top(&x[1], q) + top(&x[0], q) + 0.05);
    const double rise = (top(&x[1], t) - top(&x[0], t)) / (range(&x[1], t) + range(&x[0], t) + 0.05);
    const double atria = correlation(&x[3], &x[0], p) - correlation(&x[3], &x[1], p);
    return nearer + r + 0.5 * rise + atria < -0.7;
}

/** Whether P, QRS and T point down in I, II, V5 and V6 and up in aVR, where nearly every heart's point the other way. */
static bool all_are_upside_down(const lw_quality_meter *m) {
    enum { COMPARED = 5, PARTS = 3 };
    const double least_mean = -1.3;
    shape x[COMPARED];
    double sum = 0;
    if (!take_shapes(m, (const char *const[]){"I", "II", "V5", "V6", "aVR"}, COMPARED, x))
        return false;
    const part parts[PARTS] = {part_of(x, qrs.begin, qrs.end), part_of(x, t_wave.begin, t_wave.end),
                               part_of(x, p_wave.begin, p_wave.end)};
    for (size_t i = 0; i < COMPARED; i++)
        for (size_t k = 0; k < PARTS; k++)
            sum += (i + 1 < COMPARED ? 1 : -1) * uprightness(&x[i], parts[k]);
    return sum / COMPARED < least_mean;
}

lw_exchange lw_quality_find_exchange(const lw_quality_meter *m) {
    if (names_are_wrong(m))
        return LW_EXCHANGE_NAMES;
    if (leg_is_exchanged(m)) /* first: lead I may be opposed to V6 too */
        return LW_EXCHANGE_LEG;
    if (arms_are_exchanged(m))
        return LW_EXCHANGE_ARMS;
    if (all_are_upside_down(m))
        return LW_EXCHANGE_SIGNS;
    return chest_is_exchanged(m) ? LW_EXCHANGE_CHEST : LW_EXCHANGE_NONE;
}
