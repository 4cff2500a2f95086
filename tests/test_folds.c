/* Tests of folds: every record is tested once, no fold trains on what it tests, and classes are spread evenly. */
#include "dataset_support.h"

#include "lab/folds.h"

enum { RECORDS = 60, FOLDS = 5 };

/** Data, groups and folds. */
typedef struct setting {
    lw_dataset *dataset;
    lw_groups groups;
    lw_folds folds;
} setting;

static setting make(const lwt_data *data, const size_t *names, const char *groups, lw_fold_kind kind, uint64_t seed) {
    lw_error err = {0};
    setting s = {.dataset = lwt_data_open(data, names, "folds-data")};
    lwt_assert_ok(lw_groups_find(s.dataset, groups, &s.groups, &err), &err);
    lwt_assert_ok(lw_folds_assign(s.dataset, &s.groups, kind, FOLDS, seed, &s.folds, &err), &err);
    return s;
}

static void setting_free(setting *s) {
    lw_folds_free(&s->folds);
    lw_groups_free(&s->groups);
    lw_dataset_free(&s->dataset);
}

/** part[RECORDS] of each record in the split of `fold`; -1: in none. */
static void parts_of(const setting *s, size_t fold, uint64_t seed, int part[RECORDS]) {
    lw_error err = {0};
    lw_split split = {0};
    lwt_assert_ok(lw_folds_split(&s->groups, &s->folds, fold, seed, 0.1, &split, &err), &err);
    for (size_t i = 0; i < RECORDS; i++)
        part[i] = -1;
    for (int p = 0; p < LW_SPLIT_PARTS; p++)
        for (size_t i = 0; i < split.count[p]; i++) {
            assert_int_equal(part[split.index[p][i]], -1);
            part[split.index[p][i]] = p;
        }
    lw_split_free(&split);
}

static void every_record_is_judged_once(void **state) {
    (void)state;
    for (int kind = LW_FOLDS_RANDOM; kind <= LW_FOLDS_STRATIFIED; kind++) {
        lwt_data data = lwt_data_create(RECORDS, 1);
        setting s = make(&data, NULL, NULL, (lw_fold_kind)kind, 3);
        size_t judged[RECORDS] = {0};
        for (size_t fold = 0; fold < FOLDS; fold++) {
            int part[RECORDS];
            size_t count[LW_SPLIT_PARTS] = {0};
            parts_of(&s, fold, 3, part);
            for (size_t i = 0; i < RECORDS; i++) {
                assert_int_not_equal(part[i], -1);
                count[part[i]]++;
                judged[i] += part[i] == LW_SPLIT_TEST;
            }
            assert_int_equal(count[LW_SPLIT_TEST], RECORDS / FOLDS);
            assert_int_equal(count[LW_SPLIT_VALIDATION], 5); /* 0.1 x 48, rounded */
        }
        for (size_t i = 0; i < RECORDS; i++)
            assert_int_equal(judged[i], 1);
        setting_free(&s);
        lwt_data_free(&data);
    }
}

/* Records 0-3 are of patient x, 4 and 5 of patient y; 3 and 4 are copies, and so are 20, 21 and 22. */
static void groups_and_copies_stay_together(void **state) {
    (void)state;
    static const char file[] =
        "# who is who\nrecord,group\r\nR000, x\nR001,x\nR002,x\n\nR003,x\nR004,y\nR005,y\nR999,x\n";
    lwt_data data = lwt_data_create(RECORDS, 1);
    memcpy(data.hashes + 2 * 4, data.hashes + 2 * 3, 2 * sizeof(uint32_t));
    memcpy(data.hashes + 2 * 21, data.hashes + 2 * 20, 2 * sizeof(uint32_t));
    memcpy(data.hashes + 2 * 22, data.hashes + 2 * 20, 2 * sizeof(uint32_t));
    lwt_write_file(lwt_temp_path("groups.csv"), file, sizeof file - 1);
    for (int kind = LW_FOLDS_RANDOM; kind <= LW_FOLDS_STRATIFIED; kind++)
        for (uint64_t seed = 0; seed < 20; seed++) {
            setting s = make(&data, NULL, lwt_temp_path("groups.csv"), (lw_fold_kind)kind, seed);
            assert_int_equal(s.groups.count, RECORDS - 5 - 2);
            for (size_t fold = 0; fold < FOLDS; fold++) {
                int part[RECORDS];
                parts_of(&s, fold, seed, part);
                for (size_t i = 1; i <= 5; i++)
                    assert_int_equal(part[i], part[0]);
                assert_int_equal(part[21], part[20]);
                assert_int_equal(part[22], part[20]);
            }
            setting_free(&s);
        }
    lwt_data_free(&data);
}

/* The same records in another order in the file are dealt alike. */
static void the_order_in_the_file_does_not_matter(void **state) {
    (void)state;
    lwt_data data = lwt_data_create(RECORDS, 1), turned = lwt_data_create(RECORDS, 1);
    size_t names[RECORDS];
    for (size_t i = 0; i < RECORDS; i++) {
        names[i] = (i * 7 + 3) % RECORDS;
        memcpy(turned.hashes + 2 * i, data.hashes + 2 * names[i], 2 * sizeof(uint32_t));
        memcpy(turned.labels + i * LWT_CLASSES, data.labels + names[i] * LWT_CLASSES, LWT_CLASSES);
    }
    for (int kind = LW_FOLDS_RANDOM; kind <= LW_FOLDS_STRATIFIED; kind++) {
        setting a = make(&data, NULL, NULL, (lw_fold_kind)kind, 4),
                b = make(&turned, names, NULL, (lw_fold_kind)kind, 4);
        for (size_t i = 0; i < RECORDS; i++)
            assert_int_equal(b.folds.of[i], a.folds.of[names[i]]);
        setting_free(&a);
        setting_free(&b);
    }
    lwt_data_free(&data);
    lwt_data_free(&turned);
}

/** Largest distance, over classes and folds, of a class's records in the fold from its even share. */
static double unevenness(const setting *s) {
    double worst = 0;
    for (size_t k = 0; k < LWT_CLASSES; k++) {
        double total = 0, in[FOLDS] = {0};
        for (size_t i = 0; i < RECORDS; i++) {
            total += lw_dataset_labels(s->dataset, i)[k];
            in[s->folds.of[i]] += lw_dataset_labels(s->dataset, i)[k];
        }
        for (size_t f = 0; f < FOLDS; f++) {
            double off = in[f] - total / FOLDS;
            worst = off > worst ? off : -off > worst ? -off : worst;
        }
    }
    return worst;
}

static void stratification_is_even(void **state) {
    (void)state;
    lwt_data data = lwt_data_create(RECORDS, 1);
    for (size_t i = 0; i < RECORDS; i++) { /* 10 of the rare class, 33 of the other, some of both, some of none */
        data.labels[i * LWT_CLASSES] = i % 20 < 11;
        data.labels[i * LWT_CLASSES + 1] = i % 6 == 0;
    }
    double worst_random = 0;
    for (uint64_t seed = 0; seed < 20; seed++) {
        setting even = make(&data, NULL, NULL, LW_FOLDS_STRATIFIED, seed);
        setting random = make(&data, NULL, NULL, LW_FOLDS_RANDOM, seed);
        size_t filled[FOLDS] = {0};
        for (size_t i = 0; i < RECORDS; i++)
            filled[even.folds.of[i]]++;
        for (size_t f = 0; f < FOLDS; f++)
            assert_in_range(filled[f], RECORDS / FOLDS - 1, RECORDS / FOLDS + 1);
        assert_true(unevenness(&even) < 1);
        worst_random = unevenness(&random) > worst_random ? unevenness(&random) : worst_random;
        setting_free(&even);
        setting_free(&random);
    }
    assert_true(worst_random >= 2);
    lwt_data_free(&data);
}

/* The fold of a source tests all of it, and does not train on a copy of a tested record in another source. */
static void a_source_is_left_out_whole(void **state) {
    (void)state;
    lwt_data data = lwt_data_create(RECORDS, 1);
    data.sources = calloc(RECORDS, sizeof *data.sources);
    assert_non_null(data.sources);
    for (size_t i = 0; i < RECORDS; i++)
        data.sources[i] = i >= 40;
    memcpy(data.hashes + 2 * 50, data.hashes + 2 * 10, 2 * sizeof(uint32_t));
    setting s = make(&data, NULL, NULL, LW_FOLDS_SOURCE, 1);
    assert_int_equal(s.folds.count, 2);
    assert_string_equal(s.folds.sources[0], "north");
    for (size_t fold = 0; fold < 2; fold++) {
        int part[RECORDS];
        parts_of(&s, fold, 1, part);
        for (size_t i = 0; i < RECORDS; i++)
            assert_int_equal(part[i] == LW_SPLIT_TEST, data.sources[i] == fold);
        assert_int_equal(part[fold == 0 ? 50 : 10], -1);
    }
    setting_free(&s);
    lwt_data_free(&data);
}

static void a_wrong_group_file_is_named(void **state) {
    (void)state;
    static const struct {
        const char *text, *part;
    } cases[] = {
        {"", "groups.csv:1: expected the header record,group"},
        {"record,person\n", "groups.csv:1: expected the header"},
        {"record,group\nR000\n", "groups.csv:2: 1 fields, expected 2 as in the header"},
        {"record,group\nR000,a,b\n", "groups.csv:2: 3 fields, expected 2"},
        {"record,group\n,a\n", "groups.csv:2: the record's name is empty"},
        {"record,group\nR000,a\n\nR000.hea,b\n", "groups.csv:4: record R000 has another group than in line 2"},
        {"record,group\nQ1,a\n", "names none of the 60 records"},
    };
    lwt_data data = lwt_data_create(RECORDS, 1);
    lw_dataset *dataset = lwt_data_open(&data, NULL, "wrong-groups");
    const char *path = lwt_temp_path("groups.csv");
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        lw_error err = {0};
        lw_groups groups = {0};
        lwt_write_file(path, cases[i].text, strlen(cases[i].text));
        lwt_assert_fails(lw_groups_find(dataset, path, &groups, &err), LW_ERR_FORMAT, &err, cases[i].part);
    }
    lw_error err = {0};
    lw_groups groups = {0};
    lwt_assert_fails(lw_groups_find(dataset, "/nowhere/groups.csv", &groups, &err), LW_ERR_IO, &err, "nowhere");
    lw_dataset_free(&dataset);
    lwt_data_free(&data);
}

static void too_few_groups_are_refused(void **state) {
    (void)state;
    lw_error err = {0};
    lwt_data data = lwt_data_create(RECORDS, 1);
    for (size_t i = 3; i < RECORDS; i++)
        memcpy(data.hashes + 2 * i, data.hashes + 4, 2 * sizeof(uint32_t));
    lw_dataset *dataset = lwt_data_open(&data, NULL, "few-groups");
    lw_groups groups = {0};
    lw_folds folds = {0};
    lw_split split = {0};
    lwt_assert_ok(lw_groups_find(dataset, NULL, &groups, &err), &err);
    assert_int_equal(groups.count, 3);
    lwt_assert_fails(lw_folds_assign(dataset, &groups, LW_FOLDS_RANDOM, 4, 1, &folds, &err), LW_ERR_ARGUMENT, &err,
                     "4 folds for 3 groups");
    lwt_assert_fails(lw_folds_assign(dataset, &groups, LW_FOLDS_RANDOM, 1, 1, &folds, &err), LW_ERR_ARGUMENT, &err,
                     "2 folds or more");
    lwt_assert_fails(lw_folds_assign(dataset, &groups, LW_FOLDS_SOURCE, 2, 1, &folds, &err), LW_ERR_ARGUMENT, &err,
                     "one source");
    /* Two folds of three groups: one of them leaves a single group, which cannot both train and validate. */
    lwt_assert_ok(lw_folds_assign(dataset, &groups, LW_FOLDS_RANDOM, 2, 1, &folds, &err), &err);
    size_t refused = 0;
    for (size_t fold = 0; fold < 2; fold++) {
        refused += lw_folds_split(&groups, &folds, fold, 1, 0.1, &split, &err) == LW_ERR_ARGUMENT;
        lw_split_free(&split);
    }
    assert_int_equal(refused, 1);
    lw_folds_free(&folds);
    lw_groups_free(&groups);
    lw_dataset_free(&dataset);
    lwt_data_free(&data);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_record_is_judged_once),
        cmocka_unit_test(groups_and_copies_stay_together),
        cmocka_unit_test(the_order_in_the_file_does_not_matter),
        cmocka_unit_test(stratification_is_even),
        cmocka_unit_test(a_source_is_left_out_whole),
        cmocka_unit_test(a_wrong_group_file_is_named),
        cmocka_unit_test(too_few_groups_are_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
