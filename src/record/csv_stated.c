/* This file takes the rate, the unit and the leads that a CSV file states in comments or before its table. */
#include "record/csv.h"

#include <string.h>

typedef enum key { KEY_NONE, KEY_RATE, KEY_UNIT, KEY_LEADS } key;

static key key_of(lw_span name) {
    static const char *const rates[] = {
        "rate_hz",           "rate",          "fs",          "sampling rate",      "sample rate", "sampling frequency",
        "sample frequency",  "sampling_rate", "sample_rate", "sampling_frequency", "samplerate",  "samplingrate",
        "samplingfrequency", "frequency",     "abtastrate",  "frequenz",           NULL};
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

bool lw_csv_stated_take(lw_csv_stated *stated, lw_span line) {
    const char separator = lw_csv_own_separator(line);
    lw_span name = {0}, value = line, only;
    if (split_pair(line, &name, &value) && key_of(name) != KEY_NONE) {
        take(stated, name, value);
        return true;
    }
    value = line;
    if (separator == LW_CSV_BLANKS || separator == LW_CSV_NOTHING || !lw_csv_field(&value, separator, &name))
        return false;
    const key which = key_of(name);
    if (which == KEY_NONE || (which != KEY_LEADS && lw_csv_field_count(value, separator) > 1))
        return false;
    if (which != KEY_LEADS && lw_csv_field(&value, separator, &only))
        value = only;
    take(stated, name, value);
    return true;
}
