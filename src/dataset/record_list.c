/* This file collects recordings from folders and paths, with the labels of their folders. */
#include "dataset/record_list.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/error.h"
#include "base/file.h"
#include "base/memory.h"
#include "base/text.h"
#include "record/reader.h"

/** The folder part of `path`, "." where there is none. */
static char *path_folder(const char *path) {
    size_t length = (size_t)(lw_path_base(path) - path);
    while (length > 1 && path[length - 1] == '/')
        length--;
    return length == 0 ? lw_strdup(".") : lw_span_dup((lw_span){path, length});
}

char *lw_record_path_name(const char *path) {
    const char *base = lw_path_base(path);
    const char *dot = strrchr(base, '.');
    size_t stem = lw_reader_stem(base);
    if (base[stem] == '\0' && dot && dot != base && strlen(dot) <= 5)
        stem = (size_t)(dot - base);
    return lw_span_dup((lw_span){base, stem});
}

char *lw_record_path_source(const char *path) {
    char *folder = path_folder(path);
    char *source = folder ? lw_strdup(lw_path_base(folder)) : NULL;
    free(folder);
    return source;
}

void lw_record_list_free(lw_record_list **list) {
    if (!list || !*list)
        return;
    for (size_t i = 0; i < (*list)->count; i++)
        free((*list)->records[i].path);
    for (size_t i = 0; i < (*list)->label_count; i++) {
        free((*list)->labels[i].folder);
        lw_label_file_free(&(*list)->labels[i].file);
    }
    lw_name_list_free(&(*list)->notes);
    free((*list)->records);
    free((*list)->labels);
    free(*list);
    *list = NULL;
}

size_t lw_record_list_count(const lw_record_list *list) { return list->count; }

const char *lw_record_list_path(const lw_record_list *list, size_t i) { return list->records[i].path; }

bool lw_record_list_codes(const lw_record_list *list, size_t i, const char *const **codes, size_t *code_count) {
    const lw_label_row *row = list->records[i].labels;
    if (!row || !list->records[i].has_codes)
        return false;
    *codes = row->codes;
    *code_count = row->code_count;
    return true;
}

const char *lw_record_list_group(const lw_record_list *list, size_t i) {
    const lw_label_row *row = list->records[i].labels;
    return row ? row->group : "";
}

size_t lw_record_list_note_count(const lw_record_list *list) { return list->notes.count; }

const char *lw_record_list_note(const lw_record_list *list, size_t i) { return list->notes.names[i]; }

static lw_status read_labels(const char *folder, lw_label_file **file, lw_error *err) {
    char *path = lw_path_join(folder, LW_LABEL_FILE_NAME);
    if (!path)
        return lw_fail_no_memory(err, folder);
    struct stat info;
    lw_status status = LW_OK;
    if (stat(path, &info) == 0)
        status = lw_label_file_read(path, file, err);
    else if (errno != ENOENT && errno != ENOTDIR)
        status = lw_fail(err, LW_ERR_IO, "%s: cannot examine: %s", path, strerror(errno));
    free(path);
    return status;
}

/** The labels of `folder`, read at its first record. *labels is NULL where there are none, and where none are read. */
static lw_status folder_labels(lw_record_list *list, const char *folder, const lw_label_file **labels, lw_error *err) {
    *labels = NULL;
    if (list->unlabelled)
        return LW_OK;
    /* From the last one back: records of a folder follow each other. */
    for (size_t i = list->label_count; i-- > 0;)
        if (strcmp(list->labels[i].folder, folder) == 0) {
            *labels = list->labels[i].file;
            return LW_OK;
        }
    lw_label_file *file = NULL;
    lw_status status = read_labels(folder, &file, err);
    if (status != LW_OK)
        return status;
    for (size_t i = 0; file && status == LW_OK && i < file->notes.count; i++)
        status = lw_name_list_take(&list->notes, lw_strdup(file->notes.names[i]), err);
    if (status != LW_OK) {
        lw_label_file_free(&file);
        return status;
    }
    lw_listed_labels *all = lw_grow(list->labels, list->label_count, &list->label_capacity, sizeof *all);
    list->labels = all ? all : list->labels;
    char *copy = all ? lw_strdup(folder) : NULL;
    if (!copy) {
        lw_label_file_free(&file);
        return lw_fail_no_memory(err, "a list of records");
    }
    all[list->label_count++] = (lw_listed_labels){copy, file};
    *labels = file;
    return LW_OK;
}

/** Append the record at `path`, which the list then owns, or frees on failure; NULL means out of memory. */
static lw_status take_record(lw_record_list *list, char *path, const lw_label_file *labels, lw_error *err) {
    char *name = path ? lw_record_path_name(path) : NULL;
    lw_listed_record *records = name ? lw_grow(list->records, list->count, &list->capacity, sizeof *records) : NULL;
    if (records) {
        list->records = records;
        const lw_label_row *row = labels ? lw_label_file_find(labels, name) : NULL;
        records[list->count++] = (lw_listed_record){path, row, labels && labels->has_codes};
    } else {
        free(path);
    }
    free(name);
    return records ? LW_OK : lw_fail_no_memory(err, "a list of records");
}

/** Append a note, a sentence, unless it is there from an earlier walk. */
static lw_status take_note(lw_record_list *list, lw_text *note, lw_error *err) {
    if (note->failed) {
        lw_text_free(note);
        return lw_fail_no_memory(err, "a list of records");
    }
    lw_make_printable(note->data);
    for (size_t i = 0; i < list->notes.count; i++)
        if (strcmp(list->notes.names[i], note->data) == 0) {
            lw_text_free(note);
            return LW_OK;
        }
    return lw_name_list_take(&list->notes, note->data, err);
}

/** How a labels.csv and the recordings beside it fit. */
typedef struct label_match {
    size_t unknown;            /**< records of the file that are not in the folder */
    const char *first_unknown; /**< by line */
    size_t unlabelled;         /**< recordings without a line */
    const char *first_unlabelled;
} label_match;

/** Count what does not fit. `named`: [labels->count] zeros. False when out of memory. */
static bool match_labels(const lw_label_file *labels, const lw_name_list *files, bool *named, label_match *out) {
    *out = (label_match){0};
    for (size_t i = 0; i < files->count; i++) {
        char *name = lw_record_path_name(files->names[i]);
        const lw_label_row *row = name ? lw_label_file_find(labels, name) : NULL;
        if (!name)
            return false;
        free(name);
        if (row)
            named[row - labels->rows] = true;
        else if (out->unlabelled++ == 0)
            out->first_unlabelled = files->names[i];
    }
    for (size_t i = 0; i < labels->count; i++)
        if (!named[i] && lw_label_file_find(labels, labels->rows[i].stem) == &labels->rows[i] && out->unknown++ == 0)
            out->first_unknown = labels->rows[i].record;
    return true;
}

/** Append a note on names in labels.csv that no recording of `folder` has, and on recordings that it does not name: they
 * keep their headers' diagnoses. Where it names none of them it is refused. */
static lw_status note_unknown(lw_record_list *list, const char *folder, const lw_label_file *labels,
                              const lw_name_list *files, lw_error *err) {
    bool *named = lw_calloc(labels->count + 1, sizeof *named);
    label_match match;
    const bool fine = named && match_labels(labels, files, named, &match);
    free(named);
    if (!fine)
        return lw_fail_no_memory(err, "a list of records");
    if (match.unknown > 0 && match.unlabelled == files->count)
        return lw_fail(err, LW_ERR_FORMAT,
                       "%s/" LW_LABEL_FILE_NAME
                       ": none of its %zu records is in the folder, %s the first; expected names "
                       "like %s",
                       folder, match.unknown, match.first_unknown, files->names[0]);
    lw_status status = LW_OK;
    if (match.unknown > 0) {
        lw_text note = {0};
        lw_text_printf(&note, "%s/" LW_LABEL_FILE_NAME ": names %zu records that are not in the folder, %s the first",
                       folder, match.unknown, match.first_unknown);
        status = take_note(list, &note, err);
    }
    if (status == LW_OK && match.unlabelled > 0) {
        lw_text note = {0};
        lw_text_printf(&note, "%s/" LW_LABEL_FILE_NAME ": has no line for %zu of %zu recordings, %s the first", folder,
                       match.unlabelled, files->count, match.first_unlabelled);
        status = take_note(list, &note, err);
    }
    return status;
}

/** Append a note where `folder` has a labels.csv without a recording beside it: nothing in it counts. */
static lw_status note_alone(lw_record_list *list, const char *folder, lw_error *err) {
    struct stat info;
    char *path = lw_path_join(folder, LW_LABEL_FILE_NAME);
    lw_status status = path ? LW_OK : lw_fail_no_memory(err, folder);
    if (path && !list->unlabelled && stat(path, &info) == 0 && S_ISREG(info.st_mode)) {
        lw_text note = {0};
        lw_text_printf(&note, "%s: no recording lies beside it, so that it is not read", path);
        status = take_note(list, &note, err);
    }
    free(path);
    return status;
}

/** Append the recordings that lie in `folder` itself, and push the folders in it on `pending`, the first in order on
 * top. */
static lw_status take_folder(lw_record_list *list, const char *folder, lw_name_list *pending, lw_error *err) {
    lw_name_list files = {0}, folders = {0};
    const lw_label_file *labels = NULL;
    lw_status status = lw_folder_list(folder, &files, &folders, err);
    if (status == LW_OK && files.count > 0)
        status = folder_labels(list, folder, &labels, err);
    if (status == LW_OK && labels)
        status = note_unknown(list, folder, labels, &files, err);
    else if (status == LW_OK && files.count == 0)
        status = note_alone(list, folder, err);
    for (size_t i = 0; status == LW_OK && i < files.count; i++)
        status = take_record(list, lw_path_join(folder, files.names[i]), labels, err);
    for (size_t i = folders.count; status == LW_OK && i-- > 0;)
        status = lw_name_list_take(pending, lw_path_join(folder, folders.names[i]), err);
    lw_name_list_free(&files);
    lw_name_list_free(&folders);
    return status;
}

static int compare_records(const void *a, const void *b) {
    return strcmp(((const lw_listed_record *)a)->path, ((const lw_listed_record *)b)->path);
}

/** Append every recording below `folder`, sorted by path. A stack in place of recursion: folders may nest deeply. */
static lw_status take_tree(lw_record_list *list, const char *folder, lw_error *err) {
    size_t first = list->count;
    lw_name_list pending = {0};
    lw_status status = lw_name_list_take(&pending, lw_strdup(folder), err);
    while (status == LW_OK && pending.count > 0) {
        char *next = pending.names[--pending.count];
        status = take_folder(list, next, &pending, err);
        free(next);
    }
    lw_name_list_free(&pending);
    if (status == LW_OK && list->count > first)
        qsort(list->records + first, list->count - first, sizeof *list->records, compare_records);
    return status;
}

/** Append the recording at `path`, already known to exist. */
static lw_status take_file(lw_record_list *list, char *path, lw_error *err) {
    const lw_label_file *labels = NULL;
    char *folder = path ? path_folder(path) : NULL;
    lw_status status = folder ? folder_labels(list, folder, &labels, err) : lw_fail_no_memory(err, "a path");
    free(folder);
    if (status != LW_OK) {
        free(path);
        return status;
    }
    return take_record(list, path, labels, err);
}

/** Whether a path of which errno is `reason` leads nowhere; else the system could not say what it is. */
static bool leads_nowhere(int reason) {
    return reason == ENOENT || reason == ENOTDIR || reason == EACCES || reason == ELOOP || reason == ENAMETOOLONG;
}

/** Append what `path` stands for: a folder, a file, or one named without its suffix. */
static lw_status take_argument(lw_record_list *list, const char *path, lw_error *err) {
    struct stat info;
    const bool there = stat(path, &info) == 0;
    if (there && S_ISDIR(info.st_mode))
        return take_tree(list, path, err);
    int reason = errno;
    if (!there && !leads_nowhere(reason))
        return lw_fail(err, LW_ERR_IO, "%s: cannot examine: %s", path, strerror(reason));
    char *file = lw_reader_first_file(path);
    if (!file)
        return lw_fail_no_memory(err, "a path");
    if (there && strncmp(file, path, strlen(path)) != 0) { /* a part: the user's name for the recording stays */
        free(file);
        return take_file(list, lw_strdup(path), err);
    }
    if (stat(file, &info) == 0)
        return take_file(list, file, err);
    free(file);
    return list->unlabelled ? take_record(list, lw_strdup(path), NULL, err)
                            : lw_fail(err, LW_ERR_IO, "%s: cannot open: %s", path, strerror(reason));
}

lw_status lw_record_list_scan(const char *const *paths, size_t path_count, const lw_record_list_options *options,
                              lw_record_list **out, lw_error *err) {
    lw_record_list_options own;
    lw_status status = lw_options_take(&own, sizeof own, options, "lw_record_list_options", err);
    if (status != LW_OK)
        return status;
    lw_record_list *list = lw_calloc(1, sizeof *list);
    if (!list)
        return lw_fail_no_memory(err, "a list of records");
    list->unlabelled = own.unlabelled;
    for (size_t i = 0; status == LW_OK && i < path_count; i++)
        status = take_argument(list, paths[i], err);
    if (status == LW_OK)
        *out = list;
    else
        lw_record_list_free(&list);
    return status;
}
