/** @file wfdb_header.c: the record line, segment lines and the order of lines in a header. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "base/memory.h"
#include "record/wfdb.h"

/* The frequency of header(5) for records that do not say theirs. */
static const double default_rate_hz = 250.0;

static int quoted(lw_span text) { return text.length < 60 ? (int)text.length : 60; }

void lw_wfdb_header_free(lw_wfdb_header *header) {
    for (size_t i = 0; header->signals && i < header->signal_count; i++) {
        free(header->signals[i].file);
        free(header->signals[i].unit);
        free(header->signals[i].name);
    }
    for (size_t i = 0; header->segments && i < header->segment_count; i++)
        free(header->segments[i].name);
    free(header->signals);
    free(header->segments);
    free(header->shown);
    *header = (lw_wfdb_header){0};
}

/** Whether `text` is `count` numbers of at most four digits with `mark` between them. */
static bool is_numbers(lw_span text, char mark, size_t least, size_t most) {
    size_t count = 0;
    long long value;
    lw_span part;
    while (lw_span_field(&text, mark, &part)) {
        count++;
        if (part.length > 4 || !lw_span_long(part, 0, 9999, &value))
            return false;
    }
    return count >= least && count <= most;
}

/** "12:33:59" or "12:33:59.250". */
static bool is_time(lw_span word) {
    const char *point = memchr(word.at, '.', word.length);
    lw_span whole = {word.at, point ? (size_t)(point - word.at) : word.length};
    long long fraction;
    if (point && !lw_span_long((lw_span){point + 1, word.length - whole.length - 1}, 0, INT32_MAX, &fraction))
        return false;
    return memchr(word.at, ':', word.length) && is_numbers(whole, ':', 2, 3);
}

/** "26/10/1994" (header(5)) or "12-May-2020" (the Challenges). */
static bool is_date(lw_span word) {
    static const char months[] = "janfebmaraprmayjunjulaugsepoctnovdec";
    if (is_numbers(word, '/', 3, 3))
        return true;
    lw_span day, month, year;
    if (!lw_span_field(&word, '-', &day) || !lw_span_field(&word, '-', &month) || !lw_span_field(&word, '-', &year))
        return false;
    bool named = false;
    for (size_t i = 0; month.length == 3 && i < 12; i++) {
        char name[4] = {0};
        memcpy(name, months + 3 * i, 3);
        named = named || lw_span_equals_nocase(month, name);
    }
    return named && word.length == 0 && is_numbers(day, '-', 1, 1) && is_numbers(year, '-', 1, 1);
}

/** Time and date in either order; anything else is only worth a warning, because nothing here depends on it. */
static void check_date(lw_span rest, const char *place, lw_record *record) {
    lw_span word;
    bool time = false, date = false;
    while (lw_wfdb_word(&rest, &word)) {
        if (!time && is_time(word)) {
            time = true;
        } else if (!date && is_date(word)) {
            date = true;
        } else {
            lw_record_warn(record, "%s: '%.*s', expected a time like 12:33:59 or a date like 26/10/1994 or 12-May-2020",
                           place, quoted(word), word.at);
            return;
        }
    }
}

/** "360" or "360/4.5(0)": what follows the slash is the counter frequency, of no use here. */
static lw_status take_rate(lw_span word, const char *place, lw_wfdb_header *out, lw_error *err) {
    const char *slash = memchr(word.at, '/', word.length);
    lw_span rate = {word.at, slash ? (size_t)(slash - word.at) : word.length};
    if (!lw_span_double(rate, &out->frame_rate_hz) || !(out->frame_rate_hz > 0.0))
        return lw_fail(err, LW_ERR_FORMAT, "%s: sampling frequency '%.*s', expected a positive number", place,
                       quoted(word), word.at);
    return LW_OK;
}

/** "041s/2" or "A0001": the record's name should be the file's, but renamed copies are common. */
static lw_status take_name(lw_span word, const char *place, lw_record *record, lw_wfdb_header *out, lw_error *err) {
    static const char *const suffixes[] = {".mat", ".hea", ".dat"};
    const char *slash = memchr(word.at, '/', word.length);
    lw_span name = {word.at, slash ? (size_t)(slash - word.at) : word.length};
    long long segments = 0;
    if (slash && !lw_span_long((lw_span){slash + 1, word.length - name.length - 1}, 1, LW_WFDB_MAX_SEGMENTS, &segments))
        return lw_fail(err, LW_ERR_FORMAT,
                       "%s: record name '%.*s', expected a name, or name/segments with 1 to %d segments", place,
                       quoted(word), word.at, LW_WFDB_MAX_SEGMENTS);
    out->segment_count = (size_t)segments;
    for (size_t i = 0; i < sizeof suffixes / sizeof *suffixes; i++)
        if (name.length > 4 && lw_span_equals_nocase((lw_span){name.at + name.length - 4, 4}, suffixes[i]))
            name.length -= 4;
    const char *file = lw_path_base(out->shown);
    size_t length = strlen(file) - (lw_name_ends(file, ".hea") ? 4 : 0);
    if (name.length != length || memcmp(name.at, file, length) != 0)
        lw_record_warn(record, "%s: the record is called %.*s, expected the name of its file", place, quoted(name),
                       name.at);
    return LW_OK;
}

/** "A0001 12 500 7500 12-May-2020 12:33:59". */
static lw_status take_record_line(lw_span line, const char *place, lw_record *record, lw_wfdb_header *out,
                                  lw_error *err) {
    lw_span word;
    long long signals, frames = 0;
    (void)lw_wfdb_word(&line, &word); /* the caller skips blank lines */
    lw_status status = take_name(word, place, record, out, err);
    if (status != LW_OK)
        return status;
    if (!lw_wfdb_word(&line, &word) || !lw_span_long(word, 1, LW_RECORD_MAX_LEADS, &signals))
        return lw_fail(err, LW_ERR_FORMAT, "%s: number of signals '%.*s', expected 1 to %d", place, quoted(word),
                       word.at, LW_RECORD_MAX_LEADS);
    out->signal_count = (size_t)signals;
    out->frame_rate_hz = default_rate_hz;
    if (!lw_wfdb_word(&line, &word))
        lw_record_warn(record, "%s: no sampling frequency, expected one; %g Hz is taken, as WFDB says", place,
                       default_rate_hz);
    else
        status = take_rate(word, place, out, err);
    if (status == LW_OK && lw_wfdb_word(&line, &word) && !lw_span_long(word, 0, INT64_MAX, &frames))
        return lw_fail(err, LW_ERR_FORMAT, "%s: number of samples '%.*s', expected an integer", place, quoted(word),
                       word.at);
    out->frames = (size_t)frames;
    check_date(line, place, record);
    return status;
}

/** "041s01 1000", "~ 500". */
static lw_status take_segment_line(lw_span line, const char *place, lw_wfdb_segment_line *out, lw_error *err) {
    lw_span name, word;
    long long frames;
    (void)lw_wfdb_word(&line, &name);
    if (!lw_wfdb_word(&line, &word) || !lw_span_long(word, 0, INT64_MAX, &frames))
        return lw_fail(err, LW_ERR_FORMAT, "%s: segment length '%.*s', expected a segment's name and its samples",
                       place, quoted(word), word.at);
    if (!lw_source_is_below(name))
        return lw_fail(err, LW_ERR_FORMAT, "%s: segment '%.*s', expected a name below the header's folder", place,
                       quoted(name), name.at);
    out->frames = (size_t)frames;
    out->name = lw_span_dup(name);
    return out->name ? LW_OK : lw_fail_no_memory(err, "a segment's name");
}

static lw_status allocate_lines(lw_wfdb_header *out, lw_error *err) {
    if (out->segment_count > 0)
        out->segments = lw_calloc(out->segment_count, sizeof *out->segments);
    else
        out->signals = lw_calloc(out->signal_count, sizeof *out->signals);
    return out->segments || out->signals ? LW_OK : lw_fail_no_memory(err, "a header");
}

/** Lines of a header as they come: the record line, then signal or segment lines. */
typedef struct line_state {
    size_t number;   /* of the line, from 1 */
    size_t taken;    /* signal or segment lines so far */
    bool has_record; /* the record line has been seen */
    bool warned;
} line_state;

static lw_status take_line(lw_span line, const char *place, line_state *state, lw_record *record, lw_wfdb_header *out,
                           lw_error *err) {
    if (!state->has_record) {
        state->has_record = true;
        out->record_line = state->number;
        lw_status status = take_record_line(line, place, record, out, err);
        return status == LW_OK ? allocate_lines(out, err) : status;
    }
    size_t i = state->taken++;
    if (out->segments && i < out->segment_count) {
        out->segments[i].line = state->number;
        return take_segment_line(line, place, &out->segments[i], err);
    }
    if (out->signals && i < out->signal_count) {
        out->signals[i].line = state->number;
        return lw_wfdb_signal_parse(line, place, record, &out->signals[i], err);
    }
    if (!state->warned)
        lw_record_warn(record, "%s: a line after the last signal, expected only comments; it is passed over", place);
    state->warned = true;
    return LW_OK;
}

static lw_status check_complete(const line_state *state, const lw_wfdb_header *out, lw_error *err) {
    size_t wanted = out->segments ? out->segment_count : out->signal_count;
    if (!state->has_record)
        return lw_fail(err, LW_ERR_FORMAT,
                       "%s:%zu: the header ends without a record line, expected a name and a number of signals",
                       out->shown, state->number);
    if (state->taken < wanted)
        return lw_fail(err, LW_ERR_FORMAT, "%s:%zu: the header ends after %zu %s lines, expected %zu", out->shown,
                       state->number, state->taken, out->segments ? "segment" : "signal", wanted);
    return LW_OK;
}

static lw_span without_byte_order_mark(lw_span text) {
    if (text.length >= 3 && memcmp(text.at, "\xEF\xBB\xBF", 3) == 0)
        return (lw_span){text.at + 3, text.length - 3};
    return text;
}

lw_status lw_wfdb_header_parse(const char *shown, lw_span text, lw_record *record, lw_wfdb_header *out, lw_error *err) {
    *out = (lw_wfdb_header){.shown = lw_strdup(shown)};
    if (!out->shown)
        return lw_fail_no_memory(err, "a header");
    if (text.length > LW_WFDB_MAX_HEADER)
        return lw_fail(err, LW_ERR_FORMAT, "%s: a header of %zu bytes, expected at most %d", shown, text.length,
                       LW_WFDB_MAX_HEADER);
    if (text.length > 0 && memchr(text.at, '\0', text.length))
        return lw_fail(err, LW_ERR_FORMAT, "%s: a zero byte, expected a header of text", shown);
    text = without_byte_order_mark(text);
    const char *cursor = text.at, *end = text.length > 0 ? text.at + text.length : text.at;
    char place[LW_PLACE_LENGTH];
    line_state state = {0};
    lw_status status = LW_OK;
    for (lw_span line; status == LW_OK && lw_span_line(&cursor, end, &line);) {
        line = lw_span_trim(line);
        lw_place(place, shown, ++state.number);
        if (line.length > 0 && *line.at == '#')
            status = lw_record_comment(record, (lw_span){line.at + 1, line.length - 1}, place, err);
        else if (line.length > 0)
            status = take_line(line, place, &state, record, out, err);
    }
    return status == LW_OK ? check_complete(&state, out, err) : status;
}
