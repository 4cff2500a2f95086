/**
 * @file wfdb_stream.h
 * Stretches of a WFDB recording whose signal files stay on disk.
 */
#ifndef LW_RECORD_WFDB_STREAM_H
#define LW_RECORD_WFDB_STREAM_H

#include "record/wfdb_plan.h"

/** A signal file that is open. */
typedef struct lw_wfdb_stream_file {
    lw_wfdb_group group;                         /**< of a part of the file that has been read: */
    lw_wfdb_signal signals[LW_RECORD_MAX_LEADS]; /**< the header's, without what is true of the whole file alone */
    size_t offset, length;                       /**< bytes before the first sample; of the file */
    int lead[LW_RECORD_MAX_LEADS];               /**< the recording's lead of each signal */
    int fd;
    char *shown;
} lw_wfdb_stream_file;

/** Zero-initialise; lw_wfdb_stream_close. */
typedef struct lw_wfdb_stream {
    lw_wfdb_plan plan;
    lw_wfdb_stream_file *file;
    size_t file_count;
    uint8_t *bytes; /**< of a stretch */
    size_t capacity;
} lw_wfdb_stream;

/**
 * Read the header, describe `reading->record` and open the signal files.
 * @return as lw_wfdb_plan_read, and LW_ERR_UNSUPPORTED for what cannot be read from the middle; close `out` in any case
 */
lw_status lw_wfdb_stream_open(lw_reading *reading, lw_wfdb_stream *out, lw_error *err);
void lw_wfdb_stream_close(lw_wfdb_stream *stream);
/** lw_record_stream_read; `header` is the record described above. */
lw_status lw_wfdb_stream_read(lw_wfdb_stream *stream, const lw_record *header, size_t first, size_t count,
                              lw_record **out, lw_error *err);

#endif
