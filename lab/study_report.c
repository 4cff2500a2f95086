/* This file writes the finished cells of a published table beside the published figures, as CSV and as one HTML page.
 */
#include <assert.h>
#include <math.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/error.h"
#include "base/file.h"
#include "base/json.h"
#include "lab/crossval_internal.h"
#include "lab/study.h"
#include "report/page_parts.h"
#include "train/run_folder.h"

enum { CELLS_MAX = LW_PAPER_ROWS * LW_PAPER_COLUMNS };

/** What came out of a cell. */
typedef struct cell {
    char name[LW_STUDY_NAME];
    bool finished; /**< the rest is known */
    lw_crossval_result result;
    lw_run_outcome training; /**< of the first fold, and so of every one; 0 where unknown */
} cell;

/** A published table and its cells. */
typedef struct study_table {
    const lw_paper_table *paper;
    size_t cell_count;
    char column_titles[LW_PAPER_COLUMNS][32];
    cell cells[CELLS_MAX]; /**< [rows][columns] */
} study_table;

static const lw_paper_row *row_of(const study_table *t, size_t i) { return &t->paper->row[i / t->paper->column_count]; }

static double published(const study_table *t, size_t i) { return row_of(t, i)->published[i % t->paper->column_count]; }

/* ---- Reading the cells */

static bool has_file(const char *folder, const char *name) {
    char *path = lw_path_join(folder, name);
    const bool there = path && access(path, F_OK) == 0;
    free(path);
    return there;
}

static lw_status read_cell(const char *folder, cell *c, lw_error *err) {
    char *at = lw_path_join(folder, c->name), *first = at ? lw_path_join(at, "fold0") : NULL;
    lw_status status = !first ? lw_fail_no_memory(err, "a path") : LW_OK;
    c->finished = status == LW_OK && has_file(at, LW_CROSSVAL_RESULTS);
    if (c->finished)
        status = lw_crossval_results_read(at, &c->result, err);
    if (c->finished && status == LW_OK && has_file(first, LW_RUN_FILE))
        status = lw_run_file_read(first, &c->training, err);
    lw_string_free(&c->training.configuration);
    free(first);
    free(at);
    return status;
}

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

static void csv_line(lw_text *text, const study_table *t, size_t i, lw_rule rule) {
    const lw_rule_scores *s = &t->cells[i].result.rules[rule];
    const size_t column = i % t->paper->column_count;
    const char *const fields[] = {t->cells[i].name, row_of(t, i)->title, t->column_titles[column],
                                  row_of(t, i)->network};
    for (size_t f = 0; f < sizeof fields / sizeof fields[0]; f++) {
        lw_text_puts(text, f > 0 ? "," : "");
        lw_text_csv(text, fields[f]);
    }
    lw_csv_put_number(text, published(t, i));
    lw_csv_put_number(text, t->paper->hidden && i == column ? t->paper->hidden[column] : NAN);
    lw_text_printf(text, ",%s", lw_rule_name(rule));
    if (t->cells[i].finished) {
        csv_score(text, s, LW_CHALLENGE_METRIC);
        csv_score(text, s, LW_AUROC);
        lw_csv_put_number(text, s->pooled.value[LW_AUPRC]);
        lw_csv_put_number(text, s->pooled.value[LW_ACCURACY]);
        lw_csv_put_number(text, s->pooled.value[LW_F_MEASURE]);
    }
    lw_text_puts(text, t->cells[i].finished ? "\n" : ",,,,,,,,,,,,,\n");
}

/* ---- The page */

static const char *const rule_titles[LW_RULE_COUNT] = {
    [LW_RULE_PLAIN] = "threshold 0.5",
    [LW_RULE_FALLBACK] = "threshold 0.5, and sinus rhythm where no class is positive",
    [LW_RULE_TUNED] = "thresholds tuned on each fold's validation records, and sinus rhythm where none is met",
};

static void put_cell(lw_text *text, const study_table *t, size_t i, lw_rule rule) {
    const lw_rule_scores *s = &t->cells[i].result.rules[rule];
    const lw_interval *interval = &s->interval[LW_CHALLENGE_METRIC];
    if (!t->cells[i].finished)
        lw_text_puts(text, "<td class=\"cell soft\">-");
    else
        lw_text_printf(text, "<td class=\"cell\"><b>%.3f</b> &#177; %.3f", s->mean.value[LW_CHALLENGE_METRIC],
                       s->deviation.value[LW_CHALLENGE_METRIC]);
    if (t->cells[i].finished && isfinite(interval->low))
        lw_text_printf(text, "<span>pooled %.3f [%.3f, %.3f]</span>", s->pooled.value[LW_CHALLENGE_METRIC],
                       interval->low, interval->high);
    lw_text_printf(text, "<span>published %.3f</span></td>", published(t, i));
}

static void put_comparison(lw_text *text, const study_table *t, lw_rule rule) {
    lw_text_puts(text, "<table>\n<tr><th></th>");
    for (size_t c = 0; c < t->paper->column_count; c++)
        lw_page_put(text, "<th>", t->column_titles[c], "</th>");
    lw_text_puts(text, "</tr>\n");
    for (size_t i = 0; i < t->cell_count; i++) {
        if (i % t->paper->column_count == 0)
            lw_page_put(text, "<tr><td class=\"name\">", row_of(t, i)->title, "</td>");
        put_cell(text, t, i, rule);
        if ((i + 1) % t->paper->column_count == 0)
            lw_text_puts(text, "</tr>\n");
    }
    lw_text_puts(text, "</table>\n");
}

static void put_plot(lw_text *text, const study_table *t, lw_rule rule) {
    const char *row_titles[LW_PAPER_ROWS], *column_titles[LW_PAPER_COLUMNS];
    lw_dot dots[CELLS_MAX];
    for (size_t r = 0; r < t->paper->row_count; r++)
        row_titles[r] = t->paper->row[r].title;
    for (size_t c = 0; c < t->paper->column_count; c++)
        column_titles[c] = t->column_titles[c];
    for (size_t i = 0; i < t->cell_count; i++) {
        const lw_rule_scores *s = &t->cells[i].result.rules[rule];
        dots[i] = (lw_dot){NAN, NAN, NAN, published(t, i)};
        if (t->cells[i].finished)
            dots[i] = (lw_dot){s->pooled.value[LW_CHALLENGE_METRIC], s->interval[LW_CHALLENGE_METRIC].low,
                               s->interval[LW_CHALLENGE_METRIC].high, published(t, i)};
    }
    const lw_dot_plot plot = {.title = "Challenge metric",
                              .dot = "all records pooled, 95 % interval",
                              .ring = "published",
                              .groups = t->paper->column_count,
                              .series = t->paper->row_count,
                              .group_labels = column_titles,
                              .series_labels = row_titles,
                              .dots = dots};
    lw_page_dots(text, &plot);
}

/** A score and its interval. */
static void put_ranged(lw_text *text, const lw_rule_scores *s, lw_measure m) {
    if (isfinite(s->interval[m].low))
        lw_text_printf(text, "<td>%.3f <span class=\"soft\">[%.3f, %.3f]</span></td>", s->pooled.value[m],
                       s->interval[m].low, s->interval[m].high);
    else
        lw_page_put_score(text, s->pooled.value[m]);
}

static void put_details(lw_text *text, const study_table *t) {
    lw_text_puts(text,
                 "<section>\n<h2>All scores, records pooled</h2>\n<table>\n<tr><th>Cell</th><th>Rule</th>"
                 "<th>Challenge metric</th><th>AUROC</th><th>AUPRC</th><th>Accuracy</th><th>F measure</th></tr>\n");
    for (size_t i = 0; i < t->cell_count * LW_RULE_COUNT; i++) {
        const cell *c = &t->cells[i / LW_RULE_COUNT];
        const lw_rule rule = (lw_rule)(i % LW_RULE_COUNT);
        const lw_rule_scores *s = &c->result.rules[rule];
        if (!c->finished)
            continue;
        lw_page_put(text, "<tr><td>", rule == 0 ? c->name : "", "</td>");
        lw_page_put(text, "<td>", lw_rule_name(rule), "</td>");
        put_ranged(text, s, LW_CHALLENGE_METRIC);
        put_ranged(text, s, LW_AUROC);
        lw_page_put_score(text, s->pooled.value[LW_AUPRC]);
        lw_page_put_score(text, s->pooled.value[LW_ACCURACY]);
        lw_page_put_score(text, s->pooled.value[LW_F_MEASURE]);
        lw_text_puts(text, "</tr>\n");
    }
    lw_text_puts(text, "</table>\n</section>\n");
}

static void put_setup(lw_text *text, const study_table *t) {
    lw_text_puts(text,
                 "<section>\n<h2>How the cells were trained</h2>\n<table>\n<tr><th>Cell</th><th>Network</th>"
                 "<th>Records</th><th>Folds</th><th>First filters</th><th>Epochs at most</th><th>Batch</th></tr>\n");
    for (size_t i = 0; i < t->cell_count; i++) {
        const cell *c = &t->cells[i];
        const size_t counts[] = {c->result.record_count, c->result.fold_count, c->training.filters,
                                 c->training.epochs_asked, c->training.batch};
        lw_page_put(text, "<tr><td>", c->name, "</td>");
        lw_page_put(text, "<td class=\"name\">", row_of(t, i)->network, "</td>");
        for (size_t k = 0; c->finished && k < sizeof counts / sizeof counts[0]; k++)
            if (counts[k])
                lw_text_printf(text, "<td>%zu</td>", counts[k]);
            else
                lw_text_puts(text, "<td class=\"soft\">-</td>");
        lw_text_puts(text, c->finished ? "</tr>\n" : "<td class=\"soft\" colspan=\"5\">not finished</td></tr>\n");
    }
    lw_text_puts(text, "</table>\n<p class=\"soft\">64 first filters, 100 epochs with early stopping and a batch of 64 "
                       "are what Leadwise takes for the published networks.</p>\n</section>\n");
}

static void put_introduction(lw_text *text, const lw_paper_table *paper) {
    lw_text_puts(text,
                 "<section>\n<p>Each cell is a cross-validation: every record is judged by a network that was "
                 "not trained on it. In bold, as published: the mean of the Challenge metric over the folds, here "
                 "with its standard deviation. Below it the metric of all records pooled, with its 95 % "
                 "interval (bootstrap over records). The paper does not say by which rule it decided; here are "
                 "three. Published figures are comparable only where the records are the same.</p>\n");
    if (paper->hidden)
        lw_text_puts(text, "<p class=\"soft\">Published for the Challenge's hidden validation records:");
    for (size_t c = 0; paper->hidden && c < paper->column_count; c++)
        lw_text_printf(text, "%s %.2f (%s leads)", c > 0 ? "," : "", paper->hidden[c], paper->leads[c]);
    lw_text_puts(text, paper->hidden ? ".</p>\n</section>\n" : "</section>\n");
}

static lw_status write_files(const study_table *t, const char *folder, lw_error *err) {
    lw_text csv = {0}, page = {0};
    lw_text_puts(&csv, csv_header);
    lw_page_begin(&page, t->paper->title, t->paper->source);
    put_introduction(&page, t->paper);
    for (size_t i = 0; i < t->cell_count * LW_RULE_COUNT; i++)
        csv_line(&csv, t, i / LW_RULE_COUNT, (lw_rule)(i % LW_RULE_COUNT));
    for (lw_rule rule = 0; rule < LW_RULE_COUNT; rule++) {
        lw_page_put(&page, "<section>\n<h2>Decided by ", rule_titles[rule], "</h2>\n");
        put_comparison(&page, t, rule);
        put_plot(&page, t, rule);
        lw_text_puts(&page, "</section>\n");
    }
    put_details(&page, t);
    put_setup(&page, t);
    return lw_page_finish_results(&csv, &page, folder, err);
}

lw_status lw_study_report(const lw_paper_table *table, const char *folder, size_t *finished, lw_error *err) {
    assert(table->row_count <= LW_PAPER_ROWS && table->column_count <= LW_PAPER_COLUMNS);
    study_table t = {.paper = table, .cell_count = table->row_count * table->column_count};
    size_t count = 0;
    lw_status status = LW_OK;
    for (size_t c = 0; c < table->column_count; c++)
        snprintf(t.column_titles[c], sizeof t.column_titles[c], "%s leads", table->leads[c]);
    for (size_t i = 0; status == LW_OK && i < t.cell_count; i++) {
        lw_study_cell_name(table, i, t.cells[i].name);
        status = read_cell(folder, &t.cells[i], err);
        count += t.cells[i].finished;
    }
    if (status == LW_OK)
        status = write_files(&t, folder, err);
    if (status == LW_OK && finished)
        *finished = count;
    return status;
}
