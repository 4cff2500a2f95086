/* Files read and mapped, opened below one folder only, and the paths to them. */
#include "base/file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/error.h"
#include "base/memory.h"

/** "PATH: cannot VERB: reason", with errno's reason. */
static lw_status fail_errno(lw_error *err, const char *path, const char *verb) {
    return lw_fail(err, LW_ERR_IO, "%s: cannot %s: %s", path, verb, strerror(errno));
}

/* O_NONBLOCK: opening a FIFO must not wait for its writer; it has no effect on a regular file. */
enum { OPEN_FOR_READING = O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY };

/** Size of the regular file `fd`; anything else is `not_regular`. */
static lw_status regular_size(int fd, const char *shown, lw_status not_regular, size_t *size, lw_error *err) {
    struct stat info;
    if (fstat(fd, &info) != 0)
        return fail_errno(err, shown, "examine");
    if (!S_ISREG(info.st_mode))
        return lw_fail(err, not_regular, "%s: not a regular file", shown);
    *size = (size_t)info.st_size;
    return LW_OK;
}

lw_status lw_file_read_at(int fd, const char *shown, size_t offset, uint8_t *data, size_t length, size_t *done,
                          lw_error *err) {
    *done = 0;
    while (*done < length) {
        const ssize_t got = pread(fd, data + *done, length - *done, (off_t)(offset + *done));
        if (got < 0 && errno == EINTR)
            continue;
        if (got < 0)
            return fail_errno(err, shown, "read");
        if (got == 0)
            break;
        *done += (size_t)got;
    }
    return LW_OK;
}

/** The bytes of the open `fd`, which stays the caller's. */
static lw_status read_descriptor(int fd, const char *shown, lw_status not_regular, size_t limit, lw_bytes *out,
                                 lw_error *err) {
    size_t size = 0, done = 0;
    lw_status status = regular_size(fd, shown, not_regular, &size, err);
    if (status != LW_OK)
        return status;
    if (limit != 0 && size > limit)
        return lw_fail(err, LW_ERR_FORMAT, "%s: %zu bytes, expected at most %zu", shown, size, limit);
    uint8_t *data = size < SIZE_MAX - LW_BYTES_SPARE ? malloc(size + LW_BYTES_SPARE) : NULL;
    if (!data)
        return lw_fail_no_memory(err, shown);
    status = lw_file_read_at(fd, shown, 0, data, size, &done, err);
    if (status != LW_OK) {
        free(data);
        return status;
    }
    memset(data + done, 0, LW_BYTES_SPARE);
    *out = (lw_bytes){.data = data, .length = done};
    return LW_OK;
}

lw_status lw_bytes_read(const char *path, size_t limit, lw_bytes *out, lw_error *err) {
    int fd = open(path, OPEN_FOR_READING);
    if (fd < 0)
        return fail_errno(err, path, "open");
    lw_status status = read_descriptor(fd, path, LW_ERR_IO, limit, out, err);
    close(fd);
    return status;
}

lw_status lw_bytes_map(const char *path, lw_bytes *out, lw_error *err) {
    size_t size = 0;
    int fd = open(path, OPEN_FOR_READING);
    if (fd < 0)
        return fail_errno(err, path, "open");
    lw_status status = regular_size(fd, path, LW_ERR_IO, &size, err);
    /* An empty file cannot be mapped. */
    void *data = status == LW_OK && size > 0 ? mmap(NULL, size, PROT_READ, MAP_PRIVATE, fd, 0) : NULL;
    if (data == MAP_FAILED)
        status = fail_errno(err, path, "map");
    else if (status == LW_OK)
        *out = (lw_bytes){.data = data, .length = size, .mapped = size > 0};
    close(fd);
    return status;
}

/** Cut the first component of *name into `part`; false when it is empty, ".", ".." or too long for a file name. */
static bool next_component(const char **name, char part[256]) {
    size_t length = strcspn(*name, "/");
    if (length == 0 || length > 255)
        return false;
    memcpy(part, *name, length);
    part[length] = '\0';
    *name += length;
    return strcmp(part, ".") != 0 && strcmp(part, "..") != 0;
}

/** Open `name` component by component; a symbolic link is followed where it is all of the name. *fd is the caller's to
 * close. */
static lw_status open_below(int folder_fd, const char *name, const char *shown, int *fd, lw_error *err) {
    const int final = strchr(name, '/') ? O_NOFOLLOW : 0;
    for (int folder = folder_fd;; folder = *fd, name++) {
        char part[256];
        const bool plain = next_component(&name, part), last = *name == '\0';
        lw_status status = LW_OK;
        if (!plain)
            status = lw_fail(err, LW_ERR_FORMAT, "%s: not a plain path below its folder", shown);
        else if ((*fd = openat(folder, part, OPEN_FOR_READING | (last ? final : O_NOFOLLOW | O_DIRECTORY))) < 0)
            status = errno != ELOOP && errno != ENOTDIR
                         ? fail_errno(err, shown, "open")
                         : lw_fail(err, LW_ERR_FORMAT, "%s: symbolic link or not a folder at '%s'", shown, part);
        if (folder != folder_fd)
            close(folder);
        if (status != LW_OK || last)
            return status;
    }
}

lw_status lw_bytes_read_below(int folder_fd, const char *name, const char *shown, size_t limit, lw_bytes *out,
                              lw_error *err) {
    int fd;
    lw_status status = open_below(folder_fd, name, shown, &fd, err);
    if (status != LW_OK)
        return status;
    status = read_descriptor(fd, shown, LW_ERR_FORMAT, limit, out, err);
    close(fd);
    return status;
}

lw_status lw_file_open_below(int folder_fd, const char *name, const char *shown, int *fd, size_t *length,
                             lw_error *err) {
    int opened;
    lw_status status = open_below(folder_fd, name, shown, &opened, err);
    if (status != LW_OK)
        return status;
    status = regular_size(opened, shown, LW_ERR_FORMAT, length, err);
    if (status == LW_OK)
        *fd = opened;
    else
        close(opened);
    return status;
}

void lw_bytes_free(lw_bytes *bytes) {
    if (bytes->mapped)
        munmap((void *)(uintptr_t)bytes->data, bytes->length);
    else
        free((void *)(uintptr_t)bytes->data);
    *bytes = (lw_bytes){0};
}

const char *lw_path_base(const char *path) {
    const char *slash = strrchr(path, '/');
    return slash ? slash + 1 : path;
}

char *lw_path_join(const char *folder, const char *name) {
    const size_t folder_length = strlen(folder), name_length = strlen(name);
    const bool slash = folder_length > 0 && folder[folder_length - 1] != '/';
    char *path = lw_calloc(folder_length + name_length + 2, 1);
    if (!path)
        return NULL;
    memcpy(path, folder, folder_length);
    memcpy(path + folder_length, "/", slash);
    memcpy(path + folder_length + slash, name, name_length);
    return path;
}

/** mkdir, fine when the folder is there already. */
static lw_status create_one_folder(const char *path, lw_error *err) {
    struct stat info;
    if (mkdir(path, 0777) == 0)
        return LW_OK;
    const int reason = errno;
    if (stat(path, &info) == 0)
        return S_ISDIR(info.st_mode) ? LW_OK : lw_fail(err, LW_ERR_IO, "%s: not a folder", path);
    errno = reason;
    return fail_errno(err, path, "create folder");
}

lw_status lw_folder_create(const char *path, lw_error *err) {
    char *prefix = lw_strdup(path);
    if (!prefix)
        return lw_fail_no_memory(err, "a path");
    lw_status status = LW_OK;
    for (char *c = prefix; status == LW_OK && *c; c++)
        if (*c == '/' && c != prefix && c[1] && c[-1] != '/') {
            *c = '\0';
            status = create_one_folder(prefix, err);
            *c = '/';
        }
    if (status == LW_OK)
        status = create_one_folder(prefix, err);
    free(prefix);
    return status;
}
