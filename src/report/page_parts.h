/**
 * @file page_parts.h
 * The parts of the HTML page. Each appends to `text`, whose `failed` tells of an allocation that failed.
 */
#ifndef LW_REPORT_PAGE_PARTS_H
#define LW_REPORT_PAGE_PARTS_H

#include <stddef.h>

#include "base/text.h"
#include "leadwise/report.h"

/** The page's style sheet. */
extern const char lw_page_style[];

/** One line of a chart. */
typedef struct lw_chart_line {
    const char *label;
    const char *colour;   /**< CSS */
    const double *values; /**< [points], NaN: no value there */
} lw_chart_line;

/** A line chart over x[points]. */
typedef struct lw_chart {
    const char *title, *x_label;
    size_t points;
    const double *x;
    size_t line_count;
    const lw_chart_line *lines;
    double marked_x; /**< a dashed line stands here; NaN: none */
    const char *mark;
} lw_chart;

/** The chart as an SVG element with axes and legend; a sentence where no value is finite. */
void lw_page_chart(lw_text *text, const lw_chart *chart);

/** Curves of loss and metric by epoch from the text of a history.csv; a sentence where it holds none. */
void lw_page_history(lw_text *text, const char *history_csv);

/** The overall scores of all runs, one row each. */
void lw_page_summary(lw_text *text, const lw_page_run *runs, size_t run_count);
/** Scores by class, and the confusions that cost most. */
void lw_page_classes(lw_text *text, const lw_scores *scores);
/** Bars of the record's probabilities, highest first. */
void lw_page_diagnoses(lw_text *text, const lw_page *page);

/** "atrial fibrillation" for a code, or for codes joined by '|' the first one's; the text itself for unknown codes. */
void lw_page_diagnosis_name(lw_text *text, const char *codes);

#endif
