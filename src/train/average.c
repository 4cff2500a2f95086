#include "train/average.h"

void lw_average_update(double decay, uint64_t step, size_t count, const float *values, float *average) {
    const double most = (1 + (double)step) / (10 + (double)step);
    const float share = (float)(1 - (decay < most ? decay : most));
    for (size_t i = 0; i < count; i++)
        average[i] += share * (values[i] - average[i]);
}
