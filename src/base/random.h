/**
 * @file random.h
 * Counter-based random numbers: the value at (seed, stream, index) is a pure function, so the same draw comes
 * out in any order and on any number of threads.
 *
 * Philox4x32-10. Source: Salmon, Moraes, Dror and Shaw, "Parallel random numbers: as easy as 1, 2, 3", SC 2011.
 */
#ifndef LW_BASE_RANDOM_H
#define LW_BASE_RANDOM_H

#include <stddef.h>
#include <stdint.h>

/**
 * Four 32-bit draws for each of `lanes` counters under one key: word w of every lane in xw[lanes], a counter before and
 * its draws after. Philox4x32-10 itself: multipliers, key increments and rounds of table 2 and section 3.3. Inline, so
 * that a constant number of lanes becomes vectors.
 */
static inline void lw_philox_lanes(const uint32_t key[2], size_t lanes, uint32_t *restrict x0, uint32_t *restrict x1,
                                   uint32_t *restrict x2, uint32_t *restrict x3) {
    enum { ROUNDS = 10 };
    uint32_t k0 = key[0], k1 = key[1];
    for (int round = 0; round < ROUNDS; round++) {
        for (size_t l = 0; l < lanes; l++) {
            const uint64_t p0 = (uint64_t)0xD2511F53u * x0[l], p1 = (uint64_t)0xCD9E8D57u * x2[l];
            x0[l] = (uint32_t)(p1 >> 32) ^ x1[l] ^ k0;
            x1[l] = (uint32_t)p1;
            x2[l] = (uint32_t)(p0 >> 32) ^ x3[l] ^ k1;
            x3[l] = (uint32_t)p0;
        }
        k0 += 0x9E3779B9u;
        k1 += 0xBB67AE85u;
    }
}

/** Four 32-bit draws for one counter under one key. */
void lw_philox4x32(const uint32_t counter[4], const uint32_t key[2], uint32_t out[4]);

/** What a stream is for; part of the key, so that two uses never share numbers. */
typedef enum lw_random_use {
    LW_RANDOM_INIT = 1,
    LW_RANDOM_SHUFFLE,
    LW_RANDOM_SPLIT,
    LW_RANDOM_DROPOUT,
    LW_RANDOM_SYNTH,
    LW_RANDOM_BOOTSTRAP,
    LW_RANDOM_AUGMENT,
    LW_RANDOM_MIXUP,
    LW_RANDOM_LEADS
} lw_random_use;

/** A sequential reader of one stream. Copyable; needs no clean-up. */
typedef struct lw_random {
    uint32_t key[2];
    uint32_t counter[4];
    uint32_t block[4];
    unsigned used; /**< how many of `block` have been handed out */
} lw_random;

/** The stream of `use` and `stream` under `seed`, at its beginning. */
lw_random lw_random_start(uint64_t seed, lw_random_use use, uint64_t stream);
uint32_t lw_random_u32(lw_random *random);
/** Uniform in [0, 1), 53 bits. */
double lw_random_uniform(lw_random *random);
/** Uniform in {0, ..., bound - 1} without bias; bound > 0. */
uint64_t lw_random_below(lw_random *random, uint64_t bound);
/** Standard normal (Box-Muller). */
double lw_random_normal(lw_random *random);
/** Fisher-Yates shuffle of `index[count]`. */
void lw_random_shuffle(lw_random *random, size_t *index, size_t count);

#endif
