#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/error.h"
#include "base/file.h"
#include "base/memory.h"
#include "base/text.h"

static lw_status fail_write(lw_error *err, const char *path) {
    return lw_fail(err, LW_ERR_IO, "%s: cannot write: %s", path, strerror(errno));
}

/** Create a file of a new name beside `path` and give its descriptor, or -1 with errno. */
static int create_temporary(const char *path, char **temporary) {
    enum { ATTEMPTS = 1000 };
    for (unsigned attempt = 0; attempt < ATTEMPTS; attempt++) {
        lw_text name = {0};
        lw_text_printf(&name, "%s.%ld-%u.tmp", path, (long)getpid(), attempt);
        if (name.failed) {
            lw_text_free(&name);
            errno = ENOMEM;
            return -1;
        }
        /* Not mkstemp: its files are readable by their owner only, and asking for the umask is not thread-safe. */
        int fd = open(name.data, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666);
        if (fd >= 0) {
            *temporary = name.data;
            return fd;
        }
        lw_text_free(&name);
        if (errno != EEXIST)
            return -1;
    }
    return -1;
}

lw_status lw_atomic_open(const char *path, lw_atomic_file *file, lw_error *err) {
    *file = (lw_atomic_file){0};
    struct stat info;
    /* A rename would replace a device or a FIFO by a file. */
    if (stat(path, &info) == 0 && !S_ISREG(info.st_mode))
        return lw_fail(err, LW_ERR_IO, "%s: cannot write: not a regular file", path);
    int fd = create_temporary(path, &file->temporary);
    if (fd < 0)
        return fail_write(err, path);
    file->path = lw_strdup(path);
    file->stream = fdopen(fd, "wb");
    if (file->path != NULL && file->stream != NULL)
        return LW_OK;
    if (file->stream == NULL)
        close(fd);
    lw_atomic_abandon(file);
    return lw_fail_no_memory(err, "an output file");
}

/** Make the entry of `path` in its folder durable. */
static lw_status sync_folder(const char *path, lw_error *err) {
    size_t length = (size_t)(lw_path_base(path) - path);
    char *folder = length == 0 ? lw_strdup(".") : lw_span_dup((lw_span){path, length});
    if (folder == NULL)
        return lw_fail_no_memory(err, "a path");
    int fd = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    /* EINVAL: a file system that cannot sync folders has nothing to be asked. */
    lw_status status = fd >= 0 && (fsync(fd) == 0 || errno == EINVAL) ? LW_OK : fail_write(err, folder);
    if (fd >= 0)
        close(fd);
    free(folder);
    return status;
}

lw_status lw_atomic_commit(lw_atomic_file *file, lw_error *err) {
    errno = 0;
    bool written = ferror(file->stream) == 0 && fflush(file->stream) == 0 && fsync(fileno(file->stream)) == 0;
    /* A failed earlier write has left no errno behind. */
    if (!written && errno == 0)
        errno = EIO;
    lw_status status = written ? LW_OK : fail_write(err, file->path);
    if (fclose(file->stream) != 0 && status == LW_OK)
        status = fail_write(err, file->path);
    file->stream = NULL;
    if (status == LW_OK && rename(file->temporary, file->path) != 0)
        status = fail_write(err, file->path);
    if (status == LW_OK) {
        free(file->temporary);
        file->temporary = NULL;
        status = sync_folder(file->path, err);
    }
    lw_atomic_abandon(file);
    return status;
}

void lw_atomic_abandon(lw_atomic_file *file) {
    if (file->stream != NULL)
        fclose(file->stream);
    if (file->temporary != NULL)
        unlink(file->temporary);
    free(file->temporary);
    free(file->path);
    *file = (lw_atomic_file){0};
}

lw_status lw_file_write(const char *path, const void *data, size_t length, lw_error *err) {
    lw_atomic_file file;
    lw_status status = lw_atomic_open(path, &file, err);
    if (status != LW_OK)
        return status;
    if (length > 0 && fwrite(data, 1, length, file.stream) != length) {
        status = fail_write(err, path);
        lw_atomic_abandon(&file);
        return status;
    }
    return lw_atomic_commit(&file, err);
}
