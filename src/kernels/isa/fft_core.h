/**
 * @file fft_core.h
 * Template: Fourier transforms of vectors (plans and formula: fft.h). Every point is a pair (real, imaginary) of
 * vectors.
 */
#ifndef LW_KERNELS_ISA_FFT_CORE_H
#define LW_KERNELS_ISA_FFT_CORE_H

#include "kernels/fft.h"
#include "kernels/isa/vector.h"

/** A vector of complex numbers; in memory it needs no alignment, as callers own the blocks. */
typedef struct cv {
    vf_unaligned re, im;
} cv;

LW_INLINE cv c_add(cv a, cv b) { return (cv){a.re + b.re, a.im + b.im}; }
LW_INLINE cv c_sub(cv a, cv b) { return (cv){a.re - b.re, a.im - b.im}; }
LW_INLINE cv c_scale(cv a, float s) { return (cv){a.re * s, a.im * s}; }
/** a + s b */
LW_INLINE cv c_add_scaled(cv a, float s, cv b) { return (cv){a.re + b.re * s, a.im + b.im * s}; }
/** -i a */
LW_INLINE cv c_turn(cv a) { return (cv){a.im, -a.re}; }
/** (cosine + i sine) a */
LW_INLINE cv c_rotate(cv a, float cosine, float sine) {
    return (cv){a.re * cosine - a.im * sine, a.re * sine + a.im * cosine};
}

LW_INLINE void butterfly_2(cv *x) {
    cv a = x[0];
    x[0] = c_add(a, x[1]);
    x[1] = c_sub(a, x[1]);
}

LW_INLINE void butterfly_3(cv *x) {
    const float sine = 0.866025403784438647f; /* of a third of a turn */
    cv sum = c_add(x[1], x[2]);
    cv turned = c_turn(c_scale(c_sub(x[1], x[2]), sine));
    cv middle = c_add_scaled(x[0], -0.5f, sum);
    x[0] = c_add(x[0], sum);
    x[1] = c_add(middle, turned);
    x[2] = c_sub(middle, turned);
}

LW_INLINE void butterfly_4(cv *x) {
    cv even_sum = c_add(x[0], x[2]), even_difference = c_sub(x[0], x[2]);
    cv odd_sum = c_add(x[1], x[3]), odd_turned = c_turn(c_sub(x[1], x[3]));
    x[0] = c_add(even_sum, odd_sum);
    x[1] = c_add(even_difference, odd_turned);
    x[2] = c_sub(even_sum, odd_sum);
    x[3] = c_sub(even_difference, odd_turned);
}

LW_INLINE void butterfly_5(cv *x) {
    /* Cosines and sines of one and two fifths of a turn. */
    const float c1 = 0.309016994374947424f, c2 = -0.809016994374947424f;
    const float s1 = 0.951056516295153572f, s2 = 0.587785252292473129f;
    cv sum_14 = c_add(x[1], x[4]), difference_14 = c_sub(x[1], x[4]);
    cv sum_23 = c_add(x[2], x[3]), difference_23 = c_sub(x[2], x[3]);
    cv p = c_add_scaled(c_add_scaled(x[0], c1, sum_14), c2, sum_23);
    cv q = c_add_scaled(c_add_scaled(x[0], c2, sum_14), c1, sum_23);
    cv u = c_turn(c_add_scaled(c_scale(difference_14, s1), s2, difference_23));
    cv v = c_turn(c_add_scaled(c_scale(difference_14, s2), -s1, difference_23));
    x[0] = c_add(x[0], c_add(sum_14, sum_23));
    x[1] = c_add(p, u);
    x[2] = c_add(q, v);
    x[3] = c_sub(q, v);
    x[4] = c_sub(p, u);
}

/** Two transforms of four, of the even and the odd points, joined by eighths of a turn. */
LW_INLINE void butterfly_8(cv *x) {
    const float root = 0.707106781186547524f;
    cv even[4] = {x[0], x[2], x[4], x[6]}, odd[4] = {x[1], x[3], x[5], x[7]};
    butterfly_4(even);
    butterfly_4(odd);
    odd[1] = c_scale((cv){odd[1].re + odd[1].im, odd[1].im - odd[1].re}, root);
    odd[2] = c_turn(odd[2]);
    odd[3] = c_scale((cv){odd[3].im - odd[3].re, -odd[3].re - odd[3].im}, root);
#pragma GCC unroll 4
    for (int j = 0; j < 4; j++) {
        x[j] = c_add(even[j], odd[j]);
        x[j + 4] = c_sub(even[j], odd[j]);
    }
}

LW_INLINE void butterfly(const int radix, cv *x) {
    switch (radix) {
    case 2:
        butterfly_2(x);
        break;
    case 3:
        butterfly_3(x);
        break;
    case 4:
        butterfly_4(x);
        break;
    case 5:
        butterfly_5(x);
        break;
    default:
        butterfly_8(x);
        break;
    }
}

/** One butterfly of a stage: reads x[0], x[m s], x[2 m s], ..., writes y[0], y[s], y[2 s], ... */
LW_INLINE void stage_point(const int radix, const cv *x, cv *y, ptrdiff_t m, ptrdiff_t s, const float *twiddle) {
    cv point[8];
#pragma GCC unroll 8
    for (int j = 0; j < radix; j++)
        point[j] = x[j * m * s];
    butterfly(radix, point);
    y[0] = point[0];
#pragma GCC unroll 8
    for (int j = 1; j < radix; j++)
        y[j * s] = twiddle ? c_rotate(point[j], twiddle[2 * j - 2], twiddle[2 * j - 1]) : point[j];
}

/** A stage with m = n / radix; the first m butterflies (p = 0) need no twiddles. */
LW_INLINE void stage(const int radix, const cv *restrict x, cv *restrict y, ptrdiff_t m, ptrdiff_t s,
                     const float *twiddle) {
    for (ptrdiff_t q = 0; q < s; q++)
        stage_point(radix, x + q, y + q, m, s, NULL);
    for (ptrdiff_t p = 1; p < m; p++) {
        const float *t = twiddle + p * 2 * (radix - 1);
        for (ptrdiff_t q = 0; q < s; q++)
            stage_point(radix, x + q + s * p, y + q + s * radix * p, m, s, t);
    }
}

/** See lw_kernels.fft. */
static cv *transform(const lw_fft *fft, cv *a, cv *b) {
    ptrdiff_t m = fft->points, s = 1;
    for (int k = 0; k < fft->stages; k++) {
        const int radix = fft->radix[k];
        m /= radix;
        switch (radix) {
        case 2:
            stage(2, a, b, m, s, fft->twiddle[k]);
            break;
        case 3:
            stage(3, a, b, m, s, fft->twiddle[k]);
            break;
        case 4:
            stage(4, a, b, m, s, fft->twiddle[k]);
            break;
        case 5:
            stage(5, a, b, m, s, fft->twiddle[k]);
            break;
        default:
            stage(8, a, b, m, s, fft->twiddle[k]);
            break;
        }
        s *= radix;
        cv *other = a;
        a = b;
        b = other;
    }
    return a;
}

static float *kernel_fft(const lw_fft *fft, float *a, float *b) { return (float *)transform(fft, (cv *)a, (cv *)b); }

#endif
