/**
 * @file winograd.h
 * Convolution with 3 x 3 kernels and stride 1 by Winograd's short algorithms: a third of the multiplications of the
 * definition, with weights only 24 / 9 as large, for inference.
 *
 * 2 x 4 outputs (leads x samples) at a time are
 *
 *     Y = A_l^T [(G_l w G_t^T) * (B_l^T x B_t)] A_t,
 *
 * where * multiplies the 4 x 6 transformed weights and inputs element by element. Summed over input channels, each of
 * the 24 elements is a matrix product over all tiles. Along leads F(2,3) with the points 0, 1, -1 and infinity; along samples F(4,3) with 0, 1, -1,
 * 1/2, -2 and infinity, whose rounding errors are smaller than those of 0, 1, -1, 2, -2 (relative error of a layer of
 * 256 channels: 1e-6). Source: A. Lavin and S. Gray, Fast Algorithms for Convolutional Neural Networks, CVPR 2016; the
 * choice of points: B. Barabasz et al., Error Analysis and Improving the Accuracy of Winograd Convolution for Deep
 * Neural Networks, 2020.
 */
#ifndef LW_KERNELS_WINOGRAD_H
#define LW_KERNELS_WINOGRAD_H

#include "kernels/conv_method.h"

/** The method's row in conv_method.h's terms. */
extern const lw_conv_method lw_conv_winograd;

#endif
