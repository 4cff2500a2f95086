/**
 * @file page_parts.h
 * The parts of the HTML page. Each appends to `text`, whose `failed` reports an allocation that failed.
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

/** Write results.csv and report.html into `folder`, atomically, and free both texts. Returns as lw_page_finish. */
lw_status lw_page_finish_results(lw_text *csv, lw_text *page, const char *folder, lw_error *err);

/** `string`, escaped, between two pieces of markup. */
void lw_page_put(lw_text *text, const char *before, const char *string, const char *after);
/** A cell with three digits, or with a dash where the score is undefined. */
void lw_page_put_score(lw_text *text, double value);

/** A data range with the ticks inside it, and where its ends lie in the plot. */
typedef struct lw_axis {
    double low, high, step;
    double from, to; /**< coordinates of `low` and `high` */
} lw_axis;

/** Whether a value can be drawn: a loss that diverged must not make the range overflow. */
bool lw_is_drawable(double value);
/** Let the range hold `value`, unless that cannot be drawn. */
void lw_axis_widen(lw_axis *axis, double value);
/** Widen the range to about `ticks` ticks with its ends on them; one of a single value gets some room. */
void lw_axis_set_ticks(lw_axis *axis, double ticks);
/** The coordinate of `value`. */
double lw_axis_at(const lw_axis *axis, double value);

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

/** The plot as an SVG element with axis and legend; a sentence where no value can be drawn. */
void lw_page_dots(lw_text *text, const lw_dot_plot *plot);
/** One dot as an SVG element; `colour` is CSS. */
void lw_page_dot(lw_text *text, double x, double y, const char *colour);

/** Curves of loss and metric by epoch; a sentence where no value can be drawn. */
void lw_page_history(lw_text *text, const lw_history_row *rows, size_t count);

/** The overall scores of all runs, one row each. */
void lw_page_summary(lw_text *text, const lw_page_run *runs, size_t run_count);
/** Scores by class, and the confusions that cost most. */
void lw_page_classes(lw_text *text, const lw_scores *scores);
/** Bars of the record's probabilities, highest first. */
void lw_page_diagnoses(lw_text *text, const lw_page *page);

#endif
