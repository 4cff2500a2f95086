/**
 * @file cluster_check.h
 * Whether ranks that should hold the same do.
 */
#ifndef LW_BASE_CLUSTER_CHECK_H
#define LW_BASE_CLUSTER_CHECK_H

#include "leadwise/cluster.h"

/**
 * Compare data[bytes] with rank 0's. Collective; nothing when alone.
 * @param what  names it in the sentence: "configuration"
 * @return LW_OK, or LW_ERR_MISMATCH on all ranks
 */
lw_status lw_cluster_check_same(const lw_cluster *cluster, const void *data, size_t bytes, const char *what,
                                lw_error *err);

#endif
