/** @file test_csv_layouts.c: CSV files as devices, spreadsheets and other programs write them. */
#include "record_support.h"

typedef struct layout {
    const char *text;
    double rate_hz;
    size_t leads, samples;
    const char *first; /* name of the first lead */
    double mv[2];      /* its first two samples */
} layout;

static void reads(const char *file, const layout *cases, size_t count) {
    for (size_t i = 0; i < count; i++) {
        lw_record *r;
        lw_error err;
        const lw_status status = lwt_parse(file, cases[i].text, NULL, 0, NULL, &r, &err);
        if (status != LW_OK)
            fail_msg("case %zu: %s", i, err.message);
        if (lw_record_lead_count(r) != cases[i].leads || lw_record_sample_count(r) != cases[i].samples)
            fail_msg("case %zu: %zu leads, %zu samples", i, lw_record_lead_count(r), lw_record_sample_count(r));
        lwt_assert_close(lw_record_rate_hz(r), cases[i].rate_hz, 0, 1e-6 * cases[i].rate_hz);
        assert_string_equal(lw_record_lead(r, 0)->name, cases[i].first);
        for (size_t t = 0; t < 2; t++)
            lwt_assert_close(lwt_sample_mv(r, 0, t), cases[i].mv[t], 0, 1e-12);
        lw_record_free(&r);
    }
}
#define READS(file, cases) reads(file, cases, sizeof(cases) / sizeof *(cases))

#define WATCH                                                                                                          \
    "Name,A Person\nDate of Birth,\"Feb 5, 1960\"\nRecorded Date,2020-02-05 09:14:40 -0400\n"                          \
    "Classification,Sinus Rhythm\nSymptoms,\nSoftware Version,1.51\nDevice,\"Watch5,4\"\n"

static void preambles_of_names_and_values_state_lead_unit_and_rate(void **state) {
    (void)state;
    static const layout cases[] = {
        {WATCH "Sample Rate,512.844 hertz\n\nLead,Lead I\nUnit,\xC2\xB5V\n\n1.675\n-12.274\n3\n",
         512.844,
         1,
         3,
         "I",
         {0.001675, -0.012274}},
        {WATCH "Sample Rate,512 Hz\n\nLead,Lead I\nUnit,\xC2\xB5V\n\n1,675\n-12,274\n3\n",
         512,
         1,
         3,
         "I",
         {0.001675, -0.012274}},
        {WATCH "Sample Rate,512 Hz\n\nLead,Lead I\nUnit,\xC2\xB5V\n\n12\n-12,27\n3,5\n",
         512,
         1,
         3,
         "I",
         {0.012, -0.01227}},
        {"Device;X1\nSampling Rate;0,5 kHz\nUnit;uV\nI;II\n1,5;2\n2,5;3\n", 500, 2, 2, "I", {0.0015, 0.0025}},
        {"Recorder: Y2\nSample rate: 250 Hz\nUnits: mV\n\nII\n1\n2\n", 250, 1, 2, "II", {1, 2}},
        {"Leads: II, V5\nfs = 200\n1,2\n3,4\n5,6\n", 200, 2, 3, "II", {1, 3}},
        {"# unit: uV, rate: 500\n1,2,3,4,5,6,7,8,9,10,11,12\n2,2,3,4,5,6,7,8,9,10,11,12\n",
         500,
         12,
         2,
         "I",
         {0.001, 0.002}},
        {"% fs=500\n% I II V1\n1 2 3\n2 3 4\n", 500, 3, 2, "I", {1, 2}}, /* names in a comment */
    };
    READS("x.csv", cases);
}

static void tables_of_physiobank_and_kaggle_are_read(void **state) {
    (void)state;
    static const layout cases[] = {
        {"'Elapsed time','MLII','V5'\n'seconds','mV','mV'\n0.000,-0.145,-0.065\n0.004,-0.15,-0.07\n0.008,-0.2,-0.1\n",
         250,
         2,
         3,
         "II",
         {-0.145, -0.15}},
        {"'Elapsed time','MLII','V5'\n'hh:mm:ss.mmm','uV','mV'\n'0:00.000',-145,-0.065\n'0:00.004',-150,-0.07\n",
         250,
         2,
         2,
         "II",
         {-0.145, -0.15}},
        {"   Elapsed time\t   ECG I\t     V5\n    (seconds)\t    (mV)\t    (mV)\n   0.000\t -0.145\t -0.065\n   "
         "0.004\t -0.150\t -0.070\n",
         250,
         2,
         2,
         "I",
         {-0.145, -0.15}},
        {"      Time      Date\tI\n(hh:mm:ss.mmm) (dd/mm/yyyy)\t(mV)\n[23:59:59.998 31/12/1999]\t1\n[00:00:00.000 "
         "01/01/2000]\t2\n",
         500,
         1,
         2,
         "I",
         {1, 2}},
        {"# rate: 360\n'sample #','MLII','V5'\n0,1,5\n1,2,6\n", 360, 2, 2, "II", {1, 2}},
        {"# rate: 360\n\"\",\"Lead I\",\"note\"\n\"0\",\"1\",\"N, or not\"\n\"1\",\"2\",\"V\"\n",
         360,
         1,
         2,
         "I",
         {1, 2}},
    };
    READS("x.csv", cases);
}

static void separators_and_decimal_commas_of_spreadsheets_are_found(void **state) {
    (void)state;
    static const layout cases[] = {
        {"\xEF\xBB\xBFsep=;\r\nZeit [s];I [mV];II [mV]\r\n0,000;0,5;-1\r\n0,004;1,25;-2\r\n",
         250,
         2,
         2,
         "I",
         {0.5, 1.25}},
        {"sep=|\ntime|I\n0|1\n0.002|2\n", 500, 1, 2, "I", {1, 2}},
        {"time I II\n0.000 0.5 1\n0.004  1.25  2\n", 250, 2, 2, "I", {0.5, 1.25}},
        {"time_s\tI\tII\n0,000\t0,5\t1\n0,004\t1,25\t2\n", 250, 2, 2, "I", {0.5, 1.25}},
        {"# rate: 100\nI II\n0,5 1,5\n1,25 2,5\n", 100, 2, 2, "I", {0.5, 1.25}},
        {"# rate: 100\nI\n0,5\n1,25\n", 100, 1, 2, "I", {0.5, 1.25}},
        {"# rate: 100\n\"I\",\"II\"\n\"0,5\",\"1,5\"\n\"1,25\",\"2,5\"\n", 100, 2, 2, "I", {0.5, 1.25}},
        {"# rate: 100\nLead I\n0.5\n1.25\n", 100, 1, 2, "I", {0.5, 1.25}},
        {"# rate: 100\nI,II,\n0.5,1,\n1.25,2,\n", 100, 2, 2, "I", {0.5, 1.25}},
        {"# rate: 100\n'I'\t'a\tb'\t'II'\n'0.5'\t1\t'2'\n'1.25' \t2\t3\n", 100, 3, 2, "I", {0.5, 1.25}},
        {"12 leads ECG\n# rate: 100\nI II\n0.5 2\n1.25 3\n", 100, 2, 2, "I", {0.5, 1.25}},
        {"# rate: 100\nI, II\n0.5, 1\n1.25, 2\n", 100, 2, 2, "I", {0.5, 1.25}},
    };
    READS("x.txt", cases);
    lwt_parse_fails("x.csv", "# rate: 100\nI,II\n0,5,1,5\n1,25,2,5\n", NULL, 0, LW_ERR_FORMAT,
                    "x.csv:3: 4 fields, expected 2 as in line 2; numbers with a decimal comma are apart by semicolons");
    lwt_parse_fails("x.csv", "# rate: 100\nI;II\n0,5;1.5\n", NULL, 0, LW_ERR_FORMAT,
                    "x.csv:3: column 2: '1.5', expected a number with a decimal comma");
}

static void columns_of_times_are_known_by_many_names_and_in_any_place(void **state) {
    (void)state;
    static const layout cases[] = {
        {"I,timestamp [ms]\n1,1000\n2,1004\n3,1008\n", 250, 1, 3, "I", {1, 2}},
        {"I,Time (us),note\n1,0,a\n2,4000,b\n3,8000,\n", 250, 1, 3, "I", {1, 2}},
        {"Phone timestamp;sensor timestamp [ns];timestamp [ms];II "
         "[uV]\n2021-03-01T10:20:30.100;599616000000000000;0.0;1000\n"
         "2021-03-01T10:20:30.100;599616000007692288;7.692288;2000\n"
         "2021-03-01T10:20:30.100;599616000015384576;15.384576;3000\n",
         130,
         1,
         3,
         "II",
         {1, 2}},
        {"elapsed_time,I\n00:00:59.998,1\n00:01:00.000,2\n00:01:00.002,3\n", 500, 1, 3, "I", {1, 2}},
        {"datetime,I\n2020-12-31T23:59:59.996Z,1\n2021-01-01T00:00:00.000Z,2\n2021-01-01T00:00:00.004Z,3\n",
         250,
         1,
         3,
         "I",
         {1, 2}},
        {"Date,Clock,I\n2020-02-28,23:59:59.99,1\n2020-02-29,00:00:00.00,2\n2020-02-29,00:00:00.01,3\n",
         100,
         1,
         3,
         "I",
         {1, 2}},
        {"when,I\n2020-02-28 23:59:59.990 +0100,1\n2020-02-29 00:00:00.000 +0100,2\n", 100, 1, 2, "I", {1, 2}},
        {"Uhrzeit;I\n10:00:00,000;1\n10:00:00,004;2\n", 250, 1, 2, "I", {1, 2}},
        {"# fs: 200\nindex,sample number,nSeq,I\n0,0,0,1\n1,1,1,2\n", 200, 1, 2, "I", {1, 2}},
        {"t_ns,I\n0,1\n2000000,2\n4000000,3\n", 500, 1, 3, "I", {1, 2}},
        {"timestamp,I\n1580908480123000000,1\n1580908480127000000,2\n1580908480131000000,3\n", 250, 1, 3, "I", {1, 2}},
        {"00_label,time,I,II\nN,0,1,2\nN,0.004,2,3\n", 250, 2, 2, "I", {1, 2}},
    };
    READS("x.csv", cases);
}

static void a_lone_letter_is_a_unit_behind_a_lead_or_a_time(void **state) {
    (void)state;
    lw_record *r = lwt_record("x.csv", "t_s,I_V,signal_V,lead V\n0,0.001,2,3\n0.004,0.002,3,4\n", NULL, 0);
    assert_true(lw_record_rate_hz(r) == 250);
    assert_int_equal(lw_record_lead_count(r), 3);
    lwt_assert_close(lwt_sample_mv(r, 0, 1), 2.0, 0, 1e-12);
    assert_string_equal(lw_record_lead(r, 1)->name, "signal_V");
    assert_true(lwt_sample_mv(r, 1, 0) == 2 && lwt_sample_mv(r, 2, 0) == 3);
    lw_record_free(&r);
}

static void times_of_fewer_digits_than_the_rate_needs_are_refused(void **state) {
    (void)state;
    lwt_parse_fails("x.csv", "time,I\n0.00,1\n0.01,1\n0.02,1\n0.02,1\n0.03,1\n0.04,1\n", NULL, 0, LW_ERR_RATE,
                    "times have too few digits"); /* 125 Hz, each within half a step of where it is due */
}

static void samples_may_be_missing_at_both_ends_of_a_first_line(void **state) {
    (void)state;
    static const char separators[] = ",;\t";
    for (size_t i = 0; separators[i]; i++)
        for (int last = 0; last < 2; last++) {
            char text[64];
            const char c = separators[i];
            snprintf(text, sizeof text, "# fs: 100\nI%cII\n%s%c%s\n2%c3\n", c, last ? "1" : "", c, last ? "" : "1", c);
            lw_record *r = lwt_record("x.csv", text, NULL, 0);
            assert_int_equal(lw_record_lead_count(r), 2);
            assert_true(lwt_sample_mv(r, last ? 0 : 1, 0) == 1 && isnan(lwt_sample_mv(r, last ? 1 : 0, 0)));
            assert_true(lwt_sample_mv(r, 0, 1) == 2 && lwt_sample_mv(r, 1, 1) == 3);
            lw_record_free(&r);
        }
}

static void columns_of_words_are_passed_over_with_a_warning(void **state) {
    (void)state;
    lw_record *r =
        lwt_record("x.csv", "time,I,event,II,who\n0,1,,3,ann\n0.004,2,,4,ann\n0.008,3,paced,5,ann\n", NULL, 0);
    assert_int_equal(lw_record_lead_count(r), 2);
    assert_true(lwt_sample_mv(r, 1, 2) == 5);
    assert_true(lwt_warned(r, "x.csv:1: column 'event' holds words, expected numbers; it is passed over"));
    assert_true(lwt_warned(r, "column 'who' holds words"));
    assert_int_equal(lw_record_warning_count(r), 2);
    lw_record_free(&r);
}

/** `text` in UTF-16 behind its mark, in either order of bytes. */
static size_t to_utf16(const char *text, bool high_first, char *out) {
    size_t length = 0;
    const unsigned mark = 0xFEFF;
    for (size_t i = 0; i <= strlen(text); i++) {
        unsigned unit = i == 0 ? mark : (unsigned char)text[i - 1];
        if (unit == '$')
            unit = 0xB5; /* the micro sign */
        out[length++] = (char)(high_first ? unit >> 8 : unit & 0xFF);
        out[length++] = (char)(high_first ? unit & 0xFF : unit >> 8);
    }
    return length;
}

static void utf16_is_read_in_both_orders(void **state) {
    (void)state;
    for (int high_first = 0; high_first < 2; high_first++) {
        char text[256];
        lw_record *r = NULL;
        lw_error err;
        lw_record_file file = {"x.csv", text, 0};
        file.length = to_utf16("Time [s];I [$V]\r\n0,000;500\r\n0,004;1000\r\n", high_first, text);
        lwt_assert_ok(lw_record_parse(&file, 1, NULL, &r, &err), &err);
        assert_true(lw_record_rate_hz(r) == 250);
        assert_string_equal(lw_record_lead(r, 0)->unit, "\xC2\xB5V");
        lwt_assert_close(lwt_sample_mv(r, 0, 1), 1.0, 0, 1e-12);
        lw_record_free(&r);
        file.length = 3; /* half a character */
        lwt_assert_fails(lw_record_parse(&file, 1, NULL, &r, &err), LW_ERR_FORMAT, &err, "no lines of samples");
    }
}

static void characters_of_two_units_are_joined(void **state) {
    (void)state;
    static const char text[] = "\xFE\xFF\x00#\x00r\x00"
                               "a\x00t\x00"
                               "e\x00:\x00"
                               "1\x00"
                               "0\x00"
                               "0\x00\n"
                               "\xD8\x3D\xDE\x00\x00,\xDE\x00\x00,\x00I\x00\n\x00"
                               "1\x00,\x00"
                               "2\x00,\x00"
                               "3\x00\n";
    const lw_record_file file = {"x.csv", text, sizeof text - 1};
    lw_record *r = NULL;
    lw_error err;
    lwt_assert_ok(lw_record_parse(&file, 1, NULL, &r, &err), &err);
    assert_string_equal(lw_record_lead(r, 0)->name, "\xF0\x9F\x98\x80"); /* U+1F600 */
    assert_string_equal(lw_record_lead(r, 1)->name, "\xEF\xBF\xBD");     /* half of a pair */
    lw_record_free(&r);
}

static void uneven_times_are_refused_unless_the_caller_gives_the_rate(void **state) {
    (void)state;
    static const struct {
        const char *times[8], *part;
    } cases[] = {
        {{"0.000", "0.000", "0.000", "0.000", "0.016", "0.016", "0.016", "0.016"},
         "x.csv:3: time '0.000', expected about 0.002: one time stands for several samples"},
        {{"0.00", "0.01", "0.02", "0.02", "0.03", "0.04", "0.05", "0.06"}, "times have too few digits"},
        {{"0.001", "0.007", "0.020", "0.025", "0.030", "0.043", "0.057", "0.060"}, "samples are not evenly spaced"},
        {{"0.000", "0.004", "0.008", "0.012", "0.052", "0.056", "0.060", "0.064"},
         "x.csv:6: time '0.052', expected about 0.016: there is a gap before it"},
        {{"0.000", "0.004", "0.008", "0.012", "0.004", "0.008", "0.012", "0.016"},
         "x.csv:6: time '0.004', expected about 0.016: times do not rise"},
        {{"0", "0", "0", "0", "0", "0", "0", "0"}, "x.csv:3: time '0'"},
        {{"0", "1", "2", "3", "4", "5", "6", "7"},
         "x.csv:1: the time column gives no rate"}, /* rows, or milliseconds */
        {{"0", "4", "later", "12", "16", "20", "24", "28"}, "x.csv:4: time 'later'"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        char text[256] = "time,I\n";
        lw_record *r;
        lw_error err;
        for (size_t t = 0; t < 8; t++) {
            strcat(text, cases[i].times[t]);
            strcat(text, ",1\n");
        }
        lwt_parse_fails("x.csv", text, NULL, 0, LW_ERR_RATE, cases[i].part);
        const lw_record_options options = {.size = sizeof options, .rate_hz = 250};
        lwt_assert_ok(lwt_parse("x.csv", text, NULL, 0, &options, &r, &err), &err);
        assert_true(lw_record_rate_hz(r) == 250);
        assert_true(lwt_warned(r, "the stated rate counts"));
        lw_record_free(&r);
    }
    lw_record *r;
    lw_error err;
    const lw_record_options options = {.size = sizeof options, .rate_hz = 500};
    lwt_assert_ok(lwt_parse("x.csv", "time,I\n0,1\n0.004,2\n0.008,3\n", NULL, 0, &options, &r, &err), &err);
    assert_true(lw_record_rate_hz(r) == 250); /* good times win, and both rates are named */
    assert_true(lwt_warned(r, "x.csv:1: the times give 250 Hz, expected 500 Hz as stated; the times count"));
    lw_record_free(&r);
}

static void numbers_without_names_are_no_leads(void **state) {
    (void)state;
    static const char *const text =
        "# OpenX\n# {\"label\": [\"A1\"], \"sampling rate\": 1000, \"n\": 2}\n# End\n0\t0\t512\t\n"
        "1\t0\t511\t\n2\t0\t510\t\n";
    lwt_parse_fails("x.txt", text, NULL, 0, LW_ERR_LEAD_NAME,
                    "x.txt:4: looks like columns of numbers without names, 3");
    lwt_parse_fails("x.csv", "1\n2\n", NULL, 0, LW_ERR_LEAD_NAME,
                    "x.csv:1: looks like columns of numbers without names, 1");
    lw_record *r;
    lw_error err;
    const lw_record_options options = {.size = sizeof options, .lead_names = "3=V2"};
    lwt_assert_ok(lwt_parse("x.txt", text, NULL, 0, &options, &r, &err), &err);
    assert_string_equal(lw_record_lead(r, 2)->name, "V2");
    assert_true(lw_record_rate_hz(r) == 1000);
    assert_true(lwt_sample_mv(r, 2, 1) == 511);
    assert_true(lwt_warned(r, "names that are not understood as leads: column 1, column 2"));
    lw_record_free(&r);
}

static void implausible_amplitudes_of_unstated_units_are_told(void **state) {
    (void)state;
    static const struct {
        const char *text, *unit, *part;
    } cases[] = {
        {"# fs: 500\nI,II\n0,0\n25,900\n", NULL, "lead II swings by 900 mV, expected less than 20"},
        {"# fs: 500\nI,II\n0,0\n25,900\n", "uV", NULL},
        {"# fs: 500\nI (mV),II\n0,0\n900,1\n", NULL, NULL},
        {"# fs: 500\nI,II\n0,0\n0.001,0.0012\n", NULL, "no lead swings by more than 0.0012 mV"},
        {"# fs: 500\nI,II\n0,0\n0.001,0.0012\n", "V", NULL},
        {"# fs: 500\nI,II\n4e-320,4e-320\n4e-320,4e-320\n", NULL, NULL},
        {"# fs: 500, unit: furlongs\nI\n0\n1\n", NULL, "x.csv:2: unit 'furlongs', expected a voltage"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        lw_record *r;
        lw_error err;
        const lw_record_options options = {.size = sizeof options, .unit = cases[i].unit};
        lwt_assert_ok(lwt_parse("x.csv", cases[i].text, NULL, 0, &options, &r, &err), &err);
        assert_int_equal(lw_record_warning_count(r), cases[i].part ? 1 : 0);
        assert_true(!cases[i].part || lwt_warned(r, cases[i].part));
        lw_record_free(&r);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(preambles_of_names_and_values_state_lead_unit_and_rate),
        cmocka_unit_test(tables_of_physiobank_and_kaggle_are_read),
        cmocka_unit_test(separators_and_decimal_commas_of_spreadsheets_are_found),
        cmocka_unit_test(columns_of_times_are_known_by_many_names_and_in_any_place),
        cmocka_unit_test(a_lone_letter_is_a_unit_behind_a_lead_or_a_time),
        cmocka_unit_test(times_of_fewer_digits_than_the_rate_needs_are_refused),
        cmocka_unit_test(samples_may_be_missing_at_both_ends_of_a_first_line),
        cmocka_unit_test(columns_of_words_are_passed_over_with_a_warning),
        cmocka_unit_test(utf16_is_read_in_both_orders),
        cmocka_unit_test(characters_of_two_units_are_joined),
        cmocka_unit_test(uneven_times_are_refused_unless_the_caller_gives_the_rate),
        cmocka_unit_test(numbers_without_names_are_no_leads),
        cmocka_unit_test(implausible_amplitudes_of_unstated_units_are_told),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
