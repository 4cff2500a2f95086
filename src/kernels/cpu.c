/* The choice of the kernels' instruction set at run time. */
#include "kernels/isa/kernels_table.h"

static const lw_kernels *const tables[LW_ISA_COUNT] = {
    [LW_ISA_SCALAR] = &lw_kernels_scalar,
#if defined(__x86_64__)
    [LW_ISA_SSE2] = &lw_kernels_sse2,
    [LW_ISA_AVX2] = &lw_kernels_avx2,
    [LW_ISA_AVX512] = &lw_kernels_avx512,
#elif defined(__aarch64__)
    [LW_ISA_NEON] = &lw_kernels_neon,
#endif
};

lw_status lw_kernels_find(lw_isa isa, const lw_kernels **out, lw_error *err) {
    lw_status status = lw_isa_find(isa, &isa, err);
    if (status == LW_OK)
        *out = tables[isa];
    return status;
}

const lw_kernels *lw_kernels_of(lw_isa isa) {
    const lw_kernels *kernels = NULL;
    lw_error ignored;
    return lw_kernels_find(isa, &kernels, &ignored) == LW_OK ? kernels : NULL;
}
