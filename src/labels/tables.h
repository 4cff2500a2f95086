/**
 * @file tables.h
 * The published tables of each Challenge year: scored codes, classes and rewards.
 */
#ifndef LW_LABELS_TABLES_H
#define LW_LABELS_TABLES_H

#include <stddef.h>
#include <stdint.h>

#include "leadwise/record.h"

/** What one Challenge year scores. */
typedef struct lw_scored_year {
    int year;
    size_t code_count;
    const char *const *codes; /**< [code_count] in the order of the published table */
    size_t class_count;
    /** [class_count] in the order of the reward matrix; of equal codes the one that stands for both. */
    const char *const *classes;
    const uint8_t *rewards_80ths; /**< [class_count][class_count], see lw_scored_reward */
} lw_scored_year;

/** NULL for a year other than 2020 and 2021. Threads: safe. */
const lw_scored_year *lw_scored_year_find(int year);

/** Reward for calling a record of class `j` class `k`: exactly the published number. */
double lw_scored_reward(const lw_scored_year *year, size_t j, size_t k);

/** The code that `year` scores as equal to `code`, or NULL. */
const char *lw_code_equal(const char *code, int year);

#endif
