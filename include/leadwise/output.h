/**
 * @file output.h
 * A file that appears under its name only when it is complete.
 */
#ifndef LEADWISE_OUTPUT_H
#define LEADWISE_OUTPUT_H

#include <stdio.h>

#include "leadwise/status.h"

#ifdef __cplusplus
extern "C" {
#endif

/** Written to a temporary beside it, then fsync, rename and fsync of the folder. */
typedef struct lw_atomic_file {
    FILE *stream; /**< write here */
    char *path;
    char *temporary;
} lw_atomic_file;

/**
 * Begin a file that is to be called `path`; lw_atomic_commit or lw_atomic_abandon *file.
 * @return LW_OK, LW_ERR_IO (also where `path` is there and no regular file) or LW_ERR_NO_MEMORY
 */
LW_CHECK_RESULT lw_status lw_atomic_open(const char *path, lw_atomic_file *file, lw_error *err);
/** Make it durable under its name. On failure, LW_ERR_IO, the temporary is removed and the old file is untouched. */
LW_CHECK_RESULT lw_status lw_atomic_commit(lw_atomic_file *file, lw_error *err);
/** Remove the temporary; no effect after a commit. */
void lw_atomic_abandon(lw_atomic_file *file);

#ifdef __cplusplus
}
#endif
#endif
