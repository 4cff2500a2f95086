/**
 * @file class_list.h
 * Building class lists, for readers of files that name classes.
 */
#ifndef LW_LABELS_CLASS_LIST_H
#define LW_LABELS_CLASS_LIST_H

#include <stdbool.h>
#include <stddef.h>

#include "leadwise/record.h"

/** An empty list, NULL when out of memory. lw_class_list_free it. */
lw_class_list *lw_class_list_create(void);

/**
 * Append a class of 1 to LW_CLASS_CODES_MAX codes; strings are copied.
 * @return LW_OK, LW_ERR_FORMAT (too many classes or codes, a code that is empty, longer than 63 bytes, in the list
 *         already, or holds anything but visible ASCII without , | and quotes) or LW_ERR_NO_MEMORY
 */
lw_status lw_class_list_add(lw_class_list *classes, const char *const *codes, size_t code_count,
                            const char *abbreviation, lw_error *err);

/**
 * The codes of class `i` joined by '|', cut to fit `size` bytes with the final NUL. Returns `text`.
 */
char *lw_class_name(const lw_class_list *classes, size_t i, char *text, size_t size);

#endif
