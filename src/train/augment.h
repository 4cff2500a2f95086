/**
 * @file augment.h
 * Changes to a prepared signal that leave its diagnoses as they are.
 */
#ifndef LW_TRAIN_AUGMENT_H
#define LW_TRAIN_AUGMENT_H

#include <stddef.h>

#include "base/random.h"

/** A set of lw_augmentation as "shift,scale", in the order of the enumeration, into text[64]; "none" when empty. */
void lw_augment_names(unsigned kinds, char text[64]);

/**
 * Change signals [leads][samples], z-scored, by each of `kinds` (lw_augmentation), with strengths drawn from `random`.
 * A lead of zeros, which is absent or flat, stays so.
 * @param scratch  [samples]
 */
void lw_augment(unsigned kinds, double rate_hz, size_t leads, size_t samples, lw_random *random, float *scratch,
                float *signals);

#endif
