/**
 * @file predictor.h
 * The inside of a predictor: slots that are filled from any kind of input, run through the network and delivered.
 */
#ifndef LW_PREDICT_PREDICTOR_H
#define LW_PREDICT_PREDICTOR_H

#include "base/text.h"
#include "leadwise/predict.h"
#include "leadwise/signal.h"
#include "model/model_internal.h"

/** Sentences of a prediction at most: those of the reader, of the preparer, and on quality. */
enum { LW_PREDICTION_WARNINGS_MAX = 88 };

/** One input of a batch: a recording, a window of one or a prepared record, or why there is none. */
typedef struct lw_slot {
    lw_text name;
    const char *path; /**< borrowed */
    size_t index;
    lw_error err; /**< status LW_OK: the input is in place */
    lw_person person;
    uint8_t lead_flags[LW_LEADS_MAX]; /**< [leads of the network] */
    lw_text warnings;                 /**< NUL-terminated sentences, one after the other */
    size_t warning_count;
    bool is_window;
    double start_s;
    const char *format; /**< static, or NULL */
    double rate_hz, seconds;
    lw_text unknown_leads; /**< NUL-terminated names, one after the other */
    size_t unknown_lead_count;
    lw_text files; /**< for each file its SHA-256 and its name, both NUL-terminated */
    size_t file_count;
    double milliseconds;
    lw_quality quality;
} lw_slot;

/** The windows of one recording, to be pooled. */
typedef struct lw_windows {
    size_t capacity;        /**< windows that there is room for */
    float *signals;         /**< [capacity][inputs] */
    lw_prepared_info *info; /**< [capacity] */
    size_t *start;          /**< [capacity], in samples of the prepared rate */
    float *probabilities;   /**< [capacity][outputs] */
    size_t rejected_count;  /**< of the recording predicted last: windows that were left out */
    lw_error rejection;     /**< of the first of them */
    lw_quality quality;     /**< of the window measured last */
} lw_windows;

struct lw_predictor {
    const lw_model *model;     /**< NULL: a network in training, whose outputs are logits */
    const lw_network *network; /**< borrowed */
    lw_predictor_options how;  /**< but for `leads`, `pooling` and `record`, which are these: */
    lw_lead_set seen;          /**< leads of the network that it is shown, in its order */
    size_t row[LW_LEADS_MAX];  /**< [leads], which of `seen` each is, or LW_NO_ROW */
    lw_pooling *pooling;       /**< [outputs] */
    lw_record_options record;
    size_t leads, samples, inputs, outputs, batch;
    int threads;
    bool gated; /**< whether inputs without a usable signal are rejected */
    lw_session *session;
    lw_preparer **preparers;   /**< [threads], NULL in training */
    lw_quality_meter **meters; /**< [threads], NULL in training; findings borrow their leads' names */
    lw_slot *slots;            /**< [batch] */
    float *signals;            /**< [batch][inputs] */
    lw_person *people;         /**< [batch] */
    float *probabilities;      /**< [batch][outputs] */
    uint8_t *decisions;        /**< [outputs] */
    lw_windows windows;
    const char *warning[LW_PREDICTION_WARNINGS_MAX]; /**< of the prediction delivered last, as the next three */
    const char *unknown_lead[LW_LEADS_MAX];
    lw_file_digest *files;
    size_t file_capacity;
    lw_prediction last;
};

/**
 * A predictor of `network` with the parameters of lw_predictor_load, for prepared records only: its predictions have
 * logits for probabilities, and no decisions.
 * @param plan  max_batch, threads and memory
 */
lw_status lw_predictor_create_bare(const lw_network *network, const lw_engine_options *plan, lw_predictor **out,
                                   lw_error *err);
/** values [total], borrowed as lw_engine_load does. */
void lw_predictor_load(lw_predictor *predictor, const float *values);

/** The number of the calling thread, below predictor->threads. */
size_t lw_predictor_thread(void);

/** From a window's start to the next one's: window_step_s, or what makes windows follow each other. */
double lw_predictor_step_s(const lw_predictor *predictor);

/** Make slot i ready for an input of this name. @return false when out of memory */
bool lw_slot_begin(lw_predictor *predictor, size_t i, const char *name, const char *path, size_t index);
/** Note a sentence. */
void lw_slot_warn(lw_slot *slot, const char *sentence);
/** Describe the recording that the slot's input is of: person, format, rate, seconds, unknown leads, files. */
void lw_slot_describe(lw_slot *slot, const lw_record *record);
/** Milliseconds of a clock that only goes forward. */
double lw_clock_ms(void);
/** Note what the preparer reports of a recording's samples. */
void lw_slot_remark(const lw_predictor *predictor, lw_slot *slot, const lw_prepared_info *info);
/** signals [inputs] are as a preparer gives them for `seen`: bring rows, and flags, to the network's order. */
void lw_slot_spread(const lw_predictor *predictor, lw_slot *slot, const lw_prepared_info *info, float *signals);
/** The rules of rejection for an input of any kind, whose signals [inputs] and slot->lead_flags are in place. */
void lw_slot_check(const lw_predictor *predictor, lw_slot *slot, const float *signals);
/**
 * Measure samples first to first + samples - 1 of `record`, which stand `offset_s` later in the whole recording, and
 * reject the slot where they are not worth a prediction.
 */
void lw_slot_judge(const lw_predictor *predictor, lw_slot *slot, const lw_record *record, size_t first, size_t samples,
                   double offset_s);
/**
 * The first sample that is part of a signal: behind constant or missing samples that all leads begin with, for a second
 * or longer. 0 where they do not, and where less than a second follows.
 */
size_t lw_predictor_signal_begin(const lw_predictor *predictor, const lw_record *record);
/** What can be known of prepared signals: rows that are missing or flat, by slot->lead_flags. */
void lw_slot_judge_prepared(const lw_predictor *predictor, lw_slot *slot);
/** Note a sentence on each mark of slot->quality. */
void lw_slot_warn_quality(lw_slot *slot);
/** Samples of a recording at `rate_hz` that a window has. */
size_t lw_predictor_window_samples(const lw_predictor *predictor, double rate_hz);
/** The meter of the calling thread measures a window: its quality, and whether that is worth a prediction. */
lw_status lw_predictor_measure(const lw_predictor *predictor, const char *name, const lw_record *record, size_t first,
                               size_t samples, double offset_s, lw_quality *out, lw_error *err);
/** Reject an input whose `count` probabilities are not all finite: a decision on them would mean nothing. */
void lw_slot_check_output(const lw_predictor *predictor, lw_slot *slot, const float *probabilities, size_t count);

/** Give one slot's prediction, with `probabilities` unless it was rejected, to `each`. */
lw_status lw_predictor_deliver(lw_predictor *predictor, const lw_slot *slot, const float *probabilities,
                               lw_prediction_fn *each, void *context, lw_error *err);
/** Run the network over the inputs of slots 0 to count - 1 and deliver the slots in order. */
lw_status lw_predictor_flush(lw_predictor *predictor, size_t count, lw_prediction_fn *each, void *context,
                             lw_error *err);

/** A record of `samples` zeros that `signal` describes; lw_record_free it. LW_ERR_ARGUMENT or LW_ERR_NO_MEMORY. */
lw_status lw_signal_record(const lw_signal *signal, size_t samples, lw_record **out, lw_error *err);

/**
 * Prepare and predict the windows of `record`, one every window_step_s: predictor->windows.probabilities[*used] of
 * those that hold a signal, and in slot 0 the lead flags of all. LW_OK with *used 0: none does.
 * @return as lw_prepare_windows
 */
lw_status lw_predictor_windows(lw_predictor *predictor, const lw_record *record, size_t *used, lw_error *err);

/** Records index[count] of `dataset` (NULL: all of them in order), which the model or network fits. */
lw_status lw_predictor_run_prepared(lw_predictor *predictor, const lw_dataset *dataset, const size_t *index,
                                    size_t count, lw_prediction_fn *each, void *context, lw_error *err);
/** What predictions run on; zeros: all cores, no limit, nothing forced. */
typedef struct lw_predict_how {
    int threads;
    size_t memory_bytes; /**< of the network at most, 0: no limit */
    lw_tuning tuning;
} lw_predict_how;

/**
 * probabilities[count][outputs] of records index[count] of a data set by `model`.
 * @return as lw_predict_dataset, or the status and sentence of the first record that is rejected
 */
lw_status lw_predict_index(const lw_model *model, const lw_dataset *dataset, const size_t *index, size_t count,
                           lw_predict_how how, float *probabilities, lw_error *err);

/** Predict each window of the recording at `path` (NULL: of `record`), a stretch at a time. */
lw_status lw_stream_recording(lw_predictor *predictor, const char *path, const lw_record *record, size_t index,
                              lw_prediction_fn *each, void *context, lw_error *err);

#endif
