/* This file holds what readers share: places in sentences, a file's beginning, a record's shape, comments on patients.
 */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "base/memory.h"
#include "record/diagnosis_code.h"
#include "record/reader.h"

static const size_t max_first_file = (size_t)1 << 30;

bool lw_name_ends(const char *name, const char *suffix) {
    size_t length = strlen(name), tail = strlen(suffix);
    return length > tail && lw_span_equals_nocase((lw_span){name + length - tail, tail}, suffix);
}

bool lw_span_is_one_of(lw_span span, const char *const *words) {
    for (; *words; words++)
        if (lw_span_equals_nocase(span, *words))
            return true;
    return false;
}

void lw_place(char place[LW_PLACE_LENGTH], const char *file, size_t line) {
    enum { MOST = LW_PLACE_LENGTH - 24 }; /* leaves room for the largest line number */
    size_t length = strlen(file);
    snprintf(place, LW_PLACE_LENGTH, "%s:%zu", length > MOST ? file + length - MOST : file, line);
}

lw_status lw_reading_set_shape(lw_reading *reading, const char *place, size_t leads, size_t samples, double rate_hz,
                               lw_error *err) {
    size_t values;
    if (leads < 1 || leads > LW_RECORD_MAX_LEADS)
        return lw_fail(err, LW_ERR_FORMAT, "%s: %zu leads, expected 1 to %d", place, leads, LW_RECORD_MAX_LEADS);
    if (!(rate_hz >= LW_RECORD_MIN_RATE_HZ && rate_hz <= LW_RECORD_MAX_RATE_HZ))
        return lw_fail(err, LW_ERR_FORMAT, "%s: sampling rate %g Hz, expected %g to %g", place, rate_hz,
                       LW_RECORD_MIN_RATE_HZ, LW_RECORD_MAX_RATE_HZ);
    if (samples > reading->options.max_samples || !lw_size_mul(leads, samples, &values) ||
        values > LW_RECORD_MAX_VALUES)
        return lw_fail(err, LW_ERR_FORMAT, "%s: %zu samples of %zu leads, expected at most %zu a lead and %zu in all",
                       place, samples, leads, reading->options.max_samples, LW_RECORD_MAX_VALUES);
    if (samples == 0 && !reading->header_only)
        return lw_fail(err, LW_ERR_TOO_SHORT, "%s: the recording holds no samples, expected at least one", place);
    return lw_record_set_shape(reading->record, leads, samples, rate_hz) ? LW_OK
                                                                         : lw_fail_no_memory(err, "a recording");
}

lw_status lw_source_head(lw_source *source, const char *name, char head[LW_PROBE_BYTES], lw_span *out, size_t *length,
                         lw_error *err) {
    lw_source_file file;
    lw_status status = lw_source_open_file(source, name, &file, err);
    if (status != LW_OK)
        return status;
    *length = file.length;
    *out = (lw_span){head, file.length < LW_PROBE_BYTES ? file.length : LW_PROBE_BYTES};
    status = lw_source_file_read(&file, 0, head, out->length, err);
    lw_source_file_close(&file);
    return status;
}

lw_status lw_reading_text(lw_reading *reading, lw_span *text, lw_error *err) {
    lw_bytes view;
    *text = reading->head;
    if (reading->length == reading->head.length)
        return LW_OK;
    lw_status status = lw_source_read(reading->source, reading->name, max_first_file, &view, err);
    if (status == LW_OK)
        *text = (lw_span){(const char *)view.data, view.length};
    return status;
}

/* ---- Comments */

/** Whether `value` is one of the words that files write for an unknown one. */
static bool is_unknown(lw_span value) {
    static const char *const words[] = {"",  "unknown", "nan", "n/a",   "na", "none", "(none)",
                                        "-", "null",    "?",   "other", "u",  "??",   NULL};
    return lw_span_is_one_of(value, words);
}

/** Whether `word` is a diagnosis to be kept. What is none gets a warning. */
static bool check_code(lw_record *record, lw_span word, const char *place) {
    const lw_code_form form = is_unknown(word) ? LW_CODE_UNKNOWN : lw_code_form_of(word);
    const int quoted = lw_quoted(word, 40);
    lw_shown_word shown;
    if (form == LW_CODE_NUMBER)
        lw_record_warn(record, "%s: diagnosis %.*s is left out, expected a SNOMED CT code, an integer", place, quoted,
                       word.at);
    else if (form == LW_CODE_TEXT)
        lw_record_warn(record, "%s: %s is left out, expected the SNOMED CT code of a diagnosis", place,
                       lw_show_word(word, shown));
    else if (form == LW_CODE_WHOLE && !lw_code_checks(word))
        lw_record_warn(record, "%s: diagnosis %.*s is none of SNOMED CT, whose codes end in a check digit", place,
                       quoted, word.at);
    return form == LW_CODE_WHOLE;
}

/** "1, 2,,1": empty entries are skipped, repeated ones get one warning a line. */
static lw_status read_codes(lw_record *record, lw_span list, const char *place, lw_error *err) {
    lw_span code;
    bool warned = false;
    while (lw_span_field(&list, ',', &code)) {
        code = lw_span_trim(code);
        if (!check_code(record, code, place))
            continue;
        if (lw_record_has_code(record, code)) {
            if (!warned)
                lw_record_warn(record, "%s: diagnosis %.*s is there already, expected each once", place,
                               lw_quoted(code, 40), code.at);
            warned = true;
            continue;
        }
        if (record->code_count >= LW_RECORD_MAX_CODES)
            return lw_fail(err, LW_ERR_FORMAT, "%s: more diagnoses than the %d expected at most", place,
                           LW_RECORD_MAX_CODES);
        char *copy = lw_span_dup(code);
        const bool added = copy && lw_record_add_code(record, copy);
        free(copy);
        if (!added)
            return lw_fail_no_memory(err, "a diagnosis");
    }
    return LW_OK;
}

bool lw_comment_split(lw_span comment, lw_span *key, lw_span *value) {
    const char *colon = comment.length > 0 ? memchr(comment.at, ':', comment.length) : NULL;
    if (!colon)
        return false;
    const size_t length = (size_t)(colon - comment.at);
    *key = lw_span_trim((lw_span){comment.at, length});
    *value = lw_span_trim((lw_span){colon + 1, comment.length - length - 1});
    return true;
}

lw_status lw_record_comment(lw_record *record, lw_span text, const char *place, lw_error *err) {
    lw_span rest = lw_span_trim(text);
    lw_comment_field field;
    while (lw_comment_next(&rest, &field)) {
        const lw_status status = field.key == LW_COMMENT_DX ? read_codes(record, field.value, place, err) : LW_OK;
        if (status != LW_OK)
            return status;
        if (field.key != LW_COMMENT_DX && !is_unknown(field.value))
            lw_comment_read_person(record, &field, place);
    }
    return LW_OK;
}
