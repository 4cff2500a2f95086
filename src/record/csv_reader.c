/** @file csv_reader.c: leads as columns of text, one sample a line. */
#include <math.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "record/reader.h"

/* A lead that swings further than this is not in millivolts, or not an ECG. */
static const double largest_swing_mv = 50.0;

enum { MAX_COLUMNS = LW_RECORD_MAX_LEADS + 8 };

/** One column. The spans lie in the file's text, the caller's options or static strings. */
typedef struct csv_column {
    bool is_lead;
    size_t lead; /* of the record */
    lw_span name, unit;
    double mv; /* millivolts per unit; 1 for units that are no voltages */
} csv_column;

/** The columns, by the first line that is no comment. */
typedef struct csv_layout {
    size_t line; /* its number */
    char separator;
    bool has_header;   /* it names the columns; else they are the standard leads */
    bool unit_missing; /* neither the file nor the caller gives some lead's unit */
    size_t column_count, lead_count;
    int time_column;          /* -1: none */
    double time_unit_s;       /* 0: unknown */
    const char *default_unit; /* of columns without one; NULL: mV */
    csv_column column[MAX_COLUMNS];
} csv_layout;

/** The rows, and what follows from their time column. */
typedef struct csv_times {
    size_t rows;
    size_t count; /* times that are numbers */
    double first, last;
    double resolution; /* of the times as printed: 0.001 for three decimals */
} csv_times;

/* ---- Lines */

/** The lines of a CSV file that are not blank or comments. */
typedef struct line_cursor {
    const char *at, *end;
    size_t number; /* of the line returned last, from 1 */
} line_cursor;

static line_cursor start_lines(lw_span text) {
    text = lw_without_byte_order_mark(text);
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

/* ---- Columns */

/** Without blanks and quotation marks around it. */
static lw_span bare(lw_span field) {
    field = lw_span_trim(field);
    if (field.length >= 2 && *field.at == '"' && field.at[field.length - 1] == '"')
        field = lw_span_trim((lw_span){field.at + 1, field.length - 2});
    return field;
}

/** Whether a line holds no name, only numbers. */
static bool is_numeric(lw_span line, char separator) {
    lw_span field;
    double value;
    bool numeric = true;
    while (numeric && lw_span_field(&line, separator, &field)) {
        field = bare(field);
        numeric = field.length == 0 || lw_span_equals_nocase(field, "nan") || lw_span_double(field, &value);
    }
    return numeric;
}

static double seconds_per_unit(lw_span unit) {
    static const struct {
        const char *name;
        double seconds;
    } units[] = {{"s", 1.0},     {"sec", 1.0}, {"second", 1.0},       {"seconds", 1.0},       {"ms", 1e-3},
                 {"msec", 1e-3}, {"us", 1e-6}, {"millisecond", 1e-3}, {"microseconds", 1e-6}, {"milliseconds", 1e-3}};
    for (size_t i = 0; i < sizeof units / sizeof *units; i++)
        if (lw_span_equals_nocase(unit, units[i].name))
            return units[i].seconds;
    return 0.0;
}

/** "I (uV)", "I [uV]" or "I_uV" -> "I" and "uV"; a column without a unit keeps its whole name. */
static void split_unit(lw_span field, lw_span *name, lw_span *unit) {
    *name = field;
    *unit = (lw_span){field.at, 0};
    char last = field.length > 0 ? field.at[field.length - 1] : '\0';
    char open = last == ')' ? '(' : last == ']' ? '[' : '_';
    for (size_t i = field.length; i-- > 0;) {
        if (field.at[i] != open)
            continue;
        lw_span after = {field.at + i + 1, field.length - i - 1 - (open != '_')};
        if (open != '_' || lw_unit_mv(after) > 0.0 || seconds_per_unit(after) > 0.0) {
            *name = lw_span_trim((lw_span){field.at, i});
            *unit = lw_span_trim(after);
        }
        return;
    }
}

/** Whether the first column holds times or row numbers. */
static bool is_time_or_counter(lw_span name, lw_span unit, csv_layout *layout) {
    static const char *const times[] = {"time", "t", "s", "sec", "second", "seconds", "ms", NULL};
    static const char *const counters[] = {"sample", "samples", "index", "n", NULL};
    const bool is_time = lw_span_is_one_of(name, times);
    if (is_time) {
        layout->time_column = 0;
        layout->time_unit_s = seconds_per_unit(unit.length > 0 ? unit : name);
    }
    return is_time || lw_span_is_one_of(name, counters);
}

static lw_status add_column(lw_span field, const char *place, csv_layout *layout, lw_error *err) {
    const size_t index = layout->column_count++;
    if (index >= MAX_COLUMNS || layout->lead_count >= LW_RECORD_MAX_LEADS)
        return lw_fail(err, LW_ERR_FORMAT, "%s: more columns than the %d leads expected at most", place,
                       LW_RECORD_MAX_LEADS);
    csv_column *column = &layout->column[index];
    split_unit(field, &column->name, &column->unit);
    if (column->name.length == 0 || (index == 0 && is_time_or_counter(column->name, column->unit, layout)))
        return LW_OK;
    if (column->unit.length == 0 && layout->default_unit)
        column->unit = lw_span_of(layout->default_unit);
    layout->unit_missing |= column->unit.length == 0 && !layout->default_unit;
    const double mv = lw_unit_mv(column->unit);
    column->mv = mv > 0.0 ? mv : 1.0;
    column->is_lead = true;
    column->lead = layout->lead_count++;
    return LW_OK;
}

/**
 * Find what the columns are. Names may carry a unit: "I (uV)", "I [uV]", "I_uV". A first column called time, t, s, sec,
 * seconds or ms holds times; one called sample, index, n or nothing is passed over, and so are further columns without a
 * name. Columns without names are the twelve standard leads.
 */
static lw_status find_layout(lw_span line, const char *place, const char *unit, csv_layout *layout, lw_error *err) {
    lw_span field, rest = line;
    size_t columns = 0;
    lw_status status = LW_OK;
    layout->separator = memchr(line.at, ';', line.length) ? ';' : memchr(line.at, '\t', line.length) ? '\t' : ',';
    layout->time_column = -1;
    layout->default_unit = unit;
    layout->has_header = !is_numeric(line, layout->separator);
    while (status == LW_OK && lw_span_field(&rest, layout->separator, &field)) {
        columns++;
        if (layout->has_header)
            status = add_column(bare(field), place, layout, err);
    }
    if (status == LW_OK && !layout->has_header && columns != LW_STANDARD_LEADS)
        return lw_fail(err, LW_ERR_FORMAT, "%s: %zu columns without names, expected names of leads or the standard %d",
                       place, columns, LW_STANDARD_LEADS);
    for (size_t i = 0; status == LW_OK && !layout->has_header && i < LW_STANDARD_LEADS; i++)
        status = add_column(lw_span_of(lw_standard_leads[i]), place, layout, err);
    if (status == LW_OK && layout->lead_count == 0)
        return lw_fail(err, LW_ERR_FORMAT, "%s: no column of samples, expected names of leads", place);
    return status;
}

static lw_status describe_leads(const csv_layout *layout, lw_record *record, lw_error *err) {
    for (size_t i = 0; i < layout->column_count; i++) {
        const csv_column *column = &layout->column[i];
        if (!column->is_lead)
            continue;
        char *name = lw_span_dup(column->name), *unit = lw_span_dup(column->unit);
        const bool ok = name && unit && lw_record_set_lead(record, column->lead, name, unit, 1.0, 0.0);
        free(name);
        free(unit);
        if (!ok)
            return lw_fail_no_memory(err, "a lead's name");
    }
    return LW_OK;
}

static void add_time(csv_times *times, lw_span field) {
    double at;
    if (!lw_span_double(field, &at))
        return;
    const char *point = memchr(field.at, '.', field.length);
    double resolution = pow(10.0, point ? -(double)(field.length - 1 - (size_t)(point - field.at)) : 0.0);
    if (times->count++ == 0) {
        times->first = at;
        times->resolution = resolution;
    }
    times->last = at;
    times->resolution = resolution < times->resolution ? resolution : times->resolution;
}

/**
 * Sampling rate in Hz, 0 when there is none. `unit_s` seconds per unit; 0: whichever of seconds and milliseconds gives
 * a rate between the limits of a recording, which never both do. A rate is rounded to a whole number when the times'
 * printed digits leave that open.
 */
static double rate_of_times(const csv_times *times, double unit_s) {
    double span = times->last - times->first;
    if (times->rows < 2 || !(span > 0.0))
        return 0.0;
    double per_unit = (double)(times->rows - 1) / span;
    if (unit_s == 0.0)
        unit_s = per_unit >= LW_RECORD_MIN_RATE_HZ && per_unit <= LW_RECORD_MAX_RATE_HZ ? 1.0 : 1e-3;
    double rate_hz = per_unit / unit_s, whole = round(rate_hz);
    return fabs(rate_hz - whole) <= rate_hz * times->resolution / span ? whole : rate_hz;
}

/* ---- Rows */

/** Field `column` of a line; false when the line is shorter. */
static bool field_at(lw_span line, char separator, size_t column, lw_span *field) {
    bool found = true;
    for (size_t i = 0; found && i <= column; i++)
        found = lw_span_field(&line, separator, field);
    *field = lw_span_trim(*field);
    return found;
}

/** Read the comments on the patient and the rate ("# rate_hz: 500"); count the rows, and find the span of their times. */
static lw_status survey(const lw_reading *reading, lw_span text, const csv_layout *layout, csv_times *times,
                        double *given_hz, lw_error *err) {
    static const char *const rates[] = {"rate_hz",   "rate", "fs", "sampling rate", "sampling frequency",
                                        "frequency", NULL};
    line_cursor cursor = start_lines(text);
    char place[LW_PLACE_LENGTH];
    lw_status status = LW_OK;
    for (lw_span line; status == LW_OK && lw_span_line(&cursor.at, cursor.end, &line);) {
        cursor.number++;
        const lw_span trimmed = lw_span_trim(line);
        lw_span field = {0}, key, value;
        if (trimmed.length > 0 && *trimmed.at == '#') {
            const lw_span comment = {trimmed.at + 1, trimmed.length - 1};
            lw_place(place, reading->shown, cursor.number);
            if (lw_comment_split(comment, &key, &value) && lw_span_is_one_of(key, rates))
                (void)lw_span_double(value, given_hz);
            status = lw_record_comment(reading->record, comment, place, err);
        } else if (trimmed.length > 0 && (cursor.number != layout->line || !layout->has_header)) {
            times->rows++;
            if (layout->time_column >= 0 && field_at(line, layout->separator, (size_t)layout->time_column, &field))
                add_time(times, field);
        }
    }
    return status;
}

static lw_status find_rate(const lw_reading *reading, const csv_layout *layout, const csv_times *times, double given_hz,
                           double *rate_hz, lw_error *err) {
    if (layout->time_column >= 0 && times->rows > 1) {
        *rate_hz = rate_of_times(times, layout->time_unit_s);
        if (*rate_hz > 0.0)
            return LW_OK;
        return lw_fail(err, LW_ERR_FORMAT,
                       "%s:%zu: the time column gives no rate, expected times in seconds or milliseconds that rise",
                       reading->shown, layout->line);
    }
    *rate_hz = given_hz > 0.0 ? given_hz : reading->options.rate_hz;
    if (*rate_hz > 0.0)
        return LW_OK;
    return lw_fail(err, LW_ERR_FORMAT,
                   "%s:%zu: no sampling rate, expected a time column, a line like '# rate_hz: 500', or one that is "
                   "given",
                   reading->shown, layout->line);
}

/** The samples of one line. */
static lw_status read_row(const lw_reading *reading, const csv_layout *layout, lw_span line, size_t number, size_t row,
                          lw_error *err) {
    static const char *const missing[] = {"", "nan", "na", "n/a", "null", "none", "-", NULL};
    lw_span field;
    size_t count = 0;
    for (; lw_span_field(&line, layout->separator, &field); count++) {
        if (count >= layout->column_count || !layout->column[count].is_lead)
            continue;
        const csv_column *column = &layout->column[count];
        double value = NAN;
        field = lw_span_trim(field);
        if (!lw_span_double(field, &value) && !lw_span_is_one_of(field, missing))
            return lw_fail(err, LW_ERR_FORMAT, "%s:%zu: column %zu: '%.*s', expected a number", reading->shown, number,
                           count + 1, lw_quoted(field, 40), field.at);
        lw_record_signal_mutable(reading->record, column->lead)[row] = value * column->mv;
    }
    if (count != layout->column_count)
        return lw_fail(err, LW_ERR_FORMAT, "%s:%zu: %zu fields, expected %zu as in line %zu", reading->shown, number,
                       count, layout->column_count, layout->line);
    return LW_OK;
}

static lw_status read_rows(const lw_reading *reading, lw_span text, const csv_layout *layout, const csv_times *times,
                           lw_error *err) {
    const bool timed = layout->time_column >= 0 && times->rows > 1;
    const double step = timed ? (times->last - times->first) / (double)(times->rows - 1) : 0.0;
    line_cursor cursor = start_lines(text);
    lw_span line;
    if (layout->has_header)
        (void)next_line(&cursor, &line);
    for (size_t row = 0; next_line(&cursor, &line); row++) {
        const lw_status status = read_row(reading, layout, line, cursor.number, row, err);
        if (status != LW_OK)
            return status;
        lw_span field = {0};
        double at, due = times->first + (double)row * step;
        /* Half a step of tolerance, because times are often printed with few digits. */
        if (timed && !(field_at(line, layout->separator, (size_t)layout->time_column, &field) &&
                       lw_span_double(field, &at) && fabs(at - times->first - (double)row * step) <= 0.5 * step))
            return lw_fail(err, LW_ERR_FORMAT,
                           "%s:%zu: time '%.*s', expected about %.9g: samples must be evenly spaced", reading->shown,
                           cursor.number, lw_quoted(field, 40), field.at ? field.at : "", due);
    }
    return LW_OK;
}

/** Units are never guessed, but a lead that swings by hundreds of millivolts gets a warning. */
static void check_swing(const lw_reading *reading, const csv_layout *layout) {
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
    csv_layout layout = {0};
    csv_times times = {0};
    lw_span line, text;
    double given_hz = 0.0, rate_hz;
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
    status = find_layout(line, place, reading->options.unit, &layout, err);
    if (status == LW_OK)
        status = survey(reading, text, &layout, &times, &given_hz, err);
    if (status == LW_OK)
        status = find_rate(reading, &layout, &times, given_hz, &rate_hz, err);
    if (status == LW_OK)
        status = lw_reading_set_shape(reading, place, layout.lead_count, times.rows, rate_hz, err);
    if (status == LW_OK)
        status = describe_leads(&layout, reading->record, err);
    if (status != LW_OK || reading->header_only)
        return status;
    if (!lw_record_allocate(reading->record))
        return lw_fail_no_memory(err, "a recording's samples");
    status = read_rows(reading, text, &layout, &times, err);
    check_swing(reading, &layout);
    return status;
}

const lw_reader lw_csv_reader = {
    .name = "csv",
    .title = "CSV",
    .suffixes = {".csv", ".tsv", ".txt"},
    .listed = true,
    .lists = lw_csv_lists, /* folders of recordings hold other tables */
    .probe = probe,
    .read = read_csv,
};
