#include "base/json.h"

#include <math.h>
#include <stdint.h>
#include <string.h>

#include "base/error.h"

lw_status lw_json_parse_object(lw_json_place place, const char *text, size_t length, json_t **out) {
    json_error_t problem;
    json_t *value = json_loadb(text, length, JSON_REJECT_DUPLICATES, &problem);
    if (value == NULL && json_error_code(&problem) == json_error_out_of_memory)
        return lw_fail_no_memory(place.err, place.shown);
    if (value == NULL)
        return lw_fail(place.err, place.status, "%s:%d:%d: %s", place.shown, problem.line, problem.column,
                       problem.text);
    if (!json_is_object(value)) {
        json_decref(value);
        return lw_fail(place.err, place.status, "%s: expected a JSON object", place.shown);
    }
    *out = value;
    return LW_OK;
}

lw_status lw_json_only_keys(lw_json_place place, const json_t *object, const char *const *known) {
    const char *key;
    json_t *value;
    json_object_foreach((json_t *)(uintptr_t)object, key, value) {
        const char *const *candidate = known;
        while (*candidate != NULL && strcmp(*candidate, key) != 0)
            candidate++;
        if (*candidate == NULL)
            return lw_fail(place.err, place.status, "%s: unknown key '%s'", place.shown, key);
    }
    return LW_OK;
}

static lw_status fail_expected(lw_json_place place, const json_t *object, const char *key, const char *expected) {
    const char *problem = json_object_get(object, key) == NULL ? "missing" : "wrong";
    return lw_fail(place.err, place.status, "%s: '%s' is %s, expected %s", place.shown, key, problem, expected);
}

lw_status lw_json_double(lw_json_place place, const json_t *object, const char *key, double low, double high,
                         double *out) {
    const json_t *value = json_object_get(object, key);
    double number = json_is_number(value) ? json_number_value(value) : NAN;
    if (!(number >= low && number <= high))
        return lw_fail(place.err, place.status, "%s: '%s' is %s, expected a number from %g to %g", place.shown, key,
                       value == NULL ? "missing" : "wrong", low, high);
    *out = number;
    return LW_OK;
}

lw_status lw_json_integer(lw_json_place place, const json_t *object, const char *key, long long low, long long high,
                          long long *out) {
    const json_t *value = json_object_get(object, key);
    if (!json_is_integer(value) || json_integer_value(value) < low || json_integer_value(value) > high)
        return lw_fail(place.err, place.status, "%s: '%s' is %s, expected an integer from %lld to %lld", place.shown,
                       key, value == NULL ? "missing" : "wrong", low, high);
    *out = json_integer_value(value);
    return LW_OK;
}

lw_status lw_json_string(lw_json_place place, const json_t *object, const char *key, const char **out) {
    const json_t *value = json_object_get(object, key);
    if (!json_is_string(value))
        return fail_expected(place, object, key, "a string");
    *out = json_string_value(value);
    return LW_OK;
}

lw_status lw_json_array(lw_json_place place, const json_t *object, const char *key, const json_t **out) {
    const json_t *value = json_object_get(object, key);
    if (!json_is_array(value))
        return fail_expected(place, object, key, "an array");
    *out = value;
    return LW_OK;
}

void lw_json_put_number(lw_text *text, double value) {
    const size_t before = text->length;
    for (int precision = 1; precision <= 17; precision++) {
        double read;
        text->length = before;
        lw_text_printf(text, "%.*g", precision, value);
        if (text->failed ||
            (lw_span_double((lw_span){text->data + before, text->length - before}, &read) && read == value))
            return;
    }
}
