/**
 * @file source.h
 * Where the files of one recording come from: a folder on disk, or buffers of the caller. Readers see no difference.
 */
#ifndef LW_RECORD_SOURCE_H
#define LW_RECORD_SOURCE_H

#include "base/file.h"
#include "base/text.h"
#include "leadwise/record.h"

/** Files of one recording. Zero-initialise and open; lw_source_close. Not for sharing between threads. */
typedef struct lw_source {
    int folder_fd;               /**< -1: in memory */
    char *folder;                /**< as the user wrote it, ends in '/' or is empty; stands before names in sentences */
    const lw_record_file *files; /**< borrowed; NULL for a folder */
    size_t file_count;
    size_t budget;    /**< bytes that may still be read: a header can name one file thousands of times */
    lw_bytes bytes;   /**< the file read last, */
    char *bytes_name; /**< and its name */
} lw_source;

/** Files below the folder of `path`. LW_ERR_IO, LW_ERR_NO_MEMORY. */
lw_status lw_source_open_folder(lw_source *source, const char *path, lw_error *err);
/** Files in memory; borrows them. */
lw_status lw_source_open_memory(lw_source *source, const lw_record_file *files, size_t file_count, lw_error *err);
void lw_source_close(lw_source *source);

/** Whether a name from a file stays below its folder: not absolute, and no "." or ".." or empty component. */
bool lw_source_is_below(lw_span name);

/** Whether something of that name is there (it may still be unreadable). */
bool lw_source_has(const lw_source *source, const char *name);

/**
 * Look at the whole file `name`, of at most `limit` bytes. The view is valid until the next read from this source.
 * LW_ERR_IO when it is not there, LW_ERR_FORMAT when it is above `limit`, not a regular file or outside the folder.
 */
lw_status lw_source_read(lw_source *source, const char *name, size_t limit, lw_bytes *view, lw_error *err);

/** A file of a source that is read in stretches. lw_source_file_close; it may outlive its source. */
typedef struct lw_source_file {
    int fd;              /**< -1: in memory */
    const uint8_t *data; /**< borrowed, of a file in memory */
    size_t length;
    char *shown; /**< as sentences say it */
} lw_source_file;
/** Errors as lw_source_read; `out` is untouched on failure. */
lw_status lw_source_open_file(const lw_source *source, const char *name, lw_source_file *out, lw_error *err);
/** Read `length` bytes from `offset` on. LW_ERR_IO; LW_ERR_FORMAT when the file has become shorter. */
lw_status lw_source_file_read(const lw_source_file *file, size_t offset, void *bytes, size_t length, lw_error *err);
/** Twice is fine. */
void lw_source_file_close(lw_source_file *file);

/** Have what was read last for one's own, the view included: lw_bytes_free it. Nothing of files in memory. */
lw_bytes lw_source_take(lw_source *source);

#endif
