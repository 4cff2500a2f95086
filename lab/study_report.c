/* From the folders of a table's cells to its report. */
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/error.h"
#include "base/file.h"
#include "base/json.h"
#include "base/memory.h"
#include "lab/crossval_results.h"
#include "lab/study.h"
#include "lab/study_table.h"
#include "train/run_folder.h"

enum { FILE_LIMIT = 512 << 20 };

static const lw_study_rule rules[LW_RULES] = {
    [LW_RULE_PLAIN] = {"plain", "threshold 0.5"},
    [LW_RULE_FALLBACK] = {"fallback", "threshold 0.5, and sinus rhythm where no class is positive"},
    [LW_RULE_TUNED] = {"tuned",
                       "thresholds tuned on each fold's validation records, and sinus rhythm where none is met"},
};

/** What is written, and the memory behind it. */
typedef struct gathered {
    lw_study_table table;
    lw_study_cell *cells;
    lw_study_scores *scores; /**< [cells][rules] */
    const char *row_titles[LW_PAPER_ROWS];
    char column_titles[LW_PAPER_COLUMNS][32];
    const char *columns[LW_PAPER_COLUMNS];
} gathered;

/** A number, NaN where there is none. */
static double number_at(const json_t *object, const char *key) {
    const json_t *value = json_object_get(object, key);
    return json_is_number(value) ? json_number_value(value) : NAN;
}

static size_t count_at(const json_t *object, const char *key) {
    const json_int_t value = json_integer_value(json_object_get(object, key));
    return value > 0 ? (size_t)value : 0;
}

static double end_at(const json_t *rule, const char *measure, size_t end) {
    const json_t *value = json_array_get(json_object_get(json_object_get(rule, "intervals"), measure), end);
    return json_is_number(value) ? json_number_value(value) : NAN;
}

static lw_study_score score_of(const json_t *rule, const char *measure) {
    return (lw_study_score){.pooled = number_at(json_object_get(rule, "pooled"), measure),
                            .low = end_at(rule, measure, 0),
                            .high = end_at(rule, measure, 1),
                            .mean = number_at(json_object_get(rule, "mean"), measure),
                            .deviation = number_at(json_object_get(rule, "deviation"), measure)};
}

static lw_study_scores scores_of(const json_t *rule) {
    const json_t *pooled = json_object_get(rule, "pooled");
    return (lw_study_scores){.metric = score_of(rule, "challenge_metric"),
                             .auroc = score_of(rule, "auroc"),
                             .auprc = number_at(pooled, "auprc"),
                             .accuracy = number_at(pooled, "accuracy"),
                             .f_measure = number_at(pooled, "f_measure")};
}

/** The JSON object in `folder`/`name`; *out stays NULL where there is no such file. */
static lw_status read_object(const char *folder, const char *name, json_t **out, lw_error *err) {
    char *path = lw_path_join(folder, name);
    lw_bytes bytes = {0};
    if (path == NULL)
        return lw_fail_no_memory(err, "a path");
    const lw_json_place place = {path, LW_ERR_FORMAT, err};
    lw_status status = LW_OK;
    if (access(path, F_OK) == 0) {
        status = lw_bytes_read(path, FILE_LIMIT, &bytes, err);
        if (status == LW_OK)
            status = lw_json_parse_object(place, (const char *)bytes.data, bytes.length, out);
    }
    lw_bytes_free(&bytes);
    free(path);
    return status;
}

static lw_status take_results(const json_t *results, const char *folder, lw_study_cell *cell, lw_error *err) {
    const json_t *by_rule = json_object_get(results, "rules");
    const char *format = json_string_value(json_object_get(results, "format"));
    if (format == NULL || strcmp(format, "leadwise.crossval/1") != 0 || !json_is_object(by_rule))
        return lw_fail(err, LW_ERR_FORMAT, "%s/%s: not the results of a cross-validation", folder, LW_CROSSVAL_RESULTS);
    for (size_t rule = 0; rule < LW_RULES; rule++)
        cell->scores[rule] = scores_of(json_object_get(by_rule, lw_rule_name((lw_rule)rule)));
    cell->records = count_at(results, "records");
    cell->folds = json_array_size(json_object_get(results, "folds"));
    cell->finished = true;
    return LW_OK;
}

/** How the first fold, and so every one, was trained. */
static void take_run(const json_t *run, lw_study_cell *cell) {
    const json_t *configuration = json_object_get(run, "configuration");
    const json_t *branches = json_object_get(json_object_get(configuration, "network"), "branches");
    const json_t *blocks = json_object_get(json_array_get(branches, 0), "blocks");
    cell->epochs = count_at(run, "epochs_asked");
    cell->batch = count_at(configuration, "batch");
    cell->filters = count_at(json_array_get(blocks, 0), "filters");
}

static lw_status read_cell(const char *folder, lw_study_cell *cell, lw_error *err) {
    json_t *results = NULL, *run = NULL;
    char *at = lw_path_join(folder, cell->name);
    lw_status status =
        at == NULL ? lw_fail_no_memory(err, "a path") : read_object(at, LW_CROSSVAL_RESULTS, &results, err);
    if (status == LW_OK && results != NULL)
        status = take_results(results, at, cell, err);
    if (status == LW_OK && cell->finished)
        status = read_object(at, "fold0/" LW_RUN_FILE, &run, err);
    if (status == LW_OK && run != NULL)
        take_run(run, cell);
    json_decref(results);
    json_decref(run);
    free(at);
    return status;
}

static void name_cells(const lw_paper_table *paper, gathered *g) {
    for (size_t r = 0; r < paper->rows; r++)
        g->row_titles[r] = paper->row[r].title;
    for (size_t c = 0; c < paper->columns; c++) {
        snprintf(g->column_titles[c], sizeof g->column_titles[c], "%s leads", paper->leads[c]);
        g->columns[c] = g->column_titles[c];
    }
    for (size_t i = 0; i < paper->rows * paper->columns; i++) {
        const lw_paper_row *row = &paper->row[i / paper->columns];
        const size_t column = i % paper->columns;
        g->cells[i] =
            (lw_study_cell){.network = row->network,
                            .published = row->published[column],
                            .hidden = paper->hidden != NULL && row == paper->row ? paper->hidden[column] : NAN,
                            .scores = g->scores + i * LW_RULES};
        lw_study_cell_name(paper, i, g->cells[i].name);
    }
}

static lw_status gather(const lw_paper_table *paper, const char *folder, gathered *g, lw_error *err) {
    const size_t cells = paper->rows * paper->columns;
    g->cells = lw_calloc(cells, sizeof *g->cells);
    g->scores = lw_calloc(cells * LW_RULES, sizeof *g->scores);
    if (g->cells == NULL || g->scores == NULL)
        return lw_fail_no_memory(err, "a report");
    name_cells(paper, g);
    g->table = (lw_study_table){.name = paper->name,
                                .title = paper->title,
                                .source = paper->source,
                                .rows = paper->rows,
                                .columns = paper->columns,
                                .rules = LW_RULES,
                                .row_titles = g->row_titles,
                                .column_titles = g->columns,
                                .rule = rules,
                                .cells = g->cells};
    lw_status status = LW_OK;
    for (size_t i = 0; status == LW_OK && i < cells; i++)
        status = read_cell(folder, &g->cells[i], err);
    return status;
}

static lw_status write_into(const lw_study_table *table, const char *folder, lw_error *err) {
    char *csv = lw_path_join(folder, "results.csv"), *page = lw_path_join(folder, "report.html");
    lw_status status = csv == NULL || page == NULL ? lw_fail_no_memory(err, "a path") : LW_OK;
    if (status == LW_OK)
        status = lw_study_csv_write(table, csv, err);
    if (status == LW_OK)
        status = lw_study_page_write(table, page, err);
    free(csv);
    free(page);
    return status;
}

lw_status lw_study_report(const lw_paper_table *table, const char *folder, size_t *finished, lw_error *err) {
    gathered g = {0};
    size_t count = 0;
    lw_status status = gather(table, folder, &g, err);
    if (status == LW_OK)
        status = write_into(&g.table, folder, err);
    for (size_t i = 0; status == LW_OK && i < table->rows * table->columns; i++)
        count += g.cells[i].finished;
    if (status == LW_OK && finished != NULL)
        *finished = count;
    free(g.cells);
    free(g.scores);
    return status;
}
