#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "report/escape.h"
#include "report/page_parts.h"

enum { COSTS_SHOWN = 10, DIAGNOSES_SHOWN = 12 };

void lw_page_diagnosis_name(lw_text *text, const char *codes) {
    char code[64];
    size_t length = strcspn(codes, "|");
    const lw_diagnosis *known = NULL;
    if (length < sizeof code) {
        memcpy(code, codes, length);
        code[length] = '\0';
        known = lw_diagnosis_find(code);
    }
    lw_text_markup(text, known ? known->name : codes);
}

/* Three digits, or a dash where the score is undefined. */
static void score_cell(lw_text *text, double value) {
    if (isfinite(value))
        lw_text_printf(text, "<td>%.3f</td>", value);
    else
        lw_text_puts(text, "<td class=\"soft\">-</td>");
}

static void metered_cell(lw_text *text, double value) {
    if (!isfinite(value)) {
        score_cell(text, value);
        return;
    }
    lw_text_printf(text, "<td>%.3f<span class=\"meter\"><i style=\"width:%.1f%%\"></i></span></td>", value,
                   100 * fmax(0, fmin(1, value)));
}

void lw_page_summary(lw_text *text, const lw_page_run *runs, size_t run_count) {
    lw_text_puts(text, "<section>\n<h2>Scores on unseen records</h2>\n<table>\n"
                       "<tr><th>Network</th><th>Challenge metric</th><th>AUROC</th><th>AUPRC</th>"
                       "<th>F measure</th><th>Accuracy</th><th>Records</th></tr>\n");
    for (size_t i = 0; i < run_count; i++) {
        const lw_scores *scores = runs[i].scores;
        if (!scores)
            continue;
        lw_text_puts(text, "<tr><td class=\"name\">");
        lw_text_markup(text, runs[i].title);
        lw_text_printf(text, "</td><td><b class=\"score\">%.3f</b></td>", scores->challenge_metric);
        score_cell(text, scores->auroc);
        score_cell(text, scores->auprc);
        score_cell(text, scores->f_measure);
        score_cell(text, scores->accuracy);
        lw_text_printf(text, "<td>%zu</td></tr>\n", scores->records);
    }
    lw_text_puts(text, "</table>\n<p class=\"soft\">The metric of the Challenge is 1 when every diagnosis is right, "
                       "and 0 for calling every record sinus rhythm.</p>\n</section>\n");
}

static void class_row(lw_text *text, const lw_class_scores *one) {
    lw_text_puts(text, "<tr><td>");
    lw_text_markup(text, one->abbreviation);
    lw_text_puts(text, "</td><td class=\"name\">");
    lw_page_diagnosis_name(text, one->name);
    lw_text_printf(text, "</td><td>%zu</td>", one->positives);
    metered_cell(text, one->auroc);
    metered_cell(text, one->auprc);
    score_cell(text, one->f_measure);
    lw_text_printf(text, "<td>%zu</td><td>%zu</td><td>%zu</td></tr>\n", one->true_positives, one->false_positives,
                   one->false_negatives);
}

/* One row of a bar list: a label that is markup already, and a bar of `share` of its track. */
static void bar_row(lw_text *text, const char *label, double share, const char *value, bool marked) {
    lw_text_printf(text,
                   "<div class=\"row%s\"><span class=\"label\">%s</span><span class=\"track\">"
                   "<i style=\"width:%.1f%%\"></i></span><span class=\"value\">%s</span></div>\n",
                   marked ? " yes" : "", label, 100 * fmax(0, fmin(1, share)), value);
}

/* A value and where it stands, for sorting. */
typedef struct ranked {
    double value;
    size_t at;
} ranked;

/* Highest first, NaN last; equal values in their order. */
static int compare_ranked(const void *left, const void *right) {
    const ranked *a = left, *b = right;
    double x = isnan(a->value) ? -INFINITY : a->value, y = isnan(b->value) ? -INFINITY : b->value;
    return x != y ? (x < y) - (x > y) : (a->at > b->at) - (a->at < b->at);
}

static void cost_row(lw_text *text, const lw_scores *scores, const ranked *cost, double highest) {
    const lw_class_scores *j = &scores->per_class[cost->at / scores->classes];
    const lw_class_scores *k = &scores->per_class[cost->at % scores->classes];
    lw_text label = {0};
    char value[32];
    lw_text_markup(&label, j->abbreviation);
    if (j == k) {
        lw_text_puts(&label, " missed");
    } else {
        lw_text_puts(&label, " called ");
        lw_text_markup(&label, k->abbreviation);
    }
    snprintf(value, sizeof value, "%.4f", cost->value);
    bar_row(text, label.failed ? "" : label.data, cost->value / highest, value, false);
    text->failed |= label.failed;
    lw_text_free(&label);
}

static void costs(lw_text *text, const lw_scores *scores) {
    size_t cells = scores->classes * scores->classes;
    ranked *order = lw_calloc(cells, sizeof *order);
    if (!order) {
        text->failed = true;
        return;
    }
    for (size_t i = 0; i < cells; i++)
        order[i] = (ranked){scores->confusion_cost[i], i};
    qsort(order, cells, sizeof *order, compare_ranked);
    if (cells && order[0].value > 0) {
        lw_text_puts(text, "<h3>Where the metric was lost: all entries together make up what is missing to 1</h3>\n"
                           "<div class=\"bars cost\">\n");
        for (size_t i = 0; i < cells && i < COSTS_SHOWN && order[i].value > 0; i++)
            cost_row(text, scores, &order[i], order[0].value);
        lw_text_puts(text, "</div>\n");
    }
    free(order);
}

void lw_page_classes(lw_text *text, const lw_scores *scores) {
    lw_text_puts(text, "<h3>By diagnosis</h3>\n<table>\n<tr><th>Class</th><th></th><th>Records</th><th>AUROC</th>"
                       "<th>AUPRC</th><th>F measure</th><th>Hits</th><th>False alarms</th><th>Misses</th></tr>\n");
    for (size_t k = 0; k < scores->classes; k++)
        class_row(text, &scores->per_class[k]);
    lw_text_puts(text, "</table>\n");
    costs(text, scores);
}

static void diagnosis_row(lw_text *text, const lw_page *page, size_t i) {
    lw_text label = {0};
    char value[32];
    lw_page_diagnosis_name(&label, lw_class_code(page->classes, i, 0));
    lw_text_puts(&label, " <span class=\"soft\">");
    lw_text_markup(&label, lw_class_abbreviation(page->classes, i));
    lw_text_puts(&label, "</span>");
    double probability = (double)page->probabilities[i];
    snprintf(value, sizeof value, "%.3f", probability);
    bar_row(text, label.failed ? "" : label.data, isfinite(probability) ? probability : 0, value,
            page->decisions && page->decisions[i]);
    text->failed |= label.failed;
    lw_text_free(&label);
}

void lw_page_diagnoses(lw_text *text, const lw_page *page) {
    size_t classes = lw_class_count(page->classes);
    ranked order[LW_CLASSES_MAX];
    for (size_t i = 0; i < classes; i++)
        order[i] = (ranked){(double)page->probabilities[i], i};
    qsort(order, classes, sizeof *order, compare_ranked);
    lw_text_puts(text, "<div class=\"bars\">\n");
    for (size_t i = 0; i < classes; i++)
        if (i < DIAGNOSES_SHOWN || (page->decisions && page->decisions[order[i].at]))
            diagnosis_row(text, page, order[i].at);
    lw_text_puts(text, "</div>\n");
}
