/**
 * @file spectral_core.h
 * Template: spectra of patches of a tensor [lead][sample][channel], and back.
 *
 * Two vectors of channels, A and B, make one complex signal A + iB along samples. Its transform Z gives both spectra,
 *
 *     A^[k] = (Z[k] + conj Z[-k]) / 2,   B^[k] = (Z[k] - conj Z[-k]) / 2i,
 *
 * of which k = 0 ... points / 2 are kept, the rest being their conjugates. Then, for each k and each of A and B, a
 * complex transform along leads. Synthesis goes the same way back with forward transforms only: the transform of the
 * spectrum of x is x reversed, that of its conjugate is x as it stands. Spectra to be synthesised have the conjugacy
 * opposite to analysed ones of the same side (spectral.c says why), so that both use the tile's positions alike.
 */
#ifndef LW_KERNELS_ISA_SPECTRAL_CORE_H
#define LW_KERNELS_ISA_SPECTRAL_CORE_H

#include "kernels/isa/fft_core.h"
#include "kernels/isa/kernels_table.h"

/** The parts of a thread's work space: [lead][A or B][k] half spectra, and two pairs of transform
 * buffers. */
typedef struct spectral_work {
    cv *rows;
    cv *t0, *t1;
    cv *l0, *l1;
    ptrdiff_t bins; /**< k = 0 ... bins - 1 */
} spectral_work;

static ptrdiff_t kernel_spectral_work_floats(const lw_fft *fft_t, const lw_fft *fft_l, int leads) {
    ptrdiff_t points = 2 * (fft_t->points + fft_l->points) + 2 * leads * (fft_t->points / 2 + 1);
    return points * 2 * LW_LANES;
}

static spectral_work carve(const lw_spectral_patch *p, float *work) {
    spectral_work w = {.bins = p->fft_t->points / 2 + 1};
    w.t0 = (cv *)work;
    w.t1 = w.t0 + p->fft_t->points;
    w.l0 = w.t1 + p->fft_t->points;
    w.l1 = w.l0 + p->fft_l->points;
    w.rows = w.l1 + p->fft_l->points;
    return w;
}

/** Where a tile's elements lie in its transform: a position and a direction, both taken modulo the length. */
typedef struct cursor {
    int position, step, points;
} cursor;

LW_INLINE cursor cursor_start(const lw_tile *tile, int points) {
    int position = (tile->begin - tile->origin) % points;
    return (cursor){tile->reversed ? (points - position) % points : position, tile->reversed ? -1 : 1, points};
}

LW_INLINE void cursor_next(cursor *c) {
    c->position += c->step;
    if (c->position == c->points)
        c->position = 0;
    if (c->position < 0)
        c->position = c->points - 1;
}

/** Zeros from the cursor on, to the `count` positions that a tile leaves. */
LW_INLINE void clear_rest(cursor at, int count, cv *to) {
    for (int i = 0; i < count; i++, cursor_next(&at))
        to[at.position] = (cv){broadcast(0.0f), broadcast(0.0f)};
}

/** Channels of the second vector of a pair. */
LW_INLINE int second_half(int channels) { return channels > LW_LANES ? channels - LW_LANES : 0; }

/** One lead's samples of the tile to t0, zeros elsewhere. */
static void gather_row(const lw_spectral_patch *p, const float *x, cv *to) {
    const int b_channels = second_half(p->channels), a_channels = p->channels - b_channels;
    cursor at = cursor_start(&p->tile_t, p->fft_t->points);
    x += p->tile_t.begin * p->sample_stride;
    if (b_channels == LW_LANES)
        for (int e = p->tile_t.begin; e < p->tile_t.end; e++, x += p->sample_stride, cursor_next(&at))
            to[at.position] = (cv){load(x), load(x + LW_LANES)};
    else
        for (int e = p->tile_t.begin; e < p->tile_t.end; e++, x += p->sample_stride, cursor_next(&at))
            to[at.position] = (cv){load_part(x, a_channels), load_part(x + a_channels, b_channels)};
    clear_rest(at, p->fft_t->points - (p->tile_t.end - p->tile_t.begin), to);
}

/** The half spectra of A and B from that of A + iB. */
static void separate(const cv *z, int points, ptrdiff_t bins, cv *a, cv *b) {
    for (ptrdiff_t k = 0; k < bins; k++) {
        cv u = z[k], v = z[k ? points - k : 0];
        a[k] = (cv){(u.re + v.re) * 0.5f, (u.im - v.im) * 0.5f};
        b[k] = (cv){(u.im + v.im) * 0.5f, (v.re - u.re) * 0.5f};
    }
}

/** The spectrum of A + iB from the half spectra of A and B. */
static void join(const cv *a, const cv *b, int points, ptrdiff_t bins, cv *z) {
    for (ptrdiff_t k = 0; k < bins; k++) {
        z[k] = (cv){a[k].re - b[k].im, a[k].im + b[k].re};
        if (k > 0 && k < points - k)
            z[points - k] = (cv){a[k].re + b[k].im, b[k].re - a[k].im};
    }
}

LW_INLINE void put(float *to, ptrdiff_t plane, cv value, bool stream) {
    if (stream) {
        LW_STREAM(to, value.re);
        LW_STREAM(to + plane, value.im);
    } else {
        store(to, value.re);
        store(to + plane, value.im);
    }
}

/** Transform along the leads of one tile and put the bins of one k in their places. */
static void analyse_leads(const lw_spectral_patch *p, const lw_tile *tile, const spectral_work *w, ptrdiff_t k,
                          int half, float *to, bool stream) {
    const int points = p->fft_l->points;
    cursor at = cursor_start(tile, points);
    for (int h = tile->begin; h < tile->end; h++, cursor_next(&at))
        w->l0[at.position] = w->rows[(2 * h + half) * w->bins + k];
    clear_rest(at, points - (tile->end - tile->begin), w->l0);
    const cv *result = transform(p->fft_l, w->l0, w->l1);
    for (int l = 0; l < points; l++)
        put(to + l * p->bin_stride, p->plane_stride, result[l], stream);
}

static void kernel_analyse(const lw_spectral_patch *p, const float *x, float *spectrum, bool stream, float *work) {
    const spectral_work w = carve(p, work);
    const int halves = p->channels > LW_LANES ? 2 : 1, points_l = p->fft_l->points;
    for (int h = 0; h < p->leads; h++) {
        gather_row(p, x + h * p->lead_stride, w.t0);
        cv *row = w.rows + 2 * h * w.bins;
        separate(transform(p->fft_t, w.t0, w.t1), p->fft_t->points, w.bins, row, row + w.bins);
    }
    for (ptrdiff_t k = 0; k < w.bins; k++) {
        for (int i = 0; i < p->tile_l_count; i++) {
            float *to = spectrum + k * points_l * p->bin_stride + i * p->tile_stride;
            for (int half = 0; half < halves; half++)
                if (points_l > 1)
                    analyse_leads(p, &p->tile_l[i], &w, k, half, to + half * LW_LANES, stream);
                else
                    put(to + half * LW_LANES, p->plane_stride, w.rows[(2 * i + half) * w.bins + k], stream);
        }
    }
}

/** How many values of k ahead bins are fetched: every bin lies in another line, which no hardware prefetcher foresees.
 */
enum { AHEAD = 2 };

/** Transform one k's bins back along the leads of one tile and add them to the rows of its leads. */
static void synthesise_leads(const lw_spectral_patch *p, const lw_tile *tile, const spectral_work *w, ptrdiff_t k,
                             int half, const float *from, bool add) {
    const int points = p->fft_l->points;
    const ptrdiff_t ahead = AHEAD * points * p->bin_stride;
    for (int l = 0; l < points; l++, from += p->bin_stride) {
        __builtin_prefetch(from + ahead);
        __builtin_prefetch(from + ahead + p->plane_stride);
        w->l0[l] = (cv){load(from), load(from + p->plane_stride)};
    }
    const cv *result = transform(p->fft_l, w->l0, w->l1);
    cursor at = cursor_start(tile, points);
    for (int h = tile->begin; h < tile->end; h++, cursor_next(&at)) {
        cv *row = &w->rows[(2 * h + half) * w->bins + k];
        *row = add ? c_add(*row, result[at.position]) : result[at.position];
    }
}

/** One sample of one vector of channels: scale, bias, add, relu. */
LW_INLINE void finish_sample(const lw_spectral_finish *f, vf value, vf bias, vf floor, int channels, float *y) {
    value = value * f->scale + bias;
    if (channels == LW_LANES) {
        if (f->add)
            value += load(y);
        store(y, at_least(value, floor));
    } else if (channels > 0) {
        if (f->add)
            value += load_part(y, channels);
        store_part(y, at_least(value, floor), channels);
    }
}

/** The tile's samples of one lead to the tensor. */
static void scatter_row(const lw_spectral_patch *p, const cv *from, const lw_spectral_finish *finish, float *y) {
    const int b_channels = second_half(p->channels), a_channels = p->channels - b_channels;
    const vf floor = broadcast(finish->relu ? 0.0f : -__builtin_inff());
    vf a_bias = broadcast(0.0f), b_bias = broadcast(0.0f);
    if (finish->bias) {
        a_bias = load_part(finish->bias, a_channels);
        b_bias = load_part(finish->bias + a_channels, b_channels);
    }
    cursor at = cursor_start(&p->tile_t, p->fft_t->points);
    y += p->tile_t.begin * p->sample_stride;
    for (int e = p->tile_t.begin; e < p->tile_t.end; e++, y += p->sample_stride, cursor_next(&at)) {
        finish_sample(finish, from[at.position].re, a_bias, floor, a_channels, y);
        finish_sample(finish, from[at.position].im, b_bias, floor, b_channels, y + a_channels);
    }
}

/** Lead tiles that overlap add up, which may be done before the transform along samples: it is linear. */
static void kernel_synthesise(const lw_spectral_patch *p, const float *spectrum, const lw_spectral_finish *finish,
                              float *y, float *work) {
    const spectral_work w = carve(p, work);
    const int halves = p->channels > LW_LANES ? 2 : 1, points_l = p->fft_l->points;
    const bool add = p->tile_l_count > 1 && points_l > 1;
    if (add || halves == 1)
        memset(w.rows, 0, 2 * (size_t)p->leads * (size_t)w.bins * sizeof(cv));
    for (ptrdiff_t k = 0; k < w.bins; k++) {
        for (int i = 0; i < p->tile_l_count; i++) {
            const float *from = spectrum + k * points_l * p->bin_stride + i * p->tile_stride;
            for (int half = 0; half < halves; half++) {
                const float *bin = from + half * LW_LANES;
                if (points_l > 1)
                    synthesise_leads(p, &p->tile_l[i], &w, k, half, bin, add);
                else
                    w.rows[(2 * i + half) * w.bins + k] = (cv){load(bin), load(bin + p->plane_stride)};
            }
        }
    }
    for (int h = 0; h < p->leads; h++) {
        const cv *row = w.rows + 2 * h * w.bins;
        join(row, row + w.bins, p->fft_t->points, w.bins, w.t0);
        scatter_row(p, transform(p->fft_t, w.t0, w.t1), finish, y + h * p->lead_stride);
    }
}

/** Up to lanes x lanes elements, rows becoming columns; what is missing becomes 0. */
LW_INLINE void transpose_square(int rows, int columns, const float *from, float *to, ptrdiff_t stride) {
    for (int j = 0; j < columns; j++)
        for (int i = 0; i < LW_LANES; i++)
            to[j * stride + i] = i < rows ? from[i * stride + j] : 0.0f;
}

static void kernel_transpose_bin(int rows, int columns, const float *from, float *to) {
    enum { PANEL = 2 * LW_LANES, ROW = 2 * PANEL };
    for (int r = 0; r < rows; r += LW_LANES) {
        for (int c = 0; c < columns; c += LW_LANES) {
            const float *source = from + ((ptrdiff_t)(c / PANEL) * rows + r) * ROW + c % PANEL;
            float *target = to + ((ptrdiff_t)(r / PANEL) * columns + c) * ROW + r % PANEL;
            const int r_count = rows - r < LW_LANES ? rows - r : LW_LANES;
            const int c_count = columns - c < LW_LANES ? columns - c : LW_LANES;
            for (int plane = 0; plane < 2; plane++)
                transpose_square(r_count, c_count, source + plane * PANEL, target + plane * PANEL, ROW);
        }
    }
}

#endif
