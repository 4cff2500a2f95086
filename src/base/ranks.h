/**
 * @file ranks.h
 * How the ranks of a cluster divide a list, and whether they hold the same.
 */
#ifndef LW_BASE_RANKS_H
#define LW_BASE_RANKS_H

#include "leadwise/cluster.h"

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
