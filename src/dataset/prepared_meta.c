/* This file reads and writes a prepared file's metadata. */
#include "dataset/prepared_internal.h"

#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "base/json.h"
#include "base/memory.h"

char *lw_strings_json(const char *const *strings, size_t count) {
    json_t *array = json_array();
    for (size_t i = 0; i < count; i++)
        lw_json_append(&array, json_string(strings[i]));
    char *text = array ? json_dumps(array, JSON_COMPACT) : NULL;
    json_decref(array);
    return text;
}

void lw_strings_free(char **strings, size_t count) {
    for (size_t i = 0; strings && i < count; i++)
        free(strings[i]);
    free(strings);
}

lw_status lw_strings_parse(const char *json, const char *shown, char ***out, size_t *count, lw_error *err) {
    json_error_t problem;
    json_t *array = json_loads(json, JSON_REJECT_DUPLICATES, &problem);
    if (!array && json_error_code(&problem) == json_error_out_of_memory)
        return lw_fail_no_memory(err, shown);
    if (!array)
        return lw_fail(err, LW_ERR_MODEL, "%s:%d:%d: %s", shown, problem.line, problem.column, problem.text);
    const size_t size = json_array_size(array);
    char **strings = lw_calloc(size, sizeof *strings);
    lw_status status = strings ? LW_OK : lw_fail_no_memory(err, shown);
    if (!json_is_array(array))
        status = lw_fail(err, LW_ERR_MODEL, "%s: expected an array of strings", shown);
    for (size_t i = 0; status == LW_OK && i < size; i++) {
        const char *text = json_string_value(json_array_get(array, i));
        if (!text)
            status = lw_fail(err, LW_ERR_MODEL, "%s: entry %zu is not a string", shown, i);
        else if (!(strings[i] = lw_strdup(text)))
            status = lw_fail_no_memory(err, shown);
    }
    json_decref(array);
    if (status != LW_OK) {
        lw_strings_free(strings, size);
        return status;
    }
    *out = strings;
    *count = size;
    return LW_OK;
}

char *lw_prepared_leads_json(const lw_lead_set *leads) {
    const char *names[LW_LEADS_MAX];
    for (size_t i = 0; i < leads->count; i++)
        names[i] = leads->name[i];
    return lw_strings_json(names, leads->count);
}

lw_status lw_prepared_leads_parse(const char *json, const char *shown, lw_lead_set *out, lw_error *err) {
    char **names;
    size_t count;
    lw_status status = lw_strings_parse(json, shown, &names, &count, err);
    if (status != LW_OK)
        return status;
    lw_lead_set leads = {.count = count};
    if (count == 0 || count > LW_LEADS_MAX)
        status = lw_fail(err, LW_ERR_MODEL, "%s: %zu leads, expected 1 to %d", shown, count, LW_LEADS_MAX);
    for (size_t i = 0; status == LW_OK && i < count; i++) {
        size_t length = strlen(names[i]);
        if (length == 0 || length >= LW_LEAD_NAME_MAX)
            status = lw_fail(err, LW_ERR_MODEL, "%s: lead %zu is '%s', expected 1 to %d characters", shown, i, names[i],
                             LW_LEAD_NAME_MAX - 1);
        else
            memcpy(leads.name[i], names[i], length + 1);
    }
    lw_strings_free(names, count);
    if (status == LW_OK)
        *out = leads;
    return status;
}
