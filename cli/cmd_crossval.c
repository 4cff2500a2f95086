#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>

#include "fold_options.h"
#include "interrupt.h"
#include "messages.h"
#include "settings.h"
#include "training.h"
#include "training_options.h"

static const cli_option options[] = {
    {.name = "output",
     .letter = 'o',
     .kind = CLI_TEXT,
     .argument = "DIR",
     .help = "folder of the cross-validation",
     .required = true},
    CLI_OPTIONS_FOLDS,
    CLI_OPTIONS_TRAINING,
    CLI_OPTIONS_TRAINING_END,
    CLI_OPTION_END,
};

/** Progress of the fold under way. */
typedef struct fold_watch {
    const cli_arguments *arguments;
    cli_training_watch training;
    size_t fold; /**< SIZE_MAX before the first */
} fold_watch;

static bool on_step(void *context, size_t fold, size_t folds, const lw_train_progress *now) {
    fold_watch *watching = context;
    if (watching->fold != fold) {
        char prefix[48];
        snprintf(prefix, sizeof prefix, "fold %zu/%zu  ", fold + 1, folds);
        cli_training_watch_start(&watching->training, watching->arguments, prefix);
        watching->fold = fold;
    }
    return cli_training_watch_step(&watching->training, now);
}

static double number_at(const json_t *object, const char *key, bool *there) {
    const json_t *value = json_object_get(object, key);
    *there = json_is_number(value);
    return json_number_value(value);
}

/** A row of the table: pooled score, mean and deviation over the folds, interval. */
static void print_measure(const json_t *rule, const char *key, const char *title) {
    bool there, spread;
    const json_t *interval = json_object_get(json_object_get(rule, "intervals"), key);
    const double pooled = number_at(json_object_get(rule, "pooled"), key, &there);
    if (!there) {
        return;
    }
    printf("  %-18s %7.3f", title, pooled);
    const double mean = number_at(json_object_get(rule, "mean"), key, &there);
    const double deviation = number_at(json_object_get(rule, "deviation"), key, &spread);
    if (there && spread) {
        printf("   %6.3f +- %.3f", mean, deviation);
    }
    if (json_is_number(json_array_get(interval, 0))) {
        printf("   [%.3f, %.3f]", json_number_value(json_array_get(interval, 0)),
               json_number_value(json_array_get(interval, 1)));
    }
    putchar('\n');
}

static void print_results(const cli_arguments *arguments, const char *folder) {
    static const char *const rules[][2] = {
        {"plain", "threshold 0.5"}, {"fallback", "threshold 0.5 and fallback"}, {"tuned", "tuned thresholds"}};
    char *path = cli_format("%s/results.json", folder);
    json_t *results = json_load_file(path, 0, NULL);
    if (!cli_flag(arguments, "quiet")) {
        printf("%" JSON_INTEGER_FORMAT " recordings, %" JSON_INTEGER_FORMAT " of them rejected, %zu folds\n",
               json_integer_value(json_object_get(results, "records")),
               json_integer_value(json_object_get(results, "rejected")),
               json_array_size(json_object_get(results, "folds")));
        printf("%-20s %7s   %-15s   %s\n", "", "pooled", "mean of folds", "95 % interval");
        for (size_t i = 0; i < sizeof rules / sizeof rules[0]; i++) {
            const json_t *rule = json_object_get(json_object_get(results, "rules"), rules[i][0]);
            printf("%s\n", rules[i][1]);
            print_measure(rule, "challenge_metric", "Challenge metric");
            print_measure(rule, "auroc", "AUROC");
            print_measure(rule, "auprc", "AUPRC");
            print_measure(rule, "accuracy", "accuracy");
            print_measure(rule, "f_measure", "F-measure");
        }
    }
    printf("results: %s\n", path);
    json_decref(results);
    free(path);
}

static int crossval(const cli_arguments *arguments, const lw_network *network, const cli_training_data *data,
                    const cli_paths *paths, const char *folder) {
    const char **folders = cli_calloc(paths->count, sizeof *folders);
    lw_crossval_options how = cli_crossval_options(arguments, data->year);
    how.label_folders = folders;
    how.label_folder_count = cli_paths_folders(paths, folders);
    fold_watch watching = {.arguments = arguments, .fold = SIZE_MAX};
    lw_error err;
    const lw_status status = lw_crossval(network, data->dataset, &how, folder, on_step, &watching, &err);
    if (watching.fold != SIZE_MAX) {
        cli_progress_clear(&watching.training.progress);
    }
    free(folders);
    if (status == LW_ERR_INTERRUPTED) {
        return CLI_EXIT_INTERRUPTED;
    }
    return status == LW_OK ? CLI_EXIT_OK : cli_fail(&err);
}

static int run_on(const cli_arguments *arguments, const cli_paths *paths, const char *folder) {
    cli_training_data data = {0};
    lw_network *network = NULL;
    int code = cli_training_data_open(arguments, paths, folder, &data);
    if (code == CLI_EXIT_OK) {
        const size_t outputs = lw_class_count(lw_dataset_classes(data.dataset));
        code = cli_agree(arguments, cli_network(arguments, &data.leads, outputs, &network));
    }
    if (code == CLI_EXIT_OK) {
        code = crossval(arguments, network, &data, paths, folder);
    }
    lw_network_free(&network);
    cli_training_data_close(&data);
    return code;
}

static int run(const cli_arguments *arguments) {
    const char *const *operands;
    const size_t count = cli_operands(arguments, &operands);
    const char *folder = cli_text(arguments, "output");
    if (count == 0) {
        return cli_usage_error(cli_arguments_command(arguments), "'crossval' needs recordings or a prepared file");
    }
    int code = cli_check_folds(arguments);
    if (code == CLI_EXIT_OK) {
        code = cli_check_training(arguments);
    }
    if (code == CLI_EXIT_OK) {
        code = cli_run_folder_begin(arguments, folder);
    }
    if (code != CLI_EXIT_OK) {
        return code;
    }
    cli_interrupt_catch();
    cli_paths paths = cli_paths_read(operands, count);
    code = run_on(arguments, &paths, folder);
    cli_paths_free(&paths);
    if (code == CLI_EXIT_OK) {
        print_results(arguments, folder);
    } else if (code == CLI_EXIT_INTERRUPTED) {
        cli_say(arguments, "stopped; the same command with --resume goes on");
    }
    return code;
}

const cli_command cli_command_crossval = {
    .name = "crossval",
    .summary = "Train on some folds, judge on the others, in turn",
    .synopsis = "DATA... -o DIR",
    .description =
        "Every record is judged by a network that was not trained on it. DATA is a prepared file, or recordings and "
        "folders of them, which are then prepared into DIR/prepared.safetensors. DIR receives fold0/, fold1/, ... "
        "(what 'train' leaves, the model among it), model.safetensors (the folds' models as one ensemble), outputs/ (a "
        "file a record in the Challenge's format) and results.json: the scores of all records pooled, of each fold, "
        "their mean and deviation, and 95 % intervals (bootstrap over records); at threshold 0.5, with the fallback, "
        "and with thresholds tuned on each fold's validation records. 'leadwise evaluate DATA DIR/outputs' repeats the "
        "pooled score. Recordings that were rejected are scored as ones in which nothing was found.\n\n"
        "Copies of a recording (equal signals) and records of one group never lie in different parts of a split. With "
        "--split source each folder of recordings is judged by a network that saw none of it: the honest test of how a "
        "network travels. --split stratified gives each fold its share of the rare classes.\n\n"
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
