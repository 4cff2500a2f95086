#include "kernels/direct_vector.h"
#include "kernels/gemm.h"

#include <string.h>

/*
 * dw[i][j, c][o] = sum over records, leads h and outputs t of x[h + i - pad][t stride + j - pad][c] dy[h][t][o].
 * The sum over (record, lead) is cut into slices with a gradient each, added up in order at the end: the same sum for
 * any number of threads. Within a slice outputs come in blocks whose windows and gradients stay in the cache.
 */

enum { BLOCK_OUTPUTS = 64 };

static int min_int(int a, int b) { return a < b ? a : b; }

ptrdiff_t lw_direct_weight_floats(const lw_conv *conv, const lw_direct_plan *plan) {
    const lw_direct_pass *p = &plan->forward;
    const ptrdiff_t window = ((ptrdiff_t)(BLOCK_OUTPUTS - 1) * p->in_step + p->taps) * p->c_in;
    return plan->slices * plan->slice_floats + conv->use.threads * lw_round_line(window);
}

/** Add a block's part to the gradient of one lead tap, [window][c_out]. */
static void add_block(const lw_direct_plan *plan, const float *window, const float *dy, int count, float *dw) {
    const lw_direct_pass *p = &plan->forward;
    const int panel = plan->kernels->panel_vectors * plan->kernels->lanes;
    for (int first = 0; first < p->c_out; first += panel) {
        const lw_real_product product = {
            .rows = p->taps * p->c_in,
            .depth = count,
            .columns = min_int(panel, p->c_out - first),
            .a = window,
            .a_row = 1,
            .a_step = (ptrdiff_t)p->in_step * p->c_in,
            .b = dy + first,
            .b_step = p->c_out,
            .b_partial = true,
            .c = dw + first,
            .c_row = p->c_out,
            .accumulate = true,
        };
        plan->kernels->real_product(&product);
    }
}

/** One slice of one lead tap: (record, lead) pairs [begin, end). */
static void sum_slice(const lw_direct_plan *plan, int i, ptrdiff_t begin, ptrdiff_t end, const float *x,
                      const float *dy, float *dw, float *copy) {
    const lw_direct_pass *p = &plan->forward;
    memset(dw, 0, (size_t)p->taps * (size_t)p->c_in * (size_t)p->c_out * sizeof *dw);
    for (ptrdiff_t pair = begin; pair < end; pair++) {
        const ptrdiff_t h = pair % p->leads + i - p->lead_pad;
        if (h < 0 || h >= p->leads)
            continue;
        const float *lead = x + (pair - pair % p->leads + h) * p->samples_in * p->c_in;
        for (int first = 0; first < p->rows; first += BLOCK_OUTPUTS) {
            const int count = min_int(BLOCK_OUTPUTS, p->rows - first);
            add_block(plan, lw_direct_window(p, lead, first, count, copy), dy + (pair * p->rows + first) * p->c_out,
                      count, dw);
        }
    }
}

/** Add the slices of one input channel and lay the sum out as [c_out][c_in][kh][kw]. */
static void collect(const lw_conv_shape *s, const lw_direct_plan *plan, int c, const float *slices, float *dweight) {
    for (int tap = 0; tap < s->kh * s->kw; tap++) {
        const float *from = slices + ((ptrdiff_t)tap * s->c_in + c) * s->c_out;
        for (int o = 0; o < s->c_out; o++) {
            float sum = 0.0f;
            for (int slice = 0; slice < plan->slices; slice++)
                sum += from[slice * plan->slice_floats + o];
            dweight[((ptrdiff_t)o * s->c_in + c) * s->kh * s->kw + tap] = sum;
        }
    }
}

void lw_direct_weight_gradient(const lw_conv *conv, int n, const float *x, const float *dy, float *dweight,
                               float *scratch) {
    const lw_direct_plan *plan = conv->plan;
    const lw_conv_shape *s = &conv->shape;
    const int jobs = plan->slices * s->kh;
    const ptrdiff_t pairs = (ptrdiff_t)n * s->h, tap_floats = (ptrdiff_t)s->kw * s->c_in * s->c_out;
    const ptrdiff_t copies = plan->slices * plan->slice_floats;
    const ptrdiff_t copy_floats = (lw_direct_weight_floats(conv, plan) - copies) / conv->use.threads;
#pragma omp parallel num_threads(conv->use.threads)
    {
        float *copy = scratch + copies + lw_thread_number() * copy_floats;
#pragma omp for schedule(dynamic)
        for (int job = 0; job < jobs; job++) {
            const int i = job % s->kh, slice = job / s->kh;
            sum_slice(plan, i, pairs * slice / plan->slices, pairs * (slice + 1) / plan->slices, x, dy,
                      scratch + slice * plan->slice_floats + i * tap_floats, copy);
        }
#pragma omp for
        for (int c = 0; c < s->c_in; c++)
            collect(s, plan, c, scratch, dweight);
    }
}
