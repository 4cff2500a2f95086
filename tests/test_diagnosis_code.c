/* Tests of what is a SNOMED CT code: every code of the Challenges is one, and what spreadsheets make of it is none. */
#include "support.h"

#include <stdio.h>
#include <string.h>

#include "labels/labels.h"
#include "leadwise/leadwise.h"
#include "record/diagnosis_code.h"

static lw_span span(const char *word) { return (lw_span){word, strlen(word)}; }

static void a_code_is_an_integer_without_leading_zeros(void **state) {
    (void)state;
    static const struct {
        const char *word;
        lw_code_form form;
    } cases[] = {
        {"426783006", LW_CODE_WHOLE},
        {"0", LW_CODE_WHOLE},
        {"67741000119109", LW_CODE_WHOLE},
        {"123456789012345678", LW_CODE_WHOLE},
        {"426783006.0", LW_CODE_NUMBER},
        {"4.26783E+08", LW_CODE_NUMBER},
        {"0426783006", LW_CODE_NUMBER},
        {"1234567890123456789", LW_CODE_NUMBER},
        {"-426783006", LW_CODE_NUMBER},
        {"1e9", LW_CODE_NUMBER},
        {"AF", LW_CODE_TEXT},
        {"SNOMED:426783006", LW_CODE_TEXT},
        {"426 783 006", LW_CODE_TEXT},
        {"426783006x", LW_CODE_TEXT},
        {"", LW_CODE_UNKNOWN},
        {"NaN", LW_CODE_UNKNOWN},
        {"Unknown", LW_CODE_UNKNOWN},
        {"none", LW_CODE_UNKNOWN},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        assert_int_equal(lw_code_form_of(span(cases[i].word)), cases[i].form);
}

static void every_code_of_a_challenge_has_its_check_digit(void **state) {
    (void)state;
    for (int year = 2020; year <= 2021; year++) {
        const lw_scored_year *scored = lw_scored_year_find(year);
        assert_non_null(scored);
        for (size_t i = 0; i < scored->code_count; i++)
            assert_true(lw_code_checks(span(scored->codes[i])));
    }
}

/* A check digit by Verhoeff finds every single wrong digit and every exchange of two neighbours. */
static void one_wrong_digit_or_exchange_is_found(void **state) {
    (void)state;
    const char *codes[] = {"426783006", "67741000119109", "368009"};
    for (size_t c = 0; c < 3; c++) {
        char word[24];
        const size_t length = strlen(codes[c]);
        for (size_t i = 0; i < length; i++)
            for (char digit = '0'; digit <= '9'; digit++) {
                snprintf(word, sizeof word, "%s", codes[c]);
                word[i] = digit;
                assert_int_equal(lw_code_checks(span(word)), digit == codes[c][i]);
            }
        for (size_t i = 1; i < length; i++) {
            snprintf(word, sizeof word, "%s", codes[c]);
            word[i] = codes[c][i - 1];
            word[i - 1] = codes[c][i];
            assert_int_equal(lw_code_checks(span(word)), codes[c][i] == codes[c][i - 1]);
        }
    }
}

static void what_a_spreadsheet_rounds_or_splits_is_found(void **state) {
    (void)state;
    static const char *const words[] = {"426783000", "164889000", "426", "783", "59118000"};
    for (size_t i = 0; i < sizeof words / sizeof *words; i++)
        assert_false(lw_code_checks(span(words[i])));
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_code_is_an_integer_without_leading_zeros),
        cmocka_unit_test(every_code_of_a_challenge_has_its_check_digit),
        cmocka_unit_test(one_wrong_digit_or_exchange_is_found),
        cmocka_unit_test(what_a_spreadsheet_rounds_or_splits_is_found),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
