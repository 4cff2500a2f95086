/* This file compiles the kernels for AVX-512: 32 registers of 16 floats. */
#if defined(__x86_64__)

#include <immintrin.h>

#define LW_SET avx512
#define LW_SET_ISA LW_ISA_AVX512
#define LW_TARGET LW_TARGET_AVX512
#define LW_LANES 16
#define LW_PANEL_VECTORS 4
#define LW_REAL_ROWS_1 12
#define LW_REAL_ROWS_2 12
#define LW_REAL_ROWS_3 6
#define LW_REAL_ROWS_4 6
#define LW_COMPLEX_ROWS_1 12
#define LW_COMPLEX_ROWS_2 6
#define LW_STREAM(to, value) _mm512_stream_ps((to), (__m512)(value))
#define LW_FENCE() _mm_sfence()

#include "kernels/isa/kernels_table.h"

/* From here to target_end.h the order matters. */
#include "base/isa/target_begin.h"

#include "kernels/isa/kernels_all.h"

#include "base/isa/target_end.h"

#endif
