#include "base/half.h"

#include <math.h>

/** Smallest magnitude that is infinity when rounded, and smallest that is no subnormal. */
static const float infinite = 65520.0f, normal = 0x1p-14f;

uint16_t lw_half_from_float(float value) {
    const uint16_t sign = signbit(value) ? 0x8000 : 0;
    const float magnitude = fabsf(value);
    if (magnitude >= infinite)
        return sign | 0x7c00;
    if (magnitude < normal) /* steps of 2^-24; what rounds to the next binade carries into the exponent by itself */
        return (uint16_t)(sign | (uint16_t)nearbyintf(magnitude * 0x1p24f));
    uint32_t bits;
    memcpy(&bits, &magnitude, sizeof bits);
    bits += 0xfff + (bits >> 13 & 1); /* half a unit, less a bit when the last place kept is even */
    return (uint16_t)(sign | (uint16_t)((bits >> 13) - ((127 - 15) << 10)));
}
