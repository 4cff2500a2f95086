/* This file divides inputs into parts, writes them to a folder, and checks the sentences of failures. */
#define _GNU_SOURCE /* memmem */

#include "harness.h"

#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static const char mark[] = "\n#--\n";

fuzz_part fuzz_next_part(fuzz_part *rest) {
    const size_t length = sizeof mark - 1;
    const uint8_t *end = rest->length > 0 ? memmem(rest->data, rest->length, mark, length) : NULL;
    const fuzz_part part = {rest->data, end ? (size_t)(end - rest->data) : rest->length};
    const size_t used = end ? part.length + length : part.length;
    *rest = (fuzz_part){used > 0 ? rest->data + used : rest->data, rest->length - used};
    return part;
}

fuzz_part fuzz_part_of(const char *text) { return (fuzz_part){(const uint8_t *)text, strlen(text)}; }

/** Ends the process where the harness itself cannot go on. */
static void *need(void *what) {
    if (!what) {
        perror("fuzz");
        exit(2);
    }
    return what;
}

char *fuzz_text(fuzz_part part) {
    char *text = need(malloc(part.length + 1));
    if (part.length > 0)
        memcpy(text, part.data, part.length);
    text[part.length] = '\0';
    return text;
}

static char folder[PATH_MAX];

static int remove_entry(const char *path, const struct stat *info, int kind, struct FTW *where) {
    (void)info;
    (void)kind;
    (void)where;
    return remove(path);
}

static void remove_folder(void) { (void)nftw(folder, remove_entry, 8, FTW_DEPTH | FTW_PHYS); }

const char *fuzz_folder(void) {
    if (*folder == '\0') {
        const char *parent = getenv("TMPDIR");
        snprintf(folder, sizeof folder, "%s/leadwise-fuzz-XXXXXX", parent && *parent ? parent : "/tmp");
        need(mkdtemp(folder));
        atexit(remove_folder);
    }
    return folder;
}

const char *fuzz_path(const char *name) {
    static char paths[8][PATH_MAX + 64];
    static size_t next;
    char *path = paths[next++ % 8];
    snprintf(path, sizeof paths[0], "%s/%s", fuzz_folder(), name);
    return path;
}

const char *fuzz_write(const char *name, fuzz_part part) {
    const char *path = fuzz_path(name);
    /* Cut afterwards: some file systems write a file that is emptied first to the disk at once. */
    const int file = open(path, O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
    if (file < 0 || (part.length > 0 && write(file, part.data, part.length) != (ssize_t)part.length) ||
        ftruncate(file, (off_t)part.length) != 0)
        need(NULL);
    close(file);
    return path;
}

void fuzz_check(lw_status status, const lw_error *err) {
    if (status == LW_OK)
        return;
    const size_t length = strnlen(err->message, sizeof err->message);
    bool fine = status != LW_ERR_INTERNAL && err->status == status && length > 0 && length < sizeof err->message;
    for (size_t i = 0; fine && i < length; i++)
        fine = (unsigned char)err->message[i] >= 0x20 && err->message[i] != 0x7F;
    if (!fine) {
        fprintf(stderr, "status %s with the sentence \"%.400s\"\n", lw_status_name(status), err->message);
        abort();
    }
}
