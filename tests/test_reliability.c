/* These tests hold calibration error, Brier score and temperature against their definitions, on predictions of known
 * faults. */
#include "support.h"

#include <math.h>
#include <stdlib.h>

#include "evaluate/scoring.h"

enum { RECORDS = 4000, CLASSES = 3 };

static float probabilities[RECORDS * CLASSES];
static uint8_t labels[RECORDS * CLASSES];
static const lw_reliability_task task = {RECORDS, CLASSES, probabilities, labels};

/** Labels drawn with odds e^z, for which the network predicts odds of e^(z sharpness). */
static void draw(double sharpness) {
    static float noise[2 * RECORDS * CLASSES];
    lwt_fill(noise, 2 * RECORDS * CLASSES, 9);
    for (size_t i = 0; i < RECORDS * CLASSES; i++) {
        const double z = 3 * (double)noise[2 * i];
        labels[i] = ((double)noise[2 * i + 1] + 1) / 2 < 1 / (1 + exp(-z));
        probabilities[i] = (float)(1 / (1 + exp(-z * sharpness)));
    }
}

static double cross_entropy(double temperature) {
    double sum = 0;
    for (size_t i = 0; i < RECORDS * CLASSES; i++) {
        const double p = (double)probabilities[i], z = log(p / (1 - p)) / temperature;
        sum += log1p(exp(labels[i] ? -z : z));
    }
    return sum;
}

static void the_temperature_is_the_most_likely(void **state) {
    (void)state;
    static const double sharpness[] = {0.3, 1, 2.5};
    for (size_t i = 0; i < 3; i++) {
        draw(sharpness[i]);
        const double found = lw_temperature_search(&task), best = cross_entropy(found);
        lwt_assert_close(found, sharpness[i], 0, 0.05);
        for (double factor = 0.5; factor < 2; factor += 0.01)
            assert_true(cross_entropy(found * factor) >= best - 1e-6);
    }
}

/* Nothing is certain enough, or everything is wrong: the ends of the range. */
static void the_temperature_has_bounds(void **state) {
    (void)state;
    for (size_t i = 0; i < RECORDS * CLASSES; i++) {
        labels[i] = i % 2;
        probabilities[i] = i % 2 ? 1.0f : 0.0f;
    }
    assert_true(lw_temperature_search(&task) < 0.03); /* rounding ends the search before 0.02 */
    for (size_t i = 0; i < RECORDS * CLASSES; i++)
        labels[i] = !labels[i];
    lwt_assert_close(lw_temperature_search(&task), 50, 0, 1e-6);
}

static void the_errors_are_their_definitions(void **state) {
    (void)state;
    draw(2);
    double error = 0, squares = 0;
    for (size_t c = 0; c < CLASSES; c++)
        for (int bin = 0; bin < 15; bin++) {
            double count = 0, sum = 0, positives = 0;
            for (size_t i = c; i < RECORDS * CLASSES; i += CLASSES) {
                const double p = (double)probabilities[i];
                if (p < bin / 15.0 || (p >= (bin + 1) / 15.0 && bin < 14))
                    continue;
                count++;
                sum += p;
                positives += labels[i];
            }
            error += count > 0 ? count / RECORDS * fabs(sum / count - positives / count) / CLASSES : 0;
        }
    for (size_t i = 0; i < RECORDS * CLASSES; i++)
        squares += pow((double)probabilities[i] - labels[i], 2) / (RECORDS * CLASSES);
    lwt_assert_close(lw_expected_calibration_error(&task), error, 1e-9, 0);
    lwt_assert_close(lw_brier_score(&task), squares, 1e-9, 0);
    assert_true(error > 0.05);
    probabilities[0] = 1.0f; /* belongs to the last bin */
    assert_true(isfinite(lw_expected_calibration_error(&task)));
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_temperature_is_the_most_likely),
        cmocka_unit_test(the_temperature_has_bounds),
        cmocka_unit_test(the_errors_are_their_definitions),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
