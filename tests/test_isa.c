/* These tests choose instruction sets and methods by name, and check what happens when that cannot be. */
#include "support.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "kernels/conv.h"
#include "kernels/isa/kernels_table.h"

static const lw_conv_shape shape = {.n = 2, .c_in = 16, .c_out = 16, .h = 4, .t_in = 60, .kh = 3, .kw = 9, .stride = 1};

/** Plans as the text requires; returns the description, or a status with its sentence. */
static lw_status plan_with(const char *isa, const char *method, char *description, size_t size, lw_error *err) {
    lw_conv_use use = {.threads = 1};
    lw_conv *conv = NULL;
    lw_status status = lw_tuning_parse(isa, method, &use.tuning, err);
    if (status == LW_OK)
        status = lw_conv_create(&shape, &use, &conv, err);
    if (status == LW_OK)
        snprintf(description, size, "%s", lw_conv_describe(conv));
    lw_conv_free(&conv);
    return status;
}

static void instruction_sets_have_names(void **state) {
    (void)state;
    for (int i = 0; i < LW_ISA_COUNT; i++) {
        lw_tuning tuning;
        lw_error err = {0};
        lwt_assert_ok(lw_tuning_parse(lw_isa_name((lw_isa)i), NULL, &tuning, &err), &err);
        assert_int_equal(tuning.isa, i);
        assert_int_equal(tuning.method, LW_CONV_PLANNED);
    }
}

static void the_best_table_has_the_most_lanes(void **state) {
    (void)state;
    assert_non_null(lw_kernels_of(LW_ISA_SCALAR));
    assert_int_equal(lw_kernels_of(LW_ISA_SCALAR)->lanes, 1);
    const lw_kernels *best = lw_kernels_of(LW_ISA_BEST);
    for (int i = LW_ISA_SCALAR; i < LW_ISA_COUNT; i++) {
        const lw_kernels *kernels = lw_kernels_of((lw_isa)i);
        if (!kernels)
            continue;
        assert_int_equal(kernels->isa, i);
        assert_true(kernels->lanes <= best->lanes);
    }
}

static void text_forces_set_and_method(void **state) {
    (void)state;
    char text[128];
    lw_error err = {0};
    lwt_assert_ok(plan_with("scalar", "direct", text, sizeof text, &err), &err);
    assert_non_null(strstr(text, "direct scalar"));
    lwt_assert_ok(plan_with("scalar", "spectral:T=32,L=6", text, sizeof text, &err), &err);
    assert_non_null(strstr(text, "spectral T=32 L=6"));
    assert_non_null(strstr(text, "scalar"));
    lwt_assert_ok(plan_with("best", "spectral:chunk=1", text, sizeof text, &err), &err);
    assert_non_null(strstr(text, "chunk=1"));
    lwt_assert_ok(plan_with("best", "reference", text, sizeof text, &err), &err);
    assert_string_equal(text, "reference");
}

static void bad_text_is_refused(void **state) {
    (void)state;
    static const char *const methods[] = {"",
                                          "fast",
                                          "spectral:",
                                          "spectral:T",
                                          "spectral:T=0",
                                          "spectral:T=32,",
                                          "spectral:T=32,x",
                                          "spectralT=32",
                                          "spectral:T=32,L=6,chunk=-1",
                                          "spectral:L=99999999999999999999999999999999"};
    char text[128];
    lw_error err = {0};
    static const char *const sets[] = {"mmx", "avx", ""};
    for (size_t i = 0; i < sizeof sets / sizeof sets[0]; i++)
        lwt_assert_fails(plan_with(sets[i], NULL, text, sizeof text, &err), LW_ERR_ARGUMENT, &err, "instruction set");
    for (size_t i = 0; i < sizeof methods / sizeof methods[0]; i++)
        lwt_assert_fails(plan_with(NULL, methods[i], text, sizeof text, &err), LW_ERR_ARGUMENT, &err, NULL);
    for (int i = LW_ISA_SCALAR; i < LW_ISA_COUNT; i++)
        if (!lw_kernels_of((lw_isa)i))
            lwt_assert_fails(plan_with(lw_isa_name((lw_isa)i), NULL, text, sizeof text, &err), LW_ERR_ARGUMENT, &err,
                             lw_isa_name((lw_isa)i));
}

static void a_plan_is_the_same_every_time(void **state) {
    (void)state;
    char first[128], again[128];
    lw_error err = {0};
    lwt_assert_ok(plan_with(NULL, NULL, first, sizeof first, &err), &err);
    lwt_assert_ok(plan_with(NULL, NULL, again, sizeof again, &err), &err);
    assert_string_equal(first, again);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(instruction_sets_have_names),   cmocka_unit_test(the_best_table_has_the_most_lanes),
        cmocka_unit_test(text_forces_set_and_method),    cmocka_unit_test(bad_text_is_refused),
        cmocka_unit_test(a_plan_is_the_same_every_time),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
