/**
 * @file reader.h
 * A recording's format, and what all formats share. docs/new-format.md shows how one is added.
 */
#ifndef LW_RECORD_READER_H
#define LW_RECORD_READER_H

#include "base/file.h"
#include "record/record_internal.h"

enum {
    LW_PROBE_BYTES = 4096, /**< of a file's beginning, by which its format is found */
    LW_READER_SUFFIXES = 6,
    LW_PLACE_LENGTH = 320
};

/* ---- Sources (source.c): a folder on disk, or buffers of the caller, with no difference for readers */

/** Files of one recording. Zero-initialise and open; lw_source_close. Not for sharing between threads. */
typedef struct lw_source {
    int folder_fd;               /**< -1: in memory */
    char *folder;                /**< as the user wrote it, ends in '/' or is empty; stands before names in sentences */
    const lw_record_file *files; /**< borrowed; NULL for a folder */
    size_t file_count;
    size_t budget;    /**< bytes that may still be read: a header can name one file thousands of times */
    lw_bytes bytes;   /**< of the file read last */
    char *bytes_name; /**< its name */
    char *first;      /**< path of the first file as the user wrote it */
    bool searched;    /**< a name was not in the folder, so that the next three are known */
    char **entries;   /**< [entry_count] names in the folder, sorted, letters' case aside */
    size_t entry_count;
    int linked_fd;      /**< folder of the file that the first file is a link to, -1: it is none */
    lw_digests digests; /**< of the files that were read: names, until lw_source_digest */
} lw_source;

/**
 * Files below the folder of `path`, which is the first file. A name that is not there means the file whose name differs in
 * letters' case alone, and where the first file is a link, the file of that name beside the one that it leads to.
 * LW_ERR_IO, LW_ERR_NO_MEMORY.
 */
lw_status lw_source_open_folder(lw_source *source, const char *path, lw_error *err);
/** Open the folder of `source` once more, for reading that goes on when `source` is closed. Errors as above. */
lw_status lw_source_open_again(const lw_source *source, lw_source *out, lw_error *err);
/** Files in memory; borrows them. */
lw_status lw_source_open_memory(lw_source *source, const lw_record_file *files, size_t file_count, lw_error *err);
void lw_source_close(lw_source *source);

/** Whether a name from a file stays below its folder: not absolute, and no "." or ".." or empty component. */
bool lw_source_is_below(lw_span name);

/** Whether something of that name is there (it may still be unreadable). A link to nothing is not. */
bool lw_source_has(lw_source *source, const char *name);

/**
 * Look at the whole file `name`, of at most `limit` bytes. The view is valid until the next read from this source.
 * LW_ERR_IO when it is not there, LW_ERR_FORMAT when it is above `limit`, not a regular file or outside the folder.
 */
lw_status lw_source_read(lw_source *source, const char *name, size_t limit, lw_bytes *view, lw_error *err);

/** A file of a source that is read in stretches. lw_source_file_close; it may outlive its source. */
typedef struct lw_source_file {
    int fd;              /**< -1: in memory */
    const uint8_t *data; /**< borrowed, of a file in memory */
    size_t length;
    char *shown; /**< as sentences name it */
} lw_source_file;
/** Errors as lw_source_read; `out` is untouched on failure. */
lw_status lw_source_open_file(lw_source *source, const char *name, lw_source_file *out, lw_error *err);
/** Read `length` bytes from `offset` on. LW_ERR_IO; LW_ERR_FORMAT when the file has become shorter. */
lw_status lw_source_file_read(const lw_source_file *file, size_t offset, void *bytes, size_t length, lw_error *err);
/** Twice is fine. */
void lw_source_file_close(lw_source_file *file);

/** Take the SHA-256 of all files that were read. LW_OK, LW_ERR_NO_MEMORY, or as lw_source_read. */
lw_status lw_source_digest(lw_source *source, lw_error *err);

/** Hand over the bytes that were read last, which the view lies in: lw_bytes_free. Empty for files in memory. */
lw_bytes lw_source_take(lw_source *source);

/* ---- Readers */

/** One recording being read: what every reader gets. */
typedef struct lw_reading {
    lw_source *source;         /**< for this file and those that it refers to */
    const char *name;          /**< of the first file, as `source` has it */
    const char *shown;         /**< the same, as sentences name it */
    lw_span head;              /**< the first LW_PROBE_BYTES bytes of the first file, or all of it */
    size_t length;             /**< of the first file */
    lw_record_options options; /**< max_samples resolved, never 0 */
    bool header_only;
    lw_record *record; /**< to be filled; comes in empty but for its name */
} lw_reading;

/** Called with the name of each further file of a recording. */
typedef void lw_part_fn(void *context, const char *name);

/** A format. What is left out is NULL or false. */
typedef struct lw_reader {
    const char *name;                              /**< what lw_record_format returns */
    const char *title;                             /**< as sentences name it */
    const char *suffixes[LW_READER_SUFFIXES];      /**< of its files, ".hea"; a path may leave any of them out */
    const char *part_suffixes[LW_READER_SUFFIXES]; /**< of files that stand for that of suffixes[0] beside them */
    /** Files of these suffixes that `probe` accepts are recordings where they lie in a folder. */
    bool listed;
    /** In place of `probe` where a folder is listed: whether the file that begins with `head` is a recording, and no other
     * table. */
    bool (*lists)(lw_span head);
    /**
     * Whether a file of this name that begins with `head` is of this format. An empty `head` leaves only the name to
     * decide; then a folder's files are not opened before they are read.
     */
    bool (*probe)(const char *name, lw_span head);
    /**
     * Fill reading->record up to its samples, or without them where reading->header_only. The caller measures the leads
     * and turns warnings into errors when it is asked to.
     */
    lw_status (*read)(lw_reading *reading, lw_error *err);
    /** Name the further files of the recording that begins with `text`, so that a folder does not list them too. */
    void (*parts)(lw_span text, lw_part_fn *take, void *context);

    /**
     * Reading in stretches: all three or none. stream_open describes reading->record like a header that is read alone,
     * and leaves nothing behind when it fails; the stream outlives the reading and its source. stream_read gives samples
     * `first` to `first + count - 1`, which lie within `header`, as a record like `header` of that length.
     */
    lw_status (*stream_open)(lw_reading *reading, void **stream, lw_error *err);
    lw_status (*stream_read)(void *stream, const lw_record *header, size_t first, size_t count, lw_record **out,
                             lw_error *err);
    void (*stream_close)(void *stream);
} lw_reader;

/* ---- The table (reader_table.c) */

/** The first reader whose probe accepts the file, or NULL. */
const lw_reader *lw_reader_find(const char *name, lw_span head);
/** The i-th suffix of all readers, NULL past the last. */
const char *lw_reader_suffix(size_t i);
/** Length of a file's name without a suffix of the readers. */
size_t lw_reader_stem(const char *name);
/** "WFDB or CSV": all formats, or those that can be read in stretches. */
void lw_reader_titles(bool streamed, char titles[256]);
/**
 * The file that a path means: itself, or where that is not there the one whose suffix it leaves out; a part stands for the
 * first file, and a file of a suffix of no reader for the one whose suffix it leaves out, as ucd018.rec for
 * ucd018.rec.hea. Suffixes may be written in capital letters. free() it; NULL when out of memory.
 */
char *lw_reader_first_file(const char *path);
/** The place in the table of the reader with the file's suffix; the table's length where none has it. */
size_t lw_reader_rank(const char *name);
/** Whether the file `name` in `folder` is a recording, or may be one and cannot be opened. LW_OK or LW_ERR_NO_MEMORY. */
lw_status lw_reader_lists(const char *folder, const char *name, bool *listed, lw_error *err);
/**
 * Call `take` for the further files of the recording `name` in `folder`. One that cannot be read has none: reading it
 * reports why. LW_OK or LW_ERR_NO_MEMORY.
 */
lw_status lw_reader_parts(const char *folder, const char *name, lw_part_fn *take, void *context, lw_error *err);

/* ---- What readers share (reading.c) */

/** Whether `name` ends in `suffix` and has more than that, letters' case aside. */
bool lw_name_ends(const char *name, const char *suffix);

/** Whether `span` is one of `words`, whose list ends with NULL, letters' case aside. */
bool lw_span_is_one_of(lw_span span, const char *const *words);

/** How many of a span's first bytes a sentence quotes with "%.*s". */
static inline int lw_quoted(lw_span span, int most) { return span.length < (size_t)most ? (int)span.length : most; }

/** "FILE:LINE", which begins sentences; of a very long FILE only the end. */
void lw_place(char place[LW_PLACE_LENGTH], const char *file, size_t line);

/** The first LW_PROBE_BYTES bytes of a file of `source`, or all of it. Errors as lw_source_open_file. */
lw_status lw_source_head(lw_source *source, const char *name, char head[LW_PROBE_BYTES], lw_span *out, size_t *length,
                         lw_error *err);

/** All of the first file, at most 1 GiB; valid until the next lw_source_read. Errors as there. */
lw_status lw_reading_text(lw_reading *reading, lw_span *text, lw_error *err);

/**
 * Give the record its shape after checking it against the limits of this reading; `place` ("A0001.hea:1") begins the
 * sentence. LW_ERR_FORMAT, LW_ERR_TOO_SHORT for no samples (unless only the header is read), LW_ERR_NO_MEMORY.
 */
lw_status lw_reading_set_shape(lw_reading *reading, const char *place, size_t leads, size_t samples, double rate_hz,
                               lw_error *err);

/** Split a comment, the text behind its '#', at its first colon; false when it has none. */
bool lw_comment_split(lw_span comment, lw_span *key, lw_span *value);

/** Whether a file that begins with `head` has columns that are called like leads, above numbers (csv_listing.c). */
bool lw_csv_lists(lw_span head);

/* ---- Age and sex in comments (patient.c) */

typedef enum lw_comment_key {
    LW_COMMENT_OTHER,
    LW_COMMENT_AGE,
    LW_COMMENT_SEX,
    LW_COMMENT_AGE_SEX, /**< both, or text without a key, which may begin with both: "69 M 1085 1629 x1" */
    LW_COMMENT_DX
} lw_comment_key;

/** What stands behind one key of a comment. */
typedef struct lw_comment_field {
    lw_comment_key key;
    lw_span value; /**< without blanks and separators around it */
} lw_comment_field;

/** Cut the next field off a comment that begins without blanks; false at its end. Several stand in one comment as in "<age>:
 * 60 <sex>: F", "Age: 60, Sex: F" or "age=60 sex=F". */
bool lw_comment_next(lw_span *rest, lw_comment_field *field);
/**
 * Age and sex of a field into `record`. Ages are years, or months, weeks and days with their words: "60", "60 years", "045Y",
 * "006M", "18 months", "89+"; "> 89" is 90. What is neither gets a warning, which does not quote a text.
 */
void lw_comment_read_person(lw_record *record, const lw_comment_field *field, const char *place);

/**
 * Copy what a comment holds about the patient into `record`: "#Age: 74", "# Age: 78", "#<age>: 79", "#Sex: F",
 * "#Dx: 59118001,426783006", "# 69 M 1085 1629 x1". Other comments are passed over. Oddities become warnings that start
 * with `place` ("A0001.hea:14").
 *
 * @param text  the comment behind its '#'
 * @return LW_OK, LW_ERR_FORMAT for more than LW_RECORD_MAX_CODES diagnoses, LW_ERR_NO_MEMORY
 * Source: the headers of the Challenges of 2020 and 2021, of LUDB, PTB and MIT-BIH; info(1) of the WFDB package.
 */
lw_status lw_record_comment(lw_record *record, lw_span text, const char *place, lw_error *err);

#endif
