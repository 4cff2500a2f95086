/**
 * @file train_split.h
 * Training on a split of the caller's, as cross-validation does.
 */
#ifndef LW_TRAIN_TRAIN_SPLIT_H
#define LW_TRAIN_TRAIN_SPLIT_H

#include "dataset/split.h"
#include "train/options_table.h"

/**
 * As lw_train, on `split` (borrowed for the call) in place of one drawn from the options' seed and fractions. It must
 * have records to train and to validate on; an empty test part is fine.
 */
lw_status lw_train_on_split(const lw_network *network, const lw_dataset *dataset, const lw_split *split,
                            const lw_train_options *options, const char *run_folder, lw_train_fn *progress,
                            void *context, lw_train_result *result, lw_error *err);

/**
 * Whether `run_folder` holds the finished run that lw_train_on_split would resume to; then its summary in *result.
 * Reads the data set once, for its hash.
 * @return LW_OK, LW_ERR_MISMATCH (a finished run of another configuration) or LW_ERR_NO_MEMORY
 */
lw_status lw_train_finished_on_split(const lw_network *network, const lw_dataset *dataset, const lw_split *split,
                                     const lw_train_options *options, const char *run_folder, bool *finished,
                                     lw_train_result *result, lw_error *err);

#endif
