/* Cross-validation: folds are dealt to the ranks and trained, then the first rank judges every record. */
#include "lab/study.h"

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/error.h"
#include "base/file.h"
#include "base/memory.h"
#include "base/parallel.h"
#include "evaluate/scoring.h"
#include "lab/crossval_results.h"
#include "lab/jobs.h"
#include "lab/judge_split.h"
#include "train/options_table.h"
#include "train/run_folder.h"

#define OUTPUTS "outputs"

/** One cross-validation. */
typedef struct crossval {
    const lw_network *network;
    const lw_dataset *dataset;
    const lw_crossval_options *options;
    const char *folder;
    lw_crossval_fn *progress;
    void *context;
    lw_scoring scoring;
    lw_groups groups;
    lw_folds folds;
    lw_pool pool;
    lw_fold_outcome *outcomes; /**< [folds.count] */
    int fallback;              /**< column, or -1 */
    lw_crossval_result result; /**< of the first rank, or where `finished` */
    bool finished;             /**< on this rank's files, an earlier call has done all */
} crossval;

/** What the progress hook of one fold needs. */
typedef struct fold_watch {
    const crossval *crossval;
    lw_jobs *jobs;
    size_t fold;
} fold_watch;

lw_crossval_options lw_crossval_options_default(void) {
    return (lw_crossval_options){.folds = 5, .kind = LW_FOLDS_RANDOM, .replicates = 1000};
}

static void crossval_free(crossval *c) {
    for (size_t f = 0; c->outcomes != NULL && f < c->folds.count; f++) {
        lw_split_free(&c->outcomes[f].split);
        free(c->outcomes[f].thresholds);
        lw_model_free(&c->outcomes[f].model);
    }
    free(c->outcomes);
    lw_pool_free(&c->pool);
    lw_folds_free(&c->folds);
    lw_groups_free(&c->groups);
    lw_scoring_free(&c->scoring);
}

/** All splits before the first training: what cannot work is said now, not after days. */
static lw_status split_folds(crossval *c, lw_error *err) {
    const lw_train_options *train = c->options->train;
    c->outcomes = lw_calloc(c->folds.count, sizeof *c->outcomes);
    lw_status status = c->outcomes == NULL ? lw_fail_no_memory(err, "the folds") : LW_OK;
    for (size_t f = 0; status == LW_OK && f < c->folds.count; f++) {
        c->outcomes[f].thresholds = lw_calloc(c->pool.classes, sizeof(double));
        status = c->outcomes[f].thresholds == NULL
                     ? lw_fail_no_memory(err, "the folds")
                     : lw_folds_split(&c->groups, &c->folds, f, lw_train_split_seed(train), train->validation_fraction,
                                      &c->outcomes[f].split, err);
    }
    return status;
}

static lw_status plan(crossval *c, lw_error *err) {
    const lw_crossval_options *o = c->options;
    lw_status status = lw_scoring_create(o->train->year, NULL, &c->scoring, err);
    if (status == LW_OK)
        status = lw_groups_find(c->dataset, o->groups, &c->groups, err);
    if (status == LW_OK)
        status =
            lw_folds_assign(c->dataset, &c->groups, o->kind, o->folds, lw_train_split_seed(o->train), &c->folds, err);
    if (status == LW_OK)
        status = lw_pool_create(c->dataset, &c->scoring, o->label_folders, o->label_folder_count, &c->pool, err);
    if (status == LW_OK)
        status = split_folds(c, err);
    const char *code = lw_train_fallback(o->train);
    c->fallback = code != NULL ? lw_class_find(lw_dataset_classes(c->dataset), code) : -1;
    return status;
}

static bool tell(void *context, const lw_train_progress *progress) {
    const fold_watch *watch = context;
    const crossval *c = watch->crossval;
    bool go_on = lw_jobs_enter(watch->jobs);
    if (go_on && c->progress != NULL)
        go_on = c->progress(c->context, watch->fold, c->folds.count, progress);
    return lw_jobs_leave(watch->jobs, go_on);
}

static lw_train_options fold_options(const crossval *c) {
    lw_train_options train = *c->options->train;
    train.test_fraction = 0; /* the split is ours: a fraction that is not used must not tell runs apart */
    train.cluster = NULL;    /* ranks divide the folds, not their batches */
    return train;
}

/** The folder of fold `fold`; free() it. NULL when out of memory. */
static char *fold_folder(const crossval *c, size_t fold) {
    char name[32];
    snprintf(name, sizeof name, "fold%zu", fold);
    return lw_path_join(c->folder, name);
}

static lw_status train_fold(lw_jobs *jobs, void *context, size_t fold, lw_error *err) {
    const crossval *c = context;
    const lw_train_options train = fold_options(c);
    fold_watch watch = {c, jobs, fold};
    lw_fold_outcome *outcome = &c->outcomes[fold];
    char *folder = fold_folder(c, fold);
    lw_status status = folder == NULL ? lw_fail_no_memory(err, "a path")
                                      : lw_train_on_split(c->network, c->dataset, &outcome->split, &train, folder, tell,
                                                          &watch, &outcome->trained, err);
    free(folder);
    return status;
}

/** How the trainings of all ranks went, on each. */
static void share_outcomes(const crossval *c) {
    const lw_cluster *cluster = c->options->train->cluster;
    for (size_t f = 0; lw_cluster_shares(cluster) && f < c->folds.count; f++) {
        lw_train_result *trained = &c->outcomes[f].trained;
        double values[] = {0, 0, 0};
        if (lw_cluster_owns(cluster, f)) {
            values[0] = (double)trained->epochs;
            values[1] = (double)trained->best_epoch;
            values[2] = trained->best_validation_loss;
        }
        cluster->sum(cluster->context, values, 3);
        trained->epochs = (size_t)values[0];
        trained->best_epoch = (size_t)values[1];
        trained->best_validation_loss = values[2];
    }
}

static lw_status judge_fold(crossval *c, size_t fold, lw_error *err) {
    char *folder = fold_folder(c, fold);
    char *path = folder != NULL ? lw_path_join(folder, LW_RUN_MODEL) : NULL;
    lw_fold_outcome *outcome = &c->outcomes[fold];
    lw_status status = path == NULL ? lw_fail_no_memory(err, "a path") : lw_model_load(path, &outcome->model, err);
    if (status == LW_OK)
        status = lw_judge_split(outcome->model, c->dataset, &outcome->split, &c->scoring, c->fallback,
                                c->options->train->threads, c->options->train->memory_bytes, outcome->thresholds,
                                &c->pool, err);
    free(folder);
    free(path);
    return status;
}

/** Thresholds for the ensemble, best on what was said of each record by the fold that had not seen it. */
static lw_status tune_ensemble(const crossval *c, lw_model *ensemble, lw_error *err) {
    const lw_threshold_task task = {.scoring = &c->scoring,
                                    .classes = lw_dataset_classes(c->dataset),
                                    .records = lw_dataset_record_count(c->dataset),
                                    .labels = c->pool.labels,
                                    .probabilities = c->pool.probabilities,
                                    .fallback = c->fallback};
    lw_threshold_result found;
    double *thresholds = lw_calloc(c->pool.classes, sizeof *thresholds);
    lw_status status = thresholds == NULL ? lw_fail_no_memory(err, "the ensemble's thresholds")
                                          : lw_thresholds_search(&task, thresholds, &found, err);
    if (status == LW_OK)
        status = lw_model_set_decision(ensemble, thresholds, NULL, err);
    free(thresholds);
    return status;
}

/** The folds' models as one; of more folds than an ensemble can have, none. */
static lw_status write_model(const crossval *c, lw_error *err) {
    lw_model *ensemble = NULL;
    const lw_model **models = lw_calloc(c->folds.count, sizeof *models);
    char *path = lw_path_join(c->folder, LW_RUN_MODEL);
    for (size_t f = 0; models != NULL && f < c->folds.count; f++)
        models[f] = c->outcomes[f].model;
    lw_status status = models == NULL || path == NULL
                           ? lw_fail_no_memory(err, "the ensemble")
                           : lw_model_combine(models, c->folds.count, LW_COMBINE_MEAN, &ensemble, err);
    const bool too_many = status == LW_ERR_ARGUMENT;
    if (status == LW_OK && c->options->train->tune_thresholds)
        status = tune_ensemble(c, ensemble, err);
    if (status == LW_OK)
        status = lw_model_save(ensemble, path, err);
    lw_model_free(&ensemble);
    free(models);
    free(path);
    return too_many ? LW_OK : status;
}

static lw_status write_outputs(const crossval *c, lw_error *err) {
    char *outputs = lw_path_join(c->folder, OUTPUTS);
    lw_status status =
        outputs == NULL ? lw_fail_no_memory(err, "a path") : lw_pool_write_outputs(&c->pool, outputs, err);
    free(outputs);
    return status;
}

/** Remove what an earlier cross-validation left at its end. */
static lw_status remove_results(void *context, lw_error *err) {
    const crossval *c = context;
    lw_status status = lw_run_folder_remove(c->folder, LW_CROSSVAL_RESULTS, err);
    return status == LW_OK ? lw_run_folder_remove(c->folder, LW_RUN_MODEL, err) : status;
}

static lw_crossval_outcome outcome_of(const crossval *c) {
    return (lw_crossval_outcome){c->options, &c->scoring, &c->pool, &c->folds, c->outcomes};
}

static bool has_outputs(const crossval *c) {
    char *outputs = lw_path_join(c->folder, OUTPUTS);
    const bool there = outputs != NULL && access(outputs, F_OK) == 0;
    free(outputs);
    return there;
}

/** Whether every fold was trained to its end, and results and outputs follow: then even predicting would be wasted. */
static lw_status find_finished(crossval *c, lw_error *err) {
    const lw_train_options train = fold_options(c);
    lw_status status = LW_OK;
    bool finished = has_outputs(c);
    for (size_t f = 0; status == LW_OK && finished && f < c->folds.count; f++) {
        char *folder = fold_folder(c, f);
        lw_fold_outcome *outcome = &c->outcomes[f];
        status = folder == NULL ? lw_fail_no_memory(err, "a path")
                                : lw_train_finished_on_split(c->network, c->dataset, &outcome->split, &train, folder,
                                                             &finished, &outcome->trained, err);
        free(folder);
    }
    const lw_crossval_outcome outcome = outcome_of(c);
    c->finished = status == LW_OK && finished && lw_crossval_results_stand(&outcome, c->folder, &c->result);
    return status;
}

static lw_status begin(void *context, lw_error *err) {
    crossval *c = context;
    lw_status status = plan(c, err);
    if (status == LW_OK)
        status = lw_folder_create(c->folder, err);
    return status == LW_OK && c->options->train->resume ? find_finished(c, err) : status;
}

static lw_status judge_folds(void *context, lw_error *err) {
    crossval *c = context;
    lw_status status = LW_OK;
    for (size_t f = 0; status == LW_OK && f < c->folds.count; f++)
        status = judge_fold(c, f, err);
    if (status == LW_OK)
        status = write_model(c, err);
    if (status == LW_OK)
        status = write_outputs(c, err);
    const lw_crossval_outcome outcome = outcome_of(c);
    return status == LW_OK ? lw_crossval_results_write(&outcome, c->folder, &c->result, err) : status;
}

static lw_status run(crossval *c, lw_error *err) {
    const lw_cluster *cluster = c->options->train->cluster;
    lw_status status = lw_collective_run(cluster, LW_EVERY_RANK, begin, c, err);
    if (status != LW_OK || !lw_cluster_any(cluster, !c->finished))
        return status;
    status = lw_collective_run(cluster, LW_FIRST_RANK, remove_results, c, err);
    if (status == LW_OK)
        status = lw_jobs_run(cluster, 1, NULL, c->folds.count, train_fold, c, err);
    if (status != LW_OK)
        return status;
    share_outcomes(c);
    return lw_collective_run(cluster, LW_FIRST_RANK, judge_folds, c, err);
}

lw_status lw_crossval(const lw_network *network, const lw_dataset *dataset, const lw_crossval_options *options,
                      const char *folder, lw_crossval_fn *progress, void *context, lw_crossval_result *result,
                      lw_error *err) {
    lw_status status = lw_train_options_check(options->train, err);
    if (status != LW_OK)
        return status;
    crossval c = {.network = network,
                  .dataset = dataset,
                  .options = options,
                  .folder = folder,
                  .progress = progress,
                  .context = context};
    status = run(&c, err);
    if (status == LW_OK && result != NULL)
        *result = c.result;
    crossval_free(&c);
    return status;
}
