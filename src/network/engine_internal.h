/**
 * @file engine_internal.h
 * The parts of an engine: the plan of its memory (engine_plan.c), a block (block.c), the whole (engine.c).
 *
 * Every pointer below points into the engine's arena of maps, or, where it says so, of weights, unless it says
 * otherwise. An engine for training keeps z, y and what convolutions keep, per block; one for inference lets blocks
 * share three maps in turn. The arena of weights holds the members one after the other.
 */
#ifndef LW_NETWORK_ENGINE_INTERNAL_H
#define LW_NETWORK_ENGINE_INTERNAL_H

#include "base/memory.h"
#include "kernels/conv.h"
#include "kernels/isa/kernels_table.h"
#include "kernels/layers.h"
#include "network/engine.h"
#include "network/network_internal.h"

/** Where a block's parameters lie in the flat array, in floats; LW_ABSENT when the block has none of that name. */
#define LW_ABSENT SIZE_MAX
typedef struct lw_block_offsets {
    size_t conv_weight, conv_bias;
    size_t gain, offset, running_mean, running_variance;
    size_t squeeze_weight, squeeze_bias, excite_weight, excite_bias;
    size_t skip_weight, skip_bias;
} lw_block_offsets;

typedef struct lw_block_engine {
    lw_block spec;
    bool plain;        /**< conv and ReLU, nothing else: z is not needed */
    uint32_t layer;    /**< number over all branches; keys dropout */
    size_t c_in, c, r; /**< channels in and out, in the attention's middle */
    size_t h, t_in, t; /**< leads; samples in and out */
    lw_block_offsets at;
    lw_conv *conv, *skip; /**< owned; skip NULL unless a convolution */

    /* Weights of the member selected. */
    float *packed, *skip_packed; /**< weights in the form of the convolutions */
    float *folded_bias;          /**< [c] inference: conv bias, or what batch norm leaves of it */
    float *skip_bias;            /**< [c] inference */
    float *attention_values;     /**< inference: squeeze weight and bias, excite weight and bias, one after the other */

    float *kept, *skip_kept;            /**< what convolutions keep from forward to backward */
    float *z;                           /**< conv's output; backward turns it into its own gradient */
    float *y;                           /**< the block's output */
    float *mean, *rstd, *gain, *offset; /**< [c] of the norm; 0, 1, 1, 0 without one */
    float *active, *active_zhat;        /**< [n][c], see lw_norm_activity */
    float *pooled, *hidden, *attention; /**< [n][c], [n][r], [n][c]: attention's mean, middle and gate */
    float *gate;                        /**< [n][c] attention times spatial dropout */
    float *drop;                        /**< [n][c] spatial dropout alone: 0 or 1 / (1 - rate) */
    uint8_t *keep;                      /**< like z, standard dropout; NULL when the block has none */
    bool dropped;                       /**< whether the last forward drew any dropout */
} lw_block_engine;

typedef struct lw_branch_engine {
    int decimate;
    size_t t;     /**< samples of the input */
    float *input; /**< [n][h][t], NULL when not decimated: the signals themselves */
    size_t block_count;
    lw_block_engine *block; /**< owned */
    size_t feature_offset;  /**< of the branch's features among the head's */
} lw_branch_engine;

/** Maps that backward passes from block to block, in turn. */
enum { LW_GRADIENT_MAPS = 3 };

struct lw_engine {
    lw_engine_options options;
    const lw_kernels *kernels; /**< of the instruction set that the options give */
    int thrift;                /**< of the convolutions (conv.h); above 0 also: share_weights */
    bool share_weights;        /**< packed for each use in a place that blocks share */
    size_t leads, samples, outputs;
    size_t features, inputs; /**< of the head; those at their end that are the person's */
    bool flatten, standard_dropout;
    double epsilon, momentum;
    size_t head_weight, head_bias; /**< offsets of parameters */
    size_t branch_count;
    lw_branch_engine branch[LW_BRANCHES_MAX];

    const float *signals;      /**< borrowed from forward to backward */
    const lw_cluster *cluster; /**< borrowed; whose ranks share the batch, NULL: it is whole */
    size_t shared_records;     /**< of the whole batch, when it is shared */
    const float **values;      /**< of the member selected, borrowed from lw_engine_load on (share_weights only) */

    lw_arena weights;            /**< the members' */
    size_t member_bytes;         /**< of one of them */
    lw_arena arena;              /**< of maps */
    float *conv_scratch;         /**< shared by all convolutions */
    float *map_scratch;          /**< sums of rows */
    float *folded;               /**< one layer's weights times its norm's gain */
    float *skip_map;             /**< output of a skip convolution */
    float *inference_map[2];     /**< blocks' outputs in turn (inference only) */
    float *packed, *skip_packed; /**< weights that blocks share (share_weights only) */
    float *gradient_map[LW_GRADIENT_MAPS];
    float *record_sums[4];     /**< [n][c] of the widest block: backward's sums over positions */
    float *record_hidden;      /**< [n][r] of the widest attention */
    float *channel_terms[2];   /**< [c] */
    uint8_t *channel_keep;     /**< [c] one record's dropout draws */
    double *moments;           /**< [2][c] of a batch: mean and variance; sums of backward */
    float *feature, *dfeature; /**< [n][features] */
    float *head_values; /**< [outputs * features + outputs] inference: weight, then bias; of the member selected */
};

/* ---- engine_plan.c */

/** Fill an engine whose options and thrift are set: shapes, convolutions, bytes of the arenas. On failure
 * lw_engine_free cleans up. */
lw_status lw_engine_plan(lw_engine *engine, const lw_network *network, const lw_parameter_table *table, lw_error *err);
/** Allocate the arenas and place everything in them; the first member is selected. */
lw_status lw_engine_allocate(lw_engine *engine, lw_error *err);

/* ---- block.c */

/** The block's map with n records. */
lw_map lw_block_map(const lw_engine *engine, const lw_block_engine *block, size_t n);
/** Take parameters for inference. */
void lw_block_load(lw_engine *engine, lw_block_engine *block, const float *values);
/** block->y from x, with what lw_block_load took. */
void lw_block_infer(lw_engine *engine, lw_block_engine *block, size_t n, const float *x);
/** Pack parameters for training. */
void lw_block_pack(lw_engine *engine, lw_block_engine *block, const float *values);
/** Training: block->y from x; running statistics in `values` move. */
void lw_block_forward(lw_engine *engine, lw_block_engine *block, size_t n, const float *x,
                      const lw_dropout_key *dropout, float *values);

/** A map's gradient on its way back: the sum of one or two maps. */
typedef struct lw_map_gradient {
    float *a;       /**< may be overwritten */
    const float *b; /**< NULL: nothing to add */
} lw_map_gradient;

/**
 * Backward through a block: dy, the gradient of block->y, becomes that of x, returned; parameters' gradients are
 * written. `wanted` false: x is the network's input and needs none.
 */
lw_map_gradient lw_block_backward(lw_engine *engine, lw_block_engine *block, size_t n, const float *x,
                                  lw_map_gradient dy, bool wanted, const float *values, float *gradients);

#endif
