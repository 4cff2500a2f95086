/* This file is `leadwise study ablation`, which measures what each change of training is worth. */
#include "study_ablation.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lab/ablation.h"
#include "training.h"

/** What an item borrows; NULL where it needs none. */
typedef struct change {
    char *name, *pairs; /**< as they were given */
    char *training;     /**< the pairs that are training's */
    lw_network *network;
    bool off; /**< it removes what the baseline has */
} change;

typedef struct ablation {
    cli_training training;
    lw_ablation_options how;
    lw_ablation_item *items; /**< [count], of `how` */
    change *changes;         /**< [count] */
    size_t count;
} ablation;

static const char people_name[] = "people", people_on[] = "inputs=age,sex", people_off[] = "inputs=none";
static const char best_name[] = "best", ensemble_name[] = "ensemble";

static void free_changes(ablation *a) {
    for (size_t i = 0; i < a->count; i++) {
        free(a->changes[i].name);
        free(a->changes[i].pairs);
        free(a->changes[i].training);
        lw_network_free(&a->changes[i].network);
    }
    free(a->changes);
    free(a->items);
}

/* Names */

/** Whether --only holds the name, or is not given. */
static bool is_wanted(const cli_arguments *arguments, const char *name) {
    const char *only = cli_text(arguments, "only");
    return !only || cli_list_holds(only, name, strlen(name));
}

/** `list` and one `item` more; both are freed. free() it. */
static char *append(char *list, char separator, char *item) {
    char *longer = list[0] != '\0' ? cli_format("%s%c%s", list, separator, item) : cli_format("%s", item);
    free(list);
    free(item);
    return longer;
}

/** All that --only may hold. free() it. */
static char *known_names(const cli_arguments *arguments) {
    const lw_ablation_item *item;
    const char *const *tried;
    const size_t tried_count = cli_list(arguments, "try", &tried);
    char *names = cli_format("%s", "");
    for (size_t i = 0; (item = lw_ablation_item_at(i)); i++)
        names = append(names, ',', cli_format("%s", item->name));
    names = append(names, ',', cli_format("%s,%s,%s", people_name, best_name, ensemble_name));
    for (size_t i = 0; i < tried_count; i++)
        names = append(names, ',', cli_format("%.*s", (int)strcspn(tried[i], ":"), tried[i]));
    return names;
}

/** Refuse a name of --only that is no change's. @return CLI_EXIT_OK or CLI_EXIT_USAGE */
static int check_only(const cli_arguments *arguments) {
    char *names = known_names(arguments);
    const char *only = cli_text(arguments, "only");
    int code = CLI_EXIT_OK;
    while (code == CLI_EXIT_OK && only && *only != '\0') {
        const size_t next = strcspn(only, ",");
        if (next > 0 && !cli_list_holds(names, only, next))
            code = cli_usage_error(arguments, "--only: no change '%.*s', expected some of %s", (int)next, only, names);
        only += next + (only[next] == ',');
    }
    free(names);
    return code;
}

/** The best recipe's values as pairs. free() it. */
static char *recipe_pairs(void) {
    const cli_option *option;
    char *pairs = cli_format("%s", "");
    for (size_t i = 0; (option = cli_option_at(cli_command_find("study"), i)); i++)
        if (option->best)
            pairs = append(pairs, ' ', cli_format("%s=%s", option->name, option->best));
    return pairs;
}

void cli_ablation_list(void) {
    const lw_ablation_item *item;
    char *best = recipe_pairs();
    printf("ablation  Changes of training, each alone\n");
    for (size_t i = 0; (item = lw_ablation_item_at(i)); i++)
        printf("  %-24s %s\n", item->name, item->on);
    printf("  %-24s %s\n  %-24s %s\n", people_name, people_on, best_name, best);
    free(best);
}

/* Changes */

/** Set the option of the network that `key` names; `value` is borrowed. @return false where `key` is not the network's
 */
static bool set_network_option(lw_network_options *options, const char *key, const char *value) {
    if (strcmp(key, "width") == 0) {
        options->width = (size_t)strtoull(value, NULL, 10);
    } else if (strcmp(key, "dropout") == 0) {
        options->dropout = strtod(value, NULL);
        options->set_dropout = true;
    } else if (strcmp(key, "inputs") == 0) {
        options->inputs = strcmp(value, "none") == 0 ? "" : value;
    } else {
        return false;
    }
    return true;
}

/** Divide `text`, a copy of the pairs that is cut up, into what is training's and the network's. */
static int divide_pairs(const ablation *a, char *text, change *made) {
    const cli_arguments *arguments = a->training.arguments;
    const lw_network *baseline = a->training.network;
    lw_network_options options =
        cli_network_options(arguments, lw_network_leads(baseline), lw_network_output_count(baseline));
    bool changed = false;
    int code = CLI_EXIT_OK;
    for (char *pair; code == CLI_EXIT_OK && (pair = strtok_r(text, " ", &text));) {
        char *value = strchr(pair, '=');
        if (!value)
            return cli_usage_error(arguments, "%s: '%s' is not KEY=VALUE", made->name, pair);
        *value++ = '\0';
        if (set_network_option(&options, pair, value)) {
            char *shown = cli_format("%s: %s", made->name, pair);
            code = cli_check_value(arguments, pair, value, shown);
            free(shown);
            changed = true;
        } else {
            made->training = append(made->training, ' ', cli_format("%s=%s", pair, value));
        }
    }
    return code == CLI_EXIT_OK && changed ? cli_network_with(arguments, &options, &made->network) : code;
}

/** Add a change of pairs unless --only leaves it out. `off`: it removes what the baseline has. */
static int add_pairs(ablation *a, const char *name, const char *pairs, bool off) {
    if (!is_wanted(a->training.arguments, name))
        return CLI_EXIT_OK;
    change *made = &a->changes[a->count];
    *made = (change){
        .name = cli_format("%s", name), .pairs = cli_format("%s", pairs), .training = cli_format("%s", ""), .off = off};
    char *text = cli_format("%s", pairs);
    const int code = divide_pairs(a, text, made);
    free(text);
    a->items[a->count++] =
        (lw_ablation_item){.name = made->name, .on = made->training, .network = made->network, .shown = made->pairs};
    return code;
}

/** Add "NAME:PAIRS" of --try. */
static int add_tried(ablation *a, const char *text) {
    const char *colon = strchr(text, ':');
    if (!colon)
        return cli_usage_error(a->training.arguments, "--try: '%s' is not NAME:PAIRS", text);
    char *name = cli_format("%.*s", (int)(colon - text), text);
    const int code = add_pairs(a, name, colon + 1, false);
    free(name);
    return code;
}

/** The library's changes, of training alone, then those of pairs, and last those of --try. */
static int read_changes(ablation *a) {
    const cli_arguments *arguments = a->training.arguments;
    const lw_ablation_item *item;
    const char *const *tried;
    const size_t tried_count = cli_list(arguments, "try", &tried);
    size_t most = 2 + tried_count;
    for (size_t i = 0; lw_ablation_item_at(i); i++)
        most++;
    a->items = cli_calloc(most, sizeof *a->items);
    a->changes = cli_calloc(most, sizeof *a->changes);
    for (size_t i = 0; (item = lw_ablation_item_at(i)); i++) {
        if (is_wanted(arguments, item->name)) {
            a->changes[a->count].off = lw_ablation_is_on(a->training.options, item);
            a->items[a->count++] = *item;
        }
    }
    const bool has_inputs = lw_network_input_count(a->training.network) > 0;
    int code = add_pairs(a, people_name, has_inputs ? people_off : people_on, has_inputs);
    if (code == CLI_EXIT_OK && strcmp(cli_text(arguments, "recipe"), "best") != 0) {
        char *pairs = recipe_pairs();
        code = add_pairs(a, best_name, pairs, false);
        free(pairs);
    }
    for (size_t i = 0; code == CLI_EXIT_OK && i < tried_count; i++)
        code = add_tried(a, tried[i]);
    assert(a->count <= most);
    return code;
}

static int read_options(ablation *a) {
    const cli_arguments *arguments = a->training.arguments;
    const int code = read_changes(a);
    a->how = lw_ablation_options_default();
    a->how.train = a->training.options;
    a->how.seed_count = (size_t)cli_whole(arguments, "seeds");
    a->how.replicate_count = (size_t)cli_whole(arguments, "replicates");
    a->how.job_count = (size_t)cli_whole(arguments, "jobs");
    a->how.items = a->items;
    a->how.item_count = a->count;
    a->how.ensemble = is_wanted(arguments, ensemble_name);
    return code;
}

/* What is done with them */

/** Print the hours of the baseline and of changes whose runs last as long, then of each other change. */
static int print_budget(const ablation *a) {
    const double hour_s = 3600;
    double most_s = 0;
    size_t lines = 0;
    for (size_t i = 0; i <= a->count; i++) {
        lw_ablation_cost cost;
        lw_error err;
        if (lw_ablation_cost_measure(a->training.network, a->training.dataset, &a->how, i, &cost, &err) != LW_OK)
            return cli_fail(&err);
        if (cost.run_count > 0) {
            printf("%s%s%zu runs x at most %zu epochs x %zu steps x %.4f s: at most %.2f hours\n",
                   i > 0 ? a->items[i - 1].name : "", i > 0 ? ": " : "", cost.run_count, cost.epoch_count,
                   cost.step_count, cost.step_s, cost.most_s / hour_s);
            most_s += cost.most_s;
            lines++;
        }
    }
    if (lines > 1)
        printf("together: at most %.2f hours\n", most_s / hour_s);
    return CLI_EXIT_OK;
}

/** Progress of the runs under way, one line an epoch. */
static bool on_step(void *context, const char *run, const lw_train_progress *now) {
    if (now->epoch_done)
        cli_say(context, "%-24s epoch %zu/%zu  loss %.4f  validation loss %.4f  metric %.3f  %.0f records/s", run,
                now->epoch, now->epoch_count, now->loss, now->validation_loss, now->validation_metric,
                now->records_per_s);
    return !cli_interrupted();
}

static void print_gain(const char *title, double value, const lw_gain *gain) {
    printf("  %s %.3f  %+.3f [%+.3f, %+.3f]", title, value, gain->value, gain->low, gain->high);
}

/** Print the gains of the changes, and last the ensemble's. */
static int report(const ablation *a) {
    const size_t count = lw_ablation_result_count(&a->how);
    const char *folder = a->training.folder;
    lw_ablation_result *results = cli_calloc(count, sizeof *results);
    lw_error err;
    if (lw_ablation_report(a->training.dataset, &a->how, folder, results, &err) != LW_OK) {
        free(results);
        return cli_fail(&err);
    }
    printf("%-20s metric %.3f tuned, %.3f with the fallback; AUROC %.3f\n", "baseline", results[0].score[LW_RULE_TUNED],
           results[0].score[LW_RULE_FALLBACK], results[0].score[LW_ABLATION_AUROC]);
    for (size_t i = 1; i < count; i++) {
        const bool item = i <= a->count, off = item && a->changes[i - 1].off;
        printf("%s%-*s", off ? "no " : "", off ? 17 : 20, item ? a->items[i - 1].name : ensemble_name);
        print_gain("tuned", results[i].score[LW_RULE_TUNED], &results[i].gain[LW_RULE_TUNED]);
        print_gain("fallback", results[i].score[LW_RULE_FALLBACK], &results[i].gain[LW_RULE_FALLBACK]);
        print_gain("AUROC", results[i].score[LW_ABLATION_AUROC], &results[i].gain[LW_ABLATION_AUROC]);
        printf("\n");
    }
    printf("results: %s/results.csv\nreport: %s/report.html\n", folder, folder);
    free(results);
    return CLI_EXIT_OK;
}

/** Estimate, or train where --report does not forbid it, and report. */
static int run_on(ablation *a) {
    const cli_training *training = &a->training;
    lw_error err;
    int code = read_options(a);
    if (code != CLI_EXIT_OK)
        return code;
    if (cli_flag(training->arguments, "budget"))
        return print_budget(a);
    if (!cli_flag(training->arguments, "report")) {
        const lw_status status = lw_ablation_run(training->network, training->dataset, &a->how, training->folder,
                                                 on_step, (void *)training->arguments, &err);
        code = cli_training_exit_code(status, &err);
    }
    return code == CLI_EXIT_OK && cli_leads(training->arguments) ? report(a) : code;
}

/** Whether --report has runs to report on. */
static int check_report(const cli_arguments *arguments) {
    char *baseline = cli_format("%s/baseline", cli_text(arguments, "output"));
    const bool ran = cli_is_folder(baseline);
    free(baseline);
    if (ran || !cli_flag(arguments, "report"))
        return CLI_EXIT_OK;
    cli_error("%s: the study has not been run there", cli_text(arguments, "output"));
    return CLI_EXIT_IO;
}

int cli_ablation(const cli_arguments *arguments, const char *const *operands, size_t count) {
    const bool trains = !cli_flag(arguments, "budget") && !cli_flag(arguments, "report");
    ablation a = {.count = 0};
    if (count == 0)
        return cli_usage_error(arguments, "'study' needs recordings or a prepared file");
    int code = check_only(arguments);
    if (code == CLI_EXIT_OK)
        code = check_report(arguments);
    if (code != CLI_EXIT_OK)
        return code;
    code = cli_training_begin(arguments, operands, count, trains, NULL, &a.training);
    code = cli_training_end(&a.training, code == CLI_EXIT_OK ? run_on(&a) : code);
    free_changes(&a);
    return code;
}
