/* This file reads leads as columns of text, one sample a line. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "record/csv.h"

/* A lead that swings further than this is not in millivolts, or not an ECG; one that swings less is not either. */
static const double largest_swing_mv = 20.0, smallest_swing_mv = 0.01;

/** By its name, by the mark of UTF-16, or by a separator in its first line of text. */
static bool probe(const char *name, lw_span head) {
    const bool wide = head.length >= 2 && (memcmp(head.at, "\xFF\xFE", 2) == 0 || memcmp(head.at, "\xFE\xFF", 2) == 0);
    lw_csv_lines lines = lw_csv_lines_start(lw_without_byte_order_mark(head));
    lw_span line;
    if (!wide && head.length > 0 && memchr(head.at, '\0', head.length))
        return false;
    if (wide || lw_name_ends(name, ".csv") || lw_name_ends(name, ".tsv") || lw_name_ends(name, ".txt"))
        return true;
    return lw_csv_lines_next(&lines, &line) &&
           (memchr(line.at, ',', line.length) || memchr(line.at, ';', line.length) ||
            memchr(line.at, '\t', line.length));
}

/* ---- Rows */

lw_csv_lines lw_csv_rows_start(const lw_csv_file *it) {
    lw_csv_lines lines = lw_csv_lines_start(it->text);
    lw_span line;
    while (it->layout.first_row > 0 && lines.number + 1 < it->layout.first_row &&
           lw_span_line(&lines.at, lines.end, &line))
        lines.number++;
    if (it->layout.first_row == 0)
        lines.at = lines.end;
    return lines;
}

/** Take times out of a row, and find out which columns hold words. */
static bool survey_row(lw_csv_file *it, lw_span line) {
    lw_csv_layout *layout = &it->layout;
    lw_span field;
    double value;
    size_t count = 0, taken = 0;
    bool ok = true;
    for (; ok && count < layout->column_count && lw_csv_field(&line, layout->separator, &field); count++) {
        lw_csv_column *column = &layout->column[count];
        for (size_t i = 0; ok && i < layout->time_count; i++)
            if (layout->times[i] == count) {
                ok = lw_csv_times_add(&it->times[i], field, layout->decimal);
                taken++;
            }
        if (column->kind == LW_CSV_SIGNAL && !column->known && !lw_csv_number(field, layout->decimal, &value) &&
            !lw_csv_is_missing(field) && column->name.length > 0)
            column->kind = LW_CSV_TEXT;
    }
    for (size_t i = 0; ok && taken < layout->time_count && i < layout->time_count; i++)
        if (layout->times[i] >= count)
            ok = lw_csv_times_add(&it->times[i], (lw_span){0}, layout->decimal); /* a short line */
    return ok;
}

/** A sentence on a row of another length than the header's. */
static lw_status fail_length(const lw_csv_file *it, size_t number, size_t fields, lw_error *err) {
    const lw_csv_layout *layout = &it->layout;
    return lw_fail(err, LW_ERR_FORMAT, "%s:%zu: %zu fields, expected %zu as in line %zu%s", it->reading->shown, number,
                   fields, layout->column_count, layout->line,
                   layout->separator == ',' && fields == 2 * layout->column_count
                       ? "; numbers with a decimal comma are apart by semicolons, tabs or blanks"
                       : "");
}

/** Refuse decimal commas between commas, whose halves would be taken for times and samples. */
static lw_status check_first_row(const lw_csv_file *it, lw_error *err) {
    lw_csv_lines lines = lw_csv_rows_start(it);
    lw_span line, field;
    size_t fields = 0;
    if (it->layout.separator != ',' || !lw_csv_lines_next(&lines, &line))
        return LW_OK;
    while (lw_csv_field(&line, ',', &field))
        fields++;
    return fields == 2 * it->layout.column_count ? fail_length(it, lines.number, fields, err) : LW_OK;
}

/** Count the rows, take their times, and number the leads. */
static lw_status survey(lw_csv_file *it, const char *place, lw_error *err) {
    lw_csv_layout *layout = &it->layout;
    lw_csv_lines lines = lw_csv_rows_start(it);
    const lw_status status = check_first_row(it, err);
    if (status != LW_OK)
        return status;
    for (lw_span line; lw_csv_lines_next(&lines, &line); it->rows++)
        if (!survey_row(it, line))
            return lw_fail_no_memory(err, "a recording's times");
    for (size_t i = 0; i < layout->column_count; i++) {
        lw_csv_column *column = &layout->column[i];
        if (column->kind == LW_CSV_TEXT)
            lw_record_warn(it->reading->record, "%s: column '%.*s' holds words, expected numbers; it is passed over",
                           place, lw_quoted(column->name, 40), column->name.at);
        if (column->kind != LW_CSV_SIGNAL)
            continue;
        if (layout->lead_count == LW_RECORD_MAX_LEADS)
            return lw_fail(err, LW_ERR_FORMAT, "%s: more columns than the %d leads expected at most", place,
                           LW_RECORD_MAX_LEADS);
        column->lead = layout->lead_count++;
    }
    if (layout->lead_count == 0)
        return lw_fail(err, LW_ERR_FORMAT, "%s: no column of samples, expected names of leads", place);
    return LW_OK;
}

/** The samples of one line. */
static lw_status read_row(const lw_csv_file *it, lw_span line, size_t number, size_t row, lw_error *err) {
    const lw_csv_layout *layout = &it->layout;
    const char *shown = it->reading->shown;
    lw_span field;
    size_t count = 0, filled = 0;
    for (; lw_csv_field(&line, layout->separator, &field); count++) {
        if (field.length > 0 || count < layout->column_count)
            filled = count + 1;
        if (count >= layout->column_count || layout->column[count].kind != LW_CSV_SIGNAL)
            continue;
        const lw_csv_column *column = &layout->column[count];
        double value = NAN;
        lw_shown_word word;
        if (!lw_csv_number(field, layout->decimal, &value) && !lw_csv_is_missing(field))
            return lw_fail(err, LW_ERR_FORMAT, "%s:%zu: column %zu: %s, expected a number%s", shown, number, count + 1,
                           lw_show_word(field, word), layout->decimal == ',' ? " with a decimal comma" : "");
        lw_record_signal_mutable(it->reading->record, column->lead)[row] = value * column->mv;
    }
    if (filled != layout->column_count)
        return fail_length(it, number, filled, err);
    return LW_OK;
}

static lw_status read_rows(const lw_csv_file *it, lw_error *err) {
    lw_csv_lines lines = lw_csv_rows_start(it);
    lw_span line;
    lw_status status = LW_OK;
    for (size_t row = 0; status == LW_OK && lw_csv_lines_next(&lines, &line); row++)
        status = read_row(it, line, lines.number, row, err);
    return status;
}

/* ---- Leads */

/** Give every lead the unit that its column, the file or the caller states. */
static void settle_units(lw_csv_file *it, const char *place) {
    lw_csv_layout *layout = &it->layout;
    const char *given = it->reading->options.unit;
    const lw_span fallback = layout->stated.unit.length > 0 ? layout->stated.unit
                             : given                        ? lw_span_of(given)
                                                            : (lw_span){0};
    if (layout->stated.unit.length > 0 && lw_unit_mv(layout->stated.unit) == 0.0)
        lw_record_warn(it->reading->record, "%s: unit '%.*s', expected a voltage as mV or uV", place,
                       lw_quoted(layout->stated.unit, 20), layout->stated.unit.at);
    for (size_t i = 0; i < layout->column_count; i++) {
        lw_csv_column *column = &layout->column[i];
        if (column->kind != LW_CSV_SIGNAL)
            continue;
        if (column->unit.length == 0)
            column->unit = fallback;
        column->unit_missing = column->unit.length == 0;
        const double mv = lw_unit_mv(column->unit);
        lw_warn_megavolts(it->reading->record, column->unit, place);
        column->mv = mv > 0.0 ? mv : 1.0;
    }
}

static lw_status describe_leads(const lw_csv_file *it, lw_error *err) {
    const lw_csv_layout *layout = &it->layout;
    for (size_t i = 0; i < layout->column_count; i++) {
        const lw_csv_column *column = &layout->column[i];
        if (column->kind != LW_CSV_SIGNAL)
            continue;
        char number[32];
        snprintf(number, sizeof number, "column %zu", i + 1);
        char *name = lw_span_dup(column->name.length > 0 ? column->name : lw_span_of(number));
        char *unit = lw_span_dup(column->unit);
        const bool ok = name && unit && lw_record_set_lead(it->reading->record, column->lead, name, unit, 1.0, 0.0);
        free(name);
        free(unit);
        if (!ok)
            return lw_fail_no_memory(err, "a lead's name");
    }
    return LW_OK;
}

/** Units are never guessed, but a lead that swings by tens of millivolts, or hardly at all, gets a warning. */
static void check_swing(const lw_csv_file *it) {
    const lw_record *record = it->reading->record;
    double widest = 0.0;
    size_t lead = 0;
    for (size_t i = 0; i < it->layout.column_count; i++) {
        const lw_csv_column *column = &it->layout.column[i];
        if (column->kind != LW_CSV_SIGNAL || !column->unit_missing)
            continue;
        const double *x = lw_record_view(record, column->lead).mv;
        double low = INFINITY, high = -INFINITY;
        for (size_t t = 0; t < record->samples; t++) {
            low = x[t] < low ? x[t] : low;
            high = x[t] > high ? x[t] : high;
        }
        if (high - low > widest) {
            widest = high - low;
            lead = column->lead;
        }
    }
    if (widest > largest_swing_mv)
        lw_record_warn(
            it->reading->record,
            "%s:%zu: lead %s swings by %.4g mV, expected less than %g; a file in microvolts says so in its first "
            "line, as in 'I (uV)', or its unit is given",
            it->reading->shown, it->layout.line, record->lead[lead].name, widest, largest_swing_mv);
    else if (widest > 0.0 && widest < smallest_swing_mv)
        lw_record_warn(
            it->reading->record,
            "%s:%zu: no lead swings by more than %.4g mV, expected at least %g; a file in volts says so in its "
            "first line, as in 'I (V)', or its unit is given",
            it->reading->shown, it->layout.line, widest, smallest_swing_mv);
}

/* ---- The file */

/** Take what comments state of the recording and of the patient. */
static lw_status read_comments(lw_csv_file *it, lw_error *err) {
    lw_csv_lines lines = lw_csv_lines_start(it->text);
    char place[LW_PLACE_LENGTH];
    lw_status status = LW_OK;
    for (lw_span line, comment; status == LW_OK && lw_csv_lines_any(&lines, &line);) {
        if (!lw_csv_comment(line, &comment))
            continue;
        lw_csv_stated_read(&it->layout.stated, comment);
        lw_place(place, it->reading->shown, lines.number);
        status = lw_record_comment(it->reading->record, comment, place, err);
    }
    return status;
}

static lw_status read_table(lw_reading *reading, lw_csv_file *it, lw_error *err) {
    char place[LW_PLACE_LENGTH];
    double rate_hz;
    lw_status status = read_comments(it, err);
    if (status == LW_OK)
        status = lw_csv_layout_find(reading, it->text, &it->layout, err);
    if (status != LW_OK)
        return status;
    lw_place(place, reading->shown, it->layout.line);
    status = survey(it, place, err);
    if (status == LW_OK)
        status = lw_csv_rate_find(it, &rate_hz, err);
    if (status == LW_OK)
        status = lw_reading_set_shape(reading, place, it->layout.lead_count, it->rows, rate_hz, err);
    if (status != LW_OK)
        return status;
    settle_units(it, place);
    status = describe_leads(it, err);
    if (status != LW_OK || reading->header_only)
        return status;
    if (!lw_record_allocate(reading->record))
        return lw_fail_no_memory(err, "a recording's samples");
    status = read_rows(it, err);
    if (status == LW_OK)
        check_swing(it);
    return status;
}

static lw_status read_csv(lw_reading *reading, lw_error *err) {
    lw_csv_file it = {.reading = reading};
    char *owned = NULL;
    lw_span bytes;
    lw_status status = lw_reading_text(reading, &bytes, err);
    if (status == LW_OK && !lw_csv_decode(bytes, &owned, &it.text))
        status = lw_fail_no_memory(err, "a file's text");
    if (status == LW_OK)
        status = read_table(reading, &it, err);
    for (size_t i = 0; i < LW_CSV_MAX_TIMES; i++)
        lw_csv_times_free(&it.times[i]);
    free(owned);
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
