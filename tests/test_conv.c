/* Tests that compare convolution methods with the definition, and the definition with sums done by hand. */
#include "support.h"

#include <math.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/random.h"
#include "kernels/conv_method.h"

/** All the arrays of one convolution, filled with random numbers. */
typedef struct problem {
    lw_conv_shape shape;
    size_t x_floats, y_floats, weight_floats;
    float *x, *dy, *weight, *bias;
} problem;

/** What a method made of it. */
typedef struct answer {
    float *y, *relu_y, *dx, *dweight, *dbias;
} answer;

static float *floats(size_t count) {
    float *block = calloc(count ? count : 1, sizeof *block);
    assert_non_null(block);
    return block;
}

static float *random_floats(lw_random *random, size_t count) {
    float *block = floats(count);
    for (size_t i = 0; i < count; i++)
        block[i] = (float)lw_random_normal(random);
    return block;
}

static problem make_problem(const lw_conv_shape *s, uint64_t seed) {
    lw_random random = lw_random_start(seed, LW_RANDOM_SYNTH, 1);
    problem p = {.shape = *s};
    size_t rows = (size_t)s->n * (size_t)s->h;
    p.x_floats = rows * (size_t)s->t_in * (size_t)s->c_in;
    p.y_floats = rows * (size_t)lw_conv_t_out(s) * (size_t)s->c_out;
    p.weight_floats = (size_t)s->c_out * (size_t)s->c_in * (size_t)s->kh * (size_t)s->kw;
    p.x = random_floats(&random, p.x_floats);
    p.dy = random_floats(&random, p.y_floats);
    p.weight = random_floats(&random, p.weight_floats);
    p.bias = random_floats(&random, (size_t)s->c_out);
    return p;
}

static void free_problem(problem *p) {
    free(p->x);
    free(p->dy);
    free(p->weight);
    free(p->bias);
}

static void free_answer(answer *a) {
    free(a->y);
    free(a->relu_y);
    free(a->dx);
    free(a->dweight);
    free(a->dbias);
}

/** `method` is a value of lw_tuning.method. */
static answer solve(unsigned method, const problem *p, int threads) {
    lw_conv_use use = {.training = true, .input_gradient = true, .threads = threads, .tuning = {.method = method}};
    lw_conv *conv = NULL;
    lw_error err = {0};
    if (lw_conv_create(&p->shape, &use, &conv, &err) != LW_OK)
        fail_msg("%s", err.message);
    float *packed = floats(lw_conv_packed_floats(conv)), *kept = floats(lw_conv_kept_floats(conv));
    float *scratch = floats(lw_conv_scratch_floats(conv));
    answer a = {floats(p->y_floats), floats(p->y_floats), floats(p->x_floats), floats(p->weight_floats),
                floats((size_t)p->shape.c_out)};
    lw_conv_pack(conv, p->weight, packed, scratch);
    lw_conv_forward(conv, p->shape.n, p->x, packed, p->bias, true, a.relu_y, kept, scratch);
    lw_conv_forward(conv, p->shape.n, p->x, packed, NULL, false, a.y, kept, scratch);
    lw_conv_backward(conv, p->shape.n, p->x, p->dy, packed, kept, a.dx, a.dweight, a.dbias, scratch);
    free(packed);
    free(kept);
    free(scratch);
    lw_conv_free(&conv);
    assert_null(conv);
    return a;
}

/** Error relative to the wanted values, or to `floor` where those cancel below it. */
static double distance(const float *got, const float *want, size_t count, double floor) {
    double error = 0.0, norm = floor * floor;
    for (size_t i = 0; i < count; i++) {
        double d = (double)got[i] - (double)want[i];
        error += d * d;
        norm += (double)want[i] * (double)want[i];
    }
    return sqrt(error / norm);
}

static void expect_close(const char *what, const lw_conv_shape *s, const float *got, const float *want, size_t count) {
    /* A sum of normal products has a deviation of at least 1, however small this one came out. */
    double error = distance(got, want, count, 3.0);
    if (!(error <= 2e-6))
        fail_msg("%s of n %d c %d->%d h %d t %d kernel %dx%d stride %d: relative error %g", what, s->n, s->c_in,
                 s->c_out, s->h, s->t_in, s->kh, s->kw, s->stride, error);
}

static void compare(unsigned method, const lw_conv_shape *s, uint64_t seed) {
    problem p = make_problem(s, seed);
    answer want = solve(LW_CONV_REFERENCE, &p, 1), got = solve(method, &p, 2);
    expect_close("y", s, got.y, want.y, p.y_floats);
    expect_close("relu(y)", s, got.relu_y, want.relu_y, p.y_floats);
    expect_close("dx", s, got.dx, want.dx, p.x_floats);
    expect_close("dweight", s, got.dweight, want.dweight, p.weight_floats);
    expect_close("dbias", s, got.dbias, want.dbias, (size_t)s->c_out);
    free_answer(&want);
    free_answer(&got);
    free_problem(&p);
}

static int pick(lw_random *random, int low, int high) {
    return low + (int)lw_random_below(random, (uint64_t)(high - low + 1));
}

/** Every length of kernel with random other dimensions; even kernels and kh = 2 among them. */
static void every_method_equals_the_definition_at_random_shapes(void **state) {
    (void)state;
    lw_random random = lw_random_start(7, LW_RANDOM_SYNTH, 0);
    for (int kw = 1; kw <= 31; kw++)
        for (int repeat = 0; repeat < 4; repeat++) {
            lw_conv_shape s = {.n = pick(&random, 1, 3),
                               .c_in = pick(&random, 1, 20),
                               .c_out = pick(&random, 1, 35),
                               .h = pick(&random, 1, 12),
                               .t_in = pick(&random, 1, 45),
                               .kh = pick(&random, 1, 6),
                               .kw = kw,
                               .stride = pick(&random, 1, 4)};
            compare(LW_CONV_DIRECT, &s, (uint64_t)(kw * 10 + repeat));
            compare(LW_CONV_PLANNED, &s, (uint64_t)(kw * 10 + repeat));
        }
}

/** The layers of the two networks, with few records, channels and samples. */
static void every_method_equals_the_definition_at_the_shapes_of_networks(void **state) {
    (void)state;
    static const int kernel[][3] = {{1, 15, 2}, {1, 9, 2}, {5, 3, 1}, {5, 9, 1}, {5, 27, 1}, {2, 27, 1}, {1, 9, 1},
                                    {1, 5, 2},  {3, 5, 1}, {3, 3, 1}, {1, 1, 2}, {1, 6, 1},  {2, 12, 1}};
    for (size_t i = 0; i < sizeof kernel / sizeof kernel[0]; i++) {
        lw_conv_shape s = {2, 16, 32, 4, 63, kernel[i][0], kernel[i][1], kernel[i][2]};
        compare(LW_CONV_DIRECT, &s, i);
        compare(LW_CONV_PLANNED, &s, i);
    }
}

static void any_number_of_threads_gives_the_same_bytes(void **state) {
    (void)state;
    const lw_conv_shape shapes[] = {{3, 17, 40, 5, 50, 3, 9, 1}, {2, 8, 16, 3, 41, 1, 5, 2}};
    for (size_t i = 0; i < 2; i++) {
        problem p = make_problem(&shapes[i], i);
        answer one = solve(LW_CONV_PLANNED, &p, 1);
        for (int threads = 2; threads <= 5; threads++) {
            answer more = solve(LW_CONV_PLANNED, &p, threads);
            assert_memory_equal(one.y, more.y, p.y_floats * sizeof(float));
            assert_memory_equal(one.dx, more.dx, p.x_floats * sizeof(float));
            assert_memory_equal(one.dweight, more.dweight, p.weight_floats * sizeof(float));
            assert_memory_equal(one.dbias, more.dbias, (size_t)shapes[i].c_out * sizeof(float));
            free_answer(&more);
        }
        free_answer(&one);
        free_problem(&p);
    }
}

/** TensorFlow's "same": with 5 samples, 4 taps, stride 2: out 3, padding 3, one before and two after. */
static void the_definition_equals_a_product_by_hand(void **state) {
    (void)state;
    float x[5] = {1, 2, 3, 4, 5}, weight[4] = {1, 10, 100, 1000}, dy[3] = {1, 0, 2}, bias[1] = {0.5f};
    problem p = {.shape = {1, 1, 1, 1, 5, 1, 4, 2},
                 .x_floats = 5,
                 .y_floats = 3,
                 .weight_floats = 4,
                 .x = x,
                 .dy = dy,
                 .weight = weight,
                 .bias = bias};
    assert_int_equal(lw_conv_pad_before(5, 4, 2), 1);
    answer a = solve(LW_CONV_REFERENCE, &p, 1);
    const float y[3] = {3210, 5432, 54}, dx[5] = {10, 100, 1000, 2, 20}, dweight[4] = {8, 11, 2, 3};
    for (int i = 0; i < 3; i++) {
        assert_true(a.y[i] == y[i]);
        assert_true(a.relu_y[i] == y[i] + 0.5f);
    }
    for (int i = 0; i < 5; i++)
        assert_true(a.dx[i] == dx[i]);
    for (int i = 0; i < 4; i++)
        assert_true(a.dweight[i] == dweight[i]);
    assert_true(a.dbias[0] == 3.0f);
    free_answer(&a);
}

/** A call with fewer records than planned touches only those. */
static void a_plan_runs_fewer_records_than_it_was_made_for(void **state) {
    (void)state;
    lw_conv_shape full = {4, 6, 20, 3, 30, 2, 5, 1}, part = full;
    part.n = 2;
    problem p = make_problem(&full, 3);
    problem q = p;
    q.shape = part;
    q.x_floats /= 2;
    q.y_floats /= 2;
    answer want = solve(LW_CONV_REFERENCE, &q, 1);
    lw_conv_use use = {.training = true, .input_gradient = true, .threads = 2};
    lw_conv *conv = NULL;
    assert_int_equal(lw_conv_create(&full, &use, &conv, NULL), LW_OK);
    float *packed = floats(lw_conv_packed_floats(conv)), *kept = floats(lw_conv_kept_floats(conv));
    float *scratch = floats(lw_conv_scratch_floats(conv)), *y = floats(p.y_floats), *dx = floats(p.x_floats);
    float *dweight = floats(p.weight_floats);
    lw_conv_pack(conv, p.weight, packed, scratch);
    lw_conv_forward(conv, 2, p.x, packed, NULL, false, y, kept, scratch);
    lw_conv_backward(conv, 2, p.x, p.dy, packed, kept, dx, dweight, NULL, scratch);
    expect_close("y of part", &part, y, want.y, q.y_floats);
    expect_close("dx of part", &part, dx, want.dx, q.x_floats);
    expect_close("dweight of part", &part, dweight, want.dweight, p.weight_floats);
    for (size_t i = q.y_floats; i < p.y_floats; i++)
        assert_true(y[i] == 0.0f);
    free(packed);
    free(kept);
    free(scratch);
    free(y);
    free(dx);
    free(dweight);
    free_answer(&want);
    free_problem(&p);
    lw_conv_free(&conv);
}

static void impossible_shapes_are_refused(void **state) {
    (void)state;
    const lw_conv_shape bad[] = {{0, 1, 1, 1, 1, 1, 1, 1},
                                 {1, 1, 1, 1, 1, 1, 0, 1},
                                 {1, 1, 1, 1, 1, 1, 1, 0},
                                 {1, 4096, 4096, 1, 1, 16, 16, 1},
                                 {1024, 1024, 1, 64, 1024, 1, 1, 1}};
    lw_conv_use use = {.threads = 1};
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        lw_conv *conv = NULL;
        lw_error err = {0};
        assert_int_equal(lw_conv_create(&bad[i], &use, &conv, &err), LW_ERR_ARGUMENT);
        assert_null(conv);
        assert_true(strlen(err.message) > 20);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_definition_equals_a_product_by_hand),
        cmocka_unit_test(every_method_equals_the_definition_at_random_shapes),
        cmocka_unit_test(every_method_equals_the_definition_at_the_shapes_of_networks),
        cmocka_unit_test(any_number_of_threads_gives_the_same_bytes),
        cmocka_unit_test(a_plan_runs_fewer_records_than_it_was_made_for),
        cmocka_unit_test(impossible_shapes_are_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
