/* These tests check windows over long recordings: their places and samples, in memory and streamed from disk. */
#include "record_support.h"

#include "leadwise/signal.h"
#include "record/record_internal.h"

enum { WIDTH = 1000 };

static lw_preparer *make_preparer(const char *leads) {
    lw_error err = {0};
    lw_lead_set set;
    lw_preparer *preparer = NULL;
    const lw_preprocessing how = lw_preprocessing_default();
    lwt_assert_ok(lw_lead_set_parse(leads, &set, &err), &err);
    lwt_assert_ok(lw_preparer_create(&set, &how, true, &preparer, &err), &err);
    return preparer;
}

/** Twelve leads for `duration_s`, as the generator makes them. */
static lw_record *synthetic(double rate_hz, double duration_s) {
    lw_error err = {0};
    lw_record *record = NULL;
    const lw_synth_options how = {.size = sizeof how,
                                  .seed = 4,
                                  .rate_hz = rate_hz,
                                  .duration_s = duration_s,
                                  .noise_mv = 0.02,
                                  .kinds = "AF,LBBB"};
    lwt_assert_ok(lw_synth_record(&how, 0, &record, &err), &err);
    return record;
}

static void windows_cover_the_recording(void **state) {
    (void)state;
    static const struct {
        size_t samples;
        double step_s;
        size_t count, second, last;
    } cases[] = {
        {5000, 10, 1, 0, 0},        /* just a window: 10 s at 500 Hz */
        {50, 10, 1, 0, 0},          /* a short recording */
        {5005, 10, 2, 1, 1},        /* one sample of the 100 Hz more */
        {30000, 10, 6, 1000, 5000}, /* a minute, without a rest */
        {32500, 10, 7, 1000, 5500}, /* the last one overlaps */
        {30000, 2.5, 21, 250, 5000}, {30000, 30, 3, 3000, 5000}, {30000, 3600, 2, 5000, 5000},
    };
    lw_preparer *preparer = make_preparer("2");
    lw_error err = {0};
    lw_window_grid grid;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        lwt_assert_ok(lw_window_grid_over(preparer, 500, cases[i].samples, cases[i].step_s, &grid, &err), &err);
        assert_int_equal(grid.count, cases[i].count);
        assert_int_equal(lw_window_grid_start(&grid, 0), 0);
        assert_int_equal(lw_window_grid_start(&grid, 1), cases[i].second);
        assert_int_equal(lw_window_grid_start(&grid, grid.count - 1), cases[i].last);
    }
    static const double wrong_s[] = {0, -1, 0.001, NAN, INFINITY};
    for (size_t i = 0; i < sizeof wrong_s / sizeof wrong_s[0]; i++)
        lwt_assert_fails(lw_window_grid_over(preparer, 500, 5000, wrong_s[i], &grid, &err), LW_ERR_ARGUMENT, &err,
                         "at least a sample");
    lw_preparer_free(&preparer);
}

/* One by one is all at once. */
static void they_are_what_one_by_one_gives(void **state) {
    (void)state;
    enum { LEADS = 12, COUNT = 4 };
    static float together[COUNT * LEADS * WIDTH], alone[LEADS * WIDTH];
    static const size_t start[COUNT] = {0, 1753, 1753, 2999};
    lw_prepared_info info[COUNT], single;
    lw_error err = {0};
    lw_record *record = synthetic(257, 31);
    lw_preparer *preparer = make_preparer("12");
    lwt_assert_ok(lw_prepare_windows(preparer, record, start, COUNT, together, info, &err), &err);
    for (size_t i = 0; i < COUNT; i++) {
        lwt_assert_ok(lw_prepare_record(preparer, record, (double)start[i] / 100, alone, &single, &err), &err);
        assert_memory_equal(alone, together + i * LEADS * WIDTH, sizeof alone);
        assert_int_equal(info[i].window_samples, single.window_samples);
        assert_true(lw_prepared_has_signal(&info[i], LEADS));
    }
    lwt_assert_fails(lw_prepare_windows(preparer, record, (size_t[2]){5, 4}, 2, together, info, &err), LW_ERR_ARGUMENT,
                     &err, "window 1 at 4");
    lwt_assert_fails(lw_prepare_windows(preparer, record, (size_t[1]){3100}, 1, together, info, &err), LW_ERR_ARGUMENT,
                     &err, "below 3100");
    lw_preparer_free(&preparer);
    lw_record_free(&record);
}

/* Lead I is lost for half a minute, and V1, which comes from nowhere else, for some of it. */
static void what_a_window_lacks_is_missing(void **state) {
    (void)state;
    enum { LEADS = 3, COUNT = 6, RATE = 200 };
    static float signals[COUNT * LEADS * WIDTH];
    static const size_t start[COUNT] = {0, 1000, 2000, 3000, 4000, 5000};
    lw_prepared_info info[COUNT];
    lw_error err = {0};
    lw_record *whole = synthetic(RATE, 60), *record = lw_record_new_like(whole, 60 * RATE);
    for (size_t l = 0; l < 12; l++)
        assert_int_equal(lw_record_copy_mv(whole, l, 0, 60 * RATE, lw_record_signal_mutable(record, l)), 60 * RATE);
    const size_t lead_i = (size_t)lw_record_find_lead(record, "I"), v1 = (size_t)lw_record_find_lead(record, "V1");
    for (size_t t = 0; t < 60 * RATE; t++) {
        if (t >= 10 * RATE && t < 40 * RATE)
            lw_record_signal_mutable(record, lead_i)[t] = NAN;
        if (t >= 20 * RATE && t < 35 * RATE)
            lw_record_signal_mutable(record, v1)[t] = NAN;
    }
    lw_record_measure(record);
    lw_preparer *preparer = make_preparer("V1,V6,I");
    lwt_assert_ok(lw_prepare_windows(preparer, record, start, COUNT, signals, info, &err), &err);
    for (size_t i = 0; i < COUNT; i++) {
        assert_int_equal(info[i].lead_flags[0] & LW_LEAD_MISSING, i == 2 ? LW_LEAD_MISSING : 0);
        assert_int_equal(info[i].lead_flags[1], 0);
        assert_int_equal(info[i].lead_flags[2] & LW_LEAD_MISSING, i >= 1 && i <= 3 ? LW_LEAD_MISSING : 0);
        assert_true(info[i].lead_flags[2] & LW_LEAD_FILLED);
        const float *lead = signals + (i * LEADS + 2) * WIDTH;
        double squares = 0;
        for (size_t t = 0; t < WIDTH; t++)
            squares += (double)lead[t] * (double)lead[t];
        lwt_assert_close(squares, i >= 1 && i <= 3 ? 0 : WIDTH, 1, 0);
    }
    lw_preparer_free(&preparer);
    preparer = make_preparer("V1");
    lwt_assert_ok(lw_prepare_windows(preparer, record, start, COUNT, signals, info, &err), &err);
    for (size_t i = 0; i < COUNT; i++)
        assert_int_equal(lw_prepared_has_signal(&info[i], 1), i != 2);
    lw_preparer_free(&preparer);
    lw_record_free(&record);
    lw_record_free(&whole);
}

/* ---- From disk */

/** A header over `files` signal files of any bytes: what stretches of them are, the whole recording says. */
static void expect_stretches(const char *name, const char *header, size_t file_bytes) {
    lw_error err = {0};
    char file[64];
    uint8_t *bytes = malloc(file_bytes);
    assert_non_null(bytes);
    uint32_t random = 1;
    for (size_t i = 0; i < file_bytes; i++)
        bytes[i] = (uint8_t)((random = random * 1664525u + 1013904223u) >> 24);
    snprintf(file, sizeof file, "%s.dat", name);
    lwt_write_file(lwt_temp_path(file), bytes, file_bytes);
    snprintf(file, sizeof file, "%s.two", name);
    lwt_write_file(lwt_temp_path(file), bytes, file_bytes);
    snprintf(file, sizeof file, "%s.hea", name);
    const char *path = lwt_temp_path(file);
    lwt_write_file(path, header, strlen(header));
    free(bytes);

    lw_record *whole = NULL, *part = NULL;
    lw_record_stream *stream = NULL;
    lwt_assert_ok(lw_record_read(path, NULL, &whole, &err), &err);
    lwt_assert_ok(lw_record_stream_open(path, NULL, &stream, &err), &err);
    const lw_record *described = lw_record_stream_header(stream);
    const size_t samples = lw_record_sample_count(whole);
    assert_int_equal(lw_record_sample_count(described), samples);
    assert_int_equal(lw_record_lead_count(described), lw_record_lead_count(whole));
    const size_t stretches[][2] = {{0, samples}, {0, 1},     {1, 7},           {601, 122},        {15, 300},
                                   {325, 6},     {333, 500}, {samples - 1, 1}, {samples - 50, 50}};
    for (size_t i = 0; i < sizeof stretches / sizeof stretches[0]; i++) {
        lwt_assert_ok(lw_record_stream_read(stream, stretches[i][0], stretches[i][1], &part, &err), &err);
        assert_int_equal(lw_record_sample_count(part), stretches[i][1]);
        assert_true(lw_record_rate_hz(part) == lw_record_rate_hz(whole));
        assert_true(lw_record_age_years(part) == 57.0 && lw_record_sex(part) == LW_SEX_FEMALE);
        for (size_t l = 0; l < lw_record_lead_count(whole); l++) {
            assert_string_equal(lw_record_lead(part, l)->name, lw_record_lead(whole, l)->name);
            for (size_t t = 0; t < stretches[i][1]; t++)
                lwt_assert_close(lwt_sample_mv(part, l, t), lwt_sample_mv(whole, l, stretches[i][0] + t), 0, 0);
        }
        lw_record_free(&part);
    }
    lwt_assert_fails(lw_record_stream_read(stream, samples, 1, &part, &err), LW_ERR_ARGUMENT, &err, "stretch");
    lwt_assert_fails(lw_record_stream_read(stream, 1, samples, &part, &err), LW_ERR_ARGUMENT, &err, "stretch");
    lwt_assert_fails(lw_record_stream_read(stream, 1, 0, &part, &err), LW_ERR_ARGUMENT, &err, "stretch");
    lw_record_stream_free(&stream);
    lw_record_free(&whole);
}

static void stretches_are_of_the_whole(void **state) {
    (void)state;
    static const int formats[] = {16, 24, 32, 61, 80, 160, 212, 310, 311};
    for (size_t i = 0; i < sizeof formats / sizeof formats[0]; i++) {
        char header[512];
        snprintf(header, sizeof header,
                 "f 3 250 1000\nf.dat %d+3 200(5)/mV 12 0 0 0 0 II\nf.dat %d 100/mV 12 0 77 1 0 V1\n"
                 "f.dat %d 1000/uV 12 0 0 0 0 V2\n# Age: 57\n# Sex: F\n",
                 formats[i], formats[i], formats[i]);
        expect_stretches("f", header, 16000);
    }
    expect_stretches("g",
                     "g 3 125 1000\ng.dat 212x2:3 200/mV 12 0 0 0 0 II\ng.two 16 100/mV 12 0 0 0 0 V1\n"
                     "g.two 16x2:5 100/mV 12 0 0 0 0 V2\n# Age: 57\n# Sex: F\n",
                     8000); /* several rates, skew, two files that end early for the skewed */
    expect_stretches(
        "h", "h 2 250\nh.dat 16 200/mV 12 0 0 0 0 II\nnothere.dat 16 100/mV 12 0 0 0 0 V1\n# Age: 57\n# Sex: F\n",
        4000); /* no length, and a file that is not there */
}

/* Segments of packed samples, of two files, of other leads; null, absent and empty ones; the same one twice. */
static void stretches_of_segments_are_of_the_whole(void **state) {
    (void)state;
    static const struct {
        const char *name, *text;
    } segments[] = {
        {"sa", "sa 3 250 301\nsa.dat 212 200(5)/mV 12 0 0 0 0 II\nsa.dat 212 100/mV 12 0 77 1 0 V1\nsa.two 16:4 9/mV "
               "16 0 0 0 0 V2\n"},
        {"sb", "sb 3 250 400\nsb.dat 311+7 -200/mV 12 0 0 0 0 II\nsb.dat 311 1/uV 12 0 0 0 0 V1\nsb.dat 311 100/mV 12 "
               "0 0 0 0 V2\n"},
        {"lay", "lay 3 250 0\n~ 0 200/mV 12 0 0 0 0 II\n~ 0 200/mV 12 0 0 0 0 V1\n~ 0 200/mV 12 0 0 0 0 V2\n"},
        {"sc", "sc 1 250 99\nsc.dat 80 10/mV 8 0 0 0 0 V1\n"},
        {"sd", "sd 2 125 300\nsd.dat 212x2 200/mV 12 0 0 0 0 II\nsd.dat 212 100/mV 12 0 0 0 0 V1\n"},
        {"null", "null 3 250 50\n* 0\n* 0\n* 0\n"},
    };
    uint8_t bytes[4096];
    uint32_t random = 7;
    for (size_t i = 0; i < sizeof bytes; i++)
        bytes[i] = (uint8_t)((random = random * 1664525u + 1013904223u) >> 24);
    for (size_t i = 0; i < sizeof segments / sizeof *segments; i++) {
        char file[64];
        snprintf(file, sizeof file, "%s.hea", segments[i].name);
        lwt_write_file(lwt_temp_path(file), segments[i].text, strlen(segments[i].text));
        snprintf(file, sizeof file, "%s.dat", segments[i].name);
        lwt_write_file(lwt_temp_path(file), bytes + i, sizeof bytes - i);
    }
    lwt_write_file(lwt_temp_path("sa.two"), bytes + 9, 301 * 2);
    expect_stretches(
        "m", "m/7 3 250 1181\nnull 20\nsa 301\n~ 10\nsb 400\nnull 49\nsb 400\ngone 1\n# Age: 57\n# Sex: F\n", 1);
    expect_stretches("w", "w/3 2 125 700\nsd 300\n~ 100\nsd 300\n# Age: 57\n# Sex: F\n", 1); /* two rates */
    expect_stretches("v", "v/6 3 250 900\nlay 0\nsc 99\nsb 400\n~ 1\nsa 301\nsc 99\n# Age: 57\n# Sex: F\n", 1);
}

static void what_cannot_be_streamed_is_refused(void **state) {
    (void)state;
    static const struct {
        const char *name, *text;
        lw_status status;
        const char *sentence;
    } cases[] = {
        {"a.hea", "a 1 250 100\na.dat 8 200/mV 12 0 0 0 0 II\n", LW_ERR_UNSUPPORTED, "format 8"},
        {"b.hea", "b 1 250 100\na.dat 516 200/mV 12 0 0 0 0 II\n", LW_ERR_UNSUPPORTED, "format 516"},
        {"d.csv", "I,II\n1,2\n3,4\n", LW_ERR_UNSUPPORTED, "expected WFDB"},
        {"e.hea", "e 1 250 5000\na.dat 16 200/mV 12 0 0 0 0 II\n", LW_ERR_FORMAT,
         "a.dat holds 200 bytes, expected 10000 for 5000 samples of 1 signals"},
        {"f.hea", "f 1 250 100\nnothing.dat 16 200/mV 12 0 0 0 0 II\n", LW_ERR_IO, "nothing.dat"},
        {"g.hea", "g 1 250 100\n../a.dat 16 200/mV 12 0 0 0 0 II\n", LW_ERR_FORMAT, NULL},
    };
    const uint8_t zeros[200] = {0};
    lwt_write_file(lwt_temp_path("a.dat"), zeros, sizeof zeros);
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        lw_error err = {0};
        lw_record_stream *stream = NULL;
        lwt_write_file(lwt_temp_path(cases[i].name), cases[i].text, strlen(cases[i].text));
        lwt_assert_fails(lw_record_stream_open(lwt_temp_path(cases[i].name), NULL, &stream, &err), cases[i].status,
                         &err, cases[i].sentence);
        assert_null(stream);
    }
    lw_error err = {0};
    lw_record_stream *stream = NULL;
    lw_record *part = NULL;
    static const char header[] = "k 1 250 100\na.dat 16 200/mV 12 0 0 0 0 II\n";
    lwt_write_file(lwt_temp_path("k.hea"), header, sizeof header - 1);
    lwt_assert_ok(lw_record_stream_open(lwt_temp_path("k.hea"), NULL, &stream, &err), &err);
    lwt_write_file(lwt_temp_path("a.dat"), zeros, 100);
    lwt_assert_fails(lw_record_stream_read(stream, 10, 90, &part, &err), LW_ERR_FORMAT, &err, "become shorter");
    lw_record_stream_free(&stream);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(windows_cover_the_recording),        cmocka_unit_test(they_are_what_one_by_one_gives),
        cmocka_unit_test(what_a_window_lacks_is_missing),     cmocka_unit_test(stretches_are_of_the_whole),
        cmocka_unit_test(what_cannot_be_streamed_is_refused), cmocka_unit_test(stretches_of_segments_are_of_the_whole),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
