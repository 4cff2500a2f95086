/**
 * @file arguments.h
 * A command line made into checked values. Precedence: flag, --set, LEADWISE_<OPTION>, --config, --recipe,
 * default.
 */
#ifndef LEADWISE_CLI_ARGUMENTS_H
#define LEADWISE_CLI_ARGUMENTS_H

#include <stdint.h>

#include "leadwise/leadwise.h"
#include "options.h"

struct lw_launch;

/**
 * Parse argv[1...] of `command` (argv[0] is its name). On success every value is within its option's kind and range.
 * `launch` is borrowed.
 * @return CLI_EXIT_OK with *out the caller's, or CLI_EXIT_USAGE or CLI_EXIT_IO after a sentence
 */
int cli_arguments_parse(const cli_command *command, int argc, char **argv, const struct lw_launch *launch,
                        cli_arguments **out);
void cli_arguments_free(cli_arguments **arguments);

/** What --isa, LEADWISE_ISA and LEADWISE_CONV (as lw_tuning_parse reads it) force upon the kernels. */
lw_tuning cli_tuning(const cli_arguments *arguments);
/** The processes started along with this one, borrowed. */
const struct lw_launch *cli_arguments_launch(const cli_arguments *arguments);
const cli_command *cli_arguments_command(const cli_arguments *arguments);

/** Print an error and a hint at the command's help; `arguments` NULL: at the program's. @return CLI_EXIT_USAGE */
int cli_usage_error(const cli_arguments *arguments, const char *format, ...) __attribute__((format(printf, 2, 3)));
/** Refuse an --output that is there already and is a file which the command reads, by device and inode: CLI_EXIT_USAGE. */
int cli_check_output(const cli_arguments *arguments);
/** The error of a command that does not exist, with the name that may have been meant. @return CLI_EXIT_USAGE */
int cli_unknown_command(const char *name);

/* Values by option name; a name that the command does not have is a mistake of the programmer. */
bool cli_flag(const cli_arguments *arguments, const char *name);
/** NULL where it was not given and has no default. */
const char *cli_text(const cli_arguments *arguments, const char *name);
uint64_t cli_whole(const cli_arguments *arguments, const char *name);
double cli_real(const cli_arguments *arguments, const char *name);
/** Of a CLI_BYTES; 0 where it was not given and has no default. */
size_t cli_bytes(const cli_arguments *arguments, const char *name);
/** Everything given for a CLI_LIST, in order. */
size_t cli_list(const cli_arguments *arguments, const char *name, const char *const **items);
/** Whether a flag, the environment, a configuration or a recipe gave it, rather than the table. */
bool cli_given(const cli_arguments *arguments, const char *name);

/** Whether `text` could be given for option `name`: CLI_EXIT_OK, or CLI_EXIT_USAGE after a sentence that begins with
 * `shown`. */
int cli_check_value(const cli_arguments *arguments, const char *name, const char *text, const char *shown);

/** What remains of the command line without its options. */
size_t cli_operands(const cli_arguments *arguments, const char *const **items);

/**
 * The resolved values as a JSON object that --config reads again: options by name, and the operands as "arguments".
 * Settings of one call only (config, resume, quiet, verbose) are left out. free() it.
 */
char *cli_arguments_json(const cli_arguments *arguments);

#endif
