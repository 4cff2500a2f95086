/**
 * @file predict_records.h
 * A model's probabilities for records of a data set.
 */
#ifndef LW_EVALUATE_PREDICT_RECORDS_H
#define LW_EVALUATE_PREDICT_RECORDS_H

#include "leadwise/dataset.h"
#include "leadwise/model.h"

/**
 * probabilities[count][outputs] of records index[count], as lw_session_predict gives them for any number of threads.
 * The data set was prepared as the model wants it. memory_bytes: of the session at most, 0: no limit.
 * @return LW_OK, LW_ERR_ARGUMENT (memory_bytes), LW_ERR_NOT_FINITE (a sample; the record is named) or
 *         LW_ERR_NO_MEMORY
 */
lw_status lw_predict_records(const lw_model *model, const lw_dataset *dataset, const size_t *index, size_t count,
                             int threads, size_t memory_bytes, float *probabilities, lw_error *err);

#endif
