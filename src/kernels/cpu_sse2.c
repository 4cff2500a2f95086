/* This file compiles the kernels for SSE2: 16 registers of 4 floats, no fused multiply-add. */
#if defined(__x86_64__)

#include <immintrin.h>

#define LW_SET sse2
#define LW_SET_ISA LW_ISA_SSE2
#define LW_TARGET LW_TARGET_SSE2
#define LW_LANES 4
#define LW_PANEL_VECTORS 2
#define LW_REAL_ROWS_1 12
#define LW_REAL_ROWS_2 5
#define LW_REAL_ROWS_3 0
#define LW_REAL_ROWS_4 0
#define LW_COMPLEX_ROWS_1 4
#define LW_COMPLEX_ROWS_2 2
#define LW_STREAM(to, value) _mm_stream_ps((to), (__m128)(value))
#define LW_FENCE() _mm_sfence()

#include "kernels/isa/kernels_table.h"

/* From here to target_end.h the order matters. */
#include "base/isa/target_begin.h"

#include "kernels/isa/kernels_all.h"

#include "base/isa/target_end.h"

#endif
