/* This file opens the files of one recording, from a folder or from buffers. */
#include "record/reader.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/error.h"
#include "base/memory.h"

static const size_t read_budget = (size_t)1 << 36;

lw_status lw_source_open_folder(lw_source *source, const char *path, lw_error *err) {
    size_t length = (size_t)(lw_path_base(path) - path);
    *source = (lw_source){.folder_fd = -1, .linked_fd = -1, .budget = read_budget};
    source->folder = lw_span_dup((lw_span){path, length});
    source->first = lw_strdup(path);
    if (!source->folder || !source->first) {
        lw_source_close(source);
        return lw_fail_no_memory(err, "a folder's name");
    }
    source->folder_fd = open(length > 0 ? source->folder : ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (source->folder_fd < 0) {
        lw_status status = lw_fail(err, LW_ERR_IO, "%s: cannot open: %s", path, strerror(errno));
        lw_source_close(source);
        return status;
    }
    return LW_OK;
}

lw_status lw_source_open_again(const lw_source *source, lw_source *out, lw_error *err) {
    if (source->files)
        return lw_source_open_memory(out, source->files, source->file_count, err);
    return lw_source_open_folder(out, source->first, err);
}

lw_status lw_source_open_memory(lw_source *source, const lw_record_file *files, size_t file_count, lw_error *err) {
    *source =
        (lw_source){.folder_fd = -1, .linked_fd = -1, .files = files, .file_count = file_count, .budget = read_budget};
    source->folder = lw_strdup("");
    return source->folder ? LW_OK : lw_fail_no_memory(err, "a folder's name");
}

static void release_bytes(lw_source *source) {
    lw_bytes_free(&source->bytes);
    free(source->bytes_name);
    source->bytes_name = NULL;
}

void lw_source_close(lw_source *source) {
    release_bytes(source);
    lw_digests_free(&source->digests);
    free(source->folder);
    free(source->first);
    for (size_t i = 0; i < source->entry_count; i++)
        free(source->entries[i]);
    free(source->entries);
    if (source->folder_fd >= 0)
        close(source->folder_fd);
    if (source->linked_fd >= 0)
        close(source->linked_fd);
    *source = (lw_source){.folder_fd = -1, .linked_fd = -1};
}

lw_bytes lw_source_take(lw_source *source) {
    const lw_bytes bytes = source->bytes;
    source->bytes = (lw_bytes){0};
    release_bytes(source);
    return bytes;
}

bool lw_source_is_below(lw_span name) {
    lw_span part;
    bool below = name.length > 0;
    while (below && lw_span_field(&name, '/', &part))
        below = part.length > 0 && !lw_span_equals(part, ".") && !lw_span_equals(part, "..");
    return below;
}

static const lw_record_file *find_in_memory(const lw_source *source, const char *name) {
    for (size_t i = 0; i < source->file_count; i++)
        if (source->files[i].name && strcmp(source->files[i].name, name) == 0)
            return &source->files[i];
    for (size_t i = 0; i < source->file_count; i++)
        if (source->files[i].name && strcasecmp(source->files[i].name, name) == 0)
            return &source->files[i];
    return NULL;
}

static bool is_there(int folder_fd, const char *name) {
    struct stat info;
    return fstatat(folder_fd, name, &info, 0) == 0 || errno != ENOENT;
}

static int compare_nocase(const void *a, const void *b) {
    return strcasecmp(*(const char *const *)a, *(const char *const *)b);
}

/** Note the names in the folder, and open the folder of the file that the first file is a link to. What fails is as if it
 * were not there: the caller reports the name that it looks for. */
static void search(lw_source *source) {
    const int fd = openat(source->folder_fd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    DIR *stream = fd >= 0 ? fdopendir(fd) : NULL;
    size_t capacity = 0;
    source->searched = true;
    for (const struct dirent *entry; stream && (entry = readdir(stream));) {
        char **entries = lw_grow(source->entries, source->entry_count, &capacity, sizeof *entries);
        source->entries = entries ? entries : source->entries;
        char *name = entries ? lw_strdup(entry->d_name) : NULL;
        if (!name)
            break;
        source->entries[source->entry_count++] = name;
    }
    if (stream)
        closedir(stream);
    else if (fd >= 0)
        close(fd);
    if (source->entry_count > 1)
        qsort(source->entries, source->entry_count, sizeof *source->entries, compare_nocase);
    char *target = realpath(source->first, NULL);
    if (target) {
        *(char *)(uintptr_t)lw_path_base(target) = '\0';
        source->linked_fd = open(target, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
        free(target);
    }
}

/** The folder and the name of a file that is not there under its own name; false when there is none. */
static bool find_elsewhere(lw_source *source, const char *name, int *folder_fd, const char **actual) {
    if (is_there(source->folder_fd, name))
        return false;
    if (!source->searched)
        search(source);
    char **found = source->entry_count > 0
                       ? bsearch(&name, source->entries, source->entry_count, sizeof *source->entries, compare_nocase)
                       : NULL;
    if (found && ((found > source->entries && compare_nocase(found - 1, &name) == 0) ||
                  (found + 1 < source->entries + source->entry_count && compare_nocase(found + 1, &name) == 0)))
        found = NULL; /* several names: none is meant */
    *folder_fd = found ? source->folder_fd : source->linked_fd;
    *actual = found ? *found : name;
    return *folder_fd >= 0 && is_there(*folder_fd, *actual);
}

bool lw_source_has(lw_source *source, const char *name) {
    int folder_fd;
    const char *actual;
    if (source->files)
        return find_in_memory(source, name);
    if (source->bytes_name && strcmp(source->bytes_name, name) == 0)
        return true;
    return is_there(source->folder_fd, name) || find_elsewhere(source, name, &folder_fd, &actual);
}

static lw_status spend(lw_source *source, const char *name, size_t length, lw_error *err) {
    if (length > source->budget)
        return lw_fail(err, LW_ERR_FORMAT, "%s%s: the recording's parts repeat too many bytes, expected at most %zu",
                       source->folder, name, read_budget);
    source->budget -= length;
    return LW_OK;
}

static lw_status read_folder(lw_source *source, const char *name, size_t limit, lw_bytes *view, lw_error *err) {
    int folder_fd;
    const char *actual;
    if (!source->bytes_name || strcmp(source->bytes_name, name) != 0) {
        release_bytes(source);
        char *shown = lw_path_join(source->folder, name);
        char *copy = lw_strdup(name);
        lw_status status = shown && copy ? LW_OK : lw_fail_no_memory(err, "a file's name");
        if (status == LW_OK)
            status = lw_bytes_read_below(source->folder_fd, name, shown, limit, &source->bytes, err);
        if (status == LW_ERR_IO && find_elsewhere(source, name, &folder_fd, &actual))
            status = lw_bytes_read_below(folder_fd, actual, shown, limit, &source->bytes, err);
        if (status == LW_OK)
            status = spend(source, name, source->bytes.length, err);
        free(shown);
        if (status != LW_OK) {
            free(copy);
            return status;
        }
        source->bytes_name = copy;
    }
    *view = source->bytes;
    return LW_OK;
}

static lw_status read_memory(lw_source *source, const char *name, size_t limit, lw_bytes *view, lw_error *err) {
    const lw_record_file *file = find_in_memory(source, name);
    if (!file)
        return lw_fail(err, LW_ERR_IO, "%s: not among the files given", name);
    if (file->length > limit)
        return lw_fail(err, LW_ERR_FORMAT, "%s: %zu bytes, expected at most %zu", name, file->length, limit);
    *view = (lw_bytes){.data = file->data, .length = file->length};
    return spend(source, name, file->length, err);
}

lw_status lw_source_read(lw_source *source, const char *name, size_t limit, lw_bytes *view, lw_error *err) {
    const lw_status status =
        source->files ? read_memory(source, name, limit, view, err) : read_folder(source, name, limit, view, err);
    if (status == LW_OK)
        lw_digests_note(&source->digests, name);
    return status;
}

lw_status lw_source_open_file(lw_source *source, const char *name, lw_source_file *out, lw_error *err) {
    lw_source_file file = {.fd = -1, .shown = lw_path_join(source->folder, name)};
    lw_status status = LW_OK;
    if (!file.shown)
        return lw_fail_no_memory(err, "a file's name");
    if (source->files) {
        const lw_record_file *found = find_in_memory(source, name);
        if (found)
            file.data = found->data, file.length = found->length;
        else
            status = lw_fail(err, LW_ERR_IO, "%s: not among the files given", name);
    } else {
        int folder_fd;
        const char *actual;
        status = lw_file_open_below(source->folder_fd, name, file.shown, &file.fd, &file.length, err);
        if (status == LW_ERR_IO && find_elsewhere(source, name, &folder_fd, &actual))
            status = lw_file_open_below(folder_fd, actual, file.shown, &file.fd, &file.length, err);
    }
    if (status == LW_OK) {
        lw_digests_note(&source->digests, name);
        *out = file;
    } else {
        free(file.shown);
    }
    return status;
}

lw_status lw_source_file_read(const lw_source_file *file, size_t offset, void *bytes, size_t length, lw_error *err) {
    size_t got = 0;
    lw_status status = LW_OK;
    if (file->fd >= 0) {
        status = lw_file_read_at(file->fd, file->shown, offset, bytes, length, &got, err);
    } else if (offset <= file->length && length <= file->length - offset) {
        got = length;
        if (length > 0)
            memcpy(bytes, file->data + offset, length);
    }
    if (status == LW_OK && got < length)
        return lw_fail(err, LW_ERR_FORMAT, "%s: the file has become shorter while it was read", file->shown);
    return status;
}

void lw_source_file_close(lw_source_file *file) {
    if (file->shown && file->fd >= 0)
        close(file->fd);
    free(file->shown);
    *file = (lw_source_file){.fd = -1};
}
