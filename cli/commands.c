#include <ctype.h>
#include <stdio.h>
#include <string.h>

#include "options.h"

/* One row a command, in the order of the manual. */
#define CLI_COMMANDS(ROW)                                                                                              \
    ROW(prepare)                                                                                                       \
    ROW(train)                                                                                                         \
    ROW(predict)                                                                                                       \
    ROW(evaluate)                                                                                                      \
    ROW(crossval)                                                                                                      \
    ROW(study)                                                                                                         \
    ROW(calibrate)                                                                                                     \
    ROW(combine)                                                                                                       \
    ROW(plot)                                                                                                          \
    ROW(info)                                                                                                          \
    ROW(synth)                                                                                                         \
    ROW(bench)                                                                                                         \
    ROW(demo)                                                                                                          \
    ROW(completion)                                                                                                    \
    ROW(help)

#define DECLARE(name) extern const cli_command cli_command_##name;
CLI_COMMANDS(DECLARE)

#define ADDRESS(name) &cli_command_##name,
static const cli_command *const commands[] = {CLI_COMMANDS(ADDRESS)};

enum { COMMAND_COUNT = sizeof commands / sizeof commands[0] };

const cli_command *cli_command_at(size_t i) { return i < COMMAND_COUNT ? commands[i] : NULL; }

const cli_command *cli_command_find(const char *name) {
    for (size_t i = 0; i < COMMAND_COUNT; i++) {
        if (strcmp(commands[i]->name, name) == 0) {
            return commands[i];
        }
    }
    return NULL;
}

static const cli_option common_options[] = {
    {.name = "config", .kind = CLI_TEXT, .argument = "FILE", .help = "JSON object of option names and values"},
    {.name = "set", .kind = CLI_LIST, .argument = "KEY=VALUE", .help = "set an option by its name; may be repeated"},
    {.name = "quiet", .letter = 'q', .kind = CLI_FLAG, .help = "errors only"},
    {.name = "verbose", .letter = 'v', .kind = CLI_FLAG, .help = "warnings and details too"},
    {.name = "version", .kind = CLI_FLAG, .help = "print the version"},
    {.name = "help", .letter = 'h', .kind = CLI_FLAG, .help = "print this help"},
};

enum { COMMON_COUNT = sizeof common_options / sizeof common_options[0] };

const cli_option *cli_option_at(const cli_command *command, size_t i) {
    size_t own = 0;
    while (command->options[own].name != NULL) {
        own++;
    }
    if (i < own) {
        return &command->options[i];
    }
    return i - own < COMMON_COUNT ? &common_options[i - own] : NULL;
}

int cli_option_find(const cli_command *command, const char *name) {
    const cli_option *option;
    for (size_t i = 0; (option = cli_option_at(command, i)) != NULL; i++) {
        if (strcmp(option->name, name) == 0) {
            return (int)i;
        }
    }
    return -1;
}

void cli_option_environment(const cli_option *option, char name[64]) {
    snprintf(name, 64, "LEADWISE_%s", option->name);
    for (char *c = name; *c != '\0'; c++) {
        *c = *c == '-' ? '_' : (char)toupper((unsigned char)*c);
    }
}

bool cli_option_is_setting(const cli_option *option) {
    return strcmp(option->name, "help") != 0 && strcmp(option->name, "version") != 0;
}
