/** @file wfdb.c: WFDB as a row of the table of readers. */
#include "record/wfdb.h"

#include <stdint.h>
#include <stdio.h>
#include <string.h>

/** A record line looks like "A0001 12 500 7500": a word, then a number of signals. */
static bool probe(const char *name, lw_span head) {
    const char *cursor = head.at, *end = head.at + head.length;
    lw_span line, word;
    long long signals;
    if (lw_name_ends(name, ".hea"))
        return true;
    while (head.length > 0 && lw_span_line(&cursor, end, &line)) {
        line = lw_span_trim(line);
        if (line.length == 0 || *line.at == '#')
            continue;
        return !memchr(line.at, ',', line.length) && lw_wfdb_word(&line, &word) && lw_wfdb_word(&line, &word) &&
               lw_span_long(word, 0, INT32_MAX, &signals);
    }
    return false;
}

/** The next line that is neither empty nor a comment. */
static bool next_line(const char **cursor, const char *end, lw_span *line) {
    while (lw_span_line(cursor, end, line)) {
        *line = lw_span_trim(*line);
        if (line->length > 0 && *line->at != '#')
            return true;
    }
    return false;
}

/**
 * The segments' headers where the record line announces any ("name/segments ..."), else the signal files. What is
 * malformed is left to who reads the record.
 */
static void name_parts(lw_span text, lw_part_fn *take, void *context) {
    const char *cursor = text.at, *end = text.at + text.length;
    lw_span line, word;
    long long segments = 0;
    if (!next_line(&cursor, end, &line) || !lw_wfdb_word(&line, &word))
        return;
    const char *slash = memchr(word.at, '/', word.length);
    if (slash && !lw_span_long((lw_span){slash + 1, word.length - (size_t)(slash + 1 - word.at)}, 1,
                               LW_WFDB_MAX_SEGMENTS, &segments))
        return;
    for (long long i = 0; (segments == 0 || i < segments) && next_line(&cursor, end, &line); i++) {
        char name[256];
        if (lw_wfdb_word(&line, &word) && word.length < sizeof name - 4) {
            snprintf(name, sizeof name, "%.*s%s", (int)word.length, word.at, segments > 0 ? ".hea" : "");
            take(context, name);
        }
    }
}

const lw_reader lw_wfdb_reader = {
    .name = "wfdb",
    .title = "WFDB",
    .suffixes = {".hea"},
    .part_suffixes = {".mat", ".dat"},
    .listed = true,
    .probe = probe,
    .read = lw_wfdb_read,
    .parts = name_parts,
    .stream_open = lw_wfdb_stream_open,
    .stream_read = lw_wfdb_stream_read,
    .stream_close = lw_wfdb_stream_close,
};
