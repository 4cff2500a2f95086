/** @file label_file.c: a folder's labels.csv, read and searched. */
#include "dataset/record_list.h"

#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "base/file.h"
#include "base/memory.h"
#include "dataset/table_file.h"
#include "labels/labels.h"
#include "record/diagnosis_code.h"

/* The largest public collection, a line per record, has about 5 MB. */
enum { LABEL_FILE_LIMIT = 256 << 20 };

void lw_label_file_free(lw_label_file **file) {
    lw_label_file *f = file ? *file : NULL;
    if (!f)
        return;
    for (size_t i = 0; i < f->count; i++) {
        free(f->rows[i].record);
        free(f->rows[i].stem);
        free(f->rows[i].group);
        free(f->rows[i].text);
        free((void *)f->rows[i].codes);
    }
    free(f->rows);
    free(f->names);
    lw_name_list_free(&f->notes);
    free(f);
    *file = NULL;
}

/* ---- What a file is read into */

/** Words of one kind in the column of codes: how many there are, and the first. */
typedef struct odd_words {
    size_t count, line;
    char code[24];
    lw_shown_word first;
} odd_words;

typedef struct parsing {
    const char *path;
    lw_label_file *file;
    size_t capacity, code_count;
    odd_words damaged, unchecked, understood;
} parsing;

/** `is_shown`: the word is a code or an abbreviation, and no person's name. */
static void count_word(odd_words *words, lw_span word, bool is_shown, size_t line, const char *code) {
    if (words->count++ > 0)
        return;
    words->line = line;
    if (is_shown)
        snprintf(words->first, sizeof words->first, "%.*s", (int)(word.length < 40 ? word.length : 40), word.at);
    else
        lw_show_word(word, words->first);
    snprintf(words->code, sizeof words->code, "%s", code);
}

static bool separates_codes(char c) { return c == '\n' || strchr("|,; \t\"'[]\r", c); }

/** The next word of a field of codes; false at its end. */
static bool next_word(lw_span *rest, lw_span *word) {
    size_t begin = 0;
    while (begin < rest->length && separates_codes(rest->at[begin]))
        begin++;
    size_t end = begin;
    while (end < rest->length && !separates_codes(rest->at[end]))
        end++;
    *word = (lw_span){rest->at + begin, end - begin};
    *rest = (lw_span){rest->at + end, rest->length - end};
    return word->length > 0;
}

/** The code that `word` stands for: itself, or that of an abbreviation; NULL: none. `copy` has room for it. */
static const char *code_of(parsing *p, lw_span word, size_t line, char *copy) {
    const lw_code_form form = lw_code_form_of(word);
    if (form == LW_CODE_UNKNOWN)
        return NULL;
    memcpy(copy, word.at, word.length);
    copy[word.length] = '\0';
    if (form == LW_CODE_WHOLE) {
        if (!lw_code_checks(word))
            count_word(&p->unchecked, word, true, line, "");
        return copy;
    }
    const lw_diagnosis *diagnosis = form == LW_CODE_TEXT ? lw_diagnosis_of_abbreviation(copy) : NULL;
    count_word(diagnosis ? &p->understood : &p->damaged, word, diagnosis, line, diagnosis ? diagnosis->code : "");
    return diagnosis ? diagnosis->code : NULL;
}

/** Cut `codes` into row->codes. False when out of memory. */
static bool row_set_codes(parsing *p, lw_label_row *row, lw_span codes) {
    size_t most = 1;
    for (size_t i = 0; i < codes.length; i++)
        most += separates_codes(codes.at[i]);
    row->text = lw_calloc(codes.length + most + 1, 1);
    row->codes = lw_calloc(most, sizeof *row->codes);
    if (!row->text || !row->codes)
        return false;
    char *to = row->text;
    for (lw_span word; next_word(&codes, &word); to += word.length + 1) {
        const char *code = code_of(p, word, row->line, to);
        if (code)
            row->codes[row->code_count++] = code;
    }
    p->code_count += row->code_count;
    return true;
}

enum { RECORD, CODES, GROUP, COLUMNS };

/** The row at which the table stands. */
static lw_status parse_row(parsing *p, const lw_table *table, const lw_span fields[COLUMNS], lw_error *err) {
    lw_label_file *file = p->file;
    const lw_span name = lw_table_base_name(fields[RECORD]);
    if (name.length == 0)
        return lw_fail(err, LW_ERR_FORMAT, "%s:%zu: the record's name is empty", p->path, table->line);
    lw_label_row *rows = lw_grow(file->rows, file->count, &p->capacity, sizeof *rows);
    if (!rows)
        return lw_fail_no_memory(err, p->path);
    file->rows = rows;
    lw_label_row *row = &rows[file->count++];
    const bool grouped = lw_code_form_of(fields[GROUP]) != LW_CODE_UNKNOWN;
    *row = (lw_label_row){.record = lw_span_dup(name),
                          .stem = lw_span_dup(lw_table_stem(name)),
                          .group = lw_span_dup(grouped ? fields[GROUP] : (lw_span){"", 0}),
                          .line = table->line};
    if (!row->record || !row->stem || !row->group || !row_set_codes(p, row, fields[CODES]))
        return lw_fail_no_memory(err, p->path);
    return LW_OK;
}

static lw_status parse_rows(parsing *p, lw_span text, lw_error *err) {
    static const lw_table_column columns[COLUMNS] = {{lw_table_record_names, true, false},
                                                     {lw_table_codes_names, false, true},
                                                     {lw_table_group_names, false, false}};
    lw_table table;
    lw_span fields[COLUMNS];
    bool more = true;
    lw_status status = lw_table_begin(&table, p->path, text, columns, COLUMNS, "the header record,codes", err);
    if (status != LW_OK)
        return status;
    const size_t header_line = table.line;
    p->file->has_codes = table.at[CODES] != SIZE_MAX;
    if (!p->file->has_codes && table.at[GROUP] == SIZE_MAX)
        return lw_fail(err, LW_ERR_FORMAT, "%s:%zu: expected the header record,codes", p->path, table.line);
    while (status == LW_OK && more) {
        status = lw_table_next(&table, fields, &more, err);
        if (status == LW_OK && more)
            status = parse_row(p, &table, fields, err);
    }
    if (status == LW_OK && p->file->count == 0)
        status = lw_fail(err, LW_ERR_FORMAT, "%s:%zu: no recording below the header, expected one a line", p->path,
                         header_line);
    return status;
}

/* ---- What is odd */

static lw_status take_note(lw_label_file *file, lw_text *note, lw_error *err) {
    if (note->failed) {
        lw_text_free(note);
        return lw_fail_no_memory(err, "a note");
    }
    lw_make_printable(note->data);
    return lw_name_list_take(&file->notes, note->data, err);
}

/** One note for each kind of odd word, with the first of them; an error where no word is a code. */
static lw_status judge_words(const parsing *p, lw_error *err) {
    const odd_words *bad = &p->damaged, *odd = &p->unchecked, *short_names = &p->understood;
    lw_status status = LW_OK;
    if (bad->count > 0 && p->code_count == 0)
        return lw_fail(err, LW_ERR_FORMAT, "%s:%zu: %s is no SNOMED CT code, and no other word in the column is one",
                       p->path, bad->line, bad->first);
    if (bad->count > 0) {
        lw_text note = {0};
        lw_text_printf(&note, "%s:%zu: %s is left out, expected a SNOMED CT code; %zu such words in all", p->path,
                       bad->line, bad->first, bad->count);
        status = take_note(p->file, &note, err);
    }
    if (status == LW_OK && odd->count > 0) {
        lw_text note = {0};
        lw_text_printf(&note,
                       "%s:%zu: %s is none of SNOMED CT, whose codes end in a check digit; %zu such codes in all",
                       p->path, odd->line, odd->first, odd->count);
        status = take_note(p->file, &note, err);
    }
    if (status == LW_OK && short_names->count > 0) {
        lw_text note = {0};
        lw_text_printf(&note, "%s:%zu: '%s' is read as %s; %zu such abbreviations in all", p->path, short_names->line,
                       short_names->first, short_names->code, short_names->count);
        status = take_note(p->file, &note, err);
    }
    return status;
}

/* ---- Search */

static int compare_names(const void *a, const void *b) {
    const lw_label_name *x = a, *y = b;
    const int order = strcmp(x->name, y->name);
    return order != 0 ? order : (x->row->line > y->row->line) - (x->row->line < y->row->line);
}

static int compare_name(const void *key, const void *element) {
    return strcmp(key, ((const lw_label_name *)element)->name);
}

const lw_label_row *lw_label_file_find(const lw_label_file *file, const char *record) {
    const lw_label_name *found =
        file->name_count > 0 ? bsearch(record, file->names, file->name_count, sizeof *file->names, compare_name) : NULL;
    return found ? found->row : NULL;
}

static bool row_has_code(const lw_label_row *row, const char *code) {
    for (size_t i = 0; i < row->code_count; i++)
        if (strcmp(row->codes[i], code) == 0)
            return true;
    return false;
}

/** Whether both assign the same diagnoses, in any order, and the same patient. */
static bool rows_agree(const lw_label_row *a, const lw_label_row *b) {
    for (size_t i = 0; i < a->code_count; i++)
        if (!row_has_code(b, a->codes[i]))
            return false;
    for (size_t i = 0; i < b->code_count; i++)
        if (!row_has_code(a, b->codes[i]))
            return false;
    return strcmp(a->group, b->group) == 0;
}

/** Compare the rows of one name, which must agree, and keep its first. */
static lw_status join_twice(parsing *p, lw_error *err) {
    lw_label_file *file = p->file;
    lw_label_name *names = file->names;
    size_t kept = 0, twice = 0;
    lw_text note = {0};
    for (size_t i = 0; i < file->name_count; i++) {
        const lw_label_row *first = kept > 0 ? names[kept - 1].row : NULL, *row = names[i].row;
        if (!first || strcmp(names[kept - 1].name, names[i].name) != 0) {
            names[kept++] = names[i];
            continue;
        }
        if (!rows_agree(first, row)) {
            lw_text_free(&note);
            return lw_fail(err, LW_ERR_FORMAT, "%s:%zu: record %s has another diagnosis or group than in line %zu",
                           p->path, row->line, row->record, first->line);
        }
        if (strcmp(names[i].name, row->stem) == 0 && twice++ == 0)
            lw_text_printf(&note, "%s:%zu: record %s stands in line %zu already", p->path, row->line, row->record,
                           first->line);
    }
    file->name_count = kept;
    if (twice == 0)
        return LW_OK;
    lw_text_printf(&note, "; %zu such lines in all", twice);
    return take_note(file, &note, err);
}

/** Make the index of names: of each row the record, and where they differ the stem. */
static lw_status make_index(parsing *p, lw_error *err) {
    lw_label_file *file = p->file;
    file->names = lw_calloc(2 * file->count + 1, sizeof *file->names);
    if (!file->names)
        return lw_fail_no_memory(err, p->path);
    for (size_t i = 0; i < file->count; i++) {
        const lw_label_row *row = &file->rows[i];
        file->names[file->name_count++] = (lw_label_name){row->record, row};
        if (strcmp(row->record, row->stem) != 0)
            file->names[file->name_count++] = (lw_label_name){row->stem, row};
    }
    if (file->name_count > 1)
        qsort(file->names, file->name_count, sizeof *file->names, compare_names);
    return join_twice(p, err);
}

lw_status lw_label_file_read(const char *path, lw_label_file **out, lw_error *err) {
    lw_bytes bytes = {0};
    lw_status status = lw_bytes_read(path, LABEL_FILE_LIMIT, &bytes, err);
    if (status != LW_OK)
        return status;
    parsing p = {.path = path, .file = lw_calloc(1, sizeof *p.file)};
    status =
        p.file ? parse_rows(&p, (lw_span){(const char *)bytes.data, bytes.length}, err) : lw_fail_no_memory(err, path);
    lw_bytes_free(&bytes);
    if (status == LW_OK)
        status = judge_words(&p, err);
    if (status == LW_OK)
        status = make_index(&p, err);
    if (status == LW_OK)
        *out = p.file;
    else
        lw_label_file_free(&p.file);
    return status;
}
