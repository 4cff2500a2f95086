/* This file predicts recordings: from files, from records, from samples in memory. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "base/memory.h"
#include "dataset/record_list.h"
#include "predict/predictor.h"
#include "record/record_internal.h"
#include "signal/prepare_internal.h"
#include "signal/quality_internal.h"

/** Recordings on disk, or in memory. */
typedef struct recordings {
    const char *const *paths; /**< [count], NULL: */
    const lw_record *const *records;
    size_t count;
} recordings;

/** Make slot i ready for recording `index` and return that, or NULL, where the slot holds the reason; the caller frees *owned. */
static const lw_record *open_recording(lw_predictor *p, const recordings *in, size_t index, size_t i,
                                       lw_record **owned) {
    lw_slot *slot = &p->slots[i];
    const char *path = in->paths ? in->paths[index] : NULL;
    char *name = path ? lw_record_path_name(path) : NULL;
    const bool begun = lw_slot_begin(p, i, name ? name : path ? path : lw_record_name(in->records[index]), path, index);
    if (begun && path && !name)
        slot->err.status = lw_fail_no_memory(&slot->err, "a recording's name");
    free(name);
    if (!begun || slot->err.status != LW_OK)
        return NULL;
    if (path)
        slot->err.status = lw_record_read(path, &p->record, owned, &slot->err);
    if (slot->err.status != LW_OK)
        return NULL;
    const lw_record *record = path ? *owned : in->records[index];
    lw_slot_describe(slot, record);
    for (size_t k = 0; k < lw_record_warning_count(record); k++)
        lw_slot_warn(slot, lw_record_warning(record, k));
    return slot->err.status == LW_OK ? record : NULL;
}

/** Prepare the window that begins at sample `first`; the filter does not see what stands before. */
static lw_status prepare_from(lw_predictor *p, const lw_record *record, size_t first, float *signals,
                              lw_prepared_info *info, lw_error *err) {
    lw_preparer *preparer = p->preparers[lw_predictor_thread()];
    if (first == 0)
        return lw_prepare_record(preparer, record, 0, signals, info, err);
    return lw_prepare_stretch(preparer, record, first, record->samples - first, &(size_t){0}, 1, signals, info, err);
}

/** The sample of a recording where the window begins that stands at `start` of the prepared rate. */
static size_t window_begin(const lw_predictor *p, const lw_record *record, size_t start) {
    const size_t at = (size_t)((double)start * record->rate_hz / lw_model_preprocessing(p->model)->rate_hz);
    return at < record->samples ? at : record->samples - 1;
}

/** Samples of the window that begins at `first`, as far as the recording has them. */
static size_t window_samples(const lw_predictor *p, const lw_record *record, size_t first) {
    const size_t left = record->samples - first, whole = lw_predictor_window_samples(p, record->rate_hz);
    return left < whole ? left : whole;
}

static void fill_slot(lw_predictor *p, const recordings *in, size_t index, size_t i) {
    lw_slot *slot = &p->slots[i];
    float *signals = p->signals + i * p->inputs;
    lw_prepared_info info;
    lw_record *owned = NULL;
    const double begun = lw_clock_ms();
    const lw_record *record = open_recording(p, in, index, i, &owned);
    const size_t first = record ? lw_predictor_signal_begin(p, record) : 0;
    if (record)
        slot->err.status = prepare_from(p, record, first, signals, &info, &slot->err);
    if (record && slot->err.status == LW_OK) {
        slot->start_s = (double)first / record->rate_hz;
        lw_slot_remark(p, slot, &info);
        lw_slot_judge(p, slot, record, first, window_samples(p, record, first), 0);
        lw_slot_spread(p, slot, &info, signals);
        lw_slot_check(p, slot, signals);
    }
    lw_record_free(&owned);
    slot->milliseconds = lw_clock_ms() - begun;
}

/** The first window of each. */
static lw_status predict_first_windows(lw_predictor *p, const recordings *in, lw_prediction_fn *each, void *context,
                                       lw_error *err) {
    lw_status status = LW_OK;
    for (size_t first = 0; first < in->count && status == LW_OK; first += p->batch) {
        const size_t n = in->count - first < p->batch ? in->count - first : p->batch;
#pragma omp parallel for schedule(dynamic) num_threads(p->threads)
        for (size_t i = 0; i < n; i++)
            fill_slot(p, in, first + i, i);
        status = lw_predictor_flush(p, n, each, context, err);
    }
    return status;
}

/* ---- All windows, pooled */

static bool reserve_windows(lw_predictor *p, size_t count) {
    lw_windows *w = &p->windows;
    if (w->capacity >= count)
        return true;
    free(w->signals);
    free(w->info);
    free(w->start);
    free(w->probabilities);
    w->signals = lw_calloc(count, p->inputs * sizeof *w->signals);
    w->info = lw_calloc(count, sizeof *w->info);
    w->start = lw_calloc(count, sizeof *w->start);
    w->probabilities = lw_calloc(count, p->outputs * sizeof *w->probabilities);
    const bool whole = w->signals && w->info && w->start && w->probabilities;
    w->capacity = whole ? count : 0;
    return whole;
}

/** Add a window's flags to the recording's: a lead is missing, or flat, where it is so in every window. */
static void join_flags(uint8_t *flags, const uint8_t *window, size_t leads) {
    const uint8_t all = LW_LEAD_MISSING | LW_LEAD_FLAT;
    for (size_t h = 0; h < leads; h++) {
        const uint8_t one = window[h] & LW_LEAD_MISSING ? (uint8_t)(window[h] | LW_LEAD_FLAT) : window[h];
        flags[h] = (uint8_t)((flags[h] & one & all) | ((flags[h] | one) & ~all));
    }
}

/** Whether window i of a recording is worth a prediction; its quality is added to that of slot 0. */
static bool accept_window(lw_predictor *p, const lw_record *record, size_t i) {
    lw_windows *w = &p->windows;
    lw_quality *all = &p->slots[0].quality;
    lw_error err;
    const size_t first = window_begin(p, record, w->start[i]);
    const lw_status status =
        lw_predictor_measure(p, record->name, record, first, window_samples(p, record, first), 0, &w->quality, &err);
    lw_quality_join(all, &w->quality);
    all->score += w->quality.score;
    if (status != LW_OK && w->rejected_count++ == 0)
        w->rejection = err;
    return status == LW_OK && lw_prepared_has_signal(&w->info[i], p->seen.count);
}

/** Predict the `count` windows prepared, a batch at a time, but for those without a usable signal. */
static lw_status run_windows(lw_predictor *p, const lw_record *record, size_t count, const lw_person *person,
                             size_t *used, lw_error *err) {
    const size_t prepared = p->seen.count * p->samples;
    lw_windows *w = &p->windows;
    lw_slot window = {0};
    lw_status status = LW_OK;
    w->rejected_count = 0;
    p->slots[0].quality = (lw_quality){0};
    memset(p->slots[0].lead_flags, LW_LEAD_MISSING | LW_LEAD_FLAT, p->leads);
    *used = 0;
    for (size_t i = 0, ready = 0; i < count && status == LW_OK; i++) {
        float *signals = p->signals + ready * p->inputs;
        if (accept_window(p, record, i)) {
            memcpy(signals, w->signals + i * prepared, prepared * sizeof *signals);
            lw_slot_spread(p, &window, &w->info[i], signals);
            join_flags(p->slots[0].lead_flags, window.lead_flags, p->leads);
            p->people[ready++] = *person;
        }
        if (ready == p->batch || i + 1 == count) {
            status =
                lw_session_run(p->session, ready, p->signals, p->people, w->probabilities + *used * p->outputs, err);
            *used += ready;
            ready = 0;
        }
    }
    p->slots[0].quality.score /= (double)count;
    return status;
}

lw_status lw_predictor_windows(lw_predictor *p, const lw_record *record, size_t *used, lw_error *err) {
    const lw_person person = {lw_record_age_years(record), lw_record_sex(record)};
    lw_window_grid grid;
    lw_status status = lw_window_grid_over(p->preparers[0], lw_record_rate_hz(record), lw_record_sample_count(record),
                                           p->how.window_step_s, &grid, err);
    if (status != LW_OK)
        return status;
    if (!reserve_windows(p, grid.count))
        return lw_fail_no_memory(err, "a recording's windows");
    for (size_t i = 0; i < grid.count; i++)
        p->windows.start[i] = lw_window_grid_start(&grid, i);
    status = lw_prepare_windows(p->preparers[0], record, p->windows.start, grid.count, p->windows.signals,
                                p->windows.info, err);
    return status == LW_OK ? run_windows(p, record, grid.count, &person, used, err) : status;
}

/** Reject a recording of which no window was used, and say how many were not. */
static void check_windows(lw_predictor *p, lw_slot *slot, size_t used) {
    const lw_windows *w = &p->windows;
    char sentence[160];
    if (used == 0 && w->rejected_count > 0) {
        slot->err = w->rejection;
        return;
    }
    if (w->rejected_count > 0) {
        snprintf(sentence, sizeof sentence, "%zu of %zu windows hold no usable signal and are left out",
                 w->rejected_count, w->rejected_count + used);
        lw_slot_warn(slot, sentence);
    }
    lw_slot_check(p, slot, p->signals);
}

static lw_status predict_pooled(lw_predictor *p, const recordings *in, size_t index, lw_prediction_fn *each,
                                void *context, lw_error *err) {
    lw_slot *slot = &p->slots[0];
    lw_record *owned = NULL;
    size_t used = 0;
    const double begun = lw_clock_ms();
    const lw_record *record = open_recording(p, in, index, 0, &owned);
    if (record)
        slot->err.status = lw_predictor_windows(p, record, &used, &slot->err);
    if (record && slot->err.status == LW_OK) {
        lw_slot_remark(p, slot, &p->windows.info[0]);
        slot->seconds = (double)lw_record_sample_count(record) / slot->rate_hz;
        lw_slot_warn_quality(slot);
        check_windows(p, slot, used);
    }
    lw_slot_check_output(p, slot, p->windows.probabilities, used * p->outputs);
    if (used > 0)
        lw_pool_windows(p->windows.probabilities, used, p->outputs, p->pooling, p->probabilities);
    lw_record_free(&owned);
    slot->milliseconds = lw_clock_ms() - begun;
    return lw_predictor_deliver(p, slot, p->probabilities, each, context, err);
}

/* ---- The public face */

static lw_status predict(lw_predictor *p, const recordings *in, lw_prediction_fn *each, void *context, lw_error *err) {
    lw_status status = LW_OK;
    if (p->how.window_step_s == 0 && !p->how.each_window)
        return predict_first_windows(p, in, each, context, err);
    for (size_t i = 0; i < in->count && status == LW_OK; i++)
        status = p->how.each_window ? lw_stream_recording(p, in->paths ? in->paths[i] : NULL,
                                                          in->paths ? NULL : in->records[i], i, each, context, err)
                                    : predict_pooled(p, in, i, each, context, err);
    return status;
}

lw_status lw_predict_paths(lw_predictor *predictor, const char *const *paths, size_t count, lw_prediction_fn *each,
                           void *context, lw_error *err) {
    return predict(predictor, &(recordings){.paths = paths, .count = count}, each, context, err);
}

lw_status lw_predict_records(lw_predictor *predictor, const lw_record *const *records, size_t count,
                             lw_prediction_fn *each, void *context, lw_error *err) {
    return predict(predictor, &(recordings){.records = records, .count = count}, each, context, err);
}

/** A rejection becomes the call's failure. */
static lw_status fail_rejected(void *context, const lw_prediction *prediction, lw_error *err) {
    (void)context;
    return prediction->status == LW_OK ? LW_OK : lw_fail(err, prediction->status, "%s", prediction->sentence);
}

static lw_status predict_one(lw_predictor *p, const recordings *in, const lw_prediction **out, lw_error *err) {
    if (p->how.each_window)
        return lw_fail(err, LW_ERR_ARGUMENT, "a prediction for each window, expected a call with a callback");
    const lw_status status = predict(p, in, fail_rejected, NULL, err);
    if (status == LW_OK)
        *out = &p->last;
    return status;
}

lw_status lw_predict_path(lw_predictor *predictor, const char *path, const lw_prediction **out, lw_error *err) {
    return predict_one(predictor, &(recordings){.paths = &path, .count = 1}, out, err);
}

lw_status lw_predict_record(lw_predictor *predictor, const lw_record *record, const lw_prediction **out,
                            lw_error *err) {
    return predict_one(predictor, &(recordings){.records = &record, .count = 1}, out, err);
}

lw_status lw_signal_record(const lw_signal *signal, size_t samples, lw_record **out, lw_error *err) {
    lw_signal it;
    const lw_status status = lw_options_take(&it, sizeof it, signal, "lw_signal", err);
    if (status != LW_OK)
        return status;
    if (it.lead_count < 1 || it.lead_count > LW_RECORD_MAX_LEADS || samples < 1 ||
        !(it.rate_hz >= LW_RECORD_MIN_RATE_HZ && it.rate_hz <= LW_RECORD_MAX_RATE_HZ))
        return lw_fail(
            err, LW_ERR_ARGUMENT, "%zu leads of %zu samples at %g Hz, expected 1 to %d, at least 1, and %g to %g Hz",
            it.lead_count, samples, it.rate_hz, LW_RECORD_MAX_LEADS, LW_RECORD_MIN_RATE_HZ, LW_RECORD_MAX_RATE_HZ);
    lw_record *record = lw_record_new(it.record ? it.record : "signal", it.lead_count, samples, it.rate_hz);
    for (size_t i = 0; record && i < it.lead_count; i++)
        if (!lw_record_set_lead(record, i, it.leads[i], NULL, 1, 0))
            lw_record_free(&record);
    if (!record)
        return lw_fail_no_memory(err, "a recording");
    if (it.person) {
        lw_record_set_age(record, it.person->age_years);
        lw_record_set_sex(record, it.person->sex);
    }
    *out = record;
    return LW_OK;
}

lw_status lw_predict_signal(lw_predictor *predictor, const lw_signal *signal, const double *const *mv, size_t samples,
                            const lw_prediction **out, lw_error *err) {
    lw_record *record = NULL;
    lw_status status = lw_signal_record(signal, samples, &record, err);
    for (size_t i = 0; status == LW_OK && i < signal->lead_count; i++)
        memcpy(lw_record_signal_mutable(record, i), mv[i], samples * sizeof **mv);
    if (status == LW_OK) {
        lw_record_measure(record);
        lw_record_check_names(record);
        status = lw_predict_record(predictor, record, out, err);
    }
    lw_record_free(&record);
    return status;
}
