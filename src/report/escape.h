/**
 * @file escape.h
 * Other people's strings (record and class names) made safe to show.
 */
#ifndef LW_REPORT_ESCAPE_H
#define LW_REPORT_ESCAPE_H

#include <stdbool.h>
#include <stddef.h>

#include <jansson.h>

#include "base/text.h"

/** Append for a terminal: control bytes and whatever is not UTF-8 as \xNN. */
void lw_text_visible(lw_text *text, const char *string);

/** Columns that the UTF-8 character of `length` bytes at `at` takes: 2 for the wide scripts of East Asia. */
size_t lw_utf8_columns(const char *at, size_t length);

/** Append for XML and HTML, as lw_text_xml but with well-formed UTF-8 whatever `string` holds: odd bytes become '?'. */
void lw_text_markup(lw_text *text, const char *string);

/** Whether `name` can be that of an output file, and its first line: no '/', no control character, no "." or "..". */
bool lw_is_file_name(const char *name);

/** A copy that is UTF-8 whatever `string` holds: odd bytes become '?'. NULL when out of memory. free() it. */
char *lw_utf8_dup(const char *string);
/** The same as a JSON string. */
json_t *lw_json_utf8(const char *string);

#endif
