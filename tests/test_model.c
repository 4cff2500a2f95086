/* Model files: round trip, agreement with PyTorch's predictions, and every way in which a file can be broken. */
#include "support.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/hash.h"
#include "model/model_internal.h"
#include "network/network_internal.h"
#include "predict_support.h"

static const char json[] =
    "{\"name\": \"tiny\", \"leads\": [\"I\", \"II\"], \"samples\": 1000, \"branches\": [{\"decimate\": 8, \"blocks\": "
    "[{\"filters\": 3, \"kernel\": [1, 5], \"stride\": 2, \"skip\": \"conv\", \"norm\": true, \"attention\": true, "
    "\"dropout\": 0.2}]}], \"outputs\": 2, \"head\": \"gap\", \"dropout\": \"spatial\", \"attention_reduction\": 16, "
    "\"batch_norm\": {\"epsilon\": 0.001, \"momentum\": 0.99}}";
static const char classes_json[] =
    "[{\"codes\": [\"426783006\"], \"abbreviation\": \"NSR\"}, {\"codes\": [\"59118001\", \"713427006\"], "
    "\"abbreviation\": \"RBBB\"}]";

/** The tiny network with parameters that follow from `seed`. */
static lw_model *make_model(uint64_t seed) {
    lw_network *network = NULL;
    lw_class_list *classes = NULL;
    lw_parameter_table *table = NULL;
    lw_model *model = NULL;
    lw_error err = {0};
    const lw_preprocessing preprocessing = lw_preprocessing_default();
    lwt_assert_ok(lw_network_parse(json, NULL, &network, &err), &err);
    lwt_assert_ok(lw_class_list_parse(classes_json, &classes, &err), &err);
    lwt_assert_ok(lw_parameter_table_create(network, &table, &err), &err);
    float *values = calloc(table->total, sizeof *values);
    assert_non_null(values);
    lw_parameters_initialise(table, seed, values);
    lwt_assert_ok(lw_model_create(network, &preprocessing, classes, NULL, NULL, values, &model, &err), &err);
    free(values);
    lw_parameter_table_free(&table);
    lw_class_list_free(&classes);
    lw_network_free(&network);
    return model;
}

static char *saved_bytes(const lw_model *model, const char *name, size_t *length) {
    const char *path = lwt_temp_path(name);
    lw_error err = {0};
    lwt_assert_ok(lw_model_save(model, path, &err), &err);
    return lwt_read_file(path, length);
}

static void assert_hash(const lw_model *model, const char *expected) {
    char hex[LW_SHA256_HEX];
    lw_error err = {0};
    lwt_assert_ok(lw_model_sha256(model, hex, &err), &err);
    assert_string_equal(hex, expected);
}

static void a_model_is_read_as_it_was_written(void **state) {
    (void)state;
    lw_model *model = make_model(1), *loaded = NULL;
    const double thresholds[2] = {0.25, 0.1 + 0.2};
    lw_error err = {0};
    char hex[LW_SHA256_HEX];
    size_t length = 0, again_length = 0;
    lwt_assert_ok(lw_model_set_decision(model, thresholds, "713427006", &err), &err);
    char *bytes = saved_bytes(model, "a.safetensors", &length);
    lwt_assert_ok(lw_model_load(lwt_temp_path("a.safetensors"), &loaded, &err), &err);
    char *again = saved_bytes(loaded, "b.safetensors", &again_length);
    assert_int_equal(length, again_length);
    assert_memory_equal(bytes, again, length);
    lw_sha256_of(bytes, length, hex);
    assert_hash(model, hex);
    assert_hash(loaded, hex);
    assert_int_equal(lw_model_tensor_count(loaded), 13);
    assert_string_equal(lw_model_fallback(loaded), "713427006");
    assert_true(lw_model_thresholds(loaded)[1] == 0.1 + 0.2);
    assert_true(lw_model_preprocessing(loaded)->band_hz[1] == 35.0);
    assert_true(lw_class_list_equal(lw_model_classes(model), lw_model_classes(loaded)));
    assert_memory_equal(model->values, loaded->values, model->table->total * sizeof(float));
    free(bytes);
    free(again);
    lw_model_free(&model);
    lw_model_free(&loaded);
    assert_null(loaded);
}

static void thresholds_and_fallback_decide(void **state) {
    (void)state;
    lw_model *model = make_model(1);
    lw_error err = {0};
    uint8_t decisions[2];
    char before[LW_SHA256_HEX], after[LW_SHA256_HEX];
    lwt_assert_ok(lw_model_sha256(model, before, &err), &err);
    lw_model_decide(model, (const float[2]){0.5f, 0.49f}, decisions);
    assert_true(decisions[0] == 1 && decisions[1] == 0);
    lw_model_decide(model, (const float[2]){0.4f, 0.1f}, decisions);
    assert_true(decisions[0] == 0 && decisions[1] == 0);
    lwt_assert_ok(lw_model_set_decision(model, NULL, "426783006", &err), &err);
    lwt_assert_ok(lw_model_sha256(model, after, &err), &err);
    assert_string_not_equal(after, before);
    lw_model_decide(model, (const float[2]){0.4f, 0.1f}, decisions);
    assert_true(decisions[0] == 1 && decisions[1] == 0);
    lw_model_decide(model, (const float[2]){0.4f, 0.6f}, decisions);
    assert_true(decisions[0] == 0 && decisions[1] == 1);
    lwt_assert_fails(lw_model_set_decision(model, NULL, "1", &err), LW_ERR_ARGUMENT, &err, "fallback 1");
    lwt_assert_fails(lw_model_set_decision(model, (const double[2]){0.5, 1.5}, NULL, &err), LW_ERR_ARGUMENT, &err,
                     "threshold 1 is 1.5");
    lwt_assert_fails(lw_model_set_decision(model, (const double[2]){NAN, 0.5}, NULL, &err), LW_ERR_ARGUMENT, &err,
                     "threshold 0");
    assert_string_equal(lw_model_fallback(model), "426783006");
    lwt_assert_ok(lw_model_set_decision(model, NULL, "", &err), &err);
    assert_null(lw_model_fallback(model));
    assert_hash(model, before);
    lw_model_free(&model);
}

/* What calibration adds to the decision is kept by files, and gone when taken back. */
static void pooling_and_temperature_are_stored(void **state) {
    (void)state;
    lw_model *model = make_model(1), *loaded = NULL;
    lw_error err = {0};
    char before[LW_SHA256_HEX];
    lwt_assert_ok(lw_model_sha256(model, before, &err), &err);
    const lw_pooling pooling[] = {LW_POOL_MAX, LW_POOL_MEAN};
    assert_true(!lw_model_pooling(model) && lw_model_window_step_s(model) == 0.0);
    lwt_assert_ok(lw_model_set_pooling(model, 2.5, pooling, &err), &err);
    lwt_assert_ok(lw_model_set_temperature(model, 1.7, &err), &err);
    lwt_assert_ok(lw_model_save(model, lwt_temp_path("pooled.safetensors"), &err), &err);
    lwt_assert_ok(lw_model_load(lwt_temp_path("pooled.safetensors"), &loaded, &err), &err);
    assert_memory_equal(lw_model_pooling(loaded), pooling, sizeof pooling);
    assert_true(lw_model_window_step_s(loaded) == 2.5 && lw_model_temperature(loaded) == 1.7);
    char changed[LW_SHA256_HEX];
    lwt_assert_ok(lw_model_sha256(model, changed, &err), &err);
    assert_hash(loaded, changed);
    const float windows[] = {0.1f, 0.1f, 0.7f, 0.5f, 0.4f, 0.3f};
    float pooled[2];
    lw_pool_windows(windows, 3, 2, pooling, pooled);
    assert_true(pooled[0] == 0.7f);
    lwt_assert_close((double)pooled[1], 0.3, 1e-7, 0);
    lwt_assert_fails(lw_model_set_pooling(model, 0, pooling, &err), LW_ERR_ARGUMENT, &err, "windows every 0 s");
    lwt_assert_fails(lw_model_set_temperature(model, NAN, &err), LW_ERR_ARGUMENT, &err, "temperature");
    lwt_assert_ok(lw_model_set_pooling(model, 0, NULL, &err), &err);
    lwt_assert_ok(lw_model_set_temperature(model, 1.0, &err), &err);
    assert_hash(model, before);
    lw_model_free(&loaded);
    lw_model_free(&model);
}

static void parts_that_do_not_fit_are_refused(void **state) {
    (void)state;
    lw_model *model = make_model(1), *other = NULL;
    lw_error err = {0};
    lw_preprocessing five = lw_preprocessing_default();
    lw_class_list *classes = NULL;
    five.window_s = 5.0;
    const lw_preprocessing *ten = lw_model_preprocessing(model);
    lwt_assert_fails(lw_model_create(model->network, &five, model->classes, NULL, NULL, model->values, &other, &err),
                     LW_ERR_MISMATCH, &err, "500 samples");
    lwt_assert_ok(lw_class_list_scored(2021, false, &classes, &err), &err);
    lwt_assert_fails(lw_model_create(model->network, ten, classes, NULL, NULL, model->values, &other, &err),
                     LW_ERR_MISMATCH, &err, "30 classes");
    model->values[3] = INFINITY;
    lwt_assert_fails(lw_model_create(model->network, ten, model->classes, NULL, NULL, model->values, &other, &err),
                     LW_ERR_NOT_FINITE, &err, "branch0.block0.conv.weight[3]");
    assert_null(other);
    lw_class_list_free(&classes);
    lw_model_free(&model);
}

/** A golden model through a session: sigmoid of PyTorch's logits, in batches that do not divide evenly. */
static void a_session_predicts_what_pytorch_predicts(void **state) {
    (void)state;
    const char *path = lwt_source_path("tests/data/networks/narrow-multiscale2021-2.model.safetensors");
    lw_model *model = NULL;
    lw_session *session = NULL;
    lw_safetensors *expected = NULL;
    lw_error err = {0};
    lwt_assert_ok(lw_model_load(path, &model, &err), &err);
    const lw_safetensors_limits limits = {1 << 20, 10000};
    path = lwt_source_path("tests/data/networks/narrow-multiscale2021-2.expected.safetensors");
    lwt_assert_ok(lw_safetensors_open(path, limits, &expected, &err), &err);
    const lw_tensor *logits = lw_safetensors_find(expected, "eval.logits");
    float signals[3 * 2 * 1000], got[3 * 30];
    lwt_fill(signals, sizeof signals / sizeof *signals, 2); /* as tests/data/renew.py fills them */
    lw_session_options how = {.size = sizeof how, .max_batch = 2, .threads = 2};
    lwt_assert_ok(lw_session_create(model, &how, &session, &err), &err);
    lwt_assert_ok(lw_session_predict(session, 2, signals, NULL, got, &err), &err);
    lwt_assert_ok(lw_session_predict(session, 1, signals + 2 * 2000, NULL, got + 2 * 30, &err), &err);
    for (size_t i = 0; i < 3 * 30; i++) {
        double logit;
        memcpy(&logit, (const char *)logits->data + i * sizeof logit, sizeof logit);
        lwt_assert_close((double)got[i], 1.0 / (1.0 + exp(-logit)), 1e-6, 0.0);
    }
    lwt_assert_fails(lw_session_predict(session, 3, signals, NULL, got, &err), LW_ERR_ARGUMENT, &err,
                     "3 records at once, expected at most 2");
    signals[2000 + 77] = NAN;
    lwt_assert_fails(lw_session_predict(session, 2, signals, NULL, got, &err), LW_ERR_NOT_FINITE, &err, "finite");
    lw_session_free(&session);
    assert_null(session);
    how.max_batch = 0;
    lwt_assert_fails(lw_session_create(model, &how, &session, &err), LW_ERR_ARGUMENT, &err, "expected at least 1");
    lw_safetensors_free(&expected);
    lw_model_free(&model);
}

/* ---- Broken files. Each is written from a whole model's parts with one thing changed. */

enum { TENSORS_MOST = 16, METADATA = 5 };

typedef struct parts {
    lw_tensor_spec tensor[TENSORS_MOST];
    size_t tensors;
    lw_metadata_item metadata[METADATA + 1];
    size_t metadata_count;
} parts;

static parts parts_of(const lw_model *model) {
    parts p = {.tensors = model->table->count, .metadata_count = METADATA};
    for (size_t i = 0; i < p.tensors; i++) {
        const lw_parameter *item = &model->table->item[i];
        p.tensor[i] = (lw_tensor_spec){
            .name = item->name, .dtype = LW_DTYPE_F32, .rank = item->rank, .data = model->values + item->offset};
        memcpy(p.tensor[i].shape, item->shape, sizeof item->shape);
    }
    const lw_metadata_item items[METADATA] = {
        {"leadwise.format", "leadwise.model/1"},
        {"leadwise.network", json},
        {"leadwise.preprocessing",
         "{\"rate_hz\": 100, \"band_hz\": [0.05, 35.0], \"filter\": \"butterworth-zero-phase\", "
         "\"filter_order\": 3, \"window_s\": 10, \"normalise\": \"zscore\"}"},
        {"leadwise.classes", classes_json},
        {"leadwise.decision", "{\"thresholds\": [0.5, 0.5], \"fallback\": null}"}};
    memcpy(p.metadata, items, sizeof items);
    return p;
}

static lw_status load_parts(const parts *p, lw_model **out, lw_error *err) {
    const char *path = lwt_temp_path("parts.safetensors");
    lwt_assert_ok(lw_safetensors_write(path, p->tensor, p->tensors, p->metadata, p->metadata_count, err), err);
    return lw_model_load(path, out, err);
}

static void expect_refused(const parts *p, const char *sentence) {
    lw_model *model = NULL;
    lw_error err = {0};
    lwt_assert_fails(load_parts(p, &model, &err), LW_ERR_MODEL, &err, sentence);
    assert_null(model);
    assert_non_null(strstr(err.message, "parts.safetensors"));
}

static void broken_metadata_is_refused(void **state) {
    (void)state;
    static const struct {
        size_t item;
        const char *value, *sentence;
    } cases[] = {
        {0, "leadwise.model/2", "leadwise.format is \"leadwise.model/2\", expected \"leadwise.model/1\""},
        {0, NULL, "no metadata \"leadwise.format\""},
        {1, NULL, "no metadata \"leadwise.network\""},
        {1, "{}", "leadwise.network: name: expected"},
        {1, "nonsense", "leadwise.network:1"},
        {2, NULL, "no metadata \"leadwise.preprocessing\""},
        {2, "{\"rate_hz\": 0}", "leadwise.preprocessing: 'rate_hz' is wrong"},
        {2, "{\"rate_hz\": 100, \"band_hz\": [35, 0.05]}", "'band_hz' is wrong"},
        {2, "{\"rate_hz\": 100, \"band_hz\": [0.05, 50]}", "'band_hz' is wrong"},
        {2, "{\"rate_hz\": 100, \"band_hz\": [1e-9, 35]}", "'band_hz' is wrong, expected [low, high] with 0.001 <="},
        {2, "{\"rate_hz\": 100, \"band_hz\": [0.05, 49.9999]}", "'band_hz' is wrong"},
        {2, "{\"rate_hz\": 100, \"band_hz\": [0.05, 35], \"filter\": \"notch\"}", "'filter' is \"notch\""},
        {2,
         "{\"rate_hz\": 200, \"band_hz\": [0.05, 35.0], \"filter\": \"butterworth-zero-phase\", \"filter_order\": 3, "
         "\"window_s\": 10, \"normalise\": \"zscore\"}",
         "the window has 2000 samples, expected the network's 1000"},
        {3, NULL, "no metadata \"leadwise.classes\""},
        {3, "[{\"codes\": [\"1\"], \"abbreviation\": \"A\"}]", "1 classes, expected one for each of 2 outputs"},
        {3, "[{\"codes\": [\"1\"], \"abbreviation\": \"A\"}, {\"codes\": [\"2\"], \"abbreviation\": \"A\"}]",
         "two classes are called \"A\""},
        {3, "[]", "leadwise.classes"},
        {3, "7", "leadwise.classes"},
        {4, NULL, "no metadata \"leadwise.decision\""},
        {4, "{\"thresholds\": [0.5], \"fallback\": null}", "1 thresholds, expected one for each of 2 outputs"},
        {4, "{\"thresholds\": [0.5, 2], \"fallback\": null}", "thresholds[1]: expected a number from 0 to 1"},
        {4, "{\"thresholds\": [0.5, null], \"fallback\": null}", "thresholds[1]: expected a number from 0 to 1"},
        {4, "{\"thresholds\": [0.5, 0.5], \"fallback\": 7}", "'fallback' is wrong"},
        {4, "{\"thresholds\": [0.5, 0.5], \"temperature\": 0}", "'temperature' is wrong"},
        {4, "{\"thresholds\": [0.5, 0.5], \"pool\": [\"max\", \"mean\"]}", "'window_step_s' is missing"},
        {4, "{\"thresholds\": [0.5, 0.5], \"window_step_s\": 5}", "'pool'"},
        {4, "{\"thresholds\": [0.5, 0.5], \"window_step_s\": 5, \"pool\": [\"max\"]}", "pool[0] is wrong"},
        {4, "{\"thresholds\": [0.5, 0.5], \"window_step_s\": 5, \"pool\": [\"max\", \"min\"]}", "pool[1] is wrong"},
        {4, "{\"thresholds\": [0.5, 0.5], \"fallback\": \"7\"}", "fallback 7 is no code of any class"},
    };
    lw_model *model = make_model(1);
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        parts p = parts_of(model);
        if (cases[i].value)
            p.metadata[cases[i].item].value = cases[i].value;
        else
            p.metadata[cases[i].item] = p.metadata[--p.metadata_count];
        expect_refused(&p, cases[i].sentence);
    }
    lw_model_free(&model);
}

static void broken_tensors_are_refused(void **state) {
    (void)state;
    lw_model *model = make_model(1);
    const float nan_weight[15] = {0, NAN}, negative[3] = {1, 1, -1}, infinite[3] = {INFINITY, 0, 0}, extra[1] = {1};
    const uint8_t bytes[15] = {0};
    parts p = parts_of(model);
    p.tensor[2] = p.tensor[--p.tensors];
    expect_refused(&p, "tensor branch0.block0.norm.bias is missing");
    p = parts_of(model);
    p.tensor[p.tensors++] = (lw_tensor_spec){"visitor", LW_DTYPE_F32, 1, {1}, extra};
    expect_refused(&p, "tensor visitor belongs to no part of the network");
    p = parts_of(model);
    p.tensor[0].shape[2] = 5, p.tensor[0].shape[3] = 1;
    expect_refused(&p, "tensor branch0.block0.conv.weight is 3x1x5x1, expected 3x1x1x5");
    p = parts_of(model);
    p.tensor[0].rank = 1, p.tensor[0].shape[0] = 15;
    expect_refused(&p, "is 15, expected 3x1x1x5");
    p = parts_of(model);
    p.tensor[12].rank = 0;
    expect_refused(&p, "tensor head.bias is a scalar, expected 2");
    p = parts_of(model);
    p.tensor[0].data = nan_weight;
    expect_refused(&p, "tensor branch0.block0.conv.weight[1] is nan, expected a finite number");
    p = parts_of(model);
    p.tensor[1].data = infinite;
    expect_refused(&p, "norm.weight[0] is inf");
    const float huge[3] = {1, -3e38f, 1}, wide[3] = {0, 0, 3e38f};
    p = parts_of(model);
    p.tensor[1].data = huge;
    expect_refused(&p, "norm.weight[1] is -3e+38, expected a finite number, of size 1e+09 at most");
    p = parts_of(model);
    p.tensor[4].data = wide;
    expect_refused(&p, "running_var[2] is 3e+38, expected a finite non-negative number, of size 1e+09 at most");
    p = parts_of(model);
    p.tensor[4].data = negative;
    expect_refused(&p, "running_var[2] is -1, expected a finite non-negative number");
    p = parts_of(model);
    p.tensor[0].dtype = LW_DTYPE_U8, p.tensor[0].data = bytes;
    expect_refused(&p, "is of another type, expected F32 or F16");
    lw_model_free(&model);
}

/** Other programs may add metadata, store halves, and order tensors as they like. */
/* A logit that overflows is neither 0 nor 1, and from what is no probability nothing follows, the fallback least. */
static void an_overflow_is_no_probability_and_no_decision(void **state) {
    (void)state;
    lw_error err = {0};
    lw_model *model = lwt_untrained("2", 8, true);
    const lw_parameter_table *table = model->table;
    const size_t outputs = lw_network_output_count(model->network);
    float probabilities[LW_CLASSES_MAX], signals[2 * 1000];
    uint8_t decisions[LW_CLASSES_MAX];
    lw_session *session = NULL;
    lwt_assert_ok(lw_model_set_decision(model, lw_model_thresholds(model), lw_class_code(model->classes, 3, 0), &err),
                  &err);
    for (size_t i = 0; i < table->item[table->count - 1].elements; i++)
        model->values[table->item[table->count - 1].offset + i] = i == 1 ? 3e38f : 0;
    for (size_t i = 0; i < table->item[table->count - 2].elements; i++)
        model->values[table->item[table->count - 2].offset + i] = 3e38f;
    lwt_fill(signals, sizeof signals / sizeof *signals, 2);
    lwt_assert_ok(lw_session_create(model, NULL, &session, &err), &err);
    lwt_assert_fails(lw_session_predict(session, 1, signals, NULL, probabilities, &err), LW_ERR_NOT_FINITE, &err,
                     "a probability that is not finite");
    assert_true(isnan(probabilities[1]));
    lw_session_free(&session);
    for (size_t i = 0; i < outputs; i++)
        probabilities[i] = 0.1f;
    lw_model_decide(model, probabilities, decisions);
    assert_int_equal(decisions[3], 1); /* the fallback */
    probabilities[1] = NAN;
    lw_model_decide(model, probabilities, decisions);
    for (size_t i = 0; i < outputs; i++)
        assert_int_equal(decisions[i], 0);
    lw_model_free(&model);
}

static void other_metadata_halves_and_order_are_tolerated(void **state) {
    (void)state;
    lw_model *model = make_model(1), *loaded = NULL;
    lw_error err = {0};
    parts p = parts_of(model);
    p.metadata[p.metadata_count++] = (lw_metadata_item){"trained.by", "somebody"};
    lw_tensor_spec first = p.tensor[0];
    p.tensor[0] = p.tensor[12], p.tensor[12] = first;
    /* 1, -2, 0.5 as IEEE halves. */
    const uint16_t halves[3] = {0x3C00, 0xC000, 0x3800};
    p.tensor[1].dtype = LW_DTYPE_F16, p.tensor[1].data = halves;
    lwt_assert_ok(load_parts(&p, &loaded, &err), &err);
    const float *gain = loaded->values + loaded->table->item[1].offset;
    assert_true(gain[0] == 1.0f && gain[1] == -2.0f && gain[2] == 0.5f);
    assert_memory_equal(loaded->values, model->values, 15 * sizeof(float));
    lw_model_free(&loaded);
    lw_model_free(&model);
}

/** A file that is cut anywhere, or longer than its header states, is refused. */
static void a_file_cut_anywhere_is_refused(void **state) {
    (void)state;
    lw_model *model = make_model(1), *loaded = NULL;
    size_t length = 0;
    char *bytes = saved_bytes(model, "whole.safetensors", &length);
    for (size_t cut = 0; cut < length; cut += cut < 64 || cut + 16 > length ? 1 : 37) {
        char *part = malloc(cut ? cut : 1);
        lw_error err = {0};
        assert_non_null(part);
        memcpy(part, bytes, cut);
        lwt_assert_fails(lw_model_parse(part, cut, "cut", &loaded, &err), LW_ERR_MODEL, &err, "cut");
        assert_null(loaded);
        free(part);
    }
    char *more = calloc(length + 4, 1);
    lw_error err = {0};
    assert_non_null(more);
    memcpy(more, bytes, length);
    lwt_assert_fails(lw_model_parse(more, length + 4, "longer", &loaded, &err), LW_ERR_MODEL, &err, "longer");
    free(more);
    free(bytes);
    lw_model_free(&model);
}

/** Every byte of the header in turn becomes another: refused with a sentence, or a model that still holds together. */
static void a_flipped_byte_is_refused_or_harmless(void **state) {
    (void)state;
    lw_model *model = make_model(1);
    size_t length = 0, header = 0;
    char *bytes = saved_bytes(model, "whole.safetensors", &length);
    memcpy(&header, bytes, sizeof header);
    for (size_t i = 0; i < 8 + header; i++)
        for (int k = 0; k < 2; k++) {
            char held = bytes[i];
            lw_model *loaded = NULL;
            lw_error err = {0};
            bytes[i] = (char)(k ? held ^ 0x01 : '9');
            lw_status status = lw_model_parse(bytes, length, "flipped", &loaded, &err);
            assert_true(status == LW_OK ? (bool)loaded : !loaded && strlen(err.message) > 10);
            assert_true(status == LW_OK || status == LW_ERR_MODEL);
            lw_model_free(&loaded);
            bytes[i] = held;
        }
    free(bytes);
    lw_model_free(&model);
}

/** Hand-made headers: lengths and offsets that lie. */
static void a_header_that_lies_is_refused(void **state) {
    (void)state;
    static const char *const headers[] = {
        "{\"a\": {\"dtype\": \"F32\", \"shape\": [4], \"data_offsets\": [0, 8]}}",
        "{\"a\": {\"dtype\": \"F32\", \"shape\": [2], \"data_offsets\": [0, 8]}, \"b\": {\"dtype\": \"F32\", "
        "\"shape\": [2], "
        "\"data_offsets\": [4, 12]}}",
        "{\"a\": {\"dtype\": \"F32\", \"shape\": [4294967296, 4294967296, 4], \"data_offsets\": [0, 16]}}",
        "{\"a\": {\"dtype\": \"F32\", \"shape\": [4], \"data_offsets\": [0, 18446744073709551615]}}",
        "{\"a\": {\"dtype\": \"F32\", \"shape\": [-4], \"data_offsets\": [0, 16]}}",
        "{\"a\": {\"dtype\": \"F99\", \"shape\": [4], \"data_offsets\": [0, 16]}}",
        "{\"a\": {\"dtype\": \"F32\", \"shape\": [4], \"data_offsets\": [0, 16]}}",
        "[]",
    };
    for (size_t i = 0; i < sizeof headers / sizeof headers[0]; i++) {
        char file[512] = {0};
        uint64_t length = strlen(headers[i]);
        lw_model *model = NULL;
        lw_error err = {0};
        memcpy(file, &length, sizeof length);
        memcpy(file + 8, headers[i], length);
        lwt_assert_fails(lw_model_parse(file, 8 + length + 16, "lying", &model, &err), LW_ERR_MODEL, &err, "lying");
        const uint64_t huge[] = {length + 1000, (uint64_t)1 << 40, UINT64_MAX, UINT64_MAX - 7};
        for (size_t k = 0; k < 4; k++) {
            memcpy(file, &huge[k], sizeof huge[k]);
            lwt_assert_fails(lw_model_parse(file, 8 + length + 16, "lying", &model, &err), LW_ERR_MODEL, &err, "lying");
        }
        assert_null(model);
    }
}

static void an_untrained_model_depends_on_its_seed(void **state) {
    (void)state;
    const lw_preprocessing preprocessing = lw_preprocessing_default();
    const lw_network_options small = {.size = sizeof small, .width = 16, .output_count = 3};
    lw_network *network = NULL;
    lw_model *one = NULL, *same = NULL, *other = NULL, *refused = NULL;
    lw_class_list *classes = NULL;
    lw_error err = {0};
    char hex[LW_SHA256_HEX], other_hex[LW_SHA256_HEX];
    lwt_assert_ok(lw_network_load("multiscale2021", &small, &network, &err), &err);
    lwt_assert_ok(lw_model_untrained(network, &preprocessing, NULL, 1, &one, &err), &err);
    lwt_assert_ok(lw_model_untrained(network, &preprocessing, NULL, 1, &same, &err), &err);
    lwt_assert_ok(lw_model_untrained(network, &preprocessing, NULL, 2, &other, &err), &err);
    lwt_assert_ok(lw_model_sha256(one, hex, &err), &err);
    lwt_assert_ok(lw_model_sha256(other, other_hex, &err), &err);
    assert_hash(same, hex);
    assert_string_not_equal(other_hex, hex);
    assert_string_equal(lw_class_code(lw_model_classes(one), 2, 0), "2");
    lwt_assert_ok(lw_class_list_scored(2021, true, &classes, &err), &err);
    assert_int_equal(lw_model_untrained(network, &preprocessing, classes, 1, &refused, &err), LW_ERR_MISMATCH);
    assert_null(refused);
    lw_class_list_free(&classes);
    lw_model_free(&one);
    lw_model_free(&same);
    lw_model_free(&other);
    lw_network_free(&network);
}

static void a_missing_file_is_named(void **state) {
    (void)state;
    lw_model *model = NULL;
    lw_error err = {0};
    lwt_assert_fails(lw_model_load(lwt_temp_path("nothing"), &model, &err), LW_ERR_IO, &err, "nothing");
    lwt_assert_fails(lw_model_load(lwt_temp_dir(), &model, &err), LW_ERR_IO, &err, NULL);
    lwt_write_file(lwt_temp_path("empty"), "", 0);
    lwt_assert_fails(lw_model_load(lwt_temp_path("empty"), &model, &err), LW_ERR_MODEL, &err, "empty");
    assert_null(model);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_model_is_read_as_it_was_written),
        cmocka_unit_test(thresholds_and_fallback_decide),
        cmocka_unit_test(pooling_and_temperature_are_stored),
        cmocka_unit_test(parts_that_do_not_fit_are_refused),
        cmocka_unit_test(a_session_predicts_what_pytorch_predicts),
        cmocka_unit_test(broken_metadata_is_refused),
        cmocka_unit_test(broken_tensors_are_refused),
        cmocka_unit_test(an_overflow_is_no_probability_and_no_decision),
        cmocka_unit_test(other_metadata_halves_and_order_are_tolerated),
        cmocka_unit_test(a_file_cut_anywhere_is_refused),
        cmocka_unit_test(a_flipped_byte_is_refused_or_harmless),
        cmocka_unit_test(a_header_that_lies_is_refused),
        cmocka_unit_test(an_untrained_model_depends_on_its_seed),
        cmocka_unit_test(a_missing_file_is_named),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
