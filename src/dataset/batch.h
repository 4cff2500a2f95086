/**
 * @file batch.h
 * Records in the order of an epoch, and their gathering into a network's input.
 */
#ifndef LW_DATASET_BATCH_H
#define LW_DATASET_BATCH_H

#include "leadwise/dataset.h"

/** A batch's inputs. Zero-initialise, lw_batch_create, lw_batch_free. */
typedef struct lw_batch {
    size_t n;                 /**< records in it now */
    size_t leads;             /**< that are gathered */
    size_t row[LW_LEADS_MAX]; /**< [leads], where each stands in the data set, or LW_NO_ROW */
    float *signals;           /**< [n][leads][samples] */
    uint8_t *labels;          /**< [n][classes] */
    float *targets;           /**< [n][classes], the labels as reals: what a loss compares with */
    uint64_t *records;        /**< [n], numbers in the data set: keys of dropout */
} lw_batch;

/**
 * rows[leads->count]: where each of `leads` stands in the data set. Leads are prepared each on its own, so that a
 * network for some of them reads from a file with more what it would from a file with just those.
 *
 * @param missing_leads  one that the data set lacks is LW_NO_ROW, as long as it has another
 * @return LW_OK or LW_ERR_MISMATCH (the data set lacks one; it is named)
 */
lw_status lw_lead_rows(const lw_dataset *dataset, const lw_lead_set *leads, bool missing_leads,
                       size_t rows[LW_LEADS_MAX], lw_error *err);

/** Of the numbers of records and of classes. */
#define LW_NO_LABEL_SENTENCE                                                                                           \
    "none of %zu recordings has a diagnosis that is one of the %zu classes, expected SNOMED CT codes in the headers' " \
    "Dx lines "                                                                                                        \
    "or in labels.csv"

/** Whether a record has a label: without any there is nothing to train, to choose thresholds or to score by.
 * @return LW_OK or LW_ERR_FORMAT */
lw_status lw_dataset_check_labels(const lw_dataset *dataset, lw_error *err);

/**
 * Room for `max_records` with `leads`, in this order; with `missing_leads`, those that the data set lacks are zeros.
 * @return LW_OK, LW_ERR_MISMATCH (see above) or LW_ERR_NO_MEMORY
 */
lw_status lw_batch_create(const lw_dataset *dataset, const lw_lead_set *leads, bool missing_leads, size_t max_records,
                          lw_batch *out, lw_error *err);
void lw_batch_free(lw_batch *batch);

/** order[count] = index[count] shuffled for `epoch`: a pure function of seed, epoch and index. */
void lw_batch_order(uint64_t seed, uint64_t epoch, const size_t *index, size_t count, size_t *order);

/**
 * Gather records index[0 .. count), in this order.
 * @return LW_OK, LW_ERR_NOT_FINITE (a NaN or infinite sample of these leads; the record is named) or LW_ERR_FORMAT (one too
 * large for a z-score)
 */
lw_status lw_batch_gather(const lw_dataset *dataset, const size_t *index, size_t count, lw_batch *batch, lw_error *err);

#endif
