/* The cells of a published table, several at once. */
#include <stdlib.h>

#include "base/error.h"
#include "base/file.h"
#include "base/memory.h"
#include "lab/jobs.h"
#include "lab/study_cell.h"
#include "train/options_table.h"

/** A study under way. */
typedef struct study {
    const lw_paper_table *table;
    const lw_dataset *dataset;
    const lw_study_options *options;
    const char *folder;
    lw_study_fn *progress;
    void *context;
    size_t *cells; /**< [count], those that are wanted */
    size_t count;
} study;

/** What the progress hook of one cell needs. */
typedef struct cell_watch {
    const study *study;
    lw_jobs *jobs;
    size_t cell;
} cell_watch;

static bool tell(void *context, size_t fold, size_t folds, const lw_train_progress *progress) {
    const cell_watch *watch = context;
    const study *s = watch->study;
    bool go_on = lw_jobs_enter(watch->jobs);
    if (go_on && s->progress != NULL)
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
    train.threads = lw_jobs_share(train.threads, s->options->jobs);
    train.cluster = NULL; /* the ranks divide the cells, not their folds */
    how.train = &train;
    lw_study_cell_name(s->table, cell, name);
    char *folder = lw_path_join(s->folder, name);
    lw_status status = folder == NULL ? lw_fail_no_memory(err, "a path")
                                      : lw_study_network(s->table, s->dataset, s->options, cell, &network, err);
    if (status == LW_OK)
        status = lw_crossval(network, s->dataset, &how, folder, tell, &watch, NULL, err);
    lw_network_free(&network);
    free(folder);
    return status;
}

/** The cells that are wanted, each checked: what cannot work is said now, not after days. */
static lw_status plan(void *context, lw_error *err) {
    study *s = context;
    const size_t all = s->table->rows * s->table->columns;
    lw_status status = LW_OK;
    s->cells = lw_calloc(all, sizeof *s->cells);
    if (s->cells == NULL)
        return lw_fail_no_memory(err, "the cells");
    for (size_t cell = 0; status == LW_OK && cell < all; cell++) {
        lw_network *network = NULL;
        if (!lw_study_wants(s->table, s->options, cell))
            continue;
        status = lw_study_network(s->table, s->dataset, s->options, cell, &network, err);
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
        status = lw_jobs_run(cluster, options->jobs, s.cells, s.count, run_cell, &s, err);
    free(s.cells);
    return status;
}
