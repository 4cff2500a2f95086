/* This file is `leadwise train`, which trains a network. */
#include <math.h>
#include <stdio.h>

#include "training.h"

static const cli_option options[] = {
    CLI_OPTION_OUTPUT("DIR", "folder of the run", true),
    CLI_OPTIONS_TRAINING,
    CLI_ROW_TRAINING("test-fraction", "test-fraction"),
    CLI_OPTION_GROUPS,
    CLI_OPTIONS_TRAINING_END,
    CLI_ROW_END,
};

static void print_score(const lw_measures *scores, lw_measure measure, const char *title) {
    if (!isnan(scores->value[measure]))
        printf("  %-18s %.3f\n", title, scores->value[measure]);
}

/** The scores of the test split, and where the model is. */
static void print_run(const cli_arguments *arguments, const lw_train_test *test, const char *folder) {
    const lw_measures *scores = test->has_fallback ? &test->fallback : &test->plain;
    if (test->record_count > 0 && !cli_flag(arguments, "quiet")) {
        printf("test split (%zu recording%s):\n", test->record_count, cli_s(test->record_count));
        print_score(scores, LW_CHALLENGE_METRIC, "Challenge metric");
        print_score(scores, LW_AUROC, "AUROC");
        print_score(scores, LW_AUPRC, "AUPRC");
        print_score(scores, LW_ACCURACY, "accuracy");
        print_score(scores, LW_F_MEASURE, "F-measure");
        if (test->has_tuned)
            print_score(&test->tuned, LW_CHALLENGE_METRIC, "- at its thresholds");
    }
    printf("model: %s/model.safetensors\n", folder);
}

static int train(cli_training *training) {
    lw_train_result result;
    const int code = cli_train(training->arguments, training->network, training->dataset, training->options,
                               training->folder, &result, NULL);
    if (code == CLI_EXIT_OK)
        print_run(training->arguments, &result.test, training->folder);
    return code;
}

static int run(const cli_arguments *arguments) {
    const char *const *operands;
    const size_t count = cli_operands(arguments, &operands);
    cli_training training;
    if (count == 0)
        return cli_usage_error(arguments, "'train' needs recordings or a prepared file");
    int code = cli_check_training(arguments);
    if (code != CLI_EXIT_OK)
        return code;
    code = cli_training_begin(arguments, operands, count, true, NULL, &training);
    return cli_training_end(&training, code == CLI_EXIT_OK ? train(&training) : code);
}

const cli_command cli_command_train = {
    .name = "train",
    .summary = "Train a network",
    .synopsis = "DATA... -o DIR",
    .description =
        "DATA is a prepared file, or recordings and folders of them, which are then prepared into "
        "DIR/prepared.safetensors (recordings that must be rejected are listed and left out). DIR receives "
        "model.safetensors (the weights of the best epoch), history.csv, run.json (configuration, splits, scores of "
        "the test split), config.json (these options, for --config) and the last checkpoint.\n\n"
        "Copies of a recording, and recordings of one patient (--groups, or the column group of labels.csv, which "
        "prepared "
        "files keep), are never divided between training, validation and test; run.json counts the patients of each. "
        "Data "
        "without one scored diagnosis are refused.\n\n"
        "Without --year the classes and the metric are those of the prepared file, else of the year the network is "
        "described for. Same seed, network and data: same bytes, for any number of threads. Ctrl-C (SIGINT, SIGTERM) "
        "finishes the step, saves a checkpoint and exits with 75; the same command with --resume goes on and ends with "
        "the same bytes. --resume without a checkpoint starts anew; on a finished run it changes nothing.\n\n"
        "Started by mpirun, the processes divide each batch; the same number of them gives the same bytes.\n\n"
        "--set network.KEY=VALUE changes a number of the network's description, as in --set "
        "network.branches.0.blocks.0.filters=32.",
    .examples = "leadwise train recordings/ -o run\n"
                "leadwise train prepared.safetensors -o run --network metaheart2020 --epochs 30\n"
                "leadwise train recordings/ -o run-2 --leads 2 --width 32 --seed 7\n"
                "leadwise train recordings/ -o run-3 --groups patients.csv",
    .options = options,
    .run = run,
    .divides = true,
};
