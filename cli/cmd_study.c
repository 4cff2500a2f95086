/** @file cmd_study.c: `leadwise study` of the papers' tables; the ablation is in study_ablation.c. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "study_ablation.h"
#include "training.h"

static const cli_option options[] = {
    CLI_OPTION_OUTPUT("DIR", "folder of the study", false),
    CLI_ROW_FLAG("list", "print the tables and their cells"),
    CLI_ROW_FLAG("budget", "measure training steps, estimate the hours, and train nothing"),
    CLI_ROW_FLAG("report", "train nothing: write the tables of the cells that are finished"),
    CLI_ROW_TEXT("only", "NAME,NAME...",
                 "cells of the table, or changes of the ablation and the ensemble (default: all)"),
    CLI_ROW_WHOLE("jobs", "N", "1", 1, 1024, "cells or runs at once, each on its share of the cores"),
    CLI_OPTIONS_FOLDS,
    CLI_ROW_WHOLE("seeds", "N", "3", 1, 1000, "ablation: runs of the baseline and of each change, from --seed on"),
    CLI_ROW_LIST(
        "try", "NAME:PAIRS",
        "ablation: one more change, \"mine:mixup=0.4 warmup=1\", of training's options or the network's width, "
        "dropout and inputs (age,sex or none); may be repeated"),
    CLI_ROW_TRAINING("test-fraction", "test-fraction"),
    CLI_OPTIONS_TRAINING,
    CLI_OPTIONS_TRAINING_END,
    CLI_ROW_END,
};

/* Tables */

static size_t cell_count(const lw_paper_table *table) { return table->row_count * table->column_count; }

static int list_tables(void) {
    const lw_paper_table *table;
    char cell[LW_STUDY_NAME];
    for (size_t i = 0; (table = lw_paper_table_at(i)); i++) {
        printf("%s%s  %s\n  %s\n", i > 0 ? "\n" : "", table->name, table->title, table->source);
        for (size_t k = 0; k < cell_count(table); k++) {
            const lw_paper_row *row = &table->row[k / table->column_count];
            lw_study_cell_name(table, k, cell);
            printf("  %-24s %.3f  %s, %s leads\n", cell, row->published[k % table->column_count], row->title,
                   table->leads[k % table->column_count]);
        }
    }
    printf("\n");
    cli_ablation_list();
    return CLI_EXIT_OK;
}

static const char *table_name(const void *context, size_t i) {
    (void)context;
    const lw_paper_table *table = lw_paper_table_at(i);
    return table ? table->name : NULL;
}

static int find_table(const cli_arguments *arguments, const char *name, const lw_paper_table **table) {
    char hint[96];
    *table = lw_paper_table_find(name);
    if (*table)
        return CLI_EXIT_OK;
    return cli_usage_error(arguments, "no table '%s'%s; --list prints them", name,
                           cli_did_you_mean(name, table_name, NULL, hint));
}

/* Options */

typedef struct study {
    cli_training training;
    const lw_paper_table *table;
    lw_study_options how;
    cli_strings only; /**< names of --only */
} study;

static void read_options(study *s) {
    const cli_arguments *arguments = s->training.arguments;
    s->how = lw_study_options_default();
    s->how.crossval = cli_crossval_options(&s->training);
    s->how.network = (lw_network_options){.size = sizeof(lw_network_options),
                                          .width = (size_t)cli_whole(arguments, "width"),
                                          .dropout = cli_real(arguments, "dropout"),
                                          .set_dropout = cli_text(arguments, "dropout")};
    s->how.job_count = (size_t)cli_whole(arguments, "jobs");
    for (const char *name = cli_text(arguments, "only"); name && *name != '\0';) {
        const size_t length = strcspn(name, ",");
        if (length > 0) {
            char *copy = cli_format("%.*s", (int)length, name);
            cli_strings_add(&s->only, copy);
            free(copy);
        }
        name += length + (name[length] == ',');
    }
    s->how.only = (const char *const *)s->only.item;
    s->how.only_count = s->only.count;
}

/* Budget */

static int print_budget(const study *s) {
    const double hour_s = 3600;
    double least_s = 0, most_s = 0;
    char cell[LW_STUDY_NAME];
    lw_error err;
    if (lw_study_options_check(s->table, &s->how, &err) != LW_OK)
        return cli_fail(&err);
    printf("%-24s %12s %14s %14s %14s\n", "cell", "step, s", "steps/epoch", "hours, least", "hours, most");
    for (size_t k = 0; k < cell_count(s->table); k++) {
        lw_study_cost cost;
        if (!lw_study_wants(s->table, &s->how, k))
            continue;
        lw_study_cell_name(s->table, k, cell);
        if (lw_study_cost_measure(s->table, s->training.dataset, &s->how, k, &cost, &err) != LW_OK)
            return cli_fail(&err);
        printf("%-24s %12.4f %14zu %14.2f %14.2f\n", cell, cost.step_s, cost.step_count, cost.least_s / hour_s,
               cost.most_s / hour_s);
        fflush(stdout);
        least_s += cost.least_s;
        most_s += cost.most_s;
    }
    printf("%-24s %12s %14s %14.2f %14.2f\n", "all", "", "", least_s / hour_s, most_s / hour_s);
    if (s->how.job_count > 1) {
        const double jobs = (double)s->how.job_count;
        printf("%-24s %12s %14s %14.2f %14.2f\n", "by the clock", "", "", least_s / hour_s / jobs,
               most_s / hour_s / jobs);
    }
    return CLI_EXIT_OK;
}

/* Training */

typedef struct study_watch {
    const study *study;
    cli_training_watch *cells;
} study_watch;

static bool on_step(void *context, size_t cell, size_t fold, size_t folds, const lw_train_progress *now) {
    const study_watch *watching = context;
    cli_training_watch *watch = &watching->cells[cell];
    char name[LW_STUDY_NAME], before[28];
    lw_study_cell_name(watching->study->table, cell, name);
    snprintf(before, sizeof before, "%.25s  ", name);
    cli_training_watch_fold(watch, before, fold, folds);
    watch->progress.bar &= watching->study->how.job_count == 1; /* one line cannot show several */
    return cli_training_watch_step(watch, now);
}

static int train(const study *s) {
    const size_t count = cell_count(s->table);
    study_watch watching = {s, cli_calloc(count, sizeof *watching.cells)};
    lw_error err;
    for (size_t k = 0; k < count; k++)
        watching.cells[k].arguments = s->training.arguments;
    const lw_status status =
        lw_study_run(s->table, s->training.dataset, &s->how, s->training.folder, on_step, &watching, &err);
    for (size_t k = 0; k < count; k++)
        cli_progress_clear(&watching.cells[k].progress);
    free(watching.cells);
    return cli_training_exit_code(status, &err);
}

static int report(const lw_paper_table *table, const char *folder) {
    size_t finished;
    lw_error err;
    if (lw_study_report(table, folder, &finished, &err) != LW_OK)
        return cli_fail(&err);
    printf("%zu of %zu cells are finished\nresults: %s/results.csv\nreport: %s/report.html\n", finished,
           cell_count(table), folder, folder);
    return CLI_EXIT_OK;
}

/* The command */

/** Estimate, or train and report. */
static int run_on(study *s) {
    read_options(s);
    if (cli_flag(s->training.arguments, "budget"))
        return print_budget(s);
    const int code = train(s);
    return code == CLI_EXIT_OK && cli_leads(s->training.arguments) ? report(s->table, s->training.folder) : code;
}

static int run_table(const cli_arguments *arguments, const char *const *operands, size_t count) {
    const char *folder = cli_text(arguments, "output");
    study s = {.table = NULL};
    lw_error err;
    int code = find_table(arguments, operands[0], &s.table);
    if (code == CLI_EXIT_OK)
        code = cli_check_folds(arguments);
    if (code != CLI_EXIT_OK)
        return code;
    if (cli_given(arguments, "network") || cli_given(arguments, "leads"))
        return cli_usage_error(arguments, "--network and --leads: the table says which");
    if (cli_flag(arguments, "report") && !cli_is_folder(folder)) {
        cli_error("%s: the study has not been run there", folder);
        return CLI_EXIT_IO;
    }
    if (cli_flag(arguments, "report"))
        return report(s.table, folder);
    if (count == 1)
        return cli_usage_error(arguments, "'study' needs recordings or a prepared file");
    cli_recordings recordings = {.year = s.table->year};
    if (lw_lead_set_parse("12", &recordings.leads, &err) != LW_OK)
        return cli_fail(&err);
    code = cli_training_begin(arguments, operands + 1, count - 1, !cli_flag(arguments, "budget"), &recordings,
                              &s.training);
    code = cli_training_end(&s.training, code == CLI_EXIT_OK ? run_on(&s) : code);
    cli_strings_free(&s.only);
    return code;
}

static int run(const cli_arguments *arguments) {
    const char *const *operands;
    const size_t count = cli_operands(arguments, &operands);
    if (cli_flag(arguments, "list"))
        return list_tables();
    if (count == 0)
        return cli_usage_error(arguments, "'study' needs the name of a table; --list prints them");
    const int code = cli_check_training(arguments);
    if (code != CLI_EXIT_OK)
        return code;
    if (!cli_text(arguments, "output"))
        return cli_usage_error(arguments, "'study' needs --output DIR");
    return strcmp(operands[0], "ablation") == 0 ? cli_ablation(arguments, operands + 1, count - 1)
                                                : run_table(arguments, operands, count);
}

const cli_command cli_command_study = {
    .name = "study",
    .summary = "Repeat a table of the papers, or measure what each option is worth",
    .synopsis = "NAME DATA... -o DIR",
    .description =
        "NAME is metaheart2020-table2, multiscale2021-table1, -table2, -table3 or -table4 (--list prints what is in "
        "them). Each cell of the table, a network on a set of leads, is a cross-validation as 'crossval' makes it, in "
        "DIR/CELL. Then DIR/results.csv and DIR/report.html set its scores, with 95 % intervals and three ways to "
        "decide, beside the published ones. DATA is a prepared file with 12 leads and the classes of the table's year, "
        "or recordings, which are then prepared into DIR/prepared.safetensors.\n\n"
        "With --resume, finished cells are left alone and unfinished ones go on; cells that two tables share, and "
        "those that 'crossval' with the same options left in DIR/CELL, are taken over. --only computes some cells; the "
        "report shows whatever is finished. --budget only estimates the hours: at least, when early stopping ends "
        "every training as soon as it may, and at most.\n\n"
        "With the NAME ablation, the network is trained as the options say, and once more for each change of training "
        "that raised scores elsewhere: that change is switched on alone, or off where the options have it on. Each is "
        "trained --seeds times, all on one split, and scored on --test-fraction of the recordings. DIR receives a "
        "folder a run, results.csv and "
        "report.html: the gain of each in Challenge metric and AUROC on the test records, with 95 % intervals; and, as "
        "ensemble, that of the baseline's seeds as one model over them one by one.\n\n"
        "Same seed and data: same bytes, for any number of jobs and threads, and of processes that mpirun started, "
        "which divide the cells or runs.",
    .examples = "leadwise study --list\n"
                "leadwise study multiscale2021-table4 prepared.safetensors -o tables --budget --jobs 2\n"
                "leadwise study multiscale2021-table4 prepared.safetensors -o tables --jobs 2\n"
                "leadwise study multiscale2021-table1 prepared.safetensors -o tables --jobs 2 --resume\n"
                "leadwise study ablation prepared.safetensors -o ablation --leads 2 --width 16 --epochs 15 --jobs 2",
    .operands = "metaheart2020-table2,multiscale2021-table1,multiscale2021-table2,multiscale2021-table3,"
                "multiscale2021-table4,ablation",
    .options = options,
    .run = run,
    .divides = true,
};
