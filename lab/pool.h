/**
 * @file pool.h
 * What cross-validation found for every record, and what it is scored on.
 */
#ifndef LW_LAB_POOL_H
#define LW_LAB_POOL_H

#include "evaluate/scoring.h"
#include "lab/study.h"

/**
 * One row a record: first those of the data set in its order, then those that were rejected. Zero-initialise;
 * lw_pool_free it.
 */
typedef struct lw_pool {
    const lw_dataset *dataset; /**< borrowed */
    size_t rows, rejected, classes;
    char **rejected_names;             /**< [rejected] */
    uint8_t *labels;                   /**< [rows][classes] */
    float *probabilities;              /**< [rows][classes]; 0 for rejected records, as in the next */
    uint8_t *decisions[LW_RULE_COUNT]; /**< [rows][classes] each */
} lw_pool;

/**
 * Rows with labels and nothing predicted yet. Rejected are the records below the folders whose names the data set
 * lacks.
 * @return LW_OK, LW_ERR_ARGUMENT (a record's name cannot name a file), LW_ERR_NO_MEMORY, or as lw_label_set_read
 */
lw_status lw_pool_create(const lw_dataset *dataset, const lw_scoring *scoring, const char *const *label_folders,
                         size_t label_folder_count, lw_pool *out, lw_error *err);
void lw_pool_free(lw_pool *pool);

/** Take in the probabilities [classes] of record `row`. `fallback`: column, or -1; thresholds [classes] of the fold. */
void lw_pool_set(lw_pool *pool, size_t row, const float *probabilities, int fallback, const double *thresholds);

/**
 * The answers of records index[count] by `rule` (NULL: all), with probabilities as they read from the output files, so
 * that scores are those of the files. lw_answers_free *out.
 * @return LW_OK or LW_ERR_NO_MEMORY
 */
lw_status lw_pool_answers(const lw_pool *pool, const lw_scoring *scoring, lw_rule rule, const size_t *index,
                          size_t count, lw_answers *out, lw_error *err);

/** The Challenge's files by LW_RULE_FALLBACK into `folder`, which is created. LW_OK, LW_ERR_IO or LW_ERR_NO_MEMORY. */
lw_status lw_pool_write_outputs(const lw_pool *pool, const char *folder, lw_error *err);

#endif
