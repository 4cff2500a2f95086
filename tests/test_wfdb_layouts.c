/**
 * @file test_wfdb_layouts.c
 * Files of every WFDB layout, written by tests/data/renew.py from integers that stand in layouts.json.
 */
#include "record_support.h"

#include <jansson.h>

/** Sample t of lead s in millivolts, as it was written; NaN where it is missing. */
static double written_mv(const json_t *lead, size_t t) {
    const json_t *sample = json_array_get(json_object_get(lead, "samples"), t);
    if (json_is_null(sample))
        return NAN;
    const double baseline = json_number_value(json_object_get(lead, "baseline"));
    return (json_number_value(sample) - baseline) / json_number_value(json_object_get(lead, "gain"));
}

static void check_layout(const json_t *layout) {
    const char *name = json_string_value(json_object_get(layout, "record"));
    char relative[128];
    snprintf(relative, sizeof relative, "tests/data/wfdb/%s.hea", name);
    lw_record *record = NULL;
    lw_error err = {0};
    lwt_assert_ok(lw_record_read(lwt_source_path(relative), NULL, &record, &err), &err);
    const json_t *leads = json_object_get(layout, "leads");
    assert_int_equal(lw_record_lead_count(record), json_array_size(leads));
    if (lw_record_warning_count(record) > 0)
        fail_msg("%s: warning: %s", name, lw_record_warning(record, 0));
    assert_true(lw_record_rate_hz(record) == json_number_value(json_object_get(layout, "rate_hz")));
    for (size_t s = 0; s < json_array_size(leads); s++) {
        const json_t *lead = json_array_get(leads, s);
        assert_string_equal(lw_record_lead(record, s)->name, json_string_value(json_object_get(lead, "name")));
        assert_true(lw_record_lead(record, s)->checksum != LW_CHECKSUM_WRONG);
        assert_int_equal(lw_record_sample_count(record), json_array_size(json_object_get(lead, "samples")));
        for (size_t t = 0; t < lw_record_sample_count(record); t++) {
            const double got = lwt_sample_mv(record, s, t), expected = written_mv(lead, t);
            if (!(fabs(got - expected) <= 1e-12 * fabs(expected) || (isnan(got) && isnan(expected))))
                fail_msg("%s: lead %zu sample %zu is %.17g, expected %.17g", name, s, t, got, expected);
        }
    }
    lw_record_free(&record);
}

static void every_layout_gives_the_integers_that_were_written(void **state) {
    (void)state;
    json_t *layouts = json_load_file(lwt_source_path("tests/data/wfdb/layouts.json"), 0, NULL);
    assert_int_equal(json_array_size(layouts), 19);
    for (size_t i = 0; i < json_array_size(layouts); i++) {
        const json_t *layout = json_array_get(layouts, i);
        bool compressed = !strncmp(json_string_value(json_object_get(layout, "record")), "format5", 7);
#ifdef LEADWISE_HAVE_FLAC
        compressed = false;
#endif
        if (!compressed)
            check_layout(layout);
    }
    json_decref(layouts);
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(every_layout_gives_the_integers_that_were_written)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
