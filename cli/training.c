#include "training.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "interrupt.h"
#include "messages.h"
#include "progress.h"
#include "settings.h"

/* The data of a run */

static int contradiction(const char *path, const char *option) {
    cli_error("%s: prepared otherwise than --%s asks for", path, option);
    return CLI_EXIT_MODEL;
}

/** The leads to train on: those asked for (NULL: nobody did), which the file must hold among others, else the file's.
 */
static int choose_leads(const cli_arguments *arguments, const lw_lead_set *asked, const lw_dataset *dataset,
                        const char *path, lw_lead_set *out) {
    size_t rows[LW_LEADS_MAX];
    *out = asked != NULL ? *asked : *lw_dataset_leads(dataset);
    const size_t found = lw_lead_set_rows(out, lw_dataset_leads(dataset), rows);
    const bool enough = found == out->count || (found > 0 && cli_missing_leads(arguments));
    return enough ? CLI_EXIT_OK : contradiction(path, "leads");
}

/** Do the options that were given agree with what the file holds? */
static int check_prepared(const cli_arguments *arguments, const lw_dataset *dataset, const char *path, int year) {
    lw_preprocessing preprocessing;
    lw_class_list *classes = NULL;
    lw_error err;
    int code = CLI_EXIT_OK;
    if (cli_given(arguments, "band") && (code = cli_preprocessing(arguments, year, &preprocessing)) == CLI_EXIT_OK &&
        !lw_preprocessing_equal(&preprocessing, lw_dataset_preprocessing(dataset))) {
        code = contradiction(path, "band");
    }
    if (code == CLI_EXIT_OK && (cli_given(arguments, "year") || cli_given(arguments, "classes"))) {
        if (lw_class_list_scored(year, cli_merged(arguments), &classes, &err) != LW_OK) {
            code = cli_fail(&err);
        } else if (!lw_class_list_equal(classes, lw_dataset_classes(dataset))) {
            code = contradiction(path, cli_given(arguments, "year") ? "year" : "classes");
        }
    }
    lw_class_list_free(&classes);
    return code;
}

static int open_prepared(const cli_arguments *arguments, const char *path, const lw_lead_set *leads,
                         cli_training_data *out) {
    lw_error err;
    if (lw_dataset_open(path, &out->dataset, &err) != LW_OK) {
        return cli_fail(&err);
    }
    out->year = cli_year(arguments, cli_year_of_classes(lw_dataset_classes(out->dataset)));
    int code = check_prepared(arguments, out->dataset, path, out->year);
    if (code == CLI_EXIT_OK) {
        code = choose_leads(arguments, leads, out->dataset, path, &out->leads);
    }
    if (code != CLI_EXIT_OK) {
        cli_training_data_close(out);
    }
    return code;
}

/** Leads and year for recordings where nobody asked for others: as the network is described. */
static int describe_recordings(const cli_arguments *arguments, cli_recordings *out) {
    enum { OUTPUTS_2020 = 27 };
    lw_network *network = NULL;
    const int code = cli_network(arguments, NULL, 0, &network);
    if (code != CLI_EXIT_OK) {
        return code;
    }
    *out = (cli_recordings){.leads = *lw_network_leads(network),
                            .year = lw_network_outputs(network) == OUTPUTS_2020 ? 2020 : 2021};
    lw_network_free(&network);
    return CLI_EXIT_OK;
}

static int prepare_recordings(const cli_arguments *arguments, const cli_paths *paths, const cli_recordings *recordings,
                              const char *out_path) {
    const int year = cli_year(arguments, recordings->year);
    const lw_record_options record = cli_record_options(arguments);
    lw_prepare_options how = {.size = sizeof how,
                              .leads = recordings->leads,
                              .record = &record,
                              .allow_missing_leads = cli_missing_leads(arguments),
                              .threads = (int)cli_whole(arguments, "threads")};
    lw_class_list *classes = NULL;
    lw_error err;
    const int code = cli_preprocessing(arguments, year, &how.preprocessing);
    if (code != CLI_EXIT_OK) {
        return code;
    }
    lw_status status = lw_class_list_scored(year, cli_merged(arguments), &classes, &err);
    if (status == LW_OK) {
        how.classes = classes;
        status = cli_prepare(arguments, paths, &how, out_path, NULL, &err);
    }
    lw_class_list_free(&classes);
    return status == LW_OK ? CLI_EXIT_OK : cli_fail(&err);
}

static bool is_prepared(const cli_paths *paths) {
    return paths->count == 1 && cli_file_kind_of(paths->path[0]) != CLI_FILE_RECORD;
}

/**
 * The prepared file, made from the recordings first unless --resume finds that done.
 * @param leads  to train on, NULL: all of the file's
 */
static int open_data(const cli_arguments *arguments, const cli_paths *paths, const cli_recordings *recordings,
                     const lw_lead_set *leads, const char *folder, cli_training_data *out) {
    const bool recorded = !is_prepared(paths);
    char *prepared = recorded ? cli_format("%s/prepared.safetensors", folder) : cli_format("%s", paths->path[0]);
    int code = CLI_EXIT_OK;
    if (recorded && cli_leads(arguments) && !(cli_flag(arguments, "resume") && cli_file_exists(prepared))) {
        code = prepare_recordings(arguments, paths, recordings, prepared);
    }
    code = cli_agree(arguments, code);
    if (code == CLI_EXIT_OK) {
        code = cli_agree(arguments, open_prepared(arguments, prepared, leads, out));
    }
    free(prepared);
    return code;
}

int cli_training_data_open_as(const cli_arguments *arguments, const cli_paths *paths, const cli_recordings *recordings,
                              const char *folder, cli_training_data *out) {
    return open_data(arguments, paths, recordings, NULL, folder, out);
}

int cli_training_data_open(const cli_arguments *arguments, const cli_paths *paths, const char *folder,
                           cli_training_data *out) {
    const bool asked = cli_given(arguments, "leads");
    cli_recordings recordings = {.year = 0};
    lw_lead_set leads = {.count = 0};
    int code = is_prepared(paths) ? CLI_EXIT_OK : describe_recordings(arguments, &recordings);
    if (code == CLI_EXIT_OK && asked) {
        code = cli_lead_set(arguments, &leads);
        recordings.leads = leads;
    }
    return code == CLI_EXIT_OK ? open_data(arguments, paths, &recordings, asked ? &leads : NULL, folder, out) : code;
}

void cli_training_data_close(cli_training_data *data) { lw_dataset_free(&data->dataset); }

/* The run */

/** Set each option of training that the command has and that has a value. */
static lw_status set_options(const cli_arguments *arguments, lw_train_options *how, lw_error *err) {
    const lw_train_option *option;
    lw_status status = LW_OK;
    for (size_t i = 0; status == LW_OK && (option = lw_train_option_at(i)) != NULL; i++) {
        const bool known = cli_option_find(cli_arguments_command(arguments), option->key) >= 0;
        const char *text = known ? cli_text(arguments, option->key) : NULL;
        if (text != NULL) {
            const char *truth = cli_flag(arguments, option->key) ? "true" : "false";
            status = lw_train_options_set(how, option->key, option->kind == LW_OPTION_FLAG ? truth : text, err);
        }
    }
    /* The schedule has set this one too. */
    const char *patience = cli_text(arguments, "stop-after");
    return status == LW_OK && patience != NULL ? lw_train_options_set(how, "stop-after", patience, err) : status;
}

static lw_status make_options(const cli_arguments *arguments, int year, lw_train_options **out, lw_error *err) {
    char text[16];
    snprintf(text, sizeof text, "%d", year);
    lw_status status = lw_train_options_create(out, err);
    if (status == LW_OK) {
        status = set_options(arguments, *out, err);
    }
    if (status == LW_OK) {
        status = lw_train_options_set(*out, "year", text, err);
    }
    return status == LW_OK ? lw_train_options_check(*out, err) : status;
}

int cli_check_training(const cli_arguments *arguments) {
    lw_train_options *how = NULL;
    lw_error err;
    const lw_status status = make_options(arguments, 2021, &how, &err);
    lw_train_options_free(&how);
    return status != LW_OK ? cli_usage_error(cli_arguments_command(arguments), "--%s", err.message) : CLI_EXIT_OK;
}

lw_train_options *cli_train_options(const cli_arguments *arguments, int year) {
    const lw_train_run run = {.size = sizeof run,
                              .threads = (int)cli_whole(arguments, "threads"),
                              .resume = cli_flag(arguments, "resume"),
                              .memory_bytes = cli_bytes(arguments, "memory-limit"),
                              .cluster = cli_cluster(arguments),
                              .tuning = cli_tuning(arguments)};
    lw_train_options *how = NULL;
    lw_error err;
    if (make_options(arguments, year, &how, &err) != LW_OK) {
        exit(cli_fail(&err)); /* out of memory: the options were checked */
    }
    lw_train_options_set_run(how, &run);
    return how;
}

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

int cli_run_folder_begin(const cli_arguments *arguments, const char *folder) {
    lw_error err;
    int code = CLI_EXIT_OK;
    if (cli_leads(arguments) &&
        (cli_folder_create(folder, &err) != LW_OK || write_config(arguments, folder, &err) != LW_OK)) {
        code = cli_fail(&err);
    }
    return cli_agree(arguments, code);
}

void cli_training_watch_start(cli_training_watch *watching, const cli_arguments *arguments, const char *prefix) {
    *watching = (cli_training_watch){.arguments = arguments};
    watching->progress = cli_progress_start(arguments, watching->what);
    snprintf(watching->prefix, sizeof watching->prefix, "%s", prefix);
}

static void print_epoch(cli_training_watch *watching, const lw_train_progress *now) {
    const double elapsed_s = cli_clock_s() - watching->progress.start_s;
    char left[24];
    watching->epochs_done++;
    cli_duration(elapsed_s / (double)watching->epochs_done * (double)(now->epochs - now->epoch), left);
    cli_progress_clear(&watching->progress);
    cli_say(watching->arguments,
            "%sepoch %zu/%zu  loss %.4f  validation loss %.4f  metric %.3f  rate %.1e  %.0f records/s  ETA %s%s",
            watching->prefix, now->epoch, now->epochs, now->loss, now->validation_loss, now->validation_metric,
            now->learning_rate, now->records_per_s, left, now->best ? "  best" : "");
}

bool cli_training_watch_step(void *context, const lw_train_progress *now) {
    cli_training_watch *watching = context;
    if (now->epoch_done) {
        print_epoch(watching, now);
        if (watching->history != NULL) {
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
        snprintf(watching->what, sizeof watching->what, "%sepoch %zu/%zu", watching->prefix, now->epoch, now->epochs);
        cli_progress_note(&watching->progress, now->step, now->steps, note);
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
               lw_network_parameters(network), lw_network_leads(network)->count, lw_network_outputs(network),
               lw_dataset_record_count(dataset));
    const lw_status status =
        lw_train(network, dataset, options, folder, cli_training_watch_step, &watching, result, &err);
    cli_progress_clear(&watching.progress);
    if (status == LW_ERR_INTERRUPTED) {
        return CLI_EXIT_INTERRUPTED;
    }
    if (status != LW_OK) {
        return cli_fail(&err);
    }
    if (result->already_finished) {
        cli_say(arguments, "%s: this run had finished already", folder);
    } else {
        cli_say(arguments, "%zu epochs, best %zu with validation loss %.4f", result->epochs, result->best_epoch,
                result->best_validation_loss);
    }
    return CLI_EXIT_OK;
}
