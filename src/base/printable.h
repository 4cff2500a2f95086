/**
 * @file printable.h
 * Telling what other people's bytes would do to a terminal.
 */
#ifndef LW_BASE_PRINTABLE_H
#define LW_BASE_PRINTABLE_H

#include <stdbool.h>
#include <stddef.h>

/** Bytes of the UTF-8 character at `at`, 0 where there is none (RFC 3629: no surrogates, no overlong forms). */
size_t lw_utf8_length(const char *at);

/** Whether the UTF-8 character at `at` is a C0 or C1 control or DEL: a terminal acts on them. */
bool lw_utf8_is_control(const char *at);

#endif
