/**
 * @file split.h
 * The division of a data set: records to train on, to validate on, and to test on.
 *
 * A split is a pure function of the seed, the fractions, and the records' names and signal hashes; where the records
 * stand in the file does not matter. Records whose prepared signals are equal (a recording that was published twice)
 * form a group, and groups are never divided: nothing is trained and tested on. Groups are sorted by their first
 * name, shuffled, and dealt out.
 */
#ifndef LW_DATASET_SPLIT_H
#define LW_DATASET_SPLIT_H

#include "leadwise/dataset.h"

typedef enum lw_split_part { LW_SPLIT_TRAIN, LW_SPLIT_VALIDATION, LW_SPLIT_TEST, LW_SPLIT_PARTS } lw_split_part;

/** Record numbers of each part, sorted by record name. Zero-initialise; lw_split_free it. */
typedef struct lw_split {
    size_t *index[LW_SPLIT_PARTS];
    size_t count[LW_SPLIT_PARTS];
} lw_split;

void lw_split_free(lw_split *split);

/**
 * Put test_fraction of the records aside for the test, then validation_fraction of the rest for validation; both in [0,
 * 1), numbers of records rounded half up, at least 1 where the fraction is positive. A part may be a few records
 * smaller or larger, so as not to divide a group.
 * @return LW_OK, LW_ERR_ARGUMENT (too few different records for the parts asked for) or LW_ERR_NO_MEMORY
 */
lw_status lw_split_random(const lw_dataset *dataset, uint64_t seed, double test_fraction, double validation_fraction,
                          lw_split *out, lw_error *err);

#endif
