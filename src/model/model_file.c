/*
 * Model files. Layout: safetensors (base/safetensors.h); one float32 tensor per item of the parameter table, in its
 * order; metadata "leadwise.format" = "leadwise.model/1" and the JSON strings "leadwise.network",
 * "leadwise.preprocessing", "leadwise.classes" and "leadwise.decision". Nothing else that matters, so equal models are
 * equal bytes.
 */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "base/file.h"
#include "base/memory.h"
#include "model/model_internal.h"
#include "network/network_internal.h"
#include "signal/preprocessing_json.h"

#define FORMAT "leadwise.model/1"

static const lw_safetensors_limits limits = {.header_bytes = 1 << 20, .tensors = 16384};

/* ---- Reading */

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

static lw_status read_format(const reading *r) {
    const char *format = NULL;
    lw_status status = metadata(r, "leadwise.format", &format);
    if (status == LW_OK && strcmp(format, FORMAT) != 0)
        return lw_fail(r->err, LW_ERR_MODEL, "%s: leadwise.format is \"%.60s\", expected \"" FORMAT "\"", r->shown,
                       format);
    return status;
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
    size_t window = lw_preprocessing_samples(&r->model->preprocessing);
    if (window != lw_network_samples(r->model->network))
        return lw_fail(r->err, LW_ERR_MODEL, "%s: the window has %zu samples, expected the network's %zu", r->shown,
                       window, lw_network_samples(r->model->network));
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
    if (lw_class_count(r->model->classes) != lw_network_outputs(r->model->network))
        return lw_fail(r->err, LW_ERR_MODEL, "%s: %zu classes, expected one for each of %zu outputs", r->shown,
                       lw_class_count(r->model->classes), lw_network_outputs(r->model->network));
    return LW_OK;
}

static lw_status read_decision(const reading *r) {
    lw_model *model = r->model;
    const char *json = NULL;
    const size_t outputs = lw_network_outputs(model->network);
    lw_status status = metadata(r, "leadwise.decision", &json);
    if (status != LW_OK)
        return status;
    model->thresholds = lw_calloc(outputs, sizeof *model->thresholds);
    if (!model->thresholds)
        return lw_fail_no_memory(r->err, "a model's thresholds");
    status = lw_decision_parse(json, r->shown, outputs, model->thresholds, &model->fallback, r->err);
    if (status == LW_OK && model->fallback && lw_class_find(model->classes, model->fallback) < 0)
        return lw_fail(r->err, LW_ERR_MODEL, "%s: leadwise.decision: fallback %.40s is no code of any class", r->shown,
                       model->fallback);
    return status;
}

/** "2x3x4" of a shape. */
static void show_shape(const size_t *shape, size_t rank, char *text, size_t size) {
    size_t used = 0;
    text[0] = '\0';
    for (size_t i = 0; i < rank && used + 1 < size; i++)
        used += (size_t)snprintf(text + used, size - used, "%s%zu", i ? "x" : "", shape[i]);
}

/** The file's tensor for `item` is there, of its shape and of a type that is read. */
static lw_status check_tensor(const reading *r, const lw_parameter *item) {
    const lw_tensor *tensor = lw_safetensors_find(r->file, item->name);
    if (!tensor)
        return lw_fail(r->err, LW_ERR_MODEL, "%s: tensor %s is missing", r->shown, item->name);
    if (tensor->rank != item->rank || memcmp(tensor->shape, item->shape, item->rank * sizeof *item->shape) != 0) {
        char found[120], expected[120];
        show_shape(tensor->shape, tensor->rank, found, sizeof found);
        show_shape(item->shape, item->rank, expected, sizeof expected);
        return lw_fail(r->err, LW_ERR_MODEL, "%s: tensor %s is %s, expected %s", r->shown, item->name,
                       tensor->rank ? found : "a scalar", expected);
    }
    if (tensor->dtype != LW_DTYPE_F32 && tensor->dtype != LW_DTYPE_F16)
        return lw_fail(r->err, LW_ERR_MODEL, "%s: tensor %s is of another type, expected F32 or F16", r->shown,
                       item->name);
    return LW_OK;
}

/** Every tensor of the file is an item of the table, and the other way round. */
static lw_status check_tensors(const reading *r) {
    const lw_parameter_table *table = r->model->table;
    for (size_t i = 0; i < table->count; i++) {
        lw_status status = check_tensor(r, &table->item[i]);
        if (status != LW_OK)
            return status;
    }
    for (size_t i = 0; i < lw_safetensors_count(r->file); i++) {
        const char *name = lw_safetensors_at(r->file, i)->name;
        size_t k = 0;
        while (k < table->count && strcmp(table->item[k].name, name) != 0)
            k++;
        if (k == table->count)
            return lw_fail(r->err, LW_ERR_MODEL, "%s: tensor %.60s belongs to no part of the network", r->shown, name);
    }
    return LW_OK;
}

static lw_status read_tensor(const reading *r, const lw_parameter *item) {
    float *values = r->model->values + item->offset;
    const bool variance = strstr(item->name, "running_var") != NULL;
    lw_tensor_to_f32(lw_safetensors_find(r->file, item->name), values);
    for (size_t i = 0; i < item->elements; i++)
        if (!isfinite(values[i]) || (variance && values[i] < 0.0f))
            return lw_fail(r->err, LW_ERR_MODEL, "%s: tensor %s[%zu] is %g, expected a finite %snumber", r->shown,
                           item->name, i, (double)values[i], variance ? "non-negative " : "");
    return LW_OK;
}

static lw_status read_tensors(const reading *r) {
    const lw_parameter_table *table = r->model->table;
    /* Checked before anything is allocated: a small file can't ask for a large network's memory. */
    lw_status status = check_tensors(r);
    if (status != LW_OK)
        return status;
    r->model->values = lw_calloc(table->total, sizeof *r->model->values);
    if (!r->model->values)
        return lw_fail_no_memory(r->err, "a model's parameters");
    for (size_t i = 0; i < table->count && status == LW_OK; i++)
        status = read_tensor(r, &table->item[i]);
    return status;
}

static lw_status read_model(const reading *r) {
    lw_status (*const steps[])(const reading *) = {read_format,  read_network,  read_preprocessing,
                                                   read_classes, read_decision, read_tensors};
    lw_status status = LW_OK;
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
    if (status != LW_OK) {
        lw_model_free(&model);
        return status;
    }
    lw_sha256_of(data, length, model->sha256);
    *out = model;
    return LW_OK;
}

lw_status lw_model_load(const char *path, lw_model **out, lw_error *err) {
    lw_bytes bytes = {0};
    lw_status status = lw_bytes_map(path, &bytes, err);
    if (status == LW_OK)
        status = lw_model_parse(bytes.data, bytes.length, path, out, err);
    lw_bytes_free(&bytes);
    return status;
}

/* ---- Writing */

enum { METADATA = 5 };

/** What a file is written from. The strings are owned. */
typedef struct contents {
    lw_tensor_spec *tensor;
    size_t tensor_count;
    char *network, *preprocessing, *classes, *decision;
    lw_metadata_item metadata[METADATA];
} contents;

static void free_contents(contents *c) {
    free(c->tensor);
    free(c->network);
    free(c->preprocessing);
    free(c->classes);
    free(c->decision);
}

static lw_status make_contents(const lw_model *model, contents *c, lw_error *err) {
    const lw_parameter_table *table = model->table;
    *c = (contents){.tensor = lw_calloc(table->count, sizeof *c->tensor),
                    .tensor_count = table->count,
                    .network = lw_network_json(model->network),
                    .preprocessing = lw_preprocessing_json(&model->preprocessing),
                    .classes = lw_class_list_json(model->classes),
                    .decision =
                        lw_decision_json(model->thresholds, lw_network_outputs(model->network), model->fallback)};
    if (!c->tensor || !c->network || !c->preprocessing || !c->classes || !c->decision) {
        free_contents(c);
        return lw_fail_no_memory(err, "a model file's header");
    }
    for (size_t i = 0; i < table->count; i++) {
        const lw_parameter *item = &table->item[i];
        c->tensor[i] = (lw_tensor_spec){
            .name = item->name, .dtype = LW_DTYPE_F32, .rank = item->rank, .data = model->values + item->offset};
        memcpy(c->tensor[i].shape, item->shape, item->rank * sizeof *item->shape);
    }
    const lw_metadata_item items[METADATA] = {{"leadwise.format", FORMAT},
                                              {"leadwise.network", c->network},
                                              {LW_KEY_PREPROCESSING, c->preprocessing},
                                              {"leadwise.classes", c->classes},
                                              {"leadwise.decision", c->decision}};
    memcpy(c->metadata, items, sizeof items);
    return LW_OK;
}

lw_status lw_model_save(const lw_model *model, const char *path, lw_error *err) {
    contents c;
    lw_status status = make_contents(model, &c, err);
    if (status != LW_OK)
        return status;
    status = lw_safetensors_write(path, c.tensor, c.tensor_count, c.metadata, METADATA, err);
    free_contents(&c);
    return status;
}

lw_status lw_model_rehash(lw_model *model, lw_error *err) {
    contents c;
    char *header = NULL;
    size_t header_bytes = 0;
    lw_status status = make_contents(model, &c, err);
    if (status != LW_OK)
        return status;
    status = lw_safetensors_header(c.tensor, c.tensor_count, c.metadata, METADATA, 0, &header, &header_bytes, err);
    if (status == LW_OK) {
        lw_sha256 hash;
        lw_sha256_start(&hash);
        lw_sha256_update(&hash, header, header_bytes);
        for (size_t i = 0; i < c.tensor_count; i++)
            lw_sha256_update(&hash, c.tensor[i].data, model->table->item[i].elements * sizeof(float));
        lw_sha256_finish(&hash, model->sha256);
    }
    free(header);
    free_contents(&c);
    return status;
}
