/* This file makes a predictor, holds the rules of rejection, and takes a batch through the network. */
#include "predict/predictor.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/error.h"
#include "base/floats.h"
#include "base/memory.h"
#include "base/parallel.h"
#include "record/record_internal.h"

/** Records a call of the network: more gain nothing, and results come later. */
enum { BATCH = 32 };

/* ---- What a predictor owns */

static bool allocate(lw_predictor *p) {
    size_t inputs, outputs;
    if (!lw_size_mul(p->batch, p->inputs, &inputs) || !lw_size_mul(p->batch, p->outputs, &outputs))
        return false;
    p->slots = lw_calloc(p->batch, sizeof *p->slots);
    p->signals = lw_calloc(inputs, sizeof *p->signals);
    p->people = lw_calloc(p->batch, sizeof *p->people);
    p->probabilities = lw_calloc(outputs, sizeof *p->probabilities);
    p->decisions = lw_calloc(p->outputs, 1);
    p->pooling = lw_calloc(p->outputs, sizeof *p->pooling);
    return p->slots && p->signals && p->people && p->probabilities && p->decisions && p->pooling;
}

/** A predictor that has all but its session and preparers; `shown` NULL: the network is shown all its leads. */
static lw_status begin(const lw_network *network, const lw_lead_set *shown, size_t batch, int threads,
                       lw_predictor **out, lw_error *err) {
    const lw_lead_set *leads = lw_network_leads(network);
    lw_predictor *p = lw_calloc(1, sizeof *p);
    if (!p)
        return lw_fail_no_memory(err, "a predictor");
    p->network = network;
    p->batch = batch;
    p->threads = lw_threads_resolve(threads);
    p->leads = leads->count;
    p->samples = lw_network_sample_count(network);
    p->inputs = p->leads * p->samples;
    p->outputs = lw_network_output_count(network);
    lw_lead_set_rows(leads, shown ? shown : leads, p->row);
    for (size_t h = 0; h < p->leads; h++)
        if (p->row[h] != LW_NO_ROW) {
            memcpy(p->seen.name[p->seen.count], leads->name[h], sizeof leads->name[h]);
            p->row[h] = p->seen.count++;
        }
    *out = p;
    return allocate(p) ? LW_OK : lw_fail_no_memory(err, "a predictor");
}

static lw_status check_options(const lw_predictor_options *how, const lw_model *model, lw_error *err) {
    const lw_network *network = lw_model_network(model);
    size_t rows[LW_LEADS_MAX];
    const double step = round(how->window_step_s * lw_model_preprocessing(model)->rate_hz);
    if (how->window_step_s != 0 && !(step >= 1 && step <= 1e9))
        return lw_fail(err, LW_ERR_ARGUMENT, "a window every %g s, expected at least a sample, %g s",
                       how->window_step_s, 1 / lw_model_preprocessing(model)->rate_hz);
    if (!(how->min_quality >= 0 && how->min_quality <= 1))
        return lw_fail(err, LW_ERR_ARGUMENT, "a quality of at least %g, expected 0 to 1", how->min_quality);
    if (!how->leads)
        return LW_OK;
    if (!lw_network_missing_leads(network))
        return lw_fail(err, LW_ERR_ARGUMENT, "the network needs all of its leads, expected no choice of them");
    const size_t known = lw_lead_set_rows(how->leads, lw_network_leads(network), rows);
    for (size_t i = 0; i < how->leads->count; i++)
        if (rows[i] == LW_NO_ROW)
            return lw_fail(err, LW_ERR_ARGUMENT, "the network has no lead %s", how->leads->name[i]);
    return known > 0 ? LW_OK : lw_fail(err, LW_ERR_ARGUMENT, "no leads, expected at least one of the network's");
}

static lw_status create_preparers(lw_predictor *p, lw_error *err) {
    lw_status status = LW_OK;
    p->preparers = lw_calloc((size_t)p->threads, sizeof *p->preparers);
    p->meters = lw_calloc((size_t)p->threads, sizeof *p->meters);
    if (!p->preparers || !p->meters)
        return lw_fail_no_memory(err, "a predictor");
    for (int i = 0; i < p->threads && status == LW_OK; i++) {
        status = lw_preparer_create(&p->seen, lw_model_preprocessing(p->model), lw_network_missing_leads(p->network),
                                    &p->preparers[i], err);
        if (status == LW_OK)
            status = lw_preparer_set_isa(p->preparers[i], p->how.tuning.isa, err);
        if (status == LW_OK)
            status = lw_quality_meter_create(&p->seen, lw_model_preprocessing(p->model)->window_s, &p->meters[i], err);
    }
    return status;
}

lw_status lw_predictor_create(const lw_model *model, const lw_predictor_options *options, lw_predictor **out,
                              lw_error *err) {
    lw_predictor_options how;
    lw_record_options record;
    lw_status status = lw_options_take(&how, sizeof how, options, "lw_predictor_options", err);
    if (status == LW_OK)
        status = lw_options_take(&record, sizeof record, how.record, "lw_record_options", err);
    if (status == LW_OK)
        status = check_options(&how, model, err);
    if (status != LW_OK)
        return status;
    /* For one recording, most of the time would go into making a session for more. */
    const bool few =
        how.recording_count > 0 && how.recording_count <= BATCH && how.window_step_s == 0 && !how.each_window;
    const lw_session_options plan = {.size = sizeof plan,
                                     .max_batch = few ? how.recording_count : BATCH,
                                     .threads = how.threads,
                                     .brief = few,
                                     .memory_bytes = how.memory_bytes,
                                     .tuning = how.tuning};
    lw_predictor *p = NULL;
    status = begin(lw_model_network(model), how.leads, plan.max_batch, how.threads, &p, err);
    if (status == LW_OK) {
        p->model = model;
        p->gated = true;
        p->how = how;
        if (how.pooling)
            memcpy(p->pooling, how.pooling, p->outputs * sizeof *p->pooling);
        p->record = record;
        status = lw_session_create(model, &plan, &p->session, err);
    }
    if (status == LW_OK)
        status = create_preparers(p, err);
    if (status == LW_OK)
        *out = p;
    else
        lw_predictor_free(&p);
    return status;
}

lw_status lw_predictor_create_bare(const lw_network *network, const lw_engine_options *plan, lw_predictor **out,
                                   lw_error *err) {
    lw_predictor *p = NULL;
    lw_status status = begin(network, NULL, plan->max_batch, plan->threads, &p, err);
    if (status == LW_OK)
        status = lw_session_create_bare(network, plan, &p->session, err);
    if (status == LW_OK)
        *out = p;
    else
        lw_predictor_free(&p);
    return status;
}

void lw_predictor_load(lw_predictor *predictor, const float *values) { lw_session_load(predictor->session, values); }

void lw_predictor_free(lw_predictor **predictor) {
    lw_predictor *p = predictor ? *predictor : NULL;
    if (!p)
        return;
    for (int i = 0; p->preparers && i < p->threads; i++)
        lw_preparer_free(&p->preparers[i]);
    for (int i = 0; p->meters && i < p->threads; i++)
        lw_quality_meter_free(&p->meters[i]);
    for (size_t i = 0; p->slots && i < p->batch; i++) {
        lw_text_free(&p->slots[i].name);
        lw_text_free(&p->slots[i].warnings);
        lw_text_free(&p->slots[i].unknown_leads);
        lw_text_free(&p->slots[i].files);
    }
    lw_session_free(&p->session);
    free(p->preparers);
    free(p->meters);
    free(p->pooling);
    free(p->slots);
    free(p->signals);
    free(p->people);
    free(p->probabilities);
    free(p->decisions);
    free(p->files);
    free(p->windows.signals);
    free(p->windows.info);
    free(p->windows.start);
    free(p->windows.probabilities);
    free(p);
    *predictor = NULL;
}

double lw_predictor_step_s(const lw_predictor *p) {
    return p->how.window_step_s > 0 ? p->how.window_step_s : lw_model_preprocessing(p->model)->window_s;
}

size_t lw_predictor_thread(void) {
#ifdef _OPENMP
    return (size_t)omp_get_thread_num();
#else
    return 0;
#endif
}

/* ---- One input */

static lw_text emptied(lw_text text) {
    text.length = 0;
    text.failed = false;
    return text;
}

bool lw_slot_begin(lw_predictor *predictor, size_t i, const char *name, const char *path, size_t index) {
    lw_slot *slot = &predictor->slots[i];
    lw_slot fresh = {.path = path, .index = index, .person = {.age_years = (double)NAN}};
    fresh.name = emptied(slot->name); /* their memory stays */
    fresh.warnings = emptied(slot->warnings);
    fresh.unknown_leads = emptied(slot->unknown_leads);
    fresh.files = emptied(slot->files);
    *slot = fresh;
    lw_text_puts(&slot->name, name);
    if (slot->name.failed)
        slot->err.status = lw_fail_no_memory(&slot->err, "a record's name");
    return !slot->name.failed;
}

void lw_slot_warn(lw_slot *slot, const char *sentence) {
    if (slot->warning_count == LW_PREDICTION_WARNINGS_MAX)
        return;
    lw_text_append(&slot->warnings, sentence, strlen(sentence) + 1);
    slot->warning_count++;
    if (slot->warnings.failed)
        slot->err.status = lw_fail_no_memory(&slot->err, "a warning");
}

double lw_clock_ms(void) {
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec * 1e3 + (double)now.tv_nsec * 1e-6;
}

static void describe_files(lw_slot *slot, const lw_record *record) {
    for (size_t i = 0; i < lw_record_digest_count(record); i++) {
        const lw_file_digest *file = lw_record_digest(record, i);
        lw_text_append(&slot->files, file->sha256, sizeof file->sha256);
        lw_text_append(&slot->files, file->name, strlen(file->name) + 1);
        slot->file_count++;
    }
}

void lw_slot_describe(lw_slot *slot, const lw_record *record) {
    slot->person = (lw_person){lw_record_age_years(record), lw_record_sex(record)};
    slot->format = slot->path ? lw_record_format(record) : NULL;
    slot->rate_hz = lw_record_rate_hz(record);
    for (size_t i = 0; i < lw_record_lead_count(record); i++) {
        const char *name = lw_record_lead(record, i)->name;
        if (lw_lead_canonical(lw_span_of(name)))
            continue;
        lw_text_append(&slot->unknown_leads, name, strlen(name) + 1);
        slot->unknown_lead_count++;
    }
    describe_files(slot, record);
    if (slot->unknown_leads.failed || slot->files.failed)
        slot->err.status = lw_fail_no_memory(&slot->err, "what a recording holds");
}

void lw_slot_check(const lw_predictor *p, lw_slot *slot, const float *signals) {
    size_t present = 0, flat = 0;
    if (slot->err.status != LW_OK)
        return;
    for (size_t h = 0; h < p->leads; h++)
        if (!(slot->lead_flags[h] & LW_LEAD_MISSING)) {
            present++;
            flat += (slot->lead_flags[h] & LW_LEAD_FLAT) != 0;
        }
    const char *none = present == 0 ? "no lead has a valid sample" : "every lead is constant";
    const bool empty = present == 0 || (p->gated && flat == present);
    if (empty && slot->is_window)
        slot->err.status = lw_fail(&slot->err, LW_ERR_NO_SIGNAL, "%s from %.9g s on", none, slot->start_s);
    else if (empty)
        slot->err.status = lw_fail(&slot->err, LW_ERR_NO_SIGNAL, "%s: %s", slot->name.data, none);
    else if (!lw_all_finite(signals, p->inputs))
        slot->err.status = lw_fail(&slot->err, LW_ERR_NOT_FINITE,
                                   "record %s: a prepared sample is not finite, expected a number", slot->name.data);
    else if (p->model && !lw_all_within(signals, p->inputs, lw_z_score_limit(p->samples)))
        slot->err.status =
            lw_fail(&slot->err, LW_ERR_FORMAT,
                    "record %s: a prepared sample is no z-score, whose size is at most %.4g in %zu samples",
                    slot->name.data, (double)lw_z_score_limit(p->samples), p->samples);
}

void lw_slot_remark(const lw_predictor *p, lw_slot *slot, const lw_prepared_info *info) {
    char sentence[96];
    slot->seconds = (double)info->window_samples / lw_model_preprocessing(p->model)->rate_hz;
    if (slot->start_s > 0) {
        snprintf(sentence, sizeof sentence, "no lead has a signal before %.9g s, where the window read begins",
                 slot->start_s);
        lw_slot_warn(slot, sentence);
    }
    if (info->filled_samples > 0) {
        snprintf(sentence, sizeof sentence, "%zu missing samples are interpolated", info->filled_samples);
        lw_slot_warn(slot, sentence);
    }
    if (info->window_samples < p->samples) {
        snprintf(sentence, sizeof sentence, "the recording fills %zu of the %zu samples of a window",
                 info->window_samples, p->samples);
        lw_slot_warn(slot, sentence);
    }
}

void lw_slot_check_output(const lw_predictor *p, lw_slot *slot, const float *probabilities, size_t count) {
    if (p->model && slot->err.status == LW_OK && !lw_all_finite(probabilities, count))
        slot->err.status =
            lw_fail(&slot->err, LW_ERR_NOT_FINITE,
                    "%s: the model gives a probability that is not finite, expected smaller weights", slot->name.data);
}

void lw_slot_spread(const lw_predictor *p, lw_slot *slot, const lw_prepared_info *info, float *signals) {
    for (size_t h = p->leads; h-- > 0;) { /* from the last on: no row lies behind its place */
        const size_t row = p->row[h];
        slot->lead_flags[h] = row == LW_NO_ROW ? LW_LEAD_MISSING : info->lead_flags[row];
        if (row == LW_NO_ROW)
            memset(signals + h * p->samples, 0, p->samples * sizeof *signals);
        else if (row != h)
            memcpy(signals + h * p->samples, signals + row * p->samples, p->samples * sizeof *signals);
    }
}

/* ---- A batch */

/** Set list[count] to the strings that lie one after the other in `text`. */
static void point_at(const lw_text *text, size_t count, const char **list) {
    const char *at = text->data;
    for (size_t i = 0; i < count; i++, at += strlen(at) + 1)
        list[i] = at;
}

/** Set p->files[count] from a slot's text. @return false when out of memory */
static bool point_at_files(lw_predictor *p, const lw_slot *slot) {
    const char *at = slot->files.data;
    if (slot->file_count > p->file_capacity) {
        free(p->files);
        p->files = lw_calloc(slot->file_count, sizeof *p->files);
        p->file_capacity = p->files ? slot->file_count : 0;
    }
    for (size_t i = 0; p->files && i < slot->file_count; i++) {
        memcpy(p->files[i].sha256, at, sizeof p->files[i].sha256);
        p->files[i].name = at + sizeof p->files[i].sha256;
        at = p->files[i].name + strlen(p->files[i].name) + 1;
    }
    return p->file_capacity >= slot->file_count;
}

lw_status lw_predictor_deliver(lw_predictor *p, const lw_slot *slot, const float *probabilities, lw_prediction_fn *each,
                               void *context, lw_error *err) {
    if (slot->warnings.failed || slot->unknown_leads.failed || slot->files.failed)
        return lw_fail_no_memory(err, "what a recording holds");
    point_at(&slot->warnings, slot->warning_count, p->warning);
    point_at(&slot->unknown_leads, slot->unknown_lead_count, p->unknown_lead);
    if (!point_at_files(p, slot))
        return lw_fail_no_memory(err, "the names of a recording's files");
    p->last = (lw_prediction){.record = slot->name.data ? slot->name.data : "",
                              .path = slot->path,
                              .index = slot->index,
                              .status = slot->err.status,
                              .warnings = p->warning,
                              .warning_count = slot->warning_count,
                              .is_window = slot->is_window,
                              .start_s = slot->start_s,
                              .format = slot->format,
                              .rate_hz = slot->rate_hz,
                              .seconds = slot->seconds,
                              .unknown_leads = p->unknown_lead,
                              .unknown_lead_count = slot->unknown_lead_count,
                              .files = p->files,
                              .file_count = slot->file_count,
                              .milliseconds = slot->milliseconds,
                              .findings = slot->quality.finding,
                              .finding_count = slot->quality.finding_count,
                              .quality = slot->quality.score};
    if (slot->err.status != LW_OK) {
        p->last.sentence = slot->err.message;
    } else {
        p->last.probabilities = probabilities;
        p->last.lead_flags = slot->lead_flags;
    }
    if (p->last.probabilities && p->model) {
        lw_model_decide(p->model, probabilities, p->decisions);
        p->last.decisions = p->decisions;
    }
    return each(context, &p->last, err);
}

lw_status lw_predictor_flush(lw_predictor *p, size_t count, lw_prediction_fn *each, void *context, lw_error *err) {
    size_t ready = 0;
    for (size_t i = 0; i < count; i++) {
        if (p->slots[i].err.status != LW_OK)
            continue;
        if (ready != i)
            memcpy(p->signals + ready * p->inputs, p->signals + i * p->inputs, p->inputs * sizeof *p->signals);
        p->people[ready++] = p->slots[i].person;
    }
    const double begun = lw_clock_ms();
    lw_status status = lw_session_run(p->session, ready, p->signals, p->people, p->probabilities, err);
    const double each_ms = ready > 0 ? (lw_clock_ms() - begun) / (double)ready : 0;
    const float *probabilities = p->probabilities;
    for (size_t i = 0; i < count && status == LW_OK; i++) {
        const float *own = probabilities;
        probabilities += p->slots[i].err.status == LW_OK ? p->outputs : 0;
        p->slots[i].milliseconds += p->slots[i].err.status == LW_OK ? each_ms : 0;
        lw_slot_check_output(p, &p->slots[i], own, p->outputs);
        status = lw_predictor_deliver(p, &p->slots[i], own, each, context, err);
    }
    return status;
}
