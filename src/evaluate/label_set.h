/**
 * @file label_set.h
 * The labels of named records, from headers, labels.csv or a prepared file.
 */
#ifndef LW_EVALUATE_LABEL_SET_H
#define LW_EVALUATE_LABEL_SET_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "dataset/folder.h"
#include "evaluate/output_file.h"
#include "evaluate/scoring.h"
#include "leadwise/record.h"

/** Where a record is from, and whose it is. */
typedef struct lw_subject {
    char *source;    /**< name of the record's folder, or as the prepared file says; "" unknown */
    float age_years; /**< NaN unknown */
    lw_sex sex;
} lw_subject;

/** Records sorted by name, each with the scored classes it has. Zero-initialise; lw_label_set_free it. */
typedef struct lw_label_set {
    size_t count, classes;
    char **names;
    lw_subject *subjects; /**< [count] */
    uint8_t *labels;      /**< [count][classes] 0 or 1 */
} lw_label_set;

void lw_label_set_free(lw_label_set *set);

/**
 * From a folder, searched below too, or from a prepared file.
 * @return LW_OK, LW_ERR_IO, LW_ERR_FORMAT (file and line named; no record; a name twice), LW_ERR_MODEL (damaged
 *         prepared file) or LW_ERR_NO_MEMORY
 */
lw_status lw_label_set_read(const char *path, const lw_scoring *scoring, const lw_notes *notes, lw_label_set *out,
                            lw_error *err);

/** From the headers of one folder as the script of scoring->year reads them. Errors as lw_label_set_read. */
lw_status lw_label_set_read_official(const char *folder, const lw_scoring *scoring, lw_label_set *out, lw_error *err);

/**
 * The names of the regular files of `folder` that end in `suffix` (letters' case aside) and do not start with '.',
 * sorted. `out` is empty, and freed by the caller also after a failure. LW_OK, LW_ERR_IO or LW_ERR_NO_MEMORY.
 */
lw_status lw_file_list(const char *folder, const char *suffix, lw_name_list *out, lw_error *err);

#endif
