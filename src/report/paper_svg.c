#include <math.h>

#include "base/error.h"
#include "report/escape.h"
#include "report/paper.h"

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

/* 1 mV for 200 ms, left of a row. */
static void draw_pulse(lw_text *text, const lw_paper *paper, const lw_paper_strip *strip) {
    double width_mm = 0.2 * paper->speed_mm_s, flank_mm = (strip->x_mm - 5 - width_mm) / 2;
    lw_text_printf(text, "<path class=\"ink\" d=\"M5 %gh%gv%gh%gv%gh%g\"/>\n", strip->baseline_mm, flank_mm,
                   -paper->gain_mm_mv, width_mm, paper->gain_mm_mv, flank_mm);
}

static void draw_strip(lw_text *text, const lw_record *record, const lw_paper *paper, const lw_paper_strip *strip) {
    if (strip->first)
        draw_pulse(text, paper, strip);
    else
        lw_text_printf(text, "<path class=\"ink\" d=\"M%g %gv4\"/>\n", strip->x_mm, strip->baseline_mm - 2);
    lw_text_puts(text, "<path class=\"curve\" transform=\"scale(.01)\" d=\"");
    size_t before = text->length;
    lw_paper_curve(text, record, paper, strip);
    if (text->length == before)
        lw_text_puts(text, "M0 0");
    lw_text_printf(text, "\"/>\n<text class=\"lead\" x=\"%g\" y=\"%g\">", strip->x_mm + 1.5, strip->baseline_mm - 10);
    lw_text_markup(text, strip->lead);
    lw_text_puts(text, "</text>\n");
}

/* "67 years, female", as much of it as is known. */
static void describe_patient(lw_text *text, const lw_record *record) {
    double age_years = lw_record_age_years(record);
    lw_sex sex = lw_record_sex(record);
    if (isfinite(age_years))
        lw_text_printf(text, "%g years%s", age_years, sex == LW_SEX_UNKNOWN ? "" : ", ");
    if (sex != LW_SEX_UNKNOWN)
        lw_text_puts(text, sex == LW_SEX_FEMALE ? "female" : "male");
}

static void draw_header(lw_text *text, const lw_record *record, const lw_paper *paper, const char *title) {
    lw_text_puts(text, "<text class=\"title\" x=\"5\" y=\"8\">");
    lw_text_markup(text, title ? title : lw_record_name(record));
    lw_text_printf(text, "</text>\n<text class=\"small\" x=\"%g\" y=\"8\" text-anchor=\"end\">", paper->width_mm - 5);
    describe_patient(text, record);
    lw_text_puts(text, "</text>\n");
}

static void draw_footer(lw_text *text, const lw_record *record, const lw_paper *paper, double start_s) {
    lw_text_printf(text, "<text class=\"small\" x=\"5\" y=\"%g\">%g mm/s %g mm/mV</text>\n", paper->height_mm - 4,
                   paper->speed_mm_s, paper->gain_mm_mv);
    lw_text_printf(text, "<text class=\"small\" x=\"%g\" y=\"%g\" text-anchor=\"end\">", paper->width_mm - 5,
                   paper->height_mm - 4);
    lw_text_markup(text, lw_record_name(record));
    lw_text_printf(text, ", from %g s, %g Hz</text>\n", start_s, lw_record_rate_hz(record));
}

static void draw_sheet(lw_text *text, const lw_record *record, const lw_paper *paper, const lw_paper_options *options) {
    lw_text_printf(text,
                   "<svg xmlns=\"http://www.w3.org/2000/svg\" class=\"ecg\" width=\"%gmm\" height=\"%gmm\" "
                   "viewBox=\"0 0 %g %g\" role=\"img\">\n<title>",
                   paper->width_mm, paper->height_mm, paper->width_mm, paper->height_mm);
    lw_text_markup(text, options->title ? options->title : lw_record_name(record));
    lw_text_printf(text,
                   "</title>\n<style>.ecg .ink{fill:none;stroke:%s;stroke-width:.3}"
                   ".ecg .curve{fill:none;stroke:%s;stroke-width:30;stroke-linejoin:round}"
                   ".ecg text{fill:%s;font-family:Helvetica,Arial,sans-serif;paint-order:stroke;stroke:#fffafa;"
                   "stroke-width:.8}.ecg .lead{font-size:3.6px;font-weight:bold}.ecg .title{font-size:5px;"
                   "font-weight:bold}.ecg .small{font-size:3.4px}</style>\n"
                   "<rect width=\"%g\" height=\"%g\" fill=\"#fffafa\"/>\n",
                   ink_colour, ink_colour, ink_colour, paper->width_mm, paper->height_mm);
    draw_grid(text, paper, 1, fine_colour, 0.1);
    draw_grid(text, paper, 5, bold_colour, 0.2);
    for (size_t i = 0; i < paper->strips; i++)
        draw_strip(text, record, paper, &paper->strip[i]);
    draw_header(text, record, paper, options->title);
    draw_footer(text, record, paper, options->start_s);
    lw_text_puts(text, "</svg>\n");
}

lw_status lw_paper_svg(const lw_record *record, const lw_paper_options *options, char **svg, lw_error *err) {
    static const lw_paper_options defaults = {0};
    lw_paper paper;
    options = options ? options : &defaults;
    lw_status status = lw_paper_arrange(record, options, &paper, err);
    if (status != LW_OK)
        return status;
    lw_text text = {0};
    draw_sheet(&text, record, &paper, options);
    if (text.failed) {
        lw_text_free(&text);
        return lw_fail_no_memory(err, "a drawing");
    }
    *svg = text.data;
    return LW_OK;
}
