/* These tests check names of leads, units, and records built in memory. */
#include "record_support.h"

#include "record/record_internal.h"

static lw_span span(const char *text) { return (lw_span){text, strlen(text)}; }

static void lead_names_of_every_maker_are_known(void **state) {
    (void)state;
    static const char *const cases[][2] = {
        {"I", "I"},
        {"i", "I"},
        {"ii", "II"},
        {"Lead II", "II"},
        {"lead_iii", "III"},
        {"MLII", "II"},
        {"mlI", "I"},
        {"MLIII", "III"},
        {"AVR", "aVR"},
        {"avl", "aVL"},
        {"ECG aVF", "aVF"},
        {"ECG lead v3", "V3"},
        {"EKG-V6", "V6"},
        {" V1 ", "V1"},
        {"v4r", "V4R"},
        {"vx", "X"},
        {"V", NULL},
        {"V10", NULL},
        {"MCL1", NULL},
        {"", NULL},
        {"lead", NULL},
        {"LeadII", "II"},
        {"ABP", NULL},
        {"-aVR", NULL},
        {"ECG", NULL},
        {"ECG ", NULL},
        {"DI", "I"},
        {"dii", "II"},
        {"D3", "III"},
        {"L1", "I"},
        {"l2", "II"},
        {"C1", "V1"},
        {"c6", "V6"},
        {"C7", NULL},
        {"EKG I", "I"},
        {"ECG  II", "II"},
        {"I (mV)", "I"},
        {"V2 [uV]", "V2"},
        {"I (filtered)", NULL},
        {"I-Ref", "I"},
        {"II-REF", "II"},
        {"MDC_ECG_LEAD_I", "I"},
        {"MDC_ECG_LEAD_AVR", "aVR"},
        {"MDC_ECG_LEAD_V4R", "V4R"},
        {"MDC_ECG_ELEC_POTL_V1", "V1"},
        {"MDC_ECG_HEART_RATE", NULL},
        {"LEAD_I", "I"},
        {"'V5'", "V5"},
        {"\"Lead I\"", "I"},
        {"lead1", NULL},
        {"Lead 1", NULL},
        {"1", NULL},
        {"12", NULL},
        {"ECG1", NULL},
        {"ECG I filtered", NULL},
        {"leadaVF", "aVF"},
        {"\xE2\x85\xA1", "II"},
        {"Ableitung II", "II"},
        {"(mV)", NULL},
        {"Leader", NULL},
        {"LeadX", NULL},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        const char *got = lw_lead_canonical(span(cases[i][0]));
        if (cases[i][1]) {
            assert_non_null(got);
            assert_string_equal(got, cases[i][1]);
        } else {
            assert_null(got);
        }
    }
}

static void units_become_millivolts(void **state) {
    (void)state;
    static const struct {
        const char *unit;
        double mv;
    } cases[] = {{"mV", 1},
                 {"MV", 1},
                 {"mv", 1},
                 {"uV", 1e-3},
                 {"\xC2\xB5V", 1e-3},
                 {"\xCE\xBCv", 1e-3},
                 {"\xB5V", 1e-3},
                 {"V", 1e3},
                 {"v", 1e3},
                 {"mmHg", 0},
                 {"NU", 0},
                 {"", 0},
                 {"mVolt", 1},
                 {"microV", 1e-3},
                 {"millivolts", 1},
                 {"Microvolts", 1e-3},
                 {"nV", 1e-6},
                 {"nanovolt", 1e-6},
                 {"volts", 1e3},
                 {"Volt", 1e3},
                 {"\xC2\xB5Volt", 1e-3},
                 {"milli", 0},
                 {"m", 0},
                 {"adu", 0},
                 {"Vm", 0},
                 {"kV", 0}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        assert_true(lw_unit_mv(span(cases[i].unit)) == cases[i].mv);
}

static void a_record_is_built_from_samples(void **state) {
    (void)state;
    lw_record *r = lw_record_new("made", 3, 5, 400.0);
    assert_non_null(r);
    assert_true(lw_record_set_lead(r, 0, "lead ii", NULL, 1.0, 0.0));
    assert_true(lw_record_set_lead(r, 1, "II", "uV", 2.0, 3.0));
    assert_true(lw_record_set_lead(r, 1, "MLII", "mmHg", 2.0, 3.0)); /* a lead may be described anew */
    assert_string_equal(lw_record_lead(r, 1)->unit, "mmHg");
    assert_false(lw_record_lead(r, 1)->voltage);
    for (size_t t = 0; t < 5; t++) {
        lw_record_signal_mutable(r, 0)[t] = t == 2 ? NAN : (double)t;
        lw_record_signal_mutable(r, 1)[t] = NAN;
        lw_record_signal_mutable(r, 2)[t] = 7.0 + 1e-7 * (double)t;
    }
    assert_true(lw_record_add_code(r, "1") && lw_record_add_code(r, "2") && lw_record_add_code(r, "1"));
    lw_record_set_age(r, 30);
    lw_record_set_sex(r, LW_SEX_MALE);
    lw_record_warn(r, "a %s", "b\x1B[31m\n");
    lw_record_check_names(r);
    lw_record_measure(r);
    assert_string_equal(lw_record_format(r), "synthetic");
    assert_int_equal(lw_record_code_count(r), 2);
    assert_int_equal(lw_record_lead(r, 0)->missing_count, 1);
    assert_int_equal(lw_record_lead(r, 1)->missing_count, 5);
    assert_false(lw_record_lead(r, 0)->flat || lw_record_lead(r, 1)->flat);
    assert_true(lw_record_lead(r, 2)->flat);
    assert_string_equal(lw_record_warning(r, 0), "a b?[31m?");
    assert_true(lwt_warned(r, "lead 2 is called II like lead 1"));
    assert_int_equal(lw_record_find_lead(r, "ML"
                                            "II"),
                     0); /* the first of two wins */
    assert_int_equal(lw_record_find_lead(r, "V1"), -1);
    assert_null(lw_record_lead(r, 3));
    double copied[6] = {-1, -1, -1, -1, -1, -1};
    assert_int_equal(lw_record_copy_mv(r, 3, 0, 1, copied), 0);
    assert_int_equal(lw_record_copy_mv(r, 0, 5, 1, copied), 0);
    assert_true(copied[0] == -1);
    assert_int_equal(lw_record_copy_mv(r, 0, 3, 6, copied), 2); /* as far as the recording goes */
    assert_true(copied[0] == 3 && copied[1] == 4 && copied[2] == -1);
    assert_null(lw_record_code(r, 2));
    assert_null(lw_record_warning(r, 2));
    lw_record_free(&r);
    lw_record_free(&r);
    lw_record_free(NULL);
    assert_null(lw_record_new("huge", 64, SIZE_MAX / 64, 500.0));
}

/* Odd counts leave a tail behind the unrolled loop. */
static void flat_and_missing_are_found_at_any_length(void **state) {
    (void)state;
    for (size_t samples = 1; samples < 12; samples++)
        for (size_t spike = 0; spike < samples; spike++) {
            lw_record *r = lw_record_new("x", 1, samples, 500.0);
            assert_non_null(r);
            lw_record_signal_mutable(r, 0)[spike] = 1e-5;
            lw_record_measure(r);
            assert_int_equal(lw_record_lead(r, 0)->flat, samples == 1);
            lw_record_signal_mutable(r, 0)[spike] = NAN;
            lw_record_measure(r);
            assert_int_equal(lw_record_lead(r, 0)->missing_count, 1);
            assert_int_equal(lw_record_lead(r, 0)->flat, samples > 1);
            lw_record_free(&r);
        }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(lead_names_of_every_maker_are_known),
        cmocka_unit_test(units_become_millivolts),
        cmocka_unit_test(a_record_is_built_from_samples),
        cmocka_unit_test(flat_and_missing_are_found_at_any_length),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
