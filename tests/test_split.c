/* Tests of splits: they are complete, disjoint and of the given sizes, and never divide copies of a recording. */
#include "dataset_support.h"

#include "dataset/split.h"

enum { RECORDS = 203 };

/* part_of[record] for all records; fails unless each is in exactly one part. */
static void find_parts(const lw_split *split, size_t records, int *part_of) {
    for (size_t i = 0; i < records; i++)
        part_of[i] = -1;
    for (int part = 0; part < LW_SPLIT_PARTS; part++)
        for (size_t k = 0; k < split->count[part]; k++) {
            assert_true(split->index[part][k] < records);
            assert_int_equal(part_of[split->index[part][k]], -1);
            part_of[split->index[part][k]] = part;
        }
    for (size_t i = 0; i < records; i++)
        assert_int_not_equal(part_of[i], -1);
}

static lw_dataset *open_plain(size_t records, const char *name) {
    lwt_data data = lwt_data_create(records, 0);
    lw_dataset *dataset = lwt_data_open(&data, NULL, name);
    lwt_data_free(&data);
    return dataset;
}

static void a_split_is_complete_and_of_the_sizes_asked_for(void **state) {
    (void)state;
    lw_error err = {0};
    lw_dataset *dataset = open_plain(RECORDS, "plain");
    lw_split split = {0};
    int part_of[RECORDS];
    lwt_assert_ok(lw_split_random(dataset, NULL, 5, 0.2, 0.1, &split, &err), &err);
    find_parts(&split, RECORDS, part_of);
    assert_int_equal(split.count[LW_SPLIT_TEST], 41);       /* 40.6 */
    assert_int_equal(split.count[LW_SPLIT_VALIDATION], 16); /* 16.2 of the 162 left */
    assert_int_equal(split.count[LW_SPLIT_TRAIN], 146);
    for (int part = 0; part < LW_SPLIT_PARTS; part++)
        for (size_t k = 1; k < split.count[part]; k++)
            assert_true(strcmp(lw_dataset_name(dataset, split.index[part][k - 1]),
                               lw_dataset_name(dataset, split.index[part][k])) < 0);
    lw_split_free(&split);
    lw_dataset_free(&dataset);
}

static void a_split_depends_on_seed_and_names_only(void **state) {
    (void)state;
    lw_error err = {0};
    lwt_data data = lwt_data_create(RECORDS, 0);
    size_t reversed[RECORDS];
    for (size_t i = 0; i < RECORDS; i++)
        reversed[i] = RECORDS - 1 - i;
    lw_dataset *forward = lwt_data_open(&data, NULL, "forward");
    lw_dataset *backward = lwt_data_open(&data, reversed, "backward");
    lw_split a = {0}, b = {0}, c = {0};
    lwt_assert_ok(lw_split_random(forward, NULL, 5, 0.2, 0.1, &a, &err), &err);
    lwt_assert_ok(lw_split_random(backward, NULL, 5, 0.2, 0.1, &b, &err), &err);
    lwt_assert_ok(lw_split_random(forward, NULL, 6, 0.2, 0.1, &c, &err), &err);
    bool other_seed_differs = false;
    for (size_t k = 0; k < a.count[LW_SPLIT_TEST]; k++) {
        assert_string_equal(lw_dataset_name(forward, a.index[LW_SPLIT_TEST][k]),
                            lw_dataset_name(backward, b.index[LW_SPLIT_TEST][k]));
        other_seed_differs |= a.index[LW_SPLIT_TEST][k] != c.index[LW_SPLIT_TEST][k];
    }
    assert_true(other_seed_differs);
    lw_split_free(&a);
    lw_split_free(&b);
    lw_split_free(&c);
    lw_dataset_free(&forward);
    lw_dataset_free(&backward);
    lwt_data_free(&data);
}

/* Every third record is a copy of its left neighbour. */
static lw_dataset *open_with_copies(const char *name) {
    lwt_data data = lwt_data_create(RECORDS, 0);
    for (size_t i = 2; i < RECORDS; i += 3)
        memcpy(data.hashes + 2 * i, data.hashes + 2 * (i - 1), 2 * sizeof *data.hashes);
    lw_dataset *dataset = lwt_data_open(&data, NULL, name);
    lwt_data_free(&data);
    return dataset;
}

static void copies_stay_together(void **state) {
    (void)state;
    lw_error err = {0};
    lw_dataset *dataset = open_with_copies("copies");
    int part_of[RECORDS];
    for (uint64_t seed = 0; seed < 20; seed++) {
        lw_split split = {0};
        lwt_assert_ok(lw_split_random(dataset, NULL, seed, 0.2, 0.1, &split, &err), &err);
        find_parts(&split, RECORDS, part_of);
        for (size_t i = 2; i < RECORDS; i += 3)
            assert_int_equal(part_of[i], part_of[i - 1]);
        assert_in_range(split.count[LW_SPLIT_TEST], 40, 41);
        lw_split_free(&split);
    }
    lw_dataset_free(&dataset);
}

/* Record i is of patient i % 12 where i % 7 is not 0, and of an unknown one otherwise. */
static int patient_of(size_t i) { return i % 7 == 0 ? -1 : (int)(i % 12); }

/* No patient stands in two parts, and the patients and unknown ones of each part are counted. */
static void check_patients(const lw_dataset *dataset, const char *group_file, uint64_t seed) {
    lw_error err = {0};
    lw_split split = {0};
    lw_patient_counts counts = {{0}, {0}};
    int part_of[RECORDS], patient_part[12];
    size_t patients[LW_SPLIT_PARTS] = {0}, unknown[LW_SPLIT_PARTS] = {0};
    lwt_assert_ok(lw_split_random(dataset, group_file, seed, 0.2, 0.1, &split, &err), &err);
    lwt_assert_ok(lw_split_patients(dataset, group_file, &split, &counts, &err), &err);
    find_parts(&split, RECORDS, part_of);
    for (int i = 0; i < 12; i++)
        patient_part[i] = -1;
    for (size_t i = 0; i < RECORDS; i++) {
        const int patient = patient_of(i);
        if (patient < 0) {
            unknown[part_of[i]]++;
        } else if (patient_part[patient] < 0) {
            patient_part[patient] = part_of[i];
            patients[part_of[i]]++;
        } else {
            assert_int_equal(part_of[i], patient_part[patient]);
        }
    }
    for (int part = 0; part < LW_SPLIT_PARTS; part++) {
        assert_int_equal(counts.patient_count[part], patients[part]);
        assert_int_equal(counts.unknown_count[part], unknown[part]);
    }
    assert_true(patients[LW_SPLIT_TRAIN] > 0 && patients[LW_SPLIT_TRAIN] < 12);
    lw_split_free(&split);
}

static void a_patient_is_never_divided(void **state) {
    (void)state;
    lwt_data data = lwt_data_create(RECORDS, 0);
    lw_text table = {0}, json = {0};
    lw_text_puts(&table, "Patient,File\n");
    for (size_t i = 0; i < RECORDS; i++) {
        const char *form = i % 3 == 0 ? "in/R%03zu.hea" : i % 3 == 1 ? "R%03zu" : "R%03zu.mat";
        char name[32];
        snprintf(name, sizeof name, form, i);
        const int patient = patient_of(i);
        if (patient >= 0)
            lw_text_printf(&table, "p%d,%s\n", patient, name);
        else if (i % 2)
            lw_text_printf(&table, ",%s\n", name); /* named, but unknown as one that is not named */
        lw_text_printf(&json, "%s\"", i == 0 ? "[" : ",");
        if (patient >= 0)
            lw_text_printf(&json, "p%d", patient);
        lw_text_puts(&json, "\"");
    }
    lw_text_puts(&json, "]");
    const char *path = lwt_temp_path("patients.csv");
    lwt_write_file(path, table.data, table.length);
    lw_dataset *plain = lwt_data_open(&data, NULL, "no-groups");
    data.groups = json.data;
    lw_dataset *grouped = lwt_data_open(&data, NULL, "own-groups");
    assert_string_equal(lw_dataset_group(plain, 1), "");
    assert_string_equal(lw_dataset_group(grouped, 0), "");
    assert_string_equal(lw_dataset_group(grouped, 1), "p1");
    for (uint64_t seed = 0; seed < 20; seed++) {
        check_patients(plain, path, seed);
        check_patients(grouped, NULL, seed);
        check_patients(grouped, path, seed);
    }
    lw_dataset_free(&plain);
    lw_dataset_free(&grouped);
    lw_text_free(&table);
    lw_text_free(&json);
    lwt_data_free(&data);
}

static void groups_of_another_number_of_records_are_refused(void **state) {
    (void)state;
    lw_error err = {0};
    lwt_data data = lwt_data_create(3, 0);
    lw_dataset *dataset = NULL;
    data.groups = "[\"a\",\"b\"]";
    const char *path = lwt_temp_path("few-groups");
    lwt_data_write(&data, NULL, path);
    lwt_assert_fails(lw_dataset_open(path, &dataset, &err), LW_ERR_MODEL, &err, "groups of 2 records, expected 3");
    lwt_data_free(&data);
}

static void small_sets_keep_a_validation_record(void **state) {
    (void)state;
    lw_error err = {0};
    lw_dataset *dataset = open_plain(3, "three");
    lw_split split = {0};
    lwt_assert_ok(lw_split_random(dataset, NULL, 1, 0.2, 0.1, &split, &err), &err);
    assert_int_equal(split.count[LW_SPLIT_TRAIN], 1);
    assert_int_equal(split.count[LW_SPLIT_VALIDATION], 1);
    assert_int_equal(split.count[LW_SPLIT_TEST], 1);
    lw_split_free(&split);
    lwt_assert_ok(lw_split_random(dataset, NULL, 1, 0, 0.1, &split, &err), &err);
    assert_int_equal(split.count[LW_SPLIT_TEST], 0);
    lw_split_free(&split);
    lw_dataset_free(&dataset);
}

/* Five, three and four copies of three recordings: where a record is to be tested on, the three are. */
static void the_smallest_group_goes_where_none_fits(void **state) {
    (void)state;
    lw_error err = {0};
    lwt_data data = lwt_data_create(12, 0);
    for (size_t i = 0; i < 12; i++)
        data.hashes[2 * i] = data.hashes[2 * i + 1] = i < 5 ? 1 : i < 8 ? 2 : 3;
    lw_dataset *dataset = lwt_data_open(&data, NULL, "groups");
    for (uint64_t seed = 0; seed < 10; seed++) {
        lw_split split = {0};
        lwt_assert_ok(lw_split_random(dataset, NULL, seed, 0.1, 0, &split, &err), &err);
        assert_int_equal(split.count[LW_SPLIT_TEST], 3);
        assert_int_equal(split.index[LW_SPLIT_TEST][0], 5);
        lw_split_free(&split);
    }
    lw_dataset_free(&dataset);
    lwt_data_free(&data);
}

static void too_few_different_records_are_refused(void **state) {
    (void)state;
    lw_error err = {0};
    lwt_data data = lwt_data_create(8, 0);
    memset(data.hashes, 0, 8 * 2 * sizeof *data.hashes); /* eight copies of one recording */
    lw_dataset *dataset = lwt_data_open(&data, NULL, "same");
    lw_split split = {0};
    lwt_assert_fails(lw_split_random(dataset, NULL, 1, 0.2, 0.1, &split, &err), LW_ERR_ARGUMENT, &err,
                     "of which 1 are different");
    lw_dataset_free(&dataset);
    lwt_data_free(&data);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_split_is_complete_and_of_the_sizes_asked_for),
        cmocka_unit_test(a_split_depends_on_seed_and_names_only),
        cmocka_unit_test(copies_stay_together),
        cmocka_unit_test(a_patient_is_never_divided),
        cmocka_unit_test(groups_of_another_number_of_records_are_refused),
        cmocka_unit_test(small_sets_keep_a_validation_record),
        cmocka_unit_test(the_smallest_group_goes_where_none_fits),
        cmocka_unit_test(too_few_different_records_are_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
