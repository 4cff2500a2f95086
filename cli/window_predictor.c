#include "window_predictor.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "messages.h"

enum { BATCH = 32 }; /**< windows a call of the network */

/** How much of a streamed recording is in memory at a time: the filter's margins, a minute each, are small beside it.
 */
static const double stretch_s = 600;

struct cli_window_predictor {
    const lw_model *model;
    lw_lead_set seen;
    double step_s;
    lw_pooling *pooling; /**< [outputs] */
    lw_session *session;
    lw_preparer *preparer;
    lw_person people[BATCH]; /**< the one that the recording is of, for each window of a batch */
    size_t inputs, outputs;  /**< floats a window */
    size_t capacity;         /**< windows that there is room for in the next four */
    float *signals;          /**< [capacity][inputs] */
    lw_prepared_info *info;  /**< [capacity] */
    size_t *start;           /**< [capacity], in samples of the prepared rate */
    float *probabilities;    /**< [capacity][outputs] */
    float *pooled;           /**< [outputs] */
    uint8_t *decisions;      /**< [outputs] */
};

lw_status cli_window_predictor_create(const lw_model *model, const lw_lead_set *seen, double step_s,
                                      const lw_pooling *pooling, int threads, size_t memory_bytes,
                                      cli_window_predictor **out, lw_error *err) {
    const lw_network *network = lw_model_network(model);
    cli_window_predictor *made = cli_calloc(1, sizeof *made);
    made->model = model;
    made->seen = cli_leads_seen(network, seen);
    made->step_s = step_s;
    made->inputs = lw_network_leads(network)->count * lw_network_samples(network);
    made->outputs = lw_network_outputs(network);
    made->pooling = cli_calloc(made->outputs, sizeof *made->pooling);
    memcpy(made->pooling, pooling, made->outputs * sizeof *pooling);
    made->pooled = cli_calloc(made->outputs, sizeof *made->pooled);
    made->decisions = cli_calloc(made->outputs, 1);
    const lw_session_options how = {.max_batch = BATCH, .threads = threads, .memory_bytes = memory_bytes};
    lw_status status = lw_session_create_with(model, &how, &made->session, err);
    if (status == LW_OK) {
        status = lw_preparer_create(&made->seen, lw_model_preprocessing(model), lw_network_missing_leads(network),
                                    &made->preparer, err);
    }
    if (status == LW_OK) {
        *out = made;
    } else {
        cli_window_predictor_free(&made);
    }
    return status;
}

static void free_windows(cli_window_predictor *p) {
    free(p->signals);
    free(p->info);
    free(p->start);
    free(p->probabilities);
}

void cli_window_predictor_free(cli_window_predictor **predictor) {
    cli_window_predictor *p = *predictor;
    if (p == NULL) {
        return;
    }
    lw_session_free(&p->session);
    lw_preparer_free(&p->preparer);
    free_windows(p);
    free(p->pooling);
    free(p->pooled);
    free(p->decisions);
    free(p);
    *predictor = NULL;
}

static void meet(cli_window_predictor *p, const lw_record *record) {
    for (size_t i = 0; i < BATCH; i++) {
        p->people[i] = (lw_person){lw_record_age_years(record), lw_record_sex(record)};
    }
}

static void reserve(cli_window_predictor *p, size_t windows) {
    if (p->capacity >= windows) {
        return;
    }
    free_windows(p);
    p->signals = cli_calloc(windows * p->inputs, sizeof *p->signals);
    p->info = cli_calloc(windows, sizeof *p->info);
    p->start = cli_calloc(windows, sizeof *p->start);
    p->probabilities = cli_calloc(windows * p->outputs, sizeof *p->probabilities);
    p->capacity = windows;
}

static bool has_signal(const cli_window_predictor *p, size_t window) {
    return lw_prepared_has_signal(&p->info[window], p->seen.count);
}

/** Run the network over the `count` windows prepared, but for those without a signal. @return how many it saw; their
 * probabilities lie one after the other. */
static size_t predict_windows(cli_window_predictor *p, size_t count) {
    const lw_network *network = lw_model_network(p->model);
    const size_t prepared = p->seen.count * lw_network_samples(network);
    size_t used = 0;
    for (size_t i = 0; i < count; i++) {
        if (has_signal(p, i)) {
            memmove(p->signals + used * prepared, p->signals + i * prepared, prepared * sizeof *p->signals);
            used++;
        }
    }
    for (size_t i = used; i-- > 0;) { /* from the last on: a window lies before its place, or at it */
        memmove(p->signals + i * p->inputs, p->signals + i * prepared, prepared * sizeof *p->signals);
        cli_spread_rows(network, &p->seen, p->signals + i * p->inputs);
    }
    for (size_t i = 0; i < used; i += BATCH) {
        const size_t n = used - i < BATCH ? used - i : BATCH;
        lw_session_predict_people(p->session, n, p->signals + i * p->inputs, p->people,
                                  p->probabilities + i * p->outputs);
    }
    return used;
}

static void set_prediction(cli_window_predictor *p, const float *probabilities, lw_prediction *out) {
    lw_model_decide(p->model, probabilities, p->decisions);
    out->probabilities = probabilities;
    out->decisions = p->decisions;
}

/** Read and prepare the whole recording; *count windows. */
static lw_status prepare_whole(cli_window_predictor *p, const char *path, const lw_record_options *options,
                               size_t *count, lw_error *err) {
    lw_record *record = NULL;
    lw_window_grid grid = {0};
    lw_status status = lw_record_read(path, options, &record, err);
    if (status == LW_OK) {
        status = lw_window_grid_over(p->preparer, lw_record_rate_hz(record), lw_record_sample_count(record), p->step_s,
                                     &grid, err);
    }
    if (status == LW_OK) {
        reserve(p, grid.count);
        meet(p, record);
        for (size_t i = 0; i < grid.count; i++) {
            p->start[i] = lw_window_grid_start(&grid, i);
        }
        status = lw_prepare_windows(p->preparer, record, p->start, grid.count, p->signals, p->info, err);
    }
    lw_record_free(&record);
    *count = grid.count;
    return status;
}

/** Windows of a stretch. */
static size_t stretch_windows(const cli_window_predictor *p) {
    const double windows = stretch_s / p->step_s;
    return windows < 1 ? 1 : windows < 2 * BATCH ? (size_t)windows : 2 * BATCH;
}

lw_status cli_window_predictor_pool(cli_window_predictor *p, const char *path, const lw_record_options *options,
                                    cli_prediction_fn *each, void *context, lw_error *err) {
    size_t count = 0;
    lw_error cause = {0};
    char *name = cli_record_name(path);
    lw_prediction prediction = {.record = name, .status = prepare_whole(p, path, options, &count, &cause)};
    const size_t used = prediction.status == LW_OK ? predict_windows(p, count) : 0;
    if (used > 0) {
        lw_pool_windows(p->probabilities, used, p->outputs, p->pooling, p->pooled);
        set_prediction(p, p->pooled, &prediction);
    } else if (prediction.status == LW_OK) {
        prediction.status = LW_ERR_NO_SIGNAL;
        prediction.sentence = "no lead has a valid sample";
    } else {
        prediction.sentence = cause.message;
    }
    const lw_status status = each(context, path, &prediction, err);
    free(name);
    return status;
}

/** Windows `first` to `first + count - 1` of a stream, prepared, to `each`. */
static lw_status tell_windows(cli_window_predictor *p, const char *path, const char *name, const lw_window_grid *grid,
                              size_t first, size_t count, cli_prediction_fn *each, void *context, lw_error *err) {
    const double rate_hz = lw_model_preprocessing(p->model)->rate_hz;
    const float *probabilities = p->probabilities;
    lw_status status = LW_OK;
    predict_windows(p, count);
    for (size_t i = 0; i < count && status == LW_OK; i++) {
        const double start_s = (double)lw_window_grid_start(grid, first + i) / rate_hz;
        char sentence[64];
        lw_prediction prediction = {.record = name, .start_s = &start_s};
        if (has_signal(p, i)) {
            set_prediction(p, probabilities, &prediction);
            probabilities += p->outputs;
        } else {
            prediction.status = LW_ERR_NO_SIGNAL;
            prediction.sentence = sentence;
            snprintf(sentence, sizeof sentence, "no lead has a valid sample from %.9g s on", start_s);
        }
        status = each(context, path, &prediction, err);
    }
    return status;
}

lw_status cli_window_predictor_stream(cli_window_predictor *p, const char *path, const lw_record_options *options,
                                      cli_prediction_fn *each, void *context, lw_error *err) {
    lw_error cause = {0};
    lw_window_stream *stream = NULL;
    char *name = cli_record_name(path);
    const size_t most = stretch_windows(p);
    reserve(p, most);
    lw_status told = LW_OK, status = lw_window_stream_open(path, options, p->preparer, p->step_s, &stream, &cause);
    const lw_window_grid *grid = status == LW_OK ? lw_window_stream_grid(stream) : NULL;
    if (status == LW_OK) {
        meet(p, lw_window_stream_record(stream));
    }
    for (size_t i = 0; grid != NULL && i < grid->count && status == LW_OK && told == LW_OK; i += most) {
        const size_t n = grid->count - i < most ? grid->count - i : most;
        status = lw_window_stream_prepare(stream, i, n, p->signals, p->info, &cause);
        if (status == LW_OK) {
            told = tell_windows(p, path, name, grid, i, n, each, context, err);
        }
    }
    if (status != LW_OK) {
        const lw_prediction rejected = {.record = name, .status = status, .sentence = cause.message};
        told = each(context, path, &rejected, err);
    }
    lw_window_stream_free(&stream);
    free(name);
    return told;
}
