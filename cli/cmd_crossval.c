/* This file is `leadwise crossval`, which trains and tests by folds. */
#include <math.h>
#include <stdio.h>

#include "training.h"

static const cli_option options[] = {
    CLI_OPTION_OUTPUT("DIR", "folder of the cross-validation", true),
    CLI_OPTIONS_FOLDS,
    CLI_OPTIONS_TRAINING,
    CLI_OPTIONS_TRAINING_END,
    CLI_ROW_END,
};

static bool on_step(void *context, size_t fold, size_t folds, const lw_train_progress *now) {
    cli_training_watch_fold(context, "", fold, folds);
    return cli_training_watch_step(context, now);
}

/** A row of the table: pooled score, mean and deviation over the folds, interval. */
static void print_measure(const lw_rule_scores *rule, lw_measure m, const char *title) {
    if (isnan(rule->pooled.value[m]))
        return;
    printf("  %-18s %7.3f", title, rule->pooled.value[m]);
    if (!isnan(rule->mean.value[m]) && !isnan(rule->deviation.value[m]))
        printf("   %6.3f +- %.3f", rule->mean.value[m], rule->deviation.value[m]);
    if (!isnan(rule->interval[m].low))
        printf("   [%.3f, %.3f]", rule->interval[m].low, rule->interval[m].high);
    putchar('\n');
}

static void print_results(const cli_arguments *arguments, const lw_crossval_result *result, const char *folder) {
    static const char *const titles[LW_RULE_COUNT] = {"threshold 0.5", "threshold 0.5 and fallback",
                                                      "tuned thresholds"};
    if (!cli_flag(arguments, "quiet")) {
        printf("%zu recordings, %zu of them rejected, %zu folds\n", result->record_count, result->rejected_count,
               result->fold_count);
        printf("%-20s %7s   %-15s   %s\n", "", "pooled", "mean of folds", "95 % interval");
        for (size_t i = 0; i < LW_RULE_COUNT; i++) {
            const lw_rule_scores *rule = &result->rules[i];
            printf("%s\n", titles[i]);
            print_measure(rule, LW_CHALLENGE_METRIC, "Challenge metric");
            print_measure(rule, LW_AUROC, "AUROC");
            print_measure(rule, LW_AUPRC, "AUPRC");
            print_measure(rule, LW_ACCURACY, "accuracy");
            print_measure(rule, LW_F_MEASURE, "F-measure");
        }
    }
    printf("results: %s/results.json\n", folder);
}

static int crossval(cli_training *training) {
    const lw_crossval_options how = cli_crossval_options(training);
    cli_training_watch watching = {.arguments = training->arguments};
    lw_crossval_result result = {.record_count = 0};
    lw_error err;
    const lw_status status =
        lw_crossval(training->network, training->dataset, &how, training->folder, on_step, &watching, &result, &err);
    cli_progress_clear(&watching.progress);
    if (status == LW_OK)
        print_results(training->arguments, &result, training->folder);
    return cli_training_exit_code(status, &err);
}

static int run(const cli_arguments *arguments) {
    const char *const *operands;
    const size_t count = cli_operands(arguments, &operands);
    cli_training training;
    if (count == 0)
        return cli_usage_error(arguments, "'crossval' needs recordings or a prepared file");
    int code = cli_check_folds(arguments);
    if (code == CLI_EXIT_OK)
        code = cli_check_training(arguments);
    if (code != CLI_EXIT_OK)
        return code;
    code = cli_training_begin(arguments, operands, count, true, NULL, &training);
    return cli_training_end(&training, code == CLI_EXIT_OK ? crossval(&training) : code);
}

const cli_command cli_command_crossval = {
    .name = "crossval",
    .summary = "Train on some folds, score the others, in turn",
    .synopsis = "DATA... -o DIR",
    .description =
        "Every record is scored by a network that was not trained on it. DATA is a prepared file, or recordings and "
        "folders of them, which are then prepared into DIR/prepared.safetensors. DIR receives fold0/, fold1/, ... "
        "(what 'train' leaves, the model among it), model.safetensors (the folds' models as one ensemble), outputs/ (a "
        "file a record in the Challenge's format) and results.json: the scores of all records pooled, of each fold, "
        "their mean and deviation, and 95 % intervals (bootstrap over records); at threshold 0.5, with the fallback, "
        "and with thresholds tuned on each fold's validation records. 'leadwise evaluate DATA DIR/outputs' repeats the "
        "pooled score. Recordings that were rejected are scored as ones in which nothing was found.\n\n"
        "Copies of a recording (equal signals) and records of one group never lie in different parts of a split. With "
        "--split source each folder of recordings is scored by a network that was trained on none of it, as recordings "
        "of a new source would be. --split stratified gives each fold its share of the rare classes.\n\n"
        "Same seed and data: same bytes, for any number of threads, and of processes that mpirun started, which divide "
        "the folds. Ctrl-C saves a checkpoint and exits with 75; the same command with --resume keeps the folds that "
        "were finished and goes on.",
    .examples = "leadwise crossval recordings/ -o cv\n"
                "leadwise crossval prepared.safetensors -o cv --folds 10 --split stratified --groups patients.csv\n"
                "leadwise crossval recordings/ -o cv --split source --network metaheart2020",
    .options = options,
    .run = run,
    .divides = true,
};
