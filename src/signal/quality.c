/* This file measures the quality of a window: memory, findings, and the sentences on them. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "base/memory.h"
#include "record/record_internal.h"
#include "signal/quality_internal.h"

/** Names of marks, and what a sentence says of them; NULL: they are normal. */
static const struct {
    const char *name, *says;
} marks[LW_QUALITY_MARK_COUNT] = {
    [LW_QUALITY_FLAT] = {"FLAT", "constant for a second or more"},
    [LW_QUALITY_MISSING] = {"MISSING", "not recorded, or samples are missing"},
    [LW_QUALITY_SATURATED] = {"SATURATED", "samples stand at the end of the range"},
    [LW_QUALITY_NOISE] = {"NOISE", "noise hides the heart beats"},
    [LW_QUALITY_SPIKES] = {"SPIKES", "jumps or pulses that no heart makes"},
    [LW_QUALITY_LEAD_OFF] = {"LEAD_OFF", "drift without heart beats, as of an electrode that is off"},
    [LW_QUALITY_SHORT] = {"SHORT", "the signal is shorter than 5 s"},
    [LW_QUALITY_UNIT] = {"UNIT", "the heart beats have no amplitude of an ECG; unit or gain may be wrong"},
    [LW_QUALITY_RATE] = {"RATE", "the heart beats have no rate of a heart; the sampling rate may be wrong"},
    [LW_QUALITY_MISLABELLED] = {"MISLABELLED",
                                "the limb leads contradict each other, and other names or signs mend it"},
    [LW_QUALITY_REVERSED] = {"REVERSED", "electrodes seem to be exchanged"},
    [LW_QUALITY_DUPLICATE] = {"DUPLICATE", "the same signal as another lead"},
    [LW_QUALITY_DERIVED] = {"DERIVED", NULL},
    [LW_QUALITY_RESAMPLED] = {"RESAMPLED", NULL},
};

const char *lw_quality_mark_name(lw_quality_mark mark) {
    return (unsigned)mark < LW_QUALITY_MARK_COUNT ? marks[mark].name : "UNKNOWN";
}

static size_t count_leads(const lw_quality *quality, lw_quality_mark mark) {
    size_t count = 0;
    for (size_t i = 0; i < quality->finding_count; i++)
        count += quality->finding[i].mark == mark && quality->finding[i].lead;
    return count;
}

bool lw_quality_sentence(const lw_quality *quality, lw_quality_mark mark, char text[LW_QUALITY_SENTENCE_MAX]) {
    enum { SAYS_MOST = 160 }; /* room that names of leads leave */
    size_t length = 0, leads = 0;
    bool found = false;
    const bool plural = count_leads(quality, mark) > 1;
    for (size_t i = 0; i < quality->finding_count && marks[mark].says; i++) {
        const lw_quality_finding *it = &quality->finding[i];
        if (it->mark != mark)
            continue;
        found = true;
        if (it->lead && length + strlen(it->lead) < LW_QUALITY_SENTENCE_MAX - SAYS_MOST)
            length += (size_t)snprintf(text + length, LW_QUALITY_SENTENCE_MAX - length, "%s%s",
                                       leads++ > 0 ? ", "
                                       : plural    ? "leads "
                                                   : "lead ",
                                       it->lead);
    }
    if (found)
        snprintf(text + length, LW_QUALITY_SENTENCE_MAX - length, "%s%s%s%s (%s)", leads > 0 ? ": " : "",
                 marks[mark].says, mark == LW_QUALITY_REVERSED && quality->reversed ? ": " : "",
                 mark == LW_QUALITY_REVERSED && quality->reversed ? quality->reversed : "", marks[mark].name);
    return found;
}

/* ---- Memory */

lw_status lw_quality_meter_create(const lw_lead_set *leads, double longest_s, lw_quality_meter **out, lw_error *err) {
    if (!(longest_s > 0 && longest_s <= 3600) || leads->count > LW_LEADS_MAX)
        return lw_fail(err, LW_ERR_ARGUMENT, "quality of %zu leads over %g s, expected up to %d over up to 3600 s",
                       leads->count, longest_s, LW_LEADS_MAX);
    lw_quality_meter *m = lw_calloc(1, sizeof *m);
    if (!m)
        return lw_fail_no_memory(err, "a measure of quality");
    m->leads = *leads;
    m->capacity = (size_t)ceil(longest_s * LW_BLOCK_RATE_MOST) + 1;
    m->mean = lw_calloc(leads->count, m->capacity * sizeof *m->mean);
    m->slope = lw_calloc(leads->count, m->capacity * sizeof *m->slope);
    m->low = lw_calloc(m->capacity, sizeof *m->low);
    m->high = lw_calloc(m->capacity, sizeof *m->high);
    m->envelope = lw_calloc(m->capacity, sizeof *m->envelope);
    m->scratch = lw_calloc(m->capacity, sizeof *m->scratch);
    if (!m->mean || !m->slope || !m->low || !m->high || !m->envelope || !m->scratch) {
        lw_quality_meter_free(&m);
        return lw_fail_no_memory(err, "a measure of quality");
    }
    *out = m;
    return LW_OK;
}

void lw_quality_meter_free(lw_quality_meter **meter) {
    lw_quality_meter *m = meter ? *meter : NULL;
    if (!m)
        return;
    free(m->mean);
    free(m->slope);
    free(m->low);
    free(m->high);
    free(m->envelope);
    free(m->scratch);
    free(m);
    *meter = NULL;
}

/* ---- Findings */

void lw_quality_add(lw_quality *quality, lw_quality_mark mark, const char *lead, double begin_s, double end_s) {
    if (quality->finding_count < LW_QUALITY_FINDINGS_MAX)
        quality->finding[quality->finding_count++] = (lw_quality_finding){mark, lead, begin_s, end_s};
}

void lw_quality_join(lw_quality *all, const lw_quality *window) {
    for (size_t i = 0; i < window->finding_count; i++) {
        const lw_quality_finding *it = &window->finding[i];
        size_t at = 0;
        while (at < all->finding_count && (all->finding[at].mark != it->mark || all->finding[at].lead != it->lead))
            at++;
        if (at == all->finding_count) {
            lw_quality_add(all, it->mark, it->lead, it->begin_s, it->end_s);
        } else {
            all->finding[at].begin_s = fmin(all->finding[at].begin_s, it->begin_s);
            all->finding[at].end_s = fmax(all->finding[at].end_s, it->end_s);
        }
    }
    all->seconds += window->seconds;
    all->reversed = all->reversed ? all->reversed : window->reversed;
}

/* What a finding needs; amplitudes in mV. */
static const double flat_s = 1.0, least_railed = 0.02, rail_mv = 1.0, high_rail_mv = 5.0, least_jump_mv = 1.0,
                    jump_of_beat = 1.0, noise_mv = 0.04, noise_of_beat = 0.15, drift_share = 0.7, most_missing = 0.02,
                    short_s = 5.0, beats_mv[2] = {0.02, 15.0}, beats_bpm[2] = {20.0, 220.0};

/** A window that is turned into findings. */
typedef struct finder {
    const lw_quality_meter *meter;
    double begin_s, end_s;
    lw_quality *out;
} finder;

static double block_s(const finder *f, size_t block) { return f->begin_s + (double)block / f->meter->block_hz; }

static bool is_flat(const finder *f, const lw_lead_measures *lead) {
    const size_t stretch = lead->flat_end - lead->flat_begin;
    return lead->valid > 0 && stretch > 0 &&
           (stretch == f->meter->blocks || (double)stretch >= flat_s * f->meter->block_hz);
}

static bool is_saturated(const lw_lead_measures *lead) {
    const bool rail = lead->railed > least_railed && lead->high - lead->low > rail_mv;
    return rail || (lead->valid > 0 && lead->high == lead->low && fabs(lead->high) >= high_rail_mv);
}

/** Whether it is noise, rather than drift, that hides the beats of a lead that is there and moves. */
static bool drifts(const lw_lead_measures *lead) { return lead->wander > drift_share * (lead->high - lead->low); }

static bool has_jump(const lw_lead_measures *lead) {
    return lead->jump > least_jump_mv && lead->jump > jump_of_beat * lead->beat;
}

static bool has_mark(const finder *f, const lw_lead_measures *lead, lw_quality_mark mark) {
    const bool moves = lead->valid > 0 && lead->high > lead->low && lead->flat < 1 && f->end_s - f->begin_s >= 1;
    switch (mark) {
    case LW_QUALITY_FLAT:
        return is_flat(f, lead);
    case LW_QUALITY_MISSING:
        return lead->valid < 1 - most_missing;
    case LW_QUALITY_SATURATED:
        return is_saturated(lead);
    case LW_QUALITY_NOISE:
        return moves && ((!lead->pulses && !drifts(lead)) ||
                         (lead->noise > noise_mv && lead->noise > noise_of_beat * lead->beat));
    case LW_QUALITY_SPIKES:
        return moves && ((lead->pulses && !lead->beats) || has_jump(lead));
    case LW_QUALITY_LEAD_OFF:
        return moves && !lead->pulses && drifts(lead);
    case LW_QUALITY_DUPLICATE:
        return lead->duplicate;
    case LW_QUALITY_DERIVED:
        return lead->derived;
    default:
        return false;
    }
}

static void find_leads(const finder *f, lw_quality_mark mark) {
    for (size_t l = 0; l < f->meter->leads.count; l++) {
        const lw_lead_measures *lead = &f->meter->lead[l];
        double begin = f->begin_s, end = f->end_s;
        if (!has_mark(f, lead, mark))
            continue;
        if (mark == LW_QUALITY_FLAT && lead->flat_end - lead->flat_begin < f->meter->blocks) {
            begin = block_s(f, lead->flat_begin);
            end = block_s(f, lead->flat_end);
        } else if (mark == LW_QUALITY_MISSING && lead->gap_end > 0 && lead->valid > 0) {
            begin = block_s(f, lead->gap_begin);
            end = block_s(f, lead->gap_end);
        } else if (mark == LW_QUALITY_SPIKES && has_jump(lead)) {
            begin = block_s(f, lead->jump_at - 1);
            end = block_s(f, lead->jump_at + 1);
        }
        lw_quality_add(f->out, mark, f->meter->leads.name[l], begin, end);
    }
}

/** The middle amplitude of heart beats among the usable leads; 0 where there is none. */
static double middle_beat(const lw_quality_meter *m) {
    double beat[LW_LEADS_MAX];
    size_t count = 0;
    for (size_t l = 0; l < m->leads.count; l++) {
        if (!m->lead[l].usable)
            continue;
        size_t at = count++;
        for (; at > 0 && beat[at - 1] > m->lead[l].beat; at--)
            beat[at] = beat[at - 1];
        beat[at] = m->lead[l].beat;
    }
    return count > 0 ? beat[count / 2] : 0;
}

static bool is_outside(double x, const double range[2]) { return x < range[0] || x > range[1]; }

static void find_of_recording(const finder *f, lw_exchange exchange) {
    const lw_quality_meter *m = f->meter;
    const double beat = middle_beat(m);
    const size_t first = m->beat[0], last = m->beat_count > 0 ? m->beat[m->beat_count - 1] : 0;
    const double bpm = last > first ? 60 * m->block_hz * (double)(m->beat_count - 1) / (double)(last - first) : 0;
    if (f->end_s - f->begin_s < short_s)
        lw_quality_add(f->out, LW_QUALITY_SHORT, NULL, f->begin_s, f->end_s);
    if (beat > 0 && is_outside(beat, beats_mv))
        lw_quality_add(f->out, LW_QUALITY_UNIT, NULL, f->begin_s, f->end_s);
    if (beat > 0 && bpm > 0 && is_outside(bpm, beats_bpm))
        lw_quality_add(f->out, LW_QUALITY_RATE, NULL, f->begin_s, f->end_s);
    if (exchange == LW_EXCHANGE_NAMES)
        lw_quality_add(f->out, LW_QUALITY_MISLABELLED, NULL, f->begin_s, f->end_s);
    else if (exchange != LW_EXCHANGE_NONE)
        lw_quality_add(f->out, LW_QUALITY_REVERSED, NULL, f->begin_s, f->end_s);
}

void lw_quality_measure(lw_quality_meter *m, const lw_record *record, size_t first, size_t samples, lw_quality *out) {
    static const char *const reversed[] = {[LW_EXCHANGE_ARMS] = "right and left arm",
                                           [LW_EXCHANGE_LEG] = "right arm and left leg",
                                           [LW_EXCHANGE_CHEST] = "V1 and V2",
                                           [LW_EXCHANGE_SIGNS] = "the poles of all leads"};
    lw_exchange exchange = LW_EXCHANGE_NONE;
    *out = (lw_quality){.seconds = (double)samples / record->rate_hz};
    lw_quality_take_leads(m, record, first, samples);
    if (m->blocks > 0) {
        lw_quality_find_beats(m);
        lw_quality_find_waves(m);
        lw_quality_judge_leads(m, &out->moving_count, &out->usable_count);
        out->score = lw_quality_score(m);
        exchange = out->usable_count > 0 ? lw_quality_find_exchange(m) : LW_EXCHANGE_NONE;
    }
    out->reversed = exchange >= LW_EXCHANGE_ARMS ? reversed[exchange] : NULL;
    const double begin_s = (double)first / record->rate_hz;
    const finder f = {m, begin_s, begin_s + out->seconds, out};
    for (lw_quality_mark mark = 0; mark < LW_QUALITY_SHORT; mark++)
        find_leads(&f, mark);
    find_of_recording(&f, exchange);
    find_leads(&f, LW_QUALITY_DUPLICATE);
    find_leads(&f, LW_QUALITY_DERIVED);
}
