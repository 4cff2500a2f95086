/* Tests of synthetic recordings as files of the Challenge: they are read back as they were written. */
#include "record_support.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "leadwise/signal.h"
#include "record/record_internal.h"

enum { LEADS = 12 };

static lw_record *synth(const char *kinds, double duration_s) {
    const lw_synth_options options = {.size = sizeof options,
                                      .seed = 42,
                                      .rate_hz = 500.0,
                                      .duration_s = duration_s,
                                      .noise_mv = 0.02,
                                      .kinds = kinds};
    lw_record *record = NULL;
    lw_error err;
    lwt_assert_ok(lw_synth_record(&options, 7, &record, &err), &err);
    return record;
}

static bool has_code(const lw_record *record, const char *code) {
    return lw_record_has_code(record, (lw_span){code, strlen(code)});
}

static void a_written_record_is_read_back(void **state) {
    (void)state;
    lw_record *record = synth("SB,RBBB", 10.0), *back = NULL;
    lw_error err;
    lwt_assert_ok(lw_record_write_challenge(record, lwt_temp_dir(), "Z00007", &err), &err);
    lwt_assert_ok(lw_record_read(lwt_temp_path("Z00007.hea"),
                                 &(lw_record_options){.size = sizeof(lw_record_options), .strict = true}, &back, &err),
                  &err);
    assert_string_equal(lw_record_name(back), "Z00007");
    assert_int_equal(lw_record_lead_count(back), LEADS);
    assert_int_equal(lw_record_sample_count(back), 5000);
    assert_true(lw_record_rate_hz(back) == 500.0);
    assert_true(lw_record_age_years(back) == lw_record_age_years(record));
    assert_int_equal(lw_record_sex(back), lw_record_sex(record));
    assert_int_equal(lw_record_code_count(back), 2);
    assert_true(has_code(back, "426177001") && has_code(back, "59118001"));
    for (size_t l = 0; l < LEADS; l++) {
        assert_string_equal(lw_record_lead(back, l)->name, lw_record_lead(record, l)->name);
        assert_int_equal(lw_record_lead(back, l)->checksum, LW_CHECKSUM_GOOD);
        for (size_t t = 0; t < 5000; t++)
            lwt_assert_close(lwt_sample_mv(back, l, t), lwt_sample_mv(record, l, t), 0.000501, 0.0);
    }
    lw_record_free(&record);
    lw_record_free(&back);
}

/* The bytes are those of the Challenge's files: MATLAB v4 header, initial values, 16-bit checksums, clipping, gaps. */
static void the_bytes_are_those_of_the_challenge(void **state) {
    (void)state;
    lw_record *record = lw_record_new("any", 2, 3, 257.0);
    assert_non_null(record);
    assert_true(lw_record_set_lead(record, 0, "I", "mV", 1000.0, 0.0));
    assert_true(lw_record_set_lead(record, 1, "V2", "mV", 1000.0, 0.0));
    memcpy(lw_record_signal_mutable(record, 0), (double[]){-0.0015, 1e6, NAN}, 3 * sizeof(double));
    memcpy(lw_record_signal_mutable(record, 1), (double[]){1.0, -INFINITY, 0.0004}, 3 * sizeof(double));
    lw_error err;
    lwt_assert_ok(lw_record_write_challenge(record, lwt_temp_dir(), "tiny", &err), &err);
    size_t length;
    char *header = lwt_read_file(lwt_temp_path("tiny.hea"), NULL),
         *mat = lwt_read_file(lwt_temp_path("tiny.mat"), &length);
    assert_string_equal(header, "tiny 2 257 3\n"
                                "tiny.mat 16+24 1000/mV 16 0 -2 -3 0 I\n"
                                "tiny.mat 16+24 1000/mV 16 0 1000 -31767 0 V2\n"
                                "#Age: NaN\n#Sex: Unknown\n#Dx: \n#Rx: Unknown\n#Hx: Unknown\n#Sx: Unknown\n");
    static const uint8_t expected[] = {30,   0,    0,    0,    2,    0,    0,    0,    3,    0,    0,   0,
                                       0,    0,    0,    0,    4,    0,    0,    0,    'v',  'a',  'l', 0,
                                       0xFE, 0xFF, 0xE8, 0x03, 0xFF, 0x7F, 0x01, 0x80, 0x00, 0x80, 0,   0};
    assert_int_equal(length, sizeof expected);
    assert_memory_equal(mat, expected, sizeof expected);
    free(header);
    free(mat);
    lw_record_free(&record);
}

static void records_that_cannot_be_written_are_refused(void **state) {
    (void)state;
    lw_record *record = synth("NSR", 2.0);
    static const char *const names[] = {"", "a b", "../a", "a/b", "a\nb", "a.b"};
    lw_error err;
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        lwt_assert_fails(lw_record_write_challenge(record, lwt_temp_dir(), names[i], &err), LW_ERR_ARGUMENT, &err,
                         "name");
    lwt_assert_fails(lw_record_write_challenge(record, lwt_temp_path("nowhere"), "a", &err), LW_ERR_IO, &err, "a.mat");
    assert_true(lw_record_set_lead(record, 3, "Resp", "NU", 1.0, 0.0));
    lwt_assert_fails(lw_record_write_challenge(record, lwt_temp_dir(), "a", &err), LW_ERR_ARGUMENT, &err, "voltage");
    lw_record_free(&record);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_written_record_is_read_back),
        cmocka_unit_test(the_bytes_are_those_of_the_challenge),
        cmocka_unit_test(records_that_cannot_be_written_are_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
