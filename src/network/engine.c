/* This file makes an engine within a memory limit, and runs the whole network forward and backward, blocks and head. */
#include "network/engine.h"

#include <assert.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "base/parallel.h"
#include "network/engine_internal.h"

static void release_plan(lw_engine *engine) {
    for (size_t i = 0; i < engine->branch_count; i++) {
        lw_branch_engine *branch = &engine->branch[i];
        for (size_t k = 0; k < branch->block_count; k++) {
            lw_conv_free(&branch->block[k].conv);
            lw_conv_free(&branch->block[k].skip);
        }
        free(branch->block);
        branch->block = NULL;
        branch->block_count = 0;
    }
}

/** Threads that a plan within a limit makes room for, and that run within it at most: their number does not choose the
 * plan. */
enum { LIMIT_THREADS = 32 };

static lw_status fail_limit(const lw_engine *engine, size_t least, lw_error *err) {
    const size_t limit = engine->options.memory_bytes;
    const size_t whole = engine->options.memory_whole_bytes > 0 ? engine->options.memory_whole_bytes : limit;
    const double mib = 1 << 20;
    return lw_fail(err, LW_ERR_ARGUMENT,
                   "a memory limit of %.0f MiB: the network needs at least %.0f MiB for %s of %zu records",
                   floor((double)whole / mib), ceil((double)least * ((double)whole / (double)limit) / mib),
                   engine->options.training ? "training on batches" : "batches", engine->options.max_batch);
}

/** Bytes that the engine takes with its options and thrift; nothing stays planned. */
static lw_status count_bytes(lw_engine *engine, const lw_network *network, const lw_parameter_table *table,
                             size_t *bytes, lw_error *err) {
    lw_status status = lw_engine_plan(engine, network, table, err);
    if (status == LW_OK) {
        release_plan(engine);
        *bytes = lw_engine_bytes(engine);
    }
    return status;
}

/** The thrift from which on there are direct sums only. */
static int most_thrift(size_t batch) {
    int thrift = 2;
    while (batch >> (thrift - 2) > 0)
        thrift++;
    return thrift;
}

/**
 * Set the least thrift that keeps to the limit, for the threads and, of inference, the records that every session makes
 * room for: then a recording has the same plan in all of them. Where not even direct sums keep to it for so many, they may
 * for the session's own.
 */
static lw_status choose_thrift(lw_engine *engine, const lw_network *network, const lw_parameter_table *table,
                               lw_error *err) {
    const lw_engine_options own = engine->options;
    const size_t limit = own.memory_bytes;
    size_t bytes = SIZE_MAX, least = SIZE_MAX;
    lw_status status = LW_OK;
    engine->options.threads = LIMIT_THREADS;
    if (!own.training && own.max_batch < LW_CONV_INFERENCE_BATCH)
        engine->options.max_batch = LW_CONV_INFERENCE_BATCH;
    const int most = most_thrift(engine->options.max_batch);
    for (int thrift = 0; thrift <= most && bytes > limit && status == LW_OK; thrift++) {
        engine->thrift = thrift;
        status = count_bytes(engine, network, table, &bytes, err);
        least = bytes < least ? bytes : least;
    }
    engine->options = own;
    engine->options.threads = own.threads < LIMIT_THREADS ? own.threads : LIMIT_THREADS;
    if (bytes > limit && status == LW_OK) {
        status = count_bytes(engine, network, table, &bytes, err);
        least = bytes < least ? bytes : least;
    }
    return status == LW_OK && bytes > limit ? fail_limit(engine, least, err) : status;
}

static lw_status plan_within_limit(lw_engine *engine, const lw_network *network, const lw_parameter_table *table,
                                   lw_error *err) {
    lw_status status = engine->options.memory_bytes > 0 ? choose_thrift(engine, network, table, err) : LW_OK;
    return status == LW_OK ? lw_engine_plan(engine, network, table, err) : status;
}

lw_status lw_engine_create(const lw_network *network, const lw_engine_options *options, lw_engine **out,
                           lw_error *err) {
    if (options->max_batch < 1 || options->max_batch > INT32_MAX)
        return lw_fail(err, LW_ERR_ARGUMENT, "%zu records at once, expected 1 to %d", options->max_batch, INT32_MAX);
    if (options->threads < 1 || options->threads > LW_THREADS_MAX)
        return lw_fail(err, LW_ERR_ARGUMENT, "%d threads, expected 1 to %d", options->threads, LW_THREADS_MAX);
    lw_engine *engine = lw_calloc(1, sizeof *engine);
    lw_parameter_table *table = NULL;
    if (!engine)
        return lw_fail_no_memory(err, "a network");
    engine->options = *options;
    engine->options.members = options->members > 0 ? options->members : 1;
    lw_status status = lw_parameter_table_create(network, &table, err);
    if (status == LW_OK)
        status = plan_within_limit(engine, network, table, err);
    if (status == LW_OK)
        status = lw_engine_allocate(engine, err);
    lw_parameter_table_free(&table);
    if (status == LW_OK)
        *out = engine;
    else
        lw_engine_free(&engine);
    return status;
}

void lw_engine_free(lw_engine **engine) {
    if (!engine || !*engine)
        return;
    release_plan(*engine);
    lw_arena_free(&(*engine)->weights);
    lw_arena_free(&(*engine)->arena);
    free(*engine);
    *engine = NULL;
}

size_t lw_engine_bytes(const lw_engine *engine) { return engine->weights.bytes + engine->arena.bytes; }

void lw_engine_share(lw_engine *engine, const lw_cluster *cluster, size_t records) {
    engine->cluster = lw_cluster_shares(cluster) ? cluster : NULL;
    engine->shared_records = records;
}

float *lw_engine_inputs(lw_engine *engine, size_t i) {
    assert(i < engine->options.max_batch);
    return engine->feature + (i + 1) * engine->features - engine->inputs;
}

/** The branch's input, [n][h][t]: every decimate-th sample of the signals. */
static const float *branch_input(const lw_engine *engine, const lw_branch_engine *branch, size_t n,
                                 const float *signals) {
    if (branch->decimate == 1)
        return signals;
    const size_t rows = n * engine->leads, step = (size_t)branch->decimate;
    for (size_t row = 0; row < rows; row++)
        for (size_t t = 0; t < branch->t; t++)
            branch->input[row * branch->t + t] = signals[row * engine->samples + t * step];
    return branch->input;
}

/** The input of block k: the branch's, or the output of the block before. */
static const float *block_input(const lw_branch_engine *branch, size_t k, const float *signals) {
    if (k > 0)
        return branch->block[k - 1].y;
    return branch->decimate == 1 ? signals : branch->input;
}

/** The map of the branch's last block, from which the head takes the branch's features. */
static lw_map last_map(const lw_engine *engine, const lw_branch_engine *branch, size_t n) {
    return lw_block_map(engine, &branch->block[branch->block_count - 1], n);
}

/** The features of a branch, from its last block's y. */
static void collect_features(lw_engine *engine, const lw_branch_engine *branch, size_t n) {
    const lw_map map = last_map(engine, branch, n);
    const float *y = branch->block[branch->block_count - 1].y;
    float *feature = engine->feature + branch->feature_offset;
    if (engine->flatten)
        lw_flatten_forward(&map, y, engine->features, feature);
    else
        lw_pool_forward(&map, y, engine->features, feature, engine->map_scratch);
}

static lw_dense head_of(const lw_engine *engine, size_t n) {
    return (lw_dense){n, engine->features, engine->outputs, engine->options.threads, engine->kernels};
}

/* ---- Inference */

void lw_engine_load(lw_engine *engine, const float *values) {
    const size_t weights = engine->outputs * engine->features;
    *engine->values = values;
    for (size_t i = 0; i < engine->branch_count && !engine->share_weights; i++)
        for (size_t k = 0; k < engine->branch[i].block_count; k++)
            lw_block_load(engine, &engine->branch[i].block[k], values);
    memcpy(engine->head_values, values + engine->head_weight, weights * sizeof *values);
    memcpy(engine->head_values + weights, values + engine->head_bias, engine->outputs * sizeof *values);
}

void lw_engine_infer(lw_engine *engine, size_t n, const float *signals, float *logits) {
    assert(n <= engine->options.max_batch);
    if (n == 0)
        return;
    for (size_t i = 0; i < engine->branch_count; i++) {
        lw_branch_engine *branch = &engine->branch[i];
        const float *x = branch_input(engine, branch, n, signals);
        for (size_t k = 0; k < branch->block_count; k++) {
            if (engine->share_weights)
                lw_block_load(engine, &branch->block[k], *engine->values);
            lw_block_infer(engine, &branch->block[k], n, x);
            x = branch->block[k].y;
        }
        collect_features(engine, branch, n);
    }
    lw_dense_forward(head_of(engine, n), engine->feature, engine->head_values,
                     engine->head_values + engine->outputs * engine->features, logits);
}

/* ---- Training */

void lw_engine_forward(lw_engine *engine, size_t n, const float *signals, const lw_dropout_key *dropout, float *values,
                       float *logits) {
    assert(engine->options.training && n >= 1 && n <= engine->options.max_batch);
    engine->signals = signals;
    for (size_t i = 0; i < engine->branch_count; i++) {
        lw_branch_engine *branch = &engine->branch[i];
        const float *x = branch_input(engine, branch, n, signals);
        for (size_t k = 0; k < branch->block_count; k++) {
            lw_block_pack(engine, &branch->block[k], values);
            lw_block_forward(engine, &branch->block[k], n, x, dropout, values);
            x = branch->block[k].y;
        }
        collect_features(engine, branch, n);
    }
    lw_dense_forward(head_of(engine, n), engine->feature, values + engine->head_weight, values + engine->head_bias,
                     logits);
}

void lw_engine_backward(lw_engine *engine, size_t n, const float *dlogits, const float *values, float *gradients) {
    assert(engine->options.training && n >= 1 && n <= engine->options.max_batch);
    lw_dense_backward(head_of(engine, n), engine->feature, dlogits, values + engine->head_weight, engine->dfeature,
                      gradients + engine->head_weight, gradients + engine->head_bias);
    for (size_t i = 0; i < engine->branch_count; i++) {
        lw_branch_engine *branch = &engine->branch[i];
        const float *dfeature = engine->dfeature + branch->feature_offset;
        const lw_map map = last_map(engine, branch, n);
        lw_map_gradient dy = {.a = engine->gradient_map[0]};
        if (engine->flatten)
            lw_flatten_backward(&map, dfeature, engine->features, dy.a);
        else
            lw_pool_backward(&map, dfeature, engine->features, dy.a);
        for (size_t k = branch->block_count; k-- > 0;) {
            if (engine->share_weights)
                lw_block_pack(engine, &branch->block[k], values);
            dy = lw_block_backward(engine, &branch->block[k], n, block_input(branch, k, engine->signals), dy, k > 0,
                                   values, gradients);
        }
    }
}
