/* The JSON strings in a model file's metadata: preprocessing and decision. Network and classes have their own. */
#include <jansson.h>
#include <stdio.h>
#include <string.h>

#include "base/error.h"
#include "base/json.h"
#include "base/memory.h"
#include "base/text.h"
#include "model/model_internal.h"
#include "network/network_internal.h"

/** The one filter and normalisation there is; files say so, so that others can be added. */
#define FILTER "butterworth-zero-phase"
#define NORMALISE "zscore"

static char *finished(lw_text *text) {
    if (text->failed)
        lw_text_free(text);
    return text->data;
}

char *lw_preprocessing_json(const lw_preprocessing *preprocessing) {
    lw_text text = {0};
    lw_text_puts(&text, "{\"rate_hz\": ");
    lw_json_put_number(&text, preprocessing->rate_hz);
    lw_text_puts(&text, ", \"band_hz\": [");
    lw_json_put_number(&text, preprocessing->band_hz[0]);
    lw_text_puts(&text, ", ");
    lw_json_put_number(&text, preprocessing->band_hz[1]);
    lw_text_printf(&text, "], \"filter\": \"%s\", \"filter_order\": %d, \"window_s\": ", FILTER,
                   preprocessing->filter_order);
    lw_json_put_number(&text, preprocessing->window_s);
    lw_text_printf(&text, ", \"normalise\": \"%s\"}", NORMALISE);
    return finished(&text);
}

/** The string `key` of `object` is `expected`. */
static lw_status fixed_string(lw_json_place place, const json_t *object, const char *key, const char *expected) {
    const char *found = NULL;
    lw_status status = lw_json_string(place, object, key, &found);
    if (status == LW_OK && strcmp(found, expected) != 0)
        return lw_fail(place.err, place.status, "%s: '%s' is \"%.40s\", expected \"%s\"", place.shown, key, found,
                       expected);
    return status;
}

static lw_status read_band(lw_json_place place, const json_t *object, double rate_hz, double band_hz[2]) {
    const json_t *band = NULL;
    lw_status status = lw_json_array(place, object, "band_hz", &band);
    if (status != LW_OK)
        return status;
    for (size_t i = 0; i < 2; i++)
        band_hz[i] = json_number_value(json_array_get(band, i));
    if (json_array_size(band) != 2 || !(0.0 < band_hz[0] && band_hz[0] < band_hz[1] && band_hz[1] < rate_hz / 2.0))
        return lw_fail(place.err, place.status, "%s: 'band_hz' is wrong, expected [low, high] with 0 < low < high < %g",
                       place.shown, rate_hz / 2.0);
    return LW_OK;
}

static lw_status read_preprocessing(lw_json_place place, const json_t *object, lw_preprocessing *out) {
    static const char *const keys[] = {"rate_hz", "band_hz", "filter", "filter_order", "window_s", "normalise", NULL};
    long long order = 0;
    lw_status status = lw_json_only_keys(place, object, keys);
    if (status == LW_OK)
        status = lw_json_double(place, object, "rate_hz", 1.0, 100000.0, &out->rate_hz);
    if (status == LW_OK)
        status = read_band(place, object, out->rate_hz, out->band_hz);
    if (status == LW_OK)
        status = fixed_string(place, object, "filter", FILTER);
    if (status == LW_OK)
        status = lw_json_integer(place, object, "filter_order", 1, 10, &order);
    if (status == LW_OK)
        status = lw_json_double(place, object, "window_s", 0.01, 86400.0, &out->window_s);
    if (status == LW_OK)
        status = fixed_string(place, object, "normalise", NORMALISE);
    out->filter_order = (int)order;
    return status;
}

lw_status lw_preprocessing_parse(const char *json, const char *shown, lw_preprocessing *out, lw_error *err) {
    char where[256];
    snprintf(where, sizeof where, "%.200s: leadwise.preprocessing", shown);
    lw_json_place place = {where, LW_ERR_MODEL, err};
    json_t *object = NULL;
    lw_preprocessing read = {0};
    lw_status status = lw_json_parse_object(place, json, strlen(json), &object);
    if (status != LW_OK)
        return status;
    status = read_preprocessing(place, object, &read);
    json_decref(object);
    if (status == LW_OK)
        *out = read;
    return status;
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
