/**
 * @file cluster_mpi.h
 * What leadwise-mpi.so offers: a module apart, so that the program needs no MPI and does not wait for it to load.
 */
#ifndef LEADWISE_CLI_CLUSTER_MPI_H
#define LEADWISE_CLI_CLUSTER_MPI_H

#include "leadwise/cluster.h"

/** The module's one symbol. */
#define CLI_MPI_SYMBOL "cli_mpi"

typedef struct cli_mpi_module {
    /** Start MPI and fill *out; once a process. false: out of memory. An error of MPI's own ends all ranks. */
    bool (*join)(lw_cluster *out);
    /** End it; every rank must be here. */
    void (*leave)(void *context);
} cli_mpi_module;

#endif
