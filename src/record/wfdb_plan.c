/** @file wfdb_plan.c: which stretch of a recording comes from which header, one part a segment. */
#include "record/wfdb.h"

#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "base/memory.h"

/* Gaps need no bytes in any file, so a header of a hundred bytes could claim any amount of memory; this is 1 GiB. */
static const size_t max_gap_values = (size_t)1 << 27;

void lw_wfdb_plan_free(lw_wfdb_plan *plan) {
    for (size_t i = 0; i < plan->part_count; i++)
        lw_wfdb_header_free(&plan->parts[i].header);
    free(plan->parts);
    lw_wfdb_header_free(&plan->master);
    *plan = (lw_wfdb_plan){0};
}

/** Read the header file `name`.hea of the reading's source. */
static lw_status read_header(lw_reading *reading, const char *name, const char *place, size_t *budget,
                             lw_wfdb_header *out, lw_error *err) {
    lw_bytes view;
    lw_error cause;
    lw_text file = {0}, shown = {0};
    const size_t limit = *budget < LW_WFDB_MAX_HEADER ? *budget : LW_WFDB_MAX_HEADER;
    lw_text_printf(&file, "%s.hea", name);
    lw_text_printf(&shown, "%s%s.hea", reading->source->folder, name);
    lw_status status = file.failed || shown.failed ? lw_fail_no_memory(err, "a segment's name") : LW_OK;
    if (status == LW_OK) {
        status = lw_source_read(reading->source, file.data, limit, &view, &cause);
        if (status != LW_OK)
            status = lw_fail(err, status, "%s: %s", place, cause.message);
    }
    if (status == LW_OK) {
        *budget -= view.length;
        status = lw_wfdb_header_parse(shown.data, (lw_span){(const char *)view.data, view.length}, reading->record, out,
                                      err);
    }
    lw_text_free(&file);
    lw_text_free(&shown);
    return status;
}

/** What a segment's header must have in common with the master's. */
static lw_status check_segment(const lw_wfdb_header *master, const lw_wfdb_segment_line *line,
                               const lw_wfdb_header *segment, lw_error *err) {
    size_t at = segment->record_line;
    if (segment->segment_count > 0)
        return lw_fail(err, LW_ERR_FORMAT, "%s:%zu: a segment that has segments, expected signals", segment->shown, at);
    if (segment->frame_rate_hz != master->frame_rate_hz)
        return lw_fail(err, LW_ERR_FORMAT, "%s:%zu: sampling frequency %g, expected %g as in the whole recording",
                       segment->shown, at, segment->frame_rate_hz, master->frame_rate_hz);
    if (segment->frames != 0 && segment->frames != line->frames)
        return lw_fail(err, LW_ERR_FORMAT, "%s:%zu: %zu samples, expected the %zu that %s says", segment->shown, at,
                       segment->frames, line->frames, master->shown);
    return LW_OK;
}

static lw_status read_segments(lw_reading *reading, lw_wfdb_plan *plan, lw_error *err) {
    const lw_wfdb_header *master = &plan->master;
    size_t budget = LW_WFDB_MAX_ALL_HEADERS;
    for (size_t i = 0; i < master->segment_count; i++) {
        const lw_wfdb_segment_line *line = &master->segments[i];
        lw_wfdb_part *part = &plan->parts[i];
        char place[LW_PLACE_LENGTH];
        part->frames = line->frames;
        if (strcmp(line->name, "~") == 0) /* a gap */
            continue;
        lw_place(place, master->shown, line->line);
        lw_status status = read_header(reading, line->name, place, &budget, &part->header, err);
        if (status == LW_OK)
            status = check_segment(master, line, &part->header, err);
        if (status != LW_OK)
            return status;
    }
    return LW_OK;
}

static lw_status find_layout(lw_wfdb_plan *plan, lw_error *err) {
    const lw_wfdb_header *master = &plan->master;
    for (size_t i = 0; i < plan->part_count && !plan->layout; i++)
        if (plan->parts[i].header.signals)
            plan->layout = &plan->parts[i].header;
    if (!plan->layout)
        return lw_fail(err, LW_ERR_FORMAT, "%s:%zu: only gaps, expected a segment with signals", master->shown,
                       master->record_line);
    if (plan->layout->signal_count != master->signal_count)
        return lw_fail(err, LW_ERR_FORMAT, "%s:%zu: %zu signals, expected %zu as %s says", plan->layout->shown,
                       plan->layout->record_line, plan->layout->signal_count, master->signal_count, master->shown);
    return LW_OK;
}

/** Which lead of the recording each signal of a part is. */
static lw_status map_part(const lw_wfdb_plan *plan, bool variable, lw_wfdb_part *part, lw_record *record,
                          lw_error *err) {
    const lw_wfdb_header *header = &part->header, *layout = plan->layout;
    if (!variable && header->signals && header->signal_count != layout->signal_count)
        return lw_fail(err, LW_ERR_FORMAT, "%s:%zu: %zu signals, expected %zu as in %s", header->shown,
                       header->record_line, header->signal_count, layout->signal_count, layout->shown);
    for (size_t s = 0; s < header->signal_count; s++) {
        const lw_wfdb_signal *signal = &header->signals[s];
        size_t lead = variable ? 0 : s;
        while (variable && lead < layout->signal_count && strcmp(layout->signals[lead].name, signal->name) != 0)
            lead++;
        const bool found = lead < layout->signal_count;
        part->lead[s] = found ? (int)lead : -1;
        if (!found) {
            lw_record_warn(record, "%s:%zu: lead %s, expected one of %s; it is passed over", header->shown,
                           signal->line, signal->name, layout->shown);
            continue;
        }
        /* Samples of one lead are joined when all are voltages, or all in one other unit. */
        const lw_wfdb_signal *joined = &layout->signals[lead];
        const bool voltage = lw_unit_mv(lw_span_of(signal->unit)) > 0.0;
        if (strcmp(signal->name, joined->name) != 0 || voltage != (lw_unit_mv(lw_span_of(joined->unit)) > 0.0) ||
            (!voltage && strcmp(signal->unit, joined->unit) != 0))
            return lw_fail(err, LW_ERR_FORMAT, "%s:%zu: lead %s in %s, expected %s in %s as in %s", header->shown,
                           signal->line, signal->name, signal->unit, joined->name, joined->unit, layout->shown);
    }
    return LW_OK;
}

/** Start of every part, length of the whole, and how much of it is gaps. */
static lw_status lay_end_to_end(lw_wfdb_plan *plan, lw_error *err) {
    const lw_wfdb_header *master = plan->master.shown ? &plan->master : plan->layout;
    size_t gap = 0, gap_values;
    plan->hold = 1;
    for (size_t i = 0; i < plan->part_count; i++) {
        lw_wfdb_part *part = &plan->parts[i];
        part->start = plan->frames;
        if (part->frames > LW_RECORD_MAX_VALUES - plan->frames)
            return lw_fail(err, LW_ERR_FORMAT, "%s:%zu: more samples than the %zu expected at most", master->shown,
                           master->record_line, LW_RECORD_MAX_VALUES);
        plan->frames += part->frames;
        bool has_samples = false; /* bytes of a file stand behind the part */
        for (size_t s = 0; s < part->header.signal_count; s++) {
            const lw_wfdb_signal *signal = &part->header.signals[s];
            has_samples |= signal->format->number != LW_WFDB_NO_FORMAT;
            plan->hold = signal->frame_samples > plan->hold ? signal->frame_samples : plan->hold;
        }
        gap += has_samples ? 0 : part->frames;
    }
    if (!lw_size_mul(gap, plan->hold * plan->layout->signal_count, &gap_values) || gap_values > max_gap_values)
        return lw_fail(err, LW_ERR_FORMAT, "%s:%zu: gaps of %zu samples, expected at most %zu in all leads together",
                       master->shown, master->record_line, gap, max_gap_values);
    if (master->frames != 0 && master->frames != plan->frames)
        return lw_fail(err, LW_ERR_FORMAT, "%s:%zu: %zu samples, expected %zu, the sum of its segments", master->shown,
                       master->record_line, master->frames, plan->frames);
    return LW_OK;
}

lw_status lw_wfdb_plan_read(lw_reading *reading, lw_wfdb_plan *plan, lw_error *err) {
    lw_span text;
    lw_status status = lw_reading_text(reading, &text, err);
    if (status == LW_OK)
        status = lw_wfdb_header_parse(reading->shown, text, reading->record, &plan->master, err);
    if (status != LW_OK)
        return status;
    bool plain = plan->master.segment_count == 0;
    size_t count = plain ? 1 : plan->master.segment_count;
    plan->parts = lw_calloc(count, sizeof *plan->parts);
    if (!plan->parts)
        return lw_fail_no_memory(err, "segments");
    plan->part_count = count;
    if (plain) { /* a record without segments is its own only part */
        plan->parts[0].header = plan->master;
        plan->parts[0].frames = plan->master.frames;
        plan->master = (lw_wfdb_header){0};
        plan->layout = &plan->parts[0].header;
    } else {
        status = read_segments(reading, plan, err);
        if (status == LW_OK)
            status = find_layout(plan, err);
    }
    bool variable = !plain && plan->parts[0].header.signals && plan->parts[0].frames == 0;
    for (size_t i = 0; status == LW_OK && i < count; i++)
        status = map_part(plan, variable, &plan->parts[i], reading->record, err);
    return status == LW_OK ? lay_end_to_end(plan, err) : status;
}
