/** @file csv_reader.c: leads as columns of text, one sample a line. */
#include <math.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "record/csv.h"

/* A lead that swings further than this is not in millivolts, or not an ECG. */
static const double largest_swing_mv = 50.0;

/** The lines of a CSV file that are not blank or comments. */
typedef struct line_cursor {
    const char *at, *end;
    size_t number; /* of the line returned last, from 1 */
} line_cursor;

static line_cursor start_lines(lw_span text) {
    if (text.length >= 3 && memcmp(text.at, "\xEF\xBB\xBF", 3) == 0)
        text = (lw_span){text.at + 3, text.length - 3};
    return (line_cursor){text.at, text.length > 0 ? text.at + text.length : text.at, 0};
}

static bool next_line(line_cursor *cursor, lw_span *line) {
    while (lw_span_line(&cursor->at, cursor->end, line)) {
        cursor->number++;
        lw_span trimmed = lw_span_trim(*line);
        if (trimmed.length > 0 && *trimmed.at != '#')
            return true;
    }
    return false;
}

/** By its name, or by a separator in its first line of text. */
static bool probe(const char *name, lw_span head) {
    line_cursor cursor = start_lines(head);
    lw_span line;
    if (head.length > 0 && memchr(head.at, '\0', head.length))
        return false;
    if (lw_name_ends(name, ".csv") || lw_name_ends(name, ".tsv") || lw_name_ends(name, ".txt"))
        return true;
    return next_line(&cursor, &line) && (memchr(line.at, ',', line.length) || memchr(line.at, ';', line.length) ||
                                         memchr(line.at, '\t', line.length));
}

/** "# rate_hz: 500". */
static void take_rate(lw_span comment, double *rate_hz) {
    static const char *const keys[] = {"rate_hz", "rate", "fs", "sampling rate", "sampling frequency", "frequency"};
    const char *colon = comment.length > 0 ? memchr(comment.at, ':', comment.length) : NULL;
    if (!colon)
        return;
    lw_span key = lw_span_trim((lw_span){comment.at, (size_t)(colon - comment.at)});
    lw_span value = lw_span_trim((lw_span){colon + 1, comment.length - (size_t)(colon - comment.at) - 1});
    for (size_t i = 0; i < sizeof keys / sizeof *keys; i++)
        if (lw_span_equals_nocase(key, keys[i]))
            (void)lw_span_double(value, rate_hz);
}

/** Comments before and between the lines: the patient, and the rate. */
static lw_status take_comments(const lw_reading *reading, lw_span text, double *rate_hz, lw_error *err) {
    line_cursor cursor = start_lines(text);
    char place[LW_PLACE_LENGTH];
    lw_status status = LW_OK;
    for (lw_span line; status == LW_OK && lw_span_line(&cursor.at, cursor.end, &line);) {
        cursor.number++;
        line = lw_span_trim(line);
        if (line.length == 0 || *line.at != '#')
            continue;
        lw_span comment = {line.at + 1, line.length - 1};
        lw_place(place, reading->shown, cursor.number);
        take_rate(comment, rate_hz);
        status = lw_record_comment(reading->record, comment, place, err);
    }
    return status;
}

/** Field `column` of a line; false when the line is shorter. */
static bool field_at(lw_span line, char separator, size_t column, lw_span *field) {
    bool found = true;
    for (size_t i = 0; found && i <= column; i++)
        found = lw_span_field(&line, separator, field);
    *field = lw_span_trim(*field);
    return found;
}

/** Number of rows, and the time column's span. */
static void survey(lw_span text, const lw_csv_layout *layout, lw_csv_times *times) {
    line_cursor cursor = start_lines(text);
    lw_span line, field = {0};
    if (layout->has_header)
        (void)next_line(&cursor, &line);
    while (next_line(&cursor, &line)) {
        times->rows++;
        if (layout->time_column < 0 || !field_at(line, layout->separator, (size_t)layout->time_column, &field))
            continue;
        lw_csv_times_add(times, field);
    }
}

static lw_status find_rate(const lw_reading *reading, const lw_csv_layout *layout, const lw_csv_times *times,
                           double said_hz, double *rate_hz, lw_error *err) {
    if (layout->time_column >= 0 && times->rows > 1) {
        *rate_hz = lw_csv_times_rate(times, layout->time_unit_s);
        if (*rate_hz > 0.0)
            return LW_OK;
        return lw_fail(err, LW_ERR_FORMAT,
                       "%s:%zu: the time column gives no rate, expected times in seconds or milliseconds that rise",
                       reading->shown, layout->line);
    }
    *rate_hz = said_hz > 0.0 ? said_hz : reading->options.rate_hz;
    if (*rate_hz > 0.0)
        return LW_OK;
    return lw_fail(err, LW_ERR_FORMAT,
                   "%s:%zu: no sampling rate, expected a time column, a line like '# rate_hz: 500', or one that is "
                   "given",
                   reading->shown, layout->line);
}

static bool is_missing(lw_span field) {
    static const char *const words[] = {"", "nan", "na", "n/a", "null", "none", "-"};
    for (size_t i = 0; i < sizeof words / sizeof *words; i++)
        if (lw_span_equals_nocase(field, words[i]))
            return true;
    return false;
}

/** The samples of one line. */
static lw_status take_row(const lw_reading *reading, const lw_csv_layout *layout, lw_span line, size_t number,
                          size_t row, lw_error *err) {
    lw_span field;
    size_t count = 0;
    for (; lw_span_field(&line, layout->separator, &field); count++) {
        if (count >= layout->columns || layout->lead[count] < 0)
            continue;
        double value = NAN;
        field = lw_span_trim(field);
        if (!lw_span_double(field, &value) && !is_missing(field))
            return lw_fail(err, LW_ERR_FORMAT, "%s:%zu: column %zu: '%.*s', expected a number", reading->shown, number,
                           count + 1, field.length < 40 ? (int)field.length : 40, field.at);
        lw_record_signal_mutable(reading->record, (size_t)layout->lead[count])[row] = value * layout->mv[count];
    }
    if (count != layout->columns)
        return lw_fail(err, LW_ERR_FORMAT, "%s:%zu: %zu fields, expected %zu as in line %zu", reading->shown, number,
                       count, layout->columns, layout->line);
    return LW_OK;
}

/** Half a step of tolerance, because times are often printed with few digits. */
static lw_status check_time(const lw_reading *reading, const lw_csv_layout *layout, const lw_csv_times *times,
                            lw_span line, size_t number, size_t row, lw_error *err) {
    lw_span field = {0};
    double at, step = (times->last - times->first) / (double)(times->rows - 1);
    if (field_at(line, layout->separator, (size_t)layout->time_column, &field) && lw_span_double(field, &at) &&
        fabs(at - times->first - (double)row * step) <= 0.5 * step)
        return LW_OK;
    return lw_fail(err, LW_ERR_FORMAT, "%s:%zu: time '%.*s', expected about %.9g: samples must be evenly spaced",
                   reading->shown, number, field.length < 40 ? (int)field.length : 40, field.at ? field.at : "",
                   times->first + (double)row * step);
}

static lw_status take_rows(const lw_reading *reading, lw_span text, const lw_csv_layout *layout,
                           const lw_csv_times *times, lw_error *err) {
    line_cursor cursor = start_lines(text);
    lw_span line;
    lw_status status = LW_OK;
    if (layout->has_header)
        (void)next_line(&cursor, &line);
    for (size_t row = 0; status == LW_OK && next_line(&cursor, &line); row++) {
        status = take_row(reading, layout, line, cursor.number, row, err);
        if (status == LW_OK && layout->time_column >= 0 && times->rows > 1)
            status = check_time(reading, layout, times, line, cursor.number, row, err);
    }
    return status;
}

/** Units are never guessed, but a lead that swings by hundreds of millivolts is worth a word. */
static void check_swing(const lw_reading *reading, const lw_csv_layout *layout) {
    const lw_record *record = reading->record;
    for (size_t i = 0; layout->unit_missing && i < record->leads; i++) {
        const double *x = lw_record_view(record, i).mv;
        double low = INFINITY, high = -INFINITY;
        for (size_t t = 0; t < record->samples; t++) {
            low = x[t] < low ? x[t] : low;
            high = x[t] > high ? x[t] : high;
        }
        if (high - low > largest_swing_mv) {
            lw_record_warn(reading->record,
                           "%s:%zu: lead %s swings by %.4g mV, expected less than %g; if the file is "
                           "in microvolts, say so in its first line, as in 'I (uV)'",
                           reading->shown, layout->line, record->lead[i].name, high - low, largest_swing_mv);
            return;
        }
    }
}

static lw_status read_csv(lw_reading *reading, lw_error *err) {
    lw_csv_layout layout = {0};
    lw_csv_times times = {0};
    lw_span line, text;
    double said_hz = 0.0, rate_hz;
    char place[LW_PLACE_LENGTH];
    lw_status status = lw_reading_text(reading, &text, err);
    if (status != LW_OK)
        return status;
    line_cursor cursor = start_lines(text);
    if (!next_line(&cursor, &line))
        return lw_fail(err, LW_ERR_FORMAT, "%s:%zu: no lines, expected names of leads and samples", reading->shown,
                       cursor.number);
    layout.line = cursor.number;
    lw_place(place, reading->shown, layout.line);
    status = lw_csv_layout_find(line, place, reading->options.unit, &layout, err);
    if (status == LW_OK)
        status = take_comments(reading, text, &said_hz, err);
    if (status != LW_OK)
        return status;
    survey(text, &layout, &times);
    status = find_rate(reading, &layout, &times, said_hz, &rate_hz, err);
    if (status == LW_OK)
        status = lw_reading_set_shape(reading, place, layout.leads, times.rows, rate_hz, err);
    if (status == LW_OK)
        status = lw_csv_layout_describe(&layout, line, reading->record, err);
    if (status != LW_OK || reading->header_only)
        return status;
    if (!lw_record_allocate(reading->record))
        return lw_fail_no_memory(err, "a recording's samples");
    status = take_rows(reading, text, &layout, &times, err);
    check_swing(reading, &layout);
    return status;
}

const lw_reader lw_csv_reader = {
    .name = "csv",
    .title = "CSV",
    .suffixes = {".csv", ".tsv", ".txt"}, /* not listed: folders of recordings hold other tables */
    .probe = probe,
    .read = read_csv,
};
