/**
 * @file training_options.h
 * Options of every command that trains, as rows of its table.
 */
#ifndef LEADWISE_CLI_TRAINING_OPTIONS_H
#define LEADWISE_CLI_TRAINING_OPTIONS_H

#include "options.h"

/** Network, data and training. */
#define CLI_OPTIONS_TRAINING                                                                                           \
    CLI_OPTION_NETWORK,                                                                                                \
        CLI_OPTION_LEADS("leads to train on, or names joined by commas "                                               \
                         "(default: those of the data or the network)",                                                \
                         NULL),                                                                                        \
        CLI_OPTION_YEAR(NULL), CLI_OPTION_CLASSES, CLI_OPTION_BAND, CLI_OPTION_WIDTH("64"),                            \
        {.name = "dropout",                                                                                            \
         .kind = CLI_REAL,                                                                                             \
         .argument = "RATE",                                                                                           \
         .high = 0.95,                                                                                                 \
         .best = "0.1",                                                                                                \
         .help = "dropout of every block that has dropout (default: the network's)"},                                  \
        CLI_ROW_FLAG(                                                                                                  \
            "missing-leads",                                                                                           \
            "read leads that a recording lacks as zeros, in training and in the model; --lead-dropout implies "        \
            "it"),                                                                                                     \
        {.name = "inputs",                                                                                             \
         .kind = CLI_TEXT,                                                                                             \
         .argument = "WHAT",                                                                                           \
         .choices = "age,sex",                                                                                         \
         .help = "what the network reads besides the signals: age,sex, or one of them"},                               \
        CLI_ROW_TRAINING("epochs", "stop-after"),                                                                      \
        CLI_ROW_CHOICE("recipe", "NAME", "paper,best", "paper",                                                        \
                       "defaults of training: the papers' values, or for options that show a best value, that one"),   \
        CLI_ROW_TRAINING("schedule", "tune-thresholds")

/** What follows the options of how records are split. */
#define CLI_OPTIONS_TRAINING_END                                                                                       \
    CLI_ROW_TRAINING("validation-fraction", "split-seed"),                                                             \
        CLI_ROW_FLAG("resume", "go on from the folder's last checkpoint, if there is one"), CLI_OPTION_CSV_RATE,       \
        CLI_OPTION_STRICT, CLI_OPTION_THREADS, CLI_OPTION_ISA, CLI_OPTION_MEMORY_LIMIT

#endif
