/**
 * @file kernels_fill.h
 * Template: the table of one instruction set, named LW_TABLE, after all the other templates.
 */
const lw_kernels LW_TABLE = {
    .isa = LW_TABLE_ISA,
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
