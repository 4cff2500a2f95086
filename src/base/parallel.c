/* This file says how the ranks of a cluster divide work, and how they end a step with one status. */
#include "leadwise/cluster.h"

#include <assert.h>

#include "base/error.h"
#include "base/hash.h"
#include "base/parallel.h"

bool lw_cluster_shares(const lw_cluster *cluster) { return cluster && cluster->size > 1; }

bool lw_cluster_leads(const lw_cluster *cluster) { return !lw_cluster_shares(cluster) || cluster->rank == 0; }

bool lw_cluster_owns(const lw_cluster *cluster, size_t index) {
    return !lw_cluster_shares(cluster) || index % (size_t)cluster->size == (size_t)cluster->rank;
}

lw_part lw_cluster_part(const lw_cluster *cluster, size_t count) {
    if (!lw_cluster_shares(cluster))
        return (lw_part){0, count};
    assert(cluster->rank >= 0 && cluster->rank < cluster->size);
    const size_t rank = (size_t)cluster->rank, size = (size_t)cluster->size;
    const size_t each = count / size, longer = count % size;
    return (lw_part){rank * each + (rank < longer ? rank : longer), each + (rank < longer)};
}

void lw_cluster_stop(const lw_cluster *cluster) {
    if (lw_cluster_shares(cluster))
        cluster->stop(cluster->context);
}

bool lw_cluster_stopped(const lw_cluster *cluster) {
    return lw_cluster_shares(cluster) && cluster->stopped(cluster->context);
}

bool lw_cluster_any(const lw_cluster *cluster, bool mine) {
    double count = mine;
    if (lw_cluster_shares(cluster))
        cluster->sum(cluster->context, &count, 1);
    return count != 0;
}

/** The lowest rank that failed, other than by an interruption if there is one. */
static int failed_rank(const lw_cluster *cluster, lw_status status, bool only_interrupted) {
    const bool counts = status != LW_OK && (only_interrupted || status != LW_ERR_INTERRUPTED);
    for (int rank = 0; rank < cluster->size - 1; rank++) {
        double here = rank == cluster->rank && counts;
        cluster->sum(cluster->context, &here, 1);
        if (here != 0)
            return rank;
    }
    return cluster->size - 1;
}

/** Status and sentence of `rank`, on all. Characters are sent as floats, which hold them exactly. */
static lw_status take_failure(const lw_cluster *cluster, int rank, const lw_error *own, lw_error *err) {
    enum { LENGTH = sizeof own->message };
    float sent[LENGTH + 1] = {0};
    char sentence[LENGTH];
    for (size_t i = 0; rank == cluster->rank && i < LENGTH; i++)
        sent[i] = (float)(unsigned char)own->message[i];
    if (rank == cluster->rank)
        sent[LENGTH] = (float)own->status;
    cluster->sum_floats(cluster->context, sent, LENGTH + 1);
    for (size_t i = 0; i < LENGTH; i++)
        sentence[i] = (char)(unsigned char)sent[i];
    sentence[LENGTH - 1] = '\0';
    return lw_fail(err, (lw_status)sent[LENGTH], "%s", sentence);
}

/** One status on all, from the status of each rank. */
static lw_status agree(const lw_cluster *cluster, const lw_error *own, lw_error *err) {
    double failed[2] = {own->status != LW_OK, own->status != LW_OK && own->status != LW_ERR_INTERRUPTED};
    cluster->sum(cluster->context, failed, 2);
    if (failed[0] == 0)
        return LW_OK;
    return take_failure(cluster, failed_rank(cluster, own->status, failed[1] == 0), own, err);
}

lw_status lw_collective_run(const lw_cluster *cluster, lw_ranks who, lw_rank_fn *step, void *context, lw_error *err) {
    if (!lw_cluster_shares(cluster))
        return step(context, err);
    /* A sentence of its own: it is sent also where the caller gives no `err`. */
    lw_error own = {.status = LW_OK};
    if (who == LW_EVERY_RANK || cluster->rank == 0)
        own.status = step(context, &own);
    return agree(cluster, &own, err);
}

lw_status lw_cluster_check_same(const lw_cluster *cluster, const void *data, size_t bytes, const char *what,
                                lw_error *err) {
    unsigned char mine[LW_SHA256_BYTES];
    double first[LW_SHA256_BYTES] = {0};
    if (!lw_cluster_shares(cluster))
        return LW_OK;
    lw_sha256_digest_of(data, bytes, mine);
    for (size_t i = 0; cluster->rank == 0 && i < LW_SHA256_BYTES; i++)
        first[i] = mine[i];
    cluster->sum(cluster->context, first, LW_SHA256_BYTES);
    bool same = true;
    for (size_t i = 0; i < LW_SHA256_BYTES; i++)
        same &= first[i] == (double)mine[i];
    lw_error own = {.status = LW_OK};
    if (!same)
        (void)lw_fail(&own, LW_ERR_MISMATCH, "rank %d does not hold the %s of rank 0", cluster->rank, what);
    return agree(cluster, &own, err);
}
