#include "leadwise/train.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/error.h"
#include "base/file.h"
#include "base/ranks.h"
#include "train/configuration.h"
#include "train/run_file.h"
#include "train/run_folder.h"
#include "train/train_split.h"
#include "train/trainer.h"

/** A run of many hours loses at most so much to a power failure. */
static const double checkpoint_interval_s = 60;

/**
 * The loop's own state, besides the trainer's. Ranks of a cluster run it in step: what may fail on one of them is
 * followed by agree(), and only rank 0 writes.
 */
typedef struct training_loop {
    lw_trainer trainer;
    char *configuration;
    lw_train_fn *progress;
    void *context;
    double saved_s;       /**< when the last checkpoint was written */
    double begun_s;       /**< when this process began the epoch */
    size_t begun_records; /**< that the epoch had seen then */
} training_loop;

static double now_s(void) {
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec + 1e-9 * (double)now.tv_nsec;
}

static bool leads(const training_loop *loop) { return lw_cluster_leads(loop->trainer.options->cluster); }

static lw_status agree(const training_loop *loop, lw_status status, lw_error *err) {
    return lw_cluster_agree(loop->trainer.options->cluster, status, err);
}

static bool any(const training_loop *loop, bool mine) { return lw_cluster_any(loop->trainer.options->cluster, mine); }

static lw_status save_checkpoint(training_loop *loop, lw_error *err) {
    if (!leads(loop))
        return LW_OK;
    loop->saved_s = now_s();
    return lw_checkpoint_save(&loop->trainer.state, loop->trainer.folder, loop->configuration, err);
}

static void begin_epoch_clock(training_loop *loop) {
    loop->begun_s = now_s();
    loop->begun_records = lw_trainer_records_done(&loop->trainer);
}

static lw_train_result result_of(const lw_train_state *s) {
    lw_train_result result = {.epochs = s->history.count, .best_validation_loss = INFINITY};
    for (size_t i = 0; i < s->history.count; i++) {
        const lw_history_row *row = &s->history.rows[i];
        if (row->best != 0) {
            result.best_epoch = (size_t)row->epoch;
            result.best_validation_loss = row->validation_loss;
        }
    }
    return result;
}

/** What the hook is told within an epoch. */
static lw_train_progress progress_of(const training_loop *loop) {
    const lw_trainer *t = &loop->trainer;
    size_t records = t->split->count[LW_SPLIT_TRAIN], done = lw_trainer_records_done(t);
    double elapsed_s = now_s() - loop->begun_s;
    double rate = elapsed_s > 0 ? (double)(done - loop->begun_records) / elapsed_s : 0;
    return (lw_train_progress){.epoch = t->state.epoch,
                               .epochs = t->options->epochs,
                               .step = t->state.step,
                               .steps = t->steps,
                               .loss = t->state.loss_sum / (double)(done > 0 ? done : 1),
                               .learning_rate = lw_trainer_rate(t),
                               .records_per_s = rate,
                               .eta_s = rate > 0 ? (double)(records - done) / rate : 0};
}

/** Tell the hook; when it says stop, save and say so. */
static lw_status tell(training_loop *loop, const lw_train_progress *progress, lw_error *err) {
    const bool stop = loop->progress != NULL && !loop->progress(loop->context, progress);
    if (!any(loop, stop))
        return LW_OK;
    lw_status status = agree(loop, save_checkpoint(loop, err), err);
    if (status != LW_OK)
        return status;
    return lw_fail(err, LW_ERR_INTERRUPTED, "%s: stopped in epoch %zu after step %zu of %zu, a checkpoint is saved",
                   loop->trainer.folder, progress->epoch, progress->step, progress->steps);
}

/** The steps that the epoch still lacks. */
static lw_status run_steps(training_loop *loop, lw_error *err) {
    lw_trainer *t = &loop->trainer;
    lw_status status = LW_OK;
    while (status == LW_OK && t->state.step < t->steps) {
        status = lw_trainer_step(t, err);
        if (status != LW_OK)
            break;
        lw_train_progress progress = progress_of(loop);
        status = tell(loop, &progress, err);
        if (status == LW_OK && any(loop, leads(loop) && now_s() - loop->saved_s > checkpoint_interval_s))
            status = agree(loop, save_checkpoint(loop, err), err);
    }
    return status;
}

static lw_status write_history(const training_loop *loop, lw_error *err) {
    if (!leads(loop))
        return LW_OK;
    const lw_trainer *t = &loop->trainer;
    char *path = lw_path_join(t->folder, LW_RUN_HISTORY);
    lw_status status = path == NULL ? lw_fail_no_memory(err, "a path") : lw_history_write(&t->state.history, path, err);
    free(path);
    return status;
}

static lw_status save_model(const training_loop *loop, lw_error *err) {
    return leads(loop) ? lw_trainer_save_model(&loop->trainer, err) : LW_OK;
}

/** Whether all ranks are at one step with one set of parameters. */
static lw_status check_same_state(const training_loop *loop, lw_error *err) {
    const lw_cluster *cluster = loop->trainer.options->cluster;
    const lw_train_state *s = &loop->trainer.state;
    const uint64_t place[] = {s->epoch, s->step, s->adam_steps};
    lw_status status = lw_cluster_check_same(cluster, place, sizeof place, "epoch and step", err);
    if (status == LW_OK)
        status = lw_cluster_check_same(cluster, s->values, s->total * sizeof *s->values, "parameters", err);
    return status;
}

/** Validate, and keep what the epoch gave. */
static lw_status end_epoch(training_loop *loop, lw_error *err) {
    lw_trainer *t = &loop->trainer;
    lw_status status = lw_trainer_end_epoch(t, err);
    if (status == LW_OK)
        status = save_checkpoint(loop, err);
    if (status == LW_OK)
        status = write_history(loop, err);
    if (status == LW_OK && t->state.history.rows[t->state.history.count - 1].best != 0)
        status = save_model(loop, err);
    status = agree(loop, status, err);
    return status == LW_OK ? check_same_state(loop, err) : status;
}

static lw_status run_epoch(training_loop *loop, lw_error *err) {
    lw_trainer *t = &loop->trainer;
    begin_epoch_clock(loop);
    lw_status status = run_steps(loop, err);
    if (status != LW_OK)
        return status;
    lw_train_progress progress = progress_of(loop);
    status = end_epoch(loop, err);
    if (status != LW_OK)
        return status;
    const lw_history_row *row = &t->state.history.rows[t->state.history.count - 1];
    progress.epoch_done = true;
    progress.validation_loss = row->validation_loss;
    progress.validation_metric = row->validation_metric;
    progress.best = row->best != 0;
    return tell(loop, &progress, err);
}

static lw_status write_run_file(const training_loop *loop, bool finished, const lw_scores *plain,
                                const lw_scores *fallback, const lw_scores *tuned, const char *code, lw_error *err) {
    if (!leads(loop))
        return LW_OK;
    const lw_trainer *t = &loop->trainer;
    const lw_run_description run = {.configuration = loop->configuration,
                                    .dataset = t->dataset,
                                    .split = t->split,
                                    .positives = t->positives,
                                    .class_weights = t->class_weights,
                                    .epochs_asked = t->options->epochs,
                                    .threads = t->threads,
                                    .finished = finished,
                                    .stopped_early = t->state.schedule.stopped,
                                    .result = result_of(&t->state),
                                    .plain_scores = plain,
                                    .fallback_scores = fallback,
                                    .tuned_scores = tuned,
                                    .thresholds = t->tuned ? t->thresholds : NULL,
                                    .tuning = &t->tuning,
                                    .fallback = code};
    return lw_run_file_write(&run, t->folder, err);
}

/** Judge the best weights on the test part and write run.json with that. */
static lw_status finish_with_test(training_loop *loop, lw_error *err) {
    lw_trainer *t = &loop->trainer;
    const char *code = t->options->fallback != NULL ? t->options->fallback : LW_CODE_NSR;
    bool has_fallback = lw_class_find(lw_dataset_classes(t->dataset), code) >= 0;
    lw_scores plain = {0}, fallback = {0}, tuned = {0};
    double loss;
    lw_status status = lw_judge_predict(&t->judge, t->state.best_values, t->split->index[LW_SPLIT_TEST],
                                        t->split->count[LW_SPLIT_TEST], t->class_weights, &loss, err);
    if (status == LW_OK)
        status = lw_judge_score(&t->judge, t->options->year, NULL, NULL, &plain, err);
    if (status == LW_OK && has_fallback)
        status = lw_judge_score(&t->judge, t->options->year, NULL, code, &fallback, err);
    if (status == LW_OK && t->tuned)
        status = lw_judge_score(&t->judge, t->options->year, t->thresholds, t->options->fallback, &tuned, err);
    if (status == LW_OK)
        status =
            write_run_file(loop, true, &plain, has_fallback ? &fallback : NULL, t->tuned ? &tuned : NULL, code, err);
    lw_scores_free(&plain);
    lw_scores_free(&fallback);
    lw_scores_free(&tuned);
    return status;
}

static lw_status finish_run(training_loop *loop, lw_error *err) {
    lw_trainer *t = &loop->trainer;
    lw_status status = t->options->tune_thresholds ? lw_trainer_tune(t, err) : LW_OK;
    if (status == LW_OK)
        status = write_history(loop, err);
    if (status == LW_OK)
        status = save_model(loop, err);
    status = agree(loop, status, err);
    if (status != LW_OK)
        return status;
    status = t->split->count[LW_SPLIT_TEST] > 0 ? finish_with_test(loop, err)
                                                : write_run_file(loop, true, NULL, NULL, NULL, NULL, err);
    return agree(loop, status, err);
}

/** Whether the folder holds all that was asked for. *done then has its result. */
static lw_status check_finished(const training_loop *loop, bool *finished, lw_train_result *result, lw_error *err) {
    const lw_trainer *t = &loop->trainer;
    lw_run_outcome outcome;
    *finished = false;
    lw_status status = lw_run_file_read(t->folder, &outcome, err);
    if (status != LW_OK || !outcome.finished)
        return status;
    char difference[LW_DIFFERENCE_BYTES];
    if (lw_configuration_differs(outcome.configuration, loop->configuration, difference))
        status = lw_fail(err, LW_ERR_MISMATCH, "%s: the run was begun with another configuration: %s", t->folder,
                         difference);
    else if (outcome.stopped_early || outcome.result.epochs >= t->options->epochs) {
        *finished = true;
        *result = outcome.result;
    }
    lw_string_free(&outcome.configuration);
    return status;
}

/** Remove what an earlier run left, so that nothing of it is taken for this one's. */
static lw_status clear_folder(const char *folder, lw_error *err) {
    lw_status status = lw_checkpoint_remove(folder, err);
    if (status == LW_OK)
        status = lw_run_folder_remove(folder, LW_RUN_FILE, err);
    if (status == LW_OK)
        status = lw_run_folder_remove(folder, LW_RUN_HISTORY, err);
    if (status == LW_OK)
        status = lw_run_folder_remove(folder, LW_RUN_MODEL, err);
    return status;
}

/** Take the folder's checkpoint, or begin anew. */
static lw_status begin(training_loop *loop, lw_error *err) {
    lw_trainer *t = &loop->trainer;
    bool found = false;
    lw_status status = LW_OK;
    if (t->options->resume)
        status = lw_checkpoint_load(t->folder, loop->configuration, &t->state, &found, err);
    status = agree(loop, status, err);
    if (status == LW_OK)
        status = check_same_state(loop, err);
    if (status != LW_OK)
        return status;
    if (!found && leads(loop))
        status = clear_folder(t->folder, err);
    if (status == LW_OK)
        status = write_run_file(loop, false, NULL, NULL, NULL, NULL, err);
    loop->saved_s = now_s();
    return agree(loop, status, err);
}

static lw_status train_all(training_loop *loop, lw_train_result *result, lw_error *err) {
    const lw_trainer *t = &loop->trainer;
    lw_status status = begin(loop, err);
    while (status == LW_OK && !t->state.schedule.stopped && t->state.epoch <= t->options->epochs)
        status = run_epoch(loop, err);
    if (status == LW_OK)
        status = finish_run(loop, err);
    if (status == LW_OK)
        *result = result_of(&t->state);
    return status;
}

/** Whether all ranks are about to do the same. */
static lw_status check_same_run(const training_loop *loop, bool finished, lw_error *err) {
    const lw_train_options *o = loop->trainer.options;
    const char *text = loop->configuration;
    const uint64_t asked[] = {o->epochs, finished};
    lw_status status = lw_cluster_check_same(o->cluster, text, strlen(text), "data and configuration", err);
    if (status == LW_OK)
        status = lw_cluster_check_same(o->cluster, asked, sizeof asked, "epochs asked for, or run folder,", err);
    return status;
}

static lw_status run(training_loop *loop, lw_train_result *result, lw_error *err) {
    const lw_trainer *t = &loop->trainer;
    bool finished = false;
    lw_status status = leads(loop) ? lw_folder_create(t->folder, err) : LW_OK;
    if (status == LW_OK)
        status = lw_configuration_write(t->network, t->dataset, t->split, t->options, &loop->configuration, err);
    if (status == LW_OK && t->options->resume)
        status = check_finished(loop, &finished, result, err);
    status = agree(loop, status, err);
    if (status == LW_OK)
        status = check_same_run(loop, finished, err);
    return status == LW_OK && !finished ? train_all(loop, result, err) : status;
}

lw_status lw_train_on_split(const lw_network *network, const lw_dataset *dataset, const lw_split *split,
                            const lw_train_options *options, const char *run_folder, lw_train_fn *progress,
                            void *context, lw_train_result *result, lw_error *err) {
    const char *problem = lw_train_options_check(options);
    if (problem != NULL)
        return lw_fail(err, LW_ERR_ARGUMENT, "%s", problem);
    training_loop loop = {.progress = progress, .context = context};
    lw_train_result made = {0};
    lw_status status = lw_trainer_create(network, dataset, split, options, run_folder, &loop.trainer, err);
    status = lw_cluster_agree(options->cluster, status, err);
    if (status == LW_OK)
        status = run(&loop, &made, err);
    if (status == LW_OK && result != NULL)
        *result = made;
    lw_trainer_free(&loop.trainer);
    lw_string_free(&loop.configuration);
    return status;
}

lw_status lw_train_finished_on_split(const lw_network *network, const lw_dataset *dataset, const lw_split *split,
                                     const lw_train_options *options, const char *run_folder, bool *finished,
                                     lw_train_result *result, lw_error *err) {
    training_loop loop = {.trainer = {.options = options, .folder = run_folder}};
    lw_status status = lw_configuration_write(network, dataset, split, options, &loop.configuration, err);
    if (status == LW_OK)
        status = check_finished(&loop, finished, result, err);
    lw_string_free(&loop.configuration);
    return status;
}

lw_status lw_train(const lw_network *network, const lw_dataset *dataset, const lw_train_options *options,
                   const char *run_folder, lw_train_fn *progress, void *context, lw_train_result *result,
                   lw_error *err) {
    const char *problem = lw_train_options_check(options);
    if (problem != NULL)
        return lw_fail(err, LW_ERR_ARGUMENT, "%s", problem);
    lw_split split = {0};
    lw_status status = lw_split_random(dataset, lw_train_split_seed(options), options->test_fraction,
                                       options->validation_fraction, &split, err);
    status = lw_cluster_agree(options->cluster, status, err);
    if (status == LW_OK)
        status = lw_train_on_split(network, dataset, &split, options, run_folder, progress, context, result, err);
    lw_split_free(&split);
    return status;
}
