/**
 * @file json.h
 * Reading JSON objects with a sentence for whatever is wrong in them, and writing numbers.
 */
#ifndef LW_BASE_JSON_H
#define LW_BASE_JSON_H

#include <stddef.h>

#include <jansson.h>

#include "base/text.h"
#include "leadwise/leadwise.h"

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

/* JSON to write. A failed allocation gives NULL, and a value that is made with a NULL is NULL. */

/** `value`; JSON has no NaN: null. */
json_t *lw_json_number(double value);
json_t *lw_json_count(size_t value);
/** Set `key` to `value`, which the object then owns. */
void lw_json_set(json_t **object, const char *key, json_t *value);
/** Append `value`, which the array then owns. */
void lw_json_append(json_t **array, json_t *value);
/**
 * Write file `name` of `folder` atomically with `root`, which is released.
 * @param flags  of json_dumps
 * @param end    what stands behind the JSON
 * @return LW_OK, LW_ERR_IO or LW_ERR_NO_MEMORY
 */
lw_status lw_json_write(json_t *root, size_t flags, const char *end, const char *folder, const char *name,
                        lw_error *err);
/** The object in file `name` of `folder`, of 512 MB at most; LW_ERR_IO where there is none. json_decref *out. */
lw_status lw_json_read(const char *folder, const char *name, json_t **out, lw_error *err);

/** Append the shortest decimal that reads back as `value`, so that equal numbers are equal text. */
void lw_json_put_number(lw_text *text, double value);
/** Append a comma and that, or an empty field for a value that is not finite. */
void lw_csv_put_number(lw_text *text, double value);

#endif
