/* This file writes predictions as a table for people. */
#include "report/predictions.h"

#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "labels/labels.h"
#include "report/escape.h"

enum { RECORD_WIDTH = 20, DIAGNOSIS_WIDTH = 52 };

/* ---- Columns */

/** Append `string`, made visible, in exactly `width` columns and a blank; what is longer ends in an ellipsis. */
static void put_column(lw_text *text, const char *string, size_t width) {
    lw_text shown = {0};
    lw_text_visible(&shown, string);
    size_t used = 0, fits = 0, fitting = 0;
    const char *at = shown.failed ? "" : shown.data ? shown.data : "";
    for (size_t length, i = 0; at[i]; i += length) {
        length = lw_utf8_length(at + i);
        used += lw_utf8_columns(at + i, length);
        if (used < width)
            fits = i + length, fitting = used;
    }
    if (used > width) {
        lw_text_append(text, at, fits);
        lw_text_puts(text, "\xe2\x80\xa6");
        used = fitting + 1;
    } else {
        lw_text_puts(text, at);
    }
    lw_text_printf(text, "%*s ", (int)(width - used), "");
    text->failed |= shown.failed;
    lw_text_free(&shown);
}

void lw_predictions_table_header(lw_text *text) {
    put_column(text, "RECORD", RECORD_WIDTH);
    put_column(text, "DIAGNOSIS", DIAGNOSIS_WIDTH);
    lw_text_puts(text, "PROBABILITY THRESHOLD\n");
}

/* ---- Classes by their distance above the threshold */

typedef struct ranked {
    size_t class;
    double margin;
} ranked;

static int by_margin(const void *a, const void *b) {
    const ranked *one = a, *other = b;
    if (one->margin > other->margin || one->margin < other->margin)
        return one->margin > other->margin ? -1 : 1;
    return (one->class > other->class) - (one->class < other->class);
}

/** order[classes], free() it; NULL when out of memory. */
static ranked *rank(const lw_predictions_about *about, const lw_prediction *prediction) {
    const size_t count = lw_class_count(about->classes);
    ranked *order = lw_calloc(count, sizeof *order);
    for (size_t i = 0; order && i < count; i++)
        order[i] = (ranked){i, (double)prediction->probabilities[i] - (about->thresholds ? about->thresholds[i] : 0.0)};
    if (order)
        qsort(order, count, sizeof *order, by_margin);
    return order;
}

/* ---- Lines */

static void put_class(lw_text *text, const lw_predictions_about *about, const lw_prediction *prediction, size_t i,
                      const char *before) {
    const lw_diagnosis *known = lw_diagnosis_find(lw_class_code(about->classes, i, 0));
    lw_text name = {0};
    lw_text_printf(&name, "%s%s (%s)", before, known ? known->name : lw_class_code(about->classes, i, 0),
                   lw_class_abbreviation(about->classes, i));
    put_column(text, name.failed ? "" : name.data, DIAGNOSIS_WIDTH);
    lw_text_printf(text, "%-11.3f", (double)prediction->probabilities[i]);
    if (about->thresholds)
        lw_text_printf(text, " %.3f", about->thresholds[i]);
    text->failed |= name.failed;
    lw_text_free(&name);
}

/** The positive classes, and of the others the one that is nearest below its threshold. */
static void put_classes(lw_text *text, const lw_predictions_about *about, const lw_prediction *prediction) {
    const size_t count = lw_class_count(about->classes);
    ranked *order = rank(about, prediction);
    size_t positive_count = 0, nearest = count;
    text->failed |= !order;
    for (size_t i = 0; order && i < count; i++) {
        if (!prediction->decisions[order[i].class]) {
            nearest = nearest == count ? order[i].class : nearest;
            continue;
        }
        if (positive_count++ > 0)
            put_column(text, "", RECORD_WIDTH);
        put_class(text, about, prediction, order[i].class, "");
        lw_text_puts(text, order[i].margin < 0 ? " because no class is above\n" : "\n");
    }
    if (positive_count == 0)
        lw_text_puts(text, "none of the classes\n");
    if (nearest < count && about->thresholds) {
        put_column(text, "", RECORD_WIDTH);
        put_class(text, about, prediction, nearest, "nearest below: ");
        lw_text_puts(text, "\n");
    }
    free(order);
}

static void put_contradictions(lw_text *text, const lw_predictions_about *about, const lw_prediction *prediction) {
    const char *reason;
    for (size_t i = 0, a, b; (reason = lw_prediction_contradiction(about->classes, prediction, i, &a, &b)); i++) {
        put_column(text, "", RECORD_WIDTH);
        lw_text_puts(text, "! ");
        lw_text_visible(text, lw_class_abbreviation(about->classes, a));
        lw_text_puts(text, " and ");
        lw_text_visible(text, lw_class_abbreviation(about->classes, b));
        lw_text_printf(text, " exclude each other: %s\n", reason);
    }
}

/** Whether any lead is not as recorded. */
static bool leads_differ(const lw_predictions_about *about, const lw_prediction *prediction) {
    bool differ = prediction->unknown_lead_count > 0;
    for (size_t i = 0; about->leads && prediction->lead_flags && i < about->leads->count; i++)
        differ |= lw_prediction_lead_use(prediction, i) != LW_LEAD_USED;
    return differ;
}

/** "leads used I II; derived III; absent V1; unknown RESP", where not all are as recorded. */
static void put_leads(lw_text *text, const lw_predictions_about *about, const lw_prediction *prediction) {
    if (!leads_differ(about, prediction))
        return;
    put_column(text, "", RECORD_WIDTH);
    lw_text_puts(text, "leads");
    const char *before = " ";
    for (lw_lead_use use = LW_LEAD_USED; use < LW_LEAD_USE_COUNT && about->leads && prediction->lead_flags; use++) {
        bool begun = false;
        for (size_t i = 0; i < about->leads->count; i++)
            if (lw_prediction_lead_use(prediction, i) == use) {
                lw_text_printf(text, "%s%s %s", begun ? "" : before, begun ? "" : lw_lead_use_names[use],
                               about->leads->name[i]);
                begun = true;
            }
        before = begun ? "; " : before;
    }
    for (size_t i = 0; i < prediction->unknown_lead_count; i++) {
        lw_text_puts(text, i == 0 ? before : ",");
        lw_text_puts(text, i == 0 ? "unknown " : " ");
        lw_text_visible(text, prediction->unknown_leads[i]);
    }
    lw_text_puts(text, "\n");
}

/** "marks FLAT V1 V2, NOISE II" but for what is normal. */
static void put_marks(lw_text *text, const lw_prediction *prediction) {
    const lw_quality_finding *before = NULL;
    for (size_t i = 0; i < prediction->finding_count; i++) {
        const lw_quality_finding *finding = &prediction->findings[i];
        if (lw_quality_mark_is_normal(finding->mark))
            continue;
        if (!before)
            put_column(text, "", RECORD_WIDTH);
        if (!before || before->mark != finding->mark)
            lw_text_printf(text, "%s%s", before ? ", " : "marks ", lw_quality_mark_name(finding->mark));
        if (finding->lead) {
            lw_text_puts(text, " ");
            lw_text_visible(text, finding->lead);
        }
        before = finding;
    }
    if (before)
        lw_text_puts(text, "\n");
}

void lw_prediction_table(lw_text *text, const lw_predictions_about *about, const lw_prediction *prediction) {
    put_column(text, prediction->record, RECORD_WIDTH);
    if (prediction->status != LW_OK) {
        lw_text_printf(text, "rejected:%s ", lw_status_name(prediction->status));
        lw_text_visible(text, prediction->sentence ? prediction->sentence : "");
        lw_text_puts(text, "\n");
    } else {
        put_classes(text, about, prediction);
        put_contradictions(text, about, prediction);
        put_leads(text, about, prediction);
    }
    put_marks(text, prediction);
}
