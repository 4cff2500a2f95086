/**
 * @file launch.h
 * The processes that an MPI launcher started together: `mpirun -n K leadwise train ...`.
 *
 * Only rank 0 prints. What the others print on standard output is dropped; what they print on standard error is held
 * back, and shown only when one of them fails and rank 0 does not.
 */
#ifndef LW_LAB_LAUNCH_H
#define LW_LAB_LAUNCH_H

#include "leadwise/cluster.h"

/** The exit code of a process that a signal stopped: a failure of another rank has precedence over it. */
enum { LW_LAUNCH_INTERRUPTED = 75 };

/** The one symbol of leadwise-mpi.so: a module apart, so that the program needs no MPI and does not wait for it to load. */
#define LW_MPI_SYMBOL "lw_mpi"

typedef struct lw_mpi_module {
    /** Start MPI and fill *out; once a process. false: out of memory. An error of MPI's own ends all ranks. */
    bool (*join)(lw_cluster *out);
    /** End it; every rank must be here. */
    void (*leave)(void *context);
} lw_mpi_module;

/** Zero-initialised: a process alone. */
typedef struct lw_launch {
    lw_cluster cluster;
    const lw_mpi_module *module; /**< NULL: alone */
    int held, shown;             /**< descriptors of what is held back and of standard error; 0 on rank 0 */
} lw_launch;

/**
 * Join the processes that this one's launcher started; alone where no launcher or one with a single process did.
 *
 * @param module_folder  where the module for MPI is installed, relative to the program's folder
 * @return LW_OK, LW_ERR_NO_MEMORY, or LW_ERR_IO where joining is not possible: processes that cannot reach each other
 *         would overwrite each other's files. The sentence is empty on a rank other than 0 where rank 0 reports it
 */
LW_CHECK_RESULT lw_status lw_launch_join(lw_launch *launch, const char *module_folder, lw_error *err);
/** At the program's end: lw_launch_agree, then part. */
int lw_launch_leave(lw_launch *launch, int code);
/**
 * Wait for all ranks: 0 when that is the exit `code` of all, else the code of the lowest rank that failed. Collective;
 * alone, or where `launch` is NULL, `code`.
 */
int lw_launch_agree(const lw_launch *launch, int code);
/** The cluster for the library's options; NULL: alone. */
const lw_cluster *lw_launch_cluster(const lw_launch *launch);

#endif
