/** @file csv_layout.c */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "record/csv.h"

static char find_separator(lw_span line) {
    if (memchr(line.at, ';', line.length))
        return ';';
    return memchr(line.at, '\t', line.length) ? '\t' : ',';
}

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

static bool is_one_of(lw_span name, const char *const *words) {
    for (; *words; words++)
        if (lw_span_equals_nocase(name, *words))
            return true;
    return false;
}

/** A first column of times or row numbers; true when it is one. */
static bool take_first_column(lw_span name, lw_span unit, lw_csv_layout *layout) {
    static const char *const times[] = {"time", "t", "s", "sec", "second", "seconds", "ms", NULL};
    static const char *const counters[] = {"", "sample", "samples", "index", "n", NULL};
    if (is_one_of(name, counters))
        return true;
    if (!is_one_of(name, times))
        return false;
    layout->time_column = 0;
    layout->time_unit_s = seconds_per_unit(unit.length > 0 ? unit : name);
    return true;
}

static lw_status take_column(lw_span field, const char *place, lw_csv_layout *layout, lw_error *err) {
    lw_span name, unit;
    size_t column = layout->columns++;
    if (column >= LW_CSV_MAX_COLUMNS || layout->leads >= LW_RECORD_MAX_LEADS)
        return lw_fail(err, LW_ERR_FORMAT, "%s: more columns than the %d leads expected at most", place,
                       LW_RECORD_MAX_LEADS);
    split_unit(field, &name, &unit);
    layout->lead[column] = -1;
    if (name.length == 0 || (column == 0 && take_first_column(name, unit, layout)))
        return LW_OK;
    layout->unit_missing = layout->unit_missing || (unit.length == 0 && !layout->default_unit);
    if (unit.length == 0 && layout->default_unit)
        unit = (lw_span){layout->default_unit, strlen(layout->default_unit)};
    double mv = unit.length > 0 ? lw_unit_mv(unit) : 1.0;
    layout->mv[column] = mv > 0.0 ? mv : 1.0;
    layout->lead[column] = (int)layout->leads++;
    return LW_OK;
}

static lw_status take_names(lw_span line, const char *place, lw_csv_layout *layout, lw_error *err) {
    lw_span field;
    lw_status status = LW_OK;
    while (status == LW_OK && lw_span_field(&line, layout->separator, &field))
        status = take_column(bare(field), place, layout, err);
    if (status == LW_OK && layout->leads == 0)
        return lw_fail(err, LW_ERR_FORMAT, "%s: no column of samples, expected names of leads", place);
    return status;
}

lw_status lw_csv_layout_find(lw_span line, const char *place, const char *unit, lw_csv_layout *layout, lw_error *err) {
    lw_span field, rest = line;
    size_t columns = 0;
    layout->separator = find_separator(line);
    layout->time_column = -1;
    layout->default_unit = unit;
    layout->has_header = !is_numeric(line, layout->separator);
    if (layout->has_header)
        return take_names(line, place, layout, err);
    while (lw_span_field(&rest, layout->separator, &field))
        columns++;
    if (columns != LW_STANDARD_LEADS)
        return lw_fail(err, LW_ERR_FORMAT, "%s: %zu columns without names, expected names of leads or the standard %d",
                       place, columns, LW_STANDARD_LEADS);
    lw_status status = LW_OK;
    for (size_t i = 0; status == LW_OK && i < LW_STANDARD_LEADS; i++)
        status = take_column((lw_span){lw_standard_leads[i], strlen(lw_standard_leads[i])}, place, layout, err);
    return status;
}

/** The lead's own name, and its unit or the default one. */
static lw_status describe_column(const lw_csv_layout *layout, size_t column, lw_span field, lw_record *record,
                                 lw_error *err) {
    lw_span name, unit;
    split_unit(field, &name, &unit);
    char *name_copy = lw_span_dup(name);
    char *unit_copy = lw_span_dup(unit);
    const char *unit_said = unit.length > 0 ? unit_copy : layout->default_unit;
    bool ok = name_copy && unit_copy &&
              lw_record_set_lead(record, (size_t)layout->lead[column], name_copy, unit_said, 1.0, 0.0);
    free(name_copy);
    free(unit_copy);
    return ok ? LW_OK : lw_fail_no_memory(err, "a lead's name");
}

lw_status lw_csv_layout_describe(const lw_csv_layout *layout, lw_span line, lw_record *record, lw_error *err) {
    lw_status status = LW_OK;
    for (size_t i = 0; status == LW_OK && i < layout->columns; i++) {
        lw_span field;
        if (layout->has_header)
            (void)lw_span_field(&line, layout->separator, &field);
        else
            field = (lw_span){lw_standard_leads[i], strlen(lw_standard_leads[i])};
        if (layout->lead[i] >= 0)
            status = describe_column(layout, i, bare(field), record, err);
    }
    return status;
}

void lw_csv_times_add(lw_csv_times *times, lw_span field) {
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

static bool within_limits(double rate_hz) {
    return rate_hz >= LW_RECORD_MIN_RATE_HZ && rate_hz <= LW_RECORD_MAX_RATE_HZ;
}

double lw_csv_times_rate(const lw_csv_times *times, double unit_s) {
    double span = times->last - times->first;
    if (times->rows < 2 || !(span > 0.0))
        return 0.0;
    double per_unit = (double)(times->rows - 1) / span;
    if (unit_s == 0.0)
        unit_s = within_limits(per_unit) ? 1.0 : 1e-3;
    double rate_hz = per_unit / unit_s, whole = round(rate_hz);
    return fabs(rate_hz - whole) <= rate_hz * times->resolution / span ? whole : rate_hz;
}
