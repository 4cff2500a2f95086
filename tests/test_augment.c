/* Tests that compare each augmentation with its definition: how far it moves a signal, and what it leaves unchanged. */
#include "support.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "train/variation.h"

enum { LEADS = 3, SAMPLES = 1000, FLOATS = LEADS * SAMPLES, TRIES = 40 };
static const double rate_hz = 100, two_pi = 6.283185307179586;

/* Two leads of smooth waves, the third absent. */
static void fill(float *signals) {
    memset(signals, 0, FLOATS * sizeof *signals);
    for (int t = 0; t < SAMPLES; t++) {
        signals[t] = (float)(sin(two_pi * t / 90) + 0.5 * cos(two_pi * t / 37));
        signals[SAMPLES + t] = (float)cos(two_pi * t / 61);
    }
}

/* signals [FLOATS] after `kinds`, by draw number `draw`. */
static void augment(unsigned kinds, uint64_t draw, float *signals) {
    float scratch[SAMPLES];
    lw_random random = lw_random_start(5, LW_RANDOM_AUGMENT, draw);
    fill(signals);
    lw_augment(kinds, rate_hz, LEADS, SAMPLES, &random, scratch, signals);
}

static void a_shift_moves_all_leads_alike_and_brings_in_zeros(void **state) {
    (void)state;
    float original[FLOATS], shifted[FLOATS];
    int least = 0, most = 0;
    fill(original);
    for (uint64_t draw = 0; draw < TRIES; draw++) {
        augment(LW_AUGMENT_SHIFT, draw, shifted);
        int found = 1000;
        for (int shift = -200; shift <= 200 && found == 1000; shift++) {
            bool same = true;
            for (int i = 0; i < FLOATS && same; i++) {
                const int from = i % SAMPLES - shift;
                same = shifted[i] == (from >= 0 && from < SAMPLES ? original[i - shift] : 0);
            }
            if (same)
                found = shift;
        }
        assert_true(found != 1000);
        least = found < least ? found : least;
        most = found > most ? found : most;
    }
    assert_true(least < -100 && most > 100);
}

static void a_stretched_wave_is_a_wave_of_another_frequency(void **state) {
    (void)state;
    float stretched[FLOATS];
    double shortest = 2, longest = 0;
    for (uint64_t draw = 0; draw < TRIES; draw++) {
        augment(LW_AUGMENT_RESAMPLE, draw, stretched);
        /* The factor, from the phase that the second lead has a second from the middle. */
        double best = 0, least = INFINITY;
        for (double factor = 0.9; factor <= 1.1; factor += 1e-4) {
            double error = 0;
            for (int t = 100; t < 900; t += 20) {
                const double from = 499.5 + (t - 499.5) / factor;
                error += fabs(stretched[SAMPLES + t] - cos(two_pi * from / 61));
            }
            best = error < least ? factor : best;
            least = error < least ? error : least;
        }
        assert_true(least / 40 < 1e-3);
        shortest = fmin(shortest, best);
        longest = fmax(longest, best);
    }
    assert_true(shortest < 0.95 && longest > 1.05);
}

static void a_gain_is_one_number_a_lead(void **state) {
    (void)state;
    float original[FLOATS], scaled[FLOATS];
    fill(original);
    for (uint64_t draw = 0; draw < TRIES; draw++) {
        augment(LW_AUGMENT_SCALE, draw, scaled);
        const double gain[2] = {scaled[10] / original[10], scaled[SAMPLES + 10] / original[SAMPLES + 10]};
        assert_true(fabs(log(gain[0])) < 0.301 && fabs(log(gain[1])) < 0.301);
        assert_true(fabs(log(gain[0] / gain[1])) < 0.201 && gain[0] != gain[1]);
        for (int i = 0; i < FLOATS; i++)
            lwt_assert_close(scaled[i], gain[i / SAMPLES % 2] * original[i], 1e-6, 1e-5);
    }
}

static void wander_is_slow_and_low(void **state) {
    (void)state;
    float original[FLOATS], wandering[FLOATS];
    double highest = 0;
    fill(original);
    for (uint64_t draw = 0; draw < TRIES; draw++) {
        augment(LW_AUGMENT_WANDER, draw, wandering);
        for (int i = 1; i < 2 * SAMPLES; i++) {
            const double added = wandering[i] - original[i], before = wandering[i - 1] - original[i - 1];
            highest = fmax(highest, fabs(added));
            if (i != SAMPLES)
                assert_true(fabs(added - before) < 0.3 * two_pi * 0.5 / rate_hz + 1e-6);
        }
    }
    assert_true(highest > 0.15 && highest < 0.3 + 1e-6);
}

static void noise_is_centred_and_small(void **state) {
    (void)state;
    float original[FLOATS], noisy[FLOATS];
    double largest = 0;
    fill(original);
    for (uint64_t draw = 0; draw < TRIES; draw++) {
        augment(LW_AUGMENT_NOISE, draw, noisy);
        double sum = 0, squares = 0;
        for (int i = 0; i < 2 * SAMPLES; i++) {
            sum += noisy[i] - original[i];
            squares += pow(noisy[i] - original[i], 2);
        }
        const double deviation = sqrt(squares / (2 * SAMPLES));
        /* White noise has at most 0.1, a burst of half the record 0.3 * sqrt(3 / 8) there. */
        assert_true(deviation > 0 && deviation < 0.2);
        assert_true(fabs(sum / (2 * SAMPLES)) < 5 * deviation / sqrt(2 * SAMPLES));
        largest = fmax(largest, deviation);
    }
    assert_true(largest > 0.08);
}

/* White noise is as strong in every tenth of a recording; a burst is not. Half of the records have one. */
static void half_of_the_records_have_a_burst(void **state) {
    (void)state;
    enum { PIECE = SAMPLES / 10, DRAWS = 200 };
    float original[FLOATS], noisy[FLOATS];
    int bursts = 0;
    fill(original);
    for (uint64_t draw = 0; draw < DRAWS; draw++) {
        double weakest = INFINITY, strongest = 0;
        augment(LW_AUGMENT_NOISE, draw, noisy);
        for (int first = 0; first < SAMPLES; first += PIECE) {
            double squares = 0;
            for (int t = first; t < first + PIECE; t++)
                squares += pow(noisy[t] - original[t], 2) + pow(noisy[SAMPLES + t] - original[SAMPLES + t], 2);
            weakest = fmin(weakest, squares);
            strongest = fmax(strongest, squares);
        }
        bursts += strongest > 2 * weakest;
    }
    assert_in_range(bursts, DRAWS / 4, DRAWS * 6 / 10);
}

static void a_cutout_is_one_gap_in_all_leads(void **state) {
    (void)state;
    float original[FLOATS], cut[FLOATS];
    int shortest = SAMPLES, longest = 0;
    fill(original);
    for (uint64_t draw = 0; draw < TRIES; draw++) {
        augment(LW_AUGMENT_CUTOUT, draw, cut);
        int gaps = 0, length = 0;
        for (int t = 0; t < SAMPLES; t++) {
            const bool gone = cut[t] == 0 && cut[SAMPLES + t] == 0;
            gaps += gone && (t == 0 || cut[t - 1] != 0);
            length += gone;
            assert_true(gone || (cut[t] == original[t] && cut[SAMPLES + t] == original[SAMPLES + t]));
        }
        assert_true(gaps == 1 && length <= 201);
        shortest = length < shortest ? length : shortest;
        longest = length > longest ? length : longest;
    }
    assert_true(shortest < 80 && longest > 120);
}

static void what_is_not_asked_for_does_not_happen(void **state) {
    (void)state;
    float original[FLOATS], augmented[FLOATS];
    fill(original);
    augment(0, 1, augmented);
    assert_memory_equal(original, augmented, sizeof original);
    augment(LW_AUGMENT_ALL, 1, augmented);
    for (int i = 2 * SAMPLES; i < FLOATS; i++)
        assert_true(augmented[i] == 0); /* the absent lead */
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_shift_moves_all_leads_alike_and_brings_in_zeros),
        cmocka_unit_test(a_stretched_wave_is_a_wave_of_another_frequency),
        cmocka_unit_test(a_gain_is_one_number_a_lead),
        cmocka_unit_test(wander_is_slow_and_low),
        cmocka_unit_test(noise_is_centred_and_small),
        cmocka_unit_test(half_of_the_records_have_a_burst),
        cmocka_unit_test(a_cutout_is_one_gap_in_all_leads),
        cmocka_unit_test(what_is_not_asked_for_does_not_happen),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
