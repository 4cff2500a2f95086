/* These tests check the papers' tables, their numbers and networks, and a small study of two cells: the library's own
 * scorer repeats its report, and it ends with the same bytes after a stop, and for any number of jobs and processes. */
#include "cluster_support.h"
#include "train_support.h"

#include <jansson.h>
#include <math.h>

#include "base/file.h"
#include "lab/study.h"

enum { RECORDS = 24, SAMPLES = 1000, FOLDS = 2 };

#define ATTENTION "ms-attention-2"
#define NO_ATTENTION "ms-noattention-2"
static const char *const two_cells[] = {ATTENTION, NO_ATTENTION};

/* ---- The tables */

static const lw_paper_row *row_of(const lw_paper_table *table, const char *name) {
    for (size_t r = 0; r < table->row_count; r++)
        if (strcmp(table->row[r].name, name) == 0)
            return &table->row[r];
    fail_msg("%s has no row %s", table->name, name);
    return NULL;
}

/** The numbers of a paper, read once more. */
static void assert_published(const char *table, const char *row, size_t columns, const double *expected) {
    const lw_paper_table *found = lw_paper_table_find(table);
    assert_non_null(found);
    assert_int_equal(found->column_count, columns);
    for (size_t c = 0; c < columns; c++)
        lwt_assert_close(row_of(found, row)->published[c], expected[c], 0, 0);
}

static void the_published_numbers_stand_in_their_cells(void **state) {
    (void)state;
    assert_published("metaheart2020-table2", "mh-noattention", 1, (double[]){.569});
    assert_published("metaheart2020-table2", "mh-standard-dropout", 1, (double[]){.607});
    assert_published("metaheart2020-table2", "mh-fc", 1, (double[]){.571});
    assert_published("metaheart2020-table2", "mh-attention", 1, (double[]){.621});
    assert_published("multiscale2021-table1", "ms-attention", 5, (double[]){.719, .687, .698, .695, .678});
    assert_published("multiscale2021-table2", "ms-kernels-3-3-3", 5, (double[]){.666, .634, .640, .629, .614});
    assert_published("multiscale2021-table2", "ms-kernels-3-6-12", 5, (double[]){.690, .653, .660, .656, .641});
    assert_published("multiscale2021-table2", "ms-noattention", 5, (double[]){.700, .663, .672, .672, .653});
    assert_published("multiscale2021-table3", "ms-branch1", 5, (double[]){.657, .635, .633, .632, .615});
    assert_published("multiscale2021-table3", "ms-branch2", 5, (double[]){.664, .637, .636, .631, .621});
    assert_published("multiscale2021-table3", "ms-branch3", 5, (double[]){.643, .617, .616, .615, .598});
    const lw_paper_table *first = lw_paper_table_find("multiscale2021-table1");
    for (size_t c = 0; c < 5; c++)
        lwt_assert_close(first->hidden[c], ((double[]){.63, .57, .58, .57, .56})[c], 0, 0);
    assert_null(lw_paper_table_find("multiscale2021-table5"));
}

/* A name stands for one network and one number, whichever table it is in. */
static void cells_of_one_name_are_one_cell(void **state) {
    (void)state;
    const lw_paper_table *a, *b;
    size_t shared = 0;
    for (size_t i = 0; (a = lw_paper_table_at(i)); i++)
        for (size_t k = i + 1; (b = lw_paper_table_at(k)); k++)
            for (size_t m = 0; m < a->row_count * a->column_count; m++)
                for (size_t n = 0; n < b->row_count * b->column_count; n++) {
                    char x[LW_STUDY_NAME], y[LW_STUDY_NAME];
                    lw_study_cell_name(a, m, x);
                    lw_study_cell_name(b, n, y);
                    if (strcmp(x, y) != 0)
                        continue;
                    shared++;
                    assert_string_equal(a->row[m / a->column_count].network, b->row[n / b->column_count].network);
                    assert_string_equal(a->leads[m % a->column_count], b->leads[n % b->column_count]);
                    lwt_assert_close(a->row[m / a->column_count].published[m % a->column_count],
                                     b->row[n / b->column_count].published[n % b->column_count], 0, 0);
                }
    assert_int_equal(shared, 5 + 3 * 5); /* attention: tables 1, 4; without: 2-3, 2-4, 3-4 */
}

/* ---- The networks behind them */

static json_t *network_of(const char *name, const char *leads) {
    lw_error err = {0};
    lw_lead_set set;
    lw_network *network = NULL;
    lwt_assert_ok(lw_lead_set_parse(leads, &set, &err), &err);
    const lw_network_options how = {.size = sizeof how, .leads = &set};
    lwt_assert_ok(lw_network_load(name, &how, &network, &err), &err);
    char *text = lw_network_json(network);
    json_t *root = json_loads(text, 0, NULL);
    assert_non_null(root);
    lw_string_free(&text);
    lw_network_free(&network);
    json_object_del(root, "name");
    return root;
}

static json_t *block_at(const json_t *network, size_t branch, size_t block) {
    const json_t *blocks = json_object_get(json_array_get(json_object_get(network, "branches"), branch), "blocks");
    return json_array_get(blocks, block);
}

static void set_attention_off(json_t *network) {
    for (size_t i = 0; i < json_array_size(json_object_get(network, "branches")); i++)
        for (size_t k = 0; block_at(network, i, k); k++)
            json_object_set_new(block_at(network, i, k), "attention", json_false());
}

/** Kernels along samples of the last three blocks of each branch. */
static void set_last_kernels(json_t *network, const int taps[3]) {
    for (size_t i = 0; i < json_array_size(json_object_get(network, "branches")); i++)
        for (size_t k = 0; k < 3; k++)
            json_array_set_new(json_object_get(block_at(network, i, 2 + k), "kernel"), 1, json_integer(taps[k]));
}

static void keep_branch(json_t *network, size_t branch) {
    json_t *branches = json_object_get(network, "branches");
    for (size_t i = json_array_size(branches); i-- > 0;)
        if (i != branch)
            json_array_remove(branches, i);
}

static void assert_network(const char *row, const char *table, const char *leads, json_t *expected) {
    json_t *network = network_of(row_of(lw_paper_table_find(table), row)->network, leads);
    if (!json_equal(network, expected))
        fail_msg("%s on %s leads is another network", row, leads);
    json_decref(network);
    json_decref(expected);
}

/* Each row is the proposed network but for the change that the paper states, on every lead set. */
static void each_row_is_the_network_that_the_paper_describes(void **state) {
    (void)state;
    static const char *const sets[] = {"12", "6", "4", "3", "2"};
    for (size_t i = 0; i < 5; i++) {
        json_t *n = network_of("multiscale2021", sets[i]);
        assert_network("ms-attention", "multiscale2021-table1", sets[i], n);
        set_attention_off(n = network_of("multiscale2021", sets[i]));
        assert_network("ms-noattention", "multiscale2021-table4", sets[i], n);
        set_attention_off(n = network_of("multiscale2021", sets[i]));
        set_last_kernels(n, (int[]){3, 3, 3});
        assert_network("ms-kernels-3-3-3", "multiscale2021-table2", sets[i], n);
        set_attention_off(n = network_of("multiscale2021", sets[i]));
        set_last_kernels(n, (int[]){3, 6, 12});
        assert_network("ms-kernels-3-6-12", "multiscale2021-table2", sets[i], n);
        for (size_t branch = 0; branch < 3; branch++) {
            const char *const rows[] = {"ms-branch1", "ms-branch2", "ms-branch3"};
            set_attention_off(n = network_of("multiscale2021", sets[i]));
            keep_branch(n, branch);
            assert_network(rows[branch], "multiscale2021-table3", sets[i], n);
        }
    }
    json_t *n = network_of("metaheart2020", "12");
    assert_network("mh-attention", "metaheart2020-table2", "12", n);
    set_attention_off(n = network_of("metaheart2020", "12"));
    assert_network("mh-noattention", "metaheart2020-table2", "12", n);
    json_object_set_new(n = network_of("metaheart2020", "12"), "dropout", json_string("standard"));
    assert_network("mh-standard-dropout", "metaheart2020-table2", "12", n);
    json_object_set_new(n = network_of("metaheart2020", "12"), "head", json_string("flatten"));
    assert_network("mh-fc", "metaheart2020-table2", "12", n);
}

/* ---- A small study */

/** 24 records of leads I and II, 10 s, two classes that differ by a slow wave; also headers with their diagnoses. */
static lw_dataset *small_data(void) {
    lw_error err = {0};
    static float signals[RECORDS * 2 * SAMPLES];
    uint8_t labels[RECORDS * 2] = {0};
    uint32_t hashes[RECORDS * 2] = {0};
    lw_text records = {0};
    lwt_fill(signals, RECORDS * 2 * SAMPLES, 3);
    for (size_t i = 0; i < RECORDS; i++) {
        labels[2 * i + i % 2] = 1;
        hashes[2 * i] = (uint32_t)i + 1;
        for (size_t t = 0; i % 2 == 1 && t < 2 * SAMPLES; t++)
            signals[i * 2 * SAMPLES + t] += t / 50 % 2 ? 2 : -2;
        lw_text_printf(&records, "%s\"R%03zu\"", i == 0 ? "[" : ",", i);
    }
    lw_text_puts(&records, "]");
    const lw_tensor_spec tensors[] = {{"signals", LW_DTYPE_F32, 3, {RECORDS, 2, SAMPLES}, signals},
                                      {"signal_hash", LW_DTYPE_U32, 2, {RECORDS, 2}, hashes},
                                      {"labels", LW_DTYPE_U8, 2, {RECORDS, 2}, labels}};
    const lw_metadata_item metadata[] = {
        {"leadwise.records", records.data},
        {"leadwise.classes", LWT_CLASSES_JSON},
        {"leadwise.leads", "[\"I\",\"II\"]"},
        {"leadwise.preprocessing", "{\"rate_hz\":100,\"band_hz\":[0.05,35.0],\"filter\":\"butterworth-zero-phase\","
                                   "\"filter_order\":3,\"window_s\":10,\"normalise\":\"zscore\"}"}};
    const char *path = lwt_temp_path("small");
    lw_dataset *dataset = NULL;
    lwt_assert_ok(lw_safetensors_write(path, tensors, 3, metadata, 4, &err), &err);
    lwt_assert_ok(lw_dataset_open(path, &dataset, &err), &err);
    lw_text_free(&records);
    return dataset;
}

static lw_train_options train;

static lw_study_options small_options(void) {
    lw_study_options options = lw_study_options_default();
    options.crossval.fold_count = FOLDS;
    options.crossval.replicate_count = 20;
    train = lwt_train_options();
    train.epochs = 2;
    options.crossval.train = &train;
    options.network.width = 8;
    options.only = two_cells;
    options.only_count = 2;
    return options;
}

/** Counts calls and stops at one of them. */
static bool on_step(void *context, size_t cell, size_t fold, size_t folds, const lw_train_progress *progress) {
    assert_true(cell < 10 && fold < folds);
    return lwt_stop(context, progress);
}

static const lw_paper_table *attention_table(void) { return lw_paper_table_find("multiscale2021-table4"); }

static lw_status run_study(const lw_dataset *dataset, const lw_study_options *options, const char *name,
                           lwt_stopper *stopper, lw_error *err) {
    return lw_study_run(attention_table(), dataset, options, lwt_temp_path(name), stopper ? on_step : NULL, stopper,
                        err);
}

static void assert_same_cells(const char *a, const char *b) {
    for (size_t i = 0; i < 2; i++) {
        char file[64];
        snprintf(file, sizeof file, "%s/results.json", two_cells[i]);
        lwt_assert_same_file(a, b, file);
        snprintf(file, sizeof file, "%s/fold1/model.safetensors", two_cells[i]);
        lwt_assert_same_file(a, b, file);
        snprintf(file, sizeof file, "%s/outputs/R007.csv", two_cells[i]);
        lwt_assert_same_file(a, b, file);
    }
}

/** Field `name` of the line of `cell` and `rule`. No field of these files is quoted but the rows' titles. */
static void csv_field(const char *csv, const char *cell, const char *rule, const char *name, char field[64]) {
    size_t column = 0, at = 0;
    const char *cursor = csv, *end = csv + strlen(csv);
    lw_span line, part;
    assert_true(lw_span_line(&cursor, end, &line));
    while (lw_span_field(&line, ',', &part) && !lw_span_equals(part, name))
        column++;
    while (lw_span_line(&cursor, end, &line)) {
        lw_span fields[32] = {{NULL, 0}};
        for (at = 0; at < 32 && lw_span_field(&line, ',', &part); at++)
            fields[at] = part;
        if (!lw_span_equals(fields[0], cell) || !lw_span_equals(fields[6], rule))
            continue;
        snprintf(field, 64, "%.*s", (int)fields[column].length, fields[column].at);
        return;
    }
    fail_msg("no line of %s, %s", cell, rule);
}

static double csv_number(const char *csv, const char *cell, const char *rule, const char *name) {
    char field[64];
    csv_field(csv, cell, rule, name, field);
    assert_true(field[0] != '\0');
    return atof(field);
}

/* The report's numbers are those that anybody gets from the cells' outputs, and the published ones. */
static void the_report_repeats_the_outputs(void **state) {
    (void)state;
    lw_error err = {0};
    lw_dataset *dataset = small_data();
    const lw_study_options options = small_options();
    const lw_evaluate_options how = {.size = sizeof how, .year = 2021};
    size_t finished;
    lwt_assert_ok(run_study(dataset, &options, "study", NULL, &err), &err);
    lwt_assert_ok(lw_study_report(attention_table(), lwt_temp_path("study"), &finished, &err), &err);
    assert_int_equal(finished, 2);
    char *csv = lwt_run_file("study", "results.csv", NULL);
    for (size_t i = 0; i < 2; i++) {
        char outputs[64];
        lw_evaluation evaluation = {.replicate_count = 0};
        snprintf(outputs, sizeof outputs, "study/%s/outputs", two_cells[i]);
        lwt_assert_ok(lw_evaluate_folders(lwt_temp_path("small"), lwt_temp_path(outputs), &how, &evaluation, &err),
                      &err);
        const lw_scores scores = evaluation.scores;
        const char *cell = two_cells[i], *rule = "fallback";
        lwt_assert_close(csv_number(csv, cell, rule, "challenge_metric"), scores.challenge_metric, 1e-12, 0);
        lwt_assert_close(csv_number(csv, cell, rule, "auroc"), scores.auroc, 1e-12, 0);
        lwt_assert_close(csv_number(csv, cell, rule, "auprc"), scores.auprc, 1e-12, 0);
        lwt_assert_close(csv_number(csv, cell, rule, "accuracy"), scores.accuracy, 1e-12, 0);
        lwt_assert_close(csv_number(csv, cell, rule, "f_measure"), scores.f_measure, 1e-12, 0);
        assert_true(csv_number(csv, cell, "tuned", "low") <= csv_number(csv, cell, "tuned", "challenge_metric"));
        lw_evaluation_free(&evaluation);
    }
    lwt_assert_close(csv_number(csv, ATTENTION, "plain", "published"), .678, 0, 0);
    lwt_assert_close(csv_number(csv, NO_ATTENTION, "plain", "published"), .653, 0, 0);
    char empty[64];
    csv_field(csv, "ms-attention-12", "tuned", "challenge_metric", empty);
    assert_string_equal(empty, "");
    free(csv);
    lw_dataset_free(&dataset);
}

/** Mean and deviation (n - 1) over the folds of a rule, from results.json. */
static void the_report_gives_mean_and_deviation(void **state) {
    (void)state;
    lw_error err = {0};
    lw_dataset *dataset = small_data();
    const lw_study_options options = small_options();
    lwt_assert_ok(run_study(dataset, &options, "means", NULL, &err), &err);
    lwt_assert_ok(lw_study_report(attention_table(), lwt_temp_path("means"), NULL, &err), &err);
    char *csv = lwt_run_file("means", "results.csv", NULL), *page = lwt_run_file("means", "report.html", NULL);
    json_t *root = lwt_run_json("means", ATTENTION "/results.json");
    const json_t *folds = json_object_get(json_object_get(json_object_get(root, "rules"), "tuned"), "folds");
    const double a = json_number_value(json_object_get(json_array_get(folds, 0), "challenge_metric"));
    const double b = json_number_value(json_object_get(json_array_get(folds, 1), "challenge_metric"));
    lwt_assert_close(csv_number(csv, ATTENTION, "tuned", "mean"), (a + b) / 2, 1e-12, 0);
    lwt_assert_close(csv_number(csv, ATTENTION, "tuned", "deviation"), fabs(a - b) / sqrt(2), 1e-12, 0);
    char shown[64];
    snprintf(shown, sizeof shown, "<b>%.3f</b> &#177; %.3f", (a + b) / 2, fabs(a - b) / sqrt(2));
    assert_non_null(strstr(page, shown));
    assert_non_null(strstr(page, "published 0.719"));
    assert_null(strstr(page, "<script"));
    assert_null(strstr(page, "http"));
    json_decref(root);
    free(page);
    free(csv);
    lw_dataset_free(&dataset);
}

/* Stopped in either cell, resumed: the bytes of a study that was not stopped; then nothing is left to compute. */
static void a_resumed_study_ends_with_the_same_bytes(void **state) {
    (void)state;
    lw_error err = {0};
    lw_dataset *dataset = small_data();
    lw_study_options options = small_options();
    lwt_stopper watch = {0};
    lwt_assert_ok(run_study(dataset, &options, "whole", &watch, &err), &err);
    for (size_t stop_at = 2; stop_at < watch.calls; stop_at += 9) {
        lwt_stopper stopper = {.stop_at = stop_at};
        train.resume = false;
        lwt_assert_fails(run_study(dataset, &options, "stopped", &stopper, &err), LW_ERR_INTERRUPTED, &err,
                         "checkpoint");
        train.resume = true;
        lwt_assert_ok(run_study(dataset, &options, "stopped", NULL, &err), &err);
        assert_same_cells("whole", "stopped");
    }
    lwt_stopper none = {0};
    lwt_assert_ok(run_study(dataset, &options, "stopped", &none, &err), &err);
    assert_int_equal(none.calls, 0);
    train.batch++;
    lwt_assert_fails(run_study(dataset, &options, "stopped", &none, &err), LW_ERR_MISMATCH, &err, "batch");
    lw_dataset_free(&dataset);
}

/* A rank's study and how it ended. */
typedef struct ranked_study {
    const lw_dataset *dataset;
    lw_train_options train;
    lw_study_options options;
    const char *folder;
    lwt_stopper stopper;
    lw_status status;
    lw_error err;
} ranked_study;

static void study_rank(const lw_cluster *cluster, void *task) {
    ranked_study *s = task;
    s->train.cluster = cluster;
    s->options.crossval.train = &s->train;
    s->status = lw_study_run(attention_table(), s->dataset, &s->options, s->folder, on_step, &s->stopper, &s->err);
}

static void plan_ranks(const lw_dataset *dataset, const lw_study_options *options, ranked_study ranks[2]) {
    const char *folder = lwt_temp_path("ranks");
    for (int r = 0; r < 2; r++)
        ranks[r] = (ranked_study){.dataset = dataset, .train = train, .options = *options, .folder = folder};
}

static void a_stopped_rank_stops_the_cells_of_all(void **state) {
    (void)state;
    lw_error err = {0};
    lw_dataset *dataset = small_data();
    lw_study_options options = small_options();
    lwt_assert_ok(run_study(dataset, &options, "one", NULL, &err), &err);
    ranked_study ranks[2];
    plan_ranks(dataset, &options, ranks);
    ranks[1].stopper.stop_at = 2;
    lwt_run_ranks(2, study_rank, ranks, sizeof ranks[0]);
    for (int r = 0; r < 2; r++)
        lwt_assert_fails(ranks[r].status, LW_ERR_INTERRUPTED, &ranks[r].err, "stopped in epoch");
    for (int r = 0; r < 2; r++) {
        ranks[r].stopper = (lwt_stopper){0};
        ranks[r].train.resume = true;
    }
    lwt_run_ranks(2, study_rank, ranks, sizeof ranks[0]);
    for (int r = 0; r < 2; r++)
        lwt_assert_ok(ranks[r].status, &ranks[r].err);
    assert_same_cells("one", "ranks");
    lw_dataset_free(&dataset);
}

static void jobs_and_processes_change_nothing(void **state) {
    (void)state;
    lw_error err = {0};
    lw_dataset *dataset = small_data();
    lw_study_options options = small_options();
    train.threads = 2;
    lwt_stopper all = {0};
    lwt_assert_ok(run_study(dataset, &options, "one", &all, &err), &err);
    options.job_count = 2;
    lwt_assert_ok(run_study(dataset, &options, "two", NULL, &err), &err);
    assert_same_cells("one", "two");
    options.job_count = 1;
    ranked_study ranks[2];
    plan_ranks(dataset, &options, ranks);
    lwt_run_ranks(2, study_rank, ranks, sizeof ranks[0]);
    for (int r = 0; r < 2; r++) {
        lwt_assert_ok(ranks[r].status, &ranks[r].err);
        assert_int_equal(ranks[r].stopper.calls, all.calls / 2); /* a cell each */
    }
    assert_same_cells("one", "ranks");
    /* A stop reaches all jobs. */
    options = small_options();
    options.job_count = 2;
    lwt_stopper stopper = {.stop_at = 3};
    lwt_assert_fails(run_study(dataset, &options, "two", &stopper, &err), LW_ERR_INTERRUPTED, &err, "checkpoint");
    train.resume = true;
    lwt_assert_ok(run_study(dataset, &options, "two", NULL, &err), &err);
    assert_same_cells("one", "two");
    lw_dataset_free(&dataset);
}

/* What `crossval` left in a cell's folder counts. */
static void a_cross_validation_is_taken_over(void **state) {
    (void)state;
    lw_error err = {0};
    lw_dataset *dataset = small_data();
    lw_study_options options = small_options();
    options.only_count = 1;
    lw_network *network = NULL;
    const lw_network_options how = {
        .size = sizeof how, .leads = lw_dataset_leads(dataset), .width = 8, .output_count = 2};
    lwt_assert_ok(lw_network_load("multiscale2021", &how, &network, &err), &err);
    lwt_assert_ok(
        lw_crossval(network, dataset, &options.crossval, lwt_temp_path("taken/" ATTENTION), NULL, NULL, NULL, &err),
        &err);
    lwt_stopper watch = {0};
    train.resume = true;
    lwt_assert_ok(run_study(dataset, &options, "taken", &watch, &err), &err);
    assert_int_equal(watch.calls, 0);
    lw_network_free(&network);
    lw_dataset_free(&dataset);
}

/* Steps: 24 records, 12 for each fold's others, of them 1 to validate: 11 in batches of 4. */
static void the_budget_multiplies(void **state) {
    (void)state;
    lw_error err = {0};
    lw_dataset *dataset = small_data();
    lw_study_options options = small_options();
    lw_study_cost cost;
    train.batch = 4;
    train.epochs = 30;
    train.patience_stop = 10;
    lwt_assert_ok(lw_study_cost_measure(attention_table(), dataset, &options, 4, &cost, &err), &err);
    assert_int_equal(cost.step_count, FOLDS * 3);
    assert_true(cost.step_s > 0);
    lwt_assert_close(cost.most_s, cost.step_s * 6 * 30, 0, 1e-12);
    lwt_assert_close(cost.least_s, cost.step_s * 6 * 11, 0, 1e-12);
    train.patience_stop = 0;
    lwt_assert_ok(lw_study_cost_measure(attention_table(), dataset, &options, 4, &cost, &err), &err);
    lwt_assert_close(cost.least_s, cost.most_s, 0, 0);
    lw_dataset_free(&dataset);
}

static void what_cannot_work_is_said_before_training(void **state) {
    (void)state;
    lw_error err = {0};
    lw_dataset *dataset = small_data();
    lw_study_options options = small_options();
    lwt_stopper watch = {0};
    options.only_count = 0; /* the first cells need 12 leads */
    lwt_assert_fails(run_study(dataset, &options, "bad", &watch, &err), LW_ERR_MISMATCH, &err, "ms-noattention-12");
    options = small_options();
    options.only = (const char *const[]){"ms-attention-5"};
    options.only_count = 1;
    lwt_assert_fails(run_study(dataset, &options, "bad", &watch, &err), LW_ERR_ARGUMENT, &err, "ms-attention-5");
    options = small_options();
    train.year = 2020;
    lwt_assert_fails(run_study(dataset, &options, "bad", &watch, &err), LW_ERR_ARGUMENT, &err, "2021");
    options = small_options();
    options.job_count = 0;
    lwt_assert_fails(run_study(dataset, &options, "bad", &watch, &err), LW_ERR_ARGUMENT, &err, "job");
    assert_int_equal(watch.calls, 0);
    lwt_assert_ok(lw_folder_create(lwt_temp_path("odd/" ATTENTION), &err), &err);
    lwt_write_file(lwt_temp_path("odd/" ATTENTION "/results.json"), "{}", 2);
    lwt_assert_fails(lw_study_report(attention_table(), lwt_temp_path("odd"), NULL, &err), LW_ERR_FORMAT, &err,
                     "ms-attention-2/results.json");
    lw_dataset_free(&dataset);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_published_numbers_stand_in_their_cells),
        cmocka_unit_test(cells_of_one_name_are_one_cell),
        cmocka_unit_test(each_row_is_the_network_that_the_paper_describes),
        cmocka_unit_test(the_report_repeats_the_outputs),
        cmocka_unit_test(the_report_gives_mean_and_deviation),
        cmocka_unit_test(a_resumed_study_ends_with_the_same_bytes),
        cmocka_unit_test(jobs_and_processes_change_nothing),
        cmocka_unit_test(a_stopped_rank_stops_the_cells_of_all),
        cmocka_unit_test(a_cross_validation_is_taken_over),
        cmocka_unit_test(the_budget_multiplies),
        cmocka_unit_test(what_cannot_work_is_said_before_training),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
