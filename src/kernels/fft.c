/* This file plans a transform: its factors and its twiddles. */
#include "kernels/fft.h"

#include <math.h>
#include <stddef.h>
#include <stdlib.h>

#include "base/error.h"
#include "base/memory.h"

bool lw_fft_supports(int points) {
    if (points < 1 || points > LW_FFT_POINTS_MAX)
        return false;
    for (int prime = 2; prime <= 5; prime++)
        while (points % prime == 0)
            points /= prime;
    return points == 1;
}

/** The next radix for n points: few, wide stages, but 4 * 4 rather than 8 * 2. */
static int next_radix(int n) {
    if (n % 8 == 0 && !(n % 16 == 0 && n % 32 != 0))
        return 8;
    if (n % 4 == 0)
        return 4;
    return n % 5 == 0 ? 5 : n % 3 == 0 ? 3 : 2;
}

/** Fill one stage's twiddles for n points and return the place after them. */
static float *fill_twiddles(float *twiddle, int n, int radix) {
    const double full_turn = 6.283185307179586476925;
    for (int p = 0; p < n / radix; p++) {
        for (int j = 1; j < radix; j++) {
            double angle = -full_turn * (double)(p * j) / (double)n;
            *twiddle++ = (float)cos(angle);
            *twiddle++ = (float)sin(angle);
        }
    }
    return twiddle;
}

lw_status lw_fft_plan(int points, lw_fft *out, lw_error *err) {
    lw_fft fft = {.points = points};
    size_t floats = 0;
    for (int n = points; n > 1; n /= fft.radix[fft.stages++]) {
        fft.radix[fft.stages] = next_radix(n);
        floats += 2 * (size_t)n;
    }
    fft.storage = lw_calloc(floats, sizeof(float));
    if (!fft.storage)
        return lw_fail_no_memory(err, "a Fourier transform");
    float *twiddle = fft.storage;
    int n = points;
    for (int stage = 0; stage < fft.stages; stage++) {
        fft.twiddle[stage] = twiddle;
        twiddle = fill_twiddles(twiddle, n, fft.radix[stage]);
        n /= fft.radix[stage];
    }
    *out = fft;
    return LW_OK;
}

void lw_fft_release(lw_fft *fft) {
    free(fft->storage);
    *fft = (lw_fft){0};
}
