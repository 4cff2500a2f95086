/* Checks that compare the vector kernels and the planned convolutions with definitions in double. */
#include "kernel_check.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "base/random.h"
#include "kernels/conv_method.h"

static int pick(lw_random *random, int low, int high) {
    return low + (int)lw_random_below(random, (uint64_t)(high - low + 1));
}

/** A block of `count` floats on a cache line; the tests give up when there is no memory. */
static float *block(size_t count) {
    float *floats = lw_aligned_alloc((count + 16) * sizeof(float));
    if (!floats)
        abort();
    return floats;
}

static float *random_block(lw_random *random, size_t count) {
    float *floats = block(count);
    for (size_t i = 0; i < count; i++)
        floats[i] = (float)(2.0 * lw_random_uniform(random) - 1.0);
    return floats;
}

static double relative_error(const float *got, const double *want, size_t count) {
    double error = 0.0, norm = 1e-30;
    for (size_t i = 0; i < count; i++) {
        error += ((double)got[i] - want[i]) * ((double)got[i] - want[i]);
        norm += want[i] * want[i];
    }
    return sqrt(error / norm);
}

/** One length: `lanes` transforms at once, each against its own sum. */
static bool check_length(const lw_kernels *k, int points, lw_random *random, char why[LWT_WHY]) {
    const size_t lanes = (size_t)k->lanes, n = (size_t)points, floats = 2 * lanes * n;
    lw_fft fft;
    if (lw_fft_plan(points, &fft, NULL) != LW_OK)
        return false;
    float *a = random_block(random, floats), *b = block(floats), *x = block(floats);
    double *want = calloc(floats, sizeof *want);
    memcpy(x, a, floats * sizeof *x);
    for (size_t f = 0; f < n; f++)
        for (size_t t = 0; t < n; t++)
            for (size_t lane = 0; lane < lanes; lane++) {
                double angle = -6.283185307179586476925 * (double)(f * t % n) / (double)n;
                double re = (double)x[2 * t * lanes + lane], im = (double)x[(2 * t + 1) * lanes + lane];
                want[2 * f * lanes + lane] += re * cos(angle) - im * sin(angle);
                want[(2 * f + 1) * lanes + lane] += re * sin(angle) + im * cos(angle);
            }
    const double error = relative_error(k->fft(&fft, a, b), want, floats);
    if (!(error < 5e-7))
        snprintf(why, LWT_WHY, "%s: transform of %d points: relative error %g", lw_isa_name(k->isa), points, error);
    lw_fft_release(&fft);
    lw_aligned_free(a);
    lw_aligned_free(b);
    lw_aligned_free(x);
    free(want);
    return error < 5e-7;
}

bool lwt_check_fft(const lw_kernels *kernels, char why[LWT_WHY]) {
    lw_random random = lw_random_start(1, LW_RANDOM_SYNTH, 0);
    for (int points = 1; points <= 400; points += points < 130 ? 1 : 5)
        if (lw_fft_supports(points) && !check_length(kernels, points, &random, why))
            return false;
    return true;
}

/** Whether c, padded by `margin` untouched floats a row, holds want[rows][columns]. */
static bool rows_match(const char *what, const lw_kernels *k, int rows, int columns, const float *c, ptrdiff_t c_row,
                       const double *want, char why[LWT_WHY]) {
    for (int r = 0; r < rows; r++) {
        for (ptrdiff_t j = 0; j < c_row; j++) {
            const double got = (double)c[r * c_row + j];
            const bool good = j < columns ? fabs(got - want[r * columns + j]) < 1e-4 : got == 7.0;
            if (!good) {
                snprintf(why, LWT_WHY, "%s: %s of %d x %d: element (%d, %d) is %g", lw_isa_name(k->isa), what, rows,
                         columns, r, (int)j, got);
                return false;
            }
        }
    }
    return true;
}

static bool check_one_real_product(const lw_kernels *k, lw_random *random, char why[LWT_WHY]) {
    const int width = k->panel_vectors * k->lanes;
    const int rows = pick(random, 1, 40), depth = pick(random, 0, 150), columns = pick(random, 1, width);
    const bool transposed = pick(random, 0, 1), b_partial = pick(random, 0, 1), accumulate = pick(random, 0, 1);
    const ptrdiff_t vectors = (columns + k->lanes - 1) / k->lanes * k->lanes, c_row = columns + pick(random, 0, 3);
    const bool relu = pick(random, 0, 1), with_bias = pick(random, 0, 1);
    float *a = random_block(random, (size_t)(rows * depth)), *bias = random_block(random, (size_t)columns);
    float *b = random_block(random, (size_t)(depth * (b_partial ? columns : vectors)));
    float *c = block((size_t)(rows * c_row));
    double *want = calloc((size_t)(rows * columns), sizeof *want);
    lw_real_product p = {.rows = rows,
                         .depth = depth,
                         .columns = columns,
                         .a = a,
                         .a_row = transposed ? 1 : depth,
                         .a_step = transposed ? rows : 1,
                         .b = b,
                         .b_step = b_partial ? columns : vectors,
                         .b_partial = b_partial,
                         .c = c,
                         .c_row = c_row,
                         .bias = with_bias ? bias : NULL,
                         .accumulate = accumulate,
                         .relu = relu};
    for (ptrdiff_t i = 0; i < rows * c_row; i++)
        c[i] = i % c_row < columns ? 0.25f : 7.0f;
    for (int r = 0; r < rows; r++)
        for (int j = 0; j < columns; j++) {
            double sum = accumulate ? 0.25 : with_bias ? (double)bias[j] : 0.0;
            for (int i = 0; i < depth; i++)
                sum += (double)a[r * p.a_row + i * p.a_step] * (double)b[i * p.b_step + j];
            want[r * columns + j] = relu && sum < 0.0 ? 0.0 : sum;
        }
    k->real_product(&p);
    const bool good = rows_match("real product", k, rows, columns, c, c_row, want, why);
    lw_aligned_free(a);
    lw_aligned_free(b);
    lw_aligned_free(c);
    lw_aligned_free(bias);
    free(want);
    return good;
}

bool lwt_check_real_product(const lw_kernels *kernels, char why[LWT_WHY]) {
    lw_random random = lw_random_start(2, LW_RANDOM_SYNTH, 0);
    for (int i = 0; i < 300; i++)
        if (!check_one_real_product(kernels, &random, why))
            return false;
    return true;
}

static bool check_one_complex_product(const lw_kernels *k, lw_random *random, char why[LWT_WHY]) {
    const int rows = pick(random, 1, 40), depth = pick(random, 1, 70), groups = pick(random, 1, 5);
    const ptrdiff_t columns = groups * k->lanes, a_plane = rows * depth, b_plane = depth * columns,
                    c_plane = rows * columns;
    const bool transposed = pick(random, 0, 1), accumulate = pick(random, 0, 1);
    float *a = random_block(random, 2 * (size_t)a_plane), *b = random_block(random, 2 * (size_t)b_plane);
    float *c = random_block(random, 2 * (size_t)c_plane);
    double *want = calloc(2 * (size_t)c_plane, sizeof *want);
    const lw_complex_product p = {.rows = rows,
                                  .depth = depth,
                                  .groups = groups,
                                  .a = a,
                                  .a_row = transposed ? 1 : depth,
                                  .a_step = transposed ? rows : 1,
                                  .a_plane = a_plane,
                                  .b = b,
                                  .b_step = columns,
                                  .b_plane = b_plane,
                                  .b_panel = 2 * k->lanes,
                                  .c = c,
                                  .c_row = columns,
                                  .c_plane = c_plane,
                                  .c_panel = 2 * k->lanes,
                                  .accumulate = accumulate};
    for (ptrdiff_t r = 0; r < rows; r++)
        for (ptrdiff_t j = 0; j < columns; j++) {
            double re = accumulate ? (double)c[r * columns + j] : 0.0;
            double im = accumulate ? (double)c[c_plane + r * columns + j] : 0.0;
            for (ptrdiff_t i = 0; i < depth; i++) {
                const double a_re = (double)a[r * p.a_row + i * p.a_step], b_re = (double)b[i * columns + j];
                const double a_im = (double)a[a_plane + r * p.a_row + i * p.a_step];
                const double b_im = (double)b[b_plane + i * columns + j];
                re += a_re * b_re - a_im * b_im;
                im += a_re * b_im + a_im * b_re;
            }
            want[r * columns + j] = re;
            want[c_plane + r * columns + j] = im;
        }
    k->complex_product(&p);
    const bool good = rows_match("complex product", k, 2 * rows, (int)columns, c, columns, want, why);
    lw_aligned_free(a);
    lw_aligned_free(b);
    lw_aligned_free(c);
    free(want);
    return good;
}

bool lwt_check_complex_product(const lw_kernels *kernels, char why[LWT_WHY]) {
    lw_random random = lw_random_start(3, LW_RANDOM_SYNTH, 0);
    for (int i = 0; i < 100; i++)
        if (!check_one_complex_product(kernels, &random, why))
            return false;
    return true;
}

/** Index of (row, column, plane) in a packed bin of so many rows. */
static size_t packed_index(const lw_kernels *k, int rows, int row, int column, int plane) {
    const int panel = 2 * k->lanes;
    return (size_t)(((column / panel * rows + row) * 2 + plane) * panel + column % panel);
}

static bool check_one_transpose(const lw_kernels *k, int rows, int columns, char why[LWT_WHY]) {
    const size_t panel = 2 * (size_t)k->lanes;
    const size_t from_floats = ((size_t)columns + panel) * (size_t)rows * 2,
                 to_floats = ((size_t)rows + panel) * (size_t)columns * 2;
    float *from = block(from_floats), *to = block(to_floats);
    for (int r = 0; r < rows; r++)
        for (int c = 0; c < columns; c++)
            for (int plane = 0; plane < 2; plane++)
                from[packed_index(k, rows, r, c, plane)] = (float)((r * columns + c) * 2 + plane);
    k->transpose_bin(rows, columns, from, to);
    bool good = true;
    for (int r = 0; r < rows; r++)
        for (int c = 0; c < columns; c++)
            for (int plane = 0; plane < 2; plane++)
                good = good && to[packed_index(k, columns, c, r, plane)] == (float)((r * columns + c) * 2 + plane);
    if (!good)
        snprintf(why, LWT_WHY, "%s: transpose of %d x %d", lw_isa_name(k->isa), rows, columns);
    lw_aligned_free(from);
    lw_aligned_free(to);
    return good;
}

static bool check_one_sum(const lw_kernels *k, int rows, int channels, char why[LWT_WHY]) {
    float *x = block((size_t)(rows * channels)), *sums = block((size_t)channels);
    bool good = true;
    for (int i = 0; i < rows * channels; i++)
        x[i] = (float)(i % channels + i / channels);
    sums[channels] = 7.0f;
    k->column_sums(x, rows, channels, sums);
    for (int c = 0; c < channels; c++)
        good = good && sums[c] == (float)(rows * c + rows * (rows - 1) / 2);
    good = good && sums[channels] == 7.0f;
    if (!good)
        snprintf(why, LWT_WHY, "%s: column sums of %d x %d", lw_isa_name(k->isa), rows, channels);
    lw_aligned_free(x);
    lw_aligned_free(sums);
    return good;
}

bool lwt_check_transpose_and_sums(const lw_kernels *kernels, char why[LWT_WHY]) {
    lw_random random = lw_random_start(4, LW_RANDOM_SYNTH, 0);
    for (int i = 0; i < 40; i++)
        if (!check_one_transpose(kernels, pick(&random, 1, 70), pick(&random, 1, 70), why) ||
            !check_one_sum(kernels, pick(&random, 0, 30), pick(&random, 1, 70), why))
            return false;
    return true;
}

lw_conv_shape lwt_random_shape(uint64_t seed, int stride_max) {
    static const int many[] = {1, 12, 16, 30, 33, 64, 128, 256};
    lw_random random = lw_random_start(seed, LW_RANDOM_SYNTH, 5);
    lw_conv_shape s = {.n = pick(&random, 1, 5),
                       .c_in = many[pick(&random, 0, 7)],
                       .c_out = many[pick(&random, 0, 7)],
                       .h = pick(&random, 1, 12),
                       .t_in = pick(&random, 1, 90),
                       .kh = pick(&random, 1, 6),
                       .kw = pick(&random, 1, 31),
                       .stride = pick(&random, 1, stride_max)};
    /* Keep the definition's three sums below a few million steps. */
    while ((double)s.n * s.h * s.t_in * s.kh * s.kw * s.c_in * s.c_out > 2e6) {
        int *large = s.c_in > 40 ? &s.c_in : s.c_out > 40 ? &s.c_out : s.t_in > 20 ? &s.t_in : s.n > 1 ? &s.n : &s.kw;
        *large = *large > 1 ? *large / 2 : 1;
        if (*large == 1 && s.kw == 1)
            break;
    }
    return s;
}

/** The arrays of one convolution. */
typedef struct problem {
    size_t x_floats, y_floats, w_floats;
    float *x, *w, *bias, *dy;
} problem;

/** What a plan makes of it. */
typedef struct answer {
    float *y, *relu_y, *dx, *dw, *dbias;
} answer;

static problem make_problem(const lw_conv_shape *s, uint64_t seed) {
    lw_random random = lw_random_start(seed, LW_RANDOM_SYNTH, 6);
    const size_t leads = (size_t)s->n * (size_t)s->h;
    problem p = {.x_floats = leads * (size_t)s->t_in * (size_t)s->c_in,
                 .y_floats = leads * (size_t)lw_conv_t_out(s) * (size_t)s->c_out,
                 .w_floats = (size_t)s->c_in * (size_t)s->c_out * (size_t)s->kh * (size_t)s->kw};
    p.x = random_block(&random, p.x_floats);
    p.w = random_block(&random, p.w_floats);
    p.bias = random_block(&random, (size_t)s->c_out);
    p.dy = random_block(&random, p.y_floats);
    return p;
}

static void free_problem(problem *p) {
    lw_aligned_free(p->x);
    lw_aligned_free(p->w);
    lw_aligned_free(p->bias);
    lw_aligned_free(p->dy);
}

static void free_answer(answer *a) {
    lw_aligned_free(a->y);
    lw_aligned_free(a->relu_y);
    lw_aligned_free(a->dx);
    lw_aligned_free(a->dw);
    lw_aligned_free(a->dbias);
}

/** Scratch and packed weights start full of NaN, so that anything read before it is written shows. */
static float *poisoned_block(size_t count) {
    float *floats = block(count);
    for (size_t i = 0; i < count; i++)
        floats[i] = NAN;
    return floats;
}

static answer solve(const lw_conv *conv, const lw_conv_shape *s, const problem *p) {
    answer a = {poisoned_block(p->y_floats), poisoned_block(p->y_floats), poisoned_block(p->x_floats),
                poisoned_block(p->w_floats), poisoned_block((size_t)s->c_out)};
    float *packed = poisoned_block(lw_conv_packed_floats(conv)), *kept = poisoned_block(lw_conv_kept_floats(conv));
    float *scratch = poisoned_block(lw_conv_scratch_floats(conv));
    lw_conv_pack(conv, p->w, packed, scratch);
    lw_conv_forward(conv, s->n, p->x, packed, p->bias, true, a.relu_y, kept, scratch);
    lw_conv_forward(conv, s->n, p->x, packed, NULL, false, a.y, kept, scratch);
    lw_conv_backward(conv, s->n, p->x, p->dy, packed, kept, a.dx, a.dw, a.dbias, scratch);
    lw_aligned_free(packed);
    lw_aligned_free(kept);
    lw_aligned_free(scratch);
    return a;
}

/** The relative error, or the error per unit deviation when the wanted values are smaller than random sums are. */
static double distance(const float *got, const float *want, size_t count) {
    double error = 0.0, norm = 1.0;
    for (size_t i = 0; i < count; i++) {
        const double d = (double)got[i] - (double)want[i];
        error += d * d;
        norm += (double)want[i] * (double)want[i];
    }
    return sqrt(error / norm);
}

static bool close_enough(const char *what, const lw_conv *conv, const float *got, const float *want, size_t count,
                         double limit, char why[LWT_WHY]) {
    const double error = distance(got, want, count);
    if (error <= limit)
        return true;
    const lw_conv_shape *s = &conv->shape;
    snprintf(why, LWT_WHY, "%s of n %d c %d->%d h %d t %d kernel %dx%d stride %d by %s: relative error %g, limit %g",
             what, s->n, s->c_in, s->c_out, s->h, s->t_in, s->kh, s->kw, s->stride, lw_conv_describe(conv), error,
             limit);
    return false;
}

static bool answers_match(const lw_conv *conv, const problem *p, const answer *got, const answer *want,
                          char why[LWT_WHY]) {
    return close_enough("y", conv, got->y, want->y, p->y_floats, 2e-6, why) &&
           close_enough("relu(y + bias)", conv, got->relu_y, want->relu_y, p->y_floats, 2e-6, why) &&
           close_enough("dx", conv, got->dx, want->dx, p->x_floats, 5e-6, why) &&
           close_enough("dweight", conv, got->dw, want->dw, p->w_floats, 5e-6, why) &&
           close_enough("dbias", conv, got->dbias, want->dbias, (size_t)conv->shape.c_out, 5e-6, why);
}

static bool same_bytes(const lw_conv *conv, const problem *p, const answer *a, const answer *b, char why[LWT_WHY]) {
    if (memcmp(a->y, b->y, p->y_floats * sizeof(float)) == 0 &&
        memcmp(a->dx, b->dx, p->x_floats * sizeof(float)) == 0 &&
        memcmp(a->dw, b->dw, p->w_floats * sizeof(float)) == 0 &&
        memcmp(a->dbias, b->dbias, (size_t)conv->shape.c_out * sizeof(float)) == 0)
        return true;
    snprintf(why, LWT_WHY, "%s: other bytes with other threads", lw_conv_describe(conv));
    return false;
}

static lw_conv *plan_or_die(const lw_conv_shape *s, const lw_conv_use *use) {
    lw_conv *conv = NULL;
    lw_error err = {0};
    if (lw_conv_create(s, use, &conv, &err) != LW_OK) {
        fprintf(stderr, "%s\n", err.message);
        abort();
    }
    return conv;
}

/** The reference, and the planner's choice with one thread and with three. */
typedef struct trio {
    lw_conv *reference, *one, *three;
} trio;

static trio plan_trio(const lw_conv_shape *shape, lw_conv_use use, uint64_t seed) {
    lw_conv_shape larger = *shape; /* planned for more records than there are */
    larger.n += (int)(seed % 2);
    use.threads = 1;
    lw_conv_use definition = use;
    definition.tuning = (lw_tuning){.isa = use.tuning.isa, .method = LW_CONV_REFERENCE};
    trio plans = {plan_or_die(shape, &definition), plan_or_die(&larger, &use), NULL};
    use.threads = 3;
    plans.three = plan_or_die(&larger, &use);
    return plans;
}

static void free_trio(trio *plans) {
    lw_conv_free(&plans->reference);
    lw_conv_free(&plans->one);
    lw_conv_free(&plans->three);
}

bool lwt_check_conv(const lw_conv_shape *shape, const lw_tuning *tuning, uint64_t seed, char why[LWT_WHY]) {
    trio plans = plan_trio(shape, (lw_conv_use){.training = true, .input_gradient = true, .tuning = *tuning}, seed);
    problem p = make_problem(shape, seed);
    answer want = solve(plans.reference, shape, &p), got = solve(plans.one, shape, &p),
           again = solve(plans.three, shape, &p);
    const bool good = answers_match(plans.one, &p, &got, &want, why) && same_bytes(plans.three, &p, &got, &again, why);
    free_answer(&want);
    free_answer(&got);
    free_answer(&again);
    free_problem(&p);
    free_trio(&plans);
    return good;
}

/** y with bias and relu, then y alone. */
static void infer(const lw_conv *conv, const lw_conv_shape *s, const problem *p, float *relu_y, float *y) {
    float *packed = poisoned_block(lw_conv_packed_floats(conv)),
          *scratch = poisoned_block(lw_conv_scratch_floats(conv));
    lw_conv_pack(conv, p->w, packed, scratch);
    lw_conv_forward(conv, s->n, p->x, packed, p->bias, true, relu_y, NULL, scratch);
    lw_conv_forward(conv, s->n, p->x, packed, NULL, false, y, NULL, scratch);
    lw_aligned_free(packed);
    lw_aligned_free(scratch);
}

bool lwt_check_inference(const lw_conv_shape *shape, const lw_tuning *tuning, uint64_t seed, char why[LWT_WHY]) {
    trio plans = plan_trio(shape, (lw_conv_use){.tuning = *tuning}, seed);
    problem p = make_problem(shape, seed);
    float *y[6]; /* wanted, with one thread, with three; each with bias and relu, then without */
    for (int i = 0; i < 6; i++)
        y[i] = poisoned_block(p.y_floats);
    infer(plans.reference, shape, &p, y[0], y[1]);
    infer(plans.one, shape, &p, y[2], y[3]);
    infer(plans.three, shape, &p, y[4], y[5]);
    bool good = close_enough("relu(y + bias)", plans.one, y[2], y[0], p.y_floats, 2e-6, why) &&
                close_enough("y", plans.one, y[3], y[1], p.y_floats, 2e-6, why);
    if (good && memcmp(y[3], y[5], p.y_floats * sizeof(float)) != 0) {
        snprintf(why, LWT_WHY, "%s: other bytes with other threads", lw_conv_describe(plans.one));
        good = false;
    }
    for (int i = 0; i < 6; i++)
        lw_aligned_free(y[i]);
    free_problem(&p);
    free_trio(&plans);
    return good;
}
