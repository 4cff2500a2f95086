/** @file test_record_hostile.c: files that lie, truncated files, what is no file at all, and random damage. */
#include "record_support.h"

#include <sys/stat.h>
#include <unistd.h>

static const char header_text[] = "h 2 500 4 12-May-2020 12:33:59\n"
                                  "h.dat 16x1 200.5(1)/mV 16 0 1 16 0 I\n"
                                  "h.dat 16:0 200/uV 16 0 -2 -20 0 lead II\n"
                                  "#Age: 74\n#Sex: Male\n#Dx: 59118001,426783006\n";

static lw_status read_file(const char *name, lw_error *err) {
    lw_record *r = NULL;
    *err = (lw_error){0};
    lw_status status = lw_record_read(lwt_temp_path(name), NULL, &r, err);
    assert_true((status == LW_OK) == (bool)r);
    lw_record_free(&r);
    return status;
}

static void expect(const char *name, lw_status status, const char *part) {
    lw_error err;
    lwt_assert_fails(read_file(name, &err), status, &err, part);
}

static void write_text(const char *name, const char *text) { lwt_write_file(lwt_temp_path(name), text, strlen(text)); }

static void write_samples(const char *name) {
    lwt_write_file(lwt_temp_path(name), lwt_two_signals, sizeof lwt_two_signals);
}

static void paths_out_of_the_folder_are_refused(void **state) {
    (void)state;
    lw_error err;
    write_text("h.hea", header_text);
    write_samples("h.dat");
    lwt_assert_ok(read_file("h.hea", &err), &err);
    lwt_assert_ok(read_file("h", &err), &err);
    lwt_assert_ok(read_file("h.dat", &err), &err);
    expect("nothing", LW_ERR_IO, "nothing: cannot open");
    expect("nothing.mat", LW_ERR_IO, "nothing.hea: cannot open");
    expect("no/folder.hea", LW_ERR_IO, "folder.hea: cannot open: ");
    assert_int_equal(mkdir(lwt_temp_path("folder"), 0700), 0);
    expect("folder", LW_ERR_FORMAT, "folder: not a regular file");
    expect("folder/", LW_ERR_FORMAT, "folder/");
    assert_int_equal(mkdir(lwt_temp_path("h2"), 0700), 0); /* a folder beside the header of the same name */
    write_text("h2.hea", "h2 1 500\nh.dat 16\n");
    lwt_assert_ok(read_file("h2", &err), &err);
}

static void what_a_header_says_never_leaves_its_folder(void **state) {
    (void)state;
    assert_int_equal(mkdir(lwt_temp_path("sub"), 0700), 0);
    write_samples("secret.dat");
    write_text("sub/up.hea", "up 1 500\n../secret.dat 16\n");
    expect("sub/up", LW_ERR_FORMAT, "up.hea:2: file '../secret.dat'");
    write_text("sub/gone.hea", "gone 2 500\n../nothing.dat 16\n./x.dat 16\n");
    expect("sub/gone", LW_ERR_FORMAT, "gone.hea:2: file '../nothing.dat'");
    write_text("sub/root.hea", "root 1 500\n/etc/passwd 16\n");
    expect("sub/root", LW_ERR_FORMAT, "root.hea:2: file '/etc/passwd'");
    assert_int_equal(symlink("..", lwt_temp_path("sub/parent")), 0);
    write_text("sub/through.hea", "through 1 500\nparent/secret.dat 16\n");
    expect("sub/through", LW_ERR_FORMAT, "through.hea:2: ");
    assert_int_equal(symlink("up.hea", lwt_temp_path("sub/alias.hea")), 0);
    expect("sub/alias", LW_ERR_FORMAT, "alias.hea:2: file '../secret.dat'");
    assert_int_equal(mkdir(lwt_temp_path("sub/deep"), 0700), 0);
    assert_int_equal(symlink("../../secret.dat", lwt_temp_path("sub/deep/far.dat")), 0);
    write_text("sub/far.hea", "far 1 500\ndeep/far.dat 16\n"); /* the link does not stand beside the header */
    expect("sub/far", LW_ERR_FORMAT, "far.hea:2: ");
    assert_int_equal(symlink("/dev/zero", lwt_temp_path("sub/zero.dat")), 0);
    write_text("sub/zero.hea", "zero 1 500 4\nzero.dat 16\n");
    expect("sub/zero", LW_ERR_FORMAT, "zero.hea:2: ");
    write_text("below.hea", "below 1 500\nsub/own.dat 16\n");
    write_samples("sub/own.dat");
    lw_error err;
    lwt_assert_ok(read_file("below", &err), &err);
}

/* Files of git-annex, folders of a split, and a link to the header alone. */
static void links_beside_the_header_are_followed(void **state) {
    (void)state;
    lw_error err;
    assert_int_equal(mkdir(lwt_temp_path("store"), 0700), 0);
    assert_int_equal(mkdir(lwt_temp_path("split"), 0700), 0);
    write_text("store/r.hea", "r 2 500\nr.dat 16\nr.dat 16\n");
    write_samples("store/r.dat");
    assert_int_equal(symlink("../store/r.hea", lwt_temp_path("split/r.hea")), 0);
    lwt_assert_ok(read_file("split/r", &err), &err); /* r.dat lies beside the file that the link leads to */
    assert_int_equal(symlink("../store/r.dat", lwt_temp_path("split/r.dat")), 0);
    lwt_assert_ok(read_file("split/r", &err), &err);
    lwt_assert_ok(read_file("split/r.dat", &err), &err);
    write_text("split/own.hea", "own 2 500\nr.dat 16\nr.dat 16\n");
    lwt_assert_ok(read_file("split/own.hea", &err), &err);
    assert_int_equal(symlink("nowhere", lwt_temp_path("split/gone.dat")), 0);
    write_text("split/gone.hea", "gone 1 500\ngone.dat 16\n");
    expect("split/gone", LW_ERR_IO, "gone.hea:2: ");
    assert_int_equal(symlink("self.hea", lwt_temp_path("split/self.hea")), 0);
    expect("split/self", LW_ERR_FORMAT, "self.hea: symbolic link");
}

static void names_in_capital_letters_are_found(void **state) {
    (void)state;
    lw_error err;
    assert_int_equal(mkdir(lwt_temp_path("disc"), 0700), 0);
    write_text("disc/B1.HEA", "B1 2 500\nb1.dat 16\nb1.dat 16\n");
    write_samples("disc/B1.DAT");
    lwt_assert_ok(read_file("disc/B1", &err), &err);
    lwt_assert_ok(read_file("disc/B1.HEA", &err), &err);
    lwt_assert_ok(read_file("disc/B1.DAT", &err), &err);
    write_text("disc/m.hea", "m/2 2 500\nb1 4\n~ 2\n");
    lwt_assert_ok(read_file("disc/m", &err), &err);
    write_samples("disc/b1.DAT"); /* which of the two is meant? */
    expect("disc/B1", LW_ERR_IO, "B1.HEA:2: ");
    write_text("disc/a.rec.hea", "a.rec 2 500\na.rec 16\na.rec 16\n");
    write_samples("disc/a.rec"); /* the header of a name that has a suffix already */
    lwt_assert_ok(read_file("disc/a.rec", &err), &err);
    lwt_assert_ok(read_file("disc/a.rec.hea", &err), &err);
    expect("disc/a", LW_ERR_IO, "a: cannot open");
}

static void what_is_no_regular_file_is_refused(void **state) {
    (void)state;
    assert_int_equal(mkfifo(lwt_temp_path("fifo.dat"), 0600), 0);
    write_text("fifo.hea", "fifo 1 500 4\nfifo.dat 16\n");
    expect("fifo", LW_ERR_FORMAT, "fifo.hea:2: "); /* and does not wait for a writer */
    assert_int_equal(mkfifo(lwt_temp_path("pipe.hea"), 0600), 0);
    expect("pipe", LW_ERR_FORMAT, "pipe.hea: not a regular file");
    assert_int_equal(mkdir(lwt_temp_path("dir.dat"), 0700), 0);
    write_text("dir.hea", "dir 1 500 4\ndir.dat 16\n");
    expect("dir", LW_ERR_FORMAT, "dir.hea:2: ");
    write_text("empty.dat", "");
    write_text("empty.hea", "empty 1 500 4\nempty.dat 16\n");
    expect("empty", LW_ERR_FORMAT, "empty.hea:2: empty.dat holds 0 bytes, expected 8");
}

static lw_status parse_bytes(const char *name, const char *text, size_t length, lw_record **out, lw_error *err) {
    lw_record_file files[] = {{name, text, length}, {"h.dat", lwt_two_signals, sizeof lwt_two_signals}};
    *out = NULL;
    *err = (lw_error){0};
    return lw_record_parse(files, 2, NULL, out, err);
}

/** A failure has one sentence on one line; a success has samples. */
static void check_outcome(lw_status status, lw_record *r, const lw_error *err) {
    assert_true((status == LW_OK) == (bool)r);
    if (status != LW_OK) {
        assert_int_equal(err->status, status);
        assert_true(strlen(err->message) > 10 && !strpbrk(err->message, "\n\r\x1B"));
        return;
    }
    assert_in_range(lw_record_lead_count(r), 1, 64);
    assert_true(lw_record_sample_count(r) > 0);
    for (size_t i = 0; i < lw_record_lead_count(r); i++)
        assert_true(lw_record_lead(r, i)->missing_count <= lw_record_sample_count(r));
}

static void a_header_cut_anywhere_does_no_harm(void **state) {
    (void)state;
    const size_t shortest = (size_t)(strstr(header_text, "h.dat 16:0") - header_text) + strlen("h.dat 16");
    for (size_t length = 0; length < sizeof header_text; length++) {
        lw_record *r;
        lw_error err;
        char *exact = malloc(length ? length : 1); /* the sanitisers see a read behind the end */
        assert_non_null(exact);
        memcpy(exact, header_text, length);
        lw_status status = parse_bytes("h.hea", exact, length, &r, &err);
        check_outcome(status, r, &err);
        if (length < shortest)
            assert_true(status == LW_ERR_FORMAT || status == LW_ERR_UNSUPPORTED); /* "16" may end as format 1 */
        lw_record_free(&r);
        free(exact);
    }
}

static void a_signal_cut_anywhere_does_no_harm(void **state) {
    (void)state;
    for (size_t length = 0; length <= sizeof lwt_two_signals; length++) {
        lw_record_file files[] = {{"h.hea", header_text, sizeof header_text - 1}, {"h.dat", lwt_two_signals, length}};
        lw_record *r = NULL;
        lw_error err;
        lw_status status = lw_record_parse(files, 2, NULL, &r, &err);
        if (length < sizeof lwt_two_signals)
            lwt_assert_fails(status, LW_ERR_FORMAT, &err, "expected 16 for 4 samples of 2 signals");
        else
            lwt_assert_ok(status, &err);
        lw_record_free(&r);
    }
}

static void any_byte_anywhere_does_no_harm(void **state) {
    (void)state;
    lw_record *r;
    lw_error err;
    static const char zero[] = "h 1 500 4\0\nh.dat 16\n";
    lwt_assert_fails(parse_bytes("h.hea", zero, sizeof zero - 1, &r, &err), LW_ERR_FORMAT, &err, "h.hea: a zero byte");
    enum { MEGABYTE = 1 << 20 };
    char *line = malloc(MEGABYTE + 1);
    assert_non_null(line);
    memset(line, 'a', MEGABYTE + 1);
    lwt_assert_fails(parse_bytes("h.hea", line, MEGABYTE, &r, &err), LW_ERR_FORMAT, &err, "h.hea:1: number of signals");
    lwt_assert_fails(parse_bytes("h.hea", line, MEGABYTE + 1, &r, &err), LW_ERR_FORMAT, &err,
                     "h.hea: a header of 1048577 bytes, expected at most 1048576");
    memset(line, '#', MEGABYTE);
    memcpy(line, header_text, sizeof header_text - 1); /* a comment of a megabyte is none of our business */
    lwt_assert_ok(parse_bytes("h.hea", line, MEGABYTE, &r, &err), &err);
    lw_record_free(&r);
    for (size_t i = sizeof header_text; i + 1 < MEGABYTE; i += 2)
        memcpy(line + i, "1,", 2);
    memcpy(line + sizeof header_text, "\n#Dx:", 5);
    lwt_assert_ok(parse_bytes("h.hea", line, MEGABYTE, &r, &err), &err); /* half a million equal diagnoses */
    lw_record_free(&r);
    free(line);
    lwt_assert_fails(parse_bytes("h.hea", "\x1B[31m 1 5\x1B", 10, &r, &err), LW_ERR_FORMAT, &err, NULL);
    assert_null(strchr(err.message, '\x1B'));
    lwt_assert_fails(lw_record_parse(NULL, 0, NULL, &r, &err), LW_ERR_ARGUMENT, &err, "no files given");
    assert_int_equal(lw_record_parse(NULL, 0, NULL, &r, NULL), LW_ERR_ARGUMENT); /* err may be NULL */
}

static uint32_t next_random(uint32_t *state) {
    *state = *state * 1664525U + 1013904223U;
    return *state >> 8;
}

/** Change, insert, delete or repeat a few bytes; returns the new length. */
static size_t mutate(char *text, size_t length, size_t capacity, uint32_t *random) {
    static const char interesting[] = "0123456789-+.:/x()~#,;\n\t eE\0\xFF";
    for (uint32_t edits = 1 + next_random(random) % 4; edits > 0 && length > 1; edits--) {
        size_t at = next_random(random) % length;
        char byte = interesting[next_random(random) % (sizeof interesting - 1)];
        switch (next_random(random) % 5) {
        case 0:
            text[at] ^= (char)(1U << next_random(random) % 8);
            break;
        case 1:
            text[at] = byte;
            break;
        case 2:
            memmove(text + at, text + at + 1, --length - at);
            break;
        case 3:
            length = at > 0 ? at : 1;
            break;
        default:
            if (length < capacity) {
                memmove(text + at + 1, text + at, length++ - at);
                text[at] = byte;
            }
        }
    }
    return length;
}

static void random_damage_does_no_harm(void **state) {
    (void)state;
    static const struct {
        const char *name, *text;
    } seeds[] = {
        {"h.hea", header_text},
        {"h.hea", "h 2 125\nh.dat 212x2 1/mV\nh.dat 212:1\n#Dx: 1,2\n"},
        {"h.hea", "h 1 500\nh.dat 8+3 12.5(-16)/mmHg 12 0 5 5 0 ABP\n"},
        {"h.hea", "h 3 250/4.5(0) 0 1:2:3 1/2/3\nh.dat 311\n~ 0x3\n~ 0\n"},
        {"h.hea", "h/3 1 500 7\ns 4\n~ 2\ns 1\n"},
        {"h.hea", "h/4 1 500\ns 4\n* 2\ngone 3\ns 4\n#<age>: 60 <sex>: F Age: > 89+ years old\n# 69/F x\n"},
        {"h.hea", "h 2 500 4\nh.dat 16 -2/mV 16 0 0 0 0 I\nh.dat 16 nan(3)/degC 16 0 0 0 0 Temp\n"},
        {"h.hea", "h 1 250 4\nh.dat 516\n"},
        {"h.csv", "#fs: 500\nI,II (uV),III\n1,2,3\n4,nan,6\n"},
        {"h.csv", "time (ms);I;x\n0;1;2\n2;3;4\n4;5;6\n"},
        {"h", "h 2 500 4\nh.dat 16\nh.dat 16\n"},
    };
    enum { ROUNDS = 20000, CAPACITY = 256 };
    static const char segment[] = "s 1 500 4\nh.dat 24\n";
    char text[CAPACITY];
    uint32_t random = 20202021;
    size_t read = 0;
    for (int round = 0; round < ROUNDS; round++) {
        size_t which = (size_t)round % (sizeof seeds / sizeof *seeds), length = strlen(seeds[which].text);
        memcpy(text, seeds[which].text, length);
        length = mutate(text, length, CAPACITY, &random);
        lw_record_options options = {
            .size = sizeof options, .max_samples = 1 << 16, .strict = round % 7 == 0, .rate_hz = round % 3 ? 500 : 0};
        lw_record_file files[] = {{seeds[which].name, text, length},
                                  {"h.dat", lwt_two_signals, sizeof lwt_two_signals},
                                  {"s.hea", segment, sizeof segment - 1}};
        lw_record *r = NULL;
        lw_error err = {0};
        lw_status status = lw_record_parse(files, 3, &options, &r, &err);
        check_outcome(status, r, &err);
        read += status == LW_OK;
        lw_record_free(&r);
    }
    assert_in_range(read, ROUNDS / 50, ROUNDS - ROUNDS / 50); /* else the damage tests nothing */
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(paths_out_of_the_folder_are_refused),
        cmocka_unit_test(what_a_header_says_never_leaves_its_folder),
        cmocka_unit_test(links_beside_the_header_are_followed),
        cmocka_unit_test(names_in_capital_letters_are_found),
        cmocka_unit_test(what_is_no_regular_file_is_refused),
        cmocka_unit_test(a_header_cut_anywhere_does_no_harm),
        cmocka_unit_test(a_signal_cut_anywhere_does_no_harm),
        cmocka_unit_test(any_byte_anywhere_does_no_harm),
        cmocka_unit_test(random_damage_does_no_harm),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
