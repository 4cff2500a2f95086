/**
 * @file wfdb.h
 * The parts of the WFDB reader: header text -> lw_wfdb_header -> segments -> samples.
 *
 * Words as in header(5) and signal(5): a *frame* holds one or more samples of every signal; a *group* is a run of
 * signals in one file, whose samples are interleaved frame by frame.
 */
#ifndef LW_RECORD_WFDB_H
#define LW_RECORD_WFDB_H

#include "record/reader.h"

enum {
    LW_WFDB_NO_FORMAT = 0,             /**< of a file that is not read: every sample is missing */
    LW_WFDB_MAX_HEADER = 1 << 20,      /**< bytes of one header */
    LW_WFDB_MAX_ALL_HEADERS = 1 << 26, /**< bytes of a record's segment headers together */
    LW_WFDB_MAX_SEGMENTS = 1 << 14,
    LW_WFDB_MAX_SIGNALS = 1024,       /**< of one header */
    LW_WFDB_MAX_FRAME_SAMPLES = 20000 /**< of one signal in a frame: LW_RECORD_MAX_RATE_HZ at a frame a second */
};

/** Little-endian numbers of a file. */
static inline uint16_t lw_little16(const uint8_t *bytes) { return (uint16_t)(bytes[0] | bytes[1] << 8); }
static inline uint32_t lw_little32(const uint8_t *bytes) {
    return (uint32_t)lw_little16(bytes) | (uint32_t)lw_little16(bytes + 2) << 16;
}

/** A storage format of signal(5). */
typedef struct lw_wfdb_format {
    int number;
    int flac_bits;                      /**< 0: not FLAC */
    int32_t invalid;                    /**< marks a missing sample */
    bool difference;                    /**< stores differences to the sample before */
    uint8_t group_samples, group_bytes; /**< samples are packed in groups of this many (at most 3) */
    uint8_t tail_bytes[3];              /**< bytes that 0, 1, 2 samples beyond the last whole group fill */
    /** Unpack the first `count` samples at `bytes`; NULL for FLAC and the null format. */
    void (*unpack)(const uint8_t *bytes, size_t count, int32_t *out);
} lw_wfdb_format;

/** One signal line. */
typedef struct lw_wfdb_signal {
    char *file; /**< "~" or "*": none */
    char *unit;
    char *name;
    char *damage; /**< the sentence on what is wrong in the line of a signal that is no lead, NULL: nothing is */
    const lw_wfdb_format *format;
    int lead;             /**< the recording's lead that it is, -1: none */
    size_t line;          /**< in the header, from 1 */
    size_t frame_samples; /**< samples a frame, at least 1 */
    size_t skew;          /**< frames by which this signal lies late in its file */
    size_t offset;        /**< bytes before the first sample */
    double gain, baseline;
    bool has_initial, has_checksum;
    int32_t initial;
    uint16_t checksum; /**< modulo 2^16: files write it signed and unsigned */
} lw_wfdb_signal;

/** One line of a multi-segment header. */
typedef struct lw_wfdb_segment_line {
    char *name; /**< "~" or "*": a gap */
    size_t frames;
    size_t line;
} lw_wfdb_segment_line;

/** A header's content. Zero-initialise; lw_wfdb_header_free. */
typedef struct lw_wfdb_header {
    char *shown;        /**< its file as sentences name it */
    size_t record_line; /**< number of the line that holds the number of signals */
    double frame_rate_hz;
    size_t frames; /**< 0: unknown */
    size_t signal_count;
    lw_wfdb_signal *signals; /**< [signal_count], NULL when multi-segment */
    size_t segment_count;    /**< 0: not multi-segment */
    lw_wfdb_segment_line *segments;
} lw_wfdb_header;

/**
 * Parse a header's text. Comments about the patient and warnings go to `record`.
 *
 * @param shown  the file as sentences name it (copied)
 * @return LW_OK, LW_ERR_FORMAT, LW_ERR_UNSUPPORTED (a storage format not known), LW_ERR_NO_MEMORY; free `out` in any
 * case Source: header(5) of the WFDB Applications Guide.
 */
lw_status lw_wfdb_header_parse(const char *shown, lw_span text, lw_record *record, lw_wfdb_header *out, lw_error *err);
void lw_wfdb_header_free(lw_wfdb_header *header);

/** Cut the next word off `rest`; false at the end of the line. */
bool lw_wfdb_word(lw_span *rest, lw_span *word);

/** Whether a signal has no samples in any file. */
static inline bool lw_wfdb_signal_is_null(const lw_wfdb_signal *signal) {
    return signal->format->number == LW_WFDB_NO_FORMAT;
}
/** Whether a signal has the name of a lead. */
static inline bool lw_wfdb_signal_is_lead(const lw_wfdb_signal *signal) {
    return lw_lead_canonical(lw_span_of(signal->name));
}

/** The format of that number, or NULL. */
const lw_wfdb_format *lw_wfdb_format_find(long long number);
/** Bytes of `samples` samples in a (non-FLAC) file; SIZE_MAX when that overflows. */
size_t lw_wfdb_format_bytes(const lw_wfdb_format *format, size_t samples);
/** Samples that fit in `bytes` bytes of a (non-FLAC) file. */
size_t lw_wfdb_format_samples(const lw_wfdb_format *format, size_t bytes);

/** Signals of one file that follow each other in the header. */
typedef struct lw_wfdb_group {
    const lw_wfdb_header *header;
    const lw_wfdb_signal *signals; /**< [count] */
    size_t count;
    size_t frame;  /**< samples of all of them in a frame */
    size_t offset; /**< bytes of the file before the first sample */
} lw_wfdb_group;

/** The group that starts at signal `first`. LW_ERR_FORMAT when its lines contradict each other; `out` has its signals also then. */
lw_status lw_wfdb_group_at(const lw_wfdb_header *header, size_t first, lw_wfdb_group *out, lw_error *err);

/** The largest skew of the group's signals, in frames. */
size_t lw_wfdb_group_skew(const lw_wfdb_group *group);

/** Frames that the group's file holds ; for FLAC by its own header, SIZE_MAX when that has no number. */
lw_status lw_wfdb_group_frames(const lw_wfdb_group *group, lw_bytes file, size_t *frames, lw_error *err);

/** Where the samples of one signal go. */
typedef struct lw_wfdb_target {
    double *x;     /**< [frames * hold], NULL: nowhere; samples that the file does not have stay untouched */
    lw_lead *lead; /**< gets the result of the checksum; NULL: none does */
} lw_wfdb_target;

/**
 * Decode `frames` frames of a group into its targets, in mV where the unit is a voltage, missing samples as NaN.
 * A signal of fewer than `hold` samples a frame is held: sample j of frame f is x[f * hold + k] for every k with
 * frame_samples * k / hold == j, as `rdsamp -H` does.
 *
 * @param target  [group->count]
 * @return LW_OK, LW_ERR_FORMAT, LW_ERR_UNSUPPORTED (FLAC in a build without libFLAC), LW_ERR_NO_MEMORY
 */
lw_status lw_wfdb_group_decode(const lw_wfdb_group *group, lw_bytes file, size_t frames, size_t hold,
                               const lw_wfdb_target *target, lw_record *record, lw_error *err);

/** Whether the group's file is plain frames of 16-bit samples, which lw_wfdb_group_keep requires. */
bool lw_wfdb_group_is_frames(const lw_wfdb_group *group);

/**
 * lw_wfdb_group_decode for such a group when it is all of the record, which has no samples yet: signal s is lead s.
 * `file` holds all of the record's samples. `store`, which the record owns afterwards, is the same file or empty (see lw_frames_set).
 * LW_OK or LW_ERR_NO_MEMORY.
 */
lw_status lw_wfdb_group_keep(const lw_wfdb_group *group, lw_bytes file, lw_bytes store, lw_record *record,
                             lw_error *err);

/** The description of a FLAC file in its first 42 bytes. */
typedef struct lw_flac_info {
    unsigned channels, bits;
    uint64_t samples; /**< of one channel; 0: not said */
} lw_flac_info;

/** Read a FLAC file's STREAMINFO; needs no libFLAC. False when `bytes` does not start as a FLAC file. */
bool lw_flac_info_read(const uint8_t *bytes, size_t length, lw_flac_info *out);

/** Whether this build has libFLAC. */
bool lw_flac_available(void);

/**
 * Decode the first `samples` samples of each channel; sample i of channel c goes to
 * out[i / per_frame * frame + c * per_frame + i % per_frame].
 *
 * @param shown  the file as sentences name it
 * @return LW_OK, LW_ERR_FORMAT (damaged or short), LW_ERR_UNSUPPORTED (no libFLAC in this build), LW_ERR_NO_MEMORY
 */
lw_status lw_flac_decode(lw_bytes file, const char *shown, size_t channels, size_t samples, size_t per_frame,
                         size_t frame, int32_t *out, lw_error *err);

/* ---- The plan (wfdb_plan.c): which stretch of a recording comes from which header */

/** A stretch of the recording. */
typedef struct lw_wfdb_part {
    lw_wfdb_header header; /**< without signals for a gap */
    size_t start, frames;  /**< in the recording */
} lw_wfdb_part;

/** A signal file that holds samples of the recording. */
typedef struct lw_wfdb_plan_file {
    const char *name; /**< a signal's */
    size_t bytes;
} lw_wfdb_plan_file;

/** Zero-initialise; lw_wfdb_plan_free. */
typedef struct lw_wfdb_plan {
    lw_wfdb_header master;
    lw_wfdb_part *parts;
    size_t part_count;
    lw_wfdb_header *layout; /**< whose signals are the recording's leads: one of the parts' headers */
    size_t lead_count;
    size_t frames;            /**< of the whole recording; 0: to be learned from the signal file */
    size_t hold;              /**< samples a frame of the recording: the most that any lead with samples has */
    lw_wfdb_plan_file *files; /**< one for each group that was checked, so that a file may be there several times */
    size_t file_count, file_capacity;
} lw_wfdb_plan;

/**
 * Parse the header in `reading->text` and those of its segments, one level deep, and lay them end to end.
 *
 * Fixed layout: every segment has the leads of the first. Variable layout (the first segment has length 0): the leads
 * are the first segment's, found by name in the others. Gaps are segment "~", one of null signals, and with a warning one
 * without a header while another has one. Of more than LW_RECORD_MAX_LEADS signals, those are leads that have the name of
 * one.
 *
 * @return LW_OK, LW_ERR_IO, LW_ERR_FORMAT, LW_ERR_UNSUPPORTED or LW_ERR_NO_MEMORY; free `plan` in any case
 */
lw_status lw_wfdb_plan_read(lw_reading *reading, lw_wfdb_plan *plan, lw_error *err);
void lw_wfdb_plan_free(lw_wfdb_plan *plan);

/* ---- What the files hold (wfdb_files.c) */

/** How many bytes a group's file holds, and how many frames; both are untouched on failure. */
typedef lw_status lw_wfdb_measure_fn(lw_reading *reading, const lw_wfdb_group *group, size_t *bytes, size_t *frames,
                                     lw_error *err);
/**
 * Check that the file of each of the plan's groups holds the frames that its header promises; nothing large is allocated
 * before. Of a record without a length plan->frames becomes that of the shortest file.
 *
 * Signals become null signals, with a warning, where the record can do without their file: one that is absent while
 * another of the header's or of another segment's is there, so that PTB's standard leads can be read without the file of
 * the Frank leads; and one that is damaged, or short, and holds no lead while another group does.
 *
 * @return LW_OK, LW_ERR_FORMAT, LW_ERR_IO or LW_ERR_NO_MEMORY
 */
lw_status lw_wfdb_plan_check_files(lw_reading *reading, lw_wfdb_plan *plan, lw_wfdb_measure_fn *measure, lw_error *err);
/**
 * What becomes of a group whose file fails with `status` and the sentence of `cause`: LW_OK with a warning where the group
 * holds no lead while another does, else the failure. LW_OK stays LW_OK.
 */
lw_status lw_wfdb_group_fail(const lw_wfdb_group *group, lw_record *record, lw_status status, const lw_error *cause,
                             lw_error *err);
/**
 * Whether the samples of a recording, gaps included, take memory in proportion to its files: a header of fifty bytes can
 * name hours of gaps, or one file ten thousand times. LW_ERR_FORMAT when they do not.
 */
lw_status lw_wfdb_plan_check_memory(const lw_wfdb_plan *plan, lw_error *err);

/* ---- All of a recording (wfdb_reader.c) */

/** Give `reading->record` its shape, and its leads their descriptions. Errors as lw_reading_set_shape. */
lw_status lw_wfdb_describe(lw_reading *reading, const lw_wfdb_plan *plan, lw_error *err);

/* ---- Stretches (wfdb_stream.c): lw_reader's members of those names */

lw_status lw_wfdb_stream_open(lw_reading *reading, void **out, lw_error *err);
lw_status lw_wfdb_stream_read(void *stream, const lw_record *header, size_t first, size_t count, lw_record **out,
                              lw_error *err);
void lw_wfdb_stream_close(void *stream);

#endif
