/* This file is `leadwise demo`, which trains small networks on synthetic recordings and writes a page on them. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "training.h"

static const cli_option options[] = {
    {.name = "output",
     .letter = 'o',
     .kind = CLI_TEXT,
     .argument = "DIR",
     .value = "demo",
     .help = "folder to write into"},
    CLI_ROW_TEXT("data", "DIR", "real recordings to score the networks on as well"),
    CLI_ROW_TEXT("record", "FILE", "recording to diagnose (default: a synthetic one)"),
    CLI_ROW_WHOLE("records", "N", "1000", 50, 1e6, "synthetic recordings; a fifth of them is for testing"),
    CLI_OPTION_NETWORK,
    CLI_OPTION_WIDTH("16"),
    CLI_OPTION_DROPOUT("dropout of every block that has dropout", "0"),
    CLI_ROW_WHOLE("epochs", "N", "12", 1, 1000, "epochs of training"),
    CLI_OPTION_SEED("1"),
    CLI_OPTION_THREADS,
    CLI_OPTION_ISA,
    CLI_ROW_END,
};

enum { YEAR = 2021, RUN_COUNT = 2 };

/** A network of the demonstration: trained on some recordings, scored on others. */
typedef struct demo_run {
    const char *leads;       /**< "12" */
    char *title;             /**< "12 leads" */
    char *folder;            /**< the run's */
    lw_history_row *history; /**< [epoch_count] */
    size_t epoch_count;
    lw_model *model;
    lw_scores scores;      /**< on recordings that were not trained on */
    lw_scores real_scores; /**< on --data: records > 0 where that is given */
} demo_run;

typedef struct demo {
    const cli_arguments *arguments;
    const char *folder;               /**< --output */
    char *train_folder, *test_folder; /**< of recordings */
    demo_run runs[RUN_COUNT];
} demo;

static void free_demo(demo *d) {
    for (size_t i = 0; i < RUN_COUNT; i++) {
        demo_run *run = &d->runs[i];
        lw_model_free(&run->model);
        lw_scores_free(&run->scores);
        lw_scores_free(&run->real_scores);
        free(run->title);
        free(run->folder);
        free(run->history);
    }
    free(d->train_folder);
    free(d->test_folder);
}

/* Recordings */

static lw_status synthesise(const demo *d, lw_error *err) {
    const lw_synth_options how = {.size = sizeof how, .seed = cli_whole(d->arguments, "seed"), .noise_mv = -1};
    const uint64_t records = cli_whole(d->arguments, "records"), tests = records / 5;
    const lw_status status = cli_synthesise(d->arguments, &how, 0, records - tests, d->train_folder, err);
    return status == LW_OK ? cli_synthesise(d->arguments, &how, records - tests, tests, d->test_folder, err) : status;
}

/** --record, else the first test recording with more than one diagnosis, else the first of all. free() it. */
static char *example_path(const demo *d) {
    if (cli_text(d->arguments, "record"))
        return cli_format("%s", cli_text(d->arguments, "record"));
    const unsigned long long records = cli_whole(d->arguments, "records"), first = records - records / 5;
    for (unsigned long long i = first; i < records; i++) {
        char *path = cli_format("%s/S%05llu.hea", d->test_folder, i);
        lw_record *record = NULL;
        const bool several =
            lw_record_read_header(path, NULL, &record, NULL) == LW_OK && lw_record_code_count(record) > 1;
        lw_record_free(&record);
        if (several)
            return path;
        free(path);
    }
    return cli_format("%s/S%05llu.hea", d->test_folder, first);
}

/** Prepare the recordings of `folder` on the run's leads into RUN/NAME.safetensors, and open it. */
static lw_status prepare(const demo *d, const demo_run *run, const char *folder, const char *name, lw_dataset **out,
                         lw_error *err) {
    lw_prepare_options how = {.size = sizeof how,
                              .isa = cli_tuning(d->arguments).isa,
                              .preprocessing = lw_preprocessing_default(),
                              .threads = (int)cli_whole(d->arguments, "threads")};
    const cli_strings paths = {(char *[]){(char *)folder}, 1};
    char *path = cli_format("%s/%s.safetensors", run->folder, name);
    lw_status status = lw_lead_set_parse(run->leads, &how.leads, err);
    if (status == LW_OK)
        status = cli_prepare(d->arguments, &paths, &how, YEAR, path, NULL, err);
    if (status == LW_OK)
        status = lw_dataset_open(path, out, err);
    free(path);
    return status;
}

/* Training and scores */

static lw_status read_options(const cli_arguments *arguments, lw_train_options **out, lw_error *err) {
    const char *const values[][2] = {
        {"seed", cli_text(arguments, "seed")},
        {"epochs", cli_text(arguments, "epochs")},
        {"batch", "8"}, /* few recordings and few epochs: more and longer steps than the papers' */
        {"learning-rate", "0.003"},
        {"test-fraction", "0"}, /* the test recordings are a folder of their own */
    };
    const lw_train_run call = {.size = sizeof call, .threads = (int)cli_whole(arguments, "threads")};
    lw_status status = lw_train_options_create(out, err);
    for (size_t i = 0; status == LW_OK && i < sizeof values / sizeof values[0]; i++)
        status = lw_train_options_set(*out, values[i][0], values[i][1], err);
    return status == LW_OK ? lw_train_options_set_run(*out, &call, err) : status;
}

static int train(const demo *d, demo_run *run) {
    lw_train_options *how = NULL;
    lw_dataset *dataset = NULL;
    lw_network *network = NULL;
    lw_error err;
    lw_status status = read_options(d->arguments, &how, &err);
    if (status == LW_OK)
        status = prepare(d, run, d->train_folder, "prepared", &dataset, &err);
    int code = status == LW_OK ? cli_network(d->arguments, lw_dataset_leads(dataset), 0, &network) : cli_fail(&err);
    if (code == CLI_EXIT_OK) {
        lw_train_result result = {.epoch_count = 0};
        run->history = cli_calloc(cli_whole(d->arguments, "epochs"), sizeof *run->history);
        code = cli_train(d->arguments, network, dataset, how, run->folder, &result, run->history);
        run->epoch_count = result.epoch_count;
    }
    lw_train_options_free(&how);
    lw_network_free(&network);
    lw_dataset_free(&dataset);
    return code;
}

/** The arrays of lw_evaluate: [records][classes] each. */
typedef struct table {
    size_t records, classes;
    uint8_t *labels, *decisions;
    double *probabilities;
} table;

/** A rejected record would leave a hole in the table: it is a failure. */
static lw_status on_prediction(void *context, const lw_prediction *prediction, lw_error *err) {
    table *rows = context;
    const size_t at = rows->records++ * rows->classes;
    if (prediction->status != LW_OK)
        return lw_error_set(err, prediction->status, "%s", prediction->sentence);
    memcpy(rows->decisions + at, prediction->decisions, rows->classes);
    for (size_t i = 0; i < rows->classes; i++)
        rows->probabilities[at + i] = (double)prediction->probabilities[i];
    return LW_OK;
}

/** Predict every record of `dataset` and score the decisions against its labels. lw_scores_free *out. */
static lw_status score_dataset(const lw_model *model, const lw_dataset *dataset, int threads, lw_scores *out,
                               lw_error *err) {
    const lw_predictor_options how = {.size = sizeof how, .threads = threads};
    const lw_class_list *list = lw_model_classes(model);
    const size_t records = lw_dataset_record_count(dataset), classes = lw_class_count(list);
    lw_predictor *predictor = NULL;
    table rows = {.classes = classes,
                  .labels = cli_calloc(records * classes, 1),
                  .decisions = cli_calloc(records * classes, 1),
                  .probabilities = cli_calloc(records * classes, sizeof *rows.probabilities)};
    for (size_t i = 0; i < records; i++)
        memcpy(rows.labels + i * classes, lw_dataset_labels(dataset, i), classes);
    lw_status status = lw_predictor_create(model, &how, &predictor, err);
    if (status == LW_OK)
        status = lw_predict_dataset(predictor, dataset, on_prediction, &rows, err);
    if (status == LW_OK)
        status = lw_evaluate(YEAR, list, records, rows.labels, rows.decisions, rows.probabilities, out, err);
    free(rows.labels);
    free(rows.decisions);
    free(rows.probabilities);
    lw_predictor_free(&predictor);
    return status;
}

/** The scores of the run's model on the recordings of a folder, which are prepared into RUN/NAME.safetensors. */
static lw_status score(const demo *d, const demo_run *run, const char *folder, const char *name, lw_scores *out,
                       lw_error *err) {
    lw_dataset *dataset = NULL;
    lw_status status = prepare(d, run, folder, name, &dataset, err);
    if (status == LW_OK)
        status = score_dataset(run->model, dataset, (int)cli_whole(d->arguments, "threads"), out, err);
    lw_dataset_free(&dataset);
    return status;
}

static lw_status load_and_score(const demo *d, demo_run *run, lw_error *err) {
    const char *real = cli_text(d->arguments, "data");
    char *path = cli_format("%s/model.safetensors", run->folder);
    lw_status status = lw_model_load(path, &run->model, err);
    free(path);
    if (status == LW_OK)
        status = score(d, run, d->test_folder, "test", &run->scores, err);
    return status == LW_OK && real ? score(d, run, real, "real", &run->real_scores, err) : status;
}

/** Prepare, train and score. */
static int make_run(const demo *d, const char *leads, demo_run *run) {
    lw_error err;
    run->leads = leads;
    run->title = cli_format("%s leads", leads);
    run->folder = cli_format("%s/%s-leads", d->folder, leads);
    cli_say(d->arguments, "-- %s", run->title);
    int code = cli_exit_code(cli_folder_create(run->folder, &err), &err);
    if (code == CLI_EXIT_OK)
        code = train(d, run);
    return code == CLI_EXIT_OK ? cli_exit_code(load_and_score(d, run, &err), &err) : code;
}

static void print_scores(const demo_run *runs) {
    printf("\n%-28s %16s %8s %8s\n", "on unseen recordings", "Challenge metric", "AUROC", "records");
    for (size_t i = 0; i < RUN_COUNT; i++) {
        const lw_scores *scores = &runs[i].scores, *real = &runs[i].real_scores;
        printf("%-28s %16.3f %8.3f %8zu\n", runs[i].title, scores->challenge_metric, scores->auroc,
               scores->record_count);
        if (real->record_count > 0)
            printf("%-28s %16.3f %8.3f %8zu\n", "  the same, real recordings", real->challenge_metric, real->auroc,
                   real->record_count);
    }
}

/* The report */

/** One recording, and what a model reads in it. */
typedef struct diagnosed {
    const lw_model *model; /**< borrowed from a run, or `shipped` */
    lw_model *shipped;     /**< the built-in one; NULL: there is none */
    lw_record *record;
    lw_predictor *predictor;
    const lw_prediction *prediction; /**< the predictor's */
} diagnosed;

/** Predict the recording by the model that is built in, else by the first one trained here. */
static lw_status diagnose(const demo_run *runs, const char *path, diagnosed *out, lw_error *err) {
    const lw_predictor_options how = {.size = sizeof how, .recording_count = 1};
    lw_status status = lw_model_builtin(0) ? lw_model_load_builtin(NULL, &out->shipped, err) : LW_OK;
    out->model = out->shipped ? out->shipped : runs[0].model;
    if (status == LW_OK)
        status = lw_record_read(path, NULL, &out->record, err);
    if (status == LW_OK)
        status = lw_predictor_create(out->model, &how, &out->predictor, err);
    return status == LW_OK ? lw_predict_record(out->predictor, out->record, &out->prediction, err) : status;
}

static lw_status write_page(const demo_run *runs, const diagnosed *seen, const char *path, lw_error *err) {
    lw_page_run rows[2 * RUN_COUNT];
    char *titles[RUN_COUNT];
    size_t count = 0;
    for (size_t i = 0; i < RUN_COUNT; i++)
        rows[count++] = (lw_page_run){runs[i].title, runs[i].history, runs[i].epoch_count, &runs[i].scores};
    for (size_t i = 0; i < RUN_COUNT; i++) {
        titles[i] = cli_format("%s, on real recordings", runs[i].title);
        if (runs[i].real_scores.record_count > 0)
            rows[count++] = (lw_page_run){titles[i], NULL, 0, &runs[i].real_scores};
    }
    const lw_page page = {.size = sizeof page,
                          .title = "Leadwise demonstration",
                          .subtitle = !seen->shipped
                                          ? "Networks trained for a few minutes on synthetic recordings"
                                          : "Networks trained for a few minutes on synthetic recordings; the recording "
                                            "below is read by the model that comes with the program",
                          .runs = rows,
                          .run_count = count,
                          .record = seen->record,
                          .classes = lw_model_classes(seen->model),
                          .probabilities = seen->prediction->probabilities,
                          .decisions = seen->prediction->decisions,
                          .warnings = seen->prediction->warnings,
                          .warning_count = seen->prediction->warning_count,
                          .findings = seen->prediction->findings,
                          .finding_count = seen->prediction->finding_count};
    const lw_status status = lw_page_write(&page, path, err);
    for (size_t i = 0; i < RUN_COUNT; i++)
        free(titles[i]);
    return status;
}

static lw_status draw(const diagnosed *seen, char **svg, lw_error *err) {
    const lw_paper_options paper = {.size = sizeof paper,
                                    .warnings = seen->prediction->warnings,
                                    .warning_count = seen->prediction->warning_count,
                                    .findings = seen->prediction->findings,
                                    .finding_count = seen->prediction->finding_count};
    return lw_paper_svg(seen->record, &paper, svg, err);
}

static void print_diagnosis(const diagnosed *seen) {
    const lw_class_list *classes = lw_model_classes(seen->model);
    printf("\n%s is labelled", lw_record_name(seen->record));
    for (size_t i = 0; i < lw_record_code_count(seen->record); i++) {
        const lw_diagnosis *known = lw_diagnosis_find(lw_record_code(seen->record, i));
        printf(" %s", known ? known->abbreviation : lw_record_code(seen->record, i));
    }
    printf("; %s says", seen->shipped ? "the model that comes with Leadwise" : "the first network");
    for (size_t i = 0; i < lw_class_count(classes); i++)
        if (seen->prediction->decisions[i] != 0)
            printf(" %s (%.2f)", lw_class_abbreviation(classes, i), (double)seen->prediction->probabilities[i]);
}

/** report.html and ecg.svg, with the recording of `path` drawn and diagnosed. */
static int report(const demo *d, const char *path) {
    char *page_path = cli_format("%s/report.html", d->folder);
    char *drawing_path = cli_format("%s/ecg.svg", d->folder);
    char *svg = NULL;
    diagnosed seen = {0};
    lw_error err;
    lw_status status = diagnose(d->runs, path, &seen, &err);
    if (status == LW_OK)
        status = write_page(d->runs, &seen, page_path, &err);
    if (status == LW_OK)
        status = draw(&seen, &svg, &err);
    if (status == LW_OK)
        status = cli_file_write(drawing_path, svg, &err);
    if (status == LW_OK && !cli_flag(d->arguments, "quiet")) {
        print_diagnosis(&seen);
        printf("\nreport: %s\ndrawing: %s\n", page_path, drawing_path);
    }
    lw_predictor_free(&seen.predictor);
    lw_record_free(&seen.record);
    lw_model_free(&seen.shipped);
    lw_string_free(&svg);
    free(page_path);
    free(drawing_path);
    return cli_exit_code(status, &err);
}

static int demonstrate(demo *d) {
    static const char *const lead_sets[RUN_COUNT] = {"12", "2"};
    lw_error err;
    int code = cli_exit_code(synthesise(d, &err), &err);
    for (size_t i = 0; i < RUN_COUNT && code == CLI_EXIT_OK; i++)
        code = make_run(d, lead_sets[i], &d->runs[i]);
    if (code == CLI_EXIT_OK) {
        char *path = example_path(d);
        print_scores(d->runs);
        code = report(d, path);
        free(path);
    }
    return code;
}

static int run(const cli_arguments *arguments) {
    const char *folder = cli_text(arguments, "output"), *record = cli_text(arguments, "record");
    const double start_s = cli_clock_s();
    if (record && !cli_file_exists(record))
        return cli_usage_error(arguments, "--record: there is no file '%s'", record);
    demo d = {.arguments = arguments,
              .folder = folder,
              .train_folder = cli_format("%s/recordings/train", folder),
              .test_folder = cli_format("%s/recordings/test", folder)};
    cli_interrupt_catch();
    const int code = demonstrate(&d);
    free_demo(&d);
    if (code == CLI_EXIT_INTERRUPTED)
        cli_interrupt_die(); /* a demonstration is not resumed */
    if (code == CLI_EXIT_OK) {
        char took[24];
        cli_duration(cli_clock_s() - start_s, took);
        cli_say(arguments, "finished in %s", took);
    }
    return code;
}

const cli_command cli_command_demo = {
    .name = "demo",
    .summary = "Synthesise, train, score and report in a few minutes",
    .synopsis = "[-o DIR]",
    .description =
        "Writes synthetic recordings, trains a narrow network on 12 leads and on 2, scores both on recordings that "
        "they have not seen, and lets the built-in model (where there is none, the network of 12 leads) diagnose one "
        "recording. Leaves DIR/report.html, DIR/ecg.svg and both runs' folders.\n\n"
        "The networks learn from synthetic recordings only: --data shows how little of that holds for real ones.",
    .examples = "leadwise demo\nleadwise demo -o demo --data recordings/",
    .options = options,
    .run = run,
};
