/* What ranks that share a training batch tell each other on the way through it. */
#include "network/engine_internal.h"

void lw_engine_share(lw_engine *engine, const lw_cluster *cluster, size_t records) {
    engine->cluster = lw_cluster_shares(cluster) ? cluster : NULL;
    engine->shared_records = records;
}

size_t lw_share_records(const lw_engine *engine, size_t n) { return engine->cluster ? engine->shared_records : n; }

void lw_share_sums(const lw_engine *engine, double *sums, size_t count) {
    if (engine->cluster)
        engine->cluster->sum(engine->cluster->context, sums, count);
}

/** By the means of x and of x * x. In double they leave the variance of floats more digits than the floats have. */
void lw_share_moments(const lw_engine *engine, size_t n, size_t c_count, double *moments) {
    if (!engine->cluster)
        return;
    const double share = (double)n / (double)engine->shared_records;
    double *mean = moments, *variance = moments + c_count;
    for (size_t c = 0; c < c_count; c++) {
        variance[c] = share * (variance[c] + mean[c] * mean[c]);
        mean[c] *= share;
    }
    lw_share_sums(engine, moments, 2 * c_count);
    for (size_t c = 0; c < c_count; c++) {
        variance[c] -= mean[c] * mean[c];
        variance[c] = variance[c] > 0.0 ? variance[c] : 0.0;
    }
}
