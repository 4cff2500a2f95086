/**
 * @file model_internal.h
 * What a model holds, and making one from its parts.
 */
#ifndef LW_MODEL_MODEL_INTERNAL_H
#define LW_MODEL_MODEL_INTERNAL_H

#include "base/safetensors.h"
#include "leadwise/model.h"
#include "network/engine.h"

/** The metadata of model files that both their readers and their writers name. */
#define LW_MODEL_FORMAT "leadwise.model/1"
#define LW_KEY_ENSEMBLE "leadwise.ensemble"

/** Most members of an ensemble, and tensors of a file. */
enum { LW_MEMBERS_MAX = 64, LW_MODEL_TENSORS_MAX = 16384 };

struct lw_model {
    lw_network *network;
    lw_parameter_table *table;
    lw_class_list *classes;
    lw_preprocessing preprocessing;
    double *thresholds; /**< [outputs] */
    char *fallback;     /**< NULL: none */
    double temperature;
    lw_pooling *pooling;  /**< [outputs], NULL: not chosen */
    double window_step_s; /**< 0: not chosen */
    size_t members;
    lw_combine combine;
    bool rounded;  /**< trainable parameters are halves, and stored as such */
    float *values; /**< [members][table->total], of lw_aligned_alloc */
};

/**
 * A model of copies of all that is given.
 *
 * @param thresholds  [outputs]; NULL: 0.5 each
 * @param fallback    NULL or "": none
 * @param values      [total] in the order of lw_parameter_table_create
 * @return LW_OK, LW_ERR_MISMATCH (number of classes or samples), LW_ERR_ARGUMENT (a threshold), LW_ERR_NOT_FINITE (a
 * value) or LW_ERR_NO_MEMORY
 */
lw_status lw_model_create(const lw_network *network, const lw_preprocessing *preprocessing,
                          const lw_class_list *classes, const double *thresholds, const char *fallback,
                          const float *values, lw_model **out, lw_error *err);

/* ---- session.c */

/** A session of a network whose parameters come with lw_session_load; it gives logits instead of probabilities. */
lw_status lw_session_create_bare(const lw_network *network, const lw_engine_options *plan, lw_session **out,
                                 lw_error *err);
/** values [total] of the member selected, borrowed as lw_engine_load does. */
void lw_session_load(lw_session *session, const float *values);

/** As lw_session_predict, but a probability that is not finite is NaN and no failure: other records are as they should. */
lw_status lw_session_run(lw_session *session, size_t n, const float *signals, const lw_person *people,
                         float *probabilities, lw_error *err);

/* ---- model_file.c, model_write.c */

/** The words of lw_pooling and lw_combine in a file. */
extern const char *const lw_pooling_words[2], *const lw_combine_words[2];

/** The name of a member's tensor in a file: "member1.head.bias", or the plain one where there is but one member. */
typedef struct lw_tensor_name {
    char text[96];
} lw_tensor_name;
lw_tensor_name lw_member_tensor_name(size_t members, size_t member, const lw_parameter *item);

/** A file of models/, in the table that the build writes, in the order of their names. */
typedef struct lw_builtin_model {
    const char *name;                 /**< file name without ".safetensors"; NULL ends the table */
    const unsigned char *bytes, *end; /**< of the file */
} lw_builtin_model;
extern const lw_builtin_model lw_builtin_models[];

#endif
