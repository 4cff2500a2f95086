/**
 * @file paper.h
 * Where each piece of a recording goes on ECG paper. Lengths in mm, y downwards.
 */
#ifndef LW_REPORT_PAPER_H
#define LW_REPORT_PAPER_H

#include <stdbool.h>
#include <stddef.h>

#include "base/text.h"
#include "leadwise/report.h"
#include "signal/prepare_internal.h"

/** One piece of one lead in its place. */
typedef struct lw_paper_strip {
    const char *lead;
    lw_lead_source source; /**< how the record gives the lead, recorded or derived */
    double x_mm, baseline_mm, width_mm;
    double start_s; /**< in the recording */
    bool first;     /**< of its row: gets the calibration pulse */
} lw_paper_strip;

enum { LW_PAPER_STRIPS_MAX = 65 };

/** The whole sheet. */
typedef struct lw_paper {
    double width_mm, height_mm;
    double left_mm; /**< where the leads begin, right of the calibration pulses */
    double speed_mm_s, gain_mm_mv;
    size_t strips;
    lw_paper_strip strip[LW_PAPER_STRIPS_MAX];
} lw_paper;

/**
 * Three rows of four leads and a rhythm strip where all twelve standard leads can be had, else a row for each lead.
 * @return LW_OK or LW_ERR_ARGUMENT (options out of range, a start behind the recording's end, no signals)
 */
lw_status lw_paper_arrange(const lw_record *record, const lw_paper_options *options, lw_paper *out, lw_error *err);

/** Append the path data of a strip's curve, in 1/100 mm; missing samples break it. */
void lw_paper_curve(lw_text *text, const lw_record *record, const lw_paper *paper, const lw_paper_strip *strip);

#endif
