/**
 * @file spectral.h
 * Convolution with stride 1 in the frequency domain: far fewer operations than a direct sum for long kernels.
 *
 * Forward is a correlation along samples and along leads,
 *
 *     y[m] = sum_j x[m + j - pad] w[j].
 *
 * With X, W, Y the transforms of a tile,
 *
 *     Y = X conj(W)        dX = dY W        dW = X conj(dY).
 *
 * The input side is kept reversed, X' = conj(X), which makes every conjugate free:
 *
 *     conj(Y) = X' W       dX = dY W^T      conj(dW) = X'^T dY.
 *
 * At each frequency X' and Y are matrices [row][channel], W is [c_in][c_out]; a row is a tile of a record.
 *
 * Tiles (overlap-save): along an axis, `points` input elements give points - taps + 1 outputs that no wrap-around has
 * touched. When points >= extent + the padding after it, one transform takes the whole row instead: what wraps around
 * meets zeros only. The data gradient of overlapping tiles adds up (overlap-add), so that one transform of dy serves
 * both gradients.
 *
 * Memory, with k = 0 ... points_t / 2 and l = 0 ... points_l - 1:
 *
 *     spectra of one side    [k][l][re, im][row][channels padded to vectors]
 *     weights                [k][l][panel of two vectors][c_in][re, im][panel]
 */
#ifndef LW_KERNELS_SPECTRAL_H
#define LW_KERNELS_SPECTRAL_H

#include "kernels/conv_method.h"
#include "kernels/isa/kernels_table.h"

/** What the planner decides for one layer. */
typedef struct lw_spectral_choice {
    int points_t; /**< transform along samples */
    int points_l; /**< transform along leads; 1 when kh = 1 */
    int chunk;    /**< records transformed at a time */
    bool keep;    /**< training: keep the input's spectra for backward rather than compute them again */
} lw_spectral_choice;

/** One axis of the tiling. */
typedef struct lw_spectral_axis {
    lw_fft fft;
    int extent; /**< elements of the tensor */
    int taps, pad;
    int tiles; /**< 1: the transform takes all */
    int valid; /**< outputs a tile */
} lw_spectral_axis;

/** Input or output of the layer. */
typedef struct lw_spectral_side {
    int channels, groups;               /**< groups of `lanes` channels, the last padded */
    lw_tile *tile_l;                    /**< owned: [l.tiles] */
    ptrdiff_t plane_stride, bin_stride; /**< of a chunk's spectra */
    ptrdiff_t floats;                   /**< of a chunk's spectra */
} lw_spectral_side;

typedef struct lw_spectral_plan {
    const lw_kernels *kernels;
    lw_spectral_choice choice;
    lw_spectral_axis t, l;
    lw_spectral_side in, out;
    lw_tile taps_l;          /**< the weights' leads as one tile */
    int bins;                /**< (points_t / 2 + 1) * points_l */
    int panels;              /**< of c_out: pairs of groups */
    ptrdiff_t weight_stride; /**< from bin to bin of packed weights */
    ptrdiff_t taps_floats;   /**< weights as [kh][kw][c_in][panels * 2 lanes] */
    ptrdiff_t work_floats;   /**< a thread's */
    ptrdiff_t turned_floats; /**< a thread's transposed bin of weights (backward) */
} lw_spectral_plan;

/** The method's row in conv_method.h's terms. */
extern const lw_conv_method lw_conv_spectral;

/** Outputs that a tile of so many points yields, or `extent` when one tile takes all; 0 when it is too short. */
int lw_spectral_valid(int points, int extent, int taps, int pad);

/** conv.h's backward, in spectral_backward.c. */
void lw_spectral_backward(const lw_conv *conv, int n, const float *x, const float *dy, const float *packed,
                          const float *kept, float *dx, float *dweight, float *dbias, float *scratch);
/** Floats of scratch that backward needs. */
ptrdiff_t lw_spectral_backward_floats(const lw_conv *conv, const lw_spectral_plan *plan);

/** Which side of the layer a patch belongs to. */
typedef enum lw_side { LW_SIDE_IN, LW_SIDE_OUT } lw_side;

/** Spectra of the tensor [count][h][t][channels] of one side. */
void lw_spectral_analyse(const lw_conv *conv, lw_side side, int count, const float *x, float *spectrum, float *work);
/** The tensor of one side from its spectra; overlapping tiles of the input side are added up. */
void lw_spectral_synthesise(const lw_conv *conv, lw_side side, int count, const float *spectrum,
                            const lw_spectral_finish *finish, float *x, float *work);
/** The patch of all taps of one input channel and one panel, for analysis and synthesis of weights in `taps_floats`
 * form. */
lw_spectral_patch lw_spectral_weight_patch(const lw_conv *conv, int panel);

#endif
