/* The tables of a model card: scores of one data set, for whom they hold, and how sure they are. */
#include <math.h>
#include <string.h>

#include "base/error.h"
#include "leadwise/report.h"
#include "report/escape.h"

/* Other people's text in a cell or heading: what Markdown or HTML would act on gets a backslash. */
static void put_plain(lw_text *text, const char *string) {
    lw_text plain = {0};
    lw_text_visible(&plain, string);
    for (const char *at = plain.failed || !plain.data ? "" : plain.data; *at; at++) {
        if (strchr("\\`*_[]<>|#&", *at))
            lw_text_puts(text, "\\");
        lw_text_append(text, at, 1);
    }
    text->failed |= plain.failed;
    lw_text_free(&plain);
}

static void put_number(lw_text *text, double value) {
    if (isfinite(value))
        lw_text_printf(text, "%.3f", value);
    else
        lw_text_puts(text, "-");
}

/* " 0.876 (0.850 to 0.901) |"; interval NULL: there is none. */
static void put_cell(lw_text *text, double value, const lw_interval *interval) {
    lw_text_puts(text, " ");
    put_number(text, value);
    if (interval && isfinite(interval->low))
        lw_text_printf(text, " (%.3f to %.3f)", interval->low, interval->high);
    lw_text_puts(text, " |");
}

/* The scores that every set of records has. */
enum { MEASURES = 5 };
static const char *const measure_names[MEASURES] = {"Challenge metric", "AUROC", "AUPRC", "F", "accuracy"};

static void put_measures(lw_text *text, const lw_scores *scores, const lw_intervals *intervals) {
    const double values[MEASURES] = {scores->challenge_metric, scores->auroc, scores->auprc, scores->f_measure,
                                     scores->accuracy};
    const lw_interval of[MEASURES] = {intervals->challenge_metric, intervals->auroc, intervals->auprc,
                                      intervals->f_measure, intervals->accuracy};
    for (size_t i = 0; i < MEASURES; i++)
        put_cell(text, values[i], &of[i]);
}

/* The head of a table of such scores, below `first`. */
static void put_head(lw_text *text, const char *first) {
    lw_text_printf(text, "\n| %s | records |", first);
    for (size_t i = 0; i < MEASURES; i++)
        lw_text_printf(text, " %s |", measure_names[i]);
    lw_text_puts(text, "\n|---|---:|");
    for (size_t i = 0; i < MEASURES; i++)
        lw_text_puts(text, "---:|");
    lw_text_puts(text, "\n");
}

static const lw_intervals no_intervals = {{NAN, NAN}, {NAN, NAN}, {NAN, NAN}, {NAN, NAN}, {NAN, NAN}};

static void put_overall(lw_text *text, const lw_evaluation *evaluation) {
    put_head(text, "group");
    lw_text_printf(text, "| all | %zu |", evaluation->scores.records);
    put_measures(text, &evaluation->scores, evaluation->replicates > 0 ? &evaluation->intervals : &no_intervals);
    lw_text_puts(text, "\n");
}

static void put_classes(lw_text *text, const lw_evaluation *evaluation) {
    lw_text_puts(text, "\n| class | positive | sensitivity | specificity | positive predictive value | AUROC | AUPRC | "
                       "F |\n|---|---:|---:|---:|---:|---:|---:|---:|\n");
    for (size_t k = 0; k < evaluation->scores.classes; k++) {
        const lw_class_scores *one = &evaluation->scores.per_class[k];
        const lw_class_intervals *of = evaluation->replicates > 0 ? &evaluation->class_intervals[k] : NULL;
        lw_text_puts(text, "| ");
        put_plain(text, one->abbreviation);
        lw_text_printf(text, " | %zu |", one->positives);
        put_cell(text, one->sensitivity, NULL);
        put_cell(text, one->specificity, NULL);
        put_cell(text, one->positive_predictive_value, NULL);
        put_cell(text, one->auroc, of ? &of->auroc : NULL);
        put_cell(text, one->auprc, of ? &of->auprc : NULL);
        put_cell(text, one->f_measure, of ? &of->f_measure : NULL);
        lw_text_puts(text, "\n");
    }
}

static void put_groups(lw_text *text, const lw_evaluation *evaluation) {
    for (size_t i = 0; i < evaluation->group_count; i++) {
        const lw_group_scores *group = &evaluation->groups[i];
        if (i == 0 || group->by != evaluation->groups[i - 1].by)
            put_head(text, lw_division_name(group->by));
        lw_text_puts(text, "| ");
        put_plain(text, group->name);
        lw_text_printf(text, " | %zu |", group->scores.records);
        put_measures(text, &group->scores, evaluation->replicates > 0 ? &group->intervals : &no_intervals);
        lw_text_puts(text, "\n");
    }
}

lw_status lw_evaluation_card(const lw_evaluation *evaluation, const char *title, char **markdown, lw_error *err) {
    lw_text text = {0};
    lw_text_puts(&text, "## ");
    put_plain(&text, title);
    lw_text_printf(&text, "\n\n%zu records; classes and metric of the Challenge of %d.", evaluation->scores.records,
                   evaluation->scores.year);
    if (evaluation->replicates > 0)
        lw_text_printf(&text, " In parentheses 95 %% intervals: bootstrap over records, %zu replicates.",
                       evaluation->replicates);
    lw_text_puts(&text, " A dash: undefined.\n");
    put_overall(&text, evaluation);
    put_classes(&text, evaluation);
    put_groups(&text, evaluation);
    if (text.failed) {
        lw_text_free(&text);
        return lw_fail_no_memory(err, "a model card");
    }
    *markdown = text.data;
    return LW_OK;
}
