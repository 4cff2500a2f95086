/**
 * @file floats.h
 * Floating-point numbers by their bits: the search for NaN and infinity, and IEEE 754 binary16, which model files may
 * store weights in (1 sign, 5 exponent, 10 fraction bits).
 */
#ifndef LW_BASE_FLOATS_H
#define LW_BASE_FLOATS_H

#include <math.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

/** Whether none of `values` is NaN or infinite. */
static inline bool lw_all_finite(const float *values, size_t count) {
    /* All eight exponent bits set marks both. Comparing bits keeps the loop free of branches, and exact whatever the
     * compiler assumes about NaN; runs of a constant length become vectors. */
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

/** Whether none of `values` is NaN or larger than `most` in size. */
static inline bool lw_all_within(const float *values, size_t count, float most) {
    /* Of numbers without their sign the bits are in the order of the numbers, and those of NaN are above all. */
    uint32_t limit, bits, largest = 0;
    memcpy(&limit, &most, sizeof limit);
    for (size_t i = 0; i < count; i++) {
        memcpy(&bits, &values[i], sizeof bits);
        bits &= 0x7fffffffu;
        largest = bits > largest ? bits : largest;
    }
    return largest <= limit;
}

/**
 * A limit on the size of z-scores over `samples` samples, a little above their largest: the root of samples - 1, where one
 * sample stands apart from all others.
 */
static inline float lw_z_score_limit(size_t samples) { return 1.001f * sqrtf((float)samples); }

/** The same number; infinities and NaN stay what they are. */
static inline float lw_half_to_float(uint16_t half) {
    /* The fields moved to a float's places make a number whose exponent is 127 - 15 too small, subnormals too. */
    uint32_t bits = (uint32_t)(half & 0x7fff) << 13;
    float magnitude;
    memcpy(&magnitude, &bits, sizeof magnitude);
    magnitude *= 0x1p112f;
    memcpy(&bits, &magnitude, sizeof bits);
    bits |= (half & 0x7c00) == 0x7c00 ? 0x7f800000u : 0u;
    bits |= (uint32_t)(half & 0x8000) << 16;
    memcpy(&magnitude, &bits, sizeof magnitude);
    return magnitude;
}

/** The nearest half, of two the even one; infinity where that lies beyond 65504. `value` is not a NaN. */
static inline uint16_t lw_half_from_float(float value) {
    const float infinite = 65520.0f, smallest_normal = 0x1p-14f;
    const uint16_t sign = signbit(value) ? 0x8000 : 0;
    const float magnitude = fabsf(value);
    if (magnitude >= infinite)
        return sign | 0x7c00;
    if (magnitude < smallest_normal) /* steps of 2^-24; rounding up to the next binade carries into the exponent */
        return (uint16_t)(sign | (uint16_t)nearbyintf(magnitude * 0x1p24f));
    uint32_t bits;
    memcpy(&bits, &magnitude, sizeof bits);
    bits += 0xfff + (bits >> 13 & 1); /* half a unit, less a bit when the last place kept is even */
    return (uint16_t)(sign | (uint16_t)((bits >> 13) - ((127 - 15) << 10)));
}

#endif
