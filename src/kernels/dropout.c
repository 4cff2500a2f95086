/* Dropout's draws: Philox, as in base/random.h, sixteen counters side by side. */
#include <math.h>
#include <string.h>

#include "base/random.h"
#include "kernels/layers.h"
#include "kernels/target.h"

enum { LANES = 16, WORDS = 4 };

/** What a draw must reach to be kept. */
static uint32_t threshold_of(double rate) {
    const double least = ceil(rate * 0x1p32);
    return least < 0x1p32 ? (uint32_t)least : UINT32_MAX;
}

/** keep[LANES * WORDS] from the blocks of LANES successive counters, the first of them `counter`. */
static inline void draw_lanes(const uint32_t key[2], const uint32_t counter[WORDS], uint32_t threshold, uint8_t *keep) {
    uint32_t x0[LANES], x1[LANES], x2[LANES], x3[LANES];
    for (uint32_t l = 0; l < LANES; l++)
        x0[l] = counter[0] + l, x1[l] = counter[1], x2[l] = counter[2], x3[l] = counter[3];
    lw_philox_lanes(key, LANES, x0, x1, x2, x3);
    for (size_t l = 0; l < LANES; l++) {
        keep[WORDS * l] = x0[l] >= threshold;
        keep[WORDS * l + 1] = x1[l] >= threshold;
        keep[WORDS * l + 2] = x2[l] >= threshold;
        keep[WORDS * l + 3] = x3[l] >= threshold;
    }
}

LW_TARGET_CLONES
static void draw_all(const lw_random *stream, uint32_t threshold, uint8_t *keep, size_t count) {
    enum { BATCH = LANES * WORDS };
    uint32_t counter[WORDS];
    memcpy(counter, stream->counter, sizeof counter);
    size_t i = 0;
    for (; i + BATCH <= count; i += BATCH, counter[0] += LANES)
        draw_lanes(stream->key, counter, threshold, keep + i);
    if (i < count) {
        uint8_t last[BATCH];
        draw_lanes(stream->key, counter, threshold, last);
        memcpy(keep + i, last, count - i);
    }
}

void lw_dropout_fill(lw_dropout_draw draw, uint8_t *keep, size_t count) {
    /* One Philox block mixes record, epoch and layer into the number of a stream of the dropout generator. */
    const uint32_t counter[4] = {(uint32_t)draw.record, (uint32_t)(draw.record >> 32), (uint32_t)draw.epoch,
                                 draw.layer};
    const uint32_t key[2] = {(uint32_t)draw.seed, (uint32_t)(draw.seed >> 32)};
    uint32_t mixed[4];
    lw_philox4x32(counter, key, mixed);
    const lw_random random = lw_random_start(draw.seed, LW_RANDOM_DROPOUT, (uint64_t)mixed[0] << 32 | mixed[1]);
    draw_all(&random, threshold_of(draw.rate), keep, count);
}
