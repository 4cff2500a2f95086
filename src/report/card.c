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

/* " 0.876 (0.850 to 0.901) |"; interval NULL: there is none. */
static void put_cell(lw_text *text, double value, const lw_interval *interval) {
    if (isfinite(value))
        lw_text_printf(text, " %.3f", value);
    else
        lw_text_puts(text, " -");
    if (interval && isfinite(interval->low))
        lw_text_printf(text, " (%.3f to %.3f)", interval->low, interval->high);
    lw_text_puts(text, " |");
}

/* The head of a table of the scores that every set of records has, below `first`. */
static void put_head(lw_text *text, const char *first) {
    lw_text_printf(text,
                   "\n| %s | records | Challenge metric | AUROC | AUPRC | F | accuracy |\n"
                   "|---|---:|---:|---:|---:|---:|---:|\n",
                   first);
}

/* A row of such a table; intervals NULL: there are none. */
static void put_row(lw_text *text, const char *name, const lw_scores *scores, const lw_intervals *intervals) {
    static const lw_intervals no_intervals = {{NAN, NAN}, {NAN, NAN}, {NAN, NAN}, {NAN, NAN}, {NAN, NAN}};
    const lw_intervals *of = intervals ? intervals : &no_intervals;
    lw_text_puts(text, "| ");
    put_plain(text, name);
    lw_text_printf(text, " | %zu |", scores->record_count);
    put_cell(text, scores->challenge_metric, &of->challenge_metric);
    put_cell(text, scores->auroc, &of->auroc);
    put_cell(text, scores->auprc, &of->auprc);
    put_cell(text, scores->f_measure, &of->f_measure);
    put_cell(text, scores->accuracy, &of->accuracy);
    lw_text_puts(text, "\n");
}

static void put_classes(lw_text *text, const lw_evaluation *evaluation) {
    lw_text_puts(text, "\n| class | positive | sensitivity | specificity | positive predictive value | AUROC | AUPRC | "
                       "F |\n|---|---:|---:|---:|---:|---:|---:|---:|\n");
    for (size_t k = 0; k < evaluation->scores.class_count; k++) {
        const lw_class_scores *one = &evaluation->scores.per_class[k];
        const lw_class_intervals *of = evaluation->replicate_count > 0 ? &evaluation->class_intervals[k] : NULL;
        lw_text_puts(text, "| ");
        put_plain(text, one->abbreviation);
        lw_text_printf(text, " | %zu |", one->positive_count);
        put_cell(text, one->sensitivity, NULL);
        put_cell(text, one->specificity, NULL);
        put_cell(text, one->positive_predictive_value, NULL);
        put_cell(text, one->auroc, of ? &of->auroc : NULL);
        put_cell(text, one->auprc, of ? &of->auprc : NULL);
        put_cell(text, one->f_measure, of ? &of->f_measure : NULL);
        lw_text_puts(text, "\n");
    }
}

lw_status lw_evaluation_card(const lw_evaluation *evaluation, const char *title, char **markdown, lw_error *err) {
    lw_text text = {0};
    lw_text_puts(&text, "## ");
    put_plain(&text, title);
    lw_text_printf(&text, "\n\n%zu records; classes and metric of the Challenge of %d.",
                   evaluation->scores.record_count, evaluation->scores.year);
    if (evaluation->replicate_count > 0)
        lw_text_printf(&text, " In parentheses 95 %% intervals: bootstrap over records, %zu replicates.",
                       evaluation->replicate_count);
    lw_text_puts(&text, " A dash: undefined.\n");
    const bool estimated = evaluation->replicate_count > 0;
    put_head(&text, "group");
    put_row(&text, "all", &evaluation->scores, estimated ? &evaluation->intervals : NULL);
    put_classes(&text, evaluation);
    for (size_t i = 0; i < evaluation->group_count; i++) {
        const lw_group_scores *group = &evaluation->groups[i];
        if (i == 0 || group->by != evaluation->groups[i - 1].by)
            put_head(&text, lw_division_name(group->by));
        put_row(&text, group->name, &group->scores, estimated ? &group->intervals : NULL);
    }
    if (text.failed) {
        lw_text_free(&text);
        return lw_fail_no_memory(err, "a model card");
    }
    *markdown = text.data;
    return LW_OK;
}
