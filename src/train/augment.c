#include "train/augment.h"

#include <math.h>
#include <stdbool.h>
#include <string.h>

/* Strengths. Amplitudes are in standard deviations of a lead, gains in natural logarithms. */
static const double shift_s = 2;               /* to either side */
static const double stretch_part = 0.1;        /* to either side */
static const double gain_record = 0.2;         /* to either side, the same in all leads */
static const double gain_lead = 0.1;           /* and on top of that in each */
static const double wander_most = 0.3;         /* amplitude */
static const double wander_hz[2] = {0.1, 0.5}; /* breathing and movement */
static const double white_most = 0.1;
static const double muscle_most = 0.3;
static const double muscle_chance = 0.5;
static const double muscle_s[2] = {1, 5};
static const double cutout_s[2] = {0.2, 2};

/** A record under way. */
typedef struct record {
    double rate_hz;
    size_t leads, samples;
    lw_random *random;
    float *signals; /**< [leads][samples] */
} record;

static double between(lw_random *random, double low, double high) {
    return low + (high - low) * lw_random_uniform(random);
}

static bool is_empty(const float *signal, size_t samples) {
    for (size_t t = 0; t < samples; t++)
        if (signal[t] != 0)
            return false;
    return true;
}

static double sample_at(const float *signal, size_t samples, double t) {
    return t >= 0 && t < (double)samples ? (double)signal[(size_t)t] : 0;
}

/** The signal between its samples, by the cubic of Catmull and Rom (1974), which passes through them; 0 outside. */
static float interpolate(const float *signal, size_t samples, double t) {
    const double i = floor(t), f = t - i;
    if (i < -2 || i > (double)samples)
        return 0;
    const double a = sample_at(signal, samples, i - 1), b = sample_at(signal, samples, i);
    const double c = sample_at(signal, samples, i + 1), d = sample_at(signal, samples, i + 2);
    return (float)(b + 0.5 * f * (c - a + f * (2 * a - 5 * b + 4 * c - d + f * (3 * (b - c) + d - a))));
}

/** Shift by whole samples and stretch about the middle, in one pass; what comes in from outside is 0, as in a short
 * recording. */
static void move_in_time(const record *r, unsigned kinds, float *scratch) {
    double shift = 0, stretch = 1;
    if (kinds & LW_AUGMENT_SHIFT)
        shift = round(between(r->random, -shift_s, shift_s) * r->rate_hz);
    if (kinds & LW_AUGMENT_RESAMPLE)
        stretch = between(r->random, 1 - stretch_part, 1 + stretch_part);
    const double middle = (double)(r->samples - 1) / 2;
    for (size_t h = 0; h < r->leads; h++) {
        float *signal = r->signals + h * r->samples;
        memcpy(scratch, signal, r->samples * sizeof *signal);
        for (size_t t = 0; t < r->samples; t++)
            signal[t] = interpolate(scratch, r->samples, middle + ((double)t - middle) / stretch - shift);
    }
}

static void scale(const record *r) {
    const double common = between(r->random, -gain_record, gain_record);
    for (size_t h = 0; h < r->leads; h++) {
        const float gain = (float)exp(common + between(r->random, -gain_lead, gain_lead));
        for (size_t t = 0; t < r->samples; t++)
            r->signals[h * r->samples + t] *= gain;
    }
}

/** One slow wave, of another height and phase in each lead. */
static void add_wander(const record *r) {
    const double two_pi = 6.283185307179586;
    const double step = two_pi * between(r->random, wander_hz[0], wander_hz[1]) / r->rate_hz;
    for (size_t h = 0; h < r->leads; h++) {
        float *signal = r->signals + h * r->samples;
        const double height = between(r->random, 0, wander_most), phase = between(r->random, 0, two_pi);
        const size_t wavy = is_empty(signal, r->samples) ? 0 : r->samples;
        for (size_t t = 0; t < wavy; t++)
            signal[t] += (float)(height * sin(phase + step * (double)t));
    }
}

/** White noise, and in half of the records a burst like a tensed muscle's: noise weighted towards high frequencies (its
 * differences) that swells and ebbs. */
static void add_noise(const record *r) {
    const double two_pi = 6.283185307179586;
    const double white = between(r->random, 0, white_most), length = between(r->random, muscle_s[0], muscle_s[1]);
    const double burst = lw_random_uniform(r->random) < muscle_chance ? between(r->random, 0, muscle_most) : 0;
    const double samples = length * r->rate_hz, first = between(r->random, -samples, (double)r->samples);
    for (size_t h = 0; h < r->leads; h++) {
        float *signal = r->signals + h * r->samples;
        double before = lw_random_normal(r->random);
        const size_t noisy = is_empty(signal, r->samples) ? 0 : r->samples;
        for (size_t t = 0; t < noisy; t++) {
            const double now = lw_random_normal(r->random), place = ((double)t - first) / samples;
            const double swell = place > 0 && place < 1 ? 0.5 - 0.5 * cos(two_pi * place) : 0;
            signal[t] += (float)(white * now + burst * swell * (now - before) * sqrt(0.5));
            before = now;
        }
    }
}

/** Zeros in all leads for a while. */
static void cut_out(const record *r) {
    const double length = between(r->random, cutout_s[0], cutout_s[1]) * r->rate_hz;
    const double first = between(r->random, 0, (double)r->samples);
    for (size_t h = 0; h < r->leads; h++)
        for (size_t t = (size_t)first; t < r->samples && (double)t < first + length; t++)
            r->signals[h * r->samples + t] = 0;
}

void lw_augment(unsigned kinds, double rate_hz, size_t leads, size_t samples, lw_random *random, float *scratch,
                float *signals) {
    const record r = {rate_hz, leads, samples, random, signals};
    if (kinds & (LW_AUGMENT_SHIFT | LW_AUGMENT_RESAMPLE))
        move_in_time(&r, kinds, scratch);
    if (kinds & LW_AUGMENT_SCALE)
        scale(&r);
    if (kinds & LW_AUGMENT_WANDER)
        add_wander(&r);
    if (kinds & LW_AUGMENT_NOISE)
        add_noise(&r);
    if (kinds & LW_AUGMENT_CUTOUT)
        cut_out(&r);
}
