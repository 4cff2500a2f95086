/** @file predictions_json.c: a prediction as a JSON object of the schema leadwise.predict/1. */
#include "report/predictions.h"

#include <stdio.h>
#include <stdlib.h>

#include "base/json.h"
#include "labels/labels.h"
#include "report/escape.h"

static json_t *text_or_null(const char *text) { return text ? lw_json_utf8(text) : json_null(); }

/** Append to an array, which becomes NULL when that fails. */
static void push(json_t **array, json_t *value) {
    if (*array && json_array_append_new(*array, value) != 0) {
        json_decref(*array);
        *array = NULL;
    }
}

static json_t *strings(const char *const *list, size_t count) {
    json_t *array = json_array();
    for (size_t i = 0; i < count; i++)
        push(&array, lw_json_utf8(list[i]));
    return array;
}

static json_t *source(const lw_prediction *prediction) {
    json_t *object = json_object(), *files = prediction->file_count > 0 ? json_object() : json_null();
    for (size_t i = 0; i < prediction->file_count; i++) {
        char *name = lw_utf8_dup(prediction->files[i].name);
        lw_json_set(&files, name, json_string(prediction->files[i].sha256));
        free(name);
    }
    lw_json_set(&object, "path", text_or_null(prediction->path));
    lw_json_set(&object, "format", text_or_null(prediction->format));
    lw_json_set(&object, "sha256", files);
    lw_json_set(&object, "rate_hz", prediction->rate_hz > 0 ? json_real(prediction->rate_hz) : json_null());
    lw_json_set(&object, "start_s", json_real(prediction->start_s));
    lw_json_set(&object, "seconds", prediction->seconds > 0 ? json_real(prediction->seconds) : json_null());
    return object;
}

static json_t *leads(const lw_predictions_about *about, const lw_prediction *prediction) {
    json_t *object = json_object();
    for (lw_lead_use use = LW_LEAD_USED; use < LW_LEAD_USE_COUNT; use++) {
        json_t *names = json_array();
        for (size_t i = 0; about->leads && prediction->lead_flags && i < about->leads->count; i++)
            if (lw_prediction_lead_use(prediction, i) == use)
                push(&names, lw_json_utf8(about->leads->name[i]));
        lw_json_set(&object, lw_lead_use_names[use], names);
    }
    lw_json_set(&object, "unknown", strings(prediction->unknown_leads, prediction->unknown_lead_count));
    return object;
}

static json_t *quality(const lw_prediction *prediction) {
    json_t *object = json_object(), *marks = json_array();
    for (size_t i = 0; i < prediction->finding_count; i++) {
        const lw_quality_finding *finding = &prediction->findings[i];
        json_t *mark = json_object();
        lw_json_set(&mark, "lead", text_or_null(finding->lead));
        lw_json_set(&mark, "code", json_string(lw_quality_mark_name(finding->mark)));
        lw_json_set(&mark, "from_s", lw_json_number(finding->begin_s));
        lw_json_set(&mark, "to_s", lw_json_number(finding->end_s));
        push(&marks, mark);
    }
    lw_json_set(&object, "score", lw_json_number(prediction->quality));
    lw_json_set(&object, "marks", marks);
    return object;
}

static json_t *model(const lw_predictions_about *about) {
    json_t *object = json_object();
    lw_json_set(&object, "name", text_or_null(about->model_name));
    lw_json_set(&object, "version", text_or_null(about->model_version));
    lw_json_set(&object, "sha256", text_or_null(about->model_sha256));
    return object;
}

static json_t *program(const lw_predictions_about *about) {
    json_t *object = json_object();
    lw_json_set(&object, "version", text_or_null(about->program_version));
    lw_json_set(&object, "isa", text_or_null(about->isa));
    return object;
}

static json_t *classes(const lw_predictions_about *about, const lw_prediction *prediction) {
    json_t *array = json_array();
    char name[LW_CLASS_CODES_MAX * 64];
    for (size_t i = 0; i < lw_class_count(about->classes); i++) {
        json_t *object = json_object();
        lw_json_set(&object, "code", lw_json_utf8(lw_class_name(about->classes, i, name, sizeof name)));
        lw_json_set(&object, "abbreviation", lw_json_utf8(lw_class_abbreviation(about->classes, i)));
        lw_json_set(&object, "probability", lw_json_number((double)prediction->probabilities[i]));
        lw_json_set(&object, "threshold", about->thresholds ? lw_json_number(about->thresholds[i]) : json_null());
        lw_json_set(&object, "positive", json_boolean(prediction->decisions[i]));
        push(&array, object);
    }
    return array;
}

static json_t *contradictions(const lw_predictions_about *about, const lw_prediction *prediction) {
    json_t *array = json_array();
    const char *reason;
    for (size_t i = 0, a, b; (reason = lw_prediction_contradiction(about->classes, prediction, i, &a, &b)); i++) {
        json_t *object = json_object(), *pair = json_array();
        push(&pair, lw_json_utf8(lw_class_abbreviation(about->classes, a)));
        push(&pair, lw_json_utf8(lw_class_abbreviation(about->classes, b)));
        lw_json_set(&object, "classes", pair);
        lw_json_set(&object, "reason", json_string(reason));
        push(&array, object);
    }
    return array;
}

static json_t *prediction_object(const lw_predictions_about *about, const lw_prediction *prediction) {
    const bool good = prediction->status == LW_OK;
    char status[64];
    json_t *object = json_object();
    snprintf(status, sizeof status, "rejected:%s", lw_status_name(prediction->status));
    lw_json_set(&object, "schema", json_string("leadwise.predict/1"));
    lw_json_set(&object, "record", lw_json_utf8(prediction->record));
    lw_json_set(&object, "status", json_string(good ? "ok" : status));
    lw_json_set(&object, "error", good ? json_null() : lw_json_utf8(prediction->sentence ? prediction->sentence : ""));
    lw_json_set(&object, "window", json_boolean(prediction->is_window));
    lw_json_set(&object, "source", source(prediction));
    lw_json_set(&object, "leads", leads(about, prediction));
    lw_json_set(&object, "quality", quality(prediction));
    lw_json_set(&object, "warnings", strings(prediction->warnings, prediction->warning_count));
    lw_json_set(&object, "model", model(about));
    lw_json_set(&object, "program", program(about));
    lw_json_set(&object, "classes", good ? classes(about, prediction) : json_array());
    lw_json_set(&object, "contradictions", good ? contradictions(about, prediction) : json_array());
    lw_json_set(&object, "milliseconds", lw_json_number(prediction->milliseconds));
    return object;
}

void lw_prediction_json(lw_text *text, const lw_predictions_about *about, const lw_prediction *prediction) {
    json_t *object = prediction_object(about, prediction);
    char *line = object ? json_dumps(object, JSON_COMPACT | JSON_REAL_PRECISION(9)) : NULL;
    if (line)
        lw_text_puts(text, line);
    else
        text->failed = true;
    lw_text_puts(text, "\n");
    free(line);
    json_decref(object);
}
