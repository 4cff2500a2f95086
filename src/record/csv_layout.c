/* This file finds the columns of a CSV file's table. */
#include "record/csv.h"

#include <string.h>

#include "base/error.h"

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

static lw_status add_named(lw_csv_layout *layout, const lw_csv_table *table, const char *place, lw_error *err) {
    const char separator =
        table->row.length == 0 || lw_csv_holds(table->names, layout->separator) || layout->separator == LW_CSV_NOTHING
            ? layout->separator
            : lw_csv_own_separator(table->names);
    const char of_units =
        lw_csv_holds(table->units, layout->separator) ? layout->separator : lw_csv_own_separator(table->units);
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
static lw_status add_nameless(const lw_reading *reading, lw_csv_layout *layout, const lw_csv_table *table,
                              const char *place, lw_error *err) {
    const size_t columns = lw_csv_field_count(table->row, layout->separator);
    lw_span leads = layout->stated.leads;
    const char of_leads = columns == 1 ? LW_CSV_NOTHING : lw_csv_own_separator(leads);
    const bool stated = leads.length > 0 && lw_csv_field_count(leads, of_leads) == columns;
    if (!stated && columns != LW_STANDARD_LEADS && !reading->options.lead_names)
        return lw_fail(
            err, LW_ERR_LEAD_NAME,
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

/** Columns that no name explains are times or words by what their first row lw_csv_holds. */
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
    lw_csv_table table;
    memset(&table, 0, sizeof table);
    char place[LW_PLACE_LENGTH];
    size_t last_line = 0;
    if (!lw_csv_table_find(text, &layout->stated, &table, &last_line))
        return lw_fail(err, LW_ERR_FORMAT, "%s:%zu: no lines of samples, expected names of leads and numbers",
                       reading->shown, last_line);
    layout->line = table.names.length > 0 ? table.names_line : table.row_line;
    layout->first_row = table.row_line;
    layout->separator = table.separator         ? table.separator
                        : table.row.length == 0 ? lw_csv_own_separator(table.names)
                                                : lw_csv_row_separator(table.names, table.row, layout->stated.leads);
    if (table.row.length == 0 && layout->separator == LW_CSV_BLANKS && lw_csv_column_of(lw_csv_bare(table.names)).known)
        layout->separator = LW_CSV_NOTHING;
    layout->decimal = layout->first_row > 0 ? lw_csv_find_decimal(table.after, table.row, layout->separator) : '.';
    lw_place(place, reading->shown, layout->line);
    lw_status status = table.names.length > 0 ? add_named(layout, &table, place, err)
                                              : add_nameless(reading, layout, &table, place, err);
    if (status == LW_OK)
        look_at_row(layout, table.row);
    return status;
}
