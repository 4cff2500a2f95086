/**
 * @file messages.h
 * What a person sees on standard error, and the exit code that scripts see.
 */
#ifndef LEADWISE_CLI_MESSAGES_H
#define LEADWISE_CLI_MESSAGES_H

#include <stdbool.h>
#include <stddef.h>

#include "leadwise/leadwise.h"
#include "options.h"

typedef enum cli_exit {
    CLI_EXIT_OK = 0,
    CLI_EXIT_INTERNAL = 1,
    CLI_EXIT_USAGE = 2,
    CLI_EXIT_REJECTED = 3,    /**< some recordings were rejected, the rest written */
    CLI_EXIT_MODEL = 4,       /**< a model, checkpoint or prepared file is damaged or does not fit */
    CLI_EXIT_IO = 5,          /**< files, disk or memory */
    CLI_EXIT_GATE = 6,        /**< evaluate --min was not met */
    CLI_EXIT_INTERRUPTED = 75 /**< stopped by a signal; --resume goes on */
} cli_exit;

/** The exit code for a failed call of the library. */
int cli_exit_code(lw_status status);

/** Is the stream a terminal that understands cursor movement? */
bool cli_is_terminal(int descriptor);

/** "leadwise: ..." and a line end; what is not printable, which could come from file names, becomes '?'. */
void cli_error(const char *format, ...) __attribute__((format(printf, 1, 2)));
/** The library's sentence as an error; its exit code. */
int cli_fail(const lw_error *err);
/** A sentence and a hint at the command's help; CLI_EXIT_USAGE. `command` NULL: the program's. */
int cli_usage_error(const cli_command *command, const char *format, ...) __attribute__((format(printf, 2, 3)));
/** The sentence for a command that does not exist, with the name that may have been meant; CLI_EXIT_USAGE. */
int cli_unknown_command(const char *name);
/** A line on standard error unless --quiet. */
void cli_say(const cli_arguments *arguments, const char *format, ...) __attribute__((format(printf, 2, 3)));
/** A line on standard error with --verbose. */
void cli_detail(const cli_arguments *arguments, const char *format, ...) __attribute__((format(printf, 2, 3)));

/** Flush standard output: `code`, or CLI_EXIT_IO with a sentence when it could not all be written. */
int cli_finish_output(int code);
/** When the reader of standard output has gone ("| head"), end as other programs do, by SIGPIPE; else return. */
void cli_leave_if_reader_gone(void);

/** The candidate most like `word`, NULL when none is near. `next(context, i)` gives the i-th, NULL past the last. */
const char *cli_nearest(const char *word, const char *(*next)(const void *context, size_t i), const void *context);

/** Zeroed memory; ends the program with CLI_EXIT_IO when there is none. */
void *cli_calloc(size_t count, size_t size);
/** The same for a formatted string. free() it. */
char *cli_format(const char *format, ...) __attribute__((format(printf, 1, 2)));

#endif
