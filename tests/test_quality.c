/* Tests of the quality of signals: what is no ECG has no usable lead, rhythms of all kinds have, and a score falls with each
 * lead that is lost. */
#include "predict_support.h"

#include <math.h>

#include "record/record_internal.h"

/** Repeatable noise, uniform within -0.5 to 0.5. */
static double noise(size_t l, size_t t) {
    uint32_t x = (uint32_t)(t * 12 + l + 1) * 2654435761u;
    x ^= x << 13, x ^= x >> 17, x ^= x << 5;
    x *= 2246822519u;
    return (double)(x ^ x >> 15) / 4294967296.0 - 0.5;
}

/** What is no ECG, `s` seconds into the recording, of a size near 1 mV; `l` and `t` choose the noise. */
typedef double worthless(double s, size_t l, size_t t);

/** Seconds since the last of the pulses that come every `period` seconds. */
static double since(double s, double period) { return fmod(s + 0.31, period); }

static double clicks(double s, size_t l, size_t t) {
    (void)l, (void)t;
    return since(s, 0.5) < 0.004;
}
static double rectangles(double s, size_t l, size_t t) {
    (void)l, (void)t;
    return since(s, 0.8) < 0.06;
}
static double calibration(double s, size_t l, size_t t) {
    (void)l, (void)t;
    return since(s, 1.0) < 0.2;
}
static double half_sines(double s, size_t l, size_t t) {
    (void)l, (void)t;
    return since(s, 0.8) < 0.08 ? sin(3.14159265358979 * since(s, 0.8) / 0.08) : 0;
}
static double decays(double s, size_t l, size_t t) {
    (void)l, (void)t;
    return exp(-since(s, 0.8) / 0.06);
}
static double hum_bursts(double s, size_t l, size_t t) {
    (void)l, (void)t;
    return since(s, 1.0) < 0.1 ? sin(6.28318530717959 * 50 * s) : 0;
}
static double noise_bursts(double s, size_t l, size_t t) { return since(s, 1.0) < 0.1 ? 2 * noise(l, t) : 0; }
static double sawtooth(double s, size_t l, size_t t) {
    (void)l, (void)t;
    return since(s, 0.8) / 0.8;
}
static double coupled_sawtooth(double s, size_t l, size_t t) {
    (void)l, (void)t;
    return 0.3 * (1 - exp(-since(s, 0.8) / 0.3)) - exp(-since(s, 0.8) / 0.3);
}
static double square(double s, size_t l, size_t t) {
    (void)l, (void)t;
    return since(s, 0.9) < 0.45;
}
static double coupled_square(double s, size_t l, size_t t) {
    (void)l, (void)t;
    return since(s, 0.9) < 0.45 ? exp(-since(s, 0.9) / 0.1) : -exp(-(since(s, 0.9) - 0.45) / 0.1);
}
static double settling(double s, size_t l, size_t t) {
    (void)l, (void)t;
    return 3 * exp(-s / 0.5);
}
static double ramp_to_rail(double s, size_t l, size_t t) {
    (void)t;
    return fmin(0.8 * s, l == 0 ? 5 : 20);
}
static double stairs(double s, size_t l, size_t t) {
    (void)l, (void)t;
    return 0.3 * floor(s / 0.8);
}
static double one_burst(double s, size_t l, size_t t) { return s > 3 && s < 4.2 ? 2 * noise(l, t) : 0; }
static double steps_at_random(double s, size_t l, size_t t) {
    (void)t;
    return noise(l, (size_t)(s / 0.7)) + noise(l, (size_t)(s / 0.9) + 99);
}
static double wrapped_ramp(double s, size_t l, size_t t) {
    (void)l, (void)t;
    return fmod(1.3 * s, 1.0) * 5;
}
static double sine(double s, size_t l, size_t t) {
    (void)t;
    return sin(6.28318530717959 * 1.2 * s + (double)l);
}
static double swelling_hum(double s, size_t l, size_t t) {
    (void)l, (void)t;
    return sin(6.28318530717959 * 50 * s) * (1 + sin(6.28318530717959 * 1.1 * s));
}
static double chirp(double s, size_t l, size_t t) {
    (void)l, (void)t;
    return sin(6.28318530717959 * s * (0.5 + s));
}

static worthless *const kinds[] = {clicks,          rectangles,   calibration,  half_sines,       decays,
                                   hum_bursts,      noise_bursts, sawtooth,     coupled_sawtooth, square,
                                   coupled_square,  settling,     ramp_to_rail, stairs,           one_burst,
                                   steps_at_random, wrapped_ramp, sine,         swelling_hum,     chirp};

/** A recording of `leads` leads: the signal at a size and sign of each lead, with noise of its own. */
static lw_record *make_worthless(worthless *signal, double rate_hz, size_t leads, double noise_mv) {
    const size_t samples = (size_t)(10 * rate_hz);
    lw_record *record = lw_record_new("none", leads, samples, rate_hz);
    assert_non_null(record);
    for (size_t l = 0; l < leads; l++) {
        const double size = (l % 3 == 2 ? -1 : 1) * (1 - 0.06 * (double)l);
        assert_true(lw_record_set_lead(record, l, lw_standard_leads[l], NULL, 1000, 0));
        for (size_t t = 0; t < samples; t++)
            lw_record_signal_mutable(record, l)[t] =
                size * signal((double)t / rate_hz, l, t) + 2 * noise_mv * noise(l + 12, t);
    }
    lw_record_measure(record);
    return record;
}

static lw_quality measure(const lw_record *record, const char *leads) {
    lw_error err = {0};
    lw_lead_set set;
    lw_quality_meter *meter = NULL;
    lw_quality out;
    lwt_assert_ok(lw_lead_set_parse(leads, &set, &err), &err);
    lwt_assert_ok(lw_quality_meter_create(&set, 10, &meter, &err), &err);
    lw_quality_measure(meter, record, 0, lw_record_sample_count(record), &out);
    lw_quality_meter_free(&meter);
    return out;
}

/* Twenty kinds at four rates, with three numbers of leads, without noise and with two amounts of it: 720 signals. */
static void what_is_no_ecg_has_no_usable_lead(void **state) {
    (void)state;
    static const double rates[] = {125, 250, 500, 1000}, noises[] = {0, 0.003, 0.02};
    static const struct {
        size_t count;
        const char *names;
    } leads[] = {{1, "I"}, {2, "I,II"}, {12, "12"}};
    for (size_t k = 0; k < sizeof kinds / sizeof *kinds; k++)
        for (size_t i = 0; i < 36; i++) {
            const double rate = rates[i % 4], noise_mv = noises[i / 4 % 3];
            lw_record *record = make_worthless(kinds[k], rate, leads[i / 12].count, noise_mv);
            const lw_quality q = measure(record, leads[i / 12].names);
            if (q.usable_count > 0)
                fail_msg("kind %zu, %g Hz, %zu leads, noise %g mV: %zu usable leads", k, rate, leads[i / 12].count,
                         noise_mv, q.usable_count);
            assert_true(q.score == 0);
            lw_record_free(&record);
        }
}

static lw_record *make_rhythm(const char *rhythm, uint64_t number) {
    lw_error err = {0};
    lw_record *record = NULL;
    const lw_synth_options how = {
        .size = sizeof how, .seed = 8, .rate_hz = 500, .duration_s = 10, .noise_mv = 0.01, .kinds = rhythm};
    lwt_assert_ok(lw_synth_record(&how, number, &record, &err), &err);
    return record;
}

static void every_rhythm_has_usable_leads(void **state) {
    (void)state;
    for (size_t kind = 0; lw_synth_kind(kind); kind++)
        for (uint64_t number = 0; number < 4; number++) {
            lw_record *record = make_rhythm(lw_synth_kind(kind), number);
            if (measure(record, "12").usable_count == 0)
                fail_msg("%s, number %d", lw_synth_kind(kind), (int)number);
            lw_record_free(&record);
        }
}

/* A patient breathes: 2 mV from top to bottom, as large as the beats. */
static void a_wandering_baseline_leaves_leads_usable(void **state) {
    (void)state;
    for (uint64_t number = 0; number < 20; number++) {
        lw_record *record = make_rhythm("NSR", number);
        for (size_t l = 0; l < 12; l++)
            for (size_t t = 0; t < 5000; t++)
                lw_record_signal_mutable(record, l)[t] +=
                    sin(6.28318530717959 * 0.3 * (double)t / 500 + 1.3 * (double)l);
        if (measure(record, "12").usable_count == 0)
            fail_msg("number %d", (int)number);
        lw_record_free(&record);
    }
}

/* A second of ECG is too little, and so is one before nine seconds of noise; three seconds are enough. */
static void a_stretch_of_ecg_has_three_beats_to_be_usable(void **state) {
    (void)state;
    lw_record *record = make_rhythm("NSR", 1);
    lw_error err = {0};
    lw_lead_set set;
    lw_quality_meter *meter = NULL;
    lw_quality q;
    lwt_assert_ok(lw_lead_set_parse("12", &set, &err), &err);
    lwt_assert_ok(lw_quality_meter_create(&set, 10, &meter, &err), &err);
    lw_quality_measure(meter, record, 0, 500, &q);
    assert_int_equal(q.usable_count, 0);
    lw_quality_measure(meter, record, 0, 2000, &q);
    assert_true(q.usable_count > 0);
    for (size_t l = 0; l < 12; l++)
        for (size_t t = 350; t < 5000; t++)
            lw_record_signal_mutable(record, l)[t] = noise(l, t);
    lw_quality_measure(meter, record, 0, 5000, &q);
    assert_int_equal(q.usable_count, 0);
    lw_quality_meter_free(&meter);
    lw_record_free(&record);
}

static void one_lead_in_twelve_sizes_is_marked_duplicate(void **state) {
    (void)state;
    lw_record *record = make_rhythm("NSR", 2);
    for (size_t l = 1; l < 12; l++)
        for (size_t t = 0; t < 5000; t++)
            lw_record_signal_mutable(record, l)[t] =
                (l % 2 ? -0.5 : 1.5) * lw_record_signal_mutable(record, 0)[t] + 0.01 * noise(l, t);
    const lw_quality q = measure(record, "12");
    size_t duplicates = 0;
    for (size_t i = 0; i < q.finding_count; i++)
        duplicates += q.finding[i].mark == LW_QUALITY_DUPLICATE;
    assert_int_equal(duplicates, 12);
    assert_int_equal(q.usable_count, 0);
    lw_record_free(&record);
}

/* A further signal of a file, which is no lead, may repeat one. */
static void a_copy_that_is_no_lead_costs_nothing(void **state) {
    (void)state;
    lw_record *record = make_rhythm("NSR", 4), *two = lw_record_new("two", 2, 5000, 500);
    assert_non_null(two);
    for (size_t l = 0; l < 2; l++) {
        assert_true(lw_record_set_lead(two, l, l == 0 ? "II" : "ECG II filtered", NULL, 1000, 0));
        memcpy(lw_record_signal_mutable(two, l), lw_record_signal_mutable(record, 1), 5000 * sizeof(double));
    }
    lw_record_measure(two);
    assert_int_equal(measure(two, "12").usable_count, 1);
    lw_record_free(&record);
    lw_record_free(&two);
}

/** Leads are lost one after the other, to noise or to a constant. */
static void the_score_falls_with_each_lead_that_is_lost(void **state) {
    (void)state;
    for (int flat = 0; flat < 2; flat++) {
        lw_record *record = make_rhythm("NSR", 3);
        double last = measure(record, "12").score;
        assert_true(last > 0.8);
        for (size_t lost = 0; lost < 12; lost++) {
            for (size_t t = 0; t < 5000; t++)
                lw_record_signal_mutable(record, 11 - lost)[t] = flat ? 0.1 : noise(lost, t);
            lw_record_measure(record);
            const lw_quality q = measure(record, "12");
            assert_true(q.usable_count <= 11 - lost);
            if (!((q.score < last || (last == 0 && q.score == 0)) && q.score <= (double)(11 - lost) / 12))
                fail_msg("%s: %d leads lost, score %g after %g", flat ? "flat" : "noise", (int)lost + 1, q.score, last);
            last = q.score;
        }
        lw_record_free(&record);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_is_no_ecg_has_no_usable_lead),
        cmocka_unit_test(every_rhythm_has_usable_leads),
        cmocka_unit_test(a_wandering_baseline_leaves_leads_usable),
        cmocka_unit_test(a_stretch_of_ecg_has_three_beats_to_be_usable),
        cmocka_unit_test(one_lead_in_twelve_sizes_is_marked_duplicate),
        cmocka_unit_test(a_copy_that_is_no_lead_costs_nothing),
        cmocka_unit_test(the_score_falls_with_each_lead_that_is_lost),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
