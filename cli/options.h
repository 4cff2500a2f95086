/**
 * @file options.h
 * Commands and their options as tables: --help, man pages, completion, the environment, configuration files and the
 * parser are all made from these.
 */
#ifndef LEADWISE_CLI_OPTIONS_H
#define LEADWISE_CLI_OPTIONS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

/** What an option's value is. */
typedef enum cli_kind {
    CLI_FLAG,       /**< true or false; no argument on the command line */
    CLI_TEXT,       /**< any string */
    CLI_WHOLE,      /**< whole number in [low, high]; high 0: no limit */
    CLI_REAL,       /**< finite number in [low, high] */
    CLI_BYTES,      /**< a size of at least 1 MiB: 1500000, 512M, 2G */
    CLI_CHOICE,     /**< one of `choices` */
    CLI_LEAD_NAMES, /**< pairs NAME=LEAD, apart by commas */
    CLI_LIST,       /**< any string, may be given again and again */
    CLI_TRAINING    /**< no option but a range of them: those of lw_train_option_at from `name` to `value` */
} cli_kind;

/** One option: `--name`, LEADWISE_NAME in the environment, "name" in a configuration file. */
typedef struct cli_option {
    const char *name; /**< NULL ends a table */
    char letter;      /**< short form, 0: none */
    cli_kind kind;
    const char *argument; /**< "FILE"; what a FLAG has none of. FILE and DIR also steer completion */
    const char *help;     /**< one phrase, lower case, no full stop */
    const char *value;    /**< default as text; NULL: none */
    const char *choices;  /**< "table,csv" for CLI_CHOICE, suggestions for CLI_TEXT */
    double low, high;
    bool above_low;   /**< `low` itself is outside the range */
    const char *best; /**< the value of --recipe best; NULL: the default */
    bool required;
} cli_option;

typedef struct cli_arguments cli_arguments;

/** As a command's `operands`: the names of all commands. */
#define CLI_OPERANDS_COMMANDS "*"

/** A command. To add one: a file that defines `cli_command_NAME`, and its row in commands.c. */
typedef struct cli_command {
    const char *name;
    const char *summary;                        /**< one line, as in the list of commands */
    const char *synopsis;                       /**< what follows the name: "DATA... -o FILE" */
    const char *description;                    /**< paragraphs apart by an empty line */
    const char *examples;                       /**< command lines, one a line; may be NULL */
    const char *operands;                       /**< words to complete operands with ("bash,zsh"), NULL: files */
    const cli_option *options;                  /**< without those that every command has */
    int (*run)(const cli_arguments *arguments); /**< the exit code */
    bool divides;                               /**< its work among processes that MPI started together */
} cli_command;

/** The i-th command in the order of the manual, NULL past the last. */
const cli_command *cli_command_at(size_t i);
/** NULL when there is none of that name. */
const cli_command *cli_command_find(const char *name);

/** The command's i-th option, its own first, then those of every command; NULL past the last. */
const cli_option *cli_option_at(const cli_command *command, size_t i);
/** Index of `--name` for cli_option_at, or -1. */
int cli_option_find(const cli_command *command, const char *name);

/** Print the list of commands, as `leadwise --help`. */
void cli_print_overview(FILE *stream);
/** Print a command's help within 80 columns. */
void cli_print_help(FILE *stream, const cli_command *command);

/* Rows of a command's table, one macro for each kind; what is rare is set by its field's name. */
#define CLI_ROW_FLAG(name_, help_)                                                                                     \
    { .name = name_, .kind = CLI_FLAG, .help = help_ }
#define CLI_ROW_TEXT(name_, argument_, help_)                                                                          \
    { .name = name_, .kind = CLI_TEXT, .argument = argument_, .help = help_ }
#define CLI_ROW_LIST(name_, argument_, help_)                                                                          \
    { .name = name_, .kind = CLI_LIST, .argument = argument_, .help = help_ }
#define CLI_ROW_CHOICE(name_, argument_, choices_, value_, help_)                                                      \
    { .name = name_, .kind = CLI_CHOICE, .argument = argument_, .choices = choices_, .value = value_, .help = help_ }
#define CLI_ROW_WHOLE(name_, argument_, value_, low_, high_, help_)                                                    \
    {                                                                                                                  \
        .name = name_, .kind = CLI_WHOLE, .argument = argument_, .value = value_, .low = low_, .high = high_,          \
        .help = help_                                                                                                  \
    }
#define CLI_ROW_REAL(name_, argument_, value_, low_, high_, help_)                                                     \
    {                                                                                                                  \
        .name = name_, .kind = CLI_REAL, .argument = argument_, .value = value_, .low = low_, .high = high_,           \
        .help = help_                                                                                                  \
    }
/** The options of training from `first_` to `last_`, in the order of lw_train_option_at. */
#define CLI_ROW_TRAINING(first_, last_)                                                                                \
    { .name = first_, .kind = CLI_TRAINING, .value = last_ }
#define CLI_ROW_END                                                                                                    \
    { .name = NULL }

/* Options that several commands share, so that the same flag means the same everywhere. */
#define CLI_OPTION_OUTPUT(argument_, help_, required_)                                                                 \
    { .name = "output", .letter = 'o', .kind = CLI_TEXT, .argument = argument_, .help = help_, .required = required_ }
#define CLI_OPTION_LEADS(help_, value_)                                                                                \
    { .name = "leads", .kind = CLI_TEXT, .argument = "SET", .choices = "12,6,4,3,2", .value = value_, .help = help_ }
#define CLI_OPTION_THREADS CLI_ROW_WHOLE("threads", "N", "0", 0, 1024, "cores to use, 0: all")
#define CLI_OPTION_ISA                                                                                                 \
    CLI_ROW_CHOICE("isa", "SET", "best,avx512,avx2,sse2,neon,scalar", NULL,                                            \
                   "instruction set of the kernels (default: the best one there is)")
#define CLI_OPTION_MEMORY_LIMIT                                                                                        \
    {                                                                                                                  \
        .name = "memory-limit", .kind = CLI_BYTES, .argument = "SIZE",                                                 \
        .help =                                                                                                        \
            "how much memory the network may take, as in 512M or 2G; less memory makes it slower (default: no limit)"  \
    }
#define CLI_OPTION_SEED(value_) CLI_ROW_WHOLE("seed", "N", value_, 0, 0, "seed of every random choice")
#define CLI_OPTION_STRICT CLI_ROW_FLAG("strict", "reject recordings that give cause for a warning")
#define CLI_OPTION_YEAR(value_)                                                                                        \
    CLI_ROW_CHOICE("year", "YEAR", "2020,2021", value_, "Challenge whose classes and metric count")
#define CLI_OPTION_CLASSES                                                                                             \
    CLI_ROW_CHOICE("classes", "HOW", "codes,merged", "codes", "one class per scored code, or equal codes merged")
#define CLI_OPTION_ENDS                                                                                                \
    CLI_ROW_CHOICE(                                                                                                    \
        "ends", "HOW", "line,zero", "line",                                                                            \
        "what resampling assumes beyond a recording's ends: the line through its first and last sample, so "           \
        "that an electrode's offset changes nothing, or zero")
#define CLI_OPTION_BAND CLI_ROW_TEXT("band", "LO,HI", "band-pass in Hz (default: 0.05,35 for 2021, 0.05,20 for 2020)")
/** Of every command that reads recordings: three rows. */
#define CLI_OPTIONS_RECORDINGS                                                                                         \
    CLI_ROW_REAL("csv-rate", "HZ", "0", 0, 20000,                                                                      \
                 "sampling rate of CSV recordings that state none, or whose times are uneven, 0: reject them"),        \
        CLI_ROW_CHOICE("csv-unit", "UNIT", "mV,uV,V,nV", NULL,                                                         \
                       "unit of CSV recordings that state none (default: mV)"),                                        \
    {                                                                                                                  \
        .name = "lead-names", .kind = CLI_LEAD_NAMES, .argument = "NAME=LEAD,...",                                     \
        .help = "what the recordings' leads are, by name (ECG1=II,ECG2=V5) or by number (1=II)"                        \
    }
#define CLI_OPTION_JSON CLI_ROW_FLAG("json", "write JSON to standard output")
#define CLI_OPTION_NETWORK                                                                                             \
    {                                                                                                                  \
        .name = "network", .kind = CLI_TEXT, .argument = "NAME", .choices = "metaheart2020,multiscale2021",            \
        .value = "multiscale2021", .help = "a network, one of its variants, or a JSON file"                            \
    }
#define CLI_OPTION_WIDTH(value_) CLI_ROW_WHOLE("width", "N", value_, 1, 1024, "scale the filters by N / 64")
#define CLI_OPTION_DROPOUT(help_, value_) CLI_ROW_REAL("dropout", "RATE", value_, 0, 0.95, help_)
#define CLI_OPTION_WEIGHTS                                                                                             \
    CLI_ROW_TEXT("weights", "FILE", "reward matrix in the Challenge's CSV format (default: the year's)")
#define CLI_OPTION_FALLBACK                                                                                            \
    CLI_ROW_TEXT("fallback", "CODE", "diagnosis when no class is positive, or none (default: the model's)")

#endif
