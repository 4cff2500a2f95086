/* JSON objects read with a sentence for whatever is wrong, and written. */
#include "base/json.h"

#include <math.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "base/file.h"

lw_status lw_json_parse_object(lw_json_place place, const char *text, size_t length, json_t **out) {
    json_error_t problem;
    const lw_span bare = lw_without_byte_order_mark((lw_span){text, length});
    json_t *value = json_loadb(bare.at, bare.length, JSON_REJECT_DUPLICATES, &problem);
    if (!value && json_error_code(&problem) == json_error_out_of_memory)
        return lw_fail_no_memory(place.err, place.shown);
    if (!value)
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
        while (*candidate && strcmp(*candidate, key) != 0)
            candidate++;
        if (!*candidate)
            return lw_fail(place.err, place.status, "%s: unknown key '%s'", place.shown, key);
    }
    return LW_OK;
}

static lw_status fail_expected(lw_json_place place, const json_t *object, const char *key, const char *expected) {
    const char *problem = !json_object_get(object, key) ? "missing" : "wrong";
    return lw_fail(place.err, place.status, "%s: '%s' is %s, expected %s", place.shown, key, problem, expected);
}

lw_status lw_json_double(lw_json_place place, const json_t *object, const char *key, double low, double high,
                         double *out) {
    const json_t *value = json_object_get(object, key);
    double number = json_is_number(value) ? json_number_value(value) : NAN;
    if (!(number >= low && number <= high))
        return lw_fail(place.err, place.status, "%s: '%s' is %s, expected a number from %g to %g", place.shown, key,
                       !value ? "missing" : "wrong", low, high);
    *out = number;
    return LW_OK;
}

lw_status lw_json_integer(lw_json_place place, const json_t *object, const char *key, long long low, long long high,
                          long long *out) {
    const json_t *value = json_object_get(object, key);
    if (!json_is_integer(value) || json_integer_value(value) < low || json_integer_value(value) > high)
        return lw_fail(place.err, place.status, "%s: '%s' is %s, expected an integer from %lld to %lld", place.shown,
                       key, !value ? "missing" : "wrong", low, high);
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

void lw_csv_put_number(lw_text *text, double value) {
    lw_text_puts(text, ",");
    if (isfinite(value))
        lw_json_put_number(text, value);
}

json_t *lw_json_number(double value) { return isfinite(value) ? json_real(value) : json_null(); }

json_t *lw_json_count(size_t value) { return json_integer((json_int_t)value); }

void lw_json_set(json_t **object, const char *key, json_t *value) {
    if (json_object_set_new(*object, key, value) == 0)
        return;
    json_decref(*object);
    *object = NULL;
}

void lw_json_append(json_t **array, json_t *value) {
    if (json_array_append_new(*array, value) == 0)
        return;
    json_decref(*array);
    *array = NULL;
}

lw_status lw_json_write(json_t *root, size_t flags, const char *end, const char *folder, const char *name,
                        lw_error *err) {
    lw_text text = {0};
    char *json = root ? json_dumps(root, flags) : NULL;
    char *path = lw_path_join(folder, name);
    if (json)
        lw_text_printf(&text, "%s%s", json, end);
    lw_status status =
        !json || !path || text.failed ? lw_fail_no_memory(err, name) : lw_file_write(path, text.data, text.length, err);
    json_decref(root);
    lw_text_free(&text);
    free(json);
    free(path);
    return status;
}

lw_status lw_json_read(const char *folder, const char *name, json_t **out, lw_error *err) {
    enum { FILE_LIMIT = 512 << 20 };
    char *path = lw_path_join(folder, name);
    lw_bytes bytes = {0};
    if (!path)
        return lw_fail_no_memory(err, "a path");
    const lw_json_place place = {path, LW_ERR_FORMAT, err};
    lw_status status = lw_bytes_read(path, FILE_LIMIT, &bytes, err);
    if (status == LW_OK)
        status = lw_json_parse_object(place, (const char *)bytes.data, bytes.length, out);
    lw_bytes_free(&bytes);
    free(path);
    return status;
}
