/**
 * @file study_table.h
 * A published table with what came out here, as CSV and as a page.
 */
#ifndef LW_LAB_STUDY_TABLE_H
#define LW_LAB_STUDY_TABLE_H

#include "lab/study.h"

typedef struct lw_study_cell {
    char name[LW_STUDY_NAME];
    const char *network;
    double published, hidden; /**< Challenge metric; hidden is NaN where it is not given */
    bool finished;            /**< the rest is known */
    lw_crossval_result result;
    size_t batch, epochs, filters; /**< filters of the first block; 0: unknown, as batch and epochs */
} lw_study_cell;

/** Borrowed. */
typedef struct lw_study_table {
    const char *name, *title, *source;
    size_t rows, columns;
    const char *const *row_titles, *const *column_titles; /**< [rows], [columns] */
    const lw_study_cell *cells;                           /**< [rows][columns] */
} lw_study_table;

/**
 * Write results.csv (a line for each cell and rule, numbers at full precision) and report.html (a self-contained page,
 * no script) into `folder`, atomically. @return LW_OK, LW_ERR_IO or LW_ERR_NO_MEMORY
 */
lw_status lw_study_write(const lw_study_table *table, const char *folder, lw_error *err);

#endif
