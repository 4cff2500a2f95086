/* This file is WFDB's row in the table of readers, and goes from the plan of the headers to samples. */
#include <math.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "base/memory.h"
#include "record/wfdb.h"

static lw_status open_group(lw_reading *reading, const lw_wfdb_group *group, lw_bytes *file, lw_error *err) {
    lw_error cause;
    lw_status status = lw_source_read(reading->source, group->signals->file, SIZE_MAX, file, &cause);
    if (status != LW_OK)
        return lw_fail(err, status, "%s:%zu: %s", group->header->shown, group->signals->line, cause.message);
    return LW_OK;
}

static lw_status measure_group(lw_reading *reading, const lw_wfdb_group *group, size_t *bytes, size_t *frames,
                               lw_error *err) {
    lw_bytes file = {0};
    const lw_status status = open_group(reading, group, &file, err);
    *bytes = file.length;
    return status == LW_OK ? lw_wfdb_group_frames(group, file, frames, err) : status;
}

/** Where the samples of the group's signals go: nowhere for those that are no leads, and those of damaged lines. */
static void aim(const lw_wfdb_plan *plan, const lw_wfdb_part *part, const lw_wfdb_group *group, lw_record *record,
                lw_wfdb_target *target) {
    for (size_t s = 0; s < group->count; s++) {
        const lw_wfdb_signal *signal = &group->signals[s];
        if (signal->lead >= 0 && !signal->damage)
            target[s] =
                (lw_wfdb_target){lw_record_signal_mutable(record, (size_t)signal->lead) + part->start * plan->hold,
                                 &record->lead[signal->lead]};
    }
}

static lw_status decode_part(lw_reading *reading, const lw_wfdb_plan *plan, const lw_wfdb_part *part, lw_error *err) {
    lw_record *record = reading->record;
    lw_wfdb_group group;
    for (size_t first = 0; first < part->header.signal_count; first += group.count) {
        lw_bytes file;
        lw_error cause;
        lw_status status = lw_wfdb_group_at(&part->header, first, &group, err);
        if (status == LW_OK && lw_wfdb_signal_is_null(group.signals))
            continue;
        if (status == LW_OK)
            status = open_group(reading, &group, &file, err);
        if (status != LW_OK)
            return status;
        if (!record->signal_mv)
            return lw_wfdb_group_keep(&group, file, lw_source_take(reading->source), record, err);
        lw_wfdb_target *target = lw_calloc(group.count, sizeof *target);
        if (!target)
            return lw_fail_no_memory(err, "signals");
        aim(plan, part, &group, record, target);
        status = lw_wfdb_group_decode(&group, file, part->frames, plan->hold, target, record, &cause);
        free(target);
        status = lw_wfdb_group_fail(&group, record, status, &cause, err);
        if (status != LW_OK)
            return status;
    }
    return LW_OK;
}

/** The signal that describes a lead: the first that has samples, because a layout's own gains are placeholders. */
static const lw_wfdb_signal *describing_signal(const lw_wfdb_plan *plan, size_t lead) {
    for (size_t i = 0; i < plan->part_count; i++) {
        const lw_wfdb_part *part = &plan->parts[i];
        for (size_t s = 0; part->frames > 0 && s < part->header.signal_count; s++)
            if (part->header.signals[s].lead == (int)lead && !lw_wfdb_signal_is_null(&part->header.signals[s]))
                return &part->header.signals[s];
    }
    const lw_wfdb_signal *signal = plan->layout->signals;
    while (signal->lead != (int)lead)
        signal++;
    return signal;
}

lw_status lw_wfdb_describe(lw_reading *reading, const lw_wfdb_plan *plan, lw_error *err) {
    char place[LW_PLACE_LENGTH];
    const lw_wfdb_header *master = plan->master.shown ? &plan->master : plan->layout;
    size_t samples;
    lw_place(place, master->shown, master->record_line);
    if (!lw_size_mul(plan->frames, plan->hold, &samples))
        samples = SIZE_MAX;
    lw_status status = lw_reading_set_shape(reading, place, plan->lead_count, samples,
                                            plan->layout->frame_rate_hz * (double)plan->hold, err);
    for (size_t i = 0; status == LW_OK && i < plan->lead_count; i++) {
        const lw_wfdb_signal *signal = describing_signal(plan, i);
        char fallback[32];
        snprintf(fallback, sizeof fallback, "signal %zu", i + 1);
        if (!lw_record_set_lead(reading->record, i, *signal->name ? signal->name : fallback, signal->unit, signal->gain,
                                signal->baseline))
            return lw_fail_no_memory(err, "a lead's name");
        reading->record->lead[i].rate_hz = plan->layout->frame_rate_hz * (double)signal->frame_samples;
    }
    return status;
}

static lw_status read_samples(lw_reading *reading, const lw_wfdb_plan *plan, lw_error *err) {
    lw_record *record = reading->record;
    const lw_wfdb_header *header = &plan->parts[0].header;
    lw_wfdb_group group;
    /* Most recordings are one file of 16-bit samples, which are kept as they are stored. */
    const bool frames = plan->part_count == 1 && lw_wfdb_group_at(header, 0, &group, NULL) == LW_OK &&
                        group.count == header->signal_count && group.count == plan->lead_count &&
                        lw_wfdb_group_is_frames(&group);
    if (!frames && !lw_record_allocate(record))
        return lw_fail_no_memory(err, "a recording's samples");
    for (size_t i = 0; i < record->leads * record->samples && !frames; i++)
        record->signal_mv[i] = NAN; /* what no file holds is missing: gaps, absent leads, the end of skewed ones */
    lw_status status = LW_OK;
    for (size_t i = 0; status == LW_OK && i < plan->part_count; i++)
        if (plan->parts[i].frames > 0)
            status = decode_part(reading, plan, &plan->parts[i], err);
    return status;
}

static lw_status read_wfdb(lw_reading *reading, lw_error *err) {
    lw_wfdb_plan plan = {0};
    lw_status status = lw_wfdb_plan_read(reading, &plan, err);
    /* Only a record of one part may leave its length out. */
    const bool learn = plan.frames == 0 && plan.part_count == 1;
    if (status == LW_OK && learn && !reading->header_only)
        status = lw_wfdb_plan_check_files(reading, &plan, measure_group, err);
    if (status == LW_OK)
        status = lw_wfdb_describe(reading, &plan, err);
    if (status == LW_OK && !learn && !reading->header_only)
        status = lw_wfdb_plan_check_files(reading, &plan, measure_group, err);
    if (status == LW_OK && !reading->header_only)
        status = lw_wfdb_plan_check_memory(&plan, err);
    if (status == LW_OK && !reading->header_only)
        status = read_samples(reading, &plan, err);
    lw_wfdb_plan_free(&plan);
    return status;
}

/* ---- The row of the table */

/** The next line that is neither empty nor a comment. */
static bool next_line(const char **cursor, const char *end, lw_span *line) {
    while (lw_span_line(cursor, end, line)) {
        *line = lw_span_trim(*line);
        if (line->length > 0 && *line->at != '#')
            return true;
    }
    return false;
}

/** Whether all words of a line are numbers. */
static bool is_numbers(lw_span line) {
    lw_span word;
    double value;
    bool numbers = true;
    while (numbers && lw_wfdb_word(&line, &word))
        numbers = lw_span_double(word, &value);
    return numbers;
}

/** A record line is like "A0001 12 500 7500": a word, then a number of signals. A record may be called 100, but lines of
 * nothing but numbers are columns of samples. */
static bool probe(const char *name, lw_span head) {
    head = lw_without_byte_order_mark(head);
    const char *cursor = head.at, *end = head.length > 0 ? head.at + head.length : head.at;
    lw_span line, next, word;
    long long signals;
    if (lw_name_ends(name, ".hea"))
        return true;
    if (head.length == 0 || !next_line(&cursor, end, &line) || memchr(line.at, ',', line.length))
        return false;
    if (is_numbers(line) && (!next_line(&cursor, end, &next) || is_numbers(next)))
        return false;
    return lw_wfdb_word(&line, &word) && lw_wfdb_word(&line, &word) && lw_span_long(word, 0, INT32_MAX, &signals);
}

/**
 * The segments' headers where the record line announces any ("name/segments ..."), else the signal files. What is
 * malformed is left to who reads the record.
 */
static void name_parts(lw_span text, lw_part_fn *take, void *context) {
    text = lw_without_byte_order_mark(text);
    const char *cursor = text.at, *end = text.at + text.length;
    lw_span line, word;
    long long segments = 0;
    if (!next_line(&cursor, end, &line) || !lw_wfdb_word(&line, &word))
        return;
    const char *slash = memchr(word.at, '/', word.length);
    if (slash && !lw_span_long((lw_span){slash + 1, word.length - (size_t)(slash + 1 - word.at)}, 1,
                               LW_WFDB_MAX_SEGMENTS, &segments))
        return;
    for (long long i = 0; (segments == 0 || i < segments) && next_line(&cursor, end, &line); i++) {
        char name[256];
        if (lw_wfdb_word(&line, &word) && word.length < sizeof name - 4) {
            snprintf(name, sizeof name, "%.*s%s", (int)word.length, word.at, segments > 0 ? ".hea" : "");
            take(context, name);
        }
    }
}

const lw_reader lw_wfdb_reader = {
    .name = "wfdb",
    .title = "WFDB",
    .suffixes = {".hea"},
    .part_suffixes = {".mat", ".dat"},
    .listed = true,
    .probe = probe,
    .read = read_wfdb,
    .parts = name_parts,
    .stream_open = lw_wfdb_stream_open,
    .stream_read = lw_wfdb_stream_read,
    .stream_close = lw_wfdb_stream_close,
};
