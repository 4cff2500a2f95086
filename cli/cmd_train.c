#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "interrupt.h"
#include "messages.h"
#include "run_report.h"
#include "settings.h"
#include "training.h"

static const cli_option options[] = {
    {.name = "output",
     .letter = 'o',
     .kind = CLI_TEXT,
     .argument = "DIR",
     .help = "folder of the run",
     .required = true},
    {.name = "network",
     .kind = CLI_TEXT,
     .argument = "NAME",
     .choices = "metaheart2020,multiscale2021",
     .value = "multiscale2021",
     .help = "a network, one of its variants, or a JSON file"},
    CLI_OPTION_LEADS("leads to train on, or names joined by commas (default: those of the data or the network)", NULL),
    CLI_OPTION_YEAR(NULL),
    CLI_OPTION_CLASSES,
    CLI_OPTION_BAND,
    {.name = "width",
     .kind = CLI_WHOLE,
     .argument = "N",
     .value = "64",
     .low = 1,
     .high = 1024,
     .help = "scale the filters by N / 64"},
    {.name = "dropout",
     .kind = CLI_REAL,
     .argument = "RATE",
     .high = 0.95,
     .help = "of every block that has dropout (default: the network's)"},
    {.name = "epochs",
     .kind = CLI_WHOLE,
     .argument = "N",
     .value = "100",
     .low = 1,
     .high = 100000,
     .help = "epochs at most"},
    {.name = "batch",
     .kind = CLI_WHOLE,
     .argument = "N",
     .value = "64",
     .low = 1,
     .high = 65536,
     .help = "records a step"},
    {.name = "learning-rate",
     .kind = CLI_REAL,
     .argument = "RATE",
     .value = "0.001",
     .high = 10,
     .help = "of Adam, at the start"},
    {.name = "halve-after",
     .kind = CLI_WHOLE,
     .argument = "N",
     .value = "5",
     .high = 100000,
     .help = "halve the rate after so many epochs without a lower validation loss, 0: never"},
    {.name = "stop-after",
     .kind = CLI_WHOLE,
     .argument = "N",
     .value = "10",
     .high = 100000,
     .help = "and stop after so many, 0: never"},
    {.name = "test-fraction",
     .kind = CLI_REAL,
     .argument = "F",
     .value = "0.2",
     .high = 0.9,
     .help = "of the records, kept apart for the scores at the end"},
    {.name = "validation-fraction",
     .kind = CLI_REAL,
     .argument = "F",
     .value = "0.1",
     .high = 0.9,
     .help = "of the others, for choosing the epoch"},
    {.name = "fallback",
     .kind = CLI_TEXT,
     .argument = "CODE",
     .value = LW_CODE_NSR,
     .help = "diagnosis of the model when no class is positive, or none"},
    {.name = "resume", .kind = CLI_FLAG, .help = "go on from the folder's last checkpoint, if there is one"},
    CLI_OPTION_SEED("0"),
    CLI_OPTION_CSV_RATE,
    CLI_OPTION_STRICT,
    CLI_OPTION_THREADS,
    CLI_OPTION_END,
};

static lw_train_options train_options(const cli_arguments *arguments, int year) {
    lw_train_options how = lw_train_options_default();
    const char *fallback = cli_text(arguments, "fallback");
    how.seed = cli_whole(arguments, "seed");
    how.epochs = (size_t)cli_whole(arguments, "epochs");
    how.batch = (size_t)cli_whole(arguments, "batch");
    how.learning_rate = cli_real(arguments, "learning-rate");
    how.patience_halve = (size_t)cli_whole(arguments, "halve-after");
    how.patience_stop = (size_t)cli_whole(arguments, "stop-after");
    how.test_fraction = cli_real(arguments, "test-fraction");
    how.validation_fraction = cli_real(arguments, "validation-fraction");
    how.year = year;
    how.fallback = strcmp(fallback, "none") == 0 ? NULL : fallback;
    how.threads = (int)cli_whole(arguments, "threads");
    how.resume = cli_flag(arguments, "resume");
    return how;
}

/** The resolved options as RUN_DIR/config.json, which --config reads again; a resumed run keeps its own. */
static lw_status write_config(const cli_arguments *arguments, const char *folder, lw_error *err) {
    char *json = cli_arguments_json(arguments);
    char *path = cli_format("%s/config.json", folder);
    char *text = cli_format("%s\n", json);
    const bool keep = cli_flag(arguments, "resume") && cli_file_exists(path);
    const lw_status status = keep ? LW_OK : cli_file_write(path, text, err);
    free(text);
    free(path);
    free(json);
    return status;
}

static int train(const cli_arguments *arguments, const cli_training_data *data, const char *folder) {
    const lw_train_options how = train_options(arguments, data->year);
    const char *wrong = lw_train_options_check(&how);
    lw_network *network = NULL;
    if (wrong != NULL) {
        return cli_usage_error(cli_arguments_command(arguments), "%s", wrong);
    }
    const size_t outputs = lw_class_count(lw_dataset_classes(data->dataset));
    int code = cli_network(arguments, lw_dataset_leads(data->dataset), outputs, &network);
    if (code == CLI_EXIT_OK) {
        code = cli_train(arguments, network, data->dataset, &how, folder);
    }
    lw_network_free(&network);
    return code;
}

static int run(const cli_arguments *arguments) {
    const char *const *operands;
    const size_t count = cli_operands(arguments, &operands);
    const char *folder = cli_text(arguments, "output");
    cli_training_data data = {0};
    lw_error err;
    if (count == 0) {
        return cli_usage_error(cli_arguments_command(arguments), "'train' needs recordings or a prepared file");
    }
    if (cli_folder_create(folder, &err) != LW_OK || write_config(arguments, folder, &err) != LW_OK) {
        return cli_fail(&err);
    }
    cli_interrupt_catch();
    cli_paths paths = cli_paths_read(operands, count);
    int code = cli_training_data_open(arguments, &paths, folder, &data);
    cli_paths_free(&paths);
    if (code == CLI_EXIT_OK) {
        code = train(arguments, &data, folder);
    }
    if (code == CLI_EXIT_OK) {
        cli_print_run(arguments, folder);
    } else if (code == CLI_EXIT_INTERRUPTED) {
        cli_say(arguments, "stopped; the same command with --resume goes on");
    }
    cli_training_data_close(&data);
    return code;
}

const cli_command cli_command_train = {
    .name = "train",
    .summary = "Train a network",
    .synopsis = "DATA... -o DIR",
    .description =
        "DATA is a prepared file, or recordings and folders of them, which are then prepared into "
        "DIR/prepared.safetensors "
        "(recordings that must be rejected are listed and left out). DIR receives model.safetensors (the weights of "
        "the best "
        "epoch), history.csv, run.json (configuration, splits, scores of the test split), config.json (these options, "
        "for "
        "--config) and the last checkpoint.\n\n"
        "Without --year the classes and the metric are those of the prepared file, else of the year the network is "
        "described "
        "for. Same seed, network and data: same bytes, for any number of threads. Ctrl-C (SIGINT, SIGTERM) finishes "
        "the step, "
        "saves a checkpoint and exits with 75; the same command with --resume goes on and ends with the same bytes. "
        "--resume without a checkpoint starts anew; on a finished run it changes nothing.\n\n"
        "--set network.KEY=VALUE changes a number of the network's description, as in "
        "--set network.branches.0.blocks.1.filters=32.",
    .examples = "leadwise train recordings/ -o run\n"
                "leadwise train prepared.safetensors -o run --network metaheart2020 --epochs 30\n"
                "leadwise train recordings/ -o run-2 --leads 2 --width 32 --seed 7",
    .options = options,
    .run = run,
};
