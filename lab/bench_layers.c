#include "lab/bench.h"

#include <stdio.h>
#include <time.h>

#include "base/error.h"
#include "base/memory.h"
#include "base/parallel.h"
#include "kernels/conv.h"
#include "kernels/isa/kernels_table.h"
#include "network/network_internal.h"

static double now_s(void) {
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec + 1e-9 * (double)now.tv_nsec;
}

/** The arrays of one layer. */
typedef struct layer_memory {
    lw_arena arena;
    size_t x, y, weight, dx, dweight, packed, kept, scratch;
} layer_memory;

static size_t input_floats(const lw_conv_shape *s) {
    return (size_t)s->n * (size_t)s->h * (size_t)s->t_in * (size_t)s->c_in;
}

static size_t output_floats(const lw_conv_shape *s) {
    return (size_t)s->n * (size_t)s->h * (size_t)lw_conv_t_out(s) * (size_t)s->c_out;
}

static size_t weight_floats(const lw_conv_shape *s) {
    return (size_t)s->c_in * (size_t)s->c_out * (size_t)s->kh * (size_t)s->kw;
}

/** Numbers without order, between -0.5 and 0.5. */
static void fill(float *x, size_t count) {
    for (size_t i = 0; i < count; i++)
        x[i] = (float)((i * 2654435761u >> 8) % 1000) * 1e-3f - 0.5f;
}

static bool allocate(const lw_conv *conv, const lw_conv_shape *s, bool training, layer_memory *m) {
    *m = (layer_memory){0};
    m->x = lw_arena_plan(&m->arena, input_floats(s), sizeof(float));
    m->y = lw_arena_plan(&m->arena, output_floats(s), sizeof(float));
    m->weight = lw_arena_plan(&m->arena, weight_floats(s), sizeof(float));
    m->dx = lw_arena_plan(&m->arena, training ? input_floats(s) : 0, sizeof(float));
    m->dweight = lw_arena_plan(&m->arena, training ? weight_floats(s) : 0, sizeof(float));
    m->packed = lw_arena_plan(&m->arena, lw_conv_packed_floats(conv), sizeof(float));
    m->kept = lw_arena_plan(&m->arena, lw_conv_kept_floats(conv), sizeof(float));
    m->scratch = lw_arena_plan(&m->arena, lw_conv_scratch_floats(conv), sizeof(float));
    if (!lw_arena_allocate(&m->arena))
        return false;
    fill(lw_arena_at(&m->arena, m->x), input_floats(s));
    fill(lw_arena_at(&m->arena, m->weight), weight_floats(s));
    return true;
}

static void keep_least(double *least, double value, size_t run) {
    if (run == 0 || value < *least)
        *least = value;
}

static void time_layer(const lw_conv *conv, const lw_conv_shape *s, const lw_conv_use *use, size_t repeat,
                       const layer_memory *m, lw_bench_layer *layer) {
    const lw_arena *arena = &m->arena;
    float *x = lw_arena_at(arena, m->x), *y = lw_arena_at(arena, m->y), *packed = lw_arena_at(arena, m->packed);
    float *scratch = lw_arena_at(arena, m->scratch), *kept = use->training ? lw_arena_at(arena, m->kept) : NULL;
    float *dx = use->input_gradient ? lw_arena_at(arena, m->dx) : NULL;
    for (size_t run = 0; run < repeat; run++) {
        const double start = now_s();
        lw_conv_pack(conv, lw_arena_at(arena, m->weight), packed, scratch);
        const double packed_at = now_s();
        lw_conv_forward(conv, s->n, x, packed, NULL, false, y, kept, scratch);
        const double forward_at = now_s();
        keep_least(&layer->pack_s, packed_at - start, run);
        keep_least(&layer->forward_s, forward_at - packed_at, run);
        if (!use->training)
            continue;
        lw_conv_backward(conv, s->n, x, y, packed, kept, dx, lw_arena_at(arena, m->dweight), NULL, scratch);
        keep_least(&layer->backward_s, now_s() - forward_at, run);
    }
}

static lw_status bench_conv(const char *name, const lw_conv_shape *s, const lw_conv_use *use, size_t repeat,
                            lw_bench_report *report, void *context, lw_error *err) {
    char shape[96];
    lw_conv *conv = NULL;
    lw_status status = lw_conv_create(s, use, &conv, err);
    if (status != LW_OK)
        return status;
    snprintf(shape, sizeof shape, "%dx%d %d->%d, %dx%d, stride %d", s->kh, s->kw, s->c_in, s->c_out, s->h, s->t_in,
             s->stride);
    lw_bench_layer layer = {.name = name, .shape = shape, .plan = lw_conv_describe(conv)};
    layer.flops = 2.0 * (double)output_floats(s) * s->c_in * s->kh * s->kw;
    layer.backward_flops = use->training ? (use->input_gradient ? 2.0 : 1.0) * layer.flops : 0.0;
    layer.operations = lw_conv_operations(conv, false);
    layer.backward_operations = lw_conv_operations(conv, true);
    layer.packed_bytes = lw_conv_packed_floats(conv) * sizeof(float);
    layer.kept_bytes = lw_conv_kept_floats(conv) * sizeof(float);
    layer.scratch_bytes = lw_conv_scratch_floats(conv) * sizeof(float);
    if (repeat > 0) {
        layer_memory memory;
        if (allocate(conv, s, use->training, &memory))
            time_layer(conv, s, use, repeat, &memory, &layer);
        else
            status = lw_fail_no_memory(err, "a convolution's arrays");
        lw_arena_free(&memory.arena);
    }
    if (status == LW_OK)
        report(context, &layer);
    lw_conv_free(&conv);
    return status;
}

static lw_status bench_block(const lw_network *network, size_t b, size_t k, int t_in, const lw_bench_options *options,
                             lw_bench_report *report, void *context, lw_error *err) {
    const lw_branch *branch = &network->branch[b];
    const lw_block *block = &branch->block[k];
    const lw_conv_use use = {.training = options->training,
                             .input_gradient = options->training && k > 0,
                             .threads = lw_threads_resolve(options->threads),
                             .tuning = options->tuning};
    lw_conv_shape s = {.n = (int)options->batch,
                       .c_in = lw_block_channels_in(branch, k),
                       .c_out = block->filters,
                       .h = (int)network->leads.count,
                       .t_in = t_in,
                       .kh = block->kernel[0],
                       .kw = block->kernel[1],
                       .stride = block->stride};
    char name[64];
    snprintf(name, sizeof name, "branch%zu.block%zu.conv", b, k);
    lw_status status = bench_conv(name, &s, &use, options->repeat, report, context, err);
    if (status != LW_OK || block->skip != LW_SKIP_CONV)
        return status;
    s.kh = s.kw = 1;
    snprintf(name, sizeof name, "branch%zu.block%zu.skip", b, k);
    return bench_conv(name, &s, &use, options->repeat, report, context, err);
}

lw_status lw_bench_layers(const lw_network *network, const lw_bench_options *options, lw_bench_report *report,
                          void *context, lw_error *err) {
    if (options->batch < 1 || options->batch > 1u << 20)
        return lw_fail(err, LW_ERR_ARGUMENT, "a batch of %zu records: expected 1 to 1048576", options->batch);
    for (size_t b = 0; b < network->branch_count; b++) {
        int t = lw_branch_samples(network, &network->branch[b]);
        for (size_t k = 0; k < network->branch[b].block_count; k++) {
            const int stride = network->branch[b].block[k].stride;
            lw_status status = bench_block(network, b, k, t, options, report, context, err);
            if (status != LW_OK)
                return status;
            t = (t + stride - 1) / stride;
        }
    }
    return LW_OK;
}

double lw_bench_peak_flops(int threads, lw_isa isa) {
    enum { ROUNDS = 20, STEPS = 200000 };
    const lw_kernels *kernels = lw_kernels_of(isa);
    if (kernels == NULL)
        return 0.0;
    const int team = lw_threads_resolve(threads);
    double best_s = 0.0, flops = 0.0;
    for (size_t round = 0; round < ROUNDS; round++) {
        const double start = now_s();
        flops = 0.0;
#pragma omp parallel num_threads(team) reduction(+ : flops)
        flops += kernels->multiply_adds(STEPS);
        keep_least(&best_s, now_s() - start, round);
    }
    return flops / best_s;
}
