/**
 * @file prepare_item.h
 * One record on its way into a prepared file.
 */
#ifndef LW_DATASET_PREPARE_ITEM_H
#define LW_DATASET_PREPARE_ITEM_H

#include "leadwise/dataset.h"

/** What became of one record, and what the summary counts. */
typedef struct lw_prepare_item {
    lw_status status;
    lw_error error;  /**< when status is not LW_OK */
    float age_years; /**< NaN unknown */
    uint8_t sex;     /**< lw_sex */
    uint64_t signal_hash;
    double rate_hz, duration_s;
    bool warned;
    lw_prepared_info info;
} lw_prepare_item;

/** The first 64 bits of the SHA-256 of `count` prepared samples: tells copies of a recording. */
uint64_t lw_signal_hash(const float *signals, size_t count);

/** labels[classes] of record `i` of `list`: its folder's labels.csv, else its own. LW_OK or LW_ERR_NO_MEMORY. */
lw_status lw_record_labels(const lw_record_list *list, size_t i, const lw_record *record, const lw_class_list *classes,
                           uint8_t *labels, lw_error *err);

/**
 * Read and prepare record `i` of `list`: signals [leads][samples], labels [classes]. A failure is kept in item->status;
 * `signals` and `labels` are then undefined. Threads: one preparer a thread.
 */
void lw_prepare_one(const lw_record_list *list, size_t i, const lw_prepare_options *options, lw_preparer *preparer,
                    float *signals, uint8_t *labels, lw_prepare_item *item);

#endif
