/**
 * @file parallel.h
 * How work is divided: among the threads of a call, one without OpenMP, and among the ranks of a cluster.
 */
#ifndef LW_BASE_PARALLEL_H
#define LW_BASE_PARALLEL_H

#ifdef _OPENMP
#include <omp.h>
#endif

#include "leadwise/cluster.h"

enum { LW_THREADS_MAX = 256 };

/** `threads`, or all cores when it is 0 or negative; within 1 and LW_THREADS_MAX. */
static inline int lw_threads_resolve(int threads) {
#ifdef _OPENMP
    if (threads <= 0)
        threads = omp_get_max_threads();
    return threads > LW_THREADS_MAX ? LW_THREADS_MAX : threads;
#else
    (void)threads;
    return 1;
#endif
}

/** Items first .. first + count of a list. */
typedef struct lw_part {
    size_t first, count;
} lw_part;

/** This rank's part of `count` items: in the order of the ranks, equal but for one; alone, all. */
lw_part lw_cluster_part(const lw_cluster *cluster, size_t count);

/** Whether `mine` is true on any rank. Collective; alone, `mine`. */
bool lw_cluster_any(const lw_cluster *cluster, bool mine);

/**
 * Compare data[bytes] with rank 0's. Collective; nothing when alone.
 * @param what  names it in the sentence: "configuration"
 * @return LW_OK, or LW_ERR_MISMATCH on all ranks
 */
lw_status lw_cluster_check_same(const lw_cluster *cluster, const void *data, size_t bytes, const char *what,
                                lw_error *err);

#endif
