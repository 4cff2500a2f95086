/**
 * @file cluster.h
 * Several processes that work on one task: who is who, and how they agree.
 *
 * A cluster has `size` ranks, each a process (or a thread) with its own lw_cluster. NULL, or one of size 1, is a
 * process alone. The library brings no transport: whoever starts the ranks fills the callbacks, with MPI, say.
 *
 * sum, sum_floats, and the functions below that exchange are collective: every rank calls them, with equal counts, in
 * the same order. A rank that fails must therefore not just leave; it takes its status to lw_cluster_agree, where the
 * others wait. The ranks must see the same files under the same paths.
 */
#ifndef LEADWISE_CLUSTER_H
#define LEADWISE_CLUSTER_H

#include <stdbool.h>
#include <stddef.h>

#include "leadwise/status.h"

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

/**
 * Wait until every rank is here, and fail on all when one failed: each gets the status and sentence of the lowest rank
 * that failed, other than by LW_ERR_INTERRUPTED if there is one. Alone: `status` as it is. Collective.
 *
 * @param status  this rank's so far, whose sentence `err` holds
 * @param err     its sentence on entry where status is not LW_OK, the agreed one on return; NULL: none
 * @return LW_OK when it is LW_OK on all
 */
LW_CHECK_RESULT lw_status lw_cluster_agree(const lw_cluster *cluster, lw_status status, lw_error *err);

#ifdef __cplusplus
}
#endif
#endif
