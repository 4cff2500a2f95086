/** @file csv_layout.c: where the table of a CSV file begins, what separates its columns, and what stands before it. */
#include "record/csv.h"

#include <string.h>

#include "base/error.h"

/* ---- What a file states of itself */

typedef enum key { KEY_NONE, KEY_RATE, KEY_UNIT, KEY_LEADS } key;

static key key_of(lw_span name) {
    static const char *const rates[] = {"rate_hz",           "rate",         "fs",
                                        "sampling rate",     "sample rate",  "sampling frequency",
                                        "sample frequency",  "sampling_rate", "sample_rate",
                                        "sampling_frequency", "samplerate",   "samplingrate",
                                        "samplingfrequency", "frequency",    "abtastrate",
                                        "frequenz",          NULL};
    static const char *const units[] = {"unit", "units", "einheit", "amplitude unit", "voltage unit", NULL};
    static const char *const leads[] = {"lead", "leads", "lead name", "ableitung", "ableitungen", "derivation", NULL};
    return lw_span_is_one_of(name, rates)   ? KEY_RATE
           : lw_span_is_one_of(name, units) ? KEY_UNIT
           : lw_span_is_one_of(name, leads) ? KEY_LEADS
                                            : KEY_NONE;
}

/** "512.844 hertz", "0.5 kHz" or "500" as Hz; 0: none of these. */
static double read_rate(lw_span value) {
    static const char *const hertz[] = {"", "hz", "hertz", "sps", "samples/s", "samples per second", "1/s", NULL};
    static const char *const kilohertz[] = {"khz", "kilohertz", NULL};
    size_t length = 0;
    double rate;
    while (length < value.length && strchr("0123456789.,", value.at[length]))
        length++;
    const lw_span number = {value.at, length};
    const lw_span unit = lw_csv_bare_unit((lw_span){value.at + length, value.length - length});
    if (length == 0 || !lw_csv_number(number, memchr(number.at, ',', length) ? ',' : '.', &rate))
        return 0.0;
    return lw_span_is_one_of(unit, hertz) ? rate : lw_span_is_one_of(unit, kilohertz) ? 1000.0 * rate : 0.0;
}

static void take(lw_csv_stated *stated, lw_span name, lw_span value) {
    const key which = key_of(lw_csv_bare(name));
    value = lw_csv_bare(value);
    if (which == KEY_RATE && read_rate(value) > 0.0)
        stated->rate_hz = read_rate(value);
    else if (which == KEY_UNIT && value.length > 0)
        stated->unit = lw_csv_bare_unit(value);
    else if (which == KEY_LEADS && value.length > 0)
        stated->leads = value;
}

/** Cut "key: value" or "key = value" in two. */
static bool split_pair(lw_span text, lw_span *name, lw_span *value) {
    size_t i = 0;
    while (i < text.length && text.at[i] != ':' && text.at[i] != '=')
        i++;
    if (i == text.length)
        return false;
    *name = lw_csv_bare((lw_span){text.at, i});
    *value = lw_csv_bare((lw_span){text.at + i + 1, text.length - i - 1});
    return true;
}

void lw_csv_stated_read(lw_csv_stated *stated, lw_span comment) {
    lw_span piece, name, value;
    if (split_pair(comment, &name, &value) && key_of(name) == KEY_LEADS) {
        take(stated, name, value);
        return;
    }
    while (lw_span_field(&comment, ',', &piece))
        if (split_pair(piece, &name, &value))
            take(stated, name, value);
}

/* ---- Separators */

static bool holds(lw_span line, char c) { return line.length > 0 && memchr(line.at, c, line.length); }

/** What separates the fields of a line that is looked at alone. */
static char own_separator(lw_span line) {
    line = lw_span_trim(line);
    return holds(line, ';')    ? ';'
           : holds(line, '\t') ? '\t'
           : holds(line, ',')  ? ','
           : holds(line, ' ')  ? LW_CSV_BLANKS
                               : LW_CSV_NOTHING;
}

static bool is_number(lw_span field) {
    double value;
    return lw_csv_number(field, '.', &value) || lw_csv_number(field, ',', &value);
}

static bool is_instant(lw_span field) {
    lw_csv_instant instant;
    return is_number(field) || lw_csv_instant_read(field, '.', &instant);
}

/** Whether all of a line's fields are numbers with a decimal comma, or without a fraction. */
static bool is_comma_numbers(lw_span line, char separator) {
    lw_span field;
    double value;
    bool all = true;
    while (all && lw_csv_field(&line, separator, &field))
        all = lw_csv_number(field, ',', &value);
    return all;
}

/**
 * What separates the samples of `row`: what gives as many fields as `header` has names. Where the columns have no names,
 * "0,5 1,25" is two numbers and not three, and so is "0,5" one where `leads` tells of a single lead.
 */
static char row_separator(lw_span header, lw_span row, lw_span leads) {
    const char own = own_separator(row);
    const char candidates[] = {own, LW_CSV_BLANKS, LW_CSV_NOTHING};
    if (header.length == 0 && own == ',') {
        const bool single = leads.length > 0 && !holds(leads, ',');
        if (single && lw_csv_field_count(row, ',') <= 2)
            return LW_CSV_NOTHING;
        return holds(lw_span_trim(row), ' ') && is_comma_numbers(row, LW_CSV_BLANKS) ? LW_CSV_BLANKS : ',';
    }
    const char named = header.length > 0 ? own_separator(header) : LW_CSV_NOTHING;
    const bool strong = named != LW_CSV_BLANKS && named != LW_CSV_NOTHING;
    for (size_t i = 0; header.length > 0 && i < sizeof candidates; i++) {
        const char c = candidates[i];
        const size_t names = lw_csv_field_count(header, strong || c == own ? (c == own && holds(header, c) ? c : named) : c);
        if (lw_csv_field_count(row, c) == names)
            return c;
    }
    return own;
}

/** Whether one of the first rows holds a number with a decimal comma. */
static char find_decimal(lw_csv_lines lines, lw_span row, char separator) {
    enum { ROWS = 64 };
    lw_span field;
    double value;
    for (size_t i = 0; i < ROWS; i++) {
        while (lw_csv_field(&row, separator, &field))
            if (!lw_csv_number(field, '.', &value) && lw_csv_number(field, ',', &value))
                return ',';
        if (!lw_csv_lines_next(&lines, &row))
            break;
    }
    return '.';
}

/* ---- Kinds of lines */

/** "sep=;", which spreadsheets write into a first line. */
static bool is_separator_line(lw_span line, char *separator) {
    const lw_span trimmed = lw_csv_bare(line);
    if (trimmed.length != 5 || !lw_span_equals_nocase((lw_span){trimmed.at, 4}, "sep="))
        return false;
    *separator = trimmed.at[4];
    return true;
}

/** A line of samples: its first field is a number or a time, and another may be words where something but blanks
 * separates them. */
static bool is_row(lw_span line) {
    const char separator = own_separator(line);
    size_t numbers = 0, words = 0, count = 0;
    lw_span field;
    for (; lw_csv_field(&line, separator, &field); count++) {
        const bool number = is_number(field), missing = lw_csv_is_missing(field);
        if (count == 0 && !missing && !is_instant(field))
            return false;
        numbers += number;
        words += !number && !missing && !is_instant(field);
    }
    return numbers > 0 && (words == 0 || separator != LW_CSV_BLANKS);
}

/** A line that gives the columns' units: each field is one or is empty, and there is a voltage or a unit of time. */
static bool is_units(lw_span line, char separator) {
    static const char *const others[] = {"", "nu", "adu", "a.u.", "adc", "%", "bpm", "mmhg", "1", "-", NULL};
    size_t units = 0;
    lw_span field;
    while (lw_csv_field(&line, separator, &field)) {
        const lw_span unit = lw_csv_bare_unit(field);
        const bool clock = unit.length > 4 && lw_span_equals_nocase((lw_span){unit.at, 5}, "hh:mm");
        const bool known = lw_unit_mv(unit) > 0.0 || lw_csv_time_unit_s(unit) > 0.0 || clock;
        units += known;
        if (!known && !lw_span_is_one_of(unit, others))
            return false;
    }
    return units > 0;
}

/** Take a line like "Sample Rate,512 hertz" or "Lead: I"; false: it is no such line. */
static bool take_stated(lw_csv_stated *stated, lw_span line) {
    const char separator = own_separator(line);
    lw_span name, value = line;
    if (separator == LW_CSV_BLANKS || separator == LW_CSV_NOTHING) {
        if (!split_pair(line, &name, &value))
            return false;
    } else if (!lw_csv_field(&value, separator, &name)) {
        return false;
    }
    const key which = key_of(name);
    if (which == KEY_NONE || (which != KEY_LEADS && lw_csv_field_count(line, separator) > 2))
        return false;
    lw_span last = value;
    if (which == KEY_LEADS || !lw_csv_field(&value, separator, &last))
        last = lw_span_trim(last);
    take(stated, name, last);
    return true;
}

/** Whether `line` names a lead, and what follows it are samples or units. */
static bool is_header(lw_span line, lw_csv_lines after, char given) {
    const char separator = given ? given : own_separator(line);
    lw_span rest = line, field, next;
    bool lead = lw_csv_column_of(lw_csv_bare(line)).known;
    if (!lead && separator == LW_CSV_BLANKS)
        return false; /* words of a sentence, one of which may be "I" */
    while (!lead && lw_csv_field(&rest, separator, &field))
        lead = lw_csv_column_of(field).known;
    if (!lead || !lw_csv_lines_next(&after, &next) || is_row(next))
        return lead;
    if (is_units(next, separator))
        return true;
    size_t numbers = 0; /* a first column of words */
    const size_t names = lw_csv_field_count(line, separator);
    const bool alike = names > 2 && lw_csv_field_count(next, separator) == names;
    while (alike && lw_csv_field(&next, separator, &field))
        numbers += is_number(field);
    return numbers > 0;
}

/* ---- The table */

/** The lines that the columns are learned from; empty spans: none. */
typedef struct table_lines {
    lw_span names, units, row;
    size_t names_line, row_line;
    lw_csv_lines after; /* behind `row` */
    char separator;     /* of a line "sep=;"; 0: none */
} table_lines;

/** A line of text that may turn out to be the names of the columns below. */
typedef struct candidate {
    lw_span text;
    size_t line;
    bool comment;
} candidate;

/** Take the last lines before the samples as names and units where they have as many fields as the samples. */
static void take_candidates(table_lines *table, const candidate last[2], lw_span leads) {
    const bool units = last[0].text.length > 0 && !last[0].comment &&
                       is_units(last[0].text, table->separator ? table->separator : own_separator(last[0].text));
    const candidate *names = &last[units ? 1 : 0];
    if (names->text.length == 0)
        return;
    const char separator = table->separator ? table->separator : row_separator(names->text, table->row, leads);
    const size_t count = lw_csv_field_count(table->row, separator);
    size_t named = 0, known = 0;
    lw_span rest = names->text, field;
    while (lw_csv_field(&rest, holds(names->text, separator) || separator == LW_CSV_NOTHING ? separator
                                                                                         : own_separator(names->text),
                        &field)) {
        const lw_csv_column column = lw_csv_column_of(field);
        named++;
        known += column.known || column.kind != LW_CSV_SIGNAL;
    }
    if (names->comment ? known == 0 || named != count : named < count)
        return;
    table->names = names->text;
    table->names_line = names->line;
    if (units)
        table->units = last[0].text;
}

/** Find the lines of a table; false when there is neither a name of a lead nor a line of samples. */
static bool find_lines(lw_span text, lw_csv_stated *stated, table_lines *table, size_t *last_line) {
    lw_csv_lines lines = lw_csv_lines_start(text);
    candidate last[2] = {{{NULL, 0}, 0, false}};
    for (lw_span line, comment; table->names.length == 0 && table->row.length == 0 && lw_csv_lines_any(&lines, &line);) {
        *last_line = lines.number;
        if (lw_csv_comment(line, &comment)) {
            last[1] = last[0];
            last[0] = (candidate){lw_span_trim(comment), lines.number, true};
        } else if (is_separator_line(line, &table->separator)) {
            continue;
        } else if (take_stated(stated, line)) {
            last[0] = last[1] = (candidate){{NULL, 0}, 0, false};
        } else if (is_row(line)) {
            table->row = line;
            table->row_line = lines.number;
            table->after = lines;
            take_candidates(table, last, stated->leads);
        } else if (is_header(line, lines, table->separator)) {
            table->names = line;
            table->names_line = lines.number;
        } else {
            last[1] = last[0];
            last[0] = (candidate){line, lines.number, false};
        }
    }
    for (lw_span line; table->row.length == 0 && table->names.length > 0 && lw_csv_lines_next(&lines, &line);) {
        if (table->units.length == 0 && !is_row(line) &&
            is_units(line, table->separator ? table->separator : own_separator(line))) {
            table->units = line;
            continue;
        }
        table->row = line;
        table->row_line = lines.number;
        table->after = lines;
    }
    return table->names.length > 0 || table->row.length > 0;
}

/** Put a column into the layout, with a unit that `units` may give. */
static lw_status add_column(lw_csv_layout *layout, lw_csv_column column, lw_span units, const char *place,
                            lw_error *err) {
    if (layout->column_count == LW_CSV_MAX_COLUMNS)
        return lw_fail(err, LW_ERR_FORMAT, "%s: more columns than the %d leads expected at most", place,
                       LW_RECORD_MAX_LEADS);
    units = lw_csv_bare_unit(units);
    if (column.unit.length == 0 && units.length > 0) {
        column.unit = units;
        if (column.kind == LW_CSV_TIME)
            column.time_unit_s = lw_csv_time_unit_s(units);
    }
    if (column.kind == LW_CSV_TIME && layout->time_count < LW_CSV_MAX_TIMES)
        layout->times[layout->time_count++] = layout->column_count;
    layout->column[layout->column_count++] = column;
    return LW_OK;
}

static lw_status add_named(lw_csv_layout *layout, const table_lines *table, const char *place, lw_error *err) {
    const char separator = table->row.length == 0 || holds(table->names, layout->separator) ||
                                   layout->separator == LW_CSV_NOTHING
                               ? layout->separator
                               : own_separator(table->names);
    const char of_units = holds(table->units, layout->separator) ? layout->separator : own_separator(table->units);
    lw_span names = table->names, units = table->units, name;
    lw_status status = LW_OK;
    while (status == LW_OK && lw_csv_field(&names, separator, &name)) {
        lw_span unit = {0};
        if (units.length > 0)
            (void)lw_csv_field(&units, of_units, &unit);
        status = add_column(layout, lw_csv_column_of(name), unit, place, err);
    }
    return status;
}

/** Name columns by a statement like "Leads: I, II", as the standard leads, or not at all where the caller names some. */
static lw_status add_nameless(const lw_reading *reading, lw_csv_layout *layout, const table_lines *table,
                              const char *place, lw_error *err) {
    const size_t columns = lw_csv_field_count(table->row, layout->separator);
    lw_span leads = layout->stated.leads;
    const char of_leads = columns == 1 ? LW_CSV_NOTHING : own_separator(leads);
    const bool stated = leads.length > 0 && lw_csv_field_count(leads, of_leads) == columns;
    if (!stated && columns != LW_STANDARD_LEADS && !reading->options.lead_names)
        return lw_fail(err, LW_ERR_LEAD_NAME,
                       "%s: looks like columns of numbers without names, %zu of them, expected names of leads in a first "
                       "line, names by number from the caller, or the standard %d columns",
                       place, columns, LW_STANDARD_LEADS);
    lw_status status = LW_OK;
    for (size_t i = 0; status == LW_OK && i < columns; i++) {
        lw_csv_column column = {.mv = 1.0}; /* described as "column 3" */
        lw_span name;
        if (stated && lw_csv_field(&leads, of_leads, &name))
            column = lw_csv_column_of(name);
        else if (columns == LW_STANDARD_LEADS)
            column = lw_csv_column_of(lw_span_of(lw_standard_leads[i]));
        column.kind = LW_CSV_SIGNAL;
        status = add_column(layout, column, (lw_span){0}, place, err);
    }
    return status;
}

/** Columns that no name explains are times or words by what their first row holds. */
static void look_at_row(lw_csv_layout *layout, lw_span row) {
    lw_span field;
    for (size_t i = 0; i < layout->column_count && lw_csv_field(&row, layout->separator, &field); i++) {
        lw_csv_column *column = &layout->column[i];
        lw_csv_instant instant;
        double value;
        if (column->kind != LW_CSV_SIGNAL || column->known || lw_csv_is_missing(field) ||
            lw_csv_number(field, layout->decimal, &value))
            continue;
        column->kind = LW_CSV_TEXT;
        if (lw_csv_instant_read(field, layout->decimal, &instant) && layout->time_count < LW_CSV_MAX_TIMES) {
            column->kind = LW_CSV_TIME;
            layout->times[layout->time_count++] = i;
        }
    }
}

lw_status lw_csv_layout_find(const lw_reading *reading, lw_span text, lw_csv_layout *layout, lw_error *err) {
    table_lines table;
    memset(&table, 0, sizeof table);
    char place[LW_PLACE_LENGTH];
    size_t last_line = 0;
    if (!find_lines(text, &layout->stated, &table, &last_line))
        return lw_fail(err, LW_ERR_FORMAT, "%s:%zu: no lines of samples, expected names of leads and numbers",
                       reading->shown, last_line);
    layout->line = table.names.length > 0 ? table.names_line : table.row_line;
    layout->first_row = table.row_line;
    layout->separator = table.separator         ? table.separator
                        : table.row.length == 0 ? own_separator(table.names)
                                                : row_separator(table.names, table.row, layout->stated.leads);
    if (table.row.length == 0 && layout->separator == LW_CSV_BLANKS && lw_csv_column_of(lw_csv_bare(table.names)).known)
        layout->separator = LW_CSV_NOTHING;
    layout->decimal = layout->first_row > 0 ? find_decimal(table.after, table.row, layout->separator) : '.';
    lw_place(place, reading->shown, layout->line);
    lw_status status = table.names.length > 0 ? add_named(layout, &table, place, err)
                                              : add_nameless(reading, layout, &table, place, err);
    if (status == LW_OK)
        look_at_row(layout, table.row);
    return status;
}
