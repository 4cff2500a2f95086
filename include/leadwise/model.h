/**
 * @file model.h
 * The description of a network; a trained network with all that prediction needs; sessions that run it.
 */
#ifndef LEADWISE_MODEL_H
#define LEADWISE_MODEL_H

#include "leadwise/signal.h"

#ifdef __cplusplus
extern "C" {
#endif

/* ---- Networks */

/** A checked, immutable network description. Threads may share it. */
typedef struct lw_network lw_network;

/** What may be changed on the way from a description to a network. Zeros but for `size`: nothing. */
typedef struct lw_network_options {
    size_t size; /**< sizeof(lw_network_options) */
    const lw_lead_set
        *leads;          /**< NULL: as described. Other leads give the kernels that the JSON's "lead_taps" states */
    size_t width;        /**< filters scale by width / 64; 0 or 64: as described */
    size_t output_count; /**< 0: as described */
    double dropout;      /**< rate of every block that has dropout, below 1 */
    bool set_dropout;    /**< whether `dropout` applies */
    bool missing_leads;  /**< leads that cannot be had are zeros; false: as described */
    const char *inputs; /**< what the head receives besides: "age,sex", "age", "sex", "": nothing; NULL: as described */
} lw_network_options;

/**
 * `name` is a built-in description (metaheart2020, multiscale2021 and the papers' variants: lw_network_builtin) or the
 * path of a JSON file.
 * @return LW_OK, LW_ERR_IO, LW_ERR_ARGUMENT (what is wrong, and where in the JSON), LW_ERR_NO_MEMORY
 * Source: MetaHeart (CinC 2020) and its 2021 successor.
 */
LW_CHECK_RESULT lw_status lw_network_load(const char *name, const lw_network_options *options, lw_network **out,
                                          lw_error *err);
LW_CHECK_RESULT lw_status lw_network_parse(const char *json, const lw_network_options *options, lw_network **out,
                                           lw_error *err);
void lw_network_free(lw_network **network);
/** Name of the i-th built-in description, NULL past the last. */
const char *lw_network_builtin(size_t i);

const char *lw_network_name(const lw_network *network);
/** The canonical JSON. lw_string_free it. */
char *lw_network_json(const lw_network *network);
const lw_lead_set *lw_network_leads(const lw_network *network);
/** Whether the network answers from any of its leads: those that cannot be had are zeros ("missing_leads": true). */
bool lw_network_missing_leads(const lw_network *network);
/** How many numbers about the person the head receives ("inputs" in the JSON): 0 to 2. */
size_t lw_network_input_count(const lw_network *network);
/**
 * inputs[lw_network_input_count()] in the order of the JSON. Age: (years - 60) / 20, years above 100 counting as 100.
 * Sex: -1 female, 1 male. What is not known is 0; `person` NULL: nothing is.
 */
void lw_network_encode(const lw_network *network, const lw_person *person, float *inputs);
size_t lw_network_sample_count(const lw_network *network);
size_t lw_network_output_count(const lw_network *network);
/** Trainable parameters: running statistics are not counted. */
size_t lw_network_parameter_count(const lw_network *network);
/** Multiply-accumulates of one record's forward pass. */
double lw_network_macs(const lw_network *network);

/* ---- Models */

/** How the members' probabilities become the model's. */
typedef enum lw_combine { LW_COMBINE_MEAN, LW_COMBINE_MEDIAN } lw_combine;

/** lw_model_load for bytes in memory, borrowed for the call; `shown` names them in sentences. */
LW_CHECK_RESULT lw_status lw_model_parse(const void *data, size_t length, const char *shown, lw_model **out,
                                         lw_error *err);
/** Name of the i-th model that is built in, NULL past the last; there may be none. */
const char *lw_model_builtin(size_t i);

/**
 * A model as training starts it: `network` with the random weights of `seed`, thresholds 0.5, no fallback. `classes`
 * NULL: as many as the network has outputs, coded "0", "1", ... For benchmarks and tests.
 * @return LW_OK, LW_ERR_MISMATCH (number of classes, samples) or LW_ERR_NO_MEMORY
 */
LW_CHECK_RESULT lw_status lw_model_untrained(const lw_network *network, const lw_preprocessing *preprocessing,
                                             const lw_class_list *classes, uint64_t seed, lw_model **out,
                                             lw_error *err);
/**
 * One model of the members of `models`, in order. Preprocessing, classes, network, fallback and temperature must
 * be the same everywhere; thresholds are averaged, and pooling is forgotten: both to be chosen anew (lw_calibrate).
 * @return LW_OK, LW_ERR_ARGUMENT (no models, or more than 64 members), LW_ERR_MISMATCH or LW_ERR_NO_MEMORY
 */
LW_CHECK_RESULT lw_status lw_model_combine(const lw_model *const *models, size_t count, lw_combine combine,
                                           lw_model **out, lw_error *err);
/**
 * Round the weights to float16, as which lw_model_save then stores them, in half the bytes; running statistics stay
 * float32. Before sharing the model.
 * @return LW_OK, LW_ERR_ARGUMENT (a weight beyond 65504; named; the model is as before) or LW_ERR_NO_MEMORY
 */
LW_CHECK_RESULT lw_status lw_model_round(lw_model *model, lw_error *err);
/** Write it; the same model gives the same bytes. Atomic. */
LW_CHECK_RESULT lw_status lw_model_save(const lw_model *model, const char *path, lw_error *err);

const lw_network *lw_model_network(const lw_model *model);
const lw_preprocessing *lw_model_preprocessing(const lw_model *model);
/** [outputs], probability >= threshold is positive. */
const double *lw_model_thresholds(const lw_model *model);
/** SNOMED code that is positive when no class is, or NULL. */
const char *lw_model_fallback(const lw_model *model);
/** Replace the decision rule; `thresholds` [outputs] in [0, 1], NULL: keep. `fallback` "": none, NULL: keep. Before
 * sharing the model. */
LW_CHECK_RESULT lw_status lw_model_set_decision(lw_model *model, const double *thresholds, const char *fallback,
                                                lw_error *err);
/** What the logits are divided by before they become probabilities, of an ensemble the log-odds that its members
 * have agreed on; 1 unless calibrated. */
double lw_model_temperature(const lw_model *model);
/** Set it, above 0. Before sharing the model. LW_OK, LW_ERR_ARGUMENT or LW_ERR_NO_MEMORY. */
LW_CHECK_RESULT lw_status lw_model_set_temperature(lw_model *model, double temperature, lw_error *err);

/** [outputs], as chosen by lw_calibrate_windows; NULL: not chosen. */
const lw_pooling *lw_model_pooling(const lw_model *model);
/** Distance of the windows that the choice was made for; 0: not chosen. */
double lw_model_window_step_s(const lw_model *model);
/** Set both; `pooling` [outputs] is copied, NULL with step_s 0: forget the choice. Before sharing the model. */
LW_CHECK_RESULT lw_status lw_model_set_pooling(lw_model *model, double step_s, const lw_pooling *pooling,
                                               lw_error *err);
/** probabilities [windows][outputs] -> pooled[outputs], each class by its `pooling`; windows >= 1. */
void lw_pool_windows(const float *probabilities, size_t windows, size_t outputs, const lw_pooling *pooling,
                     float *pooled);

/** decisions[outputs] by the model's rule. */
void lw_model_decide(const lw_model *model, const float *probabilities, uint8_t *decisions);
/** 1, but for an ensemble. */
size_t lw_model_member_count(const lw_model *model);
lw_combine lw_model_combination(const lw_model *model);
/** Whether weights are stored as float16. */
bool lw_model_is_rounded(const lw_model *model);
/** Stored tensors: parameters and running statistics of all members. */
size_t lw_model_tensor_count(const lw_model *model);
/** SHA-256 of the bytes that lw_model_save writes, as 64 hexadecimal digits. @return LW_OK or LW_ERR_NO_MEMORY */
LW_CHECK_RESULT lw_status lw_model_sha256(const lw_model *model, char hex[65], lw_error *err);

/**
 * A model ready to run on batches of prepared signals: owns its memory and allocates nothing while predicting. For who
 * prepares signals otherwise; predict.h begins with recordings.
 */
typedef struct lw_session lw_session;

/** How a session is planned; zeros are good defaults but for the first two. */
typedef struct lw_session_options {
    size_t size;      /**< sizeof(lw_session_options) */
    size_t max_batch; /**< records a call at most */
    int threads;      /**< cores used inside a call; 0: all */
    bool brief;       /**< hardly more than one call is to come: ready sooner and smaller, but slower in every call */
    size_t memory_bytes; /**< of the session at most, slower and rounded otherwise; 0: no limit */
    lw_tuning tuning;    /**< what is forced upon the kernels; zeros: nothing */
} lw_session_options;

/**
 * @param options  NULL: batches of one record
 * @return LW_OK, LW_ERR_ARGUMENT or LW_ERR_NO_MEMORY. The model must outlive the session.
 */
LW_CHECK_RESULT lw_status lw_session_create(const lw_model *model, const lw_session_options *options, lw_session **out,
                                            lw_error *err);
void lw_session_free(lw_session **session); /**< NULL is fine */
/**
 * signals [n][leads][samples] -> probabilities [n][outputs].
 * @param people  [n], who the signals are of, for networks with inputs; NULL: unknown
 * @return LW_OK, LW_ERR_ARGUMENT (n above max_batch) or LW_ERR_NOT_FINITE (a sample, or a probability that the model gives).
 * Threads: one session a thread.
 */
LW_CHECK_RESULT lw_status lw_session_predict(lw_session *session, size_t n, const float *signals,
                                             const lw_person *people, float *probabilities, lw_error *err);

#ifdef __cplusplus
}
#endif
#endif
