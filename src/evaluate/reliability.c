/* This file computes calibration error, Brier score, and the temperature that lowers the cross-entropy. */
#include "evaluate/scoring.h"

#include <math.h>

enum { BINS = 15 };

double lw_expected_calibration_error(const lw_reliability_task *task) {
    double sum = 0;
    for (size_t k = 0; k < task->classes; k++) {
        double likely[BINS] = {0}, positives[BINS] = {0}, error = 0;
        for (size_t i = k; i < task->records * task->classes; i += task->classes) {
            const double p = (double)task->probabilities[i];
            const size_t bin = p < 1 ? (size_t)(p * BINS) : BINS - 1;
            likely[bin] += p;
            positives[bin] += task->labels[i];
        }
        for (size_t bin = 0; bin < BINS; bin++)
            error += fabs(likely[bin] - positives[bin]);
        sum += error / (double)task->records;
    }
    return sum / (double)task->classes;
}

double lw_brier_score(const lw_reliability_task *task) {
    const size_t cells = task->records * task->classes;
    double sum = 0;
    for (size_t i = 0; i < cells; i++) {
        const double distance = (double)task->probabilities[i] - task->labels[i];
        sum += distance * distance;
    }
    return sum / (double)cells;
}

/** Derivative of the cross-entropy's sum by the factor of the log-odds, which rises with the factor. */
static double slope(const lw_reliability_task *task, double factor) {
    const double least = 1e-7;
    const size_t cells = task->records * task->classes;
    double sum = 0;
    for (size_t i = 0; i < cells; i++) {
        const double p = fmin(fmax((double)task->probabilities[i], least), 1 - least), odds = log(p / (1 - p));
        sum += (1 / (1 + exp(-factor * odds)) - task->labels[i]) * odds;
    }
    return sum;
}

double lw_temperature_search(const lw_reliability_task *task) {
    double low = log(1 / 50.0), high = log(50.0); /* of the factor, 1 / temperature */
    for (int i = 0; i < 50; i++) {
        const double middle = (low + high) / 2;
        if (slope(task, exp(middle)) < 0)
            low = middle;
        else
            high = middle;
    }
    return exp(-(low + high) / 2);
}
