/* The schedule on histories whose outcome can be counted by hand. */
#include "support.h"

#include <math.h>

#include "train/optimiser.h"

static void a_falling_loss_changes_nothing(void **state) {
    (void)state;
    lw_schedule s = lw_schedule_start(1e-3);
    for (size_t epoch = 1; epoch <= 30; epoch++)
        assert_true(lw_schedule_update(&s, epoch, 1.0 / (double)epoch, 5, 10));
    assert_true(s.learning_rate == 1e-3 && !s.stopped && s.best_epoch == 30);
}

static void a_plateau_halves_after_five_and_stops_after_ten(void **state) {
    (void)state;
    lw_schedule s = lw_schedule_start(1e-3);
    assert_true(lw_schedule_update(&s, 1, 0.5, 5, 10));
    for (size_t epoch = 2; epoch <= 11; epoch++) {
        assert_false(s.stopped);
        assert_false(lw_schedule_update(&s, epoch, 0.5, 5, 10)); /* equal is not lower */
        double expected = epoch < 6 ? 1e-3 : epoch < 11 ? 5e-4 : 2.5e-4;
        assert_true(s.learning_rate == expected);
    }
    assert_true(s.stopped && s.best_epoch == 1);
}

static void an_improvement_starts_both_counts_again(void **state) {
    (void)state;
    lw_schedule s = lw_schedule_start(1);
    lw_schedule_update(&s, 1, 1.0, 3, 5);
    for (size_t epoch = 2; epoch <= 5; epoch++)
        lw_schedule_update(&s, epoch, 2.0, 3, 5); /* halved at the fourth epoch */
    assert_true(s.learning_rate == 0.5);
    assert_true(lw_schedule_update(&s, 6, 0.9, 3, 5));
    for (size_t epoch = 7; epoch <= 8; epoch++)
        lw_schedule_update(&s, epoch, 2.0, 3, 5);
    assert_true(s.learning_rate == 0.5);
    lw_schedule_update(&s, 9, 2.0, 3, 5);
    assert_true(s.learning_rate == 0.25 && !s.stopped);
    lw_schedule_update(&s, 10, 2.0, 3, 5);
    lw_schedule_update(&s, 11, 2.0, 3, 5);
    assert_true(s.stopped);
}

static void zero_patience_means_never(void **state) {
    (void)state;
    lw_schedule s = lw_schedule_start(1);
    for (size_t epoch = 1; epoch <= 100; epoch++)
        lw_schedule_update(&s, epoch, 1.0, 0, 0);
    assert_true(s.learning_rate == 1 && !s.stopped);
}

static void a_warm_up_rises_step_by_step(void **state) {
    (void)state;
    for (uint64_t step = 1; step <= 10; step++)
        lwt_assert_close(lw_schedule_factor(false, step, 10, 50), (double)step / 10, 1e-15, 0);
    assert_true(lw_schedule_factor(false, 11, 10, 50) == 1 && lw_schedule_factor(false, 50, 10, 50) == 1);
    assert_true(lw_schedule_factor(false, 1, 0, 50) == 1);
    lwt_assert_close(lw_schedule_factor(true, 2, 2.5, 50), 0.8, 1e-15, 0);
}

static void a_cosine_falls_from_one_to_zero(void **state) {
    (void)state;
    const double pi = 3.14159265358979323846;
    for (uint64_t step = 11; step <= 50; step++)
        lwt_assert_close(lw_schedule_factor(true, step, 10, 50), pow(cos(pi / 2 * (double)(step - 11) / 40), 2), 1e-14,
                         0);
    assert_true(lw_schedule_factor(true, 1, 0, 50) == 1);
    lwt_assert_close(lw_schedule_factor(true, 26, 0, 50), 0.5, 1e-14, 0);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_falling_loss_changes_nothing),
        cmocka_unit_test(a_plateau_halves_after_five_and_stops_after_ten),
        cmocka_unit_test(an_improvement_starts_both_counts_again),
        cmocka_unit_test(zero_patience_means_never),
        cmocka_unit_test(a_warm_up_rises_step_by_step),
        cmocka_unit_test(a_cosine_falls_from_one_to_zero),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
