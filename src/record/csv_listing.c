/** @file csv_listing.c: whether a file of text in a folder is a recording: columns that are called like leads, above numbers. */
#include <string.h>

#include "record/reader.h"

/** What stands around a name or a number in a table: quotation marks, and a unit behind a name. */
static lw_span bare(lw_span field) {
    field = lw_span_trim(field);
    while (field.length >= 2 && strchr("'\"", *field.at) && field.at[field.length - 1] == *field.at)
        field = lw_span_trim((lw_span){field.at + 1, field.length - 2});
    return field;
}

/** Whether a name is a lead's, or says that its column is an ECG, so that who reads it lists the names that there are. */
static bool is_lead(lw_span field) {
    static const char *const marks[] = {"ecg", "ekg", "lead"};
    if (lw_span_equals_nocase(field, "lead")) /* the name of a value, as in "Lead,Lead I" */
        return false;
    for (size_t i = 0; i < sizeof marks / sizeof *marks; i++)
        for (size_t at = 0, length = strlen(marks[i]); at + length <= field.length; at++)
            if (lw_span_equals_nocase((lw_span){field.at + at, length}, marks[i]))
                return true;
    size_t length = 0;
    while (length < field.length && !strchr("([", field.at[length]))
        length++;
    if (length == field.length) { /* "I_uV" */
        size_t mark = field.length;
        while (mark > 0 && field.at[mark - 1] != '_')
            mark--;
        if (mark > 0 && lw_unit_mv((lw_span){field.at + mark, field.length - mark}) > 0.0)
            length = mark - 1;
    }
    return lw_lead_canonical(lw_span_trim((lw_span){field.at, length}));
}

/** A number, with a point or a comma. */
static bool is_number(lw_span field) {
    size_t digits = 0;
    for (size_t i = 0; i < field.length; i++) {
        if (!strchr("0123456789+-.,eE", field.at[i]))
            return false;
        digits += field.at[i] >= '0' && field.at[i] <= '9';
    }
    return digits > 0 || lw_span_equals_nocase(field, "nan");
}

/** What a line holds. */
typedef struct line_content {
    size_t fields, leads, numbers;
} line_content;

static line_content count_fields(lw_span line) {
    const char separator = memchr(line.at, ';', line.length)    ? ';'
                           : memchr(line.at, '\t', line.length) ? '\t'
                           : memchr(line.at, ',', line.length)  ? ','
                                                                : ' ';
    line_content content = {0};
    lw_span field;
    while (lw_span_field(&line, separator, &field)) {
        field = bare(field);
        if (field.length == 0)
            continue;
        content.fields++;
        content.leads += is_lead(field);
        content.numbers += is_number(field);
    }
    return content;
}

/** The characters of a text in UTF-16 that are ASCII, '?' for the others; other texts stay as they are. */
static lw_span narrow(lw_span text, char out[LW_PROBE_BYTES]) {
    const unsigned char *bytes = (const unsigned char *)text.at;
    if (text.length < 2 || bytes[0] + bytes[1] != 0xFF + 0xFE || bytes[0] < 0xFE)
        return lw_without_byte_order_mark(text);
    const size_t low = bytes[0] == 0xFF ? 0 : 1;
    size_t length = 0;
    for (size_t i = 2; i + 1 < text.length && length < LW_PROBE_BYTES; i += 2)
        out[length++] = bytes[i + 1 - low] == 0 && bytes[i + low] < 0x80 ? (char)bytes[i + low] : '?';
    return (lw_span){out, length};
}

bool lw_csv_lists(lw_span head) {
    enum { FEWEST_ROWS = 8 }; /* of a table without names, so that a few lines of results are not taken for one */
    char narrowed[LW_PROBE_BYTES];
    const lw_span text = narrow(head, narrowed);
    const char *cursor = text.at, *end = text.length > 0 ? text.at + text.length : text.at;
    size_t leads = 0, rows = 0;
    if (text.length == 0 || memchr(text.at, '\0', text.length))
        return false;
    for (lw_span line; lw_span_line(&cursor, end, &line);) {
        line = lw_span_trim(line);
        if (line.length == 0 || *line.at == '#')
            continue;
        const line_content content = count_fields(line);
        if (leads > 0 && content.leads == 0 && content.numbers >= leads)
            return true;
        leads = content.leads > 0 ? content.leads : leads;
        rows += content.fields == LW_STANDARD_LEADS && content.numbers == LW_STANDARD_LEADS;
    }
    return rows >= FEWEST_ROWS;
}
