/* This file draws the plots of a page as SVG: curves by epoch, and dots with whiskers by group and series. */
#include <assert.h>
#include <math.h>
#include <stdlib.h>

#include "base/memory.h"
#include "report/page_parts.h"

/* ---- Axes */

static const double left = 52;

bool lw_is_drawable(double value) { return fabs(value) < 1e100; }

void lw_axis_widen(lw_axis *axis, double value) {
    if (!lw_is_drawable(value))
        return;
    axis->low = fmin(axis->low, value);
    axis->high = fmax(axis->high, value);
}

/* The next of 1, 2, 5, 10, 20... (and their tenths, hundredths...) at or above `rough`. */
static double axis_step(double rough) {
    double power = pow(10, floor(log10(rough))), digit = rough / power;
    return power * (digit <= 1 ? 1 : digit <= 2 ? 2 : digit <= 5 ? 5 : 10);
}

void lw_axis_set_ticks(lw_axis *axis, double ticks) {
    assert(axis->low <= axis->high && ticks > 0);
    const double room = fmax(axis->high - axis->low, 1e-9 + 0.02 * fabs(axis->high)), high = axis->low + room;
    axis->step = axis_step(room / ticks);
    axis->low = floor(axis->low / axis->step) * axis->step;
    axis->high = ceil(high / axis->step) * axis->step;
}

double lw_axis_at(const lw_axis *axis, double value) {
    return axis->from + (axis->to - axis->from) * (value - axis->low) / (axis->high - axis->low);
}

static void begin_plot(lw_text *text, const char *kind, double width, double height, const char *title) {
    lw_text_printf(text,
                   "<svg class=\"%s\" viewBox=\"0 0 %g %g\" role=\"img\">\n<text class=\"heading\" x=\"%g\" y=\"18\">",
                   kind, width, height, left);
    lw_page_put(text, "", title, "</text>\n");
}

/* A line from `left` to `right` and a number at each tick of `y`. */
static void draw_levels(lw_text *text, const lw_axis *y, double right) {
    const long count = lround((y->high - y->low) / y->step);
    for (long i = 0; i <= count; i++) {
        const double value = y->low + (double)i * y->step, at = lw_axis_at(y, value);
        lw_text_printf(
            text, "<path class=\"grid\" d=\"M%g %.1fH%g\"/><text x=\"%g\" y=\"%.1f\" text-anchor=\"end\">%g</text>",
            left, at, right, left - 8, at + 4, round(value / y->step) * y->step);
    }
}

/* ---- Curves by epoch */

typedef struct curve {
    const char *label;
    const char *colour;   /* CSS */
    const double *values; /* [epoch_count], NaN: no value there */
} curve;

typedef struct chart {
    const char *title;
    size_t epoch_count, curve_count;
    const double *epochs;
    const curve *curves;
    double kept_epoch; /* a dashed line stands here; NaN: none */
} chart;

static void draw_epochs(lw_text *text, const lw_axis *x, const lw_axis *y, double kept_epoch) {
    const long count = (long)floor((x->high - x->low) / x->step + 1e-9);
    for (long i = 0; i <= count; i++) {
        const double value = ceil(x->low / x->step) * x->step + (double)i * x->step;
        if (value <= x->high)
            lw_text_printf(text, "<text x=\"%.1f\" y=\"%g\" text-anchor=\"middle\">%g</text>", lw_axis_at(x, value),
                           y->from + 17, value);
    }
    lw_text_printf(text, "<text x=\"%g\" y=\"%g\" text-anchor=\"end\">epoch</text>\n", x->to, y->from + 34);
    if (!lw_is_drawable(kept_epoch))
        return;
    const double at = lw_axis_at(x, kept_epoch);
    const bool near_right = at > 400;
    lw_text_printf(text,
                   "<path class=\"mark\" d=\"M%.1f %gV%g\"/><text x=\"%.1f\" y=\"%g\" text-anchor=\"%s\">kept</text>\n",
                   at, y->to, y->from, at + (near_right ? -6 : 6), y->to + 10, near_right ? "end" : "start");
}

static void draw_curves(lw_text *text, const chart *c, const lw_axis *x, const lw_axis *y) {
    for (size_t k = 0; k < c->curve_count; k++) {
        const double *values = c->curves[k].values;
        lw_text_printf(text, "<polyline stroke=\"%s\" points=\"", c->curves[k].colour);
        for (size_t i = 0; i < c->epoch_count; i++)
            if (lw_is_drawable(values[i]) && lw_is_drawable(c->epochs[i]))
                lw_text_printf(text, "%.1f,%.1f ", lw_axis_at(x, c->epochs[i]), lw_axis_at(y, values[i]));
        lw_text_puts(text, "\"/>\n");
    }
    for (size_t k = 0; k < c->curve_count; k++) {
        const double at = left + 130 * (double)k;
        lw_text_printf(text,
                       "<path d=\"M%g 36h18\" stroke=\"%s\" stroke-width=\"3\"/><text x=\"%g\" y=\"40\">%s</text>", at,
                       c->curves[k].colour, at + 24, c->curves[k].label);
    }
}

/* The chart as an SVG element with axes and legend; a sentence where no value can be drawn. */
static void draw_chart(lw_text *text, const chart *c) {
    lw_axis x = {.low = INFINITY, .high = -INFINITY, .from = left, .to = 508};
    lw_axis y = {.low = INFINITY, .high = -INFINITY, .from = 240, .to = 54};
    for (size_t i = 0; i < c->epoch_count; i++) {
        lw_axis_widen(&x, c->epochs[i]);
        for (size_t k = 0; k < c->curve_count; k++)
            lw_axis_widen(&y, c->curves[k].values[i]);
    }
    if (x.low > x.high || y.low > y.high) {
        lw_page_put(text, "<p class=\"soft\">", c->title, ": no value.</p>\n");
        return;
    }
    lw_axis_set_ticks(&y, 5);
    x.step = fmax(1, axis_step(fmax(x.high - x.low, 1) / 8));
    x.high = fmax(x.high, x.low + 1);
    begin_plot(text, "chart", 520, 280, c->title);
    draw_levels(text, &y, x.to);
    draw_epochs(text, &x, &y, c->kept_epoch);
    draw_curves(text, c, &x, &y);
    lw_text_puts(text, "</svg>\n");
}

void lw_page_history(lw_text *text, const lw_history_row *rows, size_t count) {
    double *epochs = lw_calloc(count + 1, 4 * sizeof *epochs);
    if (!epochs) {
        text->failed = true;
        return;
    }
    double *loss = epochs + count, *validation_loss = loss + count, *metric = validation_loss + count;
    double lowest = INFINITY, kept_epoch = NAN;
    for (size_t i = 0; i < count; i++) {
        epochs[i] = rows[i].epoch;
        loss[i] = rows[i].loss;
        validation_loss[i] = rows[i].validation_loss;
        metric[i] = rows[i].validation_metric;
        if (validation_loss[i] < lowest && isfinite(validation_loss[i])) {
            lowest = validation_loss[i];
            kept_epoch = epochs[i];
        }
    }
    const curve losses[] = {{"training", "var(--blue)", loss}, {"validation", "var(--red)", validation_loss}};
    const curve metrics[] = {{"validation", "var(--green)", metric}};
    lw_text_puts(text, "<div class=\"charts\">\n<div>");
    draw_chart(text, &(chart){"Loss", count, 2, epochs, losses, kept_epoch});
    lw_text_puts(text, "</div>\n<div>");
    draw_chart(text, &(chart){"Challenge metric", count, 1, epochs, metrics, kept_epoch});
    lw_text_puts(text, "</div>\n</div>\n");
    free(epochs);
}

/* ---- Dots with whiskers */

static const double dots_right = 888, legend_line = 20;
static const char *const colours[] = {"var(--blue)", "var(--red)", "var(--green)", "var(--ochre)"};
enum { COLOUR_COUNT = sizeof colours / sizeof colours[0] };

/* The middle of a group's share of the width; its series stand around it. */
static double dot_x(const lw_dot_plot *plot, size_t group, size_t series) {
    const double share = (dots_right - left) / (double)plot->groups;
    const double spacing = fmin(28, 0.8 * share / (double)plot->series);
    const double off = (double)series - ((double)plot->series - 1) / 2;
    return left + share * ((double)group + 0.5) + spacing * off;
}

static void draw_ring(lw_text *text, double x, double y, const char *colour) {
    lw_text_printf(text, "<circle cx=\"%.1f\" cy=\"%.1f\" r=\"5\" fill=\"none\" stroke=\"%s\" stroke-width=\"2\"/>", x,
                   y, colour);
}

void lw_page_dot(lw_text *text, double x, double y, const char *colour) {
    lw_text_printf(text, "<circle cx=\"%.1f\" cy=\"%.1f\" r=\"4.5\" fill=\"%s\"/>", x, y, colour);
}

static void draw_value(lw_text *text, const lw_axis *y, const lw_dot *dot, double x, const char *colour) {
    if (lw_is_drawable(dot->low) && lw_is_drawable(dot->high))
        lw_text_printf(text, "<path d=\"M%.1f %.1fV%.1f\" stroke=\"%s\" stroke-width=\"2\"/>", x,
                       lw_axis_at(y, dot->low), lw_axis_at(y, dot->high), colour);
    if (lw_is_drawable(dot->value))
        lw_page_dot(text, x, lw_axis_at(y, dot->value), colour);
    if (lw_is_drawable(dot->reference))
        draw_ring(text, x, lw_axis_at(y, dot->reference), colour);
    lw_text_puts(text, "\n");
}

static void draw_legend(lw_text *text, const lw_dot_plot *plot) {
    for (size_t s = 0; s < plot->series; s++) {
        const double y = 42 + legend_line * (double)s;
        lw_text_printf(text, "<path d=\"M%g %gh18\" stroke=\"%s\" stroke-width=\"3\"/><text x=\"%g\" y=\"%g\">", left,
                       y - 4, colours[s % COLOUR_COUNT], left + 26, y);
        lw_page_put(text, "", plot->series_labels[s], "</text>\n");
    }
    lw_page_dot(text, dots_right - 330, 14, "currentColor");
    lw_text_printf(text, "<text x=\"%g\" y=\"18\">", dots_right - 320);
    lw_page_put(text, "", plot->dot, "</text>");
    draw_ring(text, dots_right - 70, 14, "currentColor");
    lw_text_printf(text, "<text x=\"%g\" y=\"18\">", dots_right - 60);
    lw_page_put(text, "", plot->ring, "</text>\n");
}

void lw_page_dots(lw_text *text, const lw_dot_plot *plot) {
    const double top = 44 + legend_line * (double)plot->series;
    lw_axis y = {.low = INFINITY, .high = -INFINITY, .from = top + 220, .to = top};
    for (size_t i = 0; i < plot->groups * plot->series; i++) {
        const lw_dot *dot = &plot->dots[i];
        lw_axis_widen(&y, dot->value);
        lw_axis_widen(&y, dot->reference);
        lw_axis_widen(&y, dot->low);
        lw_axis_widen(&y, dot->high);
    }
    if (y.low > y.high) {
        lw_page_put(text, "<p class=\"soft\">", plot->title, ": no value.</p>\n");
        return;
    }
    lw_axis_set_ticks(&y, 5);
    begin_plot(text, "dots", 900, y.from + 30, plot->title);
    draw_levels(text, &y, dots_right);
    for (size_t g = 0; g < plot->groups; g++) {
        const double middle = (dot_x(plot, g, 0) + dot_x(plot, g, plot->series - 1)) / 2;
        lw_text_printf(text, "<text x=\"%.1f\" y=\"%g\" text-anchor=\"middle\">", middle, y.from + 20);
        lw_page_put(text, "", plot->group_labels[g], "</text>\n");
    }
    for (size_t s = 0; s < plot->series; s++)
        for (size_t g = 0; g < plot->groups; g++)
            draw_value(text, &y, &plot->dots[s * plot->groups + g], dot_x(plot, g, s), colours[s % COLOUR_COUNT]);
    draw_legend(text, plot);
    lw_text_puts(text, "</svg>\n");
}
