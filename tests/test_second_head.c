/* Tests of the second head: removing it leaves the logits of the first; its rows are added and removed; its limit. */
#include "train_support.h"

#include <math.h>

#include "train/second_head.h"

enum { N = 3, CLASSES = 2, SAMPLES = 2 * 200 };

/* logits[N][outputs] of the network with the parameters `values`. */
static void infer(const lw_network *network, const float *values, const float *signals, float *logits) {
    lw_error err = {0};
    lw_engine *engine = NULL;
    const lw_engine_options options = {.max_batch = N, .threads = 1};
    lwt_assert_ok(lw_engine_create(network, &options, &engine, &err), &err);
    lw_engine_load(engine, values);
    lw_engine_infer(engine, N, signals, logits);
    lw_engine_free(&engine);
}

static void dropping_it_leaves_the_first_head_as_it_was(void **state) {
    (void)state;
    lw_error err = {0};
    lw_network *network = lwt_narrow_network();
    lw_second_head head = {0};
    lw_parameter_table *trained = NULL;
    lwt_assert_ok(lw_second_head_create(network, N, &head, &err), &err);
    lwt_assert_ok(lw_parameter_table_create(head.network, &trained, &err), &err);
    assert_int_equal(lw_network_output_count(head.network), 2 * CLASSES);
    float *values = calloc(trained->total, sizeof *values);
    float signals[N * SAMPLES], both[N * 2 * CLASSES], first[N * CLASSES];
    assert_non_null(values);
    lw_parameters_initialise(trained, 5, values);
    for (size_t i = 0; i < trained->count; i++) /* means and biases too shall be told apart */
        if (trained->item[i].fan_in == 0)
            lwt_fill(values + trained->item[i].offset, trained->item[i].elements, (uint32_t)i);
    for (size_t i = 0; i < trained->total; i++)
        values[i] += values[i] < 0 && i >= trained->trainable ? 1.5f : 0; /* variances are positive */
    lwt_fill(signals, N * SAMPLES, 7);
    infer(head.network, values, signals, both);
    infer(network, lw_second_head_drop(&head, trained, values), signals, first);
    for (size_t i = 0; i < N; i++)
        for (size_t k = 0; k < CLASSES; k++) {
            lwt_assert_close(first[i * CLASSES + k], both[i * 2 * CLASSES + k], 1e-6, 1e-6);
            assert_true(fabsf(both[i * 2 * CLASSES + k] - both[(2 * i + 1) * CLASSES + k]) > 1e-4f);
        }
    free(values);
    lw_parameter_table_free(&trained);
    lw_second_head_free(&head);
    lw_network_free(&network);
}

static void rows_go_to_their_heads_and_back(void **state) {
    (void)state;
    lw_error err = {0};
    lw_network *network = lwt_narrow_network();
    lw_second_head head = {0};
    float both[N * 2 * CLASSES], back[N * 2 * CLASSES] = {0};
    lwt_assert_ok(lw_second_head_create(network, N + 1, &head, &err), &err);
    lwt_fill(both, N * 2 * CLASSES, 3);
    lw_second_head_split(&head, N, both);
    for (size_t h = 0; h < 2; h++)
        for (size_t i = 0; i < N; i++)
            for (size_t k = 0; k < CLASSES; k++)
                assert_true(head.logits[(h * N + i) * CLASSES + k] == both[i * 2 * CLASSES + h * CLASSES + k]);
    memcpy(head.dlogits, head.logits, sizeof both);
    lw_second_head_join(&head, N, back);
    assert_memory_equal(back, both, sizeof both);
    lw_second_head_free(&head);
    lw_network_free(&network);
}

static void more_outputs_than_a_network_can_have_are_refused(void **state) {
    (void)state;
    lw_error err = {0};
    lw_network *network = NULL;
    lw_second_head head = {0};
    const lw_network_options options = {.size = sizeof options, .output_count = 129};
    lwt_assert_ok(lw_network_parse(lwt_network_json, &options, &network, &err), &err);
    lwt_assert_fails(lw_second_head_create(network, N, &head, &err), LW_ERR_ARGUMENT, &err, "258 outputs");
    lw_network_free(&network);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(dropping_it_leaves_the_first_head_as_it_was),
        cmocka_unit_test(rows_go_to_their_heads_and_back),
        cmocka_unit_test(more_outputs_than_a_network_can_have_are_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
