#include "dataset/folder.h"

#include <dirent.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/error.h"
#include "base/file.h"
#include "base/memory.h"
#include "base/text.h"

/** A multi-segment header names its segments in its first lines; a longer header has no more than these read. */
enum { HEADER_LIMIT = 1 << 20 };

lw_status lw_name_list_take(lw_name_list *list, char *name, lw_error *err) {
    if (name == NULL)
        return lw_fail_no_memory(err, "a list of names");
    if (list->count == list->capacity) {
        size_t capacity = list->capacity == 0 ? 64 : 2 * list->capacity;
        char **names = realloc(list->names, capacity * sizeof *names);
        if (names == NULL) {
            free(name);
            return lw_fail_no_memory(err, "a list of names");
        }
        list->names = names;
        list->capacity = capacity;
    }
    list->names[list->count++] = name;
    return LW_OK;
}

void lw_name_list_free(lw_name_list *list) {
    for (size_t i = 0; i < list->count; i++)
        free(list->names[i]);
    free(list->names);
    *list = (lw_name_list){0};
}

/** Bytewise, so that the order does not depend on the locale. */
static int compare_names(const void *a, const void *b) { return strcmp(*(char *const *)a, *(char *const *)b); }

static void sort_names(lw_name_list *list) {
    if (list->count > 1)
        qsort(list->names, list->count, sizeof *list->names, compare_names);
}

static bool is_header(const char *name) {
    size_t length = strlen(name);
    return length > 4 && strcmp(name + length - 4, ".hea") == 0;
}

/** Put `name` where it belongs by what it is, which needs a look at it: a link, or a file system that does not tell. A
 * file that vanished since it was listed is passed over. */
static lw_status sort_unknown(const char *folder, const char *name, lw_name_list *headers, lw_name_list *folders,
                              lw_error *err) {
    char *path = lw_path_join(folder, name);
    if (path == NULL)
        return lw_fail_no_memory(err, folder);
    struct stat info;
    lw_status status = LW_OK;
    if (lstat(path, &info) == 0) {
        if (S_ISDIR(info.st_mode))
            status = lw_name_list_take(folders, lw_strdup(name), err);
        else if (is_header(name) && stat(path, &info) == 0 && S_ISREG(info.st_mode))
            status = lw_name_list_take(headers, lw_strdup(name), err);
    }
    free(path);
    return status;
}

static lw_status sort_entry(const char *folder, const struct dirent *entry, lw_name_list *headers,
                            lw_name_list *folders, lw_error *err) {
    const char *name = entry->d_name;
    if (entry->d_type == DT_UNKNOWN || entry->d_type == DT_LNK)
        return sort_unknown(folder, name, headers, folders, err);
    if (entry->d_type == DT_DIR)
        return lw_name_list_take(folders, lw_strdup(name), err);
    return entry->d_type == DT_REG && is_header(name) ? lw_name_list_take(headers, lw_strdup(name), err) : LW_OK;
}

static lw_status read_entries(const char *path, lw_name_list *headers, lw_name_list *folders, lw_error *err) {
    DIR *stream = opendir(path);
    if (stream == NULL)
        return lw_fail(err, LW_ERR_IO, "%s: cannot open the folder: %s", path, strerror(errno));
    lw_status status = LW_OK;
    for (;;) {
        errno = 0;
        const struct dirent *entry = readdir(stream);
        if (entry == NULL) {
            if (errno != 0)
                status = lw_fail(err, LW_ERR_IO, "%s: cannot list the folder: %s", path, strerror(errno));
            break;
        }
        if (strcmp(entry->d_name, ".") == 0 || strcmp(entry->d_name, "..") == 0)
            continue;
        status = sort_entry(path, entry, headers, folders, err);
        if (status != LW_OK)
            break;
    }
    closedir(stream);
    return status;
}

/** The next line that is neither empty nor a comment. */
static bool next_line(const char **cursor, const char *end, lw_span *line) {
    while (lw_span_line(cursor, end, line)) {
        *line = lw_span_trim(*line);
        if (line->length > 0 && line->at[0] != '#')
            return true;
    }
    return false;
}

/** The part of `line` before its first blank. */
static lw_span first_word(lw_span line) {
    lw_span word = {line.at, 0};
    while (word.length < line.length && line.at[word.length] != ' ' && line.at[word.length] != '\t')
        word.length++;
    return word;
}

/** The number of segments that a header's first line announces ("name/segments ..."), 0 for an ordinary header. */
static long long announced_segments(lw_span line) {
    lw_span word = first_word(line);
    const char *slash = word.length > 0 ? memchr(word.at, '/', word.length) : NULL;
    long long segments = 0;
    if (slash == NULL)
        return 0;
    lw_span number = {slash + 1, word.length - (size_t)(slash + 1 - word.at)};
    return lw_span_long(number, 1, HEADER_LIMIT, &segments) ? segments : 0;
}

/** Add "SEGMENT.hea" for each segment that the header in `bytes` names. */
static lw_status add_segments(const lw_bytes *bytes, lw_name_list *segments, lw_error *err) {
    const char *cursor = (const char *)bytes->data, *end = cursor + bytes->length;
    lw_span line;
    long long left = next_line(&cursor, end, &line) ? announced_segments(line) : 0;
    for (; left > 0 && next_line(&cursor, end, &line); left--) {
        lw_text name = {0};
        lw_span word = first_word(line);
        lw_text_append(&name, word.at, word.length);
        lw_text_puts(&name, ".hea");
        if (name.failed) {
            lw_text_free(&name);
            return lw_fail_no_memory(err, "a list of names");
        }
        lw_status status = lw_name_list_take(segments, name.data, err);
        if (status != LW_OK)
            return status;
    }
    return LW_OK;
}

/**
 * The header files that other headers of the folder name as their segments, sorted. A header that cannot be read names
 * none: whoever reads it as a record will hear why.
 */
static lw_status find_segments(const char *path, const lw_name_list *headers, lw_name_list *segments, lw_error *err) {
    lw_status status = LW_OK;
    for (size_t i = 0; status == LW_OK && i < headers->count; i++) {
        lw_bytes bytes = {0};
        char *header = lw_path_join(path, headers->names[i]);
        if (header == NULL)
            return lw_fail_no_memory(err, path);
        lw_status read = lw_bytes_read(header, HEADER_LIMIT, &bytes, err);
        if (read == LW_OK && bytes.length > 0)
            status = add_segments(&bytes, segments, err);
        else if (read == LW_ERR_NO_MEMORY)
            status = read;
        lw_bytes_free(&bytes);
        free(header);
    }
    sort_names(segments);
    return status;
}

/** Remove from `headers` what is in the sorted `segments`. */
static void remove_segments(lw_name_list *headers, const lw_name_list *segments) {
    size_t kept = 0;
    if (segments->count == 0)
        return;
    for (size_t i = 0; i < headers->count; i++) {
        char *name = headers->names[i];
        if (bsearch(&name, segments->names, segments->count, sizeof name, compare_names) != NULL)
            free(name);
        else
            headers->names[kept++] = name;
    }
    headers->count = kept;
}

lw_status lw_folder_list(const char *path, lw_name_list *headers, lw_name_list *folders, lw_error *err) {
    lw_status status = read_entries(path, headers, folders, err);
    if (status != LW_OK)
        return status;
    sort_names(headers);
    sort_names(folders);
    lw_name_list segments = {0};
    status = find_segments(path, headers, &segments, err);
    if (status == LW_OK)
        remove_segments(headers, &segments);
    lw_name_list_free(&segments);
    return status;
}
