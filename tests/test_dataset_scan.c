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
    const char *const expected[] = {"walk/B.hea",   "walk/a-b.hea", "walk/a/deep/er/y.hea",
                                    "walk/a/z.hea", "walk/b.hea",   "walk/data.csv"};
    assert_paths(list, expected, 6);
    lw_record_list_free(&list);
    assert_null(list);
}

/* What macOS adds to archives and discs, and the objects of a repository. */
static void hidden_files_and_folders_are_passed_over(void **state) {
    (void)state;
    put("hidden/a.hea", "a 1 500 10\n");
    put("hidden/._a.hea", "\x05\x16\x07");
    put("hidden/.DS_Store", "");
    put("hidden/.git/annex/objects/b.hea", "b 1 500 10\n");
    put("hidden/__MACOSX/c.hea", "c 1 500 10\n");
    put("hidden/__MACOSX/sub/._c.hea", "");
    put("hidden/.dir/d.hea", "d 1 500 10\n");
    lw_record_list *list = scan("hidden");
    const char *const expected[] = {"hidden/a.hea"};
    assert_paths(list, expected, 1);
    lw_record_list_free(&list);
    list = scan("hidden/.dir"); /* but for one that is named itself */
    const char *const named[] = {"hidden/.dir/d.hea"};
    assert_paths(list, named, 1);
    lw_record_list_free(&list);
}

static void suffixes_may_be_in_capital_letters(void **state) {
    (void)state;
    put("capital/B1.HEA", "B1 1 500 10\n");
    put("capital/M.HEA", "M/2 1 500 20\nm1 10\nM2 10\n");
    put("capital/M1.HEA", "M1 1 500 10\n");
    put("capital/m2.hea", "m2 1 500 10\n");
    put("capital/C.CSV", "I,II\n1,2\n");
    put("capital/labels.csv", "record,codes\nB1,426783006\nC,164889003\nM,426783006\n");
    lw_record_list *list = scan("capital");
    const char *const expected[] = {"capital/B1.HEA", "capital/C.CSV", "capital/M.HEA"};
    assert_paths(list, expected, 3);
    assert_int_equal(lw_record_list_note_count(list), 0);
    const char *const *codes = NULL;
    size_t count = 0;
    assert_true(lw_record_list_codes(list, 0, &codes, &count) && count == 1);
    lw_record_list_free(&list);
}

static void tables_of_leads_are_recordings_and_other_tables_are_none(void **state) {
    (void)state;
    static const struct {
        const char *name, *text;
        bool recording;
    } files[] = {
        {"a.csv", "time (s),I (mV),II (mV)\n0.000,-0.0016,0.0101\n", true},
        {"b.csv", "\xEF\xBB\xBF# age: 60\nI,II\n1,2\n", true},
        {"c.csv", "Name,Jane Doe\nSample Rate,512 hertz\n\nLead,Lead I\nUnit,\xC2\xB5V\n\n-12.3\n-11.9\n", true},
        {"d.csv", "'sample #','MLII','V5'\n0,995,1011\n", true},
        {"e.csv", "sep=;\nt;I;II\n0,000;0,1;0,2\n", true},
        {"f.tsv", "time\tI_uV\tV1_uV\n0\t1\t2\n", true},
        {"g.txt", "time II V5\nseconds mV mV\n0.0 1 2\n", true},
        {"h.csv", "\xFF\xFEI\0,\0I\0I\0\n\0001\0,\0002\0\n", true}, /* length below */
        {"i.csv",
         "1,2,3,4,5,6,7,8,9,10,11,12\n1,2,3,4,5,6,7,8,9,10,11,12\n1,2,3,4,5,6,7,8,9,10,11,12\n"
         "1,2,3,4,5,6,7,8,9,10,11,12\n1,2,3,4,5,6,7,8,9,10,11,12\n1,2,3,4,5,6,7,8,9,10,11,12\n"
         "1,2,3,4,5,6,7,8,9,10,11,12\n1,2,3,4,5,6,7,8,9,10,11,12\n1,2,3,4,5,6,7,8,9,10,11,12\n",
         true},
        {"labels.csv", "I,II\n1,2\n", false},
        {"LABELS.CSV", "I,II\n1,2\n", false},
        {"n.csv", "record,codes\na,426783006\nb,164889003\n", false},
        {"o.csv", "#a\n426783006,164889003\n0,1\n0.1,0.9\n", false},
        {"p.csv", "id,age,sex\n1,60,0\n2,61,1\n", false},
        {"q.txt", "The leads I, II and V1 to V6 were recorded at rest.\n", false},
        {"r.csv", "lead,unit\nI,mV\nII,mV\n", false},
        {"s.csv", "", false},
        {"t.csv", "1,2,3,4,5,6,7,8,9,10,11,12\n", false},
        {"u.csv", "V1,V2\nyes,no\n", false},
        {"v.csv", "time,ECG\n0,1\n", true}, /* reading it says which names it has */
        {"w.csv", "t,Lead_A\n0,1\n", true},
    };
    const char *expected[sizeof files / sizeof *files];
    size_t count = 0;
    for (size_t i = 0; i < sizeof files / sizeof *files; i++) {
        static char names[sizeof files / sizeof *files][32];
        snprintf(names[i], sizeof names[i], "tables/%s", files[i].name);
        put(names[i], files[i].text);
        if (files[i].recording)
            expected[count++] = names[i];
    }
    lwt_write_file(lwt_temp_path("tables/h.csv"), files[7].text, 20);
    put("tables/labels.csv", "record,codes\nd,426783006\n");
    lw_record_list *list = scan("tables");
    assert_paths(list, expected, count);
    lw_record_list_free(&list);
}

static void a_copy_of_a_recording_in_another_format_is_not_listed(void **state) {
    (void)state;
    put("copies/a.hea", "a 1 500 10\n");
    put("copies/a.csv", "I,II\n1,2\n");
    put("copies/b.csv", "I,II\n1,2\n");
    put("copies/C.HEA", "C 1 500 10\n");
    put("copies/C.csv", "I,II\n1,2\n");
    lw_record_list *list = scan("copies");
    const char *const expected[] = {"copies/C.HEA", "copies/a.hea", "copies/b.csv"};
    assert_paths(list, expected, 3);
    lw_record_list_free(&list);
}

static void segments_are_not_records(void **state) {
    (void)state;
    put("multi/whole.hea",
        "\xEF\xBB\xBF# a comment\r\nwhole/3 2 250 3000\r\nwhole_layout 0\r\nwhole_1 1000\r\n~ 2000\r\n");
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
    put("args/three.rec", "");
    put("args/three.rec.hea", "three.rec 1 500 10\n");
    put("args/one.dat", "");
    const char *paths[] = {lwt_temp_path("args/two.csv"), lwt_temp_path("args/one"), lwt_temp_path("args/three.rec"),
                           lwt_temp_path("args/one.dat")};
    lw_record_list *list = NULL;
    lwt_assert_ok(lw_record_list_scan(paths, 4, NULL, &list, &err), &err);
    const char *const expected[] = {"args/two.csv", "args/one.hea", "args/three.rec.hea", "args/one.dat"};
    assert_paths(list, expected, 4);
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

/* What is no file is listed where its name is that of a recording, so that reading it says what is wrong. */
static void links_are_followed_to_files_only(void **state) {
    (void)state;
    put("links/real/r.hea", "r 1 500 10\n");
    assert_int_equal(symlink(".", lwt_temp_path("links/loop")), 0);
    assert_int_equal(symlink("nowhere", lwt_temp_path("links/dangling.hea")), 0);
    assert_int_equal(symlink("nowhere", lwt_temp_path("links/annexed.csv")), 0);
    assert_int_equal(symlink("real/r.hea", lwt_temp_path("links/linked.hea")), 0);
    assert_int_equal(symlink("real", lwt_temp_path("links/folder.hea")), 0);
    assert_int_equal(mkfifo(lwt_temp_path("links/fifo.hea"), 0600), 0);
    lw_record_list *list = scan("links");
    const char *const expected[] = {"links/annexed.csv", "links/dangling.hea", "links/fifo.hea", "links/linked.hea",
                                    "links/real/r.hea"};
    assert_paths(list, expected, 5);
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
    put("unknown/labels.csv", "record,codes\na,426783006\nA,164889003\nz-1,59118001\n");
    put("unknown/a.hea", "a 1 500 10\n");
    put("unknown/sub/z-1.hea", "z-1 1 500 10\n");
    put("unknown/sub/labels.csv", "record,codes\nz-1,426783006\n");
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
        {"who,codes\n", "labels.csv:1: expected the header record,codes"},
        {"record,age\na,60\n", "labels.csv:1: expected the header record,codes"},
        {"# note\nrecord,codes\n\n", "labels.csv:2: no recording below the header"},
        {"record,codes,record\na,1,a\n", "labels.csv:1: two columns for record"},
        {"record,codes\na,1\nb\n", "labels.csv:3: 1 fields, expected 2 as in the header"},
        {"record,codes,age\na,1,60,2\n", "labels.csv:2: 4 fields, expected 3 as in the header"},
        {"record,codes\n,1\n", "labels.csv:2: the record's name is empty"},
        {"record,codes\na,426783006\nb,1\na.hea,164889003\n",
         "labels.csv:4: record a.hea has another diagnosis or group"},
        {"record,codes\na,426783006\n\nx/a,426783006|164889003\n", "labels.csv:4: record a has another diagnosis or "
                                                                   "group than in line 2"},
        {"record,group,codes\na,p,426783006\na,q,426783006\n", "labels.csv:3: record a has another"},
        {"record,codes\na,426783006.0\nb,4.26783E+08\n",
         "labels.csv:2: '426783006.0' is no SNOMED CT code, and no other"},
        {"record,codes\na,sinus\n", "labels.csv:2: a word is no SNOMED CT code"},
        {"record,codes\nq1,426783006\nq2,1\n", "labels.csv: none of its 2 records is in the folder, q1 the first"},
        {"record,codes\n\"a,1\n", "labels.csv:2: a quote"},
        {"record,codes\na,1\nb,\"1|2\n", "labels.csv:3: a quote"},
        {"record,codes\n\"a\"b\",1\n", "labels.csv:2: a quote"},
        {"record,codes\n\"a\"x,1\n", "labels.csv:2: a quote"},
        {"record,codes\n\",1\n", "labels.csv:2: a quote"},
        {"\"record,codes\na,1\n", "labels.csv:1: expected the header"},
    };
    put("bad/a.hea", "a 1 500 10\n");
    put("bad/b.hea", "b 1 500 10\n");
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        lw_error err = {0};
        lw_record_list *list = NULL;
        const char *path = lwt_temp_path("bad");
        put("bad/labels.csv", cases[i].text);
        lwt_assert_fails(lw_record_list_scan(&path, 1, NULL, &list, &err), LW_ERR_FORMAT, &err, cases[i].sentence);
        assert_null(list);
    }
}

static void a_zero_byte_anywhere_in_labels_is_refused(void **state) {
    (void)state;
    static const struct {
        const char *text;
        size_t length;
        const char *sentence;
    } cases[] = {{"record,codes\na\0b,1\n", 19, "labels.csv:2: a zero byte"},
                 {"record,co\0des,group\na,1,p\n", 26, "labels.csv:1: a zero byte"},
                 {"record,codes,age\na,1,6\0000\n", 25, "labels.csv:2: a zero byte"}};
    put("zero/a.hea", "a 1 500 10\n");
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        lw_error err = {0};
        lw_record_list *list = NULL;
        const char *path = lwt_temp_path("zero");
        lwt_write_file(lwt_temp_path("zero/labels.csv"), cases[i].text, cases[i].length);
        lwt_assert_fails(lw_record_list_scan(&path, 1, NULL, &list, &err), LW_ERR_FORMAT, &err, cases[i].sentence);
    }
}

/** The codes of the record at `i`, each followed by a blank. */
static void assert_codes(const lw_record_list *list, size_t i, const char *expected) {
    const char *const *codes = NULL;
    size_t count = 0;
    char text[256] = "";
    assert_true(lw_record_list_codes(list, i, &codes, &count));
    for (size_t k = 0; k < count; k++)
        snprintf(text + strlen(text), sizeof text - strlen(text), "%s ", codes[k]);
    assert_string_equal(text, expected);
}

/* What people's spreadsheets make of one table; each assigns a and b the same codes. */
static void tables_of_many_kinds_assign_the_same_codes(void **state) {
    (void)state;
    static const char *const tables[] = {
        "record,codes\na.hea,426783006\nb.HEA,164889003|59118001\n",
        "record,codes\nDATA\\a.mat,426783006\n/data/x/b.dat,164889003 59118001\n",
        "record,codes\na,426783006\nb,164889003,59118001\n",
        "Record;Codes\r\na;426783006\r\nb;164889003,59118001\r\n",
        "record\tcodes\na\t426783006\nb\t164889003;59118001\n",
        "\"record\",\"codes\"\n\"a\",\"426783006\"\n\"b\",\"164889003, 59118001\"\n",
        "age,filename,note,dx\n50,a,\"he said \"\"so\"\", and\nwent\",426783006\n,b,,\"['164889003', '59118001']\"\n",
        "record,codes,,\na,426783006,,\nb,164889003;59118001,,\n",
        "record,codes\na,nsr\nb,AF|RBBB\n",
        "\xEF\xBB\xBFrecord,codes\na,426783006\nb,164889003|59118001\nb,59118001|164889003\n",
        "record,codes\na,Unknown|426783006\nb,164889003|426783006.0|59118001\n",
    };
    put("kinds/a.hea", "a 1 500 10\n");
    put("kinds/b.hea", "b 1 500 10\n");
    for (size_t i = 0; i < sizeof tables / sizeof *tables; i++) {
        put("kinds/labels.csv", tables[i]);
        lw_record_list *list = scan("kinds");
        assert_codes(list, 0, "426783006 ");
        assert_codes(list, 1, "164889003 59118001 ");
        assert_int_equal(lw_record_list_note_count(list), i >= 8);
        if (i >= 8)
            assert_non_null(strstr(lw_record_list_note(list, 0),
                                   i == 8 ? "labels.csv:2: 'nsr' is read as 426783006; 3 such abbreviations in all"
                                   : i == 9
                                       ? "labels.csv:4: record b stands in line 3 already"
                                       : "labels.csv:3: '426783006.0' is left out, expected a SNOMED CT code; 1 such"));
        lw_record_list_free(&list);
    }
}

static void a_rounded_code_is_noted(void **state) {
    (void)state;
    put("rounded/a.hea", "a 1 500 10\n");
    put("rounded/labels.csv", "record,codes\na,426783000|426783006\n");
    lw_record_list *list = scan("rounded");
    assert_codes(list, 0, "426783000 426783006 ");
    assert_int_equal(lw_record_list_note_count(list), 1);
    assert_non_null(strstr(lw_record_list_note(list, 0), "labels.csv:2: 426783000 is none of SNOMED CT"));
    lw_record_list_free(&list);
}

static void recordings_without_a_line_are_noted(void **state) {
    (void)state;
    put("some/a.hea", "a 1 500 10\n");
    put("some/b.hea", "b 1 500 10\n");
    put("some/c.hea", "c 1 500 10\n");
    put("some/labels.csv", "record,codes\nb,426783006\n");
    put("some/none/labels.csv", "record,codes\nb,426783006\n");
    const char *const *codes;
    size_t count;
    lw_record_list *list = scan("some");
    assert_false(lw_record_list_codes(list, 0, &codes, &count));
    assert_codes(list, 1, "426783006 ");
    assert_int_equal(lw_record_list_note_count(list), 2);
    assert_non_null(
        strstr(lw_record_list_note(list, 0), "labels.csv: has no line for 2 of 3 recordings, a.hea the first"));
    assert_non_null(strstr(lw_record_list_note(list, 1), "none/labels.csv: no recording lies beside it"));
    lw_record_list_free(&list);
}

static void a_group_column_names_the_patient(void **state) {
    (void)state;
    const char *const *codes;
    size_t count;
    put("who/a.hea", "a 1 500 10\n");
    put("who/b.hea", "b 1 500 10\n");
    put("who/c.hea", "c 1 500 10\n");
    put("who/labels.csv", "record,patient_id,codes\na,15709,426783006\nb,15709,164889003\nc,,426783006\n");
    lw_record_list *list = scan("who");
    assert_codes(list, 1, "164889003 ");
    assert_string_equal(lw_record_list_group(list, 0), "15709");
    assert_string_equal(lw_record_list_group(list, 1), "15709");
    assert_string_equal(lw_record_list_group(list, 2), "");
    lw_record_list_free(&list);
    put("who/labels.csv", "record,group\na,x\n"); /* patients alone: headers keep their diagnoses */
    list = scan("who");
    assert_false(lw_record_list_codes(list, 0, &codes, &count));
    assert_string_equal(lw_record_list_group(list, 0), "x");
    assert_string_equal(lw_record_list_group(list, 1), "");
    lw_record_list_free(&list);
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
        cmocka_unit_test(hidden_files_and_folders_are_passed_over),
        cmocka_unit_test(suffixes_may_be_in_capital_letters),
        cmocka_unit_test(tables_of_leads_are_recordings_and_other_tables_are_none),
        cmocka_unit_test(a_copy_of_a_recording_in_another_format_is_not_listed),
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
        cmocka_unit_test(a_zero_byte_anywhere_in_labels_is_refused),
        cmocka_unit_test(tables_of_many_kinds_assign_the_same_codes),
        cmocka_unit_test(a_rounded_code_is_noted),
        cmocka_unit_test(recordings_without_a_line_are_noted),
        cmocka_unit_test(a_group_column_names_the_patient),
        cmocka_unit_test(who_needs_no_labels_does_not_read_them),
        cmocka_unit_test(shared_names_become_unique),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
