/* A recording on ECG paper: where each strip goes, its curve, and the sheet as SVG. */
#include <assert.h>
#include <math.h>
#include <stdlib.h>

#include "base/error.h"
#include "base/memory.h"
#include "base/text.h"
#include "report/escape.h"
#include "report/paper.h"

/* ---- The sheet */

static const double page_s = 10, column_s = 2.5, pulse_s = 0.2;
static const double margin_mm = 5, header_mm = 15, footer_mm = 10, row_mm = 30, many_rows_mm = 20;

enum { COLUMNS = 4, ROWS = 3 };

static const char *const standard[ROWS][COLUMNS] = {
    {"I", "aVR", "V1", "V4"},
    {"II", "aVL", "V2", "V5"},
    {"III", "aVF", "V3", "V6"},
};

static void add_strip(lw_paper *paper, const char *lead, lw_lead_source source, size_t row, size_t column,
                      double height_mm, double duration_s, double start_s) {
    double width_mm = duration_s * paper->speed_mm_s;
    assert(paper->strips < LW_PAPER_STRIPS_MAX);
    paper->strip[paper->strips++] = (lw_paper_strip){
        .lead = lead,
        .source = source,
        .x_mm = paper->left_mm + (double)column * width_mm,
        .baseline_mm = header_mm + ((double)row + 0.5) * height_mm,
        .width_mm = width_mm,
        .start_s = start_s + (double)column * duration_s,
        .first = column == 0,
    };
}

static bool has_standard_leads(const lw_record *record) {
    for (size_t i = 0; i < ROWS * COLUMNS; i++)
        if (lw_lead_find_source(record, standard[i / COLUMNS][i % COLUMNS]).count == 0)
            return false;
    return true;
}

static lw_status fail_lead(const lw_record *record, const char *name, lw_error *err) {
    lw_text there = {0};
    for (size_t i = 0; i < lw_record_lead_count(record); i++)
        lw_text_printf(&there, "%s%s", i > 0 ? ", " : "", lw_record_lead(record, i)->name);
    lw_status status = there.failed ? lw_fail_no_memory(err, "a sentence")
                                    : lw_fail(err, LW_ERR_ARGUMENT, "%s has no lead %.20s, expected one of %s",
                                              lw_record_name(record), name, there.data);
    lw_text_free(&there);
    return status;
}

static lw_status check_options(const lw_record *record, const lw_paper_options *options, const lw_paper *paper,
                               lw_error *err) {
    double duration_s = (double)lw_record_sample_count(record) / lw_record_rate_hz(record);
    if (!(paper->speed_mm_s >= 1 && paper->speed_mm_s <= 200))
        return lw_fail(err, LW_ERR_ARGUMENT, "paper speed %g mm/s, expected 1 to 200", paper->speed_mm_s);
    if (!(paper->gain_mm_mv >= 0.1 && paper->gain_mm_mv <= 100))
        return lw_fail(err, LW_ERR_ARGUMENT, "gain %g mm/mV, expected 0.1 to 100", paper->gain_mm_mv);
    if (lw_record_copy_mv(record, 0, 0, 1, &(double){0}) == 0)
        return lw_fail(err, LW_ERR_ARGUMENT, "%s has no signals to draw", lw_record_name(record));
    if (!(options->start_s >= 0) || options->start_s >= duration_s)
        return lw_fail(err, LW_ERR_ARGUMENT, "start at %g s, expected 0 to %g, where %s ends", options->start_s,
                       duration_s, lw_record_name(record));
    if (options->rhythm_lead && lw_lead_find_source(record, options->rhythm_lead).count == 0)
        return fail_lead(record, options->rhythm_lead, err);
    return LW_OK;
}

lw_status lw_paper_arrange(const lw_record *record, const lw_paper_options *options, lw_paper *out, lw_error *err) {
    *out = (lw_paper){.speed_mm_s = options->speed_mm_s != 0 ? options->speed_mm_s : 25,
                      .gain_mm_mv = options->gain_mm_mv != 0 ? options->gain_mm_mv : 10};
    lw_status status = check_options(record, options, out, err);
    if (status != LW_OK)
        return status;
    const double notes_mm = (double)(LW_PAPER_NOTE_MM * lw_paper_note_count(record, options));
    /* Edges fall on bold lines, as on real paper. */
    out->left_mm = margin_mm + 5 * ceil((pulse_s * out->speed_mm_s + 3) / 5);
    out->width_mm = 5 * ceil((out->left_mm + page_s * out->speed_mm_s + margin_mm) / 5);
    if (!has_standard_leads(record)) {
        const size_t leads = lw_record_lead_count(record);
        const double height_mm = leads <= 4 ? row_mm : many_rows_mm;
        for (size_t lead = 0; lead < leads; lead++) {
            const lw_lead_source source = {.count = 1, .lead = {lead}};
            add_strip(out, lw_record_lead(record, lead)->name, source, lead, 0, height_mm, page_s, options->start_s);
        }
        out->height_mm = header_mm + (double)leads * height_mm + notes_mm + footer_mm;
        return LW_OK;
    }
    for (size_t i = 0; i < ROWS * COLUMNS; i++) {
        const char *lead = standard[i / COLUMNS][i % COLUMNS];
        add_strip(out, lead, lw_lead_find_source(record, lead), i / COLUMNS, i % COLUMNS, row_mm, column_s,
                  options->start_s);
    }
    const char *rhythm = options->rhythm_lead ? options->rhythm_lead : "II";
    add_strip(out, rhythm, lw_lead_find_source(record, rhythm), ROWS, 0, row_mm, page_s, options->start_s);
    out->height_mm = header_mm + (ROWS + 1) * row_mm + notes_mm + footer_mm;
    return LW_OK;
}

/* ---- A curve */

/* Finer than a printer's dot or a screen's pixel: more samples than that become their lowest and highest. */
static const double points_per_mm = 8;

/* No deflection leaves the sheet by more than this, whatever the file holds. */
static const double clamp_mm = 100;

/* The state of a curve that is being drawn. */
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
    assert(from < to);
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

/* ---- The drawing */

static const char fine_colour[] = "#f6d5d1", bold_colour[] = "#e9a9a2", ink_colour[] = "#1a1a24";

/* Lines every `step_mm`, of the whole sheet, as one path. */
static void draw_grid(lw_text *text, const lw_paper *paper, double step_mm, const char *colour, double width_mm) {
    lw_text_printf(text, "<path fill=\"none\" stroke=\"%s\" stroke-width=\"%g\" d=\"", colour, width_mm);
    for (int i = 0; i * step_mm <= paper->width_mm; i++)
        lw_text_printf(text, "M%g 0v%g", i * step_mm, paper->height_mm);
    for (int i = 0; i * step_mm <= paper->height_mm; i++)
        lw_text_printf(text, "M0 %gh%g", i * step_mm, paper->width_mm);
    lw_text_puts(text, "\"/>\n");
}

static void draw_strip(lw_text *text, const lw_record *record, const lw_paper *paper, const lw_paper_strip *strip,
                       const lw_paper_options *options) {
    const double pulse_mm = pulse_s * paper->speed_mm_s, flank_mm = (strip->x_mm - 5 - pulse_mm) / 2;
    if (strip->first) /* 1 mV for 200 ms, left of a row */
        lw_text_printf(text, "<path class=\"ink\" d=\"M5 %gh%gv%gh%gv%gh%g\"/>\n", strip->baseline_mm, flank_mm,
                       -paper->gain_mm_mv, pulse_mm, paper->gain_mm_mv, flank_mm);
    else
        lw_text_printf(text, "<path class=\"ink\" d=\"M%g %gv4\"/>\n", strip->x_mm, strip->baseline_mm - 2);
    lw_text_puts(text, "<path class=\"curve\" transform=\"scale(.01)\" d=\"");
    size_t before = text->length;
    lw_paper_curve(text, record, paper, strip);
    if (text->length == before)
        lw_text_puts(text, "M0 0");
    lw_text_printf(text, "\"/>\n<text class=\"lead\" x=\"%g\" y=\"%g\">", strip->x_mm + 1.5, strip->baseline_mm - 10);
    lw_text_markup(text, strip->lead);
    lw_paper_lead_marks(text, paper, strip, options);
    lw_text_puts(text, "</text>\n");
}

/* The title and the patient above the curves; warnings, the scale and the recording's name below them. */
static void draw_margins(lw_text *text, const lw_record *record, const lw_paper *paper,
                         const lw_paper_options *options) {
    const double right_mm = paper->width_mm - 5, foot_mm = paper->height_mm - 4;
    const double age_years = lw_record_age_years(record);
    const lw_sex sex = lw_record_sex(record);
    lw_text_puts(text, "<text class=\"title\" x=\"5\" y=\"8\">");
    lw_text_markup(text, options->title ? options->title : lw_record_name(record));
    lw_text_printf(text, "</text>\n<text class=\"small\" x=\"%g\" y=\"8\" text-anchor=\"end\">", right_mm);
    if (isfinite(age_years))
        lw_text_printf(text, "%g years%s", age_years, sex == LW_SEX_UNKNOWN ? "" : ", ");
    if (sex != LW_SEX_UNKNOWN)
        lw_text_puts(text, sex == LW_SEX_FEMALE ? "female" : "male");
    lw_text_puts(text, "</text>\n");
    const size_t notes = lw_paper_note_count(record, options);
    lw_paper_notes(text, record, paper, options, foot_mm - (double)(LW_PAPER_NOTE_MM * notes));
    lw_text_printf(text, "<text class=\"small\" x=\"5\" y=\"%g\">%g mm/s %g mm/mV</text>\n", foot_mm, paper->speed_mm_s,
                   paper->gain_mm_mv);
    lw_text_printf(text, "<text class=\"small\" x=\"%g\" y=\"%g\" text-anchor=\"end\">", right_mm, foot_mm);
    lw_text_markup(text, lw_record_name(record));
    lw_text_printf(text, ", from %g s, %g Hz</text>\n", options->start_s, lw_record_rate_hz(record));
}

static void draw_sheet(lw_text *text, const lw_record *record, const lw_paper *paper, const lw_paper_options *options) {
    lw_text_printf(text,
                   "<svg xmlns=\"http://www.w3.org/2000/svg\" class=\"ecg\" width=\"%gmm\" height=\"%gmm\" "
                   "viewBox=\"0 0 %g %g\" role=\"img\">\n<title>",
                   paper->width_mm, paper->height_mm, paper->width_mm, paper->height_mm);
    lw_text_markup(text, options->title ? options->title : lw_record_name(record));
    lw_text_puts(text, "</title>\n");
    lw_paper_describe(text, record, options);
    lw_text_printf(text,
                   "<style>.ecg .ink{fill:none;stroke:%s;stroke-width:.3}"
                   ".ecg .curve{fill:none;stroke:%s;stroke-width:30;stroke-linejoin:round}"
                   ".ecg text{fill:%s;font-family:Helvetica,Arial,sans-serif;paint-order:stroke;stroke:#fffafa;"
                   "stroke-width:.8}.ecg .lead{font-size:3.6px;font-weight:bold}.ecg .title{font-size:5px;"
                   "font-weight:bold}.ecg .small,.ecg .note{font-size:3.4px}.ecg .note{fill:#a01830}</style>\n"
                   "<rect width=\"%g\" height=\"%g\" fill=\"#fffafa\"/>\n",
                   ink_colour, ink_colour, ink_colour, paper->width_mm, paper->height_mm);
    draw_grid(text, paper, 1, fine_colour, 0.1);
    draw_grid(text, paper, 5, bold_colour, 0.2);
    for (size_t i = 0; i < paper->strips; i++)
        draw_strip(text, record, paper, &paper->strip[i], options);
    draw_margins(text, record, paper, options);
    lw_text_puts(text, "</svg>\n");
}

lw_status lw_paper_svg(const lw_record *record, const lw_paper_options *options, char **svg, lw_error *err) {
    lw_paper_options own;
    lw_paper paper;
    lw_status status = lw_options_take(&own, sizeof own, options, "lw_paper_options", err);
    if (status == LW_OK)
        status = lw_paper_arrange(record, &own, &paper, err);
    if (status != LW_OK)
        return status;
    lw_text text = {0};
    draw_sheet(&text, record, &paper, &own);
    if (text.failed) {
        lw_text_free(&text);
        return lw_fail_no_memory(err, "a drawing");
    }
    *svg = text.data;
    return LW_OK;
}
