/* This file computes confidence intervals of the scores by a bootstrap over records. */
#include "evaluate/scoring.h"

#include <assert.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "base/memory.h"
#include "base/parallel.h"
#include "base/random.h"

/** The terms of a record in the three sums of the Challenge metric, and whether all of its decisions are right. */
typedef struct credit {
    double observed, correct, inactive;
    bool right;
} credit;

/** A record's place on a class's curve; sorted once, as a replicate only counts records more or less often. */
typedef struct place {
    double score;
    uint32_t record;
    bool positive, called;
} place;

/** The scores of each replicate: these over all classes, then, where there is room, CLASS_MEASURES for each class. */
enum { METRIC, AUROC, AUPRC, ACCURACY, F_MEASURE, MEASURES, CLASS_MEASURES = 3 };

typedef struct bootstrap {
    const lw_answers *answers;
    uint64_t seed;
    size_t replicates, measures;
    int threads;
    credit *credits;  /**< [records] */
    place *places;    /**< [classes][records], from the highest score down */
    uint32_t *counts; /**< [threads][records], how often each record was drawn */
    double *values;   /**< [measures][replicates] */
} bootstrap;

static void bootstrap_free(bootstrap *b) {
    free(b->credits);
    free(b->places);
    free(b->counts);
    free(b->values);
}

/** Rewards of `outputs` for a record with `labels`, divided by the number of classes in either. */
static double find_reward(const lw_scoring *scoring, const uint8_t *labels, const uint8_t *outputs) {
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
        b->credits[r] =
            (credit){find_reward(scoring, labels, decisions), find_reward(scoring, labels, labels),
                     find_reward(scoring, labels, inactive), memcmp(labels, decisions, b->answers->classes) == 0};
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
            places[r] = (place){b->answers->scores[r * classes + k], (uint32_t)r,
                                b->answers->labels[r * classes + k] != 0, b->answers->decisions[r * classes + k] != 0};
        qsort(places, records, sizeof *places, compare_places);
    }
}

/** Find a class's AUROC, AUPRC and F-measure when record i counts counts[i] times, NaN where undefined. The sums are
 * those of lw_curve_areas, with each step weighed. */
static void weigh_class(const place *places, size_t records, const uint32_t *counts, double values[CLASS_MEASURES]) {
    double hits = 0, alarms = 0, called_hits = 0, called_alarms = 0;
    double pairs = 0, precisions = 0; /* in the right order, ties half; by hit */
    for (size_t i = 0; i < records;) {
        double tied_hits = 0, tied_alarms = 0;
        const double score = places[i].score;
        for (; i < records && places[i].score >= score; i++) {
            const double count = counts[places[i].record];
            *(places[i].positive ? &tied_hits : &tied_alarms) += count;
            if (places[i].called)
                *(places[i].positive ? &called_hits : &called_alarms) += count;
        }
        hits += tied_hits;
        pairs += tied_alarms * (hits - tied_hits / 2);
        alarms += tied_alarms;
        precisions += tied_hits > 0 ? tied_hits * hits / (hits + alarms) : 0;
    }
    const double either = hits + called_hits + called_alarms;
    values[0] = hits > 0 && alarms > 0 ? pairs / (hits * alarms) : NAN;
    values[1] = hits > 0 ? precisions / hits : NAN;
    values[2] = either > 0 ? 2 * called_hits / either : NAN;
}

/** Where replicate `number` of a measure goes. */
static double *value_at(const bootstrap *b, size_t measure, size_t number) {
    return b->values + measure * b->replicates + number;
}

static void score_classes(bootstrap *b, size_t number, const uint32_t *counts) {
    static const size_t means[CLASS_MEASURES] = {AUROC, AUPRC, F_MEASURE};
    const size_t records = b->answers->records;
    double sum[CLASS_MEASURES] = {0}, values[CLASS_MEASURES];
    size_t defined[CLASS_MEASURES] = {0};
    for (size_t k = 0; k < b->answers->classes; k++) {
        weigh_class(b->places + k * records, records, counts, values);
        for (size_t m = 0; m < CLASS_MEASURES; m++) {
            sum[m] += isnan(values[m]) ? 0 : values[m];
            defined[m] += isnan(values[m]) ? 0 : 1;
            if (b->measures > MEASURES)
                *value_at(b, MEASURES + k * CLASS_MEASURES + m, number) = values[m];
        }
    }
    for (size_t m = 0; m < CLASS_MEASURES; m++)
        *value_at(b, means[m], number) = defined[m] > 0 ? sum[m] / (double)defined[m] : NAN;
}

static void score_records(bootstrap *b, size_t number, const uint32_t *counts) {
    double observed = 0, correct = 0, inactive = 0, right = 0;
    for (size_t r = 0; r < b->answers->records; r++) {
        observed += counts[r] * b->credits[r].observed;
        correct += counts[r] * b->credits[r].correct;
        inactive += counts[r] * b->credits[r].inactive;
        right += b->credits[r].right ? counts[r] : 0;
    }
    const double range = correct - inactive;
    *value_at(b, METRIC, number) = range != 0 ? (observed - inactive) / range : 0;
    *value_at(b, ACCURACY, number) = right / (double)b->answers->records;
}

static void replicate(bootstrap *b, size_t number, uint32_t *counts) {
    const size_t records = b->answers->records;
    lw_random random = lw_random_start(b->seed, LW_RANDOM_BOOTSTRAP, number);
    memset(counts, 0, records * sizeof *counts);
    for (size_t r = 0; r < records; r++)
        counts[lw_random_below(&random, records)]++;
    score_records(b, number, counts);
    score_classes(b, number, counts);
}

static int compare_doubles(const void *a, const void *b) {
    const double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

/** The value below which `fraction` of the sorted values lie, interpolated. */
static double percentile(const double *sorted, size_t count, double fraction) {
    assert(count > 0 && fraction >= 0 && fraction <= 1);
    const double at = fraction * (double)(count - 1);
    const size_t below = (size_t)at, above = below + 1 < count ? below + 1 : below;
    return sorted[below] + (at - (double)below) * (sorted[above] - sorted[below]);
}

lw_interval lw_interval_of(double *values, size_t count) {
    size_t defined = 0;
    for (size_t i = 0; i < count; i++)
        if (!isnan(values[i]))
            values[defined++] = values[i];
    if (defined == 0)
        return (lw_interval){NAN, NAN};
    qsort(values, defined, sizeof *values, compare_doubles);
    return (lw_interval){percentile(values, defined, 0.025), percentile(values, defined, 0.975)};
}

/** The interval of one measure, whose values are sorted in place. */
static lw_interval interval_of(const bootstrap *b, size_t measure) {
    return lw_interval_of(value_at(b, measure, 0), b->replicates);
}

/** Score all replicates; bootstrap_free(out). */
static lw_status bootstrap_run(const lw_scoring *scoring, const lw_answers *answers, uint64_t seed, size_t replicates,
                               bool by_class, int threads, bootstrap *out, lw_error *err) {
    bootstrap b = {.answers = answers, .seed = seed, .replicates = replicates, .threads = lw_threads_resolve(threads)};
    const size_t records = answers->records;
    size_t places, counts, values;
    b.measures = MEASURES + (by_class ? CLASS_MEASURES * answers->classes : 0);
    if (lw_size_mul(records, answers->classes, &places) && lw_size_mul(records, (size_t)b.threads, &counts) &&
        lw_size_mul(b.measures, replicates, &values)) {
        b.credits = lw_calloc(records, sizeof *b.credits);
        b.places = lw_calloc(places, sizeof *b.places);
        b.counts = lw_calloc(counts, sizeof *b.counts);
        b.values = lw_calloc(values, sizeof *b.values);
    }
    if (!b.credits || !b.places || !b.counts || !b.values) {
        bootstrap_free(&b);
        return lw_fail_no_memory(err, "the intervals");
    }
    find_credits(&b, scoring);
    sort_places(&b);
#pragma omp parallel for schedule(static) num_threads(b.threads)
    for (int t = 0; t < b.threads; t++)
        for (size_t i = (size_t)t; i < replicates; i += (size_t)b.threads)
            replicate(&b, i, b.counts + (size_t)t * records);
    *out = b;
    return LW_OK;
}

lw_status lw_intervals_replicates(const lw_scoring *scoring, const lw_answers *answers, uint64_t seed,
                                  size_t replicates, int threads, double *metrics, double *aurocs, lw_error *err) {
    bootstrap b;
    lw_status status = bootstrap_run(scoring, answers, seed, replicates, false, threads, &b, err);
    if (status != LW_OK)
        return status;
    memcpy(metrics, value_at(&b, METRIC, 0), replicates * sizeof *metrics);
    memcpy(aurocs, value_at(&b, AUROC, 0), replicates * sizeof *aurocs);
    bootstrap_free(&b);
    return LW_OK;
}

lw_status lw_intervals_bootstrap(const lw_scoring *scoring, const lw_answers *answers, uint64_t seed, size_t replicates,
                                 int threads, lw_intervals *out, lw_class_intervals *classes, lw_error *err) {
    bootstrap b;
    assert(replicates > 0);
    lw_status status = bootstrap_run(scoring, answers, seed, replicates, classes, threads, &b, err);
    if (status != LW_OK)
        return status;
    *out = (lw_intervals){interval_of(&b, METRIC), interval_of(&b, AUROC), interval_of(&b, AUPRC),
                          interval_of(&b, ACCURACY), interval_of(&b, F_MEASURE)};
    for (size_t k = 0, first = MEASURES; classes && k < answers->classes; k++, first += CLASS_MEASURES)
        classes[k] =
            (lw_class_intervals){interval_of(&b, first), interval_of(&b, first + 1), interval_of(&b, first + 2)};
    bootstrap_free(&b);
    return LW_OK;
}
