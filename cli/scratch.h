/**
 * @file scratch.h
 * A temporary folder.
 */
#ifndef LEADWISE_CLI_SCRATCH_H
#define LEADWISE_CLI_SCRATCH_H

#include "leadwise/leadwise.h"

/** Create an empty folder below TMPDIR or /tmp; cli_scratch_remove it. LW_ERR_IO with a sentence. */
lw_status cli_scratch_create(char **folder, lw_error *err);
/** Remove the folder with all that is in it; NULL is fine. */
void cli_scratch_remove(char **folder);

#endif
