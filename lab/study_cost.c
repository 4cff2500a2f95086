/* How long a cell of a published table, or a change of an ablation, would train. */
#include "base/error.h"
#include "lab/ablation_run.h"
#include "lab/bench.h"
#include "lab/folds.h"
#include "lab/jobs.h"
#include "lab/study_cell.h"
#include "train/options_table.h"

enum { MEASURED_STEPS = 3 };

/** Seconds of the fastest of a few steps. */
static lw_status measure_step(const lw_network *network, const lw_train_options *train, int threads, double *step_s,
                              lw_error *err) {
    double seconds[MEASURED_STEPS];
    const lw_bench_options how = {.batch = train->batch,
                                  .threads = threads,
                                  .repeat = MEASURED_STEPS,
                                  .memory_bytes = train->memory_bytes,
                                  .tuning = train->tuning};
    lw_status status = lw_bench_training(network, &how, seconds, err);
    *step_s = status == LW_OK ? seconds[0] : 0;
    for (size_t i = 1; status == LW_OK && i < MEASURED_STEPS; i++)
        *step_s = seconds[i] < *step_s ? seconds[i] : *step_s;
    return status;
}

/** Steps of one epoch in every fold, from the very splits. */
static lw_status count_steps(const lw_dataset *dataset, const lw_crossval_options *o, size_t *steps, lw_error *err) {
    lw_groups groups = {0};
    lw_folds folds = {0};
    lw_status status = lw_groups_find(dataset, o->groups, &groups, err);
    if (status == LW_OK)
        status = lw_folds_assign(dataset, &groups, o->kind, o->folds, lw_train_split_seed(o->train), &folds, err);
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

lw_status lw_study_cost_measure(const lw_paper_table *table, const lw_dataset *dataset, const lw_study_options *options,
                                size_t cell, lw_study_cost *out, lw_error *err) {
    const lw_train_options *train = options->crossval.train;
    lw_network *network = NULL;
    double step_s = 0;
    size_t steps = 0;
    lw_status status = lw_study_options_check(table, options, err);
    if (status == LW_OK)
        status = count_steps(dataset, &options->crossval, &steps, err);
    if (status == LW_OK)
        status = lw_study_network(table, dataset, options, cell, &network, err);
    if (status == LW_OK)
        status = measure_step(network, train, lw_jobs_share(train->threads, options->jobs), &step_s, err);
    lw_network_free(&network);
    if (status != LW_OK)
        return status;
    /* The first epoch is always the best so far. */
    const bool may_stop = train->patience_stop > 0 && train->patience_stop < train->epochs;
    const size_t least = may_stop ? train->patience_stop + 1 : train->epochs;
    *out = (lw_study_cost){.steps = steps,
                           .step_s = step_s,
                           .most_s = step_s * (double)steps * (double)train->epochs,
                           .least_s = step_s * (double)steps * (double)least};
    return LW_OK;
}

/** How an item trains, and whether its runs take another time than the baseline's. */
static lw_status read_item(const lw_ablation_options *options, size_t item, lw_train_options *train, bool *differs,
                           lw_error *err) {
    const lw_train_options *baseline = options->train;
    *train = *baseline;
    const lw_status status = lw_ablation_apply(&options->items[item], train, err);
    *differs =
        options->items[item].network != NULL || train->epochs != baseline->epochs || train->batch != baseline->batch;
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
    if (change > 0 && options->items[change - 1].network != NULL)
        network = options->items[change - 1].network;
    lw_ablation_cost cost = {.epochs = train.epochs};
    const double trained =
        (double)lw_dataset_record_count(dataset) * (1 - train.test_fraction) * (1 - train.validation_fraction);
    cost.steps = ((size_t)trained + train.batch - 1) / train.batch;
    if (change == 0 || differs)
        cost.runs = changes * options->seeds;
    if (status == LW_OK && cost.runs > 0)
        status = measure_step(network, &train, train.threads, &cost.step_s, err);
    cost.most_s = (double)(cost.runs * cost.epochs * cost.steps) * cost.step_s;
    if (status == LW_OK)
        *out = cost;
    return status;
}
