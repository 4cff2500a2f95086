/* Tests that compare the matrix products of every instruction set with loops in double. */
#include "support.h"

#include "base/memory.h"
#include "kernel_check.h"
#include "kernels/conv_method.h"

static void for_each_isa(bool (*check)(const lw_kernels *kernels, char why[LWT_WHY])) {
    for (int isa = LW_ISA_SCALAR; isa < LW_ISA_COUNT; isa++) {
        char why[LWT_WHY] = "";
        const lw_kernels *kernels = lw_kernels_of((lw_isa)isa);
        if (kernels && !check(kernels, why))
            fail_msg("%s", why);
    }
}

static void real_products_equal_the_definition(void **state) {
    (void)state;
    for_each_isa(lwt_check_real_product);
}

static void complex_products_equal_the_definition(void **state) {
    (void)state;
    for_each_isa(lwt_check_complex_product);
}

static void transposes_and_sums_equal_the_definition(void **state) {
    (void)state;
    for_each_isa(lwt_check_transpose_and_sums);
}

static void the_gradient_of_a_bias_is_a_sum(void **state) {
    (void)state;
    enum { ROWS = 1001, CHANNELS = 19 };
    float *dy = lw_aligned_alloc(ROWS * CHANNELS * sizeof *dy), dbias[CHANNELS];
    float *scratch = lw_aligned_alloc((size_t)lw_bias_gradient_floats(CHANNELS) * sizeof *scratch);
    for (int i = 0; i < ROWS * CHANNELS; i++)
        dy[i] = (float)(i / CHANNELS % 7) + (float)(i % CHANNELS);
    for (int threads = 1; threads <= 3; threads++) {
        const lw_conv conv = {.shape.c_out = CHANNELS, .use.threads = threads, .kernels = lw_kernels_of(LW_ISA_BEST)};
        lw_bias_gradient(&conv, dy, ROWS, dbias, scratch);
        for (int c = 0; c < CHANNELS; c++)
            assert_true(dbias[c] == (float)(ROWS * 3 + ROWS * c)); /* 1001 = 7 * 143 rows: a mean of 3 */
    }
    lw_aligned_free(dy);
    lw_aligned_free(scratch);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(real_products_equal_the_definition),
        cmocka_unit_test(complex_products_equal_the_definition),
        cmocka_unit_test(transposes_and_sums_equal_the_definition),
        cmocka_unit_test(the_gradient_of_a_bias_is_a_sum),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
