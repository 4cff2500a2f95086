#include "train/configuration.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "base/hash.h"
#include "base/json.h"
#include "train/augment.h"

/** The hash of a split: record numbers of each part. */
static void hash_split(const lw_split *split, char hex[LW_SHA256_HEX]) {
    lw_sha256 hash;
    lw_sha256_start(&hash);
    for (size_t part = 0; part < LW_SPLIT_PARTS; part++) {
        lw_sha256_update(&hash, &split->count[part], sizeof split->count[part]);
        lw_sha256_update(&hash, split->index[part], split->count[part] * sizeof *split->index[part]);
    }
    lw_sha256_finish(&hash, hex);
}

/** A seed uses all 64 bits, a JSON integer 63 and a sign. */
static json_t *seed_json(uint64_t seed) {
    char text[32];
    snprintf(text, sizeof text, "%llu", (unsigned long long)seed);
    return json_string(text);
}

static json_t *network_json(const lw_network *network) {
    char *text = lw_network_json(network);
    json_t *value = text == NULL ? NULL : json_loads(text, 0, NULL);
    lw_string_free(&text);
    return value;
}

/** Set `key` to `value`, which is taken, unless `same`: what has its default is not written, so that runs keep the
 * configuration that they were begun with when there are new options. When that fails, *root becomes NULL. */
static void set_unless(bool same, json_t **root, const char *key, json_t *value) {
    if (same) {
        json_decref(value);
        return;
    }
    if (json_object_set_new(*root, key, value) == 0)
        return;
    json_decref(*root);
    *root = NULL;
}

static void set_real(json_t **root, const char *key, double value) {
    set_unless(fpclassify(value) == FP_ZERO, root, key, json_real(value));
}

/** The options beyond the papers that are on. */
static void add_recipe(json_t **root, const lw_train_options *o) {
    static const char *const kept[] = {"best-loss", "best-metric", "last"};
    const bool cosine = o->schedule == LW_SCHEDULE_COSINE;
    char augmentations[64];
    lw_augment_names(o->augment, augmentations);
    set_real(root, "weight_decay", o->weight_decay);
    set_unless(!cosine, root, "schedule", json_string("cosine"));
    set_unless(!cosine, root, "epochs", json_integer((json_int_t)o->epochs));
    set_real(root, "warmup_epochs", o->warmup_epochs);
    set_unless(o->keep == LW_KEEP_BEST_LOSS, root, "keep", json_string(kept[o->keep]));
    set_real(root, "mixup", o->mixup);
    set_unless(o->augment == 0, root, "augment", json_string(augmentations));
    set_real(root, "lead_dropout", o->lead_dropout);
    set_unless(!o->label_mask, root, "label_mask", json_true());
    set_real(root, "metric_loss", o->metric_loss);
    set_real(root, "metric_head", o->metric_head);
    set_real(root, "average", o->average);
    set_unless(!o->tune_thresholds, root, "tune_thresholds", json_true());
}

static json_t *configuration_json(const lw_network *network, const lw_train_options *o, const char *data_sha256,
                                  const char *split_sha256) {
    json_t *described = network_json(network);
    if (described == NULL)
        return NULL;
    return json_pack("{s:o, s:s, s:s, s:o, s:I, s:f, s:f, s:f, s:f, s:I, s:I, s:f, s:f, s:f, s:i, s:s?}", "network",
                     described, "data_sha256", data_sha256, "split_sha256", split_sha256, "seed", seed_json(o->seed),
                     "batch", (json_int_t)o->batch, "learning_rate", o->learning_rate, "beta1", o->beta1, "beta2",
                     o->beta2, "epsilon", o->epsilon, "patience_halve", (json_int_t)o->patience_halve, "patience_stop",
                     (json_int_t)o->patience_stop, "class_weight_epsilon", o->class_weight_epsilon, "test_fraction",
                     o->test_fraction, "validation_fraction", o->validation_fraction, "year", o->year, "fallback",
                     o->fallback);
}

lw_status lw_configuration_write(const lw_network *network, const lw_dataset *dataset, const lw_split *split,
                                 const lw_train_options *options, char **out, lw_error *err) {
    char data_sha256[LW_SHA256_HEX], split_sha256[LW_SHA256_HEX];
    lw_status status = lw_dataset_sha256(dataset, data_sha256, err);
    if (status != LW_OK)
        return status;
    hash_split(split, split_sha256);
    json_t *root = configuration_json(network, options, data_sha256, split_sha256);
    add_recipe(&root, options);
    char *text = root == NULL ? NULL : json_dumps(root, JSON_COMPACT);
    json_decref(root);
    if (text == NULL)
        return lw_fail_no_memory(err, "the run's configuration");
    *out = text;
    return LW_OK;
}

/** One value that differs; NULL: not written, for it has its default. Values that are short are shown. */
static void describe(const char *key, const json_t *before, const json_t *now, char difference[LW_DIFFERENCE_BYTES]) {
    char *was = before == NULL ? NULL : json_dumps(before, JSON_ENCODE_ANY | JSON_COMPACT);
    char *is = now == NULL ? NULL : json_dumps(now, JSON_ENCODE_ANY | JSON_COMPACT);
    const char *shown_was = was == NULL ? "not set" : was, *shown_is = is == NULL ? "not set" : is;
    if (strlen(shown_was) + strlen(shown_is) < 100)
        snprintf(difference, LW_DIFFERENCE_BYTES, "%.60s was %.100s, now %.100s", key, shown_was, shown_is);
    else
        snprintf(difference, LW_DIFFERENCE_BYTES, "%.60s differs", key);
    free(was);
    free(is);
}

/** Name the first key whose values differ. */
static bool find_difference(json_t *before, json_t *now, char difference[LW_DIFFERENCE_BYTES]) {
    const char *key;
    json_t *value;
    json_object_foreach(now, key, value) {
        const json_t *old = json_object_get(before, key);
        if (!json_equal(old, value)) {
            describe(key, old, value, difference);
            return true;
        }
    }
    json_object_foreach(before, key, value) {
        if (json_object_get(now, key) == NULL) {
            describe(key, value, NULL, difference);
            return true;
        }
    }
    return false;
}

bool lw_configuration_differs(const char *before, const char *now, char difference[LW_DIFFERENCE_BYTES]) {
    if (strcmp(before, now) == 0)
        return false;
    json_t *old = json_loads(before, 0, NULL), *new = json_loads(now, 0, NULL);
    if (!find_difference(old, new, difference))
        snprintf(difference, LW_DIFFERENCE_BYTES, "it was written by another version");
    json_decref(old);
    json_decref(new);
    return true;
}
