#include <jansson.h>
#include <math.h>

#include "base/error.h"
#include "leadwise/report.h"

/* A number, null where it is undefined. */
static json_t *number(double value) { return isfinite(value) ? json_real(value) : json_null(); }

static json_t *count(size_t value) { return json_integer((json_int_t)value); }

static json_t *class_scores(const lw_class_scores *one) {
    return json_pack("{s:s, s:s, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o}", "name", one->name, "abbreviation",
                     one->abbreviation, "positives", count(one->positives), "auroc", number(one->auroc), "auprc",
                     number(one->auprc), "f_measure", number(one->f_measure), "tp", count(one->true_positives), "fp",
                     count(one->false_positives), "fn", count(one->false_negatives), "tn",
                     count(one->true_negatives));
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

lw_status lw_scores_json(const lw_scores *scores, char **json, lw_error *err) {
    json_t *object =
        json_pack("{s:i, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o}", "year", scores->year,
                  "records", count(scores->records), "auroc", number(scores->auroc), "auprc", number(scores->auprc),
                  "accuracy", number(scores->accuracy), "f_measure", number(scores->f_measure), "f_beta_2",
                  number(scores->f_beta_2), "g_beta_2", number(scores->g_beta_2), "challenge_metric",
                  number(scores->challenge_metric), "observed_score", number(scores->observed_score), "correct_score",
                  number(scores->correct_score), "inactive_score", number(scores->inactive_score), "classes",
                  all_class_scores(scores), "confusion_cost", matrix(scores->confusion_cost, scores->classes));
    char *text = object ? json_dumps(object, JSON_INDENT(1) | JSON_REAL_PRECISION(17)) : NULL;
    json_decref(object);
    if (!text)
        return lw_fail_no_memory(err, "the scores as JSON");
    *json = text;
    return LW_OK;
}
