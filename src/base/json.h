/**
 * @file json.h
 * Reading JSON objects with a sentence for whatever is wrong in them, and writing numbers.
 */
#ifndef LW_BASE_JSON_H
#define LW_BASE_JSON_H

#include <stddef.h>

#include <jansson.h>

#include "base/text.h"
#include "leadwise/status.h"

/** What the sentences name, and the status that comes with them. Borrowed. */
typedef struct lw_json_place {
    const char *shown; /**< file, and where in it: "net.json: branches[0]" */
    lw_status status;
    lw_error *err;
} lw_json_place;

/** Parse `length` bytes as one object without duplicate keys. json_decref(*out). */
lw_status lw_json_parse_object(lw_json_place place, const char *text, size_t length, json_t **out);
/** Only keys of the NULL-terminated list `known` occur in `object`. */
lw_status lw_json_only_keys(lw_json_place place, const json_t *object, const char *const *known);
/** A number within [low, high]; it must be there. */
lw_status lw_json_double(lw_json_place place, const json_t *object, const char *key, double low, double high,
                         double *out);
/** An integer within [low, high]; it must be there. */
lw_status lw_json_integer(lw_json_place place, const json_t *object, const char *key, long long low, long long high,
                          long long *out);
/** A string, borrowed from `object`; it must be there. */
lw_status lw_json_string(lw_json_place place, const json_t *object, const char *key, const char **out);
/** An array, borrowed from `object`; it must be there. */
lw_status lw_json_array(lw_json_place place, const json_t *object, const char *key, const json_t **out);

/** Append the shortest decimal that reads back as `value`, so that equal numbers are equal text. */
void lw_json_put_number(lw_text *text, double value);

#endif
