/* This file runs one block forward and backward: conv, norm, ReLU, attention, dropout, skip, ReLU. kernels/layers.h has
 * the formulas. */
#include <math.h>
#include <string.h>

#include "network/engine_internal.h"

lw_map lw_block_map(const lw_engine *engine, const lw_block_engine *block, size_t n) {
    return (lw_map){.n = n,
                    .h = block->h,
                    .t = block->t,
                    .c = block->c,
                    .threads = engine->options.threads,
                    .kernels = engine->kernels};
}

/* ---- A batch that ranks share */

/** Records of the whole batch of which this rank runs `n`. */
static size_t share_records(const lw_engine *engine, size_t n) { return engine->cluster ? engine->shared_records : n; }

/** Sums over this rank's records become sums over all. */
static void share_sums(const lw_engine *engine, double *sums, size_t count) {
    if (engine->cluster)
        engine->cluster->sum(engine->cluster->context, sums, count);
}

/**
 * The ranks' means and biased variances, [c] each and one after the other, over `n` records become the whole batch's, by
 * the means of x and of x * x: in double they leave the variance of floats more digits than the floats have.
 */
static void share_moments(const lw_engine *engine, size_t n, size_t c_count, double *moments) {
    if (!engine->cluster)
        return;
    const double share = (double)n / (double)engine->shared_records;
    double *mean = moments, *variance = moments + c_count;
    for (size_t c = 0; c < c_count; c++) {
        variance[c] = share * (variance[c] + mean[c] * mean[c]);
        mean[c] *= share;
    }
    share_sums(engine, moments, 2 * c_count);
    for (size_t c = 0; c < c_count; c++) {
        variance[c] -= mean[c] * mean[c];
        variance[c] = variance[c] > 0.0 ? variance[c] : 0.0;
    }
}

/* ---- Attention */

/** The four tensors of an attention, one after the other. */
static lw_attention attention_at(const lw_block_engine *block, const float *squeeze_weight, const float *squeeze_bias,
                                 const float *excite_weight, const float *excite_bias) {
    return (lw_attention){block->r, squeeze_weight, squeeze_bias, excite_weight, excite_bias};
}

static lw_attention attention_of(const lw_block_engine *block, const float *values) {
    const lw_block_offsets *at = &block->at;
    return attention_at(block, values + at->squeeze_weight, values + at->squeeze_bias, values + at->excite_weight,
                        values + at->excite_bias);
}

/* ---- Inference */

/** The same attention from lw_block_load's copy. */
static lw_attention attention_loaded(const lw_block_engine *block) {
    const size_t c = block->c, r = block->r;
    const float *from = block->attention_values;
    return attention_at(block, from, from + r * c, from + r * c + r, from + 2 * r * c + r);
}

static void load_attention(lw_block_engine *block, const float *values) {
    const lw_attention from = attention_of(block, values);
    const size_t c = block->c, r = block->r;
    float *to = block->attention_values;
    memcpy(to, from.squeeze_weight, r * c * sizeof *to);
    memcpy(to + r * c, from.squeeze_bias, r * sizeof *to);
    memcpy(to + r * c + r, from.excite_weight, r * c * sizeof *to);
    memcpy(to + 2 * r * c + r, from.excite_bias, c * sizeof *to);
}

/** Batch norm with running statistics is a factor of each filter and a bias: y = scale * (w x) + (offset - mean *
 * scale). */
static void fold_norm(const lw_engine *engine, lw_block_engine *block, const float *values) {
    const lw_block_offsets *at = &block->at;
    const size_t filter = block->c_in * (size_t)block->spec.kernel[0] * (size_t)block->spec.kernel[1];
    const float *weight = values + at->conv_weight;
#pragma omp parallel for num_threads(engine->options.threads) schedule(static)
    for (size_t c = 0; c < block->c; c++) {
        double scale = (double)values[at->gain + c] / sqrt((double)values[at->running_variance + c] + engine->epsilon);
        block->folded_bias[c] = (float)((double)values[at->offset + c] - (double)values[at->running_mean + c] * scale);
        for (size_t i = 0; i < filter; i++)
            engine->folded[c * filter + i] = (float)((double)weight[c * filter + i] * scale);
    }
}

void lw_block_load(lw_engine *engine, lw_block_engine *block, const float *values) {
    const lw_block_offsets *at = &block->at;
    const float *weight = values + at->conv_weight;
    if (block->spec.norm) {
        fold_norm(engine, block, values);
        weight = engine->folded;
    } else {
        memcpy(block->folded_bias, values + at->conv_bias, block->c * sizeof *block->folded_bias);
    }
    lw_conv_pack(block->conv, weight, block->packed, engine->conv_scratch);
    if (block->skip) {
        lw_conv_pack(block->skip, values + at->skip_weight, block->skip_packed, engine->conv_scratch);
        memcpy(block->skip_bias, values + at->skip_bias, block->c * sizeof *block->skip_bias);
    }
    if (block->spec.attention)
        load_attention(block, values);
}

void lw_block_infer(lw_engine *engine, lw_block_engine *block, size_t n, const float *x) {
    const lw_map map = lw_block_map(engine, block, n);
    const float *gate = NULL, *skip = block->spec.skip == LW_SKIP_IDENTITY ? x : NULL;
    lw_conv_forward(block->conv, (int)n, x, block->packed, block->folded_bias, true, block->y, block->kept,
                    engine->conv_scratch);
    if (block->spec.attention) {
        const lw_attention attention = attention_loaded(block);
        lw_pool_forward(&map, block->y, block->c, block->pooled, engine->map_scratch);
        lw_attention_forward(&map, &attention, block->pooled, block->hidden, block->attention);
        gate = block->attention;
    }
    if (block->skip) {
        lw_conv_forward(block->skip, (int)n, x, block->skip_packed, block->skip_bias, false, engine->skip_map,
                        block->skip_kept, engine->conv_scratch);
        skip = engine->skip_map;
    }
    if (gate || skip)
        lw_block_merge(&map, gate, skip, block->y);
}

/* ---- Training, forward */

void lw_block_pack(lw_engine *engine, lw_block_engine *block, const float *values) {
    lw_conv_pack(block->conv, values + block->at.conv_weight, block->packed, engine->conv_scratch);
    if (block->skip)
        lw_conv_pack(block->skip, values + block->at.skip_weight, block->skip_packed, engine->conv_scratch);
}

static lw_norm norm_of(const lw_block_engine *block) {
    return (lw_norm){block->mean, block->rstd, block->gain, block->offset};
}

/** Without batch norm: the norm that changes nothing. */
static void set_no_norm(lw_block_engine *block) {
    for (size_t c = 0; c < block->c; c++) {
        block->mean[c] = block->offset[c] = 0.0f;
        block->rstd[c] = block->gain[c] = 1.0f;
    }
}

/** Statistics of this batch, and the running ones moved towards them (the variance unbiased there). */
static void set_norm(const lw_engine *engine, lw_block_engine *block, const lw_map *map, float *values) {
    double *mean = engine->moments, *variance = mean + block->c;
    const double count = (double)(share_records(engine, map->n) * map->h * map->t), keep = engine->momentum;
    float *running_mean = values + block->at.running_mean, *running_variance = values + block->at.running_variance;
    lw_norm_statistics(map, block->z, mean, variance, engine->map_scratch);
    share_moments(engine, map->n, block->c, engine->moments);
    for (size_t c = 0; c < block->c; c++) {
        double unbiased = count > 1.0 ? variance[c] * count / (count - 1.0) : variance[c];
        block->mean[c] = (float)mean[c];
        block->rstd[c] = (float)(1.0 / sqrt(variance[c] + engine->epsilon));
        running_mean[c] = (float)(keep * (double)running_mean[c] + (1.0 - keep) * mean[c]);
        running_variance[c] = (float)(keep * (double)running_variance[c] + (1.0 - keep) * unbiased);
    }
    memcpy(block->gain, values + block->at.gain, block->c * sizeof *block->gain);
    memcpy(block->offset, values + block->at.offset, block->c * sizeof *block->offset);
}

/** attention[n][c] from the mean of a, which follows from lw_norm_activity's sums. */
static void attend(lw_engine *engine, lw_block_engine *block, const lw_map *map, const float *values) {
    const lw_attention attention = attention_of(block, values);
    const float positions = (float)(map->h * map->t);
    lw_norm_activity(map, block->z, norm_of(block), block->active, block->active_zhat, engine->map_scratch);
    for (size_t i = 0; i < map->n * map->c; i++) {
        size_t c = i % map->c;
        block->pooled[i] = (block->gain[c] * block->active_zhat[i] + block->offset[c] * block->active[i]) / positions;
    }
    lw_attention_forward(map, &attention, block->pooled, block->hidden, block->attention);
}

static lw_dropout_draw dropout_draw(const lw_block_engine *block, const lw_dropout_key *key, size_t record) {
    return (lw_dropout_draw){key->seed, key->epoch, key->record_ids[record], block->layer, block->spec.dropout};
}

/** drop[n][c]: what spatial dropout leaves of each channel map, 1 where there is no dropout or another kind. */
static void draw_spatial(const lw_engine *engine, lw_block_engine *block, size_t n, const lw_dropout_key *key) {
    const float scale = (float)(1.0 / (1.0 - block->spec.dropout));
    const bool draw = key && key->record_ids && block->spec.dropout > 0.0 && !engine->standard_dropout;
    for (size_t i = 0; i < n; i++) {
        if (draw)
            lw_dropout_fill(engine->kernels, dropout_draw(block, key, i), engine->channel_keep, block->c);
        for (size_t c = 0; c < block->c; c++)
            block->drop[i * block->c + c] = !draw ? 1.0f : engine->channel_keep[c] ? scale : 0.0f;
    }
}

static void draw_standard(lw_block_engine *block, const lw_map *map, const lw_dropout_key *key) {
    const size_t record_floats = map->h * map->t * map->c;
#pragma omp parallel for num_threads(map->threads) schedule(static)
    for (size_t i = 0; i < map->n; i++)
        if (key && key->record_ids)
            lw_dropout_fill(map->kernels, dropout_draw(block, key, i), block->keep + i * record_floats, record_floats);
        else
            memset(block->keep + i * record_floats, 1, record_floats);
}

/** The block's standard dropout as drawn; `dropped` false: nothing was, all ones. */
static lw_dropout_mask keep_of(const lw_block_engine *block, bool dropped) {
    return (lw_dropout_mask){block->keep, dropped ? (float)(1.0 / (1.0 - block->spec.dropout)) : 1.0f};
}

void lw_block_forward(lw_engine *engine, lw_block_engine *block, size_t n, const float *x,
                      const lw_dropout_key *dropout, float *values) {
    const lw_map map = lw_block_map(engine, block, n);
    const float *bias = block->spec.norm ? NULL : values + block->at.conv_bias;
    const float *skip = block->spec.skip == LW_SKIP_IDENTITY ? x : NULL;
    lw_conv_forward(block->conv, (int)n, x, block->packed, bias, block->plain, block->plain ? block->y : block->z,
                    block->kept, engine->conv_scratch);
    if (block->plain)
        return;
    if (block->spec.norm)
        set_norm(engine, block, &map, values);
    else
        set_no_norm(block);
    draw_spatial(engine, block, n, dropout);
    if (block->keep)
        draw_standard(block, &map, dropout);
    if (block->spec.attention)
        attend(engine, block, &map, values);
    for (size_t i = 0; i < n * block->c; i++)
        block->gate[i] = block->spec.attention ? block->attention[i] * block->drop[i] : block->drop[i];
    if (block->skip) {
        lw_conv_forward(block->skip, (int)n, x, block->skip_packed, values + block->at.skip_bias, false,
                        engine->skip_map, block->skip_kept, engine->conv_scratch);
        skip = engine->skip_map;
    }
    block->dropped = dropout && dropout->record_ids;
    lw_block_output(&map, block->z, norm_of(block), block->gate, keep_of(block, block->dropped), skip, block->y);
}

/* ---- Training, backward */

/** A gradient map that is none of the two. */
static float *free_map(const lw_engine *engine, const float *used, const float *also_used) {
    for (size_t i = 0; i < LW_GRADIENT_MAPS; i++)
        if (engine->gradient_map[i] != used && engine->gradient_map[i] != also_used)
            return engine->gradient_map[i];
    return NULL;
}

/**
 * spread[n][c]: the gradient that attention sends to every position of a, 0 without attention. The gate's gradient, the
 * sum of u * a over positions, is gain * sum_u_zhat + offset * sum_u.
 */
static void attention_backward(lw_engine *engine, lw_block_engine *block, const lw_map *map, const float *sum_u,
                               const float *sum_u_zhat, float *dgate, float *spread, const float *values,
                               float *gradients) {
    const size_t count = map->n * map->c;
    if (!block->spec.attention) {
        memset(spread, 0, count * sizeof *spread);
        return;
    }
    const lw_block_offsets *at = &block->at;
    const lw_attention attention = attention_of(block, values);
    const lw_attention_gradient gradient = {gradients + at->squeeze_weight, gradients + at->squeeze_bias,
                                            gradients + at->excite_weight, gradients + at->excite_bias};
    const float positions = (float)(map->h * map->t);
    for (size_t i = 0; i < count; i++) {
        size_t c = i % map->c;
        dgate[i] = block->drop[i] * (block->gain[c] * sum_u_zhat[i] + block->offset[c] * sum_u[i]);
    }
    lw_attention_backward(map, &attention, block->pooled, block->hidden, block->attention, dgate, engine->record_hidden,
                          spread, &gradient);
    for (size_t i = 0; i < count; i++)
        spread[i] /= positions;
}

/** Gradients of gain and offset, and their means over positions, which batch norm takes off again; 0 without norm. */
static void norm_backward(const lw_engine *engine, const lw_block_engine *block, const lw_map *map, const float *sum_u,
                          const float *sum_u_zhat, const float *spread, float *gradients) {
    const double count = (double)(share_records(engine, map->n) * map->h * map->t);
    float *mean_g = engine->channel_terms[0], *mean_g_zhat = engine->channel_terms[1];
    double *sums = engine->moments;
    if (!block->spec.norm) {
        memset(mean_g, 0, block->c * sizeof *mean_g);
        memset(mean_g_zhat, 0, block->c * sizeof *mean_g_zhat);
        return;
    }
    for (size_t c = 0; c < block->c; c++) {
        double g = 0.0, g_zhat = 0.0;
        for (size_t i = c; i < map->n * map->c; i += map->c) {
            const double gate = (double)block->gate[i], even = (double)spread[i];
            g += gate * (double)sum_u[i];
            g_zhat += gate * (double)sum_u_zhat[i];
            if (block->spec.attention) {
                g += even * (double)block->active[i];
                g_zhat += even * (double)block->active_zhat[i];
            }
        }
        gradients[block->at.offset + c] = (float)g;
        gradients[block->at.gain + c] = (float)g_zhat;
        sums[c] = g;
        sums[block->c + c] = g_zhat;
    }
    share_sums(engine, sums, 2 * block->c);
    for (size_t c = 0; c < block->c; c++) {
        mean_g[c] = (float)(sums[c] / count);
        mean_g_zhat[c] = (float)(sums[block->c + c] / count);
    }
}

/** From the gradient of y to that of s (dy.a) and of z (block->z). */
static void elementwise_backward(lw_engine *engine, lw_block_engine *block, const lw_map *map, lw_map_gradient dy,
                                 const float *values, float *gradients) {
    float *sum_u = engine->record_sums[0], *sum_u_zhat = engine->record_sums[1];
    float *dgate = engine->record_sums[2], *spread = engine->record_sums[3];
    const lw_dropout_mask keep = keep_of(block, block->dropped);
    const lw_norm norm = norm_of(block);
    const float *masked_by = block->spec.skip == LW_SKIP_NONE ? NULL : block->y;
    lw_block_backward_sums(map, dy.a, dy.b, masked_by, block->z, norm, keep, sum_u, sum_u_zhat, engine->map_scratch);
    attention_backward(engine, block, map, sum_u, sum_u_zhat, dgate, spread, values, gradients);
    norm_backward(engine, block, map, sum_u, sum_u_zhat, spread, gradients);
    lw_block_backward_input(map, dy.a, norm, block->gate, spread, keep, engine->channel_terms[0],
                            engine->channel_terms[1], block->z);
}

lw_map_gradient lw_block_backward(lw_engine *engine, lw_block_engine *block, size_t n, const float *x,
                                  lw_map_gradient dy, bool wanted, const float *values, float *gradients) {
    const lw_map map = lw_block_map(engine, block, n);
    const lw_block_offsets *at = &block->at;
    if (block->plain)
        lw_relu_backward(&map, dy.a, dy.b, block->y);
    else
        elementwise_backward(engine, block, &map, dy, values, gradients);
    /* dy.b has been added to dy.a, which the skip path still needs. */
    float *dx = wanted ? free_map(engine, dy.a, NULL) : NULL;
    lw_map_gradient result = {.a = dx};
    lw_conv_backward(block->conv, (int)n, x, block->plain ? dy.a : block->z, block->packed, block->kept, dx,
                     gradients + at->conv_weight, block->spec.norm ? NULL : gradients + at->conv_bias,
                     engine->conv_scratch);
    if (block->spec.skip == LW_SKIP_IDENTITY)
        result.b = dy.a;
    if (block->skip) {
        float *dx_skip = wanted ? free_map(engine, dy.a, dx) : NULL;
        lw_conv_backward(block->skip, (int)n, x, dy.a, block->skip_packed, block->skip_kept, dx_skip,
                         gradients + at->skip_weight, gradients + at->skip_bias, engine->conv_scratch);
        result.b = dx_skip;
    }
    return result;
}
