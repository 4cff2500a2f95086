/* The elementwise part of a block: norm, ReLU, gate, skip. See layers.h for the formulas. */
#include <string.h>

#include "kernels/layers.h"
#include "kernels/target.h"

/** Sums of at most two quantities per row and channel, kept in float. */
enum { SUMS = 2 };

size_t lw_map_scratch_floats(const lw_map *map) { return SUMS * lw_map_rows(map) * map->c; }

static float positive(float x) { return x > 0.0f ? x : 0.0f; }

/* ---- Norm */

/** sum[c] and square[c] grow by the sums of z - origin and of its square. */
LW_TARGET_CLONES
static void row_moments(const float *z, const float *origin, size_t t_count, size_t c_count, float *restrict sum,
                        float *restrict square) {
    for (size_t t = 0; t < t_count; t++)
        for (size_t c = 0; c < c_count; c++) {
            float d = z[t * c_count + c] - origin[c];
            sum[c] += d;
            square[c] += d * d;
        }
}

void lw_norm_statistics(const lw_map *map, const float *z, double *mean, double *variance, float *scratch) {
    const size_t rows = lw_map_rows(map), c_count = map->c, row_floats = map->t * c_count;
    /* Deviations from the row's first value: a mean far from 0 then costs no digits. */
#pragma omp parallel for num_threads(map->threads) schedule(static)
    for (size_t row = 0; row < rows; row++) {
        float *sums = scratch + row * SUMS * c_count;
        memset(sums, 0, SUMS * c_count * sizeof *sums);
        row_moments(z + row * row_floats, z + row * row_floats, map->t, c_count, sums, sums + c_count);
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

LW_TARGET_CLONES
static void row_activity(const float *z, lw_norm norm, size_t t_count, size_t c_count, float *restrict active,
                         float *restrict active_zhat) {
    for (size_t t = 0; t < t_count; t++)
        for (size_t c = 0; c < c_count; c++) {
            float zhat = (z[t * c_count + c] - norm.mean[c]) * norm.rstd[c];
            float on = norm.gain[c] * zhat + norm.offset[c] > 0.0f ? 1.0f : 0.0f;
            active[c] += on;
            active_zhat[c] += on * zhat;
        }
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
        row_activity(z + row * row_floats, norm, map->t, map->c, sums, sums + map->c);
    }
    sum_rows(map, scratch, active, active_zhat);
}

/* ---- Forward */

LW_TARGET_CLONES
static void row_output(const float *z, lw_norm norm, const float *gate, const float *skip, size_t t_count,
                       size_t c_count, float *restrict y) {
    for (size_t t = 0; t < t_count; t++)
        for (size_t c = 0; c < c_count; c++) {
            size_t i = t * c_count + c;
            float zhat = (z[i] - norm.mean[c]) * norm.rstd[c];
            float s = gate[c] * positive(norm.gain[c] * zhat + norm.offset[c]);
            y[i] = skip ? positive(s + skip[i]) : s;
        }
}

/** Standard dropout takes its own loop: one variant of one table uses it. */
LW_TARGET_CLONES
static void row_output_keep(const float *z, lw_norm norm, const float *gate, const uint8_t *keep, float scale,
                            const float *skip, size_t t_count, size_t c_count, float *restrict y) {
    for (size_t t = 0; t < t_count; t++)
        for (size_t c = 0; c < c_count; c++) {
            size_t i = t * c_count + c;
            float zhat = (z[i] - norm.mean[c]) * norm.rstd[c];
            float s = gate[c] * positive(norm.gain[c] * zhat + norm.offset[c]);
            s *= scale * (float)keep[i];
            y[i] = skip ? positive(s + skip[i]) : s;
        }
}

void lw_block_output(const lw_map *map, const float *z, lw_norm norm, const float *gate, lw_dropout_mask keep,
                     const float *skip, float *y) {
    const size_t row_floats = map->t * map->c;
#pragma omp parallel for num_threads(map->threads) schedule(static)
    for (size_t row = 0; row < lw_map_rows(map); row++) {
        const size_t at = row * row_floats;
        const float *row_gate = gate + row / map->h * map->c, *row_skip = skip ? skip + at : NULL;
        if (keep.keep)
            row_output_keep(z + at, norm, row_gate, keep.keep + at, keep.scale, row_skip, map->t, map->c, y + at);
        else
            row_output(z + at, norm, row_gate, row_skip, map->t, map->c, y + at);
    }
}

LW_TARGET_CLONES
static void row_merge(const float *gate, const float *skip, size_t t_count, size_t c_count, float *restrict y) {
    for (size_t t = 0; t < t_count; t++)
        for (size_t c = 0; c < c_count; c++) {
            size_t i = t * c_count + c;
            float s = gate ? gate[c] * y[i] : y[i];
            y[i] = skip ? positive(s + skip[i]) : s;
        }
}

void lw_block_merge(const lw_map *map, const float *gate, const float *skip, float *y) {
    const size_t row_floats = map->t * map->c;
#pragma omp parallel for num_threads(map->threads) schedule(static)
    for (size_t row = 0; row < lw_map_rows(map); row++)
        row_merge(gate ? gate + row / map->h * map->c : NULL, skip ? skip + row * row_floats : NULL, map->t, map->c,
                  y + row * row_floats);
}

/* ---- Backward */

/** A row of the first pass: its pointers. */
typedef struct sums_row {
    float *restrict u;
    const float *dy_b, *y, *z;
    const uint8_t *keep;
    float scale;
} sums_row;

LW_TARGET_CLONES
static void row_mask(sums_row row, size_t count) {
    if (row.dy_b && row.y)
        for (size_t i = 0; i < count; i++)
            row.u[i] = row.y[i] > 0.0f ? row.u[i] + row.dy_b[i] : 0.0f;
    else if (row.y)
        for (size_t i = 0; i < count; i++)
            row.u[i] = row.y[i] > 0.0f ? row.u[i] : 0.0f;
    else if (row.dy_b)
        for (size_t i = 0; i < count; i++)
            row.u[i] += row.dy_b[i];
}

LW_TARGET_CLONES
static void row_sums(sums_row row, lw_norm norm, size_t c_count, float *restrict sum_u, float *restrict sum_u_zhat) {
    for (size_t c = 0; c < c_count; c++) {
        float zhat = (row.z[c] - norm.mean[c]) * norm.rstd[c];
        float u = norm.gain[c] * zhat + norm.offset[c] > 0.0f ? row.u[c] : 0.0f;
        sum_u[c] += u;
        sum_u_zhat[c] += u * zhat;
    }
}

LW_TARGET_CLONES
static void row_sums_keep(sums_row row, lw_norm norm, size_t c_count, float *restrict sum_u,
                          float *restrict sum_u_zhat) {
    for (size_t c = 0; c < c_count; c++) {
        float zhat = (row.z[c] - norm.mean[c]) * norm.rstd[c];
        float u = norm.gain[c] * zhat + norm.offset[c] > 0.0f ? row.u[c] : 0.0f;
        u *= row.scale * (float)row.keep[c];
        sum_u[c] += u;
        sum_u_zhat[c] += u * zhat;
    }
}

void lw_block_backward_sums(const lw_map *map, float *dy_a, const float *dy_b, const float *y, const float *z,
                            lw_norm norm, lw_dropout_mask keep, float *sum_u, float *sum_u_zhat, float *scratch) {
    const size_t row_floats = map->t * map->c, c_count = map->c;
#pragma omp parallel for num_threads(map->threads) schedule(static)
    for (size_t row = 0; row < lw_map_rows(map); row++) {
        float *sums = scratch + row * SUMS * c_count;
        memset(sums, 0, SUMS * c_count * sizeof *sums);
        /* Sample by sample, so that what the mask has just written is still in the nearest cache. */
        for (size_t t = 0; t < map->t; t++) {
            const size_t at = row * row_floats + t * c_count;
            sums_row part = {dy_a + at, dy_b ? dy_b + at : NULL,           y ? y + at : NULL,
                             z + at,    keep.keep ? keep.keep + at : NULL, keep.scale};
            row_mask(part, c_count);
            if (keep.keep)
                row_sums_keep(part, norm, c_count, sums, sums + c_count);
            else
                row_sums(part, norm, c_count, sums, sums + c_count);
        }
    }
    sum_rows(map, scratch, sum_u, sum_u_zhat);
}

/** Per-channel numbers of the second pass, for one record. */
typedef struct input_terms {
    lw_norm norm;
    const float *gate, *spread, *mean_g, *mean_g_zhat;
} input_terms;

LW_TARGET_CLONES
static void row_input(const float *u, input_terms k, size_t t_count, size_t c_count, float *restrict z) {
    for (size_t t = 0; t < t_count; t++)
        for (size_t c = 0; c < c_count; c++) {
            size_t i = t * c_count + c;
            float zhat = (z[i] - k.norm.mean[c]) * k.norm.rstd[c];
            float g = k.norm.gain[c] * zhat + k.norm.offset[c] > 0.0f ? u[i] * k.gate[c] + k.spread[c] : 0.0f;
            z[i] = k.norm.gain[c] * k.norm.rstd[c] * (g - k.mean_g[c] - zhat * k.mean_g_zhat[c]);
        }
}

LW_TARGET_CLONES
static void row_input_keep(const float *u, const uint8_t *keep, float scale, input_terms k, size_t t_count,
                           size_t c_count, float *restrict z) {
    for (size_t t = 0; t < t_count; t++)
        for (size_t c = 0; c < c_count; c++) {
            size_t i = t * c_count + c;
            float zhat = (z[i] - k.norm.mean[c]) * k.norm.rstd[c];
            float kept = u[i] * (scale * (float)keep[i]);
            float g = k.norm.gain[c] * zhat + k.norm.offset[c] > 0.0f ? kept * k.gate[c] + k.spread[c] : 0.0f;
            z[i] = k.norm.gain[c] * k.norm.rstd[c] * (g - k.mean_g[c] - zhat * k.mean_g_zhat[c]);
        }
}

void lw_block_backward_input(const lw_map *map, const float *u, lw_norm norm, const float *gate, const float *spread,
                             lw_dropout_mask keep, const float *mean_g, const float *mean_g_zhat, float *z) {
    const size_t row_floats = map->t * map->c;
#pragma omp parallel for num_threads(map->threads) schedule(static)
    for (size_t row = 0; row < lw_map_rows(map); row++) {
        const size_t at = row * row_floats, record = row / map->h * map->c;
        input_terms terms = {norm, gate + record, spread + record, mean_g, mean_g_zhat};
        if (keep.keep)
            row_input_keep(u + at, keep.keep + at, keep.scale, terms, map->t, map->c, z + at);
        else
            row_input(u + at, terms, map->t, map->c, z + at);
    }
}

void lw_relu_backward(const lw_map *map, float *dy_a, const float *dy_b, const float *y) {
    const size_t row_floats = map->t * map->c;
#pragma omp parallel for num_threads(map->threads) schedule(static)
    for (size_t row = 0; row < lw_map_rows(map); row++) {
        const size_t at = row * row_floats;
        sums_row part = {.u = dy_a + at, .dy_b = dy_b ? dy_b + at : NULL, .y = y + at};
        row_mask(part, row_floats);
    }
}
