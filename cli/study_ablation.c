#include "study_ablation.h"

#include <stdio.h>
#include <stdlib.h>

#include "interrupt.h"
#include "lab/ablation.h"
#include "messages.h"
#include "settings.h"
#include "study_changes.h"
#include "training.h"

/** What an ablation needs for as long as it runs. */
typedef struct ablation {
    const cli_arguments *arguments;
    const char *folder;
    cli_training_data data;
    lw_network *network;
    lw_train_options *train; /**< of `how` */
    lw_ablation_options how;
    cli_changes changes;
} ablation;

/** As --only names it, beside the changes. */
static const char ensemble_name[] = "ensemble";

static void ablation_free(ablation *a) {
    cli_training_data_close(&a->data);
    lw_network_free(&a->network);
    lw_train_options_free(&a->train);
    cli_changes_free(&a->changes);
}

void cli_ablation_list(void) {
    printf("ablation  Changes of training, each alone\n");
    cli_changes_list();
}

static int read_options(ablation *a) {
    a->how = lw_ablation_options_default();
    a->train = cli_train_options(a->arguments, a->data.year);
    a->how.train = a->train;
    a->how.seeds = (size_t)cli_whole(a->arguments, "seeds");
    a->how.replicates = (size_t)cli_whole(a->arguments, "replicates");
    a->how.jobs = (size_t)cli_whole(a->arguments, "jobs");
    const int code = cli_changes_read(a->arguments, a->network, a->train, &a->changes);
    a->how.items = a->changes.items;
    a->how.item_count = a->changes.count;
    a->how.ensemble = cli_change_wanted(a->arguments, ensemble_name);
    return code;
}

/* Budget */

/** The runs that take as long as the baseline's together, then each other change. */
static int print_budget(const ablation *a) {
    const double hour_s = 3600;
    double most_s = 0;
    size_t lines = 0;
    for (size_t i = 0; i <= a->changes.count; i++) {
        lw_ablation_cost cost;
        lw_error err;
        if (lw_ablation_cost_measure(a->network, a->data.dataset, &a->how, i, &cost, &err) != LW_OK) {
            return cli_fail(&err);
        }
        if (cost.runs > 0) {
            printf("%s%s%zu runs x at most %zu epochs x %zu steps x %.4f s: at most %.2f hours\n",
                   i > 0 ? a->changes.items[i - 1].name : "", i > 0 ? ": " : "", cost.runs, cost.epochs, cost.steps,
                   cost.step_s, cost.most_s / hour_s);
            most_s += cost.most_s;
            lines++;
        }
    }
    if (lines > 1) {
        printf("together: at most %.2f hours\n", most_s / hour_s);
    }
    return CLI_EXIT_OK;
}

/* Training */

/** Progress of the runs under way, one line an epoch. */
static bool on_step(void *context, const char *run, const lw_train_progress *now) {
    const cli_arguments *arguments = ((const ablation *)context)->arguments;
    if (now->epoch_done) {
        cli_say(arguments, "%-24s epoch %zu/%zu  loss %.4f  validation loss %.4f  metric %.3f  %.0f records/s", run,
                now->epoch, now->epochs, now->loss, now->validation_loss, now->validation_metric, now->records_per_s);
    }
    return !cli_interrupted();
}

static void print_gain(const char *title, double value, const lw_gain *gain) {
    printf("  %s %.3f  %+.3f [%+.3f, %+.3f]", title, value, gain->value, gain->low, gain->high);
}

/** The changes' gains, and last the ensemble's. */
static int report(const ablation *a) {
    const size_t count = lw_ablation_result_count(&a->how);
    lw_ablation_result *results = cli_calloc(count, sizeof *results);
    lw_error err;
    if (lw_ablation_report(a->data.dataset, &a->how, a->folder, results, &err) != LW_OK) {
        free(results);
        return cli_fail(&err);
    }
    printf("%-20s metric %.3f tuned, %.3f with the fallback; AUROC %.3f\n", "baseline", results[0].score[LW_RULE_TUNED],
           results[0].score[LW_RULE_FALLBACK], results[0].score[LW_ABLATION_AUROC]);
    for (size_t i = 1; i < count; i++) {
        const bool item = i <= a->changes.count, off = item && a->changes.off[i - 1];
        printf("%s%-*s", off ? "no " : "", off ? 17 : 20, item ? a->changes.items[i - 1].name : ensemble_name);
        print_gain("tuned", results[i].score[LW_RULE_TUNED], &results[i].gain[LW_RULE_TUNED]);
        print_gain("fallback", results[i].score[LW_RULE_FALLBACK], &results[i].gain[LW_RULE_FALLBACK]);
        print_gain("AUROC", results[i].score[LW_ABLATION_AUROC], &results[i].gain[LW_ABLATION_AUROC]);
        printf("\n");
    }
    printf("results: %s/results.csv\nreport: %s/report.html\n", a->folder, a->folder);
    free(results);
    return CLI_EXIT_OK;
}

static int train(ablation *a) {
    lw_error err;
    const lw_status status = lw_ablation_run(a->network, a->data.dataset, &a->how, a->folder, on_step, a, &err);
    if (status == LW_ERR_INTERRUPTED) {
        cli_say(a->arguments, "stopped; the same command with --resume goes on");
        return CLI_EXIT_INTERRUPTED;
    }
    return status == LW_OK ? CLI_EXIT_OK : cli_fail(&err);
}

/* The command */

/** Whether --report has something to report on. */
static int check_report(const ablation *a) {
    char *baseline = cli_format("%s/baseline", a->folder);
    const bool ran = cli_is_folder(baseline);
    free(baseline);
    if (!ran && cli_flag(a->arguments, "report")) {
        cli_error("%s: the study has not been run there", a->folder);
        return CLI_EXIT_IO;
    }
    return CLI_EXIT_OK;
}

static int run_on(ablation *a) {
    if (cli_flag(a->arguments, "budget")) {
        return print_budget(a);
    }
    const int code = cli_flag(a->arguments, "report") ? CLI_EXIT_OK : train(a);
    return code == CLI_EXIT_OK && cli_leads(a->arguments) ? report(a) : code;
}

int cli_ablation(const cli_arguments *arguments, const char *const *operands, size_t count) {
    ablation a = {.arguments = arguments, .folder = cli_text(arguments, "output")};
    const bool trains = !cli_flag(arguments, "budget") && !cli_flag(arguments, "report");
    lw_error err;
    if (count == 0) {
        return cli_usage_error(cli_arguments_command(arguments), "'study' needs recordings or a prepared file");
    }
    int code = cli_changes_check_only(arguments, ensemble_name);
    if (code == CLI_EXIT_OK) {
        code = check_report(&a);
    }
    if (code != CLI_EXIT_OK) {
        return code;
    }
    if (trains) {
        code = cli_run_folder_begin(arguments, a.folder);
    } else if (cli_folder_create(a.folder, &err) != LW_OK) {
        code = cli_fail(&err);
    }
    cli_interrupt_catch();
    cli_paths paths = cli_paths_read(operands, count);
    if (code == CLI_EXIT_OK) {
        code = cli_training_data_open(arguments, &paths, a.folder, &a.data);
    }
    cli_paths_free(&paths);
    if (code == CLI_EXIT_OK) {
        code = cli_network(arguments, &a.data.leads, lw_class_count(lw_dataset_classes(a.data.dataset)), &a.network);
    }
    if (code == CLI_EXIT_OK) {
        code = read_options(&a);
    }
    if (code == CLI_EXIT_OK) {
        code = run_on(&a);
    }
    ablation_free(&a);
    return code;
}
