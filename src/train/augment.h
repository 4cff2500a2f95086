/**
 * @file augment.h
 * Changes to a prepared signal that leave its diagnoses as they are.
 */
#ifndef LW_TRAIN_AUGMENT_H
#define LW_TRAIN_AUGMENT_H

#include <stddef.h>

#include "base/random.h"

/** Changes, drawn anew in each epoch; joined by |. The option's row names them in this order. */
typedef enum lw_augmentation {
    LW_AUGMENT_SHIFT = 1,     /**< in time, up to 2 s to either side; zeros come in */
    LW_AUGMENT_SCALE = 2,     /**< gain: up to e^0.2 either way in all leads alike, and up to e^0.1 in each */
    LW_AUGMENT_WANDER = 4,    /**< a wave of 0.1-0.5 Hz, up to 0.3 standard deviations high */
    LW_AUGMENT_NOISE = 8,     /**< white, up to 0.1; and in half of the records a burst of muscle noise, up to 0.3 */
    LW_AUGMENT_RESAMPLE = 16, /**< time stretched by up to 10 % either way */
    LW_AUGMENT_CUTOUT = 32,   /**< all leads zero for 0.2-2 s */
    LW_AUGMENT_ALL = 63
} lw_augmentation;

/**
 * Change signals [leads][samples], z-scored, by each of `kinds` (lw_augmentation), with strengths drawn from `random`.
 * A lead of zeros, which is absent or flat, stays so.
 * @param scratch  [samples]
 */
void lw_augment(unsigned kinds, double rate_hz, size_t leads, size_t samples, lw_random *random, float *scratch,
                float *signals);

#endif
