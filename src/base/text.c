#define _GNU_SOURCE /* strtod_l */

#include "base/text.h"

#include <locale.h>
#include <math.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/printable.h"

/** Room for `extra` more bytes and the closing 0. */
static bool reserve(lw_text *text, size_t extra) {
    if (text->failed)
        return false;
    size_t needed;
    if (__builtin_add_overflow(text->length, extra, &needed) || needed >= SIZE_MAX / 2) {
        text->failed = true;
        return false;
    }
    if (needed < text->capacity)
        return true;
    size_t capacity = text->capacity == 0 ? 64 : text->capacity;
    while (capacity <= needed)
        capacity *= 2;
    char *data = realloc(text->data, capacity);
    if (data == NULL) {
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

static void append_formatted(lw_text *text, const char *format, va_list arguments) {
    va_list again;
    va_copy(again, arguments);
    int length = vsnprintf(NULL, 0, format, arguments);
    if (length < 0)
        text->failed = true;
    else if (reserve(text, (size_t)length)) {
        vsnprintf(text->data + text->length, (size_t)length + 1, format, again);
        text->length += (size_t)length;
    }
    va_end(again);
}

void lw_text_printf(lw_text *text, const char *format, ...) {
    /* The program around the library may have chosen a locale whose numbers have a decimal comma. */
    locale_t c_locale = newlocale(LC_ALL_MASK, "C", (locale_t)0);
    if (c_locale == (locale_t)0) {
        text->failed = true;
        return;
    }
    locale_t previous = uselocale(c_locale);
    va_list arguments;
    va_start(arguments, format);
    append_formatted(text, format, arguments);
    va_end(arguments);
    uselocale(previous);
    freelocale(c_locale);
}

/** Not for a terminal, a spreadsheet or XML 1.0; tab and line ends are fine. */
static bool is_control(const char *at) { return lw_utf8_is_control(at) && *at != '\t' && *at != '\n' && *at != '\r'; }

void lw_text_csv(lw_text *text, const char *string) {
    bool formula = string[0] != '\0' && strchr("=+-@\t\r", string[0]) != NULL;
    bool quoted = strpbrk(string, ",\"\r\n") != NULL;
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

static const char *xml_entity(char c) {
    switch (c) {
    case '&':
        return "&amp;";
    case '<':
        return "&lt;";
    case '>':
        return "&gt;";
    case '"':
        return "&quot;";
    case '\'':
        return "&#39;";
    default:
        return NULL;
    }
}

void lw_text_xml(lw_text *text, const char *string) {
    for (const char *c = string; *c != '\0';) {
        const char *entity = xml_entity(*c);
        size_t length = lw_utf8_length(c), step = length > 0 ? length : 1;
        if (entity != NULL)
            lw_text_puts(text, entity);
        else if (!is_control(c))
            lw_text_append(text, c, step);
        c += step;
    }
}

void lw_text_free(lw_text *text) {
    free(text->data);
    *text = (lw_text){0};
}

bool lw_span_line(const char **cursor, const char *end, lw_span *line) {
    if (*cursor >= end)
        return false;
    const char *start = *cursor;
    const char *feed = memchr(start, '\n', (size_t)(end - start));
    const char *stop = feed == NULL ? end : feed;
    *cursor = feed == NULL ? end : feed + 1;
    if (stop > start && stop[-1] == '\r')
        stop--;
    *line = (lw_span){start, (size_t)(stop - start)};
    return true;
}

/** Where `rest` points between "a," and its second, empty field: tells that one is due from a span used up. */
static const char empty_field_due[1] = "";

bool lw_span_field(lw_span *rest, char separator, lw_span *field) {
    if (rest->length == 0) {
        if (rest->at != empty_field_due)
            return false;
        *field = *rest;
        *rest = (lw_span){NULL, 0};
        return true;
    }
    const char *found = memchr(rest->at, separator, rest->length);
    if (found == NULL) {
        *field = *rest;
        *rest = (lw_span){NULL, 0};
        return true;
    }
    size_t length = (size_t)(found - rest->at);
    *field = (lw_span){rest->at, length};
    *rest = (lw_span){found + 1, rest->length - length - 1};
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
    char *copy = malloc(span.length + 1);
    if (copy == NULL)
        return NULL;
    if (span.length > 0)
        memcpy(copy, span.at, span.length);
    copy[span.length] = '\0';
    return copy;
}

/** How many digits `text` starts with. */
static size_t digits(const char *text) { return strspn(text, "0123456789"); }

/** Sign, digits with at most one point, exponent: what strtod takes without its "inf", "nan" and hexadecimal. */
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
    if (span.length == 0 || span.length >= NUMBER_CHARACTERS || memchr(span.at, '\0', span.length) != NULL)
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
    if (c_locale == (locale_t)0)
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
