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

/* ---- Warnings and marks of quality: paper_notes.c */

enum { LW_PAPER_NOTE_MM = 5 };

/** How many lines stand below the curves: a mark's of quality, and one a warning, up to a limit. */
size_t lw_paper_note_count(const lw_record *record, const lw_paper_options *options);
/** Append these lines, LW_PAPER_NOTE_MM apart and as wide as the paper at most, the first one at y_mm. */
void lw_paper_notes(lw_text *text, const lw_record *record, const lw_paper *paper, const lw_paper_options *options,
                    double y_mm);
/** Append the marks of a strip's lead in the strip's seconds, each after a blank. */
void lw_paper_lead_marks(lw_text *text, const lw_paper *paper, const lw_paper_strip *strip,
                         const lw_paper_options *options);
/** Append all warnings and findings, those that are normal too, as a <desc>; nothing where there are none. */
void lw_paper_describe(lw_text *text, const lw_record *record, const lw_paper_options *options);

#endif
