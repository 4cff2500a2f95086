/**
 * @file soft_metric.h
 * The Challenge metric of probabilities instead of decisions, as a loss.
 *
 * For a record with labels x and probabilities p over the scored classes, and rewards W,
 *
 *     s = sum of x_j W[j][k] p_k / max(sum of x_k + p_k - x_k p_k, 1),
 *
 * which for probabilities 0 and 1 is what the record earns. The metric is (mean s - inactive) / (correct - inactive),
 * with the means of the training records in place of the batch's, so that a batch's metrics average to the epoch's.
 *
 * Source: Nejedly et al., "Classification of ECG using ensemble of residual CNNs with attention mechanism", CinC 2021.
 */
#ifndef LW_TRAIN_SOFT_METRIC_H
#define LW_TRAIN_SOFT_METRIC_H

#include "evaluate/scoring.h"

typedef struct lw_soft_metric lw_soft_metric;

/**
 * For outputs of `classes`; those that hold a code of one scored class count as one, the likeliest of them.
 * @param labels  [records][outputs], of the records to train on
 * @return LW_OK with *out the caller's (lw_soft_metric_free), LW_ERR_ARGUMENT (whatever is said of these records earns
 * the same) or LW_ERR_NO_MEMORY
 */
lw_status lw_soft_metric_create(int year, const lw_class_list *classes, size_t records, const uint8_t *labels,
                                lw_soft_metric **out, lw_error *err);
void lw_soft_metric_free(lw_soft_metric **metric);

/**
 * weight * (1 - metric) of n records.
 *
 * @param logits, targets  [n][outputs], targets in [0, 1]
 * @param known    [n][outputs], 0: the output counts as never positive; NULL: all count
 * @param dlogits  [n][outputs]; the gradient is added
 * Threads: safe.
 */
double lw_soft_metric_loss(const lw_soft_metric *metric, double weight, size_t n, const float *logits,
                           const float *targets, const uint8_t *known, float *dlogits);

#endif
