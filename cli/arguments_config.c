/* This file takes values of options from a configuration file. */
#include "arguments_internal.h"

#include <errno.h>
#include <jansson.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

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
        code = cli_arguments_assign(arguments, index, text, FROM_CONFIG, shown);
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
        if (index < 0 && cli_option_removed(arguments->command, key) && (json_is_false(json) || zero))
            continue;
        if (index < 0 && !operands) {
            char *before = cli_format("%s: ", path);
            code = cli_unknown_option(arguments, before, key);
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

int cli_arguments_apply_config(cli_arguments *arguments) {
    const char *path = cli_text(arguments, "config");
    if (!path)
        return CLI_EXIT_OK;
    FILE *stream = fopen(path, "rb");
    if (!stream) {
        cli_error("%s: %s", path, strerror(errno));
        return CLI_EXIT_IO;
    }
    const int first = getc(stream);
    if (first != 0xEF || getc(stream) != 0xBB || getc(stream) != 0xBF) /* editors mark UTF-8 by these bytes */
        (void)ungetc(first, stream);
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
