/**
 * @file layers.h
 * Everything between convolutions: batch norm, ReLU, attention, dropout, skip, pooling, dense; forward and backward.
 *
 * The elementwise part of a block reads and writes memory as little as it can. With z the convolution's output,
 *
 *     zhat = (z - mean) * rstd            batch norm, per channel
 *     a    = max(gain * zhat + offset, 0)
 *     s    = gate[n][c] * keep * a        gate: attention times spatial dropout; keep: standard dropout
 *     y    = max(s + skip, 0)             or just s in a block without skip
 *
 * only z and y are stored. A block without norm uses mean 0, rstd 1, gain 1, offset 0.
 *
 * All maps are [n][h][t][c]. Results are the same bytes for any number of threads: sums run within a row (one record
 * and lead) first, then over rows in order, in double. Nothing here allocates or fails.
 */
#ifndef LW_KERNELS_LAYERS_H
#define LW_KERNELS_LAYERS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/** The kernels of an instruction set (isa/kernels_table.h). */
typedef struct lw_kernels lw_kernels;

/** The shape of a map, and the threads and kernels to use on it. */
typedef struct lw_map {
    size_t n, h, t, c;
    int threads;
    const lw_kernels *kernels;
} lw_map;

static inline size_t lw_map_rows(const lw_map *map) { return map->n * map->h; }
static inline size_t lw_map_floats(const lw_map *map) { return map->n * map->h * map->t * map->c; }

/** Per-channel numbers of a norm, each [c]. */
typedef struct lw_norm {
    const float *mean, *rstd, *gain, *offset;
} lw_norm;

/** Element-wise dropout: which elements of a map survive, and by what they are scaled. keep NULL: all of them, by 1. */
typedef struct lw_dropout_mask {
    const uint8_t *keep; /**< like the map, 1 or 0 */
    float scale;         /**< 1 / (1 - rate) */
} lw_dropout_mask;

/** Floats of scratch that the summing functions below need. */
size_t lw_map_scratch_floats(const lw_map *map);

/* ---- Norm */

/** mean[c] and the biased variance[c] of z over records, leads and samples. */
void lw_norm_statistics(const lw_map *map, const float *z, double *mean, double *variance, float *scratch);

/**
 * active[n][c] = number of positions where a > 0, active_zhat[n][c] = sum of zhat over them. From these follow the mean
 * of a, (gain * active_zhat + offset * active) / (h t), and its gradient.
 */
void lw_norm_activity(const lw_map *map, const float *z, lw_norm norm, float *active, float *active_zhat,
                      float *scratch);

/* ---- The elementwise part of a block */

/** y from z; `skip` NULL: no skip and no outer ReLU. */
void lw_block_output(const lw_map *map, const float *z, lw_norm norm, const float *gate, lw_dropout_mask keep,
                     const float *skip, float *y);

/**
 * Backward, first pass. The gradient of y is dy_a (+ dy_b unless NULL). u, the gradient of s, is dy where y > 0 (`y`
 * NULL: dy itself) and overwrites dy_a. Per record and channel, over the positions with a > 0 and after standard
 * dropout: sum_u[n][c] = sum of u, sum_u_zhat[n][c] = sum of u * zhat.
 */
void lw_block_backward_sums(const lw_map *map, float *dy_a, const float *dy_b, const float *y, const float *z,
                            lw_norm norm, lw_dropout_mask keep, float *sum_u, float *sum_u_zhat, float *scratch);

/**
 * Backward, second pass: z becomes the gradient of z. The gradient of a's argument is, where a > 0,
 * g = u * keep * gate[n][c] + spread[n][c] (`spread`: what attention's mean sends back to every position), and
 * dz = gain * rstd * (g - mean_g[c] - zhat * mean_g_zhat[c]), with the means 0 for a block without norm.
 */
void lw_block_backward_input(const lw_map *map, const float *u, lw_norm norm, const float *gate, const float *spread,
                             lw_dropout_mask keep, const float *mean_g, const float *mean_g_zhat, float *z);

/** A block that is only conv and ReLU: dy_a = (dy_a + dy_b) where y > 0. */
void lw_relu_backward(const lw_map *map, float *dy_a, const float *dy_b, const float *y);

/** Inference: y = max(gate[n][c] * y + skip, 0), in place; gate NULL: 1; skip NULL: none and no ReLU. */
void lw_block_merge(const lw_map *map, const float *gate, const float *skip, float *y);

/* ---- Pooling */

/** mean[n * mean_stride + c] over leads and samples. */
void lw_pool_forward(const lw_map *map, const float *x, size_t mean_stride, float *mean, float *scratch);
/** dx = dmean / (h t) everywhere. */
void lw_pool_backward(const lw_map *map, const float *dmean, size_t mean_stride, float *dx);

/** Every value as a feature, in the order [c][h][t] of PyTorch's flatten: features[n * stride + ...]. */
void lw_flatten_forward(const lw_map *map, const float *x, size_t stride, float *features);
void lw_flatten_backward(const lw_map *map, const float *dfeatures, size_t stride, float *dx);

/* ---- Dense */

/** Records, features in and out, and the threads and kernels to use. */
typedef struct lw_dense {
    size_t n, in, out;
    int threads;
    const lw_kernels *kernels;
} lw_dense;

/** y [n][out] = x [n][in] * weight [out][in] + bias [out]. */
void lw_dense_forward(lw_dense dense, const float *x, const float *weight, const float *bias, float *y);
/** All overwritten; dx may be NULL. */
void lw_dense_backward(lw_dense dense, const float *x, const float *dy, const float *weight, float *dx, float *dweight,
                       float *dbias);

/* ---- Attention: gate = sigmoid(excite * max(squeeze * mean + b, 0) + b') */

/** One attention's parameters, or (written to) their gradients. */
typedef struct lw_attention {
    size_t r;                                   /**< channels after squeezing */
    const float *squeeze_weight, *squeeze_bias; /**< [r][c], [r] */
    const float *excite_weight, *excite_bias;   /**< [c][r], [c] */
} lw_attention;

typedef struct lw_attention_gradient {
    float *squeeze_weight, *squeeze_bias, *excite_weight, *excite_bias;
} lw_attention_gradient;

/** mean [n][c] -> hidden [n][r] (after ReLU) and gate [n][c], of the map that the attention is about. */
void lw_attention_forward(const lw_map *map, const lw_attention *attention, const float *mean, float *hidden,
                          float *gate);
/** dgate [n][c] becomes the gradient before the sigmoid; dmean [n][c] is written; dhidden [n][r] is scratch. */
void lw_attention_backward(const lw_map *map, const lw_attention *attention, const float *mean, const float *hidden,
                           const float *gate, float *dgate, float *dhidden, float *dmean,
                           const lw_attention_gradient *gradient);

/* ---- Dropout */

/** What one layer's draws for one record are keyed by. */
typedef struct lw_dropout_draw {
    uint64_t seed, epoch, record;
    uint32_t layer;
    double rate; /**< in [0, 1) */
} lw_dropout_draw;

/** keep[count] = 1 with probability 1 - rate, else 0: a pure function of the key. count at most 2^34. */
void lw_dropout_fill(const lw_kernels *kernels, lw_dropout_draw draw, uint8_t *keep, size_t count);

#endif
