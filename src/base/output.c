/* Files that appear when they are complete, and other places that bytes are written to. */
#include <assert.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/error.h"
#include "base/file.h"
#include "base/memory.h"
#include "base/text.h"

static lw_status fail_write(lw_error *err, const char *path) {
    return lw_fail(err, LW_ERR_IO, "%s: cannot write: %s", path, strerror(errno));
}

/** Whether `name` is what create_temporary makes of `base`. */
static bool is_temporary_of(const char *name, const char *base) {
    const size_t length = strlen(base);
    int end = 0;
    return strncmp(name, base, length) == 0 && sscanf(name + length, ".%*d-%*u.tmp%n", &end) == 0 && end > 0 &&
           name[length + (size_t)end] == '\0';
}

/** Remove the temporary unless a process has it locked, which is to say: still writes it. */
static void remove_unlocked(int folder_fd, const char *name) {
    const int fd = openat(folder_fd, name, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
    if (fd < 0)
        return;
    if (flock(fd, LOCK_EX | LOCK_NB) == 0)
        (void)unlinkat(folder_fd, name, 0);
    close(fd);
}

/** Remove the temporaries of `path` that processes left which were killed. What fails leaves them to the next time. */
static void remove_left(const char *path) {
    const char *base = lw_path_base(path);
    char *folder = base == path ? lw_strdup(".") : lw_span_dup((lw_span){path, (size_t)(base - path)});
    DIR *stream = folder ? opendir(folder) : NULL;
    for (const struct dirent *entry; stream && (entry = readdir(stream));)
        if (is_temporary_of(entry->d_name, base))
            remove_unlocked(dirfd(stream), entry->d_name);
    if (stream)
        closedir(stream);
    free(folder);
}

/** Create a file of a new name beside `path`: its descriptor, or -1 with errno. */
static int create_temporary(const char *path, char **temporary) {
    enum { ATTEMPTS = 1000 };
    for (unsigned attempt = 0; attempt < ATTEMPTS; attempt++) {
        lw_text name = {0};
        lw_text_printf(&name, "%s.%ld-%u.tmp", path, (long)getpid(), attempt);
        errno = ENOMEM;
        /* Not mkstemp: its files are readable by their owner only, and reading the umask is not thread-safe. */
        const int fd = name.failed ? -1 : open(name.data, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666);
        if (fd >= 0)
            *temporary = name.data;
        else
            lw_text_free(&name);
        if (fd >= 0 || errno != EEXIST)
            return fd;
    }
    return -1;
}

/** An output of one of the two kinds, without its place. */
static lw_output *create(const char *shown, lw_write_fn *write, void *context) {
    lw_output *output = lw_calloc(1, sizeof *output);
    if (!output)
        return NULL;
    *output = (lw_output){.shown = lw_strdup(shown), .write = write, .context = context};
    if (!output->shown)
        lw_output_abandon(&output);
    return output;
}

lw_status lw_output_open(const char *shown, lw_write_fn *write, void *context, lw_output **out, lw_error *err) {
    lw_output *output = create(shown, write, context);
    if (!output)
        return lw_fail_no_memory(err, "an output");
    *out = output;
    return LW_OK;
}

lw_status lw_output_create(const char *path, lw_output **out, lw_error *err) {
    struct stat info;
    /* A rename would replace a device or a FIFO by a file. */
    if (stat(path, &info) == 0 && !S_ISREG(info.st_mode))
        return lw_fail(err, LW_ERR_IO, "%s: cannot write: not a regular file", path);
    lw_output *output = create(path, NULL, NULL);
    if (!output)
        return lw_fail_no_memory(err, "an output file");
    remove_left(path);
    const int fd = create_temporary(path, &output->temporary);
    if (fd >= 0)
        (void)flock(fd, LOCK_EX | LOCK_NB); /* where there are no locks, none is found by others either */
    lw_status status = fd < 0 ? fail_write(err, path) : LW_OK;
    if (fd >= 0 && !(output->stream = fdopen(fd, "wb"))) {
        close(fd);
        status = lw_fail_no_memory(err, "an output file");
    }
    if (status == LW_OK)
        *out = output;
    else
        lw_output_abandon(&output);
    return status;
}

lw_status lw_output_write(lw_output *output, const void *data, size_t length, lw_error *err) {
    errno = 0;
    if (length == 0 || (output->stream ? fwrite(data, 1, length, output->stream) == length
                                       : output->write(output->context, data, length)))
        return LW_OK;
    return output->stream ? fail_write(err, output->shown)
                          : lw_fail(err, LW_ERR_IO, "cannot write %s: %s", output->shown, strerror(errno));
}

lw_status lw_output_seek(lw_output *output, size_t offset, lw_error *err) {
    assert(output->stream); /* a callback has no positions */
    return fseeko(output->stream, (off_t)offset, SEEK_SET) == 0 ? LW_OK : fail_write(err, output->shown);
}

/** Make the entry of `path` in its folder durable. */
static lw_status sync_folder(const char *path, lw_error *err) {
    size_t length = (size_t)(lw_path_base(path) - path);
    char *folder = length == 0 ? lw_strdup(".") : lw_span_dup((lw_span){path, length});
    if (!folder)
        return lw_fail_no_memory(err, "a path");
    int fd = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    /* EINVAL: the file system cannot sync folders. */
    lw_status status = fd >= 0 && (fsync(fd) == 0 || errno == EINVAL) ? LW_OK : fail_write(err, folder);
    if (fd >= 0)
        close(fd);
    free(folder);
    return status;
}

/** Make a file that is written durable under its name. */
static lw_status commit(lw_output *output, lw_error *err) {
    errno = 0;
    bool written = ferror(output->stream) == 0 && fflush(output->stream) == 0 && fsync(fileno(output->stream)) == 0;
    /* The errno of a failed earlier write is lost. */
    if (!written && errno == 0)
        errno = EIO;
    lw_status status = written ? LW_OK : fail_write(err, output->shown);
    /* Closed later: what is not locked would count as left behind. The bytes are on the disk already. */
    if (status == LW_OK && rename(output->temporary, output->shown) != 0)
        status = fail_write(err, output->shown);
    fclose(output->stream);
    output->stream = NULL;
    if (status != LW_OK)
        return status;
    free(output->temporary);
    output->temporary = NULL;
    return sync_folder(output->shown, err);
}

lw_status lw_output_close(lw_output **output, lw_error *err) {
    lw_status status = (*output)->stream ? commit(*output, err) : LW_OK;
    lw_output_abandon(output);
    return status;
}

void lw_output_abandon(lw_output **output) {
    if (!*output)
        return;
    if ((*output)->stream)
        fclose((*output)->stream);
    if ((*output)->temporary)
        unlink((*output)->temporary);
    free((*output)->temporary);
    free((*output)->shown);
    free(*output);
    *output = NULL;
}

lw_status lw_file_write(const char *path, const void *data, size_t length, lw_error *err) {
    lw_output *output = NULL;
    lw_status status = lw_output_create(path, &output, err);
    if (status == LW_OK)
        status = lw_output_write(output, data, length, err);
    if (status == LW_OK)
        status = lw_output_close(&output, err);
    lw_output_abandon(&output);
    return status;
}
