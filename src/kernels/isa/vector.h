/**
 * @file vector.h
 * Vectors of LW_LANES floats in the compilers' own vector extensions: what the templates of this folder are written in.
 *
 * Not for general inclusion: a file cpu_<name>.c defines LW_LANES, LW_STREAM and LW_FENCE, switches the compiler to its
 * instruction set (target_begin.h), and includes the templates one after the other; all they define is static.
 */
#ifndef LW_KERNELS_ISA_VECTOR_H
#define LW_KERNELS_ISA_VECTOR_H

#include <stdint.h>
#include <string.h>

#if defined(__x86_64__) && !defined(__clang__) &&                                                                      \
    ((LW_LANES == 16 && !defined(__AVX512F__)) || (LW_LANES == 8 && !defined(__AVX2__)))
#error "target_begin.h comes before the templates"
#endif

#define LW_INLINE static inline __attribute__((always_inline))

#if LW_LANES == 1
typedef float vf;
typedef float vf_unaligned;
#else
typedef float vf __attribute__((vector_size(LW_LANES * 4)));
typedef float vf_unaligned __attribute__((vector_size(LW_LANES * 4), aligned(4), may_alias));
typedef int32_t vi __attribute__((vector_size(LW_LANES * 4)));
#endif

LW_INLINE vf load(const float *from) { return *(const vf_unaligned *)from; }

LW_INLINE void store(float *to, vf value) { *(vf_unaligned *)to = value; }

/** All lanes the same. Written as a difference because x + 0 is not x for x = -0, which would cost an instruction. */
LW_INLINE vf broadcast(float value) { return value - (vf){0}; }

/** The larger lane by lane; a NaN in `value` stays. */
LW_INLINE vf at_least(vf value, vf floor) {
#if LW_LANES == 1
    return value < floor ? floor : value;
#else
    vi below = (vi)(value < floor);
    return (vf)(((vi)floor & below) | ((vi)value & ~below));
#endif
}

/** The first `count` lanes, the others 0. */
LW_INLINE vf load_part(const float *from, int count) {
    float lanes[LW_LANES] = {0};
    memcpy(lanes, from, (size_t)count * sizeof(float));
    return load(lanes);
}

LW_INLINE void store_part(float *to, vf value, int count) {
    float lanes[LW_LANES];
    store(lanes, value);
    memcpy(to, lanes, (size_t)count * sizeof(float));
}

#endif
