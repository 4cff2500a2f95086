/* Predictions in any format: this file calls the writer of a format, and writes Challenge files. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "base/text.h"
#include "labels/labels.h"
#include "report/escape.h"
#include "report/predictions.h"

enum { CLASS_NAME_BYTES = LW_CLASS_CODES_MAX * 64 };

const char *const lw_lead_use_names[LW_LEAD_USE_COUNT] = {"used", "derived", "absent"};

lw_lead_use lw_prediction_lead_use(const lw_prediction *prediction, size_t lead) {
    const uint8_t flags = prediction->lead_flags[lead];
    return flags & LW_LEAD_MISSING ? LW_LEAD_USE_ABSENT : flags & LW_LEAD_DERIVED ? LW_LEAD_USE_DERIVED : LW_LEAD_USED;
}

const char *lw_prediction_contradiction(const lw_class_list *classes, const lw_prediction *prediction, size_t i,
                                        size_t *a, size_t *b) {
    const size_t count = lw_class_count(classes);
    for (*a = 0; *a < count; ++*a)
        for (*b = *a + 1; prediction->decisions[*a] && *b < count; ++*b) {
            const char *reason = prediction->decisions[*b] ? lw_classes_exclude(classes, *a, *b) : NULL;
            if (reason && i-- == 0)
                return reason;
        }
    return NULL;
}

/* Write `text` and free it. */
static lw_status flush_text(lw_output *output, lw_text *text, lw_error *err) {
    lw_status status =
        text->failed ? lw_fail_no_memory(err, "a prediction") : lw_output_write(output, text->data, text->length, err);
    lw_text_free(text);
    return status;
}

lw_status lw_predictions_begin(lw_output *output, lw_output_format format, const lw_predictions_about *about,
                               lw_error *err) {
    lw_text text = {0};
    lw_predictions_about own;
    const lw_status status = lw_options_take(&own, sizeof own, about, "lw_predictions_about", err);
    if (status != LW_OK)
        return status;
    if (format == LW_OUTPUT_CSV || format == LW_OUTPUT_CSV_WINDOWS)
        lw_predictions_csv_header(&text, own.classes, format == LW_OUTPUT_CSV_WINDOWS);
    else if (format == LW_OUTPUT_TABLE)
        lw_predictions_table_header(&text);
    else
        return LW_OK;
    return flush_text(output, &text, err);
}

lw_status lw_predictions_write(lw_output *output, lw_output_format format, const lw_predictions_about *about,
                               const lw_prediction *prediction, lw_error *err) {
    lw_text text = {0};
    lw_predictions_about own;
    const lw_status status = lw_options_take(&own, sizeof own, about, "lw_predictions_about", err);
    if (status != LW_OK)
        return status;
    switch (format) {
    case LW_OUTPUT_TABLE:
        lw_prediction_table(&text, &own, prediction);
        break;
    case LW_OUTPUT_CSV:
    case LW_OUTPUT_CSV_WINDOWS:
        lw_prediction_csv(&text, &own, prediction, format == LW_OUTPUT_CSV_WINDOWS);
        break;
    case LW_OUTPUT_JSONL:
        lw_prediction_json(&text, &own, prediction);
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
