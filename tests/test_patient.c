/** @file test_patient.c: age and sex in the forms that databases write them, and whose text no output repeats. */
#include "record_support.h"

static lw_record *with_comment(const char *comment) {
    char header[1024];
    snprintf(header, sizeof header, "x 2 500 4\nx.dat 16\nx.dat 16\n#%s\n", comment);
    return lwt_record("x.hea", header, lwt_two_signals, sizeof lwt_two_signals);
}

typedef struct person {
    const char *comment;
    double age;
    lw_sex sex;
} person;

static void check(const person *people, size_t count, size_t warnings) {
    for (size_t i = 0; i < count; i++) {
        lw_record *r = with_comment(people[i].comment);
        const double age = lw_record_age_years(r);
        if (!(fabs(age - people[i].age) < 1e-9 || (isnan(age) && isnan(people[i].age))) ||
            lw_record_sex(r) != people[i].sex || lwt_warning_count(r) != warnings)
            fail_msg("\"%s\" gives age %g, sex %d and %zu warnings", people[i].comment, age, (int)lw_record_sex(r),
                     lwt_warning_count(r));
        lw_record_free(&r);
    }
}

static void ages_are_read_in_every_form(void **state) {
    (void)state;
    static const person people[] = {
        {"Age: 60", 60, 0},
        {"Age: 60.5", 60.5, 0},
        {"age=60", 60, 0},
        {"Age (years): 60", 60, 0},
        {"Patient age: 60", 60, 0},
        {"<age>: 60", 60, 0},
        {"<Age>:60", 60, 0},
        {"Age: 045Y", 45, 0},
        {"Age: 006M", 0.5, 0},
        {"Age: 003W", 21 / 365.25, 0},
        {"Age: 010D", 10 / 365.25, 0},
        {"Age: 18 months", 1.5, 0},
        {"Age: 6 mo", 0.5, 0},
        {"Age: 10 days", 10 / 365.25, 0},
        {"Age: 60 years", 60, 0},
        {"Age: 60y", 60, 0},
        {"Age: 60 yo", 60, 0},
        {"Age: 60-year-old", 60, 0},
        {"Age: 60 years old", 60, 0},
        {"Age: > 89", 90, 0},
        {"Age: >89", 90, 0},
        {"Age: >= 89", 89, 0},
        {"Age: 89+", 89, 0},
        {"Age: 90+ years", 90, 0},
        {"Age: 0", 0, 0},
        {"Age: 150", 150, 0},
        {"Age: 60.", 60, 0},
    };
    check(people, sizeof people / sizeof *people, 0);
}

static void several_keys_stand_in_one_comment(void **state) {
    (void)state;
    static const person people[] = {
        {"<age>: 60 <sex>: F", 60, LW_SEX_FEMALE},
        {" <age>: 25  <sex>: M  <diagnoses>: (none)  <medications>: (none)", 25, LW_SEX_MALE},
        {"<age>: 60 <sex>: F <diagnoses> a fall: <medications>: none", 60, LW_SEX_FEMALE},
        {"<age> 60 <sex> F <diagnoses> none", 60, LW_SEX_FEMALE},
        {" <sex>: M <age>: 25", 25, LW_SEX_MALE},
        {"<age>: ?? <sex>: ?", NAN, LW_SEX_UNKNOWN},
        {"<age>:60<sex>:F", 60, LW_SEX_FEMALE},
        {"Age: 60  Sex: F", 60, LW_SEX_FEMALE},
        {"Age: 60, Sex: female", 60, LW_SEX_FEMALE},
        {"sex=M; age=60", 60, LW_SEX_MALE},
        {"Age: 62  Sex: M  Diagnoses: ischemia, age: unclear", 62, LW_SEX_MALE},
        {"Patient ID: 17 Age: 60 Sex: M", 60, LW_SEX_MALE},
        {"Age/Sex: 60/F", 60, LW_SEX_FEMALE},
        {"Gender: man", NAN, LW_SEX_MALE},
        {" 69 M 1085 1629 x1", 69, LW_SEX_MALE},
        {" 69/F", 69, LW_SEX_FEMALE},
        {" 69 yo male", 69, LW_SEX_MALE},
        {" 69-year-old female, smoker", 69, LW_SEX_FEMALE},
    };
    check(people, sizeof people / sizeof *people, 0);
}

static void text_that_only_looks_like_it_is_left_alone(void **state) {
    (void)state;
    static const person people[] = {
        {" 10 m walk", NAN, 0},
        {" 10 min of rest", NAN, 0},
        {"History: infarct at age: 50", NAN, 0},
        {"Age at onset: 40", NAN, 0},
        {"Name: Age Sex: F", NAN, 0},
        {"Age: unknown", NAN, 0},
        {" Male nurse, 3 visits", NAN, 0},
        {" 1085 1629 x1", NAN, 0},
        {"Massage: 50", NAN, 0},
        {"Middlesex: F", NAN, 0},
        {"Sex: Unknown", NAN, 0},
        {"", NAN, 0},
        {"Age:", NAN, 0},
        {":", NAN, 0},
        {"=", NAN, 0},
    };
    check(people, sizeof people / sizeof *people, 0);
}

static void what_is_no_age_or_sex_gets_a_warning(void **state) {
    (void)state;
    static const person people[] = {
        {"Age: 300", NAN, 0},   {"Age: -1", NAN, 0},    {"Age: 60-69", NAN, 0},        {"Age: 60M", NAN, 0},
        {"Sex: X", NAN, 0},     {"Sex: 1", NAN, 0},     {"Sex: M/F", NAN, 0},          {"Age: < 1", NAN, 0},
        {"Age: 1.2.3", NAN, 0}, {"Age: 1e400", NAN, 0}, {"Age: 999 months", 83.25, 0},
    };
    check(people, sizeof people / sizeof *people - 1, 1);
    check(people + sizeof people / sizeof *people - 1, 1, 0);
    lw_record *r = with_comment("Age: 300");
    assert_true(lwt_warned(r, "x.hea:4: age: '300', expected years from 0 to 150"));
    lw_record_free(&r);
}

/* Names and birthdays stand in comments, behind the known keys too, and behind the last number of a record line. */
static void no_sentence_repeats_a_persons_name(void **state) {
    (void)state;
    static const char *const comments[] = {
        "Age: JOHN DOE", "Sex: JOHN",     "<sex>: JOHN <age>: DOE", "Age: 1931-02-03 JOHN", "Patient: DOE, JOHN",
        "JOHN DOE 60 M", "Age: 19310203", "Sex: DOE\n<name>: JOHN", "Age: 60 DOE",          "Sex: F DOE"};
    for (size_t i = 0; i < sizeof comments / sizeof *comments; i++) {
        lw_record *r = with_comment(comments[i]);
        for (size_t w = 0; w < lwt_warning_count(r); w++) {
            assert_null(strstr(lw_record_warning(r, w), "JOHN"));
            assert_null(strstr(lw_record_warning(r, w), "DOE"));
            assert_null(strstr(lw_record_warning(r, w), "1931"));
        }
        lw_record_free(&r);
    }
    lw_record *r =
        lwt_record("x.hea", "x 2 500 4 JOHN DOE\nx.dat 16\nx.dat 16\n", lwt_two_signals, sizeof lwt_two_signals);
    assert_int_equal(lwt_warning_count(r), 1);
    assert_false(lwt_warned(r, "JOHN") || lwt_warned(r, "DOE"));
    lw_record_free(&r);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(ages_are_read_in_every_form),
        cmocka_unit_test(several_keys_stand_in_one_comment),
        cmocka_unit_test(text_that_only_looks_like_it_is_left_alone),
        cmocka_unit_test(what_is_no_age_or_sex_gets_a_warning),
        cmocka_unit_test(no_sentence_repeats_a_persons_name),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
