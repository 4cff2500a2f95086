/**
 * @file messages.h
 * Errors on standard error, and exit codes.
 */
#ifndef LEADWISE_CLI_MESSAGES_H
#define LEADWISE_CLI_MESSAGES_H

#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>

#include "leadwise/leadwise.h"

typedef enum cli_exit {
    CLI_EXIT_OK = 0,
    CLI_EXIT_INTERNAL = 1,
    CLI_EXIT_USAGE = 2,
    CLI_EXIT_REJECTED = 3,    /**< some recordings were rejected, the rest written */
    CLI_EXIT_MODEL = 4,       /**< a model, checkpoint or prepared file is damaged or does not fit */
    CLI_EXIT_IO = 5,          /**< files, disk or memory */
    CLI_EXIT_GATE = 6,        /**< a score is below its minimum (evaluate --min) */
    CLI_EXIT_INTERRUPTED = 75 /**< stopped by a signal; --resume goes on */
} cli_exit;

/** The ending of a noun behind a count. */
static inline const char *cli_s(size_t count) { return count == 1 ? "" : "s"; }

/** Whether a descriptor is a terminal that can move its cursor. */
bool cli_is_terminal(int descriptor);

/** A line on standard error, in one write, so that lines of several programs do not mix. What is not printable, which
 * could come from file names, becomes '?'. */
void cli_print_line(const char *prefix, const char *format, va_list values) __attribute__((format(printf, 2, 0)));

/** cli_print_line with "leadwise: " before it. */
void cli_print_error(const char *format, va_list values) __attribute__((format(printf, 1, 0)));
void cli_error(const char *format, ...) __attribute__((format(printf, 1, 2)));
/** The library's sentence as an error. @return its exit code */
int cli_fail(const lw_error *err);
/** CLI_EXIT_OK for LW_OK, else cli_fail. */
int cli_exit_code(lw_status status, const lw_error *err);

/** Flush standard output: `code`, or CLI_EXIT_IO with a sentence when it could not all be written. */
int cli_finish_output(int code);
/** When the reader of standard output has gone ("| head"), end as other programs do, by SIGPIPE; else return. */
void cli_leave_if_reader_gone(void);

/**
 * "; did you mean 'x'?" for the candidate most like `word`, or "" where none is near, in text[96], which is returned.
 * `next(context, i)` returns the i-th candidate, NULL past the last.
 */
const char *cli_did_you_mean(const char *word, const char *(*next)(const void *context, size_t i), const void *context,
                             char text[96]);

/** Whether the `length` characters at `name` are one of the names that `list` joins by commas. */
bool cli_list_holds(const char *list, const char *name, size_t length);

/** Texts, each of its own memory. Zero-initialised: none. */
typedef struct cli_strings {
    char **item; /**< [count] */
    size_t count;
} cli_strings;

/** Append a copy of `text`. */
void cli_strings_add(cli_strings *list, const char *text);
void cli_strings_free(cli_strings *list);

/** Zeroed memory; ends the program with CLI_EXIT_IO when there is none. */
void *cli_calloc(size_t count, size_t size);
/** The same for `bytes` of any content. */
void *cli_malloc(size_t bytes);
/** The same for a formatted string. free() it. */
char *cli_format(const char *format, ...) __attribute__((format(printf, 1, 2)));

#endif
