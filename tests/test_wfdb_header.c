/** @file test_wfdb_header.c: dialects of the WFDB header, and what is odd but can be read. */
#include "record_support.h"

#define TWO_LINES "x.dat 16 200/mV 16 0 1 16 0 I\nx.dat 16 200/mV 16 0 -2 -20 0 II\n"

static lw_record *read_two(const char *header) {
    return lwt_record("x.hea", header, lwt_two_signals, sizeof lwt_two_signals);
}

static void fails(const char *header, lw_status status, const char *part) {
    lwt_parse_fails("x.hea", header, lwt_two_signals, sizeof lwt_two_signals, status, part);
}

static void a_plain_header_is_read(void **state) {
    (void)state;
    lw_record *r = read_two("x 2 500 4\n" TWO_LINES "#Age: 74\n#Sex: Male\n#Dx: 59118001,426783006\n");
    assert_string_equal(lw_record_name(r), "x");
    assert_string_equal(lw_record_format(r), "wfdb");
    assert_int_equal(lw_record_sample_count(r), 4);
    assert_int_equal(lw_record_lead_count(r), 2);
    assert_true(lw_record_rate_hz(r) == 500.0);
    assert_true(lw_record_age_years(r) == 74.0);
    assert_int_equal(lw_record_sex(r), LW_SEX_MALE);
    assert_int_equal(lw_record_code_count(r), 2);
    assert_string_equal(lw_record_code(r, 1), "426783006");
    assert_int_equal(lwt_warning_count(r), 0);
    for (size_t t = 0; t < 4; t++) {
        assert_true(lwt_sample_mv(r, 0, t) == (double)(2 * t + 1) / 200.0);
        assert_true(lwt_sample_mv(r, 1, t) == -(double)(2 * t + 2) / 200.0);
    }
    assert_int_equal(lw_record_lead(r, 1)->checksum, LW_CHECKSUM_GOOD);
    lw_record_free(&r);
    assert_null(r);
}

static void age_sex_and_diagnoses_are_read_in_every_dialect(void **state) {
    (void)state;
    static const struct {
        const char *comments;
        double age;
        lw_sex sex;
        const char *codes; /* joined by blanks */
        size_t warnings;
    } cases[] = {
        {"# Age: 78\n# Sex: Female\n# Dx: 59118001,426783006\n", 78, LW_SEX_FEMALE, "59118001 426783006 ", 0},
        {"#<age>: 79\n#<sex>: F\n#<diagnoses>:\n#Rhythm: Sinus rhythm.\n", 79, LW_SEX_FEMALE, "", 0},
        {"# age: 81\n# sex: m\n", 81, LW_SEX_MALE, "", 0},
        {"#Age: NaN\n#Sex: Unknown\n#Dx: Unknown\n", NAN, LW_SEX_UNKNOWN, "", 0},
        {"#Dx: 59118001,\n", NAN, LW_SEX_UNKNOWN, "59118001 ", 0},
        {"#Dx: 59118001,,426783006\n", NAN, LW_SEX_UNKNOWN, "59118001 426783006 ", 0},
        {"#Dx:\n", NAN, LW_SEX_UNKNOWN, "", 0},
        {"#Dx: 59118001, 426783006 ,59118001\n", NAN, LW_SEX_UNKNOWN, "59118001 426783006 ", 1},
        {"#Dx: 59118001\r\n#Dx: 67741000119109\r\n", NAN, LW_SEX_UNKNOWN, "59118001 67741000119109 ", 0},
        {"#Dx: 426783006.0,4.26783E+08,0426783006,59118001\n", NAN, LW_SEX_UNKNOWN, "59118001 ", 3},
        {"#Dx: AF, SNOMED:426783006, sinus rhythm\n", NAN, LW_SEX_UNKNOWN, "", 3},
        {"#Dx: 426783000\n#Dx: 426,783,006\n", NAN, LW_SEX_UNKNOWN, "426783000 426 783 ", 4},
        {"#Age: 300\n#Sex: X\n", NAN, LW_SEX_UNKNOWN, "", 2},
        {"#Age: -1\n", NAN, LW_SEX_UNKNOWN, "", 1},
        {"# 69 M 1085 1629 x1\n#\n##\n", 69, LW_SEX_MALE, "", 0},
        {"#<age>: 60 <sex>: F <Dx>: 59118001, 426783006\n", 60, LW_SEX_FEMALE, "59118001 426783006 ", 0},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        char header[512], codes[256] = "";
        snprintf(header, sizeof header, "x 2 500 4\n" TWO_LINES "%s", cases[i].comments);
        lw_record *r = read_two(header);
        lwt_assert_close(lw_record_age_years(r), cases[i].age, 0, 0);
        assert_int_equal(lw_record_sex(r), cases[i].sex);
        for (size_t c = 0; c < lw_record_code_count(r); c++) {
            strcat(codes, lw_record_code(r, c));
            strcat(codes, " ");
        }
        assert_string_equal(codes, cases[i].codes);
        assert_int_equal(lwt_warning_count(r), cases[i].warnings);
        lw_record_free(&r);
    }
}

static void the_record_line_is_read(void **state) {
    (void)state;
    static const struct {
        const char *line;
        double rate_hz;
        size_t warnings;
    } cases[] = {
        {"x 2 500 4 12-May-2020 12:33:59", 500, 0},
        {"x 2 500 4 12:33:59 12/05/2020", 500, 0},
        {"x 2 500 4 8:26:04.25", 500, 0},
        {"x.mat 2 500 4", 500, 0},
        {"x 2 360/4.5(0) 4", 360, 0},
        {"x 2 500", 500, 0},
        {"x 2 500 0", 500, 0},
        {"x 2 257.5 4", 257.5, 0},
        {"x 2", 250, 1},
        {"x 2 500 4 yesterday", 500, 1},
        {"x 2 500 4 12-Foo-2020", 500, 1},
        {"x 2 500 4 12:33:59 1:2:3", 500, 1},
        {"y 2 500 4", 500, 1},
        {"\xEF\xBB\xBFx\t2  500\t4\r", 500, 0},
        {"# unnecessary comment\n\n \nx 2 500 4", 500, 0},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        char header[512];
        snprintf(header, sizeof header, "%s\nx.dat 16 200/mV 16 0 1 16 0 I\n\n# between\nx.dat 16\n", cases[i].line);
        lw_record *r = read_two(header);
        assert_true(lw_record_rate_hz(r) == cases[i].rate_hz);
        assert_int_equal(lw_record_sample_count(r), 4);
        assert_int_equal(lwt_warning_count(r), cases[i].warnings);
        assert_int_equal(lw_record_lead(r, 1)->checksum, LW_CHECKSUM_ABSENT);
        assert_string_equal(lw_record_lead(r, 1)->name, "signal 2");
        lw_record_free(&r);
    }
}

/* The first sample of signal 1 is 1: mv = (1 - baseline) / gain in mV. */
static void gain_baseline_and_unit_are_read(void **state) {
    (void)state;
    static const struct {
        const char *words; /* format, gain, ADC resolution, ADC zero */
        double mv;
        const char *unit;
        bool voltage;
        size_t warnings;
    } cases[] = {
        {"16", 1.0 / 200, "mV", true, 0},
        {"16 1000/mV", 1.0 / 1000, "mV", true, 0},
        {"16 1000/mv", 1.0 / 1000, "mv", true, 0},
        {"16x1 1000.0(0)/mV 16 7", 1.0 / 1000, "mV", true, 0},
        {"16 1000 16 7", -6.0 / 1000, "mV", true, 0},
        {"16 100(-11)/uV 16 7", 12.0 / 100 / 1000, "uV", true, 0},
        {"16 100/\xC2\xB5V", 1.0 / 100 / 1000, "\xC2\xB5V", true, 0},
        {"16 100/V", 1.0 / 100 * 1000, "V", true, 0},
        {"16 1.25e+01(-1600)/mmHg", 1601.0 / 12.5, "mmHg", false, 0},
        {"16 0/mV", 1.0 / 200, "mV", true, 1},
        {"16 -0/mV", 1.0 / 200, "mV", true, 1},
        {"16 -1000/mV", -1.0 / 1000, "mV", true, 0},
        {"16 -0.5(3)/uV", 4.0 / 1000, "uV", true, 0},
        {"16 -19.3447902992(3064)/degC", 3063 / 19.3447902992, "degC", false, 0},
        {"16 1e-9/uV", 1e6, "uV", true, 0},
        {"16 -1e-20/mV", -1e20, "mV", true, 0},
        {"16 1e20/V", 1e-17, "V", true, 0},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        char header[256];
        snprintf(header, sizeof header, "x 2 500 4\nx.dat %s\nx.dat 16\n", cases[i].words);
        lw_record *r = read_two(header);
        lwt_assert_close(lwt_sample_mv(r, 0, 0), cases[i].mv, 0, 1e-14);
        assert_string_equal(lw_record_lead(r, 0)->unit, cases[i].unit);
        assert_int_equal(lw_record_lead(r, 0)->voltage, cases[i].voltage);
        assert_int_equal(lw_record_lead(r, 0)->flat, fabs(lwt_sample_mv(r, 0, 3) - lwt_sample_mv(r, 0, 0)) < 1e-6);
        assert_int_equal(lwt_warning_count(r), cases[i].warnings);
        lw_record_free(&r);
    }
}

static void a_warning_is_an_error_where_reading_is_strict(void **state) {
    (void)state;
    static const struct {
        const char *header;
        const char *part;
    } cases[] = {
        {"x 2 500 4\nx.dat 16 200 16 0 1 17 0 I\nx.dat 16 200 16 0 -2 -20 0 II\n", "x.hea:2: the samples add up to 16"},
        {"x 2 500 4\nx.dat 16 200 16 0 5 16 0 I\nx.dat 16 200 16 0 -2 -20 0 II\n", "x.hea:2: the first sample is 1"},
        {"x 2 500 4 32.13.2020\n" TWO_LINES, "x.hea:1: text behind the number of samples"},
        {"x 2 500 4\n" TWO_LINES "#Dx: 59118001,59118001\n", "x.hea:4: diagnosis 59118001"},
        {"x 2 500 4\nx.dat 16 200 16 0 1 16 0 ii\nx.dat 16 200 16 0 -2 -20 0 MLII\n", "lead 2 is called II"},
        {"x 2 500 4\nx.dat 16 0/mV 16 0 1 16 0 I\nx.dat 16 200 16 0 -2 -20 0 II\n", "x.hea:2: ADC gain is zero"},
        {"x 2 500 4\nx.dat 16 200 a 0 b c d I\nx.dat 16 200 16 0 -2 -20 0 II\n", "x.hea:2: ADC resolution 'a'"},
        {"x 2 500 4\n" TWO_LINES "one more\n", "x.hea:4: a line after the last signal"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        lw_record *r = read_two(cases[i].header);
        assert_true(lwt_warned(r, cases[i].part));
        lw_record_free(&r);
        lw_record_options strict = {.size = sizeof strict, .strict = true};
        lw_error err;
        lwt_assert_fails(
            lwt_parse("x.hea", cases[i].header, lwt_two_signals, sizeof lwt_two_signals, &strict, &r, &err),
            LW_ERR_STRICT, &err, cases[i].part);
    }
    lw_record *r = read_two("x 2 500 4\nx.dat 16 200 16 0 1 65552 0 I\nx.dat 16 200 16 0 -2 65516 0 II\n");
    assert_int_equal(lwt_warning_count(r), 0); /* checksums modulo 2^16, signed or not */
    assert_int_equal(lw_record_lead(r, 1)->checksum, LW_CHECKSUM_GOOD);
    lw_record_free(&r);
    r = read_two("x 2 500 4\nx.dat 16 200 16 0 1 17 0 I\nx.dat 16 200 16 0 -2 -20 0 II\n");
    assert_int_equal(lw_record_lead(r, 0)->checksum, LW_CHECKSUM_WRONG);
    lw_record_free(&r);
}

static void broken_headers_are_refused_with_their_line(void **state) {
    (void)state;
    static const struct {
        const char *header;
        lw_status status;
        const char *part;
    } cases[] = {
        {"", LW_ERR_FORMAT, "x.hea:0: the header ends without a record line"},
        {"# only\n#comments\n", LW_ERR_FORMAT, "x.hea:2: the header ends without a record line"},
        {"x\n", LW_ERR_FORMAT, "x.hea:1: number of signals ''"},
        {"x two 500 4\n", LW_ERR_FORMAT, "x.hea:1: number of signals 'two'"},
        {"x 0 500 4\n", LW_ERR_FORMAT, "x.hea:1: number of signals '0', expected 1 to 1024"},
        {"x 1025 500 4\n", LW_ERR_FORMAT, "number of signals '1025'"},
        {"x -1 500 4\n", LW_ERR_FORMAT, "number of signals '-1'"},
        {"x 99999999999999999999 500 4\n", LW_ERR_FORMAT, "number of signals"},
        {"x 2 fast 4\n" TWO_LINES, LW_ERR_FORMAT, "x.hea:1: sampling frequency 'fast'"},
        {"x 2 0 4\n" TWO_LINES, LW_ERR_FORMAT, "sampling frequency '0'"},
        {"x 2 -500 4\n" TWO_LINES, LW_ERR_FORMAT, "sampling frequency '-500'"},
        {"x 2 nan 4\n" TWO_LINES, LW_ERR_FORMAT, "sampling frequency 'nan'"},
        {"x 2 inf 4\n" TWO_LINES, LW_ERR_FORMAT, "sampling frequency 'inf'"},
        {"x 2 49.9 4\n" TWO_LINES, LW_ERR_FORMAT, "x.hea:1: sampling rate 49.9 Hz, expected 50 to 20000"},
        {"x 2 20001 4\n" TWO_LINES, LW_ERR_FORMAT, "sampling rate 20001 Hz"},
        {"x 2 500 many\n" TWO_LINES, LW_ERR_FORMAT, "x.hea:1: number of samples 'many'"},
        {"x 2 500 -4\n" TWO_LINES, LW_ERR_FORMAT, "number of samples '-4'"},
        {"x 2 500 5\n" TWO_LINES, LW_ERR_FORMAT,
         "x.hea:2: x.dat holds 16 bytes, expected 20 for 5 samples of 2 signals"},
        {"x 2 500 99999999\n" TWO_LINES, LW_ERR_FORMAT, "holds 16 bytes, expected 399999996"},
        {"x 2 500 999999999999\n" TWO_LINES, LW_ERR_FORMAT, "expected at most"},
        {"x 2 500 9223372036854775807\n" TWO_LINES, LW_ERR_FORMAT, "expected at most"},
        {"x 2 500 4\nx.dat 16 200/mV 16 0 1 16 0 I\n", LW_ERR_FORMAT,
         "x.hea:2: the header ends after 1 signal lines, expected 2"},
        {"x 1 500 4\nx.dat\n", LW_ERR_FORMAT, "x.hea:2: a signal line of one word"},
        {"x 1 500 4\nx.dat sixteen\n", LW_ERR_FORMAT, "x.hea:2: storage format 'sixteen'"},
        {"x 1 500 4\nx.dat 16*3\n", LW_ERR_FORMAT, "storage format '16*3'"},
        {"x 1 500 4\nx.dat 16x0\n", LW_ERR_FORMAT, "storage format '16x0'"},
        {"x 1 500 4\nx.dat 16x99999\n", LW_ERR_FORMAT, "storage format '16x99999'"},
        {"x 1 500 4\nx.dat 16+\n", LW_ERR_FORMAT, "storage format '16+'"},
        {"x 1 500 4\nx.dat 17\n", LW_ERR_UNSUPPORTED, "x.hea:2: storage format 17, expected 8, 16"},
        {"x 1 500 4\nx.dat 0\n", LW_ERR_FORMAT, "format 0"},
        {"x 1 500 4\n~ 16\n", LW_ERR_FORMAT, "null file"},
        {"x 1 500 4\nx.dat 16+17\n", LW_ERR_FORMAT, "x.hea:2: byte offset 17, expected at most the 16 bytes of x.dat"},
        {"x 1 500 1\nx.dat 16+16\n", LW_ERR_FORMAT, "x.hea:2: x.dat holds 16 bytes, expected 18"},
        {"x 1 500 4\nx.dat 16+4611686018427387903\n", LW_ERR_FORMAT, "byte offset 4611686018427387903"},
        {"x 1 500 4\nx.dat 16 nan/mV\n", LW_ERR_FORMAT, "x.hea:2: ADC gain 'nan/mV'"},
        {"x 1 500 4\nx.dat 16 inf/mV\n", LW_ERR_FORMAT, "ADC gain 'inf/mV'"},
        {"x 1 500 4\nx.dat 16 1e-300/mV\n", LW_ERR_FORMAT, "ADC gain 1e-300"},
        {"x 1 500 4\nx.dat 16 1e300/mV\n", LW_ERR_FORMAT, "ADC gain 1e+300"},
        {"x 1 500 4\nx.dat 16 -1e300/mV\n", LW_ERR_FORMAT, "ADC gain -1e+300"},
        {"x 1 500 4\nx.dat 16 -inf/mV\n", LW_ERR_FORMAT, "ADC gain '-inf/mV'"},
        {"x 1 500 4\nx.dat 16 200(/mV\n", LW_ERR_FORMAT, "ADC gain '200(/mV'"},
        {"x 1 500 4\nx.dat 16 200(0)mV\n", LW_ERR_FORMAT, "ADC gain '200(0)mV'"},
        {"x 1 500 4\nx.dat 16 200/\n", LW_ERR_FORMAT, "ADC gain '200/'"},
        {"x 1 500 4\nx.dat 16 200/mV 16 zero\n", LW_ERR_FORMAT, "x.hea:2: ADC zero 'zero'"},
        {"x 2 500 2\nx.dat 16\nx.dat 212\n", LW_ERR_FORMAT, "x.hea:3: format 212, expected 16"},
        {"x 2 500 2\nx.dat 16+4\nx.dat 16+8\n", LW_ERR_FORMAT, "x.hea:3: byte offset 8, expected 4"},
        {"x 3 500 2\nx.dat 16\n~ 0\nx.dat 16\n", LW_ERR_FORMAT, "x.hea:4: file x.dat again"},
        {"x 1 500 4\ny.dat 16\n", LW_ERR_IO, "x.hea:2: y.dat: not among the files given"},
        {"x 1 500 4\n../x.dat 16\n", LW_ERR_FORMAT, "x.hea:2: file '../x.dat', expected a name below"},
        {"x 1 500 4\n/etc/passwd 16\n", LW_ERR_FORMAT, "x.hea:2: file '/etc/passwd'"},
        {"x 1 500 4\na/../../x.dat 16\n", LW_ERR_FORMAT, "expected a name below"},
        {"x 1 500 4\n- 16\n", LW_ERR_IO, "x.hea:2: -: not among the files"},
        {"x 64 500 9999999\n~ 0\n~ 0\n", LW_ERR_FORMAT, "x.hea:3: the header ends"},
        {"x 1 500 134217729\n~ 0\n", LW_ERR_FORMAT, "x.hea:1: 134217729 samples of 1 leads"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        fails(cases[i].header, cases[i].status, cases[i].part);
}

static void too_many_signals_are_refused(void **state) {
    (void)state;
    static char header[1 << 17];
    size_t length = (size_t)snprintf(header, sizeof header, "x 2 500 4\n" TWO_LINES "#Dx: 0");
    for (int i = 1; i < 257; i++)
        length += (size_t)snprintf(header + length, sizeof header - length, ",%d", i);
    fails(header, LW_ERR_FORMAT, "x.hea:4: more diagnoses than the 256");
    length = (size_t)snprintf(header, sizeof header, "x 2 500 4\n" TWO_LINES);
    for (int i = 0; i < 1000; i++)
        length += (size_t)snprintf(header + length, sizeof header - length, "#Sex: %d\n", i);
    lw_record *r = read_two(header);
    assert_in_range(lwt_warning_count(r), 1, 100);
    lw_record_free(&r);
}

static void one_sample_is_read_and_none_is_refused(void **state) {
    (void)state;
    lwt_parse_fails("x.hea", "x 1 500 0\nx.dat 16\n", "", 0, LW_ERR_TOO_SHORT,
                    "x.hea:1: the recording holds no samples");
    lwt_parse_fails("x.hea", "x 1 500\nx.dat 16\n", "1", 1, LW_ERR_TOO_SHORT, "no samples");
    lw_record *r = lwt_record("x.hea", "x 1 500 1\nx.dat 16\n", "\1\0", 2);
    assert_int_equal(lw_record_sample_count(r), 1);
    assert_true(lw_record_lead(r, 0)->flat);
    lw_record_free(&r);
}

static void a_signal_without_a_file_is_missing(void **state) {
    (void)state;
    lw_record *r = read_two("x 3 500 4\nx.dat 16\nx.dat 16\n~ 0 200/mV 16 0 0 0 0 V1\n");
    assert_int_equal(lw_record_lead(r, 2)->missing_count, 4);
    assert_false(lw_record_lead(r, 2)->flat);
    assert_true(isnan(lwt_sample_mv(r, 2, 3)));
    assert_true(lwt_sample_mv(r, 1, 3) == -8.0 / 200);
    lw_record_free(&r);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_plain_header_is_read),
        cmocka_unit_test(age_sex_and_diagnoses_are_read_in_every_dialect),
        cmocka_unit_test(the_record_line_is_read),
        cmocka_unit_test(gain_baseline_and_unit_are_read),
        cmocka_unit_test(a_warning_is_an_error_where_reading_is_strict),
        cmocka_unit_test(broken_headers_are_refused_with_their_line),
        cmocka_unit_test(too_many_signals_are_refused),
        cmocka_unit_test(one_sample_is_read_and_none_is_refused),
        cmocka_unit_test(a_signal_without_a_file_is_missing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
