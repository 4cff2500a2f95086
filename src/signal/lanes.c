/* This file compiles the inner loops of preparation once an instruction set, and chooses a set. */
#include "signal/lanes.h"

#include <assert.h>
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

#define LW_TEMPLATE "signal/lanes_body.h"
#include "base/isa/each_set.h"

#if defined(__x86_64__)
/* For groups of at most four leads: half the work, and twice the registers of AVX2. */
#define LW_SET avx512_half
#define LW_SET_ISA LW_ISA_AVX512
#define LW_TARGET LW_TARGET_AVX512
#define LW_VECTOR_FLOATS 8
#define LW_REGISTERS 32
#include "base/isa/target_begin.h"
#include LW_TEMPLATE
#include "base/isa/target_end.h"
#endif

/** Fastest first. */
static const lw_lane_kernels *const sets[] = {
#if defined(__x86_64__)
    &lanes_avx512, &lanes_avx512_half, &lanes_avx2, &lanes_sse2,
#elif defined(__aarch64__)
    &lanes_neon,
#endif
    &lanes_scalar,
};
enum { SETS = sizeof sets / sizeof sets[0] };

const lw_lane_kernels *lw_lane_kernels_get(size_t i) {
    for (size_t k = 0; k < SETS; k++)
        if (lw_isa_supported(sets[k]->isa) && i-- == 0)
            return sets[k];
    return NULL;
}

const lw_lane_kernels *lw_lane_kernels_for(lw_isa isa, size_t lanes) {
    const lw_lane_kernels *best = NULL;
    for (size_t k = 0; k < SETS; k++)
        if (sets[k]->isa == isa && (!best || lanes <= sets[k]->width))
            best = sets[k];
    assert(best && lw_isa_supported(isa));
    return best;
}
