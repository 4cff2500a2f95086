/* This file prints the tables of commands as text, for --help, man pages and `leadwise help`. */
#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "arguments.h"
#include "messages.h"

typedef struct exit_row {
    const char *code, *meaning;
} exit_row;

static const exit_row exit_rows[] = {
    {"0", "done"},
    {"1", "an error inside Leadwise"},
    {"2", "wrong usage"},
    {"3", "some recordings were rejected; the rest was written"},
    {"4", "a model, checkpoint or prepared file is damaged, or does not fit the data"},
    {"5", "a file, disk or memory failed"},
    {"6", "a gate was not met (evaluate --min)"},
    {"75", "stopped by a signal; what is needed to go on has been saved"},
};

enum { EXIT_ROWS = sizeof exit_rows / sizeof exit_rows[0], WIDTH = 80, HELP_COLUMN = 26 };

static const char disclaimer[] = "Research software: not a medical device, not for diagnosis.";

static const char precedence[] =
    "Every option can also be given as LEADWISE_<OPTION> in the environment (LEADWISE_TEST_FRACTION for "
    "--test-fraction) or by its name in the JSON object that --config names. A flag on the command line comes before "
    "--set, then the environment, then the file, then the default.";

/** One paragraph broken between words; the first line begins at `column`, the others at `indent`. */
static void print_wrapped(FILE *stream, const char *text, size_t length, size_t column, size_t indent) {
    const char *const end = text + length;
    bool first = true;
    while (text < end) {
        size_t word = 0;
        while (text + word < end && text[word] != ' ')
            word++;
        if (!first && column + 1 + word > WIDTH) {
            fprintf(stream, "\n%*s", (int)indent, "");
            column = indent;
        } else if (!first) {
            fputc(' ', stream);
            column++;
        }
        fwrite(text, 1, word, stream);
        column += word;
        text += word + (text + word < end);
        first = false;
    }
    fputc('\n', stream);
}

/** The next paragraph of `text` and its length; NULL at the end. */
static const char *next_paragraph(const char **text, size_t *length) {
    const char *start = *text;
    if (*start == '\0')
        return NULL;
    const char *gap = strstr(start, "\n\n");
    *length = gap ? (size_t)(gap - start) : strlen(start);
    *text = start + *length + (gap ? 2 : 0);
    return start;
}

/** "help text [default: x]" for an option. */
static void describe_option(const cli_option *option, char *text, size_t capacity) {
    int length = snprintf(text, capacity, "%s", option->help);
    if (option->choices && length > 0 && (size_t)length < capacity)
        length += snprintf(text + length, capacity - (size_t)length, " (%s)", option->choices);
    if (option->value && (size_t)length < capacity)
        length += snprintf(text + length, capacity - (size_t)length, " [%s]", option->value);
    if (option->best && (size_t)length < capacity)
        length += snprintf(text + length, capacity - (size_t)length, " [best: %s]", option->best);
    if (option->required && (size_t)length < capacity)
        snprintf(text + length, capacity - (size_t)length, " (required)");
}

static void print_option(FILE *stream, const cli_option *option) {
    char left[64], text[512];
    const char letter[] = {'-', option->letter, ',', ' ', '\0'};
    const int length = snprintf(left, sizeof left, "  %s--%s%s%s", option->letter != '\0' ? letter : "    ",
                                option->name, option->argument ? " " : "", option->argument ? option->argument : "");
    describe_option(option, text, sizeof text);
    fputs(left, stream);
    if (length + 2 > HELP_COLUMN)
        fprintf(stream, "\n%*s", HELP_COLUMN, "");
    else
        fprintf(stream, "%*s", HELP_COLUMN - length, "");
    print_wrapped(stream, text, strlen(text), HELP_COLUMN, HELP_COLUMN);
}

void cli_print_overview(FILE *stream) {
    const cli_command *command;
    fprintf(stream, "Usage: leadwise COMMAND [OPTIONS] ...\n\n"
                    "Train, score and run networks that read electrocardiograms.\n\nCommands:\n");
    for (size_t i = 0; (command = cli_command_at(i)); i++)
        fprintf(stream, "  %-12s%s\n", command->name, command->summary);
    fprintf(stream, "\n'leadwise COMMAND --help' explains a command.\n%s\n", disclaimer);
}

void cli_print_help(FILE *stream, const cli_command *command) {
    const char *text = command->description;
    const char *paragraph;
    const cli_option *option;
    size_t length;
    fprintf(stream, "Usage: leadwise %s %s\n\n%s.\n", command->name, command->synopsis, command->summary);
    while ((paragraph = next_paragraph(&text, &length))) {
        fputc('\n', stream);
        print_wrapped(stream, paragraph, length, 0, 0);
    }
    fputs("\nOptions:\n", stream);
    for (size_t i = 0; (option = cli_option_at(command, i)); i++)
        print_option(stream, option);
    if (command->examples) {
        fputs("\nExamples:\n", stream);
        for (const char *line = command->examples; *line != '\0'; line += length + (line[length] == '\n')) {
            length = strcspn(line, "\n");
            fprintf(stream, "  %.*s\n", (int)length, line);
        }
    }
}

/* Man pages */

/** Text for roff: backslashes and hyphens escaped, no line that begins with a control character. */
static void print_roff(FILE *stream, const char *text, size_t length) {
    for (size_t i = 0; i < length; i++) {
        const bool begins = i == 0 || text[i - 1] == '\n';
        if (begins && (text[i] == '.' || text[i] == '\''))
            fputs("\\&", stream);
        if (text[i] == '\\')
            fputs("\\e", stream);
        else if (text[i] == '-')
            fputs("\\-", stream);
        else
            fputc(text[i], stream);
    }
}

static void print_roff_line(FILE *stream, const char *text) {
    print_roff(stream, text, strlen(text));
    fputc('\n', stream);
}

static void print_man_option(FILE *stream, const cli_option *option) {
    char text[512];
    fputs(".TP\n", stream);
    if (option->letter != '\0')
        fprintf(stream, "\\fB\\-%c\\fR, ", option->letter);
    fputs("\\fB\\-\\-", stream);
    print_roff(stream, option->name, strlen(option->name));
    fputs("\\fR", stream);
    if (option->argument)
        fprintf(stream, " \\fI%s\\fR", option->argument);
    fputc('\n', stream);
    describe_option(option, text, sizeof text);
    print_roff_line(stream, text);
}

static void print_man_command(FILE *stream, const cli_command *command) {
    const char *text = command->description;
    const char *paragraph;
    const cli_option *option;
    size_t length;
    fprintf(stream, ".SH SYNOPSIS\n\\fBleadwise %s\\fR ", command->name);
    print_roff_line(stream, command->synopsis);
    fputs(".SH DESCRIPTION\n", stream);
    print_roff_line(stream, command->summary);
    while ((paragraph = next_paragraph(&text, &length))) {
        fputs(".PP\n", stream);
        print_roff(stream, paragraph, length);
        fputc('\n', stream);
    }
    fputs(".SH OPTIONS\n", stream);
    for (size_t i = 0; (option = cli_option_at(command, i)); i++)
        print_man_option(stream, option);
    if (command->examples) {
        fputs(".SH EXAMPLES\n.nf\n", stream);
        print_roff_line(stream, command->examples);
        fputs(".fi\n", stream);
    }
}

static void print_man_overview(FILE *stream) {
    const cli_command *command;
    fputs(".SH SYNOPSIS\n\\fBleadwise\\fR \\fICOMMAND\\fR [\\fIOPTIONS\\fR] ...\n.SH DESCRIPTION\n"
          "Train, score and run networks that read electrocardiograms.\n",
          stream);
    print_roff_line(stream, disclaimer);
    fputs(".SH COMMANDS\n", stream);
    for (size_t i = 0; (command = cli_command_at(i)); i++) {
        fprintf(stream, ".TP\n\\fBleadwise\\-%s\\fR(1)\n", command->name);
        print_roff_line(stream, command->summary);
    }
}

/** Print a page for man(1), of a command or (NULL) of the program. */
static void print_man(FILE *stream, const cli_command *command) {
    const char *dash = command ? "-" : "";
    const char *name = command ? command->name : "";
    fprintf(stream, ".TH LEADWISE%s", dash);
    for (const char *c = name; *c != '\0'; c++)
        fputc(toupper((unsigned char)*c), stream);
    fprintf(stream, " 1 \"\" \"leadwise %s\" \"User Commands\"\n.SH NAME\nleadwise%s%s \\- ", lw_version(),
            command ? "\\-" : "", name);
    print_roff_line(stream, command ? command->summary : "read electrocardiograms with neural networks");
    if (command)
        print_man_command(stream, command);
    else
        print_man_overview(stream);
    fputs(".SH ENVIRONMENT\n", stream);
    print_roff_line(stream, precedence);
    fputs(".PP\nNO_COLOR, when not empty, turns colour off.\n.SH EXIT STATUS\n", stream);
    for (size_t i = 0; i < EXIT_ROWS; i++) {
        fprintf(stream, ".TP\n%s\n", exit_rows[i].code);
        print_roff_line(stream, exit_rows[i].meaning);
    }
    if (command)
        fputs(".SH SEE ALSO\n\\fBleadwise\\fR(1)\n", stream);
}

/* The command */

static const cli_option options[] = {
    CLI_ROW_TEXT("man", "DIR", "write a man page of every command into DIR"),
    CLI_ROW_END,
};

/** Write leadwise.1 (command NULL) or leadwise-COMMAND.1. */
static int write_page(const char *folder, const cli_command *command) {
    char *path = command ? cli_format("%s/leadwise-%s.1", folder, command->name) : cli_format("%s/leadwise.1", folder);
    FILE *stream = fopen(path, "w");
    bool good = stream;
    if (stream) {
        print_man(stream, command);
        good = !ferror(stream);
        good = fclose(stream) == 0 && good;
    }
    if (!good)
        cli_error("%s: %s", path, strerror(errno));
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
    for (size_t i = 0; code == CLI_EXIT_OK && (command = cli_command_at(i)); i++)
        code = write_page(folder, command);
    return code;
}

static int run(const cli_arguments *arguments) {
    const char *const *names;
    const size_t count = cli_operands(arguments, &names);
    if (cli_given(arguments, "man"))
        return write_pages(cli_text(arguments, "man"));
    if (count == 0) {
        cli_print_overview(stdout);
        return CLI_EXIT_OK;
    }
    const cli_command *command = cli_command_find(names[0]);
    if (!command)
        return cli_unknown_command(names[0]);
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
