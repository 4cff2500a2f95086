/** @file wfdb_files.c: whether the signal files hold what the headers promise, and how far a recording can do without one. */
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "base/memory.h"
#include "record/wfdb.h"

/* What a recording may hold however small its files are (32 MiB of doubles), and what it may hold for each of their bytes:
 * 64 leads of which one has 64 samples a frame take 51, and hours of gaps between minutes of ECG stay below it. */
static const size_t spare_values = (size_t)1 << 22, values_per_byte = 64;

/** Whether another file than the group's holds a lead, and the group's none. A signal without a name may be a lead. */
static bool is_dispensable(const lw_wfdb_group *group) {
    const lw_wfdb_header *header = group->header;
    bool elsewhere = false;
    for (size_t s = 0; s < header->signal_count; s++) {
        const lw_wfdb_signal *signal = &header->signals[s];
        const bool inside = signal >= group->signals && signal < group->signals + group->count;
        if (inside && (!*signal->name || lw_wfdb_signal_is_lead(signal)))
            return false;
        elsewhere |= !inside && !lw_wfdb_signal_is_null(signal) && lw_wfdb_signal_is_lead(signal);
    }
    return elsewhere;
}

lw_status lw_wfdb_group_fail(const lw_wfdb_group *group, lw_record *record, lw_status status, const lw_error *cause,
                             lw_error *err) {
    if (status == LW_OK)
        return LW_OK;
    if (status == LW_ERR_NO_MEMORY || !is_dispensable(group))
        return lw_fail(err, status, "%s", cause->message);
    lw_record_warn(record, "%s; the file holds no lead, and its %zu signals count as missing", cause->message,
                   group->count);
    return LW_OK;
}

static bool has_file(lw_source *source, const lw_wfdb_header *header) {
    bool found = false;
    for (size_t s = 0; !found && s < header->signal_count; s++)
        found = !lw_wfdb_signal_is_null(&header->signals[s]) && lw_source_has(source, header->signals[s].file);
    return found;
}

static bool any_part_has_file(lw_source *source, const lw_wfdb_plan *plan) {
    bool found = false;
    for (size_t i = 0; !found && i < plan->part_count; i++)
        found = plan->parts[i].frames > 0 && has_file(source, &plan->parts[i].header);
    return found;
}

/** Compare the frames that a group's file holds with those of the part. */
static lw_status check_length(const lw_wfdb_group *group, size_t file_bytes, size_t stored, size_t frames,
                              lw_error *err) {
    const lw_wfdb_signal *lead = group->signals;
    size_t samples;
    if (stored >= frames)
        return LW_OK;
    if (lead->format->flac_bits)
        return lw_fail(err, LW_ERR_FORMAT, "%s:%zu: %s holds %zu samples a signal, expected %zu", group->header->shown,
                       lead->line, lead->file, stored * lead->frame_samples, frames * lead->frame_samples);
    bool fits = lw_size_mul(frames, group->frame, &samples);
    size_t bytes = fits ? lw_wfdb_format_bytes(lead->format, samples) : SIZE_MAX;
    bytes = bytes > SIZE_MAX - lead->offset ? SIZE_MAX : bytes + lead->offset;
    return lw_fail(err, LW_ERR_FORMAT, "%s:%zu: %s holds %zu bytes, expected %zu for %zu samples of %zu signals",
                   group->header->shown, lead->line, lead->file, file_bytes, bytes, frames, group->count);
}

/** A check of all parts. */
typedef struct checking {
    lw_reading *reading;
    lw_wfdb_plan *plan;
    lw_wfdb_measure_fn *measure;
    bool learn; /* the header gives no length */
    enum { NOT_TRIED, FOUND, NONE } any_file;
} checking;

/** Whether the group's file is absent, and the recording goes on without it. */
static bool is_absent(checking *it, const lw_wfdb_group *group) {
    lw_source *source = it->reading->source;
    if (lw_source_has(source, group->signals->file))
        return false;
    if (has_file(source, group->header))
        return true;
    if (it->any_file == NOT_TRIED)
        it->any_file = any_part_has_file(source, it->plan) ? FOUND : NONE;
    return it->any_file == FOUND;
}

/** Measure the file of a group and note it; *frames is what it holds. */
static lw_status measure_group(checking *it, const lw_wfdb_group *group, size_t part_frames, size_t *frames,
                               lw_error *err) {
    size_t bytes = 0;
    lw_status status = it->measure(it->reading, group, &bytes, frames, err);
    if (status == LW_OK && !it->learn)
        status = check_length(group, bytes, *frames, part_frames, err);
    if (status == LW_OK && it->learn && *frames == SIZE_MAX)
        status = lw_fail(err, LW_ERR_FORMAT,
                         "%s:%zu: neither the header nor %s says how many samples there are, expected one to",
                         group->header->shown, group->signals->line, group->signals->file);
    if (status != LW_OK)
        return status;
    lw_wfdb_plan *plan = it->plan;
    lw_wfdb_plan_file *files = lw_grow(plan->files, plan->file_count, &plan->file_capacity, sizeof *files);
    if (!files)
        return lw_fail_no_memory(err, "signal files");
    plan->files = files;
    files[plan->file_count++] = (lw_wfdb_plan_file){group->signals->file, bytes};
    return LW_OK;
}

static lw_status check_part(checking *it, lw_wfdb_part *part, lw_error *err) {
    size_t shortest = SIZE_MAX;
    lw_wfdb_group group;
    for (size_t s = 0; s < part->header.signal_count; s += group.count) {
        lw_error cause;
        size_t frames = SIZE_MAX;
        lw_status status = lw_wfdb_group_at(&part->header, s, &group, &cause);
        if (status == LW_OK && lw_wfdb_signal_is_null(group.signals))
            continue;
        bool read = status == LW_OK && !is_absent(it, &group);
        if (status == LW_OK && !read)
            lw_record_warn(
                it->reading->record,
                "%s:%zu: file %s is not there, expected it beside the header; its %zu leads count as missing",
                part->header.shown, group.signals->line, group.signals->file, group.count);
        if (read)
            status = measure_group(it, &group, part->frames, &frames, &cause);
        read = read && status == LW_OK;
        status = lw_wfdb_group_fail(&group, it->reading->record, status, &cause, err);
        if (status != LW_OK)
            return status;
        for (size_t i = 0; !read && i < group.count; i++)
            part->header.signals[s + i].format = lw_wfdb_format_find(LW_WFDB_NO_FORMAT);
        shortest = read && frames < shortest ? frames : shortest;
    }
    if (it->learn && shortest != SIZE_MAX)
        part->frames = it->plan->frames = shortest;
    return LW_OK;
}

lw_status lw_wfdb_plan_check_files(lw_reading *reading, lw_wfdb_plan *plan, lw_wfdb_measure_fn *measure,
                                   lw_error *err) {
    checking it = {reading, plan, measure, plan->frames == 0 && plan->part_count == 1, NOT_TRIED};
    lw_status status = LW_OK;
    for (size_t i = 0; status == LW_OK && i < plan->part_count; i++)
        if (plan->parts[i].frames > 0 || it.learn)
            status = check_part(&it, &plan->parts[i], err);
    return status;
}

static int compare_files(const void *a, const void *b) {
    return strcmp(((const lw_wfdb_plan_file *)a)->name, ((const lw_wfdb_plan_file *)b)->name);
}

lw_status lw_wfdb_plan_check_memory(const lw_wfdb_plan *plan, lw_error *err) {
    const lw_wfdb_header *master = plan->master.shown ? &plan->master : plan->layout;
    size_t bytes = 0, values, most;
    if (plan->file_count > 1)
        qsort(plan->files, plan->file_count, sizeof *plan->files, compare_files);
    for (size_t i = 0; i < plan->file_count; i++)
        if (i == 0 || compare_files(&plan->files[i - 1], &plan->files[i]) != 0)
            bytes += plan->files[i].bytes;
    most = bytes > (SIZE_MAX - spare_values) / values_per_byte ? SIZE_MAX : spare_values + values_per_byte * bytes;
    if (lw_size_mul(plan->frames, plan->hold * plan->lead_count, &values) && values <= most)
        return LW_OK;
    return lw_fail(err, LW_ERR_FORMAT,
                   "%s:%zu: %zu samples of %zu leads, gaps included, expected at most %zu in all for the %zu bytes of "
                   "the signal files",
                   master->shown, master->record_line, plan->frames, plan->lead_count, most, bytes);
}
