/**
 * @file predict_support.h
 * An untrained model of a narrow network, recordings for it, and a table of the predictions.
 */
#ifndef LW_TESTS_PREDICT_SUPPORT_H
#define LW_TESTS_PREDICT_SUPPORT_H

#include "support.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "leadwise/predict.h"

enum { LWT_OUTPUTS = 30, LWT_ROWS_MAX = 256, LWT_SENTENCE_BYTES = 160 };

/** A model of `leads` that may do without some of them, filters scaled by width / 64. */
static inline lw_model *lwt_untrained(const char *leads, size_t width, bool missing_leads) {
    lw_error err = {0};
    lw_lead_set set;
    lw_network *network = NULL;
    lw_model *model = NULL;
    const lw_preprocessing how = lw_preprocessing_default();
    lwt_assert_ok(lw_lead_set_parse(leads, &set, &err), &err);
    const lw_network_options narrow = {
        .size = sizeof narrow, .leads = &set, .width = width, .missing_leads = missing_leads};
    lwt_assert_ok(lw_network_load("multiscale2021", &narrow, &network, &err), &err);
    lwt_assert_ok(lw_model_untrained(network, &how, NULL, 1, &model, &err), &err);
    lw_network_free(&network);
    return model;
}

/** Recording `number` of the generator: twelve leads. */
static inline lw_record *lwt_synthetic(uint64_t number, double rate_hz, double duration_s) {
    lw_error err = {0};
    lw_record *record = NULL;
    const lw_synth_options how = {
        .size = sizeof how, .seed = 4, .rate_hz = rate_hz, .duration_s = duration_s, .noise_mv = 0.02};
    lwt_assert_ok(lw_synth_record(&how, number, &record, &err), &err);
    return record;
}

/** The same in sinus rhythm: two leads of it show every beat, whatever else is drawn. */
static inline lw_record *lwt_rhythmic(uint64_t number, double rate_hz, double duration_s) {
    lw_error err = {0};
    lw_record *record = NULL;
    const lw_synth_options how = {
        .size = sizeof how, .seed = 4, .rate_hz = rate_hz, .duration_s = duration_s, .noise_mv = 0.01, .kinds = "NSR"};
    lwt_assert_ok(lw_synth_record(&how, number, &record, &err), &err);
    return record;
}

/** A prediction, copied. */
typedef struct lwt_row {
    char record[32];
    lw_status status;
    char sentence[LWT_SENTENCE_BYTES], warning[LWT_SENTENCE_BYTES]; /**< of the warnings, the first */
    size_t warning_count, index;
    float probabilities[LWT_OUTPUTS];
    uint8_t decisions[LWT_OUTPUTS], lead_flags[12];
    bool is_window;
    double start_s;
} lwt_row;

typedef struct lwt_table {
    size_t count, leads;
    lwt_row row[LWT_ROWS_MAX];
} lwt_table;

/** An lw_prediction_fn that appends to an lwt_table. */
static inline lw_status lwt_collect(void *context, const lw_prediction *p, lw_error *err) {
    lwt_table *table = context;
    (void)err;
    assert_true(table->count < LWT_ROWS_MAX);
    lwt_row *row = &table->row[table->count++];
    memset(row, 0, sizeof *row);
    snprintf(row->record, sizeof row->record, "%s", p->record);
    snprintf(row->sentence, sizeof row->sentence, "%s", p->sentence ? p->sentence : "");
    snprintf(row->warning, sizeof row->warning, "%s", p->warning_count > 0 ? p->warnings[0] : "");
    row->warning_count = p->warning_count;
    row->index = p->index;
    row->status = p->status;
    row->is_window = p->is_window;
    row->start_s = p->start_s;
    assert_true((p->status == LW_OK) == (p->probabilities && p->decisions && p->lead_flags));
    assert_true((p->status == LW_OK) == (!p->sentence));
    if (p->status == LW_OK) {
        memcpy(row->probabilities, p->probabilities, sizeof row->probabilities);
        memcpy(row->decisions, p->decisions, sizeof row->decisions);
        memcpy(row->lead_flags, p->lead_flags, table->leads);
    }
    return LW_OK;
}

#endif
