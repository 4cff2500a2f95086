/**
 * @file options_table.h
 * The options of training as those who train read them. What each one means, its range and its default are one row of
 * the table in options.c.
 */
#ifndef LW_TRAIN_OPTIONS_TABLE_H
#define LW_TRAIN_OPTIONS_TABLE_H

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

#endif
