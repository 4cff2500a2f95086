/** @file commands.c: the commands, and the options of each with those that every command has. */
#include <assert.h>
#include <string.h>

#include "leadwise/train.h"
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
    for (size_t i = 0; i < COMMAND_COUNT; i++)
        if (strcmp(commands[i]->name, name) == 0)
            return commands[i];
    return NULL;
}

static const cli_option common_options[] = {
    CLI_ROW_TEXT("config", "FILE", "JSON object of option names and values"),
    CLI_ROW_LIST("set", "KEY=VALUE", "set an option by its name; may be repeated"),
    {.name = "quiet", .letter = 'q', .kind = CLI_FLAG, .help = "errors only"},
    {.name = "verbose", .letter = 'v', .kind = CLI_FLAG, .help = "warnings and details too"},
    CLI_ROW_FLAG("version", "print the version"),
    {.name = "help", .letter = 'h', .kind = CLI_FLAG, .help = "print this help"},
};

enum { COMMON_COUNT = sizeof common_options / sizeof common_options[0] };

/** The options of training, as rows of this table. */
static const cli_option *training_options(void) {
    static const cli_kind kinds[] = {
        [LW_OPTION_FLAG] = CLI_FLAG,     [LW_OPTION_WHOLE] = CLI_WHOLE, [LW_OPTION_REAL] = CLI_REAL,
        [LW_OPTION_CHOICE] = CLI_CHOICE, [LW_OPTION_SET] = CLI_TEXT,    [LW_OPTION_TEXT] = CLI_TEXT};
    static cli_option rows[64];
    const lw_train_option *o;
    for (size_t i = 0; !rows[i].name && (o = lw_train_option_at(i)); i++) {
        assert(i + 1 < sizeof rows / sizeof rows[0]);
        rows[i] = (cli_option){.name = o->key,
                               .kind = kinds[o->kind],
                               .argument = o->argument,
                               .help = o->help,
                               .value = o->kind == LW_OPTION_FLAG ? NULL : o->value,
                               .choices = o->choices,
                               .low = o->low,
                               .high = o->high,
                               .above_low = o->above_low,
                               .best = o->best};
    }
    return rows;
}

static size_t training_index(const char *key) {
    size_t i = 0;
    while (strcmp(lw_train_option_at(i)->key, key) != 0)
        i++;
    return i;
}

const cli_option *cli_option_at(const cli_command *command, size_t i) {
    for (const cli_option *own = command->options; own->name; own++) {
        const bool range = own->kind == CLI_TRAINING;
        const size_t first = range ? training_index(own->name) : 0;
        const size_t count = range ? training_index(own->value) - first + 1 : 1;
        if (i < count)
            return range ? &training_options()[first + i] : own;
        i -= count;
    }
    return i < COMMON_COUNT ? &common_options[i] : NULL;
}

int cli_option_find(const cli_command *command, const char *name) {
    const cli_option *option;
    for (size_t i = 0; (option = cli_option_at(command, i)); i++)
        if (strcmp(option->name, name) == 0)
            return (int)i;
    return -1;
}
