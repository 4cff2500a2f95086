/* Tests that compare direct convolution on every instruction set with the definition. */
#include "support.h"

#include "kernel_check.h"

static void check(const lw_conv_shape *shape, lw_isa isa, uint64_t seed) {
    const lw_tuning tuning = {.isa = isa, .method = LW_CONV_DIRECT};
    char why[LWT_WHY] = "";
    if (!lwt_check_conv(shape, &tuning, seed, why))
        fail_msg("%s", why);
}

static void vectors_equal_the_definition_at_random_shapes(void **state) {
    (void)state;
    for (int isa = LW_ISA_SCALAR; isa < LW_ISA_COUNT; isa++)
        for (uint64_t seed = 0; seed < 25 && lw_kernels_of((lw_isa)isa); seed++) {
            const lw_conv_shape shape = lwt_random_shape(200 + seed, 4);
            check(&shape, (lw_isa)isa, seed);
        }
}

/** First layers, strided layers and skips of the networks; more taps than samples; a stride that skips inputs
 * altogether. */
static void vectors_equal_the_definition_at_the_kernels_of_networks(void **state) {
    (void)state;
    static const lw_conv_shape shapes[] = {
        {2, 1, 64, 3, 200, 1, 15, 2}, {2, 64, 64, 2, 63, 1, 9, 2},  {2, 64, 64, 2, 63, 1, 1, 2},
        {1, 64, 128, 2, 40, 1, 5, 2}, {1, 32, 256, 3, 21, 3, 3, 1}, {2, 5, 7, 2, 3, 1, 15, 2},
        {2, 3, 4, 2, 17, 1, 1, 4},    {2, 3, 4, 2, 17, 2, 2, 3},    {1, 1, 1, 1, 1, 1, 31, 1},
        {1, 2, 2, 1, 4, 6, 3, 4},
    };
    for (size_t i = 0; i < sizeof shapes / sizeof shapes[0]; i++)
        check(&shapes[i], LW_ISA_BEST, i);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(vectors_equal_the_definition_at_random_shapes),
        cmocka_unit_test(vectors_equal_the_definition_at_the_kernels_of_networks),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
