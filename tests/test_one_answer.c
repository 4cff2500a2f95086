/* Tests that the probabilities of a recording are the same bytes in any batch, session and number of threads. */
#include "support.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "model/model_internal.h"

enum { RECORDS = 32, OUTPUTS_MOST = 32, WIDTH = 16 };

/** An untrained model of a published network, with running statistics as after some training. */
static lw_model *make_model(const char *network_name, uint64_t seed) {
    const lw_preprocessing preprocessing = lw_preprocessing_default();
    const lw_network_options narrow = {.size = sizeof narrow, .width = WIDTH};
    lw_error err = {0};
    lw_network *network = NULL;
    lw_model *model = NULL;
    lwt_assert_ok(lw_network_load(network_name, &narrow, &network, &err), &err);
    lwt_assert_ok(lw_model_untrained(network, &preprocessing, NULL, seed, &model, &err), &err);
    for (size_t i = model->table->trainable; i < model->table->total; i++)
        model->values[i] += 0.1f * (float)((i * 7 + seed) % 5);
    lw_network_free(&network);
    return model;
}

/** Predict all recordings, `batch` a call, in a session made for so many. */
static void predict(const lw_model *model, const float *signals, const lw_session_options *options, size_t batch,
                    float *probabilities) {
    const lw_network *network = lw_model_network(model);
    const size_t floats = lw_network_leads(network)->count * lw_network_sample_count(network);
    const size_t outputs = lw_network_output_count(network);
    lw_error err = {0};
    lw_session *session = NULL;
    lwt_assert_ok(lw_session_create(model, options, &session, &err), &err);
    for (size_t first = 0; first < RECORDS; first += batch) {
        const size_t count = RECORDS - first < batch ? RECORDS - first : batch;
        lwt_assert_ok(
            lw_session_predict(session, count, signals + first * floats, NULL, probabilities + first * outputs, &err),
            &err);
    }
    lw_session_free(&session);
}

static void check_model(const lw_model *model) {
    static const size_t sizes[] = {1, 2, 7, 32};
    const lw_network *network = lw_model_network(model);
    const size_t floats = lw_network_leads(network)->count * lw_network_sample_count(network);
    const size_t outputs = lw_network_output_count(network);
    float alone[RECORDS * OUTPUTS_MOST], got[RECORDS * OUTPUTS_MOST];
    float *signals = calloc(RECORDS * floats, sizeof *signals);
    assert_non_null(signals);
    assert_true(outputs <= OUTPUTS_MOST);
    lwt_fill(signals, RECORDS * floats, 5);
    const lw_session_options reference = {.size = sizeof(lw_session_options), .max_batch = 1, .threads = 1};
    predict(model, signals, &reference, 1, alone);
    for (size_t i = 0; i < sizeof sizes / sizeof sizes[0]; i++)
        for (int threads = 1; threads <= 2; threads++)
            for (int brief = 0; brief < 2; brief++) {
                const lw_session_options options = {
                    .size = sizeof(lw_session_options), .max_batch = sizes[i], .threads = threads, .brief = brief == 1};
                predict(model, signals, &options, sizes[i], got);
                assert_memory_equal(got, alone, RECORDS * outputs * sizeof *got);
            }
    /* A session for many predicts few, as at the end of a folder. */
    const lw_session_options large = {.size = sizeof(lw_session_options), .max_batch = RECORDS, .threads = 2};
    predict(model, signals, &large, 3, got);
    assert_memory_equal(got, alone, RECORDS * outputs * sizeof *got);
    free(signals);
}

/** Within a limit too, whatever the plan that keeps to it: from that of no limit to the least memory. */
static void check_limits(const lw_model *model) {
    static const size_t sizes[] = {1, 7, 32};
    const lw_network *network = lw_model_network(model);
    const size_t floats = lw_network_leads(network)->count * lw_network_sample_count(network);
    const size_t outputs = lw_network_output_count(network);
    float *signals = calloc(RECORDS * floats, sizeof *signals), alone[RECORDS * OUTPUTS_MOST] = {0},
          got[RECORDS * OUTPUTS_MOST];
    size_t limits = 0;
    assert_non_null(signals);
    lwt_fill(signals, RECORDS * floats, 6);
    for (size_t mib = 60; mib >= 4; mib -= 8) {
        lw_session_options one = {.size = sizeof one, .max_batch = 1, .threads = 1, .memory_bytes = mib << 20};
        lw_session *session = NULL;
        lw_error err;
        one.max_batch = RECORDS;
        if (lw_session_create(model, &one, &session, &err) != LW_OK)
            break;
        one.max_batch = 1;
        lw_session_free(&session);
        limits++;
        predict(model, signals, &one, 1, alone);
        for (size_t i = 0; i < sizeof sizes / sizeof sizes[0]; i++) {
            lw_session_options many = one;
            many.max_batch = sizes[i];
            many.threads = i == 1 ? 64 : 2;
            predict(model, signals, &many, sizes[i], got);
            assert_memory_equal(got, alone, RECORDS * outputs * sizeof *got);
        }
    }
    assert_true(limits > 2);
    free(signals);
}

static void multiscale2021_answers_alike_within_any_limit(void **state) {
    (void)state;
    lw_model *model = make_model("multiscale2021", 1);
    check_limits(model);
    lw_model_free(&model);
}

static void check_network(const char *name) {
    lw_model *model = make_model(name, 1);
    check_model(model);
    lw_model_free(&model);
}

static void metaheart2020_answers_alike_in_every_session(void **state) {
    (void)state;
    check_network("metaheart2020");
}

static void multiscale2021_answers_alike_in_every_session(void **state) {
    (void)state;
    check_network("multiscale2021");
}

static void an_ensemble_answers_alike_in_every_session(void **state) {
    (void)state;
    lw_error err = {0};
    lw_model *members[2] = {make_model("multiscale2021", 1), make_model("multiscale2021", 2)}, *both = NULL;
    lwt_assert_ok(lw_model_combine((const lw_model *const *)members, 2, LW_COMBINE_MEAN, &both, &err), &err);
    check_model(both);
    lw_model_free(&both);
    lw_model_free(&members[0]);
    lw_model_free(&members[1]);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(metaheart2020_answers_alike_in_every_session),
        cmocka_unit_test(multiscale2021_answers_alike_in_every_session),
        cmocka_unit_test(multiscale2021_answers_alike_within_any_limit),
        cmocka_unit_test(an_ensemble_answers_alike_in_every_session),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
