/**
 * @file report.h
 * What people read: predictions as table, CSV, JSON lines or Challenge files; an ECG on paper; a run as one HTML page.
 */
#ifndef LEADWISE_REPORT_H
#define LEADWISE_REPORT_H

#include "leadwise/evaluate.h"
#include "leadwise/output.h"
#include "leadwise/predict.h"
#include "leadwise/record.h"
#include "leadwise/train.h"

#ifdef __cplusplus
extern "C" {
#endif

typedef enum lw_output_format {
    LW_OUTPUT_TABLE,
    LW_OUTPUT_CSV,
    LW_OUTPUT_JSONL,
    LW_OUTPUT_CHALLENGE,
    LW_OUTPUT_CSV_WINDOWS /**< CSV with a row a window, and where it begins in a column start_s behind the record */
} lw_output_format;

/** What predictions are of, so that they can be filed. All is borrowed; NULL: not known, but for `classes`. */
typedef struct lw_predictions_about {
    size_t size; /**< sizeof(lw_predictions_about) */
    const lw_class_list *classes;
    const double *thresholds; /**< [classes] */
    const lw_lead_set *leads; /**< of the network */
    const char *model_name, *model_version, *model_sha256;
    const char *program_version, *isa; /**< lw_version, and the instruction set's name */
} lw_predictions_about;

/**
 * Column line, or nothing where the format has none (JSONL, CHALLENGE).
 *
 * CSV: record,status,P_<abbr>...,Y_<abbr>...,model,version,warnings,quality,leads; probabilities as %.9g; status is "ok" or
 * "rejected:<status name>" with empty cells; model is its name and the first 12 digits of its SHA-256, version that of the
 * program, quality its marks as MARK:LEAD@FROM-TO with seconds. JSONL: an object a line of the schema leadwise.predict/1, which docs/predict.schema.json describes. TABLE: a
 * line for each diagnosis that is positive, the one furthest above its threshold first, and the one that is nearest
 * below; contradictions, leads that are not as recorded, and marks of quality.
 *
 * @return LW_OK, LW_ERR_ARGUMENT (size), LW_ERR_IO or LW_ERR_NO_MEMORY
 */
LW_CHECK_RESULT lw_status lw_predictions_begin(lw_output *output, lw_output_format format,
                                               const lw_predictions_about *about, lw_error *err);
/** One record; all but CHALLENGE. LW_OK, LW_ERR_ARGUMENT (CHALLENGE, size), LW_ERR_IO or LW_ERR_NO_MEMORY. */
LW_CHECK_RESULT lw_status lw_predictions_write(lw_output *output, lw_output_format format,
                                               const lw_predictions_about *about, const lw_prediction *prediction,
                                               lw_error *err);
/**
 * The Challenge's four-line file `folder`/<record>.csv: "#record", codes (a class's joined by '|'), decisions,
 * probabilities as %.9g. The folder exists.
 * @return LW_OK, LW_ERR_ARGUMENT (rejected prediction, or a record name that cannot name a file), LW_ERR_IO or
 *         LW_ERR_NO_MEMORY
 */
LW_CHECK_RESULT lw_status lw_prediction_write_challenge(const char *folder, const lw_class_list *classes,
                                                        const lw_prediction *prediction, lw_error *err);

/** Drawing of a recording on ECG paper. Zero-initialised: the defaults. */
typedef struct lw_paper_options {
    size_t size;                 /**< sizeof(lw_paper_options) */
    double start_s;              /**< what the sheet begins with; 10 s are drawn */
    double speed_mm_s;           /**< 25 */
    double gain_mm_mv;           /**< 10 */
    const char *rhythm_lead;     /**< of the strip below the 3 x 4 leads, one of the record's; "II" */
    const char *title;           /**< the record's name */
    const char *const *warnings; /**< [warning_count], borrowed, below the curves; NULL: those of the record */
    size_t warning_count;
    const lw_quality_finding *findings; /**< [finding_count], borrowed: marks beside the leads' names and below */
    size_t finding_count;
} lw_paper_options;

/**
 * The recording on a millimetre grid as an SVG document, sized in mm: 3 x 4 leads of 2.5 s, one after the other in
 * time, and a rhythm strip of 10 s; limb leads that are missing are derived from two others. Where the twelve cannot be
 * had, a row of 10 s for each lead. Each strip is drawn around its median; missing samples leave a gap. Warnings and
 * marks of quality that are not normal stand below the curves, and all of them in the document's <desc>.
 *
 * @param options  NULL: the defaults
 * @param svg      lw_string_free it; untouched on failure
 * @return LW_OK, LW_ERR_ARGUMENT (options out of range, no such lead, no signals) or LW_ERR_NO_MEMORY. Threads: safe.
 */
LW_CHECK_RESULT lw_status lw_paper_svg(const lw_record *record, const lw_paper_options *options, char **svg,
                                       lw_error *err);

/** One trained network in a page. */
typedef struct lw_page_run {
    const char *title;
    const lw_history_row *history; /**< [epoch_count], drawn as curves; may be NULL */
    size_t epoch_count;
    const lw_scores *scores; /**< on unseen records; may be NULL */
} lw_page_run;

/** What stands in a page. Zero-initialise, and set `size`. */
typedef struct lw_page {
    size_t size; /**< sizeof(lw_page) */
    const char *title;
    const char *subtitle;    /**< may be NULL */
    const lw_page_run *runs; /**< [run_count] */
    size_t run_count;
    const lw_record *record;      /**< drawn on paper; may be NULL */
    const lw_class_list *classes; /**< of the next two; may be NULL, as they */
    const float *probabilities;   /**< of `record` */
    const uint8_t *decisions;
    const char *const *warnings; /**< [warning_count] of `record`'s prediction; NULL: those of the record */
    size_t warning_count;
    const lw_quality_finding *findings; /**< [finding_count] of `record`'s prediction */
    size_t finding_count;
} lw_page;

/**
 * A self-contained HTML page (no script, no network): scores of all runs, the record with its diagnoses, warnings and
 * marks of quality, each run's training curves, scores by class and costliest confusions. Written atomically; all text is escaped.
 * @return LW_OK, LW_ERR_IO, LW_ERR_ARGUMENT (the size, or a record without signals) or LW_ERR_NO_MEMORY
 */
LW_CHECK_RESULT lw_status lw_page_write(const lw_page *page, const char *path, lw_error *err);

/**
 * An evaluation as a JSON object at full precision (%.17g), null where undefined: year, records, auroc, auprc,
 * accuracy, f_measure, f_beta_2, g_beta_2, challenge_metric, observed_score, correct_score, inactive_score, classes
 * (objects with name, abbreviation, positives, auroc, auprc, f_measure, tp, fp, fn, tn, sensitivity, specificity,
 * positive_predictive_value) and confusion_cost (rows). Where the evaluation has them: intervals (level, replicates,
 * and [low, high] by score), intervals in each
 * object of classes, and groups: an array by division ("source", "sex", "age") of objects with name, the scores above
 * from year to challenge_metric, and intervals. lw_string_free *json.
 * @return LW_OK or LW_ERR_NO_MEMORY
 */
LW_CHECK_RESULT lw_status lw_evaluation_json(const lw_evaluation *evaluation, char **json, lw_error *err);

/**
 * A model card's tables in Markdown under the heading `title`: the scores over all records, by class, and by each
 * division, with intervals where there are any. lw_string_free *markdown.
 * @return LW_OK or LW_ERR_NO_MEMORY
 */
LW_CHECK_RESULT lw_status lw_evaluation_card(const lw_evaluation *evaluation, const char *title, char **markdown,
                                             lw_error *err);

#ifdef __cplusplus
}
#endif
#endif
