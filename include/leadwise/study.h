/**
 * @file study.h
 * What takes many trainings, or a trained model, and judges honestly: cross-validation and calibration.
 */
#ifndef LEADWISE_STUDY_H
#define LEADWISE_STUDY_H

#include "leadwise/train.h"

#ifdef __cplusplus
extern "C" {
#endif

/** How records are dealt to folds. */
typedef enum lw_fold_kind {
    LW_FOLDS_RANDOM,     /**< in random order to folds of nearly equal size, as both papers do */
    LW_FOLDS_STRATIFIED, /**< so that each fold has its share of every class */
    LW_FOLDS_SOURCE      /**< each source (folder that the records came from) is a fold */
} lw_fold_kind;

typedef struct lw_crossval_options {
    size_t folds; /**< 2 or more; LW_FOLDS_SOURCE takes no notice: there are as many as sources */
    lw_fold_kind kind;
    const char *groups;     /**< CSV file with header `record,group` whose groups are never divided, or NULL */
    size_t replicates;      /**< of the bootstrap behind the 95 % intervals; 0: no intervals */
    lw_train_options train; /**< of every fold; test_fraction is ignored */
    /**
     * Folders that the data set was prepared from, [label_folder_count], or NULL. Records with a header there that are
     * not in the data set were rejected: they are scored as records for which nothing was found.
     */
    const char *const *label_folders;
    size_t label_folder_count;
} lw_crossval_options;

/** 5 random folds, 1000 replicates, the papers' training. */
lw_crossval_options lw_crossval_options_default(void);

/** lw_train_fn of fold `fold` (from 0) of `folds`. */
typedef bool lw_crossval_fn(void *context, size_t fold, size_t folds, const lw_train_progress *progress);

/**
 * Train a network for each fold on the others (with train.validation_fraction of them for choosing the epoch) and score
 * every record by the network that did not see it. `folder` (created where needed) receives
 *
 *   fold0/, fold1/, ...     what lw_train leaves
 *   model.safetensors       the ensemble of the folds' models, mean (of 64 folds at most)
 *   outputs/NAME.csv        the Challenge's file of every record, decided as the fold's model does (threshold 0.5, then
 *                           train.fallback); all zero for a rejected record. lw_evaluate_folders repeats "pooled".
 *   results.json            the scores of that decision rule: "pooled" over all records, "folds", their "mean" and
 *                           "deviation" (n - 1), "intervals" (bootstrap over records); and under "rules" the same for
 *                           "plain" (threshold 0.5), "fallback" and "tuned" (thresholds that maximise the metric on the
 *                           fold's validation records, and the fallback)
 *
 * Records of one group, and records with equal signals, are never divided between training, validation and test; where
 * a source holds a copy of another's record, neither source is trained on it when the other is judged. Same seed,
 * network and data: same bytes for any number of threads, and after a stop and a resume.
 *
 * train.resume: folds that were finished are left alone, one that was not goes on from its checkpoint.
 * @return LW_OK, LW_ERR_ARGUMENT (options; too few different records or sources; two records of one name),
 *         LW_ERR_FORMAT (groups: file and line named), or as lw_train
 */
LW_CHECK_RESULT lw_status lw_crossval(const lw_network *network, const lw_dataset *dataset,
                                      const lw_crossval_options *options, const char *folder, lw_crossval_fn *progress,
                                      void *context, lw_error *err);

typedef struct lw_calibrate_options {
    int year;             /**< of the Challenge metric: 2020 or 2021 */
    const char *weights;  /**< a reward matrix in the Challenge's CSV format, NULL: the year's own */
    const char *fallback; /**< SNOMED code; "": none; NULL: keep the model's */
    int threads;          /**< 0: all cores; the result does not depend on it */
} lw_calibrate_options;

/** Challenge metric of a model's decisions on the data that it was calibrated on: an optimistic figure. */
typedef struct lw_calibration {
    double metric_before;
    double common_threshold, metric_common; /**< the best threshold that all classes share */
    double metric_after;                    /**< with each class its own */
} lw_calibration;

/**
 * Give `model` the thresholds that maximise the Challenge metric on `dataset`: first the best one for all classes, then
 * class by class until nothing gains. A class whose threshold does not matter keeps the common one.
 * @return LW_OK, LW_ERR_ARGUMENT, LW_ERR_MISMATCH (preprocessing or classes are not the model's, or one of its
 *         leads is not there), LW_ERR_FORMAT (weights), LW_ERR_NOT_FINITE (a sample), LW_ERR_IO or LW_ERR_NO_MEMORY;
 * the model is then as before
 */
LW_CHECK_RESULT lw_status lw_calibrate(lw_model *model, const lw_dataset *dataset, const lw_calibrate_options *options,
                                       lw_calibration *out, lw_error *err);

#ifdef __cplusplus
}
#endif
#endif
