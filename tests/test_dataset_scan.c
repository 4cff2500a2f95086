/* Walking folders: order, segments, labels.csv, links, and what is not there. */
#include "support.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/file.h"
#include "base/memory.h"
#include "dataset/prepared_internal.h"
#include "dataset/record_list.h"
#include "leadwise/dataset.h"

/* Folders in `name` are created. */
static void put(const char *name, const char *text) {
    lw_error err = {0};
    char folder[512];
    snprintf(folder, sizeof folder, "%s", lwt_temp_path(name));
    *strrchr(folder, '/') = '\0';
    lwt_assert_ok(lw_folder_create(folder, &err), &err);
    lwt_write_file(lwt_temp_path(name), text, strlen(text));
}

static lw_record_list *scan(const char *name) {
    lw_error err = {0};
    const char *path = lwt_temp_path(name);
    lw_record_list *list = NULL;
    lwt_assert_ok(lw_record_list_scan(&path, 1, NULL, &list, &err), &err);
    return list;
}

static void assert_paths(const lw_record_list *list, const char *const *names, size_t count) {
    assert_int_equal(lw_record_list_count(list), count);
    for (size_t i = 0; i < count; i++)
        assert_string_equal(lw_record_list_path(list, i), lwt_temp_path(names[i]));
}

static void folders_are_walked_in_order_of_paths(void **state) {
    (void)state;
    put("walk/b.hea", "b 1 500 10\n");
    put("walk/a/z.hea", "z 1 500 10\n");
    put("walk/a/deep/er/y.hea", "y 1 500 10\n");
    put("walk/a-b.hea", "a-b 1 500 10\n");
    put("walk/B.hea", "B 1 500 10\n");
    put("walk/notes.txt", "");
    put("walk/data.csv", "I,II\n1,2\n");
    put("walk/.hea", "");
    lw_record_list *list = scan("walk");
    const char *const expected[] = {"walk/B.hea", "walk/a-b.hea", "walk/a/deep/er/y.hea", "walk/a/z.hea", "walk/b.hea"};
    assert_paths(list, expected, 5);
    lw_record_list_free(&list);
    assert_null(list);
}

static void segments_are_not_records(void **state) {
    (void)state;
    put("multi/whole.hea", "# a comment\r\nwhole/3 2 250 3000\r\nwhole_layout 0\r\nwhole_1 1000\r\n~ 2000\r\n");
    put("multi/whole_layout.hea", "whole_layout 2 250 0\n");
    put("multi/whole_1.hea", "whole_1 2 250 1000\n");
    put("multi/whole_2.hea", "whole_2 2 250 1000\n"); /* not named: a record of its own */
    put("multi/other/whole_1.hea", "whole_1 2 250 1000\n");
    lw_record_list *list = scan("multi");
    const char *const expected[] = {"multi/other/whole_1.hea", "multi/whole.hea", "multi/whole_2.hea"};
    assert_paths(list, expected, 3);
    lw_record_list_free(&list);
}

static void arguments_keep_their_order_and_may_lack_the_suffix(void **state) {
    (void)state;
    lw_error err = {0};
    put("args/one.hea", "one 1 500 10\n");
    put("args/two.csv", "I\n1\n");
    const char *paths[] = {lwt_temp_path("args/two.csv"), lwt_temp_path("args/one")};
    lw_record_list *list = NULL;
    lwt_assert_ok(lw_record_list_scan(paths, 2, NULL, &list, &err), &err);
    const char *const expected[] = {"args/two.csv", "args/one.hea"};
    assert_paths(list, expected, 2);
    lw_record_list_free(&list);
}

static void a_missing_path_is_named(void **state) {
    (void)state;
    lw_error err = {0};
    const char *path = lwt_temp_path("nowhere");
    lw_record_list *list = NULL;
    lwt_assert_fails(lw_record_list_scan(&path, 1, NULL, &list, &err), LW_ERR_IO, &err, "nowhere");
    assert_null(list);
}

static void links_are_followed_to_files_only(void **state) {
    (void)state;
    put("links/real/r.hea", "r 1 500 10\n");
    assert_int_equal(symlink(".", lwt_temp_path("links/loop")), 0);
    assert_int_equal(symlink("nowhere", lwt_temp_path("links/dangling.hea")), 0);
    assert_int_equal(symlink("real/r.hea", lwt_temp_path("links/linked.hea")), 0);
    assert_int_equal(symlink("real", lwt_temp_path("links/folder.hea")), 0);
    assert_int_equal(mkfifo(lwt_temp_path("links/fifo.hea"), 0600), 0);
    lw_record_list *list = scan("links");
    const char *const expected[] = {"links/linked.hea", "links/real/r.hea"};
    assert_paths(list, expected, 2);
    lw_record_list_free(&list);
}

static void an_empty_folder_holds_no_record(void **state) {
    (void)state;
    put("empty/nothing.txt", "");
    lw_record_list *list = scan("empty");
    assert_int_equal(lw_record_list_count(list), 0);
    lw_record_list_free(&list);
}

static void labels_override_by_folder(void **state) {
    (void)state;
    put("labels/labels.csv",
        "\xEF\xBB\xBFrecord,codes\r\n# by hand\r\nb, 426783006 |164889003||\r\n\r\na,\r\n\xEF\xBB\xBF"
        "c,426783006\r\n");
    put("labels/a.hea", "a 1 500 10\n");
    put("labels/b.hea", "b 1 500 10\n");
    put("labels/c.hea", "c 1 500 10\n");
    put("labels/sub/a.hea", "a 1 500 10\n");
    lw_record_list *list = scan("labels");
    const char *const *codes = NULL;
    size_t count = 99;
    assert_int_equal(lw_record_list_count(list), 4);
    assert_true(lw_record_list_codes(list, 0, &codes, &count)); /* named, without a code: none */
    assert_int_equal(count, 0);
    assert_true(lw_record_list_codes(list, 1, &codes, &count));
    assert_int_equal(count, 2);
    assert_string_equal(codes[0], "426783006");
    assert_string_equal(codes[1], "164889003");
    assert_false(lw_record_list_codes(list, 2, &codes, &count)); /* not named */
    assert_false(lw_record_list_codes(list, 3, &codes, &count)); /* another folder */
    lw_record_list_free(&list);
    const char *path = lwt_temp_path("labels/b.hea");
    lw_error err = {0};
    lwt_assert_ok(lw_record_list_scan(&path, 1, NULL, &list, &err), &err);
    assert_true(lw_record_list_codes(list, 0, &codes, &count)); /* also for a record named itself */
    lw_record_list_free(&list);
}

static void a_name_ends_before_a_suffix_of_four_letters_at_most(void **state) {
    (void)state;
    static const char *const cases[][2] = {{"in/A0001.hea", "A0001"},  {"B.xml", "B"},     {"C.json", "C"},
                                           {"D.patient", "D.patient"}, {"E.1.csv", "E.1"}, {"in.2/F", "F"},
                                           {"in/.hea", ".hea"}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        char *name = lw_record_path_name(cases[i][0]);
        assert_string_equal(name, cases[i][1]);
        free(name);
    }
}

static void labels_may_be_quoted(void **state) {
    (void)state;
    put("quoted/labels.csv", "\"record\", \"codes\"\n\"a\",\"426783006|164889003\" \n\"b\",\"\"\n");
    put("quoted/a.hea", "a 1 500 10\n");
    put("quoted/b.hea", "b 1 500 10\n");
    lw_record_list *list = scan("quoted");
    const char *const *codes = NULL;
    size_t count = 0;
    assert_true(lw_record_list_codes(list, 0, &codes, &count));
    assert_int_equal(count, 2);
    assert_string_equal(codes[1], "164889003");
    assert_true(lw_record_list_codes(list, 1, &codes, &count));
    assert_int_equal(count, 0);
    assert_int_equal(lw_record_list_note_count(list), 0);
    lw_record_list_free(&list);
}

static void labels_of_unknown_records_are_noted_once(void **state) {
    (void)state;
    lw_error err = {0};
    put("unknown/labels.csv", "record,codes\na,1\nA,2\nz-1,3\n");
    put("unknown/a.hea", "a 1 500 10\n");
    put("unknown/sub/z-1.hea", "z-1 1 500 10\n");
    put("unknown/sub/labels.csv", "record,codes\nz-1,1\n");
    const char *paths[] = {lwt_temp_path("unknown"), lwt_temp_path("unknown")};
    lw_record_list *list = NULL;
    lwt_assert_ok(lw_record_list_scan(paths, 2, NULL, &list, &err), &err);
    assert_int_equal(lw_record_list_note_count(list), 1);
    assert_non_null(strstr(lw_record_list_note(list, 0), "unknown/labels.csv: names 2 records"));
    assert_non_null(strstr(lw_record_list_note(list, 0), "A the first"));
    lw_record_list_free(&list);
    const char *one = lwt_temp_path("unknown/a.hea"); /* nobody asked for the others */
    lwt_assert_ok(lw_record_list_scan(&one, 1, NULL, &list, &err), &err);
    assert_int_equal(lw_record_list_note_count(list), 0);
    lw_record_list_free(&list);
}

static void malformed_labels_name_file_and_line(void **state) {
    (void)state;
    static const struct {
        const char *text, *sentence;
    } cases[] = {
        {"", "labels.csv:1: expected the header record,codes"},
        {"# nothing\n", "labels.csv:1: expected the header record,codes"},
        {"name,codes\n", "labels.csv:1: expected the header record,codes"},
        {"record,codes\na,1\nb\n", "labels.csv:3: expected two fields"},
        {"record,codes\na,1,2\n", "labels.csv:2: expected two fields"},
        {"record,codes\n,1\n", "labels.csv:2: the record's name is empty"},
        {"record,codes\na,1\nb,2\na,3\n", "record a has two lines"},
        {"record,codes\n\"a,1\n", "labels.csv:2: a quote"},
        {"record,codes\na,1\nb,\"1|2\n", "labels.csv:3: a quote"},
        {"record,codes\n\"a\"b\",1\n", "labels.csv:2: a quote"},
        {"record,codes\n\"a\"x,1\n", "labels.csv:2: a quote"},
        {"record,codes\n\",1\n", "labels.csv:2: a quote"},
        {"\"record,codes\na,1\n", "labels.csv:1: expected the header"},
    };
    put("bad/a.hea", "a 1 500 10\n");
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        lw_error err = {0};
        lw_record_list *list = NULL;
        const char *path = lwt_temp_path("bad");
        put("bad/labels.csv", cases[i].text);
        lwt_assert_fails(lw_record_list_scan(&path, 1, NULL, &list, &err), LW_ERR_FORMAT, &err, cases[i].sentence);
        assert_null(list);
    }
    lwt_write_file(lwt_temp_path("bad/labels.csv"), "record,codes\na\0b,1\n", 19);
    lw_error err = {0};
    lw_record_list *list = NULL;
    const char *path = lwt_temp_path("bad");
    lwt_assert_fails(lw_record_list_scan(&path, 1, NULL, &list, &err), LW_ERR_FORMAT, &err,
                     "labels.csv:2: a zero byte");
}

static void who_needs_no_labels_does_not_read_them(void **state) {
    (void)state;
    put("unread/labels.csv", "no header\n");
    put("unread/a.hea", "a 1 500 10\n");
    put("unread/sub/labels.csv", "record,codes\nb,426783006\nc,1\n");
    put("unread/sub/b.hea", "b 1 500 10\n");
    lw_error err = {0};
    lw_record_list *list = NULL;
    const char *path = lwt_temp_path("unread");
    const char *const *codes;
    size_t count;
    const lw_record_list_options unlabelled = {.size = sizeof unlabelled, .unlabelled = true};
    lwt_assert_ok(lw_record_list_scan(&path, 1, &unlabelled, &list, &err), &err);
    const char *const expected[] = {"unread/a.hea", "unread/sub/b.hea"};
    assert_paths(list, expected, 2);
    assert_false(lw_record_list_codes(list, 1, &codes, &count));
    assert_int_equal(lw_record_list_note_count(list), 0);
    lw_record_list_free(&list);
}

static void shared_names_become_unique(void **state) {
    (void)state;
    lw_error err = {0};
    static const char *const given[] = {"a", "b", "a", "c", "c", "c/c#2", "c"};
    static const char *const sources[] = {"x", "x", "y", "c", "c", "x", "c"};
    static const char *const expected[] = {"x/a", "b", "y/a", "c/c"}; /* of the first four */
    enum { COUNT = sizeof given / sizeof given[0] };
    char *names[COUNT];
    for (size_t i = 0; i < COUNT; i++)
        assert_non_null(names[i] = lw_strdup(given[i]));
    lwt_assert_ok(lw_names_make_unique(names, sources, COUNT, &err), &err);
    for (size_t i = 0; i < COUNT; i++)
        for (size_t k = 0; k < i; k++)
            assert_string_not_equal(names[i], names[k]);
    for (size_t i = 0; i < 4; i++)
        assert_string_equal(names[i], expected[i]);
    for (size_t i = 0; i < COUNT; i++)
        free(names[i]);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(folders_are_walked_in_order_of_paths),
        cmocka_unit_test(segments_are_not_records),
        cmocka_unit_test(arguments_keep_their_order_and_may_lack_the_suffix),
        cmocka_unit_test(a_missing_path_is_named),
        cmocka_unit_test(links_are_followed_to_files_only),
        cmocka_unit_test(an_empty_folder_holds_no_record),
        cmocka_unit_test(labels_override_by_folder),
        cmocka_unit_test(labels_may_be_quoted),
        cmocka_unit_test(a_name_ends_before_a_suffix_of_four_letters_at_most),
        cmocka_unit_test(labels_of_unknown_records_are_noted_once),
        cmocka_unit_test(malformed_labels_name_file_and_line),
        cmocka_unit_test(who_needs_no_labels_does_not_read_them),
        cmocka_unit_test(shared_names_become_unique),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
