#include "train/loss.h"

#include <math.h>

void lw_class_weights(const size_t *positives, size_t classes, size_t records, double epsilon, double *weights) {
    for (size_t k = 0; k < classes; k++) {
        double weight = -log2((double)positives[k] / (double)records + epsilon);
        weights[k] = weight > 0 ? weight : 0;
    }
}

double lw_sigmoid(double logit) {
    /* exp only of what is not positive: it cannot overflow. */
    double small = exp(-fabs(logit));
    return logit >= 0 ? 1 / (1 + small) : small / (1 + small);
}

double lw_loss(size_t n, size_t classes, const float *logits, const float *targets, const double *weights,
               const uint8_t *known, float *dlogits) {
    double sum = 0, scale = 1 / ((double)n * (double)classes);
    for (size_t i = 0; i < n * classes; i++) {
        double z = logits[i], y = targets[i], w = known == NULL || known[i] != 0 ? weights[i % classes] : 0;
        double softplus = fmax(z, 0) + log1p(exp(-fabs(z)));
        /* fmax would turn a NaN into 0, and hide it. */
        sum += isnan(z) ? NAN : w * (softplus - y * z);
        if (dlogits != NULL)
            dlogits[i] = (float)(w * (lw_sigmoid(z) - y) * scale);
    }
    return sum * scale;
}
