/** @file csv_rate.c: the sampling rate of a CSV file: of its times, as it states it, or as the caller does. */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "base/error.h"
#include "record/csv.h"

/** Field `column` of a line; false when the line is shorter. */
static bool field_at(lw_span line, char separator, size_t column, lw_span *field) {
    bool found = true;
    for (size_t i = 0; found && i <= column; i++)
        found = lw_csv_field(&line, separator, field);
    return found;
}

/** The sentence on times that are not evenly spaced; `how` is how it ends. */
static void describe_fault(const lw_csv_file *it, size_t column, const lw_csv_fault *fault, const char *how,
                           char text[512]) {
    lw_csv_lines lines = lw_csv_rows_start(it);
    lw_span line = {0}, field = {0};
    for (size_t row = 0; row <= fault->row && lw_csv_lines_next(&lines, &line); row++)
        ;
    if (!field_at(line, it->layout.separator, column, &field))
        field = (lw_span){"", 0};
    lw_error sentence = {0};
    (void)lw_fail(&sentence, LW_ERR_RATE, "%s:%zu: time '%.*s', expected about %.12g: %s%s", it->reading->shown,
                  lines.number, lw_quoted(field, 40), field.at, fault->due, fault->what, how);
    memcpy(text, sentence.message, sizeof sentence.message);
}

/** The rate of the first column of times that gives one; 0: none does, and then `fault` is that of column `*wrong`. */
static double rate_of_times(const lw_csv_file *it, size_t *wrong, lw_csv_fault *fault) {
    for (size_t i = it->layout.time_count; i-- > 0;) {
        lw_csv_fault own;
        const size_t column = it->layout.times[i];
        const double rate_hz = lw_csv_times_rate(&it->times[i], it->layout.column[column].time_unit_s, &own);
        *wrong = column;
        *fault = own;
        if (rate_hz > 0.0)
            return rate_hz;
    }
    return 0.0;
}

lw_status lw_csv_rate_find(const lw_csv_file *it, double *rate_hz, lw_error *err) {
    const lw_csv_layout *layout = &it->layout;
    const lw_reading *reading = it->reading;
    const double stated_hz = layout->stated.rate_hz > 0.0 ? layout->stated.rate_hz : reading->options.rate_hz;
    const bool timed = layout->time_count > 0 && it->rows > 1;
    lw_csv_fault fault = {.row = SIZE_MAX};
    size_t column = 0;
    char sentence[512];
    *rate_hz = timed ? rate_of_times(it, &column, &fault) : stated_hz;
    if (timed && *rate_hz > 0.0 && stated_hz > 0.0 && fabs(*rate_hz - stated_hz) > 0.01 * stated_hz)
        lw_record_warn(reading->record, "%s:%zu: the times give %.6g Hz, expected %.6g Hz as stated; the times count",
                       reading->shown, layout->line, *rate_hz, stated_hz);
    if (*rate_hz > 0.0)
        return LW_OK;
    if (!timed)
        return lw_fail(err, LW_ERR_RATE,
                       "%s:%zu: no sampling rate, expected a time column, a line like '# rate_hz: 500', or one that is "
                       "given",
                       reading->shown, layout->line);
    *rate_hz = stated_hz;
    if (fault.row != SIZE_MAX)
        describe_fault(it, column, &fault, stated_hz > 0.0 ? "; the stated rate counts" : "", sentence);
    else
        snprintf(sentence, sizeof sentence,
                 "%.300s:%zu: the time column gives no rate, expected times with a unit that rise%s", reading->shown,
                 layout->line, stated_hz > 0.0 ? "; the stated rate counts" : "");
    if (stated_hz > 0.0)
        lw_record_warn(reading->record, "%s", sentence);
    return stated_hz > 0.0 ? LW_OK : lw_fail(err, LW_ERR_RATE, "%s", sentence);
}
