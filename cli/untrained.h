/**
 * @file untrained.h
 * A model whose weights nobody has trained, to measure the speed of prediction with.
 */
#ifndef LEADWISE_CLI_UNTRAINED_H
#define LEADWISE_CLI_UNTRAINED_H

#include "arguments.h"
#include "leadwise/leadwise.h"

/** One epoch on a few synthetic recordings in a temporary folder. *out is the caller's, lw_model_free. */
lw_status cli_untrained_model(const cli_arguments *arguments, const lw_network *network, lw_model **out, lw_error *err);

#endif
