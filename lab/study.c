/* This file runs the cells of a published table: their networks, costs and cross-validations, several at once. */
#include "lab/study.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "base/file.h"
#include "dataset/batch.h"
#include "lab/bench.h"
#include "lab/jobs.h"
#include "train/options_table.h"

/* ---- Cells */

lw_study_options lw_study_options_default(void) {
    return (lw_study_options){
        .crossval = lw_crossval_options_default(), .network.size = sizeof(lw_network_options), .job_count = 1};
}

static bool has_name(const lw_paper_table *table, size_t cell, const char *wanted) {
    char name[LW_STUDY_NAME];
    lw_study_cell_name(table, cell, name);
    return strcmp(name, wanted) == 0;
}

lw_status lw_study_options_check(const lw_paper_table *table, const lw_study_options *options, lw_error *err) {
    const lw_status status = lw_train_options_check(options->crossval.train, err);
    if (status != LW_OK)
        return status;
    if (options->crossval.train->year != table->year)
        return lw_fail(err, LW_ERR_ARGUMENT,
                       "%s: the table is of the classes and metric of %d, the data are of %d, expected the same",
                       table->name, table->year, options->crossval.train->year);
    if (options->job_count < 1)
        return lw_fail(err, LW_ERR_ARGUMENT, "0 jobs at a time, expected 1 or more");
    for (size_t i = 0; i < options->only_count; i++) {
        size_t cell = 0;
        while (cell < table->row_count * table->column_count && !has_name(table, cell, options->only[i]))
            cell++;
        if (cell == table->row_count * table->column_count)
            return lw_fail(err, LW_ERR_ARGUMENT, "%s: the table has no cell %s, expected one of its names", table->name,
                           options->only[i]);
    }
    return LW_OK;
}

bool lw_study_wants(const lw_paper_table *table, const lw_study_options *options, size_t cell) {
    bool wanted = options->only_count == 0;
    for (size_t i = 0; i < options->only_count; i++)
        wanted |= has_name(table, cell, options->only[i]);
    return wanted;
}

/** The network of a cell, as it fits the data. lw_network_free *out. */
static lw_status load_network(const lw_paper_table *table, const lw_dataset *dataset, const lw_study_options *options,
                              size_t cell, lw_network **out, lw_error *err) {
    lw_network *network = NULL;
    lw_lead_set leads;
    lw_network_options how = options->network;
    size_t rows[LW_LEADS_MAX];
    lw_error why;
    char name[LW_STUDY_NAME];
    how.leads = &leads;
    how.output_count = lw_class_count(lw_dataset_classes(dataset));
    lw_study_cell_name(table, cell, name);
    lw_status status = lw_lead_set_parse(table->leads[cell % table->column_count], &leads, err);
    if (status == LW_OK)
        status = lw_network_load(table->row[cell / table->column_count].network, &how, &network, err);
    if (status == LW_OK &&
        lw_lead_rows(dataset, lw_network_leads(network), lw_network_missing_leads(network), rows, &why) != LW_OK)
        status = lw_fail(err, LW_ERR_MISMATCH, "cell %s: %s", name, why.message);
    if (status == LW_OK && lw_network_sample_count(network) != lw_dataset_sample_count(dataset))
        status = lw_fail(err, LW_ERR_MISMATCH, "cell %s: the data have %zu samples a lead, the network expects %zu",
                         name, lw_dataset_sample_count(dataset), lw_network_sample_count(network));
    if (status == LW_OK)
        *out = network;
    else
        lw_network_free(&network);
    return status;
}

/* ---- What a cell costs */

lw_status lw_study_cost_measure(const lw_paper_table *table, const lw_dataset *dataset, const lw_study_options *options,
                                size_t cell, lw_study_cost *out, lw_error *err) {
    const lw_train_options *train = options->crossval.train;
    lw_network *network = NULL;
    double step_s = 0;
    size_t steps = 0;
    lw_status status = lw_study_options_check(table, options, err);
    if (status == LW_OK)
        status = lw_crossval_steps(dataset, &options->crossval, &steps, err);
    if (status == LW_OK)
        status = load_network(table, dataset, options, cell, &network, err);
    if (status == LW_OK)
        status = lw_bench_step(network, train, lw_jobs_share(train->threads, options->job_count), &step_s, err);
    lw_network_free(&network);
    if (status != LW_OK)
        return status;
    /* The first epoch is always the best so far. */
    const bool may_stop = train->patience_stop > 0 && train->patience_stop < train->epochs;
    const size_t least = may_stop ? train->patience_stop + 1 : train->epochs;
    *out = (lw_study_cost){.step_count = steps,
                           .step_s = step_s,
                           .most_s = step_s * (double)steps * (double)train->epochs,
                           .least_s = step_s * (double)steps * (double)least};
    return LW_OK;
}

/* ---- Running them */

/** A study under way. */
typedef struct study {
    const lw_paper_table *table;
    const lw_dataset *dataset;
    const lw_study_options *options;
    const char *folder;
    lw_study_fn *progress;
    void *context;
    size_t cells[LW_PAPER_ROWS * LW_PAPER_COLUMNS]; /**< [count], those that are wanted */
    size_t count;
} study;

/** The context of the progress hook of one cell. */
typedef struct cell_watch {
    const study *study;
    lw_jobs *jobs;
    size_t cell;
} cell_watch;

static bool report_progress(void *context, size_t fold, size_t folds, const lw_train_progress *progress) {
    const cell_watch *watch = context;
    const study *s = watch->study;
    bool go_on = lw_jobs_enter(watch->jobs);
    if (go_on && s->progress)
        go_on = s->progress(s->context, watch->cell, fold, folds, progress);
    return lw_jobs_leave(watch->jobs, go_on);
}

static lw_status run_cell(lw_jobs *jobs, void *context, size_t cell, lw_error *err) {
    const study *s = context;
    cell_watch watch = {s, jobs, cell};
    lw_crossval_options how = s->options->crossval;
    lw_network *network = NULL;
    char name[LW_STUDY_NAME];
    lw_train_options train = *how.train;
    train.threads = lw_jobs_share(train.threads, s->options->job_count);
    train.cluster = NULL; /* the ranks divide the cells, not their folds */
    how.train = &train;
    lw_study_cell_name(s->table, cell, name);
    char *folder = lw_path_join(s->folder, name);
    lw_status status = !folder ? lw_fail_no_memory(err, "a path")
                               : load_network(s->table, s->dataset, s->options, cell, &network, err);
    if (status == LW_OK)
        status = lw_crossval(network, s->dataset, &how, folder, report_progress, &watch, NULL, err);
    lw_network_free(&network);
    free(folder);
    return status;
}

/** The cells that are wanted, each checked: what cannot work is reported now, not after days. */
static lw_status plan(void *context, lw_error *err) {
    study *s = context;
    const size_t all = s->table->row_count * s->table->column_count;
    lw_status status = LW_OK;
    assert(all <= sizeof s->cells / sizeof s->cells[0]);
    for (size_t cell = 0; status == LW_OK && cell < all; cell++) {
        lw_network *network = NULL;
        if (!lw_study_wants(s->table, s->options, cell))
            continue;
        status = load_network(s->table, s->dataset, s->options, cell, &network, err);
        lw_network_free(&network);
        s->cells[s->count++] = cell;
    }
    return status;
}

lw_status lw_study_run(const lw_paper_table *table, const lw_dataset *dataset, const lw_study_options *options,
                       const char *folder, lw_study_fn *progress, void *context, lw_error *err) {
    const lw_cluster *cluster = options->crossval.train->cluster;
    study s = {.table = table,
               .dataset = dataset,
               .options = options,
               .folder = folder,
               .progress = progress,
               .context = context};
    lw_status status = lw_study_options_check(table, options, err);
    if (status == LW_OK)
        status = lw_collective_run(cluster, LW_EVERY_RANK, plan, &s, err);
    if (status == LW_OK)
        status = lw_jobs_run(cluster, options->job_count, s.cells, s.count, run_cell, &s, err);
    return status;
}
