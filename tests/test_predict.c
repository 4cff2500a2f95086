/* Tests that a predictor gives the same probabilities for each way of passing a recording, and rejects by one rule. */
#include "predict_support.h"

#include "model/model_internal.h"
#include "record/record_internal.h"

enum { RECORDS = 37 };

/** The classes of 2021, so that prepared files and models fit. */
static lw_model *scored_model(const char *leads, size_t width) {
    lw_error err = {0};
    lw_lead_set set;
    lw_network *network = NULL;
    lw_class_list *classes = NULL;
    lw_model *model = NULL;
    const lw_preprocessing how = lw_preprocessing_default();
    lwt_assert_ok(lw_lead_set_parse(leads, &set, &err), &err);
    const lw_network_options options = {.size = sizeof options, .leads = &set, .width = width};
    lwt_assert_ok(lw_network_load("multiscale2021", &options, &network, &err), &err);
    lwt_assert_ok(lw_class_list_scored(2021, false, &classes, &err), &err);
    lwt_assert_ok(lw_model_untrained(network, &how, classes, 1, &model, &err), &err);
    lw_class_list_free(&classes);
    lw_network_free(&network);
    return model;
}

/** RECORDS files of 10 s, and a prepared file of them. */
typedef struct collection {
    char path[RECORDS][512];
    const char *paths[RECORDS];
    lw_dataset *dataset;
} collection;

static collection c;

static int make_collection(void **state) {
    (void)state;
    lw_error err = {0};
    lw_record_list *list = NULL;
    for (size_t i = 0; i < RECORDS; i++) {
        char name[16];
        snprintf(name, sizeof name, "R%03zu", i);
        lw_record *record = lwt_rhythmic(i, i % 3 == 0 ? 250 : 500, 10);
        lwt_assert_ok(lw_record_write_challenge(record, lwt_temp_dir(), name, &err), &err);
        snprintf(c.path[i], sizeof c.path[i], "%s/%s.hea", lwt_temp_dir(), name);
        c.paths[i] = c.path[i];
        lw_record_free(&record);
    }
    const char *prepared = lwt_temp_path("prepared.safetensors");
    lwt_assert_ok(lw_record_list_scan(c.paths, RECORDS, NULL, &list, &err), &err);
    lwt_assert_ok(lw_prepare(list, NULL, NULL, prepared, NULL, &err), &err);
    lwt_assert_ok(lw_dataset_open(prepared, &c.dataset, &err), &err);
    lw_record_list_free(&list);
    return 0;
}

static int free_collection(void **state) {
    (void)state;
    lw_dataset_free(&c.dataset);
    return 0;
}

static void predict_paths(const lw_model *model, const lw_predictor_options *how, const char *const *paths,
                          size_t count, lwt_table *table) {
    lw_error err = {0};
    lw_predictor *predictor = NULL;
    table->count = 0;
    table->leads = lw_network_leads(lw_model_network(model))->count;
    lwt_assert_ok(lw_predictor_create(model, how, &predictor, &err), &err);
    lwt_assert_ok(lw_predict_paths(predictor, paths, count, lwt_collect, table, &err), &err);
    lw_predictor_free(&predictor);
}

static void assert_same(const lwt_row *a, const lwt_row *b) {
    assert_string_equal(a->record, b->record);
    assert_int_equal(a->status, LW_OK);
    assert_int_equal(b->status, LW_OK);
    assert_memory_equal(a->probabilities, b->probabilities, sizeof a->probabilities);
    assert_memory_equal(a->decisions, b->decisions, sizeof a->decisions);
}

/* Alone, among others in groups of any size, as its only window, prepared before, on one thread or three. */
static void one_recording_has_one_answer(void **state) {
    (void)state;
    static const char *const leads[] = {"2", "12"};
    static lwt_table all, other;
    for (size_t m = 0; m < 2; m++) {
        lw_error err = {0};
        lw_model *model = scored_model(leads[m], m == 0 ? 64 : 16);
        lw_predictor *predictor = NULL;
        predict_paths(model, NULL, c.paths, RECORDS, &all);
        assert_int_equal(all.count, RECORDS);
        for (size_t i = 1; i < RECORDS; i++)
            assert_memory_not_equal(all.row[0].probabilities, all.row[i].probabilities,
                                    sizeof all.row[0].probabilities);
        for (size_t group = 1; group < RECORDS; group += group) {
            const size_t first = RECORDS - group; /* another place in its batch, too */
            const lw_predictor_options few = {
                .size = sizeof few, .recording_count = group, .threads = 1 + (int)group % 3};
            predict_paths(model, &few, c.paths + first, group, &other);
            for (size_t i = 0; i < group; i++)
                assert_same(&all.row[first + i], &other.row[i]);
        }
        const lw_predictor_options pooled = {.size = sizeof pooled, .threads = 3, .window_step_s = 10};
        predict_paths(model, &pooled, c.paths, RECORDS, &other);
        for (size_t i = 0; i < RECORDS; i++)
            assert_same(&all.row[i], &other.row[i]);
        const lw_predictor_options threads = {.size = sizeof threads, .threads = 3};
        lwt_assert_ok(lw_predictor_create(model, &threads, &predictor, &err), &err);
        other.count = 0;
        lwt_assert_ok(lw_predict_dataset(predictor, c.dataset, lwt_collect, &other, &err), &err);
        for (size_t i = 0; i < RECORDS; i++)
            assert_same(&all.row[i], &other.row[i]);
        lw_predictor_free(&predictor);
        lw_model_free(&model);
    }
}

/* A file, the record read from it, and its samples in millivolts. */
static void a_record_and_its_samples_are_the_file(void **state) {
    (void)state;
    lw_error err = {0};
    lw_model *model = lwt_untrained("12", 8, true);
    lw_predictor *predictor = NULL;
    lw_record *record = NULL;
    const lw_prediction *p = NULL;
    float first[LWT_OUTPUTS];
    double *mv[12];
    const char *names[12];
    const char *path = c.paths[5];
    lwt_assert_ok(lw_predictor_create(model, NULL, &predictor, &err), &err);
    lwt_assert_ok(lw_predict_path(predictor, path, &p, &err), &err);
    assert_string_equal(p->record, "R005");
    assert_string_equal(p->path, path);
    memcpy(first, p->probabilities, sizeof first);
    lwt_assert_ok(lw_record_read(path, NULL, &record, &err), &err);
    lwt_assert_ok(lw_predict_record(predictor, record, &p, &err), &err);
    assert_null(p->path);
    assert_memory_equal(first, p->probabilities, sizeof first);
    for (size_t l = 0; l < 12; l++) {
        names[l] = lw_record_lead(record, l)->name;
        mv[l] = calloc(lw_record_sample_count(record), sizeof **mv);
        assert_non_null(mv[l]);
        (void)lw_record_copy_mv(record, l, 0, lw_record_sample_count(record), mv[l]);
    }
    lw_signal signal = {.size = sizeof signal, .leads = names, .lead_count = 12, .rate_hz = lw_record_rate_hz(record)};
    lwt_assert_ok(
        lw_predict_signal(predictor, &signal, (const double *const *)mv, lw_record_sample_count(record), &p, &err),
        &err);
    assert_string_equal(p->record, "signal");
    for (size_t k = 0; k < LWT_OUTPUTS; k++) /* integers become millivolts with one rounding less */
        lwt_assert_close((double)p->probabilities[k], (double)first[k], 1e-6, 0);
    /* I, II and V1 alone: four limb leads follow from two, five chest leads are absent. */
    const char *few[] = {"I", "II", "V1"};
    const double *const few_mv[] = {mv[0], mv[1], mv[6]};
    signal.leads = few;
    signal.lead_count = 3;
    lwt_assert_ok(lw_predict_signal(predictor, &signal, few_mv, 4000, &p, &err), &err);
    static const uint8_t flags[12] = {0,
                                      0,
                                      LW_LEAD_DERIVED,
                                      LW_LEAD_DERIVED,
                                      LW_LEAD_DERIVED,
                                      LW_LEAD_DERIVED,
                                      0,
                                      LW_LEAD_MISSING,
                                      LW_LEAD_MISSING,
                                      LW_LEAD_MISSING,
                                      LW_LEAD_MISSING,
                                      LW_LEAD_MISSING};
    assert_memory_equal(p->lead_flags, flags, sizeof flags);
    lwt_assert_fails(lw_predict_signal(predictor, &signal, few_mv, 0, &p, &err), LW_ERR_ARGUMENT, &err, "at least 1");
    for (size_t l = 0; l < 12; l++)
        free(mv[l]);
    lw_record_free(&record);
    lw_predictor_free(&predictor);
    lw_model_free(&model);
}

/** Twelve leads of 8 s at 500 Hz: I to III vary unless `flat`, a stretch of II is missing. */
/** Eight seconds of an ECG with a gap and two leads that say nothing, or with all leads so. */
static lw_record *odd_record(bool flat) {
    lw_record *record = lwt_synthetic(1, 500, 8);
    for (size_t l = 0; l < 12; l++)
        for (size_t t = 0; t < 4000 && (flat || l > 9); t++)
            lw_record_signal_mutable(record, l)[t] = 0.5;
    for (size_t t = 1000; t < 1010 && !flat; t++)
        lw_record_signal_mutable(record, 1)[t] = (double)NAN;
    lw_record_warn(record, "odd: the file says what it does not mean");
    lw_record_measure(record);
    return record;
}

/** Whether `p` has this warning, or one that begins so. */
static bool has_warning(const lw_prediction *p, const char *begin) {
    bool found = false;
    for (size_t i = 0; i < p->warning_count; i++)
        found |= strncmp(p->warnings[i], begin, strlen(begin)) == 0;
    return found;
}

static bool has_finding(const lw_prediction *p, lw_quality_mark mark, const char *lead) {
    bool found = false;
    for (size_t i = 0; i < p->finding_count; i++)
        found |= p->findings[i].mark == mark && p->findings[i].lead && strcmp(p->findings[i].lead, lead) == 0;
    return found;
}

static void warnings_of_reader_preparer_and_gate_reach_the_prediction(void **state) {
    (void)state;
    lw_error err = {0};
    lw_model *model = lwt_untrained("12", 8, false);
    lw_predictor *predictor = NULL;
    const lw_prediction *p = NULL;
    lw_record *record = odd_record(false), *flat = odd_record(true);
    lwt_assert_ok(lw_predictor_create(model, NULL, &predictor, &err), &err);
    lwt_assert_ok(lw_predict_record(predictor, record, &p, &err), &err);
    assert_string_equal(p->warnings[0], "odd: the file says what it does not mean");
    assert_true(has_warning(p, "10 missing samples are interpolated"));
    assert_true(has_warning(p, "the recording fills 800 of the 1000 samples of a window"));
    assert_true(has_finding(p, LW_QUALITY_FLAT, "V5") && has_finding(p, LW_QUALITY_FLAT, "V6"));
    assert_false(has_finding(p, LW_QUALITY_FLAT, "V4"));
    assert_true(p->quality >= 0 && p->quality < 1);
    lwt_assert_fails(lw_predict_record(predictor, flat, &p, &err), LW_ERR_NO_SIGNAL, &err, "FLAT");
    lw_record_free(&record);
    lw_record_free(&flat);
    lw_predictor_free(&predictor);
    lw_model_free(&model);
}

/* In the middle of others, which go on. */
static void what_cannot_be_used_is_rejected_alone(void **state) {
    (void)state;
    static lwt_table table;
    const char *paths[] = {c.paths[0], lwt_temp_path("nowhere.hea"), c.paths[1], lwt_temp_path("broken.hea")};
    lwt_write_file(paths[3], "broken 12 500\n", 14);
    lw_model *model = scored_model("2", 8);
    predict_paths(model, NULL, paths, 4, &table);
    assert_int_equal(table.count, 4);
    assert_int_equal(table.row[0].status, LW_OK);
    assert_int_equal(table.row[1].status, LW_ERR_IO);
    assert_string_equal(table.row[1].record, "nowhere");
    assert_int_equal(table.row[2].status, LW_OK);
    assert_int_equal(table.row[3].status, LW_ERR_FORMAT);
    assert_int_equal(table.row[3].index, 3);
    /* One NaN in the prepared signals of record 2, and numbers that are no z-scores in those of 3 and 4. */
    lw_error err = {0};
    lw_dataset *damaged = NULL;
    lw_predictor *predictor = NULL;
    size_t length;
    char *bytes = lwt_read_file(lwt_temp_path("prepared.safetensors"), &length);
    uint64_t header;
    memcpy(&header, bytes, sizeof header);
    const float wrong[] = {NAN, 1e6f, -3e38f};
    for (size_t i = 0; i < 3; i++)
        memcpy(bytes + 8 + header + ((2 + i) * 12000 + 500) * sizeof *wrong, &wrong[i], sizeof *wrong);
    lwt_write_file(lwt_temp_path("damaged.safetensors"), bytes, length);
    lwt_assert_ok(lw_dataset_open(lwt_temp_path("damaged.safetensors"), &damaged, &err), &err);
    lwt_assert_ok(lw_predictor_create(model, NULL, &predictor, &err), &err);
    table.count = 0;
    lwt_assert_ok(lw_predict_dataset(predictor, damaged, lwt_collect, &table, &err), &err);
    assert_int_equal(table.count, RECORDS);
    for (size_t i = 0; i < RECORDS; i++)
        assert_int_equal(table.row[i].status, i == 2 ? LW_ERR_NOT_FINITE : i == 3 || i == 4 ? LW_ERR_FORMAT : LW_OK);
    assert_non_null(strstr(table.row[3].sentence, "record R003: a prepared sample is no z-score"));
    assert_string_equal(table.row[2].sentence, "record R002: a prepared sample is not finite, expected a number");
    free(bytes);
    lw_predictor_free(&predictor);
    lw_dataset_free(&damaged);
    lw_model_free(&model);
}

static void options_that_cannot_be_met_are_refused(void **state) {
    (void)state;
    lw_error err = {0};
    lw_model *strict = scored_model("2", 8), *any = lwt_untrained("12", 8, true);
    lw_predictor *predictor = NULL;
    lw_lead_set leads = {.count = 1, .name = {"II"}};
    lw_predictor_options how = {.leads = &leads};
    lwt_assert_fails(lw_predictor_create(any, &how, &predictor, &err), LW_ERR_ARGUMENT, &err, "lw_predictor_options");
    how.size = sizeof how;
    lwt_assert_fails(lw_predictor_create(strict, &how, &predictor, &err), LW_ERR_ARGUMENT, &err, "all of its leads");
    strcpy(leads.name[0], "X");
    lwt_assert_fails(lw_predictor_create(any, &how, &predictor, &err), LW_ERR_ARGUMENT, &err, "no lead X");
    how = (lw_predictor_options){.size = sizeof how, .window_step_s = 0.001};
    lwt_assert_fails(lw_predictor_create(any, &how, &predictor, &err), LW_ERR_ARGUMENT, &err, "at least a sample");
    how.window_step_s = 5;
    lwt_assert_ok(lw_predictor_create(strict, &how, &predictor, &err), &err);
    lwt_assert_fails(lw_predict_dataset(predictor, c.dataset, lwt_collect, NULL, &err), LW_ERR_ARGUMENT, &err,
                     "one window a record");
    lw_predictor_free(&predictor);
    lwt_assert_ok(lw_predictor_create(any, NULL, &predictor, &err), &err);
    lwt_assert_fails(lw_predict_dataset(predictor, c.dataset, lwt_collect, NULL, &err), LW_ERR_MISMATCH, &err,
                     "other classes");
    lw_predictor_free(&predictor);
    lw_model_free(&strict);
    lw_model_free(&any);
}

/* The network's other leads are zeros: what a recording of the shown leads alone gives. */
static void leads_that_are_not_shown_are_absent(void **state) {
    (void)state;
    static lwt_table shown, alone;
    lw_error err = {0};
    lw_model *model = lwt_untrained("12", 8, true);
    lw_lead_set leads;
    lwt_assert_ok(lw_lead_set_parse("V2,II", &leads, &err), &err);
    const lw_predictor_options how = {.size = sizeof how, .leads = &leads};
    lw_record *record = lwt_synthetic(1, 500, 10), *two = lw_record_new("two", 2, 5000, 500);
    lw_predictor *predictor = NULL;
    assert_non_null(two);
    for (size_t i = 0; i < 2; i++) {
        assert_true(lw_record_set_lead(two, i, leads.name[i], NULL, 1, 0));
        (void)lw_record_copy_mv(record, (size_t)lw_record_find_lead(record, leads.name[i]), 0, 5000,
                                lw_record_signal_mutable(two, i));
    }
    lw_record_measure(two);
    shown.leads = alone.leads = 12;
    const lw_record *records[] = {record, two};
    lwt_assert_ok(lw_predictor_create(model, &how, &predictor, &err), &err);
    lwt_assert_ok(lw_predict_records(predictor, records, 1, lwt_collect, &shown, &err), &err);
    lw_predictor_free(&predictor);
    lwt_assert_ok(lw_predictor_create(model, NULL, &predictor, &err), &err);
    lwt_assert_ok(lw_predict_records(predictor, records + 1, 1, lwt_collect, &alone, &err), &err);
    assert_memory_equal(shown.row[0].probabilities, alone.row[0].probabilities, sizeof alone.row[0].probabilities);
    assert_memory_equal(shown.row[0].lead_flags, alone.row[0].lead_flags, 12);
    assert_int_equal(shown.row[0].lead_flags[1], 0);
    assert_int_equal(shown.row[0].lead_flags[0], LW_LEAD_MISSING);
    lw_predictor_free(&predictor);
    lw_record_free(&record);
    lw_record_free(&two);
    lw_model_free(&model);
}

/** A decision on NaN would be the fallback, sinus rhythm, whatever the recording shows. */
static void a_probability_that_is_not_finite_is_a_rejection(void **state) {
    (void)state;
    lw_error err = {0};
    lw_model *model = scored_model("2", 8);
    const lw_parameter *bias = &model->table->item[model->table->count - 1];
    assert_string_equal(bias->name, "head.bias");
    model->values[bias->offset] = NAN; /* as sums of weights that are too large become */
    for (int windows = 0; windows < 2; windows++) {
        const lw_pooling most[LW_CLASSES_MAX] = {LW_POOL_MAX};
        const lw_predictor_options how = {.size = sizeof how, .window_step_s = windows ? 1 : 0, .pooling = most};
        const lw_prediction *p = NULL;
        lw_predictor *predictor = NULL;
        lwt_assert_ok(lw_predictor_create(model, &how, &predictor, &err), &err);
        lwt_assert_fails(lw_predict_path(predictor, c.paths[0], &p, &err), LW_ERR_NOT_FINITE, &err, "not finite");
        assert_null(p);
        lw_predictor_free(&predictor);
    }
    lw_model_free(&model);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(one_recording_has_one_answer),
        cmocka_unit_test(a_record_and_its_samples_are_the_file),
        cmocka_unit_test(warnings_of_reader_preparer_and_gate_reach_the_prediction),
        cmocka_unit_test(what_cannot_be_used_is_rejected_alone),
        cmocka_unit_test(options_that_cannot_be_met_are_refused),
        cmocka_unit_test(leads_that_are_not_shown_are_absent),
        cmocka_unit_test(a_probability_that_is_not_finite_is_a_rejection),
    };
    return cmocka_run_group_tests(tests, make_collection, free_collection);
}
