/**
 * @file training_options.h
 * Options of every command that trains, as rows of its table.
 */
#ifndef LEADWISE_CLI_TRAINING_OPTIONS_H
#define LEADWISE_CLI_TRAINING_OPTIONS_H

#include "leadwise/record.h"
#include "options.h"
#include "recipe_options.h"

/** Network, data and schedule. */
#define CLI_OPTIONS_TRAINING                                                                                           \
    CLI_OPTION_NETWORK,                                                                                                \
        CLI_OPTION_LEADS("leads to train on, or names joined by commas "                                               \
                         "(default: those of the data or the network)",                                                \
                         NULL),                                                                                        \
        CLI_OPTION_YEAR(NULL), CLI_OPTION_CLASSES, CLI_OPTION_BAND, CLI_OPTION_WIDTH("64"),                            \
        CLI_OPTION_DROPOUT("of every block that has dropout (default: the network's)", NULL),                          \
        {.name = "missing-leads",                                                                                      \
         .kind = CLI_FLAG,                                                                                             \
         .help = "leads that cannot be had are zeros, in training and of the model for good"},                         \
        {.name = "inputs",                                                                                             \
         .kind = CLI_TEXT,                                                                                             \
         .argument = "WHAT",                                                                                           \
         .choices = "age,sex",                                                                                         \
         .help = "what the network is told besides the signals: age,sex, or one of them"},                             \
        {.name = "epochs",                                                                                             \
         .kind = CLI_WHOLE,                                                                                            \
         .argument = "N",                                                                                              \
         .value = "100",                                                                                               \
         .low = 1,                                                                                                     \
         .high = 100000,                                                                                               \
         .help = "epochs at most"},                                                                                    \
        {.name = "batch",                                                                                              \
         .kind = CLI_WHOLE,                                                                                            \
         .argument = "N",                                                                                              \
         .value = "64",                                                                                                \
         .low = 1,                                                                                                     \
         .high = 65536,                                                                                                \
         .help = "records a step"},                                                                                    \
        {.name = "learning-rate",                                                                                      \
         .kind = CLI_REAL,                                                                                             \
         .argument = "RATE",                                                                                           \
         .value = "0.001",                                                                                             \
         .high = 10,                                                                                                   \
         .help = "of Adam, at the start"},                                                                             \
        {.name = "halve-after",                                                                                        \
         .kind = CLI_WHOLE,                                                                                            \
         .argument = "N",                                                                                              \
         .value = "5",                                                                                                 \
         .high = 100000,                                                                                               \
         .help = "halve the rate after so many epochs without a lower validation loss, 0: never"},                     \
        {.name = "stop-after",                                                                                         \
         .kind = CLI_WHOLE,                                                                                            \
         .argument = "N",                                                                                              \
         .high = 100000,                                                                                               \
         .help = "and stop after so many, 0: never (default: 10, with --schedule cosine 0)"},                          \
        CLI_OPTIONS_RECIPE

/** What follows the options of how records are split. */
#define CLI_OPTIONS_TRAINING_END                                                                                       \
    {.name = "validation-fraction",                                                                                    \
     .kind = CLI_REAL,                                                                                                 \
     .argument = "F",                                                                                                  \
     .value = "0.1",                                                                                                   \
     .high = 0.9,                                                                                                      \
     .help = "of the others, for choosing the epoch"},                                                                 \
        {.name = "fallback",                                                                                           \
         .kind = CLI_TEXT,                                                                                             \
         .argument = "CODE",                                                                                           \
         .value = LW_CODE_NSR,                                                                                         \
         .help = "diagnosis of the model when no class is positive, or none"},                                         \
        {.name = "resume", .kind = CLI_FLAG, .help = "go on from the folder's last checkpoint, if there is one"},      \
        CLI_OPTION_SEED("0"),                                                                                          \
        {.name = "split-seed",                                                                                         \
         .kind = CLI_WHOLE,                                                                                            \
         .argument = "N",                                                                                              \
         .help = "seed of what is trained and judged on (default: --seed)"},                                           \
        CLI_OPTION_CSV_RATE, CLI_OPTION_STRICT, CLI_OPTION_THREADS, CLI_OPTION_ISA, CLI_OPTION_MEMORY_LIMIT

#endif
