/**
 * @file crossval_internal.h
 * The predictions of records that a model was not trained on, what they are scored on, and the results of the folds.
 */
#ifndef LW_LAB_CROSSVAL_INTERNAL_H
#define LW_LAB_CROSSVAL_INTERNAL_H

#include "evaluate/scoring.h"
#include "lab/folds.h"
#include "predict/predictor.h"

/**
 * One row a record: first those of the data set in its order, then those that were rejected. Zero-initialise;
 * lw_pool_free it.
 */
typedef struct lw_pool {
    const lw_dataset *dataset; /**< borrowed */
    size_t row_count, rejected_count, class_count;
    char **rejected_names;             /**< [rejected_count] */
    uint8_t *labels;                   /**< [row_count][class_count] */
    float *probabilities;              /**< [row_count][class_count]; 0 for rejected records, as in the next */
    uint8_t *decisions[LW_RULE_COUNT]; /**< [row_count][class_count] each */
} lw_pool;

/**
 * Rows with labels and nothing predicted yet. Rejected are the records below the folders whose names the data set
 * lacks.
 * @return LW_OK, LW_ERR_ARGUMENT (a record's name cannot name a file), LW_ERR_NO_MEMORY, or as lw_label_set_read
 */
lw_status lw_pool_create(const lw_dataset *dataset, const lw_scoring *scoring, const char *const *label_folders,
                         size_t label_folder_count, lw_pool *out, lw_error *err);
void lw_pool_free(lw_pool *pool);

/** Predictions run as the training did. */
lw_predict_how lw_predict_how_of(const lw_train_options *train);

/** Records that lw_predict_split predicts: those of validation, then those of the test. */
size_t lw_predicted_records(const lw_split *split);

/**
 * probabilities[lw_predicted_records][classes] of `model`.
 * @return LW_OK, LW_ERR_ARGUMENT (memory_bytes), LW_ERR_NOT_FINITE (a sample; the record is named) or
 *         LW_ERR_NO_MEMORY
 */
lw_status lw_predict_split(const lw_model *model, const lw_dataset *dataset, const lw_split *split, lw_predict_how how,
                           float *probabilities, lw_error *err);

/**
 * Find thresholds[classes] that maximise the metric on the validation records, and take the predictions of the test
 * records into `pool`, both from `probabilities` as lw_predict_split gives them.
 * @param fallback  column that is positive where no other is, or -1
 * @return LW_OK, LW_ERR_ARGUMENT (no validation record) or LW_ERR_NO_MEMORY
 */
lw_status lw_pool_add_predictions(const lw_dataset *dataset, const lw_split *split, const lw_scoring *scoring,
                                  int fallback, const float *probabilities, double *thresholds, lw_pool *pool,
                                  lw_error *err);

/**
 * The answers of records index[count] by `rule` (NULL: all), with probabilities as they read from the output files, so
 * that scores are those of the files. lw_answers_free *out.
 * @return LW_OK or LW_ERR_NO_MEMORY
 */
lw_status lw_pool_answers(const lw_pool *pool, const lw_scoring *scoring, lw_rule rule, const size_t *index,
                          size_t count, lw_answers *out, lw_error *err);

/** The Challenge's files by LW_RULE_FALLBACK into `folder`, which is created. LW_OK, LW_ERR_IO or LW_ERR_NO_MEMORY. */
lw_status lw_pool_write_outputs(const lw_pool *pool, const char *folder, lw_error *err);

#define LW_CROSSVAL_RESULTS "results.json"

/** What is known of one fold. */
typedef struct lw_fold_outcome {
    char *folder; /**< of its run; owned, as the next and the model */
    lw_split split;
    lw_train_result trained;
    double thresholds[LW_CLASSES_MAX]; /**< tuned */
    lw_model *model;
} lw_fold_outcome;

/** Everything that goes into the file. Owned but for the options. */
typedef struct lw_crossval_outcome {
    const lw_crossval_options *options;
    lw_scoring scoring;
    lw_pool pool;
    lw_folds folds;
    lw_fold_outcome *folded; /**< [folds.count] */
} lw_crossval_outcome;

/** Score everything and write the file into `folder`, atomically. LW_OK, LW_ERR_IO or LW_ERR_NO_MEMORY. */
lw_status lw_crossval_results_write(const lw_crossval_outcome *outcome, const char *folder, lw_crossval_result *result,
                                    lw_error *err);

/**
 * Whether `folder` holds the file that lw_crossval_results_write would write, as far as is known without predicting:
 * by options, data, and how each fold's training went; then its scores in *result. Thresholds may be empty.
 */
bool lw_crossval_results_stand(const lw_crossval_outcome *outcome, const char *folder, lw_crossval_result *result);

/** Read the file in `folder`. LW_OK, LW_ERR_IO, LW_ERR_FORMAT or LW_ERR_NO_MEMORY. */
lw_status lw_crossval_results_read(const char *folder, lw_crossval_result *out, lw_error *err);

#endif
