/* This file goes from a path or buffers to a recording or a stream, whatever the format. */
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "base/memory.h"
#include "record/reader.h"

/** A recording that is read in stretches. */
struct lw_record_stream {
    const lw_reader *reader;
    void *state; /**< the reader's */
    lw_record *header;
};

/** How much of a recording is read: all of it, its header, or (stream) what is needed for reading stretches. */
typedef struct extent {
    bool header_only;
    lw_record_stream *stream; /**< NULL: none */
} extent;

static lw_status read_known(lw_reading *reading, lw_record_stream *stream, lw_error *err) {
    char titles[256];
    const lw_reader *reader = lw_reader_find(reading->name, reading->head);
    lw_reader_titles(stream, titles);
    if (!reader)
        return lw_fail(err, LW_ERR_UNSUPPORTED, "%s: not a recording of a format known here, expected %s",
                       reading->shown, titles);
    if (stream && !reader->stream_open)
        return lw_fail(err, LW_ERR_UNSUPPORTED, "%s: a %s recording cannot be read in stretches, expected %s",
                       reading->shown, reader->title, titles);
    reading->record->format = reader->name;
    if (stream)
        stream->reader = reader;
    lw_status status = stream ? reader->stream_open(reading, &stream->state, err) : reader->read(reading, err);
    if (status != LW_OK)
        return status;
    lw_record *record = reading->record;
    status = lw_record_name_leads(record, reading->options.lead_names, err);
    if (status != LW_OK)
        return status;
    lw_record_check_names(record);
    if (record->signal_mv) /* 16-bit frames were measured on their way in */
        lw_record_measure(record);
    if (record->out_of_memory)
        return lw_fail_no_memory(err, "a warning");
    /* Strictness comes last, so that a damaged file is reported as such and not by its first oddity. */
    if (reading->options.strict && record->warning_count > 0)
        return lw_fail(err, LW_ERR_STRICT, "%s", record->warning[0]);
    return LW_OK;
}

static lw_status take_digests(lw_source *source, lw_record *record, lw_error *err) {
    lw_status status = lw_source_digest(source, err);
    if (status == LW_OK) {
        record->digests = source->digests;
        source->digests = (lw_digests){0};
    }
    return status;
}

/** Read the recording whose first file is `name` of `source`. */
static lw_status read_source(lw_source *source, const char *name, const lw_record_options *options, extent how,
                             lw_record **out, lw_error *err) {
    char head[LW_PROBE_BYTES];
    lw_reading reading = {.source = source, .name = name, .header_only = how.header_only};
    lw_status status = lw_options_take(&reading.options, sizeof reading.options, options, "lw_record_options", err);
    source->digests.wanted = reading.options.digest;
    if (status == LW_OK)
        status = lw_source_head(source, name, head, &reading.head, &reading.length, err);
    if (status != LW_OK)
        return status;
    if (reading.options.max_samples == 0)
        reading.options.max_samples = LW_RECORD_MAX_SAMPLES;
    char *shown = lw_path_join(source->folder, name);
    const char *base = lw_path_base(name);
    char *called = lw_span_dup((lw_span){base, lw_reader_stem(base)});
    reading.shown = shown;
    reading.record = shown && called ? lw_record_new_empty(called) : NULL;
    status = reading.record ? read_known(&reading, how.stream, err) : lw_fail_no_memory(err, "a recording");
    free(called);
    free(shown);
    if (status == LW_OK && reading.options.digest)
        status = take_digests(source, reading.record, err);
    if (status == LW_OK)
        *out = reading.record;
    else
        lw_record_free(&reading.record);
    return status;
}

static lw_status read_path(const char *path, const lw_record_options *options, extent how, lw_record **out,
                           lw_error *err) {
    lw_source source;
    char *first = lw_reader_first_file(path);
    if (!first)
        return lw_fail_no_memory(err, "a path");
    lw_status status = lw_source_open_folder(&source, first, err);
    if (status == LW_OK) {
        status = read_source(&source, lw_path_base(first), options, how, out, err);
        lw_source_close(&source);
    }
    free(first);
    return status;
}

lw_status lw_record_read(const char *path, const lw_record_options *options, lw_record **out, lw_error *err) {
    return read_path(path, options, (extent){0}, out, err);
}

lw_status lw_record_read_header(const char *path, const lw_record_options *options, lw_record **out, lw_error *err) {
    return read_path(path, options, (extent){.header_only = true}, out, err);
}

lw_status lw_record_stream_open(const char *path, const lw_record_options *options, lw_record_stream **out,
                                lw_error *err) {
    lw_record_stream *stream = lw_calloc(1, sizeof *stream);
    if (!stream)
        return lw_fail_no_memory(err, "a recording");
    lw_status status = read_path(path, options, (extent){.stream = stream}, &stream->header, err);
    if (status == LW_OK)
        *out = stream;
    else
        lw_record_stream_free(&stream);
    return status;
}

void lw_record_stream_free(lw_record_stream **stream) {
    lw_record_stream *it = stream ? *stream : NULL;
    if (!it)
        return;
    if (it->state)
        it->reader->stream_close(it->state);
    lw_record_free(&it->header);
    free(it);
    *stream = NULL;
}

const lw_record *lw_record_stream_header(const lw_record_stream *stream) { return stream->header; }

lw_status lw_record_stream_read(lw_record_stream *stream, size_t first, size_t count, lw_record **out, lw_error *err) {
    const lw_record *header = stream->header;
    if (count == 0 || first >= header->samples || count > header->samples - first)
        return lw_fail(err, LW_ERR_ARGUMENT, "%s: %zu samples from %zu on, expected a stretch of %zu", header->name,
                       count, first, header->samples);
    return stream->reader->stream_read(stream->state, header, first, count, out, err);
}

lw_status lw_record_parse(const lw_record_file *files, size_t file_count, const lw_record_options *options,
                          lw_record **out, lw_error *err) {
    lw_source source;
    if (!files || file_count == 0 || !files[0].name)
        return lw_fail(err, LW_ERR_ARGUMENT, "no files given, expected a recording's header and its signal files");
    lw_status status = lw_source_open_memory(&source, files, file_count, err);
    if (status != LW_OK)
        return status;
    status = read_source(&source, files[0].name, options, (extent){0}, out, err);
    lw_source_close(&source);
    return status;
}
