/**
 * @file record_internal.h
 * The inside of a recording, and how readers (and the synthetic generator) build one.
 *
 * Where the size is known from the start, lw_record_new is called; a reader starts with lw_record_new_empty, and calls
 * lw_record_set_shape and lw_record_allocate when it has learned the size. Then come lw_record_set_lead and
 * lw_record_signal_mutable for each lead, codes, age and sex, and at the end lw_record_measure. Afterwards the record
 * is immutable and goes out through the public API. A record of 16-bit samples is filled by lw_frames_set instead, and
 * keeps them as they are: see lw_frames_set.
 */
#ifndef LW_RECORD_INTERNAL_H
#define LW_RECORD_INTERNAL_H

#include <math.h>
#include <string.h>

#include "base/file.h"
#include "base/text.h"
#include "leadwise/record.h"

enum {
    LW_RECORD_MAX_LEADS = 64,
    LW_RECORD_MAX_CODES = 256,
    LW_RECORD_MAX_WARNINGS = 64 /**< kept; further ones are dropped */
};

/** Limits of a recording's rate, both included. */
#define LW_RECORD_MIN_RATE_HZ 50.0
#define LW_RECORD_MAX_RATE_HZ 20000.0
/** Most samples of a lead when the options give no limit. */
#define LW_RECORD_MAX_SAMPLES ((size_t)1 << 28)
/** Most samples of all leads together: 8 GiB of doubles. */
#define LW_RECORD_MAX_VALUES ((size_t)1 << 30)

/** A lead whose valid samples span less is flat. */
#define LW_FLAT_MV 1e-6

/** Names of files, each once, and later their SHA-256. Zero-initialised: none. */
typedef struct lw_digests {
    lw_file_digest *item; /**< [count]; the names are owned */
    size_t count, capacity;
    bool wanted; /**< else nothing is noted */
    bool failed; /**< out of memory */
} lw_digests;

struct lw_record {
    char *name;
    const char *format; /**< static string */
    double rate_hz;
    size_t leads;
    size_t samples;
    lw_lead *lead;      /**< [leads]; the record owns `name` and `unit` of each */
    double *signal_mv;  /**< [leads][samples]; NULL: the samples are in `adc`, or only the header was read */
    const int16_t *adc; /**< [samples][leads], LW_ADC_MISSING: missing; NULL: the samples are in `signal_mv` */
    lw_bytes store;     /**< what `adc` lies in, LW_BYTES_SPARE behind it so that vectors may be read across its end */
    double age_years;   /**< NaN when unknown */
    lw_sex sex;
    char **code;
    size_t code_count;
    char **warning;
    size_t warning_count;
    lw_digests digests;
    bool out_of_memory; /**< a warning could not be noted: the reading has failed */
    uint8_t c_leads;    /**< bit k: V<k + 1> is called C<k + 1> in the file */
};

/**
 * A recording of `leads` x `samples` zeros in mV called `name` (copied), format "synthetic". Its leads have no name,
 * unit mV, gain 1, baseline 0; age and sex are unknown.
 *
 * @return NULL when out of memory or beyond LW_RECORD_MAX_VALUES; lw_record_free
 */
lw_record *lw_record_new(const char *name, size_t leads, size_t samples, double rate_hz);

/** A recording of `samples` zeros with name, format, rate, leads, age and sex of `other`; NULL as above. */
lw_record *lw_record_new_like(const lw_record *other, size_t samples);

/** A recording called `name` without leads, rate or samples; NULL when out of memory. */
lw_record *lw_record_new_empty(const char *name);

/** Give an empty record its size, 1 to LW_RECORD_MAX_LEADS leads, without memory for samples; false when out of memory.
 */
bool lw_record_set_shape(lw_record *record, size_t leads, size_t samples, double rate_hz);

/** Zeroed memory for leads x samples; false when out of memory or beyond LW_RECORD_MAX_VALUES. */
bool lw_record_allocate(lw_record *record);

/**
 * Describe lead `lead`. `name` is made canonical and copied, `unit` copied ("" or NULL: mV); sets `voltage`.
 * @return false when out of memory
 */
bool lw_record_set_lead(lw_record *record, size_t lead, const char *name, const char *unit, double gain,
                        double baseline);

/** [samples] of lead `lead`, in mV, to be written by the one who builds the record. */
double *lw_record_signal_mutable(lw_record *record, size_t lead);

/** Add a diagnosis (copied) unless it is there already; false when out of memory or beyond LW_RECORD_MAX_CODES. */
bool lw_record_add_code(lw_record *record, const char *code);
bool lw_record_has_code(const lw_record *record, lw_span code);

void lw_record_set_age(lw_record *record, double years); /**< NaN: unknown */
void lw_record_set_sex(lw_record *record, lw_sex sex);

/** Note one sentence, kept up to LW_RECORD_MAX_WARNINGS; sets `out_of_memory` when that happens. */
void lw_record_warn(lw_record *record, const char *format, ...) __attribute__((format(printf, 2, 3)));

/** Note a file that is read. */
void lw_digests_note(lw_digests *digests, const char *name);
void lw_digests_free(lw_digests *digests);

/** Warn of leads of one name and of voltages whose names are no leads'; call when all leads are described. */
void lw_record_check_names(lw_record *record);

/**
 * Call leads as `names` says: "ECG1=II,ECG2=V5", or by their numbers from 1, "1=II,2=V5". NULL: leave them.
 * @return LW_OK, LW_ERR_ARGUMENT (lw_lead_names_check), LW_ERR_LEAD_NAME (no lead is called so, or two would be called
 * alike), LW_ERR_NO_MEMORY
 */
lw_status lw_record_name_leads(lw_record *record, const char *names, lw_error *err);

enum { LW_LEAD_LIST_LENGTH = 200 };
/** "ECG1, ECG2": the names of a record's leads, of many the first ones; `unknown_only`: of those that are not understood. */
void lw_record_list_leads(const lw_record *record, bool unknown_only, char text[LW_LEAD_LIST_LENGTH]);

/** Count the missing samples of every lead and mark flat ones; call when all samples are written. */
void lw_record_measure(lw_record *record);

/** The code of a missing sample in `adc`. */
enum { LW_ADC_MISSING = INT16_MIN };

/** Where the samples of a lead lie. Both pointers are NULL when only the header was read. */
typedef struct lw_lead_view {
    const double *mv;   /**< [samples] in mV; NULL: they are in `adc` */
    const int16_t *adc; /**< sample t in mV is scale * adc[t * stride] + offset, to the last bit or so */
    size_t stride;
    double scale, offset;
} lw_lead_view;
lw_lead_view lw_record_view(const lw_record *record, size_t lead);

/** All of a NUL-terminated string. */
static inline lw_span lw_span_of(const char *string) { return (lw_span){string, strlen(string)}; }

/** Millivolts of one unit of a lead, 1 where the unit is no voltage. */
double lw_lead_unit_mv(const lw_lead *lead);

/** Millivolts of one sample that a file stores as an integer; NaN for its format's code for a missing one. */
static inline double lw_sample_mv(int32_t sample, int32_t missing, double baseline, double gain, double mv) {
    const double value = (sample - baseline) / gain * mv;
    return sample == missing ? NAN : value;
}

/* ---- Samples kept as a file of 16-bit numbers holds them (frames.c): a quarter of the memory of doubles */

/**
 * Make the little-endian numbers from `at` on the samples of a record that has its shape: where they lie, or in a copy.
 * They are all there.
 * @param store what `at` lies in, LW_BYTES_SPARE behind it, and is taken; empty when it is another's
 * @return false when out of memory
 */
bool lw_frames_set(lw_record *record, const uint8_t *at, lw_bytes store);

/** Sums and extremes of frames, eight frames side by side so that vectors of any number of leads are whole. */
typedef struct lw_frames_tally {
    size_t leads;
    uint16_t sum[8 * LW_RECORD_MAX_LEADS]; /**< modulo 2^16, as checksums are */
    int16_t low[8 * LW_RECORD_MAX_LEADS];
    int16_t high[8 * LW_RECORD_MAX_LEADS];
} lw_frames_tally;

void lw_frames_tally_start(lw_frames_tally *tally, size_t leads);
/** Add `frames` frames at `adc`. */
void lw_frames_tally_add(lw_frames_tally *tally, const int16_t *adc, size_t frames);
/** What the samples of a lead add up to, modulo 2^16. */
uint16_t lw_frames_tally_sum(const lw_frames_tally *tally, size_t lead);

/** lw_record_measure for a record with frames, all of which are in `tally`. */
void lw_frames_measure(lw_record *record, const lw_frames_tally *tally);

/* ---- What files call their leads and units (lead_name.c) */

/** The leads of the standard ECG in the order in which files without names hold them. */
enum { LW_STANDARD_LEADS = 12 };
extern const char *const lw_standard_leads[LW_STANDARD_LEADS];

/**
 * The canonical name of a lead ("ii", "Lead II", "MLII", "DII", "D2", "L2", "II (mV)", "MDC_ECG_LEAD_II" -> "II"; "AVR" ->
 * "aVR"; "C1" -> "V1"), or NULL when it is none of the known ones (the standard twelve, V7-V9, V3R-V6R, X, Y, Z). A bare
 * number, "ECG" and "ECG1" name no lead. The result is static.
 */
const char *lw_lead_canonical(lw_span name);
/** Whether a name is that of an electrode on the head, beside which "C3" is one, too, and not lead V3. */
bool lw_lead_is_brain_site(lw_span name);

/** Millivolts per unit: mV 1, uV (also with a micro sign) 0.001, nV 1e-6, V 1000, also in words ("millivolts", "microV"),
 * letters' case aside; 0 for anything else. */
double lw_unit_mv(lw_span unit);
/** Say that "MV", which is megavolts by its letters, is read as mV. */
void lw_warn_megavolts(lw_record *record, lw_span unit, const char *place);

#endif
