/**
 * @file cluster_mpi.h
 * What leadwise-mpi.so offers: a module apart, so that the program needs no MPI and does not wait for it to load.
 */
#ifndef LW_LAB_CLUSTER_MPI_H
#define LW_LAB_CLUSTER_MPI_H

#include "leadwise/cluster.h"

/** The module's one symbol. */
#define LW_MPI_SYMBOL "lw_mpi"

typedef struct lw_mpi_module {
    /** Start MPI and fill *out; once a process. false: out of memory. An error of MPI's own ends all ranks. */
    bool (*join)(lw_cluster *out);
    /** End it; every rank must be here. */
    void (*leave)(void *context);
} lw_mpi_module;

#endif
