/**
 * @file gemm.h
 * What the convolution methods share around their products: threads' numbers and sums over rows.
 */
#ifndef LW_KERNELS_GEMM_H
#define LW_KERNELS_GEMM_H

#include "kernels/isa/kernels_table.h"

/** The calling thread's number within its team. */
int lw_thread_number(void);

/** Floats of scratch of lw_bias_gradient. */
ptrdiff_t lw_bias_gradient_floats(int channels);
/** dbias[channels] = sum over rows of dy[rows][channels], in an order that does not depend on `threads`. */
void lw_bias_gradient(const lw_kernels *kernels, int threads, const float *dy, ptrdiff_t rows, int channels,
                      float *dbias, float *scratch);

/** Whole parts of size b that cover a. */
static inline int lw_ceil_div(int a, int b) { return (a + b - 1) / b; }

/** `floats` rounded up, so that what follows in a block starts at a cache line. */
static inline ptrdiff_t lw_round_line(ptrdiff_t floats) { return (floats + 15) & ~(ptrdiff_t)15; }

#endif
