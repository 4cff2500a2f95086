#include "train/schedule.h"

#include <math.h>

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
