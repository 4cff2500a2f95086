/** @file synth_rhythm.c: when the heart beats, and which beats come early. */
#include <math.h>

#include "signal/synth_internal.h"

/** What makes one interval differ from the next. */
typedef struct pacemaker {
    lw_synth_set kinds;
    const lw_patient *patient;
    lw_random *random;
    double slow, slow_phase; /* depth and phase of the waves of blood pressure, 0.1 Hz */
    double breath, breath_phase, breath_hz;
    bool variable_block; /* flutter: 2:1 to 4:1 by turns */
} pacemaker;

static pacemaker draw_pacemaker(lw_synth_set kinds, const lw_patient *patient, lw_random *random) {
    const double two_pi = 6.28318530717958648;
    pacemaker p = {.kinds = kinds, .patient = patient, .random = random};
    p.slow = lw_random_between(random, 0.008, 0.025);
    p.breath = lw_random_between(random, 0.008, 0.025);
    if (lw_synth_has(kinds, LW_SYNTH_SA))
        p.breath = lw_random_between(random, 0.12, 0.20);
    if (lw_synth_has(kinds, LW_SYNTH_STACH))
        p.slow /= 3.0, p.breath /= 3.0;
    p.slow_phase = lw_random_between(random, 0.0, two_pi);
    p.breath_phase = lw_random_between(random, 0.0, two_pi);
    p.breath_hz = lw_random_between(random, 0.17, 0.28);
    p.variable_block = lw_random_uniform(random) < 0.25;
    return p;
}

/* Sinus: the two peaks of McSharry's RR spectrum as two sines, and a little noise. */
static double sinus_interval(const pacemaker *p, double at_s) {
    const double two_pi = 6.28318530717958648;
    const double slow = p->slow * sin(two_pi * 0.1 * at_s + p->slow_phase);
    const double breath = p->breath * sin(two_pi * p->breath_hz * at_s + p->breath_phase);
    return p->patient->rr_s * (1.0 + slow + breath + 0.005 * lw_random_normal(p->random));
}

static double next_interval(const pacemaker *p, double at_s) {
    const double mean = p->patient->rr_s;
    if (lw_synth_has(p->kinds, LW_SYNTH_PACED))
        return mean;
    if (lw_synth_has(p->kinds, LW_SYNTH_BRADY))
        return mean * (1.0 + 0.01 * lw_random_normal(p->random));
    if (lw_synth_has(p->kinds, LW_SYNTH_AF))
        return fmax(0.3, mean * fmin(1.7, fmax(0.55, 1.0 + 0.24 * lw_random_normal(p->random))));
    if (lw_synth_has(p->kinds, LW_SYNTH_AFL)) {
        const double usual = fmin(4.0, fmax(2.0, round(mean * p->patient->flutter_hz)));
        const double waves = p->variable_block ? 2.0 + (double)lw_random_below(p->random, 3) : usual;
        return waves / p->patient->flutter_hz;
    }
    return sinus_interval(p, at_s);
}

static lw_beat usual_beat(const pacemaker *p, double at_s, double rr_s) {
    const bool no_p = lw_synth_has(p->kinds, LW_SYNTH_AF) || lw_synth_has(p->kinds, LW_SYNTH_AFL) ||
                      lw_synth_has(p->kinds, LW_SYNTH_BRADY) || lw_synth_has(p->kinds, LW_SYNTH_PACED);
    return (lw_beat){.at_s = at_s,
                     .rr_s = rr_s,
                     .p = no_p ? LW_P_NONE : LW_P_SINUS,
                     .paced = lw_synth_has(p->kinds, LW_SYNTH_PACED)};
}

/*
 * A beat that comes early after the one at `at_s`; `next_s` is when the usual one follows. A ventricular beat leaves
 * the sinus undisturbed, so that the pause makes up for it; an atrial one resets the sinus.
 */
static lw_beat early_beat(const pacemaker *p, bool ventricular, double at_s, double rr_s, double *next_s) {
    const double coupling = fmax(0.3, rr_s * (ventricular ? lw_random_between(p->random, 0.50, 0.64)
                                                          : lw_random_between(p->random, 0.58, 0.72)));
    const double pause = lw_random_between(p->random, 1.0, 1.12) * rr_s;
    *next_s = ventricular ? at_s + 2.0 * rr_s : at_s + coupling + pause;
    return (lw_beat){
        .at_s = at_s + coupling, .rr_s = coupling, .p = ventricular ? LW_P_NONE : LW_P_EARLY, .ectopic = ventricular};
}

size_t lw_rhythm_draw(lw_synth_set kinds, const lw_patient *patient, double duration_s, lw_random *random,
                      lw_beat *beats, size_t limit) {
    const bool atrial = lw_synth_has(kinds, LW_SYNTH_PAC), ventricular = lw_synth_has(kinds, LW_SYNTH_PVC);
    const pacemaker p = draw_pacemaker(kinds, patient, random);
    bool next_is_ventricular = ventricular;
    uint64_t usual_left = lw_random_below(random, 2); /* usual beats until an early one */
    double rr = patient->rr_s, at = -rr * (1.0 + lw_random_uniform(random));
    size_t count = 0;
    while (count + 2 <= limit && at < duration_s + 1.0) {
        beats[count++] = usual_beat(&p, at, rr);
        rr = next_interval(&p, at);
        double next = at + rr;
        if ((atrial || ventricular) && at > 0.0 && usual_left-- == 0) {
            beats[count++] = early_beat(&p, next_is_ventricular, at, rr, &next);
            rr = next - beats[count - 1].at_s;
            next_is_ventricular = ventricular && !(atrial && next_is_ventricular);
            usual_left = 2 + lw_random_below(random, 4);
        }
        at = next;
    }
    return count;
}
