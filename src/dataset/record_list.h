/**
 * @file record_list.h
 * What lw_record_list holds, the listing of one folder, and labels.csv.
 */
#ifndef LW_DATASET_RECORD_LIST_H
#define LW_DATASET_RECORD_LIST_H

#include "leadwise/dataset.h"

/* ---- folder.c */

/** A growing array of strings that it owns. Zero-initialise. */
typedef struct lw_name_list {
    char **names;
    size_t count, capacity;
} lw_name_list;

/** Append `name`, which the list then owns, or frees on failure; LW_ERR_NO_MEMORY also when `name` is NULL. */
lw_status lw_name_list_take(lw_name_list *list, char *name, lw_error *err);
void lw_name_list_free(lw_name_list *list);

/**
 * List the folder at `path`: into `recordings` the names of the files that are recordings (lw_reader_lists), without
 * those that are a part of another one there, or the same in a format further down the table; into `folders` the names of
 * the folders in it. Hidden files and folders, __MACOSX and symbolic links to folders are left out. Both lists must be empty, and are freed by the caller also after a failure.
 * @return LW_OK, LW_ERR_IO or LW_ERR_NO_MEMORY
 */
lw_status lw_folder_list(const char *path, lw_name_list *recordings, lw_name_list *folders, lw_error *err);

/* ---- label_file.c: the diagnoses that a folder assigns to its records in place of their headers', and their patients
 *
 * A table (table_file.h) with a column `record`, and one or both of `codes` and `group`; other columns are passed over. Record
 * names may have folders and a suffix, which do not count. Codes are apart by '|', commas, semicolons or blanks; the
 * abbreviation of a diagnosis stands for its code. */

/** The file's name in its folder. */
#define LW_LABEL_FILE_NAME "labels.csv"

/** One record's line. */
typedef struct lw_label_row {
    char *record;       /**< without folder */
    char *stem;         /**< without suffix too */
    char *group;        /**< the patient; "" unknown */
    const char **codes; /**< [code_count], pointing into `text` or at constants */
    size_t code_count;
    char *text;
    size_t line; /**< in the file, from 1 */
} lw_label_row;

/** A name under which a row is found. */
typedef struct lw_label_name {
    const char *name;
    const lw_label_row *row;
} lw_label_name;

/** A file's rows, sorted by record. Immutable once read, so threads may share it. */
typedef struct lw_label_file {
    lw_label_row *rows;
    size_t count;
    bool has_codes;       /**< false: there is no such column, and headers' diagnoses count */
    lw_label_name *names; /**< [name_count] sorted: the records, and the stems that differ from them */
    size_t name_count;
    lw_name_list notes; /**< sentences on what is odd: an abbreviation, a word that is no code, a line twice */
} lw_label_file;

/**
 * Read the file at `path`.
 * @return LW_OK, LW_ERR_IO, LW_ERR_FORMAT (file and line named: another header, another number of fields, a stray quote, a
 * record with two lines that differ; none of the words in the codes' column is a code) or LW_ERR_NO_MEMORY
 */
lw_status lw_label_file_read(const char *path, lw_label_file **out, lw_error *err);
void lw_label_file_free(lw_label_file **file);
/** The row of `record`, NULL when the file does not name it. */
const lw_label_row *lw_label_file_find(const lw_label_file *file, const char *record);

/* ---- record_list.c */

/** One recording. */
typedef struct lw_listed_record {
    char *path;
    const lw_label_row *labels; /**< its line in its folder's labels.csv, or NULL */
    bool has_codes;             /**< that line assigns diagnoses */
} lw_listed_record;

/** A labels.csv that has been read, or found absent. */
typedef struct lw_listed_labels {
    char *folder;
    lw_label_file *file; /**< NULL: the folder has none */
} lw_listed_labels;

struct lw_record_list {
    bool unlabelled; /**< no labels.csv is read */
    lw_listed_record *records;
    size_t count, capacity;
    lw_listed_labels *labels;
    size_t label_count, label_capacity;
    lw_name_list notes; /**< sentences */
};

/** The record's name: `path` without folder and without a reader's suffix or another of up to four letters. NULL when
 * out of memory. */
char *lw_record_path_name(const char *path);
/** The last component of the folder that `path` lies in; "." where the path has none. NULL when out of memory. */
char *lw_record_path_source(const char *path);

#endif
