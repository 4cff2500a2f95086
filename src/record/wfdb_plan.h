/**
 * @file wfdb_plan.h
 * Which stretch of a recording comes from which header: one part for a plain record, one a segment otherwise.
 */
#ifndef LW_RECORD_WFDB_PLAN_H
#define LW_RECORD_WFDB_PLAN_H

#include "record/wfdb.h"

/** A stretch of the recording. */
typedef struct lw_wfdb_part {
    lw_wfdb_header header;         /**< without signals for a gap */
    size_t start, frames;          /**< in the recording */
    int lead[LW_RECORD_MAX_LEADS]; /**< the recording's lead of each of the header's signals, -1: none */
} lw_wfdb_part;

/** Zero-initialise; lw_wfdb_plan_free. */
typedef struct lw_wfdb_plan {
    lw_wfdb_header master;
    lw_wfdb_part *parts;
    size_t part_count;
    const lw_wfdb_header *layout; /**< whose signals are the recording's leads: one of the parts' headers */
    size_t frames;                /**< of the whole recording; 0: to be learned from the signal file */
    size_t hold;                  /**< samples a frame of the recording: the most that any signal has */
} lw_wfdb_plan;

/**
 * Parse the header in `reading->text` and those of its segments, one level deep, and lay them end to end.
 *
 * Fixed layout: every segment has the leads of the first. Variable layout (the first segment has length 0): the leads
 * are the first segment's, found by name in the others. Segment "~" is a gap.
 *
 * @return LW_OK, LW_ERR_IO, LW_ERR_FORMAT, LW_ERR_UNSUPPORTED or LW_ERR_NO_MEMORY; free `plan` in any case
 */
lw_status lw_wfdb_plan_read(lw_reading *reading, lw_wfdb_plan *plan, lw_error *err);
void lw_wfdb_plan_free(lw_wfdb_plan *plan);

/* ---- wfdb_reader.c */

/** Give `reading->record` its shape, and its leads their descriptions. Errors as lw_reading_set_shape. */
lw_status lw_wfdb_describe(lw_reading *reading, const lw_wfdb_plan *plan, lw_error *err);
/** Whether no file stands behind the group: none is named, or it is absent while another is there, with a warning. */
bool lw_wfdb_group_has_no_file(lw_reading *reading, const lw_wfdb_header *header, const lw_wfdb_group *group);

#endif
