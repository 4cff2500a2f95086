/**
 * @file file.h
 * Files: bounded reading, memory mapping, writing that survives a crash, and opening below one folder only.
 */
#ifndef LW_BASE_FILE_H
#define LW_BASE_FILE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include "leadwise/output.h"

/** A file's bytes, read or mapped. Zero-initialise; release with lw_bytes_free. */
typedef struct lw_bytes {
    const uint8_t *data; /**< NULL when empty */
    size_t length;
    bool mapped;
} lw_bytes;

/** Bytes 0 that follow the data of a file that was read, not counted. */
enum { LW_BYTES_SPARE = 16 };

/** Read a whole regular file of at most `limit` bytes (0: no limit). */
lw_status lw_bytes_read(const char *path, size_t limit, lw_bytes *out, lw_error *err);
/** Map a regular file read-only. */
lw_status lw_bytes_map(const char *path, lw_bytes *out, lw_error *err);
/**
 * Read file `name` of folder `folder_fd` (AT_FDCWD allowed), of at most `limit` bytes (0: none). `name` must stay below
 * the folder: an absolute path, a "..", a symbolic link further below, or anything but a regular file is LW_ERR_FORMAT. A
 * symbolic link in the folder itself stands for the file that it leads to, wherever that is. `shown` is the path for error
 * sentences.
 */
lw_status lw_bytes_read_below(int folder_fd, const char *name, const char *shown, size_t limit, lw_bytes *out,
                              lw_error *err);
void lw_bytes_free(lw_bytes *bytes);

/** Open such a file instead, for lw_file_read_at; *fd is the caller's to close. *length is that of the file. */
lw_status lw_file_open_below(int folder_fd, const char *name, const char *shown, int *fd, size_t *length,
                             lw_error *err);
/** Read `length` bytes from `offset` on, fewer where the file ends: *done. LW_OK or LW_ERR_IO. */
lw_status lw_file_read_at(int fd, const char *shown, size_t offset, uint8_t *data, size_t length, size_t *done,
                          lw_error *err);

/** Either a file (stream and temporary) or a callback. */
struct lw_output {
    char *shown;     /**< the file's path, or what the callback reaches */
    char *temporary; /**< path of the file until it is complete */
    FILE *stream;    /**< NULL: a callback's */
    lw_write_fn *write;
    void *context;
};

/** Go on at `offset` of a file. @return LW_OK or LW_ERR_IO */
lw_status lw_output_seek(lw_output *output, size_t offset, lw_error *err);

/** Write a file of these bytes that appears when it is complete. */
lw_status lw_file_write(const char *path, const void *data, size_t length, lw_error *err);

/** Create a folder and its parents; fine when it is there. */
lw_status lw_folder_create(const char *path, lw_error *err);
/** `folder` + "/" + `name`, NULL when out of memory. free() it. */
char *lw_path_join(const char *folder, const char *name);
/** The part after the last '/'. */
const char *lw_path_base(const char *path);

#endif
