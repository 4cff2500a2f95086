/**
 * @file record_list.h
 * What lw_record_list holds, for this folder's own use and for tests.
 */
#ifndef LW_DATASET_RECORD_LIST_H
#define LW_DATASET_RECORD_LIST_H

#include "dataset/folder.h"
#include "dataset/label_file.h"
#include "leadwise/dataset.h"

/** One recording. */
typedef struct lw_listed_record {
    char *path;
    const lw_label_row *labels; /**< its line in its folder's labels.csv, or NULL */
} lw_listed_record;

/** A labels.csv that has been read, or found absent. */
typedef struct lw_listed_labels {
    char *folder;
    lw_label_file *file; /**< NULL: the folder has none */
} lw_listed_labels;

struct lw_record_list {
    bool unlabelled; /**< labels.csv is nobody's concern */
    lw_listed_record *records;
    size_t count, capacity;
    lw_listed_labels *labels;
    size_t label_count, label_capacity;
    lw_name_list notes; /**< sentences */
};

/** File name of `path` without folder and a reader's suffix, or another of up to four letters: the record's name. NULL when
 * out of memory. */
char *lw_record_path_name(const char *path);
/** Name of the folder that `path` lies in, as its last component; "." where the path has none. NULL when out of memory.
 */
char *lw_record_path_source(const char *path);

#endif
