/* This file is `leadwise completion`, which writes scripts for shells from the tables of commands. */
#include <stdio.h>
#include <string.h>

#include "arguments.h"
#include "messages.h"

static const cli_option options[] = {CLI_ROW_END};

/** Names joined by commas as words. */
static void print_words(const char *list) {
    for (; *list != '\0'; list++)
        putchar(*list == ',' ? ' ' : *list);
}

static void print_command_names(void) {
    const cli_command *command;
    for (size_t i = 0; (command = cli_command_at(i)); i++)
        printf("%s%s", i > 0 ? " " : "", command->name);
}

/** What the command's operands can be, between spaces. */
static void print_operands(const cli_command *command) {
    if (strcmp(command->operands, CLI_OPERANDS_COMMANDS) == 0)
        print_command_names();
    else
        print_words(command->operands);
}

/* bash */

static void print_bash_values(const cli_command *command) {
    const cli_option *option;
    for (size_t i = 0; (option = cli_option_at(command, i)); i++) {
        if (option->choices) {
            printf("        %s:--%s) words=\"", command->name, option->name);
            print_words(option->choices);
            printf("\" ;;\n");
        } else if (option->kind != CLI_FLAG) {
            printf("        %s:--%s) COMPREPLY=($(compgen -%c -- \"$word\")); return ;;\n", command->name, option->name,
                   strcmp(option->argument, "DIR") == 0 ? 'd' : 'f');
        }
    }
}

static void print_bash_words(const cli_command *command) {
    const cli_option *option;
    printf("        %s:*) words=\"", command->name);
    for (size_t i = 0; (option = cli_option_at(command, i)); i++)
        printf("%s--%s", i > 0 ? " " : "", option->name);
    if (command->operands) {
        putchar(' ');
        print_operands(command);
    }
    printf("\" ;;\n");
}

static void print_bash(void) {
    const cli_command *command;
    printf("# bash completion for leadwise: source it, or put it into a bash-completion folder as 'leadwise'\n"
           "_leadwise() {\n"
           "    local word=\"${COMP_WORDS[COMP_CWORD]}\" before=\"${COMP_WORDS[COMP_CWORD-1]}\" words=\"\"\n"
           "    if [ \"$COMP_CWORD\" -eq 1 ]; then\n"
           "        COMPREPLY=($(compgen -W \"");
    print_command_names();
    printf(" --help --version\" -- \"$word\"))\n"
           "        return\n"
           "    fi\n"
           "    case \"${COMP_WORDS[1]}:$before\" in\n");
    for (size_t i = 0; (command = cli_command_at(i)); i++) {
        print_bash_values(command);
        print_bash_words(command);
    }
    printf("    esac\n"
           "    COMPREPLY=($(compgen -W \"$words\" -- \"$word\"))\n"
           "}\n"
           "complete -o default -F _leadwise leadwise\n");
}

/* zsh */

/** Text within a quoted _arguments specification. */
static void print_zsh_text(const char *text) {
    for (; *text != '\0'; text++) {
        if (strchr("[]:\\", *text))
            putchar('\\');
        fputs(*text == '\'' ? "'\\''" : (const char[]){*text, '\0'}, stdout);
    }
}

static void print_zsh_option(const cli_option *option) {
    printf(" \\\n                '%s--%s[", option->kind == CLI_LIST ? "*" : "", option->name);
    print_zsh_text(option->help);
    putchar(']');
    if (option->choices) {
        printf(":%s:(", option->argument);
        print_words(option->choices);
        putchar(')');
    } else if (option->kind != CLI_FLAG) {
        printf(":%s:%s", option->argument, strcmp(option->argument, "DIR") == 0 ? "_files -/" : "_files");
    }
    putchar('\'');
}

static void print_zsh(void) {
    const cli_command *command;
    const cli_option *option;
    printf("#compdef leadwise\n"
           "_leadwise() {\n"
           "    local -a commands=(\n");
    for (size_t i = 0; (command = cli_command_at(i)); i++) {
        printf("        '%s:", command->name);
        print_zsh_text(command->summary);
        printf("'\n");
    }
    printf("    )\n"
           "    if (( CURRENT == 2 )); then\n"
           "        _describe command commands\n"
           "        return\n"
           "    fi\n"
           "    local command=\"$words[2]\"\n"
           "    shift words\n"
           "    (( CURRENT-- ))\n"
           "    case \"$command\" in\n");
    for (size_t i = 0; (command = cli_command_at(i)); i++) {
        printf("        %s)\n            _arguments -S", command->name);
        for (size_t k = 0; (option = cli_option_at(command, k)); k++)
            print_zsh_option(option);
        if (command->operands) {
            printf(" \\\n                '*:what:(");
            print_operands(command);
            printf(")' ;;\n");
        } else {
            printf(" \\\n                '*:file:_files' ;;\n");
        }
    }
    printf("    esac\n}\n_leadwise \"$@\"\n");
}

/* fish */

static void print_fish_text(const char *text) {
    for (; *text != '\0'; text++) {
        if (*text == '\'' || *text == '\\')
            putchar('\\');
        putchar(*text);
    }
}

static void print_fish_option(const cli_command *command, const cli_option *option) {
    printf("complete -c leadwise -n '__fish_seen_subcommand_from %s' -l %s", command->name, option->name);
    if (option->letter != '\0')
        printf(" -s %c", option->letter);
    if (option->choices) {
        printf(" -x -a '");
        print_words(option->choices);
        putchar('\'');
    } else if (option->kind != CLI_FLAG) {
        printf(" -r");
    }
    printf(" -d '");
    print_fish_text(option->help);
    printf("'\n");
}

static void print_fish(void) {
    const cli_command *command;
    const cli_option *option;
    for (size_t i = 0; (command = cli_command_at(i)); i++) {
        printf("complete -c leadwise -f -n __fish_use_subcommand -a %s -d '", command->name);
        print_fish_text(command->summary);
        printf("'\n");
        for (size_t k = 0; (option = cli_option_at(command, k)); k++)
            print_fish_option(command, option);
        if (command->operands) {
            printf("complete -c leadwise -f -n '__fish_seen_subcommand_from %s' -a '", command->name);
            print_operands(command);
            printf("'\n");
        }
    }
}

static int run(const cli_arguments *arguments) {
    const char *const *shells;
    const size_t count = cli_operands(arguments, &shells);
    const char *shell = count == 1 ? shells[0] : "";
    if (strcmp(shell, "bash") == 0)
        print_bash();
    else if (strcmp(shell, "zsh") == 0)
        print_zsh();
    else if (strcmp(shell, "fish") == 0)
        print_fish();
    else
        return cli_usage_error(arguments, "'completion' needs one shell: bash, zsh or fish");
    return CLI_EXIT_OK;
}

const cli_command cli_command_completion = {
    .name = "completion",
    .summary = "Print a completion script for a shell",
    .synopsis = "bash|zsh|fish",
    .description = "Words, options and their values come from the same tables as --help.",
    .examples = "source <(leadwise completion bash)\n"
                "leadwise completion zsh > ~/.zfunc/_leadwise\n"
                "leadwise completion fish > ~/.config/fish/completions/leadwise.fish",
    .operands = "bash,zsh,fish",
    .options = options,
    .run = run,
};
