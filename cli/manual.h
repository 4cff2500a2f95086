/**
 * @file manual.h
 * The command tables as text: --help and man pages.
 */
#ifndef LEADWISE_CLI_MANUAL_H
#define LEADWISE_CLI_MANUAL_H

#include <stdio.h>

#include "options.h"

/** The list of commands, as `leadwise --help`. */
void cli_print_overview(FILE *stream);
/** A command's help within 80 columns. */
void cli_print_help(FILE *stream, const cli_command *command);
/** A page for man(1), of a command or (NULL) of the program. */
void cli_print_man(FILE *stream, const cli_command *command);

#endif
