/**
 * @file gemm_core.h
 * Template: matrix products in tiles that stay in registers.
 *
 * A tile is `rows` x `vectors` accumulators; each step of depth loads one row of b (vectors) and broadcasts one element
 * of a for each row. With 32 registers 6 x 4 real (or 6 x 2 complex) accumulators, the row of b and a broadcast fit;
 * with 16, 6 x 2 (2 x 2 complex). A file cpu_<name>.c says how many rows it takes beside so many vectors:
 * LW_REAL_ROWS_1 ... LW_REAL_ROWS_4 and LW_COMPLEX_ROWS_1, LW_COMPLEX_ROWS_2.
 */
#ifndef LW_KERNELS_ISA_GEMM_CORE_H
#define LW_KERNELS_ISA_GEMM_CORE_H

#include "kernels/isa/kernels_table.h"
#include "kernels/isa/vector.h"

enum {
    ROWS_MAX = 12,
    VECTORS_MAX = LW_PANEL_VECTORS,
    PANEL_WIDTH = VECTORS_MAX * LW_LANES,
    DEPTH_CHUNK =
        128, /* products summed before the sum joins the total: the error of long sums stays that of short ones */
    RAGGED_DEPTH = 64, /* of padded copies */
    RAGGED_ROWS = 24
};

LW_INLINE void real_tile(const int rows, const int vectors, const lw_real_product *p, const float *a, float *c) {
    vf sum[ROWS_MAX][4];
#pragma GCC unroll 16
    for (int r = 0; r < rows; r++) {
#pragma GCC unroll 4
        for (int v = 0; v < vectors; v++)
            sum[r][v] = broadcast(0.0f);
    }
    const float *b = p->b;
    for (int k = 0; k < p->depth; k++) {
        vf row[4];
#pragma GCC unroll 4
        for (int v = 0; v < vectors; v++)
            row[v] = load(b + v * LW_LANES);
#pragma GCC unroll 16
        for (int r = 0; r < rows; r++) {
            vf factor = broadcast(a[r * p->a_row]);
#pragma GCC unroll 4
            for (int v = 0; v < vectors; v++)
                sum[r][v] += factor * row[v];
        }
        a += p->a_step;
        b += p->b_step;
    }
    const float *total = p->accumulate ? c : p->bias;
    const ptrdiff_t total_row = p->accumulate ? p->c_row : 0;
    const vf floor = broadcast(p->relu ? 0.0f : -__builtin_inff());
#pragma GCC unroll 16
    for (int r = 0; r < rows; r++) {
#pragma GCC unroll 4
        for (int v = 0; v < vectors; v++) {
            const vf before = total ? load(total + r * total_row + v * LW_LANES) : broadcast(0.0f);
            store(c + r * p->c_row + v * LW_LANES, at_least(before + sum[r][v], floor));
        }
    }
}

LW_INLINE void complex_tile(const int rows, const int vectors, const lw_complex_product *p, const float *a,
                            const float *b, float *c) {
    vf re[ROWS_MAX][2], im[ROWS_MAX][2];
#pragma GCC unroll 16
    for (int r = 0; r < rows; r++) {
#pragma GCC unroll 2
        for (int v = 0; v < vectors; v++) {
            const float *from = c + r * p->c_row + v * LW_LANES;
            re[r][v] = p->accumulate ? load(from) : broadcast(0.0f);
            im[r][v] = p->accumulate ? load(from + p->c_plane) : broadcast(0.0f);
        }
    }
    for (int k = 0; k < p->depth; k++) {
        vf b_re[2], b_im[2];
#pragma GCC unroll 2
        for (int v = 0; v < vectors; v++) {
            b_re[v] = load(b + v * LW_LANES);
            b_im[v] = load(b + p->b_plane + v * LW_LANES);
        }
#pragma GCC unroll 16
        for (int r = 0; r < rows; r++) {
            vf a_re = broadcast(a[r * p->a_row]), a_im = broadcast(a[r * p->a_row + p->a_plane]);
#pragma GCC unroll 2
            for (int v = 0; v < vectors; v++) {
                re[r][v] += a_re * b_re[v];
                im[r][v] += a_re * b_im[v];
            }
#pragma GCC unroll 2
            for (int v = 0; v < vectors; v++) {
                re[r][v] -= a_im * b_im[v];
                im[r][v] += a_im * b_re[v];
            }
        }
        a += p->a_step;
        b += p->b_step;
    }
#pragma GCC unroll 16
    for (int r = 0; r < rows; r++) {
#pragma GCC unroll 2
        for (int v = 0; v < vectors; v++) {
            store(c + r * p->c_row + v * LW_LANES, re[r][v]);
            store(c + r * p->c_row + p->c_plane + v * LW_LANES, im[r][v]);
        }
    }
}

/* One function a tile size: the sizes must be constants for the accumulators to live in registers. */
#define LW_TILE(rows, vectors)                                                                                         \
    static __attribute__((noinline)) void real_tile_##rows##_##vectors(const lw_real_product *p, const float *a,       \
                                                                       float *c) {                                     \
        real_tile(rows, vectors, p, a, c);                                                                             \
    }
#define LW_COMPLEX_TILE(rows, vectors)                                                                                 \
    static __attribute__((noinline)) void complex_tile_##rows##_##vectors(const lw_complex_product *p, const float *a, \
                                                                          const float *b, float *c) {                  \
        complex_tile(rows, vectors, p, a, b, c);                                                                       \
    }
#define LW_TILES(tile, v) tile(1, v) tile(2, v) tile(3, v) tile(4, v) tile(5, v) tile(6, v)
#define LW_TALL_TILES(tile, v) tile(7, v) tile(8, v) tile(9, v) tile(10, v) tile(11, v) tile(12, v)
#define LW_NAMES(name, v) NULL, name##_1_##v, name##_2_##v, name##_3_##v, name##_4_##v, name##_5_##v, name##_6_##v
#define LW_TALL_NAMES(name, v) name##_7_##v, name##_8_##v, name##_9_##v, name##_10_##v, name##_11_##v, name##_12_##v

LW_TILES(LW_TILE, 1)
LW_TALL_TILES(LW_TILE, 1)
LW_TILES(LW_TILE, 2)
LW_TALL_TILES(LW_TILE, 2)
#if LW_PANEL_VECTORS == 4
LW_TILES(LW_TILE, 3)
LW_TILES(LW_TILE, 4)
#endif
LW_TILES(LW_COMPLEX_TILE, 1)
LW_TALL_TILES(LW_COMPLEX_TILE, 1)
LW_TILES(LW_COMPLEX_TILE, 2)

typedef void (*real_tile_function)(const lw_real_product *p, const float *a, float *c);
typedef void (*complex_tile_function)(const lw_complex_product *p, const float *a, const float *b, float *c);

static const real_tile_function real_tiles[VECTORS_MAX + 1][ROWS_MAX + 1] = {
    {NULL},
    {LW_NAMES(real_tile, 1), LW_TALL_NAMES(real_tile, 1)},
    {LW_NAMES(real_tile, 2), LW_TALL_NAMES(real_tile, 2)},
#if LW_PANEL_VECTORS == 4
    {LW_NAMES(real_tile, 3)},
    {LW_NAMES(real_tile, 4)},
#endif
};
static const complex_tile_function complex_tiles[3][ROWS_MAX + 1] = {
    {NULL},
    {LW_NAMES(complex_tile, 1), LW_TALL_NAMES(complex_tile, 1)},
    {LW_NAMES(complex_tile, 2)},
};

/** Rows of the next tile when `left` are left and a tile takes at most `most`: as even as can be. */
LW_INLINE int tile_rows(int left, int most) {
    int tiles = (left + most - 1) / most;
    return (left + tiles - 1) / tiles;
}

/** One tile over the whole depth. */
static void real_tile_chunks(real_tile_function tile, const lw_real_product *p, const float *a, float *c) {
    lw_real_product part = *p;
    const int chunks = p->depth > DEPTH_CHUNK ? (p->depth + DEPTH_CHUNK - 1) / DEPTH_CHUNK : 1;
    for (int i = 0; i < chunks; i++) {
        const ptrdiff_t begin = (ptrdiff_t)p->depth * i / chunks, end = (ptrdiff_t)p->depth * (i + 1) / chunks;
        part.depth = (int)(end - begin);
        part.b = p->b + begin * p->b_step;
        part.accumulate = p->accumulate || i > 0;
        part.relu = p->relu && i + 1 == chunks;
        tile(&part, a + begin * p->a_step, c);
    }
}

/** Columns fill whole vectors. */
static void real_product_whole(const lw_real_product *p) {
    static const int most[5] = {0, LW_REAL_ROWS_1, LW_REAL_ROWS_2, LW_REAL_ROWS_3, LW_REAL_ROWS_4};
    int vectors = (p->columns + LW_LANES - 1) / LW_LANES;
    for (int r = 0; r < p->rows;) {
        int rows = tile_rows(p->rows - r, most[vectors]);
        real_tile_chunks(real_tiles[vectors][rows], p, p->a + r * p->a_row, p->c + r * p->c_row);
        r += rows;
    }
}

/** Copy `rows` rows of `columns` floats, padding each to PANEL_WIDTH with zeros. */
static void pad_rows(int rows, int columns, const float *from, ptrdiff_t from_row, float *to) {
    for (int r = 0; r < rows; r++)
        for (int j = 0; j < PANEL_WIDTH; j++)
            to[r * PANEL_WIDTH + j] = j < columns ? from[r * from_row + j] : 0.0f;
}

/** A product whose operands are padded copies, for columns that end inside a vector: at most RAGGED_ROWS rows and
 * RAGGED_DEPTH steps. */
static void real_product_padded(const lw_real_product *p) {
    float b[RAGGED_DEPTH * PANEL_WIDTH], c[RAGGED_ROWS * PANEL_WIDTH], bias[PANEL_WIDTH];
    lw_real_product padded = *p;
    padded.c = c;
    padded.c_row = PANEL_WIDTH;
    if (p->b_partial) {
        pad_rows(p->depth, p->columns, p->b, p->b_step, b);
        padded.b = b;
        padded.b_step = PANEL_WIDTH;
    }
    if (p->bias) {
        pad_rows(1, p->columns, p->bias, 0, bias);
        padded.bias = bias;
    }
    if (p->accumulate)
        pad_rows(p->rows, p->columns, p->c, p->c_row, c);
    real_product_whole(&padded);
    for (int r = 0; r < p->rows; r++)
        memcpy(p->c + r * p->c_row, c + r * PANEL_WIDTH, (size_t)p->columns * sizeof(float));
}

static void kernel_real_product(const lw_real_product *p) {
    if (p->columns % LW_LANES == 0) {
        real_product_whole(p);
        return;
    }
    const int steps = p->b_partial || p->depth == 0 ? RAGGED_DEPTH : p->depth;
    for (int k = 0; k == 0 || k < p->depth; k += steps) {
        for (int r = 0; r < p->rows; r += RAGGED_ROWS) {
            lw_real_product part = *p;
            part.rows = p->rows - r < RAGGED_ROWS ? p->rows - r : RAGGED_ROWS;
            part.depth = p->depth - k < steps ? p->depth - k : steps;
            part.a = p->a + r * p->a_row + k * p->a_step;
            part.b = p->b + k * p->b_step;
            part.c = p->c + r * p->c_row;
            part.accumulate = p->accumulate || k > 0;
            part.relu = p->relu && k + part.depth == p->depth;
            real_product_padded(&part);
        }
    }
}

static void kernel_complex_product(const lw_complex_product *p) {
    for (int g = 0; g < p->groups; g += 2) {
        const int vectors = p->groups - g >= 2 ? 2 : 1;
        const int most = vectors == 2 ? LW_COMPLEX_ROWS_2 : LW_COMPLEX_ROWS_1;
        const float *b = p->b + g / 2 * p->b_panel;
        float *c = p->c + g / 2 * p->c_panel;
        for (int r = 0; r < p->rows;) {
            int rows = tile_rows(p->rows - r, most);
            complex_tiles[vectors][rows](p, p->a + r * p->a_row, b, c + r * p->c_row);
            r += rows;
        }
    }
}

static void kernel_column_sums(const float *x, ptrdiff_t rows, int channels, float *sums) {
    for (int c = 0; c < channels; c += LW_LANES) {
        const int count = channels - c < LW_LANES ? channels - c : LW_LANES;
        vf sum = broadcast(0.0f);
        for (ptrdiff_t r = 0; r < rows; r++) {
            const float *from = x + r * channels + c;
            sum += count == LW_LANES ? load(from) : load_part(from, count);
        }
        store_part(sums + c, sum, count);
    }
}

/** Enough independent sums to hide the latency of each. */
static double kernel_multiply_adds(int steps) {
    enum { SUMS = 12 };
    vf sum[SUMS];
#pragma GCC unroll 12
    for (int i = 0; i < SUMS; i++)
        sum[i] = broadcast((float)i);
    const vf factor = broadcast(0.999f), term = broadcast(0.001f);
    for (int step = 0; step < steps; step++) {
#pragma GCC unroll 12
        for (int i = 0; i < SUMS; i++)
            sum[i] = sum[i] * factor + term;
    }
    float lanes[LW_LANES];
#pragma GCC unroll 12
    for (int i = 1; i < SUMS; i++)
        sum[0] += sum[i];
    store(lanes, sum[0]);
    /* The sums are below 12 and not negative, so the comparison only keeps them from being optimised away. */
    return lanes[0] >= 0.0f ? 2.0 * SUMS * LW_LANES * (double)steps : 0.0;
}

#endif
