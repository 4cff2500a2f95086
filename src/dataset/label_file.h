/**
 * @file label_file.h
 * labels.csv: the diagnoses that a folder assigns to its records, whatever their headers say.
 *
 * A header line `record,codes`, then a line per record; codes are joined by '|'. Record names are file names without
 * folder and suffix. A field may stand in double quotes. Empty lines and lines that begin with '#' are passed over.
 */
#ifndef LW_DATASET_LABEL_FILE_H
#define LW_DATASET_LABEL_FILE_H

#include <stddef.h>

#include "leadwise/leadwise.h"

/** Name of such a file in its folder. */
#define LW_LABEL_FILE_NAME "labels.csv"

/** One record's line. */
typedef struct lw_label_row {
    char *record;
    const char **codes; /**< [code_count], pointing into `text` */
    size_t code_count;
    char *text;
} lw_label_row;

/** A file's rows, sorted by record. Immutable once read, so threads may share it. */
typedef struct lw_label_file {
    lw_label_row *rows;
    size_t count;
} lw_label_file;

/**
 * Read the file at `path`.
 * @return LW_OK, LW_ERR_IO, LW_ERR_FORMAT (file and line named: another header, no second field, a stray quote, a
 * record named twice) or LW_ERR_NO_MEMORY
 */
lw_status lw_label_file_read(const char *path, lw_label_file **out, lw_error *err);
void lw_label_file_free(lw_label_file **file);
/** The row of `record`, NULL when the file does not name it. */
const lw_label_row *lw_label_file_find(const lw_label_file *file, const char *record);

#endif
