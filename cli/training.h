/**
 * @file training.h
 * What `train`, `crossval`, `study` and `demo` share: the data of a run, and a run with its progress on standard error.
 */
#ifndef LEADWISE_CLI_TRAINING_H
#define LEADWISE_CLI_TRAINING_H

#include "arguments.h"
#include "leadwise/report.h"
#include "leadwise/signal.h"
#include "leadwise/train.h"
#include "paths.h"
#include "progress.h"

typedef struct cli_training_data {
    lw_dataset *dataset;
    lw_lead_set leads; /**< to train on: all of the data set's, or some */
    int year;          /**< of the Challenge metric */
} cli_training_data;

/**
 * Open the one prepared file of `paths`, or prepare the recordings there into FOLDER/prepared.safetensors first;
 * --resume takes that file when it is there and fits. --year, --classes and --band that contradict a prepared file,
 * and --leads that it lacks, are an error. Of several processes rank 0 prepares, and the others wait.
 * @return CLI_EXIT_OK with *out filled (cli_training_data_close it), or an exit code after saying why
 */
int cli_training_data_open(const cli_arguments *arguments, const cli_paths *paths, const char *folder,
                           cli_training_data *out);

/** What recordings are prepared for, where the options do not ask for something else. */
typedef struct cli_recordings {
    lw_lead_set leads;
    int year;
} cli_recordings;

/** The same for a command without --network and --leads: recordings are prepared as `recordings` says. */
int cli_training_data_open_as(const cli_arguments *arguments, const cli_paths *paths, const cli_recordings *recordings,
                              const char *folder, cli_training_data *out);
void cli_training_data_close(cli_training_data *data);

/** Whether the options can train, as far as that shows before any recording is read; an exit code after saying why
 * not. */
int cli_check_training(const cli_arguments *arguments);

/** The options of training, which cli_check_training has checked; lw_train_options_free them. */
lw_train_options *cli_train_options(const cli_arguments *arguments, int year);

/**
 * Create the folder of a run, with the resolved options as FOLDER/config.json, which --config reads again; a resumed
 * run keeps its own. Rank 0 does it for all.
 * @return CLI_EXIT_OK, or an exit code after saying why
 */
int cli_run_folder_begin(const cli_arguments *arguments, const char *folder);

/** Progress of one training. */
typedef struct cli_training_watch {
    const cli_arguments *arguments;
    cli_progress progress;
    char prefix[48]; /**< of every line: "fold 2/5  " */
    char what[112];
    size_t epochs_done;      /**< by this process: a resumed run began later */
    lw_history_row *history; /**< [epochs], filled by epoch; NULL: not kept */
} cli_training_watch;

/** `watching` must stay where it is until the training has ended. */
void cli_training_watch_start(cli_training_watch *watching, const cli_arguments *arguments, const char *prefix);
/** An lw_train_fn, with the watch as its context: a bar or one line an epoch; stops when a signal came. */
bool cli_training_watch_step(void *context, const lw_train_progress *now);

/** lw_train with a bar, or one line an epoch; its exit code, and where that is CLI_EXIT_OK *result. Fills
 * history[options->epochs] with this process's epochs; NULL: not wanted. */
int cli_train(const cli_arguments *arguments, const lw_network *network, const lw_dataset *dataset,
              const lw_train_options *options, const char *folder, lw_train_result *result, lw_history_row *history);

#endif
