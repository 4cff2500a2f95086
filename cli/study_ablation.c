#include "study_ablation.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "interrupt.h"
#include "launch.h"
#include "leadwise/ablation.h"
#include "messages.h"
#include "recipe.h"
#include "settings.h"
#include "training.h"

/** What an ablation needs for as long as it runs. */
typedef struct ablation {
    const cli_arguments *arguments;
    const char *folder;
    cli_training_data data;
    lw_network *network;
    lw_ablation_options how;
    lw_ablation_item *items; /**< [how.item_count] */
    char *recipe;            /**< pairs of the best one */
    char **tried;            /**< [tried_count] of --try, cut into name and pairs */
    size_t tried_count;
} ablation;

static void ablation_free(ablation *a) {
    cli_training_data_close(&a->data);
    lw_network_free(&a->network);
    free(a->items);
    free(a->recipe);
    for (size_t i = 0; i < a->tried_count; i++) {
        free(a->tried[i]);
    }
    free(a->tried);
}

void cli_ablation_list(void) {
    const lw_ablation_item *item;
    printf("ablation  Changes of training, each alone\n");
    for (size_t i = 0; (item = lw_ablation_item_at(i)) != NULL; i++) {
        printf("  %-24s %s\n", item->name, item->on);
    }
}

/* The changes */

/** Whether --only names it, or nothing. */
static bool wanted(const cli_arguments *arguments, const char *name) {
    const char *only = cli_text(arguments, "only");
    const size_t length = strlen(name);
    while (only != NULL && *only != '\0') {
        const size_t next = strcspn(only, ",");
        if (next == length && strncmp(only, name, length) == 0) {
            return true;
        }
        only += next + (only[next] == ',');
    }
    return cli_text(arguments, "only") == NULL;
}

static void add(ablation *a, lw_ablation_item item) {
    if (wanted(a->arguments, item.name)) {
        a->items[a->how.item_count++] = item;
    }
}

/** The best recipe's values as pairs. free() it. */
static char *recipe_pairs(void) {
    const cli_recipe_value *value;
    char *pairs = cli_format("%s", "");
    for (size_t i = 0; (value = cli_recipe_at("best", i)) != NULL; i++) {
        char *longer = cli_format("%s%s%s=%s", pairs, i > 0 ? " " : "", value->option, value->value);
        free(pairs);
        pairs = longer;
    }
    return pairs;
}

/** "NAME:PAIRS" of --try. */
static int add_tried(ablation *a, const char *text) {
    char *copy = cli_format("%s", text);
    a->tried[a->tried_count++] = copy;
    char *colon = strchr(copy, ':');
    if (colon == NULL) {
        return cli_usage_error(cli_arguments_command(a->arguments), "--try: '%s' is not NAME:PAIRS", text);
    }
    *colon = '\0';
    add(a, (lw_ablation_item){.name = copy, .on = colon + 1});
    return CLI_EXIT_OK;
}

/** Those that are always tried, the recipe as a whole, and those of --try. */
static int read_items(ablation *a) {
    const char *const *tried;
    const size_t tried_count = cli_list(a->arguments, "try", &tried);
    size_t known = 0;
    int code = CLI_EXIT_OK;
    while (lw_ablation_item_at(known) != NULL) {
        known++;
    }
    a->items = cli_calloc(known + 1 + tried_count, sizeof *a->items);
    a->tried = cli_calloc(tried_count + 1, sizeof *a->tried);
    a->how.items = a->items;
    a->how.item_count = 0;
    for (size_t i = 0; i < known; i++) {
        add(a, *lw_ablation_item_at(i));
    }
    if (strcmp(cli_text(a->arguments, "recipe"), "best") != 0) {
        a->recipe = recipe_pairs();
        add(a, (lw_ablation_item){.name = "best", .on = a->recipe});
    }
    for (size_t i = 0; code == CLI_EXIT_OK && i < tried_count; i++) {
        code = add_tried(a, tried[i]);
    }
    return code;
}

static int read_options(ablation *a) {
    a->how = lw_ablation_options_default();
    a->how.train = cli_train_options(a->arguments, a->data.year);
    a->how.train.cluster = NULL; /* a run is one process's */
    if (cli_cluster(a->arguments) != NULL) {
        a->how.rank = (size_t)cli_cluster(a->arguments)->rank;
        a->how.ranks = (size_t)cli_cluster(a->arguments)->size;
    }
    a->how.train.test_fraction = cli_real(a->arguments, "test-fraction");
    a->how.seeds = (size_t)cli_whole(a->arguments, "seeds");
    a->how.replicates = (size_t)cli_whole(a->arguments, "replicates");
    a->how.jobs = (size_t)cli_whole(a->arguments, "jobs");
    return read_items(a);
}

/* Budget */

static int print_budget(const ablation *a) {
    enum { MEASURED = 3 };
    const lw_train_options *train = &a->how.train;
    const double records = (double)lw_dataset_records(a->data.dataset);
    const double trained = records * (1 - train->test_fraction) * (1 - train->validation_fraction);
    const size_t steps = ((size_t)trained + train->batch - 1) / train->batch;
    const size_t runs = (1 + a->how.item_count) * a->how.seeds;
    double seconds[MEASURED], step_s;
    lw_error err;
    if (lw_train_measure_step(a->network, train->batch, train->threads, train->memory_bytes, MEASURED, seconds, &err) !=
        LW_OK) {
        return cli_fail(&err);
    }
    step_s = seconds[0];
    for (size_t i = 1; i < MEASURED; i++) {
        step_s = seconds[i] < step_s ? seconds[i] : step_s;
    }
    printf("%zu runs x at most %zu epochs x %zu steps x %.4f s: at most %.2f hours\n", runs, train->epochs, steps,
           step_s, (double)(runs * train->epochs * steps) * step_s / 3600);
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
    return !cli_interrupted() && !lw_cluster_stopped(cli_cluster(arguments));
}

static void print_gain(const char *title, double value, const lw_ablation_score *gain) {
    printf("  %s %.3f  %+.3f [%+.3f, %+.3f]", title, value, gain->value, gain->low, gain->high);
}

static int report(const ablation *a) {
    enum { FALLBACK = 1, TUNED = 2 };
    lw_ablation_result *results = cli_calloc(1 + a->how.item_count, sizeof *results);
    lw_error err;
    if (lw_ablation_report(a->data.dataset, &a->how, a->folder, results, &err) != LW_OK) {
        free(results);
        return cli_fail(&err);
    }
    printf("%-20s metric %.3f tuned, %.3f with the fallback; AUROC %.3f\n", "baseline", results[0].metric[TUNED],
           results[0].metric[FALLBACK], results[0].auroc);
    for (size_t i = 1; i <= a->how.item_count; i++) {
        const lw_ablation_item *item = &a->items[i - 1];
        printf("%s%-*s", lw_ablation_is_on(&a->how.train, item) ? "no " : "",
               lw_ablation_is_on(&a->how.train, item) ? 17 : 20, item->name);
        print_gain("tuned", results[i].metric[TUNED], &results[i].metric_gain[TUNED]);
        print_gain("fallback", results[i].metric[FALLBACK], &results[i].metric_gain[FALLBACK]);
        print_gain("AUROC", results[i].auroc, &results[i].auroc_gain);
        printf("\n");
    }
    printf("results: %s/results.csv\nreport: %s/report.html\n", a->folder, a->folder);
    free(results);
    return CLI_EXIT_OK;
}

/** This process's runs; who fails or is stopped stops the others. */
static lw_status train_runs(ablation *a, lw_error *err) {
    const lw_cluster *cluster = cli_cluster(a->arguments);
    const lw_status status = lw_ablation_run(a->network, a->data.dataset, &a->how, a->folder, on_step, a, err);
    if (status != LW_OK) {
        lw_cluster_stop(cluster);
    }
    return lw_cluster_agree(cluster, status, err);
}

static int train(ablation *a) {
    lw_error err;
    const lw_status status = train_runs(a, &err);
    if (status == LW_ERR_INTERRUPTED) {
        cli_say(a->arguments, "stopped; the same command with --resume goes on");
        return CLI_EXIT_INTERRUPTED;
    }
    return status == LW_OK ? CLI_EXIT_OK : cli_fail(&err);
}

/* The command */

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
    int code = CLI_EXIT_OK;
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
