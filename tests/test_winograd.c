/* Tests that compare Winograd convolution on every instruction set with the definition. */
#include "support.h"

#include <string.h>

#include "kernel_check.h"
#include "kernels/conv_method.h"

static void check(lw_conv_shape shape, lw_isa isa, uint64_t seed) {
    const lw_tuning tuning = {.isa = isa, .method = LW_CONV_WINOGRAD};
    char why[LWT_WHY] = "";
    shape.kh = shape.kw = 3;
    shape.stride = 1;
    if (!lwt_check_inference(&shape, &tuning, seed, why))
        fail_msg("%s", why);
}

static void winograd_equals_the_definition_at_random_shapes(void **state) {
    (void)state;
    for (int isa = LW_ISA_SCALAR; isa < LW_ISA_COUNT; isa++)
        for (uint64_t seed = 0; seed < 25 && lw_kernels_of((lw_isa)isa); seed++)
            check(lwt_random_shape(300 + seed, 1), (lw_isa)isa, seed);
}

/** Odd and even numbers of leads and of samples, down to one; several chunks of records; the many channels of the last
 * blocks. */
static void edges_equal_the_definition(void **state) {
    (void)state;
    for (int h = 1; h <= 5; h++)
        for (int t = 1; t <= 9; t++)
            check((lw_conv_shape){.n = 2, .c_in = 5, .c_out = 17, .h = h, .t_in = t}, LW_ISA_BEST, (uint64_t)(h * t));
    check((lw_conv_shape){.n = 7, .c_in = 30, .c_out = 33, .h = 12, .t_in = 63}, LW_ISA_BEST, 1);
    check((lw_conv_shape){.n = 1, .c_in = 256, .c_out = 64, .h = 3, .t_in = 20}, LW_ISA_BEST, 2);
}

/** The method serves inference with 3 x 3 kernels; for the rest the plan falls back, and a direct request is refused.
 */
static void other_kernels_and_training_fall_back(void **state) {
    (void)state;
    const lw_conv_shape square = {.n = 1, .c_in = 4, .c_out = 4, .h = 4, .t_in = 20, .kh = 3, .kw = 3, .stride = 1};
    lw_conv_shape wide = square;
    wide.kw = 5;
    const lw_tuning tuning = {.method = LW_CONV_WINOGRAD};
    const lw_conv_use training = {.training = true, .threads = 1, .tuning = tuning};
    const lw_conv_use inference = {.threads = 1, .tuning = tuning};
    const lw_conv_use *uses[] = {&inference, &inference, &training};
    const lw_conv_shape *shapes[] = {&square, &wide, &square};
    for (int i = 0; i < 3; i++) {
        lw_conv *conv = NULL;
        lw_error err = {0};
        lwt_assert_ok(lw_conv_create(shapes[i], uses[i], &conv, &err), &err);
        assert_non_null(strstr(lw_conv_describe(conv), i == 0 ? "winograd" : "direct"));
        lw_conv_free(&conv);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(winograd_equals_the_definition_at_random_shapes),
        cmocka_unit_test(edges_equal_the_definition),
        cmocka_unit_test(other_kernels_and_training_fall_back),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
