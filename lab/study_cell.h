/**
 * @file study_cell.h
 * The network of a published table's cell.
 */
#ifndef LW_LAB_STUDY_CELL_H
#define LW_LAB_STUDY_CELL_H

#include "lab/study.h"

/**
 * The cell's network, as it fits the data. lw_network_free *out.
 * @return LW_OK, LW_ERR_MISMATCH (a lead is missing), LW_ERR_ARGUMENT (width, dropout) or LW_ERR_NO_MEMORY
 */
lw_status lw_study_network(const lw_paper_table *table, const lw_dataset *dataset, const lw_study_options *options,
                           size_t cell, lw_network **out, lw_error *err);

#endif
