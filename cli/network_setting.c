/* This file makes the network that a command's options name and change. */
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "settings.h"

/** The member (of an object) or element (of an array) called `name`, NULL when there is none. */
static json_t *child(json_t *parent, const char *name) {
    char *end;
    const unsigned long index = strtoul(name, &end, 10);
    if (json_is_array(parent))
        return end != name && *end == '\0' ? json_array_get(parent, index) : NULL;
    return json_object_get(parent, name);
}

/** Set the value at a dotted path ("branches.0.blocks.2.filters"); only what is there can be set. */
static bool set_path(json_t *document, const char *path, const char *text) {
    json_t *value = json_loads(text, JSON_DECODE_ANY, NULL);
    json_t *at = document;
    char *keys = cli_format("%s", path);
    char *key = keys;
    char *dot;
    while ((dot = strchr(key, '.'))) {
        *dot = '\0';
        at = child(at, key);
        key = dot + 1;
    }
    const bool found = child(at, key);
    if (!value)
        value = json_string(text);
    if (found && json_is_array(at))
        json_array_set_new(at, strtoul(key, NULL, 10), value);
    else if (found)
        json_object_set_new(at, key, value);
    else
        json_decref(value);
    free(keys);
    return found;
}

static int apply_network_sets(const cli_arguments *arguments, json_t *document) {
    static const char prefix[] = "network.";
    const size_t skip = sizeof prefix - 1;
    const char *const *items;
    const size_t count = cli_list(arguments, "set", &items);
    for (size_t i = 0; i < count; i++) {
        if (strncmp(items[i], prefix, skip) != 0)
            continue;
        const char *equals = strchr(items[i], '=');
        char *path = cli_format("%.*s", (int)((size_t)(equals - items[i]) - skip), items[i] + skip);
        const bool found = set_path(document, path, equals + 1);
        free(path);
        if (!found) {
            return cli_usage_error(arguments, "--set: the network has nothing at '%.*s'", (int)(equals - items[i]),
                                   items[i]);
        }
    }
    return CLI_EXIT_OK;
}

static bool has_network_sets(const cli_arguments *arguments) {
    const char *const *items;
    const size_t count = cli_list(arguments, "set", &items);
    for (size_t i = 0; i < count; i++)
        if (strncmp(items[i], "network.", 8) == 0)
            return true;
    return false;
}

/** The described network's document with --set applied. free() *json. */
static int edited_document(const cli_arguments *arguments, const char *name, char **json) {
    lw_network *described = NULL;
    lw_error err;
    if (lw_network_load(name, NULL, &described, &err) != LW_OK)
        return cli_fail(&err);
    char *text = lw_network_json(described);
    json_t *document = text ? json_loads(text, 0, NULL) : NULL;
    lw_string_free(&text);
    lw_network_free(&described);
    const int code = apply_network_sets(arguments, document);
    *json = code == CLI_EXIT_OK ? json_dumps(document, JSON_COMPACT) : NULL;
    json_decref(document);
    return code;
}

static const char *next_builtin(const void *context, size_t i) {
    (void)context;
    return lw_network_builtin(i);
}

/** Refuse a name that is neither a built-in network's nor a file's, with the name that may have been meant. */
static int check_name(const cli_arguments *arguments, const char *name) {
    const char *builtin;
    char hint[96];
    bool found = cli_file_exists(name);
    for (size_t i = 0; !found && (builtin = lw_network_builtin(i)); i++)
        found = strcmp(builtin, name) == 0;
    if (found)
        return CLI_EXIT_OK;
    return cli_usage_error(arguments, "--network: no network or file '%s'%s", name,
                           cli_did_you_mean(name, next_builtin, NULL, hint));
}

bool cli_missing_leads(const cli_arguments *arguments) {
    return cli_flag(arguments, "missing-leads") || cli_real(arguments, "lead-dropout") > 0;
}

lw_network_options cli_network_options(const cli_arguments *arguments, const lw_lead_set *leads, size_t outputs) {
    const bool trains = cli_option_find(cli_arguments_command(arguments), "missing-leads") >= 0;
    return (lw_network_options){.size = sizeof(lw_network_options),
                                .leads = leads,
                                .width = (size_t)cli_whole(arguments, "width"),
                                .output_count = outputs,
                                .dropout = cli_real(arguments, "dropout"),
                                .set_dropout = cli_text(arguments, "dropout"),
                                .missing_leads = trains && cli_missing_leads(arguments),
                                .inputs = trains ? cli_text(arguments, "inputs") : NULL};
}

int cli_network(const cli_arguments *arguments, const lw_lead_set *leads, size_t outputs, lw_network **out) {
    const lw_network_options options = cli_network_options(arguments, leads, outputs);
    return cli_network_with(arguments, &options, out);
}

int cli_network_with(const cli_arguments *arguments, const lw_network_options *options, lw_network **out) {
    const char *name = cli_text(arguments, "network");
    lw_error err;
    lw_status status;
    int code = check_name(arguments, name);
    if (code != CLI_EXIT_OK)
        return code;
    if (has_network_sets(arguments)) {
        char *json = NULL;
        code = edited_document(arguments, name, &json);
        if (code != CLI_EXIT_OK)
            return code;
        status = lw_network_parse(json, options, out, &err);
        free(json);
    } else {
        status = lw_network_load(name, options, out, &err);
    }
    return cli_exit_code(status, &err);
}
