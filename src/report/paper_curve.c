#include <math.h>
#include <stdlib.h>

#include "base/memory.h"
#include "report/paper.h"

/* Finer than a printer's dot or a screen's pixel: more samples than that become their lowest and highest. */
static const double points_per_mm = 8;

/* No deflection leaves the sheet by more than this, whatever the file says. */
static const double clamp_mm = 100;

static double value_at(const lw_paper_lead *lead, size_t t) {
    double value = lead->weight_a * lead->a[t] + (lead->b ? lead->weight_b * lead->b[t] : 0);
    return isfinite(value) ? value : NAN;
}

/* What the pen does next. */
typedef struct pen {
    lw_text *text;
    const lw_paper *paper;
    const lw_paper_strip *strip;
    double samples_per_mm, offset_mv;
    size_t first; /* sample at the strip's left edge */
    bool down;
    long x, y; /* in 1/100 mm, valid while the pen is down */
} pen;

static void move_to(pen *at, size_t t, double value_mv) {
    double deflection_mm = (value_mv - at->offset_mv) * at->paper->gain_mm_mv;
    double x_mm = at->strip->x_mm + (double)(t - at->first) / at->samples_per_mm;
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
        double value = value_at(&at->strip->lead, t);
        if (isnan(value))
            continue;
        if (lowest == to || value < value_at(&at->strip->lead, lowest))
            lowest = t;
        if (highest == to || value > value_at(&at->strip->lead, highest))
            highest = t;
    }
    if (lowest == to) {
        at->down = false;
        return;
    }
    size_t early = lowest < highest ? lowest : highest, late = lowest < highest ? highest : lowest;
    move_to(at, early, value_at(&at->strip->lead, early));
    if (late != early)
        move_to(at, late, value_at(&at->strip->lead, late));
}

static int compare_values(const void *left, const void *right) {
    double a = *(const double *)left, b = *(const double *)right;
    return (a > b) - (a < b);
}

/* Median of the strip, so that an electrode's constant offset does not push the curve off its row. */
static bool median_of(const lw_paper_lead *lead, size_t from, size_t to, double *median) {
    double *values = lw_calloc(to - from, sizeof *values);
    if (!values)
        return false;
    size_t count = 0;
    for (size_t t = from; t < to; t++)
        if (!isnan(value_at(lead, t)))
            values[count++] = value_at(lead, t);
    qsort(values, count, sizeof *values, compare_values);
    *median = count ? values[count / 2] : 0;
    free(values);
    return true;
}

void lw_paper_curve(lw_text *text, const lw_record *record, const lw_paper *paper, const lw_paper_strip *strip) {
    double rate_hz = lw_record_rate_hz(record), samples = (double)lw_record_sample_count(record);
    double from = ceil(strip->start_s * rate_hz);
    double to = fmin(samples, ceil((strip->start_s + strip->width_mm / paper->speed_mm_s) * rate_hz));
    if (!strip->lead.a || from >= to)
        return;
    pen at = {.text = text, .paper = paper, .strip = strip, .first = (size_t)from};
    at.samples_per_mm = rate_hz / paper->speed_mm_s;
    if (!median_of(&strip->lead, (size_t)from, (size_t)to, &at.offset_mv)) {
        text->failed = true;
        return;
    }
    size_t bucket = (size_t)fmax(1, floor(at.samples_per_mm / points_per_mm));
    for (size_t t = (size_t)from; t < (size_t)to; t += bucket)
        draw_bucket(&at, t, t + bucket < (size_t)to ? t + bucket : (size_t)to);
}
