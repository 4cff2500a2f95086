/**
 * @file training.h
 * What `train` and `demo` share: the data of a run, and a run with its progress on standard error.
 */
#ifndef LEADWISE_CLI_TRAINING_H
#define LEADWISE_CLI_TRAINING_H

#include "arguments.h"
#include "leadwise/leadwise.h"
#include "paths.h"

typedef struct cli_training_data {
    lw_dataset *dataset;
    int year; /**< of the Challenge metric */
} cli_training_data;

/**
 * Open the one prepared file of `paths`, or prepare the recordings there into FOLDER/prepared.safetensors first;
 * --resume takes that file when it is there and fits. --year, --classes, --band and --leads that contradict a prepared
 * file are an error.
 * @return CLI_EXIT_OK with *out filled (cli_training_data_close it), or an exit code after saying why
 */
int cli_training_data_open(const cli_arguments *arguments, const cli_paths *paths, const char *folder,
                           cli_training_data *out);
void cli_training_data_close(cli_training_data *data);

/** lw_train with a bar, or one line an epoch; its exit code. */
int cli_train(const cli_arguments *arguments, const lw_network *network, const lw_dataset *dataset,
              const lw_train_options *options, const char *folder);

#endif
