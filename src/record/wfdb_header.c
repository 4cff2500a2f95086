/* This file parses a header's record line, its lines of signals and segments, and their order. */
#include <math.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "base/memory.h"
#include "record/wfdb.h"

/* The frequency of header(5) for records without one. */
static const double default_rate_hz = 250.0;

/* The gain of header(5) for signals that were never calibrated. */
static const double default_gain = 200.0;
/* Beyond these sizes a gain is a damaged header. Between them (adc - baseline) / gain is finite in float, too. */
static const double smallest_gain = 1e-25, largest_gain = 1e25;

static int quoted(lw_span text) { return lw_quoted(text, 60); }

bool lw_wfdb_word(lw_span *rest, lw_span *word) {
    *rest = lw_span_trim(*rest);
    size_t length = 0;
    while (length < rest->length && rest->at[length] != ' ' && rest->at[length] != '\t')
        length++;
    *word = (lw_span){rest->at, length};
    *rest = (lw_span){rest->at + length, rest->length - length};
    return length > 0;
}

void lw_wfdb_header_free(lw_wfdb_header *header) {
    for (size_t i = 0; header->signals && i < header->signal_count; i++) {
        free(header->signals[i].file);
        free(header->signals[i].unit);
        free(header->signals[i].name);
        free(header->signals[i].damage);
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
    lw_span whole, rest = word;
    long long fraction;
    (void)lw_span_field(&rest, '.', &whole);
    if (whole.length < word.length && !lw_span_long(rest, 0, INT32_MAX, &fraction))
        return false;
    return is_numbers(whole, ':', 2, 3);
}

/** "26/10/1994" (header(5)) or "12-May-2020" (the Challenges). */
static bool is_date(lw_span word) {
    static const char *const months[] = {"jan", "feb", "mar", "apr", "may", "jun", "jul",
                                         "aug", "sep", "oct", "nov", "dec", NULL};
    lw_span day, month, year;
    if (is_numbers(word, '/', 3, 3))
        return true;
    return lw_span_field(&word, '-', &day) && lw_span_field(&word, '-', &month) && lw_span_field(&word, '-', &year) &&
           word.length == 0 && lw_span_is_one_of(month, months) && is_numbers(day, '-', 1, 1) &&
           is_numbers(year, '-', 1, 1);
}

/** Time and date in either order; anything else is only worth a warning, because nothing here depends on it. */
static void check_date(lw_span rest, const char *place, lw_record *record) {
    lw_span word;
    bool time = false, date = false;
    while (lw_wfdb_word(&rest, &word)) {
        const bool is_new_time = !time && is_time(word), is_new_date = !is_new_time && !date && is_date(word);
        if (!is_new_time && !is_new_date) {
            lw_record_warn(record,
                           "%s: text behind the number of samples, expected a time like 12:33:59 or a date like "
                           "26/10/1994 or 12-May-2020; it is passed over",
                           place);
            return;
        }
        time |= is_new_time;
        date |= is_new_date;
    }
}

/** "041s/2" or "A0001": the record's name should be the file's, but renamed copies are common. */
static lw_status take_name(lw_span word, const char *place, lw_record *record, lw_wfdb_header *out, lw_error *err) {
    static const char *const suffixes[] = {".mat", ".hea", ".dat"};
    lw_span name, rest = word;
    long long segments = 0;
    (void)lw_span_field(&rest, '/', &name);
    if (name.length < word.length && !lw_span_long(rest, 1, LW_WFDB_MAX_SEGMENTS, &segments))
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
        lw_record_warn(record, "%s: the record has another name than its file, expected the same", place);
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
    if (!lw_wfdb_word(&line, &word) || !lw_span_long(word, 1, LW_WFDB_MAX_SIGNALS, &signals))
        return lw_fail(err, LW_ERR_FORMAT, "%s: number of signals '%.*s', expected 1 to %d", place, quoted(word),
                       word.at, LW_WFDB_MAX_SIGNALS);
    out->signal_count = (size_t)signals;
    out->frame_rate_hz = default_rate_hz;
    if (!lw_wfdb_word(&line, &word))
        lw_record_warn(record, "%s: no sampling frequency, expected one; %g Hz is taken, as WFDB says", place,
                       default_rate_hz);
    lw_span rate, rest = word; /* "360" or "360/4.5(0)": the counter frequency behind the slash has no use here */
    if (lw_span_field(&rest, '/', &rate) && (!lw_span_double(rate, &out->frame_rate_hz) || !(out->frame_rate_hz > 0.0)))
        return lw_fail(err, LW_ERR_FORMAT, "%s: sampling frequency '%.*s', expected a positive number", place,
                       quoted(word), word.at);
    if (lw_wfdb_word(&line, &word) && !lw_span_long(word, 0, INT64_MAX, &frames))
        return lw_fail(err, LW_ERR_FORMAT, "%s: number of samples '%.*s', expected an integer", place, quoted(word),
                       word.at);
    out->frames = (size_t)frames;
    check_date(line, place, record);
    return LW_OK;
}

/* ---- Signal and segment lines */

/** The digits that `rest` starts with, cut off. */
static bool cut_number(lw_span *rest, long long high, long long *value) {
    size_t length = 0;
    while (length < rest->length && rest->at[length] >= '0' && rest->at[length] <= '9')
        length++;
    bool ok = lw_span_long((lw_span){rest->at, length}, 0, high, value);
    *rest = (lw_span){rest->at + length, rest->length - length};
    return ok;
}

/** "16", "16+24", "16x1+24", "212:3": a number, then parts that start with a mark. */
static lw_status take_storage(lw_span word, const char *place, lw_wfdb_signal *out, lw_error *err) {
    long long format = 0, per_frame = 1, skew = 0, offset = 0;
    lw_span rest = word;
    bool ok = cut_number(&rest, 100000, &format);
    while (ok && rest.length > 0) {
        char mark = *rest.at;
        rest = (lw_span){rest.at + 1, rest.length - 1};
        if (mark == 'x')
            ok = cut_number(&rest, LW_WFDB_MAX_FRAME_SAMPLES, &per_frame) && per_frame > 0;
        else if (mark == ':')
            ok = cut_number(&rest, INT32_MAX, &skew);
        else
            ok = mark == '+' && cut_number(&rest, INT64_MAX / 2, &offset);
    }
    if (!ok)
        return lw_fail(err, LW_ERR_FORMAT, "%s: storage format '%.*s', expected one like 16, 212x4, 212:3 or 16+24",
                       place, quoted(word), word.at);
    out->frame_samples = (size_t)per_frame;
    out->skew = (size_t)skew;
    out->offset = (size_t)offset;
    const lw_wfdb_format *known = lw_wfdb_format_find(format);
    if (!known)
        return lw_fail(err, LW_ERR_UNSUPPORTED,
                       "%s: storage format %lld, expected 8, 16, 24, 32, 61, 80, 160, 212, 310, 311, 508, 516 or 524",
                       place, format);
    const bool null_file = strcmp(out->file, "~") == 0, no_format = format == LW_WFDB_NO_FORMAT;
    if (null_file != no_format && !(no_format && strcmp(out->file, "*") == 0))
        return lw_fail(err, LW_ERR_FORMAT, "%s: format %lld of file %s, expected format 0 with the null file ~ only",
                       place, format, out->file);
    out->format = known;
    return LW_OK;
}

/** How far `text` goes up to the first of two marks. */
static size_t length_before(lw_span text, char one, char other) {
    size_t length = 0;
    while (length < text.length && text.at[length] != one && text.at[length] != other)
        length++;
    return length;
}

/** "200", "1000/mV", "1000.0(0)/mV", "-1000/mV". */
static lw_status take_gain(lw_span word, const char *place, lw_record *record, lw_wfdb_signal *out, bool *has_baseline,
                           lw_error *err) {
    const size_t length = length_before(word, '(', '/');
    double gain = default_gain;
    bool ok = lw_span_double((lw_span){word.at, length}, &gain);
    lw_span rest = {word.at + length, word.length - length};
    *has_baseline = rest.length > 0 && *rest.at == '(';
    if (*has_baseline) {
        size_t close = length_before(rest, ')', ')');
        ok = ok && close < rest.length && lw_span_double((lw_span){rest.at + 1, close - 1}, &out->baseline) &&
             fabs(out->baseline) <= INT32_MAX;
        rest = close < rest.length ? (lw_span){rest.at + close + 1, rest.length - close - 1} : (lw_span){rest.at, 0};
    }
    if (!ok || (rest.length > 0 && (*rest.at != '/' || rest.length == 1)))
        return lw_fail(err, LW_ERR_FORMAT, "%s: ADC gain '%.*s', expected one like 200, 1000/mV or 1000(0)/mV", place,
                       quoted(word), word.at);
    if (gain == 0.0) {
        if (!lw_wfdb_signal_is_null(out))
            lw_record_warn(record, "%s: ADC gain is zero, expected another number; %g is taken, as WFDB says", place,
                           default_gain);
        gain = default_gain;
    }
    if (!(fabs(gain) >= smallest_gain && fabs(gain) <= largest_gain))
        return lw_fail(err, LW_ERR_FORMAT, "%s: ADC gain %g, expected a size of %g to %g", place, gain, smallest_gain,
                       largest_gain);
    const lw_span unit = rest.length > 1 ? (lw_span){rest.at + 1, rest.length - 1} : lw_span_of("mV");
    lw_warn_megavolts(record, unit, place);
    out->gain = gain;
    out->unit = lw_span_dup(unit);
    return out->unit ? LW_OK : lw_fail_no_memory(err, "a unit");
}

/** A number that only serves checking: when it is damaged the recording can still be read, with a warning. */
static bool take_check(lw_span word, const char *what, const char *place, lw_record *record, long long *value) {
    if (lw_span_long(word, INT32_MIN, UINT32_MAX, value))
        return true;
    lw_record_warn(record, "%s: %s '%.*s', expected an integer; it is passed over", place, what, quoted(word), word.at);
    return false;
}

/** The words behind the gain: ADC resolution, ADC zero, initial value, checksum, block size. */
static lw_status take_numbers(lw_span *rest, const char *place, lw_record *record, bool has_baseline,
                              lw_wfdb_signal *out, lw_error *err) {
    lw_span word;
    long long value, zero = 0;
    if (lw_wfdb_word(rest, &word))
        (void)take_check(word, "ADC resolution", place, record, &value);
    lw_status status = LW_OK;
    if (lw_wfdb_word(rest, &word) && !lw_span_long(word, INT32_MIN, INT32_MAX, &zero))
        status = lw_fail(err, LW_ERR_FORMAT, "%s: ADC zero '%.*s', expected an integer", place, quoted(word), word.at);
    if (!has_baseline)
        out->baseline = (double)zero;
    out->initial = (int32_t)zero; /* header(5): where it is missing, the ADC zero stands for it */
    if (lw_wfdb_word(rest, &word) && take_check(word, "initial value", place, record, &value)) {
        out->has_initial = value <= INT32_MAX;
        out->initial = out->has_initial ? (int32_t)value : out->initial;
    }
    if (lw_wfdb_word(rest, &word) && take_check(word, "checksum", place, record, &value)) {
        out->has_checksum = true;
        out->checksum = (uint16_t)((uint64_t)value & 0xFFFF);
    }
    if (lw_wfdb_word(rest, &word))
        (void)take_check(word, "block size", place, record, &value);
    return status;
}

/** Everything behind the file's name. Damage of one word does not keep the next from being read: LW_OK or the first
 * failure. */
static lw_status take_words(lw_span rest, lw_span storage, const char *place, lw_record *record, lw_wfdb_signal *out,
                            lw_error *err) {
    lw_span word;
    bool has_baseline = false;
    lw_status first = take_storage(storage, place, out, err), next = LW_OK;
    if (lw_wfdb_word(&rest, &word))
        next = take_gain(word, place, record, out, &has_baseline, first == LW_OK ? err : NULL);
    first = first == LW_OK ? next : first;
    next = take_numbers(&rest, place, record, has_baseline, out, first == LW_OK ? err : NULL);
    first = first == LW_OK ? next : first;
    out->name = lw_span_dup(lw_span_trim(rest));
    if (!out->unit)
        out->unit = lw_strdup("mV");
    return out->name && out->unit ? first : lw_fail_no_memory(err, "a signal's name");
}

/**
 * "A0001.mat 16+24 1000/mV 16 0 28 -1716 0 I", into a signal of zeros. Damage of a line whose signal has a name that is
 * no lead's costs a warning, and is kept; a signal without a name may be a lead.
 */
static lw_status take_signal_line(lw_span line, const char *place, lw_record *record, lw_wfdb_signal *out,
                                  lw_error *err) {
    lw_span rest = line, word;
    lw_error cause = {0};
    (void)lw_wfdb_word(&rest, &word); /* the caller skips blank lines */
    if (!lw_source_is_below(word))
        return lw_fail(err, LW_ERR_FORMAT, "%s: file '%.*s', expected a name below the header's folder", place,
                       quoted(word), word.at);
    out->file = lw_span_dup(word);
    if (!out->file)
        return lw_fail_no_memory(err, "a file's name");
    if (!lw_wfdb_word(&rest, &word))
        return lw_fail(err, LW_ERR_FORMAT, "%s: a signal line of one word, expected a file name and a storage format",
                       place);
    out->gain = default_gain;
    out->frame_samples = 1;
    out->format = lw_wfdb_format_find(LW_WFDB_NO_FORMAT);
    const lw_status status = take_words(rest, word, place, record, out, &cause);
    if (status == LW_OK)
        return LW_OK;
    if (status == LW_ERR_NO_MEMORY || !*out->name || lw_wfdb_signal_is_lead(out))
        return lw_fail(err, status, "%s", cause.message);
    lw_record_warn(record, "%s; signal %s is no lead, and counts as missing", cause.message, out->name);
    out->has_initial = out->has_checksum = false;
    out->damage = lw_strdup(cause.message);
    return out->damage ? LW_OK : lw_fail_no_memory(err, "a header");
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
        if (status != LW_OK)
            return status;
        if (out->segment_count > 0)
            out->segments = lw_calloc(out->segment_count, sizeof *out->segments);
        else
            out->signals = lw_calloc(out->signal_count, sizeof *out->signals);
        return out->segments || out->signals ? LW_OK : lw_fail_no_memory(err, "a header");
    }
    size_t i = state->taken++;
    if (out->segments && i < out->segment_count) {
        out->segments[i].line = state->number;
        return take_segment_line(line, place, &out->segments[i], err);
    }
    if (out->signals && i < out->signal_count) {
        out->signals[i].line = state->number;
        return take_signal_line(line, place, record, &out->signals[i], err);
    }
    if (!state->warned)
        lw_record_warn(record, "%s: a line after the last signal, expected only comments; it is passed over", place);
    state->warned = true;
    return LW_OK;
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
    text = lw_without_byte_order_mark(text);
    const char *cursor = text.at, *end = text.length > 0 ? text.at + text.length : text.at;
    char place[LW_PLACE_LENGTH];
    line_state state = {0};
    lw_status status = LW_OK;
    for (lw_span line; status == LW_OK && lw_span_line(&cursor, end, &line);) {
        state.number++;
        line = lw_span_trim(line);
        if (line.length == 0)
            continue;
        lw_place(place, shown, state.number);
        if (*line.at == '#')
            status = lw_record_comment(record, (lw_span){line.at + 1, line.length - 1}, place, err);
        else
            status = take_line(line, place, &state, record, out, err);
    }
    if (status != LW_OK)
        return status;
    if (!state.has_record)
        return lw_fail(err, LW_ERR_FORMAT,
                       "%s:%zu: the header ends without a record line, expected a name and a number of signals", shown,
                       state.number);
    const size_t wanted = out->segments ? out->segment_count : out->signal_count;
    if (state.taken < wanted)
        return lw_fail(err, LW_ERR_FORMAT, "%s:%zu: the header ends after %zu %s lines, expected %zu", shown,
                       state.number, state.taken, out->segments ? "segment" : "signal", wanted);
    return LW_OK;
}
