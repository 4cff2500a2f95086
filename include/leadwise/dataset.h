/**
 * @file dataset.h
 * Many recordings: walking folders, preparing them into one file, and reading that file.
 */
#ifndef LEADWISE_DATASET_H
#define LEADWISE_DATASET_H

#include "leadwise/record.h"
#include "leadwise/signal.h"

#ifdef __cplusplus
extern "C" {
#endif

/** Paths of recordings, in a reproducible order. */
typedef struct lw_record_list lw_record_list;

/** How to collect recordings. Zero but for `size`: the defaults. */
typedef struct lw_record_list_options {
    size_t size;     /**< sizeof(lw_record_list_options) */
    bool unlabelled; /**< pass over every labels.csv: no codes, no notes, and a malformed one is no error. A path at
                          which nothing is stays in the list: reading it says so */
} lw_record_list_options;

/**
 * Collect recordings: a folder means every recording below it (sorted by path; one that is a part of another in its
 * folder, as a segment is, is left out), a file means itself, and "NAME" means "NAME.hea", or the file of another
 * format's
 * suffix, where only that is there. In a folder, WFDB headers are recordings; CSV files are not, because folders hold
 * other tables. Arguments keep their order. Symbolic links to folders found below a folder are not followed.
 * @param options  NULL: the defaults
 * @return LW_OK, LW_ERR_ARGUMENT (the options' size), LW_ERR_IO (nothing at a path), LW_ERR_FORMAT (a
 * labels.csv that is malformed, or names no recording of a folder that is walked, or holds no code; file and line named) or LW_ERR_NO_MEMORY
 */
LW_CHECK_RESULT lw_status lw_record_list_scan(const char *const *paths, size_t path_count,
                                              const lw_record_list_options *options, lw_record_list **out,
                                              lw_error *err);
void lw_record_list_free(lw_record_list **list);
size_t lw_record_list_count(const lw_record_list *list);
const char *lw_record_list_path(const lw_record_list *list, size_t i);
/**
 * Codes that the record's folder assigns in a labels.csv, which override its header's; false when there is no such file, it
 * has no codes or does not name the record. The file is a table whose first line names the columns: `record` (a name, with or
 * without folder and suffix) and `codes` (SNOMED CT codes or the Challenges' abbreviations, apart by '|', commas, semicolons or
 * blanks), and `group`, the patient, where that is known; other columns are passed over. A word that is no code is left out,
 * and a note names it; so is a line twice.
 */
bool lw_record_list_codes(const lw_record_list *list, size_t i, const char *const **codes, size_t *code_count);
/** The group, as a rule the patient, that the record's folder assigns in its labels.csv; "" where it is unknown. Threads: safe. */
const char *lw_record_list_group(const lw_record_list *list, size_t i);

/** Sentences on what was odd and passed over: words of a labels.csv that are no codes, lines that stand twice, records that are
 * not in its folder, and recordings that it does not name. */
size_t lw_record_list_note_count(const lw_record_list *list);
const char *lw_record_list_note(const lw_record_list *list, size_t i);

/** How lw_prepare prepares. Zero but for `size`: the defaults. */
typedef struct lw_prepare_options {
    size_t size;                     /**< sizeof(lw_prepare_options) */
    lw_lead_set leads;               /**< none: the standard twelve */
    lw_preprocessing preprocessing;  /**< rate_hz 0: lw_preprocessing_default */
    const lw_class_list *classes;    /**< NULL: lw_class_list_scored(2021, false) */
    const lw_record_options *record; /**< how to read; NULL: the defaults */
    bool allow_missing_leads;        /**< as lw_preparer_create */
    int threads;                     /**< 0: all cores */
    lw_isa isa;                      /**< instruction set to run on; 0: the best there is */
} lw_prepare_options;

/** Called now and then by lw_prepare, always from the calling thread. Return false to stop (LW_ERR_INTERRUPTED). */
typedef bool lw_progress_fn(void *context, size_t done, size_t total);
/** Called for each rejected record, in order. */
typedef void lw_reject_fn(void *context, const char *path, lw_status status, const char *sentence);

/** Called for each warning of a record, rejected ones included, before lw_reject_fn. */
typedef void lw_warn_fn(void *context, const char *path, const char *sentence);

/** What lw_prepare tells as it goes. Zero-initialise, and set `size`. */
typedef struct lw_prepare_hooks {
    size_t size;              /**< sizeof(lw_prepare_hooks) */
    lw_progress_fn *progress; /**< may be NULL, as the next */
    lw_reject_fn *reject;
    void *context;
    lw_warn_fn *warn; /**< may be NULL */
} lw_prepare_hooks;

/** What lw_prepare met. lw_prepare_summary_free it. */
typedef struct lw_prepare_summary {
    size_t record_count, rejected_count, warned_count, unlabelled_count;
    char *json; /**< records by source, rate and length; class counts; every rejected record with its reason */
} lw_prepare_summary;
void lw_prepare_summary_free(lw_prepare_summary *summary);

/**
 * Prepare all records of `list` into a safetensors file: signals [n][leads][samples] f32, labels [n][classes] u8,
 * age_years [n] f32 (NaN unknown), sex [n] u8 (lw_sex), source [n] u16 (index into `leadwise.sources`), signal_hash [n]
 * (u32 pairs) and metadata `leadwise.records`, `leadwise.classes`, `leadwise.leads`, `leadwise.preprocessing`,
 * `leadwise.sources`, and where a labels.csv has a column `group`, `leadwise.groups` with that of each record ("" unknown).
 * Rejected records are left out. A record is named after its file, without folder and suffix;
 * records of one name become "source/name", and where that is not enough get
 * "#2", "#3", ... Source is the name of the record's folder.
 * Memory does not grow with the records but for their names and labels. Same input, same bytes, for any number of
 * threads.
 *
 * @param options  NULL: the defaults
 * @return LW_OK (also with rejected records), LW_ERR_IO, LW_ERR_ARGUMENT, LW_ERR_NO_MEMORY, LW_ERR_INTERRUPTED,
 *         LW_ERR_NO_SIGNAL (no record left)
 */
LW_CHECK_RESULT lw_status lw_prepare(const lw_record_list *list, const lw_prepare_options *options,
                                     const lw_prepare_hooks *hooks, const char *out_path, lw_prepare_summary *summary,
                                     lw_error *err);

/** A prepared file, memory-mapped. Immutable; threads share it. */
typedef struct lw_dataset lw_dataset;

/**
 * Map a prepared file and check its header, shapes and labels; signals are checked when used. age_years, sex, source
 * and signal_hash may be absent.
 * @return LW_OK, LW_ERR_IO, LW_ERR_MODEL (not a prepared file, or damaged) or LW_ERR_NO_MEMORY
 */
LW_CHECK_RESULT lw_status lw_dataset_open(const char *path, lw_dataset **out, lw_error *err);
void lw_dataset_free(lw_dataset **dataset);
size_t lw_dataset_record_count(const lw_dataset *dataset);
size_t lw_dataset_sample_count(const lw_dataset *dataset);
const lw_lead_set *lw_dataset_leads(const lw_dataset *dataset);
const lw_preprocessing *lw_dataset_preprocessing(const lw_dataset *dataset);
const lw_class_list *lw_dataset_classes(const lw_dataset *dataset);
const char *lw_dataset_name(const lw_dataset *dataset, size_t i);
/** [leads][samples] */
const float *lw_dataset_signals(const lw_dataset *dataset, size_t i);
/** [classes] */
const uint8_t *lw_dataset_labels(const lw_dataset *dataset, size_t i);
float lw_dataset_age_years(const lw_dataset *dataset, size_t i);
lw_sex lw_dataset_sex(const lw_dataset *dataset, size_t i);
/** Folder that the record came from, as its last path component; "" when unknown. */
const char *lw_dataset_source(const lw_dataset *dataset, size_t i);
/** Group of the record, as a rule the patient; "" when unknown. Threads: safe. */
const char *lw_dataset_group(const lw_dataset *dataset, size_t i);
/** Hash of the prepared signal: equal for copies of a recording. */
uint64_t lw_dataset_signal_hash(const lw_dataset *dataset, size_t i);
/** SHA-256 of leads, preprocessing, classes, names, labels and signals, as 64 hexadecimal digits; reads the file in
 * full. */
LW_CHECK_RESULT lw_status lw_dataset_sha256(const lw_dataset *dataset, char hex[65], lw_error *err);

/** What a table of groups leaves open. */
typedef struct lw_group_counts {
    size_t unknown_count; /**< records whose patient neither the table nor the data set names: each counts as its own */
    size_t stray_count;   /**< lines that name no record of the data set */
    size_t stray_line;    /**< the first of them, from 1 */
} lw_group_counts;

/**
 * Hold the table `path` (columns `record` and `group`, NULL: none) against the data set, as training and cross-validation
 * take it.
 * @return LW_OK, LW_ERR_IO, LW_ERR_FORMAT (file and line named) or LW_ERR_NO_MEMORY. Threads: safe
 */
LW_CHECK_RESULT lw_status lw_dataset_count_groups(const lw_dataset *dataset, const char *path, lw_group_counts *out,
                                                  lw_error *err);

#ifdef __cplusplus
}
#endif
#endif
