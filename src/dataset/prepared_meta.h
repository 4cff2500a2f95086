/**
 * @file prepared_meta.h
 * The metadata of a prepared file: its keys, and their JSON.
 */
#ifndef LW_DATASET_PREPARED_META_H
#define LW_DATASET_PREPARED_META_H

#include <stddef.h>

#include "leadwise/dataset.h"
#include "signal/preprocessing_json.h"

#define LW_PREPARED_FORMAT "leadwise.prepared/1"
#define LW_KEY_FORMAT "leadwise.format"
#define LW_KEY_RECORDS "leadwise.records"
#define LW_KEY_CLASSES "leadwise.classes"
#define LW_KEY_LEADS "leadwise.leads"
#define LW_KEY_SOURCES "leadwise.sources"

/** A prepared file's header may be as large as its records' names need, up to this. */
enum { LW_PREPARED_HEADER_LIMIT = 512 << 20 };

/** JSON array of strings, NULL when out of memory. lw_string_free it. */
char *lw_strings_json(const char *const *strings, size_t count);
/**
 * From a JSON array of strings. Free each of (*out)[*count] and *out.
 * @return LW_OK, LW_ERR_MODEL ("`shown`: ...") or LW_ERR_NO_MEMORY
 */
lw_status lw_strings_parse(const char *json, const char *shown, char ***out, size_t *count, lw_error *err);
void lw_strings_free(char **strings, size_t count);

/** NULL when out of memory. lw_string_free it. */
char *lw_prepared_leads_json(const lw_lead_set *leads);
lw_status lw_prepared_leads_parse(const char *json, const char *shown, lw_lead_set *out, lw_error *err);

#endif
