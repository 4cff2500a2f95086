/**
 * @file csv.h
 * The parts of the CSV reader: text, fields and numbers (csv_text.c), what a column's name says (csv_column.c), what a
 * file states of itself (csv_stated.c), where its table begins (csv_table.c), its columns (csv_layout.c), and times
 * (csv_time.c).
 */
#ifndef LW_RECORD_CSV_H
#define LW_RECORD_CSV_H

#include "record/reader.h"

enum {
    LW_CSV_MAX_COLUMNS = LW_RECORD_MAX_LEADS + 16,
    LW_CSV_MAX_TIMES = 4 /**< columns of times that are tried */
};

/* ---- Text (csv_text.c) */

/** What separates columns: ';', ',', a tab, LW_CSV_BLANKS or LW_CSV_NOTHING. */
enum {
    LW_CSV_BLANKS = ' ', /**< runs of blanks and tabs */
    LW_CSV_NOTHING = 0   /**< a line is one column */
};

/**
 * A file's text without its byte order mark, from UTF-16 in either order to UTF-8.
 * @param owned  what `text` lies in where it is not in `bytes`, else NULL; free()
 * @return false when out of memory
 */
bool lw_csv_decode(lw_span bytes, char **owned, lw_span *text);

/** The lines of a text that are not blank. */
typedef struct lw_csv_lines {
    const char *at, *end;
    size_t number; /**< of the line returned last, from 1 */
} lw_csv_lines;
lw_csv_lines lw_csv_lines_start(lw_span text);
/** The next line that is not blank, comments included. */
bool lw_csv_lines_any(lw_csv_lines *lines, lw_span *line);
/** The next line that is neither blank nor a comment. */
bool lw_csv_lines_next(lw_csv_lines *lines, lw_span *line);
/** Whether a line is a comment, and what stands behind its mark, '#' or '%'. */
bool lw_csv_comment(lw_span line, lw_span *comment);

/** Without blanks and single or double quotation marks around it. */
lw_span lw_csv_bare(lw_span field);
/** Cut the next field off `rest`, bare; a separator within quotation marks separates nothing. False at the end. */
bool lw_csv_field(lw_span *rest, char separator, lw_span *field);
/** How many fields a line has, without empty ones at its end. */
size_t lw_csv_field_count(lw_span line, char separator);
/** lw_span_double with `decimal`, '.' or ',', before the fraction. */
bool lw_csv_number(lw_span field, char decimal, double *value);
/** Whether a field stands for a missing sample: empty, "nan", "n/a", "-". */
bool lw_csv_is_missing(lw_span field);

/* ---- Columns (csv_column.c) */

typedef enum lw_csv_kind {
    LW_CSV_SIGNAL,  /**< a lead, or another signal */
    LW_CSV_TIME,    /**< times */
    LW_CSV_COUNTER, /**< row numbers, or a column without a name */
    LW_CSV_TEXT     /**< words */
} lw_csv_kind;

/** One column. The spans lie in the file's text, the caller's options or static strings. */
typedef struct lw_csv_column {
    lw_csv_kind kind;
    bool known;        /**< its name is that of a lead */
    bool unit_missing; /**< nobody states its unit */
    size_t lead;       /**< of the record; signals only */
    lw_span name, unit;
    double mv;          /**< millivolts per unit; 1 for units that are no voltages */
    double time_unit_s; /**< of times, 0: unknown */
} lw_csv_column;

/** What a column is by its name and unit: "I (uV)", "I [uV]" or "I_uV", "sample #", "timestamp [ms]". */
lw_csv_column lw_csv_column_of(lw_span field);
/** Seconds per unit, 0 for what is no unit of time. */
double lw_csv_time_unit_s(lw_span unit);
/** Without the brackets that may stand around a unit. */
lw_span lw_csv_bare_unit(lw_span field);

/* ---- Statements (csv_stated.c) */

/** What comments and lines before the table state. The spans lie in the text; zeros: nothing. */
typedef struct lw_csv_stated {
    double rate_hz;
    lw_span unit, leads;
} lw_csv_stated;

/** Take rate, unit and leads from a comment of "key: value" or "key = value" pairs, apart by commas. */
void lw_csv_stated_read(lw_csv_stated *stated, lw_span comment);
/** Take a line like "Sample Rate,512 hertz" or "Lead: I"; false: it is no such line. */
bool lw_csv_stated_take(lw_csv_stated *stated, lw_span line);

/* ---- The table's first lines (csv_table.c) */

/** The lines that the columns are learned from; empty spans: none. */
typedef struct lw_csv_table {
    lw_span names, units, row;
    size_t names_line, row_line;
    lw_csv_lines after; /**< behind `row` */
    char separator;     /**< of a line "sep=;"; 0: none */
} lw_csv_table;

/**
 * Find the lines of a table behind preambles, of which `stated` takes what it can; false when there is neither a name of
 * a lead nor a line of samples. `last_line` becomes the number of the last line looked at.
 */
bool lw_csv_table_find(lw_span text, lw_csv_stated *stated, lw_csv_table *table, size_t *last_line);

/** Whether a line holds a character. */
static inline bool lw_csv_holds(lw_span line, char c) { return line.length > 0 && memchr(line.at, c, line.length); }
/** What separates the fields of a line that is looked at alone. */
char lw_csv_own_separator(lw_span line);
/**
 * What separates the samples of `row`: what gives as many fields as `header` has names. Where the columns have no names,
 * "0,5 1,25" is two numbers and not three, and so is "0,5" one where `leads` tells of a single lead.
 */
char lw_csv_row_separator(lw_span header, lw_span row, lw_span leads);
/** ',' where `row` or one of the next rows holds a number with a decimal comma, else '.'. */
char lw_csv_find_decimal(lw_csv_lines lines, lw_span row, char separator);

/* ---- Layout (csv_layout.c) */

/** Where the table begins, and its columns. */
typedef struct lw_csv_layout {
    size_t line;      /**< the number of the line that names the columns, or else of the first samples */
    size_t first_row; /**< the number of the first line of samples; 0: there is none */
    char separator, decimal;
    size_t column_count, lead_count;
    size_t times[LW_CSV_MAX_TIMES], time_count; /**< the columns of times */
    lw_csv_stated stated;
    lw_csv_column column[LW_CSV_MAX_COLUMNS];
} lw_csv_layout;

/**
 * Find the table, after preambles of "name,value" lines, and what its columns are.
 * @return LW_OK, LW_ERR_FORMAT, LW_ERR_LEAD_NAME (columns of numbers that nothing names)
 */
lw_status lw_csv_layout_find(const lw_reading *reading, lw_span text, lw_csv_layout *layout, lw_error *err);

/* ---- Times (csv_time.c) */

/** A time in a file. */
typedef struct lw_csv_instant {
    double at;         /**< in the column's unit; of clocks in seconds */
    double resolution; /**< of its digits: 0.001 for three decimals */
    bool clock;        /**< hours and minutes, with or without a date */
} lw_csv_instant;

/** Read a number, a clock ("1:02:03.5", "[10:11:12.000 01/02/2000]") or a date and clock of ISO 8601; false: none. */
bool lw_csv_instant_read(lw_span field, char decimal, lw_csv_instant *out);

/** The times of one column. */
typedef struct lw_csv_times {
    double *at; /**< [rows], NaN where none could be read */
    size_t count, capacity;
    double resolution;
    bool clock;
} lw_csv_times;
/** False when out of memory. */
bool lw_csv_times_add(lw_csv_times *times, lw_span field, char decimal);
void lw_csv_times_free(lw_csv_times *times);

/** What is wrong with times, if anything. */
typedef struct lw_csv_fault {
    size_t row; /**< the first that is not where it is due; SIZE_MAX: none */
    double due;
    const char *what; /**< how the sentence goes on behind the time */
} lw_csv_fault;

/**
 * The rate in Hz of evenly spaced times, 0 where they give none; then `fault` says which. `unit_s` seconds a unit; 0:
 * seconds, milliseconds, microseconds or nanoseconds, the first that gives a rate within the limits of a recording. A
 * rate is rounded to a whole number where the times' digits leave that open.
 */
double lw_csv_times_rate(const lw_csv_times *times, double unit_s, lw_csv_fault *fault);

/* ---- The file (csv_reader.c, csv_rate.c) */

/** A file on its way into a record. */
typedef struct lw_csv_file {
    const lw_reading *reading;
    lw_span text;
    lw_csv_layout layout;
    size_t rows;
    lw_csv_times times[LW_CSV_MAX_TIMES]; /**< of the layout's columns of times */
} lw_csv_file;

/** The lines of samples, for lw_csv_lines_next. */
lw_csv_lines lw_csv_rows_start(const lw_csv_file *it);
/**
 * The rate of the times where they are even, else that stated in the file, else the caller's; where the times are not
 * even that is a warning.
 * @return LW_OK, LW_ERR_RATE where nothing gives one
 */
lw_status lw_csv_rate_find(const lw_csv_file *it, double *rate_hz, lw_error *err);

#endif
