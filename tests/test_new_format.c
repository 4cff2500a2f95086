/**
 * @file test_new_format.c
 * Tests of a format that has one file (plain_reader.c) and one row in the table of readers: every call that reads
 * recordings reads it. The table is compiled here anew with that row.
 */
#include "record_support.h"

#include "leadwise/dataset.h"
#include "leadwise/signal.h"

#define LW_FURTHER_READERS(row) row(lw_plain_reader)
#include "record/reader_table.c"

#include "plain_reader.c"

enum { LEADS = 3, RATE = 500, SAMPLES = 4000 };

static int16_t microvolts(size_t lead, size_t t) {
    return (int16_t)lrint(900.0 * sin(0.03 * (double)(t * (lead + 1))));
}

/* The bytes of a file, `extra` more than belong there; how many. */
static size_t make_file(uint8_t *bytes, size_t extra) {
    size_t at = (size_t)sprintf((char *)bytes, "PLAINECG %d %d\nI II V2\n", LEADS, RATE);
    for (size_t t = 0; t < SAMPLES; t++)
        for (size_t l = 0; l < LEADS; l++) {
            bytes[at++] = (uint8_t)microvolts(l, t);
            bytes[at++] = (uint8_t)(microvolts(l, t) >> 8);
        }
    memset(bytes + at, 0, extra);
    return at + extra;
}

static uint8_t bytes[64 + 2 * LEADS * SAMPLES];

static lw_record *parse(size_t length, const lw_record_options *options, lw_status expected, const char *part) {
    const lw_record_file file = {"p.plain", bytes, length};
    lw_record *record = NULL;
    lw_error err;
    const lw_status status = lw_record_parse(&file, 1, options, &record, &err);
    if (expected == LW_OK)
        lwt_assert_ok(status, &err);
    else
        lwt_assert_fails(status, expected, &err, part);
    return record;
}

static void assert_is_the_file(const lw_record *record, size_t first, size_t count) {
    assert_string_equal(lw_record_format(record), "plain");
    assert_string_equal(lw_record_name(record), "p");
    assert_int_equal(lw_record_sample_count(record), count);
    assert_string_equal(lw_record_lead(record, 2)->name, "V2");
    for (size_t l = 0; l < LEADS; l++)
        for (size_t t = 0; t < count; t++)
            assert_true(lwt_sample_mv(record, l, t) == microvolts(l, first + t) / 1000.0);
}

static void it_is_read_from_memory_and_from_a_path_without_its_suffix(void **state) {
    (void)state;
    lw_error err;
    lw_record *record = parse(make_file(bytes, 0), NULL, LW_OK, NULL);
    assert_is_the_file(record, 0, SAMPLES);
    lw_record_free(&record);
    lwt_write_file(lwt_temp_path("p.plain"), bytes, make_file(bytes, 0));
    lwt_assert_ok(lw_record_read(lwt_temp_path("p"), NULL, &record, &err), &err);
    assert_is_the_file(record, 0, SAMPLES);
    lw_record_free(&record);
    lwt_assert_ok(lw_record_read_header(lwt_temp_path("p.plain"), NULL, &record, &err), &err);
    assert_int_equal(lw_record_sample_count(record), SAMPLES);
    assert_int_equal(lw_record_copy_mv(record, 0, 0, 1, &(double){0}), 0);
    lw_record_free(&record);
}

static void its_first_bytes_are_enough(void **state) {
    (void)state;
    lw_record *record = NULL;
    lw_error err;
    const size_t length = make_file(bytes, 0);
    const lw_record_file files[] = {{"IMAGE.001", bytes, length}, {"x.bin", "\1\2\3", 3}};
    lwt_assert_ok(lw_record_parse(&files[0], 1, NULL, &record, &err), &err);
    assert_string_equal(lw_record_format(record), "plain");
    lw_record_free(&record);
    lwt_assert_fails(lw_record_parse(&files[1], 1, NULL, &record, &err), LW_ERR_UNSUPPORTED, &err,
                     "expected Plain, WFDB or CSV");
}

static void its_warning_is_an_error_when_strict(void **state) {
    (void)state;
    const lw_record_options strict = {.size = sizeof strict, .strict = true};
    const size_t length = make_file(bytes, 1);
    lw_record *record = parse(length, NULL, LW_OK, NULL);
    assert_true(lwt_warned(record, "a part of a sample"));
    lw_record_free(&record);
    assert_null(parse(length, &strict, LW_ERR_STRICT, "a part of a sample"));
}

static void damage_has_a_status_and_a_sentence(void **state) {
    (void)state;
    const size_t length = make_file(bytes, 0);
    for (size_t cut = 0; cut < 100; cut++) {
        const lw_record_file file = {"p.plain", bytes, cut};
        lw_record *record = NULL;
        lw_error err = {0};
        if (lw_record_parse(&file, 1, NULL, &record, &err) != LW_OK)
            assert_true(strlen(err.message) > 0);
        lw_record_free(&record);
    }
    for (size_t i = 0; i < 30 * 8; i++) {
        const lw_record_file file = {"p.plain", bytes, length};
        lw_record *record = NULL;
        bytes[i / 8] ^= (uint8_t)(1U << i % 8);
        lw_error err = {0};
        if (lw_record_parse(&file, 1, NULL, &record, &err) != LW_OK)
            assert_true(strlen(err.message) > 0);
        lw_record_free(&record);
        bytes[i / 8] ^= (uint8_t)(1U << i % 8);
    }
    memcpy(bytes, "PLAINECG 9", 10);
    assert_null(parse(length, NULL, LW_ERR_FORMAT, "p.plain:2: 3 names, expected 9"));
    memcpy(bytes, "PLAINECG 0", 10);
    assert_null(parse(length, NULL, LW_ERR_FORMAT, "expected PLAINECG, 1 to 64 leads"));
}

static void a_stream_gives_the_same_samples(void **state) {
    (void)state;
    static const size_t stretches[][2] = {{0, SAMPLES}, {0, 1}, {SAMPLES - 1, 1}, {1234, 777}};
    lw_record_stream *stream = NULL;
    lw_error err;
    lwt_write_file(lwt_temp_path("p.plain"), bytes, make_file(bytes, 0));
    lwt_assert_ok(lw_record_stream_open(lwt_temp_path("p.plain"), NULL, &stream, &err), &err);
    assert_int_equal(lw_record_sample_count(lw_record_stream_header(stream)), SAMPLES);
    for (size_t i = 0; i < sizeof stretches / sizeof *stretches; i++) {
        lw_record *part = NULL;
        lwt_assert_ok(lw_record_stream_read(stream, stretches[i][0], stretches[i][1], &part, &err), &err);
        assert_is_the_file(part, stretches[i][0], stretches[i][1]);
        lw_record_free(&part);
    }
    lw_record *none = NULL;
    lwt_assert_fails(lw_record_stream_read(stream, SAMPLES, 1, &none, &err), LW_ERR_ARGUMENT, &err, "a stretch");
    lw_record_stream_free(&stream);
}

/* A folder of both formats, with a file that has the suffix alone, and labels for one record of each. */
static void folders_list_label_and_prepare_it(void **state) {
    (void)state;
    char folder[512];
    const char *const here = folder;
    const lw_prepare_options how = {.size = sizeof how, .allow_missing_leads = true};
    static const char labels[] = "record,codes\np,164889003\nS00000,426783006\nnobody,59118001\n";
    lw_record *record = NULL;
    lw_record_list *list = NULL;
    lw_dataset *dataset = NULL;
    lw_prepare_summary summary = {0};
    lw_error err;
    snprintf(folder, sizeof folder, "%s", lwt_temp_path("both"));
    assert_true(lw_folder_create(folder, &err) == LW_OK);
    lwt_assert_ok(lw_synth_record(NULL, 0, &record, &err), &err);
    lwt_assert_ok(lw_record_write_challenge(record, folder, "S00000", &err), &err);
    lw_record_free(&record);
    lwt_write_file(lwt_temp_path("both/p.plain"), bytes, make_file(bytes, 0));
    lwt_write_file(lwt_temp_path("both/other.plain"), "notes\n", 6);
    lwt_write_file(lwt_temp_path("both/labels.csv"), labels, strlen(labels));
    lwt_assert_ok(lw_record_list_scan(&here, 1, NULL, &list, &err), &err);
    assert_int_equal(lw_record_list_count(list), 2);
    assert_non_null(strstr(lw_record_list_path(list, 0), "both/S00000.hea"));
    assert_non_null(strstr(lw_record_list_path(list, 1), "both/p.plain"));
    const char *const *codes;
    size_t code_count;
    assert_true(lw_record_list_codes(list, 1, &codes, &code_count));
    assert_string_equal(codes[0], "164889003");
    assert_int_equal(lw_record_list_note_count(list), 1);
    assert_non_null(strstr(lw_record_list_note(list, 0), "names 1 records that are not in the folder, nobody"));
    lwt_assert_ok(lw_prepare(list, &how, NULL, lwt_temp_path("both.safetensors"), &summary, &err), &err);
    assert_int_equal(summary.record_count, 2);
    lwt_assert_ok(lw_dataset_open(lwt_temp_path("both.safetensors"), &dataset, &err), &err);
    assert_string_equal(lw_dataset_name(dataset, 1), "p");
    assert_true(lw_dataset_signals(dataset, 1)[100] != 0.0F);
    lw_dataset_free(&dataset);
    lw_prepare_summary_free(&summary);
    lw_record_list_free(&list);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(it_is_read_from_memory_and_from_a_path_without_its_suffix),
        cmocka_unit_test(its_first_bytes_are_enough),
        cmocka_unit_test(its_warning_is_an_error_when_strict),
        cmocka_unit_test(damage_has_a_status_and_a_sentence),
        cmocka_unit_test(a_stream_gives_the_same_samples),
        cmocka_unit_test(folders_list_label_and_prepare_it),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
