/* This file has the options of training, one row each. Checks, texts, files of runs and the rows of programs come from
 * these. */
#include "train/options_table.h"

#include <assert.h>
#include <errno.h>
#include <limits.h>
#include <math.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "base/text.h"

typedef struct row {
    lw_train_option shown;
    const char *field;
    size_t offset, bytes;
} row;

/* clang-format off */
#define ROW(key_, kind_, field_, ...)                                                                                  \
    {{.key = key_, .kind = LW_OPTION_##kind_, __VA_ARGS__}, #field_, offsetof(lw_train_options, field_),               \
     sizeof(((lw_train_options *)NULL)->field_)}

/* An option is a row here, a field in options_table.h, and its use. Programs show the rows in this order. */
static const row rows[] = {
    ROW("year", WHOLE, year, .argument = "YEAR", .value = "2021", .low = 2020, .high = 2021,
        .help = "year of the Challenge whose metric counts"),
    ROW("beta1", REAL, beta1, .argument = "BETA", .value = "0.9", .high = 0.9999999,
        .help = "decay of Adam's mean of the gradients"),
    ROW("beta2", REAL, beta2, .argument = "BETA", .value = "0.999", .high = 0.9999999,
        .help = "decay of Adam's mean of the squared gradients"),
    ROW("epsilon", REAL, epsilon, .argument = "E", .value = "1e-7", .above_low = true, .high = 1,
        .help = "what Adam adds to the root of the squared gradients"),
    ROW("class-weight-epsilon", REAL, class_weight_epsilon, .argument = "E", .value = "0.01", .above_low = true,
        .high = 1, .help = "what is added to a class's frequency before its weight in the loss is taken"),

    ROW("epochs", WHOLE, epochs, .argument = "N", .value = "100", .low = 1, .high = 100000, .best = "80",
        .help = "train for this many epochs at most"),
    ROW("batch", WHOLE, batch, .argument = "N", .value = "64", .low = 1, .high = 65536, .best = "8",
        .help = "recordings in a training step"),
    ROW("learning-rate", REAL, learning_rate, .argument = "RATE", .value = "0.001", .above_low = true, .high = 10,
        .best = "0.004", .help = "Adam's learning rate at the start"),
    ROW("halve-after", WHOLE, patience_halve, .argument = "N", .value = "5", .high = 100000,
        .help = "halve the learning rate after this many epochs without a lower validation loss, 0: never"),
    ROW("stop-after", WHOLE, patience_stop, .argument = "N", .high = 100000,
        .help = "stop after this many epochs without a lower validation loss, 0: never (default: 10, or 0 with a "
                "cosine schedule)"),

    ROW("schedule", CHOICE, schedule, .argument = "HOW", .value = "plateau", .choices = "plateau,cosine",
        .best = "cosine",
        .help = "learning rate: plateau halves it when the validation loss stalls, cosine lowers it to 0 over the "
                "epochs"),
    ROW("warmup", REAL, warmup_epochs, .argument = "EPOCHS", .value = "0", .high = 100000, .best = "2",
        .help = "raise the learning rate from 0 over this many epochs"),
    ROW("keep", CHOICE, keep, .argument = "WHICH", .value = "best-loss", .choices = "best-loss,best-metric,last",
        .help = "which epoch becomes the model: that of the lowest validation loss, of the highest validation metric, or the last one"),
    ROW("weight-decay", REAL, weight_decay, .argument = "W", .value = "0", .high = 100,
        .help = "AdamW: a step takes W times the learning rate off the weights of convolutions and dense layers"),
    ROW("mixup", REAL, mixup, .argument = "ALPHA", .value = "0", .high = 4,
        .help = "mix each recording with another of its batch, in shares drawn from Beta(ALPHA, ALPHA), 0: off"),
    ROW("augment", SET, augment, .argument = "LIST", .value = "none",
        .choices = "shift,scale,wander,noise,resample,cutout,all,none",
        .best = "shift,scale,wander,noise,resample",
        .help = "change recordings at random, in ways joined by commas"),
    ROW("lead-dropout", REAL, lead_dropout, .argument = "P", .value = "0", .high = 1,
        .help = "probability that a recording is seen with some of its leads only, so that the model reads recordings "
                "that lack leads"),
    ROW("label-mask", FLAG, label_mask, .value = "false",
        .help = "leave a class that no recording of a source (folder) carries out of that source's loss"),
    ROW("metric-loss", REAL, metric_loss, .argument = "WEIGHT", .value = "0", .high = 1000,
        .help = "weight of a loss by the Challenge metric of the probabilities, added to the cross-entropy, 0: off"),
    ROW("metric-head", REAL, metric_head, .argument = "WEIGHT", .value = "0", .high = 1000, .best = "1",
        .help = "weight of a second head that learns by the Challenge metric and is no part of the model, 0: off"),
    ROW("average", REAL, average, .argument = "DECAY", .value = "0", .high = 0.99999, .best = "0.998",
        .help = "validate and keep a moving average of the weights with this decay, 0: the weights themselves"),
    ROW("tune-thresholds", FLAG, tune_thresholds, .value = "false", .best = "true",
        .help = "give the model the thresholds that are best on the validation recordings, in place of 0.5"),

    ROW("test-fraction", REAL, test_fraction, .argument = "F", .value = "0.2", .high = 0.9,
        .help = "share of the recordings kept apart for the scores at the end, 0: none"),
    ROW("validation-fraction", REAL, validation_fraction, .argument = "F", .value = "0.1", .above_low = true,
        .high = 0.9, .help = "share of the recordings outside the test set that choose the best epoch"),
    ROW("fallback", TEXT, fallback, .argument = "CODE", .value = LW_CODE_NSR,
        .help = "SNOMED CT code of the model's diagnosis when no class is positive, or none"),
    ROW("seed", WHOLE, seed, .argument = "N", .value = "0", .help = "seed of every random choice"),
    ROW("split-seed", WHOLE, split_seed, .argument = "N",
        .help = "seed that divides the recordings into training, validation and test (default: the seed)"),
};
/* clang-format on */

enum { ROWS = sizeof rows / sizeof rows[0] };

const lw_train_option *lw_train_option_at(size_t i) { return i < ROWS ? &rows[i].shown : NULL; }

const char *lw_train_option_field(size_t i) { return rows[i].field; }

static const row *find_row(const char *key) {
    for (size_t i = 0; i < ROWS; i++)
        if (strcmp(rows[i].shown.key, key) == 0)
            return &rows[i];
    return NULL;
}

/* Numbers of fields, little-endian as all files are. A choice is one by its place among the names, a set has a bit for
 * each of them. */

static uint64_t load(const row *r, const lw_train_options *options) {
    uint64_t number = 0;
    memcpy(&number, (const char *)options + r->offset, r->bytes);
    return number;
}

static const char *names_of(const row *r) { return r->shown.kind == LW_OPTION_FLAG ? "false,true" : r->shown.choices; }

/* Texts into fields */

/** Where `name` stands among the names; -1: nowhere. */
static int find_name(const char *names, lw_span name) {
    lw_span rest = {names, strlen(names)}, known;
    for (int i = 0; lw_span_field(&rest, ',', &known); i++)
        if (known.length == name.length && memcmp(known.at, name.at, name.length) == 0)
            return i;
    return -1;
}

/** The number of a name, or of a set of those before "all"; false where it has none. */
static bool read_names(const row *r, const char *text, uint64_t *number) {
    const bool set = r->shown.kind == LW_OPTION_SET;
    const int all = set ? find_name(names_of(r), (lw_span){"all", 3}) : INT_MAX;
    lw_span rest = {text, strlen(text)}, name = rest;
    int place = find_name(names_of(r), rest);
    if (!set || place >= all) {
        *number = !set ? (uint64_t)place : place == all ? (UINT64_C(1) << all) - 1 : 0;
        return place >= 0;
    }
    *number = 0;
    while (lw_span_field(&rest, ',', &name)) {
        place = find_name(names_of(r), name);
        if (place < 0 || place >= all)
            return false;
        *number |= UINT64_C(1) << place;
    }
    return *number != 0;
}

static bool in_range(const lw_train_option *o, double value) {
    return (o->above_low ? value > o->low : value >= o->low) && (o->high <= 0 || value <= o->high);
}

/** All 64 bits are used where there is no upper limit. */
static bool read_whole(const row *r, const char *text, uint64_t *number) {
    char *end;
    errno = 0;
    *number = strtoull(text, &end, 10);
    return text[0] >= '0' && text[0] <= '9' && *end == '\0' && errno == 0 && in_range(&r->shown, (double)*number);
}

/** False where `text` is no value of the option; the field is then as before. */
static bool read_value(const row *r, const char *text, lw_train_options *options) {
    const lw_span span = {text, strlen(text)};
    void *field = (char *)options + r->offset;
    uint64_t number = 0;
    double real;
    if (r->shown.kind == LW_OPTION_TEXT) {
        if (span.length == 0 || span.length >= r->bytes)
            return false;
        memcpy(field, text, span.length + 1);
    } else if (r->shown.kind == LW_OPTION_REAL) {
        if (!lw_span_double(span, &real) || !in_range(&r->shown, real))
            return false;
        *(double *)field = real + 0.0; /* one zero, and one text for it */
    } else {
        if (!(r->shown.kind == LW_OPTION_WHOLE ? read_whole(r, text, &number) : read_names(r, text, &number)))
            return false;
        memcpy(field, &number, r->bytes);
    }
    return true;
}

/** Set what follows from a value: the patience of early stopping from a schedule, the mark of a split's own seed from
 * that seed. */
static void follow(const row *r, lw_train_options *options) {
    if (r->offset == offsetof(lw_train_options, schedule))
        options->patience_stop = options->schedule == LW_SCHEDULE_COSINE ? 0 : 10;
    if (r->offset == offsetof(lw_train_options, split_seed))
        options->set_split_seed = true;
}

/* Fields into texts. A value that no text can set is written as "?". */

/** The shortest text that reads as `value` again. */
static void write_real(double value, char text[LW_TRAIN_VALUE]) {
    double again = NAN;
    for (int digits = 15; digits <= 17 && !(again <= value && again >= value); digits++) {
        snprintf(text, LW_TRAIN_VALUE, "%.*g", digits, value);
        if (!lw_span_double((lw_span){text, strlen(text)}, &again))
            return;
    }
}

static void write_names(const row *r, uint64_t number, char text[LW_TRAIN_VALUE]) {
    const bool set = r->shown.kind == LW_OPTION_SET;
    const int all = set ? find_name(names_of(r), (lw_span){"all", 3}) : INT_MAX;
    lw_span rest = {names_of(r), strlen(names_of(r))}, name;
    size_t length = 0;
    for (int i = 0; i < all && length < LW_TRAIN_VALUE && lw_span_field(&rest, ',', &name); i++)
        if (set ? number >> i & 1 : number == (uint64_t)i)
            length += (size_t)snprintf(text + length, LW_TRAIN_VALUE - length, "%s%.*s", length > 0 ? "," : "",
                                       (int)name.length, name.at);
    if (length == 0 || (set && number >> all != 0))
        snprintf(text, LW_TRAIN_VALUE, "%s", set && number == 0 ? "none" : "?");
}

/* Without memory of its own, so that it cannot fail. */
static void write_value(const row *r, const lw_train_options *options, char value[LW_TRAIN_VALUE]) {
    const void *field = (const char *)options + r->offset;
    if (r->shown.kind == LW_OPTION_TEXT)
        snprintf(value, LW_TRAIN_VALUE, "%s", (const char *)field);
    else if (r->shown.kind == LW_OPTION_REAL)
        write_real(*(const double *)field, value);
    else if (r->shown.kind == LW_OPTION_WHOLE)
        snprintf(value, LW_TRAIN_VALUE, "%llu", (unsigned long long)load(r, options));
    else
        write_names(r, load(r, options), value);
}

const char *lw_train_options_get(const lw_train_options *options, const char *key, char value[LW_TRAIN_VALUE]) {
    const row *r = find_row(key);
    if (!r)
        return NULL;
    lw_train_options resolved = *options;
    resolved.split_seed = lw_train_split_seed(options);
    write_value(r, &resolved, value);
    return value;
}

/* Checks */

/** "mixup: '5' is not a number from 0 to 4" */
static lw_status fail_value(const row *r, const char *text, lw_error *err) {
    const lw_train_option *o = &r->shown;
    char expected[160];
    if (o->kind == LW_OPTION_FLAG)
        snprintf(expected, sizeof expected, "true or false");
    else if (o->kind == LW_OPTION_TEXT)
        snprintf(expected, sizeof expected, "a text of 1 to %zu characters", r->bytes - 1);
    else if (o->choices)
        snprintf(expected, sizeof expected, "%s %s", o->kind == LW_OPTION_SET ? "some of" : "one of", o->choices);
    else if (o->kind == LW_OPTION_WHOLE && o->high <= 0)
        snprintf(expected, sizeof expected, "a whole number, at least %.0f", o->low);
    else
        snprintf(expected, sizeof expected, o->above_low ? "a %s above %.9g, at most %.9g" : "a %s from %.9g to %.9g",
                 o->kind == LW_OPTION_WHOLE ? "whole number" : "number", o->low, o->high);
    return lw_fail(err, LW_ERR_ARGUMENT, "%s: '%.80s' is not %s", o->key, text, expected);
}

lw_status lw_train_options_check(const lw_train_options *options, lw_error *err) {
    lw_train_options scratch = *options;
    char text[LW_TRAIN_VALUE];
    for (size_t i = 0; i < ROWS; i++) {
        write_value(&rows[i], options, text);
        if (!read_value(&rows[i], text, &scratch))
            return fail_value(&rows[i], text, err);
    }
    if (options->warmup_epochs >= (double)options->epochs)
        return lw_fail(err, LW_ERR_ARGUMENT, "warmup: %g epochs, expected fewer than the %zu of the training",
                       options->warmup_epochs, options->epochs);
    return LW_OK;
}

lw_status lw_train_options_set(lw_train_options *options, const char *key, const char *value, lw_error *err) {
    const row *r = find_row(key);
    if (!r)
        return lw_fail(err, LW_ERR_ARGUMENT, "training has no option '%.80s'", key);
    if (!read_value(r, value, options))
        return fail_value(r, value, err);
    follow(r, options);
    return LW_OK;
}

lw_status lw_train_options_set_run(lw_train_options *options, const lw_train_run *run, lw_error *err) {
    lw_train_run known;
    const lw_status status = lw_options_take(&known, sizeof known, run, "lw_train_run", err);
    if (status != LW_OK)
        return status;
    options->threads = known.threads;
    options->resume = known.resume;
    options->memory_bytes = known.memory_bytes;
    options->tuning = known.tuning;
    options->cluster = known.cluster;
    options->group_file = known.group_file;
    return LW_OK;
}

/* The struct as a whole */

void lw_train_options_reset(lw_train_options *options) {
    *options = (lw_train_options){0};
    for (size_t i = 0; i < ROWS; i++) {
        const char *value = rows[i].shown.value;
        const lw_status status = value ? lw_train_options_set(options, rows[i].shown.key, value, NULL) : LW_OK;
        assert(status == LW_OK);
        (void)status;
    }
}

lw_status lw_train_options_create(lw_train_options **out, lw_error *err) {
    lw_train_options defaults;
    lw_train_options_reset(&defaults);
    return lw_train_options_copy(&defaults, out, err);
}

lw_status lw_train_options_copy(const lw_train_options *options, lw_train_options **out, lw_error *err) {
    lw_train_options *copy = malloc(sizeof *copy);
    if (!copy)
        return lw_fail_no_memory(err, "the options of training");
    *copy = *options;
    *out = copy;
    return LW_OK;
}

void lw_train_options_free(lw_train_options **options) {
    if (!options)
        return;
    free(*options);
    *options = NULL;
}

const char *lw_train_fallback(const lw_train_options *options) {
    return strcmp(options->fallback, "none") == 0 ? NULL : options->fallback;
}

uint64_t lw_train_split_seed(const lw_train_options *options) {
    return options->set_split_seed ? options->split_seed : options->seed;
}
