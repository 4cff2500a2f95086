/* This file compiles the kernels in plain C, for any processor: vectors of one float. */
#define LW_SET scalar
#define LW_SET_ISA LW_ISA_SCALAR
#define LW_LANES 1
#define LW_PANEL_VECTORS 4
#define LW_REAL_ROWS_1 4
#define LW_REAL_ROWS_2 4
#define LW_REAL_ROWS_3 3
#define LW_REAL_ROWS_4 2
#define LW_COMPLEX_ROWS_1 4
#define LW_COMPLEX_ROWS_2 2
#define LW_STREAM(to, value) store((to), (value))
#define LW_FENCE() (void)0

#include "kernels/isa/kernels_all.h"
