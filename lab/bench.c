/* This file measures how long a network takes here: each of its convolutions alone, and whole training steps. */
#include "lab/bench.h"

#include <stdio.h>
#include <time.h>

#include "base/error.h"
#include "base/memory.h"
#include "base/parallel.h"
#include "base/random.h"
#include "kernels/conv.h"
#include "kernels/isa/kernels_table.h"
#include "network/engine.h"
#include "network/network_internal.h"
#include "train/loss.h"
#include "train/optimiser.h"
#include "train/options_table.h"

static double now_s(void) {
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec + 1e-9 * (double)now.tv_nsec;
}

/* ---- Convolutions */

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

static void keep_least(double *least, double value, size_t run) {
    if (run == 0 || value < *least)
        *least = value;
}

static lw_status time_layer(const lw_conv *conv, const lw_conv_shape *s, const lw_conv_use *use, size_t repeat,
                            lw_bench_layer *layer, lw_error *err) {
    lw_arena arena = {0};
    const size_t x_at = lw_arena_plan(&arena, input_floats(s), sizeof(float));
    const size_t y_at = lw_arena_plan(&arena, output_floats(s), sizeof(float));
    const size_t weight_at = lw_arena_plan(&arena, weight_floats(s), sizeof(float));
    const size_t dx_at = lw_arena_plan(&arena, use->training ? input_floats(s) : 0, sizeof(float));
    const size_t dweight_at = lw_arena_plan(&arena, use->training ? weight_floats(s) : 0, sizeof(float));
    const size_t packed_at = lw_arena_plan(&arena, lw_conv_packed_floats(conv), sizeof(float));
    const size_t kept_at = lw_arena_plan(&arena, lw_conv_kept_floats(conv), sizeof(float));
    const size_t scratch_at = lw_arena_plan(&arena, lw_conv_scratch_floats(conv), sizeof(float));
    if (!lw_arena_allocate(&arena))
        return lw_fail_no_memory(err, "a convolution's arrays");
    float *x = lw_arena_at(&arena, x_at), *y = lw_arena_at(&arena, y_at), *weight = lw_arena_at(&arena, weight_at);
    float *packed = lw_arena_at(&arena, packed_at), *scratch = lw_arena_at(&arena, scratch_at);
    float *kept = use->training ? lw_arena_at(&arena, kept_at) : NULL;
    float *dx = use->input_gradient ? lw_arena_at(&arena, dx_at) : NULL;
    fill(x, input_floats(s));
    fill(weight, weight_floats(s));
    for (size_t run = 0; run < repeat; run++) {
        const double start_s = now_s();
        lw_conv_pack(conv, weight, packed, scratch);
        const double packed_s = now_s();
        lw_conv_forward(conv, s->n, x, packed, NULL, false, y, kept, scratch);
        const double forward_s = now_s();
        keep_least(&layer->pack_s, packed_s - start_s, run);
        keep_least(&layer->forward_s, forward_s - packed_s, run);
        if (!use->training)
            continue;
        lw_conv_backward(conv, s->n, x, y, packed, kept, dx, lw_arena_at(&arena, dweight_at), NULL, scratch);
        keep_least(&layer->backward_s, now_s() - forward_s, run);
    }
    lw_arena_free(&arena);
    return LW_OK;
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
    if (repeat > 0)
        status = time_layer(conv, s, use, repeat, &layer, err);
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
    if (!kernels)
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

/* ---- Training steps */

/** A training step on random data. */
typedef struct training_step {
    size_t n, inputs, classes; /**< records; floats a record; outputs */
    int threads;
    lw_parameter_table *table;
    lw_engine *engine;
    lw_arena arena; /**< of what follows */
    float *signals, *logits, *dlogits, *values, *gradients, *m, *v, *targets;
    uint64_t *records;
    double *weights;
} training_step;

static lw_status allocate_step(training_step *s, lw_error *err) {
    lw_arena *arena = &s->arena;
    const size_t float_bytes = sizeof(float), output_bytes = s->classes * float_bytes;
    const size_t signals = lw_arena_plan(arena, s->n, s->inputs * float_bytes);
    const size_t values = lw_arena_plan(arena, s->table->total, float_bytes);
    const size_t gradients = lw_arena_plan(arena, s->table->trainable, float_bytes);
    const size_t m = lw_arena_plan(arena, s->table->trainable, float_bytes);
    const size_t v = lw_arena_plan(arena, s->table->trainable, float_bytes);
    const size_t logits = lw_arena_plan(arena, s->n, output_bytes);
    const size_t dlogits = lw_arena_plan(arena, s->n, output_bytes);
    const size_t targets = lw_arena_plan(arena, s->n, output_bytes);
    const size_t records = lw_arena_plan(arena, s->n, sizeof *s->records);
    const size_t weights = lw_arena_plan(arena, s->classes, sizeof *s->weights);
    if (!lw_arena_allocate(arena))
        return lw_fail_no_memory(err, "a training step");
    s->signals = lw_arena_at(arena, signals);
    s->values = lw_arena_at(arena, values);
    s->gradients = lw_arena_at(arena, gradients);
    s->m = lw_arena_at(arena, m);
    s->v = lw_arena_at(arena, v);
    s->logits = lw_arena_at(arena, logits);
    s->dlogits = lw_arena_at(arena, dlogits);
    s->targets = lw_arena_at(arena, targets);
    s->records = lw_arena_at(arena, records);
    s->weights = lw_arena_at(arena, weights);
    return LW_OK;
}

/** Signals as after a z-score, one label in ten, the weight of a class that a ninth of the records has. */
static void fill_step(training_step *s) {
    lw_random random = lw_random_start(1, LW_RANDOM_SYNTH, 0);
    for (size_t i = 0; i < s->n * s->inputs; i++)
        s->signals[i] = (float)lw_random_normal(&random);
    for (size_t i = 0; i < s->n * s->classes; i++)
        s->targets[i] = lw_random_below(&random, 10) == 0;
    for (size_t i = 0; i < s->n; i++)
        s->records[i] = i;
    for (size_t k = 0; k < s->classes; k++)
        s->weights[k] = 3;
    lw_parameters_initialise(s->table, 1, s->values);
}

static lw_status step_create(const lw_network *network, const lw_bench_options *how, training_step *s, lw_error *err) {
    s->n = how->batch;
    s->threads = lw_threads_resolve(how->threads);
    s->inputs = lw_network_leads(network)->count * lw_network_sample_count(network);
    s->classes = lw_network_output_count(network);
    const lw_engine_options options = {.max_batch = how->batch,
                                       .threads = s->threads,
                                       .training = true,
                                       .memory_bytes = how->memory_bytes,
                                       .tuning = how->tuning};
    lw_status status = lw_parameter_table_create(network, &s->table, err);
    if (status == LW_OK)
        status = lw_engine_create(network, &options, &s->engine, err);
    if (status == LW_OK)
        status = allocate_step(s, err);
    if (status == LW_OK)
        fill_step(s);
    return status;
}

static void step_run(training_step *s, uint64_t number) {
    static const lw_adam adam = {1e-3, 0.9, 0.999, 1e-7};
    const lw_dropout_key dropout = {1, number, s->records};
    lw_engine_forward(s->engine, s->n, s->signals, &dropout, s->values, s->logits);
    (void)lw_loss(s->n, s->classes, s->logits, s->targets, s->weights, NULL, s->dlogits);
    lw_engine_backward(s->engine, s->n, s->dlogits, s->values, s->gradients);
    lw_adam_step(&adam, number, s->table->trainable, s->gradients, s->m, s->v, s->values, s->threads);
}

lw_status lw_bench_training(const lw_network *network, const lw_bench_options *options, double *seconds,
                            lw_error *err) {
    if (options->batch < 1)
        return lw_fail(err, LW_ERR_ARGUMENT, "a batch of no records, expected 1 or more");
    training_step step = {0};
    lw_status status = step_create(network, options, &step, err);
    /* The first step, on cold memory, is not measured. */
    for (size_t i = 0; status == LW_OK && i <= options->repeat; i++) {
        const double start_s = now_s();
        step_run(&step, i + 1);
        if (i > 0)
            seconds[i - 1] = now_s() - start_s;
    }
    lw_parameter_table_free(&step.table);
    lw_engine_free(&step.engine);
    lw_arena_free(&step.arena);
    return status;
}

lw_status lw_bench_step(const lw_network *network, const lw_train_options *train, int threads, double *step_s,
                        lw_error *err) {
    double seconds[3];
    const lw_bench_options options = {.batch = train->batch,
                                      .threads = threads,
                                      .repeat = 3,
                                      .memory_bytes = train->memory_bytes,
                                      .tuning = train->tuning};
    lw_status status = lw_bench_training(network, &options, seconds, err);
    for (size_t i = 0; status == LW_OK && i < 3; i++)
        keep_least(step_s, seconds[i], i);
    return status;
}
