/* This file keeps a model in memory: its parts, its decision rule, and the models that come with the library. */
#include <assert.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "base/memory.h"
#include "base/text.h"
#include "model/model_internal.h"
#include "network/network_internal.h"

void lw_model_free(lw_model **model) {
    if (!model || !*model)
        return;
    lw_network_free(&(*model)->network);
    lw_parameter_table_free(&(*model)->table);
    lw_class_list_free(&(*model)->classes);
    free((*model)->thresholds);
    free((*model)->fallback);
    free((*model)->pooling);
    lw_aligned_free((*model)->values);
    free(*model);
    *model = NULL;
}

static lw_status copy_network(const lw_network *network, lw_network **out, lw_error *err) {
    char *json = lw_network_json(network);
    if (!json)
        return lw_fail_no_memory(err, "a model's network");
    lw_status status = lw_network_parse(json, &(lw_network_options){.size = sizeof(lw_network_options)}, out,
                                        err); /* options make its kernels final */
    free(json);
    return status;
}

static lw_status copy_classes(const lw_class_list *classes, lw_class_list **out, lw_error *err) {
    char *json = lw_class_list_json(classes);
    if (!json)
        return lw_fail_no_memory(err, "a model's classes");
    lw_status status = lw_class_list_parse(json, out, err);
    free(json);
    return status;
}

/** Copy one member's parameters; the first that is not finite is named. */
static lw_status copy_values(lw_model *model, const float *values, lw_error *err) {
    model->members = 1;
    model->values = lw_aligned_alloc(model->table->total * sizeof *model->values);
    if (!model->values)
        return lw_fail_no_memory(err, "a model's parameters");
    memcpy(model->values, values, model->table->total * sizeof *values);
    for (size_t i = 0; i < model->table->count; i++) {
        const lw_parameter *item = &model->table->item[i];
        for (size_t k = 0; k < item->elements; k++)
            if (!isfinite(values[item->offset + k]))
                return lw_fail(err, LW_ERR_NOT_FINITE, "parameter %s[%zu] is %g, expected a finite number", item->name,
                               k, (double)values[item->offset + k]);
    }
    return LW_OK;
}

/** Copies of all parts into a zeroed model. */
static lw_status fill(lw_model *model, const lw_network *network, const lw_class_list *classes,
                      const double *thresholds, const char *fallback, const float *values, lw_error *err) {
    lw_status status = copy_network(network, &model->network, err);
    if (status == LW_OK)
        status = copy_classes(classes, &model->classes, err);
    if (status == LW_OK)
        status = lw_parameter_table_create(model->network, &model->table, err);
    if (status == LW_OK)
        status = copy_values(model, values, err);
    if (status != LW_OK)
        return status;
    model->thresholds = lw_calloc(lw_network_output_count(network), sizeof *model->thresholds);
    if (!model->thresholds)
        return lw_fail_no_memory(err, "a model's thresholds");
    for (size_t i = 0; i < lw_network_output_count(network); i++)
        model->thresholds[i] = 0.5;
    return lw_model_set_decision(model, thresholds, fallback, err);
}

lw_status lw_model_create(const lw_network *network, const lw_preprocessing *preprocessing,
                          const lw_class_list *classes, const double *thresholds, const char *fallback,
                          const float *values, lw_model **out, lw_error *err) {
    if (lw_class_count(classes) != lw_network_output_count(network))
        return lw_fail(err, LW_ERR_MISMATCH, "a model of %zu classes for a network of %zu outputs",
                       lw_class_count(classes), lw_network_output_count(network));
    if (lw_preprocessing_sample_count(preprocessing) != lw_network_sample_count(network))
        return lw_fail(err, LW_ERR_MISMATCH, "a model whose window has %zu samples for a network of %zu",
                       lw_preprocessing_sample_count(preprocessing), lw_network_sample_count(network));
    lw_model *model = lw_calloc(1, sizeof *model);
    if (!model)
        return lw_fail_no_memory(err, "a model");
    model->preprocessing = *preprocessing;
    model->temperature = 1.0;
    lw_status status = fill(model, network, classes, thresholds, fallback ? fallback : "", values, err);
    if (status == LW_OK)
        *out = model;
    else
        lw_model_free(&model);
    return status;
}

const lw_network *lw_model_network(const lw_model *model) { return model->network; }

const lw_class_list *lw_model_classes(const lw_model *model) { return model->classes; }

const lw_preprocessing *lw_model_preprocessing(const lw_model *model) { return &model->preprocessing; }

const double *lw_model_thresholds(const lw_model *model) { return model->thresholds; }

const char *lw_model_fallback(const lw_model *model) { return model->fallback; }

size_t lw_model_member_count(const lw_model *model) { return model->members; }

lw_combine lw_model_combination(const lw_model *model) { return model->combine; }

bool lw_model_is_rounded(const lw_model *model) { return model->rounded; }

size_t lw_model_tensor_count(const lw_model *model) { return model->members * model->table->count; }

/* ---- Decision */

lw_status lw_model_set_decision(lw_model *model, const double *thresholds, const char *fallback, lw_error *err) {
    const size_t outputs = lw_network_output_count(model->network);
    for (size_t i = 0; thresholds && i < outputs; i++)
        if (!(thresholds[i] >= 0.0 && thresholds[i] <= 1.0))
            return lw_fail(err, LW_ERR_ARGUMENT, "threshold %zu is %g, expected a number from 0 to 1", i,
                           thresholds[i]);
    if (fallback && *fallback && lw_class_find(model->classes, fallback) < 0)
        return lw_fail(err, LW_ERR_ARGUMENT, "fallback %s is no code of any class", fallback);
    char *copy = fallback && *fallback ? lw_strdup(fallback) : NULL;
    if (fallback && *fallback && !copy)
        return lw_fail_no_memory(err, "a model's fallback");
    if (fallback) {
        free(model->fallback);
        model->fallback = copy;
    }
    if (thresholds)
        memcpy(model->thresholds, thresholds, outputs * sizeof *thresholds);
    return LW_OK;
}

double lw_model_temperature(const lw_model *model) { return model->temperature; }

lw_status lw_model_set_temperature(lw_model *model, double temperature, lw_error *err) {
    if (!(temperature >= 1e-3 && temperature <= 1e3))
        return lw_fail(err, LW_ERR_ARGUMENT, "a temperature of %g, expected 0.001 to 1000", temperature);
    model->temperature = temperature;
    return LW_OK;
}

const lw_pooling *lw_model_pooling(const lw_model *model) { return model->pooling; }

double lw_model_window_step_s(const lw_model *model) { return model->window_step_s; }

lw_status lw_model_set_pooling(lw_model *model, double step_s, const lw_pooling *pooling, lw_error *err) {
    const size_t outputs = lw_network_output_count(model->network);
    if (pooling ? !(step_s >= 1e-3 && step_s <= 1e6) : step_s != 0)
        return lw_fail(err, LW_ERR_ARGUMENT, "windows every %g s, expected 0.001 to 1000000 s, and how to pool them",
                       step_s);
    lw_pooling *copy = pooling ? lw_calloc(outputs, sizeof *copy) : NULL;
    if (pooling && !copy)
        return lw_fail_no_memory(err, "a model's pooling");
    if (pooling)
        memcpy(copy, pooling, outputs * sizeof *copy);
    free(model->pooling);
    model->pooling = copy;
    model->window_step_s = step_s;
    return LW_OK;
}

void lw_pool_windows(const float *probabilities, size_t windows, size_t outputs, const lw_pooling *pooling,
                     float *pooled) {
    assert(windows > 0);
    for (size_t k = 0; k < outputs; k++) {
        double sum = 0.0;
        float most = 0.0f;
        for (size_t i = 0; i < windows; i++) {
            const float value = probabilities[i * outputs + k];
            sum += (double)value;
            most = value > most ? value : most;
        }
        pooled[k] = pooling[k] == LW_POOL_MAX ? most : (float)(sum / (double)windows);
    }
}

void lw_model_decide(const lw_model *model, const float *probabilities, uint8_t *decisions) {
    const size_t outputs = lw_network_output_count(model->network);
    bool any =
        false; /* class is positive, or unknown: from what is no probability nothing follows, sinus rhythm least */
    for (size_t i = 0; i < outputs; i++) {
        decisions[i] = (double)probabilities[i] >= model->thresholds[i];
        any = any || decisions[i] || isnan(probabilities[i]);
    }
    int fallback = !any && model->fallback ? lw_class_find(model->classes, model->fallback) : -1;
    if (fallback >= 0)
        decisions[fallback] = 1;
}

/** Classes coded "0", "1", ... */
static lw_status numbered_classes(size_t count, lw_class_list **out, lw_error *err) {
    lw_text json = {0};
    for (size_t i = 0; i < count; i++)
        lw_text_printf(&json, "%s{\"codes\": [\"%zu\"], \"abbreviation\": \"C%zu\"}", i ? ", " : "[", i, i);
    lw_text_puts(&json, "]");
    lw_status status =
        json.failed ? lw_fail_no_memory(err, "a model's classes") : lw_class_list_parse(json.data, out, err);
    lw_text_free(&json);
    return status;
}

lw_status lw_model_untrained(const lw_network *network, const lw_preprocessing *preprocessing,
                             const lw_class_list *classes, uint64_t seed, lw_model **out, lw_error *err) {
    lw_class_list *numbered = NULL;
    lw_parameter_table *table = NULL;
    float *values = NULL;
    lw_status status = classes ? LW_OK : numbered_classes(lw_network_output_count(network), &numbered, err);
    if (status == LW_OK)
        status = lw_parameter_table_create(network, &table, err);
    if (status == LW_OK && !(values = lw_calloc(table->total, sizeof *values)))
        status = lw_fail_no_memory(err, "a model's parameters");
    if (status == LW_OK) {
        lw_parameters_initialise(table, seed, values);
        status = lw_model_create(network, preprocessing, classes ? classes : numbered, NULL, NULL, values, out, err);
    }
    free(values);
    lw_parameter_table_free(&table);
    lw_class_list_free(&numbered);
    return status;
}

/* ---- Models that come with the library */

const char *lw_model_builtin(size_t i) {
    size_t count = 0;
    while (lw_builtin_models[count].name)
        count++;
    return i < count ? lw_builtin_models[i].name : NULL;
}

lw_status lw_model_load_builtin(const char *name, lw_model **out, lw_error *err) {
    const lw_builtin_model *model = lw_builtin_models;
    while (model->name && name && strcmp(model->name, name) != 0)
        model++;
    if (!model->name && name)
        return lw_fail(err, LW_ERR_ARGUMENT, "no model '%s' is built in", name);
    if (!model->name)
        return lw_fail(err, LW_ERR_ARGUMENT, "no model is built in");
    return lw_model_parse(model->bytes, (size_t)(model->end - model->bytes), model->name, out, err);
}
