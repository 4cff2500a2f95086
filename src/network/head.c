/* Between the branches' last maps and the dense layer's features. */
#include "network/engine_internal.h"

static const lw_block_engine *last_block(const lw_branch_engine *branch) {
    return &branch->block[branch->block_count - 1];
}

void lw_head_collect(lw_engine *engine, const lw_branch_engine *branch, size_t n) {
    const lw_block_engine *block = last_block(branch);
    const lw_map map = lw_block_map(engine, block, n);
    float *feature = engine->feature + branch->feature_offset;
    if (engine->flatten)
        lw_flatten_forward(&map, block->y, engine->features, feature);
    else
        lw_pool_forward(&map, block->y, engine->features, feature, engine->map_scratch);
}

void lw_head_spread(lw_engine *engine, const lw_branch_engine *branch, size_t n, float *dy) {
    const lw_map map = lw_block_map(engine, last_block(branch), n);
    const float *dfeature = engine->dfeature + branch->feature_offset;
    if (engine->flatten)
        lw_flatten_backward(&map, dfeature, engine->features, dy);
    else
        lw_pool_backward(&map, dfeature, engine->features, dy);
}
