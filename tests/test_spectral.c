/* These tests hold spectral convolution, on every instruction set, with the planner's tiles and with others, against
 * the definition. */
#include "support.h"

#include "kernel_check.h"
#include <string.h>

#include "kernels/conv_method.h"

static void check(const lw_conv_shape *shape, const lw_tuning *tuning, uint64_t seed) {
    char why[LWT_WHY] = "";
    if (!lwt_check_conv(shape, tuning, seed, why))
        fail_msg("%s", why);
}

static void spectral_equals_the_definition_at_random_shapes(void **state) {
    (void)state;
    for (int isa = LW_ISA_SCALAR; isa < LW_ISA_COUNT; isa++) {
        if (!lw_kernels_of((lw_isa)isa))
            continue;
        for (uint64_t seed = 0; seed < 15; seed++) {
            const lw_conv_shape shape = lwt_random_shape(100 + seed, 1);
            const lw_tuning tuning = {.isa = (lw_isa)isa, .method = LW_CONV_SPECTRAL, .chunk = (int)(seed % 3)};
            check(&shape, &tuning, seed);
        }
    }
}

/** Every way of tiling: one or several tiles along either axis, one record or all at a time, odd and even lengths. */
static void every_way_of_tiling_gives_the_same(void **state) {
    (void)state;
    static const int points[][2] = {{8, 5}, {9, 8}, {16, 15}, {25, 12}, {32, 6}, {45, 16}, {60, 10}};
    const lw_conv_shape shape = {.n = 3, .c_in = 33, .c_out = 18, .h = 12, .t_in = 41, .kh = 5, .kw = 7, .stride = 1};
    for (size_t i = 0; i < sizeof points / sizeof points[0]; i++) {
        for (int chunk = 0; chunk <= 2; chunk++) {
            const lw_tuning tuning = {
                .method = LW_CONV_SPECTRAL, .points_t = points[i][0], .points_l = points[i][1], .chunk = chunk};
            check(&shape, &tuning, i);
        }
    }
}

/** The long kernels of the networks and of their variants, even ones among them, on few channels. */
static void spectral_equals_the_definition_at_the_kernels_of_networks(void **state) {
    (void)state;
    static const int kernels[][3] = {{12, 5, 27}, {12, 5, 9}, {6, 3, 27},  {4, 2, 27},   {3, 2, 9},  {2, 1, 9},
                                     {2, 2, 27},  {12, 3, 6}, {12, 3, 12}, {12, 12, 12}, {1, 5, 27}, {12, 3, 3}};
    for (size_t i = 0; i < sizeof kernels / sizeof kernels[0]; i++) {
        const lw_conv_shape shape = {.n = 1,
                                     .c_in = 16,
                                     .c_out = 20,
                                     .h = kernels[i][0],
                                     .t_in = 63,
                                     .kh = kernels[i][1],
                                     .kw = kernels[i][2],
                                     .stride = 1};
        const lw_tuning tuning = {.method = LW_CONV_SPECTRAL};
        check(&shape, &tuning, i);
    }
}

/** One transform covers all from extent + taps - 1 - padding on: 44 samples and 5 leads here. */
static void lengths_around_one_tile_agree(void **state) {
    (void)state;
    const lw_conv_shape shape = {.n = 2, .c_in = 4, .c_out = 4, .h = 4, .t_in = 40, .kh = 3, .kw = 9, .stride = 1};
    static const int points_t[] = {9, 40, 45, 48}, points_l[] = {3, 4, 5, 6};
    for (int t = 0; t < 4; t++)
        for (int l = 0; l < 4; l++) {
            const lw_tuning tuning = {.method = LW_CONV_SPECTRAL, .points_t = points_t[t], .points_l = points_l[l]};
            check(&shape, &tuning, (uint64_t)(4 * t + l));
        }
}

/** Lengths shorter than the kernel, or not made of 2, 3 and 5. */
static void impossible_lengths_are_summed_directly(void **state) {
    (void)state;
    const lw_conv_shape shape = {.n = 1, .c_in = 4, .c_out = 4, .h = 4, .t_in = 40, .kh = 3, .kw = 9, .stride = 1};
    const lw_tuning tunings[] = {{.method = LW_CONV_SPECTRAL, .points_t = 9},
                                 {.method = LW_CONV_SPECTRAL, .points_t = 8},
                                 {.method = LW_CONV_SPECTRAL, .points_t = 22},
                                 {.method = LW_CONV_SPECTRAL, .points_l = 2}};
    for (size_t i = 0; i < 4; i++) {
        const lw_conv_use use = {.threads = 1, .tuning = tunings[i]};
        lw_conv *conv = NULL;
        lw_error err = {0};
        lwt_assert_ok(lw_conv_create(&shape, &use, &conv, &err), &err);
        assert_non_null(strstr(lw_conv_describe(conv), i == 0 ? "spectral T=9" : "direct"));
        lw_conv_free(&conv);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(lengths_around_one_tile_agree),
        cmocka_unit_test(spectral_equals_the_definition_at_random_shapes),
        cmocka_unit_test(every_way_of_tiling_gives_the_same),
        cmocka_unit_test(spectral_equals_the_definition_at_the_kernels_of_networks),
        cmocka_unit_test(impossible_lengths_are_summed_directly),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
