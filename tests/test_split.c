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
    lwt_assert_ok(lw_split_random(dataset, 5, 0.2, 0.1, &split, &err), &err);
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
    lwt_assert_ok(lw_split_random(forward, 5, 0.2, 0.1, &a, &err), &err);
    lwt_assert_ok(lw_split_random(backward, 5, 0.2, 0.1, &b, &err), &err);
    lwt_assert_ok(lw_split_random(forward, 6, 0.2, 0.1, &c, &err), &err);
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
        lwt_assert_ok(lw_split_random(dataset, seed, 0.2, 0.1, &split, &err), &err);
        find_parts(&split, RECORDS, part_of);
        for (size_t i = 2; i < RECORDS; i += 3)
            assert_int_equal(part_of[i], part_of[i - 1]);
        assert_in_range(split.count[LW_SPLIT_TEST], 40, 41);
        lw_split_free(&split);
    }
    lw_dataset_free(&dataset);
}

static void small_sets_keep_a_validation_record(void **state) {
    (void)state;
    lw_error err = {0};
    lw_dataset *dataset = open_plain(3, "three");
    lw_split split = {0};
    lwt_assert_ok(lw_split_random(dataset, 1, 0.2, 0.1, &split, &err), &err);
    assert_int_equal(split.count[LW_SPLIT_TRAIN], 1);
    assert_int_equal(split.count[LW_SPLIT_VALIDATION], 1);
    assert_int_equal(split.count[LW_SPLIT_TEST], 1);
    lw_split_free(&split);
    lwt_assert_ok(lw_split_random(dataset, 1, 0, 0.1, &split, &err), &err);
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
        lwt_assert_ok(lw_split_random(dataset, seed, 0.1, 0, &split, &err), &err);
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
    lwt_assert_fails(lw_split_random(dataset, 1, 0.2, 0.1, &split, &err), LW_ERR_ARGUMENT, &err, "1 are different");
    lw_dataset_free(&dataset);
    lwt_data_free(&data);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_split_is_complete_and_of_the_sizes_asked_for),
        cmocka_unit_test(a_split_depends_on_seed_and_names_only),
        cmocka_unit_test(copies_stay_together),
        cmocka_unit_test(small_sets_keep_a_validation_record),
        cmocka_unit_test(the_smallest_group_goes_where_none_fits),
        cmocka_unit_test(too_few_different_records_are_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
