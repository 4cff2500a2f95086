#include "evaluate/window_predictions.h"

#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "base/memory.h"
#include "dataset/prepare_item.h"

enum { BATCH = 32 };

void lw_window_predictions_free(lw_window_predictions *p) {
    free(p->first);
    free(p->labels);
    free(p->probabilities);
    *p = (lw_window_predictions){0};
}

/** What the recordings share on the way. */
typedef struct making {
    lw_window_predictions *out;
    lw_preparer *preparer;
    lw_session *session;
    size_t inputs, leads;
    float *signals;         /**< [capacity][inputs] */
    lw_prepared_info *info; /**< [capacity] */
    size_t *start;          /**< [capacity] */
    size_t capacity;        /**< windows of the longest recording so far */
} making;

static void free_windows(making *m) {
    free(m->signals);
    free(m->info);
    free(m->start);
}

/** Room for a recording's windows here, and for their probabilities in the result. */
static bool reserve(making *m, size_t windows) {
    lw_window_predictions *out = m->out;
    if (m->capacity < windows) {
        free_windows(m);
        m->signals = lw_calloc(windows, m->inputs * sizeof *m->signals);
        m->info = lw_calloc(windows, sizeof *m->info);
        m->start = lw_calloc(windows, sizeof *m->start);
        m->capacity = windows;
    }
    if (out->capacity < out->windows + windows) {
        const size_t wanted = 2 * (out->windows + windows);
        float *grown = realloc(out->probabilities, wanted * out->classes * sizeof *grown);
        if (!grown)
            return false;
        out->probabilities = grown;
        out->capacity = wanted;
    }
    return m->signals && m->info && m->start;
}

static lw_status prepare(making *m, const lw_record *record, double step_s, size_t *count, lw_error *err) {
    lw_window_grid grid;
    lw_status status =
        lw_window_grid_over(m->preparer, lw_record_rate_hz(record), lw_record_sample_count(record), step_s, &grid, err);
    if (status != LW_OK)
        return status;
    if (!reserve(m, grid.count))
        return lw_fail_no_memory(err, "a recording's windows");
    for (size_t i = 0; i < grid.count; i++)
        m->start[i] = lw_window_grid_start(&grid, i);
    *count = grid.count;
    return lw_prepare_windows(m->preparer, record, m->start, grid.count, m->signals, m->info, err);
}

/** Predict the prepared windows that hold a signal, behind those that are there already. */
static void predict(making *m, const lw_record *record, size_t count) {
    lw_window_predictions *out = m->out;
    lw_person people[BATCH];
    size_t used = 0;
    for (size_t i = 0; i < BATCH; i++)
        people[i] = (lw_person){lw_record_age_years(record), lw_record_sex(record)};
    for (size_t i = 0; i < count; i++)
        if (lw_prepared_has_signal(&m->info[i], m->leads))
            memmove(m->signals + used++ * m->inputs, m->signals + i * m->inputs, m->inputs * sizeof *m->signals);
    for (size_t i = 0; i < used; i += BATCH) {
        const size_t n = used - i < BATCH ? used - i : BATCH;
        lw_session_predict_people(m->session, n, m->signals + i * m->inputs, people,
                                  out->probabilities + out->windows * out->classes);
        out->windows += n;
    }
}

/** Recording `i`: left out when it cannot be used; only what ends everything is a failure. */
static lw_status add(making *m, const lw_model *model, const lw_record_list *list, size_t i,
                     const lw_record_options *options, double step_s, lw_error *err) {
    lw_window_predictions *out = m->out;
    lw_record *record = NULL;
    size_t count = 0;
    lw_status status = lw_record_read(lw_record_list_path(list, i), options, &record, err);
    if (status == LW_OK)
        status = prepare(m, record, step_s, &count, err);
    if (status == LW_OK)
        status =
            lw_record_labels(list, i, record, lw_model_classes(model), out->labels + out->records * out->classes, err);
    if (status == LW_OK) {
        predict(m, record, count);
        out->records += out->windows > out->first[out->records];
        out->first[out->records] = out->windows;
    }
    lw_record_free(&record);
    return status == LW_ERR_NO_MEMORY || status == LW_ERR_ARGUMENT ? status : LW_OK;
}

static lw_status make(making *m, const lw_model *model, const lw_record_list *list, const lw_record_options *options,
                      double step_s, const lw_session_options *how, lw_error *err) {
    const lw_network *network = lw_model_network(model);
    const size_t total = lw_record_list_count(list);
    lw_window_predictions *out = m->out;
    m->leads = lw_network_leads(network)->count;
    m->inputs = m->leads * lw_network_samples(network);
    out->classes = lw_network_outputs(network);
    out->first = lw_calloc(total + 1, sizeof *out->first);
    out->labels = lw_calloc(total + 1, out->classes);
    lw_status status = out->first && out->labels ? LW_OK : lw_fail_no_memory(err, "the predictions");
    if (status == LW_OK)
        status = lw_session_create_with(model, how, &m->session, err);
    if (status == LW_OK)
        status = lw_preparer_create(lw_network_leads(network), lw_model_preprocessing(model),
                                    lw_network_missing_leads(network), &m->preparer, err);
    for (size_t i = 0; status == LW_OK && i < total; i++)
        status = add(m, model, list, i, options, step_s, err);
    if (status == LW_OK && out->records == 0)
        return lw_fail(err, LW_ERR_NO_SIGNAL, "none of the %zu recordings can be used", total);
    return status;
}

lw_status lw_window_predictions_make(const lw_model *model, const lw_record_list *list,
                                     const lw_record_options *options, double step_s, int threads, size_t memory_bytes,
                                     lw_window_predictions *out, lw_error *err) {
    lw_window_predictions made = {0};
    making m = {.out = &made};
    const lw_session_options how = {.max_batch = BATCH, .threads = threads, .memory_bytes = memory_bytes};
    lw_status status = make(&m, model, list, options, step_s, &how, err);
    lw_session_free(&m.session);
    lw_preparer_free(&m.preparer);
    free_windows(&m);
    if (status == LW_OK)
        *out = made;
    else
        lw_window_predictions_free(&made);
    return status;
}
