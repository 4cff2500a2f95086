/* This file writes an evaluation as JSON. */
#include <stdlib.h>

#include "base/error.h"
#include "base/json.h"
#include "leadwise/report.h"
#include "report/escape.h"

static json_t *class_scores(const lw_class_scores *one) {
    return json_pack("{s:s, s:s, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o}", "name", one->name,
                     "abbreviation", one->abbreviation, "positives", lw_json_count(one->positive_count), "auroc",
                     lw_json_number(one->auroc), "auprc", lw_json_number(one->auprc), "f_measure",
                     lw_json_number(one->f_measure), "tp", lw_json_count(one->true_positive_count), "fp",
                     lw_json_count(one->false_positive_count), "fn", lw_json_count(one->false_negative_count), "tn",
                     lw_json_count(one->true_negative_count), "sensitivity", lw_json_number(one->sensitivity),
                     "specificity", lw_json_number(one->specificity), "positive_predictive_value",
                     lw_json_number(one->positive_predictive_value));
}

/* What both a whole and a group of it have, in an object of its own. */
static json_t *measures(const lw_scores *scores) {
    const lw_measures all = lw_measures_of(scores);
    json_t *object = json_pack("{s:i, s:o}", "year", scores->year, "records", lw_json_count(scores->record_count));
    for (size_t i = 1; i <= LW_MEASURE_COUNT; i++) { /* the metric comes last */
        const lw_measure m = (lw_measure)(i % LW_MEASURE_COUNT);
        lw_json_set(&object, lw_measure_name(m), lw_json_number(all.value[m]));
    }
    return object;
}

static json_t *all_scores(const lw_scores *scores) {
    json_t *object = measures(scores), *classes = json_array(), *costs = json_array();
    for (size_t j = 0; j < scores->class_count; j++) {
        json_t *row = json_array();
        for (size_t k = 0; k < scores->class_count; k++)
            lw_json_append(&row, lw_json_number(scores->confusion_cost[j * scores->class_count + k]));
        lw_json_append(&classes, class_scores(&scores->per_class[j]));
        lw_json_append(&costs, row);
    }
    lw_json_set(&object, "observed_score", lw_json_number(scores->observed_score));
    lw_json_set(&object, "correct_score", lw_json_number(scores->correct_score));
    lw_json_set(&object, "inactive_score", lw_json_number(scores->inactive_score));
    lw_json_set(&object, "classes", classes);
    lw_json_set(&object, "confusion_cost", costs);
    return object;
}

static json_t *interval(lw_interval ends) {
    return json_pack("[o, o]", lw_json_number(ends.low), lw_json_number(ends.high));
}

static json_t *intervals(const lw_intervals *of) {
    return json_pack("{s:o, s:o, s:o, s:o, s:o}", "challenge_metric", interval(of->challenge_metric), "auroc",
                     interval(of->auroc), "auprc", interval(of->auprc), "accuracy", interval(of->accuracy), "f_measure",
                     interval(of->f_measure));
}

static void set_intervals(json_t **object, const lw_evaluation *evaluation) {
    json_t *overall = intervals(&evaluation->intervals), *classes = json_object_get(*object, "classes");
    lw_json_set(&overall, "level", json_real(0.95));
    lw_json_set(&overall, "replicates", lw_json_count(evaluation->replicate_count));
    for (size_t k = 0; *object && k < evaluation->scores.class_count; k++) {
        const lw_class_intervals *of = &evaluation->class_intervals[k];
        json_t *one = json_pack("{s:o, s:o, s:o}", "auroc", interval(of->auroc), "auprc", interval(of->auprc),
                                "f_measure", interval(of->f_measure));
        if (json_object_set_new(json_array_get(classes, k), "intervals", one) != 0)
            lw_json_set(object, "intervals", NULL);
    }
    lw_json_set(object, "intervals", overall);
}

static json_t *group_scores(const lw_group_scores *group, bool with_intervals) {
    json_t *object = measures(&group->scores);
    lw_json_set(&object, "name", lw_json_utf8(group->name));
    if (with_intervals)
        lw_json_set(&object, "intervals", intervals(&group->intervals));
    return object;
}

/* {"sex": [groups], ...} by the divisions that there are. */
static json_t *groups(const lw_evaluation *evaluation) {
    json_t *divisions = json_object();
    for (size_t i = 0; i < evaluation->group_count; i++) {
        const lw_group_scores *group = &evaluation->groups[i];
        const char *by = lw_division_name(group->by);
        if (!json_object_get(divisions, by))
            lw_json_set(&divisions, by, json_array());
        if (json_array_append_new(json_object_get(divisions, by),
                                  group_scores(group, evaluation->replicate_count > 0)) != 0)
            lw_json_set(&divisions, by, NULL);
    }
    return divisions;
}

lw_status lw_evaluation_json(const lw_evaluation *evaluation, char **json, lw_error *err) {
    json_t *object = all_scores(&evaluation->scores);
    if (evaluation->replicate_count > 0)
        set_intervals(&object, evaluation);
    if (evaluation->group_count > 0)
        lw_json_set(&object, "groups", groups(evaluation));
    char *text = object ? json_dumps(object, JSON_INDENT(1) | JSON_REAL_PRECISION(17)) : NULL;
    json_decref(object);
    if (!text)
        return lw_fail_no_memory(err, "the scores as JSON");
    *json = text;
    return LW_OK;
}
