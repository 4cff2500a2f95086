/**
 * @file prepare_summary.h
 * Counting what lw_prepare meets, for its summary.
 */
#ifndef LW_DATASET_PREPARE_SUMMARY_H
#define LW_DATASET_PREPARE_SUMMARY_H

#include <jansson.h>

#include "dataset/prepare_item.h"

/** Counts so far. Zero-initialise, then lw_tally_start. */
typedef struct lw_tally {
    const lw_prepare_options *options; /**< borrowed */
    size_t records, rejected, with_warnings, unlabelled;
    json_t *sources, *rates, *lengths; /**< objects of counts */
    json_t *rejections;                /**< array */
    size_t classes[LW_CLASSES_MAX];    /**< records with each class */
    size_t leads[LW_LEADS_MAX][4];     /**< flat, missing, derived, filled */
    bool failed;                       /**< an allocation failed */
} lw_tally;

void lw_tally_start(lw_tally *tally, const lw_prepare_options *options);
void lw_tally_free(lw_tally *tally);
/** Count an accepted record; labels [classes]. */
void lw_tally_accept(lw_tally *tally, const lw_prepare_item *item, const char *source, const uint8_t *labels);
/** Count a rejected record. */
void lw_tally_reject(lw_tally *tally, const lw_prepare_item *item, const char *path);
/** @return LW_OK or LW_ERR_NO_MEMORY */
lw_status lw_tally_summary(const lw_tally *tally, lw_prepare_summary *out, lw_error *err);

#endif
