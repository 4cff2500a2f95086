/**
 * @file kernels_table.h
 * The functions that exist once an instruction set, the descriptions of the work they are given, and the choice of a set.
 *
 * The vector code is written once (the other files of this folder) and compiled once an instruction set (cpu_<name>.c),
 * each of which fills one table of functions.
 * All strides are in floats. Kernels allocate nothing, know no threads and cannot fail.
 */
#ifndef LW_KERNELS_ISA_KERNELS_TABLE_H
#define LW_KERNELS_ISA_KERNELS_TABLE_H

#include <stdbool.h>
#include <stddef.h>

#include "base/isa/isa.h"
#include "kernels/fft.h"
#include "kernels/layers.h"

/**
 * A product, and max(., 0) of it when `relu`:
 *
 *     c[rows][columns] = (accumulate ? c : bias or 0) + a[rows][depth] * b[depth][columns].
 *
 * One panel of b: `columns` is at most panel_vectors * lanes; b's rows are whole vectors, c's are exactly `columns`
 * wide.
 */
typedef struct lw_real_product {
    int rows, depth, columns;
    const float *a;
    ptrdiff_t a_row, a_step; /**< from row to row, from one step of depth to the next */
    const float *b;
    ptrdiff_t b_step;
    bool b_partial; /**< b's rows are exactly `columns` wide too: read nothing beyond */
    float *c;
    ptrdiff_t c_row;
    const float *bias; /**< [columns], or NULL */
    bool accumulate, relu;
} lw_real_product;

/**
 * The same for complex matrices with real and imaginary planes apart, all columns at once: `groups` vectors of them, in
 * panels of two vectors (the last may have one).
 */
typedef struct lw_complex_product {
    int rows, depth, groups;
    const float *a;
    ptrdiff_t a_row, a_step, a_plane;
    const float *b;
    ptrdiff_t b_step, b_plane, b_panel;
    float *c;
    ptrdiff_t c_row, c_plane, c_panel;
    bool accumulate;
} lw_complex_product;

/**
 * Which elements of a row a transform of `points` points covers, and where: element e in [begin, end) lies at position
 * (e - origin) mod points, or, when `reversed`, at minus that: a reversed real signal has the conjugate spectrum.
 */
typedef struct lw_tile {
    int begin, end, origin;
    bool reversed;
} lw_tile;

/**
 * A patch of a tensor [lead][sample][channel], all its leads, one tile of samples and up to two vectors of channels,
 * and where its spectrum lies, real plane first, `lanes` channels after each other: bin (k, l) of lead tile i at
 *
 *     spectrum + (k * lead points + l) * bin_stride + i * tile_stride.
 */
typedef struct lw_spectral_patch {
    const lw_fft *fft_t, *fft_l; /**< along samples, along leads */
    lw_tile tile_t;
    const lw_tile *tile_l;
    int tile_l_count;
    int leads;
    int channels; /**< 1 to 2 * lanes */
    ptrdiff_t lead_stride, sample_stride;
    ptrdiff_t bin_stride, plane_stride, tile_stride;
} lw_spectral_patch;

/** What a synthesis does with its results, in this order: scale, bias, add to what is there, relu. */
typedef struct lw_spectral_finish {
    float scale;
    const float *bias; /**< [channels], or NULL */
    bool relu;
    bool add;
} lw_spectral_finish;

/** Winograd's tile: LW_WINOGRAD_OUT_L x LW_WINOGRAD_OUT_T outputs from (lead, sample) on, in a tensor
 * [leads][samples][channels]. */
enum { LW_WINOGRAD_IN_L = 4, LW_WINOGRAD_IN_T = 6, LW_WINOGRAD_OUT_L = 2, LW_WINOGRAD_OUT_T = 4 };
typedef struct lw_winograd_tile {
    int lead, sample;
    int leads, samples, channels;
    ptrdiff_t point_stride; /**< from one of the 24 points to the next */
} lw_winograd_tile;

/** Numbers of one record and channel in a block's second backward pass; see lw_block_backward_input. */
typedef struct lw_input_terms {
    lw_norm norm;
    const float *gate, *spread, *mean_g, *mean_g_zhat;
} lw_input_terms;

/**
 * The layers between convolutions (layers.h has their formulas), a row [t][c] at a time: one record and lead. They wait
 * for memory rather than arithmetic, and compute the same bits in every set.
 */
typedef struct lw_layer_kernels {
    float (*dot)(const float *a, const float *b, size_t count);
    /** y += a * x. */
    void (*add_scaled)(float a, const float *x, size_t count, float *y);
    /** sum[c] over samples. */
    void (*sum)(const float *x, size_t t, size_t c, float *sum);
    /** sum[c] and square[c] grow by the sums of z - origin and of its square. */
    void (*moments)(const float *z, const float *origin, size_t t, size_t c, float *sum, float *square);
    /** active[c] and active_zhat[c] grow by what lw_norm_activity is made of. */
    void (*activity)(const float *z, lw_norm norm, size_t t, size_t c, float *active, float *active_zhat);
    void (*output)(const float *z, lw_norm norm, const float *gate, lw_dropout_mask keep, const float *skip, size_t t,
                   size_t c, float *y);
    void (*merge)(const float *gate, const float *skip, size_t t, size_t c, float *y);
    /** u = u + dy_b where y > 0, else 0; dy_b and y may be NULL. */
    void (*mask)(float *u, const float *dy_b, const float *y, size_t count);
    /** `mask`, and sum_u[c] and sum_u_zhat[c] grow by what lw_block_backward_sums is made of. */
    void (*gradient)(float *u, const float *dy_b, const float *y, const float *z, lw_norm norm, lw_dropout_mask keep,
                     size_t t, size_t c, float *sum_u, float *sum_u_zhat);
    void (*input)(const float *u, lw_dropout_mask keep, lw_input_terms terms, size_t t, size_t c, float *z);
    /** keep[count] = 1 where a draw reaches the threshold, from Philox's counters `first` on. */
    void (*draw_keep)(const uint32_t key[2], const uint32_t first[4], uint32_t threshold, uint8_t *keep, size_t count);
} lw_layer_kernels;

struct lw_kernels {
    lw_isa isa;
    const lw_layer_kernels *layers;
    int lanes;         /**< floats in a vector */
    int panel_vectors; /**< vectors in a panel of lw_real_product */

    void (*real_product)(const lw_real_product *product);
    void (*complex_product)(const lw_complex_product *product);

    /** Complex transform of `fft` points, each two vectors (real, imaginary), in a or b; the one that holds the result.
     */
    float *(*fft)(const lw_fft *fft, float *a, float *b);
    /** Floats of `work` for the next two: a patch of so many leads. */
    ptrdiff_t (*spectral_work_floats)(const lw_fft *fft_t, const lw_fft *fft_l, int leads);
    /** x -> spectrum; `stream`: past the caches (the caller follows with `fence`). */
    void (*analyse)(const lw_spectral_patch *patch, const float *x, float *spectrum, bool stream, float *work);
    /** spectrum -> x. */
    void (*synthesise)(const lw_spectral_patch *patch, const float *spectrum, const lw_spectral_finish *finish,
                       float *x, float *work);
    /** Transpose one bin of packed weights, [panel][row][plane][2 lanes] with `rows` x `columns` elements. */
    void (*transpose_bin)(int rows, int columns, const float *from, float *to);
    /** Make streamed stores visible to other threads. */
    void (*fence)(void);

    /** A record's x -> one tile's row of inputs in Winograd's domain, channels padded with zeros to whole vectors. */
    void (*winograd_input)(const lw_winograd_tile *tile, const float *x, float *points);
    /** One tile's row of products -> the record's y, plus bias (NULL: none), then max(., 0) when `relu`. */
    void (*winograd_output)(const lw_winograd_tile *tile, const float *points, const float *bias, bool relu, float *y);

    /** sums[channels] = sum over rows of x[rows][channels]. */
    void (*column_sums)(const float *x, ptrdiff_t rows, int channels, float *sums);
    /** Multiply and add on registers alone, `steps` times over; the operations done, for benchmarks. */
    double (*multiply_adds)(int steps);
};

extern const lw_kernels lw_kernels_scalar;
extern const lw_layer_kernels lw_layers_scalar;
#if defined(__x86_64__)
extern const lw_kernels lw_kernels_sse2, lw_kernels_avx2, lw_kernels_avx512;
extern const lw_layer_kernels lw_layers_sse2, lw_layers_avx2, lw_layers_avx512;
#elif defined(__aarch64__)
extern const lw_kernels lw_kernels_neon;
extern const lw_layer_kernels lw_layers_neon;
#endif

/** The kernels of an instruction set; NULL when they are not in this build or this processor cannot run them. Threads:
 * safe. */
const lw_kernels *lw_kernels_of(lw_isa isa);
/** The same with a sentence. @return LW_OK or LW_ERR_ARGUMENT. */
lw_status lw_kernels_find(lw_isa isa, const lw_kernels **out, lw_error *err);

#endif
