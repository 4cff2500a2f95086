/* The tables and bars of a page: scores of all runs, scores by class, costly confusions, and diagnoses. */
#include <assert.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "labels/labels.h"
#include "report/escape.h"
#include "report/page_parts.h"

enum { COSTS_SHOWN = 10, DIAGNOSES_SHOWN = 12 };

/* "atrial fibrillation" for a code, or for codes joined by '|' the first one's; the text itself for unknown codes. */
static void put_diagnosis(lw_text *text, const char *codes) {
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

void lw_page_put_score(lw_text *text, double value) {
    if (isfinite(value))
        lw_text_printf(text, "<td>%.3f</td>", value);
    else
        lw_text_puts(text, "<td class=\"soft\">-</td>");
}

static void put_metered(lw_text *text, double value) {
    if (!isfinite(value)) {
        lw_page_put_score(text, value);
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
        lw_page_put(text, "<tr><td class=\"name\">", runs[i].title, "</td>");
        lw_text_printf(text, "<td><b class=\"score\">%.3f</b></td>", scores->challenge_metric);
        lw_page_put_score(text, scores->auroc);
        lw_page_put_score(text, scores->auprc);
        lw_page_put_score(text, scores->f_measure);
        lw_page_put_score(text, scores->accuracy);
        lw_text_printf(text, "<td>%zu</td></tr>\n", scores->record_count);
    }
    lw_text_puts(text, "</table>\n<p class=\"soft\">The metric of the Challenge is 1 when every diagnosis is right, "
                       "and 0 for calling every record sinus rhythm.</p>\n</section>\n");
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

/* One row of a bar list begins with its label; whoever begins it appends that. */
static void begin_bar(lw_text *text, bool marked) {
    lw_text_printf(text, "<div class=\"row%s\"><span class=\"label\">", marked ? " yes" : "");
}

/* A bar of `share` of its track, and the number beside it. */
static void end_bar(lw_text *text, double share, int digits, double value) {
    lw_text_printf(text,
                   "</span><span class=\"track\"><i style=\"width:%.1f%%\"></i></span><span class=\"value\">%.*f</span>"
                   "</div>\n",
                   100 * fmax(0, fmin(1, share)), digits, value);
}

static void put_costs(lw_text *text, const lw_scores *scores) {
    const size_t classes = scores->class_count, cells = classes * classes;
    ranked *order = lw_calloc(cells, sizeof *order);
    if (!order) {
        text->failed = true;
        return;
    }
    for (size_t i = 0; i < cells; i++)
        order[i] = (ranked){scores->confusion_cost[i], i};
    qsort(order, cells, sizeof *order, compare_ranked);
    if (cells && order[0].value > 0)
        lw_text_puts(text, "<h3>Where the metric was lost: all entries together make up what is missing to 1</h3>\n"
                           "<div class=\"bars cost\">\n");
    for (size_t i = 0; i < cells && i < COSTS_SHOWN && order[i].value > 0; i++) {
        const size_t true_class = order[i].at / classes, decided = order[i].at % classes;
        begin_bar(text, false);
        lw_text_markup(text, scores->per_class[true_class].abbreviation);
        lw_text_puts(text, true_class == decided ? " missed" : " called ");
        if (true_class != decided)
            lw_text_markup(text, scores->per_class[decided].abbreviation);
        end_bar(text, order[i].value / order[0].value, 4, order[i].value);
    }
    if (cells && order[0].value > 0)
        lw_text_puts(text, "</div>\n");
    free(order);
}

void lw_page_classes(lw_text *text, const lw_scores *scores) {
    lw_text_puts(text, "<h3>By diagnosis</h3>\n<table>\n<tr><th>Class</th><th></th><th>Records</th><th>AUROC</th>"
                       "<th>AUPRC</th><th>F measure</th><th>Hits</th><th>False alarms</th><th>Misses</th></tr>\n");
    for (size_t k = 0; k < scores->class_count; k++) {
        const lw_class_scores *one = &scores->per_class[k];
        lw_page_put(text, "<tr><td>", one->abbreviation, "</td><td class=\"name\">");
        put_diagnosis(text, one->name);
        lw_text_printf(text, "</td><td>%zu</td>", one->positive_count);
        put_metered(text, one->auroc);
        put_metered(text, one->auprc);
        lw_page_put_score(text, one->f_measure);
        lw_text_printf(text, "<td>%zu</td><td>%zu</td><td>%zu</td></tr>\n", one->true_positive_count,
                       one->false_positive_count, one->false_negative_count);
    }
    lw_text_puts(text, "</table>\n");
    put_costs(text, scores);
}

/** Diagnoses made that exclude each other within a recording of some seconds. */
static void put_contradictions(lw_text *text, const lw_page *page) {
    const size_t classes = page->decisions ? lw_class_count(page->classes) : 0;
    for (size_t i = 0; i < classes; i++)
        for (size_t k = i + 1; k < classes; k++) {
            const bool both = page->decisions[i] && page->decisions[k];
            const char *reason = both ? lw_classes_exclude(page->classes, i, k) : NULL;
            if (!reason)
                continue;
            lw_page_put(text, "<p>", lw_class_abbreviation(page->classes, i), " contradicts ");
            lw_page_put(text, "", lw_class_abbreviation(page->classes, k), ": ");
            lw_page_put(text, "", reason, "</p>\n");
        }
}

void lw_page_diagnoses(lw_text *text, const lw_page *page) {
    const size_t classes = lw_class_count(page->classes);
    ranked order[LW_CLASSES_MAX];
    assert(classes <= LW_CLASSES_MAX);
    for (size_t i = 0; i < classes; i++)
        order[i] = (ranked){(double)page->probabilities[i], i};
    qsort(order, classes, sizeof *order, compare_ranked);
    lw_text_puts(text, "<div class=\"bars\">\n");
    for (size_t i = 0; i < classes; i++) {
        const size_t k = order[i].at;
        const bool positive = page->decisions && page->decisions[k];
        if (i >= DIAGNOSES_SHOWN && !positive)
            continue;
        begin_bar(text, positive);
        put_diagnosis(text, lw_class_code(page->classes, k, 0));
        lw_page_put(text, " <span class=\"soft\">", lw_class_abbreviation(page->classes, k), "</span>");
        end_bar(text, isfinite(order[i].value) ? order[i].value : 0, 3, order[i].value);
    }
    lw_text_puts(text, "</div>\n");
    put_contradictions(text, page);
}
