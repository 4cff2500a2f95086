/* This file plans which stretch of a recording comes from which header, one part a segment. */
#include "record/wfdb.h"

#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "base/memory.h"

void lw_wfdb_plan_free(lw_wfdb_plan *plan) {
    for (size_t i = 0; i < plan->part_count; i++)
        lw_wfdb_header_free(&plan->parts[i].header);
    free(plan->parts);
    free(plan->files);
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

/** Whether none of a header's signals has samples. */
static bool is_null(const lw_wfdb_header *header) {
    bool null = true;
    for (size_t s = 0; null && s < header->signal_count; s++)
        null = lw_wfdb_signal_is_null(&header->signals[s]);
    return null;
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

/** Reading the segments one after the other. */
typedef struct segment_state {
    size_t budget;                               /* bytes of headers that may still be read */
    enum { NOT_TRIED, FOUND, NONE } any_segment; /* whether a header of any segment is there */
} segment_state;

static bool has_header(const lw_reading *reading, const lw_wfdb_segment_line *line) {
    lw_text file = {0};
    lw_text_printf(&file, "%s.hea", line->name);
    const bool there = file.failed || lw_source_has(reading->source, file.data);
    lw_text_free(&file);
    return there;
}

static bool any_segment_has_header(const lw_reading *reading, const lw_wfdb_header *master) {
    bool found = false;
    for (size_t i = 0; !found && i < master->segment_count; i++)
        found = master->segments[i].frames > 0 && has_header(reading, &master->segments[i]);
    return found;
}

/** A segment without a header, and one of null signals, becomes a gap; one without samples is the layout. */
static lw_status read_segment(lw_reading *reading, const lw_wfdb_header *master, const lw_wfdb_segment_line *line,
                              segment_state *state, lw_wfdb_part *part, lw_error *err) {
    char place[LW_PLACE_LENGTH];
    part->frames = line->frames;
    if (strcmp(line->name, "~") == 0 || strcmp(line->name, "*") == 0)
        return LW_OK;
    lw_place(place, master->shown, line->line);
    if (line->frames > 0 && !has_header(reading, line)) {
        if (state->any_segment == NOT_TRIED)
            state->any_segment = any_segment_has_header(reading, master) ? FOUND : NONE;
        if (state->any_segment == FOUND) {
            lw_record_warn(reading->record, "%s: segment %s is not there, expected it beside the header; it is a gap",
                           place, line->name);
            return LW_OK;
        }
    }
    lw_status status = read_header(reading, line->name, place, &state->budget, &part->header, err);
    if (status == LW_OK && line->frames > 0 && part->header.signals && is_null(&part->header))
        lw_wfdb_header_free(&part->header);
    return status == LW_OK && part->header.shown ? check_segment(master, line, &part->header, err) : status;
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

/** Pass over a signal that is no lead and has more samples than a recording may have: it would raise the rate of all. */
static lw_status drop_fast(const lw_wfdb_header *header, lw_wfdb_signal *signal, lw_record *record, lw_error *err) {
    const double rate_hz = header->frame_rate_hz * (double)signal->frame_samples;
    if (rate_hz <= LW_RECORD_MAX_RATE_HZ || signal->damage || lw_wfdb_signal_is_lead(signal) ||
        lw_wfdb_signal_is_null(signal))
        return LW_OK;
    lw_text sentence = {0};
    lw_text_printf(&sentence, "%s:%zu: signal %s has %g samples a second, expected at most %g", header->shown,
                   signal->line, signal->name, rate_hz, LW_RECORD_MAX_RATE_HZ);
    if (sentence.failed) {
        lw_text_free(&sentence);
        return lw_fail_no_memory(err, "a header");
    }
    signal->damage = sentence.data;
    lw_record_warn(record, "%s; it is no lead, and counts as missing", sentence.data);
    return LW_OK;
}

/** Number the leads of the recording: all signals of the layout, or of more than a recording has those that name leads. */
static lw_status choose_leads(lw_wfdb_plan *plan, lw_record *record, lw_error *err) {
    lw_wfdb_header *layout = plan->layout;
    const lw_wfdb_signal *damaged = NULL;
    size_t named = 0, whole = 0;
    for (size_t s = 0; s < layout->signal_count; s++)
        named += lw_wfdb_signal_is_lead(&layout->signals[s]);
    const bool all = layout->signal_count <= LW_RECORD_MAX_LEADS;
    for (size_t s = 0; s < layout->signal_count; s++) {
        lw_wfdb_signal *signal = &layout->signals[s];
        const lw_status status = named > 0 ? drop_fast(layout, signal, record, err) : LW_OK;
        if (status != LW_OK)
            return status;
        const bool wanted = all || named == 0 || lw_wfdb_signal_is_lead(signal);
        signal->lead = wanted && plan->lead_count < LW_RECORD_MAX_LEADS ? (int)plan->lead_count++ : -1;
        damaged = signal->damage && !damaged ? signal : damaged;
        whole += signal->lead >= 0 && !signal->damage;
    }
    if (whole == 0 && damaged)
        return lw_fail(err, LW_ERR_FORMAT, "%s", damaged->damage);
    if (!all)
        lw_record_warn(record, "%s:%zu: %zu signals, expected at most %d; %s %zu are read", layout->shown,
                       layout->record_line, layout->signal_count, LW_RECORD_MAX_LEADS,
                       named > 0 ? "of those that have the name of a lead"
                                 : "none has the name of a lead, and the first",
                       plan->lead_count);
    return LW_OK;
}

/** Samples of one lead are joined when all are voltages, or all in one other unit. */
static lw_status check_joined(const lw_wfdb_plan *plan, const lw_wfdb_header *header, const lw_wfdb_signal *signal,
                              const lw_wfdb_signal *joined, lw_error *err) {
    const bool voltage = lw_unit_mv(lw_span_of(signal->unit)) > 0.0;
    if (signal->damage || (lw_wfdb_signal_is_null(signal) && !*signal->name))
        return LW_OK;
    if (strcmp(signal->name, joined->name) != 0 || voltage != (lw_unit_mv(lw_span_of(joined->unit)) > 0.0) ||
        (!voltage && strcmp(signal->unit, joined->unit) != 0))
        return lw_fail(err, LW_ERR_FORMAT, "%s:%zu: lead %s in %s, expected %s in %s as in %s", header->shown,
                       signal->line, signal->name, signal->unit, joined->name, joined->unit, plan->layout->shown);
    return LW_OK;
}

/** Which lead of the recording each signal of a part is. */
static lw_status map_part(const lw_wfdb_plan *plan, bool variable, lw_wfdb_part *part, lw_record *record,
                          lw_error *err) {
    lw_wfdb_header *header = &part->header;
    const lw_wfdb_header *layout = plan->layout;
    if (header == layout || !header->signals)
        return LW_OK;
    if (!variable && header->signal_count != layout->signal_count)
        return lw_fail(err, LW_ERR_FORMAT, "%s:%zu: %zu signals, expected %zu as in %s", header->shown,
                       header->record_line, header->signal_count, layout->signal_count, layout->shown);
    for (size_t s = 0; s < header->signal_count; s++) {
        lw_wfdb_signal *signal = &header->signals[s];
        size_t at = variable ? 0 : s;
        while (variable && at < layout->signal_count && strcmp(layout->signals[at].name, signal->name) != 0)
            at++;
        signal->lead = at < layout->signal_count ? layout->signals[at].lead : -1;
        if (at == layout->signal_count) {
            lw_record_warn(record, "%s:%zu: lead %s, expected one of %s; it is passed over", header->shown,
                           signal->line, signal->name, layout->shown);
            continue;
        }
        const lw_status status =
            signal->lead < 0 ? LW_OK : check_joined(plan, header, signal, &layout->signals[at], err);
        if (status != LW_OK)
            return status;
    }
    return LW_OK;
}

/** Start of every part, and length of the whole. */
static lw_status lay_end_to_end(lw_wfdb_plan *plan, lw_error *err) {
    const lw_wfdb_header *master = plan->master.shown ? &plan->master : plan->layout;
    plan->hold = 1;
    for (size_t i = 0; i < plan->part_count; i++) {
        lw_wfdb_part *part = &plan->parts[i];
        part->start = plan->frames;
        if (part->frames > LW_RECORD_MAX_VALUES - plan->frames)
            return lw_fail(err, LW_ERR_FORMAT, "%s:%zu: more samples than the %zu expected at most", master->shown,
                           master->record_line, LW_RECORD_MAX_VALUES);
        plan->frames += part->frames;
        for (size_t s = 0; s < part->header.signal_count; s++) {
            const lw_wfdb_signal *signal = &part->header.signals[s];
            const bool read = signal->lead >= 0 && !signal->damage && !lw_wfdb_signal_is_null(signal);
            plan->hold = read && signal->frame_samples > plan->hold ? signal->frame_samples : plan->hold;
        }
    }
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
        segment_state state = {LW_WFDB_MAX_ALL_HEADERS, NOT_TRIED};
        for (size_t i = 0; status == LW_OK && i < count; i++)
            status = read_segment(reading, &plan->master, &plan->master.segments[i], &state, &plan->parts[i], err);
        if (status == LW_OK)
            status = find_layout(plan, err);
    }
    if (status == LW_OK)
        status = choose_leads(plan, reading->record, err);
    bool variable = !plain && plan->parts[0].header.signals && plan->parts[0].frames == 0;
    for (size_t i = 0; status == LW_OK && i < count; i++)
        status = map_part(plan, variable, &plan->parts[i], reading->record, err);
    return status == LW_OK ? lay_end_to_end(plan, err) : status;
}
