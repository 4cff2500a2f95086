/**
 * @file builtin.h
 * The documents of configs/, built into the library: the build writes the table that defines these.
 */
#ifndef LW_NETWORK_BUILTIN_H
#define LW_NETWORK_BUILTIN_H

#include <stddef.h>

typedef struct lw_builtin_config {
    const char *name; /**< file name without ".json" */
    const char *json; /**< the file's text */
} lw_builtin_config;

/** In the order of their names. */
extern const lw_builtin_config lw_builtin_configs[];
extern const size_t lw_builtin_config_count;

#endif
