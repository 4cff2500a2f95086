/* This file prints errors on standard error, chooses exit codes, checks standard output at the end, and takes memory or
 * ends. */
#include "messages.h"

#include <assert.h>
#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/** The exit code for a status of a call that failed. */
static int exit_code_of(lw_status status) {
    static const int codes[] = {[LW_ERR_ARGUMENT] = CLI_EXIT_USAGE,       [LW_ERR_FORMAT] = CLI_EXIT_REJECTED,
                                [LW_ERR_UNSUPPORTED] = CLI_EXIT_REJECTED, [LW_ERR_UNIT] = CLI_EXIT_REJECTED,
                                [LW_ERR_LEAD] = CLI_EXIT_REJECTED,        [LW_ERR_TOO_SHORT] = CLI_EXIT_REJECTED,
                                [LW_ERR_NO_SIGNAL] = CLI_EXIT_REJECTED,   [LW_ERR_STRICT] = CLI_EXIT_REJECTED,
                                [LW_ERR_RATE] = CLI_EXIT_REJECTED,        [LW_ERR_LEAD_NAME] = CLI_EXIT_REJECTED,
                                [LW_ERR_MODEL] = CLI_EXIT_MODEL,          [LW_ERR_MISMATCH] = CLI_EXIT_MODEL,
                                [LW_ERR_NOT_FINITE] = CLI_EXIT_MODEL,     [LW_ERR_IO] = CLI_EXIT_IO,
                                [LW_ERR_NO_MEMORY] = CLI_EXIT_IO,         [LW_ERR_INTERRUPTED] = CLI_EXIT_INTERRUPTED,
                                [LW_ERR_POOR_SIGNAL] = CLI_EXIT_REJECTED};
    const bool listed = (size_t)status < sizeof codes / sizeof codes[0] && codes[status] != 0;
    assert(status != LW_OK);
    return listed ? codes[status] : CLI_EXIT_INTERNAL;
}

bool cli_is_terminal(int descriptor) {
    const char *terminal = getenv("TERM");
    return isatty(descriptor) && terminal && strcmp(terminal, "dumb") != 0;
}

void cli_print_line(const char *prefix, const char *format, va_list values) {
    char line[2048];
    vsnprintf(line, sizeof line, format, values);
    lw_make_printable(line);
    fprintf(stderr, "%s%s\n", prefix, line);
}

void cli_print_error(const char *format, va_list values) {
    const char *refused = getenv("NO_COLOR");
    const bool colour = cli_is_terminal(STDERR_FILENO) && (!refused || refused[0] == '\0');
    cli_print_line(colour ? "\033[1;31mleadwise:\033[0m " : "leadwise: ", format, values);
}

void cli_error(const char *format, ...) {
    va_list values;
    va_start(values, format);
    cli_print_error(format, values);
    va_end(values);
}

int cli_fail(const lw_error *err) {
    cli_error("%s", err->message);
    return exit_code_of(err->status);
}

int cli_exit_code(lw_status status, const lw_error *err) { return status == LW_OK ? CLI_EXIT_OK : cli_fail(err); }

void cli_leave_if_reader_gone(void) {
    struct pollfd output = {.fd = STDOUT_FILENO};
    if (poll(&output, 1, 0) == 1 && (output.revents & POLLERR) != 0) {
        signal(SIGPIPE, SIG_DFL);
        raise(SIGPIPE);
    }
}

int cli_finish_output(int code) {
    if (code == CLI_EXIT_IO && ferror(stdout)) /* the write that failed has had its sentence */
        return code;
    errno = 0;
    if (fflush(stdout) == 0 && !ferror(stdout))
        return code;
    const int reason = errno;
    cli_leave_if_reader_gone();
    cli_error("standard output: %s", reason != 0 ? strerror(reason) : "not everything could be written");
    return CLI_EXIT_IO;
}

static size_t least(size_t a, size_t b) { return a < b ? a : b; }

/** Levenshtein's distance; SIZE_MAX from words longer than any option. */
static size_t edit_distance(const char *a, const char *b) {
    enum { LONGEST = 63 };
    const size_t n = strlen(a), m = strlen(b);
    size_t row[LONGEST + 1];
    if (n > LONGEST || m > LONGEST)
        return SIZE_MAX;
    for (size_t j = 0; j <= m; j++)
        row[j] = j;
    for (size_t i = 1; i <= n; i++) {
        size_t diagonal = row[0];
        row[0] = i;
        for (size_t j = 1; j <= m; j++) {
            const size_t substituted = diagonal + (a[i - 1] != b[j - 1]);
            diagonal = row[j];
            row[j] = least(substituted, least(row[j], row[j - 1]) + 1);
        }
    }
    return row[m];
}

const char *cli_did_you_mean(const char *word, const char *(*next)(const void *context, size_t i), const void *context,
                             char text[96]) {
    const char *nearest = NULL;
    const char *candidate;
    size_t best = strlen(word) / 3 + 2;
    for (size_t i = 0; (candidate = next(context, i)); i++) {
        const size_t distance = edit_distance(word, candidate);
        if (distance < best) {
            best = distance;
            nearest = candidate;
        }
    }
    text[0] = '\0';
    if (nearest)
        snprintf(text, 96, "; did you mean '%s'?", nearest);
    return text;
}

bool cli_list_holds(const char *list, const char *name, size_t length) {
    while (*list != '\0') {
        const size_t next = strcspn(list, ",");
        if (next == length && strncmp(list, name, length) == 0)
            return true;
        list += next + (list[next] == ',');
    }
    return false;
}

static void *need(void *block) {
    if (!block) {
        cli_error("out of memory");
        exit(CLI_EXIT_IO);
    }
    return block;
}

void *cli_calloc(size_t count, size_t size) { return need(calloc(count > 0 ? count : 1, size)); }

void *cli_malloc(size_t bytes) { return need(malloc(bytes > 0 ? bytes : 1)); }

char *cli_format(const char *format, ...) {
    va_list values, again;
    va_start(values, format);
    va_copy(again, values);
    const int length = vsnprintf(NULL, 0, format, values);
    char *text = cli_calloc((size_t)length + 1, 1);
    vsnprintf(text, (size_t)length + 1, format, again);
    va_end(again);
    va_end(values);
    return text;
}

void cli_strings_add(cli_strings *list, const char *text) {
    if ((list->count & (list->count - 1)) == 0) { /* full: room doubles at each power of two */
        char **grown = cli_calloc(list->count > 0 ? 2 * list->count : 1, sizeof *grown);
        if (list->count > 0)
            memcpy(grown, list->item, list->count * sizeof *grown);
        free(list->item);
        list->item = grown;
    }
    list->item[list->count++] = cli_format("%s", text);
}

void cli_strings_free(cli_strings *list) {
    for (size_t i = 0; i < list->count; i++)
        free(list->item[i]);
    free(list->item);
    *list = (cli_strings){0};
}
