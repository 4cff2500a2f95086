/** @file preprocessing_json.c: preprocessing: the default, comparison, and JSON written and read back. */
#include "signal/preprocessing_json.h"

#include <math.h>
#include <string.h>

#include "base/error.h"
#include "base/json.h"
#include "base/text.h"

/** The only filter and normalisation; files name them, so that others can be added. */
#define FILTER "butterworth-zero-phase"
#define NORMALISE "zscore"

lw_preprocessing lw_preprocessing_default(void) {
    return (lw_preprocessing){
        .rate_hz = 100.0, .band_hz = {0.05, 35.0}, .filter_order = 3, .window_s = 10.0, .ends = LW_ENDS_LINE};
}

static bool same_number(double a, double b) { return !(a < b) && !(a > b); }

bool lw_preprocessing_equal(const lw_preprocessing *a, const lw_preprocessing *b) {
    return same_number(a->rate_hz, b->rate_hz) && same_number(a->band_hz[0], b->band_hz[0]) &&
           same_number(a->band_hz[1], b->band_hz[1]) && a->filter_order == b->filter_order &&
           same_number(a->window_s, b->window_s) && a->ends == b->ends;
}

size_t lw_preprocessing_sample_count(const lw_preprocessing *preprocessing) {
    return (size_t)lround(preprocessing->window_s * preprocessing->rate_hz);
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
    lw_text_printf(&text, ", \"normalise\": \"%s\"%s}", NORMALISE,
                   preprocessing->ends == LW_ENDS_LINE ? ", \"ends\": \"line\"" : "");
    if (text.failed)
        lw_text_free(&text);
    return text.data;
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

bool lw_band_is_sound(const double band_hz[2], double rate_hz) {
    return band_hz[0] >= LW_BAND_LEAST_HZ && band_hz[0] < band_hz[1] && band_hz[1] <= LW_BAND_MOST * rate_hz;
}

static lw_status read_band(lw_json_place place, const json_t *object, double rate_hz, double band_hz[2]) {
    const json_t *band = NULL;
    lw_status status = lw_json_array(place, object, "band_hz", &band);
    if (status != LW_OK)
        return status;
    for (size_t i = 0; i < 2; i++)
        band_hz[i] = json_number_value(json_array_get(band, i));
    if (json_array_size(band) != 2 || !lw_band_is_sound(band_hz, rate_hz))
        return lw_fail(place.err, place.status,
                       "%s: 'band_hz' is wrong, expected [low, high] with %g <= low < high <= %g", place.shown,
                       LW_BAND_LEAST_HZ, LW_BAND_MOST * rate_hz);
    return LW_OK;
}

/** "ends", which files that are older than it lack. */
static lw_status read_ends(lw_json_place place, const json_t *object, lw_ends *out) {
    const char *found = "zero";
    lw_status status = json_object_get(object, "ends") ? lw_json_string(place, object, "ends", &found) : LW_OK;
    if (status != LW_OK)
        return status;
    *out = strcmp(found, "line") == 0 ? LW_ENDS_LINE : LW_ENDS_ZERO;
    if (*out == LW_ENDS_ZERO && strcmp(found, "zero") != 0)
        return lw_fail(place.err, place.status, "%s: 'ends' is \"%.40s\", expected \"line\" or \"zero\"", place.shown,
                       found);
    return LW_OK;
}

lw_status lw_preprocessing_parse(const char *json, const char *shown, lw_preprocessing *out, lw_error *err) {
    static const char *const keys[] = {"rate_hz",  "band_hz",   "filter", "filter_order",
                                       "window_s", "normalise", "ends",   NULL};
    const lw_json_place place = {shown, LW_ERR_MODEL, err};
    json_t *object = NULL;
    lw_preprocessing read = {0};
    long long order = 0;
    lw_status status = lw_json_parse_object(place, json, strlen(json), &object);
    if (status != LW_OK)
        return status;
    status = lw_json_only_keys(place, object, keys);
    if (status == LW_OK)
        status = lw_json_double(place, object, "rate_hz", 1.0, 100000.0, &read.rate_hz);
    if (status == LW_OK)
        status = read_band(place, object, read.rate_hz, read.band_hz);
    if (status == LW_OK)
        status = fixed_string(place, object, "filter", FILTER);
    if (status == LW_OK)
        status = lw_json_integer(place, object, "filter_order", 1, 10, &order);
    if (status == LW_OK)
        status = lw_json_double(place, object, "window_s", 0.01, 86400.0, &read.window_s);
    if (status == LW_OK)
        status = fixed_string(place, object, "normalise", NORMALISE);
    if (status == LW_OK)
        status = read_ends(place, object, &read.ends);
    json_decref(object);
    read.filter_order = (int)order;
    if (status == LW_OK)
        *out = read;
    return status;
}
