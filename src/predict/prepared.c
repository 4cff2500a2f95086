/* This file predicts the records of a prepared file: all, or those of an index list. */
#include <string.h>

#include "base/error.h"
#include "dataset/batch.h"
#include "predict/predictor.h"

/** Whether the file was prepared as the model's network reads it. */
static lw_status check_fit(const lw_predictor *p, const lw_dataset *dataset, lw_error *err) {
    const lw_preprocessing *how = lw_model_preprocessing(p->model);
    size_t rows[LW_LEADS_MAX];
    if (p->how.window_step_s > 0 || p->how.each_window)
        return lw_fail(err, LW_ERR_ARGUMENT, "a prepared file holds one window a record, expected recordings");
    lw_status status = lw_lead_rows(dataset, &p->seen, lw_network_missing_leads(p->network), rows, err);
    if (status != LW_OK)
        return status;
    if (!lw_preprocessing_equal(lw_dataset_preprocessing(dataset), how) ||
        lw_dataset_sample_count(dataset) != p->samples)
        return lw_fail(err, LW_ERR_MISMATCH,
                       "prepared with other preprocessing than the model's, expected %g Hz, band %g to %g Hz, order "
                       "%d, window %g s, ends of %s",
                       how->rate_hz, how->band_hz[0], how->band_hz[1], how->filter_order, how->window_s,
                       how->ends == LW_ENDS_LINE ? "lines" : "zeros");
    if (!lw_class_list_equal(lw_dataset_classes(dataset), lw_model_classes(p->model)))
        return lw_fail(err, LW_ERR_MISMATCH, "prepared with other classes than the model's");
    return LW_OK;
}

/** rows[leads]: which lead of the file each of the network's reads. */
static void find_rows(const lw_predictor *p, const lw_dataset *dataset, size_t rows[LW_LEADS_MAX]) {
    size_t there[LW_LEADS_MAX];
    lw_lead_set_rows(&p->seen, lw_dataset_leads(dataset), there);
    for (size_t h = 0; h < p->leads; h++)
        rows[h] = p->row[h] == LW_NO_ROW ? LW_NO_ROW : there[p->row[h]];
}

static bool all_zero(const float *values, size_t count) {
    size_t i = 0;
    while (i < count && values[i] == 0)
        i++;
    return i == count;
}

/** Slot i from record `record`, whose leads `rows` are read. */
static void fill_slot(lw_predictor *p, const lw_dataset *dataset, const size_t rows[LW_LEADS_MAX], size_t record,
                      size_t i) {
    lw_slot *slot = &p->slots[i];
    float *signals = p->signals + i * p->inputs;
    if (!lw_slot_begin(p, i, lw_dataset_name(dataset, record), NULL, record))
        return;
    slot->person = (lw_person){(double)lw_dataset_age_years(dataset, record), lw_dataset_sex(dataset, record)};
    for (size_t h = 0; h < p->leads; h++) {
        float *to = signals + h * p->samples;
        if (rows[h] == LW_NO_ROW)
            memset(to, 0, p->samples * sizeof *to);
        else
            memcpy(to, lw_dataset_signals(dataset, record) + rows[h] * p->samples, p->samples * sizeof *to);
        slot->lead_flags[h] = rows[h] == LW_NO_ROW ? LW_LEAD_MISSING : all_zero(to, p->samples) ? LW_LEAD_FLAT : 0;
    }
    if (p->gated)
        lw_slot_judge_prepared(p, slot);
    lw_slot_check(p, slot, signals);
    if (p->gated && slot->err.status == LW_OK && slot->quality.score < p->how.min_quality)
        slot->err.status = lw_fail(&slot->err, LW_ERR_POOR_SIGNAL, "%s: quality %.3g, expected %g", slot->name.data,
                                   slot->quality.score, p->how.min_quality);
}

lw_status lw_predictor_run_prepared(lw_predictor *p, const lw_dataset *dataset, const size_t *index, size_t count,
                                    lw_prediction_fn *each, void *context, lw_error *err) {
    size_t rows[LW_LEADS_MAX];
    lw_status status = LW_OK;
    find_rows(p, dataset, rows);
    for (size_t first = 0; first < count && status == LW_OK; first += p->batch) {
        const size_t n = count - first < p->batch ? count - first : p->batch;
        for (size_t i = 0; i < n; i++)
            fill_slot(p, dataset, rows, index ? index[first + i] : first + i, i);
        status = lw_predictor_flush(p, n, each, context, err);
    }
    return status;
}

lw_status lw_predict_dataset(lw_predictor *predictor, const lw_dataset *dataset, lw_prediction_fn *each, void *context,
                             lw_error *err) {
    const lw_status status = check_fit(predictor, dataset, err);
    return status == LW_OK ? lw_predictor_run_prepared(predictor, dataset, NULL, lw_dataset_record_count(dataset), each,
                                                       context, err)
                           : status;
}

/** Where the next record's probabilities go. */
typedef struct collection {
    float *next;
    size_t outputs;
} collection;

static lw_status collect(void *context, const lw_prediction *prediction, lw_error *err) {
    collection *into = context;
    if (prediction->status != LW_OK)
        return lw_fail(err, prediction->status, "%s", prediction->sentence);
    memcpy(into->next, prediction->probabilities, into->outputs * sizeof *into->next);
    into->next += into->outputs;
    return LW_OK;
}

lw_status lw_predict_index(const lw_model *model, const lw_dataset *dataset, const size_t *index, size_t count,
                           lw_predict_how how, float *probabilities, lw_error *err) {
    const lw_predictor_options options = {
        .size = sizeof options, .threads = how.threads, .memory_bytes = how.memory_bytes, .tuning = how.tuning};
    collection into = {probabilities, lw_class_count(lw_model_classes(model))};
    lw_predictor *predictor = NULL;
    lw_status status = lw_predictor_create(model, &options, &predictor, err);
    if (status == LW_OK)
        status = check_fit(predictor, dataset, err);
    if (status == LW_OK) {
        predictor->gated = false; /* every record counts in a score */
        status = lw_predictor_run_prepared(predictor, dataset, index, count, collect, &into, err);
    }
    lw_predictor_free(&predictor);
    return status;
}
