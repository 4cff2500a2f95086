/**
 * @file record.h
 * Recordings, their leads in millivolts and what their headers say; diagnoses, and the classes that count them.
 */
#ifndef LEADWISE_RECORD_H
#define LEADWISE_RECORD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "leadwise/leadwise.h"

#ifdef __cplusplus
extern "C" {
#endif

/** A recording. Immutable once read, so threads may share it. */
typedef struct lw_record lw_record;

/** Whether the samples add up to the checksum in the header. */
typedef enum lw_checksum { LW_CHECKSUM_ABSENT, LW_CHECKSUM_GOOD, LW_CHECKSUM_WRONG } lw_checksum;

typedef enum lw_sex { LW_SEX_UNKNOWN, LW_SEX_FEMALE, LW_SEX_MALE } lw_sex;

/** One lead as the file describes it. */
typedef struct lw_lead {
    const char *name; /**< canonical where it is a known lead ("II", "aVR", "V1"), else as in the file */
    const char *unit; /**< as in the file, "mV" when it says nothing */
    double gain;      /**< ADC units per `unit` */
    double baseline;  /**< ADC value of 0 */
    double rate_hz;   /**< of this lead in the file, before upsampling to the record's rate */
    size_t missing;   /**< samples marked invalid */
    bool flat;        /**< max - min < 1e-6 mV over the valid samples */
    bool voltage;     /**< `unit` is a voltage, so that samples are in mV; else they are in `unit` */
    lw_checksum checksum;
} lw_lead;

/** How to read. Zero but for `size`: the defaults. */
typedef struct lw_record_options {
    size_t size;        /**< sizeof(lw_record_options) */
    bool strict;        /**< a warning (wrong checksum, odd date, duplicate code) becomes LW_ERR_STRICT */
    double rate_hz;     /**< sampling rate of a CSV file without one; 0: the file must say */
    const char *unit;   /**< unit of CSV columns without one, "uV" say; NULL: mV */
    size_t max_samples; /**< refuse recordings with more samples a lead; 0: 2^28 (and never more than 2^30 in all) */
} lw_record_options;

/**
 * Read the recording at `path` (WFDB header, CSV); its format is found from its first bytes and its name.
 * A path may leave the suffix out, and a signal file (".mat", ".dat") stands for the header beside it. Signal files must
 * be regular files below the header's own folder; one that is not there while others of the record are leaves its leads
 * missing, with a warning. No filtering or resampling here: see prepare.h. What is not as it should be but can be
 * read all the same becomes a warning.
 *
 * Signals of different rates are brought to the highest, frame rate times samples a frame, by holding each sample
 * (as `rdsamp -H`). Skew is taken out; what lies beyond a skewed signal's end is missing. Segments are joined, and
 * their gaps are missing samples.
 *
 * @param options  NULL: the defaults
 * @param out      the caller's, lw_record_free; untouched on failure
 * @return LW_OK, LW_ERR_ARGUMENT (the options' size), LW_ERR_IO, LW_ERR_FORMAT, LW_ERR_UNSUPPORTED, LW_ERR_TOO_SHORT
 * (no samples), LW_ERR_STRICT or LW_ERR_NO_MEMORY Threads: safe. Source: WFDB header(5) and signal(5).
 */
LW_CHECK_RESULT lw_status lw_record_read(const char *path, const lw_record_options *options, lw_record **out,
                                         lw_error *err);

/** One file of a recording in memory, for lw_record_parse. */
typedef struct lw_record_file {
    const char *name; /**< as the header refers to it */
    const void *data;
    size_t length;
} lw_record_file;

/**
 * Read a recording whose files are in memory: files[0] is the header (or the CSV file), the rest what it refers to.
 * Borrows the buffers for the call only. Errors and threads as lw_record_read.
 */
LW_CHECK_RESULT lw_status lw_record_parse(const lw_record_file *files, size_t file_count,
                                          const lw_record_options *options, lw_record **out, lw_error *err);

/**
 * Only the header's text: name, rate, length, leads, diagnoses; lw_record_copy_mv copies nothing.
 * For walking label folders that hold no signals. Errors as lw_record_read.
 */
LW_CHECK_RESULT lw_status lw_record_read_header(const char *path, const lw_record_options *options, lw_record **out,
                                                lw_error *err);

/** A recording on disk of which stretches are read: for those that are too long for memory. */
typedef struct lw_record_stream lw_record_stream;

/**
 * Open the recording at `path` (found as lw_record_read does) without reading its samples. A format that cannot be read
 * in stretches, as CSV, is LW_ERR_UNSUPPORTED, and so are WFDB's segments, FLAC and format 8, whose samples cannot be
 * reached one without the other. Checksums, which are of the whole, are not checked.
 * @return as lw_record_read. Threads: one a stream.
 */
LW_CHECK_RESULT lw_status lw_record_stream_open(const char *path, const lw_record_options *options,
                                                lw_record_stream **out, lw_error *err);
void lw_record_stream_free(lw_record_stream **stream);
/** Name, rate, length, leads, age and sex; no samples. */
const lw_record *lw_record_stream_header(const lw_record_stream *stream);
/**
 * Samples `first` to `first + count - 1` as a recording of that length; lw_record_free it.
 * @return LW_OK, LW_ERR_ARGUMENT (a stretch outside the recording, or an empty one), LW_ERR_IO, LW_ERR_FORMAT (a file
 * has become shorter) or LW_ERR_NO_MEMORY
 */
LW_CHECK_RESULT lw_status lw_record_stream_read(lw_record_stream *stream, size_t first, size_t count, lw_record **out,
                                                lw_error *err);

/** Frees *record and sets it to NULL; NULL is fine. */
void lw_record_free(lw_record **record);

const char *lw_record_name(const lw_record *record);    /**< without folder and suffix */
const char *lw_record_format(const lw_record *record);  /**< "wfdb", "csv" */
double lw_record_rate_hz(const lw_record *record);      /**< 50 to 20,000 */
size_t lw_record_lead_count(const lw_record *record);   /**< 1 to 64 */
size_t lw_record_sample_count(const lw_record *record); /**< a lead */
const lw_lead *lw_record_lead(const lw_record *record, size_t lead);
double lw_record_age_years(const lw_record *record); /**< NaN when unknown */
lw_sex lw_record_sex(const lw_record *record);
size_t lw_record_code_count(const lw_record *record);          /**< diagnoses, duplicates removed */
const char *lw_record_code(const lw_record *record, size_t i); /**< SNOMED CT code */
size_t lw_record_warning_count(const lw_record *record);
const char *lw_record_warning(const lw_record *record, size_t i); /**< one sentence */

/**
 * Copy samples `first` to `first + count - 1` of a lead into `out`, in mV = (adc - baseline) / gain; a missing sample is
 * NaN. There is no pointer to samples to be had, because a recording may hold them as the integers of its file.
 *
 *     double second[20000];
 *     size_t copied = lw_record_copy_mv(record, 0, 0, (size_t)lw_record_rate_hz(record), second);
 *
 * A lead that is not a voltage (lw_lead.voltage) comes in its own unit.
 * @return how many were copied: fewer than `count` where the recording ends, 0 for a lead that it lacks and when only
 * its header was read
 * Threads: safe.
 */
size_t lw_record_copy_mv(const lw_record *record, size_t lead, size_t first, size_t count, double *out);

/** Index of the lead called `name` (letters' case aside; "Lead II" and "MLII" are II), or -1. */
int lw_record_find_lead(const lw_record *record, const char *name);

/**
 * Write a record as Challenge files NAME.hea and NAME.mat (MATLAB v4, 16+24, 1000/mV) in `folder`, which must be there.
 * Samples beyond +-32.767 mV are clipped, a NaN becomes -32768. The header is written last, so that it always finds its
 * signals.
 * @return LW_OK, LW_ERR_IO, LW_ERR_ARGUMENT (a lead that is not a voltage, or no samples; `name` not 1-100 of letters,
 * digits, '-', '_') or LW_ERR_NO_MEMORY
 */
LW_CHECK_RESULT lw_status lw_record_write_challenge(const lw_record *record, const char *folder, const char *name,
                                                    lw_error *err);

/* ---- Diagnoses */

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
