/*
 * These tests read two thousand broken files. Each is refused with a status and a sentence, or read with a warning, or holds
 * what the undamaged file holds.
 */
#include "support.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>

#include "base/text.h"
#include "broken_files.h"
#include "evaluate/scoring.h"
#include "leadwise/report.h"
#include "leadwise/signal.h"
#include "train/run_folder.h"

/** What reading a file gave. */
typedef struct outcome {
    lw_status status;
    lw_error err;
    size_t warnings;
    lw_text content; /**< all that was read, as text */
} outcome;

/** Cut a file at its line "#--". */
static void divide(lwt_bytes file, lw_span *first, lw_span *second) {
    static const char mark[] = "\n#--\n";
    const lw_span whole = {(const char *)file.data, file.length};
    *first = whole;
    *second = (lw_span){whole.at + whole.length, 0};
    for (size_t i = 0; i + sizeof mark - 1 <= file.length; i++)
        if (memcmp(file.data + i, mark, sizeof mark - 1) == 0) {
            *first = (lw_span){whole.at, i + 1};
            *second = (lw_span){whole.at + i + sizeof mark - 1, file.length - i - (sizeof mark - 1)};
            return;
        }
}

static void write_span(const char *name, lw_span span) { lwt_write_file(lwt_temp_path(name), span.at, span.length); }

/** Marks of the quality gate that say that the signal is none. */
static size_t count_marks(const lw_record *record) {
    static lw_quality quality;
    lw_quality_meter *meter = NULL;
    lw_lead_set leads;
    lw_error err;
    lwt_assert_ok(lw_lead_set_parse("12", &leads, &err), &err);
    lwt_assert_ok(lw_quality_meter_create(&leads, 10, &meter, &err), &err);
    lw_quality_measure(meter, record, 0, lw_record_sample_count(record), &quality);
    lw_quality_meter_free(&meter);
    return quality.finding_count;
}

static void describe_record(const lw_record *record, outcome *out) {
    lw_text *text = &out->content;
    out->warnings = lw_record_warning_count(record) + count_marks(record);
    lw_text_printf(text, "%.17g Hz, age %g, sex %d", lw_record_rate_hz(record), lw_record_age_years(record),
                   (int)lw_record_sex(record));
    for (size_t i = 0; i < lw_record_code_count(record); i++)
        lw_text_printf(text, " %s", lw_record_code(record, i));
    for (size_t lead = 0; lead < lw_record_lead_count(record); lead++) {
        lw_text_printf(text, "\n%s:", lw_record_lead(record, lead)->name);
        double mv;
        for (size_t t = 0; lw_record_copy_mv(record, lead, t, 1, &mv) == 1; t++)
            lw_text_printf(text, " %.17g", mv);
    }
}

static void read_recording(const lw_record_file *files, size_t count, outcome *out) {
    const lw_record_options options = {.size = sizeof options, .rate_hz = 500};
    lw_record *record = NULL;
    out->status = lw_record_parse(files, count, &options, &record, &out->err);
    if (out->status == LW_OK)
        describe_record(record, out);
    lw_record_free(&record);
}

static void read_wfdb(lwt_bytes file, outcome *out) {
    lw_span header, signal;
    divide(file, &header, &signal);
    const lw_record_file files[] = {
        {"s.hea", header.at, header.length}, {"s.dat", signal.at, signal.length}, {"s.mat", signal.at, signal.length}};
    read_recording(files, 3, out);
}

static void read_csv(lwt_bytes file, outcome *out) {
    read_recording(&(lw_record_file){"s.csv", file.data, file.length}, 1, out);
}

static void read_model(lwt_bytes file, outcome *out) {
    lw_model *model = NULL;
    char hex[65] = "";
    out->status = lw_model_parse(file.data, file.length, "file", &model, &out->err);
    if (out->status == LW_OK)
        lwt_assert_ok(lw_model_sha256(model, hex, &out->err), &out->err);
    lw_text_puts(&out->content, hex);
    lw_model_free(&model);
}

static void read_prepared(lwt_bytes file, outcome *out) {
    lw_dataset *d = NULL;
    char hex[65] = "";
    lwt_write_file(lwt_temp_path("file"), file.data, file.length);
    out->status = lw_dataset_open(lwt_temp_path("file"), &d, &out->err);
    if (out->status == LW_OK)
        lwt_assert_ok(lw_dataset_sha256(d, hex, &out->err), &out->err);
    lw_text_puts(&out->content, hex);
    for (size_t i = 0; d && i < lw_dataset_record_count(d); i++)
        lw_text_printf(&out->content, " %s %s %g %d %llu", lw_dataset_source(d, i), lw_dataset_group(d, i),
                       (double)lw_dataset_age_years(d, i), (int)lw_dataset_sex(d, i),
                       (unsigned long long)lw_dataset_signal_hash(d, i));
    lw_dataset_free(&d);
}

static void put_floats(lw_text *text, const float *values, size_t count) {
    for (size_t i = 0; i < count; i++)
        lw_text_printf(text, " %.9g", (double)values[i]);
}

static void read_checkpoint(lwt_bytes file, outcome *out) {
    lw_train_state state;
    bool found = false;
    lwt_assert_ok(lw_train_state_create(6, 4, 1e-3, false, &state, &out->err), &out->err);
    lwt_write_file(lwt_temp_path(LW_CHECKPOINT_A), file.data, file.length);
    out->status = lw_checkpoint_load(lwt_temp_dir(), "{\"batch\":32}", &state, &found, &out->err);
    assert_true(found || out->status != LW_OK);
    put_floats(&out->content, state.values, 6);
    put_floats(&out->content, state.m, 4);
    lw_text_printf(&out->content, " epoch %llu", (unsigned long long)state.epoch);
    lw_train_state_free(&state);
}

static char *terminated(lwt_bytes file) {
    char *text = malloc(file.length + 1);
    assert_non_null(text);
    memcpy(text, file.data, file.length);
    text[file.length] = '\0';
    return text;
}

static void read_network(lwt_bytes file, outcome *out) {
    lw_network *network = NULL;
    lwt_write_file(lwt_temp_path("file.json"), file.data, file.length);
    out->status = lw_network_load(lwt_temp_path("file.json"), NULL, &network, &out->err);
    char *json = network ? lw_network_json(network) : NULL;
    lw_text_puts(&out->content, json ? json : "");
    lw_string_free(&json);
    lw_network_free(&network);
}

static void read_classes(lwt_bytes file, outcome *out) {
    lw_class_list *classes = NULL;
    char *text = terminated(file);
    out->status = lw_class_list_parse(text, &classes, &out->err);
    char *json = classes ? lw_class_list_json(classes) : NULL;
    lw_text_puts(&out->content, json ? json : "");
    lw_string_free(&json);
    lw_class_list_free(&classes);
    free(text);
}

static void read_labels(lwt_bytes file, outcome *out) {
    const char *folder = lwt_temp_path("recordings");
    lw_record_list *list = NULL;
    (void)mkdir(folder, 0700);
    write_span("recordings/R1.hea", (lw_span){"R1 1 500 5000\n", 14});
    write_span("recordings/R2.hea", (lw_span){"R2 1 500 5000\n", 14});
    lwt_write_file(lwt_temp_path("recordings/labels.csv"), file.data, file.length);
    out->status = lw_record_list_scan(&folder, 1, NULL, &list, &out->err);
    out->warnings = list ? lw_record_list_note_count(list) : 0;
    for (size_t i = 0; list && i < lw_record_list_count(list); i++) {
        const char *const *codes;
        size_t count = 0;
        lw_text_printf(&out->content, "\n%s", lw_record_list_group(list, i));
        for (size_t k = lw_record_list_codes(list, i, &codes, &count) ? count : 0; k > 0; k--)
            lw_text_printf(&out->content, " %s", codes[k - 1]);
    }
    lw_record_list_free(&list);
}

static void read_groups(lwt_bytes file, outcome *out) {
    lw_dataset *d = NULL;
    lw_group_counts counts = {0};
    char path[1100];
    snprintf(path, sizeof path, "%s/fuzz/corpus/prepared/all", LWT_SOURCE_DIR);
    lwt_assert_ok(lw_dataset_open(path, &d, &out->err), &out->err);
    lwt_write_file(lwt_temp_path("file.csv"), file.data, file.length);
    out->status = lw_dataset_count_groups(d, lwt_temp_path("file.csv"), &counts, &out->err);
    out->warnings = counts.unknown_count + counts.stray_count;
    lw_dataset_free(&d);
}

static void count_note(void *context, const char *sentence) {
    assert_true(*sentence != '\0');
    ++*(size_t *)context;
}

static void read_output(lwt_bytes file, outcome *out) {
    lw_span header, output;
    char labels[1100];
    const lw_evaluate_options options = {
        .size = sizeof options, .threads = 1, .note = count_note, .context = &out->warnings};
    lw_evaluation evaluation = {.replicate_count = 0};
    divide(file, &header, &output);
    (void)mkdir(lwt_temp_path("labels"), 0700);
    (void)mkdir(lwt_temp_path("outputs"), 0700);
    write_span("labels/R1.hea", header);
    write_span("outputs/R1.csv", output);
    snprintf(labels, sizeof labels, "%s", lwt_temp_path("labels"));
    out->status = lw_evaluate_folders(labels, lwt_temp_path("outputs"), &options, &evaluation, &out->err);
    char *json = NULL;
    if (out->status == LW_OK)
        lwt_assert_ok(lw_evaluation_json(&evaluation, &json, &out->err), &out->err);
    lw_text_puts(&out->content, json ? json : "");
    lw_string_free(&json);
    lw_evaluation_free(&evaluation);
}

static void read_rewards(lwt_bytes file, outcome *out) {
    lw_scoring scoring = {0};
    lwt_write_file(lwt_temp_path("weights.csv"), file.data, file.length);
    out->status = lw_scoring_create(2021, lwt_temp_path("weights.csv"), &scoring, &out->err);
    const size_t classes = out->status == LW_OK ? lw_class_count(scoring.classes) : 0;
    for (size_t i = 0; i < classes * classes; i++)
        lw_text_printf(&out->content, " %.17g", scoring.rewards[i]);
    lw_scoring_free(&scoring);
}

/** A run whose configuration is another is not taken for the one that is asked for. */
static void read_run(lwt_bytes file, outcome *out) {
    static char *asked; /* of the first file, which is whole */
    lw_run_outcome run;
    char difference[LW_DIFFERENCE_BYTES];
    lwt_write_file(lwt_temp_path(LW_RUN_FILE), file.data, file.length);
    out->status = lw_run_file_read(lwt_temp_dir(), &run, &out->err);
    if (out->status == LW_OK && !asked)
        asked = strdup(run.configuration);
    else if (out->status == LW_OK && run.finished && lw_configuration_differs(run.configuration, asked, difference))
        out->status = lw_error_set(&out->err, LW_ERR_MISMATCH, "configuration: %s", difference);
    const lw_train_result *result = &run.result;
    lw_text_printf(&out->content, "%d %d %zu %zu %zu %.17g %zu %.17g", run.finished, run.stopped_early,
                   run.epochs_asked, result->epoch_count, result->best_epoch, result->best_validation_loss,
                   result->test.record_count, result->test.plain.value[LW_AUROC]);
    lw_string_free(&run.configuration);
}

/** The program itself: its parser is not part of the library. The seed's operand is no recording, which the program says. */
static void read_config(lwt_bytes file, outcome *out) {
    char command[4096], sentence[512] = "";
    lwt_write_file(lwt_temp_path("config.json"), file.data, file.length);
    snprintf(command, sizeof command, "cd '%s' && '%s' train --config config.json -o run 2>&1", lwt_temp_dir(),
             LWT_CLI);
    FILE *stream = popen(command, "r");
    assert_non_null(stream);
    const size_t length = fread(sentence, 1, sizeof sentence - 1, stream);
    sentence[strcspn(sentence, "\n")] = '\0';
    while (getc(stream) != EOF)
        ;
    const int code = pclose(stream);
    assert_true(length > 0 && WIFEXITED(code) && WEXITSTATUS(code) > 1);
    lw_text_puts(&out->content, sentence);
    if (WEXITSTATUS(code) == 2)
        out->status = lw_error_set(&out->err, LW_ERR_ARGUMENT, "%s", sentence);
}

static outcome read_file(lwt_kind kind, lwt_bytes file) {
    static void (*const readers[])(lwt_bytes, outcome *) = {
        [LWT_WFDB] = read_wfdb,
        [LWT_CSV] = read_csv,
        [LWT_MODEL] = read_model,
        [LWT_PREPARED] = read_prepared,
        [LWT_CHECKPOINT] = read_checkpoint,
        [LWT_NETWORK] = read_network,
        [LWT_CLASSES] = read_classes,
        [LWT_LABELS] = read_labels,
        [LWT_GROUPS] = read_groups,
        [LWT_OUTPUT] = read_output,
        [LWT_REWARDS] = read_rewards,
        [LWT_RUN] = read_run,
        [LWT_CONFIG] = read_config,
    };
    outcome out = {.status = LW_OK};
    readers[kind](file, &out);
    return out;
}

/** Whether a failure is one that the file caused, with a sentence that says where the damage is. */
static bool is_typed(const outcome *o) {
    return o->status != LW_OK && o->status != LW_ERR_INTERNAL && o->status != LW_ERR_NO_MEMORY &&
           o->err.status == o->status && strchr(o->err.message, ':');
}

/** How many broken files were read in which way. */
typedef struct tally {
    size_t refused, warned, same, silent;
} tally;

static void judge(size_t i, const lwt_broken *broken, const outcome *whole, tally *t) {
    outcome damaged = read_file(broken->kind, broken->file);
    const bool read = damaged.status == LW_OK && damaged.content.length > 0;
    if (is_typed(&damaged))
        t->refused++;
    else if (read && damaged.warnings > whole->warnings)
        t->warned++;
    else if (read && strcmp(damaged.content.data, whole->content.data) == 0)
        t->same++;
    else {
        t->silent++;
        print_message("%zu: %s, %s: %s '%s'\n", i, broken->seed, broken->what, lw_status_name(damaged.status),
                      damaged.status != LW_OK ? damaged.err.message : "read in silence");
    }
    lw_text_free(&damaged.content);
}

static void a_broken_file_is_refused_or_warned_of(void **state) {
    (void)state;
    tally t = {0};
    const char *seed = "";
    outcome whole = {.status = LW_OK};
    for (size_t i = 0; i < LWT_BROKEN_FILES; i++) {
        const lwt_broken broken = lwt_broken_make(i);
        if (strcmp(broken.seed, seed) != 0) {
            const lwt_bytes file = lwt_seed_read(broken.seed);
            lw_text_free(&whole.content);
            whole = read_file(broken.kind, file);
            lwt_assert_ok(whole.status, &whole.err);
            seed = broken.seed;
            free(file.data);
        }
        judge(i, &broken, &whole, &t);
        free(broken.file.data);
    }
    lw_text_free(&whole.content);
    print_message("%zu refused, %zu read with a warning, %zu read unchanged\n", t.refused, t.warned, t.same);
    assert_int_equal(t.silent, 0);
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(a_broken_file_is_refused_or_warned_of)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
