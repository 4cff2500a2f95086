/**
 * @file test_frames.c
 * Recordings whose samples are kept as 16-bit numbers, beside the same recordings kept as doubles.
 */
#include "record_support.h"

#include <pthread.h>

#include "leadwise/signal.h"
#include "record/record_internal.h"

enum { RATE = 500, SAMPLES = 3001, WIDTH = 1000, MOST_LEADS = 12 };

/** What a lead of a made recording is like. */
typedef enum kind { LIVELY, GAPS, FLAT, NEARLY_FLAT, LOST } kind;

static int16_t sample_of(kind what, size_t lead, size_t t) {
    if (what == LOST || (what == GAPS && (t < 40 || t % 97 == 3 || t > 2900)))
        return INT16_MIN;
    if (what == FLAT)
        return 77;
    if (what == NEARLY_FLAT) /* so little in one sample only */
        return t == 1500 ? 78 : 77;
    const double s = (double)t / RATE;
    return (int16_t)lrint(900.0 * sin(7.0 * s + (double)lead) + 400.0 * sin(61.0 * s * (1.0 + 0.1 * (double)lead)));
}

/** A recording of `leads` leads in WFDB format 16, or in 32, which is read into doubles at once. */
static lw_record *make(int format, const char *const *names, const kind *kinds, size_t leads, const char *gain) {
    static int32_t wide[MOST_LEADS * SAMPLES];
    static int16_t narrow[MOST_LEADS * SAMPLES];
    char header[4096];
    size_t at = (size_t)snprintf(header, sizeof header, "x %zu %d %d\n", leads, RATE, SAMPLES);
    for (size_t l = 0; l < leads; l++) {
        uint16_t sum = 0;
        for (size_t t = 0; t < SAMPLES; t++) {
            const int16_t x = sample_of(kinds[l], l, t);
            narrow[t * leads + l] = x;
            wide[t * leads + l] = x == INT16_MIN ? INT32_MIN : x;
            sum = (uint16_t)(sum + (uint16_t)(format == 16 || x != INT16_MIN ? x : 0));
        }
        at += (size_t)snprintf(header + at, sizeof header - at, "x.dat %d %s 16 0 %d %d 0 %s\n", format, gain,
                               format == 16 ? narrow[l] : wide[l], (int16_t)sum, names[l]);
    }
    const size_t count = leads * SAMPLES;
    lw_record *record = format == 16 ? lwt_record("x.hea", header, narrow, count * sizeof *narrow)
                                     : lwt_record("x.hea", header, wide, count * sizeof *wide);
    assert_int_equal(lw_record_warning_count(record), 0);
    assert_true((bool)record->adc == (format == 16));
    assert_true((bool)record->signal_mv == (format == 32));
    return record;
}

static void assert_same_leads(const lw_record *a, const lw_record *b) {
    for (size_t l = 0; l < lw_record_lead_count(a); l++) {
        const lw_lead *one = lw_record_lead(a, l), *other = lw_record_lead(b, l);
        assert_int_equal(one->missing_count, other->missing_count);
        assert_int_equal(one->flat, other->flat);
        assert_int_equal(one->checksum, LW_CHECKSUM_GOOD);
        assert_int_equal(other->checksum, LW_CHECKSUM_GOOD);
        for (size_t t = 0; t < SAMPLES; t++)
            lwt_assert_close(lwt_sample_mv(a, l, t), lwt_sample_mv(b, l, t), 0.0, 0.0);
    }
}

static void prepare(const lw_record *record, const char *leads, float *signals, lw_prepared_info *info) {
    const lw_preprocessing preprocessing = lw_preprocessing_default();
    lw_lead_set set;
    lw_preparer *preparer = NULL;
    lw_error err;
    lwt_assert_ok(lw_lead_set_parse(leads, &set, &err), &err);
    lwt_assert_ok(lw_preparer_create(&set, &preprocessing, true, &preparer, &err), &err);
    lwt_assert_ok(lw_prepare_record(preparer, record, 0.0, signals, info, &err), &err);
    lw_preparer_free(&preparer);
}

static void assert_prepared_alike(const lw_record *a, const lw_record *b, const char *leads) {
    static float one[LW_LEADS_MAX * WIDTH], other[LW_LEADS_MAX * WIDTH];
    lw_prepared_info one_info, other_info;
    prepare(a, leads, one, &one_info);
    prepare(b, leads, other, &other_info);
    assert_memory_equal(&one_info, &other_info, sizeof one_info);
    lw_lead_set set;
    lw_error err;
    lwt_assert_ok(lw_lead_set_parse(leads, &set, &err), &err);
    for (size_t i = 0; i < set.count * WIDTH; i++)
        lwt_assert_close(one[i], other[i], 1e-6, 0.0);
}

static const char *const standard[MOST_LEADS] = {"I",  "II", "III", "aVR", "aVL", "aVF",
                                                 "V1", "V2", "V3",  "V4",  "V5",  "V6"};

/* Lead sets in the file's order, out of it, with gaps of every kind, and more than one row of lanes. */
static void frames_give_the_doubles_of_the_samples(void **state) {
    (void)state;
    static const kind lively[MOST_LEADS] = {LIVELY};
    static const kind mixed[MOST_LEADS] = {LIVELY, GAPS, LIVELY, FLAT,   LOST,        GAPS,
                                           LIVELY, FLAT, LOST,   LIVELY, NEARLY_FLAT, GAPS};
    static const kind bad_start[MOST_LEADS] = {LOST, FLAT, GAPS, LIVELY, LIVELY, LIVELY, LIVELY, LIVELY, LOST, GAPS};
    static const kind *const cases[] = {lively, mixed, bad_start};
    static const char *const gains[] = {"1000/mV", "0.5(-300)/uV", "800000(25)/V"};
    static const char *const sets[] = {"12", "6", "4", "3", "2", "V6,V5,V4,V3,V2,V1,aVF", "II,V9,I,V1,V2", "V5,V6,I"};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        for (size_t g = 0; g < sizeof gains / sizeof *gains; g++) {
            lw_record *frames = make(16, standard, cases[i], MOST_LEADS, gains[g]);
            lw_record *doubles = make(32, standard, cases[i], MOST_LEADS, gains[g]);
            for (size_t s = 0; s < sizeof sets / sizeof *sets; s++)
                assert_prepared_alike(frames, doubles, sets[s]);
            assert_same_leads(frames, doubles);
            lw_record_free(&frames);
            lw_record_free(&doubles);
        }
}

/* Limb leads that the file lacks come from the doubles of I and II. */
static void leads_are_derived_from_frames(void **state) {
    (void)state;
    static const char *const names[] = {"V1", "II", "I"};
    static const kind kinds[] = {LIVELY, GAPS, LIVELY};
    lw_record *frames = make(16, names, kinds, 3, "200/mV"), *doubles = make(32, names, kinds, 3, "200/mV");
    assert_prepared_alike(frames, doubles, "I,aVL,II,III,V1");
    lw_record_free(&frames);
    lw_record_free(&doubles);
}

/* Beyond a million volts a sample is missing, also where the file has it as a number. */
static void a_sample_beyond_a_million_volts_is_missing(void **state) {
    (void)state;
    static const char *const names[] = {"I", "II"};
    static const kind kinds[] = {LIVELY, LIVELY};
    lw_record *frames = make(16, names, kinds, 2, "1e-6/mV"), *doubles = make(32, names, kinds, 2, "1e-6/mV");
    float signals[2 * WIDTH];
    lw_prepared_info info;
    prepare(frames, "2", signals, &info);
    assert_true(info.filled_samples > 0);
    assert_prepared_alike(frames, doubles, "2");
    lw_record_free(&frames);
    lw_record_free(&doubles);
}

/* Sums and extremes of every lead, whatever the number of leads and however the frames come in pieces. */
static void sums_and_extremes_do_not_depend_on_pieces(void **state) {
    (void)state;
    enum { FRAMES = 53 };
    static int16_t adc[FRAMES * LW_RECORD_MAX_LEADS];
    static lw_frames_tally tally;
    for (size_t leads = 1; leads <= LW_RECORD_MAX_LEADS; leads += leads < 17 ? 1 : 47)
        for (size_t piece = 1; piece <= FRAMES; piece += 1 + piece / 5) {
            uint32_t random = (uint32_t)(leads * 100 + piece);
            for (size_t i = 0; i < FRAMES * leads; i++)
                adc[i] = (int16_t)((random = random * 1664525U + 1013904223U) >> 16);
            lw_frames_tally_start(&tally, leads);
            for (size_t first = 0; first < FRAMES; first += piece)
                lw_frames_tally_add(&tally, adc + first * leads, FRAMES - first < piece ? FRAMES - first : piece);
            for (size_t l = 0; l < leads; l++) {
                uint16_t sum = 0;
                int16_t low = INT16_MAX, high = INT16_MIN, got_low = INT16_MAX, got_high = INT16_MIN;
                for (size_t t = 0; t < FRAMES; t++) {
                    const int16_t x = adc[t * leads + l];
                    sum = (uint16_t)(sum + (uint16_t)x);
                    low = x < low ? x : low;
                    high = x > high ? x : high;
                }
                for (size_t i = l; i < 8 * leads; i += leads) {
                    got_low = tally.low[i] < got_low ? tally.low[i] : got_low;
                    got_high = tally.high[i] > got_high ? tally.high[i] : got_high;
                }
                assert_int_equal(lw_frames_tally_sum(&tally, l), sum);
                assert_int_equal(got_low, low);
                assert_int_equal(got_high, high);
            }
        }
}

/* Frames stay in the file's bytes where numbers are aligned, and are copied from an odd place, a buffer, or both. */
static void frames_may_begin_at_any_byte(void **state) {
    (void)state;
    enum { LEADS = 3, FRAMES = 50, MOST_OFFSET = 25 };
    uint8_t file[MOST_OFFSET + LEADS * FRAMES * 2];
    const size_t offsets[] = {0, 1, 24, 25};
    for (size_t i = 0; i < sizeof offsets / sizeof *offsets; i++) {
        char header[256];
        snprintf(
            header, sizeof header,
            "x 3 500 50\nx.dat 16+%zu 1000 16 0 0 0 0 I\nx.dat 16+%zu 1000 16 0 0 0 0 II\nx.dat 16+%zu 1000 16 0 0 0 "
            "0 V1\n",
            offsets[i], offsets[i], offsets[i]);
        memset(file, 0xA5, sizeof file);
        for (size_t k = 0; k < (size_t)LEADS * FRAMES; k++) {
            file[offsets[i] + 2 * k] = (uint8_t)(k * 77);
            file[offsets[i] + 2 * k + 1] = (uint8_t)(k * 77 >> 8);
        }
        const size_t length = offsets[i] + 2 * LEADS * FRAMES;
        lw_error err;
        lw_record *records[2];
        lwt_assert_ok(lw_file_write(lwt_temp_path("x.hea"), header, strlen(header), &err), &err);
        lwt_assert_ok(lw_file_write(lwt_temp_path("x.dat"), file, length, &err), &err);
        lwt_assert_ok(lw_record_read(lwt_temp_path("x.hea"), NULL, &records[0], &err), &err);
        records[1] = lwt_record("x.hea", header, file, length);
        for (size_t r = 0; r < 2; r++) {
            assert_non_null(records[r]->adc);
            for (size_t k = 0; k < (size_t)LEADS * FRAMES; k++)
                lwt_assert_close(lwt_sample_mv(records[r], k % LEADS, k / LEADS), (double)(k * 77) / 1000.0, 0.0,
                                 1e-15);
            lw_record_free(&records[r]);
        }
    }
}

/* NULL, or the record where a sample is not what make() wrote at 1000/mV. */
static void *first_wrong(void *record) {
    for (size_t l = 0; l < MOST_LEADS; l++) {
        double mv[SAMPLES];
        if (lw_record_copy_mv(record, l, 0, SAMPLES, mv) != SAMPLES)
            return record;
        for (size_t t = 0; t < SAMPLES; t++)
            if (mv[t] != sample_of(LIVELY, l, t) / 1000.0)
                return record;
    }
    return NULL;
}

/* Threads that copy from one record at once all get the whole of it. */
static void threads_share_a_record(void **state) {
    (void)state;
    enum { THREADS = 4 };
    static const kind kinds[MOST_LEADS] = {LIVELY};
    lw_record *record = make(16, standard, kinds, MOST_LEADS, "1000/mV");
    pthread_t threads[THREADS];
    for (size_t i = 0; i < THREADS; i++)
        assert_int_equal(pthread_create(&threads[i], NULL, first_wrong, record), 0);
    for (size_t i = 0; i < THREADS; i++) {
        void *wrong = record; /* until the thread replaces it */
        assert_int_equal(pthread_join(threads[i], &wrong), 0);
        assert_null(wrong);
    }
    lw_record_free(&record);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(frames_give_the_doubles_of_the_samples),
        cmocka_unit_test(leads_are_derived_from_frames),
        cmocka_unit_test(a_sample_beyond_a_million_volts_is_missing),
        cmocka_unit_test(sums_and_extremes_do_not_depend_on_pieces),
        cmocka_unit_test(frames_may_begin_at_any_byte),
        cmocka_unit_test(threads_share_a_record),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
