/* This file understands what files call their leads and units. */
#include "record/record_internal.h"

#include <string.h>

const char *const lw_standard_leads[LW_STANDARD_LEADS] = {"I",  "II", "III", "aVR", "aVL", "aVF",
                                                          "V1", "V2", "V3",  "V4",  "V5",  "V6"};

static const char *const further_leads[] = {"V7", "V8", "V9", "V3R", "V4R", "V5R", "V6R", "X", "Y", "Z"};

/* Other names: the modified limb leads of Holter recorders, Romance and German names, Roman numerals of Unicode. */
static const struct {
    const char *name, *lead;
} aliases[] = {
    {"MLI", "I"},
    {"MLII", "II"},
    {"MLIII", "III"},
    {"vx", "X"},
    {"vy", "Y"},
    {"vz", "Z"},
    {"DI", "I"},
    {"DII", "II"},
    {"DIII", "III"},
    {"D1", "I"},
    {"D2", "II"},
    {"D3", "III"},
    {"L1", "I"},
    {"L2", "II"},
    {"L3", "III"},
    {"C1", "V1"},
    {"C2", "V2"},
    {"C3", "V3"},
    {"C4", "V4"},
    {"C5", "V5"},
    {"C6", "V6"},
    {"\xE2\x85\xA0", "I"},
    {"\xE2\x85\xA1", "II"},
    {"\xE2\x85\xA2", "III"},
};

#define COUNT(list) (sizeof(list) / sizeof *(list))

static lw_span after(lw_span name, size_t length) {
    return lw_span_trim((lw_span){name.at + length, name.length - length});
}

static bool begins(lw_span name, const char *word) {
    const size_t length = strlen(word);
    return name.length > length && lw_span_equals_nocase((lw_span){name.at, length}, word);
}

/** "ECG lead_ii" -> "ii". A prefix counts only when a separator follows, so that no name is torn apart. */
static lw_span without_prefixes(lw_span name) {
    static const char *const prefixes[] = {"ECG", "EKG", "lead", "Ableitung", "derivation"};
    static const char *const codes[] = {"MDC_ECG_LEAD_", "MDC_ECG_ELEC_POTL_"}; /* ISO/IEEE 11073-10101 */
    for (size_t i = 0; i < COUNT(codes); i++)
        if (begins(name, codes[i]))
            return after(name, strlen(codes[i]));
    for (size_t i = 0; i < COUNT(prefixes); i++) {
        const size_t length = strlen(prefixes[i]);
        if (begins(name, prefixes[i]) && name.at[length] && strchr(" _-:.", name.at[length]))
            name = after(name, length + 1);
    }
    return name;
}

/** "I (mV)" -> "I", and "I-Ref", as recorders of one reference for all leads write it, -> "I". */
static lw_span without_suffixes(lw_span name) {
    const char last = name.length > 0 ? name.at[name.length - 1] : '\0';
    const char open = last == ')' ? '(' : last == ']' ? '[' : '\0';
    for (size_t i = name.length; open && i-- > 0;)
        if (name.at[i] == open) {
            const lw_span unit = {name.at + i + 1, name.length - i - 2};
            if (lw_unit_mv(lw_span_trim(unit)) > 0.0)
                name = lw_span_trim((lw_span){name.at, i});
            break;
        }
    if (name.length > 4 && lw_span_equals_nocase((lw_span){name.at + name.length - 4, 4}, "-ref"))
        name = lw_span_trim((lw_span){name.at, name.length - 4});
    return name;
}

static lw_span without_quotes(lw_span name) {
    name = lw_span_trim(name);
    while (name.length >= 2 && (*name.at == '"' || *name.at == '\'') && name.at[name.length - 1] == *name.at)
        name = lw_span_trim((lw_span){name.at + 1, name.length - 2});
    return name;
}

static const char *find_standard(lw_span name) {
    for (size_t i = 0; i < LW_STANDARD_LEADS; i++)
        if (lw_span_equals_nocase(name, lw_standard_leads[i]))
            return lw_standard_leads[i];
    return NULL;
}

const char *lw_lead_canonical(lw_span name) {
    name = without_suffixes(without_prefixes(without_quotes(name)));
    const char *standard = find_standard(name);
    if (standard)
        return standard;
    for (size_t i = 0; i < COUNT(further_leads); i++)
        if (lw_span_equals_nocase(name, further_leads[i]))
            return further_leads[i];
    for (size_t i = 0; i < COUNT(aliases); i++)
        if (lw_span_equals_nocase(name, aliases[i].name))
            return aliases[i].lead;
    return begins(name, "lead") ? find_standard(after(name, strlen("lead"))) : NULL; /* "LeadII" */
}

bool lw_lead_is_brain_site(lw_span name) {
    static const char *const sites[] = {"Fp1", "Fp2", "F3", "F4", "F7", "F8", "Fz", "Cz", "P3", "P4",
                                        "Pz",  "O1",  "O2", "Oz", "T3", "T4", "T5", "T6", "A1", "A2"};
    for (size_t i = 0; i < COUNT(sites); i++)
        if (lw_span_equals_nocase(name, sites[i]))
            return true;
    return false;
}

/** Without `word` in front, letters' case aside; false where it does not begin so. */
static bool skip(lw_span *text, const char *word) {
    const size_t length = strlen(word);
    if (text->length < length || !lw_span_equals_nocase((lw_span){text->at, length}, word))
        return false;
    *text = (lw_span){text->at + length, text->length - length};
    return true;
}

void lw_warn_megavolts(lw_record *record, lw_span unit, const char *place) {
    if (unit.length >= 2 && unit.at[0] == 'M' && (unit.at[1] == 'V' || unit.at[1] == 'v') && lw_unit_mv(unit) > 0.0)
        lw_record_warn(record, "%s: unit '%.*s' is read as millivolts, expected mV", place, (int)unit.length, unit.at);
}

double lw_unit_mv(lw_span unit) {
    static const struct {
        const char *name;
        double mv;
    } prefixes[] = {
        {"milli", 1.0},
        {"micro", 1e-3},
        {"nano", 1e-6},
        {"m", 1.0},
        {"u", 1e-3},
        {"n", 1e-6},
        {"\xC2\xB5", 1e-3} /* micro sign */,
        {"\xCE\xBC", 1e-3} /* Greek mu */,
        {"\xB5", 1e-3} /* micro sign in Latin-1 */,
        {"", 1e3},
    };
    for (size_t i = 0; i < COUNT(prefixes) && unit.length > 0; i++) {
        lw_span rest = unit;
        if (!skip(&rest, prefixes[i].name))
            continue;
        if (lw_span_equals_nocase(rest, "V") || lw_span_equals_nocase(rest, "volt") ||
            lw_span_equals_nocase(rest, "volts"))
            return prefixes[i].mv;
    }
    return 0.0;
}
