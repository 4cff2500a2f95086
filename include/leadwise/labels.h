/**
 * @file labels.h
 * Diagnoses: SNOMED CT codes, the scored classes of each Challenge year, and the rewards between them.
 */
#ifndef LEADWISE_LABELS_H
#define LEADWISE_LABELS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "leadwise/status.h"

#ifdef __cplusplus
extern "C" {
#endif

/** A diagnosis of the Challenge's tables. */
typedef struct lw_diagnosis {
    const char *code;         /**< "164889003" */
    const char *abbreviation; /**< "AF" */
    const char *name;         /**< "atrial fibrillation" */
    bool scored_2020, scored_2021;
} lw_diagnosis;

/** NULL for a code in no table. */
const lw_diagnosis *lw_diagnosis_find(const char *code);

/** Sinus rhythm: the Challenge's baseline prediction. */
#define LW_CODE_NSR "426783006"

enum { LW_CLASSES_MAX = 256, LW_CLASS_CODES_MAX = 8 };

/** A network's outputs: each a set of codes that count as one, with a short name. */
typedef struct lw_class_list lw_class_list;

/**
 * The scored classes of `year` (2020 or 2021): one output per code (27, 30) in the order of the published tables, or,
 * `merged`, equal codes sharing an output (24, 26) in the order of the reward matrix.
 * @return LW_OK, LW_ERR_ARGUMENT (another year) or LW_ERR_NO_MEMORY
 */
LW_CHECK_RESULT lw_status lw_class_list_scored(int year, bool merged, lw_class_list **out, lw_error *err);
/**
 * From `[{"codes": ["..."], "abbreviation": "..."}, ...]`, as in model files; codes may be in no table.
 * @return LW_OK, LW_ERR_MODEL (malformed) or LW_ERR_NO_MEMORY
 */
LW_CHECK_RESULT lw_status lw_class_list_parse(const char *json, lw_class_list **out, lw_error *err);
/** The JSON of lw_class_list_parse, NULL when out of memory. lw_string_free it. */
char *lw_class_list_json(const lw_class_list *classes);
void lw_class_list_free(lw_class_list **classes);
/** The same codes in the same order; abbreviations aside. */
bool lw_class_list_equal(const lw_class_list *a, const lw_class_list *b);

size_t lw_class_count(const lw_class_list *classes);
size_t lw_class_code_count(const lw_class_list *classes, size_t i);
const char *lw_class_code(const lw_class_list *classes, size_t i, size_t k);
const char *lw_class_abbreviation(const lw_class_list *classes, size_t i);
/** Class that holds `code`, or -1. */
int lw_class_find(const lw_class_list *classes, const char *code);

/**
 * labels[classes] = 1 where one of `codes` is, or counts as, one of the class's codes; 0 elsewhere. Codes that the
 * Challenge scores as equal (713427006 = 59118001, 284470004 = 63593006, 427172004 = 17338001, and in 2021 733534002 =
 * 164909002) count as each other where the class list comes from lw_class_list_scored or holds both.
 */
void lw_class_labels(const lw_class_list *classes, const char *const *codes, size_t code_count, uint8_t *labels);

/** free() for strings that the library gives away. */
void lw_string_free(char **string);

#ifdef __cplusplus
}
#endif
#endif
