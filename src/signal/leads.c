/* This file parses sets of leads, takes leads out of a recording, and fills the gaps in them. */
#include <assert.h>
#include <limits.h>
#include <math.h>
#include <string.h>
#include <strings.h>

#include "base/error.h"
#include "base/text.h"
#include "record/record_internal.h"
#include "signal/prepare_internal.h"

static const struct {
    const char *name, *leads;
} lead_sets[] = {{"12", "I,II,III,aVR,aVL,aVF,V1,V2,V3,V4,V5,V6"},
                 {"6", "I,II,III,aVR,aVL,aVF"},
                 {"4", "I,II,III,V2"},
                 {"3", "I,II,V2"},
                 {"2", "I,II"}};

/* Known leads in their usual spelling, so that "avr" and "aVR" make the same model. */
static lw_status add_lead(lw_span span, lw_lead_set *set, lw_error *err) {
    const char *known = lw_lead_canonical(span);
    if (known)
        span = lw_span_of(known);
    if (span.length == 0 || span.length >= LW_LEAD_NAME_MAX)
        return lw_fail(err, LW_ERR_ARGUMENT, "lead name \"%.*s\" has %zu characters, expected 1 to %d",
                       (int)(span.length < 40 ? span.length : 40), span.at, span.length, LW_LEAD_NAME_MAX - 1);
    if (set->count == LW_LEADS_MAX)
        return lw_fail(err, LW_ERR_ARGUMENT, "a lead set of more than %d leads, expected fewer", LW_LEADS_MAX);
    for (size_t i = 0; i < set->count; i++)
        if (lw_span_equals_nocase(span, set->name[i]))
            return lw_fail(err, LW_ERR_ARGUMENT, "lead %s is named twice", set->name[i]);
    memcpy(set->name[set->count], span.at, span.length);
    set->count++;
    return LW_OK;
}

lw_status lw_lead_set_parse(const char *text, lw_lead_set *out, lw_error *err) {
    for (size_t i = 0; i < sizeof lead_sets / sizeof *lead_sets; i++)
        if (strcmp(text, lead_sets[i].name) == 0)
            text = lead_sets[i].leads;
    if (*text == '\0')
        return lw_fail(err, LW_ERR_ARGUMENT, "no leads named, expected 12, 6, 4, 3, 2 or NAME,NAME...");
    long long number;
    if (lw_span_long(lw_span_of(text), LLONG_MIN, LLONG_MAX, &number))
        return lw_fail(err, LW_ERR_ARGUMENT, "there is no lead set %.20s, expected 12, 6, 4, 3, 2 or NAME,NAME...",
                       text);
    lw_lead_set set = {0};
    lw_span rest = {text, strlen(text)}, field;
    while (lw_span_field(&rest, ',', &field)) {
        const lw_status status = add_lead(lw_span_trim(field), &set, err);
        if (status != LW_OK)
            return status;
    }
    *out = set;
    return LW_OK;
}

size_t lw_lead_set_rows(const lw_lead_set *leads, const lw_lead_set *there, size_t rows[LW_LEADS_MAX]) {
    size_t found = 0;
    for (size_t h = 0; h < leads->count; h++) {
        rows[h] = 0;
        while (rows[h] < there->count && strcmp(there->name[rows[h]], leads->name[h]) != 0)
            rows[h]++;
        if (rows[h] == there->count)
            rows[h] = LW_NO_ROW;
        else
            found++;
    }
    return found;
}

/* Each limb lead as factors of I and II: Einthoven's triangle and Goldberger's augmented leads. */
static const struct {
    const char *name;
    double one, two;
} limb_leads[] = {{"I", 1.0, 0.0},     {"II", 0.0, 1.0},   {"III", -1.0, 1.0},
                  {"aVR", -0.5, -0.5}, {"aVL", 1.0, -0.5}, {"aVF", -0.5, 1.0}};
enum { LIMB_LEADS = sizeof limb_leads / sizeof *limb_leads };

/**
 * Any two limb leads a and b give each other one: with x = x1 I + x2 II for each of them, and d = a1 b2 - a2 b1,
 *
 *     x = (x1 b2 - x2 b1) / d a + (a1 x2 - a2 x1) / d b
 *
 * No two limb leads are proportional, so d is not 0.
 */
static lw_lead_source derive(size_t x, size_t a, size_t b, size_t lead_a, size_t lead_b) {
    const double d = limb_leads[a].one * limb_leads[b].two - limb_leads[a].two * limb_leads[b].one;
    return (lw_lead_source){
        .count = 2,
        .lead = {lead_a, lead_b},
        .factor = {(limb_leads[x].one * limb_leads[b].two - limb_leads[x].two * limb_leads[b].one) / d,
                   (limb_leads[a].one * limb_leads[x].two - limb_leads[a].two * limb_leads[x].one) / d}};
}

lw_lead_source lw_lead_find_source(const lw_record *record, const char *name) {
    const int found = lw_record_find_lead(record, name);
    if (found >= 0)
        return (lw_lead_source){.count = 1, .lead = {(size_t)found}};
    size_t x = 0;
    while (x < LIMB_LEADS && strcasecmp(name, limb_leads[x].name) != 0)
        x++;
    if (x == LIMB_LEADS)
        return (lw_lead_source){0};
    int lead[LIMB_LEADS];
    for (size_t i = 0; i < LIMB_LEADS; i++)
        lead[i] = lw_record_find_lead(record, limb_leads[i].name);
    for (size_t b = 1; b < LIMB_LEADS; b++) /* I and II first */
        for (size_t a = 0; a < b; a++)
            if (lead[a] >= 0 && lead[b] >= 0)
                return derive(x, a, b, (size_t)lead[a], (size_t)lead[b]);
    return (lw_lead_source){0};
}

size_t lw_lead_source_copy(const lw_record *record, const lw_lead_source *source, size_t first, size_t count,
                           double *out) {
    assert(source->count > 0);
    double other[512];
    count = lw_record_copy_mv(record, source->lead[0], first, count, out);
    for (size_t t = 0, piece; source->count == 2 && t < count; t += piece) {
        piece = count - t < sizeof other / sizeof *other ? count - t : sizeof other / sizeof *other;
        (void)lw_record_copy_mv(record, source->lead[1], first + t, piece, other);
        for (size_t i = 0; i < piece; i++)
            out[t + i] = source->factor[0] * out[t + i] + source->factor[1] * other[i];
    }
    return count;
}

/* ---- Gaps */

static bool is_valid(double sample) { return fabs(sample) <= LW_SAMPLE_LIMIT_MV; }

/* samples[first..end) is missing; its neighbours, where there are any, are valid. */
static void fill_gap(double *samples, size_t count, size_t first, size_t end) {
    const double before = samples[first > 0 ? first - 1 : end];
    const double after = end < count ? samples[end] : before;
    const double slope = first > 0 ? (after - before) / (double)(end - first + 1) : 0.0;
    for (size_t t = first; t < end; t++)
        samples[t] = before + slope * (double)(t - first + 1);
}

size_t lw_gaps_fill(double *samples, size_t count) {
    size_t missing = 0;
    for (size_t t = 0; t < count; t++)
        missing += !is_valid(samples[t]);
    if (missing == 0 || missing == count)
        return missing;
    for (size_t t = 0; t < count; t++) {
        if (is_valid(samples[t]))
            continue;
        const size_t first = t;
        while (t < count && !is_valid(samples[t]))
            t++;
        fill_gap(samples, count, first, t);
    }
    return missing;
}

bool lw_signal_is_flat(const double *samples, size_t count) {
    double low = samples[0], high = samples[0];
    /* Nearly every lead leaves at once: it is no flatter than the distance between any two of its samples. */
    for (size_t t = 0; t < count && high - low < 1e-6; t++) {
        low = fmin(low, samples[t]);
        high = fmax(high, samples[t]);
    }
    return high - low < 1e-6;
}
