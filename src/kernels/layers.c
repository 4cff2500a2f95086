/* This file computes dense layers, attention, pooling and dropout. */
#include <math.h>
#include <string.h>

#include "base/random.h"
#include "kernels/isa/kernels_table.h"

/** Below this many multiplications a parallel region costs more than it saves. */
static bool is_parallel(lw_dense d) { return d.n * d.in * d.out > 100000; }

void lw_dense_forward(lw_dense d, const float *x, const float *weight, const float *bias, float *y) {
    const lw_layer_kernels *kernels = d.kernels->layers;
#pragma omp parallel for num_threads(d.threads) schedule(static) if (is_parallel(d))
    for (size_t o = 0; o < d.out; o++)
        for (size_t i = 0; i < d.n; i++)
            y[i * d.out + o] = kernels->dot(x + i * d.in, weight + o * d.in, d.in) + bias[o];
}

void lw_dense_backward(lw_dense d, const float *x, const float *dy, const float *weight, float *dx, float *dweight,
                       float *dbias) {
    const lw_layer_kernels *kernels = d.kernels->layers;
#pragma omp parallel for num_threads(d.threads) schedule(static) if (is_parallel(d))
    for (size_t o = 0; o < d.out; o++) {
        double bias = 0.0;
        memset(dweight + o * d.in, 0, d.in * sizeof *dweight);
        for (size_t i = 0; i < d.n; i++) {
            kernels->add_scaled(dy[i * d.out + o], x + i * d.in, d.in, dweight + o * d.in);
            bias += (double)dy[i * d.out + o];
        }
        dbias[o] = (float)bias;
    }
    if (!dx)
        return;
#pragma omp parallel for num_threads(d.threads) schedule(static) if (is_parallel(d))
    for (size_t i = 0; i < d.n; i++) {
        memset(dx + i * d.in, 0, d.in * sizeof *dx);
        for (size_t o = 0; o < d.out; o++)
            kernels->add_scaled(dy[i * d.out + o], weight + o * d.in, d.in, dx + i * d.in);
    }
}

static float sigmoid(float x) { return 1.0f / (1.0f + expf(-x)); }

/** Between the map's channels and the attention's middle. */
static lw_dense squeeze_of(const lw_map *map, const lw_attention *attention) {
    return (lw_dense){map->n, map->c, attention->r, map->threads, map->kernels};
}

static lw_dense excite_of(const lw_map *map, const lw_attention *attention) {
    return (lw_dense){map->n, attention->r, map->c, map->threads, map->kernels};
}

void lw_attention_forward(const lw_map *map, const lw_attention *attention, const float *mean, float *hidden,
                          float *gate) {
    lw_dense_forward(squeeze_of(map, attention), mean, attention->squeeze_weight, attention->squeeze_bias, hidden);
    for (size_t i = 0; i < map->n * attention->r; i++)
        hidden[i] = fmaxf(hidden[i], 0.0f);
    lw_dense_forward(excite_of(map, attention), hidden, attention->excite_weight, attention->excite_bias, gate);
    for (size_t i = 0; i < map->n * map->c; i++)
        gate[i] = sigmoid(gate[i]);
}

void lw_attention_backward(const lw_map *map, const lw_attention *attention, const float *mean, const float *hidden,
                           const float *gate, float *dgate, float *dhidden, float *dmean,
                           const lw_attention_gradient *gradient) {
    for (size_t i = 0; i < map->n * map->c; i++)
        dgate[i] *= gate[i] * (1.0f - gate[i]);
    lw_dense_backward(excite_of(map, attention), hidden, dgate, attention->excite_weight, dhidden,
                      gradient->excite_weight, gradient->excite_bias);
    for (size_t i = 0; i < map->n * attention->r; i++)
        dhidden[i] = hidden[i] > 0.0f ? dhidden[i] : 0.0f;
    lw_dense_backward(squeeze_of(map, attention), mean, dhidden, attention->squeeze_weight, dmean,
                      gradient->squeeze_weight, gradient->squeeze_bias);
}

void lw_pool_forward(const lw_map *map, const float *x, size_t mean_stride, float *mean, float *scratch) {
    const size_t rows = lw_map_rows(map), row_floats = map->t * map->c;
    const double count = (double)(map->h * map->t);
#pragma omp parallel for num_threads(map->threads) schedule(static)
    for (size_t row = 0; row < rows; row++)
        map->kernels->layers->sum(x + row * row_floats, map->t, map->c, scratch + row * map->c);
    for (size_t n = 0; n < map->n; n++)
        for (size_t c = 0; c < map->c; c++) {
            double sum = 0.0;
            for (size_t h = 0; h < map->h; h++)
                sum += (double)scratch[(n * map->h + h) * map->c + c];
            mean[n * mean_stride + c] = (float)(sum / count);
        }
}

void lw_pool_backward(const lw_map *map, const float *dmean, size_t mean_stride, float *dx) {
    const float scale = 1.0f / (float)(map->h * map->t);
#pragma omp parallel for num_threads(map->threads) schedule(static)
    for (size_t row = 0; row < lw_map_rows(map); row++) {
        const float *from = dmean + row / map->h * mean_stride;
        float *to = dx + row * map->t * map->c;
        for (size_t t = 0; t < map->t; t++)
            for (size_t c = 0; c < map->c; c++)
                to[t * map->c + c] = scale * from[c];
    }
}

void lw_flatten_forward(const lw_map *map, const float *x, size_t stride, float *features) {
#pragma omp parallel for num_threads(map->threads) schedule(static)
    for (size_t row = 0; row < lw_map_rows(map); row++) {
        const float *from = x + row * map->t * map->c;
        float *to = features + row / map->h * stride + row % map->h * map->t;
        for (size_t t = 0; t < map->t; t++)
            for (size_t c = 0; c < map->c; c++)
                to[c * map->h * map->t + t] = from[t * map->c + c];
    }
}

void lw_flatten_backward(const lw_map *map, const float *dfeatures, size_t stride, float *dx) {
#pragma omp parallel for num_threads(map->threads) schedule(static)
    for (size_t row = 0; row < lw_map_rows(map); row++) {
        const float *from = dfeatures + row / map->h * stride + row % map->h * map->t;
        float *to = dx + row * map->t * map->c;
        for (size_t t = 0; t < map->t; t++)
            for (size_t c = 0; c < map->c; c++)
                to[t * map->c + c] = from[c * map->h * map->t + t];
    }
}

/** The least draw that is kept. */
static uint32_t threshold_of(double rate) {
    const double least = ceil(rate * 0x1p32);
    return least < 0x1p32 ? (uint32_t)least : UINT32_MAX;
}

void lw_dropout_fill(const lw_kernels *kernels, lw_dropout_draw draw, uint8_t *keep, size_t count) {
    /* One Philox block mixes record, epoch and layer into the number of a stream of the dropout generator. */
    const uint32_t counter[4] = {(uint32_t)draw.record, (uint32_t)(draw.record >> 32), (uint32_t)draw.epoch,
                                 draw.layer};
    const uint32_t key[2] = {(uint32_t)draw.seed, (uint32_t)(draw.seed >> 32)};
    uint32_t mixed[4];
    lw_philox4x32(counter, key, mixed);
    const lw_random random = lw_random_start(draw.seed, LW_RANDOM_DROPOUT, (uint64_t)mixed[0] << 32 | mixed[1]);
    kernels->layers->draw_keep(random.key, random.counter, threshold_of(draw.rate), keep, count);
}
