/* This file goes from a recording's leads to a network's input: leads taken, resampled, filtered, cut into windows and
 * scaled. */
#include <assert.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "base/memory.h"
#include "record/record_internal.h"
#include "signal/prepare_internal.h"
#include "signal/preprocessing_json.h"

enum { RESAMPLERS_KEPT = 8, RATE_LIMIT = 1000 };

/** Rows of lanes that grow and are kept. */
typedef struct scratch {
    double *data;
    size_t capacity;
} scratch;

struct lw_preparer {
    lw_lead_set leads;
    lw_preprocessing preprocessing;
    bool allow_missing_leads;
    lw_bandpass bandpass;
    lw_isa isa;
    struct {
        double rate_hz; /* of the recordings it is for; 0: free */
        lw_resampler resampler;
    } kept[RESAMPLERS_KEPT];
    size_t next_kept;       /* the one to replace */
    scratch copy[LW_LANES]; /* leads that are derived or have gaps, [samples] */
    scratch tile, rows;
};

/* A sentence on what is wrong, or NULL. The comparisons are written so that a NaN fails them. */
static const char *check_preprocessing(const lw_preprocessing *p) {
    if (!(p->rate_hz >= 20.0 && p->rate_hz <= RATE_LIMIT))
        return "rate outside 20 to 1000 Hz";
    if (!lw_band_is_sound(p->band_hz, p->rate_hz))
        return "band not within 0.001 Hz and 0.49 of the rate, low edge first";
    if (p->filter_order < 1 || p->filter_order > LW_SECTIONS_MAX)
        return "filter order outside 1 to 10";
    if (!(p->window_s * p->rate_hz >= 1.0 && p->window_s <= 3600.0))
        return "window outside one sample to 3600 s";
    return NULL;
}

lw_status lw_preparer_create(const lw_lead_set *leads, const lw_preprocessing *preprocessing, bool allow_missing_leads,
                             lw_preparer **out, lw_error *err) {
    const char *wrong = check_preprocessing(preprocessing);
    if (leads->count < 1 || leads->count > LW_LEADS_MAX)
        wrong = "no leads, or more than 64";
    if (wrong)
        return lw_fail(err, LW_ERR_ARGUMENT, "preprocessing: %s", wrong);
    lw_preparer *preparer = lw_calloc(1, sizeof *preparer);
    if (!preparer)
        return lw_fail_no_memory(err, "the preparation of recordings");
    preparer->leads = *leads;
    preparer->preprocessing = *preprocessing;
    preparer->allow_missing_leads = allow_missing_leads;
    preparer->bandpass =
        lw_bandpass_design(preprocessing->filter_order, preprocessing->band_hz, preprocessing->rate_hz);
    *out = preparer;
    return lw_preparer_set_isa(preparer, LW_ISA_BEST, err);
}

lw_status lw_preparer_set_isa(lw_preparer *preparer, lw_isa isa, lw_error *err) {
    return lw_isa_find(isa, &preparer->isa, err);
}

void lw_preparer_free(lw_preparer **preparer) {
    lw_preparer *p = preparer ? *preparer : NULL;
    if (!p)
        return;
    for (size_t i = 0; i < RESAMPLERS_KEPT; i++)
        lw_resampler_release(&p->kept[i].resampler);
    for (size_t l = 0; l < LW_LANES; l++)
        lw_aligned_free(p->copy[l].data);
    lw_aligned_free(p->tile.data);
    lw_aligned_free(p->rows.data);
    free(p);
    *preparer = NULL;
}

/* At least `doubles` doubles; what they held is lost. NULL when out of memory. */
static double *scratch_get(scratch *s, size_t doubles) {
    if (s->capacity >= doubles)
        return s->data;
    lw_aligned_free(s->data);
    s->data = lw_aligned_alloc(doubles * sizeof *s->data);
    s->capacity = s->data ? doubles : 0;
    return s->data;
}

const lw_resampler *lw_preparer_resampler(lw_preparer *preparer, double rate_hz) {
    for (size_t i = 0; i < RESAMPLERS_KEPT; i++)
        if (preparer->kept[i].rate_hz == rate_hz)
            return &preparer->kept[i].resampler;
    const size_t slot = preparer->next_kept;
    lw_resampler resampler;
    if (!lw_resampler_design(lw_ratio_closest(preparer->preprocessing.rate_hz / rate_hz, 1000),
                             preparer->preprocessing.ends, &resampler))
        return NULL;
    lw_resampler_release(&preparer->kept[slot].resampler);
    preparer->kept[slot].rate_hz = rate_hz;
    preparer->kept[slot].resampler = resampler;
    preparer->next_kept = (slot + 1) % RESAMPLERS_KEPT;
    return &preparer->kept[slot].resampler;
}

/** The sentence for a recording that lacks `what`. Where names are not understood, one of them may be that lead. */
static lw_status fail_lead(const lw_record *record, const char *what, lw_error *err) {
    char all[LW_LEAD_LIST_LENGTH], unknown[LW_LEAD_LIST_LENGTH];
    lw_record_list_leads(record, false, all);
    lw_record_list_leads(record, true, unknown);
    if (!*unknown)
        return lw_fail(err, LW_ERR_LEAD, "%.100s: %s, the recording has %s", record->name, what, all);
    return lw_fail(err, LW_ERR_LEAD_NAME, "%.100s: %s, the recording has %s; the caller can say which leads these are",
                   record->name, what, all);
}

lw_status lw_preparer_check_leads(const lw_preparer *preparer, const lw_record *record, lw_error *err) {
    char what[160];
    bool any = false;
    for (size_t row = 0; row < preparer->leads.count; row++) {
        const lw_lead_source source = lw_lead_find_source(record, preparer->leads.name[row]);
        if (source.count == 0 && !preparer->allow_missing_leads) {
            snprintf(what, sizeof what, "lead %s is neither recorded nor derivable from two limb leads",
                     preparer->leads.name[row]);
            return fail_lead(record, what, err);
        }
        any |= source.count > 0;
        for (size_t i = 0; i < source.count; i++) {
            const lw_lead *lead = &record->lead[source.lead[i]];
            if (!lead->voltage)
                return lw_fail(err, LW_ERR_UNIT, "%s: lead %s is in \"%s\", expected V, mV, uV or nV", record->name,
                               lead->name, lead->unit);
        }
    }
    snprintf(what, sizeof what, "none of the %zu leads (%s first) is recorded or derivable", preparer->leads.count,
             preparer->leads.name[0]);
    return any ? LW_OK : fail_lead(record, what, err);
}

/** One lead on its way into the lanes. */
typedef struct lane_input {
    lw_lane lane; /* zeroed where the lead has no signal */
    uint8_t flags;
    size_t filled; /* missing samples that were replaced */
} lane_input;

/** The places of windows in a stretch of a recording, and of their results. */
typedef struct windows {
    size_t first, samples; /* the stretch, in samples of the recording */
    size_t length;         /* of the resampled stretch */
    size_t padded;         /* the network's width */
    size_t count;
    const size_t *start; /* [count], rising */
    const lw_resampler *resampler;
    bool blank_gaps;        /* a lead without a valid sample in a window is missing there */
    float *signals;         /* [count][leads][padded] */
    lw_prepared_info *info; /* [count] */
} windows;

static size_t real_samples(const windows *w, size_t i) {
    const size_t left = w->length - w->start[i];
    return left < w->padded ? left : w->padded;
}

/* Take a lead where it lies; false when it has gaps, also of numbers beyond the limit. */
static bool take_stored(const lw_preparer *preparer, const lw_record *record, const windows *w, size_t index,
                        lane_input *out) {
    const lw_lead *lead = &record->lead[index];
    const lw_lead_view view = lw_record_view(record, index);
    const double *mv = view.mv ? view.mv + w->first : NULL;
    bool whole, flat;
    if (view.adc) {
        whole = lead->missing_count == 0 &&
                fabs(view.scale) * (-(double)LW_ADC_MISSING) + fabs(view.offset) <= LW_SAMPLE_LIMIT_MV;
        flat = lead->flat;
    } else {
        whole = lw_lane_kernels_for(preparer->isa, LW_LANES)->all_within(mv, w->samples, LW_SAMPLE_LIMIT_MV);
        flat = whole && lw_signal_is_flat(mv, w->samples);
    }
    if (!whole)
        return false;
    *out = (lane_input){.flags = flat ? LW_LEAD_FLAT : 0};
    if (!flat)
        out->lane =
            (lw_lane){mv, view.adc ? view.adc + w->first * view.stride : NULL, view.stride, view.scale, view.offset};
    return true;
}

/* Derive and fill the lead called `name`, in the scratch of `lane` where it differs from the recording. */
static lw_status take_lead(lw_preparer *preparer, const lw_record *record, const windows *w, const char *name,
                           size_t lane, lane_input *out, lw_error *err) {
    const size_t samples = w->samples;
    const lw_lead_source source = lw_lead_find_source(record, name);
    *out = (lane_input){.flags = LW_LEAD_MISSING};
    if (source.count == 0 || (source.count == 1 && take_stored(preparer, record, w, source.lead[0], out)))
        return LW_OK;

    double *copy = scratch_get(&preparer->copy[lane], samples);
    if (!copy)
        return lw_fail_no_memory(err, "a copy of a lead");
    (void)lw_lead_source_copy(record, &source, w->first, samples, copy);
    const size_t filled = lw_gaps_fill(copy, samples);
    out->flags = source.count == 2 ? LW_LEAD_DERIVED : 0;
    if (filled == samples) {
        out->flags |= LW_LEAD_MISSING;
        return LW_OK;
    }
    out->filled = filled;
    if (filled > 0)
        out->flags |= LW_LEAD_FILLED;
    if (lw_signal_is_flat(copy, samples))
        out->flags |= LW_LEAD_FLAT;
    else
        out->lane.mv = copy;
    return LW_OK;
}

/* Whether the lead in `row`, which was filled somewhere, has no valid sample in window i. */
static bool is_blank(const lw_preparer *preparer, const lw_record *record, const windows *w, size_t i, size_t row) {
    enum { PIECE = 512 };
    const double ratio = record->rate_hz / preparer->preprocessing.rate_hz;
    const size_t to = (size_t)ceil((double)(w->start[i] + real_samples(w, i)) * ratio);
    const size_t end = w->first + (to < w->samples ? to : w->samples);
    const lw_lead_source source = lw_lead_find_source(record, preparer->leads.name[row]);
    double samples[PIECE];
    for (size_t at = w->first + (size_t)((double)w->start[i] * ratio), count; at < end; at += count) {
        count = end - at < PIECE ? end - at : PIECE;
        (void)lw_lead_source_copy(record, &source, at, count, samples);
        for (size_t t = 0; t < count; t++)
            if (fabs(samples[t]) <= LW_SAMPLE_LIMIT_MV)
                return false;
    }
    return true;
}

/* One window of up to LW_LANES leads out of the filtered rows; `busy` lanes hold a signal. */
static void cut_window(const lw_preparer *preparer, const double *filtered, const windows *w, size_t i, size_t first,
                       size_t lanes, const bool *busy) {
    const double *signal = filtered + w->start[i] * LW_LANES;
    const size_t count = real_samples(w, i);
    double mean[LW_LANES], deviation[LW_LANES];
    lw_lane_kernels_for(preparer->isa, lanes)->measure(signal, count, lanes, mean, deviation);
    for (size_t l = 0; l < lanes; l++) {
        float *out = w->signals + (i * preparer->leads.count + first + l) * w->padded;
        uint8_t *flags = &w->info[i].lead_flags[first + l];
        if (!busy[l] || *flags & LW_LEAD_MISSING)
            continue;
        if (deviation[l] < 1e-6) {
            *flags |= LW_LEAD_FLAT;
            continue;
        }
        const double scale = 1.0 / deviation[l];
        for (size_t t = 0; t < count; t++)
            out[t] = (float)((signal[t * LW_LANES + l] - mean[l]) * scale);
    }
}

/* Resample and filter the lanes; where the recording's rows begin, or NULL when out of memory. */
static const double *filter_lanes(lw_preparer *preparer, const windows *w, const lw_lane *lanes, size_t count) {
    const lw_lane_kernels *kernels = lw_lane_kernels_for(preparer->isa, count);
    const size_t edge = preparer->bandpass.edge;
    double *tile = scratch_get(&preparer->tile, w->resampler->tile_rows * LW_LANES);
    double *rows = scratch_get(&preparer->rows, (w->length + 2 * edge) * LW_LANES);
    if (!tile || !rows)
        return NULL;
    double *signal = rows + edge * LW_LANES;
    lw_resampler_run(w->resampler, kernels, lanes, count, w->samples, tile, signal);
    lw_bandpass_run(&preparer->bandpass, kernels, rows, w->length, w->start[0], count);
    return signal;
}

/* Up to LW_LANES leads, from row `first` of the lead set on. */
static lw_status prepare_lanes(lw_preparer *preparer, const lw_record *record, const windows *w, size_t first,
                               lw_error *err) {
    const size_t left = preparer->leads.count - first, count = left < LW_LANES ? left : LW_LANES;
    lw_lane lanes[LW_LANES] = {{0}};
    bool busy[LW_LANES] = {false}, any = false;
    for (size_t l = 0; l < count; l++) {
        lane_input input;
        const lw_status status = take_lead(preparer, record, w, preparer->leads.name[first + l], l, &input, err);
        if (status != LW_OK)
            return status;
        lanes[l] = input.lane;
        busy[l] = input.lane.mv || input.lane.adc;
        any |= busy[l];
        for (size_t i = 0; i < w->count; i++) {
            const bool blank = w->blank_gaps && input.filled > 0 && is_blank(preparer, record, w, i, first + l);
            w->info[i].lead_flags[first + l] = (uint8_t)(blank ? input.flags | LW_LEAD_MISSING : input.flags);
            w->info[i].filled_samples += input.filled;
        }
    }
    for (size_t i = 0; i < w->count; i++)
        memset(w->signals + (i * preparer->leads.count + first) * w->padded, 0, count * w->padded * sizeof *w->signals);
    const double *filtered = any ? filter_lanes(preparer, w, lanes, count) : NULL;
    if (any && !filtered)
        return lw_fail_no_memory(err, "the resampled recording");
    for (size_t i = 0; any && i < w->count; i++)
        cut_window(preparer, filtered, w, i, first, count, busy);
    return LW_OK;
}

static lw_status prepare_all(lw_preparer *preparer, const lw_record *record, const windows *w, lw_error *err) {
    lw_status status = LW_OK;
    memset(w->info, 0, w->count * sizeof *w->info);
    for (size_t i = 0; i < w->count; i++)
        w->info[i].window_samples = real_samples(w, i);
    for (size_t row = 0; row < preparer->leads.count && status == LW_OK; row += LW_LANES)
        status = prepare_lanes(preparer, record, w, row, err);
    return status;
}

bool lw_prepared_has_signal(const lw_prepared_info *info, size_t leads) {
    for (size_t row = 0; row < leads; row++)
        if (!(info->lead_flags[row] & LW_LEAD_MISSING))
            return true;
    return false;
}

/* Check the leads and the length of a stretch of a recording before its samples are read; fill all of `out` but count,
 * start, blank_gaps and the results. */
static lw_status begin(lw_preparer *preparer, const lw_record *record, size_t first, size_t samples, windows *out,
                       lw_error *err) {
    lw_status status = lw_preparer_check_leads(preparer, record, err);
    if (status != LW_OK)
        return status;
    if (!record->signal_mv && !record->adc)
        return lw_fail(err, LW_ERR_ARGUMENT, "%s: only the header was read", record->name);
    assert(first + samples <= record->samples);
    *out = (windows){.first = first,
                     .samples = samples,
                     .padded = lw_preprocessing_sample_count(&preparer->preprocessing),
                     .resampler = lw_preparer_resampler(preparer, record->rate_hz)};
    if (!out->resampler)
        return lw_fail_no_memory(err, "the resampling filter");
    out->length = lw_resampler_length(out->resampler, samples);
    if (out->length <= preparer->bandpass.edge)
        return lw_fail(err, LW_ERR_TOO_SHORT, "%s: %zu samples at %g Hz, expected at least %zu", record->name,
                       out->length, preparer->preprocessing.rate_hz, preparer->bandpass.edge + 1);
    return LW_OK;
}

lw_status lw_prepare_record(lw_preparer *preparer, const lw_record *record, double start_s, float *signals,
                            lw_prepared_info *info, lw_error *err) {
    const double start = round(start_s * preparer->preprocessing.rate_hz);
    lw_prepared_info found;
    windows w;
    lw_status status = begin(preparer, record, 0, record->samples, &w, err);
    if (status != LW_OK)
        return status;
    if (!(start_s >= 0.0) || !(start < (double)w.length))
        return lw_fail(err, LW_ERR_ARGUMENT, "%s: window at %g s, expected a start within the %g s of the recording",
                       record->name, start_s, (double)w.length / preparer->preprocessing.rate_hz);
    w.count = 1;
    w.start = (size_t[1]){(size_t)start};
    w.signals = signals;
    w.info = &found;
    status = prepare_all(preparer, record, &w, err);
    if (status != LW_OK)
        return status;
    if (!lw_prepared_has_signal(&found, preparer->leads.count))
        return lw_fail(err, LW_ERR_NO_SIGNAL, "%s: no lead has a valid sample", record->name);
    if (info)
        *info = found;
    return LW_OK;
}

lw_status lw_prepare_windows(lw_preparer *preparer, const lw_record *record, const size_t *start, size_t count,
                             float *signals, lw_prepared_info *info, lw_error *err) {
    return lw_prepare_stretch(preparer, record, 0, record->samples, start, count, signals, info, err);
}

lw_status lw_prepare_stretch(lw_preparer *preparer, const lw_record *record, size_t first, size_t samples,
                             const size_t *start, size_t count, float *signals, lw_prepared_info *info, lw_error *err) {
    windows w;
    lw_status status = begin(preparer, record, first, samples, &w, err);
    if (status != LW_OK)
        return status;
    for (size_t i = 0; i < count; i++)
        if (start[i] >= w.length || (i > 0 && start[i] < start[i - 1]))
            return lw_fail(err, LW_ERR_ARGUMENT, "%s: window %zu at %zu, expected a rising start below %zu",
                           record->name, i, start[i], w.length);
    w.count = count;
    w.start = start;
    w.blank_gaps = true;
    w.signals = signals;
    w.info = info;
    return count > 0 ? prepare_all(preparer, record, &w, err) : LW_OK;
}

/* ---- The grid of windows */

lw_status lw_window_grid_over(lw_preparer *preparer, double rate_hz, size_t samples, double step_s, lw_window_grid *out,
                              lw_error *err) {
    const lw_preprocessing *how = &preparer->preprocessing;
    const double step = round(step_s * how->rate_hz);
    if (!(step >= 1.0 && step <= 1e9))
        return lw_fail(err, LW_ERR_ARGUMENT, "a window every %g s, expected at least a sample, %g s", step_s,
                       1.0 / how->rate_hz);
    const lw_resampler *resampler = lw_preparer_resampler(preparer, rate_hz);
    if (!resampler)
        return lw_fail_no_memory(err, "the resampling filter");
    lw_window_grid grid = {.length = lw_resampler_length(resampler, samples),
                           .window = lw_preprocessing_sample_count(how),
                           .step = (size_t)step,
                           .count = 1};
    if (grid.length > grid.window)
        grid.count += (grid.length - grid.window + grid.step - 1) / grid.step;
    *out = grid;
    return LW_OK;
}

size_t lw_window_grid_start(const lw_window_grid *grid, size_t i) {
    const size_t last = grid->length > grid->window ? grid->length - grid->window : 0, start = i * grid->step;
    return start < last ? start : last;
}
