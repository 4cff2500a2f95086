/* This file compiles the kernels for AVX2 with FMA: 16 registers of 8 floats. */
#if defined(__x86_64__)

#include <immintrin.h>

#define LW_SET avx2
#define LW_SET_ISA LW_ISA_AVX2
#define LW_TARGET LW_TARGET_AVX2
#define LW_LANES 8
#define LW_PANEL_VECTORS 2
#define LW_REAL_ROWS_1 12
#define LW_REAL_ROWS_2 6
#define LW_REAL_ROWS_3 0
#define LW_REAL_ROWS_4 0
#define LW_COMPLEX_ROWS_1 5
#define LW_COMPLEX_ROWS_2 2
#define LW_STREAM(to, value) _mm256_stream_ps((to), (__m256)(value))
#define LW_FENCE() _mm_sfence()

#include "kernels/isa/kernels_table.h"

/* From here to target_end.h the order matters. */
#include "base/isa/target_begin.h"

#include "kernels/isa/kernels_all.h"

#include "base/isa/target_end.h"

#endif
