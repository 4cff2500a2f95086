/**
 * @file labels.h
 * The published tables of each Challenge year (scored codes, classes, rewards), and the building of class lists.
 */
#ifndef LW_LABELS_LABELS_H
#define LW_LABELS_LABELS_H

#include <stdbool.h>
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

/** Why two SNOMED codes exclude each other in one recording of some seconds, or NULL (contradiction.c). */
const char *lw_codes_exclude(const char *a, const char *b);
/** The same of classes i and j. */
const char *lw_classes_exclude(const lw_class_list *classes, size_t i, size_t j);

/** The diagnosis called "AF", letters' case aside, NULL for no abbreviation of the tables. Threads: safe. */
const lw_diagnosis *lw_diagnosis_of_abbreviation(const char *abbreviation);

/** An empty list, NULL when out of memory. lw_class_list_free it. */
lw_class_list *lw_class_list_create(void);

/**
 * Append a class of 1 to LW_CLASS_CODES_MAX codes; strings are copied.
 * @return LW_OK, LW_ERR_FORMAT (too many classes or codes, an abbreviation that the list has already, a code that is
 *         empty, longer than 63 bytes, in the list already, or holds anything but visible ASCII without , | and quotes) or LW_ERR_NO_MEMORY
 */
lw_status lw_class_list_add(lw_class_list *classes, const char *const *codes, size_t code_count,
                            const char *abbreviation, lw_error *err);

/** The codes of class `i` joined by '|', cut to fit `size` bytes with the final NUL. Returns `text`. */
char *lw_class_name(const lw_class_list *classes, size_t i, char *text, size_t size);

#endif
