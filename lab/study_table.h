/**
 * @file study_table.h
 * A published table with what came out here, as CSV and as a page.
 */
#ifndef LW_LAB_STUDY_TABLE_H
#define LW_LAB_STUDY_TABLE_H

#include <stdbool.h>
#include <stddef.h>

#include "leadwise/status.h"

/** A score of all records pooled, its 95 % interval, and the same score fold by fold; NaN: unknown. */
typedef struct lw_study_score {
    double pooled, low, high;
    double mean, deviation; /**< over the folds */
} lw_study_score;

/** What one way to decide gives. */
typedef struct lw_study_scores {
    lw_study_score metric, auroc;
    double auprc, accuracy, f_measure; /**< pooled */
} lw_study_scores;

/** A way to decide. */
typedef struct lw_study_rule {
    const char *name;  /**< "tuned" */
    const char *title; /**< for people */
} lw_study_rule;

typedef struct lw_study_cell {
    char name[64];
    const char *network;
    double published, hidden;                      /**< Challenge metric; hidden is NaN where it is not given */
    bool finished;                                 /**< the rest is known */
    size_t records, folds, batch, epochs, filters; /**< filters of the first block; 0: unknown, as batch and epochs */
    lw_study_scores *scores;                       /**< [rules] */
} lw_study_cell;

/** Borrowed. */
typedef struct lw_study_table {
    const char *name, *title, *source;
    size_t rows, columns, rules;
    const char *const *row_titles, *const *column_titles; /**< [rows], [columns] */
    const lw_study_rule *rule;                            /**< [rules] */
    const lw_study_cell *cells;                           /**< [rows][columns] */
} lw_study_table;

/** A line for each cell and rule, numbers at full precision. Atomically. @return LW_OK, LW_ERR_IO or LW_ERR_NO_MEMORY
 */
lw_status lw_study_csv_write(const lw_study_table *table, const char *path, lw_error *err);

/** A self-contained HTML page, no script. Atomically. @return LW_OK, LW_ERR_IO or LW_ERR_NO_MEMORY */
lw_status lw_study_page_write(const lw_study_table *table, const char *path, lw_error *err);

#endif
