/* This file adds the waves of all beats on the measured leads, and the noise that electrodes add. */
#include <math.h>

#include "signal/synth_internal.h"

/* Source: Dower, Machado and Osborne, "On deriving the electrocardiogram from vectorcardiographic leads", Clin.
 * Cardiol. 3, 1980. */
static const double lead_field[LW_SYNTH_MEASURED][3] = {
    {0.632, -0.235, 0.059}, {0.235, 1.066, -0.132}, {-0.515, 0.157, -0.917}, {0.044, 0.164, -1.387},
    {0.882, 0.098, -1.277}, {1.213, 0.127, -0.601}, {1.125, 0.127, -0.086},  {0.831, 0.076, 0.230},
};

/** The leads that the waves are added to. */
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

/* The T wave rises slowly, falls faster, and has ended a QT interval after the QRS's onset. */
static void add_t(const canvas *c, const lw_patient *patient, const lw_beat *beat, const lw_complex *complex,
                  double gain) {
    const double rr_s = fmin(1.3, fmax(0.35, 0.5 * (beat->rr_s + patient->rr_s)));
    const double qt_s = patient->qtc_s * sqrt(rr_s); /* Bazett */
    lw_wave t = complex->t;
    t.rise_s = 0.13 * qt_s;
    t.fall_s = 0.09 * qt_s;
    add_wave(c, &t, beat->at_s + (complex->onset_s + 0.80 * qt_s), gain);
}

static void add_beat(const canvas *c, const lw_patient *patient, const lw_beat *beat) {
    const lw_complex *complex = beat->ectopic ? &patient->ectopic : &patient->usual;
    const double gain = 1.0 + 0.04 * sin(LW_TWO_PI * 0.23 * beat->at_s); /* breathing turns the heart */
    if (beat->p != LW_P_NONE) {
        const bool early = beat->p == LW_P_EARLY;
        const lw_wave *p = early ? &patient->early_p : &patient->p;
        const double pr_s = early ? fmin(0.13, patient->pr_s) : patient->pr_s;
        add_wave(c, p, beat->at_s + patient->usual.onset_s - pr_s + p->at_s, gain);
    }
    for (size_t i = 0; i < complex->wave_count; i++)
        add_wave(c, &complex->wave[i], beat->at_s + complex->wave[i].at_s, gain);
    add_t(c, patient, beat, complex, gain);
    if (beat->paced) /* on the grid of samples: between them, a slow rate misses some */
        add_wave(c, &patient->spike, round((beat->at_s + complex->onset_s) * c->rate_hz) / c->rate_hz, 1.0);
}

/* Harmonics of a sawtooth: flutter's are many and steady, fibrillation's few, with a pitch and a height that wander. */
static void add_atria(const canvas *c, const lw_patient *patient, bool flutter, lw_random *random) {
    const double wobble_hz = flutter ? 0.0 : lw_random_between(random, 0.7, 1.5);
    const double pitch_phase = lw_random_between(random, 0.0, LW_TWO_PI),
                 height_phase = lw_random_between(random, 0.0, LW_TWO_PI);
    const int harmonics = flutter ? 5 : 3;
    double lead_mv[LW_SYNTH_MEASURED], turns = 0.0;
    project(patient->flutter_mv, 1.0, lead_mv);
    for (size_t t = 0; t < c->samples; t++) {
        const double at_s = (double)t / c->rate_hz, angle = LW_TWO_PI * turns;
        double height = 0.0;
        for (int k = 1; k <= harmonics; k++)
            height += sin(k * angle) / (k * k); /* a rounded sawtooth */
        if (!flutter)
            height *= 1.0 + 0.4 * sin(LW_TWO_PI * 0.4 * at_s + height_phase);
        for (size_t l = 0; l < LW_SYNTH_MEASURED; l++)
            c->leads[l][t] += height * lead_mv[l];
        const double wobble = wobble_hz * (sin(LW_TWO_PI * 0.31 * at_s + pitch_phase) + sin(LW_TWO_PI * 0.83 * at_s));
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

/* ---- Noise */

/* The share of an electrode's potential in each measured lead; chest leads are measured against the mean of the
 * limbs. */
static const double electrode_weight[LW_SYNTH_ELECTRODES][LW_SYNTH_MEASURED] = {
    /* I    II   V1 ... V6 */
    {-1.0, -1.0, -1.0 / 3, -1.0 / 3, -1.0 / 3, -1.0 / 3, -1.0 / 3, -1.0 / 3}, /* right arm */
    {1.0, 0.0, -1.0 / 3, -1.0 / 3, -1.0 / 3, -1.0 / 3, -1.0 / 3, -1.0 / 3},   /* left arm */
    {0.0, 1.0, -1.0 / 3, -1.0 / 3, -1.0 / 3, -1.0 / 3, -1.0 / 3, -1.0 / 3},   /* left leg */
    {0.0, 0.0, 1.0, 0.0, 0.0, 0.0, 0.0, 0.0},
    {0.0, 0.0, 0.0, 1.0, 0.0, 0.0, 0.0, 0.0},
    {0.0, 0.0, 0.0, 0.0, 1.0, 0.0, 0.0, 0.0},
    {0.0, 0.0, 0.0, 0.0, 0.0, 1.0, 0.0, 0.0},
    {0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 1.0, 0.0},
    {0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 1.0},
};

/** What all electrodes of a recording share. */
typedef struct surroundings {
    double hum_hz, hum_mv; /* 0 mV: none */
    double wander_mv;
    double burst_mv;              /* muscle; 0: none */
    double burst_at, burst_width; /* in samples */
} surroundings;

/* A phasor is turned from sample to sample: one sine a sample would take longer than all the rest. */
static void add_sine(double *x, size_t samples, double step, double phase, double amplitude) {
    const double turn_re = cos(step), turn_im = sin(step);
    double re = amplitude * cos(phase), im = amplitude * sin(phase);
    for (size_t t = 0; t < samples; t++) {
        x[t] += im;
        const double next = re * turn_re - im * turn_im;
        im = re * turn_im + im * turn_re;
        re = next;
    }
}

/* Sum of four 16-bit uniforms at unit deviation: a bell curve near enough for noise, at a fraction of a normal draw's
 * time. */
static double draw_white(lw_random *random) {
    const uint32_t a = lw_random_u32(random), b = lw_random_u32(random);
    const uint32_t sum = (a & 0xffff) + (a >> 16) + (b & 0xffff) + (b >> 16);
    return ((double)sum / 65536.0 - 2.0) * 1.7320508075688772;
}

static void draw_electrode(const surroundings *s, double noise_mv, double rate_hz, size_t samples, lw_random *random,
                           double *x) {
    double before = 0.0;
    for (size_t t = 0; t < samples; t++) {
        const double white = draw_white(random);
        x[t] = noise_mv * white;
        if (s->burst_mv > 0.0) { /* differences of white noise: more of it at high frequencies, as of muscle */
            const double z = ((double)t - s->burst_at) / s->burst_width;
            if (fabs(z) < 4.0)
                x[t] += s->burst_mv * exp(-0.5 * z * z) * (white - before);
        }
        before = white;
    }
    const double hum_mv = s->hum_mv * lw_random_between(random, 0.5, 1.5);
    if (hum_mv > 0.0)
        add_sine(x, samples, LW_TWO_PI * s->hum_hz / rate_hz, 0.0, hum_mv);
    for (int i = 0; i < 3; i++) {
        const double hz = lw_random_between(random, 0.05, 0.45), phase = lw_random_between(random, 0.0, LW_TWO_PI);
        add_sine(x, samples, LW_TWO_PI * hz / rate_hz, phase, s->wander_mv * lw_random_uniform(random));
    }
}

void lw_synth_add_noise(double noise_mv, double rate_hz, size_t samples, lw_random *random, double *electrode,
                        double *const *leads) {
    surroundings s = {0};
    s.hum_hz = lw_random_uniform(random) < 0.7 ? 50.0 : 60.0;
    s.hum_mv = noise_mv * fmax(0.0, lw_random_between(random, -1.0, 1.0));
    s.wander_mv = noise_mv * lw_random_between(random, 0.5, 5.0);
    s.burst_mv = noise_mv * fmax(0.0, lw_random_between(random, -3.0, 2.0));
    s.burst_at = lw_random_between(random, 0.0, (double)samples);
    s.burst_width = lw_random_between(random, 0.05, 0.2) * (double)samples;
    for (size_t e = 0; e < LW_SYNTH_ELECTRODES; e++) {
        draw_electrode(&s, noise_mv, rate_hz, samples, random, electrode);
        for (size_t l = 0; l < LW_SYNTH_MEASURED; l++) {
            const double weight = electrode_weight[e][l];
            for (size_t t = 0; t < samples && weight != 0.0; t++)
                leads[l][t] += weight * electrode[t];
        }
    }
}
