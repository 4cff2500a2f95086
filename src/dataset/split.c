/* This file shuffles groups of records that stay together, and deals them to the parts. */
#include "dataset/split.h"

#include <assert.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "base/memory.h"
#include "base/random.h"

/** Groups on their way to the parts. */
typedef struct dealing {
    const lw_groups *groups;
    size_t *order; /**< groups, shuffled */
    size_t *part;  /**< by group */
} dealing;

void lw_split_free(lw_split *split) {
    if (!split)
        return;
    for (size_t part = 0; part < LW_SPLIT_PARTS; part++)
        free(split->index[part]);
    *split = (lw_split){0};
}

static lw_status shuffle_groups(const lw_groups *groups, uint64_t seed, dealing *out, lw_error *err) {
    *out = (dealing){groups, lw_calloc(groups->count, sizeof *out->order), lw_calloc(groups->count, sizeof *out->part)};
    if (!out->order || !out->part)
        return lw_fail_no_memory(err, "a split");
    for (size_t k = 0; k < groups->count; k++)
        out->order[k] = k;
    lw_random random = lw_random_start(seed, LW_RANDOM_SPLIT, 0);
    lw_random_shuffle(&random, out->order, groups->count);
    return LW_OK;
}

/** `fraction` of `count`, rounded half up, at least 1 where it is positive. */
static size_t fraction_of(double fraction, size_t count) {
    if (!(fraction > 0))
        return 0;
    size_t rounded = (size_t)floor(fraction * (double)count + 0.5);
    return rounded == 0 ? 1 : rounded;
}

/**
 * Move groups from training to `part`, in shuffled order, each that still fits into `room` records. Where not even one
 * fits, the smallest group goes. The number of records moved.
 */
static size_t fill_part(dealing *d, size_t part, size_t room) {
    const size_t *size = d->groups->size;
    size_t moved = 0, smallest = SIZE_MAX;
    for (size_t k = 0; k < d->groups->count && room > 0; k++) {
        size_t group = d->order[k];
        if (d->part[group] != LW_SPLIT_TRAIN)
            continue;
        if (smallest == SIZE_MAX || size[group] < size[smallest])
            smallest = group;
        if (size[group] <= room - moved) {
            d->part[group] = part;
            moved += size[group];
        }
    }
    if (moved == 0 && smallest != SIZE_MAX) {
        d->part[smallest] = part;
        moved = size[smallest];
    }
    return moved;
}

/** Write record numbers by part; each part keeps the order of names. */
static lw_status write_parts(const dealing *d, lw_split *out, lw_error *err) {
    const lw_groups *groups = d->groups;
    lw_split split = {0};
    for (size_t part = 0; part < LW_SPLIT_PARTS; part++) {
        split.index[part] = lw_calloc(groups->records, sizeof(size_t));
        if (!split.index[part]) {
            lw_split_free(&split);
            return lw_fail_no_memory(err, "a split");
        }
    }
    for (size_t i = 0; i < groups->records; i++) {
        const size_t record = groups->by_name[i], part = d->part[groups->of[record]];
        split.index[part][split.count[part]++] = record;
    }
    *out = split;
    return LW_OK;
}

static lw_status deal(const lw_groups *groups, uint64_t seed, double test_fraction, double validation_fraction,
                      lw_split *out, lw_error *err) {
    dealing d;
    lw_status status = shuffle_groups(groups, seed, &d, err);
    if (status == LW_OK) {
        const size_t left = groups->records - fill_part(&d, LW_SPLIT_TEST, fraction_of(test_fraction, groups->records));
        const size_t validation = fill_part(&d, LW_SPLIT_VALIDATION, fraction_of(validation_fraction, left));
        status =
            left == validation || (validation == 0 && validation_fraction > 0)
                ? lw_fail(err, LW_ERR_ARGUMENT,
                          "%zu records, of which %zu are different or of different patients, are too few to train, "
                          "validate and test on",
                          groups->records, groups->count)
                : write_parts(&d, out, err);
    }
    free(d.order);
    free(d.part);
    return status;
}

lw_status lw_split_random(const lw_dataset *dataset, const char *group_file, uint64_t seed, double test_fraction,
                          double validation_fraction, lw_split *out, lw_error *err) {
    lw_groups groups = {0};
    lw_status status = lw_groups_find(dataset, group_file, &groups, err);
    if (status == LW_OK)
        status = deal(&groups, seed, test_fraction, validation_fraction, out, err);
    lw_groups_free(&groups);
    return status;
}

lw_status lw_split_patients(const lw_dataset *dataset, const char *group_file, const lw_split *split,
                            lw_patient_counts *out, lw_error *err) {
    lw_groups groups = {0};
    lw_patient_counts counts = {0};
    lw_status status = lw_groups_find(dataset, group_file, &groups, err);
    bool *seen = status == LW_OK ? lw_calloc(groups.count, sizeof *seen) : NULL;
    if (status == LW_OK && !seen)
        status = lw_fail_no_memory(err, "the patients");
    for (size_t part = 0; status == LW_OK && part < LW_SPLIT_PARTS; part++) {
        counts.patient_count[part] = lw_groups_count_patients(&groups, split->index[part], split->count[part], seen);
        for (size_t i = 0; i < split->count[part]; i++)
            counts.unknown_count[part] += !groups.known[split->index[part][i]];
    }
    free(seen);
    lw_groups_free(&groups);
    if (status == LW_OK)
        *out = counts;
    return status;
}
