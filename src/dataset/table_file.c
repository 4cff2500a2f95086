/** @file table_file.c: tables that users write, read by the names of their columns. */
#include "dataset/table_file.h"

#include <stdint.h>
#include <string.h>

#include "base/error.h"
#include "record/reader.h"

const char *const lw_table_record_names[] = {"record",    "recording", "record_name", "file", "filename",
                                             "file_name", "name",      "ecg_id",      NULL};
const char *const lw_table_codes_names[] = {"codes", "code", "dx", "diagnosis", "diagnoses", "label", "labels", NULL};
const char *const lw_table_group_names[] = {"group",   "patient",    "patient_id", "patientid",
                                            "subject", "subject_id", NULL};

/** One field, and what ends it. */
typedef struct field {
    lw_span raw; /**< with its quotes */
    lw_span text;
    bool bad_quote; /**< a quote in it encloses no whole field */
    bool last;      /**< of its line */
} field;

/** Where the quoted text that begins at `from` ends: at its closing quote, or at `end`. */
static const char *closing_quote(const char *from, const char *end) {
    while (from < end && (*from != '"' || (from + 1 < end && from[1] == '"')))
        from += *from == '"' ? 2 : 1;
    return from < end ? from : end;
}

static const char *skip_blanks(const char *from, const char *end) {
    while (from < end && (*from == ' ' || *from == '\t'))
        from++;
    return from;
}

/** The next field from the cursor on, which moves behind it. */
static field read_field(lw_table *t) {
    const char *begin = t->cursor, *at = begin;
    const char *quote = t->separator == '\t' ? begin : skip_blanks(begin, t->end);
    field f = {.last = true};
    if (quote < t->end && *quote == '"') {
        const char *close = closing_quote(quote + 1, t->end);
        f.text = (lw_span){quote + 1, (size_t)(close - quote - 1)};
        f.bad_quote = close == t->end;
        at = close < t->end ? close + 1 : close;
    }
    const char *after = at;
    while (at < t->end && *at != t->separator && *at != '\n')
        at++;
    f.raw = (lw_span){begin, (size_t)(at - begin)};
    const lw_span rest = lw_span_trim((lw_span){after, (size_t)(at - after - (at > after && at[-1] == '\r'))});
    if (after > begin)
        f.bad_quote |= rest.length > 0;
    else
        f.text = rest;
    f.text = lw_span_trim(f.text);
    f.bad_quote |= f.text.length > 0 && memchr(f.text.at, '"', f.text.length);
    for (const char *c = begin; c < at; c++)
        t->next_line += *c == '\n';
    if (at < t->end) {
        f.last = *at == '\n';
        t->next_line += f.last;
        at++;
    }
    t->cursor = at;
    return f;
}

/** Pass over empty lines and comments; false at the end. */
static bool find_line(lw_table *t) {
    while (t->cursor < t->end) {
        const char *cursor = t->cursor;
        lw_span line;
        lw_span_line(&cursor, t->end, &line);
        line = lw_span_trim(line);
        if (line.length > 0 && line.at[0] != '#')
            break;
        t->cursor = cursor;
        t->next_line++;
    }
    t->line = t->next_line;
    return t->cursor < t->end;
}

static bool is_one_of(lw_span text, const char *const *names) {
    for (; *names; names++)
        if (lw_span_equals_nocase(text, *names))
            return true;
    return false;
}

/** The character between columns, by the first line. */
static char separator_of(const char *cursor, const char *end) {
    lw_span line;
    if (!lw_span_line(&cursor, end, &line) || memchr(line.at, ',', line.length))
        return ',';
    return memchr(line.at, ';', line.length) ? ';' : memchr(line.at, '\t', line.length) ? '\t' : ',';
}

static lw_status check_zero_byte(const lw_table *t, const field *f, lw_error *err) {
    if (memchr(f->raw.at, '\0', f->raw.length))
        return lw_fail(err, LW_ERR_FORMAT, "%s:%zu: a zero byte, expected text", t->path, t->line);
    return LW_OK;
}

/** Take a field of the first line as the name of the column t->width. */
static lw_status take_name(lw_table *t, const field *f, lw_error *err) {
    for (size_t c = 0; c < t->wanted; c++) {
        if (!is_one_of(f->text, t->columns[c].names))
            continue;
        if (t->at[c] != SIZE_MAX)
            return lw_fail(err, LW_ERR_FORMAT, "%s:%zu: two columns for %s, expected one", t->path, t->line,
                           t->columns[c].names[0]);
        t->at[c] = t->width;
    }
    return check_zero_byte(t, f, err);
}

lw_status lw_table_begin(lw_table *t, const char *path, lw_span text, const lw_table_column *columns, size_t wanted,
                         const char *expected, lw_error *err) {
    text = lw_without_byte_order_mark(text);
    *t = (lw_table){.path = path,
                    .columns = columns,
                    .wanted = wanted,
                    .cursor = text.at,
                    .end = text.at + text.length,
                    .next_line = 1};
    if (!find_line(t))
        return lw_fail(err, LW_ERR_FORMAT, "%s:1: expected %s", path, expected);
    t->separator = separator_of(t->cursor, t->end);
    for (size_t c = 0; c < wanted; c++)
        t->at[c] = SIZE_MAX;
    for (bool last = false; !last; t->width++) {
        const field f = read_field(t);
        const lw_status status = take_name(t, &f, err);
        if (status != LW_OK)
            return status;
        last = f.last;
    }
    for (size_t c = 0; c < wanted; c++)
        if (columns[c].needed && t->at[c] == SIZE_MAX)
            return lw_fail(err, LW_ERR_FORMAT, "%s:%zu: expected %s", path, t->line, expected);
    return LW_OK;
}

/** Put field `place` of a row where it is wanted. */
static lw_status take_field(const lw_table *t, size_t place, const field *f, lw_span *fields, lw_error *err) {
    const lw_status status = check_zero_byte(t, f, err);
    if (status != LW_OK)
        return status;
    for (size_t c = 0; c < t->wanted; c++) {
        if (t->at[c] == place) {
            if (f->bad_quote)
                return lw_fail(err, LW_ERR_FORMAT, "%s:%zu: a quote that does not enclose a whole field", t->path,
                               t->line);
            fields[c] = f->text;
        } else if (place >= t->width && t->columns[c].takes_rest && t->at[c] == t->width - 1) {
            if (f->bad_quote)
                return lw_fail(err, LW_ERR_FORMAT, "%s:%zu: a quote that does not enclose a whole field", t->path,
                               t->line);
            fields[c].length = (size_t)(f->text.at + f->text.length - fields[c].at);
        }
    }
    return LW_OK;
}

lw_status lw_table_next(lw_table *t, lw_span *fields, bool *more, lw_error *err) {
    *more = find_line(t);
    if (!*more)
        return LW_OK;
    bool spreads = false;
    for (size_t c = 0; c < t->wanted; c++) {
        fields[c] = (lw_span){"", 0};
        spreads |= t->columns[c].takes_rest && t->at[c] == t->width - 1;
    }
    size_t count = 0, filled = 0; /* a spreadsheet ends lines with separators of empty columns */
    for (bool last = false; !last;) {
        const field f = read_field(t);
        const lw_status status = take_field(t, count++, &f, fields, err);
        if (status != LW_OK)
            return status;
        filled = f.text.length > 0 ? count : filled;
        last = f.last;
    }
    if (count < t->width || (filled > t->width && !spreads))
        return lw_fail(err, LW_ERR_FORMAT, "%s:%zu: %zu fields, expected %zu as in the header", t->path, t->line,
                       count < t->width ? count : filled, t->width);
    return LW_OK;
}

lw_span lw_table_base_name(lw_span name) {
    for (size_t i = name.length; i-- > 0;)
        if (name.at[i] == '/' || name.at[i] == '\\')
            return (lw_span){name.at + i + 1, name.length - i - 1};
    return name;
}

lw_span lw_table_stem(lw_span name) {
    static const char *const suffixes[] = {".hea", ".csv", ".mat", ".dat", ".txt", ".edf", ".xml",
                                           ".dcm", ".scp", ".ecg", ".npy", ".h5",  NULL};
    for (const char *const *suffix = suffixes; *suffix; suffix++) {
        const size_t tail = strlen(*suffix);
        if (name.length > tail && lw_span_equals_nocase((lw_span){name.at + name.length - tail, tail}, *suffix))
            return (lw_span){name.at, name.length - tail};
    }
    return name;
}
