/**
 * @file finite.h
 * Looking for NaN and infinity in an array.
 */
#ifndef LW_BASE_FINITE_H
#define LW_BASE_FINITE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

/** Whether none of `values` is NaN or infinite. */
static inline bool lw_all_finite(const float *values, size_t count) {
    /* All eight exponent bits set marks both. Looking at the bits keeps the loop free of branches, and exact whatever
     * the compiler believes about NaN; runs of a constant length become vectors. */
    enum { RUN = 64 };
    const uint32_t exponent = 0x7f800000u;
    uint32_t found = 0, bits[RUN];
    for (size_t first = 0; first < count; first += RUN) {
        const size_t run = count - first < RUN ? count - first : RUN;
        memset(bits, 0, sizeof bits);
        memcpy(bits, values + first, run * sizeof *bits);
        for (size_t i = 0; i < RUN; i++)
            found |= (bits[i] & exponent) == exponent;
    }
    return found == 0;
}

#endif
