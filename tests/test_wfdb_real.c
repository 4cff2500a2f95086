/**
 * @file test_wfdb_real.c
 * Real recordings: the checksums and initial values in their headers are the independent witness.
 */
#include "record_support.h"

#include <dirent.h>

static lw_record *read_real(const char *relative) {
    const char *path = lwt_shared(relative);
    lw_record *record = NULL;
    lw_error err = {0};
    lwt_assert_ok(lw_record_read(path, NULL, &record, &err), &err);
    return record;
}

static size_t count_checksums(const lw_record *record, lw_checksum checksum) {
    size_t count = 0;
    for (size_t i = 0; i < lw_record_lead_count(record); i++)
        count += lw_record_lead(record, i)->checksum == checksum;
    return count;
}

static void real_variants_have_their_checksums(void **state) {
    (void)state;
    static const struct {
        const char *name;
        double rate_hz;
        size_t leads, samples, good, warnings;
    } cases[] = {
        {"100", 360, 2, 650000, 2, 0},        {"100-no-len", 360, 2, 650000, 2, 0},
        {"100skew", 360, 2, 650000, 2, 0},    {"03700181", 500, 3, 300000, 3, 0},
        {"310derive", 250, 2, 1026, 2, 0},    {"310derive_2", 360, 1, 1020, 1, 0},
        {"310derive_3", 360, 1, 1018, 1, 0},  {"311derive", 250, 1, 1026, 1, 0},
        {"311derive_2", 360, 1, 1020, 1, 0},  {"311derive_3", 360, 1, 1019, 1, 0},
        {"311derive_4", 360, 1, 1018, 1, 0},  {"a103l", 250, 3, 82500, 3, 0},
        {"binformats", 200, 10, 499, 10, 0},  {"p10143", 500, 2, 450000, 2, 0},
        {"s0010_re", 1000, 15, 38400, 12, 1}, {"v102s", 250, 4, 75000, 4, 0},
        {"041s/041s", 500, 7, 8000, 7, 0},    {"fixed1/v102s", 250, 4, 225000, 4, 0},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        char relative[128];
        snprintf(relative, sizeof relative, "data/formats/wfdb/%s.hea", cases[i].name);
        lw_record *r = read_real(relative);
        assert_true(lw_record_rate_hz(r) == cases[i].rate_hz);
        assert_int_equal(lw_record_lead_count(r), cases[i].leads);
        assert_int_equal(lw_record_sample_count(r), cases[i].samples);
        assert_int_equal(count_checksums(r, LW_CHECKSUM_GOOD), cases[i].good);
        assert_int_equal(lwt_warning_count(r), cases[i].warnings);
        lw_record_free(&r);
    }
}

/* Values from the headers' fields: (initial - baseline) / gain. */
static void real_recordings_begin_as_their_headers_say(void **state) {
    (void)state;
    lw_record *r = read_real("data/formats/wfdb/100.hea");
    lwt_assert_close(lwt_sample_mv(r, 0, 0), (995.0 - 1024) / 200, 0, 1e-15);
    lwt_assert_close(lwt_sample_mv(r, 1, 0), (1011.0 - 1024) / 200, 0, 1e-15);
    assert_int_equal(lw_record_find_lead(r, "lead ii"), 0); /* called MLII in the file */
    lw_record *skewed = read_real("data/formats/wfdb/100skew.hea");
    for (size_t t = 0; t < 650000; t++) {
        assert_true(lwt_sample_mv(skewed, 0, t) == lwt_sample_mv(r, 0, t));
        lwt_assert_close(lwt_sample_mv(skewed, 1, t), t + 3 < 650000 ? lwt_sample_mv(r, 1, t + 3) : NAN, 0, 0);
    }
    lw_record_free(&skewed);
    lw_record_free(&r);
    r = read_real("data/formats/wfdb/041s/041s.hea");
    static const double first[] = {168.0 / 2000,        2.0 / 2000,    155.0 / 2000, (-242.0 + 1600) / 20,
                                   (706.0 + 1600) / 80, -841.0 / 2000, 401.0 / 2000};
    static const double second[] = {-103.0 / 2000,        -64.0 / 2000,  89.0 / 2000,  (-715.0 + 1600) / 20,
                                    (-583.0 + 1600) / 80, -840.0 / 2000, -861.0 / 2000};
    for (size_t s = 0; s < 7; s++) {
        lwt_assert_close(lwt_sample_mv(r, s, 0), first[s], 0, 1e-15);
        lwt_assert_close(lwt_sample_mv(r, s, 4000), second[s], 0, 1e-15); /* second segment, 1000 frames x 4 */
        assert_true(lw_record_lead(r, s)->rate_hz == (s < 3 ? 500.0 : 125.0));
    }
    assert_false(lw_record_lead(r, 3)->voltage);
    lw_record_free(&r);
}

static void an_absent_signal_file_is_named(void **state) {
    (void)state;
    const char *path = lwt_shared("data/formats/wfdb/n16.hea");
    lw_record *r = NULL;
    lw_error err;
    lwt_assert_fails(lw_record_read(path, NULL, &r, &err), LW_ERR_IO, &err, "n16.hea:2: ");
    lwt_assert_ok(lw_record_read_header(path, NULL, &r, &err), &err);
    assert_int_equal(lw_record_sample_count(r), 3080000);
    assert_int_equal(lw_record_copy_mv(r, 0, 0, 1, &(double){0}), 0);
    assert_string_equal(lw_record_lead(r, 4)->unit, "uV");
    lw_record_free(&r);
    r = read_real("data/formats/wfdb/s0010_re.hea");
    assert_true(lw_record_age_years(r) == 81.0);
    assert_int_equal(lw_record_sex(r), LW_SEX_FEMALE);
    assert_int_equal(lw_record_lead(r, 12)->missing_count, 38400); /* the Frank leads' file is not there */
    lw_record_free(&r);
}

/** Samples of a Challenge record straight from its file: 16-bit frames behind `offset` bytes. */
static void check_frames(const lw_record *r, const char *path, size_t offset) {
    size_t length, leads = lw_record_lead_count(r);
    char *bytes = lwt_read_file(path, &length);
    assert_int_equal(length, offset + 2 * leads * lw_record_sample_count(r));
    for (size_t s = 0; s < leads; s++) {
        const lw_lead *lead = lw_record_lead(r, s);
        for (size_t t = 0; t < lw_record_sample_count(r); t++) {
            int16_t adc;
            memcpy(&adc, bytes + offset + 2 * (t * leads + s), sizeof adc);
            double expected = adc == INT16_MIN ? NAN : (adc - lead->baseline) / lead->gain;
            double got = lwt_sample_mv(r, s, t);
            if (!(got == expected || (isnan(got) && isnan(expected))))
                fail_msg("%s: lead %zu sample %zu is %g, expected %g", path, s, t, got, expected);
        }
    }
    free(bytes);
}

typedef struct tally {
    size_t records, leads, good, warnings, codes;
} tally;

/** Read every record of a folder and check it sample by sample. */
static tally read_folder(const char *relative, const char *suffix, size_t offset) {
    tally sum = {0};
    const char *folder = lwt_shared(relative);
    DIR *dir = opendir(folder);
    assert_non_null(dir);
    for (struct dirent *entry; (entry = readdir(dir));) {
        size_t length = strlen(entry->d_name);
        char path[4096];
        if (length < 5 || strcmp(entry->d_name + length - 4, ".hea") != 0)
            continue;
        lw_record *r = NULL;
        lw_error err;
        snprintf(path, sizeof path, "%s/%.*s%s", folder, (int)length - 4, entry->d_name, suffix);
        lwt_assert_ok(lw_record_read(path, NULL, &r, &err), &err); /* by its signal file's name */
        assert_int_equal(lw_record_find_lead(r, "v6"), (int)lw_record_lead_count(r) - 1);
        check_frames(r, path, offset);
        sum.records++;
        sum.good += count_checksums(r, LW_CHECKSUM_GOOD);
        sum.leads += lw_record_lead_count(r);
        sum.warnings += lwt_warning_count(r);
        sum.codes += lw_record_code_count(r);
        lw_record_free(&r);
    }
    closedir(dir);
    return sum;
}

static void challenge_recordings_are_read_sample_by_sample(void **state) {
    (void)state;
    tally sum = read_folder("data/challenge", ".mat", 24);
    assert_int_equal(sum.records, 184);
    assert_int_equal(sum.good, 184 * 12);
    assert_int_equal(sum.warnings, 1); /* E00015 names a diagnosis twice */
}

static void ptbxl_recordings_are_read_sample_by_sample(void **state) {
    (void)state;
    tally sum = read_folder("data/ptbxl", ".mat", 24);
    assert_int_equal(sum.records, 1467);
    assert_int_equal(sum.good, 1467 * 12);
    assert_int_equal(sum.warnings, 0);
}

static void ludb_recordings_are_read_sample_by_sample(void **state) {
    (void)state;
    tally sum = read_folder("data/ludb", ".dat", 0);
    assert_int_equal(sum.records, 99);
    assert_int_equal(sum.good, 99 * 12);
    assert_int_equal(sum.codes, 0);
}

static void recordings_of_the_goldens_are_read_sample_by_sample(void **state) {
    (void)state;
    tally sum = read_folder("reference/goldens/preprocessing", ".mat", 24);
    assert_int_equal(sum.records, 7);
    assert_int_equal(sum.leads, 6 * 12 + 8); /* R00008 has no derived limb leads */
    assert_int_equal(sum.good, sum.leads);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(real_variants_have_their_checksums),
        cmocka_unit_test(real_recordings_begin_as_their_headers_say),
        cmocka_unit_test(an_absent_signal_file_is_named),
        cmocka_unit_test(challenge_recordings_are_read_sample_by_sample),
        cmocka_unit_test(ptbxl_recordings_are_read_sample_by_sample),
        cmocka_unit_test(ludb_recordings_are_read_sample_by_sample),
        cmocka_unit_test(recordings_of_the_goldens_are_read_sample_by_sample),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
