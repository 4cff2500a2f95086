/* This file opens the data, options and network of a training, and prints its progress on standard error. */
#include "training.h"

#include <assert.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Data */

static int contradiction(const char *path, const char *option) {
    cli_error("%s: prepared otherwise than --%s asks for", path, option);
    return CLI_EXIT_MODEL;
}

/** The leads to train on: those of --leads, which the file must hold among others; where `asked` is NULL the file's. */
static int choose_leads(const cli_arguments *arguments, const lw_lead_set *asked, const lw_dataset *dataset,
                        const char *path, lw_lead_set *out) {
    size_t rows[LW_LEADS_MAX];
    *out = asked ? *asked : *lw_dataset_leads(dataset);
    const size_t found = lw_lead_set_rows(out, lw_dataset_leads(dataset), rows);
    const bool enough = found == out->count || (found > 0 && cli_missing_leads(arguments));
    return enough ? CLI_EXIT_OK : contradiction(path, "leads");
}

/** Whether the options that were given agree with what the file holds, as an exit code. */
static int check_prepared(const cli_arguments *arguments, const lw_dataset *dataset, const char *path, int year) {
    lw_preprocessing preprocessing = lw_preprocessing_default();
    lw_class_list *classes = NULL;
    lw_error err;
    int code = CLI_EXIT_OK;
    if (cli_given(arguments, "band") || cli_given(arguments, "ends"))
        code = cli_preprocessing(arguments, year, &preprocessing);
    const lw_preprocessing *there = lw_dataset_preprocessing(dataset);
    if (code == CLI_EXIT_OK && cli_given(arguments, "ends") && preprocessing.ends != there->ends)
        code = contradiction(path, "ends");
    preprocessing.ends = there->ends;
    if (code == CLI_EXIT_OK && cli_given(arguments, "band") && !lw_preprocessing_equal(&preprocessing, there))
        code = contradiction(path, "band");
    if (code == CLI_EXIT_OK && (cli_given(arguments, "year") || cli_given(arguments, "classes"))) {
        if (lw_class_list_scored(year, cli_merged(arguments), &classes, &err) != LW_OK)
            code = cli_fail(&err);
        else if (!lw_class_list_equal(classes, lw_dataset_classes(dataset)))
            code = contradiction(path, cli_given(arguments, "year") ? "year" : "classes");
    }
    lw_class_list_free(&classes);
    return code;
}

static int open_prepared(cli_training *training, const char *path, const lw_lead_set *leads) {
    const cli_arguments *arguments = training->arguments;
    lw_error err;
    if (lw_dataset_open(path, &training->dataset, &err) != LW_OK)
        return cli_fail(&err);
    training->year = cli_year(arguments, cli_year_of_classes(lw_dataset_classes(training->dataset)));
    const int code = check_prepared(arguments, training->dataset, path, training->year);
    return code == CLI_EXIT_OK ? choose_leads(arguments, leads, training->dataset, path, &training->leads) : code;
}

/** Leads and year of recordings where no option gives others: as the network is described. */
static int describe_recordings(const cli_arguments *arguments, cli_recordings *out) {
    enum { OUTPUTS_2020 = 27 };
    lw_network *network = NULL;
    const int code = cli_network(arguments, NULL, 0, &network);
    if (code != CLI_EXIT_OK)
        return code;
    *out = (cli_recordings){.leads = *lw_network_leads(network),
                            .year = lw_network_output_count(network) == OUTPUTS_2020 ? 2020 : 2021};
    lw_network_free(&network);
    return CLI_EXIT_OK;
}

static int prepare_recordings(const cli_training *training, const cli_recordings *recordings, const char *out_path) {
    const cli_arguments *arguments = training->arguments;
    const int year = cli_year(arguments, recordings->year);
    const lw_record_options record = cli_record_options(arguments);
    lw_prepare_options how = {.size = sizeof how,
                              .isa = cli_tuning(arguments).isa,
                              .leads = recordings->leads,
                              .record = &record,
                              .allow_missing_leads = cli_missing_leads(arguments),
                              .threads = (int)cli_whole(arguments, "threads")};
    lw_error err;
    const int code = cli_preprocessing(arguments, year, &how.preprocessing);
    if (code != CLI_EXIT_OK)
        return code;
    return cli_exit_code(cli_prepare(arguments, &training->paths, &how, year, out_path, NULL, &err), &err);
}

/**
 * Open the prepared file, made from the recordings first unless --resume finds that done.
 * @param leads  to train on, NULL: all of the file's
 */
static int open_data(cli_training *training, const cli_recordings *recordings, const lw_lead_set *leads) {
    const cli_arguments *arguments = training->arguments;
    char *prepared = recordings ? cli_format("%s/prepared.safetensors", training->folder)
                                : cli_format("%s", training->paths.item[0]);
    int code = CLI_EXIT_OK;
    if (recordings && cli_leads(arguments) && !(cli_flag(arguments, "resume") && cli_file_exists(prepared)))
        code = prepare_recordings(training, recordings, prepared);
    code = cli_agree(arguments, code);
    if (code == CLI_EXIT_OK)
        code = cli_agree(arguments, open_prepared(training, prepared, leads));
    free(prepared);
    return code;
}

/** Open the data for the network of --network on the leads of --leads, and make that network. */
static int open_for_network(cli_training *training, bool recorded) {
    const cli_arguments *arguments = training->arguments;
    const bool asked = cli_given(arguments, "leads");
    cli_recordings recordings = {.year = 0};
    lw_lead_set leads = {.count = 0};
    int code = recorded ? describe_recordings(arguments, &recordings) : CLI_EXIT_OK;
    if (code == CLI_EXIT_OK && asked) {
        code = cli_lead_set(arguments, &leads);
        recordings.leads = leads;
    }
    if (code == CLI_EXIT_OK)
        code = open_data(training, recorded ? &recordings : NULL, asked ? &leads : NULL);
    if (code != CLI_EXIT_OK)
        return code;
    const size_t outputs = lw_class_count(lw_dataset_classes(training->dataset));
    return cli_agree(arguments, cli_network(arguments, &training->leads, outputs, &training->network));
}

/* Options */

/** Set each option of training that the command has and that has a value. */
static lw_status set_options(const cli_arguments *arguments, lw_train_options *how, lw_error *err) {
    const lw_train_option *option;
    lw_status status = LW_OK;
    for (size_t i = 0; status == LW_OK && (option = lw_train_option_at(i)); i++) {
        const bool known = cli_option_find(cli_arguments_command(arguments), option->key) >= 0;
        const char *text = known ? cli_text(arguments, option->key) : NULL;
        if (text) {
            if (option->kind == LW_OPTION_FLAG)
                text = cli_flag(arguments, option->key) ? "true" : "false";
            status = lw_train_options_set(how, option->key, text, err);
        }
    }
    /* The schedule has set this one too. */
    const char *patience = cli_text(arguments, "stop-after");
    return status == LW_OK && patience ? lw_train_options_set(how, "stop-after", patience, err) : status;
}

static lw_status make_options(const cli_arguments *arguments, int year, lw_train_options **out, lw_error *err) {
    char text[16];
    snprintf(text, sizeof text, "%d", year);
    lw_status status = lw_train_options_create(out, err);
    if (status == LW_OK)
        status = set_options(arguments, *out, err);
    if (status == LW_OK)
        status = lw_train_options_set(*out, "year", text, err);
    return status == LW_OK ? lw_train_options_check(*out, err) : status;
}

int cli_check_training(const cli_arguments *arguments) {
    lw_train_options *how = NULL;
    lw_error err;
    const lw_status status = make_options(arguments, 2021, &how, &err);
    lw_train_options_free(&how);
    if (status == LW_ERR_NO_MEMORY)
        return cli_fail(&err);
    return status != LW_OK ? cli_usage_error(arguments, "--%s", err.message) : CLI_EXIT_OK;
}

static const char *group_file(const cli_arguments *arguments) {
    return cli_option_find(cli_arguments_command(arguments), "groups") >= 0 ? cli_text(arguments, "groups") : NULL;
}

/** The options of training, which cli_check_training has checked. lw_train_options_free them. */
static lw_train_options *train_options(const cli_arguments *arguments, int year) {
    const lw_train_run run = {.size = sizeof run,
                              .group_file = group_file(arguments),
                              .threads = (int)cli_whole(arguments, "threads"),
                              .resume = cli_flag(arguments, "resume"),
                              .memory_bytes = cli_bytes(arguments, "memory-limit"),
                              .cluster = cli_cluster(arguments),
                              .tuning = cli_tuning(arguments)};
    lw_train_options *how = NULL;
    lw_error err;
    if (make_options(arguments, year, &how, &err) != LW_OK || lw_train_options_set_run(how, &run, &err) != LW_OK)
        exit(cli_fail(&err)); /* out of memory: the options were checked */
    return how;
}

static lw_fold_kind fold_kind(const char *name) {
    if (strcmp(name, "stratified") == 0)
        return LW_FOLDS_STRATIFIED;
    return strcmp(name, "source") == 0 ? LW_FOLDS_SOURCE : LW_FOLDS_RANDOM;
}

int cli_check_folds(const cli_arguments *arguments) {
    if (cli_given(arguments, "folds") && fold_kind(cli_text(arguments, "split")) == LW_FOLDS_SOURCE)
        return cli_usage_error(arguments, "--folds: with --split source, each source is a fold");
    return CLI_EXIT_OK;
}

lw_crossval_options cli_crossval_options(cli_training *training) {
    const cli_arguments *arguments = training->arguments;
    assert(training->dataset && !training->label_folders);
    lw_crossval_options how = lw_crossval_options_default();
    how.fold_count = (size_t)cli_whole(arguments, "folds");
    how.kind = fold_kind(cli_text(arguments, "split"));
    how.groups = cli_text(arguments, "groups");
    how.replicate_count = (size_t)cli_whole(arguments, "replicates");
    how.train = training->options;
    training->label_folders = cli_calloc(training->paths.count, sizeof *training->label_folders);
    how.label_folders = training->label_folders;
    how.label_folder_count = cli_paths_folders(&training->paths, training->label_folders);
    return how;
}

/* Begin and end */

/** FOLDER/config.json of the resolved options. A resumed run keeps its own. */
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

static int begin_folder(const cli_training *training, bool trains) {
    const cli_arguments *arguments = training->arguments;
    lw_error err;
    lw_status status = LW_OK;
    if (!trains)
        return cli_exit_code(cli_folder_create(training->folder, &err), &err);
    if (cli_leads(arguments))
        status = cli_folder_create(training->folder, &err);
    int code = cli_exit_code(status, &err);
    if (cli_leads(arguments) && code == CLI_EXIT_OK)
        code = cli_folder_lock(training->folder);
    if (cli_leads(arguments) && code == CLI_EXIT_OK)
        code = cli_exit_code(write_config(arguments, training->folder, &err), &err);
    return cli_agree(arguments, code);
}

/** Say what the table of --groups leaves open. */
static int check_groups(const cli_training *training) {
    const cli_arguments *arguments = training->arguments;
    const char *path = group_file(arguments);
    lw_group_counts counts = {0};
    lw_error err;
    const lw_status status = path ? lw_dataset_count_groups(training->dataset, path, &counts, &err) : LW_OK;
    if (status != LW_OK)
        return cli_fail(&err);
    if (counts.stray_count > 0)
        cli_say(arguments, "warning: %s:%zu: names no record; %zu such line%s in all", path, counts.stray_line,
                counts.stray_count, cli_s(counts.stray_count));
    if (counts.unknown_count > 0)
        cli_say(arguments, "warning: %s: gives no group to %zu of %zu records; each counts as a patient of its own",
                path, counts.unknown_count, lw_dataset_record_count(training->dataset));
    return CLI_EXIT_OK;
}

int cli_training_begin(const cli_arguments *arguments, const char *const *operands, size_t count, bool trains,
                       const cli_recordings *recordings, cli_training *out) {
    *out = (cli_training){.arguments = arguments, .folder = cli_text(arguments, "output")};
    int code = begin_folder(out, trains);
    if (code != CLI_EXIT_OK)
        return code;
    cli_interrupt_catch();
    out->paths = cli_paths_read(operands, count);
    cli_file_kind kind = CLI_FILE_RECORD;
    lw_error err;
    if (out->paths.count == 1 && cli_file_kind_of(out->paths.item[0], &kind, &err) != LW_OK)
        return cli_agree(arguments, cli_fail(&err));
    const bool recorded = kind == CLI_FILE_RECORD;
    code = recordings ? open_data(out, recorded ? recordings : NULL, NULL) : open_for_network(out, recorded);
    if (code == CLI_EXIT_OK)
        code = cli_agree(arguments, check_groups(out));
    if (code == CLI_EXIT_OK)
        out->options = train_options(arguments, out->year);
    return code;
}

int cli_training_end(cli_training *training, int code) {
    if (code == CLI_EXIT_INTERRUPTED)
        cli_say(training->arguments, "stopped; the same command with --resume goes on");
    lw_train_options_free(&training->options);
    lw_network_free(&training->network);
    lw_dataset_free(&training->dataset);
    cli_strings_free(&training->paths);
    free(training->label_folders);
    return code;
}

int cli_training_exit_code(lw_status status, const lw_error *err) {
    return status == LW_ERR_INTERRUPTED ? CLI_EXIT_INTERRUPTED : cli_exit_code(status, err);
}

/* A training */

void cli_training_watch_start(cli_training_watch *watching, const cli_arguments *arguments, const char *prefix) {
    *watching = (cli_training_watch){.arguments = arguments};
    watching->progress = cli_progress_start(arguments, watching->what);
    snprintf(watching->prefix, sizeof watching->prefix, "%s", prefix);
}

static void print_epoch(cli_training_watch *watching, const lw_train_progress *now) {
    const double elapsed_s = cli_clock_s() - watching->progress.start_s;
    char left[24];
    watching->epochs_done++;
    cli_duration(elapsed_s / (double)watching->epochs_done * (double)(now->epoch_count - now->epoch), left);
    cli_progress_clear(&watching->progress);
    cli_say(watching->arguments,
            "%sepoch %zu/%zu  loss %.4f  validation loss %.4f  metric %.3f  rate %.1e  %.0f records/s  ETA %s%s",
            watching->prefix, now->epoch, now->epoch_count, now->loss, now->validation_loss, now->validation_metric,
            now->learning_rate, now->records_per_s, left, now->best ? "  best" : "");
}

void cli_training_watch_fold(cli_training_watch *watching, const char *name, size_t fold, size_t folds) {
    char prefix[sizeof watching->prefix];
    if (watching->fold == fold + 1)
        return;
    snprintf(prefix, sizeof prefix, "%.27sfold %zu/%zu  ", name, fold + 1, folds);
    cli_training_watch_start(watching, watching->arguments, prefix);
    watching->fold = fold + 1;
}

bool cli_training_watch_step(void *context, const lw_train_progress *now) {
    cli_training_watch *watching = context;
    if (now->epoch_done) {
        print_epoch(watching, now);
        if (watching->history) {
            watching->history[now->epoch - 1] = (lw_history_row){.epoch = (double)now->epoch,
                                                                 .loss = now->loss,
                                                                 .validation_loss = now->validation_loss,
                                                                 .validation_metric = now->validation_metric,
                                                                 .validation_auroc = NAN,
                                                                 .learning_rate = now->learning_rate,
                                                                 .best = now->best};
        }
    } else {
        char left[24], note[120];
        cli_duration(now->eta_s, left);
        snprintf(note, sizeof note, "loss %.4f  %.0f records/s  ETA %s", now->loss, now->records_per_s, left);
        snprintf(watching->what, sizeof watching->what, "%sepoch %zu/%zu", watching->prefix, now->epoch,
                 now->epoch_count);
        cli_progress_note(&watching->progress, now->step, now->step_count, note);
    }
    return !cli_interrupted();
}

int cli_train(const cli_arguments *arguments, const lw_network *network, const lw_dataset *dataset,
              const lw_train_options *options, const char *folder, lw_train_result *result, lw_history_row *history) {
    cli_training_watch watching;
    lw_error err;
    cli_training_watch_start(&watching, arguments, "");
    watching.history = history;
    cli_detail(arguments, "%s: %zu parameters, %zu leads, %zu classes; %zu records", lw_network_name(network),
               lw_network_parameter_count(network), lw_network_leads(network)->count, lw_network_output_count(network),
               lw_dataset_record_count(dataset));
    const lw_status status =
        lw_train(network, dataset, options, folder, cli_training_watch_step, &watching, result, &err);
    cli_progress_clear(&watching.progress);
    if (status != LW_OK)
        return cli_training_exit_code(status, &err);
    if (result->already_finished) {
        cli_say(arguments, "%s: this run had finished already", folder);
    } else {
        cli_say(arguments, "%zu epoch%s, best %zu with validation loss %.4f", result->epoch_count,
                cli_s(result->epoch_count), result->best_epoch, result->best_validation_loss);
    }
    return CLI_EXIT_OK;
}
