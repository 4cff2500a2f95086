/**
 * @file quality_internal.h
 * The measures behind lw_quality: a window of each lead in blocks of about 8 ms, the heart beats that leads have in
 * common, and what is found in them.
 */
#ifndef LW_SIGNAL_QUALITY_INTERNAL_H
#define LW_SIGNAL_QUALITY_INTERNAL_H

#include <stddef.h>

#include "leadwise/signal.h"

enum {
    LW_BLOCK_RATE_HZ = 125,   /**< blocks a second, about */
    LW_BLOCK_RATE_MOST = 188, /**< and at most, whatever the recording's rate */
    LW_BEATS_MAX = 512        /**< beats of a window that are looked at */
};

/** What is measured of one lead in the window. Amplitudes in mV. */
typedef struct lw_lead_measures {
    bool present;     /**< in the recording, or derived from what is */
    bool derived;     /**< from two leads of the recording */
    bool duplicate;   /**< another lead of the recording has the same samples, or all leads have the same signal */
    bool pulses;      /**< it shows what may be heart beats: see quality_score.c, as for the next */
    bool beats;       /**< and in one lead they have the shape and the waves of heart beats */
    bool usable;      /**< it shows them, moves, and is no other lead's copy */
    double valid;     /**< share of samples that are there */
    double low, high; /**< extremes of the valid samples */
    double flat;      /**< share of the window in constant stretches of 1.5 s or more */
    double railed;    /**< share of the window at an extreme, in stretches of 30 ms or more */
    double wander;    /**< range of the running mean over 0.6 s */
    double jump;      /**< largest step from a block to the next, away from heart beats */
    double noise;     /**< mean change of slope from block to block, away from heart beats */
    double beat;      /**< mean range within 80 ms of a heart beat */
    double contrast;  /**< mean slope at heart beats, over the mean slope between them */
    double coherence; /**< mean correlation of one beat with another, within 64 ms; NaN with less than two beats */
    double step;  /**< mean change across a heart beat over its range: near 0 where the lead returns, 1 for a step */
    double rough; /**< mean change of slope at heart beats, over the mean slope there */
    double wave;  /**< how surely the mean beat has a P or T wave: its height over the error of that; 0: none */
    double waves; /**< share of the intervals between beats that hold a wave */
    size_t flat_begin, flat_end; /**< the longest constant stretch, in blocks */
    size_t gap_begin, gap_end;   /**< from the first block without a valid sample to behind the last, in blocks */
    size_t jump_at;              /**< the block of `jump` */
} lw_lead_measures;

/** Memory to measure with, and what was measured last. */
struct lw_quality_meter {
    lw_lead_set leads;
    size_t capacity;           /**< blocks a lead */
    float *mean;               /**< [leads][capacity] mean of each block, mV */
    float *slope;              /**< [leads][capacity] mV a block */
    float *low, *high;         /**< [capacity] extremes of each block of the lead that is measured */
    float *envelope;           /**< [capacity] */
    float *scratch;            /**< [capacity] */
    size_t blocks;             /**< of the window */
    double block_hz;           /**< blocks a second */
    size_t beat[LW_BEATS_MAX]; /**< where the heart beats are, in blocks */
    size_t beat_count;
    lw_lead_measures lead[LW_LEADS_MAX];
};

/** Measure the window of samples first to first + samples - 1. */
void lw_quality_take_leads(lw_quality_meter *meter, const lw_record *record, size_t first, size_t samples);
/** Find the heart beats that the leads measured have in common, and how each lead shows them. */
void lw_quality_find_beats(lw_quality_meter *meter);
/** Find the waves between the heart beats, and whether a lead returns after them. */
void lw_quality_find_waves(lw_quality_meter *meter);
/** Mark the leads that are usable; how many are, and how many are there and not constant. */
void lw_quality_judge_leads(lw_quality_meter *meter, size_t *moving, size_t *usable);
enum { LW_SCORE_FEATURES = 4 };
/**
 * What the score is made of, in a window whose leads have been judged: of the worst lead the logarithms of contrast and
 * wander, the flat share, and coherence. @return the share of the leads there that are usable
 */
double lw_quality_features(const lw_quality_meter *meter, double feature[LW_SCORE_FEATURES]);
/** The score of the window, whose leads have been judged: at most the share of its leads that are usable. */
double lw_quality_score(const lw_quality_meter *meter);

/** What exchanged electrodes and names leave behind. */
typedef enum lw_exchange {
    LW_EXCHANGE_NONE,
    LW_EXCHANGE_NAMES, /**< other names or signs mend Einthoven's and Goldberger's identities */
    LW_EXCHANGE_ARMS,  /**< right and left arm */
    LW_EXCHANGE_LEG,   /**< right arm and left leg */
    LW_EXCHANGE_CHEST, /**< V1 and V2 */
    LW_EXCHANGE_SIGNS  /**< all leads are upside down */
} lw_exchange;
/** Add a finding, unless there is no more room. */
void lw_quality_add(lw_quality *quality, lw_quality_mark mark, const char *lead, double begin_s, double end_s);
/** Add the findings of another window of the same meter: of one mark and lead the times are joined. */
void lw_quality_join(lw_quality *all, const lw_quality *window);
/** Look for exchanged names, limbs and chest electrodes among the usable leads. */
lw_exchange lw_quality_find_exchange(const lw_quality_meter *meter);

#endif
