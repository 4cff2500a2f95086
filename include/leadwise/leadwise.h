/**
 * @file leadwise.h
 * All that an application requires: a model, a predictor, a recording, and what they return. Research software: not a
 * medical device.
 *
 *     lw_model *model = NULL;
 *     lw_predictor *predictor = NULL;
 *     const lw_prediction *p;
 *     lw_error err;
 *     if (lw_model_load_builtin(NULL, &model, &err) != LW_OK ||
 *         lw_predictor_create(model, NULL, &predictor, &err) != LW_OK ||
 *         lw_predict_path(predictor, "A0001.hea", &p, &err) != LW_OK)
 *         fprintf(stderr, "%s\n", err.message);
 *
 * The other headers have one topic each: record.h (recordings in memory, on disk, in stretches; diagnoses), signal.h
 * (preparing, synthetic recordings), dataset.h (folders and prepared files), model.h (networks, model files, sessions),
 * predict.h (many inputs, streams), train.h, evaluate.h, report.h, output.h, cluster.h.
 *
 * Rules that hold throughout: fallible calls return lw_status and, when their last argument is not NULL, fill it with a
 * sentence; results come by out-pointer and are untouched on failure; _read, _load, _create, _parse and _open give a
 * handle to the caller, _free(T **) takes it back and accepts NULL; const pointers are borrowed. A struct of options
 * begins with its size, zeros in it are the defaults, and NULL means the defaults too. No globals, no printing, no
 * exit.
 */
#ifndef LEADWISE_LEADWISE_H
#define LEADWISE_LEADWISE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

#if defined(__GNUC__)
#define LW_CHECK_RESULT __attribute__((warn_unused_result))
#define LW_PRINTF(text, first) __attribute__((format(printf, text, first)))
#else
#define LW_CHECK_RESULT
#define LW_PRINTF(text, first)
#endif

/* ---- Statuses */

/** What became of a call. The order is part of the ABI; new values go at the end. */
typedef enum lw_status {
    LW_OK = 0,
    LW_ERR_INTERNAL,    /**< a fault of the library itself */
    LW_ERR_ARGUMENT,    /**< the caller asked for something impossible */
    LW_ERR_IO,          /**< a file could not be opened, read or written */
    LW_ERR_NO_MEMORY,   /**< an allocation failed */
    LW_ERR_FORMAT,      /**< a recording's bytes are not what its format says */
    LW_ERR_UNSUPPORTED, /**< a well-formed recording of a kind that is not read here */
    LW_ERR_UNIT,        /**< a lead's unit is not a voltage */
    LW_ERR_LEAD,        /**< a lead that the network needs is not in the recording */
    LW_ERR_TOO_SHORT,   /**< fewer samples than the filter's padding, or none */
    LW_ERR_NO_SIGNAL,   /**< every sample of every lead is missing */
    LW_ERR_MODEL,       /**< a model, checkpoint or prepared file is damaged or of another format */
    LW_ERR_MISMATCH,    /**< two valid things that do not belong together (model and data, say) */
    LW_ERR_NOT_FINITE,  /**< a loss, gradient or weight became NaN or infinite */
    LW_ERR_INTERRUPTED, /**< stopped on request; what is needed to go on has been saved */
    LW_ERR_STRICT,      /**< a warning that strict reading turns into an error */
    LW_ERR_POOR_SIGNAL, /**< no lead is usable, or the quality is below the bar */
    LW_ERR_RATE,        /**< a recording gives no sampling rate; lw_record_options can */
    LW_ERR_LEAD_NAME,   /**< names of leads are not understood; lw_record_options can say what they mean */
    LW_STATUS_COUNT
} lw_status;

/** A failed call's explanation. Callers own it; it needs no clean-up. */
typedef struct lw_error {
    lw_status status;
    char message[512]; /**< one sentence: "A0001.hea:3: ADC gain is zero" */
} lw_error;

/**
 * Fill `err` (which may be NULL) with `status` and a formatted sentence, and return `status`, so that a callback that
 * fails ends in one line:
 *
 *     return lw_error_set(err, LW_ERR_IO, "%s: %s", path, strerror(errno));
 *
 * An argument may be err->message itself, as when a place is added to a sentence. Threads: safe.
 * Pitfall: characters that are not printable become '?', and a sentence of more than 511 bytes is cut.
 */
lw_status lw_error_set(lw_error *err, lw_status status, const char *format, ...) LW_PRINTF(3, 4);

/**
 * Short upper-case name of a status, as in `rejected:TOO_SHORT`. Threads: safe.
 *
 *     fprintf(stderr, "%s: %s\n", lw_status_name(err.status), err.message);
 *
 * Pitfall: the name of a value that is no status is "INTERNAL", too.
 */
const char *lw_status_name(lw_status status);

/**
 * The library's version, "1.2.3". Threads: safe.
 *
 *     puts(lw_version());
 *
 * Pitfall: it is the library's at run time; the headers that a program was compiled with may be of another.
 */
const char *lw_version(void);

/**
 * Make `text` safe on one line of a terminal, in place: each control character (C0, C1 or DEL) and each byte that is
 * not part of a UTF-8 character becomes '?'. Threads: safe.
 *
 *     lw_make_printable(name_from_a_file);
 *
 * Pitfall: it changes the text; an lw_error's sentence is printable already.
 */
void lw_make_printable(char *text);

/**
 * free() for strings that the library gives away; sets *string to NULL.
 *
 *     lw_string_free(&json);
 *
 * Pitfall: names and sentences that a call returns as const are borrowed, and never freed.
 */
void lw_string_free(char **string);

/* ---- Processors */

/** Instruction sets that kernels are compiled for, from plain C to the widest vectors. */
typedef enum lw_isa {
    LW_ISA_BEST, /**< the last one that this processor has */
    LW_ISA_SCALAR,
    LW_ISA_SSE2,
    LW_ISA_NEON,
    LW_ISA_AVX2,
    LW_ISA_AVX512,
    LW_ISA_COUNT
} lw_isa;

/**
 * What a caller forces upon the kernels, for tests and benchmarks; zeros leave everything to the planner. Another
 * instruction set or method rounds differently. What a layer cannot do by the method or lengths given is summed
 * directly.
 */
typedef struct lw_tuning {
    lw_isa isa;
    enum { LW_CONV_PLANNED, LW_CONV_DIRECT, LW_CONV_SPECTRAL, LW_CONV_WINOGRAD, LW_CONV_REFERENCE } method;
    int points_t, points_l; /**< spectral: lengths of the transforms along samples and along leads */
    int chunk;              /**< spectral: records at a time */
} lw_tuning;

/**
 * Fill `out` from text, NULL where nothing is forced. `isa` is "best", "scalar", "sse2", "neon", "avx2" or "avx512";
 * `method` is "direct", "winograd", "spectral", or "spectral:T=64,L=8,chunk=4" with any of the three, or "reference": the
 * definition, one product at a time in double.
 *
 *     status = lw_tuning_parse("avx2", NULL, &options.tuning, &err);
 *
 * @return LW_OK or LW_ERR_ARGUMENT. Threads: safe
 * Pitfall: whether the processor has the set is found only when something is planned.
 */
LW_CHECK_RESULT lw_status lw_tuning_parse(const char *isa, const char *method, lw_tuning *out, lw_error *err);
/**
 * "scalar", "sse2", "neon", "avx2", "avx512", or "best".
 *
 *     puts(lw_isa_name(options.tuning.isa));
 *
 * Pitfall: "best" does not name the set that runs here.
 */
const char *lw_isa_name(lw_isa isa);
/**
 * The set that LW_ISA_BEST stands for on this processor.
 *
 *     printf("kernels for %s\n", lw_isa_name(lw_isa_best()));
 *
 * Pitfall: it says nothing of a session that another set was forced upon.
 */
lw_isa lw_isa_best(void);

/* ---- Models */

/**
 * Weights, preprocessing, classes and decision rule. Immutable; threads share it. An ensemble is a model of several
 * members, each with weights of its own for the one network.
 */
typedef struct lw_model lw_model;

/**
 * Load a model file (safetensors, "leadwise.model/1").
 *
 *     status = lw_model_load("run/model.safetensors", &model, &err);
 *
 * @return LW_OK, LW_ERR_IO, LW_ERR_MODEL (damaged, or of another format) or LW_ERR_NO_MEMORY. Threads: safe
 * Pitfall: the file is read once; a model does not follow a file that is replaced later.
 */
LW_CHECK_RESULT lw_status lw_model_load(const char *path, lw_model **out, lw_error *err);
/**
 * The built-in model of that name; NULL: the first.
 *
 *     status = lw_model_load_builtin(NULL, &model, &err);
 *
 * @return LW_OK, LW_ERR_ARGUMENT (there is none of that name) or LW_ERR_NO_MEMORY. Threads: safe
 * Pitfall: the built-in model may be replaced by a better one in a later release; results are
 * pinned to its lw_model_sha256 (model.h).
 */
LW_CHECK_RESULT lw_status lw_model_load_builtin(const char *name, lw_model **out, lw_error *err);
/**
 * Frees *model and sets it to NULL; NULL is fine.
 *
 *     lw_predictor_free(&predictor);
 *     lw_model_free(&model);
 *
 * Pitfall: predictors borrow the model; they are freed first.
 */
void lw_model_free(lw_model **model);

/** The outputs of a network: each a set of SNOMED CT codes that count as one, with a short name. */
typedef struct lw_class_list lw_class_list;

/**
 * The classes of the model's probabilities and decisions, in their order; borrowed from the model.
 *
 *     const lw_class_list *classes = lw_model_classes(model);
 *
 * Pitfall: another model may have other classes, or the same in another order; look them up by code.
 */
const lw_class_list *lw_model_classes(const lw_model *model);
/**
 * How many classes there are: 1 to 256.
 *
 *     for (size_t i = 0; i < lw_class_count(classes); i++)
 *         printf("%s %.3f\n", lw_class_abbreviation(classes, i), (double)p->probabilities[i]);
 *
 * Pitfall: merged classes hold several codes; the count of codes is larger.
 */
size_t lw_class_count(const lw_class_list *classes);
/**
 * Code `k`, below lw_class_code_count (record.h), of class `i`; borrowed from the list.
 *
 *     const char *code = lw_class_code(classes, i, 0);
 *
 * Pitfall: k = 0 is one of several codes where classes are merged: "284470004" stands for "63593006" too.
 */
const char *lw_class_code(const lw_class_list *classes, size_t i, size_t k);
/**
 * Short name of class `i`, as "AF"; borrowed from the list.
 *
 *     puts(lw_class_abbreviation(classes, i));
 *
 * Pitfall: abbreviations are for people and may be joined ("CRBBB|RBBB"); programs compare codes.
 */
const char *lw_class_abbreviation(const lw_class_list *classes, size_t i);
/**
 * Class that holds `code`, or -1.
 *
 *     const int af = lw_class_find(classes, "164889003");
 *
 * Pitfall: -1 means that the model cannot report the diagnosis, not that it is absent.
 */
int lw_class_find(const lw_class_list *classes, const char *code);

/* ---- Recordings */

/** A recording. Immutable once read, so threads may share it. */
typedef struct lw_record lw_record;

/** How to read. Zero but for `size`: the defaults. */
typedef struct lw_record_options {
    size_t size;        /**< sizeof(lw_record_options) */
    bool strict;        /**< a warning (wrong checksum, odd date, duplicate code) becomes LW_ERR_STRICT */
    double rate_hz;     /**< sampling rate of a CSV file without one, or whose times are uneven; 0: the file must say */
    const char *unit;   /**< unit of CSV columns without one, "uV" say; NULL: mV */
    size_t max_samples; /**< refuse recordings with more samples a lead; 0: 2^28 (and never more than 2^30 in all) */
    bool digest;        /**< also take the SHA-256 of each file that is read (lw_record_digest in record.h) */
    /** What leads are: "ECG1=II,ECG2=V5", or by their numbers from 1, "1=II,2=V5"; borrowed. A name that a recording does
     * not have is LW_ERR_LEAD_NAME. NULL: as they are called */
    const char *lead_names;
} lw_record_options;

/**
 * Read the recording at `path` (WFDB header, CSV); its format is found from its first bytes and its name.
 * A path may leave the suffix out, and a signal file (".mat", ".dat") stands for the header beside it. Signal files
 * must be regular files below the header's own folder; one that is not there while others of the record are leaves its
 * leads missing, with a warning. No filtering or resampling here: see signal.h. What is not as it should be but can be
 * read all the same becomes a warning.
 *
 * Signals of different rates are brought to the highest, frame rate times samples a frame, by holding each sample
 * (as `rdsamp -H`). Skew is taken out; what lies beyond a skewed signal's end is missing. Segments are joined, and
 * their gaps are missing samples.
 *
 *     status = lw_record_read("A0001.hea", NULL, &record, &err);
 *
 * @param options  NULL: the defaults
 * @param out      the caller's, lw_record_free; untouched on failure
 * @return LW_OK, LW_ERR_ARGUMENT (the options), LW_ERR_IO, LW_ERR_FORMAT, LW_ERR_UNSUPPORTED, LW_ERR_TOO_SHORT
 * (no samples), LW_ERR_RATE, LW_ERR_LEAD_NAME, LW_ERR_STRICT or LW_ERR_NO_MEMORY. Threads: safe. Source: WFDB header(5)
 * and signal(5).
 * Pitfall: a recording is read whole; of one that is longer than memory record.h reads stretches.
 */
LW_CHECK_RESULT lw_status lw_record_read(const char *path, const lw_record_options *options, lw_record **out,
                                         lw_error *err);
/**
 * Frees *record and sets it to NULL; NULL is fine.
 *
 *     lw_record_free(&record);
 *
 * Pitfall: names and warnings of the record are gone with it.
 */
void lw_record_free(lw_record **record);
/**
 * Name without folder and suffix; borrowed from the record.
 *
 *     puts(lw_record_name(record));
 *
 * Pitfall: two folders may hold recordings of one name.
 */
const char *lw_record_name(const lw_record *record);
/**
 * Sampling rate: 50 to 20,000 Hz.
 *
 *     const double seconds = (double)lw_record_sample_count(record) / lw_record_rate_hz(record);
 *
 * Pitfall: leads of a lower rate are held to this one (lw_lead.rate_hz in record.h has theirs).
 */
double lw_record_rate_hz(const lw_record *record);
/**
 * How many leads: 1 to 64.
 *
 *     for (size_t lead = 0; lead < lw_record_lead_count(record); lead++)
 *
 * Pitfall: leads that are no voltage, as a respiration signal, count too.
 */
size_t lw_record_lead_count(const lw_record *record);
/**
 * How many samples each lead has.
 *
 *     double *lead_mv = malloc(lw_record_sample_count(record) * sizeof *lead_mv);
 *
 * Pitfall: missing samples count; they are NaN.
 */
size_t lw_record_sample_count(const lw_record *record);
/**
 * Index of the lead called `name` (letters' case aside; "Lead II" and "MLII" are II), or -1.
 *
 *     const int lead = lw_record_find_lead(record, "II");
 *
 * Pitfall: aVR and its like may be absent although preparing derives them from two other limb leads.
 */
int lw_record_find_lead(const lw_record *record, const char *name);
/**
 * Copy samples `first` to `first + count - 1` of a lead into `out`, in mV = (adc - baseline) / gain; a missing sample
 * is NaN. No call returns a pointer to samples, because a recording may hold them as the integers of its file.
 *
 *     double second[20000];
 *     size_t copied = lw_record_copy_mv(record, 0, 0, (size_t)lw_record_rate_hz(record), second);
 *
 * @return how many were copied: fewer than `count` where the recording ends, 0 for a lead that it lacks and when only
 * its header was read. Threads: safe
 * Pitfall: a lead that is not a voltage (lw_lead.voltage in record.h) comes in its own unit, not in millivolts.
 */
size_t lw_record_copy_mv(const lw_record *record, size_t lead, size_t first, size_t count, double *out);
/**
 * How many warnings there are: what was not as it should be and was read all the same.
 *
 *     for (size_t i = 0; i < lw_record_warning_count(record); i++)
 *         fprintf(stderr, "%s\n", lw_record_warning(record, i));
 *
 * Pitfall: a recording with a warning, as a wrong checksum, is predicted too; show the sentences.
 */
size_t lw_record_warning_count(const lw_record *record);
/** Warning `i`, one sentence; borrowed from the record. Example and pitfall: lw_record_warning_count. */
const char *lw_record_warning(const lw_record *record, size_t i);

/* ---- Prediction */

/** How the probabilities of a recording's windows become the recording's. */
typedef enum lw_pooling { LW_POOL_MEAN, LW_POOL_MAX } lw_pooling;

typedef enum lw_sex { LW_SEX_UNKNOWN, LW_SEX_FEMALE, LW_SEX_MALE } lw_sex;

/** A file of a recording, and the SHA-256 of its bytes. */
typedef struct lw_file_digest {
    const char *name; /**< as the recording refers to it */
    char sha256[65];  /**< 64 hexadecimal digits */
} lw_file_digest;

/** Who a recording is of, as far as that is known. */
typedef struct lw_person {
    double age_years; /**< NaN: unknown */
    lw_sex sex;
} lw_person;

/**
 * What can be wrong, or worth knowing, of a lead in the window that is read, or of the recording. The order is part of
 * the ABI; new values go before the count.
 */
typedef enum lw_quality_mark {
    LW_QUALITY_FLAT,        /**< the lead is constant */
    LW_QUALITY_MISSING,     /**< the lead has no valid sample, or is not in the recording */
    LW_QUALITY_SATURATED,   /**< samples stand at the largest or smallest value of the lead */
    LW_QUALITY_NOISE,       /**< hum, muscle or broad noise hides the heart beats */
    LW_QUALITY_SPIKES,      /**< jumps that no heart makes */
    LW_QUALITY_LEAD_OFF,    /**< the electrode is off: drift or a ramp without heart beats */
    LW_QUALITY_SHORT,       /**< the recording holds too few seconds of signal */
    LW_QUALITY_UNIT,        /**< no amplitude of an ECG: the unit or the gain is wrong */
    LW_QUALITY_RATE,        /**< no rate of a heart: the sampling rate is wrong */
    LW_QUALITY_MISLABELLED, /**< Einthoven's or Goldberger's identities fail, and other names or signs mend them */
    LW_QUALITY_REVERSED,    /**< electrodes are exchanged */
    LW_QUALITY_DUPLICATE,   /**< two leads are alike */
    LW_QUALITY_DERIVED,     /**< the lead is computed from others; normal */
    LW_QUALITY_RESAMPLED,   /**< the recording is brought to the network's rate; normal */
    LW_QUALITY_MARK_COUNT
} lw_quality_mark;

/** A mark of a lead, or of the recording, and the seconds of the recording that it is of. */
typedef struct lw_quality_finding {
    lw_quality_mark mark;
    const char *lead; /**< NULL: the recording */
    double begin_s, end_s;
} lw_quality_finding;

/**
 * "FLAT", "MISSING", and so on. Threads: safe.
 *
 *     for (size_t i = 0; i < p->finding_count; i++)
 *         puts(lw_quality_mark_name(p->findings[i].mark));
 *
 * Pitfall: DERIVED and RESAMPLED are normal; a recording with such findings is as good as one without.
 */
const char *lw_quality_mark_name(lw_quality_mark mark);

/** The probabilities and decisions for a recording or one window of it, or why there are none. All pointers are borrowed. */
typedef struct lw_prediction {
    const char *record;          /**< name: of a file without folder and suffix */
    const char *path;            /**< the file it was read from; NULL for what came from memory or a prepared file */
    size_t index;                /**< place in the call's list, or in the prepared file */
    lw_status status;            /**< LW_OK, or why it was rejected */
    const char *sentence;        /**< why it was rejected; NULL when it was not */
    const char *const *warnings; /**< [warning_count] sentences: what was not as it should be, and used all the same */
    size_t warning_count;
    const float *probabilities; /**< [classes of the model], NULL when rejected */
    const uint8_t *decisions;   /**< [classes of the model], NULL when rejected */
    const uint8_t *lead_flags;  /**< [leads of the network], OR of lw_lead_flag: 0 as recorded, LW_LEAD_DERIVED,
                                     LW_LEAD_MISSING absent and read as zeros; NULL when rejected */
    bool is_window;             /**< whether it is of one window; else of the whole recording */
    double start_s;             /**< where what is read begins: a window, or the first seconds that hold a signal */
    const lw_quality_finding *findings; /**< [finding_count] of what is read; also in a rejection */
    size_t finding_count;
    double quality;     /**< of what is read, 0 (worthless) to 1; of a prepared record only its flat leads are known */
    const char *format; /**< of the recording's file, as "wfdb"; NULL: it comes from memory or a prepared file */
    double rate_hz, seconds; /**< of the recording: its sampling rate, and how many seconds were read; 0: not known */
    const char *const *unknown_leads; /**< [unknown_lead_count] the recording's names that are no lead known here */
    size_t unknown_lead_count;
    const lw_file_digest *files; /**< [file_count], where lw_record_options.digest is set */
    size_t file_count;
    double milliseconds; /**< that reading, preparing and predicting took; a batch's time is divided evenly */
} lw_prediction;

/**
 * Called for each prediction, in the order of the input. Anything but LW_OK stops the call and is its result, with the
 * sentence in `err`. The prediction is valid until the callback returns.
 */
typedef lw_status lw_prediction_fn(void *context, const lw_prediction *prediction, lw_error *err);

/** How to predict. Zeros but for `size` are good defaults. */
typedef struct lw_predictor_options {
    size_t size; /**< sizeof(lw_predictor_options) */
    /** Leads that the network is shown, the others being zeros: some of those of a network that accepts missing leads
     * (lw_lead_set_parse in signal.h). NULL: all */
    const struct lw_lead_set *leads;
    size_t recording_count; /**< how many are to come: up to 32 make a predictor that is ready sooner and smaller, but
                                   slower in every call; 0: many */
    int threads;            /**< cores used inside a call; 0: all */
    size_t memory_bytes;    /**< of the network at most, slower and rounded otherwise; 0: no limit */
    double window_step_s;   /**< a window every so many seconds, the last one at the recording's end; 0: the first
                                   window alone */
    bool each_window;       /**< a prediction for each window; else the windows' probabilities are pooled */
    const lw_pooling *pooling;       /**< [classes], of pooled windows; NULL: the mean */
    const lw_record_options *record; /**< how files are read, its texts borrowed; NULL: the defaults */
    lw_tuning tuning;                /**< what is forced upon the kernels; zeros: nothing */
    double min_quality; /**< LW_ERR_POOR_SIGNAL below this quality, 0 to 1; 0: only where no lead is usable */
} lw_predictor_options;

/** A model ready to predict: it owns its memory. One thread at a time; threads share the model, each with its own. */
typedef struct lw_predictor lw_predictor;

/**
 * Get `model`, which must outlive the predictor, ready.
 *
 *     lw_predictor_options options = {sizeof options, .recording_count = 1};
 *     status = lw_predictor_create(model, &options, &predictor, &err);
 *
 * @param options  NULL: the defaults. With each_window and no window_step_s the windows follow each other
 * @return LW_OK, LW_ERR_ARGUMENT (size, leads that the network does not have or needs, a step below a sample, a memory
 *         limit that cannot be kept) or LW_ERR_NO_MEMORY
 * Pitfall: making one takes longer than predicting one recording; keep it.
 */
LW_CHECK_RESULT lw_status lw_predictor_create(const lw_model *model, const lw_predictor_options *options,
                                              lw_predictor **out, lw_error *err);
/**
 * Frees *predictor and sets it to NULL; NULL is fine.
 *
 *     lw_predictor_free(&predictor);
 *
 * Pitfall: predictions and streams of the predictor end with it; streams are freed first.
 */
void lw_predictor_free(lw_predictor **predictor);

/**
 * Read, prepare and predict the recording at `path`.
 *
 *     const lw_prediction *p;
 *     if (lw_predict_path(predictor, "A0001.hea", &p, &err) == LW_OK)
 *         printf("%.3f\n", p->probabilities[0]);
 *
 * @param out  valid until the predictor's next call; untouched on failure
 * @return the prediction's status: LW_OK, what lw_record_read and lw_prepare_record return, or LW_ERR_ARGUMENT (the
 *         predictor has each_window, so that one result is not enough)
 * Pitfall: of a recording longer than the window the rest counts only with window_step_s.
 */
LW_CHECK_RESULT lw_status lw_predict_path(lw_predictor *predictor, const char *path, const lw_prediction **out,
                                          lw_error *err);
/**
 * lw_predict_path for many recordings, which are read and prepared on all cores.
 *
 *     status = lw_predict_paths(predictor, paths, count, on_prediction, &table, &err);
 *
 * A recording that cannot be used is a prediction with its status and sentence, and the others go on. With each_window
 * a WFDB recording may be longer than memory: it is read a stretch at a time, by lw_stream_push.
 * @return LW_OK (also with rejected recordings), what `each` returned, or LW_ERR_NO_MEMORY
 * Pitfall: LW_OK does not mean that every recording has a prediction; each has its own status.
 */
LW_CHECK_RESULT lw_status lw_predict_paths(lw_predictor *predictor, const char *const *paths, size_t count,
                                           lw_prediction_fn *each, void *context, lw_error *err);
/**
 * lw_predict_path for a recording that has been read.
 *
 *     status = lw_predict_record(predictor, record, &p, &err);
 *
 * Pitfall: a recording of which only the header was read holds no samples, which is LW_ERR_ARGUMENT.
 */
LW_CHECK_RESULT lw_status lw_predict_record(lw_predictor *predictor, const lw_record *record, const lw_prediction **out,
                                            lw_error *err);

/** What samples in memory are: the leads in the order in which they come, and their rate. */
typedef struct lw_signal {
    size_t size;              /**< sizeof(lw_signal) */
    const char *record;       /**< name, for predictions and sentences; NULL: "signal" */
    const char *const *leads; /**< [lead_count] names: "I", "II", "V1" */
    size_t lead_count;        /**< 1 to 64 */
    double rate_hz;           /**< 50 to 20,000 */
    const lw_person *person;  /**< whose it is, for networks with inputs; NULL: unknown */
} lw_signal;

/**
 * lw_predict_path for samples in memory.
 *
 *     const char *leads[] = {"I", "II"};
 *     const lw_signal signal = {sizeof signal, .leads = leads, .lead_count = 2, .rate_hz = 500};
 *     const double *const mv[] = {lead_one, lead_two};
 *     status = lw_predict_signal(predictor, &signal, mv, 5000, &p, &err);
 *
 * @param mv  [lead_count][samples] in millivolts; NaN: missing
 * @return as lw_predict_path, and LW_ERR_ARGUMENT (size, number of leads, rate)
 * Pitfall: converters give integers; divide by the gain first, since 1000 counts are not 1000 mV.
 */
LW_CHECK_RESULT lw_status lw_predict_signal(lw_predictor *predictor, const lw_signal *signal, const double *const *mv,
                                            size_t samples, const lw_prediction **out, lw_error *err);

#ifdef __cplusplus
}
#endif
#endif
