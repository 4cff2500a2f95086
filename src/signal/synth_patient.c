/* This file draws the shapes of one patient's waves by the findings, and the times of the beats by the rhythm. */
#include <math.h>

#include "signal/synth_internal.h"

/*
 * The heart vector `mv` of `amplitude` at `angle` degrees of the frontal plane in the limb leads, and `back` to the back.
 * It is the inverse of Dower's rows for leads I and aVF at a given z (back). An augmented lead measures sqrt(3)/2 of
 * what a bipolar one of the same direction does.
 */
static void heart_vector(double amplitude, double angle, double back, double mv[3]) {
    const double radians = angle * 3.14159265358979323846 / 180.0;
    const double one[3] = {0.632, -0.235, 0.059}, avf[3] = {-0.081, 1.1835, -0.1615};
    const double a = amplitude * cos(radians) - one[2] * back;
    const double b = amplitude * sin(radians) * sqrt(3.0) / 2.0 - avf[2] * back;
    const double determinant = one[0] * avf[1] - one[1] * avf[0];
    mv[0] = (a * avf[1] - b * one[1]) / determinant;
    mv[1] = (b * one[0] - a * avf[0]) / determinant;
    mv[2] = back;
}

/** What the shapes of one patient's complexes have in common. */
typedef struct habit {
    double axis;  /* degrees */
    double size;  /* of the main wave in the frontal plane */
    double width; /* factor on durations */
} habit;

static void add_wave(lw_complex *complex, const habit *h, double at_s, double width_s, double size, double angle,
                     double back) {
    lw_wave *wave = &complex->wave[complex->wave_count++];
    wave->at_s = at_s * h->width;
    wave->rise_s = wave->fall_s = width_s * h->width;
    heart_vector(size * h->size, angle, back * h->size, wave->mv);
}

/* Septum to the right and forward, left ventricle along the axis, base away from it and back. */
static lw_complex narrow_complex(const habit *h, double base) {
    lw_complex c = {.onset_s = -0.042 * h->width};
    add_wave(&c, h, -0.022, 0.007, 0.14, h->axis + 115.0, -0.20);
    add_wave(&c, h, 0.0, 0.011, 1.0, h->axis, 0.45);
    add_wave(&c, h, 0.028, 0.009, 0.22 * base, h->axis + 180.0, 0.42 * base);
    return c;
}

/* The left ventricle late and slow: no septal wave, a broad notched wave to the left and back. */
static lw_complex left_block_complex(const habit *h) {
    lw_complex c = {.onset_s = -0.080 * h->width};
    add_wave(&c, h, -0.034, 0.022, 0.65, h->axis + 5.0, 0.50);
    add_wave(&c, h, 0.036, 0.023, 0.70, h->axis - 5.0, 0.95);
    return c;
}

/* The right ventricle last, to the right and forward: R' in V1, a broad S in I and V6. */
static lw_complex right_block_complex(const habit *h, bool complete) {
    lw_complex c = narrow_complex(h, 0.5);
    if (complete)
        add_wave(&c, h, 0.062, 0.022, 0.40, 178.0, -0.70);
    else
        add_wave(&c, h, 0.043, 0.010, 0.22, 170.0, -0.55);
    return c;
}

/* From an electrode at the tip of the right ventricle: broad, up and back. */
static lw_complex paced_complex(const habit *h) {
    lw_complex c = {.onset_s = -0.075 * h->width};
    add_wave(&c, h, -0.030, 0.022, 0.75, h->axis, 0.60);
    add_wave(&c, h, 0.036, 0.025, 0.80, h->axis - 10.0, 0.75);
    return c;
}

/* A ventricular beat from anywhere: broad and tall. The sign of `back` separates the two ventricles. */
static lw_complex ectopic_complex(const habit *h, double angle, double back) {
    lw_complex c = {.onset_s = -0.080 * h->width};
    add_wave(&c, h, -0.028, 0.025, 1.0, angle, 0.8 * back);
    add_wave(&c, h, 0.034, 0.028, 0.9, angle + 15.0, back);
    heart_vector(0.45 * h->size, angle + 180.0, -0.4 * back * h->size, c.t.mv);
    return c;
}

static double draw_axis(lw_synth_set kinds, lw_random *random) {
    if (lw_synth_has(kinds, LW_SYNTH_PACED))
        return lw_random_between(random, -85.0, -55.0);
    if (lw_synth_has(kinds, LW_SYNTH_LAD))
        return lw_random_between(random, -75.0, -40.0);
    if (lw_synth_has(kinds, LW_SYNTH_RAD))
        return lw_random_between(random, 110.0, 150.0);
    if (lw_synth_has(kinds, LW_SYNTH_LBBB))
        return lw_random_between(random, -10.0, 50.0);
    return lw_random_between(random, 5.0, 75.0);
}

static lw_complex usual_complex(lw_synth_set kinds, const habit *h, lw_random *random) {
    lw_complex c;
    double t_angle = 0.4 * h->axis + 25.0, t_back = lw_random_between(random, -0.24, -0.12);
    double t_size = lw_random_between(random, 0.22, 0.36);
    if (lw_synth_has(kinds, LW_SYNTH_PACED))
        c = paced_complex(h);
    else if (lw_synth_has(kinds, LW_SYNTH_LBBB))
        c = left_block_complex(h);
    else if (lw_synth_has(kinds, LW_SYNTH_RBBB))
        c = right_block_complex(h, true);
    else if (lw_synth_has(kinds, LW_SYNTH_IRBBB))
        c = right_block_complex(h, false);
    else
        c = narrow_complex(h, lw_random_between(random, 0.6, 1.4));

    if (lw_synth_has(kinds, LW_SYNTH_PACED) || lw_synth_has(kinds, LW_SYNTH_LBBB)) {
        t_angle = h->axis + 180.0; /* what is depolarised late repolarises early */
        t_back = -0.26;
    } else if (lw_synth_has(kinds, LW_SYNTH_RBBB)) {
        t_back = 0.15;
    }
    if (lw_synth_has(kinds, LW_SYNTH_TINV)) {
        t_angle += 180.0;
        t_back = lw_random_between(random, 0.05, 0.15);
    }
    const double scale = sqrt(h->size); /* a small QRS has a T wave that is less small */
    heart_vector(t_size * scale, t_angle, t_back * scale, c.t.mv);
    return c;
}

static double draw_rr(lw_synth_set kinds, lw_random *random) {
    static const double rates[LW_SYNTH_RHYTHMS][2] = {
        [LW_SYNTH_NSR] = {62.0, 96.0},     [LW_SYNTH_SB] = {40.0, 57.0},    [LW_SYNTH_BRADY] = {34.0, 50.0},
        [LW_SYNTH_STACH] = {104.0, 150.0}, [LW_SYNTH_SA] = {60.0, 88.0},    [LW_SYNTH_AF] = {65.0, 140.0},
        [LW_SYNTH_AFL] = {70.0, 150.0},    [LW_SYNTH_PACED] = {60.0, 80.0},
    };
    size_t rhythm = 0;
    while (!(kinds >> rhythm & 1))
        rhythm++;
    return 60.0 / lw_random_between(random, rates[rhythm][0], rates[rhythm][1]);
}

static void draw_atria(lw_synth_set kinds, lw_patient *patient, lw_random *random) {
    const double size = lw_random_between(random, 0.09, 0.18), width = lw_random_between(random, 0.018, 0.024);
    patient->p = (lw_wave){.at_s = 2.5 * width, .rise_s = width, .fall_s = width};
    heart_vector(size, lw_random_between(random, 45.0, 70.0), -0.02, patient->p.mv);
    patient->early_p = patient->p; /* from elsewhere in the atria: another direction */
    heart_vector(0.9 * size, lw_random_between(random, -100.0, -40.0), 0.05, patient->early_p.mv);
    const bool late = lw_synth_has(kinds, LW_SYNTH_IAVB);
    patient->pr_s = late ? lw_random_between(random, 0.22, 0.32) : lw_random_between(random, 0.13, 0.18);
    if (lw_synth_has(kinds, LW_SYNTH_AFL)) {
        patient->flutter_hz = lw_random_between(random, 250.0, 330.0) / 60.0;
        heart_vector(lw_random_between(random, 0.15, 0.28), 95.0, -0.12, patient->flutter_mv);
    } else if (lw_synth_has(kinds, LW_SYNTH_AF)) {
        patient->flutter_hz = lw_random_between(random, 5.0, 8.5);
        const double waves = lw_random_between(random, 0.04, 0.11);
        heart_vector(0.6 * waves, 80.0, -0.8 * waves, patient->flutter_mv);
    }
}

lw_patient lw_patient_draw(lw_synth_set kinds, lw_random *random) {
    const bool low = lw_synth_has(kinds, LW_SYNTH_LQRSV), long_qt = lw_synth_has(kinds, LW_SYNTH_LQT);
    lw_patient patient = {0};
    patient.rr_s = draw_rr(kinds, random);

    habit h;
    h.axis = draw_axis(kinds, random);
    h.size = low ? lw_random_between(random, 0.14, 0.24) : lw_random_between(random, 0.75, 1.35);
    h.width = lw_random_between(random, 0.93, 1.08);
    patient.usual = usual_complex(kinds, &h, random);

    const habit tall = {h.axis, 1.25 * h.size, h.width};
    const double side = lw_random_uniform(random) < 0.5 ? 0.8 : -0.8;
    patient.ectopic = ectopic_complex(&tall, h.axis + lw_random_between(random, 60.0, 300.0), side);

    patient.qtc_s = long_qt ? lw_random_between(random, 0.51, 0.60) : lw_random_between(random, 0.38, 0.43);
    if (!long_qt && patient.usual.onset_s < -0.06)
        patient.qtc_s += 0.03; /* a broad QRS is part of it */
    if (lw_synth_has(kinds, LW_SYNTH_PACED)) {
        const double spike = lw_random_between(random, 0.8, 2.5);
        patient.spike = (lw_wave){.rise_s = 0.0008, .fall_s = 0.0012};
        heart_vector(spike, -80.0, 0.4 * spike, patient.spike.mv);
    }
    draw_atria(kinds, &patient, random);
    return patient;
}

/* ---- Beats */

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
    pacemaker p = {.kinds = kinds, .patient = patient, .random = random};
    p.slow = lw_random_between(random, 0.008, 0.025);
    p.breath = lw_random_between(random, 0.008, 0.025);
    if (lw_synth_has(kinds, LW_SYNTH_SA))
        p.breath = lw_random_between(random, 0.12, 0.20);
    if (lw_synth_has(kinds, LW_SYNTH_STACH))
        p.slow /= 3.0, p.breath /= 3.0;
    p.slow_phase = lw_random_between(random, 0.0, LW_TWO_PI);
    p.breath_phase = lw_random_between(random, 0.0, LW_TWO_PI);
    p.breath_hz = lw_random_between(random, 0.17, 0.28);
    p.variable_block = lw_random_uniform(random) < 0.25;
    return p;
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
    /* Sinus: the two peaks of McSharry's RR spectrum as two sines, and a little noise. */
    const double slow = p->slow * sin(LW_TWO_PI * 0.1 * at_s + p->slow_phase);
    const double breath = p->breath * sin(LW_TWO_PI * p->breath_hz * at_s + p->breath_phase);
    return mean * (1.0 + slow + breath + 0.005 * lw_random_normal(p->random));
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
    const bool paced = lw_synth_has(kinds, LW_SYNTH_PACED);
    const bool no_p = paced || lw_synth_has(kinds, LW_SYNTH_AF) || lw_synth_has(kinds, LW_SYNTH_AFL) ||
                      lw_synth_has(kinds, LW_SYNTH_BRADY);
    const pacemaker p = draw_pacemaker(kinds, patient, random);
    bool next_is_ventricular = ventricular;
    uint64_t usual_left = lw_random_below(random, 2); /* usual beats until an early one */
    double rr = patient->rr_s, at = -rr * (1.0 + lw_random_uniform(random));
    size_t count = 0;
    while (count + 2 <= limit && at < duration_s + 1.0) {
        beats[count++] = (lw_beat){.at_s = at, .rr_s = rr, .p = no_p ? LW_P_NONE : LW_P_SINUS, .paced = paced};
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
