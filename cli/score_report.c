#include "score_report.h"

#include <math.h>
#include <stdlib.h>

#include "messages.h"

/** A score with three decimals, "-" where it is undefined, in `width` columns. */
static void print_cell(FILE *stream, int width, double value) {
    if (isnan(value)) {
        fprintf(stream, "%*s", width, "-");
    } else {
        fprintf(stream, "%*.3f", width, value);
    }
}

enum { INTERVAL_WIDTH = 17 };

/** "   0.812 to 0.901" */
static void print_interval(FILE *stream, lw_interval interval) {
    char text[64] = "-";
    if (!isnan(interval.low)) {
        snprintf(text, sizeof text, "%.3f to %.3f", interval.low, interval.high);
    }
    fprintf(stream, "%*s", INTERVAL_WIDTH, text);
}

static void print_summary(FILE *stream, const lw_evaluation *evaluation) {
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
    fprintf(stream, "%zu recordings, classes and metric of %d\n\n", scores->records, scores->year);
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        if (!isnan(rows[i].value) || i < 2) {
            fprintf(stream, "%-18s", rows[i].title);
            print_cell(stream, 8, rows[i].value);
            if (evaluation->replicates > 0 && rows[i].interval != NULL) {
                print_interval(stream, *rows[i].interval);
            }
            fputc('\n', stream);
        }
    }
    if (evaluation->replicates > 0) {
        fprintf(stream, "\n95 %% intervals: bootstrap over records, %zu replicates\n", evaluation->replicates);
    }
}

static void print_classes(FILE *stream, const lw_scores *scores) {
    fprintf(stream, "\n%-10s %6s %6s %6s %6s %6s %6s %6s %6s %6s %6s\n", "class", "with", "hit", "missed", "false",
            "sens.", "spec.", "PPV", "AUROC", "AUPRC", "F");
    for (size_t i = 0; i < scores->classes; i++) {
        const lw_class_scores *row = &scores->per_class[i];
        fprintf(stream, "%-10s %6zu %6zu %6zu %6zu", row->abbreviation, row->positives, row->true_positives,
                row->false_negatives, row->false_positives);
        print_cell(stream, 7, row->sensitivity);
        print_cell(stream, 7, row->specificity);
        print_cell(stream, 7, row->positive_predictive_value);
        print_cell(stream, 7, row->auroc);
        print_cell(stream, 7, row->auprc);
        print_cell(stream, 7, row->f_measure);
        fputc('\n', stream);
    }
}

static void print_class_intervals(FILE *stream, const lw_evaluation *evaluation) {
    fprintf(stream, "\n%-10s%*s%*s%*s\n", "intervals", INTERVAL_WIDTH, "AUROC", INTERVAL_WIDTH, "AUPRC", INTERVAL_WIDTH,
            "F");
    for (size_t i = 0; i < evaluation->scores.classes; i++) {
        const lw_class_intervals *row = &evaluation->class_intervals[i];
        fprintf(stream, "%-10s", evaluation->scores.per_class[i].abbreviation);
        print_interval(stream, row->auroc);
        print_interval(stream, row->auprc);
        print_interval(stream, row->f_measure);
        fputc('\n', stream);
    }
}

/** A source's name is a folder's, which may hold anything. */
static void print_name(FILE *stream, const char *name) {
    char shown[sizeof((lw_group_scores *)NULL)->name];
    snprintf(shown, sizeof shown, "%s", name);
    lw_make_printable(shown);
    fprintf(stream, "%-16s", shown);
}

static void print_groups(FILE *stream, const lw_evaluation *evaluation) {
    const bool with_intervals = evaluation->replicates > 0;
    for (size_t i = 0; i < evaluation->group_count; i++) {
        const lw_group_scores *group = &evaluation->groups[i];
        if (i == 0 || group->by != evaluation->groups[i - 1].by) {
            fprintf(stream, "\n%-16s %7s %7s%*s\n", lw_division_name(group->by), "records", "metric",
                    with_intervals ? INTERVAL_WIDTH + 8 : 8, "AUROC");
        }
        print_name(stream, group->name);
        fprintf(stream, " %7zu", group->scores.records);
        print_cell(stream, 8, group->scores.challenge_metric);
        if (with_intervals) {
            print_interval(stream, group->intervals.challenge_metric);
        }
        print_cell(stream, 8, group->scores.auroc);
        if (with_intervals) {
            print_interval(stream, group->intervals.auroc);
        }
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

void cli_print_evaluation(FILE *stream, const lw_evaluation *evaluation) {
    print_summary(stream, evaluation);
    print_classes(stream, &evaluation->scores);
    if (evaluation->replicates > 0) {
        print_class_intervals(stream, evaluation);
    }
    print_groups(stream, evaluation);
    print_confusions(stream, &evaluation->scores);
}
