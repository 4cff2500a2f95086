/* Decision and ensemble in a model file's metadata. Network, preprocessing and classes have their own JSON. */
#include <jansson.h>
#include <stdio.h>
#include <string.h>

#include "base/error.h"
#include "base/json.h"
#include "base/memory.h"
#include "base/text.h"
#include "model/model_internal.h"
#include "network/network_internal.h"

static char *finished(lw_text *text) {
    if (text->failed)
        lw_text_free(text);
    return text->data;
}

/** The JSON of a metadata item, and its name for sentences, to which `place` points. */
typedef struct metadata_item {
    char where[256];
    lw_json_place place;
    json_t *object; /**< json_decref it */
} metadata_item;

static lw_status open_item(const char *json, const char *shown, const char *key, metadata_item *out, lw_error *err) {
    snprintf(out->where, sizeof out->where, "%.200s: %s", shown, key);
    out->place = (lw_json_place){out->where, LW_ERR_MODEL, err};
    return lw_json_parse_object(out->place, json, strlen(json), &out->object);
}

static const char *const poolings[] = {[LW_POOL_MEAN] = "mean", [LW_POOL_MAX] = "max"};

char *lw_decision_json(const lw_model *model) {
    const size_t outputs = lw_network_outputs(model->network);
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
            lw_text_printf(&text, "%s\"%s\"", i ? ", " : ", \"pool\": [", poolings[model->pooling[i]]);
        lw_text_puts(&text, "]");
    }
    lw_text_puts(&text, "}");
    return finished(&text);
}

static lw_status read_thresholds(lw_json_place place, const json_t *object, lw_model *model) {
    const size_t outputs = lw_network_outputs(model->network);
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
    const size_t outputs = lw_network_outputs(model->network);
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
            (strcmp(how, poolings[LW_POOL_MEAN]) != 0 && strcmp(how, poolings[LW_POOL_MAX]) != 0))
            return lw_fail(place.err, place.status,
                           "%s: pool[%zu] is wrong, expected \"mean\" or \"max\" for each of %zu outputs", place.shown,
                           i, outputs);
        model->pooling[i] = strcmp(how, poolings[LW_POOL_MAX]) == 0 ? LW_POOL_MAX : LW_POOL_MEAN;
    }
    return LW_OK;
}

static lw_status read_decision(lw_json_place place, const json_t *object, lw_model *model) {
    static const char *const keys[] = {"thresholds", "fallback", "temperature", "window_step_s", "pool", NULL};
    lw_status status = lw_json_only_keys(place, object, keys);
    if (status == LW_OK)
        status = read_thresholds(place, object, model);
    if (status == LW_OK)
        status = read_fallback(place, object, model);
    model->temperature = 1.0;
    if (status == LW_OK && json_object_get(object, "temperature"))
        status = lw_json_double(place, object, "temperature", 1e-3, 1e3, &model->temperature);
    if (status == LW_OK && (json_object_get(object, "pool") || json_object_get(object, "window_step_s")))
        status = read_pooling(place, object, model);
    return status;
}

lw_status lw_decision_parse(const char *json, const char *shown, lw_model *model, lw_error *err) {
    metadata_item item;
    lw_status status = open_item(json, shown, "leadwise.decision", &item, err);
    if (status != LW_OK)
        return status;
    status = read_decision(item.place, item.object, model);
    json_decref(item.object);
    return status;
}

/* ---- Ensemble */

static const char *const combinations[] = {[LW_COMBINE_MEAN] = "mean", [LW_COMBINE_MEDIAN] = "median"};

char *lw_ensemble_json(size_t members, lw_combine combine) {
    lw_text text = {0};
    lw_text_printf(&text, "{\"members\": %zu, \"combine\": \"%s\"}", members, combinations[combine]);
    return finished(&text);
}

static lw_status read_ensemble(lw_json_place place, const json_t *object, size_t *members, lw_combine *combine) {
    static const char *const keys[] = {"members", "combine", NULL};
    const char *how = NULL;
    long long count = 0;
    lw_status status = lw_json_only_keys(place, object, keys);
    if (status == LW_OK)
        status = lw_json_integer(place, object, "members", 2, LW_MEMBERS_MAX, &count);
    if (status == LW_OK)
        status = lw_json_string(place, object, "combine", &how);
    if (status != LW_OK)
        return status;
    const bool median = strcmp(how, combinations[LW_COMBINE_MEDIAN]) == 0;
    if (!median && strcmp(how, combinations[LW_COMBINE_MEAN]) != 0)
        return lw_fail(place.err, place.status, "%s: 'combine' is \"%.40s\", expected \"mean\" or \"median\"",
                       place.shown, how);
    *members = (size_t)count;
    *combine = median ? LW_COMBINE_MEDIAN : LW_COMBINE_MEAN;
    return LW_OK;
}

lw_status lw_ensemble_parse(const char *json, const char *shown, size_t *members, lw_combine *combine, lw_error *err) {
    metadata_item item;
    lw_status status = open_item(json, shown, "leadwise.ensemble", &item, err);
    if (status != LW_OK)
        return status;
    status = read_ensemble(item.place, item.object, members, combine);
    json_decref(item.object);
    return status;
}
