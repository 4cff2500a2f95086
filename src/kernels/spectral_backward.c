#include "kernels/gemm.h"
#include "kernels/spectral.h"

/** Scratch of backward, in this order. */
typedef struct backward_memory {
    float *work;    /**< threads' transform buffers */
    float *turned;  /**< threads' transposed bins of weights */
    float *dy, *dx; /**< spectra of a chunk */
    float *x;       /**< spectra of a chunk, unless kept by forward */
    float *dw;      /**< spectra of the weight gradient */
    float *taps;    /**< the weight gradient as [kh][kw][c_in][c_out padded] */
    float *bias;
    float *end;
} backward_memory;

static backward_memory lay_out(const lw_conv *conv, const lw_spectral_plan *plan, float *scratch) {
    const int threads = conv->use.threads;
    backward_memory m = {.work = scratch};
    m.turned = m.work + threads * plan->work_floats;
    m.dy = m.turned + threads * plan->turned_floats;
    m.dx = m.dy + plan->out.floats;
    m.x = m.dx + (conv->use.input_gradient ? plan->in.floats : 0);
    m.dw = m.x + (plan->choice.keep ? 0 : plan->in.floats);
    m.taps = m.dw + plan->bins * plan->weight_stride;
    m.bias = m.taps + plan->taps_floats;
    m.end = m.bias + lw_bias_gradient_floats(conv->shape.c_out);
    return m;
}

ptrdiff_t lw_spectral_backward_floats(const lw_conv *conv, const lw_spectral_plan *plan) {
    float *const nowhere = NULL;
    const backward_memory m = lay_out(conv, plan, nowhere);
    return m.end - m.work;
}

/** dX = dY W^T at every frequency. */
static lw_complex_product data_product(const lw_spectral_plan *plan, int rows) {
    const int lanes = plan->kernels->lanes;
    return (lw_complex_product){
        .rows = rows,
        .depth = plan->out.channels,
        .groups = plan->in.groups,
        .a_row = (ptrdiff_t)plan->out.groups * lanes,
        .a_step = 1,
        .a_plane = plan->out.plane_stride,
        .b_step = 4 * lanes,
        .b_plane = 2 * lanes,
        .b_panel = (ptrdiff_t)plan->out.channels * 4 * lanes,
        .c_row = (ptrdiff_t)plan->in.groups * lanes,
        .c_plane = plan->in.plane_stride,
        .c_panel = 2 * lanes,
    };
}

/** conj(dW) = X'^T dY at every frequency: its rows are input channels, its depth is the rows of the spectra. */
static lw_complex_product weight_product(const lw_spectral_plan *plan, int rows, bool accumulate) {
    const int lanes = plan->kernels->lanes;
    return (lw_complex_product){
        .rows = plan->in.channels,
        .depth = rows,
        .groups = plan->out.groups,
        .a_row = 1,
        .a_step = (ptrdiff_t)plan->in.groups * lanes,
        .a_plane = plan->in.plane_stride,
        .b_step = (ptrdiff_t)plan->out.groups * lanes,
        .b_plane = plan->out.plane_stride,
        .b_panel = 2 * lanes,
        .c_row = 4 * lanes,
        .c_plane = 2 * lanes,
        .c_panel = (ptrdiff_t)plan->in.channels * 4 * lanes,
        .accumulate = accumulate,
    };
}

/** Both products of a chunk, bin by bin, while the bin of dy is in the cache. */
static void multiply_back(const lw_conv *conv, int count, const float *x, const float *packed, bool accumulate,
                          const backward_memory *m) {
    const lw_spectral_plan *plan = conv->plan;
    const int rows = count * plan->t.tiles * plan->l.tiles;
    const lw_complex_product data = data_product(plan, rows), weight = weight_product(plan, rows, accumulate);
#pragma omp parallel for schedule(dynamic, 4) num_threads(conv->use.threads)
    for (int bin = 0; bin < plan->bins; bin++) {
        const float *dy = m->dy + bin * plan->out.bin_stride;
        lw_complex_product product = weight;
        product.a = x + bin * plan->in.bin_stride;
        product.b = dy;
        product.c = m->dw + bin * plan->weight_stride;
        plan->kernels->complex_product(&product);
        if (!conv->use.input_gradient)
            continue;
        float *turned = m->turned + lw_thread_number() * plan->turned_floats;
        plan->kernels->transpose_bin(plan->in.channels, plan->out.channels, packed + bin * plan->weight_stride, turned);
        product = data;
        product.a = dy;
        product.b = turned;
        product.c = m->dx + bin * plan->in.bin_stride;
        plan->kernels->complex_product(&product);
    }
}

/** taps [kh][kw][c_in][padded] to dweight [c_out][c_in][kh][kw], one input channel. */
static void collect_taps(const lw_conv_shape *s, int c, ptrdiff_t padded, const float *taps, float *dweight) {
    const int area = s->kh * s->kw;
    for (int o = 0; o < s->c_out; o++)
        for (int tap = 0; tap < area; tap++)
            dweight[((ptrdiff_t)o * s->c_in + c) * area + tap] = taps[((ptrdiff_t)tap * s->c_in + c) * padded + o];
}

static void weight_gradient(const lw_conv *conv, const backward_memory *m, float *dweight) {
    const lw_spectral_plan *plan = conv->plan;
    const lw_conv_shape *s = &conv->shape;
    const ptrdiff_t panel = 2 * plan->kernels->lanes, padded = plan->panels * panel;
    const lw_spectral_finish finish = {.scale = 1.0f / (float)(plan->t.fft.points * plan->l.fft.points)};
#pragma omp parallel num_threads(conv->use.threads)
    {
        float *own = m->work + lw_thread_number() * plan->work_floats;
#pragma omp for schedule(dynamic)
        for (int c = 0; c < s->c_in; c++) {
            for (int g = 0; g < plan->panels; g++) {
                const lw_spectral_patch patch = lw_spectral_weight_patch(conv, g);
                plan->kernels->synthesise(&patch, m->dw + ((ptrdiff_t)g * s->c_in + c) * 2 * panel, &finish,
                                          m->taps + c * padded + g * panel, own);
            }
            collect_taps(s, c, padded, m->taps, dweight);
        }
    }
}

void lw_spectral_backward(const lw_conv *conv, int n, const float *x, const float *dy, const float *packed,
                          const float *kept, float *dx, float *dweight, float *dbias, float *scratch) {
    const lw_spectral_plan *plan = conv->plan;
    const lw_conv_shape *s = &conv->shape;
    const ptrdiff_t positions = (ptrdiff_t)s->h * s->t_in;
    const backward_memory m = lay_out(conv, plan, scratch);
    const lw_spectral_finish finish = {.scale = 1.0f / (float)(plan->t.fft.points * plan->l.fft.points)};
    for (int first = 0; first < n; first += plan->choice.chunk) {
        const int count = n - first < plan->choice.chunk ? n - first : plan->choice.chunk;
        const float *x_spectrum = plan->choice.keep ? kept + first / plan->choice.chunk * plan->in.floats : m.x;
        if (!plan->choice.keep)
            lw_spectral_analyse(conv, LW_SIDE_IN, count, x + first * positions * s->c_in, m.x, m.work);
        lw_spectral_analyse(conv, LW_SIDE_OUT, count, dy + first * positions * s->c_out, m.dy, m.work);
        multiply_back(conv, count, x_spectrum, packed, first > 0, &m);
        if (conv->use.input_gradient)
            lw_spectral_synthesise(conv, LW_SIDE_IN, count, m.dx, &finish, dx + first * positions * s->c_in, m.work);
    }
    weight_gradient(conv, &m, dweight);
    if (dbias != NULL)
        lw_bias_gradient(plan->kernels, conv->use.threads, dy, n * positions, s->c_out, dbias, m.bias);
}
