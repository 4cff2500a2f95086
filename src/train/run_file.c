/* Writes run.json: the configuration of a run, its splits and classes, and in the end its results. */
#include "train/trainer.h"

#include <jansson.h>
#include <stdlib.h>

#include "base/error.h"
#include "base/file.h"
#include "base/json.h"
#include "train/run_folder.h"

static json_t *measures_json(size_t record_count, const lw_measures *measures) {
    json_t *object = json_pack("{s:o}", "records", lw_json_count(record_count));
    for (size_t m = 0; m < LW_MEASURE_COUNT; m++)
        lw_json_set(&object, lw_measure_name((lw_measure)m), lw_json_number(measures->value[m]));
    return object;
}

static json_t *test_json(const lw_trainer *t, const lw_train_test *test) {
    if (test->record_count == 0)
        return json_null();
    json_t *object = json_pack("{s:f, s:i, s:o}", "threshold", 0.5, "year", t->options->year, "without_fallback",
                               measures_json(test->record_count, &test->plain));
    if (test->has_fallback) {
        lw_json_set(&object, "fallback", json_string(lw_trainer_test_fallback(t)));
        lw_json_set(&object, "with_fallback", measures_json(test->record_count, &test->fallback));
    }
    if (test->has_tuned)
        lw_json_set(&object, "tuned", measures_json(test->record_count, &test->tuned));
    return object;
}

static json_t *names_json(const lw_trainer *t, lw_split_part part) {
    json_t *array = json_array();
    for (size_t i = 0; i < t->split->count[part]; i++)
        lw_json_append(&array, json_string(lw_dataset_name(t->dataset, t->split->index[part][i])));
    return array;
}

static json_t *classes_json(const lw_trainer *t) {
    const lw_class_list *classes = lw_dataset_classes(t->dataset);
    json_t *array = json_array();
    for (size_t i = 0; i < lw_class_count(classes); i++) {
        json_t *codes = json_array();
        for (size_t k = 0; k < lw_class_code_count(classes, i); k++)
            lw_json_append(&codes, json_string(lw_class_code(classes, i, k)));
        lw_json_append(&array, json_pack("{s:o, s:s, s:I, s:f}", "codes", codes, "abbreviation",
                                         lw_class_abbreviation(classes, i), "training_records",
                                         (json_int_t)t->positives[i], "weight", t->class_weights[i]));
    }
    return array;
}

/** The patients of each part, and the records whose patient is unknown: {"train": {"patients": 3, "unknown_records": 1}, ...}.
 */
static json_t *patients_json(const lw_patient_counts *counts) {
    static const char *const names[LW_SPLIT_PARTS] = {"train", "validation", "test"};
    json_t *object = json_object();
    for (size_t part = 0; part < LW_SPLIT_PARTS; part++)
        lw_json_set(&object, names[part],
                    json_pack("{s:o, s:o}", "patients", lw_json_count(counts->patient_count[part]), "unknown_records",
                              lw_json_count(counts->unknown_count[part])));
    return object;
}

lw_status lw_run_file_write(const lw_trainer *t, const char *configuration, const lw_train_result *result,
                            bool finished, lw_error *err) {
    json_t *described = json_loads(configuration, 0, NULL);
    json_t *root =
        !described
            ? NULL
            : json_pack("{s:{s:s, s:s, s:s}, s:i, s:o, s:I, s:b, s:b, s:I, s:I, s:o, s:o, s:o, s:{s:o, s:o, s:o}}",
                        "versions", "leadwise", lw_version(), "compiler", __VERSION__, "jansson", JANSSON_VERSION,
                        "threads", t->threads, "configuration", described, "epochs_asked",
                        (json_int_t)t->options->epochs, "finished", finished, "stopped_early",
                        t->state.schedule.stopped, "epochs", (json_int_t)result->epoch_count, "best_epoch",
                        (json_int_t)result->best_epoch, "best_validation_loss",
                        lw_json_number(result->best_validation_loss), "test", test_json(t, &result->test), "classes",
                        classes_json(t), "splits", "train", names_json(t, LW_SPLIT_TRAIN), "validation",
                        names_json(t, LW_SPLIT_VALIDATION), "test", names_json(t, LW_SPLIT_TEST));
    lw_json_set(&root, "patients", patients_json(&t->patients));
    if (t->tuned) {
        json_t *thresholds = json_array();
        for (size_t k = 0; k < t->validator.classes; k++)
            lw_json_append(&thresholds, json_real(t->thresholds[k]));
        lw_json_set(&root, "tuning",
                    json_pack("{s:f, s:f, s:f, s:o}", "common_threshold", t->tuning.common, "validation_metric_common",
                              t->tuning.metric_common, "validation_metric", t->tuning.metric, "thresholds",
                              thresholds));
    }
    return lw_json_write(root, JSON_INDENT(1), "", t->folder, LW_RUN_FILE, err);
}
