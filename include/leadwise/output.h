/**
 * @file output.h
 * Where results are written: a file that appears when it is complete, or whatever a callback reaches.
 */
#ifndef LEADWISE_OUTPUT_H
#define LEADWISE_OUTPUT_H

#include <stdbool.h>
#include <stddef.h>

#include "leadwise/leadwise.h"

#ifdef __cplusplus
extern "C" {
#endif

/** An output under way. Threads: one at a time. */
typedef struct lw_output lw_output;

/** Takes bytes; false, with the reason in errno, when it cannot. */
typedef bool lw_write_fn(void *context, const void *data, size_t length);

/**
 * Begin a file that appears as `path` when it is complete: a temporary beside it is written, then fsync, rename and
 * fsync of the folder. What is there keeps its bytes until then. Temporaries of this path whose process was killed are
 * removed. End it by lw_output_close or lw_output_abandon.
 * @return LW_OK, LW_ERR_IO (also where `path` is there and no regular file) or LW_ERR_NO_MEMORY
 */
LW_CHECK_RESULT lw_status lw_output_create(const char *path, lw_output **out, lw_error *err);

/**
 * Hand every piece to `write` at once: for standard output, a pipe, a socket or a buffer. End it by lw_output_close or
 * lw_output_abandon, which here do the same.
 * @param shown  what sentences call the bytes: "the predictions"
 * @return LW_OK or LW_ERR_NO_MEMORY
 */
LW_CHECK_RESULT lw_status lw_output_open(const char *shown, lw_write_fn *write, void *context, lw_output **out,
                                         lw_error *err);

/** Append bytes. @return LW_OK or LW_ERR_IO */
LW_CHECK_RESULT lw_status lw_output_write(lw_output *output, const void *data, size_t length, lw_error *err);

/**
 * End the output and free *output; a file is then durable under its name. On failure, LW_ERR_IO, the temporary is
 * removed and the old file is untouched. *output becomes NULL in any case.
 */
LW_CHECK_RESULT lw_status lw_output_close(lw_output **output, lw_error *err);
/** Free *output and remove its temporary; NULL is fine. */
void lw_output_abandon(lw_output **output);

#ifdef __cplusplus
}
#endif
#endif
