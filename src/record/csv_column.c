/** @file csv_column.c: what the columns of a CSV file are, by the names and units in its first lines. */
#include "record/csv.h"

#include <string.h>

double lw_csv_time_unit_s(lw_span unit) {
    static const struct {
        double seconds;
        const char *names[12];
    } units[] = {
        {1.0, {"s", "sec", "secs", "second", "seconds", "sekunden", "sek"}},
        {1e-3, {"ms", "msec", "millis", "millisecond", "milliseconds", "millisec"}},
        {1e-6, {"us", "usec", "micros", "microsecond", "microseconds", "\xC2\xB5s", "\xCE\xBCs", "\xB5s"}},
        {1e-9, {"ns", "nsec", "nanos", "nanosecond", "nanoseconds"}},
        {60.0, {"min", "minute", "minutes"}},
    };
    for (size_t i = 0; i < sizeof units / sizeof *units; i++)
        if (lw_span_is_one_of(unit, units[i].names))
            return units[i].seconds;
    return 0.0;
}

lw_span lw_csv_bare_unit(lw_span field) {
    field = lw_csv_bare(field);
    const char first = field.length >= 2 ? *field.at : '\0',
               last = field.length >= 2 ? field.at[field.length - 1] : '\0';
    if ((first == '(' && last == ')') || (first == '[' && last == ']'))
        field = lw_csv_bare((lw_span){field.at + 1, field.length - 2});
    return field;
}

static bool begins(lw_span name, const char *word) {
    const size_t length = strlen(word);
    return name.length >= length && lw_span_equals_nocase((lw_span){name.at, length}, word);
}

/** Whether one of the words of a name is in `words`. */
static bool has_word(lw_span name, const char *const *words) {
    size_t start = 0;
    bool found = false;
    for (size_t i = 0; i <= name.length && !found; i++)
        if (i == name.length || strchr(" _-.:/\t", name.at[i])) {
            found = lw_span_is_one_of((lw_span){name.at + start, i - start}, words);
            start = i + 1;
        }
    return found;
}

static bool is_time(lw_span name) {
    static const char *const words[] = {
        "time",  "timestamp",   "elapsed",   "datetime", "date",  "clock", "epoch", "unixtime", "zeit", "uhrzeit",
        "datum", "zeitstempel", "zeitpunkt", "tiempo",   "temps", "tempo", "tijd",  "hora",     NULL};
    static const char *const whole[] = {"t", "[s]", NULL};
    return begins(name, "time") || has_word(name, words) || lw_span_is_one_of(name, whole) ||
           lw_csv_time_unit_s(name) > 0.0;
}

/** "I (uV)", "I [uV]" or "I_uV" -> "I" and "uV"; a column without a unit keeps its whole name. */
static void split_unit(lw_span field, lw_span *name, lw_span *unit) {
    *name = field;
    *unit = (lw_span){field.at, 0};
    const char last = field.length > 0 ? field.at[field.length - 1] : '\0';
    const char open = last == ')' ? '(' : last == ']' ? '[' : '\0';
    for (size_t i = field.length; i-- > 0;) {
        const char c = field.at[i];
        const bool joint = !open && (c == '_' || c == ' ' || c == '-' || c == '/' || c == ',');
        if (c != open && !joint)
            continue;
        const lw_span after = lw_span_trim((lw_span){field.at + i + 1, field.length - i - 1 - (open != '\0')});
        const lw_span before = lw_span_trim((lw_span){field.at, i});
        /* "I_V" is a lead in volts, but "lead_V" is a name. */
        const bool is_unit = (lw_unit_mv(after) > 0.0 || lw_csv_time_unit_s(after) > 0.0) &&
                             (after.length > 1 || lw_lead_canonical(before) || is_time(before));
        if (open || is_unit) {
            *name = before;
            *unit = after;
        }
        return;
    }
}

static bool is_counter(lw_span name) {
    static const char *const words[] = {"sample", "samples", "index", "idx", "counter",  "row",    "seq",
                                        "nseq",   "frame",   "line",  "nr",  "sequence", "nummer", NULL};
    static const char *const whole[] = {"", "n", "#", "no", "no.", "id", "samplenumber", "sampleindex", "count", NULL};
    return lw_span_is_one_of(name, whole) || has_word(name, words) || begins(name, "unnamed:");
}

lw_csv_column lw_csv_column_of(lw_span field) {
    lw_csv_column column = {.kind = LW_CSV_SIGNAL, .mv = 1.0};
    split_unit(field, &column.name, &column.unit);
    column.known = lw_lead_canonical(column.name);
    if (column.known)
        return column;
    if (is_time(column.name) && lw_unit_mv(column.unit) == 0.0)
        column.kind = LW_CSV_TIME;
    else if (is_counter(column.name))
        column.kind = LW_CSV_COUNTER;
    if (column.kind == LW_CSV_TIME)
        column.time_unit_s = lw_csv_time_unit_s(column.unit.length > 0 ? column.unit : column.name);
    return column;
}
