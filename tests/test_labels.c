/* Tests that compare diagnoses, class lists and rewards with the tables that the Challenges published. */
#include "support.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "labels/labels.h"
#include "leadwise/record.h"

static lw_class_list *scored(int year, bool merged) {
    lw_class_list *classes = NULL;
    lw_error err = {0};
    lwt_assert_ok(lw_class_list_scored(year, merged, &classes, &err), &err);
    return classes;
}

static void diagnoses_are_found_by_code(void **state) {
    (void)state;
    const lw_diagnosis *fibrillation = lw_diagnosis_find("164889003");
    assert_string_equal(fibrillation->abbreviation, "AF");
    assert_string_equal(fibrillation->name, "atrial fibrillation");
    assert_true(fibrillation->scored_2020 && fibrillation->scored_2021);
    assert_true(lw_diagnosis_find("6374002")->scored_2021);
    assert_false(lw_diagnosis_find("6374002")->scored_2020);
    assert_false(lw_diagnosis_find("164884008")->scored_2021);
    assert_string_equal(lw_diagnosis_find("67741000119109")->abbreviation, "LAE");
    assert_null(lw_diagnosis_find("0"));
    assert_null(lw_diagnosis_find(""));
    assert_null(lw_diagnosis_find("9999999999"));
    assert_string_equal(lw_diagnosis_of_abbreviation("AF")->code, "164889003");
    assert_string_equal(lw_diagnosis_of_abbreviation("stach")->code, "427084000");
    assert_null(lw_diagnosis_of_abbreviation(""));
    assert_null(lw_diagnosis_of_abbreviation("A"));
}

static void scored_lists_have_the_published_order(void **state) {
    (void)state;
    static const struct {
        int year;
        bool merged;
        size_t count;
        const char *first, *last;
    } cases[] = {{2020, false, 27, "270492004", "17338001"},
                 {2020, true, 24, "270492004", "59931005"},
                 {2021, false, 30, "164889003", "17338001"},
                 {2021, true, 26, "164889003", "59931005"}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        lw_class_list *classes = scored(cases[i].year, cases[i].merged);
        assert_int_equal(lw_class_count(classes), cases[i].count);
        assert_string_equal(lw_class_code(classes, 0, 0), cases[i].first);
        assert_string_equal(lw_class_code(classes, cases[i].count - 1, 0), cases[i].last);
        lw_class_list_free(&classes);
        assert_null(classes);
    }
    lw_class_list *none = NULL;
    lw_error err;
    lwt_assert_fails(lw_class_list_scored(2019, false, &none, &err), LW_ERR_ARGUMENT, &err, "2019");
    assert_null(none);
}

static void every_scored_code_is_in_both_lists(void **state) {
    (void)state;
    for (int year = 2020; year <= 2021; year++) {
        lw_class_list *codes = scored(year, false), *merged = scored(year, true);
        size_t members = 0;
        for (size_t i = 0; i < lw_class_count(merged); i++)
            members += lw_class_code_count(merged, i);
        assert_int_equal(members, lw_class_count(codes));
        for (size_t i = 0; i < lw_class_count(codes); i++) {
            const lw_diagnosis *known = lw_diagnosis_find(lw_class_code(codes, i, 0));
            assert_true(year == 2020 ? known->scored_2020 : known->scored_2021);
            assert_true(lw_class_find(merged, known->code) >= 0);
            assert_string_equal(lw_class_abbreviation(codes, i), known->abbreviation);
        }
        lw_class_list_free(&codes);
        lw_class_list_free(&merged);
    }
}

static void merged_classes_are_named_by_all_codes(void **state) {
    (void)state;
    lw_class_list *classes = scored(2021, true);
    char name[160];
    int bundle = lw_class_find(classes, "164909002");
    assert_int_equal(bundle, lw_class_find(classes, "733534002"));
    assert_string_equal(lw_class_name(classes, (size_t)bundle, name, sizeof name), "733534002|164909002");
    assert_string_equal(lw_class_abbreviation(classes, (size_t)bundle), "CLBBB|LBBB");
    assert_string_equal(lw_class_name(classes, (size_t)bundle, name, 5), "7335");
    lw_class_list_free(&classes);
}

static void rewards_are_the_published_numbers(void **state) {
    (void)state;
    for (int year = 2020; year <= 2021; year++) {
        const lw_scored_year *table = lw_scored_year_find(year);
        for (size_t j = 0; j < table->class_count; j++)
            for (size_t k = 0; k < table->class_count; k++) {
                double reward = lw_scored_reward(table, j, k);
                assert_true(reward == lw_scored_reward(table, k, j));
                assert_true(j == k ? reward == 1.0 : reward >= 0.15 && reward <= 0.5);
            }
    }
    const lw_scored_year *table = lw_scored_year_find(2020);
    assert_true(lw_scored_reward(table, 0, 12) == 0.4625); /* IAVB, PAC */
    assert_true(lw_scored_reward(table, 20, 16) == 0.15);  /* NSR, QAb */
    assert_true(lw_scored_reward(table, 8, 12) == 0.3625); /* LBBB, PAC */
}

/** Place of `code` among the classes of a year, of which one has each pair of equal codes. */
static size_t class_of(const lw_scored_year *year, const char *code) {
    const char *equal = lw_code_equal(code, year->year);
    for (size_t k = 0; k < year->class_count; k++)
        if (!strcmp(year->classes[k], code) || (equal && !strcmp(year->classes[k], equal)))
            return k;
    fail_msg("%d does not score %s", year->year, code);
    return 0;
}

/** A table as published: a row of codes, equal ones joined by |, then a row for each with its rewards. */
static void check_rewards(int year) {
    char path[64], *line = NULL, *rest = NULL;
    const lw_scored_year *table = lw_scored_year_find(year);
    size_t columns[LW_CLASSES_MAX], count = 0, rows = 0;
    snprintf(path, sizeof path, "tests/data/weights_%d.csv", year);
    char *text = lwt_read_file(lwt_source_path(path), NULL), *header = strtok_r(text, "\n", &rest);
    for (char *code = strtok_r(header, ",", &line); code; code = strtok_r(NULL, ",", &line)) {
        code[strcspn(code, "|")] = '\0';
        columns[count++] = class_of(table, code);
    }
    assert_int_equal(count, year == 2020 ? 27 : 26);
    for (char *row = strtok_r(NULL, "\n", &rest); row; row = strtok_r(NULL, "\n", &rest), rows++) {
        char *at = strchr(row, ',');
        for (size_t k = 0; k < count; k++)
            assert_true(strtod(at + 1, &at) == lw_scored_reward(table, columns[rows], columns[k]));
        assert_int_equal(*at, '\0');
    }
    assert_int_equal(rows, count);
    free(text);
}

static void rewards_equal_the_published_tables(void **state) {
    (void)state;
    check_rewards(2020);
    check_rewards(2021);
}

static void equal_codes_count_as_each_other(void **state) {
    (void)state;
    lw_class_list *codes = scored(2020, false);
    uint8_t labels[LW_CLASSES_MAX];
    const char *const right_bundle[] = {"59118001", "12345"};
    lw_class_labels(codes, right_bundle, 2, labels);
    for (size_t i = 0; i < lw_class_count(codes); i++) {
        const char *code = lw_class_code(codes, i, 0);
        assert_int_equal(labels[i], !strcmp(code, "59118001") || !strcmp(code, "713427006"));
    }
    /* 2020 does not score 733534002, so it is no left bundle branch block there; 2021 does. */
    const char *const left_bundle[] = {"733534002"};
    lw_class_labels(codes, left_bundle, 1, labels);
    for (size_t i = 0; i < lw_class_count(codes); i++)
        assert_int_equal(labels[i], 0);
    lw_class_list_free(&codes);
    codes = scored(2021, false);
    lw_class_labels(codes, left_bundle, 1, labels);
    assert_int_equal(labels[lw_class_find(codes, "164909002")], 1);
    assert_int_equal(labels[lw_class_find(codes, "733534002")], 1);
    lw_class_list_free(&codes);
}

static void a_class_list_is_read_as_it_was_written(void **state) {
    (void)state;
    lw_class_list *classes = scored(2021, true), *again = NULL;
    lw_error err = {0};
    char *json = lw_class_list_json(classes);
    assert_non_null(strstr(json, "{\"codes\":[\"733534002\",\"164909002\"],\"abbreviation\":\"CLBBB|LBBB\"}"));
    lwt_assert_ok(lw_class_list_parse(json, &again, &err), &err);
    assert_true(lw_class_list_equal(classes, again));
    lw_class_list_free(&again);
    again = scored(2020, true);
    assert_false(lw_class_list_equal(classes, again));
    lw_class_list_free(&again);
    lw_class_list_free(&classes);
    lw_string_free(&json);
    assert_null(json);
}

static void codes_in_no_table_are_fine(void **state) {
    (void)state;
    lw_class_list *classes = NULL;
    lw_error err = {0};
    lwt_assert_ok(lw_class_list_parse("[{\"codes\": [\"0\"], \"abbreviation\": \"\"}]", &classes, &err), &err);
    assert_int_equal(lw_class_find(classes, "0"), 0);
    assert_int_equal(lw_class_find(classes, "1"), -1);
    lw_class_list_free(&classes);
}

static void malformed_lists_are_refused(void **state) {
    (void)state;
    static const struct {
        const char *json, *part;
    } cases[] = {
        {"", "class list:"},
        {"[", "class list:"},
        {"{}", "array of one class or more"},
        {"[]", "array of one class or more"},
        {"[1]", "expected {\"codes\""},
        {"[{\"codes\": [\"1\"]}]", "expected {\"codes\""},
        {"[{\"codes\": [], \"abbreviation\": \"A\"}]", "0 codes, expected 1 to 8"},
        {"[{\"codes\": [1], \"abbreviation\": \"A\"}]", "code 0 is not a string"},
        {"[{\"codes\": [\"\"], \"abbreviation\": \"A\"}]", "is not a code"},
        {"[{\"codes\": [\"1,2\"], \"abbreviation\": \"A\"}]", "\"1,2\" is not a code"},
        {"[{\"codes\": [\"1\\n\"], \"abbreviation\": \"A\"}]", "is not a code"},
        {"[{\"codes\": [\"1\", \"1\"], \"abbreviation\": \"A\"}]", "code 1 appears twice"},
        {"[{\"codes\": [\"1\"], \"abbreviation\": \"A\"}, {\"codes\": [\"2\"], \"abbreviation\": \"A\"}]",
         "two classes are called \"A\""},
        {"[{\"codes\": [\"1\",\"2\",\"3\",\"4\",\"5\",\"6\",\"7\",\"8\",\"9\"], \"abbreviation\": \"A\"}]", "9 codes"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        lw_class_list *classes = NULL;
        lw_error err = {0};
        lwt_assert_fails(lw_class_list_parse(cases[i].json, &classes, &err), LW_ERR_MODEL, &err, cases[i].part);
        assert_null(classes);
    }
}

static void lists_are_bounded(void **state) {
    (void)state;
    lw_class_list *classes = lw_class_list_create();
    lw_error err = {0};
    char code[16];
    const char *codes[] = {code};
    for (int i = 0; i < LW_CLASSES_MAX; i++) {
        snprintf(code, sizeof code, "%d", i);
        lwt_assert_ok(lw_class_list_add(classes, codes, 1, code, &err), &err);
    }
    snprintf(code, sizeof code, "more");
    lwt_assert_fails(lw_class_list_add(classes, codes, 1, "", &err), LW_ERR_FORMAT, &err, "more than 256 classes");
    lw_class_list_free(&classes);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(diagnoses_are_found_by_code),
        cmocka_unit_test(scored_lists_have_the_published_order),
        cmocka_unit_test(every_scored_code_is_in_both_lists),
        cmocka_unit_test(merged_classes_are_named_by_all_codes),
        cmocka_unit_test(rewards_are_the_published_numbers),
        cmocka_unit_test(rewards_equal_the_published_tables),
        cmocka_unit_test(equal_codes_count_as_each_other),
        cmocka_unit_test(a_class_list_is_read_as_it_was_written),
        cmocka_unit_test(codes_in_no_table_are_fine),
        cmocka_unit_test(malformed_lists_are_refused),
        cmocka_unit_test(lists_are_bounded),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
