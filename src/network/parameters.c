/* This file lists the stored tensors, in the order of PyTorch's state_dict, and draws their first values. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "base/memory.h"
#include "base/random.h"
#include "network/engine.h"
#include "network/network_internal.h"

/** Most tensors of a block: conv 2, norm 4, attention 4, skip 2. */
enum { BLOCK_TENSORS = 12, HEAD_TENSORS = 2 };

/** What a tensor is, which decides its shape's meaning and its first value. */
typedef enum kind { WEIGHT, BIAS, GAIN, MEAN, VARIANCE } kind;

static void add(lw_parameter_table *table, kind what, const char *prefix, const char *name, size_t rank,
                const size_t shape[4]) {
    lw_parameter *item = &table->item[table->count++];
    snprintf(item->name, sizeof item->name, "%.24s%.39s", prefix, name);
    item->rank = rank;
    item->elements = 1;
    for (size_t i = 0; i < rank; i++) {
        item->shape[i] = shape[i];
        item->elements *= shape[i];
    }
    item->trainable = what != MEAN && what != VARIANCE;
    if (what == WEIGHT) {
        size_t taps = item->elements / (shape[0] * shape[1]);
        item->fan_in = shape[1] * taps;
        item->fan_out = shape[0] * taps;
    }
}

static void add_vector(lw_parameter_table *table, kind what, const char *prefix, const char *name, size_t length) {
    add(table, what, prefix, name, 1, (const size_t[4]){length});
}

static void add_block(lw_parameter_table *table, const lw_network *network, const lw_block *block, size_t c_in,
                      const char *prefix) {
    const size_t c = (size_t)block->filters, r = (size_t)lw_attention_channels(network, block);
    add(table, WEIGHT, prefix, "conv.weight", 4,
        (const size_t[4]){c, c_in, (size_t)block->kernel[0], (size_t)block->kernel[1]});
    if (!block->norm)
        add_vector(table, BIAS, prefix, "conv.bias", c);
    if (block->norm) {
        add_vector(table, GAIN, prefix, "norm.weight", c);
        add_vector(table, BIAS, prefix, "norm.bias", c);
        add_vector(table, MEAN, prefix, "norm.running_mean", c);
        add_vector(table, VARIANCE, prefix, "norm.running_var", c);
    }
    if (block->attention) {
        add(table, WEIGHT, prefix, "attention.squeeze.weight", 2, (const size_t[4]){r, c});
        add_vector(table, BIAS, prefix, "attention.squeeze.bias", r);
        add(table, WEIGHT, prefix, "attention.excite.weight", 2, (const size_t[4]){c, r});
        add_vector(table, BIAS, prefix, "attention.excite.bias", c);
    }
    if (block->skip == LW_SKIP_CONV) {
        add(table, WEIGHT, prefix, "skip.weight", 4, (const size_t[4]){c, c_in, 1, 1});
        add_vector(table, BIAS, prefix, "skip.bias", c);
    }
}

/** Offsets: trainable tensors first, then running statistics, each in the table's order. */
static void assign_offsets(lw_parameter_table *table) {
    size_t offset = 0;
    for (int pass = 0; pass < 2; pass++) {
        for (size_t i = 0; i < table->count; i++)
            if (table->item[i].trainable == (pass == 0)) {
                table->item[i].offset = offset;
                offset += table->item[i].elements;
            }
        if (pass == 0)
            table->trainable = offset;
    }
    table->total = offset;
}

lw_status lw_parameter_table_create(const lw_network *network, lw_parameter_table **out, lw_error *err) {
    size_t most = HEAD_TENSORS;
    for (size_t i = 0; i < network->branch_count; i++)
        most += network->branch[i].block_count * BLOCK_TENSORS;
    lw_parameter_table *table = lw_calloc(1, sizeof *table);
    if (table)
        table->item = lw_calloc(most, sizeof *table->item);
    if (!table || !table->item) {
        free(table);
        return lw_fail_no_memory(err, "a network's table of parameters");
    }
    for (size_t i = 0; i < network->branch_count; i++)
        for (size_t k = 0; k < network->branch[i].block_count; k++) {
            char prefix[64];
            snprintf(prefix, sizeof prefix, "branch%zu.block%zu.", i, k);
            add_block(table, network, &network->branch[i].block[k],
                      (size_t)lw_block_channels_in(&network->branch[i], k), prefix);
        }
    add(table, WEIGHT, "head.", "weight", 2, (const size_t[4]){(size_t)network->outputs, lw_head_features(network)});
    add_vector(table, BIAS, "head.", "bias", (size_t)network->outputs);
    assign_offsets(table);
    *out = table;
    return LW_OK;
}

void lw_parameter_table_free(lw_parameter_table **table) {
    if (!table || !*table)
        return;
    free((*table)->item);
    free(*table);
    *table = NULL;
}

/** FNV-1a, 64 bits: a stream number for a name. */
static uint64_t hash_name(const char *name) {
    uint64_t hash = 14695981039346656037u;
    for (; *name; name++)
        hash = (hash ^ (unsigned char)*name) * 1099511628211u;
    return hash;
}

static bool ends_with(const char *name, const char *end) {
    size_t length = strlen(name), end_length = strlen(end);
    return length >= end_length && strcmp(name + length - end_length, end) == 0;
}

/** Glorot and Bengio 2010, equation 16. */
static void fill_glorot(const lw_parameter *item, uint64_t seed, float *values) {
    lw_random random = lw_random_start(seed, LW_RANDOM_INIT, hash_name(item->name));
    double limit = sqrt(6.0 / (double)(item->fan_in + item->fan_out));
    for (size_t i = 0; i < item->elements; i++)
        values[i] = (float)(limit * (2.0 * lw_random_uniform(&random) - 1.0));
}

void lw_parameters_initialise(const lw_parameter_table *table, uint64_t seed, float *values) {
    for (size_t i = 0; i < table->count; i++) {
        const lw_parameter *item = &table->item[i];
        bool one = ends_with(item->name, "norm.weight") || ends_with(item->name, "running_var");
        if (item->fan_in)
            fill_glorot(item, seed, values + item->offset);
        for (size_t k = 0; !item->fan_in && k < item->elements; k++)
            values[item->offset + k] = one ? 1.0f : 0.0f;
    }
}
