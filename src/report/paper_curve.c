#include <math.h>
#include <stdlib.h>

#include "base/memory.h"
#include "report/paper.h"

/* Finer than a printer's dot or a screen's pixel: more samples than that become their lowest and highest. */
static const double points_per_mm = 8;

/* No deflection leaves the sheet by more than this, whatever the file says. */
static const double clamp_mm = 100;

/* What the pen does next. */
typedef struct pen {
    lw_text *text;
    const lw_paper *paper;
    const lw_paper_strip *strip;
    double samples_per_mm, offset_mv;
    const double *value_mv; /* of the strip, NaN where missing or not finite */
    bool down;
    long x, y; /* in 1/100 mm, valid while the pen is down */
} pen;

static void move_to(pen *at, size_t t) {
    double deflection_mm = (at->value_mv[t] - at->offset_mv) * at->paper->gain_mm_mv;
    double x_mm = at->strip->x_mm + (double)t / at->samples_per_mm;
    long x = lround(100 * x_mm);
    long y = lround(100 * (at->strip->baseline_mm - fmax(-clamp_mm, fmin(clamp_mm, deflection_mm))));
    if (at->down)
        lw_text_printf(at->text, "l%ld %ld", x - at->x, y - at->y);
    else
        lw_text_printf(at->text, "M%ld %ld", x, y);
    at->down = true;
    at->x = x;
    at->y = y;
}

/* Draws samples [from, to) that share a place on the paper: all of them when few, else their extremes in order. */
static void draw_bucket(pen *at, size_t from, size_t to) {
    size_t lowest = to, highest = to;
    for (size_t t = from; t < to; t++) {
        if (isnan(at->value_mv[t]))
            continue;
        if (lowest == to || at->value_mv[t] < at->value_mv[lowest])
            lowest = t;
        if (highest == to || at->value_mv[t] > at->value_mv[highest])
            highest = t;
    }
    if (lowest == to) {
        at->down = false;
        return;
    }
    size_t early = lowest < highest ? lowest : highest, late = lowest < highest ? highest : lowest;
    move_to(at, early);
    if (late != early)
        move_to(at, late);
}

static int compare_values(const void *left, const void *right) {
    double a = *(const double *)left, b = *(const double *)right;
    return (a > b) - (a < b);
}

/* Median of the strip, so that an electrode's constant offset does not push the curve off its row. */
static double median_of(const double *value, size_t count, double *scratch) {
    size_t valid = 0;
    for (size_t t = 0; t < count; t++)
        if (!isnan(value[t]))
            scratch[valid++] = value[t];
    qsort(scratch, valid, sizeof *scratch, compare_values);
    return valid ? scratch[valid / 2] : 0;
}

void lw_paper_curve(lw_text *text, const lw_record *record, const lw_paper *paper, const lw_paper_strip *strip) {
    double rate_hz = lw_record_rate_hz(record), samples = (double)lw_record_sample_count(record);
    double from = ceil(strip->start_s * rate_hz);
    double to = fmin(samples, ceil((strip->start_s + strip->width_mm / paper->speed_mm_s) * rate_hz));
    if (strip->source.count == 0 || from >= to)
        return;
    const size_t count = (size_t)to - (size_t)from;
    double *value_mv = lw_calloc(2 * count, sizeof *value_mv); /* and as many for the median */
    if (!value_mv) {
        text->failed = true;
        return;
    }
    (void)lw_lead_source_copy(record, &strip->source, (size_t)from, count, value_mv);
    for (size_t t = 0; t < count; t++)
        value_mv[t] = isfinite(value_mv[t]) ? value_mv[t] : NAN;
    pen at = {.text = text, .paper = paper, .strip = strip, .value_mv = value_mv};
    at.samples_per_mm = rate_hz / paper->speed_mm_s;
    at.offset_mv = median_of(value_mv, count, value_mv + count);
    size_t bucket = (size_t)fmax(1, floor(at.samples_per_mm / points_per_mm));
    for (size_t t = 0; t < count; t += bucket)
        draw_bucket(&at, t, t + bucket < count ? t + bucket : count);
    free(value_mv);
}
