/**
 * @file loss.h
 * The losses: the papers' weighted binary cross-entropy, the Challenge metric of probabilities, and the labels that
 * count in both.
 */
#ifndef LW_TRAIN_LOSS_H
#define LW_TRAIN_LOSS_H

#include "evaluate/scoring.h"

/**
 * weights[classes] = max(0, log2(1 / (positives / records + epsilon))): a rare class counts more. A class that nearly
 * every record has would get a negative weight, and its errors would be rewarded; it gets 0.
 *
 * Source: both papers, equation (2), with the clamp added.
 */
void lw_class_weights(const size_t *positives, size_t classes, size_t records, double epsilon, double *weights);

/**
 * Mean over records and classes of w_i (softplus(z) - y z), which is -w_i (y log h + (1 - y) log(1 - h)) for h =
 * sigmoid(z) without its overflow. Summed in double.
 *
 * @param logits   [n][classes]
 * @param targets  [n][classes], in [0, 1]
 * @param weights  [classes]
 * @param known    [n][classes], 0: the target is unknown, and adds nothing to the sum; NULL: all count
 * @param dlogits  [n][classes], the gradient w_i (h - y) / (n classes); NULL: none is computed
 * Source: both papers, equation (1).
 */
double lw_loss(size_t n, size_t classes, const float *logits, const float *targets, const double *weights,
               const uint8_t *known, float *dlogits);

/** 1 / (1 + exp(-logit)), exact to the last bits at both ends. */
double lw_sigmoid(double logit);

/**
 * The Challenge metric of probabilities instead of decisions, as a loss.
 *
 * For a record with labels x and probabilities p over the scored classes, and rewards W,
 *
 *     s = sum of x_j W[j][k] p_k / max(sum of x_k + p_k - x_k p_k, 1),
 *
 * which for probabilities 0 and 1 is the reward of the record. The metric is
 *
 *     (mean s - inactive) / (correct - inactive),
 *
 * with the means of the training records in place of the batch's, so that a batch's metrics average to the epoch's.
 *
 * Source: Nejedly et al., "Classification of ECG using ensemble of residual CNNs with attention mechanism", CinC 2021.
 */
typedef struct lw_soft_metric lw_soft_metric;

/**
 * For outputs of `classes`; those that hold a code of one scored class count as one, the likeliest of them.
 * @param labels  [records][outputs], of the records to train on
 * @return LW_OK with *out the caller's (lw_soft_metric_free), LW_ERR_ARGUMENT (all decisions on these records have
 * the same reward) or LW_ERR_NO_MEMORY
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

/** Which labels count: a source whose records never carry a class may not report it. */
typedef struct lw_label_mask lw_label_mask;

/**
 * From the records index[0 .. count), those to train on. *out is NULL where they are all of one source: then every
 * label counts. lw_label_mask_free *out.
 * @return LW_OK or LW_ERR_NO_MEMORY
 */
lw_status lw_label_mask_create(const lw_dataset *dataset, const size_t *index, size_t count, lw_label_mask **out,
                               lw_error *err);
void lw_label_mask_free(lw_label_mask **mask);

/**
 * known[n][classes] of records[n] of the data set: 0 where none of the records trained on of the record's source has
 * the class, 1 elsewhere, and everywhere for a record of a source of which none is trained on. Threads: safe.
 */
void lw_label_mask_fill(const lw_label_mask *mask, const uint64_t *records, size_t n, uint8_t *known);

#endif
