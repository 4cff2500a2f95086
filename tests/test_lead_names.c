/** @file test_lead_names.c: what callers call leads, names that are not understood, and limb leads out of any two. */
#include "record_support.h"

#include "signal/prepare_internal.h"

#define TWO_LEADS "x 2 500 4\nx.dat 16 1000/mV 16 0 1 16 0 %s\nx.dat 16 1000/mV 16 0 -2 -20 0 %s\n"

/** Four frames of two signals with these names. */
static lw_status read_two(const char *first, const char *second, const char *lead_names, lw_record **out,
                          lw_error *err) {
    char text[256];
    const lw_record_options options = {.size = sizeof options, .lead_names = lead_names};
    snprintf(text, sizeof text, TWO_LEADS, first, second);
    return lwt_parse("x.hea", text, lwt_two_signals, sizeof lwt_two_signals, &options, out, err);
}

static void the_caller_names_leads_by_name_or_by_number(void **state) {
    (void)state;
    static const struct {
        const char *given[2], *lead_names, *names[2];
    } cases[] = {
        {{"ECG1", "ECG2"}, "ECG1=II,ecg2=v5", {"II", "V5"}},
        {{"ECG1", "ECG2"}, "2=II", {"ECG1", "II"}},
        {{"", "ECG"}, "1=Lead I,2=aVR", {"I", "aVR"}},
        {{"I", "II"}, "I=II,II=I", {"II", "I"}},
        {{"D1", "MLII"}, "D1=V1", {"V1", "II"}},
        {{"2", "1"}, "1=V1,2=V2", {"V2", "V1"}},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        lw_record *r;
        lw_error err;
        lwt_assert_ok(read_two(cases[i].given[0], cases[i].given[1], cases[i].lead_names, &r, &err), &err);
        for (size_t s = 0; s < 2; s++)
            assert_string_equal(lw_record_lead(r, s)->name, cases[i].names[s]);
        assert_true(lwt_sample_mv(r, 0, 1) == 0.003 && lwt_sample_mv(r, 1, 1) == -0.004);
        lw_record_free(&r);
    }
}

static void a_name_that_a_recording_does_not_have_is_refused(void **state) {
    (void)state;
    static const struct {
        const char *lead_names;
        lw_status status;
        const char *part;
    } cases[] = {
        {"ECG3=II", LW_ERR_LEAD_NAME, "x: no lead is called 'ECG3', the recording has ECG1, ECG2"},
        {"3=II", LW_ERR_LEAD_NAME, "no lead is called '3'"},
        {"0=II", LW_ERR_LEAD_NAME, "no lead is called '0'"},
        {"ECG1=II,ECG2=II", LW_ERR_LEAD_NAME, "x: leads 1 and 2 would both be called II"},
        {"ECG1=Q", LW_ERR_ARGUMENT, "'ECG1=Q', expected NAME=LEAD"},
        {"ECG1", LW_ERR_ARGUMENT, "'ECG1', expected NAME=LEAD"},
        {"ECG1=I,", LW_ERR_ARGUMENT, "''"},
        {"=I", LW_ERR_ARGUMENT, "'=I'"},
        {"", LW_ERR_ARGUMENT, "''"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        lw_record *r;
        lw_error err;
        lwt_assert_fails(read_two("ECG1", "ECG2", cases[i].lead_names, &r, &err), cases[i].status, &err, cases[i].part);
    }
}

static void voltages_that_are_no_leads_are_named_in_one_warning(void **state) {
    (void)state;
    lw_record *r;
    lw_error err;
    lwt_assert_ok(read_two("ECG I filtered", "ECG I", NULL, &r, &err), &err);
    assert_int_equal(lw_record_warning_count(r), 1);
    assert_true(lwt_warned(r, "x: names that are not understood as leads: ECG I filtered"));
    lw_record_free(&r);
    r = lwt_record("x.hea", "x 2 500 4\nx.dat 16 1000/mmHg 16 0 1 16 0 ABP\nx.dat 16 1000/mV 16 0 -2 -20 0 V1\n",
                   lwt_two_signals, sizeof lwt_two_signals);
    assert_int_equal(lw_record_warning_count(r), 0);
    lw_record_free(&r);
}

static void c3_beside_electrodes_on_the_head_is_no_chest_lead(void **state) {
    (void)state;
    lw_record *r;
    lw_error err;
    lwt_assert_ok(read_two("C3", "O2", NULL, &r, &err), &err);
    assert_string_equal(lw_record_lead(r, 0)->name, "C3");
    assert_true(lwt_warned(r, "not understood as leads: C3, O2"));
    lw_record_free(&r);
    lwt_assert_ok(read_two("C3", "L2", NULL, &r, &err), &err);
    assert_string_equal(lw_record_lead(r, 0)->name, "V3");
    assert_int_equal(lw_record_warning_count(r), 0);
    lw_record_free(&r);
}

static void a_recording_whose_names_say_nothing_is_refused_with_their_list(void **state) {
    (void)state;
    lw_lead_set leads;
    lw_error err;
    for (int missing = 0; missing < 2; missing++) {
        lw_preparer *preparer = NULL;
        lw_record *r;
        const lw_preprocessing how = lw_preprocessing_default();
        lwt_assert_ok(lw_lead_set_parse("12", &leads, &err), &err);
        lwt_assert_ok(lw_preparer_create(&leads, &how, missing, &preparer, &err), &err);
        lwt_assert_ok(read_two("ECG1", "ECG2", NULL, &r, &err), &err);
        lwt_assert_fails(lw_preparer_check_leads(preparer, r, &err), LW_ERR_LEAD_NAME, &err,
                         "the recording has ECG1, ECG2");
        lw_record_free(&r);
        lwt_assert_ok(read_two("X", "Y", NULL, &r, &err), &err);
        lwt_assert_fails(lw_preparer_check_leads(preparer, r, &err), LW_ERR_LEAD, &err, "the recording has X, Y");
        lw_record_free(&r);
        lw_preparer_free(&preparer);
    }
}

/* Potentials of right arm, left arm and left leg, and what the six leads are of them by definition. */
static void any_two_limb_leads_give_all_six(void **state) {
    (void)state;
    static const char *const names[6] = {"I", "II", "III", "aVR", "aVL", "aVF"};
    const double r = 0.31, l = -0.42, f = 1.77;
    const double mv[6] = {l - r, f - r, f - l, r - (l + f) / 2, l - (r + f) / 2, f - (r + l) / 2};
    size_t pairs = 0;
    for (size_t a = 0; a < 6; a++)
        for (size_t b = 0; b < 6; b++) {
            if (a == b)
                continue;
            char text[128];
            snprintf(text, sizeof text, "# fs: 500\nV1,%s,%s\n9,%.17g,%.17g\n", names[a], names[b], mv[a], mv[b]);
            lw_record *record = lwt_record("x.csv", text, NULL, 0);
            pairs++;
            for (size_t x = 0; x < 6; x++) {
                double got = NAN;
                const lw_lead_source source = lw_lead_find_source(record, names[x]);
                assert_int_equal(source.count, x == a || x == b ? 1 : 2);
                assert_int_equal(lw_lead_source_copy(record, &source, 0, 1, &got), 1);
                lwt_assert_close(got, mv[x], 0, 1e-12);
            }
            assert_int_equal(lw_lead_find_source(record, "V2").count, 0);
            lw_record_free(&record);
        }
    assert_int_equal(pairs, 30);
}

static void i_and_ii_come_before_other_pairs(void **state) {
    (void)state;
    lw_record *record = lwt_record("x.csv", "# fs: 500\naVR,III,I,II\n100,50,1,2\n", NULL, 0);
    double got = NAN;
    const lw_lead_source source = lw_lead_find_source(record, "aVF");
    assert_int_equal(lw_lead_source_copy(record, &source, 0, 1, &got), 1);
    assert_true(got == 1.5);
    lw_record_free(&record);
    record = lwt_record("x.csv", "# fs: 500\nI,V1\n1,2\n", NULL, 0);
    assert_int_equal(lw_lead_find_source(record, "II").count, 0);
    lw_record_free(&record);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_caller_names_leads_by_name_or_by_number),
        cmocka_unit_test(a_name_that_a_recording_does_not_have_is_refused),
        cmocka_unit_test(voltages_that_are_no_leads_are_named_in_one_warning),
        cmocka_unit_test(c3_beside_electrodes_on_the_head_is_no_chest_lead),
        cmocka_unit_test(a_recording_whose_names_say_nothing_is_refused_with_their_list),
        cmocka_unit_test(any_two_limb_leads_give_all_six),
        cmocka_unit_test(i_and_ii_come_before_other_pairs),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
