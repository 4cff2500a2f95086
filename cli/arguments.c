/** @file arguments.c: a command line, the environment and configuration files as the checked values of options. */
#include "arguments.h"

#include <assert.h>
#include <ctype.h>
#include <errno.h>
#include <getopt.h>
#include <jansson.h>
#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "messages.h"

/** Where a value is from; a later source overrides an earlier one. */
typedef enum source { FROM_DEFAULT, FROM_RECIPE, FROM_CONFIG, FROM_ENVIRONMENT, FROM_SET, FROM_FLAG } source;

typedef struct value {
    cli_strings given; /**< at most one but for CLI_LIST */
    source from;
} value;

struct cli_arguments {
    const cli_command *command;
    size_t count;
    value *values; /**< [count], in the order of cli_option_at */
    cli_strings operands;
    const struct lw_launch *launch;
    lw_tuning tuning;
};

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

/* Checking a value against its option */

static bool is_truth(const char *text, bool *truth) {
    *truth = cli_list_holds("true,1,yes,on", text, strlen(text));
    return *truth || cli_list_holds("false,0,no,off", text, strlen(text));
}

static bool is_whole(const cli_option *option, const char *text) {
    char *end;
    if (text[0] < '0' || text[0] > '9')
        return false;
    errno = 0;
    const uint64_t number = strtoull(text, &end, 10);
    return *end == '\0' && errno == 0 && (double)number >= option->low &&
           (option->high <= 0 || (double)number <= option->high);
}

/** "512M": a whole number, and K, M or G for its power of 1024. */
static bool is_bytes(const char *text, uint64_t *bytes) {
    static const char units[] = "KMG";
    char *end;
    if (text[0] < '0' || text[0] > '9')
        return false;
    errno = 0;
    *bytes = strtoull(text, &end, 10);
    const char *unit = *end != '\0' ? strchr(units, *end) : NULL;
    const int shift = unit ? 10 * (int)(unit - units + 1) : 0;
    const bool whole = end[unit ? 1 : 0] == '\0' && errno == 0 && *bytes <= SIZE_MAX >> shift;
    *bytes <<= shift;
    return whole && *bytes >= 1 << 20;
}

static bool is_real(const cli_option *option, const char *text) {
    char *end;
    const double number = strtod(text, &end);
    return end != text && *end == '\0' && isfinite(number) && number >= option->low && number <= option->high &&
           !(option->above_low && number <= option->low);
}

/** What a value of `option` must be, as the end of a sentence; NULL when `text` is that. */
static const char *wrong(const cli_option *option, const char *text, char expected[160]) {
    bool truth;
    uint64_t bytes;
    switch (option->kind) {
    case CLI_FLAG:
        return is_truth(text, &truth) ? NULL : "true or false";
    case CLI_CHOICE:
        snprintf(expected, 160, "one of %s", option->choices);
        return cli_list_holds(option->choices, text, strlen(text)) ? NULL : expected;
    case CLI_WHOLE:
        if (option->high > 0)
            snprintf(expected, 160, "a whole number from %.0f to %.0f", option->low, option->high);
        else
            snprintf(expected, 160, "a whole number, at least %.0f", option->low);
        return is_whole(option, text) ? NULL : expected;
    case CLI_REAL:
        snprintf(expected, 160, option->above_low ? "a number above %g, at most %g" : "a number from %g to %g",
                 option->low, option->high);
        return is_real(option, text) ? NULL : expected;
    case CLI_BYTES:
        return is_bytes(text, &bytes) ? NULL : "a size of at least 1M, as 512M or 2G";
    default:
        return text[0] == '\0' ? "a value" : NULL;
    }
}

/** The sentence for a value that cannot be the option's; `shown` is the option as it was written. */
static int check_value(const cli_arguments *arguments, size_t index, const char *text, const char *shown) {
    char buffer[160];
    const char *expected = wrong(cli_option_at(arguments->command, index), text, buffer);
    return !expected ? CLI_EXIT_OK : cli_usage_error(arguments, "%s: '%s' is not %s", shown, text, expected);
}

/** Store a value under its precedence; `shown` as above. */
static int assign(cli_arguments *arguments, size_t index, const char *text, source from, const char *shown) {
    const cli_option *option = cli_option_at(arguments->command, index);
    value *slot = &arguments->values[index];
    const int code = check_value(arguments, index, text, shown);
    if (code != CLI_EXIT_OK || from < slot->from)
        return code;
    if (option->kind != CLI_LIST || from > slot->from)
        cli_strings_free(&slot->given);
    cli_strings_add(&slot->given, text);
    slot->from = from;
    return CLI_EXIT_OK;
}

static const char *next_option_name(const void *context, size_t i) {
    const cli_option *option = cli_option_at(context, i);
    return option ? option->name : NULL;
}

/** Whether training once had this option. It gained nothing beyond doubt; old configurations hold it, mostly off. */
static bool is_removed(const cli_command *command, const char *name) {
    return cli_option_find(command, "recipe") >= 0 &&
           cli_list_holds("label-smoothing,balance,prior-bias", name, strlen(name));
}

/** `before` is what stands before an option's name where this one stood: "--", or "file.json: ". */
static int unknown_option(const cli_arguments *arguments, const char *before, const char *name) {
    const cli_command *command = arguments->command;
    if (is_removed(command, name)) {
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
    return unknown_option(arguments, "--", name);
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
        code = assign(arguments, index, optarg ? optarg : "true", FROM_FLAG, shown);
    }
    for (int i = optind; code == CLI_EXIT_OK && i < argc; i++)
        cli_strings_add(&arguments->operands, argv[i]);
    return code;
}

/* --set, the environment and configuration files */

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
            code = assign(arguments, (size_t)index, equals + 1, FROM_SET, items[i]);
        else if (!is_network_key(arguments, key))
            code = unknown_option(arguments, "--set ", key);
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
            code = assign(arguments, i, text, FROM_ENVIRONMENT, name);
    }
    return code;
}

/**
 * What a configuration's value must be, NULL when it is that. Numbers may stand for text ("leads": 2), but not the
 * other way round; only whole numbers that JSON's are too small for are written as text.
 */
static const char *wrong_type(const cli_option *option, const json_t *json) {
    const char *text = json_string_value(json);
    switch (option->kind) {
    case CLI_FLAG:
        return json_is_boolean(json) ? NULL : "true or false";
    case CLI_WHOLE:
        return json_is_integer(json) || (text && strtoull(text, NULL, 10) > INT64_MAX) ? NULL : "a whole number";
    case CLI_REAL:
        return json_is_number(json) ? NULL : "a number";
    default:
        return text || json_is_number(json) ? NULL : "text";
    }
}

/** A JSON string, number or truth value as an option's text. free() it. */
static char *scalar_text(const json_t *json) {
    if (json_is_string(json))
        return cli_format("%s", json_string_value(json));
    if (json_is_integer(json))
        return cli_format("%" JSON_INTEGER_FORMAT, json_integer_value(json));
    if (json_is_real(json))
        return cli_format("%.17g", json_real_value(json));
    return cli_format("%s", json_is_true(json) ? "true" : "false");
}

/** Assign a configuration's value, or each of an array's where the option is a list. */
static int apply_config_value(cli_arguments *arguments, size_t index, const json_t *json, const char *shown) {
    const cli_option *option = cli_option_at(arguments->command, index);
    const bool list = json_is_array(json) && option->kind == CLI_LIST;
    const size_t count = list ? json_array_size(json) : 1;
    int code = CLI_EXIT_OK;
    for (size_t i = 0; i < count && code == CLI_EXIT_OK; i++) {
        const json_t *item = list ? json_array_get(json, i) : json;
        const char *expected = wrong_type(option, item);
        if (expected)
            return cli_usage_error(arguments, "%s: the value is not %s", shown, expected);
        char *text = scalar_text(item);
        code = assign(arguments, index, text, FROM_CONFIG, shown);
        free(text);
    }
    return code;
}

/** Append "arguments", one or an array, to the operands. */
static int apply_config_operands(cli_arguments *arguments, const json_t *json, const char *shown) {
    const size_t count = json_is_array(json) ? json_array_size(json) : 1;
    for (size_t i = 0; i < count; i++) {
        const char *text = json_string_value(json_is_array(json) ? json_array_get(json, i) : json);
        if (!text)
            return cli_usage_error(arguments, "%s: the value is not text, or an array of text", shown);
        cli_strings_add(&arguments->operands, text);
    }
    return CLI_EXIT_OK;
}

static int apply_config_object(cli_arguments *arguments, json_t *object, const char *path) {
    const bool bare = arguments->operands.count == 0;
    const char *key;
    json_t *json;
    int code = CLI_EXIT_OK;
    json_object_foreach(object, key, json) {
        const bool operands = strcmp(key, "arguments") == 0;
        const int index = cli_option_find(arguments->command, key);
        if (code != CLI_EXIT_OK || json_is_null(json) || (operands && !bare))
            continue;
        const bool zero = json_is_number(json) && fpclassify(json_number_value(json)) == FP_ZERO;
        if (index < 0 && is_removed(arguments->command, key) && (json_is_false(json) || zero))
            continue;
        if (index < 0 && !operands) {
            char *before = cli_format("%s: ", path);
            code = unknown_option(arguments, before, key);
            free(before);
            continue;
        }
        char *shown = cli_format("%s: %s", path, key);
        code = operands ? apply_config_operands(arguments, json, shown)
                        : apply_config_value(arguments, (size_t)index, json, shown);
        free(shown);
    }
    return code;
}

static int apply_config(cli_arguments *arguments) {
    const char *path = cli_text(arguments, "config");
    if (!path)
        return CLI_EXIT_OK;
    FILE *stream = fopen(path, "rb");
    if (!stream) {
        cli_error("%s: %s", path, strerror(errno));
        return CLI_EXIT_IO;
    }
    json_error_t problem;
    json_t *object = json_loadf(stream, JSON_REJECT_DUPLICATES, &problem);
    fclose(stream);
    int code;
    if (!object)
        code = cli_usage_error(arguments, "%s:%d: %s", path, problem.line, problem.text);
    else if (!json_is_object(object))
        code = cli_usage_error(arguments, "%s: not a JSON object of option names and values", path);
    else
        code = apply_config_object(arguments, object, path);
    json_decref(object);
    return code;
}

/** The values of --recipe best, then the defaults, for options that nothing else set. */
static int apply_defaults(cli_arguments *arguments) {
    const bool named = cli_option_find(arguments->command, "recipe") >= 0 && cli_text(arguments, "recipe");
    const bool best = named && strcmp(cli_text(arguments, "recipe"), "best") == 0;
    int code = CLI_EXIT_OK;
    for (size_t i = 0; i < arguments->count && code == CLI_EXIT_OK; i++) {
        const cli_option *option = cli_option_at(arguments->command, i);
        value *slot = &arguments->values[i];
        if (best && option->best)
            code = assign(arguments, i, option->best, FROM_RECIPE, option->name);
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
    static int (*const stages[])(cli_arguments *) = {apply_environment, apply_config,   apply_sets,
                                                     apply_defaults,    check_required, read_tuning};
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

/* Getters */

static size_t checked_index(const cli_arguments *arguments, const char *name) {
    const int index = cli_option_find(arguments->command, name);
    assert(index >= 0);
    return (size_t)index;
}

lw_tuning cli_tuning(const cli_arguments *arguments) { return arguments->tuning; }

const struct lw_launch *cli_arguments_launch(const cli_arguments *arguments) { return arguments->launch; }

const cli_command *cli_arguments_command(const cli_arguments *arguments) { return arguments->command; }

/** The text of an option of that kind, NULL: none. */
static const char *text_of_kind(const cli_arguments *arguments, const char *name, cli_kind kind) {
    assert(cli_option_at(arguments->command, checked_index(arguments, name))->kind == kind);
    return cli_text(arguments, name);
}

const char *cli_text(const cli_arguments *arguments, const char *name) {
    const value *slot = &arguments->values[checked_index(arguments, name)];
    return slot->given.count > 0 ? slot->given.item[0] : NULL;
}

bool cli_flag(const cli_arguments *arguments, const char *name) {
    const char *text = text_of_kind(arguments, name, CLI_FLAG);
    bool truth = false;
    return text && is_truth(text, &truth) && truth;
}

uint64_t cli_whole(const cli_arguments *arguments, const char *name) {
    const char *text = text_of_kind(arguments, name, CLI_WHOLE);
    return text ? strtoull(text, NULL, 10) : 0;
}

size_t cli_bytes(const cli_arguments *arguments, const char *name) {
    const char *text = text_of_kind(arguments, name, CLI_BYTES);
    uint64_t bytes = 0;
    return text && is_bytes(text, &bytes) ? (size_t)bytes : 0;
}

double cli_real(const cli_arguments *arguments, const char *name) {
    const char *text = text_of_kind(arguments, name, CLI_REAL);
    return text ? strtod(text, NULL) : 0;
}

size_t cli_list(const cli_arguments *arguments, const char *name, const char *const **items) {
    const cli_strings *given = &arguments->values[checked_index(arguments, name)].given;
    *items = (const char *const *)given->item;
    return given->count;
}

bool cli_given(const cli_arguments *arguments, const char *name) {
    return arguments->values[checked_index(arguments, name)].from != FROM_DEFAULT;
}

size_t cli_operands(const cli_arguments *arguments, const char *const **items) {
    *items = (const char *const *)arguments->operands.item;
    return arguments->operands.count;
}

int cli_check_value(const cli_arguments *arguments, const char *name, const char *text, const char *shown) {
    return check_value(arguments, checked_index(arguments, name), text, shown);
}

/* The resolved configuration */

static json_t *strings_json(const cli_strings *list) {
    json_t *array = json_array();
    for (size_t i = 0; i < list->count; i++)
        json_array_append_new(array, json_string(list->item[i]));
    return array;
}

static json_t *value_json(const cli_option *option, const cli_strings *given) {
    const char *text = given->item[0];
    bool truth = false;
    switch (option->kind) {
    case CLI_FLAG:
        return json_boolean(is_truth(text, &truth) && truth);
    case CLI_WHOLE: {
        const unsigned long long whole = strtoull(text, NULL, 10);
        return whole <= INT64_MAX ? json_integer((json_int_t)whole) : json_string(text);
    }
    case CLI_REAL:
        return json_real(strtod(text, NULL));
    case CLI_LIST:
        return strings_json(given);
    default:
        return json_string(text);
    }
}

char *cli_arguments_json(const cli_arguments *arguments) {
    json_t *object = json_object();
    json_object_set_new(object, "arguments", strings_json(&arguments->operands));
    for (size_t i = 0; i < arguments->count; i++) {
        const cli_option *option = cli_option_at(arguments->command, i);
        const cli_strings *given = &arguments->values[i].given;
        const bool of_one_call =
            cli_list_holds("config,resume,quiet,verbose,help,version", option->name, strlen(option->name));
        if (given->count > 0 && !of_one_call)
            json_object_set_new(object, option->name, value_json(option, given));
    }
    char *text = json_dumps(object, JSON_INDENT(2));
    json_decref(object);
    return text;
}
