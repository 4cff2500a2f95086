/** @file source.c: files of one recording, from a folder or from buffers. */
#include "record/reader.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/error.h"
#include "base/memory.h"

static const size_t read_budget = (size_t)1 << 36;

lw_status lw_source_open_folder(lw_source *source, const char *path, lw_error *err) {
    size_t length = (size_t)(lw_path_base(path) - path);
    *source = (lw_source){.folder_fd = -1, .budget = read_budget};
    source->folder = lw_span_dup((lw_span){path, length});
    if (!source->folder)
        return lw_fail_no_memory(err, "a folder's name");
    source->folder_fd = open(length > 0 ? source->folder : ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (source->folder_fd < 0) {
        lw_status status = lw_fail(err, LW_ERR_IO, "%s: cannot open: %s", path, strerror(errno));
        lw_source_close(source);
        return status;
    }
    return LW_OK;
}

lw_status lw_source_open_memory(lw_source *source, const lw_record_file *files, size_t file_count, lw_error *err) {
    *source = (lw_source){.folder_fd = -1, .files = files, .file_count = file_count, .budget = read_budget};
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
    free(source->folder);
    if (source->folder_fd >= 0)
        close(source->folder_fd);
    *source = (lw_source){.folder_fd = -1};
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
    return NULL;
}

bool lw_source_has(const lw_source *source, const char *name) {
    struct stat info;
    if (source->files)
        return find_in_memory(source, name);
    if (source->bytes_name && strcmp(source->bytes_name, name) == 0)
        return true;
    return fstatat(source->folder_fd, name, &info, AT_SYMLINK_NOFOLLOW) == 0 || errno != ENOENT;
}

static lw_status spend(lw_source *source, const char *name, size_t length, lw_error *err) {
    if (length > source->budget)
        return lw_fail(err, LW_ERR_FORMAT, "%s%s: the recording's parts repeat too many bytes, expected at most %zu",
                       source->folder, name, read_budget);
    source->budget -= length;
    return LW_OK;
}

static lw_status read_folder(lw_source *source, const char *name, size_t limit, lw_bytes *view, lw_error *err) {
    if (!source->bytes_name || strcmp(source->bytes_name, name) != 0) {
        release_bytes(source);
        char *shown = lw_path_join(source->folder, name);
        char *copy = lw_strdup(name);
        lw_status status = shown && copy ? LW_OK : lw_fail_no_memory(err, "a file's name");
        if (status == LW_OK)
            status = lw_bytes_read_below(source->folder_fd, name, shown, limit, &source->bytes, err);
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

lw_status lw_source_read(lw_source *source, const char *name, size_t limit, lw_bytes *view, lw_error *err) {
    if (!source->files)
        return read_folder(source, name, limit, view, err);
    const lw_record_file *file = find_in_memory(source, name);
    if (!file)
        return lw_fail(err, LW_ERR_IO, "%s: not among the files given", name);
    if (file->length > limit)
        return lw_fail(err, LW_ERR_FORMAT, "%s: %zu bytes, expected at most %zu", name, file->length, limit);
    *view = (lw_bytes){.data = file->data, .length = file->length};
    return spend(source, name, file->length, err);
}

lw_status lw_source_open_file(const lw_source *source, const char *name, lw_source_file *out, lw_error *err) {
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
        status = lw_file_open_below(source->folder_fd, name, file.shown, &file.fd, &file.length, err);
    }
    if (status == LW_OK)
        *out = file;
    else
        free(file.shown);
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
