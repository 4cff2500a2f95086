/** @file csv_table.c: the lines of a CSV file that its table begins with, and what separates their fields. */
#include "record/csv.h"

#include <string.h>

/* ---- Separators */

char lw_csv_own_separator(lw_span line) {
    line = lw_span_trim(line);
    return lw_csv_holds(line, ';')    ? ';'
           : lw_csv_holds(line, '\t') ? '\t'
           : lw_csv_holds(line, ',')  ? ','
           : lw_csv_holds(line, ' ')  ? LW_CSV_BLANKS
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

char lw_csv_row_separator(lw_span header, lw_span row, lw_span leads) {
    const char own = lw_csv_own_separator(row);
    const char candidates[] = {own, LW_CSV_BLANKS, LW_CSV_NOTHING};
    if (header.length == 0 && own == ',') {
        const bool single = leads.length > 0 && !lw_csv_holds(leads, ',');
        if (single && lw_csv_field_count(row, ',') <= 2)
            return LW_CSV_NOTHING;
        return lw_csv_holds(lw_span_trim(row), ' ') && is_comma_numbers(row, LW_CSV_BLANKS) ? LW_CSV_BLANKS : ',';
    }
    const char named = lw_csv_own_separator(header);
    const bool strong = named != LW_CSV_BLANKS && named != LW_CSV_NOTHING;
    for (size_t i = 0; header.length > 0 && i < sizeof candidates; i++) {
        const char c = candidates[i];
        const bool weak = c == LW_CSV_BLANKS || c == LW_CSV_NOTHING;
        const char of_names = (weak && !strong) || (!weak && lw_csv_holds(header, c)) ? c : named;
        if (lw_csv_field_count(row, c) == lw_csv_field_count(header, of_names))
            return c;
    }
    /* Also a row whose first or last sample is missing, so that its count differs. */
    return strong && lw_csv_holds(row, named) ? named : own;
}

char lw_csv_find_decimal(lw_csv_lines lines, lw_span row, char separator) {
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
static bool is_row(lw_span line, char given) {
    const char separator = given ? given : lw_csv_own_separator(line);
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

/** Whether `line` names a lead, and what follows it are samples or units. */
static bool is_header(lw_span line, lw_csv_lines after, char given) {
    const char separator = given ? given : lw_csv_own_separator(line);
    lw_span rest = line, field, next;
    bool lead = lw_csv_column_of(lw_csv_bare(line)).known;
    if (!lead && separator == LW_CSV_BLANKS)
        return false; /* words of a sentence, one of which may be "I" */
    while (!lead && lw_csv_field(&rest, separator, &field))
        lead = lw_csv_column_of(field).known;
    if (!lead || !lw_csv_lines_next(&after, &next) || is_row(next, given))
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

/** A line of text that may turn out to be the names of the columns below. */
typedef struct candidate {
    lw_span text;
    size_t line;
    bool comment;
} candidate;

/** Take the last lines before the samples as names and units where they have as many fields as the samples. */
static void take_candidates(lw_csv_table *table, const candidate last[2], lw_span leads) {
    const bool units = last[0].text.length > 0 && !last[0].comment &&
                       is_units(last[0].text, table->separator ? table->separator : lw_csv_own_separator(last[0].text));
    const candidate *names = &last[units ? 1 : 0];
    if (names->text.length == 0)
        return;
    const char separator = table->separator ? table->separator : lw_csv_row_separator(names->text, table->row, leads);
    const size_t count = lw_csv_field_count(table->row, separator);
    size_t named = 0, known = 0;
    lw_span rest = names->text, field;
    while (lw_csv_field(&rest,
                        lw_csv_holds(names->text, separator) || separator == LW_CSV_NOTHING
                            ? separator
                            : lw_csv_own_separator(names->text),
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

bool lw_csv_table_find(lw_span text, lw_csv_stated *stated, lw_csv_table *table, size_t *last_line) {
    lw_csv_lines lines = lw_csv_lines_start(text);
    candidate last[2] = {{{NULL, 0}, 0, false}};
    for (lw_span line, comment;
         table->names.length == 0 && table->row.length == 0 && lw_csv_lines_any(&lines, &line);) {
        *last_line = lines.number;
        if (lw_csv_comment(line, &comment)) {
            last[1] = last[0];
            last[0] = (candidate){lw_span_trim(comment), lines.number, true};
        } else if (is_separator_line(line, &table->separator)) {
            continue;
        } else if (lw_csv_stated_take(stated, line)) {
            last[0] = last[1] = (candidate){{NULL, 0}, 0, false};
        } else if (is_row(line, table->separator)) {
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
        if (table->units.length == 0 && !is_row(line, table->separator) &&
            is_units(line, table->separator ? table->separator : lw_csv_own_separator(line))) {
            table->units = line;
            continue;
        }
        table->row = line;
        table->row_line = lines.number;
        table->after = lines;
    }
    return table->names.length > 0 || table->row.length > 0;
}
