/** @file synth_noise.c: what electrodes pick up besides the heart: white noise, muscle, wander and hum. */
#include <math.h>

#include "signal/synth_internal.h"

/* How much of an electrode's potential each measured lead sees; the chest leads are taken against the mean of the
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

static surroundings draw_surroundings(double noise_mv, size_t samples, lw_random *random) {
    surroundings s = {0};
    s.hum_hz = lw_random_uniform(random) < 0.7 ? 50.0 : 60.0;
    s.hum_mv = noise_mv * fmax(0.0, lw_random_between(random, -1.0, 1.0));
    s.wander_mv = noise_mv * lw_random_between(random, 0.5, 5.0);
    s.burst_mv = noise_mv * fmax(0.0, lw_random_between(random, -3.0, 2.0));
    s.burst_at = lw_random_between(random, 0.0, (double)samples);
    s.burst_width = lw_random_between(random, 0.05, 0.2) * (double)samples;
    return s;
}

/* By turning a phasor: a sine a sample would take longer than all the rest. */
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
    const double two_pi = 6.28318530717958648;
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
        add_sine(x, samples, two_pi * s->hum_hz / rate_hz, 0.0, hum_mv);
    for (int i = 0; i < 3; i++) {
        const double hz = lw_random_between(random, 0.05, 0.45), phase = lw_random_between(random, 0.0, two_pi);
        add_sine(x, samples, two_pi * hz / rate_hz, phase, s->wander_mv * lw_random_uniform(random));
    }
}

void lw_synth_add_noise(double noise_mv, double rate_hz, size_t samples, lw_random *random, double *electrode,
                        double *const *leads) {
    const surroundings s = draw_surroundings(noise_mv, samples, random);
    for (size_t e = 0; e < LW_SYNTH_ELECTRODES; e++) {
        draw_electrode(&s, noise_mv, rate_hz, samples, random, electrode);
        for (size_t l = 0; l < LW_SYNTH_MEASURED; l++) {
            const double weight = electrode_weight[e][l];
            for (size_t t = 0; t < samples && weight != 0.0; t++)
                leads[l][t] += weight * electrode[t];
        }
    }
}
