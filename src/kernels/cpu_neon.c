/* The kernels for 64-bit ARM: 32 registers of 4 floats, which every such processor has. */
#if defined(__aarch64__)

#define LW_SET neon
#define LW_SET_ISA LW_ISA_NEON
#define LW_LANES 4
#define LW_PANEL_VECTORS 4
#define LW_REAL_ROWS_1 12
#define LW_REAL_ROWS_2 12
#define LW_REAL_ROWS_3 6
#define LW_REAL_ROWS_4 6
#define LW_COMPLEX_ROWS_1 12
#define LW_COMPLEX_ROWS_2 6
#define LW_STREAM(to, value) store((to), (value))
#define LW_FENCE() (void)0

#include "kernels/isa/kernels_all.h"

#endif
