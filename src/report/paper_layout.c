#include <math.h>
#include <string.h>

#include "base/error.h"
#include "base/text.h"
#include "report/paper.h"

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

static size_t arrange_standard(const lw_record *record, const lw_paper_options *options, lw_paper *paper) {
    for (size_t row = 0; row < ROWS; row++)
        for (size_t column = 0; column < COLUMNS; column++)
            add_strip(paper, standard[row][column], lw_lead_find_source(record, standard[row][column]), row, column,
                      row_mm, column_s, options->start_s);
    const char *rhythm = options->rhythm_lead ? options->rhythm_lead : "II";
    add_strip(paper, rhythm, lw_lead_find_source(record, rhythm), ROWS, 0, row_mm, page_s, options->start_s);
    return ROWS + 1;
}

static size_t arrange_rows(const lw_record *record, const lw_paper_options *options, lw_paper *paper,
                           double height_mm) {
    size_t leads = lw_record_lead_count(record);
    for (size_t lead = 0; lead < leads; lead++) {
        const lw_lead_source source = {.count = 1, .lead = {lead}};
        add_strip(paper, lw_record_lead(record, lead)->name, source, lead, 0, height_mm, page_s, options->start_s);
    }
    return leads;
}

static bool is_within(double value, double low, double high) { return value >= low && value <= high; }

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
    if (!is_within(paper->speed_mm_s, 1, 200))
        return lw_fail(err, LW_ERR_ARGUMENT, "paper speed %g mm/s, expected 1 to 200", paper->speed_mm_s);
    if (!is_within(paper->gain_mm_mv, 0.1, 100))
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
    /* Edges fall on bold lines, as on real paper. */
    out->left_mm = margin_mm + 5 * ceil((pulse_s * out->speed_mm_s + 3) / 5);
    out->width_mm = 5 * ceil((out->left_mm + page_s * out->speed_mm_s + margin_mm) / 5);
    bool whole = has_standard_leads(record);
    double height_mm = whole || lw_record_lead_count(record) <= 4 ? row_mm : many_rows_mm;
    size_t rows = whole ? arrange_standard(record, options, out) : arrange_rows(record, options, out, height_mm);
    out->height_mm = header_mm + (double)rows * height_mm + footer_mm;
    return LW_OK;
}
