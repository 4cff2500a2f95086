/* This file finds the command of a command line and runs it. */
#include <jansson.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "arguments.h"
#include "lab/launch.h"
#include "leadwise/leadwise.h"
#include "messages.h"

static int run_parsed(const cli_command *command, const cli_arguments *arguments) {
    if (cli_flag(arguments, "help"))
        cli_print_help(stdout, command);
    else if (cli_flag(arguments, "version"))
        printf("leadwise %s\n", lw_version());
    else {
        const int code = cli_check_output(arguments);
        return code == CLI_EXIT_OK ? command->run(arguments) : code;
    }
    return CLI_EXIT_OK;
}

static int run_command(const cli_command *command, int argc, char **argv) {
    lw_launch launch = {0};
    lw_error err;
    cli_arguments *arguments = NULL;
    int code = CLI_EXIT_OK;
    if (command->divides && lw_launch_join(&launch, LEADWISE_MODULE_FOLDER, &err) != LW_OK)
        code = err.message[0] != '\0' ? cli_fail(&err) : CLI_EXIT_IO;
    if (code == CLI_EXIT_OK)
        code = lw_launch_agree(&launch, cli_arguments_parse(command, argc, argv, &launch, &arguments));
    if (code == CLI_EXIT_OK)
        code = run_parsed(command, arguments);
    cli_arguments_free(&arguments);
    return lw_launch_leave(&launch, cli_finish_output(code));
}

static bool returned;

/** Where OpenMP has no memory for its threads it says so and ends the program, with 1. */
static void end_for_want_of_memory(void) {
    if (!returned)
        _exit(CLI_EXIT_IO);
}

static int run_program(int argc, char **argv) {
    if (argc < 2) {
        cli_print_overview(stderr);
        return CLI_EXIT_USAGE;
    }
    const char *name = argv[1];
    const cli_command *command = cli_command_find(name);
    int code = CLI_EXIT_OK;
    if (command)
        return run_command(command, argc - 1, argv + 1);
    if (strcmp(name, "--help") == 0 || strcmp(name, "-h") == 0) {
        cli_print_overview(stdout);
    } else if (strcmp(name, "--version") == 0) {
        printf("leadwise %s\n", lw_version());
    } else {
        code =
            name[0] == '-' ? cli_usage_error(NULL, "'%s' must come after a command", name) : cli_unknown_command(name);
    }
    return cli_finish_output(code);
}

int main(int argc, char **argv) {
    /* A closed pipe on standard error must not end a training run; standard output is checked at the end. */
    signal(SIGPIPE, SIG_IGN);
    /* Without memory jansson drops keys and characters, or calls good JSON damaged, and says nothing of memory. */
    json_set_alloc_funcs(cli_malloc, free);
    (void)atexit(end_for_want_of_memory);
    const int code = run_program(argc, argv);
    returned = true;
    return code;
}
