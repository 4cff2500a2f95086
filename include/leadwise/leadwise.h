/**
 * @file leadwise.h
 * How every fallible call of the library answers: a status, and a sentence that names the place. Research software: not
 * a medical device.
 *
 * Rules that hold throughout: fallible calls return lw_status and, when their last argument is not NULL, fill it with a
 * sentence; results come by out-pointer and are untouched on failure; _read, _load, _create, _parse and _open give a
 * handle to the caller, _free(T **) takes it back; const pointers are borrowed. No globals, no printing, no exit.
 */
#ifndef LEADWISE_LEADWISE_H
#define LEADWISE_LEADWISE_H

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

/** What became of a call. The order is part of the ABI; new values go at the end. */
typedef enum lw_status {
    LW_OK = 0,
    LW_ERR_INTERNAL,    /**< a promise of the library itself was broken */
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
 * An argument may be err->message itself, as when a place is added to a sentence. Characters that are not printable
 * become '?', and a sentence of more than 511 bytes is cut. Threads: safe.
 */
lw_status lw_error_set(lw_error *err, lw_status status, const char *format, ...) LW_PRINTF(3, 4);

/** Short upper-case name of a status, as in `rejected:TOO_SHORT`. Threads: safe. */
const char *lw_status_name(lw_status status);

/** "1.2.3". Threads: safe. */
const char *lw_version(void);

/**
 * Make `text` safe on one line of a terminal, in place: each control character (C0, C1 or DEL) and each byte that is
 * not part of a UTF-8 character becomes '?'. An lw_error's sentence is so already. Threads: safe.
 */
void lw_make_printable(char *text);

#ifdef __cplusplus
}
#endif
#endif
