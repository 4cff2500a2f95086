/* This file maps a prepared file, checks its header and tensors, and gives its records by number. */
#include "leadwise/dataset.h"

#include <assert.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "base/hash.h"
#include "base/memory.h"
#include "base/safetensors.h"
#include "base/text.h"
#include "dataset/prepared_internal.h"

enum { TENSORS_MAX = 64, SAMPLES_MAX = 1 << 26 };

struct lw_dataset {
    lw_safetensors *file;
    size_t records, samples;
    lw_lead_set leads;
    lw_preprocessing preprocessing;
    lw_class_list *classes;
    char **names; /**< [records] */
    size_t name_count;
    char **sources;
    size_t source_count;
    char **groups; /**< [group_count]: of each record, or none */
    size_t group_count;
    const float *signals;  /**< [records][leads][samples] */
    const uint8_t *labels; /**< [records][classes] */
    float *age_years;      /**< [records], as the next: copied, for a file may hold them at any address */
    uint8_t *sex;
    uint16_t *source; /**< SOURCE_NONE where the file holds none */
    uint64_t *signal_hash;
};

enum { SOURCE_NONE = 65535 };

void lw_dataset_free(lw_dataset **dataset) {
    lw_dataset *d = dataset ? *dataset : NULL;
    if (!d)
        return;
    lw_safetensors_free(&d->file);
    lw_class_list_free(&d->classes);
    lw_strings_free(d->names, d->name_count);
    lw_strings_free(d->sources, d->source_count);
    lw_strings_free(d->groups, d->group_count);
    free(d->age_years);
    free(d->sex);
    free(d->source);
    free(d->signal_hash);
    free(d);
    *dataset = NULL;
}

size_t lw_dataset_record_count(const lw_dataset *d) { return d->records; }
size_t lw_dataset_sample_count(const lw_dataset *d) { return d->samples; }
const lw_lead_set *lw_dataset_leads(const lw_dataset *d) { return &d->leads; }
const lw_preprocessing *lw_dataset_preprocessing(const lw_dataset *d) { return &d->preprocessing; }
const lw_class_list *lw_dataset_classes(const lw_dataset *d) { return d->classes; }
const char *lw_dataset_name(const lw_dataset *d, size_t i) { return d->names[i]; }
float lw_dataset_age_years(const lw_dataset *d, size_t i) { return d->age_years[i]; }
lw_sex lw_dataset_sex(const lw_dataset *d, size_t i) { return (lw_sex)d->sex[i]; }
uint64_t lw_dataset_signal_hash(const lw_dataset *d, size_t i) { return d->signal_hash[i]; }

const float *lw_dataset_signals(const lw_dataset *d, size_t i) { return d->signals + i * d->leads.count * d->samples; }

const uint8_t *lw_dataset_labels(const lw_dataset *d, size_t i) { return d->labels + i * lw_class_count(d->classes); }

const char *lw_dataset_source(const lw_dataset *d, size_t i) {
    assert(i < d->records);
    return d->source[i] == SOURCE_NONE ? "" : d->sources[d->source[i]];
}

const char *lw_dataset_group(const lw_dataset *d, size_t i) {
    assert(i < d->records);
    return d->group_count > 0 ? d->groups[i] : "";
}

static lw_status metadata(const lw_dataset *d, const char *path, const char *key, const char **text, lw_error *err) {
    *text = lw_safetensors_metadata(d->file, key);
    if (!*text)
        return lw_fail(err, LW_ERR_MODEL, "%s: no metadata %s, expected a prepared file", path, key);
    return LW_OK;
}

/** "PATH: KEY", for sentences about the JSON in it. */
typedef struct place_text {
    char text[400];
} place_text;

static place_text place_of(const char *path, const char *key) {
    place_text place;
    snprintf(place.text, sizeof place.text, "%s: %s", path, key);
    return place;
}

/** Whether `name` stays below its folder: predictions are written to files of that name. */
static bool is_safe_name(const char *name) {
    if (name[0] == '\0' || name[0] == '/')
        return false;
    for (const char *part = name; part; part = strchr(part, '/')) {
        part += *part == '/';
        size_t length = strcspn(part, "/");
        if (length == 0 || (length <= 2 && strncmp(part, "..", length) == 0))
            return false;
    }
    return true;
}

/** Names are plain, and no two are the same: outputs are paired with records by name. */
static lw_status check_names(const lw_dataset *d, const char *path, lw_error *err) {
    for (size_t i = 0; i < d->name_count; i++)
        if (!is_safe_name(d->names[i]))
            return lw_fail(err, LW_ERR_MODEL, "%s: record %zu is called '%s', expected a plain name", path, i,
                           d->names[i]);
    char **sorted = lw_calloc(d->name_count, sizeof *sorted);
    lw_status status = sorted ? LW_OK : lw_fail_no_memory(err, path);
    if (sorted && d->name_count > 0) {
        memcpy(sorted, d->names, d->name_count * sizeof *sorted);
        qsort(sorted, d->name_count, sizeof *sorted, lw_compare_strings);
    }
    for (size_t i = 1; status == LW_OK && i < d->name_count; i++)
        if (strcmp(sorted[i - 1], sorted[i]) == 0)
            status = lw_fail(err, LW_ERR_MODEL, "%s: two records are called '%s', expected a name for each", path,
                             sorted[i]);
    free(sorted);
    return status;
}

static lw_status read_names(lw_dataset *d, const char *path, lw_error *err) {
    const char *text;
    lw_status status = metadata(d, path, LW_KEY_RECORDS, &text, err);
    if (status == LW_OK)
        status = lw_strings_parse(text, place_of(path, LW_KEY_RECORDS).text, &d->names, &d->name_count, err);
    if (status == LW_OK)
        status = check_names(d, path, err);
    text = lw_safetensors_metadata(d->file, LW_KEY_SOURCES);
    if (status == LW_OK && text)
        status = lw_strings_parse(text, place_of(path, LW_KEY_SOURCES).text, &d->sources, &d->source_count, err);
    text = lw_safetensors_metadata(d->file, LW_KEY_GROUPS);
    if (status == LW_OK && text)
        status = lw_strings_parse(text, place_of(path, LW_KEY_GROUPS).text, &d->groups, &d->group_count, err);
    if (status == LW_OK && text && d->group_count != d->name_count)
        status = lw_fail(err, LW_ERR_MODEL, "%s: groups of %zu records, expected %zu as in %s",
                         place_of(path, LW_KEY_GROUPS).text, d->group_count, d->name_count, LW_KEY_RECORDS);
    return status;
}

static lw_status read_metadata(lw_dataset *d, const char *path, lw_error *err) {
    const char *text;
    lw_error inner = {0};
    lw_status status = read_names(d, path, err);
    if (status == LW_OK)
        status = metadata(d, path, LW_KEY_CLASSES, &text, err);
    if (status == LW_OK && (status = lw_class_list_parse(text, &d->classes, &inner)) != LW_OK)
        return lw_fail(err, status, "%s: %s", place_of(path, LW_KEY_CLASSES).text, inner.message);
    if (status == LW_OK)
        status = metadata(d, path, LW_KEY_LEADS, &text, err);
    if (status == LW_OK)
        status = lw_prepared_leads_parse(text, place_of(path, LW_KEY_LEADS).text, &d->leads, err);
    if (status == LW_OK)
        status = metadata(d, path, LW_KEY_PREPROCESSING, &text, err);
    if (status == LW_OK)
        status = lw_preprocessing_parse(text, place_of(path, LW_KEY_PREPROCESSING).text, &d->preprocessing, err);
    return status;
}

/** The tensor `name` [records][...] of `rank` dimensions; *out is NULL when it is absent and not needed. */
static lw_status find_tensor(const lw_dataset *d, const char *path, const char *name, lw_dtype dtype, size_t rank,
                             bool needed, const lw_tensor **out, lw_error *err) {
    const lw_tensor *tensor = lw_safetensors_find(d->file, name);
    *out = tensor;
    if (!tensor && needed)
        return lw_fail(err, LW_ERR_MODEL, "%s: no tensor '%s', expected that of a prepared file", path, name);
    if (!tensor)
        return LW_OK;
    if (tensor->dtype != dtype || tensor->rank != rank)
        return lw_fail(err, LW_ERR_MODEL, "%s: tensor '%s' has another type or number of dimensions than expected",
                       path, name);
    if (tensor->shape[0] != d->name_count)
        return lw_fail(err, LW_ERR_MODEL, "%s: tensor '%s' has %zu records, expected %zu as in %s", path, name,
                       tensor->shape[0], d->name_count, LW_KEY_RECORDS);
    return LW_OK;
}

static lw_status read_signals(lw_dataset *d, const char *path, lw_error *err) {
    const lw_tensor *tensor;
    lw_status status = find_tensor(d, path, "signals", LW_DTYPE_F32, 3, true, &tensor, err);
    if (status != LW_OK)
        return status;
    if (tensor->shape[0] == 0 || tensor->shape[2] == 0 || tensor->shape[2] > SAMPLES_MAX)
        return lw_fail(err, LW_ERR_MODEL, "%s: tensor 'signals' is empty or too long", path);
    if (tensor->shape[1] != d->leads.count)
        return lw_fail(err, LW_ERR_MODEL, "%s: tensor 'signals' has %zu leads, expected %zu as in %s", path,
                       tensor->shape[1], d->leads.count, LW_KEY_LEADS);
    if (tensor->shape[2] != lw_preprocessing_sample_count(&d->preprocessing))
        return lw_fail(err, LW_ERR_MODEL, "%s: tensor 'signals' has %zu samples, expected %zu as in %s", path,
                       tensor->shape[2], lw_preprocessing_sample_count(&d->preprocessing), LW_KEY_PREPROCESSING);
    if ((uintptr_t)tensor->data % sizeof(float) != 0)
        return lw_fail(err, LW_ERR_MODEL, "%s: tensor 'signals' begins at an odd address, expected a multiple of 4",
                       path);
    d->records = tensor->shape[0];
    d->samples = tensor->shape[2];
    d->signals = tensor->data;
    return LW_OK;
}

static lw_status read_labels(lw_dataset *d, const char *path, lw_error *err) {
    const lw_tensor *tensor;
    size_t classes = lw_class_count(d->classes);
    lw_status status = find_tensor(d, path, "labels", LW_DTYPE_U8, 2, true, &tensor, err);
    if (status != LW_OK)
        return status;
    if (tensor->shape[1] != classes)
        return lw_fail(err, LW_ERR_MODEL, "%s: tensor 'labels' has %zu classes, expected %zu as in %s", path,
                       tensor->shape[1], classes, LW_KEY_CLASSES);
    d->labels = tensor->data;
    for (size_t i = 0; i < tensor->elements; i++)
        if (d->labels[i] > 1)
            return lw_fail(err, LW_ERR_MODEL, "%s: a label of record %s is %d, expected 0 or 1", path,
                           d->names[i / classes], d->labels[i]);
    return LW_OK;
}

/** Copies of what a file may hold of each record, with defaults where it does not. */
static lw_status read_columns(lw_dataset *d, const char *path, lw_error *err) {
    const lw_tensor *age, *sex, *source, *hash;
    lw_status status = find_tensor(d, path, "age_years", LW_DTYPE_F32, 1, false, &age, err);
    if (status == LW_OK)
        status = find_tensor(d, path, "sex", LW_DTYPE_U8, 1, false, &sex, err);
    if (status == LW_OK)
        status = find_tensor(d, path, "source", LW_DTYPE_U16, 1, false, &source, err);
    if (status == LW_OK)
        status = find_tensor(d, path, "signal_hash", LW_DTYPE_U32, 2, false, &hash, err);
    if (status != LW_OK)
        return status;
    if (hash && hash->shape[1] != 2)
        return lw_fail(err, LW_ERR_MODEL, "%s: tensor 'signal_hash' has rows of %zu, expected 2", path, hash->shape[1]);
    d->age_years = lw_calloc(d->records, sizeof *d->age_years);
    d->sex = lw_calloc(d->records, 1);
    d->source = lw_calloc(d->records, sizeof *d->source);
    d->signal_hash = lw_calloc(d->records, sizeof *d->signal_hash);
    if (!d->age_years || !d->sex || !d->source || !d->signal_hash)
        return lw_fail_no_memory(err, path);
    if (age)
        memcpy(d->age_years, age->data, age->bytes);
    if (sex)
        memcpy(d->sex, sex->data, sex->bytes);
    if (source)
        memcpy(d->source, source->data, source->bytes);
    if (hash) /* a pair of u32, low half first, is a little-endian u64 */
        memcpy(d->signal_hash, hash->data, hash->bytes);
    for (size_t i = 0; i < d->records; i++) {
        d->age_years[i] = age ? d->age_years[i] : NAN;
        if (!hash)
            d->signal_hash[i] = lw_signal_hash(lw_dataset_signals(d, i), d->leads.count * d->samples);
        if (d->sex[i] > LW_SEX_MALE)
            return lw_fail(err, LW_ERR_MODEL, "%s: the sex of record %s is %d, expected 0 to 2", path, d->names[i],
                           d->sex[i]);
        if (source && d->source[i] >= d->source_count)
            return lw_fail(err, LW_ERR_MODEL, "%s: the source of record %s is number %d of %zu", path, d->names[i],
                           d->source[i], d->source_count);
        d->source[i] = source ? d->source[i] : SOURCE_NONE;
    }
    return LW_OK;
}

lw_status lw_dataset_open(const char *path, lw_dataset **out, lw_error *err) {
    lw_dataset *d = lw_calloc(1, sizeof *d);
    if (!d)
        return lw_fail_no_memory(err, path);
    lw_safetensors_limits limits = {LW_PREPARED_HEADER_LIMIT, TENSORS_MAX};
    lw_status status = lw_safetensors_open(path, limits, &d->file, err);
    if (status == LW_OK)
        status = read_metadata(d, path, err);
    if (status == LW_OK)
        status = read_signals(d, path, err);
    if (status == LW_OK)
        status = read_labels(d, path, err);
    if (status == LW_OK)
        status = read_columns(d, path, err);
    if (status == LW_OK)
        *out = d;
    else
        lw_dataset_free(&d);
    return status;
}

lw_status lw_dataset_sha256(const lw_dataset *d, char hex[65], lw_error *err) {
    char *classes = lw_class_list_json(d->classes), *leads = lw_prepared_leads_json(&d->leads);
    char *preprocessing = lw_preprocessing_json(&d->preprocessing);
    bool whole = classes && leads && preprocessing;
    if (whole) {
        lw_sha256 hash;
        lw_sha256_start(&hash);
        lw_sha256_update(&hash, leads, strlen(leads) + 1);
        lw_sha256_update(&hash, preprocessing, strlen(preprocessing) + 1);
        lw_sha256_update(&hash, classes, strlen(classes) + 1);
        for (size_t i = 0; i < d->records; i++)
            lw_sha256_update(&hash, d->names[i], strlen(d->names[i]) + 1);
        lw_sha256_update(&hash, d->labels, d->records * lw_class_count(d->classes));
        lw_sha256_update(&hash, d->signals, d->records * d->leads.count * d->samples * sizeof *d->signals);
        lw_sha256_finish(&hash, hex);
    }
    lw_string_free(&classes);
    lw_string_free(&leads);
    lw_string_free(&preprocessing);
    return whole ? LW_OK : lw_fail_no_memory(err, "a SHA-256");
}
