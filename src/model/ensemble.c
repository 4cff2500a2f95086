/* This file makes models of models: several as one, and one with weights of half the bytes. */
#include <assert.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "base/floats.h"
#include "base/memory.h"
#include "model/model_internal.h"

static bool same_network(const lw_network *a, const lw_network *b) {
    char *text_a = lw_network_json(a), *text_b = lw_network_json(b);
    const bool same = text_a && text_b && strcmp(text_a, text_b) == 0;
    free(text_a);
    free(text_b);
    return same;
}

/** All but the members is the same in both. */
static lw_status check_match(const lw_model *first, const lw_model *other, size_t i, lw_error *err) {
    const char *what = NULL, *fallback = first->fallback ? first->fallback : "";
    if (!same_network(first->network, other->network))
        what = "network";
    else if (!lw_preprocessing_equal(&first->preprocessing, &other->preprocessing))
        what = "preprocessing";
    else if (!lw_class_list_equal(first->classes, other->classes))
        what = "classes";
    else if (strcmp(fallback, other->fallback ? other->fallback : "") != 0)
        what = "fallback";
    else if (first->temperature < other->temperature || first->temperature > other->temperature)
        what = "temperature";
    return what ? lw_fail(err, LW_ERR_MISMATCH, "model %zu has another %s than the first", i + 1, what) : LW_OK;
}

static lw_status count_members(const lw_model *const *models, size_t count, size_t *members, lw_error *err) {
    *members = 0;
    for (size_t i = 0; i < count; i++) {
        lw_status status = check_match(models[0], models[i], i, err);
        if (status != LW_OK)
            return status;
        *members += models[i]->members;
    }
    if (*members < 1 || *members > LW_MEMBERS_MAX || *members * models[0]->table->count > LW_MODEL_TENSORS_MAX)
        return lw_fail(err, LW_ERR_ARGUMENT, "an ensemble of %zu members, expected 1 to %d and at most %d tensors",
                       *members, LW_MEMBERS_MAX, LW_MODEL_TENSORS_MAX);
    return LW_OK;
}

/** Give `model`, a copy of the first model, the members of all of them. */
static lw_status gather_members(lw_model *model, const lw_model *const *models, size_t count, size_t members,
                                lw_error *err) {
    const size_t total = model->table->total, outputs = lw_class_count(model->classes);
    float *values = lw_aligned_alloc(members * total * sizeof *values);
    if (!values)
        return lw_fail_no_memory(err, "an ensemble's parameters");
    lw_aligned_free(model->values);
    model->values = values;
    model->members = members;
    memset(model->thresholds, 0, outputs * sizeof *model->thresholds);
    for (size_t i = 0; i < count; i++) {
        memcpy(values, models[i]->values, models[i]->members * total * sizeof *values);
        values += models[i]->members * total;
        model->rounded = (i == 0 || model->rounded) && models[i]->rounded;
        for (size_t k = 0; k < outputs; k++)
            model->thresholds[k] += models[i]->thresholds[k] / (double)count;
    }
    assert(values == model->values + members * total);
    return LW_OK;
}

lw_status lw_model_combine(const lw_model *const *models, size_t count, lw_combine combine, lw_model **out,
                           lw_error *err) {
    size_t members;
    lw_model *model = NULL;
    lw_status status = count_members(models, count, &members, err);
    if (status != LW_OK)
        return status;
    const lw_model *first = models[0];
    status = lw_model_create(first->network, &first->preprocessing, first->classes, NULL, first->fallback,
                             first->values, &model, err);
    if (status != LW_OK)
        return status;
    model->combine = combine;
    model->temperature = first->temperature;
    status = gather_members(model, models, count, members, err);
    if (status == LW_OK)
        *out = model;
    else
        lw_model_free(&model);
    return status;
}

lw_status lw_model_round(lw_model *model, lw_error *err) {
    const size_t total = model->table->total, trainable = model->table->trainable;
    /* Checked before anything changes. */
    for (size_t i = 0; i < model->members; i++)
        for (size_t k = 0; k < trainable; k++)
            if (lw_half_from_float(fabsf(model->values[i * total + k])) == 0x7c00)
                return lw_fail(err, LW_ERR_ARGUMENT, "weight %zu of member %zu is %g, expected at most 65504", k, i,
                               (double)model->values[i * total + k]);
    for (size_t i = 0; i < model->members; i++)
        for (size_t k = 0; k < trainable; k++) {
            float *value = &model->values[i * total + k];
            *value = lw_half_to_float(lw_half_from_float(*value));
        }
    model->rounded = true;
    return LW_OK;
}
