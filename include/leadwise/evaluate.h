/**
 * @file evaluate.h
 * The official scores of the PhysioNet/Computing in Cardiology Challenges 2020 and 2021, and thresholds that raise
 * them.
 *
 * Source: physionetchallenges/evaluation-2020 and evaluation-2021; Perez Alday et al., Physiol. Meas. 41:124003, 2020.
 */
#ifndef LEADWISE_EVALUATE_H
#define LEADWISE_EVALUATE_H

#include "leadwise/dataset.h"
#include "leadwise/model.h"

#ifdef __cplusplus
extern "C" {
#endif

/** Scores of one class; NaN where undefined (no positive, or no negative, record). */
typedef struct lw_class_scores {
    char name[160]; /**< codes joined by '|', the one that the 2020 scorer prints first */
    char abbreviation[64];
    size_t positive_count;
    size_t true_positive_count, false_positive_count, false_negative_count, true_negative_count;
    double auroc, auprc, f_measure;
    double sensitivity;               /**< share of the positive records that were called so */
    double specificity;               /**< share of the others that were not */
    double positive_predictive_value; /**< share of those called positive that are */
} lw_class_scores;

/** The scores that every set of records has. */
typedef enum lw_measure {
    LW_CHALLENGE_METRIC,
    LW_AUROC,
    LW_AUPRC,
    LW_ACCURACY,
    LW_F_MEASURE,
    LW_F_BETA_2, /**< of 2020 only, as the next */
    LW_G_BETA_2,
    LW_MEASURE_COUNT
} lw_measure;

/** As results and the options of the program name it: "challenge_metric". */
const char *lw_measure_name(lw_measure measure);

/** Those scores; NaN where undefined. */
typedef struct lw_measures {
    double value[LW_MEASURE_COUNT];
} lw_measures;

/** All scores of a set of records. f_beta_2 and g_beta_2 are NaN for 2021. */
typedef struct lw_scores {
    int year;
    size_t record_count, class_count;
    double auroc, auprc, accuracy, f_measure, f_beta_2, g_beta_2, challenge_metric;
    double observed_score, correct_score, inactive_score;
    lw_class_scores *per_class; /**< [class_count] */
    /**
     * [class_count][class_count]: where the metric was lost. [j][k]: records of class j were also, or instead, called k;
     * [k][k]: class k was missed. The entries sum to 1 - challenge_metric; where every answer scores the same (metric 0
     * by definition) they are all 0.
     *
     * A record with labels x and outputs y, u = |x or y| and rewards W adds, over correct - inactive,
     * W[j][k] / u to [k][k] for j in x, k in x without y, and (c[j] - W[j][k]) / u to [j][k] for j in x, k in y
     * without x, where c[j] is the mean of W[j][.] over x.
     */
    double *confusion_cost;
} lw_scores;

void lw_scores_free(lw_scores *scores);
/** The overall scores among them. */
lw_measures lw_measures_of(const lw_scores *scores);

/**
 * Score decisions and probabilities held in memory.
 *
 * @param classes      of the columns; equal codes are joined as the official scorer does (OR of decisions, mean of
 *                     probabilities). Codes that the year does not score are left out; scored ones
 *                     without a column are negative
 * @param labels       [records][classes] 0 or 1
 * @param decisions    [records][classes] 0 or 1
 * @param probabilities [records][classes]
 * @return LW_OK, LW_ERR_ARGUMENT or LW_ERR_NO_MEMORY
 * Threads: safe. Equal to the official scorers to 1e-12.
 */
LW_CHECK_RESULT lw_status lw_evaluate(int year, const lw_class_list *classes, size_t records, const uint8_t *labels,
                                      const uint8_t *decisions, const double *probabilities, lw_scores *out,
                                      lw_error *err);

/** Ends of a 95 % interval; both NaN where the score is undefined in every replicate. */
typedef struct lw_interval {
    double low, high;
} lw_interval;

/** Of the scores of a set of records. */
typedef struct lw_intervals {
    lw_interval challenge_metric, auroc, auprc, accuracy, f_measure;
} lw_intervals;

/** Of the scores of one class. */
typedef struct lw_class_intervals {
    lw_interval auroc, auprc, f_measure;
} lw_class_intervals;

/** What records can be divided by; as bits, what they are divided by in turn. */
typedef enum lw_division {
    LW_BY_SOURCE = 1, /**< the folder that a record lies in, or a prepared file's source */
    LW_BY_SEX = 2,    /**< female, male, unknown */
    LW_BY_AGE = 4     /**< <40, 40-59, 60-79, >=80, unknown: years reached */
} lw_division;

/** "source", "sex" or "age". */
const char *lw_division_name(lw_division by);

/** Scores of the records of one group. */
typedef struct lw_group_scores {
    lw_division by;
    char name[256]; /**< the source, or as in lw_division */
    lw_scores scores;
    lw_intervals intervals; /**< meaningless without replicates */
} lw_group_scores;

/** Scores with what a reader needs to judge them. Zero-initialise; lw_evaluation_free it. */
typedef struct lw_evaluation {
    lw_scores scores;
    size_t replicate_count; /**< of the bootstrap; 0: there are no intervals */
    lw_intervals intervals;
    lw_class_intervals *class_intervals; /**< [scores.class_count], NULL without replicates */
    lw_group_scores *groups;             /**< [group_count], division after division, none empty */
    size_t group_count;
} lw_evaluation;

void lw_evaluation_free(lw_evaluation *evaluation);

/** Called for each oddity in a file that is read all the same ("T00005.csv:3: ..."). */
typedef void lw_note_fn(void *context, const char *sentence);

/** How lw_evaluate_folders scores. Zero but for `size`: scores alone, as in 2021. */
typedef struct lw_evaluate_options {
    size_t size;            /**< sizeof(lw_evaluate_options) */
    int year;               /**< 2020 or 2021; 0: 2021 */
    bool official;          /**< read label and output files exactly as the official scripts do, their slips included */
    const char *weights;    /**< a reward matrix in the Challenge's CSV format, NULL: the year's own */
    unsigned by;            /**< OR of lw_division: each divides all records */
    size_t replicate_count; /**< samples of the records, with replacement, behind the intervals; 0: none */
    uint64_t seed;          /**< of those samples; the result does not depend on `threads` */
    int threads;            /**< 0: all cores */
    lw_note_fn *note;       /**< called for each oddity, from this thread; may be NULL */
    void *context;          /**< of `note` */
} lw_evaluate_options;

/**
 * Score a folder of Challenge output files (four lines: #record, codes, 0/1, scores) by the labels of its records.
 *
 * Records are paired by name; each must have one label file and one output file. Both header dialects ("#Dx:" and
 * "# Dx:") are read. With options->official, the label folder is not searched below, its labels.csv is ignored, output
 * files without a label file are too, and what the scripts silently misread is misread; what stops them is
 * LW_ERR_FORMAT.
 *
 * A group's intervals are of samples of its own records. Age and sex are those of the headers (unknown where a header
 * cannot be read as a recording's) or of the prepared file.
 *
 *     lw_evaluate_options options = {.size = sizeof options, .by = LW_BY_SEX, .replicates = 1000};
 *     lw_evaluation evaluation = {0};
 *     status = lw_evaluate_folders("recordings", "outputs", &options, &evaluation, &err);
 *
 * @param labels   folder of headers with Dx, searched below too (a labels.csv in a folder overrides its headers), or a
 *                 prepared file
 * @param options  NULL: the defaults
 * @param out      lw_evaluation_free it
 * @return LW_OK, LW_ERR_IO, LW_ERR_FORMAT (file and line, or record, named), LW_ERR_MODEL (damaged prepared file),
 *         LW_ERR_ARGUMENT or LW_ERR_NO_MEMORY
 */
LW_CHECK_RESULT lw_status lw_evaluate_folders(const char *labels, const char *output_folder,
                                              const lw_evaluate_options *options, lw_evaluation *out, lw_error *err);

typedef struct lw_calibrate_options {
    size_t size;          /**< sizeof(lw_calibrate_options) */
    int year;             /**< of the Challenge metric: 2020 or 2021; 0: 2021 */
    const char *weights;  /**< a reward matrix in the Challenge's CSV format, NULL: the year's own */
    const char *fallback; /**< SNOMED code; "": none; NULL: keep the model's */
    bool temperature;     /**< choose the model's temperature too, before the thresholds */
    int threads;          /**< 0: all cores; the result does not depend on it */
    size_t memory_bytes;  /**< of the network at most, slower and rounded otherwise; 0: no limit */
    lw_tuning tuning;     /**< what is forced upon the kernels; zeros: nothing */
} lw_calibrate_options;

/** Challenge metric of a model's decisions on the data that it was calibrated on: an optimistic figure. */
typedef struct lw_calibration {
    size_t record_count;  /**< that it was chosen on */
    double metric_before; /**< of the model as it was; on windows: of its thresholds, pooled and tempered anew */
    double common_threshold, metric_common; /**< the best threshold that all classes share */
    double metric_after;                    /**< with each class its own */
    double temperature;                     /**< of the model now */
    /**
     * Expected calibration error (15 bins of equal width for each class, averaged over the classes) and Brier score
     * (mean over records and classes), at the temperature before and now.
     */
    double ece_before, ece_after, brier_before, brier_after;
} lw_calibration;

/**
 * Give `model` the temperature, where asked for, that minimises the binary cross-entropy of its probabilities on
 * `dataset`; then the thresholds that maximise the Challenge metric on `dataset`: first the best one for all classes,
 * then class by class until nothing gains. A class whose threshold does not matter keeps the common one.
 * @return LW_OK, LW_ERR_ARGUMENT, LW_ERR_MISMATCH (preprocessing or classes are not the model's, or one of its
 *         leads is not there), LW_ERR_FORMAT (weights), LW_ERR_NOT_FINITE (a sample), LW_ERR_IO or LW_ERR_NO_MEMORY;
 * the model is then as before
 */
LW_CHECK_RESULT lw_status lw_calibrate(lw_model *model, const lw_dataset *dataset, const lw_calibrate_options *options,
                                       lw_calibration *out, lw_error *err);

/**
 * The same on all windows, one every `step_s` seconds, of the recordings of `list`, for predictions that pool them: the
 * temperature on the windows, how each class is pooled (mean or largest, whichever has the higher AUROC), then the
 * thresholds on the pooled probabilities. Recordings that cannot be used are left out.
 * @return LW_OK, LW_ERR_ARGUMENT, LW_ERR_NO_SIGNAL (no recording can be used), LW_ERR_FORMAT (weights), LW_ERR_IO or
 *         LW_ERR_NO_MEMORY; the model is then as before
 */
LW_CHECK_RESULT lw_status lw_calibrate_windows(lw_model *model, const lw_record_list *list,
                                               const lw_record_options *record, double step_s,
                                               const lw_calibrate_options *options, lw_calibration *out, lw_error *err);

#ifdef __cplusplus
}
#endif
#endif
