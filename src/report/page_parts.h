/**
 * @file page_parts.h
 * The parts of the HTML page. Each appends to `text`, whose `failed` tells of an allocation that failed.
 */
#ifndef LW_REPORT_PAGE_PARTS_H
#define LW_REPORT_PAGE_PARTS_H

#include <stdbool.h>
#include <stddef.h>

#include "base/text.h"
#include "leadwise/report.h"

/** Head and heading; `subtitle` may be NULL. */
void lw_page_begin(lw_text *text, const char *title, const char *subtitle);
/** Foot; then the page is written, atomically. @return LW_OK, LW_ERR_IO or LW_ERR_NO_MEMORY */
lw_status lw_page_finish(lw_text *text, const char *path, lw_error *err);

/** A data range with the ticks inside it. */
typedef struct lw_axis {
    double low, high, step;
} lw_axis;

/** Whether a value can be drawn: a loss that ran away must not make the range overflow. */
bool lw_axis_takes(double value);
/** Let the range hold `value`, unless that cannot be drawn. */
void lw_axis_widen(lw_axis *range, double value);
/** The range with about `ticks` ticks and its ends on them; one of a single value gets some room. */
lw_axis lw_axis_ticked(lw_axis range, double ticks);

/** A value of a dot plot, beside one to compare it with; NaN: not there. */
typedef struct lw_dot {
    double value, low, high; /**< low and high: ends of the whisker */
    double reference;        /**< a ring */
} lw_dot;

/** Dots by group, from left to right, and series, side by side with a colour each: 4 of them at most. */
typedef struct lw_dot_plot {
    const char *title;
    const char *dot, *ring; /**< what they are, for the legend */
    size_t groups, series;
    const char *const *group_labels, *const *series_labels; /**< [groups], [series] */
    const lw_dot *dots;                                     /**< [series][groups] */
} lw_dot_plot;

/** The plot as an SVG element with axis and legend; a sentence where no value is finite. */
void lw_page_dots(lw_text *text, const lw_dot_plot *plot);

/** Curves of loss and metric by epoch; a sentence where no value is finite. */
void lw_page_history(lw_text *text, const lw_history_row *rows, size_t count);

/** The overall scores of all runs, one row each. */
void lw_page_summary(lw_text *text, const lw_page_run *runs, size_t run_count);
/** Scores by class, and the confusions that cost most. */
void lw_page_classes(lw_text *text, const lw_scores *scores);
/** Bars of the record's probabilities, highest first. */
void lw_page_diagnoses(lw_text *text, const lw_page *page);

/** "atrial fibrillation" for a code, or for codes joined by '|' the first one's; the text itself for unknown codes. */
void lw_page_diagnosis_name(lw_text *text, const char *codes);

#endif
