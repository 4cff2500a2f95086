/* This file is `leadwise evaluate`, which scores outputs against labels. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "leadwise/report.h"
#include "settings.h"

static const cli_option options[] = {
    CLI_OPTION_YEAR("2021"),
    CLI_ROW_FLAG("official", "read files exactly as the official scripts do, their slips included"),
    CLI_OPTION_WEIGHTS,
    CLI_ROW_LIST("min", "METRIC=VALUE", "exit with 6 when the metric is lower; may be repeated"),
    {.name = "by",
     .kind = CLI_TEXT,
     .argument = "WHAT",
     .choices = "source,sex,age",
     .help = "scores of each source, sex and age band too: any of them, joined by commas"},
    CLI_ROW_WHOLE(
        "replicates", "N", NULL, 0, 100000,
        "bootstrap samples behind 95 % intervals, 0: no intervals (default: 1000 with --by or --card, else 0)"),
    CLI_ROW_TEXT("card", "FILE",
                 "append the tables of a model card in Markdown to FILE: all records, by class, source, sex and age"),
    CLI_ROW_TEXT("title", "TEXT", "heading in the card (default: LABEL_DIR's name)"),
    CLI_OPTION_JSON,
    CLI_OPTION_SEED("0"),
    CLI_OPTION_THREADS,
    CLI_ROW_END,
};

/* Scores as text */

/** A score with three decimals, "-" where it is undefined, in `width` columns. */
static void print_cell(int width, double value) {
    if (isnan(value))
        printf("%*s", width, "-");
    else
        printf("%*.3f", width, value);
}

enum { INTERVAL_WIDTH = 17 };

/** "   0.812 to 0.901" */
static void print_interval(lw_interval interval) {
    char text[64] = "-";
    if (!isnan(interval.low))
        snprintf(text, sizeof text, "%.3f to %.3f", interval.low, interval.high);
    printf("%*s", INTERVAL_WIDTH, text);
}

static void print_summary(const lw_evaluation *evaluation) {
    const lw_scores *scores = &evaluation->scores;
    const lw_intervals *intervals = &evaluation->intervals;
    const struct {
        const char *title;
        double value;
        const lw_interval *interval;
    } rows[] = {
        {"Challenge metric", scores->challenge_metric, &intervals->challenge_metric},
        {"AUROC", scores->auroc, &intervals->auroc},
        {"AUPRC", scores->auprc, &intervals->auprc},
        {"accuracy", scores->accuracy, &intervals->accuracy},
        {"F-measure", scores->f_measure, &intervals->f_measure},
        {"F2", scores->f_beta_2, NULL},
        {"G2", scores->g_beta_2, NULL},
    };
    printf("%zu recording%s, classes and metric of %d\n\n", scores->record_count, cli_s(scores->record_count),
           scores->year);
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        if (!isnan(rows[i].value) || i < 2) {
            printf("%-18s", rows[i].title);
            print_cell(8, rows[i].value);
            if (evaluation->replicate_count > 0 && rows[i].interval)
                print_interval(*rows[i].interval);
            putchar('\n');
        }
    }
    if (evaluation->replicate_count > 0)
        printf("\n95 %% intervals: bootstrap over records, %zu replicates\n", evaluation->replicate_count);
}

static void print_classes(const lw_scores *scores) {
    printf("\n%-10s %6s %6s %6s %6s %6s %6s %6s %6s %6s %6s\n", "class", "with", "hit", "missed", "false", "sens.",
           "spec.", "PPV", "AUROC", "AUPRC", "F");
    for (size_t i = 0; i < scores->class_count; i++) {
        const lw_class_scores *row = &scores->per_class[i];
        printf("%-10s %6zu %6zu %6zu %6zu", row->abbreviation, row->positive_count, row->true_positive_count,
               row->false_negative_count, row->false_positive_count);
        print_cell(7, row->sensitivity);
        print_cell(7, row->specificity);
        print_cell(7, row->positive_predictive_value);
        print_cell(7, row->auroc);
        print_cell(7, row->auprc);
        print_cell(7, row->f_measure);
        putchar('\n');
    }
}

static void print_class_intervals(const lw_evaluation *evaluation) {
    printf("\n%-10s%*s%*s%*s\n", "intervals", INTERVAL_WIDTH, "AUROC", INTERVAL_WIDTH, "AUPRC", INTERVAL_WIDTH, "F");
    for (size_t i = 0; i < evaluation->scores.class_count; i++) {
        const lw_class_intervals *row = &evaluation->class_intervals[i];
        printf("%-10s", evaluation->scores.per_class[i].abbreviation);
        print_interval(row->auroc);
        print_interval(row->auprc);
        print_interval(row->f_measure);
        putchar('\n');
    }
}

static void print_groups(const lw_evaluation *evaluation) {
    const bool with_intervals = evaluation->replicate_count > 0;
    char name[sizeof((lw_group_scores *)NULL)->name];
    for (size_t i = 0; i < evaluation->group_count; i++) {
        const lw_group_scores *group = &evaluation->groups[i];
        if (i == 0 || group->by != evaluation->groups[i - 1].by) {
            printf("\n%-16s %7s %7s%*s\n", lw_division_name(group->by), "records", "metric",
                   with_intervals ? INTERVAL_WIDTH + 8 : 8, "AUROC");
        }
        snprintf(name, sizeof name, "%s", group->name);
        lw_make_printable(name); /* a source's name is a folder's, which may hold anything */
        printf("%-16s", name);
        printf(" %7zu", group->scores.record_count);
        print_cell(8, group->scores.challenge_metric);
        if (with_intervals)
            print_interval(group->intervals.challenge_metric);
        print_cell(8, group->scores.auroc);
        if (with_intervals)
            print_interval(group->intervals.auroc);
        putchar('\n');
    }
}

typedef struct confusion {
    size_t is, called;
    double cost;
} confusion;

static int dearer_first(const void *a, const void *b) {
    const confusion *x = a, *y = b;
    if (x->cost > y->cost || x->cost < y->cost)
        return x->cost > y->cost ? -1 : 1;
    return x->is != y->is ? (x->is < y->is ? -1 : 1) : (x->called < y->called ? -1 : x->called > y->called);
}

static void print_confusions(const lw_scores *scores) {
    enum { SHOWN = 10 };
    const double least_shown = 0.0005;
    const size_t n = scores->class_count;
    confusion *all = cli_calloc(n * n, sizeof *all);
    for (size_t i = 0; i < n * n; i++)
        all[i] = (confusion){i / n, i % n, scores->confusion_cost[i]};
    qsort(all, n * n, sizeof *all, dearer_first);
    for (size_t i = 0; i < SHOWN && i < n * n && all[i].cost >= least_shown; i++) {
        const bool own = all[i].is == all[i].called; /* the part of the reward that is missing */
        printf("%s%-10s %s %-10s %7.3f\n", i == 0 ? "\nwhat costs most of the metric:\n" : "",
               scores->per_class[all[i].is].abbreviation, own ? "missed" : "called",
               own ? "" : scores->per_class[all[i].called].abbreviation, all[i].cost);
    }
    free(all);
}

static void print_evaluation(const lw_evaluation *evaluation) {
    print_summary(evaluation);
    print_classes(&evaluation->scores);
    if (evaluation->replicate_count > 0)
        print_class_intervals(evaluation);
    print_groups(evaluation);
    print_confusions(&evaluation->scores);
}

/* Options */

typedef struct notes {
    const cli_arguments *arguments;
    size_t count;
} notes;

static void on_note(void *context, const char *sentence) {
    notes *seen = context;
    seen->count++;
    cli_detail(seen->arguments, "note: %s", sentence);
}

typedef struct gate {
    lw_measure measure;
    double minimum;
} gate;

static bool parse_gate(const char *text, gate *out) {
    const char *equals = strchr(text, '='), *name;
    char *end;
    unsigned m = 0;
    if (!equals)
        return false;
    const size_t length = (size_t)(equals - text);
    for (; m < LW_MEASURE_COUNT; m++) {
        name = lw_measure_name((lw_measure)m);
        if (strlen(name) == length && strncmp(name, text, length) == 0)
            break;
    }
    out->measure = (lw_measure)m;
    out->minimum = strtod(equals + 1, &end);
    return end != equals + 1 && *end == '\0' && isfinite(out->minimum) && m < LW_MEASURE_COUNT;
}

/** Check --min before anything is read: a misspelt one would fail after an hour. */
static int check_gates(const cli_arguments *arguments) {
    const char *const *items;
    const size_t count = cli_list(arguments, "min", &items);
    gate parsed;
    for (size_t i = 0; i < count; i++) {
        if (!parse_gate(items[i], &parsed)) {
            return cli_usage_error(arguments,
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
    const lw_measures measures = lw_measures_of(scores);
    int code = CLI_EXIT_OK;
    for (size_t i = 0; i < count; i++) {
        gate parsed = {0};
        parse_gate(items[i], &parsed);
        const double value = measures.value[parsed.measure];
        if (!(value >= parsed.minimum)) { /* an undefined score is below every minimum */
            cli_error("%s is %.6g, below the minimum of %g", lw_measure_name(parsed.measure), value, parsed.minimum);
            code = CLI_EXIT_GATE;
        }
    }
    return code;
}

/** "source,sex" as bits of lw_division. */
static int parse_divisions(const cli_arguments *arguments, unsigned *out) {
    const char *text = cli_text(arguments, "by");
    while (text && *text != '\0') {
        const size_t length = strcspn(text, ",");
        unsigned found = 0;
        for (unsigned by = LW_BY_SOURCE; by <= LW_BY_AGE; by <<= 1) {
            const char *name = lw_division_name((lw_division)by);
            found |= strlen(name) == length && strncmp(name, text, length) == 0 ? by : 0;
        }
        if (found == 0) {
            return cli_usage_error(arguments, "--by: '%s' is not source, sex, age, or some of them joined by commas",
                                   cli_text(arguments, "by"));
        }
        *out |= found;
        text += length + (text[length] == ',');
    }
    return CLI_EXIT_OK;
}

static int print(const cli_arguments *arguments, const lw_evaluation *evaluation) {
    char *json = NULL;
    lw_error err;
    if (!cli_flag(arguments, "json")) {
        print_evaluation(evaluation);
        return CLI_EXIT_OK;
    }
    const lw_status status = lw_evaluation_json(evaluation, &json, &err);
    if (status == LW_OK)
        puts(json);
    lw_string_free(&json);
    return cli_exit_code(status, &err);
}

/** Append a section to --card: one for each data set that a model is judged on. */
static int write_card(const cli_arguments *arguments, const char *labels, const lw_evaluation *evaluation) {
    const char *path = cli_text(arguments, "card"), *title = cli_text(arguments, "title");
    char *name = cli_path_name(labels), *markdown = NULL;
    lw_error err;
    lw_status status = lw_evaluation_card(evaluation, title ? title : name, &markdown, &err);
    if (status == LW_OK)
        status = cli_file_append(path, markdown, &err);
    lw_string_free(&markdown);
    free(name);
    return cli_exit_code(status, &err);
}

/** Score, print, write the card, and compare the scores with their minima. */
static int evaluate(const cli_arguments *arguments, const char *labels, const char *outputs, lw_evaluate_options *how) {
    notes seen = {arguments, 0};
    lw_evaluation evaluation = {.replicate_count = 0};
    lw_error err;
    how->note = on_note;
    how->context = &seen;
    if (lw_evaluate_folders(labels, outputs, how, &evaluation, &err) != LW_OK)
        return cli_fail(&err);
    if (seen.count > 0 && !cli_flag(arguments, "verbose"))
        cli_say(arguments, "%zu notes on what the files hold; -v prints them", seen.count);
    int code = print(arguments, &evaluation);
    if (code == CLI_EXIT_OK && cli_text(arguments, "card"))
        code = write_card(arguments, labels, &evaluation);
    if (code == CLI_EXIT_OK)
        code = apply_gates(arguments, &evaluation.scores);
    lw_evaluation_free(&evaluation);
    return code;
}

static int run(const cli_arguments *arguments) {
    enum { REPLICATES = 1000 };
    const char *const *folders;
    const size_t count = cli_operands(arguments, &folders);
    lw_evaluate_options how = {.size = sizeof how,
                               .year = cli_year(arguments, 2021),
                               .official = cli_flag(arguments, "official"),
                               .weights = cli_text(arguments, "weights"),
                               .seed = cli_whole(arguments, "seed"),
                               .threads = (int)cli_whole(arguments, "threads")};
    if (count != 2)
        return cli_usage_error(arguments, "'evaluate' needs two folders, of labels and of outputs");
    int code = check_gates(arguments);
    if (code == CLI_EXIT_OK)
        code = parse_divisions(arguments, &how.by);
    if (code != CLI_EXIT_OK)
        return code;
    if (cli_text(arguments, "card"))
        how.by = LW_BY_SOURCE | LW_BY_SEX | LW_BY_AGE;
    how.replicate_count = cli_given(arguments, "replicates") ? cli_whole(arguments, "replicates")
                          : how.by != 0                      ? REPLICATES
                                                             : 0;
    return evaluate(arguments, folders[0], folders[1], &how);
}

const cli_command cli_command_evaluate = {
    .name = "evaluate",
    .summary = "Score predictions as the Challenges do",
    .synopsis = "LABEL_DIR OUTPUT_DIR",
    .description = "LABEL_DIR holds headers with their diagnoses (or labels.csv), or is a prepared file; OUTPUT_DIR "
                   "holds the four-line files of predict -f challenge. The scores equal those of the official scripts "
                   "of the PhysioNet/Computing in Cardiology Challenges.\n\n"
                   "The text shows each class and the confusions that cost most of the metric; --json gives everything "
                   "at full precision. --by gives the scores of parts of the records: a source is the folder that a "
                   "record lies in; sex and age are those of the headers.",
    .examples = "leadwise evaluate recordings/ outputs/\n"
                "leadwise evaluate recordings/ outputs/ --year 2020 --json\n"
                "leadwise evaluate recordings/ outputs/ --min challenge_metric=0.5\n"
                "leadwise evaluate recordings/ outputs/ --by sex,age\n"
                "leadwise evaluate recordings/ outputs/ --card MODEL_CARD.md --title 'Test split'",
    .options = options,
    .run = run,
};
