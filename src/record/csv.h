/**
 * @file csv.h
 * The parts of the CSV reader: what the columns are, and what the time column says.
 */
#ifndef LW_RECORD_CSV_H
#define LW_RECORD_CSV_H

#include "record/reader.h"

enum { LW_CSV_MAX_COLUMNS = LW_RECORD_MAX_LEADS + 8 };

/** What each column holds. */
typedef struct lw_csv_layout {
    size_t line; /**< of the file, the first that is no comment */
    char separator;
    bool has_header;   /**< that line names the columns; else they are the standard leads */
    bool unit_missing; /**< some lead's unit is said neither by the file nor by the caller */
    size_t columns, leads;
    int time_column;               /**< -1: none */
    double time_unit_s;            /**< 0: not said */
    int lead[LW_CSV_MAX_COLUMNS];  /**< -1: not a lead */
    double mv[LW_CSV_MAX_COLUMNS]; /**< millivolts per unit; 1 for units that are no voltages */
    const char *default_unit;
} lw_csv_layout;

/**
 * Find out what the columns are from the first line. Names may carry a unit: "I (uV)", "I [uV]", "I_uV". A first
 * column called time, t, s, sec, seconds or ms holds times; one called sample, index, n or nothing is passed over, and
 * so are further columns without a name. Only numbers: the twelve standard leads.
 *
 * @param place  "x.csv:1", begins sentences
 * @param unit   of columns that do not say theirs, NULL: mV (borrowed by the layout)
 * @return LW_OK or LW_ERR_FORMAT
 */
lw_status lw_csv_layout_find(lw_span line, const char *place, const char *unit, lw_csv_layout *layout, lw_error *err);

/** Name the leads of `record` after the first line. LW_ERR_NO_MEMORY. */
lw_status lw_csv_layout_describe(const lw_csv_layout *layout, lw_span line, lw_record *record, lw_error *err);

/** What the time column says. Zero-initialise. */
typedef struct lw_csv_times {
    size_t rows;
    size_t count; /**< times added */
    double first, last;
    double resolution; /**< of the times as printed: 0.001 for three decimals */
} lw_csv_times;

/** Add the time of the next row; one that is no number is left to the check of that row. */
void lw_csv_times_add(lw_csv_times *times, lw_span field);

/**
 * Sampling rate in Hz, 0 when there is none. `unit_s` seconds per unit; 0: whichever of seconds and milliseconds gives
 * a rate between the limits of a recording, which never both do. A rate is rounded to a whole number when the times'
 * printed digits leave that open.
 */
double lw_csv_times_rate(const lw_csv_times *times, double unit_s);

#endif
