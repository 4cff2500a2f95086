/* Options of training by name. */
#include <stddef.h>
#include <string.h>

#include "base/error.h"
#include "base/text.h"
#include "leadwise/train.h"

enum { MOST = 1 << 20 };

typedef enum option_kind { COUNT, REAL, FLAG, SCHEDULE, KEEP, AUGMENT } option_kind;

static const struct option {
    const char *key;
    option_kind kind;
    size_t offset;
} options_known[] = {
    {"epochs", COUNT, offsetof(lw_train_options, epochs)},
    {"batch", COUNT, offsetof(lw_train_options, batch)},
    {"learning-rate", REAL, offsetof(lw_train_options, learning_rate)},
    {"halve-after", COUNT, offsetof(lw_train_options, patience_halve)},
    {"stop-after", COUNT, offsetof(lw_train_options, patience_stop)},
    {"schedule", SCHEDULE, offsetof(lw_train_options, schedule)},
    {"warmup", REAL, offsetof(lw_train_options, warmup_epochs)},
    {"keep", KEEP, offsetof(lw_train_options, keep)},
    {"weight-decay", REAL, offsetof(lw_train_options, weight_decay)},
    {"mixup", REAL, offsetof(lw_train_options, mixup)},
    {"augment", AUGMENT, offsetof(lw_train_options, augment)},
    {"lead-dropout", REAL, offsetof(lw_train_options, lead_dropout)},
    {"label-mask", FLAG, offsetof(lw_train_options, label_mask)},
    {"metric-loss", REAL, offsetof(lw_train_options, metric_loss)},
    {"metric-head", REAL, offsetof(lw_train_options, metric_head)},
    {"average", REAL, offsetof(lw_train_options, average)},
    {"tune-thresholds", FLAG, offsetof(lw_train_options, tune_thresholds)},
};

typedef struct option option;

/** Index of `value` among the words, or -1. */
static int choose(lw_span value, const char *const *words, int count) {
    for (int i = 0; i < count; i++)
        if (lw_span_equals(value, words[i]))
            return i;
    return -1;
}

static bool read_count(lw_span value, size_t *out) {
    long long read;
    const bool fine = lw_span_long(value, 0, MOST, &read);
    *out = fine ? (size_t)read : *out;
    return fine;
}

static bool read_flag(lw_span value, bool *out) {
    static const char *const words[] = {"false", "true"};
    const int read = choose(value, words, 2);
    *out = read >= 0 ? read == 1 : *out;
    return read >= 0;
}

/** A cosine is laid out to its end, a plateau waits as long as the papers. */
static bool read_schedule(lw_span value, lw_train_options *out) {
    static const char *const words[] = {[LW_SCHEDULE_PLATEAU] = "plateau", [LW_SCHEDULE_COSINE] = "cosine"};
    const int read = choose(value, words, 2);
    if (read < 0)
        return false;
    out->schedule = (lw_schedule_kind)read;
    out->patience_stop = out->schedule == LW_SCHEDULE_COSINE ? 0 : lw_train_options_default().patience_stop;
    return true;
}

static bool read_keep(lw_span value, lw_keep *out) {
    static const char *const words[] = {
        [LW_KEEP_BEST_LOSS] = "best-loss", [LW_KEEP_BEST_METRIC] = "best-metric", [LW_KEEP_LAST] = "last"};
    const int read = choose(value, words, 3);
    *out = read >= 0 ? (lw_keep)read : *out;
    return read >= 0;
}

static bool read_augment(lw_span value, unsigned *out) {
    char list[128];
    if (value.length >= sizeof list)
        return false;
    memcpy(list, value.at, value.length);
    list[value.length] = '\0';
    *out = lw_augment_parse(list);
    return (*out & LW_AUGMENT_UNKNOWN) == 0;
}

static bool read_value(const option *o, lw_span value, lw_train_options *out) {
    void *at = (char *)out + o->offset;
    switch (o->kind) {
    case COUNT:
        return read_count(value, at);
    case REAL:
        return lw_span_double(value, at);
    case FLAG:
        return read_flag(value, at);
    case SCHEDULE:
        return read_schedule(value, out);
    case KEEP:
        return read_keep(value, at);
    case AUGMENT:
        return read_augment(value, at);
    }
    return false;
}

static const option *find_option(lw_span key) {
    for (size_t i = 0; i < sizeof options_known / sizeof options_known[0]; i++)
        if (lw_span_equals(key, options_known[i].key))
            return &options_known[i];
    return NULL;
}

static lw_status set_pair(lw_train_options *options, lw_span pair, lw_error *err) {
    lw_span value = pair, key = {pair.at, 0};
    if (!lw_span_field(&value, '=', &key) || key.length == pair.length)
        return lw_fail(err, LW_ERR_ARGUMENT, "'%.*s' is not KEY=VALUE", (int)pair.length, pair.at);
    const option *known = find_option(key);
    if (known == NULL)
        return lw_fail(err, LW_ERR_ARGUMENT, "training has no option '%.*s'", (int)key.length, key.at);
    if (!read_value(known, value, options))
        return lw_fail(err, LW_ERR_ARGUMENT, "'%.*s' is no value of %s", (int)value.length, value.at, known->key);
    return LW_OK;
}

lw_status lw_train_options_set(lw_train_options *options, const char *pairs, lw_error *err) {
    lw_train_options changed = *options;
    lw_span rest = {pairs, strlen(pairs)}, pair;
    lw_status status = LW_OK;
    while (status == LW_OK && lw_span_field(&rest, ' ', &pair))
        if (pair.length > 0)
            status = set_pair(&changed, pair, err);
    const char *problem = status == LW_OK ? lw_train_options_check(&changed) : NULL;
    if (problem != NULL)
        status = lw_fail(err, LW_ERR_ARGUMENT, "%s: %s", pairs, problem);
    if (status == LW_OK)
        *options = changed;
    return status;
}

bool lw_train_options_agree(const lw_train_options *a, const lw_train_options *b, const char *key) {
    static const size_t bytes[] = {[COUNT] = sizeof(size_t), [REAL] = sizeof(double),
                                   [FLAG] = sizeof(bool),    [SCHEDULE] = sizeof(lw_schedule_kind),
                                   [KEEP] = sizeof(lw_keep), [AUGMENT] = sizeof(unsigned)};
    const option *o = find_option((lw_span){key, strlen(key)});
    return o != NULL && memcmp((const char *)a + o->offset, (const char *)b + o->offset, bytes[o->kind]) == 0;
}
