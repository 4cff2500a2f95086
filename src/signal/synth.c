/** @file synth.c: a synthetic recording: its rhythm and findings, what else is drawn for it, and its twelve leads. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "base/memory.h"
#include "base/text.h"
#include "record/record_internal.h"
#include "signal/synth_internal.h"

#define BIT(kind) ((lw_synth_set)1 << LW_SYNTH_##kind)

/* Without visible P waves of the sinus there is neither a PR interval to measure nor an atrial beat to come early. */
#define NO_SINUS (BIT(BRADY) | BIT(AF) | BIT(AFL) | BIT(PACED))
#define BUNDLES (BIT(LBBB) | BIT(RBBB) | BIT(IRBBB))

static const struct {
    const char *name, *code;
    lw_synth_set excludes;
    double share; /* of the recordings that are not sinus rhythm alone */
} kinds[LW_SYNTH_KINDS] = {
    [LW_SYNTH_NSR] = {"NSR", "426783006", 0, 0.28},
    [LW_SYNTH_SB] = {"SB", "426177001", 0, 0.14},
    [LW_SYNTH_BRADY] = {"Brady", "426627000", 0, 0.08},
    [LW_SYNTH_STACH] = {"STach", "427084000", 0, 0.13},
    [LW_SYNTH_SA] = {"SA", "427393009", 0, 0.10},
    [LW_SYNTH_AF] = {"AF", "164889003", 0, 0.12},
    [LW_SYNTH_AFL] = {"AFL", "164890007", 0, 0.08},
    [LW_SYNTH_PACED] = {"PR", "10370003", 0, 0.07},
    [LW_SYNTH_PAC] = {"PAC", "284470004", NO_SINUS | BIT(SA), 0.13},
    [LW_SYNTH_PVC] = {"PVC", "427172004", BIT(PACED), 0.10},
    [LW_SYNTH_IAVB] = {"IAVB", "270492004", NO_SINUS | BIT(STACH), 0.15},
    [LW_SYNTH_LBBB] = {"LBBB", "164909002", BIT(PACED) | BUNDLES, 0.09},
    [LW_SYNTH_RBBB] = {"RBBB", "59118001", BIT(PACED) | BUNDLES, 0.11},
    [LW_SYNTH_IRBBB] = {"IRBBB", "713426002", BIT(PACED) | BUNDLES, 0.08},
    [LW_SYNTH_LAD] = {"LAD", "39732003", BIT(PACED) | BIT(RAD), 0.13},
    [LW_SYNTH_RAD] = {"RAD", "47665007", BIT(PACED) | BIT(LAD) | BIT(LBBB), 0.10},
    [LW_SYNTH_LQRSV] = {"LQRSV", "251146004", BIT(PACED) | BIT(PVC), 0.09},
    [LW_SYNTH_LQT] = {"LQT", "111975006", BIT(STACH), 0.09},
    [LW_SYNTH_TINV] = {"TInv", "59931005", BIT(PACED) | BIT(LBBB), 0.12},
};

const char *lw_synth_kind(size_t i) { return i < LW_SYNTH_KINDS ? kinds[i].name : NULL; }

/* Whether `kind` may join `set`; exclusion counts in both directions, and rhythms exclude each other. */
static bool goes_with(lw_synth_set set, size_t kind) {
    const lw_synth_set rhythms = BIT(RHYTHMS) - 1, self = (lw_synth_set)1 << kind;
    if ((kinds[kind].excludes & ~self) & set)
        return false;
    if (self & rhythms & ~set && set & rhythms)
        return false;
    for (size_t i = 0; i < LW_SYNTH_KINDS; i++)
        if (i != kind && set >> i & 1 && kinds[i].excludes & self)
            return false;
    return true;
}

/* Parse "AF,LBBB"; without a rhythm, NSR is added. LW_ERR_ARGUMENT for a kind that is unknown or excluded by another. */
static lw_status parse_kinds(const char *text, lw_synth_set *out, lw_error *err) {
    lw_synth_set set = 0;
    lw_span rest = {text, strlen(text)}, field;
    while (lw_span_field(&rest, ',', &field)) {
        const lw_span name = lw_span_trim(field);
        size_t kind = 0;
        while (kind < LW_SYNTH_KINDS && !lw_span_equals_nocase(name, kinds[kind].name))
            kind++;
        if (kind == LW_SYNTH_KINDS)
            return lw_fail(err, LW_ERR_ARGUMENT, "kind \"%.*s\" is unknown, expected one of NSR, SB, AF, ...",
                           (int)(name.length < 40 ? name.length : 40), name.at);
        if (!goes_with(set, kind))
            return lw_fail(err, LW_ERR_ARGUMENT, "kind %s contradicts another of \"%.100s\"", kinds[kind].name, text);
        set |= (lw_synth_set)1 << kind;
    }
    if (!(set & (BIT(RHYTHMS) - 1))) {
        if (!goes_with(set, LW_SYNTH_NSR))
            return lw_fail(err, LW_ERR_ARGUMENT, "\"%.100s\" needs a rhythm", text);
        set |= BIT(NSR);
    }
    *out = set;
    return LW_OK;
}

/* About 40 % sinus rhythm alone; otherwise a rhythm and findings that go together, each in 3 % of all or more. */
static lw_synth_set draw_kinds(lw_random *random) {
    if (lw_random_uniform(random) < 0.4)
        return BIT(NSR);
    for (;;) {
        double left = lw_random_uniform(random);
        size_t rhythm = 0;
        while (rhythm + 1 < LW_SYNTH_RHYTHMS && left >= kinds[rhythm].share)
            left -= kinds[rhythm++].share;
        lw_synth_set set = (lw_synth_set)1 << rhythm;
        for (size_t kind = LW_SYNTH_RHYTHMS; kind < LW_SYNTH_KINDS; kind++)
            if (lw_random_uniform(random) < kinds[kind].share && goes_with(set, kind))
                set |= (lw_synth_set)1 << kind;
        if (set != BIT(NSR))
            return set;
    }
}

/* ---- The recording */

/* Row of each measured lead among the standard twelve: I, II, V1-V6. */
static const size_t measured_row[LW_SYNTH_MEASURED] = {0, 1, 6, 7, 8, 9, 10, 11};

/** All that is drawn before the first sample. */
typedef struct plan {
    double rate_hz, duration_s, noise_mv;
    lw_synth_set kinds;
    double age_years;
    lw_sex sex;
} plan;

static lw_status check_options(const lw_synth_options *options, lw_error *err) {
    const double rate = options->rate_hz, duration = options->duration_s;
    if (rate != 0.0 && !(rate >= LW_RECORD_MIN_RATE_HZ && rate <= LW_RECORD_MAX_RATE_HZ))
        return lw_fail(err, LW_ERR_ARGUMENT, "rate of %g Hz, expected 50 to 20000, or 0 to draw it", rate);
    if (duration != 0.0 && !(duration >= 1.0 && duration <= 3600.0))
        return lw_fail(err, LW_ERR_ARGUMENT, "duration of %g s, expected 1 to 3600, or 0 to draw it", duration);
    if (!(options->noise_mv <= 10.0))
        return lw_fail(err, LW_ERR_ARGUMENT, "noise of %g mV, expected at most 10", options->noise_mv);
    return LW_OK;
}

/* Everything is drawn, also what the options fix, so that a record has the same beats at any rate. */
static plan draw_plan(const lw_synth_options *options, lw_synth_set asked, lw_random *random) {
    const lw_synth_set drawn = draw_kinds(random);
    const double rate = lw_random_uniform(random), noise = 0.004 * exp(lw_random_between(random, 0.0, log(10.0)));
    const double kind = lw_random_uniform(random), where = lw_random_uniform(random);
    plan p = {.duration_s = kind < 0.80 ? 10.0 : kind < 0.92 ? round(6.0 + 9.0 * where) : round(15.0 + 30.0 * where)};
    p.rate_hz = options->rate_hz > 0.0 ? options->rate_hz : rate < 0.1 ? 257.0 : rate < 0.8 ? 500.0 : 1000.0;
    p.noise_mv = options->noise_mv >= 0.0 ? options->noise_mv : noise;
    p.kinds = options->kinds ? asked : drawn;
    if (options->duration_s > 0.0)
        p.duration_s = options->duration_s;
    const bool old = lw_synth_has(p.kinds, LW_SYNTH_AF) || lw_synth_has(p.kinds, LW_SYNTH_PACED);
    p.age_years = floor(lw_random_between(random, old ? 55.0 : 18.0, 90.0));
    p.sex = lw_random_uniform(random) < 0.5 ? LW_SEX_FEMALE : LW_SEX_MALE;
    return p;
}

static bool describe(lw_record *record, const plan *p) {
    bool ok = true;
    for (size_t l = 0; l < LW_STANDARD_LEADS; l++)
        ok = ok && lw_record_set_lead(record, l, lw_standard_leads[l], "mV", 1000.0, 0.0);
    for (int kind = 0; kind < LW_SYNTH_KINDS; kind++)
        if (lw_synth_has(p->kinds, (lw_synth_kind_id)kind))
            ok = ok && lw_record_add_code(record, kinds[kind].code);
    record->age_years = p->age_years;
    record->sex = p->sex;
    return ok;
}

/* III, aVR, aVL, aVF */
static void derive_limb_leads(lw_record *record) {
    const double *one = lw_record_signal_mutable(record, 0), *two = lw_record_signal_mutable(record, 1);
    double *derived[4];
    for (size_t i = 0; i < 4; i++)
        derived[i] = lw_record_signal_mutable(record, 2 + i);
    for (size_t t = 0; t < record->samples; t++) {
        derived[0][t] = two[t] - one[t];
        derived[1][t] = -(one[t] + two[t]) / 2.0;
        derived[2][t] = one[t] - two[t] / 2.0;
        derived[3][t] = two[t] - one[t] / 2.0;
    }
}

/* False when out of memory. */
static bool fill_signals(lw_record *record, const plan *p, lw_random *random) {
    const size_t samples = record->samples, limit = (size_t)(p->duration_s / 0.2) + 16; /* no two beats are closer */
    lw_beat *beats = lw_calloc(limit, sizeof *beats);
    double *electrode = lw_calloc(samples, sizeof *electrode);
    const bool ok = beats && electrode;
    if (ok) {
        double *leads[LW_SYNTH_MEASURED];
        for (size_t l = 0; l < LW_SYNTH_MEASURED; l++)
            leads[l] = lw_record_signal_mutable(record, measured_row[l]);
        const lw_patient patient = lw_patient_draw(p->kinds, random);
        const size_t count = lw_rhythm_draw(p->kinds, &patient, p->duration_s, random, beats, limit);
        lw_synth_add_heart(p->kinds, &patient, beats, count, p->rate_hz, samples, random, leads);
        if (p->noise_mv > 0.0)
            lw_synth_add_noise(p->noise_mv, p->rate_hz, samples, random, electrode, leads);
        derive_limb_leads(record);
    }
    free(beats);
    free(electrode);
    return ok;
}

lw_status lw_synth_record(const lw_synth_options *given, uint64_t index, lw_record **out, lw_error *err) {
    lw_synth_options options;
    lw_synth_set asked = 0;
    lw_status status = lw_options_take(&options, sizeof options, given, "lw_synth_options", err);
    if (status == LW_OK)
        status = check_options(&options, err);
    if (status == LW_OK && options.kinds)
        status = parse_kinds(options.kinds, &asked, err);
    if (status != LW_OK)
        return status;

    lw_random random = lw_random_start(options.seed, LW_RANDOM_SYNTH, index);
    const plan p = draw_plan(&options, asked, &random);
    char name[32];
    snprintf(name, sizeof name, "S%05llu", (unsigned long long)index);
    lw_record *record = lw_record_new(name, LW_STANDARD_LEADS, (size_t)lround(p.duration_s * p.rate_hz), p.rate_hz);
    if (!record || !describe(record, &p) || !fill_signals(record, &p, &random)) {
        lw_record_free(&record);
        return lw_fail_no_memory(err, "a synthetic recording");
    }
    lw_record_measure(record);
    *out = record;
    return LW_OK;
}
