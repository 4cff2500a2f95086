/** @file cmd_info.c: `leadwise info`: a file described as a JSON document, which is printed as it is or as text. */
#include <jansson.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "settings.h"

static const cli_option options[] = {
    CLI_OPTIONS_RECORDINGS,
    CLI_OPTION_STRICT,
    CLI_ROW_FLAG("sha256", "of a prepared file, the SHA-256 of what it holds too, for which all of it is read"),
    CLI_ROW_FLAG("models", "list the models that are built in, the default first"),
    CLI_OPTION_JSON,
    CLI_ROW_END,
};

static void set(json_t *object, const char *key, json_t *value) { json_object_set_new(object, key, value); }

static json_t *count_json(size_t count) { return json_integer((json_int_t)count); }

/** null for what is not known. */
static json_t *number_json(double value) { return isfinite(value) ? json_real(value) : json_null(); }

/** File contents may hold any byte: what is not UTF-8 is shown as a question mark. */
static json_t *text_json(const char *text) {
    json_t *exact = json_string(text);
    if (exact)
        return exact;
    char copy[512];
    snprintf(copy, sizeof copy, "%s", text);
    for (char *c = copy; *c != '\0'; c++)
        *c = (unsigned char)*c < 0x80 ? *c : '?';
    return json_string(copy);
}

/* A recording */

static json_t *lead_json(const lw_record *record, size_t i) {
    static const char *const checksums[] = {"absent", "good", "wrong"};
    const lw_lead *lead = lw_record_lead(record, i);
    return json_pack("{s:o, s:o, s:o, s:o, s:o, s:b, s:s}", "name", text_json(lead->name), "unit",
                     text_json(lead->unit), "gain", number_json(lead->gain), "baseline", number_json(lead->baseline),
                     "missing", count_json(lead->missing_count), "flat", lead->flat, "checksum",
                     checksums[lead->checksum]);
}

static json_t *diagnosis_json(const char *code) {
    static const lw_diagnosis unknown = {.abbreviation = "", .name = "in no table"};
    const lw_diagnosis *known = lw_diagnosis_find(code);
    const lw_diagnosis *shown = known ? known : &unknown;
    return json_pack("{s:o, s:s, s:s, s:b, s:b}", "code", text_json(code), "abbreviation", shown->abbreviation, "name",
                     shown->name, "scored_2020", shown->scored_2020, "scored_2021", shown->scored_2021);
}

/** What the first window of 10 s is worth, as predictions have it; NULL with a sentence. */
static lw_status quality_json(const lw_record *record, json_t **out, lw_error *err) {
    const double window_s = 10;
    lw_quality quality;
    lw_quality_meter *meter = NULL;
    lw_lead_set leads;
    lw_status status = lw_lead_set_parse("12", &leads, err);
    if (status == LW_OK)
        status = lw_quality_meter_create(&leads, window_s, &meter, err);
    if (status != LW_OK)
        return status;
    lw_quality_measure(meter, record, 0, lw_record_sample_count(record), &quality);
    json_t *marks = json_array();
    for (size_t i = 0; i < quality.finding_count; i++) {
        const lw_quality_finding *it = &quality.finding[i];
        json_array_append_new(marks,
                              json_pack("{s:s?, s:s, s:f, s:f}", "lead", it->lead, "code",
                                        lw_quality_mark_name(it->mark), "from_s", it->begin_s, "to_s", it->end_s));
    }
    *out = json_pack("{s:f, s:o}", "score", quality.score, "marks", marks);
    lw_quality_meter_free(&meter);
    return *out ? LW_OK : lw_error_set(err, LW_ERR_NO_MEMORY, "out of memory for the quality of a recording");
}

static json_t *record_json(const lw_record *record, json_t *quality) {
    static const char *const sexes[] = {"unknown", "female", "male"};
    const size_t samples = lw_record_sample_count(record);
    const double rate_hz = lw_record_rate_hz(record);
    json_t *leads = json_array(), *diagnoses = json_array(), *warnings = json_array();
    for (size_t i = 0; i < lw_record_lead_count(record); i++)
        json_array_append_new(leads, lead_json(record, i));
    for (size_t i = 0; i < lw_record_code_count(record); i++)
        json_array_append_new(diagnoses, diagnosis_json(lw_record_code(record, i)));
    for (size_t i = 0; i < lw_record_warning_count(record); i++)
        json_array_append_new(warnings, text_json(lw_record_warning(record, i)));
    return json_pack("{s:s, s:o, s:s, s:o, s:o, s:o, s:o, s:s, s:o, s:o, s:o, s:o}", "kind", "recording", "name",
                     text_json(lw_record_name(record)), "format", lw_record_format(record), "rate_hz",
                     number_json(rate_hz), "samples", count_json(samples), "duration_s",
                     number_json((double)samples / rate_hz), "age_years", number_json(lw_record_age_years(record)),
                     "sex", sexes[lw_record_sex(record)], "leads", leads, "diagnoses", diagnoses, "quality", quality,
                     "warnings", warnings);
}

static lw_status describe_record(const char *path, const lw_record_options *how, json_t **document, lw_error *err) {
    lw_record *record = NULL;
    json_t *quality = NULL;
    lw_status status = lw_record_read(path, how, &record, err);
    if (status == LW_OK)
        status = quality_json(record, &quality, err);
    if (status == LW_OK)
        *document = record_json(record, quality);
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
    char rate[32], band[64], window[32];
    snprintf(rate, sizeof rate, "%g Hz", how->rate_hz);
    snprintf(band, sizeof band, "%g to %g Hz", how->band_hz[0], how->band_hz[1]);
    snprintf(window, sizeof window, "%g s", how->window_s);
    return json_pack("{s:s, s:s, s:i, s:s, s:s}", "rate", rate, "band", band, "order", how->filter_order, "window",
                     window, "ends", how->ends == LW_ENDS_LINE ? "line" : "zero");
}

/** A class with its codes, "164889003|...". */
static json_t *class_json(const lw_class_list *classes, size_t i) {
    char codes[512] = "";
    size_t length = 0;
    for (size_t k = 0; k < lw_class_code_count(classes, i) && length < sizeof codes; k++)
        length += (size_t)snprintf(codes + length, sizeof codes - length, "%s%s", k > 0 ? "|" : "",
                                   lw_class_code(classes, i, k));
    return json_pack("{s:o, s:o}", "abbreviation", text_json(lw_class_abbreviation(classes, i)), "codes",
                     text_json(codes));
}

static json_t *prepared_classes_json(const lw_dataset *dataset) {
    const lw_class_list *classes = lw_dataset_classes(dataset);
    const size_t count = lw_class_count(classes);
    size_t *positive = cli_calloc(count, sizeof *positive);
    for (size_t n = 0; n < lw_dataset_record_count(dataset); n++) {
        const uint8_t *labels = lw_dataset_labels(dataset, n);
        for (size_t i = 0; i < count; i++)
            positive[i] += labels[i];
    }
    json_t *array = json_array();
    for (size_t i = 0; i < count; i++) {
        json_t *object = class_json(classes, i);
        set(object, "records", count_json(positive[i]));
        json_array_append_new(array, object);
    }
    free(positive);
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

/** `hashed`: with the SHA-256, which takes minutes where there are a million records. */
static lw_status describe_prepared(const char *path, bool hashed, json_t **document, lw_error *err) {
    lw_dataset *dataset = NULL;
    char sha256[65];
    lw_status status = lw_dataset_open(path, &dataset, err);
    if (status == LW_OK && hashed)
        status = lw_dataset_sha256(dataset, sha256, err);
    if (status == LW_OK)
        *document = json_pack("{s:s, s:o, s:o, s:o, s:o, s:s*, s:o, s:o}", "kind", "prepared file", "records",
                              count_json(lw_dataset_record_count(dataset)), "samples",
                              count_json(lw_dataset_sample_count(dataset)), "leads",
                              lead_set_json(lw_dataset_leads(dataset)), "preprocessing",
                              preprocessing_json(lw_dataset_preprocessing(dataset)), "sha256", hashed ? sha256 : NULL,
                              "sources", sources_json(dataset), "classes", prepared_classes_json(dataset));
    lw_dataset_free(&dataset);
    return status;
}

/** "age,sex": what the network reads besides the signals. */
static json_t *inputs_json(const lw_network *network) {
    char *description = lw_network_json(network), text[64] = "";
    json_t *object = description ? json_loads(description, 0, NULL) : NULL, *name;
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
    set(object, "parameters", count_json(lw_network_parameter_count(network)));
    set(object, "members", count_json(lw_model_member_count(model)));
    if (lw_model_member_count(model) > 1)
        set(object, "combine", json_string(lw_model_combination(model) == LW_COMBINE_MEAN ? "mean" : "median"));
    set(object, "tensors", count_json(lw_model_tensor_count(model)));
    set(object, "weights", json_string(lw_model_is_rounded(model) ? "float16" : "float32"));
    set(object, "macs", number_json(lw_network_macs(network)));
    set(object, "samples", count_json(lw_network_sample_count(network)));
    set(object, "leads", lead_set_json(lw_network_leads(network)));
    if (lw_network_input_count(network) > 0)
        set(object, "inputs", inputs_json(network));
    set(object, "preprocessing", preprocessing_json(lw_model_preprocessing(model)));
    set(object, "temperature", number_json(lw_model_temperature(model)));
    set(object, "fallback", fallback ? text_json(fallback) : json_null());
    set(object, "sha256", json_string(sha256));
    for (size_t i = 0; i < lw_class_count(classes); i++) {
        json_t *output = class_json(classes, i);
        set(output, "threshold", json_real(lw_model_thresholds(model)[i]));
        json_array_append_new(outputs, output);
    }
    set(object, "classes", outputs);
    return object;
}

static lw_status describe_model(const char *path, json_t **document, lw_error *err) {
    lw_model *model = NULL;
    char sha256[65];
    lw_status status = lw_model_load(path, &model, err);
    if (status == LW_OK)
        status = lw_model_sha256(model, sha256, err);
    if (status == LW_OK)
        *document = model_json(model, sha256);
    lw_model_free(&model);
    return status;
}

/* Text */

enum { CELL = 160 };

/** Text, a number or a truth value as text[CELL]; control bytes, which a terminal may obey, become '?'. */
static void format_scalar(const json_t *value, char *text) {
    if (json_is_string(value))
        snprintf(text, CELL, "%s", json_string_value(value));
    else if (json_is_real(value))
        snprintf(text, CELL, "%.6g", json_real_value(value));
    else if (json_is_integer(value))
        snprintf(text, CELL, "%" JSON_INTEGER_FORMAT, json_integer_value(value));
    else
        snprintf(text, CELL, "%s", json_is_true(value) ? "yes" : json_is_false(value) ? "no" : "unknown");
    lw_make_printable(text);
}

/** The members of an object on one line, but for arrays: "value, key value, ...". */
static void print_members(json_t *object) {
    const char *key;
    json_t *value;
    char text[CELL];
    bool first = true;
    json_object_foreach(object, key, value) {
        if (json_is_array(value))
            continue;
        format_scalar(value, text);
        printf("%s%s%s%s", first ? "" : ", ", first ? "" : key, first ? "" : " ", text);
        first = false;
    }
    putchar('\n');
}

/** Width of a column of a table, of its title and of every row's value; 0 for the last, which needs no padding. */
static int column_width(json_t *rows, const char *key) {
    json_t *first = json_array_get(rows, 0), *row;
    size_t width = strlen(key), i;
    char text[CELL];
    if (!json_object_iter_next(first, json_object_iter_at(first, key)))
        return 0;
    json_array_foreach(rows, i, row) {
        format_scalar(json_object_get(row, key), text);
        width = strlen(text) > width ? strlen(text) : width;
    }
    return (int)width;
}

/** Objects with the same keys as rows below their keys. */
static void print_table(json_t *rows) {
    const char *key;
    json_t *row, *value;
    size_t i;
    char text[CELL];
    json_object_foreach(json_array_get(rows, 0), key, value) { printf("  %-*s", column_width(rows, key), key); }
    putchar('\n');
    json_array_foreach(rows, i, row) {
        json_object_foreach(json_array_get(rows, 0), key, value) {
            format_scalar(json_object_get(row, key), text);
            printf("  %-*s", column_width(rows, key), text);
        }
        putchar('\n');
    }
}

static void print_array(const char *key, json_t *array) {
    json_t *value;
    size_t i;
    char text[CELL];
    printf("%s: %zu\n", key, json_array_size(array));
    if (json_is_object(json_array_get(array, 0))) {
        print_table(array);
        return;
    }
    json_array_foreach(array, i, value) {
        format_scalar(value, text);
        printf("  %s\n", text);
    }
}

static void print_text(json_t *document) {
    const char *key, *inner;
    json_t *value, *member;
    char text[CELL];
    json_object_foreach(document, key, value) {
        if (json_is_array(value)) {
            print_array(key, value);
            continue;
        }
        printf("%-14s ", key);
        if (json_is_object(value)) {
            print_members(value);
            json_object_foreach(value, inner, member) if (json_is_array(member)) print_array(inner, member);
        } else {
            format_scalar(value, text);
            puts(text);
        }
    }
}

/* The command */

static lw_status describe(const cli_arguments *arguments, const char *path, json_t **document, lw_error *err) {
    const lw_record_options how = cli_record_options(arguments);
    cli_file_kind kind;
    const lw_status status = cli_file_kind_of(path, &kind, err);
    if (status != LW_OK)
        return status;
    switch (kind) {
    case CLI_FILE_MODEL:
        return describe_model(path, document, err);
    case CLI_FILE_PREPARED:
        return describe_prepared(path, cli_flag(arguments, "sha256"), document, err);
    default:
        return describe_record(path, &how, document, err);
    }
}

static void print_json(const json_t *document) {
    char *text = json_dumps(document, JSON_INDENT(2) | JSON_REAL_PRECISION(9));
    puts(text ? text : "");
    free(text);
}

/** Print name, leads, and whether it can do without some of them, of each built-in model: a line, or in an array. */
static int list_models(bool as_json) {
    json_t *rows = json_array();
    const char *name;
    lw_error err;
    int code = CLI_EXIT_OK;
    for (size_t i = 0; (name = lw_model_builtin(i)); i++) {
        lw_model *model = NULL;
        char leads[256];
        code = cli_exit_code(lw_model_load_builtin(name, &model, &err), &err);
        if (code != CLI_EXIT_OK)
            break;
        const bool missing_leads = lw_network_missing_leads(lw_model_network(model));
        cli_lead_names(lw_network_leads(lw_model_network(model)), leads);
        json_array_append_new(
            rows, json_pack("{s:s, s:s, s:b}", "name", name, "leads", leads, "missing_leads", missing_leads));
        if (!as_json)
            printf("%-20s %s%s\n", name, leads, missing_leads ? ", or any of them" : "");
        lw_model_free(&model);
    }
    if (as_json && code == CLI_EXIT_OK)
        print_json(rows);
    json_decref(rows);
    return code;
}

static int run(const cli_arguments *arguments) {
    const char *const *operands;
    json_t *document = NULL;
    lw_error err;
    if (cli_flag(arguments, "models"))
        return list_models(cli_flag(arguments, "json"));
    if (cli_operands(arguments, &operands) != 1)
        return cli_usage_error(arguments, "'info' needs one file");
    if (cli_is_folder(operands[0]))
        return cli_usage_error(arguments, "'info' needs a file, and %s is a folder", operands[0]);
    const lw_status status = describe(arguments, operands[0], &document, &err);
    if (status != LW_OK)
        return cli_exit_code(lw_error_set(&err, status, "%s%s", err.message, cli_hint(arguments, status)), &err);
    if (cli_flag(arguments, "json"))
        print_json(document);
    else
        print_text(document);
    json_decref(document);
    return CLI_EXIT_OK;
}

const cli_command cli_command_info = {
    .name = "info",
    .summary = "Describe a recording, a prepared file or a model",
    .synopsis = "FILE",
    .description = "The kind of FILE is found from its first bytes. Of a recording: leads, gains, missing samples, "
                   "checksums, diagnoses by name and warnings; of a prepared file: records and classes; of a model: "
                   "network, preprocessing, thresholds and SHA-256.",
    .examples = "leadwise info A0001.hea\nleadwise info run/model.safetensors --json\nleadwise info --models",
    .options = options,
    .run = run,
};
