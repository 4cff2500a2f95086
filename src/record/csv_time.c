/** @file csv_time.c: times in a CSV file, and the sampling rate that they give. */
#include "record/csv.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"

/* ---- One time */

/** How much of 1 the last digit behind the point is. */
static double digits_resolution(lw_span field, char decimal) {
    const char *point = field.length > 0 ? memchr(field.at, decimal, field.length) : NULL;
    size_t digits = 0;
    for (const char *c = point ? point + 1 : NULL; c && c < field.at + field.length && *c >= '0' && *c <= '9'; c++)
        digits++;
    return pow(10.0, -(double)digits);
}

/** "1:02:03.25" or "02:03.25" as seconds, with an 'h' or not; false: none. A point or a comma begins the fraction. */
static bool read_clock(lw_span text, lw_csv_instant *out) {
    double seconds = 0.0, part;
    size_t parts = 0;
    lw_span field;
    const bool comma = memchr(text.at, ',', text.length);
    while (lw_span_field(&text, ':', &field)) {
        const bool last = text.length == 0;
        long long whole;
        if (field.length == 0 || *field.at == '-' || *field.at == '+' || ++parts > 3 ||
            !(last ? lw_csv_number(field, comma ? ',' : '.', &part) : lw_span_long(field, 0, 100000, &whole)))
            return false;
        seconds = 60.0 * seconds + (last ? part : (double)whole);
        if (last)
            out->resolution = digits_resolution(field, comma ? ',' : '.');
    }
    out->at = seconds;
    return parts >= 2;
}

/** Days from 1 March of the year 0 to a date of the Gregorian calendar. */
static double days_of(long long year, long long month, long long day) {
    const long long y = month > 2 ? year : year - 1, m = month > 2 ? month - 3 : month + 9;
    return (double)(365 * y + y / 4 - y / 100 + y / 400 + (153 * m + 2) / 5 + day);
}

/** "2020-02-05", "2020/02/05", "05.02.2020" or "02/05/2020" as days; false: none. */
static bool read_date(lw_span text, double *days) {
    long long part[3];
    lw_span field;
    const char mark = memchr(text.at, '-', text.length) ? '-' : memchr(text.at, '/', text.length) ? '/' : '.';
    for (size_t i = 0; i < 3; i++)
        if (!lw_span_field(&text, mark, &field) || !lw_span_long(field, 0, 9999, &part[i]))
            return false;
    if (text.length > 0)
        return false;
    const bool year_first = part[0] > 31;
    const long long year = year_first ? part[0] : part[2];
    const long long month = year_first ? part[1] : mark == '/' ? part[0] : part[1];
    const long long day = year_first ? part[2] : mark == '/' ? part[1] : part[0];
    *days = days_of(year, month, day);
    return year > 31 && month >= 1 && month <= 12 && day >= 1 && day <= 31;
}

/** Without the zone at the end of a clock: "Z", "+01:00", "-0400", " UTC". A recording keeps to one zone. */
static lw_span without_zone(lw_span clock) {
    size_t length = 0;
    while (length < clock.length && strchr("0123456789:.,", clock.at[length]))
        length++;
    return (lw_span){clock.at, length};
}

bool lw_csv_instant_read(lw_span field, char decimal, lw_csv_instant *out) {
    lw_csv_instant it = {.resolution = digits_resolution(field, decimal)};
    if (lw_csv_number(field, decimal, &it.at)) {
        *out = it;
        return true;
    }
    if (field.length > 2 && *field.at == '[' && field.at[field.length - 1] == ']')
        field = lw_span_trim((lw_span){field.at + 1, field.length - 2});
    if (field.length < 4 || field.length > 64 || memchr(field.at, '\0', field.length))
        return false;
    /* A date, a 'T' or a blank, a clock; or the other way round, as rdsamp writes it. */
    size_t cut = 0;
    while (cut < field.length && field.at[cut] != ' ' && field.at[cut] != 'T' && field.at[cut] != 't')
        cut++;
    lw_span first = {field.at, cut}, second = {field.at + cut, field.length - cut};
    if (second.length > 0)
        second = lw_span_trim((lw_span){second.at + 1, second.length - 1});
    double days = 0.0;
    const bool dated = read_date(first, &days);
    if (dated && second.length == 0) {
        *out = (lw_csv_instant){days * 86400.0, 86400.0, false};
        return true;
    }
    if (!read_clock(without_zone(dated ? second : first), &it))
        return false;
    if (!dated && second.length > 0)
        (void)read_date(second, &days);
    *out = (lw_csv_instant){days * 86400.0 + it.at, it.resolution, true};
    return true;
}

/* ---- The times of a column */

bool lw_csv_times_add(lw_csv_times *times, lw_span field, char decimal) {
    if (times->count == times->capacity) {
        const size_t capacity = times->capacity > 0 ? 2 * times->capacity : 1024;
        double *grown = realloc(times->at, capacity * sizeof *grown);
        if (!grown)
            return false;
        times->at = grown;
        times->capacity = capacity;
    }
    lw_csv_instant it = {.at = NAN, .resolution = INFINITY};
    (void)lw_csv_instant_read(field, decimal, &it);
    /* A clock without a date begins anew at midnight. */
    const double before = times->count > 0 ? times->at[times->count - 1] : it.at;
    if (it.clock && it.at < before - 43200.0)
        it.at += 86400.0 * ceil((before - 43200.0 - it.at) / 86400.0);
    if (times->count == 0 || it.resolution < times->resolution)
        times->resolution = it.resolution;
    times->clock |= it.clock;
    times->at[times->count++] = it.at;
    return true;
}

void lw_csv_times_free(lw_csv_times *times) {
    free(times->at);
    *times = (lw_csv_times){0};
}

static int by_size(const void *a, const void *b) {
    const double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

/** The median distance between two samples, of up to 4,096 pairs. */
static double median_step(const lw_csv_times *times) {
    enum { MOST = 4096 };
    double steps[MOST];
    const size_t pairs = times->count - 1, count = pairs < MOST ? pairs : MOST;
    for (size_t i = 0; i < count; i++) {
        const size_t row = (size_t)((double)i / (double)count * (double)pairs);
        steps[i] = times->at[row + 1] - times->at[row];
    }
    qsort(steps, count, sizeof *steps, by_size);
    return steps[count / 2];
}

/** The first row that is more than half a step from where it is due, counted from the first row; SIZE_MAX: none. Half a
 * step, because times are often printed with few digits. */
static size_t first_uneven(const lw_csv_times *times, double step) {
    for (size_t i = 0; i < times->count; i++)
        if (!(fabs(times->at[i] - times->at[0] - (double)i * step) <= 0.5 * step))
            return i;
    return SIZE_MAX;
}

/** How many times do not follow the one before by `step`, and the first of them. */
static size_t count_odd(const lw_csv_times *times, double step, size_t *first) {
    const double slack = 0.5 * step + times->resolution;
    size_t odd = 0;
    *first = SIZE_MAX;
    for (size_t i = 1; i < times->count; i++)
        if (!(fabs(times->at[i] - times->at[i - 1] - step) <= slack) && odd++ == 0)
            *first = i;
    return odd;
}

/** What is wrong with times of which `uneven` is the first that is not where it is due. */
static lw_csv_fault find_fault(const lw_csv_times *times, size_t uneven) {
    const double step = median_step(times), mean = (times->at[times->count - 1] - times->at[0]) / (double)times->count;
    size_t first, repeat = 1;
    const size_t odd = count_odd(times, step, &first);
    while (repeat < times->count && times->at[repeat] > times->at[repeat - 1])
        repeat++;
    /* A gap is a jump between times that are even. */
    if (step > 0.0 && odd > 0 && odd <= 1 + times->count / 50) {
        const bool forth = times->at[first] > times->at[first - 1];
        return (lw_csv_fault){first, times->at[first - 1] + step,
                              forth ? "there is a gap before it" : "times do not rise"};
    }
    if (repeat < times->count)
        return (lw_csv_fault){repeat, times->at[repeat - 1] + mean,
                              !(step > 0.0)              ? "one time stands for several samples"
                              : times->resolution > mean ? "times have too few digits"
                                                         : "times do not rise"};
    return (lw_csv_fault){uneven, times->at[0] + (double)uneven * mean, "samples are not evenly spaced"};
}

double lw_csv_times_rate(const lw_csv_times *times, double unit_s, lw_csv_fault *fault) {
    static const double units[] = {1.0, 1e-3, 1e-6, 1e-9};
    *fault = (lw_csv_fault){.row = SIZE_MAX};
    for (size_t i = 0; i < times->count; i++)
        if (isnan(times->at[i])) {
            *fault = (lw_csv_fault){i, times->at[0], "it is no time"};
            return 0.0;
        }
    if (times->count < 2)
        return 0.0;
    const double span = times->at[times->count - 1] - times->at[0], step = span / (double)(times->count - 1);
    const size_t uneven = span > 0.0 ? first_uneven(times, step) : 0;
    if (uneven != SIZE_MAX) {
        *fault = find_fault(times, uneven);
        return 0.0;
    }
    if (times->resolution > step * (1.0 + 1e-9)) {
        *fault = (lw_csv_fault){1, times->at[0] + step, "times have too few digits"};
        return 0.0;
    }
    if (times->clock)
        unit_s = 1.0;
    /* Numbers without a unit that count 0, 1, 2, ... may be milliseconds or rows. */
    if (unit_s == 0.0 && times->resolution == 1.0 && step == 1.0)
        return 0.0;
    for (size_t i = 0; i < sizeof units / sizeof *units && unit_s == 0.0; i++)
        if (1.0 / (step * units[i]) >= LW_RECORD_MIN_RATE_HZ && 1.0 / (step * units[i]) <= LW_RECORD_MAX_RATE_HZ)
            unit_s = units[i];
    if (unit_s == 0.0)
        return 0.0;
    const double rate_hz = 1.0 / (step * unit_s), whole = round(rate_hz);
    return fabs(rate_hz - whole) <= rate_hz * times->resolution / span ? whole : rate_hz;
}
