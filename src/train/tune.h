/**
 * @file tune.h
 * Thresholds of a trained network, from its validation records.
 */
#ifndef LW_TRAIN_TUNE_H
#define LW_TRAIN_TUNE_H

#include "evaluate/thresholds.h"
#include "train/judge.h"

/**
 * thresholds[classes] that maximise the year's metric on the records that `judge` predicted last.
 * @param fallback  SNOMED code of the model's fallback, or NULL
 * @return LW_OK or LW_ERR_NO_MEMORY
 */
lw_status lw_tune_thresholds(const lw_judge *judge, int year, const char *fallback, double *thresholds,
                             lw_threshold_result *found, lw_error *err);

#endif
