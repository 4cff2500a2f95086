/* This file reads the labels of named records, from headers, labels.csv or a prepared file, also as the official scripts
 * do. */
#define _GNU_SOURCE /* memmem */

#include "evaluate/folders.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/stat.h>

#include "base/error.h"
#include "base/file.h"
#include "base/memory.h"
#include "dataset/record_list.h"
#include "record/diagnosis_code.h"

enum { HEADER_BYTES_MAX = 1 << 20, CODE_BYTES_MAX = 64 };

void lw_label_set_free(lw_label_set *set) {
    for (size_t i = 0; i < set->count; i++) {
        free(set->names[i]);
        free(set->subjects[i].source);
    }
    free(set->names);
    free(set->subjects);
    free(set->labels);
    *set = (lw_label_set){0};
}

static lw_status allocate(size_t count, size_t classes, lw_label_set *out, lw_error *err) {
    size_t cells;
    *out = (lw_label_set){.classes = classes};
    if (!lw_size_mul(count, classes, &cells))
        return lw_fail_no_memory(err, "the labels");
    out->names = lw_calloc(count + 1, sizeof *out->names);
    out->subjects = lw_calloc(count + 1, sizeof *out->subjects);
    out->labels = lw_calloc(cells + 1, sizeof *out->labels);
    return out->names && out->subjects && out->labels ? LW_OK : lw_fail_no_memory(err, "the labels");
}

/* Appends a record that owns `name` and `source`; either is NULL when memory has run out. */
static lw_status append(lw_label_set *set, char *name, char *source, float age_years, lw_sex sex, lw_error *err) {
    set->names[set->count] = name;
    set->subjects[set->count++] = (lw_subject){source, age_years, sex};
    return name && source ? LW_OK : lw_fail_no_memory(err, "the labels");
}

/* Appends the record of the header at `path`. A header that is no recording's has labels all the same, but no age and
 * sex; one that cannot be read would move the record to another group. */
static lw_status append_header(lw_label_set *set, const char *path, lw_error *err) {
    lw_record *record = NULL;
    float age_years = NAN;
    lw_sex sex = LW_SEX_UNKNOWN;
    const lw_status status = lw_record_read_header(path, NULL, &record, err);
    if (status == LW_ERR_IO || status == LW_ERR_NO_MEMORY)
        return status;
    if (status == LW_OK) {
        age_years = (float)lw_record_age_years(record);
        sex = lw_record_sex(record);
    }
    lw_record_free(&record);
    return append(set, lw_record_path_name(path), lw_record_path_source(path), age_years, sex, err);
}

static void mark(const lw_scoring *scoring, const char *code, uint8_t *row) {
    int found = lw_class_find(scoring->classes, code);
    if (found >= 0)
        row[found] = 1;
}

/* What labels are read for, and who hears of oddities. */
typedef struct scope {
    const lw_scoring *scoring;
    const lw_notes *notes;
} scope;

/* Marks the classes of a comma-separated list of codes. */
static void mark_list(const lw_scoring *scoring, lw_span list, uint8_t *row) {
    for (lw_span field; lw_span_field(&list, ',', &field);) {
        char code[CODE_BYTES_MAX];
        field = lw_span_trim(field);
        if (field.length >= sizeof code)
            continue;
        memcpy(code, field.at, field.length);
        code[field.length] = '\0';
        mark(scoring, code, row);
    }
}

/* The same, with a note on each word that is no code. */
static void mark_checked(const scope *in, const char *path, size_t line, lw_span list, uint8_t *row) {
    mark_list(in->scoring, list, row);
    for (lw_span word; lw_span_field(&list, ',', &word);) {
        word = lw_span_trim(word);
        const lw_code_form form = lw_code_form_of(word);
        if (form == LW_CODE_NUMBER || (form == LW_CODE_WHOLE && !lw_code_checks(word)))
            lw_note(in->notes, "%s:%zu: diagnosis %.*s is no code of SNOMED CT and counts for nothing", path, line,
                    (int)(word.length < 40 ? word.length : 40), word.at);
        else if (form == LW_CODE_TEXT)
            lw_note(in->notes, "%s:%zu: a diagnosis that is no number counts for nothing", path, line);
    }
}

/* The text after "#Dx:" or "# Dx:"; false for any other line. */
static bool diagnoses_of(lw_span line, lw_span *list) {
    lw_span key;
    if (line.length == 0 || *line.at != '#')
        return false;
    *list = lw_span_trim((lw_span){line.at + 1, line.length - 1});
    return lw_span_field(list, ':', &key) && lw_span_equals_nocase(lw_span_trim(key), "Dx");
}

/* Recordings of one kind, with one note for all of them: headers whose Dx the official scripts do not read, or those without
 * labels. */
typedef struct dialect {
    size_t count;
    char *first;
    size_t line;
} dialect;

static lw_status read_header(const char *path, const lw_scoring *scoring, uint8_t *row, dialect *spaced,
                             const lw_notes *notes, lw_error *err) {
    lw_bytes bytes = {0};
    lw_status status = lw_bytes_read(path, HEADER_BYTES_MAX, &bytes, err);
    if (status != LW_OK)
        return status;
    const char *cursor = (const char *)bytes.data, *end = cursor + bytes.length;
    size_t number = 0, seen = 0;
    for (lw_span line; bytes.length && lw_span_line(&cursor, end, &line);) {
        lw_span list;
        number++;
        if (!diagnoses_of(line, &list))
            continue;
        seen++;
        mark_checked(&(scope){scoring, notes}, path, number, list, row);
        const bool is_spaced = line.at[1] == ' ' || line.at[1] == '\t';
        if (is_spaced && spaced->count++ == 0) {
            spaced->first = lw_strdup(path);
            spaced->line = number;
        }
    }
    lw_bytes_free(&bytes);
    if (seen == 0)
        lw_note(notes, "%s:%zu: the header has no Dx line; the record has no label", path, number);
    return LW_OK;
}

/* Marks the diagnoses that a recording of another format holds itself; false where it holds none. */
static bool mark_own_codes(const lw_scoring *scoring, const char *path, uint8_t *row) {
    lw_record *record = NULL;
    if (lw_record_read_header(path, NULL, &record, NULL) != LW_OK)
        return false;
    const size_t count = lw_record_code_count(record);
    for (size_t i = 0; i < count; i++)
        mark(scoring, lw_record_code(record, i), row);
    lw_record_free(&record);
    return count > 0;
}

/* Counts a recording that is left out, as nothing says what is in it. */
static lw_status note_unlabelled(dialect *unlabelled, const char *path, lw_error *err) {
    if (unlabelled->count++ == 0 && !(unlabelled->first = lw_strdup(path)))
        return lw_fail_no_memory(err, "the labels");
    return LW_OK;
}

static lw_status read_record(const lw_record_list *list, size_t i, const lw_scoring *scoring, dialect *spaced,
                             dialect *unlabelled, const lw_notes *notes, lw_label_set *out, lw_error *err) {
    const char *path = lw_record_list_path(list, i), *const * codes;
    uint8_t *row = out->labels + out->count * out->classes;
    const size_t length = strlen(path);
    size_t code_count;
    lw_status status = LW_OK;
    if (lw_record_list_codes(list, i, &codes, &code_count))
        for (size_t c = 0; c < code_count; c++)
            mark(scoring, codes[c], row);
    else if (length > 4 && strcasecmp(path + length - 4, ".hea") == 0)
        status = read_header(path, scoring, row, spaced, notes, err);
    else if (!mark_own_codes(scoring, path, row))
        return note_unlabelled(unlabelled, path, err);
    return status == LW_OK ? append_header(out, path, err) : status;
}

static lw_status read_folder(const char *folder, const lw_scoring *scoring, const lw_notes *notes, lw_label_set *out,
                             lw_error *err) {
    lw_record_list *list = NULL;
    lw_status status = lw_record_list_scan(&folder, 1, NULL, &list, err);
    if (status != LW_OK)
        return status;
    dialect spaced = {0}, unlabelled = {0};
    for (size_t i = 0; i < lw_record_list_note_count(list); i++)
        lw_note(notes, "%s", lw_record_list_note(list, i));
    status = allocate(lw_record_list_count(list), lw_class_count(scoring->classes), out, err);
    for (size_t i = 0; status == LW_OK && i < lw_record_list_count(list); i++)
        status = read_record(list, i, scoring, &spaced, &unlabelled, notes, out, err);
    if (status == LW_OK && spaced.count && spaced.first)
        lw_note(notes, "%s:%zu: \"# Dx\" with a space, in %zu headers; the official scripts see no label there",
                spaced.first, spaced.line, spaced.count);
    if (status == LW_OK && unlabelled.first)
        lw_note(notes, "%s: no label, and so in %zu of %zu recordings, which are left out", unlabelled.first,
                unlabelled.count, lw_record_list_count(list));
    free(spaced.first);
    free(unlabelled.first);
    lw_record_list_free(&list);
    return status;
}

static lw_status read_prepared(const char *path, const lw_scoring *scoring, lw_label_set *out, lw_error *err) {
    lw_dataset *dataset = NULL;
    lw_status status = lw_dataset_open(path, &dataset, err);
    if (status != LW_OK)
        return status;
    const lw_class_list *classes = lw_dataset_classes(dataset);
    status = allocate(lw_dataset_record_count(dataset), lw_class_count(scoring->classes), out, err);
    for (size_t i = 0; status == LW_OK && i < lw_dataset_record_count(dataset); i++) {
        const uint8_t *labels = lw_dataset_labels(dataset, i);
        for (size_t k = 0; k < lw_class_count(classes); k++)
            for (size_t c = 0; labels[k] && c < lw_class_code_count(classes, k); c++)
                mark(scoring, lw_class_code(classes, k, c), out->labels + i * out->classes);
        status = append(out, lw_strdup(lw_dataset_name(dataset, i)), lw_strdup(lw_dataset_source(dataset, i)),
                        lw_dataset_age_years(dataset, i), lw_dataset_sex(dataset, i), err);
    }
    lw_dataset_free(&dataset);
    return status;
}

/* A record with the row of its labels, for sorting. */
typedef struct entry {
    char *name;
    size_t row;
    lw_subject subject;
} entry;

static int compare_entries(const void *left, const void *right) {
    return strcmp(((const entry *)left)->name, ((const entry *)right)->name);
}

static lw_status sort_by_name(lw_label_set *set, lw_error *err) {
    entry *entries = lw_calloc(set->count + 1, sizeof *entries);
    uint8_t *labels = lw_calloc(set->count * set->classes + 1, sizeof *labels);
    const bool fits = entries && labels;
    for (size_t i = 0; fits && i < set->count; i++)
        entries[i] = (entry){set->names[i], i, set->subjects[i]};
    if (fits)
        qsort(entries, set->count, sizeof *entries, compare_entries);
    for (size_t i = 0; fits && i < set->count; i++) {
        set->names[i] = entries[i].name;
        set->subjects[i] = entries[i].subject;
        memcpy(labels + i * set->classes, set->labels + entries[i].row * set->classes, set->classes);
    }
    free(entries);
    free(fits ? set->labels : labels);
    set->labels = fits ? labels : set->labels;
    return fits ? LW_OK : lw_fail_no_memory(err, "the labels");
}

static lw_status check_names(const char *path, const lw_label_set *set, lw_error *err) {
    if (set->count == 0)
        return lw_fail(err, LW_ERR_FORMAT, "%s: no header with labels below it", path);
    for (size_t i = 1; i < set->count; i++)
        if (strcmp(set->names[i - 1], set->names[i]) == 0)
            return lw_fail(err, LW_ERR_FORMAT, "%s: two records are called %s", path, set->names[i]);
    return LW_OK;
}

lw_status lw_label_set_read(const char *path, const lw_scoring *scoring, const lw_notes *notes, lw_label_set *out,
                            lw_error *err) {
    struct stat info;
    bool is_file = stat(path, &info) == 0 && S_ISREG(info.st_mode);
    lw_status status = is_file ? read_prepared(path, scoring, out, err) : read_folder(path, scoring, notes, out, err);
    if (status == LW_OK)
        status = sort_by_name(out, err);
    return status == LW_OK ? check_names(path, out, err) : status;
}

/* The text after the first ": ", up to the next one: what l.split(': ')[1] gives. */
static bool after_colon_space(lw_span line, lw_span *list) {
    const char *start = memmem(line.at, line.length, ": ", 2);
    if (!start)
        return false;
    lw_span rest = {start + 2, line.length - (size_t)(start + 2 - line.at)};
    const char *stop = memmem(rest.at, rest.length, ": ", 2);
    *list = (lw_span){rest.at, stop ? (size_t)(stop - rest.at) : rest.length};
    return true;
}

/*
 * Both scripts read only lines that start with "#Dx". 2021's collects the lines of a header; 2020's appends each to one
 * list for all headers, so that a header with none, or with two, shifts the labels of those after it.
 */
static lw_status read_official_header(const char *path, const lw_scoring *scoring, size_t capacity, size_t *rows,
                                      lw_label_set *out, lw_error *err) {
    lw_bytes bytes = {0};
    lw_status status = lw_bytes_read(path, HEADER_BYTES_MAX, &bytes, err);
    if (status != LW_OK)
        return status;
    const char *cursor = (const char *)bytes.data, *end = cursor + bytes.length;
    size_t number = 0;
    for (lw_span line, list; status == LW_OK && bytes.length && lw_span_line(&cursor, end, &line);) {
        number++;
        if (line.length < 3 || memcmp(line.at, "#Dx", 3) != 0)
            continue;
        bool found = after_colon_space(line, &list);
        size_t row = scoring->year == 2020 ? (*rows)++ : out->count;
        if (!found && scoring->year == 2020)
            status =
                lw_fail(err, LW_ERR_FORMAT, "%s:%zu: the official script stops here: no \": \" after Dx", path, number);
        else if (found && row < capacity)
            mark_list(scoring, list, out->labels + row * out->classes);
    }
    lw_bytes_free(&bytes);
    return status;
}

lw_status lw_label_set_read_official(const char *folder, const lw_scoring *scoring, lw_label_set *out, lw_error *err) {
    lw_name_list files = {0};
    size_t rows = 0;
    lw_status status = lw_file_list(folder, ".hea", &files, err);
    if (status == LW_OK)
        status = allocate(files.count, lw_class_count(scoring->classes), out, err);
    for (size_t i = 0; status == LW_OK && i < files.count; i++) {
        char *path = lw_path_join(folder, files.names[i]);
        status = path ? read_official_header(path, scoring, files.count, &rows, out, err)
                      : lw_fail_no_memory(err, "the labels");
        if (status == LW_OK)
            status = append_header(out, path, err);
        free(path);
    }
    if (status == LW_OK && scoring->year == 2020 && rows < files.count)
        status = lw_fail(err, LW_ERR_FORMAT, "%s: the official script stops here: %zu #Dx lines in %zu headers", folder,
                         rows, files.count);
    lw_name_list_free(&files);
    return status == LW_OK ? check_names(folder, out, err) : status;
}
