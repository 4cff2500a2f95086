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

/** What a model says of a recording, or of one window of it, or why it says nothing. All pointers are borrowed. */
typedef struct lw_prediction {
    const char *record;          /**< name: of a file without folder and suffix */
    const char *path;            /**< the file it was read from; NULL for what came from memory or a prepared file */
    size_t index;                /**< place in the call's list, or in the prepared file */
    lw_status status;            /**< LW_OK, or why it was rejected */
    const char *sentence;        /**< why it was rejected; NULL when it was not */
    const char *const *warnings; /**< [warning_count] sentences: what was not as it should be, and used all the same */
    size_t warning_count;
    const float *probabilities; /**< [classes of the model], NULL when rejected */
    const uint8_t *decisions;   /**< [classes of the model], NULL when rejected */
    const uint8_t *lead_flags;  /**< [leads of the network], OR of lw_lead_flag: 0 as recorded, LW_LEAD_DERIVED,
                                     LW_LEAD_MISSING absent and read as zeros; NULL when rejected */
    bool is_window;             /**< whether it is of one window; else of the whole recording */
    double start_s;             /**< where that window begins */
} lw_prediction;

/**
 * Called for each prediction, in the order of the input. Anything but LW_OK stops the call and is its result, with the
 * sentence in `err`. The prediction is valid until the callback returns.
 */
typedef lw_status lw_prediction_fn(void *context, const lw_prediction *prediction, lw_error *err);

/** How to predict. Zeros but for `size` are good defaults. */
typedef struct lw_predictor_options {
    size_t size;              /**< sizeof(lw_predictor_options) */
    const lw_lead_set *leads; /**< leads that the network is shown, the others being zeros: some of a network's that has
                                   missing_leads; NULL: all */
    size_t recordings;        /**< how many are to come: up to 32 make a predictor that is ready sooner and smaller, but
                                   slower in every call; 0: many */
    int threads;              /**< cores used inside a call; 0: all */
    size_t memory_bytes;      /**< of the network at most, slower and rounded otherwise; 0: no limit */
    double window_step_s;     /**< a window every so many seconds, the last one at the recording's end; 0: the first
                                   window alone */
    bool each_window;         /**< a prediction for each window; else the windows' probabilities are pooled */
    const lw_pooling *pooling;       /**< [classes], of pooled windows; NULL: the mean */
    const lw_record_options *record; /**< how files are read, its `unit` borrowed; NULL: the defaults */
} lw_predictor_options;

/** A model ready to predict: it owns its memory. One thread at a time; threads share the model, each with its own. */
typedef struct lw_predictor lw_predictor;

/**
 * Get `model`, which must outlive the predictor, ready.
 *
 *     lw_predictor_options options = {sizeof options, .recordings = 1};
 *     status = lw_predictor_create(model, &options, &predictor, &err);
 *
 * @param options  NULL: the defaults. With each_window and no window_step_s the windows follow each other
 * @return LW_OK, LW_ERR_ARGUMENT (size, leads that the network does not have or needs, a step below a sample, a memory
 *         limit that cannot be kept) or LW_ERR_NO_MEMORY
 * Pitfall: making one takes longer than predicting one recording; keep it.
 */
LW_CHECK_RESULT lw_status lw_predictor_create(const lw_model *model, const lw_predictor_options *options,
                                              lw_predictor **out, lw_error *err);
/** Frees *predictor and sets it to NULL; NULL is fine. Its streams are freed before. */
void lw_predictor_free(lw_predictor **predictor);

/**
 * Read, prepare and predict the recording at `path`.
 *
 *     const lw_prediction *p;
 *     if (lw_predict_path(predictor, "A0001.hea", &p, &err) == LW_OK)
 *         printf("%.3f\n", p->probabilities[0]);
 *
 * @param out  valid until the predictor's next call; untouched on failure
 * @return the prediction's status: LW_OK, what lw_record_read and lw_prepare_record return, or LW_ERR_ARGUMENT (the
 *         predictor has each_window, so that one result is not enough)
 * Pitfall: of a recording longer than the window the rest counts only with window_step_s.
 */
LW_CHECK_RESULT lw_status lw_predict_path(lw_predictor *predictor, const char *path, const lw_prediction **out,
                                          lw_error *err);
/**
 * The same for many recordings, which are read and prepared on all cores.
 *
 *     status = lw_predict_paths(predictor, paths, count, on_prediction, &table, &err);
 *
 * A recording that cannot be used is a prediction with its status and sentence, and the others go on. With each_window
 * a WFDB recording may be longer than memory: it is read a stretch at a time, by lw_stream_push.
 * @return LW_OK (also with rejected recordings), what `each` returned, or LW_ERR_NO_MEMORY
 */
LW_CHECK_RESULT lw_status lw_predict_paths(lw_predictor *predictor, const char *const *paths, size_t count,
                                           lw_prediction_fn *each, void *context, lw_error *err);
/** lw_predict_path for a recording that has been read. */
LW_CHECK_RESULT lw_status lw_predict_record(lw_predictor *predictor, const lw_record *record, const lw_prediction **out,
                                            lw_error *err);
/** lw_predict_paths for recordings that have been read. */
LW_CHECK_RESULT lw_status lw_predict_records(lw_predictor *predictor, const lw_record *const *records, size_t count,
                                             lw_prediction_fn *each, void *context, lw_error *err);

/** What samples in memory are: the leads in the order in which they come, and their rate. */
typedef struct lw_signal {
    size_t size;              /**< sizeof(lw_signal) */
    const char *record;       /**< name, for predictions and sentences; NULL: "signal" */
    const char *const *leads; /**< [lead_count] names: "I", "II", "V1" */
    size_t lead_count;        /**< 1 to 64 */
    double rate_hz;           /**< 50 to 20,000 */
    const lw_person *person;  /**< whose it is, for networks with inputs; NULL: unknown */
} lw_signal;

/**
 * lw_predict_path for samples in memory.
 *
 *     const char *leads[] = {"I", "II"};
 *     const lw_signal signal = {sizeof signal, .leads = leads, .lead_count = 2, .rate_hz = 500};
 *     const double *const mv[] = {lead_one, lead_two};
 *     status = lw_predict_signal(predictor, &signal, mv, 5000, &p, &err);
 *
 * @param mv  [lead_count][samples] in millivolts; NaN: missing
 * @return as lw_predict_path, and LW_ERR_ARGUMENT (size, number of leads, rate)
 * Pitfall: converters give integers; divide by the gain first, since 1000 counts are not 1000 mV.
 */
LW_CHECK_RESULT lw_status lw_predict_signal(lw_predictor *predictor, const lw_signal *signal, const double *const *mv,
                                            size_t samples, const lw_prediction **out, lw_error *err);

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
 * @return LW_OK, what `each` returned, or LW_ERR_ARGUMENT (the stream has ended)
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
