/**
 * @file fold_options.h
 * How `crossval` and `study` divide records: options, and what they make.
 */
#ifndef LEADWISE_CLI_FOLD_OPTIONS_H
#define LEADWISE_CLI_FOLD_OPTIONS_H

#include "arguments.h"
#include "lab/study.h"
#include "options.h"

/** Rows of a command's table. */
#define CLI_OPTIONS_FOLDS                                                                                              \
    CLI_ROW_WHOLE("folds", "N", "5", 2, 1000, "how many"),                                                             \
        CLI_ROW_CHOICE("split", "HOW", "random,stratified,source", "random",                                           \
                       "records to folds: at random, each class evenly, or each source (folder) a fold"),              \
        CLI_ROW_TEXT("groups", "FILE", "CSV file record,group: records of a group stay in one fold"),                  \
        CLI_ROW_WHOLE("replicates", "N", "1000", 0, 1000000,                                                           \
                      "bootstrap samples behind the 95 % intervals, 0: no intervals")

/** Those options, and `train` borrowed; the label folders are the caller's. */
lw_crossval_options cli_crossval_options(const cli_arguments *arguments, const lw_train_options *train);

/** CLI_EXIT_OK, or CLI_EXIT_USAGE after saying which options contradict each other. */
int cli_check_folds(const cli_arguments *arguments);

#endif
