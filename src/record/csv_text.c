/* This file cuts the text of a CSV file: its encoding, its lines, their fields and numbers. */
#include "record/csv.h"

#include <stdlib.h>
#include <string.h>

/* ---- Encoding */

/** The UTF-16 unit at `at`, with the byte of the higher bits first or last. */
static uint32_t unit_at(const uint8_t *at, bool high_first) {
    return high_first ? (uint32_t)at[0] << 8 | at[1] : (uint32_t)at[1] << 8 | at[0];
}

/** Write a character as UTF-8; the number of bytes. */
static size_t put_utf8(uint32_t c, char *out) {
    const size_t length = c < 0x80 ? 1 : c < 0x800 ? 2 : c < 0x10000 ? 3 : 4;
    static const uint8_t first[] = {0, 0, 0xC0, 0xE0, 0xF0};
    for (size_t i = length; i-- > 1; c >>= 6)
        out[i] = (char)(0x80 | (c & 0x3F));
    out[0] = (char)(first[length] | c);
    return length;
}

/** From UTF-16 to UTF-8; NULL when out of memory. A surrogate that has no partner becomes U+FFFD. */
static char *from_utf16(const uint8_t *at, size_t units, bool high_first, size_t *length) {
    char *out = malloc(3 * units + 1);
    *length = 0;
    for (size_t i = 0; out && i < units; i++) {
        uint32_t c = unit_at(at + 2 * i, high_first);
        const uint32_t next = i + 1 < units ? unit_at(at + 2 * i + 2, high_first) : 0;
        if (c >= 0xD800 && c < 0xDC00 && next >= 0xDC00 && next < 0xE000) {
            c = 0x10000 + ((c - 0xD800) << 10) + (next - 0xDC00);
            i++;
        } else if (c >= 0xD800 && c < 0xE000) {
            c = 0xFFFD;
        }
        *length += put_utf8(c, out + *length);
    }
    return out;
}

bool lw_csv_decode(lw_span bytes, char **owned, lw_span *text) {
    const uint8_t *at = (const uint8_t *)bytes.at;
    const bool high_first = bytes.length >= 2 && at[0] == 0xFE && at[1] == 0xFF;
    const bool low_first = bytes.length >= 2 && at[0] == 0xFF && at[1] == 0xFE;
    *owned = NULL;
    *text = lw_without_byte_order_mark(bytes);
    if (!high_first && !low_first)
        return true;
    *owned = from_utf16(at + 2, bytes.length / 2 - 1, high_first, &text->length);
    text->at = *owned;
    return *owned;
}

/* ---- Lines */

lw_csv_lines lw_csv_lines_start(lw_span text) {
    return (lw_csv_lines){text.at, text.length > 0 ? text.at + text.length : text.at, 0};
}

bool lw_csv_lines_any(lw_csv_lines *lines, lw_span *line) {
    while (lw_span_line(&lines->at, lines->end, line)) {
        lines->number++;
        if (lw_span_trim(*line).length > 0)
            return true;
    }
    return false;
}

bool lw_csv_lines_next(lw_csv_lines *lines, lw_span *line) {
    lw_span comment;
    while (lw_csv_lines_any(lines, line))
        if (!lw_csv_comment(*line, &comment))
            return true;
    return false;
}

bool lw_csv_comment(lw_span line, lw_span *comment) {
    const lw_span trimmed = lw_span_trim(line);
    if (trimmed.length == 0 || (*trimmed.at != '#' && *trimmed.at != '%'))
        return false;
    *comment = (lw_span){trimmed.at + 1, trimmed.length - 1};
    return true;
}

/* ---- Fields */

static bool is_quote(char c) { return c == '"' || c == '\''; }

static bool is_blank(char c) { return c == ' ' || c == '\t'; }

lw_span lw_csv_bare(lw_span field) {
    field = lw_span_trim(field);
    if (field.length >= 2 && is_quote(*field.at) && field.at[field.length - 1] == *field.at)
        field = lw_span_trim((lw_span){field.at + 1, field.length - 2});
    return field;
}

/** Length of the quoted text that `rest` begins with, marks and blanks behind them included; 0 where no separator follows. */
static size_t quoted_length(lw_span rest, char separator) {
    if (rest.length < 2 || !is_quote(*rest.at))
        return 0;
    const char *close = memchr(rest.at + 1, *rest.at, rest.length - 1);
    size_t length = close ? (size_t)(close - rest.at) + 1 : 0;
    if (separator == LW_CSV_BLANKS)
        return length == rest.length || is_blank(rest.at[length]) ? length : 0;
    while (length > 0 && length < rest.length && is_blank(rest.at[length]) && rest.at[length] != separator)
        length++;
    return length == rest.length || rest.at[length] == separator ? length : 0;
}

/** A field that blanks end. */
static bool blank_field(lw_span *rest, lw_span *field) {
    *rest = lw_span_trim(*rest);
    if (rest->length == 0)
        return false;
    size_t length = quoted_length(*rest, LW_CSV_BLANKS);
    while (length < rest->length && !is_blank(rest->at[length]))
        length++;
    *field = (lw_span){rest->at, length};
    *rest = (lw_span){rest->at + length, rest->length - length};
    return true;
}

/** A field that a character ends which is not quoted. */
static bool separated_field(lw_span *rest, char separator, lw_span *field) {
    lw_span text = *rest;
    while (text.length > 0 && is_blank(*text.at) && *text.at != separator)
        text = (lw_span){text.at + 1, text.length - 1};
    const size_t quoted = quoted_length(text, separator);
    if (quoted == 0)
        return lw_span_field(rest, separator, field);
    *rest = (lw_span){text.at + quoted, text.length - quoted};
    if (!lw_span_field(rest, separator, field)) /* the empty rest before the next separator */
        *rest = (lw_span){0};
    *field = (lw_span){text.at, quoted};
    return true;
}

bool lw_csv_field(lw_span *rest, char separator, lw_span *field) {
    bool found = rest->at;
    if (separator == LW_CSV_BLANKS) {
        found = blank_field(rest, field);
    } else if (separator == LW_CSV_NOTHING) {
        *field = *rest;
        *rest = (lw_span){0};
    } else {
        found = separated_field(rest, separator, field);
    }
    if (found)
        *field = lw_csv_bare(*field);
    return found;
}

size_t lw_csv_field_count(lw_span line, char separator) {
    size_t count = 0, filled = 0;
    lw_span field;
    while (lw_csv_field(&line, separator, &field)) {
        count++;
        if (field.length > 0)
            filled = count;
    }
    return filled;
}

bool lw_csv_number(lw_span field, char decimal, double *value) {
    enum { MOST = 64 };
    char copy[MOST];
    if (decimal != ',' || field.length == 0)
        return lw_span_double(field, value);
    if (field.length > MOST || memchr(field.at, '.', field.length))
        return false;
    for (size_t i = 0; i < field.length; i++)
        copy[i] = field.at[i];
    char *comma = memchr(copy, ',', field.length);
    if (comma)
        *comma = '.';
    return lw_span_double((lw_span){copy, field.length}, value);
}

bool lw_csv_is_missing(lw_span field) {
    static const char *const words[] = {"", "nan", "na", "n/a", "null", "none", "-", NULL};
    return lw_span_is_one_of(field, words);
}
