/* The loop of a training run: epochs, checkpoints, and the files of its folder. */
#include "leadwise/train.h"

#include <assert.h>
#include <math.h>
#include <string.h>
#include <time.h>

#include "base/error.h"
#include "base/file.h"
#include "base/parallel.h"
#include "train/options_table.h"
#include "train/run_folder.h"
#include "train/trainer.h"

/** A power failure costs a run of many hours at most this. */
static const double checkpoint_interval_s = 60;

/**
 * A run under way. The ranks of a cluster run it in step; the functions below that take a `context` are steps of
 * lw_collective_run, and those that write belong to the first rank.
 */
typedef struct training_run {
    const lw_network *network;
    const lw_dataset *dataset;
    const lw_split *split; /**< the caller's, or `drawn` */
    const lw_train_options *options;
    const char *folder;
    lw_train_fn *progress;
    void *context;
    lw_split drawn;
    lw_trainer trainer;
    char *configuration;
    bool found;    /**< there is a checkpoint to go on from */
    bool finished; /**< the folder holds all epochs already */
    lw_train_result result;
    double saved_s;       /**< when the last checkpoint was written */
    double begun_s;       /**< when this process began the epoch */
    size_t begun_records; /**< records that the epoch had read then */
} training_run;

static double now_s(void) {
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec + 1e-9 * (double)now.tv_nsec;
}

static lw_status run_on(training_run *run, lw_ranks who, lw_rank_fn *step, lw_error *err) {
    return lw_collective_run(run->options->cluster, who, step, run, err);
}

static lw_status save_checkpoint(void *context, lw_error *err) {
    training_run *run = context;
    run->saved_s = now_s();
    return lw_checkpoint_save(&run->trainer.state, run->folder, run->configuration, err);
}

/** Sum up the epochs so far. The test's scores are found at the end. */
static void sum_up(training_run *run) {
    const lw_history *history = &run->trainer.state.history;
    run->result = (lw_train_result){.epoch_count = history->count, .best_validation_loss = INFINITY};
    for (size_t i = 0; i < history->count; i++)
        if (history->rows[i].best != 0) {
            run->result.best_epoch = (size_t)history->rows[i].epoch;
            run->result.best_validation_loss = history->rows[i].validation_loss;
        }
}

/** What the hook reads within an epoch. */
static lw_train_progress progress_of(const training_run *run) {
    const lw_trainer *t = &run->trainer;
    const size_t done = lw_trainer_records_done(t);
    const double elapsed_s = now_s() - run->begun_s;
    const double rate = elapsed_s > 0 ? (double)(done - run->begun_records) / elapsed_s : 0;
    return (lw_train_progress){.epoch = t->state.epoch,
                               .epoch_count = t->options->epochs,
                               .step = t->state.step,
                               .step_count = t->steps,
                               .loss = t->state.loss_sum / (double)(done > 0 ? done : 1),
                               .learning_rate = lw_trainer_rate(t),
                               .records_per_s = rate,
                               .eta_s = rate > 0 ? (double)(t->split->count[LW_SPLIT_TRAIN] - done) / rate : 0};
}

/** Call the hook; where it ends the run on any rank, save and return LW_ERR_INTERRUPTED. */
static lw_status report(training_run *run, const lw_train_progress *progress, lw_error *err) {
    const bool stop = run->progress && !run->progress(run->context, progress);
    if (!lw_cluster_any(run->options->cluster, stop))
        return LW_OK;
    lw_status status = run_on(run, LW_FIRST_RANK, save_checkpoint, err);
    if (status != LW_OK)
        return status;
    return lw_fail(err, LW_ERR_INTERRUPTED, "%s: stopped in epoch %zu after step %zu of %zu, a checkpoint is saved",
                   run->folder, progress->epoch, progress->step, progress->step_count);
}

/** Run the steps that the epoch still lacks. */
static lw_status run_steps(training_run *run, lw_error *err) {
    lw_trainer *t = &run->trainer;
    const lw_cluster *cluster = run->options->cluster;
    lw_status status = LW_OK;
    while (status == LW_OK && t->state.step < t->steps) {
        status = lw_trainer_step(t, err);
        if (status != LW_OK)
            break;
        const lw_train_progress progress = progress_of(run);
        status = report(run, &progress, err);
        const bool due = lw_cluster_leads(cluster) && now_s() - run->saved_s > checkpoint_interval_s;
        if (status == LW_OK && lw_cluster_any(cluster, due))
            status = run_on(run, LW_FIRST_RANK, save_checkpoint, err);
    }
    return status;
}

/** Whether all ranks are at one step with one set of parameters. */
static lw_status check_same_state(const training_run *run, lw_error *err) {
    const lw_cluster *cluster = run->options->cluster;
    const lw_train_state *s = &run->trainer.state;
    const uint64_t place[] = {s->epoch, s->step, s->adam_steps};
    lw_status status = lw_cluster_check_same(cluster, place, sizeof place, "epoch and step", err);
    if (status == LW_OK)
        status = lw_cluster_check_same(cluster, s->values, s->total * sizeof *s->values, "parameters", err);
    return status;
}

static lw_status validate_epoch(void *context, lw_error *err) {
    training_run *run = context;
    return lw_trainer_end_epoch(&run->trainer, err);
}

static lw_status write_model(void *context, lw_error *err) {
    training_run *run = context;
    lw_status status = lw_history_write(&run->trainer.state.history, run->folder, err);
    return status == LW_OK ? lw_trainer_save_model(&run->trainer, err) : status;
}

static lw_status keep_epoch(void *context, lw_error *err) {
    training_run *run = context;
    const lw_history *history = &run->trainer.state.history;
    lw_status status = save_checkpoint(run, err);
    if (status != LW_OK)
        return status;
    assert(history->count > 0);
    return history->rows[history->count - 1].best != 0 ? write_model(run, err)
                                                       : lw_history_write(history, run->folder, err);
}

static lw_status run_epoch(training_run *run, lw_error *err) {
    const lw_history *history = &run->trainer.state.history;
    run->begun_s = now_s();
    run->begun_records = lw_trainer_records_done(&run->trainer);
    lw_status status = run_steps(run, err);
    if (status != LW_OK)
        return status;
    lw_train_progress progress = progress_of(run);
    status = run_on(run, LW_EVERY_RANK, validate_epoch, err);
    if (status == LW_OK)
        status = run_on(run, LW_FIRST_RANK, keep_epoch, err);
    if (status == LW_OK)
        status = check_same_state(run, err);
    if (status != LW_OK)
        return status;
    const lw_history_row *row = &history->rows[history->count - 1];
    progress.epoch_done = true;
    progress.validation_loss = row->validation_loss;
    progress.validation_metric = row->validation_metric;
    progress.best = row->best != 0;
    return report(run, &progress, err);
}

static lw_status write_finished(void *context, lw_error *err) {
    const training_run *run = context;
    return lw_run_file_write(&run->trainer, run->configuration, &run->result, true, err);
}

/** Score the last prediction, at 0.5 where `thresholds` is NULL. */
static lw_status measure(const lw_trainer *t, const double *thresholds, const char *fallback, lw_measures *out,
                         lw_error *err) {
    lw_scores scores = {0};
    lw_status status = lw_validator_score(&t->validator, t->options->year, thresholds, fallback, &scores, err);
    if (status == LW_OK)
        *out = lw_measures_of(&scores);
    lw_scores_free(&scores);
    return status;
}

/** Score the kept weights on the test part. */
static lw_status score_test(void *context, lw_error *err) {
    training_run *run = context;
    lw_trainer *t = &run->trainer;
    lw_train_test *test = &run->result.test;
    const size_t count = run->split->count[LW_SPLIT_TEST];
    const char *code = lw_trainer_test_fallback(t);
    double loss;
    if (count == 0)
        return LW_OK;
    lw_status status = lw_validator_predict(&t->validator, t->state.best_values, run->split->index[LW_SPLIT_TEST],
                                            count, t->class_weights, &loss, err);
    *test = (lw_train_test){.record_count = count, .has_fallback = code, .has_tuned = t->tuned};
    if (status == LW_OK)
        status = measure(t, NULL, NULL, &test->plain, err);
    if (status == LW_OK && test->has_fallback)
        status = measure(t, NULL, code, &test->fallback, err);
    if (status == LW_OK && test->has_tuned)
        status = measure(t, t->thresholds, lw_train_fallback(run->options), &test->tuned, err);
    return status;
}

static lw_status tune(void *context, lw_error *err) {
    training_run *run = context;
    return run->options->tune_thresholds ? lw_trainer_tune(&run->trainer, err) : LW_OK;
}

/** Find out whether the folder holds all that the options ask for, and take its result then. */
static lw_status check_finished(training_run *run, lw_error *err) {
    lw_run_outcome outcome;
    lw_status status = lw_run_file_read(run->folder, &outcome, err);
    if (status == LW_ERR_IO || status == LW_ERR_FORMAT || (status == LW_OK && !outcome.finished))
        return LW_OK; /* absent, or damaged when the run was stopped */
    if (status != LW_OK)
        return status;
    char difference[LW_DIFFERENCE_BYTES];
    if (lw_configuration_differs(outcome.configuration, run->configuration, difference))
        status = lw_fail(err, LW_ERR_MISMATCH, "%s: the run was begun with another configuration: %s", run->folder,
                         difference);
    else if (outcome.stopped_early || outcome.result.epoch_count >= run->options->epochs) {
        run->finished = true;
        run->result = outcome.result;
    }
    lw_string_free(&outcome.configuration);
    return status;
}

static lw_status load_checkpoint(void *context, lw_error *err) {
    training_run *run = context;
    return run->options->resume
               ? lw_checkpoint_load(run->folder, run->configuration, &run->trainer.state, &run->found, err)
               : LW_OK;
}

/** Remove the files of an earlier run, so that none is taken for this one's, and describe this run. */
static lw_status begin_folder(void *context, lw_error *err) {
    const training_run *run = context;
    static const char *const left[] = {LW_CHECKPOINT_A, LW_CHECKPOINT_B, LW_RUN_FILE, LW_RUN_HISTORY, LW_RUN_MODEL};
    lw_status status = lw_folder_create(run->folder, err);
    for (size_t i = 0; status == LW_OK && !run->found && i < sizeof left / sizeof *left; i++)
        status = lw_run_folder_remove(run->folder, left[i], err);
    return status == LW_OK ? lw_run_file_write(&run->trainer, run->configuration, &run->result, false, err) : status;
}

/** Run all epochs, from the folder's checkpoint or from the first step; then tune, score, and write the results. */
static lw_status train(training_run *run, lw_error *err) {
    const lw_train_state *state = &run->trainer.state;
    lw_status status = run_on(run, LW_EVERY_RANK, load_checkpoint, err);
    if (status == LW_OK)
        status = check_same_state(run, err);
    sum_up(run);
    run->saved_s = now_s();
    if (status == LW_OK)
        status = run_on(run, LW_FIRST_RANK, begin_folder, err);
    while (status == LW_OK && !state->schedule.stopped && state->epoch <= run->options->epochs)
        status = run_epoch(run, err);
    sum_up(run);
    if (status == LW_OK)
        status = run_on(run, LW_EVERY_RANK, tune, err);
    if (status == LW_OK)
        status = run_on(run, LW_FIRST_RANK, write_model, err);
    if (status == LW_OK)
        status = run_on(run, LW_EVERY_RANK, score_test, err);
    return status == LW_OK ? run_on(run, LW_FIRST_RANK, write_finished, err) : status;
}

/** Whether all ranks are about to do the same. */
static lw_status check_same_run(const training_run *run, lw_error *err) {
    const lw_cluster *cluster = run->options->cluster;
    const char *text = run->configuration;
    const uint64_t asked[] = {run->options->epochs, run->finished};
    lw_status status = lw_cluster_check_same(cluster, text, strlen(text), "data and configuration", err);
    if (status == LW_OK)
        status = lw_cluster_check_same(cluster, asked, sizeof asked, "epochs asked for, or run folder,", err);
    return status;
}

/** Create the trainer, with a split drawn where none is given. */
static lw_status create_trainer(void *context, lw_error *err) {
    training_run *run = context;
    const lw_train_options *o = run->options;
    lw_status status = LW_OK;
    if (!run->split) {
        run->split = &run->drawn;
        status = lw_split_random(run->dataset, o->group_file, lw_train_split_seed(o), o->test_fraction,
                                 o->validation_fraction, &run->drawn, err);
    }
    return status == LW_OK
               ? lw_trainer_create(run->network, run->dataset, run->split, o, run->folder, &run->trainer, err)
               : status;
}

/** Describe what is to be trained, and find out whether that is done already. */
static lw_status configure(void *context, lw_error *err) {
    training_run *run = context;
    lw_status status =
        lw_configuration_write(run->network, run->dataset, run->split, run->options, &run->configuration, err);
    return status == LW_OK && run->options->resume ? check_finished(run, err) : status;
}

lw_status lw_train_on_split(const lw_network *network, const lw_dataset *dataset, const lw_split *split,
                            const lw_train_options *options, const char *run_folder, lw_train_fn *progress,
                            void *context, lw_train_result *result, lw_error *err) {
    training_run run = {.network = network,
                        .dataset = dataset,
                        .split = split,
                        .options = options,
                        .folder = run_folder,
                        .progress = progress,
                        .context = context};
    lw_status status = lw_train_options_check(options, err);
    if (status == LW_OK)
        status = run_on(&run, LW_EVERY_RANK, create_trainer, err);
    if (status == LW_OK)
        status = run_on(&run, LW_EVERY_RANK, configure, err);
    if (status == LW_OK)
        status = check_same_run(&run, err);
    if (status == LW_OK && !run.finished)
        status = train(&run, err);
    if (status == LW_OK && result)
        *result = run.result;
    lw_trainer_free(&run.trainer);
    lw_string_free(&run.configuration);
    lw_split_free(&run.drawn);
    return status;
}

lw_status lw_train_finished_on_split(const lw_network *network, const lw_dataset *dataset, const lw_split *split,
                                     const lw_train_options *options, const char *run_folder, bool *finished,
                                     lw_train_result *result, lw_error *err) {
    training_run run = {.options = options, .folder = run_folder};
    lw_status status = lw_configuration_write(network, dataset, split, options, &run.configuration, err);
    if (status == LW_OK)
        status = check_finished(&run, err);
    *finished = run.finished;
    *result = run.result;
    lw_string_free(&run.configuration);
    return status;
}

lw_status lw_train(const lw_network *network, const lw_dataset *dataset, const lw_train_options *options,
                   const char *run_folder, lw_train_fn *progress, void *context, lw_train_result *result,
                   lw_error *err) {
    return lw_train_on_split(network, dataset, NULL, options, run_folder, progress, context, result, err);
}
