/**
 * @file direct_vector.h
 * Convolution as a sum over taps and channels, in the vector kernels of the processor: any shape, best for short
 * kernels, strides and few channels.
 *
 * With channels innermost, the samples under a kernel are one contiguous window of kw * c_in floats, so that a lead tap
 * of a row of outputs is a matrix product
 *
 *     [outputs][window] x [window][c_out]
 *
 * whose left rows overlap in memory: they lie stride * c_in floats apart. All three computations have this form:
 *
 *     forward          rows: outputs; windows of x
 *     data gradient    rows: inputs of one residue modulo the stride; windows of dy, taps of that residue in reverse
 *     weight gradient  rows: taps and channels; depth: outputs (transposed windows), summed over leads and records
 */
#ifndef LW_KERNELS_DIRECT_VECTOR_H
#define LW_KERNELS_DIRECT_VECTOR_H

#include "kernels/conv_method.h"
#include "kernels/isa/kernels_table.h"

/** The method's row in conv_method.h's terms. */
extern const lw_conv_method lw_conv_direct_vector;

/** Rows of outputs [record][lead][sample] from windows of inputs: forward, or one residue of the data gradient. */
typedef struct lw_direct_pass {
    int c_in, c_out;
    int samples_in;          /**< a lead's, of the tensor read */
    int samples_out;         /**< a lead's, of the tensor written */
    int rows;                /**< a lead's outputs in this pass */
    int out_first, out_step; /**< row r is sample out_first + r * out_step */
    int in_first, in_step;   /**< its window starts at sample in_first + r * in_step, may lie partly outside */
    int taps;                /**< samples of a window; 0: all outputs are 0 */
    int leads, lead_taps, lead_pad;
    ptrdiff_t packed; /**< where its weights start: [panel][lead tap][taps * c_in][panel's channels padded] */
    ptrdiff_t packed_floats;
    /** Which taps they are: lead tap i is kernel row i (or, `flipped`, kh - 1 - i), tap m is column first + m * step.
     */
    int tap_first, tap_step;
    bool flipped; /**< data gradient: kernel mirrored, c_in and c_out exchanged */
} lw_direct_pass;

typedef struct lw_direct_plan {
    const lw_kernels *kernels;
    lw_direct_pass forward;
    lw_direct_pass *data; /**< owned: [stride], NULL unless planned */
    int data_count;
    ptrdiff_t window_floats; /**< a thread's padded copy of a window that reaches over an edge */
    int slices;              /**< parts of the sum over records and leads in the weight gradient */
    ptrdiff_t slice_floats;
} lw_direct_plan;

/**
 * The inputs under rows [first, first + count) of a pass in one lead: in place when all exist, else copied to `copy`
 * with zeros around.
 */
const float *lw_direct_window(const lw_direct_pass *pass, const float *lead, int first, int count, float *copy);

/** conv.h's dweight, in direct_vector_weight.c. */
void lw_direct_weight_gradient(const lw_conv *conv, int n, const float *x, const float *dy, float *dweight,
                               float *scratch);
/** Floats of scratch of lw_direct_weight_gradient. */
ptrdiff_t lw_direct_weight_floats(const lw_conv *conv, const lw_direct_plan *plan);

#endif
