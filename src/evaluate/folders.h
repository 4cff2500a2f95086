/**
 * @file folders.h
 * Output files of the Challenge, and labels of named records.
 */
#ifndef LW_EVALUATE_FOLDERS_H
#define LW_EVALUATE_FOLDERS_H

#include "base/file.h"
#include "base/text.h"
#include "dataset/record_list.h"
#include "evaluate/scoring.h"
#include "leadwise/record.h"

/* ---- One output file: a line "#record", then codes, decisions and scores, comma-separated */

enum { LW_OUTPUT_BYTES_MAX = 16 << 20 };

/** One column: a class, its decision and its score. */
typedef struct lw_challenge_column {
    lw_span name; /**< a code, or codes joined by '|' */
    bool positive;
    double score; /**< may be NaN or infinite */
    bool missing; /**< the file has no decision or no score for it (official reading only) */
} lw_challenge_column;

/** A file's columns, in the file's order. Spans point into the file's bytes. Zero-initialise; lw_challenge_free it. */
typedef struct lw_challenge_output {
    size_t count;
    lw_challenge_column *columns;
    size_t codes_line; /**< of the file, from 1; 0 in the official reading */
} lw_challenge_output;

void lw_challenge_free(lw_challenge_output *output);

/** The receiver of the oddities in files. */
typedef struct lw_notes {
    lw_note_fn *note; /**< may be NULL */
    void *context;
} lw_notes;

/** Report one oddity, in the manner of printf; what is not printable becomes '?'. */
void lw_note(const lw_notes *notes, const char *format, ...) __attribute__((format(printf, 2, 3)));

/**
 * Read with every line checked: three lines of as many fields; decisions that are 0, 1, true, false, T, F or nothing
 * (0); scores that are numbers. A byte order mark is passed over, fields may stand in quotes, and where the codes have no comma
 * between them semicolons or tabs separate, and scores may have decimal commas. `shown` names the file in sentences.
 * @return LW_OK, LW_ERR_FORMAT ("file:line: ...") or LW_ERR_NO_MEMORY
 */
lw_status lw_challenge_parse(const char *shown, int year, lw_bytes bytes, const lw_notes *notes,
                             lw_challenge_output *out, lw_error *err);

/**
 * Read as the script of `year` does: nothing is checked that it does not check. LW_ERR_FORMAT where it stops with an
 * exception; a column with `missing` set stops it too where its class is scored.
 */
lw_status lw_challenge_parse_official(const char *shown, int year, lw_bytes bytes, lw_challenge_output *out,
                                      lw_error *err);

/** Whether the script of `year` counts this as a positive decision. */
bool lw_challenge_is_positive(int year, lw_span text);
/** A number as Python's float() reads it: "nan", "inf" and "infinity" included. False for anything else. */
bool lw_challenge_score(lw_span text, double *score);

/* ---- Labels, from headers, labels.csv or a prepared file */

/** The source of a record, and the person. */
typedef struct lw_subject {
    char *source;    /**< name of the record's folder, or that of the prepared file; "" unknown */
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
