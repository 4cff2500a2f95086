/* This file turns a command line, the environment and a configuration file into the checked values of options. */
#include "arguments_internal.h"

#include <assert.h>
#include <ctype.h>
#include <getopt.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Errors of usage */

int cli_usage_error(const cli_arguments *arguments, const char *format, ...) {
    va_list values;
    va_start(values, format);
    cli_print_error(format, values);
    va_end(values);
    fprintf(stderr, "Try 'leadwise %s%s--help'.\n", arguments ? arguments->command->name : "", arguments ? " " : "");
    return CLI_EXIT_USAGE;
}

static const char *next_command_name(const void *context, size_t i) {
    (void)context;
    const cli_command *command = cli_command_at(i);
    return command ? command->name : NULL;
}

int cli_unknown_command(const char *name) {
    char hint[96];
    return cli_usage_error(NULL, "no command '%s'%s", name, cli_did_you_mean(name, next_command_name, NULL, hint));
}

static const char *next_option_name(const void *context, size_t i) {
    const cli_option *option = cli_option_at(context, i);
    return option ? option->name : NULL;
}

bool cli_option_removed(const cli_command *command, const char *name) {
    return cli_option_find(command, "recipe") >= 0 &&
           cli_list_holds("label-smoothing,balance,prior-bias", name, strlen(name));
}

int cli_unknown_option(const cli_arguments *arguments, const char *before, const char *name) {
    const cli_command *command = arguments->command;
    if (cli_option_removed(command, name)) {
        return cli_usage_error(arguments, "%s%s: this option was removed, for it raised no score (see docs/results.md)",
                               before, name);
    }
    char hint[96];
    return cli_usage_error(arguments, "%s%s: '%s' has no such option%s", before, name, command->name,
                           cli_did_you_mean(name, next_option_name, command, hint));
}

/* The command line */

enum { LONG_ONLY = 256, OPTIONS_MAX = 64 };

/** getopt's two descriptions of the command's options: letters[2 * OPTIONS_MAX + 2], names[OPTIONS_MAX + 1]. */
static void describe(const cli_arguments *arguments, char *letters, struct option *names) {
    *letters++ = ':'; /* so that a missing argument is no unknown option */
    for (size_t i = 0; i < arguments->count; i++) {
        const cli_option *option = cli_option_at(arguments->command, i);
        const int has_argument = option->kind == CLI_FLAG ? no_argument : required_argument;
        names[i] = (struct option){option->name, has_argument, NULL, LONG_ONLY + (int)i};
        if (option->letter != '\0') {
            *letters++ = option->letter;
            if (has_argument == required_argument)
                *letters++ = ':';
        }
    }
    names[arguments->count] = (struct option){0};
    *letters = '\0';
}

static size_t index_of(const cli_arguments *arguments, int found) {
    if (found >= LONG_ONLY)
        return (size_t)(found - LONG_ONLY);
    size_t i = 0;
    while (cli_option_at(arguments->command, i)->letter != found)
        i++;
    return i;
}

static int explain(const cli_arguments *arguments, int answer, const char *word) {
    const cli_command *command = arguments->command;
    if (answer == ':' || optopt >= LONG_ONLY) {
        const cli_option *option = cli_option_at(command, index_of(arguments, optopt));
        if (answer == ':')
            return cli_usage_error(arguments, "--%s needs an argument: %s", option->name, option->argument);
        return cli_usage_error(arguments, "--%s takes no argument", option->name);
    }
    if (optopt != 0)
        return cli_usage_error(arguments, "-%c: '%s' has no such option", optopt, command->name);
    char name[64];
    snprintf(name, sizeof name, "%.*s", (int)strcspn(word + 2, "="), word + 2);
    return cli_unknown_option(arguments, "--", name);
}

static int parse_flags(cli_arguments *arguments, int argc, char **argv) {
    char letters[2 * OPTIONS_MAX + 2];
    struct option names[OPTIONS_MAX + 1];
    int code = CLI_EXIT_OK;
    int found;
    describe(arguments, letters, names);
    opterr = 0;
    optind = 0; /* glibc: start anew */
    while (code == CLI_EXIT_OK && (found = getopt_long(argc, argv, letters, names, NULL)) != -1) {
        if (found == '?' || found == ':')
            return explain(arguments, found, argv[optind - 1]);
        const size_t index = index_of(arguments, found);
        char shown[80];
        snprintf(shown, sizeof shown, "--%s", names[index].name);
        code = cli_arguments_assign(arguments, index, optarg ? optarg : "true", FROM_FLAG, shown);
    }
    for (int i = optind; code == CLI_EXIT_OK && i < argc; i++)
        cli_strings_add(&arguments->operands, argv[i]);
    return code;
}

/* --set and the environment */

/** "network.KEY" reaches into the network's description: the command itself applies it. */
static bool is_network_key(const cli_arguments *arguments, const char *key) {
    return strncmp(key, "network.", 8) == 0 && cli_option_find(arguments->command, "network") >= 0;
}

static int apply_sets(cli_arguments *arguments) {
    const char *const *items;
    const size_t count = cli_list(arguments, "set", &items);
    int code = CLI_EXIT_OK;
    for (size_t i = 0; i < count && code == CLI_EXIT_OK; i++) {
        const char *equals = strchr(items[i], '=');
        if (!equals || equals == items[i])
            return cli_usage_error(arguments, "--set: '%s' is not KEY=VALUE", items[i]);
        char *key = cli_format("%.*s", (int)(equals - items[i]), items[i]);
        const int index = cli_option_find(arguments->command, key);
        if (index >= 0)
            code = cli_arguments_assign(arguments, (size_t)index, equals + 1, FROM_SET, items[i]);
        else if (!is_network_key(arguments, key))
            code = cli_unknown_option(arguments, "--set ", key);
        free(key);
    }
    return code;
}

static int apply_environment(cli_arguments *arguments) {
    int code = CLI_EXIT_OK;
    for (size_t i = 0; i < arguments->count && code == CLI_EXIT_OK; i++) {
        const cli_option *option = cli_option_at(arguments->command, i);
        if (cli_list_holds("help,version", option->name, strlen(option->name)))
            continue;
        char name[64];
        snprintf(name, sizeof name, "LEADWISE_%s", option->name);
        for (char *c = name; *c != '\0'; c++)
            *c = *c == '-' ? '_' : (char)toupper((unsigned char)*c);
        const char *text = getenv(name);
        if (text && text[0] != '\0')
            code = cli_arguments_assign(arguments, i, text, FROM_ENVIRONMENT, name);
    }
    return code;
}

/* All together */

/** The values of --recipe best, then the defaults, for options that nothing else set. */
static int apply_defaults(cli_arguments *arguments) {
    const bool named = cli_option_find(arguments->command, "recipe") >= 0 && cli_text(arguments, "recipe");
    const bool best = named && strcmp(cli_text(arguments, "recipe"), "best") == 0;
    int code = CLI_EXIT_OK;
    for (size_t i = 0; i < arguments->count && code == CLI_EXIT_OK; i++) {
        const cli_option *option = cli_option_at(arguments->command, i);
        cli_value *slot = &arguments->values[i];
        if (best && option->best)
            code = cli_arguments_assign(arguments, i, option->best, FROM_RECIPE, option->name);
        if (slot->given.count == 0 && option->value)
            cli_strings_add(&slot->given, option->value);
    }
    return code;
}

static int check_required(cli_arguments *arguments) {
    for (size_t i = 0; i < arguments->count; i++) {
        const cli_option *option = cli_option_at(arguments->command, i);
        if (option->required && arguments->values[i].given.count == 0) {
            return cli_usage_error(arguments, "'%s' needs --%s %s", arguments->command->name, option->name,
                                   option->argument);
        }
    }
    return CLI_EXIT_OK;
}

static int read_tuning(cli_arguments *arguments) {
    const bool has_option = cli_option_find(arguments->command, "isa") >= 0;
    const char *isa = has_option ? cli_text(arguments, "isa") : getenv("LEADWISE_ISA");
    lw_error err;
    const lw_status status = lw_tuning_parse(isa, getenv("LEADWISE_CONV"), &arguments->tuning, &err);
    return status == LW_OK ? CLI_EXIT_OK : cli_fail(&err);
}

int cli_arguments_parse(const cli_command *command, int argc, char **argv, const struct lw_launch *launch,
                        cli_arguments **out) {
    static int (*const stages[])(cli_arguments *) = {
        apply_environment, cli_arguments_apply_config, apply_sets, apply_defaults, check_required, read_tuning};
    cli_arguments *arguments = cli_calloc(1, sizeof *arguments);
    arguments->command = command;
    arguments->launch = launch;
    while (cli_option_at(command, arguments->count))
        arguments->count++;
    assert(arguments->count <= OPTIONS_MAX);
    arguments->values = cli_calloc(arguments->count, sizeof *arguments->values);
    int code = parse_flags(arguments, argc, argv);
    const bool answer_only = cli_flag(arguments, "help") || cli_flag(arguments, "version");
    for (size_t i = 0; i < sizeof stages / sizeof stages[0] && code == CLI_EXIT_OK && !answer_only; i++)
        code = stages[i](arguments);
    if (code == CLI_EXIT_OK)
        *out = arguments;
    else
        cli_arguments_free(&arguments);
    return code;
}

void cli_arguments_free(cli_arguments **arguments) {
    if (!*arguments)
        return;
    for (size_t i = 0; i < (*arguments)->count; i++)
        cli_strings_free(&(*arguments)->values[i].given);
    cli_strings_free(&(*arguments)->operands);
    free((*arguments)->values);
    free(*arguments);
    *arguments = NULL;
}
