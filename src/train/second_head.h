/**
 * @file second_head.h
 * A second dense head on the same features, which learns the Challenge metric while the first learns the papers' loss:
 * the features serve both, and the first head's probabilities are not distorted. It exists in training alone: the
 * model file has the first head.
 *
 * Both heads are one dense layer of twice the outputs, the first head's before the second's, so that engine, optimiser
 * and checkpoints handle it as any other.
 *
 * Source: Nejedly et al., "Classification of ECG using ensemble of residual CNNs with attention mechanism", CinC 2021,
 * whose second head also decides; here thresholds do.
 */
#ifndef LW_TRAIN_SECOND_HEAD_H
#define LW_TRAIN_SECOND_HEAD_H

#include "network/engine.h"

/** Zero-initialise, lw_second_head_create, lw_second_head_free. Without a second head it stays empty. */
typedef struct lw_second_head {
    lw_network *network;      /**< what is trained: `network` of lw_second_head_create with both heads; NULL: empty */
    size_t classes;           /**< of either head */
    lw_parameter_table *kept; /**< of the network without the second head */
    float *values;            /**< [kept->total], of lw_second_head_drop */
    float *logits, *dlogits;  /**< [2][n][classes], head by head; room for max_records */
} lw_second_head;

/** @return LW_OK, LW_ERR_ARGUMENT (too many outputs) or LW_ERR_NO_MEMORY */
lw_status lw_second_head_create(const lw_network *network, size_t max_records, lw_second_head *out, lw_error *err);
void lw_second_head_free(lw_second_head *head);

/** Rows of `both` [n][2][classes], as the network gives them, into head->logits. */
void lw_second_head_split(lw_second_head *head, size_t n, const float *both);
/** head->dlogits into rows of `both` [n][2][classes]. */
void lw_second_head_join(const lw_second_head *head, size_t n, float *both);

/** Of `values`, laid out by the table of head->network, those of the network without the second head, [kept->total]:
 * valid until the next call. */
const float *lw_second_head_drop(lw_second_head *head, const lw_parameter_table *trained, const float *values);

#endif
