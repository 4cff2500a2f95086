/* Label and output files as people write them: both dialects, what is malformed, and what the scripts misread. */
#include "support.h"

#include "dataset_support.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "evaluate/folders.h"
#include "leadwise/evaluate.h"

#define HEADER "R 1 500 5000\nR.mat 16+24 1000/mV 16 0 0 0 0 I\n"

/* Two folders of a test's own, and the last note. */
typedef struct world {
    char labels[512], outputs[512];
    char note[512];
    size_t notes;
} world;

static world new_world(const char *name) {
    world made = {.notes = 0};
    char folder[64];
    const char *parts[] = {"", "-labels", "-outputs"};
    for (size_t i = 1; i < 3; i++) {
        snprintf(folder, sizeof folder, "%s%s", name, parts[i]);
        assert_int_equal(mkdir(lwt_temp_path(folder), 0700), 0);
        snprintf(i == 1 ? made.labels : made.outputs, sizeof made.labels, "%s", lwt_temp_path(folder));
    }
    return made;
}

static void put(const char *folder, const char *name, const char *text) {
    char path[1024];
    snprintf(path, sizeof path, "%s/%s", folder, name);
    lwt_write_file(path, text, strlen(text));
}

static void keep_note(void *context, const char *sentence) {
    world *of = context;
    snprintf(of->note, sizeof of->note, "%s", sentence);
    of->notes++;
}

static lw_status evaluate(world *in, int year, bool official, lw_scores *scores, lw_error *err) {
    const lw_evaluate_options options = {
        .size = sizeof options, .year = year, .official = official, .note = keep_note, .context = in};
    lw_evaluation evaluation = {.replicate_count = 0};
    const lw_status status = lw_evaluate_folders(in->labels, in->outputs, &options, &evaluation, err);
    *scores = evaluation.scores;
    return status;
}

/* Two records: A has AF and is called so, B has sinus bradycardia and is called so. */
static world good_world(const char *name) {
    world made = new_world(name);
    put(made.labels, "A.hea", HEADER "#Age: 60\n#Dx: 164889003\n");
    put(made.labels, "B.hea", HEADER "#Dx: 426177001,426177001, ,368009\n");
    put(made.outputs, "A.csv", "#A\n164889003,426177001\n1,0\n0.9,0.1\n");
    put(made.outputs, "B.csv", "#B\n164889003,426177001\n0,1\n0.2,0.8\n");
    return made;
}

static void check_perfect(world *in, int year, bool official) {
    lw_scores scores;
    lw_error err = {0};
    lwt_assert_ok(evaluate(in, year, official, &scores, &err), &err);
    assert_true(scores.challenge_metric == 1 && scores.accuracy == 1 && scores.auroc == 1);
    assert_int_equal(scores.record_count, 2);
    lw_scores_free(&scores);
}

static void both_dialects_are_read_with_a_note(void **state) {
    (void)state;
    world in = good_world("dialect");
    check_perfect(&in, 2020, false);
    assert_int_equal(in.notes, 0);
    put(in.labels, "A.hea", HEADER "# Dx: 164889003\r\n");
    check_perfect(&in, 2021, false);
    assert_int_equal(in.notes, 1);
    assert_non_null(strstr(in.note, "A.hea:3: \"# Dx\" with a space, in 1 headers"));
    put(in.labels, "A.hea", HEADER "#Age: 1\n");
    lw_scores scores;
    lw_error err = {0};
    lwt_assert_ok(evaluate(&in, 2021, false, &scores, &err), &err);
    assert_non_null(strstr(in.note, "A.hea:3: the header has no Dx line"));
    assert_true(scores.accuracy == 0.5);
    lw_scores_free(&scores);
}

static void folders_below_and_labels_csv_are_read(void **state) {
    (void)state;
    world in = good_world("nested");
    char below[600], path[1200];
    snprintf(below, sizeof below, "%s/below", in.labels);
    assert_int_equal(mkdir(below, 0700), 0);
    snprintf(path, sizeof path, "%s/B.hea", in.labels);
    assert_int_equal(remove(path), 0);
    put(below, "B.hea", HEADER "#Dx: 164889003\n");
    put(below, "labels.csv", "record,codes\nB,426177001|368009\n");
    check_perfect(&in, 2020, false);
    put(below, "A.hea", HEADER "#Dx: 368009\n");
    lw_scores scores;
    lw_error err = {0};
    lwt_assert_fails(evaluate(&in, 2020, false, &scores, &err), LW_ERR_FORMAT, &err, "two records are called A");
}

static void a_prepared_file_has_the_labels_too(void **state) {
    (void)state;
    world in = new_world("prepared");
    lwt_data data = lwt_data_create(2, 0); /* R000 has sinus rhythm, R001 atrial fibrillation */
    snprintf(in.labels, sizeof in.labels, "%s", lwt_temp_path("prepared.safetensors"));
    lwt_data_write(&data, (const size_t[]){1, 0}, in.labels); /* the names the other way round */
    lwt_data_free(&data);
    put(in.outputs, "R000.csv", "#R000\n164889003,426783006\n1,0\n0.9,0.1\n");
    put(in.outputs, "R001.csv", "#R001\n164889003,426783006\n0,1\n0.2,0.8\n");
    check_perfect(&in, 2021, false);
    put(in.outputs, "R002.csv", "#R002\n164889003\n0\n0.2\n");
    lw_scores scores;
    lw_error err = {0};
    lwt_assert_fails(evaluate(&in, 2021, false, &scores, &err), LW_ERR_FORMAT, &err, "R002.csv is of a record");
    lwt_write_file(in.labels, "nothing", 7);
    lwt_assert_fails(evaluate(&in, 2021, false, &scores, &err), LW_ERR_MODEL, &err, "prepared.safetensors");
}

static void records_are_paired_by_name(void **state) {
    (void)state;
    world in = good_world("pairs");
    lw_scores scores;
    lw_error err = {0};
    put(in.outputs, "A-1.csv", "#A-1\n164889003\n0\n0\n");
    lwt_assert_fails(evaluate(&in, 2020, false, &scores, &err), LW_ERR_FORMAT, &err,
                     "output file A-1.csv is of a record without labels");
    check_perfect(&in, 2020, true);
    put(in.labels, "A-1.hea", HEADER "#Dx: 368009\n");
    lwt_assert_ok(evaluate(&in, 2020, false, &scores, &err), &err);
    lw_scores_free(&scores);
    put(in.labels, "C.hea", HEADER "#Dx: 368009\n");
    for (int official = 0; official <= 1; official++)
        lwt_assert_fails(evaluate(&in, 2020, official, &scores, &err), LW_ERR_FORMAT, &err,
                         "labelled record C has no output file");
    world empty = new_world("empty");
    lwt_assert_fails(evaluate(&empty, 2020, false, &scores, &err), LW_ERR_FORMAT, &err, "no header with labels");
    lwt_assert_fails(evaluate(&empty, 2020, true, &scores, &err), LW_ERR_FORMAT, &err, "no header with labels");
    snprintf(empty.labels, sizeof empty.labels, "%s", lwt_temp_path("not-there"));
    lwt_assert_fails(evaluate(&empty, 2020, false, &scores, &err), LW_ERR_IO, &err, "not-there");
}

static void hidden_records_are_left_out_and_unknown_labels_told(void **state) {
    (void)state;
    world in = good_world("hidden");
    put(in.labels, ".hid.hea", HEADER "#Dx: 164889003\n");
    lw_scores scores;
    lw_error err = {0};
    put(in.outputs, ".hid.csv", "#.hid\n164889003,426177001\n0,1\n0.1,0.9\n");
    lwt_assert_ok(evaluate(&in, 2020, false, &scores, &err), &err);
    assert_int_equal(scores.record_count, 2);
    assert_true(scores.challenge_metric == 1);
    lw_scores_free(&scores);
    check_perfect(&in, 2020, true); /* the script sees neither, either */
    in.notes = 0;
    put(in.labels, "labels.csv", "record,codes\nA,164889003\nD,164889003\n");
    lwt_assert_ok(evaluate(&in, 2020, false, &scores, &err), &err);
    lw_scores_free(&scores);
    assert_int_equal(in.notes, 2);
    assert_non_null(strstr(in.note, "labels.csv: has no line for 1 of 2 recordings, B.hea the first"));
}

static void malformed_outputs_are_named(void **state) {
    (void)state;
    static const struct {
        const char *text, *part;
    } cases[] = {
        {"", "A.csv:1: the file ends, expected a line of codes"},
        {"#A\n", "A.csv:2: the file ends, expected a line of codes"},
        {"#A\n164889003\n", "A.csv:3: the file ends, expected a line of decisions"},
        {"#A\n164889003\n1\n", "A.csv:4: the file ends, expected a line of scores"},
        {"#A\n164889003,1\n1\n0.5,0.5\n", "A.csv:3: 1 decisions for 2 codes"},
        {"#A\n164889003\n1\n0.5,0.5\n", "A.csv:4: 2 scores for 1 codes"},
        {"#A\n164889003,1\n1,yes\n0.5,0.5\n", "A.csv:3: decision \"yes\" in column 2, expected 0 or 1"},
        {"#A\n164889003,1\n1,0\n0.5,\n", "A.csv:4: score \"\" in column 2 is not a number"},
        {"#A\n164889003,1\n1,0\n0.5,0x1\n", "A.csv:4: score \"0x1\" in column 2 is not a number"},
    };
    world in = good_world("malformed");
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        lw_scores scores;
        lw_error err = {0};
        put(in.outputs, "A.csv", cases[i].text);
        lwt_assert_fails(evaluate(&in, 2020, false, &scores, &err), LW_ERR_FORMAT, &err, cases[i].part);
        assert_null(scores.per_class);
    }
}

static void oddities_are_read_with_a_note(void **state) {
    (void)state;
    static const struct {
        const char *text, *part;
        int year;
    } cases[] = {
        {"#A\n164889003,426177001\n1,0\n0.9,nan\n", "A.csv:4: 1 of 2 scores are not finite", 2020},
        {"#A\n164889003,426177001\n1,0\n0.9,0\nmore\n", "A.csv:5: a line after the scores is ignored", 2021},
        {"164889003,426177001\n1,0\n0.9,0\n", "A.csv:1: expected the codes in line 2", 2021},
        {"#A\n164889003,426177001,270492004\n1,0,1.0\n0.9,0,0\n", "A.csv:3: decision \"1.0\" in column 3 counts as 0",
         2020},
    };
    world in = good_world("odd");
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        put(in.outputs, "A.csv", cases[i].text);
        in.notes = 0;
        check_perfect(&in, cases[i].year, false);
        assert_int_equal(in.notes, 1);
        assert_non_null(strstr(in.note, cases[i].part));
    }
    put(in.outputs, "A.csv", "#A\n\n\n\n");
    lw_scores scores;
    lw_error err = {0};
    lwt_assert_ok(evaluate(&in, 2020, false, &scores, &err), &err);
    assert_non_null(strstr(in.note, "A.csv:2: no class"));
    lw_scores_free(&scores);
}

static void one_point_zero_is_one_in_2021(void **state) {
    (void)state;
    world in = good_world("decimal");
    put(in.outputs, "A.csv", "#A\n164889003,426177001\n1.0,0.0\n0.9,0.1\n");
    check_perfect(&in, 2021, true);
    check_perfect(&in, 2021, false);
    lw_scores scores;
    lw_error err = {0};
    for (int official = 0; official <= 1; official++) {
        lwt_assert_ok(evaluate(&in, 2020, official, &scores, &err), &err);
        assert_true(scores.accuracy == 0.5);
        lw_scores_free(&scores);
    }
}

static void joined_columns_are_split_but_by_2020s_script(void **state) {
    (void)state;
    world in = new_world("joined");
    put(in.labels, "A.hea", HEADER "#Dx: 59118001\n");
    put(in.labels, "B.hea", HEADER "#Dx: 426177001\n");
    put(in.outputs, "A.csv", "#A\n713427006|59118001,426177001\n1,0\n0.9,0.1\n");
    put(in.outputs, "B.csv", "#B\n426177001,713427006\n1,0\n0.9,0.1\n");
    check_perfect(&in, 2021, true);
    check_perfect(&in, 2021, false);
    check_perfect(&in, 2020, false);
    lw_scores scores;
    lw_error err = {0};
    lwt_assert_ok(evaluate(&in, 2020, true, &scores, &err), &err);
    assert_true(scores.accuracy == 0.5);
    lw_scores_free(&scores);
}

static void the_scripts_slips_on_labels_are_repeated(void **state) {
    (void)state;
    world in = good_world("slips");
    lw_scores scores;
    lw_error err = {0};
    check_perfect(&in, 2021, true);
    put(in.labels, "A.hea", HEADER "# Dx: 164889003\n");
    lwt_assert_fails(evaluate(&in, 2020, true, &scores, &err), LW_ERR_FORMAT, &err, "1 #Dx lines in 2 headers");
    put(in.labels, "B.hea", HEADER "# Dx: 426177001\n");
    lwt_assert_ok(evaluate(&in, 2021, true, &scores, &err), &err);
    assert_true(scores.challenge_metric == 0 && isnan(scores.auroc));
    lw_scores_free(&scores);
    /* Both lines in one header: 2020's list of lines is shifted back into step, 2021 takes both for one record. */
    put(in.labels, "A.hea", HEADER "#Dx: 164889003\n#Dx: 426177001\n");
    check_perfect(&in, 2020, true);
    lwt_assert_ok(evaluate(&in, 2021, true, &scores, &err), &err);
    assert_true(scores.accuracy == 0);
    lw_scores_free(&scores);
    put(in.labels, "A.hea", HEADER "#Dx:164889003\n");
    lwt_assert_fails(evaluate(&in, 2020, true, &scores, &err), LW_ERR_FORMAT, &err, "A.hea:3: the official script");
}

static void the_scripts_slips_on_outputs_are_repeated(void **state) {
    (void)state;
    world in = good_world("ragged");
    lw_scores scores;
    lw_error err = {0};
    put(in.outputs, "A.csv", "#A\n164889003,426177001\n1\n0.9,0.1\n");
    lwt_assert_fails(evaluate(&in, 2021, true, &scores, &err), LW_ERR_FORMAT, &err, "column 2 has no value");
    lwt_assert_ok(evaluate(&in, 2020, true, &scores, &err), &err); /* all negative */
    assert_true(scores.accuracy == 0.5);
    lw_scores_free(&scores);
    put(in.outputs, "A.csv", "#A\n164889003,1\n1\n0.9\n"); /* a class that is not scored may lack its value */
    check_perfect(&in, 2021, true);
    put(in.outputs, "A.csv", "#A\n164889003,426177001\n1,yes\n0.9,what\n");
    check_perfect(&in, 2021, true);
    put(in.outputs, "A.csv", "#A\n164889003\n1\n");
    lwt_assert_fails(evaluate(&in, 2021, true, &scores, &err), LW_ERR_FORMAT, &err, "there is no line of scores");
}

/* The same two outputs as people's programs and spreadsheets write them. */
static void outputs_of_many_kinds_are_read_alike(void **state) {
    (void)state;
    static const char *const texts[] = {
        "\xEF\xBB\xBF#A\n164889003,426177001\n1,0\n0.9,0.1\n",
        "#A\n\"164889003\",\"426177001\"\n\"1\",\"0\"\n\"0.9\",\"0.1\"\n",
        "#A\r\n'164889003', '426177001'\r\n1, 0\r\n0.9, 0.1\r\n",
        "#A\n164889003;426177001\n1;0\n0.9;0.1\n",
        "#A\n164889003;426177001\n1;0\n0,9;0,1\n",
        "#A\n164889003\t426177001\n1\t0\n0.9\t0.1\n",
        "\xEF\xBB\xBF#A\r\n\"164889003\";\"426177001\"\r\nTrue;False\r\n\"0,9\";\"0,1\"\r\n",
    };
    world in = good_world("kinds");
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
        put(in.outputs, "A.csv", texts[i]);
        in.notes = 0;
        check_perfect(&in, 2021, false);
        assert_int_equal(in.notes, 0);
    }
}

static void columns_that_count_for_nothing_are_told(void **state) {
    (void)state;
    static const struct {
        const char *text, *note;
    } cases[] = {
        {"#A\n164889003,426177001,426783006.0\n1,0,0\n0.9,0.1,0\n",
         "A.csv:2: column \"426783006.0\" is no SNOMED CT code and counts for nothing; so in 1 files"},
        {"#A\n164889003,426177001,AF\n1,0,0\n0.9,0.1,0\n", "A.csv:2: column \"AF\" is no SNOMED CT code"},
        {"#A\n164889003,426177001,9999\n1,0,0\n0.9,0.1,0\n", "A.csv:2: column \"9999\" is no class that is scored"},
        {"#A\n164889003,426177001,164889003\n1,0,1\n0.9,0.1,0.9\n",
         "A.csv:2: column \"164889003\" is there twice; both"},
    };
    world in = good_world("columns");
    lw_scores scores;
    lw_error err = {0};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        put(in.outputs, "A.csv", cases[i].text);
        in.notes = 0;
        check_perfect(&in, 2021, false);
        assert_int_equal(in.notes, 1);
        assert_non_null(strstr(in.note, cases[i].note));
    }
    put(in.outputs, "A.csv", "#A\nAF,SB\n1,0\n0.9,0.1\n");
    lwt_assert_fails(evaluate(&in, 2021, false, &scores, &err), LW_ERR_FORMAT, &err,
                     "A.csv:2: no column names a scored class, expected SNOMED CT codes, but the first is \"AF\"");
    lwt_assert_ok(evaluate(&in, 2021, true, &scores, &err), &err); /* all negative, as the script has it */
    assert_true(scores.accuracy == 0.5);
    lw_scores_free(&scores);
    put(in.outputs, "A.csv", "#A\n426177001\n0\n0.1\n");
    put(in.outputs, "B.csv", "#B\n426177001\n1\n0.9\n");
    in.notes = 0;
    lwt_assert_ok(evaluate(&in, 2021, false, &scores, &err), &err);
    lw_scores_free(&scores);
    assert_int_equal(in.notes, 1);
    assert_non_null(strstr(in.note, "no output has a column for AF, which 1 recordings have"));
}

static void damaged_diagnoses_are_told_and_labels_that_are_all_gone_refused(void **state) {
    (void)state;
    world in = good_world("damaged");
    lw_scores scores;
    lw_error err = {0};
    put(in.labels, "A.hea", HEADER "#Age: 60\n#Dx: 164889003,4.26783E+08\n");
    check_perfect(&in, 2021, false);
    assert_int_equal(in.notes, 1);
    assert_non_null(strstr(in.note, "A.hea:4: diagnosis 4.26783E+08 is no code of SNOMED CT"));
    put(in.labels, "A.hea", HEADER "#Dx: 164889003, Jane Doe\n");
    check_perfect(&in, 2021, false);
    assert_non_null(strstr(in.note, "A.hea:3: a diagnosis that is no number"));
    put(in.labels, "A.hea", HEADER "#Dx: 164889003.0\n");
    put(in.labels, "B.hea", HEADER "#Dx: 426177001.0\n");
    lwt_assert_fails(evaluate(&in, 2021, false, &scores, &err), LW_ERR_FORMAT, &err,
                     "none of 2 recordings has a diagnosis that is one of the 26 classes");
    lwt_assert_ok(evaluate(&in, 2021, true, &scores, &err), &err);
    lw_scores_free(&scores);
}

static void matrix_files_are_checked(void **state) {
    (void)state;
    static const struct {
        const char *text, *part;
    } cases[] = {
        {"", "weights.csv:1: the file is empty"},
        {"a,b\n", "weights.csv:1: expected \",code,code...\""},
        {",426783006,426783006 7\n", "weights.csv:1: class code \"426783006 7\" is not a code"},
        {",426783006\n", "weights.csv:2: the file ends, expected 1 rows"},
        {",426783006\n1,1\n", "weights.csv:2: expected the row of 426783006"},
        {",426783006\n426783006,x\n", "weights.csv:2: reward 1 is not a number"},
        {",426783006\n426783006,1,2\n", "weights.csv:2: expected 1 rewards"},
        {",1\n1,1\n", "weights.csv: sinus rhythm (426783006) is not among"},
        {",426783006,713427006,59118001\n426783006,1,.5,.4\n713427006,.5,1,1\n59118001,.5,1,1\n",
         "weights.csv:2: reward 3 differs from that of an equal class"},
    };
    world in = good_world("weights");
    char path[600];
    snprintf(path, sizeof path, "%s/weights.csv", in.labels);
    const lw_evaluate_options options = {.size = sizeof options, .year = 2020, .weights = path};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        lw_evaluation evaluation = {.replicate_count = 0};
        lw_error err = {0};
        put(in.labels, "weights.csv", cases[i].text);
        lwt_assert_fails(lw_evaluate_folders(in.labels, in.outputs, &options, &evaluation, &err), LW_ERR_FORMAT, &err,
                         cases[i].part);
    }
}

static void a_few_classes_can_be_scored(void **state) {
    (void)state;
    world in = good_world("few");
    char path[600];
    snprintf(path, sizeof path, "%s", lwt_temp_path("few.csv"));
    const char *text = ",164889003,426783006\n164889003,1,0.5\n426783006,0.5,1\n";
    lwt_write_file(path, text, strlen(text));
    const lw_evaluate_options options = {.size = sizeof options, .year = 2021, .weights = path};
    lw_evaluation evaluation = {.replicate_count = 0};
    lw_error err = {0};
    lwt_assert_ok(lw_evaluate_folders(in.labels, in.outputs, &options, &evaluation, &err), &err);
    lw_scores scores = evaluation.scores;
    assert_int_equal(scores.class_count, 2);
    assert_string_equal(scores.per_class[0].abbreviation, "AF");
    assert_true(scores.correct_score == 1 && scores.inactive_score == 0.25 && scores.challenge_metric == 1);
    lw_scores_free(&scores);
}

static void without_options_the_scores_are_those_of_2021(void **state) {
    (void)state;
    world in = good_world("defaults");
    const lw_evaluate_options sizeless = {.year = 2021};
    lw_evaluation evaluation = {.replicate_count = 0};
    lw_error err = {0};
    lwt_assert_ok(lw_evaluate_folders(in.labels, in.outputs, NULL, &evaluation, &err), &err);
    assert_int_equal(evaluation.scores.year, 2021);
    assert_true(evaluation.group_count == 0 && evaluation.replicate_count == 0);
    lw_evaluation_free(&evaluation);
    lwt_assert_fails(lw_evaluate_folders(in.labels, in.outputs, &sizeless, &evaluation, &err), LW_ERR_ARGUMENT, &err,
                     "lw_evaluate_options");
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(without_options_the_scores_are_those_of_2021),
        cmocka_unit_test(both_dialects_are_read_with_a_note),
        cmocka_unit_test(folders_below_and_labels_csv_are_read),
        cmocka_unit_test(a_prepared_file_has_the_labels_too),
        cmocka_unit_test(records_are_paired_by_name),
        cmocka_unit_test(hidden_records_are_left_out_and_unknown_labels_told),
        cmocka_unit_test(malformed_outputs_are_named),
        cmocka_unit_test(oddities_are_read_with_a_note),
        cmocka_unit_test(one_point_zero_is_one_in_2021),
        cmocka_unit_test(joined_columns_are_split_but_by_2020s_script),
        cmocka_unit_test(the_scripts_slips_on_labels_are_repeated),
        cmocka_unit_test(the_scripts_slips_on_outputs_are_repeated),
        cmocka_unit_test(outputs_of_many_kinds_are_read_alike),
        cmocka_unit_test(columns_that_count_for_nothing_are_told),
        cmocka_unit_test(damaged_diagnoses_are_told_and_labels_that_are_all_gone_refused),
        cmocka_unit_test(matrix_files_are_checked),
        cmocka_unit_test(a_few_classes_can_be_scored),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
