/* Lists of classes: built, read from JSON, written, searched. */
#include "labels/labels.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "base/json.h"
#include "base/memory.h"

enum { CODE_BYTES_MAX = 63, ABBREVIATION_BYTES_MAX = 63 };

typedef struct scored_class {
    size_t code_count;
    char *codes[LW_CLASS_CODES_MAX];
    char *abbreviation;
} scored_class;

struct lw_class_list {
    size_t count;
    scored_class classes[LW_CLASSES_MAX];
};

lw_class_list *lw_class_list_create(void) { return lw_calloc(1, sizeof(lw_class_list)); }

void lw_class_list_free(lw_class_list **classes) {
    if (!classes || !*classes)
        return;
    for (size_t i = 0; i < (*classes)->count; i++) {
        for (size_t k = 0; k < (*classes)->classes[i].code_count; k++)
            free((*classes)->classes[i].codes[k]);
        free((*classes)->classes[i].abbreviation);
    }
    free(*classes);
    *classes = NULL;
}

void lw_string_free(char **string) {
    if (!string)
        return;
    free(*string);
    *string = NULL;
}

/* Codes are written to comma-separated files and '|'-joined names, so they hold none of those separators. */
static bool is_code(const char *code) {
    size_t length = strlen(code);
    if (length == 0 || length > CODE_BYTES_MAX)
        return false;
    for (const char *at = code; *at; at++)
        if (*at <= ' ' || *at > '~' || strchr(",|\"'", *at))
            return false;
    return true;
}

lw_status lw_class_list_add(lw_class_list *classes, const char *const *codes, size_t code_count,
                            const char *abbreviation, lw_error *err) {
    if (classes->count == LW_CLASSES_MAX)
        return lw_fail(err, LW_ERR_FORMAT, "more than %d classes", LW_CLASSES_MAX);
    if (code_count == 0 || code_count > LW_CLASS_CODES_MAX)
        return lw_fail(err, LW_ERR_FORMAT, "class %zu has %zu codes, expected 1 to %d", classes->count, code_count,
                       LW_CLASS_CODES_MAX);
    if (strlen(abbreviation) > ABBREVIATION_BYTES_MAX)
        return lw_fail(err, LW_ERR_FORMAT, "abbreviation of class %zu is longer than %d bytes", classes->count,
                       ABBREVIATION_BYTES_MAX);
    for (size_t i = 0; i < classes->count && *abbreviation != '\0'; i++)
        if (strcmp(classes->classes[i].abbreviation, abbreviation) == 0)
            return lw_fail(err, LW_ERR_FORMAT, "two classes are called \"%s\", expected a name for each", abbreviation);
    /* Counted at once, so that a code repeated within the class is found too and a failure frees all copies. */
    scored_class *added = &classes->classes[classes->count++];
    added->abbreviation = lw_strdup(abbreviation);
    if (!added->abbreviation)
        return lw_fail_no_memory(err, "a class list");
    for (size_t k = 0; k < code_count; k++) {
        if (!is_code(codes[k]))
            return lw_fail(err, LW_ERR_FORMAT, "class code \"%.80s\" is not a code", codes[k]);
        if (lw_class_find(classes, codes[k]) >= 0)
            return lw_fail(err, LW_ERR_FORMAT, "class code %s appears twice", codes[k]);
        added->codes[k] = lw_strdup(codes[k]);
        if (!added->codes[k])
            return lw_fail_no_memory(err, "a class list");
        added->code_count = k + 1;
    }
    return LW_OK;
}

lw_status lw_class_list_scored(int year, bool merged, lw_class_list **out, lw_error *err) {
    const lw_scored_year *scored = lw_scored_year_find(year);
    if (!scored)
        return lw_fail(err, LW_ERR_ARGUMENT, "year %d has no scored classes, expected 2020 or 2021", year);
    lw_class_list *classes = lw_class_list_create();
    lw_status status = classes ? LW_OK : lw_fail_no_memory(err, "a class list");
    for (size_t i = 0; status == LW_OK && i < (merged ? scored->class_count : scored->code_count); i++) {
        const char *code = merged ? scored->classes[i] : scored->codes[i];
        const char *equal = merged ? lw_code_equal(code, year) : NULL;
        char abbreviation[ABBREVIATION_BYTES_MAX + 1];
        snprintf(abbreviation, sizeof abbreviation, "%s%s%s", lw_diagnosis_find(code)->abbreviation, equal ? "|" : "",
                 equal ? lw_diagnosis_find(equal)->abbreviation : "");
        status = lw_class_list_add(classes, (const char *const[]){code, equal}, equal ? 2 : 1, abbreviation, err);
    }
    if (status == LW_OK)
        *out = classes;
    else
        lw_class_list_free(&classes);
    return status;
}

static lw_status add_parsed(lw_class_list *classes, const json_t *object, lw_error *err) {
    const json_t *codes = json_object_get(object, "codes");
    const char *abbreviation = json_string_value(json_object_get(object, "abbreviation"));
    if (!json_is_array(codes) || !abbreviation)
        return lw_fail(err, LW_ERR_FORMAT, "class %zu, expected {\"codes\": [...], \"abbreviation\": \"...\"}",
                       classes->count);
    const char *texts[LW_CLASS_CODES_MAX] = {NULL};
    size_t count = json_array_size(codes);
    for (size_t k = 0; k < count && k < LW_CLASS_CODES_MAX; k++) {
        texts[k] = json_string_value(json_array_get(codes, k));
        if (!texts[k])
            return lw_fail(err, LW_ERR_FORMAT, "class %zu: code %zu is not a string", classes->count, k);
    }
    return lw_class_list_add(classes, texts, count, abbreviation, err);
}

lw_status lw_class_list_parse(const char *json, lw_class_list **out, lw_error *err) {
    json_error_t at;
    json_t *array = json_loads(json, JSON_REJECT_DUPLICATES, &at);
    if (!array)
        return lw_fail(err, LW_ERR_MODEL, "class list:%d: %s", at.line, at.text);
    lw_error inner = {LW_OK, ""};
    lw_class_list *classes = lw_class_list_create();
    lw_status status = classes ? LW_OK : lw_fail_no_memory(&inner, "a class list");
    if (status == LW_OK && json_array_size(array) == 0) /* which that of anything but an array is too */
        status = lw_fail(&inner, LW_ERR_FORMAT, "expected a JSON array of one class or more");
    for (size_t i = 0; status == LW_OK && i < json_array_size(array); i++)
        status = add_parsed(classes, json_array_get(array, i), &inner);
    json_decref(array);
    if (status != LW_OK) {
        lw_class_list_free(&classes);
        return lw_fail(err, status == LW_ERR_FORMAT ? LW_ERR_MODEL : status, "class list: %s", inner.message);
    }
    *out = classes;
    return LW_OK;
}

char *lw_class_list_json(const lw_class_list *classes) {
    json_t *array = json_array();
    for (size_t i = 0; i < classes->count; i++) {
        json_t *codes = json_array();
        for (size_t k = 0; k < classes->classes[i].code_count; k++)
            lw_json_append(&codes, json_string(classes->classes[i].codes[k]));
        lw_json_append(&array,
                       json_pack("{s:o, s:s}", "codes", codes, "abbreviation", classes->classes[i].abbreviation));
    }
    char *text = array ? json_dumps(array, JSON_COMPACT | JSON_PRESERVE_ORDER) : NULL;
    json_decref(array);
    return text;
}

bool lw_class_list_equal(const lw_class_list *a, const lw_class_list *b) {
    if (a->count != b->count)
        return false;
    for (size_t i = 0; i < a->count; i++) {
        if (a->classes[i].code_count != b->classes[i].code_count)
            return false;
        for (size_t k = 0; k < a->classes[i].code_count; k++)
            if (strcmp(a->classes[i].codes[k], b->classes[i].codes[k]) != 0)
                return false;
    }
    return true;
}

size_t lw_class_count(const lw_class_list *classes) { return classes->count; }

size_t lw_class_code_count(const lw_class_list *classes, size_t i) {
    assert(i < classes->count);
    return classes->classes[i].code_count;
}

const char *lw_class_code(const lw_class_list *classes, size_t i, size_t k) { return classes->classes[i].codes[k]; }

const char *lw_class_abbreviation(const lw_class_list *classes, size_t i) { return classes->classes[i].abbreviation; }

char *lw_class_name(const lw_class_list *classes, size_t i, char *text, size_t size) {
    size_t used = 0;
    text[0] = '\0';
    for (size_t k = 0; k < lw_class_code_count(classes, i) && used < size; k++)
        used += (size_t)snprintf(text + used, size - used, "%s%s", k ? "|" : "", lw_class_code(classes, i, k));
    return text;
}

int lw_class_find(const lw_class_list *classes, const char *code) {
    for (size_t i = 0; i < classes->count; i++)
        for (size_t k = 0; k < classes->classes[i].code_count; k++)
            if (strcmp(classes->classes[i].codes[k], code) == 0)
                return (int)i;
    return -1;
}

void lw_class_labels(const lw_class_list *classes, const char *const *codes, size_t code_count, uint8_t *labels) {
    memset(labels, 0, classes->count);
    for (size_t i = 0; i < code_count; i++) {
        int found = lw_class_find(classes, codes[i]);
        if (found < 0)
            continue;
        labels[found] = 1;
        /* 2021's table has every pair; a pair counts only where both of its codes are outputs. */
        const char *equal = lw_code_equal(codes[i], 2021);
        int other = equal ? lw_class_find(classes, equal) : -1;
        if (other >= 0)
            labels[other] = 1;
    }
}
