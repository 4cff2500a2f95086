/* Tests of prepared files: what a valid one holds, and the sentence for each way of being invalid. */
#include "dataset_support.h"

#include <math.h>

#include "dataset/batch.h"

enum { RECORDS = 4 };

static void a_good_file_gives_what_was_written(void **state) {
    (void)state;
    lwt_data data = lwt_data_create(RECORDS, 0);
    lw_dataset *d = lwt_data_open(&data, NULL, "good");
    assert_int_equal(lw_dataset_record_count(d), RECORDS);
    assert_int_equal(lw_dataset_sample_count(d), LWT_SAMPLES);
    assert_int_equal(lw_dataset_leads(d)->count, 2);
    assert_string_equal(lw_dataset_leads(d)->name[1], "II");
    assert_true(lw_dataset_preprocessing(d)->band_hz[1] == 35 && lw_dataset_preprocessing(d)->filter_order == 3);
    assert_string_equal(lw_class_code(lw_dataset_classes(d), 1, 0), "164889003");
    for (size_t i = 0; i < RECORDS; i++) {
        char name[8];
        snprintf(name, sizeof name, "R%03zu", i);
        assert_string_equal(lw_dataset_name(d, i), name);
        assert_memory_equal(lw_dataset_signals(d, i), data.signals + i * LWT_LEADS * LWT_SAMPLES,
                            LWT_LEADS * LWT_SAMPLES * sizeof(float));
        assert_memory_equal(lw_dataset_labels(d, i), data.labels + i * LWT_CLASSES, LWT_CLASSES);
        assert_true(lw_dataset_signal_hash(d, i) == data.hashes[2 * i]);
        assert_true(isnan(lw_dataset_age_years(d, i)) && lw_dataset_sex(d, i) == LW_SEX_UNKNOWN);
        assert_string_equal(lw_dataset_source(d, i), "");
    }
    lw_dataset_free(&d);
    assert_null(d);
    lwt_data_free(&data);
}

static void the_hash_sees_every_change(void **state) {
    (void)state;
    lw_error err = {0};
    char hex[4][65];
    lwt_data data = lwt_data_create(RECORDS, 0);
    const size_t other_names[RECORDS] = {0, 1, 2, 9};
    for (int k = 0; k < 4; k++) {
        if (k == 1)
            data.labels[3] ^= 1;
        if (k == 2)
            data.signals[12] += 1;
        lw_dataset *d = lwt_data_open(&data, k == 3 ? other_names : NULL, "hashed");
        lwt_assert_ok(lw_dataset_sha256(d, hex[k], &err), &err);
        assert_int_equal(strlen(hex[k]), 64);
        for (int before = 0; before < k; before++)
            assert_string_not_equal(hex[before], hex[k]);
        lw_dataset_free(&d);
    }
    lwt_data_free(&data);
}

/* One thing wrong with a file. */
typedef struct fault {
    const char *tensor; /* to leave out, or (with `shape`) to write otherwise; NULL: none */
    size_t shape[3];
    lw_dtype dtype;
    const char *key, *value; /* metadata to replace, NULL value: to leave out */
    const char *sentence;
} fault;

static const fault faults[] = {
    {"signals", {0}, LW_DTYPE_F32, NULL, NULL, "no tensor 'signals'"},
    {"labels", {0}, LW_DTYPE_U8, NULL, NULL, "no tensor 'labels'"},
    {"signals", {1, 2, 200}, LW_DTYPE_F32, NULL, NULL, "tensor 'signals' has 1 records, expected 2"},
    {"signals", {2, 1, 200}, LW_DTYPE_F32, NULL, NULL, "tensor 'signals' has 1 leads, expected 2"},
    {"signals", {2, 2, 199}, LW_DTYPE_F32, NULL, NULL, "tensor 'signals' has 199 samples, expected 200"},
    {"signals", {2, 2, 200}, LW_DTYPE_I32, NULL, NULL, "tensor 'signals' has another type"},
    {"labels", {2, 3}, LW_DTYPE_U8, NULL, NULL, "tensor 'labels' has 3 classes, expected 2"},
    {NULL, {0}, 0, "leadwise.records", NULL, "no metadata leadwise.records"},
    {NULL, {0}, 0, "leadwise.records", "{}", "leadwise.records: expected an array"},
    {NULL, {0}, 0, "leadwise.records", "[\"a\",1]", "leadwise.records: entry 1 is not a string"},
    {NULL, {0}, 0, "leadwise.records", "[\"a\"", "leadwise.records:1:"},
    {NULL, {0}, 0, "leadwise.records", "[\"a\",\"../b\"]", "record 1 is called '../b'"},
    {NULL, {0}, 0, "leadwise.records", "[\"a\",\"/b\"]", "record 1 is called '/b'"},
    {NULL, {0}, 0, "leadwise.records", "[\"\",\"b\"]", "record 0 is called ''"},
    {NULL, {0}, 0, "leadwise.classes", NULL, "no metadata leadwise.classes"},
    {NULL, {0}, 0, "leadwise.classes", "[7]", "leadwise.classes: "},
    {NULL, {0}, 0, "leadwise.leads", NULL, "no metadata leadwise.leads"},
    {NULL, {0}, 0, "leadwise.leads", "[]", "leadwise.leads: 0 leads"},
    {NULL, {0}, 0, "leadwise.leads", "[\"I\",\"a lead of a long name\"]", "lead 1 is"},
    {NULL, {0}, 0, "leadwise.preprocessing", NULL, "no metadata leadwise.preprocessing"},
    {NULL, {0}, 0, "leadwise.preprocessing", "{\"rate_hz\":0}", "'rate_hz' is wrong"},
    {NULL,
     {0},
     0,
     "leadwise.preprocessing",
     "{\"rate_hz\":100,\"band_hz\":[35,0.05],\"filter_order\":3,\"window_s\":10}",
     "'band_hz' is wrong"},
};

static void write_faulty(const fault *f, const char *path) {
    static const uint8_t zeros[2 * 2 * 200 * 4];
    lw_error err = {0};
    lw_tensor_spec tensors[] = {{"signals", LW_DTYPE_F32, 3, {2, 2, 200}, zeros},
                                {"labels", LW_DTYPE_U8, 2, {2, 2}, zeros}};
    lw_metadata_item metadata[] = {{"leadwise.records", "[\"a\",\"b\"]"},
                                   {"leadwise.classes", LWT_CLASSES_JSON},
                                   {"leadwise.leads", "[\"I\",\"II\"]"},
                                   {"leadwise.preprocessing", LWT_PREPROCESSING_JSON}};
    lw_tensor_spec kept[2];
    lw_metadata_item said[4];
    size_t tensor_count = 0, said_count = 0;
    for (size_t i = 0; i < 2; i++) {
        if (f->tensor && strcmp(f->tensor, tensors[i].name) == 0) {
            if (f->shape[0] == 0)
                continue;
            memcpy(tensors[i].shape, f->shape, sizeof f->shape);
            tensors[i].dtype = f->dtype;
        }
        kept[tensor_count++] = tensors[i];
    }
    for (size_t i = 0; i < 4; i++) {
        if (f->key && strcmp(f->key, metadata[i].key) == 0) {
            if (!f->value)
                continue;
            metadata[i].value = f->value;
        }
        said[said_count++] = metadata[i];
    }
    lwt_assert_ok(lw_safetensors_write(path, kept, tensor_count, said, said_count, &err), &err);
}

static void every_fault_has_its_sentence(void **state) {
    (void)state;
    const char *path = lwt_temp_path("faulty.safetensors");
    for (size_t i = 0; i < sizeof faults / sizeof faults[0]; i++) {
        lw_error err = {0};
        lw_dataset *d = NULL;
        write_faulty(&faults[i], path);
        lwt_assert_fails(lw_dataset_open(path, &d, &err), LW_ERR_MODEL, &err, faults[i].sentence);
        assert_non_null(strstr(err.message, "faulty.safetensors"));
        assert_null(d);
    }
}

static void labels_are_zero_or_one(void **state) {
    (void)state;
    lw_error err = {0};
    lw_dataset *d = NULL;
    lwt_data data = lwt_data_create(RECORDS, 0);
    data.labels[5] = 2;
    const char *path = lwt_temp_path("label-two");
    lwt_data_write(&data, NULL, path);
    lwt_assert_fails(lw_dataset_open(path, &d, &err), LW_ERR_MODEL, &err, "a label of record R002 is 2");
    lwt_data_free(&data);
}

static void repeated_names_are_refused(void **state) {
    (void)state;
    lwt_data data = lwt_data_create(3, 0);
    const char *path = lwt_temp_path("repeated");
    lw_error err = {0};
    lw_dataset *d = NULL;
    lwt_data_write(&data, (const size_t[]){7, 1, 7}, path);
    lwt_assert_fails(lw_dataset_open(path, &d, &err), LW_ERR_MODEL, &err, "two records are called 'R007'");
    lwt_data_free(&data);
}

static void what_is_no_prepared_file_is_refused(void **state) {
    (void)state;
    lw_error err = {0};
    lw_dataset *d = NULL;
    lwt_assert_fails(lw_dataset_open(lwt_temp_path("absent"), &d, &err), LW_ERR_IO, &err, "absent");
    lwt_write_file(lwt_temp_path("text"), "A0001 12 500 7500\n", 18);
    lwt_assert_fails(lw_dataset_open(lwt_temp_path("text"), &d, &err), LW_ERR_MODEL, &err, NULL);
    lwt_write_file(lwt_temp_path("nothing"), "", 0);
    lwt_assert_fails(lw_dataset_open(lwt_temp_path("nothing"), &d, &err), LW_ERR_MODEL, &err, NULL);
}

static void a_file_cut_anywhere_is_refused(void **state) {
    (void)state;
    size_t length;
    lwt_data data = lwt_data_create(RECORDS, 0);
    const char *path = lwt_temp_path("whole"), *cut = lwt_temp_path("cut");
    lwt_data_write(&data, NULL, path);
    char *bytes = lwt_read_file(path, &length);
    for (size_t kept = 0; kept < length; kept += kept < 2000 ? 13 : 1999) {
        lw_error err = {0};
        lw_dataset *d = NULL;
        lwt_write_file(cut, bytes, kept);
        lwt_assert_fails(lw_dataset_open(cut, &d, &err), LW_ERR_MODEL, &err, NULL);
    }
    free(bytes);
    lwt_data_free(&data);
}

static void an_epochs_order_is_a_permutation_of_its_own(void **state) {
    (void)state;
    enum { COUNT = 100 };
    size_t index[COUNT], first[COUNT], again[COUNT], next[COUNT];
    int seen[COUNT] = {0};
    for (size_t i = 0; i < COUNT; i++)
        index[i] = i;
    lw_batch_order(3, 1, index, COUNT, first);
    lw_batch_order(3, 1, index, COUNT, again);
    lw_batch_order(3, 2, index, COUNT, next);
    assert_memory_equal(first, again, sizeof first);
    assert_memory_not_equal(first, next, sizeof first);
    for (size_t i = 0; i < COUNT; i++)
        assert_int_equal(seen[first[i]]++, 0);
}

static void a_batch_has_the_leads_asked_for(void **state) {
    (void)state;
    lw_error err = {0};
    lwt_data data = lwt_data_create(RECORDS, 0);
    data.signals[LWT_SAMPLES / 2] = INFINITY; /* in lead I of the first record */
    lw_dataset *d = lwt_data_open(&data, NULL, "leads");
    lw_batch batch = {0};
    const size_t index[] = {0, 2};
    lwt_assert_ok(lw_batch_create(d, &(lw_lead_set){1, {"II"}}, false, 2, &batch, &err), &err);
    lwt_assert_ok(lw_batch_gather(d, index, 2, &batch, &err), &err);
    assert_memory_equal(batch.signals, data.signals + LWT_SAMPLES, LWT_SAMPLES * sizeof(float));
    assert_memory_equal(batch.signals + LWT_SAMPLES, data.signals + 5 * LWT_SAMPLES, LWT_SAMPLES * sizeof(float));
    lw_batch_free(&batch);
    lwt_assert_fails(lw_batch_create(d, &(lw_lead_set){2, {"II", "V2"}}, false, 2, &batch, &err), LW_ERR_MISMATCH, &err,
                     "2 leads, but not V2");
    const float zeros[LWT_SAMPLES] = {0};
    lwt_assert_ok(lw_batch_create(d, &(lw_lead_set){2, {"V2", "II"}}, true, 2, &batch, &err), &err);
    lwt_assert_ok(lw_batch_gather(d, index, 2, &batch, &err), &err);
    for (size_t k = 0; k < 2; k++) {
        const float *at = batch.signals + k * 2 * LWT_SAMPLES;
        assert_memory_equal(at, zeros, sizeof zeros);
        assert_memory_equal(at + LWT_SAMPLES, data.signals + (2 * index[k] + 1) * LWT_SAMPLES, sizeof zeros);
    }
    lw_batch_free(&batch);
    lwt_assert_fails(lw_batch_create(d, &(lw_lead_set){1, {"V2"}}, true, 2, &batch, &err), LW_ERR_MISMATCH, &err,
                     "2 leads, but not V2");
    lw_dataset_free(&d);
    lwt_data_free(&data);
}

static void a_batch_holds_the_records_asked_for(void **state) {
    (void)state;
    lw_error err = {0};
    lwt_data data = lwt_data_create(RECORDS, 0);
    enum { FLOATS = LWT_LEADS * LWT_SAMPLES };
    data.signals[3 * FLOATS + 77] = INFINITY;
    lw_dataset *d = lwt_data_open(&data, NULL, "batch");
    lw_batch batch = {0};
    lwt_assert_ok(lw_batch_create(d, lw_dataset_leads(d), false, 2, &batch, &err), &err);
    const size_t index[] = {2, 0}, poisoned[] = {1, 3};
    lwt_assert_ok(lw_batch_gather(d, index, 2, &batch, &err), &err);
    assert_int_equal(batch.n, 2);
    assert_memory_equal(batch.signals, data.signals + 2 * FLOATS, FLOATS * sizeof(float));
    assert_memory_equal(batch.signals + FLOATS, data.signals, FLOATS * sizeof(float));
    assert_memory_equal(batch.labels, data.labels + 2 * LWT_CLASSES, LWT_CLASSES);
    assert_true(batch.records[0] == 2 && batch.records[1] == 0);
    lwt_assert_fails(lw_batch_gather(d, poisoned, 2, &batch, &err), LW_ERR_NOT_FINITE, &err, "R003");
    lw_batch_free(&batch);
    lw_dataset_free(&d);
    lwt_data_free(&data);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_good_file_gives_what_was_written),
        cmocka_unit_test(the_hash_sees_every_change),
        cmocka_unit_test(every_fault_has_its_sentence),
        cmocka_unit_test(labels_are_zero_or_one),
        cmocka_unit_test(repeated_names_are_refused),
        cmocka_unit_test(what_is_no_prepared_file_is_refused),
        cmocka_unit_test(a_file_cut_anywhere_is_refused),
        cmocka_unit_test(an_epochs_order_is_a_permutation_of_its_own),
        cmocka_unit_test(a_batch_has_the_leads_asked_for),
        cmocka_unit_test(a_batch_holds_the_records_asked_for),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
