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
    LW_RANDOM_LEADS,
    LW_RANDOM_BALANCE
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
