/**
 * @file calibration.h
 * What the calibration of first windows and that of all windows share.
 */
#ifndef LW_EVALUATE_CALIBRATION_H
#define LW_EVALUATE_CALIBRATION_H

#include "leadwise/evaluate.h"

/** The Challenge metric of what `model` decides by itself on `probabilities` [records][classes]. Errors as
 * lw_calibrate. */
lw_status lw_calibrate_before(const lw_model *model, size_t records, const uint8_t *labels, const float *probabilities,
                              const lw_calibrate_options *options, double *metric, lw_error *err);

/**
 * Give `model` the thresholds (and the options' fallback) that do best on `probabilities` [records][classes], and say
 * in `out` what they reach. Errors as lw_calibrate; the model is then as before.
 */
lw_status lw_calibrate_thresholds(lw_model *model, size_t records, const uint8_t *labels, const float *probabilities,
                                  const lw_calibrate_options *options, lw_calibration *out, lw_error *err);

#endif
