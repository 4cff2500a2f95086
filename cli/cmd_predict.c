/** @file cmd_predict.c: `leadwise predict`. */
#include <errno.h>
#include <fnmatch.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "settings.h"

static const cli_option options[] = {
    {.name = "model", .letter = 'm', .kind = CLI_TEXT, .argument = "FILE", .help = "model file"},
    {.name = "model-sha256",
     .kind = CLI_TEXT,
     .argument = "HEX",
     .help = "refuse a model with another SHA-256 than this"},
    CLI_OPTION_OUTPUT("FILE", "file to write, - for standard output, or the folder of -f challenge (default: -)",
                      false),
    {.name = "format",
     .letter = 'f',
     .kind = CLI_CHOICE,
     .argument = "FORMAT",
     .choices = "table,csv,jsonl,challenge",
     .value = "table",
     .help = "how to write predictions"},
    CLI_ROW_REAL("threshold", "P", NULL, 0, 1,
                 "positive from this probability on, for every class (default: the model's)"),
    CLI_OPTION_FALLBACK,
    CLI_OPTION_LEADS("leads that a network for any lead set reads (default: all that there are)", NULL),
    CLI_ROW_REAL("window-step", "S", "0", 0, 1e6,
                 "predict windows every S seconds of the whole recording, pooled; 0: the first window alone"),
    CLI_ROW_CHOICE("pool", "HOW", "mean,max,class", "mean",
                   "how the windows' probabilities are pooled; class: as the model was calibrated"),
    CLI_ROW_REAL("min-quality", "Q", "0", 0, 1,
                 "reject a window of less quality (POOR_SIGNAL); 0: only where no lead is usable"),
    CLI_ROW_FLAG("stream", "a row for each window, of recordings that need not fit in memory (csv and jsonl)"),
    CLI_OPTIONS_RECORDINGS,
    CLI_OPTION_STRICT,
    CLI_OPTION_THREADS,
    CLI_OPTION_ISA,
    CLI_OPTION_MEMORY_LIMIT,
    CLI_ROW_END,
};

typedef struct job {
    const cli_arguments *arguments;
    lw_model *model;
    lw_lead_set leads;        /**< of --leads */
    lw_predictor_options how; /**< but for what pooling and reading files need */
    lw_output_format format;
    lw_output *output;  /**< NULL with -f challenge */
    FILE *stream;       /**< that `output` writes to: standard output, a pipe or a device; NULL: a file */
    const char *folder; /**< of -f challenge */
    cli_progress progress;
    lw_predictor *predictor; /**< NULL until the first recording */
    lw_predictions_about about;
    char *model_name, model_sha256[65];
    bool line_by_line; /**< paths come from standard input: each answer goes out at once */
    size_t total;      /**< recordings of the group that is predicted */
    size_t records, rejected, warned, warnings;
} job;

static lw_output_format format_of(const cli_arguments *arguments) {
    static const char *const names[] = {"table", "csv", "jsonl", "challenge"};
    static const lw_output_format formats[] = {LW_OUTPUT_TABLE, LW_OUTPUT_CSV, LW_OUTPUT_JSONL, LW_OUTPUT_CHALLENGE};
    size_t i = 0;
    while (strcmp(names[i], cli_text(arguments, "format")) != 0)
        i++;
    return formats[i];
}

/** Replace the model's rule by --threshold and --fallback. */
static lw_status override_decision(const cli_arguments *arguments, lw_model *model, lw_error *err) {
    const size_t outputs = lw_network_output_count(lw_model_network(model));
    double *thresholds = cli_given(arguments, "threshold") ? cli_calloc(outputs, sizeof *thresholds) : NULL;
    if (!thresholds && !cli_text(arguments, "fallback"))
        return LW_OK;
    for (size_t i = 0; thresholds && i < outputs; i++)
        thresholds[i] = cli_real(arguments, "threshold");
    const lw_status status = lw_model_set_decision(model, thresholds, cli_fallback(arguments), err);
    free(thresholds);
    return status;
}

/** The name of a prediction's recording in messages. */
static const char *shown(const lw_prediction *prediction) {
    return prediction->path ? prediction->path : prediction->record;
}

static void reject(job *work, const char *path, lw_status status, const char *sentence) {
    work->rejected++;
    cli_progress_clear(&work->progress);
    cli_say_rejected(work->arguments, path, status, sentence);
}

static lw_status begin_table(const job *work, lw_error *err) {
    return lw_predictions_begin(work->output, work->format, &work->about, err);
}

/** Write a row, or the file of -f challenge: a recording whose name cannot be a file's is rejected. */
static lw_status write_prediction(job *work, const lw_prediction *prediction, lw_error *err) {
    if (work->format != LW_OUTPUT_CHALLENGE)
        return lw_predictions_write(work->output, work->format, &work->about, prediction, err);
    if (prediction->status != LW_OK)
        return LW_OK;
    const lw_status status = lw_prediction_write_challenge(work->folder, work->about.classes, prediction, err);
    if (status != LW_ERR_ARGUMENT)
        return status;
    reject(work, shown(prediction), status, err->message);
    return LW_OK;
}

/** The header comes with the first row: what fails before leaves none behind. That memory ran out is no fault of the
 * recording, and ends all. */
static lw_status on_prediction(void *context, const lw_prediction *prediction, lw_error *err) {
    job *work = context;
    if (cli_interrupted())
        return LW_ERR_INTERRUPTED;
    if (prediction->status == LW_ERR_NO_MEMORY)
        return lw_error_set(err, LW_ERR_NO_MEMORY, "%.200s: %s", shown(prediction), prediction->sentence);
    lw_status status = work->records++ == 0 ? begin_table(work, err) : LW_OK;
    if (status != LW_OK)
        return status;
    if (prediction->status != LW_OK)
        reject(work, shown(prediction), prediction->status, prediction->sentence);
    work->warned += prediction->warning_count > 0;
    work->warnings += prediction->warning_count;
    for (size_t i = 0; i < prediction->warning_count && cli_flag(work->arguments, "verbose"); i++) {
        cli_progress_clear(&work->progress);
        cli_detail_warning(work->arguments, shown(prediction), prediction->warnings[i]);
    }
    status = write_prediction(work, prediction, err);
    if (work->line_by_line && work->stream)
        fflush(work->stream); /* a failure shows when the stream is closed */
    cli_progress_update(&work->progress, prediction->index + 1, work->total);
    return status;
}

/** --leads, which must be some of a network's that can do without the others. */
static int choose_leads(job *work) {
    const cli_arguments *arguments = work->arguments;
    const lw_network *network = lw_model_network(work->model);
    size_t rows[LW_LEADS_MAX];
    if (!cli_given(arguments, "leads"))
        return CLI_EXIT_OK;
    const int code = cli_lead_set(arguments, &work->leads);
    if (code != CLI_EXIT_OK)
        return code;
    if (!lw_network_missing_leads(network))
        return cli_usage_error(arguments, "--leads: the model's network needs all of its leads; only one trained with "
                                          "--missing-leads can do without some");
    lw_lead_set_rows(&work->leads, lw_network_leads(network), rows);
    for (size_t i = 0; i < work->leads.count; i++)
        if (rows[i] == LW_NO_ROW)
            return cli_usage_error(arguments, "--leads: the model's network knows no lead %s", work->leads.name[i]);
    work->how.leads = &work->leads;
    return CLI_EXIT_OK;
}

/** --window-step, --pool and --stream, which must go together and with the model and the format. */
static int choose_windows(job *work) {
    const cli_arguments *arguments = work->arguments;
    const bool by_class = strcmp(cli_text(arguments, "pool"), "class") == 0, pooled = cli_given(arguments, "pool");
    lw_predictor_options *how = &work->how;
    how->window_step_s = cli_real(arguments, "window-step");
    how->each_window = cli_flag(arguments, "stream");
    if (by_class && !lw_model_pooling(work->model))
        return cli_usage_error(arguments,
                               "--pool class: the model was not calibrated for it; 'calibrate --window-step' is");
    if (how->each_window && pooled)
        return cli_usage_error(arguments, "--pool: with --stream every window stands for itself");
    if (how->each_window && !cli_given(arguments, "format"))
        work->format = LW_OUTPUT_CSV;
    if (how->each_window && work->format != LW_OUTPUT_CSV && work->format != LW_OUTPUT_JSONL)
        return cli_usage_error(arguments, "--stream: expected -f csv or -f jsonl");
    if (how->each_window && work->format == LW_OUTPUT_CSV)
        work->format = LW_OUTPUT_CSV_WINDOWS;
    if (how->window_step_s <= 0 && by_class)
        how->window_step_s = lw_model_window_step_s(work->model);
    else if (how->window_step_s <= 0 && pooled)
        return cli_usage_error(arguments, "--pool: expected --window-step too");
    return CLI_EXIT_OK;
}

/** Compare the names of recordings: their paths without folder and suffix. */
static int by_name(const void *a, const void *b) {
    const char *name[2] = {*(char *const *)a, *(char *const *)b};
    size_t length[2];
    for (size_t i = 0; i < 2; i++) {
        const char *slash = strrchr(name[i], '/');
        name[i] = slash ? slash + 1 : name[i];
        const char *dot = strrchr(name[i], '.');
        length[i] = dot && dot != name[i] ? (size_t)(dot - name[i]) : strlen(name[i]);
    }
    const int order = memcmp(name[0], name[1], length[0] < length[1] ? length[0] : length[1]);
    return order != 0 ? order : (length[0] > length[1]) - (length[0] < length[1]);
}

/** LW_ERR_ARGUMENT when two recordings have the same name, so that a file called after one would replace the other's.
 */
static lw_status check_names(const char *const *paths, size_t count, lw_error *err) {
    const char **sorted = cli_calloc(count, sizeof *sorted);
    lw_status status = LW_OK;
    memcpy(sorted, paths, count * sizeof *sorted);
    qsort(sorted, count, sizeof *sorted, by_name);
    for (size_t i = 1; i < count && status == LW_OK; i++) {
        if (by_name(&sorted[i - 1], &sorted[i]) == 0) {
            status = lw_error_set(err, LW_ERR_ARGUMENT, "%.200s and %.200s would be written to the same file",
                                  sorted[i - 1], sorted[i]);
        }
    }
    free(sorted);
    return status;
}

/** Make the predictor, unless it is there; `total` recordings are to come, 0: any number. */
static lw_status need_predictor(job *work, size_t total, lw_error *err) {
    const cli_arguments *arguments = work->arguments;
    lw_record_options record = cli_record_options(arguments);
    record.digest = work->format == LW_OUTPUT_JSONL;
    if (work->predictor)
        return LW_OK;
    const size_t outputs = lw_network_output_count(lw_model_network(work->model));
    const char *pool = cli_text(arguments, "pool");
    lw_pooling *pooling = cli_calloc(outputs, sizeof *pooling);
    for (size_t i = 0; i < outputs; i++)
        pooling[i] = strcmp(pool, "class") == 0 ? lw_model_pooling(work->model)[i]
                     : strcmp(pool, "max") == 0 ? LW_POOL_MAX
                                                : LW_POOL_MEAN;
    lw_predictor_options how = work->how;
    how.size = sizeof how;
    how.recording_count = total;
    how.threads = (int)cli_whole(arguments, "threads");
    how.memory_bytes = cli_bytes(arguments, "memory-limit");
    how.tuning = cli_tuning(arguments);
    how.pooling = pooling;
    how.min_quality = cli_real(arguments, "min-quality");
    how.record = &record;
    const lw_status status = lw_predictor_create(work->model, &how, &work->predictor, err);
    free(pooling);
    return status;
}

/** `alone`: nothing else is predicted, so that a predictor for few recordings may do. */
static lw_status predict_recordings(job *work, const cli_strings *paths, size_t first, size_t count, bool alone,
                                    lw_error *err) {
    lw_record_list *list = NULL;
    const lw_record_list_options how = {.size = sizeof how, .unlabelled = true};
    lw_status status = lw_record_list_scan((const char *const *)paths->item + first, count, &how, &list, err);
    const size_t total = status == LW_OK ? lw_record_list_count(list) : 0;
    const char **path = cli_calloc(total, sizeof *path);
    for (size_t i = 0; i < total; i++)
        path[i] = lw_record_list_path(list, i);
    if (status == LW_OK && work->format == LW_OUTPUT_CHALLENGE)
        status = check_names(path, total, err);
    if (status == LW_OK && total == 0)
        status = lw_error_set(err, LW_ERR_NO_SIGNAL, "no record was found");
    if (status == LW_OK)
        status = need_predictor(work, alone ? total : 0, err);
    work->total = total;
    if (status == LW_OK)
        status = lw_predict_paths(work->predictor, path, total, on_prediction, work, err);
    lw_record_list_free(&list);
    free(path);
    return status;
}

/** A failure before anything was predicted is about the file. */
static lw_status predict_prepared(job *work, const char *path, bool alone, lw_error *err) {
    lw_dataset *dataset = NULL;
    const size_t before = work->records;
    lw_status status = lw_dataset_open(path, &dataset, err);
    work->total = status == LW_OK ? lw_dataset_record_count(dataset) : 0;
    if (status == LW_OK)
        status = need_predictor(work, alone ? work->total : 0, err);
    if (status == LW_OK) {
        status = lw_predict_dataset(work->predictor, dataset, on_prediction, work, err);
        if ((status == LW_ERR_MISMATCH || status == LW_ERR_ARGUMENT) && work->records == before)
            status = lw_error_set(err, status, "%.200s: %s", path, err->message);
    }
    lw_dataset_free(&dataset);
    return status;
}

/** Predict all paths in order: recordings that follow each other share their batches. */
static lw_status predict_paths(job *work, const cli_strings *paths, bool alone, lw_error *err) {
    lw_status status = LW_OK;
    for (size_t first = 0, end; first < paths->count && status == LW_OK; first = end) {
        cli_file_kind kind = CLI_FILE_RECORD;
        for (end = first; end < paths->count; end++) {
            status = cli_file_kind_of(paths->item[end], &kind, err);
            if (status != LW_OK || kind != CLI_FILE_RECORD)
                break;
        }
        const bool all = alone && first == 0 && end + (end == first) == paths->count;
        if (status == LW_OK)
            status = end > first ? predict_recordings(work, paths, first, end - first, all, err)
                                 : predict_prepared(work, paths->item[end++], all, err);
    }
    return status;
}

/** Predict the paths that standard input holds, as many together as have come. */
static lw_status predict_lines(job *work, lw_error *err) {
    cli_lines lines = {0};
    cli_strings paths = {0};
    lw_status status = LW_OK;
    while (status == LW_OK && cli_lines_read(&lines, &paths)) {
        if (cli_interrupted())
            status = LW_ERR_INTERRUPTED;
        else if (paths.count > 0)
            status = predict_paths(work, &paths, false, err);
        cli_strings_free(&paths);
    }
    if (status == LW_OK && lines.failed != 0)
        status = lw_error_set(err, LW_ERR_IO, "standard input: cannot read: %s", strerror(lines.failed));
    cli_lines_free(&lines);
    return status;
}

/** Predict the operands in order, "-" (once) being the lines of standard input. */
static lw_status predict_operands(job *work, const char *const *operands, size_t count, lw_error *err) {
    lw_status status = LW_OK;
    for (size_t first = 0, end; first < count && status == LW_OK; first = end) {
        for (end = first; end < count && strcmp(operands[end], "-") != 0;)
            end++;
        if (end > first) {
            cli_strings paths = cli_paths_read(operands + first, end - first);
            status = predict_paths(work, &paths, first == 0 && end == count, err);
            cli_strings_free(&paths);
        } else {
            status = work->line_by_line ? LW_OK : (work->line_by_line = true, predict_lines(work, err));
            end++;
        }
    }
    return status;
}

static bool write_to_stream(void *context, const void *data, size_t length) {
    return fwrite(data, 1, length, context) == length;
}

/** A file appears when it is complete, and a signal removes what there is of it. Row by row go what a pipe or device
 * takes and the windows of a stream, which may last for hours and be read meanwhile. */
static int open_output(job *work) {
    const char *output = cli_text(work->arguments, "output");
    const bool standard = !output || strcmp(output, "-") == 0;
    lw_error err;
    if (work->format == LW_OUTPUT_CHALLENGE) {
        if (standard)
            return cli_usage_error(work->arguments, "-f challenge needs -o DIR");
        work->folder = output;
        return cli_folder_create(output, &err) == LW_OK ? CLI_EXIT_OK : cli_fail(&err);
    }
    lw_status status = LW_OK;
    if (standard || work->how.each_window || cli_is_special(output)) {
        work->stream = standard ? stdout : fopen(output, "w");
        status = work->stream ? lw_output_open("the predictions", write_to_stream, work->stream, &work->output, &err)
                              : lw_error_set(&err, LW_ERR_IO, "%s: %s", output, strerror(errno));
    } else {
        cli_interrupt_catch(); /* first: a signal must not end the program between creation and this */
        status = lw_output_create(output, &work->output, &err);
    }
    return status == LW_OK ? CLI_EXIT_OK : cli_fail(&err);
}

static int close_output(job *work, int code) {
    const bool complete = code == CLI_EXIT_OK || code == CLI_EXIT_REJECTED;
    lw_error err;
    if (complete && work->output && lw_output_close(&work->output, &err) != LW_OK)
        code = cli_fail(&err);
    lw_output_abandon(&work->output);
    if (!work->stream || work->stream == stdout)
        return code;
    if (fclose(work->stream) == 0 || code == CLI_EXIT_IO) /* a write that failed before has had its sentence */
        return code;
    cli_error("%s: %s", cli_text(work->arguments, "output"), strerror(errno));
    return CLI_EXIT_IO;
}

static int write_predictions(job *work, const char *const *operands, size_t count) {
    lw_error err = {0};
    int code = open_output(work);
    if (code != CLI_EXIT_OK)
        return code;
    work->progress = cli_progress_start(work->arguments, "predicting");
    lw_status status = predict_operands(work, operands, count, &err);
    if (status == LW_OK && work->records == 0)
        status = begin_table(work, &err);
    cli_progress_clear(&work->progress);
    cli_count_warnings(work->arguments, work->warnings, work->warned, work->records);
    if (status == LW_ERR_INTERRUPTED) {
        close_output(work, CLI_EXIT_INTERRUPTED);
        cli_interrupt_die();
    }
    if (status != LW_OK) {
        cli_leave_if_reader_gone();
        code = cli_fail(&err);
    } else if (work->rejected > 0) {
        cli_say(work->arguments, "%zu of %zu recording%s rejected", work->rejected, work->records,
                cli_s(work->records));
        code = CLI_EXIT_REJECTED;
    } else if (cli_flag(work->arguments, "verbose")) {
        cli_detail(work->arguments, "%zu recording%s, model %s", work->records, cli_s(work->records),
                   work->model_sha256);
    }
    return close_output(work, code);
}

/** Whether the first operand is the model: what is one, or is called one and no data. */
static lw_status is_model(const char *path, bool *model, lw_error *err) {
    cli_file_kind kind;
    const lw_status status = cli_file_kind_of(path, &kind, err);
    *model = kind == CLI_FILE_MODEL || (kind == CLI_FILE_RECORD && fnmatch("*.safetensors", path, 0) == 0);
    return status;
}

/** The name of a model's file without folder and suffix, or of the one built in. free() it. */
static char *model_name(const char *path) {
    if (!path)
        return cli_format("%s", lw_model_builtin(0));
    char *name = cli_path_name(path);
    char *suffix = strstr(name, ".safetensors");
    if (suffix && suffix != name)
        *suffix = '\0';
    return name;
}

/** What the predictions say of the model; refuses one that --model-sha256 does not name. */
static int describe_model(job *work, const char *path) {
    const char *wanted = cli_text(work->arguments, "model-sha256");
    lw_error err;
    if (lw_model_sha256(work->model, work->model_sha256, &err) != LW_OK)
        return cli_fail(&err);
    if (wanted && strcasecmp(wanted, work->model_sha256) != 0) {
        cli_error("%s: the model's SHA-256 is %s, expected %s", path ? path : lw_model_builtin(0), work->model_sha256,
                  wanted);
        return CLI_EXIT_MODEL;
    }
    const lw_isa isa = cli_tuning(work->arguments).isa;
    work->model_name = model_name(path);
    work->about = (lw_predictions_about){.size = sizeof work->about,
                                         .classes = lw_model_classes(work->model),
                                         .thresholds = lw_model_thresholds(work->model),
                                         .leads = lw_network_leads(lw_model_network(work->model)),
                                         .model_name = work->model_name,
                                         .model_version = path ? NULL : lw_version(),
                                         .model_sha256 = work->model_sha256,
                                         .program_version = lw_version(),
                                         .isa = lw_isa_name(isa == LW_ISA_BEST ? lw_isa_best() : isa)};
    return CLI_EXIT_OK;
}

/** The model of a file, or the one built in where `path` is NULL. */
static int load_model(job *work, const char *path) {
    lw_error err;
    if (!path && !lw_model_builtin(0))
        return cli_usage_error(work->arguments, "no model was given, and none is built into this program");
    lw_status status = path ? lw_model_load(path, &work->model, &err) : lw_model_load_builtin(NULL, &work->model, &err);
    const int code = status == LW_OK ? describe_model(work, path) : cli_fail(&err);
    if (code != CLI_EXIT_OK)
        return code;
    if (override_decision(work->arguments, work->model, &err) != LW_OK)
        return cli_fail(&err);
    work->about.thresholds = lw_model_thresholds(work->model);
    if (!path)
        cli_detail(work->arguments, "model: %s, built in", lw_model_builtin(0));
    return CLI_EXIT_OK;
}

static int run(const cli_arguments *arguments) {
    const char *const *operands;
    size_t count = cli_operands(arguments, &operands);
    const char *model_path = cli_text(arguments, "model");
    bool first_is_model = false;
    lw_error err;
    if (!model_path && count > 0 && is_model(operands[0], &first_is_model, &err) != LW_OK)
        return cli_fail(&err);
    if (first_is_model) {
        model_path = *operands++;
        count--;
    }
    if (count == 0)
        return cli_usage_error(arguments, "'predict' needs recordings");
    job work = {.arguments = arguments, .format = format_of(arguments)};
    int code = load_model(&work, model_path);
    if (code == CLI_EXIT_OK)
        code = choose_leads(&work);
    if (code == CLI_EXIT_OK)
        code = choose_windows(&work);
    if (code == CLI_EXIT_OK)
        code = write_predictions(&work, operands, count);
    lw_predictor_free(&work.predictor);
    lw_model_free(&work.model);
    free(work.model_name);
    return code;
}

const cli_command cli_command_predict = {
    .name = "predict",
    .summary = "Predict the diagnoses that recordings show",
    .synopsis = "[MODEL] RECORD...",
    .description =
        "RECORD is a recording, a folder (every recording below it), a prepared file, or '-' to read paths from "
        "standard input, one a line. The model may also be given with -m; without one, that which is built in is used "
        "('info --models' names it). Predictions come in the order of the input; of longer recordings the first 10 s "
        "are read.\n\n"
        "With --window-step the whole of a recording is predicted: windows of 10 s every S seconds, the last one at "
        "its end, filtered together, their probabilities pooled class by class. With --stream every window has a row "
        "of its own (column start_s), and WFDB recordings of any length are read a stretch at a time.\n\n"
        "A recording that cannot be used is written with the status rejected:CODE and empty cells, explained on "
        "standard error, and makes the exit code 3.",
    .examples = "leadwise predict run/model.safetensors A0001.hea\n"
                "leadwise predict run/model.safetensors recordings/ -f csv -o predictions.csv\n"
                "leadwise predict run/model.safetensors long.hea --window-step 5 --pool max\n"
                "leadwise predict run/model.safetensors holter.hea --stream --window-step 10 -o holter.csv\n"
                "find . -name '*.hea' | leadwise predict -m run/model.safetensors - -f jsonl",
    .options = options,
    .run = run,
};
