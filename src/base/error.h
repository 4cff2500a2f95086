/**
 * @file error.h
 * The short names that the library has for filling an lw_error.
 */
#ifndef LW_BASE_ERROR_H
#define LW_BASE_ERROR_H

#include <stddef.h>

#include "leadwise/leadwise.h"

/** How a function of the library fails: `return lw_fail(err, LW_ERR_FORMAT, "%s:%d: ...", file, line)`. */
#define lw_fail lw_error_set

/** The sentence for a failed allocation of `what`. */
lw_status lw_fail_no_memory(lw_error *err, const char *what);

/**
 * Copy a struct of options that a caller fills into the library's own. Every such struct begins with `size_t size`,
 * which the caller sets to sizeof of the struct it was compiled with. New members go at the end, and 0 is always their
 * default: members that lie behind the caller's `size` become zero, so that a program built against an older header
 * runs on.
 *
 *     lw_synth_options own;
 *     lw_status status = lw_options_take(&own, sizeof own, options, "lw_synth_options", err);
 *
 * @param own    `bytes` bytes; its `size` becomes `bytes`
 * @param given  the caller's, read only as far as its `size`; NULL: the defaults, all members zero
 * @return LW_OK, or LW_ERR_ARGUMENT for a size of 0, which is one that was not set, and for one above `bytes`, which a
 *         newer header has
 */
lw_status lw_options_take(void *own, size_t bytes, const void *given, const char *type, lw_error *err);

#endif
