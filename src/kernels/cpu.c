/* The choice of an instruction set: the portable table comes first; a faster one replaces it when the processor allows. */
#include "base/error.h"
#include "kernels/isa/kernels_table.h"

/** The table when it is in this build and the processor has what it needs. */
static const lw_kernels *kernels_if_supported(lw_isa isa) {
    switch (isa) {
    case LW_ISA_SCALAR:
        return &lw_kernels_scalar;
#if defined(__x86_64__)
    case LW_ISA_SSE2:
        return &lw_kernels_sse2;
    case LW_ISA_AVX2:
        return __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma") ? &lw_kernels_avx2 : NULL;
    case LW_ISA_AVX512:
        return __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512dq") &&
                       __builtin_cpu_supports("avx512vl")
                   ? &lw_kernels_avx512
                   : NULL;
#elif defined(__aarch64__)
    case LW_ISA_NEON:
        return &lw_kernels_neon;
#endif
    default:
        return NULL;
    }
}

const lw_kernels *lw_kernels_of(lw_isa isa) {
    if (isa != LW_ISA_BEST)
        return kernels_if_supported(isa);
    const lw_kernels *best = &lw_kernels_scalar;
    for (int i = LW_ISA_SCALAR; i < LW_ISA_COUNT; i++) {
        const lw_kernels *candidate = kernels_if_supported((lw_isa)i);
        if (candidate != NULL)
            best = candidate;
    }
    return best;
}

lw_status lw_kernels_find(lw_isa isa, const lw_kernels **out, lw_error *err) {
    const lw_kernels *kernels = lw_kernels_of(isa);
    if (kernels == NULL)
        return lw_fail(err, LW_ERR_ARGUMENT, "instruction set %s is not in this build or not in this processor",
                       lw_isa_name(isa));
    *out = kernels;
    return LW_OK;
}
