/**
 * @file predict.h
 * From recordings to diagnoses: one recording, many, the windows of long ones, a prepared file, a pushed stream.
 *
 * A predictor reads, prepares and predicts. Whatever the input is, the result is an lw_prediction, and a recording has
 * the same probabilities to the last bit alone, among others, as its only window, from a prepared file, and for any
 * number of threads.
 */
#ifndef LEADWISE_PREDICT_H
#define LEADWISE_PREDICT_H

#include "leadwise/dataset.h"
#include "leadwise/model.h"

#ifdef __cplusplus
extern "C" {
#endif

/** lw_predict_paths for recordings that have been read. */
LW_CHECK_RESULT lw_status lw_predict_records(lw_predictor *predictor, const lw_record *const *records, size_t count,
                                             lw_prediction_fn *each, void *context, lw_error *err);

/**
 * Predict all records of a prepared file, one window each.
 *
 *     status = lw_predict_dataset(predictor, dataset, on_prediction, &table, &err);
 *
 * @return as lw_predict_paths, and LW_ERR_MISMATCH (prepared with other leads, preprocessing or classes than the
 *         model's) or LW_ERR_ARGUMENT (the predictor has windows)
 * Pitfall: a prepared record may hold NaN when its file is damaged; it is rejected with LW_ERR_NOT_FINITE.
 */
LW_CHECK_RESULT lw_status lw_predict_dataset(lw_predictor *predictor, const lw_dataset *dataset, lw_prediction_fn *each,
                                             void *context, lw_error *err);

/** A recording that arrives while it is made: memory does not grow with it, and nothing is allocated after creation. */
typedef struct lw_stream lw_stream;

/**
 * Begin a recording of which frames will be pushed. Windows lie every window_step_s of the predictor (0: one after the
 * other), and each is filtered with a minute before and after it, so that its bytes depend on the samples alone: not
 * on how they are cut into pushes, nor on whether they come from a file.
 *
 *     status = lw_stream_create(predictor, &signal, on_window, &alarm, &stream, &err);
 *
 * @param signal   borrowed for the call only
 * @param each     called from lw_stream_push and lw_stream_end, for each window, also those without a signal
 * @return LW_OK, LW_ERR_ARGUMENT (size, number of leads, rate), LW_ERR_LEAD (a lead that the network needs is not among
 *         them) or LW_ERR_NO_MEMORY. Several streams may share a predictor, in one thread
 * Pitfall: a window's prediction comes a minute after its last sample, since the filter runs backward too.
 */
LW_CHECK_RESULT lw_status lw_stream_create(lw_predictor *predictor, const lw_signal *signal, lw_prediction_fn *each,
                                           void *context, lw_stream **out, lw_error *err);
/**
 * Append `count` frames: frames[count][leads] in millivolts, NaN where a sample is missing.
 *
 *     while (read_frames(device, frames, 50))
 *         status = lw_stream_push(stream, frames, 50, &err);
 *
 * @return LW_OK, what `each` returned, which ends the stream, or LW_ERR_ARGUMENT (the stream has ended)
 * Pitfall: a gap is pushed as NaN; frames left out would move all later windows.
 */
LW_CHECK_RESULT lw_status lw_stream_push(lw_stream *stream, const double *frames, size_t count, lw_error *err);
/**
 * The recording is over: predict the windows that have waited for later samples, the last one moved back to the end.
 * A recording without enough samples for the filter gives one prediction, which is rejected.
 *
 *     status = lw_stream_end(stream, &err);
 *
 * @return as lw_stream_push. Pitfall: without it the last minute is never predicted.
 */
LW_CHECK_RESULT lw_status lw_stream_end(lw_stream *stream, lw_error *err);
/** Frees *stream and sets it to NULL; NULL is fine. Predicts nothing. */
void lw_stream_free(lw_stream **stream);

#ifdef __cplusplus
}
#endif
#endif
