/**
 * @file kernels_all.h
 * Template: every kernel of one instruction set and the table of them. A file cpu_<name>.c defines what vector.h
 * and gemm_core.h ask for, switches the compiler to its instruction set (target_begin.h) and includes this.
 */
#include "kernels/isa/gemm_core.h"
#include "kernels/isa/spectral_core.h"
#include "kernels/isa/winograd_core.h"

static void kernel_fence(void) { LW_FENCE(); }

const lw_kernels LW_NAME(lw_kernels) = {
    .isa = LW_SET_ISA,
    .layers = &LW_NAME(lw_layers),
    .lanes = LW_LANES,
    .panel_vectors = LW_PANEL_VECTORS,
    .real_product = kernel_real_product,
    .complex_product = kernel_complex_product,
    .fft = kernel_fft,
    .spectral_work_floats = kernel_spectral_work_floats,
    .analyse = kernel_analyse,
    .synthesise = kernel_synthesise,
    .transpose_bin = kernel_transpose_bin,
    .fence = kernel_fence,
    .winograd_input = kernel_winograd_input,
    .winograd_output = kernel_winograd_output,
    .column_sums = kernel_column_sums,
    .multiply_adds = kernel_multiply_adds,
};
