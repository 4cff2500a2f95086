/* The training curves of a page, and the axes that other plots share. */
#include <math.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>

#include "base/memory.h"
#include "report/escape.h"
#include "report/page_parts.h"

/* ---- Axes */

/* The next of 1, 2, 5, 10, 20... (and their tenths, hundredths...) at or above `rough`. */
static double axis_step(double rough) {
    double power = pow(10, floor(log10(rough))), digit = rough / power;
    return power * (digit <= 1 ? 1 : digit <= 2 ? 2 : digit <= 5 ? 5 : 10);
}

bool lw_axis_takes(double value) { return fabs(value) < 1e100; }

void lw_axis_widen(lw_axis *range, double value) {
    if (!lw_axis_takes(value))
        return;
    range->low = fmin(range->low, value);
    range->high = fmax(range->high, value);
}

lw_axis lw_axis_ticked(lw_axis range, double ticks) {
    double room = fmax(range.high - range.low, 1e-9 + 0.02 * fabs(range.high));
    double step = axis_step(room / ticks);
    return (lw_axis){floor(range.low / step) * step, ceil((range.low + room) / step) * step, step};
}

/* ---- Line charts */

/* One line of a chart. */
typedef struct chart_line {
    const char *label;
    const char *colour;   /* CSS */
    const double *values; /* [points], NaN: no value there */
} chart_line;

/* A line chart over x[points]. */
typedef struct chart_plot {
    const char *title, *x_label;
    size_t points;
    const double *x;
    size_t line_count;
    const chart_line *lines;
    double marked_x; /* a dashed line stands here; NaN: none */
    const char *mark;
} chart_plot;

static const double width = 520, height = 280, left = 52, right = 508, top = 54, bottom = 240;

static double x_at(const lw_axis *range, double value) {
    return left + (right - left) * (value - range->low) / (range->high - range->low);
}

static double y_at(const lw_axis *range, double value) {
    return bottom - (bottom - top) * (value - range->low) / (range->high - range->low);
}

static void draw_axes(lw_text *text, const lw_axis *x, const lw_axis *y, const char *x_label) {
    long rows = lround((y->high - y->low) / y->step), columns = (long)floor((x->high - x->low) / x->step + 1e-9);
    for (long i = 0; i <= rows; i++) {
        double value = y->low + (double)i * y->step;
        lw_text_printf(text,
                       "<path class=\"grid\" d=\"M%g %.1fH%g\"/>"
                       "<text x=\"%g\" y=\"%.1f\" text-anchor=\"end\">%g</text>",
                       left, y_at(y, value), right, left - 8, y_at(y, value) + 4, round(value / y->step) * y->step);
    }
    for (long i = 0; i <= columns; i++) {
        double value = ceil(x->low / x->step) * x->step + (double)i * x->step;
        if (value <= x->high)
            lw_text_printf(text, "<text x=\"%.1f\" y=\"%g\" text-anchor=\"middle\">%g</text>", x_at(x, value),
                           bottom + 17, value);
    }
    lw_text_printf(text, "<text x=\"%g\" y=\"%g\" text-anchor=\"end\">", right, bottom + 34);
    lw_text_markup(text, x_label);
    lw_text_puts(text, "</text>\n");
}

static void draw_line(lw_text *text, const chart_plot *chart, const chart_line *line, const lw_axis *x,
                      const lw_axis *y) {
    lw_text_printf(text, "<polyline stroke=\"%s\" points=\"", line->colour);
    for (size_t i = 0; i < chart->points; i++)
        if (lw_axis_takes(line->values[i]) && lw_axis_takes(chart->x[i]))
            lw_text_printf(text, "%.1f,%.1f ", x_at(x, chart->x[i]), y_at(y, line->values[i]));
    lw_text_puts(text, "\"/>\n");
}

static void draw_legend(lw_text *text, const chart_plot *chart) {
    double x = left;
    for (size_t i = 0; i < chart->line_count; i++) {
        lw_text_printf(text, "<path d=\"M%g 36h18\" stroke=\"%s\" stroke-width=\"3\"/><text x=\"%g\" y=\"40\">", x,
                       chart->lines[i].colour, x + 24);
        lw_text_markup(text, chart->lines[i].label);
        lw_text_puts(text, "</text>");
        x += 130;
    }
}

static void draw_mark(lw_text *text, const chart_plot *chart, const lw_axis *x) {
    if (!lw_axis_takes(chart->marked_x))
        return;
    double at = x_at(x, chart->marked_x);
    bool near_right = at > 400;
    lw_text_printf(text, "<path class=\"mark\" d=\"M%.1f %gV%g\"/><text x=\"%.1f\" y=\"%g\" text-anchor=\"%s\">", at,
                   top, bottom, at + (near_right ? -6 : 6), top + 10, near_right ? "end" : "start");
    lw_text_markup(text, chart->mark);
    lw_text_puts(text, "</text>\n");
}

/* The chart as an SVG element with axes and legend; a sentence where no value is finite. */
static void draw_chart(lw_text *text, const chart_plot *chart) {
    lw_axis x = {INFINITY, -INFINITY, 1}, y = {INFINITY, -INFINITY, 1};
    for (size_t i = 0; i < chart->points; i++) {
        lw_axis_widen(&x, chart->x[i]);
        for (size_t k = 0; k < chart->line_count; k++)
            lw_axis_widen(&y, chart->lines[k].values[i]);
    }
    if (x.low > x.high || y.low > y.high) {
        lw_text_puts(text, "<p class=\"soft\">");
        lw_text_markup(text, chart->title);
        lw_text_puts(text, ": no value.</p>\n");
        return;
    }
    y = lw_axis_ticked(y, 5);
    x.step = fmax(1, axis_step(fmax(x.high - x.low, 1) / 8));
    x.high = fmax(x.high, x.low + 1);
    lw_text_printf(text,
                   "<svg class=\"chart\" viewBox=\"0 0 %g %g\" role=\"img\">\n"
                   "<text class=\"heading\" x=\"%g\" y=\"18\">",
                   width, height, left);
    lw_text_markup(text, chart->title);
    lw_text_puts(text, "</text>\n");
    draw_axes(text, &x, &y, chart->x_label);
    draw_mark(text, chart, &x);
    for (size_t i = 0; i < chart->line_count; i++)
        draw_line(text, chart, &chart->lines[i], &x, &y);
    draw_legend(text, chart);
    lw_text_puts(text, "</svg>\n");
}

static double epoch_of_lowest(const double *epochs, const double *losses, size_t count) {
    size_t best = SIZE_MAX;
    for (size_t i = 0; i < count; i++)
        if (isfinite(losses[i]) && (best == SIZE_MAX || losses[i] < losses[best]))
            best = i;
    return best == SIZE_MAX ? NAN : epochs[best];
}

void lw_page_history(lw_text *text, const lw_history_row *rows, size_t count) {
    double *epoch = lw_calloc(count + 1, 4 * sizeof *epoch);
    if (!epoch) {
        text->failed = true;
        return;
    }
    double *loss = epoch + count, *validation_loss = loss + count, *metric = validation_loss + count;
    for (size_t i = 0; i < count; i++) {
        epoch[i] = rows[i].epoch;
        loss[i] = rows[i].loss;
        validation_loss[i] = rows[i].validation_loss;
        metric[i] = rows[i].validation_metric;
    }
    const chart_line losses[] = {{"training", "var(--blue)", loss}, {"validation", "var(--red)", validation_loss}};
    const chart_line metrics[] = {{"validation", "var(--green)", metric}};
    chart_plot chart = {.title = "Loss",
                        .x_label = "epoch",
                        .points = count,
                        .x = epoch,
                        .line_count = 2,
                        .lines = losses,
                        .marked_x = epoch_of_lowest(epoch, validation_loss, count),
                        .mark = "kept"};
    lw_text_puts(text, "<div class=\"charts\">\n<div>");
    draw_chart(text, &chart);
    chart.title = "Challenge metric";
    chart.lines = metrics;
    chart.line_count = 1;
    lw_text_puts(text, "</div>\n<div>");
    draw_chart(text, &chart);
    lw_text_puts(text, "</div>\n</div>\n");
    free(epoch);
}
