/* These tests check sentences, numbers, CSV, XML, lines and JSON as text. */
#include "support.h"

#include <locale.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "base/json.h"
#include "base/text.h"

static lw_span span_of(const char *string) { return (lw_span){string, strlen(string)}; }

static void status_names_are_complete(void **state) {
    (void)state;
    for (int i = 0; i < LW_STATUS_COUNT; i++)
        for (int k = 0; k < i; k++)
            assert_string_not_equal(lw_status_name((lw_status)i), lw_status_name((lw_status)k));
    assert_string_equal(lw_status_name(LW_ERR_TOO_SHORT), "TOO_SHORT");
    assert_string_equal(lw_status_name(LW_STATUS_COUNT), "UNKNOWN");
    assert_string_equal(lw_status_name((lw_status)-1), "UNKNOWN");
}

static void fail_keeps_one_clean_sentence(void **state) {
    (void)state;
    lw_error err;
    assert_int_equal(lw_fail(&err, LW_ERR_IO, "%s:%d: bad", "a\n\x1b[31mb", 3), LW_ERR_IO);
    assert_string_equal(err.message, "a??[31mb:3: bad");
    assert_int_equal(err.status, LW_ERR_IO);
    assert_int_equal(lw_fail(&err, LW_ERR_FORMAT, "outer: %s", err.message), LW_ERR_FORMAT);
    assert_string_equal(err.message, "outer: a??[31mb:3: bad");
    assert_int_equal(lw_fail(NULL, LW_ERR_MODEL, "unheard"), LW_ERR_MODEL);
    char *long_name = malloc(5001);
    memset(long_name, 'x', 5000);
    long_name[5000] = '\0';
    lw_fail(&err, LW_ERR_IO, "%s", long_name);
    assert_int_equal(strlen(err.message), sizeof err.message - 1);
    free(long_name);
}

static void text_grows(void **state) {
    (void)state;
    lw_text text = {0};
    lw_text_puts(&text, "");
    assert_string_equal(text.data, "");
    for (int i = 0; i < 1000; i++)
        lw_text_printf(&text, "%d,", i);
    lw_text_append(&text, "end", 3);
    assert_int_equal(text.length, 10 * 2 + 90 * 3 + 900 * 4 + 3);
    assert_int_equal(strlen(text.data), text.length);
    assert_memory_equal(text.data, "0,1,2,", 6);
    assert_string_equal(text.data + text.length - 7, "999,end");
    assert_false(text.failed);
    lw_text_free(&text);
    assert_null(text.data);
}

static void numbers_ignore_the_locale(void **state) {
    (void)state;
    if (!setlocale(LC_NUMERIC, "de_DE.UTF-8") && !setlocale(LC_NUMERIC, "de_DE.utf8") &&
        !setlocale(LC_NUMERIC, "fr_FR.UTF-8"))
        print_message("no locale with a decimal comma here; only the C locale is tried\n");
    lw_text text = {0};
    lw_text_printf(&text, "%.9g", 0.5);
    double value = 0;
    assert_string_equal(text.data, "0.5");
    assert_true(lw_span_double(span_of("2.25"), &value) && value == 2.25);
    assert_false(lw_span_double(span_of("2,25"), &value));
    lw_text_free(&text);
    setlocale(LC_NUMERIC, "C");
}

static void csv_quotes_and_disarms(void **state) {
    (void)state;
    static const char *const cases[][2] = {
        {"plain", "plain"},
        {"a,b", "\"a,b\""},
        {"say \"x\"", "\"say \"\"x\"\"\""},
        {"=cmd()", "'=cmd()"},
        {"+1", "'+1"},
        {"-1,2", "\"'-1,2\""},
        {"@x", "'@x"},
        {"two\nlines", "\"two\nlines\""},
        {"", ""},
        {"a=b", "a=b"},
        {"x\x1b[2J", "x?[2J"},
        {"c1\xc2\x9b\x31,", "\"c1?1,\""},
        {"\xc2\xa0\xe4\xbd\xa0", "\xc2\xa0\xe4\xbd\xa0"},
        {"lone\x9b\xe4", "lone??"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        lw_text text = {0};
        lw_text_csv(&text, cases[i][0]);
        lw_text_puts(&text, "");
        assert_string_equal(text.data, cases[i][1]);
        lw_text_free(&text);
    }
}

static void what_a_terminal_acts_on_becomes_a_question_mark(void **state) {
    (void)state;
    char texts[][16] = {"plain", "h\xC3\xA4lt", "\x1b[31m\n\t\x7f", "latin\xE4", "\xc2\x9b\x31mx", "\x9b\x31m", "\xc2"};
    const char *const expected[] = {"plain", "h\xC3\xA4lt", "?[31m???", "latin?", "?1mx", "?1m", "?"};
    for (size_t i = 0; i < sizeof expected / sizeof *expected; i++) {
        lw_make_printable(texts[i]);
        assert_string_equal(texts[i], expected[i]);
    }
}

static void xml_escapes(void **state) {
    (void)state;
    lw_text text = {0};
    lw_text_xml(&text, "<a b=\"c\">&'\x01\x7f\xc3\xa4\n");
    assert_string_equal(text.data, "&lt;a b=&quot;c&quot;&gt;&amp;&#39;\xc3\xa4\n");
    lw_text_free(&text);
}

static void lines_may_end_in_any_way(void **state) {
    (void)state;
    const char *const text = "one\r\n\ntwo\rx\nlast";
    static const char *const expected[] = {"one", "", "two\rx", "last"};
    const char *cursor = text;
    lw_span line;
    size_t count = 0;
    while (lw_span_line(&cursor, text + strlen(text), &line))
        assert_true(count < 4 && lw_span_equals(line, expected[count++]));
    assert_int_equal(count, 4);
    cursor = text;
    assert_false(lw_span_line(&cursor, text, &line));
}

static size_t count_fields(const char *string, char *joined) {
    lw_span rest = span_of(string), field;
    size_t count = 0;
    joined[0] = '\0';
    while (lw_span_field(&rest, ',', &field)) {
        strncat(joined, field.at, field.length);
        strcat(joined, "|");
        count++;
    }
    assert_false(lw_span_field(&rest, ',', &field));
    return count;
}

static void fields_are_split_as_documented(void **state) {
    (void)state;
    static const struct {
        const char *line, *joined;
        size_t count;
    } cases[] = {{"a,,b", "a||b|", 3}, {"", "", 0},    {"a,", "a||", 2}, {",", "||", 2},
                 {",,", "|||", 3},     {"a", "a|", 1}, {",a", "|a|", 2}};
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        char joined[64];
        assert_int_equal(count_fields(cases[i].line, joined), cases[i].count);
        assert_string_equal(joined, cases[i].joined);
    }
}

static void spans_compare_and_trim(void **state) {
    (void)state;
    assert_true(lw_span_equals(lw_span_trim(span_of(" \t ab c\t ")), "ab c"));
    assert_int_equal(lw_span_trim(span_of("  ")).length, 0);
    assert_true(lw_span_equals_nocase(span_of("aVR"), "AVr"));
    assert_false(lw_span_equals_nocase(span_of("aVR"), "aV"));
    assert_false(lw_span_equals(span_of("aVR"), "avr"));
    assert_true(lw_span_equals((lw_span){NULL, 0}, ""));
    char *copy = lw_span_dup((lw_span){"abcdef", 3});
    assert_string_equal(copy, "abc");
    free(copy);
}

static void doubles_are_strict(void **state) {
    (void)state;
    static const struct {
        const char *text;
        double value;
    } good[] = {{"0", 0}, {"-1.5e3", -1500}, {"+.5", 0.5}, {"5.", 5}, {"1E-2", 0.01}, {"0.1", 0.1}, {"1e-400", 0}};
    static const char *const bad[] = {"",     "-",  ".",  "1e",  "1e+",   "inf", "nan",
                                      "0x10", " 1", "1 ", "1,5", "1e999", "--1", "1.2.3"};
    double value = 0;
    for (size_t i = 0; i < sizeof good / sizeof good[0]; i++)
        assert_true(lw_span_double(span_of(good[i].text), &value) && value == good[i].value);
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++)
        assert_false(lw_span_double(span_of(bad[i]), &value));
    assert_true(lw_span_double((lw_span){"12345", 2}, &value) && value == 12);
    assert_false(lw_span_double((lw_span){"1\0"
                                          "2",
                                          3},
                                &value));
    char digits[300];
    memset(digits, '1', sizeof digits);
    assert_false(lw_span_double((lw_span){digits, sizeof digits}, &value));
}

static void integers_are_strict(void **state) {
    (void)state;
    long long value = 0;
    assert_true(lw_span_long(span_of("-9223372036854775808"), INT64_MIN, INT64_MAX, &value) && value == INT64_MIN);
    assert_true(lw_span_long(span_of("+007"), 0, 7, &value) && value == 7);
    static const char *const bad[] = {"", "-", "9223372036854775808", "1.0", "1x", " 1", "8", "-1", "0x1"};
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++)
        assert_false(lw_span_long(span_of(bad[i]), 0, 7, &value));
    assert_false(lw_span_long(span_of("99999999999999999999"), INT64_MIN, INT64_MAX, &value));
}

static void json_helpers_name_the_place(void **state) {
    (void)state;
    lw_error err;
    const lw_json_place place = {"net.json", LW_ERR_ARGUMENT, &err};
    static const char *const known[] = {"a", "b", "c", NULL};
    const char text[] = "{\"a\": 1.5, \"b\": 7, \"c\": \"x\"}";
    json_t *object = NULL;
    double number = 0;
    long long integer = 0;
    const char *string = NULL;
    const json_t *array = NULL;
    assert_int_equal(lw_json_parse_object(place, "\xEF\xBB\xBF{}", 5, &object), LW_OK); /* with a byte order mark */
    json_decref(object);
    assert_int_equal(lw_json_parse_object(place, text, sizeof text - 1, &object), LW_OK);
    assert_int_equal(lw_json_only_keys(place, object, known), LW_OK);
    assert_int_equal(lw_json_double(place, object, "a", 0, 2, &number), LW_OK);
    assert_true(number == 1.5);
    assert_int_equal(lw_json_integer(place, object, "b", 1, 7, &integer), LW_OK);
    assert_int_equal(integer, 7);
    assert_int_equal(lw_json_string(place, object, "c", &string), LW_OK);
    assert_string_equal(string, "x");
    lwt_assert_fails(lw_json_only_keys(place, object, known + 1), LW_ERR_ARGUMENT, &err, "unknown key 'a'");
    lwt_assert_fails(lw_json_double(place, object, "a", 2, 3, &number), LW_ERR_ARGUMENT, &err, "'a' is wrong");
    lwt_assert_fails(lw_json_double(place, object, "z", 2, 3, &number), LW_ERR_ARGUMENT, &err, "'z' is missing");
    lwt_assert_fails(lw_json_integer(place, object, "a", 0, 9, &integer), LW_ERR_ARGUMENT, &err, "integer from 0 to 9");
    lwt_assert_fails(lw_json_string(place, object, "a", &string), LW_ERR_ARGUMENT, &err, "a string");
    lwt_assert_fails(lw_json_array(place, object, "a", &array), LW_ERR_ARGUMENT, &err, "an array");
    json_decref(object);
    static const char *const bad[] = {"", "[]", "{", "{\"a\":1,\"a\":2}", "{\"a\":1} x", "{\"\\u0000\":1}"};
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++)
        lwt_assert_fails(lw_json_parse_object(place, bad[i], strlen(bad[i]), &object), LW_ERR_ARGUMENT, &err,
                         "net.json");
}

static void words_that_may_be_names_of_persons_are_not_shown(void **state) {
    (void)state;
    static const char *const shown[] = {"426783006.0", "4.26783E+08", "-1.5", "0x10", "12:33:59", "AF", "I10", "LBBB"};
    static const char *const hidden[] = {"Lustig", "Anna", "sinus", "MUELLER", "Lustig-12", "", "AF 1", "12 Main"};
    lw_shown_word word;
    char quoted[64];
    for (size_t i = 0; i < sizeof shown / sizeof *shown; i++) {
        snprintf(quoted, sizeof quoted, "'%s'", shown[i]);
        assert_string_equal(lw_show_word(span_of(shown[i]), word), quoted);
    }
    for (size_t i = 0; i < sizeof hidden / sizeof *hidden; i++)
        assert_string_equal(lw_show_word(span_of(hidden[i]), word), "a word");
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(status_names_are_complete),
        cmocka_unit_test(fail_keeps_one_clean_sentence),
        cmocka_unit_test(text_grows),
        cmocka_unit_test(numbers_ignore_the_locale),
        cmocka_unit_test(csv_quotes_and_disarms),
        cmocka_unit_test(what_a_terminal_acts_on_becomes_a_question_mark),
        cmocka_unit_test(xml_escapes),
        cmocka_unit_test(lines_may_end_in_any_way),
        cmocka_unit_test(fields_are_split_as_documented),
        cmocka_unit_test(spans_compare_and_trim),
        cmocka_unit_test(doubles_are_strict),
        cmocka_unit_test(integers_are_strict),
        cmocka_unit_test(json_helpers_name_the_place),
        cmocka_unit_test(words_that_may_be_names_of_persons_are_not_shown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
