/* Changes to the recordings of a batch before the network reads them: augmentation, mixing, fewer leads. */
#include "train/variation.h"

#include <assert.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "base/memory.h"

/* ---- Augmentation of one recording */

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

/** A recording to augment. */
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

/** Shift by whole samples and stretch about the middle, in one pass. Samples from outside are 0, as in a short
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

/** Add a slow wave, of another height and phase in each lead. */
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

/** Add white noise, and in half of the records a burst as of a tensed muscle: the differences of noise, which are
 * weighted towards high frequencies, under a raised cosine. */
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

/** Set all leads to zero for a while. */
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

/* ---- Batches */

void lw_variation_free(lw_variation *v) {
    lw_aligned_free(v->signals);
    free(v->targets);
    free(v->known);
    free(v->partner);
    *v = (lw_variation){0};
}

/** Find where each published lead set stands among `leads`; sets with a lead that is not there are left out. */
static void find_sets(const lw_lead_set *leads, lw_variation *v) {
    static const char *const names[LW_VARIATION_SETS] = {"12", "6", "4", "3", "2"};
    for (size_t i = 0; i < LW_VARIATION_SETS; i++) {
        lw_lead_set set;
        size_t rows[LW_LEADS_MAX];
        uint64_t bits = 0;
        if (lw_lead_set_parse(names[i], &set, NULL) != LW_OK || lw_lead_set_rows(&set, leads, rows) < set.count)
            continue;
        for (size_t k = 0; k < set.count; k++)
            bits |= (uint64_t)1 << rows[k];
        v->sets[v->set_count++] = bits;
    }
}

lw_status lw_variation_create(const lw_network *network, const lw_dataset *dataset, const lw_train_options *options,
                              size_t max_records, int threads, lw_variation *out, lw_error *err) {
    *out = (lw_variation){.options = options,
                          .leads = lw_network_leads(network)->count,
                          .samples = lw_network_sample_count(network),
                          .classes = lw_network_output_count(network),
                          .rate_hz = lw_dataset_preprocessing(dataset)->rate_hz,
                          .threads = threads};
    assert(out->leads > 0 && out->leads <= 64); /* a set of leads is 64 bits */
    find_sets(lw_network_leads(network), out);
    if (options->augment == 0 && options->mixup <= 0)
        return LW_OK;
    size_t floats, bytes;
    if (lw_size_mul(max_records, out->leads * out->samples, &floats) && lw_size_mul(floats, sizeof(float), &bytes))
        out->signals = lw_aligned_alloc(bytes);
    out->targets = lw_calloc(max_records, out->classes * sizeof *out->targets);
    out->known = lw_calloc(max_records, out->classes);
    out->partner = lw_calloc(max_records, sizeof *out->partner);
    if (out->signals && out->targets && out->known && out->partner)
        return LW_OK;
    lw_variation_free(out);
    return lw_fail_no_memory(err, "varied records");
}

/** The random numbers of place `place` of an epoch. */
static lw_random draws(const lw_variation *v, lw_random_use use, uint64_t epoch, size_t place) {
    return lw_random_start(v->options->seed, use, epoch << 32 | place);
}

double lw_beta_draw(lw_random *random, double alpha) {
    double x, y;
    /* Logarithms, because powers of 1 / alpha underflow. */
    do {
        x = log(1 - lw_random_uniform(random)) / alpha;
        y = log(1 - lw_random_uniform(random)) / alpha;
    } while (exp(x) + exp(y) > 1);
    return 1 / (1 + exp(y - x));
}

static void blend(size_t count, float share, const float *a, const float *b, float *out) {
    for (size_t i = 0; i < count; i++)
        out[i] = share * a[i] + (1 - share) * b[i];
}

/**
 * Each record becomes share * itself + (1 - share) * its partner, signals and targets alike; partners are a permutation
 * of the batch, shares a draw a record.
 *
 * Source: Zhang, Cisse, Dauphin and Lopez-Paz, "mixup: beyond empirical risk minimization", 2018.
 */
static void mix(const lw_variation *v, uint64_t epoch, size_t first, lw_batch *batch, uint8_t *known) {
    const size_t n = batch->n, floats = v->leads * v->samples;
    lw_random random = draws(v, LW_RANDOM_MIXUP, epoch, first);
    for (size_t i = 0; i < n; i++)
        v->partner[i] = i;
    lw_random_shuffle(&random, v->partner, n);
    memcpy(v->signals, batch->signals, n * floats * sizeof *v->signals);
    memcpy(v->targets, batch->targets, n * v->classes * sizeof *v->targets);
    if (known)
        memcpy(v->known, known, n * v->classes);
    for (size_t i = 0; i < n; i++) {
        const float share = (float)lw_beta_draw(&random, v->options->mixup);
        const size_t j = v->partner[i];
        blend(floats, share, v->signals + i * floats, v->signals + j * floats, batch->signals + i * floats);
        blend(v->classes, share, v->targets + i * v->classes, v->targets + j * v->classes,
              batch->targets + i * v->classes);
        for (size_t k = 0; known && k < v->classes; k++)
            known[i * v->classes + k] &= v->known[j * v->classes + k];
    }
}

/** Draw the leads that a record keeps: bit h, lead h. */
static uint64_t draw_leads(const lw_variation *v, lw_random *random) {
    const uint64_t all = UINT64_MAX >> (64 - v->leads);
    if (lw_random_uniform(random) >= v->options->lead_dropout)
        return all;
    if (v->set_count > 0 && lw_random_below(random, 2) == 0)
        return v->sets[lw_random_below(random, v->set_count)];
    uint64_t kept;
    do
        kept = ((uint64_t)lw_random_u32(random) << 32 | lw_random_u32(random)) & all;
    while (kept == 0);
    return kept;
}

void lw_variation_apply(const lw_variation *v, uint64_t epoch, size_t first, lw_batch *batch, uint8_t *known) {
    const lw_train_options *o = v->options;
    const size_t floats = v->leads * v->samples, varied = o->augment != 0 ? batch->n : 0;
#pragma omp parallel for schedule(static) num_threads(v->threads)
    for (size_t i = 0; i < varied; i++) {
        lw_random random = draws(v, LW_RANDOM_AUGMENT, epoch, first + i);
        lw_augment(o->augment, v->rate_hz, v->leads, v->samples, &random, v->signals + i * floats,
                   batch->signals + i * floats);
    }
    if (o->mixup > 0)
        mix(v, epoch, first, batch, known);
    for (size_t i = 0; o->lead_dropout > 0 && i < batch->n; i++) {
        lw_random random = draws(v, LW_RANDOM_LEADS, epoch, first + i);
        const uint64_t kept = draw_leads(v, &random);
        for (size_t h = 0; h < v->leads; h++)
            if ((kept >> h & 1) == 0)
                memset(batch->signals + i * floats + h * v->samples, 0, v->samples * sizeof *batch->signals);
    }
}
