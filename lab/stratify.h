/**
 * @file stratify.h
 * Iterative stratification.
 */
#ifndef LW_LAB_STRATIFY_H
#define LW_LAB_STRATIFY_H

#include "lab/groups.h"

/**
 * fold_of_group[groups->count]: see lw_folds_assign. `order` is the order in which the groups are taken up, and so the
 * only random part; ties go to the lowest fold.
 * @return LW_OK or LW_ERR_NO_MEMORY
 */
lw_status lw_stratify(const lw_dataset *dataset, const lw_groups *groups, const size_t *order, size_t folds,
                      size_t *fold_of_group, lw_error *err);

#endif
