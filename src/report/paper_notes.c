/* This file sets warnings and marks of quality on ECG paper. */
#include <string.h>

#include "report/escape.h"
#include "report/paper.h"
#include "report/predictions.h"

/** Lines of warnings; the last one says how many others there are where these are too few. */
enum { WARNING_LINES = 7 };

/** Of a character of a line, on average and rounded up. */
static const double character_mm = 1.9, side_mm = 5;

static size_t warning_count(const lw_record *record, const lw_paper_options *options) {
    return options->warnings ? options->warning_count : lw_record_warning_count(record);
}

static const char *warning(const lw_record *record, const lw_paper_options *options, size_t i) {
    return options->warnings ? options->warnings[i] : lw_record_warning(record, i);
}

/** Whether any finding is of a mark that is not normal. */
static bool any_marked(const lw_paper_options *options) {
    for (size_t i = 0; i < options->finding_count; i++)
        if (!lw_quality_mark_is_normal(options->findings[i].mark))
            return true;
    return false;
}

size_t lw_paper_note_count(const lw_record *record, const lw_paper_options *options) {
    const size_t count = warning_count(record, options);
    return (any_marked(options) ? 1 : 0) + (count < WARNING_LINES ? count : WARNING_LINES);
}

/** "FLAT V1 V2 0 to 10 s", of the first finding and those behind it that differ in the lead alone. @return how many */
static size_t put_finding(lw_text *text, const lw_quality_finding *finding, size_t count) {
    size_t alike = 0;
    lw_text_puts(text, lw_quality_mark_name(finding->mark));
    do {
        lw_text_puts(text, finding[alike].lead ? " " : "");
        lw_text_puts(text, finding[alike].lead ? finding[alike].lead : "");
        alike++;
    } while (alike < count && finding[alike].mark == finding->mark && finding[alike].begin_s == finding->begin_s &&
             finding[alike].end_s == finding->end_s);
    lw_text_printf(text, " %.4g to %.4g s", finding->begin_s, finding->end_s);
    return alike;
}

/** A line of the notes; one that is wider than the paper ends in an ellipsis. */
static void put_line(lw_text *text, const lw_paper *paper, double y_mm, const char *line) {
    const size_t width = (size_t)((paper->width_mm - 2 * side_mm) / character_mm);
    lw_text cut = {0};
    size_t columns = 0, bytes = 0;
    while (line[bytes] != '\0' && columns < width) {
        const size_t length = lw_utf8_length(line + bytes);
        columns += length == 0 ? 1 : lw_utf8_columns(line + bytes, length);
        bytes += length == 0 ? 1 : length;
    }
    lw_text_append(&cut, line, bytes);
    lw_text_puts(&cut, line[bytes] != '\0' ? "\xe2\x80\xa6" : "");
    lw_text_printf(text, "<text class=\"note\" x=\"%g\" y=\"%g\">", side_mm, y_mm);
    lw_text_markup(text, cut.failed ? "" : cut.data);
    lw_text_puts(text, "</text>\n");
    text->failed |= cut.failed;
    lw_text_free(&cut);
}

void lw_paper_notes(lw_text *text, const lw_record *record, const lw_paper *paper, const lw_paper_options *options,
                    double y_mm) {
    const size_t count = warning_count(record, options);
    lw_text line = {0};
    if (any_marked(options)) {
        for (size_t i = 0; i < options->finding_count;) {
            if (lw_quality_mark_is_normal(options->findings[i].mark)) {
                i++;
                continue;
            }
            lw_text_puts(&line, line.length > 0 ? ", " : "marks: ");
            i += put_finding(&line, options->findings + i, options->finding_count - i);
        }
        put_line(text, paper, y_mm, line.failed ? "" : line.data);
        y_mm += LW_PAPER_NOTE_MM;
    }
    for (size_t i = 0; i < count && i < WARNING_LINES; i++, y_mm += LW_PAPER_NOTE_MM) {
        line.length = 0;
        if (i + 1 < WARNING_LINES || count == WARNING_LINES)
            lw_text_printf(&line, "warning: %s", warning(record, options, i));
        else
            lw_text_printf(&line, "and %zu warnings more", count - i);
        put_line(text, paper, y_mm, line.failed ? "" : line.data);
    }
    text->failed |= line.failed;
    lw_text_free(&line);
}

void lw_paper_lead_marks(lw_text *text, const lw_paper *paper, const lw_paper_strip *strip,
                         const lw_paper_options *options) {
    const double begin_s = strip->start_s, end_s = begin_s + strip->width_mm / paper->speed_mm_s;
    for (size_t i = 0; i < options->finding_count; i++) {
        const lw_quality_finding *finding = &options->findings[i];
        const bool here = finding->lead && strcmp(finding->lead, strip->lead) == 0;
        if (here && !lw_quality_mark_is_normal(finding->mark) && finding->begin_s < end_s && finding->end_s > begin_s)
            lw_text_printf(text, " <tspan class=\"note\">%s</tspan>", lw_quality_mark_name(finding->mark));
    }
}

void lw_paper_describe(lw_text *text, const lw_record *record, const lw_paper_options *options) {
    const size_t count = warning_count(record, options);
    lw_text lines = {0};
    for (size_t i = 0; i < count; i++)
        lw_text_printf(&lines, "warning: %s\n", warning(record, options, i));
    for (size_t i = 0; i < options->finding_count; i++) {
        lw_text_puts(&lines, "mark: ");
        (void)put_finding(&lines, &options->findings[i], 1);
        lw_text_puts(&lines, "\n");
    }
    if (lines.length > 0) {
        lw_text_puts(text, "<desc>");
        lw_text_markup(text, lines.data);
        lw_text_puts(text, "</desc>\n");
    }
    text->failed |= lines.failed;
    lw_text_free(&lines);
}
