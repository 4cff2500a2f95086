#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "arguments.h"
#include "manual.h"
#include "messages.h"

static const cli_option options[] = {
    CLI_ROW_TEXT("man", "DIR", "write a man page of every command into DIR"),
    CLI_ROW_END,
};

/** Write leadwise.1 (command NULL) or leadwise-COMMAND.1. */
static int write_page(const char *folder, const cli_command *command) {
    char *path =
        command != NULL ? cli_format("%s/leadwise-%s.1", folder, command->name) : cli_format("%s/leadwise.1", folder);
    FILE *stream = fopen(path, "w");
    bool good = stream != NULL;
    if (good) {
        cli_print_man(stream, command);
        good = !ferror(stream);
        good = fclose(stream) == 0 && good;
    }
    if (!good) {
        cli_error("%s: %s", path, strerror(errno));
    }
    free(path);
    return good ? CLI_EXIT_OK : CLI_EXIT_IO;
}

static int write_pages(const char *folder) {
    const cli_command *command;
    if (mkdir(folder, 0777) != 0 && errno != EEXIST) {
        cli_error("%s: %s", folder, strerror(errno));
        return CLI_EXIT_IO;
    }
    int code = write_page(folder, NULL);
    for (size_t i = 0; code == CLI_EXIT_OK && (command = cli_command_at(i)) != NULL; i++) {
        code = write_page(folder, command);
    }
    return code;
}

static int run(const cli_arguments *arguments) {
    const char *const *names;
    const size_t count = cli_operands(arguments, &names);
    if (cli_given(arguments, "man")) {
        return write_pages(cli_text(arguments, "man"));
    }
    if (count == 0) {
        cli_print_overview(stdout);
        return CLI_EXIT_OK;
    }
    const cli_command *command = cli_command_find(names[0]);
    if (command == NULL) {
        return cli_unknown_command(names[0]);
    }
    cli_print_help(stdout, command);
    return CLI_EXIT_OK;
}

const cli_command cli_command_help = {
    .name = "help",
    .summary = "Explain a command",
    .synopsis = "[COMMAND]",
    .description = "The same text as COMMAND --help; without COMMAND, the list of commands.",
    .examples = "leadwise help train\nleadwise help --man man1",
    .operands = CLI_OPERANDS_COMMANDS,
    .options = options,
    .run = run,
};
