/**
 * @file preprocessing_json.h
 * Preprocessing as the JSON object that model files and prepared files carry.
 */
#ifndef LW_SIGNAL_PREPROCESSING_JSON_H
#define LW_SIGNAL_PREPROCESSING_JSON_H

#include "leadwise/signal.h"

/** The key of both files' metadata. */
#define LW_KEY_PREPROCESSING "leadwise.preprocessing"

/** Equal preprocessing, equal bytes. NULL when out of memory. free() it. */
char *lw_preprocessing_json(const lw_preprocessing *preprocessing);
/** @return LW_OK, LW_ERR_MODEL ("`shown`: ...") or LW_ERR_NO_MEMORY */
lw_status lw_preprocessing_parse(const char *json, const char *shown, lw_preprocessing *out, lw_error *err);

/** Edges of a band-pass beyond which its sections lose their precision: poles too near to the unit circle or to -1. */
#define LW_BAND_LEAST_HZ 0.001
#define LW_BAND_MOST 0.49 /* of the rate */
/** Whether the edges are within these, low edge first; a NaN is not. */
bool lw_band_is_sound(const double band_hz[2], double rate_hz);

#endif
