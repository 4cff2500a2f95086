/* This file writes a prediction as a line of CSV. */
#include "report/predictions.h"

#include <string.h>

/** The columns behind those of the classes. */
static const char further_columns[] = ",model,version,warnings,quality,leads\n";

void lw_predictions_csv_header(lw_text *text, const lw_class_list *classes, bool windows) {
    static const char *const prefixes[] = {"P_", "Y_"};
    lw_text_puts(text, windows ? "record,start_s,status" : "record,status");
    for (size_t p = 0; p < 2; p++)
        for (size_t i = 0; i < lw_class_count(classes); i++) {
            lw_text name = {0};
            lw_text_puts(&name, prefixes[p]);
            lw_text_puts(&name, lw_class_abbreviation(classes, i));
            lw_text_puts(text, ",");
            lw_text_csv(text, name.failed ? "" : name.data);
            text->failed |= name.failed;
            lw_text_free(&name);
        }
    lw_text_puts(text, further_columns);
}

/** A comma and `cell`, which is freed. */
static void put_cell(lw_text *text, lw_text *cell) {
    lw_text_puts(text, ",");
    if (cell->length > 0 && !cell->failed)
        lw_text_csv(text, cell->data);
    text->failed |= cell->failed;
    lw_text_free(cell);
}

/** "NAME sha256:0123456789ab" */
static void put_model(lw_text *text, const lw_predictions_about *about) {
    lw_text cell = {0};
    lw_text_puts(&cell, about->model_name ? about->model_name : "");
    if (about->model_sha256)
        lw_text_printf(&cell, "%ssha256:%.12s", cell.length > 0 ? " " : "", about->model_sha256);
    put_cell(text, &cell);
}

static void put_warnings(lw_text *text, const lw_prediction *prediction) {
    lw_text cell = {0};
    for (size_t i = 0; i < prediction->warning_count; i++)
        lw_text_printf(&cell, "%s%s", i > 0 ? "; " : "", prediction->warnings[i]);
    put_cell(text, &cell);
}

/** "FLAT:V1@0-10 SHORT@0-3.2": a mark, its lead, and the seconds that it is of. */
static void put_quality(lw_text *text, const lw_prediction *prediction) {
    lw_text cell = {0};
    for (size_t i = 0; i < prediction->finding_count; i++) {
        const lw_quality_finding *finding = &prediction->findings[i];
        lw_text_printf(&cell, "%s%s%s%s@%.4g-%.4g", i > 0 ? " " : "", lw_quality_mark_name(finding->mark),
                       finding->lead ? ":" : "", finding->lead ? finding->lead : "", finding->begin_s, finding->end_s);
    }
    put_cell(text, &cell);
}

static void put_names(lw_text *cell, const char *use, const char *name, bool *begun) {
    if (!*begun)
        lw_text_printf(cell, "%s%s:", cell->length > 0 ? " " : "", use);
    lw_text_printf(cell, "%s%s", *begun ? "|" : "", name);
    *begun = true;
}

/** "used:I|II derived:III absent:V1 unknown:RESP" */
static void put_leads(lw_text *text, const lw_predictions_about *about, const lw_prediction *prediction) {
    lw_text cell = {0};
    for (lw_lead_use use = LW_LEAD_USED; use < LW_LEAD_USE_COUNT && about->leads && prediction->lead_flags; use++) {
        bool begun = false;
        for (size_t i = 0; i < about->leads->count; i++)
            if (lw_prediction_lead_use(prediction, i) == use)
                put_names(&cell, lw_lead_use_names[use], about->leads->name[i], &begun);
    }
    bool begun = false;
    for (size_t i = 0; i < prediction->unknown_lead_count; i++)
        put_names(&cell, "unknown", prediction->unknown_leads[i], &begun);
    put_cell(text, &cell);
}

static void put_classes(lw_text *text, size_t count, const lw_prediction *prediction) {
    if (prediction->status != LW_OK) {
        lw_text_printf(text, ",rejected:%s", lw_status_name(prediction->status));
        for (size_t i = 0; i < 2 * count; i++)
            lw_text_puts(text, ",");
        return;
    }
    lw_text_puts(text, ",ok");
    for (size_t i = 0; i < count; i++)
        lw_text_printf(text, ",%.9g", (double)prediction->probabilities[i]);
    for (size_t i = 0; i < count; i++)
        lw_text_puts(text, prediction->decisions[i] ? ",1" : ",0");
}

void lw_prediction_csv(lw_text *text, const lw_predictions_about *about, const lw_prediction *prediction,
                       bool windows) {
    lw_text_csv(text, prediction->record);
    if (windows)
        lw_text_puts(text, ",");
    if (windows && prediction->is_window)
        lw_text_printf(text, "%.9g", prediction->start_s);
    put_classes(text, lw_class_count(about->classes), prediction);
    put_model(text, about);
    lw_text_printf(text, ",%s", about->program_version ? about->program_version : "");
    put_warnings(text, prediction);
    put_quality(text, prediction);
    put_leads(text, about, prediction);
    lw_text_puts(text, "\n");
}
