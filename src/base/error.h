/**
 * @file error.h
 * Filling an lw_error: the one place where a failure gets its sentence.
 */
#ifndef LW_BASE_ERROR_H
#define LW_BASE_ERROR_H

#include "leadwise/status.h"

/**
 * Store `status` and a sentence in `err` (which may be NULL) and return `status`, so that a failing
 * function ends in `return lw_fail(err, LW_ERR_FORMAT, "%s:%d: ...", file, line)`.
 * What is not printable in the sentence (from file or lead names) becomes '?'. Threads: safe.
 */
lw_status lw_fail(lw_error *err, lw_status status, const char *format, ...) __attribute__((format(printf, 3, 4)));

/** The sentence for a failed allocation of `what`. */
lw_status lw_fail_no_memory(lw_error *err, const char *what);

#endif
