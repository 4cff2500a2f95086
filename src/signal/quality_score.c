/* This file says which leads are usable, and gives one number for all of them. */
#include <math.h>

#include "signal/quality_internal.h"

/* A lead shows pulses where it is steeper at the beats that the leads have in common than between them, in a way that
 * beats share. Flutter waves are as steep as beats, and pass where beats are much alike; hum would too, but bends from
 * block to block. */
static const double least_contrast = 2.5, least_coherence = 0.2, most_noise = 0.2;
static const double flutter_contrast = 1.5, flutter_coherence = 0.7, flutter_noise = 0.05, flutter_wander = 0.7;
/* A lead moves where it is there, and not constant, for most of the window. */
static const double least_valid = 0.5, most_flat = 0.6, most_railed = 0.3;
/* A shorter window is nothing to judge. */
static const double least_s = 1.0;

static bool is_moving(const lw_lead_measures *lead) {
    return lead->present && lead->valid >= least_valid && lead->flat < most_flat && lead->high > lead->low;
}

/* Pulses are heart beats where one lead returns after them, bends neither like hum nor like a sine, and has P or T waves
 * between them: in the mean beat, surer than noise makes in one of that many leads, or in most intervals. */
static const double most_step = 0.4, least_rough = 0.3, most_rough = 1.65, most_rough_of_both = 1.85,
                    most_rough_of_waves = 1.3, least_waves = 0.7, least_wave = 3, wave_of_leads = 0.33;
enum { LEAST_BEATS = 3 };

static bool shows_pulses(const lw_quality_meter *m, const lw_lead_measures *lead) {
    const double range = lead->high - lead->low, seconds = (double)m->blocks / m->block_hz;
    const double alike = isnan(lead->coherence) ? 0 : lead->coherence;
    if (seconds < least_s || lead->noise > most_noise * range)
        return false;
    if (lead->contrast > least_contrast && alike > least_coherence)
        return true;
    return lead->contrast > flutter_contrast && alike > flutter_coherence && lead->noise < flutter_noise * range &&
           lead->wander < flutter_wander * range;
}

/** Whether a lead proves that its pulses are heart beats; `leads` of the recording show pulses. */
static bool proves_beats(const lw_quality_meter *m, const lw_lead_measures *lead, size_t leads) {
    const double sure = lead->wave / (least_wave + wave_of_leads * log((double)(leads > 0 ? leads : 1)));
    const double most = lead->waves < least_waves ? most_rough : sure > 1 ? most_rough_of_both : most_rough_of_waves;
    const bool shaped = lead->step < most_step && lead->rough > least_rough && lead->rough < most;
    const bool waves = sure > 1 || lead->waves >= least_waves;
    return lead->pulses && m->beat_count >= LEAST_BEATS && shaped && waves;
}

void lw_quality_judge_leads(lw_quality_meter *m, size_t *moving, size_t *usable) {
    size_t pulsing = 0;
    bool proven = false;
    *moving = *usable = 0;
    for (size_t l = 0; l < m->leads.count; l++) {
        lw_lead_measures *lead = &m->lead[l];
        const bool moves = is_moving(lead);
        lead->pulses = moves && shows_pulses(m, lead);
        *moving += moves;
        pulsing += lead->pulses && !lead->derived;
    }
    for (size_t l = 0; l < m->leads.count; l++)
        proven |= proves_beats(m, &m->lead[l], pulsing);
    for (size_t l = 0; l < m->leads.count; l++) {
        lw_lead_measures *lead = &m->lead[l];
        lead->beats = proven && lead->pulses;
        lead->usable = lead->beats && !lead->duplicate && lead->railed < most_railed;
        *usable += lead->usable;
    }
}

/* The score is a logistic function of what the worst lead has, times the share of leads that are usable. A lead that is
 * not usable counts as one without contrast or coherence that wanders by 1 mV or more, so that the score falls with each
 * such lead. The weights are those of tools/fit_quality.py on 250 recordings of the PhysioNet/CinC Challenge 2011, acceptable or not. */
static const double constant = -0.423, weight[LW_SCORE_FEATURES] = {1.893, -2.955, -2.042, 1.712};

static const double lost_wander_mv = 1;

static double between(double low, double x, double high) { return fmin(fmax(x, low), high); }

double lw_quality_features(const lw_quality_meter *m, double feature[LW_SCORE_FEATURES]) {
    double contrast = INFINITY, wander = -INFINITY, flat = 0, coherence = 1;
    size_t present = 0, usable = 0;
    for (size_t l = 0; l < m->leads.count; l++) {
        const lw_lead_measures *lead = &m->lead[l];
        if (!lead->present)
            continue;
        present++;
        usable += lead->usable;
        contrast = fmin(contrast, lead->usable ? log10(between(1, lead->contrast, 30)) : 0);
        wander = fmax(wander, log10(between(lead->usable ? 0.05 : lost_wander_mv, lead->wander, 20)));
        flat = fmax(flat, lead->flat);
        coherence = fmin(coherence, lead->usable ? between(0, lead->coherence, 1) : 0);
    }
    feature[0] = contrast;
    feature[1] = wander;
    feature[2] = flat;
    feature[3] = coherence;
    return present > 0 ? (double)usable / (double)present : 0;
}

double lw_quality_score(const lw_quality_meter *m) {
    double feature[LW_SCORE_FEATURES], x = constant;
    const double usable = lw_quality_features(m, feature);
    for (size_t i = 0; i < LW_SCORE_FEATURES && usable > 0; i++)
        x += weight[i] * feature[i];
    return usable / (1 + exp(-x));
}
