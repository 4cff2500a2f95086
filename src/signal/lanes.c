#include "signal/lanes.h"

#include <math.h>
#include <string.h>

/* Keeps a short array of vectors in registers; clang does so unasked. */
#if defined(__clang__)
#define LANES_UNROLL
#else
#define LANES_UNROLL _Pragma("GCC unroll 16")
#endif

#define LANES_SET(set)                                                                                                 \
    { #set, all_within_##set, load_##set, resample_##set, filter_##set, measure_##set }

#define LANES_NAME(x) x##_plain
#define LANES_WIDTH 2
#define LANES_TARGET
#include "signal/lanes_body.h"
#undef LANES_NAME
#undef LANES_WIDTH
#undef LANES_TARGET

#if defined(__x86_64__)
#define LANES_NAME(x) x##_avx2
#define LANES_WIDTH 4
#define LANES_TARGET __attribute__((target("avx2,fma")))
#include "signal/lanes_body.h"
#undef LANES_NAME
#undef LANES_WIDTH
#undef LANES_TARGET

#define LANES_NAME(x) x##_avx512
#define LANES_WIDTH 8
#define LANES_TARGET __attribute__((target("avx512f,avx2,fma")))
#include "signal/lanes_body.h"
#undef LANES_NAME
#undef LANES_WIDTH
#undef LANES_TARGET
#endif

/* Filled by the processor's abilities, so that index 0 is always the fastest that runs. */
const lw_lane_kernels *lw_lane_kernels_get(size_t i) {
    static const lw_lane_kernels plain = LANES_SET(plain);
#if defined(__x86_64__)
    static const lw_lane_kernels avx2 = LANES_SET(avx2), avx512 = LANES_SET(avx512);
    if (__builtin_cpu_supports("avx512f") && i-- == 0)
        return &avx512;
    if (__builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma") && i-- == 0)
        return &avx2;
#endif
    return i == 0 ? &plain : NULL;
}
