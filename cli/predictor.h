/**
 * @file predictor.h
 * A model that runs over recordings or a prepared file and gives its predictions in the order of the input.
 */
#ifndef LEADWISE_CLI_PREDICTOR_H
#define LEADWISE_CLI_PREDICTOR_H

#include "leadwise/report.h"
#include "leadwise/signal.h"
#include "leadwise/train.h"

typedef struct cli_predictor cli_predictor;

/** Called for each record in order. Anything but LW_OK stops the run and is its result. */
typedef lw_status cli_prediction_fn(void *context, const char *path, const lw_prediction *prediction, lw_error *err);

/**
 * A session and a preparer a thread for `model`, which must outlive it.
 * @param seen  leads that the network is shown, the others being zeros (for a network with missing_leads); NULL: all
 * @param how   the session's plan; its max_batch is the most records a call
 * @return LW_OK, LW_ERR_ARGUMENT or LW_ERR_NO_MEMORY
 */
lw_status cli_predictor_create(const lw_model *model, const lw_lead_set *seen, const lw_session_options *how,
                               cli_predictor **out, lw_error *err);
void cli_predictor_free(cli_predictor **predictor);

/** Read, prepare and predict the recordings `first` to `first + count - 1` of `list`; count <= how->max_batch. */
lw_status cli_predictor_run(cli_predictor *predictor, const lw_record_list *list, size_t first, size_t count,
                            const lw_record_options *options, cli_prediction_fn *each, void *context, lw_error *err);

/** The network's leads that are among `asked`, in the network's order; NULL: all. */
lw_lead_set cli_leads_seen(const lw_network *network, const lw_lead_set *asked);
/** Move the rows of the leads `seen`, which lie at the front of a network's input, to their places; others are zeros.
 */
void cli_spread_rows(const lw_network *network, const lw_lead_set *seen, float *signals);
/** The record's name as its path tells it, for when the file does not. free() it. */
char *cli_record_name(const char *path);

/** LW_ERR_ARGUMENT when two recordings have the same name, so that a file called after one would replace the other's.
 */
lw_status cli_names_unique(const lw_record_list *list, lw_error *err);

/**
 * LW_ERR_MISMATCH with a sentence unless the file was prepared as the model wants it and has its leads, or, for a
 * network with missing_leads, one of those that it is to see. `shown` names it; `seen` as above.
 */
lw_status cli_predictor_check(const lw_model *model, const lw_lead_set *seen, const lw_dataset *dataset,
                              const char *shown, lw_error *err);
/** The same as cli_predictor_run for the records of a prepared file that has passed cli_predictor_check. */
lw_status cli_predictor_run_prepared(cli_predictor *predictor, const lw_dataset *dataset, size_t first, size_t count,
                                     cli_prediction_fn *each, void *context, lw_error *err);

#endif
