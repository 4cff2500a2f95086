/* The Challenge metric and the measures beside it, on classes in the order of the reward matrix. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "base/memory.h"
#include "evaluate/scoring.h"
#include "labels/labels.h"

void lw_scores_free(lw_scores *scores) {
    if (!scores)
        return;
    free(scores->per_class);
    free(scores->confusion_cost);
    *scores = (lw_scores){0};
}

const char *lw_measure_name(lw_measure measure) {
    static const char *const names[LW_MEASURE_COUNT] = {"challenge_metric", "auroc",    "auprc",   "accuracy",
                                                        "f_measure",        "f_beta_2", "g_beta_2"};
    return names[measure];
}

lw_measures lw_measures_of(const lw_scores *s) {
    return (lw_measures){
        {s->challenge_metric, s->auroc, s->auprc, s->accuracy, s->f_measure, s->f_beta_2, s->g_beta_2}};
}

void lw_evaluation_free(lw_evaluation *evaluation) {
    if (!evaluation)
        return;
    for (size_t i = 0; i < evaluation->group_count; i++)
        lw_scores_free(&evaluation->groups[i].scores);
    lw_scores_free(&evaluation->scores);
    free(evaluation->class_intervals);
    free(evaluation->groups);
    *evaluation = (lw_evaluation){0};
}

/* ---- Curves */

static int compare_descending(const void *left, const void *right) {
    double a = ((const lw_curve_point *)left)->score, b = ((const lw_curve_point *)right)->score;
    return (a < b) - (a > b);
}

void lw_curve_areas(lw_curve_point *points, size_t count, double *auroc, double *auprc) {
    qsort(points, count, sizeof *points, compare_descending);
    size_t positives = 0;
    for (size_t i = 0; i < count; i++)
        positives += points[i].positive;
    size_t negatives = count - positives;

    double roc = 0, prc = 0, last_tpr = 0, last_tnr = 1;
    size_t tp = 0, fp = 0;
    for (size_t i = 0; i < count;) {
        /* Records of equal score pass the threshold together: one step of the curve. */
        for (double score = points[i].score; i < count && points[i].score >= score; i++) {
            tp += points[i].positive;
            fp += 1U - points[i].positive;
        }
        double tpr = (double)tp / (double)positives;
        double tnr = (double)(negatives - fp) / (double)negatives;
        roc += 0.5 * (tpr - last_tpr) * (tnr + last_tnr);
        prc += (tpr - last_tpr) * ((double)tp / (double)(tp + fp));
        last_tpr = tpr;
        last_tnr = tnr;
    }
    *auroc = positives && negatives ? roc : NAN;
    *auprc = positives ? prc : NAN;
}

/* ---- The Challenge metric */

/* The classes of one record's row that are positive. */
typedef struct class_set {
    size_t count;
    size_t at[LW_CLASSES_MAX];
} class_set;

static void class_set_of(const uint8_t *row, size_t classes, class_set *set) {
    set->count = 0;
    for (size_t j = 0; j < classes; j++)
        if (row[j])
            set->at[set->count++] = j;
}

/* counts[j][k] += 1 / max(|labels or outputs|, 1) for every label j and output k. */
static void add_credit(double *counts, size_t classes, const class_set *labels, const class_set *outputs,
                       size_t either) {
    double share = 1.0 / (double)(either ? either : 1);
    for (size_t a = 0; a < labels->count; a++)
        for (size_t b = 0; b < outputs->count; b++)
            counts[labels->at[a] * classes + outputs->at[b]] += share;
}

/*
 * Splits one record's correct - observed credit. With labels x, outputs y, u = |x or y| and c[j] the mean of W[j][k]
 * over the k in x (the reward of label j when all is right), and because u = |x| + |y without x|,
 *
 *     correct - observed = 1/u * ( sum of W[j][k] over j in x, k in x without y     missed k    -> lost[k][k]
 *                                + sum of c[j] - W[j][k] over j in x, k in y without x  called k -> lost[j][k] ).
 */
static void add_lost(double *lost, const lw_scoring *scoring, const class_set *labels, const class_set *outputs,
                     const uint8_t *label_row, const uint8_t *output_row, size_t either) {
    size_t classes = lw_class_count(scoring->classes);
    for (size_t a = 0; a < labels->count; a++) {
        size_t j = labels->at[a];
        const double *reward = scoring->rewards + j * classes;
        double whole = 0;
        for (size_t b = 0; b < labels->count; b++) {
            size_t k = labels->at[b];
            whole += reward[k] / (double)labels->count;
            if (!output_row[k])
                lost[k * classes + k] += reward[k] / (double)either;
        }
        for (size_t b = 0; b < outputs->count; b++)
            if (!label_row[outputs->at[b]])
                lost[j * classes + outputs->at[b]] += (whole - reward[outputs->at[b]]) / (double)either;
    }
}

/* Adds one record to the counts of observed, correct and inactive, each [classes][classes], and to what is lost. */
static void add_record(double *counts, double *lost, const lw_scoring *scoring, const uint8_t *label_row,
                       const uint8_t *output_row) {
    size_t classes = lw_class_count(scoring->classes), cells = classes * classes;
    class_set labels, outputs, normal = {1, {scoring->normal}};
    class_set_of(label_row, classes, &labels);
    class_set_of(output_row, classes, &outputs);
    size_t either = labels.count;
    for (size_t b = 0; b < outputs.count; b++)
        either += !label_row[outputs.at[b]];
    add_credit(counts, classes, &labels, &outputs, either);
    add_credit(counts + cells, classes, &labels, &labels, labels.count);
    add_credit(counts + 2 * cells, classes, &labels, &normal, labels.count + !label_row[scoring->normal]);
    add_lost(lost, scoring, &labels, &outputs, label_row, output_row, either);
}

static double rewarded(const double *rewards, const double *counts, size_t cells) {
    double sum = 0;
    for (size_t i = 0; i < cells; i++)
        sum += rewards[i] * counts[i];
    return sum;
}

static lw_status score_challenge_metric(const lw_scoring *scoring, const lw_answers *answers, lw_scores *out,
                                        lw_error *err) {
    size_t classes = answers->classes, cells = classes * classes;
    double *counts = lw_calloc(3 * cells, sizeof *counts);
    if (!counts)
        return lw_fail_no_memory(err, "the confusions");
    for (size_t r = 0; r < answers->records; r++)
        add_record(counts, out->confusion_cost, scoring, answers->labels + r * classes,
                   answers->decisions + r * classes);
    out->observed_score = rewarded(scoring->rewards, counts, cells);
    out->correct_score = rewarded(scoring->rewards, counts + cells, cells);
    out->inactive_score = rewarded(scoring->rewards, counts + 2 * cells, cells);
    free(counts);

    double range = out->correct_score - out->inactive_score;
    out->challenge_metric = range != 0 ? (out->observed_score - out->inactive_score) / range : 0;
    for (size_t i = 0; i < cells; i++)
        out->confusion_cost[i] = range != 0 ? out->confusion_cost[i] / range : 0;
    return LW_OK;
}

/* ---- Measures by class */

/* A mean that leaves out what is undefined; NaN when nothing is defined. */
typedef struct mean {
    double sum;
    size_t count;
} mean;

static void mean_add(mean *values, double value) {
    if (isnan(value))
        return;
    values->sum += value;
    values->count++;
}

static double mean_of(const mean *values) { return values->count ? values->sum / (double)values->count : NAN; }

static double ratio(double numerator, double denominator) { return denominator != 0 ? numerator / denominator : NAN; }

static void score_class(const lw_answers *answers, size_t k, lw_curve_point *points, lw_class_scores *out) {
    for (size_t r = 0; r < answers->records; r++) {
        size_t cell = r * answers->classes + k;
        bool label = answers->labels[cell], called = answers->decisions[cell];
        points[r] = (lw_curve_point){answers->scores[cell], label};
        out->true_positive_count += label && called;
        out->false_positive_count += !label && called;
        out->false_negative_count += label && !called;
        out->true_negative_count += !label && !called;
    }
    out->positive_count = out->true_positive_count + out->false_negative_count;
    double hits = 2 * (double)out->true_positive_count;
    out->f_measure = ratio(hits, hits + (double)(out->false_positive_count + out->false_negative_count));
    out->sensitivity = ratio((double)out->true_positive_count, (double)out->positive_count);
    out->specificity =
        ratio((double)out->true_negative_count, (double)(out->true_negative_count + out->false_positive_count));
    out->positive_predictive_value =
        ratio((double)out->true_positive_count, (double)(out->true_positive_count + out->false_positive_count));
    lw_curve_areas(points, answers->records, &out->auroc, &out->auprc);
}

static lw_status score_classes(const lw_answers *answers, lw_scores *out, lw_error *err) {
    lw_curve_point *points = lw_calloc(answers->records, sizeof *points);
    if (!points)
        return lw_fail_no_memory(err, "the curves");
    mean auroc = {0}, auprc = {0}, f_measure = {0};
    for (size_t k = 0; k < answers->classes; k++) {
        score_class(answers, k, points, &out->per_class[k]);
        mean_add(&auroc, out->per_class[k].auroc);
        mean_add(&auprc, out->per_class[k].auprc);
        mean_add(&f_measure, out->per_class[k].f_measure);
    }
    free(points);
    out->auroc = mean_of(&auroc);
    out->auprc = mean_of(&auprc);
    out->f_measure = mean_of(&f_measure);
    return LW_OK;
}

/* F2 and G2 of 2020: a record counts 1 / max(its labels, 1). */
static void score_beta(const lw_answers *answers, lw_scores *out) {
    double tp[LW_CLASSES_MAX] = {0}, fp[LW_CLASSES_MAX] = {0}, fn[LW_CLASSES_MAX] = {0};
    for (size_t r = 0; r < answers->records; r++) {
        const uint8_t *labels = answers->labels + r * answers->classes;
        const uint8_t *decisions = answers->decisions + r * answers->classes;
        size_t count = 0;
        for (size_t k = 0; k < answers->classes; k++)
            count += labels[k];
        double share = 1.0 / (double)(count ? count : 1);
        for (size_t k = 0; k < answers->classes; k++) {
            tp[k] += labels[k] && decisions[k] ? share : 0;
            fp[k] += !labels[k] && decisions[k] ? share : 0;
            fn[k] += labels[k] && !decisions[k] ? share : 0;
        }
    }
    mean f_beta = {0}, g_beta = {0};
    for (size_t k = 0; k < answers->classes; k++) {
        mean_add(&f_beta, ratio(5 * tp[k], 5 * tp[k] + fp[k] + 4 * fn[k]));
        mean_add(&g_beta, ratio(tp[k], tp[k] + fp[k] + 2 * fn[k]));
    }
    out->f_beta_2 = mean_of(&f_beta);
    out->g_beta_2 = mean_of(&g_beta);
}

lw_status lw_score(const lw_scoring *scoring, const lw_answers *answers, lw_scores *out, lw_error *err) {
    size_t classes = answers->classes;
    lw_scores scores = {.year = scoring->year, .record_count = answers->records, .class_count = classes};
    scores.per_class = lw_calloc(classes, sizeof *scores.per_class);
    scores.confusion_cost = lw_calloc(classes * classes, sizeof *scores.confusion_cost);
    lw_status status = LW_OK;
    if (!scores.per_class || !scores.confusion_cost)
        status = lw_fail_no_memory(err, "the scores");
    if (status == LW_OK)
        status = score_classes(answers, &scores, err);
    if (status == LW_OK)
        status = score_challenge_metric(scoring, answers, &scores, err);
    if (status != LW_OK) {
        lw_scores_free(&scores);
        return status;
    }
    for (size_t k = 0; k < classes; k++) {
        lw_class_name(scoring->classes, k, scores.per_class[k].name, sizeof scores.per_class[k].name);
        snprintf(scores.per_class[k].abbreviation, sizeof scores.per_class[k].abbreviation, "%s",
                 lw_class_abbreviation(scoring->classes, k));
    }
    size_t right = 0;
    for (size_t r = 0; r < answers->records; r++)
        right += memcmp(answers->labels + r * classes, answers->decisions + r * classes, classes) == 0;
    scores.accuracy = (double)right / (double)answers->records;
    scores.f_beta_2 = scores.g_beta_2 = NAN;
    if (scoring->year == 2020)
        score_beta(answers, &scores);
    *out = scores;
    return LW_OK;
}
