/* A published table and ours, as CSV and as one HTML page that needs nothing else. */
#include <math.h>
#include <stdlib.h>

#include "base/error.h"
#include "base/file.h"
#include "base/json.h"
#include "base/memory.h"
#include "lab/study_table.h"
#include "report/escape.h"
#include "report/page_parts.h"

/* ---- CSV */

static const char csv_header[] =
    "cell,row,column,network,published,published_hidden,rule,challenge_metric,low,high,mean,"
    "deviation,auroc,auroc_low,auroc_high,auroc_mean,auroc_deviation,auprc,accuracy,f_measure\n";

/** Pooled, with its interval, mean and deviation over the folds. */
static void csv_score(lw_text *text, const lw_rule_scores *s, lw_measure m) {
    lw_csv_put_number(text, s->pooled.value[m]);
    lw_csv_put_number(text, s->interval[m].low);
    lw_csv_put_number(text, s->interval[m].high);
    lw_csv_put_number(text, s->mean.value[m]);
    lw_csv_put_number(text, s->deviation.value[m]);
}

static void csv_line(lw_text *text, const lw_study_table *table, size_t cell, lw_rule rule) {
    const lw_study_cell *c = &table->cells[cell];
    const lw_rule_scores *s = &c->result.rules[rule];
    lw_text_csv(text, c->name);
    lw_text_puts(text, ",");
    lw_text_csv(text, table->row_titles[cell / table->columns]);
    lw_text_puts(text, ",");
    lw_text_csv(text, table->column_titles[cell % table->columns]);
    lw_text_puts(text, ",");
    lw_text_csv(text, c->network);
    lw_csv_put_number(text, c->published);
    lw_csv_put_number(text, c->hidden);
    lw_text_puts(text, ",");
    lw_text_csv(text, lw_rule_name(rule));
    if (c->finished) {
        csv_score(text, s, LW_CHALLENGE_METRIC);
        csv_score(text, s, LW_AUROC);
        lw_csv_put_number(text, s->pooled.value[LW_AUPRC]);
        lw_csv_put_number(text, s->pooled.value[LW_ACCURACY]);
        lw_csv_put_number(text, s->pooled.value[LW_F_MEASURE]);
    }
    lw_text_puts(text, c->finished ? "\n" : ",,,,,,,,,,,,,\n");
}

static lw_status write_csv(const lw_study_table *table, const char *path, lw_error *err) {
    lw_text text = {0};
    lw_text_puts(&text, csv_header);
    for (size_t cell = 0; cell < table->rows * table->columns; cell++)
        for (size_t rule = 0; rule < LW_RULE_COUNT; rule++)
            csv_line(&text, table, cell, (lw_rule)rule);
    lw_status status = text.failed ? lw_fail_no_memory(err, path) : lw_file_write(path, text.data, text.length, err);
    lw_text_free(&text);
    return status;
}

/* ---- The page */

static const char *const rule_titles[LW_RULE_COUNT] = {
    [LW_RULE_PLAIN] = "threshold 0.5",
    [LW_RULE_FALLBACK] = "threshold 0.5, and sinus rhythm where no class is positive",
    [LW_RULE_TUNED] = "thresholds tuned on each fold's validation records, and sinus rhythm where none is met",
};

static void table_cell(lw_text *text, const lw_study_cell *cell, lw_rule rule) {
    if (!cell->finished) {
        lw_text_printf(text, "<td class=\"cell soft\">-<span>published %.3f</span></td>", cell->published);
        return;
    }
    const lw_rule_scores *s = &cell->result.rules[rule];
    const lw_interval *interval = &s->interval[LW_CHALLENGE_METRIC];
    lw_text_printf(text, "<td class=\"cell\"><b>%.3f</b> &#177; %.3f", s->mean.value[LW_CHALLENGE_METRIC],
                   s->deviation.value[LW_CHALLENGE_METRIC]);
    if (isfinite(interval->low))
        lw_text_printf(text, "<span>pooled %.3f [%.3f, %.3f]</span>", s->pooled.value[LW_CHALLENGE_METRIC],
                       interval->low, interval->high);
    lw_text_printf(text, "<span>published %.3f</span></td>", cell->published);
}

static void comparison(lw_text *text, const lw_study_table *table, lw_rule rule) {
    lw_text_puts(text, "<table>\n<tr><th></th>");
    for (size_t c = 0; c < table->columns; c++) {
        lw_text_puts(text, "<th>");
        lw_text_markup(text, table->column_titles[c]);
        lw_text_puts(text, "</th>");
    }
    lw_text_puts(text, "</tr>\n");
    for (size_t r = 0; r < table->rows; r++) {
        lw_text_puts(text, "<tr><td class=\"name\">");
        lw_text_markup(text, table->row_titles[r]);
        lw_text_puts(text, "</td>");
        for (size_t c = 0; c < table->columns; c++)
            table_cell(text, &table->cells[r * table->columns + c], rule);
        lw_text_puts(text, "</tr>\n");
    }
    lw_text_puts(text, "</table>\n");
}

static void plot(lw_text *text, const lw_study_table *table, lw_rule rule) {
    const size_t cells = table->rows * table->columns;
    lw_dot *dots = lw_calloc(cells, sizeof *dots);
    if (!dots) {
        text->failed = true;
        return;
    }
    for (size_t i = 0; i < cells; i++) {
        const lw_study_cell *cell = &table->cells[i];
        dots[i] = (lw_dot){NAN, NAN, NAN, cell->published};
        if (cell->finished) {
            const lw_rule_scores *s = &cell->result.rules[rule];
            dots[i] = (lw_dot){s->pooled.value[LW_CHALLENGE_METRIC], s->interval[LW_CHALLENGE_METRIC].low,
                               s->interval[LW_CHALLENGE_METRIC].high, cell->published};
        }
    }
    const lw_dot_plot shown = {.title = "Challenge metric",
                               .dot = "all records pooled, 95 % interval",
                               .ring = "published",
                               .groups = table->columns,
                               .series = table->rows,
                               .group_labels = table->column_titles,
                               .series_labels = table->row_titles,
                               .dots = dots};
    lw_page_dots(text, &shown);
    free(dots);
}

static void rule_section(lw_text *text, const lw_study_table *table, lw_rule rule) {
    lw_text_puts(text, "<section>\n<h2>Decided by ");
    lw_text_markup(text, rule_titles[rule]);
    lw_text_puts(text, "</h2>\n");
    comparison(text, table, rule);
    plot(text, table, rule);
    lw_text_puts(text, "</section>\n");
}

static void number(lw_text *text, double value) {
    if (isfinite(value))
        lw_text_printf(text, "<td>%.3f</td>", value);
    else
        lw_text_puts(text, "<td class=\"soft\">-</td>");
}

/* A score and its interval. */
static void ranged(lw_text *text, const lw_rule_scores *s, lw_measure m) {
    if (!isfinite(s->interval[m].low)) {
        number(text, s->pooled.value[m]);
        return;
    }
    lw_text_printf(text, "<td>%.3f <span class=\"soft\">[%.3f, %.3f]</span></td>", s->pooled.value[m],
                   s->interval[m].low, s->interval[m].high);
}

static void detail_rows(lw_text *text, const lw_study_cell *cell) {
    for (size_t rule = 0; cell->finished && rule < LW_RULE_COUNT; rule++) {
        const lw_rule_scores *s = &cell->result.rules[rule];
        lw_text_puts(text, "<tr><td>");
        lw_text_markup(text, rule == 0 ? cell->name : "");
        lw_text_puts(text, "</td><td>");
        lw_text_markup(text, lw_rule_name((lw_rule)rule));
        lw_text_puts(text, "</td>");
        ranged(text, s, LW_CHALLENGE_METRIC);
        ranged(text, s, LW_AUROC);
        number(text, s->pooled.value[LW_AUPRC]);
        number(text, s->pooled.value[LW_ACCURACY]);
        number(text, s->pooled.value[LW_F_MEASURE]);
        lw_text_puts(text, "</tr>\n");
    }
}

static void details(lw_text *text, const lw_study_table *table) {
    lw_text_puts(text,
                 "<section>\n<h2>All scores, records pooled</h2>\n<table>\n<tr><th>Cell</th><th>Rule</th>"
                 "<th>Challenge metric</th><th>AUROC</th><th>AUPRC</th><th>Accuracy</th><th>F measure</th></tr>\n");
    for (size_t i = 0; i < table->rows * table->columns; i++)
        detail_rows(text, &table->cells[i]);
    lw_text_puts(text, "</table>\n</section>\n");
}

/* A count, or a dash where it is unknown. */
static void count(lw_text *text, size_t value) {
    if (value)
        lw_text_printf(text, "<td>%zu</td>", value);
    else
        lw_text_puts(text, "<td class=\"soft\">-</td>");
}

static void setup_row(lw_text *text, const lw_study_cell *cell) {
    lw_text_puts(text, "<tr><td>");
    lw_text_markup(text, cell->name);
    lw_text_puts(text, "</td><td class=\"name\">");
    lw_text_markup(text, cell->network);
    lw_text_puts(text, "</td>");
    if (cell->finished) {
        count(text, cell->result.record_count);
        count(text, cell->result.fold_count);
        count(text, cell->filters);
        count(text, cell->epochs);
        count(text, cell->batch);
    } else {
        lw_text_puts(text, "<td class=\"soft\" colspan=\"5\">not finished</td>");
    }
    lw_text_puts(text, "</tr>\n");
}

static void setup(lw_text *text, const lw_study_table *table) {
    lw_text_puts(text,
                 "<section>\n<h2>How the cells were trained</h2>\n<table>\n<tr><th>Cell</th><th>Network</th>"
                 "<th>Records</th><th>Folds</th><th>First filters</th><th>Epochs at most</th><th>Batch</th></tr>\n");
    for (size_t i = 0; i < table->rows * table->columns; i++)
        setup_row(text, &table->cells[i]);
    lw_text_puts(text, "</table>\n<p class=\"soft\">64 first filters, 100 epochs with early stopping and a batch of 64 "
                       "are what Leadwise takes for the published networks.</p>\n</section>\n");
}

/* What the Challenge's hidden validation records gave the first row's network. */
static void hidden(lw_text *text, const lw_study_table *table) {
    if (!isfinite(table->cells[0].hidden))
        return;
    lw_text_puts(text, "<p class=\"soft\">Published for the Challenge's hidden validation records:");
    for (size_t c = 0; c < table->columns; c++) {
        lw_text_puts(text, c > 0 ? ", " : " ");
        lw_text_printf(text, "%.2f (", table->cells[c].hidden);
        lw_text_markup(text, table->column_titles[c]);
        lw_text_puts(text, ")");
    }
    lw_text_puts(text, ".</p>\n");
}

static void introduction(lw_text *text, const lw_study_table *table) {
    lw_text_puts(text,
                 "<section>\n<p>Each cell is a cross-validation: every record is judged by a network that was "
                 "not trained on it. In bold, as published: the mean of the Challenge metric over the folds, here "
                 "with its standard deviation. Below it the metric of all records pooled, with its 95 % "
                 "interval (bootstrap over records). The paper does not say by which rule it decided; here are "
                 "three. Published figures are comparable only where the records are the same.</p>\n");
    hidden(text, table);
    lw_text_puts(text, "</section>\n");
}

static lw_status write_page(const lw_study_table *table, const char *path, lw_error *err) {
    lw_text text = {0};
    lw_page_begin(&text, table->title, table->source);
    introduction(&text, table);
    for (size_t rule = 0; rule < LW_RULE_COUNT; rule++)
        rule_section(&text, table, (lw_rule)rule);
    details(&text, table);
    setup(&text, table);
    lw_status status = lw_page_finish(&text, path, err);
    lw_text_free(&text);
    return status;
}

lw_status lw_study_write(const lw_study_table *table, const char *folder, lw_error *err) {
    char *csv = lw_path_join(folder, "results.csv"), *page = lw_path_join(folder, "report.html");
    lw_status status = csv == NULL || page == NULL ? lw_fail_no_memory(err, "a path") : write_csv(table, csv, err);
    if (status == LW_OK)
        status = write_page(table, page, err);
    free(csv);
    free(page);
    return status;
}
