/**
 * @file recipe_options.h
 * Options of every command that trains for what the papers do not do, as rows of its table. All are off by default.
 */
#ifndef LEADWISE_CLI_RECIPE_OPTIONS_H
#define LEADWISE_CLI_RECIPE_OPTIONS_H

#include "options.h"

#define CLI_OPTIONS_RECIPE                                                                                             \
    {.name = "recipe",                                                                                                 \
     .kind = CLI_CHOICE,                                                                                               \
     .argument = "NAME",                                                                                               \
     .choices = "paper,best",                                                                                          \
     .value = "paper",                                                                                                 \
     .help = "defaults of epochs, batch, rate and the options from here to --tune-thresholds"},                        \
        {.name = "schedule",                                                                                           \
         .kind = CLI_CHOICE,                                                                                           \
         .argument = "HOW",                                                                                            \
         .choices = "plateau,cosine",                                                                                  \
         .value = "plateau",                                                                                           \
         .help = "of the rate: as --halve-after says, or a half cosine over the epochs"},                              \
        {.name = "warmup",                                                                                             \
         .kind = CLI_REAL,                                                                                             \
         .argument = "EPOCHS",                                                                                         \
         .value = "0",                                                                                                 \
         .high = 100000,                                                                                               \
         .help = "let the rate rise from 0 over so many"},                                                             \
        {.name = "keep",                                                                                               \
         .kind = CLI_CHOICE,                                                                                           \
         .argument = "WHICH",                                                                                          \
         .choices = "best-loss,best-metric,last",                                                                      \
         .value = "best-loss",                                                                                         \
         .help = "epoch whose weights are the model's, by the validation records"},                                    \
        {.name = "weight-decay",                                                                                       \
         .kind = CLI_REAL,                                                                                             \
         .argument = "W",                                                                                              \
         .value = "0",                                                                                                 \
         .high = 100,                                                                                                  \
         .help = "of AdamW, on the weights of convolutions and dense layers"},                                         \
        {.name = "mixup",                                                                                              \
         .kind = CLI_REAL,                                                                                             \
         .argument = "ALPHA",                                                                                          \
         .value = "0",                                                                                                 \
         .high = 4,                                                                                                    \
         .help = "mix each record with another, in shares drawn from Beta(ALPHA, ALPHA)"},                             \
        {.name = "augment",                                                                                            \
         .kind = CLI_TEXT,                                                                                             \
         .argument = "LIST",                                                                                           \
         .choices = "shift,scale,wander,noise,resample,cutout,all,none",                                               \
         .value = "none",                                                                                              \
         .help = "change records at random, in ways joined by commas"},                                                \
        {.name = "lead-dropout",                                                                                       \
         .kind = CLI_REAL,                                                                                             \
         .argument = "P",                                                                                              \
         .value = "0",                                                                                                 \
         .high = 1,                                                                                                    \
         .help = "probability that a record is seen with some of its leads only; implies --missing-leads"},            \
        {.name = "label-mask",                                                                                         \
         .kind = CLI_FLAG,                                                                                             \
         .help = "leave a class that no record of a source (folder) carries out of that source's loss"},               \
        {.name = "metric-loss",                                                                                        \
         .kind = CLI_REAL,                                                                                             \
         .argument = "WEIGHT",                                                                                         \
         .value = "0",                                                                                                 \
         .high = 1000,                                                                                                 \
         .help = "add a loss by the Challenge metric of the probabilities"},                                           \
        {.name = "metric-head",                                                                                        \
         .kind = CLI_REAL,                                                                                             \
         .argument = "WEIGHT",                                                                                         \
         .value = "0",                                                                                                 \
         .high = 1000,                                                                                                 \
         .help = "train a second head by the Challenge metric; the model has only the first"},                         \
        {.name = "average",                                                                                            \
         .kind = CLI_REAL,                                                                                             \
         .argument = "DECAY",                                                                                          \
         .value = "0",                                                                                                 \
         .high = 0.99999,                                                                                              \
         .help = "judge and keep a moving average of the weights"},                                                    \
    {                                                                                                                  \
        .name = "tune-thresholds", .kind = CLI_FLAG,                                                                   \
        .help = "store the thresholds in the model that are best on the validation records"                            \
    }

#endif
