/** @file synth.c: a synthetic recording, from what is drawn for it to its twelve leads. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/error.h"
#include "base/memory.h"
#include "record/record_internal.h"
#include "signal/synth_internal.h"

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

static double draw_duration(lw_random *random) {
    const double kind = lw_random_uniform(random), where = lw_random_uniform(random);
    if (kind < 0.80)
        return 10.0;
    return kind < 0.92 ? round(6.0 + 9.0 * where) : round(15.0 + 30.0 * where);
}

/* Everything is drawn, also what the options fix: so a record keeps its heart when only its rate is asked for
 * differently. */
static plan draw_plan(const lw_synth_options *options, lw_synth_set kinds, lw_random *random) {
    const lw_synth_set drawn = lw_synth_draw(random);
    const double rate = lw_random_uniform(random), noise = 0.004 * exp(lw_random_between(random, 0.0, log(10.0)));
    plan p = {.duration_s = draw_duration(random)};
    p.rate_hz = options->rate_hz > 0.0 ? options->rate_hz : rate < 0.1 ? 257.0 : rate < 0.8 ? 500.0 : 1000.0;
    p.noise_mv = options->noise_mv >= 0.0 ? options->noise_mv : noise;
    p.kinds = options->kinds ? kinds : drawn;
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
            ok = ok && lw_record_add_code(record, lw_synth_code((lw_synth_kind_id)kind));
    lw_record_set_age(record, p->age_years);
    lw_record_set_sex(record, p->sex);
    return ok;
}

/* III, aVR, aVL, aVF */
static void derive_limb_leads(lw_record *record) {
    const double *one = lw_record_signal_mutable(record, 0), *two = lw_record_signal_mutable(record, 1);
    double *derived[4];
    for (size_t i = 0; i < 4; i++)
        derived[i] = lw_record_signal_mutable(record, 2 + i);
    for (size_t t = 0; t < lw_record_sample_count(record); t++) {
        derived[0][t] = two[t] - one[t];
        derived[1][t] = -(one[t] + two[t]) / 2.0;
        derived[2][t] = one[t] - two[t] / 2.0;
        derived[3][t] = two[t] - one[t] / 2.0;
    }
}

/* False when out of memory. */
static bool fill_signals(lw_record *record, const plan *p, lw_random *random) {
    const size_t samples = lw_record_sample_count(record),
                 limit = (size_t)(p->duration_s / 0.2) + 16; /* no two beats are closer */
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
    lw_synth_set kinds = 0;
    lw_status status = lw_options_take(&options, sizeof options, given, "lw_synth_options", err);
    if (status == LW_OK)
        status = check_options(&options, err);
    if (status == LW_OK && options.kinds)
        status = lw_synth_parse(options.kinds, &kinds, err);
    if (status != LW_OK)
        return status;

    lw_random random = lw_random_start(options.seed, LW_RANDOM_SYNTH, index);
    const plan p = draw_plan(&options, kinds, &random);
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
