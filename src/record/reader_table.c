/** @file reader_table.c: the formats known, in the order in which they are tried, and what their table answers. */
#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/error.h"
#include "base/memory.h"
#include "record/reader.h"

#ifndef LW_FURTHER_READERS /* a test's */
#define LW_FURTHER_READERS(row)
#endif

/* A new format is one row here. Formats with a mark in their first bytes come before WFDB and CSV, which are found by the
 * form of a line of text. */
/* clang-format off */
#define READERS(row) \
    LW_FURTHER_READERS(row) \
    row(lw_wfdb_reader) \
    row(lw_csv_reader)
/* clang-format on */

#define DECLARE(reader) extern const lw_reader reader;
#define ADDRESS(reader) &reader,
READERS(DECLARE)
static const lw_reader *const readers[] = {READERS(ADDRESS)};
enum { READERS_COUNT = sizeof readers / sizeof *readers };

static const char *ending(const char *name, const char *const *suffixes) {
    for (; *suffixes; suffixes++)
        if (lw_name_ends(name, *suffixes))
            return *suffixes;
    return NULL;
}

const lw_reader *lw_reader_find(const char *name, lw_span head) {
    /* The reader of a file's suffix comes first: numbers in a .txt file may look like a line of a WFDB header. */
    for (size_t i = 0; i < READERS_COUNT; i++)
        if (ending(name, readers[i]->suffixes) && readers[i]->probe(name, head))
            return readers[i];
    for (size_t i = 0; i < READERS_COUNT; i++)
        if (readers[i]->probe(name, head))
            return readers[i];
    return NULL;
}

const char *lw_reader_suffix(size_t i) {
    for (size_t r = 0; r < READERS_COUNT; r++)
        for (const char *const *suffix = readers[r]->suffixes; *suffix; suffix++)
            if (i-- == 0)
                return *suffix;
    return NULL;
}

size_t lw_reader_stem(const char *name) {
    const char *suffix;
    for (size_t i = 0; (suffix = lw_reader_suffix(i)); i++)
        if (lw_name_ends(name, suffix))
            return strlen(name) - strlen(suffix);
    return strlen(name);
}

void lw_reader_titles(bool streamed, char titles[256]) {
    const char *wanted[READERS_COUNT];
    size_t count = 0, length = 0;
    for (size_t i = 0; i < READERS_COUNT; i++)
        if (!streamed || readers[i]->stream_open)
            wanted[count++] = readers[i]->title;
    titles[0] = '\0';
    for (size_t i = 0; i < count && length < 200; i++)
        length += (size_t)snprintf(titles + length, 256 - length, "%s%s",
                                   i == 0          ? ""
                                   : i + 1 < count ? ", "
                                                   : " or ",
                                   wanted[i]);
}

/* ---- Files */

static char *with_suffix(const char *path, size_t keep, const char *suffix) {
    lw_text text = {0};
    lw_text_append(&text, path, keep);
    lw_text_puts(&text, suffix);
    if (text.failed)
        lw_text_free(&text);
    return text.data;
}

/** The path of which `keep` bytes stay, with a suffix in small or capital letters. NULL where there is no such file, and when
 * out of memory: *failed. */
static char *existing(const char *path, size_t keep, const char *suffix, bool *failed) {
    struct stat info;
    char *file = with_suffix(path, keep, suffix);
    for (int capital = 0; file && capital < 2; capital++) {
        if (lstat(file, &info) == 0)
            return file;
        for (char *c = file + keep; *c; c++)
            *c = (char)toupper((unsigned char)*c);
    }
    *failed = !file;
    free(file);
    return NULL;
}

char *lw_reader_first_file(const char *path) {
    struct stat info;
    const size_t length = strlen(path);
    const bool there = stat(path, &info) == 0 && !S_ISDIR(info.st_mode);
    bool failed = false;
    char *file = NULL;
    for (size_t i = 0; !there && !file && !failed && lw_reader_suffix(i); i++)
        file = existing(path, length, lw_reader_suffix(i), &failed);
    for (size_t r = 0; !file && !failed && r < READERS_COUNT; r++) {
        const char *part = ending(path, readers[r]->part_suffixes);
        file = part ? existing(path, length - strlen(part), readers[r]->suffixes[0], &failed) : NULL;
        if (part && !file && !failed && !there) /* so that the sentence names the file that is missed */
            return with_suffix(path, length - strlen(part), readers[r]->suffixes[0]);
    }
    const bool other = there && lw_reader_rank(path) == READERS_COUNT;
    for (size_t r = 0; other && !file && !failed && r < READERS_COUNT; r++)
        file = readers[r]->part_suffixes[0] ? existing(path, length, readers[r]->suffixes[0], &failed) : NULL;
    if (file || failed)
        return file;
    return lw_strdup(path); /* also where nothing is there, so that the sentence names what the user wrote */
}

size_t lw_reader_rank(const char *name) {
    size_t r = 0;
    while (r < READERS_COUNT && !ending(name, readers[r]->suffixes))
        r++;
    return r;
}

/** Whether a file with a suffix of `candidate`, whose name alone leaves it open, is a recording by its beginning. One that
 * cannot be opened may be one: reading it reports why. */
static lw_status lists_head(const lw_reader *candidate, const char *folder, const char *name, bool *listed,
                            lw_error *err) {
    char head[LW_PROBE_BYTES];
    lw_source source;
    lw_span text;
    size_t length;
    char *path = lw_path_join(folder, name);
    lw_status status = path ? lw_source_open_folder(&source, path, err) : lw_fail_no_memory(err, "a path");
    if (status == LW_OK) {
        status = lw_source_head(&source, name, head, &text, &length, err);
        const lw_reader *reader = status == LW_OK && !candidate->lists ? lw_reader_find(name, text) : NULL;
        *listed = status != LW_OK || (reader ? reader->listed : candidate->lists && candidate->lists(text));
        lw_source_close(&source);
    }
    free(path);
    return status == LW_ERR_NO_MEMORY ? status : LW_OK;
}

lw_status lw_reader_lists(const char *folder, const char *name, bool *listed, lw_error *err) {
    *listed = false;
    const lw_reader *candidate = NULL;
    for (size_t r = 0; r < READERS_COUNT && !*listed; r++)
        if (readers[r]->listed && ending(name, readers[r]->suffixes)) {
            candidate = candidate ? candidate : readers[r];
            *listed = !readers[r]->lists && readers[r]->probe(name, (lw_span){"", 0});
        }
    return *listed || !candidate ? LW_OK : lists_head(candidate, folder, name, listed, err);
}

lw_status lw_reader_parts(const char *folder, const char *name, lw_part_fn *take, void *context, lw_error *err) {
    enum { MOST = 1 << 20 }; /* a longer file names its parts in its beginning, or has none that are listed */
    const lw_reader *reader = NULL;
    for (size_t r = 0; r < READERS_COUNT && !reader; r++)
        if (readers[r]->listed && readers[r]->parts && ending(name, readers[r]->suffixes))
            reader = readers[r];
    if (!reader)
        return LW_OK;
    lw_bytes bytes = {0};
    char *path = lw_path_join(folder, name);
    lw_status status = path ? lw_bytes_read(path, MOST, &bytes, err) : lw_fail_no_memory(err, "a path");
    if (status == LW_OK && bytes.length > 0)
        reader->parts((lw_span){(const char *)bytes.data, bytes.length}, take, context);
    lw_bytes_free(&bytes);
    free(path);
    return status == LW_ERR_NO_MEMORY ? status : LW_OK;
}
