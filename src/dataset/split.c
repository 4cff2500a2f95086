/* Splits: groups of equal recordings, shuffled and dealt to the parts. */
#include "dataset/split.h"

#include <assert.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "base/memory.h"
#include "base/random.h"

/** A record with what decides where it goes. */
typedef struct split_record {
    const char *name;
    uint64_t hash;
    size_t index; /**< in the data set */
    size_t group;
} split_record;

/** The records sorted by name, and their groups: group g has size[g] records. */
typedef struct grouping {
    split_record *records;
    size_t *size;
    size_t *order; /**< groups, shuffled */
    size_t *part;  /**< by group */
    size_t record_count, group_count;
} grouping;

void lw_split_free(lw_split *split) {
    for (size_t part = 0; part < LW_SPLIT_PARTS; part++)
        free(split->index[part]);
    *split = (lw_split){0};
}

static int by_name(const void *a, const void *b) {
    const split_record *x = a, *y = b;
    const int order = strcmp(x->name, y->name);
    return order != 0 ? order : (x->index > y->index) - (x->index < y->index);
}

static int by_hash(const void *a, const void *b) {
    const split_record *x = *(split_record *const *)a, *y = *(split_record *const *)b;
    return x->hash != y->hash ? (x->hash < y->hash ? -1 : 1) : (x > y) - (x < y);
}

/** Number the groups in the order of their first records. `sorted`: [record_count] scratch. */
static void number_groups(grouping *g, split_record **sorted) {
    for (size_t i = 0; i < g->record_count; i++)
        sorted[i] = &g->records[i];
    qsort(sorted, g->record_count, sizeof(split_record *), by_hash);
    /* First the record (by position) that leads each group, then numbers in order of position. */
    for (size_t i = 0; i < g->record_count; i++) {
        bool same = i > 0 && sorted[i]->hash == sorted[i - 1]->hash;
        sorted[i]->group = same ? sorted[i - 1]->group : (size_t)(sorted[i] - g->records);
    }
    for (size_t i = 0; i < g->record_count; i++) {
        split_record *record = &g->records[i];
        record->group = record->group == i ? g->group_count++ : g->records[record->group].group;
        g->size[record->group]++;
    }
    assert(g->group_count <= g->record_count);
}

static lw_status group_records(const lw_dataset *dataset, uint64_t seed, grouping *g, lw_error *err) {
    size_t count = lw_dataset_record_count(dataset);
    g->record_count = count;
    g->records = lw_calloc(count, sizeof *g->records);
    g->size = lw_calloc(count, sizeof *g->size);
    g->order = lw_calloc(count, sizeof *g->order);
    g->part = lw_calloc(count, sizeof *g->part);
    split_record **sorted = lw_calloc(count, sizeof(split_record *));
    if (!g->records || !g->size || !g->order || !g->part || !sorted) {
        free(sorted);
        return lw_fail_no_memory(err, "a split");
    }
    for (size_t i = 0; i < count; i++)
        g->records[i] = (split_record){lw_dataset_name(dataset, i), lw_dataset_signal_hash(dataset, i), i, 0};
    qsort(g->records, count, sizeof *g->records, by_name);
    number_groups(g, sorted);
    free(sorted);
    for (size_t k = 0; k < g->group_count; k++)
        g->order[k] = k;
    lw_random random = lw_random_start(seed, LW_RANDOM_SPLIT, 0);
    lw_random_shuffle(&random, g->order, g->group_count);
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
static size_t fill_part(grouping *g, size_t part, size_t room) {
    size_t moved = 0, smallest = SIZE_MAX;
    for (size_t k = 0; k < g->group_count && room > 0; k++) {
        size_t group = g->order[k];
        if (g->part[group] != LW_SPLIT_TRAIN)
            continue;
        if (smallest == SIZE_MAX || g->size[group] < g->size[smallest])
            smallest = group;
        if (g->size[group] <= room - moved) {
            g->part[group] = part;
            moved += g->size[group];
        }
    }
    if (moved == 0 && smallest != SIZE_MAX) {
        g->part[smallest] = part;
        moved = g->size[smallest];
    }
    return moved;
}

/** Write record numbers by part; each part keeps the order of names. */
static lw_status write_parts(const grouping *g, lw_split *out, lw_error *err) {
    lw_split split = {0};
    for (size_t part = 0; part < LW_SPLIT_PARTS; part++) {
        split.index[part] = lw_calloc(g->record_count, sizeof(size_t));
        if (!split.index[part]) {
            lw_split_free(&split);
            return lw_fail_no_memory(err, "a split");
        }
    }
    for (size_t i = 0; i < g->record_count; i++) {
        size_t part = g->part[g->records[i].group];
        split.index[part][split.count[part]++] = g->records[i].index;
    }
    *out = split;
    return LW_OK;
}

lw_status lw_split_random(const lw_dataset *dataset, uint64_t seed, double test_fraction, double validation_fraction,
                          lw_split *out, lw_error *err) {
    grouping g = {0};
    lw_status status = group_records(dataset, seed, &g, err);
    if (status == LW_OK) {
        const size_t left = g.record_count - fill_part(&g, LW_SPLIT_TEST, fraction_of(test_fraction, g.record_count));
        const size_t validation = fill_part(&g, LW_SPLIT_VALIDATION, fraction_of(validation_fraction, left));
        status = left == validation || (validation == 0 && validation_fraction > 0)
                     ? lw_fail(err, LW_ERR_ARGUMENT,
                               "%zu records, of which %zu are different, are too few to train, validate and test on",
                               g.record_count, g.group_count)
                     : write_parts(&g, out, err);
    }
    free(g.records);
    free(g.size);
    free(g.order);
    free(g.part);
    return status;
}
