/**
 * @file synth_internal.h
 * How a synthetic recording comes about: kinds -> patient and beats -> heart vector -> leads -> noise.
 *
 * The heart's dipole is a sum of Gaussian waves, as in McSharry's model, but placed at each beat's time instead of
 * integrated around a limit cycle, so that a beat may come early, lack a wave, or have another shape. Directions are
 * given as a cardiologist would: an angle in the frontal plane (0 degrees: lead I, 90: aVF) and an amplitude towards
 * the back. All values are mV, seconds and degrees.
 */
#ifndef LW_SIGNAL_SYNTH_INTERNAL_H
#define LW_SIGNAL_SYNTH_INTERNAL_H

#include "base/random.h"
#include "leadwise/signal.h"

/* ---- the rhythm and the findings (synth.c) ---- */

typedef enum lw_synth_kind_id {
    LW_SYNTH_NSR,
    LW_SYNTH_SB,
    LW_SYNTH_BRADY,
    LW_SYNTH_STACH,
    LW_SYNTH_SA,
    LW_SYNTH_AF,
    LW_SYNTH_AFL,
    LW_SYNTH_PACED,
    LW_SYNTH_RHYTHMS, /**< the rhythms come first; a recording has exactly one */
    LW_SYNTH_PAC = LW_SYNTH_RHYTHMS,
    LW_SYNTH_PVC,
    LW_SYNTH_IAVB,
    LW_SYNTH_LBBB,
    LW_SYNTH_RBBB,
    LW_SYNTH_IRBBB,
    LW_SYNTH_LAD,
    LW_SYNTH_RAD,
    LW_SYNTH_LQRSV,
    LW_SYNTH_LQT,
    LW_SYNTH_TINV,
    LW_SYNTH_KINDS
} lw_synth_kind_id;

/** A set of kinds: bit i is kind i. */
typedef uint32_t lw_synth_set;

static inline bool lw_synth_has(lw_synth_set set, lw_synth_kind_id kind) { return (set >> kind & 1) != 0; }

#define LW_TWO_PI 6.28318530717958648

/** Uniform in [low, high). */
static inline double lw_random_between(lw_random *random, double low, double high) {
    return low + (high - low) * lw_random_uniform(random);
}

/* ---- the patient: shapes of the waves, times of the beats (synth_patient.c) ---- */

/** One Gaussian wave of the heart vector, relative to its beat. */
typedef struct lw_wave {
    double at_s;
    double rise_s, fall_s; /**< standard deviations before and after the peak */
    double mv[3];          /**< left, down, back: the axes of Frank's leads */
} lw_wave;

enum { LW_QRS_WAVES_MAX = 4 };

/** A ventricular complex. */
typedef struct lw_complex {
    lw_wave wave[LW_QRS_WAVES_MAX];
    size_t wave_count;
    double onset_s; /**< of the QRS, relative to the beat; negative */
    lw_wave t;      /**< its `mv` alone; its times follow from the QT interval */
} lw_complex;

typedef struct lw_patient {
    lw_complex usual, ectopic;
    lw_wave p, early_p; /**< at_s: from the P wave's onset */
    double pr_s, qtc_s;
    double flutter_mv[3]; /**< fibrillation's or flutter's waves */
    double flutter_hz;
    lw_wave spike; /**< pacemaker */
    double rr_s;   /**< mean */
} lw_patient;

lw_patient lw_patient_draw(lw_synth_set kinds, lw_random *random);

typedef enum lw_p_wave { LW_P_NONE, LW_P_SINUS, LW_P_EARLY } lw_p_wave;

typedef struct lw_beat {
    double at_s; /**< of the R wave, from the recording's start */
    double rr_s; /**< since the beat before: decides the QT interval */
    lw_p_wave p;
    bool ectopic, paced;
} lw_beat;

/** Beats from before the start until after the end; at most `limit`. @return how many */
size_t lw_rhythm_draw(lw_synth_set kinds, const lw_patient *patient, double duration_s, lw_random *random,
                      lw_beat *beats, size_t limit);

/* ---- signals (synth_signal.c) ---- */

/** The leads that the electrodes give; the other four follow from I and II. */
enum { LW_SYNTH_MEASURED = 8, LW_SYNTH_ELECTRODES = 9 };

/** Add all waves of all beats, and the atria's where they flutter or fibrillate, to `leads` [LW_SYNTH_MEASURED] (I, II,
 * V1-V6), each [samples]. */
void lw_synth_add_heart(lw_synth_set kinds, const lw_patient *patient, const lw_beat *beats, size_t beat_count,
                        double rate_hz, size_t samples, lw_random *random, double *const *leads);

/**
 * Add what electrodes pick up besides the heart: white noise of `noise_mv`, bursts of muscle, slow wander, mains hum.
 * Each lead gets the sum of its electrodes, so that Einthoven's law holds. `electrode` is scratch [samples].
 */
void lw_synth_add_noise(double noise_mv, double rate_hz, size_t samples, lw_random *random, double *electrode,
                        double *const *leads);

#endif
