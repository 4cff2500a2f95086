/**
 * @file page_axis.h
 * The range of a chart's axis.
 */
#ifndef LW_REPORT_PAGE_AXIS_H
#define LW_REPORT_PAGE_AXIS_H

#include <stdbool.h>

/** A data range with the ticks inside it. */
typedef struct lw_axis {
    double low, high, step;
} lw_axis;

/** Whether a value can be drawn: a loss that ran away must not make the range overflow. */
bool lw_axis_takes(double value);
/** Let the range hold `value`, unless that cannot be drawn. */
void lw_axis_widen(lw_axis *range, double value);
/** The next of 1, 2, 5, 10, 20... (and their tenths, hundredths...) at or above `rough`. */
double lw_axis_step(double rough);
/** The range with about `ticks` ticks and its ends on them; one of a single value gets some room. */
lw_axis lw_axis_ticked(lw_axis range, double ticks);

#endif
