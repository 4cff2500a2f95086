#include "information.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "leadwise/report.h"
#include "leadwise/signal.h"
#include "leadwise/train.h"
#include "messages.h"
#include "settings.h"

static void set(json_t *object, const char *key, json_t *value) { json_object_set_new(object, key, value); }

static json_t *count_json(size_t count) { return json_integer((json_int_t)count); }

/** null for what is not known. */
static json_t *number_json(double value) { return isfinite(value) ? json_real(value) : json_null(); }

/** File contents may hold any byte: what is not UTF-8 is shown as a question mark. */
static json_t *text_json(const char *text) {
    json_t *exact = json_string(text);
    if (exact != NULL) {
        return exact;
    }
    char copy[512];
    snprintf(copy, sizeof copy, "%s", text);
    for (char *c = copy; *c != '\0'; c++) {
        *c = (unsigned char)*c < 0x80 ? *c : '?';
    }
    return json_string(copy);
}

static json_t *diagnosis_json(const char *code) {
    const lw_diagnosis *known = lw_diagnosis_find(code);
    json_t *object = json_object();
    set(object, "code", text_json(code));
    if (known != NULL) {
        set(object, "abbreviation", json_string(known->abbreviation));
        set(object, "name", json_string(known->name));
        set(object, "scored_2020", json_boolean(known->scored_2020));
        set(object, "scored_2021", json_boolean(known->scored_2021));
    } else {
        set(object, "abbreviation", json_string(""));
        set(object, "name", json_string("in no table"));
        set(object, "scored_2020", json_false());
        set(object, "scored_2021", json_false());
    }
    return object;
}

/* A recording */

static json_t *lead_json(const lw_record *record, size_t i) {
    static const char *const checksums[] = {"absent", "good", "wrong"};
    const lw_lead *lead = lw_record_lead(record, i);
    json_t *object = json_object();
    set(object, "name", text_json(lead->name));
    set(object, "unit", text_json(lead->unit));
    set(object, "gain", number_json(lead->gain));
    set(object, "baseline", number_json(lead->baseline));
    set(object, "missing", count_json(lead->missing));
    set(object, "flat", json_boolean(lead->flat));
    set(object, "checksum", json_string(checksums[lead->checksum]));
    return object;
}

static json_t *record_json(const lw_record *record) {
    static const char *const sexes[] = {"unknown", "female", "male"};
    json_t *object = json_object(), *leads = json_array(), *diagnoses = json_array(), *warnings = json_array();
    set(object, "kind", json_string("recording"));
    set(object, "name", text_json(lw_record_name(record)));
    set(object, "format", json_string(lw_record_format(record)));
    set(object, "rate_hz", number_json(lw_record_rate_hz(record)));
    set(object, "samples", count_json(lw_record_sample_count(record)));
    set(object, "duration_s", number_json((double)lw_record_sample_count(record) / lw_record_rate_hz(record)));
    set(object, "age_years", number_json(lw_record_age_years(record)));
    set(object, "sex", json_string(sexes[lw_record_sex(record)]));
    for (size_t i = 0; i < lw_record_lead_count(record); i++) {
        json_array_append_new(leads, lead_json(record, i));
    }
    for (size_t i = 0; i < lw_record_code_count(record); i++) {
        json_array_append_new(diagnoses, diagnosis_json(lw_record_code(record, i)));
    }
    for (size_t i = 0; i < lw_record_warning_count(record); i++) {
        json_array_append_new(warnings, text_json(lw_record_warning(record, i)));
    }
    set(object, "leads", leads);
    set(object, "diagnoses", diagnoses);
    set(object, "warnings", warnings);
    return object;
}

lw_status cli_describe_record(const char *path, const lw_record_options *options, json_t **document, lw_error *err) {
    lw_record *record = NULL;
    const lw_status status = lw_record_read(path, options, &record, err);
    if (status == LW_OK) {
        *document = record_json(record);
    }
    lw_record_free(&record);
    return status;
}

/* Prepared files and models */

static json_t *lead_set_json(const lw_lead_set *leads) {
    char names[256];
    cli_lead_names(leads, names);
    return json_string(names);
}

static json_t *preprocessing_json(const lw_preprocessing *how) {
    json_t *object = json_object();
    char *rate = cli_format("%g Hz", how->rate_hz);
    char *band = cli_format("%g to %g Hz", how->band_hz[0], how->band_hz[1]);
    char *window = cli_format("%g s", how->window_s);
    set(object, "rate", json_string(rate));
    set(object, "band", json_string(band));
    set(object, "order", json_integer(how->filter_order));
    set(object, "window", json_string(window));
    free(rate);
    free(band);
    free(window);
    return object;
}

/** "164889003|..." of a class. */
static json_t *class_codes_json(const lw_class_list *classes, size_t i) {
    char text[512] = "";
    size_t length = 0;
    for (size_t k = 0; k < lw_class_code_count(classes, i) && length < sizeof text; k++) {
        length += (size_t)snprintf(text + length, sizeof text - length, "%s%s", k > 0 ? "|" : "",
                                   lw_class_code(classes, i, k));
    }
    return text_json(text);
}

static json_t *class_json(const lw_class_list *classes, size_t i) {
    json_t *object = json_object();
    set(object, "abbreviation", text_json(lw_class_abbreviation(classes, i)));
    set(object, "codes", class_codes_json(classes, i));
    return object;
}

static json_t *prepared_classes_json(const lw_dataset *dataset) {
    const lw_class_list *classes = lw_dataset_classes(dataset);
    json_t *array = json_array();
    for (size_t i = 0; i < lw_class_count(classes); i++) {
        json_t *object = class_json(classes, i);
        size_t positive = 0;
        for (size_t n = 0; n < lw_dataset_record_count(dataset); n++) {
            positive += lw_dataset_labels(dataset, n)[i];
        }
        set(object, "records", count_json(positive));
        json_array_append_new(array, object);
    }
    return array;
}

static json_t *sources_json(const lw_dataset *dataset) {
    json_t *counts = json_object();
    for (size_t n = 0; n < lw_dataset_record_count(dataset); n++) {
        const char *source = lw_dataset_source(dataset, n);
        const json_int_t before = json_integer_value(json_object_get(counts, source));
        set(counts, source, json_integer(before + 1));
    }
    json_t *array = json_array();
    const char *source;
    json_t *count;
    json_object_foreach(counts, source, count) {
        json_array_append_new(array, json_pack("{s:s, s:O}", "name", source, "records", count));
    }
    json_decref(counts);
    return array;
}

lw_status cli_describe_prepared(const char *path, json_t **document, lw_error *err) {
    lw_dataset *dataset = NULL;
    char sha256[65];
    lw_status status = lw_dataset_open(path, &dataset, err);
    if (status == LW_OK) {
        status = lw_dataset_sha256(dataset, sha256, err);
    }
    if (status == LW_OK) {
        json_t *object = json_object();
        set(object, "kind", json_string("prepared file"));
        set(object, "records", count_json(lw_dataset_record_count(dataset)));
        set(object, "samples", count_json(lw_dataset_sample_count(dataset)));
        set(object, "leads", lead_set_json(lw_dataset_leads(dataset)));
        set(object, "preprocessing", preprocessing_json(lw_dataset_preprocessing(dataset)));
        set(object, "sha256", json_string(sha256));
        set(object, "sources", sources_json(dataset));
        set(object, "classes", prepared_classes_json(dataset));
        *document = object;
    }
    lw_dataset_free(&dataset);
    return status;
}

/** "age,sex": what the network is told besides the signal. */
static json_t *inputs_json(const lw_network *network) {
    char *description = lw_network_json(network), text[64] = "";
    json_t *object = description != NULL ? json_loads(description, 0, NULL) : NULL, *name;
    size_t i, length = 0;
    json_array_foreach(json_object_get(object, "inputs"), i, name) {
        length +=
            (size_t)snprintf(text + length, sizeof text - length, "%s%s", i > 0 ? "," : "", json_string_value(name));
    }
    json_decref(object);
    lw_string_free(&description);
    return json_string(text);
}

static json_t *model_json(const lw_model *model, const char *sha256) {
    const lw_network *network = lw_model_network(model);
    const lw_class_list *classes = lw_model_classes(model);
    const char *fallback = lw_model_fallback(model);
    json_t *object = json_object(), *outputs = json_array();
    set(object, "kind", json_string("model"));
    set(object, "network", text_json(lw_network_name(network)));
    set(object, "parameters", count_json(lw_network_parameters(network)));
    set(object, "members", count_json(lw_model_members(model)));
    if (lw_model_members(model) > 1) {
        set(object, "combine", json_string(lw_model_combination(model) == LW_COMBINE_MEAN ? "mean" : "median"));
    }
    set(object, "tensors", count_json(lw_model_tensors(model)));
    set(object, "weights", json_string(lw_model_is_rounded(model) ? "float16" : "float32"));
    set(object, "macs", number_json(lw_network_macs(network)));
    set(object, "samples", count_json(lw_network_samples(network)));
    set(object, "leads", lead_set_json(lw_network_leads(network)));
    if (lw_network_inputs(network) > 0) {
        set(object, "inputs", inputs_json(network));
    }
    set(object, "preprocessing", preprocessing_json(lw_model_preprocessing(model)));
    set(object, "temperature", number_json(lw_model_temperature(model)));
    set(object, "fallback", fallback != NULL ? text_json(fallback) : json_null());
    set(object, "sha256", json_string(sha256));
    for (size_t i = 0; i < lw_class_count(classes); i++) {
        json_t *output = class_json(classes, i);
        set(output, "threshold", json_real(lw_model_thresholds(model)[i]));
        json_array_append_new(outputs, output);
    }
    set(object, "classes", outputs);
    return object;
}

lw_status cli_describe_model(const char *path, json_t **document, lw_error *err) {
    lw_model *model = NULL;
    char sha256[65];
    lw_status status = lw_model_load(path, &model, err);
    if (status == LW_OK) {
        status = lw_model_sha256(model, sha256, err);
    }
    if (status == LW_OK) {
        *document = model_json(model, sha256);
    }
    lw_model_free(&model);
    return status;
}
