#include "predictor.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#ifdef _OPENMP
#include <omp.h>
#endif

#include "messages.h"
#include "settings.h"

/** One record of a batch: its input, or why there is none. */
typedef struct input_slot {
    char *name;
    lw_error err; /**< status LW_OK: the input is in place */
    lw_person person;
    bool flat; /**< every lead is a constant: electrodes off, perhaps */
} input_slot;

struct cli_predictor {
    const lw_model *model;
    lw_lead_set seen; /**< leads of the network that it is shown; the others are zeros */
    lw_session *session;
    lw_preparer **preparers; /**< [threads] */
    int threads;
    size_t batch, inputs, outputs; /**< floats a record */
    input_slot *slots;             /**< [batch] */
    float *signals;                /**< [batch][inputs] */
    lw_person *people;             /**< [batch] */
    float *probabilities;          /**< [batch][outputs] */
    uint8_t *decisions;            /**< [outputs] */
};

static int resolve_threads(int threads) {
#ifdef _OPENMP
    return threads > 0 ? threads : omp_get_max_threads();
#else
    (void)threads;
    return 1;
#endif
}

static int this_thread(void) {
#ifdef _OPENMP
    return omp_get_thread_num();
#else
    return 0;
#endif
}

lw_lead_set cli_leads_seen(const lw_network *network, const lw_lead_set *asked) {
    const lw_lead_set *leads = lw_network_leads(network);
    size_t rows[LW_LEADS_MAX];
    lw_lead_set seen = {0};
    if (asked == NULL) {
        return *leads;
    }
    lw_lead_set_rows(leads, asked, rows);
    for (size_t h = 0; h < leads->count; h++) {
        if (rows[h] != LW_NO_ROW) {
            memcpy(seen.name[seen.count++], leads->name[h], sizeof seen.name[0]);
        }
    }
    return seen;
}

lw_status cli_predictor_create(const lw_model *model, const lw_lead_set *seen, const lw_session_options *how,
                               cli_predictor **out, lw_error *err) {
    const size_t batch = how->max_batch;
    const lw_network *network = lw_model_network(model);
    const lw_lead_set *leads = lw_network_leads(network);
    cli_predictor *made = cli_calloc(1, sizeof *made);
    made->model = model;
    made->seen = cli_leads_seen(network, seen);
    made->threads = resolve_threads(how->threads);
    made->batch = batch;
    made->inputs = leads->count * lw_network_samples(network);
    made->outputs = lw_network_outputs(network);
    made->preparers = cli_calloc((size_t)made->threads, sizeof *made->preparers);
    made->slots = cli_calloc(batch, sizeof *made->slots);
    made->signals = cli_calloc(batch * made->inputs, sizeof *made->signals);
    made->people = cli_calloc(batch, sizeof *made->people);
    made->probabilities = cli_calloc(batch * made->outputs, sizeof *made->probabilities);
    made->decisions = cli_calloc(made->outputs, 1);
    lw_status status = lw_session_create_with(model, how, &made->session, err);
    for (int i = 0; i < made->threads && status == LW_OK; i++) {
        status = lw_preparer_create(&made->seen, lw_model_preprocessing(model), lw_network_missing_leads(network),
                                    &made->preparers[i], err);
    }
    if (status != LW_OK) {
        cli_predictor_free(&made);
        return status;
    }
    *out = made;
    return LW_OK;
}

void cli_predictor_free(cli_predictor **predictor) {
    cli_predictor *made = *predictor;
    if (made == NULL) {
        return;
    }
    for (int i = 0; i < made->threads; i++) {
        lw_preparer_free(&made->preparers[i]);
    }
    for (size_t i = 0; i < made->batch; i++) {
        free(made->slots[i].name);
    }
    lw_session_free(&made->session);
    free(made->preparers);
    free(made->slots);
    free(made->signals);
    free(made->people);
    free(made->probabilities);
    free(made->decisions);
    free(made);
    *predictor = NULL;
}

char *cli_record_name(const char *path) {
    const char *slash = strrchr(path, '/');
    const char *base = slash != NULL ? slash + 1 : path;
    const char *dot = strrchr(base, '.');
    return cli_format("%.*s", (int)(dot != NULL && dot != base ? (size_t)(dot - base) : strlen(base)), base);
}

/** A recording's name beside its path, for sorting. */
typedef struct named_path {
    char *name;
    const char *path;
} named_path;

static int by_name(const void *a, const void *b) {
    return strcmp(((const named_path *)a)->name, ((const named_path *)b)->name);
}

lw_status cli_names_unique(const lw_record_list *list, lw_error *err) {
    const size_t count = lw_record_list_count(list);
    named_path *sorted = cli_calloc(count, sizeof *sorted);
    lw_status status = LW_OK;
    for (size_t i = 0; i < count; i++) {
        sorted[i].path = lw_record_list_path(list, i);
        sorted[i].name = cli_record_name(sorted[i].path);
    }
    qsort(sorted, count, sizeof *sorted, by_name);
    for (size_t i = 1; i < count && status == LW_OK; i++) {
        if (strcmp(sorted[i - 1].name, sorted[i].name) == 0) {
            status = lw_error_set(err, LW_ERR_ARGUMENT, "%.200s and %.200s would be written to the same file",
                                  sorted[i - 1].path, sorted[i].path);
        }
    }
    for (size_t i = 0; i < count; i++) {
        free(sorted[i].name);
    }
    free(sorted);
    return status;
}

void cli_spread_rows(const lw_network *network, const lw_lead_set *seen, float *signals) {
    const lw_lead_set *leads = lw_network_leads(network);
    const size_t samples = lw_network_samples(network);
    size_t rows[LW_LEADS_MAX];
    lw_lead_set_rows(leads, seen, rows);
    for (size_t h = leads->count; h-- > 0;) { /* from the last on: no row lies behind its place */
        if (rows[h] == LW_NO_ROW) {
            memset(signals + h * samples, 0, samples * sizeof *signals);
        } else if (rows[h] != h) {
            memcpy(signals + h * samples, signals + rows[h] * samples, samples * sizeof *signals);
        }
    }
}

static bool all_leads_flat(const lw_record *record) {
    size_t lead = 0;
    while (lead < lw_record_lead_count(record) && lw_record_lead(record, lead)->flat) {
        lead++;
    }
    return lead == lw_record_lead_count(record);
}

static void fill_slot(const cli_predictor *predictor, input_slot *slot, const char *path,
                      const lw_record_options *options, lw_preparer *preparer, float *signals) {
    lw_record *record = NULL;
    free(slot->name);
    slot->name = cli_record_name(path);
    slot->err = (lw_error){0};
    slot->err.status = lw_record_read(path, options, &record, &slot->err);
    if (slot->err.status == LW_OK) {
        slot->err.status = lw_prepare_record(preparer, record, 0, signals, NULL, &slot->err);
    }
    if (slot->err.status == LW_OK) {
        cli_spread_rows(lw_model_network(predictor->model), &predictor->seen, signals);
        slot->person = (lw_person){lw_record_age_years(record), lw_record_sex(record)};
    }
    slot->flat = slot->err.status == LW_OK && all_leads_flat(record);
    lw_record_free(&record);
}

/** Run the network over the slots that have an input, moved together at the front of `signals`. */
static void run_network(cli_predictor *predictor, size_t count) {
    size_t ready = 0;
    for (size_t i = 0; i < count; i++) {
        if (predictor->slots[i].err.status == LW_OK) {
            memmove(predictor->signals + ready * predictor->inputs, predictor->signals + i * predictor->inputs,
                    predictor->inputs * sizeof *predictor->signals);
            predictor->people[ready] = predictor->slots[i].person;
            ready++;
        }
    }
    if (ready > 0) {
        lw_session_predict_people(predictor->session, ready, predictor->signals, predictor->people,
                                  predictor->probabilities);
    }
}

lw_status cli_predictor_run(cli_predictor *predictor, const lw_record_list *list, size_t first, size_t count,
                            const lw_record_options *options, cli_prediction_fn *each, void *context, lw_error *err) {
    const long n = (long)count;
#pragma omp parallel for schedule(dynamic) num_threads(predictor->threads)
    for (long i = 0; i < n; i++) {
        fill_slot(predictor, &predictor->slots[i], lw_record_list_path(list, first + (size_t)i), options,
                  predictor->preparers[this_thread()], predictor->signals + (size_t)i * predictor->inputs);
    }
    run_network(predictor, count);
    const float *probabilities = predictor->probabilities;
    lw_status status = LW_OK;
    for (size_t i = 0; i < count && status == LW_OK; i++) {
        const input_slot *slot = &predictor->slots[i];
        lw_prediction prediction = {.record = slot->name, .status = slot->err.status, .sentence = slot->err.message};
        if (slot->err.status == LW_OK) {
            lw_model_decide(predictor->model, probabilities, predictor->decisions);
            prediction.sentence = slot->flat ? "every lead is flat" : NULL;
            prediction.probabilities = probabilities;
            prediction.decisions = predictor->decisions;
            probabilities += predictor->outputs;
        }
        status = each(context, lw_record_list_path(list, first + i), &prediction, err);
    }
    return status;
}

static lw_status mismatch(lw_error *err, const char *shown, const char *what) {
    return lw_error_set(err, LW_ERR_MISMATCH, "%.300s: prepared with other %s than the model's", shown, what);
}

static lw_status mismatched_preprocessing(lw_error *err, const char *shown, const lw_preprocessing *expected) {
    return lw_error_set(err, LW_ERR_MISMATCH,
                        "%.300s: prepared with other preprocessing than the model's, expected %g Hz, band %g to %g Hz, "
                        "order %d, window %g s",
                        shown, expected->rate_hz, expected->band_hz[0], expected->band_hz[1], expected->filter_order,
                        expected->window_s);
}

/** rows[leads]: which lead of the file each of the network's reads; LW_NO_ROW: none. @return how many read one */
static size_t prepared_rows(const lw_network *network, const lw_lead_set *seen, const lw_dataset *dataset,
                            size_t rows[LW_LEADS_MAX]) {
    const lw_lead_set *leads = lw_network_leads(network);
    size_t shown[LW_LEADS_MAX], found = 0;
    lw_lead_set_rows(leads, lw_dataset_leads(dataset), rows);
    lw_lead_set_rows(leads, seen, shown);
    for (size_t h = 0; h < leads->count; h++) {
        rows[h] = shown[h] == LW_NO_ROW ? LW_NO_ROW : rows[h];
        found += rows[h] != LW_NO_ROW;
    }
    return found;
}

lw_status cli_predictor_check(const lw_model *model, const lw_lead_set *seen, const lw_dataset *dataset,
                              const char *shown, lw_error *err) {
    const lw_network *network = lw_model_network(model);
    const lw_lead_set leads = cli_leads_seen(network, seen);
    size_t rows[LW_LEADS_MAX];
    const size_t found = prepared_rows(network, &leads, dataset, rows);
    if (found == 0 || (found < leads.count && !lw_network_missing_leads(network))) {
        return mismatch(err, shown, "leads");
    }
    if (!lw_preprocessing_equal(lw_dataset_preprocessing(dataset), lw_model_preprocessing(model)) ||
        lw_dataset_sample_count(dataset) != lw_network_samples(network)) {
        return mismatched_preprocessing(err, shown, lw_model_preprocessing(model));
    }
    if (!lw_class_list_equal(lw_dataset_classes(dataset), lw_model_classes(model))) {
        return mismatch(err, shown, "classes");
    }
    return LW_OK;
}

/** The prediction of a prepared record, refused when its signals are not finite: the network would answer all the same.
 */
static lw_prediction prepared_prediction(cli_predictor *predictor, size_t i, const char *name) {
    const float *signals = predictor->signals + i * predictor->inputs;
    const float *probabilities = predictor->probabilities + i * predictor->outputs;
    for (size_t k = 0; k < predictor->inputs; k++) {
        if (!isfinite(signals[k])) {
            return (lw_prediction){.record = name,
                                   .status = LW_ERR_NOT_FINITE,
                                   .sentence = "its prepared signals hold a value that is not finite"};
        }
    }
    lw_model_decide(predictor->model, probabilities, predictor->decisions);
    return (lw_prediction){
        .record = name, .status = LW_OK, .probabilities = probabilities, .decisions = predictor->decisions};
}

lw_status cli_predictor_run_prepared(cli_predictor *predictor, const lw_dataset *dataset, size_t first, size_t count,
                                     cli_prediction_fn *each, void *context, lw_error *err) {
    const lw_network *network = lw_model_network(predictor->model);
    const size_t samples = lw_dataset_sample_count(dataset), leads = lw_network_leads(network)->count;
    size_t rows[LW_LEADS_MAX];
    prepared_rows(network, &predictor->seen, dataset, rows);
    for (size_t i = 0; i < count; i++) {
        predictor->people[i] =
            (lw_person){(double)lw_dataset_age_years(dataset, first + i), lw_dataset_sex(dataset, first + i)};
        for (size_t h = 0; h < leads; h++) {
            float *row = predictor->signals + i * predictor->inputs + h * samples;
            if (rows[h] == LW_NO_ROW) {
                memset(row, 0, samples * sizeof *row);
            } else {
                memcpy(row, lw_dataset_signals(dataset, first + i) + rows[h] * samples, samples * sizeof *row);
            }
        }
    }
    lw_session_predict_people(predictor->session, count, predictor->signals, predictor->people,
                              predictor->probabilities);
    lw_status status = LW_OK;
    for (size_t i = 0; i < count && status == LW_OK; i++) {
        const char *name = lw_dataset_name(dataset, first + i);
        const lw_prediction prediction = prepared_prediction(predictor, i, name);
        status = each(context, name, &prediction, err);
    }
    return status;
}
