/* This file writes model files, in the layout that model_file.c describes, and hashes their bytes. */
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "base/floats.h"
#include "base/hash.h"
#include "base/json.h"
#include "base/memory.h"
#include "model/model_internal.h"
#include "signal/preprocessing_json.h"

enum { METADATA_MOST = 6 };

/** What a file is written from. All is owned but the weights that are written as they are. */
typedef struct contents {
    lw_tensor_spec *tensor;
    size_t tensor_count;
    lw_tensor_name *names; /**< [tensor_count] */
    uint16_t *halves;      /**< of a rounded model: [members][trainable] */
    char *network, *preprocessing, *classes, *decision, *ensemble;
    lw_metadata_item metadata[METADATA_MOST];
    size_t metadata_count;
} contents;

static void free_contents(contents *c) {
    free(c->tensor);
    free(c->names);
    free(c->halves);
    free(c->network);
    free(c->preprocessing);
    free(c->classes);
    free(c->decision);
    free(c->ensemble);
}

/** The model's "leadwise.decision"; NULL when out of memory. */
static char *decision_json(const lw_model *model) {
    const size_t outputs = lw_network_output_count(model->network);
    lw_text text = {0};
    lw_text_puts(&text, "{\"thresholds\": [");
    for (size_t i = 0; i < outputs; i++) {
        lw_text_puts(&text, i ? ", " : "");
        lw_json_put_number(&text, model->thresholds[i]);
    }
    /* A code of a class list holds no character that JSON would escape. */
    if (model->fallback)
        lw_text_printf(&text, "], \"fallback\": \"%s\"", model->fallback);
    else
        lw_text_puts(&text, "], \"fallback\": null");
    if (model->temperature != 1.0) {
        lw_text_puts(&text, ", \"temperature\": ");
        lw_json_put_number(&text, model->temperature);
    }
    if (model->pooling) {
        lw_text_puts(&text, ", \"window_step_s\": ");
        lw_json_put_number(&text, model->window_step_s);
        for (size_t i = 0; i < outputs; i++)
            lw_text_printf(&text, "%s\"%s\"", i ? ", " : ", \"pool\": [", lw_pooling_words[model->pooling[i]]);
        lw_text_puts(&text, "]");
    }
    lw_text_puts(&text, "}");
    if (text.failed)
        lw_text_free(&text);
    return text.data;
}

static bool make_texts(const lw_model *model, contents *c) {
    const bool ensemble = model->members > 1;
    c->network = lw_network_json(model->network);
    c->preprocessing = lw_preprocessing_json(&model->preprocessing);
    c->classes = lw_class_list_json(model->classes);
    c->decision = decision_json(model);
    lw_text members = {0};
    if (ensemble)
        lw_text_printf(&members, "{\"members\": %zu, \"combine\": \"%s\"}", model->members,
                       lw_combine_words[model->combine]);
    c->ensemble = members.data; /* NULL when the first append failed, which is the only one */
    const lw_metadata_item items[METADATA_MOST] = {
        {"leadwise.format", LW_MODEL_FORMAT},     {"leadwise.network", c->network},
        {LW_KEY_PREPROCESSING, c->preprocessing}, {"leadwise.classes", c->classes},
        {"leadwise.decision", c->decision},       {LW_KEY_ENSEMBLE, c->ensemble}};
    memcpy(c->metadata, items, sizeof items);
    c->metadata_count = METADATA_MOST - !ensemble;
    return c->network && c->preprocessing && c->classes && c->decision && (c->ensemble || !ensemble);
}

/** The weights of a rounded model as halves. */
static bool make_halves(const lw_model *model, contents *c) {
    const size_t trainable = model->table->trainable;
    if (!model->rounded)
        return true;
    c->halves = lw_calloc(model->members, trainable * sizeof *c->halves);
    if (!c->halves)
        return false;
    for (size_t m = 0; m < model->members; m++)
        for (size_t i = 0; i < trainable; i++)
            c->halves[m * trainable + i] = lw_half_from_float(model->values[m * model->table->total + i]);
    return true;
}

static bool make_tensors(const lw_model *model, contents *c) {
    const lw_parameter_table *table = model->table;
    c->tensor_count = model->members * table->count;
    c->tensor = lw_calloc(c->tensor_count, sizeof *c->tensor);
    c->names = lw_calloc(c->tensor_count, sizeof *c->names);
    if (!c->tensor || !c->names)
        return false;
    for (size_t i = 0; i < c->tensor_count; i++) {
        const size_t member = i / table->count;
        const lw_parameter *item = &table->item[i % table->count];
        const bool half = c->halves && item->trainable;
        c->names[i] = lw_member_tensor_name(model->members, member, item);
        c->tensor[i] = (lw_tensor_spec){.name = c->names[i].text, .rank = item->rank};
        c->tensor[i].dtype = half ? LW_DTYPE_F16 : LW_DTYPE_F32;
        c->tensor[i].data = half ? (const void *)(c->halves + member * table->trainable + item->offset)
                                 : model->values + member * table->total + item->offset;
        memcpy(c->tensor[i].shape, item->shape, item->rank * sizeof *item->shape);
    }
    return true;
}

static lw_status make_contents(const lw_model *model, contents *c, lw_error *err) {
    *c = (contents){0};
    if (make_texts(model, c) && make_halves(model, c) && make_tensors(model, c))
        return LW_OK;
    free_contents(c);
    return lw_fail_no_memory(err, "a model file's header");
}

lw_status lw_model_save(const lw_model *model, const char *path, lw_error *err) {
    contents c;
    lw_status status = make_contents(model, &c, err);
    if (status != LW_OK)
        return status;
    status = lw_safetensors_write(path, c.tensor, c.tensor_count, c.metadata, c.metadata_count, err);
    free_contents(&c);
    return status;
}

lw_status lw_model_sha256(const lw_model *model, char hex[LW_SHA256_HEX], lw_error *err) {
    contents c;
    char *header = NULL;
    size_t header_bytes = 0;
    lw_status status = make_contents(model, &c, err);
    if (status != LW_OK)
        return status;
    status =
        lw_safetensors_header(c.tensor, c.tensor_count, c.metadata, c.metadata_count, 0, &header, &header_bytes, err);
    if (status == LW_OK) {
        lw_sha256 hash;
        lw_sha256_start(&hash);
        lw_sha256_update(&hash, header, header_bytes);
        for (size_t i = 0; i < c.tensor_count; i++)
            lw_sha256_update(&hash, c.tensor[i].data,
                             model->table->item[i % model->table->count].elements * lw_dtype_bytes(c.tensor[i].dtype));
        lw_sha256_finish(&hash, hex);
    }
    free(header);
    free_contents(&c);
    return status;
}
