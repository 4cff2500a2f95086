#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/error.h"
#include "base/memory.h"
#include "base/parallel.h"
#include "base/random.h"
#include "lab/bench.h"
#include "network/engine.h"
#include "train/loss.h"
#include "train/optimiser.h"

/** A training step on random data. */
typedef struct measured_step {
    size_t n, inputs, classes; /**< records; floats a record; outputs */
    int threads;
    lw_parameter_table *table;
    lw_engine *engine;
    float *signals, *logits, *dlogits, *values, *gradients, *m, *v, *targets;
    uint64_t *records;
    double *weights;
} measured_step;

static void step_free(measured_step *s) {
    lw_parameter_table_free(&s->table);
    lw_engine_free(&s->engine);
    lw_aligned_free(s->signals);
    lw_aligned_free(s->values);
    lw_aligned_free(s->gradients);
    lw_aligned_free(s->m);
    lw_aligned_free(s->v);
    free(s->logits);
    free(s->dlogits);
    free(s->targets);
    free(s->records);
    free(s->weights);
}

static lw_status allocate(measured_step *s, lw_error *err) {
    size_t outputs = s->n * s->classes, floats, bytes;
    if (lw_size_mul(s->n, s->inputs, &floats) && lw_size_mul(floats, sizeof(float), &bytes))
        s->signals = lw_aligned_alloc(bytes);
    s->values = lw_aligned_alloc(s->table->total * sizeof(float));
    s->gradients = lw_aligned_alloc(s->table->trainable * sizeof(float));
    s->m = lw_aligned_alloc(s->table->trainable * sizeof(float));
    s->v = lw_aligned_alloc(s->table->trainable * sizeof(float));
    s->logits = lw_calloc(outputs, sizeof(float));
    s->dlogits = lw_calloc(outputs, sizeof(float));
    s->targets = lw_calloc(outputs, sizeof(float));
    s->records = lw_calloc(s->n, sizeof *s->records);
    s->weights = lw_calloc(s->classes, sizeof *s->weights);
    bool whole = s->signals != NULL && s->values != NULL && s->gradients != NULL && s->m != NULL && s->v != NULL &&
                 s->logits != NULL && s->dlogits != NULL && s->targets != NULL && s->records != NULL &&
                 s->weights != NULL;
    return whole ? LW_OK : lw_fail_no_memory(err, "a training step");
}

/** Signals as after a z-score, one label in ten, the weight of a class that a ninth of the records has. */
static void fill(measured_step *s) {
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

static lw_status step_create(const lw_network *network, const lw_bench_options *how, measured_step *s, lw_error *err) {
    s->n = how->batch;
    s->threads = lw_threads_resolve(how->threads);
    s->inputs = lw_network_leads(network)->count * lw_network_samples(network);
    s->classes = lw_network_outputs(network);
    const lw_engine_options options = {.max_batch = how->batch,
                                       .threads = s->threads,
                                       .training = true,
                                       .memory_bytes = how->memory_bytes,
                                       .tuning = how->tuning};
    lw_status status = lw_parameter_table_create(network, &s->table, err);
    if (status == LW_OK)
        status = lw_engine_create(network, &options, &s->engine, err);
    if (status == LW_OK)
        status = allocate(s, err);
    if (status == LW_OK)
        fill(s);
    return status;
}

static void step_run(measured_step *s, uint64_t number) {
    static const lw_adam adam = {1e-3, 0.9, 0.999, 1e-7};
    const lw_dropout_key dropout = {1, number, s->records};
    lw_engine_forward(s->engine, s->n, s->signals, &dropout, s->values, s->logits);
    (void)lw_loss(s->n, s->classes, s->logits, s->targets, s->weights, NULL, s->dlogits);
    lw_engine_backward(s->engine, s->n, s->dlogits, s->values, s->gradients);
    lw_adam_step(&adam, number, s->table->trainable, s->gradients, s->m, s->v, s->values, s->threads);
}

static double now_s(void) {
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec + 1e-9 * (double)now.tv_nsec;
}

lw_status lw_bench_training(const lw_network *network, const lw_bench_options *options, double *seconds,
                            lw_error *err) {
    if (options->batch < 1)
        return lw_fail(err, LW_ERR_ARGUMENT, "a batch of no records, expected 1 or more");
    measured_step step = {0};
    lw_status status = step_create(network, options, &step, err);
    /* The first step, which meets cold memory, is not measured. */
    for (size_t i = 0; status == LW_OK && i <= options->repeat; i++) {
        double begun_s = now_s();
        step_run(&step, i + 1);
        if (i > 0)
            seconds[i - 1] = now_s() - begun_s;
    }
    step_free(&step);
    return status;
}
