/* A recording that is pushed: its windows are predicted as soon as the filter has what it needs after them. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "base/memory.h"
#include "dataset/record_list.h"
#include "predict/predictor.h"
#include "record/record_internal.h"
#include "signal/prepare_internal.h"

/** Of the recording before and after a window: the filter's longest memory, at 0.05 Hz, has then faded. */
static const double margin_s = 60.0;
/** Of a recording from a file, kept besides what a window needs, so that windows are prepared on all cores. */
static const double ahead_s = 600.0;

struct lw_stream {
    lw_predictor *predictor;
    lw_prediction_fn *each;
    void *context;
    lw_text name;
    const char *path; /**< borrowed, NULL: pushed */
    size_t index;
    lw_person person;
    const lw_record *described; /**< of a file, whose warnings the first window has; NULL: pushed */
    lw_record *buffer;          /**< [leads][capacity], of which `held` samples are there, after `dropped` others */
    size_t capacity, held, dropped;
    lw_ratio ratio;      /**< of the prepared rate to the recording's */
    lw_window_grid grid; /**< of a recording without end, until it has ended */
    size_t margin;       /**< in samples of the prepared rate */
    size_t batch;        /**< windows that are predicted together */
    size_t next;         /**< the first window that has not been predicted */
    bool ended;
    bool refused; /**< `each` failed */
};

/** A stretch of the recording, in its own samples, and where it begins in those of the prepared rate. */
typedef struct stretch {
    size_t first, end, begins;
} stretch;

/* What the window at `start` needs. It begins where a whole number of both rates' samples has passed, so that its
 * resampled samples are those of the whole recording. */
static stretch find_stretch(const lw_stream *s, size_t start) {
    const size_t from = start > s->margin ? start - s->margin : 0, rounds = from / s->ratio.up;
    const size_t to = start + s->grid.window + s->margin;
    return (stretch){.first = rounds * s->ratio.down,
                     .end = to / s->ratio.up * s->ratio.down + s->ratio.down,
                     .begins = rounds * s->ratio.up};
}

/** Samples of the longest stretch: both its ends may be rounded by almost `down`. */
static size_t longest_stretch(const lw_stream *s) {
    return ((s->grid.window + 2 * s->margin) / s->ratio.up + 3) * s->ratio.down;
}

static size_t pushed(const lw_stream *s) { return s->dropped + s->held; }

/* ---- Windows */

/** Measure the window at `start` in the samples held. */
static void judge(const lw_stream *s, lw_slot *slot, size_t start) {
    const size_t first = start * s->ratio.down / s->ratio.up, left = pushed(s) - first;
    const size_t whole = lw_predictor_window_samples(s->predictor, s->buffer->rate_hz);
    lw_slot_judge(s->predictor, slot, s->buffer, first - s->dropped, left < whole ? left : whole,
                  (double)s->dropped / s->buffer->rate_hz);
}

/** Prepare window `start` into slot i. */
static void fill_slot(lw_stream *s, size_t i, size_t start) {
    lw_predictor *p = s->predictor;
    lw_slot *slot = &p->slots[i];
    float *signals = p->signals + i * p->inputs;
    lw_prepared_info info;
    const double begun = lw_clock_ms();
    if (!lw_slot_begin(p, i, s->name.data, s->path, s->index))
        return;
    lw_slot_describe(slot, s->described ? s->described : s->buffer);
    const stretch it = find_stretch(s, start);
    const size_t end = it.end < pushed(s) ? it.end : pushed(s), at = start - it.begins;
    slot->person = s->person;
    for (size_t k = 0; s->described && start == 0 && k < lw_record_warning_count(s->described); k++)
        lw_slot_warn(slot, lw_record_warning(s->described, k));
    slot->start_s = (double)start / lw_model_preprocessing(p->model)->rate_hz;
    slot->err.status = lw_prepare_stretch(p->preparers[lw_predictor_thread()], s->buffer, it.first - s->dropped,
                                          end - it.first, &at, 1, signals, &info, &slot->err);
    slot->is_window = slot->err.status == LW_OK;
    if (slot->is_window) {
        judge(s, slot, start);
        lw_slot_spread(p, slot, &info, signals);
        lw_slot_check(p, slot, signals);
        slot->seconds = (double)info.window_samples / lw_model_preprocessing(p->model)->rate_hz;
    }
    slot->milliseconds = lw_clock_ms() - begun;
}

/** Predict the next `count` windows. */
static lw_status predict_windows(lw_stream *s, size_t count, lw_error *err) {
    lw_predictor *p = s->predictor;
    const int threads = count < (size_t)p->threads ? (int)count : p->threads;
#pragma omp parallel for schedule(dynamic) num_threads(threads) if (threads > 1)
    for (size_t i = 0; i < count; i++)
        fill_slot(s, i, lw_window_grid_start(&s->grid, s->next + i));
    s->next += count;
    const lw_status status = lw_predictor_flush(p, count, s->each, s->context, err);
    s->refused = status != LW_OK;
    s->ended |= s->refused; /* the frames behind would lie at wrong times */
    return status;
}

/** Drop the samples that no later window needs: the next one, or one that ends where the recording does now. */
static void drop(lw_stream *s) {
    const size_t length = (pushed(s) * s->ratio.up + s->ratio.down - 1) / s->ratio.down;
    const size_t window = s->grid.window, next = s->next * s->grid.step;
    const size_t last = length > window ? length - window : 0;
    const size_t first = find_stretch(s, next < last ? next : last).first, gone = first - s->dropped;
    for (size_t l = 0; l < lw_record_lead_count(s->buffer); l++) {
        double *row = lw_record_signal_mutable(s->buffer, l);
        memmove(row, row + gone, (s->held - gone) * sizeof *row);
    }
    s->dropped = first;
    s->held -= gone;
}

/** Room for some of `count` samples behind those held. @return of how many */
static size_t make_room(lw_stream *s, size_t count) {
    if (s->held == s->capacity)
        drop(s);
    return count < s->capacity - s->held ? count : s->capacity - s->held;
}

/** `count` samples have come: predict the windows that have all they need, as many as go together. */
static lw_status advance(lw_stream *s, size_t count, lw_error *err) {
    lw_status status = LW_OK;
    s->held += count;
    while (status == LW_OK) {
        size_t ready = 0;
        while (ready < s->batch && find_stretch(s, (s->next + ready) * s->grid.step).end <= pushed(s))
            ready++;
        if (ready == 0 || (ready < s->batch && s->held < s->capacity))
            return LW_OK;
        status = predict_windows(s, ready, err);
    }
    return status;
}

static lw_status append_record(lw_stream *s, const lw_record *record, size_t count, lw_error *err) {
    lw_status status = LW_OK;
    for (size_t done = 0, n; done < count && status == LW_OK; done += n) {
        n = make_room(s, count - done);
        for (size_t l = 0; l < lw_record_lead_count(record); l++)
            (void)lw_record_copy_mv(record, l, done, n, lw_record_signal_mutable(s->buffer, l) + s->held);
        status = advance(s, n, err);
    }
    return status;
}

lw_status lw_stream_push(lw_stream *s, const double *frames, size_t count, lw_error *err) {
    const size_t leads = lw_record_lead_count(s->buffer);
    lw_status status = LW_OK;
    if (s->ended)
        return lw_fail(err, LW_ERR_ARGUMENT, "the stream has ended, expected no more frames");
    for (size_t done = 0, n; done < count && status == LW_OK; done += n) {
        n = make_room(s, count - done);
        for (size_t l = 0; l < leads; l++) {
            double *row = lw_record_signal_mutable(s->buffer, l) + s->held;
            for (size_t t = 0; t < n; t++)
                row[t] = frames[(done + t) * leads + l];
        }
        status = advance(s, n, err);
    }
    return status;
}

lw_status lw_stream_end(lw_stream *s, lw_error *err) {
    lw_predictor *p = s->predictor;
    if (s->ended)
        return lw_fail(err, LW_ERR_ARGUMENT, "the stream has ended already");
    s->ended = true;
    lw_status status = lw_window_grid_over(p->preparers[0], lw_record_rate_hz(s->buffer), pushed(s),
                                           lw_predictor_step_s(p), &s->grid, err);
    while (s->next < s->grid.count && status == LW_OK) {
        const size_t left = s->grid.count - s->next;
        status = predict_windows(s, left < s->batch ? left : s->batch, err);
    }
    return status;
}

/* ---- Creation */

/** Fill the buffer with anything that uses all the memory of preparing and predicting; it is overwritten later. */
static lw_status use_memory(lw_stream *s, lw_error *err) {
    lw_predictor *p = s->predictor;
    for (size_t l = 0; l < lw_record_lead_count(s->buffer); l++)
        for (size_t t = 0; t < s->capacity; t++)
            lw_record_signal_mutable(s->buffer, l)[t] = t == 0 ? (double)NAN : (double)(t % 7);
    lw_prepared_info info;
    lw_status status =
        lw_prepare_stretch(p->preparers[0], s->buffer, 0, longest_stretch(s), &(size_t){0}, 1, p->signals, &info, err);
    if (status == LW_OK && !lw_slot_begin(p, 0, s->name.data, NULL, 0))
        status = lw_fail_no_memory(err, "a stream");
    lw_slot_describe(&p->slots[0], s->buffer);
    lw_slot_warn(&p->slots[0], "the recording fills 1000 of the 1000 samples of a window");
    lw_slot_warn(&p->slots[0], "the recording fills 1000 of the 1000 samples of a window");
    return status;
}

/** Samples that are kept besides the longest stretch: the more, the more windows are prepared together. */
static size_t samples_ahead(const lw_stream *s, double rate_hz, double step_s) {
    const size_t quarter = longest_stretch(s) / 4, ahead = (size_t)(fmin((double)s->batch * step_s, ahead_s) * rate_hz);
    return s->batch > 1 && ahead > quarter ? ahead : quarter;
}

/** A stream of a recording that `like` describes, of which `batch` windows are predicted together. */
static lw_status create(lw_predictor *p, const lw_record *like, size_t batch, lw_prediction_fn *each, void *context,
                        lw_stream **out, lw_error *err) {
    const lw_preprocessing *how = lw_model_preprocessing(p->model);
    const double rate_hz = lw_record_rate_hz(like), step_s = lw_predictor_step_s(p);
    lw_stream *s = lw_calloc(1, sizeof *s);
    if (!s)
        return lw_fail_no_memory(err, "a stream");
    *s = (lw_stream){.predictor = p,
                     .each = each,
                     .context = context,
                     .person = {lw_record_age_years(like), lw_record_sex(like)},
                     .margin = (size_t)ceil(margin_s * how->rate_hz),
                     .batch = batch};
    lw_text_puts(&s->name, lw_record_name(like));
    lw_status status = lw_preparer_check_leads(p->preparers[0], like, err);
    if (status == LW_OK)
        status = lw_window_grid_over(p->preparers[0], rate_hz, 0, step_s, &s->grid, err);
    if (status == LW_OK) {
        s->grid.length = SIZE_MAX; /* until the recording has ended */
        s->ratio = lw_preparer_resampler(p->preparers[0], rate_hz)->ratio;
        s->capacity = longest_stretch(s) + samples_ahead(s, rate_hz, step_s);
        s->buffer = lw_record_new_like(like, s->capacity);
        if (!s->buffer || s->name.failed)
            status = lw_fail_no_memory(err, "a stream");
    }
    if (status == LW_OK)
        *out = s;
    else
        lw_stream_free(&s);
    return status;
}

lw_status lw_stream_create(lw_predictor *predictor, const lw_signal *signal, lw_prediction_fn *each, void *context,
                           lw_stream **out, lw_error *err) {
    lw_record *like = NULL;
    lw_stream *s = NULL;
    lw_status status = lw_signal_record(signal, 1, &like, err);
    if (status == LW_OK)
        status = create(predictor, like, 1, each, context, &s, err);
    if (status == LW_OK)
        status = use_memory(s, err);
    if (status == LW_OK)
        *out = s;
    else
        lw_stream_free(&s);
    lw_record_free(&like);
    return status;
}

void lw_stream_free(lw_stream **stream) {
    lw_stream *s = stream ? *stream : NULL;
    if (!s)
        return;
    lw_record_free(&s->buffer);
    lw_text_free(&s->name);
    free(s);
    *stream = NULL;
}

/* ---- Recordings from files */

/** Push all of a file, a stretch at a time. */
static lw_status push_file(lw_stream *s, lw_record_stream *file, lw_error *err) {
    const size_t samples = lw_record_sample_count(lw_record_stream_header(file));
    lw_status status = LW_OK;
    for (size_t at = 0, n; at < samples && status == LW_OK; at += n) {
        lw_record *part = NULL;
        n = samples - at < s->capacity / 4 ? samples - at : s->capacity / 4;
        status = lw_record_stream_read(file, at, n, &part, err);
        if (status == LW_OK)
            status = append_record(s, part, n, err);
        lw_record_free(&part);
    }
    return status;
}

lw_status lw_stream_recording(lw_predictor *p, const char *path, const lw_record *record, size_t index,
                              lw_prediction_fn *each, void *context, lw_error *err) {
    lw_error cause = {0};
    lw_record_stream *file = NULL;
    lw_stream *s = NULL;
    char *name = path ? lw_record_path_name(path) : NULL;
    if (path && !name)
        return lw_fail_no_memory(err, "a recording's name");
    lw_status status = path ? lw_record_stream_open(path, &p->record, &file, &cause) : LW_OK;
    if (file)
        record = lw_record_stream_header(file);
    if (status == LW_OK)
        status = create(p, record, p->batch, each, context, &s, &cause);
    if (status == LW_OK) {
        s->path = path;
        s->index = index;
        s->described = record;
        s->name.length = 0;
        lw_text_puts(&s->name, name ? name : lw_record_name(record));
        status = file ? push_file(s, file, &cause) : append_record(s, record, lw_record_sample_count(record), &cause);
    }
    if (status == LW_OK)
        status = lw_stream_end(s, &cause);
    if (status != LW_OK && s && s->refused) {
        if (err)
            *err = cause;
    } else if (status != LW_OK && !lw_slot_begin(p, 0, name ? name : lw_record_name(record), path, index)) {
        status = lw_fail(err, p->slots[0].err.status, "%s", p->slots[0].err.message);
    } else if (status != LW_OK) {
        p->slots[0].err = cause;
        status = lw_predictor_deliver(p, &p->slots[0], NULL, each, context, err);
    }
    lw_stream_free(&s);
    lw_record_stream_free(&file);
    free(name);
    return status;
}
