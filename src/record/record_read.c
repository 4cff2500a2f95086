/** @file record_read.c: from a path or buffers to a recording, whatever its format. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/error.h"
#include "base/memory.h"
#include "record/reader.h"
#include "record/wfdb_stream.h"

static const size_t max_first_file = (size_t)1 << 30;

void lw_place(char place[LW_PLACE_LENGTH], const char *file, size_t line) {
    enum { MOST = LW_PLACE_LENGTH - 24 }; /* leaves room for the largest line number */
    size_t length = strlen(file);
    snprintf(place, LW_PLACE_LENGTH, "%s:%zu", length > MOST ? file + length - MOST : file, line);
}

lw_status lw_reading_set_shape(lw_reading *reading, const char *place, size_t leads, size_t samples, double rate_hz,
                               lw_error *err) {
    size_t values;
    if (leads < 1 || leads > LW_RECORD_MAX_LEADS)
        return lw_fail(err, LW_ERR_FORMAT, "%s: %zu leads, expected 1 to %d", place, leads, LW_RECORD_MAX_LEADS);
    if (!(rate_hz >= LW_RECORD_MIN_RATE_HZ && rate_hz <= LW_RECORD_MAX_RATE_HZ))
        return lw_fail(err, LW_ERR_FORMAT, "%s: sampling rate %g Hz, expected %g to %g", place, rate_hz,
                       LW_RECORD_MIN_RATE_HZ, LW_RECORD_MAX_RATE_HZ);
    if (samples > reading->options.max_samples || !lw_size_mul(leads, samples, &values) ||
        values > LW_RECORD_MAX_VALUES)
        return lw_fail(err, LW_ERR_FORMAT, "%s: %zu samples of %zu leads, expected at most %zu a lead and %zu in all",
                       place, samples, leads, reading->options.max_samples, LW_RECORD_MAX_VALUES);
    if (samples == 0 && !reading->header_only)
        return lw_fail(err, LW_ERR_TOO_SHORT, "%s: the recording holds no samples, expected at least one", place);
    return lw_record_set_shape(reading->record, leads, samples, rate_hz) ? LW_OK
                                                                         : lw_fail_no_memory(err, "a recording");
}

/** The file's name without its suffix. */
static char *record_name(const char *file_name) {
    static const char *const suffixes[] = {".hea", ".csv", ".tsv", ".txt"};
    size_t length = strlen(file_name);
    for (size_t i = 0; i < sizeof suffixes / sizeof *suffixes; i++)
        if (lw_name_ends(file_name, suffixes[i]))
            return lw_span_dup((lw_span){file_name, length - strlen(suffixes[i])});
    return lw_strdup(file_name);
}

/** Strictness is judged last, so that a damaged file is reported as such and not by its first oddity. */
static lw_status finish(const lw_reading *reading, lw_error *err) {
    lw_record *record = reading->record;
    lw_record_check_names(record);
    if (record->signal_mv) /* frames were measured on their way in */
        lw_record_measure(record);
    if (record->out_of_memory)
        return lw_fail_no_memory(err, "a warning");
    if (reading->options.strict && record->warning_count > 0)
        return lw_fail(err, LW_ERR_STRICT, "%s", record->warning[0]);
    return LW_OK;
}

/** A recording that is read in stretches. */
struct lw_record_stream {
    lw_record *header;
    lw_wfdb_stream wfdb;
};

/** How much of a recording is read: all of it, its header, or (stream) what is needed for reading stretches. */
typedef struct extent {
    bool header_only;
    lw_record_stream *stream; /**< NULL: none */
} extent;

static lw_status read_known(lw_reading *reading, lw_record_stream *stream, lw_error *err) {
    const lw_reader *reader = lw_reader_find(reading->name, reading->text);
    if (!reader)
        return lw_fail(err, LW_ERR_UNSUPPORTED, "%s: not a recording of a format known here, expected WFDB or CSV",
                       reading->shown);
    if (stream && reader != &lw_wfdb_reader)
        return lw_fail(err, LW_ERR_UNSUPPORTED, "%s: a %s recording, expected WFDB to read in stretches",
                       reading->shown, reader->name);
    reading->record->format = reader->name;
    lw_status status = stream ? lw_wfdb_stream_open(reading, &stream->wfdb, err) : reader->read(reading, err);
    return status == LW_OK ? finish(reading, err) : status;
}

/** Read the recording whose first file is `name` of `source`. */
static lw_status read_source(lw_source *source, const char *name, const lw_record_options *options, extent how,
                             lw_record **out, lw_error *err) {
    lw_bytes view;
    lw_reading reading = {.source = source, .name = lw_path_base(name), .header_only = how.header_only};
    lw_status status = lw_options_take(&reading.options, sizeof reading.options, options, "lw_record_options", err);
    if (status == LW_OK)
        status = lw_source_read(source, name, max_first_file, &view, err);
    if (status != LW_OK)
        return status;
    reading.text = (lw_span){(const char *)view.data, view.length};
    if (reading.options.max_samples == 0)
        reading.options.max_samples = LW_RECORD_MAX_SAMPLES;
    char *shown = lw_path_join(source->folder, name);
    char *called = record_name(reading.name);
    reading.shown = shown;
    reading.record = shown && called ? lw_record_new_empty(called) : NULL;
    status = reading.record ? read_known(&reading, how.stream, err) : lw_fail_no_memory(err, "a recording");
    free(called);
    free(shown);
    if (status == LW_OK)
        *out = reading.record;
    else
        lw_record_free(&reading.record);
    return status;
}

static char *with_suffix(const char *path, size_t keep, const char *suffix) {
    lw_text text = {0};
    lw_text_append(&text, path, keep);
    lw_text_puts(&text, suffix);
    if (text.failed)
        lw_text_free(&text);
    return text.data;
}

/** What the user may mean by `path`: a signal file stands for its header, and a header's suffix may be left out. */
static char *first_file_path(const char *path) {
    struct stat info;
    size_t length = strlen(path);
    if (lw_name_ends(path, ".mat") || lw_name_ends(path, ".dat"))
        return with_suffix(path, length - 4, ".hea");
    if (stat(path, &info) == 0 && !S_ISDIR(info.st_mode))
        return lw_strdup(path);
    char *header = with_suffix(path, length, ".hea");
    if (header && lstat(header, &info) != 0) {
        free(header);
        return lw_strdup(path); /* so that the sentence names what the user wrote */
    }
    return header;
}

static lw_status read_path(const char *path, const lw_record_options *options, extent how, lw_record **out,
                           lw_error *err) {
    lw_source source;
    char *first = first_file_path(path);
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
    if (!stream || !*stream)
        return;
    lw_record_free(&(*stream)->header);
    lw_wfdb_stream_close(&(*stream)->wfdb);
    free(*stream);
    *stream = NULL;
}

const lw_record *lw_record_stream_header(const lw_record_stream *stream) { return stream->header; }

lw_status lw_record_stream_read(lw_record_stream *stream, size_t first, size_t count, lw_record **out, lw_error *err) {
    return lw_wfdb_stream_read(&stream->wfdb, stream->header, first, count, out, err);
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
