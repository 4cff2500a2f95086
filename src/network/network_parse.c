/* From the JSON document to a network: unknown keys and values out of range are refused, with their path in the document. */
#include <jansson.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "base/json.h"
#include "base/memory.h"
#include "network/network_internal.h"

/** Where a value lies, for sentences, and what a complaint returns. */
typedef struct place {
    const char *shown; /**< the document */
    lw_status status;
    lw_error *err;
    char path[160]; /**< "branches[0].blocks[2]", "" at the top */
} place;

/** The place of member `key` of `parent`, or of its element i. */
static place member(const place *parent, const char *key) {
    place inner = *parent;
    snprintf(inner.path, sizeof inner.path, "%.100s%s%.50s", parent->path, parent->path[0] ? "." : "", key);
    return inner;
}

static place element(const place *parent, size_t i) {
    place inner = *parent;
    snprintf(inner.path, sizeof inner.path, "%.130s[%zu]", parent->path, i);
    return inner;
}

/** A short text of `value` for "found ...". */
static void show_value(const json_t *value, char *text, size_t size) {
    char *dumped = value ? json_dumps(value, JSON_ENCODE_ANY | JSON_COMPACT | JSON_REAL_PRECISION(6)) : NULL;
    snprintf(text, size, "%.40s%s", dumped ? dumped : "nothing", dumped && strlen(dumped) > 40 ? "..." : "");
    free(dumped);
}

static lw_status fail_expected(const place *at, const json_t *found, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

static lw_status fail_expected(const place *at, const json_t *found, const char *format, ...) {
    char expected[160], shown[64];
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(expected, sizeof expected, format, arguments);
    va_end(arguments);
    show_value(found, shown, sizeof shown);
    return lw_fail(at->err, at->status, "%s: %s%sexpected %s, found %s", at->shown, at->path, at->path[0] ? ": " : "",
                   expected, shown);
}

static lw_status integer_at(const place *at, const json_t *value, int low, int high, int *out) {
    if (!json_is_integer(value) || json_integer_value(value) < low || json_integer_value(value) > high)
        return fail_expected(at, value, "an integer from %d to %d", low, high);
    *out = (int)json_integer_value(value);
    return LW_OK;
}

static lw_status integer(const place *at, const json_t *object, const char *key, int low, int high, int *out) {
    place here = member(at, key);
    return integer_at(&here, json_object_get(object, key), low, high, out);
}

/** A number in [low, below). */
static lw_status number(const place *at, const json_t *object, const char *key, double low, double below, double *out) {
    const json_t *value = json_object_get(object, key);
    place here = member(at, key);
    double got = json_is_number(value) ? json_number_value(value) : -1.0;
    if (!(got >= low && got < below))
        return fail_expected(&here, value, "a number of at least %g and less than %g", low, below);
    *out = got;
    return LW_OK;
}

static lw_status boolean(const place *at, const json_t *object, const char *key, bool *out) {
    const json_t *value = json_object_get(object, key);
    place here = member(at, key);
    if (!json_is_boolean(value))
        return fail_expected(&here, value, "true or false");
    *out = json_is_true(value);
    return LW_OK;
}

/** One of `names` (NULL-terminated); its index. */
static lw_status choice(const place *at, const json_t *object, const char *key, const char *const *names,
                        const char *listed, int *out) {
    const json_t *value = json_object_get(object, key);
    const char *text = json_string_value(value);
    for (int i = 0; text && names[i]; i++)
        if (strcmp(names[i], text) == 0) {
            *out = i;
            return LW_OK;
        }
    place here = member(at, key);
    return fail_expected(&here, value, "%s", listed);
}

/** An array of 1 to `most` elements. */
static lw_status array(const place *at, const json_t *object, const char *key, size_t most, const json_t **out) {
    const json_t *value = json_object_get(object, key);
    place here = member(at, key);
    if (!json_is_array(value) || json_array_size(value) < 1 || json_array_size(value) > most)
        return fail_expected(&here, value, "an array of 1 to %zu elements", most);
    *out = value;
    return LW_OK;
}

/* ---- Unknown keys */

enum { KEY_MAX = 32 };

static size_t least(size_t a, size_t b) { return a < b ? a : b; }

/** Levenshtein distance; both at most KEY_MAX long. */
static size_t edit_distance(const char *a, const char *b) {
    size_t row[KEY_MAX + 1], b_length = strlen(b);
    for (size_t j = 0; j <= b_length; j++)
        row[j] = j;
    for (size_t i = 1; a[i - 1]; i++) {
        size_t diagonal = row[0];
        row[0] = i;
        for (size_t j = 1; j <= b_length; j++) {
            size_t substituted = diagonal + (a[i - 1] != b[j - 1]);
            diagonal = row[j];
            row[j] = least(substituted, least(row[j], row[j - 1]) + 1);
        }
    }
    return row[b_length];
}

static const char *nearest(const char *key, const char *const *known) {
    const char *best = known[0];
    if (strlen(key) > KEY_MAX)
        return best;
    for (size_t i = 1; known[i]; i++)
        if (edit_distance(key, known[i]) < edit_distance(key, best))
            best = known[i];
    return best;
}

/** `object` is an object and has only keys of `known`, or the free-form ones. */
static lw_status known_keys(const place *at, const json_t *object, const char *const *known) {
    if (!json_is_object(object))
        return fail_expected(at, object, "an object");
    const char *key;
    json_t *value;
    json_object_foreach((json_t *)(uintptr_t)object, key, value) {
        size_t i = 0;
        while (known[i] && strcmp(known[i], key) != 0)
            i++;
        if (known[i] || strcmp(key, "comment") == 0 || strcmp(key, "description") == 0)
            continue;
        return lw_fail(at->err, at->status, "%s: %s%sunknown key \"%.40s\"; the nearest that exists is \"%s\"",
                       at->shown, at->path, at->path[0] ? ": " : "", key, nearest(key, known));
    }
    return LW_OK;
}

/* ---- The parts */

static lw_status read_block(const place *at, const json_t *object, lw_block *block) {
    static const char *const keys[] = {"filters", "kernel", "stride", "skip", "norm", "attention", "dropout", NULL};
    static const char *const skips[] = {"none", "identity", "conv", NULL};
    lw_status status = known_keys(at, object, keys);
    if (status != LW_OK || (status = integer(at, object, "filters", 1, LW_FILTERS_MAX, &block->filters)) != LW_OK)
        return status;
    const json_t *kernel = json_object_get(object, "kernel");
    place here = member(at, "kernel");
    if (!json_is_array(kernel) || json_array_size(kernel) != 2)
        return fail_expected(&here, kernel, "[taps along leads, taps along samples]");
    for (size_t i = 0; i < 2; i++) {
        place tap = element(&here, i);
        if ((status = integer_at(&tap, json_array_get(kernel, i), 1, LW_TAPS_MAX, &block->kernel[i])) != LW_OK)
            return status;
    }
    int skip = 0;
    if ((status = integer(at, object, "stride", 1, LW_STRIDE_MAX, &block->stride)) != LW_OK ||
        (status = choice(at, object, "skip", skips, "\"none\", \"identity\" or \"conv\"", &skip)) != LW_OK ||
        (status = boolean(at, object, "norm", &block->norm)) != LW_OK ||
        (status = boolean(at, object, "attention", &block->attention)) != LW_OK ||
        (status = number(at, object, "dropout", 0.0, 1.0, &block->dropout)) != LW_OK)
        return status;
    block->skip = (lw_skip)skip;
    return LW_OK;
}

static lw_status read_branch(const place *at, const json_t *object, lw_branch *branch) {
    static const char *const keys[] = {"decimate", "blocks", NULL};
    const json_t *blocks = NULL;
    lw_status status = known_keys(at, object, keys);
    if (status != LW_OK || (status = integer(at, object, "decimate", 1, LW_STRIDE_MAX, &branch->decimate)) != LW_OK ||
        (status = array(at, object, "blocks", LW_BLOCKS_MAX, &blocks)) != LW_OK)
        return status;
    branch->block = lw_calloc(json_array_size(blocks), sizeof *branch->block);
    if (!branch->block)
        return lw_fail_no_memory(at->err, "a network's blocks");
    branch->block_count = json_array_size(blocks);
    place list = member(at, "blocks");
    for (size_t i = 0; i < branch->block_count && status == LW_OK; i++) {
        place here = element(&list, i);
        status = read_block(&here, json_array_get(blocks, i), &branch->block[i]);
    }
    return status;
}

static lw_status read_leads(const place *at, const json_t *object, lw_lead_set *leads) {
    const json_t *names = NULL;
    lw_status status = array(at, object, "leads", LW_LEADS_MAX, &names);
    if (status != LW_OK)
        return status;
    place list = member(at, "leads");
    leads->count = json_array_size(names);
    for (size_t i = 0; i < leads->count; i++) {
        const json_t *value = json_array_get(names, i);
        const char *name = json_string_value(value);
        place here = element(&list, i);
        if (!name || !*name || strlen(name) >= LW_LEAD_NAME_MAX)
            return fail_expected(&here, value, "a lead's name of 1 to %d characters", LW_LEAD_NAME_MAX - 1);
        strcpy(leads->name[i], name);
        for (size_t k = 0; k < i; k++)
            if (strcmp(leads->name[k], name) == 0)
                return fail_expected(&here, value, "a lead that is not listed before");
    }
    return LW_OK;
}

static lw_status read_branches(const place *at, const json_t *object, lw_network *network) {
    const json_t *branches = NULL;
    lw_status status = array(at, object, "branches", LW_BRANCHES_MAX, &branches);
    if (status != LW_OK)
        return status;
    place list = member(at, "branches");
    network->branch_count = json_array_size(branches);
    for (size_t i = 0; i < network->branch_count && status == LW_OK; i++) {
        place here = element(&list, i);
        status = read_branch(&here, json_array_get(branches, i), &network->branch[i]);
    }
    return status;
}

static lw_status read_name(const place *at, const json_t *object, char *out) {
    const json_t *value = json_object_get(object, "name");
    const char *name = json_string_value(value);
    place here = member(at, "name");
    if (!name || !*name || strlen(name) >= LW_NETWORK_NAME_MAX)
        return fail_expected(&here, value, "a name of 1 to %d characters", LW_NETWORK_NAME_MAX - 1);
    strcpy(out, name);
    return LW_OK;
}

static lw_status read_norm(const place *at, const json_t *object, lw_network *network) {
    static const char *const keys[] = {"epsilon", "momentum", NULL};
    const json_t *norm = json_object_get(object, "batch_norm");
    place here = member(at, "batch_norm");
    lw_status status = known_keys(&here, norm, keys);
    if (status != LW_OK || (status = number(&here, norm, "epsilon", 1e-12, 1.0, &network->epsilon)) != LW_OK)
        return status;
    return number(&here, norm, "momentum", 0.0, 1.0, &network->momentum);
}

static lw_status read_inputs(const place *at, const json_t *object, lw_network *network) {
    const json_t *names = json_object_get(object, "inputs");
    place list = member(at, "inputs");
    if (names && (!json_is_array(names) || json_array_size(names) > LW_INPUT_COUNT))
        return fail_expected(&list, names, "an array of \"age\" and \"sex\"");
    network->input_count = json_array_size(names);
    for (size_t i = 0; i < network->input_count; i++) {
        const char *name = json_string_value(json_array_get(names, i));
        place here = element(&list, i);
        size_t k = 0;
        while (k < LW_INPUT_COUNT && (!name || strcmp(name, lw_network_input_names[k]) != 0))
            k++;
        if (k == LW_INPUT_COUNT || (i > 0 && network->input[0] == (lw_network_input)k))
            return fail_expected(&here, json_array_get(names, i), "\"age\" or \"sex\", each once");
        network->input[i] = (lw_network_input)k;
    }
    return LW_OK;
}

static lw_status read_network(const place *at, const json_t *object, lw_network *network) {
    static const char *const keys[] = {
        "name",       "leads",         "samples", "branches",  "outputs", "head", "dropout", "attention_reduction",
        "batch_norm", "missing_leads", "inputs",  "lead_taps", NULL};
    static const char *const heads[] = {"gap", "flatten", NULL}, *const dropouts[] = {"spatial", "standard", NULL};
    int head = 0, dropout = 0;
    lw_status status = known_keys(at, object, keys);
    if (status != LW_OK || (status = read_name(at, object, network->name)) != LW_OK ||
        (status = read_leads(at, object, &network->leads)) != LW_OK ||
        (status = integer(at, object, "samples", 1, LW_SAMPLES_MAX, &network->samples)) != LW_OK ||
        (status = read_branches(at, object, network)) != LW_OK ||
        (status = integer(at, object, "outputs", 1, LW_OUTPUTS_MAX, &network->outputs)) != LW_OK ||
        (status = choice(at, object, "head", heads, "\"gap\" or \"flatten\"", &head)) != LW_OK ||
        (status = choice(at, object, "dropout", dropouts, "\"spatial\" or \"standard\"", &dropout)) != LW_OK ||
        (status = integer(at, object, "attention_reduction", 1, LW_FILTERS_MAX, &network->attention_reduction)) !=
            LW_OK)
        return status;
    if (json_object_get(object, "missing_leads") &&
        (status = boolean(at, object, "missing_leads", &network->missing_leads)) != LW_OK)
        return status;
    static const char *const rules[] = {"stated", "third", NULL};
    int rule = 0;
    if (json_object_get(object, "lead_taps") &&
        (status = choice(at, object, "lead_taps", rules, "\"stated\" or \"third\"", &rule)) != LW_OK)
        return status;
    network->lead_taps_third = rule == 1;
    if ((status = read_inputs(at, object, network)) != LW_OK)
        return status;
    network->flatten = head == 1;
    network->standard_dropout = dropout == 1;
    return read_norm(at, object, network);
}

lw_status lw_network_read_json(const char *text, size_t length, const char *shown, lw_status status,
                               lw_network *network, lw_error *err) {
    json_t *document = NULL;
    lw_json_place whole = {shown, status, err};
    lw_status parsed = lw_json_parse_object(whole, text, length, &document);
    if (parsed != LW_OK)
        return parsed;
    place top = {.shown = shown, .status = status, .err = err};
    parsed = read_network(&top, document, network);
    json_decref(document);
    return parsed;
}
