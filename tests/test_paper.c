/* These tests check ECG paper: lengths against the definition (25 mm/s, 10 mm/mV), leads, gaps, and well-formed SVG. */
#include "support.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "leadwise/report.h"
#include "markup.h"
#include "record/record_internal.h"
#include "report/paper.h"

static const char *const twelve[] = {"I",  "II", "III", "aVR", "aVL", "aVF", "V1", "V2",
                                     "V3", "V4", "V5",  "V6",  "X",   "Y",   "Z"};

/* A recording of the first `leads` of twelve[]; each lead constant at 0 mV. */
static lw_record *make_record(const char *name, size_t leads, double rate_hz, double duration_s) {
    lw_record *record = lw_record_new(name, leads, (size_t)(rate_hz * duration_s), rate_hz);
    assert_non_null(record);
    for (size_t i = 0; i < leads; i++)
        assert_true(lw_record_set_lead(record, i, twelve[i], "mV", 1000, 0));
    return record;
}

static char *draw(const lw_record *record, const lw_paper_options *options) {
    char *svg = NULL;
    lw_error err = {0};
    lwt_assert_ok(lw_paper_svg(record, options, &svg, &err), &err);
    assert_true(lwt_is_well_formed(svg));
    return svg;
}

static size_t occurrences(const char *text, const char *part) {
    size_t count = 0;
    for (const char *at = strstr(text, part); at; at = strstr(at + 1, part))
        count++;
    return count;
}

/* Follows path data of absolute M and relative l: the highest and lowest y, the last x, and how many pieces. */
typedef struct extent {
    double lowest_y, highest_y, first_x, last_x;
    size_t pieces, points;
} extent;

static extent follow(const char *path) {
    extent seen = {.lowest_y = INFINITY, .highest_y = -INFINITY, .first_x = NAN};
    double x = 0, y = 0;
    while (*path == 'M' || *path == 'l') {
        bool absolute = *path == 'M';
        char *rest;
        double dx = strtod(path + 1, &rest), dy = strtod(rest, &rest);
        x = absolute ? dx : x + dx;
        y = absolute ? dy : y + dy;
        if (isnan(seen.first_x))
            seen.first_x = x;
        seen.lowest_y = fmin(seen.lowest_y, y);
        seen.highest_y = fmax(seen.highest_y, y);
        seen.last_x = x;
        seen.pieces += absolute;
        seen.points++;
        path = rest;
    }
    assert_int_equal(*path, '\0');
    return seen;
}

static extent curve_of(const lw_record *record, const lw_paper_options *options, size_t strip, lw_paper *paper) {
    lw_error err = {0};
    lw_text text = {0};
    lwt_assert_ok(lw_paper_arrange(record, options, paper, &err), &err);
    lw_paper_curve(&text, record, paper, &paper->strip[strip]);
    assert_false(text.failed);
    extent seen = follow(text.data ? text.data : "");
    lw_text_free(&text);
    return seen;
}

static void twelve_leads_make_three_rows_and_a_strip(void **state) {
    (void)state;
    lw_record *record = make_record("R<1>&", 12, 500, 10);
    lw_record_set_age(record, 67);
    lw_record_set_sex(record, LW_SEX_FEMALE);
    char *svg = draw(record, NULL);
    assert_non_null(strstr(svg, "width=\"270mm\" height=\"145mm\" viewBox=\"0 0 270 145\""));
    assert_non_null(strstr(svg, "25 mm/s 10 mm/mV"));
    assert_non_null(strstr(svg, ">R&lt;1&gt;&amp;</text>"));
    assert_non_null(strstr(svg, ">67 years, female</text>"));
    assert_int_equal(occurrences(svg, "class=\"lead\""), 13);
    assert_int_equal(occurrences(svg, ">II</text>"), 2);
    assert_int_equal(occurrences(svg, "v-10h5v10"), 4); /* pulses: 1 mV high, 200 ms wide */
    lw_string_free(&svg);
    lw_record_free(&record);
}

static void a_millivolt_is_ten_millimetres(void **state) {
    (void)state;
    lw_record *record = make_record("R", 12, 500, 10);
    lw_record_signal_mutable(record, 1)[2500] = 1.5; /* II after 5 s, on the rhythm strip only */
    lw_paper paper;
    extent seen = curve_of(record, &(lw_paper_options){.size = sizeof(lw_paper_options)}, 12, &paper);
    const lw_paper_strip *strip = &paper.strip[12];
    lwt_assert_close(seen.lowest_y, 100 * (strip->baseline_mm - 15), 0.51, 0);
    lwt_assert_close(seen.highest_y, 100 * strip->baseline_mm, 0.51, 0);
    lwt_assert_close(seen.last_x - seen.first_x, 100 * 25 * (4999.0 / 500), 12.5, 0); /* 1/8 mm: a drawn point */
    lwt_assert_close(strip->width_mm, 250, 1e-12, 0);
    seen = curve_of(record, &(lw_paper_options){.size = sizeof(lw_paper_options), .speed_mm_s = 50, .gain_mm_mv = 5},
                    12, &paper);
    lwt_assert_close(seen.lowest_y, 100 * (paper.strip[12].baseline_mm - 7.5), 0.51, 0);
    lwt_assert_close(paper.strip[12].width_mm, 500, 1e-12, 0);
    lw_record_free(&record);
}

static void columns_follow_each_other_in_time(void **state) {
    (void)state;
    lw_record *record = make_record("R", 12, 100, 10);
    lw_record_signal_mutable(record, 6)[510] = 1; /* V1, third column: 5.0 to 7.5 s */
    lw_record_signal_mutable(record, 6)[100] = 1; /* not shown */
    lw_paper paper;
    extent seen = curve_of(record, &(lw_paper_options){.size = sizeof(lw_paper_options)}, 2, &paper);
    assert_string_equal(paper.strip[2].lead, "V1");
    lwt_assert_close(paper.strip[2].start_s, 5, 1e-12, 0);
    lwt_assert_close(seen.lowest_y, 100 * (paper.strip[2].baseline_mm - 10), 0.51, 0);
    assert_int_equal(seen.points, 250);
    lw_record_free(&record);
}

static void limb_leads_are_derived(void **state) {
    (void)state;
    lw_record *record = lw_record_new("R", 8, 1000, 100);
    const char *const names[] = {"I", "II", "V1", "V2", "V3", "V4", "V5", "V6"};
    for (size_t i = 0; i < 8; i++)
        assert_true(lw_record_set_lead(record, i, names[i], "mV", 1, 0));
    lw_record_signal_mutable(record, 0)[7] = 0.8;
    lw_record_signal_mutable(record, 1)[7] = 0.6;
    static const struct {
        const char *name;
        double expected;
    } cases[] = {{"III", -0.2}, {"aVR", -0.7}, {"aVL", 0.5}, {"aVF", 0.2}, {"I", 0.8}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        const lw_lead_source source = lw_lead_find_source(record, cases[i].name);
        double value = NAN;
        assert_int_equal(lw_lead_source_copy(record, &source, 7, 1, &value), 1);
        lwt_assert_close(value, cases[i].expected, 1e-12, 0);
    }
    assert_int_equal(lw_lead_find_source(record, "V7").count, 0);
    char *svg = draw(record, NULL);
    assert_int_equal(occurrences(svg, "class=\"lead\""), 13);
    lw_string_free(&svg);
    svg = draw(record, &(lw_paper_options){.size = sizeof(lw_paper_options), .rhythm_lead = "aVF"});
    assert_int_equal(occurrences(svg, ">aVF</text>"), 2);
    lw_string_free(&svg);
    lw_record_free(&record);
}

static void other_lead_sets_make_a_row_each(void **state) {
    (void)state;
    static const size_t counts[] = {1, 2, 3, 4, 6, 15};
    for (size_t i = 0; i < sizeof counts / sizeof *counts; i++) {
        lw_record *record = make_record("R", counts[i], 250, 4);
        char *svg = draw(record, NULL);
        assert_int_equal(occurrences(svg, "class=\"lead\""), counts[i] == 15 ? 13 : counts[i]);
        lw_string_free(&svg);
        lw_record_free(&record);
    }
}

static void gaps_break_the_curve(void **state) {
    (void)state;
    lw_record *record = make_record("R", 1, 100, 2);
    double *signal = lw_record_signal_mutable(record, 0);
    for (size_t t = 50; t < 60; t++)
        signal[t] = NAN;
    signal[100] = INFINITY;
    lw_paper paper;
    extent seen = curve_of(record, &(lw_paper_options){.size = sizeof(lw_paper_options)}, 0, &paper);
    assert_int_equal(seen.pieces, 3);
    assert_int_equal(seen.points, 189);
    for (size_t t = 0; t < 200; t++)
        signal[t] = NAN;
    assert_int_equal(curve_of(record, &(lw_paper_options){.size = sizeof(lw_paper_options)}, 0, &paper).points, 0);
    char *svg = draw(record, NULL);
    lw_string_free(&svg);
    lw_record_free(&record);
}

static void offset_is_taken_off_and_spikes_stay_near(void **state) {
    (void)state;
    lw_record *record = make_record("R", 1, 100, 2);
    double *signal = lw_record_signal_mutable(record, 0);
    for (size_t t = 0; t < 200; t++)
        signal[t] = 300;
    lw_paper paper;
    extent seen = curve_of(record, &(lw_paper_options){.size = sizeof(lw_paper_options)}, 0, &paper);
    lwt_assert_close(seen.lowest_y, 100 * paper.strip[0].baseline_mm, 0.51, 0);
    signal[3] = 1e300;
    seen = curve_of(record, &(lw_paper_options){.size = sizeof(lw_paper_options)}, 0, &paper);
    lwt_assert_close(seen.lowest_y, 100 * (paper.strip[0].baseline_mm - 100), 0.51, 0);
    lw_record_free(&record);
}

static void many_samples_keep_their_extremes(void **state) {
    (void)state;
    lw_record *record = make_record("R", 1, 20000, 2);
    double *signal = lw_record_signal_mutable(record, 0);
    signal[12345] = 0.7;
    signal[12346] = -0.4;
    lw_paper paper;
    extent seen = curve_of(record, &(lw_paper_options){.size = sizeof(lw_paper_options)}, 0, &paper);
    lwt_assert_close(seen.lowest_y, 100 * (paper.strip[0].baseline_mm - 7), 0.51, 0);
    lwt_assert_close(seen.highest_y, 100 * (paper.strip[0].baseline_mm + 4), 0.51, 0);
    assert_true(seen.points <= 2 * 8 * 50 + 2);
    lw_record_free(&record);
}

static void impossible_options_are_refused(void **state) {
    (void)state;
    static const struct {
        lw_paper_options options;
        const char *part;
    } cases[] = {
        {{.size = sizeof(lw_paper_options), .start_s = 2}, "start at 2 s, expected 0 to 2, where R ends"},
        {{.size = sizeof(lw_paper_options), .start_s = -1}, "start at -1 s"},
        {{.size = sizeof(lw_paper_options), .start_s = NAN}, "expected 0 to 2"},
        {{.size = sizeof(lw_paper_options), .speed_mm_s = 1e9}, "paper speed 1e+09 mm/s, expected 1 to 200"},
        {{.size = sizeof(lw_paper_options), .speed_mm_s = NAN}, "paper speed"},
        {{.size = sizeof(lw_paper_options), .rhythm_lead = "V9"}, "R has no lead V9, expected one of I"},
        {{.size = sizeof(lw_paper_options), .gain_mm_mv = -10}, "gain -10 mm/mV, expected 0.1 to 100"},
    };
    lw_record *record = make_record("R", 1, 100, 2);
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        char *svg = NULL;
        lw_error err = {0};
        lwt_assert_fails(lw_paper_svg(record, &cases[i].options, &svg, &err), LW_ERR_ARGUMENT, &err, cases[i].part);
        assert_null(svg);
    }
    lw_record_free(&record);
}

static void the_checker_finds_what_is_wrong(void **state) {
    (void)state;
    assert_true(lwt_is_well_formed("<!DOCTYPE html>\n<a b=\"c\"><d/>x &amp; y</a>\n"));
    static const char *const bad[] = {
        "",     "<a>", "<a></b>", "<a><b></a></b>", "<a b=c></a>", "<a>&nbsp;</a>", "<a/><b/>", "<a b=\"<\"></a>",
        "<a><", "</a>"};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        assert_false(lwt_is_well_formed(bad[i]));
}

/* ---- Warnings and marks */

static const char *desc_of(const char *svg, char *out, size_t size) {
    const char *begin = strstr(svg, "<desc>"), *end = strstr(svg, "</desc>");
    assert_true(begin && end && (size_t)(end - begin) < size);
    snprintf(out, size, "%.*s", (int)(end - begin - 6), begin + 6);
    return out;
}

static void warnings_stand_below_the_curves(void **state) {
    (void)state;
    char desc[4096];
    lw_record *record = make_record("R", 12, 500, 10);
    char *svg = draw(record, NULL);
    assert_null(strstr(svg, "<desc>"));
    assert_null(strstr(svg, "class=\"note\""));
    lw_string_free(&svg);
    lw_record_warn(record, "the first is <odd>");
    lw_record_warn(record, "the second");
    svg = draw(record, NULL);
    assert_non_null(strstr(svg, "viewBox=\"0 0 270 155\"")); /* 5 mm a line */
    assert_non_null(strstr(svg, "y=\"141\">warning: the first is &lt;odd&gt;</text>"));
    assert_non_null(strstr(svg, "y=\"146\">warning: the second</text>"));
    assert_non_null(strstr(svg, "y=\"151\">25 mm/s"));
    assert_string_equal(desc_of(svg, desc, sizeof desc), "warning: the first is &lt;odd&gt;\nwarning: the second\n");
    lw_string_free(&svg);
    for (int i = 3; i <= 7; i++)
        lw_record_warn(record, "number %d", i);
    svg = draw(record, NULL);
    assert_non_null(strstr(svg, "viewBox=\"0 0 270 180\""));
    assert_non_null(strstr(svg, ">warning: number 7</text>"));
    lw_string_free(&svg);
    lw_record_warn(record, "number 8");
    lw_record_warn(record, "number 9");
    svg = draw(record, NULL);
    assert_non_null(strstr(svg, "viewBox=\"0 0 270 180\""));
    assert_int_equal(occurrences(svg, "class=\"note\""), 7);
    assert_non_null(strstr(svg, ">and 3 warnings more</text>"));
    assert_int_equal(occurrences(desc_of(svg, desc, sizeof desc), "warning: "), 9);
    lw_string_free(&svg);
    const char *const own[] = {"of the prediction"};
    svg = draw(record, &(lw_paper_options){.size = sizeof(lw_paper_options), .warnings = own, .warning_count = 1});
    assert_non_null(strstr(svg, ">warning: of the prediction</text>"));
    assert_null(strstr(svg, "the second"));
    lw_string_free(&svg);
    lw_record_free(&record);
}

static void a_long_warning_ends_within_the_paper(void **state) {
    (void)state;
    char sentence[401];
    for (size_t i = 0; i < 400; i += 2)
        memcpy(sentence + i, "\xc3\xa4", 2);
    sentence[400] = '\0';
    const char *const warnings[] = {sentence, "\xff odd byte"};
    lw_record *record = make_record("R", 2, 500, 10);
    char *svg =
        draw(record, &(lw_paper_options){.size = sizeof(lw_paper_options), .warnings = warnings, .warning_count = 2});
    const char *line = strstr(strstr(svg, "</desc>"), ">warning: \xc3\xa4");
    assert_non_null(line);
    const char *end = strchr(line, '<');
    size_t characters = 0;
    for (const char *at = line + 1; at < end; at++)
        characters += (*at & 0xc0) != 0x80;
    assert_memory_equal(end - 3, "\xe2\x80\xa6", 3);
    assert_in_range(characters, 100, 150); /* at 2.6 and 1.7 mm each, 260 mm */
    assert_non_null(strstr(svg, ">warning: ? odd byte</text>"));
    lw_string_free(&svg);
    lw_record_free(&record);
}

static void marks_stand_at_their_leads_and_seconds(void **state) {
    (void)state;
    char desc[1024];
    const lw_quality_finding findings[] = {
        {LW_QUALITY_FLAT, "V1", 0, 10},     {LW_QUALITY_FLAT, "V6", 0, 10},
        {LW_QUALITY_NOISE, "II", 8, 9.5}, /* behind the 2.5 s of lead II, within its rhythm strip */
        {LW_QUALITY_REVERSED, NULL, 0, 10}, {LW_QUALITY_DERIVED, "aVR", 0, 10},
    };
    lw_record *record = make_record("R", 12, 500, 10);
    lw_paper_options how = {.size = sizeof how, .findings = findings, .finding_count = 5};
    char *svg = draw(record, &how);
    assert_int_equal(occurrences(svg, ">V1 <tspan class=\"note\">FLAT</tspan></text>"), 1);
    assert_int_equal(occurrences(svg, ">II <tspan class=\"note\">NOISE</tspan></text>"), 1);
    assert_int_equal(occurrences(svg, "<tspan"), 3);
    assert_non_null(strstr(svg, ">marks: FLAT V1 V6 0 to 10 s, NOISE II 8 to 9.5 s, REVERSED 0 to 10 s</text>"));
    assert_string_equal(desc_of(svg, desc, sizeof desc),
                        "mark: FLAT V1 0 to 10 s\nmark: FLAT V6 0 to 10 s\nmark: NOISE II 8 to 9.5 s\n"
                        "mark: REVERSED 0 to 10 s\nmark: DERIVED aVR 0 to 10 s\n");
    lw_string_free(&svg);
    how.findings = findings + 4;
    how.finding_count = 1;
    svg = draw(record, &how);
    assert_non_null(strstr(svg, "viewBox=\"0 0 270 145\"")); /* what is normal has no line */
    assert_null(strstr(svg, ">marks:"));
    lw_string_free(&svg);
    lw_record_free(&record);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(twelve_leads_make_three_rows_and_a_strip),
        cmocka_unit_test(a_millivolt_is_ten_millimetres),
        cmocka_unit_test(columns_follow_each_other_in_time),
        cmocka_unit_test(limb_leads_are_derived),
        cmocka_unit_test(other_lead_sets_make_a_row_each),
        cmocka_unit_test(gaps_break_the_curve),
        cmocka_unit_test(offset_is_taken_off_and_spikes_stay_near),
        cmocka_unit_test(many_samples_keep_their_extremes),
        cmocka_unit_test(impossible_options_are_refused),
        cmocka_unit_test(the_checker_finds_what_is_wrong),
        cmocka_unit_test(warnings_stand_below_the_curves),
        cmocka_unit_test(a_long_warning_ends_within_the_paper),
        cmocka_unit_test(marks_stand_at_their_leads_and_seconds),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
