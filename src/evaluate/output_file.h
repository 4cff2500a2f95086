/**
 * @file output_file.h
 * One Challenge output file: a line "#record", then codes, decisions and scores, comma-separated.
 */
#ifndef LW_EVALUATE_OUTPUT_FILE_H
#define LW_EVALUATE_OUTPUT_FILE_H

#include <stdbool.h>
#include <stddef.h>

#include "base/file.h"
#include "base/text.h"
#include "leadwise/evaluate.h"

enum { LW_OUTPUT_BYTES_MAX = 16 << 20 };

/** One column: a class and what the record's output says about it. */
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
} lw_challenge_output;

void lw_challenge_free(lw_challenge_output *output);

/** Where the oddities go. */
typedef struct lw_notes {
    lw_note_fn *note; /**< may be NULL */
    void *context;
} lw_notes;

/** Tell one oddity, in printf's manner; what is not printable becomes '?'. */
void lw_note(const lw_notes *notes, const char *format, ...) __attribute__((format(printf, 2, 3)));

/**
 * Read with every line checked: three lines of as many fields; decisions that are 0, 1, true, false, T, F or nothing
 * (0); scores that are numbers. `shown` names the file in sentences.
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

/** What the script of `year` takes for a positive decision. */
bool lw_challenge_is_positive(int year, lw_span text);
/** A number as Python's float() reads it: "nan", "inf" and "infinity" included. False for anything else. */
bool lw_challenge_score(lw_span text, double *score);

#endif
