/* This file deals each record to the fold that tests it, in random order, stratified or by source, and splits the rest
 * for training. */
#include "lab/folds.h"

#include <assert.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "base/memory.h"
#include "base/random.h"

void lw_folds_free(lw_folds *folds) {
    free(folds->of);
    free(folds->sources);
    *folds = (lw_folds){0};
}

/** 0 ... count - 1 in a random order of its own for each `stream`; NULL when out of memory. free() it. */
static size_t *shuffled(size_t count, uint64_t seed, uint64_t stream) {
    size_t *order = lw_calloc(count, sizeof *order);
    if (!order)
        return NULL;
    for (size_t i = 0; i < count; i++)
        order[i] = i;
    lw_random random = lw_random_start(seed, LW_RANDOM_SPLIT, stream);
    lw_random_shuffle(&random, order, count);
    return order;
}

/* ---- Dealing groups */

/** Records still to be dealt: a column for each class, and a last one that counts all of them. */
typedef struct stratification {
    size_t folds, columns;
    double *labels; /**< [groups][columns], records of the group */
    double *left;   /**< [columns], records of groups that are not dealt yet */
    double *lacks;  /**< [folds][columns], records that the fold should still get */
} stratification;

/** The class with fewest, but some, records left; the last column where there is none. */
static size_t find_rarest(const stratification *s) {
    const size_t last = s->columns - 1;
    size_t rarest = last;
    for (size_t k = 0; k < last; k++)
        if (s->left[k] > 0 && (rarest == last || s->left[k] < s->left[rarest]))
            rarest = k;
    return rarest;
}

/** The fold that lacks most records of `column`, of those the one that lacks most records. */
static size_t choose_fold(const stratification *s, size_t column) {
    const size_t last = s->columns - 1;
    size_t best = 0;
    for (size_t f = 1; f < s->folds; f++) {
        const double *lacks = s->lacks + f * s->columns, *most = s->lacks + best * s->columns;
        if (lacks[column] > most[column] || (lacks[column] >= most[column] && lacks[last] > most[last]))
            best = f;
    }
    return best;
}

/** Deal the groups in `order`, which is the only random part; ties go to the lowest fold. */
static void deal_stratified(stratification *s, const lw_groups *groups, const size_t *order, size_t *fold_of_group) {
    size_t column;
    for (size_t g = 0; g < groups->count; g++)
        fold_of_group[g] = SIZE_MAX;
    do { /* a class a turn; groups without any left come last */
        column = find_rarest(s);
        for (size_t i = 0; i < groups->count; i++) {
            const size_t group = order[i];
            const double *labels = s->labels + group * s->columns;
            if (fold_of_group[group] != SIZE_MAX || !(labels[column] > 0))
                continue;
            const size_t fold = fold_of_group[group] = choose_fold(s, column);
            for (size_t k = 0; k < s->columns; k++) {
                s->left[k] -= labels[k];
                s->lacks[fold * s->columns + k] -= labels[k];
            }
        }
    } while (column < s->columns - 1);
}

static lw_status stratify(const lw_dataset *dataset, const lw_groups *groups, const size_t *order, size_t folds,
                          size_t *fold_of_group, lw_error *err) {
    const size_t classes = lw_class_count(lw_dataset_classes(dataset)), columns = classes + 1;
    size_t cells = 0, lacks = 0;
    if (!lw_size_mul(groups->count, columns, &cells) || !lw_size_mul(folds, columns, &lacks))
        return lw_fail_no_memory(err, "the stratification");
    stratification s = {folds, columns, lw_calloc(cells, sizeof(double)), lw_calloc(columns, sizeof(double)),
                        lw_calloc(lacks, sizeof(double))};
    const bool whole = s.labels && s.left && s.lacks;
    for (size_t i = 0; whole && i < groups->records; i++)
        for (size_t k = 0; k < columns; k++) {
            const bool counts = k == classes || lw_dataset_labels(dataset, i)[k];
            s.labels[groups->of[i] * columns + k] += counts;
            s.left[k] += counts;
        }
    for (size_t i = 0; whole && i < lacks; i++)
        s.lacks[i] = s.left[i % columns] / (double)folds;
    if (whole)
        deal_stratified(&s, groups, order, fold_of_group);
    free(s.labels);
    free(s.left);
    free(s.lacks);
    return whole ? LW_OK : lw_fail_no_memory(err, "the stratification");
}

/** Stratified, or each group to the fold that has fewest records so far. */
static lw_status deal_groups(const lw_dataset *dataset, const lw_groups *groups, lw_fold_kind kind, uint64_t seed,
                             lw_folds *folds, lw_error *err) {
    size_t *order = shuffled(groups->count, seed, 0);
    size_t *filled = lw_calloc(folds->count, sizeof *filled);
    size_t *fold_of_group = lw_calloc(groups->count, sizeof *fold_of_group);
    lw_status status = LW_OK;
    if (!order || !filled || !fold_of_group)
        status = lw_fail_no_memory(err, "the folds");
    else if (kind == LW_FOLDS_STRATIFIED)
        status = stratify(dataset, groups, order, folds->count, fold_of_group, err);
    else
        for (size_t i = 0; i < groups->count; i++) {
            size_t least = 0;
            for (size_t f = 1; f < folds->count; f++)
                if (filled[f] < filled[least])
                    least = f;
            fold_of_group[order[i]] = least;
            filled[least] += groups->size[order[i]];
        }
    for (size_t i = 0; status == LW_OK && i < groups->records; i++)
        folds->of[i] = fold_of_group[groups->of[i]];
    free(order);
    free(filled);
    free(fold_of_group);
    return status;
}

static int compare_strings(const void *a, const void *b) { return strcmp(*(char *const *)a, *(char *const *)b); }

/** The distinct sources, sorted, and each record's number among them. */
static lw_status deal_sources(const lw_dataset *dataset, lw_folds *folds, lw_error *err) {
    size_t records = lw_dataset_record_count(dataset);
    folds->sources = lw_calloc(records, sizeof *folds->sources);
    if (!folds->sources)
        return lw_fail_no_memory(err, "the sources");
    for (size_t i = 0; i < records; i++)
        folds->sources[i] = lw_dataset_source(dataset, i);
    qsort(folds->sources, records, sizeof *folds->sources, compare_strings);
    folds->count = 0;
    for (size_t i = 0; i < records; i++)
        if (folds->count == 0 || strcmp(folds->sources[folds->count - 1], folds->sources[i]) != 0)
            folds->sources[folds->count++] = folds->sources[i];
    for (size_t i = 0; i < records; i++) {
        const char *source = lw_dataset_source(dataset, i);
        const char **at = bsearch(&source, folds->sources, folds->count, sizeof *folds->sources, compare_strings);
        folds->of[i] = (size_t)(at - folds->sources);
    }
    if (folds->count < 2)
        return lw_fail(err, LW_ERR_ARGUMENT, "all records come from one source, expected two folders or more");
    return LW_OK;
}

lw_status lw_folds_assign(const lw_dataset *dataset, const lw_groups *groups, lw_fold_kind kind, size_t count,
                          uint64_t seed, lw_folds *out, lw_error *err) {
    if (kind != LW_FOLDS_SOURCE && (count < 2 || count > groups->count))
        return lw_fail(err, LW_ERR_ARGUMENT,
                       "%zu folds for %zu groups of records, expected 2 folds or more, and a group for each", count,
                       groups->count);
    lw_folds folds = {.count = count, .of = lw_calloc(groups->records, sizeof *folds.of)};
    lw_status status = LW_OK;
    if (!folds.of)
        status = lw_fail_no_memory(err, "the folds");
    else if (kind == LW_FOLDS_SOURCE)
        status = deal_sources(dataset, &folds, err);
    else
        status = deal_groups(dataset, groups, kind, seed, &folds, err);
    if (status == LW_OK)
        *out = folds;
    else
        lw_folds_free(&folds);
    return status;
}

/** What becomes of a group in one fold. */
typedef enum group_use { USE_TRAIN, USE_VALIDATE, USE_TEST } group_use;

/** Choose groups for validation, in this order as long as they fit; where none does, the smallest. */
static void choose_validation(const lw_groups *groups, const size_t *order, double fraction, group_use *use) {
    size_t left = 0, chosen = 0, smallest = SIZE_MAX;
    for (size_t g = 0; g < groups->count; g++)
        left += use[g] == USE_TRAIN ? groups->size[g] : 0;
    size_t rounded = (size_t)floor(fraction * (double)left + 0.5), room = rounded > 0 ? rounded : 1;
    for (size_t i = 0; i < groups->count; i++) {
        size_t g = order[i];
        if (use[g] != USE_TRAIN)
            continue;
        if (smallest == SIZE_MAX || groups->size[g] < groups->size[smallest])
            smallest = g;
        if (groups->size[g] <= room - chosen) {
            use[g] = USE_VALIDATE;
            chosen += groups->size[g];
        }
    }
    if (chosen == 0 && smallest != SIZE_MAX)
        use[smallest] = USE_VALIDATE;
}

static lw_status write_split(const lw_groups *groups, const lw_folds *folds, size_t fold, const group_use *use,
                             lw_split *out, lw_error *err) {
    lw_split split = {0};
    for (size_t part = 0; part < LW_SPLIT_PARTS; part++) {
        split.index[part] = lw_calloc(groups->records, sizeof(size_t));
        if (!split.index[part]) {
            lw_split_free(&split);
            return lw_fail_no_memory(err, "a split");
        }
    }
    for (size_t i = 0; i < groups->records; i++) {
        size_t record = groups->by_name[i];
        group_use used = use[groups->of[record]];
        if (used == USE_TEST && folds->of[record] != fold)
            continue; /* bound to a record that is tested here: not to be trained on */
        lw_split_part part = used == USE_TEST       ? LW_SPLIT_TEST
                             : used == USE_VALIDATE ? LW_SPLIT_VALIDATION
                                                    : LW_SPLIT_TRAIN;
        split.index[part][split.count[part]++] = record;
    }
    if (split.count[LW_SPLIT_TRAIN] == 0 || split.count[LW_SPLIT_VALIDATION] == 0 || split.count[LW_SPLIT_TEST] == 0) {
        lw_split_free(&split);
        return lw_fail(err, LW_ERR_ARGUMENT,
                       "fold %zu: %zu groups of records are too few to train, validate and test on", fold,
                       groups->count);
    }
    *out = split;
    return LW_OK;
}

lw_status lw_folds_split(const lw_groups *groups, const lw_folds *folds, size_t fold, uint64_t seed,
                         double validation_fraction, lw_split *out, lw_error *err) {
    assert(fold < folds->count);
    group_use *use = lw_calloc(groups->count, sizeof *use);
    size_t *order = shuffled(groups->count, seed, fold + 1); /* stream 0 dealt the folds */
    lw_status status = LW_OK;
    if (!use || !order) {
        status = lw_fail_no_memory(err, "a split");
    } else {
        for (size_t i = 0; i < groups->records; i++)
            if (folds->of[i] == fold)
                use[groups->of[i]] = USE_TEST;
        choose_validation(groups, order, validation_fraction, use);
        status = write_split(groups, folds, fold, use, out, err);
    }
    free(use);
    free(order);
    return status;
}
