/* These tests check network descriptions: the built-in ones, options, the canonical JSON, and every complaint. */
#include "support.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "leadwise/record.h"
#include "network/network_internal.h"

static lw_network *load(const char *name, const lw_network_options *options) {
    lw_network *network = NULL;
    lw_error err = {0};
    lwt_assert_ok(lw_network_load(name, options, &network, &err), &err);
    return network;
}

/** Parameters of PyTorch's modules (running statistics aside) and multiply-accumulates, counted by the twin's shapes.
 */
static void networks_have_their_published_sizes(void **state) {
    (void)state;
    lw_network *metaheart = load("metaheart2020", NULL), *multiscale = load("multiscale2021", NULL);
    assert_int_equal(lw_network_output_count(metaheart), 27);
    assert_int_equal(lw_network_output_count(multiscale), 30);
    assert_int_equal(lw_network_leads(metaheart)->count, 12);
    assert_int_equal(lw_network_sample_count(multiscale), 1000);
    assert_true(fabs((double)lw_network_parameter_count(metaheart) / 1e6 - 2.9) < 0.05);
    assert_true(fabs((double)lw_network_parameter_count(multiscale) / 1e6 - 2.5) < 0.05);
    assert_true(fabs(lw_network_macs(metaheart) / 1e9 - 2.3) < 0.05);
    assert_true(fabs(lw_network_macs(multiscale) / 1e9 - 4.4) < 0.05);
    lw_network_free(&metaheart);
    lw_network_free(&multiscale);
    assert_null(multiscale);
}

static void every_built_in_network_is_read(void **state) {
    (void)state;
    size_t count = 0;
    for (; lw_network_builtin(count); count++) {
        lw_network *network = load(lw_network_builtin(count), NULL);
        assert_string_equal(lw_network_name(network), lw_network_builtin(count));
        lw_network_free(&network);
    }
    assert_true(count >= 11);
    lw_network *flat = load("metaheart2020-fc", NULL), *elements = load("metaheart2020-standard-dropout", NULL);
    assert_true(flat->flatten && !elements->flatten && elements->standard_dropout && !flat->standard_dropout);
    assert_int_equal(lw_head_features(flat), 256 * 12 * 63);
    lw_network *branch = load("multiscale2021-branch3", NULL), *taps = load("multiscale2021-kernels-3-6-12", NULL);
    assert_true(branch->branch_count == 1 && branch->branch[0].decimate == 4 && !branch->branch[0].block[0].attention);
    assert_true(taps->branch[1].block[3].kernel[1] == 6 && taps->branch[1].block[4].kernel[1] == 12);
    lw_network_free(&flat);
    lw_network_free(&elements);
    lw_network_free(&branch);
    lw_network_free(&taps);
}

static lw_lead_set leads_of(size_t count) {
    lw_lead_set leads = {.count = count};
    for (size_t i = 0; i < count; i++)
        snprintf(leads.name[i], sizeof leads.name[i], "L%u", (unsigned)i);
    return leads;
}

/** The published triples, and the values of the rule for other numbers of leads. */
static void kernels_follow_the_number_of_leads(void **state) {
    (void)state;
    static const int expected[][4] = {{12, 5, 5, 5}, {6, 3, 3, 3}, {4, 2, 2, 2}, {3, 1, 2, 2}, {2, 1, 1, 2},
                                      {1, 1, 1, 1},  {5, 3, 3, 3}, {8, 4, 4, 4}, {15, 6, 6, 6}};
    for (size_t i = 0; i < sizeof expected / sizeof expected[0]; i++) {
        lw_lead_set leads = leads_of((size_t)expected[i][0]);
        lw_network_options options = {.size = sizeof options, .leads = &leads};
        lw_network *network = load("multiscale2021-noattention", &options), *fixed = load("metaheart2020", &options);
        assert_int_equal(lw_network_leads(network)->count, leads.count);
        assert_string_equal(lw_network_leads(network)->name[0], "L0");
        for (size_t b = 0; b < 3; b++) {
            assert_int_equal(network->branch[b].block[1].kernel[0], 1);
            for (size_t k = 0; k < 3; k++)
                assert_int_equal(network->branch[b].block[2 + k].kernel[0], expected[i][1 + k]);
        }
        assert_int_equal(fixed->branch[0].block[7].kernel[0], 3);
        lw_network_free(&network);
        lw_network_free(&fixed);
    }
}

static void width_outputs_and_dropout_are_options(void **state) {
    (void)state;
    lw_network_options options = {
        .size = sizeof options, .width = 16, .output_count = 5, .dropout = 0.4, .set_dropout = true};
    lw_network *network = load("metaheart2020", &options);
    assert_int_equal(network->outputs, 5);
    assert_int_equal(network->branch[0].block[0].filters, 16);
    assert_int_equal(network->branch[0].block[11].filters, 64);
    assert_true(network->branch[0].block[0].dropout == 0.0 && network->branch[0].block[1].dropout == 0.4);
    lw_network_free(&network);
    options = (lw_network_options){.size = sizeof(lw_network_options), .dropout = -1.0, .set_dropout = true};
    network = load("metaheart2020", &options);
    assert_true(network->branch[0].block[1].dropout == 0.2);
    lw_network_free(&network);
    const lw_network_options bad[] = {{.size = sizeof(lw_network_options), .output_count = 1000},
                                      {.size = sizeof(lw_network_options), .dropout = 1.0, .set_dropout = true},
                                      {.size = sizeof(lw_network_options), .width = 100000}};
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        lw_error err = {0};
        lwt_assert_fails(lw_network_load("metaheart2020", &bad[i], &network, &err), LW_ERR_ARGUMENT, &err, "expected");
        assert_null(network);
    }
}

/** The kernels of other lead sets follow from the rule in the JSON and not from the name of the network. */
static void kernels_follow_the_rule_and_not_the_name(void **state) {
    (void)state;
    static const struct {
        const char *name, *rule;
        int taps;
    } cases[] = {
        {"mine", ", \"lead_taps\": \"third\"", 3}, {"multiscale2021", "", 5}, {"m", ", \"lead_taps\": \"stated\"", 5}};
    lw_lead_set six;
    lw_error err = {0};
    lwt_assert_ok(lw_lead_set_parse("6", &six, &err), &err);
    const lw_network_options options = {.size = sizeof options, .leads = &six};
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        char json[1024];
        lw_network *network = NULL;
        snprintf(
            json, sizeof json,
            "{\"name\": \"%s\", \"leads\": [\"I\", \"II\"], \"samples\": 100%s, \"branches\": [{\"decimate\": 1, "
            "\"blocks\": [{\"filters\": 4, \"kernel\": [5, 3], \"stride\": 1, \"skip\": \"none\", \"norm\": true, "
            "\"attention\": false, \"dropout\": 0}]}], \"outputs\": 3, \"head\": \"gap\", \"dropout\": \"spatial\", "
            "\"attention_reduction\": 16, \"batch_norm\": {\"epsilon\": 0.001, \"momentum\": 0.99}}",
            cases[i].name, cases[i].rule);
        lwt_assert_ok(lw_network_parse(json, &options, &network, &err), &err);
        assert_int_equal(network->branch[0].block[0].kernel[0], cases[i].taps);
        char *final = lw_network_json(network);
        assert_null(strstr(final, "lead_taps")); /* its kernels are stated now */
        lw_string_free(&final);
        lw_network_free(&network);
    }
}

static void a_network_is_read_as_it_was_written(void **state) {
    (void)state;
    for (size_t i = 0; lw_network_builtin(i); i++) {
        lw_network *first = load(lw_network_builtin(i), NULL), *second = NULL;
        char *json = lw_network_json(first);
        lw_error err = {0};
        lwt_assert_ok(lw_network_parse(json, NULL, &second, &err), &err);
        char *again = lw_network_json(second);
        assert_string_equal(json, again);
        assert_null(strstr(json, "description"));
        lw_string_free(&json);
        lw_string_free(&again);
        lw_network_free(&first);
        lw_network_free(&second);
    }
}

/** A model file of the twin carries this very text. */
static void json_is_as_python_writes_it(void **state) {
    (void)state;
    static const char python[] =
        "{\"name\": \"n\", \"leads\": [\"I\", \"II\"], \"samples\": 1000, \"branches\": [{\"decimate\": 1, \"blocks\": "
        "[{\"filters\": 32, \"kernel\": [1, 15], \"stride\": 2, \"skip\": \"conv\", \"norm\": true, \"attention\": "
        "true, \"dropout\": 0.2}]}], \"outputs\": 30, \"head\": \"gap\", \"dropout\": \"spatial\", "
        "\"attention_reduction\": 16, \"batch_norm\": {\"epsilon\": 0.001, \"momentum\": 0.99}}";
    lw_network *network = NULL;
    lw_error err = {0};
    lwt_assert_ok(lw_network_parse(python, NULL, &network, &err), &err);
    char *json = lw_network_json(network);
    assert_string_equal(json, python);
    lw_string_free(&json);
    lw_network_free(&network);
}

static void a_network_for_missing_leads_says_so_in_its_json(void **state) {
    (void)state;
    static const char ending[] = "\"momentum\": 0.99}, \"missing_leads\": true}";
    const lw_network_options without = {.size = sizeof without, .missing_leads = true};
    lw_network *network = load("multiscale2021", &(lw_network_options){.size = sizeof(lw_network_options)}),
               *any = load("multiscale2021", &without), *again = NULL;
    lw_error err = {0};
    char *plain = lw_network_json(network), *json = lw_network_json(any);
    assert_false(lw_network_missing_leads(network));
    assert_true(lw_network_missing_leads(any));
    assert_null(strstr(plain, "missing_leads"));
    assert_string_equal(json + strlen(json) - strlen(ending), ending);
    assert_memory_equal(json, plain, strlen(plain) - 1); /* but for what was added before the last brace */
    lwt_assert_ok(lw_network_parse(json, NULL, &again, &err), &err);
    assert_true(lw_network_missing_leads(again));
    lw_string_free(&plain);
    lw_string_free(&json);
    lw_network_free(&network);
    lw_network_free(&any);
    lw_network_free(&again);
}

static void a_network_may_have_age_and_sex(void **state) {
    (void)state;
    lw_error err = {0};
    static const char ending[] = "\"momentum\": 0.99}, \"missing_leads\": true, \"inputs\": [\"sex\", \"age\"]}";
    const lw_network_options both = {.size = sizeof both, .inputs = "sex,age", .missing_leads = true},
                             none = {.size = sizeof none, .inputs = ""};
    lw_network *network = load("multiscale2021", NULL), *told = load("multiscale2021", &both), *again = NULL;
    char *json = lw_network_json(told), *plain = lw_network_json(network);
    assert_string_equal(json + strlen(json) - strlen(ending), ending);
    assert_int_equal(lw_network_input_count(network), 0);
    assert_int_equal(lw_network_input_count(told), 2);
    assert_int_equal(lw_network_parameter_count(told), lw_network_parameter_count(network) + 2 * 30);
    float inputs[2];
    lw_network_encode(told, &(lw_person){80.0, LW_SEX_MALE}, inputs);
    assert_true(inputs[0] == 1.0f && inputs[1] == 1.0f);
    lw_network_encode(told, &(lw_person){300.0, LW_SEX_FEMALE}, inputs);
    assert_true(inputs[0] == -1.0f && inputs[1] == 2.0f);
    lw_network_encode(told, &(lw_person){NAN, LW_SEX_UNKNOWN}, inputs);
    assert_true(inputs[0] == 0.0f && inputs[1] == 0.0f);
    lw_network_encode(told, NULL, inputs);
    assert_true(inputs[0] == 0.0f && inputs[1] == 0.0f);
    lwt_assert_ok(lw_network_parse(json, &none, &again, &err), &err);
    assert_int_equal(lw_network_input_count(again), 0);
    lw_network_free(&again);
    static const char *const wrong[] = {"age,age", "weight", "age,", "sex,age,sex"};
    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++)
        lwt_assert_fails(lw_network_parse(plain,
                                          &(lw_network_options){.size = sizeof(lw_network_options), .inputs = wrong[i]},
                                          &again, &err),
                         LW_ERR_ARGUMENT, &err, "expected age and sex, each once");
    lw_string_free(&json);
    lw_string_free(&plain);
    lw_network_free(&network);
    lw_network_free(&told);
}

/** The text of configs/multiscale2021.json with `from` replaced by `to`, once. */
static char *edited(const char *from, const char *to) {
    char *text = lwt_read_file(lwt_source_path("configs/multiscale2021.json"), NULL), *at = strstr(text, from);
    assert_non_null(at);
    char *out = calloc(strlen(text) + strlen(to) + 1, 1);
    assert_non_null(out);
    memcpy(out, text, (size_t)(at - text));
    strcat(out, to);
    strcat(out, at + strlen(from));
    free(text);
    return out;
}

/** What is wrong, and what the sentence must contain. */
static void a_broken_network_is_refused_with_its_place(void **state) {
    (void)state;
    static const char *const cases[][3] = {
        {"[1, 9]", "[1, 0]", "network: branches[0].blocks[1].kernel[1]: expected an integer from 1 to 255, found 0"},
        {"[1, 9]", "[1]", "branches[0].blocks[1].kernel: expected [taps along leads, taps along samples], found [1]"},
        {"[1, 9]", "9", "found 9"},
        {"[1, 9]", "[1, 2.5]", "kernel[1]: expected an integer from 1 to 255, found 2.5"},
        {"\"filters\": 64", "\"filter\": 64",
         "branches[0].blocks[0]: unknown key \"filter\"; the nearest that exists is \"filters\""},
        {"\"filters\": 64", "\"filters\": 5000", "branches[0].blocks[0].filters: expected an integer from 1 to 4096"},
        {"\"filters\": 64", "\"filters\": \"64\"", "found \"64\""},
        {"\"filters\": 64, ", "", "filters: expected an integer from 1 to 4096, found nothing"},
        {"\"stride\": 2", "\"stride\": 0", "stride: expected an integer from 1 to 64, found 0"},
        {"\"skip\": \"conv\"", "\"skip\": \"convolution\"", "skip: expected \"none\", \"identity\" or \"conv\""},
        {"\"skip\": \"conv\"", "\"skip\": \"identity\"",
         "expects stride 1 and as many filters as channels come in (1)"},
        {"\"norm\": true", "\"norm\": 1", "norm: expected true or false, found 1"},
        {"\"dropout\": 0.2", "\"dropout\": 1", "dropout: expected a number of at least 0 and less than 1, found 1"},
        {"\"dropout\": 0.2", "\"dropout\": -0.1", "found -0.1"},
        {"\"samples\": 1000", "\"samples\": 2000000", "samples: expected an integer from 1 to 1000000"},
        {"\"samples\"", "\"sample\"", "network: unknown key \"sample\"; the nearest that exists is \"samples\""},
        {"\"samples\": 1000", "\"samples\": 1000, \"samples\": 1000", "duplicate"},
        {"\"samples\": 1000", "\"samples\": 1000000", "expected at most"},
        {"\"decimate\": 2", "\"decimate\": 0", "branches[1].decimate: expected an integer from 1 to 64, found 0"},
        {"\"I\"", "\"\"", "leads[0]: expected a lead's name of 1 to 15 characters"},
        {"\"I\"", "\"II\"", "leads[1]: expected a lead that is not listed before"},
        {"\"I\"", "\"a name too long for a lead\"", "leads[0]: expected a lead's name"},
        {"\"I\"", "7", "leads[0]"},
        {"\"outputs\": 30", "\"outputs\": 0", "outputs: expected an integer from 1 to 256, found 0"},
        {"\"head\": \"gap\"", "\"head\": \"max\"", "head: expected \"gap\" or \"flatten\", found \"max\""},
        {"\"dropout\": \"spatial\"", "\"dropout\": \"some\"", "dropout: expected \"spatial\" or \"standard\""},
        {"\"epsilon\": 0.001", "\"epsilon\": 0", "batch_norm.epsilon"},
        {"\"momentum\": 0.99", "\"momentun\": 0.99",
         "batch_norm: unknown key \"momentun\"; the nearest that exists is \"momentum\""},
        {"\"name\": \"multiscale2021\"", "\"name\": \"\"", "name: expected a name of 1 to 63 characters"},
        {"\"attention_reduction\": 16", "\"attention_reduction\": 0", "attention_reduction"},
        {"\"outputs\": 30", "\"outputs\": 30, \"inputs\": \"age\"", "inputs: expected an array of \"age\" and \"sex\""},
        {"\"outputs\": 30", "\"outputs\": 30, \"inputs\": [\"age\", \"age\"]",
         "inputs[1]: expected \"age\" or \"sex\""},
        {"\"outputs\": 30", "\"outputs\": 30, \"inputs\": [7]", "inputs[0]: expected \"age\" or \"sex\""},
        {"\"outputs\": 30", "\"outputs\": 30, \"missing_leads\": 1", "missing_leads: expected true or false, found 1"},
        {"{\"epsilon\": 0.001, \"momentum\": 0.99}", "0.99", "batch_norm: expected an object, found 0.99"},
        {"\"branches\": [", "\"branches\": [], \"comment\": [", "branches: expected an array of 1 to 16 elements"},
        {"}", "", "network:"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        char *text = edited(cases[i][0], cases[i][1]);
        lw_network *network = NULL;
        lw_error err = {0};
        lwt_assert_fails(lw_network_parse(text, NULL, &network, &err), LW_ERR_ARGUMENT, &err, cases[i][2]);
        assert_null(network);
        free(text);
    }
}

static void what_is_no_network_is_refused(void **state) {
    (void)state;
    static const char *const cases[] = {"", "[]", "7", "{", "{}", "null", "{\"name\": \"\xff\"}"};
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        lw_network *network = NULL;
        lw_error err = {0};
        lwt_assert_fails(lw_network_parse(cases[i], NULL, &network, &err), LW_ERR_ARGUMENT, &err, "network:");
        assert_null(network);
    }
    char *deep = malloc(100001);
    assert_non_null(deep);
    memset(deep, '[', 100000);
    deep[100000] = '\0';
    lw_network *network = NULL;
    lw_error err = {0};
    lwt_assert_fails(lw_network_parse(deep, NULL, &network, &err), LW_ERR_ARGUMENT, &err, "network:");
    free(deep);
}

static void comments_are_free(void **state) {
    (void)state;
    char *text = edited("\"decimate\": 2", "\"comment\": {\"any\": [1, null]}, \"decimate\": 2");
    lw_network *network = NULL;
    lw_error err = {0};
    lwt_assert_ok(lw_network_parse(text, NULL, &network, &err), &err);
    lw_network_free(&network);
    free(text);
}

static void a_network_is_read_from_a_file(void **state) {
    (void)state;
    lw_network *network = load(lwt_source_path("configs/metaheart2020.json"), NULL);
    assert_string_equal(lw_network_name(network), "metaheart2020");
    lw_network_free(&network);
    lw_error err = {0};
    lwt_assert_fails(lw_network_load("no-such-network", NULL, &network, &err), LW_ERR_IO, &err, "no-such-network");
    char *text = edited("\"stride\": 2", "\"stride\": 0");
    const char *path = lwt_temp_path("broken.json");
    lwt_write_file(path, text, strlen(text));
    lwt_assert_fails(lw_network_load(path, NULL, &network, &err), LW_ERR_ARGUMENT, &err,
                     "broken.json: branches[0].blocks[0].stride");
    assert_null(network);
    free(text);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(networks_have_their_published_sizes),
        cmocka_unit_test(every_built_in_network_is_read),
        cmocka_unit_test(kernels_follow_the_number_of_leads),
        cmocka_unit_test(width_outputs_and_dropout_are_options),
        cmocka_unit_test(kernels_follow_the_rule_and_not_the_name),
        cmocka_unit_test(a_network_is_read_as_it_was_written),
        cmocka_unit_test(json_is_as_python_writes_it),
        cmocka_unit_test(a_network_for_missing_leads_says_so_in_its_json),
        cmocka_unit_test(a_network_may_have_age_and_sex),
        cmocka_unit_test(a_broken_network_is_refused_with_its_place),
        cmocka_unit_test(what_is_no_network_is_refused),
        cmocka_unit_test(comments_are_free),
        cmocka_unit_test(a_network_is_read_from_a_file),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
