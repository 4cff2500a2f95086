/**
 * @file configuration.h
 * What makes a run the run it is: equal configurations give equal bytes.
 *
 * The number of epochs is not in it (a run may be continued to more) but where the schedule is laid out over them, nor
 * the number of threads (the result does not depend on it). Options beyond the papers are in it where they are on.
 */
#ifndef LW_TRAIN_CONFIGURATION_H
#define LW_TRAIN_CONFIGURATION_H

#include "dataset/split.h"
#include "leadwise/train.h"

/** JSON object; reads the data set once, for its hash. lw_string_free *out. @return LW_OK or LW_ERR_NO_MEMORY */
lw_status lw_configuration_write(const lw_network *network, const lw_dataset *dataset, const lw_split *split,
                                 const lw_train_options *options, char **out, lw_error *err);

enum { LW_DIFFERENCE_BYTES = 288 };
/** Whether two configurations differ; then `difference` says in what, as "batch was 64, now 32". */
bool lw_configuration_differs(const char *before, const char *now, char difference[LW_DIFFERENCE_BYTES]);

#endif
