/**
 * @file groups.h
 * Records that must stay together: copies of a recording, and what a file says (the recordings of a patient).
 */
#ifndef LW_LAB_GROUPS_H
#define LW_LAB_GROUPS_H

#include "leadwise/dataset.h"

/** A partition of a data set's records. Zero-initialise; lw_groups_free it. */
typedef struct lw_groups {
    size_t records, count;
    size_t *by_name; /**< [records], record numbers sorted by name */
    size_t *of;      /**< [records], each record's group; numbered in the order of their first names */
    size_t *size;    /**< [count] */
} lw_groups;

/**
 * Records with equal signal hashes, or of one group in the CSV file `path` (header `record,group`; NULL: no file),
 * belong together, and so does whatever that links. Records that the file does not name stand alone; names that the
 * data set does not have are passed over. Where the records stand in the data set does not matter.
 * @return LW_OK, LW_ERR_IO, LW_ERR_FORMAT (file and line named) or LW_ERR_NO_MEMORY
 */
lw_status lw_groups_find(const lw_dataset *dataset, const char *path, lw_groups *out, lw_error *err);
void lw_groups_free(lw_groups *groups);

#endif
