/**
 * @file folds.h
 * The fold that tests each record, and the split that trains for a fold.
 */
#ifndef LW_LAB_FOLDS_H
#define LW_LAB_FOLDS_H

#include "dataset/groups.h"
#include "dataset/split.h"
#include "lab/study.h"

/** Zero-initialise; lw_folds_free it. */
typedef struct lw_folds {
    size_t count;
    size_t *of;           /**< [records], the fold that tests each */
    const char **sources; /**< [count], what each fold leaves out (the data set's strings); NULL unless by source */
} lw_folds;

/**
 * Deal all records to `count` folds; a pure function of seed, groups, names, labels and sources. Groups stay whole, but
 * for LW_FOLDS_SOURCE, where every record is tested with its source and lw_folds_split leaves out the copies.
 *
 * LW_FOLDS_STRATIFIED is iterative stratification, with whole groups in the place of examples: the class with fewest
 * records left is dealt first, each of its groups to the fold that lacks most of that class, then most records.
 * @return LW_OK, LW_ERR_ARGUMENT (a fold would be empty; fewer than two sources) or LW_ERR_NO_MEMORY
 * Source: Sechidis, Tsoumakas and Vlahavas, "On the stratification of multi-label data", ECML PKDD 2011.
 */
lw_status lw_folds_assign(const lw_dataset *dataset, const lw_groups *groups, lw_fold_kind kind, size_t count,
                          uint64_t seed, lw_folds *out, lw_error *err);
void lw_folds_free(lw_folds *folds);

/**
 * The records of `fold` are the test. Of the groups without a test record, random ones with `validation_fraction` of
 * their records (rounded half up, at least 1; a few less where groups are large) are for validation, the others for
 * training. Groups with a test record that is not all in the fold are left out of both. lw_split_free *out.
 * @return LW_OK, LW_ERR_ARGUMENT (nothing left to train or validate on) or LW_ERR_NO_MEMORY
 */
lw_status lw_folds_split(const lw_groups *groups, const lw_folds *folds, size_t fold, uint64_t seed,
                         double validation_fraction, lw_split *out, lw_error *err);

#endif
