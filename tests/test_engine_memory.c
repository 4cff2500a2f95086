/* These tests check memory limits of an engine: kept, with the same results up to rounding, or refused with the least
 * that would do. */
#include "support.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "network/engine.h"

enum { RECORDS = 6, BATCH = 8, LEADS = 4, SAMPLES = 1000, MEMBERS = 3 };

/** What a pass of an engine leaves. */
typedef struct outcome {
    size_t bytes;
    float *logits, *gradients; /**< gradients NULL: inference */
    size_t logit_count, gradient_count;
} outcome;

static lw_network *make_network(void) {
    lw_network *network = NULL;
    lw_lead_set leads;
    lw_error err = {0};
    lwt_assert_ok(lw_lead_set_parse("4", &leads, &err), &err);
    const lw_network_options options = {.size = sizeof options, .width = 16, .leads = &leads};
    lwt_assert_ok(lw_network_load("multiscale2021", &options, &network, &err), &err);
    return network;
}

static void run(lw_engine *engine, const lw_network *network, bool training, outcome *out) {
    lw_parameter_table *table = NULL;
    lw_error err = {0};
    lwt_assert_ok(lw_parameter_table_create(network, &table, &err), &err);
    float *values = calloc(table->total, sizeof *values);
    float *signals = calloc(RECORDS * LEADS * SAMPLES, sizeof *signals);
    *out = (outcome){.bytes = lw_engine_bytes(engine),
                     .logit_count = RECORDS * lw_network_output_count(network),
                     .gradient_count = training ? table->trainable : 0};
    out->logits = calloc(out->logit_count, sizeof *out->logits);
    lw_parameters_initialise(table, 3, values);
    lwt_fill(signals, RECORDS * LEADS * SAMPLES, 2);
    if (training) {
        float *coefficients = calloc(out->logit_count, sizeof *coefficients);
        lwt_fill(coefficients, out->logit_count, 7);
        out->gradients = calloc(table->trainable, sizeof *out->gradients);
        lw_engine_forward(engine, RECORDS, signals, NULL, values, out->logits);
        lw_engine_backward(engine, RECORDS, coefficients, values, out->gradients);
        free(coefficients);
    } else {
        lw_engine_load(engine, values);
        lw_engine_infer(engine, RECORDS, signals, out->logits);
    }
    lw_parameter_table_free(&table);
    free(values);
    free(signals);
}

static void outcome_free(outcome *out) {
    free(out->logits);
    free(out->gradients);
}

/** One pass under a limit, which must be kept. */
static outcome run_within(const lw_network *network, bool training, int threads, size_t limit) {
    const lw_engine_options options = {
        .max_batch = BATCH, .threads = threads, .training = training, .memory_bytes = limit};
    lw_engine *engine = NULL;
    lw_error err = {0};
    outcome out;
    lwt_assert_ok(lw_engine_create(network, &options, &engine, &err), &err);
    run(engine, network, training, &out);
    assert_true(limit == 0 || out.bytes <= limit);
    lw_engine_free(&engine);
    return out;
}

static double relative_difference(const float *a, const float *b, size_t count) {
    double difference = 0.0, size = 0.0;
    for (size_t i = 0; i < count; i++) {
        difference += pow((double)a[i] - (double)b[i], 2);
        size += pow((double)b[i], 2);
    }
    return sqrt(difference / size);
}

/** The least limit in MiB, from the sentence that refuses a lower one. */
static size_t least_mib(const lw_network *network, bool training) {
    const lw_engine_options options = {.max_batch = BATCH, .threads = 1, .training = training, .memory_bytes = 1 << 20};
    lw_engine *engine = NULL;
    lw_error err = {0};
    size_t least = 0;
    lwt_assert_fails(lw_engine_create(network, &options, &engine, &err), LW_ERR_ARGUMENT, &err,
                     "a memory limit of 1 MiB: the network needs at least");
    assert_null(engine);
    const char *number = strstr(err.message, "at least ");
    assert_int_equal(sscanf(number, "at least %zu MiB", &least), 1);
    return least;
}

static void check_limits(bool training) {
    lw_network *network = make_network();
    outcome free_run = run_within(network, training, 1, 0);
    const size_t least = least_mib(network, training) << 20;
    assert_true(least < free_run.bytes);
    for (int step = 0; step < 4; step++) {
        const size_t limit = least + (free_run.bytes - 1 - least) * (size_t)step / 3;
        outcome limited = run_within(network, training, 1, limit), threaded = run_within(network, training, 2, limit);
        assert_true(limited.bytes < free_run.bytes);
        assert_true(relative_difference(limited.logits, free_run.logits, free_run.logit_count) < 1e-5);
        /* One rounding can turn a ReLU, which moves gradients by more than rounding does. */
        if (training)
            assert_true(relative_difference(limited.gradients, free_run.gradients, free_run.gradient_count) < 1e-3);
        assert_memory_equal(limited.logits, threaded.logits, limited.logit_count * sizeof *limited.logits);
        if (training)
            assert_memory_equal(limited.gradients, threaded.gradients,
                                limited.gradient_count * sizeof *limited.gradients);
        outcome_free(&limited);
        outcome_free(&threaded);
    }
    outcome_free(&free_run);
    lw_network_free(&network);
}

/** logits[member][RECORDS][outputs] of members with parameters of their own, in one engine; *bytes of it. */
static void run_members(const lw_network *network, size_t limit, float *logits, size_t *bytes) {
    const lw_engine_options options = {.max_batch = BATCH, .threads = 1, .members = MEMBERS, .memory_bytes = limit};
    static float signals[RECORDS * LEADS * SAMPLES];
    lw_parameter_table *table = NULL;
    lw_engine *engine = NULL;
    lw_error err = {0};
    lwt_assert_ok(lw_parameter_table_create(network, &table, &err), &err);
    float *values = calloc(MEMBERS * table->total, sizeof *values);
    lwt_assert_ok(lw_engine_create(network, &options, &engine, &err), &err);
    lwt_fill(signals, RECORDS * LEADS * SAMPLES, 2);
    for (size_t m = 0; m < MEMBERS; m++) {
        lw_parameters_initialise(table, m + 1, values + m * table->total);
        lw_engine_select(engine, m);
        lw_engine_load(engine, values + m * table->total);
    }
    for (size_t m = 0; m < MEMBERS; m++) {
        lw_engine_select(engine, m);
        lw_engine_infer(engine, RECORDS, signals, logits + m * RECORDS * lw_network_output_count(network));
    }
    *bytes = lw_engine_bytes(engine);
    lw_engine_free(&engine);
    lw_parameter_table_free(&table);
    free(values);
}

/** A limit that one member would keep to without thrift. */
static void members_count_for_the_limit(void **state) {
    (void)state;
    lw_network *network = make_network();
    outcome one = run_within(network, false, 1, 0);
    const size_t count = RECORDS * lw_network_output_count(network), limit = one.bytes + 1;
    float *wanted = calloc(MEMBERS * count, sizeof *wanted), *got = calloc(MEMBERS * count, sizeof *got);
    size_t free_bytes, bytes;
    run_members(network, 0, wanted, &free_bytes);
    run_members(network, limit, got, &bytes);
    assert_true(free_bytes > limit && bytes <= limit);
    for (size_t m = 0; m < MEMBERS; m++)
        assert_true(relative_difference(got + m * count, wanted + m * count, count) < 1e-5);
    assert_true(relative_difference(got, got + count, count) > 1e-2);
    free(wanted);
    free(got);
    outcome_free(&one);
    lw_network_free(&network);
}

static void inference_keeps_to_a_limit(void **state) {
    (void)state;
    check_limits(false);
}

static void training_keeps_to_a_limit(void **state) {
    (void)state;
    check_limits(true);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(inference_keeps_to_a_limit),
        cmocka_unit_test(training_keeps_to_a_limit),
        cmocka_unit_test(members_count_for_the_limit),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
