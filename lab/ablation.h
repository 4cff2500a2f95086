/**
 * @file ablation.h
 * What each option of training is worth: switched on, or off, alone, on one split, with several seeds.
 */
#ifndef LW_LAB_ABLATION_H
#define LW_LAB_ABLATION_H

#include "lab/study.h"

/** One change of training, of the network, or of both. Zero-initialise what is not needed. */
typedef struct lw_ablation_item {
    const char *name;          /**< short; of a folder */
    const char *on;            /**< options of training, KEY=VALUE apart by spaces; "": training stays as it is */
    const char *off;           /**< the same keys, in the same order, as in the papers; NULL: always switched on */
    const lw_network *network; /**< trained in the place of the study's own, with as many samples and outputs; NULL:
                                    that one. Borrowed */
    const char *shown; /**< what was changed, as the report shows it; NULL: `on`, or `off` where that was trained */
} lw_ablation_item;

/** The i-th change that is tried by default, NULL past the last. */
const lw_ablation_item *lw_ablation_item_at(size_t i);

typedef struct lw_ablation_options {
    const lw_train_options *train; /**< the baseline, borrowed; its seed is the first of them. The split is drawn by
                                        "split-seed" where that is set, else by the first seed: it is the same for all.
                                        The ranks of its cluster divide the runs */
    const lw_ablation_item *items; /**< [item_count] */
    size_t item_count;
    size_t seed_count;      /**< runs of the baseline and of each item: 1 or more */
    size_t replicate_count; /**< of the bootstrap behind the 95 % intervals: 1 or more */
    size_t job_count;       /**< runs at once, each on its share of the threads */
    bool ensemble;          /**< score the baseline's seeds as one model too, where there are 2 or more */
} lw_ablation_options;

/** The default items, the ensemble, 3 seeds, 1000 replicates, one job; the caller sets `train`. */
lw_ablation_options lw_ablation_options_default(void);

/** lw_train_fn of the run in the folder `run` ("mixup/seed2"). Called by the threads of the jobs, one at a time. */
typedef bool lw_ablation_fn(void *context, const char *run, const lw_train_progress *progress);

/**
 * Train `network` with the options of the baseline and once more for each item, on its own network where it has one, with every
 * seed; each run in `folder`/NAME/seedS, the baseline's NAME being "baseline". An item is switched on in the baseline,
 * or off where the baseline has it: where the value of the item's first key is not that of `off`. lw_ablation_is_on
 * reports whether it was on.
 *
 * When resuming, runs that were finished are left alone, one that was not goes on. Same bytes for any number of jobs,
 * threads and ranks.
 * Collective over the cluster of `train`.
 * @return LW_OK, LW_ERR_ARGUMENT (options, an item's among them: reported before the first training), or as lw_train
 */
LW_CHECK_RESULT lw_status lw_ablation_run(const lw_network *network, const lw_dataset *dataset,
                                          const lw_ablation_options *options, const char *folder,
                                          lw_ablation_fn *progress, void *context, lw_error *err);

/** Whether the baseline has `item`, so that it is switched off. */
bool lw_ablation_is_on(const lw_train_options *baseline, const lw_ablation_item *item);

/** The cost of runs of an ablation. */
typedef struct lw_ablation_cost {
    size_t run_count;   /**< of this length each */
    size_t epoch_count; /**< at most */
    size_t step_count;  /**< of an epoch */
    double step_s;      /**< the fastest of a few */
    double most_s;      /**< of all the runs, one after the other */
} lw_ablation_cost;

/**
 * Measure training steps on random data and multiply. `change` 0: the baseline's runs, and those of all items with
 * the same network, epochs and batch; i: those of item i - 1, with 0 runs where they are among the former.
 * Validation and assessment, a few per cent more, are not in it.
 * @return LW_OK, LW_ERR_ARGUMENT (an item's options) or LW_ERR_NO_MEMORY
 */
LW_CHECK_RESULT lw_status lw_ablation_cost_measure(const lw_network *network, const lw_dataset *dataset,
                                                   const lw_ablation_options *options, size_t change,
                                                   lw_ablation_cost *out, lw_error *err);

/** The scores of an ablation: the Challenge metric by each lw_rule, and AUROC. */
enum { LW_ABLATION_AUROC = LW_RULE_COUNT, LW_ABLATION_MEASURE_COUNT };

/** What a score gained over the baseline's, with its 95 % interval. */
typedef struct lw_gain {
    double value, low, high;
} lw_gain;

/** What came out of the baseline or an item, on the test records: means over the seeds. Or of the ensemble. */
typedef struct lw_ablation_result {
    double score[LW_ABLATION_MEASURE_COUNT];
    lw_gain gain[LW_ABLATION_MEASURE_COUNT]; /**< 0 for the baseline itself */
} lw_ablation_result;

/** How many results lw_ablation_report gives: the baseline's, the items', and last the ensemble's where there is one. */
size_t lw_ablation_result_count(const lw_ablation_options *options);

/**
 * Score the finished runs of lw_ablation_run: results[lw_ablation_result_count]. `folder` receives results.csv (a line for
 * each result and rule) and report.html.
 *
 * Intervals are of a paired bootstrap: a replicate draws test records and seeds with replacement, the same for an item
 * and the baseline, and averages over the seeds the differences of run and baseline run. Thresholds come from
 * the validation records of each run.
 *
 * The ensemble answers with the mean of the probabilities of the baseline's runs, as lw_model_combine does, at
 * thresholds of its own from the same validation records. Its gain is that over the mean of their scores, and its
 * interval one of these very models: a replicate draws test records alone, the same for all, for an ensemble of seeds
 * drawn with replacement would have fewer members.
 * @return LW_OK, LW_ERR_IO (a run is not there), LW_ERR_MODEL, LW_ERR_MISMATCH, LW_ERR_NOT_FINITE or LW_ERR_NO_MEMORY
 */
LW_CHECK_RESULT lw_status lw_ablation_report(const lw_dataset *dataset, const lw_ablation_options *options,
                                             const char *folder, lw_ablation_result *results, lw_error *err);

/* ---- The runs: run i is the baseline (i < seeds) or an item, with one of the seeds */

/** Rows of the report that are no change. */
#define LW_ABLATION_BASELINE "baseline"
#define LW_ABLATION_ENSEMBLE "ensemble"

/** Whether the options are possible, every item's among them. @return LW_OK or LW_ERR_ARGUMENT */
lw_status lw_ablation_check(const lw_ablation_options *options, lw_error *err);

/** How many runs there are. */
size_t lw_ablation_runs(const lw_ablation_options *options);

/**
 * Switch `item` on in `options`, or off where they have it. "schedule" sets "stop-after" too, as lw_train_options_set
 * does. @return LW_OK or LW_ERR_ARGUMENT (an unknown key, or a value that it cannot have); `options` is then as before
 */
lw_status lw_ablation_apply(const lw_ablation_item *item, lw_train_options *options, lw_error *err);

enum { LW_ABLATION_NAME = 96 };
/** Folder of run `i` below the ablation's: "mixup/seed2". */
void lw_ablation_run_name(const lw_ablation_options *options, size_t i, char name[LW_ABLATION_NAME]);

/** The baseline, a change, or the ensemble. Borrowed. */
typedef struct lw_ablation_row {
    const char *name, *change; /**< "mixup", "mixup=0.2" */
    const lw_ablation_result *result;
} lw_ablation_row;

/** Borrowed. */
typedef struct lw_ablation_table {
    size_t row_count;
    const lw_ablation_row *row; /**< [row_count], the baseline first */
    bool ensemble;              /**< whether the last row is the baseline's seeds as one model */
    size_t seed_count, train_record_count, test_record_count, replicate_count;
} lw_ablation_table;

/**
 * Write results.csv (a line for each row and rule, numbers at full precision) and report.html (a self-contained page, no
 * script) into `folder`, atomically. @return LW_OK, LW_ERR_IO or LW_ERR_NO_MEMORY
 */
lw_status lw_ablation_write(const lw_ablation_table *table, const char *folder, lw_error *err);

#endif
