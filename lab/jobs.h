/**
 * @file jobs.h
 * Independent trainings, several at once, on all ranks of a cluster.
 */
#ifndef LW_LAB_JOBS_H
#define LW_LAB_JOBS_H

#include <stdbool.h>
#include <stddef.h>

#include "leadwise/cluster.h"

/** Jobs under way. */
typedef struct lw_jobs lw_jobs;

/** Do item `item`; called by several threads, each with an item of its own. */
typedef lw_status lw_job_fn(lw_jobs *jobs, void *context, size_t item, lw_error *err);

/**
 * Do items[count] (NULL: 0 to count - 1), which the ranks of `cluster` (NULL: this process alone) divide; each rank
 * does `at_once` at once (fewer where the system has no more threads), begun in this order. When one fails no other is
 * begun on any rank, and those under way learn it from lw_jobs_enter. Collective.
 * @return on all ranks LW_OK; LW_ERR_NO_MEMORY; or the status and sentence of the first item that failed, other than by
 *         LW_ERR_INTERRUPTED if there is one
 */
lw_status lw_jobs_run(const lw_cluster *cluster, size_t at_once, const size_t *items, size_t count, lw_job_fn *job,
                      void *context, lw_error *err);

/**
 * Wait for the other threads to leave; then whether the work goes on. One thread at a time is between here and
 * lw_jobs_leave.
 */
bool lw_jobs_enter(lw_jobs *jobs);
/** The end of that; `go_on` false: every thread of every rank is to stop. Returns `go_on`. */
bool lw_jobs_leave(lw_jobs *jobs, bool go_on);

/** Threads for each of `at_once` jobs that share `threads` (0: all cores), at least 1. */
int lw_jobs_share(int threads, size_t at_once);

#endif
