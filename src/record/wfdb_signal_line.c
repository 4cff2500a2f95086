/** @file wfdb_signal_line.c: "A0001.mat 16+24 1000/mV 16 0 28 -1716 0 I". */
#include <math.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "base/memory.h"
#include "record/wfdb.h"

/* The gain of header(5) for signals that were never calibrated. */
static const double default_gain = 200.0;
/* Beyond these a gain is a damaged header, and (adc - baseline) / gain could leave the range of double. */
static const double smallest_gain = 1e-9, largest_gain = 1e12;

bool lw_wfdb_word(lw_span *rest, lw_span *word) {
    *rest = lw_span_trim(*rest);
    size_t length = 0;
    while (length < rest->length && rest->at[length] != ' ' && rest->at[length] != '\t')
        length++;
    *word = (lw_span){rest->at, length};
    *rest = (lw_span){rest->at + length, rest->length - length};
    return length > 0;
}

static int quoted(lw_span text) { return text.length < 60 ? (int)text.length : 60; }

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
static bool parse_storage(lw_span word, lw_wfdb_signal *out, long long *format) {
    long long per_frame = 1, skew = 0, offset = 0;
    bool ok = cut_number(&word, 100000, format);
    while (ok && word.length > 0) {
        char mark = *word.at;
        word = (lw_span){word.at + 1, word.length - 1};
        if (mark == 'x')
            ok = cut_number(&word, LW_WFDB_MAX_FRAME_SAMPLES, &per_frame) && per_frame > 0;
        else if (mark == ':')
            ok = cut_number(&word, INT32_MAX, &skew);
        else
            ok = mark == '+' && cut_number(&word, INT64_MAX / 2, &offset);
    }
    out->frame_samples = (size_t)per_frame;
    out->skew = (size_t)skew;
    out->offset = (size_t)offset;
    return ok;
}

static lw_status take_storage(lw_span word, const char *place, lw_wfdb_signal *out, lw_error *err) {
    long long format = 0;
    if (!parse_storage(word, out, &format))
        return lw_fail(err, LW_ERR_FORMAT, "%s: storage format '%.*s', expected one like 16, 212x4, 212:3 or 16+24",
                       place, quoted(word), word.at);
    out->format = lw_wfdb_format_find(format);
    if (!out->format)
        return lw_fail(err, LW_ERR_UNSUPPORTED,
                       "%s: storage format %lld, expected 8, 16, 24, 32, 61, 80, 160, 212, 310, 311, 508, 516 or 524",
                       place, format);
    if ((out->format->number == LW_WFDB_NO_FORMAT) != (strcmp(out->file, "~") == 0))
        return lw_fail(err, LW_ERR_FORMAT, "%s: format %lld of file %s, expected format 0 with the null file ~ only",
                       place, format, out->file);
    return LW_OK;
}

/** How far `text` goes up to the first of two marks. */
static size_t length_before(lw_span text, char one, char other) {
    size_t length = 0;
    while (length < text.length && text.at[length] != one && text.at[length] != other)
        length++;
    return length;
}

/** "200", "1000/mV", "1000.0(0)/mV": false when it is none of these. */
static bool split_gain(lw_span word, lw_wfdb_signal *out, bool *has_baseline, lw_span *unit) {
    size_t length = length_before(word, '(', '/');
    bool ok = lw_span_double((lw_span){word.at, length}, &out->gain);
    lw_span rest = {word.at + length, word.length - length};
    *has_baseline = rest.length > 0 && *rest.at == '(';
    if (*has_baseline) {
        size_t close = length_before(rest, ')', ')');
        ok = ok && close < rest.length && lw_span_double((lw_span){rest.at + 1, close - 1}, &out->baseline) &&
             fabs(out->baseline) <= INT32_MAX;
        rest = close < rest.length ? (lw_span){rest.at + close + 1, rest.length - close - 1} : (lw_span){rest.at, 0};
    }
    if (rest.length > 0)
        ok = ok && *rest.at == '/' && rest.length > 1;
    *unit = rest.length > 1 ? (lw_span){rest.at + 1, rest.length - 1} : (lw_span){"mV", 2};
    return ok;
}

static lw_status take_gain(lw_span word, const char *place, lw_record *record, lw_wfdb_signal *out, bool *has_baseline,
                           lw_error *err) {
    lw_span unit;
    if (!split_gain(word, out, has_baseline, &unit))
        return lw_fail(err, LW_ERR_FORMAT, "%s: ADC gain '%.*s', expected one like 200, 1000/mV or 1000(0)/mV", place,
                       quoted(word), word.at);
    if (out->gain == 0.0) {
        lw_record_warn(record, "%s: ADC gain is zero, expected a positive number; %g is taken, as WFDB says", place,
                       default_gain);
        out->gain = default_gain;
    }
    if (!(out->gain >= smallest_gain && out->gain <= largest_gain))
        return lw_fail(err, LW_ERR_FORMAT, "%s: ADC gain %g, expected %g to %g", place, out->gain, smallest_gain,
                       largest_gain);
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
    if (lw_wfdb_word(rest, &word) && !lw_span_long(word, INT32_MIN, INT32_MAX, &zero))
        return lw_fail(err, LW_ERR_FORMAT, "%s: ADC zero '%.*s', expected an integer", place, quoted(word), word.at);
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
    return LW_OK;
}

lw_status lw_wfdb_signal_parse(lw_span line, const char *place, lw_record *record, lw_wfdb_signal *out, lw_error *err) {
    lw_span rest = line, word;
    bool has_baseline = false;
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
    lw_status status = take_storage(word, place, out, err);
    out->gain = default_gain;
    if (status == LW_OK && lw_wfdb_word(&rest, &word))
        status = take_gain(word, place, record, out, &has_baseline, err);
    if (status == LW_OK)
        status = take_numbers(&rest, place, record, has_baseline, out, err);
    if (status != LW_OK)
        return status;
    out->name = lw_span_dup(lw_span_trim(rest));
    if (!out->unit)
        out->unit = lw_strdup("mV");
    return out->name && out->unit ? LW_OK : lw_fail_no_memory(err, "a signal's name");
}
