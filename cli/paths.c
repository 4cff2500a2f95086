/* This file reads paths of the command line, tells kinds of files apart, and writes text files and folders. */
#define _GNU_SOURCE /* memmem, nftw */

#include "paths.h"

#include <errno.h>
#include <fnmatch.h>
#include <ftw.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "leadwise/output.h"
#include "messages.h"

/** Add the whole lines of `lines`, at its end also one without a newline, and keep the rest. */
static void take_lines(cli_lines *lines, cli_strings *out) {
    size_t begin = 0;
    for (size_t i = 0; i <= lines->length; i++) {
        const bool last = i == lines->length;
        if (last ? !lines->ended : lines->text[i] != '\n')
            continue;
        size_t end = i;
        while (end > begin && lines->text[end - 1] == '\r')
            end--;
        char *line = cli_format("%.*s", (int)(end - begin), lines->text + begin);
        if (*line != '\0')
            cli_strings_add(out, line);
        free(line);
        begin = last ? i : i + 1;
    }
    memmove(lines->text, lines->text + begin, lines->length - begin);
    lines->length -= begin;
}

bool cli_lines_read(cli_lines *lines, cli_strings *out) {
    enum { PIECE = 1 << 16 };
    if (lines->ended)
        return false;
    for (bool whole = false; !whole && !lines->ended;) {
        if (lines->capacity - lines->length < PIECE) {
            char *text = cli_calloc(lines->length + 2 * PIECE, 1);
            if (lines->length > 0)
                memcpy(text, lines->text, lines->length);
            free(lines->text);
            lines->text = text;
            lines->capacity = lines->length + 2 * PIECE;
        }
        const ssize_t got = read(STDIN_FILENO, lines->text + lines->length, PIECE);
        if (got < 0 && errno == EINTR)
            continue;
        lines->failed = got < 0 ? errno : 0;
        lines->ended = got <= 0;
        whole = got > 0 && memchr(lines->text + lines->length, '\n', (size_t)got);
        lines->length += got > 0 ? (size_t)got : 0;
    }
    if (lines->failed != 0) /* half a line names another recording */
        return false;
    take_lines(lines, out);
    return true;
}

void cli_lines_free(cli_lines *lines) {
    free(lines->text);
    *lines = (cli_lines){0};
}

static void add_lines(cli_strings *paths) {
    cli_lines lines = {0};
    while (cli_lines_read(&lines, paths))
        continue;
    if (lines.failed != 0) {
        cli_error("standard input: cannot read: %s", strerror(lines.failed));
        exit(CLI_EXIT_IO);
    }
    cli_lines_free(&lines);
}

cli_strings cli_paths_read(const char *const *operands, size_t count) {
    cli_strings paths = {0};
    for (size_t i = 0; i < count; i++)
        if (strcmp(operands[i], "-") == 0)
            add_lines(&paths);
        else
            cli_strings_add(&paths, operands[i]);
    return paths;
}

/** Whether the first `most` bytes of the stream hold the name of a model's metadata; *safetensors: what the file is. */
static bool is_model_within(FILE *stream, size_t most, bool *safetensors) {
    static const char mark[] = "\"leadwise.network\"";
    char *head = cli_calloc(most, 1);
    rewind(stream);
    size_t length = 0;
    do {
        clearerr(stream);
        length += fread(head + length, 1, most - length, stream);
    } while (ferror(stream) && errno == EINTR);
    *safetensors = length > 8 && head[8] == '{' && head[6] == 0 && head[7] == 0;
    const bool model = *safetensors && memmem(head, length, mark, sizeof mark - 1);
    free(head);
    return model;
}

static lw_status fail_io(lw_error *err, const char *path) {
    return lw_error_set(err, LW_ERR_IO, "%.400s: %s", path, strerror(errno));
}

/* A safetensors file begins with the length of its JSON header. A name of metadata distinguishes a model from prepared
 * data; it comes first in the header, in the first page as lw_model_save writes it, so 1 MB is far enough. The file's
 * name stands in for what was cut off before that. */
lw_status cli_file_kind_of(const char *path, cli_file_kind *kind, lw_error *err) {
    enum { PAGE = 4096, MOST = 1 << 20 };
    struct stat state;
    const bool named = fnmatch("*.safetensors", path, 0) == 0;
    *kind = CLI_FILE_RECORD;
    if (stat(path, &state) != 0)
        return named && errno != ENOENT && errno != ENOTDIR ? fail_io(err, path) : LW_OK;
    if (!S_ISREG(state.st_mode))
        return LW_OK;
    FILE *stream = fopen(path, "rb");
    if (!stream) /* the reader of recordings says what is wrong with one */
        return named ? fail_io(err, path) : LW_OK;
    bool safetensors;
    const bool model =
        is_model_within(stream, PAGE, &safetensors) || (safetensors && is_model_within(stream, MOST, &safetensors));
    const bool failed = ferror(stream) != 0;
    const lw_status status = failed && named ? fail_io(err, path) : LW_OK;
    fclose(stream);
    if (status == LW_OK && (safetensors || named))
        *kind = model ? CLI_FILE_MODEL : CLI_FILE_PREPARED;
    return status;
}

lw_status cli_folder_create(const char *path, lw_error *err) {
    char *partial = cli_format("%s", path);
    struct stat state;
    bool good = true;
    for (char *at = partial + 1; good && at[-1] != '\0'; at++) {
        if (*at == '/' || *at == '\0') {
            const char end = *at;
            *at = '\0';
            good = mkdir(partial, 0777) == 0 || errno == EEXIST;
            *at = end;
        }
    }
    if (good && stat(path, &state) == 0 && !S_ISDIR(state.st_mode)) {
        errno = ENOTDIR;
        good = false;
    }
    free(partial);
    return good ? LW_OK : fail_io(err, path);
}

/** The kind of what is at `path` (S_IFREG, S_IFDIR...), 0: nothing. */
static mode_t kind_at(const char *path) {
    struct stat state;
    return stat(path, &state) == 0 ? state.st_mode & S_IFMT : 0;
}

bool cli_file_exists(const char *path) { return kind_at(path) != 0; }

bool cli_is_folder(const char *path) { return kind_at(path) == S_IFDIR; }

bool cli_is_special(const char *path) { return kind_at(path) != 0 && kind_at(path) != S_IFREG; }

size_t cli_paths_folders(const cli_strings *paths, const char **folders) {
    size_t count = 0;
    for (size_t i = 0; i < paths->count; i++)
        if (cli_is_folder(paths->item[i]))
            folders[count++] = paths->item[i];
    return count;
}

lw_status cli_file_append(const char *path, const char *text, lw_error *err) {
    FILE *stream = fopen(path, "ab");
    if (!stream)
        return fail_io(err, path);
    fseeko(stream, 0, SEEK_END); /* the position of a stream that appends is undefined before its first write */
    const bool written = (ftello(stream) <= 0 || fputc('\n', stream) != EOF) && fputs(text, stream) >= 0;
    return fclose(stream) == 0 && written ? LW_OK : fail_io(err, path);
}

lw_status cli_file_write(const char *path, const char *text, lw_error *err) {
    lw_output *output = NULL;
    if (cli_is_special(path)) /* a pipe or a device takes the text, and no other file takes its name */
        return cli_file_append(path, text, err);
    lw_status status = lw_output_create(path, &output, err);
    if (status == LW_OK)
        status = lw_output_write(output, text, strlen(text), err);
    if (status == LW_OK)
        status = lw_output_close(&output, err);
    lw_output_abandon(&output);
    return status;
}

char *cli_path_name(const char *path) {
    size_t end = strlen(path);
    while (end > 1 && path[end - 1] == '/')
        end--;
    size_t start = end;
    while (start > 0 && path[start - 1] != '/')
        start--;
    return cli_format("%.*s", (int)(end - start), path + start);
}

lw_status cli_scratch_create(char **folder, lw_error *err) {
    const char *parent = getenv("TMPDIR");
    char *path = cli_format("%s/leadwise-XXXXXX", parent && parent[0] != '\0' ? parent : "/tmp");
    if (!mkdtemp(path)) {
        const lw_status status = fail_io(err, path);
        free(path);
        return status;
    }
    *folder = path;
    return LW_OK;
}

static int remove_entry(const char *path, const struct stat *state, int kind, struct FTW *where) {
    (void)state;
    (void)kind;
    (void)where;
    return remove(path);
}

void cli_scratch_remove(char **folder) {
    enum { OPEN_FOLDERS = 8 };
    if (*folder) {
        nftw(*folder, remove_entry, OPEN_FOLDERS, FTW_DEPTH | FTW_PHYS);
        free(*folder);
        *folder = NULL;
    }
}
