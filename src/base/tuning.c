/* Instruction sets by name and by what the processor has, and the text form of what is forced upon the kernels. */
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "base/error.h"
#include "base/isa/isa.h"

static const char *const isa_names[LW_ISA_COUNT] = {"best", "scalar", "sse2", "neon", "avx2", "avx512"};

const char *lw_isa_name(lw_isa isa) { return isa_names[isa]; }

bool lw_isa_supported(lw_isa isa) {
    switch (isa) {
    case LW_ISA_SCALAR:
        return true;
#if defined(__x86_64__)
    case LW_ISA_SSE2:
        return true;
    case LW_ISA_AVX2:
        return __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma");
    case LW_ISA_AVX512:
        return __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512dq") &&
               __builtin_cpu_supports("avx512vl");
#elif defined(__aarch64__)
    case LW_ISA_NEON:
        return true;
#endif
    default:
        return false;
    }
}

lw_isa lw_isa_best(void) {
    lw_isa best = LW_ISA_SCALAR;
    for (int i = LW_ISA_SCALAR; i < LW_ISA_COUNT; i++)
        if (lw_isa_supported((lw_isa)i))
            best = (lw_isa)i;
    return best;
}

lw_status lw_isa_find(lw_isa isa, lw_isa *out, lw_error *err) {
    if (isa != LW_ISA_BEST && !lw_isa_supported(isa))
        return lw_fail(err, LW_ERR_ARGUMENT, "instruction set %s is not in this build or not in this processor",
                       lw_isa_name(isa));
    *out = isa == LW_ISA_BEST ? lw_isa_best() : isa;
    return LW_OK;
}

/** One "T=64" of a method's second half. */
static bool parse_item(const char *item, lw_tuning *tuning) {
    const struct {
        const char *format;
        int *value;
    } items[] = {{"T=%d%n", &tuning->points_t}, {"L=%d%n", &tuning->points_l}, {"chunk=%d%n", &tuning->chunk}};
    for (size_t i = 0; i < sizeof items / sizeof items[0]; i++) {
        int used = 0;
        if (sscanf(item, items[i].format, items[i].value, &used) == 1 && item[used] == '\0')
            return *items[i].value > 0;
    }
    return false;
}

static bool parse_method(const char *text, lw_tuning *tuning) {
    static const char *const names[] = {
        [LW_CONV_DIRECT] = "direct", [LW_CONV_WINOGRAD] = "winograd", [LW_CONV_REFERENCE] = "reference"};
    for (unsigned i = 0; i < sizeof names / sizeof names[0]; i++)
        if (names[i] && strcmp(text, names[i]) == 0) {
            tuning->method = i;
            return true;
        }
    const size_t name = strlen("spectral");
    if (strncmp(text, "spectral", name) != 0 || (text[name] != '\0' && text[name] != ':'))
        return false;
    tuning->method = LW_CONV_SPECTRAL;
    while (text[strcspn(text, ":,")] != '\0') {
        text += strcspn(text, ":,") + 1;
        char item[32];
        snprintf(item, sizeof item, "%.*s", (int)strcspn(text, ","), text);
        if (!parse_item(item, tuning))
            return false;
    }
    return true;
}

lw_status lw_tuning_parse(const char *isa, const char *method, lw_tuning *out, lw_error *err) {
    lw_tuning tuning = {0};
    if (isa) {
        while (tuning.isa < LW_ISA_COUNT && strcmp(isa, isa_names[tuning.isa]) != 0)
            tuning.isa++;
        if (tuning.isa == LW_ISA_COUNT)
            return lw_fail(err, LW_ERR_ARGUMENT,
                           "instruction set \"%s\": expected best, scalar, sse2, neon, avx2 or avx512", isa);
    }
    if (method && !parse_method(method, &tuning))
        return lw_fail(err, LW_ERR_ARGUMENT,
                       "convolution method \"%s\": expected direct, winograd, spectral, spectral:T=...,L=...,chunk=... "
                       "or reference",
                       method);
    *out = tuning;
    return LW_OK;
}
