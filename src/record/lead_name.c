/** @file lead_name.c: what files call their leads and units. */
#include "record/record_internal.h"

#include <string.h>

const char *const lw_standard_leads[LW_STANDARD_LEADS] = {"I",  "II", "III", "aVR", "aVL", "aVF",
                                                          "V1", "V2", "V3",  "V4",  "V5",  "V6"};

static const char *const further_leads[] = {"V7", "V8", "V9", "V3R", "V4R", "V5R", "V6R", "X", "Y", "Z"};

/* Other names, first those of the modified limb leads of Holter recorders. */
static const struct {
    const char *name, *lead;
} aliases[] = {
    {"MLI", "I"}, {"MLII", "II"}, {"MLIII", "III"}, {"vx", "X"}, {"vy", "Y"}, {"vz", "Z"},
};

static const char *const prefixes[] = {"ECG", "EKG", "lead"};

/* "ECG lead_ii" -> "ii". A prefix counts only when a separator follows, so that no name is torn apart. */
static lw_span without_prefixes(lw_span name) {
    name = lw_span_trim(name);
    for (size_t i = 0; i < sizeof prefixes / sizeof *prefixes; i++) {
        size_t length = strlen(prefixes[i]);
        if (name.length > length && lw_span_equals_nocase((lw_span){name.at, length}, prefixes[i]) && name.at[length] &&
            strchr(" _-:.", name.at[length]))
            name = lw_span_trim((lw_span){name.at + length + 1, name.length - length - 1});
    }
    return name;
}

const char *lw_lead_canonical(lw_span name) {
    name = without_prefixes(name);
    for (size_t i = 0; i < LW_STANDARD_LEADS; i++)
        if (lw_span_equals_nocase(name, lw_standard_leads[i]))
            return lw_standard_leads[i];
    for (size_t i = 0; i < sizeof further_leads / sizeof *further_leads; i++)
        if (lw_span_equals_nocase(name, further_leads[i]))
            return further_leads[i];
    for (size_t i = 0; i < sizeof aliases / sizeof *aliases; i++)
        if (lw_span_equals_nocase(name, aliases[i].name))
            return aliases[i].lead;
    return NULL;
}

double lw_unit_mv(lw_span unit) {
    static const struct {
        const char *name;
        double mv;
    } units[] = {
        {"mV", 1.0},
        {"uV", 1e-3},
        {"\xC2\xB5V", 1e-3} /* micro sign */,
        {"\xCE\xBCV", 1e-3} /* Greek mu */,
        {"V", 1e3},
        {"\xB5V", 1e-3} /* micro sign in Latin-1 */,
    };
    for (size_t i = 0; i < sizeof units / sizeof *units; i++)
        if (lw_span_equals_nocase(unit, units[i].name))
            return units[i].mv;
    return 0.0;
}
