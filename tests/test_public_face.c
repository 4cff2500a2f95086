/** @file test_public_face.c: rules that hold for every public call and type. */
#include "support.h"

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "leadwise/report.h"
#include "leadwise/signal.h"
#include "leadwise/train.h"

typedef struct old_options {
    size_t size;
    int first;
} old_options;

typedef struct new_options {
    size_t size;
    int first;
    double second;
} new_options;

static void no_options_are_the_defaults(void **state) {
    (void)state;
    new_options own = {.first = 1, .second = 2};
    lw_error err;
    lwt_assert_ok(lw_options_take(&own, sizeof own, NULL, "new_options", &err), &err);
    assert_int_equal(own.size, sizeof own);
    assert_int_equal(own.first, 0);
    assert_true(own.second == 0.0);
}

static void members_behind_an_older_struct_are_zero(void **state) {
    (void)state;
    new_options own = {.second = 2};
    const struct {
        old_options options;
        double behind;
    } caller = {{.size = sizeof(old_options), .first = 7}, 3.0};
    lw_error err;
    lwt_assert_ok(lw_options_take(&own, sizeof own, &caller, "new_options", &err), &err);
    assert_int_equal(own.size, sizeof own);
    assert_int_equal(own.first, 7);
    assert_true(own.second == 0.0);
}

static void a_size_that_is_not_set_or_too_large_is_refused(void **state) {
    (void)state;
    const size_t sizes[] = {0, 1, sizeof(size_t) - 1, sizeof(new_options) + 1, SIZE_MAX};
    for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
        new_options own = {.first = 1};
        const new_options given = {.size = sizes[i]};
        lw_error err;
        lwt_assert_fails(lw_options_take(&own, sizeof own, &given, "new_options", &err), LW_ERR_ARGUMENT, &err,
                         "new_options: size");
        assert_int_equal(own.first, 1);
    }
}

/* Each public call with such options checks their size before anything else. */
static void public_calls_check_the_size(void **state) {
    (void)state;
    const lw_record_file file = {"x.csv", "I\n1\n2\n", 6};
    const char *const here = lwt_temp_dir();
    lw_record *record = NULL;
    lw_record_list *list = NULL;
    lw_record_stream *stream = NULL;
    lw_error err;
    lwt_assert_fails(lw_record_parse(&file, 1, &(lw_record_options){.rate_hz = 500}, &record, &err), LW_ERR_ARGUMENT,
                     &err, "lw_record_options: size 0");
    lwt_assert_fails(lw_record_read("x.csv", &(lw_record_options){0}, &record, &err), LW_ERR_ARGUMENT, &err, "size 0");
    lwt_assert_fails(lw_record_read_header("x.csv", &(lw_record_options){0}, &record, &err), LW_ERR_ARGUMENT, &err,
                     "size 0");
    lwt_assert_fails(lw_record_stream_open("x.csv", &(lw_record_options){0}, &stream, &err), LW_ERR_ARGUMENT, &err,
                     "size 0");
    lwt_assert_fails(lw_synth_record(&(lw_synth_options){0}, 0, &record, &err), LW_ERR_ARGUMENT, &err,
                     "lw_synth_options: size 0");
    lwt_assert_fails(lw_record_list_scan(&here, 1, &(lw_record_list_options){0}, &list, &err), LW_ERR_ARGUMENT, &err,
                     "lw_record_list_options: size 0");
    lw_network *network = NULL;
    lw_model *model = NULL;
    lw_calibration calibration;
    lwt_assert_fails(lw_network_load("metaheart2020", &(lw_network_options){.width = 16}, &network, &err),
                     LW_ERR_ARGUMENT, &err, "lw_network_options: size 0");
    lwt_assert_ok(lw_model_load_builtin(NULL, &model, &err), &err);
    lwt_assert_fails(lw_calibrate(model, NULL, &(lw_calibrate_options){.year = 2021}, &calibration, &err),
                     LW_ERR_ARGUMENT, &err, "lw_calibrate_options: size 0");
    lw_model_free(&model);
    lwt_assert_ok(lw_synth_record(NULL, 0, &record, &err), &err);
    char *svg = NULL;
    lwt_assert_fails(lw_paper_svg(record, &(lw_paper_options){.start_s = 1}, &svg, &err), LW_ERR_ARGUMENT, &err,
                     "lw_paper_options: size 0");
    lwt_assert_ok(lw_record_write_challenge(record, here, "S00000", &err), &err);
    lwt_assert_ok(lw_record_list_scan(&here, 1, NULL, &list, &err), &err);
    const char *const path = lwt_temp_path("prepared.safetensors");
    lwt_assert_fails(lw_prepare(list, &(lw_prepare_options){0}, NULL, path, NULL, &err), LW_ERR_ARGUMENT, &err,
                     "lw_prepare_options: size 0");
    lw_record_list_free(&list);
    lw_record_free(&record);
}

/* NULL prepares the standard twelve leads as the papers do, with the classes of 2021. */
static void preparing_without_options_has_the_defaults(void **state) {
    (void)state;
    const char *const here = lwt_temp_dir(), *const path = lwt_temp_path("prepared.safetensors");
    const lw_preprocessing expected = lw_preprocessing_default();
    lw_record *record = NULL;
    lw_record_list *list = NULL;
    lw_dataset *dataset = NULL;
    lw_error err;
    lwt_assert_ok(lw_synth_record(NULL, 0, &record, &err), &err);
    lwt_assert_ok(lw_record_write_challenge(record, here, "S00000", &err), &err);
    lwt_assert_ok(lw_record_list_scan(&here, 1, NULL, &list, &err), &err);
    lwt_assert_ok(lw_prepare(list, NULL, NULL, path, NULL, &err), &err);
    lwt_assert_ok(lw_dataset_open(path, &dataset, &err), &err);
    assert_int_equal(lw_dataset_leads(dataset)->count, 12);
    assert_string_equal(lw_dataset_leads(dataset)->name[11], "V6");
    assert_true(lw_preprocessing_equal(lw_dataset_preprocessing(dataset), &expected));
    assert_int_equal(lw_class_count(lw_dataset_classes(dataset)), 30);
    lw_dataset_free(&dataset);
    lw_record_list_free(&list);
    lw_record_free(&record);
}

/* Every call of the public headers whose name ends in _free stands in the test below. */
static void every_free_is_tried(void **state) {
    (void)state;
    size_t length, found = 0;
    DIR *headers = opendir(lwt_source_path("include/leadwise"));
    assert_non_null(headers);
    char *own = lwt_read_file(lwt_source_path("tests/test_public_face.c"), &length);
    for (const struct dirent *entry; (entry = readdir(headers));) {
        char name[320], type[64], tried[96], plain[96];
        if (*entry->d_name == '.')
            continue;
        snprintf(name, sizeof name, "include/leadwise/%s", entry->d_name);
        char *text = lwt_read_file(lwt_source_path(name), &length);
        for (const char *at = text; (at = strstr(at, "\nvoid lw_")); at++) {
            const size_t end = strcspn(at + 6, "(");
            if (end < 5 || strncmp(at + 6 + end - 5, "_free", 5) != 0)
                continue;
            snprintf(type, sizeof type, "%.*s", (int)(end - 5), at + 6);
            snprintf(tried, sizeof tried, "FREE_NOTHING(%s);", type);
            snprintf(plain, sizeof plain, "%s_free(NULL);", type);
            assert_true(strstr(own, tried) || strstr(own, plain));
            found++;
        }
        free(text);
    }
    closedir(headers);
    free(own);
    assert_in_range(found, 16, 100);
}

/* Clean-up code calls these in any state: without a handle's address, and with one that was never filled. */
static void freeing_nothing_is_fine(void **state) {
    (void)state;
#define FREE_NOTHING(type)                                                                                             \
    do {                                                                                                               \
        type *handle = NULL;                                                                                           \
        type##_free(NULL);                                                                                             \
        type##_free(&handle);                                                                                          \
        assert_null(handle);                                                                                           \
    } while (0)
    FREE_NOTHING(lw_class_list);
    FREE_NOTHING(lw_dataset);
    FREE_NOTHING(lw_model);
    FREE_NOTHING(lw_network);
    FREE_NOTHING(lw_preparer);
    FREE_NOTHING(lw_quality_meter);
    FREE_NOTHING(lw_record);
    FREE_NOTHING(lw_record_list);
    FREE_NOTHING(lw_record_stream);
    FREE_NOTHING(lw_session);
    FREE_NOTHING(lw_predictor);
    FREE_NOTHING(lw_stream);
    FREE_NOTHING(lw_train_options);
    char *string = NULL;
    lw_string_free(NULL);
    lw_string_free(&string);
    lw_evaluation_free(NULL);
    lw_scores_free(NULL);
    lw_prepare_summary_free(NULL);
    lw_evaluation_free(&(lw_evaluation){.replicate_count = 0});
    lw_scores_free(&(lw_scores){.year = 0});
    lw_prepare_summary_free(&(lw_prepare_summary){.json = NULL});
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(no_options_are_the_defaults),
        cmocka_unit_test(members_behind_an_older_struct_are_zero),
        cmocka_unit_test(a_size_that_is_not_set_or_too_large_is_refused),
        cmocka_unit_test(public_calls_check_the_size),
        cmocka_unit_test(preparing_without_options_has_the_defaults),
        cmocka_unit_test(every_free_is_tried),
        cmocka_unit_test(freeing_nothing_is_fine),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
