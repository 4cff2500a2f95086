/**
 * @file variation.h
 * Changes to a batch before the network reads it: augmentation, mixing, fewer leads.
 *
 * All draws are pure functions of the seed, the epoch and a record's place in the epoch (mixing: the batch's), so that
 * they do not depend on threads, and a resumed run repeats them.
 */
#ifndef LW_TRAIN_VARIATION_H
#define LW_TRAIN_VARIATION_H

#include "base/random.h"
#include "dataset/batch.h"
#include "train/options_table.h"

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

enum { LW_VARIATION_SETS = 5 };

/** Zero-initialise, lw_variation_create, lw_variation_free. */
typedef struct lw_variation {
    const lw_train_options *options; /**< borrowed */
    size_t leads, samples, classes;
    double rate_hz;
    int threads;
    float *signals;                   /**< [max_records][leads][samples], scratch; NULL: nothing needs it */
    float *targets;                   /**< [max_records][classes], scratch */
    uint8_t *known;                   /**< [max_records][classes], scratch */
    size_t *partner;                  /**< [max_records] */
    size_t set_count;                 /**< the published lead sets that the network has whole */
    uint64_t sets[LW_VARIATION_SETS]; /**< bit h: the network's lead h */
} lw_variation;

/** @return LW_OK or LW_ERR_NO_MEMORY */
lw_status lw_variation_create(const lw_network *network, const lw_dataset *dataset, const lw_train_options *options,
                              size_t max_records, int threads, lw_variation *out, lw_error *err);
void lw_variation_free(lw_variation *variation);

/**
 * Vary the signals and targets of `batch`, whose first record is number `first` of epoch `epoch`. In this order:
 * augmentation by augment.h; mix-up; lead dropout.
 * @param known  [n][classes], which targets are known; of a mixed record those that are in both. NULL: all are
 */
void lw_variation_apply(const lw_variation *variation, uint64_t epoch, size_t first, lw_batch *batch, uint8_t *known);

/**
 * A draw from Beta(alpha, alpha), 0 < alpha <= 4. Source: Johnk, "Erzeugung von betaverteilten und gammaverteilten
 * Zufallszahlen", Metrika 8, 1964.
 */
double lw_beta_draw(lw_random *random, double alpha);

#endif
