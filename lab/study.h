/**
 * @file study.h
 * Cross-validation, and the papers' tables, of which each cell is one.
 */
#ifndef LW_LAB_STUDY_H
#define LW_LAB_STUDY_H

#include "leadwise/train.h"

/** How records are dealt to folds. */
typedef enum lw_fold_kind {
    LW_FOLDS_RANDOM,     /**< in random order to folds of nearly equal size, as both papers do */
    LW_FOLDS_STRATIFIED, /**< so that each fold has its share of every class */
    LW_FOLDS_SOURCE      /**< each source (folder that the records came from) is a fold */
} lw_fold_kind;

typedef struct lw_crossval_options {
    size_t fold_count; /**< 2 or more; for LW_FOLDS_SOURCE as many as there are sources, whatever stands here */
    lw_fold_kind kind;
    const char *groups;            /**< CSV file with header `record,group` whose groups are never divided, or NULL */
    size_t replicate_count;        /**< of the bootstrap behind the 95 % intervals; 0: no intervals */
    const lw_train_options *train; /**< of every fold, borrowed; its test fraction is ignored */
    /**
     * Folders that the data set was prepared from, [label_folder_count], or NULL. Records with a header there that are
     * not in the data set were rejected: they are scored as records for which nothing was found.
     */
    const char *const *label_folders;
    size_t label_folder_count;
} lw_crossval_options;

/** 5 random folds, 1000 replicates; the caller sets `train`. */
lw_crossval_options lw_crossval_options_default(void);

/** Ways to decide from probabilities. */
typedef enum lw_rule {
    LW_RULE_PLAIN,    /**< positive at 0.5 */
    LW_RULE_FALLBACK, /**< and the fallback where nothing is */
    LW_RULE_TUNED,    /**< thresholds from validation records, and the fallback */
    LW_RULE_COUNT
} lw_rule;

/** As results name it: "tuned". */
const char *lw_rule_name(lw_rule rule);

/** The scores of one way to decide; NaN where undefined or not computed. */
typedef struct lw_rule_scores {
    lw_measures pooled;                     /**< of all records */
    lw_interval interval[LW_MEASURE_COUNT]; /**< 95 %, of `pooled`: of the metric and of AUROC */
    lw_measures mean, deviation;            /**< over the folds; n - 1 */
} lw_rule_scores;

/** The scores of a cross-validation. */
typedef struct lw_crossval_result {
    size_t record_count, rejected_count; /**< those rejected among the records */
    size_t fold_count;
    lw_rule_scores rules[LW_RULE_COUNT];
} lw_crossval_result;

/** lw_train_fn of fold `fold` (from 0) of `folds`. */
typedef bool lw_crossval_fn(void *context, size_t fold, size_t folds, const lw_train_progress *progress);

/**
 * Train a network for each fold on the others (with the validation fraction of them for choosing the epoch) and score
 * every record by the network that was not trained on it. `folder` (created where needed) receives
 *
 *   fold0/, fold1/, ...     what lw_train leaves
 *   model.safetensors       the ensemble of the folds' models, mean (of 64 folds at most); with tuned thresholds, its
 *                           thresholds are the best for the predictions of each fold's test records
 *   outputs/NAME.csv        the Challenge's file of every record, decided at threshold 0.5, then the fallback,
 *                           whatever thresholds the fold's model has; all zero for a rejected record.
 *                           lw_evaluate_folders repeats "pooled".
 *   results.json            the scores of that decision rule: "pooled" over all records, "folds", their "mean" and
 *                           "deviation" (n - 1), "intervals" (bootstrap over records); and under "rules" the same for
 *                           "plain" (threshold 0.5), "fallback" and "tuned" (thresholds that maximise the metric on
 *                           the fold's validation records, and the fallback)
 *
 * Records of one group, and records with equal signals, are never divided between training, validation and test; where
 * a source holds a copy of another's record, neither source is trained on it when the other is tested. Same seed,
 * network and data: same bytes for any number of threads, and after a stop and a resume.
 *
 * When resuming, folds that were finished are left alone, one that was not goes on from its checkpoint; where all were,
 * and the results are of these options, nothing is done but to read them.
 *
 * @param result  of all records, on the first rank of the cluster alone; may be NULL
 * @return LW_OK, LW_ERR_ARGUMENT (options; too few different records or sources; two records of one name),
 *         LW_ERR_FORMAT (groups: file and line named), or as lw_train
 */
LW_CHECK_RESULT lw_status lw_crossval(const lw_network *network, const lw_dataset *dataset,
                                      const lw_crossval_options *options, const char *folder, lw_crossval_fn *progress,
                                      void *context, lw_crossval_result *result, lw_error *err);

/** Training steps of one epoch, summed over the folds, from the very splits. @return as lw_crossval */
LW_CHECK_RESULT lw_status lw_crossval_steps(const lw_dataset *dataset, const lw_crossval_options *options,
                                            size_t *steps, lw_error *err);

enum { LW_PAPER_COLUMNS = 5, LW_PAPER_ROWS = 4 }; /* at most */

/** A row of a published table: a network on each of the table's lead sets. */
typedef struct lw_paper_row {
    const char *name;                   /**< short and stable: its cell on 12 leads is kept in the folder NAME-12 */
    const char *title;                  /**< as the paper has it */
    const char *network;                /**< built in */
    double published[LW_PAPER_COLUMNS]; /**< [columns] Challenge metric, mean of 5 folds of the public records */
} lw_paper_row;

/** A published table. A cell that two tables share has one name. */
typedef struct lw_paper_table {
    const char *name;   /**< "multiscale2021-table4" */
    const char *title;  /**< what is compared */
    const char *source; /**< paper, table, and the records it is about */
    int year;           /**< of the Challenge */
    size_t column_count, row_count;
    const char *leads[LW_PAPER_COLUMNS]; /**< [columns], as lw_lead_set_parse reads them */
    const lw_paper_row *row;             /**< [row_count] */
    const double
        *hidden; /**< [columns] of the first row on the Challenge's hidden validation records; NULL: not given */
} lw_paper_table;

/** The i-th table, NULL past the last. */
const lw_paper_table *lw_paper_table_at(size_t i);
/** NULL where there is none of that name. */
const lw_paper_table *lw_paper_table_find(const char *name);

enum { LW_STUDY_NAME = 64 };
/** Name (and folder) of cell `cell` = row * columns + column: "ms-attention-12". */
void lw_study_cell_name(const lw_paper_table *table, size_t cell, char name[LW_STUDY_NAME]);

/** How a table is repeated. */
typedef struct lw_study_options {
    lw_crossval_options crossval; /**< of every cell; its threads are shared out among the jobs, and the ranks of
                                       train.cluster divide the cells */
    lw_network_options network;   /**< leads and outputs are the table's and the data's */
    const char *const *only;      /**< [only_count] names of the cells that are wanted */
    size_t only_count;            /**< 0: all cells */
    size_t job_count;             /**< cells under way at once, each on its share of the threads: 1 or more */
} lw_study_options;

/** lw_crossval_options_default() and one job; the caller sets `crossval.train`. */
lw_study_options lw_study_options_default(void);

/** Whether they are possible with `table`. @return LW_OK or LW_ERR_ARGUMENT (no cell of a wanted name, another year) */
LW_CHECK_RESULT lw_status lw_study_options_check(const lw_paper_table *table, const lw_study_options *options,
                                                 lw_error *err);
/** Whether cell `cell` is among those to compute, by whichever process. */
bool lw_study_wants(const lw_paper_table *table, const lw_study_options *options, size_t cell);

/** lw_crossval_fn of cell `cell`. Called by the threads of the jobs, one at a time. */
typedef bool lw_study_fn(void *context, size_t cell, size_t fold, size_t folds, const lw_train_progress *progress);

/**
 * Cross-validate the cells of `table`, each as lw_crossval does, in the folder `folder`/NAME of its own.
 *
 * When resuming, cells that were finished are left alone, also those that lw_crossval made there with the same
 * options, or that another table shares; one that was not goes on. Same bytes for any number of jobs, threads and
 * ranks. When a cell fails, or `progress` returns false, the others under way save a checkpoint and stop.
 * Collective over the cluster of `crossval.train`.
 * @return LW_OK, LW_ERR_ARGUMENT (options; no cell of a wanted name; a year that is not the table's), LW_ERR_MISMATCH
 *         (a cell's leads or classes are not in the data: reported before the first training), or as lw_crossval
 */
LW_CHECK_RESULT lw_status lw_study_run(const lw_paper_table *table, const lw_dataset *dataset,
                                       const lw_study_options *options, const char *folder, lw_study_fn *progress,
                                       void *context, lw_error *err);

/** The cost of a cell. */
typedef struct lw_study_cost {
    size_t step_count; /**< of an epoch, summed over the folds */
    double step_s;     /**< the fastest of a few, on the threads of one job */
    double most_s;     /**< every epoch that is allowed */
    double least_s;    /**< every fold stops as early as early stopping may: when no epoch after the first is better */
} lw_study_cost;

/**
 * Measure training steps of cell `cell` on random data and multiply: one job's seconds of training. Validation and
 * assessment, a few per cent more, are not in it.
 * @return LW_OK or as lw_study_run
 */
LW_CHECK_RESULT lw_status lw_study_cost_measure(const lw_paper_table *table, const lw_dataset *dataset,
                                                const lw_study_options *options, size_t cell, lw_study_cost *out,
                                                lw_error *err);

/**
 * Gather the finished cells of `table` below `folder` into
 *
 *   results.csv   a line for each cell and decision rule (plain, fallback, tuned): the published metric; ours of all
 *                 records pooled with its 95 % interval, mean and deviation over the folds; the other scores, pooled.
 *                 Empty fields for a cell that is not finished
 *   report.html   the table beside the published one, with intervals and plots; self-contained, no script
 *
 * @param finished  how many cells are; may be NULL
 * @return LW_OK, LW_ERR_FORMAT (a cell's results.json is none), LW_ERR_IO or LW_ERR_NO_MEMORY
 */
LW_CHECK_RESULT lw_status lw_study_report(const lw_paper_table *table, const char *folder, size_t *finished,
                                          lw_error *err);

#endif
