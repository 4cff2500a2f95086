/* Runs of training that differ in one change: which changes there are, what the runs cost, and their training. */
#include "lab/ablation.h"

#include <assert.h>
#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "base/file.h"
#include "base/memory.h"
#include "base/text.h"
#include "lab/bench.h"
#include "lab/jobs.h"
#include "train/options_table.h"

enum { ITEM_NAME_MOST = 64, SEEDS_MOST = 1000, ITEMS_MOST = 1000 };

/* ---- Changes that are tried by default */

static const lw_ablation_item items[] = {
    {.name = "cosine", .on = "schedule=cosine warmup=2", .off = "schedule=plateau warmup=0"},
    {.name = "keep-metric", .on = "keep=best-metric", .off = "keep=best-loss"},
    {.name = "weight-decay", .on = "weight-decay=0.05", .off = "weight-decay=0"},
    {.name = "mixup", .on = "mixup=0.2", .off = "mixup=0"},
    {.name = "augment", .on = "augment=shift,scale,wander,noise", .off = "augment=none"},
    {.name = "lead-dropout", .on = "lead-dropout=0.5", .off = "lead-dropout=0"},
    {.name = "label-mask", .on = "label-mask=true", .off = "label-mask=false"},
    {.name = "metric-loss", .on = "metric-loss=1", .off = "metric-loss=0"},
    {.name = "metric-head", .on = "metric-head=1", .off = "metric-head=0"},
    {.name = "average", .on = "average=0.99", .off = "average=0"},
};

const lw_ablation_item *lw_ablation_item_at(size_t i) { return i < sizeof items / sizeof items[0] ? &items[i] : NULL; }

lw_ablation_options lw_ablation_options_default(void) {
    return (lw_ablation_options){.items = items,
                                 .item_count = sizeof items / sizeof items[0],
                                 .seed_count = 3,
                                 .replicate_count = 1000,
                                 .job_count = 1,
                                 .ensemble = true};
}

/* ---- The runs */

/** Set options by pairs KEY=VALUE apart by spaces; on failure they are as before. */
static lw_status set_pairs(const char *pairs, lw_train_options *options, lw_error *err) {
    lw_train_options changed = *options;
    lw_span rest = {pairs, strlen(pairs)}, pair;
    lw_status status = LW_OK;
    while (status == LW_OK && lw_span_field(&rest, ' ', &pair)) {
        const char *equals = pair.length > 0 ? memchr(pair.at, '=', pair.length) : NULL;
        if (pair.length == 0)
            continue;
        if (!equals)
            return lw_fail(err, LW_ERR_ARGUMENT, "'%.*s' is not KEY=VALUE", (int)pair.length, pair.at);
        char key[32], value[128];
        snprintf(key, sizeof key, "%.*s", (int)(equals - pair.at), pair.at);
        snprintf(value, sizeof value, "%.*s", (int)(pair.at + pair.length - equals - 1), equals + 1);
        status = lw_train_options_set(&changed, key, value, err);
    }
    if (status == LW_OK)
        status = lw_train_options_check(&changed, err);
    if (status == LW_OK)
        *options = changed;
    return status;
}

bool lw_ablation_is_on(const lw_train_options *baseline, const lw_ablation_item *item) {
    lw_train_options off = *baseline;
    char key[32], value[LW_TRAIN_VALUE], value_off[LW_TRAIN_VALUE];
    if (!item->off || set_pairs(item->off, &off, NULL) != LW_OK)
        return false;
    snprintf(key, sizeof key, "%.*s", (int)strcspn(item->off, "="), item->off);
    return strcmp(lw_train_options_get(baseline, key, value), lw_train_options_get(&off, key, value_off)) != 0;
}

lw_status lw_ablation_apply(const lw_ablation_item *item, lw_train_options *options, lw_error *err) {
    return set_pairs(lw_ablation_is_on(options, item) ? item->off : item->on, options, err);
}

size_t lw_ablation_runs(const lw_ablation_options *options) { return (1 + options->item_count) * options->seed_count; }

void lw_ablation_run_name(const lw_ablation_options *options, size_t i, char name[LW_ABLATION_NAME]) {
    const size_t item = i / options->seed_count;
    assert(i < lw_ablation_runs(options));
    snprintf(name, LW_ABLATION_NAME, "%.64s/seed%zu", item == 0 ? LW_ABLATION_BASELINE : options->items[item - 1].name,
             i % options->seed_count);
}

/** Whether `name` can be that of a folder. */
static bool is_name(const char *name) {
    const size_t length = strlen(name);
    bool fine = length > 0 && length < ITEM_NAME_MOST;
    for (size_t i = 0; i < length; i++)
        fine = fine && (isalnum((unsigned char)name[i]) || name[i] == '-' || name[i] == '_');
    return fine;
}

static lw_status check_item(const lw_ablation_options *options, size_t i, lw_error *err) {
    const lw_ablation_item *item = &options->items[i];
    lw_train_options how = *options->train;
    if (!is_name(item->name))
        return lw_fail(err, LW_ERR_ARGUMENT, "'%s' cannot name a change: letters, digits, - and _ can", item->name);
    if (strcmp(item->name, LW_ABLATION_BASELINE) == 0 || strcmp(item->name, LW_ABLATION_ENSEMBLE) == 0)
        return lw_fail(err, LW_ERR_ARGUMENT, "no change can be called %s: another row of the report is", item->name);
    for (size_t k = 0; k < i; k++)
        if (strcmp(options->items[k].name, item->name) == 0)
            return lw_fail(err, LW_ERR_ARGUMENT, "two changes are called %s, expected different names", item->name);
    lw_status status = set_pairs(item->on, &how, err);
    return status == LW_OK && item->off ? set_pairs(item->off, &how, err) : status;
}

lw_status lw_ablation_check(const lw_ablation_options *options, lw_error *err) {
    const char *problem = NULL;
    lw_status status = lw_train_options_check(options->train, err);
    if (status != LW_OK)
        return status;
    if (!(options->train->test_fraction > 0))
        problem = "the test fraction must be positive: an ablation is judged on the test records";
    if (!problem && (options->seed_count < 1 || options->seed_count > SEEDS_MOST))
        problem = "the number of seeds must lie between 1 and 1000";
    if (!problem && options->item_count > ITEMS_MOST)
        problem = "there are more than 1000 changes";
    if (!problem && options->replicate_count < 1)
        problem = "the bootstrap needs 1 replicate or more";
    if (!problem && options->job_count < 1)
        problem = "0 jobs at a time, expected 1 or more";
    if (problem)
        return lw_fail(err, LW_ERR_ARGUMENT, "%s", problem);
    for (size_t i = 0; status == LW_OK && i < options->item_count; i++)
        status = check_item(options, i, err);
    return status;
}

/* ---- What they cost */

/** Apply an item to the baseline; *differs reports whether its runs need another time. */
static lw_status read_item(const lw_ablation_options *options, size_t item, lw_train_options *train, bool *differs,
                           lw_error *err) {
    const lw_train_options *baseline = options->train;
    *train = *baseline;
    const lw_status status = lw_ablation_apply(&options->items[item], train, err);
    *differs = options->items[item].network || train->epochs != baseline->epochs || train->batch != baseline->batch;
    return status;
}

lw_status lw_ablation_cost_measure(const lw_network *network, const lw_dataset *dataset,
                                   const lw_ablation_options *options, size_t change, lw_ablation_cost *out,
                                   lw_error *err) {
    lw_train_options train = *options->train, other;
    lw_status status = LW_OK;
    bool differs = true;
    size_t changes = 1;
    for (size_t i = 0; status == LW_OK && change == 0 && i < options->item_count; i++) {
        status = read_item(options, i, &other, &differs, err);
        changes += !differs;
    }
    if (change > 0)
        status = read_item(options, change - 1, &train, &differs, err);
    if (change > 0 && options->items[change - 1].network)
        network = options->items[change - 1].network;
    lw_ablation_cost cost = {.epoch_count = train.epochs};
    const double trained =
        (double)lw_dataset_record_count(dataset) * (1 - train.test_fraction) * (1 - train.validation_fraction);
    cost.step_count = ((size_t)trained + train.batch - 1) / train.batch;
    if (change == 0 || differs)
        cost.run_count = changes * options->seed_count;
    if (status == LW_OK && cost.run_count > 0)
        status = lw_bench_step(network, &train, train.threads, &cost.step_s, err);
    cost.most_s = (double)(cost.run_count * cost.epoch_count * cost.step_count) * cost.step_s;
    if (status == LW_OK)
        *out = cost;
    return status;
}

/* ---- Training them */

/** An ablation under way. */
typedef struct ablation {
    const lw_network *network;
    const lw_dataset *dataset;
    const lw_ablation_options *options;
    const char *folder;
    lw_ablation_fn *progress;
    void *context;
} ablation;

/** The context of the progress hook of one run. */
typedef struct run_watch {
    const ablation *ablation;
    lw_jobs *jobs;
    const char *name;
} run_watch;

static bool report_progress(void *context, const lw_train_progress *progress) {
    const run_watch *watch = context;
    const ablation *a = watch->ablation;
    bool go_on = lw_jobs_enter(watch->jobs);
    if (go_on && a->progress)
        go_on = a->progress(a->context, watch->name, progress);
    return lw_jobs_leave(watch->jobs, go_on);
}

static lw_status train_run(lw_jobs *jobs, void *context, size_t i, lw_error *err) {
    const ablation *a = context;
    const lw_ablation_options *o = a->options;
    const lw_ablation_item *item = i < o->seed_count ? NULL : &o->items[i / o->seed_count - 1];
    char name[LW_ABLATION_NAME];
    lw_ablation_run_name(o, i, name);
    run_watch watch = {a, jobs, name};
    lw_train_options how = *o->train;
    how.cluster = NULL; /* the ranks divide the runs, not their batches */
    how.set_split_seed = true;
    how.split_seed = lw_train_split_seed(o->train);
    how.seed = o->train->seed + i % o->seed_count;
    char *folder = lw_path_join(a->folder, name);
    lw_status status = !folder ? lw_fail_no_memory(err, "a path") : LW_OK;
    if (status == LW_OK && item)
        status = lw_ablation_apply(item, &how, err);
    how.threads = lw_jobs_share(how.threads, o->job_count);
    if (status == LW_OK)
        status = lw_train(item && item->network ? item->network : a->network, a->dataset, &how, folder, report_progress,
                          &watch, NULL, err);
    free(folder);
    return status;
}

/** The networks of all items fit the study's data. */
static lw_status check_networks(const lw_network *network, const lw_ablation_options *options, lw_error *err) {
    const size_t samples = lw_network_sample_count(network), outputs = lw_network_output_count(network);
    for (size_t i = 0; i < options->item_count; i++) {
        const lw_network *changed = options->items[i].network;
        if (changed && (lw_network_sample_count(changed) != samples || lw_network_output_count(changed) != outputs))
            return lw_fail(err, LW_ERR_ARGUMENT,
                           "%s: its network has %zu samples and %zu outputs, expected %zu and %zu as the study's",
                           options->items[i].name, lw_network_sample_count(changed), lw_network_output_count(changed),
                           samples, outputs);
    }
    return LW_OK;
}

lw_status lw_ablation_run(const lw_network *network, const lw_dataset *dataset, const lw_ablation_options *options,
                          const char *folder, lw_ablation_fn *progress, void *context, lw_error *err) {
    ablation a = {network, dataset, options, folder, progress, context};
    lw_status status = lw_ablation_check(options, err);
    if (status == LW_OK)
        status = check_networks(network, options, err);
    if (status != LW_OK)
        return status;
    return lw_jobs_run(options->train->cluster, options->job_count, NULL, lw_ablation_runs(options), train_run, &a,
                       err);
}
