/**
 * @file engine.h
 * A network in memory: the table of its parameters, and an engine that runs it forward and backward.
 *
 * A network is branches of blocks and a dense head (leadwise/model.h). Parameters live in one flat array of floats
 * that the caller owns: trainable ones first, [0, trainable), then running statistics, [trainable, total). Gradients
 * and Adam's moments are flat arrays of `trainable` floats in the same order.
 */
#ifndef LW_NETWORK_ENGINE_H
#define LW_NETWORK_ENGINE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "leadwise/cluster.h"
#include "leadwise/model.h"

/** One stored tensor. */
typedef struct lw_parameter {
    char name[64]; /**< "branch0.block1.norm.running_mean", as in model files */
    size_t rank;
    size_t shape[4];
    size_t elements;
    size_t offset; /**< in floats, in the flat array */
    bool trainable;
    size_t fan_in, fan_out; /**< for Glorot initialisation; 0 for anything but a weight */
} lw_parameter;

typedef struct lw_parameter_table {
    size_t count; /**< in the order of model files: as PyTorch's state_dict lists them */
    lw_parameter *item;
    size_t trainable; /**< floats */
    size_t total;     /**< floats */
} lw_parameter_table;

lw_status lw_parameter_table_create(const lw_network *network, lw_parameter_table **out, lw_error *err);
void lw_parameter_table_free(lw_parameter_table **table);

/** Glorot-uniform weights, zero biases, gains and running variances 1, offsets and running means 0; a pure function of
 * seed and names. */
void lw_parameters_initialise(const lw_parameter_table *table, uint64_t seed, float *values);

typedef struct lw_engine lw_engine;

typedef struct lw_engine_options {
    size_t max_batch;
    int threads;   /**< at least 1 */
    bool training; /**< plan forward and backward; else inference only */
    /** Inference only: few calls are to come. Blocks share one place for their weights, which every call packs anew:
     * far less memory to fill before the first answer, but slower calls. */
    bool brief;
    size_t members; /**< sets of parameters that inference can choose from (lw_engine_select); 0: one */
    /** lw_engine_bytes at most, at the cost of time and of other roundings, the same for up to 32 threads; 0: no limit.
     */
    size_t memory_bytes;
    lw_tuning tuning;          /**< what is forced upon the kernels; zeros: nothing */
    size_t memory_whole_bytes; /**< the limit of which memory_bytes are a part, as sentences tell it; 0: that itself */
} lw_engine_options;

/** All memory is planned and allocated here; nothing is allocated later. @return LW_OK, LW_ERR_ARGUMENT (also a limit
 * that cannot be met: the sentence states the least that could be) or LW_ERR_NO_MEMORY */
lw_status lw_engine_create(const lw_network *network, const lw_engine_options *options, lw_engine **out, lw_error *err);
void lw_engine_free(lw_engine **engine);
/** Bytes of the engine's maps and of its members' weights. */
size_t lw_engine_bytes(const lw_engine *engine);

/** Make `member` (below options.members; 0 at first) the one that lw_engine_load and lw_engine_infer are about. Members
 * share everything but their parameters. Costs next to nothing. */
void lw_engine_select(lw_engine *engine, size_t member);

/**
 * What the head receives for record i (below max_batch) of the next batches besides its signals: [lw_network_input_count()],
 * to be written; zeros, for unknown, until then.
 */
float *lw_engine_inputs(lw_engine *engine, size_t i);

/** Take the member's parameters for the inference calls that follow: batch norm folded, weights packed. `values`
 * [total] is borrowed by an engine that is brief or has a memory limit for as long as it predicts, copied from by
 * others. */
void lw_engine_load(lw_engine *engine, const float *values);
/** signals [n][leads][samples] -> logits [n][outputs] with running statistics and no dropout; after lw_engine_load. */
void lw_engine_infer(lw_engine *engine, size_t n, const float *signals, float *logits);

/**
 * From now on a training batch is this rank's part, of at least one record, of a batch of `records` that all ranks of
 * `cluster` (borrowed) run forward and backward together: batch norm's statistics and their gradients are those of the
 * whole batch, while the gradients of parameters are this part's, to be summed. NULL: a batch is whole, as at first.
 */
void lw_engine_share(lw_engine *engine, const lw_cluster *cluster, size_t records);

/** What dropout draws are keyed by, besides the layer. NULL record_ids: no dropout at all. */
typedef struct lw_dropout_key {
    uint64_t seed;
    uint64_t epoch;
    const uint64_t *record_ids; /**< [n], a record's number in the data set */
} lw_dropout_key;

/**
 * Training-mode forward: batch statistics, dropout, running statistics in `values` updated. Keeps what backward needs.
 * signals [n][leads][samples] is borrowed until lw_engine_backward returns. n may be smaller than max_batch.
 */
void lw_engine_forward(lw_engine *engine, size_t n, const float *signals, const lw_dropout_key *dropout, float *values,
                       float *logits);
/** dlogits [n][outputs] -> gradients [trainable], overwritten. After lw_engine_forward with the same `values`. */
void lw_engine_backward(lw_engine *engine, size_t n, const float *dlogits, const float *values, float *gradients);

#endif
