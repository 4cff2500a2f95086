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
    {.name = "folds", .kind = CLI_WHOLE, .argument = "N", .value = "5", .low = 2, .high = 1000, .help = "how many"},   \
        {.name = "split",                                                                                              \
         .kind = CLI_CHOICE,                                                                                           \
         .argument = "HOW",                                                                                            \
         .choices = "random,stratified,source",                                                                        \
         .value = "random",                                                                                            \
         .help = "records to folds: at random, each class evenly, or each source (folder) a fold"},                    \
        {.name = "groups",                                                                                             \
         .kind = CLI_TEXT,                                                                                             \
         .argument = "FILE",                                                                                           \
         .help = "CSV file record,group: records of a group stay in one fold"},                                        \
    {                                                                                                                  \
        .name = "replicates", .kind = CLI_WHOLE, .argument = "N", .value = "1000", .high = 1000000,                    \
        .help = "bootstrap samples behind the 95 % intervals, 0: no intervals"                                         \
    }

/** Those options, and `train` borrowed; the label folders are the caller's. */
lw_crossval_options cli_crossval_options(const cli_arguments *arguments, const lw_train_options *train);

/** CLI_EXIT_OK, or CLI_EXIT_USAGE after saying which options contradict each other. */
int cli_check_folds(const cli_arguments *arguments);

#endif
