/** @file prepare_summary.c: what lw_prepare counts, as a summary in JSON. */
#include "dataset/prepared_internal.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/error.h"
#include "base/json.h"
#include "base/memory.h"

void lw_prepare_summary_free(lw_prepare_summary *summary) {
    if (!summary)
        return;
    lw_string_free(&summary->json);
    *summary = (lw_prepare_summary){0};
}

static const char *const length_names[] = {"under_5", "5_to_10", "10", "10_to_60", "over_60"};
enum { LENGTHS = sizeof length_names / sizeof length_names[0] };

static const char *length_name(double duration_s) {
    /* A recording of 10 s may be a sample short or long. */
    static const double tenth_s = 0.1;
    if (fabs(duration_s - 10) < tenth_s)
        return length_names[2];
    if (duration_s < 5)
        return length_names[0];
    if (duration_s < 10)
        return length_names[1];
    return duration_s <= 60 ? length_names[3] : length_names[4];
}

void lw_tally_start(lw_tally *tally, const lw_prepare_options *options) {
    *tally = (lw_tally){.options = options,
                        .sources = json_object(),
                        .rates = json_object(),
                        .lengths = json_object(),
                        .rejections = json_array()};
    for (size_t i = 0; i < LENGTHS; i++)
        tally->failed |= json_object_set_new(tally->lengths, length_names[i], json_integer(0)) != 0;
}

void lw_tally_free(lw_tally *tally) {
    json_decref(tally->sources);
    json_decref(tally->rates);
    json_decref(tally->lengths);
    json_decref(tally->rejections);
    *tally = (lw_tally){0};
}

static void count_up(lw_tally *tally, json_t *counts, const char *key) {
    const json_int_t count = json_integer_value(json_object_get(counts, key));
    tally->failed |= json_object_set_new(counts, key, json_integer(count + 1)) != 0;
}

void lw_tally_accept(lw_tally *tally, const lw_prepare_item *item, const char *source, const uint8_t *labels) {
    char rate[32];
    snprintf(rate, sizeof rate, "%.6g", item->rate_hz);
    count_up(tally, tally->sources, source);
    count_up(tally, tally->rates, rate);
    count_up(tally, tally->lengths, length_name(item->duration_s));
    bool labelled = false;
    for (size_t k = 0; k < lw_class_count(tally->options->classes); k++) {
        tally->classes[k] += labels[k];
        labelled |= labels[k] != 0;
    }
    for (size_t h = 0; h < tally->options->leads.count; h++)
        for (unsigned flag = 0; flag < 4; flag++)
            tally->leads[h][flag] += item->info.lead_flags[h] >> flag & 1;
    tally->records++;
    tally->unlabelled += !labelled;
    tally->with_warnings += item->warning_count > 0;
}

/** `text` as a string that JSON can hold: a path may hold any bytes. */
static json_t *printable(const char *text) {
    char *copy = lw_strdup(text);
    if (copy)
        lw_make_printable(copy);
    json_t *string = copy ? json_string(copy) : NULL;
    free(copy);
    return string;
}

void lw_tally_reject(lw_tally *tally, const lw_prepare_item *item, const char *path) {
    lw_json_append(&tally->rejections,
                   json_pack("{s:o, s:s, s:o}", "path", printable(path), "code", lw_status_name(item->status), "reason",
                             printable(item->error.message)));
    tally->rejected++;
}

static json_t *class_counts(const lw_tally *tally) {
    const lw_class_list *classes = tally->options->classes;
    json_t *array = json_array();
    for (size_t i = 0; i < lw_class_count(classes); i++) {
        json_t *codes = json_array();
        for (size_t k = 0; k < lw_class_code_count(classes, i); k++)
            lw_json_append(&codes, json_string(lw_class_code(classes, i, k)));
        lw_json_append(&array, json_pack("{s:o, s:s, s:I}", "codes", codes, "abbreviation",
                                         lw_class_abbreviation(classes, i), "records", (json_int_t)tally->classes[i]));
    }
    return array;
}

static json_t *lead_counts(const lw_tally *tally) {
    json_t *array = json_array();
    for (size_t h = 0; h < tally->options->leads.count; h++) {
        const size_t *n = tally->leads[h];
        lw_json_append(&array, json_pack("{s:s, s:I, s:I, s:I, s:I}", "name", tally->options->leads.name[h], "flat",
                                         (json_int_t)n[0], "missing", (json_int_t)n[1], "derived", (json_int_t)n[2],
                                         "filled", (json_int_t)n[3]));
    }
    return array;
}

lw_status lw_tally_summary(const lw_tally *tally, lw_prepare_summary *out, lw_error *err) {
    json_t *root = json_pack("{s:I, s:I, s:I, s:I, s:O, s:O, s:O, s:o, s:o, s:O}", "records",
                             (json_int_t)tally->records, "rejected", (json_int_t)tally->rejected, "with_warnings",
                             (json_int_t)tally->with_warnings, "unlabelled", (json_int_t)tally->unlabelled, "sources",
                             tally->sources, "rates_hz", tally->rates, "lengths_s", tally->lengths, "classes",
                             class_counts(tally), "leads", lead_counts(tally), "rejections", tally->rejections);
    char *json = !tally->failed && root ? json_dumps(root, JSON_INDENT(1)) : NULL;
    json_decref(root);
    if (!json)
        return lw_fail_no_memory(err, "the summary");
    *out = (lw_prepare_summary){tally->records, tally->rejected, tally->with_warnings, tally->unlabelled, json};
    return LW_OK;
}
