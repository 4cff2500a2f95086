#include "study_changes.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "messages.h"
#include "settings.h"

/** What an item borrows; NULL where it needs none. */
struct cli_change_parts {
    char *name, *pairs; /**< as they were given */
    char *training;     /**< the pairs that are training's */
    lw_network *network;
};

/** Changes under way to be read. */
typedef struct reading {
    const cli_arguments *arguments;
    const lw_network *network;
    const lw_train_options *train;
    cli_changes *changes;
} reading;

static const char people_name[] = "people", people_on[] = "inputs=age,sex", people_off[] = "inputs=none";
static const char best_name[] = "best";

void cli_changes_free(cli_changes *changes) {
    for (size_t i = 0; i < changes->count; i++) {
        free(changes->parts[i].name);
        free(changes->parts[i].pairs);
        free(changes->parts[i].training);
        lw_network_free(&changes->parts[i].network);
    }
    free(changes->parts);
    free(changes->items);
    free(changes->off);
    *changes = (cli_changes){0};
}

/** Whether the `length` characters at `name` are one of the names that `list` joins by commas. */
static bool holds(const char *list, const char *name, size_t length) {
    while (*list != '\0') {
        const size_t next = strcspn(list, ",");
        if (next == length && strncmp(list, name, length) == 0) {
            return true;
        }
        list += next + (list[next] == ',');
    }
    return false;
}

bool cli_change_wanted(const cli_arguments *arguments, const char *name) {
    const char *only = cli_text(arguments, "only");
    return only == NULL || holds(only, name, strlen(name));
}

/** `list` and one `item` more; both are freed. free() it. */
static char *append(char *list, char separator, char *item) {
    char *longer = list[0] != '\0' ? cli_format("%s%c%s", list, separator, item) : cli_format("%s", item);
    free(list);
    free(item);
    return longer;
}

/** All that --only may name. free() it. */
static char *known_names(const cli_arguments *arguments, const char *besides) {
    const lw_ablation_item *item;
    const char *const *tried;
    const size_t tried_count = cli_list(arguments, "try", &tried);
    char *names = cli_format("%s", "");
    for (size_t i = 0; (item = lw_ablation_item_at(i)) != NULL; i++) {
        names = append(names, ',', cli_format("%s", item->name));
    }
    names = append(names, ',', cli_format("%s,%s,%s", people_name, best_name, besides));
    for (size_t i = 0; i < tried_count; i++) {
        names = append(names, ',', cli_format("%.*s", (int)strcspn(tried[i], ":"), tried[i]));
    }
    return names;
}

int cli_changes_check_only(const cli_arguments *arguments, const char *besides) {
    char *names = known_names(arguments, besides);
    const char *only = cli_text(arguments, "only");
    int code = CLI_EXIT_OK;
    while (code == CLI_EXIT_OK && only != NULL && *only != '\0') {
        const size_t next = strcspn(only, ",");
        if (next > 0 && !holds(names, only, next)) {
            code = cli_usage_error(cli_arguments_command(arguments), "--only: no change '%.*s', expected some of %s",
                                   (int)next, only, names);
        }
        only += next + (only[next] == ',');
    }
    free(names);
    return code;
}

/** The best recipe's values as pairs. free() it. */
static char *recipe_pairs(void) {
    const cli_option *option;
    char *pairs = cli_format("%s", "");
    for (size_t i = 0; (option = cli_option_at(cli_command_find("study"), i)) != NULL; i++) {
        if (option->best != NULL) {
            pairs = append(pairs, ' ', cli_format("%s=%s", option->name, option->best));
        }
    }
    return pairs;
}

/* Pairs of the network */

/** Change what `key` names, where that is the network's; `value` is borrowed. */
static void set_network(lw_network_options *options, const char *key, const char *value) {
    if (strcmp(key, "width") == 0) {
        options->width = (size_t)strtoull(value, NULL, 10);
    } else if (strcmp(key, "dropout") == 0) {
        options->dropout = strtod(value, NULL);
        options->set_dropout = true;
    } else {
        options->inputs = strcmp(value, "none") == 0 ? "" : value;
    }
}

static bool is_of_network(const char *key) {
    return strcmp(key, "width") == 0 || strcmp(key, "dropout") == 0 || strcmp(key, "inputs") == 0;
}

/** The text of `parts->pairs`, cut up in `cut`, into what is training's and the network's. */
static int divide_pairs(const reading *r, char *cut, struct cli_change_parts *parts) {
    lw_network_options options =
        cli_network_options(r->arguments, lw_network_leads(r->network), lw_network_outputs(r->network));
    bool changed = false;
    int code = CLI_EXIT_OK;
    for (char *pair; code == CLI_EXIT_OK && (pair = strtok_r(cut, " ", &cut)) != NULL;) {
        char *value = strchr(pair, '=');
        if (value == NULL) {
            return cli_usage_error(cli_arguments_command(r->arguments), "%s: '%s' is not KEY=VALUE", parts->name, pair);
        }
        *value++ = '\0';
        if (!is_of_network(pair)) {
            parts->training = append(parts->training, ' ', cli_format("%s=%s", pair, value));
            continue;
        }
        char *shown = cli_format("%s: %s", parts->name, pair);
        code = cli_check_value(r->arguments, pair, value, shown);
        free(shown);
        set_network(&options, pair, value);
        changed = true;
    }
    return code == CLI_EXIT_OK && changed ? cli_network_with(r->arguments, &options, &parts->network) : code;
}

/* The changes */

/** One of the library's: training alone, and it says what is its opposite. */
static void add_known(reading *r, const lw_ablation_item *item) {
    if (cli_change_wanted(r->arguments, item->name)) {
        r->changes->off[r->changes->count] = lw_ablation_is_on(r->train, item);
        r->changes->items[r->changes->count++] = *item;
    }
}

/** One of pairs that may be the network's too. `off`: they take away what the baseline has. */
static int add_pairs(reading *r, const char *name, const char *pairs, bool off) {
    if (!cli_change_wanted(r->arguments, name)) {
        return CLI_EXIT_OK;
    }
    const size_t i = r->changes->count++;
    struct cli_change_parts *parts = &r->changes->parts[i];
    *parts = (struct cli_change_parts){
        .name = cli_format("%s", name), .pairs = cli_format("%s", pairs), .training = cli_format("%s", "")};
    char *cut = cli_format("%s", pairs);
    const int code = divide_pairs(r, cut, parts);
    free(cut);
    r->changes->off[i] = off;
    r->changes->items[i] = (lw_ablation_item){
        .name = parts->name, .on = parts->training, .network = parts->network, .shown = parts->pairs};
    return code;
}

/** "NAME:PAIRS" of --try. */
static int add_tried(reading *r, const char *text) {
    const char *colon = strchr(text, ':');
    if (colon == NULL) {
        return cli_usage_error(cli_arguments_command(r->arguments), "--try: '%s' is not NAME:PAIRS", text);
    }
    char *name = cli_format("%.*s", (int)(colon - text), text);
    const int code = add_pairs(r, name, colon + 1, false);
    free(name);
    return code;
}

static int add_people(reading *r) {
    const bool told = lw_network_inputs(r->network) > 0;
    return add_pairs(r, people_name, told ? people_off : people_on, told);
}

/** The recipe as a whole, where the baseline is not trained by it. */
static int add_best(reading *r) {
    if (strcmp(cli_text(r->arguments, "recipe"), "best") == 0) {
        return CLI_EXIT_OK;
    }
    char *pairs = recipe_pairs();
    const int code = add_pairs(r, best_name, pairs, false);
    free(pairs);
    return code;
}

int cli_changes_read(const cli_arguments *arguments, const lw_network *network, const lw_train_options *train,
                     cli_changes *out) {
    reading r = {arguments, network, train, out};
    const char *const *tried;
    const size_t tried_count = cli_list(arguments, "try", &tried);
    size_t known = 0;
    while (lw_ablation_item_at(known) != NULL) {
        known++;
    }
    const size_t most = known + 2 + tried_count;
    *out = (cli_changes){.items = cli_calloc(most, sizeof *out->items),
                         .off = cli_calloc(most, sizeof *out->off),
                         .parts = cli_calloc(most, sizeof *out->parts)};
    for (size_t i = 0; i < known; i++) {
        add_known(&r, lw_ablation_item_at(i));
    }
    int code = add_people(&r);
    if (code == CLI_EXIT_OK) {
        code = add_best(&r);
    }
    for (size_t i = 0; code == CLI_EXIT_OK && i < tried_count; i++) {
        code = add_tried(&r, tried[i]);
    }
    return code;
}

void cli_changes_list(void) {
    const lw_ablation_item *item;
    char *best = recipe_pairs();
    for (size_t i = 0; (item = lw_ablation_item_at(i)) != NULL; i++) {
        printf("  %-24s %s\n", item->name, item->on);
    }
    printf("  %-24s %s\n  %-24s %s\n", people_name, people_on, best_name, best);
    free(best);
}
