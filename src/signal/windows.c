/* Windows over recordings of any length, in memory or on disk. */
#include <math.h>
#include <stdlib.h>

#include "base/error.h"
#include "base/memory.h"
#include "signal/prepare_internal.h"

lw_status lw_window_grid_over(lw_preparer *preparer, double rate_hz, size_t samples, double step_s, lw_window_grid *out,
                              lw_error *err) {
    const lw_preprocessing *how = lw_preparer_preprocessing(preparer);
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

/* ---- From disk */

/** Of the recording before and after a stretch: the filter's longest memory, at 0.05 Hz, has then faded. */
static const double margin_s = 60.0;

struct lw_window_stream {
    lw_record_stream *record;
    lw_preparer *preparer; /* borrowed */
    lw_window_grid grid;
    size_t *start; /* [start_capacity], of one call's windows, relative to the stretch read */
    size_t start_capacity;
};

lw_status lw_window_stream_open(const char *path, const lw_record_options *options, lw_preparer *preparer,
                                double step_s, lw_window_stream **out, lw_error *err) {
    lw_window_stream *stream = lw_calloc(1, sizeof *stream);
    if (!stream)
        return lw_fail_no_memory(err, "a stream of windows");
    stream->preparer = preparer;
    lw_status status = lw_record_stream_open(path, options, &stream->record, err);
    if (status == LW_OK) {
        const lw_record *record = lw_record_stream_header(stream->record);
        status = lw_window_grid_over(preparer, lw_record_rate_hz(record), lw_record_sample_count(record), step_s,
                                     &stream->grid, err);
    }
    if (status == LW_OK)
        *out = stream;
    else
        lw_window_stream_free(&stream);
    return status;
}

void lw_window_stream_free(lw_window_stream **stream) {
    if (!stream || !*stream)
        return;
    lw_record_stream_free(&(*stream)->record);
    free((*stream)->start);
    free(*stream);
    *stream = NULL;
}

const lw_record *lw_window_stream_record(const lw_window_stream *stream) {
    return lw_record_stream_header(stream->record);
}

const lw_window_grid *lw_window_stream_grid(const lw_window_stream *stream) { return &stream->grid; }

static bool reserve_starts(lw_window_stream *stream, size_t count) {
    if (stream->start_capacity >= count)
        return true;
    free(stream->start);
    stream->start = lw_calloc(count, sizeof *stream->start);
    stream->start_capacity = stream->start ? count : 0;
    return stream->start != NULL;
}

/** A stretch of the recording, in its own samples, and where it begins in those of the prepared rate. */
typedef struct stretch {
    size_t first, count, begins;
} stretch;

/* What windows first to last need. It begins where a whole number of both rates' samples has passed, so that its
 * resampled samples are those of the whole recording. */
static stretch find_stretch(const lw_window_stream *stream, const lw_resampler *resampler, size_t first, size_t last) {
    const lw_window_grid *grid = &stream->grid;
    const size_t margin = (size_t)ceil(margin_s * lw_preparer_preprocessing(stream->preparer)->rate_hz);
    const size_t samples = lw_record_sample_count(lw_record_stream_header(stream->record));
    const size_t up = resampler->ratio.up, down = resampler->ratio.down;
    const size_t start = lw_window_grid_start(grid, first), from = start > margin ? start - margin : 0;
    const size_t rounds = from / up, to = lw_window_grid_start(grid, last) + grid->window + margin;
    const size_t end = to / up * down + down; /* enough of the recording's samples, rounded up */
    const size_t begin = rounds * down;
    return (stretch){.first = begin, .count = (end < samples ? end : samples) - begin, .begins = rounds * up};
}

lw_status lw_window_stream_prepare(lw_window_stream *stream, size_t first, size_t count, float *signals,
                                   lw_prepared_info *info, lw_error *err) {
    const double rate_hz = lw_record_rate_hz(lw_record_stream_header(stream->record));
    const lw_resampler *resampler = lw_preparer_resampler(stream->preparer, rate_hz);
    if (count == 0)
        return LW_OK;
    if (first >= stream->grid.count || count > stream->grid.count - first)
        return lw_fail(err, LW_ERR_ARGUMENT, "windows %zu to %zu, expected ones below %zu", first, first + count - 1,
                       stream->grid.count);
    if (!resampler || !reserve_starts(stream, count))
        return lw_fail_no_memory(err, "a stream of windows");
    const stretch part = find_stretch(stream, resampler, first, first + count - 1);
    for (size_t i = 0; i < count; i++)
        stream->start[i] = lw_window_grid_start(&stream->grid, first + i) - part.begins;
    lw_record *record = NULL;
    lw_status status = lw_record_stream_read(stream->record, part.first, part.count, &record, err);
    if (status == LW_OK)
        status = lw_prepare_windows(stream->preparer, record, stream->start, count, signals, info, err);
    lw_record_free(&record);
    return status;
}
