/**
 * @file kernel_check.h
 * Checks of the vector kernels against their definitions in double; they need no test framework, so that they also run
 * on processors for which there is none here (tools/check_arm64.sh).
 *
 * Each returns true, or false with a sentence in `why`.
 */
#ifndef LW_TESTS_KERNEL_CHECK_H
#define LW_TESTS_KERNEL_CHECK_H

#include <stdbool.h>
#include <stdint.h>

#include "kernels/conv.h"
#include "kernels/isa/kernels_table.h"

enum { LWT_WHY = 256 };

/** Every supported transform length up to 400 against the sum that defines it. */
bool lwt_check_fft(const lw_kernels *kernels, char why[LWT_WHY]);
/** Real products of random sizes and strides, with bias, accumulation, relu and ragged edges; nothing written outside.
 */
bool lwt_check_real_product(const lw_kernels *kernels, char why[LWT_WHY]);
/** Complex products of random sizes. */
bool lwt_check_complex_product(const lw_kernels *kernels, char why[LWT_WHY]);
/** Transposing bins of packed weights, and sums of columns. */
bool lwt_check_transpose_and_sums(const lw_kernels *kernels, char why[LWT_WHY]);

/** A shape whose definition is cheap to compute: kernels up to 6 x 31, up to 12 leads, up to 256 channels. */
lw_conv_shape lwt_random_shape(uint64_t seed, int stride_max);

/**
 * One convolution planned with `tuning`: y with and without bias and relu, dx, dweight and dbias against the definition
 * (relative error 2e-6 forward, 5e-6 backward), also with fewer records than planned, and the same bytes with 1 and 3
 * threads.
 */
bool lwt_check_conv(const lw_conv_shape *shape, const lw_tuning *tuning, uint64_t seed, char why[LWT_WHY]);

/** The same for inference, which has methods of its own: y alone, within 2e-6. */
bool lwt_check_inference(const lw_conv_shape *shape, const lw_tuning *tuning, uint64_t seed, char why[LWT_WHY]);

#endif
