/* This file holds a recording's memory, its construction and its accessors. */
#include <assert.h>
#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "record/record_internal.h"

lw_record *lw_record_new_empty(const char *name) {
    lw_record *record = lw_calloc(1, sizeof *record);
    if (!record)
        return NULL;
    record->name = lw_strdup(name);
    record->format = "synthetic";
    record->age_years = NAN;
    if (!record->name)
        lw_record_free(&record);
    return record;
}

bool lw_record_set_shape(lw_record *record, size_t leads, size_t samples, double rate_hz) {
    assert(!record->lead && leads > 0 && leads <= LW_RECORD_MAX_LEADS);
    record->lead = lw_calloc(leads, sizeof *record->lead);
    record->leads = record->lead ? leads : 0;
    record->samples = samples;
    record->rate_hz = rate_hz;
    bool ok = record->lead;
    for (size_t i = 0; ok && i < leads; i++)
        ok = lw_record_set_lead(record, i, "", NULL, 1.0, 0.0);
    return ok;
}

bool lw_record_allocate(lw_record *record) {
    size_t values;
    assert(!record->signal_mv && !record->adc);
    if (!lw_size_mul(record->leads, record->samples, &values) || values > LW_RECORD_MAX_VALUES)
        return false;
    /* At least one element: a recording without samples is still not one without memory. */
    record->signal_mv = lw_calloc(values ? values : 1, sizeof *record->signal_mv);
    return record->signal_mv;
}

lw_record *lw_record_new(const char *name, size_t leads, size_t samples, double rate_hz) {
    lw_record *record = lw_record_new_empty(name);
    if (record && !(lw_record_set_shape(record, leads, samples, rate_hz) && lw_record_allocate(record)))
        lw_record_free(&record);
    return record;
}

/** Describe a lead whose name stays as it is. */
static bool describe_lead(lw_record *record, size_t lead, const char *name, const char *unit, double gain,
                          double baseline) {
    assert(lead < record->leads);
    const char *shown = unit && *unit ? unit : "mV";
    char *name_copy = lw_strdup(name);
    char *unit_copy = lw_strdup(shown);
    if (!name_copy || !unit_copy) {
        free(name_copy);
        free(unit_copy);
        return false;
    }
    lw_lead *it = &record->lead[lead];
    free((char *)it->name);
    free((char *)it->unit);
    *it = (lw_lead){.name = name_copy,
                    .unit = unit_copy,
                    .gain = gain,
                    .baseline = baseline,
                    .rate_hz = record->rate_hz,
                    .voltage = lw_unit_mv(lw_span_of(shown)) > 0.0};
    return true;
}

lw_record *lw_record_new_like(const lw_record *other, size_t samples) {
    lw_record *record = lw_record_new(other->name, other->leads, samples, other->rate_hz);
    if (!record)
        return NULL;
    record->format = other->format;
    record->age_years = other->age_years;
    record->sex = other->sex;
    for (size_t i = 0; record && i < other->leads; i++) {
        const lw_lead *lead = &other->lead[i];
        if (!describe_lead(record, i, lead->name, lead->unit, lead->gain, lead->baseline))
            lw_record_free(&record);
    }
    return record;
}

static void free_strings(char **list, size_t count) {
    for (size_t i = 0; i < count; i++)
        free(list[i]);
    free(list);
}

void lw_record_free(lw_record **record) {
    lw_record *it = record ? *record : NULL;
    if (!it)
        return;
    for (size_t i = 0; it->lead && i < it->leads; i++) {
        free((char *)it->lead[i].name);
        free((char *)it->lead[i].unit);
    }
    free(it->lead);
    free_strings(it->code, it->code_count);
    free_strings(it->warning, it->warning_count);
    lw_digests_free(&it->digests);
    free(it->signal_mv);
    lw_bytes_free(&it->store);
    free(it->name);
    free(it);
    *record = NULL;
}

bool lw_record_set_lead(lw_record *record, size_t lead, const char *name, const char *unit, double gain,
                        double baseline) {
    const char *canonical = lw_lead_canonical(lw_span_of(name));
    const lw_span given = lw_span_trim(lw_span_of(name));
    if (canonical && given.length == 2 && (*given.at == 'C' || *given.at == 'c'))
        record->c_leads |= (uint8_t)(1u << (given.at[1] - '1'));
    return describe_lead(record, lead, canonical ? canonical : name, unit, gain, baseline);
}

double *lw_record_signal_mutable(lw_record *record, size_t lead) {
    assert(record->signal_mv && lead < record->leads);
    return record->signal_mv + lead * record->samples;
}

/* Takes `string`, which may be NULL after a failed copy. */
static bool append_string(char ***list, size_t *count, char *string) {
    char **grown = string ? realloc(*list, (*count + 1) * sizeof **list) : NULL;
    if (!grown) {
        free(string);
        return false;
    }
    grown[(*count)++] = string;
    *list = grown;
    return true;
}

bool lw_record_has_code(const lw_record *record, lw_span code) {
    for (size_t i = 0; i < record->code_count; i++)
        if (lw_span_equals(code, record->code[i]))
            return true;
    return false;
}

bool lw_record_add_code(lw_record *record, const char *code) {
    if (lw_record_has_code(record, lw_span_of(code)))
        return true;
    return record->code_count < LW_RECORD_MAX_CODES &&
           append_string(&record->code, &record->code_count, lw_strdup(code));
}

void lw_record_set_age(lw_record *record, double years) { record->age_years = years; }

void lw_record_set_sex(lw_record *record, lw_sex sex) { record->sex = sex; }

void lw_record_warn(lw_record *record, const char *format, ...) {
    if (record->warning_count >= LW_RECORD_MAX_WARNINGS)
        return;
    char sentence[512];
    va_list arguments;
    va_start(arguments, format);
    int length = vsnprintf(sentence, sizeof sentence, format, arguments);
    va_end(arguments);
    for (char *c = sentence; length > 0 && *c; c++)
        if ((unsigned char)*c < 0x20 || *c == 0x7F)
            *c = '?'; /* names from files must not reach a terminal as control bytes */
    if (length < 0 || !append_string(&record->warning, &record->warning_count, lw_strdup(sentence)))
        record->out_of_memory = true;
}

/** Extremes and missing samples of a stretch of a lead. */
typedef struct extent {
    double low, high;
    size_t missing;
} extent;

static inline void extend(extent *it, double value) {
    it->low = value < it->low ? value : it->low;
    it->high = value > it->high ? value : it->high;
    it->missing += value != value;
}

void lw_record_measure(lw_record *record) {
    enum { LANES = 4 }; /* several at a time, because each minimum waits for the one before */
    const size_t samples = record->samples;
    for (size_t l = 0; l < record->leads; l++) {
        const double *x = lw_record_signal_mutable(record, l);
        extent lane[LANES];
        size_t t = 0;
        for (size_t i = 0; i < LANES; i++)
            lane[i] = (extent){INFINITY, -INFINITY, 0};
        for (; t + LANES <= samples; t += LANES)
            for (size_t i = 0; i < LANES; i++)
                extend(&lane[i], x[t + i]);
        for (; t < samples; t++)
            extend(&lane[0], x[t]);
        for (size_t i = 1; i < LANES; i++) {
            lane[0].missing += lane[i].missing;
            lane[0].low = lane[i].low < lane[0].low ? lane[i].low : lane[0].low;
            lane[0].high = lane[i].high > lane[0].high ? lane[i].high : lane[0].high;
        }
        record->lead[l].missing_count = lane[0].missing;
        record->lead[l].flat = lane[0].missing < samples && lane[0].high - lane[0].low < LW_FLAT_MV;
    }
}

const char *lw_record_name(const lw_record *record) { return record->name; }

const char *lw_record_format(const lw_record *record) { return record->format; }

double lw_record_rate_hz(const lw_record *record) { return record->rate_hz; }

size_t lw_record_lead_count(const lw_record *record) { return record->leads; }

size_t lw_record_sample_count(const lw_record *record) { return record->samples; }

const lw_lead *lw_record_lead(const lw_record *record, size_t lead) {
    return lead < record->leads ? &record->lead[lead] : NULL;
}

double lw_lead_unit_mv(const lw_lead *lead) { return lead->voltage ? lw_unit_mv(lw_span_of(lead->unit)) : 1.0; }

lw_lead_view lw_record_view(const lw_record *record, size_t lead) {
    assert(lead < record->leads);
    const lw_lead *it = &record->lead[lead];
    if (!record->adc)
        return (lw_lead_view){.mv = record->signal_mv ? record->signal_mv + lead * record->samples : NULL};
    const double scale = lw_lead_unit_mv(it) / it->gain;
    return (lw_lead_view){
        .adc = record->adc + lead, .stride = record->leads, .scale = scale, .offset = -it->baseline * scale};
}

size_t lw_record_copy_mv(const lw_record *record, size_t lead, size_t first, size_t count, double *out) {
    if (lead >= record->leads || first >= record->samples || !(record->signal_mv || record->adc))
        return 0;
    count = count < record->samples - first ? count : record->samples - first;
    if (record->signal_mv) {
        memcpy(out, record->signal_mv + lead * record->samples + first, count * sizeof *out);
        return count;
    }
    const lw_lead *it = &record->lead[lead];
    const int16_t *adc = record->adc + first * record->leads + lead;
    const double mv = lw_lead_unit_mv(it);
    for (size_t t = 0; t < count; t++)
        out[t] = lw_sample_mv(adc[t * record->leads], LW_ADC_MISSING, it->baseline, it->gain, mv);
    return count;
}

double lw_record_age_years(const lw_record *record) { return record->age_years; }

lw_sex lw_record_sex(const lw_record *record) { return record->sex; }

size_t lw_record_code_count(const lw_record *record) { return record->code_count; }

const char *lw_record_code(const lw_record *record, size_t i) {
    return i < record->code_count ? record->code[i] : NULL;
}

size_t lw_record_warning_count(const lw_record *record) { return record->warning_count; }

const char *lw_record_warning(const lw_record *record, size_t i) {
    return i < record->warning_count ? record->warning[i] : NULL;
}

int lw_record_find_lead(const lw_record *record, const char *name) {
    lw_span wanted = {name, strlen(name)};
    const char *canonical = lw_lead_canonical(wanted);
    if (canonical)
        wanted = lw_span_of(canonical);
    for (size_t i = 0; i < record->leads; i++)
        if (lw_span_equals_nocase(wanted, record->lead[i].name))
            return (int)i;
    return -1;
}
