/**
 * @file subgroups.h
 * Scores of the records of each source, sex and age band.
 */
#ifndef LW_EVALUATE_SUBGROUPS_H
#define LW_EVALUATE_SUBGROUPS_H

#include "evaluate/label_set.h"
#include "evaluate/scoring.h"

/**
 * Divide the records by one of lw_division and append the scores of each group to out->groups, sources by name, sexes
 * and age bands in the order of lw_division.
 *
 * @param answers   in the order of `labels`
 * @param out       lw_evaluation_free it, also after a failure
 * @return LW_OK or LW_ERR_NO_MEMORY
 */
lw_status lw_subgroups_score(const lw_scoring *scoring, const lw_answers *answers, const lw_label_set *labels,
                             lw_division by, const lw_evaluate_options *options, lw_evaluation *out, lw_error *err);

#endif
