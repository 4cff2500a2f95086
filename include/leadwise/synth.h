/**
 * @file synth.h
 * Synthetic 12-lead recordings with known diagnoses.
 *
 * Source: McSharry, Clifford, Tarassenko and Smith, "A dynamical model for generating synthetic electrocardiogram
 * signals", IEEE TBME 50(3), 2003; three orthogonal components as Sameni et al., EURASIP JASP 2007; twelve leads by a
 * fixed lead-field projection.
 */
#ifndef LEADWISE_SYNTH_H
#define LEADWISE_SYNTH_H

#include "leadwise/record.h"

#ifdef __cplusplus
extern "C" {
#endif

/** Name of the i-th rhythm or finding that can be asked for ("NSR", "AF", ...), NULL past the last. */
const char *lw_synth_kind(size_t i);

/** What to draw. Zero but for `size`, or NULL: all drawn, without noise, under seed 0. */
typedef struct lw_synth_options {
    size_t size; /**< sizeof(lw_synth_options) */
    uint64_t seed;
    double rate_hz;    /**< 50 to 20,000; 0: drawn from 257, 500, 1000 */
    double duration_s; /**< 1 to 3600; 0: drawn, mostly 10. An early beat (PAC, PVC) is sure to be there from 5 s on */
    double noise_mv;   /**< white noise of an electrode, to which hum, muscle and wander keep a proportion; 0: none;
                          negative: drawn */
    const char *kinds; /**< comma-separated, NSR where no rhythm is named; NULL: drawn, two in five NSR alone, the rest
                          a mixture */
} lw_synth_options;

/**
 * Recording number `index` of the series under `options->seed`: 12 leads in mV with age, sex and diagnoses. Same seed
 * and index, same record. III = II - I and the augmented leads hold exactly, noise included.
 * @return LW_OK, LW_ERR_ARGUMENT (the options' size; a number out of range; a kind unknown or contradicting another) or
 * LW_ERR_NO_MEMORY
 */
LW_CHECK_RESULT lw_status lw_synth_record(const lw_synth_options *options, uint64_t index, lw_record **out,
                                          lw_error *err);

#ifdef __cplusplus
}
#endif
#endif
