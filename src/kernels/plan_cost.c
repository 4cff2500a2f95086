#include "kernels/plan_cost.h"

#include "kernels/gemm.h"
#include "kernels/plan.h"

/* Rates of one thread of a processor at 2.7 GHz with two vector units, as bench/bench_kernels.c measures them. */
static const double peak_flops_lane = 8.7e9; /* two multiply-adds a cycle and lane */
static const double complex_share = 0.90;    /* of peak that complex products reach */
static const double real_share = 0.75;       /* that real products over overlapping windows reach */
static const double transform_share = 0.17;  /* that transforms reach: bound by loads and stores */
static const double bytes_second = 10e9;     /* beyond the second-level cache */

static double log2_int(int n) {
    double bits = 0.0;
    for (; n > 1; n /= 2)
        bits += n >= 4 ? 1.0 : (double)n / 2.0;
    return bits;
}

static int whole(int n, int lanes) { return lw_ceil_div(n, lanes) * lanes; }

/** What a spectral plan computes and moves for a batch. */
typedef struct spectral_work {
    double product, transform, weight_transform; /**< operations of one pass; of one packing */
    double weights, spectra, tensors;            /**< bytes */
} spectral_work;

static spectral_work work_of(const lw_conv_shape *s, const lw_kernels *k, const lw_spectral_choice *choice) {
    const int points_t = choice->points_t, points_l = choice->points_l;
    const int tiles_t = lw_ceil_div(s->t_in, lw_spectral_valid(points_t, s->t_in, s->kw, (s->kw - 1) / 2));
    const int tiles_l = lw_ceil_div(s->h, lw_spectral_valid(points_l, s->h, s->kh, (s->kh - 1) / 2));
    const double bins = (points_t / 2 + 1) * points_l, rows = (double)s->n * tiles_t * tiles_l;
    const double c_in = whole(s->c_in, k->lanes), c_out = whole(s->c_out, k->lanes);
    const double row_t = 2.5 * points_t * log2_int(points_t) * s->h * tiles_t * s->n;
    const double row_l = 5.0 * bins * log2_int(points_l) * tiles_t * tiles_l * s->n;
    return (spectral_work){
        .product = 8.0 * bins * rows * s->c_in * c_out,
        .transform = (row_t + row_l) * (c_in + c_out),
        .weight_transform =
            (2.5 * points_t * log2_int(points_t) * s->kh + 5.0 * bins * log2_int(points_l)) * s->c_in * c_out,
        .weights = 8.0 * bins * s->c_in * c_out,
        .spectra = 8.0 * bins * rows * (c_in + c_out),
        .tensors = 4.0 * s->n * s->h * s->t_in * (s->c_in + s->c_out),
    };
}

double lw_cost_spectral(const lw_conv_shape *s, const lw_conv_use *use, const lw_kernels *k, int chunk,
                        lw_spectral_choice *choice) {
    const int most = use->training ? lw_plan_chunk(s, use) : s->n;
    choice->chunk = chunk > 0 && chunk < most ? chunk : most;
    choice->keep = use->training && use->thrift < 2;
    const spectral_work w = work_of(s, k, choice);
    const double passes = lw_ceil_div(s->n, choice->chunk); /* over the weights */
    const double peak = peak_flops_lane * k->lanes;
    const double forward = w.product / (peak * complex_share) + w.transform / (peak * transform_share) +
                           (2.0 * w.spectra + w.tensors + passes * w.weights) / bytes_second;
    if (!use->training)
        return forward;
    return 3.0 * forward + 2.0 * w.weight_transform / (peak * transform_share) +
           (1.0 + 2.0 * passes) * w.weights / bytes_second;
}

/** Backward takes a product for the weights and one for the input, which the first layers do without. */
static double backward_products(const lw_conv_use *use) {
    return !use->training ? 0.0 : use->input_gradient ? 2.0 : 1.0;
}

lw_operations lw_operations_spectral(const lw_conv_shape *s, const lw_conv_use *use, const lw_kernels *k,
                                     const lw_spectral_choice *choice) {
    const spectral_work w = work_of(s, k, choice);
    const double backward = backward_products(use) * w.product + w.transform + w.weight_transform;
    return (lw_operations){w.product + w.transform, use->training ? backward : 0.0};
}

lw_operations lw_operations_direct(const lw_conv_shape *s, const lw_conv_use *use) {
    const double forward = 2.0 * s->n * s->h * lw_conv_t_out(s) * s->kh * s->kw * s->c_in * s->c_out;
    return (lw_operations){forward, backward_products(use) * forward};
}

lw_operations lw_operations_winograd(const lw_conv_shape *s, const lw_kernels *k) {
    const double points = LW_WINOGRAD_IN_L * LW_WINOGRAD_IN_T;
    const double rows = (double)s->n * lw_ceil_div(s->h, LW_WINOGRAD_OUT_L) * lw_ceil_div(s->t_in, LW_WINOGRAD_OUT_T);
    const double c_in = whole(s->c_in, k->lanes), c_out = whole(s->c_out, k->lanes);
    return (lw_operations){2.0 * points * rows * s->c_in * c_out + 5.0 * points * rows * (c_in + c_out), 0.0};
}

double lw_cost_direct(const lw_conv_shape *s, const lw_conv_use *use, const lw_kernels *k) {
    const double flops = 2.0 * s->n * s->h * lw_conv_t_out(s) * s->kh * s->kw * s->c_in * whole(s->c_out, k->lanes);
    const double tensors = 4.0 * s->n * s->h * (s->t_in * s->c_in + lw_conv_t_out(s) * s->c_out);
    const double forward = flops / (peak_flops_lane * k->lanes * real_share) + tensors / bytes_second;
    return use->training ? 3.0 * forward : forward;
}

double lw_cost_winograd(const lw_conv_shape *s, const lw_kernels *k) {
    const double points = LW_WINOGRAD_IN_L * LW_WINOGRAD_IN_T, peak = peak_flops_lane * k->lanes;
    const double rows = (double)s->n * lw_ceil_div(s->h, LW_WINOGRAD_OUT_L) * lw_ceil_div(s->t_in, LW_WINOGRAD_OUT_T);
    const double c_in = whole(s->c_in, k->lanes), c_out = whole(s->c_out, k->lanes);
    const double product = 2.0 * points * rows * s->c_in * c_out, transform = 5.0 * points * rows * (c_in + c_out);
    const double bytes = 4.0 * points * (rows * (c_in + c_out) + (double)s->c_in * s->c_out);
    return product / (peak * real_share) + transform / (peak * transform_share) + bytes / bytes_second;
}
