/* A growing string, the fields of a line, numbers in the C locale, and characters that are fit for a terminal. */
#define _GNU_SOURCE /* strtod_l */

#include "base/text.h"

#include <assert.h>
#include <locale.h>
#include <math.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "leadwise/leadwise.h"

size_t lw_utf8_length(const char *at) {
    const uint8_t *b = (const uint8_t *)at;
    if (b[0] < 0x80)
        return 1;
    size_t length = b[0] < 0xc2 || b[0] > 0xf4 ? 0 : b[0] < 0xe0 ? 2 : b[0] < 0xf0 ? 3 : 4;
    for (size_t i = 1; i < length; i++)
        if ((b[i] & 0xc0) != 0x80)
            return 0;
    bool overlong = (b[0] == 0xe0 && b[1] < 0xa0) || (b[0] == 0xf0 && b[1] < 0x90);
    bool beyond = (b[0] == 0xed && b[1] > 0x9f) || (b[0] == 0xf4 && b[1] > 0x8f);
    return overlong || beyond ? 0 : length;
}

bool lw_utf8_is_control(const char *at) {
    const uint8_t *b = (const uint8_t *)at;
    return b[0] < 0x20 || b[0] == 0x7f || (b[0] == 0xc2 && b[1] < 0xa0);
}

void lw_make_printable(char *text) {
    char *to = text;
    for (const char *from = text; *from != '\0';) {
        size_t length = lw_utf8_length(from);
        if (length == 0 || lw_utf8_is_control(from))
            *to++ = '?';
        else
            for (size_t i = 0; i < length; i++)
                *to++ = from[i];
        from += length > 0 ? length : 1;
    }
    *to = '\0';
}

/** Room for `extra` more bytes and the closing 0. */
static bool reserve(lw_text *text, size_t extra) {
    size_t needed, capacity = text->capacity ? text->capacity : 64;
    text->failed |= __builtin_add_overflow(text->length, extra, &needed) || needed >= SIZE_MAX / 2;
    if (text->failed || needed < text->capacity)
        return !text->failed;
    while (capacity <= needed)
        capacity *= 2;
    char *data = realloc(text->data, capacity);
    if (!data) {
        text->failed = true;
        return false;
    }
    text->data = data;
    text->capacity = capacity;
    return true;
}

void lw_text_append(lw_text *text, const char *bytes, size_t length) {
    if (!reserve(text, length))
        return;
    if (length > 0)
        memcpy(text->data + text->length, bytes, length);
    text->length += length;
    text->data[text->length] = '\0';
}

void lw_text_puts(lw_text *text, const char *string) { lw_text_append(text, string, strlen(string)); }

void lw_text_printf(lw_text *text, const char *format, ...) {
    /* The program around the library may have chosen a locale whose numbers have a decimal comma. */
    locale_t c_locale = newlocale(LC_ALL_MASK, "C", (locale_t)0);
    text->failed |= !c_locale;
    if (!c_locale)
        return;
    locale_t previous = uselocale(c_locale);
    va_list arguments, again;
    va_start(arguments, format);
    va_copy(again, arguments);
    const int length = vsnprintf(NULL, 0, format, arguments);
    text->failed |= length < 0;
    if (reserve(text, length < 0 ? 0 : (size_t)length)) {
        vsnprintf(text->data + text->length, (size_t)length + 1, format, again);
        text->length += (size_t)length;
    }
    va_end(again);
    va_end(arguments);
    uselocale(previous);
    freelocale(c_locale);
}

/** Not for a terminal, a spreadsheet or XML 1.0; tab and line ends are fine. */
static bool is_control(const char *at) { return lw_utf8_is_control(at) && *at != '\t' && *at != '\n' && *at != '\r'; }

void lw_text_csv(lw_text *text, const char *string) {
    bool formula = string[0] != '\0' && strchr("=+-@\t\r", string[0]);
    bool quoted = strpbrk(string, ",\"\r\n");
    if (quoted)
        lw_text_append(text, "\"", 1);
    if (formula)
        lw_text_append(text, "'", 1);
    for (const char *c = string; *c != '\0';) {
        size_t length = lw_utf8_length(c);
        if (*c == '"')
            lw_text_append(text, "\"\"", 2);
        else if (length == 0 || is_control(c))
            lw_text_append(text, "?", 1);
        else
            lw_text_append(text, c, length);
        c += length > 0 ? length : 1;
    }
    if (quoted)
        lw_text_append(text, "\"", 1);
}

void lw_text_xml(lw_text *text, const char *string) {
    static const char marks[] = "&<>\"'";
    static const char *const entities[] = {"&amp;", "&lt;", "&gt;", "&quot;", "&#39;"};
    for (const char *c = string; *c != '\0';) {
        const char *mark = strchr(marks, *c);
        const size_t length = lw_utf8_length(c), step = length > 0 ? length : 1;
        if (mark)
            lw_text_puts(text, entities[mark - marks]);
        else if (!is_control(c))
            lw_text_append(text, c, step);
        c += step;
    }
}

void lw_text_free(lw_text *text) {
    free(text->data);
    *text = (lw_text){0};
}

int lw_compare_strings(const void *a, const void *b) { return strcmp(*(char *const *)a, *(char *const *)b); }

bool lw_span_line(const char **cursor, const char *end, lw_span *line) {
    if (*cursor >= end)
        return false;
    const char *start = *cursor;
    const char *feed = memchr(start, '\n', (size_t)(end - start));
    const char *stop = !feed ? end : feed;
    *cursor = !feed ? end : feed + 1;
    if (stop > start && stop[-1] == '\r')
        stop--;
    *line = (lw_span){start, (size_t)(stop - start)};
    return true;
}

/** Where `rest` points between "a," and its second, empty field, which is still due; a span used up points elsewhere. */
static const char empty_field_due[1] = "";

bool lw_span_field(lw_span *rest, char separator, lw_span *field) {
    if (rest->length == 0 && rest->at != empty_field_due)
        return false;
    const char *found = rest->length > 0 ? memchr(rest->at, separator, rest->length) : NULL;
    *field = *rest;
    if (!found) {
        *rest = (lw_span){NULL, 0};
        return true;
    }
    field->length = (size_t)(found - rest->at);
    *rest = (lw_span){found + 1, rest->length - field->length - 1};
    if (rest->length == 0)
        rest->at = empty_field_due;
    return true;
}

static bool is_blank(char c) { return c == ' ' || c == '\t'; }

lw_span lw_span_trim(lw_span span) {
    while (span.length > 0 && is_blank(span.at[0])) {
        span.at++;
        span.length--;
    }
    while (span.length > 0 && is_blank(span.at[span.length - 1]))
        span.length--;
    return span;
}

lw_span lw_without_byte_order_mark(lw_span text) {
    const bool marked = text.length >= 3 && memcmp(text.at, "\xEF\xBB\xBF", 3) == 0;
    return marked ? (lw_span){text.at + 3, text.length - 3} : text;
}

bool lw_span_equals(lw_span span, const char *string) {
    return strlen(string) == span.length && (span.length == 0 || memcmp(span.at, string, span.length) == 0);
}

static char lower(char c) { return c >= 'A' && c <= 'Z' ? (char)(c - 'A' + 'a') : c; }

bool lw_span_equals_nocase(lw_span span, const char *string) {
    for (size_t i = 0; i < span.length; i++)
        if (string[i] == '\0' || lower(span.at[i]) != lower(string[i]))
            return false;
    return string[span.length] == '\0';
}

char *lw_span_dup(lw_span span) {
    char *copy = lw_calloc(span.length + 1, 1);
    if (copy && span.length > 0)
        memcpy(copy, span.at, span.length);
    return copy;
}

/** How many digits `text` starts with. */
static size_t digits(const char *text) { return strspn(text, "0123456789"); }

/** Sign, digits with at most one point, exponent: what strtod accepts without its "inf", "nan" and hexadecimal. */
static bool is_decimal(const char *text) {
    text += *text == '+' || *text == '-';
    size_t whole = digits(text), fraction = 0;
    text += whole;
    if (*text == '.') {
        fraction = digits(text + 1);
        text += 1 + fraction;
    }
    if (whole + fraction == 0)
        return false;
    if (*text == 'e' || *text == 'E') {
        text++;
        text += *text == '+' || *text == '-';
        size_t exponent = digits(text);
        if (exponent == 0)
            return false;
        text += exponent;
    }
    return *text == '\0';
}

enum { NUMBER_CHARACTERS = 128 };

/** A NUL-terminated copy in `buffer`; false when the span is empty or too long for a number. */
static bool copy_number(lw_span span, char buffer[NUMBER_CHARACTERS]) {
    if (span.length == 0 || span.length >= NUMBER_CHARACTERS || memchr(span.at, '\0', span.length))
        return false;
    memcpy(buffer, span.at, span.length);
    buffer[span.length] = '\0';
    return true;
}

bool lw_span_double(lw_span span, double *value) {
    char buffer[NUMBER_CHARACTERS];
    if (!copy_number(span, buffer) || !is_decimal(buffer))
        return false;
    locale_t c_locale = newlocale(LC_ALL_MASK, "C", (locale_t)0);
    if (!c_locale)
        return false;
    double parsed = strtod_l(buffer, NULL, c_locale);
    freelocale(c_locale);
    if (!isfinite(parsed))
        return false;
    *value = parsed;
    return true;
}

bool lw_span_long(lw_span span, long long low, long long high, long long *value) {
    char buffer[NUMBER_CHARACTERS];
    assert(low <= high);
    if (!copy_number(span, buffer))
        return false;
    const char *first = buffer + (buffer[0] == '+' || buffer[0] == '-');
    size_t count = digits(first);
    if (count == 0 || first[count] != '\0')
        return false;
    bool negative = buffer[0] == '-';
    long long parsed = 0;
    for (const char *c = first; *c != '\0'; c++) {
        int digit = *c - '0';
        if (__builtin_mul_overflow(parsed, 10, &parsed) ||
            __builtin_add_overflow(parsed, negative ? -digit : digit, &parsed))
            return false;
    }
    if (parsed < low || parsed > high)
        return false;
    *value = parsed;
    return true;
}

/** Whether a word begins as a number and has two letters at most: "1.5e", "0x10", "426783006.0", "12:33:59". */
static bool is_like_number(lw_span word) {
    enum { LONGEST = 24, LETTERS_MOST = 2 };
    size_t others = 0;
    for (size_t i = 0; i < word.length; i++)
        others += !strchr("0123456789.,:+-", word.at[i]);
    return word.length > 0 && word.length <= LONGEST && others <= LETTERS_MOST && strchr("0123456789.+-", *word.at);
}

static bool is_like_abbreviation(lw_span word) {
    enum { LONGEST = 6 };
    size_t capitals = 0, smalls = 0;
    for (size_t i = 0; i < word.length; i++) {
        const bool capital = word.at[i] >= 'A' && word.at[i] <= 'Z', small = word.at[i] >= 'a' && word.at[i] <= 'z';
        capitals += capital;
        smalls += small;
        if (!capital && !small && !(word.at[i] >= '0' && word.at[i] <= '9'))
            return false;
    }
    return word.length > 0 && word.length <= LONGEST && capitals >= smalls && capitals > 0;
}

const char *lw_show_word(lw_span word, lw_shown_word out) {
    if (is_like_number(word) || is_like_abbreviation(word))
        snprintf(out, sizeof(lw_shown_word), "'%.*s'", (int)word.length, word.at);
    else
        snprintf(out, sizeof(lw_shown_word), "a word");
    return out;
}
