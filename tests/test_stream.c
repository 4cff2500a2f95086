/* Tests of pushed streams: they give the windows of the file for any division of the samples, in constant memory. */
#include "predict_support.h"

#include "record/record_internal.h"

/* ---- Every allocation of the library's own code passes here: the linker's --wrap (CMakeLists.txt). */

void *__real_malloc(size_t bytes);
void *__real_calloc(size_t count, size_t bytes);
void *__real_realloc(void *old, size_t bytes);
int __real_posix_memalign(void **out, size_t alignment, size_t bytes);
void *__wrap_malloc(size_t bytes);
void *__wrap_calloc(size_t count, size_t bytes);
void *__wrap_realloc(void *old, size_t bytes);
int __wrap_posix_memalign(void **out, size_t alignment, size_t bytes);

static size_t allocations;

void *__wrap_malloc(size_t bytes) {
    allocations++;
    return __real_malloc(bytes);
}

void *__wrap_calloc(size_t count, size_t bytes) {
    allocations++;
    return __real_calloc(count, bytes);
}

void *__wrap_realloc(void *old, size_t bytes) {
    allocations++;
    return __real_realloc(old, bytes);
}

int __wrap_posix_memalign(void **out, size_t alignment, size_t bytes) {
    allocations++;
    return __real_posix_memalign(out, alignment, bytes);
}

/* ---- Streams */

static lw_predictor *make_predictor(const lw_model *model, double step_s) {
    lw_error err = {0};
    lw_predictor *predictor = NULL;
    const lw_predictor_options how = {.size = sizeof how, .threads = 1, .window_step_s = step_s, .each_window = true};
    lwt_assert_ok(lw_predictor_create(model, &how, &predictor, &err), &err);
    return predictor;
}

/** The samples of a recording as a device gives them, [samples][leads], and what they are. */
typedef struct device {
    const char *names[12];
    lw_signal signal;
    size_t samples;
    double *frames;
} device;

static device device_of(const lw_record *record) {
    device d = {.samples = lw_record_sample_count(record)};
    const size_t leads = lw_record_lead_count(record);
    double *lead = calloc(d.samples, sizeof *lead);
    d.frames = calloc(d.samples * leads, sizeof *d.frames);
    assert_true(lead && d.frames && leads <= 12);
    for (size_t l = 0; l < leads; l++) {
        d.names[l] = lw_record_lead(record, l)->name;
        assert_int_equal(lw_record_copy_mv(record, l, 0, d.samples, lead), d.samples);
        for (size_t t = 0; t < d.samples; t++)
            d.frames[t * leads + l] = lead[t];
    }
    free(lead);
    d.signal = (lw_signal){
        .size = sizeof d.signal, .record = "device", .lead_count = leads, .rate_hz = lw_record_rate_hz(record)};
    return d;
}

/** The predictions of a stream, whose frames are pushed in pieces that begin with `piece` frames and change with each push. */
static void push_all(lw_predictor *predictor, device *d, size_t piece, lwt_table *table) {
    lw_error err = {0};
    lw_stream *stream = NULL;
    d->signal.leads = d->names;
    table->count = 0;
    lwt_assert_ok(lw_stream_create(predictor, &d->signal, lwt_collect, table, &stream, &err), &err);
    for (size_t at = 0, n; at < d->samples; at += n) {
        n = d->samples - at < piece ? d->samples - at : piece;
        piece = piece > 3 ? piece * 7 % 9973 + 1 : piece;
        lwt_assert_ok(lw_stream_push(stream, d->frames + at * d->signal.lead_count, n, &err), &err);
    }
    lwt_assert_ok(lw_stream_end(stream, &err), &err);
    lwt_assert_fails(lw_stream_push(stream, d->frames, 1, &err), LW_ERR_ARGUMENT, &err, "has ended");
    lwt_assert_fails(lw_stream_end(stream, &err), LW_ERR_ARGUMENT, &err, "ended already");
    lw_stream_free(&stream);
    assert_null(stream);
    lw_stream_free(&stream);
}

static void assert_same_windows(const lwt_table *a, const lwt_table *b) {
    assert_int_equal(a->count, b->count);
    for (size_t i = 0; i < a->count; i++) {
        assert_int_equal(a->row[i].status, b->row[i].status);
        assert_string_equal(a->row[i].sentence, b->row[i].sentence);
        assert_true(a->row[i].is_window == b->row[i].is_window && a->row[i].start_s == b->row[i].start_s);
        assert_memory_equal(a->row[i].lead_flags, b->row[i].lead_flags, sizeof a->row[i].lead_flags);
        assert_memory_equal(a->row[i].probabilities, b->row[i].probabilities, sizeof a->row[i].probabilities);
    }
}

/* Durations shorter than a window, than the margins and longer; windows that overlap, touch and lie far apart. */
static void a_push_of_any_size_gives_the_windows_of_the_file(void **state) {
    (void)state;
    static const struct {
        double rate_hz, duration_s, step_s;
        size_t windows;
        double last_s;
    } cases[] = {{257, 4, 10, 1, 0},       {500, 10, 10, 1, 0},     {500, 61.3, 7.1, 9, 51.3},
                 {257, 95.2, 25, 5, 85.2}, {100, 310, 100, 4, 300}, {250, 205, 10, 21, 195}};
    static lwt_table file, pushed;
    lw_model *model = lwt_untrained("2", 8, false);
    file.leads = pushed.leads = 2;
    for (size_t c = 0; c < sizeof cases / sizeof *cases; c++) {
        lw_error err = {0};
        lw_record *made = lwt_synthetic(c, cases[c].rate_hz, cases[c].duration_s), *record = NULL;
        lw_predictor *predictor = make_predictor(model, cases[c].step_s);
        lwt_assert_ok(lw_record_write_challenge(made, lwt_temp_dir(), "long", &err), &err);
        const char *path = lwt_temp_path("long.hea");
        file.count = 0;
        lwt_assert_ok(lw_predict_paths(predictor, &path, 1, lwt_collect, &file, &err), &err);
        assert_int_equal(file.count, cases[c].windows);
        lwt_assert_close(file.row[file.count - 1].start_s, cases[c].last_s, 0.01, 0);
        lwt_assert_ok(lw_record_read(path, NULL, &record, &err), &err);
        device d = device_of(record);
        for (size_t piece = 1; piece < 20000; piece = piece * 30 + 7) {
            push_all(predictor, &d, piece, &pushed);
            assert_same_windows(&file, &pushed);
        }
        free(d.frames);
        lw_record_free(&record);
        lw_record_free(&made);
        lw_predictor_free(&predictor);
    }
    lw_model_free(&model);
}

/* The filter's memory of a slow drift has faded after a minute, so windows cut from the whole recording are nearly the
 * same; after 20 s they would differ by 4e-4. */
static void windows_are_close_to_those_of_the_whole_recording(void **state) {
    (void)state;
    static lwt_table table;
    lw_error err = {0};
    lw_model *model = lwt_untrained("2", 8, false);
    lw_predictor *predictor = make_predictor(model, 30), *pooling = NULL;
    const lw_predictor_options how = {.size = sizeof how, .threads = 1, .window_step_s = 30};
    const lw_prediction *pooled = NULL;
    lw_record *record = lwt_rhythmic(5, 250, 400);
    const lw_record *records[] = {record};
    double mean[LWT_OUTPUTS] = {0};
    for (size_t l = 0; l < lw_record_lead_count(record); l++)
        for (size_t t = 0; t < 400 * 250; t++)
            lw_record_signal_mutable(record, l)[t] += 5 * sin(6.283185307179586 * 0.02 * (double)t / 250);
    lwt_assert_ok(lw_predictor_create(model, &how, &pooling, &err), &err);
    lwt_assert_ok(lw_predict_record(pooling, record, &pooled, &err), &err);
    lwt_assert_ok(lw_predict_records(predictor, records, 1, lwt_collect, &table, &err), &err);
    assert_int_equal(table.count, 14);
    for (size_t i = 0; i < table.count; i++)
        for (size_t k = 0; k < LWT_OUTPUTS; k++)
            mean[k] += (double)table.row[i].probabilities[k] / (double)table.count;
    for (size_t k = 0; k < LWT_OUTPUTS; k++)
        lwt_assert_close((double)pooled->probabilities[k], mean[k], 5e-6, 0);
    lwt_assert_fails(lw_predict_record(predictor, record, &pooled, &err), LW_ERR_ARGUMENT, &err, "callback");
    lw_record_free(&record);
    lw_predictor_free(&pooling);
    lw_predictor_free(&predictor);
    lw_model_free(&model);
}

/* A gap of NaN in all leads longer than the margins, one in a lead, and windows that lie in them. */
static void a_window_in_a_gap_is_rejected_and_the_others_are_not(void **state) {
    (void)state;
    static lwt_table table;
    enum { RATE = 250 };
    lw_model *model = lwt_untrained("2", 8, false);
    lw_predictor *predictor = make_predictor(model, 10);
    lw_record *record = lwt_synthetic(6, RATE, 300);
    device d = device_of(record);
    for (size_t t = 100 * RATE; t < 260 * RATE; t++)
        for (size_t l = 0; l < 12; l++)
            d.frames[t * 12 + l] = (double)NAN;
    for (size_t t = 20 * RATE; t < 35 * RATE; t++)
        d.frames[t * 12 + 1] = (double)NAN;
    table.leads = 2;
    push_all(predictor, &d, 1234, &table);
    assert_int_equal(table.count, 30);
    for (size_t i = 0; i < table.count; i++) {
        char expected[96];
        const bool gap = i >= 10 && i < 26;
        snprintf(expected, sizeof expected, "device: no lead has a signal in the 10 s from %zu s on (MISSING)", 10 * i);
        assert_int_equal(table.row[i].status, gap ? LW_ERR_NO_SIGNAL : LW_OK);
        assert_string_equal(table.row[i].sentence, gap ? expected : "");
    }
    assert_true(table.row[2].lead_flags[1] & LW_LEAD_MISSING);
    assert_false(table.row[2].lead_flags[0] & LW_LEAD_MISSING);
    assert_int_equal(table.row[3].lead_flags[1], LW_LEAD_FILLED);
    free(d.frames);
    lw_record_free(&record);
    lw_predictor_free(&predictor);
    lw_model_free(&model);
}

static void nothing_is_allocated_after_creation(void **state) {
    (void)state;
    static lwt_table table;
    lw_error err = {0};
    lw_model *model = lwt_untrained("12", 8, false);
    lw_predictor *predictor = make_predictor(model, 5);
    lw_record *record = lwt_synthetic(7, 257, 100);
    device d = device_of(record);
    lw_stream *stream = NULL;
    /* Gaps are filled in a copy, and derived leads computed in one. */
    for (size_t t = 0; t < d.samples; t += 1000)
        d.frames[t * 12 + t % 12] = (double)NAN;
    d.signal.leads = d.names;
    d.names[11] = "V6", d.names[2] = "unknown";
    allocations = 0;
    lwt_assert_ok(lw_stream_create(predictor, &d.signal, lwt_collect, &table, &stream, &err), &err);
    assert_true(allocations > 0); /* the count counts */
    table.leads = 12;
    allocations = 0;
    for (size_t round = 0; round < 8; round++)
        for (size_t at = 0; at < d.samples; at += 50)
            lwt_assert_ok(lw_stream_push(stream, d.frames + at * 12, d.samples - at < 50 ? d.samples - at : 50, &err),
                          &err);
    lwt_assert_ok(lw_stream_end(stream, &err), &err);
    assert_int_equal(allocations, 0);
    assert_int_equal(table.count, (8 * 100 - 10) / 5 + 1);
    assert_true(table.row[40].lead_flags[2] & LW_LEAD_DERIVED);
    lw_stream_free(&stream);
    free(d.frames);
    lw_record_free(&record);
    lw_predictor_free(&predictor);
    lw_model_free(&model);
}

static void what_cannot_be_a_stream_is_refused(void **state) {
    (void)state;
    static lwt_table table;
    static const char *const names[] = {"I", "V1"};
    static const double frames[20] = {0};
    lw_error err = {0};
    lw_model *model = lwt_untrained("2", 8, false);
    lw_predictor *predictor = make_predictor(model, 5);
    lw_signal signal = {.size = sizeof signal, .leads = names, .lead_count = 2, .rate_hz = 500};
    lw_stream *stream = NULL;
    lwt_assert_fails(lw_stream_create(predictor, &signal, lwt_collect, &table, &stream, &err), LW_ERR_LEAD, &err,
                     "signal: lead II is neither recorded");
    signal.rate_hz = 10;
    lwt_assert_fails(lw_stream_create(predictor, &signal, lwt_collect, &table, &stream, &err), LW_ERR_ARGUMENT, &err,
                     "50 to 20000 Hz");
    signal.size = 0;
    lwt_assert_fails(lw_stream_create(predictor, &signal, lwt_collect, &table, &stream, &err), LW_ERR_ARGUMENT, &err,
                     "lw_signal");
    static const char *const good[] = {"I", "II"};
    signal = (lw_signal){.size = sizeof signal, .leads = good, .lead_count = 2, .rate_hz = 500};
    lwt_assert_ok(lw_stream_create(predictor, &signal, lwt_collect, &table, &stream, &err), &err);
    lwt_assert_ok(lw_stream_push(stream, frames, 10, &err), &err);
    lwt_assert_ok(lw_stream_end(stream, &err), &err);
    assert_int_equal(table.count, 1);
    assert_int_equal(table.row[0].status, LW_ERR_TOO_SHORT);
    assert_false(table.row[0].is_window);
    lw_stream_free(&stream);
    lw_predictor_free(&predictor);
    lw_model_free(&model);
}

static lw_status refuse(void *context, const lw_prediction *prediction, lw_error *err) {
    (void)prediction;
    snprintf(err->message, sizeof err->message, "the disk is full");
    err->status = LW_ERR_IO;
    return ++*(size_t *)context == 2 ? LW_ERR_IO : LW_OK;
}

/* From a file, too, a callback's failure is no rejection. */
static void a_callback_ends_the_stream_with_its_failure(void **state) {
    (void)state;
    lw_error err = {0};
    lw_model *model = lwt_untrained("2", 8, false);
    lw_predictor *predictor = make_predictor(model, 5);
    lw_record *record = lwt_synthetic(8, 250, 100);
    const lw_record *records[] = {record, record};
    size_t calls = 0;
    lwt_assert_fails(lw_predict_records(predictor, records, 2, refuse, &calls, &err), LW_ERR_IO, &err, "disk is full");
    assert_int_equal(calls, 2);
    lw_record_free(&record);
    lw_predictor_free(&predictor);
    lw_model_free(&model);
}

/* Frames behind a failure would lie at wrong times: the stream takes no more. */
static void a_pushed_stream_ends_with_its_callback(void **state) {
    (void)state;
    lw_error err = {0};
    lw_model *model = lwt_untrained("2", 8, false);
    lw_predictor *predictor = make_predictor(model, 5);
    lw_record *record = lwt_synthetic(8, 250, 100);
    device d = device_of(record);
    lw_stream *stream = NULL;
    size_t calls = 0;
    d.signal.leads = d.names;
    lwt_assert_ok(lw_stream_create(predictor, &d.signal, refuse, &calls, &stream, &err), &err);
    lwt_assert_fails(lw_stream_push(stream, d.frames, d.samples, &err), LW_ERR_IO, &err, "disk is full");
    lwt_assert_fails(lw_stream_push(stream, d.frames, 1, &err), LW_ERR_ARGUMENT, &err, "has ended");
    lwt_assert_fails(lw_stream_end(stream, &err), LW_ERR_ARGUMENT, &err, "has ended");
    assert_int_equal(calls, 2);
    lw_stream_free(&stream);
    free(d.frames);
    lw_record_free(&record);
    lw_predictor_free(&predictor);
    lw_model_free(&model);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_push_of_any_size_gives_the_windows_of_the_file),
        cmocka_unit_test(windows_are_close_to_those_of_the_whole_recording),
        cmocka_unit_test(a_window_in_a_gap_is_rejected_and_the_others_are_not),
        cmocka_unit_test(nothing_is_allocated_after_creation),
        cmocka_unit_test(what_cannot_be_a_stream_is_refused),
        cmocka_unit_test(a_callback_ends_the_stream_with_its_failure),
        cmocka_unit_test(a_pushed_stream_ends_with_its_callback),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
