/**
 * @file cpu.h
 * Instruction sets: which are built, which this processor has, and the kernels of each.
 *
 * The vector code is written once (src/kernels/isa/) and compiled once an instruction set (cpu_<name>.c), each of which
 * fills one table of functions. The portable table comes first; a faster one replaces it when the processor allows.
 */
#ifndef LW_KERNELS_CPU_H
#define LW_KERNELS_CPU_H

#include <stdbool.h>

/** From plain C to the widest vectors. LW_ISA_BEST stands for the last one that this processor has. */
typedef enum lw_isa {
    LW_ISA_BEST,
    LW_ISA_SCALAR,
    LW_ISA_SSE2,
    LW_ISA_NEON,
    LW_ISA_AVX2,
    LW_ISA_AVX512,
    LW_ISA_COUNT
} lw_isa;

struct lw_kernels;

/** "scalar", "sse2", "neon", "avx2", "avx512", or "best". */
const char *lw_isa_name(lw_isa isa);
/** The instruction set of that name; false when there is none. */
bool lw_isa_parse(const char *name, lw_isa *isa);

/** The kernels of an instruction set; NULL when they are not in this build or this processor cannot run them. Threads:
 * safe. */
const struct lw_kernels *lw_kernels_of(lw_isa isa);

#endif
