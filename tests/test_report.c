/* These tests check predictions in every format, scores as JSON, and the HTML page. */
#define _GNU_SOURCE /* open_memstream, strsep */

#include "support.h"

#include <jansson.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "leadwise/report.h"
#include "markup.h"
#include "record/record_internal.h"
#include "report/escape.h"

static const char classes_json[] = "[{\"codes\": [\"164889003\"], \"abbreviation\": \"AF\"},"
                                   " {\"codes\": [\"713427006\", \"59118001\"], \"abbreviation\": \"CRBBB|RBBB\"},"
                                   " {\"codes\": [\"0\"], \"abbreviation\": \"=1,<2>\"}]";

static lw_class_list *make_classes(void) {
    lw_class_list *classes = NULL;
    lw_error err = {0};
    lwt_assert_ok(lw_class_list_parse(classes_json, &classes, &err), &err);
    return classes;
}

static const float probabilities[] = {0.1f, 0.75f, 1.0f / 3};
static const uint8_t decisions[] = {0, 1, 1};

static lw_prediction good(const char *record) {
    return (lw_prediction){.record = record, .probabilities = probabilities, .decisions = decisions};
}

static lw_prediction rejected(const char *record) {
    return (lw_prediction){.record = record, .status = LW_ERR_TOO_SHORT, .sentence = "R.hea: 3 samples"};
}

static const double thresholds[] = {0.5, 0.25, 0.3};

/** What files say of a made-up model. */
static lw_predictions_about make_about(const lw_class_list *classes) {
    return (lw_predictions_about){.size = sizeof(lw_predictions_about),
                                  .classes = classes,
                                  .thresholds = thresholds,
                                  .model_name = "made, up",
                                  .model_sha256 = "0123456789abcdef",
                                  .program_version = "1.2",
                                  .isa = "scalar"};
}

static bool write_to_stream(void *context, const void *data, size_t length) {
    return fwrite(data, 1, length, context) == length;
}

static lw_output *output_to(FILE *stream) {
    lw_output *output = NULL;
    lw_error err = {0};
    lwt_assert_ok(lw_output_open("the predictions", write_to_stream, stream, &output, &err), &err);
    return output;
}

/* What `format` makes of two predictions. lw_string_free it. */
static char *write_all(lw_output_format format, const lw_prediction *predictions, size_t count) {
    char *text = NULL;
    size_t length = 0;
    lw_error err = {0};
    lw_class_list *classes = make_classes();
    FILE *stream = open_memstream(&text, &length);
    assert_non_null(stream);
    lw_output *output = output_to(stream);
    const lw_predictions_about about = make_about(classes);
    lwt_assert_ok(lw_predictions_begin(output, format, &about, &err), &err);
    for (size_t i = 0; i < count; i++)
        lwt_assert_ok(lw_predictions_write(output, format, &about, &predictions[i], &err), &err);
    lwt_assert_ok(lw_output_close(&output, &err), &err);
    fclose(stream);
    lw_class_list_free(&classes);
    return text;
}

static void csv_is_as_documented(void **state) {
    (void)state;
    const lw_prediction predictions[] = {good("A"), rejected("x,\"y\"")};
    char *text = write_all(LW_OUTPUT_CSV, predictions, 2);
    assert_string_equal(text, "record,status,P_AF,P_CRBBB|RBBB,\"P_=1,<2>\",Y_AF,Y_CRBBB|RBBB,\"Y_=1,<2>\","
                              "model,version,warnings,quality,leads\n"
                              "A,ok,0.100000001,0.75,0.333333343,0,1,1,\"made, up sha256:0123456789ab\",1.2,,,\n"
                              "\"x,\"\"y\"\"\",rejected:TOO_SHORT,,,,,,,\"made, up sha256:0123456789ab\",1.2,,,\n");
    lw_string_free(&text);
}

static void json_lines_are_objects(void **state) {
    (void)state;
    const lw_prediction predictions[] = {good("A\"\n\xff"), rejected("B")};
    char *text = write_all(LW_OUTPUT_JSONL, predictions, 2);
    char *second = strchr(text, '\n') + 1;
    second[-1] = '\0';
    json_t *first = json_loads(text, 0, NULL), *other = json_loads(second, 0, NULL);
    assert_non_null(first);
    assert_string_equal(json_string_value(json_object_get(first, "record")), "A\"\n?");
    assert_string_equal(json_string_value(json_object_get(first, "status")), "ok");
    const json_t *third = json_array_get(json_object_get(first, "classes"), 2);
    assert_string_equal(json_string_value(json_object_get(third, "abbreviation")), "=1,<2>");
    assert_true((float)json_real_value(json_object_get(third, "probability")) == probabilities[2]);
    assert_true(json_is_true(json_object_get(third, "positive")));
    assert_string_equal(json_string_value(json_object_get(first, "schema")), "leadwise.predict/1");
    assert_string_equal(json_string_value(json_object_get(other, "status")), "rejected:TOO_SHORT");
    assert_string_equal(json_string_value(json_object_get(other, "error")), "R.hea: 3 samples");
    json_decref(first);
    json_decref(other);
    lw_string_free(&text);
}

static void undefined_probabilities_are_null_in_json(void **state) {
    (void)state;
    const float undefined[] = {NAN, INFINITY, 0};
    const lw_prediction prediction = {.record = "A", .probabilities = undefined, .decisions = decisions};
    char *text = write_all(LW_OUTPUT_JSONL, &prediction, 1);
    assert_non_null(strstr(text, "\"abbreviation\":\"AF\",\"probability\":null,\"threshold\":0.5"));
    assert_non_null(strstr(text, "\"abbreviation\":\"=1,<2>\",\"probability\":0.0,"));
    lw_string_free(&text);
}

/* A row a window: where it begins behind the record's name, nothing there when the whole record is rejected. */
static void windows_have_rows(void **state) {
    (void)state;
    lw_prediction predictions[] = {good("A"), rejected("A"), rejected("B")};
    predictions[0].is_window = predictions[1].is_window = true;
    predictions[0].start_s = predictions[1].start_s = 12.5;
    char *text = write_all(LW_OUTPUT_CSV_WINDOWS, predictions, 3);
    assert_string_equal(text, "record,start_s,status,P_AF,P_CRBBB|RBBB,\"P_=1,<2>\",Y_AF,Y_CRBBB|RBBB,\"Y_=1,<2>\","
                              "model,version,warnings,quality,leads\n"
                              "A,12.5,ok,0.100000001,0.75,0.333333343,0,1,1,\"made, up sha256:0123456789ab\",1.2,,,\n"
                              "A,12.5,rejected:TOO_SHORT,,,,,,,\"made, up sha256:0123456789ab\",1.2,,,\n"
                              "B,,rejected:TOO_SHORT,,,,,,,\"made, up sha256:0123456789ab\",1.2,,,\n");
    lw_string_free(&text);
    text = write_all(LW_OUTPUT_JSONL, predictions, 3);
    char *second = strchr(text, '\n') + 1, *third = strchr(second, '\n') + 1;
    assert_true(strstr(text, "\"start_s\":12.5,") < second && strstr(second, "\"start_s\":12.5,") < third);
    assert_non_null(strstr(third, "\"start_s\":0.0,"));
    assert_non_null(strstr(text, "\"window\":true"));
    assert_non_null(strstr(third, "\"window\":false"));
    lw_string_free(&text);
}

static void the_table_is_readable_and_tame(void **state) {
    (void)state;
    const uint8_t nothing[] = {0, 0, 0};
    const lw_prediction predictions[] = {good("A\x1b[31m\xc3\xa9"),
                                         rejected("B"),
                                         {.record = "C", .probabilities = probabilities, .decisions = nothing}};
    char *text = write_all(LW_OUTPUT_TABLE, predictions, 3);
    static const char *const lines[] = {
        "RECORD               DIAGNOSIS                                            PROBABILITY THRESHOLD",
        "A\\x1b[31m\xc3\xa9           complete right bundle branch block (CRBBB|RBBB)      0.750       0.250",
        "                     0 (=1,<2>)                                           0.333       0.300",
        "                     nearest below: atrial fibrillation (AF)              0.100       0.500",
        "B                    rejected:TOO_SHORT R.hea: 3 samples",
        "C                    none of the classes",
        "                     nearest below: complete right bundle branch block (\xe2\x80\xa6 0.750       0.250",
    };
    char *rest = text;
    for (size_t i = 0; i < sizeof lines / sizeof *lines; i++)
        assert_string_equal(strsep(&rest, "\n"), lines[i]);
    assert_string_equal(rest, "");
    free(text);
}

/* The class furthest above its threshold comes first, names of any script keep the columns, rhythms that exclude each other
 * are marked, and leads and marks that are not as usual have lines. */
static void the_table_is_sorted_and_marked(void **state) {
    (void)state;
    static const char json[] = "[{\"codes\": [\"426783006\"], \"abbreviation\": \"NSR\"},"
                               " {\"codes\": [\"164889003\"], \"abbreviation\": \"AF\"},"
                               " {\"codes\": [\"x\"], \"abbreviation\": \"\xe5\xbf\x83\xe6\x88\xbf\"}]";
    static const float p[] = {0.9f, 0.6f, 0.2f};
    static const double at[] = {0.85, 0.1, 0.5};
    static const uint8_t positive[] = {1, 1, 0}, flags[] = {0, LW_LEAD_DERIVED, LW_LEAD_MISSING};
    static const char *const unknown[] = {"RESP"};
    static const lw_quality_finding findings[] = {{LW_QUALITY_NOISE, "I", 0, 10},
                                                  {LW_QUALITY_NOISE, "II", 0, 10},
                                                  {LW_QUALITY_REVERSED, NULL, 0, 10},
                                                  {LW_QUALITY_DERIVED, "III", 0, 10}};
    lw_class_list *classes = NULL;
    lw_lead_set leads;
    lw_error err = {0};
    lwt_assert_ok(lw_class_list_parse(json, &classes, &err), &err);
    lwt_assert_ok(lw_lead_set_parse("I,II,V1", &leads, &err), &err);
    const lw_predictions_about about = {
        .size = sizeof about, .classes = classes, .thresholds = at, .leads = &leads, .model_name = "m"};
    const lw_prediction prediction = {.record =
                                          "\xe5\xbf\x83\xe5\xbf\x83\xe5\xbf\x83\xe5\xbf\x83\xe5\xbf\x83\xe5\xbf\x83"
                                          "\xe5\xbf\x83\xe5\xbf\x83\xe5\xbf\x83\xe5\xbf\x83\xe5\xbf\x83",
                                      .probabilities = p,
                                      .decisions = positive,
                                      .lead_flags = flags,
                                      .unknown_leads = unknown,
                                      .unknown_lead_count = 1,
                                      .findings = findings,
                                      .finding_count = 4};
    char *text = NULL;
    size_t length = 0;
    FILE *stream = open_memstream(&text, &length);
    lw_output *output = output_to(stream);
    lwt_assert_ok(lw_predictions_write(output, LW_OUTPUT_TABLE, &about, &prediction, &err), &err);
    lwt_assert_ok(lw_predictions_write(output, LW_OUTPUT_CSV, &about, &prediction, &err), &err);
    lwt_assert_ok(lw_output_close(&output, &err), &err);
    fclose(stream);
    static const char *const lines[] = {
        "\xe5\xbf\x83\xe5\xbf\x83\xe5\xbf\x83\xe5\xbf\x83\xe5\xbf\x83\xe5\xbf\x83\xe5\xbf\x83\xe5\xbf\x83\xe5\xbf\x83"
        "\xe2\x80\xa6"
        "  atrial fibrillation (AF)                             0.600       0.100",
        "                     sinus rhythm (NSR)                                   0.900       0.850",
        "                     nearest below: x (\xe5\xbf\x83\xe6\x88\xbf)                              0.200       "
        "0.500",
        "                     ! NSR and AF exclude each other: the atria fibrillate or flutter, or the sinus node "
        "leads",
        "                     leads used I; derived II; absent V1; unknown RESP",
        "                     marks NOISE I II, REVERSED",
    };
    char *rest = text;
    for (size_t i = 0; i < sizeof lines / sizeof *lines; i++)
        assert_string_equal(strsep(&rest, "\n"), lines[i]);
    assert_non_null(strstr(
        rest,
        ",m,,,NOISE:I@0-10 NOISE:II@0-10 REVERSED@0-10 DERIVED:III@0-10,used:I derived:II absent:V1 unknown:RESP\n"));
    free(text);
    lw_class_list_free(&classes);
}

static void strings_become_safe(void **state) {
    (void)state;
    static const struct {
        const char *raw, *visible, *markup;
    } cases[] = {
        {"\x07\x1b\x7f", "\\x07\\x1b\\x7f", ""},
        {"\xc2\x9b\x31", "\\xc2\\x9b1", "1"},
        {"\xff<", "\\xff<", "?&lt;"},
        {"\xe2\x82", "\\xe2\\x82", "??"},
        {"\xed\xa0\x80", "\\xed\\xa0\\x80", "???"},
        {"\xf0\x9f\x92\x93", "\xf0\x9f\x92\x93", "\xf0\x9f\x92\x93"},
        {"\xc0\xaf\xf5", "\\xc0\\xaf\\xf5", "???"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        lw_text text = {0};
        lw_text_visible(&text, cases[i].raw);
        assert_string_equal(text.data, cases[i].visible);
        lw_text_free(&text);
        lw_text_puts(&text, "");
        lw_text_markup(&text, cases[i].raw);
        assert_string_equal(text.data, cases[i].markup);
        lw_text_free(&text);
    }
}

static void challenge_files_are_the_four_lines(void **state) {
    (void)state;
    lw_class_list *classes = make_classes();
    lw_error err = {0};
    lw_prediction prediction = good("A0001");
    lwt_assert_ok(lw_prediction_write_challenge(lwt_temp_dir(), classes, &prediction, &err), &err);
    char *text = lwt_read_file(lwt_temp_path("A0001.csv"), NULL);
    assert_string_equal(text, "#A0001\n164889003,713427006|59118001,0\n0,1,1\n0.100000001,0.75,0.333333343\n");
    free(text);
    static const char *const bad[] = {"", ".", "..", "a/b", "a\nb", "\x7f"};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        prediction.record = bad[i];
        lwt_assert_fails(lw_prediction_write_challenge(lwt_temp_dir(), classes, &prediction, &err), LW_ERR_ARGUMENT,
                         &err, "cannot name a file");
    }
    prediction = rejected("B");
    lwt_assert_fails(lw_prediction_write_challenge(lwt_temp_dir(), classes, &prediction, &err), LW_ERR_ARGUMENT, &err,
                     "B was rejected");
    prediction = good("C");
    lwt_assert_fails(lw_prediction_write_challenge(lwt_temp_path("no-folder"), classes, &prediction, &err), LW_ERR_IO,
                     &err, "cannot create");
    lw_output *output = output_to(stderr);
    const lw_predictions_about about = make_about(classes);
    lwt_assert_fails(lw_predictions_write(output, LW_OUTPUT_CHALLENGE, &about, &prediction, &err), LW_ERR_ARGUMENT,
                     &err, "a file for each record");
    lw_output_abandon(&output);
    lw_class_list_free(&classes);
}

static void a_full_disk_is_an_error(void **state) {
    (void)state;
    FILE *full = fopen("/dev/full", "w");
    if (!full)
        skip();
    setvbuf(full, NULL, _IONBF, 0);
    lw_class_list *classes = make_classes();
    lw_error err = {0};
    lw_output *output = output_to(full);
    const lw_predictions_about about = make_about(classes);
    lwt_assert_fails(lw_predictions_begin(output, LW_OUTPUT_CSV, &about, &err), LW_ERR_IO, &err,
                     "cannot write the predictions: No space left");
    lw_output_abandon(&output);
    lw_class_list_free(&classes);
    fclose(full);
}

/* Scores of 40 records with a rule for who has what. */
static lw_scores make_scores(int year) {
    lw_class_list *classes = NULL;
    lw_scores scores = {0};
    lw_error err = {0};
    lwt_assert_ok(lw_class_list_scored(year, false, &classes, &err), &err);
    size_t count = lw_class_count(classes), cells = 40 * count;
    uint8_t *labels = calloc(cells, 1), *called = calloc(cells, 1);
    double *values = calloc(cells, sizeof *values);
    for (size_t i = 0; i < cells; i++) {
        labels[i] = i % 7 == 0;
        called[i] = i % 5 == 0 || i % 21 == 0;
        values[i] = (double)(i * 37 % 101) / 101;
    }
    lwt_assert_ok(lw_evaluate(year, classes, 40, labels, called, values, &scores, &err), &err);
    free(labels);
    free(called);
    free(values);
    lw_class_list_free(&classes);
    return scores;
}

static double number_at(const json_t *object, const char *key) {
    const json_t *value = json_object_get(object, key);
    assert_non_null(value);
    return json_is_null(value) ? NAN : json_number_value(value);
}

static void scores_survive_json_bit_for_bit(void **state) {
    (void)state;
    for (int year = 2020; year <= 2021; year++) {
        lw_scores scores = make_scores(year);
        char *text = NULL;
        lw_error err = {0};
        lwt_assert_ok(lw_evaluation_json(&(lw_evaluation){.scores = scores}, &text, &err), &err);
        json_t *object = json_loads(text, JSON_REJECT_DUPLICATES, NULL);
        assert_true(number_at(object, "challenge_metric") == scores.challenge_metric);
        assert_true(number_at(object, "auroc") == scores.auroc);
        assert_true(number_at(object, "auprc") == scores.auprc);
        assert_true(number_at(object, "accuracy") == scores.accuracy);
        assert_true(number_at(object, "f_measure") == scores.f_measure);
        assert_true(number_at(object, "observed_score") == scores.observed_score);
        assert_true(number_at(object, "correct_score") == scores.correct_score);
        assert_true(number_at(object, "inactive_score") == scores.inactive_score);
        if (year == 2020)
            assert_true(number_at(object, "f_beta_2") == scores.f_beta_2 &&
                        number_at(object, "g_beta_2") == scores.g_beta_2);
        else
            assert_true(isnan(number_at(object, "f_beta_2")) && isnan(number_at(object, "g_beta_2")));
        assert_true(number_at(object, "year") == year && number_at(object, "records") == 40);
        const json_t *rows = json_object_get(object, "confusion_cost"), *list = json_object_get(object, "classes");
        assert_int_equal(json_array_size(list), scores.class_count);
        for (size_t j = 0; j < scores.class_count; j++) {
            const json_t *one = json_array_get(list, j);
            assert_string_equal(json_string_value(json_object_get(one, "name")), scores.per_class[j].name);
            assert_true(number_at(one, "positives") == (double)scores.per_class[j].positive_count);
            assert_true(number_at(one, "tp") + number_at(one, "fn") == number_at(one, "positives"));
            assert_true(number_at(one, "auroc") == scores.per_class[j].auroc);
            for (size_t k = 0; k < scores.class_count; k++)
                assert_true(json_number_value(json_array_get(json_array_get(rows, j), k)) ==
                            scores.confusion_cost[j * scores.class_count + k]);
        }
        json_decref(object);
        lw_string_free(&text);
        lw_scores_free(&scores);
    }
}

static char *write_page(const lw_page *page) {
    lw_error err = {0};
    lwt_assert_ok(lw_page_write(page, lwt_temp_path("page.html"), &err), &err);
    char *text = lwt_read_file(lwt_temp_path("page.html"), NULL);
    assert_true(lwt_is_well_formed(text));
    /* Self-contained: nothing is fetched, nothing runs. */
    static const char *const fetched[] = {"src=", "href=", "url(", "@import", "<script", "<link"};
    for (size_t i = 0; i < sizeof fetched / sizeof *fetched; i++)
        assert_null(strstr(text, fetched[i]));
    assert_non_null(strstr(text, "research software, not a medical device"));
    return text;
}

static void a_page_shows_runs_and_record(void **state) {
    (void)state;
    lw_scores scores = make_scores(2020);
    lw_record *record = lw_record_new("<R&1>", 1, 1000, 100);
    lw_class_list *classes = make_classes();
    const lw_history_row history[] = {
        {1, 0.5, 0.6, NAN, NAN, 1e-3, 1}, {2, 0.4, 0.5, 0.1, 0.5, 1e-3, 1}, {3, 0.3, 0.55, 0.2, 0.6, 1e-3, 0}};
    const lw_page_run runs[] = {
        {"one <script>alert(1)</script>", history, 3, &scores},
        {"two", NULL, 0, NULL},
    };
    const char *const warnings[] = {"the samples add up to 1 & not 2"};
    const lw_quality_finding findings[] = {{LW_QUALITY_FLAT, "<V1>", 0, 10}, {LW_QUALITY_RESAMPLED, NULL, 0, 10}};
    lw_page page = {.size = sizeof page,
                    .title = "A & B",
                    .subtitle = "<b>",
                    .runs = runs,
                    .run_count = 2,
                    .record = record,
                    .classes = classes,
                    .probabilities = probabilities,
                    .decisions = decisions,
                    .warnings = warnings,
                    .warning_count = 1,
                    .findings = findings,
                    .finding_count = 2};
    char *text = write_page(&page);
    char metric[64];
    snprintf(metric, sizeof metric, "<b class=\"score\">%.3f</b>", scores.challenge_metric);
    assert_non_null(strstr(text, metric));
    assert_non_null(strstr(text, "<h1>A &amp; B</h1>"));
    assert_non_null(strstr(text, "&lt;script&gt;"));
    assert_non_null(strstr(text, "Recording &lt;R&amp;1&gt;"));
    assert_non_null(strstr(text, "complete right bundle branch block"));
    assert_non_null(strstr(text, "=1,&lt;2&gt;"));
    /* The kept epoch is the second of three: in the middle between 52 and 508. */
    assert_non_null(strstr(text, "<path class=\"mark\" d=\"M280.0 "));
    assert_non_null(strstr(text, "<li>the samples add up to 1 &amp; not 2</li>"));
    assert_non_null(strstr(text, "<tr><td>FLAT</td><td>&lt;V1&gt;</td><td>0</td><td>10</td></tr>"));
    assert_non_null(strstr(text, "<tr><td>RESAMPLED</td><td>all</td><td>0</td><td>10</td></tr>"));
    free(text);
    page.warnings = NULL; /* those of the record */
    lw_record_warn(record, "of the reader");
    text = write_page(&page);
    assert_non_null(strstr(text, "<li>of the reader</li>"));
    free(text);
    lw_scores_free(&scores);
    lw_class_list_free(&classes);
    lw_record_free(&record);
}

static void a_page_says_which_diagnoses_contradict_each_other(void **state) {
    (void)state;
    enum { CLASSES = 26 };
    float probability[CLASSES] = {0};
    uint8_t decision[CLASSES] = {0};
    lw_class_list *classes = NULL;
    lw_record *record = lw_record_new("r", 1, 1000, 100);
    lw_error err = {0};
    lwt_assert_ok(lw_class_list_scored(2021, true, &classes, &err), &err);
    assert_int_equal(lw_class_count(classes), CLASSES);
    const lw_page page = {.size = sizeof page,
                          .title = "t",
                          .record = record,
                          .classes = classes,
                          .probabilities = probability,
                          .decisions = decision};
    decision[lw_class_find(classes, "164889003")] = 1;
    char *text = write_page(&page);
    assert_null(strstr(text, "contradicts"));
    free(text);
    decision[lw_class_find(classes, "426783006")] = 1;
    text = write_page(&page);
    assert_non_null(strstr(text, "<p>AF contradicts NSR: "));
    free(text);
    lw_class_list_free(&classes);
    lw_record_free(&record);
}

static void pages_of_little_are_pages(void **state) {
    (void)state;
    static const lw_history_row histories[][2] = {
        {{.epoch = 1, .loss = 0.5, .validation_loss = 0.5}},
        {{.epoch = 1, .loss = NAN, .validation_loss = NAN, .validation_metric = NAN}},
        {{.epoch = NAN, .loss = 0.5}},
        {{.epoch = 1, .loss = 1e308, .validation_loss = INFINITY}, {.epoch = 2, .loss = -1e308}},
    };
    const lw_page empty = {.size = sizeof empty, .title = ""};
    free(write_page(&empty));
    for (size_t i = 0; i < sizeof histories / sizeof *histories; i++)
        for (size_t epochs = 0; epochs <= 2; epochs++) {
            const lw_page_run run = {"run", histories[i], epochs, NULL};
            const lw_page page = {.size = sizeof page, .title = "t", .runs = &run, .run_count = 1};
            free(write_page(&page));
        }
    lw_error err = {0};
    lwt_assert_fails(lw_page_write(&empty, lwt_temp_path("none/page.html"), &err), LW_ERR_IO, &err, "page.html");
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(csv_is_as_documented),
        cmocka_unit_test(json_lines_are_objects),
        cmocka_unit_test(undefined_probabilities_are_null_in_json),
        cmocka_unit_test(windows_have_rows),
        cmocka_unit_test(the_table_is_readable_and_tame),
        cmocka_unit_test(the_table_is_sorted_and_marked),
        cmocka_unit_test(strings_become_safe),
        cmocka_unit_test(challenge_files_are_the_four_lines),
        cmocka_unit_test(a_full_disk_is_an_error),
        cmocka_unit_test(scores_survive_json_bit_for_bit),
        cmocka_unit_test(a_page_shows_runs_and_record),
        cmocka_unit_test(a_page_says_which_diagnoses_contradict_each_other),
        cmocka_unit_test(pages_of_little_are_pages),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
