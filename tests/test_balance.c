/* Balanced epochs against the frequencies that they are meant to have. */
#include "dataset_support.h"

#include <math.h>

#include "train/balance.h"

enum { RECORDS = 60, EPOCHS = 2000 };

/* Fifty records of the first class, five of the second, two of both, three of none: 52, 7 and 3. */
static lw_dataset *uneven(void) {
    lwt_data data = lwt_data_create(RECORDS, 1);
    for (size_t i = 0; i < RECORDS; i++) {
        data.labels[2 * i] = i < 50 || (i >= 55 && i < 57);
        data.labels[2 * i + 1] = i >= 50 && i < 57;
    }
    lw_dataset *dataset = lwt_data_open(&data, NULL, "uneven");
    lwt_data_free(&data);
    return dataset;
}

static void index_all(size_t index[RECORDS]) {
    for (size_t i = 0; i < RECORDS; i++)
        index[i] = i;
}

/* The formula, in the test's own words. */
static double expected_draws(size_t record, double power) {
    const double common = pow(60.0 / 52, power), rare = pow(60.0 / 7, power), none = pow(60.0 / 3, power);
    const double own = record < 50 ? common : record < 57 ? rare : none;
    return RECORDS * own / (50 * common + 7 * rare + 3 * none);
}

static void records_come_as_often_as_their_rarest_class_says(void **state) {
    (void)state;
    lw_error err = {0};
    lw_dataset *dataset = uneven();
    static const double powers[] = {0.3, 1};
    for (size_t p = 0; p < 2; p++) {
        size_t index[RECORDS], order[RECORDS], drawn[RECORDS] = {0};
        lw_balance balance = {0};
        index_all(index);
        lwt_assert_ok(lw_balance_create(dataset, index, RECORDS, powers[p], &balance, &err), &err);
        for (uint64_t epoch = 1; epoch <= EPOCHS; epoch++) {
            size_t now[RECORDS] = {0};
            lw_balance_order(&balance, 4, epoch, order);
            for (size_t i = 0; i < RECORDS; i++)
                now[order[i]]++;
            for (size_t i = 0; i < RECORDS; i++) {
                assert_true(fabs((double)now[i] - expected_draws(i, powers[p])) < 1);
                drawn[i] += now[i];
            }
        }
        for (size_t i = 0; i < RECORDS; i++) {
            const double expected = EPOCHS * expected_draws(i, powers[p]);
            lwt_assert_close((double)drawn[i], expected, 4 * sqrt(EPOCHS / 4.0), 0); /* floor or ceil: at most 1/4 */
        }
        lw_balance_free(&balance);
    }
    lw_dataset_free(&dataset);
}

static void power_zero_is_every_record_once(void **state) {
    (void)state;
    lw_error err = {0};
    lw_dataset *dataset = uneven();
    size_t index[RECORDS], order[RECORDS];
    lw_balance balance = {0};
    index_all(index);
    lwt_assert_ok(lw_balance_create(dataset, index, RECORDS, 0, &balance, &err), &err);
    for (uint64_t epoch = 1; epoch <= 100; epoch++) {
        bool seen[RECORDS] = {false};
        lw_balance_order(&balance, 4, epoch, order);
        for (size_t i = 0; i < RECORDS; i++) {
            assert_false(seen[order[i]]);
            seen[order[i]] = true;
        }
    }
    lw_balance_free(&balance);
    lw_dataset_free(&dataset);
}

static void an_order_is_its_epochs_and_seeds(void **state) {
    (void)state;
    lw_error err = {0};
    lw_dataset *dataset = uneven();
    size_t index[RECORDS], order[RECORDS], other[RECORDS];
    lw_balance balance = {0};
    index_all(index);
    lwt_assert_ok(lw_balance_create(dataset, index, RECORDS, 0.5, &balance, &err), &err);
    lw_balance_order(&balance, 1, 7, order);
    lw_balance_order(&balance, 1, 8, other);
    assert_memory_not_equal(order, other, sizeof order);
    lw_balance_order(&balance, 2, 7, other);
    assert_memory_not_equal(order, other, sizeof order);
    lw_balance_order(&balance, 1, 7, other);
    assert_memory_equal(order, other, sizeof order);
    lw_balance_free(&balance);
    lw_dataset_free(&dataset);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(records_come_as_often_as_their_rarest_class_says),
        cmocka_unit_test(power_zero_is_every_record_once),
        cmocka_unit_test(an_order_is_its_epochs_and_seeds),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
