/**
 * @file judge_split.h
 * What a trained model makes of the records that it was not trained on.
 */
#ifndef LW_LAB_JUDGE_SPLIT_H
#define LW_LAB_JUDGE_SPLIT_H

#include "dataset/split.h"
#include "lab/pool.h"
#include "leadwise/model.h"

/** Records that lw_predict_split predicts: those of validation, then those of the test. */
size_t lw_predicted_records(const lw_split *split);

/**
 * probabilities[lw_predicted_records][classes] of `model`.
 * @param memory_bytes  of the network at most, 0: no limit
 * @return LW_OK, LW_ERR_ARGUMENT (memory_bytes), LW_ERR_NOT_FINITE (a sample; the record is named) or
 *         LW_ERR_NO_MEMORY
 */
lw_status lw_predict_split(const lw_model *model, const lw_dataset *dataset, const lw_split *split, int threads,
                           size_t memory_bytes, float *probabilities, lw_error *err);

/**
 * Find thresholds[classes] that maximise the metric on the validation records, and take the predictions of the test
 * records into `pool`, both from `probabilities` as lw_predict_split gives them.
 * @param fallback  column that is positive where no other is, or -1
 * @return LW_OK, LW_ERR_ARGUMENT (no validation record) or LW_ERR_NO_MEMORY
 */
lw_status lw_judge_predictions(const lw_dataset *dataset, const lw_split *split, const lw_scoring *scoring,
                               int fallback, const float *probabilities, double *thresholds, lw_pool *pool,
                               lw_error *err);

/** lw_predict_split, then lw_judge_predictions. */
lw_status lw_judge_split(const lw_model *model, const lw_dataset *dataset, const lw_split *split,
                         const lw_scoring *scoring, int fallback, int threads, size_t memory_bytes, double *thresholds,
                         lw_pool *pool, lw_error *err);

#endif
