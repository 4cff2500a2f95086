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

char *lw_decision_json(const double *thresholds, size_t outputs, const char *fallback) {
    lw_text text = {0};
    lw_text_puts(&text, "{\"thresholds\": [");
    for (size_t i = 0; i < outputs; i++) {
        lw_text_puts(&text, i ? ", " : "");
        lw_json_put_number(&text, thresholds[i]);
    }
    /* A code of a class list holds no character that JSON would escape. */
    if (fallback)
        lw_text_printf(&text, "], \"fallback\": \"%s\"}", fallback);
    else
        lw_text_puts(&text, "], \"fallback\": null}");
    return finished(&text);
}

static lw_status read_decision(lw_json_place place, const json_t *object, size_t outputs, double *thresholds,
                               char **fallback) {
    static const char *const keys[] = {"thresholds", "fallback", NULL};
    const json_t *array = NULL, *code = json_object_get(object, "fallback");
    lw_status status = lw_json_only_keys(place, object, keys);
    if (status == LW_OK)
        status = lw_json_array(place, object, "thresholds", &array);
    if (status != LW_OK)
        return status;
    if (json_array_size(array) != outputs)
        return lw_fail(place.err, place.status, "%s: %zu thresholds, expected one for each of %zu outputs", place.shown,
                       json_array_size(array), outputs);
    for (size_t i = 0; i < outputs; i++) {
        const json_t *value = json_array_get(array, i);
        thresholds[i] = json_is_number(value) ? json_number_value(value) : -1.0;
        if (!(thresholds[i] >= 0.0 && thresholds[i] <= 1.0))
            return lw_fail(place.err, place.status, "%s: thresholds[%zu]: expected a number from 0 to 1", place.shown,
                           i);
    }
    if (code && !json_is_null(code) && !json_is_string(code))
        return lw_fail(place.err, place.status, "%s: 'fallback' is wrong, expected a code or null", place.shown);
    *fallback = json_is_string(code) ? lw_strdup(json_string_value(code)) : NULL;
    return json_is_string(code) && !*fallback ? lw_fail_no_memory(place.err, "a fallback") : LW_OK;
}

lw_status lw_decision_parse(const char *json, const char *shown, size_t outputs, double *thresholds, char **fallback,
                            lw_error *err) {
    char where[256];
    snprintf(where, sizeof where, "%.200s: leadwise.decision", shown);
    lw_json_place place = {where, LW_ERR_MODEL, err};
    json_t *object = NULL;
    lw_status status = lw_json_parse_object(place, json, strlen(json), &object);
    if (status != LW_OK)
        return status;
    status = read_decision(place, object, outputs, thresholds, fallback);
    json_decref(object);
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
    char where[256];
    snprintf(where, sizeof where, "%.200s: leadwise.ensemble", shown);
    lw_json_place place = {where, LW_ERR_MODEL, err};
    json_t *object = NULL;
    lw_status status = lw_json_parse_object(place, json, strlen(json), &object);
    if (status != LW_OK)
        return status;
    status = read_ensemble(place, object, members, combine);
    json_decref(object);
    return status;
}
