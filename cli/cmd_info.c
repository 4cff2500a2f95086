#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "information.h"
#include "messages.h"
#include "paths.h"
#include "settings.h"

static const cli_option options[] = {
    CLI_OPTION_CSV_RATE,
    CLI_OPTION_STRICT,
    CLI_ROW_FLAG("models", "list the models that are built in, the default first"),
    CLI_OPTION_JSON,
    CLI_ROW_END,
};

enum { CELL = 160 };

/** Text, or a number or truth value as people write it, into text[CELL]; control bytes, which a terminal may obey, as
 * '?'. */
static void format_scalar(const json_t *value, char *text) {
    if (json_is_string(value)) {
        snprintf(text, CELL, "%s", json_string_value(value));
    } else if (json_is_real(value)) {
        snprintf(text, CELL, "%.6g", json_real_value(value));
    } else if (json_is_integer(value)) {
        snprintf(text, CELL, "%" JSON_INTEGER_FORMAT, json_integer_value(value));
    } else {
        snprintf(text, CELL, "%s", json_is_true(value) ? "yes" : json_is_false(value) ? "no" : "unknown");
    }
    lw_make_printable(text);
}

/** The members of an object on one line: "value, key value, ...". */
static void print_members(json_t *object) {
    const char *key;
    json_t *value;
    char text[CELL];
    bool first = true;
    json_object_foreach(object, key, value) {
        format_scalar(value, text);
        printf("%s%s%s%s", first ? "" : ", ", first ? "" : key, first ? "" : " ", text);
        first = false;
    }
    putchar('\n');
}

/** Width of a column of a table, of its title and of every row's value; 0 for the last, which needs no padding. */
static int column_width(json_t *rows, const char *key) {
    json_t *first = json_array_get(rows, 0), *row;
    size_t width = strlen(key), i;
    char text[CELL];
    if (json_object_iter_next(first, json_object_iter_at(first, key)) == NULL) {
        return 0;
    }
    json_array_foreach(rows, i, row) {
        format_scalar(json_object_get(row, key), text);
        width = strlen(text) > width ? strlen(text) : width;
    }
    return (int)width;
}

/** Objects with the same keys as rows below their keys. */
static void print_table(json_t *rows) {
    const char *key;
    json_t *row, *value;
    size_t i;
    char text[CELL];
    json_object_foreach(json_array_get(rows, 0), key, value) { printf("  %-*s", column_width(rows, key), key); }
    putchar('\n');
    json_array_foreach(rows, i, row) {
        json_object_foreach(json_array_get(rows, 0), key, value) {
            format_scalar(json_object_get(row, key), text);
            printf("  %-*s", column_width(rows, key), text);
        }
        putchar('\n');
    }
}

static void print_array(const char *key, json_t *array) {
    json_t *value;
    size_t i;
    char text[CELL];
    printf("%s: %zu\n", key, json_array_size(array));
    if (json_is_object(json_array_get(array, 0))) {
        print_table(array);
        return;
    }
    json_array_foreach(array, i, value) {
        format_scalar(value, text);
        printf("  %s\n", text);
    }
}

static void print_text(json_t *document) {
    const char *key;
    json_t *value;
    char text[CELL];
    json_object_foreach(document, key, value) {
        if (json_is_array(value)) {
            print_array(key, value);
            continue;
        }
        printf("%-14s ", key);
        if (json_is_object(value)) {
            print_members(value);
        } else {
            format_scalar(value, text);
            puts(text);
        }
    }
}

static lw_status describe(const cli_arguments *arguments, const char *path, json_t **document, lw_error *err) {
    const lw_record_options how = cli_record_options(arguments);
    switch (cli_file_kind_of(path)) {
    case CLI_FILE_MODEL:
        return cli_describe_model(path, document, err);
    case CLI_FILE_PREPARED:
        return cli_describe_prepared(path, document, err);
    default:
        return cli_describe_record(path, &how, document, err);
    }
}

/** A built-in model: name, leads, and whether it can do without some of them. */
static lw_status describe_builtin(const char *name, json_t **row, lw_error *err) {
    lw_model *model = NULL;
    char leads[256];
    const lw_status status = lw_model_load_builtin(name, &model, err);
    if (status != LW_OK) {
        return status;
    }
    const lw_network *network = lw_model_network(model);
    cli_lead_names(lw_network_leads(network), leads);
    *row =
        json_pack("{s:s, s:s, s:b}", "name", name, "leads", leads, "missing_leads", lw_network_missing_leads(network));
    lw_model_free(&model);
    return LW_OK;
}

static void print_json(const json_t *document) {
    char *text = json_dumps(document, JSON_INDENT(2) | JSON_REAL_PRECISION(9));
    puts(text != NULL ? text : "");
    free(text);
}

/** What --models lists: a line each, or an array. */
static int list_models(bool as_json) {
    lw_error err;
    const char *name;
    json_t *rows = json_array(), *row;
    size_t i;
    for (i = 0; (name = lw_model_builtin(i)) != NULL; i++) {
        if (describe_builtin(name, &row, &err) != LW_OK) {
            json_decref(rows);
            return cli_fail(&err);
        }
        json_array_append_new(rows, row);
    }
    if (as_json) {
        print_json(rows);
    } else {
        json_array_foreach(rows, i, row) {
            printf("%-20s %s%s\n", json_string_value(json_object_get(row, "name")),
                   json_string_value(json_object_get(row, "leads")),
                   json_is_true(json_object_get(row, "missing_leads")) ? ", or any of them" : "");
        }
    }
    json_decref(rows);
    return CLI_EXIT_OK;
}

static int run(const cli_arguments *arguments) {
    const char *const *operands;
    json_t *document = NULL;
    lw_error err;
    if (cli_flag(arguments, "models")) {
        return list_models(cli_flag(arguments, "json"));
    }
    if (cli_operands(arguments, &operands) != 1) {
        return cli_usage_error(cli_arguments_command(arguments), "'info' needs one file");
    }
    if (cli_is_folder(operands[0])) {
        return cli_usage_error(cli_arguments_command(arguments), "'info' needs a file, and %s is a folder",
                               operands[0]);
    }
    if (describe(arguments, operands[0], &document, &err) != LW_OK) {
        return cli_fail(&err);
    }
    if (cli_flag(arguments, "json")) {
        print_json(document);
    } else {
        print_text(document);
    }
    json_decref(document);
    return CLI_EXIT_OK;
}

const cli_command cli_command_info = {
    .name = "info",
    .summary = "Describe a recording, a prepared file or a model",
    .synopsis = "FILE",
    .description =
        "What FILE is, is found from its first bytes. Of a recording: leads, gains, missing samples, checksums, "
        "diagnoses by name and warnings; of a prepared file: records and classes; of a model: network, preprocessing, "
        "thresholds and SHA-256.",
    .examples = "leadwise info A0001.hea\nleadwise info run/model.safetensors --json\nleadwise info --models",
    .options = options,
    .run = run,
};
