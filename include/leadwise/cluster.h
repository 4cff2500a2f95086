/**
 * @file cluster.h
 * Several processes that work on one task: who is who, and how they agree.
 *
 * A cluster has `size` ranks, each a process (or a thread) with its own lw_cluster. NULL, or one of size 1, is a
 * process alone. The library brings no transport: whoever starts the ranks fills the callbacks, with MPI, say.
 *
 * sum, sum_floats, and the functions below that exchange are collective: every rank calls them, with equal counts, in
 * the same order. A rank that failed and left would let the others wait for ever. What may fail on one rank is
 * therefore always a step of lw_collective_run, which ends with one status on all. The ranks must see the same files
 * under the same paths.
 */
#ifndef LEADWISE_CLUSTER_H
#define LEADWISE_CLUSTER_H

#include <stdbool.h>
#include <stddef.h>

#include "leadwise/leadwise.h"

#ifdef __cplusplus
extern "C" {
#endif

/**
 * One rank's view. Callbacks get `context`, are called by one thread at a time, and cannot fail: a transport that
 * breaks ends the process.
 */
typedef struct lw_cluster {
    int rank, size; /**< 0 <= rank < size; rank 0 writes the files */
    void *context;
    /** values[count] becomes the sum over all ranks, taken in the order of the ranks: the same bytes on each. */
    void (*sum)(void *context, double *values, size_t count);
    /** The same of floats, summed in double and rounded once. */
    void (*sum_floats)(void *context, float *values, size_t count);
    /** Ask every rank to stop, at whatever it is; not collective. */
    void (*stop)(void *context);
    /** Whether any rank has asked; not collective, and soon true on all, but not at once. */
    bool (*stopped)(void *context);
} lw_cluster;

/** Whether there is more than one rank. */
bool lw_cluster_shares(const lw_cluster *cluster);
/** Whether this is the rank that writes files: rank 0, or a process alone. */
bool lw_cluster_leads(const lw_cluster *cluster);
/** Whether item `index` of a list that the ranks divide is this one's: those with index % size == rank; alone, all. */
bool lw_cluster_owns(const lw_cluster *cluster, size_t index);

/** Ask every rank to stop; nothing when alone. Not collective. */
void lw_cluster_stop(const lw_cluster *cluster);
/** Whether a rank has asked. Not collective: for hooks of work that the ranks do each on their own. */
bool lw_cluster_stopped(const lw_cluster *cluster);

/** Which ranks execute a step; the others wait for its end. */
typedef enum lw_ranks { LW_EVERY_RANK, LW_FIRST_RANK } lw_ranks;

/** A step that may fail on one rank and not on another. */
typedef lw_status lw_rank_fn(void *context, lw_error *err);

/**
 * Execute a step on some ranks, wait until every rank is here, and fail on all when it failed on one: each gets the
 * status and sentence of the lowest rank that failed, other than by LW_ERR_INTERRUPTED if there is one. Alone: the
 * step's own status. Collective.
 *
 *     status = lw_collective_run(cluster, LW_FIRST_RANK, write_file, &work, err);
 *
 * A step of LW_EVERY_RANK may itself call collective functions, as long as every rank reaches the same ones: nothing
 * that fails on one rank alone may come before such a call.
 *
 * @param err  the agreed sentence on failure; NULL: none
 * @return LW_OK when the step gave LW_OK wherever it was executed
 */
LW_CHECK_RESULT lw_status lw_collective_run(const lw_cluster *cluster, lw_ranks who, lw_rank_fn *step, void *context,
                                            lw_error *err);

#ifdef __cplusplus
}
#endif
#endif
