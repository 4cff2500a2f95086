/* Dots with whiskers, by group and series. */
#include <math.h>

#include "report/escape.h"
#include "report/page_parts.h"

static const double width = 900, left = 52, right = 888, legend_line = 20;
static const char *const colours[] = {"var(--blue)", "var(--red)", "var(--green)", "var(--ochre)"};
enum { COLOURS = sizeof colours / sizeof colours[0] };

/* Where the values lie, below a legend of a line for each series. */
typedef struct frame {
    double top, bottom;
    lw_axis y;
} frame;

static double y_at(const frame *f, double value) {
    return f->bottom - (f->bottom - f->top) * (value - f->y.low) / (f->y.high - f->y.low);
}

/* The middle of a group's share of the width; its series stand around it. */
static double x_at(const lw_dot_plot *plot, size_t group, size_t series) {
    const double share = (right - left) / (double)plot->groups;
    const double spacing = fmin(28, 0.8 * share / (double)plot->series);
    const double off = (double)series - ((double)plot->series - 1) / 2;
    return left + share * ((double)group + 0.5) + spacing * off;
}

static void draw_axis(lw_text *text, const lw_dot_plot *plot, const frame *f) {
    const long rows = lround((f->y.high - f->y.low) / f->y.step);
    for (long i = 0; i <= rows; i++) {
        const double value = f->y.low + (double)i * f->y.step;
        lw_text_printf(text,
                       "<path class=\"grid\" d=\"M%g %.1fH%g\"/>"
                       "<text x=\"%g\" y=\"%.1f\" text-anchor=\"end\">%g</text>",
                       left, y_at(f, value), right, left - 8, y_at(f, value) + 4, round(value / f->y.step) * f->y.step);
    }
    for (size_t g = 0; g < plot->groups; g++) {
        const double middle = (x_at(plot, g, 0) + x_at(plot, g, plot->series - 1)) / 2;
        lw_text_printf(text, "<text x=\"%.1f\" y=\"%g\" text-anchor=\"middle\">", middle, f->bottom + 20);
        lw_text_markup(text, plot->group_labels[g]);
        lw_text_puts(text, "</text>\n");
    }
}

static void draw_ring(lw_text *text, double x, double y, const char *colour) {
    lw_text_printf(text, "<circle cx=\"%.1f\" cy=\"%.1f\" r=\"5\" fill=\"none\" stroke=\"%s\" stroke-width=\"2\"/>", x,
                   y, colour);
}

static void draw_dot(lw_text *text, double x, double y, const char *colour) {
    lw_text_printf(text, "<circle cx=\"%.1f\" cy=\"%.1f\" r=\"4.5\" fill=\"%s\"/>", x, y, colour);
}

static void draw_value(lw_text *text, const frame *f, const lw_dot *dot, double x, const char *colour) {
    if (lw_axis_takes(dot->low) && lw_axis_takes(dot->high))
        lw_text_printf(text, "<path d=\"M%.1f %.1fV%.1f\" stroke=\"%s\" stroke-width=\"2\"/>", x, y_at(f, dot->low),
                       y_at(f, dot->high), colour);
    if (lw_axis_takes(dot->value))
        draw_dot(text, x, y_at(f, dot->value), colour);
    if (lw_axis_takes(dot->reference))
        draw_ring(text, x, y_at(f, dot->reference), colour);
    lw_text_puts(text, "\n");
}

static void draw_legend(lw_text *text, const lw_dot_plot *plot) {
    for (size_t s = 0; s < plot->series; s++) {
        const double y = 42 + legend_line * (double)s;
        lw_text_printf(text, "<path d=\"M%g %gh18\" stroke=\"%s\" stroke-width=\"3\"/><text x=\"%g\" y=\"%g\">", left,
                       y - 4, colours[s % COLOURS], left + 26, y);
        lw_text_markup(text, plot->series_labels[s]);
        lw_text_puts(text, "</text>\n");
    }
    draw_dot(text, right - 330, 14, "currentColor");
    lw_text_printf(text, "<text x=\"%g\" y=\"18\">", right - 320);
    lw_text_markup(text, plot->dot);
    lw_text_puts(text, "</text>");
    draw_ring(text, right - 70, 14, "currentColor");
    lw_text_printf(text, "<text x=\"%g\" y=\"18\">", right - 60);
    lw_text_markup(text, plot->ring);
    lw_text_puts(text, "</text>\n");
}

/* The range of everything that is drawn; false when there is nothing. */
static bool find_range(const lw_dot_plot *plot, lw_axis *range) {
    *range = (lw_axis){INFINITY, -INFINITY, 1};
    for (size_t i = 0; i < plot->groups * plot->series; i++) {
        const lw_dot *dot = &plot->dots[i];
        lw_axis_widen(range, dot->value);
        lw_axis_widen(range, dot->reference);
        lw_axis_widen(range, dot->low);
        lw_axis_widen(range, dot->high);
    }
    return range->low <= range->high;
}

void lw_page_dots(lw_text *text, const lw_dot_plot *plot) {
    lw_axis range;
    if (!find_range(plot, &range)) {
        lw_text_puts(text, "<p class=\"soft\">");
        lw_text_markup(text, plot->title);
        lw_text_puts(text, ": no value.</p>\n");
        return;
    }
    const double top = 44 + legend_line * (double)plot->series;
    const frame f = {top, top + 220, lw_axis_ticked(range, 5)};
    lw_text_printf(text,
                   "<svg class=\"dots\" viewBox=\"0 0 %g %g\" role=\"img\">\n"
                   "<text class=\"heading\" x=\"%g\" y=\"18\">",
                   width, f.bottom + 30, left);
    lw_text_markup(text, plot->title);
    lw_text_puts(text, "</text>\n");
    draw_axis(text, plot, &f);
    for (size_t s = 0; s < plot->series; s++)
        for (size_t g = 0; g < plot->groups; g++)
            draw_value(text, &f, &plot->dots[s * plot->groups + g], x_at(plot, g, s), colours[s % COLOURS]);
    draw_legend(text, plot);
    lw_text_puts(text, "</svg>\n");
}
