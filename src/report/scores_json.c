#include <jansson.h>
#include <math.h>
#include <stdlib.h>

#include "base/error.h"
#include "leadwise/report.h"
#include "report/escape.h"

/* A number, null where it is undefined. */
static json_t *number(double value) { return isfinite(value) ? json_real(value) : json_null(); }

static json_t *count(size_t value) { return json_integer((json_int_t)value); }

static json_t *class_scores(const lw_class_scores *one) {
    return json_pack("{s:s, s:s, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o}", "name", one->name,
                     "abbreviation", one->abbreviation, "positives", count(one->positives), "auroc", number(one->auroc),
                     "auprc", number(one->auprc), "f_measure", number(one->f_measure), "tp", count(one->true_positives),
                     "fp", count(one->false_positives), "fn", count(one->false_negatives), "tn",
                     count(one->true_negatives), "sensitivity", number(one->sensitivity), "specificity",
                     number(one->specificity), "positive_predictive_value", number(one->positive_predictive_value));
}

static json_t *all_class_scores(const lw_scores *scores) {
    json_t *array = json_array();
    for (size_t k = 0; array && k < scores->classes; k++)
        if (json_array_append_new(array, class_scores(&scores->per_class[k])) != 0) {
            json_decref(array);
            return NULL;
        }
    return array;
}

/* [classes][classes] as an array of rows. */
static json_t *matrix(const double *values, size_t classes) {
    json_t *rows = json_array();
    for (size_t j = 0; rows && j < classes; j++) {
        json_t *row = json_array();
        for (size_t k = 0; row && k < classes; k++)
            if (json_array_append_new(row, number(values[j * classes + k])) != 0) {
                json_decref(row);
                row = NULL;
            }
        if (json_array_append_new(rows, row) != 0) {
            json_decref(rows);
            return NULL;
        }
    }
    return rows;
}

/* What both a whole and a group of it have, in an object of its own. */
static json_t *measures(const lw_scores *scores) {
    return json_pack("{s:i, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o}", "year", scores->year, "records",
                     count(scores->records), "auroc", number(scores->auroc), "auprc", number(scores->auprc), "accuracy",
                     number(scores->accuracy), "f_measure", number(scores->f_measure), "f_beta_2",
                     number(scores->f_beta_2), "g_beta_2", number(scores->g_beta_2), "challenge_metric",
                     number(scores->challenge_metric));
}

/* Sets `key` to `value`, which is taken; *object becomes NULL when out of memory. */
static void set(json_t **object, const char *key, json_t *value) {
    if (json_object_set_new(*object, key, value) == 0)
        return;
    json_decref(*object);
    *object = NULL;
}

static json_t *all_scores(const lw_scores *scores) {
    json_t *object = measures(scores);
    set(&object, "observed_score", number(scores->observed_score));
    set(&object, "correct_score", number(scores->correct_score));
    set(&object, "inactive_score", number(scores->inactive_score));
    set(&object, "classes", all_class_scores(scores));
    set(&object, "confusion_cost", matrix(scores->confusion_cost, scores->classes));
    return object;
}

/* The text of `object`, which is taken and may be NULL. */
static lw_status dump(json_t *object, char **json, lw_error *err) {
    char *text = object ? json_dumps(object, JSON_INDENT(1) | JSON_REAL_PRECISION(17)) : NULL;
    json_decref(object);
    if (!text)
        return lw_fail_no_memory(err, "the scores as JSON");
    *json = text;
    return LW_OK;
}

lw_status lw_scores_json(const lw_scores *scores, char **json, lw_error *err) {
    return dump(all_scores(scores), json, err);
}

static json_t *interval(lw_interval ends) { return json_pack("[o, o]", number(ends.low), number(ends.high)); }

static json_t *intervals(const lw_intervals *of) {
    return json_pack("{s:o, s:o, s:o, s:o, s:o}", "challenge_metric", interval(of->challenge_metric), "auroc",
                     interval(of->auroc), "auprc", interval(of->auprc), "accuracy", interval(of->accuracy), "f_measure",
                     interval(of->f_measure));
}

static void set_intervals(json_t **object, const lw_evaluation *evaluation) {
    json_t *overall = intervals(&evaluation->intervals), *classes = json_object_get(*object, "classes");
    set(&overall, "level", json_real(0.95));
    set(&overall, "replicates", count(evaluation->replicates));
    for (size_t k = 0; *object && k < evaluation->scores.classes; k++) {
        const lw_class_intervals *of = &evaluation->class_intervals[k];
        json_t *one = json_pack("{s:o, s:o, s:o}", "auroc", interval(of->auroc), "auprc", interval(of->auprc),
                                "f_measure", interval(of->f_measure));
        if (json_object_set_new(json_array_get(classes, k), "intervals", one) != 0)
            set(object, "intervals", NULL);
    }
    set(object, "intervals", overall);
}

static json_t *group_scores(const lw_group_scores *group, bool with_intervals) {
    char *name = lw_utf8_dup(group->name);
    json_t *object = measures(&group->scores);
    set(&object, "name", name ? json_string(name) : NULL);
    if (with_intervals)
        set(&object, "intervals", intervals(&group->intervals));
    free(name);
    return object;
}

/* {"sex": [groups], ...} by the divisions that there are. */
static json_t *groups(const lw_evaluation *evaluation) {
    json_t *divisions = json_object();
    for (size_t i = 0; i < evaluation->group_count; i++) {
        const lw_group_scores *group = &evaluation->groups[i];
        const char *by = lw_division_name(group->by);
        if (!json_object_get(divisions, by))
            set(&divisions, by, json_array());
        if (json_array_append_new(json_object_get(divisions, by), group_scores(group, evaluation->replicates > 0)) != 0)
            set(&divisions, by, NULL);
    }
    return divisions;
}

lw_status lw_evaluation_json(const lw_evaluation *evaluation, char **json, lw_error *err) {
    json_t *object = all_scores(&evaluation->scores);
    if (evaluation->replicates > 0)
        set_intervals(&object, evaluation);
    if (evaluation->group_count > 0)
        set(&object, "groups", groups(evaluation));
    return dump(object, json, err);
}
