/*
 * Model files read. Layout: safetensors (base/safetensors.h); one float32 tensor per item of the parameter table, in
 * its order; metadata "leadwise.format" = "leadwise.model/1" and the JSON strings "leadwise.network",
 * "leadwise.preprocessing", "leadwise.classes" and "leadwise.decision". A file holds no more, so equal models are
 * equal bytes.
 *
 * Weights may be float16. An ensemble has "leadwise.ensemble" besides, and the tensors of each member after the other,
 * called "member0.branch0.block0.conv.weight" and so on.
 */
#include <assert.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "base/file.h"
#include "base/floats.h"
#include "base/json.h"
#include "base/memory.h"
#include "model/model_internal.h"
#include "network/network_internal.h"
#include "signal/preprocessing_json.h"

static const lw_safetensors_limits limits = {.header_bytes = 4 << 20, .tensors = LW_MODEL_TENSORS_MAX};

const char *const lw_pooling_words[2] = {[LW_POOL_MEAN] = "mean", [LW_POOL_MAX] = "max"};
const char *const lw_combine_words[2] = {[LW_COMBINE_MEAN] = "mean", [LW_COMBINE_MEDIAN] = "median"};

/** A file on its way to a model. */
typedef struct reading {
    const char *shown;
    const lw_safetensors *file;
    lw_model *model;
    lw_error *err;
} reading;

static lw_status metadata(const reading *r, const char *key, const char **out) {
    *out = lw_safetensors_metadata(r->file, key);
    if (!*out)
        return lw_fail(r->err, LW_ERR_MODEL, "%s: no metadata \"%s\": not a model of this program", r->shown, key);
    return LW_OK;
}

static lw_status read_network(const reading *r) {
    const char *json = NULL;
    char where[256];
    lw_status status = metadata(r, "leadwise.network", &json);
    if (status != LW_OK)
        return status;
    snprintf(where, sizeof where, "%.200s: leadwise.network", r->shown);
    status = lw_network_parse_text(json, strlen(json), where, LW_ERR_MODEL, NULL, &r->model->network, r->err);
    if (status != LW_OK)
        return status;
    return lw_parameter_table_create(r->model->network, &r->model->table, r->err);
}

static lw_status read_preprocessing(const reading *r) {
    const char *json = NULL;
    char where[256];
    lw_status status = metadata(r, LW_KEY_PREPROCESSING, &json);
    snprintf(where, sizeof where, "%.200s: %s", r->shown, LW_KEY_PREPROCESSING);
    if (status == LW_OK)
        status = lw_preprocessing_parse(json, where, &r->model->preprocessing, r->err);
    if (status != LW_OK)
        return status;
    size_t window = lw_preprocessing_sample_count(&r->model->preprocessing);
    if (window != lw_network_sample_count(r->model->network))
        return lw_fail(r->err, LW_ERR_MODEL, "%s: the window has %zu samples, expected the network's %zu", r->shown,
                       window, lw_network_sample_count(r->model->network));
    return LW_OK;
}

static lw_status read_classes(const reading *r) {
    const char *json = NULL;
    lw_error inner = {LW_OK, ""};
    lw_status status = metadata(r, "leadwise.classes", &json);
    if (status != LW_OK)
        return status;
    status = lw_class_list_parse(json, &r->model->classes, &inner);
    if (status != LW_OK)
        return lw_fail(r->err, status, "%s: leadwise.classes: %s", r->shown, inner.message);
    if (lw_class_count(r->model->classes) != lw_network_output_count(r->model->network))
        return lw_fail(r->err, LW_ERR_MODEL, "%s: %zu classes, expected one for each of %zu outputs", r->shown,
                       lw_class_count(r->model->classes), lw_network_output_count(r->model->network));
    return LW_OK;
}

/** A JSON object of the metadata, and its name for sentences, to which `place` points. */
typedef struct metadata_object {
    char where[256];
    lw_json_place place;
    json_t *object; /**< json_decref it */
} metadata_object;

static lw_status parse_object(const reading *r, const char *key, const char *json, metadata_object *out) {
    snprintf(out->where, sizeof out->where, "%.200s: %s", r->shown, key);
    out->place = (lw_json_place){out->where, LW_ERR_MODEL, r->err};
    return lw_json_parse_object(out->place, json, strlen(json), &out->object);
}

static lw_status read_thresholds(lw_json_place place, const json_t *object, lw_model *model) {
    const size_t outputs = lw_network_output_count(model->network);
    const json_t *array = NULL;
    lw_status status = lw_json_array(place, object, "thresholds", &array);
    if (status != LW_OK)
        return status;
    if (json_array_size(array) != outputs)
        return lw_fail(place.err, place.status, "%s: %zu thresholds, expected one for each of %zu outputs", place.shown,
                       json_array_size(array), outputs);
    model->thresholds = lw_calloc(outputs, sizeof *model->thresholds);
    if (!model->thresholds)
        return lw_fail_no_memory(place.err, "a model's thresholds");
    for (size_t i = 0; i < outputs; i++) {
        const json_t *value = json_array_get(array, i);
        model->thresholds[i] = json_is_number(value) ? json_number_value(value) : -1.0;
        if (!(model->thresholds[i] >= 0.0 && model->thresholds[i] <= 1.0))
            return lw_fail(place.err, place.status, "%s: thresholds[%zu]: expected a number from 0 to 1", place.shown,
                           i);
    }
    return LW_OK;
}

static lw_status read_fallback(lw_json_place place, const json_t *object, lw_model *model) {
    const json_t *code = json_object_get(object, "fallback");
    if (code && !json_is_null(code) && !json_is_string(code))
        return lw_fail(place.err, place.status, "%s: 'fallback' is wrong, expected a code or null", place.shown);
    model->fallback = json_is_string(code) ? lw_strdup(json_string_value(code)) : NULL;
    return json_is_string(code) && !model->fallback ? lw_fail_no_memory(place.err, "a fallback") : LW_OK;
}

static lw_status read_pooling(lw_json_place place, const json_t *object, lw_model *model) {
    const size_t outputs = lw_network_output_count(model->network);
    const json_t *array = NULL;
    lw_status status = lw_json_double(place, object, "window_step_s", 1e-3, 1e6, &model->window_step_s);
    if (status == LW_OK)
        status = lw_json_array(place, object, "pool", &array);
    if (status != LW_OK)
        return status;
    model->pooling = lw_calloc(outputs, sizeof *model->pooling);
    if (!model->pooling)
        return lw_fail_no_memory(place.err, "a model's pooling");
    for (size_t i = 0; i < outputs; i++) {
        const char *how = json_string_value(json_array_get(array, i));
        if (!how || json_array_size(array) != outputs ||
            (strcmp(how, lw_pooling_words[LW_POOL_MEAN]) != 0 && strcmp(how, lw_pooling_words[LW_POOL_MAX]) != 0))
            return lw_fail(place.err, place.status,
                           "%s: pool[%zu] is wrong, expected \"mean\" or \"max\" for each of %zu outputs", place.shown,
                           i, outputs);
        model->pooling[i] = strcmp(how, lw_pooling_words[LW_POOL_MAX]) == 0 ? LW_POOL_MAX : LW_POOL_MEAN;
    }
    return LW_OK;
}

static lw_status read_decision(const reading *r) {
    static const char *const keys[] = {"thresholds", "fallback", "temperature", "window_step_s", "pool", NULL};
    lw_model *model = r->model;
    metadata_object item = {.object = NULL};
    const char *json = NULL;
    lw_status status = metadata(r, "leadwise.decision", &json);
    if (status == LW_OK)
        status = parse_object(r, "leadwise.decision", json, &item);
    if (status == LW_OK)
        status = lw_json_only_keys(item.place, item.object, keys);
    if (status == LW_OK)
        status = read_thresholds(item.place, item.object, model);
    if (status == LW_OK)
        status = read_fallback(item.place, item.object, model);
    model->temperature = 1.0;
    if (status == LW_OK && json_object_get(item.object, "temperature"))
        status = lw_json_double(item.place, item.object, "temperature", 1e-3, 1e3, &model->temperature);
    if (status == LW_OK && (json_object_get(item.object, "pool") || json_object_get(item.object, "window_step_s")))
        status = read_pooling(item.place, item.object, model);
    json_decref(item.object);
    if (status == LW_OK && model->fallback && lw_class_find(model->classes, model->fallback) < 0)
        return lw_fail(r->err, LW_ERR_MODEL, "%s: leadwise.decision: fallback %.40s is no code of any class", r->shown,
                       model->fallback);
    return status;
}

static lw_status read_ensemble(const reading *r) {
    static const char *const keys[] = {"members", "combine", NULL};
    const char *how = NULL, *json = lw_safetensors_metadata(r->file, LW_KEY_ENSEMBLE);
    metadata_object item = {.object = NULL};
    long long count = 1;
    lw_status status = json ? parse_object(r, LW_KEY_ENSEMBLE, json, &item) : LW_OK;
    if (json && status == LW_OK)
        status = lw_json_only_keys(item.place, item.object, keys);
    if (json && status == LW_OK)
        status = lw_json_integer(item.place, item.object, "members", 2, LW_MEMBERS_MAX, &count);
    if (json && status == LW_OK)
        status = lw_json_string(item.place, item.object, "combine", &how);
    const bool median = how && strcmp(how, lw_combine_words[LW_COMBINE_MEDIAN]) == 0;
    if (how && !median && strcmp(how, lw_combine_words[LW_COMBINE_MEAN]) != 0)
        status = lw_fail(r->err, LW_ERR_MODEL, "%s: 'combine' is \"%.40s\", expected \"mean\" or \"median\"",
                         item.where, how);
    r->model->members = (size_t)count;
    r->model->combine = median ? LW_COMBINE_MEDIAN : LW_COMBINE_MEAN;
    json_decref(item.object);
    return status;
}

/** "2x3x4" of a shape. */
static void show_shape(const size_t *shape, size_t rank, char *text, size_t size) {
    size_t used = 0;
    text[0] = '\0';
    for (size_t i = 0; i < rank && used + 1 < size; i++)
        used += (size_t)snprintf(text + used, size - used, "%s%zu", i ? "x" : "", shape[i]);
}

lw_tensor_name lw_member_tensor_name(size_t members, size_t member, const lw_parameter *item) {
    lw_tensor_name name;
    if (members > 1)
        snprintf(name.text, sizeof name.text, "member%zu.%s", member, item->name);
    else
        snprintf(name.text, sizeof name.text, "%s", item->name);
    return name;
}

/** The file's tensor called `name`: mostly the one at `place`, as files are written. NULL when there is none. */
static const lw_tensor *find_tensor(const reading *r, size_t place, const char *name) {
    const lw_tensor *likely = place < lw_safetensors_count(r->file) ? lw_safetensors_at(r->file, place) : NULL;
    return likely && strcmp(likely->name, name) == 0 ? likely : lw_safetensors_find(r->file, name);
}

/** The file's tensor for `item` is there, of its shape and of a type that is read; then *out. */
static lw_status check_tensor(const reading *r, size_t member, const lw_parameter *item, const lw_tensor **out) {
    const lw_parameter_table *table = r->model->table;
    const lw_tensor_name name = lw_member_tensor_name(r->model->members, member, item);
    const lw_tensor *tensor = find_tensor(r, member * table->count + (size_t)(item - table->item), name.text);
    if (!tensor)
        return lw_fail(r->err, LW_ERR_MODEL, "%s: tensor %s is missing", r->shown, name.text);
    if (tensor->rank != item->rank || memcmp(tensor->shape, item->shape, item->rank * sizeof *item->shape) != 0) {
        char found[120], expected[120];
        show_shape(tensor->shape, tensor->rank, found, sizeof found);
        show_shape(item->shape, item->rank, expected, sizeof expected);
        return lw_fail(r->err, LW_ERR_MODEL, "%s: tensor %s is %s, expected %s", r->shown, name.text,
                       tensor->rank ? found : "a scalar", expected);
    }
    if (tensor->dtype != LW_DTYPE_F32 && tensor->dtype != LW_DTYPE_F16)
        return lw_fail(r->err, LW_ERR_MODEL, "%s: tensor %s is of another type, expected F32 or F16", r->shown,
                       name.text);
    *out = tensor;
    return LW_OK;
}

/* Weights are below 100 and variances below 10,000 in trained models; far larger numbers overflow on the way through the
 * network, and what is then predicted depends on the recording no more. */
static const float value_max = 1e9f;

static lw_status read_tensor(const reading *r, size_t member, const lw_parameter *item, const lw_tensor *tensor) {
    float *values = r->model->values + member * r->model->table->total + item->offset;
    const bool variance = strstr(item->name, "running_var");
    assert(tensor->elements == item->elements);
    lw_tensor_to_f32(tensor, values);
    if (!variance && lw_all_within(values, item->elements, value_max))
        return LW_OK;
    for (size_t i = 0; i < item->elements; i++)
        if (!(fabsf(values[i]) <= value_max) || (variance && values[i] < 0.0f))
            return lw_fail(r->err, LW_ERR_MODEL,
                           "%s: tensor %s[%zu] is %g, expected a finite %snumber, of size %g at most", r->shown,
                           lw_member_tensor_name(r->model->members, member, item).text, i, (double)values[i],
                           variance ? "non-negative " : "", (double)value_max);
    return LW_OK;
}

/** Whether all weights are float16, so that the model is one whose weights were rounded. */
static bool all_rounded(const lw_parameter_table *table, const lw_tensor *const *tensors, size_t members) {
    for (size_t i = 0; i < members * table->count; i++)
        if (table->item[i % table->count].trainable && tensors[i]->dtype != LW_DTYPE_F16)
            return false;
    return true;
}

/** Every tensor of the file is a member's, and the other way round: tensors[members * table->count]. */
static lw_status match_tensors(const reading *r, const lw_tensor **tensors) {
    const lw_parameter_table *table = r->model->table;
    const size_t count = r->model->members * table->count;
    for (size_t i = 0; i < count; i++) {
        lw_status status = check_tensor(r, i / table->count, &table->item[i % table->count], &tensors[i]);
        if (status != LW_OK)
            return status;
    }
    for (size_t i = 0; lw_safetensors_count(r->file) > count && i < lw_safetensors_count(r->file); i++) {
        const lw_tensor *found = lw_safetensors_at(r->file, i);
        size_t k = 0;
        while (k < count && tensors[k] != found)
            k++;
        if (k == count)
            return lw_fail(r->err, LW_ERR_MODEL, "%s: tensor %.60s belongs to no part of the network", r->shown,
                           found->name);
    }
    return LW_OK;
}

static lw_status read_values(const reading *r, const lw_tensor *const *tensors) {
    const lw_parameter_table *table = r->model->table;
    size_t bytes;
    r->model->values = lw_size_mul(r->model->members, table->total * sizeof *r->model->values, &bytes)
                           ? lw_aligned_alloc(bytes)
                           : NULL;
    if (!r->model->values)
        return lw_fail_no_memory(r->err, "a model's parameters");
    r->model->rounded = all_rounded(table, tensors, r->model->members);
    lw_status status = LW_OK;
    for (size_t i = 0; i < r->model->members * table->count && status == LW_OK; i++)
        status = read_tensor(r, i / table->count, &table->item[i % table->count], tensors[i]);
    return status;
}

static lw_status read_tensors(const reading *r) {
    const lw_tensor **tensors = lw_calloc(r->model->members * r->model->table->count, sizeof *tensors);
    if (!tensors)
        return lw_fail_no_memory(r->err, "a model's tensors");
    /* Checked before anything large is allocated: a small file cannot cause the allocation of a large network. */
    lw_status status = match_tensors(r, tensors);
    if (status == LW_OK)
        status = read_values(r, tensors);
    free(tensors);
    return status;
}

static lw_status read_model(const reading *r) {
    lw_status (*const steps[])(const reading *) = {read_network,  read_preprocessing, read_classes,
                                                   read_decision, read_ensemble,      read_tensors};
    const char *format = NULL;
    lw_status status = metadata(r, "leadwise.format", &format);
    if (status == LW_OK && strcmp(format, LW_MODEL_FORMAT) != 0)
        status = lw_fail(r->err, LW_ERR_MODEL, "%s: leadwise.format is \"%.60s\", expected \"" LW_MODEL_FORMAT "\"",
                         r->shown, format);
    for (size_t i = 0; i < sizeof steps / sizeof steps[0] && status == LW_OK; i++)
        status = steps[i](r);
    return status;
}

lw_status lw_model_parse(const void *data, size_t length, const char *shown, lw_model **out, lw_error *err) {
    lw_safetensors *file = NULL;
    lw_status status = lw_safetensors_parse(data, length, shown, limits, &file, err);
    if (status != LW_OK)
        return status;
    lw_model *model = lw_calloc(1, sizeof *model);
    status = model ? read_model(&(reading){shown, file, model, err}) : lw_fail_no_memory(err, "a model");
    lw_safetensors_free(&file);
    if (status == LW_OK)
        *out = model;
    else
        lw_model_free(&model);
    return status;
}

lw_status lw_model_load(const char *path, lw_model **out, lw_error *err) {
    lw_bytes bytes = {0};
    lw_status status = lw_bytes_map(path, &bytes, err);
    if (status == LW_OK)
        status = lw_model_parse(bytes.data, bytes.length, path, out, err);
    lw_bytes_free(&bytes);
    return status;
}
