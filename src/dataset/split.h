/**
 * @file split.h
 * The division of a data set: records to train on, to validate on, and to test on.
 *
 * A split is a pure function of the seed, the fractions, and the groups of records (groups.h); where the records stand in the
 * file does not matter. Groups are never divided: nothing is trained and tested on, and nobody. They are sorted by their first
 * name, shuffled, and dealt out.
 */
#ifndef LW_DATASET_SPLIT_H
#define LW_DATASET_SPLIT_H

#include "dataset/groups.h"

typedef enum lw_split_part { LW_SPLIT_TRAIN, LW_SPLIT_VALIDATION, LW_SPLIT_TEST, LW_SPLIT_PARTS } lw_split_part;

/** Record numbers of each part, sorted by record name. Zero-initialise; lw_split_free it. */
typedef struct lw_split {
    size_t *index[LW_SPLIT_PARTS];
    size_t count[LW_SPLIT_PARTS];
} lw_split;

/** Fine with NULL and with what is freed already. */
void lw_split_free(lw_split *split);

/**
 * Put test_fraction of the records aside for the test, then validation_fraction of the rest for validation; both in [0,
 * 1), numbers of records rounded half up, at least 1 where the fraction is positive. A part may be a few records
 * smaller or larger, so as not to divide a group.
 * @param group_file  table of groups, NULL: those that the data set knows
 * @return LW_OK, LW_ERR_ARGUMENT (too few different records for the parts asked for), or as lw_groups_find
 */
lw_status lw_split_random(const lw_dataset *dataset, const char *group_file, uint64_t seed, double test_fraction,
                          double validation_fraction, lw_split *out, lw_error *err);

/** The patients of each part of a split. */
typedef struct lw_patient_counts {
    size_t patient_count[LW_SPLIT_PARTS]; /**< known patients */
    size_t unknown_count[LW_SPLIT_PARTS]; /**< records whose patient is unknown */
} lw_patient_counts;

/** Count the patients of each part. Parameters and statuses as above. */
lw_status lw_split_patients(const lw_dataset *dataset, const char *group_file, const lw_split *split,
                            lw_patient_counts *out, lw_error *err);

#endif
