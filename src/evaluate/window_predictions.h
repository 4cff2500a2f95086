/**
 * @file window_predictions.h
 * A model's probabilities for all windows of recordings, with the recordings' labels.
 */
#ifndef LW_EVALUATE_WINDOW_PREDICTIONS_H
#define LW_EVALUATE_WINDOW_PREDICTIONS_H

#include "leadwise/dataset.h"
#include "leadwise/model.h"

/** Zero-initialise; lw_window_predictions_free. */
typedef struct lw_window_predictions {
    size_t records, windows, classes;
    size_t *first;        /**< [records + 1], where each record's windows begin; then `windows` */
    uint8_t *labels;      /**< [records][classes] */
    float *probabilities; /**< [windows][classes] */
    size_t capacity;      /**< windows that there is room for */
} lw_window_predictions;

/**
 * Predict the windows, one every `step_s` seconds, of the recordings of `list`. Those that cannot be used are left out,
 * as are windows without a signal. memory_bytes: of the session at most, 0: no limit.
 * @return LW_OK, LW_ERR_NO_SIGNAL (no recording is left), LW_ERR_ARGUMENT (step_s, memory_bytes) or LW_ERR_NO_MEMORY
 */
lw_status lw_window_predictions_make(const lw_model *model, const lw_record_list *list,
                                     const lw_record_options *options, double step_s, int threads, size_t memory_bytes,
                                     lw_window_predictions *out, lw_error *err);
void lw_window_predictions_free(lw_window_predictions *predictions);

#endif
