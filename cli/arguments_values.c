/** @file arguments_values.c: the values of options: checked against their kinds, stored, read, written as JSON. */
#include "arguments_internal.h"

#include <assert.h>
#include <errno.h>
#include <jansson.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "leadwise/record.h"

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
    case CLI_LEAD_NAMES:
        return lw_lead_names_check(text, NULL) == LW_OK ? NULL : "NAME=LEAD,... with leads as I, aVR or V1";
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

int cli_arguments_assign(cli_arguments *arguments, size_t index, const char *text, cli_source from, const char *shown) {
    const cli_option *option = cli_option_at(arguments->command, index);
    cli_value *slot = &arguments->values[index];
    const int code = check_value(arguments, index, text, shown);
    if (code != CLI_EXIT_OK || from < slot->from)
        return code;
    if (option->kind != CLI_LIST || from > slot->from)
        cli_strings_free(&slot->given);
    cli_strings_add(&slot->given, text);
    slot->from = from;
    return CLI_EXIT_OK;
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
    const cli_value *slot = &arguments->values[checked_index(arguments, name)];
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
