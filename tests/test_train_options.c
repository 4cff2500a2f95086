/* The table of training's options: what is published of each row, its checks, its texts, and what the program shows. */
#include "train_support.h"

#include <math.h>

#include "train/variation.h"

/* Defaults of both papers, ranges, and the recipe of docs/results.md. NULL: none. */
static const struct {
    const char *key, *value, *low, *high, *best;
} published[] = {
    {"year", "2021", "2020", "2021", NULL},
    {"beta1", "0.9", "0", "0.9999999", NULL},
    {"beta2", "0.999", "0", "0.9999999", NULL},
    {"epsilon", "1e-7", "above 0", "1", NULL},
    {"class-weight-epsilon", "0.01", "above 0", "1", NULL},
    {"epochs", "100", "1", "100000", "80"},
    {"batch", "64", "1", "65536", "8"},
    {"learning-rate", "0.001", "above 0", "10", "0.004"},
    {"halve-after", "5", "0", "100000", NULL},
    {"stop-after", NULL, "0", "100000", NULL},
    {"schedule", "plateau", NULL, NULL, "cosine"},
    {"warmup", "0", "0", "100000", "2"},
    {"keep", "best-loss", NULL, NULL, NULL},
    {"weight-decay", "0", "0", "100", NULL},
    {"mixup", "0", "0", "4", NULL},
    {"augment", "none", NULL, NULL, "shift,scale,wander,noise,resample"},
    {"lead-dropout", "0", "0", "1", NULL},
    {"label-mask", "false", NULL, NULL, NULL},
    {"metric-loss", "0", "0", "1000", NULL},
    {"metric-head", "0", "0", "1000", "1"},
    {"average", "0", "0", "0.99999", "0.998"},
    {"tune-thresholds", "false", NULL, NULL, "true"},
    {"test-fraction", "0.2", "0", "0.9", NULL},
    {"validation-fraction", "0.1", "above 0", "0.9", NULL},
    {"fallback", "426783006", NULL, NULL, NULL},
    {"seed", "0", "0", NULL, NULL},
    {"split-seed", NULL, "0", NULL, NULL},
};

static lw_train_options *created(void) {
    lw_error err = {0};
    lw_train_options *options = NULL;
    lwt_assert_ok(lw_train_options_create(&options, &err), &err);
    return options;
}

static void assert_same_text(const char *a, const char *b) {
    if (!b)
        assert_null(a);
    else
        assert_string_equal(a, b);
}

static void rows_are_what_is_published(void **state) {
    (void)state;
    const lw_train_option *o;
    size_t i = 0;
    for (; (o = lw_train_option_at(i)); i++) {
        assert_true(i < sizeof published / sizeof published[0]);
        assert_string_equal(o->key, published[i].key);
        assert_same_text(o->value, published[i].value);
        assert_same_text(o->best, published[i].best);
        assert_non_null(o->help);
        assert_int_equal(!o->argument, o->kind == LW_OPTION_FLAG);
        if (published[i].low) {
            const bool above = strncmp(published[i].low, "above ", 6) == 0;
            lwt_assert_close(o->low, atof(published[i].low + (above ? 6 : 0)), 0, 0);
            lwt_assert_close(o->high, published[i].high ? atof(published[i].high) : 0, 0, 0);
            assert_int_equal(o->above_low, above);
        }
    }
    assert_int_equal(i, sizeof published / sizeof published[0]);
}

static void defaults_and_the_recipe_pass_the_check(void **state) {
    (void)state;
    lw_error err = {0};
    lw_train_options *plain = created(), *best = created();
    const lw_train_option *o;
    char value[LW_TRAIN_VALUE], again[LW_TRAIN_VALUE];
    lwt_assert_ok(lw_train_options_check(plain, &err), &err);
    for (size_t i = 0; (o = lw_train_option_at(i)); i++) {
        lw_train_options_get(plain, o->key, value);
        if (o->value) {
            lwt_assert_ok(lw_train_options_set(best, o->key, o->value, &err), &err);
            assert_string_equal(lw_train_options_get(best, o->key, again), value);
        }
    }
    assert_string_equal(lw_train_options_get(plain, "stop-after", value), "10");
    for (size_t i = 0; (o = lw_train_option_at(i)); i++)
        if (o->best)
            lwt_assert_ok(lw_train_options_set(best, o->key, o->best, &err), &err);
    lwt_assert_ok(lw_train_options_check(best, &err), &err);
    assert_string_equal(lw_train_options_get(best, "stop-after", value), "0");
    assert_null(lw_train_options_get(plain, "balance", value));
    lw_train_options_free(&plain);
    lw_train_options_free(&best);
    assert_null(best);
}

/* `value` cannot be set, and the sentence names the key and what `expected` says; the option keeps its value. */
static void assert_refused(lw_train_options *options, const char *key, const char *value, const char *expected) {
    char before[LW_TRAIN_VALUE], after[LW_TRAIN_VALUE];
    lw_error err = {0};
    lw_train_options_get(options, key, before);
    lwt_assert_fails(lw_train_options_set(options, key, value, &err), LW_ERR_ARGUMENT, &err, key);
    assert_non_null(strstr(err.message, expected));
    assert_string_equal(lw_train_options_get(options, key, after), before);
}

static void what_is_outside_a_range_is_refused_with_the_range(void **state) {
    (void)state;
    lw_train_options *options = created();
    char text[64];
    for (size_t i = 0; i < sizeof published / sizeof published[0]; i++) {
        const lw_train_option *o = lw_train_option_at(i);
        const bool whole = o->kind == LW_OPTION_WHOLE;
        if (!published[i].low)
            continue;
        lw_error err = {0};
        const bool above = published[i].low[0] == 'a';
        const double low = atof(published[i].low + (above ? 6 : 0));
        if (!above)
            lwt_assert_ok(lw_train_options_set(options, o->key, published[i].low, &err), &err);
        snprintf(text, sizeof text, "%.17g", above ? low : whole ? low - 1 : nextafter(low, -1));
        assert_refused(options, o->key, text, published[i].low);
        if (published[i].high) {
            lwt_assert_ok(lw_train_options_set(options, o->key, published[i].high, &err), &err);
            snprintf(text, sizeof text, "%.17g", whole ? o->high + 1 : nextafter(o->high, INFINITY));
            assert_refused(options, o->key, text, published[i].high);
        }
        static const char *const wrong[] = {"", "x", "1x", " 1", "nan", "inf", "1e999", "true"};
        for (size_t k = 0; k < sizeof wrong / sizeof wrong[0]; k++)
            if (whole || wrong[k][0] != ' ')
                assert_refused(options, o->key, wrong[k], "number");
    }
    assert_refused(options, "epochs", "2.5", "a whole number from 1 to 100000");
    assert_refused(options, "seed", "18446744073709551616", "a whole number, at least 0");
    lw_train_options_free(&options);
}

static void names_are_refused_with_those_there_are(void **state) {
    (void)state;
    lw_train_options *options = created();
    static const char *const sets[] = {"",       "shif",         "shifts",      "shift,",
                                       ",shift", "shift,,noise", "shift noise", "all,none"};
    for (size_t i = 0; i < sizeof sets / sizeof sets[0]; i++)
        assert_refused(options, "augment", sets[i], "some of shift,scale,wander,noise,resample,cutout,all,none");
    assert_refused(options, "schedule", "linear", "one of plateau,cosine");
    assert_refused(options, "keep", "best", "one of best-loss,best-metric,last");
    assert_refused(options, "label-mask", "yes", "true or false");
    assert_refused(options, "fallback", "", "1 to 23 characters");
    assert_refused(options, "fallback", "123456789012345678901234", "1 to 23 characters");
    lw_error err = {0};
    lwt_assert_fails(lw_train_options_set(options, "mixap", "1", &err), LW_ERR_ARGUMENT, &err, "no option 'mixap'");
    lw_train_options_free(&options);
}

/* Set to `value`, an option says `value`, and no other says anything else than before, but for those that follow it. */
static void assert_sets_alone(const char *key, const char *value) {
    lw_train_options *plain = created(), *changed = created();
    lw_error err = {0};
    char before[LW_TRAIN_VALUE], after[LW_TRAIN_VALUE];
    lwt_assert_ok(lw_train_options_set(changed, key, value, &err), &err);
    assert_string_equal(lw_train_options_get(changed, key, after), value);
    const lw_train_option *o;
    for (size_t i = 0; (o = lw_train_option_at(i)); i++) {
        const bool follows = (strcmp(key, "schedule") == 0 && strcmp(o->key, "stop-after") == 0) ||
                             (strcmp(key, "seed") == 0 && strcmp(o->key, "split-seed") == 0);
        if (strcmp(o->key, key) != 0 && !follows)
            assert_string_equal(lw_train_options_get(changed, o->key, after),
                                lw_train_options_get(plain, o->key, before));
    }
    lw_train_options_free(&plain);
    lw_train_options_free(&changed);
}

static void values_come_back_as_they_were_set(void **state) {
    (void)state;
    static const char *const numbers[] = {"0.1", "0.3", "0.30000000000000004", "0.0625", "1e-05"};
    const lw_train_option *o;
    for (size_t i = 0; (o = lw_train_option_at(i)); i++) {
        for (size_t k = 0; k < sizeof numbers / sizeof numbers[0] && o->kind == LW_OPTION_REAL; k++)
            assert_sets_alone(o->key, numbers[k]);
        if (o->kind == LW_OPTION_WHOLE)
            assert_sets_alone(o->key, o->low > 0 ? "2020" : "7");
        if (o->kind == LW_OPTION_FLAG)
            assert_sets_alone(o->key, "true");
    }
    assert_sets_alone("seed", "18446744073709551615");
    assert_sets_alone("split-seed", "18446744073709551615");
    assert_sets_alone("schedule", "cosine");
    assert_sets_alone("keep", "best-metric");
    assert_sets_alone("keep", "last");
    assert_sets_alone("augment", "scale,cutout");
    assert_sets_alone("fallback", "none");
}

/* Names stand for the values that training compares with. */
static void names_are_the_values_of_the_library(void **state) {
    (void)state;
    lw_train_options o = lwt_train_options();
    lw_error err = {0};
    static const struct {
        const char *name;
        unsigned kind;
    } kinds[] = {{"shift", LW_AUGMENT_SHIFT},       {"scale", LW_AUGMENT_SCALE},
                 {"wander", LW_AUGMENT_WANDER},     {"noise", LW_AUGMENT_NOISE},
                 {"resample", LW_AUGMENT_RESAMPLE}, {"cutout", LW_AUGMENT_CUTOUT},
                 {"all", LW_AUGMENT_ALL},           {"none", 0}};
    for (size_t i = 0; i < sizeof kinds / sizeof kinds[0]; i++) {
        lwt_assert_ok(lw_train_options_set(&o, "augment", kinds[i].name, &err), &err);
        assert_int_equal(o.augment, kinds[i].kind);
    }
    lwt_assert_ok(lw_train_options_set(&o, "keep", "last", &err), &err);
    assert_int_equal(o.keep, LW_KEEP_LAST);
    lwt_assert_ok(lw_train_options_set(&o, "keep", "best-metric", &err), &err);
    assert_int_equal(o.keep, LW_KEEP_BEST_METRIC);
    lwt_assert_ok(lw_train_options_set(&o, "schedule", "cosine", &err), &err);
    assert_int_equal(o.schedule, LW_SCHEDULE_COSINE);
    assert_string_equal(lw_train_fallback(&o), LW_CODE_NSR);
    lwt_assert_ok(lw_train_options_set(&o, "fallback", "none", &err), &err);
    assert_null(lw_train_fallback(&o));
    assert_int_equal(lw_train_split_seed(&o), 11);
    lwt_assert_ok(lw_train_options_set(&o, "split-seed", "3", &err), &err);
    assert_int_equal(lw_train_split_seed(&o), 3);
}

/* Whoever writes the fields is checked as well. */
static void fields_are_checked_like_texts(void **state) {
    (void)state;
    lw_train_options good = lwt_train_options(), bad;
    lw_error err = {0};
    lwt_assert_ok(lw_train_options_check(&good, &err), &err);
#define CHECK(field, value, sentence)                                                                                  \
    (bad = good, bad.field = (value),                                                                                  \
     lwt_assert_fails(lw_train_options_check(&bad, &err), LW_ERR_ARGUMENT, &err, sentence))
    CHECK(epochs, 0, "epochs: '0' is not a whole number from 1 to 100000");
    CHECK(learning_rate, NAN, "learning-rate");
    CHECK(learning_rate, 0, "learning-rate: '0' is not a number above 0, at most 10");
    CHECK(mixup, 5, "mixup: '5' is not a number from 0 to 4");
    CHECK(average, INFINITY, "average");
    CHECK(schedule, (lw_schedule_kind)2, "schedule: '?' is not one of plateau,cosine");
    CHECK(keep, (lw_keep_epoch)1000000, "keep: '?'");
    CHECK(augment, LW_AUGMENT_ALL + 1, "augment: '?'");
    CHECK(augment, 1u << 31, "augment: '?'");
    CHECK(fallback[0], '\0', "fallback");
    CHECK(year, 2019, "year");
    CHECK(warmup_epochs, LWT_EPOCHS, "warmup: 4 epochs, expected fewer than the 4 of the training");
#undef CHECK
}

/* A caller that was built with fewer fields leaves the others at 0. */
static void a_run_is_read_as_far_as_its_size(void **state) {
    (void)state;
    lw_train_options o = lwt_train_options();
    const lw_cluster cluster = {.size = 1};
    lw_train_run run = {.size = sizeof run, .threads = 3, .resume = true, .memory_bytes = 5, .cluster = &cluster};
    lw_error err;
    lwt_assert_ok(lw_train_options_set_run(&o, &run, &err), &err);
    assert_int_equal(o.threads, 3);
    assert_true(o.resume);
    assert_int_equal(o.memory_bytes, 5);
    assert_ptr_equal(o.cluster, &cluster);
    run.size = offsetof(lw_train_run, memory_bytes);
    lwt_assert_ok(lw_train_options_set_run(&o, &run, &err), &err);
    assert_int_equal(o.threads, 3);
    assert_int_equal(o.memory_bytes, 0);
    assert_null(o.cluster);
    run.size = 0;
    lwt_assert_fails(lw_train_options_set_run(&o, &run, &err), LW_ERR_ARGUMENT, &err, "lw_train_run");
}

/** What `leadwise ARGUMENTS` prints. free() it. */
static char *printed(const char *arguments) {
    char command[600];
    size_t length = 0, capacity = 1 << 20;
    char *text = calloc(capacity, 1);
    snprintf(command, sizeof command, "%s %s", LWT_CLI, arguments);
    FILE *stream = popen(command, "r");
    assert_non_null(stream);
    length = fread(text, 1, capacity - 1, stream);
    assert_int_equal(pclose(stream), 0);
    assert_true(length > 0);
    return text;
}

/* Help, man page and completion name every option but those that only a program of one's own sets. */
static void the_program_names_every_option(void **state) {
    (void)state;
    static const char *const own[] = {"beta1", "beta2", "epsilon", "class-weight-epsilon"};
    char command[400], manual[64];
    snprintf(command, sizeof command, "help --man %s && cat %s/leadwise-train.1 | sed 's/\\\\-/-/g'",
             lwt_temp_path("man"), lwt_temp_path("man"));
    char *const texts[] = {printed("train --help"), printed(command), printed("completion bash"),
                           printed("completion zsh"), printed("completion fish")};
    const lw_train_option *o;
    for (size_t i = 0; (o = lw_train_option_at(i)); i++) {
        bool left_out = false;
        for (size_t k = 0; k < sizeof own / sizeof own[0]; k++)
            left_out |= strcmp(o->key, own[k]) == 0;
        for (size_t k = 0; k < sizeof texts / sizeof texts[0]; k++) {
            snprintf(manual, sizeof manual, k == 4 ? "-l %s" : "--%s", o->key);
            assert_int_equal(!strstr(texts[k], manual), left_out);
        }
    }
    for (size_t k = 0; k < sizeof texts / sizeof texts[0]; k++)
        free(texts[k]);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(rows_are_what_is_published),
        cmocka_unit_test(defaults_and_the_recipe_pass_the_check),
        cmocka_unit_test(what_is_outside_a_range_is_refused_with_the_range),
        cmocka_unit_test(names_are_refused_with_those_there_are),
        cmocka_unit_test(values_come_back_as_they_were_set),
        cmocka_unit_test(names_are_the_values_of_the_library),
        cmocka_unit_test(fields_are_checked_like_texts),
        cmocka_unit_test(a_run_is_read_as_far_as_its_size),
        cmocka_unit_test(the_program_names_every_option),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
