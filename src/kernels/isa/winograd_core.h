/**
 * @file winograd_core.h
 * Template: a tile's inputs to Winograd's domain, and its products back (winograd.h has the formula).
 */
#ifndef LW_KERNELS_ISA_WINOGRAD_CORE_H
#define LW_KERNELS_ISA_WINOGRAD_CORE_H

#include "kernels/isa/kernels_table.h"
#include "kernels/isa/vector.h"

enum { IN_L = LW_WINOGRAD_IN_L, IN_T = LW_WINOGRAD_IN_T, OUT_L = LW_WINOGRAD_OUT_L, OUT_T = LW_WINOGRAD_OUT_T };

/** B_t^T x: six samples of a lead. */
LW_INLINE void winograd_samples_in(const vf *x, vf *v) {
    v[0] = x[0] - x[2] * 2.0f + x[4] + (x[3] - x[1]) * 1.5f;
    v[1] = x[2] * 0.5f + x[3] * 2.5f + (x[4] - x[1]);
    v[2] = x[2] * 2.5f - x[3] * 0.5f - (x[1] + x[4]);
    v[3] = (x[1] - x[3]) + (x[2] - x[4]) * 0.5f;
    v[4] = (x[1] - x[3]) * 0.5f - (x[2] - x[4]);
    v[5] = x[1] - x[3] * 2.0f + x[5] + (x[4] - x[2]) * 1.5f;
}

/** B_l^T x: four leads at one point, `step` vectors apart. */
LW_INLINE void winograd_leads_in(vf *v, ptrdiff_t step) {
    const vf x0 = v[0], x1 = v[step], x2 = v[2 * step], x3 = v[3 * step];
    v[0] = x0 - x2;
    v[step] = x1 + x2;
    v[2 * step] = x2 - x1;
    v[3 * step] = x3 - x1;
}

/** A_t^T m: six points to four samples. */
LW_INLINE void winograd_samples_out(const vf *m, vf *y) {
    const vf sum = m[1] + m[2], difference = m[1] - m[2];
    y[0] = m[0] + sum + m[3] + m[4];
    y[1] = difference + m[3] * 0.5f - m[4] * 2.0f;
    y[2] = sum + m[3] * 0.25f + m[4] * 4.0f;
    y[3] = difference + m[3] * 0.125f - m[4] * 8.0f + m[5];
}

LW_INLINE vf load_channels(const float *x, int count) { return count >= LW_LANES ? load(x) : load_part(x, count); }

static void kernel_winograd_input(const lw_winograd_tile *tile, const float *x, float *points) {
    for (int c = 0; c < tile->channels; c += LW_LANES) {
        vf v[IN_L * IN_T];
        for (int i = 0; i < IN_L; i++) {
            const int h = tile->lead - 1 + i;
            vf row[IN_T];
            for (int j = 0; j < IN_T; j++) {
                const int t = tile->sample - 1 + j;
                const bool inside = h >= 0 && h < tile->leads && t >= 0 && t < tile->samples;
                const float *from = x + ((ptrdiff_t)h * tile->samples + t) * tile->channels + c;
                row[j] = inside ? load_channels(from, tile->channels - c) : broadcast(0.0f);
            }
            winograd_samples_in(row, v + i * IN_T);
        }
        for (int j = 0; j < IN_T; j++)
            winograd_leads_in(v + j, IN_T);
        for (int p = 0; p < IN_L * IN_T; p++)
            store(points + p * tile->point_stride + c, v[p]);
    }
}

/** One lead's outputs of a tile, with bias and relu, as far as they exist. */
LW_INLINE void winograd_store_lead(const lw_winograd_tile *tile, const vf *y, vf bias, vf floor, int channels,
                                   float *to) {
    for (int j = 0; j < OUT_T && tile->sample + j < tile->samples; j++, to += tile->channels) {
        const vf value = at_least(y[j] + bias, floor);
        if (channels >= LW_LANES)
            store(to, value);
        else
            store_part(to, value, channels);
    }
}

static void kernel_winograd_output(const lw_winograd_tile *tile, const float *points, const float *bias, bool relu,
                                   float *y) {
    const vf floor = broadcast(relu ? 0.0f : -__builtin_inff());
    for (int c = 0; c < tile->channels; c += LW_LANES) {
        const int channels = tile->channels - c;
        const vf shift = bias ? load_channels(bias + c, channels) : broadcast(0.0f);
        vf upper[IN_T], lower[IN_T], out[OUT_T];
        for (int j = 0; j < IN_T; j++) {
            const float *m = points + j * tile->point_stride + c;
            const ptrdiff_t row = IN_T * tile->point_stride;
            const vf m1 = load(m + row), m2 = load(m + 2 * row);
            upper[j] = load(m) + m1 + m2;
            lower[j] = m1 - m2 + load(m + 3 * row);
        }
        float *to = y + ((ptrdiff_t)tile->lead * tile->samples + tile->sample) * tile->channels + c;
        winograd_samples_out(upper, out);
        winograd_store_lead(tile, out, shift, floor, channels, to);
        if (tile->lead + 1 == tile->leads)
            continue;
        winograd_samples_out(lower, out);
        winograd_store_lead(tile, out, shift, floor, channels, to + (ptrdiff_t)tile->samples * tile->channels);
    }
}

#endif
