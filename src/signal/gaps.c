#include <math.h>

#include "signal/prepare_internal.h"

static bool is_valid(double sample) { return fabs(sample) <= LW_SAMPLE_LIMIT_MV; }

/* samples[first..end) is missing; its neighbours, where there are any, are valid. */
static void fill_gap(double *samples, size_t count, size_t first, size_t end) {
    const double before = samples[first > 0 ? first - 1 : end];
    const double after = end < count ? samples[end] : before;
    const double slope = first > 0 ? (after - before) / (double)(end - first + 1) : 0.0;
    for (size_t t = first; t < end; t++)
        samples[t] = before + slope * (double)(t - first + 1);
}

size_t lw_gaps_fill(double *samples, size_t count) {
    size_t missing = 0;
    for (size_t t = 0; t < count; t++)
        missing += !is_valid(samples[t]);
    if (missing == 0 || missing == count)
        return missing;
    for (size_t t = 0; t < count; t++) {
        if (is_valid(samples[t]))
            continue;
        const size_t first = t;
        while (t < count && !is_valid(samples[t]))
            t++;
        fill_gap(samples, count, first, t);
    }
    return missing;
}

bool lw_signal_is_flat(const double *samples, size_t count) {
    double low = samples[0], high = samples[0];
    /* Nearly every lead leaves at once: it is no flatter than the distance between any two of its samples. */
    for (size_t t = 0; t < count && high - low < 1e-6; t++) {
        low = fmin(low, samples[t]);
        high = fmax(high, samples[t]);
    }
    return high - low < 1e-6;
}
