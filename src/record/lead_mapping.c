/** @file lead_mapping.c: the leads of a recording by their names: what the caller calls them, and which are not understood. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "base/memory.h"
#include "record/record_internal.h"

/** Cut "NAME=LEAD" off `rest`; false at the end. `lead` is NULL where that is no pair. */
static bool next_pair(lw_span *rest, lw_span *pair, lw_span *name, const char **lead) {
    if (!lw_span_field(rest, ',', pair))
        return false;
    const char *equals = pair->length > 0 ? memchr(pair->at, '=', pair->length) : NULL;
    const size_t length = equals ? (size_t)(equals - pair->at) : 0;
    *name = lw_span_trim((lw_span){pair->at, length});
    *lead = name->length > 0 ? lw_lead_canonical((lw_span){equals + 1, pair->length - length - 1}) : NULL;
    return true;
}

lw_status lw_lead_names_check(const char *names, lw_error *err) {
    lw_span rest = lw_span_of(names), pair = rest, name;
    const char *lead = NULL;
    while (next_pair(&rest, &pair, &name, &lead))
        if (!lead)
            break;
    return lead ? LW_OK
                : lw_fail(err, LW_ERR_ARGUMENT, "'%.*s', expected NAME=LEAD,... with a lead as I, aVR or V1",
                          (int)(pair.length < 60 ? pair.length : 60), pair.at);
}

/** The lead of that name, or of that number, or -1. */
static int find_lead(const lw_record *record, lw_span name) {
    const char *canonical = lw_lead_canonical(name);
    const lw_span wanted = canonical ? lw_span_of(canonical) : name;
    long long number;
    for (size_t i = 0; i < record->leads; i++)
        if (lw_span_equals_nocase(wanted, record->lead[i].name))
            return (int)i;
    return lw_span_long(name, 1, (long long)record->leads, &number) ? (int)number - 1 : -1;
}

static bool rename_lead(lw_record *record, size_t lead, const char *name) {
    char *copy = lw_strdup(name);
    if (!copy)
        return false;
    free((char *)record->lead[lead].name);
    record->lead[lead].name = copy;
    return true;
}

lw_status lw_record_name_leads(lw_record *record, const char *names, lw_error *err) {
    const char *given[LW_RECORD_MAX_LEADS] = {0}, *lead = NULL;
    char list[LW_LEAD_LIST_LENGTH];
    lw_span rest = names ? lw_span_of(names) : (lw_span){0}, pair, name;
    lw_status status = names ? lw_lead_names_check(names, err) : LW_OK;
    if (status != LW_OK || !names)
        return status;
    /* All names are looked up before the first changes, so that two leads can change places. */
    while (next_pair(&rest, &pair, &name, &lead)) {
        const int found = find_lead(record, name);
        if (found < 0) {
            lw_record_list_leads(record, false, list);
            return lw_fail(err, LW_ERR_LEAD_NAME, "%s: no lead is called '%.*s', the recording has %s", record->name,
                           (int)(name.length < 40 ? name.length : 40), name.at, list);
        }
        given[found] = lead;
    }
    for (size_t i = 0; i < record->leads; i++)
        for (size_t j = 0; given[i] && j < record->leads; j++)
            if (j != i && strcmp(given[j] ? given[j] : record->lead[j].name, given[i]) == 0)
                return lw_fail(err, LW_ERR_LEAD_NAME, "%s: leads %zu and %zu would both be called %s", record->name,
                               (i < j ? i : j) + 1, (i < j ? j : i) + 1, given[i]);
    for (size_t i = 0; i < record->leads; i++)
        if (given[i] && !rename_lead(record, i, given[i]))
            return lw_fail_no_memory(err, "a lead's name");
    return LW_OK;
}

static bool is_understood(const lw_lead *lead) {
    const char *canonical = lw_lead_canonical(lw_span_of(lead->name));
    return canonical && strcmp(canonical, lead->name) == 0;
}

void lw_record_list_leads(const lw_record *record, bool unknown_only, char text[LW_LEAD_LIST_LENGTH]) {
    enum { MOST = LW_LEAD_LIST_LENGTH - 56 }; /* leaves room for one more name and the dots */
    size_t length = 0, count = 0;
    text[0] = '\0';
    for (size_t i = 0; i < record->leads; i++) {
        const lw_lead *lead = &record->lead[i];
        if (unknown_only && (is_understood(lead) || !lead->voltage))
            continue;
        const char *gap = count++ > 0 ? ", " : "";
        if (length > MOST) {
            snprintf(text + length, LW_LEAD_LIST_LENGTH - length, "%s...", gap);
            return;
        }
        length += (size_t)snprintf(text + length, LW_LEAD_LIST_LENGTH - length, "%s%.40s", gap, lead->name);
    }
}

/** Where electrodes on the head are recorded, C3 is one of them. */
static void restore_brain_sites(lw_record *record) {
    bool head = false;
    for (size_t i = 0; i < record->leads; i++)
        head |= lw_lead_is_brain_site(lw_span_of(record->lead[i].name));
    for (size_t i = 0; head && i < record->leads; i++) {
        const char *name = record->lead[i].name;
        const unsigned k =
            name[0] == 'V' && name[1] >= '1' && name[1] <= '6' && !name[2] ? (unsigned)(name[1] - '1') : 8;
        if (k < 8 && (unsigned)record->c_leads >> k & 1u) {
            const char site[] = {'C', name[1], '\0'};
            record->out_of_memory |= !rename_lead(record, i, site);
        }
    }
}

void lw_record_check_names(lw_record *record) {
    char list[LW_LEAD_LIST_LENGTH];
    restore_brain_sites(record);
    for (size_t i = 1; i < record->leads; i++) {
        const char *name = record->lead[i].name;
        int first = lw_record_find_lead(record, name);
        if (*name && first >= 0 && (size_t)first < i) {
            lw_record_warn(record,
                           "%s: lead %zu is called %s like lead %d, expected different names; the first is used",
                           record->name, i + 1, name, first + 1);
        }
    }
    lw_record_list_leads(record, true, list);
    if (*list)
        lw_record_warn(record, "%s: names that are not understood as leads: %s", record->name, list);
}
