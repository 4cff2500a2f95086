/* These tests read leads as columns of text. */
#include "record_support.h"

static lw_record *read_csv(const char *text) { return lwt_record("x.csv", text, NULL, 0); }

static void fails(const char *text, lw_status status, const char *part) {
    lwt_parse_fails("x.csv", text, NULL, 0, status, part);
}

static void a_column_of_times_gives_the_rate(void **state) {
    (void)state;
    static const struct {
        const char *text;
        double rate_hz;
    } cases[] = {
        {"time,I,II\n0,1,2\n0.002,3,4\n0.004,5,6\n", 500},
        {"time,I,II\n0,1,2\n2,3,4\n4,5,6\n", 500}, /* 0.5 Hz is no recording, so these are milliseconds */
        {"Time (s),I,II\n0,1,2\n0.002,3,4\n0.004,5,6\n", 500},
        {"time [ms];I;II\n0;1;2\n4;3;4\n8;5;6\n", 250},
        {"t_ms\tI\tII\n0\t1\t2\n1\t3\t4\n2\t5\t6\n", 1000},
        {"ms,I,II\n10,1,2\n14,3,4\n18,5,6\n", 250},
        {"t,I,II\n0.000,1,2\n0.003,3,4\n0.006,5,6\n", 333}, /* three decimals leave 333.33 or 333 open */
        {"t,I,II\n0,1,2\n0.0038910506,3,4\n0.0077821012,5,6\n", 257},
        {"# rate_hz: 300\nI,II\n1,2\n3,4\n5,6\n", 300},
        {"\xEF\xBB\xBFsample,I,II\r\n0,1,2\r\n# fs: 400\r\n1,3,4\r\n2,5,6\r\n", 400},
        {",I,II\n0,1,2\n1,3,4\n2,5,6\n#Sampling Frequency: 100\n", 100},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        lw_record *r = read_csv(cases[i].text);
        lwt_assert_close(lw_record_rate_hz(r), cases[i].rate_hz, 0, 1e-6);
        assert_string_equal(lw_record_format(r), "csv");
        assert_int_equal(lw_record_lead_count(r), 2);
        assert_int_equal(lw_record_sample_count(r), 3);
        assert_string_equal(lw_record_lead(r, 1)->name, "II");
        for (size_t t = 0; t < 3; t++) {
            assert_true(lwt_sample_mv(r, 0, t) == (double)(2 * t + 1));
            assert_true(lwt_sample_mv(r, 1, t) == (double)(2 * t + 2));
        }
        lw_record_free(&r);
    }
}

static void units_and_missing_cells_are_read(void **state) {
    (void)state;
    lw_record *r = read_csv("#Age: 50\n# Sex: F\n#Dx: 59118001,426783006\n# rate: 500\n"
                            "\"Lead I (uV)\",ii [V],v1_uV,aVR,HR (bpm),note_1\n"
                            "1500, 0.001 ,-250,0.5,70,9\n\nnan,,NA,-,71,9\n 3 ,0,1e2,+.5,72,9\n");
    static const double first[] = {1.5, 1.0, -0.25, 0.5, 70, 9};
    static const char *const names[] = {"I", "II", "V1", "aVR", "HR", "note_1"};
    assert_int_equal(lw_record_lead_count(r), 6);
    for (size_t i = 0; i < 6; i++) {
        lwt_assert_close(lwt_sample_mv(r, i, 0), first[i], 0, 1e-15);
        assert_string_equal(lw_record_lead(r, i)->name, names[i]);
        assert_int_equal(lw_record_lead(r, i)->missing_count, i < 4);
        assert_int_equal(lw_record_lead(r, i)->voltage, i != 4);
    }
    assert_true(isnan(lwt_sample_mv(r, 3, 1)));
    assert_true(lw_record_age_years(r) == 50.0);
    assert_int_equal(lw_record_sex(r), LW_SEX_FEMALE);
    assert_int_equal(lw_record_code_count(r), 2);
    assert_int_equal(lw_record_warning_count(r), 1);
    assert_true(lwt_warned(r, "not understood as leads: note_1"));
    lw_record_free(&r);
}

#define TWELVE "1,2,3,4,5,6,7,8,9,10,11,12\n"

static void options_give_rate_and_unit(void **state) {
    (void)state;
    lw_record_options options = {.size = sizeof options, .rate_hz = 500, .unit = "uV"};
    lw_record *r;
    lw_error err;
    lwt_assert_ok(lwt_parse("x.csv", TWELVE TWELVE, NULL, 0, &options, &r, &err), &err);
    assert_true(lw_record_rate_hz(r) == 500.0);
    assert_string_equal(lw_record_lead(r, 3)->name, "aVR");
    assert_string_equal(lw_record_lead(r, 11)->unit, "uV");
    lwt_assert_close(lwt_sample_mv(r, 11, 1), 0.012, 0, 1e-15);
    lw_record_free(&r);
    options = (lw_record_options){.size = sizeof(lw_record_options), .rate_hz = 500};
    lwt_assert_ok(lwt_parse("x.csv", "I,II\n0,0\n400,0\n", NULL, 0, &options, &r, &err), &err);
    assert_true(lwt_warned(r, "x.csv:1: lead I swings by 400 mV"));
    lw_record_free(&r);
    lwt_assert_ok(lwt_parse("x.csv", "I (mV),II\n0,0\n40,0\n", NULL, 0, &options, &r, &err), &err);
    assert_int_equal(lw_record_warning_count(r), 0);
    lw_record_free(&r);
    options.max_samples = 2;
    lwt_assert_fails(lwt_parse("x.csv", "I\n1\n2\n3\n", NULL, 0, &options, &r, &err), LW_ERR_FORMAT, &err,
                     "x.csv:1: 3 samples of 1 leads, expected at most 2");
}

static void broken_tables_are_refused_with_their_line(void **state) {
    (void)state;
    static const struct {
        const char *text;
        lw_status status;
        const char *part;
    } cases[] = {
        {"", LW_ERR_FORMAT, "x.csv:0: no lines of samples"},
        {"\n# comment\n", LW_ERR_FORMAT, "x.csv:2: no lines"},
        {"I,II\n1,2\n", LW_ERR_RATE, "x.csv:1: no sampling rate"},
        {TWELVE, LW_ERR_RATE, "x.csv:1: no sampling rate"},
        {"1,2,3\n", LW_ERR_LEAD_NAME, "x.csv:1: looks like columns of numbers without names, 3"},
        {"time\n0\n1\n", LW_ERR_FORMAT, "x.csv:1: no column of samples"},
        {"# rate: 500\nI,II\n1,2\n1\n", LW_ERR_FORMAT, "x.csv:4: 1 fields, expected 2 as in line 2"},
        {"# rate: 500\nI,II\n1,2,3\n", LW_ERR_FORMAT, "x.csv:3: 3 fields, expected 2"},
        {"# rate: 500\nI,II\n1,two\n", LW_ERR_FORMAT, "x.csv:3: column 2: a word, expected a number"},
        {"# rate: 500\nI,II\n1,inf\n", LW_ERR_FORMAT, "column 2: a word"},
        {"# rate: 500\nI,II\n1,0x10\n", LW_ERR_FORMAT, "column 2: '0x10'"},
        {"# rate: 500\nI,II\n", LW_ERR_TOO_SHORT, "x.csv:2: the recording holds no samples"},
        {"# rate: 5\nI,II\n1,2\n", LW_ERR_FORMAT, "x.csv:2: sampling rate 5 Hz"},
        {"time,I\n0,1\n0.002,1\n0.004,1\n0.016,1\n", LW_ERR_RATE, "x.csv:5: time '0.016', expected about 0.006"},
        {"time,I\n0,1\n0,1\n", LW_ERR_RATE, "x.csv:3: time '0', expected about 0"},
        {"time,I\n4,1\n2,1\n", LW_ERR_RATE, "x.csv:3: time '2'"},
        {"time,I\n0,1\nx,1\n0.004,1\n", LW_ERR_RATE, "x.csv:3: time 'x'"},
        {"time (s),I\n0,1\n2,1\n", LW_ERR_FORMAT, "x.csv:1: sampling rate 0.5 Hz"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        fails(cases[i].text, cases[i].status, cases[i].part);
    char wide[512] = "V1";
    for (int i = 1; i < 65; i++)
        strcat(wide, ",V1");
    fails(strcat(wide, "\n"), LW_ERR_FORMAT, "x.csv:1: more columns than the 64 leads");
}

static void an_unknown_format_is_refused(void **state) {
    (void)state;
    lwt_parse_fails("x.bin",
                    "\x7F"
                    "ELF",
                    NULL, 0, LW_ERR_UNSUPPORTED, "x.bin: not a recording of a format known here");
    lwt_parse_fails("x", "", NULL, 0, LW_ERR_UNSUPPORTED, "expected WFDB or CSV");
    lw_record *r = lwt_record("stream", "# fs: 500\nI,II\n1,2\n", NULL, 0); /* known by its commas alone */
    assert_string_equal(lw_record_format(r), "csv");
    lw_record_free(&r);
}

static void a_real_file_is_read_to_the_digit(void **state) {
    (void)state;
    const char *path = lwt_shared("data/formats/csv/MUSE_20180111_155115_19000.csv");
    lw_record_options options = {.size = sizeof options, .rate_hz = 500, .unit = "uV"};
    lw_record *r = NULL;
    lw_error err;
    lwt_assert_ok(lw_record_read(path, &options, &r, &err), &err);
    assert_int_equal(lw_record_sample_count(r), 5000);
    assert_int_equal(lw_record_warning_count(r), 0);
    char *text = lwt_read_file(path, NULL), *at = text;
    for (size_t t = 0; t < 5000; t++)
        for (size_t s = 0; s < 12; s++, at++) /* one byte between two numbers: a comma or a line feed */
            lwt_assert_close(lwt_sample_mv(r, s, t), strtod(at, &at) / 1000, 0, 1e-14);
    free(text);
    lw_record_free(&r);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_column_of_times_gives_the_rate), cmocka_unit_test(units_and_missing_cells_are_read),
        cmocka_unit_test(options_give_rate_and_unit),       cmocka_unit_test(broken_tables_are_refused_with_their_line),
        cmocka_unit_test(an_unknown_format_is_refused),     cmocka_unit_test(a_real_file_is_read_to_the_digit),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
