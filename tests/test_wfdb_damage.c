/* These tests damage channels that no lead needs in any way, and read headers of many signals. */
#include "record_support.h"

/** Leads I and II of x.dat, and a header's further line. */
static lw_status parse_with(const char *line, const void *other, size_t length, lw_record **out, lw_error *err) {
    char header[512];
    snprintf(header, sizeof header, "x 3 500 4\nx.dat 16 200/mV 16 0 1 16 0 I\nx.dat 16 200/mV 16 0 -2 -20 0 II\n%s\n",
             line);
    const lw_record_file files[] = {{"x.hea", header, strlen(header)},
                                    {"x.dat", lwt_two_signals, sizeof lwt_two_signals},
                                    {"y.dat", other, length}};
    *out = NULL;
    *err = (lw_error){0};
    return lw_record_parse(files, 3, NULL, out, err);
}

static void check_leads(const lw_record *r) {
    for (size_t t = 0; t < 4; t++) {
        assert_true(lwt_sample_mv(r, 0, t) == (double)(2 * t + 1) / 200.0);
        assert_true(lwt_sample_mv(r, 1, t) == -(double)(2 * t + 2) / 200.0);
    }
}

/* The channel stays in its place, so that the numbers of the others do not change, and is missing. */
static void a_damaged_channel_that_is_no_lead_costs_a_warning(void **state) {
    (void)state;
    static const char *const lines[] = {"y.dat 16 nan/degC 16 0 0 0 0 Temp",      "y.dat 16 inf/degC 16 0 0 0 0 Temp",
                                        "y.dat 16 1e300/degC 16 0 0 0 0 Temp",    "y.dat 16 200(/degC 16 0 0 0 0 Temp",
                                        "y.dat 16 /degC 16 0 0 0 0 Temp",         "y.dat 16 200/ 16 0 0 0 0 Temp",
                                        "y.dat 16 200/degC 16 zero 0 0 0 Temp",   "y.dat 17 200/degC 16 0 0 0 0 Temp",
                                        "y.dat sixteen 200/degC 16 0 0 0 0 Temp", "y.dat 16x0 200/degC 16 0 0 0 0 Temp",
                                        "y.dat 0 200/degC 16 0 0 0 0 Temp",       "~ 16 200/degC 16 0 0 0 0 Temp"};
    static const int16_t four[] = {1, 2, 3, 4};
    for (size_t i = 0; i < sizeof lines / sizeof *lines; i++) {
        lw_record *r;
        lw_error err;
        lwt_assert_ok(parse_with(lines[i], four, sizeof four, &r, &err), &err);
        check_leads(r);
        assert_int_equal(lw_record_lead_count(r), 3);
        assert_string_equal(lw_record_lead(r, 2)->name, "Temp");
        assert_int_equal(lw_record_lead(r, 2)->missing_count, 4);
        assert_int_equal(lwt_warning_count(r), 1);
        assert_true(lwt_warned(r, "x.hea:4: ") && lwt_warned(r, "Temp is no lead"));
        lw_record_free(&r);
    }
}

static void a_file_without_leads_may_be_damaged(void **state) {
    (void)state;
    static const struct {
        const char *line;
        size_t bytes;
    } cases[] = {{"y.dat 16 1/degC 16 0 0 0 0 Temp", 6},
                 {"y.dat 16+9 1/degC 16 0 0 0 0 Temp", 8},
                 {"y.dat 516 1/degC 16 0 0 0 0 Temp", 8},
                 {"y.dat 16x2000 1/Pa 16 0 0 0 0 Sound", 8}, /* a million samples a second */
                 {"../y.dat 16 1/degC 16 0 0 0 0 Temp", 0}}; /* but does not lie outside the folder */
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        lw_record *r;
        lw_error err;
        const lw_status status = parse_with(cases[i].line, "12345678", cases[i].bytes, &r, &err);
        if (cases[i].bytes == 0) {
            lwt_assert_fails(status, LW_ERR_FORMAT, &err, "x.hea:4: file '../y.dat'");
            continue;
        }
        lwt_assert_ok(status, &err);
        check_leads(r);
        assert_int_equal(lw_record_lead(r, 2)->missing_count, lw_record_sample_count(r));
        assert_true(lwt_warned(r, "the file holds no lead") || lwt_warned(r, "it is no lead"));
        lw_record_free(&r);
    }
}

/* In a file of its own a channel is left out; among leads its place in the frame must be known. */
static void a_damaged_lead_is_refused(void **state) {
    (void)state;
    static const struct {
        const char *line, *part;
    } cases[] = {
        {"y.dat 16 nan/mV 16 0 0 0 0 V1", "x.hea:4: ADC gain 'nan/mV'"},
        {"y.dat 16 nan/mV 16 0 0 0 0", "x.hea:4: ADC gain 'nan/mV'"}, /* it may be one */
        {"y.dat 16 200/mV 16 zero 0 0 0 V1", "x.hea:4: ADC zero 'zero'"},
        {"y.dat 17 200/mV 16 0 0 0 0 MLII", "x.hea:4: storage format 17"},
        {"x.dat 17 200/degC 16 0 0 0 0 Temp", "x.hea:4: storage format 17"},
        {"x.dat 16x0 200/degC 16 0 0 0 0 Temp", "x.hea:4: storage format '16x0'"},
        {"y.dat 16 200/mV 16 0 0 0 0 V1", "x.hea:4: y.dat holds 2 bytes"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        lw_record *r;
        lw_error err;
        const lw_status status = parse_with(cases[i].line, "12", 2, &r, &err);
        lwt_assert_fails(status, strstr(cases[i].part, "format 17") && i == 3 ? LW_ERR_UNSUPPORTED : LW_ERR_FORMAT,
                         &err, cases[i].part);
    }
    lwt_parse_fails("x.hea", "x 2 500 4\nx.dat 16 nan/degC 16 0 0 0 0 Temp\nx.dat 16 nan/degC 16 0 0 0 0 Other\n",
                    lwt_two_signals, sizeof lwt_two_signals, LW_ERR_FORMAT, "x.hea:2: ADC gain 'nan/degC'");
}

static void a_damaged_channel_among_leads_keeps_its_place_in_the_frame(void **state) {
    (void)state;
    lw_record *r = lwt_record("x.hea", "x 2 500 4\nx.dat 16 nan/degC 16 0 0 0 0 Temp\nx.dat 16 2/mV 16 0 0 0 0 II\n",
                              lwt_two_signals, sizeof lwt_two_signals);
    assert_int_equal(lw_record_lead(r, 0)->missing_count, 4);
    for (size_t t = 0; t < 4; t++)
        assert_true(lwt_sample_mv(r, 1, t) == -(double)(t + 1));
    lw_record_free(&r);
}

enum { MANY = 1024, FRAMES = 5 };

/** A header of `count` signals in one file of format 16; signal s is called as `name` says. */
static lw_status parse_many(int count, void (*name)(int s, char out[16]), lw_record **out, lw_error *err) {
    static char header[MANY * 64];
    static int16_t samples[FRAMES * MANY];
    int length = snprintf(header, sizeof header, "x %d 500 %d\n", count, FRAMES);
    for (int s = 0; s < count; s++) {
        char called[16];
        name(s, called);
        length += snprintf(header + length, sizeof header - (size_t)length, "x.dat 16 1/mV 16 0 %d %d 0 %s\n", s,
                           FRAMES * s % 65536, called);
    }
    for (int i = 0; i < FRAMES * count; i++)
        samples[i] = (int16_t)(i % count);
    return lwt_parse("x.hea", header, samples, sizeof *samples * FRAMES * (size_t)count, NULL, out, err);
}

static void call_some_leads(int s, char out[16]) {
    static const char *const leads[] = {"V1", "II", "I"};
    snprintf(out, 16, "EEG%d", s);
    if (s % 300 == 7 && s < 900)
        snprintf(out, 16, "%s", leads[s / 300]);
}

static void call_none(int s, char out[16]) { snprintf(out, 16, "EEG%d", s); }

static void call_all(int s, char out[16]) {
    (void)s;
    snprintf(out, 16, "V1");
}

static void of_many_signals_those_that_name_leads_are_read(void **state) {
    (void)state;
    lw_record *r;
    lw_error err;
    lwt_assert_ok(parse_many(MANY, call_some_leads, &r, &err), &err);
    static const char *const leads[] = {"V1", "II", "I"};
    assert_int_equal(lw_record_lead_count(r), 3);
    for (size_t l = 0; l < 3; l++) {
        assert_string_equal(lw_record_lead(r, l)->name, leads[l]);
        assert_int_equal(lw_record_lead(r, l)->checksum, LW_CHECKSUM_GOOD);
        for (size_t t = 0; t < FRAMES; t++)
            assert_true(lwt_sample_mv(r, l, t) == (double)(300 * l + 7));
    }
    assert_true(lwt_warned(r, "x.hea:1: 1024 signals, expected at most 64; of those that have the name of a lead 3"));
    lw_record_free(&r);
    lwt_assert_ok(parse_many(65, call_none, &r, &err), &err);
    assert_int_equal(lw_record_lead_count(r), 64);
    assert_true(lwt_warned(r, "none has the name of a lead"));
    assert_true(lwt_sample_mv(r, 63, 1) == 63.0);
    lw_record_free(&r);
    lwt_assert_ok(parse_many(MANY, call_all, &r, &err), &err);
    assert_int_equal(lw_record_lead_count(r), 64);
    lw_record_free(&r);
    lwt_assert_ok(parse_many(64, call_none, &r, &err), &err);
    assert_int_equal(lwt_warning_count(r), 0);
    lw_record_free(&r);
}

static void lines_of_numbers_are_no_header(void **state) {
    (void)state;
    lw_record *r = lwt_record("100", "100 2 500 4\nx.dat 16\nx.dat 16\n", lwt_two_signals, sizeof lwt_two_signals);
    lw_record_free(&r);
    r = lwt_record("x", "\xEF\xBB\xBF# a comment\nx 2 500 4\nx.dat 16\nx.dat 16\n", lwt_two_signals,
                   sizeof lwt_two_signals);
    lw_record_free(&r);
    lw_error err;
    static const char *const texts[] = {"# OpenSignals\n0\t0\t0\t512\n1\t0\t0\t511\n", "1 2 3\n4 5 6\n", "1 2\n"};
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
        assert_int_not_equal(lwt_parse("x.txt", texts[i], NULL, 0, NULL, &r, &err), LW_OK);
        assert_null(strstr(err.message, "signals"));
        assert_null(strstr(err.message, "record line"));
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_damaged_channel_that_is_no_lead_costs_a_warning),
        cmocka_unit_test(a_file_without_leads_may_be_damaged),
        cmocka_unit_test(a_damaged_lead_is_refused),
        cmocka_unit_test(a_damaged_channel_among_leads_keeps_its_place_in_the_frame),
        cmocka_unit_test(of_many_signals_those_that_name_leads_are_read),
        cmocka_unit_test(lines_of_numbers_are_no_header),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
