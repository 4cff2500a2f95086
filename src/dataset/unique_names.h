/**
 * @file unique_names.h
 * Giving every record of a list a name of its own.
 */
#ifndef LW_DATASET_UNIQUE_NAMES_H
#define LW_DATASET_UNIQUE_NAMES_H

#include <stddef.h>

#include "leadwise/leadwise.h"

/**
 * Names that several records share become "source/name"; those that still are shared get "#2", "#3", ... in the list's
 * order. names[count] are replaced in place and stay the caller's to free().
 * @return LW_OK or LW_ERR_NO_MEMORY
 */
lw_status lw_names_make_unique(char **names, const char *const *sources, size_t count, lw_error *err);

#endif
