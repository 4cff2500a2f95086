/**
 * @file predictions.h
 * The forms of a prediction, each in a file: a line of CSV, of JSON, and lines of a table.
 */
#ifndef LW_REPORT_PREDICTIONS_H
#define LW_REPORT_PREDICTIONS_H

#include "base/text.h"
#include "leadwise/report.h"

/** How the network got a lead. */
typedef enum lw_lead_use { LW_LEAD_USED, LW_LEAD_USE_DERIVED, LW_LEAD_USE_ABSENT, LW_LEAD_USE_COUNT } lw_lead_use;
/** "used", "derived", "absent" */
extern const char *const lw_lead_use_names[LW_LEAD_USE_COUNT];
lw_lead_use lw_prediction_lead_use(const lw_prediction *prediction, size_t lead);

/** The i-th contradiction among the positive classes: classes *a < *b. @return the reason, or NULL past the last */
const char *lw_prediction_contradiction(const lw_class_list *classes, const lw_prediction *prediction, size_t i,
                                        size_t *a, size_t *b);

/** Whether a mark says nothing against a recording: its leads are derived, its rate is another. */
static inline bool lw_quality_mark_is_normal(lw_quality_mark mark) {
    return mark == LW_QUALITY_DERIVED || mark == LW_QUALITY_RESAMPLED;
}

void lw_predictions_csv_header(lw_text *text, const lw_class_list *classes, bool windows);
void lw_prediction_csv(lw_text *text, const lw_predictions_about *about, const lw_prediction *prediction, bool windows);

void lw_predictions_table_header(lw_text *text);
void lw_prediction_table(lw_text *text, const lw_predictions_about *about, const lw_prediction *prediction);

/** One object and a newline. Source: docs/predict.schema.json. */
void lw_prediction_json(lw_text *text, const lw_predictions_about *about, const lw_prediction *prediction);

#endif
