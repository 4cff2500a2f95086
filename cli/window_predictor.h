/**
 * @file window_predictor.h
 * A model that runs over windows of recordings of any length: pooled to one prediction, or one by one from disk.
 */
#ifndef LEADWISE_CLI_WINDOW_PREDICTOR_H
#define LEADWISE_CLI_WINDOW_PREDICTOR_H

#include "predictor.h"

typedef struct cli_window_predictor cli_window_predictor;

/**
 * A session and a preparer for `model`, which must outlive it.
 * @param seen     as in cli_predictor_create
 * @param step_s   from a window's start to the next one's
 * @param pooling  [outputs], copied; what cli_window_predictor_pool does
 * @param memory_bytes  of the network at most, 0: no limit
 * @return LW_OK, LW_ERR_ARGUMENT or LW_ERR_NO_MEMORY
 */
lw_status cli_window_predictor_create(const lw_model *model, const lw_lead_set *seen, double step_s,
                                      const lw_pooling *pooling, int threads, size_t memory_bytes,
                                      cli_window_predictor **out, lw_error *err);
void cli_window_predictor_free(cli_window_predictor **predictor);

/** Predict the recording at `path` from all of its windows: one call of `each`, also when it is rejected. */
lw_status cli_window_predictor_pool(cli_window_predictor *predictor, const char *path, const lw_record_options *options,
                                    cli_prediction_fn *each, void *context, lw_error *err);
/** Predict its windows, of which few are in memory at a time: a call of `each` for each, or one when it is rejected. */
lw_status cli_window_predictor_stream(cli_window_predictor *predictor, const char *path,
                                      const lw_record_options *options, cli_prediction_fn *each, void *context,
                                      lw_error *err);

#endif
