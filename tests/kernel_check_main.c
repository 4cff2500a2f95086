/* The kernel checks as a program of its own, for processors without a test framework: exit status 0 when all hold. */
#include <stdio.h>

#include "kernel_check.h"

typedef bool check(const lw_kernels *kernels, char why[LWT_WHY]);

static bool report(bool good, lw_isa isa, const char *what, const char *why) {
    printf("%-8s %-24s %s%s\n", lw_isa_name(isa), what, good ? "ok" : "FAILED: ", good ? "" : why);
    return good;
}

static bool check_convolutions(lw_isa isa) {
    char why[LWT_WHY] = "";
    bool good = true;
    for (uint64_t seed = 0; seed < 12 && good; seed++) {
        const lw_conv_shape any = lwt_random_shape(seed, 4), stride_1 = lwt_random_shape(seed, 1);
        const lw_tuning direct = {.isa = isa, .method = LW_CONV_DIRECT};
        const lw_tuning spectral = {.isa = isa, .method = LW_CONV_SPECTRAL};
        const lw_tuning winograd = {.isa = isa, .method = LW_CONV_WINOGRAD};
        lw_conv_shape square = stride_1;
        square.kh = square.kw = 3;
        good = lwt_check_conv(&any, &direct, seed, why) && lwt_check_conv(&stride_1, &spectral, seed, why) &&
               lwt_check_inference(&square, &winograd, seed, why);
    }
    return report(good, isa, "convolutions", why);
}

int main(void) {
    static const struct {
        const char *what;
        check *run;
    } checks[] = {{"transforms", lwt_check_fft},
                  {"real products", lwt_check_real_product},
                  {"complex products", lwt_check_complex_product},
                  {"transposes and sums", lwt_check_transpose_and_sums}};
    bool good = true;
    for (int i = LW_ISA_SCALAR; i < LW_ISA_COUNT; i++) {
        const lw_kernels *kernels = lw_kernels_of((lw_isa)i);
        if (!kernels)
            continue;
        for (size_t c = 0; c < sizeof checks / sizeof checks[0]; c++) {
            char why[LWT_WHY] = "";
            const bool passed = checks[c].run(kernels, why);
            good = report(passed, (lw_isa)i, checks[c].what, why) && good;
        }
        good = check_convolutions((lw_isa)i) && good;
    }
    return good ? 0 : 1;
}
