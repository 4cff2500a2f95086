/**
 * @file isa.h
 * Instruction sets: what the compiler is asked for, and what the processor has.
 *
 * Vector code is written once as a template and compiled once an instruction set, within target_begin.h and
 * target_end.h; each_set.h includes a template for one set after the other. A table of functions is chosen at run time.
 */
#ifndef LW_BASE_ISA_ISA_H
#define LW_BASE_ISA_ISA_H

#include <stdbool.h>

#include "leadwise/leadwise.h"

/** The compiler's features of each set that is more than the processor family's minimum. */
#define LW_TARGET_SSE2 "sse2"
#define LW_TARGET_AVX2 "avx2,fma"
#define LW_TARGET_AVX512 "avx512f,avx512dq,avx512vl,avx2,fma"

/** A name of the set that is being compiled: LW_NAME(add) is add_avx2. */
#define LW_NAME_JOINED(name, set) name##_##set
#define LW_NAME_OF(name, set) LW_NAME_JOINED(name, set)
#define LW_NAME(name) LW_NAME_OF(name, LW_SET)

/** Whether this build has code for the set and this processor runs it; false for LW_ISA_BEST. Threads: safe. */
bool lw_isa_supported(lw_isa isa);
/** The set itself, or for LW_ISA_BEST the last that is supported. @return LW_OK or LW_ERR_ARGUMENT. Threads: safe. */
lw_status lw_isa_find(lw_isa isa, lw_isa *out, lw_error *err);

#endif
