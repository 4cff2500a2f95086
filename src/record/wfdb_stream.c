/** @file wfdb_stream.c: part of a signal file, decoded as if it were the whole of a shorter recording's. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "base/memory.h"
#include "record/wfdb.h"

/** Stretches are read from multiples of this many frames on, which are whole groups of 2 or 3 packed samples. */
enum { ALIGNED_FRAMES = 6 };

/** A signal file that is open. */
typedef struct stream_file {
    lw_source_file file;
    lw_wfdb_group group;                         /* of a part of the file that has been read: */
    lw_wfdb_signal signals[LW_RECORD_MAX_LEADS]; /* the header's, without what is true of the whole file alone */
    size_t offset;                               /* bytes before the first sample */
    int lead[LW_RECORD_MAX_LEADS];               /* the recording's lead of each signal */
} stream_file;

typedef struct wfdb_stream {
    lw_wfdb_plan plan;
    stream_file *file;
    size_t file_count;
    uint8_t *bytes; /* of a stretch */
    size_t capacity;
} wfdb_stream;

void lw_wfdb_stream_close(void *state) {
    wfdb_stream *stream = state;
    for (size_t i = 0; i < stream->file_count; i++)
        lw_source_file_close(&stream->file[i].file);
    free(stream->file);
    free(stream->bytes);
    lw_wfdb_plan_free(&stream->plan);
    free(stream);
}

/* ---- Opening */

/** Open the group's file, describe its signals as those of a file that begins at any frame of it, and count its frames. */
static lw_status open_file(lw_reading *reading, const lw_wfdb_part *part, const lw_wfdb_group *group,
                           wfdb_stream *stream, size_t *frames, lw_error *err) {
    const lw_wfdb_signal *lead = group->signals;
    const size_t first = (size_t)(lead - part->header.signals);
    stream_file *file = &stream->file[stream->file_count];
    lw_error cause;
    if (lead->format->flac_bits || lead->format->difference)
        return lw_fail(err, LW_ERR_UNSUPPORTED, "%s:%zu: format %d, expected one that can be read from the middle",
                       part->header.shown, lead->line, lead->format->number);
    lw_status status = lw_source_open_file(reading->source, lead->file, &file->file, &cause);
    if (status != LW_OK)
        return lw_fail(err, status, "%s:%zu: %s", part->header.shown, lead->line, cause.message);
    stream->file_count++;
    file->offset = lead->offset;
    file->group = *group;
    file->group.signals = file->signals;
    for (size_t s = 0; s < group->count; s++) {
        file->signals[s] = lead[s];
        file->signals[s].offset = 0;
        file->signals[s].has_initial = file->signals[s].has_checksum = false;
        file->lead[s] = part->lead[first + s];
    }
    return lw_wfdb_group_frames(group, (lw_bytes){.length = file->file.length}, frames, err);
}

static lw_status open_files(lw_reading *reading, wfdb_stream *stream, lw_error *err) {
    lw_wfdb_part *part = &stream->plan.parts[0];
    size_t shortest = SIZE_MAX;
    lw_wfdb_group group;
    lw_status status = LW_OK;
    for (size_t s = 0; status == LW_OK && s < part->header.signal_count; s += group.count) {
        size_t frames = SIZE_MAX;
        status = lw_wfdb_group_at(&part->header, s, &group, err);
        if (status == LW_OK && lw_wfdb_group_has_file(reading, &group))
            status = open_file(reading, part, &group, stream, &frames, err);
        else if (status == LW_OK)
            lw_wfdb_group_warn_absent(reading, &group);
        shortest = frames < shortest ? frames : shortest;
    }
    if (status != LW_OK)
        return status;
    if (stream->plan.frames == 0 && shortest != SIZE_MAX)
        stream->plan.frames = part->frames = shortest;
    if (shortest < stream->plan.frames)
        return lw_fail(err, LW_ERR_FORMAT, "%s:%zu: a signal file holds %zu frames, expected %zu", part->header.shown,
                       part->header.record_line, shortest, stream->plan.frames);
    return LW_OK;
}

lw_status lw_wfdb_stream_open(lw_reading *reading, void **out, lw_error *err) {
    wfdb_stream *stream = lw_calloc(1, sizeof *stream);
    if (!stream)
        return lw_fail_no_memory(err, "a recording");
    const lw_wfdb_header *master = &stream->plan.master;
    lw_status status = lw_wfdb_plan_read(reading, &stream->plan, err);
    if (status == LW_OK && master->segment_count > 0)
        status = lw_fail(err, LW_ERR_UNSUPPORTED, "%s:%zu: a recording of segments, expected one of signals",
                         master->shown, master->record_line);
    if (status == LW_OK) {
        stream->file = lw_calloc(stream->plan.layout->signal_count, sizeof *stream->file);
        status = stream->file ? open_files(reading, stream, err) : lw_fail_no_memory(err, "signal files");
    }
    if (status == LW_OK)
        status = lw_wfdb_describe(reading, &stream->plan, err);
    if (status == LW_OK)
        *out = stream;
    else
        lw_wfdb_stream_close(stream);
    return status;
}

/* ---- Reading */

/** Frames `first` to `first + frames - 1` of a file into the leads of `record`. */
static lw_status read_file(wfdb_stream *stream, const stream_file *file, size_t first, size_t frames, lw_record *record,
                           lw_error *err) {
    const lw_wfdb_format *format = file->signals->format;
    const size_t wanted = frames + lw_wfdb_group_skew(&file->group), samples = wanted * file->group.frame;
    const size_t begin = file->offset + lw_wfdb_format_bytes(format, first * file->group.frame);
    size_t bytes = lw_wfdb_format_bytes(format, samples);
    bytes = bytes < file->file.length - begin ? bytes : file->file.length - begin; /* a skewed signal may end before */
    if (bytes > stream->capacity) {
        free(stream->bytes);
        stream->bytes = malloc(bytes);
        stream->capacity = stream->bytes ? bytes : 0;
        if (!stream->bytes)
            return lw_fail_no_memory(err, "a stretch of a recording");
    }
    lw_status status = lw_source_file_read(&file->file, begin, stream->bytes, bytes, err);
    if (status != LW_OK)
        return status;
    lw_wfdb_target target[LW_RECORD_MAX_LEADS] = {{0}};
    for (size_t s = 0; s < file->group.count; s++)
        target[s].x = lw_record_signal_mutable(record, (size_t)file->lead[s]);
    return lw_wfdb_group_decode(&file->group, (lw_bytes){.data = stream->bytes, .length = bytes}, frames,
                                stream->plan.hold, target, record, err);
}

lw_status lw_wfdb_stream_read(void *state, const lw_record *header, size_t first, size_t count, lw_record **out,
                              lw_error *err) {
    wfdb_stream *stream = state;
    const size_t hold = stream->plan.hold;
    const size_t begin = first / hold / ALIGNED_FRAMES * ALIGNED_FRAMES;
    const size_t frames = (first + count + hold - 1) / hold - begin;
    lw_record *record = lw_record_new_like(header, frames * hold);
    if (!record)
        return lw_fail_no_memory(err, "a stretch of a recording");
    for (size_t i = 0; i < record->leads * record->samples; i++)
        record->signal_mv[i] = NAN;
    lw_status status = LW_OK;
    for (size_t i = 0; i < stream->file_count && status == LW_OK; i++)
        status = read_file(stream, &stream->file[i], begin, frames, record, err);
    if (status != LW_OK) {
        lw_record_free(&record);
        return status;
    }
    for (size_t l = 0; l < record->leads; l++)
        memmove(record->signal_mv + l * count, record->signal_mv + l * record->samples + (first - begin * hold),
                count * sizeof *record->signal_mv);
    record->samples = count;
    lw_record_measure(record);
    *out = record;
    return LW_OK;
}
