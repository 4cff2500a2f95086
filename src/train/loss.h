/**
 * @file loss.h
 * The papers' weighted binary cross-entropy, from logits, and its class weights.
 */
#ifndef LW_TRAIN_LOSS_H
#define LW_TRAIN_LOSS_H

#include <stddef.h>
#include <stdint.h>

/**
 * weights[classes] = max(0, log2(1 / (positives / records + epsilon))): a rare class counts more. A class that nearly
 * every record has would get a negative weight, and its errors would be rewarded; it gets 0.
 *
 * Source: both papers, equation (2), with the clamp added.
 */
void lw_class_weights(const size_t *positives, size_t classes, size_t records, double epsilon, double *weights);

/**
 * Mean over records and classes of w_i (softplus(z) - y z), which is -w_i (y log h + (1 - y) log(1 - h)) for h =
 * sigmoid(z) without its overflow. Summed in double.
 *
 * @param logits   [n][classes]
 * @param targets  [n][classes], in [0, 1]
 * @param weights  [classes]
 * @param known    [n][classes], 0: the target says nothing, and adds nothing to the sum; NULL: all count
 * @param dlogits  [n][classes], the gradient w_i (h - y) / (n classes); NULL: not wanted
 * Source: both papers, equation (1).
 */
double lw_loss(size_t n, size_t classes, const float *logits, const float *targets, const double *weights,
               const uint8_t *known, float *dlogits);

/** 1 / (1 + exp(-logit)), exact to the last bits at both ends. */
double lw_sigmoid(double logit);

#endif
