/** @file label_file.c: a folder's labels.csv, read and searched. */
#include "dataset/record_list.h"

#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "base/file.h"
#include "base/memory.h"
#include "base/text.h"

/* The largest public collection, a line per record, has about 5 MB. */
enum { LABEL_FILE_LIMIT = 256 << 20 };

void lw_label_file_free(lw_label_file **file) {
    if (!*file)
        return;
    for (size_t i = 0; i < (*file)->count; i++) {
        free((*file)->rows[i].record);
        free((*file)->rows[i].text);
        free((void *)(*file)->rows[i].codes);
    }
    free((*file)->rows);
    free(*file);
    *file = NULL;
}

static int row_compare(const void *a, const void *b) {
    return strcmp(((const lw_label_row *)a)->record, ((const lw_label_row *)b)->record);
}

const lw_label_row *lw_label_file_find(const lw_label_file *file, const char *record) {
    const lw_label_row key = {.record = (char *)(uintptr_t)record};
    return file->count > 0 ? bsearch(&key, file->rows, file->count, sizeof key, row_compare) : NULL;
}

/* Cut `codes` at '|' into row->codes; empty codes are passed over. False when out of memory. */
static bool row_set_codes(lw_label_row *row, lw_span codes) {
    size_t most = 1;
    for (size_t i = 0; i < codes.length; i++)
        most += codes.at[i] == '|';
    row->text = lw_calloc(codes.length + 1, 1);
    row->codes = lw_calloc(most, sizeof *row->codes);
    if (!row->text || !row->codes)
        return false;
    char *to = row->text;
    lw_span code;
    while (lw_span_field(&codes, '|', &code)) {
        code = lw_span_trim(code);
        if (code.length == 0)
            continue;
        row->codes[row->code_count++] = to;
        memcpy(to, code.at, code.length);
        to += code.length + 1;
    }
    return true;
}

/* Trims `field` and removes the quotes around it. False for any other quote. */
static bool unquote(lw_span *field) {
    *field = lw_span_trim(*field);
    if (field->length >= 2 && field->at[0] == '"' && field->at[field->length - 1] == '"')
        *field = lw_span_trim((lw_span){field->at + 1, field->length - 2});
    return field->length == 0 || !memchr(field->at, '"', field->length);
}

/* Cuts a line into its two fields. */
static lw_status split(lw_span line, const char *path, int number, lw_span *record, lw_span *codes, lw_error *err) {
    if (memchr(line.at, '\0', line.length))
        return lw_fail(err, LW_ERR_FORMAT, "%s:%d: a zero byte, expected text", path, number);
    if (!lw_span_field(&line, ',', record) || !lw_span_field(&line, ',', codes) || line.length > 0)
        return lw_fail(err, LW_ERR_FORMAT, "%s:%d: expected two fields, record,codes", path, number);
    if (!unquote(record) || !unquote(codes))
        return lw_fail(err, LW_ERR_FORMAT, "%s:%d: a quote that does not enclose a whole field", path, number);
    return LW_OK;
}

/* One line below the header into `row`. */
static lw_status parse_row(lw_span line, const char *path, int number, lw_label_row *row, lw_error *err) {
    lw_span record, codes;
    lw_status status = split(line, path, number, &record, &codes, err);
    if (status != LW_OK)
        return status;
    if (record.length == 0)
        return lw_fail(err, LW_ERR_FORMAT, "%s:%d: the record's name is empty", path, number);
    row->record = lw_span_dup(record);
    if (!row->record || !row_set_codes(row, codes))
        return lw_fail_no_memory(err, path);
    return LW_OK;
}

static bool is_head(lw_span line) {
    lw_span record, codes;
    return lw_span_field(&line, ',', &record) && lw_span_field(&line, ',', &codes) && line.length == 0 &&
           unquote(&record) && unquote(&codes) && lw_span_equals(record, "record") && lw_span_equals(codes, "codes");
}

static lw_status parse_lines(const lw_bytes *bytes, const char *path, lw_label_file *file, lw_error *err) {
    const char *cursor = (const char *)bytes->data, *end = cursor + bytes->length;
    size_t capacity = 0;
    bool header_seen = false;
    lw_span line;
    for (int number = 1; cursor < end && lw_span_line(&cursor, end, &line); number++) {
        if (number == 1 && line.length >= 3 && memcmp(line.at, "\xEF\xBB\xBF", 3) == 0)
            line = (lw_span){line.at + 3, line.length - 3}; /* spreadsheets put a byte order mark first */
        const lw_span trimmed = lw_span_trim(line);
        if (trimmed.length == 0 || trimmed.at[0] == '#')
            continue;
        if (!header_seen && !is_head(line))
            return lw_fail(err, LW_ERR_FORMAT, "%s:%d: expected the header record,codes", path, number);
        if (header_seen) {
            lw_label_row *rows = lw_grow(file->rows, file->count, &capacity, sizeof *rows);
            if (!rows)
                return lw_fail_no_memory(err, LW_LABEL_FILE_NAME);
            file->rows = rows;
            rows[file->count] = (lw_label_row){0};
            lw_status status = parse_row(line, path, number, &rows[file->count++], err);
            if (status != LW_OK)
                return status;
        }
        header_seen = true;
    }
    if (!header_seen)
        return lw_fail(err, LW_ERR_FORMAT, "%s:1: expected the header record,codes", path);
    return LW_OK;
}

lw_status lw_label_file_read(const char *path, lw_label_file **out, lw_error *err) {
    lw_bytes bytes = {0};
    lw_status status = lw_bytes_read(path, LABEL_FILE_LIMIT, &bytes, err);
    if (status != LW_OK)
        return status;
    lw_label_file *file = lw_calloc(1, sizeof *file);
    status = file ? parse_lines(&bytes, path, file, err) : lw_fail_no_memory(err, path);
    lw_bytes_free(&bytes);
    if (status == LW_OK && file->count > 0)
        qsort(file->rows, file->count, sizeof *file->rows, row_compare);
    for (size_t i = 1; status == LW_OK && i < file->count; i++)
        if (row_compare(&file->rows[i - 1], &file->rows[i]) == 0)
            status =
                lw_fail(err, LW_ERR_FORMAT, "%s: record %s has two lines, expected one", path, file->rows[i].record);
    if (status == LW_OK)
        *out = file;
    else
        lw_label_file_free(&file);
    return status;
}
