/**
 * @file table_file.h
 * Tables that users write: comma-separated text whose first line names the columns.
 *
 * A byte order mark is passed over, and so are empty lines and lines that begin with '#'. Columns are apart by commas, or by
 * semicolons or tabs where the first line has such and no comma. A field may stand in double quotes, and may then hold
 * separators, ends of lines and quotes written twice.
 */
#ifndef LW_DATASET_TABLE_FILE_H
#define LW_DATASET_TABLE_FILE_H

#include "base/text.h"
#include "leadwise/leadwise.h"

enum { LW_TABLE_COLUMNS = 3 };

/** A column that is looked for. */
typedef struct lw_table_column {
    const char *const *names; /**< any of these, letters' case aside; ends with NULL */
    bool needed;
    bool takes_rest; /**< where it is the last one, further fields of a line are part of it */
} lw_table_column;

/** A table that is read. Its columns are those of the caller's array, which it borrows, as it does the text. */
typedef struct lw_table {
    const char *path; /**< for sentences */
    const lw_table_column *columns;
    size_t wanted; /**< columns looked for */
    const char *cursor, *end;
    char separator;
    size_t next_line;            /**< where the cursor stands, from 1 */
    size_t line;                 /**< of the row read last */
    size_t width;                /**< columns of the first line */
    size_t at[LW_TABLE_COLUMNS]; /**< where each column stands; SIZE_MAX: it is not there */
} lw_table;

/** The names that a column may have in the tables of users. */
extern const char *const lw_table_record_names[], *const lw_table_codes_names[], *const lw_table_group_names[];

/**
 * Read the first line of `text`. `expected` says in sentences how it should look: "the header record,group".
 * @return LW_OK or LW_ERR_FORMAT ("PATH:LINE: ...": a needed column is missing, or there twice; a zero byte)
 */
lw_status lw_table_begin(lw_table *table, const char *path, lw_span text, const lw_table_column *columns, size_t wanted,
                         const char *expected, lw_error *err);

/**
 * Read the next row into fields[wanted], without blanks and quotes around them; those of columns that are not there are
 * empty. *more is false at the end, where nothing is read.
 * @return LW_OK or LW_ERR_FORMAT (another number of fields, a zero byte, a quote that encloses no whole field)
 */
lw_status lw_table_next(lw_table *table, lw_span *fields, bool *more, lw_error *err);

/** `name`, which may be a path, without its folders. */
lw_span lw_table_base_name(lw_span name);
/** A name without the suffix of a recording's file: ".hea", ".csv", ".mat", ".dat" and the like. */
lw_span lw_table_stem(lw_span name);

#endif
