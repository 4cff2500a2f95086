/**
 * @file record.h
 * Recordings, their leads in millivolts and what their headers say; diagnoses, and the classes that count them.
 */
#ifndef LEADWISE_RECORD_H
#define LEADWISE_RECORD_H

#include "leadwise/leadwise.h"

#ifdef __cplusplus
extern "C" {
#endif

/** Whether the samples add up to the checksum in the header. */
typedef enum lw_checksum { LW_CHECKSUM_ABSENT, LW_CHECKSUM_GOOD, LW_CHECKSUM_WRONG } lw_checksum;

/** One lead as the file describes it. */
typedef struct lw_lead {
    const char *name;     /**< canonical where it is a known lead ("II", "aVR", "V1"), else as in the file */
    const char *unit;     /**< as in the file, "mV" when it says nothing */
    double gain;          /**< ADC units per `unit` */
    double baseline;      /**< ADC value of 0 */
    double rate_hz;       /**< of this lead in the file, before upsampling to the record's rate */
    size_t missing_count; /**< samples marked invalid */
    bool flat;            /**< max - min < 1e-6 mV over the valid samples */
    bool voltage;         /**< `unit` is a voltage, so that samples are in mV; else they are in `unit` */
    lw_checksum checksum;
} lw_lead;

/** One file of a recording in memory, for lw_record_parse. */
typedef struct lw_record_file {
    const char *name; /**< as the header refers to it */
    const void *data;
    size_t length;
} lw_record_file;

/**
 * Check the text of lw_record_options.lead_names: pairs NAME=LEAD apart by commas, where LEAD is a lead as I, aVR or V1.
 * @return LW_OK or LW_ERR_ARGUMENT. Threads: safe.
 */
LW_CHECK_RESULT lw_status lw_lead_names_check(const char *names, lw_error *err);

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
 * in stretches, as CSV, is LW_ERR_UNSUPPORTED, and so are WFDB's FLAC and format 8, whose samples cannot be reached one
 * without the other; a file of those that holds no lead costs a warning, and its signals are missing. Of WFDB's segments
 * one at a time has its files open. Checksums, which are of the whole, are not checked.
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

const char *lw_record_format(const lw_record *record); /**< "wfdb", "csv" */
const lw_lead *lw_record_lead(const lw_record *record, size_t lead);
double lw_record_age_years(const lw_record *record); /**< NaN when unknown */
lw_sex lw_record_sex(const lw_record *record);
size_t lw_record_code_count(const lw_record *record);          /**< diagnoses, duplicates removed */
const char *lw_record_code(const lw_record *record, size_t i); /**< SNOMED CT code */

/** How many digests there are: 0 unless lw_record_options.digest is set. */
size_t lw_record_digest_count(const lw_record *record);
/** Name and SHA-256 of the i-th file that was read, in the order of reading; borrowed from the record. */
const lw_file_digest *lw_record_digest(const lw_record *record, size_t i);

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

size_t lw_class_code_count(const lw_class_list *classes, size_t i);

/**
 * labels[classes] = 1 where one of `codes` is, or counts as, one of the class's codes; 0 elsewhere. Codes that the
 * Challenge scores as equal (713427006 = 59118001, 284470004 = 63593006, 427172004 = 17338001, and in 2021 733534002 =
 * 164909002) count as each other where the class list comes from lw_class_list_scored or holds both.
 */
void lw_class_labels(const lw_class_list *classes, const char *const *codes, size_t code_count, uint8_t *labels);

#ifdef __cplusplus
}
#endif
#endif
