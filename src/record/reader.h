/**
 * @file reader.h
 * The table of recording formats. A new format is one file that defines an lw_reader, and one line in reader_table.c.
 */
#ifndef LW_RECORD_READER_H
#define LW_RECORD_READER_H

#include "base/text.h"
#include "record/record_internal.h"
#include "record/source.h"

/** One recording being read: what every reader gets. */
typedef struct lw_reading {
    lw_source *source;         /**< for the files that the first one refers to */
    const char *name;          /**< of the first file, without folder */
    const char *shown;         /**< the same as sentences say it */
    lw_span text;              /**< the first file's bytes, valid until the next lw_source_read */
    lw_record_options options; /**< max_samples resolved, never 0 */
    bool header_only;
    lw_record *record; /**< to be filled; comes in empty but for its name */
} lw_reading;

typedef struct lw_reader {
    const char *name; /**< what lw_record_format returns */
    /** Whether a file of this name that starts with these bytes is of this format. */
    bool (*probe)(const char *name, lw_span text);
    /** Fill reading->record up to its samples; the caller measures, and turns warnings into errors when asked to. */
    lw_status (*read)(lw_reading *reading, lw_error *err);
} lw_reader;

extern const lw_reader lw_wfdb_reader;
extern const lw_reader lw_csv_reader;

/** The first reader whose probe accepts the file, or NULL. */
const lw_reader *lw_reader_find(const char *name, lw_span text);

/** Whether `name` ends in `suffix`, letters' case aside. */
bool lw_name_ends(const char *name, const char *suffix);

enum { LW_PLACE_LENGTH = 320 };

/** "FILE:LINE", which begins sentences; of a very long FILE only the end. */
void lw_place(char place[LW_PLACE_LENGTH], const char *file, size_t line);

/**
 * Give the record its shape after checking it against the limits of this reading; `place` ("A0001.hea:1") begins the
 * sentence. LW_ERR_FORMAT, LW_ERR_TOO_SHORT for no samples (unless only the header is read), LW_ERR_NO_MEMORY.
 */
lw_status lw_reading_set_shape(lw_reading *reading, const char *place, size_t leads, size_t samples, double rate_hz,
                               lw_error *err);

#endif
