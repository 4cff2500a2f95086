/* How long a cell of a published table would train. */
#include "base/error.h"
#include "lab/bench.h"
#include "lab/folds.h"
#include "lab/jobs.h"
#include "lab/study_cell.h"
#include "train/train_split.h"

enum { MEASURED_STEPS = 3 };

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
    double seconds[MEASURED_STEPS];
    size_t steps = 0;
    lw_status status = lw_study_options_check(table, options, err);
    if (status == LW_OK)
        status = count_steps(dataset, &options->crossval, &steps, err);
    if (status == LW_OK)
        status = lw_study_network(table, dataset, options, cell, &network, err);
    if (status == LW_OK)
        status = lw_bench_training(network, train->batch, lw_jobs_share(train->threads, options->jobs),
                                   train->memory_bytes, MEASURED_STEPS, seconds, err);
    lw_network_free(&network);
    if (status != LW_OK)
        return status;
    double step_s = seconds[0];
    for (size_t i = 1; i < MEASURED_STEPS; i++)
        step_s = seconds[i] < step_s ? seconds[i] : step_s;
    /* The first epoch is always the best so far. */
    const bool may_stop = train->patience_stop > 0 && train->patience_stop < train->epochs;
    const size_t least = may_stop ? train->patience_stop + 1 : train->epochs;
    *out = (lw_study_cost){.steps = steps,
                           .step_s = step_s,
                           .most_s = step_s * (double)steps * (double)train->epochs,
                           .least_s = step_s * (double)steps * (double)least};
    return LW_OK;
}
