/* The loop of a training run: epochs, checkpoints, and the files of its folder. */
#include "leadwise/train.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/error.h"
#include "base/file.h"
#include "base/ranks.h"
#include "train/configuration.h"
#include "train/run_folder.h"
#include "train/train_split.h"
#include "train/trainer.h"

/** A run of many hours loses at most so much to a power failure. */
static const double checkpoint_interval_s = 60;

/**
 * The loop's own state, besides the trainer's. The ranks of a cluster run it in step; the functions below that take a
 * `context` are steps of lw_collective_run, and those that write belong to the first rank.
 */
typedef struct training_loop {
    lw_trainer trainer;
    char *configuration;
    bool found;    /**< a checkpoint to go on from */
    bool finished; /**< the folder holds all that was asked for */
    lw_train_result result;
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

static lw_status run_on(training_loop *loop, lw_ranks who, lw_rank_fn *step, lw_error *err) {
    return lw_collective_run(loop->trainer.options->cluster, who, step, loop, err);
}

static bool any(const training_loop *loop, bool mine) { return lw_cluster_any(loop->trainer.options->cluster, mine); }

static lw_status save_checkpoint(void *context, lw_error *err) {
    training_loop *loop = context;
    loop->saved_s = now_s();
    return lw_checkpoint_save(&loop->trainer.state, loop->trainer.folder, loop->configuration, err);
}

static void begin_epoch_clock(training_loop *loop) {
    loop->begun_s = now_s();
    loop->begun_records = lw_trainer_records_done(&loop->trainer);
}

/** What the epochs so far say. The test's scores are found at the end. */
static void take_result(training_loop *loop) {
    const lw_history *history = &loop->trainer.state.history;
    loop->result = (lw_train_result){.epochs = history->count, .best_validation_loss = INFINITY};
    for (size_t i = 0; i < history->count; i++) {
        const lw_history_row *row = &history->rows[i];
        if (row->best != 0) {
            loop->result.best_epoch = (size_t)row->epoch;
            loop->result.best_validation_loss = row->validation_loss;
        }
    }
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
    lw_status status = run_on(loop, LW_FIRST_RANK, save_checkpoint, err);
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
        const bool due = lw_cluster_leads(t->options->cluster) && now_s() - loop->saved_s > checkpoint_interval_s;
        if (status == LW_OK && any(loop, due))
            status = run_on(loop, LW_FIRST_RANK, save_checkpoint, err);
    }
    return status;
}

static lw_status write_history(const training_loop *loop, lw_error *err) {
    const lw_trainer *t = &loop->trainer;
    char *path = lw_path_join(t->folder, LW_RUN_HISTORY);
    lw_status status = path == NULL ? lw_fail_no_memory(err, "a path") : lw_history_write(&t->state.history, path, err);
    free(path);
    return status;
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

static lw_status judge_epoch(void *context, lw_error *err) {
    training_loop *loop = context;
    return lw_trainer_end_epoch(&loop->trainer, err);
}

static lw_status keep_epoch(void *context, lw_error *err) {
    training_loop *loop = context;
    const lw_history *history = &loop->trainer.state.history;
    lw_status status = save_checkpoint(loop, err);
    if (status == LW_OK)
        status = write_history(loop, err);
    return status == LW_OK && history->rows[history->count - 1].best != 0 ? lw_trainer_save_model(&loop->trainer, err)
                                                                          : status;
}

/** Validate, and keep what the epoch gave. */
static lw_status end_epoch(training_loop *loop, lw_error *err) {
    lw_status status = run_on(loop, LW_EVERY_RANK, judge_epoch, err);
    if (status == LW_OK)
        status = run_on(loop, LW_FIRST_RANK, keep_epoch, err);
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

/** The fallback that the test is scored with besides: the model's, else sinus rhythm; NULL where no class has it. */
static const char *fallback_code(const lw_trainer *t) {
    const char *code = lw_train_fallback(t->options) != NULL ? lw_train_fallback(t->options) : LW_CODE_NSR;
    return lw_class_find(lw_dataset_classes(t->dataset), code) >= 0 ? code : NULL;
}

static lw_status write_run_file(const training_loop *loop, bool finished, lw_error *err) {
    const lw_trainer *t = &loop->trainer;
    const lw_run_description run = {.configuration = loop->configuration,
                                    .dataset = t->dataset,
                                    .split = t->split,
                                    .positives = t->positives,
                                    .class_weights = t->class_weights,
                                    .epochs_asked = t->options->epochs,
                                    .threads = t->threads,
                                    .year = t->options->year,
                                    .finished = finished,
                                    .stopped_early = t->state.schedule.stopped,
                                    .result = &loop->result,
                                    .thresholds = t->tuned ? t->thresholds : NULL,
                                    .tuning = &t->tuning,
                                    .fallback = fallback_code(t)};
    return lw_run_file_write(&run, t->folder, err);
}

static lw_status write_unfinished(void *context, lw_error *err) { return write_run_file(context, false, err); }

static lw_status write_finished(void *context, lw_error *err) { return write_run_file(context, true, err); }

/** The scores of what was predicted last. thresholds NULL: 0.5. */
static lw_status measure(const lw_trainer *t, const double *thresholds, const char *fallback, lw_measures *out,
                         lw_error *err) {
    lw_scores scores = {0};
    lw_status status = lw_judge_score(&t->judge, t->options->year, thresholds, fallback, &scores, err);
    if (status == LW_OK)
        *out = lw_measures_of(&scores);
    lw_scores_free(&scores);
    return status;
}

/** Judge the best weights on the test part. */
static lw_status judge_test(void *context, lw_error *err) {
    training_loop *loop = context;
    lw_trainer *t = &loop->trainer;
    lw_train_test *test = &loop->result.test;
    const size_t count = t->split->count[LW_SPLIT_TEST];
    const char *code = fallback_code(t);
    double loss;
    if (count == 0)
        return LW_OK;
    lw_status status = lw_judge_predict(&t->judge, t->state.best_values, t->split->index[LW_SPLIT_TEST], count,
                                        t->class_weights, &loss, err);
    *test = (lw_train_test){.record_count = count, .has_fallback = code != NULL, .has_tuned = t->tuned};
    if (status == LW_OK)
        status = measure(t, NULL, NULL, &test->plain, err);
    if (status == LW_OK && test->has_fallback)
        status = measure(t, NULL, code, &test->fallback, err);
    if (status == LW_OK && test->has_tuned)
        status = measure(t, t->thresholds, lw_train_fallback(t->options), &test->tuned, err);
    return status;
}

static lw_status tune(void *context, lw_error *err) {
    training_loop *loop = context;
    return loop->trainer.options->tune_thresholds ? lw_trainer_tune(&loop->trainer, err) : LW_OK;
}

static lw_status write_model(void *context, lw_error *err) {
    training_loop *loop = context;
    lw_status status = write_history(loop, err);
    return status == LW_OK ? lw_trainer_save_model(&loop->trainer, err) : status;
}

static lw_status finish_run(training_loop *loop, lw_error *err) {
    take_result(loop);
    lw_status status = run_on(loop, LW_EVERY_RANK, tune, err);
    if (status == LW_OK)
        status = run_on(loop, LW_FIRST_RANK, write_model, err);
    if (status == LW_OK)
        status = run_on(loop, LW_EVERY_RANK, judge_test, err);
    return status == LW_OK ? run_on(loop, LW_FIRST_RANK, write_finished, err) : status;
}

/** Whether the folder holds all that was asked for; then with its result. */
static lw_status check_finished(training_loop *loop, lw_error *err) {
    const lw_trainer *t = &loop->trainer;
    lw_run_outcome outcome;
    lw_status status = lw_run_file_read(t->folder, &outcome, err);
    if (status == LW_ERR_IO || status == LW_ERR_FORMAT || (status == LW_OK && !outcome.finished))
        return LW_OK; /* absent, or damaged when the run was stopped */
    if (status != LW_OK)
        return status;
    char difference[LW_DIFFERENCE_BYTES];
    if (lw_configuration_differs(outcome.configuration, loop->configuration, difference))
        status = lw_fail(err, LW_ERR_MISMATCH, "%s: the run was begun with another configuration: %s", t->folder,
                         difference);
    else if (outcome.stopped_early || outcome.result.epochs >= t->options->epochs) {
        loop->finished = true;
        loop->result = outcome.result;
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

static lw_status load_checkpoint(void *context, lw_error *err) {
    training_loop *loop = context;
    lw_trainer *t = &loop->trainer;
    return t->options->resume ? lw_checkpoint_load(t->folder, loop->configuration, &t->state, &loop->found, err)
                              : LW_OK;
}

static lw_status clear_unless_found(void *context, lw_error *err) {
    const training_loop *loop = context;
    return loop->found ? LW_OK : clear_folder(loop->trainer.folder, err);
}

/** Take the folder's checkpoint, or begin anew. */
static lw_status begin(training_loop *loop, lw_error *err) {
    lw_status status = run_on(loop, LW_EVERY_RANK, load_checkpoint, err);
    if (status == LW_OK)
        status = check_same_state(loop, err);
    if (status == LW_OK)
        status = run_on(loop, LW_FIRST_RANK, clear_unless_found, err);
    take_result(loop);
    loop->saved_s = now_s();
    return status == LW_OK ? run_on(loop, LW_FIRST_RANK, write_unfinished, err) : status;
}

static lw_status train_all(training_loop *loop, lw_error *err) {
    const lw_trainer *t = &loop->trainer;
    lw_status status = begin(loop, err);
    while (status == LW_OK && !t->state.schedule.stopped && t->state.epoch <= t->options->epochs)
        status = run_epoch(loop, err);
    return status == LW_OK ? finish_run(loop, err) : status;
}

/** Whether all ranks are about to do the same. */
static lw_status check_same_run(const training_loop *loop, lw_error *err) {
    const lw_train_options *o = loop->trainer.options;
    const char *text = loop->configuration;
    const uint64_t asked[] = {o->epochs, loop->finished};
    lw_status status = lw_cluster_check_same(o->cluster, text, strlen(text), "data and configuration", err);
    if (status == LW_OK)
        status = lw_cluster_check_same(o->cluster, asked, sizeof asked, "epochs asked for, or run folder,", err);
    return status;
}

static lw_status create_folder(void *context, lw_error *err) {
    const training_loop *loop = context;
    return lw_folder_create(loop->trainer.folder, err);
}

/** Say what is to be trained, and whether that was done before. */
static lw_status configure(void *context, lw_error *err) {
    training_loop *loop = context;
    const lw_trainer *t = &loop->trainer;
    lw_status status = lw_configuration_write(t->network, t->dataset, t->split, t->options, &loop->configuration, err);
    return status == LW_OK && t->options->resume ? check_finished(loop, err) : status;
}

static lw_status run(training_loop *loop, lw_error *err) {
    lw_status status = run_on(loop, LW_FIRST_RANK, create_folder, err);
    if (status == LW_OK)
        status = run_on(loop, LW_EVERY_RANK, configure, err);
    if (status == LW_OK)
        status = check_same_run(loop, err);
    return status == LW_OK && !loop->finished ? train_all(loop, err) : status;
}

/** What a run is made of; without a split, one is drawn into `drawn`. */
typedef struct run_order {
    const lw_network *network;
    const lw_dataset *dataset;
    const lw_split *split;
    const lw_train_options *options;
    const char *folder;
    lw_split drawn;
    training_loop loop;
} run_order;

static lw_status draw_split(void *context, lw_error *err) {
    run_order *o = context;
    o->split = &o->drawn;
    return lw_split_random(o->dataset, lw_train_split_seed(o->options), o->options->test_fraction,
                           o->options->validation_fraction, &o->drawn, err);
}

static lw_status create_trainer(void *context, lw_error *err) {
    run_order *o = context;
    return lw_trainer_create(o->network, o->dataset, o->split, o->options, o->folder, &o->loop.trainer, err);
}

static lw_status execute(run_order *o, lw_train_result *result, lw_error *err) {
    const lw_cluster *cluster = o->options->cluster;
    lw_status status = lw_train_options_check(o->options, err);
    if (status != LW_OK)
        return status;
    if (o->split == NULL)
        status = lw_collective_run(cluster, LW_EVERY_RANK, draw_split, o, err);
    if (status == LW_OK)
        status = lw_collective_run(cluster, LW_EVERY_RANK, create_trainer, o, err);
    if (status == LW_OK)
        status = run(&o->loop, err);
    if (status == LW_OK && result != NULL)
        *result = o->loop.result;
    lw_trainer_free(&o->loop.trainer);
    lw_string_free(&o->loop.configuration);
    lw_split_free(&o->drawn);
    return status;
}

lw_status lw_train_on_split(const lw_network *network, const lw_dataset *dataset, const lw_split *split,
                            const lw_train_options *options, const char *run_folder, lw_train_fn *progress,
                            void *context, lw_train_result *result, lw_error *err) {
    run_order order = {network, dataset,    split,
                       options, run_folder, .loop = {.progress = progress, .context = context}};
    return execute(&order, result, err);
}

lw_status lw_train_finished_on_split(const lw_network *network, const lw_dataset *dataset, const lw_split *split,
                                     const lw_train_options *options, const char *run_folder, bool *finished,
                                     lw_train_result *result, lw_error *err) {
    training_loop loop = {.trainer = {.options = options, .folder = run_folder}};
    lw_status status = lw_configuration_write(network, dataset, split, options, &loop.configuration, err);
    if (status == LW_OK)
        status = check_finished(&loop, err);
    *finished = loop.finished;
    *result = loop.result;
    lw_string_free(&loop.configuration);
    return status;
}

lw_status lw_train(const lw_network *network, const lw_dataset *dataset, const lw_train_options *options,
                   const char *run_folder, lw_train_fn *progress, void *context, lw_train_result *result,
                   lw_error *err) {
    return lw_train_on_split(network, dataset, NULL, options, run_folder, progress, context, result, err);
}
