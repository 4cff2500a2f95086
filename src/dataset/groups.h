/**
 * @file groups.h
 * Records that must stay together: copies of a recording, and recordings of one patient.
 */
#ifndef LW_DATASET_GROUPS_H
#define LW_DATASET_GROUPS_H

#include "leadwise/dataset.h"

/** A partition of a data set's records. Zero-initialise; lw_groups_free it. */
typedef struct lw_groups {
    size_t records, count;
    size_t stray_count, stray_line; /**< lines of the file that name no record, and the first of them */
    size_t *by_name;                /**< [records], record numbers sorted by name */
    size_t *of;                     /**< [records], each record's group; numbered in the order of their first names */
    size_t *size;                   /**< [count] */
    bool *known;                    /**< [records], whether the record's patient is known */
} lw_groups;

/**
 * Records with equal signal hashes, of one group in the data set, or of one group in the table `path` (columns `record` and
 * `group`, see table_file.h; NULL: no file), belong together, and so does whatever that links. A record of which neither
 * says a group stands alone; names in the file that the data set does not have are counted and passed over. A
 * name in the file is that of a record, or with or without folder and suffix that of a recording's file: where several folders
 * have such a file, all of them are meant. Where the records stand in the data set does not matter.
 * @return LW_OK, LW_ERR_IO, LW_ERR_FORMAT (file and line named) or LW_ERR_NO_MEMORY
 */
lw_status lw_groups_find(const lw_dataset *dataset, const char *path, lw_groups *out, lw_error *err);
/** Fine with NULL and with what is freed already. */
void lw_groups_free(lw_groups *groups);

/** Groups with a known patient among records index[count], each counted once. `seen`: [groups->count] scratch. */
size_t lw_groups_count_patients(const lw_groups *groups, const size_t *index, size_t count, bool *seen);

#endif
