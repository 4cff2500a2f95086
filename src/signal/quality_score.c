/* Which leads are usable, and one number for all of them. */
#include <math.h>

#include "signal/quality_internal.h"

/* A lead shows heart beats where it is steeper at the beats that the leads have in common than between them, in a way
 * that beats share. Flutter waves are as steep as beats, and pass where beats are much alike; hum would too, but bends
 * from block to block. Of 2,597 recordings of the Challenges 2020 and 2021, PTB-XL and LUDB none is left without a
 * usable lead; hum, noise, drift, steps and bursts have none. */
static const double least_contrast = 2.5, least_coherence = 0.2, most_noise = 0.2;
static const double flutter_contrast = 1.5, flutter_coherence = 0.7, flutter_noise = 0.05, flutter_wander = 0.7;
/* A lead moves where it is there, and not constant, for most of the window. */
static const double least_valid = 0.5, most_flat = 0.6, most_railed = 0.3;
/* A window shorter than the first is nothing to judge; one shorter than the second may hold one beat, which has no
 * other to be like. */
static const double least_s = 1.0, brief_s = 5.0;

static bool is_moving(const lw_lead_measures *lead) {
    return lead->present && lead->valid >= least_valid && lead->flat < most_flat && lead->high > lead->low;
}

static bool shows_beats(const lw_quality_meter *m, const lw_lead_measures *lead) {
    const double range = lead->high - lead->low, seconds = (double)m->blocks / m->block_hz;
    const double alike = isnan(lead->coherence) ? (seconds < brief_s ? 1 : 0) : lead->coherence;
    if (seconds < least_s || lead->noise > most_noise * range)
        return false;
    if (lead->contrast > least_contrast && alike > least_coherence)
        return true;
    return lead->contrast > flutter_contrast && alike > flutter_coherence && lead->noise < flutter_noise * range &&
           lead->wander < flutter_wander * range;
}

void lw_quality_judge_leads(lw_quality_meter *m, size_t *moving, size_t *usable) {
    *moving = *usable = 0;
    for (size_t l = 0; l < m->leads.count; l++) {
        lw_lead_measures *lead = &m->lead[l];
        const bool moves = is_moving(lead);
        lead->beats = moves && shows_beats(m, lead);
        lead->usable = lead->beats && !lead->duplicate && lead->railed < most_railed;
        *moving += moves;
        *usable += lead->usable;
    }
}

/* The score is a logistic function of what the worst lead has. Source of the coefficients: regularised regression
 * (ridge 1) on 250 recordings of the PhysioNet/CinC Challenge 2011, acceptable or not; tools/judge_quality.py
 * judges the score. */
static const struct {
    double constant, contrast, wander, unusable, flat, coherence;
} weight = {-2.496, 4.467, -2.642, -4.130, -2.778, 2.040};

static double between(double low, double x, double high) { return fmin(fmax(x, low), high); }

double lw_quality_score(const lw_quality_meter *m) {
    double contrast = INFINITY, wander = -INFINITY, flat = 0, coherence = 1;
    size_t present = 0, usable = 0;
    for (size_t l = 0; l < m->leads.count; l++) {
        const lw_lead_measures *lead = &m->lead[l];
        const bool moves = lead->flat < most_flat;
        if (!lead->present)
            continue;
        present++;
        usable += lead->usable;
        contrast = fmin(contrast, moves ? log10(between(1, lead->contrast, 30)) : 0);
        wander = fmax(wander, log10(between(0.05, lead->wander, 20)));
        flat = fmax(flat, lead->flat);
        if (!isnan(lead->coherence) || !moves)
            coherence = fmin(coherence, moves ? between(0, lead->coherence, 1) : 0);
    }
    if (usable == 0)
        return 0;
    const double unusable = 1 - (double)usable / (double)present;
    const double x = weight.constant + weight.contrast * contrast + weight.wander * wander +
                     weight.unusable * unusable + weight.flat * flat + weight.coherence * coherence;
    return 1 / (1 + exp(-x));
}
