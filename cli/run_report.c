#include "run_report.h"

#include <jansson.h>
#include <math.h>
#include <stdlib.h>

#include "messages.h"
#include "paths.h"

static void print_score(const json_t *scores, const char *key, const char *title) {
    const json_t *value = json_object_get(scores, key);
    if (json_is_number(value)) {
        printf("  %-18s %.3f\n", title, json_number_value(value));
    }
}

void cli_print_run(const cli_arguments *arguments, const char *folder) {
    char *path = cli_format("%s/run.json", folder);
    json_t *run = json_load_file(path, 0, NULL);
    const json_t *scores = json_object_get(run, "test");
    const json_t *test = json_object_get(scores, "with_fallback");
    if (test == NULL) {
        test = json_object_get(scores, "without_fallback");
    }
    if (test != NULL && !cli_flag(arguments, "quiet")) {
        printf("test split (%" JSON_INTEGER_FORMAT " recordings):\n",
               json_integer_value(json_object_get(test, "records")));
        print_score(test, "challenge_metric", "Challenge metric");
        print_score(test, "auroc", "AUROC");
        print_score(test, "auprc", "AUPRC");
        print_score(test, "accuracy", "accuracy");
        print_score(test, "f_measure", "F-measure");
    }
    printf("model: %s/model.safetensors\n", folder);
    json_decref(run);
    free(path);
}

/** A score with three decimals, "-" where it is undefined. */
static void print_cell(FILE *stream, double value) {
    if (isnan(value)) {
        fprintf(stream, " %7s", "-");
    } else {
        fprintf(stream, " %7.3f", value);
    }
}

static void print_summary(FILE *stream, const lw_scores *scores) {
    const struct {
        const char *title;
        double value;
    } rows[] = {
        {"Challenge metric", scores->challenge_metric},
        {"AUROC", scores->auroc},
        {"AUPRC", scores->auprc},
        {"accuracy", scores->accuracy},
        {"F-measure", scores->f_measure},
        {"F2", scores->f_beta_2},
        {"G2", scores->g_beta_2},
    };
    fprintf(stream, "%zu recordings, classes and metric of %d\n\n", scores->records, scores->year);
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        if (!isnan(rows[i].value) || i < 2) {
            fprintf(stream, "%-18s", rows[i].title);
            print_cell(stream, rows[i].value);
            fputc('\n', stream);
        }
    }
}

static void print_classes(FILE *stream, const lw_scores *scores) {
    fprintf(stream, "\n%-10s %8s %7s %7s %7s %7s %7s %7s\n", "class", "positive", "hit", "missed", "false", "AUROC",
            "AUPRC", "F");
    for (size_t i = 0; i < scores->classes; i++) {
        const lw_class_scores *row = &scores->per_class[i];
        fprintf(stream, "%-10s %8zu %7zu %7zu %7zu", row->abbreviation, row->positives, row->true_positives,
                row->false_negatives, row->false_positives);
        print_cell(stream, row->auroc);
        print_cell(stream, row->auprc);
        print_cell(stream, row->f_measure);
        fputc('\n', stream);
    }
}

typedef struct confusion {
    size_t is, called;
    double cost;
} confusion;

static int dearer_first(const void *a, const void *b) {
    const confusion *x = a, *y = b;
    if (x->cost > y->cost || x->cost < y->cost) {
        return x->cost > y->cost ? -1 : 1;
    }
    return x->is != y->is ? (x->is < y->is ? -1 : 1) : (x->called < y->called ? -1 : x->called > y->called);
}

static void print_confusions(FILE *stream, const lw_scores *scores) {
    enum { SHOWN = 10 };
    const double least_shown = 0.0005;
    const size_t n = scores->classes;
    confusion *all = cli_calloc(n * n, sizeof *all);
    for (size_t i = 0; i < n * n; i++) {
        all[i] = (confusion){i / n, i % n, scores->confusion_cost[i]};
    }
    qsort(all, n * n, sizeof *all, dearer_first);
    for (size_t i = 0; i < SHOWN && i < n * n && all[i].cost >= least_shown; i++) {
        const bool own = all[i].is == all[i].called; /* the reward that was not, or not wholly, earned */
        fprintf(stream, "%s%-10s %s %-10s %7.3f\n", i == 0 ? "\nwhat costs most of the metric:\n" : "",
                scores->per_class[all[i].is].abbreviation, own ? "missed" : "called",
                own ? "" : scores->per_class[all[i].called].abbreviation, all[i].cost);
    }
    free(all);
}

void cli_print_scores(FILE *stream, const lw_scores *scores) {
    print_summary(stream, scores);
    print_classes(stream, scores);
    if (scores->confusion_cost != NULL) {
        print_confusions(stream, scores);
    }
}
