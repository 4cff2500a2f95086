/* This file holds Adam, decay and the moving average of the weights, and the schedule of the learning rate. */
#include "train/optimiser.h"

#include <assert.h>
#include <math.h>

/** Elements of a thread's piece. The size is fixed, so that vector loops and their remainders fall on the same elements
 * for any number of threads. */
enum { BLOCK = 1 << 14 };

/** One step's factors, rounded to float32 once. */
typedef struct adam_factors {
    float keep1, add1, keep2, add2;
    float rate; /**< learning rate / (1 - beta1^step) */
    float root; /**< sqrt(1 - beta2^step) */
    float epsilon;
} adam_factors;

static void step_block(const adam_factors *f, size_t count, const float *restrict g, float *restrict m,
                       float *restrict v, float *restrict x) {
    for (size_t i = 0; i < count; i++) {
        m[i] = f->keep1 * m[i] + f->add1 * g[i];
        v[i] = f->keep2 * v[i] + f->add2 * g[i] * g[i];
        x[i] -= f->rate * (m[i] / (sqrtf(v[i]) / f->root + f->epsilon));
    }
}

void lw_adam_step(const lw_adam *adam, uint64_t step, size_t count, const float *gradients, float *m, float *v,
                  float *values, int threads) {
    const adam_factors factors = {
        .keep1 = (float)adam->beta1,
        .add1 = (float)(1 - adam->beta1),
        .keep2 = (float)adam->beta2,
        .add2 = (float)(1 - adam->beta2),
        .rate = (float)(adam->learning_rate / (1 - pow(adam->beta1, (double)step))),
        .root = (float)sqrt(1 - pow(adam->beta2, (double)step)),
        .epsilon = (float)adam->epsilon,
    };
    (void)threads; /* unused without OpenMP */
#pragma omp parallel for schedule(static) num_threads(threads)
    for (size_t first = 0; first < count; first += BLOCK) {
        size_t size = count - first < BLOCK ? count - first : BLOCK;
        step_block(&factors, size, gradients + first, m + first, v + first, values + first);
    }
}

void lw_weight_decay(double shrink, size_t count, float *values) {
    const float keep = (float)(1 - shrink);
    for (size_t i = 0; i < count; i++)
        values[i] *= keep;
}

void lw_average_update(double decay, uint64_t step, size_t count, const float *values, float *average) {
    const double most = (1 + (double)step) / (10 + (double)step);
    const float share = (float)(1 - (decay < most ? decay : most));
    for (size_t i = 0; i < count; i++)
        average[i] += share * (values[i] - average[i]);
}

lw_schedule lw_schedule_start(double learning_rate) {
    return (lw_schedule){.learning_rate = learning_rate, .best_loss = INFINITY};
}

bool lw_schedule_update(lw_schedule *s, size_t epoch, double validation_loss, size_t patience_halve,
                        size_t patience_stop) {
    if (validation_loss < s->best_loss) {
        s->best_loss = validation_loss;
        s->best_epoch = epoch;
        s->since_best = s->since_change = 0;
        return true;
    }
    s->since_best++;
    s->since_change++;
    if (patience_halve > 0 && s->since_change >= patience_halve) {
        s->learning_rate /= 2;
        s->since_change = 0;
    }
    s->stopped = patience_stop > 0 && s->since_best >= patience_stop;
    return false;
}

double lw_schedule_factor(bool cosine, uint64_t step, double warmup, uint64_t total) {
    const double pi = 3.14159265358979323846, before = (double)step - 1;
    if ((double)step < warmup)
        return (double)step / warmup;
    if (!cosine || before <= warmup)
        return 1;
    return 0.5 * (1 + cos(pi * (before - warmup) / ((double)total - warmup)));
}
