/**
 * @file arguments_internal.h
 * What the files arguments*.c share: the values of a command's options and where they are from.
 */
#ifndef LEADWISE_CLI_ARGUMENTS_INTERNAL_H
#define LEADWISE_CLI_ARGUMENTS_INTERNAL_H

#include "arguments.h"
#include "messages.h"

/** Where a value is from; a later source overrides an earlier one. */
typedef enum cli_source { FROM_DEFAULT, FROM_RECIPE, FROM_CONFIG, FROM_ENVIRONMENT, FROM_SET, FROM_FLAG } cli_source;

typedef struct cli_value {
    cli_strings given; /**< at most one but for CLI_LIST */
    cli_source from;
} cli_value;

struct cli_arguments {
    const cli_command *command;
    size_t count;
    cli_value *values; /**< [count], in the order of cli_option_at */
    cli_strings operands;
    const struct lw_launch *launch;
    lw_tuning tuning;
};

/** Store a value under its precedence. `shown` is the option as it was written, for the sentence about a wrong one. */
int cli_arguments_assign(cli_arguments *arguments, size_t index, const char *text, cli_source from, const char *shown);
/** Whether training once had this option. It raised no score beyond doubt; old configurations hold it, mostly off. */
bool cli_option_removed(const cli_command *command, const char *name);
/** The error of an option that the command lacks; `before` stands before its name, as "--". @return CLI_EXIT_USAGE */
int cli_unknown_option(const cli_arguments *arguments, const char *before, const char *name);
/** Assign what the file of --config holds, if it is given (arguments_config.c). CLI_EXIT_OK or an exit code. */
int cli_arguments_apply_config(cli_arguments *arguments);

#endif
