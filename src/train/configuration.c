/* The configuration of a run as JSON, and how two of them differ. */
#include "train/run_folder.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "base/hash.h"
#include "base/json.h"
#include "base/text.h"
#include "train/options_table.h"

/** A seed becomes a string: it uses all 64 bits, a JSON integer 63 and a sign. */
static json_t *value_json(const lw_train_option *option, const char *text) {
    const bool is_seed = option->high <= 0;
    double real = 0;
    switch (option->kind) {
    case LW_OPTION_FLAG:
        return json_boolean(strcmp(text, "true") == 0);
    case LW_OPTION_WHOLE:
        return is_seed ? json_string(text) : json_integer(strtoll(text, NULL, 10));
    case LW_OPTION_REAL:
        return lw_span_double((lw_span){text, strlen(text)}, &real) ? json_real(real) : NULL;
    case LW_OPTION_TEXT:
        return strcmp(text, "none") == 0 ? json_null() : json_string(text);
    default:
        return json_string(text);
    }
}

/** Set option `i`, unless it has the value of `defaults` (NULL: always set): so runs keep the configuration that they
 * were begun with when there are new options. */
static void write_option(json_t **root, size_t i, const lw_train_options *options, const lw_train_options *defaults) {
    const lw_train_option *option = lw_train_option_at(i);
    char value[LW_TRAIN_VALUE], plain[LW_TRAIN_VALUE];
    lw_train_options_get(options, option->key, value);
    if (defaults && strcmp(value, lw_train_options_get(defaults, option->key, plain)) == 0)
        return;
    lw_json_set(root, lw_train_option_field(i), value_json(option, value));
}

static size_t find_option(const char *key, size_t length) {
    for (size_t i = 0;; i++)
        if (lw_span_equals((lw_span){key, length}, lw_train_option_at(i)->key))
            return i;
}

/** Runs are compared by the text, so that keys keep the order that they have always had, and new ones come last. */
static void write_options(json_t **root, const lw_train_options *options) {
    static const char first[] = "seed,batch,learning-rate,beta1,beta2,epsilon,halve-after,stop-after,"
                                "class-weight-epsilon,test-fraction,validation-fraction,year,fallback";
    const size_t epochs = find_option("epochs", 6), split_seed = find_option("split-seed", 10);
    lw_span rest = {first, strlen(first)}, key;
    lw_train_options defaults;
    lw_train_options_reset(&defaults);
    while (lw_span_field(&rest, ',', &key))
        write_option(root, find_option(key.at, key.length), options, NULL);
    write_option(root, find_option("weight-decay", 12), options, &defaults);
    write_option(root, find_option("schedule", 8), options, &defaults);
    if (options->schedule == LW_SCHEDULE_COSINE)
        write_option(root, epochs, options, NULL);
    for (size_t i = 0; lw_train_option_at(i); i++)
        if (i != epochs && i != split_seed)
            write_option(root, i, options, &defaults);
}

lw_status lw_configuration_write(const lw_network *network, const lw_dataset *dataset, const lw_split *split,
                                 const lw_train_options *options, char **out, lw_error *err) {
    char data_sha256[LW_SHA256_HEX], split_sha256[LW_SHA256_HEX];
    lw_status status = lw_dataset_sha256(dataset, data_sha256, err);
    if (status != LW_OK)
        return status;
    lw_sha256 hash; /* of the record numbers of each part */
    lw_sha256_start(&hash);
    for (size_t part = 0; part < LW_SPLIT_PARTS; part++) {
        lw_sha256_update(&hash, &split->count[part], sizeof split->count[part]);
        lw_sha256_update(&hash, split->index[part], split->count[part] * sizeof *split->index[part]);
    }
    lw_sha256_finish(&hash, split_sha256);
    char *network_text = lw_network_json(network);
    json_t *described = network_text ? json_loads(network_text, 0, NULL) : NULL;
    lw_string_free(&network_text);
    json_t *root = !described ? NULL
                              : json_pack("{s:o, s:s, s:s}", "network", described, "data_sha256", data_sha256,
                                          "split_sha256", split_sha256);
    write_options(&root, options);
    char *text = !root ? NULL : json_dumps(root, JSON_COMPACT);
    json_decref(root);
    if (!text)
        return lw_fail_no_memory(err, "the run's configuration");
    *out = text;
    return LW_OK;
}

/** Describe one value that differs, with both values where they are short. NULL is a default, which is not written. */
static void describe(const char *key, const json_t *before, const json_t *now, char difference[LW_DIFFERENCE_BYTES]) {
    char *was = !before ? NULL : json_dumps(before, JSON_ENCODE_ANY | JSON_COMPACT);
    char *is = !now ? NULL : json_dumps(now, JSON_ENCODE_ANY | JSON_COMPACT);
    const char *shown_was = !was ? "not set" : was, *shown_is = !is ? "not set" : is;
    if (strlen(shown_was) + strlen(shown_is) < 100)
        snprintf(difference, LW_DIFFERENCE_BYTES, "%.60s was %.100s, now %.100s", key, shown_was, shown_is);
    else
        snprintf(difference, LW_DIFFERENCE_BYTES, "%.60s differs", key);
    free(was);
    free(is);
}

bool lw_configuration_differs(const char *before, const char *now, char difference[LW_DIFFERENCE_BYTES]) {
    if (strcmp(before, now) == 0)
        return false;
    json_t *old = json_loads(before, 0, NULL), *new = json_loads(now, 0, NULL), *value;
    const char *key, *found = NULL;
    json_object_foreach(new, key, value) if (!found && !json_equal(json_object_get(old, key), value)) found = key;
    json_object_foreach(old, key, value) if (!found && !json_object_get(new, key)) found = key;
    if (found)
        describe(found, json_object_get(old, found), json_object_get(new, found), difference);
    else
        snprintf(difference, LW_DIFFERENCE_BYTES, "it was written by another version");
    json_decref(old);
    json_decref(new);
    return true;
}
