/* Tests of which labels count in the loss, by source. */
#include "dataset_support.h"

#include "train/loss.h"

enum { RECORDS = 12 };

/* Source 0 has both classes, source 1 only the first. */
static lw_dataset *two_sources(void) {
    lwt_data data = lwt_data_create(RECORDS, 1);
    data.sources = calloc(RECORDS, sizeof *data.sources);
    assert_non_null(data.sources);
    for (size_t i = 0; i < RECORDS; i++)
        data.sources[i] = i % 4 == 0;
    lw_dataset *dataset = lwt_data_open(&data, NULL, "two-sources");
    lwt_data_free(&data);
    return dataset;
}

static void a_class_that_a_source_never_carries_is_unknown_there(void **state) {
    (void)state;
    lw_error err = {0};
    lw_dataset *dataset = two_sources();
    lw_label_mask *mask = NULL;
    static const size_t index[] = {0, 1, 2, 3, 8};
    static const uint64_t records[] = {1, 4, 2, 8};
    static const uint8_t expected[] = {1, 1, 1, 0, 1, 1, 1, 0};
    uint8_t known[8];
    lwt_assert_ok(lw_label_mask_create(dataset, index, 5, &mask, &err), &err);
    assert_non_null(mask);
    lw_label_mask_fill(mask, records, 4, known);
    assert_memory_equal(known, expected, sizeof known);
    lw_label_mask_free(&mask);
    assert_null(mask);
    lw_dataset_free(&dataset);
}

static void one_source_has_no_mask(void **state) {
    (void)state;
    lw_error err = {0};
    lw_dataset *dataset = two_sources();
    lw_label_mask *mask = NULL;
    static const size_t index[] = {1, 2, 3};
    lwt_assert_ok(lw_label_mask_create(dataset, index, 3, &mask, &err), &err);
    assert_null(mask);
    lw_dataset_free(&dataset);
}

/* Nothing is known of a source that was not trained on, so each of its labels counts. */
static void every_class_counts_where_a_source_was_not_trained_on(void **state) {
    (void)state;
    lw_error err = {0};
    lwt_data data = lwt_data_create(RECORDS, 1);
    data.sources = calloc(RECORDS, sizeof *data.sources);
    assert_non_null(data.sources);
    for (size_t i = 0; i < RECORDS; i++)
        data.sources[i] = (uint16_t)(i / 4);
    lw_dataset *dataset = lwt_data_open(&data, NULL, "three-sources");
    lwt_data_free(&data);
    lw_label_mask *mask = NULL;
    static const size_t index[] = {0, 2, 5, 7}; /* class 0 alone of source 0, class 1 alone of source 1 */
    static const uint64_t records[] = {1, 4, 8, 11};
    static const uint8_t expected[] = {1, 0, 0, 1, 1, 1, 1, 1};
    uint8_t known[8];
    lwt_assert_ok(lw_label_mask_create(dataset, index, 4, &mask, &err), &err);
    lw_label_mask_fill(mask, records, 4, known);
    assert_memory_equal(known, expected, sizeof known);
    lw_label_mask_free(&mask);
    lw_dataset_free(&dataset);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_class_that_a_source_never_carries_is_unknown_there),
        cmocka_unit_test(every_class_counts_where_a_source_was_not_trained_on),
        cmocka_unit_test(one_source_has_no_mask),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
