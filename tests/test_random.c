/* Tests that compare random numbers with published answers and with the moments of their distributions. */
#include "support.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/random.h"

/* Known answers published with Random123 (kat_vectors, philox4x32 10 rounds). */
static void philox_gives_its_published_answers(void **state) {
    (void)state;
    static const struct {
        uint32_t counter[4], key[2], expected[4];
    } cases[] = {
        {{0, 0, 0, 0}, {0, 0}, {0x6627e8d5, 0xe169c58d, 0xbc57ac4c, 0x9b00dbd8}},
        {{0xffffffff, 0xffffffff, 0xffffffff, 0xffffffff},
         {0xffffffff, 0xffffffff},
         {0x408f276d, 0x41c83b0e, 0xa20bc7c6, 0x6d5451fd}},
        {{0x243f6a88, 0x85a308d3, 0x13198a2e, 0x03707344},
         {0xa4093822, 0x299f31d0},
         {0xd16cfe09, 0x94fdcceb, 0x5001e420, 0x24126ea1}},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        uint32_t out[4];
        lw_philox4x32(cases[i].counter, cases[i].key, out);
        assert_memory_equal(out, cases[i].expected, sizeof out);
    }
}

static void streams_repeat_and_differ(void **state) {
    (void)state;
    lw_random a = lw_random_start(7, LW_RANDOM_SPLIT, 3), same = lw_random_start(7, LW_RANDOM_SPLIT, 3);
    lw_random other[] = {lw_random_start(8, LW_RANDOM_SPLIT, 3), lw_random_start(7, LW_RANDOM_INIT, 3),
                         lw_random_start(7, LW_RANDOM_SPLIT, 4), lw_random_start(7 + (1ull << 32), LW_RANDOM_SPLIT, 3),
                         lw_random_start(7, LW_RANDOM_SPLIT, 3 + (1ull << 32))};
    int equal[5] = {0};
    for (int i = 0; i < 1000; i++) {
        uint32_t draw = lw_random_u32(&a);
        assert_int_equal(draw, lw_random_u32(&same));
        for (size_t k = 0; k < 5; k++)
            equal[k] += draw == lw_random_u32(&other[k]);
    }
    for (size_t k = 0; k < 5; k++)
        assert_true(equal[k] <= 1);
}

static void block_counter_carries(void **state) {
    (void)state;
    lw_random at_carry = lw_random_start(1, LW_RANDOM_SYNTH, 0);
    at_carry.counter[0] = 0xffffffff;
    uint32_t expected[4], next[4] = {0, 1, 0, 0};
    lw_philox4x32(next, at_carry.key, expected);
    for (int i = 0; i < 4; i++)
        (void)lw_random_u32(&at_carry);
    for (int i = 0; i < 4; i++)
        assert_int_equal(lw_random_u32(&at_carry), expected[i]);
}

static void draws_have_the_moments_of_their_distribution(void **state) {
    (void)state;
    enum { DRAWS = 200000 };
    lw_random random = lw_random_start(42, LW_RANDOM_SYNTH, 0);
    double sum = 0, squares = 0;
    for (int i = 0; i < DRAWS; i++) {
        double u = lw_random_uniform(&random);
        assert_true(u >= 0 && u < 1);
        sum += u;
        squares += u * u;
    }
    /* Standard errors: 1/sqrt(12 n) = 6.5e-4 and sqrt(4/45 / n) = 6.7e-4; five of them. */
    lwt_assert_close(sum / DRAWS, 0.5, 3.3e-3, 0);
    lwt_assert_close(squares / DRAWS, 1.0 / 3, 3.4e-3, 0);
    double normal_sum = 0, normal_squares = 0, fourth = 0;
    for (int i = 0; i < DRAWS; i++) {
        double z = lw_random_normal(&random);
        normal_sum += z;
        normal_squares += z * z;
        fourth += z * z * z * z;
    }
    lwt_assert_close(normal_sum / DRAWS, 0, 5 / sqrt(DRAWS), 0);
    lwt_assert_close(normal_squares / DRAWS, 1, 5 * sqrt(2.0 / DRAWS), 0);
    lwt_assert_close(fourth / DRAWS, 3, 5 * sqrt(96.0 / DRAWS), 0);
}

static void below_is_even(void **state) {
    (void)state;
    enum { DRAWS = 60000 };
    lw_random random = lw_random_start(5, LW_RANDOM_SHUFFLE, 1);
    int seen[6] = {0};
    for (int i = 0; i < DRAWS; i++)
        seen[lw_random_below(&random, 6)]++;
    double chi2 = 0;
    for (int k = 0; k < 6; k++)
        chi2 += (seen[k] - DRAWS / 6.0) * (seen[k] - DRAWS / 6.0) / (DRAWS / 6.0);
    assert_true(chi2 < 25.7); /* 5 degrees of freedom, p = 1e-4 */
    /* A bound just over 2^63 has nearly half of all draws refused: the worst case of the rejection. */
    uint64_t bound = (1ull << 63) + 1;
    for (int i = 0; i < 1000; i++)
        assert_true(lw_random_below(&random, bound) < bound);
    assert_int_equal(lw_random_below(&random, 1), 0);
}

static void shuffle_is_an_even_permutation_draw(void **state) {
    (void)state;
    lw_random random = lw_random_start(9, LW_RANDOM_SHUFFLE, 0);
    int seen[3][3] = {{0}};
    for (int i = 0; i < 9000; i++) {
        size_t index[3] = {0, 1, 2};
        lw_random_shuffle(&random, index, 3);
        assert_int_equal((1 << index[0]) + (1 << index[1]) + (1 << index[2]), 7);
        for (int k = 0; k < 3; k++)
            seen[k][index[k]]++;
    }
    for (int k = 0; k < 3; k++)
        for (int v = 0; v < 3; v++)
            assert_in_range(seen[k][v], 2776, 3224); /* 3000 +- 5 sqrt(9000 * 1/3 * 2/3) */
    lw_random_shuffle(&random, NULL, 0);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(philox_gives_its_published_answers),
        cmocka_unit_test(streams_repeat_and_differ),
        cmocka_unit_test(block_counter_carries),
        cmocka_unit_test(draws_have_the_moments_of_their_distribution),
        cmocka_unit_test(below_is_even),
        cmocka_unit_test(shuffle_is_an_even_permutation_draw),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
