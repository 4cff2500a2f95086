#include <math.h>

#include "base/error.h"
#include "base/file.h"
#include "base/json.h"
#include "base/text.h"
#include "lab/study_table.h"

static const char header[] =
    "cell,row,column,network,published,published_hidden,rule,challenge_metric,low,high,mean,"
    "deviation,auroc,auroc_low,auroc_high,auroc_mean,auroc_deviation,auprc,accuracy,f_measure\n";

/** A field and the comma before it; empty where the number is unknown. */
static void number(lw_text *text, double value) {
    lw_text_puts(text, ",");
    if (isfinite(value))
        lw_json_put_number(text, value);
}

static void score(lw_text *text, const lw_study_score *s) {
    number(text, s->pooled);
    number(text, s->low);
    number(text, s->high);
    number(text, s->mean);
    number(text, s->deviation);
}

static void line(lw_text *text, const lw_study_table *table, size_t cell, size_t rule) {
    static const lw_study_score no_score = {NAN, NAN, NAN, NAN, NAN};
    const lw_study_scores unknown = {no_score, no_score, NAN, NAN, NAN};
    const lw_study_cell *c = &table->cells[cell];
    const lw_study_scores *s = c->finished ? &c->scores[rule] : &unknown;
    lw_text_csv(text, c->name);
    lw_text_puts(text, ",");
    lw_text_csv(text, table->row_titles[cell / table->columns]);
    lw_text_puts(text, ",");
    lw_text_csv(text, table->column_titles[cell % table->columns]);
    lw_text_puts(text, ",");
    lw_text_csv(text, c->network);
    number(text, c->published);
    number(text, c->hidden);
    lw_text_puts(text, ",");
    lw_text_csv(text, table->rule[rule].name);
    score(text, &s->metric);
    score(text, &s->auroc);
    number(text, s->auprc);
    number(text, s->accuracy);
    number(text, s->f_measure);
    lw_text_puts(text, "\n");
}

lw_status lw_study_csv_write(const lw_study_table *table, const char *path, lw_error *err) {
    lw_text text = {0};
    lw_text_puts(&text, header);
    for (size_t cell = 0; cell < table->rows * table->columns; cell++)
        for (size_t rule = 0; rule < table->rules; rule++)
            line(&text, table, cell, rule);
    lw_status status = text.failed ? lw_fail_no_memory(err, path) : lw_file_write(path, text.data, text.length, err);
    lw_text_free(&text);
    return status;
}
