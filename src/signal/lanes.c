#include "signal/lanes.h"

#include <math.h>
#include <string.h>
#if defined(__x86_64__)
#include <immintrin.h>
#endif

/* Keeps a short array of vectors in registers. */
#if defined(__clang__)
#define LANES_UNROLL _Pragma("clang loop unroll(enable)")
#else
#define LANES_UNROLL _Pragma("GCC unroll 16")
#endif

enum { SECTIONS_TOGETHER = 3 }; /* of a filter in one pass over the rows: the usual order's */

/* A vector of so many of the 16-bit numbers at `adc`, for which compilers find no short way. */
#define WIDEN_2(adc) ((vec){(adc)[0], (adc)[1]})
#define WIDEN_4(adc) _mm256_cvtepi32_pd(_mm_cvtepi16_epi32(_mm_loadl_epi64((const void *)(adc))))
#define WIDEN_8(adc) _mm512_cvtepi32_pd(_mm256_cvtepi16_epi32(_mm_loadu_si128((const void *)(adc))))

#define LANES_SET(set, width)                                                                                          \
    { #set, width, all_within_##set, load_##set, resample_##set, filter_##set, measure_##set }

#define LANES_NAME(x) x##_plain
#define LANES_WIDTH 2
#define LANES_WIDEN WIDEN_2
#define LANES_CHAINS 4
#define LANES_TARGET
#include "signal/lanes_body.h"

#if defined(__x86_64__)
#define LANES_NAME(x) x##_avx2
#define LANES_WIDTH 4
#define LANES_WIDEN WIDEN_4
#define LANES_CHAINS 4
#define LANES_TARGET __attribute__((target("avx2,fma")))
#include "signal/lanes_body.h"

#define LANES_NAME(x) x##_avx512
#define LANES_WIDTH 8
#define LANES_WIDEN WIDEN_8
#define LANES_CHAINS 8
#define LANES_TARGET __attribute__((target("avx512f,avx2,fma")))
#include "signal/lanes_body.h"

/* For groups of at most four leads: half the work, and twice the registers of AVX2. */
#define LANES_NAME(x) x##_avx512_half
#define LANES_WIDTH 4
#define LANES_WIDEN WIDEN_4
#define LANES_CHAINS 8
#define LANES_TARGET __attribute__((target("avx512f,avx512vl,avx2,fma")))
#include "signal/lanes_body.h"
#endif

/* Filled by the processor's abilities, so that index 0 is always the fastest that runs. */
const lw_lane_kernels *lw_lane_kernels_get(size_t i) {
    static const lw_lane_kernels plain = LANES_SET(plain, 2);
#if defined(__x86_64__)
    static const lw_lane_kernels avx2 = LANES_SET(avx2, 4), avx512 = LANES_SET(avx512, 8),
                                 avx512_half = LANES_SET(avx512_half, 4);
    if (__builtin_cpu_supports("avx512f") && i-- == 0)
        return &avx512;
    if (__builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512vl") && i-- == 0)
        return &avx512_half;
    if (__builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma") && i-- == 0)
        return &avx2;
#endif
    return i == 0 ? &plain : NULL;
}

const lw_lane_kernels *lw_lane_kernels_for(size_t lanes) {
    const lw_lane_kernels *fastest = lw_lane_kernels_get(0), *next = lw_lane_kernels_get(1);
    return fastest->width == LW_LANES && lanes <= LW_LANES / 2 && next ? next : fastest;
}
