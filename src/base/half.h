/**
 * @file half.h
 * IEEE 754 binary16, which model files may store weights in: 1 sign, 5 exponent, 10 fraction bits.
 */
#ifndef LW_BASE_HALF_H
#define LW_BASE_HALF_H

#include <stdint.h>
#include <string.h>

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

/** The nearest half, of two the even one; beyond 65504 (rounded) infinity. `value` is not a NaN. */
uint16_t lw_half_from_float(float value);

#endif
