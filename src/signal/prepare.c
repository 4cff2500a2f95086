#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "base/memory.h"
#include "record/frames.h"
#include "signal/prepare_internal.h"

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
    const lw_lane_kernels *kernels;
    struct {
        double rate_hz; /* of the recordings it is for; 0: free */
        lw_resampler resampler;
    } kept[RESAMPLERS_KEPT];
    size_t next_kept;       /* the one to replace */
    scratch copy[LW_LANES]; /* leads that are derived or have gaps, [samples] */
    scratch tile, rows;
};

lw_preprocessing lw_preprocessing_default(void) {
    return (lw_preprocessing){.rate_hz = 100.0, .band_hz = {0.05, 35.0}, .filter_order = 3, .window_s = 10.0};
}

static bool same_number(double a, double b) { return !(a < b) && !(a > b); }

bool lw_preprocessing_equal(const lw_preprocessing *a, const lw_preprocessing *b) {
    return same_number(a->rate_hz, b->rate_hz) && same_number(a->band_hz[0], b->band_hz[0]) &&
           same_number(a->band_hz[1], b->band_hz[1]) && a->filter_order == b->filter_order &&
           same_number(a->window_s, b->window_s);
}

size_t lw_preprocessing_samples(const lw_preprocessing *preprocessing) {
    return (size_t)lround(preprocessing->window_s * preprocessing->rate_hz);
}

/* NULL, or what is wrong. The comparisons are written so that a NaN fails them. */
static const char *check_preprocessing(const lw_preprocessing *p) {
    if (!(p->rate_hz >= 20.0 && p->rate_hz <= RATE_LIMIT))
        return "rate outside 20 to 1000 Hz";
    if (!(p->band_hz[0] > 0.0 && p->band_hz[1] > p->band_hz[0] && p->band_hz[1] < p->rate_hz / 2.0))
        return "band not within 0 and half the rate, low edge first";
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
        return lw_fail_no_memory(err, "the preparer");
    preparer->leads = *leads;
    preparer->preprocessing = *preprocessing;
    preparer->allow_missing_leads = allow_missing_leads;
    preparer->bandpass =
        lw_bandpass_design(preprocessing->filter_order, preprocessing->band_hz, preprocessing->rate_hz);
    preparer->kernels = lw_lane_kernels_get(0);
    *out = preparer;
    return LW_OK;
}

void lw_preparer_free(lw_preparer **preparer) {
    lw_preparer *p = *preparer;
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

/* The resampler for recordings of `rate_hz`, designed on first use. NULL when out of memory. */
static const lw_resampler *resampler_for(lw_preparer *preparer, double rate_hz) {
    for (size_t i = 0; i < RESAMPLERS_KEPT; i++)
        if (preparer->kept[i].rate_hz == rate_hz)
            return &preparer->kept[i].resampler;
    const size_t slot = preparer->next_kept;
    lw_resampler resampler;
    if (!lw_resampler_design(lw_ratio_closest(preparer->preprocessing.rate_hz / rate_hz, 1000), &resampler))
        return NULL;
    lw_resampler_release(&preparer->kept[slot].resampler);
    preparer->kept[slot].rate_hz = rate_hz;
    preparer->kept[slot].resampler = resampler;
    preparer->next_kept = (slot + 1) % RESAMPLERS_KEPT;
    return &preparer->kept[slot].resampler;
}

/* Every lead that the rows need is there, or may be missing while another is there, and is a voltage. */
static lw_status check_leads(const lw_preparer *preparer, const lw_record *record, lw_error *err) {
    bool any = false;
    for (size_t row = 0; row < preparer->leads.count; row++) {
        const lw_lead_source source = lw_lead_find_source(record, preparer->leads.name[row]);
        if (source.count == 0 && !preparer->allow_missing_leads)
            return lw_fail(err, LW_ERR_LEAD, "%s: lead %s is neither recorded nor derivable from I and II",
                           lw_record_name(record), preparer->leads.name[row]);
        any |= source.count > 0;
        for (size_t i = 0; i < source.count; i++) {
            const lw_lead *lead = lw_record_lead(record, source.lead[i]);
            if (!lead->voltage)
                return lw_fail(err, LW_ERR_UNIT, "%s: lead %s is in \"%s\", expected V, mV or uV",
                               lw_record_name(record), lead->name, lead->unit);
            if (!record->signal_mv)
                return lw_fail(err, LW_ERR_ARGUMENT, "%s: only the header was read", lw_record_name(record));
        }
    }
    if (!any)
        return lw_fail(err, LW_ERR_LEAD, "%s: none of the %zu leads (%s first) is recorded or derivable from I and II",
                       lw_record_name(record), preparer->leads.count, preparer->leads.name[0]);
    return LW_OK;
}

/** One lead on its way into the lanes. */
typedef struct lane_input {
    lw_lane lane;
    uint8_t flags;
    size_t filled;
} lane_input;

/* A lead that can be taken as it is stored; false when its doubles are needed. */
static bool take_stored(const lw_record *record, size_t index, lane_input *out) {
    lw_stored_lead stored;
    if (!lw_record_stored_lead(record, index, &stored) ||
        !(fabs(stored.scale) * (-(double)LW_ADC_MISSING) + fabs(stored.offset) <= LW_SAMPLE_LIMIT_MV))
        return false;
    if (lw_record_lead(record, index)->flat)
        *out = (lane_input){.flags = LW_LEAD_FLAT};
    else
        *out = (lane_input){
            .lane = {.adc = stored.adc, .stride = stored.stride, .scale = stored.scale, .offset = stored.offset}};
    return true;
}

/* Derive and fill the lead called `name`, in the scratch of `lane` where it differs from the recording. */
static lw_status take_lead(lw_preparer *preparer, const lw_record *record, const char *name, size_t lane,
                           lane_input *out, lw_error *err) {
    const size_t samples = lw_record_samples(record);
    const lw_lead_source source = lw_lead_find_source(record, name);
    *out = (lane_input){.flags = LW_LEAD_MISSING};
    if (source.count == 0 || (source.count == 1 && take_stored(record, source.lead[0], out)))
        return LW_OK;

    const double *signal = lw_record_signal_mv(record, source.lead[0]);
    const bool gaps = source.count == 1 && !preparer->kernels->all_within(signal, samples, LW_SAMPLE_LIMIT_MV);
    uint8_t flags = 0;
    if (source.count == 2 || gaps) {
        double *copy = scratch_get(&preparer->copy[lane], samples);
        if (!copy)
            return lw_fail_no_memory(err, "a copy of a lead");
        memcpy(copy, signal, samples * sizeof *copy);
        if (source.count == 2) {
            const double *other = lw_record_signal_mv(record, source.lead[1]);
            for (size_t t = 0; t < samples; t++)
                copy[t] = source.factor[0] * signal[t] + source.factor[1] * other[t];
            flags = LW_LEAD_DERIVED;
        }
        out->filled = lw_gaps_fill(copy, samples);
        signal = copy;
    }
    if (out->filled == samples) {
        *out = (lane_input){.flags = (uint8_t)(flags | LW_LEAD_MISSING)};
        return LW_OK;
    }
    if (out->filled > 0)
        flags |= LW_LEAD_FILLED;
    const bool flat = lw_signal_is_flat(signal, samples);
    out->flags = (uint8_t)(flat ? flags | LW_LEAD_FLAT : flags);
    out->lane.mv = flat ? NULL : signal;
    return LW_OK;
}

/** Where the window lies in the resampled recording. */
typedef struct window {
    size_t length; /* of the resampled recording */
    size_t start;
    size_t count;  /* real samples */
    size_t padded; /* the network's width */
} window;

/* Up to LW_LANES leads, from row `first` of the lead set on. */
static lw_status prepare_lanes(lw_preparer *preparer, const lw_record *record, const lw_resampler *resampler,
                               const window *w, size_t first, float *signals, lw_prepared_info *info, lw_error *err) {
    const size_t left = preparer->leads.count - first, count = left < LW_LANES ? left : LW_LANES;
    lw_lane lanes[LW_LANES] = {{0}};
    bool busy[LW_LANES] = {false}, any = false;
    for (size_t l = 0; l < count; l++) {
        lane_input input;
        const lw_status status = take_lead(preparer, record, preparer->leads.name[first + l], l, &input, err);
        if (status != LW_OK)
            return status;
        lanes[l] = input.lane;
        busy[l] = input.lane.mv || input.lane.adc;
        any |= busy[l];
        info->lead_flags[first + l] = input.flags;
        info->filled_samples += input.filled;
    }
    memset(signals + first * w->padded, 0, count * w->padded * sizeof *signals);
    if (!any)
        return LW_OK;

    const size_t edge = preparer->bandpass.edge;
    double *tile = scratch_get(&preparer->tile, resampler->tile_rows * LW_LANES);
    double *rows = scratch_get(&preparer->rows, (w->length + 2 * edge) * LW_LANES);
    if (!tile || !rows)
        return lw_fail_no_memory(err, "the resampled recording");
    double *signal = rows + edge * LW_LANES;
    lw_resampler_run(resampler, preparer->kernels, lanes, lw_record_samples(record), tile, signal);
    lw_bandpass_run(&preparer->bandpass, preparer->kernels, rows, w->length, w->start);
    signal += w->start * LW_LANES;
    double mean[LW_LANES], deviation[LW_LANES];
    preparer->kernels->measure(signal, w->count, mean, deviation);
    for (size_t l = 0; l < count; l++) {
        float *out = signals + (first + l) * w->padded;
        if (!busy[l])
            continue;
        if (deviation[l] < 1e-6) {
            info->lead_flags[first + l] |= LW_LEAD_FLAT;
            continue;
        }
        const double scale = 1.0 / deviation[l];
        for (size_t t = 0; t < w->count; t++)
            out[t] = (float)((signal[t * LW_LANES + l] - mean[l]) * scale);
    }
    return LW_OK;
}

static lw_status find_window(const lw_preparer *preparer, const lw_record *record, const lw_resampler *resampler,
                             double start_s, window *out, lw_error *err) {
    const double rate_hz = preparer->preprocessing.rate_hz;
    const size_t edge = preparer->bandpass.edge, length = lw_resampler_length(resampler, lw_record_samples(record));
    if (length <= edge)
        return lw_fail(err, LW_ERR_TOO_SHORT, "%s: %zu samples at %g Hz, expected at least %zu", lw_record_name(record),
                       length, rate_hz, edge + 1);
    if (!(start_s >= 0.0) || !(round(start_s * rate_hz) < (double)length))
        return lw_fail(err, LW_ERR_ARGUMENT, "%s: window at %g s, expected a start within the %g s of the recording",
                       lw_record_name(record), start_s, (double)length / rate_hz);
    const size_t start = (size_t)round(start_s * rate_hz), padded = lw_preprocessing_samples(&preparer->preprocessing);
    const size_t left = length - start;
    *out = (window){.length = length, .start = start, .count = left < padded ? left : padded, .padded = padded};
    return LW_OK;
}

static bool any_lead_has_signal(const lw_preparer *preparer, const lw_prepared_info *info) {
    for (size_t row = 0; row < preparer->leads.count; row++)
        if (!(info->lead_flags[row] & LW_LEAD_MISSING))
            return true;
    return false;
}

lw_status lw_prepare_record(lw_preparer *preparer, const lw_record *record, double start_s, float *signals,
                            lw_prepared_info *info, lw_error *err) {
    lw_prepared_info found = {0};
    lw_status status = check_leads(preparer, record, err);
    if (status != LW_OK)
        return status;
    const lw_resampler *resampler = resampler_for(preparer, lw_record_rate_hz(record));
    if (!resampler)
        return lw_fail_no_memory(err, "the resampling filter");
    window w = {0};
    status = find_window(preparer, record, resampler, start_s, &w, err);
    for (size_t row = 0; row < preparer->leads.count && status == LW_OK; row += LW_LANES)
        status = prepare_lanes(preparer, record, resampler, &w, row, signals, &found, err);
    if (status != LW_OK)
        return status;
    if (!any_lead_has_signal(preparer, &found))
        return lw_fail(err, LW_ERR_NO_SIGNAL, "%s: no lead has a valid sample", lw_record_name(record));
    found.window_samples = w.count;
    if (info)
        *info = found;
    return LW_OK;
}
