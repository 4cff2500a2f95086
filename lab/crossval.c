/* Cross-validation: the ranks divide and train the folds, then the first rank predicts and scores every record. */
#include "lab/study.h"

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/error.h"
#include "base/file.h"
#include "base/memory.h"
#include "base/parallel.h"
#include "dataset/batch.h"
#include "evaluate/scoring.h"
#include "lab/crossval_internal.h"
#include "lab/jobs.h"
#include "train/options_table.h"
#include "train/run_folder.h"

/** One cross-validation. */
typedef struct crossval {
    const lw_network *network;
    const lw_dataset *dataset;
    const char *folder;
    char *outputs; /**< folder of the Challenge's files */
    lw_crossval_fn *progress;
    void *context;
    lw_groups groups;
    lw_crossval_outcome outcome;
    int fallback;              /**< column, or -1 */
    lw_crossval_result result; /**< of the first rank, or where `finished` */
    bool finished;             /**< on this rank's files, an earlier call has done all */
} crossval;

/** The context of the progress hook of one fold. */
typedef struct fold_watch {
    const crossval *crossval;
    lw_jobs *jobs;
    size_t fold;
} fold_watch;

lw_crossval_options lw_crossval_options_default(void) {
    return (lw_crossval_options){.fold_count = 5, .kind = LW_FOLDS_RANDOM, .replicate_count = 1000};
}

static void crossval_free(crossval *c) {
    lw_crossval_outcome *o = &c->outcome;
    for (size_t f = 0; o->folded && f < o->folds.count; f++) {
        free(o->folded[f].folder);
        lw_split_free(&o->folded[f].split);
        lw_model_free(&o->folded[f].model);
    }
    free(o->folded);
    lw_pool_free(&o->pool);
    lw_folds_free(&o->folds);
    lw_scoring_free(&o->scoring);
    lw_groups_free(&c->groups);
    free(c->outputs);
}

/** All splits before the first training: what cannot work is reported now, not after days. */
static lw_status split_folds(crossval *c, lw_error *err) {
    const lw_train_options *train = c->outcome.options->train;
    lw_crossval_outcome *o = &c->outcome;
    o->folded = lw_calloc(o->folds.count, sizeof *o->folded);
    lw_status status = !o->folded ? lw_fail_no_memory(err, "the folds") : LW_OK;
    for (size_t f = 0; status == LW_OK && f < o->folds.count; f++) {
        char name[32];
        snprintf(name, sizeof name, "fold%zu", f);
        o->folded[f].folder = lw_path_join(c->folder, name);
        status = !o->folded[f].folder ? lw_fail_no_memory(err, "a path")
                                      : lw_folds_split(&c->groups, &o->folds, f, lw_train_split_seed(train),
                                                       train->validation_fraction, &o->folded[f].split, err);
    }
    return status;
}

static bool report_progress(void *context, const lw_train_progress *progress) {
    const fold_watch *watch = context;
    const crossval *c = watch->crossval;
    bool go_on = lw_jobs_enter(watch->jobs);
    if (go_on && c->progress)
        go_on = c->progress(c->context, watch->fold, c->outcome.folds.count, progress);
    return lw_jobs_leave(watch->jobs, go_on);
}

static lw_train_options fold_options(const crossval *c) {
    lw_train_options train = *c->outcome.options->train;
    train.test_fraction = 0; /* unused, as the split is given: it must not distinguish runs */
    train.cluster = NULL;    /* ranks divide the folds, not their batches */
    train.group_file = c->outcome.options->groups;
    return train;
}

static lw_status train_fold(lw_jobs *jobs, void *context, size_t fold, lw_error *err) {
    const crossval *c = context;
    const lw_train_options train = fold_options(c);
    fold_watch watch = {c, jobs, fold};
    lw_fold_outcome *o = &c->outcome.folded[fold];
    return lw_train_on_split(c->network, c->dataset, &o->split, &train, o->folder, report_progress, &watch, &o->trained,
                             err);
}

/** Give every rank the outcomes of the trainings of all ranks. */
static void share_outcomes(const crossval *c) {
    const lw_cluster *cluster = c->outcome.options->train->cluster;
    for (size_t f = 0; lw_cluster_shares(cluster) && f < c->outcome.folds.count; f++) {
        lw_train_result *trained = &c->outcome.folded[f].trained;
        double values[] = {0, 0, 0};
        if (lw_cluster_owns(cluster, f)) {
            values[0] = (double)trained->epoch_count;
            values[1] = (double)trained->best_epoch;
            values[2] = trained->best_validation_loss;
        }
        cluster->sum(cluster->context, values, 3);
        trained->epoch_count = (size_t)values[0];
        trained->best_epoch = (size_t)values[1];
        trained->best_validation_loss = values[2];
    }
}

static lw_status predict_fold(crossval *c, size_t fold, lw_error *err) {
    const lw_train_options *train = c->outcome.options->train;
    lw_fold_outcome *o = &c->outcome.folded[fold];
    char *path = lw_path_join(o->folder, LW_RUN_MODEL);
    float *probabilities =
        lw_calloc(lw_predicted_records(&o->split) * c->outcome.pool.class_count, sizeof *probabilities);
    lw_status status =
        !path || !probabilities ? lw_fail_no_memory(err, "the predictions") : lw_model_load(path, &o->model, err);
    if (status == LW_OK)
        status = lw_predict_split(o->model, c->dataset, &o->split, lw_predict_how_of(train), probabilities, err);
    if (status == LW_OK)
        status = lw_pool_add_predictions(c->dataset, &o->split, &c->outcome.scoring, c->fallback, probabilities,
                                         o->thresholds, &c->outcome.pool, err);
    free(probabilities);
    free(path);
    return status;
}

/** Thresholds of the ensemble: the best for the predictions of each record by the fold that was not trained on it. */
static lw_status tune_ensemble(const crossval *c, lw_model *ensemble, lw_error *err) {
    const lw_threshold_task task = {.scoring = &c->outcome.scoring,
                                    .classes = lw_dataset_classes(c->dataset),
                                    .records = lw_dataset_record_count(c->dataset),
                                    .labels = c->outcome.pool.labels,
                                    .probabilities = c->outcome.pool.probabilities,
                                    .fallback = c->fallback};
    lw_threshold_result found;
    double thresholds[LW_CLASSES_MAX];
    lw_status status = lw_thresholds_search(&task, thresholds, &found, err);
    return status == LW_OK ? lw_model_set_decision(ensemble, thresholds, NULL, err) : status;
}

/** The folds' models as one; of more folds than an ensemble can have, none. */
static lw_status write_model(const crossval *c, lw_error *err) {
    lw_model *ensemble = NULL;
    const lw_model **models = lw_calloc(c->outcome.folds.count, sizeof *models);
    char *path = lw_path_join(c->folder, LW_RUN_MODEL);
    for (size_t f = 0; models && f < c->outcome.folds.count; f++)
        models[f] = c->outcome.folded[f].model;
    lw_status status = !models || !path
                           ? lw_fail_no_memory(err, "the ensemble")
                           : lw_model_combine(models, c->outcome.folds.count, LW_COMBINE_MEAN, &ensemble, err);
    const bool too_many = status == LW_ERR_ARGUMENT;
    if (status == LW_OK && c->outcome.options->train->tune_thresholds)
        status = tune_ensemble(c, ensemble, err);
    if (status == LW_OK)
        status = lw_model_save(ensemble, path, err);
    lw_model_free(&ensemble);
    free(models);
    free(path);
    return too_many ? LW_OK : status;
}

/** Remove what an earlier cross-validation left at its end. */
static lw_status remove_results(void *context, lw_error *err) {
    const crossval *c = context;
    lw_status status = lw_run_folder_remove(c->folder, LW_CROSSVAL_RESULTS, err);
    return status == LW_OK ? lw_run_folder_remove(c->folder, LW_RUN_MODEL, err) : status;
}

/** Whether every fold was trained to its end, and results and outputs follow: then even predicting would be wasted. */
static lw_status find_finished(crossval *c, lw_error *err) {
    const lw_train_options train = fold_options(c);
    lw_status status = LW_OK;
    bool finished = access(c->outputs, F_OK) == 0;
    for (size_t f = 0; status == LW_OK && finished && f < c->outcome.folds.count; f++) {
        lw_fold_outcome *o = &c->outcome.folded[f];
        status = lw_train_finished_on_split(c->network, c->dataset, &o->split, &train, o->folder, &finished,
                                            &o->trained, err);
    }
    c->finished = status == LW_OK && finished && lw_crossval_results_stand(&c->outcome, c->folder, &c->result);
    return status;
}

/** Deal, split and check everything. */
static lw_status begin(void *context, lw_error *err) {
    crossval *c = context;
    const lw_crossval_options *o = c->outcome.options;
    lw_status status = !c->outputs ? lw_fail_no_memory(err, "a path")
                                   : lw_scoring_create(o->train->year, NULL, &c->outcome.scoring, err);
    if (status == LW_OK)
        status = lw_dataset_check_labels(c->dataset, err);
    if (status == LW_OK)
        status = lw_groups_find(c->dataset, o->groups, &c->groups, err);
    if (status == LW_OK)
        status = lw_folds_assign(c->dataset, &c->groups, o->kind, o->fold_count, lw_train_split_seed(o->train),
                                 &c->outcome.folds, err);
    if (status == LW_OK)
        status = lw_pool_create(c->dataset, &c->outcome.scoring, o->label_folders, o->label_folder_count,
                                &c->outcome.pool, err);
    if (status == LW_OK)
        status = split_folds(c, err);
    if (status == LW_OK)
        status = lw_folder_create(c->folder, err);
    const char *code = lw_train_fallback(o->train);
    c->fallback = code ? lw_class_find(lw_dataset_classes(c->dataset), code) : -1;
    return status == LW_OK && o->train->resume ? find_finished(c, err) : status;
}

static lw_status finish_folds(void *context, lw_error *err) {
    crossval *c = context;
    lw_status status = LW_OK;
    for (size_t f = 0; status == LW_OK && f < c->outcome.folds.count; f++)
        status = predict_fold(c, f, err);
    if (status == LW_OK)
        status = write_model(c, err);
    if (status == LW_OK)
        status = lw_pool_write_outputs(&c->outcome.pool, c->outputs, err);
    return status == LW_OK ? lw_crossval_results_write(&c->outcome, c->folder, &c->result, err) : status;
}

lw_status lw_crossval(const lw_network *network, const lw_dataset *dataset, const lw_crossval_options *options,
                      const char *folder, lw_crossval_fn *progress, void *context, lw_crossval_result *result,
                      lw_error *err) {
    lw_status status = lw_train_options_check(options->train, err);
    if (status != LW_OK)
        return status;
    const lw_cluster *cluster = options->train->cluster;
    crossval c = {.network = network,
                  .dataset = dataset,
                  .folder = folder,
                  .outputs = lw_path_join(folder, "outputs"),
                  .outcome.options = options,
                  .progress = progress,
                  .context = context};
    status = lw_collective_run(cluster, LW_EVERY_RANK, begin, &c, err);
    const bool unfinished = status == LW_OK && lw_cluster_any(cluster, !c.finished);
    if (unfinished)
        status = lw_collective_run(cluster, LW_FIRST_RANK, remove_results, &c, err);
    if (unfinished && status == LW_OK)
        status = lw_jobs_run(cluster, 1, NULL, c.outcome.folds.count, train_fold, &c, err);
    if (unfinished && status == LW_OK) {
        share_outcomes(&c);
        status = lw_collective_run(cluster, LW_FIRST_RANK, finish_folds, &c, err);
    }
    if (status == LW_OK && result)
        *result = c.result;
    crossval_free(&c);
    return status;
}

lw_status lw_crossval_steps(const lw_dataset *dataset, const lw_crossval_options *o, size_t *steps, lw_error *err) {
    lw_groups groups = {0};
    lw_folds folds = {0};
    lw_status status = lw_groups_find(dataset, o->groups, &groups, err);
    if (status == LW_OK)
        status = lw_folds_assign(dataset, &groups, o->kind, o->fold_count, lw_train_split_seed(o->train), &folds, err);
    *steps = 0;
    for (size_t f = 0; status == LW_OK && f < folds.count; f++) {
        lw_split split = {0};
        status = lw_folds_split(&groups, &folds, f, lw_train_split_seed(o->train), o->train->validation_fraction,
                                &split, err);
        *steps += (split.count[LW_SPLIT_TRAIN] + o->train->batch - 1) / o->train->batch;
        lw_split_free(&split);
    }
    lw_folds_free(&folds);
    lw_groups_free(&groups);
    return status;
}
