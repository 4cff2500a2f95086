#include <math.h>
#include <stdbool.h>

#include "report/escape.h"
#include "report/page_parts.h"

static const double width = 520, height = 280, left = 52, right = 508, top = 54, bottom = 240;

/* A data range with the ticks inside it. */
typedef struct axis {
    double low, high, step;
} axis;

/* The next of 1, 2, 5, 10, 20... at or above `rough`. */
static double nice_step(double rough) {
    double power = pow(10, floor(log10(rough))), digit = rough / power;
    return power * (digit <= 1 ? 1 : digit <= 2 ? 2 : digit <= 5 ? 5 : 10);
}

/* A loss that ran away must not make the range overflow. */
static bool is_drawable(double value) { return fabs(value) < 1e100; }

static void widen(axis *range, double value) {
    if (!is_drawable(value))
        return;
    range->low = fmin(range->low, value);
    range->high = fmax(range->high, value);
}

/* Ends on ticks; a range of a single value gets some room. */
static axis with_ticks(axis range, double ticks) {
    double room = fmax(range.high - range.low, 1e-9 + 0.02 * fabs(range.high));
    double step = nice_step(room / ticks);
    return (axis){floor(range.low / step) * step, ceil((range.low + room) / step) * step, step};
}

static double x_at(const axis *range, double value) {
    return left + (right - left) * (value - range->low) / (range->high - range->low);
}

static double y_at(const axis *range, double value) {
    return bottom - (bottom - top) * (value - range->low) / (range->high - range->low);
}

static void draw_axes(lw_text *text, const axis *x, const axis *y, const char *x_label) {
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

static void draw_line(lw_text *text, const lw_chart *chart, const lw_chart_line *line, const axis *x, const axis *y) {
    lw_text_printf(text, "<polyline stroke=\"%s\" points=\"", line->colour);
    for (size_t i = 0; i < chart->points; i++)
        if (is_drawable(line->values[i]) && is_drawable(chart->x[i]))
            lw_text_printf(text, "%.1f,%.1f ", x_at(x, chart->x[i]), y_at(y, line->values[i]));
    lw_text_puts(text, "\"/>\n");
}

static void draw_legend(lw_text *text, const lw_chart *chart) {
    double x = left;
    for (size_t i = 0; i < chart->line_count; i++) {
        lw_text_printf(text, "<path d=\"M%g 36h18\" stroke=\"%s\" stroke-width=\"3\"/><text x=\"%g\" y=\"40\">", x,
                       chart->lines[i].colour, x + 24);
        lw_text_markup(text, chart->lines[i].label);
        lw_text_puts(text, "</text>");
        x += 130;
    }
}

static void draw_mark(lw_text *text, const lw_chart *chart, const axis *x) {
    if (!is_drawable(chart->marked_x))
        return;
    double at = x_at(x, chart->marked_x);
    bool near_right = at > 400;
    lw_text_printf(text,
                   "<path class=\"mark\" d=\"M%.1f %gV%g\"/><text x=\"%.1f\" y=\"%g\" text-anchor=\"%s\">",
                   at, top, bottom, at + (near_right ? -6 : 6), top + 10, near_right ? "end" : "start");
    lw_text_markup(text, chart->mark);
    lw_text_puts(text, "</text>\n");
}

void lw_page_chart(lw_text *text, const lw_chart *chart) {
    axis x = {INFINITY, -INFINITY, 1}, y = {INFINITY, -INFINITY, 1};
    for (size_t i = 0; i < chart->points; i++) {
        widen(&x, chart->x[i]);
        for (size_t k = 0; k < chart->line_count; k++)
            widen(&y, chart->lines[k].values[i]);
    }
    if (x.low > x.high || y.low > y.high) {
        lw_text_puts(text, "<p class=\"soft\">");
        lw_text_markup(text, chart->title);
        lw_text_puts(text, ": no value.</p>\n");
        return;
    }
    y = with_ticks(y, 5);
    x.step = fmax(1, nice_step(fmax(x.high - x.low, 1) / 8));
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
