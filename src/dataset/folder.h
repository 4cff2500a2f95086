/**
 * @file folder.h
 * What one folder holds: its recordings and the folders below it, both sorted.
 */
#ifndef LW_DATASET_FOLDER_H
#define LW_DATASET_FOLDER_H

#include <stddef.h>

#include "leadwise/leadwise.h"

/** A growing array of strings that it owns. Zero-initialise. */
typedef struct lw_name_list {
    char **names;
    size_t count, capacity;
} lw_name_list;

/** Take `name` (freed when that fails); LW_ERR_NO_MEMORY also when `name` is NULL. */
lw_status lw_name_list_take(lw_name_list *list, char *name, lw_error *err);
void lw_name_list_free(lw_name_list *list);

/**
 * List the folder at `path`: into `recordings` the names of the files that are recordings (lw_reader_lists), without
 * those that are a part of another one there; into `folders` the names of the folders in it. Symbolic links to folders
 * are left out. Both lists must be empty, and are freed by the caller also after a failure.
 * @return LW_OK, LW_ERR_IO or LW_ERR_NO_MEMORY
 */
lw_status lw_folder_list(const char *path, lw_name_list *recordings, lw_name_list *folders, lw_error *err);

#endif
