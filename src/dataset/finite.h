/**
 * @file finite.h
 * Looking for NaN and infinity in an array.
 */
#ifndef LW_DATASET_FINITE_H
#define LW_DATASET_FINITE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

/** Whether none of `values` is NaN or infinite. */
static inline bool lw_all_finite(const float *values, size_t count) {
    /* All eight exponent bits set marks both. Looking at the bits keeps the loop free of branches, and exact whatever
     * the compiler believes about NaN. */
    const uint32_t exponent = 0x7f800000u;
    uint32_t found = 0;
    for (size_t i = 0; i < count; i++) {
        uint32_t bits;
        memcpy(&bits, &values[i], sizeof bits);
        found |= (bits & exponent) == exponent;
    }
    return found == 0;
}

#endif
