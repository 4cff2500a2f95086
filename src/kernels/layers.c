/* Dense, attention and pooling. */
#include "kernels/layers.h"

#include <math.h>
#include <string.h>

#include "kernels/target.h"

/** Lanes of a sum: wide enough for vectors, the same on every machine. */
enum { LANES = 16 };

LW_TARGET_CLONES
static float dot(const float *a, const float *b, size_t count) {
    float lane[LANES] = {0};
    size_t i = 0;
    for (; i + LANES <= count; i += LANES)
        for (size_t k = 0; k < LANES; k++)
            lane[k] += a[i + k] * b[i + k];
    for (size_t k = 0; i < count; i++, k++)
        lane[k] += a[i] * b[i];
    double sum = 0.0;
    for (size_t k = 0; k < LANES; k++)
        sum += (double)lane[k];
    return (float)sum;
}

/** y += a * x. */
LW_TARGET_CLONES
static void add_scaled(float a, const float *x, size_t count, float *y) {
    for (size_t i = 0; i < count; i++)
        y[i] += a * x[i];
}

/** Below this many multiplications a parallel region costs more than it saves. */
static const size_t parallel_work = 100000;

void lw_dense_forward(size_t n, size_t in, size_t out, int threads, const float *x, const float *weight,
                      const float *bias, float *y) {
#pragma omp parallel for num_threads(threads) schedule(static) if (n * in * out > parallel_work)
    for (size_t o = 0; o < out; o++)
        for (size_t i = 0; i < n; i++)
            y[i * out + o] = dot(x + i * in, weight + o * in, in) + bias[o];
}

void lw_dense_backward(size_t n, size_t in, size_t out, int threads, const float *x, const float *dy,
                       const float *weight, float *dx, float *dweight, float *dbias) {
#pragma omp parallel for num_threads(threads) schedule(static) if (n * in * out > parallel_work)
    for (size_t o = 0; o < out; o++) {
        double bias = 0.0;
        memset(dweight + o * in, 0, in * sizeof *dweight);
        for (size_t i = 0; i < n; i++) {
            add_scaled(dy[i * out + o], x + i * in, in, dweight + o * in);
            bias += (double)dy[i * out + o];
        }
        dbias[o] = (float)bias;
    }
    if (!dx)
        return;
#pragma omp parallel for num_threads(threads) schedule(static) if (n * in * out > parallel_work)
    for (size_t i = 0; i < n; i++) {
        memset(dx + i * in, 0, in * sizeof *dx);
        for (size_t o = 0; o < out; o++)
            add_scaled(dy[i * out + o], weight + o * in, in, dx + i * in);
    }
}

static float sigmoid(float x) { return 1.0f / (1.0f + expf(-x)); }

void lw_attention_forward(const lw_attention *attention, size_t n, int threads, const float *mean, float *hidden,
                          float *gate) {
    const size_t c = attention->c, r = attention->r;
    lw_dense_forward(n, c, r, threads, mean, attention->squeeze_weight, attention->squeeze_bias, hidden);
    for (size_t i = 0; i < n * r; i++)
        hidden[i] = fmaxf(hidden[i], 0.0f);
    lw_dense_forward(n, r, c, threads, hidden, attention->excite_weight, attention->excite_bias, gate);
    for (size_t i = 0; i < n * c; i++)
        gate[i] = sigmoid(gate[i]);
}

void lw_attention_backward(const lw_attention *attention, size_t n, int threads, const float *mean, const float *hidden,
                           const float *gate, float *dgate, float *dhidden, float *dmean,
                           const lw_attention_gradient *gradient) {
    const size_t c = attention->c, r = attention->r;
    for (size_t i = 0; i < n * c; i++)
        dgate[i] *= gate[i] * (1.0f - gate[i]);
    lw_dense_backward(n, r, c, threads, hidden, dgate, attention->excite_weight, dhidden, gradient->excite_weight,
                      gradient->excite_bias);
    for (size_t i = 0; i < n * r; i++)
        dhidden[i] = hidden[i] > 0.0f ? dhidden[i] : 0.0f;
    lw_dense_backward(n, c, r, threads, mean, dhidden, attention->squeeze_weight, dmean, gradient->squeeze_weight,
                      gradient->squeeze_bias);
}

/** sum[c] = sum over t of x[t][c]. */
LW_TARGET_CLONES
static void sum_row(const float *x, size_t t_count, size_t c_count, float *sum) {
    memset(sum, 0, c_count * sizeof *sum);
    for (size_t t = 0; t < t_count; t++)
        for (size_t c = 0; c < c_count; c++)
            sum[c] += x[t * c_count + c];
}

void lw_pool_forward(const lw_map *map, const float *x, size_t mean_stride, float *mean, float *scratch) {
    const size_t rows = lw_map_rows(map), row_floats = map->t * map->c;
    const double count = (double)(map->h * map->t);
#pragma omp parallel for num_threads(map->threads) schedule(static)
    for (size_t row = 0; row < rows; row++)
        sum_row(x + row * row_floats, map->t, map->c, scratch + row * map->c);
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
