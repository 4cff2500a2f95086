/* Tests that compare the ends of intervals with percentiles that are known without a computation. */
#include "support.h"

#include <math.h>

#include "evaluate/scoring.h"

/* 0 to count - 1 in another order, every step a multiple of a number without a common factor. */
static void fill_shuffled(double *values, size_t count) {
    for (size_t i = 0; i < count; i++)
        values[i] = (double)(i * 389 % count);
}

static void an_interval_leaves_out_a_fortieth_at_either_end(void **state) {
    (void)state;
    double values[1001];
    fill_shuffled(values, 1001);
    lw_interval interval = lw_interval_of(values, 1001);
    assert_true(interval.low == 25 && interval.high == 975);
    fill_shuffled(values, 41);
    interval = lw_interval_of(values, 41);
    assert_true(interval.low == 1 && interval.high == 39);
}

static void an_end_between_two_values_is_interpolated(void **state) {
    (void)state;
    double values[11];
    fill_shuffled(values, 11);
    const lw_interval interval = lw_interval_of(values, 11);
    lwt_assert_close(interval.low, 0.25, 1e-12, 0);
    lwt_assert_close(interval.high, 9.75, 1e-12, 0);
}

static void undefined_values_are_left_out(void **state) {
    (void)state;
    double values[50];
    fill_shuffled(values, 41);
    for (size_t i = 41; i < 50; i++)
        values[i] = NAN;
    values[45] = values[3], values[3] = NAN;
    lw_interval interval = lw_interval_of(values, 50);
    assert_true(interval.low == 1 && interval.high == 39);
    values[0] = values[1] = NAN;
    interval = lw_interval_of(values, 2);
    assert_true(isnan(interval.low) && isnan(interval.high));
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_interval_leaves_out_a_fortieth_at_either_end),
        cmocka_unit_test(an_end_between_two_values_is_interpolated),
        cmocka_unit_test(undefined_values_are_left_out),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
