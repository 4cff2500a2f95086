/* This file plans an engine: shapes, convolutions, and where everything lies in the arena. */
#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "network/engine_internal.h"

/* ---- Shapes and parameters */

static size_t offset_of(const lw_parameter_table *table, const char *prefix, const char *name) {
    char full[64];
    snprintf(full, sizeof full, "%.24s%.39s", prefix, name);
    for (size_t i = 0; i < table->count; i++)
        if (strcmp(table->item[i].name, full) == 0)
            return table->item[i].offset;
    return LW_ABSENT;
}

static lw_block_offsets block_offsets(const lw_parameter_table *table, const char *prefix) {
    return (lw_block_offsets){
        .conv_weight = offset_of(table, prefix, "conv.weight"),
        .conv_bias = offset_of(table, prefix, "conv.bias"),
        .gain = offset_of(table, prefix, "norm.weight"),
        .offset = offset_of(table, prefix, "norm.bias"),
        .running_mean = offset_of(table, prefix, "norm.running_mean"),
        .running_variance = offset_of(table, prefix, "norm.running_var"),
        .squeeze_weight = offset_of(table, prefix, "attention.squeeze.weight"),
        .squeeze_bias = offset_of(table, prefix, "attention.squeeze.bias"),
        .excite_weight = offset_of(table, prefix, "attention.excite.weight"),
        .excite_bias = offset_of(table, prefix, "attention.excite.bias"),
        .skip_weight = offset_of(table, prefix, "skip.weight"),
        .skip_bias = offset_of(table, prefix, "skip.bias"),
    };
}

static void shape_block(lw_block_engine *block, const lw_network *network, const lw_branch *branch, size_t k,
                        size_t t_in) {
    const lw_block *spec = &branch->block[k];
    block->spec = *spec;
    block->plain = !spec->norm && !spec->attention && spec->dropout <= 0.0 && spec->skip == LW_SKIP_NONE;
    block->c_in = (size_t)lw_block_channels_in(branch, k);
    block->c = (size_t)spec->filters;
    block->r = (size_t)lw_attention_channels(network, spec);
    block->h = network->leads.count;
    block->t_in = t_in;
    block->t = (t_in + (size_t)spec->stride - 1) / (size_t)spec->stride;
}

static lw_status create_convs(const lw_engine *engine, lw_block_engine *block, bool first, lw_error *err) {
    lw_conv_use use = {.training = engine->options.training,
                       .input_gradient = engine->options.training && !first,
                       .threads = engine->options.threads,
                       .thrift = engine->thrift,
                       .tuning = engine->options.tuning};
    lw_conv_shape shape = {.n = (int)engine->options.max_batch,
                           .c_in = (int)block->c_in,
                           .c_out = (int)block->c,
                           .h = (int)block->h,
                           .t_in = (int)block->t_in,
                           .kh = block->spec.kernel[0],
                           .kw = block->spec.kernel[1],
                           .stride = block->spec.stride};
    lw_status status = lw_conv_create(&shape, &use, &block->conv, err);
    if (status != LW_OK || block->spec.skip != LW_SKIP_CONV)
        return status;
    shape.kh = shape.kw = 1;
    return lw_conv_create(&shape, &use, &block->skip, err);
}

static lw_status shape_branch(lw_engine *engine, const lw_network *network, size_t index,
                              const lw_parameter_table *table, lw_error *err) {
    static const lw_block_engine empty;
    const lw_branch *spec = &network->branch[index];
    lw_branch_engine *branch = &engine->branch[index];
    branch->decimate = spec->decimate;
    branch->t = (size_t)lw_branch_samples(network, spec);
    branch->block = lw_calloc(spec->block_count, sizeof empty);
    if (!branch->block)
        return lw_fail_no_memory(err, "a network's blocks");
    branch->block_count = spec->block_count;
    size_t t = branch->t;
    for (size_t k = 0; k < spec->block_count; k++) {
        lw_block_engine *block = &branch->block[k];
        char prefix[64];
        snprintf(prefix, sizeof prefix, "branch%zu.block%zu.", index, k);
        shape_block(block, network, spec, k, t);
        block->layer = (uint32_t)(index * LW_BLOCKS_MAX + k);
        block->at = block_offsets(table, prefix);
        lw_status status = create_convs(engine, block, k == 0, err);
        if (status != LW_OK)
            return status;
        t = block->t;
    }
    return LW_OK;
}

/* ---- Memory: the same functions count its bytes first, and set pointers once it is allocated. */

typedef struct layout {
    lw_arena plan;
    char *base; /**< NULL while measuring */
    bool too_large;
} layout;

static void *take(layout *at, size_t count, size_t element_bytes) {
    size_t offset = lw_arena_plan(&at->plan, count, element_bytes);
    if (offset == SIZE_MAX)
        at->too_large = true;
    return at->base ? at->base + offset : NULL;
}

static float *take_floats(layout *at, size_t count) { return take(at, count, sizeof(float)); }

/** The largest of every block's needs, for what blocks share. */
typedef struct widest {
    size_t conv_scratch, packed, skip_packed, map_scratch, weights, map, gradient, skip_map, n_c, n_r, c;
} widest;

static void widen(size_t *most, size_t value) {
    if (value > *most)
        *most = value;
}

static void widen_for_block(widest *most, const lw_engine *engine, const lw_block_engine *block) {
    const size_t n = engine->options.max_batch;
    const lw_map map = lw_block_map(engine, block, n);
    const size_t input = n * block->h * block->t_in * block->c_in;
    widen(&most->conv_scratch, lw_conv_scratch_floats(block->conv));
    widen(&most->packed, lw_conv_packed_floats(block->conv));
    widen(&most->map_scratch, lw_map_scratch_floats(&map));
    widen(&most->weights, block->c * block->c_in * (size_t)block->spec.kernel[0] * (size_t)block->spec.kernel[1]);
    widen(&most->map, lw_map_floats(&map));
    widen(&most->gradient, lw_map_floats(&map) > input ? lw_map_floats(&map) : input);
    widen(&most->n_c, n * block->c);
    widen(&most->n_r, n * block->r);
    widen(&most->c, block->c);
    if (block->skip) {
        widen(&most->conv_scratch, lw_conv_scratch_floats(block->skip));
        widen(&most->skip_packed, lw_conv_packed_floats(block->skip));
        widen(&most->skip_map, lw_map_floats(&map));
    }
}

static void place_shared(layout *at, lw_engine *engine, const widest *most) {
    const size_t n = engine->options.max_batch;
    engine->conv_scratch = take_floats(at, most->conv_scratch);
    engine->map_scratch = take_floats(at, most->map_scratch);
    engine->folded = take_floats(at, most->weights);
    if (engine->share_weights) {
        engine->packed = take_floats(at, most->packed);
        engine->skip_packed = take_floats(at, most->skip_packed);
    }
    engine->feature = take_floats(at, n * engine->features);
    if (!engine->options.training) {
        engine->skip_map = take_floats(at, most->skip_map);
        engine->inference_map[0] = take_floats(at, most->map);
        engine->inference_map[1] = take_floats(at, most->map);
        return;
    }
    engine->dfeature = take_floats(at, n * engine->features);
    for (size_t i = 0; i < LW_GRADIENT_MAPS; i++)
        engine->gradient_map[i] = take_floats(at, most->gradient);
    engine->skip_map = engine->gradient_map[0]; /* forward and backward take turns */
    for (size_t i = 0; i < 4; i++)
        engine->record_sums[i] = take_floats(at, most->n_c);
    engine->record_hidden = take_floats(at, most->n_r);
    engine->channel_keep = take(at, most->c, 1);
    for (size_t i = 0; i < 2; i++)
        engine->channel_terms[i] = take_floats(at, most->c);
    engine->moments = take(at, most->c, 2 * sizeof(double));
}

/** What a block keeps from forward to backward. */
static void place_training(layout *at, const lw_engine *engine, lw_block_engine *block) {
    const size_t n = engine->options.max_batch, c = block->c;
    const lw_map map = lw_block_map(engine, block, n);
    block->y = take_floats(at, lw_map_floats(&map));
    block->kept = take_floats(at, lw_conv_kept_floats(block->conv));
    if (block->skip)
        block->skip_kept = take_floats(at, lw_conv_kept_floats(block->skip));
    if (block->plain)
        return;
    block->z = take_floats(at, lw_map_floats(&map));
    block->mean = take_floats(at, c);
    block->rstd = take_floats(at, c);
    block->gain = take_floats(at, c);
    block->offset = take_floats(at, c);
    block->active = take_floats(at, n * c);
    block->active_zhat = take_floats(at, n * c);
    block->gate = take_floats(at, n * c);
    block->drop = take_floats(at, n * c);
    if (engine->standard_dropout && block->spec.dropout > 0.0)
        block->keep = take(at, lw_map_floats(&map), 1);
}

static void place_block(layout *at, const lw_engine *engine, lw_block_engine *block) {
    const size_t n = engine->options.max_batch, c = block->c, r = block->r;
    if (block->spec.attention) {
        block->pooled = take_floats(at, n * c);
        block->hidden = take_floats(at, n * r);
        block->attention = take_floats(at, n * c);
    }
    if (engine->options.training)
        place_training(at, engine, block);
}

/** What a member has of its own: with share_weights, all but the packed weights. */
static void place_weights(layout *at, lw_engine *engine) {
    const bool shared = engine->share_weights;
    engine->values = take(at, 1, sizeof *engine->values);
    engine->head_values = take_floats(at, engine->outputs * (engine->features + 1));
    for (size_t i = 0; i < engine->branch_count; i++)
        for (size_t k = 0; k < engine->branch[i].block_count; k++) {
            lw_block_engine *block = &engine->branch[i].block[k];
            const size_t c = block->c, r = block->r;
            block->packed = shared ? engine->packed : take_floats(at, lw_conv_packed_floats(block->conv));
            block->folded_bias = take_floats(at, c);
            if (block->skip) {
                block->skip_packed = shared ? engine->skip_packed : take_floats(at, lw_conv_packed_floats(block->skip));
                block->skip_bias = take_floats(at, c);
            }
            if (block->spec.attention)
                block->attention_values = take_floats(at, 2 * c * r + c + r);
        }
}

void lw_engine_select(lw_engine *engine, size_t member) {
    assert(member < engine->options.members);
    layout at = {.base = engine->weights.base + member * engine->member_bytes};
    place_weights(&at, engine);
}

static void place_maps(layout *at, lw_engine *engine, const widest *most) {
    place_shared(at, engine, most);
    for (size_t i = 0; i < engine->branch_count; i++) {
        lw_branch_engine *branch = &engine->branch[i];
        if (branch->decimate > 1)
            branch->input = take_floats(at, engine->options.max_batch * engine->leads * branch->t);
        for (size_t k = 0; k < branch->block_count; k++) {
            place_block(at, engine, &branch->block[k]);
            if (!engine->options.training)
                branch->block[k].y = engine->inference_map[k % 2];
        }
    }
}

static widest widest_of(const lw_engine *engine) {
    widest most = {0};
    for (size_t i = 0; i < engine->branch_count; i++)
        for (size_t k = 0; k < engine->branch[i].block_count; k++)
            widen_for_block(&most, engine, &engine->branch[i].block[k]);
    return most;
}

static lw_status measure(lw_engine *engine, lw_error *err) {
    const widest most = widest_of(engine);
    layout maps = {0}, weights = {0};
    place_maps(&maps, engine, &most);
    place_weights(&weights, engine);
    engine->arena.bytes = maps.plan.bytes;
    engine->member_bytes = weights.plan.bytes;
    const bool possible = !maps.too_large && !weights.too_large &&
                          lw_size_mul(engine->member_bytes, engine->options.members, &engine->weights.bytes);
    return possible ? LW_OK : lw_fail_no_memory(err, "a network's maps and weights");
}

lw_status lw_engine_allocate(lw_engine *engine, lw_error *err) {
    const widest most = widest_of(engine);
    if (!lw_arena_allocate(&engine->arena) || !lw_arena_allocate(&engine->weights))
        return lw_fail_no_memory(err, "a network's maps and weights");
    layout placed = {.base = engine->arena.base};
    place_maps(&placed, engine, &most); /* first: members share weights that lie there */
    lw_engine_select(engine, 0);
    return LW_OK;
}

lw_status lw_engine_plan(lw_engine *engine, const lw_network *network, const lw_parameter_table *table, lw_error *err) {
    lw_status status = lw_kernels_find(engine->options.tuning.isa, &engine->kernels, err);
    if (status != LW_OK)
        return status;
    engine->share_weights = engine->options.brief || engine->thrift > 0;
    engine->leads = network->leads.count;
    engine->samples = (size_t)network->samples;
    engine->outputs = (size_t)network->outputs;
    engine->features = lw_head_features(network);
    engine->inputs = network->input_count;
    engine->flatten = network->flatten;
    engine->standard_dropout = network->standard_dropout;
    engine->epsilon = network->epsilon;
    engine->momentum = network->momentum;
    engine->head_weight = offset_of(table, "head.", "weight");
    engine->head_bias = offset_of(table, "head.", "bias");
    engine->branch_count = network->branch_count;
    size_t feature = 0;
    for (size_t i = 0; i < network->branch_count; i++) {
        status = shape_branch(engine, network, i, table, err);
        if (status != LW_OK)
            return status;
        lw_branch_engine *branch = &engine->branch[i];
        const lw_block_engine *last = &branch->block[branch->block_count - 1];
        branch->feature_offset = feature;
        feature += last->c * (engine->flatten ? last->h * last->t : 1);
    }
    return measure(engine, err);
}
