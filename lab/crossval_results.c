#include "lab/crossval_results.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "base/file.h"
#include "base/json.h"
#include "base/memory.h"
#include "evaluate/intervals.h"
#include "report/escape.h"

/** The scores that are reported, by their names in the file. */
enum { MEASURES = 7 };
typedef struct measures {
    double value[MEASURES];
} measures;

static const char *const measure_names[MEASURES] = {"challenge_metric", "auroc",    "auprc",   "accuracy",
                                                    "f_measure",        "f_beta_2", "g_beta_2"};

static measures measures_of(const lw_scores *s) {
    return (measures){{s->challenge_metric, s->auroc, s->auprc, s->accuracy, s->f_measure, s->f_beta_2, s->g_beta_2}};
}

/** All scores by one rule. */
typedef struct rule_scores {
    measures pooled, mean, deviation;
    measures *folds; /**< [folds] */
    lw_intervals intervals;
} rule_scores;

/* ---- Scoring */

static lw_status score_rows(const lw_crossval_outcome *o, lw_rule rule, const size_t *index, size_t count,
                            lw_intervals *intervals, measures *out, lw_error *err) {
    lw_answers answers = {0};
    lw_scores scores = {0};
    lw_status status = lw_pool_answers(o->pool, o->scoring, rule, index, count, &answers, err);
    if (status == LW_OK)
        status = lw_score(o->scoring, &answers, &scores, err);
    if (status == LW_OK)
        *out = measures_of(&scores);
    if (status == LW_OK && intervals != NULL && o->options->replicates > 0)
        status = lw_intervals_bootstrap(o->scoring, &answers, o->options->train.seed, o->options->replicates,
                                        o->options->train.threads, intervals, NULL, err);
    lw_scores_free(&scores);
    lw_answers_free(&answers);
    return status;
}

/** Mean and standard deviation (n - 1) over the folds where the measure is defined; NaN where there are too few. */
static void spread(const measures *folds, size_t count, size_t measure, double *mean, double *deviation) {
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
    const size_t folds = o->folds->count;
    out->folds = lw_calloc(folds, sizeof *out->folds);
    if (out->folds == NULL)
        return lw_fail_no_memory(err, LW_CROSSVAL_RESULTS);
    lw_status status = score_rows(o, rule, NULL, o->pool->rows, &out->intervals, &out->pooled, err);
    for (size_t f = 0; status == LW_OK && f < folds; f++) {
        const lw_split *split = &o->outcomes[f].split;
        status =
            score_rows(o, rule, split->index[LW_SPLIT_TEST], split->count[LW_SPLIT_TEST], NULL, &out->folds[f], err);
    }
    for (size_t m = 0; status == LW_OK && m < MEASURES; m++)
        spread(out->folds, folds, m, &out->mean.value[m], &out->deviation.value[m]);
    return status;
}

/* ---- JSON. A failed allocation makes a NULL, and so whatever is made of it. */

/** JSON has no NaN. */
static json_t *number(double value) { return isfinite(value) ? json_real(value) : json_null(); }

static json_t *count_json(size_t value) { return json_integer((json_int_t)value); }

/** Set `key` to `value`, which is taken. */
static void set(json_t **object, const char *key, json_t *value) {
    if (json_object_set_new(*object, key, value) == 0)
        return;
    json_decref(*object);
    *object = NULL;
}

static void append(json_t **array, json_t *value) {
    if (json_array_append_new(*array, value) == 0)
        return;
    json_decref(*array);
    *array = NULL;
}

static void set_measures(json_t **object, const measures *m) {
    for (size_t i = 0; i < MEASURES; i++)
        set(object, measure_names[i], number(m->value[i]));
}

static json_t *measures_json(const measures *m) {
    json_t *object = json_object();
    set_measures(&object, m);
    return object;
}

static json_t *interval_json(lw_interval interval) {
    return json_pack("[o, o]", number(interval.low), number(interval.high));
}

static json_t *intervals_json(const lw_crossval_outcome *o, const lw_intervals *intervals) {
    if (o->options->replicates == 0)
        return json_null();
    return json_pack("{s:f, s:o, s:o, s:o}", "level", 0.95, "replicates", count_json(o->options->replicates),
                     "challenge_metric", interval_json(intervals->challenge_metric), "auroc",
                     interval_json(intervals->auroc));
}

/** What a rule has besides its folds. */
static void set_summary(json_t **object, const lw_crossval_outcome *o, const rule_scores *scores) {
    set(object, "pooled", measures_json(&scores->pooled));
    set(object, "mean", measures_json(&scores->mean));
    set(object, "deviation", measures_json(&scores->deviation));
    set(object, "intervals", intervals_json(o, &scores->intervals));
}

static json_t *rule_json(const lw_crossval_outcome *o, const rule_scores *scores) {
    json_t *object = json_object(), *folds = json_array();
    set_summary(&object, o, scores);
    for (size_t f = 0; f < o->folds->count; f++)
        append(&folds, measures_json(&scores->folds[f]));
    set(&object, "folds", folds);
    return object;
}

static json_t *thresholds_json(const lw_crossval_outcome *o, const lw_fold_outcome *fold) {
    json_t *array = json_array();
    for (size_t k = 0; k < o->pool->classes; k++)
        append(&array, number(fold->thresholds[k]));
    return array;
}

/** A folder's name may be anything; JSON is UTF-8. */
static json_t *name_json(const char *name) {
    char *text = lw_utf8_dup(name);
    json_t *value = text != NULL ? json_string(text) : NULL;
    free(text);
    return value;
}

/** What a fold is, and how its training went. */
static json_t *fold_summary_json(const lw_crossval_outcome *o, size_t f) {
    const lw_fold_outcome *fold = &o->outcomes[f];
    json_t *object = json_object();
    set(&object, "fold", count_json(f));
    if (o->folds->sources != NULL)
        set(&object, "source", name_json(o->folds->sources[f]));
    set(&object, "train", count_json(fold->split.count[LW_SPLIT_TRAIN]));
    set(&object, "validation", count_json(fold->split.count[LW_SPLIT_VALIDATION]));
    set(&object, "test", count_json(fold->split.count[LW_SPLIT_TEST]));
    set(&object, "epochs", count_json(fold->trained.epochs));
    set(&object, "best_epoch", count_json(fold->trained.best_epoch));
    set(&object, "best_validation_loss", number(fold->trained.best_validation_loss));
    return object;
}

static json_t *fold_json(const lw_crossval_outcome *o, size_t f, const measures *scores) {
    json_t *object = fold_summary_json(o, f);
    set(&object, "tuned_thresholds", thresholds_json(o, &o->outcomes[f]));
    set_measures(&object, scores);
    return object;
}

static const char *kind_name(lw_fold_kind kind) {
    return kind == LW_FOLDS_RANDOM ? "random" : kind == LW_FOLDS_STRATIFIED ? "stratified" : "source";
}

static json_t *seed_json(uint64_t seed) { /* all 64 bits; a JSON integer has 63 and a sign */
    char text[32];
    snprintf(text, sizeof text, "%llu", (unsigned long long)seed);
    return json_string(text);
}

/** What was cross-validated, and how. */
static json_t *head_json(const lw_crossval_outcome *o) {
    json_t *object = json_object();
    set(&object, "format", json_string("leadwise.crossval/1"));
    set(&object, "year", json_integer(o->scoring->year));
    set(&object, "split", json_string(kind_name(o->options->kind)));
    set(&object, "seed", seed_json(o->options->train.seed));
    set(&object, "records", count_json(o->pool->rows));
    set(&object, "rejected", count_json(o->pool->rejected));
    set(&object, "fallback",
        o->options->train.fallback != NULL ? json_string(o->options->train.fallback) : json_null());
    return object;
}

static json_t *results_json(const lw_crossval_outcome *o, const rule_scores scores[LW_RULES]) {
    const rule_scores *reported = &scores[LW_RULE_FALLBACK];
    json_t *object = head_json(o), *folds = json_array(), *rules = json_object();
    set(&object, "rule", json_string(lw_rule_name(LW_RULE_FALLBACK)));
    set_summary(&object, o, reported);
    for (size_t f = 0; f < o->folds->count; f++)
        append(&folds, fold_json(o, f, &reported->folds[f]));
    set(&object, "folds", folds);
    for (size_t rule = 0; rule < LW_RULES; rule++)
        set(&rules, lw_rule_name((lw_rule)rule), rule_json(o, &scores[rule]));
    set(&object, "rules", rules);
    return object;
}

static lw_status write_json(const json_t *root, const char *folder, lw_error *err) {
    lw_text text = {0};
    char *json = root != NULL ? json_dumps(root, JSON_INDENT(1) | JSON_REAL_PRECISION(17)) : NULL;
    char *path = lw_path_join(folder, LW_CROSSVAL_RESULTS);
    if (json != NULL)
        lw_text_printf(&text, "%s\n", json);
    lw_status status = json == NULL || path == NULL || text.failed ? lw_fail_no_memory(err, LW_CROSSVAL_RESULTS)
                                                                   : lw_file_write(path, text.data, text.length, err);
    lw_text_free(&text);
    free(json);
    free(path);
    return status;
}

lw_status lw_crossval_results_write(const lw_crossval_outcome *outcome, const char *folder, lw_error *err) {
    rule_scores scores[LW_RULES] = {{.folds = NULL}};
    lw_status status = LW_OK;
    for (size_t rule = 0; status == LW_OK && rule < LW_RULES; rule++)
        status = score_rule(outcome, (lw_rule)rule, &scores[rule], err);
    if (status == LW_OK) {
        json_t *root = results_json(outcome, scores);
        status = write_json(root, folder, err);
        json_decref(root);
    }
    for (size_t rule = 0; rule < LW_RULES; rule++)
        free(scores[rule].folds);
    return status;
}

/* ---- What an earlier call left */

/** Whether `object` has every member of `part` (NULL: out of memory), which is taken. */
static bool contains(const json_t *object, json_t *part) {
    bool all = part != NULL;
    const char *key;
    json_t *value;
    json_object_foreach(part, key, value) all = all && json_equal(json_object_get(object, key), value);
    json_decref(part);
    return all;
}

static bool same_replicates(const lw_crossval_outcome *o, const json_t *intervals) {
    const json_int_t replicates = json_integer_value(json_object_get(intervals, "replicates"));
    return replicates == (json_int_t)o->options->replicates;
}

bool lw_crossval_results_stand(const lw_crossval_outcome *outcome, const char *folder) {
    json_t *root = NULL;
    char *path = lw_path_join(folder, LW_CROSSVAL_RESULTS);
    if (path != NULL)
        root = json_load_file(path, 0, NULL);
    const json_t *folds = json_object_get(root, "folds");
    bool stand = contains(root, head_json(outcome)) && json_array_size(folds) == outcome->folds->count &&
                 same_replicates(outcome, json_object_get(root, "intervals"));
    for (size_t f = 0; stand && f < outcome->folds->count; f++)
        stand = contains(json_array_get(folds, f), fold_summary_json(outcome, f));
    json_decref(root);
    free(path);
    return stand;
}
