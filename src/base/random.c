/* Philox4x32-10 and the distributions that are drawn from it. */
#include "base/random.h"

#include <assert.h>
#include <math.h>
#include <string.h>

void lw_philox4x32(const uint32_t counter[4], const uint32_t key[2], uint32_t out[4]) {
    memcpy(out, counter, 4 * sizeof *out);
    lw_philox_lanes(key, 1, out, out + 1, out + 2, out + 3);
}

lw_random lw_random_start(uint64_t seed, lw_random_use use, uint64_t stream) {
    const uint32_t seed_words[2] = {(uint32_t)seed, (uint32_t)(seed >> 32)};
    const uint32_t use_words[4] = {(uint32_t)use, 0, 0, 0};
    uint32_t mixed[4];
    lw_philox4x32(use_words, seed_words, mixed);
    return (lw_random){
        .key = {mixed[0], mixed[1]},
        .counter = {0, 0, (uint32_t)stream, (uint32_t)(stream >> 32)},
        .used = 4,
    };
}

uint32_t lw_random_u32(lw_random *random) {
    if (random->used == 4) {
        lw_philox4x32(random->counter, random->key, random->block);
        random->used = 0;
        if (++random->counter[0] == 0)
            random->counter[1]++;
    }
    return random->block[random->used++];
}

static uint64_t random_u64(lw_random *random) {
    uint64_t high = lw_random_u32(random);
    return high << 32 | lw_random_u32(random);
}

double lw_random_uniform(lw_random *random) { return (double)(random_u64(random) >> 11) * 0x1p-53; }

uint64_t lw_random_below(lw_random *random, uint64_t bound) {
    /* The lowest 2^64 mod bound draws are rejected, so that each remainder is left equally often. */
    assert(bound > 0);
    uint64_t rejected = (0 - bound) % bound;
    uint64_t draw;
    do
        draw = random_u64(random);
    while (draw < rejected);
    return draw % bound;
}

double lw_random_normal(lw_random *random) {
    const double two_pi = 6.283185307179586;
    double radius = sqrt(-2.0 * log(1.0 - lw_random_uniform(random)));
    return radius * cos(two_pi * lw_random_uniform(random));
}

void lw_random_shuffle(lw_random *random, size_t *index, size_t count) {
    for (size_t i = count; i > 1; i--) {
        size_t j = (size_t)lw_random_below(random, i);
        size_t held = index[i - 1];
        index[i - 1] = index[j];
        index[j] = held;
    }
}
