/** @file wfdb_stream.c: part of a signal file, decoded as if it were the whole of a shorter recording's. */
#include "record/wfdb_stream.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/error.h"
#include "base/memory.h"

/** Stretches are read from multiples of this many frames on, which are whole groups of 2 or 3 packed samples. */
enum { ALIGNED_FRAMES = 6 };

void lw_wfdb_stream_close(lw_wfdb_stream *stream) {
    for (size_t i = 0; i < stream->file_count; i++) {
        close(stream->file[i].fd);
        free(stream->file[i].shown);
    }
    free(stream->file);
    free(stream->bytes);
    lw_wfdb_plan_free(&stream->plan);
    *stream = (lw_wfdb_stream){0};
}

/* ---- Opening */

/** The signals of a group as those of a file that begins at any frame of it. */
static void describe_file(const lw_wfdb_part *part, const lw_wfdb_group *group, lw_wfdb_stream_file *file) {
    const size_t first = (size_t)(group->signals - part->header.signals);
    file->offset = group->signals->offset;
    for (size_t s = 0; s < group->count; s++) {
        file->signals[s] = group->signals[s];
        file->signals[s].offset = 0;
        file->signals[s].has_initial = file->signals[s].has_checksum = false;
        file->lead[s] = part->lead[first + s];
    }
    file->group = (lw_wfdb_group){.signals = file->signals, .count = group->count, .frame = group->frame};
}

/** Whether stretches of the file can be decoded without what lies before them. */
static lw_status check_format(const lw_wfdb_header *header, const lw_wfdb_group *group, lw_error *err) {
    const lw_wfdb_signal *lead = group->signals;
    if (lead->format->flac_bits || lead->format->difference)
        return lw_fail(err, LW_ERR_UNSUPPORTED, "%s:%zu: format %d, expected one that can be read from the middle",
                       header->shown, lead->line, lead->format->number);
    return LW_OK;
}

/** Open the group's file and learn how many frames it holds. */
static lw_status open_file(lw_reading *reading, const lw_wfdb_part *part, const lw_wfdb_group *group,
                           lw_wfdb_stream *stream, size_t *frames, lw_error *err) {
    lw_wfdb_stream_file *file = &stream->file[stream->file_count];
    lw_error cause;
    lw_status status = check_format(&part->header, group, err);
    if (status != LW_OK)
        return status;
    file->shown = lw_path_join(reading->source->folder, group->signals->file);
    if (!file->shown)
        return lw_fail_no_memory(err, "a signal file's name");
    status = lw_file_open_below(reading->source->folder_fd, group->signals->file, file->shown, &file->fd, &file->length,
                                &cause);
    if (status != LW_OK) {
        free(file->shown);
        return lw_fail(err, status, "%s:%zu: %s", part->header.shown, group->signals->line, cause.message);
    }
    stream->file_count++;
    describe_file(part, group, file);
    return lw_wfdb_group_frames(group, part->header.shown, (lw_bytes){.length = file->length}, frames, err);
}

static lw_status open_files(lw_reading *reading, lw_wfdb_stream *stream, lw_error *err) {
    lw_wfdb_part *part = &stream->plan.parts[0];
    size_t shortest = SIZE_MAX;
    lw_wfdb_group group;
    lw_status status = LW_OK;
    for (size_t s = 0; status == LW_OK && s < part->header.signal_count; s += group.count) {
        size_t frames = SIZE_MAX;
        status = lw_wfdb_group_at(&part->header, s, &group, err);
        if (status == LW_OK && !lw_wfdb_group_has_no_file(reading, &part->header, &group))
            status = open_file(reading, part, &group, stream, &frames, err);
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

lw_status lw_wfdb_stream_open(lw_reading *reading, lw_wfdb_stream *out, lw_error *err) {
    lw_status status = lw_wfdb_plan_read(reading, &out->plan, err);
    if (status != LW_OK)
        return status;
    if (out->plan.master.segment_count > 0)
        return lw_fail(err, LW_ERR_UNSUPPORTED, "%s:%zu: a recording of segments, expected one of signals",
                       out->plan.master.shown, out->plan.master.record_line);
    out->file = lw_calloc(out->plan.layout->signal_count, sizeof *out->file);
    if (!out->file)
        return lw_fail_no_memory(err, "signal files");
    status = open_files(reading, out, err);
    return status == LW_OK ? lw_wfdb_describe(reading, &out->plan, err) : status;
}

/* ---- Reading */

static bool reserve(lw_wfdb_stream *stream, size_t bytes) {
    if (stream->capacity >= bytes)
        return true;
    free(stream->bytes);
    stream->bytes = malloc(bytes);
    stream->capacity = stream->bytes ? bytes : 0;
    return stream->bytes != NULL;
}

/** Frames `first` to `first + frames - 1` of a file into the leads of `record`. */
static lw_status read_file(lw_wfdb_stream *stream, const lw_wfdb_stream_file *file, size_t first, size_t frames,
                           lw_record *record, lw_error *err) {
    const lw_wfdb_format *format = file->signals->format;
    const size_t wanted = frames + lw_wfdb_group_skew(&file->group), samples = wanted * file->group.frame;
    const size_t begin = file->offset + lw_wfdb_format_bytes(format, first * file->group.frame);
    size_t bytes = lw_wfdb_format_bytes(format, samples), got = 0;
    bytes = bytes < file->length - begin ? bytes : file->length - begin; /* a skewed signal may end before */
    if (!reserve(stream, bytes))
        return lw_fail_no_memory(err, "a stretch of a recording");
    lw_status status = lw_file_read_at(file->fd, file->shown, begin, stream->bytes, bytes, &got, err);
    if (status == LW_OK && got < bytes)
        return lw_fail(err, LW_ERR_FORMAT, "%s: the file has become shorter while it was read", file->shown);
    if (status != LW_OK)
        return status;
    lw_wfdb_target target[LW_RECORD_MAX_LEADS] = {{0}};
    for (size_t s = 0; s < file->group.count; s++)
        target[s].x = lw_record_signal_mutable(record, (size_t)file->lead[s]);
    return lw_wfdb_group_decode(&file->group, file->shown, (lw_bytes){.data = stream->bytes, .length = bytes}, frames,
                                stream->plan.hold, target, record, err);
}

/** Keep `count` samples of every lead from `skip` on. */
static void trim(lw_record *record, size_t skip, size_t count) {
    for (size_t l = 0; l < record->leads; l++)
        memmove(record->signal_mv + l * count, record->signal_mv + l * record->samples + skip,
                count * sizeof *record->signal_mv);
    record->samples = count;
}

lw_status lw_wfdb_stream_read(lw_wfdb_stream *stream, const lw_record *header, size_t first, size_t count,
                              lw_record **out, lw_error *err) {
    const size_t hold = stream->plan.hold;
    if (count == 0 || first >= header->samples || count > header->samples - first)
        return lw_fail(err, LW_ERR_ARGUMENT, "%s: %zu samples from %zu on, expected a stretch of %zu", header->name,
                       count, first, header->samples);
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
    trim(record, first - begin * hold, count);
    lw_record_measure(record);
    *out = record;
    return LW_OK;
}
