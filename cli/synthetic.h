/**
 * @file synthetic.h
 * A folder of synthetic recordings.
 */
#ifndef LEADWISE_CLI_SYNTHETIC_H
#define LEADWISE_CLI_SYNTHETIC_H

#include <stdint.h>

#include "arguments.h"
#include "leadwise/signal.h"

/** Write recordings `first` to `first + count - 1` of the series into `folder` (created) as S<index>, with a bar. */
lw_status cli_synthesise(const cli_arguments *arguments, const lw_synth_options *options, uint64_t first,
                         uint64_t count, const char *folder, lw_error *err);

#endif
