/* The scores of a cross-validation, and results.json that holds them. */
#include "lab/crossval_internal.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "base/file.h"
#include "base/json.h"
#include "base/memory.h"
#include "evaluate/scoring.h"
#include "report/escape.h"
#include "train/options_table.h"

#define RESULTS_FORMAT "leadwise.crossval/1"

/** All scores by one rule. */
typedef struct rule_scores {
    lw_rule_scores all;
    lw_measures *folds; /**< [folds] */
} rule_scores;

/* ---- Scoring */

static lw_status score_rows(const lw_crossval_outcome *o, lw_rule rule, const size_t *index, size_t count,
                            lw_interval *intervals, lw_measures *out, lw_error *err) {
    lw_answers answers = {0};
    lw_scores scores = {0};
    lw_status status = lw_pool_answers(&o->pool, &o->scoring, rule, index, count, &answers, err);
    if (status == LW_OK)
        status = lw_score(&o->scoring, &answers, &scores, err);
    if (status == LW_OK)
        *out = lw_measures_of(&scores);
    lw_intervals found = {.challenge_metric = {NAN, NAN}, .auroc = {NAN, NAN}};
    if (status == LW_OK && intervals && o->options->replicate_count > 0)
        status = lw_intervals_bootstrap(&o->scoring, &answers, o->options->train->seed, o->options->replicate_count,
                                        o->options->train->threads, &found, NULL, err);
    for (size_t m = 0; intervals && m < LW_MEASURE_COUNT; m++)
        intervals[m] = (lw_interval){NAN, NAN};
    if (intervals) {
        intervals[LW_CHALLENGE_METRIC] = found.challenge_metric;
        intervals[LW_AUROC] = found.auroc;
    }
    lw_scores_free(&scores);
    lw_answers_free(&answers);
    return status;
}

/** Mean and standard deviation (n - 1) over the folds where the measure is defined; NaN where there are too few. */
static void find_spread(const lw_measures *folds, size_t count, size_t measure, double *mean, double *deviation) {
    double sum = 0, squares = 0;
    size_t defined = 0;
    for (size_t f = 0; f < count; f++) {
        sum += isnan(folds[f].value[measure]) ? 0 : folds[f].value[measure];
        defined += isnan(folds[f].value[measure]) ? 0 : 1;
    }
    *mean = defined > 0 ? sum / (double)defined : NAN;
    for (size_t f = 0; f < count; f++) {
        const double off = folds[f].value[measure] - *mean;
        squares += isnan(off) ? 0 : off * off;
    }
    *deviation = defined > 1 ? sqrt(squares / (double)(defined - 1)) : NAN;
}

static lw_status score_rule(const lw_crossval_outcome *o, lw_rule rule, rule_scores *out, lw_error *err) {
    const size_t folds = o->folds.count;
    out->folds = lw_calloc(folds, sizeof *out->folds);
    if (!out->folds)
        return lw_fail_no_memory(err, LW_CROSSVAL_RESULTS);
    lw_status status = score_rows(o, rule, NULL, o->pool.row_count, out->all.interval, &out->all.pooled, err);
    for (size_t f = 0; status == LW_OK && f < folds; f++) {
        const lw_split *split = &o->folded[f].split;
        status =
            score_rows(o, rule, split->index[LW_SPLIT_TEST], split->count[LW_SPLIT_TEST], NULL, &out->folds[f], err);
    }
    for (size_t m = 0; status == LW_OK && m < LW_MEASURE_COUNT; m++)
        find_spread(out->folds, folds, m, &out->all.mean.value[m], &out->all.deviation.value[m]);
    return status;
}

/* ---- The file */

static void set_measures(json_t **object, const lw_measures *measures) {
    for (size_t m = 0; m < LW_MEASURE_COUNT; m++)
        lw_json_set(object, lw_measure_name((lw_measure)m), lw_json_number(measures->value[m]));
}

static json_t *measures_json(const lw_measures *measures) {
    json_t *object = json_object();
    set_measures(&object, measures);
    return object;
}

static json_t *interval_json(lw_interval interval) {
    return json_pack("[o, o]", lw_json_number(interval.low), lw_json_number(interval.high));
}

static json_t *intervals_json(const lw_crossval_outcome *o, const lw_interval *intervals) {
    if (o->options->replicate_count == 0)
        return json_null();
    return json_pack("{s:f, s:o, s:o, s:o}", "level", 0.95, "replicates", lw_json_count(o->options->replicate_count),
                     lw_measure_name(LW_CHALLENGE_METRIC), interval_json(intervals[LW_CHALLENGE_METRIC]),
                     lw_measure_name(LW_AUROC), interval_json(intervals[LW_AUROC]));
}

/** What a rule has besides its folds. */
static void set_summary(json_t **object, const lw_crossval_outcome *o, const lw_rule_scores *scores) {
    lw_json_set(object, "pooled", measures_json(&scores->pooled));
    lw_json_set(object, "mean", measures_json(&scores->mean));
    lw_json_set(object, "deviation", measures_json(&scores->deviation));
    lw_json_set(object, "intervals", intervals_json(o, scores->interval));
}

static json_t *rule_json(const lw_crossval_outcome *o, const rule_scores *scores) {
    json_t *object = json_object(), *folds = json_array();
    set_summary(&object, o, &scores->all);
    for (size_t f = 0; f < o->folds.count; f++)
        lw_json_append(&folds, measures_json(&scores->folds[f]));
    lw_json_set(&object, "folds", folds);
    return object;
}

/** What a fold is, and how its training went. */
static json_t *fold_summary_json(const lw_crossval_outcome *o, size_t f) {
    const lw_fold_outcome *fold = &o->folded[f];
    json_t *object = json_object();
    lw_json_set(&object, "fold", lw_json_count(f));
    if (o->folds.sources)
        lw_json_set(&object, "source", lw_json_utf8(o->folds.sources[f]));
    lw_json_set(&object, "train", lw_json_count(fold->split.count[LW_SPLIT_TRAIN]));
    lw_json_set(&object, "validation", lw_json_count(fold->split.count[LW_SPLIT_VALIDATION]));
    lw_json_set(&object, "test", lw_json_count(fold->split.count[LW_SPLIT_TEST]));
    lw_json_set(&object, "epochs", lw_json_count(fold->trained.epoch_count));
    lw_json_set(&object, "best_epoch", lw_json_count(fold->trained.best_epoch));
    lw_json_set(&object, "best_validation_loss", lw_json_number(fold->trained.best_validation_loss));
    return object;
}

static json_t *fold_json(const lw_crossval_outcome *o, size_t f, const lw_measures *scores) {
    json_t *object = fold_summary_json(o, f), *thresholds = json_array();
    for (size_t k = 0; k < o->pool.class_count; k++)
        lw_json_append(&thresholds, lw_json_number(o->folded[f].thresholds[k]));
    lw_json_set(&object, "tuned_thresholds", thresholds);
    set_measures(&object, scores);
    return object;
}

/** What was cross-validated, and how. */
static json_t *head_json(const lw_crossval_outcome *o) {
    json_t *object = json_object();
    static const char *const kinds[] = {"random", "stratified", "source"}; /* by lw_fold_kind */
    char seed[32]; /* all 64 bits; a JSON integer has 63 and a sign */
    snprintf(seed, sizeof seed, "%llu", (unsigned long long)o->options->train->seed);
    lw_json_set(&object, "format", json_string(RESULTS_FORMAT));
    lw_json_set(&object, "year", json_integer(o->scoring.year));
    lw_json_set(&object, "split", json_string(kinds[o->options->kind]));
    lw_json_set(&object, "seed", json_string(seed));
    lw_json_set(&object, "records", lw_json_count(o->pool.row_count));
    lw_json_set(&object, "rejected", lw_json_count(o->pool.rejected_count));
    const char *fallback = lw_train_fallback(o->options->train);
    lw_json_set(&object, "fallback", fallback ? json_string(fallback) : json_null());
    return object;
}

static json_t *results_json(const lw_crossval_outcome *o, const rule_scores scores[LW_RULE_COUNT]) {
    const rule_scores *reported = &scores[LW_RULE_FALLBACK];
    json_t *object = head_json(o), *folds = json_array(), *rules = json_object();
    lw_json_set(&object, "rule", json_string(lw_rule_name(LW_RULE_FALLBACK)));
    set_summary(&object, o, &reported->all);
    for (size_t f = 0; f < o->folds.count; f++)
        lw_json_append(&folds, fold_json(o, f, &reported->folds[f]));
    lw_json_set(&object, "folds", folds);
    for (size_t rule = 0; rule < LW_RULE_COUNT; rule++)
        lw_json_set(&rules, lw_rule_name((lw_rule)rule), rule_json(o, &scores[rule]));
    lw_json_set(&object, "rules", rules);
    return object;
}

lw_status lw_crossval_results_write(const lw_crossval_outcome *outcome, const char *folder, lw_crossval_result *result,
                                    lw_error *err) {
    rule_scores scores[LW_RULE_COUNT] = {{.folds = NULL}};
    lw_status status = LW_OK;
    for (size_t rule = 0; status == LW_OK && rule < LW_RULE_COUNT; rule++)
        status = score_rule(outcome, (lw_rule)rule, &scores[rule], err);
    if (status == LW_OK)
        status = lw_json_write(results_json(outcome, scores), JSON_INDENT(1) | JSON_REAL_PRECISION(17), "\n", folder,
                               LW_CROSSVAL_RESULTS, err);
    if (status == LW_OK)
        *result = (lw_crossval_result){.record_count = outcome->pool.row_count,
                                       .rejected_count = outcome->pool.rejected_count,
                                       .fold_count = outcome->folds.count};
    for (size_t rule = 0; rule < LW_RULE_COUNT; rule++) {
        if (status == LW_OK)
            result->rules[rule] = scores[rule].all;
        free(scores[rule].folds);
    }
    return status;
}

/* ---- Reading it */

/** A number, NaN where there is none. */
static double number_of(const json_t *value) { return json_is_number(value) ? json_number_value(value) : NAN; }

static lw_rule_scores read_rule(const json_t *rule) {
    const json_t *pooled = json_object_get(rule, "pooled"), *mean = json_object_get(rule, "mean");
    const json_t *deviation = json_object_get(rule, "deviation"), *intervals = json_object_get(rule, "intervals");
    lw_rule_scores scores;
    for (size_t m = 0; m < LW_MEASURE_COUNT; m++) {
        const char *name = lw_measure_name((lw_measure)m);
        const json_t *ends = json_object_get(intervals, name);
        scores.pooled.value[m] = number_of(json_object_get(pooled, name));
        scores.mean.value[m] = number_of(json_object_get(mean, name));
        scores.deviation.value[m] = number_of(json_object_get(deviation, name));
        scores.interval[m] = (lw_interval){number_of(json_array_get(ends, 0)), number_of(json_array_get(ends, 1))};
    }
    return scores;
}

static size_t count_at(const json_t *object, const char *key) {
    const json_int_t value = json_integer_value(json_object_get(object, key));
    return value > 0 ? (size_t)value : 0;
}

static lw_crossval_result read_result(const json_t *root) {
    lw_crossval_result result = {.record_count = count_at(root, "records"),
                                 .rejected_count = count_at(root, "rejected"),
                                 .fold_count = json_array_size(json_object_get(root, "folds"))};
    for (size_t rule = 0; rule < LW_RULE_COUNT; rule++)
        result.rules[rule] = read_rule(json_object_get(json_object_get(root, "rules"), lw_rule_name((lw_rule)rule)));
    return result;
}

lw_status lw_crossval_results_read(const char *folder, lw_crossval_result *out, lw_error *err) {
    json_t *root = NULL;
    lw_status status = lw_json_read(folder, LW_CROSSVAL_RESULTS, &root, err);
    const char *format = json_string_value(json_object_get(root, "format"));
    if (status == LW_OK &&
        (!format || strcmp(format, RESULTS_FORMAT) != 0 || !json_is_object(json_object_get(root, "rules"))))
        status =
            lw_fail(err, LW_ERR_FORMAT, "%s/%s: not the results of a cross-validation", folder, LW_CROSSVAL_RESULTS);
    if (status == LW_OK)
        *out = read_result(root);
    json_decref(root);
    return status;
}

/** Whether `object` has every member of `part` (NULL: out of memory), which is freed. */
static bool contains(const json_t *object, json_t *part) {
    bool all = part;
    const char *key;
    json_t *value;
    json_object_foreach(part, key, value) all = all && json_equal(json_object_get(object, key), value);
    json_decref(part);
    return all;
}

bool lw_crossval_results_stand(const lw_crossval_outcome *outcome, const char *folder, lw_crossval_result *result) {
    json_t *root = NULL;
    if (lw_json_read(folder, LW_CROSSVAL_RESULTS, &root, NULL) != LW_OK)
        return false;
    const json_t *folds = json_object_get(root, "folds");
    const json_t *replicates = json_object_get(json_object_get(root, "intervals"), "replicates");
    bool stand = contains(root, head_json(outcome)) && json_array_size(folds) == outcome->folds.count &&
                 json_integer_value(replicates) == (json_int_t)outcome->options->replicate_count;
    for (size_t f = 0; stand && f < outcome->folds.count; f++)
        stand = contains(json_array_get(folds, f), fold_summary_json(outcome, f));
    if (stand)
        *result = read_result(root);
    json_decref(root);
    return stand;
}
