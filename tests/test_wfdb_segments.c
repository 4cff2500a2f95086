/* These tests read records of several segments, in fixed and variable layout. */
#include "record_support.h"

enum { MOST_FILES = 8 };

typedef struct text_file {
    const char *name, *text;
} text_file;

static const int16_t a_dat[] = {1, -1, 2, -2, 3, -3}; /* leads I, II */
static const int16_t b_dat[] = {40, 50, 60, 70};      /* one lead */

/** Parse text files and a.dat and b.dat. */
static lw_status parse(const text_file *texts, size_t count, const lw_record_options *options, lw_record **out,
                       lw_error *err) {
    lw_record_file files[MOST_FILES];
    assert_true(count + 2 <= MOST_FILES);
    for (size_t i = 0; i < count; i++)
        files[i] = (lw_record_file){texts[i].name, texts[i].text, strlen(texts[i].text)};
    files[count] = (lw_record_file){"a.dat", a_dat, sizeof a_dat};
    files[count + 1] = (lw_record_file){"b.dat", b_dat, sizeof b_dat};
    *out = NULL;
    return lw_record_parse(files, count + 2, options, out, err);
}

#define PART_A                                                                                                         \
    { "a.hea", "a 2 500 3\na.dat 16 1/mV 16 0 1 6 0 I\na.dat 16 1/mV 16 0 -1 -6 0 II\n" }
#define PART_B                                                                                                         \
    { "b.hea", "b 1 500 4\nb.dat 16 10/mV 16 0 40 220 0 II\n" }
#define LAYOUT                                                                                                         \
    { "l.hea", "l 3 500 0\n~ 0 200/mV 16 0 0 0 0 I\n~ 0 200/mV 16 0 0 0 0 II\n~ 0 200/mmHg 16 0 0 0 0 ABP\n" }

static void check(const lw_record *r, size_t lead, const double *expected) {
    for (size_t t = 0; t < lw_record_sample_count(r); t++)
        lwt_assert_close(lwt_sample_mv(r, lead, t), expected[t], 0, 1e-15);
}

static void segments_of_a_fixed_layout_follow_each_other(void **state) {
    (void)state;
    const text_file files[] = {{"x.hea", "x/3 2 500 8\na 3\n~ 2\na 3\n#Dx: 59118001\n"}, PART_A};
    static const double one[] = {1, 2, 3, NAN, NAN, 1, 2, 3}, two[] = {-1, -2, -3, NAN, NAN, -1, -2, -3};
    lw_record *r;
    lw_error err;
    lwt_assert_ok(parse(files, 2, NULL, &r, &err), &err);
    assert_int_equal(lw_record_sample_count(r), 8);
    check(r, 0, one);
    check(r, 1, two);
    assert_int_equal(lw_record_lead(r, 0)->checksum, LW_CHECKSUM_GOOD);
    assert_int_equal(lw_record_lead(r, 0)->missing_count, 2);
    assert_int_equal(lw_record_warning_count(r), 0);
    assert_string_equal(lw_record_code(r, 0), "59118001");
    lw_record_free(&r);
}

static void a_segment_may_lack_signals(void **state) {
    (void)state;
    const text_file files[] = {{"x.hea", "x/5 3 500 9\nl 0\na 3\n~ 2\nb 4\n~ 0\n"}, LAYOUT, PART_A, PART_B};
    static const double one[] = {1, 2, 3, NAN, NAN, NAN, NAN, NAN, NAN}, two[] = {-1, -2, -3, NAN, NAN, 4, 5, 6, 7};
    lw_record *r;
    lw_error err;
    lwt_assert_ok(parse(files, 4, NULL, &r, &err), &err);
    assert_int_equal(lw_record_lead_count(r), 3);
    check(r, 0, one);
    check(r, 1, two);
    assert_int_equal(lw_record_lead(r, 2)->missing_count, 9);
    assert_false(lw_record_lead(r, 2)->voltage);
    assert_true(lw_record_lead(r, 0)->gain == 1.0); /* the first segment's, not the layout's */
    lw_record_free(&r);
}

static void broken_segments_are_refused_with_their_place(void **state) {
    (void)state;
    static const struct {
        const char *master;
        lw_status status;
        const char *part;
    } cases[] = {
        {"x/2 2 500 6\na 3\na 3\n", LW_OK, NULL},
        {"x/2 2 500 7\na 3\na 3\n", LW_ERR_FORMAT, "x.hea:1: 7 samples, expected 6"},
        {"x/2 2 500\na 3\na 2\n", LW_ERR_FORMAT, "a.hea:1: 3 samples, expected the 2 that x.hea says"},
        {"x/2 2 250\na 3\na 3\n", LW_ERR_FORMAT, "a.hea:1: sampling frequency 500, expected 250"},
        {"x/2 2 500\na 3\nb 4\n", LW_ERR_FORMAT, "b.hea:1: 1 signals, expected 2 as in a.hea"},
        {"x/2 2 500\na 3\nq 3\n", LW_ERR_FORMAT, "q.hea:2: lead II in mV, expected I in mV as in a.hea"},
        {"x/1 3 500\na 3\n", LW_ERR_FORMAT, "a.hea:1: 2 signals, expected 3 as x.hea says"},
        {"x/2 2 500\na 3\nx 3\n", LW_ERR_FORMAT, "x.hea:1: a segment that has segments"},
        {"x/2 2 500\nn 3\no 3\n", LW_ERR_IO, "x.hea:2: n.hea: not among the files given"},
        {"x/2 2 500\nn 0\na 3\n", LW_ERR_IO, "x.hea:2: n.hea: not among the files given"},
        {"x/2 2 500\na 3\n", LW_ERR_FORMAT, "x.hea:2: the header ends after 1 segment lines, expected 2"},
        {"x/2 2 500\n~ 3\n~ 3\n", LW_ERR_FORMAT, "x.hea:1: only gaps"},
        {"x/2 2 500\na 3\n~ 99999999999\n", LW_ERR_FORMAT, "expected at most"},
        {"x/2 2 500\na 3\n~ 200000000\n", LW_ERR_FORMAT, "x.hea:1: 200000003 samples of 2 leads, gaps included"},
        {"x/2 2 500\na 3\n~ 9223372036854775807\n", LW_ERR_FORMAT, "expected at most"},
        {"x/0 2 500\n", LW_ERR_FORMAT, "x.hea:1: record name 'x/0'"},
        {"x/16385 2 500\n", LW_ERR_FORMAT, "record name 'x/16385', expected a name, or name/segments with 1 to 16384"},
        {"x/-2 2 500\n", LW_ERR_FORMAT, "record name 'x/-2'"},
        {"x/2 2 500\na three\na 3\n", LW_ERR_FORMAT, "x.hea:2: segment length 'three'"},
        {"x/2 2 500\na\na 3\n", LW_ERR_FORMAT, "x.hea:2: segment length ''"},
        {"x/2 2 500\n../a 3\na 3\n", LW_ERR_FORMAT, "x.hea:2: segment '../a'"},
        {"x/2 3 500\nl 0\nm 3\n", LW_ERR_FORMAT, "m.hea:2: lead I in mmHg, expected I in mV as in l.hea"},
        {"x/1 3 500\nl 0\n", LW_ERR_TOO_SHORT, "x.hea:1: the recording holds no samples"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        const text_file files[] = {{"x.hea", cases[i].master},
                                   PART_A,
                                   PART_B,
                                   LAYOUT,
                                   {"m.hea", "m 1 500 3\na.dat 16 1/mmHg 16 0 0 0 0 I\n"},
                                   {"q.hea", "q 2 500 3\na.dat 16 1/mV 16 0 0 0 0 II\na.dat 16 1/mV 16 0 0 0 0 I\n"}};
        lw_record *r;
        lw_error err;
        lw_status status = parse(files, 6, NULL, &r, &err);
        if (cases[i].part)
            lwt_assert_fails(status, cases[i].status, &err, cases[i].part);
        else
            lwt_assert_ok(status, &err);
        lw_record_free(&r);
    }
}

static void a_lead_that_the_layout_lacks_is_left_out(void **state) {
    (void)state;
    const text_file files[] = {
        {"x.hea", "x/2 1 500\nk 0\na 3\n"}, {"k.hea", "k 1 500 0\n~ 0 1/mV 0 0 0 0 0 II\n"}, PART_A};
    static const double two[] = {-1, -2, -3};
    lw_record *r;
    lw_error err;
    lwt_assert_ok(parse(files, 3, NULL, &r, &err), &err);
    check(r, 0, two);
    assert_true(lwt_warned(r, "a.hea:2: lead I, expected one of k.hea"));
    lw_record_free(&r);
}

/* One large header named by thousands of lines must not be read thousands of times. */
static void a_large_header_is_read_once_for_all_its_segments(void **state) {
    (void)state;
    enum { PADDING = 1 << 19, LINES = 8000 };
    char *big = malloc(PADDING + 256), *master = malloc(LINES * 4 + 64);
    assert_true(big && master);
    size_t length = (size_t)snprintf(big, 128, "a 2 500 3\na.dat 16 1/mV\na.dat 16 1/mV\n");
    memset(big + length, '\n', PADDING);
    big[length + PADDING] = '\0';
    length = (size_t)snprintf(master, 64, "x/%d 2 500\n", LINES);
    for (int i = 0; i < LINES; i++)
        length += (size_t)snprintf(master + length, 8, "a 3\n");
    const text_file files[] = {{"x.hea", master}, {"a.hea", big}};
    lw_record *r;
    lw_error err;
    lwt_assert_fails(parse(files, 2, NULL, &r, &err), LW_ERR_FORMAT, &err, "a.hea: ");
    free(big);
    free(master);
}

static void check_two(const text_file *files, size_t count, const double *one, const double *two, const char *warning) {
    lw_record *r;
    lw_error err;
    lwt_assert_ok(parse(files, count, NULL, &r, &err), &err);
    check(r, 0, one);
    check(r, 1, two);
    assert_int_equal(lw_record_warning_count(r), warning ? 1 : 0);
    assert_true(!warning || lwt_warned(r, warning));
    lw_record_free(&r);
}

static void null_segments_are_gaps_wherever_they_stand(void **state) {
    (void)state;
    static const char *const nulls[] = {
        "n 2 500 2\n~ 0 0 0 0 0 0\n~ 0 0 0 0 0 0\n", "n 2 500 2\n* 0 0 0 0 0 0\n* 0 0 0 0 0 0\n\n# no samples\n",
        "n 2 500 2\n~ 0 200/mV 12 0 0 0 0 I\n~ 0 200/mV 12 0 0 0 0 II\n", "n 1 500\n~ 0\n", "n 2 250 9\n~ 0\n~ 0\n"};
    static const double middle[][8] = {{1, 2, 3, NAN, NAN, 1, 2, 3}, {-1, -2, -3, NAN, NAN, -1, -2, -3}};
    static const double first[][5] = {{NAN, NAN, 1, 2, 3}, {NAN, NAN, -1, -2, -3}};
    static const double last[][5] = {{1, 2, 3, NAN, NAN}, {-1, -2, -3, NAN, NAN}};
    for (size_t i = 0; i < sizeof nulls / sizeof *nulls; i++) {
        const text_file in_the_middle[] = {{"x.hea", "x/3 2 500 8\na 3\nn 2\na 3\n"}, PART_A, {"n.hea", nulls[i]}};
        const text_file at_the_start[] = {{"x.hea", "x/2 2 500 5\nn 2\na 3\n"}, PART_A, {"n.hea", nulls[i]}};
        const text_file at_the_end[] = {{"x.hea", "x/2 2 500 5\na 3\nn 2\n"}, PART_A, {"n.hea", nulls[i]}};
        check_two(in_the_middle, 3, middle[0], middle[1], NULL);
        check_two(at_the_start, 3, first[0], first[1], NULL);
        check_two(at_the_end, 3, last[0], last[1], NULL);
    }
    const text_file without_header[] = {{"x.hea", "x/2 2 500 5\n* 2\na 3\n"}, PART_A};
    check_two(without_header, 2, first[0], first[1], NULL);
}

static void a_segment_that_is_not_there_is_a_gap_with_a_warning(void **state) {
    (void)state;
    static const double one[] = {NAN, NAN, 1, 2, 3}, two[] = {NAN, NAN, -1, -2, -3};
    const text_file without_header[] = {{"x.hea", "x/2 2 500 5\nn 2\na 3\n"}, PART_A};
    check_two(without_header, 2, one, two, "x.hea:2: segment n is not there");
    const text_file without_samples[] = {
        {"x.hea", "x/2 2 500 5\nn 2\na 3\n"},
        PART_A,
        {"n.hea", "n 2 500 2\nn.dat 16 1/mV 16 0 0 0 0 I\nn.dat 16 1/mV 16 0 0 0 0 II\n"}};
    check_two(without_samples, 3, one, two, "n.hea:2: file n.dat is not there");
}

/* A header of a few bytes must not ask for gigabytes: by gaps, by one segment many times, by many samples a frame. */
static void a_recording_takes_memory_in_proportion_to_its_files(void **state) {
    (void)state;
    enum { LINES = 16000 };
    static int16_t samples[4000];
    static char many[LINES * 8];
    static const char header[] = "x 2 500 4000\ns.dat 16\n~ 0x20000\n", segment[] = "s 1 500 4000\ns.dat 16\n";
    size_t length = (size_t)snprintf(many, sizeof many, "x/%d 1 500\n", LINES);
    for (int i = 0; i < LINES; i++)
        length += (size_t)snprintf(many + length, sizeof many - length, "s 4000\n");
    const char *const masters[] = {"x/3 1 500\ns 4000\n~ 67108864\ns 4000\n", many, "x 1 500 67108864\n~ 0\n",
                                   "x 1 500 67108864\n* 0\n"};
    for (size_t i = 0; i < sizeof masters / sizeof *masters; i++) {
        const lw_record_file files[] = {{"x.hea", masters[i], strlen(masters[i])},
                                        {"s.hea", segment, sizeof segment - 1},
                                        {"s.dat", samples, sizeof samples}};
        lw_record *r = NULL;
        lw_error err;
        lwt_assert_fails(lw_record_parse(files, 3, NULL, &r, &err), LW_ERR_FORMAT, &err, "x.hea:1: ");
        assert_non_null(strstr(err.message, "gaps included"));
    }
    /* A null signal of 20000 samples a frame does not hold the others' samples 20000 times. */
    const lw_record_file wide[] = {{"x.hea", header, sizeof header - 1}, {"s.dat", samples, sizeof samples}};
    lw_record *r = NULL;
    lw_error err;
    lwt_assert_ok(lw_record_parse(wide, 2, NULL, &r, &err), &err);
    assert_int_equal(lw_record_sample_count(r), 4000);
    lw_record_free(&r);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(segments_of_a_fixed_layout_follow_each_other),
        cmocka_unit_test(a_segment_may_lack_signals),
        cmocka_unit_test(broken_segments_are_refused_with_their_place),
        cmocka_unit_test(a_lead_that_the_layout_lacks_is_left_out),
        cmocka_unit_test(a_large_header_is_read_once_for_all_its_segments),
        cmocka_unit_test(null_segments_are_gaps_wherever_they_stand),
        cmocka_unit_test(a_segment_that_is_not_there_is_a_gap_with_a_warning),
        cmocka_unit_test(a_recording_takes_memory_in_proportion_to_its_files),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
