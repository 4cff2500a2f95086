/* Predictions as table, CSV, JSON lines and Challenge files. */
#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "base/json.h"
#include "base/text.h"
#include "labels/labels.h"
#include "leadwise/report.h"
#include "report/escape.h"

enum { CLASS_NAME_BYTES = LW_CLASS_CODES_MAX * 64, RECORD_WIDTH = 20, DIAGNOSIS_WIDTH = 52 };

/* Write `text` and free it. */
static lw_status flush_text(lw_output *output, lw_text *text, lw_error *err) {
    lw_status status =
        text->failed ? lw_fail_no_memory(err, "a prediction") : lw_output_write(output, text->data, text->length, err);
    lw_text_free(text);
    return status;
}

static void csv_header(lw_text *text, const lw_class_list *classes, bool windows) {
    static const char *const prefixes[] = {"P_", "Y_"};
    lw_text_puts(text, windows ? "record,start_s,status" : "record,status");
    for (size_t p = 0; p < 2; p++)
        for (size_t i = 0; i < lw_class_count(classes); i++) {
            lw_text name = {0};
            lw_text_puts(&name, prefixes[p]);
            lw_text_puts(&name, lw_class_abbreviation(classes, i));
            lw_text_puts(text, ",");
            lw_text_csv(text, name.failed ? "" : name.data);
            text->failed |= name.failed;
            lw_text_free(&name);
        }
    lw_text_puts(text, "\n");
}

lw_status lw_predictions_begin(lw_output *output, lw_output_format format, const lw_class_list *classes,
                               lw_error *err) {
    lw_text text = {0};
    if (format == LW_OUTPUT_CSV || format == LW_OUTPUT_CSV_WINDOWS)
        csv_header(&text, classes, format == LW_OUTPUT_CSV_WINDOWS);
    else if (format == LW_OUTPUT_TABLE)
        lw_text_printf(&text, "%-*s %-*s %s\n", RECORD_WIDTH, "RECORD", DIAGNOSIS_WIDTH, "DIAGNOSIS", "PROBABILITY");
    else
        return LW_OK;
    return flush_text(output, &text, err);
}

static void write_csv(lw_text *text, const lw_class_list *classes, const lw_prediction *prediction, bool windows) {
    size_t count = lw_class_count(classes);
    lw_text_csv(text, prediction->record);
    if (windows)
        lw_text_puts(text, ",");
    if (windows && prediction->is_window)
        lw_text_printf(text, "%.9g", prediction->start_s);
    if (prediction->status != LW_OK) {
        lw_text_printf(text, ",rejected:%s", lw_status_name(prediction->status));
        for (size_t i = 0; i < 2 * count; i++)
            lw_text_puts(text, ",");
    } else {
        lw_text_puts(text, ",ok");
        for (size_t i = 0; i < count; i++)
            lw_text_printf(text, ",%.9g", (double)prediction->probabilities[i]);
        for (size_t i = 0; i < count; i++)
            lw_text_puts(text, prediction->decisions[i] ? ",1" : ",0");
    }
    lw_text_puts(text, "\n");
}

/* Fill the column that begins at `begin` with spaces. */
static void end_column(lw_text *text, size_t begin, size_t width) {
    const size_t used = text->length - begin;
    lw_text_printf(text, "%*s ", used < width ? (int)(width - used) : 0, "");
}

/* A line for each positive class, the record's name on the first. */
static void write_table(lw_text *text, const lw_class_list *classes, const lw_prediction *prediction) {
    size_t begin = text->length, positive_count = 0;
    lw_text_visible(text, prediction->record);
    end_column(text, begin, RECORD_WIDTH);
    if (prediction->status != LW_OK) {
        lw_text_printf(text, "rejected:%s ", lw_status_name(prediction->status));
        lw_text_visible(text, prediction->sentence ? prediction->sentence : "");
        lw_text_puts(text, "\n");
        return;
    }
    for (size_t i = 0; i < lw_class_count(classes); i++) {
        const lw_diagnosis *known = lw_diagnosis_find(lw_class_code(classes, i, 0));
        if (!prediction->decisions[i])
            continue;
        if (positive_count++ > 0)
            end_column(text, text->length, RECORD_WIDTH);
        begin = text->length;
        lw_text_visible(text, known ? known->name : lw_class_code(classes, i, 0));
        lw_text_puts(text, " (");
        lw_text_visible(text, lw_class_abbreviation(classes, i));
        lw_text_puts(text, ")");
        end_column(text, begin, DIAGNOSIS_WIDTH);
        lw_text_printf(text, "%.3f\n", (double)prediction->probabilities[i]);
    }
    if (positive_count == 0)
        lw_text_puts(text, "none of the classes\n");
}

/* {"AF": value, ...} of probabilities, or of decisions; NULL when out of memory. */
static json_t *class_values(const lw_class_list *classes, const lw_prediction *prediction, bool decisions) {
    json_t *object = json_object();
    for (size_t i = 0; i < lw_class_count(classes); i++) {
        char *name = lw_utf8_dup(lw_class_abbreviation(classes, i));
        lw_json_set(&object, name,
                    decisions ? json_integer(prediction->decisions[i])
                              : lw_json_number((double)prediction->probabilities[i]));
        free(name);
    }
    return object;
}

static json_t *prediction_object(const lw_class_list *classes, const lw_prediction *prediction) {
    json_t *object = json_object();
    lw_json_set(&object, "record", lw_json_utf8(prediction->record));
    if (prediction->status != LW_OK) {
        char status[64];
        snprintf(status, sizeof status, "rejected:%s", lw_status_name(prediction->status));
        lw_json_set(&object, "status", json_string(status));
        lw_json_set(&object, "error", lw_json_utf8(prediction->sentence ? prediction->sentence : ""));
    } else {
        lw_json_set(&object, "status", json_string("ok"));
        lw_json_set(&object, "probabilities", class_values(classes, prediction, false));
        lw_json_set(&object, "decisions", class_values(classes, prediction, true));
    }
    if (prediction->is_window)
        lw_json_set(&object, "start_s", json_real(prediction->start_s));
    return object;
}

static void write_jsonl(lw_text *text, const lw_class_list *classes, const lw_prediction *prediction) {
    json_t *object = prediction_object(classes, prediction);
    char *line = object ? json_dumps(object, JSON_COMPACT | JSON_REAL_PRECISION(9)) : NULL;
    if (line)
        lw_text_puts(text, line);
    else
        text->failed = true;
    lw_text_puts(text, "\n");
    free(line);
    json_decref(object);
}

lw_status lw_predictions_write(lw_output *output, lw_output_format format, const lw_class_list *classes,
                               const lw_prediction *prediction, lw_error *err) {
    lw_text text = {0};
    switch (format) {
    case LW_OUTPUT_TABLE:
        write_table(&text, classes, prediction);
        break;
    case LW_OUTPUT_CSV:
    case LW_OUTPUT_CSV_WINDOWS:
        write_csv(&text, classes, prediction, format == LW_OUTPUT_CSV_WINDOWS);
        break;
    case LW_OUTPUT_JSONL:
        write_jsonl(&text, classes, prediction);
        break;
    case LW_OUTPUT_CHALLENGE:
        return lw_fail(err, LW_ERR_ARGUMENT, "the Challenge's format is a file for each record, not a stream");
    }
    return flush_text(output, &text, err);
}

/* Not through lw_file_write: two fsyncs a file last minutes for 100,000 records, and these can be predicted again. */
static lw_status write_plain(const char *path, const lw_text *text, lw_error *err) {
    FILE *stream = fopen(path, "wb");
    if (!stream)
        return lw_fail(err, LW_ERR_IO, "%s: cannot create: %s", path, strerror(errno));
    bool written = fwrite(text->data, 1, text->length, stream) == text->length;
    if (fclose(stream) == 0 && written)
        return LW_OK;
    lw_status status = lw_fail(err, LW_ERR_IO, "%s: cannot write: %s", path, strerror(errno));
    remove(path); /* half a file would be scored as a malformed one */
    return status;
}

lw_status lw_prediction_write_challenge(const char *folder, const lw_class_list *classes,
                                        const lw_prediction *prediction, lw_error *err) {
    if (!lw_is_file_name(prediction->record))
        return lw_fail(err, LW_ERR_ARGUMENT, "record name \"%.80s\" cannot name a file", prediction->record);
    if (prediction->status != LW_OK)
        return lw_fail(err, LW_ERR_ARGUMENT, "%s was rejected: there is no output to write", prediction->record);
    lw_text text = {0}, path = {0};
    size_t count = lw_class_count(classes);
    char name[CLASS_NAME_BYTES];
    lw_text_printf(&path, "%s/%s.csv", folder, prediction->record);
    lw_text_printf(&text, "#%s\n", prediction->record);
    for (size_t i = 0; i < count; i++)
        lw_text_printf(&text, "%s%s", i ? "," : "", lw_class_name(classes, i, name, sizeof name));
    for (size_t i = 0; i < count; i++)
        lw_text_printf(&text, "%c%d", i ? ',' : '\n', prediction->decisions[i] != 0);
    for (size_t i = 0; i < count; i++)
        lw_text_printf(&text, "%c%.9g", i ? ',' : '\n', (double)prediction->probabilities[i]);
    lw_text_puts(&text, "\n");
    lw_status status =
        text.failed || path.failed ? lw_fail_no_memory(err, "an output file") : write_plain(path.data, &text, err);
    lw_text_free(&text);
    lw_text_free(&path);
    return status;
}
