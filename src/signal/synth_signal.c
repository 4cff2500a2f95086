/** @file synth_signal.c: the waves of all beats, projected on the measured leads. */
#include <math.h>

#include "signal/synth_internal.h"

/* Source: Dower, Machado and Osborne, "On deriving the electrocardiogram from vectorcardiographic leads", Clin.
 * Cardiol. 3, 1980. */
static const double lead_field[LW_SYNTH_MEASURED][3] = {
    {0.632, -0.235, 0.059}, {0.235, 1.066, -0.132}, {-0.515, 0.157, -0.917}, {0.044, 0.164, -1.387},
    {0.882, 0.098, -1.277}, {1.213, 0.127, -0.601}, {1.125, 0.127, -0.086},  {0.831, 0.076, 0.230},
};

/** Where the waves go. */
typedef struct canvas {
    double rate_hz;
    size_t samples;
    double *const *leads;
} canvas;

static void project(const double mv[3], double gain, double lead_mv[LW_SYNTH_MEASURED]) {
    for (size_t l = 0; l < LW_SYNTH_MEASURED; l++)
        lead_mv[l] = gain * (lead_field[l][0] * mv[0] + lead_field[l][1] * mv[1] + lead_field[l][2] * mv[2]);
}

/* A wave whose peak is at `at_s` of the recording; beyond 4.5 deviations it is below 1e-4 of its peak. */
static void add_wave(const canvas *c, const lw_wave *wave, double at_s, double gain) {
    const double first = fmax(0.0, ceil((at_s - 4.5 * wave->rise_s) * c->rate_hz));
    const double end = fmin((double)c->samples, floor((at_s + 4.5 * wave->fall_s) * c->rate_hz) + 1.0);
    if (first >= end)
        return;
    double lead_mv[LW_SYNTH_MEASURED];
    project(wave->mv, gain, lead_mv);
    for (size_t t = (size_t)first; t < (size_t)end; t++) {
        const double distance = (double)t / c->rate_hz - at_s;
        const double z = distance / (distance < 0.0 ? wave->rise_s : wave->fall_s), height = exp(-0.5 * z * z);
        for (size_t l = 0; l < LW_SYNTH_MEASURED; l++)
            c->leads[l][t] += height * lead_mv[l];
    }
}

static void add_p(const canvas *c, const lw_patient *patient, const lw_beat *beat, double gain) {
    const bool early = beat->p == LW_P_EARLY;
    const lw_wave *p = early ? &patient->early_p : &patient->p;
    const double pr_s = early ? fmin(0.13, patient->pr_s) : patient->pr_s;
    if (beat->p != LW_P_NONE)
        add_wave(c, p, beat->at_s + patient->usual.onset_s - pr_s + p->at_s, gain);
}

/* Rises slowly, falls faster, and has ended a QT interval after the QRS's onset. */
static void add_t(const canvas *c, const lw_patient *patient, const lw_beat *beat, const lw_complex *complex,
                  double gain) {
    const double rr_s = fmin(1.3, fmax(0.35, 0.5 * (beat->rr_s + patient->rr_s)));
    const double qt_s = patient->qtc_s * sqrt(rr_s); /* Bazett */
    const lw_wave t = {.at_s = complex->onset_s + 0.80 * qt_s,
                       .rise_s = 0.13 * qt_s,
                       .fall_s = 0.09 * qt_s,
                       .mv = {complex->t_mv[0], complex->t_mv[1], complex->t_mv[2]}};
    add_wave(c, &t, beat->at_s + t.at_s, gain);
}

static void add_beat(const canvas *c, const lw_patient *patient, const lw_beat *beat) {
    const lw_complex *complex = beat->ectopic ? &patient->ectopic : &patient->usual;
    const double gain = 1.0 + 0.04 * sin(6.28318530717958648 * 0.23 * beat->at_s); /* breathing turns the heart */
    add_p(c, patient, beat, gain);
    for (size_t i = 0; i < complex->waves; i++)
        add_wave(c, &complex->wave[i], beat->at_s + complex->wave[i].at_s, gain);
    add_t(c, patient, beat, complex, gain);
    if (beat->paced) {
        const lw_wave spike = {.rise_s = 0.0008,
                               .fall_s = 0.0012,
                               .mv = {patient->spike_mv[0], patient->spike_mv[1], patient->spike_mv[2]}};
        /* On the grid of samples, or a slow rate would miss some */
        add_wave(c, &spike, round((beat->at_s + complex->onset_s) * c->rate_hz) / c->rate_hz, 1.0);
    }
}

/* Harmonics of a sawtooth: flutter's are many and steady, fibrillation's few, with a pitch and a height that wander. */
static void add_atria(const canvas *c, const lw_patient *patient, bool flutter, lw_random *random) {
    const double two_pi = 6.28318530717958648;
    const double wobble_hz = flutter ? 0.0 : lw_random_between(random, 0.7, 1.5);
    const double pitch_phase = lw_random_between(random, 0.0, two_pi),
                 height_phase = lw_random_between(random, 0.0, two_pi);
    const int harmonics = flutter ? 5 : 3;
    double lead_mv[LW_SYNTH_MEASURED], turns = 0.0;
    project(patient->flutter_mv, 1.0, lead_mv);
    for (size_t t = 0; t < c->samples; t++) {
        const double at_s = (double)t / c->rate_hz, angle = two_pi * turns;
        double height = 0.0;
        for (int k = 1; k <= harmonics; k++)
            height += sin(k * angle) / (k * k); /* a rounded sawtooth */
        if (!flutter)
            height *= 1.0 + 0.4 * sin(two_pi * 0.4 * at_s + height_phase);
        for (size_t l = 0; l < LW_SYNTH_MEASURED; l++)
            c->leads[l][t] += height * lead_mv[l];
        const double wobble = wobble_hz * (sin(two_pi * 0.31 * at_s + pitch_phase) + sin(two_pi * 0.83 * at_s));
        turns += (patient->flutter_hz + wobble) / c->rate_hz;
        turns -= floor(turns);
    }
}

void lw_synth_add_heart(lw_synth_set kinds, const lw_patient *patient, const lw_beat *beats, size_t beat_count,
                        double rate_hz, size_t samples, lw_random *random, double *const *leads) {
    const canvas c = {rate_hz, samples, leads};
    const bool flutter = lw_synth_has(kinds, LW_SYNTH_AFL);
    for (size_t i = 0; i < beat_count; i++)
        add_beat(&c, patient, &beats[i]);
    if (flutter || lw_synth_has(kinds, LW_SYNTH_AF))
        add_atria(&c, patient, flutter, random);
}
