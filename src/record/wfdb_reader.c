/** @file wfdb_reader.c: WFDB as a row of the table of readers, and its records from the plan of their headers to samples. */
#include <math.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include "base/error.h"
#include "base/memory.h"
#include "record/wfdb.h"

static bool is_null_file(const lw_wfdb_group *group) { return group->signals->format->number == LW_WFDB_NO_FORMAT; }

/** Whether any signal file of a part is there. */
static bool has_any_file(const lw_reading *reading, const lw_wfdb_header *header) {
    for (size_t s = 0; s < header->signal_count; s++)
        if (header->signals[s].format->number != LW_WFDB_NO_FORMAT &&
            lw_source_has(reading->source, header->signals[s].file))
            return true;
    return false;
}

static lw_status open_group(lw_reading *reading, const lw_wfdb_header *header, const lw_wfdb_group *group,
                            lw_bytes *file, lw_error *err) {
    lw_error cause;
    lw_status status = lw_source_read(reading->source, group->signals->file, SIZE_MAX, file, &cause);
    if (status != LW_OK)
        return lw_fail(err, status, "%s:%zu: %s", header->shown, group->signals->line, cause.message);
    return LW_OK;
}

/**
 * A file that is not there while others of its record are: its leads stay missing, so that the standard leads of PTB
 * can be read without the Frank leads' file.
 */
static bool is_absent(const lw_reading *reading, const lw_wfdb_header *header, const lw_wfdb_group *group) {
    return !lw_source_has(reading->source, group->signals->file) && has_any_file(reading, header);
}

static lw_status check_length(const lw_wfdb_header *header, const lw_wfdb_group *group, lw_bytes file, size_t frames,
                              lw_error *err) {
    const lw_wfdb_signal *lead = group->signals;
    size_t stored, samples;
    lw_status status = lw_wfdb_group_frames(group, header->shown, file, &stored, err);
    if (status != LW_OK || stored >= frames)
        return status;
    if (lead->format->flac_bits)
        return lw_fail(err, LW_ERR_FORMAT, "%s:%zu: %s holds %zu samples a signal, expected %zu", header->shown,
                       lead->line, lead->file, stored * lead->frame_samples, frames * lead->frame_samples);
    bool fits = lw_size_mul(frames, group->frame, &samples);
    size_t bytes = fits ? lw_wfdb_format_bytes(lead->format, samples) : SIZE_MAX;
    bytes = bytes > SIZE_MAX - lead->offset ? SIZE_MAX : bytes + lead->offset;
    return lw_fail(err, LW_ERR_FORMAT, "%s:%zu: %s holds %zu bytes, expected %zu for %zu samples of %zu signals",
                   header->shown, lead->line, lead->file, file.length, bytes, frames, group->count);
}

/** What to do with one group of a part; `file` is what its signal file holds. */
typedef lw_status (*group_visitor)(lw_reading *reading, const lw_wfdb_plan *plan, lw_wfdb_part *part,
                                   const lw_wfdb_group *group, const lw_bytes *file, lw_error *err);

/** Visit every group of a part; `file` is NULL for groups without one (null or absent). */
static lw_status visit_groups(lw_reading *reading, const lw_wfdb_plan *plan, lw_wfdb_part *part, group_visitor visit,
                              lw_error *err) {
    const lw_wfdb_header *header = &part->header;
    lw_status status = LW_OK;
    lw_wfdb_group group;
    for (size_t s = 0; header->signals && status == LW_OK && s < header->signal_count; s += group.count) {
        lw_bytes file;
        status = lw_wfdb_group_at(header, s, &group, err);
        if (status != LW_OK)
            return status;
        if (is_null_file(&group) || is_absent(reading, header, &group)) {
            status = visit(reading, plan, part, &group, NULL, err);
            continue;
        }
        status = open_group(reading, header, &group, &file, err);
        if (status == LW_OK)
            status = visit(reading, plan, part, &group, &file, err);
    }
    return status;
}

/** Say so when the group's file is absent. */
static void warn_absent(lw_reading *reading, const lw_wfdb_header *header, const lw_wfdb_group *group) {
    lw_record_warn(reading->record,
                   "%s:%zu: file %s is not there, expected it beside the header; its %zu leads count as missing",
                   header->shown, group->signals->line, group->signals->file, group->count);
}

bool lw_wfdb_group_has_no_file(lw_reading *reading, const lw_wfdb_header *header, const lw_wfdb_group *group) {
    const bool absent = !is_null_file(group) && is_absent(reading, header, group);
    if (absent)
        warn_absent(reading, header, group);
    return absent || is_null_file(group);
}

/** First visit: is everything there that the header promises? Nothing large is allocated before this. */
static lw_status check_group(lw_reading *reading, const lw_wfdb_plan *plan, lw_wfdb_part *part,
                             const lw_wfdb_group *group, const lw_bytes *file, lw_error *err) {
    (void)plan;
    const lw_wfdb_header *header = &part->header;
    if (file)
        return check_length(header, group, *file, part->frames, err);
    if (!is_null_file(group))
        warn_absent(reading, header, group);
    return LW_OK;
}

/** Where the header does not say it: the length of the shortest file. */
static lw_status learn_length(lw_reading *reading, const lw_wfdb_plan *plan, lw_wfdb_part *part,
                              const lw_wfdb_group *group, const lw_bytes *file, lw_error *err) {
    (void)reading, (void)plan;
    size_t frames;
    if (!file)
        return LW_OK;
    lw_status status = lw_wfdb_group_frames(group, part->header.shown, *file, &frames, err);
    if (status == LW_OK && frames == SIZE_MAX)
        return lw_fail(err, LW_ERR_FORMAT,
                       "%s:%zu: neither the header nor %s says how many samples there are, expected one to",
                       part->header.shown, group->signals->line, group->signals->file);
    if (status == LW_OK && (part->frames == 0 || frames < part->frames))
        part->frames = frames;
    return status;
}

static lw_status decode_group(lw_reading *reading, const lw_wfdb_plan *plan, lw_wfdb_part *part,
                              const lw_wfdb_group *group, const lw_bytes *file, lw_error *err) {
    lw_wfdb_target target[LW_RECORD_MAX_LEADS] = {{0}};
    lw_record *record = reading->record;
    size_t first = (size_t)(group->signals - part->header.signals);
    if (!file)
        return LW_OK;
    if (!record->signal_mv)
        return lw_wfdb_group_keep(group, part->header.shown, *file, lw_source_take(reading->source), record, err);
    for (size_t s = 0; s < group->count; s++) {
        int lead = part->lead[first + s];
        if (lead < 0)
            continue;
        target[s].x = lw_record_signal_mutable(record, (size_t)lead) + part->start * plan->hold;
        target[s].lead = &record->lead[lead];
    }
    return lw_wfdb_group_decode(group, part->header.shown, *file, part->frames, plan->hold, target, record, err);
}

static lw_status visit_parts(lw_reading *reading, const lw_wfdb_plan *plan, group_visitor visit, lw_error *err) {
    lw_status status = LW_OK;
    for (size_t i = 0; status == LW_OK && i < plan->part_count; i++)
        if (plan->parts[i].frames > 0)
            status = visit_groups(reading, plan, &plan->parts[i], visit, err);
    return status;
}

/** A plain record's length from its files: only these may leave it out. */
static lw_status complete_length(lw_reading *reading, lw_wfdb_plan *plan, lw_error *err) {
    if (plan->frames != 0 || plan->part_count != 1 || reading->header_only)
        return LW_OK;
    lw_status status = visit_groups(reading, plan, &plan->parts[0], learn_length, err);
    plan->frames = plan->parts[0].frames;
    return status;
}

/** The signal that describes a lead: a layout's own gains mean nothing, so the first that has samples. */
static const lw_wfdb_signal *describing_signal(const lw_wfdb_plan *plan, size_t lead) {
    for (size_t i = 0; i < plan->part_count; i++) {
        const lw_wfdb_part *part = &plan->parts[i];
        for (size_t s = 0; part->frames > 0 && part->header.signals && s < part->header.signal_count; s++)
            if (part->lead[s] == (int)lead)
                return &part->header.signals[s];
    }
    return &plan->layout->signals[lead];
}

static lw_status describe_leads(lw_record *record, const lw_wfdb_plan *plan, lw_error *err) {
    for (size_t i = 0; i < record->leads; i++) {
        const lw_wfdb_signal *signal = describing_signal(plan, i);
        char fallback[32];
        snprintf(fallback, sizeof fallback, "signal %zu", i + 1);
        if (!lw_record_set_lead(record, i, *signal->name ? signal->name : fallback, signal->unit, signal->gain,
                                signal->baseline))
            return lw_fail_no_memory(err, "a lead's name");
        record->lead[i].rate_hz = plan->layout->frame_rate_hz * (double)signal->frame_samples;
    }
    return LW_OK;
}

lw_status lw_wfdb_describe(lw_reading *reading, const lw_wfdb_plan *plan, lw_error *err) {
    char place[LW_PLACE_LENGTH];
    const lw_wfdb_header *master = plan->master.shown ? &plan->master : plan->layout;
    size_t samples;
    lw_place(place, master->shown, master->record_line);
    if (!lw_size_mul(plan->frames, plan->hold, &samples))
        samples = SIZE_MAX;
    lw_status status = lw_reading_set_shape(reading, place, plan->layout->signal_count, samples,
                                            plan->layout->frame_rate_hz * (double)plan->hold, err);
    return status == LW_OK ? describe_leads(reading->record, plan, err) : status;
}

/** Whether the samples can be kept as they are stored: most recordings are one file of 16-bit samples. */
static bool can_keep_frames(const lw_wfdb_plan *plan) {
    lw_wfdb_group group;
    const lw_wfdb_header *header = &plan->parts[0].header;
    return plan->part_count == 1 && header->signals && lw_wfdb_group_at(header, 0, &group, NULL) == LW_OK &&
           group.count == header->signal_count && lw_wfdb_group_is_frames(&group);
}

static lw_status read_samples(lw_reading *reading, const lw_wfdb_plan *plan, lw_error *err) {
    lw_record *record = reading->record;
    lw_status status = visit_parts(reading, plan, check_group, err);
    if (status != LW_OK)
        return status;
    const bool frames = can_keep_frames(plan);
    if (!frames && !lw_record_allocate(record))
        return lw_fail_no_memory(err, "a recording's samples");
    for (size_t i = 0; i < record->leads * record->samples && !frames; i++)
        record->signal_mv[i] = NAN; /* what no file holds is missing: gaps, absent leads, the end of skewed ones */
    return visit_parts(reading, plan, decode_group, err);
}

static lw_status read_planned(lw_reading *reading, lw_wfdb_plan *plan, lw_error *err) {
    lw_status status = lw_wfdb_plan_read(reading, plan, err);
    if (status == LW_OK)
        status = complete_length(reading, plan, err);
    if (status == LW_OK)
        status = lw_wfdb_describe(reading, plan, err);
    if (status == LW_OK && !reading->header_only)
        status = read_samples(reading, plan, err);
    return status;
}

static lw_status read_wfdb(lw_reading *reading, lw_error *err) {
    lw_wfdb_plan plan = {0};
    lw_status status = read_planned(reading, &plan, err);
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

/** A record line looks like "A0001 12 500 7500": a word, then a number of signals. */
static bool probe(const char *name, lw_span head) {
    const char *cursor = head.at, *end = head.at + head.length;
    lw_span line, word;
    long long signals;
    if (lw_name_ends(name, ".hea"))
        return true;
    return head.length > 0 && next_line(&cursor, end, &line) && !memchr(line.at, ',', line.length) &&
           lw_wfdb_word(&line, &word) && lw_wfdb_word(&line, &word) && lw_span_long(word, 0, INT32_MAX, &signals);
}

/**
 * The segments' headers where the record line announces any ("name/segments ..."), else the signal files. What is
 * malformed is left to who reads the record.
 */
static void name_parts(lw_span text, lw_part_fn *take, void *context) {
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
