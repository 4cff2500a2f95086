/* This file computes the elementwise part of a block: norm, ReLU, gate, skip. The formulas stand in layers.h. */
#include <string.h>

#include "kernels/isa/kernels_table.h"

/** Sums of at most two quantities per row and channel, kept in float. */
enum { SUMS = 2 };

size_t lw_map_scratch_floats(const lw_map *map) { return SUMS * lw_map_rows(map) * map->c; }

/* ---- Norm */

void lw_norm_statistics(const lw_map *map, const float *z, double *mean, double *variance, float *scratch) {
    const size_t rows = lw_map_rows(map), c_count = map->c, row_floats = map->t * c_count;
    /* Deviations from the row's first value: a mean far from 0 then costs no digits. */
#pragma omp parallel for num_threads(map->threads) schedule(static)
    for (size_t row = 0; row < rows; row++) {
        float *sums = scratch + row * SUMS * c_count;
        memset(sums, 0, SUMS * c_count * sizeof *sums);
        map->kernels->layers->moments(z + row * row_floats, z + row * row_floats, map->t, c_count, sums,
                                      sums + c_count);
    }
    memset(mean, 0, c_count * sizeof *mean);
    memset(variance, 0, c_count * sizeof *variance);
    /* Rows are merged one by one. Source: Chan, Golub and LeVeque 1983, the pairwise update. */
    for (size_t row = 0; row < rows; row++) {
        const float *sums = scratch + row * SUMS * c_count, *origin = z + row * row_floats;
        const double before = (double)row * (double)map->t, here = (double)map->t;
        for (size_t c = 0; c < c_count; c++) {
            double sum = (double)sums[c];
            double squares = (double)sums[c_count + c] - sum * sum / here;
            double delta = (double)origin[c] + sum / here - mean[c];
            mean[c] += delta * here / (before + here);
            variance[c] += squares + delta * delta * before * here / (before + here);
        }
    }
    for (size_t c = 0; c < c_count; c++)
        variance[c] = variance[c] > 0.0 ? variance[c] / ((double)rows * (double)map->t) : 0.0;
}

/** first[n][c] and second[n][c] from the rows' pairs of sums. */
static void sum_rows(const lw_map *map, const float *scratch, float *first, float *second) {
    const size_t c_count = map->c;
    for (size_t n = 0; n < map->n; n++)
        for (size_t c = 0; c < c_count; c++) {
            double a = 0.0, b = 0.0;
            for (size_t h = 0; h < map->h; h++) {
                const float *sums = scratch + (n * map->h + h) * SUMS * c_count;
                a += (double)sums[c];
                b += (double)sums[c_count + c];
            }
            first[n * c_count + c] = (float)a;
            second[n * c_count + c] = (float)b;
        }
}

void lw_norm_activity(const lw_map *map, const float *z, lw_norm norm, float *active, float *active_zhat,
                      float *scratch) {
    const size_t row_floats = map->t * map->c;
#pragma omp parallel for num_threads(map->threads) schedule(static)
    for (size_t row = 0; row < lw_map_rows(map); row++) {
        float *sums = scratch + row * SUMS * map->c;
        memset(sums, 0, SUMS * map->c * sizeof *sums);
        map->kernels->layers->activity(z + row * row_floats, norm, map->t, map->c, sums, sums + map->c);
    }
    sum_rows(map, scratch, active, active_zhat);
}

/* ---- Forward */

/** The mask of the elements from `at` on. */
static lw_dropout_mask row_of(lw_dropout_mask keep, size_t at) {
    return (lw_dropout_mask){keep.keep ? keep.keep + at : NULL, keep.scale};
}

void lw_block_output(const lw_map *map, const float *z, lw_norm norm, const float *gate, lw_dropout_mask keep,
                     const float *skip, float *y) {
    const size_t row_floats = map->t * map->c;
#pragma omp parallel for num_threads(map->threads) schedule(static)
    for (size_t row = 0; row < lw_map_rows(map); row++) {
        const size_t at = row * row_floats;
        map->kernels->layers->output(z + at, norm, gate + row / map->h * map->c, row_of(keep, at),
                                     skip ? skip + at : NULL, map->t, map->c, y + at);
    }
}

void lw_block_merge(const lw_map *map, const float *gate, const float *skip, float *y) {
    const size_t row_floats = map->t * map->c;
#pragma omp parallel for num_threads(map->threads) schedule(static)
    for (size_t row = 0; row < lw_map_rows(map); row++)
        map->kernels->layers->merge(gate ? gate + row / map->h * map->c : NULL, skip ? skip + row * row_floats : NULL,
                                    map->t, map->c, y + row * row_floats);
}

/* ---- Backward */

void lw_block_backward_sums(const lw_map *map, float *dy_a, const float *dy_b, const float *y, const float *z,
                            lw_norm norm, lw_dropout_mask keep, float *sum_u, float *sum_u_zhat, float *scratch) {
    const size_t row_floats = map->t * map->c, c_count = map->c;
#pragma omp parallel for num_threads(map->threads) schedule(static)
    for (size_t row = 0; row < lw_map_rows(map); row++) {
        float *sums = scratch + row * SUMS * c_count;
        memset(sums, 0, SUMS * c_count * sizeof *sums);
        const size_t at = row * row_floats;
        map->kernels->layers->gradient(dy_a + at, dy_b ? dy_b + at : NULL, y ? y + at : NULL, z + at, norm,
                                       row_of(keep, at), map->t, c_count, sums, sums + c_count);
    }
    sum_rows(map, scratch, sum_u, sum_u_zhat);
}

void lw_block_backward_input(const lw_map *map, const float *u, lw_norm norm, const float *gate, const float *spread,
                             lw_dropout_mask keep, const float *mean_g, const float *mean_g_zhat, float *z) {
    const size_t row_floats = map->t * map->c;
#pragma omp parallel for num_threads(map->threads) schedule(static)
    for (size_t row = 0; row < lw_map_rows(map); row++) {
        const size_t at = row * row_floats, record = row / map->h * map->c;
        const lw_input_terms terms = {norm, gate + record, spread + record, mean_g, mean_g_zhat};
        map->kernels->layers->input(u + at, row_of(keep, at), terms, map->t, map->c, z + at);
    }
}

void lw_relu_backward(const lw_map *map, float *dy_a, const float *dy_b, const float *y) {
    const size_t row_floats = map->t * map->c;
#pragma omp parallel for num_threads(map->threads) schedule(static)
    for (size_t row = 0; row < lw_map_rows(map); row++) {
        const size_t at = row * row_floats;
        map->kernels->layers->mask(dy_a + at, dy_b ? dy_b + at : NULL, y + at, row_floats);
    }
}
