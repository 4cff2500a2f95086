/**
 * @file prepared_internal.h
 * Prepared files inside: their metadata, one record on its way into them, and the summary of all.
 */
#ifndef LW_DATASET_PREPARED_INTERNAL_H
#define LW_DATASET_PREPARED_INTERNAL_H

#include <jansson.h>

#include "base/text.h"
#include "leadwise/dataset.h"
#include "signal/preprocessing_json.h"

/* ---- prepared_meta.c */

#define LW_PREPARED_FORMAT "leadwise.prepared/1"
#define LW_KEY_FORMAT "leadwise.format"
#define LW_KEY_RECORDS "leadwise.records"
#define LW_KEY_CLASSES "leadwise.classes"
#define LW_KEY_LEADS "leadwise.leads"
#define LW_KEY_SOURCES "leadwise.sources"
#define LW_KEY_GROUPS "leadwise.groups" /* where a group is known: of every record, "" unknown */

/** A prepared file's header may be as large as its records' names need, up to this. */
enum { LW_PREPARED_HEADER_LIMIT = 512 << 20 };

/** JSON array of strings, NULL when out of memory. lw_string_free it. */
char *lw_strings_json(const char *const *strings, size_t count);
/**
 * From a JSON array of strings. lw_strings_free *out.
 * @return LW_OK, LW_ERR_MODEL ("`shown`: ...") or LW_ERR_NO_MEMORY
 */
lw_status lw_strings_parse(const char *json, const char *shown, char ***out, size_t *count, lw_error *err);
void lw_strings_free(char **strings, size_t count);

/** NULL when out of memory. lw_string_free it. */
char *lw_prepared_leads_json(const lw_lead_set *leads);
lw_status lw_prepared_leads_parse(const char *json, const char *shown, lw_lead_set *out, lw_error *err);

/* ---- prepare_item.c */

/** The outcome of one record, and what the summary counts of it. */
typedef struct lw_prepare_item {
    lw_status status;
    lw_error error;  /**< when status is not LW_OK */
    float age_years; /**< NaN unknown */
    uint8_t sex;     /**< lw_sex */
    uint64_t signal_hash;
    double rate_hz, duration_s;
    lw_text warnings; /**< NUL-terminated sentences, one after the other */
    size_t warning_count;
    lw_prepared_info info;
} lw_prepare_item;

/** The first 64 bits of the SHA-256 of `count` prepared samples: equal for copies of a recording. */
uint64_t lw_signal_hash(const float *signals, size_t count);

/** labels[classes] of record `i` of `list`: its folder's labels.csv, else its own. LW_OK or LW_ERR_NO_MEMORY. */
lw_status lw_record_labels(const lw_record_list *list, size_t i, const lw_record *record, const lw_class_list *classes,
                           uint8_t *labels, lw_error *err);

/**
 * Read and prepare record `i` of `list`: signals [leads][samples], labels [classes]. A failure is kept in item->status;
 * `signals` and `labels` are then undefined. Threads: one preparer a thread.
 */
void lw_prepare_one(const lw_record_list *list, size_t i, const lw_prepare_options *options, lw_preparer *preparer,
                    float *signals, uint8_t *labels, lw_prepare_item *item);

/**
 * Names that several records share become "source/name"; those that still are shared get "#2", "#3", ... in the list's
 * order. names[count] are replaced in place and stay the caller's to free().
 * @return LW_OK or LW_ERR_NO_MEMORY
 */
lw_status lw_names_make_unique(char **names, const char *const *sources, size_t count, lw_error *err);

/* ---- prepare_summary.c */

/** Counts so far. Zero-initialise, then lw_tally_start. */
typedef struct lw_tally {
    const lw_prepare_options *options; /**< borrowed */
    size_t records, rejected, with_warnings, unlabelled;
    json_t *sources, *rates, *lengths; /**< objects of counts */
    json_t *rejections;                /**< array; NULL once an allocation has failed */
    size_t classes[LW_CLASSES_MAX];    /**< records with each class */
    size_t leads[LW_LEADS_MAX][4];     /**< flat, missing, derived, filled */
    bool failed;                       /**< an allocation failed */
} lw_tally;

void lw_tally_start(lw_tally *tally, const lw_prepare_options *options);
void lw_tally_free(lw_tally *tally);
/** Count an accepted record; labels [classes]. */
void lw_tally_accept(lw_tally *tally, const lw_prepare_item *item, const char *source, const uint8_t *labels);
/** Count a rejected record. */
void lw_tally_reject(lw_tally *tally, const lw_prepare_item *item, const char *path);
/** @return LW_OK or LW_ERR_NO_MEMORY */
lw_status lw_tally_summary(const lw_tally *tally, lw_prepare_summary *out, lw_error *err);

#endif
