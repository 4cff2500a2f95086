/**
 * @file launch.h
 * The processes that an MPI launcher started together: `mpirun -n K leadwise train ...`.
 *
 * Rank 0 speaks for all. What the others would print on standard output is dropped; what they print on standard error
 * is held back, and shown only when one of them fails and rank 0 does not.
 */
#ifndef LEADWISE_CLI_LAUNCH_H
#define LEADWISE_CLI_LAUNCH_H

#include "arguments.h"
#include "leadwise/cluster.h"

/** Zero-initialised: a process alone. */
struct cli_launch {
    lw_cluster cluster;
    const struct cli_mpi_module *module; /**< NULL: alone */
    int held, shown;                     /**< descriptors of what is held back and of standard error; of rank 0 none */
};

/**
 * Join them; alone where no launcher or one with a single process started this one.
 * @return CLI_EXIT_OK, or CLI_EXIT_IO after saying why that is not possible: processes that know nothing of each
 *         other would overwrite each other's files
 */
int cli_launch_join(cli_launch *launch);
/** At the program's end: cli_launch_agree, then part. */
int cli_launch_leave(cli_launch *launch, int code);

/**
 * Wait for all ranks: CLI_EXIT_OK when it is the `code` of all, else the code of the lowest that failed. Collective;
 * alone, `code`.
 */
int cli_launch_agree(const cli_launch *launch, int code);

/* The same by the arguments of a command that `divides`. */
int cli_agree(const cli_arguments *arguments, int code);
/** For the library's options; NULL: alone. */
const lw_cluster *cli_cluster(const cli_arguments *arguments);
/** Whether this process writes files. */
bool cli_leads(const cli_arguments *arguments);

#endif
