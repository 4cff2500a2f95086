/** @file plain_reader.c: the skeleton of docs/new-format.md, which reads a format made up for it. */
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "base/memory.h"
#include "record/reader.h"

/*
 * A line "PLAINECG LEADS RATE", a line of the leads' names, and from there to the end 16-bit little-endian numbers in
 * microvolts, of all leads for the first sample, then of all for the second.
 */
static const char magic[] = "PLAINECG ";

typedef struct plain_header {
    lw_span names;
    size_t leads, samples, offset;
    double rate_hz;
} plain_header;

/* By its first bytes; the suffix alone is not enough, so that other files of this name are not taken for recordings. */
static bool probe(const char *name, lw_span head) {
    (void)name;
    return head.length >= strlen(magic) && memcmp(head.at, magic, strlen(magic)) == 0;
}

/* Every number from the file is checked before it is used. The header lies within the first bytes, so that a stream does
 * not read the whole file for it. */
static lw_status parse_header(const lw_reading *reading, plain_header *out, lw_error *err) {
    const char *cursor = reading->head.at, *end = cursor + reading->head.length;
    lw_span line, word;
    long long leads = 0;
    bool good = lw_span_line(&cursor, end, &line);
    good = good && lw_span_field(&line, ' ', &word) && lw_span_field(&line, ' ', &word);
    good = good && lw_span_long(word, 1, LW_RECORD_MAX_LEADS, &leads) && lw_span_double(line, &out->rate_hz);
    if (!good || !lw_span_line(&cursor, end, &out->names))
        return lw_fail(err, LW_ERR_FORMAT, "%s:1: expected PLAINECG, 1 to %d leads, a rate, and a line of names",
                       reading->shown, LW_RECORD_MAX_LEADS);
    out->leads = (size_t)leads;
    out->offset = (size_t)(cursor - reading->head.at);
    out->samples = (reading->length - out->offset) / 2 / out->leads;
    if ((reading->length - out->offset) % (2 * out->leads) != 0)
        lw_record_warn(reading->record, "%s: a part of a sample at the end, expected whole ones; it is passed over",
                       reading->shown);
    return LW_OK;
}

/* Shape first, which checks the limits, then the leads. */
static lw_status describe(lw_reading *reading, const plain_header *header, lw_error *err) {
    char place[LW_PLACE_LENGTH];
    lw_span names = header->names, name;
    lw_place(place, reading->shown, 1);
    lw_status status = lw_reading_set_shape(reading, place, header->leads, header->samples, header->rate_hz, err);
    for (size_t l = 0; status == LW_OK && l < header->leads; l++) {
        if (!lw_span_field(&names, ' ', &name))
            return lw_fail(err, LW_ERR_FORMAT, "%s:2: %zu names, expected %zu", reading->shown, l, header->leads);
        char *copy = lw_span_dup(name);
        const bool set = copy && lw_record_set_lead(reading->record, l, copy, "uV", 1.0, 0.0);
        free(copy);
        status = set ? LW_OK : lw_fail_no_memory(err, "a lead's name");
    }
    return status;
}

static void take_samples(lw_record *record, const uint8_t *bytes) {
    for (size_t l = 0; l < record->leads; l++) {
        double *mv = lw_record_signal_mutable(record, l);
        for (size_t t = 0; t < record->samples; t++) {
            const uint8_t *at = bytes + 2 * (t * record->leads + l);
            mv[t] = (int16_t)(at[0] | at[1] << 8) / 1000.0;
        }
    }
}

static lw_status read_plain(lw_reading *reading, lw_error *err) {
    plain_header header;
    lw_span text;
    lw_status status = parse_header(reading, &header, err);
    if (status == LW_OK)
        status = describe(reading, &header, err);
    if (status != LW_OK || reading->header_only)
        return status;
    status = lw_reading_text(reading, &text, err);
    if (status != LW_OK)
        return status;
    if (!lw_record_allocate(reading->record))
        return lw_fail_no_memory(err, "a recording's samples");
    take_samples(reading->record, (const uint8_t *)text.at + header.offset);
    return LW_OK;
}

/* ---- Streams: a reader may omit these functions, and lw_record_stream_open then reports that the format has none. */

typedef struct plain_stream {
    plain_header header;
    lw_source_file file;
} plain_stream;

static void stream_close(void *state) {
    plain_stream *stream = state;
    lw_source_file_close(&stream->file);
    free(stream);
}

static lw_status stream_open(lw_reading *reading, void **out, lw_error *err) {
    plain_header header;
    lw_status status = parse_header(reading, &header, err);
    if (status == LW_OK)
        status = describe(reading, &header, err);
    if (status != LW_OK)
        return status;
    plain_stream *stream = lw_calloc(1, sizeof *stream);
    if (!stream)
        return lw_fail_no_memory(err, "a stream");
    stream->header = header;
    status = lw_source_open_file(reading->source, reading->name, &stream->file, err);
    if (status == LW_OK)
        *out = stream;
    else
        free(stream);
    return status;
}

static lw_status stream_read(void *state, const lw_record *header, size_t first, size_t count, lw_record **out,
                             lw_error *err) {
    const plain_stream *stream = state;
    const size_t frame = 2 * header->leads;
    lw_record *record = lw_record_new_like(header, count);
    uint8_t *bytes = lw_calloc(count, frame);
    lw_status status = record && bytes ? LW_OK : lw_fail_no_memory(err, "a stretch of a recording");
    if (status == LW_OK)
        status = lw_source_file_read(&stream->file, stream->header.offset + first * frame, bytes, count * frame, err);
    if (status == LW_OK) {
        take_samples(record, bytes);
        lw_record_measure(record);
        *out = record;
    } else {
        lw_record_free(&record);
    }
    free(bytes);
    return status;
}

const lw_reader lw_plain_reader = {
    .name = "plain",
    .title = "Plain",
    .suffixes = {".plain"},
    .listed = true,
    .probe = probe,
    .read = read_plain,
    .stream_open = stream_open,
    .stream_read = stream_read,
    .stream_close = stream_close,
};
