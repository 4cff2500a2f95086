#include "evaluate/intervals.h"

#include <math.h>
#include <stdlib.h>

#include "base/error.h"
#include "base/memory.h"
#include "base/parallel.h"
#include "base/random.h"

/** What a record adds to the three sums of the Challenge metric. */
typedef struct credit {
    double observed, correct, inactive;
} credit;

/** A record's place on a class's curve; sorted once, as a replicate only counts records more or less often. */
typedef struct place {
    double score;
    uint32_t record;
    bool positive;
} place;

typedef struct bootstrap {
    const lw_answers *answers;
    uint64_t seed;
    size_t replicates;
    int threads;
    credit *credits;          /**< [records] */
    place *places;            /**< [classes][records], from the highest score down */
    uint32_t *counts;         /**< [threads][records], how often each record was drawn */
    double *metrics, *aurocs; /**< [replicates] */
} bootstrap;

static void bootstrap_free(bootstrap *b) {
    free(b->credits);
    free(b->places);
    free(b->counts);
    free(b->metrics);
    free(b->aurocs);
}

static lw_status bootstrap_create(const lw_answers *answers, uint64_t seed, size_t replicates, int threads,
                                  bootstrap *out, lw_error *err) {
    bootstrap b = {.answers = answers, .seed = seed, .replicates = replicates, .threads = lw_threads_resolve(threads)};
    size_t places, counts;
    if (lw_size_mul(answers->records, answers->classes, &places) &&
        lw_size_mul(answers->records, (size_t)b.threads, &counts)) {
        b.credits = lw_calloc(answers->records, sizeof *b.credits);
        b.places = lw_calloc(places, sizeof *b.places);
        b.counts = lw_calloc(counts, sizeof *b.counts);
        b.metrics = lw_calloc(replicates, sizeof *b.metrics);
        b.aurocs = lw_calloc(replicates, sizeof *b.aurocs);
    }
    if (b.credits == NULL || b.places == NULL || b.counts == NULL || b.metrics == NULL || b.aurocs == NULL) {
        bootstrap_free(&b);
        return lw_fail_no_memory(err, "the intervals");
    }
    *out = b;
    return LW_OK;
}

/** Rewards of `outputs` for a record with `labels`, divided by the number of classes in either. */
static double earned(const lw_scoring *scoring, const uint8_t *labels, const uint8_t *outputs) {
    const size_t classes = lw_class_count(scoring->classes);
    double sum = 0;
    size_t either = 0;
    for (size_t j = 0; j < classes; j++) {
        either += labels[j] || outputs[j];
        for (size_t k = 0; labels[j] && k < classes; k++)
            sum += outputs[k] ? scoring->rewards[j * classes + k] : 0;
    }
    return sum / (double)(either > 0 ? either : 1);
}

static void find_credits(bootstrap *b, const lw_scoring *scoring) {
    uint8_t inactive[LW_CLASSES_MAX] = {0};
    inactive[scoring->normal] = 1;
    for (size_t r = 0; r < b->answers->records; r++) {
        const uint8_t *labels = b->answers->labels + r * b->answers->classes;
        const uint8_t *decisions = b->answers->decisions + r * b->answers->classes;
        b->credits[r] = (credit){earned(scoring, labels, decisions), earned(scoring, labels, labels),
                                 earned(scoring, labels, inactive)};
    }
}

static int compare_places(const void *a, const void *b) {
    const place *x = a, *y = b;
    if (x->score < y->score || x->score > y->score)
        return x->score > y->score ? -1 : 1;
    return x->record < y->record ? -1 : x->record > y->record;
}

static void sort_places(bootstrap *b) {
    const size_t records = b->answers->records, classes = b->answers->classes;
    for (size_t k = 0; k < classes; k++) {
        place *places = b->places + k * records;
        for (size_t r = 0; r < records; r++)
            places[r] =
                (place){b->answers->scores[r * classes + k], (uint32_t)r, b->answers->labels[r * classes + k] != 0};
        qsort(places, records, sizeof *places, compare_places);
    }
}

/** Area under the curve of records that count counts[record] times; NaN without a positive or a negative one. */
static double weighted_auroc(const place *places, size_t records, const uint32_t *counts) {
    double hits = 0, alarms = 0, area = 0; /* area: pairs in the right order, ties half */
    for (size_t i = 0; i < records;) {
        double tied_hits = 0, tied_alarms = 0;
        const double score = places[i].score;
        for (; i < records && places[i].score >= score; i++)
            *(places[i].positive ? &tied_hits : &tied_alarms) += counts[places[i].record];
        hits += tied_hits;
        area += tied_alarms * (hits - tied_hits / 2);
        alarms += tied_alarms;
    }
    return hits > 0 && alarms > 0 ? area / (hits * alarms) : NAN;
}

static double mean_auroc(const bootstrap *b, const uint32_t *counts) {
    double sum = 0;
    size_t defined = 0;
    for (size_t k = 0; k < b->answers->classes; k++) {
        const double area = weighted_auroc(b->places + k * b->answers->records, b->answers->records, counts);
        sum += isnan(area) ? 0 : area;
        defined += isnan(area) ? 0 : 1;
    }
    return defined > 0 ? sum / (double)defined : NAN;
}

static double metric(const bootstrap *b, const uint32_t *counts) {
    credit sum = {0};
    for (size_t r = 0; r < b->answers->records; r++) {
        sum.observed += counts[r] * b->credits[r].observed;
        sum.correct += counts[r] * b->credits[r].correct;
        sum.inactive += counts[r] * b->credits[r].inactive;
    }
    const double range = sum.correct - sum.inactive;
    return range != 0 ? (sum.observed - sum.inactive) / range : 0;
}

static void replicate(bootstrap *b, size_t number, uint32_t *counts) {
    const size_t records = b->answers->records;
    lw_random random = lw_random_start(b->seed, LW_RANDOM_BOOTSTRAP, number);
    for (size_t r = 0; r < records; r++)
        counts[r] = 0;
    for (size_t r = 0; r < records; r++)
        counts[lw_random_below(&random, records)]++;
    b->metrics[number] = metric(b, counts);
    b->aurocs[number] = mean_auroc(b, counts);
}

static int compare_doubles(const void *a, const void *b) {
    const double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

/** The value below which `fraction` of the sorted values lie, interpolated. */
static double percentile(const double *sorted, size_t count, double fraction) {
    const double at = fraction * (double)(count - 1);
    const size_t below = (size_t)at, above = below + 1 < count ? below + 1 : below;
    return sorted[below] + (at - (double)below) * (sorted[above] - sorted[below]);
}

/** Sorts `values` in place, those that are NaN left out. */
static lw_interval interval_of(double *values, size_t count) {
    size_t defined = 0;
    for (size_t i = 0; i < count; i++)
        if (!isnan(values[i]))
            values[defined++] = values[i];
    if (defined == 0)
        return (lw_interval){NAN, NAN};
    qsort(values, defined, sizeof *values, compare_doubles);
    return (lw_interval){percentile(values, defined, 0.025), percentile(values, defined, 0.975)};
}

lw_status lw_intervals_bootstrap(const lw_scoring *scoring, const lw_answers *answers, uint64_t seed, size_t replicates,
                                 int threads, lw_intervals *out, lw_error *err) {
    bootstrap b;
    lw_status status = bootstrap_create(answers, seed, replicates, threads, &b, err);
    if (status != LW_OK)
        return status;
    find_credits(&b, scoring);
    sort_places(&b);
#pragma omp parallel for schedule(static) num_threads(b.threads)
    for (int t = 0; t < b.threads; t++)
        for (size_t i = (size_t)t; i < b.replicates; i += (size_t)b.threads)
            replicate(&b, i, b.counts + (size_t)t * b.answers->records);
    out->challenge_metric = interval_of(b.metrics, b.replicates);
    out->auroc = interval_of(b.aurocs, b.replicates);
    bootstrap_free(&b);
    return LW_OK;
}
