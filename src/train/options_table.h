/**
 * @file options_table.h
 * The options of training as the training loop reads them, and training on a given split. The meaning of an option, its
 * range and its default are one row of the table in options.c.
 */
#ifndef LW_TRAIN_OPTIONS_TABLE_H
#define LW_TRAIN_OPTIONS_TABLE_H

#include "dataset/split.h"
#include "leadwise/train.h"

/* Choices, in the order in which their rows name them. */
typedef enum lw_schedule_kind { LW_SCHEDULE_PLATEAU, LW_SCHEDULE_COSINE } lw_schedule_kind;
typedef enum lw_keep_epoch { LW_KEEP_BEST_LOSS, LW_KEEP_BEST_METRIC, LW_KEEP_LAST } lw_keep_epoch;

/** A field has the name that files of runs give the option. Plain: `=` copies it. */
struct lw_train_options {
    /* Of both papers. */
    uint64_t seed, split_seed;
    bool set_split_seed; /**< split_seed divides the records, so that runs of other seeds share the division */
    size_t epochs, batch;
    double learning_rate, beta1, beta2, epsilon;
    size_t patience_halve, patience_stop;
    double class_weight_epsilon; /**< of equation (2) */
    double test_fraction, validation_fraction;
    int year;
    char fallback[24]; /**< SNOMED CT code; "none" */

    /* Beyond the papers: 0 is off. */
    double weight_decay;
    lw_schedule_kind schedule; /**< a cosine leaves patience_halve unused */
    double warmup_epochs;
    lw_keep_epoch keep;
    double mixup;
    unsigned augment; /**< set of lw_augmentation */
    double lead_dropout;
    bool label_mask;
    double metric_loss, metric_head, average;
    bool tune_thresholds;

    const char *group_file; /**< of the call, borrowed: patients that no part of a split shares; NULL: none */

    /* Of the call: the result does not depend on them. */
    int threads;
    bool resume;
    size_t memory_bytes;
    lw_tuning tuning;
    const lw_cluster *cluster;
};

/** Set every option to its default. */
void lw_train_options_reset(lw_train_options *options);

/** The name of option `i` of lw_train_option_at in files of runs: "patience_halve". */
const char *lw_train_option_field(size_t i);

/** The code of the model's decision when no class is positive; NULL: none. Points into `options`. */
const char *lw_train_fallback(const lw_train_options *options);

/** The seed that divides the records. */
uint64_t lw_train_split_seed(const lw_train_options *options);

/* ---- Training on a split of the caller's, as cross-validation does */

/**
 * As lw_train, on `split` (borrowed for the call) in place of one drawn from the options' seed and fractions. It must
 * have records to train and to validate on; an empty test part is fine.
 */
lw_status lw_train_on_split(const lw_network *network, const lw_dataset *dataset, const lw_split *split,
                            const lw_train_options *options, const char *run_folder, lw_train_fn *progress,
                            void *context, lw_train_result *result, lw_error *err);

/**
 * Whether `run_folder` holds the finished run that lw_train_on_split would resume to; then its summary in *result.
 * Reads the data set once, for its hash.
 * @return LW_OK, LW_ERR_MISMATCH (a finished run of another configuration) or LW_ERR_NO_MEMORY
 */
lw_status lw_train_finished_on_split(const lw_network *network, const lw_dataset *dataset, const lw_split *split,
                                     const lw_train_options *options, const char *run_folder, bool *finished,
                                     lw_train_result *result, lw_error *err);

#endif
