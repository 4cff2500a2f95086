/* This file refuses an output that is one of the files that the command reads. */
#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/stat.h>

#include "arguments.h"
#include "paths.h"

static bool is_same(const char *path, const struct stat *output) {
    struct stat info;
    return path && stat(path, &info) == 0 && info.st_dev == output->st_dev && info.st_ino == output->st_ino;
}

/** Whether an operand, or the file of an option, is the output. */
static bool is_named(const cli_arguments *arguments, const struct stat *output) {
    const cli_command *command = cli_arguments_command(arguments);
    const char *const *operands;
    const size_t count = cli_operands(arguments, &operands);
    const cli_option *option;
    bool found = false;
    for (size_t i = 0; i < count; i++)
        found |= is_same(operands[i], output);
    for (size_t i = 0; (option = cli_option_at(command, i)); i++)
        if (option->kind == CLI_TEXT && option->argument && strstr(option->argument, "FILE") &&
            strcmp(option->name, "output") != 0)
            found |= is_same(cli_text(arguments, option->name), output);
    return found;
}

/** Whether a header has a line that begins with the file's name and a blank. */
static bool header_names(const char *header, const char *name) {
    const size_t length = strlen(name);
    char line[512];
    bool found = false;
    FILE *file = fopen(header, "r");
    while (file && !found && fgets(line, sizeof line, file))
        found = strncmp(line, name, length) == 0 && (line[length] == ' ' || line[length] == '\t');
    if (file)
        (void)fclose(file);
    return found;
}

static bool is_header(const char *name) {
    const size_t length = strlen(name);
    return length >= 4 && strcasecmp(name + length - 4, ".hea") == 0;
}

/** Whether the output holds the samples of a recording, by a header beside it. */
static bool is_signal(const char *path, char *header, size_t size) {
    const char *slash = strrchr(path, '/');
    const char *name = slash ? slash + 1 : path;
    char *folder = slash ? cli_format("%.*s", (int)(slash - path + 1), path) : cli_format("./");
    const struct dirent *entry;
    bool found = false;
    DIR *stream = opendir(folder);
    while (stream && !found && (entry = readdir(stream))) {
        if (!is_header(entry->d_name))
            continue;
        snprintf(header, size, "%s%s", folder, entry->d_name);
        found = header_names(header, name);
    }
    if (stream)
        (void)closedir(stream);
    free(folder);
    return found;
}

int cli_check_output(const cli_arguments *arguments) {
    const bool has_output = cli_option_find(cli_arguments_command(arguments), "output") >= 0;
    const char *path = has_output ? cli_text(arguments, "output") : NULL;
    char header[1024];
    struct stat output;
    if (!path || stat(path, &output) != 0 || !S_ISREG(output.st_mode))
        return CLI_EXIT_OK;
    if (is_named(arguments, &output) || is_header(path))
        return cli_usage_error(arguments, "--output: %s is read by this command, expected another file", path);
    if (is_signal(path, header, sizeof header))
        return cli_usage_error(arguments, "--output: %s holds the samples of %s, expected another file", path, header);
    return CLI_EXIT_OK;
}
