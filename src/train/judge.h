/**
 * @file judge.h
 * How well weights do on a set of records: loss, and the Challenge's scores.
 */
#ifndef LW_TRAIN_JUDGE_H
#define LW_TRAIN_JUDGE_H

#include "leadwise/cluster.h"
#include "leadwise/evaluate.h"
#include "predict/predictor.h"
#include "train/loss.h"

/** A network ready to predict records of a data set. Zero-initialise, lw_judge_create, lw_judge_free. */
typedef struct lw_judge {
    const lw_dataset *dataset; /**< borrowed */
    const lw_cluster *cluster; /**< whose ranks divide the records, each then knowing all; borrowed, NULL: alone */
    lw_predictor *predictor;
    size_t classes;
    const lw_label_mask *mask; /**< labels that the loss leaves out; borrowed, NULL: none */
    float *targets;            /**< [classes], of one record, as the next */
    uint8_t *known;            /**< [classes] */
    const size_t *index;       /**< the records judged last, borrowed; [count] */
    size_t count;
    uint8_t *labels;       /**< [count][classes] */
    double *probabilities; /**< [count][classes] */
} lw_judge;

/**
 * @param max_records  how many are judged at once at most; `max_batch` of them in one pass of the network
 * @param memory_bytes  of the network at most, 0: no limit; a part of memory_whole_bytes, which sentences tell
 * @return LW_OK, LW_ERR_ARGUMENT or LW_ERR_NO_MEMORY
 */
lw_status lw_judge_create(const lw_network *network, const lw_dataset *dataset, size_t max_records, size_t max_batch,
                          int threads, const lw_tuning *tuning, size_t memory_bytes, size_t memory_whole_bytes,
                          lw_judge *out, lw_error *err);
void lw_judge_free(lw_judge *judge);

/**
 * Predict records index[count] with the parameters `values`, as a saved model would; their mean weighted loss in *loss.
 * @return LW_OK or LW_ERR_NOT_FINITE (a sample, or the loss)
 */
lw_status lw_judge_predict(lw_judge *judge, const float *values, const size_t *index, size_t count,
                           const double *class_weights, double *loss, lw_error *err);

/**
 * Score the last prediction: positive at thresholds[classes] (NULL: 0.5) or more; a record without a positive class
 * gets the class of `fallback` (SNOMED code; NULL, or a code of no class: none). A class list that the year's scoring
 * does not know gives NaN everywhere. lw_scores_free *out.
 */
lw_status lw_judge_score(const lw_judge *judge, int year, const double *thresholds, const char *fallback,
                         lw_scores *out, lw_error *err);

#endif
