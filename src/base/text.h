/**
 * @file text.h
 * A growing string, UTF-8 characters, and the splitting of comma-separated lines.
 */
#ifndef LW_BASE_TEXT_H
#define LW_BASE_TEXT_H

#include <stdbool.h>
#include <stddef.h>

/** A growing NUL-terminated string. Zero-initialise; once `failed`, later appends do nothing. */
typedef struct lw_text {
    char *data; /**< NULL until the first append */
    size_t length;
    size_t capacity;
    bool failed; /**< an allocation failed */
} lw_text;

void lw_text_append(lw_text *text, const char *bytes, size_t length);
void lw_text_puts(lw_text *text, const char *string);
/** Formatted; numbers as in the C locale, whatever the program's. */
void lw_text_printf(lw_text *text, const char *format, ...) __attribute__((format(printf, 2, 3)));
/**
 * Append as one CSV field: RFC 4180 quoting where needed; a leading = + - @ gets a ' before it, so that no
 * spreadsheet runs it; control characters but tab and line ends, and what is not UTF-8, become '?'.
 */
void lw_text_csv(lw_text *text, const char *string);
/** Append with & < > " ' escaped for XML and HTML; control characters are left out. */
void lw_text_xml(lw_text *text, const char *string);
void lw_text_free(lw_text *text);
/** The order of two elements of an array of strings, by bytes and so in every locale; for qsort and bsearch. */
int lw_compare_strings(const void *a, const void *b);

/** Bytes of the UTF-8 character at `at`, 0 where there is none (RFC 3629: no surrogates, no overlong forms). */
size_t lw_utf8_length(const char *at);
/** Whether the UTF-8 character at `at` is a C0 or C1 control or DEL: a terminal acts on them. */
bool lw_utf8_is_control(const char *at);

/** A run of characters that belong to another object, not NUL-terminated. */
typedef struct lw_span {
    const char *at;
    size_t length;
} lw_span;

/** The next line of [*cursor, end), without its LF or CR LF; false at the end. Advances *cursor. */
bool lw_span_line(const char **cursor, const char *end, lw_span *line);
/** Cut the next field off `rest` at `separator`; false when `rest` is used up. "a,,b" gives three, "" none, "a," two.
 */
bool lw_span_field(lw_span *rest, char separator, lw_span *field);
/** Without the spaces and tabs at both ends. */
lw_span lw_span_trim(lw_span span);
/** Without the three bytes that mark UTF-8, where it begins with them. */
lw_span lw_without_byte_order_mark(lw_span text);
bool lw_span_equals(lw_span span, const char *string);
/** The same, letters' case aside (ASCII). */
bool lw_span_equals_nocase(lw_span span, const char *string);
/** A NUL-terminated copy, NULL when out of memory. free() it. */
char *lw_span_dup(lw_span span);
/** The whole span (below 128 characters) as a finite decimal number in the C locale; false when it is anything else. */
bool lw_span_double(lw_span span, double *value);
/** The whole span as a decimal integer within [low, high]; false when it is anything else. */
bool lw_span_long(lw_span span, long long low, long long high, long long *value);

/**
 * A word of a file as a sentence names it. A person's name may stand in any field, so only what looks like a number or like
 * an abbreviation in capitals of up to six letters is quoted: "'1.5e'", "'AF'"; of the rest it says "a word".
 */
typedef char lw_shown_word[48];
const char *lw_show_word(lw_span word, lw_shown_word out);

#endif
