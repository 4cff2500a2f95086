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

#endif
