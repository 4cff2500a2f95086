/**
 * @file prepared_scores.h
 * The scores of a model on a prepared file with labels.
 */
#ifndef LEADWISE_CLI_PREPARED_SCORES_H
#define LEADWISE_CLI_PREPARED_SCORES_H

#include "leadwise/report.h"
#include "leadwise/signal.h"
#include "leadwise/train.h"

/**
 * Predict every record of `dataset` (`shown` names it in sentences) and score the decisions against its labels.
 * @param out  the caller's, lw_scores_free
 */
lw_status cli_score_prepared(const lw_model *model, const lw_dataset *dataset, const char *shown, int year, int threads,
                             lw_scores *out, lw_error *err);

#endif
