/**
 * @file fft.h
 * Plans of complex Fourier transforms whose length is made of 2, 3 and 5.
 *
 * Stockham's form: stage by stage between two buffers, radices 8, 4, 5, 3 and 2, no reordering pass. With n points left,
 * s transforms side by side and e(z) = exp(-2 pi sqrt(-1) z), a stage of radix r computes, for p < n / r and q < s,
 *
 *     y[q + s (r p + j)] = e(p j / n) * sum_i e(i j / r) x[q + s (p + i n / r)].
 *
 * Every point is a pair of vectors, one lane a channel, so that no stage shuffles lanes. There is no inverse transform:
 * an inverse is the forward transform read backwards. Source: C. Van Loan, Computational Frameworks for the Fast
 * Fourier Transform, SIAM 1992, section 1.7.
 */
#ifndef LW_KERNELS_FFT_H
#define LW_KERNELS_FFT_H

#include <stdbool.h>

#include "leadwise/leadwise.h"

enum { LW_FFT_STAGES_MAX = 12, LW_FFT_POINTS_MAX = 4096 };

typedef struct lw_fft {
    int points;
    int stages;
    int radix[LW_FFT_STAGES_MAX];
    /** Of each stage: [p < n / r][1 <= j < r] cosine and sine of -2 pi p j / n. */
    const float *twiddle[LW_FFT_STAGES_MAX];
    float *storage; /**< owned: all twiddles */
} lw_fft;

/** Whether a transform of so many points can be planned: 1 to LW_FFT_POINTS_MAX, made of 2, 3 and 5. */
bool lw_fft_supports(int points);
/** Plan a transform of a supported length. @return LW_OK or LW_ERR_NO_MEMORY. Release with lw_fft_release. */
lw_status lw_fft_plan(int points, lw_fft *out, lw_error *err);
void lw_fft_release(lw_fft *fft);

#endif
