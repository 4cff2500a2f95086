/* Tests that compare prepared signals with those of SciPy, and leads, gaps and windows with their definitions. */
#include "support.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/safetensors.h"
#include "leadwise/signal.h"
#include "record/record_internal.h"

enum { WIDTH = 1000, TWELVE = LW_STANDARD_LEADS };

/* ---- recordings made here ---- */

static lw_record *make_record(size_t leads, size_t samples, double rate_hz) {
    lw_record *record = lw_record_new("made", leads, samples, rate_hz);
    assert_non_null(record);
    for (size_t l = 0; l < leads; l++)
        assert_true(lw_record_set_lead(record, l, lw_standard_leads[l], "mV", 1000.0, 0.0));
    return record;
}

/* A beat a second and a wave, different in each lead, both about 0 every four seconds. */
static lw_record *make_lively(size_t leads, size_t samples, double rate_hz) {
    lw_record *record = make_record(leads, samples, rate_hz);
    for (size_t l = 0; l < leads; l++) {
        double *mv = lw_record_signal_mutable(record, l);
        for (size_t t = 0; t < samples; t++) {
            const double s = (double)t / rate_hz, z = (s - floor(s) - 0.5) / 0.02;
            mv[t] = (0.5 + 0.1 * (double)l) * exp(-0.5 * z * z) + 0.1 * sin(1.5707963267948966 * (double)(l + 1) * s);
        }
    }
    return record;
}

static lw_preparer *make_preparer(const char *leads, bool allow_missing) {
    lw_lead_set set;
    lw_preparer *preparer = NULL;
    lw_error err;
    const lw_preprocessing preprocessing = lw_preprocessing_default();
    lwt_assert_ok(lw_lead_set_parse(leads, &set, &err), &err);
    lwt_assert_ok(lw_preparer_create(&set, &preprocessing, allow_missing, &preparer, &err), &err);
    return preparer;
}

static void assert_zeros(const float *x, size_t count) {
    for (size_t t = 0; t < count; t++)
        assert_true(x[t] == 0.0f);
}

/* Mean 0 and deviation 1 over `real` samples, zeros behind, numbers everywhere. */
static void assert_z_scored(const float *x, size_t real) {
    double sum = 0.0, squares = 0.0;
    for (size_t t = 0; t < real; t++)
        sum += x[t], squares += (double)x[t] * (double)x[t];
    lwt_assert_close(sum / (double)real, 0.0, 1e-5, 0.0);
    lwt_assert_close(squares / (double)real, 1.0, 1e-5, 0.0);
    assert_zeros(x + real, WIDTH - real);
}

/* ---- against SciPy ---- */

/** Prepares the recording at `path` and compares it with a golden [leads][samples], behind whose samples zeros follow. */
static void check_golden(const lw_tensor *golden, const char *path, double high_hz, lw_ends ends, double tolerance) {
    const size_t leads = golden->shape[0], samples = golden->shape[1];
    lw_preprocessing preprocessing = lw_preprocessing_default();
    preprocessing.band_hz[1] = high_hz;
    preprocessing.ends = ends;
    lw_error err;
    lw_record *record = NULL;
    lwt_assert_ok(lw_record_read(path, NULL, &record, &err), &err);
    lw_lead_set set;
    lw_preparer *preparer = NULL;
    lwt_assert_ok(lw_lead_set_parse(leads == 2 ? "2" : "12", &set, &err), &err);
    lwt_assert_ok(lw_preparer_create(&set, &preprocessing, false, &preparer, &err), &err);
    float *got = calloc(leads * WIDTH, sizeof *got), *expected = calloc(golden->elements, sizeof *expected);
    assert_true(got && expected);
    assert_true(lw_tensor_to_f32(golden, expected));
    lwt_assert_ok(lw_prepare_record(preparer, record, 0.0, got, NULL, &err), &err);
    for (size_t l = 0; l < leads; l++) {
        for (size_t t = 0; t < samples; t++)
            lwt_assert_close(got[l * WIDTH + t], expected[l * samples + t], tolerance, tolerance);
        assert_zeros(got + l * WIDTH + samples, WIDTH - samples);
    }
    free(got);
    free(expected);
    lw_preparer_free(&preparer);
    lw_record_free(&record);
}

/**
 * Checks every golden of a file, NAME.HIGH or NAME.band_0.05_HIGH, or the same with ".line" behind it, and counts them.
 * SciPy resamples the mean too, which here is taken off before and put back after: that differs where the
 * filter's gain for a constant does from phase to phase, by less than 1e-4 of a value or of a deviation.
 */
static size_t check_goldens(const char *path, const char *(*recording)(const char *name)) {
    lw_safetensors *golden = NULL;
    lw_error err;
    size_t checked = 0;
    lwt_assert_ok(lw_safetensors_open(path, (lw_safetensors_limits){1 << 20, 1000}, &golden, &err), &err);
    for (size_t i = 0; i < lw_safetensors_count(golden); i++) {
        const lw_tensor *tensor = lw_safetensors_at(golden, i);
        if (strncmp(tensor->name, "sos.", 4) == 0)
            continue;
        char name[64], file[128];
        snprintf(name, sizeof name, "%.*s", (int)strcspn(tensor->name, "."), tensor->name);
        snprintf(file, sizeof file, "%s.hea", name);
        const size_t length = strlen(tensor->name);
        const bool line = length > 5 && strcmp(tensor->name + length - 5, ".line") == 0;
        const double high_hz = strtod(tensor->name + length - (line ? 7 : 2), NULL);
        check_golden(tensor, recording(file), high_hz, line ? LW_ENDS_LINE : LW_ENDS_ZERO, line ? 1e-4 : 1e-6);
        checked++;
    }
    lw_safetensors_free(&golden);
    return checked;
}

static const char *made_recording(const char *file) {
    char path[128];
    snprintf(path, sizeof path, "tests/data/prepared/%s", file);
    return lwt_source_path(path);
}

/* Recordings that were made from real ones are called R00004 to R00360; the others are as published. */
static const char *real_recording(const char *file) {
    char path[128];
    snprintf(path, sizeof path, "%s/%s", file[0] == 'R' ? "reference/goldens/preprocessing" : "data/challenge", file);
    return lwt_shared(path);
}

static void made_recordings_are_prepared_as_scipy_prepares_them(void **state) {
    (void)state;
    assert_int_equal(check_goldens(made_recording("prepared.safetensors"), made_recording), 16);
}

static void real_recordings_are_prepared_as_scipy_prepares_them(void **state) {
    (void)state;
    assert_int_equal(check_goldens(lwt_shared("reference/goldens/preprocessing/prepared.safetensors"), real_recording),
                     38);
    assert_int_equal(
        check_goldens(lwt_shared("reference/goldens/preprocessing/prepared-line.safetensors"), real_recording), 38);
}

static void flags_tell_filled_missing_and_flat_leads(void **state) {
    (void)state;
    const char *path = made_recording("gaps.hea");
    lw_error err;
    lw_record *record = NULL;
    lw_prepared_info info;
    float *signals = calloc(TWELVE * WIDTH, sizeof *signals);
    assert_non_null(signals);
    lw_preparer *preparer = make_preparer("12", false);
    lwt_assert_ok(lw_record_read(path, NULL, &record, &err), &err);
    lwt_assert_ok(lw_prepare_record(preparer, record, 0.0, signals, &info, &err), &err);
    static const uint8_t flags[TWELVE] = {
        0, LW_LEAD_FILLED, 0, LW_LEAD_FILLED, LW_LEAD_FILLED, 0, LW_LEAD_MISSING, LW_LEAD_FLAT, LW_LEAD_FLAT, 0, 0, 0};
    assert_memory_equal(info.lead_flags, flags, sizeof flags);
    assert_int_equal(info.filled_samples, 200 + 75 + 30);
    assert_int_equal(info.window_samples, 300);
    free(signals);
    lw_preparer_free(&preparer);
    lw_record_free(&record);
}

/* ---- lead sets ---- */

static void lead_sets_are_numbers_or_names(void **state) {
    (void)state;
    lw_lead_set set;
    lw_error err;
    lwt_assert_ok(lw_lead_set_parse("4", &set, &err), &err);
    assert_int_equal(set.count, 4);
    assert_string_equal(set.name[3], "V2");
    lwt_assert_ok(lw_lead_set_parse(" avr , v1,MLII,Vx9", &set, &err), &err);
    assert_int_equal(set.count, 4);
    assert_string_equal(set.name[0], "aVR");
    assert_string_equal(set.name[1], "V1");
    assert_string_equal(set.name[2], "II");
    assert_string_equal(set.name[3], "Vx9");
    static const struct {
        const char *text, *part;
    } wrong[] = {{"5", "no lead set 5"},          {"-2", "no lead set -2"},  {"", "no leads"},
                 {"I,", "0 characters"},          {"I,,II", "0 characters"}, {"I,ii,II", "twice"},
                 {"ABCDEFGHIJKLMNOP", "16 char"}, {"aVR,AVR", "twice"}};
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++)
        lwt_assert_fails(lw_lead_set_parse(wrong[i].text, &set, &err), LW_ERR_ARGUMENT, &err, wrong[i].part);
    assert_int_equal(set.count, 4);
}

static void too_many_leads_are_refused(void **state) {
    (void)state;
    char text[8 * (LW_LEADS_MAX + 1)] = "";
    for (size_t i = 0; i <= LW_LEADS_MAX; i++)
        snprintf(text + strlen(text), sizeof text - strlen(text), "%sL%zu", i ? "," : "", i);
    lw_lead_set set;
    lw_error err;
    lwt_assert_fails(lw_lead_set_parse(text, &set, &err), LW_ERR_ARGUMENT, &err, "more than 64");
    *strrchr(text, ',') = '\0';
    lwt_assert_ok(lw_lead_set_parse(text, &set, &err), &err);
    assert_int_equal(set.count, LW_LEADS_MAX);
}

static void limb_leads_are_derived(void **state) {
    (void)state;
    lw_error err;
    lw_record *two = make_lively(2, 5000, 500.0), *six = make_record(6, 5000, 500.0);
    const double *one_mv = lw_record_view(two, 0).mv, *two_mv = lw_record_view(two, 1).mv;
    for (size_t t = 0; t < 5000; t++) {
        const double value[6] = {one_mv[t],
                                 two_mv[t],
                                 two_mv[t] - one_mv[t],
                                 -(one_mv[t] + two_mv[t]) / 2.0,
                                 one_mv[t] - two_mv[t] / 2.0,
                                 two_mv[t] - one_mv[t] / 2.0};
        for (size_t l = 0; l < 6; l++)
            lw_record_signal_mutable(six, l)[t] = value[l];
    }
    lw_preparer *preparer = make_preparer("6", false);
    float derived[6 * WIDTH], recorded[6 * WIDTH];
    lw_prepared_info info;
    lwt_assert_ok(lw_prepare_record(preparer, six, 0.0, recorded, &info, &err), &err);
    assert_int_equal(info.lead_flags[2], 0);
    lwt_assert_ok(lw_prepare_record(preparer, two, 0.0, derived, &info, &err), &err);
    assert_int_equal(info.lead_flags[1], 0);
    for (size_t l = 2; l < 6; l++)
        assert_int_equal(info.lead_flags[l], LW_LEAD_DERIVED);
    for (size_t i = 0; i < 6 * WIDTH; i++)
        lwt_assert_close(derived[i], recorded[i], 1e-6, 0.0);
    lw_preparer_free(&preparer);
    lw_record_free(&two);
    lw_record_free(&six);
}

static void leads_that_cannot_be_had_are_refused(void **state) {
    (void)state;
    lw_error err;
    lw_record *record = make_lively(2, 5000, 500.0);
    lw_preparer *strict = make_preparer("4", false), *lenient = make_preparer("4", true);
    lw_preparer *elsewhere = make_preparer("V3,V4", true);
    float signals[4 * WIDTH];
    lw_prepared_info info;
    lwt_assert_fails(lw_prepare_record(strict, record, 0.0, signals, &info, &err), LW_ERR_LEAD, &err, "lead V2");
    lwt_assert_ok(lw_prepare_record(lenient, record, 0.0, signals, &info, &err), &err);
    assert_int_equal(info.lead_flags[3], LW_LEAD_MISSING);
    assert_zeros(signals + 3 * WIDTH, WIDTH);
    assert_z_scored(signals + 2 * WIDTH, WIDTH);
    lwt_assert_fails(lw_prepare_record(elsewhere, record, 0.0, signals, &info, &err), LW_ERR_LEAD, &err,
                     "none of the 2 leads (V3");
    lw_preparer_free(&strict);
    lw_preparer_free(&lenient);
    lw_preparer_free(&elsewhere);
    lw_record_free(&record);
}

static void only_voltages_become_leads(void **state) {
    (void)state;
    lw_error err;
    lw_record *record = make_lively(3, 5000, 500.0);
    assert_true(lw_record_set_lead(record, 1, "II", "mmHg", 1000.0, 0.0));
    assert_true(lw_record_set_lead(record, 2, "Resp", "NU", 1000.0, 0.0));
    lw_preparer *both = make_preparer("2", false), *first = make_preparer("I", false);
    float signals[2 * WIDTH];
    lwt_assert_fails(lw_prepare_record(both, record, 0.0, signals, NULL, &err), LW_ERR_UNIT, &err, "\"mmHg\"");
    lwt_assert_ok(lw_prepare_record(first, record, 0.0, signals, NULL, &err), &err);
    lw_preparer_free(&both);
    lw_preparer_free(&first);
    lw_record_free(&record);
}

/* ---- degenerate signals ---- */

/* What becomes of a two-lead record whose lead II was made by `spoil`. */
typedef void spoil_fn(double *mv, size_t samples);

static void spoil_missing(double *mv, size_t samples) {
    for (size_t t = 0; t < samples; t++)
        mv[t] = NAN;
}
static void spoil_infinite(double *mv, size_t samples) {
    for (size_t t = 0; t < samples; t++)
        mv[t] = t % 2 ? INFINITY : -INFINITY;
}
static void spoil_constant(double *mv, size_t samples) {
    for (size_t t = 0; t < samples; t++)
        mv[t] = -3.25;
}
static void spoil_nearly_constant(double *mv, size_t samples) {
    for (size_t t = 0; t < samples; t++)
        mv[t] = 1.0 + 9e-7 * (double)(t % 2);
}
static void spoil_one_valid(double *mv, size_t samples) {
    spoil_missing(mv, samples);
    mv[samples / 3] = 1.0;
}
static void spoil_every_other(double *mv, size_t samples) {
    for (size_t t = 0; t < samples; t += 2)
        mv[t] = NAN;
}
static void spoil_spikes(double *mv, size_t samples) {
    mv[0] = NAN;
    mv[samples / 2] = INFINITY;
    mv[samples - 1] = 1e300;
}
static void spoil_just_alive(double *mv, size_t samples) {
    for (size_t t = 0; t < samples; t++)
        mv[t] = 5e-6 * sin(0.02 * (double)t); /* 1.6 Hz; a deviation of 3.5e-6 mV */
}
static void spoil_one_beyond(double *mv, size_t samples) { mv[samples / 2] = 1.01e9; /* a million volts are 1e9 mV */ }
static void spoil_large(double *mv, size_t samples) {
    for (size_t t = 0; t < samples; t++)
        mv[t] *= 9e8;
}
static void spoil_beyond(double *mv, size_t samples) {
    for (size_t t = 0; t < samples; t++)
        mv[t] = t % 7 ? 1e300 : -1e300;
}

static void flat_and_missing_leads_become_zeros(void **state) {
    (void)state;
    static const struct {
        spoil_fn *spoil;
        int flags;
        bool zeros;
        size_t filled;
    } cases[] = {{spoil_missing, LW_LEAD_MISSING, true, 0},
                 {spoil_infinite, LW_LEAD_MISSING, true, 0},
                 {spoil_beyond, LW_LEAD_MISSING, true, 0},
                 {spoil_constant, LW_LEAD_FLAT, true, 0},
                 {spoil_nearly_constant, LW_LEAD_FLAT, true, 0},
                 {spoil_one_valid, LW_LEAD_FLAT | LW_LEAD_FILLED, true, 4999},
                 {spoil_every_other, LW_LEAD_FILLED, false, 2500},
                 {spoil_spikes, LW_LEAD_FILLED, false, 3},
                 {spoil_just_alive, 0, false, 0},
                 {spoil_one_beyond, LW_LEAD_FILLED, false, 1},
                 {spoil_large, 0, false, 0}};
    lw_preparer *preparer = make_preparer("2", false);
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        lw_record *record = make_lively(2, 5000, 500.0);
        cases[i].spoil(lw_record_signal_mutable(record, 1), 5000);
        float signals[2 * WIDTH];
        lw_prepared_info info;
        lw_error err;
        lwt_assert_ok(lw_prepare_record(preparer, record, 0.0, signals, &info, &err), &err);
        assert_int_equal(info.lead_flags[0], 0);
        assert_int_equal(info.lead_flags[1], cases[i].flags);
        assert_int_equal(info.filled_samples, cases[i].filled);
        assert_z_scored(signals, WIDTH);
        if (cases[i].zeros)
            assert_zeros(signals + WIDTH, WIDTH);
        else
            assert_z_scored(signals + WIDTH, WIDTH);
        lw_record_free(&record);
    }
    lw_preparer_free(&preparer);
}

/* Straight lines between neighbours: a ramp with holes is the ramp. */
static void gaps_become_straight_lines(void **state) {
    (void)state;
    lw_error err;
    lw_record *whole = make_record(1, 2000, 100.0), *holed = make_record(1, 2000, 100.0);
    for (size_t t = 0; t < 2000; t++) {
        const double mv = t < 900 ? 0.01 * (double)t : 9.0 - 0.02 * (double)(t - 900);
        lw_record_signal_mutable(whole, 0)[t] = mv;
        lw_record_signal_mutable(holed, 0)[t] = (t > 5 && t < 899) || (t > 900 && t < 1990 && t % 3) ? NAN : mv;
    }
    lw_preparer *preparer = make_preparer("I", false);
    float a[WIDTH], b[WIDTH];
    lwt_assert_ok(lw_prepare_record(preparer, whole, 0.0, a, NULL, &err), &err);
    lwt_assert_ok(lw_prepare_record(preparer, holed, 0.0, b, NULL, &err), &err);
    for (size_t t = 0; t < WIDTH; t++)
        lwt_assert_close(b[t], a[t], 1e-6, 0.0);
    lw_preparer_free(&preparer);
    lw_record_free(&whole);
    lw_record_free(&holed);
}

static void a_record_without_signal_is_refused(void **state) {
    (void)state;
    lw_error err;
    lw_record *record = make_record(2, 5000, 500.0);
    for (size_t l = 0; l < 2; l++)
        spoil_missing(lw_record_signal_mutable(record, l), 5000);
    lw_preparer *preparer = make_preparer("6", false);
    float signals[6 * WIDTH];
    lwt_assert_fails(lw_prepare_record(preparer, record, 0.0, signals, NULL, &err), LW_ERR_NO_SIGNAL, &err, "made");
    lw_preparer_free(&preparer);
    lw_record_free(&record);
}

/* ---- lengths, rates, windows ---- */

static void the_shortest_record_is_just_longer_than_the_padding(void **state) {
    (void)state;
    static const struct {
        size_t samples;
        double rate_hz;
        size_t at_100_hz; /* 0: too short */
    } cases[] = {{1, 500, 0},  {21, 100, 0},  {22, 100, 22},    {105, 500, 0},     {106, 500, 22}, {110, 500, 22},
                 {53, 257, 0}, {54, 257, 22}, {4200, 20000, 0}, {4201, 20000, 22}, {10, 50, 0},    {11, 50, 22}};
    lw_preparer *preparer = make_preparer("2", false);
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        lw_record *record = make_lively(2, cases[i].samples, cases[i].rate_hz);
        float signals[2 * WIDTH];
        lw_prepared_info info;
        lw_error err;
        const lw_status status = lw_prepare_record(preparer, record, 0.0, signals, &info, &err);
        if (cases[i].at_100_hz == 0) {
            lwt_assert_fails(status, LW_ERR_TOO_SHORT, &err, "at least 22");
        } else {
            lwt_assert_ok(status, &err);
            assert_int_equal(info.window_samples, cases[i].at_100_hz);
            assert_z_scored(signals, cases[i].at_100_hz);
        }
        lw_record_free(&record);
    }
    lw_preparer_free(&preparer);
}

/* The same seconds of the same waves, whatever they were sampled at; more rates than a preparer keeps filters for. */
static void a_sine_is_the_same_at_every_rate(void **state) {
    (void)state;
    static const double rates_hz[] = {100,   128, 250, 257,    360,   500,  1000, 1000.0 / 3,
                                      977.3, 512, 720, 1234.5, 20000, 4000, 200,  500};
    lw_preparer *preparer = make_preparer("2", false);
    lw_error err;
    float reference[2 * WIDTH], signals[2 * WIDTH];
    for (size_t i = 0; i < sizeof rates_hz / sizeof *rates_hz; i++) {
        lw_record *record = make_lively(2, (size_t)(12.0 * rates_hz[i]), rates_hz[i]);
        lwt_assert_ok(lw_prepare_record(preparer, record, 0.0, i ? signals : reference, NULL, &err), &err);
        for (size_t t = 50; i && t < 950; t++) /* the ends differ by what lies beyond them */
            lwt_assert_close(signals[t], reference[t], 0.04, 0.0);
        lw_record_free(&record);
    }
    lw_preparer_free(&preparer);
}

/* A rate whose filter was replaced in the meantime gives the same again. */
static void filters_that_are_kept_change_nothing(void **state) {
    (void)state;
    lw_error err;
    lw_preparer *preparer = make_preparer("I", false);
    lw_record *record = make_lively(1, 3000, 257.0);
    float before[WIDTH], after[WIDTH], ignored[WIDTH];
    lwt_assert_ok(lw_prepare_record(preparer, record, 0.0, before, NULL, &err), &err);
    for (int i = 0; i < 12; i++) {
        lw_record *other = make_lively(1, 3000, 300.0 + 10.0 * i);
        lwt_assert_ok(lw_prepare_record(preparer, other, 0.0, ignored, NULL, &err), &err);
        lw_record_free(&other);
    }
    lwt_assert_ok(lw_prepare_record(preparer, record, 0.0, after, NULL, &err), &err);
    assert_memory_equal(before, after, sizeof before);
    lw_preparer_free(&preparer);
    lw_record_free(&record);
}

/* A window of a long recording is a piece of the whole recording's filtering, with its own mean and deviation. */
static void a_window_begins_where_it_is_asked_for(void **state) {
    (void)state;
    enum { SECONDS = 60 };
    lw_error err;
    lw_record *record = make_lively(2, SECONDS * 500, 500.0);
    lw_lead_set leads;
    lw_preparer *all = NULL, *windows = make_preparer("2", false);
    lw_preprocessing long_window = lw_preprocessing_default();
    long_window.window_s = SECONDS;
    lwt_assert_ok(lw_lead_set_parse("2", &leads, &err), &err);
    lwt_assert_ok(lw_preparer_create(&leads, &long_window, false, &all, &err), &err);
    static float whole[2 * SECONDS * 100];
    lwt_assert_ok(lw_prepare_record(all, record, 0.0, whole, NULL, &err), &err);
    static const struct {
        double start_s;
        size_t start, count;
    } cases[] = {{0.0, 0, 1000}, {17.53, 1753, 1000}, {50.0, 5000, 1000}, {55.0, 5500, 500}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        float got[2 * WIDTH];
        lw_prepared_info info;
        lwt_assert_ok(lw_prepare_record(windows, record, cases[i].start_s, got, &info, &err), &err);
        assert_int_equal(info.window_samples, cases[i].count);
        for (size_t l = 0; l < 2; l++) {
            const float *piece = whole + l * SECONDS * 100 + cases[i].start;
            double mean = 0.0, squares = 0.0;
            for (size_t t = 0; t < cases[i].count; t++)
                mean += (double)piece[t] / (double)cases[i].count;
            for (size_t t = 0; t < cases[i].count; t++)
                squares += ((double)piece[t] - mean) * ((double)piece[t] - mean);
            const double deviation = sqrt(squares / (double)cases[i].count);
            for (size_t t = 0; t < cases[i].count; t++)
                lwt_assert_close(got[l * WIDTH + t], ((double)piece[t] - mean) / deviation, 1e-5, 0.0);
            assert_zeros(got + l * WIDTH + cases[i].count, WIDTH - cases[i].count);
        }
    }
    static const double outside_s[] = {-1.0, 60.0, 1e300, NAN, INFINITY};
    float ignored[2 * WIDTH];
    for (size_t i = 0; i < sizeof outside_s / sizeof *outside_s; i++)
        lwt_assert_fails(lw_prepare_record(windows, record, outside_s[i], ignored, NULL, &err), LW_ERR_ARGUMENT, &err,
                         "start within the 60 s");
    lw_preparer_free(&all);
    lw_preparer_free(&windows);
    lw_record_free(&record);
}

static void half_an_hour_is_prepared(void **state) {
    (void)state;
    lw_error err;
    lw_record *record = make_lively(2, 1800 * 1000, 1000.0);
    lw_preparer *preparer = make_preparer("6", false);
    float signals[6 * WIDTH];
    lwt_assert_ok(lw_prepare_record(preparer, record, 1790.0, signals, NULL, &err), &err);
    for (size_t l = 0; l < 6; l++)
        assert_z_scored(signals + l * WIDTH, WIDTH);
    lw_preparer_free(&preparer);
    lw_record_free(&record);
}

/* A lead that is still for the whole window is flat although it moves elsewhere. */
static void a_lead_that_is_flat_in_the_window_alone_is_flat(void **state) {
    (void)state;
    lw_error err;
    lw_record *record = make_record(1, 300 * 100, 100.0);
    lw_record_signal_mutable(record, 0)[0] = 2e-6;
    lw_preparer *preparer = make_preparer("I", false);
    float signals[WIDTH];
    lw_prepared_info info;
    lwt_assert_ok(lw_prepare_record(preparer, record, 200.0, signals, &info, &err), &err);
    assert_int_equal(info.lead_flags[0], LW_LEAD_FLAT);
    assert_zeros(signals, WIDTH);
    lw_preparer_free(&preparer);
    lw_record_free(&record);
}

static void more_leads_than_lanes_are_prepared(void **state) {
    (void)state;
    lw_error err;
    lw_record *record = make_lively(12, 5000, 500.0);
    lw_preparer *twelve = make_preparer("12", false);
    float *all = calloc(TWELVE * WIDTH, sizeof *all), one[WIDTH];
    assert_non_null(all);
    lwt_assert_ok(lw_prepare_record(twelve, record, 0.0, all, NULL, &err), &err);
    for (size_t l = 0; l < TWELVE; l++) {
        lw_preparer *single = make_preparer(lw_standard_leads[l], false);
        lwt_assert_ok(lw_prepare_record(single, record, 0.0, one, NULL, &err), &err);
        assert_memory_equal(one, all + l * WIDTH, sizeof one);
        lw_preparer_free(&single);
    }
    free(all);
    lw_preparer_free(&twelve);
    lw_record_free(&record);
}

/* ---- what lies beyond the ends ---- */

/** The largest difference that an offset of `offset_mv` in every lead makes to what is prepared. */
static double change_by_offset(double rate_hz, lw_ends ends, double offset_mv) {
    lw_preprocessing preprocessing = lw_preprocessing_default();
    preprocessing.ends = ends;
    lw_record *record = make_lively(2, (size_t)(10 * rate_hz) + 7, rate_hz);
    lw_preparer *preparer = NULL;
    lw_lead_set set;
    lw_error err;
    float *there = calloc(2 * 2 * WIDTH, sizeof *there), *moved = there + 2 * WIDTH;
    double most = 0.0;
    assert_non_null(there);
    lwt_assert_ok(lw_lead_set_parse("2", &set, &err), &err);
    lwt_assert_ok(lw_preparer_create(&set, &preprocessing, false, &preparer, &err), &err);
    lwt_assert_ok(lw_prepare_record(preparer, record, 0.0, there, NULL, &err), &err);
    for (size_t l = 0; l < 2; l++)
        for (size_t t = 0; t < lw_record_sample_count(record); t++)
            lw_record_signal_mutable(record, l)[t] += offset_mv;
    lwt_assert_ok(lw_prepare_record(preparer, record, 0.0, moved, NULL, &err), &err);
    for (size_t i = 0; i < 2 * WIDTH; i++)
        most = fmax(most, fabs((double)there[i] - (double)moved[i]));
    free(there);
    lw_preparer_free(&preparer);
    lw_record_free(&record);
    return most;
}

static void an_offset_of_an_electrode_changes_nothing_with_lines(void **state) {
    (void)state;
    static const double rates[] = {100, 128, 250, 257, 360, 500, 512.844, 1000};
    for (size_t i = 0; i < sizeof rates / sizeof *rates; i++)
        for (double offset_mv = -300; offset_mv <= 300; offset_mv += 150)
            if (change_by_offset(rates[i], LW_ENDS_LINE, offset_mv) > 1e-6)
                fail_msg("%g Hz, %g mV: a prepared sample changes by %g", rates[i], offset_mv,
                         change_by_offset(rates[i], LW_ENDS_LINE, offset_mv));
}

static void an_offset_of_an_electrode_spoils_what_zeros_follow(void **state) {
    (void)state;
    assert_true(change_by_offset(500, LW_ENDS_ZERO, 30) > 0.1);
}

/* ---- arguments ---- */

static void impossible_preprocessing_is_refused(void **state) {
    (void)state;
    static const struct {
        lw_preprocessing preprocessing;
        const char *part;
    } wrong[] = {
        {{100.0, {0.0, 35.0}, 3, 10.0, LW_ENDS_LINE}, "band"},
        {{100.0, {0.05, 50.0}, 3, 10.0, LW_ENDS_LINE}, "band"},
        {{100.0, {35.0, 0.05}, 3, 10.0, LW_ENDS_LINE}, "band"},
        {{100.0, {NAN, 35.0}, 3, 10.0, LW_ENDS_LINE}, "band"},
        {{100.0, {0.05, NAN}, 3, 10.0, LW_ENDS_LINE}, "band"},
        {{100.0, {0.05, 35.0}, 0, 10.0, LW_ENDS_LINE}, "order"},
        {{100.0, {0.05, 35.0}, 11, 10.0, LW_ENDS_LINE}, "order"},
        {{100.0, {0.05, 35.0}, 3, 0.0, LW_ENDS_LINE}, "window"},
        {{100.0, {0.05, 35.0}, 3, NAN, LW_ENDS_LINE}, "window"},
        {{100.0, {0.05, 35.0}, 3, 1e9, LW_ENDS_LINE}, "window"},
        {{0.0, {0.05, 35.0}, 3, 10.0, LW_ENDS_LINE}, "rate"},
        {{NAN, {0.05, 35.0}, 3, 10.0, LW_ENDS_LINE}, "rate"},
        {{1e9, {0.05, 35.0}, 3, 10.0, LW_ENDS_LINE}, "rate"},
        {{19.9, {0.05, 9.0}, 3, 10.0, LW_ENDS_LINE}, "rate"},
        {{1001.0, {0.05, 35.0}, 3, 10.0, LW_ENDS_LINE}, "rate"},
    };
    lw_lead_set leads;
    lw_error err;
    lwt_assert_ok(lw_lead_set_parse("2", &leads, &err), &err);
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        lw_preparer *preparer = NULL;
        lwt_assert_fails(lw_preparer_create(&leads, &wrong[i].preprocessing, false, &preparer, &err), LW_ERR_ARGUMENT,
                         &err, wrong[i].part);
        assert_null(preparer);
    }
    const lw_preprocessing fine = lw_preprocessing_default();
    lw_preparer *preparer = NULL;
    leads.count = 0;
    lwt_assert_fails(lw_preparer_create(&leads, &fine, false, &preparer, &err), LW_ERR_ARGUMENT, &err, "no leads");
    lw_preparer_free(&preparer);
    assert_int_equal(lw_preprocessing_sample_count(&fine), WIDTH);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(made_recordings_are_prepared_as_scipy_prepares_them),
        cmocka_unit_test(real_recordings_are_prepared_as_scipy_prepares_them),
        cmocka_unit_test(flags_tell_filled_missing_and_flat_leads),
        cmocka_unit_test(lead_sets_are_numbers_or_names),
        cmocka_unit_test(too_many_leads_are_refused),
        cmocka_unit_test(limb_leads_are_derived),
        cmocka_unit_test(leads_that_cannot_be_had_are_refused),
        cmocka_unit_test(only_voltages_become_leads),
        cmocka_unit_test(flat_and_missing_leads_become_zeros),
        cmocka_unit_test(gaps_become_straight_lines),
        cmocka_unit_test(a_record_without_signal_is_refused),
        cmocka_unit_test(the_shortest_record_is_just_longer_than_the_padding),
        cmocka_unit_test(a_sine_is_the_same_at_every_rate),
        cmocka_unit_test(filters_that_are_kept_change_nothing),
        cmocka_unit_test(a_window_begins_where_it_is_asked_for),
        cmocka_unit_test(half_an_hour_is_prepared),
        cmocka_unit_test(a_lead_that_is_flat_in_the_window_alone_is_flat),
        cmocka_unit_test(more_leads_than_lanes_are_prepared),
        cmocka_unit_test(an_offset_of_an_electrode_changes_nothing_with_lines),
        cmocka_unit_test(an_offset_of_an_electrode_spoils_what_zeros_follow),
        cmocka_unit_test(impossible_preprocessing_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
