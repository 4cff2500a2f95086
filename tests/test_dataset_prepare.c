/* These tests go from folders of recordings to one prepared file: contents, order, rejections, and the same bytes for
 * any number of threads. */
#include "support.h"

#include <dirent.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <jansson.h>

#include "base/file.h"
#include "leadwise/dataset.h"

enum { RATE_HZ = 500, SAMPLES = 5000, LEADS = 2 };

/* A record of two leads in format 16: a wave of `period` samples. The checksum of the second lead is wrong by `error`.
 */
static void write_record(const char *folder, const char *name, int samples, int period, const char *comments,
                         int error) {
    lw_error err = {0};
    char header[600], file[200];
    int16_t *frames = calloc((size_t)samples * LEADS, sizeof *frames);
    int sum[LEADS] = {0};
    assert_non_null(frames);
    for (int t = 0; t < samples; t++)
        for (int h = 0; h < LEADS; h++) {
            frames[t * LEADS + h] = (int16_t)lrint(1000 * sin(2 * 3.14159265358979 * t / period + h));
            sum[h] += frames[t * LEADS + h];
        }
    snprintf(header, sizeof header,
             "%s 2 %d %d\n%s.dat 16 1000/mV 16 0 %d %d 0 I\n%s.dat 16 1000/mV 16 0 %d %d 0 II\n%s", name, RATE_HZ,
             samples, name, frames[0], (int16_t)sum[0], name, frames[1], (int16_t)(sum[1] + error), comments);
    lwt_assert_ok(lw_folder_create(lwt_temp_path(folder), &err), &err);
    snprintf(file, sizeof file, "%s/%s.hea", folder, name);
    lwt_write_file(lwt_temp_path(file), header, strlen(header));
    snprintf(file, sizeof file, "%s/%s.dat", folder, name);
    lwt_write_file(lwt_temp_path(file), frames, (size_t)samples * LEADS * sizeof *frames);
    free(frames);
}

/* Two folders: five records that can be used, one too short, one without its signals. */
static void write_records(void **state) {
    (void)state;
    write_record("in/one", "A1", SAMPLES, 400, "#Age: 61\n#Sex: Female\n#Dx: 426783006\n", 0);
    write_record("in/one", "A2", SAMPLES, 300, "#Age: 40\n#Sex: Male\n#Dx: 164889003,426783006\n", 0);
    write_record("in/one", "A3", 50, 20, "#Dx: 426783006\n", 0);
    write_record("in/two", "A1", SAMPLES, 350, "#Dx: 368009\n", 0);
    write_record("in/two", "B1", SAMPLES / 2, 350, "#Dx: 426783006\n", 0);
    write_record("in/two", "B2", SAMPLES, 250, "#Dx: 426783006\n", 5);
    write_record("in/two", "B3", SAMPLES, 250, "#Dx: 426783006\n", 0);
    remove(lwt_temp_path("in/two/B3.dat"));
    const char labels[] = "record,codes\nB1,164889003\n";
    lwt_write_file(lwt_temp_path("in/two/labels.csv"), labels, strlen(labels));
}

/* What the hooks heard. */
typedef struct heard {
    size_t rejected, calls, stop_at, last_done;
    char paths[8][300];
    lw_status statuses[8];
} heard;

static bool hear_progress(void *context, size_t done, size_t total) {
    heard *h = context;
    assert_true(done <= total && done >= h->last_done);
    h->last_done = done;
    return ++h->calls != h->stop_at;
}

static void hear_reject(void *context, const char *path, lw_status status, const char *sentence) {
    heard *h = context;
    assert_true(h->rejected < 8);
    snprintf(h->paths[h->rejected], sizeof h->paths[0], "%s", path);
    h->statuses[h->rejected++] = status;
    assert_true(strlen(sentence) > 0);
}

/* Prepare `in` into `out`. */
static lw_status prepare(const char *in, const char *out, int threads, heard *hear, lw_prepare_summary *summary,
                         lw_error *err) {
    const char *path = lwt_temp_path(in);
    lw_record_list *list = NULL;
    lw_class_list *classes = NULL;
    lw_prepare_options options = {
        .size = sizeof options, .preprocessing = lw_preprocessing_default(), .threads = threads};
    lw_prepare_hooks hooks = {sizeof hooks, hear_progress, hear_reject, hear, NULL};
    lwt_assert_ok(lw_lead_set_parse("2", &options.leads, err), err);
    lwt_assert_ok(lw_class_list_scored(2021, false, &classes, err), err);
    lwt_assert_ok(lw_record_list_scan(&path, 1, NULL, &list, err), err);
    options.classes = classes;
    lw_status status = lw_prepare(list, &options, !hear ? NULL : &hooks, lwt_temp_path(out), summary, err);
    lw_record_list_free(&list);
    lw_class_list_free(&classes);
    return status;
}

static lw_dataset *prepare_and_open(const char *out, heard *hear, lw_prepare_summary *summary) {
    lw_error err = {0};
    lw_dataset *dataset = NULL;
    lwt_assert_ok(prepare("in", out, 2, hear, summary, &err), &err);
    lwt_assert_ok(lw_dataset_open(lwt_temp_path(out), &dataset, &err), &err);
    return dataset;
}

static bool has_label(const lw_dataset *d, size_t i, const char *code) {
    return lw_dataset_labels(d, i)[lw_class_find(lw_dataset_classes(d), code)] == 1;
}

static void the_file_holds_what_the_records_say(void **state) {
    (void)state;
    lw_dataset *d = prepare_and_open("said.safetensors", NULL, NULL);
    const char *const names[] = {"one/A1", "A2", "two/A1", "B1", "B2"};
    const char *const sources[] = {"one", "one", "two", "two", "two"};
    assert_int_equal(lw_dataset_record_count(d), 5);
    assert_int_equal(lw_dataset_sample_count(d), 1000);
    for (size_t i = 0; i < 5; i++) {
        assert_string_equal(lw_dataset_name(d, i), names[i]);
        assert_string_equal(lw_dataset_source(d, i), sources[i]);
    }
    assert_true(lw_dataset_age_years(d, 0) == 61 && lw_dataset_sex(d, 0) == LW_SEX_FEMALE);
    assert_true(lw_dataset_age_years(d, 1) == 40 && lw_dataset_sex(d, 1) == LW_SEX_MALE);
    assert_true(isnan(lw_dataset_age_years(d, 2)) && lw_dataset_sex(d, 2) == LW_SEX_UNKNOWN);
    assert_true(has_label(d, 0, "426783006") && !has_label(d, 0, "164889003"));
    assert_true(has_label(d, 1, "426783006") && has_label(d, 1, "164889003"));
    assert_false(has_label(d, 2, "426783006"));
    assert_true(has_label(d, 3, "164889003") && !has_label(d, 3, "426783006")); /* labels.csv */
    lw_dataset_free(&d);
}

/* A file is the same as ever where no patient is known, and has one text more where one is. */
static void the_file_keeps_the_groups_that_are_known(void **state) {
    (void)state;
    const char labels[] = "record,codes,group\nB1,164889003,\nB2,426783006,p 7\nB3,426783006,p9\n";
    lw_dataset *d = prepare_and_open("ungrouped.safetensors", NULL, NULL);
    assert_string_equal(lw_dataset_group(d, 4), "");
    lw_dataset_free(&d);
    lwt_write_file(lwt_temp_path("in/two/labels.csv"), labels, strlen(labels));
    d = prepare_and_open("grouped.safetensors", NULL, NULL);
    assert_int_equal(lw_dataset_record_count(d), 5);
    for (size_t i = 0; i < 5; i++)
        assert_string_equal(lw_dataset_group(d, i), i == 4 ? "p 7" : "");
    assert_true(has_label(d, 3, "164889003"));
    lw_dataset_free(&d);
    write_records(NULL);
}

static void signals_are_those_of_lw_prepare_record(void **state) {
    (void)state;
    lw_error err = {0};
    lw_dataset *d = prepare_and_open("signals.safetensors", NULL, NULL);
    lw_record *record = NULL;
    lw_preparer *preparer = NULL;
    float expected[LEADS * 1000];
    lwt_assert_ok(lw_preparer_create(lw_dataset_leads(d), lw_dataset_preprocessing(d), false, &preparer, &err), &err);
    lwt_assert_ok(lw_record_read(lwt_temp_path("in/two/B1.hea"), NULL, &record, &err), &err);
    lwt_assert_ok(lw_prepare_record(preparer, record, 0, expected, NULL, &err), &err);
    assert_memory_equal(lw_dataset_signals(d, 3), expected, sizeof expected);
    assert_true(lw_dataset_signal_hash(d, 3) != lw_dataset_signal_hash(d, 4));
    lw_record_free(&record);
    lw_preparer_free(&preparer);
    lw_dataset_free(&d);
}

static void rejected_records_are_told_in_order(void **state) {
    (void)state;
    heard hear = {0};
    lw_prepare_summary summary = {0};
    lw_dataset *d = prepare_and_open("rejected.safetensors", &hear, &summary);
    assert_int_equal(hear.rejected, 2);
    assert_string_equal(hear.paths[0], lwt_temp_path("in/one/A3.hea"));
    assert_int_equal(hear.statuses[0], LW_ERR_TOO_SHORT);
    assert_string_equal(hear.paths[1], lwt_temp_path("in/two/B3.hea"));
    assert_int_equal(hear.last_done, 7);
    assert_int_equal(summary.record_count, 5);
    assert_int_equal(summary.rejected_count, 2);
    assert_int_equal(summary.warned_count, 1);
    assert_int_equal(summary.unlabelled_count, 1);
    lw_prepare_summary_free(&summary);
    lw_dataset_free(&d);
}

static json_int_t count_at(const json_t *root, const char *object, const char *key) {
    return json_integer_value(json_object_get(json_object_get(root, object), key));
}

static void the_summary_counts(void **state) {
    (void)state;
    lw_prepare_summary summary = {0};
    lw_dataset *d = prepare_and_open("summary.safetensors", NULL, &summary);
    json_t *root = json_loads(summary.json, 0, NULL);
    assert_non_null(root);
    assert_int_equal(count_at(root, "sources", "one"), 2);
    assert_int_equal(count_at(root, "sources", "two"), 3);
    assert_int_equal(count_at(root, "rates_hz", "500"), 5);
    assert_int_equal(count_at(root, "lengths_s", "10"), 4);
    assert_int_equal(count_at(root, "lengths_s", "5_to_10"), 1);
    const json_t *rejections = json_object_get(root, "rejections");
    assert_int_equal(json_array_size(rejections), 2);
    assert_string_equal(json_string_value(json_object_get(json_array_get(rejections, 0), "code")), "TOO_SHORT");
    json_int_t labels = 0;
    size_t i;
    json_t *entry;
    json_array_foreach(json_object_get(root, "classes"), i, entry) labels +=
        json_integer_value(json_object_get(entry, "records"));
    assert_int_equal(labels, 5); /* A1: 1, A2: 2, A1: 0, B1: 1, B2: 1 */
    assert_int_equal(json_array_size(json_object_get(root, "leads")), LEADS);
    json_decref(root);
    lw_prepare_summary_free(&summary);
    assert_null(summary.json);
    lw_dataset_free(&d);
}

/* 500 samples a second: a sample short of 5 s, 5 s, a tenth of a second and more around 10 s, 60 s and a sample more. */
static void lengths_are_counted_by_their_bounds(void **state) {
    (void)state;
    static const int samples[] = {2499, 2500, 4949, 4951, 5049, 5051, 30000, 30001};
    lw_error err = {0};
    lw_prepare_summary summary = {0};
    for (size_t i = 0; i < sizeof samples / sizeof *samples; i++) {
        char name[20];
        snprintf(name, sizeof name, "L%zu", i);
        write_record("lengths", name, samples[i], 300 + (int)i, "", 0);
    }
    lwt_assert_ok(prepare("lengths", "lengths.safetensors", 1, NULL, &summary, &err), &err);
    json_t *root = json_loads(summary.json, 0, NULL);
    static const char *const names[] = {"under_5", "5_to_10", "10", "10_to_60", "over_60"};
    static const json_int_t expected[] = {1, 2, 2, 2, 1};
    for (size_t i = 0; i < 5; i++)
        assert_int_equal(count_at(root, "lengths_s", names[i]), expected[i]);
    json_decref(root);
    lw_prepare_summary_free(&summary);
}

static void any_number_of_threads_gives_the_same_bytes(void **state) {
    (void)state;
    lw_error err = {0};
    size_t lengths[2];
    lwt_assert_ok(prepare("in", "t1.safetensors", 1, NULL, NULL, &err), &err);
    lwt_assert_ok(prepare("in", "t3.safetensors", 3, NULL, NULL, &err), &err);
    char *one = lwt_read_file(lwt_temp_path("t1.safetensors"), &lengths[0]);
    char *three = lwt_read_file(lwt_temp_path("t3.safetensors"), &lengths[1]);
    assert_int_equal(lengths[0], lengths[1]);
    assert_memory_equal(one, three, lengths[0]);
    free(one);
    free(three);
}

static void stopping_leaves_nothing(void **state) {
    (void)state;
    lw_error err = {0};
    heard hear = {.stop_at = 2};
    lwt_assert_ok(lw_folder_create(lwt_temp_path("stopped"), &err), &err);
    lwt_assert_fails(prepare("in", "stopped/x.safetensors", 1, &hear, NULL, &err), LW_ERR_INTERRUPTED, &err,
                     "x.safetensors");
    DIR *folder = opendir(lwt_temp_path("stopped"));
    assert_non_null(folder);
    for (const struct dirent *entry; (entry = readdir(folder));)
        assert_true(entry->d_name[0] == '.');
    closedir(folder);
}

static void no_usable_record_is_an_error(void **state) {
    (void)state;
    lw_error err = {0};
    write_record("short", "S1", 50, 20, "", 0);
    lwt_assert_fails(prepare("short", "short.safetensors", 1, NULL, NULL, &err), LW_ERR_NO_SIGNAL, &err,
                     "none of 1 records");
    lwt_assert_ok(lw_folder_create(lwt_temp_path("void"), &err), &err);
    lwt_assert_fails(prepare("void", "void.safetensors", 1, NULL, NULL, &err), LW_ERR_NO_SIGNAL, &err, NULL);
    lwt_assert_fails(prepare("in", "nowhere/out.safetensors", 1, NULL, NULL, &err), LW_ERR_IO, &err, "nowhere/out");
}

/* The file as a reader sees it that knows nothing of ours. */
static void python_reads_it(void **state) {
    (void)state;
    if (system("python3 -c pass >/dev/null 2>&1") != 0)
        skip();
    static const char script[] =
        "import json, struct, sys\n"
        "raw = open(sys.argv[1], 'rb').read(); n = struct.unpack('<Q', raw[:8])[0]; head = json.loads(raw[8:8 + n])\n"
        "meta = head.pop('__metadata__'); size = dict(F32=4, U32=4, U16=2, U8=1); at = 0\n"
        "for v in sorted(head.values(), key=lambda v: v['data_offsets']):\n"
        "    count = 1\n"
        "    for s in v['shape']: count *= s\n"
        "    assert v['data_offsets'] == [at, at + count * size[v['dtype']]]; at = v['data_offsets'][1]\n"
        "assert 8 + n + at == len(raw) and (8 + n) % 64 == 0\n"
        "assert head['signals']['dtype'] == 'F32' and head['signals']['shape'] == [5, 2, 1000]\n"
        "assert head['labels']['dtype'] == 'U8' and head['labels']['shape'] == [5, 30]\n"
        "assert json.loads(meta['leadwise.records']) == ['one/A1', 'A2', 'two/A1', 'B1', 'B2']\n"
        "assert json.loads(meta['leadwise.leads']) == ['I', 'II']\n"
        "assert json.loads(meta['leadwise.preprocessing'])['band_hz'] == [0.05, 35]\n"
        "assert len(json.loads(meta['leadwise.classes'])) == 30\n";
    lw_dataset *d = prepare_and_open("python.safetensors", NULL, NULL);
    lw_dataset_free(&d);
    char command[2000];
    lwt_write_file(lwt_temp_path("read.py"), script, strlen(script));
    snprintf(command, sizeof command, "python3 '%s' '%s'", lwt_temp_path("read.py"),
             lwt_temp_path("python.safetensors"));
    assert_int_equal(system(command), 0);
}

static void real_copies_share_a_hash(void **state) {
    (void)state;
    const char *paths[] = {lwt_shared("data/challenge/E07509.hea"), lwt_shared("data/challenge/E07510.hea"),
                           lwt_shared("data/challenge/A0001.hea")};
    lw_error err = {0};
    lw_record_list *list = NULL;
    lw_class_list *classes = NULL;
    lw_dataset *d = NULL;
    lw_prepare_options options = {.size = sizeof options, .preprocessing = lw_preprocessing_default()};
    lwt_assert_ok(lw_lead_set_parse("12", &options.leads, &err), &err);
    lwt_assert_ok(lw_class_list_scored(2021, false, &classes, &err), &err);
    lwt_assert_ok(lw_record_list_scan(paths, 3, NULL, &list, &err), &err);
    options.classes = classes;
    lwt_assert_ok(lw_prepare(list, &options, NULL, lwt_temp_path("copies.safetensors"), NULL, &err), &err);
    lwt_assert_ok(lw_dataset_open(lwt_temp_path("copies.safetensors"), &d, &err), &err);
    assert_int_equal(lw_dataset_record_count(d), 3);
    assert_true(lw_dataset_signal_hash(d, 0) == lw_dataset_signal_hash(d, 1));
    assert_true(lw_dataset_signal_hash(d, 0) != lw_dataset_signal_hash(d, 2));
    lw_dataset_free(&d);
    lw_record_list_free(&list);
    lw_class_list_free(&classes);
}

static int set_up(void **state) {
    write_records(state);
    return 0;
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_file_holds_what_the_records_say),
        cmocka_unit_test(the_file_keeps_the_groups_that_are_known),
        cmocka_unit_test(signals_are_those_of_lw_prepare_record),
        cmocka_unit_test(rejected_records_are_told_in_order),
        cmocka_unit_test(the_summary_counts),
        cmocka_unit_test(lengths_are_counted_by_their_bounds),
        cmocka_unit_test(any_number_of_threads_gives_the_same_bytes),
        cmocka_unit_test(stopping_leaves_nothing),
        cmocka_unit_test(no_usable_record_is_an_error),
        cmocka_unit_test(python_reads_it),
        cmocka_unit_test(real_copies_share_a_hash),
    };
    return cmocka_run_group_tests(tests, set_up, NULL);
}
