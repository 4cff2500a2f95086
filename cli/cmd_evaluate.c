#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "leadwise/report.h"
#include "messages.h"
#include "run_report.h"
#include "settings.h"

static const cli_option options[] = {
    CLI_OPTION_YEAR("2021"),
    {.name = "official",
     .kind = CLI_FLAG,
     .help = "read files exactly as the official scripts do, their slips included"},
    {.name = "weights",
     .kind = CLI_TEXT,
     .argument = "FILE",
     .help = "reward matrix in the Challenge's CSV format (default: the year's)"},
    {.name = "min",
     .kind = CLI_LIST,
     .argument = "METRIC=VALUE",
     .help = "exit with 6 when the metric is lower; may be repeated"},
    CLI_OPTION_JSON,
    CLI_OPTION_END,
};

typedef struct notes {
    const cli_arguments *arguments;
    size_t count;
} notes;

static void on_note(void *context, const char *sentence) {
    notes *seen = context;
    seen->count++;
    cli_detail(seen->arguments, "note: %s", sentence);
}

/** The score called by its JSON key; false when there is none of that name. */
static bool score_named(const lw_scores *scores, const char *name, size_t length, double *value) {
    const struct {
        const char *key;
        double value;
    } rows[] = {
        {"auroc", scores->auroc},
        {"auprc", scores->auprc},
        {"accuracy", scores->accuracy},
        {"f_measure", scores->f_measure},
        {"f_beta_2", scores->f_beta_2},
        {"g_beta_2", scores->g_beta_2},
        {"challenge_metric", scores->challenge_metric},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        if (strlen(rows[i].key) == length && strncmp(rows[i].key, name, length) == 0) {
            *value = rows[i].value;
            return true;
        }
    }
    return false;
}

typedef struct gate {
    size_t name_length;
    double minimum;
} gate;

static bool parse_gate(const char *text, gate *out) {
    const lw_scores none = {0};
    const char *equals = strchr(text, '=');
    double ignored;
    char *end;
    if (equals == NULL) {
        return false;
    }
    out->name_length = (size_t)(equals - text);
    out->minimum = strtod(equals + 1, &end);
    return end != equals + 1 && *end == '\0' && isfinite(out->minimum) &&
           score_named(&none, text, out->name_length, &ignored);
}

/** Before anything is read: a misspelt gate must not be found out after an hour. */
static int check_gates(const cli_arguments *arguments) {
    const char *const *items;
    const size_t count = cli_list(arguments, "min", &items);
    gate parsed;
    for (size_t i = 0; i < count; i++) {
        if (!parse_gate(items[i], &parsed)) {
            return cli_usage_error(cli_arguments_command(arguments),
                                   "--min: '%s' is not METRIC=VALUE with METRIC one of challenge_metric, auroc, auprc, "
                                   "accuracy, f_measure, f_beta_2, g_beta_2",
                                   items[i]);
        }
    }
    return CLI_EXIT_OK;
}

static int apply_gates(const cli_arguments *arguments, const lw_scores *scores) {
    const char *const *items;
    const size_t count = cli_list(arguments, "min", &items);
    int code = CLI_EXIT_OK;
    for (size_t i = 0; i < count; i++) {
        gate parsed = {0};
        double value = NAN;
        parse_gate(items[i], &parsed);
        score_named(scores, items[i], parsed.name_length, &value);
        if (!(value >= parsed.minimum)) { /* an undefined score meets nothing */
            cli_error("%.*s is %.6g, below the minimum of %g", (int)parsed.name_length, items[i], value,
                      parsed.minimum);
            code = CLI_EXIT_GATE;
        }
    }
    return code;
}

static int print(const cli_arguments *arguments, const lw_scores *scores) {
    char *json = NULL;
    lw_error err;
    if (!cli_flag(arguments, "json")) {
        cli_print_scores(stdout, scores);
        return CLI_EXIT_OK;
    }
    if (lw_scores_json(scores, &json, &err) != LW_OK) {
        return cli_fail(&err);
    }
    puts(json);
    lw_string_free(&json);
    return CLI_EXIT_OK;
}

static int run(const cli_arguments *arguments) {
    const char *const *folders;
    const size_t count = cli_operands(arguments, &folders);
    const lw_evaluate_options how = {.year = cli_year(arguments, 2021),
                                     .official = cli_flag(arguments, "official"),
                                     .weights = cli_text(arguments, "weights")};
    notes seen = {arguments, 0};
    lw_scores scores = {0};
    lw_error err;
    if (count != 2) {
        return cli_usage_error(cli_arguments_command(arguments),
                               "'evaluate' needs two folders, of labels and of outputs");
    }
    int code = check_gates(arguments);
    if (code != CLI_EXIT_OK) {
        return code;
    }
    if (lw_evaluate_folders(folders[0], folders[1], &how, on_note, &seen, &scores, &err) != LW_OK) {
        return cli_fail(&err);
    }
    if (seen.count > 0 && !cli_flag(arguments, "verbose")) {
        cli_say(arguments, "%zu notes on what the files hold; -v prints them", seen.count);
    }
    code = print(arguments, &scores);
    if (code == CLI_EXIT_OK) {
        code = apply_gates(arguments, &scores);
    }
    lw_scores_free(&scores);
    return code;
}

const cli_command cli_command_evaluate = {
    .name = "evaluate",
    .summary = "Score predictions as the Challenges do",
    .synopsis = "LABEL_DIR OUTPUT_DIR",
    .description =
        "LABEL_DIR holds headers with their diagnoses (or labels.csv), OUTPUT_DIR the four-line files of predict -f "
        "challenge. "
        "The scores equal those of the official scripts of the PhysioNet/Computing in Cardiology Challenges.\n\n"
        "The text shows each class and the confusions that cost most of the metric; --json gives everything at full "
        "precision.",
    .examples = "leadwise evaluate recordings/ outputs/\n"
                "leadwise evaluate recordings/ outputs/ --year 2020 --json\n"
                "leadwise evaluate recordings/ outputs/ --min challenge_metric=0.5",
    .options = options,
    .run = run,
};
