/* Tests that compare the Fourier transforms of every instruction set with the sum that defines them. */
#include "support.h"

#include "kernel_check.h"

static void lengths_of_small_factors_are_supported(void **state) {
    (void)state;
    assert_true(lw_fft_supports(1));
    assert_true(lw_fft_supports(270));
    assert_true(lw_fft_supports(4096));
    assert_false(lw_fft_supports(0));
    assert_false(lw_fft_supports(-8));
    assert_false(lw_fft_supports(7));
    assert_false(lw_fft_supports(2 * 3 * 5 * 11));
    assert_false(lw_fft_supports(8192));
}

static void the_stages_multiply_to_the_length(void **state) {
    (void)state;
    for (int points = 1; points <= LW_FFT_POINTS_MAX; points++) {
        if (!lw_fft_supports(points))
            continue;
        lw_fft fft;
        lw_error err = {0};
        lwt_assert_ok(lw_fft_plan(points, &fft, &err), &err);
        int product = 1;
        for (int stage = 0; stage < fft.stages; stage++)
            product *= fft.radix[stage];
        assert_int_equal(product, points);
        lw_fft_release(&fft);
        assert_null(fft.storage);
    }
}

static void transforms_equal_the_definition(void **state) {
    (void)state;
    for (int isa = LW_ISA_SCALAR; isa < LW_ISA_COUNT; isa++) {
        char why[LWT_WHY] = "";
        const lw_kernels *kernels = lw_kernels_of((lw_isa)isa);
        if (kernels && !lwt_check_fft(kernels, why))
            fail_msg("%s", why);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(lengths_of_small_factors_are_supported),
        cmocka_unit_test(the_stages_multiply_to_the_length),
        cmocka_unit_test(transforms_equal_the_definition),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
