/* These tests hold IEEE halves against their definition, every one of them, and the rounding to them. */
#include "support.h"

#include <math.h>

#include "base/floats.h"

/** (-1)^sign * fraction * 2^exponent, the value by IEEE 754-2008. */
static double defined(uint16_t half) {
    const int exponent = half >> 10 & 0x1f, fraction = half & 0x3ff;
    const double magnitude = exponent == 0 ? ldexp(fraction, -24) : ldexp(1024 + fraction, exponent - 25);
    return half & 0x8000 ? -magnitude : magnitude;
}

static void every_half_is_its_definition(void **state) {
    (void)state;
    for (uint32_t i = 0; i <= 0xffff; i++) {
        const float got = lw_half_to_float((uint16_t)i);
        if ((i & 0x7c00) == 0x7c00) {
            assert_true(i & 0x3ff ? isnan(got) : isinf(got) && !signbit(got) == !(i & 0x8000));
            continue;
        }
        assert_true((double)got == defined((uint16_t)i) && !signbit(got) == !(i & 0x8000));
        assert_int_equal(lw_half_from_float(got), i);
    }
}

/** `value` to a multiple of 2^-24, or to 11 significant bits where that is more; ties to even. */
static double rounded(double value) {
    int exponent;
    frexp(value, &exponent);
    const int unit = exponent - 11 > -24 ? exponent - 11 : -24;
    return ldexp(nearbyint(ldexp(value, -unit)), unit);
}

static void floats_round_to_the_nearest(void **state) {
    (void)state;
    enum { COUNT = 20000 };
    static float values[COUNT];
    lwt_fill(values, COUNT, 5);
    for (size_t i = 0; i < COUNT; i++) {
        const float value = ldexpf(values[i], (int)(i % 45) - 28); /* subnormals, zeros, large ones */
        assert_true((double)lw_half_to_float(lw_half_from_float(value)) == rounded((double)value));
    }
    for (uint16_t half = 0; half < 0x7bff; half++) { /* ties, and what lies just beside them */
        const float tie = (float)((defined(half) + defined((uint16_t)(half + 1))) / 2);
        assert_int_equal(lw_half_from_float(tie), half + (half & 1));
        assert_int_equal(lw_half_from_float(nextafterf(tie, 0.0f)), half);
        assert_int_equal(lw_half_from_float(-nextafterf(tie, INFINITY)), 0x8000 | (half + 1));
    }
    assert_int_equal(lw_half_from_float(65504.0f), 0x7bff);
    assert_int_equal(lw_half_from_float(nextafterf(65520.0f, 0.0f)), 0x7bff);
    assert_int_equal(lw_half_from_float(65520.0f), 0x7c00);
    assert_int_equal(lw_half_from_float(-INFINITY), 0xfc00);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_half_is_its_definition),
        cmocka_unit_test(floats_round_to_the_nearest),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
