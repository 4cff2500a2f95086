/* The models that are built in are the files of models/, and run. */
#include "model_support.h"
#include "support.h"

#include <stdio.h>
#include <stdlib.h>

#include "base/hash.h"
#include "leadwise/model.h"

static void every_one_is_its_file_and_runs(void **state) {
    (void)state;
    const char *name;
    if (!lw_model_builtin(0))
        skip();
    for (size_t i = 0; (name = lw_model_builtin(i)); i++) {
        lw_error err = {0};
        lw_model *model = NULL;
        char path[256], expected[LW_SHA256_HEX], got[65];
        size_t length = 0;
        snprintf(path, sizeof path, "models/%.200s.safetensors", name);
        char *bytes = lwt_read_file(lwt_source_path(path), &length);
        lw_sha256_of(bytes, length, expected);
        lwt_assert_ok(lw_model_load_builtin(name, &model, &err), &err);
        lwt_assert_ok(lw_model_sha256(model, got, &err), &err);
        assert_string_equal(got, expected);
        const lw_network *network = lw_model_network(model);
        const size_t inputs = lw_network_leads(network)->count * lw_network_sample_count(network);
        float *signals = calloc(inputs, sizeof *signals);
        float *probabilities = calloc(lw_network_output_count(network), sizeof *probabilities);
        assert_true(signals && probabilities);
        lwt_fill(signals, inputs, 1);
        lwt_predict(model, 1, signals, probabilities);
        for (size_t k = 0; k < lw_network_output_count(network); k++)
            assert_true(probabilities[k] > 0.0f && probabilities[k] < 1.0f);
        free(bytes);
        free(signals);
        free(probabilities);
        lw_model_free(&model);
    }
}

static void others_are_not_there(void **state) {
    (void)state;
    lw_error err = {0};
    lw_model *model = NULL;
    lwt_assert_fails(lw_model_load_builtin("nobody's", &model, &err), LW_ERR_ARGUMENT, &err,
                     "no model 'nobody's' is built in");
    if (!lw_model_builtin(0))
        lwt_assert_fails(lw_model_load_builtin(NULL, &model, &err), LW_ERR_ARGUMENT, &err, "no model is built in");
    assert_null(model);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_one_is_its_file_and_runs),
        cmocka_unit_test(others_are_not_there),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
