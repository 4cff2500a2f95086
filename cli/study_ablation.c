#include "study_ablation.h"

#include <stdio.h>
#include <stdlib.h>

#include "interrupt.h"
#include "lab/ablation.h"
#include "lab/bench.h"
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

static double number(const lw_train_options *train, const char *key) {
    char value[LW_TRAIN_VALUE];
    return strtod(lw_train_options_get(train, key, value), NULL);
}

/** One line: what `runs` runs on `network` take, which is added to *hours. `name` "": of the study's own kind. */
static int print_estimate(const ablation *a, const char *name, const lw_network *network, const lw_train_options *train,
                          size_t runs, double *hours) {
    enum { MEASURED = 3 };
    const double records = (double)lw_dataset_record_count(a->data.dataset);
    const double trained = records * (1 - number(train, "test-fraction")) * (1 - number(train, "validation-fraction"));
    const size_t batch = (size_t)number(train, "batch"), epochs = (size_t)number(train, "epochs");
    const size_t steps = ((size_t)trained + batch - 1) / batch;
    double seconds[MEASURED], step_s;
    lw_error err;
    if (lw_bench_training(network, batch, (int)cli_whole(a->arguments, "threads"),
                          cli_bytes(a->arguments, "memory-limit"), MEASURED, seconds, &err) != LW_OK) {
        return cli_fail(&err);
    }
    step_s = seconds[0];
    for (size_t i = 1; i < MEASURED; i++) {
        step_s = seconds[i] < step_s ? seconds[i] : step_s;
    }
    const double most = (double)(runs * epochs * steps) * step_s / 3600;
    printf("%s%s%zu runs x at most %zu epochs x %zu steps x %.4f s: at most %.2f hours\n", name,
           name[0] != '\0' ? ": " : "", runs, epochs, steps, step_s, most);
    *hours += most;
    return CLI_EXIT_OK;
}

/** The runs that take as long as the baseline's together, then each other change, as far as that can be said. */
static int print_budget(const ablation *a) {
    const size_t seeds = a->how.seeds, count = a->changes.count;
    lw_train_options **trains = cli_calloc(count, sizeof *trains);
    bool *differs = cli_calloc(count, sizeof *differs);
    size_t alike = 1;
    double hours = 0;
    lw_status status = LW_OK;
    lw_error err;
    for (size_t i = 0; status == LW_OK && i < count; i++) {
        const lw_ablation_item *item = &a->changes.items[i];
        status = lw_train_options_copy(a->train, &trains[i], &err);
        if (status == LW_OK) {
            status = lw_ablation_apply(item, trains[i], &err);
        }
        differs[i] =
            status == LW_OK && (item->network != NULL || number(trains[i], "epochs") != number(a->train, "epochs") ||
                                number(trains[i], "batch") != number(a->train, "batch"));
        alike += !differs[i];
    }
    int code = status == LW_OK ? print_estimate(a, "", a->network, a->train, alike * seeds, &hours) : cli_fail(&err);
    for (size_t i = 0; code == CLI_EXIT_OK && i < count; i++) {
        const lw_ablation_item *item = &a->changes.items[i];
        if (differs[i]) {
            code = print_estimate(a, item->name, item->network != NULL ? item->network : a->network, trains[i], seeds,
                                  &hours);
        }
    }
    if (code == CLI_EXIT_OK && alike < 1 + count) {
        printf("together: at most %.2f hours\n", hours);
    }
    for (size_t i = 0; i < count; i++) {
        lw_train_options_free(&trains[i]);
    }
    free(trains);
    free(differs);
    return code;
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
