/**
 * @file each_set.h
 * Include the template LW_TEMPLATE, a file in quotes, once for each instruction set of the processor family.
 *
 * For each, the compiler is switched to the set, and LW_SET is its name, LW_SET_ISA its lw_isa, LW_VECTOR_FLOATS the floats of
 * a vector and LW_REGISTERS the number of vector registers. System headers come before; names in the template carry
 * LW_NAME. This file has no guard, as it declares nothing itself.
 */
#include "base/isa/isa.h"

#define LW_SET scalar
#define LW_SET_ISA LW_ISA_SCALAR
#define LW_VECTOR_FLOATS 1
#define LW_REGISTERS 16
#include "base/isa/target_begin.h"
#include LW_TEMPLATE
#include "base/isa/target_end.h"

#if defined(__x86_64__)
#define LW_SET sse2
#define LW_SET_ISA LW_ISA_SSE2
#define LW_TARGET LW_TARGET_SSE2
#define LW_VECTOR_FLOATS 4
#define LW_REGISTERS 16
#include "base/isa/target_begin.h"
#include LW_TEMPLATE
#include "base/isa/target_end.h"

#define LW_SET avx2
#define LW_SET_ISA LW_ISA_AVX2
#define LW_TARGET LW_TARGET_AVX2
#define LW_VECTOR_FLOATS 8
#define LW_REGISTERS 16
#include "base/isa/target_begin.h"
#include LW_TEMPLATE
#include "base/isa/target_end.h"

#define LW_SET avx512
#define LW_SET_ISA LW_ISA_AVX512
#define LW_TARGET LW_TARGET_AVX512
#define LW_VECTOR_FLOATS 16
#define LW_REGISTERS 32
#include "base/isa/target_begin.h"
#include LW_TEMPLATE
#include "base/isa/target_end.h"
#elif defined(__aarch64__)
#define LW_SET neon
#define LW_SET_ISA LW_ISA_NEON
#define LW_VECTOR_FLOATS 4
#define LW_REGISTERS 32
#include "base/isa/target_begin.h"
#include LW_TEMPLATE
#include "base/isa/target_end.h"
#endif
