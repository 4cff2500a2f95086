/**
 * @file training.h
 * What `train`, `crossval`, `study` and `demo` share: the rows of their options, the data and the network that a
 * command works on, and a training with its progress on standard error.
 */
#ifndef LEADWISE_CLI_TRAINING_H
#define LEADWISE_CLI_TRAINING_H

#include "lab/study.h"
#include "leadwise/report.h"
#include "progress.h"
#include "settings.h"

/** Network, data and training, as rows of a command's table. */
#define CLI_OPTIONS_TRAINING                                                                                           \
    CLI_OPTION_NETWORK,                                                                                                \
        CLI_OPTION_LEADS("leads to train on, or names joined by commas (default: those of the data or the network)",   \
                         NULL),                                                                                        \
        CLI_OPTION_YEAR(NULL), CLI_OPTION_CLASSES, CLI_OPTION_BAND, CLI_OPTION_ENDS, CLI_OPTION_WIDTH("64"),           \
        {.name = "dropout",                                                                                            \
         .kind = CLI_REAL,                                                                                             \
         .argument = "RATE",                                                                                           \
         .high = 0.95,                                                                                                 \
         .best = "0.1",                                                                                                \
         .help = "dropout of every block that has dropout (default: the network's)"},                                  \
        CLI_ROW_FLAG(                                                                                                  \
            "missing-leads",                                                                                           \
            "read leads that a recording lacks as zeros, in training and in the model; --lead-dropout implies it"),    \
        {.name = "inputs",                                                                                             \
         .kind = CLI_TEXT,                                                                                             \
         .argument = "WHAT",                                                                                           \
         .choices = "age,sex",                                                                                         \
         .help = "what the network reads besides the signals: age,sex, or one of them"},                               \
        CLI_ROW_TRAINING("epochs", "stop-after"),                                                                      \
        CLI_ROW_CHOICE("recipe", "NAME", "paper,best", "paper",                                                        \
                       "defaults of training: paper, the papers' values; best, the best value of each option whose "   \
                       "help shows one"),                                                                              \
        CLI_ROW_TRAINING("schedule", "tune-thresholds")

/** What follows the options of how recordings are divided. */
#define CLI_OPTIONS_TRAINING_END                                                                                       \
    CLI_ROW_TRAINING("validation-fraction", "split-seed"),                                                             \
        CLI_ROW_FLAG("resume", "go on from the folder's last checkpoint, if there is one"), CLI_OPTIONS_RECORDINGS,    \
        CLI_OPTION_STRICT, CLI_OPTION_THREADS, CLI_OPTION_ISA, CLI_OPTION_MEMORY_LIMIT

/** Who is who, for commands that divide recordings. */
#define CLI_OPTION_GROUPS                                                                                              \
    CLI_ROW_TEXT(                                                                                                      \
        "groups", "FILE",                                                                                              \
        "CSV file record,group: recordings of a group, such as a patient, are never divided between parts of a split")

/** How `crossval` and `study` divide recordings. */
#define CLI_OPTIONS_FOLDS                                                                                              \
    CLI_ROW_WHOLE("folds", "N", "5", 2, 1000, "number of folds"),                                                      \
        CLI_ROW_CHOICE("split", "HOW", "random,stratified,source", "random",                                           \
                       "how records are divided into folds: at random, with every class spread evenly, or with each "  \
                       "source (folder) as one fold"),                                                                 \
        CLI_OPTION_GROUPS,                                                                                             \
        CLI_ROW_WHOLE("replicates", "N", "1000", 0, 1000000,                                                           \
                      "bootstrap samples behind the 95 % intervals, 0: no intervals")

/** What a command that trains works on. cli_training_end frees all of it. */
typedef struct cli_training {
    const cli_arguments *arguments;
    const char *folder; /**< --output */
    cli_strings paths;
    lw_dataset *dataset;
    lw_lead_set leads;   /**< to train on: all of the data set's, or some */
    int year;            /**< of the Challenge metric */
    lw_network *network; /**< NULL where the command has networks of its own */
    lw_train_options *options;
    const char **label_folders; /**< of cli_crossval_options */
} cli_training;

/** What recordings are prepared for, where no option gives anything else. */
typedef struct cli_recordings {
    lw_lead_set leads;
    int year;
} cli_recordings;

/** Whether the options of training are possible, as far as that shows before any recording is read; an exit code. */
int cli_check_training(const cli_arguments *arguments);
/** Whether the options of folds contradict each other; an exit code. */
int cli_check_folds(const cli_arguments *arguments);

/**
 * Create --output, catch signals, and open the one prepared file among the `count` operands; recordings there are
 * prepared into FOLDER/prepared.safetensors first, which --resume takes when it is there and fits. Where `trains`, the
 * folder receives the resolved options as config.json, which --config reads again; a resumed run keeps its own.
 * --year, --classes and --band that contradict a prepared file, and --leads that it lacks, are an error. Of several
 * processes rank 0 writes files, and the others wait. Options must have passed cli_check_training.
 *
 * @param recordings  what recordings are prepared for, by a command that has networks of its own; NULL: as --network
 *                    and --leads say, and the network is made as well
 * @return CLI_EXIT_OK, or an exit code after a sentence; cli_training_end in any case
 */
int cli_training_begin(const cli_arguments *arguments, const char *const *operands, size_t count, bool trains,
                       const cli_recordings *recordings, cli_training *out);
/** Free what the training holds, and print how an interrupted one goes on. @return `code` */
int cli_training_end(cli_training *training, int code);
/** The exit code of a training, after the library's sentence where it failed rather than was interrupted. */
int cli_training_exit_code(lw_status status, const lw_error *err);

/** The options of folds, of a training that has begun; borrows from it. */
lw_crossval_options cli_crossval_options(cli_training *training);

/** Progress of one training. */
typedef struct cli_training_watch {
    const cli_arguments *arguments;
    cli_progress progress;
    char prefix[48]; /**< of every line: "fold 2/5  " */
    char what[112];
    size_t fold;             /**< from 1; 0 before the first, and for a training alone */
    size_t epochs_done;      /**< by this process: a resumed run began later */
    lw_history_row *history; /**< [epochs], filled by epoch; NULL: not kept */
} cli_training_watch;

/** `watching` must stay where it is until the training has ended. */
void cli_training_watch_start(cli_training_watch *watching, const cli_arguments *arguments, const char *prefix);
/** Start the watch anew where `fold` (from 0) is not the one under way; `name` precedes the fold's number. Before the
 * first fold only `arguments` is set. */
void cli_training_watch_fold(cli_training_watch *watching, const char *name, size_t fold, size_t folds);
/** An lw_train_fn, with the watch as its context: a bar or one line an epoch; stops when a signal came. */
bool cli_training_watch_step(void *context, const lw_train_progress *now);

/**
 * lw_train with a bar, or one line an epoch.
 * @param history  [epochs], receives this process's epochs; NULL: they are not kept
 * @return cli_training_exit_code; *result is filled where that is CLI_EXIT_OK
 */
int cli_train(const cli_arguments *arguments, const lw_network *network, const lw_dataset *dataset,
              const lw_train_options *options, const char *folder, lw_train_result *result, lw_history_row *history);

#endif
