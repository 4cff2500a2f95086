/* This file decodes stretches of a recording as if each were the whole of a shorter one. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "base/memory.h"
#include "record/wfdb.h"

/** Files are read from multiples of this many frames on, which are whole groups of 2 or 3 packed samples. */
enum { ALIGNED_FRAMES = 6 };

/** A signal file that is open. */
typedef struct stream_file {
    lw_source_file file;
    lw_wfdb_group group; /* as of a file that begins with the frames that have been read */
    size_t offset;       /* bytes before the first sample */
} stream_file;

/** The files of one part at a time are open: a recording may have thousands of segments. */
typedef struct wfdb_stream {
    lw_source source;
    lw_wfdb_plan plan;
    const lw_wfdb_part *open_part; /* NULL: none */
    stream_file *file;             /* [file_count] of that part */
    size_t file_count;
    uint8_t *bytes; /* of a stretch of a file */
    size_t capacity;
} wfdb_stream;

static void close_files(wfdb_stream *stream) {
    for (size_t i = 0; i < stream->file_count; i++)
        lw_source_file_close(&stream->file[i].file);
    free(stream->file);
    stream->file = NULL;
    stream->file_count = 0;
    stream->open_part = NULL;
}

void lw_wfdb_stream_close(void *state) {
    wfdb_stream *stream = state;
    close_files(stream);
    free(stream->bytes);
    lw_wfdb_plan_free(&stream->plan);
    lw_source_close(&stream->source);
    free(stream);
}

/* ---- Opening */

static lw_status open_file(lw_source *source, const lw_wfdb_group *group, lw_source_file *file, lw_error *err) {
    const lw_wfdb_signal *lead = group->signals;
    lw_error cause;
    lw_status status = lw_source_open_file(source, lead->file, file, &cause);
    if (status != LW_OK)
        return lw_fail(err, status, "%s:%zu: %s", group->header->shown, lead->line, cause.message);
    return LW_OK;
}

/** The length of a group's file, whose samples must be within reach of each other. */
static lw_status measure_group(lw_reading *reading, const lw_wfdb_group *group, size_t *bytes, size_t *frames,
                               lw_error *err) {
    const lw_wfdb_signal *lead = group->signals;
    lw_source_file file;
    if (lead->format->flac_bits || lead->format->difference)
        return lw_fail(err, LW_ERR_UNSUPPORTED, "%s:%zu: format %d, expected one that can be read from the middle",
                       group->header->shown, lead->line, lead->format->number);
    lw_status status = open_file(reading->source, group, &file, err);
    if (status != LW_OK)
        return status;
    *bytes = file.length;
    lw_source_file_close(&file);
    return lw_wfdb_group_frames(group, (lw_bytes){.length = *bytes}, frames, err);
}

lw_status lw_wfdb_stream_open(lw_reading *reading, void **out, lw_error *err) {
    wfdb_stream *stream = lw_calloc(1, sizeof *stream);
    if (!stream)
        return lw_fail_no_memory(err, "a recording");
    lw_status status = lw_source_open_again(reading->source, &stream->source, err);
    if (status == LW_OK)
        status = lw_wfdb_plan_read(reading, &stream->plan, err);
    if (status == LW_OK)
        status = lw_wfdb_plan_check_files(reading, &stream->plan, measure_group, err);
    if (status == LW_OK)
        status = lw_wfdb_describe(reading, &stream->plan, err);
    /* First samples and checksums are those of whole files. */
    for (size_t i = 0; status == LW_OK && i < stream->plan.part_count; i++)
        for (size_t s = 0; s < stream->plan.parts[i].header.signal_count; s++) {
            lw_wfdb_signal *signal = &stream->plan.parts[i].header.signals[s];
            signal->has_initial = signal->has_checksum = false;
        }
    if (status == LW_OK)
        *out = stream;
    else
        lw_wfdb_stream_close(stream);
    return status;
}

/* ---- Reading */

/** Open the files of a part in place of those of another. */
static lw_status open_part(wfdb_stream *stream, const lw_wfdb_part *part, lw_error *err) {
    lw_wfdb_group group;
    lw_status status = LW_OK;
    if (stream->open_part == part)
        return LW_OK;
    close_files(stream);
    stream->file = lw_calloc(part->header.signal_count, sizeof *stream->file);
    if (!stream->file)
        return lw_fail_no_memory(err, "signal files");
    for (size_t s = 0; status == LW_OK && s < part->header.signal_count; s += group.count) {
        stream_file *file = &stream->file[stream->file_count];
        status = lw_wfdb_group_at(&part->header, s, &group, err);
        if (status != LW_OK || lw_wfdb_signal_is_null(group.signals))
            continue;
        size_t frames = 0;
        status = open_file(&stream->source, &group, &file->file, err);
        if (status != LW_OK)
            continue;
        stream->file_count++;
        status = lw_wfdb_group_frames(&group, (lw_bytes){.length = file->file.length}, &frames, err);
        if (status == LW_OK && frames < part->frames)
            status = lw_fail(err, LW_ERR_FORMAT, "%s: the file has become shorter while it was read", file->file.shown);
        file->group = group;
        file->offset = group.offset;
        file->group.offset = 0;
    }
    if (status == LW_OK)
        stream->open_part = part;
    else
        close_files(stream);
    return status;
}

/** Bytes of a file into stream->bytes. */
static lw_status read_bytes(wfdb_stream *stream, const stream_file *file, size_t begin, size_t bytes, lw_error *err) {
    if (bytes > stream->capacity) {
        free(stream->bytes);
        stream->bytes = malloc(bytes);
        stream->capacity = stream->bytes ? bytes : 0;
        if (!stream->bytes)
            return lw_fail_no_memory(err, "a stretch of a recording");
    }
    return lw_source_file_read(&file->file, begin, stream->bytes, bytes, err);
}

/** Frames `first` to `first + frames - 1` of a file into the leads of `record`, from its sample `at` on. */
static lw_status read_file(wfdb_stream *stream, const stream_file *file, size_t first, size_t frames, lw_record *record,
                           size_t at, lw_error *err) {
    const lw_wfdb_format *format = file->group.signals->format;
    const size_t wanted = frames + lw_wfdb_group_skew(&file->group), samples = wanted * file->group.frame;
    const size_t begin = file->offset + lw_wfdb_format_bytes(format, first * file->group.frame);
    size_t bytes = lw_wfdb_format_bytes(format, samples);
    bytes = bytes < file->file.length - begin ? bytes : file->file.length - begin; /* a skewed signal may end before */
    lw_wfdb_target *target = lw_calloc(file->group.count, sizeof *target);
    lw_status status = target ? read_bytes(stream, file, begin, bytes, err) : lw_fail_no_memory(err, "signals");
    for (size_t s = 0; status == LW_OK && s < file->group.count; s++) {
        const lw_wfdb_signal *signal = &file->group.signals[s];
        if (signal->lead >= 0 && !signal->damage)
            target[s].x = lw_record_signal_mutable(record, (size_t)signal->lead) + at;
    }
    if (status == LW_OK)
        status = lw_wfdb_group_decode(&file->group, (lw_bytes){.data = stream->bytes, .length = bytes}, frames,
                                      stream->plan.hold, target, record, err);
    free(target);
    return status;
}

/** The first part that ends behind `frame`. */
static const lw_wfdb_part *part_at(const lw_wfdb_plan *plan, size_t frame) {
    size_t low = 0, high = plan->part_count - 1;
    while (low < high) {
        const size_t middle = low + (high - low) / 2;
        if (plan->parts[middle].start + plan->parts[middle].frames > frame)
            high = middle;
        else
            low = middle + 1;
    }
    return &plan->parts[low];
}

/** Frames `begin` to `end - 1` of the recording, `begin` being aligned in its part, into a record of as many. */
static lw_status read_parts(wfdb_stream *stream, size_t begin, size_t end, lw_record *record, lw_error *err) {
    const lw_wfdb_plan *plan = &stream->plan;
    lw_status status = LW_OK;
    for (const lw_wfdb_part *part = part_at(plan, begin);
         status == LW_OK && part < plan->parts + plan->part_count && part->start < end; part++) {
        const size_t first = begin > part->start ? begin - part->start : 0;
        const size_t last = part->start + part->frames < end ? part->frames : end - part->start;
        if (first >= last || !part->header.signals)
            continue;
        status = open_part(stream, part, err);
        for (size_t i = 0; i < stream->file_count && status == LW_OK; i++)
            status = read_file(stream, &stream->file[i], first, last - first, record,
                               (part->start + first - begin) * plan->hold, err);
    }
    return status;
}

lw_status lw_wfdb_stream_read(void *state, const lw_record *header, size_t first, size_t count, lw_record **out,
                              lw_error *err) {
    wfdb_stream *stream = state;
    const size_t hold = stream->plan.hold;
    const lw_wfdb_part *part = part_at(&stream->plan, first / hold);
    const size_t begin = part->start + (first / hold - part->start) / ALIGNED_FRAMES * ALIGNED_FRAMES;
    const size_t end = (first + count + hold - 1) / hold;
    lw_record *record = lw_record_new_like(header, (end - begin) * hold);
    if (!record)
        return lw_fail_no_memory(err, "a stretch of a recording");
    for (size_t i = 0; i < record->leads * record->samples; i++)
        record->signal_mv[i] = NAN;
    lw_status status = read_parts(stream, begin, end, record, err);
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
