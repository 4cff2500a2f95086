/* A fuzz harness that parses its input as a configuration file and values of --set, as the program takes them. */
#include <stdlib.h>
#include <string.h>

#include "cli/arguments.h"
#include "cli/messages.h"
#include "harness.h"

enum { SETS_MAX = 8, ARGUMENTS_MAX = 8 + 2 * SETS_MAX };

/** The options as JSON, NULL where the command line is refused. free() it. */
static char *resolve(int argc, char **argv) {
    cli_arguments *arguments = NULL;
    const int code = cli_arguments_parse(cli_command_find(argv[0]), argc, argv, NULL, &arguments);
    if (code != CLI_EXIT_OK && code != CLI_EXIT_USAGE)
        abort();
    char *json = code == CLI_EXIT_OK ? cli_arguments_json(arguments) : NULL;
    cli_arguments_free(&arguments);
    return json;
}

/** What a command line resolves to, resolves to the same when it is given as a configuration. */
static void resolve_again(char *command, const char *json) {
    char config[] = "--config", *path = (char *)(uintptr_t)fuzz_write("again.json", fuzz_part_of(json));
    char *argv[] = {command, config, path, NULL};
    char *again = resolve(3, argv);
    if (!again || strcmp(json, again) != 0)
        abort();
    free(again);
}

/* The input is the file and, behind a line "#--", one KEY=VALUE a line. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    char train[] = "train", config[] = "--config", set[] = "--set", out[] = "-o", run[] = "run", data_file[] = "data";
    fuzz_part rest = {data, size};
    char *path = (char *)(uintptr_t)fuzz_write("config.json", fuzz_next_part(&rest));
    char *sets = fuzz_text(rest), *save = NULL;
    char *argv[ARGUMENTS_MAX] = {train, config, path, out, run, data_file};
    int argc = 6;
    for (char *line = strtok_r(sets, "\n", &save); line && argc + 2 < ARGUMENTS_MAX;
         line = strtok_r(NULL, "\n", &save)) {
        argv[argc++] = set;
        argv[argc++] = line;
    }
    char *json = resolve(argc, argv);
    if (json)
        resolve_again(train, json);
    free(json);
    free(sets);
    return 0;
}
