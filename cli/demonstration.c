#include "demonstration.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "messages.h"
#include "settings.h"
#include "training.h"

enum { YEAR = 2021 };

static lw_status prepare_folder(const cli_arguments *arguments, const char *folder, const char *leads,
                                const char *out_path, lw_error *err) {
    lw_prepare_options how = {.size = sizeof how,
                              .preprocessing = lw_preprocessing_default(),
                              .threads = (int)cli_whole(arguments, "threads")};
    const cli_paths paths = {(char *[]){(char *)folder}, 1};
    lw_class_list *classes = NULL;
    lw_status status = lw_lead_set_parse(leads, &how.leads, err);
    if (status == LW_OK) {
        status = lw_class_list_scored(YEAR, false, &classes, err);
    }
    if (status == LW_OK) {
        how.classes = classes;
        status = cli_prepare(arguments, &paths, &how, out_path, NULL, err);
    }
    lw_class_list_free(&classes);
    return status;
}

/** Everything lw_evaluate wants: [records][classes] each. */
typedef struct table {
    size_t records, classes;
    uint8_t *labels, *decisions;
    double *probabilities;
} table;

/** A rejected record would leave a hole in the table: it is a failure. */
static lw_status on_prediction(void *context, const lw_prediction *prediction, lw_error *err) {
    table *rows = context;
    const size_t at = rows->records++ * rows->classes;
    if (prediction->status != LW_OK) {
        return lw_error_set(err, prediction->status, "%s", prediction->sentence);
    }
    memcpy(rows->decisions + at, prediction->decisions, rows->classes);
    for (size_t i = 0; i < rows->classes; i++) {
        rows->probabilities[at + i] = (double)prediction->probabilities[i];
    }
    return LW_OK;
}

/** Predict every record of `dataset` and score the decisions against its labels. lw_scores_free *out. */
static lw_status score_prepared(const lw_model *model, const lw_dataset *dataset, int year, int threads, lw_scores *out,
                                lw_error *err) {
    const lw_predictor_options how = {.size = sizeof how, .threads = threads};
    const size_t records = lw_dataset_record_count(dataset), classes = lw_class_count(lw_model_classes(model));
    lw_predictor *predictor = NULL;
    lw_status status = lw_predictor_create(model, &how, &predictor, err);
    table rows = {.classes = classes,
                  .labels = cli_calloc(records * classes, 1),
                  .decisions = cli_calloc(records * classes, 1),
                  .probabilities = cli_calloc(records * classes, sizeof *rows.probabilities)};
    if (status == LW_OK) {
        status = lw_predict_dataset(predictor, dataset, on_prediction, &rows, err);
    }
    for (size_t i = 0; i < records && status == LW_OK; i++) {
        memcpy(rows.labels + i * classes, lw_dataset_labels(dataset, i), classes);
    }
    if (status == LW_OK) {
        status = lw_evaluate(year, lw_model_classes(model), records, rows.labels, rows.decisions, rows.probabilities,
                             out, err);
    }
    free(rows.labels);
    free(rows.decisions);
    free(rows.probabilities);
    lw_predictor_free(&predictor);
    return status;
}

/** The scores of `model` on the recordings of a folder, which are prepared into `out_path` for it. */
static lw_status score_folder(const cli_arguments *arguments, const lw_model *model, const char *folder,
                              const char *leads, const char *out_path, lw_scores *out, lw_error *err) {
    lw_dataset *dataset = NULL;
    lw_status status = prepare_folder(arguments, folder, leads, out_path, err);
    if (status == LW_OK) {
        status = lw_dataset_open(out_path, &dataset, err);
    }
    if (status == LW_OK) {
        status = score_prepared(model, dataset, YEAR, (int)cli_whole(arguments, "threads"), out, err);
    }
    lw_dataset_free(&dataset);
    return status;
}

static int train(const cli_arguments *arguments, const char *prepared, cli_demo_run *run) {
    const char *const values[][2] = {
        {"seed", cli_text(arguments, "seed")},
        {"epochs", cli_text(arguments, "epochs")},
        {"batch", "8"}, /* few recordings and few epochs: more and longer steps than the papers' */
        {"learning-rate", "0.003"},
        {"test-fraction", "0"}, /* the test recordings are a folder of their own */
    };
    const lw_train_run call = {.size = sizeof call, .threads = (int)cli_whole(arguments, "threads")};
    lw_train_options *how = NULL;
    lw_dataset *dataset = NULL;
    lw_network *network = NULL;
    lw_error err;
    lw_status status = lw_train_options_create(&how, &err);
    for (size_t i = 0; status == LW_OK && i < sizeof values / sizeof values[0]; i++) {
        status = lw_train_options_set(how, values[i][0], values[i][1], &err);
    }
    if (status == LW_OK) {
        lw_train_options_set_run(how, &call);
        status = lw_dataset_open(prepared, &dataset, &err);
    }
    int code = status == LW_OK ? cli_network(arguments, lw_dataset_leads(dataset), 0, &network) : cli_fail(&err);
    if (code == CLI_EXIT_OK) {
        lw_train_result result = {.epochs = 0};
        run->history = cli_calloc(cli_whole(arguments, "epochs"), sizeof *run->history);
        code = cli_train(arguments, network, dataset, how, run->folder, &result, run->history);
        run->epoch_count = result.epochs;
    }
    lw_train_options_free(&how);
    lw_network_free(&network);
    lw_dataset_free(&dataset);
    return code;
}

static lw_status load_and_score(const cli_arguments *arguments, const cli_demo_data *data, cli_demo_run *run,
                                lw_error *err) {
    char *model_path = cli_format("%s/model.safetensors", run->folder);
    char *test_path = cli_format("%s/test.safetensors", run->folder);
    char *real_path = cli_format("%s/real.safetensors", run->folder);
    lw_status status = lw_model_load(model_path, &run->model, err);
    if (status == LW_OK) {
        status = score_folder(arguments, run->model, data->test, run->leads, test_path, &run->scores, err);
    }
    if (status == LW_OK && data->real != NULL) {
        status = score_folder(arguments, run->model, data->real, run->leads, real_path, &run->real_scores, err);
    }
    free(model_path);
    free(test_path);
    free(real_path);
    return status;
}

int cli_demo_run_make(const cli_arguments *arguments, const cli_demo_data *data, const char *leads, const char *folder,
                      cli_demo_run *run) {
    lw_error err;
    run->leads = leads;
    run->title = cli_format("%s leads", leads);
    run->folder = cli_format("%s/%s-leads", folder, leads);
    char *prepared = cli_format("%s/prepared.safetensors", run->folder);
    cli_say(arguments, "-- %s", run->title);
    lw_status status = cli_folder_create(run->folder, &err);
    if (status == LW_OK) {
        status = prepare_folder(arguments, data->train, leads, prepared, &err);
    }
    int code = status == LW_OK ? train(arguments, prepared, run) : cli_fail(&err);
    if (code == CLI_EXIT_OK && load_and_score(arguments, data, run, &err) != LW_OK) {
        code = cli_fail(&err);
    }
    free(prepared);
    return code;
}

void cli_demo_run_free(cli_demo_run *run) {
    lw_model_free(&run->model);
    lw_scores_free(&run->scores);
    lw_scores_free(&run->real_scores);
    free(run->title);
    free(run->folder);
    free(run->history);
    *run = (cli_demo_run){0};
}

/* The report */

typedef struct diagnosed {
    lw_record *record;
    lw_predictor *predictor;
    const lw_prediction *prediction; /**< the predictor's */
} diagnosed;

static lw_status diagnose(const lw_model *model, const char *path, diagnosed *out, lw_error *err) {
    const lw_predictor_options how = {.size = sizeof how, .recordings = 1};
    lw_status status = lw_record_read(path, NULL, &out->record, err);
    if (status == LW_OK) {
        status = lw_predictor_create(model, &how, &out->predictor, err);
    }
    return status == LW_OK ? lw_predict_record(out->predictor, out->record, &out->prediction, err) : status;
}

static lw_status write_page(const cli_demo_run *runs, size_t run_count, const lw_model *model, const diagnosed *seen,
                            const char *path, lw_error *err) {
    lw_page_run *rows = cli_calloc(2 * run_count, sizeof *rows);
    size_t count = 0;
    for (size_t i = 0; i < run_count; i++) {
        rows[count++] = (lw_page_run){runs[i].title, runs[i].history, runs[i].epoch_count, &runs[i].scores};
    }
    char *titles[8] = {NULL};
    for (size_t i = 0; i < run_count && i < 8; i++) {
        if (runs[i].real_scores.records > 0) {
            titles[i] = cli_format("%s, on real recordings", runs[i].title);
            rows[count++] = (lw_page_run){titles[i], NULL, 0, &runs[i].real_scores};
        }
    }
    const lw_page page = {.title = "Leadwise demonstration",
                          .subtitle = model == runs[0].model
                                          ? "Networks trained for a few minutes on synthetic recordings"
                                          : "Networks trained for a few minutes on synthetic recordings; the recording "
                                            "below is read by the model that comes with the program",
                          .runs = rows,
                          .run_count = count,
                          .record = seen->record,
                          .classes = lw_model_classes(model),
                          .probabilities = seen->prediction->probabilities,
                          .decisions = seen->prediction->decisions};
    const lw_status status = lw_page_write(&page, path, err);
    for (size_t i = 0; i < 8; i++) {
        free(titles[i]);
    }
    free(rows);
    return status;
}

static lw_status write_drawing(const lw_record *record, const char *path, lw_error *err) {
    char *svg = NULL;
    lw_status status = lw_paper_svg(record, NULL, &svg, err);
    if (status == LW_OK) {
        status = cli_file_write(path, svg, err);
    }
    lw_string_free(&svg);
    return status;
}

static void print_diagnosis(const lw_model *model, const char *shown, const diagnosed *seen) {
    const lw_class_list *classes = lw_model_classes(model);
    printf("\n%s is labelled", lw_record_name(seen->record));
    for (size_t i = 0; i < lw_record_code_count(seen->record); i++) {
        const lw_diagnosis *known = lw_diagnosis_find(lw_record_code(seen->record, i));
        printf(" %s", known != NULL ? known->abbreviation : lw_record_code(seen->record, i));
    }
    printf("; %s says", shown);
    for (size_t i = 0; i < lw_class_count(classes); i++) {
        if (seen->prediction->decisions[i] != 0) {
            printf(" %s (%.2f)", lw_class_abbreviation(classes, i), (double)seen->prediction->probabilities[i]);
        }
    }
}

/** What reads the example: the model that is built in, else the first one trained here. *shipped is the caller's. */
static lw_status choose_reader(const cli_demo_run *runs, lw_model **shipped, const lw_model **reader, lw_error *err) {
    const lw_status status = lw_model_builtin(0) != NULL ? lw_model_load_builtin(NULL, shipped, err) : LW_OK;
    *reader = *shipped != NULL ? *shipped : runs[0].model;
    return status;
}

int cli_demo_report(const cli_arguments *arguments, const cli_demo_run *runs, size_t run_count, const char *record_path,
                    const char *folder) {
    char *page_path = cli_format("%s/report.html", folder);
    char *drawing_path = cli_format("%s/ecg.svg", folder);
    lw_model *shipped = NULL;
    const lw_model *reader = NULL;
    diagnosed seen = {0};
    lw_error err;
    lw_status status = choose_reader(runs, &shipped, &reader, &err);
    if (status == LW_OK) {
        status = diagnose(reader, record_path, &seen, &err);
    }
    if (status == LW_OK) {
        status = write_page(runs, run_count, reader, &seen, page_path, &err);
    }
    if (status == LW_OK) {
        status = write_drawing(seen.record, drawing_path, &err);
    }
    if (status == LW_OK && !cli_flag(arguments, "quiet")) {
        print_diagnosis(reader, shipped != NULL ? "the model that comes with Leadwise" : "the first network", &seen);
        printf("\nreport: %s\ndrawing: %s\n", page_path, drawing_path);
    }
    lw_predictor_free(&seen.predictor);
    lw_record_free(&seen.record);
    lw_model_free(&shipped);
    free(page_path);
    free(drawing_path);
    return status == LW_OK ? CLI_EXIT_OK : cli_fail(&err);
}
