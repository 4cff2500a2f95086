/**
 * @file model_internal.h
 * What a model holds, and making one from its parts.
 */
#ifndef LW_MODEL_MODEL_INTERNAL_H
#define LW_MODEL_MODEL_INTERNAL_H

#include "base/hash.h"
#include "base/safetensors.h"
#include "leadwise/model.h"
#include "network/engine.h"

struct lw_model {
    lw_network *network;
    lw_parameter_table *table;
    lw_class_list *classes;
    lw_preprocessing preprocessing;
    double *thresholds; /**< [outputs] */
    char *fallback;     /**< NULL: none */
    float *values;      /**< [table->total] */
    char sha256[LW_SHA256_HEX];
};

/**
 * A model of copies of all that is given.
 *
 * @param thresholds  [outputs]; NULL: 0.5 each
 * @param fallback    NULL or "": none
 * @param values      [total] in the order of lw_parameter_table_create
 * @return LW_OK, LW_ERR_MISMATCH (number of classes or samples), LW_ERR_ARGUMENT (a threshold), LW_ERR_NOT_FINITE (a
 * value) or LW_ERR_NO_MEMORY
 */
lw_status lw_model_create(const lw_network *network, const lw_preprocessing *preprocessing,
                          const lw_class_list *classes, const double *thresholds, const char *fallback,
                          const float *values, lw_model **out, lw_error *err);

/** The model's flat parameters, [lw_model_table()->total]. */
const float *lw_model_values(const lw_model *model);
const lw_parameter_table *lw_model_table(const lw_model *model);

/* ---- model_metadata.c */

/** "leadwise.decision"; NULL when out of memory. free() it. */
char *lw_decision_json(const double *thresholds, size_t outputs, const char *fallback);
/** thresholds[outputs] are filled; *fallback is NULL or to be freed. @return LW_OK, LW_ERR_MODEL or LW_ERR_NO_MEMORY */
lw_status lw_decision_parse(const char *json, const char *shown, size_t outputs, double *thresholds, char **fallback,
                            lw_error *err);

/* ---- model_file.c */

/** Set sha256 to that of the bytes that lw_model_save would write. @return LW_OK or LW_ERR_NO_MEMORY */
lw_status lw_model_rehash(lw_model *model, lw_error *err);

#endif
